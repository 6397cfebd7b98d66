//! `ExpectedErrorType`: what is wrong with the arguments of a mutation.

use std::borrow::Cow;

use juniper::{InputValue, Object, Value};

use super::opaque::opaque_scalar;

/// The key of errors that belong to no single argument.
const NO_FIELD: &str = "nonFieldErrors";

/// The field `errors` of a mutation that was refused: an object from the camelCase argument to a list of
/// `{message, code}`, in the order in which they were found. Where nothing is wrong, `errors` is null: use
/// `Option<ExpectedErrorType>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ExpectedErrorType(Vec<(String, String, Cow<'static, str>)>);

opaque_scalar!(
    ExpectedErrorType,
    "ExpectedErrorType",
    "Null, or an object from the name of an argument (or `nonFieldErrors`) to a list of `{message, code}`."
);

impl ExpectedErrorType {
    /// Nothing wrong so far.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// One more fault of an argument; of none in particular for `None`.
    #[must_use]
    pub fn with(
        mut self,
        field: Option<&str>,
        message: impl Into<String>,
        code: &'static str,
    ) -> Self {
        self.0.push((field.unwrap_or(NO_FIELD).to_owned(), message.into(), Cow::Borrowed(code)));
        self
    }

    /// The code of the first fault; empty where nothing is wrong.
    pub fn code(&self) -> &str {
        self.0.first().map_or("", |(_, _, code)| code.as_ref())
    }

    /// `None` where nothing is wrong.
    pub fn into_option(self) -> Option<Self> {
        (!self.0.is_empty()).then_some(self)
    }

    fn to_value(&self) -> Value {
        let mut fields: Vec<(&str, Vec<Value>)> = Vec::new();
        for (field, message, code) in &self.0 {
            let error = Value::Object(
                [("message", message.as_str()), ("code", code.as_ref())]
                    .into_iter()
                    .map(|(key, text)| (key, Value::scalar(text.to_owned())))
                    .collect::<Object<_>>(),
            );
            match fields.iter_mut().find(|(known, _)| known == field) {
                Some((_, errors)) => errors.push(error),
                None => fields.push((field, vec![error])),
            }
        }
        Value::Object(
            fields.into_iter().map(|(field, errors)| (field, Value::list(errors))).collect(),
        )
    }

    fn from_value(_: &InputValue) -> Result<Self, &'static str> {
        Err("ExpectedErrorType is not an input.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_grouped_by_argument_in_order() {
        assert_eq!(ExpectedErrorType::new().into_option(), None);
        let errors = ExpectedErrorType::new()
            .with(Some("password2"), "Too short.", "password_too_short")
            .with(None, "Please, enter valid credentials.", "invalid_credentials")
            .with(Some("password2"), "Too common.", "password_too_common");
        assert_eq!(
            serde_json::to_string(&errors.to_value()).unwrap(),
            r#"{"password2":[{"message":"Too short.","code":"password_too_short"},{"message":"Too common.","code":"password_too_common"}],"nonFieldErrors":[{"message":"Please, enter valid credentials.","code":"invalid_credentials"}]}"#
        );
    }
}
