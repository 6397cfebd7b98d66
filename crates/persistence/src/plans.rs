//! Which indexes SQLite asks for the lists of a large merchant, before it has statistics and after.

use std::sync::{Arc, Mutex};

use diesel::{
    Connection, RunQueryDsl,
    connection::{InstrumentationEvent, SimpleConnection},
    sql_types::Text,
};
use regulars_auth::{
    AuditStore, AuthStore as _, ErasureStore as _,
    audit::{AuditFilter, AuditSort, Target},
    erasure::Whose,
};
use regulars_customer::{ConsumerFilter, ConsumerSort, CustomerStore, filter::FilterArguments};
use regulars_kernel::{
    MerchantId, PageRequest, PersonId, Scope, StoreAccess, StoreId, Timestamp, page::PageArguments,
};
use regulars_merchant::Archived;
use regulars_order::{OrderFilter, OrderQuery, OrderSort, OrderStore};
use regulars_testkit::{Engine, fresh};

use crate::{
    DatabaseUrl, Tx,
    connection::{AnyConnection, Link, Purpose},
    transactions::migrated,
};

const ROWS: &str = "
    PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; BEGIN;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO membership (merchant_id, person_id, managed, firstname, firstname_key, email_key,
        entity_source, entity_source_id, archived, deleted_at, created_at, updated_at)
    SELECT 1 + (i % 20 = 0), i, 1, 'f' || (i % 50), 'f' || (i % 50), 'e' || i, 'POS', 's' || i, i % 400 = 3,
        CASE WHEN i % 400 = 3 THEN i * 1000 END, i * 1000, i * 1000 FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO orders (id, merchant_id, number, store_id, person_id, order_type_id, state, currency, total,
        completed, completed_at, is_active, deleted_at, created_at, updated_at)
    SELECT i, 1, i, 1 + i % 20, (i * 7919) % 20000 + 1, 1, 'X', 'EUR', 100, i % 1000 <> 7, i * 1000, i % 300 <> 5,
        CASE WHEN i % 300 = 5 THEN i * 1000 END, i * 1000, i * 1000 FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO audit_entry (merchant_id, created_at, actor_kind, person_id, action, target_kind, target_id,
        refusal, request_id)
    SELECT 1 + (i % 20 = 0), i * 1000, 'staff', i % 50, 'a' || (i % 30), 'person', i % 4000,
        CASE WHEN i % 100 = 3 THEN 'invalid' END, 'r' FROM n;
    COMMIT;";

#[derive(diesel::QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The plans of what a question asks, a line for each statement.
fn plans(link: &mut Link, scope: Scope, question: Question) -> Vec<String> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seeing = Arc::clone(&seen);
    link.connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            seeing.lock().unwrap().push(query.to_string());
        }
    });
    question(&mut Tx::reading(&mut link.connection, scope));
    let statements: Vec<String> = std::mem::take(&mut *seen.lock().unwrap());
    let AnyConnection::Sqlite(sqlite) = &mut link.connection else { panic!("this is SQLite's") };
    let statements = statements.iter().map(|text| text.split(" -- binds").next().unwrap());
    statements
        .map(|text| {
            let steps: Vec<Step> =
                diesel::sql_query(format!("EXPLAIN QUERY PLAN {text}")).load(sqlite).unwrap();
            steps.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("; ")
        })
        .collect()
}

