//! Loyalty cards and rewards: made, changed, given up; who may, and what customers have on them stays what it is.

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::{
    audit::{act, changes, log},
    permission_matrix::shop::Shop,
    world::on_both,
};

const FIELDS: &str = "loyaltyCard { id name shortDescription longDescription termsAndConditions placement loyaltyType
    pointsLoyaltyType currency dollarWorth initialPoints maxPointsPerDay pointsNeeded incrementalPoints pointWorth
    pointWorthCurrency minPrice maxPrice taxIncluded validityInMonths activationDelayDays stampsNeeded maxStampsPerDay
    stampExpirationDays redemptionExpirationDays status startTime endTime dayStartTime dayEndTime daysOfWeek weather
    enrollmentLimit repeatable repeatDelayHours segmentationRules minimumSpend minimumSpendCurrency extraInfo archived
    stores { edges { node { id } } } products { edges { node { id } } } createdAt updatedAt }";

/// The arguments at fault, and what is said of the first.
fn faults(answer: &Value) -> Vec<&str> {
    assert_eq!(answer["success"], false, "{answer}");
    answer["errors"].as_object().expect("errors").keys().map(String::as_str).collect()
}

fn store(owner: &Client) -> Value {
    act(owner, "createStore", &json!({ "name": "Here" }), "store { id }")["store"]["id"].clone()
}

/// A product of the demo world's first merchant.
fn product(owner: &Client) -> Value {
    let found = owner.query("{ products(first: 1) { edges { node { id } } } }", Value::Null);
    found.succeeded().data("products.edges.0.node.id").clone()
}

#[test]
fn a_card_of_points_is_made_changed_and_given_up() {
    on_both(|world| {
        let owner = world.merchant();
        let here = store(&owner);
        let input = json!({
            "name": "Bean Points", "shortDescription": "A point a dollar", "longDescription": "Two\nlines",
            "termsAndConditions": "Small print", "placement": "top", "loyaltyType": "POINTS",
            "pointsLoyaltyType": "FLAT", "currency": "EUR", "dollarWorth": "1.500000", "initialPoints": 50,
            "maxPointsPerDay": 500, "pointsNeeded": 100, "incrementalPoints": 10, "pointWorth": "0.01000000",
            "pointWorthCurrency": "EUR", "minPrice": "1.00", "maxPrice": "99.90", "taxIncluded": false,
            "validityInMonths": 12, "activationDelayDays": 3, "redemptionExpirationDays": 7, "status": "DRAFT",
            "startTime": "2026-01-01T00:00:00+00:00", "endTime": "2999-01-01T00:00:00+00:00",
            "dayStartTime": "08:00:00", "dayEndTime": "20:00:00", "daysOfWeek": ["MONDAY", "FRIDAY"],
            "weather": "sun", "enrollmentLimit": 1000, "repeatable": true, "repeatDelayHours": 12,
            "segmentationRules": "[[\"gender\",\"exact\",\"MALE\"]]", "minimumSpend": "5.00",
            "minimumSpendCurrency": "EUR", "extraInfo": "{\"till\": 1.50}", "stores": [here],
            "idempotencyKey": "card-1",
        });
        let done = act(&owner, "createLoyaltyCard", &input, FIELDS);
        let card = &done["loyaltyCard"];
        for (field, value) in input.as_object().expect("fields") {
            if !["stores", "idempotencyKey"].contains(&field.as_str()) {
                assert_eq!(&card[field], value, "{field}: {done}");
            }
        }
        assert_eq!(card["stores"]["edges"], json!([{ "node": { "id": here } }]));
        assert_eq!(card["stampsNeeded"], Value::Null);
        // The same again is the same card.
        assert_eq!(act(&owner, "createLoyaltyCard", &input, FIELDS), done);
        let id = &card["id"];
        let patch = json!({
            "id": id, "name": "Points", "maxPrice": null, "minPrice": null, "taxIncluded": null,
            "validityInMonths": null, "initialPoints": null, "daysOfWeek": null, "stores": null, "endTime": null,
            "minimumSpend": null, "status": "ACTIVE", "segmentationRules": "", "pointWorth": 0.02,
        });
        let after = act(&owner, "updateLoyaltyCard", &patch, FIELDS)["loyaltyCard"].clone();
        let usual = json!({
            "name": "Points", "maxPrice": null, "minPrice": null, "taxIncluded": true, "validityInMonths": null,
            "initialPoints": 0, "endTime": null, "minimumSpend": null, "status": "ACTIVE",
            "segmentationRules": null, "pointWorth": "0.02000000", "pointsNeeded": 100, "placement": "top",
        });
        for (field, value) in usual.as_object().expect("fields") {
            assert_eq!(&after[field], value, "{field}");
        }
        assert_eq!(after["daysOfWeek"].as_array().map(Vec::len), Some(7));
        assert_eq!(after["stores"]["edges"], json!([]));
        let gone = &act(&owner, "deleteLoyaltyCard", &json!({ "id": id }), FIELDS)["loyaltyCard"];
        assert_eq!((&gone["archived"], &gone["name"]), (&json!(true), &json!("Points")));
        let listed = owner.query("{ loyaltyCards { count } }", Value::Null).succeeded();
        assert_eq!(listed.data("loyaltyCards.count"), &json!(0));
        let back = json!({ "id": id, "archived": false });
        let back = &act(&owner, "updateLoyaltyCard", &back, FIELDS)["loyaltyCard"];
        assert_eq!(back["archived"], json!(false));

        let entries = log(&owner, "updateLoyaltyCard");
        let changed = changes(&entries[1]);
        assert_eq!(changed["name"], (json!("Bean Points"), json!("Points")));
        assert_eq!(changed["taxIncluded"], (json!("false"), json!("true")));
        assert_eq!(changed["pointWorth"], (json!("0.01000000"), json!("0.02000000")));
        assert_eq!(changed["minimumSpend"], (json!("5.00 EUR"), Value::Null));
        assert!(!changed.contains_key("pointsNeeded"), "{changed:?}");
        assert_eq!(entries[1]["targetId"], *id);
        let ask = "query ($id: ID!) { auditLog(target_Id: $id) { count } }";
        let found = owner.query(ask, json!({ "id": id })).succeeded();
        assert_eq!(found.data("auditLog.count"), &json!(4));
    });
}

