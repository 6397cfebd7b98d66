//! Codes on open orders. A promise that is put on an order is bound to it: no other order and no till takes it, and it stays set
//! aside. It is used up when the order is completed, in the same step; until then it can be taken off again, and an order that is
//! given up gives it back. Whenever lines, buyer or store of the order change, its codes are priced anew: one that takes nothing
//! then stays on it with the reason, and is not used up.
//!
//! An open order has not happened yet: where a code does not hold any more, completing it is refused and names the code (rule 10
//! is for sales that were). A code for everybody counts against limits from when the order is completed.

use regulars_customer::{CustomerStore, Membership, Standing};
use regulars_kernel::{
    Actor, OrderDiscountId, OrderId, OrderItemId, Permission, Rule, StoreAccess, StoreError,
    Timestamp, Violations,
};
use regulars_loyalty::redeeming::{Brought, Counter, RedeemingPorts, Refusal, find};
use regulars_merchant::{Merchant, MerchantStore, Store};

use super::{Basket, CodeOutcome, MAX_CODES, Priced, discount_of, lines_of, price, secure, use_up};
use crate::{
    Bill, Order, OrderDiscount, OrderError, OrderItem, OrderStore, discount, item,
    order::change::{open, reaches},
    place::place_of,
};

/// Everything that codes on orders ask of a store.
pub trait OrderPorts: OrderStore + RedeemingPorts {}

impl<S: OrderStore + RedeemingPorts> OrderPorts for S {}

/// An argument of the API.
const CODE: &str = "redemptionCode";

/// A discount that was put on an order, or taken off it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The order.
    pub order: OrderId,
    /// The discount; none there any more where it was taken off.
    pub discount: OrderDiscountId,
}

/// Puts a code on an open order (`createOrderDiscount`), whose total follows. Needs [`Permission::ChangeOrder`] and
/// [`Permission::Redeem`] in its store. A better code takes the place of one that it does not go together with: that one stays on
/// the order, takes nothing off, and says why.
///
/// # Errors
/// [`OrderError::Invalid`] where the code does not hold, or would take nothing off: with the reason.
pub fn put_on<S: OrderPorts>(
    tx: &mut S,
    actor: &Actor,
    order: OrderId,
    code: &str,
    now: Timestamp,
) -> Result<Changed, OrderError> {
    const ORDER: &str = "orderId";
    let merchant = actor.require(Permission::ChangeOrder)?;
    actor.require(Permission::Redeem)?;
    let found = tx.find_order(merchant, order)?;
    let order = open(found, actor, OrderError::NothingNamed(ORDER), ORDER)?;
    let rows = discount::of_order(tx, order.id)?;
    if rows.len() >= MAX_CODES {
        let sentence = format!("An order takes at most {MAX_CODES} codes: take one off first.");
        return Err(Violations::of(CODE, Rule::Invalid(sentence)).into());
    }
    let mut brought = codes(&rows)?;
    let seen = find(tx, merchant, &[Brought::Code(code.to_owned())])?.pop().flatten();
    let refused = |sentence: String| Violations::of(CODE, Rule::Invalid(sentence));
    let seen = seen.ok_or_else(|| refused(Refusal::Unknown.to_string()))?;
    let intent = seen.intent.as_ref().map(|intent| intent.id);
    if let Some(id) = intent {
        // Memberships are locked before promises, by everybody.
        buyer(tx, &order)?;
        tx.lock_intent(id)?;
    }
    brought.push(match (intent, seen.promotion.id()) {
        (Some(id), _) => Brought::Promise(id),
        (None, regulars_loyalty::PromotionId::Offer(id)) => Brought::Fixed(id),
        (None, regulars_loyalty::PromotionId::Card(_)) => {
            return Err(refused(Refusal::Unknown.to_string()).into());
        }
    });
    let items = item::of_order(tx, order.id)?;
    let priced = reckon(tx, &order, &items, &brought, now)?;
    let Some(new) = priced.codes.last() else { return Err(OrderError::OrderNotFound) };
    if let CodeOutcome::Skipped(why) | CodeOutcome::Refused(why) = &new.outcome {
        return Err(refused(why.sentence.clone()).into());
    }
    if let Some(id) = intent {
        tx.bind_intent(id, Some(order.id))?;
    }
    let row = discount_of(&order, &items, (new, None), now);
    let discount = tx.insert_order_discount(&row)?;
    rewrite(tx, &order, &items, (&rows, &priced))?;
    let changed = Changed { order: order.id, discount };
    let bill = tx.bill(merchant, order.id)?;
    write_total(tx, order, bill, now)?;
    Ok(changed)
}

