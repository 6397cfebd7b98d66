//! Every reading method answers what the rows say, in every scope.

use std::fmt::Debug;

use chrono::NaiveDate;
use regulars_kernel::{
    Currency, MerchantId, PageRequest, PersonId, Scope, StoreError,
    page::{PageArguments, cut},
};
use regulars_merchant::EntitySource;
use serde_json::json;

use super::{
    Fixture, World,
    world::{ADA, BOB, CASHIER, CID, DAN, FAR, FAR_MANAGED, FIRST_MANAGED, NEAR, at, loyalty_id},
};
use crate::{
    CardNumber, Consumer, ConsumerFilter, ConsumerSort, EmailAddress, FilterArguments, Kind,
    MemberKey, Membership, Person, Stranger,
    filter::Audience,
    search::PhoneTerm,
    segment::{self, SegmentFacts},
    store::MAX_CANDIDATES,
};

pub(super) fn check(fixture: &mut impl Fixture, world: &World) {
    for merchant in [NEAR, FAR] {
        lists(fixture, world, merchant);
        by_key(fixture, world, merchant);
    }
    by_id(fixture, world);
    accounts(fixture, world);
    doors(fixture, world);
    lists_are_a_merchants(fixture);
}

fn scopes() -> [Scope; 7] {
    [
        Scope::Merchant(NEAR),
        Scope::Merchant(FAR),
        Scope::Person(ADA),
        Scope::Person(BOB),
        Scope::Person(CID),
        Scope::Person(CASHIER),
        Scope::Platform,
    ]
}

fn reaches(scope: Scope, membership: &Membership) -> bool {
    match scope {
        Scope::Merchant(merchant) => membership.merchant == merchant,
        Scope::Person(person) => membership.person == person,
        Scope::Platform => true,
    }
}

/// Filters as clients send them: each alone, empty ones, and some together.
fn filters() -> Vec<FilterArguments> {
    type Field = fn(&mut FilterArguments) -> &mut Option<String>;
    let texts: [(Field, &[&str]); 14] = [
        (|f| &mut f.loyalty_id, &["", " "]),
        (|f| &mut f.loyalty_id_icontains, &["1", "12", "", "x", "%"]),
        (
            |f| &mut f.phone_number,
            &[
                "0171 0000101",
                "+49171",
                "0049 171 000",
                "0101",
                "0171",
                "171",
                "nobody",
                "491710000103",
            ],
        ),
        (|f| &mut f.phone_number_icontains, &["171 0000", "0171", "+49171", "00010", "7", "phone"]),
        (|f| &mut f.email, &["GUEST101@example.org", "ada@example.com", "guest101", "%"]),
        (|f| &mut f.email_icontains, &["GUEST1", "example.com", "est11", "@", "_", "%"]),
        (|f| &mut f.firstname, &["Zoë", "zoë", "Anna", "anna"]),
        (|f| &mut f.firstname_icontains, &["ANNA", "zo", "ZOË", "é", "E", "nobody"]),
        (|f| &mut f.lastname, &["Li", "O'Neil", "li"]),
        (|f| &mut f.lastname_icontains, &["o'n", "0%", "%", "r_s", "_", "Ü", "50% OFF"]),
        (|f| &mut f.city, &["Bonn", "bonn", "BONN", "Köln"]),
        (|f| &mut f.city_icontains, &["bon", "KÖLN", "ö", "o"]),
        (|f| &mut f.entity_source_id, &["gid/101", "gid/1", "GID/101"]),
        (
            |f| &mut f.search,
            &[
                "anna",
                "ANNA li",
                "example.org 0171",
                "0171 0000101",
                "ab-1",
                "AB102",
                "müller",
                "5678",
                "+49 (0)171",
                "zoë nobody",
                "%",
                "köln",
                "12",
                "a",
            ],
        ),
    ];
    let mut all = vec![FilterArguments::default()];
    for (field, values) in texts {
        for value in values {
            let mut arguments = FilterArguments::default();
            *field(&mut arguments) = Some((*value).to_owned());
            all.push(arguments);
        }
    }
    let ids = [PersonId::new(FIRST_MANAGED), ADA, BOB];
    all.extend(ids.map(|id| FilterArguments {
        loyalty_id: Some(loyalty_id(id).into_string()),
        ..FilterArguments::default()
    }));
    let base = FilterArguments { include_archived: Some(true), ..FilterArguments::default() };
    all.extend([
        base.clone(),
        FilterArguments { archived: Some(true), ..FilterArguments::default() },
        FilterArguments { archived: Some(false), ..FilterArguments::default() },
        FilterArguments { entity_source: Some(EntitySource::Shopify), ..base.clone() },
        FilterArguments { entity_source: Some(EntitySource::Stripe), ..base.clone() },
        FilterArguments {
            created_at_gte: Some(at(55)),
            created_at_lt: Some(at(65)),
            ..base.clone()
        },
        FilterArguments { updated_at_gte: Some(at(40)), ..base.clone() },
        FilterArguments { updated_at_lt: Some(at(40)), ..base.clone() },
        FilterArguments {
            search: Some("anna".to_owned()),
            city_icontains: Some("bonn".to_owned()),
            email_icontains: Some("guest".to_owned()),
            ..base
        },
    ]);
    all
}

