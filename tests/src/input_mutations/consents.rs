//! Bad input to `setConsent`.

use serde_json::{Value, json};

use super::{at_fault, keys, send};
use crate::{consumer_fields::create, input::silent, world::on_both};

#[test]
fn arguments_of_decisions() {
    on_both(|world| {
        let (merchant, consumer) = (world.merchant(), world.consumer());
        let guest = create(&merchant, &json!({ "firstname": "Guest" }));
        let base = json!({
            "consumerId": guest["id"], "channel": "EMAIL", "state": "GRANTED", "source": "till",
        });
        let with = |field: &str, value: &Value| {
            let mut input = base.clone();
            input[field] = value.clone();
            input
        };
        let mut cases = vec![
            ("source", json!("")),
            ("source", json!(" ")),
            ("source", json!("a\0b")),
            ("source", json!("a\nb")),
            ("source", json!("x".repeat(51))),
            ("wording", json!("a\0b")),
            ("wording", json!("x".repeat(2_001))),
            ("decidedAt", json!("1989-12-31T23:59:59")),
            ("decidedAt", json!("2999-01-01T00:00:00Z")),
            ("consumerId", json!("garbage")),
            ("consumerId", json!("U3RvcmVOb2RlOjE5")),
            ("consumerId", Value::Null),
            ("merchantId", json!("garbage")),
            ("merchantId", json!("U3RvcmVOb2RlOjE5")),
            ("merchantId", json!(999_999_999)),
        ];
        cases.extend(keys().map(|key| ("idempotencyKey", key)));
        for (field, value) in cases {
            let about = format!("{:?} {field} = {value}", world.engine);
            let answer = send(&merchant, "setConsent", &with(field, &value));
            at_fault(&answer, "setConsent", field, "invalid", &about);
        }
        let absent = send(&merchant, "setConsent", &with("consumerId", &json!(999_999_999)));
        at_fault(&absent, "setConsent", "consumerId", "does_not_exist", "nobody");
        let own = |merchant: Value| {
            let input = json!({
                "merchantId": merchant, "channel": "SMS", "state": "GRANTED", "source": "app",
            });
            send(&consumer, "setConsent", &input)
        };
        at_fault(&own(Value::Null), "setConsent", "merchantId", "invalid", "no merchant");
        at_fault(&own(json!(999_999)), "setConsent", "merchantId", "does_not_exist", "no member");
        for (field, value) in [
            ("channel", json!("FAX")),
            ("channel", Value::Null),
            ("state", json!("PERHAPS")),
            ("source", json!(5)),
            ("decidedAt", json!("yesterday")),
        ] {
            let answer = send(&merchant, "setConsent", &with(field, &value));
            assert_eq!((answer.status, answer.error_code()), (400, Some("invalid")), "{field}");
            silent(&answer.text, field);
        }
    });
}
