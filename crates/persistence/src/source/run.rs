//! Times of reading connections.

use diesel::{
    Queryable,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use regulars_kernel::{
    ConnectionId, MerchantId, Page, PageRequest, PersonId, StoreError, SyncRunId, Timestamp,
};
use regulars_source::{Counts, Run, RunKind, RunState, run::RunSort, store::Of};

use super::{OUT_OF_REACH, push_reach};
use crate::{
    Tx,
    merchant::Stored,
    page::{SortColumns, push_page},
    statement::{Bind, Statement},
};

const COLUMNS: &str = "SELECT r.id, r.merchant_id, r.connection_id, r.kind, r.dry_run, r.state, r.is_to_end, r.asked_by, \
     r.phase, r.total, r.counts, r.budget, r.error, r.report, r.created_at, r.started_at, r.updated_at, r.finished_at \
     FROM sync_run r";

type RowSql = (
    BigInt,
    BigInt,
    BigInt,
    Text,
    Bool,
    Text,
    Bool,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<BigInt>,
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    BigInt,
    Nullable<BigInt>,
    BigInt,
    Nullable<BigInt>,
);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    connection_id: i64,
    kind: String,
    dry_run: bool,
    state: String,
    is_to_end: bool,
    asked_by: Option<i64>,
    phase: Option<String>,
    total: Option<i64>,
    counts: String,
    budget: Option<String>,
    error: Option<String>,
    report: Option<String>,
    created_at: i64,
    started_at: Option<i64>,
    updated_at: i64,
    finished_at: Option<i64>,
}

impl TryFrom<Row> for Run {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let stored = Stored { table: "sync_run", id: row.id };
        Ok(Self {
            id: SyncRunId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            connection: ConnectionId::new(row.connection_id),
            kind: stored.read("kind", &row.kind, RunKind::from_name)?,
            dry_run: row.dry_run,
            state: stored.read("state", &row.state, RunState::from_name)?,
            is_to_end: row.is_to_end,
            asked_by: row.asked_by.map(PersonId::new),
            phase: row.phase,
            total: row.total.map(i64::unsigned_abs),
            counts: Counts::parse(&row.counts),
            budget: row.budget,
            error: row.error,
            report: row.report,
            created_at: Timestamp::from_micros(row.created_at),
            started_at: row.started_at.map(Timestamp::from_micros),
            updated_at: Timestamp::from_micros(row.updated_at),
            finished_at: row.finished_at.map(Timestamp::from_micros),
        })
    }
}

impl SortColumns for RunSort {
    fn column(self) -> &'static str {
        match self {}
    }

    const PK: &'static str = "r.id";
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<Run>, StoreError> {
    let rows: Vec<Row> = statement.load(tx.connection)?;
    rows.into_iter().map(Run::try_from).collect()
}

fn push_query<ST>(tx: &Tx<'_>, statement: &mut Statement<ST>, merchant: MerchantId, of: Of) {
    push_reach(tx.scope(), statement, "r.merchant_id");
    statement.push(" AND r.merchant_id = ");
    statement.push_bind(merchant.get());
    if let Some(connection) = of.connection {
        statement.push(" AND r.connection_id = ");
        statement.push_bind(connection.get());
    }
    if let Some(run) = of.run {
        statement.push(" AND r.id = ");
        statement.push_bind(run.get());
    }
    if of.open {
        statement.push(" AND r.state IN ('QUEUED', 'RUNNING')");
    }
}

fn total(run: &Run) -> Option<i64> {
    run.total.map(|total| i64::try_from(total).unwrap_or(i64::MAX))
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &Run) -> Result<SyncRunId, StoreError> {
    tx.require_merchant(new.merchant, OUT_OF_REACH)?;
    let statement = Statement::<BigInt>::new(
        "INSERT INTO sync_run (merchant_id, connection_id, kind, dry_run, state, is_to_end, asked_by, phase, total, counts, \
         created_at, started_at, updated_at) VALUES (",
    )
    .bind(new.merchant.get())
    .sql(", ")
    .bind(new.connection.get())
    .sql(", ")
    .bind(new.kind.name())
    .sql(", ")
    .bind(new.dry_run)
    .sql(", ")
    .bind(new.state.name())
    .sql(", ")
    .bind(new.is_to_end)
    .sql(", ")
    .bind(new.asked_by.map(PersonId::get))
    .sql(", ")
    .bind(new.phase.clone())
    .sql(", ")
    .bind(total(new))
    .sql(", ")
    .bind(new.counts.to_text())
    .sql(", ")
    .bind(new.created_at.micros())
    .sql(", ")
    .bind(new.started_at.map(Timestamp::micros))
    .sql(", ")
    .bind(new.updated_at.micros())
    .sql(") RETURNING id");
    let id: Option<i64> = statement.first(tx.connection)?;
    id.map(SyncRunId::new).ok_or(OUT_OF_REACH)
}

pub(super) fn update(tx: &mut Tx<'_>, run: &Run) -> Result<(), StoreError> {
    tx.require_merchant(run.merchant, OUT_OF_REACH)?;
    Statement::<()>::new("UPDATE sync_run SET state = ")
        .bind(run.state.name())
        .sql(", is_to_end = is_to_end OR ")
        .bind(run.is_to_end)
        .sql(", phase = ")
        .bind(run.phase.clone())
        .sql(", total = ")
        .bind(total(run))
        .sql(", counts = ")
        .bind(run.counts.to_text())
        .sql(", budget = ")
        .bind(run.budget.clone())
        .sql(", error = ")
        .bind(run.error.clone())
        .sql(", report = ")
        .bind(run.report.clone())
        .sql(", started_at = ")
        .bind(run.started_at.map(Timestamp::micros))
        .sql(", updated_at = ")
        .bind(run.updated_at.micros())
        .sql(", finished_at = ")
        .bind(run.finished_at.map(Timestamp::micros))
        .sql(" WHERE merchant_id = ")
        .bind(run.merchant.get())
        .sql(" AND id = ")
        .bind(run.id.get())
        .execute(tx.connection)
        .map(drop)
}

pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[SyncRunId]) -> Result<Vec<Run>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::new(COLUMNS);
    push_reach(tx.scope(), &mut statement, "r.merchant_id");
    let statement = statement
        .sql(" AND r.id")
        .is_in(ids.iter().map(|id| id.get()).collect::<Bind>())
        .sql(tx.lock());
    load(tx, statement)
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    of: Of,
    page: &PageRequest<RunSort>,
) -> Result<Page<Run>, StoreError> {
    let mut statement = Statement::new(COLUMNS);
    push_query(tx, &mut statement, merchant, of);
    push_page(&mut statement, page);
    Ok(Page::from_fetched(load(tx, statement)?, page))
}

pub(super) fn count(tx: &mut Tx<'_>, merchant: MerchantId, of: Of) -> Result<u64, StoreError> {
    let mut statement = Statement::<BigInt>::new("SELECT count(*) FROM sync_run r");
    push_query(tx, &mut statement, merchant, of);
    let rows: Option<i64> = statement.first(tx.connection)?;
    Ok(rows.map(i64::unsigned_abs).unwrap_or_default())
}
