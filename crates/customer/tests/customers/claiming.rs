//! What merchants keep of somebody who has an account by now: rule 4.

use regulars_customer::{
    ConsumerPatch, CustomerError, Person,
    claim::{self, Claimable},
    delete,
};
use regulars_kernel::{Actor, MerchantId, PersonId, Scope};

use crate::world::{
    self, ADA, BOB, FAR, NEAR, World, at, consumer, is_denied, is_missing, outsiders, owner, set,
};

/// A world in which Ada's address is proved.
fn proved() -> World {
    let world = World::new();
    world.0.put_person(Person { verified: true, ..world::account(ADA, "Ada") });
    world
}

fn keep(world: &World, merchant: MerchantId, number: u64, email: &str) -> PersonId {
    let fields = ConsumerPatch {
        firstname: set("Mrs A"),
        email: set(email),
        phone_number: set("+491710001071"),
        ..ConsumerPatch::default()
    };
    world.customer(merchant, number, fields).id
}

fn offered(world: &World, actor: &Actor) -> Result<Vec<Claimable>, CustomerError> {
    claim::list(&mut world.0.scoped(Scope::Platform), actor)
}

#[test]
fn rule_4_records_under_a_proved_address_are_offered() {
    let world = proved();
    let near = keep(&world, NEAR, 1, "ADA@example.com");
    let far = keep(&world, FAR, 2, "ada@second.example");
    keep(&world, FAR, 3, "somebody@example.com");
    let gone = keep(&world, FAR, 4, "ada@example.com");
    delete::delete(&mut world.at(FAR), &owner(FAR), gone, at(200)).unwrap();
    let row = |merchant, person| Claimable {
        merchant,
        person,
        firstname: "Mrs A".to_owned(),
        created_at: at(100),
    };
    let all = offered(&world, &consumer(ADA)).unwrap();
    assert_eq!(all, [row(NEAR, near), row(FAR, far)]);
    assert_eq!(offered(&world, &consumer(BOB)).unwrap(), []);
}

#[test]
fn rule_4_knowing_an_address_or_a_phone_number_opens_nothing() {
    let world = World::new();
    keep(&world, NEAR, 1, "ada@example.com");
    let all = offered(&world, &consumer(ADA)).unwrap();
    assert_eq!(all, [], "neither was proved, though the account shows both");
}

#[test]
fn only_consumers_are_offered_records() {
    let world = proved();
    for actor in outsiders().iter().chain([&owner(NEAR)]) {
        if actor.require_consumer().is_err() {
            assert!(is_denied(offered(&world, actor)), "{actor:?}");
        }
    }
    world.0.put_person(Person { archived: true, ..world::account(ADA, "Ada") });
    assert!(is_missing(offered(&world, &consumer(ADA))));
}
