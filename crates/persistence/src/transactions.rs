//! What transactions promise, tried on both databases.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use diesel::{QueryDsl, RunQueryDsl, connection::SimpleConnection, sql_types::BigInt};
use regulars_kernel::{Scope, StoreError, Timestamp};
use regulars_testkit::{Engine, TempDatabase, fresh};

use crate::{
    DatabaseUrl, Db, IdempotencyKey, Outcome, Settings, Tx, migrate, schema::idempotency,
    statement::Statement,
};

pub(crate) fn migrated(url: &str) -> Result<(), String> {
    let url = DatabaseUrl::parse(url).map_err(|error| error.to_string())?;
    migrate(&url).map(drop).map_err(|error| error.to_string())
}

fn each_database(test: impl Fn(&Db)) {
    for engine in Engine::ALL {
        let database: TempDatabase = fresh(engine, migrated);
        let settings = Settings::new(DatabaseUrl::parse(database.url()).unwrap());
        let db = Db::open(&settings).unwrap();
        test(&db);
    }
}

fn key(name: &str) -> IdempotencyKey {
    IdempotencyKey {
        merchant: 1,
        actor: 2,
        mutation: "createConsumer".to_owned(),
        key: name.to_owned(),
        fingerprint: vec![7],
    }
}

fn now() -> Timestamp {
    Timestamp::from_seconds(1_700_000_000)
}

fn keys(db: &Db) -> i64 {
    db.read(Scope::Platform, |tx: &mut Tx<'_>| {
        idempotency::table
            .count()
            .get_result(tx.connection)
            .map_err(|error| StoreError::Internal(Box::new(error)))
    })
    .unwrap()
}

const SLOW: (&str, &str) = (
    "SELECT count(*) FROM generate_series(1, 2000000000)",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000)
     SELECT count(*) FROM n",
);

fn slow(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let rows: Vec<i64> =
        Statement::<BigInt>::new("").dialect(SLOW.0, SLOW.1).load(tx.connection)?;
    Ok(rows[0])
}

#[test]
fn an_error_undoes_everything_and_success_keeps_it() {
    each_database(|db| {
        let failed: Result<(), StoreError> = db.write(Scope::Platform, None, |tx| {
            tx.claim(&key("a"), now())?;
            Err(StoreError::Unavailable)
        });
        assert!(failed.is_err());
        assert_eq!(keys(db), 0);
        db.write(Scope::Platform, None, |tx| tx.claim(&key("a"), now())).unwrap();
        assert_eq!(keys(db), 1);
    });
}

#[test]
fn a_refused_attempt_is_undone_and_its_record_survives() {
    each_database(|db| {
        db.write(Scope::Platform, None, |tx| {
            let refused = tx.attempt(|tx| {
                tx.claim(&key("effect"), now())?;
                Err::<(), _>(StoreError::Unavailable)
            })?;
            assert!(refused.is_err());
            tx.claim(&key("record"), now())
        })
        .unwrap();
        let left = db.write(Scope::Platform, None, |tx| tx.claim(&key("record"), now())).unwrap();
        assert_eq!(left, Outcome::Recorded(String::new()));
        assert_eq!(keys(db), 1);
    });
}

#[test]
fn a_key_is_claimed_once_however_many_come_at_once() {
    each_database(|db| {
        let claimed = AtomicUsize::new(0);
        let start = Barrier::new(16);
        thread::scope(|threads| {
            for _ in 0..16 {
                threads.spawn(|| {
                    start.wait();
                    let outcome = db.write(Scope::Platform, None, |tx| {
                        let outcome = tx.claim(&key("race"), now())?;
                        if outcome == Outcome::New {
                            tx.record_outcome(&key("race"), "done")?;
                        }
                        Ok::<_, StoreError>(outcome)
                    });
                    match outcome.unwrap() {
                        Outcome::New => {
                            claimed.fetch_add(1, Ordering::Relaxed);
                        }
                        Outcome::Recorded(outcome) => assert_eq!(outcome, "done"),
                        Outcome::Conflict => panic!("the arguments were the same"),
                    }
                });
            }
        });
        assert_eq!(claimed.load(Ordering::Relaxed), 1);
        let other = IdempotencyKey { fingerprint: vec![8], ..key("race") };
        let outcome = db.write(Scope::Platform, None, move |tx| tx.claim(&other, now())).unwrap();
        assert_eq!(outcome, Outcome::Conflict);
    });
}

