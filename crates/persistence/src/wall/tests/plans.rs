//! What the walls cost: the plans of the common questions, as the roles that serve are given them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use diesel::{
    Connection, RunQueryDsl,
    connection::{InstrumentationEvent, SimpleConnection, TransactionManager as _},
    sql_types::Text,
};
use regulars_customer::{ConsumerFilter, ConsumerSort, CustomerStore, filter::FilterArguments};
use regulars_kernel::{
    MerchantId, PageRequest, PersonId, Scope, StoreAccess, Timestamp, page::PageArguments,
};
use regulars_loyalty::{LoyaltyStore, RedemptionKind, RedemptionQuery, RedemptionSort};
use regulars_order::{OrderFilter, OrderQuery, OrderSort, OrderStore};
use regulars_testkit::{Engine, fresh};

use super::world::above;
use crate::{
    Tx,
    connection::{AnyConnection, Link},
    transactions::migrated,
};

/// Four merchants of 5,000 customers each.
const ROWS: &str = "
    SET session_replication_role = replica;
    INSERT INTO merchant (id, name, time_zone, currency, created_at, updated_at)
        SELECT i, 'M', 'UTC', 'EUR', 0, 0 FROM generate_series(1, 4) i;
    INSERT INTO person (id, user_type, registered, created_at, updated_at)
        SELECT i, 'CONSUMER', FALSE, i, i FROM generate_series(1, 20000) i;
    INSERT INTO membership (merchant_id, person_id, managed, firstname, firstname_key, created_at, updated_at)
        SELECT 1 + i % 4, i, TRUE, 'f', 'f', i, i FROM generate_series(1, 20000) i;
    INSERT INTO membership_search (merchant_id, id, person_id, firstname, lastname, city, email, phone, loyalty_id, cards)
        SELECT 1 + i % 4, i * 65536, i, 'f', md5(i::text), 'c', 'e' || i || '@x.example', '', '', ''
        FROM generate_series(1, 20000) i;
    INSERT INTO orders (merchant_id, id, number, store_id, person_id, order_type_id, state, currency, total, completed,
        completed_at, created_at, updated_at)
        SELECT 1 + i % 4, i, i, 1, 1 + i % 20000, 1, 'X', 'EUR', 100, TRUE, i, i, i
        FROM generate_series(1, 40000) i;
    INSERT INTO redemption (merchant_id, id, kind, person_id, offer_id, created_at, updated_at)
        SELECT 1 + i % 4, i, 'OFFER', 1 + i % 20000, 1, i, i FROM generate_series(1, 40000) i;
    SET session_replication_role = origin;
    VACUUM ANALYZE";

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// A bind, as diesel shows it to whoever watches, in SQL: its type and itself.
fn bound(bind: &serde_json::Value) -> (&'static str, String) {
    match bind {
        serde_json::Value::Array(ids) => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            ("bigint[]", format!("'{{{}}}'", ids.join(",")))
        }
        serde_json::Value::String(text) => ("text", format!("'{}'", text.replace('\'', "''"))),
        number => ("bigint", number.to_string()),
    }
}

/// What a plan reads, and by which indexes.
fn scans(plan: &str) -> Vec<&str> {
    let lines = plan.lines().filter(|line| line.contains("Scan "));
    lines
        .filter_map(|line| Some(line.split_once("  (cost")?.0.trim_start_matches([' ', '-', '>'])))
        .collect()
}

/// The plans of what a question asks, all as one text: with the values at hand, and with any values. The walls stand, or
/// whoever asks goes past them.
fn plans(link: &mut Link, scope: Scope, question: Question, walled: bool) -> [String; 2] {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seeing = Arc::clone(&seen);
    let AnyConnection::Pg(pg) = &mut link.connection else { panic!("SQLite has no walls") };
    let opening = crate::wall::opening("BEGIN", scope, None, Duration::ZERO);
    crate::wall::begin(pg, if walled { &opening } else { "BEGIN" }).unwrap();
    link.connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            seeing.lock().unwrap().push(query.to_string());
        }
    });
    question(&mut Tx::reading(&mut link.connection, scope));
    let statements: Vec<String> = std::mem::take(&mut *seen.lock().unwrap());
    let AnyConnection::Pg(pg) = &mut link.connection else { panic!("SQLite has no walls") };
    let plans = ["force_custom_plan", "force_generic_plan"].map(|mode| {
        pg.batch_execute(&format!("SET LOCAL plan_cache_mode = {mode}")).unwrap();
        let of_each = statements.iter().map(|statement| {
            let (text, binds) = statement.split_once(" -- binds: ").unwrap();
            let binds: Vec<serde_json::Value> = serde_json::from_str(binds).unwrap();
            let (types, binds): (Vec<&str>, Vec<String>) = binds.iter().map(bound).unzip();
            let types = types.join(", ");
            pg.batch_execute(&format!("PREPARE asked ({types}) AS {text}")).unwrap();
            let explain = format!("EXPLAIN EXECUTE asked({})", binds.join(", "));
            let lines: Vec<Line> = diesel::sql_query(explain).load(pg).unwrap();
            pg.batch_execute("DEALLOCATE asked").unwrap();
            lines.into_iter().map(|line| line.line).collect::<Vec<_>>().join("\n")
        });
        of_each.collect::<Vec<_>>().join("\n\n")
    });
    let ended = <diesel::PgConnection as Connection>::TransactionManager::rollback_transaction(pg);
    ended.unwrap();
    plans
}

