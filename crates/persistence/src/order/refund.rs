//! Refunds and what of them each line has. They are in reach where their order is, and in its currency.

use diesel::{
    ExpressionMethods as _, QueryDsl as _, Queryable, RunQueryDsl as _,
    sql_types::{BigInt, Bool, Integer, Nullable, Text},
};
use regulars_kernel::{
    MerchantId, Money, OrderId, OrderItemId, OrderRefundId, Points, StoreAccess, StoreError,
    Timestamp,
};
use regulars_order::{OrderRefund, RefundShare};

use super::{
    OUT_OF_REACH,
    part::{Part, by_ids, insert_numbers, per_order},
    reached,
};
use crate::{
    Tx,
    error::IntoStore,
    merchant::Stored,
    schema::order_refund,
    statement::{Bind, Statement},
};

type RowSql = (
    BigInt,
    BigInt,
    BigInt,
    Nullable<BigInt>,
    Bool,
    Bool,
    Nullable<Text>,
    BigInt,
    BigInt,
    BigInt,
    Text,
    BigInt,
    BigInt,
);

#[derive(Queryable)]
pub(super) struct Row {
    id: i64,
    merchant_id: i64,
    order_id: i64,
    order_item_id: Option<i64>,
    whole: bool,
    is_cash: bool,
    reason: Option<String>,
    amount: i64,
    tips: i64,
    points_value: i64,
    /// The order's.
    currency: String,
    points: i64,
    created_at: i64,
}

/// Without its shares, which are rows of their own.
impl TryFrom<Row> for OrderRefund {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let stored = Stored { table: "order_refund", id: row.id };
        let currency = stored.currency(&row.currency)?;
        Ok(Self {
            id: OrderRefundId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            order: OrderId::new(row.order_id),
            item: row.order_item_id.map(OrderItemId::new),
            whole: row.whole,
            is_cash: row.is_cash,
            reason: row.reason,
            amount: Money::new(row.amount, currency),
            tips: Money::new(row.tips, currency),
            points_value: Money::new(row.points_value, currency),
            points: Points::new(row.points),
            shares: Vec::new(),
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

const REFUNDS: Part<RowSql> = Part::new(
    "SELECT i.id, i.merchant_id, i.order_id, i.order_item_id, i.whole, i.is_cash, i.reason, i.amount, i.tips, \
     i.points_value, c.currency, i.points, i.created_at FROM order_refund i ",
);

pub(super) fn refunds_per_order(
    tx: &mut Tx<'_>,
    orders: &[OrderId],
    within: &StoreAccess,
) -> Result<Vec<(OrderId, Vec<OrderRefund>)>, StoreError> {
    let mut found =
        per_order::<_, Row, OrderRefund>(tx, &REFUNDS, orders, within, |one| one.order)?;
    fill(tx, found.iter_mut().flat_map(|(_order, refunds)| refunds).collect())?;
    Ok(found)
}

pub(super) fn refunds_by_ids(
    tx: &mut Tx<'_>,
    ids: &[OrderRefundId],
    within: &StoreAccess,
) -> Result<Vec<OrderRefund>, StoreError> {
    let ids = ids.iter().map(|id| id.get());
    let mut found = by_ids::<_, Row, OrderRefund>(tx, &REFUNDS, ids, within)?;
    fill(tx, found.iter_mut().collect())?;
    Ok(found)
}

/// Gives refunds that are in reach their shares.
fn fill(tx: &mut Tx<'_>, mut refunds: Vec<&mut OrderRefund>) -> Result<(), StoreError> {
    if refunds.is_empty() {
        return Ok(());
    }
    let mut statement = Statement::<(BigInt, BigInt, Integer, BigInt, BigInt, BigInt)>::new(
        "SELECT s.order_refund_id, s.order_item_id, s.quantity, s.money, s.points_value, s.points \
         FROM order_refund_share s WHERE ",
    );
    if let Some(merchant) = tx.scope().merchant() {
        statement.push("s.merchant_id = ");
        statement.push_bind(merchant.get());
        statement.push(" AND ");
    }
    statement.push("s.order_refund_id");
    statement.push_is_in(refunds.iter().map(|one| one.id.get()).collect::<Bind>());
    statement.push(" ORDER BY s.order_refund_id, s.order_item_id");
    let rows: Vec<(i64, i64, i32, i64, i64, i64)> = statement.load(tx.connection)?;
    for (id, item, quantity, money, points_value, points) in rows {
        for refund in refunds.iter_mut().filter(|one| one.id.get() == id) {
            let currency = refund.amount.currency();
            refund.shares.push(RefundShare {
                item: OrderItemId::new(item),
                quantity,
                money: Money::new(money, currency),
                points_value: Money::new(points_value, currency),
                points: Points::new(points),
            });
        }
    }
    Ok(())
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &OrderRefund) -> Result<OrderRefundId, StoreError> {
    tx.require_merchant(new.merchant, OUT_OF_REACH)?;
    let merchant = new.merchant.get();
    let id: i64 = diesel::insert_into(order_refund::table)
        .values((
            order_refund::merchant_id.eq(merchant),
            order_refund::order_id.eq(new.order.get()),
            order_refund::order_item_id.eq(new.item.map(OrderItemId::get)),
            order_refund::whole.eq(new.whole),
            order_refund::is_cash.eq(new.is_cash),
            order_refund::reason.eq(&new.reason),
            order_refund::amount.eq(new.amount.minor()),
            order_refund::tips.eq(new.tips.minor()),
            order_refund::points_value.eq(new.points_value.minor()),
            order_refund::points.eq(new.points.get()),
            order_refund::created_at.eq(new.created_at.micros()),
        ))
        .returning(order_refund::id)
        .get_result(tx.connection)
        .store()?;
    let id = OrderRefundId::new(id);
    insert_shares(tx, &OrderRefund { id, ..new.clone() })?;
    Ok(id)
}

fn insert_shares(tx: &mut Tx<'_>, refund: &OrderRefund) -> Result<(), StoreError> {
    let (merchant, id) = (refund.merchant.get(), refund.id.get());
    let row = |share: &RefundShare| {
        let (money, points_value) = (share.money.minor(), share.points_value.minor());
        let quantity = share.quantity.into();
        [merchant, id, share.item.get(), quantity, money, points_value, share.points.get()]
    };
    let rows: Vec<_> = refund.shares.iter().map(row).collect();
    let insert_into = "INSERT INTO order_refund_share \
         (merchant_id, order_refund_id, order_item_id, quantity, money, points_value, points) VALUES ";
    insert_numbers(tx, insert_into, &rows)
}

/// Writes what goes back, and its shares, of which there are none.
pub(super) fn restate(tx: &mut Tx<'_>, refund: &OrderRefund) -> Result<(), StoreError> {
    tx.require_merchant(refund.merchant, OUT_OF_REACH)?;
    let row = order_refund::table.find((refund.merchant.get(), refund.id.get()));
    let values = (
        order_refund::order_item_id.eq(refund.item.map(OrderItemId::get)),
        order_refund::amount.eq(refund.amount.minor()),
        order_refund::tips.eq(refund.tips.minor()),
        order_refund::points_value.eq(refund.points_value.minor()),
        order_refund::points.eq(refund.points.get()),
    );
    reached(diesel::update(row).set(values).execute(tx.connection).store()?)?;
    insert_shares(tx, refund)
}
