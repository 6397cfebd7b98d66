//! Who is meant at the till: rules 5, 6 and 8.

use crate::world::{
    ADA, BOB, FAR, NEAR, NEAR_STORE, World, account, at, cashier, faults, is_denied, is_missing,
    loyalty_id, outsiders, owner, set,
};
use regulars_customer::{
    CardNumber, Change, ConsumerPatch, CustomerError, CustomerStore, Identified, Identifier,
    Membership, Person, Sharing, delete, identity::identify, join,
};
use regulars_kernel::{Actor, Classify, ErrorKind, PersonId};

fn by_number(text: &str) -> Identifier {
    Identifier { loyalty_id: Some(text.to_owned()), ..Identifier::default() }
}

fn by_email(text: &str) -> Identifier {
    Identifier { email: Some(text.to_owned()), ..Identifier::default() }
}

fn by_phone(text: &str) -> Identifier {
    Identifier { phone_number: Some(text.to_owned()), ..Identifier::default() }
}

fn guest(world: &World, number: u64, email: &str, phone: &str, card: &str) -> PersonId {
    let fields = ConsumerPatch {
        firstname: set("Guest"),
        email: set(email),
        phone_number: set(phone),
        cards: Change::Set(vec![card.to_owned()]),
        ..ConsumerPatch::default()
    };
    world.customer(NEAR, number, fields).id
}

