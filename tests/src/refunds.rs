//! Completed orders are given back: as a whole, by amount, by line, and voided.

use std::thread;

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::{
    audit::{act, changes, log},
    orders::{line, open, order, store},
    world::on_both,
};

const NOUN: &str = "refund { id amount amountCurrency tips pointsValue points isCash reason order { id } orderItem { id } }
    refunds { id amount orderItem { id } } order { id state refund { id } refunds { count edges { node { amount } } } }";

/// A completed order of 19.00 in two lines, and 1.00 on top.
fn sale(owner: &Client, shop: &Value) -> (Value, [Value; 2]) {
    let id = open(owner, shop);
    let lines = [line(owner, &id, "5.00", 2), line(owner, &id, "3.00", 3)];
    act(owner, "createTip", &json!({ "orderId": id, "amount": 1 }), "");
    let paid = act(owner, "checkoutOrder", &json!({ "id": id, "paymentType": "CASH" }), "");
    assert_eq!(paid["success"], true, "{paid}");
    (id, lines)
}

#[test]
fn an_order_is_given_back_by_amount_and_as_a_whole() {
    on_both(|world| {
        let owner = world.merchant();
        let (id, _lines) = sale(&owner, &store(&owner));
        let input = json!({
            "orderId": id, "amount": "1.90", "amountCurrency": "USD", "reason": "kalt", "isCash": true,
            "idempotencyKey": "refund-1",
        });
        let part = act(&owner, "createOrderRefund", &input, NOUN);
        assert_eq!(part, act(&owner, "createOrderRefund", &input, NOUN), "once");
        let refund = &part["refund"];
        for (field, value) in [
            ("amount", json!("1.90")),
            ("amountCurrency", json!("USD")),
            ("tips", json!("0.00")),
            ("reason", json!("kalt")),
            ("isCash", json!(true)),
            ("pointsValue", json!("0.00")),
            ("orderItem", Value::Null),
            ("order", json!({ "id": id })),
        ] {
            assert_eq!(refund[field], value, "{field} {part}");
        }
        assert_eq!(part["order"]["state"], "COMPLETED");
        let rest = act(&owner, "createOrderRefund", &json!({ "orderId": id }), NOUN);
        assert_eq!(
            (&rest["refund"]["amount"], &rest["refund"]["tips"]),
            (&json!("18.10"), &json!("1.00")),
            "{rest}"
        );
        assert_eq!(rest["order"]["state"], "REFUNDED");
        assert_eq!(rest["order"]["refund"]["id"], rest["refund"]["id"], "the newest");
        assert_eq!(rest["order"]["refunds"]["count"], 2);
        let again = act(&owner, "createOrderRefund", &json!({ "orderId": id }), "");
        assert_eq!(again["errors"]["orderId"][0]["code"], "invalid", "{again}");
        let node = "query ($id: ID!) { node(id: $id) { ... on RefundNode { amount createdAt order { id } } } }";
        let node = owner.query(node, json!({ "id": refund["id"] })).succeeded();
        assert_eq!(node.data("node.amount"), "1.90");
        let entries = log(&owner, "createOrderRefund");
        let changed = changes(&entries[1]);
        assert_eq!(changed["state"], (json!("COMPLETED"), json!("REFUNDED")));
        assert_eq!(changed["refunded"], (json!("1.90"), json!("20.00")));
        assert_eq!(entries[1]["targetId"], id);
    });
}

