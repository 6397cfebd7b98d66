//! What sources have of each thing.

use diesel::{
    Queryable,
    sql_types::{BigInt, Binary, Nullable, Text},
};
use regulars_kernel::{ConnectionId, MerchantId, Scope, StoreError, SyncRunId, Timestamp};
use regulars_source::{
    image::Digest,
    record::{RecordKey, SourceVersion},
    stored::{LinkedBy, RecordKind, RecordState, StoredRecord},
};

use super::{OUT_OF_REACH, push_reach, push_rows};
use crate::{
    Tx,
    merchant::Stored,
    statement::{Bind, Statement},
};

const COLUMNS: &str = "SELECT s.connection_id, s.object, s.source_id, s.kind, s.state, s.image, s.digest, s.version_seq, \
     s.version_at, s.seen_run, s.subject_id, s.linked_by, s.redirect_to, s.gone_cause, s.waits_for, s.first_seen_at, s.changed_at \
     FROM source_record s";

type RowSql = (
    BigInt,
    Text,
    Text,
    Text,
    Text,
    Text,
    Binary,
    Nullable<BigInt>,
    Nullable<BigInt>,
    BigInt,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    BigInt,
    BigInt,
);

#[derive(Queryable)]
struct Row {
    connection_id: i64,
    object: String,
    source_id: String,
    kind: String,
    state: String,
    image: String,
    digest: Vec<u8>,
    version_seq: Option<i64>,
    version_at: Option<i64>,
    seen_run: i64,
    subject_id: Option<i64>,
    linked_by: Option<String>,
    redirect_to: Option<String>,
    gone_cause: Option<String>,
    waits_for: Option<String>,
    first_seen_at: i64,
    changed_at: i64,
}

impl TryFrom<Row> for StoredRecord {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let stored = Stored { table: "source_record", id: row.connection_id };
        let corrupt =
            StoreError::Corrupt { table: "source_record", column: "digest", id: row.connection_id };
        let linked_by = row.linked_by.as_deref();
        let linked_by = linked_by
            .map(|word| stored.read("linked_by", word, LinkedBy::from_name))
            .transpose()?;
        Ok(Self {
            connection: ConnectionId::new(row.connection_id),
            kind: stored.read("kind", &row.kind, RecordKind::from_name)?,
            state: stored.read("state", &row.state, RecordState::from_name)?,
            key: RecordKey { object: row.object, id: row.source_id },
            image: row.image,
            digest: Digest::from_slice(&row.digest).ok_or(corrupt)?,
            version: SourceVersion {
                seq: row.version_seq,
                updated_at: row.version_at.map(Timestamp::from_micros),
            },
            seen_run: SyncRunId::new(row.seen_run),
            subject: row.subject_id,
            linked_by,
            redirect_to: row.redirect_to,
            gone_cause: row.gone_cause,
            waits_for: row.waits_for.as_deref().and_then(|text| {
                text.split_once('\n').map(|(object, id)| RecordKey::new(object, id))
            }),
            first_seen_at: Timestamp::from_micros(row.first_seen_at),
            changed_at: Timestamp::from_micros(row.changed_at),
        })
    }
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<StoredRecord>, StoreError> {
    let rows: Vec<Row> = statement.load(tx.connection)?;
    rows.into_iter().map(StoredRecord::try_from).collect()
}

/// ` WHERE …`: the things of an object of a connection; a condition can follow.
fn push_object<ST>(
    scope: Scope,
    statement: &mut Statement<ST>,
    connection: ConnectionId,
    object: &str,
) {
    push_reach(scope, statement, "s.merchant_id");
    statement.push(" AND s.connection_id = ");
    statement.push_bind(connection.get());
    statement.push(" AND s.object = ");
    statement.push_bind(object);
}

pub(super) fn by_ids(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    object: &str,
    ids: &[String],
) -> Result<Vec<StoredRecord>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::new(COLUMNS);
    push_object(tx.scope(), &mut statement, connection, object);
    let statement = statement
        .sql(" AND s.source_id")
        .is_in(ids.iter().cloned().collect::<Bind>())
        .sql(tx.lock());
    load(tx, statement)
}

pub(super) fn digests(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    object: &str,
    ids: &[String],
) -> Result<Vec<(String, Digest)>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement =
        Statement::<(Text, Binary)>::new("SELECT s.source_id, s.digest FROM source_record s");
    push_object(tx.scope(), &mut statement, connection, object);
    let rows: Vec<(String, Vec<u8>)> = statement
        .sql(" AND s.state IN ('LIVE', 'WAITING') AND s.source_id")
        .is_in(ids.iter().cloned().collect::<Bind>())
        .load(tx.connection)?;
    let corrupt =
        || StoreError::Corrupt { table: "source_record", column: "digest", id: connection.get() };
    rows.into_iter()
        .map(|(id, digest)| Ok((id, Digest::from_slice(&digest).ok_or_else(corrupt)?)))
        .collect()
}

