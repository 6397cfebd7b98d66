//! `refreshToken` and `revokeToken`: the next pair of tokens, and the end of a session.

use std::sync::Arc;

use juniper::graphql_object;
use regulars_auth::{
    AuthError, Grant,
    refresh::{self, Renewal},
    token::TokenId,
};
use regulars_kernel::{Scope, Timestamp, Violations};

use crate::{
    auth::{answer, unrecorded},
    context::Context,
    error::{ApiError, Codes},
    scalar::{ExpectedErrorType, GenericScalar},
    trail::Trace,
};

/// What the audit log says of a refresh token that was used up before, and may have been stolen.
const TOKEN_REUSED: &str = "token_reused";

/// The answer of `refreshToken`.
pub struct RefreshTokenPayload {
    grant: Option<Grant>,
    errors: Option<ExpectedErrorType>,
}

/// The answer of `refreshToken`.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl RefreshTokenPayload {
    /// Whether there are new tokens.
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

    /// Takes the place of the refresh token that was presented, which is used up.
    fn refresh_token(&self) -> Option<String> {
        self.grant.as_ref().map(|grant| grant.refresh.to_hex())
    }

    /// What stands in the access token.
    fn payload(&self) -> Option<GenericScalar> {
        self.grant.as_ref().map(|grant| GenericScalar(grant.claims.to_json()))
    }
}

/// The answer of `revokeToken`.
pub struct RevokeTokenPayload {
    revoked: Option<Timestamp>,
    errors: Option<ExpectedErrorType>,
}

/// The answer of `revokeToken`.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl RevokeTokenPayload {
    /// Whether the session has ended now.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// Seconds since 1970 at which the session ended.
    fn revoked(&self) -> Option<i32> {
        self.revoked.and_then(|at| i32::try_from(at.seconds()).ok())
    }

    /// Null: a session that has ended has no tokens.
    fn token() -> Option<String> {
        None
    }

    /// Null: a session that has ended has no tokens.
    fn refresh_token() -> Option<String> {
        None
    }

    /// Null: a session that has ended has no tokens.
    fn payload() -> Option<GenericScalar> {
        None
    }
}

pub(crate) fn refresh_token(
    context: &Context,
    presented: String,
) -> Result<RefreshTokenPayload, ApiError> {
    let (grant, errors) = unrecorded(renew(context, presented))?;
    Ok(RefreshTokenPayload { grant, errors })
}

/// The code of a refusal that is an answer of the transaction.
fn code_of(why: &Violations) -> String {
    let errors = ApiError::from(why.clone()).to_errors(Codes::Account);
    errors.as_ref().map(ExpectedErrorType::code).unwrap_or_default().to_owned()
}

fn renew(context: &Context, presented: String) -> Result<Grant, ApiError> {
    let (authority, now) = (Arc::clone(context.authority()), context.now());
    let token_id = TokenId::draw(&mut rand::rng());
    let recorder = context.recorder(&Trace::new("refreshToken"));
    let renewal = context.write_within(Scope::Platform, move |tx| {
        let kept = refresh::find(tx, &presented)?;
        let renewal = refresh::renew(tx, &authority, &presented, token_id.clone(), now)?;
        match &renewal {
            Renewal::Granted(grant) => recorder.done(tx, grant.person, None, Vec::new())?,
            Renewal::Refused(why) => {
                // Whoever presents a used one is told no more than others; whoever reads the log is.
                let reused = kept.is_some_and(|kept| kept.is_used(now));
                let code = if reused { TOKEN_REUSED.to_owned() } else { code_of(why) };
                recorder.clone().of(kept.map(|kept| kept.person)).refused(tx, &code)?;
            }
        }
        Ok::<_, AuthError>(renewal)
    })?;
    // Only now: a refusal inside the transaction would undo the end of a stolen token's family.
    Ok(renewal.into_result()?)
}

pub(crate) fn revoke_token(
    context: &Context,
    presented: String,
) -> Result<RevokeTokenPayload, ApiError> {
    let (now, trace) = (context.now(), Trace::new("revokeToken"));
    let recorder = context.recorder(&trace);
    let revoked = context.write_within(Scope::Platform, move |tx| {
        let kept = refresh::find(tx, &presented)?;
        let revoked = refresh::revoke(tx, &presented, now)?;
        if let Some(kept) = kept {
            recorder.done(tx, kept.person, None, Vec::new())?;
        }
        Ok::<_, AuthError>(revoked)
    });
    let (revoked, errors) = answer(context, &trace, revoked)?;
    Ok(RevokeTokenPayload { revoked, errors })
}