fn member(found: Identified) -> PersonId {
    match found {
        Identified::Member(consumer) => consumer.id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rule_5_and_6_members_are_found_by_everything_they_show() {
    let world = World::new();
    let guest = guest(&world, 1, "guest@example.org", "+491712345678", "AB-12");
    let mut tx = world.at(NEAR);
    let spaced = loyalty_id(1).as_str().chars().flat_map(|digit| [digit, ' ']).collect::<String>();
    for who in [
        by_number(loyalty_id(1).as_str()),
        by_number(&spaced),
        by_number("AB-12"),
        by_number(" ab 12 "),
        by_email("GUEST@example.org"),
        by_phone("+49 171 2345678"),
        by_phone("0171/2345678"),
        Identifier { id: Some(guest), ..Identifier::default() },
        Identifier { email: Some(" guest@example.org ".to_owned()), ..by_number("ab12") },
        Identifier { email: Some(String::new()), ..by_number("ab12") },
    ] {
        let found = identify(&mut tx, &cashier(NEAR), &who).unwrap();
        assert_eq!(member(found), guest, "{who:?}");
        assert!(is_missing(identify(&mut world.at(FAR), &owner(FAR), &who)), "elsewhere: {who:?}");
    }
    for who in [
        by_number("AB-1"),
        by_number("12345678901234"),
        by_email("guest@example"),
        by_phone("5678"),
        by_phone("0171 234567"),
        Identifier { id: Some(ADA), ..Identifier::default() },
    ] {
        assert!(is_missing(identify(&mut tx, &cashier(NEAR), &who)), "{who:?}");
    }
}

#[test]
fn rule_6_an_exact_loyalty_id_identifies_anyone_and_tells_a_first_name_and_a_city() {
    let world = World::new();
    let ada = account(ADA, "Ada");
    let id = ada.loyalty_id.clone().unwrap();
    let mut tx = world.at(NEAR);
    match identify(&mut tx, &cashier(NEAR), &by_number(id.as_str())).unwrap() {
        Identified::Newcomer(stranger) => {
            assert_eq!((stranger.id, stranger.firstname.as_str()), (ADA, "Ada"));
            assert_eq!(stranger.city.as_deref(), Some("Bonn"));
        }
        other => panic!("{other:?}"),
    }
    for who in [by_email("ada@example.com"), by_phone("+491710001071")] {
        assert!(is_missing(identify(&mut tx, &cashier(NEAR), &who)), "{who:?} is not shown");
    }
    let mut wrong = id.into_string();
    let last = wrong.pop().unwrap();
    wrong.push(if last == '0' { '1' } else { '0' });
    assert!(is_missing(identify(&mut tx, &cashier(NEAR), &by_number(&wrong))), "not exact");
    world.0.put_person(Person { archived: true, ..account(BOB, "Bob") });
    let bob = account(BOB, "Bob").loyalty_id.unwrap();
    assert!(is_missing(identify(&mut tx, &cashier(NEAR), &by_number(bob.as_str()))));
}

#[test]
fn rule_6_email_and_phone_find_members_who_show_them() {
    let world = World::new();
    let (ada, bob) = (account(ADA, "Ada"), account(BOB, "Bob"));
    world.0.put_membership(Membership::of_account(&ada, NEAR, Sharing::Full, at(1)));
    world.0.put_membership(Membership::of_account(&bob, NEAR, Sharing::Name, at(1)));
    let mut tx = world.at(NEAR);
    let found = identify(&mut tx, &cashier(NEAR), &by_email("ADA@example.com")).unwrap();
    assert_eq!(member(found), ADA);
    for who in [by_email("bob@example.com"), by_phone("+491710001072")] {
        assert!(is_missing(identify(&mut tx, &cashier(NEAR), &who)), "{who:?}");
    }
    let bob = identify(&mut tx, &cashier(NEAR), &by_number(bob.loyalty_id.unwrap().as_str()));
    assert_eq!(member(bob.unwrap()), BOB, "a member by loyalty id, whatever they share");
}

#[test]
fn rule_7_who_left_answers_like_anyone_who_has_not_joined() {
    let world = World::new();
    let actor = crate::world::consumer(ADA);
    let mut own = world.tx(&actor);
    let joined = join::join(&mut own, &actor, NEAR_STORE, at(1)).unwrap();
    let card = CardNumber::parse("ADA").unwrap();
    world.0.put_membership(Membership { cards: vec![card], ..joined });
    join::leave(&mut own, &actor, NEAR, at(2)).unwrap();
    let mut tx = world.at(NEAR);
    let id = account(ADA, "Ada").loyalty_id.unwrap();
    let found = identify(&mut tx, &cashier(NEAR), &by_number(id.as_str())).unwrap();
    assert!(matches!(found, Identified::Newcomer(_)));
    let by_id = Identifier { id: Some(ADA), ..Identifier::default() };
    let told = Identifier { id: Some(ADA), ..by_number(id.as_str()) };
    for who in [by_number("ADA"), by_email("ada@example.com"), by_id, told] {
        assert!(is_missing(identify(&mut tx, &cashier(NEAR), &who)), "{who:?}");
    }
}

#[test]
fn archived_customers_are_known_by_what_they_hold_alone() {
    let world = World::new();
    let gone = guest(&world, 1, "guest@example.org", "+491712345678", "AB-12");
    let mut tx = world.at(NEAR);
    delete::delete(&mut tx, &owner(NEAR), gone, at(1)).unwrap();
    let by_id = Identifier { id: Some(gone), ..Identifier::default() };
    for who in [by_number("AB-12"), by_number(loyalty_id(1).as_str()), by_id] {
        match identify(&mut tx, &cashier(NEAR), &who).unwrap() {
            Identified::Member(consumer) => assert!(consumer.archived),
            other => panic!("{other:?}"),
        }
    }
    for who in [by_email("guest@example.org"), by_phone("+491712345678")] {
        assert!(is_missing(identify(&mut tx, &cashier(NEAR), &who)), "{who:?}");
    }
}

#[test]
fn rule_8_of_several_people_none_is_chosen_and_candidates_are_masked() {
    let world = World::new();
    let one = guest(&world, 1, "one@example.org", "+491712345678", "A");
    let two = guest(&world, 2, "two@example.org", "+491712345678", "B");
    let mut tx = world.at(NEAR);
    // A card of before cards in the form of a loyalty id were refused.
    let mut carded = tx.find_membership(NEAR, one).unwrap().unwrap();
    carded.cards = vec![CardNumber::parse(loyalty_id(2).as_str()).unwrap()];
    world.0.put_membership(carded);
    for (who, fault) in [
        (by_phone("0171 2345678"), "consumerPhoneNumber"),
        (by_number(loyalty_id(2).as_str()), "consumerLoyaltyId"),
        (Identifier { email: Some("one@example.org".to_owned()), ..by_number("B") }, "-"),
        (Identifier { id: Some(one), ..by_email("two@example.org") }, "-"),
    ] {
        let answer = identify(&mut tx, &cashier(NEAR), &who);
        let ErrorKind::Invalid(wrong) = answer.as_ref().unwrap_err().kind() else {
            panic!("{answer:?}");
        };
        let sentence = wrong.to_string();
        for candidate in [format!("(pk {one})"), format!("(pk {two})"), "G*** o***@e***.org".into()]
        {
            assert!(sentence.contains(&candidate), "{sentence}");
        }
        for secret in ["Guest", "one@example.org", "1712345678", "5678"] {
            assert!(!sentence.contains(secret), "{sentence}");
        }
        assert_eq!(faults(answer), [fault], "{who:?}");
    }
    let both = Identifier {
        email: Some("one@example.org".to_owned()),
        ..by_number(loyalty_id(1).as_str())
    };
    assert_eq!(member(identify(&mut tx, &cashier(NEAR), &both).unwrap()), one);
    let told_apart =
        Identifier { email: Some("two@example.org".to_owned()), ..by_phone("0171 2345678") };
    assert_eq!(member(identify(&mut tx, &cashier(NEAR), &told_apart).unwrap()), two);
    let half = Identifier { email: Some("nobody@example.org".to_owned()), ..by_number("B") };
    let absent = |who: &Identifier, actor: &Actor| match identify(&mut world.tx(actor), actor, who)
    {
        Err(CustomerError::NobodyNamed(argument)) => argument,
        other => panic!("{who:?}: {other:?}"),
    };
    assert_eq!(absent(&half, &cashier(NEAR)), Some("consumerEmail"), "the one that names nobody");
    let none = Identifier { email: half.email, ..by_number("no card") };
    assert_eq!(absent(&none, &cashier(NEAR)), None, "which of both is nobody's to say");
    let ada = crate::world::consumer(ADA);
    assert_eq!(absent(&by_phone("+491710001072"), &ada), Some("consumerPhoneNumber"));
    assert_eq!(absent(&none, &ada), None);
}

#[test]
fn rule_8_no_identifier_is_oneself_for_consumers_and_invalid_for_others() {
    let world = World::new();
    let nobody = Identifier { email: Some(" ".to_owned()), ..Identifier::default() };
    assert_eq!(faults(identify(&mut world.at(NEAR), &cashier(NEAR), &nobody)), ["-"]);
    let ada = crate::world::consumer(ADA);
    let mut tx = world.tx(&ada);
    let own = account(ADA, "Ada").loyalty_id.unwrap();
    for who in [
        nobody,
        by_number(own.as_str()),
        by_email("ADA@example.com"),
        by_email("ada@second.example"),
        by_phone("+491710001071"),
        Identifier { id: Some(ADA), ..Identifier::default() },
    ] {
        let found = identify(&mut tx, &ada, &who).unwrap();
        assert!(matches!(found, Identified::Oneself(_)), "{who:?}");
        assert_eq!(found.person(), ADA);
    }
    let bob = account(BOB, "Bob").loyalty_id.unwrap();
    for who in [
        by_number(bob.as_str()),
        by_number("no card"),
        by_email("bob@example.com"),
        by_phone("+491710001072"),
        Identifier { id: Some(BOB), ..Identifier::default() },
        Identifier { email: Some("bob@example.com".to_owned()), ..by_number(own.as_str()) },
    ] {
        assert!(is_missing(identify(&mut tx, &ada, &who)), "{who:?}");
    }
}

#[test]
fn bad_identifiers_are_named_and_outsiders_denied() {
    let world = World::new();
    let who = Identifier {
        id: None,
        loyalty_id: Some("a\0".to_owned()),
        email: Some("a".repeat(300)),
        phone_number: Some("phone".to_owned()),
    };
    let faulty = ["consumerLoyaltyId", "consumerEmail", "consumerPhoneNumber"];
    assert_eq!(faults(identify(&mut world.at(NEAR), &cashier(NEAR), &who)), faulty);
    for actor in outsiders() {
        if matches!(actor, Actor::Consumer { .. }) {
            continue;
        }
        assert!(is_denied(identify(&mut world.tx(&actor), &actor, &by_number("1"))));
    }
}
