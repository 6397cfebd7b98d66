//! Made-up rules and customers out of one small world, so that they often meet: for tests that hold two ways of deciding
//! a segment together.
//!
//! Everything is drawn through a function that is given a number of choices and picks one; a test decides where its
//! picks come from, so the same picks give the same sample.

use chrono::NaiveDate;
use regulars_kernel::{
    Currency, LoyaltyCardId, MerchantId, OfferId, PersonId, ProductId, StoreId, Timestamp,
};
use regulars_merchant::EntitySource;
use serde_json::{Value as Json, json};

use super::{Field, Operator, OrderFact, RedemptionFact, SegmentFacts, ValueKind, VisitFact};
use crate::{
    Country, EmailAddress, ExtraInfo, Gender, LoyaltyId, Membership, PhoneNumber, Profile,
    Standing, person,
};

/// The ids of stores, products, offers and loyalty cards are 1 to this.
pub const IDS: i64 = 3;
/// The merchant's currency.
pub const CURRENCY: Currency = Currency::EUR;

/// Folding, width, code points beyond 16 bits, wildcards of SQL, quotes.
const TEXTS: &[&str] = &[
    "Ada",
    "ADA lovelace",
    "Müller",
    "MÜLLER 5",
    "ﬁn",
    "É",
    "É",
    "42",
    "5",
    "a_b%c",
    "ＷＩＤＥ",
    "Straße",
    "Σίσυφος",
    "😀",
    "\u{e000}x",
    "it's \"q\\",
    "Z",
    "a",
    "true",
    "İ",
    "ß ´",
];
const KEYS: &[&str] = &["tier", "n", "a.b", "quo\"te", "back\\slash", "ü#", "$[0]", "it's"];
const DATES: &[(i32, u32, u32)] = &[
    (2000, 2, 29),
    (2000, 2, 28),
    (2000, 3, 1),
    (1990, 12, 31),
    (1985, 6, 15),
    (2024, 2, 28),
    (2024, 2, 29),
    (2024, 3, 1),
    (2023, 2, 28),
    (2030, 1, 1),
    (1, 1, 1),
];
const TODAYS: &[(i32, u32, u32)] = &[(2024, 2, 28), (2024, 2, 29), (2024, 3, 1), (2023, 2, 28)];
/// Microseconds around one instant.
const INSTANT: i64 = 1_700_000_000_000_000;

/// Picks one of so many: any number is good, it is taken modulo.
pub type Pick<'a> = &'a mut dyn FnMut() -> usize;

fn one<T: Clone>(pick: Pick<'_>, of: &[T]) -> Option<T> {
    let index = pick().checked_rem(of.len())?;
    of.get(index).cloned()
}

fn below(pick: Pick<'_>, end: i64) -> i64 {
    let end = end.max(1);
    i64::try_from(pick()).unwrap_or(0).rem_euclid(end)
}

fn maybe<T>(pick: Pick<'_>, make: impl FnOnce(Pick<'_>) -> Option<T>) -> Option<T> {
    if below(pick, 4) == 0 { None } else { make(pick) }
}

fn text(pick: Pick<'_>) -> String {
    one(pick, TEXTS).unwrap_or_default().to_owned()
}