/// Segments that the membership alone decides.
fn segments() -> Vec<Audience> {
    [
        json!([["city", "exact", "BONN"]]),
        json!([["NOT", ["city", "exact", "bonn"]]]),
        json!([["firstname", "icontains", "ann"], "OR", ["country", "in", ["DE"]]]),
        json!([["gender", "isnull", true], "AND", ["email", "isnull", false]]),
        json!([["age", "gte", 40], "AND", ["birthday__month", "exact", 2]]),
        json!([["createdAt", "lt", "2026-01-01T00:01:00"]]),
        json!([["extraInfo.shoe", "range", [110, 130]], "OR", ["extraInfo.vip", "exact", "true"]]),
        json!([["entitySource", "exact", "SHOPIFY"], "AND", ["zipCode", "exact", "53111"]]),
        json!([["lastLogin", "isnull", false]]),
    ]
    .into_iter()
    .map(|rules| Audience {
        segment: segment::parse(&rules).unwrap(),
        currency: Currency::EUR,
        today: NaiveDate::from_ymd_opt(2026, 2, 1).unwrap(),
    })
    .collect()
}

/// What a list shows, by the definition of its filters.
fn shown(world: &World, merchant: MerchantId, filter: &ConsumerFilter) -> Vec<Consumer> {
    let own = world.memberships.iter().filter(|member| member.merchant == merchant);
    let admitted = own.filter(|member| filter.admits(member, &member.search_text()));
    let fits = |member: &&Membership| {
        filter.segment.as_ref().is_none_or(|audience| {
            let facts = SegmentFacts::of((*member).clone(), audience.currency, audience.today);
            segment::evaluate(&audience.segment, &facts)
        })
    };
    admitted.filter(fits).cloned().map(Consumer::from).collect()
}

fn lists(fixture: &mut impl Fixture, world: &World, merchant: MerchantId) {
    let parsed = filters().into_iter().map(|arguments| ConsumerFilter::parse(arguments).unwrap());
    let targeted = segments()
        .into_iter()
        .map(|audience| ConsumerFilter { segment: Some(audience), ..ConsumerFilter::default() });
    for filter in parsed.chain(targeted) {
        let expected = shown(world, merchant, &filter);
        let asked = filter.clone();
        let whole = PageRequest::<ConsumerSort>::first(100);
        let (page, count) = fixture
            .read(Scope::Merchant(merchant), move |store| {
                Ok((store.list_consumers(&asked, &whole)?, store.count_consumers(&asked)?))
            })
            .unwrap();
        assert_eq!(ids(&page.items), ids(&expected), "{filter:?}");
        assert_eq!(page.items, expected, "{filter:?}");
        assert_eq!(count, u64::try_from(expected.len()).unwrap(), "{filter:?}");
    }
    let orders = [
        "pk",
        "-pk",
        "createdAt",
        "-createdAt",
        "updatedAt",
        "-updatedAt,firstname",
        "firstname",
        "-firstname,lastname",
        "lastname,-pk",
        "email",
        "-email",
        "city,-lastname",
        "lastLogin",
        "-lastLogin",
    ];
    let search = ConsumerFilter::parse(FilterArguments {
        search: Some("a".to_owned()),
        include_archived: Some(true),
        ..FilterArguments::default()
    });
    for filter in [ConsumerFilter::default(), search.unwrap()] {
        for order in orders {
            walk(fixture, world, merchant, &filter, order);
        }
    }
}

