//! `register`: an account, and its first tokens.

use std::sync::Arc;

use juniper::graphql_object;
use regulars_auth::{
    AuthError, Grant, actor,
    register::{self, Registration},
};
use regulars_kernel::Scope;

use crate::{
    auth::answer,
    context::Context,
    error::ApiError,
    scalar::ExpectedErrorType,
    trail::{Recorder, Trace},
};

/// The answer of `register`.
pub struct RegisterPayload {
    grant: Option<Grant>,
    errors: Option<ExpectedErrorType>,
}

/// The answer of `register`.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl RegisterPayload {
    /// Whether there is an account now.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The access token: `Authorization: Bearer …` of the next minutes' requests.
    fn token(&self) -> Option<&str> {
        self.grant.as_ref().map(|grant| grant.access.expose())
    }

    /// Gets the next pair of tokens, once.
    fn refresh_token(&self) -> Option<String> {
        self.grant.as_ref().map(|grant| grant.refresh.to_hex())
    }
}

pub(crate) fn register(
    context: &Context,
    registration: &Registration,
) -> Result<RegisterPayload, ApiError> {
    let trace = Trace::new("register").naming(&registration.fields.email);
    let (grant, errors) = answer(context, &trace, sign_up(context, registration))?;
    Ok(RegisterPayload { grant, errors })
}

fn sign_up(context: &Context, registration: &Registration) -> Result<Grant, ApiError> {
    let now = context.now();
    let draft = register::draft(registration, now);
    let accepted = context.read_within(Scope::Platform, |tx| register::review(tx, &draft))?;
    context.let_go();
    let authority = Arc::clone(context.authority());
    let prepared = register::prepare(&authority, accepted, &mut rand::rng(), context.deadline())
        .map_err(|error| context.log(error))?;
    let through = context.actor().app().and_then(|_app| context.actor().merchant());
    let prepared = prepared.through(through);
    let recorder = context.recorder(&Trace::new("register"));
    let (grant, actor) = context.write_within(Scope::Platform, move |tx| {
        let grant = register::commit(tx, &authority, &prepared, now)?;
        let actor = actor::resolve(tx, &grant.claims)?;
        let made = Recorder::made(tx, grant.person, None)?;
        recorder.done(tx, grant.person, Some(&actor), made)?;
        recorder.joined(tx, grant.person, &actor)?;
        Ok::<_, AuthError>((grant, actor))
    })?;
    context.go_on_as(actor)?;
    Ok(grant)
}
