//! Two merchants and a row of each table for each of three people, made of the catalog: whatever table there is.

use std::collections::BTreeMap;

use diesel::{
    RunQueryDsl,
    connection::SimpleConnection,
    sql_types::{BigInt, Bool, Text},
};
use regulars_kernel::{MerchantId, PersonId, Scope};
use regulars_testkit::{Engine, TempDatabase, fresh};

use crate::{
    DatabaseUrl, Db, Settings, Tx,
    connection::{AnyConnection, Link, Purpose},
    transactions::migrated,
};

/// The one tenant table around which no wall stands.
pub(super) const OPEN: &str = "membership_search";

/// A merchant's number is its founder's.
pub(super) const NEAR: i64 = 1;
pub(super) const FAR: i64 = 2;
/// Customers, and the number of every row that is theirs or stands beside theirs: who is whose.
pub(super) const ADA: i64 = 11;
pub(super) const BOB: i64 = 12;
pub(super) const CID: i64 = 13;
const PEOPLE: [(i64, i64); 3] = [(ADA, NEAR), (BOB, FAR), (CID, NEAR)];

pub(super) const MERCHANT: Scope = Scope::Merchant(MerchantId::new(NEAR));
pub(super) const PERSON: Scope = Scope::Person(PersonId::new(ADA));

#[derive(Clone, Debug, diesel::QueryableByName)]
pub(super) struct Column {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    /// Whether a row needs a value for it.
    #[diesel(sql_type = Bool)]
    needed: bool,
}

const COLUMNS: &str = "SELECT c.table_name::text AS table, c.column_name::text AS name, c.data_type::text AS kind, \
    c.is_nullable = 'NO' AND c.column_default IS NULL AS needed \
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) \
    WHERE table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND table_name NOT LIKE '\\_\\_%' \
    ORDER BY c.table_name, c.ordinal_position";

/// Every table and its columns.
pub(super) type Tables = BTreeMap<String, Vec<Column>>;

pub(super) fn is_tenants(columns: &[Column]) -> bool {
    columns.iter().any(|column| column.name == "merchant_id")
}

/// What tells a row's number: each of its ids but the merchant's is that. Where there is none, what else needs a number.
pub(super) fn number(columns: &[Column]) -> &str {
    let telling = |column: &&Column| {
        column.kind == "bigint"
            && column.name != "merchant_id"
            && (column.name == "id" || column.name.ends_with("_id"))
    };
    let needed =
        |column: &&Column| column.kind == "bigint" && column.name != "merchant_id" && column.needed;
    &columns.iter().find(telling).or_else(|| columns.iter().find(needed)).expect("a number").name
}

/// The statement that inserts a row of a number for a merchant.
pub(super) fn insertion(table: &str, columns: &[Column], number: i64, merchant: i64) -> String {
    let value = |column: &Column| {
        let is_id = column.name == "id" || column.name.ends_with("_id");
        Some(match (column.kind.as_str(), column.name.as_str()) {
            ("bigint", "merchant_id") => merchant.to_string(),
            ("bigint", "id") if table == "merchant" => merchant.to_string(),
            ("bigint", _) if is_id => number.to_string(),
            ("text", _) if is_id || column.needed => format!("'t{number}'"),
            _ if !column.needed => return None,
            ("bigint" | "integer", _) => number.to_string(),
            ("boolean", _) => "TRUE".to_owned(),
            ("bytea", _) => format!("'\\x{number:04}'"),
            (kind, name) => panic!("{table}.{name} has the type {kind}"),
        })
    };
    let (names, values): (Vec<&str>, Vec<String>) =
        columns.iter().filter_map(|column| Some((column.name.as_str(), value(column)?))).unzip();
    format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "))
}

/// A furnished database on PostgreSQL.
pub(super) struct World {
    /// Dropped last.
    pub(super) db: Db,
    pub(super) tables: Tables,
    pub(super) above: Link,
    pub(super) database: TempDatabase,
}

/// A link that goes past the walls: the login of the tests' cluster is its superuser.
pub(super) fn above(database: &TempDatabase) -> Link {
    let url = DatabaseUrl::parse(database.url()).unwrap();
    Link::open(&url, Purpose::Migrating, std::time::Duration::ZERO).unwrap()
}

