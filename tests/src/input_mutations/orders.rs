//! Bad input to what a till writes.

use serde_json::{Value, json};

use super::{at_fault, keys, send};
use crate::{audit::act, consumer_fields::create, world::on_both};

/// The global ids of a store and of a customer: whichever is not meant.
const STORE: &str = "U3RvcmVOb2RlOjE5";
const CUSTOMER: &str = "SVVzZXJOb2RlOjE3Nw==";

#[test]
fn orders() {
    on_both(|world| {
        let owner = world.merchant();
        let store =
            act(&owner, "createStore", &json!({ "name": "A" }), "store { id }")["store"]["id"]
                .clone();
        let shut =
            act(&owner, "createStore", &json!({ "name": "B" }), "store { id }")["store"]["id"]
                .clone();
        act(&owner, "deleteStore", &json!({ "id": shut }), "");
        let source = json!({ "storeId": store, "entitySource": "POS", "entitySourceId": "p-1" });
        let order = act(&owner, "createOrder", &source, "order { id }")["order"]["id"].clone();
        let seen = || {
            let document = "{ orders { count edges { node { id updatedAt } } } }";
            owner.query(document, Value::Null).succeeded().body
        };
        let before = seen();
        for (mutation, base) in
            [("createOrder", json!({ "storeId": store })), ("updateOrder", json!({ "id": order }))]
        {
            let mut cases = vec![
                ("storeId", json!(CUSTOMER)),
                ("storeId", json!(shut)),
                ("consumerId", json!(STORE)),
                ("consumerId", json!("garbage")),
                ("consumerLoyaltyId", json!("a\0b")),
                ("consumerLoyaltyId", json!("a\nb")),
                ("consumerLoyaltyId", json!("x".repeat(20_000))),
                ("phoneNumber", json!("12")),
                ("phoneNumber", json!("0171 2345678")),
                ("phoneNumber", json!("+4917\u{0}12345678")),
                ("numOfGuests", json!(-1)),
                ("numOfGuests", json!(10_001)),
                ("orderTypeId", json!(9)),
                ("orderTypeId", json!(CUSTOMER)),
                ("waiterId", json!(STORE)),
                ("deliveryLocation", json!("x".repeat(301))),
                ("deliveryLocation", json!("a\0b")),
                ("deliveryLocation", json!("a\nb")),
                ("extraInfo", json!("[1]")),
                ("extraInfo", json!("{\"a\":\"\\u0000\"}")),
                ("entitySourceId", json!("x".repeat(256))),
                ("entitySourceId", json!("a\u{2029}b")),
            ];
            if mutation == "createOrder" {
                cases.push(("entitySource", json!("POS")));
                cases.push(("storeId", json!("")));
            } else {
                cases.push(("id", json!("")));
                cases.push(("id", json!(STORE)));
            }
            cases.extend(keys().map(|key| ("idempotencyKey", key)));
            for (field, value) in cases {
                let mut input = base.clone();
                input[field] = value.clone();
                // Half a source is no source: the id is missing.
                let fault = if field == "entitySource" { "entitySourceId" } else { field };
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                at_fault(&send(&owner, mutation, &input), mutation, fault, "invalid", &about);
            }
            for (field, value) in [
                ("storeId", json!(999_999_999)),
                ("consumerId", json!(999_999_999)),
                ("consumerLoyaltyId", json!("12345678901234")),
                ("waiterId", json!(177)),
            ] {
                let mut input = base.clone();
                input[field] = value.clone();
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                at_fault(
                    &send(&owner, mutation, &input),
                    mutation,
                    field,
                    "does_not_exist",
                    &about,
                );
            }
        }
        at_fault(
            &send(&owner, "createOrder", &source),
            "createOrder",
            "entitySourceId",
            "invalid",
            "a natural key",
        );
        for mutation in ["updateOrder", "deleteOrder"] {
            let about = format!("{:?} {mutation}", world.engine);
            let answer = send(&owner, mutation, &json!({ "id": 999_999_999 }));
            at_fault(&answer, mutation, "id", "does_not_exist", &about);
        }
        assert_eq!(seen(), before, "nothing was written");
    });
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases reads from top to bottom")]
fn tips_and_payments() {
    on_both(|world| {
        let owner = world.merchant();
        let store =
            act(&owner, "createStore", &json!({ "name": "A" }), "store { id }")["store"]["id"]
                .clone();
        let order = act(&owner, "createOrder", &json!({ "storeId": store }), "order { id }");
        let id = &order["order"]["id"];
        let base = json!({ "id": id, "paymentType": "CASH" });
        at_fault(
            &send(&owner, "checkoutOrder", &base),
            "checkoutOrder",
            "id",
            "invalid",
            "no lines",
        );
        act(
            &owner,
            "createOrderItem",
            &json!({ "orderId": id, "name": "Tea", "unitPrice": "2" }),
            "",
        );
        let tip = json!({ "orderId": id, "amount": "1" });
        for (mutation, base, cases) in [
            (
                "createTip",
                tip,
                vec![
                    ("orderId", json!(STORE)),
                    ("amount", json!(0)),
                    ("amount", json!("-1")),
                    ("amount", json!("0.001")),
                    ("amount", json!("10000000000.01")),
                    ("amountCurrency", json!("EUR")),
                    ("amountCurrency", json!("a\0b")),
                ],
            ),
            (
                "checkoutOrder",
                base,
                vec![
                    ("id", json!(CUSTOMER)),
                    ("cashReceived", json!("-0.01")),
                    ("cashReceived", json!("1.001")),
                    ("cashReceived", json!("10000000000.01")),
                    ("change", json!("0.01")),
                    ("change", json!("-1")),
                    ("tax", json!("2.01")),
                    ("tax", json!("-1")),
                ],
            ),
        ] {
            let of_keys = keys().map(|key| ("idempotencyKey", key));
            for (field, value) in cases.into_iter().chain(of_keys) {
                let mut input = base.clone();
                input[field] = value.clone();
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                at_fault(&send(&owner, mutation, &input), mutation, field, "invalid", &about);
            }
        }
        for currency in ["cashReceivedCurrency", "taxCurrency"] {
            let mut input = json!({ "id": id, "paymentType": "CASH", "cashReceived": 2, "tax": 0 });
            input[currency] = json!("EUR");
            at_fault(
                &send(&owner, "checkoutOrder", &input),
                "checkoutOrder",
                currency,
                "invalid",
                currency,
            );
        }
        let card = json!({ "id": id, "paymentType": "CREDIT_CARD", "cashReceived": 2 });
        at_fault(
            &send(&owner, "checkoutOrder", &card),
            "checkoutOrder",
            "cashReceived",
            "invalid",
            "no cash",
        );
        at_fault(
            &send(&owner, "checkoutOrder", &json!({ "id": id })),
            "checkoutOrder",
            "paymentType",
            "invalid",
            "how",
        );
        for (mutation, argument, input) in [
            ("createTip", "orderId", json!({ "orderId": 999_999_999, "amount": 1 })),
            ("checkoutOrder", "id", json!({ "id": 999_999_999, "paymentType": "CASH" })),
        ] {
            at_fault(
                &send(&owner, mutation, &input),
                mutation,
                argument,
                "does_not_exist",
                mutation,
            );
        }
        let document = "query ($id: ID!) { order(id: $id) { state total tips { count } } }";
        let seen = owner.query(document, json!({ "id": id })).succeeded();
        assert_eq!(
            seen.data("order"),
            &json!({ "state": "OPEN", "total": "2.00", "tips": { "count": 0 } })
        );
    });
}

#[test]
fn refunds() {
    on_both(|world| {
        let owner = world.merchant();
        let store =
            act(&owner, "createStore", &json!({ "name": "A" }), "store { id }")["store"]["id"]
                .clone();
        let sold = |pay: bool| {
            let order = act(&owner, "createOrder", &json!({ "storeId": store }), "order { id }");
            let id = order["order"]["id"].clone();
            let tea = json!({ "orderId": id, "name": "Tea", "unitPrice": "2", "quantity": 3 });
            let line =
                act(&owner, "createOrderItem", &tea, "orderItem { id }")["orderItem"]["id"].clone();
            if pay {
                act(&owner, "checkoutOrder", &json!({ "id": id, "paymentType": "CASH" }), "");
            }
            (id, line)
        };
        let ((id, line), (open, open_line), (_, other)) = (sold(true), sold(false), sold(true));
        let of =
            |line: &Value, quantity: Value| json!([{ "orderItemId": line, "quantity": quantity }]);
        let twice = json!([{ "orderItemId": line }, { "orderItemId": line }]);
        for (mutation, base, cases) in [
            (
                "createOrderRefund",
                json!({ "orderId": id, "amount": 1 }),
                vec![
                    ("orderId", json!(STORE)),
                    ("orderId", open),
                    ("amount", json!(0)),
                    ("amount", json!("-1")),
                    ("amount", json!("0.001")),
                    ("amount", json!("6.01")),
                    ("amount", json!("92233720368547758.08")),
                    ("amountCurrency", json!("EUR")),
                    ("reason", json!("x".repeat(501))),
                    ("reason", json!("a\0b")),
                    ("reason", json!("a\nb")),
                ],
            ),
            (
                "createOrderItemsRefund",
                json!({ "orderItems": of(&line, json!(1)) }),
                vec![
                    ("orderItems", json!([])),
                    ("orderItems", of(&json!(CUSTOMER), Value::Null)),
                    ("orderItems", of(&line, json!(0))),
                    ("orderItems", of(&line, json!(4))),
                    ("orderItems", of(&line, json!(-1))),
                    ("orderItems", of(&open_line, Value::Null)),
                    ("orderItems", twice),
                ],
            ),
        ] {
            let of_keys = keys().map(|key| ("idempotencyKey", key));
            for (field, value) in cases.into_iter().chain(of_keys) {
                let mut input = base.clone();
                input[field] = value.clone();
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                at_fault(&send(&owner, mutation, &input), mutation, field, "invalid", &about);
            }
        }
        let long = json!([{ "orderItemId": line, "reason": "x".repeat(501) }]);
        let mutation = "createOrderItemsRefund";
        at_fault(
            &send(&owner, mutation, &json!({ "orderItems": long })),
            mutation,
            "reason",
            "invalid",
            "a long reason",
        );
        let mixed = json!([{ "orderItemId": line }, { "orderItemId": other }]);
        let unknown = of(&json!(999_999_999), Value::Null);
        for (lines, code) in [(mixed, "invalid"), (unknown, "does_not_exist")] {
            let answer = send(&owner, mutation, &json!({ "orderItems": lines }));
            at_fault(&answer, mutation, "orderItems", code, &lines.to_string());
        }
        let answer = send(&owner, "createOrderRefund", &json!({ "orderId": 999_999_999 }));
        at_fault(&answer, "createOrderRefund", "orderId", "does_not_exist", "no order");
        let document = "query ($id: ID!) { order(id: $id) { state refunds { count } } }";
        let seen = owner.query(document, json!({ "id": id })).succeeded();
        assert_eq!(seen.data("order"), &json!({ "state": "COMPLETED", "refunds": { "count": 0 } }));
    });
}

#[test]
fn lines_of_orders() {
    on_both(|world| {
        let owner = world.merchant();
        let store =
            act(&owner, "createStore", &json!({ "name": "A" }), "store { id }")["store"]["id"]
                .clone();
        let order = act(&owner, "createOrder", &json!({ "storeId": store }), "order { id }");
        let order = &order["order"]["id"];
        let base = json!({ "orderId": order, "name": "Tea", "unitPrice": "2" });
        let line =
            act(&owner, "createOrderItem", &base, "orderItem { id }")["orderItem"]["id"].clone();
        let seen = || {
            let document = "{ orders { edges { node { updatedAt total items { edges { node { id updatedAt } } } } } } }";
            owner.query(document, Value::Null).succeeded().body
        };
        let before = seen();
        for (mutation, base) in
            [("createOrderItem", base), ("updateOrderItem", json!({ "id": line }))]
        {
            let modifier = |name: &str, price: Value| json!([{ "name": name, "price": price }]);
            let mut cases = vec![
                ("productId", json!(STORE)),
                ("name", json!("x".repeat(151))),
                ("name", json!("a\0b")),
                ("name", json!("a\nb")),
                ("quantity", json!(0)),
                ("quantity", json!(-1)),
                ("quantity", json!(1_000_001)),
                ("unitPrice", json!("-0.01")),
                ("unitPrice", json!("1.005")),
                ("unitPrice", json!("10000000000.01")),
                ("unitPrice", json!("99999999999999999999")),
                ("modifiers", modifier("", json!("1"))),
                ("modifiers", modifier("a\nb", json!("1"))),
                ("modifiers", modifier("a", json!("0.001"))),
                ("modifiers", json!(vec![json!({ "name": "a" }); 21])),
                ("extraInfo", json!("[1]")),
            ];
            if mutation == "createOrderItem" {
                cases.push(("cost", json!("1")));
                cases.push(("name", Value::Null));
                cases.push(("unitPrice", Value::Null));
                cases.push(("orderId", json!(STORE)));
            } else {
                cases.push(("cost", json!("-1")));
                cases.push(("id", json!(CUSTOMER)));
            }
            cases.extend(keys().map(|key| ("idempotencyKey", key)));
            for (field, value) in cases {
                let mut input = base.clone();
                input[field] = value.clone();
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                at_fault(&send(&owner, mutation, &input), mutation, field, "invalid", &about);
            }
            let mut foreign = base.clone();
            foreign["unitPrice"] = json!("3");
            foreign["costCurrency"] = json!("XXX");
            at_fault(
                &send(&owner, mutation, &foreign),
                mutation,
                "costCurrency",
                "invalid",
                mutation,
            );
            let mut nothing = base.clone();
            nothing["productId"] = json!(999_999_999);
            at_fault(
                &send(&owner, mutation, &nothing),
                mutation,
                "productId",
                "does_not_exist",
                mutation,
            );
        }
        for (mutation, argument) in
            [("createOrderItem", "orderId"), ("updateOrderItem", "id"), ("deleteOrderItem", "id")]
        {
            let answer = send(&owner, mutation, &json!({ argument: 999_999_999 }));
            at_fault(&answer, mutation, argument, "does_not_exist", mutation);
        }
        assert_eq!(seen(), before, "nothing was written");
    });
}

#[test]
fn visits() {
    on_both(|world| {
        let owner = world.merchant();
        let store =
            act(&owner, "createStore", &json!({ "name": "A" }), "store { id }")["store"]["id"]
                .clone();
        let ada = create(&owner, &json!({ "firstname": "Ada" }));
        let base = json!({ "consumerId": ada["id"], "amountSpent": "7", "storeId": store });
        let mut cases = vec![
            ("consumerId", json!(STORE)),
            ("consumerId", json!("garbage")),
            ("consumerLoyaltyId", json!("a\0b")),
            ("consumerEmail", json!("a\0b@example.com")),
            ("consumerPhoneNumber", json!("none")),
            ("amountSpent", json!("-1")),
            ("amountSpent", json!("1.005")),
            ("amountSpent", json!("10000000000.01")),
            ("amountSpentCurrency", json!("EURO")),
            ("amountSpentCurrency", json!("a\0b")),
            ("storeId", json!(CUSTOMER)),
            ("storeId", json!("")),
            ("orderId", json!(STORE)),
        ];
        cases.extend(keys().map(|key| ("idempotencyKey", key)));
        for (field, value) in cases {
            let mut input = base.clone();
            input[field] = value.clone();
            let about = format!("{:?} {field} = {value}", world.engine);
            at_fault(&send(&owner, "createVisit", &input), "createVisit", field, "invalid", &about);
        }
        for (field, value) in [
            ("storeId", json!(999_999_999)),
            ("consumerId", json!(999_999_999)),
            ("orderId", json!(999_999_999)),
        ] {
            let mut input = base.clone();
            input[field] = value.clone();
            let about = format!("{:?} {field} = {value}", world.engine);
            let answer = send(&owner, "createVisit", &input);
            at_fault(&answer, "createVisit", field, "does_not_exist", &about);
        }
    });
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases reads from top to bottom")]
fn purchases() {
    on_both(|world| {
        let owner = world.merchant();
        let store =
            act(&owner, "createStore", &json!({ "name": "A" }), "store { id }")["store"]["id"]
                .clone();
        let base = json!({ "storeId": store, "items": [{ "name": "Tea", "unitPrice": 2 }] });
        let line = |field: &str, value: Value| {
            let mut line = json!({ "name": "Tea", "unitPrice": 2 });
            line[field] = value;
            json!([line])
        };
        let mut cases = vec![
            ("storeId", json!(CUSTOMER)),
            ("storeId", json!("")),
            ("consumerId", json!(STORE)),
            ("consumerLoyaltyId", json!("a\0b")),
            ("consumerEmail", json!("a\0b@example.com")),
            ("consumerPhoneNumber", json!("none")),
            ("items", json!([])),
            ("items", line("name", json!("a\0b"))),
            ("items", line("name", Value::Null)),
            ("items", line("quantity", json!(0))),
            ("items", line("unitPrice", json!("-1"))),
            ("items", line("unitPrice", json!("1.005"))),
            ("items", line("cost", json!(3))),
            ("items", line("productId", json!(STORE))),
            ("items", line("extraInfo", json!("[1]"))),
            ("tips", json!(["0"])),
            ("tax", json!("2.01")),
            ("currency", json!("XXX")),
            ("currency", json!("US$")),
            ("discounts", json!([{ "name": "", "amount": 1 }])),
            ("discounts", json!([{ "name": "A", "amount": 3 }])),
            ("discounts", json!([{ "name": "A", "amount": 1, "item": 1 }])),
            ("discounts", json!([{ "name": "A", "amount": 1, "item": -1 }])),
            ("payments", json!([{ "paymentType": "CASH", "amount": "-1" }])),
            ("payments", json!([{ "paymentType": "PAYPAL", "cashReceived": 1 }])),
            (
                "payments",
                json!([{ "paymentType": "CASH" }, { "paymentType": "CASH", "amount": 1 }]),
            ),
            ("entitySource", json!("POS")),
            ("entitySourceId", json!("a\u{2029}b")),
            ("entitySourceId", json!("x".repeat(256))),
            ("waiterId", json!(STORE)),
            ("orderTypeId", json!(9)),
            ("phoneNumber", json!("12")),
            ("numOfGuests", json!(-1)),
            ("deliveryLocation", json!("a\0b")),
            ("extraInfo", json!("{\"a\":\"\\u0000\"}")),
        ];
        cases.extend(keys().map(|key| ("idempotencyKey", key)));
        for mutation in ["recordPurchase", "quotePurchase"] {
            for (field, value) in &cases {
                if mutation == "quotePurchase" && *field == "idempotencyKey" {
                    continue;
                }
                let mut input = base.clone();
                input[*field] = value.clone();
                // Half a source is no source: the id is missing.
                let fault = if *field == "entitySource" { "entitySourceId" } else { field };
                // What names one source or the other needs both.
                if *field == "entitySourceId" {
                    input["entitySource"] = json!("POS");
                }
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                at_fault(&sale(&owner, mutation, &input), mutation, fault, "invalid", &about);
            }
            for (field, value) in [
                ("storeId", json!(999_999_999)),
                ("waiterId", json!(999_999_999)),
                ("items", line("productId", json!(999_999_999))),
            ] {
                let mut input = base.clone();
                input[field] = value.clone();
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                let answer = sale(&owner, mutation, &input);
                at_fault(&answer, mutation, field, "does_not_exist", &about);
            }
        }
        let order = act(&owner, "createOrder", &json!({ "storeId": store }), "order { id }");
        let open = order["order"]["id"].clone();
        for (input, field, code) in [
            (json!({ "orderId": STORE, "consumerId": 177 }), "orderId", "invalid"),
            (json!({ "orderId": 999_999_999, "consumerId": 177 }), "orderId", "does_not_exist"),
            (json!({ "orderId": open, "consumerId": 177 }), "orderId", "invalid"),
            (json!({ "orderId": open, "consumerId": STORE }), "consumerId", "invalid"),
        ] {
            let about = format!("{:?} attachOrder {input}", world.engine);
            at_fault(&send(&owner, "attachOrder", &input), "attachOrder", field, code, &about);
        }
        for (id, code) in [(json!(STORE), "invalid"), (json!(999_999_999), "does_not_exist")] {
            let input = json!({ "id": id, "decision": "DISMISS" });
            let about = format!("{:?} resolveSaleReview {input}", world.engine);
            let answer = send(&owner, "resolveSaleReview", &input);
            at_fault(&answer, "resolveSaleReview", "id", code, &about);
        }
        let named = json!({ "storeId": store, "entitySource": "POS", "entitySourceId": "1" });
        for (changed, field) in [
            (json!({ "orderId": 1 }), "orderId"),
            (json!({ "refundSourceId": "" }), "refundSourceId"),
            (json!({ "refundSourceId": "a\0b" }), "refundSourceId"),
            (json!({ "refundSourceId": "1", "storeId": null }), "storeId"),
            (json!({ "refundSourceId": "1", "amount": "-1" }), "amount"),
        ] {
            let mut input = named.clone();
            for (name, value) in changed.as_object().into_iter().flatten() {
                input[name] = value.clone();
            }
            let about = format!("{:?} createOrderRefund {input}", world.engine);
            let answer = send(&owner, "createOrderRefund", &input);
            at_fault(&answer, "createOrderRefund", field, "invalid", &about);
        }
    });
}

fn sale(
    client: &regulars_testkit::Client,
    mutation: &str,
    input: &Value,
) -> regulars_testkit::Answer {
    let document = format!(
        "mutation ($input: PurchaseInput!) {{ {mutation}(input: $input) {{ success errors }} }}"
    );
    client.query(&document, json!({ "input": input }))
}

#[test]
fn stamps() {
    on_both(|world| {
        let owner = world.merchant();
        let store =
            act(&owner, "createStore", &json!({ "name": "A" }), "store { id }")["store"]["id"]
                .clone();
        create(&owner, &json!({ "firstname": "Ada", "cards": ["S-1"] }));
        let base = json!({ "consumerLoyaltyString": "S-1", "storeId": store });
        let mut cases = vec![
            ("consumerLoyaltyString", json!("a\0b")),
            ("consumerLoyaltyString", json!("x".repeat(20_000))),
            ("storeId", json!(CUSTOMER)),
            ("storeId", json!("")),
            ("loyaltyCardId", json!(STORE)),
            // No card of stamps is there.
            ("loyaltyCardId", Value::Null),
            ("loyaltyCardId", json!(999_999_999)),
        ];
        cases.extend(keys().map(|key| ("idempotencyKey", key)));
        for (field, value) in cases {
            let mut input = base.clone();
            input[field] = value.clone();
            let about = format!("{:?} {field} = {value}", world.engine);
            at_fault(&send(&owner, "createStamp", &input), "createStamp", field, "invalid", &about);
        }
        for (field, value) in
            [("storeId", json!(999_999_999)), ("consumerLoyaltyString", json!("12345678901234"))]
        {
            let mut input = base.clone();
            input[field] = value.clone();
            let about = format!("{:?} {field} = {value}", world.engine);
            let answer = send(&owner, "createStamp", &input);
            at_fault(&answer, "createStamp", field, "does_not_exist", &about);
        }
    });
}
