//! That erasing forgets no column, on both databases, and nothing that is written at the same moment survives.

use std::collections::BTreeSet;

use diesel::sql_types::Text;
use regulars_auth::erasure::{self, Erasure, PartKind, Reason};
use regulars_customer::{ConsumerPatch, CustomerError, update};

use super::*;
use crate::{connection::AnyConnection, live_schema::declared, statement::Statement};

/// Tables of which the person's rows go.
const GONE: [&str; 11] = [
    "source_record",
    "field_provenance",
    "sync_reject",
    "sync_review",
    "session",
    "refresh_token",
    "mail",
    "blocked_loyalty_id",
    "membership_card",
    "consent",
    "entry_reason",
];

/// Tables of which the person's rows stay: what in them is emptied, and what stays.
const EMPTIED: [(&str, &str, &str); 10] = [
    (
        "person",
        "email email_key secondary_email secondary_email_key verified password_hash firstname lastname phone_number \
         birthday gender country city street zip_code picture logo loyalty_id last_login",
        "id user_type registered token_version merchant_type staff admin archived active deleted_at created_at updated_at",
    ),
    (
        "membership",
        "loyalty_id email email_key secondary_email verified firstname firstname_key lastname lastname_key \
         phone_number birthday gender country city city_key street zip_code picture extra_info folded_text \
         entity_source entity_source_id num_of_order_discounts_allowed last_login",
        "merchant_id person_id managed sharing creator_id archived departed merged_into deleted_at created_at \
         updated_at erased_at",
    ),
    (
        "membership_search",
        "firstname lastname city email phone loyalty_id cards",
        "id merchant_id person_id",
    ),
    (
        "orders",
        "phone_number delivery_location extra_info",
        // The source's number of a sale names it for ever (rule 11), and is nobody's.
        "id merchant_id number store_id person_id waiter_id order_type_id state pickup_at payment_type payments num_of_guests \
         currency cash_received change_given tax total refunded completed completed_at business_date is_active deleted_at \
         entity_source entity_source_id created_at updated_at",
    ),
    (
        "order_item",
        "extra_info",
        "id merchant_id order_id product_id name quantity num_of_discounted_units unit_price modifiers cost is_completed \
         entity_source entity_source_id created_at updated_at",
    ),
    (
        "order_refund",
        "reason",
        "id merchant_id order_id order_item_id whole is_cash amount tips points_value points created_at",
    ),
    (
        "merge",
        "kept",
        "id merchant_id other_id survivor_id archived_at merged_at merged_by undone_at",
    ),
    (
        "audit_entry",
        "personal peer",
        "id merchant_id created_at actor_kind person_id app_id action target_kind target_id refusal changes request_id",
    ),
    (
        "sync_run",
        "report",
        "id merchant_id connection_id kind dry_run state is_to_end asked_by phase total counts budget error created_at \
         started_at updated_at finished_at",
    ),
    (
        "idempotency",
        "fingerprint outcome",
        "merchant_id actor_id mutation idempotency_key created_at",
    ),
];

/// Tables in which nothing tells of a customer: the books, by number; what merchants and their people have; and what is
/// written down of an erasure.
const STAYING: [&str; 57] = [
    "connection",
    "sync_stream",
    // What it holds is read again from the source, and goes when that is done.
    "sync_inbox",
    "feed_entry",
    "merge_move",
    "order_tip",
    "order_discount",
    "order_discount_share",
    "order_refund_share",
    "order_link",
    // Its reason is of a sale that nobody knows yet, and goes into the refund once the sale is there.
    "sale_refund",
    "sale_review",
    "order_claim",
    "visit",
    "account",
    "entry",
    "lot",
    "lot_use",
    "earning_line",
    "welcome_mark",
    "seal",
    "seal_head",
    "lease",
    "pepper_check",
    "hold",
    "hold_lot",
    "redemption_intent",
    "redemption",
    "merchant",
    "store",
    "store_group",
    "store_group_member",
    "staff_member",
    "staff_role",
    "staff_permission",
    "staff_store",
    "staff_store_group",
    "role",
    "application",
    "application_store",
    "api_key",
    "product",
    "campaign",
    "offer",
    "loyalty_card",
    "loyalty_reward",
    "order_type",
    "campaign_store",
    "campaign_store_group",
    "offer_store",
    "offer_store_group",
    "offer_product",
    "loyalty_card_store",
    "loyalty_card_store_group",
    "loyalty_card_product",
    "erasure",
    "erased_mark",
];

