//! Questions about loyalty cards, rewards, and what a merchant decides for all its stores.

use serde_json::json;

use super::{Row, mutation, nothing, query};

pub(super) fn all() -> Vec<Row> {
    vec![
        mutation(
            "createLoyaltyCard",
            "",
            "mutation { createLoyaltyCard(input: {
                name: \"Matrix\", status: DRAFT, loyaltyType: STAMPS, stampsNeeded: 10
            }) { success errors } }",
            nothing,
        ),
        mutation(
            "updateLoyaltyCard",
            "",
            "mutation ($id: ID!) { updateLoyaltyCard(input: { id: $id, weather: \"Matrix\" }) { success errors } }",
            |shop| json!({ "id": shop.id("rewardCard") }),
        ),
        mutation(
            "updateLoyaltyCard",
            "another kind of one that customers have points on",
            "mutation ($id: ID!) {
                updateLoyaltyCard(input: { id: $id, pointsLoyaltyType: PRODUCT }) { success errors }
            }",
            |shop| json!({ "id": shop.id("card") }),
        ),
        mutation(
            "deleteLoyaltyCard",
            "",
            "mutation ($id: ID!) { deleteLoyaltyCard(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.reward_card() }),
        ),
        mutation(
            "createLoyaltyReward",
            "",
            "mutation ($id: ID!, $product: ID!) { createLoyaltyReward(input: {
                loyaltyCardId: $id, productId: $product, points: 10
            }) { success errors } }",
            |shop| json!({ "id": shop.id("rewardCard"), "product": shop.id("product") }),
        ),
        mutation(
            "updateLoyaltyReward",
            "",
            "mutation ($id: ID!) { updateLoyaltyReward(input: { id: $id, stock: 7 }) { success errors } }",
            |shop| json!({ "id": shop.reward() }),
        ),
        mutation(
            "deleteLoyaltyReward",
            "",
            "mutation ($id: ID!) { deleteLoyaltyReward(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.reward() }),
        ),
        query("merchantSettings", "", "{ merchantSettings { claimDays } }", nothing),
        mutation(
            "updateMerchantSettings",
            "",
            "mutation { updateMerchantSettings(input: { claimDays: 14 }) { success errors } }",
            nothing,
        ),
    ]
}
