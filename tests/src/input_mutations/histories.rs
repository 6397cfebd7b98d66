//! Bad input to points set right and moved by hand.

use serde_json::{Value, json};

use super::{at_fault, keys, send};
use crate::{audit::act, redeeming::shop::Shop, world::on_both};

/// The global ids of a store and of a customer: whichever is not meant.
const STORE: &str = "U3RvcmVOb2RlOjE5";
const CUSTOMER: &str = "SVVzZXJOb2RlOjE3Nw==";

#[test]
fn adjustments_and_transfers() {
    on_both(|world| {
        let shop = Shop::open(world);
        let owner = &shop.owner;
        let card = shop.flat_card();
        let ((_, ada), (_, bob)) = (shop.guest(), shop.guest());
        let adjusts =
            json!({ "consumerId": ada["id"], "loyaltyCardId": card, "amount": 5, "reason": "x" });
        assert_eq!(act(owner, "adjustPoints", &adjusts, "")["success"], true);
        let moves = json!({
            "fromConsumerId": ada["id"], "toConsumerId": bob["id"], "fromLoyaltyCardId": card, "points": 1,
            "reason": "x",
        });
        let count = || shop.number("COUNT(*)", "entry WHERE TRUE");
        let before = count();
        let reasons = |reason| {
            [json!(""), json!(" "), json!("a\0b"), json!("x".repeat(501))].map(|bad| (reason, bad))
        };
        let mut adjusting = vec![
            ("consumerId", json!(STORE)),
            ("consumerId", json!("garbage")),
            ("consumerLoyaltyId", json!("a\0b")),
            ("consumerLoyaltyId", json!("x".repeat(20_000))),
            ("loyaltyCardId", json!(CUSTOMER)),
            ("loyaltyCardId", json!("")),
            ("amount", json!(0)),
            ("amount", json!("1000000000001")),
            ("amount", json!("-6")),
            ("expiresAt", json!("2020-01-01T00:00:00+00:00")),
            ("intoDebt", json!(true)),
        ];
        adjusting.extend(reasons("reason"));
        adjusting.extend(keys().map(|key| ("idempotencyKey", key)));
        let mut moving = vec![
            ("fromConsumerId", json!(STORE)),
            ("toConsumerId", json!("garbage")),
            ("fromConsumerLoyaltyId", json!("a\0b")),
            ("toConsumerLoyaltyId", json!("x".repeat(20_000))),
            ("fromLoyaltyCardId", json!(CUSTOMER)),
            ("toLoyaltyCardId", json!(STORE)),
            ("points", json!(0)),
            ("points", json!("-1")),
            ("points", json!(6)),
            ("toConsumerId", ada["id"].clone()),
        ];
        moving.extend(reasons("reason"));
        moving.extend(keys().map(|key| ("idempotencyKey", key)));
        for (mutation, base, cases) in
            [("adjustPoints", &adjusts, adjusting), ("transferPoints", &moves, moving)]
        {
            for (field, value) in cases {
                let mut input = base.clone();
                input[field] = value.clone();
                let about =
                    format!("{:?} {mutation} {field} = {:.60}", world.engine, value.to_string());
                at_fault(&send(owner, mutation, &input), mutation, field, "invalid", &about);
            }
        }
        for (mutation, base, field) in [
            ("adjustPoints", &adjusts, "consumerId"),
            ("adjustPoints", &adjusts, "loyaltyCardId"),
            ("transferPoints", &moves, "fromConsumerId"),
            ("transferPoints", &moves, "toConsumerId"),
            ("transferPoints", &moves, "fromLoyaltyCardId"),
            ("transferPoints", &moves, "toLoyaltyCardId"),
        ] {
            let mut input = base.clone();
            input[field] = json!(999_999_999);
            let about = format!("{:?} {mutation} {field} of nobody", world.engine);
            at_fault(&send(owner, mutation, &input), mutation, field, "does_not_exist", &about);
        }
        for mutation in ["adjustPoints", "transferPoints"] {
            let input = if mutation == "adjustPoints" { &adjusts } else { &moves };
            let mut nobody = input.clone();
            for field in ["consumerId", "fromConsumerId"] {
                if nobody.get(field).is_some() {
                    nobody[field] = Value::Null;
                }
            }
            assert_eq!(send(owner, mutation, &nobody).data(mutation)["success"], false);
        }
        assert_eq!(count(), before, "nothing was written");
    });
}