#[test]
fn a_panic_costs_one_write_and_leaves_nothing_open() {
    each_database(|db| {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            db.write(Scope::Platform, None, |tx| {
                tx.claim(&key("lost"), now())?;
                panic!("a mistake");
                #[expect(unreachable_code, reason = "names the type of the closure")]
                Ok::<(), StoreError>(())
            })
        }));
        assert!(panicked.is_err());
        for name in ["b", "c", "d"] {
            let outcome = db.write(Scope::Platform, None, move |tx| tx.claim(&key(name), now()));
            assert_eq!(outcome.unwrap(), Outcome::New);
        }
        assert_eq!(keys(db), 3);
    });
}

#[test]
fn a_statement_past_its_deadline_ends_and_the_next_one_works() {
    each_database(|db| {
        let mut reader = db.own_reader();
        let began = Instant::now();
        reader.start(Some(began + Duration::from_millis(200)));
        let ended: Result<i64, StoreError> = reader.read(Scope::Platform, slow);
        assert!(matches!(ended, Err(StoreError::DeadlineExceeded)), "{ended:?}");
        assert!(began.elapsed() < Duration::from_secs(4), "ended by the request's own deadline");
        reader.start(None);
        let count: Result<i64, StoreError> = reader.read(Scope::Platform, |tx| {
            Ok(Statement::<BigInt>::new("SELECT CAST(1 AS BIGINT)").first(tx.connection)?.unwrap())
        });
        assert_eq!(count.unwrap(), 1);
    });
}

#[test]
fn a_write_past_its_deadline_costs_no_other_of_its_group() {
    each_database(|db| {
        let start = Arc::new(Barrier::new(9));
        thread::scope(|threads| {
            let mut others = Vec::new();
            for number in 0..8 {
                let start = Arc::clone(&start);
                others.push(threads.spawn(move || {
                    start.wait();
                    let name = format!("k{number}");
                    db.write(Scope::Platform, None, move |tx| tx.claim(&key(&name), now()))
                }));
            }
            start.wait();
            let deadline = Instant::now() + Duration::from_millis(150);
            let late: Result<(), StoreError> =
                db.write(Scope::Platform, Some(deadline), |tx| {
                    tx.claim(&key("late"), now())?;
                    let sql = "INSERT INTO idempotency (merchant_id, actor_id, mutation,
                        idempotency_key, fingerprint, outcome, created_at) SELECT 9, n.i, 'x', 'y', '', '', 0
                        FROM ";
                    let sqlite = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
                        WHERE i < 2000000000) SELECT i FROM n) n";
                    let pg = "generate_series(1, 2000000000) n(i)";
                    Statement::<()>::new(sql).dialect(pg, sqlite).execute(tx.connection)?;
                    Ok(())
                });
            assert!(matches!(late, Err(StoreError::DeadlineExceeded)), "{late:?}");
            for other in others {
                assert_eq!(other.join().unwrap().unwrap(), Outcome::New);
            }
        });
        assert_eq!(keys(db), 8);
    });
}

#[test]
fn a_reading_transaction_sees_one_moment_and_cannot_write() {
    each_database(|db| {
        let mut reader = db.own_reader();
        reader.start(None);
        let count = |tx: &mut Tx<'_>| {
            Ok::<_, StoreError>(
                Statement::<BigInt>::new("SELECT count(*) FROM idempotency")
                    .first::<i64>(tx.connection)?
                    .unwrap(),
            )
        };
        assert_eq!(reader.read(Scope::Platform, count).unwrap(), 0);
        db.write(Scope::Platform, None, |tx| tx.claim(&key("new"), now())).unwrap();
        assert_eq!(reader.read(Scope::Platform, count).unwrap(), 0);
        reader.start(None);
        assert_eq!(reader.read(Scope::Platform, count).unwrap(), 1);
        assert_eq!(reader.statements(), 2, "one BEGIN and one SELECT");
        let wrote: Result<(), StoreError> = reader.read(Scope::Platform, |tx| {
            tx.connection
                .batch_execute("DELETE FROM idempotency")
                .map_err(|error| StoreError::Internal(Box::new(error)))
        });
        assert!(wrote.is_err());
        reader.start(None);
        assert_eq!(reader.read(Scope::Platform, count).unwrap(), 1);
    });
}

#[test]
fn migrating_again_changes_nothing() {
    for engine in Engine::ALL {
        let database: TempDatabase = fresh(engine, migrated);
        let url = DatabaseUrl::parse(database.url()).unwrap();
        assert_eq!(migrate(&url).unwrap(), Vec::<String>::new());
        assert_eq!(crate::pending_migrations(&url).unwrap(), Vec::<String>::new());
    }
}