#[test]
fn rule_30_every_column_is_known_to_erasing() {
    let mut known: BTreeSet<&str> = GONE.into_iter().chain(STAYING).collect();
    known.extend(EMPTIED.map(|(table, ..)| table));
    // What is declared is what stands in both databases: see the tests of the schema.
    let tables = declared();
    let there: BTreeSet<&str> = tables.keys().map(String::as_str).collect();
    assert_eq!(there, known, "say of each table what erasing somebody does to it");
    for (table, emptied, kept) in EMPTIED {
        let columns: BTreeSet<&str> = tables[table].keys().map(String::as_str).collect();
        let listed = emptied.split_whitespace().chain(kept.split_whitespace());
        assert_eq!(columns, listed.collect(), "say of each column of {table} what becomes of it");
    }
}

/// What the person has everywhere. Bytes are written as PostgreSQL has them.
const ROWS: [&str; 30] = [
    "INSERT INTO person (id, user_type, registered, email, email_key, created_at, updated_at) VALUES \
     (1, 'MERCHANT', TRUE, 'm@shop.example', 'm@shop.example', 0, 0), (2, 'CONSUMER', TRUE, 'a', 'a', 0, 0)",
    "INSERT INTO merchant (id, name, time_zone, currency, created_at, updated_at) VALUES (1, 'Shop', 'UTC', 'EUR', 0, 0)",
    "INSERT INTO store (id, merchant_id, name, name_key, created_at, updated_at) VALUES (1, 1, 'S', 's', 0, 0)",
    "INSERT INTO membership (merchant_id, person_id, managed, sharing, created_at, updated_at) VALUES (1, 2, FALSE, 'FULL', 0, 0)",
    "INSERT INTO membership_search (id, merchant_id, person_id, firstname, lastname, city, email, phone, loyalty_id, cards) \
     VALUES (131072, 1, 2, '', '', '', '', '', '', '')",
    "INSERT INTO membership_card (merchant_id, card_key, card, person_id, blocked_at, created_at) \
     VALUES (1, 'zzz1', 'ZZZ1', 2, NULL, 0), (1, 'zzz2', 'ZZZ2', 2, 5, 0)",
    "INSERT INTO connection (id, merchant_id, source, name, state, settings, token, health, created_at, updated_at) \
     VALUES (1, 1, 'SHOPIFY', 'Shop', 'ACTIVE', '{}', 't', 'OK', 0, 0)",
    "INSERT INTO source_record (merchant_id, connection_id, object, source_id, kind, state, image, digest, seen_run, subject_id, \
     first_seen_at, changed_at) VALUES (1, 1, 'Customer', 'zzz', 'CUSTOMER', 'LIVE', 'zzz', CAST('a' AS BYTEA), 1, 2, 0, 0)",
    "INSERT INTO field_provenance (merchant_id, person_id, fields) VALUES (1, 2, '{}')",
    "INSERT INTO sync_reject (merchant_id, connection_id, run_id, object, reference, code, message, raw, whole, created_at) \
     VALUES (1, 1, 1, 'Customer', 'zzz', 'invalid', 'zzz', 'zzz', TRUE, 0)",
    "INSERT INTO sync_review (merchant_id, connection_id, object, source_id, kind, people, evidence, state, created_at) \
     VALUES (1, 1, 'Customer', 'zzz', 'AMBIGUOUS', '[2]', 'zzz', 'OPEN', 0)",
    "INSERT INTO sync_run (merchant_id, connection_id, kind, dry_run, state, counts, report, created_at, updated_at) \
     VALUES (1, 1, 'TAIL', TRUE, 'DONE', '{}', 'zzz', 0, 0)",
    "INSERT INTO consent (merchant_id, person_id, channel, state, source, wording, decided_at, recorded_at, recorded_by) \
     VALUES (1, 2, 'EMAIL', 'GRANTED', 'zzz', 'zzz', 0, 0, 'CONSUMER')",
    "INSERT INTO merge (merchant_id, other_id, survivor_id, kept, merged_at) VALUES (1, 2, 2, 'zzz', 0)",
    "INSERT INTO blocked_loyalty_id (loyalty_id, person_id, blocked_at) VALUES ('zzz', 2, 0)",
    "INSERT INTO session (id, person_id, created_at) VALUES (1, 2, 0)",
    "INSERT INTO refresh_token (session_id, person_id, token_hash, created_at, expires_at) VALUES (1, 2, CAST('a' AS BYTEA), 0, 9)",
    "INSERT INTO mail (person_id, kind, address, state, due_at, token_hash, token_version, created_at, expires_at) \
     VALUES (2, 'activation', 'zzz', 'sent', 0, CAST('a' AS BYTEA), 0, 0, 9)",
    "INSERT INTO orders (id, merchant_id, number, store_id, person_id, order_type_id, state, currency, total, created_at, updated_at) \
     VALUES (1, 1, '42', 1, 2, 1, 'COMPLETED', 'EUR', 700, 0, 0)",
    "INSERT INTO order_item (merchant_id, order_id, name, quantity, cost, created_at, updated_at) VALUES (1, 1, 'Tea', 1, 700, 0, 0)",
    "INSERT INTO order_refund (merchant_id, order_id, is_cash, amount, created_at) VALUES (1, 1, FALSE, 5, 0)",
    "INSERT INTO visit (merchant_id, store_id, person_id, amount, currency, occurred_at, business_date, created_at) \
     VALUES (1, 1, 2, 700, 'EUR', 0, '2026-11-26', 0)",
    "INSERT INTO loyalty_card (id, merchant_id, name, name_key, loyalty_type, currency, status, created_at, updated_at) \
     VALUES (1, 1, 'C', 'c', 'POINTS', 'EUR', 'ACTIVE', 0, 0)",
    "INSERT INTO account (id, merchant_id, person_id, loyalty_card_id, balance, held, earned, seq, created_at) VALUES (1, 1, 2, 1, 10, 4, 10, 1, 0)",
    "INSERT INTO entry (id, merchant_id, account_id, seq, kind, amount, cause, natural_key, occurred_at, recorded_at, business_date, hash) \
     VALUES (1, 1, 1, 1, 'earn', 10, 'order', 'order:1', 0, 0, '2026-11-26', CAST('chain' AS BYTEA))",
    "INSERT INTO entry_reason (merchant_id, entry_id, reason) VALUES (1, 1, 'zzz')",
    "INSERT INTO hold (id, merchant_id, account_id, amount, until, state, created_at) VALUES (1, 1, 1, 4, 9, 'OPEN', 0)",
    "INSERT INTO redemption_intent (merchant_id, kind, person_id, loyalty_card_id, hold_id, code, state, expires_at, created_at) \
     VALUES (1, 'POINTS', 2, 1, 1, 'A1', 'OPEN', 9, 0)",
    "INSERT INTO idempotency (merchant_id, actor_id, mutation, idempotency_key, fingerprint, outcome, created_at) VALUES \
     (1, 1, 'updateConsumer', 'k', CAST('a' AS BYTEA), '{\"done\":\"2\"}', 0), \
     (0, 2, 'joinMerchant', 'k', CAST('a' AS BYTEA), '{\"done\":\"2\"}', 0)",
    "INSERT INTO audit_entry (merchant_id, created_at, actor_kind, person_id, action, target_kind, target_id, request_id, personal, peer) \
     VALUES (1, 0, 'consumer', 2, 'joinMerchant', 'person', 2, 'r', '[]', '192.0.2.7'), \
     (0, 0, 'anonymous', NULL, 'obtainToken', 'person', 2, 'r', '[[\"email\",null,\"zzz\"]]', '192.0.2.7')",
];

