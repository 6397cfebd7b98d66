//! What was read and could not be taken.

use std::collections::BTreeSet;

use diesel::{
    Queryable,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use regulars_kernel::{
    ConnectionId, MerchantId, Page, PageRequest, StoreError, SyncRejectId, SyncRunId, Timestamp,
};
use regulars_source::{
    reject::{Reject, RejectSort},
    store::Of,
};

use super::{OUT_OF_REACH, push_reach, push_rows};
use crate::{
    Tx,
    page::{SortColumns, push_page},
    statement::{Bind, Statement},
};

const COLUMNS: &str = "SELECT j.id, j.merchant_id, j.connection_id, j.run_id, j.object, j.reference, j.code, j.path, \
     j.message, j.raw, j.whole, j.created_at, j.replayed_at FROM sync_reject j";

type RowSql = (
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    Text,
    Text,
    Text,
    Nullable<Text>,
    Text,
    Text,
    Bool,
    BigInt,
    Nullable<BigInt>,
);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    connection_id: i64,
    run_id: i64,
    object: String,
    reference: String,
    code: String,
    path: Option<String>,
    message: String,
    raw: String,
    whole: bool,
    created_at: i64,
    replayed_at: Option<i64>,
}

impl From<Row> for Reject {
    fn from(row: Row) -> Self {
        Self {
            id: SyncRejectId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            connection: ConnectionId::new(row.connection_id),
            run: SyncRunId::new(row.run_id),
            object: row.object,
            reference: row.reference,
            code: row.code,
            path: row.path,
            message: row.message,
            raw: row.raw,
            whole: row.whole,
            created_at: Timestamp::from_micros(row.created_at),
            replayed_at: row.replayed_at.map(Timestamp::from_micros),
        }
    }
}

impl SortColumns for RejectSort {
    fn column(self) -> &'static str {
        match self {}
    }

    const PK: &'static str = "j.id";
}

fn push_query<ST>(tx: &Tx<'_>, statement: &mut Statement<ST>, merchant: MerchantId, of: Of) {
    push_reach(tx.scope(), statement, "j.merchant_id");
    statement.push(" AND j.merchant_id = ");
    statement.push_bind(merchant.get());
    if let Some(connection) = of.connection {
        statement.push(" AND j.connection_id = ");
        statement.push_bind(connection.get());
    }
    if let Some(run) = of.run {
        statement.push(" AND j.run_id = ");
        statement.push_bind(run.get());
    }
    if of.open {
        statement.push(" AND j.replayed_at IS NULL");
    }
}

/// Deletes the open rejects of these references, which newer ones are about to replace.
fn replace(tx: &mut Tx<'_>, rejects: &[Reject]) -> Result<(), StoreError> {
    let of: BTreeSet<(ConnectionId, &str)> =
        rejects.iter().map(|reject| (reject.connection, reject.object.as_str())).collect();
    for (connection, object) in of {
        let references = rejects
            .iter()
            .filter(|reject| reject.connection == connection && reject.object == object)
            .map(|reject| reject.reference.clone());
        let mut statement = Statement::<()>::new("DELETE FROM sync_reject");
        push_reach(tx.scope(), &mut statement, "merchant_id");
        statement
            .sql(" AND connection_id = ")
            .bind(connection.get())
            .sql(" AND object = ")
            .bind(object)
            .sql(" AND replayed_at IS NULL AND reference")
            .is_in(references.collect::<Bind>())
            .execute(tx.connection)?;
    }
    Ok(())
}

pub(super) fn insert(tx: &mut Tx<'_>, rejects: &[Reject]) -> Result<(), StoreError> {
    for reject in rejects {
        tx.require_merchant(reject.merchant, OUT_OF_REACH)?;
    }
    replace(tx, rejects)?;
    let mut statement = Statement::<()>::new(
        "INSERT INTO sync_reject (merchant_id, connection_id, run_id, object, reference, code, path, message, raw, whole, \
         created_at, replayed_at) VALUES ",
    );
    push_rows(
        &mut statement,
        rejects.iter().map(|reject| -> Vec<Bind> {
            vec![
                reject.merchant.get().into(),
                reject.connection.get().into(),
                reject.run.get().into(),
                reject.object.as_str().into(),
                reject.reference.as_str().into(),
                reject.code.as_str().into(),
                reject.path.clone().into(),
                reject.message.as_str().into(),
                reject.raw.as_str().into(),
                reject.whole.into(),
                reject.created_at.micros().into(),
                reject.replayed_at.map(Timestamp::micros).into(),
            ]
        }),
    );
    statement.execute(tx.connection).map(drop)
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<Reject>, StoreError> {
    let rows: Vec<Row> = statement.load(tx.connection)?;
    Ok(rows.into_iter().map(Reject::from).collect())
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    of: Of,
    page: &PageRequest<RejectSort>,
) -> Result<Page<Reject>, StoreError> {
    let mut statement = Statement::new(COLUMNS);
    push_query(tx, &mut statement, merchant, of);
    push_page(&mut statement, page);
    Ok(Page::from_fetched(load(tx, statement)?, page))
}

pub(super) fn count(tx: &mut Tx<'_>, merchant: MerchantId, of: Of) -> Result<u64, StoreError> {
    let mut statement = Statement::<BigInt>::new("SELECT count(*) FROM sync_reject j");
    push_query(tx, &mut statement, merchant, of);
    let rows: Option<i64> = statement.first(tx.connection)?;
    Ok(rows.map(i64::unsigned_abs).unwrap_or_default())
}

pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[SyncRejectId]) -> Result<Vec<Reject>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::new(COLUMNS);
    push_reach(tx.scope(), &mut statement, "j.merchant_id");
    let statement =
        statement.sql(" AND j.id").is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    load(tx, statement)
}

pub(super) fn settle(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    object: &str,
    (references, at): (&[String], Timestamp),
) -> Result<(), StoreError> {
    let mut statement =
        Statement::<()>::new("UPDATE sync_reject SET replayed_at = ").bind(at.micros());
    push_reach(tx.scope(), &mut statement, "merchant_id");
    statement
        .sql(" AND connection_id = ")
        .bind(connection.get())
        .sql(" AND object = ")
        .bind(object)
        .sql(" AND replayed_at IS NULL AND reference")
        .is_in(references.iter().cloned().collect::<Bind>())
        .execute(tx.connection)
        .map(drop)
}
