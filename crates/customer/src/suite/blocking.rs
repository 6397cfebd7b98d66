//! Lost loyalty ids and cards are blocked for good.

use regulars_kernel::{MerchantId, PersonId, Scope, StoreError};

use super::{
    Fixture,
    world::{ADA, CID, FAR, FAR_MANAGED, NEAR, at, loyalty_id},
};
use crate::{CardNumber, LoyaltyId, MemberKey, Membership, Person, identity::Number};

pub(super) fn check(fixture: &mut impl Fixture) {
    loyalty_ids_are_replaced(fixture);
    cards_are_blocked(fixture);
    nobody_blocks_out_of_reach(fixture);
}

fn fresh(number: u64) -> LoyaltyId {
    LoyaltyId::from_entropy(number.wrapping_mul(0x5851_f42d_4c95_7f2d))
}

fn blocked(fixture: &mut impl Fixture, merchant: MerchantId, number: &str) -> bool {
    let number = Number::of(number);
    fixture.read(Scope::Merchant(merchant), move |store| store.is_blocked(&number)).unwrap()
}

fn replace(
    fixture: &mut impl Fixture,
    scope: Scope,
    person: PersonId,
    new: &LoyaltyId,
) -> Result<(), StoreError> {
    let new = new.clone();
    fixture.write(scope, move |store| store.replace_loyalty_id(person, &new, at(9800)))
}

fn person_now(fixture: &mut impl Fixture, id: PersonId) -> Person {
    fixture.read(Scope::Platform, move |store| store.people(&[id])).unwrap().pop().unwrap()
}

fn loyalty_ids_are_replaced(fixture: &mut impl Fixture) {
    let before = [ADA, FAR_MANAGED].map(|id| person_now(fixture, id));
    // Each in the scope that whoever may do it has; who is told of the former one.
    for (person, scope, number, told) in [
        (ADA, Scope::Person(ADA), 1, [true, true]),
        (FAR_MANAGED, Scope::Merchant(FAR), 2, [false, true]),
    ] {
        let (former, new) = (loyalty_id(person), fresh(number));
        for merchant in [NEAR, FAR] {
            assert!(!blocked(fixture, merchant, former.as_str()));
        }
        replace(fixture, scope, person, &new).unwrap();
        for (merchant, told) in [NEAR, FAR].into_iter().zip(told) {
            assert_eq!(blocked(fixture, merchant, former.as_str()), told, "{person} {merchant}");
            assert!(!blocked(fixture, merchant, new.as_str()));
        }
        let found = fixture.read(Scope::Merchant(NEAR), move |store| store.stranger(&former));
        assert_eq!(found.unwrap(), None);
    }
    for (before, number) in before.into_iter().zip([1, 2]) {
        let after = person_now(fixture, before.id);
        let expected = Person { loyalty_id: Some(fresh(number)), updated_at: at(9800), ..before };
        assert_eq!(after, expected);
    }
    let taken = replace(fixture, Scope::Person(CID), CID, &fresh(1));
    assert!(matches!(taken, Err(StoreError::Taken("person.loyalty_id"))), "{taken:?}");
    replace(fixture, Scope::Platform, ADA, &fresh(3)).unwrap();
    for number in [loyalty_id(ADA), fresh(1)] {
        assert!(blocked(fixture, NEAR, number.as_str()), "all former ones");
    }
}

fn cards_are_blocked(fixture: &mut impl Fixture) {
    let card = |number: &str| CardNumber::parse(number).unwrap();
    let before =
        fixture.read(Scope::Merchant(FAR), |store| store.find_membership(FAR, FAR_MANAGED));
    let before = before.unwrap().unwrap();
    let with = Membership { cards: vec![card("LOST-1"), card("KEPT-1")], ..before };
    let changed = with.clone();
    fixture.write(Scope::Merchant(FAR), move |store| store.update_membership(&changed)).unwrap();
    let without = Membership { cards: vec![card("KEPT-1")], ..with.clone() };
    let changed = without.clone();
    fixture
        .write(Scope::Merchant(FAR), move |store| {
            store.block_card(FAR, FAR_MANAGED, "lost1", at(9900))?;
            store.update_membership(&changed)
        })
        .unwrap();
    let kept = fixture.read(Scope::Merchant(FAR), |store| store.find_membership(FAR, FAR_MANAGED));
    assert_eq!(kept.unwrap(), Some(without));
    assert!(blocked(fixture, FAR, "lost 1") && !blocked(fixture, FAR, "KEPT-1"));
    assert!(!blocked(fixture, NEAR, "LOST-1"), "another merchant's numbers are its own");
    let found = fixture
        .read(Scope::Merchant(FAR), |store| store.members_by(&MemberKey::Card("lost1".to_owned())));
    assert_eq!(found.unwrap(), vec![]);
    let again = fixture.write(Scope::Merchant(FAR), move |store| store.update_membership(&with));
    assert!(matches!(again, Err(StoreError::Taken("membership_card.card_key"))), "{again:?}");
}

fn nobody_blocks_out_of_reach(fixture: &mut impl Fixture) {
    fn out_of_scope<T: std::fmt::Debug>(answer: &Result<T, StoreError>) {
        assert!(matches!(answer, Err(StoreError::OutOfScope(_))), "{answer:?}");
    }
    for (scope, person) in [
        (Scope::Merchant(NEAR), ADA),
        (Scope::Merchant(NEAR), FAR_MANAGED),
        (Scope::Person(CID), ADA),
        (Scope::Platform, PersonId::new(999_999)),
    ] {
        out_of_scope(&replace(fixture, scope, person, &fresh(9)));
    }
    for scope in [Scope::Merchant(NEAR), Scope::Person(CID)] {
        out_of_scope(
            &fixture.write(scope, |store| store.block_card(FAR, FAR_MANAGED, "kept1", at(9900))),
        );
    }
    for scope in [Scope::Person(CID), Scope::Platform] {
        out_of_scope(&fixture.read(scope, |store| store.is_blocked(&Number::of("lost1"))));
    }
}
