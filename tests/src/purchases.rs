//! Whole sales of a till: recorded once, whatever comes late, doubled or out of order.

use std::{collections::BTreeSet, sync::Barrier, thread};

use regulars_testkit::{Answer, Client, Engine};
use serde_json::{Value, json};

use crate::{
    audit::{act, changes, log},
    consumer_fields::create,
    orders::store,
    redeeming::shop::Shop,
    visits::{broken, points},
    world::{World, on_both},
};

const RECEIPT: &str = "success errors replayed warnings { code path message reason }
    order { id total state consumer { id } payments { paymentType amount cashReceived change }
        items { count edges { node { name quantity cost } } } discounts { edges { node { name amount } } } }
    receipt { earned balance pending cards { earned initialPoints reason { code } } }";

fn send(client: &Client, mutation: &str, input: &Value, selection: &str) -> Answer {
    let kind = match mutation {
        "recordPurchase" | "quotePurchase" => "Purchase".to_owned(),
        other => format!("{}{}", other[..1].to_uppercase(), &other[1..]),
    };
    let document = format!(
        "mutation ($input: {kind}Input!) {{ {mutation}(input: $input) {{ {selection} }} }}"
    );
    client.query(&document, json!({ "input": input }))
}

fn record(client: &Client, input: &Value) -> Value {
    send(client, "recordPurchase", input, RECEIPT).succeeded().data("recordPurchase").clone()
}

fn batch(client: &Client, mutation: &str, input: &Value) -> Vec<Value> {
    let selection = "success errors purchases {
        success errors replayed warnings { code } order { id } receipt { earned }
    }";
    let answer = send(client, mutation, input, selection).succeeded();
    let done = answer.data(mutation);
    assert_eq!(done["success"], true, "{done}");
    done["purchases"].as_array().expect("a list").clone()
}

/// A sale of one line, under a name of its own.
fn sale(shop: &Value, name: &str, price: &str) -> Value {
    json!({
        "storeId": shop, "items": [{ "name": "Kaffee", "unitPrice": price }],
        "entitySource": "POS", "entitySourceId": name,
    })
}

fn with(mut input: Value, fields: &Value) -> Value {
    for (name, value) in fields.as_object().into_iter().flatten() {
        input[name] = value.clone();
    }
    input
}

fn codes(done: &Value) -> Vec<&str> {
    let warnings = done["warnings"].as_array().expect("a list");
    warnings.iter().map(|one| one["code"].as_str().expect("a code")).collect()
}

fn spendable(owner: &Client, person: &Value) -> i64 {
    let seen = "query ($id: ID!) { consumer(id: $id) { points { available pending debt } } }";
    let found = owner.query(seen, json!({ "id": person["id"] })).succeeded();
    let number = |field: &str| -> i64 {
        found
            .data(&format!("consumer.points.{field}"))
            .as_str()
            .expect("a number")
            .parse()
            .expect("a number")
    };
    number("available") + number("pending") - number("debt")
}

