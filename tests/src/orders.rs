//! Open orders of a till: put together, changed, given up; who may, what is never lost, and what it costs.

use std::thread;

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::{
    audit::{act, changes, log},
    consumer_fields::create,
    world::on_both,
};

const ORDER: &str = "order { id pk orderId state isActive deletedAt completed completedAt phoneNumber pickupDt
    deliveryLocation paymentType numOfGuests total totalCurrency entitySource entitySourceId extraInfo createdAt updatedAt
    store { id } consumer { id } waiter { id } orderType { name }
    items { count edges { node { id name quantity unitPrice cost modifiers { name price } product { id } } } } }";

const LINE: &str = "orderItem { id name quantity unitPrice cost costCurrency isCompleted extraInfo modifiers { name price } }
    order { id total }";

/// A store of a merchant's own.
pub(crate) fn store(owner: &Client) -> Value {
    let input =
        json!({ "name": "Till", "country": "DE", "timeZone": "Europe/Berlin", "taxRate": 19 });
    act(owner, "createStore", &input, "store { id }")["store"]["id"].clone()
}

/// An open order there.
pub(crate) fn open(owner: &Client, store: &Value) -> Value {
    act(owner, "createOrder", &json!({ "storeId": store }), "order { id }")["order"]["id"].clone()
}

/// A line in it, at a price.
pub(crate) fn line(owner: &Client, order: &Value, price: &str, quantity: i32) -> Value {
    let input =
        json!({ "orderId": order, "name": "Tea", "unitPrice": price, "quantity": quantity });
    let done = act(owner, "createOrderItem", &input, "orderItem { id }");
    assert_eq!(done["success"], true, "{done}");
    done["orderItem"]["id"].clone()
}

/// An order as its merchant sees it.
pub(crate) fn order(owner: &Client, id: &Value, fields: &str) -> Value {
    let document = format!("query ($id: ID!) {{ order(id: $id) {{ {fields} }} }}");
    owner.query(&document, json!({ "id": id })).succeeded().data("order").clone()
}

