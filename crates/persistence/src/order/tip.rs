//! Tips. They are in reach where their order is, and in its currency.

use diesel::{
    ExpressionMethods as _, Queryable, RunQueryDsl as _,
    sql_types::{BigInt, Text},
};
use regulars_kernel::{MerchantId, OrderId, OrderTipId, StoreAccess, StoreError, Timestamp};
use regulars_order::OrderTip;

use super::{
    OUT_OF_REACH,
    part::{Part, by_ids, per_order},
};
use crate::{Tx, error::IntoStore, merchant::Stored, schema::order_tip};

#[derive(Queryable)]
pub(super) struct Row {
    id: i64,
    merchant_id: i64,
    order_id: i64,
    amount: i64,
    /// The order's.
    currency: String,
    created_at: i64,
}

impl TryFrom<Row> for OrderTip {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let stored = Stored { table: "order_tip", id: row.id };
        Ok(Self {
            id: OrderTipId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            order: OrderId::new(row.order_id),
            amount: stored.money(row.amount, &row.currency)?,
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

const TIPS: Part<(BigInt, BigInt, BigInt, BigInt, Text, BigInt)> = Part::new(
    "SELECT i.id, i.merchant_id, i.order_id, i.amount, c.currency, i.created_at FROM order_tip i ",
);

pub(super) fn tips_per_order(
    tx: &mut Tx<'_>,
    orders: &[OrderId],
    within: &StoreAccess,
) -> Result<Vec<(OrderId, Vec<OrderTip>)>, StoreError> {
    per_order::<_, Row, OrderTip>(tx, &TIPS, orders, within, |tip| tip.order)
}

pub(super) fn tips_by_ids(
    tx: &mut Tx<'_>,
    ids: &[OrderTipId],
    within: &StoreAccess,
) -> Result<Vec<OrderTip>, StoreError> {
    by_ids::<_, Row, OrderTip>(tx, &TIPS, ids.iter().map(|id| id.get()), within)
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &OrderTip) -> Result<OrderTipId, StoreError> {
    tx.require_merchant(new.merchant, OUT_OF_REACH)?;
    let id: i64 = diesel::insert_into(order_tip::table)
        .values((
            order_tip::merchant_id.eq(new.merchant.get()),
            order_tip::order_id.eq(new.order.get()),
            order_tip::amount.eq(new.amount.minor()),
            order_tip::created_at.eq(new.created_at.micros()),
        ))
        .returning(order_tip::id)
        .get_result(tx.connection)
        .store()?;
    Ok(OrderTipId::new(id))
}
