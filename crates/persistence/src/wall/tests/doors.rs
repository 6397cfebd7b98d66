//! What is seen although it is another's, and how an open transaction gets another scope.

use diesel::{RunQueryDsl, connection::SimpleConnection, sql_types::Text};
use regulars_auth::{AuthStore, SessionId};
use regulars_customer::{CustomerStore, LoyaltyId};
use regulars_kernel::{OfferId, PersonId, Scope, StoreError, Timestamp};
use regulars_loyalty::{LoyaltyStore, PromotionId};

use super::world::{ADA, BOB, CID, FAR, MERCHANT, NEAR, PERSON, World, numbers, show};
use crate::{Tx, connection::AnyConnection, statement::Statement};

/// The door as a row of all its columns, as JSON, so that none can come unseen.
#[derive(diesel::QueryableByName)]
struct Whole {
    #[diesel(sql_type = Text)]
    row: String,
}

#[test]
fn one_exact_loyalty_id_shows_one_person_and_three_columns() {
    let world = World::new();
    for scope in [MERCHANT, PERSON] {
        let read = world.db.read(scope, |tx| {
            let AnyConnection::Pg(pg) = &mut *tx.connection else { panic!("SQLite has no walls") };
            for (loyalty_id, expected) in [("t12", Some(BOB)), ("t1%", None), ("", None)] {
                let rows: Vec<Whole> = diesel::sql_query(format!(
                    "SELECT to_jsonb(i)::text AS row FROM identify('{loyalty_id}') i"
                ))
                .load(pg)
                .unwrap();
                let rows: Vec<String> = rows.into_iter().map(|whole| whole.row).collect();
                let whole = expected
                    .map(|id| serde_json::json!({ "id": id, "firstname": "", "city": null }));
                let found: Vec<serde_json::Value> =
                    rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect();
                assert_eq!(found, Vec::from_iter(whole), "{loyalty_id} in {scope:?}");
            }
            // Nothing more is seen of them behind it.
            let bob = format!("SELECT id AS number FROM person WHERE id = {BOB}");
            assert_eq!(numbers(tx, &bob), [0_i64; 0]);
            let known = tx.stranger(&LoyaltyId::from_stored("t12".to_owned()))?.unwrap();
            assert_eq!(known.id, PersonId::new(BOB));
            Ok::<_, StoreError>(())
        });
        read.unwrap();
    }
}

#[test]
fn limits_count_everybodys_uses_and_show_nobody() {
    let mut world = World::new();
    show(&mut world.above, true);
    let uses = format!(
        "UPDATE redemption SET kind = 'OFFER', offer_id = {ADA}, reversed_at = NULL;
         UPDATE redemption SET merchant_id = {NEAR};
         UPDATE redemption_intent SET kind = 'OFFER', offer_id = {BOB}, state = 'OPEN', expires_at = 100"
    );
    world.above.connection.batch_execute(&uses).unwrap();
    let offers = [ADA, BOB].map(|id| PromotionId::Offer(OfferId::new(id)));
    let at = |second| Timestamp::from_micros(second);
    let asked = |scope: Scope, now: Timestamp| {
        world.db.read(scope, |tx| {
            let own = numbers(tx, "SELECT person_id AS number FROM redemption ORDER BY 1");
            Ok::<_, StoreError>((tx.total_uses(&offers, now)?, own))
        })
    };
    let (counted, own) = asked(PERSON, at(99)).unwrap();
    assert_eq!(counted, [(offers[0], 3), (offers[1], 1)]);
    assert_eq!(own, [ADA]);
    assert_eq!(asked(PERSON, at(100)).unwrap().0, [(offers[0], 3)]);
    // A merchant counts behind its own wall.
    let (counted, own) = asked(MERCHANT, at(99)).unwrap();
    assert_eq!(counted, [(offers[0], 3)]);
    assert_eq!(own, [ADA, BOB, CID]);
}

/// Role, merchant and person of the transaction.
fn standing(tx: &mut Tx<'_>) -> Result<(String, String, String), StoreError> {
    let asked = Statement::<(Text, Text, Text)>::new(
        "SELECT current_user::text, COALESCE(current_setting('regulars.merchant', TRUE), ''), \
         COALESCE(current_setting('regulars.person', TRUE), '')",
    );
    Ok(asked.first(tx.connection)?.unwrap())
}

fn stands(role: &str, merchant: &str, person: &str) -> (String, String, String) {
    (format!("regulars_{role}"), merchant.to_owned(), person.to_owned())
}

#[test]
fn the_scope_reaches_the_database_in_the_round_trip_that_begins() {
    let world = World::new();
    let expected = [
        (MERCHANT, stands("app", "1", "")),
        (PERSON, stands("person", "", "11")),
        (Scope::Platform, stands("platform", "", "")),
    ];
    let mut reader = world.db.own_reader();
    for (scope, expected) in &expected {
        assert_eq!(&world.db.write(*scope, None, standing).unwrap(), expected);
        reader.start(None);
        assert_eq!(&reader.read(*scope, standing).unwrap(), expected);
        assert_eq!(reader.statements(), 2, "one begins and one asks");
    }
    // One transaction of several scopes.
    reader.start(None);
    for (scope, expected) in expected.iter().chain(&expected) {
        assert_eq!(&reader.read(*scope, standing).unwrap(), expected);
    }
}

