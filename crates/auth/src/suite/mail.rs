//! Checks of [`MailStore`].

use std::time::Duration;

use regulars_customer::{EmailAddress, Person};
use regulars_kernel::{PersonId, Scope, StoreError, Timestamp};

use super::{Fixture, LATER, NOW, Ports, World, hash, person, platform};
use crate::{
    mail::{
        Addressee, KeptMail, MailId, MailKind, MailNonce, NewMail,
        delivery::{DueMail, Settlement},
    },
    opaque::TokenDigest,
    store::NewPassword,
};

/// A mail whose token's digest is of those bytes.
pub(super) fn mail(
    person: Option<PersonId>,
    kind: MailKind,
    byte: u8,
    created_at: Timestamp,
) -> NewMail {
    NewMail {
        person,
        kind,
        address: EmailAddress::parse("Ada@Example.com").unwrap(),
        nonce: MailNonce::from_stored([byte; 32]),
        digest: digest(byte),
        token_version: 3,
        created_at,
        expires_at: created_at.plus(Duration::from_hours(1)),
    }
}

const fn digest(byte: u8) -> TokenDigest {
    TokenDigest::from_stored([byte; 32])
}

fn due(tx: &mut dyn Ports, now: Timestamp, most: u16) -> Vec<DueMail> {
    tx.claim_mails(now, now.plus(Duration::from_mins(1)), most).unwrap()
}

fn ids(mails: &[DueMail]) -> Vec<MailId> {
    mails.iter().map(|mail| mail.id).collect()
}

pub(super) fn run(fixture: &mut impl Fixture, world: &World) {
    whoever_can_be_written_to_is_found(fixture, world);
    mails_are_counted_and_withdrawn(fixture, world);
    tokens_are_used_once(fixture, world);
    mails_are_claimed_and_settled(fixture, world);
    passwords_change_once_for_a_version(fixture, world);
    outboxes_are_the_platforms(fixture, world);
}

fn whoever_can_be_written_to_is_found(fixture: &mut impl Fixture, world: &World) {
    platform(fixture, |tx| {
        let before = person(tx, world.ada);
        let version = tx.find_credentials(world.ada).unwrap().unwrap().token_version;
        for (key, kept) in [
            ("ada@example.com", "Ada@Example.com"),
            ("ada.second@example.com", "Ada.Second@Example.com"),
        ] {
            let expected = Addressee {
                person: world.ada,
                address: EmailAddress::parse(kept).unwrap(),
                verified: false,
                token_version: version,
            };
            assert_eq!(tx.find_addressee(key).unwrap(), Some(expected));
        }
        assert_eq!(tx.find_addressee("nobody@example.com").unwrap(), None);
        let away = Person { archived: true, verified: true, ..before.clone() };
        tx.update_person(&away).unwrap();
        assert!(tx.find_addressee("ada@example.com").unwrap().unwrap().verified);
        tx.update_person(&Person { active: false, ..before.clone() }).unwrap();
        assert_eq!(tx.find_addressee("ada@example.com").unwrap(), None, "deleted");
        tx.update_person(&before).unwrap();
    });
}

fn mails_are_counted_and_withdrawn(fixture: &mut impl Fixture, world: &World) {
    let reset = MailKind::PasswordReset;
    let (first, second, other) = platform(fixture, |tx| {
        let first = tx.insert_mail(&mail(Some(world.ada), reset, 1, NOW)).unwrap();
        let second = tx.insert_mail(&mail(Some(world.ada), reset, 2, LATER)).unwrap();
        let other = mail(Some(world.ada), MailKind::Activation, 3, NOW);
        let other = tx.insert_mail(&other).unwrap();
        let nobodys = tx.insert_mail(&mail(None, reset, 4, NOW)).unwrap();
        tx.take_back(nobodys).unwrap();
        (first, second, other)
    });
    platform(fixture, |tx| {
        let mut count = |person, since| tx.count_mails(person, reset, since).unwrap();
        assert_eq!(count(Some(world.ada), NOW), 2);
        assert_eq!(count(Some(world.ada), LATER), 1);
        assert_eq!(count(Some(world.owner), NOW), 0);
        assert_eq!(count(None, NOW), 0);
        assert_eq!(tx.find_mail(&digest(4)).unwrap(), None, "it was taken back");
        tx.withdraw_waiting(world.ada, reset, second, LATER).unwrap();
        for (byte, used_at) in [(1, Some(LATER)), (2, None), (3, None)] {
            assert_eq!(tx.find_mail(&digest(byte)).unwrap().unwrap().used_at, used_at, "{byte}");
        }
    });
    platform(fixture, |tx| {
        assert_eq!(ids(&due(tx, LATER, 9)), [other, second], "the most overdue first");
        assert!(!tx.settle_mail(first, 0, Settlement::Sent).unwrap(), "it was withdrawn");
        tx.void_mails(world.ada, LATER).unwrap();
        for byte in 1..=3 {
            assert_eq!(tx.find_mail(&digest(byte)).unwrap().unwrap().used_at, Some(LATER));
        }
        assert_eq!(due(tx, LATER.plus(Duration::from_hours(1)), 9), vec![]);
    });
}