/// Pages through a list in both directions and with offsets.
fn walk(
    fixture: &mut impl Fixture,
    world: &World,
    merchant: MerchantId,
    filter: &ConsumerFilter,
    order: &str,
) {
    let rows = shown(world, merchant, filter);
    let order_by = Some(order.to_owned());
    let mut turns = vec![
        PageArguments { first: Some(7), order_by: order_by.clone(), ..Default::default() },
        PageArguments { last: Some(7), order_by: order_by.clone(), ..Default::default() },
        PageArguments {
            offset: Some(5),
            first: Some(3),
            order_by: order_by.clone(),
            ..Default::default()
        },
        PageArguments { first: Some(0), order_by: order_by.clone(), ..Default::default() },
    ];
    // Enough for the longest list of the world in either direction, and an end for a store that goes round in circles.
    let mut steps = 4 + 2 * (rows.len() / 7 + 2);
    while let Some(arguments) = turns.pop() {
        let request = PageRequest::<ConsumerSort>::parse(&arguments, "consumers").unwrap();
        let expected = cut(rows.clone(), &request);
        let (asked, wanted) = (filter.clone(), request.clone());
        let page = fixture
            .read(Scope::Merchant(merchant), move |store| store.list_consumers(&asked, &wanted))
            .unwrap();
        assert_eq!(ids(&page.items), ids(&expected.items), "{order}: {arguments:?}");
        assert_eq!(page, expected, "{order}: {arguments:?}");
        steps -= 1;
        assert!(steps > 0, "{order}: the pages do not end");
        let cursor = |row: &Consumer| Some(request.order.cursor(&request.order.position(row)));
        let first = page.items.first().and_then(cursor);
        let last = page.items.last().and_then(cursor);
        if arguments.last.is_some() && first.is_some() {
            turns.push(PageArguments { before: first, ..arguments });
        } else if arguments.first == Some(7) && last.is_some() {
            turns.push(PageArguments { after: last, ..arguments });
        }
    }
}

fn ids(consumers: &[Consumer]) -> Vec<i64> {
    consumers.iter().map(|consumer| consumer.id.get()).collect()
}

fn by_key(fixture: &mut impl Fixture, world: &World, merchant: MerchantId) {
    let managed = PersonId::new(FIRST_MANAGED);
    let keys = [
        MemberKey::LoyaltyId(loyalty_id(managed)),
        MemberKey::LoyaltyId(loyalty_id(ADA)),
        MemberKey::LoyaltyId(loyalty_id(BOB)),
        MemberKey::LoyaltyId(loyalty_id(FAR_MANAGED)),
        MemberKey::Card(CardNumber::key_of("ab102")),
        MemberKey::Card(CardNumber::key_of("ADA-1")),
        MemberKey::Card(CardNumber::key_of("bob 1")),
        MemberKey::Card(CardNumber::key_of("AB-1")),
        MemberKey::Email(EmailAddress::key_of("GUEST101@example.org")),
        MemberKey::Email(EmailAddress::key_of("ada@example.com")),
        MemberKey::Email(String::new()),
        MemberKey::Phone(PhoneTerm::whole("+491710000101")),
        MemberKey::Phone(PhoneTerm::whole("0171 0000101")),
        MemberKey::Phone(PhoneTerm::whole("0171 000010")),
        MemberKey::Phone(PhoneTerm::containing("0171")),
        MemberKey::Source(EntitySource::Shopify, "gid/101".to_owned()),
        MemberKey::Source(EntitySource::Stripe, "gid/101".to_owned()),
        MemberKey::Source(EntitySource::Shopify, "gid/10".to_owned()),
    ];
    for key in keys {
        let mut expected: Vec<_> = world
            .memberships
            .iter()
            .filter(|member| member.merchant == merchant && shows(member, &key))
            .collect();
        expected.sort_by_key(|member| (member.standing.is_archived(), member.person));
        expected.truncate(MAX_CANDIDATES);
        let expected: Vec<_> = expected.into_iter().cloned().map(Consumer::from).collect();
        let asked = key.clone();
        let found =
            fixture.read(Scope::Merchant(merchant), move |store| store.members_by(&asked)).unwrap();
        assert_eq!(found, expected, "{key:?}");
    }
}

fn shows(member: &Membership, key: &MemberKey) -> bool {
    match key {
        MemberKey::LoyaltyId(id) => member.loyalty_id.as_ref() == Some(id),
        MemberKey::Card(key) => member.cards.iter().any(|card| card.key() == *key),
        MemberKey::Email(key) => {
            member.profile.email.as_ref().is_some_and(|email| email.key() == *key)
        }
        MemberKey::Phone(term) => term.matches(&member.search_text().phone),
        MemberKey::Source(source, id) => {
            (member.entity_source, member.entity_source_id.as_ref()) == (Some(*source), Some(id))
        }
    }
}

