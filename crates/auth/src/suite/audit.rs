//! The audit log.

use regulars_customer::EmailAddress;
use regulars_kernel::{
    ApplicationId, MerchantId, PageRequest, PersonId, RoleId, Scope, StoreError,
    page::PageArguments,
};

use super::{Fixture, LATER, NOW, World, platform};
use crate::audit::{
    AuditFilter, AuditSort, Change, Doer, DoerKind, Entry, Field, Log, NewEntry, Outcome, Target,
};

pub(super) fn run(fixture: &mut impl Fixture, world: &World) {
    entries_come_back_as_they_were(fixture, world);
    pages_hold_what_fits(fixture, world);
    logs_are_a_merchants_own(fixture, world);
    what_somebody_did_is_counted(fixture, world);
    the_erased_are_cleared_and_the_entries_stay(fixture, world);
    a_name_in_the_name_of_a_thing_is_cleared(fixture, world);
}

fn entry(log: Log, person: Option<PersonId>, action: &str) -> NewEntry {
    let kind = if person.is_some() { DoerKind::Staff } else { DoerKind::Anonymous };
    NewEntry {
        at: NOW,
        log,
        doer: Doer { kind, person, app: None },
        action: action.to_owned(),
        target: None,
        outcome: Outcome::Done,
        changes: Vec::new(),
        request_id: "till-7".to_owned(),
        peer: "192.0.2.7".parse().ok(),
    }
}

fn named() -> Change {
    Change::named(&EmailAddress::parse("Ada@Example.com").unwrap())
}

/// A merchant of whom nothing was written down so far.
fn merchant(number: i64) -> MerchantId {
    MerchantId::new(9_000 + number)
}

fn all(fixture: &mut impl Fixture, merchant: MerchantId, filter: &AuditFilter) -> Vec<Entry> {
    platform(fixture, |tx| {
        let page = PageRequest::<AuditSort>::first(100);
        let found = tx.list_audit(merchant, filter, &page).unwrap().items;
        let count = tx.count_audit(merchant, filter).unwrap();
        assert_eq!(u64::try_from(found.len()), Ok(count), "{filter:?}");
        found
    })
}

fn append(fixture: &mut impl Fixture, entries: &[NewEntry]) {
    platform(fixture, |tx| tx.append_audit(entries).unwrap());
}

fn entries_come_back_as_they_were(fixture: &mut impl Fixture, world: &World) {
    let log = merchant(1);
    let turned = Change::turned(Field::Archived, true);
    let whole = NewEntry {
        target: Some(Target::from(world.ada)),
        outcome: Outcome::Refused("invalid".to_owned()),
        changes: vec![named(), turned],
        ..entry(Log::Merchant(log), Some(world.owner), "updateConsumer")
    };
    let app = Doer { kind: DoerKind::App, person: None, app: Some(ApplicationId::new(7)) };
    let bare = NewEntry { peer: None, doer: app, ..entry(Log::Merchant(log), None, "register") };
    append(fixture, &[]);
    append(fixture, &[whole.clone(), bare.clone()]);
    let found = all(fixture, log, &AuditFilter::default());
    assert_eq!(found.len(), 2);
    for (found, new) in found.iter().zip([&bare, &whole]) {
        assert_eq!((found.merchant, found.at, found.doer), (Some(log), new.at, new.doer));
        assert_eq!((&found.action, found.target), (&new.action, new.target));
        assert_eq!((&found.outcome, &found.changes), (&new.outcome, &new.changes));
        assert_eq!(found.request_id, new.request_id);
        assert_eq!(found.peer, new.peer.map(|peer| peer.to_string()));
        let again = platform(fixture, |tx| tx.find_audit(log, found.id).unwrap());
        assert_eq!(again.as_ref(), Some(found));
        assert_eq!(platform(fixture, |tx| tx.find_audit(merchant(2), found.id).unwrap()), None);
    }
    // Whoever works for nobody is in the platform's log, which is no merchant's.
    let employer = world.owner.founded();
    let before = all(fixture, employer, &AuditFilter::default()).len();
    append(
        fixture,
        &[
            entry(Log::Employer(world.cashier), None, "obtainToken"),
            entry(Log::Employer(world.ada), None, "obtainToken"),
            entry(Log::Platform, None, "obtainToken"),
        ],
    );
    assert_eq!(all(fixture, employer, &AuditFilter::default()).len(), before + 1);
}

