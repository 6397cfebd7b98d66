//! The customers of the sample in a database, among rows that must not count.

use regulars_customer::{
    Country, EmailAddress, ExtraInfo, Gender, LoyaltyId, PhoneNumber,
    segment::{
        OrderFact, RedemptionFact, SegmentFacts, VisitFact, folded_text,
        sample::{self, Rows},
    },
};
use regulars_kernel::{MerchantId, PersonId, ProductId, StoreId, Timestamp, text::fold};
use regulars_merchant::EntitySource;

use crate::{Bulk, DatabaseUrl, Value};

pub(super) const MERCHANT: i64 = 1;
/// Owns what must not count. Its rows have ids 10 higher.
const OTHER: i64 = 2;
const CUSTOMERS: i64 = 80;

/// What can stand in a row.
trait Cell {
    fn value(self) -> Value;
}

impl Cell for i64 {
    fn value(self) -> Value {
        Value::Int(self)
    }
}

impl Cell for &str {
    fn value(self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl Cell for String {
    fn value(self) -> Value {
        Value::Text(self)
    }
}

impl Cell for bool {
    fn value(self) -> Value {
        Value::Bool(self)
    }
}

impl Cell for Timestamp {
    fn value(self) -> Value {
        Value::Int(self.micros())
    }
}

impl<T: Cell> Cell for Option<T> {
    fn value(self) -> Value {
        self.map_or(Value::Null, Cell::value)
    }
}

/// Puts one row down.
macro_rules! put {
    ($bulk:expr, $table:ident { $($column:ident: $value:expr),+ $(,)? }) => {
        $bulk
            .insert(
                stringify!($table),
                &[$(stringify!($column)),+],
                &[vec![$(Cell::value($value)),+]],
            )
            .unwrap()
    };
}

/// A stream of picks from a number (xorshift).
pub(super) fn picks(seed: u64) -> impl FnMut() -> usize {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap()
    }
}

pub(super) fn customers() -> Vec<(SegmentFacts, Rows)> {
    (0..CUSTOMERS).map(|number| customer(100 + number)).collect()
}

fn customer(person: i64) -> (SegmentFacts, Rows) {
    let mut pick = picks(u64::try_from(person).unwrap());
    let (mut facts, rows) =
        sample::customer(&mut pick, MerchantId::new(MERCHANT), PersonId::new(person));
    // The pair of source and id is unique.
    if facts.membership.entity_source.is_some() {
        facts.membership.entity_source_id = None;
    }
    let cards: Vec<i64> = facts.loyalty_cards.iter().map(|card| card.get()).collect();
    if !cards.iter().any(|card| takes_stamps(*card)) {
        facts.stamps = 0;
    }
    if cards.iter().all(|card| takes_stamps(*card)) {
        facts.points_earned = 0;
    }
    (facts, rows)
}

const fn takes_stamps(card: i64) -> bool {
    card % 10 == 2
}

pub(super) fn fill(url: &str, customers: &[(SegmentFacts, Rows)]) {
    let mut bulk = Bulk::begin(&DatabaseUrl::parse(url).unwrap()).unwrap();
    for id in [MERCHANT, OTHER].into_iter().chain(100..100 + CUSTOMERS) {
        put!(
            bulk,
            person {
                id: id,
                user_type: "CONSUMER",
                registered: false,
                created_at: 0,
                updated_at: 0
            }
        );
    }
    for merchant in [MERCHANT, OTHER] {
        fill_merchant(&mut bulk, merchant);
    }
    for (number, (facts, rows)) in (1..).zip(customers) {
        fill_membership(&mut bulk, MERCHANT, facts);
        fill_membership(&mut bulk, OTHER, facts);
        let mut ids = number * 100..;
        let mut next = || ids.next().unwrap();
        fill_orders(&mut bulk, &mut next, facts, &rows.orders);
        fill_visits(&mut bulk, &mut next, facts, &rows.visits);
        fill_redemptions(&mut bulk, &mut next, facts, &rows.redemptions);
        fill_accounts(&mut bulk, &mut next, facts);
    }
    bulk.finish(|_done, _all| {}).unwrap();
}

const fn shift(merchant: i64) -> i64 {
    if merchant == OTHER { 10 } else { 0 }
}

fn fill_merchant(bulk: &mut Bulk, merchant: i64) {
    put!(
        bulk,
        merchant {
            id: merchant,
            name: "M",
            time_zone: "UTC",
            currency: "EUR",
            created_at: 0,
            updated_at: 0,
        }
    );
    for id in (1..=sample::IDS).map(|id| id + shift(merchant)) {
        put!(
            bulk,
            store {
                id: id,
                merchant_id: merchant,
                name: "x",
                name_key: "x",
                created_at: 0,
                updated_at: 0,
            }
        );
        put!(
            bulk,
            product {
                id: id,
                merchant_id: merchant,
                name: "x",
                price: 100,
                currency: "EUR",
                created_at: 0,
                updated_at: 0,
            }
        );
        put!(
            bulk,
            offer {
                id: id,
                merchant_id: merchant,
                name: "x",
                name_key: "x",
                offer_type: "PERCENTAGE",
                offer_value: 1,
                redemption_code_type: "FIXED",
                status: "ACTIVE",
                created_at: 0,
                updated_at: 0,
            }
        );
        put!(
            bulk,
            loyalty_card {
                id: id,
                merchant_id: merchant,
                name: "x",
                name_key: "x",
                loyalty_type: if takes_stamps(id) { "STAMPS" } else { "POINTS" },
                currency: "EUR",
                status: "ACTIVE",
                created_at: 0,
                updated_at: 0,
            }
        );
    }
}

fn fill_membership(bulk: &mut Bulk, merchant: i64, facts: &SegmentFacts) {
    let (member, profile) = (&facts.membership, &facts.membership.profile);
    let key = |raw: Option<&str>| fold(raw.unwrap_or_default());
    let email = profile.email.as_ref().map(EmailAddress::as_str);
    put!(
        bulk,
        membership {
            merchant_id: merchant,
            person_id: member.person.get(),
            managed: false,
            loyalty_id: member.loyalty_id.as_ref().map(LoyaltyId::as_str),
            email: email,
            email_key: key(email),
            secondary_email: profile.secondary_email.as_ref().map(EmailAddress::as_str),
            verified: member.verified,
            firstname: profile.firstname.as_str(),
            firstname_key: fold(&profile.firstname),
            lastname: profile.lastname.as_str(),
            lastname_key: fold(&profile.lastname),
            phone_number: profile.phone_number.as_ref().map(PhoneNumber::as_str),
            birthday: profile.birthday.map(|date| date.to_string()),
            gender: profile.gender.map(Gender::name),
            country: profile.country.map(Country::alpha2),
            city: profile.city.as_deref(),
            city_key: key(profile.city.as_deref()),
            street: profile.street.as_deref(),
            zip_code: profile.zip_code.as_deref(),
            picture: profile.picture.as_deref(),
            extra_info: member.extra_info.as_ref().map(ExtraInfo::as_str),
            entity_source: member.entity_source.map(EntitySource::name),
            entity_source_id: member.entity_source_id.as_deref(),
            num_of_order_discounts_allowed: i64::from(member.num_of_order_discounts_allowed),
            archived: member.standing.is_archived(),
            last_login: member.last_login,
            deleted_at: member.standing.since(),
            created_at: member.created_at,
            updated_at: member.updated_at,
            folded_text: folded_text(member),
        }
    );
}

/// Beside the customer's orders one that is open, one that was deleted, one of the other merchant.
fn fill_orders(
    bulk: &mut Bulk,
    next: &mut impl FnMut() -> i64,
    facts: &SegmentFacts,
    orders: &[OrderFact],
) {
    let noise = OrderFact {
        store: StoreId::new(1),
        products: vec![ProductId::new(1)],
        completed_at: Some(Timestamp::from_seconds(0)),
        total: 123,
        refunded: 0,
        currency: sample::CURRENCY,
    };
    let own = orders.iter().map(|order| (MERCHANT, order, true, None));
    let noise = [
        (MERCHANT, &noise, false, None),
        (MERCHANT, &noise, true, Some(5)),
        (OTHER, &noise, true, None),
    ];
    for (merchant, order, completed, deleted_at) in own.chain(noise) {
        let id = next();
        put!(
            bulk,
            orders {
                id: id,
                merchant_id: merchant,
                number: id.to_string(),
                store_id: order.store.get() + shift(merchant),
                person_id: facts.membership.person.get(),
                order_type_id: 1,
                state: "X",
                currency: order.currency.code(),
                total: order.total,
                refunded: order.refunded,
                completed: completed,
                completed_at: order.completed_at,
                deleted_at: deleted_at,
                is_active: deleted_at.is_none(),
                created_at: 0,
                updated_at: 0,
            }
        );
        for product in &order.products {
            put!(
                bulk,
                order_item {
                    id: next(),
                    merchant_id: merchant,
                    order_id: id,
                    product_id: product.get() + shift(merchant),
                    name: "x",
                    quantity: 1,
                    cost: 100,
                    created_at: 0,
                    updated_at: 0,
                }
            );
        }
    }
}

/// Beside the customer's visits one to the other merchant.
fn fill_visits(
    bulk: &mut Bulk,
    next: &mut impl FnMut() -> i64,
    facts: &SegmentFacts,
    visits: &[VisitFact],
) {
    let own = visits.iter().map(|visit| (MERCHANT, visit.store.get(), visit.at));
    for (merchant, store, at) in own.chain([(OTHER, 11, Timestamp::MAX)]) {
        put!(
            bulk,
            visit {
                id: next(),
                merchant_id: merchant,
                store_id: store,
                person_id: facts.membership.person.get(),
                amount: 100,
                currency: "EUR",
                occurred_at: at,
                business_date: "2024-01-01",
                created_at: 0,
            }
        );
    }
}

/// Beside the customer's redemptions one given back, one of points, one at the other merchant.
fn fill_redemptions(
    bulk: &mut Bulk,
    next: &mut impl FnMut() -> i64,
    facts: &SegmentFacts,
    redemptions: &[RedemptionFact],
) {
    let own = redemptions.iter();
    let own = own.map(|row| (MERCHANT, "OFFER", Some(row.offer.get()), None, row.created_at));
    let at = Timestamp::from_seconds(0);
    let noise = [
        (MERCHANT, "OFFER", Some(2), Some(5), at),
        (MERCHANT, "POINTS", None, None, at),
        (OTHER, "OFFER", Some(12), None, at),
    ];
    for (merchant, kind, offer, reversed_at, created_at) in own.chain(noise) {
        put!(
            bulk,
            redemption {
                id: next(),
                merchant_id: merchant,
                kind: kind,
                person_id: facts.membership.person.get(),
                offer_id: offer,
                reversed_at: reversed_at,
                created_at: created_at,
                updated_at: 0,
            }
        );
    }
}

/// What stamps earned and what is left of points is neither points earned nor stamps.
fn fill_accounts(bulk: &mut Bulk, next: &mut impl FnMut() -> i64, facts: &SegmentFacts) {
    let mut points = facts.points_earned;
    let own = facts.loyalty_cards.iter().map(|card| {
        let card = card.get();
        let stamps = takes_stamps(card);
        let earned = if stamps { 77 } else { std::mem::take(&mut points) };
        (MERCHANT, card, earned, if stamps { facts.stamps } else { 77 })
    });
    for (merchant, card, earned, balance) in own.chain([(OTHER, 11, 99, 99), (OTHER, 12, 99, 99)]) {
        put!(
            bulk,
            account {
                id: next(),
                merchant_id: merchant,
                person_id: facts.membership.person.get(),
                loyalty_card_id: card,
                earned: earned,
                balance: balance,
                created_at: 0,
            }
        );
    }
}
