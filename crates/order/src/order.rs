//! Orders.

pub mod change;

use chrono::NaiveDate;
use regulars_kernel::{
    Actor, Denied, MerchantId, Money, OrderId, OrderTypeId, Permission, PersonId, StoreAccess,
    StoreId, Timestamp,
    page::{KeyKind, Keyed, Order as ListOrder, SortField, SortKey},
};
use regulars_merchant::EntitySource;

use crate::{OrderError, OrderStore, OrderType};

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderState {
    /// Still being put together.
    Open,
    /// Paid and done.
    Completed,
    /// Done, and all of it given back.
    Refunded,
    /// Taken back as if it had never been (rule 25).
    Voided,
}

impl OrderState {
    /// Every state there is.
    pub const ALL: [Self; 4] = [Self::Open, Self::Completed, Self::Refunded, Self::Voided];

    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Completed => "COMPLETED",
            Self::Refunded => "REFUNDED",
            Self::Voided => "VOIDED",
        }
    }

    /// The state of exactly that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// How an order was paid. The payment itself happens at the till.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaymentType {
    /// Notes and coins.
    Cash,
    /// Any card.
    CreditCard,
    /// `PayPal`.
    Paypal,
}

impl PaymentType {
    /// Every way to pay there is.
    pub const ALL: [Self; 3] = [Self::Cash, Self::CreditCard, Self::Paypal];

    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cash => "CASH",
            Self::CreditCard => "CREDIT_CARD",
            Self::Paypal => "PAYPAL",
        }
    }

    /// The name for people (`paymentTypeDisplay`).
    pub const fn display_name(self) -> &'static str {
        match self {
            Self::Cash => "Cash",
            Self::CreditCard => "Credit card",
            Self::Paypal => "PayPal",
        }
    }

    /// The way to pay of exactly that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|payment| payment.name() == name)
    }
}

/// A part of what was paid for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// In which way.
    pub payment_type: PaymentType,
    /// How much.
    pub amount: Money,
    /// What was handed over in cash.
    pub cash_received: Option<Money>,
    /// What was handed back.
    pub change: Option<Money>,
}

/// What somebody bought at one time in one store. All its amounts are in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The key.
    pub id: OrderId,
    /// Whose sale it is.
    pub merchant: MerchantId,
    /// The number for people (`orderId`), unique at its merchant.
    pub number: String,
    /// Where.
    pub store: StoreId,
    /// Who bought; nobody known: none.
    pub consumer: Option<PersonId>,
    /// Who served.
    pub waiter: Option<PersonId>,
    /// Where the buyer is reached about this order.
    pub phone_number: Option<String>,
    /// How it is fulfilled.
    pub order_type: OrderTypeId,
    /// How far it has come.
    pub state: OrderState,
    /// When it is to be picked up (`pickupDt`).
    pub pickup_at: Option<Timestamp>,
    /// Where it is to be brought.
    pub delivery_location: Option<String>,
    /// How it was paid; of several ways the one in which most was.
    pub payment_type: Option<PaymentType>,
    /// The parts in which it was paid, where the till told them.
    pub payments: Vec<Payment>,
    /// How many sat at the table.
    pub num_of_guests: Option<i32>,
    /// What was handed over in cash.
    pub cash_received: Option<Money>,
    /// What was handed back.
    pub change: Option<Money>,
    /// The tax in the total.
    pub tax: Option<Money>,
    /// What is to be paid, tax included: what the lines cost, less the discounts, and the tips ([`crate::Bill::total`]). It
    /// follows every change of an open order; refunds do not change it.
    pub total: Money,
    /// What was given back so far: zero to the total.
    pub refunded: Money,
    /// Paid and done.
    pub completed: bool,
    /// When that was.
    pub completed_at: Option<Timestamp>,
    /// The business date of the sale (rule 26).
    pub business_date: Option<NaiveDate>,
    /// When it was archived; none: it counts.
    pub deleted_at: Option<Timestamp>,
    /// The system it was taken over from.
    pub entity_source: Option<EntitySource>,
    /// Its id there.
    pub entity_source_id: Option<String>,
    /// The merchant's own fields: a JSON text.
    pub extra_info: Option<String>,
    /// When it was put down here.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Order {
    /// Whether it counts: not archived.
    pub const fn is_active(&self) -> bool {
        self.deleted_at.is_none()
    }

    /// A sale over the counter of a store, paid and done at an instant; nobody is known to have bought. `business_date`
    /// is the store's ([`regulars_merchant::Store::business_date`]).
    pub fn sale(
        id: OrderId,
        (merchant, store): (MerchantId, StoreId),
        total: Money,
        business_date: NaiveDate,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            merchant,
            number: id.to_string(),
            store,
            consumer: None,
            waiter: None,
            phone_number: None,
            order_type: OrderType::IN_STORE.0,
            state: OrderState::Completed,
            pickup_at: None,
            delivery_location: None,
            payment_type: None,
            payments: Vec::new(),
            num_of_guests: None,
            cash_received: None,
            change: None,
            tax: None,
            total,
            refunded: Money::zero(total.currency()),
            completed: true,
            completed_at: Some(at),
            business_date: Some(business_date),
            deleted_at: None,
            entity_source: None,
            entity_source_id: None,
            extra_info: None,
            created_at: at,
            updated_at: at,
        }
    }

    /// The total less what was given back; `None` where the two are of different currencies.
    pub fn net(&self) -> Option<Money> {
        self.total.checked_sub(self.refunded)
    }
}

