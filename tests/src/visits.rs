//! Visits: what somebody earns who came by, once, whoever records it how often.

use std::{sync::Barrier, thread};

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::{
    audit::{act, changes, log},
    consumer_fields::create,
    orders::{open, order, store},
    world::{World, on_both},
};

const RECEIPT: &str = "visit { id pk amount amountCurrency occurredAt businessDate pointsEarned store { id }
        consumer { id } order { id } }
    receipt { earned balance pending expiringNext { amount at } nextReward { needed missing loyaltyCard { id } }
        points { lifetime }
        cards { earned initialPoints activeFrom expiresAt reason { code message } sums { available pending } loyaltyCard { id name } } }
    warnings { code message }";

/// A card of a merchant's, by its global id.
fn card(owner: &Client, fields: &Value) -> Value {
    let mut input = json!({ "name": "Card" });
    for (name, value) in fields.as_object().into_iter().flatten() {
        input[name] = value.clone();
    }
    let done = act(owner, "createLoyaltyCard", &input, "loyaltyCard { id }");
    assert_eq!(done["success"], true, "{done}");
    done["loyaltyCard"]["id"].clone()
}

/// One point for each euro.
pub(crate) fn points(owner: &Client, fields: &Value) -> Value {
    let mut input =
        json!({ "loyaltyType": "POINTS", "pointsLoyaltyType": "PRODUCT", "dollarWorth": 1 });
    for (name, value) in fields.as_object().into_iter().flatten() {
        input[name] = value.clone();
    }
    card(owner, &input)
}

fn visit(owner: &Client, input: &Value) -> Value {
    act(owner, "createVisit", input, RECEIPT)
}

/// What of the books of a merchant does not add up, line by line.
pub(crate) fn broken(world: &World, owner: &Client) -> Vec<String> {
    let me = owner.query("{ me { pk } }", Value::Null).succeeded().data("me.pk").clone();
    let sql = format!(
        "SELECT CAST(a.id AS TEXT) AS row FROM account a WHERE a.merchant_id = {me} AND (
            a.balance - a.debt <> (SELECT COALESCE(SUM(e.amount), 0) FROM entry e
                WHERE e.merchant_id = a.merchant_id AND e.account_id = a.id)
            OR a.balance <> (SELECT COALESCE(SUM(l.remaining), 0) FROM lot l
                WHERE l.merchant_id = a.merchant_id AND l.account_id = a.id)
            OR a.seq <> (SELECT COUNT(*) FROM entry e
                WHERE e.merchant_id = a.merchant_id AND e.account_id = a.id))"
    );
    world.database.rows(&sql)
}

