//! Redeeming in two steps through HTTP: promises with codes, what becomes of them, and who may (rules 21 to 23).

mod eligibility;
mod races;
pub(crate) mod shop;

use std::collections::BTreeSet;

use regulars_testkit::{Client, Engine};
use serde_json::{Value, json};

use self::shop::{Shop, code, fault};
use crate::{
    apps::App,
    audit::{act, changes, log},
    consumer_fields::create,
    world::{World, on_both},
};

const INTENT: &str = "redemptionIntent { id pk code displayCode state expiresAt createdAt points stamps
    consumer { id } merchant { id } store { id } offer { id name } loyaltyCard { id } loyaltyReward { id } }";
const REDEMPTION: &str =
    "redemption { id amount amountCurrency reversedAt offer { id } store { id } consumer { id } }";

#[test]
fn rule_21_a_consumer_promises_themselves_an_offer_and_a_till_confirms_it_once() {
    on_both(|world| {
        let shop = Shop::open(world);
        let (guest, me) = shop.guest();
        let offer = shop.offer("");
        let new = json!({ "offerId": offer, "idempotencyKey": "promise-1" });
        let made = act(&guest, "createRedemptionIntent", &new, INTENT);
        let intent = &made["redemptionIntent"];
        let typed = intent["code"].as_str().expect("a code");
        assert_eq!(intent["displayCode"], format!("{}-{}", &typed[..4], &typed[4..]), "{made}");
        assert_eq!((&intent["state"], &intent["consumer"]["id"]), (&json!("OPEN"), &me["id"]));
        assert_eq!(intent["merchant"]["id"], shop.me["id"]);
        assert_eq!(intent["offer"]["name"], "Five");
        let empty = ["store", "loyaltyCard", "loyaltyReward", "points", "stamps"];
        assert!(empty.iter().all(|field| intent[*field].is_null()), "{made}");
        // The same again is the same promise with the same code.
        assert_eq!(act(&guest, "createRedemptionIntent", &new, INTENT), made);
        let other = json!({ "offerId": shop.offer(""), "idempotencyKey": "promise-1" });
        let conflict = act(&guest, "createRedemptionIntent", &other, INTENT);
        assert!(conflict["errors"]["idempotencyKey"].is_array(), "{conflict}");

        // Everybody finds it by its id who has to do with it; its code is the customer's to show.
        let node = |client: &Client| {
            let document =
                "query ($id: ID!) { node(id: $id) { ... on RedemptionIntentNode { state code } } }";
            let answer = client.query(document, json!({ "id": intent["id"] })).succeeded();
            answer.data("node").clone()
        };
        assert_eq!(node(&guest), json!({ "state": "OPEN", "code": typed }));
        assert_eq!(node(&shop.owner), json!({ "state": "OPEN", "code": null }));
        let (other_guest, _) = shop.guest();
        assert_eq!(node(&other_guest), Value::Null);

        // Checking it changes nothing.
        let seen = json!({ "code": typed.to_lowercase() });
        for _ in 0..2 {
            let seen = act(&shop.owner, "verifyRedemptionCode", &seen, INTENT);
            assert_eq!(seen["redemptionIntent"], *intent, "{seen}");
        }
        let used = json!({
            "code": format!(" {} ", intent["displayCode"].as_str().expect("a code").to_lowercase()),
            "storeId": shop.store, "idempotencyKey": "confirm-1",
        });
        let done = act(&shop.owner, "confirmRedemption", &used, REDEMPTION);
        let redemption = &done["redemption"];
        let expected = json!({
            "id": redemption["id"], "amount": "5.00", "amountCurrency": "USD", "reversedAt": null,
            "offer": { "id": intent["offer"]["id"] }, "store": { "id": shop.store },
            "consumer": { "id": me["id"] },
        });
        assert_eq!(redemption, &expected, "{done}");
        assert_eq!(act(&shop.owner, "confirmRedemption", &used, REDEMPTION), done);
        for mutation in ["confirmRedemption", "verifyRedemptionCode"] {
            let twice = act(&shop.owner, mutation, &json!({ "code": typed }), "");
            assert_eq!(
                twice["errors"]["code"][0]["message"],
                "This code has been used: a code redeems once."
            );
        }
        assert_eq!(node(&guest), json!({ "state": "CONFIRMED", "code": typed }));
        let off = act(&guest, "cancelRedemptionIntent", &json!({ "id": intent["id"] }), "");
        assert_eq!(off["errors"]["id"][0]["code"], "invalid", "{off}");
        let list =
            "{ me { ... on ConsumerNode { redemptions { count edges { node { id amount } } } } } }";
        let own = guest.query(list, Value::Null).succeeded();
        let expected = json!({ "count": 1, "edges": [{ "node": { "id": redemption["id"], "amount": "5.00" } }] });
        assert_eq!(own.data("me.redemptions"), &expected);

        // The merchant's log has it all, and the code nowhere.
        let entries = log(&shop.owner, "createRedemptionIntent");
        let made = entries.last().expect("the first");
        assert_eq!((&made["actorType"], &made["targetId"]), (&json!("CONSUMER"), &intent["id"]));
        let changed = changes(made);
        assert_eq!(changed["state"], (Value::Null, json!("OPEN")));
        assert_eq!(changed["consumer"].1, me["pk"].to_string());
        let checked = log(&shop.owner, "verifyRedemptionCode");
        let checked = checked.last().expect("the first");
        assert_eq!((&checked["targetId"], &checked["changes"]), (&intent["id"], &json!([])));
        let confirmed = &log(&shop.owner, "confirmRedemption");
        assert_eq!(confirmed.last().expect("the first")["targetId"], redemption["id"]);
        assert_eq!(changes(confirmed.last().expect("the first"))["amount"].1, "5.00 USD");
        let everything = world
            .database
            .rows("SELECT COALESCE(changes, '') || COALESCE(personal, '') AS row FROM audit_entry");
        assert!(!everything.iter().any(|row| row.contains(typed)), "a code is in the log");
    });
}

