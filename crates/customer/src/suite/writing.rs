//! What is written is what is read afterwards, keys are unique, and nobody writes out of reach.

use regulars_kernel::{MerchantId, PageRequest, PersonId, Scope, StoreError};
use regulars_merchant::EntitySource;

use super::{
    Fixture, World,
    world::{
        ADA, BOB, CID, FAR, FAR_MANAGED, FIRST_MANAGED, NEAR, at, email, managed, phone, registered,
    },
};
use crate::{
    CardNumber, ConsumerFilter, CustomerStore, ExtraInfo, FilterArguments, LoyaltyId, Membership,
    NewPerson, Person, Profile, Sharing, Standing,
};

pub(super) fn check(fixture: &mut impl Fixture, world: &World) {
    people_are_added(fixture);
    accounts_are_changed(fixture, world);
    memberships_are_added(fixture);
    memberships_are_changed(fixture, world);
    logins_are_noted(fixture, world);
    nobody_writes_out_of_reach(fixture, world);
}

fn taken(answer: &Result<(), StoreError>, key: &str) {
    assert!(matches!(answer, Err(StoreError::Taken(taken)) if *taken == key), "{key}: {answer:?}");
}

fn out_of_scope(answer: &Result<(), StoreError>) {
    assert!(matches!(answer, Err(StoreError::OutOfScope(_))), "{answer:?}");
}

fn fresh(number: u64) -> LoyaltyId {
    LoyaltyId::from_entropy(number.wrapping_mul(0x2545_f491_4f6c_dd1d))
}

fn person_now(fixture: &mut impl Fixture, id: PersonId) -> Person {
    fixture.read(Scope::Platform, move |store| store.people(&[id])).unwrap().pop().unwrap()
}

fn membership_now(
    fixture: &mut impl Fixture,
    merchant: MerchantId,
    person: PersonId,
) -> Membership {
    let found = fixture
        .read(Scope::Platform, move |store| store.find_membership(merchant, person))
        .unwrap();
    found.unwrap()
}

fn people_are_added(fixture: &mut impl Fixture) {
    let profile = Profile {
        email: email("New@Example.com"),
        secondary_email: email("New@second.example"),
        ..Profile::default()
    };
    let new = NewPerson::consumer(profile.clone(), fresh(1), at(9000));
    let adding = new.clone();
    let id = fixture.write(Scope::Platform, move |store| store.insert_person(adding.clone()));
    let id = id.unwrap();
    assert_eq!(person_now(fixture, id), new.with_id(id));

    let same_email = Profile { email: email("new@example.COM"), ..Profile::default() };
    let same_second = Profile { secondary_email: profile.secondary_email, ..Profile::default() };
    for (new, key) in [
        (NewPerson::consumer(Profile::default(), fresh(1), at(0)), "person.loyalty_id"),
        (NewPerson::consumer(same_email, fresh(2), at(0)), "person.email_key"),
        (NewPerson::consumer(same_second, fresh(2), at(0)), "person.secondary_email_key"),
    ] {
        let adding =
            move |store: &mut dyn CustomerStore| store.insert_person(new.clone()).map(drop);
        taken(&fixture.write(Scope::Platform, adding), key);
    }
    let managed = NewPerson::managed(fresh(1), at(0));
    let adding =
        move |store: &mut dyn CustomerStore| store.insert_person(managed.clone()).map(drop);
    taken(&fixture.write(Scope::Merchant(NEAR), adding), "person.loyalty_id");
}

fn accounts_are_changed(fixture: &mut impl Fixture, world: &World) {
    let before = world.people.iter().find(|person| person.id == CID).unwrap();
    let after = Person {
        profile: Profile {
            firstname: "Cäcilia".to_owned(),
            phone_number: phone("+12015550123"),
            ..before.profile.clone()
        },
        verified: true,
        logo: Some("https://example.com/logo.png".to_owned()),
        archived: true,
        active: false,
        deleted_at: Some(at(9100)),
        last_login: Some(at(9050)),
        updated_at: at(9100),
        ..before.clone()
    };
    for (scope, person) in [(Scope::Person(CID), after), (Scope::Platform, before.clone())] {
        let changed = person.clone();
        fixture.write(scope, move |store| store.update_person(&changed)).unwrap();
        assert_eq!(person_now(fixture, CID), person);
    }
    let mut same = before.clone();
    same.profile.email = email("ADA@example.com");
    taken(
        &fixture.write(Scope::Person(CID), move |store| store.update_person(&same)),
        "person.email_key",
    );
    assert_eq!(person_now(fixture, CID), *before);
}