fn date(pick: Pick<'_>) -> NaiveDate {
    let (year, month, day) = one(pick, DATES).unwrap_or((2000, 1, 1));
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

fn instant(pick: Pick<'_>) -> Timestamp {
    Timestamp::from_micros(INSTANT.saturating_add(below(pick, 5)))
}

fn email(pick: Pick<'_>) -> EmailAddress {
    let all = ["Ada@Example.com", "müller@example.com", "z@example.org"];
    EmailAddress::from_stored(one(pick, &all).unwrap_or_default().to_owned())
}

fn phone(pick: Pick<'_>) -> PhoneNumber {
    let all = ["+491712345678", "+4917123456", "+12015550123"];
    PhoneNumber::from_stored(one(pick, &all).unwrap_or_default().to_owned())
}

fn loyalty_id(pick: Pick<'_>) -> LoyaltyId {
    LoyaltyId::from_entropy(u64::try_from(below(pick, 3)).unwrap_or(0))
}

fn scalar(pick: Pick<'_>) -> Json {
    let numbers = [json!(5), json!(5.0), json!(-1.5), json!(0.1), json!(1e3), json!(42), json!(9)];
    match below(pick, 4) {
        0 => one(pick, &numbers).unwrap_or_default(),
        1 => Json::Bool(below(pick, 2) == 0),
        _ => Json::from(text(pick)),
    }
}

fn extra_info(pick: Pick<'_>) -> ExtraInfo {
    let beyond = [json!(null), json!([1]), json!({"a": "b"}), json!(1e300), json!(u64::MAX)];
    let mut object = serde_json::Map::new();
    for key in KEYS {
        let value = match below(pick, 5) {
            0 => continue,
            1 => one(pick, &beyond).unwrap_or_default(),
            _ => scalar(pick),
        };
        object.insert((*key).to_owned(), value);
    }
    ExtraInfo::from_stored(Json::Object(object).to_string())
}

/// The facts of a [`customer`].
pub fn facts(pick: Pick<'_>, merchant: MerchantId, person: PersonId) -> SegmentFacts {
    customer(pick, merchant, person).0
}

/// A customer, and the rows that the facts sum up. The membership is of the given merchant and person; ids of what they own
/// are 1 to [`IDS`]. `today` is one of a few days around a leap day.
pub fn customer(pick: Pick<'_>, merchant: MerchantId, person: PersonId) -> (SegmentFacts, Rows) {
    let profile = Profile {
        email: maybe(pick, |pick| Some(email(pick))),
        secondary_email: maybe(pick, |pick| Some(email(pick))),
        firstname: maybe(pick, |pick| Some(text(pick))).unwrap_or_default(),
        lastname: maybe(pick, |pick| Some(text(pick))).unwrap_or_default(),
        phone_number: maybe(pick, |pick| Some(phone(pick))),
        birthday: maybe(pick, |pick| Some(date(pick))),
        gender: maybe(pick, |pick| one(pick, Gender::ALL)),
        country: maybe(pick, |pick| Country::from_alpha2(one(pick, &["DE", "US"])?)),
        city: maybe(pick, |pick| Some(text(pick))),
        street: maybe(pick, |pick| Some(text(pick))),
        zip_code: maybe(pick, |pick| Some(text(pick))),
        picture: maybe(pick, |pick| Some(text(pick))),
    };
    let archived = below(pick, 4) == 0;
    let membership = Membership {
        merchant,
        person,
        kind: person::Kind::Managed,
        sharing: None,
        loyalty_id: maybe(pick, |pick| Some(loyalty_id(pick))),
        profile,
        verified: below(pick, 2) == 0,
        cards: Vec::new(),
        extra_info: maybe(pick, |pick| Some(extra_info(pick))),
        num_of_order_discounts_allowed: i32::try_from(below(pick, 3)).unwrap_or(0),
        entity_source: maybe(pick, |pick| one(pick, &EntitySource::ALL)),
        entity_source_id: maybe(pick, |pick| Some(text(pick))),
        standing: if archived { Standing::Archived(instant(pick)) } else { Standing::Live },
        last_login: maybe(pick, |pick| Some(instant(pick))),
        created_at: instant(pick),
        updated_at: instant(pick),
    };
    let today = one(pick, TODAYS).and_then(|(y, m, d)| NaiveDate::from_ymd_opt(y, m, d));
    let mut facts = SegmentFacts::of(membership, CURRENCY, today.unwrap_or_default());
    let rows = own(pick, &mut facts);
    (facts, rows)
}

/// The rows that facts sum up.
#[derive(Clone, Debug)]
pub struct Rows {
    /// Completed orders.
    pub orders: Vec<OrderFact>,
    /// Visits.
    pub visits: Vec<VisitFact>,
    /// Redemptions of offers.
    pub redemptions: Vec<RedemptionFact>,
}

fn own(pick: Pick<'_>, facts: &mut SegmentFacts) -> Rows {
    let id = |pick: Pick<'_>| below(pick, IDS).saturating_add(1);
    let some = |pick: Pick<'_>| 0..below(pick, 4);
    let orders: Vec<_> = some(pick)
        .map(|_| {
            let total = below(pick, 4).saturating_mul(500);
            let refunded = if below(pick, 2) == 0 { 0 } else { below(pick, 3).saturating_mul(500) };
            OrderFact {
                store: StoreId::new(id(pick)),
                products: some(pick).map(|_| ProductId::new(id(pick))).collect(),
                completed_at: maybe(pick, |pick| Some(instant(pick))),
                total,
                refunded: refunded.min(total),
                currency: if below(pick, 4) == 0 { Currency::USD } else { CURRENCY },
            }
        })
        .collect();
    let visits: Vec<_> = some(pick)
        .map(|_| VisitFact { store: StoreId::new(id(pick)), at: instant(pick) })
        .collect();
    let redemptions: Vec<_> = some(pick)
        .map(|_| RedemptionFact { offer: OfferId::new(id(pick)), created_at: instant(pick) })
        .collect();
    facts.loyalty_cards =
        (1..=IDS).filter(|_| below(pick, 3) == 0).map(LoyaltyCardId::new).collect();
    if !facts.loyalty_cards.is_empty() {
        facts.points_earned = below(pick, 3);
        facts.stamps = below(pick, 3);
    }
    for order in &orders {
        facts.orders.add(order, CURRENCY);
    }
    for visit in &visits {
        facts.visits.add(*visit);
    }
    for redemption in &redemptions {
        facts.redemptions.add(*redemption);
    }
    Rows { orders, visits, redemptions }
}

/// Valid segmentation rules.
pub fn rules(pick: Pick<'_>) -> Json {
    rule(pick, 3)
}

fn rule(pick: Pick<'_>, depth: i64) -> Json {
    match below(pick, 6) {
        0 if depth > 0 => json!(["NOT", rule(pick, depth - 1)]),
        1 | 2 if depth > 0 => {
            let mut items = vec![rule(pick, depth - 1)];
            for _ in 0..below(pick, 4) {
                items.push(json!(one(pick, &["AND", "OR"])));
                items.push(rule(pick, depth - 1));
            }
            Json::Array(items)
        }
        _ => term(pick),
    }
}

/// A term with any field and any operator that fits it.
pub fn term(pick: Pick<'_>) -> Json {
    let mut fields: Vec<Field> = Field::named().cloned().collect();
    fields.extend(KEYS.iter().map(|key| Field::ExtraInfo((*key).to_owned())));
    let field = one(pick, &fields).unwrap_or(Field::City);
    let kind = field.kind();
    let operator = one(pick, kind.operators()).unwrap_or(Operator::Isnull);
    let operand = match operator {
        Operator::Isnull => Json::Bool(below(pick, 2) == 0),
        Operator::In => Json::Array((0..=below(pick, 3)).map(|_| value(pick, kind)).collect()),
        Operator::Range => range(pick, kind),
        Operator::Icontains => {
            let whole = text(pick);
            let part: String = whole.chars().skip(1).take(2).collect();
            Json::from(if part.trim().is_empty() { whole } else { part })
        }
        _ => value(pick, kind),
    };
    json!([field.name(), operator.name(), operand])
}

fn range(pick: Pick<'_>, kind: ValueKind) -> Json {
    let (a, b) = (value(pick, kind), value(pick, kind));
    // A range is refused where its ends are of two kinds, or the wrong way round.
    let mut fields = Field::named().cloned().chain([Field::ExtraInfo("k".to_owned())]);
    let name = fields.find(|field| field.kind() == kind).map(|field| field.name());
    let fits = |range: &Json| super::parse(&json!([name, "range", range])).is_ok();
    let turned = json!([b, a]);
    let straight = json!([a, b]);
    if fits(&straight) {
        straight
    } else if fits(&turned) {
        turned
    } else {
        json!([a, a])
    }
}

fn value(pick: Pick<'_>, kind: ValueKind) -> Json {
    match kind {
        ValueKind::Text => match below(pick, 4) {
            0 => Json::from(email(pick).as_str()),
            1 => Json::from(phone(pick).as_str()),
            2 => Json::from(loyalty_id(pick).as_str()),
            _ => Json::from(text(pick)),
        },
        ValueKind::Scalar => scalar(pick),
        ValueKind::Date => Json::from(date(pick).format("%Y-%m-%d").to_string()),
        ValueKind::Instant => {
            let at = instant(pick).to_utc();
            Json::from(at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())
        }
        ValueKind::Integer => {
            let all = [json!(0), json!(1), json!(2), json!("1"), json!(23), json!(24), json!(33)];
            let beyond = [json!(-1), json!(i64::MAX), json!(i64::MIN), json!(2023)];
            if below(pick, 5) == 0 { one(pick, &beyond) } else { one(pick, &all) }
                .unwrap_or_default()
        }
        ValueKind::Month => json!(one(pick, &[2, 3, 6, 12])),
        ValueKind::Amount => {
            let all = [
                json!("5"),
                json!(10),
                json!("10.005"),
                json!(-1),
                json!(0),
                json!(1e17),
                json!(15),
            ];
            one(pick, &all).unwrap_or_default()
        }
        ValueKind::Boolean => Json::Bool(below(pick, 2) == 0),
        ValueKind::Choice(choices) => {
            let all = match choices {
                super::Choices::Gender => ["male", "FEMALE"],
                super::Choices::Country => ["de", "US"],
                super::Choices::UserType => ["CONSUMER", "MERCHANT"],
                super::Choices::MerchantType => ["CAFE", "BAR"],
                super::Choices::EntitySource => ["SHOPIFY", "Pos"],
            };
            json!(one(pick, &all))
        }
        ValueKind::Id(_) => json!(below(pick, IDS).saturating_add(1)),
    }
}
