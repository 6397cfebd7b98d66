//! What goes of people who are erased, beside the membership and the account row; and what is written down of it.

use diesel::{
    Queryable,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use regulars_auth::{
    erasure::{Erasure, ErasureId, NewErasure, Part, PartKind, Reason, Whose},
    mail::MailId,
    mark::Mark,
};
use regulars_kernel::{MerchantId, PersonId, Scope, StoreError, Timestamp};

use crate::{
    Tx,
    statement::{Bind, Statement},
};

/// Mutations of which the receipt begins with the number of a customer.
const ABOUT_CUSTOMERS: &str = "(mutation LIKE '%Consumer' OR mutation LIKE '%ConsumerCard' \
     OR mutation IN ('replaceLoyaltyId', 'setConsent')) AND mutation <> 'eraseConsumer'";

/// ` person_id = … [AND merchant_id = …]`, under an alias with its dot.
fn own<ST>(statement: Statement<ST>, alias: &'static str, whose: Whose) -> Statement<ST> {
    let statement = statement.sql(alias).sql("person_id = ").bind(whose.person.get());
    match whose.merchant {
        Some(merchant) => {
            statement.sql(" AND ").sql(alias).sql("merchant_id = ").bind(merchant.get())
        }
        None => statement,
    }
}

/// Runs `sql` and then the condition of whose rows, and then `rest`.
fn run(
    tx: &mut Tx<'_>,
    sql: &'static str,
    whose: Whose,
    rest: &'static str,
) -> Result<u64, StoreError> {
    let rows = own(Statement::<()>::new(sql), "", whose).sql(rest).execute(tx.connection)?;
    Ok(count(rows))
}

pub(super) fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

pub(super) fn clear(
    tx: &mut Tx<'_>,
    whose: Whose,
    values: &[String],
) -> Result<Vec<Part>, StoreError> {
    tx.platform()?;
    let cards = run(tx, "DELETE FROM membership_card WHERE ", whose, "")?;
    let consents = run(tx, "DELETE FROM consent WHERE ", whose, "")?;
    let intents = call_off(tx, whose)?;
    let merges = forget_merges(tx, whose)?;
    let items = run(
        tx,
        "UPDATE order_item SET extra_info = NULL WHERE extra_info IS NOT NULL \
         AND (merchant_id, order_id) IN (SELECT o.merchant_id, o.id FROM orders o WHERE ",
        whose,
        ")",
    )?;
    let reasons = run(
        tx,
        "UPDATE order_refund SET reason = NULL WHERE reason IS NOT NULL \
         AND (merchant_id, order_id) IN (SELECT o.merchant_id, o.id FROM orders o WHERE ",
        whose,
        ")",
    )?;
    let orders = run(
        tx,
        "UPDATE orders SET phone_number = NULL, delivery_location = NULL, extra_info = NULL WHERE ",
        whose,
        " AND (phone_number IS NOT NULL OR delivery_location IS NOT NULL OR extra_info IS NOT NULL)",
    )?;
    // What a source said beside: why something came back, and what it told, as a hash in which the person's number is.
    run(
        tx,
        "UPDATE sale_refund SET reason = NULL WHERE reason IS NOT NULL AND (merchant_id, order_link_id) IN \
         (SELECT k.merchant_id, k.id FROM order_link k WHERE (k.merchant_id, k.order_id) IN \
         (SELECT o.merchant_id, o.id FROM orders o WHERE ",
        whose,
        "))",
    )?;
    run(
        tx,
        "UPDATE order_link SET fingerprint = NULL WHERE fingerprint IS NOT NULL AND (merchant_id, order_id) IN \
         (SELECT o.merchant_id, o.id FROM orders o WHERE ",
        whose,
        ")",
    )?;
    let sources = super::said::forget(tx, whose)?;
    let said = run(tx, SAID[0], whose, SAID[1])?;
    let requests = void_requests(tx, whose, values)?;
    let [kept_orders, kept_items, redemptions, visits, entries] = kept(tx, whose)?;
    let mut parts = vec![
        Part::gone(PartKind::Cards, cards),
        Part::gone(PartKind::Consents, consents),
        Part::gone(PartKind::Merges, merges),
        Part::gone(PartKind::Sources, sources),
        Part::gone(PartKind::Intents, intents),
        Part::gone(PartKind::Requests, requests),
        Part { kind: PartKind::Orders, cleared: orders.saturating_add(reasons), kept: kept_orders },
        Part { kind: PartKind::OrderItems, cleared: items, kept: kept_items },
        Part { kind: PartKind::Redemptions, cleared: 0, kept: redemptions },
        Part { kind: PartKind::Visits, cleared: 0, kept: visits },
        Part { kind: PartKind::LedgerEntries, cleared: said, kept: entries },
    ];
    if whose.whole {
        let person = Whose { merchant: None, ..whose };
        let blocked = run(tx, "DELETE FROM blocked_loyalty_id WHERE ", person, "")?;
        run(tx, "DELETE FROM refresh_token WHERE ", person, "")?;
        let sessions = run(tx, "DELETE FROM session WHERE ", person, "")?;
        let mails = run(tx, "DELETE FROM mail WHERE ", person, "")?;
        Statement::<()>::new(
            "UPDATE person SET password_hash = NULL, token_version = token_version + 1 WHERE id = ",
        )
        .bind(whose.person.get())
        .execute(tx.connection)?;
        parts.extend([
            Part::gone(PartKind::BlockedNumbers, blocked),
            Part::gone(PartKind::Sessions, sessions),
            Part::gone(PartKind::Mails, mails),
        ]);
    }
    Ok(parts)
}

/// Forgets what was taken of each other's record where the person was merged with another.
fn forget_merges(tx: &mut Tx<'_>, whose: Whose) -> Result<u64, StoreError> {
    let mut statement =
        Statement::<()>::new("UPDATE merge SET kept = '' WHERE kept <> '' AND (other_id = ")
            .bind(whose.person.get())
            .sql(" OR survivor_id = ")
            .bind(whose.person.get())
            .sql(")");
    if let Some(merchant) = whose.merchant {
        statement = statement.sql(" AND merchant_id = ").bind(merchant.get());
    } else {
        // The merchant leads the index.
        statement = statement
            .sql(" AND merchant_id IN (SELECT m.merchant_id FROM membership m WHERE m.person_id = ")
            .bind(whose.person.get())
            .sql(")");
    }
    Ok(count(statement.execute(tx.connection)?))
}

/// What was said of a person's lines of the ledger, and of those of others that points moved to or from: up to the condition
/// whose they are, and what follows it.
const SAID: [&str; 2] = [
    "DELETE FROM entry_reason WHERE (merchant_id, entry_id) IN (WITH said AS \
     (SELECT e.merchant_id, e.id, e.cause, e.cause_id FROM entry e \
     WHERE (e.merchant_id, e.account_id) IN (SELECT merchant_id, id FROM account WHERE ",
    ")) SELECT s.merchant_id, s.id FROM said s UNION ALL SELECT s.merchant_id, s.cause_id FROM said s \
     WHERE s.cause = 'transfer' UNION ALL SELECT t.merchant_id, t.id FROM said s JOIN entry t \
     ON t.merchant_id = s.merchant_id AND t.cause_id = s.id AND t.cause = 'transfer')",
];

/// Calls off what was promised and is open, and frees what it held. Accounts are locked before their holds are looked at, in one
/// order, as whoever holds, spends and frees does: a hold that is just being made is seen once its transaction has ended.
fn call_off(tx: &mut Tx<'_>, whose: Whose) -> Result<u64, StoreError> {
    const HELD: &str = "UPDATE account SET held = held - (SELECT CAST(COALESCE(sum(h.amount), 0) AS BIGINT) FROM hold h \
         WHERE h.merchant_id = account.merchant_id AND h.account_id = account.id AND h.state = 'OPEN') \
         WHERE held <> 0 AND ";
    let locked = Statement::<BigInt>::new("SELECT o.id FROM account o WHERE ");
    let locked = own(locked, "o.", whose).sql(" ORDER BY o.merchant_id, o.id").sql(tx.lock());
    locked.load::<i64>(tx.connection)?;
    run(tx, HELD, whose, "")?;
    run(
        tx,
        "UPDATE hold SET state = 'CANCELLED' WHERE state = 'OPEN' AND (merchant_id, account_id) IN \
         (SELECT merchant_id, id FROM account WHERE ",
        whose,
        ")",
    )?;
    run(tx, "UPDATE redemption_intent SET state = 'CANCELLED' WHERE state = 'OPEN' AND ", whose, "")
}

/// Where recorded outcomes begin, as their index has it: no number of a customer is longer.
const BEGINNING: (&str, &str) =
    ("substr(i.outcome, 1, 40) COLLATE \"C\"", "substr(i.outcome, 1, 40)");

/// What names a recorded outcome, alone and among others.
const RECORDED: [(&str, &str); 2] = [
    ("(merchant_id, actor_id, mutation, idempotency_key)", "rowid"),
    ("i.merchant_id, i.actor_id, i.mutation, i.idempotency_key", "i.rowid"),
];

/// The outcomes at the merchants concerned that begin with a text: from it up to the next one of its length.
fn push_recorded(statement: &mut Statement<()>, whose: Whose, text: &str, next: &str) {
    statement.push("SELECT ");
    statement.push_dialect(RECORDED[1].0, RECORDED[1].1);
    statement.push(" FROM idempotency i WHERE i.merchant_id");
    if let Some(merchant) = whose.merchant {
        statement.push(" = ");
        statement.push_bind(merchant.get());
    } else {
        statement.push(" IN (SELECT m.merchant_id FROM membership m WHERE m.person_id = ");
        statement.push_bind(whose.person.get());
        statement.push(")");
    }
    for (sign, bound) in [(" >= ", text), (" < ", next)] {
        statement.push(" AND ");
        statement.push_dialect(BEGINNING.0, BEGINNING.1);
        statement.push(sign);
        statement.push_bind(bound);
    }
}

/// Forgets with what requests about the person were asked, and the sentences in which they were refused. The keys stay used: a
/// request that comes again is refused as one with another input, and brings nobody back.
fn void_requests(tx: &mut Tx<'_>, whose: Whose, values: &[String]) -> Result<u64, StoreError> {
    let mut statement = Statement::<()>::new("UPDATE idempotency SET outcome = '', fingerprint = ")
        .dialect("'\\x'::bytea", "x''")
        .sql(" WHERE outcome <> '' AND ")
        .sql(ABOUT_CUSTOMERS)
        .sql(" AND ")
        .dialect(RECORDED[0].0, RECORDED[0].1)
        .sql(" IN (");
    // Each beginning by itself, so that each is looked up in the index: the number alone, and with something after it.
    let done = format!("{{\"done\":\"{}", whose.person);
    push_recorded(&mut statement, whose, &format!("{done}\""), &format!("{done}#"));
    statement.push(" UNION ALL ");
    push_recorded(&mut statement, whose, &format!("{done} "), &format!("{done}!"));
    if !values.is_empty() {
        // Sentences of refusals alone repeat what was typed; what was done says numbers.
        statement.push(" UNION ALL ");
        push_recorded(&mut statement, whose, "{\"refused\"", "{\"refused#");
        statement.push(" AND EXISTS (SELECT 1 FROM ");
        statement = statement
            .each(values.iter().cloned().collect::<Bind>())
            .sql(" v WHERE ")
            .dialect("strpos(i.outcome, v.value) > 0", "instr(i.outcome, v.value) > 0")
            .sql(")");
    }
    statement.push(")");
    let rows = statement.execute(tx.connection)?;
    if !whose.whole {
        return Ok(count(rows));
    }
    // Also of what they did within a merchant's scope.
    let own = Statement::<()>::new(
        "DELETE FROM idempotency WHERE merchant_id IN (SELECT 0 UNION ALL \
         SELECT m.merchant_id FROM membership m WHERE m.person_id = ",
    )
    .bind(whose.person.get())
    .sql(") AND actor_id = ")
    .bind(whose.person.get())
    .execute(tx.connection)?;
    Ok(count(rows).saturating_add(count(own)))
}

/// How many orders, lines of orders, redemptions, visits and entries of the ledger stay.
fn kept(tx: &mut Tx<'_>, whose: Whose) -> Result<[u64; 5], StoreError> {
    type Counts = (BigInt, BigInt, BigInt, BigInt, BigInt);
    let mut statement = Statement::<Counts>::new("SELECT ");
    for (number, table) in [
        "orders o WHERE ",
        "orders o JOIN order_item i ON i.merchant_id = o.merchant_id AND i.order_id = o.id WHERE ",
        "redemption o WHERE ",
        "visit o WHERE ",
        "account o JOIN entry e ON e.merchant_id = o.merchant_id AND e.account_id = o.id WHERE ",
    ]
    .into_iter()
    .enumerate()
    {
        statement.push(if number == 0 {
            "(SELECT count(*) FROM "
        } else {
            ", (SELECT count(*) FROM "
        });
        statement.push(table);
        statement = own(statement, "o.", whose);
        statement.push(")");
    }
    let found: Option<(i64, i64, i64, i64, i64)> = statement.first(tx.connection)?;
    let (orders, items, redemptions, visits, entries) = found.unwrap_or_default();
    Ok([orders, items, redemptions, visits, entries]
        .map(|rows| u64::try_from(rows).unwrap_or_default()))
}

pub(super) fn insert_marks(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    marks: &[Mark],
    at: Timestamp,
) -> Result<usize, StoreError> {
    tx.platform()?;
    if marks.is_empty() {
        return Ok(0);
    }
    let mut statement = Statement::<()>::new(
        "INSERT INTO erased_mark (merchant_id, kind, key_id, digest, erased_at) VALUES ",
    );
    statement.vary();
    for (number, mark) in marks.iter().enumerate() {
        statement.push(if number == 0 { "(" } else { ", (" });
        statement.push_bind(merchant.get());
        for text in [mark.kind.word(), &mark.key, &mark.digest] {
            statement.push(", ");
            statement.push_bind(text);
        }
        statement.push(", ");
        statement.push_bind(at.micros());
        statement.push(")");
    }
    statement.sql(" ON CONFLICT DO NOTHING").execute(tx.connection)
}

pub(super) fn is_marked(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    marks: &[Mark],
) -> Result<bool, StoreError> {
    match tx.scope() {
        Scope::Merchant(own) if own != merchant => return Ok(false),
        Scope::Person(_) => return Ok(false),
        Scope::Merchant(_) | Scope::Platform => {}
    }
    let Some(first) = marks.first() else { return Ok(false) };
    let statement =
        Statement::<BigInt>::new("SELECT count(*) FROM erased_mark WHERE merchant_id = ")
            .bind(merchant.get())
            .sql(" AND kind = ")
            .bind(first.kind.word())
            .sql(" AND digest")
            .is_in(marks.iter().map(|mark| mark.digest.clone()).collect::<Bind>());
    let found: Option<i64> = statement.first(tx.connection)?;
    Ok(found.is_some_and(|found| found > 0))
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &NewErasure) -> Result<ErasureId, StoreError> {
    tx.platform()?;
    let statement = Statement::<BigInt>::new(
        "INSERT INTO erasure (merchant_id, person_id, reason, receipt, erased_at) VALUES (",
    )
    .bind(new.merchant.map_or(0, MerchantId::get))
    .sql(", ")
    .bind(new.person.get())
    .sql(", ")
    .bind(new.reason.word())
    .sql(", ")
    .bind(new.parts.to_string())
    .sql(", ")
    .bind(new.erased_at.micros())
    .sql(") RETURNING id");
    let id: Option<i64> = statement.first(tx.connection)?;
    id.map(ErasureId::new).ok_or(StoreError::Unavailable)
}

/// Whether the person went as a whole shows in what is left: the account, or the row of a customer whom the merchant kept.
const COLUMNS: &str = "SELECT e.id, e.merchant_id, e.person_id, e.merchant_id = 0 OR EXISTS (SELECT 1 FROM membership m \
     WHERE m.merchant_id = e.merchant_id AND m.person_id = e.person_id AND m.managed), \
     e.reason, e.receipt, e.erased_at, e.cleaned_at FROM erasure e WHERE ";

type RowSql = (BigInt, BigInt, BigInt, Bool, Text, Text, BigInt, Nullable<BigInt>);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    person_id: i64,
    whole: bool,
    reason: String,
    receipt: String,
    erased_at: i64,
    cleaned_at: Option<i64>,
}

