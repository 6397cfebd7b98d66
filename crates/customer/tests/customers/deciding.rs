//! Who decides about being contacted, and what stands: rule 29.

use regulars_customer::{
    Change, Consent, ConsentChannel, ConsentRecorder, ConsentState, ConsumerPatch, CustomerError,
    CustomerStore, Membership, NewDecision, Sharing, consent, join,
};
use regulars_kernel::{
    Actor, ApplicationId, MerchantId, Permission, PersonId, StoreAccess, Timestamp,
};

use crate::world::{
    ADA, BOB, FAR, NEAR, World, account, at, cashier, consumer, faults, is_denied, is_missing,
    outsiders, owner, set,
};

fn guest(world: &World) -> PersonId {
    let cards = Change::Set(vec!["C-1".to_owned()]);
    let fields = ConsumerPatch { firstname: set("Guest"), cards, ..ConsumerPatch::default() };
    world.customer(NEAR, 1, fields).id
}

fn ada_joins(world: &World) {
    let person = account(ADA, "Ada");
    world.0.put_membership(Membership::of_account(&person, NEAR, Sharing::Full, at(1)));
}

fn says(state: ConsentState, decided_at: i64) -> NewDecision {
    NewDecision {
        channel: ConsentChannel::Email,
        state,
        source: "till".to_owned(),
        decided_at: Some(at(decided_at)),
        wording: None,
    }
}

fn decide(
    world: &World,
    actor: &Actor,
    who: Option<PersonId>,
    merchant: Option<MerchantId>,
    new: &NewDecision,
    now: i64,
) -> Result<Consent, CustomerError> {
    consent::set(&mut world.tx(actor), actor, who, merchant, new, at(now))
}

fn updated_at(world: &World, id: PersonId) -> Timestamp {
    world.at(NEAR).find_membership(NEAR, id).unwrap().unwrap().updated_at
}

fn count(world: &World, id: PersonId) -> u64 {
    world.at(NEAR).count_consents(NEAR, id, ConsentChannel::Email).unwrap()
}

use ConsentState::{Denied, Granted};

#[test]
fn rule_29_the_latest_dated_decision_stands_and_an_opt_out_wins_a_tie() {
    let world = World::new();
    let id = guest(&world);
    for (state, decided_at, now, stands, updated) in [
        (Granted, 500, 1_000, (Granted, 500), 1_000),
        // Older ones that come to be known later change nothing, and move nothing.
        (Denied, 400, 1_001, (Granted, 500), 1_000),
        (Denied, 500, 1_002, (Denied, 500), 1_002),
        (Granted, 500, 1_003, (Denied, 500), 1_002),
        (Granted, 501, 1_004, (Granted, 501), 1_004),
    ] {
        let told = decide(&world, &owner(NEAR), Some(id), None, &says(state, decided_at), now);
        let told = told.unwrap().new.decision;
        assert_eq!((told.state, told.decided_at), (stands.0, at(stands.1)), "{now}");
        assert_eq!(updated_at(&world, id), at(updated), "{now}");
    }
    assert_eq!(count(&world, id), 4, "told twice it is one");
    let standing = consent::list_standing(&mut world.at(NEAR), &owner(NEAR), &[id]).unwrap();
    let [one] = standing.as_slice() else { panic!("{standing:?}") };
    let by = (one.new.recorded_by, one.new.recorded_by_person, one.new.recorded_at);
    assert_eq!(by, (ConsentRecorder::Staff, Some(NEAR.founder()), at(1_004)));
}

