//! With the first wall removed: no statement here says whose rows it means.

use std::collections::BTreeMap;

use regulars_kernel::StoreError;

use super::world::{
    ADA, BOB, CID, FAR, MERCHANT, NEAR, OPEN, PERSON, World, insertion, is_tenants, number,
    numbers, show, touched,
};
use crate::Tx;

const REFUSED: &str = "violates row-level security policy";

/// What a statement about every row of each table shows, in the table's own numbers.
fn seen(tx: &mut Tx<'_>, world: &World) -> BTreeMap<String, Vec<i64>> {
    let tables = world.tables.iter().filter(|(table, _)| *table != OPEN && *table != "order_type");
    tables
        .map(|(table, columns)| {
            let number = number(columns);
            let sql = format!("SELECT {number} AS number FROM {table} ORDER BY 1");
            (table.clone(), numbers(tx, &sql))
        })
        .collect()
}

fn writing(world: &World, scope: regulars_kernel::Scope, work: fn(&mut Tx<'_>, &World)) {
    let mut link = super::world::above(&world.database);
    let crate::connection::AnyConnection::Pg(pg) = &mut link.connection else {
        panic!("SQLite has no walls")
    };
    let opening = super::super::opening("BEGIN", scope, None, std::time::Duration::ZERO);
    super::super::begin(pg, &opening).unwrap();
    work(&mut Tx::new(&mut link.connection, scope), world);
}

#[test]
fn a_merchant_sees_its_own_rows_of_every_table() {
    let world = World::new();
    let seen = world.db.read(MERCHANT, |tx| Ok::<_, StoreError>(seen(tx, &world))).unwrap();
    for (table, rows) in &seen {
        let expected: &[i64] = match table.as_str() {
            "merchant" => &[NEAR],
            "person" => &[NEAR, ADA, CID],
            tenants if is_tenants(&world.tables[tenants]) => &[ADA, CID],
            // Log-ins, and what else is no merchant's.
            _ => &[],
        };
        assert_eq!(rows, expected, "{table}");
    }
}

#[test]
fn a_merchant_writes_no_row_of_another() {
    let world = World::new();
    writing(&world, MERCHANT, |tx, world| {
        for (table, columns) in world.tables.iter().filter(|(table, _)| *table != OPEN) {
            if !is_tenants(columns) {
                continue;
            }
            let number = number(columns);
            let stays = touched(tx, &format!("UPDATE {table} SET {number} = {number}"));
            assert_eq!(stays, Ok(2), "{table}: of three rows two are the merchant's");
            let goes = touched(tx, &format!("UPDATE {table} SET merchant_id = {FAR}"));
            assert!(goes.as_ref().is_err_and(|error| error.contains(REFUSED)), "{table}: {goes:?}");
            let comes = touched(tx, &insertion(table, columns, 99, FAR));
            assert!(
                comes.as_ref().is_err_and(|error| error.contains(REFUSED)),
                "{table}: {comes:?}"
            );
            let own = touched(tx, &insertion(table, columns, 99, NEAR));
            assert_eq!(own, Ok(1), "{table}");
            assert_eq!(touched(tx, &format!("DELETE FROM {table}")), Ok(2), "{table}");
        }
        assert_eq!(touched(tx, "UPDATE merchant SET name = 'x'"), Ok(1));
        for registered in ["session", "refresh_token", "person"] {
            assert_eq!(touched(tx, &format!("DELETE FROM {registered}")), Ok(0), "{registered}");
        }
        assert_eq!(
            touched(tx, "UPDATE person SET city = 'x'"),
            Ok(0),
            "all of them are registered"
        );
        for (registered, refused) in [(false, false), (true, true)] {
            let person = format!(
                "INSERT INTO person (user_type, registered, created_at, updated_at) \
                 VALUES ('CONSUMER', {registered}, 0, 0) RETURNING id"
            );
            let made = touched(tx, &person);
            assert_eq!(made.is_err(), refused, "{made:?}");
        }
    });
}

/// What a person has, or sees of what merchants show, where theirs are the rows of a number; nothing is said of tables that
/// came later.
fn expected_of_person(table: &str, shows: bool) -> Option<&'static [i64]> {
    let joined: &[i64] = &[ADA, CID];
    let live: &[i64] = if shows { &[ADA, BOB, CID] } else { joined };
    Some(match table {
        "merchant" => &[NEAR, FAR],
        "campaign"
        | "campaign_store"
        | "campaign_store_group"
        | "loyalty_card"
        | "loyalty_card_product"
        | "loyalty_card_store"
        | "loyalty_card_store_group"
        | "loyalty_reward"
        | "offer"
        | "offer_product"
        | "offer_store"
        | "offer_store_group"
        | "product"
        | "store"
        | "store_group" => live,
        // Pairs of numbers.
        "store_group_member" => &[ADA, BOB, CID],
        "idempotency" | "role" | "staff_member" | "staff_permission" | "staff_role"
        | "staff_store" | "staff_store_group" => &[],
        "account" | "entry" | "hold" | "hold_lot" | "lot" | "lot_use" | "membership"
        | "membership_card" | "order_item" | "orders" | "person" | "redemption"
        | "redemption_intent" | "refresh_token" | "session" | "visit" => &[ADA],
        _ => return None,
    })
}