/// A value for an emptied column: what is read again has to be readable.
fn sample(kind: &str, column: &str) -> String {
    let text = match column {
        "birthday" => "1990-01-02",
        "gender" => "FEMALE",
        "country" => "DE",
        "entity_source" => "POS",
        "folded_text" => "{\"street\":\"zzz\"}",
        "extra_info" => "{\"zzz\":1}",
        "email_key" | "secondary_email_key" => "zzz@zzz.example",
        _ => "zzz",
    };
    match kind.trim_start_matches("Nullable<").trim_end_matches('>') {
        "Text" => format!("'{text}'"),
        "Bool" => "TRUE".to_owned(),
        _ => "7".to_owned(),
    }
}

pub(super) fn run(tx: &mut Tx<'_>, sql: &str) -> Result<(), StoreError> {
    let sqlite = sql.replace("BYTEA", "BLOB");
    Statement::<()>::new("").dialect(sql.to_owned(), sqlite).execute(tx.connection).map(drop)
}

pub(super) fn texts(house: &House, sql: String) -> Vec<String> {
    let query = Statement::<Text>::new(sql);
    house.db.read::<_, StoreError>(Scope::Platform, |tx| query.load(tx.connection)).unwrap()
}

pub(super) fn furnish(house: &House) {
    let tables = declared();
    let mut rows: Vec<String> = ROWS.map(str::to_owned).to_vec();
    // The log and the recorded outcomes are filled above: they are never changed.
    for (table, emptied, _) in &EMPTIED[..6] {
        let set = emptied
            .split_whitespace()
            .map(|column| format!("{column} = {}", sample(&tables[*table][column], column)));
        let set = set.collect::<Vec<_>>().join(", ");
        let own = match *table {
            "person" => "id = 2",
            "order_item" | "order_refund" => "order_id = 1",
            _ => "person_id = 2",
        };
        rows.push(format!("UPDATE {table} SET {set} WHERE {own}"));
    }
    house
        .db
        .write::<_, StoreError, _>(Scope::Platform, None, move |tx| {
            rows.iter().try_for_each(|row| run(tx, row))
        })
        .unwrap();
}