#[test]
fn rule_13_a_visit_earns_and_its_answer_is_the_receipt() {
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        let flat = json!({
            "pointsLoyaltyType": "FLAT", "pointsNeeded": 100, "pointWorth": "0.01", "initialPoints": 5,
            "maxPointsPerDay": 40, "validityInMonths": 12,
        });
        let own = points(&owner, &flat);
        let stamps = card(&owner, &json!({ "loyaltyType": "STAMPS", "stampsNeeded": 10 }));
        let ada = create(&owner, &json!({ "firstname": "Ada", "cards": ["C-77"] }));
        let input = json!({
            "consumerLoyaltyId": "c 77", "amountSpent": "12.90", "storeId": shop,
            "idempotencyKey": "visit-1",
        });
        let done = visit(&owner, &input);
        assert_eq!(done["success"], true, "{done}");
        let made = &done["visit"];
        assert_eq!((&made["amount"], &made["pointsEarned"]), (&json!("12.90"), &json!("12")));
        assert_eq!((&made["store"]["id"], &made["consumer"]["id"]), (&shop, &ada["id"]));
        let receipt = &done["receipt"];
        assert_eq!((&receipt["earned"], &receipt["balance"]), (&json!("17"), &json!("17")));
        assert_eq!(
            (&receipt["pending"], &receipt["expiringNext"]["amount"]),
            (&json!("0"), &json!("17"))
        );
        // Nine more stamps are nearer than eighty-three points.
        let next = &receipt["nextReward"];
        assert_eq!((&next["needed"], &next["missing"]), (&json!("10"), &json!("9")), "{done}");
        let cards = receipt["cards"].as_array().expect("cards");
        let told: Vec<_> = cards
            .iter()
            .map(|one| (&one["earned"], &one["initialPoints"], &one["sums"]["available"]))
            .collect();
        let texts =
            [("12", "5", "17"), ("1", "0", "1")].map(|(a, b, c)| (json!(a), json!(b), json!(c)));
        assert_eq!(told, texts.iter().map(|(a, b, c)| (a, b, c)).collect::<Vec<_>>());
        // The same key is the same visit; without one so are two minutes.
        assert_eq!(visit(&owner, &input), done);
        let unkeyed = json!({ "consumerId": ada["id"], "amountSpent": "12.90", "storeId": shop });
        let same = visit(&owner, &unkeyed);
        assert_eq!(
            (&same["visit"]["id"], &same["warnings"][0]["code"]),
            (&made["id"], &json!("same_visit"))
        );
        // The cap clips, and then gives its reason, on replay too.
        let more = |key: &str| {
            json!({
                "consumerId": ada["id"], "amountSpent": 60, "storeId": shop, "idempotencyKey": key,
            })
        };
        assert_eq!(visit(&owner, &more("b"))["visit"]["pointsEarned"], "28");
        for _ in 0..2 {
            let nothing = visit(&owner, &more("c"));
            let reasons: Vec<_> = nothing["receipt"]["cards"]
                .as_array()
                .expect("cards")
                .iter()
                .map(|one| (one["loyaltyCard"]["id"].clone(), one["reason"]["code"].clone()))
                .collect();
            let expected =
                [(stamps.clone(), Value::Null), (own.clone(), json!("daily_cap_reached"))];
            assert_eq!(reasons, expected, "{nothing}");
        }
        // A visit that names its order earns nothing itself.
        let id = open(&owner, &shop);
        let named =
            json!({ "consumerId": ada["id"], "amountSpent": 1, "storeId": shop, "orderId": id });
        let named = visit(&owner, &named);
        assert_eq!(named["warnings"][0]["code"], "order_earns", "{named}");
        assert_eq!(
            (&named["visit"]["order"]["id"], &named["receipt"]["earned"]),
            (&id, &json!("0"))
        );
        assert!(order(&owner, &id, "id").is_object());

        let lists = "query ($id: ID!, $store: ID!) {
            consumer(id: $id) { visits { count edges { node { id pointsEarned } } } }
            store(id: $store) { visits(first: 1, orderBy: \"-pk\") { count edges { node { id } } } }
            node(id: $id) { id }
        }";
        let lists = owner.query(lists, json!({ "id": ada["id"], "store": shop })).succeeded();
        assert_eq!(lists.data("consumer.visits.count"), 4);
        assert_eq!(lists.data("consumer.visits.edges.0.node.pointsEarned"), "12");
        assert_eq!(lists.data("store.visits.count"), 4);
        assert_eq!(lists.data("store.visits.edges.0.node.id"), &named["visit"]["id"]);
        let entry = log(&owner, "createVisit").pop().expect("the first");
        assert_eq!(entry["targetId"], made["id"]);
        let told = changes(&entry);
        let currency = made["amountCurrency"].as_str().expect("a code");
        assert_eq!(told["amountSpent"], (Value::Null, json!(format!("12.90 {currency}"))));
        assert_eq!(told["consumer"].1, json!(ada["pk"].to_string()));
        assert_eq!(broken(world, &owner), [""; 0]);
    });
}

#[test]
fn rule_7_a_visit_makes_a_stranger_a_customer_and_brings_nobody_back() {
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        points(&owner, &json!({}));
        let guest = world.consumer();
        let me = guest.query("{ me { id loyaltyId } }", Value::Null).succeeded();
        let input = json!({ "consumerLoyaltyId": me.data("me.loyaltyId"), "amountSpent": 9, "storeId": shop });
        let done = visit(&owner, &input);
        assert_eq!(
            (&done["visit"]["consumer"]["id"], &done["receipt"]["earned"]),
            (me.data("me.id"), &json!("9"))
        );
        let own = guest.query("{ me { ... on ConsumerNode { visits { count edges { node { amount pointsEarned } } } } } }", Value::Null);
        let own = own.succeeded();
        assert_eq!(
            own.data("me.visits.edges.0.node"),
            &json!({ "amount": "9.00", "pointsEarned": "9" })
        );
        let merchant = owner.query("{ me { id } }", Value::Null).succeeded();
        let leave = json!({ "merchantId": merchant.data("me.id") });
        assert_eq!(act(&guest, "leaveMerchant", &leave, "")["success"], true);
        let refused = visit(&owner, &input);
        assert_eq!(refused["errors"]["consumerLoyaltyId"][0]["code"], "invalid", "{refused}");
    });
}

#[test]
fn rule_15_whoever_is_known_again_is_not_welcomed_twice() {
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        points(&owner, &json!({ "initialPoints": 5 }));
        let mut welcomed = Vec::new();
        let phone = "+4917199887766";
        for person in [
            json!({ "firstname": "Ada", "phoneNumber": phone }),
            json!({ "firstname": "Ida", "phoneNumber": phone }),
            json!({ "firstname": "Nobody" }),
            json!({ "firstname": "Bob", "cards": ["W-1"] }),
        ] {
            let who = create(&owner, &person);
            let input = json!({ "consumerId": who["id"], "amountSpent": 2, "storeId": shop });
            welcomed.push(visit(&owner, &input)["receipt"]["cards"][0]["initialPoints"].clone());
        }
        assert_eq!(welcomed, ["5", "0", "0", "5"].map(Value::from), "{:?}", world.engine);
    });
}

