//! What goes of people who are erased, and what is written down of it.

use std::time::Duration;

use regulars_customer::{CardNumber, Kind, LoyaltyId, Membership, NewPerson, Person, Sharing};
use regulars_kernel::{MerchantId, PersonId, Scope, Timestamp};

use super::{Fixture, LATER, NOW, World, mail::mail, person, platform, sign_up};
use crate::{
    erasure::{Erasure, ErasureId, NewErasure, Part, PartKind, Parts, Reason, Whose},
    mail::MailKind,
    mark::{Mark, MarkKind},
};

pub(super) fn run(fixture: &mut impl Fixture, world: &World) {
    an_account_goes_with_all_that_hangs_on_it(fixture, world);
    a_merchant_clears_its_own_alone(fixture, world);
    marks_are_kept_once_and_a_merchants_own(fixture, world);
    erasures_are_written_down_and_settled(fixture, world);
}

/// A customer of the world's merchant, with two cards.
fn join(fixture: &mut impl Fixture, world: &World, id: PersonId, kind: Kind, card: &str) {
    let merchant = world.owner.founded();
    platform(fixture, |tx| {
        let account = person(tx, id);
        let cards = ["1", "2"].map(|end| CardNumber::parse(&format!("{card}-{end}")).unwrap());
        let membership = Membership::of_account(&account, merchant, Sharing::Full, NOW);
        let sharing = membership.sharing.filter(|_| kind == Kind::Registered);
        let new = Membership { kind, sharing, cards: cards.to_vec(), ..membership };
        tx.insert_membership(&new).unwrap();
    });
}

/// What was cleared, by kind.
fn cleared(parts: Vec<Part>) -> Vec<(PartKind, u64)> {
    Parts::of(parts).iter().map(|part| (part.kind, part.cleared)).collect()
}

fn an_account_goes_with_all_that_hangs_on_it(fixture: &mut impl Fixture, world: &World) {
    let gone = sign_up(fixture, "gone@example.com", None, |_| ());
    join(fixture, world, gone, Kind::Registered, "GONE");
    let whose = Whose { person: gone, merchant: None, whole: true };
    let session = platform(fixture, |tx| {
        tx.insert_mail(&mail(Some(gone), MailKind::PasswordReset, 201, NOW)).unwrap();
        tx.replace_loyalty_id(gone, &LoyaltyId::from_entropy(4_711), LATER).unwrap();
        tx.insert_session(gone, NOW).unwrap()
    });
    let parts = platform(fixture, |tx| cleared(tx.clear(whose, &[]).unwrap()));
    let expected = [
        (PartKind::Cards, 2),
        (PartKind::BlockedNumbers, 1),
        (PartKind::Sessions, 1),
        (PartKind::Mails, 1),
    ];
    assert_eq!(parts, expected);
    platform(fixture, |tx| {
        let standing = tx.find_standing(gone, session).unwrap();
        assert!(standing.is_none_or(|standing| !standing.session_live));
        let login = tx.find_credentials(gone).unwrap();
        assert!(login.is_none_or(|login| login.password.is_none()), "the password is gone");
        let cards = tx.memberships_of(gone).unwrap().into_iter().flat_map(|one| one.cards);
        assert_eq!(cards.collect::<Vec<_>>(), []);
        assert_eq!(cleared(tx.clear(whose, &[]).unwrap()), [], "once more finds nothing");
    });
}

fn a_merchant_clears_its_own_alone(fixture: &mut impl Fixture, world: &World) {
    let stays = sign_up(fixture, "stays@example.com", None, |_| ());
    join(fixture, world, stays, Kind::Registered, "STAYS");
    let session = platform(fixture, |tx| tx.insert_session(stays, NOW).unwrap());
    let at = |merchant| Whose { person: stays, merchant: Some(merchant), whole: false };
    platform(fixture, |tx| {
        let elsewhere = tx.clear(at(MerchantId::new(i64::MAX)), &[]).unwrap();
        assert_eq!(cleared(elsewhere), [], "another merchant has nothing of them");
        let here = tx.clear(at(world.owner.founded()), &[]).unwrap();
        assert_eq!(cleared(here), [(PartKind::Cards, 2)]);
        let standing = tx.find_standing(stays, session).unwrap().unwrap();
        assert!(standing.session_live, "the account is the person's own");
        assert!(tx.find_credentials(stays).unwrap().unwrap().password.is_some());
    });
    for scope in [Scope::Merchant(world.owner.founded()), Scope::Person(stays)] {
        fixture.with(scope, &mut |tx| {
            assert!(tx.clear(at(world.owner.founded()), &[]).is_err(), "{scope:?}");
        });
    }
}

fn is_marked(
    fixture: &mut impl Fixture,
    scope: Scope,
    merchant: MerchantId,
    marks: &[Mark],
) -> bool {
    let mut found = false;
    fixture.with(scope, &mut |tx| found = tx.is_marked(merchant, marks).unwrap());
    found
}

