//! What transactions promise, tried on both databases.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use diesel::{QueryDsl, RunQueryDsl, connection::SimpleConnection, sql_types::BigInt};
use regulars_kernel::{Scope, StoreError, Timestamp};
use regulars_testkit::{Engine, TempDatabase, fresh};

use crate::{
    DatabaseUrl, Db, IdempotencyKey, Outcome, Settings, Tx,
    connection::{Link, Manager, Purpose as ConnectionPurpose},
    error::IntoStore,
    migrate,
    schema::idempotency,
    statement::Statement,
};

pub(crate) fn migrated(url: &str) -> Result<(), String> {
    let url = DatabaseUrl::parse(url).map_err(|error| error.to_string())?;
    migrate(&url).map(drop).map_err(|error| error.to_string())
}

fn each_database(test: impl Fn(&Db)) {
    for engine in Engine::ALL {
        let database: TempDatabase = fresh(engine, migrated);
        let url = DatabaseUrl::parse(database.url()).unwrap();
        // Nothing but a request's own deadline ends it, however busy the machine is.
        let (pool_wait, statement_timeout) = (Duration::from_mins(2), Duration::from_hours(1));
        let db =
            Db::open(&Settings { pool_wait, statement_timeout, ..Settings::new(url) }).unwrap();
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
        reader.start(Some(Instant::now() + Duration::from_millis(200)));
        let ended: Result<i64, StoreError> = reader.read(Scope::Platform, slow);
        assert!(matches!(ended, Err(StoreError::DeadlineExceeded)), "{ended:?}");
        reader.start(None);
        let count: Result<i64, StoreError> = reader.read(Scope::Platform, |tx| {
            Ok(Statement::<BigInt>::new("SELECT CAST(1 AS BIGINT)").first(tx.connection)?.unwrap())
        });
        assert_eq!(count.unwrap(), 1);
    });
}

#[test]
fn a_write_past_its_deadline_costs_no_other_of_its_group() {
    each_database(|db| late_in_a_group(db, endless));
    // SQLite takes the whole transaction with what it interrupts, the step to undo included.
    each_database(|db| late_in_a_group(db, |tx| tx.attempt(endless)?));
}

fn endless(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let sql = "INSERT INTO idempotency (merchant_id, actor_id, mutation, idempotency_key, \
         fingerprint, outcome, created_at) SELECT 9, n.i, 'x', 'y', '', '', 0 FROM ";
    let sqlite = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
        WHERE i < 2000000000) SELECT i FROM n) n";
    let pg = "generate_series(1, 2000000000) n(i)";
    Statement::<()>::new(sql).dialect(pg, sqlite).execute(tx.connection)?;
    Ok(())
}

fn late_in_a_group(db: &Db, late_step: fn(&mut Tx<'_>) -> Result<(), StoreError>) {
    {
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
                db.write(Scope::Platform, Some(deadline), move |tx| {
                    tx.claim(&key("late"), now())?;
                    late_step(tx)
                });
            assert!(matches!(late, Err(StoreError::DeadlineExceeded)), "{late:?}");
            for other in others {
                assert_eq!(other.join().unwrap().unwrap(), Outcome::New);
            }
        });
        assert_eq!(keys(db), 8);
    }
}

#[test]
fn postgres_keeps_its_own_limit_where_the_deadline_is_far() {
    let database = fresh(Engine::Postgres, migrated);
    let url = DatabaseUrl::parse(database.url()).unwrap();
    let limit = Duration::from_millis(200);
    let db = Db::open(&Settings { statement_timeout: limit, ..Settings::new(url) }).unwrap();
    let deadline = Instant::now() + Duration::from_mins(10);
    let far = Some(deadline);
    let mut reader = db.own_reader();
    reader.start(far);
    let read = reader.read(Scope::Platform, slow);
    assert!(matches!(read, Err(StoreError::DeadlineExceeded)), "{read:?}");
    let wrote: Result<i64, StoreError> = db.write(Scope::Platform, far, slow);
    assert!(matches!(wrote, Err(StoreError::DeadlineExceeded)), "{wrote:?}");
    assert!(Instant::now() < deadline, "ended by the statements' limit");
}

