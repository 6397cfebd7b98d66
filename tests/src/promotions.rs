//! Campaigns and offers: made, changed, given up; where and when they run; and what can never be used.

use serde_json::{Value, json};

use crate::{
    audit::{act, changes, log},
    world::on_both,
};

const CAMPAIGN: &str = "campaign { id pk name status start end startTime endTime archived extraInfo createdAt updatedAt
    stores { edges { node { id } } } storeGroups { count } merchant { id } }";

/// Something made by its name, and its id.
fn made(owner: &regulars_testkit::Client, mutation: &str, noun: &str, input: &Value) -> Value {
    let answer = act(owner, mutation, input, &format!("{noun} {{ id }}"));
    assert_eq!(answer["errors"], Value::Null, "{mutation} {input}");
    answer[noun]["id"].clone()
}

#[test]
fn a_campaign_is_made_changed_and_given_up() {
    on_both(|world| {
        let owner = world.merchant();
        let store = made(&owner, "createStore", "store", &json!({ "name": "Mitte" }));
        let group = json!({ "name": "North", "stores": [store] });
        let group = made(&owner, "createStoreGroup", "storeGroup", &group);
        let input = json!({
            "name": "Öffnung", "start": "2999-01-01T00:00:00", "end": "2999-02-01T00:00:00+00:00", "status": "DRAFT",
            "stores": [store], "storeGroups": [group], "extraInfo": "{\"a\":1}", "idempotencyKey": "campaign-1",
        });
        let done = act(&owner, "createCampaign", &input, CAMPAIGN);
        let campaign = &done["campaign"];
        assert_eq!(act(&owner, "createCampaign", &input, CAMPAIGN), done, "the same again");
        assert_eq!((&campaign["name"], &campaign["status"]), (&json!("Öffnung"), &json!("DRAFT")));
        assert_eq!(campaign["start"], "2999-01-01T00:00:00+00:00");
        assert_eq!(
            (&campaign["start"], &campaign["end"]),
            (&campaign["startTime"], &campaign["endTime"])
        );
        assert_eq!(campaign["stores"]["edges"], json!([{ "node": { "id": store } }]));
        assert_eq!(campaign["storeGroups"]["count"], 1);
        let id = &campaign["id"];
        let patch = json!({
            "id": id, "name": "Ende", "status": null, "start": null, "end": null, "stores": null, "storeGroups": [],
        });
        let after = &act(&owner, "updateCampaign", &patch, CAMPAIGN)["campaign"];
        let usual = json!({ "name": "Ende", "status": "ACTIVE", "start": null, "end": null });
        for (field, value) in usual.as_object().expect("fields") {
            assert_eq!(&after[field], value, "{field}");
        }
        assert_eq!(after["stores"]["edges"], json!([]));
        let one = "query ($id: ID!) { campaign(id: $id) { name } node(id: $id) { id } }";
        let one = owner.query(one, json!({ "id": id })).succeeded();
        assert_eq!((one.data("campaign.name"), one.data("node.id")), (&json!("Ende"), id));
        let gone = act(&owner, "deleteCampaign", &json!({ "id": id }), CAMPAIGN);
        assert_eq!(gone["campaign"]["archived"], json!(true));
        assert_eq!(
            act(&owner, "deleteCampaign", &json!({ "id": id }), CAMPAIGN),
            gone,
            "twice is once"
        );
        let count = |arguments: &str| {
            let document =
                format!("{{ campaigns({arguments}) {{ count edges {{ node {{ name }} }} }} }}");
            let answer = owner.query(&document, Value::Null).succeeded();
            let edges = answer.data("campaigns.edges").as_array().map_or(0, Vec::len);
            assert_eq!(answer.data("campaigns.count"), &json!(edges), "{arguments}");
            edges
        };
        assert_eq!(count("first: 10"), 0);
        assert_eq!(count("archived: true, name_Icontains: \"ENDE\", orderBy: \"-start,name\""), 1);
        assert_eq!(count("includeArchived: true, status: DRAFT"), 0);
        let back = act(&owner, "updateCampaign", &json!({ "id": id, "archived": false }), CAMPAIGN);
        assert_eq!(back["campaign"]["archived"], json!(false));

        let entries = log(&owner, "updateCampaign");
        let changed = changes(&entries[1]);
        assert_eq!(changed["name"], (json!("Öffnung"), json!("Ende")));
        assert_eq!(changed["status"], (json!("DRAFT"), json!("ACTIVE")));
        assert!(changed.contains_key("stores") && changed.contains_key("startTime"), "{changed:?}");
        assert_eq!(entries[1]["targetId"], *id);
        // A group that a campaign names stays.
        act(&owner, "updateCampaign", &json!({ "id": id, "storeGroups": [group] }), "");
        let refused = act(&owner, "deleteStoreGroup", &json!({ "id": group }), "");
        assert_eq!(refused["errors"]["id"][0]["code"], "invalid", "{refused}");
    });
}

