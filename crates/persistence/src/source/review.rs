//! Questions that somebody has to answer.

use diesel::{
    Queryable,
    sql_types::{BigInt, Nullable, Text},
};
use regulars_kernel::{
    ConnectionId, MerchantId, Page, PageRequest, PersonId, StoreError, SyncReviewId, Timestamp,
};
use regulars_source::{
    record::RecordKey,
    review::{ReviewKind, SyncReview, SyncReviewSort, SyncReviewState},
    store::Of,
};

use super::{OUT_OF_REACH, push_reach, push_rows};
use crate::{
    Tx,
    merchant::Stored,
    page::{SortColumns, push_page},
    statement::{Bind, Statement},
};

const COLUMNS: &str = "SELECT v.id, v.merchant_id, v.connection_id, v.object, v.source_id, v.kind, v.people, v.evidence, \
     v.state, v.created_at, v.resolved_at, v.resolved_by FROM sync_review v";

type RowSql = (
    BigInt,
    BigInt,
    BigInt,
    Text,
    Text,
    Text,
    Text,
    Text,
    Text,
    BigInt,
    Nullable<BigInt>,
    Nullable<BigInt>,
);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    connection_id: i64,
    object: String,
    source_id: String,
    kind: String,
    people: String,
    evidence: String,
    state: String,
    created_at: i64,
    resolved_at: Option<i64>,
    resolved_by: Option<i64>,
}

impl TryFrom<Row> for SyncReview {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let stored = Stored { table: "sync_review", id: row.id };
        let people = |text: &str| serde_json::from_str::<Vec<i64>>(text).ok();
        Ok(Self {
            id: SyncReviewId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            connection: ConnectionId::new(row.connection_id),
            kind: stored.read("kind", &row.kind, ReviewKind::from_name)?,
            people: stored
                .read("people", &row.people, people)?
                .into_iter()
                .map(PersonId::new)
                .collect(),
            state: stored.read("state", &row.state, SyncReviewState::from_name)?,
            key: RecordKey { object: row.object, id: row.source_id },
            evidence: row.evidence,
            created_at: Timestamp::from_micros(row.created_at),
            resolved_at: row.resolved_at.map(Timestamp::from_micros),
            resolved_by: row.resolved_by.map(PersonId::new),
        })
    }
}

impl SortColumns for SyncReviewSort {
    fn column(self) -> &'static str {
        match self {}
    }

    const PK: &'static str = "v.id";
}

fn push_query<ST>(tx: &Tx<'_>, statement: &mut Statement<ST>, merchant: MerchantId, of: Of) {
    push_reach(tx.scope(), statement, "v.merchant_id");
    statement.push(" AND v.merchant_id = ");
    statement.push_bind(merchant.get());
    if let Some(connection) = of.connection {
        statement.push(" AND v.connection_id = ");
        statement.push_bind(connection.get());
    }
    if of.open {
        statement.push(" AND v.state = 'OPEN'");
    }
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<SyncReview>, StoreError> {
    let rows: Vec<Row> = statement.load(tx.connection)?;
    rows.into_iter().map(SyncReview::try_from).collect()
}

pub(super) fn insert(tx: &mut Tx<'_>, reviews: &[SyncReview]) -> Result<(), StoreError> {
    for review in reviews {
        tx.require_merchant(review.merchant, OUT_OF_REACH)?;
    }
    let mut statement = Statement::<()>::new(
        "INSERT INTO sync_review (merchant_id, connection_id, object, source_id, kind, people, evidence, state, created_at) \
         VALUES ",
    );
    push_rows(
        &mut statement,
        reviews.iter().map(|review| -> Vec<Bind> {
            let people: Vec<i64> = review.people.iter().map(|person| person.get()).collect();
            vec![
                review.merchant.get().into(),
                review.connection.get().into(),
                review.key.object.as_str().into(),
                review.key.id.as_str().into(),
                review.kind.name().into(),
                serde_json::Value::from(people).to_string().into(),
                review.evidence.as_str().into(),
                review.state.name().into(),
                review.created_at.micros().into(),
            ]
        }),
    );
    statement.sql(" ON CONFLICT DO NOTHING").execute(tx.connection).map(drop)
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    of: Of,
    page: &PageRequest<SyncReviewSort>,
) -> Result<Page<SyncReview>, StoreError> {
    let mut statement = Statement::new(COLUMNS);
    push_query(tx, &mut statement, merchant, of);
    push_page(&mut statement, page);
    Ok(Page::from_fetched(load(tx, statement)?, page))
}

pub(super) fn count(tx: &mut Tx<'_>, merchant: MerchantId, of: Of) -> Result<u64, StoreError> {
    let mut statement = Statement::<BigInt>::new("SELECT count(*) FROM sync_review v");
    push_query(tx, &mut statement, merchant, of);
    let rows: Option<i64> = statement.first(tx.connection)?;
    Ok(rows.map(i64::unsigned_abs).unwrap_or_default())
}

pub(super) fn find(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: SyncReviewId,
) -> Result<Option<SyncReview>, StoreError> {
    let mut statement = Statement::new(COLUMNS);
    push_reach(tx.scope(), &mut statement, "v.merchant_id");
    let statement = statement
        .sql(" AND v.merchant_id = ")
        .bind(merchant.get())
        .sql(" AND v.id = ")
        .bind(id.get())
        .sql(tx.lock());
    Ok(load(tx, statement)?.pop())
}

pub(super) fn resolve(
    tx: &mut Tx<'_>,
    id: SyncReviewId,
    state: SyncReviewState,
    (by, at): (Option<PersonId>, Timestamp),
) -> Result<(), StoreError> {
    let mut statement = Statement::<()>::new("UPDATE sync_review SET state = ")
        .bind(state.name())
        .sql(", resolved_at = ")
        .bind(at.micros())
        .sql(", resolved_by = ")
        .bind(by.map(PersonId::get));
    push_reach(tx.scope(), &mut statement, "merchant_id");
    let rows = statement.sql(" AND id = ").bind(id.get()).execute(tx.connection)?;
    if rows == 1 { Ok(()) } else { Err(OUT_OF_REACH) }
}
