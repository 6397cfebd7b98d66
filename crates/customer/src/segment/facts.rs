//! What is known of one customer, to decide a segment by.

use chrono::NaiveDate;
use regulars_kernel::{Currency, LoyaltyCardId, OfferId, ProductId, StoreId, Timestamp};

use super::Field;
use crate::membership::Membership;

/// A completed order that was not deleted; refunded ones stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFact {
    /// Where.
    pub store: StoreId,
    /// What was bought; empty where it was not loaded ([`Needs::products`]).
    pub products: Vec<ProductId>,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
    /// What it came to, in minor units.
    pub total: i64,
    /// How much of that was refunded.
    pub refunded: i64,
    /// The currency of both.
    pub currency: Currency,
}

impl OrderFact {
    /// Whether nothing is left of it. An order that cost nothing is not refunded by that.
    pub(super) const fn is_refunded(&self) -> bool {
        self.refunded > 0 && self.refunded >= self.total
    }
}

/// A visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisitFact {
    /// Where.
    pub store: StoreId,
    /// When.
    pub at: Timestamp,
}

/// A redemption of an offer that was not given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedemptionFact {
    /// Of which offer.
    pub offer: OfferId,
    /// When.
    pub created_at: Timestamp,
}

/// One customer at one merchant. What a segment does not ask for ([`super::Segment::needs`]) can stay empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentFacts {
    /// What the merchant has of the person.
    pub membership: Membership,
    /// Points earned net of reversals (rule 16).
    pub points_earned: i64,
    /// Stamps on the person's cards.
    pub stamps: i64,
    /// The latest visit.
    pub last_visit: Option<Timestamp>,
    /// Completed orders.
    pub orders: Vec<OrderFact>,
    /// Visits.
    pub visits: Vec<VisitFact>,
    /// Redemptions of offers.
    pub redemptions: Vec<RedemptionFact>,
    /// The loyalty cards that the person is enrolled in.
    pub loyalty_cards: Vec<LoyaltyCardId>,
    /// The merchant's currency, in which totals are counted.
    pub currency: Currency,
    /// Today at the merchant: by its time zone.
    pub today: NaiveDate,
}

impl SegmentFacts {
    /// A customer who owns nothing yet.
    pub const fn of(membership: Membership, currency: Currency, today: NaiveDate) -> Self {
        Self {
            membership,
            points_earned: 0,
            stamps: 0,
            last_visit: None,
            orders: Vec::new(),
            visits: Vec::new(),
            redemptions: Vec::new(),
            loyalty_cards: Vec::new(),
            currency,
            today,
        }
    }
}

/// What a segment asks for beside the membership.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing to load or not")]
pub struct Needs {
    /// [`SegmentFacts::points_earned`].
    pub points_earned: bool,
    /// [`SegmentFacts::stamps`].
    pub stamps: bool,
    /// [`SegmentFacts::last_visit`].
    pub last_visit: bool,
    /// [`SegmentFacts::orders`].
    pub orders: bool,
    /// [`OrderFact::products`].
    pub products: bool,
    /// [`SegmentFacts::visits`].
    pub visits: bool,
    /// [`SegmentFacts::redemptions`].
    pub redemptions: bool,
    /// [`SegmentFacts::loyalty_cards`].
    pub loyalty_cards: bool,
}

impl Needs {
    /// What either of two segments asks for.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            points_earned: self.points_earned || other.points_earned,
            stamps: self.stamps || other.stamps,
            last_visit: self.last_visit || other.last_visit,
            orders: self.orders || other.orders,
            products: self.products || other.products,
            visits: self.visits || other.visits,
            redemptions: self.redemptions || other.redemptions,
            loyalty_cards: self.loyalty_cards || other.loyalty_cards,
        }
    }

    pub(super) const fn with(mut self, field: &Field) -> Self {
        match field {
            Field::PointsEarned => self.points_earned = true,
            Field::Stamps => self.stamps = true,
            Field::LastVisit => self.last_visit = true,
            Field::OrdersProduct => {
                self.orders = true;
                self.products = true;
            }
            Field::OrdersCount
            | Field::OrdersTotal
            | Field::OrdersStore
            | Field::OrdersCompletedAt => self.orders = true,
            Field::VisitsCount | Field::VisitsStore => self.visits = true,
            Field::RedemptionsOffer | Field::RedemptionsCreatedAt => self.redemptions = true,
            Field::LoyaltyCard => self.loyalty_cards = true,
            Field::Email
            | Field::SecondaryEmail
            | Field::Firstname
            | Field::Lastname
            | Field::PhoneNumber
            | Field::City
            | Field::Street
            | Field::ZipCode
            | Field::Address
            | Field::Picture
            | Field::Logo
            | Field::LoyaltyId
            | Field::EntitySourceId
            | Field::Birthday
            | Field::BirthdayMonth
            | Field::Age
            | Field::Gender
            | Field::Country
            | Field::UserType
            | Field::MerchantType
            | Field::EntitySource
            | Field::LastLogin
            | Field::DeletedAt
            | Field::CreatedAt
            | Field::UpdatedAt
            | Field::Active
            | Field::Archived
            | Field::Verified
            | Field::Staff
            | Field::Admin
            | Field::NumOfOrderDiscountsAllowed
            | Field::ExtraInfo(_) => {}
        }
        self
    }

    /// Whether the membership alone decides.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}
