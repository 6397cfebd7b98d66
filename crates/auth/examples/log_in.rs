//! Somebody signs up, logs in with the password, and is known by the token from then on.
//!
//! `cargo run -p regulars-auth --example log_in --features memory`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::{
    error::Error,
    time::{Duration, Instant},
};

use regulars_auth::{
    AuthError, Authority, Grant, Keys, Password, Settings, actor, login,
    memory::Memory,
    register::{self, Registration},
};
use regulars_customer::input::AccountFields;
use regulars_kernel::{Actor, Clock, Scope, SystemClock};

fn main() -> Result<(), Box<dyn Error>> {
    // Keys are kept somewhere safe and read at the next start; these are forgotten.
    let keys = Keys::generate(&mut rand::rng());
    // Four makes hashing quick to watch. Leave it at its default of twelve.
    let settings = Settings { password_cost: 4, ..Settings::default() };
    let authority = Authority::new(keys, settings)?;
    let memory = Memory::new();

    let registration = Registration {
        fields: AccountFields {
            email: "ada@example.com".to_owned(),
            firstname: "Ada".to_owned(),
            lastname: "Lovelace".to_owned(),
            ..AccountFields::default()
        },
        password1: "tea with 3 crows".into(),
        password2: "tea with 3 crows".into(),
        user_type: "CONSUMER".to_owned(),
        merchant_type: None,
    };
    let signed_up = sign_up(&memory, &authority, &registration)?;
    println!("Person {} signed up.", signed_up.person);
    // Every field that is at fault is named at once, with a code; here the address is taken.
    let again = sign_up(&memory, &authority, &registration);
    let refusal = again.err().ok_or("an address signed up twice")?;
    println!("Once more: {refusal}");

    let grant = log_in(&memory, &authority, "Ada@Example.com", "tea with 3 crows")?;
    let refused = log_in(&memory, &authority, "ada@example.com", "tea with 4 crows");
    println!("A wrong password: {}", refused.err().ok_or("a wrong password logged in")?);

    // With each request: the token is read without a database, then looked up to be in force.
    let claims = authority.read(grant.access.expose(), SystemClock.now())?;
    let who = actor::resolve(&mut memory.scoped(Scope::Platform), &claims)?;
    println!("The token is {}'s: {who:?}", claims.email);
    assert_eq!(who, Actor::Consumer { person: signed_up.person });
    Ok(())
}

/// Four steps, because a password must not be hashed inside a transaction.
fn sign_up(
    memory: &Memory,
    authority: &Authority,
    registration: &Registration,
) -> Result<Grant, AuthError> {
    let (tx, now) = (&mut memory.scoped(Scope::Platform), SystemClock.now());
    let draft = register::draft(registration, now);
    let accepted = register::review(tx, &draft)?;
    let prepared = register::prepare(authority, accepted, &mut rand::rng(), soon())?;
    register::commit(tx, authority, &prepared, now)
}

/// Three, for the same reason.
fn log_in(
    memory: &Memory,
    authority: &Authority,
    email: &str,
    password: &str,
) -> Result<Grant, AuthError> {
    let (tx, now) = (&mut memory.scoped(Scope::Platform), SystemClock.now());
    let candidate = login::candidate(tx, email)?;
    let password = Password::from(password);
    let proof = login::prove(authority, candidate, password, &mut rand::rng(), soon())?;
    Ok(login::commit(tx, authority, &proof, now)?.grant)
}

/// How long a password may wait to be hashed.
fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}
