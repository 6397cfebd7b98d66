//! `obtainToken`, also called `signIn`: an address and a password against tokens.

use std::sync::Arc;

use juniper::graphql_object;
use regulars_auth::{
    AuthError, Password, actor,
    audit::{Change, Field},
    login::{self, Candidate, Login},
};
use regulars_customer::EmailAddress;
use regulars_kernel::Scope;

use crate::{
    auth::answer,
    context::Context,
    customer::user::{self, IUserNodeValue},
    error::ApiError,
    guess::Subject,
    scalar::ExpectedErrorType,
    trail::Trace,
};

/// The answer of `obtainToken` and `signIn`.
pub struct ObtainTokenPayload {
    login: Option<Login>,
    errors: Option<ExpectedErrorType>,
}

/// The answer of `obtainToken` and `signIn`.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl ObtainTokenPayload {
    /// Whether they are logged in.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`. An
    /// unknown address and a wrong password are told alike.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The access token: `Authorization: Bearer …` of the next minutes' requests.
    fn token(&self) -> Option<&str> {
        self.login.as_ref().map(|login| login.grant.access.expose())
    }

    /// Gets the next pair of tokens, once.
    fn refresh_token(&self) -> Option<String> {
        self.login.as_ref().map(|login| login.grant.refresh.to_hex())
    }

    /// Who logged in.
    fn user(&self, context: &Context) -> Result<Option<IUserNodeValue>, ApiError> {
        match self.login {
            Some(_) => user::me(context),
            None => Ok(None),
        }
    }

    /// Whether the account was archived until now.
    fn unarchiving(&self) -> bool {
        self.login.as_ref().is_some_and(|login| login.unarchiving)
    }
}

pub(crate) fn obtain_token(
    context: &Context,
    action: &'static str,
    email: Option<&str>,
    password: Password,
) -> Result<ObtainTokenPayload, ApiError> {
    // Who names no address is refused like who names a wrong one, after the same work.
    let email = email.unwrap_or_default();
    let trace = Trace::new(action).naming(email);
    // Counted by the address as it is typed, be it anybody's or not.
    let tried = context.try_password(Subject::Address(&EmailAddress::key_of(email)));
    let (trace, outcome) = match tried {
        Ok(tried) => {
            let (trace, outcome) = try_password(context, trace, email, password);
            context.judged(tried, &outcome);
            (trace, outcome)
        }
        // Whose log has it is found out all the same, by the same statement for everybody.
        Err(too_often) => {
            let found = context.read_within(Scope::Platform, |tx| login::candidate(tx, email));
            (trace.to(found.ok().and_then(|candidate| candidate.person())), Err(too_often))
        }
    };
    let (login, errors) = answer(context, &trace, outcome)?;
    Ok(ObtainTokenPayload { login, errors })
}

/// Tries a password, and says whose it would be for the audit log.
fn try_password(
    context: &Context,
    trace: Trace,
    email: &str,
    password: Password,
) -> (Trace, Result<Login, ApiError>) {
    match context.read_within(Scope::Platform, |tx| login::candidate(tx, email)) {
        Ok(candidate) => {
            let trace = trace.to(candidate.person());
            let outcome = log_in(context, &trace, candidate, password);
            (trace, outcome)
        }
        Err(error) => (trace, Err(error)),
    }
}

fn log_in(
    context: &Context,
    trace: &Trace,
    candidate: Candidate,
    password: Password,
) -> Result<Login, ApiError> {
    let (now, recorder) = (context.now(), context.recorder(trace));
    context.let_go();
    let authority = Arc::clone(context.authority());
    let proof = login::prove(&authority, candidate, password, &mut rand::rng(), context.deadline())
        .map_err(|error| context.log(error))?;
    let (login, actor) = context.write_within(Scope::Platform, move |tx| {
        let login = login::commit(tx, &authority, &proof, now)?;
        let actor = actor::resolve(tx, &login.grant.claims)?;
        let changes = login.unarchiving.then(|| Change::turned(Field::Archived, false));
        let changes = changes.into_iter().collect();
        recorder.done(tx, login.grant.person, Some(&actor), changes)?;
        Ok::<_, AuthError>((login, actor))
    })?;
    context.go_on_as(actor)?;
    Ok(login)
}
