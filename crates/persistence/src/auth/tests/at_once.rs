//! Erasing somebody at the moment at which something else is done by them or for them: whichever comes first, nothing of them is
//! left, and nothing that they held is held.

use std::fmt::Debug;

use regulars_auth::erasure::{self, Erasure, Reason};
use regulars_customer::{AccountPatch, Change, CustomerError, account, join};

use super::{
    erasing::{erase, furnish, run, texts},
    *,
};

const PERSON: PersonId = PersonId::new(2);
/// Long enough for somebody else to come as far as the rows that are taken.
const MOMENT: Duration = Duration::from_millis(150);

/// Erases somebody, and has something else begin once their rows are taken and before that is committed. Answers what came of
/// the other.
fn while_erasing<T: Send>(
    house: &House,
    person: PersonId,
    other: impl FnOnce(&Db) -> T + Send,
) -> T {
    let begun = Arc::new(Barrier::new(2));
    thread::scope(|threads| {
        let (db, started) = (&house.db, Arc::clone(&begun));
        let other = threads.spawn(move || {
            started.wait();
            other(db)
        });
        let runs = AtomicUsize::new(0);
        let erased: Result<Erasure, AuthError> = house.write(move |tx, authority| {
            let marker = authority.marker();
            let done = erasure::erase_account(tx, marker, person, Reason::Request, NOW)?;
            // Run again, the other one is not told twice.
            if runs.fetch_add(1, Ordering::SeqCst) == 0 {
                begun.wait();
                thread::sleep(MOMENT);
            }
            Ok(done)
        });
        erased.unwrap();
        other.join().unwrap()
    })
}

/// Does something, and has the erasure begin before that is committed.
fn erase_during<E>(
    house: &House,
    scope: Scope,
    first: impl Fn(&mut Tx<'_>) -> Result<(), E> + Send + 'static,
) where
    E: From<StoreError> + regulars_kernel::Contention + Debug + Send + 'static,
{
    let begun = Arc::new(Barrier::new(2));
    let other = {
        let (db, begun, runs) = (Arc::clone(&house.db), Arc::clone(&begun), AtomicUsize::new(0));
        thread::spawn(move || {
            db.write::<_, E, _>(scope, None, move |tx| {
                first(tx)?;
                if runs.fetch_add(1, Ordering::SeqCst) == 0 {
                    begun.wait();
                    thread::sleep(MOMENT);
                }
                Ok(())
            })
        })
    };
    begun.wait();
    erase(house).unwrap();
    other.join().unwrap().unwrap();
}

#[test]
fn rule_30_nobody_logs_in_who_is_being_erased() {
    each_house(Duration::ZERO, |house| {
        let grant = house.register(&registration("ada@example.com", "consumer")).unwrap();
        let read = |tx: &mut Tx<'_>| login::candidate(tx, "ada@example.com");
        let candidate = house.db.read(Scope::Platform, read).unwrap();
        let password = Password::from(PASSWORD);
        let proof =
            login::prove(&house.authority, candidate, password, &mut rand::rng(), soon()).unwrap();
        let authority = Arc::clone(&house.authority);
        let refused = while_erasing(house, grant.person, move |db| {
            db.write::<_, AuthError, _>(Scope::Platform, None, move |tx| {
                login::commit(tx, &authority, &proof, NOW)
            })
        });
        assert!(refused.is_err(), "{refused:?}");
        for table in ["session", "refresh_token"] {
            assert_eq!(texts(house, format!("SELECT '{table}' FROM {table}")), [""; 0]);
        }
        assert_eq!(house.actor(&grant), Actor::Anonymous);
    });
}

#[test]
fn rule_30_what_somebody_changes_of_themselves_does_not_outlive_their_erasure() {
    each_house(Duration::ZERO, |house| {
        furnish(house);
        let refused = while_erasing(house, PERSON, |db| {
            db.write::<_, CustomerError, _>(Scope::Person(PERSON), None, |tx| {
                let city = Change::Set("Quagburg".to_owned());
                let patch = AccountPatch { city, ..AccountPatch::default() };
                account::update(tx, &Actor::Consumer { person: PERSON }, &patch, NOW)
            })
        });
        assert!(matches!(refused, Err(CustomerError::Invalid(_))), "{refused:?}");
        let cities = "SELECT city FROM person WHERE city IS NOT NULL UNION ALL \
                      SELECT city FROM membership WHERE city IS NOT NULL";
        assert_eq!(texts(house, cities.to_owned()), [""; 0]);
    });
}

/// A second merchant, with a store that somebody can join.
fn open_another(house: &House) {
    let rows = [
        "INSERT INTO person (id, user_type, registered, email, email_key, created_at, updated_at) \
         VALUES (3, 'MERCHANT', TRUE, 'n@shop.example', 'n@shop.example', 0, 0)",
        "INSERT INTO merchant (id, name, time_zone, currency, created_at, updated_at) \
         VALUES (3, 'Next', 'UTC', 'EUR', 0, 0)",
        "INSERT INTO store (id, merchant_id, name, name_key, created_at, updated_at) \
         VALUES (3, 3, 'N', 'n', 0, 0)",
    ];
    let opened: Result<(), StoreError> =
        house.write(move |tx, _| rows.iter().try_for_each(|row| run(tx, row)));
    opened.unwrap();
}

fn join_another(tx: &mut Tx<'_>) -> Result<(), CustomerError> {
    join::join(tx, &Actor::Consumer { person: PERSON }, StoreId::new(3), NOW).map(drop)
}

/// What merchants have of the person that tells of them.
fn known(house: &House) -> Vec<String> {
    let sql = "SELECT firstname FROM membership WHERE person_id = 2 AND (erased_at IS NULL OR firstname <> '')";
    texts(house, sql.to_owned())
}

#[test]
fn rule_30_nobody_joins_who_is_being_erased() {
    each_house(Duration::ZERO, |house| {
        furnish(house);
        open_another(house);
        let refused = while_erasing(house, PERSON, |db| {
            db.write::<_, CustomerError, _>(Scope::Person(PERSON), None, join_another)
        });
        assert!(matches!(refused, Err(CustomerError::ConsumerNotFound)), "{refused:?}");
        assert_eq!(known(house), [""; 0]);
    });
}

#[test]
fn rule_30_a_membership_that_is_just_being_made_goes_with_its_account() {
    each_house(Duration::ZERO, |house| {
        furnish(house);
        open_another(house);
        erase_during(house, Scope::Person(PERSON), join_another);
        let joined = "SELECT 'joined' FROM membership WHERE merchant_id = 3 AND person_id = 2";
        assert_eq!(texts(house, joined.to_owned()), ["joined"]);
        assert_eq!(known(house), [""; 0]);
    });
}

#[test]
fn rule_30_a_hold_that_is_just_being_made_is_called_off_with_its_account() {
    each_house(Duration::ZERO, |house| {
        furnish(house);
        erase_during::<StoreError>(house, Scope::Platform, |tx| {
            run(tx, "UPDATE account SET held = held + 5 WHERE id = 1")?;
            let hold = "INSERT INTO hold (id, merchant_id, account_id, amount, until, state, created_at) \
                        VALUES (2, 1, 1, 5, 9, 'OPEN', 0)";
            run(tx, hold)
        });
        let held = "SELECT state FROM hold UNION ALL SELECT CAST(held AS TEXT) FROM account";
        assert_eq!(texts(house, held.to_owned()), ["CANCELLED", "CANCELLED", "0"]);
    });
}
