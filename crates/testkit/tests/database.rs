//! Fresh databases: migrated once, apart from each other, gone afterwards.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use regulars_testkit::{Engine, TempDatabase, fresh};

static MIGRATED: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

enum Opened {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

fn open(url: &str) -> Opened {
    match url.strip_prefix("sqlite://") {
        Some(path) => Opened::Sqlite(SqliteConnection::establish(path).unwrap()),
        None => Opened::Postgres(PgConnection::establish(url).unwrap()),
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

impl Opened {
    fn run(&mut self, sql: &str) -> QueryResult<()> {
        match self {
            Self::Postgres(connection) => connection.batch_execute(sql),
            Self::Sqlite(connection) => connection.batch_execute(sql),
        }
    }

    fn count(&mut self, table: &str) -> i64 {
        let query = diesel::sql_query(format!("SELECT count(*) AS n FROM {table}"));
        match self {
            Self::Postgres(connection) => query.get_result::<Count>(connection).unwrap().n,
            Self::Sqlite(connection) => query.get_result::<Count>(connection).unwrap().n,
        }
    }
}

fn migrate(url: &str) -> QueryResult<()> {
    MIGRATED[usize::from(url.starts_with("postgres"))].fetch_add(1, Ordering::Relaxed);
    open(url).run("CREATE TABLE visit (id BIGINT PRIMARY KEY); INSERT INTO visit VALUES (1)")
}

#[test]
fn databases_are_migrated_copies_apart_from_each_other() {
    for (place, engine) in Engine::ALL.into_iter().enumerate() {
        let databases: Vec<TempDatabase> = std::thread::scope(|scope| {
            let made: Vec<_> = (0..4).map(|_| scope.spawn(|| fresh(engine, migrate))).collect();
            made.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for database in &databases {
            assert_eq!(database.engine(), engine);
            let mut connection = open(database.url());
            connection.run("INSERT INTO visit VALUES (2)").unwrap();
            assert_eq!(connection.count("visit"), 2, "{engine:?}");
        }
        assert!(MIGRATED[place].load(Ordering::Relaxed) <= 1, "{engine:?}");
    }
}

#[test]
fn a_dropped_sqlite_database_is_gone() {
    let database = fresh(Engine::Sqlite, migrate);
    let file = database.file().unwrap();
    assert!(file.exists());
    drop(database);
    assert!(!file.exists());
}

#[test]
fn a_dropped_postgres_database_is_gone_though_somebody_is_connected() {
    let first = fresh(Engine::Postgres, migrate);
    let second = fresh(Engine::Postgres, migrate);
    let name = second.url().rsplit('/').next().unwrap().to_owned();
    let table = format!("pg_database WHERE datname = '{name}'");
    let connected = open(second.url());
    let mut other = open(first.url());
    assert_eq!(other.count(&table), 1);
    drop(second);
    assert_eq!(other.count(&table), 0);
    drop(connected);
}