pub(super) fn put(tx: &mut Tx<'_>, records: &[StoredRecord]) -> Result<(), StoreError> {
    if records.is_empty() {
        return Ok(());
    }
    let merchant = tx.merchant()?;
    let mut statement = Statement::<()>::new(
        "INSERT INTO source_record (merchant_id, connection_id, object, source_id, kind, state, image, digest, version_seq, \
         version_at, seen_run, subject_id, linked_by, redirect_to, gone_cause, waits_for, first_seen_at, changed_at) VALUES ",
    );
    push_rows(
        &mut statement,
        records.iter().map(|record| -> Vec<Bind> {
            vec![
                merchant.get().into(),
                record.connection.get().into(),
                record.key.object.as_str().into(),
                record.key.id.as_str().into(),
                record.kind.name().into(),
                record.state.name().into(),
                record.image.as_str().into(),
                Some(record.digest.0.to_vec()).into(),
                record.version.seq.into(),
                record.version.updated_at.map(Timestamp::micros).into(),
                record.seen_run.get().into(),
                record.subject.into(),
                record.linked_by.map(|by| by.name().to_owned()).into(),
                record.redirect_to.clone().into(),
                record.gone_cause.clone().into(),
                record.waits_for.as_ref().map(waiting).into(),
                record.first_seen_at.micros().into(),
                record.changed_at.micros().into(),
            ]
        }),
    );
    statement
        .sql(
            " ON CONFLICT (merchant_id, connection_id, object, source_id) DO UPDATE SET kind = excluded.kind, \
             state = excluded.state, image = excluded.image, digest = excluded.digest, version_seq = excluded.version_seq, \
             version_at = excluded.version_at, seen_run = excluded.seen_run, subject_id = excluded.subject_id, \
             linked_by = excluded.linked_by, redirect_to = excluded.redirect_to, gone_cause = excluded.gone_cause, waits_for = excluded.waits_for, \
             changed_at = excluded.changed_at",
        )
        .execute(tx.connection)
        .map(drop)
}

pub(super) fn mark_seen(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    object: &str,
    (ids, run): (&[String], SyncRunId),
) -> Result<(), StoreError> {
    let merchant = tx.merchant()?;
    Statement::<()>::new("UPDATE source_record SET seen_run = ")
        .bind(run.get())
        .sql(" WHERE merchant_id = ")
        .bind(merchant.get())
        .sql(" AND connection_id = ")
        .bind(connection.get())
        .sql(" AND object = ")
        .bind(object)
        .sql(" AND source_id")
        .is_in(ids.iter().cloned().collect::<Bind>())
        .execute(tx.connection)
        .map(drop)
}

pub(super) fn redirected_to(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    object: &str,
    ids: &[String],
) -> Result<Vec<StoredRecord>, StoreError> {
    let mut statement = Statement::new(COLUMNS);
    push_object(tx.scope(), &mut statement, connection, object);
    let statement = statement
        .sql(" AND s.subject_id IS NOT NULL AND s.redirect_to IS NOT NULL AND s.redirect_to")
        .is_in(ids.iter().cloned().collect::<Bind>())
        .sql(" ORDER BY s.source_id");
    load(tx, statement)
}

/// How the customer for whom a record waits is written.
fn waiting(key: &RecordKey) -> String {
    format!("{}\n{}", key.object, key.id)
}

pub(super) fn waiting_for(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    keys: &[RecordKey],
    limit: u16,
) -> Result<Vec<StoredRecord>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::new(COLUMNS);
    push_reach(tx.scope(), &mut statement, "s.merchant_id");
    let statement = statement
        .sql(" AND s.connection_id = ")
        .bind(connection.get())
        .sql(" AND s.waits_for IS NOT NULL AND s.waits_for")
        .is_in(keys.iter().map(waiting).collect::<Bind>())
        .sql(" ORDER BY s.object, s.source_id LIMIT ")
        .bind(i64::from(limit));
    load(tx, statement)
}

pub(super) fn of_subjects(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    kind: RecordKind,
    subjects: &[i64],
) -> Result<Vec<StoredRecord>, StoreError> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::new(COLUMNS);
    push_reach(tx.scope(), &mut statement, "s.merchant_id");
    let statement = statement
        .sql(" AND s.merchant_id = ")
        .bind(merchant.get())
        .sql(" AND s.kind = ")
        .bind(kind.name())
        .sql(" AND s.subject_id")
        .is_in(subjects.iter().copied().collect::<Bind>())
        .sql(" ORDER BY s.connection_id, s.object, s.source_id");
    load(tx, statement)
}

pub(super) fn unseen(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    object: &str,
    (run, limit): (SyncRunId, u16),
) -> Result<Vec<StoredRecord>, StoreError> {
    let mut statement = Statement::new(COLUMNS);
    push_object(tx.scope(), &mut statement, connection, object);
    let statement = statement
        .sql(" AND s.state IN ('LIVE', 'WAITING') AND s.seen_run < ")
        .bind(run.get())
        .sql(" ORDER BY s.source_id LIMIT ")
        .bind(i64::from(limit));
    load(tx, statement)
}

pub(super) fn count_unseen(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    object: &str,
    run: SyncRunId,
) -> Result<(u64, u64), StoreError> {
    let mut statement =
        Statement::<(BigInt, BigInt)>::new("SELECT count(*), count(CASE WHEN s.seen_run < ")
            .bind(run.get())
            .sql(" THEN 1 END) FROM source_record s");
    push_object(tx.scope(), &mut statement, connection, object);
    let statement = statement.sql(" AND s.state IN ('LIVE', 'WAITING')");
    let counts: Option<(i64, i64)> = statement.first(tx.connection)?;
    let (all, unseen) = counts.ok_or(OUT_OF_REACH)?;
    Ok((all.unsigned_abs(), unseen.unsigned_abs()))
}
