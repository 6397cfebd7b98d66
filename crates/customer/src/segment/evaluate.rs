//! The decision for one customer.

use std::{cell::OnceCell, collections::BTreeSet};

use chrono::{Datelike, NaiveDate};
use serde_json::{Map, Value as Json};

use super::{
    Node, Segment,
    decimal::Decimal,
    facts::{OrderFacts, RedemptionFacts, SegmentFacts},
    field::Field,
    folded,
    term::Term,
    value::{self, Value},
};
use crate::choice::Gender;

/// Whether a customer belongs to a segment.
pub fn evaluate(segment: &Segment, facts: &SegmentFacts) -> bool {
    Customer { facts, extra_info: OnceCell::new() }.meets(segment.root())
}

struct Customer<'a> {
    facts: &'a SegmentFacts,
    extra_info: OnceCell<Map<String, Json>>,
}

impl Customer<'_> {
    fn meets(&self, node: &Node) -> bool {
        match node {
            Node::Term(term) => self.meets_term(term),
            Node::Not(inner) => !self.meets(inner),
            Node::All(nodes) => nodes.iter().all(|node| self.meets(node)),
            Node::Any(nodes) => nodes.iter().any(|node| self.meets(node)),
        }
    }

    fn meets_term(&self, term: &Term) -> bool {
        term.holds(&self.values(term.field()))
    }

    /// Every value of a field that the customer has.
    fn values(&self, field: &Field) -> Vec<Value> {
        if let Some(always) = field.constant() {
            return always;
        }
        let facts = self.facts;
        let (member, profile) = (&facts.membership, &facts.membership.profile);
        let text = |raw: Option<&str>| raw.and_then(value::text);
        let instant = |at: Option<_>| at.map(Value::Instant);
        let one = match field {
            Field::Email => text(profile.email.as_ref().map(crate::EmailAddress::as_str)),
            Field::SecondaryEmail => {
                text(profile.secondary_email.as_ref().map(crate::EmailAddress::as_str))
            }
            Field::Firstname => text(Some(&profile.firstname)),
            Field::Lastname => text(Some(&profile.lastname)),
            Field::PhoneNumber => {
                text(profile.phone_number.as_ref().map(crate::PhoneNumber::as_str))
            }
            Field::City => text(profile.city.as_deref()),
            Field::Street => text(profile.street.as_deref()),
            Field::ZipCode => text(profile.zip_code.as_deref()),
            Field::Address => text(profile.address().as_deref()),
            Field::Picture => text(profile.picture.as_deref()),
            Field::LoyaltyId => text(member.loyalty_id.as_ref().map(crate::LoyaltyId::as_str)),
            Field::EntitySourceId => text(member.entity_source_id.as_deref()),
            Field::Birthday => profile.birthday.map(Value::Date),
            Field::BirthdayMonth => {
                profile.birthday.map(|birthday| Value::Integer(birthday.month().into()))
            }
            Field::Age => profile.birthday.and_then(|born| age(born, facts.today)),
            Field::Gender => profile.gender.map(Gender::name).map(Value::Choice),
            Field::Country => profile.country.map(crate::Country::alpha2).map(Value::Choice),
            Field::EntitySource => member.entity_source.map(|source| Value::Choice(source.name())),
            Field::LastLogin => instant(member.last_login),
            Field::DeletedAt => instant(member.standing.since()),
            Field::CreatedAt => instant(Some(member.created_at)),
            Field::UpdatedAt => instant(Some(member.updated_at)),
            Field::LastVisit => instant(facts.visits.last),
            Field::Active => Some(Value::Boolean(!member.standing.is_archived())),
            Field::Archived => Some(Value::Boolean(member.standing.is_archived())),
            Field::Verified => Some(Value::Boolean(member.verified)),
            Field::NumOfOrderDiscountsAllowed => {
                Some(Value::Integer(member.num_of_order_discounts_allowed.into()))
            }
            Field::PointsEarned => Some(Value::Integer(facts.points_earned)),
            Field::Stamps => Some(Value::Integer(facts.stamps)),
            Field::OrdersCount => Some(Value::Integer(facts.orders.count)),
            Field::OrdersTotal => {
                Some(Value::Amount(Decimal::of_minor(facts.orders.total, facts.currency)))
            }
            Field::VisitsCount => Some(Value::Integer(facts.visits.count)),
            Field::UserType
            | Field::MerchantType
            | Field::Logo
            | Field::Staff
            | Field::Admin
            | Field::OrdersStore
            | Field::OrdersProduct
            | Field::OrdersCompletedAt
            | Field::VisitsStore
            | Field::RedemptionsOffer
            | Field::RedemptionsCreatedAt
            | Field::LoyaltyCard
            | Field::ExtraInfo(_) => return self.many(field),
        };
        one.into_iter().collect()
    }

    fn many(&self, field: &Field) -> Vec<Value> {
        let facts = self.facts;
        let OrderFacts { stores, products, completed_at, .. } = &facts.orders;
        let RedemptionFacts { offers, created_at } = &facts.redemptions;
        let instants = |all: &BTreeSet<_>| all.iter().copied().map(Value::Instant).collect();
        match field {
            Field::OrdersStore => stores.iter().map(|store| Value::Id(store.get())).collect(),
            Field::OrdersProduct => {
                products.iter().map(|product| Value::Id(product.get())).collect()
            }
            Field::OrdersCompletedAt => instants(completed_at),
            Field::VisitsStore => {
                facts.visits.stores.iter().map(|store| Value::Id(store.get())).collect()
            }
            Field::RedemptionsOffer => offers.iter().map(|offer| Value::Id(offer.get())).collect(),
            Field::RedemptionsCreatedAt => instants(created_at),
            Field::LoyaltyCard => {
                facts.loyalty_cards.iter().map(|card| Value::Id(card.get())).collect()
            }
            Field::ExtraInfo(key) => {
                let all = self.extra_info.get_or_init(|| folded::extra_info(&facts.membership));
                all.get(key).map(folded::forms).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }
}

/// Whole years from a birthday to a day; none for those who are not yet born. People born on 29 February age on 1 March.
fn age(born: NaiveDate, today: NaiveDate) -> Option<Value> {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    let years = i64::from(today.year()) - i64::from(born.year()) - i64::from(!had_birthday);
    (born <= today).then_some(Value::Integer(years))
}
