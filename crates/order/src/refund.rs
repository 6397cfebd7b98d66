//! Refunds: what goes back of a sale (rule 25).

pub mod known;
mod restate;
mod sale;
pub mod share;
mod spent;

use regulars_kernel::{
    Actor, Currency, MerchantId, Money, OrderId, OrderItemId, OrderRefundId, Permission, Points,
    Rule, StoreAccess, StoreError, Timestamp, Violations,
    page::{Keyed, SortKey},
    pk_sort,
    text::clean,
};
use regulars_loyalty::refund::RefundedLine;

pub(crate) use self::restate::{Restated, restate};
use self::{
    sale::Sale,
    share::{Request, Share, ShareError},
    spent::{PointsBack, return_spent},
};
use crate::{
    Amount, Order, OrderError, OrderState, OrderStore, PaymentType,
    amount::Argument,
    earning,
    order::{change::reaches, reach},
    redeeming::open::OrderPorts,
};

/// The most characters of a reason.
pub const MAX_REASON_CHARS: usize = 500;
/// The most lines of one refund by line.
pub const MAX_ITEMS: usize = 500;

const AMOUNT: Argument = Argument { amount: "amount", currency: "amountCurrency" };

/// What was given back of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRefund {
    /// The key.
    pub id: OrderRefundId,
    /// Whose sale it was.
    pub merchant: MerchantId,
    /// Of which order.
    pub order: OrderId,
    /// The line alone that it is about.
    pub item: Option<OrderItemId>,
    /// Whether it is of all that was left, whatever that came to: it stays so where the sale becomes another (rule 11).
    pub whole: bool,
    /// Whether the money went back in cash.
    pub is_cash: bool,
    /// Why, as people wrote it.
    pub reason: Option<String>,
    /// The money that went back, tips among it.
    pub amount: Money,
    /// The tips in it.
    pub tips: Money,
    /// What the points that went back had paid.
    pub points_value: Money,
    /// How many points that are.
    pub points: Points,
    /// The parts of its lines. An order without lines has none.
    pub shares: Vec<RefundShare>,
    /// When it was put down here.
    pub created_at: Timestamp,
}

/// A line's part of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundShare {
    /// Of which line.
    pub item: OrderItemId,
    /// How many of it came back; 0 where it was no whole units.
    pub quantity: i32,
    /// The money that went back.
    pub money: Money,
    /// What the points that went back had paid.
    pub points_value: Money,
    /// How many points that are.
    pub points: Points,
}

pk_sort! {
    /// What a list of refunds can be ordered by: the pk alone.
    pub enum OrderRefundSort of "refunds"
}

impl Keyed<OrderRefundSort> for OrderRefund {
    fn sort_key(&self, field: OrderRefundSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// A refund as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRefund {
    /// How much value, money and points together; absent: all that is left, tips included.
    pub amount: Option<Amount>,
    /// Why: at most [`MAX_REASON_CHARS`] characters.
    pub reason: Option<String>,
    /// Whether the money goes back in cash.
    pub is_cash: bool,
}

/// A line that is to go back, as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewItemRefund {
    /// Which.
    pub item: OrderItemId,
    /// How many of it; absent: all that are left.
    pub quantity: Option<i32>,
    /// Why: at most [`MAX_REASON_CHARS`] characters.
    pub reason: Option<String>,
}

/// What was given back, and of which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refunded {
    /// The order.
    pub order: OrderId,
    /// The refunds, in the order they were asked for.
    pub refunds: Vec<OrderRefundId>,
}