#[test]
fn an_order_is_put_together_changed_and_given_up() {
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        let ada = create(&owner, &json!({ "firstname": "Ada", "cards": ["C-77"] }));
        let me = owner.query("{ me { id } }", Value::Null).succeeded();
        let input = json!({
            "storeId": shop, "consumerLoyaltyId": "c 77", "phoneNumber": "0171 2345678", "numOfGuests": 2,
            "orderTypeId": 2, "waiterId": me.data("me.id"), "pickupDt": "2026-12-01T18:30:00+00:00",
            "deliveryLocation": "Tür 3", "paymentType": "CASH", "extraInfo": "{\"table\": 4}",
            "entitySource": "POS", "entitySourceId": "till-1/8", "idempotencyKey": "order-1",
        });
        let done = act(&owner, "createOrder", &input, ORDER);
        let made = &done["order"];
        let expected = json!({
            "state": "OPEN", "isActive": true, "deletedAt": null, "completed": false, "completedAt": null,
            "phoneNumber": "+491712345678", "pickupDt": "2026-12-01T18:30:00+00:00", "deliveryLocation": "Tür 3",
            "paymentType": "CASH", "numOfGuests": 2, "total": "0.00", "totalCurrency": "USD", "entitySource": "POS",
            "entitySourceId": "till-1/8", "store": { "id": shop }, "consumer": { "id": ada["id"] },
            "waiter": { "id": me.data("me.id") }, "orderType": { "name": "To Go" },
            "items": { "count": 0, "edges": [] },
        });
        for (field, value) in expected.as_object().expect("fields") {
            assert_eq!(&made[field], value, "{field} {done}");
        }
        let number = made["orderId"].as_str().expect("a number");
        assert!(number.ends_with(&made["pk"].to_string()) && number.len() > 8, "{number}");
        // The same again is the same order.
        assert_eq!(act(&owner, "createOrder", &input, ORDER), done);
        let id = &made["id"];

        let coffee = json!({
            "orderId": id, "name": "Coffee", "unitPrice": "2.50", "quantity": 3,
            "modifiers": [{ "name": "Oat milk", "price": "0.40" }, { "name": "hot" }], "idempotencyKey": "line-1",
        });
        let line = act(&owner, "createOrderItem", &coffee, LINE);
        assert_eq!(line, act(&owner, "createOrderItem", &coffee, LINE));
        assert_eq!(line["order"], json!({ "id": id, "total": "8.70" }));
        let modifiers =
            json!([{ "name": "Oat milk", "price": "0.40" }, { "name": "hot", "price": "0.00" }]);
        assert_eq!(line["orderItem"]["modifiers"], modifiers);
        let beans =
            json!({ "orderId": id, "name": "Beans", "cost": "7.13", "costCurrency": "USD" });
        let beans = act(&owner, "createOrderItem", &beans, LINE);
        assert_eq!(
            (&beans["order"]["total"], &beans["orderItem"]["unitPrice"]),
            (&json!("15.83"), &Value::Null)
        );
        let fewer = json!({ "id": line["orderItem"]["id"], "quantity": 1, "modifiers": [], "isCompleted": true });
        let fewer = act(&owner, "updateOrderItem", &fewer, LINE);
        assert_eq!(fewer["orderItem"]["cost"], "2.50", "{fewer}");
        assert_eq!(
            (&fewer["order"]["total"], &fewer["orderItem"]["isCompleted"]),
            (&json!("9.63"), &json!(true))
        );
        let off = act(&owner, "deleteOrderItem", &json!({ "id": beans["orderItem"]["id"] }), LINE);
        assert_eq!((&off["orderItem"], &off["order"]["total"]), (&Value::Null, &json!("2.50")));

        let patch = json!({ "id": id, "consumerId": null, "numOfGuests": null, "orderTypeId": null, "phoneNumber": "" });
        let after = &act(&owner, "updateOrder", &patch, ORDER)["order"];
        assert_eq!(
            (&after["consumer"], &after["numOfGuests"], &after["phoneNumber"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        assert_eq!(
            (&after["orderType"]["name"], &after["deliveryLocation"]),
            (&json!("In Store"), &json!("Tür 3"))
        );
        let gone = &act(&owner, "deleteOrder", &json!({ "id": id }), ORDER)["order"];
        assert_eq!((&gone["isActive"], &gone["state"]), (&json!(false), &json!("OPEN")));
        let refused = act(&owner, "updateOrder", &json!({ "id": id, "numOfGuests": 1 }), "");
        assert_eq!(refused["errors"]["id"][0]["code"], "invalid", "{refused}");

        let entries = log(&owner, "updateOrderItem");
        let changed = changes(&entries[0]);
        assert_eq!(changed["quantity"], (json!("3"), json!("1")));
        assert_eq!(changed["cost"], (json!("8.70"), json!("2.50")));
        assert_eq!(changed["modifiers"].0, "Oat milk 0.40, hot");
        assert_eq!(entries[0]["targetId"], line["orderItem"]["id"]);
        let changed = changes(&log(&owner, "updateOrder").pop().expect("the first"));
        assert_eq!(changed["consumer"], (json!(ada["pk"].to_string()), Value::Null));
        assert!(!changed.contains_key("phoneNumber"), "the buyer's is not the order's to keep");
    });
}

#[test]
fn a_till_sells_products_of_the_catalogue_in_its_own_stores() {
    on_both(|world| {
        let (owner, cashier) = (world.demo_owner(), world.login("cashier@example.com"));
        let document = "{ orders(first: 1, orderBy: \"pk\") { edges { node {
            store { id } items(first: 1) { edges { node { product { id name price } } } }
        } } } }";
        let answer = owner.query(document, Value::Null).succeeded();
        let product = answer.data("orders.edges.0.node.items.edges.0.node.product").clone();
        let stores = cashier.query(
            "{ me { ... on MerchantNode { stores { edges { node { id } } } } } }",
            Value::Null,
        );
        let mine = stores.succeeded().data("me.stores.edges.0.node.id").clone();
        let order = open(&cashier, &mine);
        let input = json!({ "orderId": order, "productId": product["id"], "quantity": 2 });
        let line = act(&cashier, "createOrderItem", &input, LINE);
        assert_eq!(line["orderItem"]["name"], product["name"], "{line}");
        assert_eq!(line["orderItem"]["unitPrice"], product["price"]);
        // Another's order is not there, nor is one of another store.
        let elsewhere = open(&owner, &store(&owner));
        let stranger = world.login("merchant2@example.com");
        for (client, id) in [(&cashier, &elsewhere), (&stranger, &order)] {
            for (mutation, input, argument) in [
                ("updateOrder", json!({ "id": id, "numOfGuests": 1 }), "id"),
                ("deleteOrder", json!({ "id": id }), "id"),
                (
                    "createOrderItem",
                    json!({ "orderId": id, "name": "A", "unitPrice": 1 }),
                    "orderId",
                ),
            ] {
                let refused = act(client, mutation, &input, "");
                let code = &refused["errors"][argument][0]["code"];
                assert_eq!(code, "does_not_exist", "{mutation} {refused}");
            }
        }
        let theirs =
            act(&stranger, "deleteOrderItem", &json!({ "id": line["orderItem"]["id"] }), "");
        assert_eq!(theirs["errors"]["id"][0]["code"], "does_not_exist", "{theirs}");
        for id in [order, elsewhere] {
            act(&owner, "deleteOrder", &json!({ "id": id }), "");
        }
    });
}

