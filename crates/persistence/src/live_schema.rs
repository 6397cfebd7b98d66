//! The declared tables against what the migrations make on both databases.

use std::{collections::BTreeMap, fs, path::Path};

use diesel::{RunQueryDsl, sql_types::Text};
use regulars_testkit::{Engine, fresh};

use crate::{
    DatabaseUrl,
    connection::{Link, Purpose, on_inner},
    transactions::migrated,
};

/// Table to column to type, `Nullable<…>` where it may be null.
pub(crate) type Tables = BTreeMap<String, BTreeMap<String, String>>;

/// What `schema.rs` declares.
pub(crate) fn declared() -> Tables {
    let mut tables = Tables::new();
    let mut table = String::new();
    for line in include_str!("schema.rs").lines() {
        let line = line.trim();
        if let Some((name, _key)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            table = name.to_owned();
        } else if let Some((column, kind)) = line.split_once(" -> ") {
            let columns = tables.entry(table.clone()).or_default();
            columns.insert(column.to_owned(), kind.trim_end_matches(',').to_owned());
        }
    }
    tables
}

#[derive(diesel::QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    nullable: String,
}

const SQLITE: &str = "
    SELECT t.name AS table_name, c.name AS name, c.type AS kind,
        CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN 'NO' ELSE 'YES' END AS nullable
    FROM pragma_table_list t JOIN pragma_table_info(t.name) c
    WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
        AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'";

const POSTGRES: &str = "
    SELECT table_name::text, column_name::text AS name, data_type::text AS kind, is_nullable::text AS nullable
    FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_\\_%'";

/// The database's type in the words of `table!`. SQLite's rowids are `INTEGER` and hold 64 bits.
fn kind(column: &Column) -> String {
    let kind = match column.kind.to_uppercase().as_str() {
        "INTEGER" if column.name == "id" => "BigInt",
        "INTEGER" => "Integer",
        "BIGINT" => "BigInt",
        "TEXT" => "Text",
        "BOOLEAN" => "Bool",
        "BLOB" | "BYTEA" => "Binary",
        other => panic!("{}.{} has the type {other}", column.table_name, column.name),
    };
    if column.nullable == "YES" { format!("Nullable<{kind}>") } else { kind.to_owned() }
}

#[test]
fn the_declared_tables_are_those_of_both_databases() {
    for (engine, query) in [(Engine::Sqlite, SQLITE), (Engine::Postgres, POSTGRES)] {
        let database = fresh(engine, migrated);
        let url = DatabaseUrl::parse(database.url()).unwrap();
        let mut link = Link::open(&url, Purpose::Reading, std::time::Duration::ZERO).unwrap();
        let columns: Vec<Column> =
            on_inner!(&mut link.connection, inner => diesel::sql_query(query).load(inner)).unwrap();
        let mut live = Tables::new();
        for column in columns {
            let kind = kind(&column);
            live.entry(column.table_name).or_default().insert(column.name, kind);
        }
        let declared = declared();
        assert_eq!(
            declared.keys().collect::<Vec<_>>(),
            live.keys().collect::<Vec<_>>(),
            "{engine:?}"
        );
        for (table, columns) in &declared {
            assert_eq!(Some(columns), live.get(table), "{table} on {engine:?}");
        }
    }
}

#[test]
fn migrations_have_the_same_names_on_both_databases() {
    let names = |database: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(database);
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("postgres"));
}
