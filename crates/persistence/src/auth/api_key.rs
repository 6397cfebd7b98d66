//! Keys of applications.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{BigInt, Binary, Bool, Nullable, Text},
};
use regulars_auth::{
    ApiKey, AppId,
    api_key::{KeyPrefix, KeyStanding, NewApiKey},
    refresh::TokenDigest,
};
use regulars_kernel::{
    ApiKeyId, ApplicationId, MerchantId, PersonId, Scope, StoreError, Timestamp,
};

use super::{
    application::{OUT_OF_REACH, STORES, access, permissions, requests},
    staff::require_reach,
};
use crate::{
    Tx,
    error::IntoStore,
    schema::api_key,
    statement::{Bind, Statement},
};

type RowSql = (
    BigInt,
    BigInt,
    BigInt,
    Text,
    Text,
    Nullable<BigInt>,
    BigInt,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    application_id: i64,
    prefix: String,
    name: String,
    creator_id: Option<i64>,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl Row {
    fn key(self) -> Result<ApiKey, StoreError> {
        let corrupt = StoreError::Corrupt { table: "api_key", column: "prefix", id: self.id };
        Ok(ApiKey {
            id: ApiKeyId::new(self.id),
            merchant: MerchantId::new(self.merchant_id),
            application: ApplicationId::new(self.application_id),
            prefix: KeyPrefix::parse(&self.prefix).ok_or(corrupt)?,
            name: self.name,
            creator: self.creator_id.map(PersonId::new),
            created_at: Timestamp::from_micros(self.created_at),
            expires_at: self.expires_at.map(Timestamp::from_micros),
            last_used_at: self.last_used_at.map(Timestamp::from_micros),
            revoked_at: self.revoked_at.map(Timestamp::from_micros),
        })
    }
}

pub(super) fn of(tx: &mut Tx<'_>, of: &[ApplicationId]) -> Result<Vec<ApiKey>, StoreError> {
    let ids: Bind = of.iter().map(|id| id.get()).collect();
    if of.is_empty() {
        return Ok(Vec::new());
    }
    load(tx, "k.application_id", ids)
}

pub(super) fn find(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
    Ok(load(tx, "k.id", [id.get()].into_iter().collect())?.pop())
}

fn load(tx: &mut Tx<'_>, column: &'static str, ids: Bind) -> Result<Vec<ApiKey>, StoreError> {
    let mut statement = Statement::<RowSql>::new(
        "SELECT k.id, k.merchant_id, k.application_id, k.prefix, k.name, k.creator_id, k.created_at, \
         k.expires_at, k.last_used_at, k.revoked_at FROM api_key k \
         JOIN application a ON a.merchant_id = k.merchant_id AND a.id = k.application_id \
         WHERE a.deleted_at IS NULL AND ",
    );
    match tx.scope() {
        Scope::Merchant(merchant) => {
            statement.push("k.merchant_id = ");
            statement.push_bind(merchant.get());
            statement.push(" AND ");
        }
        Scope::Person(_) => return Ok(Vec::new()),
        Scope::Platform => {}
    }
    statement.push(column);
    statement.push_is_in(ids);
    statement.push(" ORDER BY k.id");
    statement.load::<Row>(tx.connection)?.into_iter().map(Row::key).collect()
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &NewApiKey) -> Result<ApiKeyId, StoreError> {
    require_reach(tx, new.merchant)?;
    let row = (
        api_key::merchant_id.eq(new.merchant.get()),
        api_key::application_id.eq(new.application.get()),
        api_key::prefix.eq(new.prefix.as_str()),
        api_key::secret_hash.eq(new.digest.bytes().as_slice()),
        api_key::name.eq(&new.name),
        api_key::creator_id.eq(new.creator.map(PersonId::get)),
        api_key::created_at.eq(new.created_at.micros()),
        api_key::expires_at.eq(new.expires_at.map(Timestamp::micros)),
    );
    let id: i64 = diesel::insert_into(api_key::table)
        .values(row)
        .returning(api_key::id)
        .get_result(tx.connection)
        .store()?;
    Ok(ApiKeyId::new(id))
}

pub(super) fn revoke(tx: &mut Tx<'_>, key: &ApiKey, at: Timestamp) -> Result<(), StoreError> {
    require_reach(tx, key.merchant)?;
    let rows = diesel::update(api_key::table.find((key.merchant.get(), key.id.get())))
        .set(api_key::revoked_at.eq(Some(at.micros())))
        .execute(tx.connection)
        .store()?;
    if rows == 0 { Err(OUT_OF_REACH) } else { Ok(()) }
}

pub(super) fn revoke_of(
    tx: &mut Tx<'_>,
    of: MerchantId,
    creator: PersonId,
    at: Timestamp,
) -> Result<Vec<ApiKeyId>, StoreError> {
    require_reach(tx, of)?;
    let own = api_key::table.filter(api_key::merchant_id.eq(of.get()));
    let theirs = own.filter(api_key::creator_id.eq(creator.get()));
    let in_force = api_key::expires_at.is_null().or(api_key::expires_at.gt(at.micros()));
    let mut ended: Vec<i64> =
        diesel::update(theirs.filter(api_key::revoked_at.is_null()).filter(in_force))
            .set(api_key::revoked_at.eq(Some(at.micros())))
            .returning(api_key::id)
            .get_results(tx.connection)
            .store()?;
    ended.sort_unstable();
    Ok(ended.into_iter().map(ApiKeyId::new).collect())
}

pub(super) fn forget(tx: &mut Tx<'_>, of: MerchantId, ids: &[ApiKeyId]) -> Result<(), StoreError> {
    require_reach(tx, of)?;
    let ids: Vec<i64> = ids.iter().map(|id| id.get()).collect();
    let own = api_key::table.filter(api_key::merchant_id.eq(of.get()));
    diesel::delete(own.filter(api_key::id.eq_any(ids))).execute(tx.connection).store()?;
    Ok(())
}

pub(super) fn note_use(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    key: ApiKeyId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let earlier = api_key::last_used_at.is_null().or(api_key::last_used_at.lt(at.micros()));
    diesel::update(api_key::table.find((merchant.get(), key.get())))
        .filter(earlier)
        .set(api_key::last_used_at.eq(Some(at.micros())))
        .execute(tx.connection)
        .store()?;
    Ok(())
}

type StandingSql = (
    BigInt,
    Binary,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    BigInt,
    BigInt,
    Text,
    Bool,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<Bool>,
);

#[derive(Queryable)]
struct StandingRow {
    key: i64,
    secret_hash: Vec<u8>,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
    application: i64,
    merchant_id: i64,
    permissions: String,
    all_stores: bool,
    requests_per_minute: Option<i64>,
    stores: Option<String>,
    /// Whether the statement has narrowed the walls.
    narrowed: Option<bool>,
}

/// One statement by unique keys, sent with every request that has a key.
pub(super) fn find_standing(
    tx: &mut Tx<'_>,
    app_id: AppId,
    prefix: &KeyPrefix,
) -> Result<Option<KeyStanding>, StoreError> {
    let narrows = tx.narrows();
    // MATERIALIZED: every look-up behind the wider walls is done before they are narrowed.
    let mut statement =
        Statement::<StandingSql>::new(if narrows { "WITH b AS MATERIALIZED (" } else { "" })
            .sql(
                "SELECT k.id, k.secret_hash, k.expires_at, \
                 COALESCE(k.revoked_at, a.deleted_at) AS revoked_at, k.last_used_at, \
                 a.id AS application_id, a.merchant_id, a.permissions, a.all_stores, \
                 a.requests_per_minute, ",
            )
            .sql(STORES);
    if !narrows {
        statement.push(", NULL");
    }
    statement.push(
        " FROM application a JOIN api_key k \
         ON k.merchant_id = a.merchant_id AND k.application_id = a.id WHERE a.app_id = ",
    );
    statement.push_bind(app_id.to_string());
    statement.push(" AND k.prefix = ");
    statement.push_bind(prefix.as_str());
    if narrows {
        statement.push(") SELECT b.*, narrow_scope(b.merchant_id, NULL) FROM b");
    }
    let Some(row) = statement.first::<StandingRow>(tx.connection)? else { return Ok(None) };
    let merchant = MerchantId::new(row.merchant_id);
    if row.narrowed == Some(true) {
        tx.has_narrowed(Scope::Merchant(merchant));
    }
    let (id, key) = (row.application, row.key);
    let corrupt = StoreError::Corrupt { table: "api_key", column: "secret_hash", id: key };
    Ok(Some(KeyStanding {
        key: ApiKeyId::new(key),
        digest: TokenDigest::from_stored(row.secret_hash.try_into().map_err(|_length| corrupt)?),
        expires_at: row.expires_at.map(Timestamp::from_micros),
        revoked_at: row.revoked_at.map(Timestamp::from_micros),
        last_used_at: row.last_used_at.map(Timestamp::from_micros),
        application: ApplicationId::new(id),
        merchant,
        permissions: permissions(id, &row.permissions)?,
        stores: access(id, row.all_stores, row.stores.as_deref())?,
        requests_per_minute: requests(id, row.requests_per_minute)?,
    }))
}
