//! The end of an account, for a while or for good.

use regulars_auth::{StaffStore, account, password_reset, staff};
use regulars_kernel::SystemRole;

use super::*;

pub(super) fn cafe(id: MerchantId) -> Merchant {
    Merchant::new(id, "Café", Tz::UTC, Currency::EUR, NOW)
}

#[test]
fn rule_3_an_account_is_put_away_until_the_next_log_in() {
    let mut house = House::new();
    let grant = house.ada();
    let token = house.token(NOW);
    let actor = house.actor(&grant, NOW);
    assert_eq!(wrong(house.confirm(&actor, PASSWORD)), vec![(None, Rule::NotVerified)]);
    verification::verify(&mut house.tx(), &token, NOW).unwrap();
    let typo = house.confirm(&actor, "tea with 4 crows");
    assert_eq!(wrong(typo), vec![(Some("password"), Rule::InvalidPassword)]);
    let confirmed = house.confirm(&actor, PASSWORD).unwrap();
    account::archive(&mut house.tx(), &confirmed, after(60)).unwrap();
    let away = house.person(grant.person);
    assert_eq!((away.archived, away.active, away.deleted_at), (true, true, Some(after(60))));
    assert_eq!(house.actor(&grant, after(60)), Actor::Anonymous);
    assert!(house.renew(&grant.refresh.to_hex(), after(60)).is_err());
    let twice = account::archive(&mut house.tx(), &confirmed, after(61));
    assert_eq!(wrong(twice), vec![(None, Rule::Unauthenticated)]);
    let login = house.log_in("ada@example.com", PASSWORD, after(62)).unwrap();
    assert!(login.unarchiving);
    assert_eq!(house.actor(&grant, after(62)), Actor::Anonymous, "a session of before is over");
}

#[test]
fn a_deleted_account_is_closed_for_good_and_its_address_is_free() {
    let merchant = MerchantId::new(900);
    let mut house = House::with(|settings| settings.default_merchant = Some(merchant));
    house.memory.customers().merchants().put_merchant(cafe(merchant));
    let actor = house.proved_ada();
    let person = actor.person().unwrap();
    let seed = house.seed();
    password_reset::send(&mut house.tx(), "ada@example.com", &seed, NOW).unwrap();
    let confirmed = house.confirm(&actor, PASSWORD).unwrap();
    account::delete(&mut house.tx(), &confirmed, after(60)).unwrap();
    let gone = house.person(person);
    assert_eq!((gone.active, gone.verified, gone.deleted_at), (false, false, Some(after(60))));
    assert_eq!(house.sent(after(60)), vec![], "what waited is not sent");
    let shown = house.tx().memberships_of(person).unwrap().pop().unwrap();
    assert_eq!((shown.profile.email, shown.verified), (None, false));
    assert!(house.log_in("ada@example.com", PASSWORD, after(61)).is_err());
    let next = house.ada();
    assert_ne!(next.person, person);
}

type Leave = fn(&mut MemoryStore, &Confirmed, Timestamp) -> Result<PersonId, AuthError>;

#[test]
fn the_last_owner_stays_and_others_go() {
    let ways: [Leave; 2] = [account::archive, |tx, confirmed, now| {
        account::delete(tx, confirmed, now).map(|closed| closed.person)
    }];
    for leave in ways {
        let mut house = House::new();
        let grant = house.register(&seller(None)).unwrap();
        let token = house.token(NOW);
        verification::verify(&mut house.tx(), &token, NOW).unwrap();
        let (owner, merchant) = (house.actor(&grant, NOW), grant.person.founded());
        let confirmed = house.confirm(&owner, PASSWORD).unwrap();
        let refused = wrong(leave(&mut house.tx(), &confirmed, NOW));
        let [(None, Rule::Invalid(sentence))] = refused.as_slice() else { panic!("{refused:?}") };
        assert!(sentence.contains("make somebody else one first"), "{sentence}");
        assert!(house.person(grant.person).active && !house.person(grant.person).archived);

        let roles = house.tx().merchant_roles(merchant).unwrap();
        let owns = roles.iter().find(|role| role.system == Some(SystemRole::Owner)).unwrap();
        let new = staff::NewStaff {
            roles: [owns.id].into(),
            all_stores: true,
            ..staffing::new_staff("olga")
        };
        let seed = house.seed();
        staff::create(&mut house.tx(), &owner, &new, &seed, NOW).unwrap();
        leave(&mut house.tx(), &confirmed, NOW).unwrap();
        let left = house.tx().staff(&[grant.person]).unwrap();
        let gone = house.person(grant.person);
        assert_eq!(left.is_empty(), !gone.active, "who is deleted works there no more");
        assert_eq!(gone.active, gone.archived);
    }
}

#[test]
fn whoever_is_dismissed_is_not_invited_any_more() {
    let shop = staffing::Shop::open();
    shop.house.sent(NOW);
    let person = shop.hire_cashier("carla");
    staff::delete(&mut shop.house.tx(), &Actor::owner(shop.merchant), person, true, NOW).unwrap();
    assert_eq!(shop.house.sent(NOW), vec![]);
}
