//! A second address that an account logs in by: proved before it is kept, swapped with the first one, removed.

use std::time::Instant;

use regulars_customer::{CustomerStore, EmailAddress};
use regulars_kernel::{PersonId, Rule, StoreError, Timestamp, Violations};

use crate::{
    AuthError, AuthStore, MailStore,
    account::save,
    authority::Authority,
    confirmation::{Asking, Confirmed, confirm},
    mail::{self, Addressee, MailKind, MailSeed},
    password::Password,
};

/// An address that is to become somebody's second one, and what is wrong with it; told together with a wrong password.
#[derive(Clone, Debug)]
pub struct Wish {
    wrong: Violations,
    email: Option<EmailAddress>,
}

/// A wish with nothing wrong, of somebody who knew the password.
#[derive(Clone, Debug)]
pub struct Confirmation {
    confirmed: Confirmed,
    email: EmailAddress,
}

/// Step 1 of `sendSecondaryEmailActivation`, in a transaction of scope `Platform` that has found out who asks: judges the
/// address. One that anybody logs in by is taken (rule 2), the asker's own among them.
pub fn wish(tx: &mut impl AuthStore, email: &str) -> Result<Wish, StoreError> {
    let mut wrong = Violations::new();
    let parsed =
        if email.trim().is_empty() { Err(Rule::Required) } else { EmailAddress::parse(email) };
    let email = wrong.check("email", parsed);
    if let Some(email) = &email
        && tx.find_credentials_by_email(&email.key())?.is_some()
    {
        wrong.add("email", Rule::SecondaryEmailTaken);
    }
    Ok(Wish { wrong, email })
}

/// Step 2, outside of any transaction: tries the password, and refuses with everything that is wrong.
pub fn prepare(
    authority: &Authority,
    asking: &Asking,
    wish: Wish,
    password: Password,
    deadline: Instant,
) -> Result<Confirmation, AuthError> {
    let mut wrong = wish.wrong;
    match (confirm(authority, asking, ("password", password), deadline), wish.email) {
        (Ok(confirmed), Some(email)) if wrong.is_empty() => Ok(Confirmation { confirmed, email }),
        (Err(AuthError::Invalid(more)), _) => {
            wrong.extend(more);
            Err(wrong.into())
        }
        (Err(fault), _) => Err(fault),
        (Ok(_), _) => Err(wrong.into()),
    }
}

/// Step 3, in a writing transaction of scope `Platform`: sends the token to the new address, which is kept once it comes
/// back. An account gets [`mail::MOST_PER_HOUR`] such mails within an hour.
pub fn send(
    tx: &mut (impl AuthStore + MailStore + CustomerStore),
    confirmation: &Confirmation,
    seed: &MailSeed,
    now: Timestamp,
) -> Result<PersonId, AuthError> {
    let account = confirmation.confirmed.account(tx)?;
    if mail::is_sated(tx, account.id, MailKind::SecondaryEmail, now)? {
        let sentence =
            "Enough mails were sent for now: look into the mailbox, or try again in an hour.";
        return Err(Violations::of("email", Rule::Invalid(sentence.to_owned())).into());
    }
    let to = Addressee {
        person: account.id,
        address: confirmation.email.clone(),
        verified: account.verified,
        token_version: confirmation.confirmed.token_version,
    };
    mail::queue(tx, &to, MailKind::SecondaryEmail, seed, now)?;
    Ok(account.id)
}

/// `verifySecondaryEmail`: the address that the token was sent to becomes the account's second one, in place of a former
/// one. Open to everyone: the token is the proof. Runs in the scope `Platform`. An address that somebody logs in by
/// meanwhile is `unique`.
pub fn verify(
    tx: &mut (impl AuthStore + MailStore + CustomerStore),
    presented: &str,
    now: Timestamp,
) -> Result<PersonId, AuthError> {
    let kept = mail::find(tx, presented, MailKind::SecondaryEmail)?;
    // Before the account is locked: whoever signs up with the address looks at it and then at accounts, too.
    let taken = tx.find_credentials_by_email(&kept.address.key())?.is_some();
    let credentials = tx.find_credentials(kept.person)?.filter(|account| account.active);
    let credentials = credentials.ok_or_else(mail::invalid)?;
    kept.require_good(credentials.token_version, now)?;
    if taken {
        return Err(email_taken());
    }
    mail::spend(tx, &kept, now)?;
    let mut account = tx.find_account(kept.person)?.ok_or_else(mail::invalid)?;
    account.profile.secondary_email = Some(kept.address);
    save(tx, account, now).map_err(|error| match error {
        AuthError::Store(StoreError::Taken("person.secondary_email_key")) => email_taken(),
        other => other,
    })
}

/// `swapEmails`: the second address becomes the first one, and the first the second. Runs in the scope `Platform`, once
/// the password was confirmed.
pub fn swap(
    tx: &mut (impl AuthStore + CustomerStore),
    confirmed: &Confirmed,
    now: Timestamp,
) -> Result<PersonId, AuthError> {
    let mut account = confirmed.account(tx)?;
    let profile = &mut account.profile;
    let second = profile.secondary_email.take().ok_or_else(none_there)?;
    profile.secondary_email = profile.email.replace(second);
    save(tx, account, now)
}

/// `removeSecondaryEmail`: the account has one address from then on, and every token that was mailed to it is void:
/// whoever reads the other mailbox may be the reason. Runs in the scope `Platform`, once the password was confirmed.
pub fn remove(
    tx: &mut (impl AuthStore + MailStore + CustomerStore),
    confirmed: &Confirmed,
    now: Timestamp,
) -> Result<PersonId, AuthError> {
    let mut account = confirmed.account(tx)?;
    account.profile.secondary_email.take().ok_or_else(none_there)?;
    tx.void_mails(account.id, now)?;
    save(tx, account, now)
}

/// Passes for an account that has a second address; asked before its password is tried.
pub fn require(asking: &Asking) -> Result<(), AuthError> {
    asking.account.profile.secondary_email.as_ref().map(drop).ok_or_else(none_there)
}

fn none_there() -> AuthError {
    AuthError::Invalid(Violations::of_input(Rule::SecondaryEmailRequired))
}

fn email_taken() -> AuthError {
    AuthError::Invalid(Violations::of_input(Rule::SecondaryEmailTaken))
}