#[test]
fn a_card_of_stamps_has_its_own_fields_and_no_others() {
    on_both(|world| {
        let owner = world.merchant();
        let input = json!({
            "name": "Ten Coffees", "loyaltyType": "STAMPS", "stampsNeeded": 10, "maxStampsPerDay": 2,
            "stampExpirationDays": 365,
        });
        let card = act(&owner, "createLoyaltyCard", &input, FIELDS)["loyaltyCard"].clone();
        for (field, value) in input.as_object().expect("fields") {
            assert_eq!(&card[field], value, "{field}");
        }
        let nothing =
            ["pointsLoyaltyType", "dollarWorth", "pointsNeeded", "taxIncluded", "minPrice"];
        assert!(nothing.iter().all(|field| card[field].is_null()), "{card}");
        // Nobody has anything on it: it becomes one of points.
        let points = json!({
            "id": card["id"], "loyaltyType": "POINTS", "pointsLoyaltyType": "PRODUCT", "dollarWorth": 1,
        });
        let card = act(&owner, "updateLoyaltyCard", &points, FIELDS)["loyaltyCard"].clone();
        assert_eq!((&card["loyaltyType"], &card["stampsNeeded"]), (&json!("POINTS"), &Value::Null));
        let reward = json!({ "id": card["id"], "stampsNeeded": 5, "pointWorth": "1" });
        assert_eq!(
            faults(&act(&owner, "updateLoyaltyCard", &reward, "")),
            ["pointWorth", "stampsNeeded"]
        );
    });
}