#[test]
fn rule_10_a_whole_sale_is_one_call_and_its_answer_is_the_receipt() {
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        points(&owner, &json!({ "initialPoints": 5 }));
        let ada = create(&owner, &json!({ "firstname": "Ada", "cards": ["P-77"] }));
        let input = json!({
            "storeId": shop, "consumerLoyaltyId": "p 77", "numOfGuests": 2,
            "items": [
                { "name": "Kaffee", "unitPrice": "2.50", "quantity": 2,
                  "modifiers": [{ "name": "Hafermilch", "price": "0.50" }] },
                { "name": "Kuchen", "cost": "4.00" },
            ],
            "tips": ["1.00"],
            "discounts": [{ "name": "Stammgast", "amount": "1.00", "item": 1 }],
            "payments": [
                { "paymentType": "CASH", "amount": "6.00", "cashReceived": "10.00" },
                { "paymentType": "CREDIT_CARD", "amount": "4.00" },
            ],
            "entitySource": "POS", "entitySourceId": "t1-1",
        });
        let quoted = send(
            &owner,
            "quotePurchase",
            &input,
            "success errors total discounted pointsToBeEarned cards { earned initialPoints } warnings { code }",
        );
        let quoted = quoted.succeeded().data("quotePurchase").clone();
        assert_eq!(
            (&quoted["total"], &quoted["pointsToBeEarned"]),
            (&json!("10.00"), &json!("14")),
            "{quoted}"
        );
        let done = record(&owner, &input);
        assert_eq!((codes(&done), &done["replayed"]), (vec![], &json!(false)), "{done}");
        let order = &done["order"];
        assert_eq!((&order["total"], &order["state"]), (&json!("10.00"), &json!("COMPLETED")));
        assert_eq!((&order["consumer"]["id"], &order["items"]["count"]), (&ada["id"], &json!(2)));
        assert_eq!(
            order["payments"][0],
            json!({
                "paymentType": "CASH", "amount": "6.00", "cashReceived": "10.00", "change": "4.00",
            })
        );
        let receipt = &done["receipt"];
        assert_eq!(
            (&receipt["earned"], &receipt["balance"]),
            (&json!("14"), &json!("14")),
            "{done}"
        );
        // The answer is lost: the same again is the same, with and without a key.
        let again = record(&owner, &input);
        assert_eq!((&again["order"], &again["replayed"]), (order, &json!(true)));
        assert_eq!(again["receipt"], *receipt);
        let keyed =
            with(input.clone(), &json!({ "idempotencyKey": "k", "entitySourceId": "t1-2" }));
        let first = record(&owner, &keyed);
        assert_eq!(first["replayed"], false);
        let answer = send(&owner, "recordPurchase", &keyed, RECEIPT).succeeded();
        assert_eq!(answer.header("idempotent-replayed"), "true");
        assert_eq!(answer.data("recordPurchase.order.id"), &first["order"]["id"]);
        let entries = log(&owner, "recordPurchase");
        let made =
            entries.iter().find(|entry| entry["targetId"] == order["id"]).expect("the first");
        assert_eq!(changes(made)["consumer"].1, json!(ada["pk"].to_string()));
        assert_eq!(broken(world, &owner), [""; 0]);
    });
}

#[test]
fn rule_10_codes_that_hold_are_used_up_and_what_was_given_for_others_is_the_merchants_own() {
    on_both(|world| {
        let shop = Shop::open(world);
        let (guest, me) = shop.guest();
        let card = shop.flat_card();
        shop.has(&me, card, 200);
        let pays = json!({ "loyaltyCardId": card, "pointsToRedeem": 100 });
        let intent = "redemptionIntent { id pk code }";
        let made = act(&guest, "createPointsRedemptionIntent", &pays, intent);
        let code = made["redemptionIntent"]["code"].clone();
        let sale = |name: &str, codes: Value| {
            json!({
                "storeId": shop.store, "consumerId": me["id"], "redemptionCodes": codes,
                "items": [{ "name": "Tee", "unitPrice": "10.00", "quantity": 2 }],
                "entitySource": "POS", "entitySourceId": name,
            })
        };
        let shown =
            json!([{ "code": code, "amount": "5.00" }, { "code": "ZZZZ-ZZZZ", "amount": "1.50" }]);
        let selection = "success errors total discounts { kind amount points reason { code } } warnings { code reason }";
        let quoted = send(&shop.owner, "quotePurchase", &sale("q", shown.clone()), selection);
        let quoted = quoted.succeeded().data("quotePurchase").clone();
        assert_eq!(quoted["total"], "13.50", "{quoted}");
        let done = record(&shop.owner, &sale("c-1", shown.clone()));
        assert_eq!(
            (codes_of(&done), &done["order"]["total"]),
            (vec![("code_not_taken", "unknown_code")], &json!("13.50")),
            "{done}"
        );
        let discounts = done["order"]["discounts"]["edges"].as_array().expect("a list").clone();
        let amounts: BTreeSet<_> =
            discounts.iter().map(|edge| edge["node"]["amount"].to_string()).collect();
        assert_eq!(amounts, BTreeSet::from(["\"5.00\"".to_owned(), "\"1.50\"".to_owned()]));
        // Doubled, it counts once; used up, it counts never again.
        assert_eq!(record(&shop.owner, &sale("c-1", shown))["order"]["id"], done["order"]["id"]);
        let again = record(&shop.owner, &sale("c-2", json!([{ "code": code, "amount": "5.00" }])));
        assert_eq!(codes(&again), ["code_not_taken"], "{again}");
        assert_eq!(again["order"]["total"], "15.00", "what was given was given");
        let seen = "query ($id: ID!) { consumer(id: $id) { points { held debt } pointsRedemptions { count } } }";
        let found = shop.owner.query(seen, json!({ "id": me["id"] })).succeeded();
        assert_eq!(found.data("consumer.points"), &json!({ "held": "0", "debt": "0" }));
        let clerk = world.staff(
            &shop.owner,
            &["change_order", "view_order", "view_consumer", "identify_consumer"],
        );
        let denied = record(&clerk, &sale("c-3", json!([{ "code": "ZZZZ-ZZZZ" }])));
        assert_eq!(denied["errors"]["nonFieldErrors"][0]["code"], "permission_denied", "{denied}");
        shop.books_add_up();
    });
}

