//! A merchant in a fresh database, an engine over it, and a clock that the test turns.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use regulars_auth::{Authority, Key, KeyRing, Keys};
use regulars_customer::{Consumer, ConsumerFilter, CustomerStore as _};
use regulars_kernel::{
    Actor, Clock, ConnectionId, MerchantId, PageRequest, PersonId, Scope, StoreError, SyncRunId,
    Timestamp,
};
use regulars_merchant::{Archived, EntitySource};
use regulars_persistence::{Bulk, DatabaseUrl, Db, Settings, Tx, Value, migrate};
use regulars_source::{
    Connection, ConnectionState, Counts, Health, Run, RunKind, RunState, SourceStore as _,
};
use regulars_sync::{
    connector::{Credentials, Fault},
    engine::{Ended, Engine, Secrets},
    outgoing::Reach,
};
use regulars_testkit::{Engine as Database, TempDatabase, fresh};
use serde_json::json;

use crate::source::KINDS;

pub(crate) const MERCHANT: MerchantId = MerchantId::new(1);

/// A clock that a test turns.
#[derive(Debug)]
pub(crate) struct Turned(AtomicI64);

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Debug)]
struct NoSecrets;

impl Secrets for NoSecrets {
    fn of(&self, _connection: &Connection) -> Result<Arc<dyn Credentials>, Fault> {
        Ok(Arc::new(Self))
    }

    fn seal(
        &self,
        _merchant: MerchantId,
        _token: &str,
        plain: &serde_json::Value,
    ) -> Result<Vec<u8>, Fault> {
        Ok(plain.to_string().into_bytes())
    }

    fn unseal(&self, _connection: &Connection) -> Result<serde_json::Value, Fault> {
        Ok(json!({}))
    }
}

impl Credentials for NoSecrets {
    fn load(&self) -> Result<serde_json::Value, Fault> {
        Ok(json!({}))
    }

    fn renew(
        &self,
        renew: &mut dyn FnMut(&serde_json::Value) -> Result<serde_json::Value, Fault>,
    ) -> Result<serde_json::Value, Fault> {
        renew(&json!({}))
    }
}

pub(crate) struct World {
    _database: TempDatabase,
    pub(crate) db: Arc<Db>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Arc<Turned>,
    holders: AtomicU32,
}

fn migrated(url: &str) -> Result<(), String> {
    let url = DatabaseUrl::parse(url).map_err(|error| error.to_string())?;
    migrate(&url).map(drop).map_err(|error| error.to_string())
}

fn keys() -> Keys {
    let key = |id: &str, byte: u8| KeyRing::new(Key::new(id, vec![byte; 32]).unwrap());
    Keys { signing: key("s", 1), pepper: key("p", 2), refresh: key("r", 3), encryption: None }
}

