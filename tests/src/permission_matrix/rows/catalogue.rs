//! Questions about what a merchant sells and with what it woos its customers.

use serde_json::json;

use super::{Row, mutation, nothing, query};

pub(super) fn all() -> Vec<Row> {
    vec![
        query("products", "", "{ products { count } }", nothing),
        mutation(
            "createProduct",
            "",
            "mutation { createProduct(input: { name: \"Matrix\", price: 1 }) { success errors } }",
            nothing,
        ),
        mutation(
            "updateProduct",
            "",
            "mutation ($id: ID!) { updateProduct(input: { id: $id, category: \"Matrix\" }) { success errors } }",
            |shop| json!({ "id": shop.product() }),
        ),
        mutation(
            "deleteProduct",
            "",
            "mutation ($id: ID!) { deleteProduct(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.product() }),
        ),
        query("campaigns", "", "{ campaigns { count } }", nothing),
        query(
            "campaign",
            "",
            "query ($id: ID!) { campaign(id: $id) { id } }",
            |shop| json!({ "id": shop.campaign() }),
        ),
        mutation(
            "createCampaign",
            "",
            "mutation { createCampaign(input: { name: \"Matrix\" }) { success errors } }",
            nothing,
        ),
        mutation(
            "createCampaign",
            "in the cashier's store",
            "mutation ($id: ID!) { createCampaign(input: { name: \"Matrix\", stores: [$id] }) { success errors } }",
            |shop| json!({ "id": shop.id("store") }),
        ),
        mutation(
            "updateCampaign",
            "",
            "mutation ($id: ID!) { updateCampaign(input: { id: $id, name: \"Other\" }) { success errors } }",
            |shop| json!({ "id": shop.campaign() }),
        ),
        mutation(
            "deleteCampaign",
            "",
            "mutation ($id: ID!) { deleteCampaign(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.campaign() }),
        ),
        mutation(
            "createOffer",
            "",
            "mutation { createOffer(input: { name: \"Matrix\", offerType: PERCENTAGE, offerValue: 5, status: DRAFT }) { success errors } }",
            nothing,
        ),
        mutation(
            "createOffer",
            "in the cashier's store",
            "mutation ($id: ID!) { createOffer(input: {
                name: \"Matrix\", offerType: PERCENTAGE, offerValue: 5, status: DRAFT, stores: [$id]
            }) { success errors } }",
            |shop| json!({ "id": shop.id("store") }),
        ),
        mutation(
            "updateOffer",
            "",
            "mutation ($id: ID!) { updateOffer(input: { id: $id, name: \"Other\" }) { success errors } }",
            |shop| json!({ "id": shop.offer() }),
        ),
        mutation(
            "deleteOffer",
            "",
            "mutation ($id: ID!) { deleteOffer(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.offer() }),
        ),
    ]
}
