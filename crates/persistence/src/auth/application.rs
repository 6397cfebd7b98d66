//! Applications, and the stores they are kept to.

use diesel::{
    ExpressionMethods, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use regulars_auth::{AppId, Application, Post, application::NewApplication};
use regulars_kernel::{
    ApplicationId, MerchantId, Permissions, PersonId, Scope, StoreAccess, StoreError, Timestamp,
};

use super::{post::ids, staff::require_reach};
use crate::{
    Tx,
    error::IntoStore,
    schema::{api_key, application, application_store},
    statement::{Bind, Statement},
};

pub(super) const OUT_OF_REACH: StoreError =
    StoreError::OutOfScope("the application is another merchant's");

/// The stores of the application `a`, where it is kept to some.
pub(super) const STORES: &str = "CASE WHEN NOT a.all_stores THEN ( \
    SELECT string_agg(CAST(s.store_id AS TEXT), ',') FROM application_store s \
    WHERE s.merchant_id = a.merchant_id AND s.application_id = a.id) END";

type RowSql = (
    BigInt,
    BigInt,
    Text,
    Text,
    Text,
    Bool,
    Nullable<BigInt>,
    Nullable<BigInt>,
    BigInt,
    BigInt,
    Nullable<Text>,
);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    app_id: String,
    name: String,
    permissions: String,
    all_stores: bool,
    requests_per_minute: Option<i64>,
    creator_id: Option<i64>,
    created_at: i64,
    updated_at: i64,
    stores: Option<String>,
}

impl Row {
    fn application(self) -> Result<Application, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "application", column, id: self.id };
        let app_id: AppId = self.app_id.parse().map_err(|_form| corrupt("app_id"))?;
        Ok(Application {
            id: ApplicationId::new(self.id),
            merchant: MerchantId::new(self.merchant_id),
            app_id,
            name: self.name,
            permissions: permissions(self.id, &self.permissions)?,
            stores: access(self.id, self.all_stores, self.stores.as_deref())?,
            requests_per_minute: requests(self.id, self.requests_per_minute)?,
            creator: self.creator_id.map(PersonId::new),
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        })
    }
}

pub(super) fn permissions(id: i64, list: &str) -> Result<Permissions, StoreError> {
    let corrupt = StoreError::Corrupt { table: "application", column: "permissions", id };
    list.parse().map_err(|_unknown| corrupt)
}

pub(super) fn requests(id: i64, kept: Option<i64>) -> Result<Option<u32>, StoreError> {
    let column = "requests_per_minute";
    let corrupt = |_range| StoreError::Corrupt { table: "application", column, id };
    kept.map(u32::try_from).transpose().map_err(corrupt)
}

pub(super) fn access(id: i64, all: bool, stores: Option<&str>) -> Result<StoreAccess, StoreError> {
    if all {
        return Ok(StoreAccess::All);
    }
    let mut stores: Vec<_> = ids(stores, ("application_store", "store_id"))
        .map_err(|(table, column)| StoreError::Corrupt { table, column, id })?;
    stores.sort_unstable();
    Ok(StoreAccess::Only(stores))
}

pub(super) fn by_ids(
    tx: &mut Tx<'_>,
    ids: &[ApplicationId],
) -> Result<Vec<Application>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = applications();
    match tx.scope() {
        Scope::Merchant(merchant) => {
            statement.push("a.merchant_id = ");
            statement.push_bind(merchant.get());
            statement.push(" AND ");
        }
        Scope::Person(_) => return Ok(Vec::new()),
        Scope::Platform => {}
    }
    statement.push("a.id");
    statement.push_is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    load(tx, statement)
}

pub(super) fn of_merchant(tx: &mut Tx<'_>, of: MerchantId) -> Result<Vec<Application>, StoreError> {
    require_reach(tx, of)?;
    load(tx, applications().sql("a.merchant_id = ").bind(of.get()).sql(" ORDER BY a.id"))
}

