//! Discounts and what of them each line has. They are in reach where their order is, and in its currency.

#![allow(clippy::ref_option_ref, reason = "diesel's derives write so")]

use diesel::{
    AsChangeset, ExpressionMethods as _, Insertable, QueryDsl as _, Queryable, RunQueryDsl as _,
    sql_types::{BigInt, Bool, Integer, Nullable, Text},
};
use regulars_kernel::{
    IntentId, MerchantId, Money, OfferId, OrderDiscountId, OrderId, OrderItemId, Points,
    RedemptionId, StoreAccess, StoreError, Timestamp,
};
use regulars_order::{DiscountKind, DiscountShare, NotTaken, OrderDiscount};

use super::{
    OUT_OF_REACH,
    part::{Part, by_ids, insert_numbers, per_order},
    reached,
};
use crate::{
    Tx,
    error::IntoStore,
    merchant::Stored,
    schema::order_discount,
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
    Text,
    BigInt,
    Bool,
    BigInt,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<Text>,
);

#[derive(Queryable)]
pub(super) struct Row {
    id: i64,
    merchant_id: i64,
    order_id: i64,
    kind: String,
    name: String,
    redemption_id: Option<i64>,
    amount: i64,
    /// The order's.
    currency: String,
    points: i64,
    unbacked: bool,
    created_at: i64,
    redemption_intent_id: Option<i64>,
    offer_id: Option<i64>,
    reason_code: Option<String>,
    reason: Option<String>,
}

