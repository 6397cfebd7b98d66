//! The questions about applications and their keys.

use serde_json::json;

use super::{Row, mutation, nothing, query};

pub(super) fn all() -> Vec<Row> {
    vec![
        query("applications", "", "{ applications { count } }", nothing),
        query(
            "node",
            "an application",
            "query ($id: ID!) { node(id: $id) { id } }",
            |shop| json!({ "id": shop.id("application") }),
        ),
        query(
            "node",
            "an API key",
            "query ($id: ID!) { node(id: $id) { id } }",
            |shop| json!({ "id": shop.api_key() }),
        ),
        mutation(
            "createApplication",
            "",
            "mutation { createApplication(input: { name: \"Matrix\", permissions: [\"redeem\"] }) { success errors } }",
            nothing,
        ),
        mutation(
            "createApplication",
            "with change_app",
            "mutation {
                createApplication(input: { name: \"Matrix\", permissions: [\"change_app\"] }) { success errors }
            }",
            nothing,
        ),
        mutation(
            "updateApplication",
            "",
            "mutation ($id: ID!) { updateApplication(input: { id: $id, name: \"Other\" }) { success errors } }",
            |shop| json!({ "id": shop.id("application") }),
        ),
        mutation(
            "deleteApplication",
            "",
            "mutation ($id: ID!) { deleteApplication(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.application() }),
        ),
        mutation(
            "createApiKey",
            "",
            "mutation ($id: ID!) { createApiKey(input: { applicationId: $id }) { success errors } }",
            |shop| json!({ "id": shop.id("application") }),
        ),
        mutation(
            "revokeApiKey",
            "",
            "mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.api_key() }),
        ),
    ]
}
