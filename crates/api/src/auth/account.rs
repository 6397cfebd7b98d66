//! `updateAccount`, `archiveAccount` and `deleteAccount`; and what all mutations answer that only happen or do not.

use std::sync::Arc;

use juniper::graphql_object;
use regulars_auth::{
    AuthError, Password, account,
    confirmation::{self, Asking, Confirmed},
};
use regulars_customer::{AccountPatch, CustomerError};
use regulars_kernel::{Rule, Scope, Timestamp, Violations};
use regulars_persistence::Tx;

use crate::{
    auth::answer,
    context::Context,
    error::ApiError,
    guess::Subject,
    mutation::Receipt,
    scalar::ExpectedErrorType,
    trail::{About, Effect, Trace},
};

/// The answer of a mutation of one's own account.
pub struct AccountPayload {
    errors: Option<ExpectedErrorType>,
}

/// The answer of a mutation of one's own account.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl AccountPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }
}

/// What the root fields answer.
pub(super) type Answer = Result<AccountPayload, ApiError>;

pub(super) fn payload<T>(context: &Context, trace: &Trace, result: Result<T, ApiError>) -> Answer {
    let (_, errors) = answer(context, trace, result)?;
    Ok(AccountPayload { errors })
}

pub(crate) fn update_account(context: &Context, patch: AccountPatch) -> Answer {
    let (actor, now) = (context.actor().clone(), context.now());
    let trace = own("updateAccount", context);
    let Some(person) = actor.account() else {
        let nobody = Violations::of_input(Rule::Unauthenticated).into();
        return payload::<()>(context, &trace, Err(nobody));
    };
    let recorder = context.recorder(&trace);
    let updated = context.write_within(Scope::Person(person), move |tx| {
        recorder.watch(tx, |tx| {
            let account = regulars_customer::account::update(tx, &actor, &patch, now)?;
            Ok::<_, CustomerError>((account, Effect::default()))
        })
    });
    payload(context, &trace, updated)
}

/// What somebody does with their own account.
pub(super) fn own(action: &'static str, context: &Context) -> Trace {
    Trace::new(action).about(About::Account(context.actor().account()))
}

/// The account of whoever asks, before their password is tried.
pub(crate) fn ask(context: &Context) -> Result<Asking, ApiError> {
    let actor = context.actor();
    context.read_within(Scope::Platform, |tx| confirmation::ask(tx, actor))
}

/// The same of whoever may not have proved their address.
pub(crate) fn ask_unproved(context: &Context) -> Result<Asking, ApiError> {
    let actor = context.actor();
    context.read_within(Scope::Platform, |tx| confirmation::ask_unproved(tx, actor))
}

/// Tries the password of whoever asks, with no connection held meanwhile.
pub(crate) fn confirm(
    context: &Context,
    asking: &Asking,
    password: Password,
) -> Result<Confirmed, ApiError> {
    counted(context, || {
        context.let_go();
        let authority = Arc::clone(context.authority());
        confirmation::confirm(&authority, asking, ("password", password), context.deadline())
            .map_err(|error| context.log(error))
    })
}

/// Tries the password of whoever asks, unless it was tried too often.
pub(super) fn counted<T>(
    context: &Context,
    attempt: impl FnOnce() -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let Some(person) = context.actor().account() else { return attempt() };
    let tried = context.try_password(Subject::Account(person))?;
    let outcome = attempt();
    context.judged(tried, &outcome);
    outcome
}

/// What is done once whoever asks has confirmed it by their password.
pub(super) type Step<T> = fn(&mut Tx<'_>, &Confirmed, Timestamp) -> Result<T, AuthError>;

/// A mutation that asks for the password.
fn confirmed<T: Receipt>(
    context: &Context,
    action: &'static str,
    password: Password,
    step: Step<T>,
) -> Answer {
    let trace = own(action, context);
    let done = ask(context).and_then(|asking| {
        let confirmed = confirm(context, &asking, password)?;
        take(context, &trace, confirmed, step)
    });
    payload(context, &trace, done)
}

/// Does what was confirmed, and writes down what is different after it.
pub(super) fn take<T: Receipt>(
    context: &Context,
    trace: &Trace,
    confirmed: Confirmed,
    step: Step<T>,
) -> Result<T, ApiError> {
    let (now, recorder) = (context.now(), context.recorder(trace));
    context.write_within(Scope::Platform, move |tx| {
        recorder.watch(tx, |tx| {
            let receipt = step(tx, &confirmed, now)?;
            let effect = receipt.effect();
            Ok::<_, AuthError>((receipt, effect))
        })
    })
}

pub(crate) fn archive_account(context: &Context, password: Password) -> Answer {
    confirmed(context, "archiveAccount", password, |tx, confirmed, now| {
        account::archive(tx, confirmed, now)
    })
}

pub(crate) fn delete_account(context: &Context, password: Password) -> Answer {
    confirmed(context, "deleteAccount", password, |tx, confirmed, now| {
        account::delete(tx, confirmed, now)
    })
}