#[test]
fn a_card_that_can_never_be_earned_on_or_used_is_refused_with_the_reason() {
    on_both(|world| {
        let owner = world.merchant();
        let flat = json!({
            "name": "Never", "loyaltyType": "POINTS", "pointsLoyaltyType": "FLAT", "dollarWorth": 1,
            "pointsNeeded": 100, "pointWorth": "0.01",
        });
        for (more, named, part) in [
            (json!({ "minPrice": "2", "maxPrice": "1" }), "minPrice", "nothing would earn"),
            (json!({ "pointWorth": "0.00001" }), "pointsNeeded", "pay nothing"),
            (
                json!({ "validityInMonths": 1, "activationDelayDays": 40 }),
                "activationDelayDays",
                "28 days",
            ),
            (
                json!({ "validityInMonths": 1, "maxPointsPerDay": 1 }),
                "pointsNeeded",
                "nobody ever has",
            ),
            (json!({ "endTime": "2020-01-01T00:00:00" }), "endTime", "passed"),
            (
                json!({ "minimumSpend": 5, "minimumSpendCurrency": "JPY" }),
                "minimumSpendCurrency",
                "USD",
            ),
        ] {
            let mut input = flat.clone();
            for (field, value) in more.as_object().expect("fields") {
                input[field] = value.clone();
            }
            let refused = act(&owner, "createLoyaltyCard", &input, "");
            assert_eq!(faults(&refused), [named], "{refused}");
            let said = refused["errors"][named][0]["message"].as_str().expect("a message");
            assert!(said.contains(part), "{said}");
        }
        // All of them at once.
        let wrong = json!({
            "name": " ", "loyaltyType": "POINTS", "pointsLoyaltyType": "PRODUCT", "dollarWorth": 0,
            "initialPoints": -1, "pointsNeeded": 5, "stampsNeeded": 5, "enrollmentLimit": 0, "daysOfWeek": [],
            "redemptionExpirationDays": 0, "products": ["999999999"],
        });
        let refused = act(&owner, "createLoyaltyCard", &wrong, "");
        let mut named = faults(&refused);
        named.sort_unstable();
        let expected = [
            "daysOfWeek",
            "dollarWorth",
            "enrollmentLimit",
            "initialPoints",
            "name",
            "pointsNeeded",
            "products",
            "redemptionExpirationDays",
            "stampsNeeded",
        ];
        assert_eq!(named, expected, "{refused}");
        assert_eq!(refused["errors"]["products"][0]["code"], "does_not_exist");
        let listed = owner.query("{ loyaltyCards(includeArchived: true) { count } }", Value::Null);
        assert_eq!(listed.succeeded().data("loyaltyCards.count"), &json!(0), "nothing was written");
    });
}

#[test]
fn what_customers_have_on_a_card_keeps_its_meaning() {
    on_both(|world| {
        // The demo world's customers have earned on its cards.
        let owner = world.demo_owner();
        let ask =
            "{ loyaltyCards(first: 1, loyaltyType: POINTS) { edges { node { id updatedAt } } } }";
        let before = owner.query(ask, Value::Null).succeeded();
        let id = before.data("loyaltyCards.edges.0.node.id");
        for (patch, named) in [
            (json!({ "loyaltyType": "STAMPS", "stampsNeeded": 10 }), "loyaltyType"),
            (json!({ "pointsLoyaltyType": "PRODUCT" }), "pointsLoyaltyType"),
            (json!({ "currency": "JPY", "pointWorth": 1 }), "currency"),
        ] {
            let mut input = patch;
            input["id"] = id.clone();
            let refused = act(&owner, "updateLoyaltyCard", &input, "");
            assert_eq!(faults(&refused), [named], "{refused}");
            let said = refused["errors"][named][0]["message"].as_str().expect("a message");
            assert!(said.contains("make a new card"), "{said}");
        }
        assert_eq!(owner.query(ask, Value::Null).succeeded().body, before.body);
    });
}