/// Takes a discount off an open order (`deleteOrderDiscount`): its promise is free again, and what it kept from taking something
/// off does. Needs [`Permission::ChangeOrder`] in its store.
pub fn take_off<S: OrderPorts>(
    tx: &mut S,
    actor: &Actor,
    id: OrderDiscountId,
    now: Timestamp,
) -> Result<Changed, OrderError> {
    let merchant = actor.require(Permission::ChangeOrder)?;
    let found = tx.find_order_of_discount(merchant, id)?;
    let found = found.filter(|order| reaches(actor, order.store));
    let row = match &found {
        Some(_) => tx.order_discounts(&[id], &StoreAccess::All)?.pop(),
        None => None,
    };
    let row = row.ok_or(OrderError::DiscountNotFound)?;
    let order = open(found, actor, OrderError::DiscountNotFound, "id")?;
    remove(tx, &row)?;
    let changed = Changed { order: order.id, discount: id };
    let bill = tx.bill(merchant, order.id)?;
    follow(tx, order, Some(bill), None, now)?;
    Ok(changed)
}

/// Writes what an open order comes to once something of it changed: its codes are priced anew. The bill is as it is afterwards, its
/// discounts aside; none: it does not fit. `without` is a line that is about to be taken off.
pub(crate) fn follow<S: OrderPorts>(
    tx: &mut S,
    order: Order,
    bill: Option<Bill>,
    without: Option<OrderItemId>,
    now: Timestamp,
) -> Result<(), OrderError> {
    let mut bill = bill.ok_or_else(too_large)?;
    if bill.discounts > 0 {
        bill.discounted = reprice(tx, &order, without, now)?;
    }
    write_total(tx, order, bill, now)
}

fn reprice<S: OrderPorts>(
    tx: &mut S,
    order: &Order,
    without: Option<OrderItemId>,
    now: Timestamp,
) -> Result<i64, OrderError> {
    let rows = discount::of_order(tx, order.id)?;
    let brought = codes(&rows)?;
    let mut items = item::of_order(tx, order.id)?;
    items.retain(|item| Some(item.id) != without);
    let priced = reckon(tx, order, &items, &brought, now)?;
    rewrite(tx, order, &items, (&rows, &priced))?;
    Ok(priced.discount)
}

/// Gives everything back that is on an order that is given up.
pub(crate) fn let_go<S: OrderPorts>(tx: &mut S, order: &Order) -> Result<(), OrderError> {
    for intent in discount::of_order(tx, order.id)?.iter().filter_map(|row| row.intent) {
        tx.bind_intent(intent, None)?;
    }
    Ok(())
}

/// What became of an order's codes when it was completed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Completed {
    /// What they took off together, in minor units.
    pub(crate) discounted: i64,
    /// Whether one of them lets the sale earn no points.
    pub(crate) earns_no_points: bool,
    /// Whether some took nothing, and are free again.
    pub(crate) let_go: bool,
}

/// Uses up the codes of an order that is being completed as of `at`; those that take nothing are taken off it.
///
/// # Errors
/// [`OrderError::Invalid`] where a code does not hold any more: it is named.
pub(crate) fn complete<S: OrderPorts>(
    tx: &mut S,
    actor: &Actor,
    order: &Order,
    (merchant, store): (&Merchant, &Store),
    (at, now): (Timestamp, Timestamp),
) -> Result<Completed, OrderError> {
    let rows = discount::of_order(tx, order.id)?;
    if rows.iter().any(|row| row.intent.is_none() && row.offer.is_none()) {
        // By no code, as other systems give them: they use nothing up, and no code goes beside them.
        let discounted = rows.iter().map(|row| row.amount.minor()).sum();
        return Ok(Completed { discounted, ..Completed::default() });
    }
    actor.require(Permission::Redeem)?;
    let brought = codes(&rows)?;
    let items = item::of_order(tx, order.id)?;
    let (lines, member) = (lines_of(&items), buyer(tx, order)?);
    let here = Counter { merchant: merchant.clone(), place: place_of(tx, merchant, store)? };
    let basket = Basket {
        here: &here,
        member: member.as_ref(),
        currency: order.total.currency(),
        lines: &lines,
        at,
        now,
        order: Some(order.id),
    };
    let (secured, priced) = secure(tx, &basket, &brought)?;
    let mut wrong = Violations::new();
    for (row, code) in rows.iter().zip(&priced.codes) {
        if let CodeOutcome::Refused(why) = &code.outcome {
            let named = format!("{} ({})", row.name, code.code());
            let sentence = format!("{named}: {} Take it off (deleteOrderDiscount).", why.sentence);
            wrong.add("id", Rule::Invalid(sentence));
        }
    }
    wrong.into_result()?;
    let redemptions = use_up(tx, actor, &basket, (secured, &priced))?;
    let mut done = Completed { discounted: priced.discount, ..Completed::default() };
    for ((row, code), redemption) in rows.iter().zip(&priced.codes).zip(redemptions) {
        if redemption.is_none() {
            done.let_go = true;
            remove(tx, row)?;
            continue;
        }
        done.earns_no_points |= code.earns_no_points();
        let after = discount_of(order, &items, (code, redemption), row.created_at);
        tx.update_order_discount(&OrderDiscount { id: row.id, ..after })?;
    }
    tx.count_discounted_units(order.merchant, order.id)?;
    Ok(done)
}