fn by_id(fixture: &mut impl Fixture, world: &World) {
    let mut asked: Vec<_> = world.people.iter().map(|person| person.id).collect();
    asked.extend([PersonId::new(999_999), ADA, PersonId::new(-1)]);
    for merchant in [NEAR, FAR] {
        let own = world.memberships.iter().filter(|member| member.merchant == merchant);
        let expected: Vec<_> = own.cloned().map(Consumer::from).collect();
        let ids = asked.clone();
        let found = fixture.read(Scope::Merchant(merchant), move |store| {
            assert_eq!(store.consumers(&[])?, []);
            store.consumers(&ids)
        });
        same_rows(found, &expected, |consumer| consumer.id);
    }
    for scope in scopes() {
        let reached: Vec<_> =
            world.memberships.iter().filter(|member| reaches(scope, member)).cloned().collect();
        if scope != Scope::Platform {
            let mut expected: Vec<(PersonId, Vec<CardNumber>)> = Vec::new();
            for member in reached.iter().filter(|member| !member.cards.is_empty()) {
                expected.push((member.person, member.cards.clone()));
            }
            let ids = asked.clone();
            let found = fixture.read(scope, move |store| store.cards_per_consumer(&ids));
            same_rows(found, &expected, |(person, _)| *person);
        }
        let people = asked.clone();
        let found = fixture
            .read(scope, move |store| {
                assert_eq!(store.scope(), scope);
                let mut one_by_one = Vec::new();
                let mut together = Vec::new();
                for person in &people {
                    for merchant in [NEAR, FAR, MerchantId::new(999_999)] {
                        one_by_one.extend(store.find_membership(merchant, *person)?);
                    }
                    together.extend(store.memberships_of(*person)?);
                }
                assert_eq!(one_by_one, together);
                Ok(one_by_one)
            })
            .map(|mut found| {
                // Ada was asked for twice.
                let twice = found.split_off(reached.len());
                assert!(twice.iter().all(|member| member.person == ADA), "{scope:?}");
                found
            });
        let key = |member: &Membership| (member.person, member.merchant);
        same_rows(found, &reached, key);
    }
}

fn accounts(fixture: &mut impl Fixture, world: &World) {
    let ids: Vec<_> = world.people.iter().map(|person| person.id).collect();
    for scope in scopes() {
        let works_for = |merchant: MerchantId, person: &Person| {
            person.id == merchant.founder() || world.staff.contains(&(merchant, person.id))
        };
        let seen = |person: &&Person| match scope {
            Scope::Merchant(merchant) => works_for(merchant, person),
            Scope::Person(own) => person.id == own,
            Scope::Platform => true,
        };
        let expected: Vec<_> = world.people.iter().filter(seen).cloned().collect();
        let asked = ids.clone();
        let found = fixture.read(scope, move |store| store.people(&asked));
        same_rows(found, &expected, |person| person.id);

        let own = |person: &&Person| {
            scope.merchant().is_none() && seen(person) && person.kind == Kind::Registered
        };
        let expected: Vec<_> = world.people.iter().filter(own).cloned().collect();
        let asked = ids.clone();
        let found = fixture.read(scope, move |store| {
            let mut found = Vec::new();
            for id in &asked {
                found.extend(store.find_account(*id)?);
            }
            Ok(found)
        });
        same_rows(found, &expected, |person| person.id);
    }
}

/// Rule 6: who stands behind a loyalty id, and no more of them than a name and a city.
fn doors(fixture: &mut impl Fixture, world: &World) {
    for scope in scopes() {
        for id in [ADA, BOB, CID, DAN, FAR_MANAGED, PersonId::new(FIRST_MANAGED)] {
            let person = world.people.iter().find(|person| person.id == id).unwrap();
            let open = person.kind == Kind::Registered && !person.archived;
            let expected = open.then(|| Stranger {
                id,
                loyalty_id: loyalty_id(id),
                firstname: person.profile.firstname.clone(),
                city: person.profile.city.clone(),
            });
            let found = fixture.read(scope, move |store| store.stranger(&loyalty_id(id)));
            assert_eq!(found.unwrap(), expected, "{scope:?} {id}");
        }
    }
}

fn lists_are_a_merchants(fixture: &mut impl Fixture) {
    for scope in [Scope::Person(ADA), Scope::Platform] {
        let filter = ConsumerFilter::default();
        let list = fixture.read(scope, move |store| {
            store.list_consumers(&filter, &PageRequest::first(1)).map(|_| ())
        });
        let count = fixture
            .read(scope, |store| store.count_consumers(&ConsumerFilter::default()).map(|_| ()));
        let by_id = fixture.read(scope, |store| store.consumers(&[ADA]).map(|_| ()));
        let key = MemberKey::LoyaltyId(loyalty_id(ADA));
        let by_key = fixture.read(scope, move |store| store.members_by(&key).map(|_| ()));
        for answer in [list, count, by_id, by_key] {
            assert!(matches!(answer, Err(StoreError::OutOfScope(_))), "{scope:?}: {answer:?}");
        }
    }
}

fn same_rows<T: Debug + PartialEq + Clone, K: Ord>(
    found: Result<Vec<T>, StoreError>,
    expected: &[T],
    key: impl Fn(&T) -> K,
) {
    let (mut found, mut expected) = (found.unwrap(), expected.to_vec());
    found.sort_by_key(&key);
    expected.sort_by_key(&key);
    assert_eq!(found, expected);
}
