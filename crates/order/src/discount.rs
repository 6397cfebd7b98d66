//! What was taken off orders: by offers, by points that paid, by a full card of stamps, or by the merchant alone.

use regulars_kernel::{
    Actor, IntentId, MerchantId, Money, OfferId, OrderDiscountId, OrderId, OrderItemId, Points,
    RedemptionId, StoreAccess, StoreError, Timestamp,
    page::{Keyed, SortKey},
    pk_sort,
};

use crate::{NotTaken, OrderError, OrderStore, order::reach};

/// By what something was taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DiscountKind {
    /// An offer.
    Offer,
    /// Points that paid a part.
    Points,
    /// A full card of stamps.
    Stamps,
    /// The merchant's own hand.
    Other,
}

impl DiscountKind {
    /// Every kind there is.
    pub const ALL: [Self; 4] = [Self::Offer, Self::Points, Self::Stamps, Self::Other];

    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offer => "OFFER",
            Self::Points => "POINTS",
            Self::Stamps => "STAMPS",
            Self::Other => "OTHER",
        }
    }

    /// The kind of exactly that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What was taken off an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderDiscount {
    /// The key.
    pub id: OrderDiscountId,
    /// Whose sale it is.
    pub merchant: MerchantId,
    /// Of which order.
    pub order: OrderId,
    /// By what.
    pub kind: DiscountKind,
    /// What that was called when it was given.
    pub name: String,
    /// What it used up; none: nothing, or nothing yet.
    pub redemption: Option<RedemptionId>,
    /// The promise that it was put on the order by.
    pub intent: Option<IntentId>,
    /// The offer whose code for everybody it was put on the order by.
    pub offer: Option<OfferId>,
    /// How much; never below nothing.
    pub amount: Money,
    /// The points that paid it; none but where it is of that kind.
    pub points: Points,
    /// The merchant's own gift: it took nothing from account, code or limit (rule 10).
    pub unbacked: bool,
    /// Why it takes nothing off, as long as it does not: of several codes that do not go together one is better, or a code does not
    /// hold any more. It is not used up.
    pub reason: Option<NotTaken>,
    /// The parts that its lines have: together they are its amount and its points.
    pub shares: Vec<DiscountShare>,
    /// When it was put down here.
    pub created_at: Timestamp,
}

/// A line's part of a discount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiscountShare {
    /// Of which line.
    pub item: OrderItemId,
    /// How much.
    pub amount: Money,
    /// The points that paid it.
    pub points: Points,
    /// How many of the line it touched.
    pub units: i32,
}

pk_sort! {
    /// What a list of discounts can be ordered by: the pk alone.
    pub enum OrderDiscountSort of "discounts"
}

impl Keyed<OrderDiscountSort> for OrderDiscount {
    fn sort_key(&self, field: OrderDiscountSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// All discounts of each of the orders, by ascending id; orders that the asker does not see, and those without one, are left
/// out.
pub fn per_order(
    tx: &mut impl OrderStore,
    actor: &Actor,
    orders: &[OrderId],
) -> Result<Vec<(OrderId, Vec<OrderDiscount>)>, OrderError> {
    let within = reach(actor)?;
    Ok(tx.discounts_per_order(orders, &within)?)
}

/// All discounts of one order, by ascending id. For callers that have the order already.
pub(crate) fn of_order(
    tx: &mut impl OrderStore,
    order: OrderId,
) -> Result<Vec<OrderDiscount>, StoreError> {
    let rows = tx.discounts_per_order(&[order], &StoreAccess::All)?.pop();
    Ok(rows.map(|(_, rows)| rows).unwrap_or_default())
}

/// The discounts of those ids that the asker sees, in no order.
pub fn list_by_ids(
    tx: &mut impl OrderStore,
    actor: &Actor,
    ids: &[OrderDiscountId],
) -> Result<Vec<OrderDiscount>, OrderError> {
    let within = reach(actor)?;
    Ok(tx.order_discounts(ids, &within)?)
}