/// What a list of orders can be ordered by, beside the pk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderSort {
    /// By the instant it was put down here.
    CreatedAt,
    /// By the instant it was completed; open ones come before all others.
    CompletedAt,
    /// By the number of minor units of the total, whatever their currency.
    Total,
}

impl SortField for OrderSort {
    const LIST: &'static str = "orders";

    fn from_name(name: &str) -> Option<Self> {
        Self::all().iter().copied().find(|field| field.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::CreatedAt => "createdAt",
            Self::CompletedAt => "completedAt",
            Self::Total => "total",
        }
    }

    fn kind(self) -> KeyKind {
        KeyKind::Int
    }

    fn all() -> &'static [Self] {
        &[Self::CreatedAt, Self::CompletedAt, Self::Total]
    }

    /// Newest first: by descending pk.
    fn default_order() -> ListOrder<Self> {
        ListOrder { terms: Vec::new(), pk_descending: true }
    }
}

impl Keyed<OrderSort> for Order {
    fn sort_key(&self, field: OrderSort) -> SortKey {
        SortKey::Int(match field {
            OrderSort::CreatedAt => self.created_at.micros(),
            OrderSort::CompletedAt => self.completed_at.map_or(0, Timestamp::micros),
            OrderSort::Total => self.total.minor(),
        })
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// The stores whose orders an asker sees; consumers see their own orders of every store, and the scope of their
/// transaction keeps all others out.
pub(crate) fn reach(actor: &Actor) -> Result<StoreAccess, Denied> {
    if matches!(actor, Actor::Consumer { .. }) {
        return Ok(StoreAccess::All);
    }
    actor.require(Permission::ViewOrder)?;
    Ok(actor.stores().cloned().unwrap_or(StoreAccess::All))
}

/// The orders of those ids that the asker sees, archived ones included, in no order: those of their own stores for a
/// merchant's people who may see orders, and their own for consumers.
pub fn list_by_ids(
    tx: &mut impl OrderStore,
    actor: &Actor,
    ids: &[OrderId],
) -> Result<Vec<Order>, OrderError> {
    let within = reach(actor)?;
    Ok(tx.orders(ids, &within)?)
}

/// One order; the same reach as [`list_by_ids`].
pub fn get(tx: &mut impl OrderStore, actor: &Actor, id: OrderId) -> Result<Order, OrderError> {
    list_by_ids(tx, actor, &[id])?.pop().ok_or(OrderError::OrderNotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_again_and_by_no_other_spelling() {
        for state in OrderState::ALL {
            assert_eq!(OrderState::from_name(state.name()), Some(state));
            assert_eq!(OrderState::from_name(&state.name().to_lowercase()), None);
        }
        for payment in PaymentType::ALL {
            assert_eq!(PaymentType::from_name(payment.name()), Some(payment));
            assert_eq!(PaymentType::from_name(payment.display_name()), None);
        }
        let display = PaymentType::ALL.map(PaymentType::display_name);
        assert_eq!(display, ["Cash", "Credit card", "PayPal"]);
    }

    #[test]
    fn newest_first_unless_told() {
        let order = ListOrder::<OrderSort>::parse(None).unwrap();
        assert!(order.terms.is_empty() && order.pk_descending);
    }
}
