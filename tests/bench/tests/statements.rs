//! How many SQL statements the operations take that the benchmark measures: figures that decide, unlike times.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "../src/documents.rs"]
#[allow(dead_code, reason = "the benchmark asks more than this")]
mod documents;

use regulars_testkit::{Client, Engine, Server, TempDatabase, fresh};
use serde_json::{Value, json};

const OWNER: &str = "merchant@example.com";
const PASSWORD: &str = "regulars-demo";
/// The documented customer of the demo world.
const CUSTOMER: &str = "SVVzZXJOb2RlOjE3Nw==";
/// Beginning and ending the transaction, and finding out who asks.
const FRAME: u64 = 3;

/// A server over the demo world.
struct World {
    engine: Engine,
    owner: Client,
    _server: Server,
    _database: TempDatabase,
    _keys: tempfile::TempDir,
}

/// The server migrates it itself, and makes the file.
fn nothing(url: &str) -> Result<(), String> {
    match url.strip_prefix("sqlite://") {
        Some(path) => std::fs::File::create(path).map(drop).map_err(|error| error.to_string()),
        None => Ok(()),
    }
}

impl World {
    fn start(engine: Engine) -> Self {
        let database = fresh(engine, nothing);
        let keys = tempfile::tempdir().unwrap();
        let directory = keys.path().to_str().unwrap();
        let server = Server::start(
            &["--demo", "--database-url", database.url(), "--data-dir", directory],
            &[("REGULARS_HTTP_STATEMENT_HEADER", "true"), ("REGULARS_AUTH_BCRYPT_COST", "4")],
        );
        let login = json!({ "email": OWNER, "password": PASSWORD });
        let answer = server.client().query(documents::LOG_IN, login).succeeded();
        let owner = server.client().bearer(answer.string("obtainToken.token"));
        Self { engine, owner, _server: server, _database: database, _keys: keys }
    }

    /// How many statements answering takes, those of [`FRAME`] left out.
    fn statements(&self, document: &str, variables: &Value) -> u64 {
        let answer = self.owner.query(document, variables.clone()).succeeded();
        let count: u64 = answer.header("Regulars-Statements").parse().unwrap();
        count.checked_sub(FRAME).unwrap_or_else(|| panic!("{count} statements: {}", answer.text))
    }
}

#[test]
fn statements_do_not_grow_with_the_rows() {
    for engine in Engine::ALL {
        let world = World::start(engine);
        let customer = json!({ "id": CUSTOMER });
        let number = world
            .owner
            .query("query ($id: ID!) { consumer(id: $id) { loyaltyId } }", customer.clone());
        let loyalty_id = json!({ "consumerLoyaltyId": number.string("consumer.loyaltyId") });
        for (what, document, variables, at_most) in [
            // The page and the points.
            ("the list", documents::LIST, vec![Value::Null], 2),
            (
                "a page",
                documents::LIST_OF,
                vec![json!({ "first": 1 }), json!({ "first": 20 }), json!({ "first": 100 })],
                2,
            ),
            // And the orders, and their types.
            (
                "a page with orders",
                documents::LIST_WITH_ORDERS,
                vec![
                    json!({ "first": 1, "orders": 1 }),
                    json!({ "first": 100, "orders": 1 }),
                    json!({ "first": 100, "orders": 20 }),
                ],
                4,
            ),
            // The customer, the points, and a list for each kind.
            ("redemptions", documents::CUSTOMER, vec![customer.clone()], 5),
            (
                "a customer and orders",
                documents::CUSTOMER_AND_HISTORY,
                vec![
                    json!({ "id": CUSTOMER, "orders": 1 }),
                    json!({ "id": CUSTOMER, "orders": 50 }),
                ],
                4,
            ),
            ("the history", documents::HISTORY, vec![customer.clone()], 2),
            ("promotions", documents::PROMOTIONS, vec![loyalty_id], 12),
        ] {
            let counts: Vec<_> =
                variables.iter().map(|one| world.statements(document, one)).collect();
            let first = counts.first().copied().unwrap();
            assert!(first <= at_most, "{:?}: {what} takes {first} statements", world.engine);
            assert!(counts.iter().all(|count| *count == first), "{engine:?}: {what}: {counts:?}");
        }
    }
}
