//! `obtainToken`, also called `signIn`: an address and a password against a session.
//!
//! In three steps, so that a password is never hashed inside a transaction: [`candidate`] reads the account, [`prove`]
//! tries the password on the pool, [`commit`] writes the log-in. All three do the same for an unknown address, an account
//! without a password and a wrong one; nothing in the answer or in the work tells them apart.

use std::time::Instant;

use rand::CryptoRng;
use regulars_customer::{CustomerStore, EmailAddress};
use regulars_kernel::{PersonId, Rule, StoreError, Timestamp, Violations};

use crate::{
    AuthError, AuthStore,
    authority::Authority,
    password::{Password, PasswordHash, Verdict},
    session::{self, Grant, SessionSeed},
    store::{Admission, Credentials},
};

/// Whoever has the address, if anyone.
#[derive(Clone, Debug)]
pub struct Candidate(Option<Credentials>);

impl Candidate {
    /// Whose account it is, if it is anybody's. For the audit log; no answer and no work may depend on it.
    pub fn person(&self) -> Option<PersonId> {
        self.0.as_ref().map(|account| account.person)
    }
}

/// Someone who knew the password.
#[derive(Clone, Debug)]
pub struct Proof {
    person: PersonId,
    token_version: i64,
    renewed: Option<PasswordHash>,
    seed: SessionSeed,
}

/// A log-in that was written down.
#[derive(Clone, Debug)]
pub struct Login {
    /// The tokens.
    pub grant: Grant,
    /// Whether the account was archived until now (rule 3).
    pub unarchiving: bool,
}

fn wrong_credentials() -> AuthError {
    AuthError::Invalid(Violations::of_input(Rule::InvalidCredentials))
}

/// Step 1, in a reading transaction of scope `Platform`: who has this address, as the own or as a proved second one.
pub fn candidate(tx: &mut impl AuthStore, email: &str) -> Result<Candidate, StoreError> {
    // PostgreSQL refuses NUL in any text, so it must not get that far; the look-up of nobody costs the same.
    let email = if email.contains('\0') { "" } else { email };
    let account = tx.find_credentials_by_email(&EmailAddress::key_of(email))?;
    Ok(Candidate(account.filter(|account| account.active)))
}

/// Step 2, outside of any transaction: tries the password. Refuses with `invalid_credentials`.
pub fn prove(
    authority: &Authority,
    candidate: Candidate,
    password: Password,
    rng: &mut impl CryptoRng,
    deadline: Instant,
) -> Result<Proof, AuthError> {
    let kept = candidate.0.as_ref().and_then(|account| account.password.clone());
    let verdict = authority.hasher().verify(password, kept, deadline)?;
    match (candidate.0, verdict) {
        (Some(account), Verdict::Right { renewed }) => Ok(Proof {
            person: account.person,
            token_version: account.token_version,
            renewed,
            seed: SessionSeed::draw(rng),
        }),
        _ => Err(wrong_credentials()),
    }
}

/// Step 3, in a writing transaction of scope `Platform`: begins the session and writes the log-in down. Refuses with
/// `invalid_credentials` where the password was changed or the account deleted since it was tried.
pub fn commit(
    tx: &mut (impl AuthStore + CustomerStore),
    authority: &Authority,
    proof: &Proof,
    now: Timestamp,
) -> Result<Login, AuthError> {
    let account = tx.find_credentials(proof.person)?.ok_or_else(wrong_credentials)?;
    let admitted = tx.admit(&Admission {
        person: proof.person,
        token_version: proof.token_version,
        renewed: proof.renewed.clone(),
        at: now,
    })?;
    if !admitted || account.token_version != proof.token_version {
        return Err(wrong_credentials());
    }
    tx.set_last_login(proof.person, now)?;
    let grant = session::open(tx, authority, &account, &proof.seed, now)?;
    Ok(Login { grant, unarchiving: account.archived })
}