#[test]
fn a_connection_that_is_ended_is_no_fault_of_ours() {
    let database = fresh(Engine::Postgres, migrated);
    let db = Db::open(&Settings::new(DatabaseUrl::parse(database.url()).unwrap())).unwrap();
    // A session may end itself, as an operator or a stopping server would end it.
    let end = |tx: &mut Tx<'_>| {
        let sql = "RESET ROLE; SELECT pg_terminate_backend(pg_backend_pid())";
        tx.connection.batch_execute(sql).store()
    };
    let ended = db.write(Scope::Platform, None, end);
    assert!(matches!(ended, Err(StoreError::Unavailable)), "{ended:?}");
    let went_on = db.write(Scope::Platform, None, move |tx| {
        end(tx).ok();
        tx.claim(&key("a"), now()).map(drop)
    });
    assert!(matches!(went_on, Err(StoreError::Unavailable)), "{went_on:?}");
    let unnoticed = db.write(Scope::Platform, None, move |tx| {
        end(tx).ok();
        Ok::<_, StoreError>(())
    });
    assert!(matches!(unnoticed, Err(StoreError::Unavailable)), "{unnoticed:?}");
    let mut reader = db.own_reader();
    reader.start(None);
    let read = reader.read(Scope::Platform, end);
    assert!(matches!(read, Err(StoreError::Unavailable)), "{read:?}");
    reader.start(None);
    assert_eq!(keys(&db), 0, "and the next connection works");
}

#[test]
fn postgres_commits_nothing_past_the_deadline() {
    let database = fresh(Engine::Postgres, migrated);
    let url = DatabaseUrl::parse(database.url()).unwrap();
    let db = Db::open(&Settings::new(url)).unwrap();
    let late: Result<Outcome, StoreError> =
        db.write(Scope::Platform, Some(Instant::now() + Duration::from_millis(100)), |tx| {
            let outcome = tx.claim(&key("late"), now())?;
            thread::sleep(Duration::from_millis(150));
            Ok(outcome)
        });
    assert!(matches!(late, Err(StoreError::DeadlineExceeded)), "{late:?}");
    let over: Result<Outcome, StoreError> =
        db.write(Scope::Platform, Some(Instant::now()), |tx| tx.claim(&key("over"), now()));
    assert!(matches!(over, Err(StoreError::DeadlineExceeded)), "{over:?}");
    assert_eq!(keys(&db), 0);
}

fn shape(number: i64, varies: bool) -> Statement<BigInt> {
    let mut statement = Statement::new(format!("SELECT CAST({number} AS BIGINT) + "));
    statement.push_bind(1_i64);
    if varies {
        statement.vary();
    }
    statement
}

#[test]
fn a_thousand_shapes_of_statements_are_not_all_kept_prepared() {
    for engine in Engine::ALL {
        let database = fresh(engine, migrated);
        let url = DatabaseUrl::parse(database.url()).unwrap();
        let mut link =
            Link::open(&url, ConnectionPurpose::Reading, Duration::from_secs(5)).unwrap();
        for number in 0..1_000 {
            let varying: Vec<i64> = shape(number, true).load(&mut link.connection).unwrap();
            assert_eq!(varying, [number + 1]);
        }
        assert_eq!(link.watch.kept(), 0, "what callers shape is prepared once");
        let mut most = 0;
        for number in 0..1_000 {
            link.trim().unwrap();
            let rows: Vec<i64> = shape(number, false).load(&mut link.connection).unwrap();
            assert_eq!(rows, [number + 1]);
            most = most.max(link.watch.kept());
        }
        assert!((400..=600).contains(&most), "{most} statements on {engine:?}");
        if engine == Engine::Postgres {
            let kept = Statement::<BigInt>::new("SELECT count(*) FROM pg_prepared_statements");
            let kept: Option<i64> = kept.first(&mut link.connection).unwrap();
            assert!(kept.unwrap() <= 600, "{kept:?}");
        }
        // Readers and writes let go by themselves.
        let db = Db::open(&Settings::new(url)).unwrap();
        let mut reader = db.own_reader();
        for number in 0..1_000 {
            reader.start(None);
            reader
                .read(Scope::Platform, |tx| shape(number, false).load::<i64>(tx.connection))
                .unwrap();
        }
        if engine == Engine::Postgres {
            let kept = |tx: &mut Tx<'_>| {
                Statement::<BigInt>::new("SELECT count(*) FROM pg_prepared_statements")
                    .first::<i64>(tx.connection)
            };
            assert!(reader.read(Scope::Platform, kept).unwrap().unwrap() <= 600);
        }
    }
}

