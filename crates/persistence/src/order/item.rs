//! The lines of orders. They are in reach where their order is, and in its currency.

use diesel::{
    Queryable,
    sql_types::{BigInt, Bool, Integer, Nullable, Text},
};
use regulars_kernel::{
    MerchantId, OrderId, OrderItemId, ProductId, StoreAccess, StoreError, Timestamp,
};
use regulars_order::OrderItem;

use super::filter::{Purpose, push_scope, push_within};
use crate::{
    Tx,
    merchant::Stored,
    statement::{Bind, Statement},
};

type RowSql = (
    BigInt,
    BigInt,
    BigInt,
    Nullable<BigInt>,
    Text,
    Integer,
    Integer,
    BigInt,
    Text,
    Bool,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    BigInt,
    BigInt,
);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    order_id: i64,
    product_id: Option<i64>,
    name: String,
    quantity: i32,
    num_of_discounted_units: i32,
    cost: i64,
    /// The order's.
    currency: String,
    is_completed: bool,
    entity_source: Option<String>,
    entity_source_id: Option<String>,
    extra_info: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for OrderItem {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let stored = Stored { table: "order_item", id: row.id };
        Ok(Self {
            id: OrderItemId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            order: OrderId::new(row.order_id),
            product: row.product_id.map(ProductId::new),
            cost: stored.money(row.cost, &row.currency)?,
            entity_source: stored.entity_source(row.entity_source.as_deref())?,
            name: row.name,
            quantity: row.quantity,
            num_of_discounted_units: row.num_of_discounted_units,
            is_completed: row.is_completed,
            entity_source_id: row.entity_source_id,
            extra_info: row.extra_info,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}

pub(super) fn per_order(
    tx: &mut Tx<'_>,
    orders: &[OrderId],
    within: &StoreAccess,
) -> Result<Vec<(OrderId, Vec<OrderItem>)>, StoreError> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = items(tx, within);
    statement.push(" AND c.id");
    statement.push_is_in(orders.iter().map(|id| id.get()).collect::<Bind>());
    statement.push(" ORDER BY i.order_id, i.id");
    let mut lines: Vec<(OrderId, Vec<OrderItem>)> = Vec::with_capacity(orders.len());
    for item in load(tx, statement)? {
        match lines.last_mut() {
            Some((order, of_order)) if *order == item.order => of_order.push(item),
            _ => lines.push((item.order, vec![item])),
        }
    }
    Ok(lines)
}

pub(super) fn by_ids(
    tx: &mut Tx<'_>,
    ids: &[OrderItemId],
    within: &StoreAccess,
) -> Result<Vec<OrderItem>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = items(tx, within);
    if let Some(merchant) = tx.scope().merchant() {
        statement.push(" AND i.merchant_id = ");
        statement.push_bind(merchant.get());
    }
    statement.push(" AND i.id");
    statement.push_is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    load(tx, statement)
}

/// A statement over the lines `i` of orders `c` in reach, with a `WHERE` that goes on.
fn items(tx: &Tx<'_>, within: &StoreAccess) -> Statement<RowSql> {
    let mut statement = Statement::new(
        "SELECT i.id, i.merchant_id, i.order_id, i.product_id, i.name, i.quantity, \
         i.num_of_discounted_units, i.cost, c.currency, i.is_completed, i.entity_source, \
         i.entity_source_id, i.extra_info, i.created_at, i.updated_at FROM order_item i \
         JOIN orders c ON c.merchant_id = i.merchant_id AND c.id = i.order_id WHERE ",
    );
    push_scope(&mut statement, tx.scope());
    push_within(&mut statement, within, true, Purpose::List);
    statement
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<OrderItem>, StoreError> {
    let rows: Vec<Row> = statement.load(tx.connection)?;
    rows.into_iter().map(OrderItem::try_from).collect()
}
