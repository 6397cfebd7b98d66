//! What is known of one customer, to decide a segment by.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use regulars_kernel::{Currency, LoyaltyCardId, OfferId, ProductId, StoreId, Timestamp};

use super::{Field, Operand, Operator, Term, Value};
use crate::membership::Membership;

/// A completed order that was not deleted; refunded ones stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFact {
    /// Where.
    pub store: StoreId,
    /// What was bought.
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
    const fn is_refunded(&self) -> bool {
        self.refunded > 0 && self.refunded >= self.total
    }
}

/// What a customer's completed orders come to, together: segments ask for no more, and a customer may have thousands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFacts {
    /// How many there are of which something was not refunded.
    pub count: i64,
    /// What those in the merchant's currency came to, less refunds, in minor units.
    pub total: i128,
    /// Where.
    pub stores: BTreeSet<StoreId>,
    /// What was bought.
    pub products: BTreeSet<ProductId>,
    /// When they were completed.
    pub completed_at: BTreeSet<Timestamp>,
}

impl OrderFacts {
    /// Counts an order in, at a merchant of that currency.
    pub fn add(&mut self, order: &OrderFact, currency: Currency) {
        self.count = self.count.saturating_add(i64::from(!order.is_refunded()));
        if order.currency == currency {
            let net = i128::from(order.total).saturating_sub(order.refunded.into());
            self.total = self.total.saturating_add(net);
        }
        self.stores.insert(order.store);
        self.products.extend(&order.products);
        self.completed_at.extend(order.completed_at);
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

/// What a customer's visits come to, together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VisitFacts {
    /// How many.
    pub count: i64,
    /// Where.
    pub stores: BTreeSet<StoreId>,
    /// The latest.
    pub last: Option<Timestamp>,
}

impl VisitFacts {
    /// Counts a visit in.
    pub fn add(&mut self, visit: VisitFact) {
        self.count = self.count.saturating_add(1);
        self.stores.insert(visit.store);
        self.last = self.last.max(Some(visit.at));
    }
}

/// A redemption of an offer that was not given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedemptionFact {
    /// Of which offer.
    pub offer: OfferId,
    /// When.
    pub created_at: Timestamp,
}

/// What a customer's redemptions of offers come to, together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedemptionFacts {
    /// Of which offers.
    pub offers: BTreeSet<OfferId>,
    /// When.
    pub created_at: BTreeSet<Timestamp>,
}

impl RedemptionFacts {
    /// Counts a redemption in.
    pub fn add(&mut self, redemption: RedemptionFact) {
        self.offers.insert(redemption.offer);
        self.created_at.insert(redemption.created_at);
    }
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
    /// Completed orders.
    pub orders: OrderFacts,
    /// Visits.
    pub visits: VisitFacts,
    /// Redemptions of offers.
    pub redemptions: RedemptionFacts,
    /// The loyalty cards that the person is enrolled in.
    pub loyalty_cards: BTreeSet<LoyaltyCardId>,
    /// The merchant's currency, in which totals are counted.
    pub currency: Currency,
    /// Today at the merchant: by its time zone.
    pub today: NaiveDate,
}

impl SegmentFacts {
    /// A customer who owns nothing yet.
    pub fn of(membership: Membership, currency: Currency, today: NaiveDate) -> Self {
        Self {
            membership,
            points_earned: 0,
            stamps: 0,
            orders: OrderFacts::default(),
            visits: VisitFacts::default(),
            redemptions: RedemptionFacts::default(),
            loyalty_cards: BTreeSet::new(),
            currency,
            today,
        }
    }

    /// Takes over from everything that is known of the same customer as much as is needed.
    pub fn complete(&mut self, whole: Self, needs: &Needs) {
        if needs.accounts {
            self.points_earned = whole.points_earned;
            self.stamps = whole.stamps;
            self.loyalty_cards = whole.loyalty_cards;
        }
        if needs.visits {
            self.visits = whole.visits;
        }
        if needs.orders {
            let OrderFacts { count, total, stores, products: _, completed_at } = whole.orders;
            let completed_at = telling(&completed_at, &needs.completed_from);
            let products = std::mem::take(&mut self.orders.products);
            self.orders = OrderFacts { count, total, stores, products, completed_at };
        }
        if needs.products {
            self.orders.products = whole.orders.products;
        }
        if needs.redemptions {
            let RedemptionFacts { offers, created_at } = whole.redemptions;
            let created_at = telling(&created_at, &needs.redeemed_from);
            self.redemptions = RedemptionFacts { offers, created_at };
        }
    }
}

/// Of instants those that tell what all of them would: the first, the last, and the next from each that is asked for.
fn telling(all: &BTreeSet<Timestamp>, asked: &BTreeSet<Timestamp>) -> BTreeSet<Timestamp> {
    let next = asked.iter().filter_map(|from| all.range(from..).next());
    all.first().into_iter().chain(all.last()).chain(next).copied().collect()
}

/// What a segment asks for beside the membership. Each is loaded in one statement, or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing to load or not")]
pub struct Needs {
    /// [`SegmentFacts::points_earned`], [`SegmentFacts::stamps`] and [`SegmentFacts::loyalty_cards`].
    pub accounts: bool,
    /// [`SegmentFacts::visits`].
    pub visits: bool,
    /// [`SegmentFacts::orders`] but for their products; of their instants the first and the last.
    pub orders: bool,
    /// [`OrderFacts::products`].
    pub products: bool,
    /// Beside the first and the last instant of orders the next one at or after each of these. It decides whether there is
    /// one between this and any later instant, however many orders there are.
    pub completed_from: BTreeSet<Timestamp>,
    /// [`SegmentFacts::redemptions`]; of their instants the first and the last.
    pub redemptions: bool,
    /// As `completed_from`, of redemptions.
    pub redeemed_from: BTreeSet<Timestamp>,
}

impl Needs {
    /// What either of two segments asks for.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.completed_from.extend(other.completed_from);
        self.redeemed_from.extend(other.redeemed_from);
        Self {
            accounts: self.accounts || other.accounts,
            visits: self.visits || other.visits,
            orders: self.orders || other.orders,
            products: self.products || other.products,
            redemptions: self.redemptions || other.redemptions,
            ..self
        }
    }

    pub(super) fn with(mut self, term: &Term) -> Self {
        match term.field() {
            Field::PointsEarned | Field::Stamps | Field::LoyaltyCard => self.accounts = true,
            Field::LastVisit | Field::VisitsCount | Field::VisitsStore => self.visits = true,
            Field::OrdersProduct => self.products = true,
            Field::OrdersCount | Field::OrdersTotal | Field::OrdersStore => self.orders = true,
            Field::OrdersCompletedAt => {
                self.orders = true;
                self.completed_from.extend(beginnings(term));
            }
            Field::RedemptionsOffer => self.redemptions = true,
            Field::RedemptionsCreatedAt => {
                self.redemptions = true;
                self.redeemed_from.extend(beginnings(term));
            }
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
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// From where on a term looks for an instant: the first and the last of all decide only what lies before or after.
fn beginnings(term: &Term) -> Vec<Timestamp> {
    let instant = |value: &Value| match value {
        Value::Instant(at) => Some(*at),
        _ => None,
    };
    match (term.operator(), term.operand()) {
        (Operator::Gt | Operator::Gte | Operator::Lt | Operator::Lte, _)
        | (_, Operand::Absent(_)) => Vec::new(),
        (_, Operand::One(value) | Operand::Between(value, _)) => {
            instant(value).into_iter().collect()
        }
        (_, Operand::Many(values)) => values.iter().filter_map(instant).collect(),
    }
}