#[test]
fn what_is_anothers_is_not_there() {
    on_both(|world| {
        let (owner, other) = (world.merchant(), world.merchant());
        let theirs = made(&other, "createCampaign", "campaign", &json!({ "name": "Theirs" }));
        let store = made(&other, "createStore", "store", &json!({ "name": "Theirs" }));
        for (mutation, argument, input) in [
            ("updateCampaign", "id", json!({ "id": theirs, "name": "Mine" })),
            ("deleteCampaign", "id", json!({ "id": theirs })),
            ("createCampaign", "stores", json!({ "name": "Mine", "stores": [store] })),
        ] {
            let refused = act(&owner, mutation, &input, "");
            let code = &refused["errors"][argument][0]["code"];
            assert_eq!(code, "does_not_exist", "{mutation} {refused}");
        }
        let absent =
            owner.query("query ($id: ID!) { campaign(id: $id) { id } }", json!({ "id": theirs }));
        assert_eq!(absent.error_code(), Some("does_not_exist"), "{}", absent.text);
        let own = owner.query("{ campaigns { count } }", Value::Null).succeeded();
        assert_eq!(own.data("campaigns.count"), &json!(0));
    });
}

const OFFER: &str = "offer { id pk name shortDescription longDescription termsAndConditions offerType offerValue
    offerValueCurrency numOfItems placement startTime endTime redemptionCodeType code redemptionExpirationDays
    enrollmentLimit repeatable repeatDelayHours dayStartTime dayEndTime daysOfWeek weather earnPoints stackable
    segmentationRules minimumSpend minimumSpendCurrency status archived extraInfo createdAt updatedAt campaign { id }
    stores { edges { node { id } } } storeGroups { edges { node { id } } } products { edges { node { id } } } }";

