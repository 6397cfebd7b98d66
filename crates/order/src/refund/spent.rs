//! What was spent on a sale goes back with it (rules 23 and 25): points to their lots, by line as the refund says, and with all
//! of the sale everything that its codes used up: stamps, rewards, uses. What was earned follows after that.
//!
//! Where points of several cards paid a line, those of the discount that was given first go back first.

use regulars_kernel::{Actor, OrderItemId, Points, Timestamp};
use regulars_loyalty::{
    Cause, RedeemingStore, Redemption,
    bookkeeping::Occasion,
    redeeming::{Return, give_back, lock, take_back},
};
use regulars_merchant::Merchant;

use crate::{DiscountKind, Order, OrderDiscount, OrderError};

/// How many of the points that paid a line have gone back, before and after a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PointsBack {
    pub(super) item: OrderItemId,
    pub(super) before: Points,
    pub(super) after: Points,
}

/// Gives back what was spent on an order: so much of the points of its lines, or, with all of it, everything.
pub(super) fn return_spent(
    tx: &mut impl RedeemingStore,
    actor: &Actor,
    (order, merchant): (&Order, &Merchant),
    discounts: &[OrderDiscount],
    (lines, whole): (&[PointsBack], bool),
    now: Timestamp,
) -> Result<(), OrderError> {
    if discounts.iter().all(|row| row.redemption.is_none()) {
        return Ok(());
    }
    let redemptions = tx.redemptions_of_order(merchant.id, order.id)?;
    let earnings = tx.traced(merchant.id, Cause::Order(order.id))?;
    let earned: Vec<_> = earnings.iter().map(|one| one.acts_on).collect();
    lock(tx, &redemptions, &earned)?;
    let back = Return {
        grace_days: u32::try_from(merchant.refund_grace_days).unwrap_or_default(),
        occasion: Occasion::at(now, merchant.time_zone, actor.person()),
    };
    for redemption in &redemptions {
        if whole {
            take_back(tx, redemption, back)?;
        } else if let Some(entry) = redemption.entry {
            let points = due(redemption, discounts, lines);
            if points > Points::ZERO {
                give_back(tx, entry, Some(points), back)?;
            }
        }
    }
    Ok(())
}

/// How many points of a redemption a refund by line gives back.
fn due(redemption: &Redemption, discounts: &[OrderDiscount], lines: &[PointsBack]) -> Points {
    let mut due: i64 = 0;
    for line in lines {
        let mut begins: i64 = 0;
        for discount in discounts.iter().filter(|row| row.kind == DiscountKind::Points) {
            let own = discount.shares.iter().filter(|share| share.item == line.item);
            let ends = own.fold(begins, |sum, share| sum.saturating_add(share.points.get()));
            if discount.redemption == Some(redemption.id) {
                let from = line.before.get().clamp(begins, ends);
                let to = line.after.get().clamp(begins, ends);
                due = due.saturating_add(to.saturating_sub(from).max(0));
            }
            begins = ends;
        }
    }
    Points::new(due)
}