/// Gives an order back: all that is left of it, tips included, or so much value, spread over what is left of its lines. Each
/// line goes back in the proportion in which money and points paid it, and what it earned goes with it (rule 25). Needs [`Permission::RefundOrder`] in its
/// store.
pub fn create<S: OrderPorts>(
    tx: &mut S,
    actor: &Actor,
    order: OrderId,
    new: &NewRefund,
    now: Timestamp,
) -> Result<Refunded, OrderError> {
    let merchant = actor.require(Permission::RefundOrder)?;
    let found = tx.find_order(merchant, order)?;
    let order = completed(found, actor, OrderError::NothingNamed("orderId"), "orderId")?;
    let mut wrong = Violations::new();
    let reason = read_reason(new.reason.as_deref(), &mut wrong);
    let currency = order.total.currency();
    let request = match &new.amount {
        None => Request::Whole,
        Some(amount) => {
            let amount = amount.read(AMOUNT, currency, (1, i64::MAX), &mut wrong);
            Request::Amount(amount.map_or(0, Money::minor))
        }
    };
    wrong.into_result()?;
    let sale = Sale::load(tx, order)?;
    let share = share::share(&sale.sold(), &request).map_err(|error| fault(error, currency))?;
    // Of what cost nothing, nothing is left once it was given back.
    if sale.order.state == OrderState::Refunded {
        return Err(fault(ShareError::RefundedBefore, currency).into());
    }
    let back = Back { item: None, whole: new.amount.is_none(), quantity: 0, reason, share };
    give(tx, actor, sale, vec![back], new.is_cash, now)
}

/// Gives lines of one order back, or some units of them, each by a refund of its own; tips stay. Needs what [`create`] needs.
pub fn create_of_items<S: OrderPorts>(
    tx: &mut S,
    actor: &Actor,
    items: &[NewItemRefund],
    is_cash: bool,
    now: Timestamp,
) -> Result<Refunded, OrderError> {
    const ITEMS: &str = "orderItems";
    let merchant = actor.require(Permission::RefundOrder)?;
    let mut wrong = Violations::new();
    let Some(first) = items.first() else {
        let sentence = "Name a line at least.";
        return Err(Violations::of(ITEMS, Rule::Invalid(sentence.to_owned())).into());
    };
    if items.len() > MAX_ITEMS {
        let sentence = format!("Name at most {MAX_ITEMS} lines.");
        return Err(Violations::of(ITEMS, Rule::Invalid(sentence)).into());
    }
    let found = tx.find_order_of_item(merchant, first.item)?;
    let order = completed(found, actor, OrderError::NothingNamed(ITEMS), ITEMS)?;
    let currency = order.total.currency();
    let sale = Sale::load(tx, order)?;
    let mut backs: Vec<Back> = Vec::with_capacity(items.len());
    for new in items {
        let Some(place) = sale.lines.iter().position(|line| line.id == new.item) else {
            return Err(elsewhere(tx, actor, &sale.order, new.item)?);
        };
        if backs.iter().any(|back| back.item == Some(new.item)) {
            wrong.add(ITEMS, Rule::Invalid("Name each line once.".to_owned()));
            continue;
        }
        let reason = read_reason(new.reason.as_deref(), &mut wrong);
        let left = sale.units_left(place);
        let quantity = new.quantity.unwrap_or(left);
        let share = if left <= 0 {
            Err(Rule::Invalid(ShareError::RefundedBefore.to_string()))
        } else if new.quantity.is_some_and(|quantity| !(1..=left).contains(&quantity)) {
            Err(Rule::Invalid(format!("Enter a quantity from 1 to {left}: so many are left.")))
        } else if quantity == left {
            let line = Request::Lines([place].into());
            share::share(&sale.sold(), &line).map_err(|error| sentence(error, currency))
        } else {
            sale.units(place, quantity).map_err(|error| sentence(error, currency))
        };
        if let Some(share) = wrong.check(ITEMS, share) {
            backs.push(Back { item: Some(new.item), whole: false, quantity, reason, share });
        }
    }
    wrong.into_result()?;
    give(tx, actor, sale, backs, is_cash, now)
}

/// What is wrong with a line that is none of the order whose lines are given back.
fn elsewhere<S: OrderPorts>(
    tx: &mut S,
    actor: &Actor,
    order: &Order,
    item: OrderItemId,
) -> Result<OrderError, OrderError> {
    const ITEMS: &str = "orderItems";
    let within = actor.stores().cloned().unwrap_or(StoreAccess::All);
    let Some(line) = tx.order_items(&[item], &within)?.pop() else {
        return Ok(OrderError::NothingNamed(ITEMS));
    };
    let sentence = format!(
        "Line {item} is of order {}, the first line of order {}: refund each order by itself.",
        line.order, order.id
    );
    Ok(Violations::of(ITEMS, Rule::Invalid(sentence)).into())
}