#[test]
fn an_offer_is_made_changed_and_given_up() {
    on_both(|world| {
        let owner = world.merchant();
        let plain = json!({ "name": " Off ", "offerType": "PERCENTAGE", "offerValue": "12.5" });
        let plain = act(&owner, "createOffer", &plain, OFFER)["offer"].clone();
        let usual = json!({
            "name": "Off", "offerValue": "12.50", "offerValueCurrency": null, "status": "ACTIVE", "code": null,
            "redemptionCodeType": "AUTOGENERATED", "repeatable": true, "earnPoints": true, "stackable": false,
            "enrollmentLimit": null, "segmentationRules": null, "campaign": null, "archived": false,
        });
        for (field, value) in usual.as_object().expect("fields") {
            assert_eq!(&plain[field], value, "{field}");
        }
        assert_eq!(plain["daysOfWeek"].as_array().map(Vec::len), Some(7));
        let store = made(&owner, "createStore", "store", &json!({ "name": "Mitte" }));
        let group = json!({ "name": "North", "stores": [store] });
        let group = made(&owner, "createStoreGroup", "storeGroup", &group);
        let tea = json!({ "name": "Tea", "price": 2 });
        let tea =
            act(&owner, "createProduct", &tea, "product { id priceCurrency }")["product"].clone();
        let own = tea["priceCurrency"].clone();
        let campaign = made(&owner, "createCampaign", "campaign", &json!({ "name": "Summer" }));
        let input = json!({
            "name": "Happy hour", "offerType": "FIXED_AMOUNT", "offerValue": "1.50", "offerValueCurrency": own,
            "numOfItems": 2, "shortDescription": "short", "longDescription": "two\nlines",
            "termsAndConditions": "small\nprint", "placement": "top", "startTime": "2999-01-01T00:00:00+00:00",
            "endTime": "2999-03-01T00:00:00+00:00", "redemptionCodeType": "FIXED", "code": "Happy-1",
            "redemptionExpirationDays": 3, "enrollmentLimit": 100, "repeatable": true, "repeatDelayHours": 24,
            "dayStartTime": "22:00:00", "dayEndTime": "02:00:00", "daysOfWeek": ["FRIDAY", "SATURDAY"],
            "weather": "rain", "earnPoints": false, "stackable": true, "minimumSpend": "10.00",
            "minimumSpendCurrency": own, "status": "PAUSED", "extraInfo": "{\"a\":1}",
            "segmentationRules": "[[\"gender\",\"exact\",\"MALE\"]]",
        });
        let named = json!({
            "campaignId": campaign, "stores": [store], "storeGroups": [group], "products": [tea["id"]],
            "idempotencyKey": "offer-1",
        });
        let mut whole = input.clone();
        for (field, value) in named.as_object().expect("fields") {
            whole[field] = value.clone();
        }
        let done = act(&owner, "createOffer", &whole, OFFER);
        assert_eq!(done["errors"], Value::Null, "{done}");
        assert_eq!(act(&owner, "createOffer", &whole, OFFER), done, "the same again");
        let offer = &done["offer"];
        for (field, value) in input.as_object().expect("fields") {
            assert_eq!(&offer[field], value, "{field}");
        }
        assert_eq!(offer["campaign"]["id"], campaign);
        for (list, id) in [("stores", &store), ("storeGroups", &group), ("products", &tea["id"])] {
            assert_eq!(offer[list]["edges"], json!([{ "node": { "id": id } }]), "{list}");
        }
        let id = &offer["id"];
        let patch = json!({
            "id": id, "offerType": "BOGO", "offerValue": 1, "offerValueCurrency": null, "campaignId": null,
            "stores": null, "storeGroups": [], "products": null, "redemptionCodeType": "AUTOGENERATED",
            "daysOfWeek": null, "startTime": null, "endTime": null, "minimumSpend": null, "segmentationRules": null,
            "status": null, "enrollmentLimit": null, "extraInfo": null,
        });
        let after = act(&owner, "updateOffer", &patch, OFFER);
        assert_eq!(after["errors"], Value::Null, "{after}");
        let after = &after["offer"];
        let usual = json!({
            "name": "Happy hour", "offerType": "BOGO", "offerValue": "1", "numOfItems": 2, "code": null,
            "startTime": null, "endTime": null, "minimumSpend": null, "segmentationRules": null, "status": "ACTIVE",
            "enrollmentLimit": null, "extraInfo": null, "campaign": null, "weather": "rain", "stackable": true,
            "dayStartTime": "22:00:00", "stores": { "edges": [] }, "products": { "edges": [] },
        });
        for (field, value) in usual.as_object().expect("fields") {
            assert_eq!(&after[field], value, "{field}");
        }
        let gone = act(&owner, "deleteOffer", &json!({ "id": id }), OFFER);
        assert_eq!(gone["offer"]["archived"], json!(true));
        assert_eq!(act(&owner, "deleteOffer", &json!({ "id": id }), OFFER), gone, "twice is once");
        let listed = owner.query("{ offers { count } }", Value::Null).succeeded();
        assert_eq!(listed.data("offers.count"), &json!(1));
        let back = act(&owner, "updateOffer", &json!({ "id": id, "archived": false }), OFFER);
        assert_eq!(back["offer"]["archived"], json!(false));

        let entries = log(&owner, "updateOffer");
        let changed = changes(&entries[1]);
        assert_eq!(changed["offerType"], (json!("FIXED_AMOUNT"), json!("BOGO")));
        let worth = json!(format!("1.50 {}", own.as_str().expect("a code")));
        assert_eq!(changed["offerValue"], (worth, json!("1")));
        assert_eq!(changed["redemptionCode"], (json!("Happy-1"), Value::Null));
        assert!(
            changed.contains_key("campaign") && changed.contains_key("products"),
            "{changed:?}"
        );
        assert_eq!(entries[1]["targetId"], *id);
    });
}