#[test]
fn rule_7_whoever_shows_their_loyalty_id_joins_and_whoever_left_does_not() {
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        let guest = world.consumer();
        let me = guest
            .query("{ me { id loyaltyId firstname lastname email } }", Value::Null)
            .succeeded();
        let input = json!({ "storeId": shop, "consumerLoyaltyId": me.data("me.loyaltyId") });
        let noun = "order { consumer { id firstname lastname email } }";
        let seen = act(&owner, "createOrder", &input, noun)["order"]["consumer"].clone();
        let expected = json!({
            "id": me.data("me.id"), "firstname": me.data("me.firstname"), "lastname": me.data("me.lastname"), "email": null,
        });
        assert_eq!(seen, expected, "a till sees the name");
        let merchant = owner.query("{ me { id } }", Value::Null).succeeded();
        let leave = json!({ "merchantId": merchant.data("me.id") });
        assert_eq!(act(&guest, "leaveMerchant", &leave, "")["success"], true);
        let kept = act(&owner, "createOrder", &input, noun);
        assert_eq!((&kept["success"], &kept["order"]["consumer"]), (&json!(true), &Value::Null));
    });
}

#[test]
fn lines_added_at_the_same_moment_are_all_in_the_total() {
    const TILLS: i64 = 8;
    const LINES: i64 = 6;
    on_both(|world| {
        let owner = world.merchant();
        let id = open(&owner, &store(&owner));
        thread::scope(|scope| {
            for till in 0..TILLS {
                let (owner, id) = (&owner, &id);
                scope.spawn(move || {
                    for number in 0..LINES {
                        let line = line(owner, id, "1.00", 2);
                        let change = json!({ "id": line, "quantity": 3 });
                        match (till + number) % 3 {
                            0 => act(owner, "deleteOrderItem", &json!({ "id": line }), ""),
                            _ => act(owner, "updateOrderItem", &change, ""),
                        };
                    }
                });
            }
        });
        let found = order(&owner, &id, "total items { edges { node { cost } } }");
        let edges = found["items"]["edges"].as_array().expect("edges");
        let (all, deleted) = (TILLS * LINES, TILLS * LINES / 3);
        assert_eq!(edges.len(), usize::try_from(all - deleted).expect("a number"));
        assert_eq!(found["total"], format!("{}.00", 3 * (all - deleted)), "{:?}", world.engine);
    });
}

