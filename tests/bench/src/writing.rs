//! What is written: visits, whole sales, and promises that are kept, each request another one, with full durability.

use std::{thread, time::Duration};

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::{
    Failure, documents,
    load::{Chain, Load, NUMBER},
    options::Database,
};

/// Durable sales for each second that SQLite takes at least.
const LEAST_SALES: f64 = 5_000.0;
/// What all but one of a hundred sales take at most there, in milliseconds.
const MOST_SALE: f64 = 30.0;

/// A store of this run, and what it takes to sell there.
pub(crate) struct Counter {
    store: Value,
    offer: Value,
}

/// A writing operation.
pub(crate) struct Writing {
    /// What people call it.
    pub(crate) name: &'static str,
    /// The least requests for each second, and the most milliseconds at p99, that are expected.
    pub(crate) expected: Option<(f64, f64)>,
    /// What counts the rows that it left behind: a field of the store or of the offer.
    counted: &'static str,
    /// Requests for each row.
    pub(crate) steps: u64,
    bodies: Vec<String>,
    chain: Option<Chain>,
}

/// Three lines, as a till sends them.
const ITEMS: [(&str, &str, i32); 3] =
    [("Espresso", "2.40", 2), ("Croissant", "1.90", 1), ("Juice", "3.50", 1)];

fn body(document: &str, input: &Value) -> String {
    json!({ "query": document, "variables": { "input": input } }).to_string()
}

impl Counter {
    /// Opens a store, and begins a card that every sale earns on and an offer that everybody may use again and again.
    pub(crate) fn open(owner: &Client) -> Result<Self, Failure> {
        let made = |mutation: &str, noun: &str, input: Value| {
            let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
            let document = format!(
                "mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ errors {noun} {{ id }} }} }}"
            );
            let answer = owner.query(&document, json!({ "input": input }));
            let id = answer.body.pointer(&format!("/data/{mutation}/{noun}/id")).cloned();
            let id = id.filter(Value::is_string);
            id.ok_or_else(|| Failure::from(format!("{mutation} failed: {}", answer.text)))
        };
        let store = made("createStore", "store", json!({ "name": "Bench", "country": "DE" }))?;
        let card = json!({
            "name": "Bench", "loyaltyType": "POINTS", "pointsLoyaltyType": "PRODUCT",
            "dollarWorth": 1000, "stores": [store],
        });
        made("createLoyaltyCard", "loyaltyCard", card)?;
        let offer = json!({
            "name": "Bench", "offerType": "FIXED_AMOUNT", "offerValue": 1, "status": "ACTIVE",
            "repeatable": true, "stores": [store],
        });
        let offer = made("createOffer", "offer", offer)?;
        Ok(Self { store, offer })
    }

    /// Every writing operation, for these customers in turn.
    pub(crate) fn writings(&self, customers: &[String]) -> Vec<Writing> {
        let bodies = |of: &dyn Fn(&String) -> String| customers.iter().map(of).collect();
        let visit = |id: &String| {
            let input = json!({
                "consumerId": id, "storeId": self.store, "amountSpent": "12.40", "idempotencyKey": NUMBER,
            });
            body(documents::VISIT, &input)
        };
        let promise = |id: &String| {
            let input = json!({ "offerId": self.offer, "consumerId": id, "storeId": self.store });
            body(documents::PROMISE, &input)
        };
        let confirm = json!({ "code": "@CODE", "storeId": self.store });
        vec![
            Writing {
                name: "createVisit",
                expected: None,
                counted: "visits",
                steps: 1,
                bodies: bodies(&visit),
                chain: None,
            },
            Writing {
                name: "recordPurchase: three lines",
                expected: Some((LEAST_SALES, MOST_SALE)),
                counted: "orders",
                steps: 1,
                bodies: bodies(&|id| self.sale(id)),
                chain: None,
            },
            Writing {
                name: "createRedemptionIntent and confirmRedemption, in turn",
                expected: None,
                counted: "redemptions",
                steps: 2,
                bodies: bodies(&promise),
                chain: Some(Chain {
                    body: body(documents::CONFIRM, &confirm),
                    found_by: "\"code\":\"(%w+)\"",
                }),
            },
        ]
    }

    /// One whole sale.
    fn sale(&self, customer: &str) -> String {
        let items = ITEMS.map(|(name, unit_price, quantity)| {
            json!({ "name": name, "unitPrice": unit_price, "quantity": quantity })
        });
        let input = json!({
            "storeId": self.store, "consumerId": customer, "items": items,
            "payments": [{ "paymentType": "CASH" }], "entitySource": "POS", "entitySourceId": NUMBER,
        });
        body(documents::SALE, &input)
    }

    /// How many rows a writing operation has left behind so far.
    pub(crate) fn count(&self, owner: &Client, writing: &Writing) -> Result<u64, Failure> {
        let document = match writing.counted {
            "redemptions" => {
                "query ($id: ID!) { of: offer(id: $id) { list: redemptions { count } } }".to_owned()
            }
            list => {
                format!("query ($id: ID!) {{ of: store(id: $id) {{ list: {list} {{ count }} }} }}")
            }
        };
        let id = if writing.counted == "redemptions" { &self.offer } else { &self.store };
        let answer = owner.query(&document, json!({ "id": id }));
        let count = answer.body.pointer("/data/of/list/count").and_then(Value::as_u64);
        Ok(count.ok_or_else(|| format!("nothing could be counted: {}", answer.text))?)
    }
}

impl Writing {
    /// The requests.
    pub(crate) fn load(&self, base: &str, token: &str) -> Result<Load, Failure> {
        let load = Load::new(format!("{base}/graphql"), token, self.bodies.iter().cloned())?;
        match &self.chain {
            Some(chain) => load.chained(chain),
            None => Ok(load),
        }
    }

    /// What is expected on a database; of PostgreSQL a share of what another program does there, which is measured by hand.
    pub(crate) fn expected_on(&self, database: Database) -> Option<(f64, f64)> {
        self.expected.filter(|_| database == Database::Sqlite)
    }
}

/// Fails where a request in its hundreds was answered and left nothing behind.
pub(crate) fn check(
    writing: &Writing,
    (before, after): (u64, u64),
    requests: u64,
) -> Result<(), Failure> {
    let rows = after.saturating_sub(before);
    // In the end a promise may be left that nobody has kept yet.
    if rows * writing.steps + 64 * (writing.steps - 1) < requests {
        let name = writing.name;
        return Err(format!("“{name}”: {requests} requests left {rows} rows behind").into());
    }
    Ok(())
}

/// Runs something while something else goes on, and answers what the first gave.
pub(crate) fn beside<T: Send>(
    work: impl FnOnce() -> Result<T, Failure> + Send,
    other: impl FnOnce() -> Result<(), Failure> + Send,
) -> Result<T, Failure> {
    thread::scope(|scope| {
        let other = scope.spawn(other);
        // It is under way by then.
        thread::sleep(Duration::from_millis(500));
        let done = work();
        other.join().map_err(|_panic| "a thread panicked")??;
        done
    })
}
