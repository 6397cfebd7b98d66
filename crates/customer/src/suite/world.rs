//! The rows that the suite begins with.

use chrono::NaiveDate;
use regulars_kernel::{Currency, MerchantId, PersonId, Timestamp};
use regulars_merchant::{EntitySource, Merchant, Tz};

use crate::{
    CardNumber, Country, EmailAddress, ExtraInfo, Gender, Kind, LoyaltyId, Membership, Person,
    PhoneNumber, Profile, Sharing, Standing, UserType,
};

/// The rows that a fixture puts down, numbers included.
#[derive(Clone, Debug)]
pub struct World {
    /// The tenants; each one's founder is the person of the same number.
    pub merchants: Vec<Merchant>,
    /// Founders, staff, registered people and managed ones.
    pub people: Vec<Person>,
    /// Who works for whom, founders left out.
    pub staff: Vec<(MerchantId, PersonId)>,
    /// What merchants have of people.
    pub memberships: Vec<Membership>,
}

/// The tenant with most of the customers.
pub(super) const NEAR: MerchantId = MerchantId::new(11);
/// The other tenant.
pub(super) const FAR: MerchantId = MerchantId::new(12);
/// Works for [`NEAR`].
pub(super) const CASHIER: PersonId = PersonId::new(21);
/// Registered; shares everything with [`NEAR`] and the name with [`FAR`].
pub(super) const ADA: PersonId = PersonId::new(31);
/// Registered; left [`NEAR`].
pub(super) const BOB: PersonId = PersonId::new(32);
/// Registered; nobody's customer.
pub(super) const CID: PersonId = PersonId::new(33);
/// Registered; the account is archived.
pub(super) const DAN: PersonId = PersonId::new(34);
/// The first of [`NEAR`]'s managed people.
pub(super) const FIRST_MANAGED: i64 = 101;
/// A managed customer of [`FAR`].
pub(super) const FAR_MANAGED: PersonId = PersonId::new(201);

/// Seconds after the beginning of 2026.
pub(super) const fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((1_767_225_600 + seconds) * Timestamp::MICROS_PER_SECOND)
}

