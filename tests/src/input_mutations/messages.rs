//! What refusals say to do instead.

use serde_json::json;

use super::{at_fault, send};
use crate::world::on_both;

#[test]
fn a_message_says_the_way_out() {
    on_both(|world| {
        let owner = world.merchant();
        for (mutation, field, value, words) in [
            (
                "createApplication",
                "permissions",
                json!(["view_order", "nope"]),
                ["no permission nope", "view_consumer, "],
            ),
            ("createStore", "taxRate", json!("19.00001"), ["0 to 100", "four decimal places"]),
            ("createStore", "phoneNumber", json!("call me"), ["+49 30 1234567", "030 1234567"]),
        ] {
            let input = json!({ "name": "A", field: value });
            let answer = send(&owner, mutation, &input);
            at_fault(&answer, mutation, field, "invalid", field);
            let message = answer.data(mutation)["errors"][field][0]["message"].to_string();
            assert!(words.iter().all(|word| message.contains(word)), "{message}");
        }
    });
}
