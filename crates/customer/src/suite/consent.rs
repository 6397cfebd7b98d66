//! Decisions are added, one of each channel stands, and nobody reads another's.

use regulars_kernel::{ConsentId, MerchantId, PageRequest, PersonId, Scope, StoreError};

use super::{
    Fixture,
    world::{ADA, BOB, CID, FAR, FAR_MANAGED, FIRST_MANAGED, NEAR, at},
};
use crate::{
    Consent, ConsentChannel, ConsentRecorder, ConsentSort, ConsentState, Decision, NewConsent,
};

const GUEST: PersonId = PersonId::new(FIRST_MANAGED);

pub(super) fn check(fixture: &mut impl Fixture) {
    let all = write(fixture);
    the_standing_ones(fixture, &all);
    the_history(fixture, &all);
    nobody_decides_out_of_reach(fixture);
}

fn decision(channel: ConsentChannel, state: ConsentState, source: &str, when: i64) -> Decision {
    let wording = (source == "worded").then(|| "Ja, schreibt mir.\nBitte.".to_owned());
    Decision { channel, state, source: source.to_owned(), wording, decided_at: at(when) }
}

fn new(merchant: MerchantId, person: PersonId, decision: Decision) -> NewConsent {
    NewConsent {
        merchant,
        person,
        decision,
        recorded_at: at(9_950),
        recorded_by: ConsentRecorder::Staff,
        recorded_by_person: Some(merchant.founder()),
        recorded_by_app: None,
    }
}

/// Writes decisions of four people, the later ones first, and answers them as they were written down.
fn write(fixture: &mut impl Fixture) -> Vec<Consent> {
    use ConsentChannel::{Email, Post, Sms};
    use ConsentState::{Denied, Granted};
    let mut all = Vec::new();
    for (merchant, person, decision) in [
        (NEAR, ADA, decision(Email, Granted, "till", 50)),
        (NEAR, ADA, decision(Email, Denied, "till", 50)),
        (NEAR, ADA, decision(Email, Granted, "worded", 10)),
        (FAR, ADA, decision(Email, Granted, "web-form", 90)),
        (NEAR, BOB, decision(Post, Denied, "letter", 20)),
        (NEAR, GUEST, decision(Sms, Granted, "worded", 30)),
        (NEAR, GUEST, decision(Sms, Granted, "till", 30)),
        (NEAR, GUEST, decision(Post, Denied, "till", 5)),
        (FAR, FAR_MANAGED, decision(Sms, Denied, "till", 1)),
    ] {
        let one = new(merchant, person, decision);
        let scope = if person == BOB { Scope::Person(BOB) } else { Scope::Merchant(merchant) };
        let written = one.clone();
        let known = {
            let one = one.clone();
            fixture.read(scope, move |store| {
                store.is_consent_known(one.merchant, one.person, &one.decision)
            })
        };
        assert!(!known.unwrap(), "{one:?}");
        let id = fixture.write(scope, move |store| store.insert_consent(&written)).unwrap();
        let after = one.clone();
        let known = fixture.read(scope, move |store| {
            let (merchant, person) = (after.merchant, after.person);
            let other = Decision { wording: Some("?".to_owned()), ..after.decision.clone() };
            Ok([
                store.is_consent_known(merchant, person, &after.decision)?,
                store.is_consent_known(merchant, person, &other)?,
            ])
        });
        assert_eq!(known.unwrap(), [true, false], "{one:?}");
        all.push(one.with_id(id));
    }
    all
}

fn at_places(all: &[Consent], places: &[usize]) -> Vec<Consent> {
    places.iter().filter_map(|place| all.get(*place)).cloned().collect()
}

const SOME: [PersonId; 6] = [GUEST, BOB, ADA, CID, FAR_MANAGED, GUEST];

fn the_standing_ones(fixture: &mut impl Fixture, all: &[Consent]) {
    for (scope, places) in [
        (Scope::Merchant(NEAR), &[1, 4, 6, 7][..]),
        (Scope::Merchant(FAR), &[3, 8]),
        (Scope::Person(ADA), &[1, 3]),
        (Scope::Person(CID), &[]),
        (Scope::Platform, &[1, 3, 4, 6, 7, 8]),
    ] {
        let found = fixture.read(scope, |store| store.standing_consents(&SOME)).unwrap();
        assert_eq!(found, at_places(all, places), "{scope:?}");
    }
    let none = fixture.read(Scope::Merchant(NEAR), |store| store.standing_consents(&[]));
    assert_eq!(none.unwrap(), []);
}

fn the_history(fixture: &mut impl Fixture, all: &[Consent]) {
    let page = PageRequest::<ConsentSort>::first(2);
    let sms = Some(ConsentChannel::Sms);
    for (scope, channel, person, places, count) in [
        (Scope::Merchant(NEAR), None, ADA, &[1, 0][..], 3),
        (Scope::Merchant(NEAR), sms, ADA, &[], 0),
        (Scope::Merchant(NEAR), sms, GUEST, &[6, 5], 2),
        (Scope::Merchant(FAR), None, ADA, &[3], 1),
        (Scope::Person(ADA), None, ADA, &[3, 1], 4),
        (Scope::Person(ADA), None, GUEST, &[], 0),
    ] {
        let page = page.clone();
        let (found, counts) = fixture
            .read(scope, move |store| {
                let found = store.consent_history(&SOME, channel, &page)?;
                Ok((found, store.count_consent_history(&SOME, channel)?))
            })
            .unwrap();
        let of = found.into_iter().find(|(id, _)| *id == person).map(|(_, page)| page);
        let (items, more) = of.map_or((Vec::new(), false), |page| (page.items, page.has_next));
        assert_eq!(items, at_places(all, places), "{scope:?} {person}");
        assert_eq!(more, count > 2, "{scope:?} {person}");
        let counted = counts.into_iter().find(|(id, _)| *id == person).map(|(_, count)| count);
        assert_eq!(counted.unwrap_or_default(), count, "{scope:?} {person}");
    }
    for (scope, merchant, person, count) in [
        (Scope::Merchant(NEAR), NEAR, ADA, 3),
        (Scope::Merchant(FAR), FAR, ADA, 1),
        (Scope::Merchant(FAR), NEAR, ADA, 0),
        (Scope::Person(CID), NEAR, ADA, 0),
    ] {
        let found = fixture.read(scope, move |store| {
            store.count_consents(merchant, person, ConsentChannel::Email)
        });
        assert_eq!(found.unwrap(), count, "{scope:?}");
    }
}

fn nobody_decides_out_of_reach(fixture: &mut impl Fixture) {
    let yes = || decision(ConsentChannel::Push, ConsentState::Granted, "till", 60);
    for (scope, merchant, person) in [
        (Scope::Merchant(NEAR), FAR, FAR_MANAGED),
        (Scope::Merchant(NEAR), NEAR, PersonId::new(999_999)),
        (Scope::Person(CID), NEAR, ADA),
        (Scope::Platform, NEAR, PersonId::new(999_999)),
    ] {
        let one = new(merchant, person, yes());
        let answer: Result<ConsentId, StoreError> =
            fixture.write(scope, move |store| store.insert_consent(&one));
        assert!(matches!(answer, Err(StoreError::OutOfScope(_))), "{scope:?} {answer:?}");
    }
}
