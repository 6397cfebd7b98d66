//! Named sets of stores. A group comes with all its stores, a row for each.

use diesel::{
    Queryable,
    sql_types::{BigInt, Nullable, Text},
};
use regulars_kernel::{MerchantId, Scope, StoreError, StoreGroupId, StoreId, Timestamp};
use regulars_merchant::StoreGroup;

use super::{push_own_ids, store::push_joined};
use crate::{
    Tx,
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