#[test]
fn a_sale_is_completed_with_tip_tax_and_change() {
    on_both(|world| {
        let owner = world.merchant();
        let id = open(&owner, &store(&owner));
        line(&owner, &id, "2.50", 2);
        let tip = json!({ "orderId": id, "amount": "0.50", "amountCurrency": "USD", "idempotencyKey": "tip-1" });
        let noun = "tip { id amount amountCurrency order { id } } order { total tips { count edges { node { id amount } } } }";
        let tipped = act(&owner, "createTip", &tip, noun);
        assert_eq!(tipped, act(&owner, "createTip", &tip, noun));
        assert_eq!(tipped["order"]["total"], "5.50", "{tipped}");
        assert_eq!(tipped["order"]["tips"]["count"], 1);
        assert_eq!(tipped["tip"]["order"]["id"], id);
        let node = "query ($id: ID!) { node(id: $id) { ... on TipNode { amount createdAt } } }";
        let node = owner.query(node, json!({ "id": tipped["tip"]["id"] })).succeeded();
        assert_eq!(node.data("node.amount"), "0.50");
        let paid = json!({ "id": id, "paymentType": "CASH", "cashReceived": 20, "cashReceivedCurrency": "USD", "idempotencyKey": "paid-1" });
        let noun = "order { state completed completedAt total tax change changeCurrency cashReceived paymentTypeDisplay
            items { edges { node { isCompleted } } } }";
        let done = act(&owner, "checkoutOrder", &paid, noun);
        assert_eq!(done, act(&owner, "checkoutOrder", &paid, noun), "{done}");
        let sale = &done["order"];
        for (field, value) in [
            ("state", json!("COMPLETED")),
            ("completed", json!(true)),
            ("total", json!("5.50")),
            ("tax", json!("0.79")),
            ("change", json!("14.50")),
            ("changeCurrency", json!("USD")),
            ("cashReceived", json!("20.00")),
            ("paymentTypeDisplay", json!("Cash")),
            ("items", json!({ "edges": [{ "node": { "isCompleted": true } }] })),
        ] {
            assert_eq!(sale[field], value, "{field}");
        }
        for (mutation, argument, input) in [
            ("checkoutOrder", "id", json!({ "id": id, "paymentType": "CASH" })),
            ("updateOrder", "id", json!({ "id": id, "numOfGuests": 1 })),
            ("createTip", "orderId", json!({ "orderId": id, "amount": 1 })),
            ("createOrderItem", "orderId", json!({ "orderId": id, "name": "A", "unitPrice": 1 })),
        ] {
            let refused = act(&owner, mutation, &input, "");
            assert_eq!(refused["errors"][argument][0]["code"], "invalid", "{mutation} {refused}");
        }
        let changed = changes(&log(&owner, "checkoutOrder")[0]);
        assert_eq!(changed.get("state"), None, "the newest was refused");
        let changed = changes(&log(&owner, "checkoutOrder")[1]);
        assert_eq!(changed["state"], (json!("OPEN"), json!("COMPLETED")));
        assert_eq!(changed["tax"], (Value::Null, json!("0.79")));
    });
}

#[test]
fn a_consumer_sees_what_they_gave_on_top_and_nobody_else_does() {
    on_both(|world| {
        let (owner, guest, other) = (world.merchant(), world.consumer(), world.consumer());
        let me = guest.query("{ me { loyaltyId } }", Value::Null).succeeded();
        let input =
            json!({ "storeId": store(&owner), "consumerLoyaltyId": me.data("me.loyaltyId") });
        let id = act(&owner, "createOrder", &input, "order { id }")["order"]["id"].clone();
        line(&owner, &id, "2.50", 2);
        let tip = act(&owner, "createTip", &json!({ "orderId": id, "amount": 1 }), "tip { id }");
        let tip = &tip["tip"]["id"];
        let document = "query ($tip: ID!) { node(id: $tip) { id } orders { edges { node { tips { edges { node { amount } } } } } } }";
        let seen = guest.query(document, json!({ "tip": tip })).succeeded();
        assert_eq!(seen.data("orders.edges.0.node.tips.edges.0.node.amount"), "1.00");
        assert_eq!(seen.data("node.id"), tip);
        let hidden = other.query(document, json!({ "tip": tip })).succeeded();
        assert_eq!((hidden.data("node"), hidden.data("orders.edges")), (&Value::Null, &json!([])));
    });
}

