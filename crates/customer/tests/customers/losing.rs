//! Lost loyalty ids and cards: rule 5.

use regulars_customer::{
    Change, ConsumerPatch, CustomerStore, Identified, Identifier, Membership, Sharing, card,
    identity::identify, loyalty_id, update,
};
use regulars_kernel::{Actor, Classify, ErrorKind, PersonId, Scope};

use crate::world::{
    self, ADA, BOB, FAR, NEAR, World, account, at, cashier, consumer, faults, is_denied,
    is_missing, outsiders, owner, set,
};

fn by_number(text: &str) -> Identifier {
    Identifier { loyalty_id: Some(text.to_owned()), ..Identifier::default() }
}

fn identified(world: &World, text: &str) -> PersonId {
    match identify(&mut world.at(NEAR), &cashier(NEAR), &by_number(text)).unwrap() {
        Identified::Member(consumer) => consumer.id,
        other => panic!("{other:?}"),
    }
}

/// Whether a till is told that a number is blocked.
fn is_blocked(world: &World, text: &str) -> bool {
    match identify(&mut world.at(NEAR), &cashier(NEAR), &by_number(text)).unwrap_err().kind() {
        ErrorKind::Invalid(wrong) => wrong.to_string().contains("blocked"),
        _ => false,
    }
}

fn guest(world: &World, number: u64) -> PersonId {
    let cards = Change::Set(vec![format!("LOST-{number}"), format!("KEPT-{number}")]);
    let fields = ConsumerPatch { firstname: set("Guest"), cards, ..ConsumerPatch::default() };
    world.customer(NEAR, number, fields).id
}

#[test]
fn rule_5_a_merchant_replaces_the_loyalty_id_of_a_customer_it_keeps() {
    let world = World::new();
    let id = guest(&world, 1);
    let (former, new) = (world::loyalty_id(1), world::loyalty_id(2));
    let replace = |actor: &Actor, who| {
        loyalty_id::replace(&mut world.at(NEAR), actor, who, new.clone(), at(200))
    };
    assert!(is_denied(replace(&cashier(NEAR), Some(id))));
    assert_eq!(faults(replace(&owner(NEAR), None)), ["consumerId"]);
    assert!(is_missing(replace(&owner(NEAR), Some(PersonId::new(999)))));
    assert_eq!(replace(&owner(NEAR), Some(id)).unwrap(), id);
    assert_eq!(identified(&world, new.as_str()), id);
    assert!(is_blocked(&world, former.as_str()), "it redirects nowhere");
    let elsewhere = identify(&mut world.at(FAR), &owner(FAR), &by_number(former.as_str()));
    assert!(is_missing(elsewhere), "whose managed customer it was is told to nobody else");
    let member = world.at(NEAR).find_membership(NEAR, id).unwrap().unwrap();
    assert_eq!((member.loyalty_id, member.updated_at), (Some(new.clone()), at(200)));
}

#[test]
fn rule_5_registered_people_replace_their_own_and_every_merchant_sees_it() {
    let world = World::new();
    for (merchant, sharing) in [(NEAR, Sharing::Full), (FAR, Sharing::Name)] {
        let person = account(ADA, "Ada");
        world.0.put_membership(Membership::of_account(&person, merchant, sharing, at(1)));
    }
    let (former, new) = (account(ADA, "Ada").loyalty_id.unwrap(), world::loyalty_id(2));
    let replace = |actor: &Actor, who| {
        let mut tx = world.tx(actor);
        loyalty_id::replace(&mut tx, actor, who, new.clone(), at(200))
    };
    assert_eq!(faults(replace(&owner(NEAR), Some(ADA))), ["consumerId"], "rule 3");
    assert!(is_missing(replace(&consumer(ADA), Some(BOB))));
    assert_eq!(replace(&consumer(ADA), None).unwrap(), ADA);
    assert_eq!(identified(&world, new.as_str()), ADA);
    assert!(is_blocked(&world, former.as_str()));
    for merchant in [NEAR, FAR] {
        let member = world.at(merchant).find_membership(merchant, ADA).unwrap().unwrap();
        assert_eq!(member.loyalty_id.as_ref(), Some(&new));
    }
    let own = world.0.scoped(Scope::Person(ADA)).find_account(ADA).unwrap().unwrap();
    assert_eq!((own.loyalty_id, own.updated_at), (Some(new.clone()), at(200)));
    for actor in outsiders().iter().filter(|actor| actor.require_consumer().is_err()) {
        let refused = loyalty_id::replace(&mut world.at(NEAR), actor, None, new.clone(), at(200));
        assert!(is_denied(refused), "{actor:?}");
    }
}

#[test]
fn rule_5_a_blocked_card_identifies_nobody_and_is_nobodys_again() {
    let world = World::new();
    let (id, other) = (guest(&world, 1), guest(&world, 2));
    let block = |actor: &Actor, who, card: &str| {
        card::block(&mut world.at(NEAR), actor, who, card, at(200))
    };
    assert!(is_denied(block(&cashier(NEAR), Some(id), "LOST-1")));
    assert_eq!(faults(block(&owner(NEAR), None, "LOST-1")), ["consumerId"]);
    assert_eq!(faults(block(&owner(NEAR), Some(id), "-")), ["card"]);
    assert_eq!(faults(block(&owner(NEAR), Some(id), "LOST-2")), ["card"], "it is another's");
    assert_eq!(block(&owner(NEAR), Some(id), "lost 1").unwrap(), id);
    assert!(is_blocked(&world, "LOST-1"));
    assert_eq!(identified(&world, "KEPT-1"), id);
    assert_eq!(faults(block(&owner(NEAR), Some(id), "LOST-1")), ["card"], "once");
    for person in [id, other] {
        let cards = Change::Set(vec!["LOST-1".to_owned()]);
        let patch = ConsumerPatch { cards, ..ConsumerPatch::default() };
        let given = update::update(&mut world.at(NEAR), &owner(NEAR), person, &patch, at(300));
        assert_eq!(faults(given), ["cards"]);
    }
}

#[test]
fn rule_5_consumers_block_a_card_wherever_they_have_it() {
    let world = World::new();
    for merchant in [NEAR, FAR] {
        let mut member =
            Membership::of_account(&account(ADA, "Ada"), merchant, Sharing::Name, at(1));
        member.cards = card::parse_list(&["LOST-1".to_owned()]).unwrap();
        world.0.put_membership(member);
    }
    let block = |who, card: &str| {
        card::block(&mut world.tx(&consumer(ADA)), &consumer(ADA), who, card, at(200))
    };
    assert!(is_missing(block(Some(BOB), "LOST-1")));
    assert_eq!(faults(block(None, "OTHER")), ["card"]);
    assert_eq!(block(None, "LOST-1").unwrap(), ADA);
    for merchant in [NEAR, FAR] {
        let member = world.at(merchant).find_membership(merchant, ADA).unwrap().unwrap();
        assert_eq!((member.cards, member.updated_at), (Vec::new(), at(200)));
    }
    assert!(is_blocked(&world, "LOST-1"));
}
