//! Tips: what the buyer gives on top. Part of what is to be paid, and of nothing that earns (rule 14).

use regulars_kernel::{
    Actor, MerchantId, Money, OrderId, OrderTipId, Permission, Rule, Timestamp, Violations,
    page::{Keyed, SortKey},
    pk_sort,
};

use crate::{
    Amount, Order, OrderError, OrderStore,
    amount::Argument,
    bill::{MAX_AMOUNT, MAX_TIPS},
    order::{change::open, reach},
};

/// What a buyer gave on top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderTip {
    /// The key.
    pub id: OrderTipId,
    /// Whose sale it is.
    pub merchant: MerchantId,
    /// Of which order.
    pub order: OrderId,
    /// How much; more than nothing.
    pub amount: Money,
    /// When it was put down here.
    pub created_at: Timestamp,
}

pk_sort! {
    /// What a list of tips can be ordered by: the pk alone.
    pub enum OrderTipSort of "tips"
}

impl Keyed<OrderTipSort> for OrderTip {
    fn sort_key(&self, field: OrderTipSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// Puts a tip on an open order: above nothing, at most [`MAX_AMOUNT`] minor units, [`MAX_TIPS`] an order. Needs
/// [`Permission::ChangeOrder`] in its store.
pub fn create(
    tx: &mut impl OrderStore,
    actor: &Actor,
    order: OrderId,
    amount: &Amount,
    now: Timestamp,
) -> Result<(OrderId, OrderTipId), OrderError> {
    let merchant = actor.require(Permission::ChangeOrder)?;
    let found = tx.find_order(merchant, order)?;
    let order = open(found, actor, OrderError::NothingNamed("orderId"), "orderId")?;
    let mut wrong = Violations::new();
    let argument = Argument { amount: "amount", currency: "amountCurrency" };
    let amount = amount.read(argument, order.total.currency(), (1, MAX_AMOUNT), &mut wrong);
    let mut bill = tx.bill(merchant, order.id)?;
    if bill.tips >= MAX_TIPS {
        wrong.add("orderId", Rule::Invalid(format!("An order has at most {MAX_TIPS} tips.")));
    }
    wrong.into_result()?;
    let Some(amount) = amount else { return Err(OrderError::OrderNotFound) };
    bill.tips += 1;
    bill.tipped += amount.minor();
    let total = bill.total(order.total.currency()).ok_or_else(|| {
        let sentence = "The order's total is too large.";
        Violations::of_input(Rule::Invalid(sentence.to_owned()))
    })?;
    let tip =
        OrderTip { id: OrderTipId::new(0), merchant, order: order.id, amount, created_at: now };
    let id = tx.insert_order_tip(&tip)?;
    let order_id = order.id;
    tx.update_order(&Order { total, updated_at: now, ..order })?;
    Ok((order_id, id))
}

/// All tips of each of the orders, by ascending id; orders that the asker does not see, and those without one, are left out.
pub fn per_order(
    tx: &mut impl OrderStore,
    actor: &Actor,
    orders: &[OrderId],
) -> Result<Vec<(OrderId, Vec<OrderTip>)>, OrderError> {
    let within = reach(actor)?;
    Ok(tx.tips_per_order(orders, &within)?)
}

/// The tips of those ids that the asker sees, in no order.
pub fn list_by_ids(
    tx: &mut impl OrderStore,
    actor: &Actor,
    ids: &[OrderTipId],
) -> Result<Vec<OrderTip>, OrderError> {
    let within = reach(actor)?;
    Ok(tx.order_tips(ids, &within)?)
}
