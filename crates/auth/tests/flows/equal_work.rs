//! Whoever proves nothing learns nothing, not by the work it takes either.

use regulars_auth::{
    MailStore,
    mail::{
        Addressee, KeptMail, MailId, NewMail,
        delivery::{DueMail, Settlement},
    },
    password_reset,
    refresh::TokenDigest,
};
use regulars_kernel::StoreError;

use super::*;

/// The store in memory, with a list of what it was asked.
struct Listening {
    store: MemoryStore,
    asked: Vec<&'static str>,
}

impl Listening {
    fn hear(&mut self, method: &'static str) -> &mut MemoryStore {
        self.asked.push(method);
        &mut self.store
    }
}

impl MailStore for Listening {
    fn find_addressee(&mut self, key: &str) -> Result<Option<Addressee>, StoreError> {
        self.hear("look up").find_addressee(key)
    }

    fn count_mails(
        &mut self,
        person: Option<PersonId>,
        kind: MailKind,
        since: Timestamp,
    ) -> Result<u64, StoreError> {
        self.hear("count").count_mails(person, kind, since)
    }

    fn insert_mail(&mut self, mail: &NewMail) -> Result<MailId, StoreError> {
        self.hear("insert").insert_mail(mail)
    }

    fn take_back(&mut self, mail: MailId) -> Result<(), StoreError> {
        self.hear("write by index").take_back(mail)
    }

    fn withdraw_waiting(
        &mut self,
        person: PersonId,
        kind: MailKind,
        newest: MailId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.hear("write by index").withdraw_waiting(person, kind, newest, at)
    }

    fn void_mails(&mut self, person: PersonId, at: Timestamp) -> Result<(), StoreError> {
        self.hear("void").void_mails(person, at)
    }

    fn find_mail(&mut self, digest: &TokenDigest) -> Result<Option<KeptMail>, StoreError> {
        self.hear("find").find_mail(digest)
    }

    fn use_mail(&mut self, digest: &TokenDigest, at: Timestamp) -> Result<bool, StoreError> {
        self.hear("use").use_mail(digest, at)
    }

    fn claim_mails(
        &mut self,
        now: Timestamp,
        until: Timestamp,
        most: u16,
    ) -> Result<Vec<DueMail>, StoreError> {
        self.hear("claim").claim_mails(now, until, most)
    }

    fn settle_mail(
        &mut self,
        mail: MailId,
        attempt: u32,
        settlement: Settlement,
    ) -> Result<bool, StoreError> {
        self.hear("settle").settle_mail(mail, attempt, settlement)
    }
}

#[test]
fn a_mail_takes_the_same_work_whether_it_goes_out_or_not() {
    let mut house = House::new();
    house.ada();
    let mut other = seller(None);
    "gone@example.com".clone_into(&mut other.fields.email);
    let deleted = house.register(&other).unwrap().person;
    let gone = Person { active: false, ..house.person(deleted) };
    house.tx().update_person(&gone).unwrap();
    // The last of these is past the handful.
    let addresses = ["nobody@example.com", "gone@example.com"].into_iter();
    for email in addresses.chain(["ada@example.com"; 6]) {
        let ways: [Send; 2] = [password_reset::send, verification::resend];
        for send in ways {
            let seed = house.seed();
            let mut tx = Listening { store: house.tx(), asked: Vec::new() };
            assert!(send(&mut tx, email, &seed, NOW).is_ok());
            assert_eq!(tx.asked, ["look up", "count", "insert", "write by index"], "{email}");
        }
    }
}

type Send = fn(&mut Listening, &str, &MailSeed, Timestamp) -> Result<(), AuthError>;
