//! Discounts and what of them each line has. They are in reach where their order is, and in its currency.

use diesel::{
    ExpressionMethods as _, Queryable, RunQueryDsl as _,
    sql_types::{BigInt, Bool, Integer, Nullable, Text},
};
use regulars_kernel::{
    MerchantId, Money, OrderDiscountId, OrderId, OrderItemId, Points, RedemptionId, StoreAccess,
    StoreError, Timestamp,
};
use regulars_order::{DiscountKind, DiscountShare, OrderDiscount};

use super::{
    OUT_OF_REACH,
    part::{Part, by_ids, insert_numbers, per_order},
};
use crate::{
    Tx,
    error::IntoStore,
    merchant::Stored,
    schema::order_discount,
    statement::{Bind, Statement},
};

type RowSql =
    (BigInt, BigInt, BigInt, Text, Text, Nullable<BigInt>, BigInt, Text, BigInt, Bool, BigInt);

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
            amount: stored.money(row.amount, &row.currency)?,
            points: Points::new(row.points),
            unbacked: row.unbacked,
            shares: Vec::new(),
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

const DISCOUNTS: Part<RowSql> = Part::new(
    "SELECT i.id, i.merchant_id, i.order_id, i.kind, i.name, i.redemption_id, i.amount, c.currency, i.points, \
     i.unbacked, i.created_at FROM order_discount i ",
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

pub(super) fn insert(tx: &mut Tx<'_>, new: &OrderDiscount) -> Result<OrderDiscountId, StoreError> {
    tx.require_merchant(new.merchant, OUT_OF_REACH)?;
    let merchant = new.merchant.get();
    let id: i64 = diesel::insert_into(order_discount::table)
        .values((
            order_discount::merchant_id.eq(merchant),
            order_discount::order_id.eq(new.order.get()),
            order_discount::kind.eq(new.kind.name()),
            order_discount::name.eq(&new.name),
            order_discount::redemption_id.eq(new.redemption.map(RedemptionId::get)),
            order_discount::amount.eq(new.amount.minor()),
            order_discount::points.eq(new.points.get()),
            order_discount::unbacked.eq(new.unbacked),
            order_discount::created_at.eq(new.created_at.micros()),
        ))
        .returning(order_discount::id)
        .get_result(tx.connection)
        .store()?;
    let row = |share: &DiscountShare| {
        let (amount, points) = (share.amount.minor(), share.points.get());
        [merchant, id, share.item.get(), amount, points, share.units.into()]
    };
    let rows: Vec<_> = new.shares.iter().map(row).collect();
    let insert_into = "INSERT INTO order_discount_share \
         (merchant_id, order_discount_id, order_item_id, amount, points, units) VALUES ";
    insert_numbers(tx, insert_into, &rows)?;
    Ok(OrderDiscountId::new(id))
}
