//! `verifyToken`: whether an access token is in force, and what stands in it.

use juniper::graphql_object;
use regulars_auth::{Claims, session};
use regulars_kernel::Scope;

use crate::{
    auth::unrecorded,
    context::Context,
    error::ApiError,
    scalar::{ExpectedErrorType, GenericScalar},
};

/// The answer of `verifyToken`.
pub struct VerifyTokenPayload {
    claims: Option<Claims>,
    errors: Option<ExpectedErrorType>,
}

/// The answer of `verifyToken`.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl VerifyTokenPayload {
    /// Whether the token is in force.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// What stands in the token.
    fn payload(&self) -> Option<GenericScalar> {
        self.claims.as_ref().map(|claims| GenericScalar(claims.to_json()))
    }
}

pub(crate) fn verify_token(context: &Context, token: &str) -> Result<VerifyTokenPayload, ApiError> {
    let claims = context.read_within(Scope::Platform, |tx| {
        session::verify(tx, context.authority(), token, context.now())
    });
    let (claims, errors) = unrecorded(claims)?;
    if let Some(errors) = &errors {
        context.note_refused("verifyToken", errors.code());
    }
    Ok(VerifyTokenPayload { claims, errors })
}