fn what_somebody_did_is_counted(fixture: &mut impl Fixture, world: &World) {
    let (log, action) = (merchant(8), "exportConsumer");
    let app = Doer { kind: DoerKind::App, person: None, app: Some(ApplicationId::new(8)) };
    let held = Doer { person: Some(world.owner), ..app };
    let owner = entry(Log::Merchant(log), Some(world.owner), action);
    let refused = Outcome::Refused("invalid".to_owned());
    append(
        fixture,
        &[
            owner.clone(),
            NewEntry { at: LATER, ..owner.clone() },
            NewEntry { outcome: refused, ..owner.clone() },
            NewEntry { action: "updateConsumer".to_owned(), ..owner.clone() },
            NewEntry { doer: app, ..owner.clone() },
            NewEntry { doer: held, ..owner.clone() },
            entry(Log::Platform, Some(world.ada), action),
        ],
    );
    let ada = Doer { kind: DoerKind::Consumer, person: Some(world.ada), app: None };
    let other = Doer { person: Some(world.cashier), ..ada };
    for (log, doer, since, count) in [
        // What they did by an app is theirs as well.
        (Some(log), owner.doer, NOW, 3),
        (Some(log), owner.doer, LATER, 1),
        (Some(log), app, NOW, 2),
        (Some(log), held, NOW, 2),
        (Some(log), other, NOW, 0),
        (Some(merchant(9)), owner.doer, NOW, 0),
        (None, ada, NOW, 1),
        (None, owner.doer, NOW, 0),
    ] {
        let found = platform(fixture, |tx| tx.count_done(log, &doer, action, since).unwrap());
        assert_eq!(found, count, "{log:?} {doer:?}");
    }
}

fn pages_hold_what_fits(fixture: &mut impl Fixture, world: &World) {
    let log = merchant(3);
    let target = Some(Target::from(world.ada));
    let refused = Outcome::Refused("permission_denied".to_owned());
    append(
        fixture,
        &[
            entry(Log::Merchant(log), Some(world.owner), "createRole"),
            NewEntry { target, ..entry(Log::Merchant(log), Some(world.owner), "updateConsumer") },
            NewEntry {
                target,
                at: LATER,
                outcome: refused,
                ..entry(Log::Merchant(log), Some(world.cashier), "updateConsumer")
            },
        ],
    );
    let list = all(fixture, log, &AuditFilter::default());
    let ids: Vec<_> = list.iter().map(|entry| entry.id).collect();
    assert!(ids.is_sorted_by(|one, next| one > next), "the newest first: {ids:?}");
    let everything = AuditFilter::default;
    for (filter, places) in [
        (AuditFilter { person: Some(world.owner), ..everything() }, &[1, 2][..]),
        (AuditFilter { action: Some("updateConsumer".to_owned()), ..everything() }, &[0, 1]),
        (AuditFilter { target, ..everything() }, &[0, 1]),
        (AuditFilter { refused: Some(true), ..everything() }, &[0]),
        (AuditFilter { refused: Some(false), ..everything() }, &[1, 2]),
        (AuditFilter { from: Some(LATER), ..everything() }, &[0]),
        (AuditFilter { before: Some(LATER), ..everything() }, &[1, 2]),
        (AuditFilter { target, refused: Some(false), ..everything() }, &[1]),
        (AuditFilter { person: Some(world.ada), ..everything() }, &[]),
        (AuditFilter { app: Some(ApplicationId::new(7)), ..everything() }, &[]),
    ] {
        let expected: Vec<_> = places.iter().map(|place| ids.get(*place).copied()).collect();
        let found = all(fixture, log, &filter);
        assert_eq!(
            found.iter().map(|entry| Some(entry.id)).collect::<Vec<_>>(),
            expected,
            "{filter:?}"
        );
    }
    for (order, backwards) in [("-createdAt", false), ("createdAt", true)] {
        let mut expected = ids.clone();
        if backwards {
            expected.reverse();
        }
        let arguments = PageArguments {
            first: Some(1),
            order_by: Some(order.to_owned()),
            ..PageArguments::default()
        };
        let mut page = PageRequest::<AuditSort>::parse(&arguments, "auditLog").unwrap();
        for (place, id) in expected.iter().enumerate() {
            let found = platform(fixture, |tx| tx.list_audit(log, &everything(), &page).unwrap());
            assert_eq!(found.items.iter().map(|entry| entry.id).collect::<Vec<_>>(), [*id]);
            assert_eq!(found.has_next, place + 1 < expected.len());
            page.after = found.items.first().map(|entry| page.order.position(entry));
        }
    }
}

