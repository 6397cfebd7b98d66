//! Creating, changing, upserting and archiving customers: rules 1, 2, 3 and 5.

use crate::world::{
    ADA, BOB, FAR, NEAR, World, account, at, cashier, faults, is_denied, is_missing, loyalty_id,
    outsiders, owner, set,
};
use regulars_customer::{
    Change, ConsumerPatch, CustomerError, CustomerStore, FilterArguments, Gender, Kind, LoyaltyId,
    Membership, NewConsumer, Sharing, card, consumer, create, delete, update::update,
    upsert::upsert,
};
use regulars_kernel::{Actor, PageRequest, StoreError};
use regulars_merchant::EntitySource;

fn named(name: &str) -> ConsumerPatch {
    ConsumerPatch { firstname: set(name), ..ConsumerPatch::default() }
}

fn mailed(address: &str) -> ConsumerPatch {
    ConsumerPatch { email: set(address), ..ConsumerPatch::default() }
}

fn sourced(id: &str, fields: ConsumerPatch) -> NewConsumer {
    let entity_source = Some(EntitySource::Shopify);
    NewConsumer { fields, entity_source, entity_source_id: Some(id.to_owned()) }
}

#[test]
fn rule_1_a_merchant_puts_down_a_managed_customer() {
    let world = World::new();
    let fields = ConsumerPatch {
        lastname: set(" Lovelace "),
        email: set("Ada.L@Example.org"),
        phone_number: set("0171 2345678"),
        country: Change::Set(regulars_customer::Country::parse("de").unwrap()),
        gender: Change::Set(Gender::Female),
        extra_info: set(r#"{"vip":true}"#),
        num_of_order_discounts_allowed: Change::Set(3),
        cards: Change::Set(vec!["AB-1".to_owned()]),
        ..named("Ada")
    };
    let mut tx = world.at(NEAR);
    let new = sourced("1", fields);
    let made = create::create(&mut tx, &owner(NEAR), &new, loyalty_id(1), at(100)).unwrap();
    assert_eq!(made.merchant, Some(NEAR));
    assert_eq!((made.kind, made.creator), (Kind::Managed, Some(NEAR.founder())));
    assert_eq!(made.profile.lastname, "Lovelace");
    assert_eq!(made.profile.phone_number.as_ref().unwrap().as_str(), "+491712345678");
    assert_eq!(made.address().as_deref(), Some("DE"));
    assert_eq!((made.active, made.archived, made.verified), (true, false, false));
    assert_eq!((made.created_at, made.updated_at, made.last_login), (at(100), at(100), None));
    assert_eq!((made.staff, made.admin, made.num_of_order_discounts_allowed), (false, false, 3));
    assert_eq!(consumer::get(&mut tx, &cashier(NEAR), made.id).unwrap(), made);
    let cards = consumer::cards(&mut tx, &cashier(NEAR), &[made.id]).unwrap();
    assert_eq!(cards.first().unwrap().1.first().unwrap().as_str(), "AB-1");
    assert!(is_missing(consumer::get(&mut world.at(FAR), &owner(FAR), made.id)), "another tenant");
}

#[test]
fn rule_5_no_card_has_the_form_of_a_loyalty_id_be_it_anybodys_or_not() {
    let world = World::new();
    let mut tx = world.at(NEAR);
    let carded = |name: &str, card: &str| NewConsumer {
        fields: ConsumerPatch { cards: Change::Set(vec![card.to_owned()]), ..named(name) },
        ..NewConsumer::default()
    };
    let made = create::create(&mut tx, &owner(NEAR), &carded("A", "1"), loyalty_id(1), at(1));
    let own = made.unwrap().id;
    let stranger = account(BOB, "Bob").loyalty_id.unwrap();
    // A member's, a stranger's who has not joined, and nobody's: one answer, with nothing in it but what was typed.
    for number in [loyalty_id(1), stranger, loyalty_id(3)].map(LoyaltyId::into_string) {
        let expected = format!(
            "{number} has the form of a loyalty id (14 digits, the last a check digit) and cannot be a card."
        );
        let said = |result: Result<_, CustomerError>| match result {
            Err(CustomerError::Invalid(wrong)) => {
                wrong.iter().map(|one| one.rule.to_string()).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        let new = carded("B", &number);
        let created = create::create(&mut tx, &owner(NEAR), &new, loyalty_id(2), at(1));
        assert_eq!(said(created), [expected.as_str()]);
        let updated = update(&mut tx, &owner(NEAR), own, &new.fields, at(2));
        assert_eq!(said(updated), [expected.as_str()]);
        let upserted = NewConsumer {
            entity_source: Some(EntitySource::Shopify),
            entity_source_id: Some("P-1".to_owned()),
            ..new
        };
        let upserted = upsert(&mut tx, &owner(NEAR), &upserted, loyalty_id(2), at(1));
        assert_eq!(said(upserted.map(|done| done.consumer)), [expected.as_str()]);
    }
    let spaced = loyalty_id(3).into_string();
    let spaced = carded("B", &format!("{}-{} {}", &spaced[..4], &spaced[4..9], &spaced[9..]));
    let created = create::create(&mut tx, &owner(NEAR), &spaced, loyalty_id(2), at(1));
    assert_eq!(faults(created), ["cards"], "however it is written");
    let wrong = format!("{:014}", 1);
    assert!(LoyaltyId::parse(&wrong).is_err());
    create::create(&mut tx, &owner(NEAR), &carded("B", &wrong), loyalty_id(2), at(1)).unwrap();
    // One from before this was refused stays, as records are saved again every night.
    let number = loyalty_id(3).into_string();
    let mut member = tx.find_membership(NEAR, own).unwrap().unwrap();
    member.cards = card::parse_list(std::slice::from_ref(&number)).unwrap();
    world.0.put_membership(member);
    update(&mut tx, &owner(NEAR), own, &carded("A", &number).fields, at(3)).unwrap();
}

#[test]
fn a_new_customer_needs_a_name_a_phone_an_email_or_a_card() {
    let world = World::new();
    let phone = ConsumerPatch { phone_number: set("+491712345678"), ..Default::default() };
    let card = ConsumerPatch { cards: Change::Set(vec!["1".to_owned()]), ..Default::default() };
    let lastname = ConsumerPatch { lastname: set("Li"), ..Default::default() };
    let fields = [named("Ada"), lastname, mailed("a@example.org"), phone, card];
    for (number, fields) in (1..).zip(fields) {
        world.customer(NEAR, number, fields);
    }
    let city = ConsumerPatch { city: set("Bonn"), ..Default::default() };
    for fields in [ConsumerPatch::default(), named(" "), city] {
        let new = NewConsumer { fields, ..NewConsumer::default() };
        let made = create::create(&mut world.at(NEAR), &owner(NEAR), &new, loyalty_id(9), at(0));
        assert_eq!(faults(made), ["-"]);
    }
}

#[test]
fn rule_2_an_address_is_refused_only_where_this_merchant_sees_it() {
    let world = World::new();
    world.customer(NEAR, 1, mailed("guest@example.org"));
    let ada = account(ADA, "Ada");
    world.0.put_membership(Membership::of_account(&ada, NEAR, Sharing::Full, at(1)));
    let bob = account(BOB, "Bob");
    world.0.put_membership(Membership::of_account(&bob, NEAR, Sharing::Name, at(1)));
    for (address, free) in [
        ("GUEST@Example.ORG", false),
        ("ada@EXAMPLE.com", false),
        ("bob@example.com", true),
        ("other@example.org", true),
    ] {
        let new = NewConsumer { fields: mailed(address), ..NewConsumer::default() };
        let number = u64::try_from(address.len()).unwrap() + 500;
        let made =
            create::create(&mut world.at(NEAR), &owner(NEAR), &new, loyalty_id(number), at(2));
        if free {
            made.unwrap();
        } else {
            assert_eq!(faults(made), ["email"], "{address}");
        }
    }
    world.customer(FAR, 900, mailed("guest@example.org"));
    world.customer(FAR, 901, mailed("ada@example.com"));
}

#[test]
fn rule_2_what_a_member_comes_to_show_takes_nothing_from_those_who_have_it() {
    let world = World::new();
    let mut tx = world.at(NEAR);
    let record = sourced(
        "1",
        ConsumerPatch { cards: Change::Set(vec!["AB-1".to_owned()]), ..mailed("ada@example.com") },
    );
    let made = upsert(&mut tx, &owner(NEAR), &record, loyalty_id(1), at(1)).unwrap().consumer;
    let ada = account(ADA, "Ada");
    world.0.put_membership(Membership::of_account(&ada, NEAR, Sharing::Full, at(2)));
    // Last night's record again, and by hand.
    let again = upsert(&mut tx, &owner(NEAR), &record, loyalty_id(2), at(3)).unwrap();
    assert_eq!((again.created, again.consumer.id), (false, made.id));
    update(&mut tx, &owner(NEAR), made.id, &mailed("ADA@example.com"), at(4)).unwrap();
    // One who had another address may take it too: only new customers are refused what a member shows.
    let other = world.customer(NEAR, 3, mailed("other@example.org"));
    let taken = update(&mut tx, &owner(NEAR), other.id, &mailed("ada@example.com"), at(5));
    assert_eq!(faults(taken), ["email"], "a managed customer has it");
    update(&mut tx, &owner(NEAR), made.id, &mailed("made@example.org"), at(6)).unwrap();
    update(&mut tx, &owner(NEAR), other.id, &mailed("ada@example.com"), at(7)).unwrap();
    let new = NewConsumer { fields: mailed("ada@example.com"), ..NewConsumer::default() };
    let refused = create::create(&mut tx, &owner(NEAR), &new, loyalty_id(4), at(8));
    assert_eq!(faults(refused), ["email"]);
}

#[test]
fn everything_that_is_taken_or_wrong_is_said_at_once() {
    let world = World::new();
    let fields = ConsumerPatch {
        email: set("guest@example.org"),
        cards: Change::Set(vec!["AB-1".to_owned()]),
        ..named("Guest")
    };
    let mut tx = world.at(NEAR);
    create::create(&mut tx, &owner(NEAR), &sourced("1", fields.clone()), loyalty_id(1), at(0))
        .unwrap();
    let again = ConsumerPatch {
        birthday: Change::Set(chrono::NaiveDate::MAX),
        cards: Change::Set(vec!["ab 1".to_owned()]),
        ..fields
    };
    let made = create::create(&mut tx, &owner(NEAR), &sourced("1", again), loyalty_id(2), at(0));
    assert_eq!(faults(made), ["birthday", "entitySourceId", "email", "cards"]);
}

#[test]
fn rule_5_a_loyalty_id_that_is_taken_asks_for_another_run() {
    let world = World::new();
    world.customer(NEAR, 1, named("Ada"));
    let new = NewConsumer { fields: named("Bob"), ..NewConsumer::default() };
    let made = create::create(&mut world.at(FAR), &owner(FAR), &new, loyalty_id(1), at(0));
    assert!(matches!(made, Err(CustomerError::Store(StoreError::Contended))));
}

#[test]
fn absent_keeps_null_clears_and_nothing_new_moves_nothing() {
    let world = World::new();
    let fields = ConsumerPatch {
        lastname: set("Li"),
        city: set("Bonn"),
        extra_info: set(r#"{"a":1}"#),
        num_of_order_discounts_allowed: Change::Set(3),
        cards: Change::Set(vec!["1".to_owned()]),
        ..mailed("guest@example.org")
    };
    let made = world.customer(NEAR, 1, fields);
    let (mut tx, actor) = (world.at(NEAR), owner(NEAR));
    let same = ConsumerPatch { city: set(" Bonn "), ..mailed("guest@example.org") };
    for patch in [ConsumerPatch::default(), same] {
        assert_eq!(update(&mut tx, &actor, made.id, &patch, at(200)).unwrap(), made);
    }
    let patch = ConsumerPatch {
        lastname: Change::Clear,
        city: Change::Clear,
        extra_info: Change::Clear,
        num_of_order_discounts_allowed: Change::Clear,
        cards: Change::Clear,
        ..named("Ada")
    };
    let changed = update(&mut tx, &actor, made.id, &patch, at(300)).unwrap();
    assert_eq!(changed.profile.firstname, "Ada");
    assert_eq!((changed.profile.lastname.as_str(), &changed.profile.city), ("", &None));
    assert_eq!(changed.profile.email, made.profile.email);
    assert_eq!((&changed.extra_info, changed.num_of_order_discounts_allowed), (&None, 0));
    assert_eq!((changed.created_at, changed.updated_at), (at(100), at(300)));
    assert_eq!(consumer::cards(&mut tx, &actor, &[made.id]).unwrap(), []);
    assert_eq!(consumer::get(&mut tx, &actor, made.id).unwrap(), changed);
}

#[test]
fn rule_2_a_change_is_refused_what_another_customer_has_and_never_what_is_ones_own() {
    let world = World::new();
    let other = ConsumerPatch {
        cards: Change::Set(vec!["AB-1".to_owned()]),
        ..mailed("other@example.org")
    };
    world.customer(NEAR, 1, other);
    let made = world.customer(NEAR, 2, mailed("guest@example.org"));
    let (mut tx, actor) = (world.at(NEAR), owner(NEAR));
    let patch =
        ConsumerPatch { cards: Change::Set(vec!["ab1".to_owned()]), ..mailed("OTHER@example.org") };
    assert_eq!(faults(update(&mut tx, &actor, made.id, &patch, at(1))), ["email", "cards"]);
    let own = update(&mut tx, &actor, made.id, &mailed("Guest@example.org"), at(2)).unwrap();
    assert_eq!(own.profile.email.unwrap().as_str(), "Guest@example.org");
}

#[test]
fn rule_3_of_a_registered_member_a_merchant_writes_its_own_fields_only() {
    let world = World::new();
    let ada = account(ADA, "Ada");
    world.0.put_membership(Membership::of_account(&ada, NEAR, Sharing::Full, at(1)));
    let (mut tx, actor) = (world.at(NEAR), owner(NEAR));
    let all = ConsumerPatch {
        firstname: set("Eve"),
        lastname: Change::Clear,
        email: set("eve@example.org"),
        phone_number: Change::Clear,
        birthday: Change::Clear,
        gender: Change::Clear,
        country: Change::Clear,
        city: set("Bonn"),
        street: Change::Clear,
        zip_code: Change::Clear,
        picture: Change::Clear,
        ..ConsumerPatch::default()
    };
    let fields = [
        "firstname",
        "lastname",
        "email",
        "phoneNumber",
        "birthday",
        "gender",
        "country",
        "city",
        "street",
        "zipCode",
        "picture",
    ];
    assert_eq!(faults(update(&mut tx, &actor, ADA, &all, at(2))), fields);
    let own = ConsumerPatch {
        extra_info: set(r#"{"vip":true}"#),
        num_of_order_discounts_allowed: Change::Set(2),
        cards: Change::Set(vec!["ADA".to_owned()]),
        ..ConsumerPatch::default()
    };
    let changed = update(&mut tx, &actor, ADA, &own, at(3)).unwrap();
    assert_eq!(changed.num_of_order_discounts_allowed, 2);
    assert_eq!(changed.profile, ada.profile);
}

#[test]
fn an_upsert_creates_then_changes_and_revives_what_was_archived() {
    let world = World::new();
    let (mut tx, actor) = (world.at(NEAR), owner(NEAR));
    let made = upsert(&mut tx, &actor, &sourced("1", named("Ada")), loyalty_id(1), at(1)).unwrap();
    assert!(made.created);
    let record = sourced("1", mailed("ada@example.org"));
    let changed = upsert(&mut tx, &actor, &record, loyalty_id(2), at(2)).unwrap();
    assert!(!changed.created);
    assert_eq!(changed.consumer.id, made.consumer.id);
    assert_eq!(changed.consumer.profile.firstname, "Ada", "absent keeps");
    assert_eq!(changed.consumer.loyalty_id, made.consumer.loyalty_id);
    let same = upsert(&mut tx, &actor, &record, loyalty_id(3), at(3)).unwrap();
    assert_eq!(same, changed, "again moves nothing");
    delete::delete(&mut tx, &actor, made.consumer.id, at(4)).unwrap();
    let bad = sourced("1", mailed("nobody"));
    assert_eq!(faults(upsert(&mut tx, &actor, &bad, loyalty_id(4), at(5))), ["email"]);
    assert!(consumer::get(&mut tx, &actor, made.consumer.id).unwrap().archived);
    let revived = upsert(&mut tx, &actor, &record, loyalty_id(4), at(6)).unwrap().consumer;
    assert_eq!((revived.archived, revived.deleted_at, revived.updated_at), (false, None, at(6)));
    let elsewhere = upsert(&mut world.at(FAR), &owner(FAR), &record, loyalty_id(5), at(7));
    assert!(elsewhere.unwrap().created, "a source's id is a merchant's own");
    let unnamed = NewConsumer { fields: named("Ada"), ..NewConsumer::default() };
    let answer = upsert(&mut tx, &actor, &unnamed, loyalty_id(6), at(8));
    assert_eq!(faults(answer), ["entitySource", "entitySourceId"]);
}

#[test]
fn only_those_who_may_change_customers_do() {
    let world = World::new();
    let made = world.customer(NEAR, 1, named("Ada"));
    let new = sourced("1", named("Bob"));
    let patch = named("Bob");
    let system = Actor::system(NEAR);
    update(&mut world.at(NEAR), &system, made.id, &named("Ada"), at(1)).unwrap();
    for actor in outsiders().into_iter().chain([cashier(NEAR)]) {
        let mut tx = world.tx(&actor);
        assert!(is_denied(create::create(&mut tx, &actor, &new, loyalty_id(2), at(1))));
        assert!(is_denied(upsert(&mut tx, &actor, &new, loyalty_id(2), at(1))));
        assert!(is_denied(update(&mut tx, &actor, made.id, &patch, at(1))));
        assert!(is_denied(delete::delete(&mut tx, &actor, made.id, at(1))));
    }
    for actor in outsiders() {
        let mut tx = world.tx(&actor);
        let filter = regulars_customer::ConsumerFilter::default();
        assert!(is_denied(consumer::list(&mut tx, &actor, &filter, &PageRequest::first(1))));
        assert!(is_denied(consumer::count(&mut tx, &actor, &filter)));
        assert!(is_denied(consumer::filter(&mut tx, &actor, FilterArguments::default(), at(1))));
    }
}

#[test]
fn consumers_see_themselves_and_merchants_their_own_people() {
    let world = World::new();
    let made = world.customer(NEAR, 1, named("Guest"));
    let ada = crate::world::consumer(ADA);
    let mut tx = world.tx(&ada);
    let own = consumer::get(&mut tx, &ada, ADA).unwrap();
    assert_eq!((own.merchant, own.profile.firstname.as_str()), (None, "Ada"));
    for id in [BOB, made.id] {
        assert!(is_missing(consumer::get(&mut tx, &ada, id)));
    }
    assert_eq!(consumer::cards(&mut tx, &ada, &[ADA]).unwrap(), []);
    assert!(is_missing(consumer::get(&mut world.at(NEAR), &owner(NEAR), ADA)), "no member");
    assert_eq!(consumer::me(&mut world.at(NEAR), &Actor::Anonymous).unwrap(), None);
    let founder = account(NEAR.founder(), "Founder");
    world.0.put_person(founder);
    let creators = consumer::accounts(&mut world.at(NEAR), &cashier(NEAR), &[NEAR.founder(), ADA]);
    let creators: Vec<_> = creators.unwrap().iter().map(|account| account.id).collect();
    assert_eq!(creators, [NEAR.founder()]);
}

#[test]
fn colleagues_know_each_other_by_name_and_owners_know_all() {
    let world = World::new();
    let cashier_id = cashier(NEAR).person().unwrap();
    for (id, name) in [(NEAR.founder(), "Founder"), (cashier_id, "Till"), (BOB, "Bob")] {
        let mut person = account(id, name);
        person.profile.picture = Some("https://example.com/p.png".to_owned());
        person.last_login = Some(at(9));
        world.0.put_person(person);
        world.0.put_staff(NEAR, id);
    }
    let seen = |actor: &Actor, id| {
        consumer::accounts(&mut world.at(NEAR), actor, &[id]).unwrap().pop().unwrap()
    };
    let whole = |id| seen(&owner(NEAR), id);
    assert_eq!(seen(&cashier(NEAR), cashier_id), whole(cashier_id), "oneself");
    for id in [NEAR.founder(), BOB] {
        let (seen, whole) = (seen(&cashier(NEAR), id), whole(id));
        assert!(whole.profile.email.is_some() && whole.profile.street.is_some());
        let shown = (&seen.profile.firstname, &seen.profile.lastname, &seen.profile.picture);
        let profile = &whole.profile;
        assert_eq!(shown, (&profile.firstname, &profile.lastname, &profile.picture));
        assert_eq!((seen.profile.email, seen.profile.phone_number), (None, None));
        assert_eq!((seen.profile.secondary_email, seen.profile.street), (None, None));
        assert_eq!((seen.profile.city, seen.last_login), (None, None));
    }
    let mut tx = world.at(NEAR);
    let me = consumer::me(&mut tx, &owner(NEAR)).unwrap().unwrap();
    assert_eq!(me, whole(NEAR.founder()));
}