fn codes_of(done: &Value) -> Vec<(&str, &str)> {
    let warnings = done["warnings"].as_array().expect("a list").iter();
    warnings
        .map(|one| (one["code"].as_str().expect("a code"), one["reason"].as_str().unwrap_or("")))
        .collect()
}

#[test]
fn rule_11_whatever_order_sales_and_refunds_come_in_the_books_end_the_same() {
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        points(&owner, &json!({}));
        let mut ends = BTreeSet::new();
        let orders =
            ["abr", "arb", "bar", "bra", "rab", "rba", "aabbrr", "rarbab", "brabra", "bbaarr"];
        for (nth, order) in orders.iter().enumerate() {
            let who = create(&owner, &json!({ "firstname": format!("A{nth}") }));
            let name = format!("perm-{nth}");
            let mut last = Value::Null;
            for event in order.chars() {
                if event == 'r' {
                    let refund = json!({
                        "storeId": shop, "entitySource": "POS", "entitySourceId": name,
                        "refundSourceId": "r-1", "amount": "2.50",
                    });
                    let done = act(&owner, "createOrderRefund", &refund, "waiting");
                    assert_eq!(done["success"], true, "{done}");
                    continue;
                }
                let (seq, items) = match event {
                    'a' => (1, json!([{ "name": "Kaffee", "unitPrice": "12.40" }])),
                    _ => (
                        2,
                        json!([
                            { "name": "Kuchen", "unitPrice": "10" }, { "name": "Kaffee", "unitPrice": "20.10" },
                        ]),
                    ),
                };
                let fields = json!({ "items": items, "seq": seq, "consumerId": who["id"] });
                last = record(&owner, &with(sale(&shop, &name, "1"), &fields));
                assert_eq!(last["success"], true, "{last}");
            }
            let id = &last["order"]["id"];
            let seen = "query ($id: ID!) { order(id: $id) { total state items { count } refund { amount } } }";
            let found = owner.query(seen, json!({ "id": id })).succeeded();
            ends.insert(format!("{} {}", found.data("order"), spendable(&owner, &who)));
        }
        assert_eq!(ends.len(), 1, "{:?}: {ends:?}", world.engine);
        assert_eq!(broken(world, &owner), [""; 0], "{:?}", world.engine);
    });
}