/// Who buys, as a live customer; locked in a transaction that writes.
fn buyer<S: CustomerStore>(tx: &mut S, order: &Order) -> Result<Option<Membership>, StoreError> {
    let Some(person) = order.consumer else { return Ok(None) };
    let member = tx.find_membership(order.merchant, person)?;
    Ok(member.filter(|member| member.standing == Standing::Live))
}

/// Prices the codes of an open order as of now.
fn reckon<S: OrderPorts>(
    tx: &mut S,
    order: &Order,
    items: &[OrderItem],
    brought: &[Brought],
    now: Timestamp,
) -> Result<Priced, OrderError> {
    let merchant = tx.merchants(&[order.merchant])?.pop().ok_or(OrderError::OrderNotFound)?;
    let store = MerchantStore::stores(tx, &[order.store])?.pop();
    let store = store.ok_or(OrderError::NothingNamed("storeId"))?;
    let (lines, member) = (lines_of(items), buyer(tx, order)?);
    let place = place_of(tx, &merchant, &store)?;
    let here = Counter { merchant, place };
    let basket = Basket {
        here: &here,
        member: member.as_ref(),
        currency: order.total.currency(),
        lines: &lines,
        at: now,
        now,
        order: Some(order.id),
    };
    price(tx, &basket, brought)
}

/// Writes what became of the codes that were on an order before; the first of the priced ones are theirs.
fn rewrite<S: OrderPorts>(
    tx: &mut S,
    order: &Order,
    items: &[OrderItem],
    (rows, priced): (&[OrderDiscount], &Priced),
) -> Result<(), OrderError> {
    for (row, code) in rows.iter().zip(&priced.codes) {
        let fresh = discount_of(order, items, (code, None), row.created_at);
        // What a code is does not change with what it takes off: it may not even be found any more.
        let after = OrderDiscount {
            id: row.id,
            kind: row.kind,
            name: row.name.clone(),
            intent: row.intent,
            offer: row.offer,
            ..fresh
        };
        if after != *row {
            tx.update_order_discount(&after)?;
        }
    }
    tx.count_discounted_units(order.merchant, order.id)?;
    Ok(())
}

fn remove<S: OrderPorts>(tx: &mut S, row: &OrderDiscount) -> Result<(), OrderError> {
    if let Some(intent) = row.intent {
        tx.bind_intent(intent, None)?;
    }
    tx.delete_order_discount(row.merchant, row.id)?;
    Ok(())
}

fn write_total(
    tx: &mut impl OrderStore,
    order: Order,
    bill: Bill,
    now: Timestamp,
) -> Result<(), OrderError> {
    let total = bill.total(order.total.currency()).ok_or_else(too_large)?;
    tx.update_order(&Order { total, updated_at: now, ..order })?;
    Ok(())
}

fn too_large() -> Violations {
    Violations::of_input(Rule::Invalid("The order's total is too large.".to_owned()))
}

/// What was brought to an open order. A discount by no code, as other systems have them, was worked out on the lines as they are.
fn codes(rows: &[OrderDiscount]) -> Result<Vec<Brought>, Violations> {
    let one = |row: &OrderDiscount| match (row.intent, row.offer) {
        (Some(intent), _) => Ok(Brought::Promise(intent)),
        (None, Some(offer)) => Ok(Brought::Fixed(offer)),
        (None, None) => {
            let sentence = "This order has a discount by no code on its lines. Take it off, change the order, and give it again.";
            Err(Violations::of_input(Rule::Invalid(sentence.to_owned())))
        }
    };
    rows.iter().map(one).collect()
}
