//! Promises and their codes.

use serde_json::json;

use super::{super::Row, mutation, query};

#[expect(clippy::too_many_lines, reason = "a table of cases reads from top to bottom")]
pub(super) fn all() -> Vec<Row> {
    vec![
        query(
            "redemptionIntents",
            "",
            "{ redemptionIntents(first: 1, state: OPEN) { edges { node { id } } } }",
            |_| serde_json::Value::Null,
        ),
        query(
            "pointsHistory",
            "",
            "query ($id: ID!) { pointsHistory(consumerId: $id, first: 1) { count } }",
            |shop| json!({ "id": shop.id("consumer") }),
        ),
        query(
            "balanceAsOf",
            "",
            "query ($id: ID!) { balanceAsOf(consumerId: $id) { balance } }",
            |shop| json!({ "id": shop.id("consumer") }),
        ),
        query(
            "expiring",
            "",
            "query ($id: ID!) { expiring(consumerId: $id, withinDays: 30) { amount } }",
            |shop| json!({ "id": shop.id("consumer") }),
        ),
        mutation(
            "adjustPoints",
            "",
            "mutation ($id: ID!, $card: ID!) {
                adjustPoints(input: { consumerId: $id, loyaltyCardId: $card, amount: 5, reason: \"Matrix\" }) {
                    success errors
                }
            }",
            |shop| json!({ "id": shop.managed(), "card": shop.stamp_card() }),
        ),
        mutation(
            "transferPoints",
            "",
            "mutation ($id: ID!, $to: ID!, $card: ID!) {
                transferPoints(input: {
                    fromConsumerId: $id, toConsumerId: $to, fromLoyaltyCardId: $card, points: 1, reason: \"Matrix\"
                }) { success errors }
            }",
            |shop| {
                let (id, card) = (shop.managed(), shop.id("card"));
                let gift = json!({ "consumerId": id, "loyaltyCardId": card, "amount": 5, "reason": "Matrix" });
                shop.made("adjustPoints", "AdjustPointsInput", "entry", &gift);
                json!({ "id": id, "to": shop.managed(), "card": card })
            },
        ),
        query(
            "offer",
            "what was promised and redeemed of it",
            "query ($id: ID!) { offer(id: $id) { redemptions(first: 1) { count } redemptionIntents(first: 1) { count } } }",
            |shop| json!({ "id": shop.id("free offer") }),
        ),
        query("node", "a promise", "query ($id: ID!) { node(id: $id) { id } }", |shop| {
            json!({ "id": shop.promised("createRedemptionIntent")["id"] })
        }),
        mutation(
            "createRedemptionIntent",
            "for whoever brings the code",
            "mutation ($id: ID!, $at: ID!) { createRedemptionIntent(input: { offerId: $id, storeId: $at }) {
                success errors
            } }",
            |shop| json!({ "id": shop.id("free offer"), "at": shop.id("store") }),
        ),
        mutation(
            "createRedemptionIntent",
            "for a customer with an account",
            "mutation ($id: ID!, $at: ID!, $who: String!) {
                createRedemptionIntent(input: { offerId: $id, storeId: $at, consumerLoyaltyId: $who }) { success errors }
            }",
            |shop| {
                json!({ "id": shop.id("free offer"), "at": shop.id("store"), "who": shop.id("loyaltyId") })
            },
        ),
        mutation(
            "createPointsRedemptionIntent",
            "",
            "mutation ($id: ID!, $at: ID!) {
                createPointsRedemptionIntent(input: { loyaltyCardId: $id, pointsToRedeem: 20, storeId: $at }) {
                    success errors
                }
            }",
            |shop| json!({ "id": shop.id("flat card"), "at": shop.id("store") }),
        ),
        mutation(
            "createStampsRedemptionIntent",
            "",
            "mutation ($id: ID!, $at: ID!) {
                createStampsRedemptionIntent(input: { loyaltyCardId: $id, storeId: $at }) { success errors }
            }",
            |shop| json!({ "id": shop.id("stamp card"), "at": shop.id("store") }),
        ),
        mutation(
            "confirmRedemption",
            "",
            "mutation ($code: String!, $at: ID!) { confirmRedemption(input: { code: $code, storeId: $at }) {
                success errors
            } }",
            |shop| {
                let made = shop.promised("createRedemptionIntent");
                json!({ "code": made["code"], "at": shop.id("store") })
            },
        ),
        mutation(
            "confirmPointsRedemption",
            "",
            "mutation ($code: String!, $at: ID!) { confirmPointsRedemption(input: { code: $code, storeId: $at }) {
                success errors
            } }",
            |shop| {
                let made = shop.promised("createPointsRedemptionIntent");
                json!({ "code": made["code"], "at": shop.id("store") })
            },
        ),
        mutation(
            "confirmStampsRedemption",
            "",
            "mutation ($code: String!, $at: ID!) { confirmStampsRedemption(input: { code: $code, storeId: $at }) {
                success errors
            } }",
            |shop| {
                let made = shop.promised("createStampsRedemptionIntent");
                json!({ "code": made["code"], "at": shop.id("store") })
            },
        ),
        mutation(
            "verifyRedemptionCode",
            "",
            "mutation ($code: String!, $at: ID!) { verifyRedemptionCode(input: { code: $code, storeId: $at }) {
                success errors
            } }",
            |shop| {
                let made = shop.promised("createRedemptionIntent");
                json!({ "code": made["code"], "at": shop.id("store") })
            },
        ),
        mutation(
            "verifyDiscountCode",
            "",
            "mutation ($code: String!, $at: ID!) {
                verifyDiscountCode(input: { code: $code, subtotal: 9, storeId: $at }) { success errors }
            }",
            |shop| {
                let made = shop.promised("createRedemptionIntent");
                json!({ "code": made["code"], "at": shop.id("store") })
            },
        ),
        mutation(
            "reverseRedemption",
            "",
            "mutation ($id: ID!) { reverseRedemption(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.redemption() }),
        ),
        mutation(
            "cancelRedemptionIntent",
            "",
            "mutation ($id: ID!) { cancelRedemptionIntent(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.promised("createRedemptionIntent")["id"] }),
        ),
    ]
}
