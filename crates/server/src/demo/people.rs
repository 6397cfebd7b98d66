//! The consumers of the demo world, and what merchants have of them (rules 1, 3 and 7).

use rand::Rng as _;
use regulars_customer::CardNumber;
use regulars_kernel::text::fold;

use super::{
    names::{self, Phone},
    random::{Stream, percent, pick},
    row::{Batch, MembershipCardRow, MembershipRow, MembershipSearchRow, PersonRow},
    world::{DAY, HOUR, World},
};

/// The consumer who can log in.
const LOGIN: &str = "consumer@example.com";
/// Phone numbers of films are enough for so many.
const FILM_PHONES: usize = 3_000;

/// Somebody who buys.
pub(super) struct Consumer {
    pub(super) person: i64,
    pub(super) is_star: bool,
    registered: bool,
    verified: bool,
    shares_all: bool,
    standing: Standing,
    loyalty_id: String,
    email: Option<String>,
    first: &'static str,
    last: &'static str,
    phone: Option<Phone>,
    birthday: Option<String>,
    gender: Option<&'static str>,
    country: &'static str,
    city: &'static str,
    street: Option<String>,
    zip: Option<String>,
    card: Option<CardNumber>,
    source: Option<(&'static str, String)>,
    extra_info: Option<String>,
    discounts: i64,
    last_login: Option<i64>,
    changed: i64,
    /// The merchants whose customer they are, the first first.
    pub(super) memberships: Vec<Membership>,
}

/// Where somebody is a customer, and since when.
#[derive(Clone, Copy)]
pub(super) struct Membership {
    pub(super) tenant: usize,
    pub(super) since: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Live,
    Archived,
    Departed,
}

impl Consumer {
    /// The consumer of that number.
    pub(super) fn of(world: &World, number: usize) -> Option<Self> {
        let plan = &world.plan;
        let roll = &mut world.dice.roll(Stream::Person, number as u64);
        let (person, is_star, home) =
            (plan.person(number), plan.is_star(number), world.home(number));
        let tenant = world.tenants.get(home)?;
        let land = tenant.land;
        let registered = number == 0 || percent(roll, 35);
        let woman = percent(roll, 50);
        let (first, last) = land.name(roll, woman);
        let email =
            (registered || percent(roll, 60)).then(|| names::email(roll, first, last, person));
        let phone = percent(roll, 75).then(|| land.phone(roll, number > FILM_PHONES));
        let town = land.town(roll);
        let has_address = percent(roll, 60);
        let since = Self::since(world, number, tenant.later, roll.random_range(1..4_000));
        let seen = (plan.now - since) / 100 * roll.random_range(0..100);
        let standing = match roll.random_range(0..100) {
            0..=1 if !is_star => Standing::Archived,
            2 if !is_star && registered => Standing::Departed,
            _ => Standing::Live,
        };
        let mut memberships = vec![Membership { tenant: home, since }];
        let elsewhere = number == 0 || (percent(roll, 8) && standing == Standing::Live);
        if registered && elsewhere {
            let tenant = (home + 1) % world.tenants.len();
            memberships.push(Membership { tenant, since: since + (plan.now - since) / 2 });
        }
        Some(Self {
            person,
            is_star,
            registered,
            verified: registered && (number == 0 || percent(roll, 80)),
            shares_all: number == 0 || percent(roll, 70),
            standing,
            loyalty_id: plan.loyalty_id(person),
            email: if number == 0 { Some(LOGIN.to_owned()) } else { email },
            first,
            last,
            phone,
            birthday: percent(roll, 70).then(|| {
                let [year, month, day] =
                    [1940..=2007, 1..=12, 1..=28].map(|range| roll.random_range(range));
                format!("{year}-{month:02}-{day:02}")
            }),
            gender: percent(roll, 80).then_some(match (percent(roll, 3), woman) {
                (true, _) => "OTHER",
                (false, true) => "FEMALE",
                (false, false) => "MALE",
            }),
            country: land.country(),
            city: town.name,
            street: has_address.then(|| land.street(roll)),
            zip: has_address.then(|| town.zip(roll)),
            card: (!registered && percent(roll, 25))
                .then(|| CardNumber::from_stored(format!("MR-{person:07}"))),
            source: (!registered && percent(roll, 30))
                .then(|| (pick(roll, &["SHOPIFY", "POS", "FILE"]), format!("c-{person}"))),
            extra_info: percent(roll, 10).then(|| {
                format!(
                    r#"{{"newsletter":{},"table":{}}}"#,
                    percent(roll, 50),
                    roll.random_range(1..20)
                )
            }),
            discounts: if percent(roll, 5) { 2 } else { 0 },
            last_login: (registered && percent(roll, 80)).then_some(since + seen),
            changed: since + seen,
            memberships,
        })
    }

    /// Customers before their first order; those of the tour long enough to have a history.
    fn since(world: &World, number: usize, later: i64, minutes: i64) -> i64 {
        let first = world.calendar.orders_of(number).first().copied();
        let first = first.and_then(|order| i64::try_from(world.calendar.instant(order)).ok());
        let since = match first {
            Some(placed) => placed + later - minutes * HOUR / 60,
            None => world.plan.now - DAY - minutes * HOUR * 4,
        };
        if world.plan.is_star(number) { since.min(world.plan.now - 400 * DAY) } else { since }
    }

