//! Proving the address that an account was made with.

use regulars_customer::{CustomerStore, EmailAddress, Person};
use regulars_kernel::{PersonId, Rule, Timestamp, Violations};

use crate::{
    AuthError, MailStore,
    account::save,
    mail::{self, Addressee, MailKind, MailSeed},
};

/// `verifyAccount`: the address is proved by the token that was sent there, and the merchants that it is shared with see
/// so. Open to everyone: the token is the proof. Runs in the scope `Platform`. A token that comes again is told that the
/// account is verified.
pub fn verify(
    tx: &mut (impl MailStore + CustomerStore),
    presented: &str,
    now: Timestamp,
) -> Result<PersonId, AuthError> {
    let kept = mail::find(tx, presented, MailKind::Activation)?;
    let account = tx.find_account(kept.person)?.filter(|account| account.active);
    let mut account = account.ok_or_else(mail::invalid)?;
    if account.verified {
        return Err(Violations::of_input(Rule::AlreadyVerified).into());
    }
    kept.require_good(kept.token_version, now)?;
    if !is_own(&account, &kept.address) {
        return Err(mail::invalid());
    }
    mail::spend(tx, &kept, now)?;
    account.verified = true;
    save(tx, account, now)
}

/// `resendActivationEmail`: sends the token once more. Open to everyone, and so nothing tells an address of nobody from
/// one that gets a mail, time included; that somebody's is verified already is told, as `register` tells it too. Runs in
/// the scope `Platform`. An account gets [`mail::MOST_PER_HOUR`] such mails within an hour; past that it is a success
/// without a mail.
pub fn resend(
    tx: &mut impl MailStore,
    email: &str,
    seed: &MailSeed,
    now: Timestamp,
) -> Result<(), AuthError> {
    let to = addressee(tx, email)?;
    if to.as_ref().is_some_and(|to| to.verified) {
        return Err(Violations::of("email", Rule::AlreadyVerified).into());
    }
    Ok(mail::request(tx, to.as_ref(), MailKind::Activation, seed, now)?)
}

/// Whose address that is. Refuses what is none with `email` at fault.
pub(crate) fn addressee(
    tx: &mut impl MailStore,
    email: &str,
) -> Result<Option<Addressee>, AuthError> {
    if email.trim().is_empty() {
        return Err(Violations::of("email", Rule::Required).into());
    }
    let email = EmailAddress::parse(email).map_err(|rule| Violations::of("email", rule))?;
    Ok(tx.find_addressee(&email.key())?)
}

/// Whether it is the account's own address, not its second one.
pub(crate) fn is_own(account: &Person, address: &EmailAddress) -> bool {
    account.profile.email.as_ref().is_some_and(|email| email.key() == address.key())
}