impl Row {
    fn erasure(self) -> Result<Erasure, StoreError> {
        let id = self.id;
        let corrupt = |column| StoreError::Corrupt { table: "erasure", column, id };
        Ok(Erasure {
            id: ErasureId::new(id),
            merchant: (self.merchant_id != 0).then(|| MerchantId::new(self.merchant_id)),
            person: PersonId::new(self.person_id),
            whole: self.whole,
            reason: Reason::from_word(&self.reason).ok_or_else(|| corrupt("reason"))?,
            parts: self.receipt.parse().map_err(|_text| corrupt("receipt"))?,
            erased_at: Timestamp::from_micros(self.erased_at),
            cleaned_at: self.cleaned_at.map(Timestamp::from_micros),
        })
    }
}

pub(super) fn find(tx: &mut Tx<'_>, id: ErasureId) -> Result<Option<Erasure>, StoreError> {
    let mut statement = Statement::<RowSql>::new(COLUMNS).sql("e.id = ").bind(id.get());
    match tx.scope() {
        Scope::Merchant(own) => {
            statement = statement.sql(" AND e.merchant_id = ").bind(own.get());
        }
        Scope::Person(_) => return Ok(None),
        Scope::Platform => {}
    }
    statement.first::<Row>(tx.connection)?.map(Row::erasure).transpose()
}