#[test]
fn rule_10_an_offline_batch_is_answered_sale_by_sale() {
    const SALES: usize = 500;
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        points(&owner, &json!({}));
        let ada = create(&owner, &json!({ "firstname": "Ada", "phoneNumber": "+491715550001" }));
        create(&owner, &json!({ "firstname": "Ida", "phoneNumber": "+491715550001" }));
        let mut sales: Vec<Value> = (0..SALES)
            .map(|nth| {
                with(sale(&shop, &format!("off-{nth}"), "2"), &json!({ "consumerId": ada["id"] }))
            })
            .collect();
        sales[1] = sales[0].clone();
        sales[2] = with(sales[0].clone(), &json!({ "items": [{ "name": "Tee", "unitPrice": 3 }] }));
        sales[3]["items"][0]["quantity"] = json!(-1);
        sales[4]["consumerId"] = Value::Null;
        sales[4]["consumerEmail"] = json!("nobody@example.com");
        sales[5]["consumerId"] = Value::Null;
        sales[5]["consumerPhoneNumber"] = json!("+491715550001");
        sales[6]["completedAt"] = json!("2020-01-01T10:00");
        sales[7]["payments"] = json!([{ "paymentType": "CASH", "amount": 1 }]);
        sales[8]["storeId"] = json!(999_999_999);
        sales[9]["currency"] = json!("XAU");
        let input = json!({ "purchases": sales });
        let done = batch(&owner, "recordPurchases", &input);
        assert_eq!(done.len(), SALES);
        let none: Vec<&str> = Vec::new();
        for (nth, warnings) in [
            (0, none.clone()),
            (1, none.clone()),
            (2, vec!["differs"]),
            (4, vec!["customer_unknown"]),
            (5, vec!["several_customers"]),
            (6, vec!["backdated"]),
            (7, vec!["payments_differ"]),
            (10, none),
        ] {
            assert_eq!(
                (codes(&done[nth]), &done[nth]["success"]),
                (warnings, &json!(true)),
                "{nth}"
            );
        }
        for (nth, field) in [(3, "items"), (8, "storeId"), (9, "currency")] {
            let errors = done[nth]["errors"].as_object().expect("errors");
            assert_eq!(errors.keys().collect::<Vec<_>>(), [field], "{nth}");
            assert_eq!(done[nth]["order"], Value::Null);
        }
        assert_eq!(done[1]["order"]["id"], done[0]["order"]["id"]);
        // The whole batch comes again, backwards.
        let before = spendable(&owner, &ada);
        let mut backwards = sales.clone();
        backwards.reverse();
        let again = batch(&owner, "recordPurchases", &json!({ "purchases": backwards }));
        for (one, other) in
            done.iter().zip(again.iter().rev()).filter(|(one, _)| one["success"] == true)
        {
            assert_eq!(
                (&one["order"]["id"], &other["replayed"]),
                (&other["order"]["id"], &json!(true))
            );
        }
        assert_eq!(spendable(&owner, &ada), before);
        let reviews = "query ($shop: ID!) { saleReviews(state: OPEN, store_Id: $shop) { count edges { node { code } } } }";
        let found = owner.query(reviews, json!({ "shop": shop })).succeeded();
        let found = found.data("saleReviews.edges").as_array().expect("a list").clone();
        let found: BTreeSet<_> =
            found.iter().map(|edge| edge["node"]["code"].as_str().expect("a code")).collect();
        let expected =
            ["backdated", "customer_unknown", "differs", "payments_differ", "several_customers"];
        assert_eq!(found, BTreeSet::from(expected));
        // One sale alone is a list of one, and its own key counts.
        let alone = |price: &str| {
            let line = json!({ "name": "Tea", "unitPrice": price });
            let sale = json!({ "storeId": shop, "items": [line], "idempotencyKey": "alone" });
            batch(&owner, "recordPurchases", &json!({ "purchases": sale })).swap_remove(0)
        };
        let (first, same, other) = (alone("2"), alone("2"), alone("3"));
        assert_eq!((&first["success"], &first["order"]), (&json!(true), &same["order"]));
        assert_eq!(other["errors"]["idempotencyKey"][0]["code"], "invalid", "{other}");
        let empty = act(&owner, "recordPurchases", &json!({ "purchases": [] }), "");
        assert_eq!(empty["errors"]["purchases"][0]["code"], "invalid", "{empty}");
        assert_eq!(broken(world, &owner), [""; 0], "{:?}", world.engine);
    });
}

