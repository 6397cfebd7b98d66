//! Nothing that is kept of a person is forgotten: the list against both live schemas.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{RunQueryDsl, connection::SimpleConnection as _, sql_types::Text};
use regulars_auth::export::Extent;
use regulars_kernel::{MerchantId, PersonId, Scope, StoreError, Timestamp};
use regulars_testkit::{Engine, fresh};

use super::sections::{Column, Kind, SECTIONS, WITHHELD};
use crate::{
    DatabaseUrl, Db, Settings,
    connection::{Link, Purpose, on_inner},
    transactions::migrated,
};

/// By these a row names somebody, or what is somebody's.
const NAMES_SOMEBODY: [&str; 10] = [
    "other_id",
    "survivor_id",
    "person_id",
    "consumer_id",
    "waiter_id",
    "creator_id",
    "recorder_id",
    "actor_id",
    "target_id",
    "merged_into",
];

#[derive(diesel::QueryableByName)]
struct Pair {
    #[diesel(sql_type = Text)]
    a: String,
    #[diesel(sql_type = Text)]
    b: String,
}

const COLUMNS: [(Engine, &str); 2] = [
    (
        Engine::Sqlite,
        "SELECT t.name AS a, c.name AS b FROM pragma_table_list t JOIN pragma_table_info(t.name) c \
         WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%' \
         AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'",
    ),
    (
        Engine::Postgres,
        "SELECT table_name::text AS a, column_name::text AS b FROM information_schema.columns \
         WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_\\_%'",
    ),
];

/// Which table refers to which.
const KEYS: [&str; 2] = [
    "SELECT l.name AS a, k.\"table\" AS b FROM pragma_table_list l \
     JOIN pragma_foreign_key_list(l.name) k WHERE l.schema = 'main' AND l.type = 'table'",
    "SELECT conrelid::regclass::text AS a, confrelid::regclass::text AS b FROM pg_constraint \
     WHERE contype = 'f' AND connamespace = current_schema()::regnamespace",
];

fn load(link: &mut Link, query: &str) -> Vec<Pair> {
    on_inner!(&mut link.connection, inner => diesel::sql_query(query).load(inner)).unwrap()
}

/// The tables that belong to people, and their columns: those that name somebody, and what hangs on such. A merchant has its
/// founder's number, and what it has is its own.
fn of_people(engine: Engine) -> BTreeMap<String, BTreeSet<String>> {
    let database = fresh(engine, migrated);
    let url = DatabaseUrl::parse(database.url()).unwrap();
    let mut link = Link::open(&url, Purpose::Reading, std::time::Duration::ZERO).unwrap();
    let place = usize::from(engine == Engine::Postgres);
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Pair { a: table, b: column } in load(&mut link, COLUMNS[place].1) {
        tables.entry(table).or_default().insert(column);
    }
    let keys = load(&mut link, KEYS[place]);
    let named =
        |columns: &BTreeSet<String>| NAMES_SOMEBODY.iter().any(|column| columns.contains(*column));
    let mut found: BTreeSet<String> = BTreeSet::from(["person".to_owned()]);
    found.extend(tables.iter().filter(|(_, columns)| named(columns)).map(|(name, _)| name.clone()));
    loop {
        let hangs = |key: &&Pair| found.contains(&key.b) && key.a != "merchant";
        let more: Vec<String> = keys.iter().filter(hangs).map(|key| key.a.clone()).collect();
        let before = found.len();
        found.extend(more);
        if found.len() == before {
            break;
        }
    }
    tables.retain(|table, _| found.contains(table));
    tables
}

#[test]
fn rule_30_everything_that_belongs_to_a_person_is_exported_or_explained() {
    for engine in Engine::ALL {
        let tables = of_people(engine);
        assert!(tables.len() > 20, "{:?}", tables.keys());
        let mut unused: BTreeSet<_> =
            WITHHELD.iter().map(|(table, column, _)| (*table, *column)).collect();
        for (table, columns) in &tables {
            for column in columns {
                let exported = SECTIONS.iter().any(|section| {
                    section.table == table && section.columns.iter().any(|one| one.0 == column)
                });
                let reason = WITHHELD.iter().find(|(of, one, _)| {
                    [table.as_str(), "*"].contains(of) && [column.as_str(), "*"].contains(one)
                });
                if let Some((of, one, _)) = reason {
                    unused.remove(&(*of, *one));
                }
                assert!(
                    exported || reason.is_some(),
                    "{table}.{column} belongs to people: export it, or say in WITHHELD why not ({engine:?})"
                );
            }
        }
        assert!(unused.is_empty(), "explained and not there: {unused:?}");
        assert!(WITHHELD.iter().all(|(_, _, reason)| !reason.is_empty()));
    }
}