pub(super) fn post(tx: &mut Tx<'_>, id: ApplicationId) -> Result<Option<Post>, StoreError> {
    Ok(by_ids(tx, &[id])?.pop().map(|found| Post {
        merchant: found.merchant,
        owner: false,
        permissions: found.permissions,
        stores: found.stores,
    }))
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &NewApplication) -> Result<ApplicationId, StoreError> {
    require_reach(tx, new.merchant)?;
    let row = (
        application::merchant_id.eq(new.merchant.get()),
        application::app_id.eq(new.app_id.to_string()),
        application::name.eq(&new.name),
        application::permissions.eq(new.permissions.to_codenames()),
        application::all_stores.eq(new.stores == StoreAccess::All),
        application::requests_per_minute.eq(new.requests_per_minute.map(i64::from)),
        application::creator_id.eq(new.creator.map(PersonId::get)),
        application::created_at.eq(new.created_at.micros()),
        application::updated_at.eq(new.created_at.micros()),
    );
    let id: i64 = diesel::insert_into(application::table)
        .values(row)
        .returning(application::id)
        .get_result(tx.connection)
        .store()?;
    give(tx, new.merchant, id, &new.stores)?;
    Ok(ApplicationId::new(id))
}

pub(super) fn update(tx: &mut Tx<'_>, changed: &Application) -> Result<(), StoreError> {
    require_reach(tx, changed.merchant)?;
    let (merchant, id) = (changed.merchant.get(), changed.id.get());
    let rows = diesel::update(application::table.find((merchant, id)))
        .filter(application::deleted_at.is_null())
        .set((
            application::name.eq(&changed.name),
            application::permissions.eq(changed.permissions.to_codenames()),
            application::all_stores.eq(changed.stores == StoreAccess::All),
            application::requests_per_minute.eq(changed.requests_per_minute.map(i64::from)),
            application::updated_at.eq(changed.updated_at.micros()),
        ))
        .execute(tx.connection)
        .store()?;
    if rows == 0 {
        return Err(OUT_OF_REACH);
    }
    take_all(tx, changed.merchant, id)?;
    give(tx, changed.merchant, id, &changed.stores)
}

pub(super) fn delete(tx: &mut Tx<'_>, gone: &Application, at: Timestamp) -> Result<(), StoreError> {
    require_reach(tx, gone.merchant)?;
    let (merchant, id) = (gone.merchant.get(), gone.id.get());
    let rows = diesel::update(application::table.find((merchant, id)))
        .filter(application::deleted_at.is_null())
        .set(application::deleted_at.eq(Some(at.micros())))
        .execute(tx.connection)
        .store()?;
    if rows == 0 {
        return Err(OUT_OF_REACH);
    }
    let keys = api_key::table.filter(api_key::merchant_id.eq(merchant));
    diesel::update(keys.filter(api_key::application_id.eq(id)))
        .filter(api_key::revoked_at.is_null())
        .set(api_key::revoked_at.eq(Some(at.micros())))
        .execute(tx.connection)
        .store()?;
    take_all(tx, gone.merchant, id)
}

fn take_all(tx: &mut Tx<'_>, merchant: MerchantId, id: i64) -> Result<(), StoreError> {
    let own = application_store::table.filter(application_store::merchant_id.eq(merchant.get()));
    diesel::delete(own.filter(application_store::application_id.eq(id)))
        .execute(tx.connection)
        .store()?;
    Ok(())
}

fn give(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: i64,
    stores: &StoreAccess,
) -> Result<(), StoreError> {
    let StoreAccess::Only(stores) = stores else { return Ok(()) };
    if stores.is_empty() {
        return Ok(());
    }
    let values: Bind = stores.iter().map(|store| store.get()).collect();
    Statement::<()>::new(
        "INSERT INTO application_store (merchant_id, application_id, store_id) SELECT ",
    )
    .bind(merchant.get())
    .sql(", ")
    .bind(id)
    .sql(", k.value FROM ")
    .each(values)
    .sql(" k")
    .execute(tx.connection)?;
    Ok(())
}

/// A statement over applications `a` with a `WHERE` that goes on.
fn applications() -> Statement<RowSql> {
    Statement::new(
        "SELECT a.id, a.merchant_id, a.app_id, a.name, a.permissions, a.all_stores, \
         a.requests_per_minute, a.creator_id, a.created_at, a.updated_at, ",
    )
    .sql(STORES)
    .sql(" FROM application a WHERE a.deleted_at IS NULL AND ")
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<Application>, StoreError> {
    statement.load::<Row>(tx.connection)?.into_iter().map(Row::application).collect()
}