#[test]
fn a_days_cap_holds_and_a_visit_counts_once_however_many_record_at_once() {
    const CLIENTS: usize = 32;
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        points(&owner, &json!({ "maxPointsPerDay": 100 }));
        let ada = create(&owner, &json!({ "firstname": "Ada" }));
        let bob = create(&owner, &json!({ "firstname": "Bob" }));
        let race = |input: &(dyn Fn(usize) -> Value + Sync)| -> Vec<Value> {
            let start = Barrier::new(CLIENTS);
            thread::scope(|scope| {
                let clients: Vec<_> = (0..CLIENTS)
                    .map(|number| {
                        let (owner, start) = (&owner, &start);
                        scope.spawn(move || {
                            start.wait();
                            visit(owner, &input(number))
                        })
                    })
                    .collect();
                clients.into_iter().map(|client| client.join().expect("an answer")).collect()
            })
        };
        let earned = |answers: &[Value]| -> i64 {
            let each = answers.iter().map(|one| {
                assert_eq!(one["success"], true, "{one}");
                one["visit"]["pointsEarned"]
                    .as_str()
                    .expect("a number")
                    .parse::<i64>()
                    .expect("a number")
            });
            each.sum()
        };
        let answers = race(&|number| {
            json!({
                "consumerId": ada["id"], "amountSpent": 10 + number, "storeId": shop,
            })
        });
        assert_eq!(earned(&answers), 100, "{:?}", world.engine);
        let answers =
            race(&|_| json!({ "consumerId": bob["id"], "amountSpent": 7, "storeId": shop }));
        let first = &answers[0]["visit"]["id"];
        assert!(answers.iter().all(|one| one["visit"]["id"] == *first), "{:?}", world.engine);
        let seen = "query ($id: ID!) { consumer(id: $id) { pointsEarned points { available } visits { count } } }";
        for (who, points, visits) in [(&ada, 100, 32), (&bob, 7, 1)] {
            let found = owner.query(seen, json!({ "id": who["id"] })).succeeded();
            assert_eq!(found.data("consumer.pointsEarned"), points, "{:?}", world.engine);
            assert_eq!(found.data("consumer.visits.count"), visits, "{:?}", world.engine);
        }
        assert_eq!(broken(world, &owner), [""; 0], "{:?}", world.engine);
    });
}

#[test]
fn a_card_is_stamped_by_hand_up_to_its_number_a_day() {
    const STAMP: &str =
        "stamp { createdAt loyaltyCard { id name } consumer { id } sums { available } }";
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        card(
            &owner,
            &json!({ "loyaltyType": "STAMPS", "name": "First", "stampsNeeded": 10, "maxStampsPerDay": 2 }),
        );
        let guest = world.consumer();
        let me = guest.query("{ me { id loyaltyId } }", Value::Null).succeeded();
        let number = me.data("me.loyaltyId");
        let input = |key: &str| json!({ "consumerLoyaltyString": number, "storeId": shop, "idempotencyKey": key });
        let done = act(&owner, "createStamp", &input("a"), STAMP);
        let stamp = &done["stamp"];
        assert_eq!(
            (&stamp["consumer"]["id"], &stamp["sums"]["available"]),
            (me.data("me.id"), &json!("1")),
            "{done}"
        );
        assert_eq!(
            act(&owner, "createStamp", &input("a"), STAMP),
            done,
            "the same key is the same stamp"
        );
        assert_eq!(
            act(&owner, "createStamp", &input("b"), STAMP)["stamp"]["sums"]["available"],
            "2"
        );
        let full = act(&owner, "createStamp", &input("c"), STAMP);
        assert_eq!(full["errors"]["loyaltyCardId"][0]["code"], "invalid", "{full}");
        let second =
            card(&owner, &json!({ "loyaltyType": "STAMPS", "name": "Second", "stampsNeeded": 5 }));
        let several = act(&owner, "createStamp", &input("d"), STAMP);
        let sentence =
            several["errors"]["loyaltyCardId"][0]["message"].as_str().expect("a sentence");
        for name in ["(First)", "(Second)"] {
            assert!(sentence.contains(name), "{sentence}");
        }
        let mut named = input("e");
        named["loyaltyCardId"] = second;
        assert_eq!(act(&owner, "createStamp", &named, STAMP)["stamp"]["sums"]["available"], "1");
        let mut nobody = input("f");
        nobody["consumerLoyaltyString"] = json!("12345678901234");
        let nobody = act(&owner, "createStamp", &nobody, STAMP);
        assert_eq!(
            nobody["errors"]["consumerLoyaltyString"][0]["code"], "does_not_exist",
            "{nobody}"
        );
        let entry = log(&owner, "createStamp").pop().expect("the first");
        assert_eq!(&entry["targetId"], me.data("me.id"));
        assert_eq!(broken(world, &owner), [""; 0]);
    });
}