#[test]
fn one_of_many_checkouts_completes_an_order_and_no_line_is_lost_in_it() {
    const TILLS: usize = 8;
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        for _round in 0..3 {
            let id = open(&owner, &shop);
            line(&owner, &id, "1.00", 1);
            let (owner, id) = (&owner, &id);
            let outcomes = thread::scope(|scope| {
                let till = |number: usize| {
                    let add = json!({ "orderId": id, "name": "Late", "unitPrice": "1.00" });
                    let pay = json!({ "id": id, "paymentType": "CREDIT_CARD" });
                    let added = act(owner, "createOrderItem", &add, "")["success"] == true;
                    let paid = number.is_multiple_of(2)
                        && act(owner, "checkoutOrder", &pay, "")["success"] == true;
                    (usize::from(added), usize::from(paid))
                };
                let tills: Vec<_> =
                    (0..TILLS).map(|number| scope.spawn(move || till(number))).collect();
                tills.into_iter().map(|till| till.join().expect("a till")).collect::<Vec<_>>()
            });
            let added: usize = outcomes.iter().map(|(added, _)| added).sum();
            let paid: usize = outcomes.iter().map(|(_, paid)| paid).sum();
            let found = order(owner, id, "state total items { count }");
            assert_eq!((paid, &found["state"]), (1, &json!("COMPLETED")), "{outcomes:?}");
            assert_eq!(found["items"]["count"], 1 + added, "{outcomes:?}");
            assert_eq!(found["total"], format!("{}.00", 1 + added), "{:?}", world.engine);
        }
    });
}

#[test]
fn each_mutation_costs_a_few_statements_however_large_the_order_is() {
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        let id = open(&owner, &shop);
        let statements = |mutation: &str, input: &Value| {
            let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
            let document = format!(
                "mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ success errors }} }}"
            );
            let answer = owner.query(&document, json!({ "input": input })).succeeded();
            assert_eq!(
                answer.data(&format!("{mutation}.success")),
                &json!(true),
                "{}",
                answer.text
            );
            answer.header("regulars-statements").parse::<u32>().expect("a number")
        };
        let full = |lines: i32| {
            let id = open(&owner, &shop);
            (0..lines).for_each(|_| drop(line(&owner, &id, "1", 1)));
            id
        };
        let sold = |lines: i32| {
            let id = full(lines);
            act(&owner, "checkoutOrder", &json!({ "id": id, "paymentType": "CASH" }), "");
            id
        };
        let mut measured = Vec::new();
        for lines in [1, 40] {
            for _ in 0..lines {
                line(&owner, &id, "1", 1);
            }
            let edit = line(&owner, &id, "1", 1);
            measured.push([
                statements("createOrder", &json!({ "storeId": shop })),
                statements("updateOrder", &json!({ "id": id, "numOfGuests": lines })),
                statements(
                    "createOrderItem",
                    &json!({ "orderId": id, "name": "A", "unitPrice": 1 }),
                ),
                statements("updateOrderItem", &json!({ "id": edit, "quantity": 2 })),
                statements("deleteOrderItem", &json!({ "id": edit })),
                statements("createTip", &json!({ "orderId": id, "amount": 1 })),
                statements("createOrderRefund", &json!({ "orderId": sold(lines), "amount": 1 })),
                statements("deleteOrder", &json!({ "id": sold(lines) })),
                statements("checkoutOrder", &json!({ "id": full(lines), "paymentType": "CASH" })),
            ]);
        }
        assert_eq!(measured[0], measured[1], "{:?}", world.engine);
    });
}