#[test]
fn what_can_never_be_used_is_refused_with_every_reason_at_once() {
    on_both(|world| {
        let (owner, other) = (world.merchant(), world.merchant());
        let [here, there] = ["Here", "There"]
            .map(|name| made(&owner, "createStore", "store", &json!({ "name": name })));
        let campaign = json!({
            "name": "C", "stores": [here], "start": "2999-01-01T00:00", "end": "2999-01-02T00:00",
        });
        let campaign = made(&owner, "createCampaign", "campaign", &campaign);
        let theirs = made(&other, "createProduct", "product", &json!({ "name": "T", "price": 1 }));
        let base = json!({ "name": "A", "offerType": "PERCENTAGE", "offerValue": 5 });
        let refused = |mutation: &str, input: &Value| {
            let answer = act(&owner, mutation, input, "");
            let errors =
                answer["errors"].as_object().unwrap_or_else(|| panic!("{input}: {answer}"));
            errors.keys().cloned().collect::<Vec<_>>()
        };
        let with = |fields: Value| {
            let mut input = base.clone();
            for (field, value) in fields.as_object().expect("fields") {
                input[field] = value.clone();
            }
            input
        };
        for (fields, at_fault) in [
            (
                json!({ "startTime": "2999-01-02T00:00", "endTime": "2999-01-01T00:00" }),
                &["endTime"][..],
            ),
            (json!({ "endTime": "2001-01-01T00:00" }), &["endTime"][..]),
            (json!({ "status": "ENDED" }), &["status"][..]),
            // The second of January 2999 is a Wednesday.
            (
                json!({
                    "startTime": "2999-01-02T06:00", "endTime": "2999-01-02T18:00", "daysOfWeek": ["SUNDAY"],
                }),
                &["daysOfWeek"][..],
            ),
            (json!({ "campaignId": campaign, "stores": [there] }), &["stores"][..]),
            (json!({ "campaignId": campaign, "endTime": "2998-01-01T00:00" }), &["campaignId"][..]),
            (json!({ "repeatable": false, "repeatDelayHours": 5 }), &["repeatDelayHours"][..]),
            (json!({ "redemptionCodeType": "FIXED" }), &["code"][..]),
            (json!({ "code": "ABC" }), &["code"][..]),
            (json!({ "products": [theirs] }), &["products"][..]),
            (
                json!({
                    "name": "", "offerValue": 101, "endTime": "2001-01-01T00:00", "enrollmentLimit": 0,
                    "products": [theirs], "stores": ["999999999"], "daysOfWeek": [], "minimumSpend": -1,
                }),
                &[
                    "daysOfWeek",
                    "endTime",
                    "enrollmentLimit",
                    "minimumSpend",
                    "name",
                    "offerValue",
                    "products",
                    "stores",
                ][..],
            ),
        ] {
            assert_eq!(refused("createOffer", &with(fields.clone())), at_fault, "{fields}");
        }
        let bogo = json!({ "name": "A", "offerType": "BOGO", "offerValue": 1 });
        assert_eq!(refused("createOffer", &bogo), ["numOfItems"]);
        // An update is judged on what comes of it.
        let once = made(&owner, "createOffer", "offer", &with(json!({ "repeatable": false })));
        let later = json!({ "id": once, "repeatDelayHours": 5 });
        assert_eq!(refused("updateOffer", &later), ["repeatDelayHours"]);
        let narrow = json!({ "id": once, "campaignId": campaign, "stores": [there] });
        assert_eq!(refused("updateOffer", &narrow), ["stores"]);
        // One code for everybody is one offer's, in any case.
        let coded = |code: &str| with(json!({ "redemptionCodeType": "FIXED", "code": code }));
        let first = made(&owner, "createOffer", "offer", &coded("Spring"));
        assert_eq!(refused("createOffer", &coded("SPRING")), ["code"]);
        made(&other, "createOffer", "offer", &coded("SPRING"));
        act(&owner, "deleteOffer", &json!({ "id": first }), "");
        made(&owner, "createOffer", "offer", &coded("SPRING"));
        assert_eq!(refused("updateOffer", &json!({ "id": first, "archived": false })), ["code"]);
        for (mutation, argument, input) in [
            ("updateOffer", "id", json!({ "id": once, "name": "Mine" })),
            ("deleteOffer", "id", json!({ "id": once })),
            ("createOffer", "campaignId", with(json!({ "campaignId": campaign }))),
            ("createOffer", "stores", with(json!({ "stores": [here] }))),
        ] {
            let absent = act(&other, mutation, &input, "");
            let code = &absent["errors"][argument][0]["code"];
            assert_eq!(code, "does_not_exist", "{mutation} {absent}");
        }
    });
}