/// Takes a completed order back as if it had never been: all that is left of it goes back, tips included, and it is archived.
/// Needs [`Permission::RefundOrder`] too.
pub(crate) fn void<S: OrderPorts>(
    tx: &mut S,
    actor: &Actor,
    order: Order,
    now: Timestamp,
) -> Result<OrderId, OrderError> {
    actor.require(Permission::RefundOrder)?;
    let (merchant, id) = (order.merchant, order.id);
    let is_cash = order.payment_type == Some(PaymentType::Cash);
    let currency = order.total.currency();
    let sale = Sale::load(tx, order)?;
    match share::share(&sale.sold(), &Request::Whole) {
        // Nothing is left of it; or nothing was ever paid, and only what its codes used up goes back.
        Err(ShareError::RefundedBefore) => {}
        Ok(share) if share.money() == 0 && share.points_value() == 0 => {
            let tenant = tx.merchants(&[merchant])?.pop().ok_or(OrderError::OrderNotFound)?;
            let of = (&sale.order, &tenant);
            return_spent(tx, actor, of, &sale.discounts, (&[], true), now)?;
        }
        Ok(share) => {
            let back = Back { item: None, whole: true, quantity: 0, reason: None, share };
            give(tx, actor, sale, vec![back], is_cash, now)?;
        }
        Err(error) => return Err(fault(error, currency).into()),
    }
    let order = tx.find_order(merchant, id)?.ok_or(OrderError::OrderNotFound)?;
    let state = OrderState::Voided;
    tx.update_order(&Order { state, deleted_at: Some(now), updated_at: now, ..order })?;
    Ok(id)
}

/// What of a completed order was given back so far, as the ledger is told of it, and whether nothing is left of its lines.
pub(crate) fn given_back(
    tx: &mut impl OrderStore,
    order: Order,
) -> Result<(Vec<RefundedLine>, bool), OrderError> {
    let sale = Sale::load(tx, order)?;
    let any = sale.given().iter().any(|(.., after)| *after > 0);
    let lines = sale.given().into_iter();
    let lines = lines.map(|(item, value, after)| RefundedLine { item, value, before: 0, after });
    Ok((lines.collect(), any && sale.lines_are_spent()))
}

/// All refunds of each of the orders, by ascending id; orders that the asker does not see, and those without one, are left
/// out.
pub fn per_order(
    tx: &mut impl OrderStore,
    actor: &Actor,
    orders: &[OrderId],
) -> Result<Vec<(OrderId, Vec<OrderRefund>)>, OrderError> {
    let within = reach(actor)?;
    Ok(tx.refunds_per_order(orders, &within)?)
}

/// All refunds of one order, by ascending id. For callers that have the order already.
pub(crate) fn of_order(
    tx: &mut impl OrderStore,
    order: OrderId,
) -> Result<Vec<OrderRefund>, StoreError> {
    let rows = tx.refunds_per_order(&[order], &StoreAccess::All)?.pop();
    Ok(rows.map(|(_, rows)| rows).unwrap_or_default())
}

/// The refunds of those ids that the asker sees, in no order.
pub fn list_by_ids(
    tx: &mut impl OrderStore,
    actor: &Actor,
    ids: &[OrderRefundId],
) -> Result<Vec<OrderRefund>, OrderError> {
    let within = reach(actor)?;
    Ok(tx.order_refunds(ids, &within)?)
}

/// An order that was looked for to be refunded, where the asker reaches it and it was completed.
fn completed(
    found: Option<Order>,
    actor: &Actor,
    absent: OrderError,
    argument: &'static str,
) -> Result<Order, OrderError> {
    let order = found.filter(|order| reaches(actor, order.store)).ok_or(absent)?;
    let sentence = match order.state {
        OrderState::Completed | OrderState::Refunded => return Ok(order),
        OrderState::Open => "This order is open: change it, or delete it.",
        OrderState::Voided => "This order was voided: all of it was given back.",
    };
    Err(Violations::of(argument, Rule::Invalid(sentence.to_owned())).into())
}

