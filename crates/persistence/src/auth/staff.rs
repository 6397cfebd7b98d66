//! Who works for a merchant: a row of `staff_member`, and rows for each thing they were given.

use diesel::{
    ExpressionMethods, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{BigInt, Nullable, Text},
};
use regulars_auth::{
    StaffMember,
    staff::{Assignment, StaffSort},
};
use regulars_kernel::{
    MerchantId, Page, PageRequest, PersonId, Scope, StoreError, SystemRole, Timestamp,
};

use super::post::{self, Fault, PostRow, PostSql, ids};
use crate::{
    Tx,
    error::IntoStore,
    page::{SortColumns, push_page},
    schema::staff_member,
    statement::{Bind, Statement},
};

impl SortColumns for StaffSort {
    fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "w.created_at",
        }
    }

    const PK: &'static str = "w.person_id";
}

pub(super) const OUT_OF_REACH: StoreError =
    StoreError::OutOfScope("the staff is another merchant's");

/// What was given, beside what follows from it.
const GIVEN: &str = "w.person_id, w.created_at, \
    (SELECT string_agg(CAST(g.role_id AS TEXT), ',') FROM staff_role g \
        WHERE g.merchant_id = w.merchant_id AND g.person_id = w.person_id), \
    (SELECT string_agg(CAST(s.store_id AS TEXT), ',') FROM staff_store s \
        WHERE s.merchant_id = w.merchant_id AND s.person_id = w.person_id), \
    (SELECT string_agg(CAST(g.store_group_id AS TEXT), ',') FROM staff_store_group g \
        WHERE g.merchant_id = w.merchant_id AND g.person_id = w.person_id), ";

type RowSql = (BigInt, BigInt, Nullable<Text>, Nullable<Text>, Nullable<Text>, PostSql);

#[derive(Queryable)]
struct Row {
    person_id: i64,
    created_at: i64,
    roles: Option<String>,
    stores: Option<String>,
    store_groups: Option<String>,
    post: PostRow,
}

impl Row {
    fn member(self) -> Result<StaffMember, StoreError> {
        let id = self.person_id;
        let read = || -> Result<StaffMember, Fault> {
            Ok(StaffMember {
                person: PersonId::new(id),
                assignment: Assignment {
                    roles: ids(self.roles.as_deref(), ("staff_role", "role_id"))?,
                    permissions: self.post.single()?,
                    all_stores: self.post.all_stores(),
                    stores: ids(self.stores.as_deref(), ("staff_store", "store_id"))?,
                    store_groups: ids(
                        self.store_groups.as_deref(),
                        ("staff_store_group", "store_group_id"),
                    )?,
                },
                post: self.post.post()?.ok_or(("staff_member", "merchant_id"))?,
                created_at: Timestamp::from_micros(self.created_at),
            })
        };
        read().map_err(|(table, column)| StoreError::Corrupt { table, column, id })
    }
}

/// Refuses to go on where the merchant is out of reach.
pub(super) fn require_reach(tx: &Tx<'_>, merchant: MerchantId) -> Result<(), StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)
}

pub(super) fn lock(tx: &mut Tx<'_>, merchant: MerchantId) -> Result<(), StoreError> {
    require_reach(tx, merchant)?;
    let statement = Statement::<BigInt>::new("SELECT m.id FROM merchant m WHERE m.id = ")
        .bind(merchant.get())
        .sql(tx.lock());
    match statement.first::<i64>(tx.connection)? {
        Some(_) => Ok(()),
        None => Err(OUT_OF_REACH),
    }
}

pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[PersonId]) -> Result<Vec<StaffMember>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = members();
    match tx.scope() {
        Scope::Merchant(merchant) => {
            statement.push("w.merchant_id = ");
            statement.push_bind(merchant.get());
            statement.push(" AND ");
        }
        Scope::Person(_) => return Ok(Vec::new()),
        Scope::Platform => {}
    }
    statement.push("w.ended_at IS NULL AND w.person_id");
    statement.push_is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    load(tx, statement)
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    request: &PageRequest<StaffSort>,
) -> Result<Page<StaffMember>, StoreError> {
    require_reach(tx, merchant)?;
    let mut statement = members().sql("w.ended_at IS NULL AND w.merchant_id = ");
    statement.push_bind(merchant.get());
    push_page(&mut statement, request);
    Ok(Page::from_fetched(load(tx, statement)?, request))
}

pub(super) fn count(tx: &mut Tx<'_>, of: MerchantId) -> Result<u64, StoreError> {
    require_reach(tx, of)?;
    let own = staff_member::merchant_id.eq(of.get());
    let rows: i64 = staff_member::table
        .filter(own)
        .filter(staff_member::ended_at.is_null())
        .count()
        .get_result(tx.connection)
        .store()?;
    Ok(u64::try_from(rows).unwrap_or_default())
}

