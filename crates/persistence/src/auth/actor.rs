//! How an account and a session stand, and who works where.

use diesel::{
    ExpressionMethods, Queryable, RunQueryDsl,
    prelude::Insertable,
    query_dsl::methods::ExecuteDsl,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use regulars_auth::{Post, SessionId, Standing};
use regulars_customer::UserType;
use regulars_kernel::{MerchantId, PersonId, Role, StoreAccess, StoreError, StoreId, Timestamp};

use crate::{
    Tx,
    connection::on_inner,
    error::IntoStore,
    schema::{staff_member, staff_store},
    statement::Statement,
};

type RowSql = (
    Text,
    BigInt,
    Bool,
    Bool,
    Bool,
    Bool,
    Bool,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<Bool>,
    Nullable<Text>,
);

#[derive(Queryable)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
struct Row {
    user_type: String,
    token_version: i64,
    active: bool,
    archived: bool,
    staff: bool,
    admin: bool,
    session_live: bool,
    merchant_id: Option<i64>,
    role: Option<String>,
    all_stores: Option<bool>,
    /// The ids of the stores where not all are within reach, by commas.
    stores: Option<String>,
}

impl Row {
    fn standing(self, person: PersonId) -> Result<Standing, StoreError> {
        let corrupt = |table, column| StoreError::Corrupt { table, column, id: person.get() };
        let user_type = UserType::from_name(&self.user_type);
        Ok(Standing {
            person,
            user_type: user_type.ok_or_else(|| corrupt("person", "user_type"))?,
            token_version: self.token_version,
            active: self.active,
            archived: self.archived,
            staff: self.staff,
            admin: self.admin,
            session_live: self.session_live,
            post: self.post().map_err(|column| corrupt("staff_member", column))?,
        })
    }

    /// Their job, or the column whose value the program never writes.
    fn post(&self) -> Result<Option<Post>, &'static str> {
        let Some(merchant) = self.merchant_id else {
            return Ok(None);
        };
        let role = self.role.as_deref().and_then(Role::from_codename).ok_or("role")?;
        let stores = if self.all_stores == Some(true) {
            StoreAccess::All
        } else {
            let ids = self.stores.as_deref().unwrap_or_default();
            let ids = ids.split(',').filter(|id| !id.is_empty()).map(str::parse);
            let ids: Result<Vec<i64>, _> = ids.collect();
            let ids = ids.map_err(|_form| "stores")?;
            StoreAccess::Only(ids.into_iter().map(StoreId::new).collect())
        };
        Ok(Some(Post { merchant: MerchantId::new(merchant), role, stores }))
    }
}

/// One statement by primary keys, sent with every request that has a token.
pub(super) fn find_standing(
    tx: &mut Tx<'_>,
    person: PersonId,
    session: SessionId,
) -> Result<Option<Standing>, StoreError> {
    let statement = Statement::<RowSql>::new(
        "SELECT p.user_type, p.token_version, p.active, p.archived, p.staff, p.admin, \
         EXISTS (SELECT 1 FROM session s WHERE s.person_id = p.id AND s.revoked_at IS NULL \
         AND s.id = ",
    )
    .bind(session.get())
    .sql("), w.merchant_id, w.role, w.all_stores, CASE WHEN NOT w.all_stores THEN (SELECT ")
    .dialect("string_agg(t.store_id::text, ',')", "group_concat(t.store_id)")
    .sql(
        " FROM staff_store t WHERE t.merchant_id = w.merchant_id AND t.person_id = w.person_id) END \
         FROM person p LEFT JOIN staff_member w ON w.person_id = p.id \
         WHERE p.registered AND p.id = ",
    )
    .bind(person.get());
    statement.first::<Row>(tx.connection)?.map(|row| row.standing(person)).transpose()
}

#[derive(Insertable)]
#[diesel(table_name = staff_store)]
#[expect(clippy::struct_field_names, reason = "fields have the names of their columns")]
struct StoreRow {
    merchant_id: i64,
    person_id: i64,
    store_id: i64,
}

pub(super) fn insert_post(
    tx: &mut Tx<'_>,
    person: PersonId,
    post: &Post,
    at: Timestamp,
) -> Result<(), StoreError> {
    let only = match &post.stores {
        StoreAccess::All => None,
        StoreAccess::Only(stores) => Some(stores),
    };
    let row = (
        staff_member::merchant_id.eq(post.merchant.get()),
        staff_member::person_id.eq(person.get()),
        staff_member::role.eq(post.role.codename()),
        staff_member::all_stores.eq(only.is_none()),
        staff_member::created_at.eq(at.micros()),
    );
    diesel::insert_into(staff_member::table).values(row).execute(tx.connection).store()?;
    let stores: Vec<StoreRow> = only
        .into_iter()
        .flatten()
        .map(|store| StoreRow {
            merchant_id: post.merchant.get(),
            person_id: person.get(),
            store_id: store.get(),
        })
        .collect();
    if stores.is_empty() {
        return Ok(());
    }
    let inserted: diesel::QueryResult<usize> = on_inner!(&mut *tx.connection, inner =>
        ExecuteDsl::execute(diesel::insert_into(staff_store::table).values(&stores), inner));
    inserted.store()?;
    Ok(())
}