pub(super) fn tables(link: &mut Link) -> Tables {
    let AnyConnection::Pg(pg) = &mut link.connection else { panic!("SQLite has no walls") };
    let mut tables = Tables::new();
    for column in diesel::sql_query(COLUMNS).load::<Column>(pg).unwrap() {
        tables.entry(column.table.clone()).or_default().push(column);
    }
    tables
}

impl World {
    /// What would keep made-up rows out is taken away first: checks, foreign keys and triggers are no part of the wall.
    pub(super) fn new() -> Self {
        let database = fresh(Engine::Postgres, migrated);
        let mut above = above(&database);
        let tables = tables(&mut above);
        let loosen = "DO $$ DECLARE held record; BEGIN
            FOR held IN SELECT conrelid::regclass AS walled, conname FROM pg_constraint
                WHERE contype IN ('c', 'f') AND connamespace = current_schema()::regnamespace
            LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', held.walled, held.conname); END LOOP;
            FOR held IN SELECT tgrelid::regclass AS walled, tgname FROM pg_trigger
                WHERE NOT tgisinternal AND tgrelid <> 'person'::regclass
            LOOP EXECUTE format('DROP TRIGGER %I ON %s', held.tgname, held.walled); END LOOP;
        END $$";
        above.connection.batch_execute(loosen).unwrap();
        let mut rows = vec![format!(
            "INSERT INTO person (id, user_type, registered, created_at, updated_at) \
             VALUES ({NEAR}, 'MERCHANT', TRUE, 0, 0), ({FAR}, 'MERCHANT', TRUE, 0, 0)"
        )];
        for (table, columns) in &tables {
            let known = table == "order_type";
            let of: &[(i64, i64)] = match table.as_str() {
                "merchant" => &[(NEAR, NEAR), (FAR, FAR)],
                _ => &PEOPLE,
            };
            let of = of.iter().filter(|_| !known);
            rows.extend(of.map(|(number, merchant)| insertion(table, columns, *number, *merchant)));
        }
        for published in ["campaign", "offer", "loyalty_card"] {
            rows.push(format!("UPDATE {published} SET status = 'ENDED'"));
        }
        let readable = "UPDATE person SET user_type = 'CONSUMER' WHERE id > 10;
            SELECT setval(pg_get_serial_sequence('person', 'id'), 1000);
            UPDATE role SET permissions = 'view_consumer';
            UPDATE application SET permissions = 'view_consumer';
            UPDATE staff_permission SET permission = 'view_consumer'";
        rows.push(readable.to_owned());
        above.connection.batch_execute(&rows.join("; ")).unwrap();
        show(&mut above, false);
        let db = Db::open(&Settings::new(DatabaseUrl::parse(database.url()).unwrap())).unwrap();
        Self { db, tables, above, database }
    }
}

/// Whether the far merchant shows what it has to whoever comes.
pub(super) fn show(above: &mut Link, shows: bool) {
    let status = if shows { "ACTIVE" } else { "DRAFT" };
    let sql = format!(
        "UPDATE store SET is_active = {shows} WHERE merchant_id = {FAR};
         UPDATE campaign SET status = '{status}' WHERE merchant_id = {FAR};
         UPDATE offer SET status = '{status}' WHERE merchant_id = {FAR};
         UPDATE loyalty_card SET status = '{status}' WHERE merchant_id = {FAR}"
    );
    above.connection.batch_execute(&sql).unwrap();
}

#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The numbers that a query answers in its column `number`.
pub(super) fn numbers(tx: &mut Tx<'_>, sql: &str) -> Vec<i64> {
    let AnyConnection::Pg(pg) = &mut *tx.connection else { panic!("SQLite has no walls") };
    let rows: Vec<Number> = diesel::sql_query(sql).load(pg).unwrap();
    rows.into_iter().map(|row| row.number).collect()
}

/// How many rows a statement touches, which is undone; or why it was refused.
pub(super) fn touched(tx: &mut Tx<'_>, sql: &str) -> Result<usize, String> {
    let AnyConnection::Pg(pg) = &mut *tx.connection else { panic!("SQLite has no walls") };
    pg.batch_execute("SAVEPOINT before").unwrap();
    let touched = diesel::sql_query(sql).execute(pg);
    pg.batch_execute("ROLLBACK TO before").unwrap();
    touched.map_err(|error| error.to_string())
}