#[test]
fn lines_and_units_of_them_are_given_back() {
    on_both(|world| {
        let owner = world.merchant();
        let (id, [first, second]) = sale(&owner, &store(&owner));
        let input = json!({ "orderItems": [
            { "orderItemId": first, "quantity": 1, "reason": "zu viel" }, { "orderItemId": second },
        ] });
        let done = act(&owner, "createOrderItemsRefund", &input, NOUN);
        let expected = json!([
            { "id": done["refunds"][0]["id"], "amount": "5.00", "orderItem": { "id": first } },
            { "id": done["refunds"][1]["id"], "amount": "9.00", "orderItem": { "id": second } },
        ]);
        assert_eq!(done["refunds"], expected, "{done}");
        assert_eq!(done["refund"]["reason"], "zu viel");
        let found = order(&owner, &id, "state items { edges { node { id refund { amount } } } }");
        let items = json!({ "edges": [
            { "node": { "id": first, "refund": { "amount": "5.00" } } },
            { "node": { "id": second, "refund": { "amount": "9.00" } } },
        ] });
        assert_eq!(found, json!({ "state": "COMPLETED", "items": items }));
        let over = json!({ "orderItems": [{ "orderItemId": second }] });
        let refused = act(&owner, "createOrderItemsRefund", &over, "");
        assert_eq!(refused["errors"]["orderItems"][0]["code"], "invalid", "{refused}");
        let changed = changes(&log(&owner, "createOrderItemsRefund")[1]);
        assert_eq!(changed["refunded"], (json!("0.00"), json!("14.00")));
    });
}

#[test]
fn a_completed_order_is_voided_by_deleting_it() {
    on_both(|world| {
        let owner = world.merchant();
        let shop = store(&owner);
        let (id, _lines) = sale(&owner, &shop);
        let noun = "order { state isActive refunds { edges { node { amount tips isCash } } } }";
        let gone = act(&owner, "deleteOrder", &json!({ "id": id }), noun);
        let refund = json!({ "amount": "20.00", "tips": "1.00", "isCash": true });
        let expected = json!({ "state": "VOIDED", "isActive": false, "refunds": { "edges": [{ "node": refund }] } });
        assert_eq!(gone["order"], expected, "{gone}");
        assert_eq!(
            act(&owner, "deleteOrder", &json!({ "id": id }), noun),
            gone,
            "once more is no news"
        );
        // Selling is no right to give back.
        let seller = world.staff(&owner, &["view_order", "change_order"]);
        let (sold, _lines) = sale(&seller, &shop);
        let denied = act(&seller, "deleteOrder", &json!({ "id": sold }), "");
        assert_eq!(denied["errors"]["nonFieldErrors"][0]["code"], "permission_denied", "{denied}");
        let still_open = open(&seller, &shop);
        assert_eq!(act(&seller, "deleteOrder", &json!({ "id": still_open }), "")["success"], true);
    });
}

#[test]
fn no_more_goes_back_than_was_paid_however_many_ask_at_once() {
    on_both(|world| {
        let owner = world.merchant();
        let (id, lines) = sale(&owner, &store(&owner));
        thread::scope(|scope| {
            for number in 0..8 {
                let (owner, id, line) = (&owner, &id, &lines[number % 2]);
                scope.spawn(move || {
                    let input = json!({ "orderId": id, "amount": "2.50" });
                    act(owner, "createOrderRefund", &input, "");
                    let input = json!({ "orderItems": [{ "orderItemId": line, "quantity": 1 }] });
                    act(owner, "createOrderItemsRefund", &input, "");
                    if number > 5 {
                        act(owner, "createOrderRefund", &json!({ "orderId": id }), "");
                    }
                });
            }
        });
        let found = order(&owner, &id, "state refunds { edges { node { amount } } }");
        let edges = found["refunds"]["edges"].as_array().expect("edges");
        let cents = |edge: &Value| -> i64 {
            edge["node"]["amount"].as_str().expect("money").replace('.', "").parse().expect("cents")
        };
        let given: i64 = edges.iter().map(cents).sum();
        assert_eq!(
            (given, &found["state"]),
            (2_000, &json!("REFUNDED")),
            "{:?} {found}",
            world.engine
        );
    });
}

#[test]
fn orders_of_the_demo_history_are_given_back_to_the_cent() {
    on_both(|world| {
        let owner = world.demo_owner();
        let document = "{ orders(state: COMPLETED, first: 20, orderBy: \"-total\") { edges { node { id total } } } }";
        let answer = owner.query(document, Value::Null).succeeded();
        // The dearest are nobody's of whom other tests ask.
        let node = &answer.data("orders.edges").as_array().expect("edges")[7]["node"];
        let whole = act(&owner, "createOrderRefund", &json!({ "orderId": node["id"] }), NOUN);
        assert_eq!(whole["refund"]["amount"], node["total"], "{whole}");
        assert_eq!(whole["order"]["state"], "REFUNDED");
    });
}
