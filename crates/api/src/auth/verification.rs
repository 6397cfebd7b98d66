//! `verifyAccount` and `resendActivationEmail`.

use regulars_auth::{mail::MailSeed, verification};
use regulars_kernel::Scope;

use super::account::{Answer, payload};
use crate::context::Context;

pub(crate) fn verify_account(context: &Context, token: String) -> Answer {
    let now = context.now();
    payload(context.write_within(Scope::Platform, move |tx| verification::verify(tx, &token, now)))
}

pub(crate) fn resend_activation_email(context: &Context, email: String) -> Answer {
    let now = context.now();
    let seed = MailSeed::draw(context.authority(), &mut rand::rng());
    payload(
        context
            .write_within(Scope::Platform, move |tx| verification::resend(tx, &email, &seed, now)),
    )
}
