//! The one place where errors of the domain crates become answers.
//!
//! In queries an error has a `code` in its `extensions`; in mutations it stands in the payload's `errors`. Account
//! mutations have the codes that their clients know, everything else the three of the public API. A fault of ours shows a
//! fixed sentence and the request's id, and is logged once, here.

use juniper::{FieldError, IntoFieldError, graphql_value};
use regulars_kernel::{Classify, Contention, Denied, ErrorKind, Rule, Violation, Violations};

use crate::{global_id::IdError, row, scalar::ExpectedErrorType};

/// What a resolver answers where it has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// What is wrong, for clients.
    pub kind: ErrorKind,
    /// The argument that names what does not exist, where it is one.
    argument: Option<&'static str>,
    /// What cannot be said to clients; logged with the request's id where the answer is made.
    fault: Option<String>,
}

/// Which set of codes a mutation's errors use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codes {
    /// `permission_denied`, `does_not_exist`, `invalid`.
    Public,
    /// Those of the account mutations: `unique`, `password_too_short`, …
    Account,
}

const DENIED: &str = "You do not have permission to perform this action.";
const ABSENT: &str = "No object with this id exists.";
const BUSY: &str = "The server is busy or the request took too long. Try again in a moment.";

impl<E: Classify> From<E> for ApiError {
    fn from(error: E) -> Self {
        let kind = error.kind();
        let fault = (kind == ErrorKind::Internal).then(|| chain(&error));
        Self { kind, argument: error.argument(), fault }
    }
}

/// An error with everything it came of.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl Contention for ApiError {
    fn is_contention(&self) -> bool {
        self.kind == ErrorKind::Contended
    }
}

impl ApiError {
    /// An argument is at fault.
    pub fn invalid(argument: &'static str, sentence: impl Into<String>) -> Self {
        Violations::of(argument, Rule::Invalid(sentence.into())).into()
    }

    /// An id that does not name what the argument takes.
    pub fn bad_id(argument: &'static str, error: &IdError) -> Self {
        Self::invalid(argument, error.to_string())
    }

    /// This kind of actor may never do this.
    pub fn denied() -> Self {
        Denied.into()
    }

    /// There is no such object, named by an argument, for whoever asks.
    pub const fn absent(argument: &'static str) -> Self {
        Self { kind: ErrorKind::DoesNotExist, argument: Some(argument), fault: None }
    }

    /// The same error, about the object that this argument names: what does not exist and was not said to be another's is
    /// that one.
    #[must_use]
    pub const fn about(mut self, argument: &'static str) -> Self {
        if matches!(self.kind, ErrorKind::DoesNotExist) && self.argument.is_none() {
            self.argument = Some(argument);
        }
        self
    }

    /// The same error of a call that has an argument under another name.
    #[must_use]
    pub(crate) fn renamed(mut self, from: &str, to: &'static str) -> Self {
        if self.argument.is_some_and(|argument| argument == from) {
            self.argument = Some(to);
        }
        if let ErrorKind::Invalid(violations) = &self.kind {
            let mut renamed = Violations::new();
            for Violation { field, rule } in violations.iter().cloned() {
                match field {
                    Some(field) => renamed.add(if field == from { to } else { field }, rule),
                    None => renamed.add_to_input(rule),
                }
            }
            self.kind = ErrorKind::Invalid(renamed);
        }
        self
    }

    /// A fault of ours that no error type names.
    pub fn internal(what: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Internal, argument: None, fault: Some(what.into()) }
    }

    /// Logs a fault of ours, once, under the request's id, and leaves an error that may be shown.
    #[must_use]
    pub fn logged(mut self, request_id: &str) -> Self {
        if let Some(fault) = self.fault.take() {
            tracing::error!(request_id, fault, "a request failed");
            self.fault = Some(request_id.to_owned());
        }
        self
    }

    /// The payload's `errors`; `None` for what is no refusal but a failure of the request.
    pub fn to_errors(&self, codes: Codes) -> Option<ExpectedErrorType> {
        let none = ExpectedErrorType::new();
        match &self.kind {
            ErrorKind::PermissionDenied => Some(none.with(None, DENIED, "permission_denied")),
            ErrorKind::DoesNotExist => Some(none.with(self.argument, ABSENT, "does_not_exist")),
            ErrorKind::Invalid(violations) => {
                let with = |errors: ExpectedErrorType, Violation { field, rule }: &Violation| {
                    errors.with(*field, rule.to_string(), code(rule, codes))
                };
                Some(violations.iter().fold(none, with))
            }
            ErrorKind::Unavailable | ErrorKind::Contended | ErrorKind::Internal => None,
        }
    }
}

