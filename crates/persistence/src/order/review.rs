//! What somebody has to look at.

use diesel::{
    Queryable,
    sql_types::{BigInt, Nullable, Text},
};
use regulars_kernel::{
    MerchantId, Page, PageRequest, PersonId, SaleReviewId, Scope, StoreAccess, StoreError, StoreId,
    Timestamp,
};
use regulars_loyalty::Cause;
use regulars_order::{ReviewState, Reviewed, SaleReview, SaleReviewQuery, SaleReviewSort};

use super::{OUT_OF_REACH, reached};
use crate::{
    Tx,
    merchant::Stored,
    page::{SortColumns, push_page},
    statement::{Bind, Statement},
};

const COLUMNS: &str = "c.id, c.merchant_id, c.store_id, c.cause, c.cause_id, c.code, c.state, c.created_at, \
     c.resolved_at, c.resolved_by";

type RowSql =
    (BigInt, BigInt, BigInt, Text, BigInt, Text, Text, BigInt, Nullable<BigInt>, Nullable<BigInt>);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    store_id: i64,
    cause: String,
    cause_id: i64,
    code: String,
    state: String,
    created_at: i64,
    resolved_at: Option<i64>,
    resolved_by: Option<i64>,
}

impl TryFrom<Row> for SaleReview {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let stored = Stored { table: "sale_review", id: row.id };
        let about =
            |name: &str| Cause::from_parts(name, Some(row.cause_id)).and_then(Reviewed::from_cause);
        Ok(Self {
            id: SaleReviewId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            store: StoreId::new(row.store_id),
            about: stored.read("cause", &row.cause, about)?,
            state: stored.read("state", &row.state, ReviewState::from_name)?,
            code: row.code,
            created_at: Timestamp::from_micros(row.created_at),
            resolved_at: row.resolved_at.map(Timestamp::from_micros),
            resolved_by: row.resolved_by.map(PersonId::new),
        })
    }
}

impl SortColumns for SaleReviewSort {
    fn column(self) -> &'static str {
        match self {}
    }

    const PK: &'static str = "c.id";
}

pub(super) fn insert(tx: &mut Tx<'_>, reviews: &[SaleReview]) -> Result<(), StoreError> {
    if reviews.is_empty() {
        return Ok(());
    }
    let mut statement = Statement::<()>::new(
        "INSERT INTO sale_review (merchant_id, store_id, cause, cause_id, code, state, created_at) VALUES ",
    );
    for (nth, review) in reviews.iter().enumerate() {
        tx.require_merchant(review.merchant, OUT_OF_REACH)?;
        let cause = review.about.cause();
        let values: [Bind; 7] = [
            review.merchant.get().into(),
            review.store.get().into(),
            cause.name().into(),
            cause.id().into(),
            review.code.as_str().into(),
            review.state.name().into(),
            review.created_at.micros().into(),
        ];
        for (column, value) in values.into_iter().enumerate() {
            statement.push(match (nth, column) {
                (0, 0) => "(",
                (_, 0) => "), (",
                _ => ", ",
            });
            statement.push_bind(value);
        }
    }
    statement.sql(") ON CONFLICT DO NOTHING").execute(tx.connection).map(drop)
}

/// Reviews `c` in reach; a condition can follow.
fn near<ST>(
    scope: Scope,
    within: &StoreAccess,
    select: impl Into<std::borrow::Cow<'static, str>>,
) -> Statement<ST> {
    let mut statement = Statement::new("SELECT ").sql(select).sql(" FROM sale_review c WHERE ");
    match scope {
        Scope::Merchant(merchant) => {
            statement.push("c.merchant_id = ");
            statement.push_bind(merchant.get());
        }
        Scope::Person(_) => statement.push("1 = 0"),
        Scope::Platform => statement.push("1 = 1"),
    }
    if let StoreAccess::Only(stores) = within {
        statement.push(" AND c.store_id");
        statement.push_is_in(stores.iter().map(|id| id.get()).collect::<Bind>());
    }
    statement
}

fn push_query<ST>(statement: &mut Statement<ST>, query: &SaleReviewQuery) {
    if let Some(state) = query.state {
        statement.push(" AND c.state = ");
        statement.push_bind(state.name());
    }
    if let Some(store) = query.store {
        statement.push(" AND c.store_id = ");
        statement.push_bind(store.get());
    }
    if let Some(order) = query.order {
        statement.push(" AND c.cause = 'order' AND c.cause_id = ");
        statement.push_bind(order.get());
    }
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<SaleReview>, StoreError> {
    let rows: Vec<Row> = statement.load(tx.connection)?;
    rows.into_iter().map(SaleReview::try_from).collect()
}

pub(super) fn by_ids(
    tx: &mut Tx<'_>,
    ids: &[SaleReviewId],
    within: &StoreAccess,
) -> Result<Vec<SaleReview>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = near(tx.scope(), within, COLUMNS);
    statement.push(" AND c.id");
    statement.push_is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    load(tx, statement)
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    query: &SaleReviewQuery,
    request: &PageRequest<SaleReviewSort>,
) -> Result<Page<SaleReview>, StoreError> {
    let mut statement = near(tx.scope(), &query.within, COLUMNS);
    push_query(&mut statement, query);
    push_page(&mut statement, request);
    Ok(Page::from_fetched(load(tx, statement)?, request))
}

pub(super) fn count(tx: &mut Tx<'_>, query: &SaleReviewQuery) -> Result<u64, StoreError> {
    let mut statement: Statement<BigInt> = near(tx.scope(), &query.within, "count(*)");
    push_query(&mut statement, query);
    let rows: Option<i64> = statement.first(tx.connection)?;
    Ok(rows.map(i64::unsigned_abs).unwrap_or_default())
}

pub(super) fn find(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: SaleReviewId,
) -> Result<Option<SaleReview>, StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)?;
    let statement = Statement::<RowSql>::new("SELECT ")
        .sql(COLUMNS)
        .sql(" FROM sale_review c WHERE c.merchant_id = ")
        .bind(merchant.get())
        .sql(" AND c.id = ")
        .bind(id.get())
        .sql(tx.lock());
    Ok(load(tx, statement)?.pop())
}

pub(super) fn update(tx: &mut Tx<'_>, review: &SaleReview) -> Result<(), StoreError> {
    tx.require_merchant(review.merchant, OUT_OF_REACH)?;
    let rows = Statement::<()>::new("UPDATE sale_review SET state = ")
        .bind(review.state.name())
        .sql(", resolved_at = ")
        .bind(review.resolved_at.map(Timestamp::micros))
        .sql(", resolved_by = ")
        .bind(review.resolved_by.map(PersonId::get))
        .sql(" WHERE merchant_id = ")
        .bind(review.merchant.get())
        .sql(" AND id = ")
        .bind(review.id.get())
        .execute(tx.connection)?;
    reached(rows)
}