pub(super) fn loyalty_id(person: PersonId) -> LoyaltyId {
    LoyaltyId::from_entropy(person.get().unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

pub(super) fn phone(number: &str) -> Option<PhoneNumber> {
    PhoneNumber::parse(number, None).ok()
}

pub(super) fn email(address: &str) -> Option<EmailAddress> {
    EmailAddress::parse(address).ok()
}

fn merchant(id: MerchantId, name: &str, time_zone: Tz, currency: Currency) -> Merchant {
    Merchant::new(id, name, time_zone, currency, at(0))
}

fn person(id: PersonId, kind: Kind, user_type: UserType, profile: Profile) -> Person {
    let loyalty_id = (user_type == UserType::Consumer).then(|| loyalty_id(id));
    Person {
        id,
        kind,
        user_type,
        merchant_type: None,
        loyalty_id,
        profile,
        logo: None,
        verified: false,
        staff: false,
        admin: false,
        archived: false,
        active: true,
        last_login: None,
        deleted_at: None,
        created_at: at(id.get()),
        updated_at: at(id.get()),
    }
}

fn named(firstname: &str, lastname: &str, address: &str) -> Profile {
    Profile {
        firstname: firstname.to_owned(),
        lastname: lastname.to_owned(),
        email: email(address),
        ..Profile::default()
    }
}

fn ada() -> Person {
    let profile = Profile {
        secondary_email: email("ada@second.example"),
        phone_number: phone("+491712345678"),
        birthday: NaiveDate::from_ymd_opt(1990, 2, 28),
        gender: Some(Gender::Female),
        country: Country::from_alpha2("DE"),
        city: Some("Köln".to_owned()),
        street: Some("Ring 1".to_owned()),
        zip_code: Some("50667".to_owned()),
        picture: Some("https://example.com/ada.png".to_owned()),
        ..named("Ada", "Müller", "Ada@Example.com")
    };
    Person {
        verified: true,
        last_login: Some(at(5000)),
        ..person(ADA, Kind::Registered, UserType::Consumer, profile)
    }
}

/// A managed customer whose values follow from a number, so that the lists have ties, gaps and folded letters.
pub(super) fn managed(merchant: MerchantId, id: PersonId) -> Membership {
    let number = id.get();
    let pick = |choices: &[&str], step: i64| {
        let length = i64::try_from(choices.len()).unwrap();
        let index = usize::try_from((number / step).rem_euclid(length)).unwrap();
        choices.get(index).copied().unwrap_or_default().to_owned()
    };
    let some = |text: String| (!text.is_empty()).then_some(text);
    let profile = Profile {
        firstname: pick(&["Zoë", "zoe", "Émile", "Anna", "", "Jörg", "ANNA"], 1),
        lastname: pick(&["O'Neil", "Li", "50% off", "under_score"], 2),
        email: (number % 3 != 0).then(|| email(&format!("Guest{number}@Example.org"))).flatten(),
        phone_number: (number % 4 != 0).then(|| phone(&format!("+49171{number:07}"))).flatten(),
        birthday: NaiveDate::from_ymd_opt(1950 + i32::try_from(number % 60).unwrap(), 2, 1),
        gender: Some(Gender::Other).filter(|_| number % 5 == 0),
        country: Country::from_alpha2(&pick(&["DE", "US", ""], 1)),
        city: some(pick(&["Bonn", "Köln", "", "bonn"], 3)),
        street: some(pick(&["Ring 1", ""], 1)),
        zip_code: some(pick(&["53111", "50667", ""], 1)),
        ..Profile::default()
    };
    let cards =
        if number % 6 == 0 { vec![format!("AB-{number}"), format!("{number}")] } else { vec![] };
    Membership {
        merchant,
        person: id,
        kind: Kind::Managed,
        sharing: None,
        loyalty_id: Some(loyalty_id(id)),
        profile,
        verified: false,
        cards: cards.iter().map(|card| CardNumber::parse(card).unwrap()).collect(),
        extra_info: (number % 2 == 0)
            .then(|| ExtraInfo::parse(&format!(r#"{{"vip": true, "shoe": {number}}}"#)).unwrap()),
        num_of_order_discounts_allowed: i32::try_from(number % 3).unwrap(),
        entity_source: Some(EntitySource::Shopify).filter(|_| number % 2 == 1),
        entity_source_id: Some(format!("gid/{number}")).filter(|_| number % 2 == 1),
        standing: if number % 7 == 0 { Standing::Archived(at(number)) } else { Standing::Live },
        last_login: None,
        created_at: at(number / 2),
        updated_at: at(number / 3),
    }
}

pub(super) fn world() -> World {
    let founder = |id: MerchantId, address: &str| {
        let profile = named("Founder", "", address);
        person(id.founder(), Kind::Registered, UserType::Merchant, profile)
    };
    let (ada, bob) = (ada(), registered(BOB, "Bob", "bob@example.com"));
    let cashier = named("Cashier", "", "till@near.example");
    let mut people = vec![
        founder(NEAR, "owner@near.example"),
        founder(FAR, "owner@far.example"),
        person(CASHIER, Kind::Registered, UserType::Merchant, cashier),
        ada.clone(),
        bob.clone(),
        registered(CID, "Cid", "cid@example.com"),
        Person {
            archived: true,
            deleted_at: Some(at(99)),
            ..registered(DAN, "Dan", "dan@example.com")
        },
    ];
    let mut left = Membership {
        standing: Standing::Left(at(700)),
        cards: vec![CardNumber::parse("BOB-1").unwrap()],
        ..Membership::of_account(&bob, NEAR, Sharing::Full, at(600))
    };
    left.copy(&bob);
    let mut memberships = vec![
        Membership {
            cards: vec![CardNumber::parse("ADA 1").unwrap()],
            ..Membership::of_account(&ada, NEAR, Sharing::Full, at(400))
        },
        Membership::of_account(&ada, FAR, Sharing::Name, at(500)),
        left,
        managed(FAR, FAR_MANAGED),
    ];
    let near = (FIRST_MANAGED..FIRST_MANAGED + 60).map(|id| managed(NEAR, PersonId::new(id)));
    memberships.extend(near);
    for membership in memberships.iter().filter(|membership| membership.kind == Kind::Managed) {
        let empty = Profile::default();
        people.push(person(membership.person, Kind::Managed, UserType::Consumer, empty));
    }
    World {
        merchants: vec![
            merchant(NEAR, "Near", Tz::Europe__Berlin, Currency::EUR),
            merchant(FAR, "Far", Tz::America__New_York, Currency::USD),
        ],
        people,
        staff: vec![(NEAR, CASHIER)],
        memberships,
    }
}

pub(super) fn registered(id: PersonId, name: &str, address: &str) -> Person {
    let profile = Profile { city: Some("Bonn".to_owned()), ..named(name, "Smith", address) };
    person(id, Kind::Registered, UserType::Consumer, profile)
}