impl ApiError {
    /// The same of one of many things that were asked for, of which each says itself what became of it, a failure too.
    pub(crate) fn to_errors_of_one(&self) -> ExpectedErrorType {
        self.to_errors(Codes::Public).unwrap_or_else(|| {
            let none = ExpectedErrorType::new();
            match self.kind {
                ErrorKind::Internal => none.with(None, self.fault_of_ours(), "internal"),
                _ => none.with(None, BUSY, "unavailable"),
            }
        })
    }

    fn fault_of_ours(&self) -> String {
        let id = self.fault.as_deref().unwrap_or_default();
        format!("Something went wrong on our side. Request {id}.")
    }
}

/// The code of a broken rule.
const fn code(rule: &Rule, codes: Codes) -> &'static str {
    match rule {
        Rule::TooManyAttempts(_) => "too_many_attempts",
        Rule::Erased => "erased",
        Rule::Absent(_) => "does_not_exist",
        _ if matches!(codes, Codes::Public) => "invalid",
        Rule::Required => "required",
        Rule::InvalidChoice(_) => "invalid_choice",
        Rule::MaxLength { .. } => "max_length",
        Rule::Email | Rule::Phone | Rule::Date | Rule::Invalid(_) => "invalid",
        Rule::EmailTaken | Rule::SecondaryEmailTaken => "unique",
        Rule::PasswordMismatch => "password_mismatch",
        Rule::PasswordTooShort(_) => "password_too_short",
        Rule::PasswordTooCommon => "password_too_common",
        Rule::PasswordEntirelyNumeric => "password_entirely_numeric",
        Rule::PasswordTooSimilar(_) => "password_too_similar",
        Rule::InvalidPassword => "invalid_password",
        Rule::InvalidCredentials => "invalid_credentials",
        Rule::InvalidToken => "invalid_token",
        Rule::ExpiredToken => "expired_token",
        Rule::Unauthenticated => "unauthenticated",
        Rule::NotVerified => "not_verified",
        Rule::AlreadyVerified => "already_verified",
        Rule::SecondaryEmailRequired => "secondary_email_required",
        Rule::PasswordAlreadySet => "password_already_set",
    }
}

impl IntoFieldError for ApiError {
    fn into_field_error(self) -> FieldError {
        match &self.kind {
            ErrorKind::PermissionDenied => coded(DENIED, "permission_denied", None),
            ErrorKind::DoesNotExist => coded(ABSENT, "does_not_exist", self.argument),
            ErrorKind::Invalid(violations) => invalid(violations),
            ErrorKind::Unavailable | ErrorKind::Contended => coded(BUSY, "unavailable", None),
            ErrorKind::Internal => coded(&self.fault_of_ours(), "internal", None),
        }
    }
}

fn invalid(violations: &Violations) -> FieldError {
    let field = violations.iter().find_map(|violation| violation.field);
    let sentences: Vec<String> =
        violations.iter().map(|violation| violation.rule.to_string()).collect();
    let code = violations.iter().next().map_or("invalid", |first| code(&first.rule, Codes::Public));
    coded(&sentences.join(" "), code, field)
}

/// An error with a code, the argument at fault where it is one, and the rows that it happens in.
fn coded(sentence: &str, code: &str, field: Option<&str>) -> FieldError {
    let mut extensions = match field {
        Some(field) => graphql_value!({ "code": code, "field": field }),
        None => graphql_value!({ "code": code }),
    };
    row::note(&mut extensions);
    FieldError::new(sentence, extensions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_many_says_itself_why_it_did_not_come_about() {
        let busy = |kind| ApiError { kind, argument: None, fault: None }.to_errors_of_one();
        for kind in [ErrorKind::Unavailable, ErrorKind::Contended] {
            assert_eq!(busy(kind).code(), "unavailable");
        }
        let fault = ApiError::internal("a secret").logged("r-7").to_errors_of_one();
        assert_eq!(fault.code(), "internal");
        assert!(!format!("{fault:?}").contains("secret"), "{fault:?}");
        assert_eq!(ApiError::invalid("items", "No.").to_errors_of_one().code(), "invalid");
    }
}
