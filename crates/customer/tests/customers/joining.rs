//! Joining, leaving and sharing: rule 7.

use crate::world::{
    ADA, BOB, FAR, FAR_STORE, NEAR, NEAR_STORE, SHUT_STORE, World, account, at, is_denied,
    is_missing, owner,
};
use regulars_customer::{CustomerStore, ExtraInfo};
use regulars_customer::{
    Membership, Person, Profile, Sharing, Standing, consumer, delete, join, sharing,
};
use regulars_kernel::{Actor, Scope, StoreId};

fn ada() -> Actor {
    crate::world::consumer(ADA)
}

fn held(world: &World) -> Membership {
    world.at(NEAR).find_membership(NEAR, ADA).unwrap().unwrap()
}

#[test]
fn rule_7_whoever_joins_shares_everything() {
    let world = World::new();
    let mut tx = world.tx(&ada());
    let joined = join::join(&mut tx, &ada(), NEAR_STORE, at(10)).unwrap();
    let expected = Membership::of_account(&account(ADA, "Ada"), NEAR, Sharing::Full, at(10));
    assert_eq!(joined, expected);
    assert_eq!(joined.profile, account(ADA, "Ada").profile);
    assert_eq!(join::join(&mut tx, &ada(), NEAR_STORE, at(20)).unwrap(), expected, "once");
    join::join(&mut tx, &ada(), FAR_STORE, at(30)).unwrap();
    assert_eq!(tx.memberships_of(ADA).unwrap().len(), 2);
    for store in [SHUT_STORE, StoreId::new(999)] {
        assert!(is_missing(join::join(&mut tx, &ada(), store, at(40))), "{store}");
    }
}

#[test]
fn rule_7_joining_leaves_what_was_shared_as_it_is() {
    let world = World::new();
    let person = account(ADA, "Ada");
    world.0.put_membership(Membership::of_account(&person, NEAR, Sharing::Name, at(1)));
    let joined = join::join(&mut world.tx(&ada()), &ada(), NEAR_STORE, at(10)).unwrap();
    assert_eq!((joined.sharing, joined.updated_at), (Some(Sharing::Name), at(1)));
}

#[test]
fn rule_7_the_copy_is_exactly_what_sharing_shows() {
    let world = World::new();
    let mut tx = world.tx(&ada());
    join::join(&mut tx, &ada(), NEAR_STORE, at(10)).unwrap();
    let shown = sharing::share(&mut tx, &ada(), NEAR, Sharing::Name, at(20)).unwrap();
    assert_eq!(held(&world), shown);
    assert_eq!(shown.profile, account(ADA, "Ada").profile.shown(Sharing::Name));
    assert_eq!((shown.verified, shown.updated_at), (false, at(20)));
    assert_eq!(shown.loyalty_id, account(ADA, "Ada").loyalty_id, "tills know it");
    let again = sharing::share(&mut tx, &ada(), NEAR, Sharing::Name, at(30)).unwrap();
    assert_eq!(again, shown, "nothing moved");
    let full = sharing::share(&mut tx, &ada(), NEAR, Sharing::Full, at(40)).unwrap();
    assert_eq!(full.profile, account(ADA, "Ada").profile);
    assert!(is_missing(sharing::share(&mut tx, &ada(), FAR, Sharing::Name, at(50))));
}

#[test]
fn rule_7_an_account_that_changes_changes_every_copy_that_shows_it() {
    let world = World::new();
    let mut tx = world.tx(&ada());
    join::join(&mut tx, &ada(), NEAR_STORE, at(10)).unwrap();
    join::join(&mut tx, &ada(), FAR_STORE, at(10)).unwrap();
    sharing::share(&mut tx, &ada(), FAR, Sharing::Name, at(10)).unwrap();
    let mut person = account(ADA, "Ada");
    person.profile.street = Some("New Street 2".to_owned());
    tx.update_person(&person).unwrap();
    sharing::spread(&mut tx, &person, at(20)).unwrap();
    assert_eq!(held(&world).profile, person.profile);
    assert_eq!(held(&world).updated_at, at(20));
    let far = tx.find_membership(FAR, ADA).unwrap().unwrap();
    assert_eq!(far.updated_at, at(10), "nobody is told what is not shared");
    person.profile.city = Some("Köln".to_owned());
    person.last_login = Some(at(25));
    sharing::spread(&mut tx, &person, at(30)).unwrap();
    let far = tx.find_membership(FAR, ADA).unwrap().unwrap();
    assert_eq!((far.profile.city.as_deref(), far.updated_at), (Some("Köln"), at(30)));
    person.last_login = Some(at(35));
    sharing::spread(&mut tx, &person, at(40)).unwrap();
    assert_eq!((held(&world).last_login, held(&world).updated_at), (Some(at(35)), at(30)));
}