#[test]
fn who_asks_is_found_out_and_the_walls_narrowed_in_one_round_trip() {
    let mut world = World::new();
    let people = format!(
        "UPDATE session SET revoked_at = NULL;
         UPDATE person SET user_type = 'MERCHANT' WHERE id = {BOB};
         UPDATE person SET user_type = 'MERCHANT', staff = TRUE WHERE id = {CID};
         INSERT INTO session (id, person_id, created_at) VALUES ({FAR}, {FAR}, 0)"
    );
    world.above.connection.batch_execute(&people).unwrap();
    let mut reader = world.db.own_reader();
    let bob = stands("app", "2", "");
    let cases = [
        (ADA, PERSON, stands("person", "", "11"), 3),
        (BOB, Scope::Merchant(regulars_kernel::MerchantId::new(FAR)), bob, 3),
        (CID, Scope::Platform, stands("platform", "", ""), 3),
        // Without a job nobody has a scope: whoever goes on says which.
        (FAR, MERCHANT, stands("app", "1", ""), 4),
        // Nobody has that number.
        (77, PERSON, stands("person", "", "11"), 4),
    ];
    for (person, scope, expected, statements) in cases {
        reader.start(None);
        let known = reader.read(Scope::Platform, |tx| {
            tx.narrow_to_bearer();
            let known = tx.find_standing(PersonId::new(person), SessionId::new(person))?;
            let again = tx.find_standing(PersonId::new(person), SessionId::new(person));
            let narrowed = tx.scope() != Scope::Platform;
            assert_eq!(
                again.is_err(),
                narrowed,
                "behind the narrower walls nothing wider is asked"
            );
            Ok::<_, StoreError>(known.map(|known| (known.person, known.session_live)))
        });
        let live = (person != 77).then_some((PersonId::new(person), true));
        assert_eq!(known.unwrap(), live);
        assert_eq!(reader.read(scope, standing).unwrap(), expected, "{person}");
        let asked_twice = u64::from(!matches!(person, ADA | BOB));
        assert_eq!(reader.statements(), statements + asked_twice, "{person}");
        let everybody = "SELECT id AS number FROM person";
        let all =
            reader.read(Scope::Platform, |tx| Ok::<_, StoreError>(numbers(tx, everybody).len()));
        assert_eq!(all.unwrap(), 5, "the wider scope comes back where it is asked for");
    }
}

#[test]
fn a_write_is_never_narrowed() {
    let world = World::new();
    let scope = world.db.write(Scope::Platform, None, |tx| {
        tx.narrow_to_bearer();
        tx.find_standing(PersonId::new(ADA), SessionId::new(ADA))?;
        Ok::<_, StoreError>(tx.scope())
    });
    assert_eq!(scope.unwrap(), Scope::Platform);
}

#[test]
fn a_transaction_that_cannot_step_down_is_not_left_open() {
    let mut world = World::new();
    let AnyConnection::Pg(pg) = &mut world.above.connection else { panic!("SQLite has no walls") };
    let refused = crate::wall::begin(pg, "BEGIN; SET LOCAL ROLE regulars_nobody");
    assert!(refused.is_err());
    crate::wall::begin(pg, "BEGIN").unwrap();
    let mut tx = Tx::new(&mut world.above.connection, Scope::Platform);
    assert_eq!(numbers(&mut tx, "SELECT id AS number FROM merchant ORDER BY 1"), [NEAR, FAR]);
}

#[test]
fn a_till_holds_the_account_of_a_member_and_of_nobody_else() {
    let world = World::new();
    let held = world.db.write(MERCHANT, None, |tx| {
        let held = |tx: &mut Tx<'_>, person: i64| {
            let door = format!("SELECT hold_account({NEAR}, {person}) AS number WHERE hold_account({NEAR}, {person}) > 0");
            numbers(tx, &door)
        };
        Ok::<_, StoreError>([held(tx, ADA), held(tx, BOB)])
    });
    assert_eq!(held.unwrap(), [vec![ADA], vec![]]);
}

#[test]
fn a_person_writes_nothing_of_what_is_promised_and_redeemed() {
    let world = World::new();
    // Whatever is asked past every port: neither a new row, nor a change, nor a row less.
    let tables = [
        "redemption_intent",
        "redemption",
        "hold",
        "hold_lot",
        "entry",
        "lot",
        "lot_use",
        "loyalty_reward",
    ];
    for table in tables {
        let columns = &world.tables[table];
        let number = super::world::number(columns);
        let new = super::world::insertion(table, columns, ADA + 100, NEAR);
        let inserted = world.db.write(PERSON, None, move |tx| {
            let AnyConnection::Pg(pg) = &mut *tx.connection else { panic!("SQLite has no walls") };
            Ok::<_, StoreError>(
                diesel::sql_query(new.as_str()).execute(pg).map_err(|e| e.to_string()),
            )
        });
        let refusal = inserted.unwrap().unwrap_err();
        assert!(refusal.contains("row-level security"), "{table}: {refusal}");
        for statement in [
            format!("UPDATE {table} SET {number} = {number} WHERE {number} = {ADA}"),
            format!("DELETE FROM {table} WHERE {number} = {ADA}"),
        ] {
            let touched = world.db.write(PERSON, None, {
                let statement = statement.clone();
                move |tx| {
                    let AnyConnection::Pg(pg) = &mut *tx.connection else {
                        panic!("SQLite has no walls")
                    };
                    let done = diesel::sql_query(statement.as_str()).execute(pg);
                    Ok::<_, StoreError>(done.map_err(|error| error.to_string()))
                }
            });
            assert_eq!(touched.unwrap(), Ok(0), "{statement}");
        }
    }
}
