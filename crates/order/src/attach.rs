//! Whose an order was, said afterwards (rule 8).

use std::time::Duration;

use chrono::NaiveDate;
use regulars_customer::{Identifier, join::at_till, merge::Named};
use regulars_kernel::{
    Actor, LoyaltyCardId, MerchantId, OrderId, Permission, PersonId, Rule, StoreError, Timestamp,
    Violations,
};
use regulars_loyalty::{
    Cause, NothingEarned,
    bookkeeping::Occasion,
    refund::Refund,
    sale::{self, Timeliness},
    welcome::Recognise,
};
use regulars_merchant::business_date;

use crate::{
    Order, OrderDiscount, OrderError, OrderState, Reviewed, discount,
    earning::{Bought, Known, with_sale},
    item,
    order::change::{reaches, store_of},
    purchase::{PurchasePorts, WarningKind, flag},
    refund::given_back,
    timeliness,
};

/// How many orders of one day can be said to be one customer's before somebody looks at them.
pub const FEW: u64 = 3;

/// What was said of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderClaim {
    /// Whose sale it is.
    pub merchant: MerchantId,
    /// Which.
    pub order: OrderId,
    /// Who bought.
    pub person: PersonId,
    /// The merchant's day on which it was said.
    pub business_date: NaiveDate,
    /// By whom; none: by nobody known.
    pub actor: Option<PersonId>,
    /// When.
    pub created_at: Timestamp,
}

/// An order whose customer was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// The order.
    pub order: OrderId,
    /// Whether what it earns waits for somebody to look at it.
    pub pending: bool,
    /// The cards that fit and earned nothing, and why.
    pub nothing: Vec<(LoyaltyCardId, NothingEarned)>,
}

/// Says whose a completed order was that nobody was known to have bought, within the merchant's `claim_days` of the sale. It earns
/// as of the sale, once. Past [`FEW`] of one customer's on one day what it earns waits, and somebody looks at it. Said again of the
/// same customer, nothing happens.
///
/// Needs [`Permission::AttachOrder`] in its store, and for naming the customer what [`regulars_customer::identity::identify`] needs.
pub fn attach<S: PurchasePorts>(
    tx: &mut S,
    actor: &Actor,
    id: OrderId,
    who: &Identifier,
    recognise: &dyn Recognise,
    now: Timestamp,
) -> Result<Attached, OrderError> {
    let merchant = actor.require(Permission::AttachOrder)?;
    let found = tx.find_order(merchant, id)?.filter(|order| reaches(actor, order.store));
    let order = found.ok_or(OrderError::NothingNamed("orderId"))?;
    let tenant = tx.merchants(&[merchant])?.pop().ok_or(OrderError::OrderNotFound)?;
    let Some(sold_at) = order.completed_at.filter(|_| is_sold(&order)) else {
        return Err(refused("This order is no sale: it is open, or was voided."));
    };
    let till = at_till(tx, actor, merchant, who, now)?;
    let member = &till.member;
    let person = member.person;
    match order.consumer {
        Some(buyer) if buyer == person => {
            return Ok(Attached { order: id, pending: false, nothing: Vec::new() });
        }
        Some(_) => return Err(refused("This order is another customer's.")),
        None => {}
    }
    let days = u64::try_from(tenant.claim_days).unwrap_or_default();
    if now > sold_at.plus(Duration::from_secs(days * 86_400)) {
        let sentence = format!("This order is too old: whose it was can be said for {days} days.");
        return Err(refused(&sentence));
    }
    let today = business_date(tenant.time_zone, chrono::NaiveTime::MIN, now);
    let pending = tx.count_order_claims(merchant, person, today)? >= FEW;
    let claim = OrderClaim {
        merchant,
        order: id,
        person,
        business_date: today,
        actor: actor.person(),
        created_at: now,
    };
    match tx.insert_order_claim(&claim) {
        Err(StoreError::Taken("order_claim.order_id")) => {
            return Err(refused("Whose this order was has been said before."));
        }
        done => done?,
    }
    let order = Order { consumer: Some(person), updated_at: now, ..order };
    tx.update_order(&order)?;
    till.note(tx, Named::Order(id))?;
    let store = store_of(tx, actor, order.store)?;
    // How late a sale was recorded is what counts, not how late its customer was told.
    let backdate = actor.require(Permission::Backdate).is_ok();
    let recorded = timeliness(Some(sold_at), order.created_at, store.late_hours, backdate);
    let timeliness = match recorded.timeliness {
        Timeliness::TooLate => Timeliness::TooLate,
        _ if pending => Timeliness::Late,
        in_its_time => in_its_time,
    };
    if pending {
        let code = WarningKind::ManyAttached.code();
        flag(tx, (merchant, store.id), Reviewed::Order(id), std::iter::once(code), now)?;
    }
    let items = item::of_order(tx, id)?;
    let discounts = discount::of_order(tx, id)?;
    let (lines, whole) = given_back(tx, order.clone())?;
    let refund = Refund {
        merchant,
        cause: Cause::Order(id),
        lines: &lines,
        whole,
        policy: tenant.refund_policy,
        occasion: Occasion::at(now, tenant.time_zone, actor.person()),
    };
    let bought = Bought { order: &order, items: &items, discounts: &discounts, member };
    let earns_no_points = earns_no_points(tx, &discounts)?;
    let known = Known { merchant: &tenant, store: &store, timeliness, earns_no_points, recognise };
    let nothing = with_sale(tx, actor, bought, (&known, 0), now, |tx, sale| {
        sale::change(tx, Some(sale), &refund)
    })?;
    Ok(Attached { order: id, pending, nothing })
}

/// Whether an offer that was taken lets the sale earn no points.
fn earns_no_points<S: PurchasePorts>(
    tx: &mut S,
    discounts: &[OrderDiscount],
) -> Result<bool, StoreError> {
    let offers: Vec<_> = discounts.iter().filter_map(|one| one.offer).collect();
    if offers.is_empty() {
        return Ok(false);
    }
    Ok(tx.offers(&offers)?.iter().any(|offer| !offer.earn_points))
}

fn is_sold(order: &Order) -> bool {
    order.is_active() && matches!(order.state, OrderState::Completed | OrderState::Refunded)
}

fn refused(sentence: &str) -> OrderError {
    Violations::of("orderId", Rule::Invalid(sentence.to_owned())).into()
}

#[cfg(test)]
mod tests;
