//! What the audit log costs, and that nobody changes it.

use diesel::sql_types::BigInt;
use regulars_auth::{
    AuditStore,
    audit::{AuditFilter, Change, Doer, DoerKind, Field, Log, NewEntry, Outcome, Subject, Target},
};
use regulars_kernel::{PageRequest, RoleId};

use super::*;
use crate::statement::Statement;

fn entry(person: PersonId) -> NewEntry {
    NewEntry {
        at: NOW,
        log: Log::Employer(person),
        doer: Doer { kind: DoerKind::Staff, person: Some(person), app: None },
        action: "createRole".to_owned(),
        target: Some(Target::from(person)),
        outcome: Outcome::Done,
        changes: vec![Change::turned(Field::Archived, true)],
        request_id: "r".to_owned(),
        peer: "192.0.2.7".parse().ok(),
    }
}

#[test]
fn a_mutation_takes_a_few_statements_more_whatever_it_writes_down() {
    for engine in Engine::ALL {
        let database = fresh(engine, migrated);
        let url = DatabaseUrl::parse(database.url()).unwrap();
        let mut link = Link::open(&url, Purpose::Writing, Duration::from_secs(5)).unwrap();
        let mut most = |at_most: u64, work: &dyn Fn(&mut Tx<'_>)| {
            let before = link.watch.statements();
            work(&mut Tx::new(&mut link.connection, Scope::Platform));
            let taken = link.watch.statements() - before;
            assert!(taken <= at_most, "{taken} statements on {engine:?}");
        };
        let person = PersonId::new(1);
        for entries in [vec![entry(person)], vec![entry(person); 100]] {
            most(1, &|tx| tx.append_audit(&entries).unwrap());
        }
        let merchant = MerchantId::new(1);
        for (subject, at_most) in [
            (Subject::Nothing, 0),
            (Subject::Person(person), 0),
            (Subject::Account(person), 2),
            (Subject::Member(merchant, person), 2),
            (Subject::Memberships(person), 3),
        ] {
            most(at_most, &|tx| drop(subject.look(tx).unwrap()));
        }
        // Of staff, the lock finds out that there is no such merchant.
        for subject in [Subject::Post(merchant, person), Subject::Role(merchant, RoleId::new(1))] {
            most(1, &|tx| assert!(subject.look(tx).is_err()));
        }
        let page = PageRequest::first(100);
        most(1, &|tx| {
            let found = tx.list_audit(merchant, &AuditFilter::default(), &page).unwrap();
            assert_eq!(found.items.len(), 0, "whoever works for nobody is in the platform's log");
        });
    }
}

#[test]
fn entries_are_never_changed_and_only_what_tells_of_people_is_cleared() {
    for engine in Engine::ALL {
        let database = fresh(engine, migrated);
        let db =
            Db::open(&crate::Settings::new(DatabaseUrl::parse(database.url()).unwrap())).unwrap();
        let person = PersonId::new(1);
        db.write::<_, StoreError, _>(Scope::Platform, None, move |tx| {
            tx.append_audit(&[entry(person)])
        })
        .unwrap();
        for set in ["action = 'x'", "changes = NULL", "peer = 'x'", "personal = '[]'"] {
            let changed = db.write::<_, StoreError, _>(Scope::Platform, None, move |tx| {
                Statement::<()>::new("UPDATE audit_entry SET ").sql(set).execute(tx.connection)
            });
            assert!(changed.is_err(), "{set} on {engine:?}");
        }
        let cleared = db.write::<_, StoreError, _>(Scope::Platform, None, move |tx| {
            tx.clear_audit(person, None)
        });
        assert_eq!(cleared.unwrap(), 1);
        if engine == Engine::Postgres {
            let merchant = Scope::Merchant(MerchantId::new(1));
            db.write::<_, StoreError, _>(merchant, None, move |tx| {
                let own = NewEntry { log: Log::Merchant(MerchantId::new(1)), ..entry(person) };
                tx.append_audit(&[own])
            })
            .unwrap();
            let deleted = db.write::<_, StoreError, _>(merchant, None, |tx| {
                Statement::<()>::new("DELETE FROM audit_entry").execute(tx.connection)
            });
            assert!(deleted.is_err(), "what is old is the platform's to delete");
        }
    }
}

/// PostgreSQL alone lets somebody read beside whoever writes.
#[test]
fn an_account_is_looked_at_behind_whoever_is_changing_it() {
    let database = fresh(Engine::Postgres, migrated);
    let url = DatabaseUrl::parse(database.url()).unwrap();
    let open = || Link::open(&url, Purpose::Writing, Duration::from_mins(1)).unwrap();
    let (mut first, mut second) = (open(), open());
    let insert = "INSERT INTO person (registered, user_type, firstname, lastname, created_at, updated_at) \
                  VALUES (TRUE, 'CONSUMER', 'Ada', '', 1, 1)";
    first.connection.batch_execute(insert).unwrap();
    let subject = Subject::Account(PersonId::new(1));
    first.connection.batch_execute("BEGIN").unwrap();
    first.connection.batch_execute("UPDATE person SET firstname = 'Grace' WHERE id = 1").unwrap();
    let looking = {
        let subject = subject.clone();
        thread::spawn(move || {
            second.connection.batch_execute("BEGIN").unwrap();
            let seen = subject.look(&mut Tx::new(&mut second.connection, Scope::Platform)).unwrap();
            second.connection.batch_execute("COMMIT").unwrap();
            seen
        })
    };
    let mut watcher = open();
    let waits = "SELECT count(*) FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while !looking.is_finished() {
        let waiting = Statement::<BigInt>::new(waits).first::<i64>(&mut watcher.connection);
        if waiting.unwrap() > Some(0) {
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    first.connection.batch_execute("COMMIT").unwrap();
    let seen = looking.join().unwrap();
    let now = subject.look(&mut Tx::new(&mut watcher.connection, Scope::Platform)).unwrap();
    assert_eq!(seen, now, "not what was there before the change");
}
