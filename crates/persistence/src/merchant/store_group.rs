//! Named sets of stores. A group comes with all its stores, a row for each.

use diesel::{
    ExpressionMethods, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{BigInt, Nullable, Text},
};
use regulars_kernel::{
    MerchantId, Page, PageRequest, Scope, StoreError, StoreGroupId, StoreId, Timestamp,
};
use regulars_merchant::{StoreGroup, StoreGroupSort};

use super::{push_own_ids, reached, require_reach, store::push_joined};
use crate::{
    Tx,
    error::IntoStore,
    page::{SortColumns, push_page},
    schema::{store_group, store_group_member},
    statement::{Bind, Statement},
};

type RowSql = (BigInt, BigInt, Text, BigInt, BigInt, Nullable<BigInt>);

/// A group and one of its stores; none where it is empty.
#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    name: String,
    created_at: i64,
    updated_at: i64,
    store_id: Option<i64>,
}

impl SortColumns for StoreGroupSort {
    fn column(self) -> &'static str {
        match self {}
    }

    const PK: &'static str = "g.id";
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    request: &PageRequest<StoreGroupSort>,
) -> Result<Page<StoreGroup>, StoreError> {
    let mut statement: Statement<BigInt> = listed(tx.scope(), "g.id");
    push_page(&mut statement, request);
    let ids: Vec<i64> = statement.load(tx.connection)?;
    let ids: Vec<_> = ids.into_iter().map(StoreGroupId::new).collect();
    let mut groups = by_ids(tx, &ids)?;
    groups.sort_by_key(|group| ids.iter().position(|id| *id == group.id));
    Ok(Page::from_fetched(groups, request))
}

pub(super) fn count(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    let statement: Statement<BigInt> = listed(tx.scope(), "count(*)");
    let rows: Option<i64> = statement.first(tx.connection)?;
    Ok(rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or_default())
}

/// The groups that a scope lists; the `WHERE` can go on.
fn listed(scope: Scope, select: &'static str) -> Statement<BigInt> {
    let mut statement = Statement::new("SELECT ").sql(select).sql(" FROM store_group g WHERE ");
    match scope {
        Scope::Merchant(merchant) => {
            statement.push("g.merchant_id = ");
            statement.push_bind(merchant.get());
        }
        Scope::Person(person) => {
            statement.push("g.merchant_id IN (");
            push_joined(&mut statement, person.get());
            statement.push(")");
        }
        Scope::Platform => statement.push("TRUE"),
    }
    statement
}

pub(super) fn find(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: StoreGroupId,
) -> Result<Option<StoreGroup>, StoreError> {
    require_reach(tx, merchant)?;
    // No row of an outer join's other side can be locked: the group's own is, before its stores are read.
    let own = Statement::<BigInt>::new("SELECT g.id FROM store_group g WHERE g.merchant_id = ")
        .bind(merchant.get())
        .sql(" AND g.id = ")
        .bind(id.get())
        .sql(tx.lock());
    match own.first::<i64>(tx.connection)? {
        Some(_) => Ok(by_ids(tx, &[id])?.pop()),
        None => Ok(None),
    }
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &StoreGroup) -> Result<StoreGroupId, StoreError> {
    require_reach(tx, new.merchant)?;
    let row = (
        store_group::merchant_id.eq(new.merchant.get()),
        store_group::name.eq(&new.name),
        store_group::created_at.eq(new.created_at.micros()),
        store_group::updated_at.eq(new.updated_at.micros()),
    );
    let id: i64 = diesel::insert_into(store_group::table)
        .values(row)
        .returning(store_group::id)
        .get_result(tx.connection)
        .store()?;
    put_stores(tx, new.merchant, id, &new.stores)?;
    Ok(StoreGroupId::new(id))
}

pub(super) fn update(tx: &mut Tx<'_>, changed: &StoreGroup) -> Result<(), StoreError> {
    require_reach(tx, changed.merchant)?;
    let (merchant, id) = (changed.merchant.get(), changed.id.get());
    let rows = diesel::update(store_group::table.find((merchant, id)))
        .set((
            store_group::name.eq(&changed.name),
            store_group::updated_at.eq(changed.updated_at.micros()),
        ))
        .execute(tx.connection)
        .store()?;
    reached(rows)?;
    drop_stores(tx, merchant, id)?;
    put_stores(tx, changed.merchant, id, &changed.stores)
}

/// What names groups, beside their stores.
const NAMED_IN: [&str; 4] =
    ["staff_store_group", "campaign_store_group", "offer_store_group", "loyalty_card_store_group"];

pub(super) fn delete(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: StoreGroupId,
) -> Result<bool, StoreError> {
    require_reach(tx, merchant)?;
    let mut statement = Statement::<BigInt>::new("SELECT g.id FROM store_group g WHERE ");
    statement.push("g.merchant_id = ");
    statement.push_bind(merchant.get());
    statement.push(" AND g.id = ");
    statement.push_bind(id.get());
    for table in NAMED_IN {
        statement.push(" AND NOT EXISTS (SELECT 1 FROM ");
        statement.push(table);
        statement.push(" n WHERE n.merchant_id = g.merchant_id AND n.store_group_id = g.id)");
    }
    if statement.first::<i64>(tx.connection)?.is_none() {
        return find(tx, merchant, id)?.map(|_named| false).ok_or(super::OUT_OF_REACH);
    }
    drop_stores(tx, merchant.get(), id.get())?;
    let group = store_group::table.find((merchant.get(), id.get()));
    reached(diesel::delete(group).execute(tx.connection).store()?).map(|()| true)
}