#[test]
fn rule_21_what_is_called_off_is_free_again_and_its_code_is_dead() {
    on_both(|world| {
        let shop = Shop::open(world);
        let (guest, me) = shop.guest();
        let card = shop.flat_card();
        shop.has(&me, card, 50);
        let new = json!({ "loyaltyCardId": card, "pointsToRedeem": 40 });
        let made =
            act(&guest, "createPointsRedemptionIntent", &new, INTENT)["redemptionIntent"].clone();
        assert_eq!((&made["points"], &made["stamps"]), (&json!(40), &Value::Null), "{made}");
        let points = "{ me { ... on ConsumerNode { points { available held } } } }";
        let sums = || guest.query(points, Value::Null).succeeded().data("me.points").clone();
        assert_eq!(sums(), json!({ "available": "10", "held": "40" }));
        let more = act(&guest, "createPointsRedemptionIntent", &new, INTENT);
        let sentence = "40 points are needed, and 10 are available.";
        assert_eq!(more["errors"]["pointsToRedeem"][0]["message"], sentence, "{more}");
        let (stranger, _) = shop.guest();
        let others = act(&stranger, "cancelRedemptionIntent", &json!({ "id": made["id"] }), "");
        assert_eq!(others["errors"]["id"][0]["code"], "does_not_exist", "{others}");
        for _ in 0..2 {
            let off = act(&guest, "cancelRedemptionIntent", &json!({ "id": made["id"] }), INTENT);
            assert_eq!(off["redemptionIntent"]["state"], "CANCELLED", "{off}");
        }
        assert_eq!(sums(), json!({ "available": "50", "held": "0" }));
        let dead =
            act(&shop.owner, "confirmPointsRedemption", &json!({ "code": made["code"] }), "");
        assert_eq!(dead["errors"]["code"][0]["message"], "This code was called off.");
        shop.books_add_up();
    });
}