#[test]
fn an_offer_that_was_made_is_available_at_once_and_not_once_it_is_given_up() {
    on_both(|world| {
        let owner = world.merchant();
        made(&owner, "createStore", "store", &json!({ "name": "Mitte" }));
        let guest = json!({ "firstname": "Guest", "cards": ["made-1"] });
        let guest = made(&owner, "createConsumer", "consumer", &guest);
        let input = json!({ "name": "Today", "offerType": "PERCENTAGE", "offerValue": 5 });
        let offer = made(&owner, "createOffer", "offer", &input);
        let available = || {
            let document = "query ($id: ID) { consumerAvailablePromotions(consumerId: $id) {
                count edges { node { name } } } }";
            let answer = owner.query(document, json!({ "id": guest })).succeeded();
            answer.data("consumerAvailablePromotions.count").clone()
        };
        assert_eq!(available(), json!(1));
        act(&owner, "updateOffer", &json!({ "id": offer, "status": "PAUSED" }), "");
        assert_eq!(available(), json!(0));
        act(&owner, "updateOffer", &json!({ "id": offer, "status": "ACTIVE" }), "");
        assert_eq!(available(), json!(1));
        act(&owner, "deleteOffer", &json!({ "id": offer }), "");
        assert_eq!(available(), json!(0));
    });
}

/// What a segment asks about orders, visits and redemptions is summed up by the database: it is as many statements for a
/// customer who bought once as for one who bought often.
#[test]
fn rule_31_what_segments_ask_costs_as_much_for_a_regular_as_for_a_newcomer() {
    on_both(|world| {
        let owner = world.merchant();
        let shop = made(&owner, "createStore", "store", &json!({ "name": "Mitte" }));
        let product = json!({ "name": "Kaffee", "price": "2.50" });
        let product = made(&owner, "createProduct", "product", &product);
        let rules = json!([
            ["orders__count", "gte", 1],
            "AND",
            ["orders__total", "lt", 1_000_000],
            "AND",
            ["orders__store", "exact", shop],
            "AND",
            ["orders__product", "in", [product]],
            "AND",
            ["orders__completedAt", "range", ["2024-05-06", "2024-05-07"]],
            "AND",
            ["visits__count", "exact", 0],
            "AND",
            ["lastVisit", "isnull", true],
            "AND",
            ["redemptions__offer", "isnull", true],
            "AND",
            ["stamps", "exact", 0],
            "AND",
            ["pointsEarned", "exact", 0],
            "AND",
            ["loyaltyCard", "isnull", true],
            "AND",
            ["NOT", ["redemptions__createdAt", "exact", "2024-05-06T10:00:00Z"]],
        ]);
        let named = |name: &str, rules: &Value| {
            let rules = rules.to_string();
            json!({ "name": name, "offerType": "PERCENTAGE", "offerValue": 5, "segmentationRules": rules })
        };
        made(&owner, "createOffer", "offer", &named("Regulars", &rules));
        let never = json!([["orders__completedAt", "range", ["2024-05-08", "2024-05-09"]]]);
        made(&owner, "createOffer", "offer", &named("Nobody", &never));
        let buyer = |orders: usize| {
            let guest = json!({ "firstname": "Guest" });
            let guest = made(&owner, "createConsumer", "consumer", &guest);
            let sales: Vec<Value> = (0..orders)
                .map(|number| {
                    let day = if number == 0 { 6 } else { 9 + number % 20 };
                    json!({
                        "storeId": shop, "items": [{ "productId": product }], "consumerId": guest,
                        "completedAt": format!("2024-05-{day:02}T10:00:00Z"),
                        "entitySource": "SHOPIFY", "entitySourceId": format!("{guest}-{number}"),
                    })
                })
                .collect();
            let done =
                act(&owner, "importOrders", &json!({ "orders": sales }), "purchases { errors }");
            assert!(
                done["purchases"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .all(|one| one["errors"].is_null()),
                "{done}"
            );
            let document = "query ($id: ID) { consumerAvailablePromotions(consumerId: $id) {
                edges { node { name } } } }";
            let answer = owner.query(document, json!({ "id": guest })).succeeded();
            let found = answer.data("consumerAvailablePromotions.edges").clone();
            assert_eq!(found, json!([{ "node": { "name": "Regulars" } }]), "{orders} orders");
            answer.header("regulars-statements").parse::<u32>().expect("a number")
        };
        let (once, often) = (buyer(1), buyer(60));
        assert_eq!(once, often, "{:?}", world.engine);
        assert!(often <= 18, "{often} statements on {:?}", world.engine);
    });
}