pub(super) fn erase(house: &House) -> Result<Erasure, AuthError> {
    let authority = Arc::clone(&house.authority);
    house.db.write(Scope::Platform, None, move |tx| {
        erasure::erase_account(tx, authority.marker(), PersonId::new(2), Reason::Request, NOW)
    })
}

#[test]
fn rule_30_what_tells_of_somebody_goes_and_the_books_stay() {
    each_house(Duration::ZERO, |house| {
        furnish(house);
        let books = || {
            let all = "SELECT 'entry ' || e.id || e.amount || e.natural_key FROM entry e \
                       UNION ALL SELECT 'order ' || o.number || o.total || o.person_id FROM orders o \
                       UNION ALL SELECT 'item ' || i.name || i.cost FROM order_item i \
                       UNION ALL SELECT 'account ' || a.balance || a.earned FROM account a";
            texts(house, all.to_owned())
        };
        let before = books();
        let done = erase(house).unwrap();
        assert_eq!(books(), before);
        let cleared =
            |kind| done.parts.iter().find(|part| part.kind == kind).map(|part| part.cleared);
        for (kind, expected) in [
            (PartKind::Cards, 2),
            (PartKind::Consents, 1),
            (PartKind::Merges, 1),
            (PartKind::Sources, 1),
            (PartKind::BlockedNumbers, 1),
            (PartKind::Sessions, 1),
            (PartKind::Mails, 1),
            (PartKind::AuditEntries, 2),
            (PartKind::Requests, 2),
            (PartKind::Orders, 2),
            (PartKind::OrderItems, 1),
            (PartKind::Intents, 1),
            (PartKind::LedgerEntries, 1),
        ] {
            assert_eq!(cleared(kind), Some(expected), "{kind:?}");
        }
        for table in GONE {
            let left = texts(house, format!("SELECT '{table}' FROM {table}"));
            assert_eq!(left, [""; 0], "{table}");
        }
        let tables = declared();
        for (table, emptied, _) in EMPTIED {
            for column in emptied.split_whitespace() {
                let own = if table == "person" { " AND id = 2" } else { "" };
                let kind = tables[table][column].as_str();
                let empty = match kind.trim_start_matches("Nullable<").trim_end_matches('>') {
                    "Text" => format!("{column} NOT IN ('', '{{}}')"),
                    "Bool" => column.to_owned(),
                    "Binary" => format!("length({column}) > 0"),
                    _ => format!("{column} <> 0"),
                };
                let sql = format!(
                    "SELECT '{column}' FROM {table} WHERE {column} IS NOT NULL AND {empty}{own}"
                );
                assert_eq!(texts(house, sql), [""; 0], "{table}.{column}");
            }
        }
        let open = "SELECT state FROM hold UNION ALL SELECT state FROM redemption_intent \
                    UNION ALL SELECT CAST(held AS TEXT) FROM account";
        assert_eq!(texts(house, open.to_owned()), ["CANCELLED", "CANCELLED", "0"]);
        let hashes = "SELECT 'verifies' FROM entry WHERE hash = CAST('chain' AS ";
        let kind = if house.db.is_sqlite() { "BLOB)" } else { "BYTEA)" };
        assert_eq!(texts(house, format!("{hashes}{kind}")), ["verifies"]);
    });
}

