//! What is left of a completed order: what was paid for its lines, and what of that went back so far.

use regulars_kernel::{Money, OrderItemId, Points, spread};

use super::{
    Back, OrderRefund, RefundShare,
    share::{Part, Request, Share, ShareError, Sold, SoldLine, share},
};
use crate::{
    DiscountKind, Order, OrderDiscount, OrderError, OrderItem, OrderStore, discount, item,
};

/// A completed order with everything that says what is left of it.
pub(super) struct Sale {
    pub(super) order: Order,
    pub(super) lines: Vec<OrderItem>,
    /// What was taken off it.
    pub(super) discounts: Vec<OrderDiscount>,
    /// A sold line for each of them, and one more where something was paid for nothing that is a line: an order without
    /// lines, as histories of other systems have them.
    sold: Vec<SoldLine>,
    /// How many of each line came back.
    units: Vec<i32>,
    tips: i64,
    tips_refunded: i64,
}

impl Sale {
    pub(super) fn load(tx: &mut impl OrderStore, order: Order) -> Result<Self, OrderError> {
        let lines = item::of_order(tx, order.id)?;
        let discounts = discount::of_order(tx, order.id)?;
        let refunds = super::of_order(tx, order.id)?;
        let tips = tx.bill(order.merchant, order.id)?.tipped;
        Ok(Self::of(order, lines, discounts, &refunds, tips))
    }

    pub(super) fn of(
        order: Order,
        lines: Vec<OrderItem>,
        discounts: Vec<OrderDiscount>,
        refunds: &[OrderRefund],
        tips: i64,
    ) -> Self {
        let mut sold: Vec<SoldLine> = lines.iter().map(|line| paid_for(line, &discounts)).collect();
        // What the rows do not tell apart, because it was taken over from another system: it is spread over the lines.
        let money = |sold: &[SoldLine]| sold.iter().map(|line| line.paid.money).collect::<Vec<_>>();
        let target = order.total.minor() - tips;
        let untold = target - money(&sold).iter().sum::<i64>();
        let weights = money(&sold);
        for (line, more) in sold.iter_mut().zip(spread(untold, &weights)) {
            line.paid.money += more;
        }
        let rest = target - money(&sold).iter().sum::<i64>();
        if rest != 0 {
            let paid = Part { money: rest, ..Part::default() };
            sold.push(SoldLine { paid, refunded: Part::default() });
        }
        let mut units = vec![0; lines.len()];
        for share in refunds.iter().flat_map(|refund| &refund.shares) {
            let Some(place) = lines.iter().position(|line| line.id == share.item) else { continue };
            if let (Some(line), Some(units)) = (sold.get_mut(place), units.get_mut(place)) {
                line.refunded.money += share.money.minor();
                line.refunded.points_value += share.points_value.minor();
                line.refunded.points = Points::new(line.refunded.points.get() + share.points.get());
                *units += share.quantity;
            }
        }
        let tips_refunded = refunds.iter().map(|refund| refund.tips.minor()).sum::<i64>();
        let told: i64 = sold.iter().map(|line| line.refunded.money).sum();
        let untold = order.refunded.minor() - tips_refunded - told;
        let left: Vec<i64> =
            sold.iter().map(|line| line.paid.money - line.refunded.money).collect();
        for (line, more) in sold.iter_mut().zip(spread(untold, &left)) {
            line.refunded.money += more;
        }
        Self { order, lines, discounts, sold, units, tips, tips_refunded }
    }