#[test]
fn keys_are_those_of_the_api_and_stand_once() {
    for (name, kind, key) in [
        ("id", Kind::Plain, "id"),
        ("num_of_guests", Kind::Plain, "numOfGuests"),
        ("p.currency", Kind::Plain, "currency"),
        ("y.name", Kind::Called("order_type"), "orderType"),
    ] {
        assert_eq!(Column(name, kind).key(), key);
    }
    let names: BTreeSet<_> = SECTIONS.iter().map(|section| section.key).collect();
    assert_eq!(names.len(), SECTIONS.len());
    for section in SECTIONS {
        let keys: BTreeSet<_> = section.columns.iter().map(|column| column.key()).collect();
        assert_eq!(keys.len(), section.columns.len(), "{}", section.key);
        for Column(name, kind) in section.columns {
            if let Kind::Money(currency) = kind {
                assert!(keys.contains(*currency), "{}: the currency of {name}", section.key);
            }
        }
    }
}

#[test]
fn where_there_is_nothing_is_null() {
    for (name, value, nothing) in [
        ("wording", serde_json::json!(""), true),
        ("wording", serde_json::json!(" "), false),
        ("merchant_id", serde_json::json!(0), true),
        ("merchant_id", serde_json::json!(1), false),
        ("num_of_guests", serde_json::json!(0), false),
        ("phone_number", serde_json::Value::Null, false),
    ] {
        assert_eq!(Column(name, Kind::Plain).is_nothing(&value), nothing, "{name} {value}");
    }
}

#[test]
fn rule_30_what_is_cut_off_is_named_and_nobody_reaches_further() {
    const ADA: PersonId = PersonId::new(7);
    const ROWS: &str = "INSERT INTO person (id, user_type, registered, created_at, updated_at) \
        VALUES (7, 'CONSUMER', TRUE, 0, 0), (8, 'CONSUMER', TRUE, 0, 0); \
        INSERT INTO session (id, person_id, created_at, revoked_at) \
        VALUES (1, 7, 1000001, NULL), (2, 7, 2000000, 0), (3, 8, 0, NULL), (4, 7, 3000000, NULL)";
    for engine in Engine::ALL {
        let database = fresh(engine, migrated);
        let url = DatabaseUrl::parse(database.url()).unwrap();
        let mut link = Link::open(&url, Purpose::Migrating, std::time::Duration::ZERO).unwrap();
        link.connection.batch_execute(ROWS).unwrap();
        let db = Db::open(&Settings::new(url)).unwrap();
        let export = |scope, merchant: Option<i64>, most| {
            let of = Extent { person: ADA, merchant: merchant.map(MerchantId::new) };
            db.read(scope, |tx| tx.export(of, Timestamp::from_seconds(0), most))
        };
        let whole = export(Scope::Platform, None, None).unwrap();
        let session = |id: i64, created: &str, revoked: Option<&str>| serde_json::json!({ "id": id, "createdAt": created, "revokedAt": revoked });
        let sessions = [
            session(1, "1970-01-01T00:00:01.000001+00:00", None),
            session(2, "1970-01-01T00:00:02+00:00", Some("1970-01-01T00:00:00+00:00")),
            session(4, "1970-01-01T00:00:03+00:00", None),
        ];
        assert_eq!(whole["sessions"].as_array().unwrap(), &sessions);
        assert_eq!(whole["truncated"], serde_json::json!([]));
        let bounded = export(Scope::Platform, None, Some(2)).unwrap();
        assert_eq!(bounded["sessions"].as_array().unwrap(), &sessions[..2]);
        assert_eq!(bounded["truncated"], serde_json::json!(["sessions"]));
        let of_merchant = export(Scope::Merchant(MerchantId::new(1)), Some(1), None).unwrap();
        assert!(of_merchant.get("sessions").is_none() && of_merchant.get("accounts").is_none());
        for (scope, merchant) in [
            (Scope::Merchant(MerchantId::new(1)), None),
            (Scope::Merchant(MerchantId::new(1)), Some(2)),
            (Scope::Person(ADA), None),
        ] {
            let refused = export(scope, merchant, None);
            assert!(matches!(refused, Err(StoreError::OutOfScope(_))), "{scope:?} {refused:?}");
        }
    }
}