pub(super) fn owners(tx: &mut Tx<'_>, of: MerchantId) -> Result<Vec<PersonId>, StoreError> {
    require_reach(tx, of)?;
    let statement = Statement::<BigInt>::new(
        "SELECT p.id FROM staff_member w JOIN person p ON p.id = w.person_id \
         JOIN staff_role g ON g.merchant_id = w.merchant_id AND g.person_id = w.person_id \
         JOIN role r ON r.merchant_id = g.merchant_id AND r.id = g.role_id \
         WHERE p.active AND NOT p.archived AND w.ended_at IS NULL AND w.merchant_id = ",
    )
    .bind(of.get())
    .sql(" AND r.codename = ")
    .bind(SystemRole::Owner.codename());
    let owners: Vec<i64> = statement.load(tx.connection)?;
    Ok(owners.into_iter().map(PersonId::new).collect())
}

pub(super) fn insert(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    person: PersonId,
    given: &Assignment,
    at: Timestamp,
) -> Result<(), StoreError> {
    require_reach(tx, merchant)?;
    let row = (
        staff_member::merchant_id.eq(merchant.get()),
        staff_member::person_id.eq(person.get()),
        staff_member::all_stores.eq(given.all_stores),
        staff_member::created_at.eq(at.micros()),
    );
    diesel::insert_into(staff_member::table).values(row).execute(tx.connection).store()?;
    give(tx, merchant, person, given)
}

pub(super) fn update(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    person: PersonId,
    given: &Assignment,
) -> Result<(), StoreError> {
    require_reach(tx, merchant)?;
    let rows = diesel::update(staff_member::table.find((merchant.get(), person.get())))
        .filter(staff_member::ended_at.is_null())
        .set(staff_member::all_stores.eq(given.all_stores))
        .execute(tx.connection)
        .store()?;
    if rows == 0 {
        return Err(OUT_OF_REACH);
    }
    take_all(tx, merchant, person)?;
    give(tx, merchant, person, given)
}

pub(super) fn end(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    person: PersonId,
    at: Timestamp,
) -> Result<(), StoreError> {
    require_reach(tx, merchant)?;
    let rows = diesel::update(staff_member::table.find((merchant.get(), person.get())))
        .filter(staff_member::ended_at.is_null())
        .set((staff_member::ended_at.eq(Some(at.micros())), staff_member::all_stores.eq(false)))
        .execute(tx.connection)
        .store()?;
    if rows == 0 { Err(OUT_OF_REACH) } else { take_all(tx, merchant, person) }
}

/// A statement over the staff `w` with a `WHERE` that goes on.
fn members() -> Statement<RowSql> {
    Statement::new("SELECT ").sql(GIVEN).sql(post::COLUMNS).sql(" FROM staff_member w WHERE ")
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<StaffMember>, StoreError> {
    statement.load::<Row>(tx.connection)?.into_iter().map(Row::member).collect()
}

/// Takes everything away that somebody was given.
fn take_all(tx: &mut Tx<'_>, merchant: MerchantId, person: PersonId) -> Result<(), StoreError> {
    for table in ["staff_role", "staff_permission", "staff_store", "staff_store_group"] {
        let statement = Statement::<()>::new("DELETE FROM ")
            .sql(table)
            .sql(" WHERE merchant_id = ")
            .bind(merchant.get())
            .sql(" AND person_id = ")
            .bind(person.get());
        statement.execute(tx.connection)?;
    }
    Ok(())
}

fn give(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    person: PersonId,
    given: &Assignment,
) -> Result<(), StoreError> {
    let permissions = given.permissions.iter().map(|one| one.codename().to_owned());
    let groups = given.store_groups.iter().map(|id| id.get());
    let tables: [(&str, usize, Bind); 4] = [
        (
            "staff_role (merchant_id, person_id, role_id)",
            given.roles.len(),
            given.roles.iter().map(|id| id.get()).collect(),
        ),
        (
            "staff_permission (merchant_id, person_id, permission)",
            given.permissions.iter().count(),
            permissions.collect(),
        ),
        (
            "staff_store (merchant_id, person_id, store_id)",
            given.stores.len(),
            given.stores.iter().map(|id| id.get()).collect(),
        ),
        (
            "staff_store_group (merchant_id, person_id, store_group_id)",
            given.store_groups.len(),
            groups.collect(),
        ),
    ];
    for (into, number, values) in tables {
        if number == 0 {
            continue;
        }
        let mut statement = Statement::<()>::new("INSERT INTO ").sql(into).sql(" SELECT ");
        statement.push_bind(merchant.get());
        statement.push(", ");
        statement.push_bind(person.get());
        statement.push(", k.value FROM ");
        statement.each(values).sql(" k").execute(tx.connection)?;
    }
    Ok(())
}
