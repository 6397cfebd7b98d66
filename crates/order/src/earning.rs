//! What an order earns its customer, and what a refund takes back of it (rules 14, 15, 25 and 26): the order's lines as the
//! ledger sees them.

use regulars_customer::{CustomerStore, Membership, Standing};
use regulars_kernel::{Actor, LoyaltyCardId, OrderItemId, StoreError, Timestamp, spread};
use regulars_loyalty::{
    Cause, LedgerStore, NothingEarned, SaleLine,
    bookkeeping::Occasion,
    refund::{Refund, RefundedLine, take_back},
    sale::{self, CardOutcome, Timeliness},
    welcome::Recognise,
};
use regulars_merchant::{Merchant, MerchantStore, Store};
use regulars_promotion::PromotionStore;

use crate::{
    DiscountKind, Order, OrderDiscount, OrderError, OrderItem, OrderStore, discount, item,
    place::place_of,
};

/// What is known of a sale beside its order.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) merchant: &'a Merchant,
    pub(crate) store: &'a Store,
    /// How its age bears on it.
    pub(crate) timeliness: Timeliness,
    /// Whether one of its offers lets it earn no points.
    pub(crate) earns_no_points: bool,
    pub(crate) recognise: &'a dyn Recognise,
}

/// A completed order earns its customer what it earns, where there is one: the cards that fit and earned nothing are answered, with
/// the reason. The order was completed by this transaction.
pub(crate) fn earn<S>(
    tx: &mut S,
    actor: &Actor,
    order: &Order,
    known: &Known<'_>,
    now: Timestamp,
) -> Result<Vec<(LoyaltyCardId, NothingEarned)>, OrderError>
where
    S: OrderStore + LedgerStore + CustomerStore + MerchantStore + PromotionStore,
{
    let (Some(person), Some(_)) = (order.consumer, order.completed_at) else {
        return Ok(Vec::new());
    };
    let merchant = known.merchant;
    let member = tx.find_membership(merchant.id, person)?;
    let Some(member) = member.filter(|member| member.standing == Standing::Live) else {
        return Ok(Vec::new());
    };
    let items = item::of_order(tx, order.id)?;
    let discounts = discount::of_order(tx, order.id)?;
    let bought = Bought { order, items: &items, discounts: &discounts, member: &member };
    let outcomes = earn_by(tx, actor, bought, known, now)?;
    let nothing = outcomes.into_iter().filter_map(|one| Some((one.card.id, one.earned.err()?)));
    Ok(nothing.collect())
}

/// What was bought, and by whom.
#[derive(Clone, Copy)]
pub(crate) struct Bought<'a> {
    /// The order, which is completed.
    pub(crate) order: &'a Order,
    /// Its lines.
    pub(crate) items: &'a [OrderItem],
    /// What was taken off.
    pub(crate) discounts: &'a [OrderDiscount],
    /// Whose it is; live.
    pub(crate) member: &'a Membership,
}

/// A completed order earns its customer what it earns.
pub(crate) fn earn_by<S>(
    tx: &mut S,
    actor: &Actor,
    bought: Bought<'_>,
    known: &Known<'_>,
    now: Timestamp,
) -> Result<Vec<CardOutcome>, OrderError>
where
    S: LedgerStore + PromotionStore + MerchantStore,
{
    with_sale(tx, actor, bought, (known, 0), now, |tx, sale| sale::earn(tx, sale))
}

/// Does something with an order, in that version, as the ledger sees it.
pub(crate) fn with_sale<S, T>(
    tx: &mut S,
    actor: &Actor,
    bought: Bought<'_>,
    (known, version): (&Known<'_>, u32),
    now: Timestamp,
    work: impl FnOnce(&mut S, &sale::Sale<'_>) -> Result<T, StoreError>,
) -> Result<T, OrderError>
where
    S: LedgerStore + PromotionStore + MerchantStore,
{
    let order = bought.order;
    let (Some(at), Some(date)) = (order.completed_at, order.business_date) else {
        return Err(OrderError::OrderNotFound);
    };
    let Known { merchant, store, recognise, .. } = *known;
    let lines = lines(order, bought.items, bought.discounts);
    let items: Vec<OrderItemId> = bought.items.iter().map(|item| item.id).collect();
    let place = place_of(tx, merchant, store)?;
    let occasion = Occasion {
        occurred_at: at,
        business_date: date,
        actor: actor.person(),
        now,
        zone: merchant.time_zone,
    };
    let sale = sale::Sale {
        member: bought.member,
        merchant,
        place: &place,
        cause: Cause::Order(order.id),
        version,
        lines: &lines,
        items: &items,
        timeliness: known.timeliness,
        earns_no_points: known.earns_no_points,
        occasion,
        recognise,
    };
    Ok(work(tx, &sale)?)
}

/// The lines as a card sees them: after discounts, with their part of the tax, and what points paid of them.
fn lines(order: &Order, items: &[OrderItem], discounts: &[OrderDiscount]) -> Vec<SaleLine> {
    let off = |item: &OrderItem, points: bool| {
        let shares = discounts.iter().filter(|row| (row.kind == DiscountKind::Points) == points);
        let own = shares.flat_map(|row| &row.shares).filter(|share| share.item == item.id);
        own.fold(0_i64, |sum, share| sum.saturating_add(share.amount.minor()))
    };
    let currency = order.total.currency();
    let money = |minor| regulars_kernel::Money::new(minor, currency);
    let nets: Vec<i64> =
        items.iter().map(|item| item.cost.minor().saturating_sub(off(item, false))).collect();
    let weights: Vec<i64> = nets.iter().map(|net| (*net).max(0)).collect();
    let taxes = order.tax.map(|tax| spread(tax.minor(), &weights));
    let line = |(nth, (item, net)): (usize, (&OrderItem, &i64))| SaleLine {
        product: item.product,
        quantity: item.quantity,
        net: money(*net),
        tax: taxes.as_ref().and_then(|taxes| taxes.get(nth)).map(|tax| money(*tax)),
        paid_with_points: off(item, true),
    };
    items.iter().zip(&nets).enumerate().map(line).collect()
}

/// Takes back what the part of an order that is given back earned, as far as the merchant decided (rule 25).
pub(crate) fn give_back(
    tx: &mut impl LedgerStore,
    actor: &Actor,
    (order, merchant): (&Order, &Merchant),
    (lines, whole): (&[RefundedLine], bool),
    now: Timestamp,
) -> Result<(), OrderError> {
    let occasion = Occasion::at(now, merchant.time_zone, actor.person());
    take_back(
        tx,
        &Refund {
            merchant: order.merchant,
            cause: Cause::Order(order.id),
            lines,
            whole,
            policy: merchant.refund_policy,
            occasion,
        },
    )?;
    Ok(())
}

#[cfg(test)]
mod tests;
