//! That the feed passes nothing over, however many write at once, and says when something is gone.

use std::{
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use regulars_customer::CustomerError;
use regulars_kernel::{
    Actor, Scope,
    page::{Position, SortField as _, SortKey},
};
use regulars_testkit::{Engine, TempDatabase, fresh};

use super::*;
use crate::{DatabaseUrl, Db, Settings, transactions::migrated};

const MERCHANT: MerchantId = MerchantId::new(1);

fn opened(engine: Engine) -> (TempDatabase, Db) {
    let database = fresh(engine, migrated);
    let db = Db::open(&Settings::new(DatabaseUrl::parse(database.url()).unwrap())).unwrap();
    (database, db)
}

/// Writes a row as a trigger would, by hand.
fn told(tx: &mut Tx<'_>, merchant: i64, subject: i64) -> Result<(), StoreError> {
    Statement::<()>::new(
        "INSERT INTO feed_entry (merchant_id, kind, person_id, subject_id) VALUES (",
    )
    .bind(merchant)
    .sql(", 'CUSTOMER_CREATED', ")
    .bind(subject)
    .sql(", ")
    .bind(subject)
    .sql(")")
    .execute(tx.connection)?;
    Ok(())
}

fn tell(db: &Db, merchant: i64, subject: i64) {
    db.write::<_, StoreError, _>(Scope::Platform, None, move |tx| told(tx, merchant, subject))
        .unwrap();
}

/// Tells of something, and holds the transaction open until told to end.
fn tell_and_wait(db: &Db, subject: i64, begun: impl Fn() + Send + 'static, end: Receiver<()>) {
    let end = std::sync::Mutex::new(end);
    db.write::<_, StoreError, _>(Scope::Platform, None, move |tx| {
        told(tx, 1, subject)?;
        begun();
        end.lock().unwrap().recv().ok();
        Ok(())
    })
    .unwrap();
}

fn follow(db: &Db, after: Option<Position>) -> Result<Vec<FeedEntry>, CustomerError> {
    let page = PageRequest { after, ..PageRequest::<FeedSort>::first(100) };
    db.read(Scope::Merchant(MERCHANT), |tx| {
        Ok(regulars_customer::feed::list(tx, &Actor::owner(MERCHANT), &[], &page)?.items)
    })
}

/// The rows after a place, once there are so many: what is under way anywhere in the cluster holds them back.
fn settled(db: &Db, after: Option<&Position>, count: usize) -> Vec<FeedEntry> {
    for _ in 0..6_000 {
        let found = follow(db, after.cloned()).unwrap();
        if found.len() >= count {
            return found;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("{count} rows never came");
}

fn subjects(entries: &[FeedEntry]) -> Vec<i64> {
    entries.iter().map(|entry| entry.subject).collect()
}

fn place(entry: &FeedEntry) -> Position {
    FeedSort::default_order().position(entry)
}

#[test]
fn a_merchant_is_told_of_its_own_in_order() {
    for engine in Engine::ALL {
        let (_database, db) = opened(engine);
        for (merchant, subject) in [(1, 7), (2, 8), (1, 9)] {
            tell(&db, merchant, subject);
        }
        let all = settled(&db, None, 2);
        assert_eq!(subjects(&all), [7, 9]);
        assert_eq!(subjects(&settled(&db, Some(&place(&all[0])), 1)), [9]);
        let other = db.read(Scope::Merchant(MERCHANT), |tx| tx.feed_extent(MerchantId::new(2)));
        assert!(matches!(other, Err(StoreError::OutOfScope(_))), "{other:?}");
        let query = FeedQuery { kinds: FeedKind::ALL.to_vec(), within: StoreAccess::All };
        let foreign =
            db.read(Scope::Merchant(MERCHANT), |tx| tx.count_feed(MerchantId::new(2), &query));
        assert!(matches!(foreign, Err(StoreError::OutOfScope(_))), "{foreign:?}");
    }
}

#[test]
fn what_is_committed_late_is_not_passed_over() {
    let (_database, db) = opened(Engine::Postgres);
    tell(&db, 1, 1);
    let first = place(&settled(&db, None, 1)[0]);
    let (begun, has_begun) = channel();
    let (end, ends) = channel::<()>();
    thread::scope(|threads| {
        let db = &db;
        threads.spawn(move || tell_and_wait(db, 2, move || begun.send(()).unwrap(), ends));
        // What fails from here on drops it, and so ends the other one too.
        let end = end;
        has_begun.recv().unwrap();
        // It has its number, and is not there yet; another one comes after it, and ends before.
        tell(db, 1, 3);
        for _ in 0..20 {
            assert_eq!(
                follow(db, Some(first.clone())).unwrap(),
                [],
                "it waits for what is under way"
            );
            thread::sleep(Duration::from_millis(5));
        }
        end.send(()).unwrap();
        assert_eq!(subjects(&settled(db, Some(&first), 2)), [2, 3]);
    });
}

#[test]
fn whoever_follows_sees_everything_once() {
    for engine in Engine::ALL {
        let (_database, db) = opened(engine);
        let (writers, each) = (8_i64, 40_i64);
        thread::scope(|threads| {
            for writer in 0..writers {
                let db = &db;
                threads.spawn(move || {
                    for nth in 0..each {
                        tell(db, 1, writer * each + nth);
                    }
                });
            }
            let mut seen: Vec<i64> = Vec::new();
            let mut after = None;
            while i64::try_from(seen.len()).unwrap() < writers * each {
                let page = follow(&db, after.clone()).unwrap();
                after = page.last().map(place).or(after);
                seen.extend(subjects(&page));
            }
            seen.sort_unstable();
            assert_eq!(seen, (0..writers * each).collect::<Vec<_>>(), "{engine:?}");
        });
        assert_eq!(settled(&db, None, 100).len(), 100);
    }
}

#[test]
fn who_was_away_too_long_is_told_so() {
    for engine in Engine::ALL {
        let (_database, db) = opened(engine);
        for subject in 1..=4 {
            tell(&db, 1, subject);
        }
        tell(&db, 2, 5);
        let all = settled(&db, None, 4);
        let forget = |before: Timestamp, most: u16| {
            db.write::<_, StoreError, _>(Scope::Platform, None, move |tx| {
                tx.forget_feed(before, most)
            })
            .unwrap()
        };
        assert_eq!(forget(all[0].at, 9), 0, "not a moment too early");
        let soon = Timestamp::from_micros(all[3].at.micros() + 60_000_000);
        assert_eq!(forget(soon, 2), 2);
        assert_eq!(subjects(&settled(&db, None, 2)), [3, 4], "a batch at a time");
        let gone = follow(&db, Some(place(&all[0])));
        assert!(matches!(gone, Err(CustomerError::Invalid(_))), "{gone:?}");
        assert_eq!(subjects(&settled(&db, Some(&place(&all[2])), 1)), [4]);
        assert_eq!((forget(soon, 9), forget(soon, 9)), (1, 0), "the last one of each stays");
        assert!(follow(&db, Some(place(&all[2]))).is_err());
        assert_eq!(follow(&db, Some(place(&all[3]))).unwrap(), []);
        tell(&db, 1, 6);
        let new = settled(&db, Some(&place(&all[3])), 1);
        assert_eq!(subjects(&new), [6]);
        // Another database, or an older state of this one.
        let ahead = match engine {
            Engine::Sqlite => Position { pk: new[0].id + 1, ..place(&new[0]) },
            Engine::Postgres => {
                Position { keys: vec![SortKey::Int(new[0].transaction + 1_000_000)], pk: 1 }
            }
        };
        assert!(follow(&db, Some(ahead)).is_err());
    }
}