fn marks_are_kept_once_and_a_merchants_own(fixture: &mut impl Fixture, world: &World) {
    let merchant = world.owner.founded();
    let mark = |kind, digit: &str| Mark { kind, key: "a".to_owned(), digest: digit.repeat(64) };
    let (source, card) = (mark(MarkKind::Source, "1"), mark(MarkKind::Card, "1"));
    platform(fixture, |tx| {
        assert_eq!(tx.insert_marks(merchant, &[], NOW).unwrap(), 0);
        let both = [source.clone(), card.clone()];
        assert_eq!(tx.insert_marks(merchant, &both, NOW).unwrap(), 2);
        assert_eq!(tx.insert_marks(merchant, &both, LATER).unwrap(), 0, "once");
    });
    let other = [mark(MarkKind::Source, "2")];
    let source = [source];
    assert!(is_marked(fixture, Scope::Merchant(merchant), merchant, &source));
    assert!(is_marked(fixture, Scope::Platform, merchant, &source));
    assert!(!is_marked(fixture, Scope::Merchant(merchant), merchant, &other));
    assert!(!is_marked(fixture, Scope::Merchant(merchant), merchant, &[]));
    let stranger = MerchantId::new(i64::MAX);
    assert!(!is_marked(fixture, Scope::Merchant(stranger), merchant, &source));
    assert!(!is_marked(fixture, Scope::Platform, stranger, &source));
    assert!(!is_marked(fixture, Scope::Person(world.ada), merchant, &source));
}

fn find(fixture: &mut impl Fixture, scope: Scope, id: ErasureId) -> Option<Erasure> {
    let mut found = None;
    fixture.with(scope, &mut |tx| found = tx.find_erasure(id).unwrap());
    found
}

fn unclean(fixture: &mut impl Fixture, before: Timestamp, most: u16) -> Vec<ErasureId> {
    let found = platform(fixture, |tx| tx.unclean_erasures(before, most).unwrap());
    found.into_iter().map(|erasure| erasure.id).collect()
}

fn late(fixture: &mut impl Fixture, past: ErasureId, most: u16) -> Vec<ErasureId> {
    let found = platform(fixture, |tx| tx.late_erasures(past, most).unwrap());
    found.into_iter().map(|erasure| erasure.id).collect()
}

fn erasures_are_written_down_and_settled(fixture: &mut impl Fixture, world: &World) {
    let merchant = world.owner.founded();
    let managed = platform(fixture, |tx| {
        tx.insert_person(NewPerson::managed(LoyaltyId::from_entropy(4_712), NOW)).unwrap()
    });
    join(fixture, world, managed, Kind::Managed, "KEPT");
    let registered = sign_up(fixture, "joined@example.com", None, |_| ());
    join(fixture, world, registered, Kind::Registered, "JOINED");
    let at = |seconds| NOW.plus(Duration::from_secs(seconds));
    let cases = [
        (Some(merchant), managed, true, at(1)),
        (Some(merchant), registered, false, at(3)),
        (None, registered, true, at(2)),
    ];
    let written = cases.map(|(merchant, person, whole, erased_at)| {
        let parts = Parts::of([Part::gone(PartKind::Profile, 3)]);
        let reason = Reason::NotNeeded;
        let new = NewErasure { merchant, person, reason, parts: parts.clone(), erased_at };
        let id = platform(fixture, |tx| tx.insert_erasure(&new).unwrap());
        Erasure { id, merchant, person, whole, reason, parts, erased_at, cleaned_at: None }
    });
    for erasure in &written {
        let same = Some(erasure.clone());
        assert_eq!(find(fixture, Scope::Platform, erasure.id), same);
        let own = same.filter(|one| one.merchant.is_some());
        assert_eq!(find(fixture, Scope::Merchant(merchant), erasure.id), own);
        for scope in [Scope::Merchant(MerchantId::new(i64::MAX)), Scope::Person(registered)] {
            assert_eq!(find(fixture, scope, erasure.id), None, "{scope:?}");
        }
    }
    let [kept, joined, account] = written.map(|erasure| erasure.id);
    assert_eq!(unclean(fixture, at(9), 9), [kept, account, joined], "the oldest first");
    assert_eq!(unclean(fixture, at(9), 2), [kept, account]);
    assert_eq!(unclean(fixture, at(2), 9), [kept], "of before an instant");
    platform(fixture, |tx| {
        tx.settle_erasures(&[], LATER).unwrap();
        tx.settle_erasures(&[kept, account], LATER).unwrap();
        tx.settle_erasures(&[kept], at(9_999)).unwrap();
    });
    assert_eq!(unclean(fixture, at(9), 9), [joined]);
    let cleaned_at = find(fixture, Scope::Platform, kept).and_then(|one| one.cleaned_at);
    assert_eq!(cleaned_at, Some(LATER), "settled once");
    // Entries of the log may come late whether or not everything else is clean.
    let none = ErasureId::new(0);
    assert_eq!(late(fixture, none, 9), [kept, joined, account]);
    assert_eq!(late(fixture, none, 2), [kept, joined]);
    assert_eq!(late(fixture, joined, 9), [account]);
    platform(fixture, |tx| {
        tx.reopen_erasures(&[]).unwrap();
        tx.reopen_erasures(&[kept]).unwrap();
        tx.settle_logs(&[], LATER).unwrap();
        tx.settle_logs(&[joined], LATER).unwrap();
    });
    assert_eq!(unclean(fixture, at(9), 9), [kept, joined], "unclean once more");
    assert_eq!(late(fixture, none, 9), [kept, account]);
    platform(fixture, |tx| {
        tx.settle_erasures(&[kept, joined], LATER).unwrap();
        tx.settle_logs(&[kept, account], LATER).unwrap();
    });
    let login: Person = platform(fixture, |tx| person(tx, registered));
    assert!(login.active, "writing it down erases nobody");
}