type Question = fn(&mut Tx<'_>);

fn consumers(tx: &mut Tx<'_>, arguments: FilterArguments, order: &str) {
    let filter = ConsumerFilter::parse(arguments).unwrap();
    let paging = PageArguments {
        first: Some(20),
        order_by: Some(order.to_owned()),
        ..PageArguments::default()
    };
    let request = PageRequest::<ConsumerSort>::parse(&paging, "consumers").unwrap();
    assert!(!tx.list_consumers(&filter, &request).unwrap().items.is_empty(), "somebody is found");
}

fn everything() -> OrderQuery {
    OrderFilter::default().query(StoreAccess::All, Timestamp::MAX).unwrap()
}

const MERCHANT: Scope = Scope::Merchant(MerchantId::new(1));
const PERSON: Scope = Scope::Person(PersonId::new(4));

/// A question, who asks it, and what its plan holds.
const QUESTIONS: [(&str, Scope, Question, &[&str]); 9] = [
    (
        "a substring that few customers have",
        MERCHANT,
        |tx| {
            let email_icontains = Some("e17772@".to_owned());
            consumers(tx, FilterArguments { email_icontains, ..FilterArguments::default() }, "");
        },
        &["Bitmap Index Scan on membership_search_trigram", "on membership m"],
    ),
    (
        "a word that few customers have",
        MERCHANT,
        |tx| {
            let search = Some("e17772@x".to_owned());
            consumers(tx, FilterArguments { search, ..FilterArguments::default() }, "");
        },
        &["Bitmap Index Scan on membership_search_trigram", "on membership m"],
    ),
    (
        "customers",
        MERCHANT,
        |tx| consumers(tx, FilterArguments::default(), ""),
        &["Index Scan using membership_"],
    ),
    (
        "the newest customers",
        MERCHANT,
        |tx| consumers(tx, FilterArguments::default(), "-createdAt"),
        &["Index Scan Backward using membership_created on membership m"],
    ),
    (
        "customers by id",
        MERCHANT,
        |tx| {
            let ids = [4, 8, 12].map(PersonId::new);
            assert_eq!(tx.consumers(&ids).unwrap().len(), 3);
        },
        &["on membership m", "person_id = ANY ("],
    ),
    (
        "the orders of customers",
        MERCHANT,
        |tx| {
            let request = PageRequest::<OrderSort>::first(3);
            // The rows here are no whole orders: reading them may fail, asking for them may not.
            tx.orders_per_consumer(&[PersonId::new(4)], &everything(), &request).ok();
        },
        &["using orders_person"],
    ),
    (
        "the number of orders",
        MERCHANT,
        |tx| assert_eq!(tx.count_orders(&everything()).unwrap(), 10_000),
        &["Index Only Scan using orders_"],
    ),
    (
        "the redemptions of customers",
        MERCHANT,
        |tx| {
            let query = RedemptionQuery { kind: RedemptionKind::Offer, within: StoreAccess::All };
            let request = PageRequest::<RedemptionSort>::first(3);
            tx.redemptions_per_consumer(&query, &[PersonId::new(4)], &request).unwrap();
        },
        &["redemption_person on redemption c"],
    ),
    (
        "a person's own orders",
        PERSON,
        |tx| {
            let request = PageRequest::<OrderSort>::first(3);
            tx.list_orders(&everything(), &request).ok();
        },
        &["orders_of_person on orders c"],
    ),
];

#[test]
fn indexes_are_asked_behind_the_walls_as_before_them() {
    let database = fresh(Engine::Postgres, migrated);
    let mut link = above(&database);
    for statement in ROWS.split("; ").flat_map(|part| part.split(";\n")) {
        link.connection.batch_execute(statement).unwrap();
    }
    for (name, scope, question, expected) in QUESTIONS {
        let before = plans(&mut link, scope, question, false);
        for (plan, before) in plans(&mut link, scope, question, true).iter().zip(&before) {
            assert_eq!(scans(plan), scans(before), "{name}:\n{plan}\n\n{before}");
            assert_ne!(plan, before, "{name}: no wall stands there");
            for part in expected {
                assert!(plan.contains(part), "{name}: no {part} in\n{plan}");
            }
            for table in ["membership", "membership_search", "orders", "redemption"] {
                let scan = format!("Seq Scan on {table}");
                assert!(!plan.contains(&scan), "{name}: {scan}\n{plan}");
            }
        }
    }
}
