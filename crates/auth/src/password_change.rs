//! `passwordChange`: a new password for whoever is logged in and knows the old one.
//!
//! In three steps, as a log-in: [`crate::confirmation::ask`] reads the account, [`prepare`] tries the old password and
//! hashes the new one, and [`commit`] keeps it and begins a new session.

use std::time::Instant;

use rand::CryptoRng;
use regulars_customer::CustomerStore;
use regulars_kernel::Timestamp;

use crate::{
    AuthError, AuthStore, MailStore,
    authority::Authority,
    confirmation::{Asking, Confirmed, confirm, unauthenticated},
    password::{Password, PasswordHash},
    password_reset::judge,
    session::{self, Grant, SessionSeed},
    store::NewPassword,
};

/// A password that is good enough, of somebody who knew the old one.
#[derive(Clone, Debug)]
pub struct Prepared {
    confirmed: Confirmed,
    password: PasswordHash,
    seed: SessionSeed,
}

/// Step 2, outside of any transaction. Refuses with everything that is wrong, a wrong old password among it.
pub fn prepare(
    authority: &Authority,
    asking: &Asking,
    (old, new): (Password, (&Password, &Password)),
    rng: &mut impl CryptoRng,
    deadline: Instant,
) -> Result<Prepared, AuthError> {
    let wrong = judge(&asking.account, new);
    let confirmed = match confirm(authority, asking, ("oldPassword", old), deadline) {
        Ok(confirmed) => confirmed,
        Err(AuthError::Invalid(mut all)) => {
            all.extend(wrong);
            return Err(all.into());
        }
        Err(fault) => return Err(fault),
    };
    wrong.into_result()?;
    let password = authority.hasher().hash(new.1.clone(), deadline)?;
    Ok(Prepared { confirmed, password, seed: SessionSeed::draw(rng) })
}

/// Step 3, in a writing transaction of scope `Platform`: keeps the password, ends every session and every token, those that
/// were mailed too, and begins a new session for whoever asked. Refuses with `unauthenticated` where the account was
/// changed since.
pub fn commit(
    tx: &mut (impl AuthStore + MailStore + CustomerStore),
    authority: &Authority,
    prepared: &Prepared,
    now: Timestamp,
) -> Result<Grant, AuthError> {
    let Prepared { confirmed, password, seed } = prepared;
    let account = confirmed.account(tx)?;
    let new = NewPassword {
        person: account.id,
        token_version: confirmed.token_version,
        hash: password.clone(),
    };
    if !tx.change_password(&new)? {
        return Err(unauthenticated());
    }
    tx.revoke_sessions(account.id, now)?;
    tx.void_mails(account.id, now)?;
    let credentials = tx.find_credentials(account.id)?.ok_or_else(unauthenticated)?;
    session::open(tx, authority, &credentials, seed, now)
}