#[test]
fn rule_29_of_a_registered_customer_a_merchant_writes_an_opt_out_alone() {
    let world = World::new();
    ada_joins(&world);
    let app = Actor::App {
        app: ApplicationId::new(5),
        merchant: NEAR,
        person: None,
        permissions: Permission::ChangeConsumer.into(),
        stores: StoreAccess::All,
    };
    let yes = decide(&world, &app, Some(ADA), None, &says(Granted, 10), 20);
    assert_eq!(faults(yes), ["state"]);
    let no = decide(&world, &app, Some(ADA), None, &says(Denied, 10), 20).unwrap();
    assert_eq!(
        (no.new.recorded_by, no.new.recorded_by_app),
        (ConsentRecorder::App, Some(5.into()))
    );
    // The person's own yes, and their no; each at one merchant.
    let own = consumer(ADA);
    for state in [Granted, Denied] {
        let done = decide(&world, &own, None, Some(NEAR), &says(state, 30), 40).unwrap();
        assert_eq!((done.new.decision.state, done.new.merchant), (state, NEAR));
        assert_eq!(done.new.recorded_by, ConsentRecorder::Consumer);
    }
    assert_eq!(faults(decide(&world, &own, None, None, &says(Granted, 50), 60)), ["merchantId"]);
    assert!(is_missing(decide(&world, &own, None, Some(FAR), &says(Denied, 50), 60)));
    assert!(is_missing(decide(&world, &own, Some(BOB), Some(NEAR), &says(Denied, 50), 60)));
    assert!(is_missing(decide(&world, &consumer(BOB), None, Some(NEAR), &says(Denied, 50), 60)));
}

#[test]
fn rule_29_who_left_says_no_alone_and_what_they_said_stays() {
    let world = World::new();
    ada_joins(&world);
    let own = consumer(ADA);
    decide(&world, &own, None, Some(NEAR), &says(Granted, 10), 20).unwrap();
    join::leave(&mut world.tx(&own), &own, NEAR, at(30)).unwrap();
    let seen = |actor: &Actor| {
        let found = consent::list_standing(&mut world.tx(actor), actor, &[ADA, BOB]).unwrap();
        found.iter().map(|one| one.new.decision.state).collect::<Vec<_>>()
    };
    assert_eq!((seen(&own), seen(&owner(NEAR))), (vec![Granted], vec![Granted]));
    assert_eq!(faults(decide(&world, &own, None, Some(NEAR), &says(Granted, 40), 40)), ["state"]);
    decide(&world, &own, None, Some(NEAR), &says(Denied, 40), 40).unwrap();
    assert_eq!((seen(&own), seen(&owner(NEAR))), (vec![Denied], vec![Denied]));
    assert_eq!(seen(&owner(FAR)), []);
}

#[test]
fn rule_29_who_may_decide_for_nobody_is_denied() {
    let world = World::new();
    let id = guest(&world);
    for actor in [Actor::Anonymous, Actor::Platform { person: BOB }, cashier(NEAR)] {
        let refused = decide(&world, &actor, Some(id), None, &says(Denied, 10), 20);
        assert!(is_denied(refused), "{actor:?}");
    }
    for actor in outsiders() {
        let found = consent::list_standing(&mut world.tx(&actor), &actor, &[id]);
        assert!(found.is_ok_and(|found| found.is_empty()) || actor != consumer(ADA), "{actor:?}");
    }
    let owner = owner(NEAR);
    assert_eq!(faults(decide(&world, &owner, None, None, &says(Denied, 10), 20)), ["consumerId"]);
    let elsewhere = decide(&world, &owner, Some(id), Some(FAR), &says(Denied, 10), 20);
    assert_eq!(faults(elsewhere), ["merchantId"]);
    assert!(is_missing(decide(&world, &owner, Some(BOB), None, &says(Denied, 10), 20)));
    let future = decide(&world, &owner, Some(id), None, &says(Denied, 1_000), 20);
    assert_eq!(faults(future), ["decidedAt"]);
}

#[test]
fn past_the_bound_only_an_opt_out_that_changes_something_is_kept() {
    let world = World::new();
    let id = guest(&world);
    let most = i64::try_from(consent::MAX_DECISIONS).unwrap();
    let owner = owner(NEAR);
    let say = |state, decided_at| {
        decide(&world, &owner, Some(id), None, &says(state, decided_at), 100_000)
    };
    for second in 1..=most {
        say(Granted, second).unwrap();
    }
    assert_eq!(faults(say(Granted, most + 1)), ["channel"]);
    assert_eq!(faults(say(Denied, 0)), ["channel"], "an old one changes nothing");
    assert_eq!(say(Granted, most).unwrap().new.decision.decided_at, at(most), "said before");
    assert_eq!(say(Denied, most + 2).unwrap().new.decision.state, Denied);
    assert_eq!(say(Denied, most + 3).unwrap().new.decision.decided_at, at(most + 2));
    assert_eq!(faults(say(Granted, most + 4)), ["channel"]);
    assert_eq!(count(&world, id), consent::MAX_DECISIONS + 1);
}
