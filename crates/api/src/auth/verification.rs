//! `verifyAccount` and `resendActivationEmail`.

use regulars_auth::{
    AuthError,
    audit::{Change, Field},
    mail::MailSeed,
    verification,
};
use regulars_kernel::Scope;

use super::account::{Answer, payload};
use crate::{context::Context, trail::Trace};

pub(crate) fn verify_account(context: &Context, token: String) -> Answer {
    let (now, trace) = (context.now(), Trace::new("verifyAccount"));
    let recorder = context.recorder(&trace);
    let verified = context.write_within(Scope::Platform, move |tx| {
        let person = verification::verify(tx, &token, now)?;
        recorder.done(tx, person, None, vec![Change::turned(Field::Verified, true)])?;
        Ok::<_, AuthError>(person)
    });
    payload(context, &trace, verified)
}

pub(crate) fn resend_activation_email(context: &Context, email: String) -> Answer {
    let (now, trace) = (context.now(), Trace::new("resendActivationEmail").naming(&email));
    let seed = MailSeed::draw(context.authority(), &mut rand::rng());
    let recorder = context.recorder(&trace);
    let resent = context.write_within(Scope::Platform, move |tx| {
        verification::resend(tx, &email, &seed, now)?;
        recorder.asked(tx)?;
        Ok::<_, AuthError>(())
    });
    payload(context, &trace, resent)
}
