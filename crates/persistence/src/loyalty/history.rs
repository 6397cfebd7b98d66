//! Lines of the ledger for people to read.

use diesel::{
    Queryable,
    sql_types::{BigInt, Nullable, Text},
};
use regulars_kernel::{
    AccountId, EntryId, LoyaltyCardId, MerchantId, Page, PageRequest, PersonId, Points, Scope,
    StoreError, Timestamp,
};
use regulars_loyalty::{
    Book, Cause, HistoryStore,
    history::{HistoryQuery, HistorySort, Line},
    sale::UNTIL_REVIEWED,
};

use super::{
    book::{self, EntryRow, EntrySql, entry_columns},
    ledger::push_owned,
    near, require_reach,
};
use crate::{
    Tx,
    page::{Children, SortColumns, group},
    promotion::terms::Origin,
    statement::{Bind, Statement},
};

impl HistoryStore for Tx<'_> {
    fn history_per_consumer(
        &mut self,
        query: &HistoryQuery,
        people: &[PersonId],
        page: &PageRequest<HistorySort>,
    ) -> Result<Vec<(PersonId, Page<Line>)>, StoreError> {
        per_consumer(self, query, people, page)
    }

    fn count_history_per_consumer(
        &mut self,
        query: &HistoryQuery,
        people: &[PersonId],
    ) -> Result<Vec<(PersonId, u64)>, StoreError> {
        count_per_consumer(self, query, people)
    }

    fn lines(&mut self, ids: &[EntryId]) -> Result<Vec<Line>, StoreError> {
        by_ids(self, ids)
    }

    fn books_of(&mut self, accounts: &[AccountId]) -> Result<Vec<Book>, StoreError> {
        book::of_accounts(self, accounts)
    }

    fn standing_books(&mut self, accounts: &[AccountId]) -> Result<Vec<Book>, StoreError> {
        book::standing(self, accounts)
    }

    fn put_reason(
        &mut self,
        merchant: MerchantId,
        entry: EntryId,
        reason: &str,
    ) -> Result<(), StoreError> {
        require_reach(self, merchant)?;
        Statement::<()>::new("INSERT INTO entry_reason (merchant_id, entry_id, reason) VALUES (")
            .bind(merchant.get())
            .sql(", ")
            .bind(entry.get())
            .sql(", ")
            .bind(reason)
            .sql(")")
            .execute(self.connection)?;
        Ok(())
    }
}

/// What stands beside the line: whose it is, what was there after it, what came with it, what it came of in the end, and what
/// was said of it. What was there after it is what is there now less all that came later: of the newest, little. An instant
/// past all others is [`UNTIL_REVIEWED`].
const SELECT: &str = concat!(
    "a.id, ",
    entry_columns!(),
    ", a.merchant_id, a.person_id, a.loyalty_card_id, a.balance - a.debt - \
     COALESCE((SELECT CAST(SUM(s.amount) AS BIGINT) FROM entry s \
     WHERE s.merchant_id = e.merchant_id AND s.account_id = e.account_id AND s.seq > e.seq), 0), \
     (SELECT MIN(l.active_from) FROM lot l WHERE l.merchant_id = e.merchant_id \
     AND l.entry_id = e.id), \
     (SELECT MIN(l.expires_at) FROM lot l WHERE l.merchant_id = e.merchant_id \
     AND l.entry_id = e.id), \
     (SELECT MAX(l.active_from) FROM lot l WHERE l.merchant_id = e.merchant_id \
     AND l.entry_id = e.id AND l.remaining > 0), o.cause, o.cause_id, n.reason"
);

/// The entry `e` that `c` is, its account, and what stands beside it.
const JOINS: &str = " JOIN entry e ON e.merchant_id = c.merchant_id AND e.id = c.id \
     JOIN account a ON a.merchant_id = e.merchant_id AND a.id = e.account_id \
     LEFT JOIN entry o ON o.merchant_id = e.merchant_id AND o.id = e.cause_id \
     AND e.cause = 'review' LEFT JOIN entry_reason n ON n.merchant_id = e.merchant_id \
     AND n.entry_id = e.id";

type LineSql = (
    EntrySql,
    (
        BigInt,
        BigInt,
        BigInt,
        BigInt,
        Nullable<BigInt>,
        Nullable<BigInt>,
        Nullable<BigInt>,
        Nullable<Text>,
        Nullable<BigInt>,
        Nullable<Text>,
    ),
);

#[derive(Queryable)]
struct Beside {
    merchant: i64,
    person: i64,
    card: i64,
    balance_after: i64,
    active_from: Option<i64>,
    expires_at: Option<i64>,
    last_active_from: Option<i64>,
    source: Option<String>,
    source_id: Option<i64>,
    reason: Option<String>,
}

