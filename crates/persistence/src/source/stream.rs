//! How far streams were read.

use diesel::{
    Queryable,
    sql_types::{BigInt, Nullable, Text},
};
use regulars_kernel::{ConnectionId, MerchantId, StoreError, SyncRunId, Timestamp};
use regulars_source::{
    RunKind,
    stream::{PassState, StreamState},
};

use super::{OUT_OF_REACH, push_reach};
use crate::{Tx, merchant::Stored, statement::Statement};

type RowSql = (
    BigInt,
    BigInt,
    Text,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<BigInt>,
    BigInt,
);

#[derive(Queryable)]
struct Row {
    merchant_id: i64,
    connection_id: i64,
    stream: String,
    watermark: Option<i64>,
    pass_kind: Option<String>,
    pass_from: Option<i64>,
    pass_until: Option<i64>,
    pass_mark: Option<i64>,
    pass_cursor: Option<String>,
    pass_place: Option<i64>,
    updated_at: i64,
}

impl Row {
    fn pass(&self) -> Result<Option<PassState>, StoreError> {
        let (Some(kind), Some(until), Some(mark)) =
            (&self.pass_kind, self.pass_until, self.pass_mark)
        else {
            return Ok(None);
        };
        let stored = Stored { table: "sync_stream", id: self.connection_id };
        let cursor = self.pass_cursor.as_deref();
        let cursor = cursor
            .map(|text| stored.read("pass_cursor", text, |text| serde_json::from_str(text).ok()));
        Ok(Some(PassState {
            kind: stored.read("pass_kind", kind, RunKind::from_name)?,
            from: self.pass_from.map(Timestamp::from_micros),
            until: Timestamp::from_micros(until),
            mark: SyncRunId::new(mark),
            cursor: cursor.transpose()?,
            place: self.pass_place.and_then(|place| u32::try_from(place).ok()).unwrap_or_default(),
        }))
    }
}

pub(super) fn of_connection(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
) -> Result<Vec<StreamState>, StoreError> {
    let mut statement = Statement::<RowSql>::new(
        "SELECT merchant_id, connection_id, stream, watermark, pass_kind, pass_from, pass_until, pass_mark, pass_cursor, \
         pass_place, updated_at FROM sync_stream",
    );
    push_reach(tx.scope(), &mut statement, "merchant_id");
    let rows: Vec<Row> =
        statement.sql(" AND connection_id = ").bind(connection.get()).load(tx.connection)?;
    rows.into_iter()
        .map(|row| {
            Ok(StreamState {
                merchant: MerchantId::new(row.merchant_id),
                connection: ConnectionId::new(row.connection_id),
                watermark: row.watermark.map(Timestamp::from_micros),
                pass: row.pass()?,
                updated_at: Timestamp::from_micros(row.updated_at),
                stream: row.stream,
            })
        })
        .collect()
}

pub(super) fn put(tx: &mut Tx<'_>, state: &StreamState) -> Result<(), StoreError> {
    tx.require_merchant(state.merchant, OUT_OF_REACH)?;
    let pass = state.pass.as_ref();
    Statement::<()>::new(
        "INSERT INTO sync_stream (merchant_id, connection_id, stream, watermark, pass_kind, pass_from, pass_until, pass_mark, \
         pass_cursor, pass_place, updated_at) VALUES (",
    )
    .bind(state.merchant.get())
    .sql(", ")
    .bind(state.connection.get())
    .sql(", ")
    .bind(state.stream.as_str())
    .sql(", ")
    .bind(state.watermark.map(Timestamp::micros))
    .sql(", ")
    .bind(pass.map(|pass| pass.kind.name().to_owned()))
    .sql(", ")
    .bind(pass.and_then(|pass| pass.from).map(Timestamp::micros))
    .sql(", ")
    .bind(pass.map(|pass| pass.until.micros()))
    .sql(", ")
    .bind(pass.map(|pass| pass.mark.get()))
    .sql(", ")
    .bind(pass.and_then(|pass| pass.cursor.as_ref()).map(ToString::to_string))
    .sql(", ")
    .bind(pass.map(|pass| i64::from(pass.place)))
    .sql(", ")
    .bind(state.updated_at.micros())
    .sql(
        ") ON CONFLICT (merchant_id, connection_id, stream) DO UPDATE SET watermark = excluded.watermark, \
         pass_kind = excluded.pass_kind, pass_from = excluded.pass_from, pass_until = excluded.pass_until, \
         pass_mark = excluded.pass_mark, pass_cursor = excluded.pass_cursor, pass_place = excluded.pass_place, \
         updated_at = excluded.updated_at",
    )
    .execute(tx.connection)
    .map(drop)
}