#[test]
fn rule_21_points_pay_rewards_are_bought_and_full_cards_are_handed_in() {
    on_both(|world| {
        let shop = Shop::open(world);
        let (guest, me) = shop.guest();
        let (flat, buys, stamps) = (shop.flat_card(), shop.reward_card(), shop.stamp_card());
        let reward = shop.reward(buys, 30, "1");
        for card in [flat, buys, stamps] {
            shop.has(&me, card, 100);
        }
        let wrong = json!({ "loyaltyCardId": stamps, "pointsToRedeem": 3 });
        let wrong = act(&guest, "createPointsRedemptionIntent", &wrong, "");
        assert!(fault(&wrong, "loyaltyCardId").contains("createStampsRedemptionIntent"), "{wrong}");
        for (create, input, confirm, noun, expected) in [
            (
                "createPointsRedemptionIntent",
                json!({ "loyaltyCardId": flat, "pointsToRedeem": 40 }),
                "confirmPointsRedemption",
                "pointsRedemption { points amount loyaltyReward { id } }",
                json!({ "points": 40, "amount": "2.00", "loyaltyReward": null }),
            ),
            (
                "createPointsRedemptionIntent",
                json!({ "loyaltyCardId": buys, "loyaltyRewardId": reward }),
                "confirmPointsRedemption",
                "pointsRedemption { points amount loyaltyReward { pk stock } }",
                json!({ "points": 30, "amount": null, "loyaltyReward": { "pk": reward, "stock": 0 } }),
            ),
            (
                "createStampsRedemptionIntent",
                json!({ "loyaltyCardId": stamps }),
                "confirmStampsRedemption",
                "stampsRedemption { stamps amount loyaltyReward { id } }",
                json!({ "stamps": 3, "amount": null, "loyaltyReward": null }),
            ),
        ] {
            let made = act(&guest, create, &input, INTENT);
            let typed = json!({ "code": code(&made) });
            let other = act(&shop.owner, "confirmRedemption", &typed, "");
            assert!(fault(&other, "code").contains(&format!("use {confirm}")), "{other}");
            let done = act(&shop.owner, confirm, &typed, noun);
            let field = noun.split(' ').next().expect("a noun");
            assert_eq!(done[field], expected, "{done}");
        }
        let gone = json!({ "loyaltyCardId": buys, "loyaltyRewardId": reward });
        let gone = act(&guest, "createPointsRedemptionIntent", &gone, "");
        assert_eq!(fault(&gone, "loyaltyRewardId"), "This reward is out of stock.");
        // What was confirmed is what the customer is shown.
        let list = "{ me { ... on ConsumerNode { redemptions { count }
            pointsRedemptions { edges { node { points } } } stampsRedemptions { edges { node { stamps } } } } } }";
        let own = guest.query(list, Value::Null).succeeded();
        assert_eq!(own.data("me.redemptions.count"), &json!(0));
        let points = json!([{ "node": { "points": 40 } }, { "node": { "points": 30 } }]);
        assert_eq!(own.data("me.pointsRedemptions.edges"), &points);
        assert_eq!(own.data("me.stampsRedemptions.edges"), &json!([{ "node": { "stamps": 3 } }]));
        shop.books_add_up();
    });
}

#[test]
fn rule_21_a_till_promises_to_whom_it_sees_and_asks_others_for_their_code() {
    on_both(|world| {
        let shop = Shop::open(world);
        let card = format!("C-{}", shop.store.as_str().expect("an id"));
        let ada = create(&shop.owner, &json!({ "firstname": "Ada", "cards": [card] }));
        let (_, me) = shop.guest();
        let offer = shop.offer("");
        let ask = |who: &Value| {
            let mut input = json!({ "offerId": offer });
            for (field, value) in who.as_object().expect("fields") {
                input[field] = value.clone();
            }
            act(&shop.owner, "createRedemptionIntent", &input, INTENT)
        };
        let shown = ask(&json!({ "consumerLoyaltyId": card, "storeId": shop.store }));
        assert_eq!(shown["redemptionIntent"]["consumer"]["id"], ada["id"], "{shown}");
        assert_eq!(code(&shown).len(), 8, "the till is told, to hand it on");
        let listed = ask(&json!({ "consumerId": ada["id"] }));
        assert_eq!(listed["success"], true, "whoever has no login is named in any way: {listed}");
        for who in
            [json!({ "consumerId": me["id"] }), json!({ "consumerLoyaltyId": me["loyaltyId"] })]
        {
            let refused = ask(&who);
            assert!(fault(&refused, "consumerId").contains("in their app"), "{refused}");
        }
        let quick = json!({ "name": "Quick", "tillRedemption": "LOYALTY_ID" });
        let quick = act(&shop.owner, "createStore", &quick, "store { id }")["store"]["id"].clone();
        let shown = ask(&json!({ "consumerLoyaltyId": me["loyaltyId"], "storeId": quick }));
        assert_eq!(shown["redemptionIntent"]["consumer"]["id"], me["id"], "{shown}");
        let nobody = ask(&json!({}));
        assert_eq!(nobody["redemptionIntent"]["consumer"], Value::Null, "whoever brings it");
    });
}