fn logs_are_a_merchants_own(fixture: &mut impl Fixture, world: &World) {
    let (own, other) = (world.owner.founded(), merchant(4));
    let page = PageRequest::<AuditSort>::first(100);
    let filter = AuditFilter::default();
    fixture.with(Scope::Merchant(own), &mut |tx| {
        let before = tx.count_audit(own, &filter).unwrap();
        tx.append_audit(&[entry(Log::Merchant(own), Some(world.owner), "createRole")]).unwrap();
        assert_eq!(tx.count_audit(own, &filter).unwrap(), before + 1);
        for log in [Log::Merchant(other), Log::Platform, Log::Employer(world.owner)] {
            let refused = tx.append_audit(&[entry(log, Some(world.owner), "createRole")]);
            assert!(matches!(refused, Err(StoreError::OutOfScope(_))), "{log:?}");
        }
        let foreign = tx.list_audit(other, &filter, &page);
        assert!(matches!(foreign, Err(StoreError::OutOfScope(_))), "{foreign:?}");
        let cleared = tx.clear_audit(world.ada, Some(own));
        assert!(matches!(cleared, Err(StoreError::OutOfScope(_))), "{cleared:?}");
    });
    fixture.with(Scope::Person(world.ada), &mut |tx| {
        for log in [Log::Merchant(other), Log::Platform] {
            tx.append_audit(&[entry(log, Some(world.ada), "joinMerchant")]).unwrap();
            for doer in [None, Some(world.owner)] {
                let foreign = tx.append_audit(&[entry(log, doer, "joinMerchant")]);
                assert!(matches!(foreign, Err(StoreError::OutOfScope(_))), "{foreign:?}");
            }
        }
        let read = tx.list_audit(other, &filter, &page);
        assert!(matches!(read, Err(StoreError::OutOfScope(_))), "{read:?}");
    });
    assert_eq!(all(fixture, other, &filter).len(), 1);
}

fn the_erased_are_cleared_and_the_entries_stay(fixture: &mut impl Fixture, world: &World) {
    let (near, far) = (merchant(5), merchant(6));
    let plain = Change::turned(Field::Archived, true);
    let about = |log, doer, target: Option<PersonId>| NewEntry {
        target: target.map(Target::from),
        changes: vec![named(), plain.clone()],
        ..entry(Log::Merchant(log), doer, "updateConsumer")
    };
    let (erased, other) = (world.ada, world.cashier);
    append(
        fixture,
        &[
            about(near, Some(other), Some(erased)),
            about(near, Some(erased), Some(other)),
            about(near, None, Some(erased)),
            about(near, Some(other), Some(other)),
            about(far, Some(erased), Some(erased)),
        ],
    );
    let clear = |fixture: &mut _, merchant| {
        platform(fixture, |tx| tx.clear_audit(erased, merchant).unwrap())
    };
    // What is left of the entries, the newest first: personal values, and from where.
    let left = |fixture: &mut _, log| {
        let list = all(fixture, log, &AuditFilter::default()).into_iter();
        let left = list.map(|entry| {
            assert!(entry.changes.contains(&plain), "the rest stays");
            (entry.changes.contains(&named()), entry.peer.is_some())
        });
        left.collect::<Vec<_>>()
    };
    assert_eq!(clear(fixture, Some(near)), 3);
    let of_near = [(true, true), (false, false), (true, false), (false, true)];
    assert_eq!(left(fixture, near), of_near);
    assert_eq!(left(fixture, far), [(true, true)]);
    assert!(clear(fixture, None) > 0);
    assert_eq!(left(fixture, far), [(false, false)]);
    assert_eq!(left(fixture, near), of_near);
}

fn a_name_in_the_name_of_a_thing_is_cleared(fixture: &mut impl Fixture, world: &World) {
    let (near, far) = (merchant(7), merchant(10));
    let (role, other) = (RoleId::new(70), RoleId::new(71));
    let name = Change::from_stored(Field::DisplayName, None, Some("Ada's till".to_owned()));
    let plain = Change::turned(Field::Archived, true);
    let about = |log, role: RoleId| NewEntry {
        target: Some(role.into()),
        changes: vec![plain.clone(), name.clone()],
        ..entry(Log::Merchant(log), Some(world.owner), "createRole")
    };
    append(fixture, &[about(near, role), about(near, other), about(far, role)]);
    for cleared in [1, 0] {
        let count = platform(fixture, |tx| tx.clear_audit_of(role.into(), near).unwrap());
        assert_eq!(count, cleared);
    }
    let mut left = |log| -> Vec<_> {
        let list = all(fixture, log, &AuditFilter::default()).into_iter();
        list.map(|entry| entry.changes.len()).collect()
    };
    assert_eq!((left(near), left(far)), (vec![2, 1], vec![2]));
}