fn tokens_are_used_once(fixture: &mut impl Fixture, world: &World) {
    platform(fixture, |tx| {
        let new = mail(Some(world.ada), MailKind::SecondaryEmail, 11, NOW);
        tx.insert_mail(&new).unwrap();
        let mut expected = KeptMail {
            digest: digest(11),
            person: world.ada,
            kind: MailKind::SecondaryEmail,
            address: new.address,
            token_version: 3,
            expires_at: new.expires_at,
            used_at: None,
        };
        assert_eq!(tx.find_mail(&digest(11)).unwrap().as_ref(), Some(&expected));
        assert!(tx.use_mail(&digest(11), LATER).unwrap());
        assert!(!tx.use_mail(&digest(11), NOW).unwrap(), "it is used up");
        assert!(!tx.use_mail(&digest(12), NOW).unwrap(), "it is unknown");
        expected.used_at = Some(LATER);
        assert_eq!(tx.find_mail(&digest(11)).unwrap(), Some(expected));
        tx.void_mails(world.ada, NOW).unwrap();
        let kept = tx.find_mail(&digest(11)).unwrap().unwrap();
        assert_eq!(kept.used_at, Some(LATER), "what is void stays so since then");
    });
}

fn mails_are_claimed_and_settled(fixture: &mut impl Fixture, world: &World) {
    let minute = |minutes| NOW.plus(Duration::from_mins(minutes));
    let new = mail(Some(world.cashier), MailKind::Invitation, 21, NOW);
    let id = platform(fixture, |tx| {
        let id = tx.insert_mail(&new).unwrap();
        tx.insert_mail(&mail(Some(world.ada), MailKind::Activation, 22, minute(9))).unwrap();
        id
    });
    platform(fixture, |tx| {
        assert_eq!(due(tx, NOW.minus(Duration::from_secs(1)), 9), vec![], "nothing is due yet");
        let claimed = due(tx, NOW, 9);
        let expected = DueMail {
            id,
            kind: MailKind::Invitation,
            address: new.address.clone(),
            firstname: "Ada".to_owned(),
            merchant: Some("Ada Lovelace".to_owned()),
            nonce: new.nonce,
            digest: new.digest,
            attempt: 1,
            expires_at: new.expires_at,
        };
        assert_eq!(claimed, [expected]);
        assert_eq!(due(tx, NOW, 9), vec![], "somebody is at it");
    });
    platform(fixture, |tx| {
        let again = due(tx, minute(1), 9);
        assert_eq!(again.iter().map(|mail| mail.attempt).collect::<Vec<_>>(), [2]);
        assert!(!tx.settle_mail(id, 1, Settlement::Sent).unwrap(), "its lease has ended");
        assert!(tx.settle_mail(id, 2, Settlement::Again(minute(5))).unwrap());
        assert_eq!(due(tx, minute(4), 9), vec![]);
    });
    platform(fixture, |tx| {
        let both = due(tx, minute(9), 1);
        assert_eq!(ids(&both), [id], "no more than asked for, the most overdue first");
        assert!(tx.settle_mail(id, 3, Settlement::Sent).unwrap());
        assert!(!tx.settle_mail(id, 3, Settlement::Sent).unwrap(), "it waits no more");
        let other = due(tx, minute(9), 9).pop().unwrap();
        assert_eq!((other.merchant, other.kind), (None, MailKind::Activation));
        assert!(tx.settle_mail(other.id, 1, Settlement::Failed).unwrap());
        assert_eq!(due(tx, minute(59), 9), vec![]);
        assert!(tx.use_mail(&digest(21), minute(9)).unwrap(), "its token is as good as before");
    });
}

fn passwords_change_once_for_a_version(fixture: &mut impl Fixture, world: &World) {
    let credentials = |tx: &mut dyn Ports| tx.find_credentials(world.owner).unwrap().unwrap();
    platform(fixture, |tx| {
        let before = credentials(tx);
        let new = |token_version, letter| NewPassword {
            person: world.owner,
            token_version,
            hash: hash(letter),
        };
        assert!(!tx.change_password(&new(before.token_version + 1, 'C')).unwrap());
        assert_eq!(credentials(tx), before);
        assert!(tx.change_password(&new(before.token_version, 'C')).unwrap());
        let after = credentials(tx);
        assert_eq!(after.password, Some(hash('C')));
        assert_eq!(after.token_version, before.token_version + 1);
        assert!(!tx.change_password(&new(before.token_version, '.')).unwrap());
        let account = person(tx, world.owner);
        tx.update_person(&Person { active: false, ..account.clone() }).unwrap();
        assert!(!tx.change_password(&new(after.token_version, '.')).unwrap(), "deleted");
        tx.update_person(&account).unwrap();
        assert_eq!(credentials(tx), after);
    });
}

fn outboxes_are_the_platforms(fixture: &mut impl Fixture, world: &World) {
    fn refused<T>(answer: &Result<T, StoreError>) -> bool {
        matches!(answer, Err(StoreError::OutOfScope(_)))
    }
    let (ada, kind) = (world.ada, MailKind::Activation);
    let new = NewPassword { person: ada, token_version: 0, hash: hash('.') };
    for scope in [Scope::Merchant(world.owner.founded()), Scope::Person(ada)] {
        fixture.with(scope, &mut |tx| {
            let id = MailId::new(1);
            assert!(refused(&tx.find_addressee("ada@example.com")));
            assert!(refused(&tx.count_mails(Some(ada), kind, NOW)));
            assert!(refused(&tx.insert_mail(&mail(Some(ada), kind, 31, NOW))));
            assert!(refused(&tx.take_back(id)));
            assert!(refused(&tx.withdraw_waiting(ada, kind, id, NOW)));
            assert!(refused(&tx.void_mails(ada, NOW)));
            assert!(refused(&tx.find_mail(&digest(31))));
            assert!(refused(&tx.use_mail(&digest(31), NOW)));
            assert!(refused(&tx.claim_mails(NOW, LATER, 1)));
            assert!(refused(&tx.settle_mail(id, 1, Settlement::Sent)));
            assert!(refused(&tx.change_password(&new)));
        });
    }
}