fn read_reason(typed: Option<&str>, wrong: &mut Violations) -> Option<String> {
    wrong.check("reason", typed.map_or(Ok(None), |typed| clean(typed, MAX_REASON_CHARS)))?
}

/// What is wrong with what was asked for.
fn sentence(error: ShareError, currency: Currency) -> Rule {
    Rule::Invalid(match error {
        ShareError::MoreThanLeft(left) => {
            format!("Only {} is left to refund.", Money::new(left, currency))
        }
        error => error.to_string(),
    })
}

fn fault(error: ShareError, currency: Currency) -> Violations {
    let argument = if error == ShareError::RefundedBefore { "orderId" } else { "amount" };
    Violations::of(argument, sentence(error, currency))
}

/// What goes back with one refund, before it is written.
struct Back {
    item: Option<OrderItemId>,
    /// Whether all that was left is asked for.
    whole: bool,
    /// How many of the line; 0 where it is about no line.
    quantity: i32,
    reason: Option<String>,
    share: Share,
}

/// Writes refunds down, and what becomes of their order.
fn give<S: OrderPorts>(
    tx: &mut S,
    actor: &Actor,
    mut sale: Sale,
    backs: Vec<Back>,
    is_cash: bool,
    now: Timestamp,
) -> Result<Refunded, OrderError> {
    let currency = sale.order.total.currency();
    let money = |minor| Money::new(minor, currency);
    let mut refunds = Vec::with_capacity(backs.len());
    let (before, was_spent) = (sale.given(), sale.lines_are_spent());
    let points_before = sale.points_back();
    let asked_for_all = backs.iter().any(|back| back.item.is_none() && back.share.completes);
    for back in backs {
        let shares = sale.shares(&back);
        let refund = OrderRefund {
            id: OrderRefundId::new(0),
            merchant: sale.order.merchant,
            order: sale.order.id,
            item: back.item,
            whole: back.whole,
            is_cash,
            reason: back.reason,
            amount: money(back.share.money()),
            tips: money(back.share.tips),
            points_value: money(back.share.points_value()),
            points: back.share.points(),
            shares,
            created_at: now,
        };
        let id = tx.insert_order_refund(&refund)?;
        sale.take(&back.share, &refund.shares);
        refunds.push(OrderRefund { id, ..refund });
    }
    let given: i64 = refunds.iter().map(|refund| refund.amount.minor()).sum();
    let refunded =
        sale.order.refunded.checked_add(money(given)).ok_or(OrderError::OrderNotFound)?;
    // Where nothing was paid, all is given back once every unit is, or all was asked for.
    let all = sale.lines_are_spent() && (!was_spent || asked_for_all || sale.units_are_back());
    let is_refunded = all && sale.is_spent();
    let state = if is_refunded { OrderState::Refunded } else { sale.order.state };
    let lines =
        sale.given().into_iter().zip(before).map(|((item, value, after), (.., before))| {
            RefundedLine { item, value, before, after }
        });
    // What goes with the last of the lines goes once: a tip that follows takes nothing more.
    let whole = sale.lines_are_spent() && !was_spent;
    let lines = lines.collect::<Vec<_>>();
    let points = points_before.into_iter().zip(sale.points_back());
    let points = points
        .map(|((item, before), (_, after))| PointsBack { item, before, after })
        .collect::<Vec<_>>();
    let order = Order { refunded, state, updated_at: now, ..sale.order };
    tx.update_order(&order)?;
    let merchant = tx.merchants(&[order.merchant])?.pop().ok_or(OrderError::OrderNotFound)?;
    let of = (&order, &merchant);
    return_spent(tx, actor, of, &sale.discounts, (&points, all), now)?;
    earning::give_back(tx, actor, of, (&lines, whole), now)?;
    Ok(Refunded { order: order.id, refunds: refunds.iter().map(|refund| refund.id).collect() })
}

#[cfg(test)]
mod tests;
