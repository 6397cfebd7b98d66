//! Bad input to promises and codes.

use serde_json::{Value, json};

use super::{at_fault, keys, send};
use crate::{audit::act, redeeming::shop::Shop, world::on_both};

/// The global ids of a store and of a customer: whichever is not meant.
const STORE: &str = "U3RvcmVOb2RlOjE5";
const CUSTOMER: &str = "SVVzZXJOb2RlOjE3Nw==";

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases reads from top to bottom")]
fn promises_and_codes() {
    on_both(|world| {
        let shop = Shop::open(world);
        let owner = &shop.owner;
        let (offer, flat, buys, stamps) =
            (shop.offer(""), shop.flat_card(), shop.reward_card(), shop.stamp_card());
        let made = act(
            owner,
            "createRedemptionIntent",
            &json!({ "offerId": offer }),
            "redemptionIntent { id code }",
        );
        let code = &made["redemptionIntent"]["code"];
        let count = || {
            let rows = [("redemption_intent", "state = 'OPEN'"), ("redemption", "TRUE")];
            rows.map(|(table, which)| shop.number("COUNT(*)", &format!("{table} WHERE {which}")))
        };
        let before = count();
        let common = [
            ("storeId", json!(CUSTOMER)),
            ("storeId", json!("garbage")),
            ("consumerId", json!(STORE)),
            ("consumerId", json!("garbage")),
            ("consumerLoyaltyId", json!("a\0b")),
            ("consumerLoyaltyId", json!("x".repeat(20_000))),
        ];
        for (mutation, base, own) in [
            (
                "createRedemptionIntent",
                json!({ "offerId": offer }),
                vec![("offerId", json!("")), ("offerId", json!(STORE))],
            ),
            (
                "createPointsRedemptionIntent",
                json!({ "loyaltyCardId": flat, "pointsToRedeem": 20 }),
                vec![
                    ("loyaltyCardId", json!("")),
                    ("loyaltyCardId", json!(CUSTOMER)),
                    ("loyaltyRewardId", json!(CUSTOMER)),
                ],
            ),
            (
                "createStampsRedemptionIntent",
                json!({ "loyaltyCardId": stamps }),
                vec![("loyaltyCardId", json!("garbage"))],
            ),
            (
                "confirmRedemption",
                json!({ "code": code }),
                vec![
                    ("code", json!("")),
                    ("code", json!("a\0b")),
                    ("code", json!("ZZZZ-ZZZZ")),
                    ("code", json!("x".repeat(20_000))),
                ],
            ),
            ("confirmPointsRedemption", json!({ "code": code }), vec![("code", json!("U"))]),
            ("confirmStampsRedemption", json!({ "code": code }), vec![("code", code.clone())]),
            ("verifyRedemptionCode", json!({ "code": code }), vec![("code", json!("-"))]),
            (
                "verifyDiscountCode",
                json!({ "code": code, "subtotal": 9 }),
                vec![
                    ("code", json!("")),
                    ("code", json!("a\0b")),
                    ("subtotal", json!("-1")),
                    ("subtotal", json!("1.005")),
                    ("subtotalCurrency", json!("JPY")),
                    ("items", json!([{ "productId": STORE }])),
                    ("items", json!([{ "productId": 1, "quantity": 0 }])),
                ],
            ),
        ] {
            let keys = keys().map(|key| ("idempotencyKey", key));
            for (field, value) in own.into_iter().chain(common.clone()).chain(keys) {
                let mut input = base.clone();
                input[field] = value.clone();
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                at_fault(&send(owner, mutation, &input), mutation, field, "invalid", &about);
            }
            for (field, value) in [
                ("storeId", json!(999_999_999)),
                ("consumerId", json!(999_999_999)),
                ("consumerLoyaltyId", json!("12345678901234")),
            ] {
                let mut input = base.clone();
                input[field] = value.clone();
                let about = format!("{:?} {mutation} {field} = {value}", world.engine);
                let answer = send(owner, mutation, &input);
                at_fault(&answer, mutation, field, "does_not_exist", &about);
            }
        }
        for (mutation, input, field) in [
            ("createRedemptionIntent", json!({ "offerId": 999_999_999 }), "offerId"),
            (
                "createStampsRedemptionIntent",
                json!({ "loyaltyCardId": 999_999_999 }),
                "loyaltyCardId",
            ),
            ("cancelRedemptionIntent", json!({ "id": 999_999_999 }), "id"),
            ("reverseRedemption", json!({ "id": 999_999_999 }), "id"),
            ("deleteOrderDiscount", json!({ "id": 999_999_999 }), "id"),
            (
                "createOrderDiscount",
                json!({ "orderId": 999_999_999, "redemptionCode": "A" }),
                "orderId",
            ),
            (
                "verifyDiscountCode",
                json!({ "code": code, "items": [{ "productId": 999_999_999 }] }),
                "items",
            ),
        ] {
            let answer = send(owner, mutation, &input);
            at_fault(&answer, mutation, field, "does_not_exist", mutation);
        }
        let (guest, me) = shop.guest();
        for card in [flat, buys] {
            shop.has(&me, card, 100);
        }
        let all: i32 = i32::MAX;
        for (input, field) in [
            (json!({ "loyaltyCardId": flat }), "pointsToRedeem"),
            (json!({ "loyaltyCardId": flat, "pointsToRedeem": 0 }), "pointsToRedeem"),
            (json!({ "loyaltyCardId": flat, "pointsToRedeem": -20 }), "pointsToRedeem"),
            (json!({ "loyaltyCardId": flat, "pointsToRedeem": 25 }), "pointsToRedeem"),
            (json!({ "loyaltyCardId": flat, "pointsToRedeem": all }), "pointsToRedeem"),
            (json!({ "loyaltyCardId": buys }), "loyaltyRewardId"),
            (json!({ "loyaltyCardId": buys, "loyaltyRewardId": 999_999_999 }), "loyaltyRewardId"),
        ] {
            let mutation = "createPointsRedemptionIntent";
            at_fault(
                &send(&guest, mutation, &input),
                mutation,
                field,
                "invalid",
                &input.to_string(),
            );
        }
        assert_eq!(count(), before, "nothing was written");
        let nobody: Value = json!({ "offerId": offer, "consumerId": me["id"] });
        let (other, _) = shop.guest();
        let mutation = "createRedemptionIntent";
        let answer = send(&other, mutation, &nobody);
        at_fault(&answer, mutation, "consumerId", "does_not_exist", "for somebody else");
    });
}