    /// Whether something tells them from anybody else: without, no welcome points (rule 15).
    pub(super) fn is_proved(&self) -> bool {
        self.registered
            || self.email.is_some()
            || self.phone.is_some()
            || self.card.is_some()
            || self.source.is_some()
    }

    fn person_row(&self, password_hash: &str) -> PersonRow {
        let own = self.registered;
        let email = self.email.clone().filter(|_email| own);
        let since = self.memberships.first().map_or(0, |membership| membership.since);
        PersonRow {
            id: self.person,
            user_type: "CONSUMER",
            registered: own,
            email_key: email.as_deref().map(fold),
            email,
            verified: self.verified,
            password_hash: own.then(|| password_hash.to_owned()),
            firstname: if own { self.first.to_owned() } else { String::new() },
            lastname: if own { self.last.to_owned() } else { String::new() },
            phone_number: self.phone.as_ref().map(|phone| phone.e164.clone()).filter(|_phone| own),
            birthday: self.birthday.clone().filter(|_birthday| own),
            gender: self.gender.filter(|_gender| own),
            country: own.then_some(self.country),
            city: own.then_some(self.city),
            street: self.street.clone().filter(|_street| own),
            zip_code: self.zip.clone().filter(|_zip| own),
            merchant_type: None,
            loyalty_id: Some(self.loyalty_id.clone()),
            last_login: self.last_login,
            created_at: since,
            updated_at: if own { self.changed } else { since },
        }
    }

    /// What a merchant has: all of a managed customer, of a registered one what sharing shows, of one who left nothing.
    fn membership_row(&self, world: &World, membership: Membership) -> Option<MembershipRow> {
        let merchant = world.tenants.get(membership.tenant)?.id;
        let (all, name) = match (self.registered, self.standing) {
            (false, _) => (true, true),
            (true, Standing::Departed) => (false, false),
            (true, _) => (self.shares_all, true),
        };
        let email = self.email.clone().filter(|_email| all);
        let name_of = |name: &str, shown: bool| if shown { name.to_owned() } else { String::new() };
        let gone = (self.standing != Standing::Live).then_some(world.plan.now - DAY / 2);
        Some(MembershipRow {
            merchant_id: merchant,
            person_id: self.person,
            managed: !self.registered,
            sharing: self.registered.then_some(if self.shares_all { "FULL" } else { "NAME" }),
            loyalty_id: name.then(|| self.loyalty_id.clone()),
            email_key: email.as_deref().map(fold).unwrap_or_default(),
            verified: self.verified && email.is_some(),
            email,
            firstname: name_of(self.first, name),
            firstname_key: name_of(&fold(self.first), name),
            lastname: name_of(self.last, name),
            lastname_key: name_of(&fold(self.last), name),
            phone_number: self.phone.as_ref().map(|phone| phone.e164.clone()).filter(|_phone| all),
            birthday: self.birthday.clone().filter(|_birthday| all),
            gender: self.gender.filter(|_gender| all),
            country: all.then_some(self.country),
            city: name.then_some(self.city),
            city_key: name_of(&fold(self.city), name),
            street: self.street.clone().filter(|_street| all),
            zip_code: self.zip.clone().filter(|_zip| all),
            extra_info: self.extra_info.clone(),
            entity_source: self.source.as_ref().map(|(source, _id)| *source),
            entity_source_id: self.source.as_ref().map(|(_source, id)| id.clone()),
            creator_id: (!self.registered).then_some(merchant),
            num_of_order_discounts_allowed: self.discounts,
            archived: gone.is_some(),
            departed: self.standing == Standing::Departed,
            last_login: self.last_login.filter(|_login| name),
            deleted_at: gone,
            created_at: membership.since,
            updated_at: gone.unwrap_or(self.changed.max(membership.since)),
        })
    }

    fn search_row(&self, row: &MembershipRow, number: i64) -> MembershipSearchRow {
        let phone = self.phone.as_ref().filter(|_phone| row.phone_number.is_some());
        let cards =
            self.card.as_ref().map(|card| format!("{}\n{}\n", fold(card.as_str()), card.key()));
        MembershipSearchRow {
            id: self.person * 65_536 + number,
            merchant_id: row.merchant_id,
            person_id: self.person,
            firstname: row.firstname_key.clone(),
            lastname: row.lastname_key.clone(),
            city: row.city_key.clone(),
            email: row.email_key.clone(),
            phone: phone.map_or_else(String::new, |phone| {
                format!(" 00{} {} ", phone.e164.trim_start_matches('+'), phone.national)
            }),
            loyalty_id: row.loyalty_id.clone().unwrap_or_default(),
            cards: cards.unwrap_or_default(),
        }
    }
}

/// The rows of the consumer of that number.
pub(super) fn add(world: &World, number: usize, out: &mut Batch) {
    let Some(consumer) = Consumer::of(world, number) else { return };
    out.person.push(consumer.person_row(&world.plan.password_hash));
    for (place, membership) in (0..).zip(&consumer.memberships) {
        let Some(row) = consumer.membership_row(world, *membership) else { continue };
        out.membership_search.push(consumer.search_row(&row, place));
        if let Some(card) = &consumer.card {
            out.membership_card.push(MembershipCardRow {
                merchant_id: row.merchant_id,
                card_key: card.key(),
                card: card.as_str().to_owned(),
                person_id: consumer.person,
                created_at: membership.since,
            });
        }
        out.membership.push(row);
    }
}
