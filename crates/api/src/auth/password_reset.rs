//! A password for whoever has the mailbox: `sendPasswordResetEmail`, `passwordReset`, `passwordSet`.

use std::sync::Arc;

use regulars_auth::{
    AuthError, Password,
    mail::MailSeed,
    password_reset::{self, Candidate, Way},
};
use regulars_kernel::{PersonId, Scope};

use super::account::{Answer, payload};
use crate::{
    context::Context,
    error::ApiError,
    trail::{Effect, Trace},
};

pub(crate) fn send_password_reset_email(context: &Context, email: String) -> Answer {
    let (now, trace) = (context.now(), Trace::new("sendPasswordResetEmail").naming(&email));
    let seed = MailSeed::draw(context.authority(), &mut rand::rng());
    let recorder = context.recorder(&trace);
    let sent = context.write_within(Scope::Platform, move |tx| {
        password_reset::send(tx, &email, &seed, now)?;
        recorder.asked(tx)?;
        Ok::<_, AuthError>(())
    });
    payload(context, &trace, sent)
}

pub(crate) fn password_reset(
    context: &Context,
    token: String,
    passwords: (&Password, &Password),
) -> Answer {
    keep(context, Way::Reset, token, passwords)
}

pub(crate) fn password_set(
    context: &Context,
    token: String,
    passwords: (&Password, &Password),
) -> Answer {
    keep(context, Way::Set, token, passwords)
}

fn keep(context: &Context, way: Way, token: String, passwords: (&Password, &Password)) -> Answer {
    let now = context.now();
    let trace = Trace::new(match way {
        Way::Reset => "passwordReset",
        Way::Set => "passwordSet",
    });
    let candidate =
        context.read_within(Scope::Platform, |tx| password_reset::candidate(tx, way, token, now));
    match candidate {
        Ok(candidate) => {
            let trace = trace.to(Some(candidate.person()));
            payload(context, &trace, replace(context, &trace, candidate, passwords))
        }
        Err(error) => payload::<()>(context, &trace, Err(error)),
    }
}

fn replace(
    context: &Context,
    trace: &Trace,
    candidate: Candidate,
    passwords: (&Password, &Password),
) -> Result<PersonId, ApiError> {
    context.let_go();
    let (now, recorder) = (context.now(), context.recorder(trace));
    let authority = Arc::clone(context.authority());
    let prepared = password_reset::prepare(&authority, candidate, passwords, context.deadline())
        .map_err(|error| context.log(error))?;
    context.write_within(Scope::Platform, move |tx| {
        recorder.watch(tx, |tx| {
            let person = password_reset::commit(tx, &prepared, now)?;
            Ok::<_, AuthError>((person, Effect::default()))
        })
    })
}