#[test]
fn a_merchants_change_at_the_same_moment_does_not_outlive_an_erasure() {
    each_house(Duration::ZERO, |house| {
        furnish(house);
        let begun = Arc::new(Barrier::new(2));
        let changing = {
            let (db, begun) = (Arc::clone(&house.db), Arc::clone(&begun));
            thread::spawn(move || {
                begun.wait();
                let merchant = MerchantId::new(1);
                db.write::<_, CustomerError, _>(Scope::Merchant(merchant), None, move |tx| {
                    let patch = ConsumerPatch {
                        cards: regulars_customer::Change::Set(vec!["ZZZ3".to_owned()]),
                        ..ConsumerPatch::default()
                    };
                    update::update(tx, &Actor::system(merchant), PersonId::new(2), &patch, NOW)
                })
            })
        };
        let (authority, erased) = (Arc::clone(&house.authority), AtomicUsize::new(0));
        house
            .db
            .write::<_, AuthError, _>(Scope::Platform, None, move |tx| {
                let person = PersonId::new(2);
                let done =
                    erasure::erase_account(tx, authority.marker(), person, Reason::Request, NOW)?;
                // Erased and not yet committed: now the other one comes, and has to wait. Run again, it is not told twice.
                if erased.fetch_add(1, Ordering::SeqCst) == 0 {
                    begun.wait();
                }
                Ok(done)
            })
            .unwrap();
        let refused = changing.join().unwrap();
        assert!(matches!(refused, Err(CustomerError::ConsumerNotFound)), "{refused:?}");
        assert_eq!(texts(house, "SELECT card FROM membership_card".to_owned()), [""; 0]);
    });
}

#[test]
fn an_erasure_takes_as_many_statements_whatever_there_was() {
    let counts: Vec<_> = [1, 200]
        .into_iter()
        .map(|orders| {
            let database = fresh(Engine::Sqlite, migrated);
            let url = DatabaseUrl::parse(database.url()).unwrap();
            let mut link = Link::open(&url, Purpose::Writing, Duration::from_secs(5)).unwrap();
            assert!(matches!(link.connection, AnyConnection::Sqlite(_)));
            let settings = Settings { password_cost: 4, ..Settings::default() };
            let authority = Authority::new(Keys::generate(&mut rand::rng()), settings).unwrap();
            let mut tx = Tx::new(&mut link.connection, Scope::Platform);
            for row in ROWS {
                run(&mut tx, row).unwrap();
            }
            for number in 2..orders {
                let row = format!(
                    "INSERT INTO orders (merchant_id, number, store_id, person_id, order_type_id, state, currency, total, \
                     phone_number, created_at, updated_at) VALUES (1, 'n{number}', 1, 2, 1, 'OPEN', 'EUR', 1, '1', 0, 0)"
                );
                run(&mut tx, &row).unwrap();
            }
            let before = link.watch.statements();
            let mut tx = Tx::new(&mut link.connection, Scope::Platform);
            let person = PersonId::new(2);
            erasure::erase_account(&mut tx, authority.marker(), person, Reason::Request, NOW).unwrap();
            link.watch.statements() - before
        })
        .collect();
    assert_eq!(counts[0], counts[1]);
    assert!(counts[0] < 50, "{counts:?}");
}
