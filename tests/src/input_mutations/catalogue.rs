//! Bad input to the mutations of what a merchant sells and of its promotions.

use serde_json::{Value, json};

use super::{at_fault, keys, send};
use crate::{audit::act, input::silent, world::on_both};

/// Ids that name nothing, and the code that they are refused with.
const IDS: [(&str, &str); 4] = [
    ("", "invalid"),
    ("1\u{0}", "invalid"),
    ("SVVzZXJOb2RlOjE3Nw==", "invalid"),
    ("999999999", "does_not_exist"),
];

fn with(base: &Value, field: &str, value: &Value) -> Value {
    let mut input = base.clone();
    input[field] = value.clone();
    input
}

#[test]
fn products() {
    let long = |count: usize| json!("x".repeat(count));
    on_both(|world| {
        let owner = world.merchant();
        let taken = json!({
            "name": "A", "price": 1, "entitySource": "POS", "entitySourceId": "taken",
        });
        act(&owner, "createProduct", &taken, "");
        let input =
            json!({ "name": "B", "price": 1, "entitySource": "POS", "entitySourceId": "b" });
        let made = act(&owner, "createProduct", &input, "product { id }");
        let id = &made["product"]["id"];
        for (mutation, base) in [
            (
                "createProduct",
                json!({ "name": "A", "price": 1, "entitySource": "POS", "entitySourceId": "a" }),
            ),
            ("updateProduct", json!({ "id": id })),
        ] {
            let mut cases: Vec<(&str, Value)> = vec![
                ("name", long(151)),
                ("name", json!(" ")),
                ("price", json!("-0.01")),
                ("price", json!("1.234")),
                ("price", json!("92233720368547758.08")),
                ("priceCurrency", json!("EURO")),
                ("priceCurrency", json!("")),
                ("category", long(151)),
                ("entitySourceId", long(256)),
                ("entitySourceId", json!("taken")),
                ("entitySourceId", Value::Null),
                ("entitySource", Value::Null),
                ("extraInfo", json!("[1]")),
                ("extraInfo", json!(format!("{{\"a\":\"{}\"}}", "x".repeat(10_240)))),
            ];
            for text in ["a\0b", "a\nb"] {
                for field in ["name", "category", "entitySourceId"] {
                    cases.push((field, json!(text)));
                }
            }
            cases.extend(keys().map(|key| ("idempotencyKey", key)));
            for (field, value) in cases {
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                let answer = send(&owner, mutation, &with(&base, field, &value));
                at_fault(&answer, mutation, field, "invalid", &about);
            }
            for (field, value) in [
                ("price", json!("much")),
                ("entitySource", json!("MYSPACE")),
                ("extraInfo", json!("{")),
            ] {
                let answer = send(&owner, mutation, &with(&base, field, &value));
                assert_eq!(answer.error_code(), Some("invalid"), "{mutation} {}", answer.text);
                silent(&answer.text, mutation);
            }
        }
        for mutation in ["updateProduct", "deleteProduct"] {
            for (id, code) in IDS {
                let answer = send(&owner, mutation, &json!({ "id": id }));
                at_fault(
                    &answer,
                    mutation,
                    "id",
                    code,
                    &format!("{:?} {mutation} {id}", world.engine),
                );
            }
        }
    });
}