#[test]
fn a_reward_is_made_changed_and_given_up() {
    const REWARD: &str =
        "loyaltyReward { id points stock expiry archived product { id } loyaltyCard { id } }";
    on_both(|world| {
        let owner = world.demo_owner();
        let product = product(&owner);
        let card = json!({
            "name": Shop::unique("Card"), "loyaltyType": "POINTS", "pointsLoyaltyType": "PRODUCT",
            "dollarWorth": 1, "status": "DRAFT",
        });
        let card =
            act(&owner, "createLoyaltyCard", &card, "loyaltyCard { id }")["loyaltyCard"]["id"]
                .clone();
        let input = json!({
            "loyaltyCardId": card, "productId": product, "points": 250, "stock": 5,
            "expiry": "2999-01-01T00:00:00+00:00", "idempotencyKey": Shop::unique("reward"),
        });
        let done = act(&owner, "createLoyaltyReward", &input, REWARD);
        let reward = &done["loyaltyReward"];
        for field in ["points", "stock", "expiry"] {
            assert_eq!(reward[field], input[field], "{done}");
        }
        assert_eq!((&reward["product"]["id"], &reward["loyaltyCard"]["id"]), (&product, &card));
        assert_eq!(act(&owner, "createLoyaltyReward", &input, REWARD), done);
        let id = &reward["id"];
        let patch = json!({ "id": id, "points": 300, "stock": null, "expiry": null });
        let after = act(&owner, "updateLoyaltyReward", &patch, REWARD)["loyaltyReward"].clone();
        assert_eq!((&after["points"], &after["stock"]), (&json!(300), &Value::Null));
        assert_eq!(after["expiry"], Value::Null);
        let entries = log(&owner, "updateLoyaltyReward");
        let entry = entries.iter().find(|entry| entry["targetId"] == *id).expect("an entry");
        assert_eq!(changes(entry)["points"], (json!("250"), json!("300")));
        let ask = "query ($id: ID!) { loyaltyCard(id: $id) { rewards { count } } }";
        let count = || {
            let answer = owner.query(ask, json!({ "id": card })).succeeded();
            answer.data("loyaltyCard.rewards.count").clone()
        };
        assert_eq!(count(), json!(1));
        let gone =
            &act(&owner, "deleteLoyaltyReward", &json!({ "id": id }), REWARD)["loyaltyReward"];
        assert_eq!((&gone["archived"], count()), (&json!(true), json!(0)));
        let back = json!({ "id": id, "archived": false });
        assert_eq!(act(&owner, "updateLoyaltyReward", &back, "")["success"], true);
        assert_eq!(count(), json!(1));
        // Points that pay an amount buy nothing; a full card of stamps does.
        let flat = "{ loyaltyCards(first: 1, loyaltyType: POINTS) { edges { node { id } } } }";
        let flat = owner.query(flat, Value::Null).succeeded();
        let flat = flat.data("loyaltyCards.edges.0.node.id");
        let new = json!({ "loyaltyCardId": flat, "productId": product, "points": 1 });
        assert_eq!(faults(&act(&owner, "createLoyaltyReward", &new, "")), ["loyaltyCardId"]);
        let stamps = json!({
            "name": Shop::unique("Card"), "loyaltyType": "STAMPS", "stampsNeeded": 8, "status": "DRAFT",
        });
        let stamps = act(&owner, "createLoyaltyCard", &stamps, "loyaltyCard { id }")["loyaltyCard"]
            ["id"]
            .clone();
        let new = json!({ "loyaltyCardId": stamps, "productId": product });
        let full = act(&owner, "createLoyaltyReward", &new, REWARD)["loyaltyReward"].clone();
        assert_eq!(full["points"], json!(8));
        let dearer = json!({ "id": stamps, "stampsNeeded": 9 });
        act(&owner, "updateLoyaltyCard", &dearer, "");
        let ask =
            "query ($id: ID!) { loyaltyCard(id: $id) { rewards { edges { node { points } } } } }";
        let found = owner.query(ask, json!({ "id": stamps })).succeeded();
        assert_eq!(found.data("loyaltyCard.rewards.edges.0.node.points"), &json!(9));
    });
}

