//! A second address: `sendSecondaryEmailActivation`, `verifySecondaryEmail`, `swapEmails`, `removeSecondaryEmail`.

use std::sync::Arc;

use regulars_auth::{AuthError, Password, confirmation, mail::MailSeed, secondary_email};
use regulars_kernel::{PersonId, Scope};

use super::account::{Answer, Step, ask, confirm, payload};
use crate::{context::Context, error::ApiError};

pub(crate) fn send_secondary_email_activation(
    context: &Context,
    email: &str,
    password: Password,
) -> Answer {
    payload(send(context, email, password))
}

fn send(context: &Context, email: &str, password: Password) -> Result<PersonId, ApiError> {
    let (actor, now) = (context.actor(), context.now());
    let (asking, wish) = context.read_within(Scope::Platform, |tx| {
        let asking = confirmation::ask(tx, actor)?;
        Ok::<_, AuthError>((asking, secondary_email::wish(tx, email)?))
    })?;
    context.let_go();
    let authority = Arc::clone(context.authority());
    let confirmation =
        secondary_email::prepare(&authority, &asking, wish, password, context.deadline())
            .map_err(|error| context.log(error))?;
    let seed = MailSeed::draw(&authority, &mut rand::rng());
    context.write_within(Scope::Platform, move |tx| {
        secondary_email::send(tx, &confirmation, &seed, now)
    })
}

pub(crate) fn verify_secondary_email(context: &Context, token: String) -> Answer {
    let now = context.now();
    payload(
        context.write_within(Scope::Platform, move |tx| secondary_email::verify(tx, &token, now)),
    )
}

/// A mutation that needs a second address and asks for the password.
fn confirmed(context: &Context, password: Password, step: Step) -> Answer {
    let now = context.now();
    let done = ask(context).and_then(|asking| {
        secondary_email::require(&asking)?;
        let confirmed = confirm(context, &asking, password)?;
        context.write_within(Scope::Platform, move |tx| step(tx, &confirmed, now))
    });
    payload(done)
}

pub(crate) fn swap_emails(context: &Context, password: Password) -> Answer {
    confirmed(context, password, |tx, confirmed, now| secondary_email::swap(tx, confirmed, now))
}

pub(crate) fn remove_secondary_email(context: &Context, password: Password) -> Answer {
    confirmed(context, password, |tx, confirmed, now| secondary_email::remove(tx, confirmed, now))
}
