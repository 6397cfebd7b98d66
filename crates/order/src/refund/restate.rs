//! The refunds of a sale whose lines became others (rule 11): what went back stays what it was, spread over the lines as they are.

use regulars_kernel::Money;
use regulars_loyalty::refund::RefundedLine;

use super::{
    Back, OrderRefund,
    sale::Sale,
    share::{self, Request, Share, ShareError},
};
use crate::{Order, OrderDiscount, OrderError, OrderItem, OrderState, PurchaseStore};

/// An order whose refunds were spread anew.
pub(crate) struct Restated {
    /// With what went back, and how far it has come.
    pub(crate) order: Order,
    /// How far each line went back.
    pub(crate) lines: Vec<RefundedLine>,
    /// Whether nothing is left of the lines.
    pub(crate) whole: bool,
    /// Whether more had been given back than the sale comes to now.
    pub(crate) clipped: bool,
}

/// Spreads refunds over the lines of a completed order anew, in the order in which they came. With each comes the value that it
/// was asked for, where that is known. Their shares were taken away before.
pub(crate) fn restate(
    tx: &mut (impl PurchaseStore + ?Sized),
    order: Order,
    (items, discounts, tips): (&[OrderItem], &[OrderDiscount], i64),
    refunds: Vec<(OrderRefund, Option<i64>)>,
) -> Result<Restated, OrderError> {
    let currency = order.total.currency();
    let money = |minor| Money::new(minor, currency);
    let order = Order { refunded: money(0), state: OrderState::Completed, ..order };
    let mut sale = Sale::of(order, items.to_vec(), discounts.to_vec(), &[], tips);
    let (mut given, mut clipped, mut any) = (0_i64, false, false);
    for (refund, asked) in refunds {
        let lines = refund.amount.minor() - refund.tips.minor() + refund.points_value.minor();
        let asked = asked.unwrap_or(lines);
        let (back, short) = again(&sale, &refund, asked);
        clipped |= short;
        let shares = sale.shares(&back);
        given = given.saturating_add(back.share.money());
        any |= back.share.money() > 0 || back.share.points_value() > 0;
        let refund = OrderRefund {
            item: back.item,
            amount: money(back.share.money()),
            tips: money(back.share.tips),
            points_value: money(back.share.points_value()),
            points: back.share.points(),
            shares,
            ..refund
        };
        tx.restate_order_refund(&refund)?;
        sale.take(&back.share, &refund.shares);
    }
    let lines = sale.given().into_iter();
    let lines = lines.map(|(item, value, after)| RefundedLine { item, value, before: 0, after });
    let (lines, whole) = (lines.collect(), any && sale.lines_are_spent());
    let state = if any && sale.is_spent() { OrderState::Refunded } else { OrderState::Completed };
    let order = Order { refunded: money(given), state, ..sale.order };
    Ok(Restated { order, lines, whole, clipped })
}

/// What goes back with a refund of what is left now, and whether that is less than was asked.
fn again(sale: &Sale, refund: &OrderRefund, asked: i64) -> (Back, bool) {
    let place = refund.item.and_then(|id| sale.lines.iter().position(|line| line.id == id));
    let units = refund.shares.iter().find(|share| Some(share.item) == refund.item);
    let units = units.map_or(0, |share| share.quantity);
    let left = sale.left();
    let (share, quantity) = match place {
        _ if refund.whole => (share::share(&sale.sold(), &Request::Whole), 0),
        Some(place) if units > 0 && units >= sale.units_left(place) => {
            (share::share(&sale.sold(), &Request::Lines([place].into())), sale.units_left(place))
        }
        Some(place) if units > 0 => (sale.units(place, units), units),
        _ => (share::share(&sale.sold(), &Request::Amount(asked.min(left))), 0),
    };
    let item = place.and(refund.item);
    let short = !refund.whole && place.is_none() && asked > left;
    let none = |_: ShareError| Share {
        lines: vec![share::Part::default(); sale.sold().lines.len()],
        tips: 0,
        completes: false,
    };
    let share = share.unwrap_or_else(none);
    (Back { item, whole: refund.whole, quantity, reason: None, share }, short)
}
