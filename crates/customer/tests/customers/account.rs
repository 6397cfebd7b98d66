//! What people change about themselves.

use regulars_customer::{
    AccountPatch, Change, CustomerError, CustomerStore, Membership, Person, Sharing, account,
};
use regulars_kernel::{Actor, Classify, ErrorKind, Rule, Scope, Violations};

use crate::world::{self, ADA, BOB, FAR, NEAR, World, at, consumer, faults, set};

/// A world in which Ada's address is proved.
fn proved() -> World {
    let world = World::new();
    world.0.put_person(Person { verified: true, ..world::account(ADA, "Ada") });
    world
}

fn update(world: &World, actor: &Actor, patch: &AccountPatch) -> Result<Person, CustomerError> {
    let scope = actor.person().map_or(Scope::Platform, Scope::Person);
    account::update(&mut world.0.scoped(scope), actor, patch, at(60))
}

#[test]
fn absent_keeps_and_null_and_empty_clear() {
    let world = proved();
    let patch = AccountPatch {
        firstname: set(" Augusta "),
        city: Change::Clear,
        street: set(" "),
        country: set("de"),
        phone_number: set("0171 2345678"),
        birthday: set("1990-12-10"),
        gender: set("female"),
        ..AccountPatch::default()
    };
    let before = world::account(ADA, "Ada").profile;
    let after = update(&world, &consumer(ADA), &patch).unwrap();
    let profile = &after.profile;
    assert_eq!((profile.firstname.as_str(), profile.lastname.as_str()), ("Augusta", "Smith"));
    assert_eq!((profile.city.as_ref(), profile.street.as_ref()), (None, None));
    assert_eq!(profile.phone_number.as_ref().unwrap().as_str(), "+491712345678");
    assert_eq!(profile.address().as_deref(), Some("DE"));
    assert_eq!(profile.birthday.unwrap().to_string(), "1990-12-10");
    assert_eq!(
        (&profile.email, &profile.secondary_email),
        (&before.email, &before.secondary_email)
    );
    assert_eq!(after.updated_at, at(60));
    let kept = world.0.scoped(Scope::Person(ADA)).find_account(ADA).unwrap();
    assert_eq!(kept, Some(after));
}

#[test]
fn what_changes_nothing_moves_nothing() {
    let world = proved();
    let patch = AccountPatch { firstname: set("Ada"), ..AccountPatch::default() };
    for patch in [patch, AccountPatch::default()] {
        assert_eq!(update(&world, &consumer(ADA), &patch).unwrap().updated_at, at(0));
    }
}

#[test]
fn rule_1_memberships_are_renewed_as_far_as_they_show_it() {
    let world = proved();
    let person = Person { verified: true, ..world::account(ADA, "Ada") };
    for (merchant, sharing) in [(NEAR, Sharing::Full), (FAR, Sharing::Name)] {
        world.0.put_membership(Membership::of_account(&person, merchant, sharing, at(1)));
    }
    let patch = AccountPatch { street: set("Ring 2"), ..AccountPatch::default() };
    let after = update(&world, &consumer(ADA), &patch).unwrap();
    let of = |merchant| world.at(merchant).find_membership(merchant, ADA).unwrap().unwrap();
    assert_eq!((of(NEAR).profile, of(NEAR).updated_at), (after.profile, at(60)));
    assert_eq!((of(FAR).profile.street, of(FAR).updated_at), (None, at(1)));
}

#[test]
fn every_failing_field_is_reported_at_once() {
    let patch = AccountPatch {
        firstname: Change::Clear,
        lastname: set("  "),
        phone_number: set("12"),
        birthday: set("2000-02-30"),
        country: set("ZZ"),
        city: set(&"x".repeat(151)),
        gender: set("robot"),
        picture: set("http://example.com/a.png"),
        ..AccountPatch::default()
    };
    let mut wrong = faults(update(&proved(), &consumer(ADA), &patch));
    wrong.sort_unstable();
    let expected = [
        "birthday",
        "city",
        "country",
        "firstname",
        "gender",
        "lastname",
        "phoneNumber",
        "picture",
    ];
    assert_eq!(wrong, expected);
}

#[test]
fn only_whoever_proved_their_address_changes_themselves() {
    let world = proved();
    world.0.put_person(Person { archived: true, verified: true, ..world::account(BOB, "Bob") });
    let patch = AccountPatch { city: set("Ulm"), ..AccountPatch::default() };
    let refusal = |world: &World, actor: Actor| update(world, &actor, &patch).unwrap_err().kind();
    let of = |rule| ErrorKind::Invalid(Violations::of_input(rule));
    assert_eq!(refusal(&world, Actor::Anonymous), of(Rule::Unauthenticated));
    assert_eq!(refusal(&world, consumer(BOB)), of(Rule::Unauthenticated));
    assert_eq!(refusal(&World::new(), consumer(ADA)), of(Rule::NotVerified));
}