/// Adds a managed customer of [`NEAR`] and answers what the row should be.
fn add(fixture: &mut impl Fixture, number: u64, like: &Membership) -> Membership {
    let (loyalty_id, like) = (fresh(number), like.clone());
    fixture
        .write(Scope::Merchant(NEAR), move |store| {
            let person = store.insert_person(NewPerson::managed(loyalty_id.clone(), at(9200)))?;
            let new = Membership { person, loyalty_id: Some(loyalty_id.clone()), ..like.clone() };
            store.insert_membership(&new)?;
            Ok(new)
        })
        .unwrap()
}

/// A managed customer with nothing that could be another's.
fn plain() -> Membership {
    let model = managed(NEAR, PersonId::new(FIRST_MANAGED));
    Membership {
        profile: Profile { firstname: "Plain".to_owned(), ..Profile::default() },
        cards: Vec::new(),
        entity_source: None,
        entity_source_id: None,
        standing: Standing::Live,
        ..model
    }
}

fn card(number: &str) -> CardNumber {
    CardNumber::parse(number).unwrap()
}

fn memberships_are_added(fixture: &mut impl Fixture) {
    let full = Membership {
        profile: Profile {
            email: email("Fresh@Example.org"),
            phone_number: phone("+493012345678"),
            ..managed(NEAR, PersonId::new(FIRST_MANAGED)).profile
        },
        cards: vec![card("NEW-2"), card("new 1")],
        extra_info: Some(ExtraInfo::parse(r#"{"a":"'\"\\"}"#).unwrap()),
        entity_source: Some(EntitySource::Square),
        entity_source_id: Some("sq/1".to_owned()),
        ..plain()
    };
    let full = add(fixture, 11, &full);
    assert_eq!(membership_now(fixture, NEAR, full.person), full);
    let again = full.clone();
    let adding = move |store: &mut dyn CustomerStore| store.insert_membership(&again);
    taken(&fixture.write(Scope::Merchant(NEAR), adding), "membership.person_id");
    let new = plain();
    for (number, (new, key)) in (41..).zip([
        (
            Membership {
                profile: Profile { email: email("fresh@example.ORG"), ..Profile::default() },
                ..new.clone()
            },
            "membership.email_key",
        ),
        (
            Membership {
                entity_source: full.entity_source,
                entity_source_id: full.entity_source_id.clone(),
                ..new.clone()
            },
            "membership.entity_source_id",
        ),
        (Membership { cards: vec![card("NEW1")], ..new.clone() }, "membership_card.card_key"),
    ]) {
        let adding = move |store: &mut dyn CustomerStore| {
            let person = store.insert_person(NewPerson::managed(fresh(number), at(9200)))?;
            let new = Membership { person, loyalty_id: Some(fresh(number)), ..new.clone() };
            store.insert_membership(&new)
        };
        taken(&fixture.write(Scope::Merchant(NEAR), adding), key);
    }
    // What one merchant has another may have too, and registered people show what managed ones have.
    let elsewhere = Membership { merchant: FAR, ..full.clone() };
    fixture
        .write(Scope::Merchant(FAR), move |store| {
            let person = store.insert_person(NewPerson::managed(fresh(13), at(9200)))?;
            let loyalty_id = Some(fresh(13));
            store.insert_membership(&Membership { person, loyalty_id, ..elsewhere.clone() })
        })
        .unwrap();
    let account = registered(CID, "Cid", "FRESH@example.org");
    let joined = Membership::of_account(&account, NEAR, Sharing::Full, at(9300));
    let joining = joined.clone();
    fixture.write(Scope::Person(CID), move |store| store.insert_membership(&joining)).unwrap();
    assert_eq!(membership_now(fixture, NEAR, CID), joined);
}

/// Who is found by a search, archived people included.
fn found(fixture: &mut impl Fixture, search: &str) -> Vec<PersonId> {
    let filter = ConsumerFilter::parse(FilterArguments {
        search: Some(search.to_owned()),
        include_archived: Some(true),
        ..FilterArguments::default()
    });
    let filter = filter.unwrap();
    let page = fixture.read(Scope::Merchant(NEAR), move |store| {
        store.list_consumers(&filter, &PageRequest::first(100))
    });
    page.unwrap().items.iter().map(|consumer| consumer.id).collect()
}

fn memberships_are_changed(fixture: &mut impl Fixture, world: &World) {
    let before = Membership {
        profile: Profile { firstname: "Before".to_owned(), ..Profile::default() },
        cards: vec![card("KEPT"), card("DROPPED")],
        ..plain()
    };
    let before = add(fixture, 21, &before);
    assert_eq!(found(fixture, "dropped"), [before.person]);
    let after = Membership {
        profile: Profile {
            firstname: "After".to_owned(),
            lastname: "Wards".to_owned(),
            email: email("after@example.net"),
            phone_number: phone("+498912345678"),
            ..managed(NEAR, PersonId::new(FIRST_MANAGED + 1)).profile
        },
        cards: vec![card("KEPT"), card("ADDED")],
        extra_info: None,
        num_of_order_discounts_allowed: 7,
        standing: Standing::Archived(at(9400)),
        last_login: Some(at(9350)),
        updated_at: at(9400),
        ..before.clone()
    };
    let changed = after.clone();
    fixture.write(Scope::Merchant(NEAR), move |store| store.update_membership(&changed)).unwrap();
    assert_eq!(membership_now(fixture, NEAR, after.person), after);
    for (search, finds) in [
        ("before", false),
        ("dropped", false),
        ("after wards", true),
        ("added", true),
        ("kept", true),
        ("089 12345678", true),
        ("AFTER@example.net", true),
    ] {
        assert_eq!(found(fixture, search).contains(&after.person), finds, "{search}");
    }
    for (key, change) in [
        (
            "membership.email_key",
            Membership {
                profile: Profile { email: email("GUEST101@example.org"), ..Profile::default() },
                ..after.clone()
            },
        ),
        ("membership_card.card_key", Membership { cards: vec![card("ab 102")], ..after.clone() }),
    ] {
        let changing = move |store: &mut dyn CustomerStore| store.update_membership(&change);
        taken(&fixture.write(Scope::Merchant(NEAR), changing), key);
        assert_eq!(membership_now(fixture, NEAR, after.person), after, "{key}");
    }
    // The person leaves by themselves, and comes back.
    let account = world.people.iter().find(|person| person.id == ADA).unwrap();
    let joined = membership_now(fixture, NEAR, ADA);
    let mut left = Membership { standing: Standing::Left(at(9500)), ..joined.clone() };
    left.copy(account);
    for membership in [left, joined] {
        let changed = membership.clone();
        fixture.write(Scope::Person(ADA), move |store| store.update_membership(&changed)).unwrap();
        assert_eq!(membership_now(fixture, NEAR, ADA), membership);
        let shown = membership.standing == Standing::Live;
        assert_eq!(found(fixture, "ada@example.com"), [ADA].repeat(usize::from(shown)));
    }
}

fn logins_are_noted(fixture: &mut impl Fixture, world: &World) {
    for person in [ADA, BOB] {
        fixture
            .write(Scope::Platform, move |store| store.set_last_login(person, at(9600)))
            .unwrap();
        let account = world.people.iter().find(|row| row.id == person).unwrap();
        let expected = Person { last_login: Some(at(9600)), ..account.clone() };
        assert_eq!(person_now(fixture, person), expected, "no updated_at moves");
    }
    for before in world.memberships.iter().filter(|member| [ADA, BOB].contains(&member.person)) {
        let after = membership_now(fixture, before.merchant, before.person);
        let left = matches!(before.standing, Standing::Left(_));
        let expected = Membership { last_login: (!left).then_some(at(9600)), ..before.clone() };
        assert_eq!(after, expected, "no updated_at moves");
    }
}

fn nobody_writes_out_of_reach(fixture: &mut impl Fixture, world: &World) {
    let account = world.people.iter().find(|person| person.id == CID).unwrap().clone();
    let member = managed(FAR, FAR_MANAGED);
    let unknown = Membership { person: PersonId::new(999_999), ..managed(NEAR, ADA) };
    let joining = Membership::of_account(&account, FAR, Sharing::Full, at(9700));
    let registering = NewPerson::consumer(Profile::default(), fresh(31), at(9700));
    for scope in [Scope::Merchant(NEAR), Scope::Person(ADA)] {
        let row = account.clone();
        out_of_scope(&fixture.write(scope, move |store| store.update_person(&row)));
        let row = member.clone();
        out_of_scope(&fixture.write(scope, move |store| store.update_membership(&row)));
        let row = joining.clone();
        out_of_scope(&fixture.write(scope, move |store| store.insert_membership(&row)));
        let new = registering.clone();
        out_of_scope(
            &fixture.write(scope, move |store| store.insert_person(new.clone()).map(drop)),
        );
        out_of_scope(&fixture.write(scope, |store| store.set_last_login(CID, at(9700))));
    }
    out_of_scope(
        &fixture.write(Scope::Merchant(NEAR), move |store| store.update_membership(&unknown)),
    );
    assert_eq!(membership_now(fixture, FAR, FAR_MANAGED), managed(FAR, FAR_MANAGED));
}