#[test]
fn what_is_anothers_is_not_there() {
    on_both(|world| {
        let (owner, other) = (world.merchant(), world.merchant());
        let card = json!({ "name": "Theirs", "loyaltyType": "STAMPS", "stampsNeeded": 5 });
        let theirs =
            act(&other, "createLoyaltyCard", &card, "loyaltyCard { id }")["loyaltyCard"]["id"]
                .clone();
        let (foreign, named) =
            (store(&other), act(&owner, "createLoyaltyCard", &card, "loyaltyCard { id }"));
        let own = &named["loyaltyCard"]["id"];
        for (mutation, argument, input) in [
            ("updateLoyaltyCard", "id", json!({ "id": theirs, "name": "Mine" })),
            ("deleteLoyaltyCard", "id", json!({ "id": theirs })),
            (
                "createLoyaltyReward",
                "loyaltyCardId",
                json!({ "loyaltyCardId": theirs, "productId": 1 }),
            ),
            ("updateLoyaltyCard", "stores", json!({ "id": own, "stores": [foreign] })),
            ("createLoyaltyReward", "productId", json!({ "loyaltyCardId": own, "productId": 1 })),
        ] {
            let refused = act(&owner, mutation, &input, "");
            let code = &refused["errors"][argument][0]["code"];
            assert_eq!(code, "does_not_exist", "{mutation} {refused}");
        }
    });
}

#[test]
fn rules_8_21_24_and_25_a_merchant_decides_for_all_its_stores_and_for_one() {
    const SETTINGS: &str =
        "settings { numOfOrderDiscountsAllowed refundPolicy claimDays refundGraceDays }";
    on_both(|world| {
        let owner = world.merchant();
        let usual = json!({
            "numOfOrderDiscountsAllowed": 1, "refundPolicy": "BELOW_ZERO", "claimDays": 14, "refundGraceDays": 14,
        });
        let ask = "{ merchantSettings { numOfOrderDiscountsAllowed refundPolicy claimDays refundGraceDays } }";
        let seen = |client: &Client| {
            client.query(ask, Value::Null).succeeded().data("merchantSettings").clone()
        };
        assert_eq!(seen(&owner), usual);
        let own = json!({
            "numOfOrderDiscountsAllowed": 3, "refundPolicy": "TO_ZERO", "claimDays": 0, "refundGraceDays": 366,
        });
        let done = act(&owner, "updateMerchantSettings", &own, SETTINGS);
        assert_eq!(done["settings"], own, "{done}");
        let changed = changes(&log(&owner, "updateMerchantSettings")[0]);
        assert_eq!(changed["refundPolicy"], (json!("BELOW_ZERO"), json!("TO_ZERO")));
        let manager = world.staff(&owner, &["change_store", "change_staff", "change_promotion"]);
        assert_eq!(seen(&manager), own);
        let denied = act(&manager, "updateMerchantSettings", &json!({ "claimDays": 1 }), "");
        assert_eq!(denied["errors"]["nonFieldErrors"][0]["code"], "permission_denied", "{denied}");
        let cleared = json!({
            "numOfOrderDiscountsAllowed": null, "refundPolicy": null, "claimDays": null, "refundGraceDays": null,
        });
        assert_eq!(act(&owner, "updateMerchantSettings", &cleared, SETTINGS)["settings"], usual);
        let till = "store { id tillRedemption }";
        let input = json!({ "name": "Till", "tillRedemption": "LOYALTY_ID" });
        let here = act(&owner, "createStore", &input, till)["store"].clone();
        assert_eq!(here["tillRedemption"], "LOYALTY_ID");
        let patch = json!({ "id": here["id"], "tillRedemption": "CODE" });
        assert_eq!(act(&owner, "updateStore", &patch, till)["store"]["tillRedemption"], "CODE");
        let patch = json!({ "id": here["id"], "tillRedemption": null });
        assert_eq!(
            act(&owner, "updateStore", &patch, till)["store"]["tillRedemption"],
            Value::Null
        );
    });
}
