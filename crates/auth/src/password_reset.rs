//! A new password for whoever has the mailbox: after it was forgotten (`passwordReset`), or the first one of an account
//! that somebody else made (`passwordSet`).
//!
//! In three steps, as a log-in: [`candidate`] reads whose token it is, [`prepare`] judges and hashes the password, and
//! [`commit`] uses the token up and keeps the password.

use std::time::Instant;

use regulars_customer::{CustomerStore, Person};
use regulars_kernel::{PersonId, Rule, Timestamp, Violations};

use crate::{
    AuthError, AuthStore, Credentials, MailStore,
    account::save,
    authority::Authority,
    mail::{self, KeptMail, MailKind, MailSeed},
    password::{Password, PasswordHash},
    policy,
    store::NewPassword,
    verification::{addressee, is_own},
};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// `passwordReset`: there is a password, or there may be one.
    Reset,
    /// `passwordSet`: there is none.
    Set,
}

impl Way {
    const fn kind(self) -> MailKind {
        match self {
            Self::Reset => MailKind::PasswordReset,
            Self::Set => MailKind::Invitation,
        }
    }
}

/// Whose token it is.
#[derive(Clone, Debug)]
pub struct Candidate {
    way: Way,
    token: String,
    account: Person,
}

impl Candidate {
    /// Whose account it is.
    pub const fn person(&self) -> PersonId {
        self.account.id
    }
}

/// A password that is good enough, hashed.
#[derive(Clone, Debug)]
pub struct Prepared {
    way: Way,
    token: String,
    password: PasswordHash,
}

/// `sendPasswordResetEmail`: sends a token to the address, be it an account's own or its second one. Open to everyone, and
/// so nothing tells an address of nobody from one that gets a mail, time included. Runs in the scope `Platform`. An account
/// gets [`mail::MOST_PER_HOUR`] such mails within an hour; past that it is a success without a mail.
pub fn send(
    tx: &mut impl MailStore,
    email: &str,
    seed: &MailSeed,
    now: Timestamp,
) -> Result<(), AuthError> {
    let to = addressee(tx, email)?;
    Ok(mail::request(tx, to.as_ref(), MailKind::PasswordReset, seed, now)?)
}

/// Step 1, in a transaction of scope `Platform`: whose token it is. Open to everyone: the token is the proof. Refuses with
/// `invalid_token`, `expired_token`, and `password_already_set` where the first password was set before.
pub fn candidate(
    tx: &mut (impl AuthStore + MailStore + CustomerStore),
    way: Way,
    token: String,
    now: Timestamp,
) -> Result<Candidate, AuthError> {
    let (_, account) = find(tx, way, &token, now)?;
    Ok(Candidate { way, token, account })
}

/// Step 2, outside of any transaction: judges the password and hashes it.
pub fn prepare(
    authority: &Authority,
    candidate: Candidate,
    passwords: (&Password, &Password),
    deadline: Instant,
) -> Result<Prepared, AuthError> {
    let Candidate { way, token, account } = candidate;
    judge(&account, passwords).into_result()?;
    let password = authority.hasher().hash(passwords.1.clone(), deadline)?;
    Ok(Prepared { way, token, password })
}

/// Step 3, in a writing transaction of scope `Platform`: uses the token up, keeps the password, and ends every session.
/// Whoever has the mailbox of the account's own address has proved it. Refuses as [`candidate`] does.
pub fn commit(
    tx: &mut (impl AuthStore + MailStore + CustomerStore),
    prepared: &Prepared,
    now: Timestamp,
) -> Result<PersonId, AuthError> {
    let (kept, mut account) = find(tx, prepared.way, &prepared.token, now)?;
    mail::spend(tx, &kept, now)?;
    let new = NewPassword {
        person: account.id,
        token_version: kept.token_version,
        hash: prepared.password.clone(),
    };
    if !tx.change_password(&new)? {
        return Err(mail::invalid());
    }
    tx.revoke_sessions(account.id, now)?;
    tx.void_mails(account.id, now)?;
    if account.verified || !is_own(&account, &kept.address) {
        return Ok(account.id);
    }
    account.verified = true;
    save(tx, account, now)
}

/// The mail that a token came in, if it is good, and the account that it is about.
fn find(
    tx: &mut (impl AuthStore + MailStore + CustomerStore),
    way: Way,
    token: &str,
    now: Timestamp,
) -> Result<(KeptMail, Person), AuthError> {
    let kept = mail::find(tx, token, way.kind())?;
    let credentials = tx.find_credentials(kept.person)?.filter(|account| account.active);
    let Credentials { password, token_version, .. } = credentials.ok_or_else(mail::invalid)?;
    if way == Way::Set && password.is_some() {
        return Err(Violations::of_input(Rule::PasswordAlreadySet).into());
    }
    kept.require_good(token_version, now)?;
    let account = tx.find_account(kept.person)?.ok_or_else(mail::invalid)?;
    Ok((kept, account))
}

/// What is wrong with a new password of an account.
pub(crate) fn judge(account: &Person, passwords: (&Password, &Password)) -> Violations {
    let profile = &account.profile;
    let email = profile.email.as_ref().map(regulars_customer::EmailAddress::as_str);
    let own = [
        ("email", email.unwrap_or_default()),
        ("first name", profile.firstname.as_str()),
        ("last name", profile.lastname.as_str()),
    ];
    policy::check(("newPassword1", "newPassword2"), passwords, &own)
}