#[test]
fn who_works_in_some_stores_redeems_there_alone() {
    on_both(|world| {
        let owner = world.demo_owner();
        let cashier = world.login("cashier@example.com");
        let stores = "{ me { ... on MerchantNode { stores { edges { node { id } } } } } }";
        let mine = cashier.query(stores, Value::Null).succeeded();
        let mine = mine.data("me.stores.edges.0.node.id").clone();
        let other = act(&owner, "createStore", &json!({ "name": "Far" }), "store { id }")["store"]
            ["id"]
            .clone();
        let shop = Shop::of(world, owner, other.clone());
        let offer = shop.offer("");
        let unsaid = act(&cashier, "createRedemptionIntent", &json!({ "offerId": offer }), "");
        assert!(fault(&unsaid, "storeId").contains("Say in which store"), "{unsaid}");
        let ask = |client: &Client, store: &Value| {
            let input = json!({ "offerId": offer, "storeId": store });
            act(client, "createRedemptionIntent", &input, INTENT)
        };
        assert_eq!(ask(&cashier, &other)["errors"]["storeId"][0]["code"], "does_not_exist");
        let (here, there) = (ask(&cashier, &mine), ask(&shop.owner, &other));
        let confirm = |code: &str, store: &Value| {
            act(
                &cashier,
                "confirmRedemption",
                &json!({ "code": code, "storeId": store }),
                REDEMPTION,
            )
        };
        // Neither tells whether the code is one.
        for typed in [code(&there), "ZZZZ-ZZZZ".to_owned()] {
            assert_eq!(confirm(&typed, &other)["errors"]["storeId"][0]["code"], "does_not_exist");
            assert!(fault(&confirm(&typed, &Value::Null), "storeId").contains("Say in which"));
        }
        assert!(fault(&confirm(&code(&there), &mine), "storeId").contains("another store"));
        let theirs = json!({ "id": there["redemptionIntent"]["id"] });
        let off = act(&cashier, "cancelRedemptionIntent", &theirs, "");
        assert_eq!(off["errors"]["id"][0]["code"], "does_not_exist", "{off}");
        let done = confirm(&code(&here), &mine);
        assert_eq!(done["redemption"]["store"]["id"], mine, "{done}");
        act(&shop.owner, "deleteStore", &json!({ "id": other }), "");
    });
}

#[test]
fn rule_22_a_code_for_everybody_is_used_without_a_promise() {
    on_both(|world| {
        let shop = Shop::open(world);
        let (guest, me) = shop.guest();
        let everybody = "redemption_code_type = 'FIXED', code = 'Welcome-10', code_key = 'welcome10', \
             enrollment_limit = 2";
        let offer = shop.offer(everybody);
        let promised = act(&guest, "createRedemptionIntent", &json!({ "offerId": offer }), "");
        assert!(fault(&promised, "offerId").contains("one code for everybody"), "{promised}");
        let use_it = |who: Value| {
            let input = json!({ "code": "WELCOME 10", "consumerLoyaltyId": who });
            act(&shop.owner, "confirmRedemption", &input, REDEMPTION)
        };
        assert_eq!(use_it(Value::Null)["redemption"]["consumer"], Value::Null);
        assert_eq!(use_it(me["loyaltyId"].clone())["redemption"]["consumer"]["id"], me["id"]);
        assert!(fault(&use_it(Value::Null), "code").contains("as often as it can"));
    });
}

#[test]
fn rule_22_codes_are_guessed_at_no_faster_by_people_and_apps() {
    // One comes back in 20 seconds.
    let world = World::start_with(Engine::Sqlite, &[("REGULARS_GUESSES_CODES", "3")]);
    let shop = Shop::of(&world, world.demo_owner(), Value::Null);
    let app =
        App::of(&shop.owner, &json!({ "permissions": ["redeem"] })).client(&world.anonymous());
    let good =
        act(&shop.owner, "createRedemptionIntent", &json!({ "offerId": shop.offer("") }), INTENT);
    let guess = |client: &Client, mutation: &str, code: &str| {
        let done = act(client, mutation, &json!({ "code": code }), "");
        let errors = done["errors"].as_object().and_then(|errors| errors.values().next().cloned());
        errors.map(|first| first[0]["code"].as_str().expect("a code").to_owned())
    };
    for client in [&shop.owner, &app] {
        // A code that is one costs nothing.
        for _ in 0..5 {
            assert_eq!(guess(client, "verifyRedemptionCode", &code(&good)), None);
        }
        let codes: Vec<_> = [
            "confirmRedemption",
            "verifyRedemptionCode",
            "confirmPointsRedemption",
            "confirmRedemption",
        ]
        .map(|mutation| guess(client, mutation, "ZZZZ-ZZZZ").expect("a refusal"))
        .into();
        assert_eq!(codes, ["invalid", "invalid", "invalid", "too_many_attempts"]);
        let last = guess(client, "verifyRedemptionCode", &code(&good));
        assert_eq!(last.as_deref(), Some("too_many_attempts"), "not even the right one");
    }
    let refusals = log(&shop.owner, "confirmRedemption");
    let codes: BTreeSet<_> = refusals.iter().map(|entry| entry["code"].to_string()).collect();
    assert!(codes.contains("\"too_many_attempts\""), "{codes:?}");
}
