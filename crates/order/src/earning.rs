//! What an order earns its customer, and what a refund takes back of it (rules 14, 15, 25 and 26): the order's lines as the
//! ledger sees them.

use regulars_customer::{CustomerStore, Standing};
use regulars_kernel::{Actor, LoyaltyCardId, OrderItemId, StoreAccess, Timestamp, spread};
use regulars_loyalty::{
    Cause, LedgerStore, NothingEarned, SaleLine,
    bookkeeping::Occasion,
    refund::{Refund, RefundedLine, take_back},
    sale::{self, Timeliness},
    welcome::Recognise,
};
use regulars_merchant::{Merchant, MerchantStore, Store};
use regulars_promotion::PromotionStore;

use crate::{
    DiscountKind, Order, OrderDiscount, OrderError, OrderItem, OrderStore, place::place_of,
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
    let (Some(person), Some(at), Some(date)) =
        (order.consumer, order.completed_at, order.business_date)
    else {
        return Ok(Vec::new());
    };
    let Known { merchant, store, recognise, .. } = *known;
    let member = tx.find_membership(merchant.id, person)?;
    let Some(member) = member.filter(|member| member.standing == Standing::Live) else {
        return Ok(Vec::new());
    };
    let (all, ids) = (StoreAccess::All, [order.id]);
    let items = tx.items_per_order(&ids, &all)?.pop().map(|(_, items)| items).unwrap_or_default();
    let discounts = tx.discounts_per_order(&ids, &all)?.pop().map(|(_, rows)| rows);
    let lines = lines(order, &items, &discounts.unwrap_or_default());
    let item_ids: Vec<OrderItemId> = items.iter().map(|item| item.id).collect();
    let place = place_of(tx, merchant, store)?;
    let occasion = Occasion {
        occurred_at: at,
        business_date: date,
        actor: actor.person(),
        now,
        zone: merchant.time_zone,
    };
    let outcomes = sale::earn(
        tx,
        &sale::Sale {
            member: &member,
            merchant,
            place: &place,
            cause: Cause::Order(order.id),
            version: 0,
            lines: &lines,
            items: &item_ids,
            timeliness: known.timeliness,
            earns_no_points: known.earns_no_points,
            occasion,
            recognise,
        },
    )?;
    let nothing = outcomes.into_iter().filter_map(|one| Some((one.card.id, one.earned.err()?)));
    Ok(nothing.collect())
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