type Question = fn(&mut Tx<'_>);

fn consumers(tx: &mut Tx<'_>, arguments: FilterArguments) {
    let filter = ConsumerFilter::parse(arguments).unwrap();
    let page = tx.list_consumers(&filter, &PageRequest::<ConsumerSort>::first(20)).unwrap();
    assert!(!page.items.is_empty(), "{filter:?} finds somebody");
}

fn everything() -> OrderQuery {
    OrderFilter::default().query(StoreAccess::All, Timestamp::MAX).unwrap()
}

fn orders(tx: &mut Tx<'_>, query: &OrderQuery, order: &str) {
    let paging = PageArguments {
        first: Some(20),
        order_by: Some(order.to_owned()),
        ..PageArguments::default()
    };
    let request = PageRequest::<OrderSort>::parse(&paging, "orders").unwrap();
    // The rows here are no whole orders: reading them may fail, asking for them may not.
    tx.list_orders(query, &request).ok();
}

fn of_stores() -> OrderQuery {
    let stores = [3, 4, 5].map(StoreId::new).to_vec();
    OrderQuery { within: StoreAccess::Only(stores), ..everything() }
}

fn audit(tx: &mut Tx<'_>, filter: &AuditFilter) {
    let page = PageRequest::<AuditSort>::first(20);
    let found = tx.list_audit(MerchantId::new(1), filter, &page).unwrap();
    assert!(!found.items.is_empty(), "{filter:?} finds something");
}

const QUESTIONS: [(&str, Question, &[&str]); 16] = [
    (
        "customers of the last days",
        |tx| {
            let created_at_gte = Some(Timestamp::from_micros(19_990_000));
            consumers(tx, FilterArguments { created_at_gte, ..FilterArguments::default() });
        },
        &["membership_created (merchant_id=? AND created_at>?)", "person_id=?"],
    ),
    (
        "customers of all but the first days",
        |tx| {
            let created_at_gte = Some(Timestamp::from_micros(10_000));
            consumers(tx, FilterArguments { created_at_gte, ..FilterArguments::default() });
        },
        &["membership_created (merchant_id=? AND created_at>?)", "membership_1 (merchant_id=?)"],
    ),
    (
        "archived customers",
        |tx| consumers(tx, FilterArguments { archived: Some(true), ..FilterArguments::default() }),
        &["membership_archived (merchant_id=? AND archived=?)"],
    ),
    (
        "a customer by the other system's id",
        |tx| {
            let entity_source_id = Some("s77".to_owned());
            consumers(tx, FilterArguments { entity_source_id, ..FilterArguments::default() });
        },
        &["membership_source (merchant_id=? AND entity_source_id=?)"],
    ),
    (
        "the number of customers of a name",
        |tx| {
            let firstname = Some("f7".to_owned());
            let filter = FilterArguments { firstname, ..FilterArguments::default() };
            tx.count_consumers(&ConsumerFilter::parse(filter).unwrap()).unwrap();
        },
        &["membership_firstname (merchant_id=? AND firstname_key=?)"],
    ),
    (
        "the number of orders in use",
        |tx| {
            let query = OrderQuery { archived: Archived::Hidden, ..everything() };
            tx.count_orders(&query).unwrap();
        },
        &["COVERING INDEX orders_active (merchant_id=? AND is_active=?)"],
    ),
    (
        "open orders",
        |tx| orders(tx, &OrderQuery { completed: Some(false), ..everything() }, ""),
        &["orders_open (merchant_id=?)"],
    ),
    (
        "archived orders",
        |tx| orders(tx, &OrderQuery { archived: Archived::Only, ..everything() }, "-createdAt"),
        &["orders_active (merchant_id=? AND is_active=?)"],
    ),
    (
        "the orders of some stores",
        |tx| orders(tx, &of_stores(), ""),
        &["orders_store (merchant_id=? AND store_id=?)"],
    ),
    (
        "the orders of some stores as they were completed",
        |tx| orders(tx, &of_stores(), "-completedAt"),
        &["orders_store_completed (merchant_id=? AND store_id=?)"],
    ),
    (
        "the number of orders of some stores",
        |tx| {
            tx.count_orders(&of_stores()).unwrap();
        },
        &["(merchant_id=? AND store_id=?)"],
    ),
    (
        "the newest of the audit log",
        |tx| audit(tx, &AuditFilter::default()),
        &["audit_entry_log (merchant_id=?)"],
    ),
    (
        "what was refused",
        |tx| audit(tx, &AuditFilter { refused: Some(true), ..AuditFilter::default() }),
        &["audit_entry_refused (merchant_id=?)"],
    ),
    (
        "what somebody did",
        |tx| {
            let person = Some(PersonId::new(7));
            audit(tx, &AuditFilter { person, ..AuditFilter::default() });
        },
        &["audit_entry_person (person_id=? AND merchant_id=?)"],
    ),
    (
        "what was done to somebody",
        |tx| {
            let target = Some(Target::from(PersonId::new(77)));
            audit(tx, &AuditFilter { target, ..AuditFilter::default() });
        },
        &["audit_entry_target (target_id=? AND merchant_id=?)"],
    ),
    (
        "what was done of one sort",
        |tx| {
            let action = Some("a7".to_owned());
            audit(tx, &AuditFilter { action, ..AuditFilter::default() });
        },
        &["audit_entry_action (merchant_id=? AND action=?)"],
    ),
];

#[test]
fn sqlite_asks_the_index_that_names_the_fewest_rows() {
    let database = fresh(Engine::Sqlite, migrated);
    let url = DatabaseUrl::parse(database.url()).unwrap();
    let timeout = std::time::Duration::ZERO;
    let mut filling = Link::open(&url, Purpose::Writing, timeout).unwrap();
    filling.connection.batch_execute(ROWS).unwrap();
    for statistics in [false, true] {
        if statistics {
            let gather = "PRAGMA analysis_limit = 400; ANALYZE";
            filling.connection.batch_execute(gather).unwrap();
        }
        let mut link = Link::open(&url, Purpose::Reading, timeout).unwrap();
        for (name, question, expected) in QUESTIONS {
            let plans = plans(&mut link, Scope::Merchant(MerchantId::new(1)), question);
            let fits = plans.len() == expected.len()
                && plans.iter().zip(expected).all(|(plan, part)| plan.contains(part));
            assert!(fits, "{name}, statistics {statistics}: {plans:#?}");
        }
    }
}

/// A server asks it at each start.
#[test]
fn peppers_in_use_are_found_without_looking_at_every_account() {
    let database = fresh(Engine::Sqlite, migrated);
    let url = DatabaseUrl::parse(database.url()).unwrap();
    let mut link = Link::open(&url, Purpose::Reading, std::time::Duration::ZERO).unwrap();
    let ask: Question = |tx| {
        tx.peppers_in_use().unwrap();
        tx.count_on_pepper("a", 10).unwrap();
    };
    let plans = plans(&mut link, Scope::Platform, ask);
    let [all, count] = &plans[..] else { panic!("{plans:#?}") };
    assert_eq!(all.matches("person_pepper").count(), 2, "{all}");
    assert!(all.contains("person_pepper (<expr>>?)"), "from one to the next: {all}");
    assert!(count.contains("person_pepper (<expr>=?)"), "{count}");
}

#[test]
fn erasing_finds_recorded_outcomes_by_how_they_begin() {
    let database = fresh(Engine::Sqlite, migrated);
    let url = DatabaseUrl::parse(database.url()).unwrap();
    let mut link = Link::open(&url, Purpose::Writing, std::time::Duration::ZERO).unwrap();
    let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
        INSERT INTO idempotency (merchant_id, actor_id, mutation, idempotency_key, fingerprint, outcome, created_at)
        SELECT 1, 1, 'updateConsumer', 'k' || i, x'', '{\"done\":\"' || i || '\"}', i FROM n;";
    link.connection.batch_execute(rows).unwrap();
    for statistics in [false, true] {
        if statistics {
            link.connection.batch_execute("PRAGMA analysis_limit = 400; ANALYZE").unwrap();
        }
        for whose in [Some(MerchantId::new(1)), None] {
            let erase: Question = match whose {
                Some(_) => |tx| {
                    let merchant = Some(MerchantId::new(1));
                    let whose = Whose { person: PersonId::new(77), merchant, whole: false };
                    tx.clear(whose, &["zzz".to_owned()]).unwrap();
                },
                None => |tx| {
                    let whose = Whose { person: PersonId::new(77), merchant: None, whole: false };
                    tx.clear(whose, &["zzz".to_owned()]).unwrap();
                },
            };
            let plans = plans(&mut link, Scope::Platform, erase);
            let plan = plans.iter().find(|plan| plan.contains("idempotency_outcome")).unwrap();
            let by_index = plan.matches("idempotency_outcome (merchant_id=? AND <expr>>?").count();
            assert_eq!(by_index, 3, "{plan}");
            assert!(!plan.contains("SCAN idempotency") && !plan.contains("SCAN i"), "{plan}");
        }
    }
}
