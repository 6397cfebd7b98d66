//! Signing up, logging in, and tokens: open to everyone, since the password or the token that they are given is the proof.
//! What people do with their own account, for which some are asked for the password once more. And who works for a merchant, with which permissions, roles and stores; and which applications ask for it.
//!
//! Passwords are hashed on a pool of their own, and whoever waits for it holds no connection. Randomness is drawn before
//! a transaction begins, which may run more than once.

pub mod account;
pub mod api_key;
pub mod application;
pub mod audit;
pub mod login;
pub mod password_change;
pub mod password_reset;
pub mod permission;
pub mod refresh;
pub mod register;
pub mod role;
pub mod secondary_email;
pub mod session;
pub mod staff;
pub mod staff_mutations;
pub mod verification;

pub use api_key::{ApiKeyNode, ApiKeyNodeConnection};
pub use application::{ApplicationNode, ApplicationNodeConnection};
pub use audit::{AuditEntryNode, AuditEntryNodeConnection};
pub use permission::{PermissionNode, PermissionNodeConnection};
pub use role::{RoleNode, RoleNodeConnection};
pub use staff::MerchantNodeConnection;

use crate::{
    context::Context,
    error::{ApiError, Codes},
    mutation::{Outcome, refused},
    scalar::ExpectedErrorType,
    trail::Trace,
};

/// What a mutation made, and the `errors` of its payload: one of the two. A refusal is written down in the audit log.
/// What is none fails the field.
fn answer<T>(
    context: &Context,
    trace: &Trace,
    result: Result<T, ApiError>,
) -> Result<(Option<T>, Option<ExpectedErrorType>), ApiError> {
    let outcome = result.map_or_else(
        |error| context.refuse(trace, error, Codes::Account),
        |made| Ok(Outcome::Done(made)),
    )?;
    Ok(outcome.split())
}

/// The same where its refusal is written down already, or is that of a read.
fn unrecorded<T>(
    result: Result<T, ApiError>,
) -> Result<(Option<T>, Option<ExpectedErrorType>), ApiError> {
    let outcome = result
        .map_or_else(|error| refused(error, Codes::Account), |made| Ok(Outcome::Done(made)))?;
    Ok(outcome.split())
}

#[cfg(test)]
mod tests {
    use regulars_kernel::{Rule, Violations};

    use super::*;

    #[test]
    fn a_refusal_is_an_answer_and_a_fault_is_none() {
        assert_eq!(unrecorded(Ok(7)), Ok((Some(7), None)));
        let mut wrong = Violations::of("email", Rule::EmailTaken);
        wrong.add("password2", Rule::PasswordTooCommon);
        let (made, errors) = unrecorded::<i32>(Err(wrong.into())).unwrap();
        assert_eq!(made, None);
        let expected = ExpectedErrorType::new()
            .with(Some("email"), "User with this Email already exists.", "unique")
            .with(Some("password2"), "This password is too common.", "password_too_common");
        assert_eq!(errors, Some(expected));
        let fault = ApiError::internal("a key is missing");
        assert_eq!(unrecorded::<i32>(Err(fault.clone())), Err(fault));
    }
}