fn line((entry, beside): (EntryRow, Beside)) -> Result<Line, StoreError> {
    let entry = entry.entry()?;
    let origin = Origin { table: "entry", id: entry.id.get() };
    let source = match &beside.source {
        Some(name) => origin.read("cause", Cause::from_parts(name, beside.source_id))?,
        None => entry.cause,
    };
    let active_from = beside.active_from.map(Timestamp::from_micros);
    Ok(Line {
        entry,
        merchant: MerchantId::new(beside.merchant),
        person: PersonId::new(beside.person),
        card: LoyaltyCardId::new(beside.card),
        balance_after: Points::new(beside.balance_after),
        active_from: active_from.filter(|at| *at != UNTIL_REVIEWED),
        expires_at: beside.expires_at.map(Timestamp::from_micros),
        awaits_review: beside.last_active_from == Some(UNTIL_REVIEWED.micros()),
        source,
        reason: beside.reason,
    })
}

impl SortColumns for HistorySort {
    fn column(self) -> &'static str {
        match self {
            Self::OccurredAt => "c.occurred_at",
        }
    }

    const PK: &'static str = "c.id";
}

/// Appends ` AND …` for what a query admits of entries `c`, and for their accounts being in reach: those of the person that
/// `owner` names.
fn push_query<ST>(
    statement: &mut Statement<ST>,
    scope: Scope,
    query: &HistoryQuery,
    owner: &'static str,
) {
    statement.push(
        " AND (c.merchant_id, c.account_id) IN (SELECT w.merchant_id, w.id FROM membership m \
         JOIN account w ON w.merchant_id = m.merchant_id AND w.person_id = m.person_id \
         WHERE m.person_id = ",
    );
    statement.push(owner);
    for merchant in [scope.merchant(), query.merchant].into_iter().flatten() {
        statement.push(" AND m.merchant_id = ");
        statement.push_bind(merchant.get());
    }
    if let Some(card) = query.card {
        statement.push(" AND w.loyalty_card_id = ");
        statement.push_bind(card.get());
    }
    statement.push(")");
    // The merchant leads the keys.
    if let Some(merchant) = scope.merchant() {
        statement.push(" AND c.merchant_id = ");
        statement.push_bind(merchant.get());
    }
    if let Some(kind) = query.kind {
        statement.push(" AND c.kind = ");
        statement.push_bind(kind.name());
    }
    if let Some(from) = query.from {
        statement.push(" AND c.occurred_at >= ");
        statement.push_bind(from.micros());
    }
    if let Some(until) = query.until {
        statement.push(" AND c.occurred_at < ");
        statement.push_bind(until.micros());
    }
}

fn per_consumer(
    tx: &mut Tx<'_>,
    query: &HistoryQuery,
    people: &[PersonId],
    request: &PageRequest<HistorySort>,
) -> Result<Vec<(PersonId, Page<Line>)>, StoreError> {
    let scope = tx.scope();
    let parents = near(scope, people);
    let children = Children {
        select: SELECT,
        table: "entry",
        joins: JOINS,
        // Whose an entry is its account says: the conditions look there.
        parent: "k.value",
        parents: &parents,
    };
    let statement = children.page(
        |statement: &mut Statement<LineSql>| push_query(statement, scope, query, "k.value"),
        request,
    );
    let rows: Vec<(EntryRow, Beside)> = statement.load(tx.connection)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let line = line(row)?;
        found.push((line.person, line));
    }
    let people: Vec<PersonId> = parents.into_iter().map(PersonId::new).collect();
    Ok(group(&people, found, request))
}

fn count_per_consumer(
    tx: &mut Tx<'_>,
    query: &HistoryQuery,
    people: &[PersonId],
) -> Result<Vec<(PersonId, u64)>, StoreError> {
    let scope = tx.scope();
    let parents = near(scope, people);
    let mut statement = Statement::<(BigInt, BigInt)>::new(
        "SELECT k.value, (SELECT COUNT(*) FROM entry c WHERE TRUE",
    );
    push_query(&mut statement, scope, query, "k.value");
    let statement = statement.sql(") FROM ").each(parents.into_iter().collect::<Bind>()).sql(" k");
    let rows: Vec<(i64, i64)> = statement.load(tx.connection)?;
    let count = |(person, count): (i64, i64)| (PersonId::new(person), count.unsigned_abs());
    Ok(rows.into_iter().map(count).collect())
}

fn by_ids(tx: &mut Tx<'_>, ids: &[EntryId]) -> Result<Vec<Line>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::<LineSql>::new("SELECT ")
        .sql(SELECT)
        .sql(" FROM entry c")
        .sql(JOINS)
        .sql(" WHERE c.id")
        .is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    push_owned(&mut statement, tx.scope());
    let rows: Vec<(EntryRow, Beside)> = statement.load(tx.connection)?;
    rows.into_iter().map(line).collect()
}
