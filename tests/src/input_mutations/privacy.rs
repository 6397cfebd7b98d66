//! Bad input to `eraseConsumer`, `exportConsumer` and `erasureReceipt`: nobody is erased or told of by mistake.

use serde_json::{Value, json};

use super::{at_fault, keys, send};
use crate::{
    consumer_fields::create,
    input::silent,
    world::{PASSWORD, on_both},
};

/// Ids of nobody's, by the code in which they are refused.
fn strangers() -> [(Value, &'static str); 4] {
    [
        (json!("garbage"), "invalid"),
        (json!("U3RvcmVOb2RlOjE5"), "invalid"),
        (json!(-1), "invalid"),
        (json!(999_999_999), "does_not_exist"),
    ]
}

#[test]
fn arguments_of_erasing_by_a_merchant() {
    on_both(|world| {
        let (merchant, other) = (world.merchant(), world.merchant());
        let guest = create(&merchant, &json!({ "firstname": "Guest" }));
        let foreign = create(&other, &json!({ "firstname": "Foreign" }));
        let base = json!({ "id": guest["id"], "reason": "REQUEST" });
        let with = |field: &str, value: &Value| {
            let mut input = base.clone();
            input[field] = value.clone();
            input
        };
        let mut cases = vec![
            ("id", Value::Null, "invalid"),
            ("id", foreign["id"].clone(), "does_not_exist"),
            ("password", json!(PASSWORD), "invalid"),
            ("password", json!(""), "invalid"),
        ];
        cases.extend(strangers().map(|(id, code)| ("id", id, code)));
        cases.extend(keys().map(|key| ("idempotencyKey", key, "invalid")));
        for dry_run in [Value::Null, json!(false), json!(true)] {
            for (field, value, code) in &cases {
                let about = format!("{:?} {field} = {value}", world.engine);
                let mut input = with(field, value);
                input["dryRun"] = dry_run.clone();
                let answer = send(&merchant, "eraseConsumer", &input);
                at_fault(&answer, "eraseConsumer", field, code, &about);
            }
        }
        for (field, value) in [
            ("reason", json!("WHY_NOT")),
            ("reason", Value::Null),
            ("dryRun", json!("yes")),
            ("id", json!({})),
            ("password", json!(5)),
        ] {
            let answer = send(&merchant, "eraseConsumer", &with(field, &value));
            assert_eq!((answer.status, answer.error_code()), (400, Some("invalid")), "{field}");
            silent(&answer.text, field);
        }
        let still = merchant.query("{ consumers { count } }", Value::Null).succeeded();
        assert_eq!(still.data("consumers.count"), &json!(1), "nobody was erased");
    });
}

#[test]
fn arguments_of_erasing_oneself() {
    on_both(|world| {
        let consumer = world.consumer();
        let guest = create(&world.merchant(), &json!({ "firstname": "Guest" }));
        let base = json!({ "reason": "REQUEST", "password": PASSWORD });
        let mut cases = vec![
            ("id", guest["id"].clone(), "does_not_exist"),
            ("password", Value::Null, "required"),
            ("password", json!(""), "invalid_password"),
            ("password", json!("a\0b"), "invalid_password"),
            ("password", json!("x".repeat(2_000)), "invalid_password"),
            ("idempotencyKey", json!("once"), "invalid"),
        ];
        cases.extend(strangers().map(|(id, code)| ("id", id, code)));
        for (field, value, code) in cases {
            let mut input = base.clone();
            input[field] = value.clone();
            let answer = send(&consumer, "eraseConsumer", &input);
            at_fault(&answer, "eraseConsumer", field, code, &format!("{field} = {value}"));
        }
        let still = consumer.query("{ me { firstname } }", Value::Null).succeeded();
        assert_eq!(still.data("me.firstname"), &json!("Test"), "nobody was erased");
    });
}

#[test]
fn arguments_of_exports_and_receipts() {
    on_both(|world| {
        let (merchant, consumer) = (world.merchant(), world.consumer());
        let receipt = "query ($id: ID!) { erasureReceipt(id: $id) { dryRun } }";
        for (id, code) in strangers() {
            let about = format!("{:?} id = {id}", world.engine);
            for client in [&merchant, &consumer] {
                let answer = send(client, "exportConsumer", &json!({ "id": id }));
                at_fault(&answer, "exportConsumer", "id", code, &about);
            }
            let answer = merchant.query(receipt, json!({ "id": id }));
            assert_eq!(answer.error_code(), Some(code), "{about}: {}", answer.text);
            assert_eq!(answer.errors()[0]["extensions"]["field"], "id", "{about}");
            silent(&answer.text, &about);
        }
        let missing = send(&merchant, "exportConsumer", &json!({}));
        at_fault(&missing, "exportConsumer", "id", "invalid", "whose");
        for id in [json!({}), json!([]), json!(true)] {
            let answer = send(&merchant, "exportConsumer", &json!({ "id": id }));
            assert_eq!((answer.status, answer.error_code()), (400, Some("invalid")), "{id}");
        }
    });
}
