//! What names a sale at the system that it comes from: for ever, and once (rules 11 and 12).

use regulars_kernel::{
    Actor, ApplicationId, MerchantId, OrderId, OrderLinkId, OrderRefundId, Rule, SaleRefundId,
    StoreId, Timestamp, Violations, text::clean,
};
use regulars_merchant::EntitySource;

use crate::{order::change::MAX_SOURCE_ID_CHARS, purchase::Told};

/// The most other ids that a sale names beside its own.
pub const MAX_LINKS: usize = 10;

/// Through what a sale comes in: the same id means another sale elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The merchant's people and programs that run beside this one.
    People,
    /// One of the merchant's apps, whoever holds it.
    App(ApplicationId),
}

impl Origin {
    /// Through what an asker's sales come in.
    pub fn of(actor: &Actor) -> Self {
        actor.app().map_or(Self::People, Self::App)
    }

    /// The number in the database; those below zero are left to connections.
    pub const fn number(self) -> i64 {
        match self {
            Self::People => 0,
            Self::App(app) => app.get(),
        }
    }

    /// The origin of that number.
    pub fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::People),
            1.. => Some(Self::App(ApplicationId::new(number))),
            _ => None,
        }
    }
}

/// What names a sale at its origin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SaleKey {
    /// Where it was sold.
    pub store: StoreId,
    /// The system that it comes from.
    pub source: EntitySource,
    /// Its id there: 1 to [`MAX_SOURCE_ID_CHARS`] characters.
    pub source_id: String,
}

impl SaleKey {
    /// Reads a key; notes what is wrong with it. None where neither part was told.
    pub(crate) fn read(
        store: StoreId,
        (source, source_id): (Option<EntitySource>, Option<&str>),
        (source_argument, id_argument): (&'static str, &'static str),
        wrong: &mut Violations,
    ) -> Option<Self> {
        let source_id = wrong.check(
            id_argument,
            source_id.map_or(Ok(None), |typed| clean(typed, MAX_SOURCE_ID_CHARS)),
        )?;
        match (source, source_id) {
            (Some(source), Some(source_id)) => Some(Self { store, source, source_id }),
            (Some(_), None) => {
                wrong.add(id_argument, Rule::Required);
                None
            }
            (None, Some(_)) => {
                wrong.add(source_argument, Rule::Required);
                None
            }
            (None, None) => None,
        }
    }
}

/// An order's name at its origin. An order has several where several systems know of it (rule 12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLink {
    /// The key.
    pub id: OrderLinkId,
    /// Whose sale it is.
    pub merchant: MerchantId,
    /// Through what it came in.
    pub origin: Origin,
    /// What names it there.
    pub key: SaleKey,
    /// Which order that is; none: a refund came under this name, and its sale is yet to come (rule 11).
    pub order: Option<OrderId>,
    /// What was recorded under this name; none: it was named by the way, or the order was put down line by line.
    pub told: Option<Told>,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When something newer was recorded under it.
    pub updated_at: Timestamp,
}

impl OrderLink {
    /// A name by the way.
    pub const fn new(
        (merchant, origin): (MerchantId, Origin),
        key: SaleKey,
        order: Option<OrderId>,
        now: Timestamp,
    ) -> Self {
        let id = OrderLinkId::new(0);
        Self { id, merchant, origin, key, order, told: None, created_at: now, updated_at: now }
    }

    /// Whether this is its name.
    pub fn is_of(&self, origin: Origin, key: &SaleKey) -> bool {
        self.origin == origin && self.key == *key
    }
}

/// A refund that has a name of its own at the origin of its sale, and may come before it (rule 11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleRefund {
    /// The key.
    pub id: SaleRefundId,
    /// Whose sale it is.
    pub merchant: MerchantId,
    /// The name of the sale.
    pub link: OrderLinkId,
    /// Its own id there: 1 to [`MAX_SOURCE_ID_CHARS`] characters.
    pub source_id: String,
    /// How much goes back, in minor units of the merchant's currency; none: all that is left.
    pub amount: Option<i64>,
    /// Whether the money went back in cash.
    pub is_cash: bool,
    /// Why, as people wrote it.
    pub reason: Option<String>,
    /// What it became; none: it waits for its sale.
    pub refund: Option<OrderRefundId>,
    /// When it was written down.
    pub created_at: Timestamp,
}