/// Without its shares, which are rows of their own.
impl TryFrom<Row> for OrderDiscount {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let stored = Stored { table: "order_discount", id: row.id };
        Ok(Self {
            id: OrderDiscountId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            order: OrderId::new(row.order_id),
            kind: stored.read("kind", &row.kind, DiscountKind::from_name)?,
            name: row.name,
            redemption: row.redemption_id.map(RedemptionId::new),
            intent: row.redemption_intent_id.map(IntentId::new),
            offer: row.offer_id.map(OfferId::new),
            amount: stored.money(row.amount, &row.currency)?,
            points: Points::new(row.points),
            unbacked: row.unbacked,
            reason: row
                .reason_code
                .zip(row.reason)
                .map(|(code, sentence)| NotTaken { code, sentence }),
            shares: Vec::new(),
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

const DISCOUNTS: Part<RowSql> = Part::new(
    "SELECT i.id, i.merchant_id, i.order_id, i.kind, i.name, i.redemption_id, i.amount, c.currency, i.points, \
     i.unbacked, i.created_at, i.redemption_intent_id, i.offer_id, i.reason_code, i.reason FROM order_discount i ",
);

pub(super) fn discounts_per_order(
    tx: &mut Tx<'_>,
    orders: &[OrderId],
    within: &StoreAccess,
) -> Result<Vec<(OrderId, Vec<OrderDiscount>)>, StoreError> {
    let mut found =
        per_order::<_, Row, OrderDiscount>(tx, &DISCOUNTS, orders, within, |one| one.order)?;
    fill(tx, found.iter_mut().flat_map(|(_order, discounts)| discounts).collect())?;
    Ok(found)
}

pub(super) fn discounts_by_ids(
    tx: &mut Tx<'_>,
    ids: &[OrderDiscountId],
    within: &StoreAccess,
) -> Result<Vec<OrderDiscount>, StoreError> {
    let ids = ids.iter().map(|id| id.get());
    let mut found = by_ids::<_, Row, OrderDiscount>(tx, &DISCOUNTS, ids, within)?;
    fill(tx, found.iter_mut().collect())?;
    Ok(found)
}

/// Gives discounts that are in reach their shares.
fn fill(tx: &mut Tx<'_>, mut discounts: Vec<&mut OrderDiscount>) -> Result<(), StoreError> {
    if discounts.is_empty() {
        return Ok(());
    }
    let mut statement = Statement::<(BigInt, BigInt, BigInt, BigInt, Integer)>::new(
        "SELECT s.order_discount_id, s.order_item_id, s.amount, s.points, s.units FROM order_discount_share s WHERE ",
    );
    if let Some(merchant) = tx.scope().merchant() {
        statement.push("s.merchant_id = ");
        statement.push_bind(merchant.get());
        statement.push(" AND ");
    }
    statement.push("s.order_discount_id");
    statement.push_is_in(discounts.iter().map(|one| one.id.get()).collect::<Bind>());
    statement.push(" ORDER BY s.order_discount_id, s.order_item_id");
    let rows: Vec<(i64, i64, i64, i64, i32)> = statement.load(tx.connection)?;
    for (id, item, amount, points, units) in rows {
        for discount in discounts.iter_mut().filter(|one| one.id.get() == id) {
            discount.shares.push(DiscountShare {
                item: OrderItemId::new(item),
                amount: Money::new(amount, discount.amount.currency()),
                points: Points::new(points),
                units,
            });
        }
    }
    Ok(())
}

/// What is written of a discount. Absent values become null.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = order_discount, treat_none_as_null = true)]
struct Written<'a> {
    kind: &'static str,
    name: &'a str,
    redemption_id: Option<i64>,
    redemption_intent_id: Option<i64>,
    offer_id: Option<i64>,
    amount: i64,
    points: i64,
    unbacked: bool,
    reason_code: Option<&'a str>,
    reason: Option<&'a str>,
}

impl<'a> From<&'a OrderDiscount> for Written<'a> {
    fn from(discount: &'a OrderDiscount) -> Self {
        let reason = discount.reason.as_ref();
        Self {
            kind: discount.kind.name(),
            name: &discount.name,
            redemption_id: discount.redemption.map(RedemptionId::get),
            redemption_intent_id: discount.intent.map(IntentId::get),
            offer_id: discount.offer.map(OfferId::get),
            amount: discount.amount.minor(),
            points: discount.points.get(),
            unbacked: discount.unbacked,
            reason_code: reason.map(|why| why.code.as_str()),
            reason: reason.map(|why| why.sentence.as_str()),
        }
    }
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &OrderDiscount) -> Result<OrderDiscountId, StoreError> {
    tx.require_merchant(new.merchant, OUT_OF_REACH)?;
    let keys = (
        order_discount::merchant_id.eq(new.merchant.get()),
        order_discount::order_id.eq(new.order.get()),
        order_discount::created_at.eq(new.created_at.micros()),
    );
    let id: i64 = diesel::insert_into(order_discount::table)
        .values((keys, Written::from(new)))
        .returning(order_discount::id)
        .get_result(tx.connection)
        .store()?;
    put_shares(tx, id, new)?;
    Ok(OrderDiscountId::new(id))
}

fn put_shares(tx: &mut Tx<'_>, id: i64, discount: &OrderDiscount) -> Result<(), StoreError> {
    let merchant = discount.merchant.get();
    let row = |share: &DiscountShare| {
        let (amount, points) = (share.amount.minor(), share.points.get());
        [merchant, id, share.item.get(), amount, points, share.units.into()]
    };
    let rows: Vec<_> = discount.shares.iter().map(row).collect();
    let insert_into = "INSERT INTO order_discount_share \
         (merchant_id, order_discount_id, order_item_id, amount, points, units) VALUES ";
    insert_numbers(tx, insert_into, &rows)
}

fn clear_shares(tx: &mut Tx<'_>, merchant: MerchantId, id: i64) -> Result<(), StoreError> {
    Statement::<()>::new("DELETE FROM order_discount_share WHERE merchant_id = ")
        .bind(merchant.get())
        .sql(" AND order_discount_id = ")
        .bind(id)
        .execute(tx.connection)
        .map(drop)
}

pub(super) fn update(tx: &mut Tx<'_>, discount: &OrderDiscount) -> Result<(), StoreError> {
    tx.require_merchant(discount.merchant, OUT_OF_REACH)?;
    let id = discount.id.get();
    let row = order_discount::table.find((discount.merchant.get(), id));
    let touched = diesel::update(row).set(Written::from(discount)).execute(tx.connection);
    reached(touched.store()?)?;
    clear_shares(tx, discount.merchant, id)?;
    put_shares(tx, id, discount)
}

pub(super) fn delete(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: OrderDiscountId,
) -> Result<(), StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)?;
    clear_shares(tx, merchant, id.get())?;
    let row = order_discount::table.find((merchant.get(), id.get()));
    reached(diesel::delete(row).execute(tx.connection).store()?)
}

/// Counts anew how many units of each line discounts touch.
pub(super) fn count_units(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    order: OrderId,
) -> Result<(), StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)?;
    Statement::<()>::new("UPDATE order_item SET num_of_discounted_units = ")
        .dialect("CAST(LEAST", "MIN")
        .sql(
            "(quantity, COALESCE((SELECT SUM(s.units) FROM order_discount_share s \
             WHERE s.merchant_id = order_item.merchant_id AND s.order_item_id = order_item.id), 0))",
        )
        .dialect(" AS INTEGER)", "")
        .sql(" WHERE merchant_id = ")
        .bind(merchant.get())
        .sql(" AND order_id = ")
        .bind(order.get())
        .execute(tx.connection)
        .map(drop)
}