#[test]
fn a_person_sees_what_is_theirs_and_what_merchants_show() {
    let mut world = World::new();
    for shows in [false, true] {
        show(&mut world.above, shows);
        let seen = world.db.read(PERSON, |tx| Ok::<_, StoreError>(seen(tx, &world))).unwrap();
        for (table, rows) in &seen {
            match expected_of_person(table, shows) {
                Some(expected) => assert_eq!(rows, expected, "{table}, shows: {shows}"),
                None => assert!(rows.iter().all(|number| *number == ADA), "{table}: {rows:?}"),
            }
        }
    }
}

#[test]
fn a_person_writes_what_is_theirs_to_write() {
    let world = World::new();
    writing(&world, PERSON, |tx, world| {
        for (table, columns) in world.tables.iter().filter(|(table, _)| *table != OPEN) {
            if table == "order_type" {
                continue;
            }
            let number = number(columns);
            let changes =
                ["account", "membership", "membership_card", "person", "refresh_token", "session"];
            let deletes = ["membership_card", "refresh_token", "session"];
            let changed = touched(tx, &format!("UPDATE {table} SET {number} = {number}"));
            let deleted = touched(tx, &format!("DELETE FROM {table}"));
            assert_eq!(changed, Ok(usize::from(changes.contains(&table.as_str()))), "{table}");
            assert_eq!(deleted, Ok(usize::from(deletes.contains(&table.as_str()))), "{table}");
            let others = touched(tx, &insertion(table, columns, 99, FAR));
            assert!(
                others.as_ref().is_err_and(|error| error.contains(REFUSED)),
                "{table}: {others:?}"
            );
        }
        let columns = &world.tables["membership"];
        assert_eq!(touched(tx, &insertion("membership", columns, ADA, FAR)), Ok(1), "they join");
        let given = touched(tx, &format!("UPDATE membership SET person_id = {BOB}"));
        assert!(given.as_ref().is_err_and(|error| error.contains(REFUSED)), "{given:?}");
    });
}

#[test]
fn the_platform_sees_everything() {
    let world = World::new();
    let seen =
        world.db.read(regulars_kernel::Scope::Platform, |tx| Ok::<_, StoreError>(seen(tx, &world)));
    for (table, rows) in seen.unwrap() {
        let expected: &[i64] = match table.as_str() {
            "merchant" => &[NEAR, FAR],
            "person" => &[NEAR, FAR, ADA, BOB, CID],
            _ => &[ADA, BOB, CID],
        };
        assert_eq!(rows, expected, "{table}");
    }
}

#[test]
fn a_transaction_that_says_no_scope_sees_nothing() {
    use diesel::connection::SimpleConnection;

    let world = World::new();
    let mut link = super::world::above(&world.database);
    // Before a setting was ever made on a connection, and after one ended with its transaction.
    for opening in [
        "SELECT 1",
        "BEGIN; SET LOCAL regulars.merchant = 1; SET LOCAL regulars.person = 11; COMMIT",
    ] {
        for role in ["regulars_app", "regulars_person"] {
            link.connection.batch_execute(opening).unwrap();
            link.connection.batch_execute(&format!("BEGIN; SET LOCAL ROLE {role}")).unwrap();
            let seen = seen(&mut Tx::new(&mut link.connection, MERCHANT), &world);
            link.connection.batch_execute("ROLLBACK").unwrap();
            for table in [
                "membership",
                "person",
                "orders",
                "order_item",
                "account",
                "entry",
                "session",
                "role",
            ] {
                assert_eq!(seen[table], [0_i64; 0], "{table} as {role}");
            }
        }
    }
}