    pub(super) fn sold(&self) -> Sold<'_> {
        Sold { lines: &self.sold, tips: self.tips, tips_refunded: self.tips_refunded }
    }

    /// How many of a line have not come back.
    pub(super) fn units_left(&self, place: usize) -> i32 {
        let bought = self.lines.get(place).map_or(0, |line| line.quantity);
        bought - self.units.get(place).copied().unwrap_or(0).clamp(0, bought)
    }

    /// What goes back with some units of a line: what so many of all of them are worth, counted over all its refunds.
    pub(super) fn units(&self, place: usize, quantity: i32) -> Result<Share, ShareError> {
        let (Some(line), Some(item)) = (self.sold.get(place), self.lines.get(place)) else {
            return Err(ShareError::NoSuchLine(place));
        };
        let value = i128::from(line.paid.money) + i128::from(line.paid.points_value);
        let before = i128::from(item.quantity - self.units_left(place));
        let all = i128::from(item.quantity.max(1));
        let worth = |units: i128| value.max(0) * units / all;
        let worth = worth(before + i128::from(quantity)) - worth(before);
        let given = i128::from(line.refunded.money) + i128::from(line.refunded.points_value);
        let worth = i64::try_from(worth.min(value - given).max(0)).unwrap_or(i64::MAX);
        let mut share_of =
            Share { lines: vec![Part::default(); self.sold.len()], tips: 0, completes: false };
        if worth > 0 {
            let alone = Sold { lines: std::slice::from_ref(line), tips: 0, tips_refunded: 0 };
            let part = share(&alone, &Request::Amount(worth))?.lines.pop();
            if let (Some(place), Some(part)) = (share_of.lines.get_mut(place), part) {
                *place = part;
            }
        }
        Ok(share_of)
    }

    /// The parts of a refund by line, as rows have them.
    pub(super) fn shares(&self, back: &Back) -> Vec<RefundShare> {
        let money = |minor| Money::new(minor, self.order.total.currency());
        let share = |(place, (line, part)): (usize, (&OrderItem, &Part))| {
            let asked = if back.item == Some(line.id) { back.quantity } else { 0 };
            let touched = *part != Part::default();
            let spent = self.sold.get(place).is_some_and(|sold| is_spent(sold, part));
            let quantity = if touched && spent { self.units_left(place) } else { asked };
            (touched || quantity > 0).then(|| RefundShare {
                item: line.id,
                quantity,
                money: money(part.money),
                points_value: money(part.points_value),
                points: part.points,
            })
        };
        self.lines.iter().zip(&back.share.lines).enumerate().filter_map(share).collect()
    }

    /// Takes what goes back off what is left.
    pub(super) fn take(&mut self, share: &Share, shares: &[RefundShare]) {
        for share in shares {
            let place = self.lines.iter().position(|line| line.id == share.item);
            if let Some(units) = place.and_then(|place| self.units.get_mut(place)) {
                *units = units.saturating_add(share.quantity);
            }
        }
        for (line, part) in self.sold.iter_mut().zip(&share.lines) {
            line.refunded.money += part.money;
            line.refunded.points_value += part.points_value;
            line.refunded.points = Points::new(line.refunded.points.get() + part.points.get());
        }
        self.tips_refunded += share.tips;
    }

    /// How much value is left of its lines, in money and points together.
    pub(super) fn left(&self) -> i64 {
        let left = |line: &SoldLine| {
            let paid = line.paid.money.saturating_add(line.paid.points_value);
            let given = line.refunded.money.saturating_add(line.refunded.points_value);
            paid.saturating_sub(given).max(0)
        };
        self.sold.iter().fold(0, |sum, line| sum.saturating_add(left(line)))
    }

    /// What each line was worth, in money and points together, and what of that went back so far.
    pub(super) fn given(&self) -> Vec<(OrderItemId, i64, i64)> {
        let worth = |part: &Part| part.money.saturating_add(part.points_value).max(0);
        let lines = self.lines.iter().zip(&self.sold);
        lines.map(|(line, sold)| (line.id, worth(&sold.paid), worth(&sold.refunded))).collect()
    }

    /// How many of the points that paid each line have gone back.
    pub(super) fn points_back(&self) -> Vec<(OrderItemId, Points)> {
        let lines = self.lines.iter().zip(&self.sold);
        lines.map(|(line, sold)| (line.id, sold.refunded.points)).collect()
    }

    /// Whether every unit of every line came back.
    pub(super) fn units_are_back(&self) -> bool {
        (0..self.lines.len()).all(|place| self.units_left(place) == 0)
    }

    /// Whether nothing is left of its lines; tips may be.
    pub(super) fn lines_are_spent(&self) -> bool {
        self.sold.iter().all(|line| is_spent(line, &Part::default()))
    }

    /// Whether nothing is left of it.
    pub(super) fn is_spent(&self) -> bool {
        let none = Part::default();
        self.tips_refunded >= self.tips && self.sold.iter().all(|line| is_spent(line, &none))
    }
}

/// Whether nothing is left of a line once this went back, too.
fn is_spent(line: &SoldLine, part: &Part) -> bool {
    let left = |paid: i64, refunded: i64, now: i64| paid.max(0) - refunded - now;
    left(line.paid.money, line.refunded.money, part.money) <= 0
        && left(line.paid.points_value, line.refunded.points_value, part.points_value) <= 0
}

/// What was paid for a line: its cost less the discounts on it; of that in points what points paid.
fn paid_for(line: &OrderItem, discounts: &[OrderDiscount]) -> SoldLine {
    let mut paid = Part { money: line.cost.minor(), ..Part::default() };
    for discount in discounts {
        let own = discount.shares.iter().filter(|share| share.item == line.id);
        for share in own {
            paid.money -= share.amount.minor();
            if discount.kind == DiscountKind::Points {
                paid.points_value += share.amount.minor();
                paid.points = Points::new(paid.points.get() + share.points.get());
            }
        }
    }
    SoldLine { paid, refunded: Part::default() }
}