impl World {
    fn new(engine: Database) -> Self {
        let database = fresh(engine, migrated);
        let url = DatabaseUrl::parse(database.url()).unwrap();
        let mut bulk = Bulk::begin(&url).unwrap();
        let (one, text) = (Value::Int(1), |text: &str| Value::Text(text.to_owned()));
        bulk.insert(
            "person",
            &["id", "user_type", "registered", "firstname", "lastname", "created_at", "updated_at"],
            &[vec![
                one.clone(),
                text("MERCHANT"),
                Value::Bool(true),
                text("Mia"),
                text("Owner"),
                Value::Int(0),
                Value::Int(0),
            ]],
        )
        .unwrap();
        bulk.insert(
            "merchant",
            &["id", "name", "time_zone", "currency", "created_at", "updated_at"],
            &[vec![
                one,
                text("Shop"),
                text("Europe/Berlin"),
                text("EUR"),
                Value::Int(0),
                Value::Int(0),
            ]],
        )
        .unwrap();
        bulk.finish(|_, _| {}).unwrap();
        let db = Arc::new(Db::open(&Settings::new(url)).unwrap());
        let clock = Arc::new(Turned(AtomicI64::new(1_800_000_000 * 1_000_000)));
        let authority = Authority::new(keys(), regulars_auth::Settings::default()).unwrap();
        let engine = Engine {
            db: Arc::clone(&db),
            authority: Arc::new(authority),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            kinds: &KINDS,
            secrets: Arc::new(NoSecrets),
            reach: Reach::Anywhere,
        };
        Self {
            _database: database,
            db,
            engine: Arc::new(engine),
            clock,
            holders: AtomicU32::new(0),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn turn(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap();
        self.clock.0.fetch_add(micros, Ordering::SeqCst);
    }

    pub(crate) fn write<T: Send + 'static>(
        &self,
        write: impl Fn(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.db.write(Scope::Merchant(MERCHANT), None, write).unwrap()
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>) -> T {
        self.db.read(Scope::Merchant(MERCHANT), read).unwrap()
    }

    /// Connects a source of the tests by its name.
    pub(crate) fn connect(
        &self,
        source: EntitySource,
        name: &str,
        settings: serde_json::Value,
    ) -> ConnectionId {
        let serde_json::Value::Object(mut settings) = settings else { panic!("an object") };
        settings.insert("name".to_owned(), name.into());
        let new = Connection {
            id: ConnectionId::new(0),
            merchant: MERCHANT,
            source,
            name: name.to_owned(),
            state: ConnectionState::Active,
            settings,
            credentials: None,
            token: format!("token-{name}"),
            health: Health::New,
            health_message: None,
            failures: 0,
            next_run_at: Some(self.now()),
            last_success_at: None,
            fence: 0,
            created_by: None,
            created_at: self.now(),
            updated_at: self.now(),
        };
        self.write(move |tx| tx.insert_connection(&new))
    }

    /// Asks for a run; else the next one is what is due.
    pub(crate) fn ask(&self, connection: ConnectionId, kind: RunKind, dry_run: bool) -> SyncRunId {
        let now = self.now();
        let run = Run {
            id: SyncRunId::new(0),
            merchant: MERCHANT,
            connection,
            kind,
            dry_run,
            state: RunState::Queued,
            is_to_end: false,
            asked_by: None,
            phase: None,
            total: None,
            counts: Counts::default(),
            budget: None,
            error: None,
            report: None,
            created_at: now,
            started_at: None,
            updated_at: now,
            finished_at: None,
        };
        self.write(move |tx| tx.insert_run(&run))
    }

    /// Reads a connection as a new worker, until `slices` steps were told of.
    pub(crate) fn run_until(&self, connection: ConnectionId, slices: usize) -> Ended {
        let holder = format!("worker-{}", self.holders.fetch_add(1, Ordering::SeqCst));
        let told = std::cell::Cell::new(0);
        let stopped = || told.get() >= slices;
        self.engine
            .run(MERCHANT, connection, &holder, &stopped, &mut |_| told.set(told.get() + 1))
            .unwrap()
    }

    /// Reads a connection to the end of its run.
    pub(crate) fn run(&self, connection: ConnectionId) -> Run {
        match self.run_until(connection, usize::MAX) {
            Ended::Over(run) => *run,
            other => panic!("{other:?}"),
        }
    }

    /// Every customer, archived ones too, by number.
    pub(crate) fn customers(&self) -> Vec<Consumer> {
        let mut all = self.read(|tx| {
            let filter =
                ConsumerFilter { archived: Archived::Included, ..ConsumerFilter::default() };
            tx.list_consumers(&filter, &PageRequest::first(100)).map(|page| page.items)
        });
        all.sort_by_key(|consumer| consumer.id);
        all
    }

    pub(crate) fn customer(&self, person: PersonId) -> Consumer {
        self.read(|tx| tx.consumers(&[person])).remove(0)
    }

    /// Whose a record is.
    pub(crate) fn person(&self, connection: ConnectionId, id: &str) -> Option<PersonId> {
        let ids = [id.to_owned()];
        let found = self.read(|tx| tx.records(connection, crate::source::OBJECT, &ids));
        found.first().and_then(|record| record.subject).map(PersonId::new)
    }

    pub(crate) fn actor() -> Actor {
        Actor::system(MERCHANT)
    }
}

/// Runs a test on both databases.
pub(crate) fn on_both(test: impl Fn(&World)) {
    for engine in Database::ALL {
        test(&World::new(engine));
    }
}
