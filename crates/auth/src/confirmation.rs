//! Asking for the password once more, before an account changes what it rests on.
//!
//! In three steps, as a log-in: [`ask`] reads the account of whoever asks, [`confirm`] tries the password on the pool, and the
//! transaction that writes first makes sure that nothing has come in between.

use std::time::Instant;

use regulars_customer::{CustomerStore, Person};
use regulars_kernel::{Actor, PersonId, Rule, Violations};

use crate::{
    AuthError, AuthStore, Credentials,
    authority::Authority,
    password::{Password, PasswordHash, Verdict},
};

/// The account of whoever asks, in force.
#[derive(Clone, Debug)]
pub struct Asking {
    pub(crate) account: Person,
    password: Option<PasswordHash>,
    token_version: i64,
}

/// Whoever asks knew the password.
#[derive(Clone, Copy, Debug)]
pub struct Confirmed {
    pub(crate) person: PersonId,
    pub(crate) token_version: i64,
}

/// Step 1, in a transaction of scope `Platform`. Refuses with `unauthenticated` who is nobody, and with `not_verified` whose
/// address was not proved.
pub fn ask(tx: &mut (impl AuthStore + CustomerStore), actor: &Actor) -> Result<Asking, AuthError> {
    let asking = ask_unproved(tx, actor)?;
    if !asking.account.verified {
        return Err(Violations::of_input(Rule::NotVerified).into());
    }
    Ok(asking)
}

/// The same of whoever knows the password, be their address proved or not: for what only takes away. Refuses with
/// `unauthenticated` who is nobody.
pub fn ask_unproved(
    tx: &mut (impl AuthStore + CustomerStore),
    actor: &Actor,
) -> Result<Asking, AuthError> {
    let person = actor.account().ok_or_else(unauthenticated)?;
    let Credentials { password, token_version, .. } = credentials(tx, person)?;
    let account = tx.find_account(person)?.ok_or_else(unauthenticated)?;
    Ok(Asking { account, password, token_version })
}

/// Step 2, outside of any transaction: tries the password. A wrong one is told under the argument's name.
pub fn confirm(
    authority: &Authority,
    asking: &Asking,
    (argument, password): (&'static str, Password),
    deadline: Instant,
) -> Result<Confirmed, AuthError> {
    match authority.hasher().verify(password, asking.password.clone(), deadline)? {
        Verdict::Right { .. } => {
            let Asking { account, token_version, .. } = asking;
            Ok(Confirmed { person: account.id, token_version: *token_version })
        }
        Verdict::Wrong => Err(Violations::of(argument, Rule::InvalidPassword).into()),
    }
}

impl Confirmed {
    /// Step 3, in a writing transaction of scope `Platform`: the account, which nobody else changes from here on. Refuses
    /// with `unauthenticated` where the password was changed or the account put away or deleted since.
    pub(crate) fn account(
        &self,
        tx: &mut (impl AuthStore + CustomerStore),
    ) -> Result<Person, AuthError> {
        let credentials = credentials(tx, self.person)?;
        if credentials.token_version != self.token_version {
            return Err(unauthenticated());
        }
        tx.find_account(self.person)?.ok_or_else(unauthenticated)
    }
}

fn credentials(tx: &mut impl AuthStore, person: PersonId) -> Result<Credentials, AuthError> {
    let found = tx.find_credentials(person)?;
    let acts = |account: &Credentials| account.active && !account.archived;
    found.filter(acts).ok_or_else(unauthenticated)
}

pub(crate) fn unauthenticated() -> AuthError {
    AuthError::Invalid(Violations::of_input(Rule::Unauthenticated))
}
