//! Bad input to merges: nobody becomes somebody else by mistake.

use serde_json::{Value, json};

use super::{at_fault, keys, send};
use crate::{consumer_fields::create, input::silent, world::on_both};

#[test]
fn arguments_of_merging_undoing_and_claiming() {
    on_both(|world| {
        let (merchant, other) = (world.merchant(), world.merchant());
        let goes = create(&merchant, &json!({ "firstname": "Goes" }));
        let stays = create(&merchant, &json!({ "firstname": "Stays" }));
        let foreign = create(&other, &json!({ "firstname": "Foreign" }));
        let strangers = [
            (json!("garbage"), "invalid"),
            (json!("U3RvcmVOb2RlOjE5"), "invalid"),
            (json!(-1), "invalid"),
            (json!(999_999_999), "does_not_exist"),
            (foreign["id"].clone(), "does_not_exist"),
        ];
        let base = json!({ "consumerId": goes["id"], "intoConsumerId": stays["id"] });
        for (id, code) in &strangers {
            for field in ["consumerId", "intoConsumerId"] {
                let mut input = base.clone();
                input[field] = id.clone();
                let about = format!("{:?} {field} = {id}", world.engine);
                let answer = send(&merchant, "mergeConsumers", &input);
                at_fault(&answer, "mergeConsumers", field, code, &about);
            }
            let about = format!("{:?} {id}", world.engine);
            let answer = send(&merchant, "unmergeConsumers", &json!({ "consumerId": id }));
            at_fault(&answer, "unmergeConsumers", "consumerId", code, &about);
            let answer = send(&world.consumer(), "claimProfile", &json!({ "id": id }));
            at_fault(&answer, "claimProfile", "id", code, &about);
        }
        for key in keys() {
            let mut input = base.clone();
            input["idempotencyKey"] = key;
            let answer = send(&merchant, "mergeConsumers", &input);
            at_fault(&answer, "mergeConsumers", "idempotencyKey", "invalid", "a key");
        }
        for (input, field) in [
            (json!({}), "mergeId"),
            (json!({ "mergeId": 1, "consumerId": goes["id"] }), "consumerId"),
            (json!({ "mergeId": goes["id"] }), "mergeId"),
        ] {
            let answer = send(&merchant, "unmergeConsumers", &input);
            at_fault(&answer, "unmergeConsumers", field, "invalid", &input.to_string());
        }
        let answer = send(&merchant, "unmergeConsumers", &json!({ "mergeId": 999_999_999 }));
        at_fault(&answer, "unmergeConsumers", "mergeId", "does_not_exist", "no merge");
        for (field, value) in [
            ("fields", json!(["PASSWORD"])),
            ("fields", json!([null])),
            ("consumerId", Value::Null),
        ] {
            let mut input = base.clone();
            input[field] = value;
            let answer = send(&merchant, "mergeConsumers", &input);
            assert_eq!((answer.status, answer.error_code()), (400, Some("invalid")), "{field}");
            silent(&answer.text, field);
        }
        let preview = |client: &regulars_testkit::Client, one: &Value| {
            let document = "query ($a: ID!, $b: ID!) {
                mergeConsumersPreview(consumerId: $a, intoConsumerId: $b) { consumerId }
            }";
            client.query(document, json!({ "a": one, "b": stays["id"] }))
        };
        for (id, code) in &strangers {
            let answer = preview(&merchant, id);
            assert_eq!(answer.error_code(), Some(*code), "{id}: {}", answer.text);
        }
        let denied = preview(&world.consumer(), &goes["id"]);
        assert_eq!(denied.error_code(), Some("permission_denied"));
        let still = merchant.query("{ consumers { count } }", Value::Null).succeeded();
        assert_eq!(still.data("consumers.count"), &json!(2), "nobody was merged");
    });
}
