//! Connections, and who holds them.

use diesel::{
    Queryable,
    sql_types::{BigInt, Binary, Nullable, Text},
};
use regulars_kernel::{ConnectionId, MerchantId, PersonId, StoreError, Timestamp};
use regulars_merchant::EntitySource;
use regulars_source::{Connection, ConnectionState, Health};
use serde_json::Value;

use super::{OUT_OF_REACH, push_reach};
use crate::{
    Tx,
    merchant::Stored,
    statement::{Bind, Statement},
};

const COLUMNS: &str = "SELECT c.id, c.merchant_id, c.source, c.name, c.state, c.settings, c.credentials, c.token, c.health, \
     c.health_message, c.failures, c.next_run_at, c.last_success_at, c.fence, c.created_by, c.created_at, c.updated_at \
     FROM connection c";

type RowSql = (
    BigInt,
    BigInt,
    Text,
    Text,
    Text,
    Text,
    Nullable<Binary>,
    Text,
    Text,
    Nullable<Text>,
    BigInt,
    Nullable<BigInt>,
    Nullable<BigInt>,
    BigInt,
    Nullable<BigInt>,
    BigInt,
    BigInt,
);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    source: String,
    name: String,
    state: String,
    settings: String,
    credentials: Option<Vec<u8>>,
    token: String,
    health: String,
    health_message: Option<String>,
    failures: i64,
    next_run_at: Option<i64>,
    last_success_at: Option<i64>,
    fence: i64,
    created_by: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for Connection {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let stored = Stored { table: "connection", id: row.id };
        let object = |text: &str| match serde_json::from_str(text) {
            Ok(Value::Object(object)) => Some(object),
            _ => None,
        };
        Ok(Self {
            id: ConnectionId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            source: stored.read("source", &row.source, EntitySource::from_name)?,
            state: stored.read("state", &row.state, ConnectionState::from_name)?,
            settings: stored.read("settings", &row.settings, object)?,
            health: stored.read("health", &row.health, Health::from_name)?,
            name: row.name,
            credentials: row.credentials,
            token: row.token,
            health_message: row.health_message,
            failures: u32::try_from(row.failures).unwrap_or(u32::MAX),
            next_run_at: row.next_run_at.map(Timestamp::from_micros),
            last_success_at: row.last_success_at.map(Timestamp::from_micros),
            fence: row.fence,
            created_by: row.created_by.map(PersonId::new),
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<Connection>, StoreError> {
    let rows: Vec<Row> = statement.load(tx.connection)?;
    rows.into_iter().map(Connection::try_from).collect()
}

fn near(tx: &Tx<'_>) -> Statement<RowSql> {
    let mut statement = Statement::new(COLUMNS);
    push_reach(tx.scope(), &mut statement, "c.merchant_id");
    statement
}

pub(super) fn of_merchant(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    with_deleted: bool,
) -> Result<Vec<Connection>, StoreError> {
    let mut statement = near(tx).sql(" AND c.merchant_id = ").bind(merchant.get());
    if !with_deleted {
        statement.push(" AND c.state <> 'DELETED'");
    }
    statement.push(" ORDER BY c.state = 'DELETED', c.id");
    load(tx, statement)
}

pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[ConnectionId]) -> Result<Vec<Connection>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let statement = near(tx)
        .sql(" AND c.id")
        .is_in(ids.iter().map(|id| id.get()).collect::<Bind>())
        .sql(" ORDER BY c.id")
        .sql(tx.lock());
    load(tx, statement)
}

pub(super) fn by_token(tx: &mut Tx<'_>, token: &str) -> Result<Option<Connection>, StoreError> {
    let statement = near(tx).sql(" AND c.token = ").bind(token);
    Ok(load(tx, statement)?.pop())
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &Connection) -> Result<ConnectionId, StoreError> {
    tx.require_merchant(new.merchant, OUT_OF_REACH)?;
    let statement = Statement::<BigInt>::new(
        "INSERT INTO connection (merchant_id, source, name, state, settings, credentials, token, health, health_message, \
         failures, next_run_at, last_success_at, created_by, created_at, updated_at) VALUES (",
    )
    .bind(new.merchant.get())
    .sql(", ")
    .bind(new.source.name())
    .sql(", ")
    .bind(new.name.as_str())
    .sql(", ")
    .bind(new.state.name())
    .sql(", ")
    .bind(Value::Object(new.settings.clone()).to_string())
    .sql(", ")
    .bind(new.credentials.clone())
    .sql(", ")
    .bind(new.token.as_str())
    .sql(", ")
    .bind(new.health.name())
    .sql(", ")
    .bind(new.health_message.clone())
    .sql(", ")
    .bind(i64::from(new.failures))
    .sql(", ")
    .bind(new.next_run_at.map(Timestamp::micros))
    .sql(", ")
    .bind(new.last_success_at.map(Timestamp::micros))
    .sql(", ")
    .bind(new.created_by.map(PersonId::get))
    .sql(", ")
    .bind(new.created_at.micros())
    .sql(", ")
    .bind(new.updated_at.micros())
    .sql(") RETURNING id");
    let id: Option<i64> = statement.first(tx.connection)?;
    id.map(ConnectionId::new).ok_or(OUT_OF_REACH)
}

pub(super) fn update(tx: &mut Tx<'_>, connection: &Connection) -> Result<(), StoreError> {
    tx.require_merchant(connection.merchant, OUT_OF_REACH)?;
    let rows = Statement::<()>::new("UPDATE connection SET name = ")
        .bind(connection.name.as_str())
        .sql(", state = ")
        .bind(connection.state.name())
        .sql(", settings = ")
        .bind(Value::Object(connection.settings.clone()).to_string())
        .sql(", credentials = ")
        .bind(connection.credentials.clone())
        .sql(", token = ")
        .bind(connection.token.as_str())
        .sql(", health = ")
        .bind(connection.health.name())
        .sql(", health_message = ")
        .bind(connection.health_message.clone())
        .sql(", failures = ")
        .bind(i64::from(connection.failures))
        .sql(", next_run_at = ")
        .bind(connection.next_run_at.map(Timestamp::micros))
        .sql(", last_success_at = ")
        .bind(connection.last_success_at.map(Timestamp::micros))
        .sql(", updated_at = ")
        .bind(connection.updated_at.micros())
        .sql(" WHERE merchant_id = ")
        .bind(connection.merchant.get())
        .sql(" AND id = ")
        .bind(connection.id.get())
        .execute(tx.connection)?;
    if rows == 1 { Ok(()) } else { Err(OUT_OF_REACH) }
}

pub(super) fn due(
    tx: &mut Tx<'_>,
    now: Timestamp,
    limit: u16,
) -> Result<Vec<(MerchantId, ConnectionId)>, StoreError> {
    tx.platform()?;
    let statement = Statement::<(BigInt, BigInt)>::new(
        "SELECT merchant_id, id FROM connection WHERE state = 'ACTIVE' AND next_run_at IS NOT NULL AND next_run_at <= ",
    )
    .bind(now.micros())
    .sql(" AND (held_until IS NULL OR held_until <= ")
    .bind(now.micros())
    .sql(") ORDER BY next_run_at, id LIMIT ")
    .bind(i64::from(limit));
    let rows: Vec<(i64, i64)> = statement.load(tx.connection)?;
    Ok(rows
        .into_iter()
        .map(|(merchant, id)| (MerchantId::new(merchant), ConnectionId::new(id)))
        .collect())
}

pub(super) fn hold(
    tx: &mut Tx<'_>,
    id: ConnectionId,
    holder: &str,
    (now, until): (Timestamp, Timestamp),
) -> Result<Option<i64>, StoreError> {
    // Whoever goes on holding keeps the fence: only another holder's is higher.
    let mut statement =
        Statement::<BigInt>::new("UPDATE connection SET fence = CASE WHEN holder = ")
            .bind(holder)
            .sql(" THEN fence ELSE fence + 1 END, holder = ")
            .bind(holder)
            .sql(", held_until = ")
            .bind(until.micros());
    push_reach(tx.scope(), &mut statement, "merchant_id");
    let statement = statement
        .sql(" AND id = ")
        .bind(id.get())
        .sql(" AND (holder = ")
        .bind(holder)
        .sql(" OR held_until IS NULL OR held_until <= ")
        .bind(now.micros())
        .sql(") RETURNING fence");
    statement.first(tx.connection)
}

pub(super) fn let_go(tx: &mut Tx<'_>, id: ConnectionId, holder: &str) -> Result<(), StoreError> {
    let mut statement =
        Statement::<()>::new("UPDATE connection SET holder = NULL, held_until = NULL");
    push_reach(tx.scope(), &mut statement, "merchant_id");
    statement
        .sql(" AND id = ")
        .bind(id.get())
        .sql(" AND holder = ")
        .bind(holder)
        .execute(tx.connection)
        .map(drop)
}

pub(super) fn has_fence(tx: &mut Tx<'_>, id: ConnectionId, fence: i64) -> Result<bool, StoreError> {
    let mut statement = Statement::<BigInt>::new("SELECT id FROM connection");
    push_reach(tx.scope(), &mut statement, "merchant_id");
    let statement =
        statement.sql(" AND id = ").bind(id.get()).sql(" AND fence = ").bind(fence).sql(tx.lock());
    Ok(statement.first::<i64>(tx.connection)?.is_some())
}
