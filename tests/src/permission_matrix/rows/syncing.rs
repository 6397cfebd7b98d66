//! The questions about syncing. The connection cannot be opened: nothing outside is asked.

use serde_json::json;

use super::{Row, Shop, mutation, nothing, query};

pub(super) fn all() -> Vec<Row> {
    vec![
        query("sources", "", "{ sources { name } }", nothing),
        query("connections", "", "{ connections { count } }", nothing),
        query(
            "connection",
            "",
            "query ($id: ID!) { connection(id: $id) { id } }",
            |shop| json!({ "id": shop.id("connection") }),
        ),
        query(
            "node",
            "a connection",
            "query ($id: ID!) { node(id: $id) { id } }",
            |shop| json!({ "id": shop.id("connection") }),
        ),
        query("syncRuns", "", "{ syncRuns { count } }", nothing),
        query("syncRejects", "", "{ syncRejects { count } }", nothing),
        query("syncReviews", "", "{ syncReviews { count } }", nothing),
        mutation(
            "createConnection",
            "",
            "mutation ($name: String!) {
                createConnection(input: { source: SHOPIFY, name: $name, settings: \"{\\\"shop\\\": \\\"never-read\\\"}\" }) { success errors }
            }",
            |_| json!({ "name": Shop::unique("matrix") }),
        ),
        mutation(
            "createConnection",
            "one that is told too little",
            "mutation { createConnection(input: { source: SHOPIFY, name: \"Matrix\" }) { success errors } }",
            nothing,
        ),
        mutation(
            "updateConnection",
            "",
            "mutation ($id: ID!) { updateConnection(input: { id: $id, settings: \"{\\\"rank\\\": 41}\" }) { success errors } }",
            |shop| json!({ "id": shop.id("connection") }),
        ),
        mutation(
            "testConnection",
            "",
            "mutation ($id: ID!) { testConnection(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.id("connection") }),
        ),
        mutation(
            "replayRejects",
            "where nothing waits",
            "mutation ($id: ID!) { replayRejects(input: { connectionId: $id }) { success errors } }",
            |shop| json!({ "id": shop.id("connection") }),
        ),
        mutation(
            "startSync",
            "",
            "mutation ($id: ID!) { startSync(input: { connectionId: $id, dryRun: true }) { success errors } }",
            |shop| json!({ "id": shop.id("connection") }),
        ),
        mutation(
            "cancelSync",
            "a run that is nobody's",
            "mutation { cancelSync(input: { runId: 999999999 }) { success errors } }",
            nothing,
        ),
        mutation(
            "pauseSync",
            "",
            "mutation ($id: ID!) { pauseSync(input: { connectionId: $id }) { success errors } }",
            |shop| json!({ "id": shop.id("connection") }),
        ),
        mutation(
            "resumeSync",
            "",
            "mutation ($id: ID!) { resumeSync(input: { connectionId: $id }) { success errors } }",
            |shop| json!({ "id": shop.id("connection") }),
        ),
        mutation(
            "resolveSyncReview",
            "a question that is nobody's",
            "mutation { resolveSyncReview(input: { id: 999999999, decision: DISMISS }) { success errors } }",
            nothing,
        ),
        mutation(
            "deleteConnection",
            "",
            "mutation ($id: ID!) { deleteConnection(input: { id: $id }) { success errors } }",
            |shop| json!({ "id": shop.connection() }),
        ),
    ]
}
