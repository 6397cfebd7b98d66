//! The consumers of the demo world, and what merchants have of them: made as the domain's own values, so that what is
//! shared, folded and searched follows from its rules (1, 3 and 7).

use chrono::NaiveDate;
use rand::Rng as _;
use regulars_customer::{
    CardNumber, Country, EmailAddress, ExtraInfo, Gender, Kind, LoyaltyId, Membership as Member,
    Person, PhoneNumber, Profile, Sharing, Standing, UserType, search::SearchText,
    segment::folded_text,
};
use regulars_kernel::{MerchantId, PersonId, Timestamp, text::fold};
use regulars_merchant::EntitySource;

use super::{
    names::{self, Land, Phone},
    random::{Roll, Stream, percent, pick},
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
    account: Person,
    /// A managed customer's, which the merchant keeps.
    profile: Profile,
    /// The phone number as it is dialled within the country.
    national: Option<String>,
    sharing: Sharing,
    fate: Fate,
    card: Option<CardNumber>,
    source: Option<(EntitySource, String)>,
    extra_info: Option<ExtraInfo>,
    discounts: i32,
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
enum Fate {
    Live,
    Archived,
    Left,
}

impl Consumer {
    /// The consumer of that number.
    pub(super) fn of(world: &World, number: usize) -> Option<Self> {
        let plan = &world.plan;
        let roll = &mut world.dice.roll(Stream::Person, number as u64);
        let (person, is_star, home) =
            (plan.person(number), plan.is_star(number), world.home(number));
        let tenant = world.tenants.get(home)?;
        let kind = if number == 0 || percent(roll, 35) { Kind::Registered } else { Kind::Managed };
        let registered = kind == Kind::Registered;
        let phone =
            (percent(roll, 75) || is_star).then(|| tenant.land.phone(roll, number > FILM_PHONES));
        let mut profile = profile(roll, tenant.land, person, registered, phone.as_ref());
        if number == 0 {
            profile.email = Some(EmailAddress::from_stored(LOGIN.to_owned()));
        }
        let since = Self::since(world, number, tenant.later, roll.random_range(1..4_000));
        let changed = since + (plan.now - since) / 100 * roll.random_range(0..100);
        let fate = match roll.random_range(0..100) {
            0..=1 if !is_star => Fate::Archived,
            2 if !is_star && registered => Fate::Left,
            _ => Fate::Live,
        };
        let mut memberships = vec![Membership { tenant: home, since }];
        let elsewhere = number == 0 || (percent(roll, 8) && fate == Fate::Live);
        if registered && elsewhere {
            let tenant = (home + 1) % world.tenants.len();
            memberships.push(Membership { tenant, since: since + (plan.now - since) / 2 });
        }
        let instant = Timestamp::from_micros;
        let account = Person {
            id: PersonId::new(person),
            kind,
            user_type: UserType::Consumer,
            merchant_type: None,
            loyalty_id: Some(LoyaltyId::from_stored(plan.loyalty_id(person))),
            profile: if registered { profile.clone() } else { Profile::default() },
            logo: None,
            verified: registered && (number == 0 || percent(roll, 80)),
            staff: false,
            admin: false,
            archived: false,
            active: true,
            last_login: (registered && percent(roll, 80)).then_some(instant(changed)),
            deleted_at: None,
            created_at: instant(since),
            updated_at: instant(if registered { changed } else { since }),
        };
        Some(Self {
            person,
            is_star,
            account,
            profile,
            national: phone.map(|phone| phone.national),
            sharing: if number == 0 || percent(roll, 70) { Sharing::Full } else { Sharing::Name },
            fate,
            card: (!registered && percent(roll, 25))
                .then(|| CardNumber::from_stored(format!("MR-{person:07}"))),
            source: (!registered && percent(roll, 30)).then(|| source(roll, person)),
            extra_info: percent(roll, 10).then(|| extra_info(roll)),
            discounts: if percent(roll, 5) { 2 } else { 0 },
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
        self.account.kind == Kind::Registered
            || self.profile.email.is_some()
            || self.profile.phone_number.is_some()
            || self.card.is_some()
            || self.source.is_some()
    }

    /// What a merchant has.
    fn member(&self, world: &World, merchant: i64, since: i64) -> Member {
        let since = Timestamp::from_micros(since);
        let gone = Timestamp::from_micros(world.plan.now - DAY / 2);
        let merchant = MerchantId::new(merchant);
        let mut member = Member::of_account(&self.account, merchant, self.sharing, since);
        if self.account.kind == Kind::Managed {
            member.kind = Kind::Managed;
            member.sharing = None;
            member.profile = self.profile.clone();
        }
        member.cards = self.card.iter().cloned().collect();
        member.extra_info.clone_from(&self.extra_info);
        member.num_of_order_discounts_allowed = self.discounts;
        (member.entity_source, member.entity_source_id) = self.source.clone().unzip();
        (member.standing, member.updated_at) = match self.fate {
            Fate::Live => (Standing::Live, since.max(self.account.updated_at)),
            Fate::Archived => (Standing::Archived(gone), gone),
            Fate::Left => (Standing::Left(gone), gone),
        };
        member.copy(&self.account);
        member
    }

    /// As the domain has it, but for the phone number: to parse each again would take longer than all the rest.
    fn search_text(&self, member: &mut Member) -> SearchText {
        let phone = member.profile.phone_number.take();
        let mut text = member.search_text();
        if let (Some(phone), Some(national)) = (&phone, &self.national) {
            text.phone = format!(" 00{} {national} ", phone.international_digits());
        }
        member.profile.phone_number = phone;
        text
    }
}

fn profile(
    roll: &mut Roll,
    land: Land,
    person: i64,
    registered: bool,
    phone: Option<&Phone>,
) -> Profile {
    let woman = percent(roll, 50);
    let (first, last) = land.name(roll, woman);
    let town = land.town(roll);
    let has_address = percent(roll, 60);
    Profile {
        email: (registered || percent(roll, 60))
            .then(|| EmailAddress::from_stored(names::email(roll, first, last, person))),
        secondary_email: None,
        firstname: first.to_owned(),
        lastname: last.to_owned(),
        phone_number: phone.map(|phone| PhoneNumber::from_stored(phone.e164.clone())),
        birthday: percent(roll, 70).then(|| birthday(roll)).flatten(),
        gender: percent(roll, 80).then(|| match (percent(roll, 3), woman) {
            (true, _) => Gender::Other,
            (false, true) => Gender::Female,
            (false, false) => Gender::Male,
        }),
        country: Country::from_alpha2(land.country()),
        city: Some(town.name.to_owned()),
        street: has_address.then(|| land.street(roll)),
        zip_code: has_address.then(|| town.zip(roll)),
        picture: None,
    }
}

fn birthday(roll: &mut Roll) -> Option<NaiveDate> {
    let year = roll.random_range(1940..=2007);
    NaiveDate::from_ymd_opt(year, roll.random_range(1..=12), roll.random_range(1..=28))
}

fn source(roll: &mut Roll, person: i64) -> (EntitySource, String) {
    let sources = [Some(EntitySource::Shopify), Some(EntitySource::File), Some(EntitySource::Pos)];
    (pick(roll, &sources).unwrap_or(EntitySource::Pos), format!("c-{person}"))
}

fn extra_info(roll: &mut Roll) -> ExtraInfo {
    let (newsletter, table) = (percent(roll, 50), roll.random_range(1..20));
    ExtraInfo::from_stored(format!(r#"{{"newsletter":{newsletter},"table":{table}}}"#))
}

/// The rows of the consumer of that number.
pub(super) fn add(world: &World, number: usize, out: &mut Batch) {
    let Some(consumer) = Consumer::of(world, number) else { return };
    out.person.push(person_row(&consumer.account, &world.plan.password_hash));
    for (place, membership) in (0..).zip(&consumer.memberships) {
        let Some(tenant) = world.tenants.get(membership.tenant) else { continue };
        let mut member = consumer.member(world, tenant.id, membership.since);
        let text = consumer.search_text(&mut member);
        out.membership.push(member_row(&member, &text));
        if let Some(card) = &consumer.card {
            out.membership_card.push(MembershipCardRow {
                merchant_id: tenant.id,
                card_key: card.key(),
                card: card.as_str().to_owned(),
                person_id: consumer.person,
                created_at: membership.since,
            });
        }
        out.membership_search.push(MembershipSearchRow {
            id: consumer.person * 65_536 + place,
            merchant_id: tenant.id,
            person_id: consumer.person,
            firstname: text.firstname,
            lastname: text.lastname,
            city: text.city,
            email: text.email,
            phone: text.phone,
            loyalty_id: text.loyalty_id,
            cards: text.cards,
        });
    }
}

fn person_row(person: &Person, password_hash: &str) -> PersonRow {
    let profile = &person.profile;
    PersonRow {
        id: person.id.get(),
        user_type: person.user_type.name(),
        registered: person.kind == Kind::Registered,
        email: profile.email.as_ref().map(|email| email.as_str().to_owned()),
        email_key: profile.email.as_ref().map(EmailAddress::key),
        verified: person.verified,
        password_hash: (person.kind == Kind::Registered).then(|| password_hash.to_owned()),
        firstname: profile.firstname.clone(),
        lastname: profile.lastname.clone(),
        phone_number: profile.phone_number.as_ref().map(|phone| phone.as_str().to_owned()),
        birthday: profile.birthday.map(|day| day.to_string()),
        gender: profile.gender.map(Gender::name),
        country: profile.country.map(Country::alpha2),
        city: profile.city.clone(),
        street: profile.street.clone(),
        zip_code: profile.zip_code.clone(),
        merchant_type: None,
        loyalty_id: person.loyalty_id.clone().map(LoyaltyId::into_string),
        last_login: person.last_login.map(Timestamp::micros),
        created_at: person.created_at.micros(),
        updated_at: person.updated_at.micros(),
    }
}

fn member_row(member: &Member, text: &SearchText) -> MembershipRow {
    let profile = &member.profile;
    MembershipRow {
        merchant_id: member.merchant.get(),
        person_id: member.person.get(),
        managed: member.kind == Kind::Managed,
        sharing: member.sharing.map(Sharing::name),
        loyalty_id: member.loyalty_id.clone().map(LoyaltyId::into_string),
        email: profile.email.as_ref().map(|email| email.as_str().to_owned()),
        email_key: text.email.clone(),
        verified: member.verified,
        firstname: profile.firstname.clone(),
        firstname_key: fold(&profile.firstname),
        lastname: profile.lastname.clone(),
        lastname_key: fold(&profile.lastname),
        phone_number: profile.phone_number.as_ref().map(|phone| phone.as_str().to_owned()),
        birthday: profile.birthday.map(|day| day.to_string()),
        gender: profile.gender.map(Gender::name),
        country: profile.country.map(Country::alpha2),
        city: profile.city.clone(),
        city_key: text.city.clone(),
        street: profile.street.clone(),
        zip_code: profile.zip_code.clone(),
        extra_info: member.extra_info.as_ref().map(|info| info.as_str().to_owned()),
        folded_text: folded_text(member),
        entity_source: member.entity_source.map(EntitySource::name),
        entity_source_id: member.entity_source_id.clone(),
        creator_id: member.creator().map(PersonId::get),
        num_of_order_discounts_allowed: i64::from(member.num_of_order_discounts_allowed),
        archived: member.standing.is_archived(),
        departed: matches!(member.standing, Standing::Left(_)),
        last_login: member.last_login.map(Timestamp::micros),
        deleted_at: member.standing.since().map(Timestamp::micros),
        created_at: member.created_at.micros(),
        updated_at: member.updated_at.micros(),
    }
}
