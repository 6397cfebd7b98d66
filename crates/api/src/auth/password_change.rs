//! `passwordChange`: another password, and a new session in place of all others.

use std::sync::Arc;

use juniper::graphql_object;
use regulars_auth::{AuthError, Grant, Password, actor, password_change};
use regulars_kernel::Scope;

use super::account::{ask, counted, own};
use crate::{
    auth::answer, context::Context, error::ApiError, scalar::ExpectedErrorType, trail::Trace,
};

/// The answer of `passwordChange`.
pub struct PasswordChangePayload {
    grant: Option<Grant>,
    errors: Option<ExpectedErrorType>,
}

/// The answer of `passwordChange`.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl PasswordChangePayload {
    /// Whether the password is another one now.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The access token of a new session: those of before have ended.
    fn token(&self) -> Option<&str> {
        self.grant.as_ref().map(|grant| grant.access.expose())
    }

    /// Gets the next pair of tokens, once.
    fn refresh_token(&self) -> Option<String> {
        self.grant.as_ref().map(|grant| grant.refresh.to_hex())
    }
}

pub(crate) fn password_change(
    context: &Context,
    old: Password,
    new: (&Password, &Password),
) -> Result<PasswordChangePayload, ApiError> {
    let trace = own("passwordChange", context);
    let (grant, errors) = answer(context, &trace, change(context, &trace, old, new))?;
    Ok(PasswordChangePayload { grant, errors })
}

fn change(
    context: &Context,
    trace: &Trace,
    old: Password,
    new: (&Password, &Password),
) -> Result<Grant, ApiError> {
    let (now, recorder) = (context.now(), context.recorder(trace));
    let asking = ask(context)?;
    context.let_go();
    let authority = Arc::clone(context.authority());
    let (mut rng, deadline) = (rand::rng(), context.deadline());
    let prepared = counted(context, || {
        password_change::prepare(&authority, &asking, (old, new), &mut rng, deadline)
            .map_err(|error| context.log(error))
    })?;
    let (grant, actor) = context.write_within(Scope::Platform, move |tx| {
        let grant = password_change::commit(tx, &authority, &prepared, now)?;
        let actor = actor::resolve(tx, &grant.claims)?;
        recorder.done(tx, grant.person, None, Vec::new())?;
        Ok::<_, AuthError>((grant, actor))
    })?;
    context.go_on_as(actor)?;
    Ok(grant)
}
