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
    ]
}