#[test]
fn rule_10_sales_with_many_codes_of_nobody_are_recorded_and_nothing_is_found_out_by_them() {
    const SALES: usize = 30;
    for engine in Engine::ALL {
        let world = World::start_with(engine, &[("REGULARS_GUESSES_CODES", "5")]);
        let owner = world.merchant();
        let shop = store(&owner);
        let till = world.staff(&owner, &["change_order", "redeem", "view_order"]);
        let coded = |name: &str, code: &str| {
            let codes = json!([{ "code": code, "amount": "0.50" }]);
            with(sale(&shop, name, "2.50"), &json!({ "redemptionCodes": codes }))
        };
        let sales: Vec<Value> =
            (0..SALES).map(|nth| coded(&format!("g-{nth}"), &format!("NOBODY{nth}"))).collect();
        let input = json!({ "purchases": sales });
        let selection =
            "success errors purchases { success replayed warnings { code reason } order { id } }";
        let send = |input: &Value| {
            let answer = send(&till, "recordPurchases", input, selection).succeeded();
            answer.data("recordPurchases.purchases").as_array().expect("a list").clone()
        };
        let done = send(&input);
        let reasons = |done: &[Value]| -> Vec<String> {
            let reason = |one: &Value| one["warnings"][0]["reason"].as_str().map(str::to_owned);
            done.iter().map(|one| reason(one).expect("a reason")).collect()
        };
        assert!(done.iter().all(|one| one["success"] == true), "{done:?}");
        let untried = reasons(&done).iter().filter(|why| *why == "too_many_attempts").count();
        let tried = reasons(&done).iter().filter(|why| *why == "unknown_code").count();
        // A try leaks away every twelve seconds.
        assert!((5..10).contains(&tried) && tried + untried == SALES, "{:?}", reasons(&done));
        // The answer is lost, again and again: that tries nothing, and each is what it was.
        for _ in 0..3 {
            let again = send(&input);
            assert!(again.iter().all(|one| one["replayed"] == true), "{again:?}");
            assert_eq!(reasons(&again), reasons(&done));
        }
    }
}

#[test]
fn rule_11_a_sale_counts_once_however_many_tills_send_it_at_once() {
    const CLIENTS: usize = 32;
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        points(&owner, &json!({ "initialPoints": 5 }));
        let ada = create(&owner, &json!({ "firstname": "Ada", "cards": ["R-1"] }));
        let start = Barrier::new(CLIENTS);
        let answers: Vec<Value> = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    let (owner, start, shop, ada) = (&owner, &start, &shop, &ada);
                    scope.spawn(move || {
                        let fields = json!({ "consumerId": ada["id"] });
                        let input = with(sale(shop, "race", "9"), &fields);
                        start.wait();
                        record(owner, &input)
                    })
                })
                .collect();
            clients.into_iter().map(|client| client.join().expect("an answer")).collect()
        });
        let ids: BTreeSet<_> = answers.iter().map(|one| one["order"]["id"].to_string()).collect();
        assert_eq!(ids.len(), 1, "{:?}: {answers:?}", world.engine);
        let first = answers.iter().filter(|one| one["replayed"] == false).count();
        assert_eq!(first, 1, "{:?}", world.engine);
        assert_eq!(spendable(&owner, &ada), 9 + 5, "{:?}", world.engine);
        assert_eq!(broken(world, &owner), [""; 0], "{:?}", world.engine);
    });
}

#[test]
fn rule_8_whose_an_order_was_is_said_afterwards() {
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        points(&owner, &json!({}));
        let ada = create(&owner, &json!({ "firstname": "Ada" }));
        for nth in 0..4 {
            let done = record(&owner, &sale(&shop, &format!("claim-{nth}"), "5"));
            assert_eq!(done["receipt"], Value::Null);
            let input = json!({ "orderId": done["order"]["id"], "consumerId": ada["id"] });
            let said = act(
                &owner,
                "attachOrder",
                &input,
                "pending order { consumer { id } } receipt { earned }",
            );
            assert_eq!(
                (&said["success"], &said["pending"]),
                (&json!(true), &json!(nth == 3)),
                "{said}"
            );
            assert_eq!(
                (&said["order"]["consumer"]["id"], &said["receipt"]["earned"]),
                (&ada["id"], &json!("5"))
            );
        }
        let seen = "query ($id: ID!) { consumer(id: $id) { points { available pending } } }";
        let found = owner.query(seen, json!({ "id": ada["id"] })).succeeded();
        assert_eq!(found.data("consumer.points"), &json!({ "available": "15", "pending": "5" }));
        let reviews = "{ saleReviews(state: OPEN) { edges { node { id code message order { id } store { id } } } } }";
        let open = owner.query(reviews, Value::Null).succeeded();
        let review = open.data("saleReviews.edges.0.node");
        assert_eq!(review["code"], "many_attached", "{review}");
        let decide = json!({ "id": review["id"], "decision": "RELEASE" });
        let done = act(&owner, "resolveSaleReview", &decide, "saleReview { id state resolvedAt }");
        assert_eq!(
            (&done["success"], &done["saleReview"]["state"]),
            (&json!(true), &json!("RELEASED")),
            "{done}"
        );
        assert_eq!(act(&owner, "resolveSaleReview", &decide, "")["success"], true, "once more");
        let other =
            act(&owner, "resolveSaleReview", &with(decide, &json!({ "decision": "REJECT" })), "");
        assert_eq!(other["errors"]["id"][0]["code"], "invalid", "{other}");
        let found = owner.query(seen, json!({ "id": ada["id"] })).succeeded();
        assert_eq!(found.data("consumer.points"), &json!({ "available": "20", "pending": "0" }));
        assert_eq!(broken(world, &owner), [""; 0], "{:?}", world.engine);
    });
}