pub(super) fn unclean(
    tx: &mut Tx<'_>,
    before: Timestamp,
    most: u16,
) -> Result<Vec<Erasure>, StoreError> {
    tx.platform()?;
    let statement = Statement::<RowSql>::new(COLUMNS)
        .sql("e.cleaned_at IS NULL AND e.erased_at < ")
        .bind(before.micros())
        .sql(" ORDER BY e.erased_at LIMIT ")
        .bind(i64::from(most));
    statement.load::<Row>(tx.connection)?.into_iter().map(Row::erasure).collect()
}

pub(super) fn settle(tx: &mut Tx<'_>, ids: &[ErasureId], at: Timestamp) -> Result<(), StoreError> {
    tx.platform()?;
    if ids.is_empty() {
        return Ok(());
    }
    Statement::<()>::new("UPDATE erasure SET cleaned_at = ")
        .bind(at.micros())
        .sql(" WHERE cleaned_at IS NULL AND id")
        .is_in(ids.iter().map(|id| id.get()).collect::<Bind>())
        .execute(tx.connection)?;
    Ok(())
}

pub(super) fn late(
    tx: &mut Tx<'_>,
    past: ErasureId,
    most: u16,
) -> Result<Vec<Erasure>, StoreError> {
    tx.platform()?;
    let statement = Statement::<RowSql>::new(COLUMNS)
        .sql("e.logs_settled_at IS NULL AND e.id > ")
        .bind(past.get())
        .sql(" ORDER BY e.id LIMIT ")
        .bind(i64::from(most));
    statement.load::<Row>(tx.connection)?.into_iter().map(Row::erasure).collect()
}

