//! Roles.

use diesel::{
    ExpressionMethods, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{BigInt, Nullable, Text},
};
use regulars_auth::{Role, role::NewRole};
use regulars_kernel::{MerchantId, Permissions, RoleId, Scope, StoreError, SystemRole, Timestamp};

use super::staff::{OUT_OF_REACH, require_reach};
use crate::{
    Tx,
    error::IntoStore,
    schema::{role, staff_role},
    statement::{Bind, Statement},
};

type RowSql = (BigInt, BigInt, Nullable<Text>, Text, Text, BigInt, BigInt);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    codename: Option<String>,
    display_name: String,
    permissions: String,
    created_at: i64,
    updated_at: i64,
}

impl Row {
    fn role(self) -> Result<Role, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "role", column, id: self.id };
        let system = self
            .codename
            .map(|name| SystemRole::from_codename(&name).ok_or_else(|| corrupt("codename")))
            .transpose()?;
        let own: Permissions =
            self.permissions.parse().map_err(|_unknown| corrupt("permissions"))?;
        Ok(Role {
            id: RoleId::new(self.id),
            merchant: MerchantId::new(self.merchant_id),
            system,
            display_name: self.display_name,
            permissions: system.map_or(own, SystemRole::permissions),
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        })
    }
}

/// What is kept of a role's permissions: what system roles allow is the program's to say.
fn kept(system: Option<SystemRole>, permissions: Permissions) -> String {
    if system.is_some() { String::new() } else { permissions.to_codenames() }
}

pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[RoleId]) -> Result<Vec<Role>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = roles();
    match tx.scope() {
        Scope::Merchant(merchant) => {
            statement.push("r.merchant_id = ");
            statement.push_bind(merchant.get());
            statement.push(" AND ");
        }
        Scope::Person(_) => return Ok(Vec::new()),
        Scope::Platform => {}
    }
    statement.push("r.id");
    statement.push_is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    load(tx, statement)
}

pub(super) fn of_merchant(tx: &mut Tx<'_>, of: MerchantId) -> Result<Vec<Role>, StoreError> {
    require_reach(tx, of)?;
    load(tx, roles().sql("r.merchant_id = ").bind(of.get()).sql(" ORDER BY r.id"))
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &NewRole) -> Result<RoleId, StoreError> {
    require_reach(tx, new.merchant)?;
    let row = (
        role::merchant_id.eq(new.merchant.get()),
        role::codename.eq(new.system.map(SystemRole::codename)),
        role::display_name.eq(&new.display_name),
        role::permissions.eq(kept(new.system, new.permissions)),
        role::created_at.eq(new.created_at.micros()),
        role::updated_at.eq(new.created_at.micros()),
    );
    let id: i64 = diesel::insert_into(role::table)
        .values(row)
        .returning(role::id)
        .get_result(tx.connection)
        .store()?;
    Ok(RoleId::new(id))
}

pub(super) fn update(tx: &mut Tx<'_>, changed: &Role) -> Result<(), StoreError> {
    require_reach(tx, changed.merchant)?;
    let rows = diesel::update(role::table.find((changed.merchant.get(), changed.id.get())))
        .set((
            role::display_name.eq(&changed.display_name),
            role::permissions.eq(kept(changed.system, changed.permissions)),
            role::updated_at.eq(changed.updated_at.micros()),
        ))
        .execute(tx.connection)
        .store()?;
    if rows == 0 { Err(OUT_OF_REACH) } else { Ok(()) }
}

pub(super) fn delete(tx: &mut Tx<'_>, gone: &Role) -> Result<(), StoreError> {
    require_reach(tx, gone.merchant)?;
    let (merchant, id) = (gone.merchant.get(), gone.id.get());
    let given = staff_role::table.filter(staff_role::merchant_id.eq(merchant));
    diesel::delete(given.filter(staff_role::role_id.eq(id))).execute(tx.connection).store()?;
    let rows = diesel::delete(role::table.find((merchant, id))).execute(tx.connection).store()?;
    if rows == 0 { Err(OUT_OF_REACH) } else { Ok(()) }
}

/// A statement over roles `r` with a `WHERE` that goes on.
fn roles() -> Statement<RowSql> {
    Statement::new(
        "SELECT r.id, r.merchant_id, r.codename, r.display_name, r.permissions, r.created_at, \
         r.updated_at FROM role r WHERE ",
    )
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<Role>, StoreError> {
    statement.load::<Row>(tx.connection)?.into_iter().map(Row::role).collect()
}