#[test]
fn rule_26_what_a_late_sale_earns_waits_and_is_rejected() {
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        points(&owner, &json!({}));
        let ada = create(&owner, &json!({ "firstname": "Ada" }));
        let days = std::time::Duration::from_hours(5 * 24);
        let late =
            chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now() - days).to_rfc3339();
        let fields = json!({ "consumerId": ada["id"], "completedAt": late });
        let done = record(&owner, &with(sale(&shop, "late", "8"), &fields));
        assert_eq!(
            (codes(&done), &done["receipt"]["pending"]),
            (vec!["late"], &json!("8")),
            "{done}"
        );
        let visit = json!({
            "consumerId": ada["id"], "amountSpent": 3, "storeId": shop, "occurredAt": late, "idempotencyKey": "v",
        });
        assert_eq!(act(&owner, "createVisit", &visit, "")["success"], true);
        let reviews =
            "{ saleReviews(state: OPEN) { edges { node { id code order { id } visit { id } } } } }";
        let open = owner.query(reviews, Value::Null).succeeded();
        let open = open.data("saleReviews.edges").as_array().expect("a list").clone();
        assert_eq!(open.len(), 2, "{open:?}");
        for edge in &open {
            let decide = json!({ "id": edge["node"]["id"], "decision": "REJECT" });
            assert_eq!(act(&owner, "resolveSaleReview", &decide, "")["success"], true);
        }
        assert_eq!(spendable(&owner, &ada), 0);
        assert_eq!(broken(world, &owner), [""; 0], "{:?}", world.engine);
    });
}

#[test]
fn rule_12_history_comes_over_and_earns_nothing_unless_asked() {
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        points(&owner, &json!({ "startTime": "2020-01-01T00:00" }));
        let ada = create(&owner, &json!({ "firstname": "Ada" }));
        let fields = json!({ "consumerId": ada["id"], "completedAt": "2024-05-06T10:00", "entitySource": "SHOPIFY" });
        let old = |name: &str| with(sale(&shop, name, "6"), &fields);
        let done = batch(&owner, "importOrders", &json!({ "orders": [old("h-1"), old("h-2")] }));
        assert_eq!(
            (codes(&done[0]), &done[1]["receipt"]["earned"]),
            (vec![], &json!("0")),
            "{done:?}"
        );
        assert_eq!(spendable(&owner, &ada), 0);
        let again = batch(&owner, "importOrders", &json!({ "orders": [old("h-2")] }));
        assert_eq!(
            (&again[0]["replayed"], &again[0]["order"]["id"]),
            (&json!(true), &done[1]["order"]["id"])
        );
        let clerk = world.staff(&owner, &["change_order", "view_consumer", "identify_consumer"]);
        let earning = json!({ "orders": [old("h-3")], "earn": true });
        let denied = act(&clerk, "importOrders", &earning, "");
        assert_eq!(denied["errors"]["nonFieldErrors"][0]["code"], "permission_denied", "{denied}");
    });
}