pub(super) fn reopen(tx: &mut Tx<'_>, ids: &[ErasureId]) -> Result<(), StoreError> {
    tx.platform()?;
    if ids.is_empty() {
        return Ok(());
    }
    Statement::<()>::new(
        "UPDATE erasure SET cleaned_at = NULL WHERE cleaned_at IS NOT NULL AND id",
    )
    .is_in(ids.iter().map(|id| id.get()).collect::<Bind>())
    .execute(tx.connection)?;
    Ok(())
}

pub(super) fn settle_logs(
    tx: &mut Tx<'_>,
    ids: &[ErasureId],
    at: Timestamp,
) -> Result<(), StoreError> {
    tx.platform()?;
    if ids.is_empty() {
        return Ok(());
    }
    Statement::<()>::new("UPDATE erasure SET logs_settled_at = ")
        .bind(at.micros())
        .sql(" WHERE logs_settled_at IS NULL AND id")
        .is_in(ids.iter().map(|id| id.get()).collect::<Bind>())
        .execute(tx.connection)?;
    Ok(())
}

pub(super) fn mails_among(tx: &mut Tx<'_>, ids: &[MailId]) -> Result<Vec<MailId>, StoreError> {
    tx.platform()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let statement = Statement::<BigInt>::new("SELECT m.id FROM mail m WHERE m.id")
        .is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    Ok(statement.load::<i64>(tx.connection)?.into_iter().map(MailId::new).collect())
}
