//! A password for whoever has the mailbox: `sendPasswordResetEmail`, `passwordReset`, `passwordSet`.

use std::sync::Arc;

use regulars_auth::{
    Password,
    mail::MailSeed,
    password_reset::{self, Way},
};
use regulars_kernel::{PersonId, Scope};

use super::account::{Answer, payload};
use crate::{context::Context, error::ApiError};

pub(crate) fn send_password_reset_email(context: &Context, email: String) -> Answer {
    let now = context.now();
    let seed = MailSeed::draw(context.authority(), &mut rand::rng());
    payload(
        context
            .write_within(Scope::Platform, move |tx| password_reset::send(tx, &email, &seed, now)),
    )
}

pub(crate) fn password_reset(
    context: &Context,
    token: String,
    passwords: (&Password, &Password),
) -> Answer {
    payload(keep(context, Way::Reset, token, passwords))
}

pub(crate) fn password_set(
    context: &Context,
    token: String,
    passwords: (&Password, &Password),
) -> Answer {
    payload(keep(context, Way::Set, token, passwords))
}

fn keep(
    context: &Context,
    way: Way,
    token: String,
    passwords: (&Password, &Password),
) -> Result<PersonId, ApiError> {
    let now = context.now();
    let candidate = context
        .read_within(Scope::Platform, |tx| password_reset::candidate(tx, way, token, now))?;
    context.let_go();
    let authority = Arc::clone(context.authority());
    let prepared = password_reset::prepare(&authority, candidate, passwords, context.deadline())
        .map_err(|error| context.log(error))?;
    context.write_within(Scope::Platform, move |tx| password_reset::commit(tx, &prepared, now))
}
