//! The lines of orders. They are in reach where their order is, and in its currency.

#![allow(clippy::ref_option_ref, reason = "diesel's derives write so")]

use diesel::{
    AsChangeset, ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{BigInt, Bool, Integer, Nullable, Text},
};
use regulars_kernel::{
    Currency, MerchantId, Money, OrderId, OrderItemId, ProductId, StoreAccess, StoreError,
    Timestamp,
};
use regulars_merchant::EntitySource;
use regulars_order::{Modifier, OrderItem};

use super::{
    OUT_OF_REACH,
    filter::{Purpose, push_scope, push_within},
    reached,
};
use crate::{
    Tx,
    error::IntoStore,
    merchant::Stored,
    schema::order_item,
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
    Nullable<BigInt>,
    Nullable<Text>,
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
    unit_price: Option<i64>,
    modifiers: Option<String>,
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
        let currency = stored.currency(&row.currency)?;
        let modifiers = row.modifiers.as_deref();
        let modifiers = modifiers
            .map(|text| stored.read("modifiers", text, |text| modifiers_of(text, currency)));
        Ok(Self {
            id: OrderItemId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            order: OrderId::new(row.order_id),
            product: row.product_id.map(ProductId::new),
            unit_price: row.unit_price.map(|minor| Money::new(minor, currency)),
            modifiers: modifiers.transpose()?.unwrap_or_default(),
            cost: Money::new(row.cost, currency),
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

/// The modifiers in a line's text: pairs of a name and a price in minor units of the order's currency.
fn modifiers_of(text: &str, currency: Currency) -> Option<Vec<Modifier>> {
    let pairs: Vec<(String, i64)> = serde_json::from_str(text).ok()?;
    let modifier = |(name, price)| Modifier { name, price: Money::new(price, currency) };
    Some(pairs.into_iter().map(modifier).collect())
}

/// The text of modifiers; none where there are none.
fn text_of(modifiers: &[Modifier]) -> Result<Option<String>, StoreError> {
    let pairs: Vec<(&str, i64)> =
        modifiers.iter().map(|one| (one.name.as_str(), one.price.minor())).collect();
    let text = (!pairs.is_empty()).then(|| serde_json::to_string(&pairs)).transpose();
    text.map_err(|error| StoreError::Internal(Box::new(error)))
}

/// What is written of a line. Absent values become null.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = order_item, treat_none_as_null = true)]
struct Values {
    product_id: Option<i64>,
    name: String,
    quantity: i32,
    num_of_discounted_units: i32,
    unit_price: Option<i64>,
    modifiers: Option<String>,
    cost: i64,
    is_completed: bool,
    entity_source: Option<&'static str>,
    entity_source_id: Option<String>,
    extra_info: Option<String>,
    updated_at: i64,
}

impl TryFrom<&OrderItem> for Values {
    type Error = StoreError;

    fn try_from(item: &OrderItem) -> Result<Self, StoreError> {
        Ok(Self {
            product_id: item.product.map(ProductId::get),
            name: item.name.clone(),
            quantity: item.quantity,
            num_of_discounted_units: item.num_of_discounted_units,
            unit_price: item.unit_price.map(Money::minor),
            modifiers: text_of(&item.modifiers)?,
            cost: item.cost.minor(),
            is_completed: item.is_completed,
            entity_source: item.entity_source.map(EntitySource::name),
            entity_source_id: item.entity_source_id.clone(),
            extra_info: item.extra_info.clone(),
            updated_at: item.updated_at.micros(),
        })
    }
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &OrderItem) -> Result<OrderItemId, StoreError> {
    tx.require_merchant(new.merchant, OUT_OF_REACH)?;
    let own = (
        order_item::merchant_id.eq(new.merchant.get()),
        order_item::order_id.eq(new.order.get()),
        order_item::created_at.eq(new.created_at.micros()),
    );
    let id: i64 = diesel::insert_into(order_item::table)
        .values((own, Values::try_from(new)?))
        .returning(order_item::id)
        .get_result(tx.connection)
        .store()?;
    Ok(OrderItemId::new(id))
}

/// Lines of one statement: one text for each number of lines of a receipt, and few long ones.
const AT_ONCE: usize = 16;

pub(super) fn insert_all(
    tx: &mut Tx<'_>,
    new: &[OrderItem],
) -> Result<Vec<OrderItemId>, StoreError> {
    let mut ids: Vec<OrderItemId> = Vec::with_capacity(new.len());
    for chunk in new.chunks(AT_ONCE) {
        let mut statement = Statement::<BigInt>::new(
            "INSERT INTO order_item (merchant_id, order_id, product_id, name, quantity, num_of_discounted_units, \
             unit_price, modifiers, cost, is_completed, entity_source, entity_source_id, extra_info, created_at, \
             updated_at) VALUES ",
        );
        for (nth, item) in chunk.iter().enumerate() {
            tx.require_merchant(item.merchant, OUT_OF_REACH)?;
            let values = Values::try_from(item)?;
            let values: [Bind; 15] = [
                item.merchant.get().into(),
                item.order.get().into(),
                values.product_id.into(),
                values.name.into(),
                i64::from(values.quantity).into(),
                i64::from(values.num_of_discounted_units).into(),
                values.unit_price.into(),
                values.modifiers.into(),
                values.cost.into(),
                values.is_completed.into(),
                values.entity_source.map(str::to_owned).into(),
                values.entity_source_id.into(),
                values.extra_info.into(),
                item.created_at.micros().into(),
                values.updated_at.into(),
            ];
            for (column, value) in values.into_iter().enumerate() {
                statement.push(match (nth, column) {
                    (0, 0) => "(",
                    (_, 0) => "), (",
                    _ => ", ",
                });
                statement.push_bind(value);
            }
        }
        let rows = statement.sql(")").insert(tx.connection)?;
        ids.extend(rows.into_iter().map(OrderItemId::new));
    }
    Ok(ids)
}

pub(super) fn update(tx: &mut Tx<'_>, changed: &OrderItem) -> Result<(), StoreError> {
    tx.require_merchant(changed.merchant, OUT_OF_REACH)?;
    let row = order_item::table.find((changed.merchant.get(), changed.id.get()));
    let values = Values::try_from(changed)?;
    reached(diesel::update(row).set(values).execute(tx.connection).store()?)
}

pub(super) fn complete(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    order: OrderId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)?;
    let open = order_item::table
        .filter(order_item::merchant_id.eq(merchant.get()))
        .filter(order_item::order_id.eq(order.get()))
        .filter(order_item::is_completed.eq(false));
    let done = (order_item::is_completed.eq(true), order_item::updated_at.eq(now.micros()));
    diesel::update(open).set(done).execute(tx.connection).store()?;
    Ok(())
}

pub(super) fn delete(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: OrderItemId,
) -> Result<(), StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)?;
    let row = order_item::table.find((merchant.get(), id.get()));
    reached(diesel::delete(row).execute(tx.connection).store()?)
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
         i.num_of_discounted_units, i.unit_price, i.modifiers, i.cost, c.currency, i.is_completed, i.entity_source, \
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
