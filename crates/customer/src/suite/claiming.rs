//! Managed records are found by what is in them, for whoever proved it.

use regulars_kernel::{PersonId, Scope, StoreError};

use super::{
    Fixture,
    world::{ADA, NEAR, managed},
};
use crate::{CustomerStore, claim::Claimable};

pub(super) fn check(fixture: &mut impl Fixture) {
    let offered = |number| {
        let member = managed(NEAR, PersonId::new(number));
        Claimable {
            merchant: NEAR,
            person: member.person,
            firstname: member.profile.firstname,
            created_at: member.created_at,
        }
    };
    // The third is archived, the fourth a registered member's.
    let keys = [
        "guest103@example.org",
        "guest101@example.org",
        "guest112@example.org",
        "ada@example.com",
        "",
    ];
    let keys = keys.map(str::to_owned).to_vec();
    let ask = |store: &mut dyn CustomerStore, keys: &[String]| store.claimable(keys);
    let found = {
        let keys = keys.clone();
        fixture.read(Scope::Platform, move |store| ask(store, &keys))
    };
    assert_eq!(found.unwrap(), [offered(101), offered(103)]);
    assert_eq!(fixture.read(Scope::Platform, move |store| ask(store, &[])).unwrap(), []);
    for scope in [Scope::Merchant(NEAR), Scope::Person(ADA)] {
        let keys = keys.clone();
        let refused = fixture.read(scope, move |store| ask(store, &keys));
        assert!(matches!(refused, Err(StoreError::OutOfScope(_))), "{refused:?}");
    }
}