fn drop_stores(tx: &mut Tx<'_>, merchant: i64, id: i64) -> Result<(), StoreError> {
    let own = store_group_member::table.filter(store_group_member::merchant_id.eq(merchant));
    diesel::delete(own.filter(store_group_member::store_group_id.eq(id)))
        .execute(tx.connection)
        .store()?;
    Ok(())
}

fn put_stores(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: i64,
    stores: &[StoreId],
) -> Result<(), StoreError> {
    if stores.is_empty() {
        return Ok(());
    }
    Statement::<()>::new(
        "INSERT INTO store_group_member (merchant_id, store_group_id, store_id) SELECT ",
    )
    .bind(merchant.get())
    .sql(", ")
    .bind(id)
    .sql(", k.value FROM ")
    .each(stores.iter().map(|store| store.get()).collect::<Bind>())
    .sql(" k")
    .execute(tx.connection)?;
    Ok(())
}

pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[StoreGroupId]) -> Result<Vec<StoreGroup>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = groups();
    let ids = ids.iter().map(|id| id.get()).collect();
    push_own_ids(&mut statement, tx.scope(), "g.id", ids, "g.merchant_id");
    push_reached(&mut statement, tx.scope());
    load(tx, statement)
}

/// Every group that has one of the stores comes once, whatever the number of stores: it names its stores itself.
pub(super) fn per_store(
    tx: &mut Tx<'_>,
    stores: &[StoreId],
) -> Result<Vec<(StoreId, Vec<StoreGroup>)>, StoreError> {
    if stores.is_empty() {
        return Ok(Vec::new());
    }
    let mut stores = stores.to_vec();
    stores.sort_unstable();
    stores.dedup();
    let ids: Bind = stores.iter().map(|id| id.get()).collect();
    let mut statement = groups();
    if let Scope::Merchant(merchant) = tx.scope() {
        statement.push("g.merchant_id = ");
        statement.push_bind(merchant.get());
        statement.push(
            " AND g.id IN (SELECT k.store_group_id FROM store_group_member k WHERE k.merchant_id = ",
        );
        statement.push_bind(merchant.get());
        statement.push(" AND k.store_id");
        statement.push_is_in(ids);
    } else {
        // The stores say whose the groups are: no index leads from a store alone to its groups.
        statement.push(
            "(g.merchant_id, g.id) IN (SELECT k.merchant_id, k.store_group_id FROM store s \
             JOIN store_group_member k ON k.merchant_id = s.merchant_id AND k.store_id = s.id \
             WHERE s.id",
        );
        statement.push_is_in(ids);
    }
    statement.push(")");
    push_reached(&mut statement, tx.scope());
    let groups = load(tx, statement)?;
    let of_store = |store: StoreId| {
        let has = |group: &&StoreGroup| group.stores.contains(&store);
        (store, groups.iter().filter(has).cloned().collect::<Vec<_>>())
    };
    Ok(stores.into_iter().map(of_store).filter(|(_store, groups)| !groups.is_empty()).collect())
}

/// Appends ` AND …`: to a person, groups of merchants they joined and those with a live store.
fn push_reached(statement: &mut Statement<RowSql>, scope: Scope) {
    if let Scope::Person(person) = scope {
        statement.push(" AND (g.merchant_id IN (");
        push_joined(statement, person.get());
        statement.push(
            ") OR EXISTS (SELECT 1 FROM store_group_member k JOIN store s \
             ON s.merchant_id = k.merchant_id AND s.id = k.store_id \
             WHERE k.merchant_id = g.merchant_id AND k.store_group_id = g.id \
             AND s.is_active AND NOT s.archived))",
        );
    }
}

/// A statement over groups `g` with a `WHERE` that goes on.
fn groups() -> Statement<RowSql> {
    Statement::new(
        "SELECT g.id, g.merchant_id, g.name, g.created_at, g.updated_at, m.store_id \
         FROM store_group g LEFT JOIN store_group_member m \
         ON m.merchant_id = g.merchant_id AND m.store_group_id = g.id WHERE ",
    )
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<StoreGroup>, StoreError> {
    let rows: Vec<Row> = statement.sql(" ORDER BY g.id, m.store_id").load(tx.connection)?;
    let mut groups: Vec<StoreGroup> = Vec::new();
    for row in rows {
        let id = StoreGroupId::new(row.id);
        let store = row.store_id.map(StoreId::new);
        match groups.last_mut() {
            Some(group) if group.id == id => group.stores.extend(store),
            _ => groups.push(StoreGroup {
                id,
                merchant: MerchantId::new(row.merchant_id),
                name: row.name,
                stores: store.into_iter().collect(),
                created_at: Timestamp::from_micros(row.created_at),
                updated_at: Timestamp::from_micros(row.updated_at),
            }),
        }
    }
    Ok(groups)
}