fn sqlite() -> (TempDatabase, Db) {
    let database = fresh(Engine::Sqlite, migrated);
    let db = Db::open(&Settings::new(DatabaseUrl::parse(database.url()).unwrap())).unwrap();
    (database, db)
}

#[test]
fn sqlites_log_is_cut_while_somebody_always_reads() {
    const MEGABYTE: usize = 1024 * 1024;
    const READERS: u64 = 3;
    /// It is cut long before, however slow the machine is; without a cut it is not at all.
    const CEILING: u64 = 512 * 1024 * 1024;

    let (database, db) = sqlite();
    let log = std::path::PathBuf::from(format!("{}-wal", database.file().unwrap().display()));
    let done = AtomicBool::new(false);
    let mut longest = 0;
    let was_cut = thread::scope(|threads| {
        for number in 0..READERS {
            let (db, done) = (&db, &done);
            threads.spawn(move || {
                let mut reader = db.own_reader();
                thread::sleep(Duration::from_millis(5 * number));
                while !done.load(Ordering::Relaxed) {
                    reader.start(None);
                    reader
                        .read(Scope::Platform, |tx| {
                            Statement::<BigInt>::new("SELECT count(*) FROM idempotency")
                                .load::<i64>(tx.connection)
                        })
                        .unwrap();
                    thread::sleep(Duration::from_millis(15));
                }
            });
        }
        // How soon depends on when the machine lets the readers go on.
        let mut was_cut = false;
        for number in 0.. {
            let name = format!("k{number}");
            db.write(Scope::Platform, None, move |tx| {
                tx.claim(&key(&name), now())?;
                tx.record_outcome(&key(&name), &"x".repeat(MEGABYTE))
            })
            .unwrap();
            let length = log.metadata().unwrap().len();
            was_cut = length < longest;
            longest = longest.max(length);
            if was_cut || longest > CEILING {
                break;
            }
        }
        done.store(true, Ordering::Relaxed);
        was_cut
    });
    assert!(was_cut, "{longest} bytes");
}

#[test]
fn readers_are_replaced_when_statistics_were_gathered() {
    let database = fresh(Engine::Sqlite, migrated);
    let manager = Manager {
        url: DatabaseUrl::parse(database.url()).unwrap(),
        purpose: ConnectionPurpose::Reading,
        statement_timeout: Duration::ZERO,
        statistics: Arc::default(),
    };
    let mut reader = crate::Reader::own(manager.clone());
    // A setting of this connection alone tells whether it is still the same one.
    let cache = |tx: &mut Tx<'_>| {
        Statement::<BigInt>::new("SELECT cache_size FROM pragma_cache_size")
            .first::<i64>(tx.connection)
    };
    reader.start(None);
    reader
        .read(Scope::Platform, |tx| {
            let set = tx.connection.batch_execute("PRAGMA cache_size = -77");
            set.map_err(|error| StoreError::Internal(Box::new(error)))
        })
        .unwrap();
    reader.start(None);
    assert_eq!(reader.read(Scope::Platform, cache).unwrap(), Some(-77));
    let pool = r2d2::Pool::builder().max_size(1).build(manager.clone()).unwrap();
    let mut pooled = pool.get().unwrap();
    assert!(!r2d2::ManageConnection::has_broken(&manager, &mut pooled));
    manager.statistics.fetch_add(1, Ordering::Release);
    assert!(r2d2::ManageConnection::has_broken(&manager, &mut pooled));
    reader.start(None);
    assert_eq!(reader.read(Scope::Platform, cache).unwrap(), Some(-8192));
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