#[test]
fn rule_7_leaving_empties_the_copy_and_only_the_person_comes_back() {
    let world = World::new();
    let mut tx = world.tx(&ada());
    let joined = join::join(&mut tx, &ada(), NEAR_STORE, at(10)).unwrap();
    let noted = Membership { extra_info: ExtraInfo::parse("{}").ok(), ..joined };
    world.0.put_membership(noted.clone());
    sharing::share(&mut tx, &ada(), NEAR, Sharing::Name, at(15)).unwrap();
    let left = join::leave(&mut tx, &ada(), NEAR, at(20)).unwrap();
    let expected = Membership {
        profile: Profile::default(),
        loyalty_id: None,
        standing: Standing::Left(at(20)),
        sharing: Some(Sharing::Name),
        updated_at: at(20),
        ..noted
    };
    assert_eq!(left, expected, "what the merchant wrote stays");
    assert_eq!(held(&world), expected);
    assert_eq!(join::leave(&mut tx, &ada(), NEAR, at(30)).unwrap(), left, "once");
    assert!(is_missing(sharing::share(&mut tx, &ada(), NEAR, Sharing::Full, at(30))));
    let seen = consumer::get(&mut world.at(NEAR), &owner(NEAR), ADA).unwrap();
    assert_eq!((seen.archived, seen.left, seen.active), (true, true, false));
    assert_eq!((seen.profile, seen.loyalty_id), (Profile::default(), None));
    let deleted = delete::delete(&mut world.at(NEAR), &owner(NEAR), ADA, at(40)).unwrap();
    assert!(deleted.left, "the merchant's deletion does not open a way back");
    let mut person = account(ADA, "Ada");
    person.profile.city = Some("Köln".to_owned());
    sharing::spread(&mut tx, &person, at(50)).unwrap();
    assert_eq!(held(&world), expected, "what happens later is not told");
    let back = join::join(&mut tx, &ada(), NEAR_STORE, at(60)).unwrap();
    assert_eq!((back.standing, back.sharing), (Standing::Live, Some(Sharing::Full)));
    assert_eq!(back.created_at, at(10), "the same membership");
    assert_eq!(back.profile, account(ADA, "Ada").profile);
}

#[test]
fn rule_7_one_whom_the_merchant_archived_comes_back_by_joining() {
    let world = World::new();
    let mut tx = world.tx(&ada());
    join::join(&mut tx, &ada(), NEAR_STORE, at(10)).unwrap();
    delete::delete(&mut world.at(NEAR), &owner(NEAR), ADA, at(20)).unwrap();
    let back = join::join(&mut tx, &ada(), NEAR_STORE, at(30)).unwrap();
    assert_eq!((back.standing, back.created_at), (Standing::Live, at(10)));
    delete::delete(&mut world.at(NEAR), &owner(NEAR), ADA, at(40)).unwrap();
    let left = join::leave(&mut tx, &ada(), NEAR, at(50)).unwrap();
    assert_eq!(left.standing, Standing::Left(at(50)), "an archived membership can be left");
}

#[test]
fn only_registered_people_join_share_and_leave() {
    let world = World::new();
    for actor in [owner(NEAR), Actor::system(NEAR), Actor::Anonymous] {
        let mut tx = world.0.scoped(Scope::Merchant(NEAR));
        assert!(is_denied(join::join(&mut tx, &actor, NEAR_STORE, at(1))));
        assert!(is_denied(join::leave(&mut tx, &actor, NEAR, at(1))));
        assert!(is_denied(sharing::share(&mut tx, &actor, NEAR, Sharing::Name, at(1))));
    }
    world.0.put_person(Person { active: false, ..account(BOB, "Bob") });
    let bob = crate::world::consumer(BOB);
    assert!(is_missing(join::join(&mut world.tx(&bob), &bob, NEAR_STORE, at(1))), "deleted");
    assert!(is_missing(join::leave(&mut world.tx(&ada()), &ada(), NEAR, at(1))), "no member");
}

#[test]
fn an_archived_or_deleted_account_acts_no_more() {
    let world = World::new();
    let mut tx = world.tx(&ada());
    join::join(&mut tx, &ada(), NEAR_STORE, at(10)).unwrap();
    let before = held(&world);
    let person = account(ADA, "Ada");
    for gone in [Person { archived: true, ..person.clone() }, Person { active: false, ..person }] {
        world.0.put_person(gone);
        assert!(is_missing(join::join(&mut tx, &ada(), FAR_STORE, at(20))));
        assert!(is_missing(sharing::share(&mut tx, &ada(), NEAR, Sharing::Name, at(20))));
        assert!(is_missing(join::leave(&mut tx, &ada(), NEAR, at(20))));
        assert_eq!(held(&world), before);
    }
}
