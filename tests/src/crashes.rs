//! `kill -9` at random under load: what was acknowledged is there, once; what was not is asked for again under the same key, and
//! then is there, once; and the books add up.

use std::{
    thread,
    time::{Duration, Instant},
};

use regulars_testkit::{Client, Engine};
use serde_json::{Value, json};

use crate::{
    audit::{act, asking},
    consumer_fields::create,
    redeeming::shop::Shop,
    world::World,
};

/// How many clients ask at once.
const TELLERS: usize = 4;
/// How often each server is killed in `make test`; `make crash` has it killed a hundred times.
const ROUNDS: u64 = 6;

fn rounds() -> u64 {
    let asked = std::env::var_os("CRASH_ROUNDS");
    asked.and_then(|text| text.to_str()?.parse().ok()).unwrap_or(ROUNDS)
}

/// Something that is asked for under a key of its own.
#[derive(Clone)]
struct Deed {
    mutation: &'static str,
    input: Value,
    noun: &'static str,
}

impl Deed {
    /// The answer; none where none came, or one that says that the database is away.
    fn ask(&self, client: &Client) -> Option<Value> {
        let variables = json!({ "input": self.input });
        let answer = client.try_query(&asking(self.mutation, self.noun), variables).ok()?;
        if answer.status >= 500 || !answer.errors().is_empty() {
            return None;
        }
        let done = answer.data(self.mutation).clone();
        assert_eq!(done["success"], true, "{} {}: {done}", self.mutation, self.input);
        Some(done)
    }

    /// Asks until there is an answer.
    fn insist(&self, client: &Client) -> Value {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            if let Some(done) = self.ask(client) {
                return done;
            }
            assert!(Instant::now() < deadline, "{} {}: no answer", self.mutation, self.input);
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A client with a customer of its own, who knows what the customer must have by what was acknowledged.
struct Teller {
    number: usize,
    customer: Value,
    /// How many deeds were acknowledged.
    done: usize,
    /// Those of this round, with their answers.
    fresh: Vec<(Deed, Value)>,
    /// What the next deed is about.
    subject: Value,
    visits: Vec<Value>,
    orders: Vec<Value>,
    redemptions: Vec<Value>,
    refunds: usize,
    earned: i64,
    spent: i64,
}

impl Teller {
    /// The next deed: what the one before it left is what it is about. The same until it is acknowledged.
    fn next(&self, store: &Value, card: &Value) -> Deed {
        let (mutation, mut input, noun) = match self.done % 7 {
            0 => (
                "createVisit",
                json!({ "consumerId": self.customer, "storeId": store, "amountSpent": "30.00" }),
                "visit { id }",
            ),
            1 => (
                "createPointsRedemptionIntent",
                json!({ "consumerId": self.customer, "loyaltyCardId": card, "pointsToRedeem": 20 }),
                "redemptionIntent { id code }",
            ),
            2 => (
                "confirmPointsRedemption",
                json!({ "code": self.subject, "storeId": store }),
                "pointsRedemption { id }",
            ),
            3 => (
                "createOrder",
                json!({ "storeId": store, "consumerId": self.customer }),
                "order { id }",
            ),
            4 => (
                "createOrderItem",
                json!({ "orderId": self.subject, "name": "Tea", "unitPrice": "12.00" }),
                "orderItem { id } order { id }",
            ),
            5 => (
                "checkoutOrder",
                json!({ "id": self.subject, "paymentType": "CASH" }),
                "order { id state }",
            ),
            _ => (
                "createOrderRefund",
                json!({ "orderId": self.subject, "amount": "5.00" }),
                "refund { id amount }",
            ),
        };
        input["idempotencyKey"] = json!(format!("{}-{}", self.number, self.done));
        Deed { mutation, input, noun }
    }

    fn acknowledge(&mut self, deed: Deed, answer: Value) {
        match self.done % 7 {
            0 => {
                self.visits.push(answer["visit"]["id"].clone());
                self.earned += 30;
            }
            1 => self.subject = answer["redemptionIntent"]["code"].clone(),
            2 => {
                self.redemptions.push(answer["pointsRedemption"]["id"].clone());
                self.spent += 20;
            }
            3 => {
                self.subject = answer["order"]["id"].clone();
                self.orders.push(self.subject.clone());
            }
            5 => self.earned += 12,
            6 => {
                self.refunds += 1;
                self.earned -= 5;
            }
            _ => {}
        }
        self.done += 1;
        self.fresh.push((deed, answer));
    }

    /// Works until no answer comes.
    fn work(&mut self, client: &Client, (store, card): (&Value, &Value)) {
        loop {
            let deed = self.next(store, card);
            match deed.ask(client) {
                Some(answer) => self.acknowledge(deed, answer),
                None => return,
            }
        }
    }

    /// What was acknowledged is answered again, word for word.
    fn look_back(&mut self, client: &Client) {
        for (deed, answer) in self.fresh.drain(..) {
            assert_eq!(deed.insist(client), answer, "{} {}", deed.mutation, deed.input);
        }
    }

    /// Everything is there, once.
    fn look_round(&self, client: &Client) {
        let document = "query ($id: ID!) { consumer(id: $id) {
            points { available held debt lifetime }
            visits(first: 100) { count edges { node { id } } }
            orders(first: 100) { count edges { node { id } } }
            pointsRedemptions(first: 100) { count edges { node { id } } } } }";
        let answer = client.query(document, json!({ "id": self.customer })).succeeded();
        let consumer = answer.data("consumer");
        let open = if self.done % 7 == 2 { 20 } else { 0 };
        let points = json!({
            "available": (self.earned - self.spent - open).to_string(), "held": open.to_string(),
            "debt": "0", "lifetime": self.earned.to_string(),
        });
        assert_eq!(consumer["points"], points, "teller {} after {}", self.number, self.done);
        for (list, expected) in [
            ("visits", &self.visits),
            ("orders", &self.orders),
            ("pointsRedemptions", &self.redemptions),
        ] {
            assert_eq!(consumer[list]["count"], expected.len(), "{list} of teller {}", self.number);
            let edges = consumer[list]["edges"].as_array().expect("edges");
            let known = edges.iter().all(|edge| expected.contains(&edge["node"]["id"]));
            assert!(known, "{list} of teller {}: {edges:?}", self.number);
        }
    }
}

