//! Codes that are taken off a sale: found, judged as of the sale's time, priced by rule 24, and used up in one locked step
//! (rules 21 to 24).
//!
//! [`price`] says what each code would take off and writes nothing; [`secure`] and [`use_up`] do it: what is secured is priced
//! anew, because nothing that was read before the lock is used after it. Codes that are skipped are not used up. A sale that is
//! still open keeps its codes as discounts that nothing has paid yet ([`open`]).

pub mod open;
mod pricing;
#[cfg(test)]
mod tests;
pub mod verify;

pub use pricing::{Applied, CodeOutcome, NotTaken, Part, Priced, PricedCode};
pub use regulars_loyalty::redeeming::{Brought, Counter};

use regulars_customer::Membership;
use regulars_kernel::{
    Actor, Currency, Money, OrderDiscountId, OrderId, OrderItemId, PersonId, Points, RedemptionId,
    Rule, Timestamp, Violations,
};
use regulars_loyalty::redeeming::{
    self as loyalty, Bearer, Presented, RedeemingPorts, Refusal, Secured, Use,
};
use regulars_promotion::{PricedLine, stacking::MAX_CANDIDATES};

use crate::{DiscountShare, Order, OrderDiscount, OrderError, OrderItem};

/// The most codes that a sale comes with.
pub const MAX_CODES: usize = MAX_CANDIDATES;

/// A sale that codes are taken off.
#[derive(Clone, Copy, Debug)]
pub struct Basket<'a> {
    /// At which merchant and in which store.
    pub here: &'a Counter,
    /// Who buys: a live membership; nobody known, none.
    pub member: Option<&'a Membership>,
    /// What all amounts are in.
    pub currency: Currency,
    /// What was rung up, before discounts.
    pub lines: &'a [PricedLine],
    /// When the sale is, or was: availability is judged as of then (rule 26).
    pub at: Timestamp,
    /// The moment: whether a promise still stands is judged as of now.
    pub now: Timestamp,
    /// The order that it is: promises that are on it are its own.
    pub order: Option<OrderId>,
}

impl Basket<'_> {
    /// Who buys.
    pub fn person(&self) -> Option<PersonId> {
        self.member.map(|member| member.person)
    }

    /// How many discounts it may have: the customer's own number if above 0, else the merchant's (rule 24).
    pub fn allowed(&self) -> u32 {
        let own = self.member.map(|member| member.num_of_order_discounts_allowed);
        let own = own.filter(|own| *own > 0);
        let allowed = own.unwrap_or(self.here.merchant.num_of_order_discounts_allowed);
        u32::try_from(allowed).unwrap_or_default()
    }
}

/// The lines of an order, as codes see them.
pub fn lines_of(items: &[OrderItem]) -> Vec<PricedLine> {
    let line = |item: &OrderItem| PricedLine {
        product: item.product,
        quantity: item.quantity,
        total: item.cost.minor(),
    };
    items.iter().map(line).collect()
}

/// What the codes would take off a sale, and why some take nothing. Writes nothing.
///
/// # Errors
/// More than [`MAX_CODES`] of them, or a sale that comes to more than can be counted.
pub fn price<S: RedeemingPorts>(
    tx: &mut S,
    basket: &Basket<'_>,
    brought: &[Brought],
) -> Result<Priced, OrderError> {
    refuse_many(brought)?;
    let seen = loyalty::find(tx, basket.here.merchant.id, brought)?;
    judged(tx, basket, seen)
}

/// Locks everything that the codes count against and take from, with all accounts of the customer, on which the sale earns next,
/// and prices them as they are then. In a transaction that has locked the order and the membership before.
///
/// # Errors
/// As of [`price`].
pub fn secure<S: RedeemingPorts>(
    tx: &mut S,
    basket: &Basket<'_>,
    brought: &[Brought],
) -> Result<(Secured, Priced), OrderError> {
    refuse_many(brought)?;
    let merchant = basket.here.merchant.id;
    let seen = loyalty::find(tx, merchant, brought)?;
    let mut secured = loyalty::secure(tx, merchant, &seen, basket.person(), basket.now)?;
    let presented = std::mem::take(&mut secured.presented);
    let priced = judged(tx, basket, presented)?;
    Ok((secured, priced))
}

/// Uses up what is applied of codes that were secured and priced in this transaction, for the basket's order. Answers the
/// redemption of each code that was, as they came.
pub fn use_up<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    basket: &Basket<'_>,
    (mut secured, priced): (Secured, &Priced),
) -> Result<Vec<Option<RedemptionId>>, OrderError> {
    let mut redemptions = Vec::with_capacity(priced.codes.len());
    for code in &priced.codes {
        let (Some(presented), CodeOutcome::Applied(applied)) = (&code.presented, &code.outcome)
        else {
            redemptions.push(None);
            continue;
        };
        let used = Use {
            person: basket.person(),
            order: basket.order,
            points: applied.taken,
            amount: Some(applied.amount),
        };
        let with = (&mut secured, presented);
        let done = loyalty::redeem(tx, actor, basket.here, with, used, basket.now)?;
        redemptions.push(Some(done.redemption.id));
    }
    Ok(redemptions)
}

fn refuse_many(brought: &[Brought]) -> Result<(), Violations> {
    if brought.len() <= MAX_CODES {
        return Ok(());
    }
    let sentence = format!("A sale takes at most {MAX_CODES} codes.");
    Err(Violations::of("redemptionCode", Rule::Invalid(sentence)))
}

fn judged<S: RedeemingPorts>(
    tx: &mut S,
    basket: &Basket<'_>,
    presented: Vec<Option<Presented>>,
) -> Result<Priced, OrderError> {
    let bearer = Bearer { person: basket.person(), member: basket.member, order: basket.order };
    let mut judged = Vec::with_capacity(presented.len());
    for one in presented {
        let refusal = match &one {
            None => Some(Refusal::Unknown),
            Some(one) => loyalty::judge(tx, one, basket.here, &bearer, (basket.at, basket.now))?,
        };
        judged.push((one, refusal));
    }
    pricing::settle(basket, judged)
}

/// The discount that a code is on an order, used up by a redemption or not yet. `items` are the order's lines, as they were
/// priced.
pub fn discount_of(
    order: &Order,
    items: &[OrderItem],
    (code, redemption): (&PricedCode, Option<RedemptionId>),
    now: Timestamp,
) -> OrderDiscount {
    let currency = order.total.currency();
    let (amount, points, parts, reason) = match &code.outcome {
        CodeOutcome::Applied(applied) => {
            (applied.amount, applied.points, applied.parts.as_slice(), None)
        }
        CodeOutcome::Skipped(why) | CodeOutcome::Refused(why) => {
            (Money::zero(currency), Points::ZERO, [].as_slice(), Some(why.clone()))
        }
    };
    let share = |part: &Part| {
        let item: OrderItemId = items.get(part.line)?.id;
        let amount = Money::new(part.amount, currency);
        Some(DiscountShare { item, amount, points: part.points, units: part.units })
    };
    OrderDiscount {
        id: OrderDiscountId::new(0),
        merchant: order.merchant,
        order: order.id,
        kind: code.kind(),
        name: code.name().to_owned(),
        redemption,
        intent: code.intent(),
        offer: code.fixed_offer(),
        amount,
        points,
        unbacked: false,
        reason,
        shares: parts.iter().filter_map(share).collect(),
        created_at: now,
    }
}
