//! What the walls and the keys rest on, read from both live schemas.

use std::{collections::BTreeMap, fs, path::Path};

use diesel::{
    RunQueryDsl,
    sql_types::{BigInt, Bool, Text},
};
use regulars_testkit::{Engine, fresh};

use super::world::{OPEN, above, is_tenants, tables};
use crate::{
    connection::{AnyConnection, on_inner},
    transactions::migrated,
};

/// A pair of columns of a foreign key between two tables that both name a merchant.
#[derive(diesel::QueryableByName)]
struct KeyPart {
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Text)]
    here: String,
    #[diesel(sql_type = Text)]
    there: String,
}

const POSTGRES_KEYS: &str = "
    SELECT format('%s.%s', k.conrelid::regclass, k.conname) AS key, p.place AS place,
        h.attname::text AS here, t.attname::text AS there
    FROM pg_constraint k CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY p (here, there, place)
    JOIN pg_attribute h ON h.attrelid = k.conrelid AND h.attnum = p.here
    JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = p.there
    WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace
        AND EXISTS (SELECT FROM pg_attribute m WHERE m.attrelid = k.conrelid AND m.attname = 'merchant_id')
        AND EXISTS (SELECT FROM pg_attribute m WHERE m.attrelid = k.confrelid AND m.attname = 'merchant_id')";

const SQLITE_KEYS: &str = "
    SELECT l.name || '.' || k.id || ' to ' || k.\"table\" AS key, CAST(k.seq + 1 AS BIGINT) AS place,
        k.\"from\" AS here, k.\"to\" AS there
    FROM pragma_table_list l JOIN pragma_foreign_key_list(l.name) k
    WHERE l.schema = 'main' AND l.type = 'table'
        AND EXISTS (SELECT 1 FROM pragma_table_info(l.name) m WHERE m.name = 'merchant_id')
        AND EXISTS (SELECT 1 FROM pragma_table_info(k.\"table\") m WHERE m.name = 'merchant_id')";

#[test]
fn no_foreign_key_leads_from_one_merchant_to_another() {
    for (engine, query) in [(Engine::Sqlite, SQLITE_KEYS), (Engine::Postgres, POSTGRES_KEYS)] {
        let database = fresh(engine, migrated);
        let mut link = above(&database);
        let parts: Vec<KeyPart> =
            on_inner!(&mut link.connection, inner => diesel::sql_query(query).load(inner)).unwrap();
        let mut led: BTreeMap<String, bool> = BTreeMap::new();
        for part in parts {
            let leads =
                part.place == 1 && part.here == "merchant_id" && part.there == "merchant_id";
            *led.entry(part.key).or_default() |= leads;
        }
        assert!(led.len() > 50, "{} on {engine:?}", led.len());
        for (key, led) in led {
            assert!(led, "{key} does not begin with merchant_id on {engine:?}");
        }
    }
}

#[derive(diesel::QueryableByName)]
struct Wall {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Bool)]
    forced: bool,
    #[diesel(sql_type = Text)]
    tenant: String,
}

const WALLS: &str = "
    SELECT c.relname::text AS table, c.relrowsecurity AND c.relforcerowsecurity AS forced,
        COALESCE((
            SELECT string_agg(format('%s %s %s', p.cmd, p.qual, p.with_check), '; ') FROM pg_policies p
            WHERE p.schemaname = current_schema() AND p.tablename = c.relname AND p.permissive = 'PERMISSIVE'
                AND p.roles && ARRAY['regulars_app', 'public']::name[]
        ), '') AS tenant
    FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace";

/// What a merchant's statements are held against, and nothing else: see the migration `walls`.
const TENANT: &str = "ALL (merchant_id = ( SELECT (NULLIF(current_setting('regulars.merchant'::text, true), ''::text))::bigint \
     AS \"nullif\")) ";

#[test]
fn a_wall_stands_around_every_table_but_two() {
    let database = fresh(Engine::Postgres, migrated);
    let mut link = above(&database);
    let tables = tables(&mut link);
    let AnyConnection::Pg(pg) = &mut link.connection else { panic!("SQLite has no walls") };
    let walls: Vec<Wall> = diesel::sql_query(WALLS).load(pg).unwrap();
    let walls: BTreeMap<String, Wall> =
        walls.into_iter().map(|wall| (wall.table.clone(), wall)).collect();
    let (mut walled, mut open) = (0, Vec::new());
    for (table, columns) in &tables {
        let wall = &walls[table];
        if !wall.forced {
            open.push(table.as_str());
        } else if is_tenants(columns) {
            assert_eq!(wall.tenant, TENANT, "{table}: SELECT wall_off_tenants('{table}')");
            walled += 1;
        }
    }
    assert!(walled > 30, "{walled}");
    // The other one is the same for everybody.
    let way_out = "SELECT wall_off_tenants('…') in the migration that makes the table, or wall_off('…') where no merchant has it";
    assert_eq!(open, [OPEN, "order_type"], "{way_out}");
}

#[derive(diesel::QueryableByName)]
struct Lacking {
    #[diesel(sql_type = Text)]
    what: String,
}

#[test]
fn the_roles_that_serve_may_use_every_table() {
    let database = fresh(Engine::Postgres, migrated);
    let mut link = above(&database);
    let AnyConnection::Pg(pg) = &mut link.connection else { panic!("SQLite has no walls") };
    let lacking: Vec<Lacking> = diesel::sql_query(
        "SELECT format('%s %s %s', r.name, p.name, c.relname) AS what FROM pg_class c
         CROSS JOIN unnest(ARRAY['regulars_app', 'regulars_person', 'regulars_platform']) r (name)
         CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) p (name)
         WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
             AND has_table_privilege(r.name, c.oid, p.name) = (c.relname = '__diesel_schema_migrations')",
    )
    .load(pg)
    .unwrap();
    let lacking: Vec<String> = lacking.into_iter().map(|one| one.what).collect();
    assert_eq!(lacking, [""; 0], "tables for the server, and the history of migrations not");
}

/// The one table without a wall is named where rows of it are written, and where they are looked for within a scope.
#[test]
fn the_open_table_is_reached_through_one_function() {
    let mut named = Vec::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.starts_with(source.join("wall"))
                && fs::read_to_string(&path).unwrap().contains(OPEN)
            {
                named.push(path.strip_prefix(&source).unwrap().display().to_string());
            }
        }
    }
    named.sort();
    // The export names it among what is no part of it, and a test of erasing among what goes.
    let known = [
        "auth/tests/erasing.rs",
        "customer/search.rs",
        "customer/search_text.rs",
        "export/sections.rs",
        "schema.rs",
    ];
    assert_eq!(named, known);
    let export = fs::read_to_string(source.join("export/sections.rs")).unwrap();
    let (asked, explained) = export.split_once("WITHHELD").unwrap();
    assert!(!asked.contains(OPEN) && explained.contains(OPEN));
    let search = fs::read_to_string(source.join("customer/search.rs")).unwrap();
    let code = search.lines().filter(|line| !line.trim_start().starts_with("//"));
    let lines: Vec<&str> = code.filter(|line| line.contains(OPEN)).collect();
    // Beside the function, two statements of SQLite's begin in the index that has the merchant in each token.
    let of_the_index = lines.iter().filter(|line| line.contains("ON s.id = t.rowid")).count();
    assert_eq!((lines.len(), of_the_index), (3, 2), "{lines:#?}");
}