/// Numbers that nobody can tell beforehand, and anybody can tell afterwards.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        // Knuth's generator: its high bits are good enough for choosing instants.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Ends what is going on, at once: the server, or every connection that PostgreSQL has.
fn strike(world: &mut World, backends_alone: bool) {
    if backends_alone {
        let end = "SELECT CAST(pg_terminate_backend(pid) AS TEXT) AS row FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        world.database.rows(end);
    } else {
        world.server.kill();
    }
}

fn tellers(owner: &Client) -> Vec<Teller> {
    let teller = |number| {
        let customer =
            create(owner, &json!({ "firstname": "Ada", "cards": [format!("C-{number}")] }));
        Teller {
            number,
            customer: customer["id"].clone(),
            done: 0,
            fresh: Vec::new(),
            subject: Value::Null,
            visits: Vec::new(),
            orders: Vec::new(),
            redemptions: Vec::new(),
            refunds: 0,
            earned: 0,
            spent: 0,
        }
    };
    (0..TELLERS).map(teller).collect()
}

fn crash(engine: Engine) {
    let mut world = World::start_with(engine, &[]);
    let mut chance = Chance(u64::from(std::process::id()));
    let shop = Shop::open(&world);
    let card = act(
        &shop.owner,
        "createLoyaltyCard",
        &json!({
            "name": "Card", "loyaltyType": "POINTS", "pointsLoyaltyType": "FLAT", "dollarWorth": 1,
            "pointsNeeded": 20, "pointWorth": "0.05", "status": "ACTIVE",
        }),
        "loyaltyCard { id }",
    );
    assert_eq!(card["success"], true, "{card}");
    let card = card["loyaltyCard"]["id"].clone();
    let (owner, store) = (shop.owner.clone(), shop.store.clone());
    drop(shop);
    let mut tellers = tellers(&owner);
    for round in 0..rounds() {
        let client = owner.at(&world.server.base());
        let backends_alone = engine == Engine::Postgres && round % 3 == 2;
        let pause = Duration::from_millis(20 + chance.below(400));
        thread::scope(|threads| {
            for teller in &mut tellers {
                let about = (&store, &card);
                let client = client.clone();
                threads.spawn(move || teller.work(&client, about));
            }
            thread::sleep(pause);
            strike(&mut world, backends_alone);
            // Those who have had an answer in spite of it would go on for ever.
            if backends_alone {
                thread::sleep(Duration::from_millis(50));
                world.server.kill();
            }
        });
        world.restart();
        let client = owner.at(&world.server.base());
        for teller in &mut tellers {
            teller.look_back(&client);
        }
    }
    let client = owner.at(&world.server.base());
    for teller in &mut tellers {
        // What nobody has acknowledged is asked for again.
        let deed = teller.next(&store, &card);
        let answer = deed.insist(&client);
        assert_eq!(deed.insist(&client), answer);
        teller.acknowledge(deed, answer);
        teller.look_round(&client);
    }
    let done: usize = tellers.iter().map(|teller| teller.done).sum();
    assert!(done > TELLERS, "nothing went on while {engine:?} was killed");
    Shop::of(&world, client, store).books_add_up();
}

#[test]
fn what_was_acknowledged_outlives_kill_9_once_on_sqlite() {
    crash(Engine::Sqlite);
}

#[test]
fn what_was_acknowledged_outlives_kill_9_once_on_postgresql() {
    crash(Engine::Postgres);
}
