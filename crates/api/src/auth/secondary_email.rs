//! A second address: `sendSecondaryEmailActivation`, `verifySecondaryEmail`, `swapEmails`, `removeSecondaryEmail`.

use std::sync::Arc;

use regulars_auth::{
    AuthError, Password, audit::Field, confirmation, mail::MailSeed, secondary_email,
};
use regulars_kernel::{PersonId, Scope};

use super::account::{Answer, Step, ask, confirm, own, payload, take};
use crate::{
    context::Context,
    error::ApiError,
    trail::{Recorder, Trace},
};

pub(crate) fn send_secondary_email_activation(
    context: &Context,
    email: &str,
    password: Password,
) -> Answer {
    let trace = own("sendSecondaryEmailActivation", context).naming(email);
    payload(context, &trace, send(context, &trace, email, password))
}

fn send(
    context: &Context,
    trace: &Trace,
    email: &str,
    password: Password,
) -> Result<PersonId, ApiError> {
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
    let recorder = context.recorder(trace);
    context.write_within(Scope::Platform, move |tx| {
        let person = secondary_email::send(tx, &confirmation, &seed, now)?;
        recorder.done(tx, person, None, Vec::new())?;
        Ok::<_, AuthError>(person)
    })
}

pub(crate) fn verify_secondary_email(context: &Context, token: String) -> Answer {
    let (now, trace) = (context.now(), Trace::new("verifySecondaryEmail"));
    let recorder = context.recorder(&trace);
    let verified = context.write_within(Scope::Platform, move |tx| {
        let person = secondary_email::verify(tx, &token, now)?;
        let made = Recorder::made(tx, person, Some(Field::SecondaryEmail))?;
        recorder.done(tx, person, None, made)?;
        Ok::<_, AuthError>(person)
    });
    payload(context, &trace, verified)
}

/// A mutation that needs a second address and asks for the password.
fn confirmed(
    context: &Context,
    action: &'static str,
    password: Password,
    step: Step<PersonId>,
) -> Answer {
    let trace = own(action, context);
    let done = ask(context).and_then(|asking| {
        secondary_email::require(&asking)?;
        let confirmed = confirm(context, &asking, password)?;
        take(context, &trace, confirmed, step)
    });
    payload(context, &trace, done)
}

pub(crate) fn swap_emails(context: &Context, password: Password) -> Answer {
    confirmed(context, "swapEmails", password, |tx, confirmed, now| {
        secondary_email::swap(tx, confirmed, now)
    })
}

pub(crate) fn remove_secondary_email(context: &Context, password: Password) -> Answer {
    confirmed(context, "removeSecondaryEmail", password, |tx, confirmed, now| {
        secondary_email::remove(tx, confirmed, now)
    })
}
