//! An answer before it is sent.

use serde_json::{Value, json};

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// A request that is refused: a status, a code and a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
    pub(super) fields: Vec<String>,
}

impl Refused {
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), fields: Vec::new() }
    }

    /// Of a column that is not there, as queries say it.
    pub(super) fn no_column(column: &str, object: &str) -> Self {
        Self::new(
            400,
            "INVALID_FIELD",
            format!(
                "ERROR at Row:1:Column:1\nNo such column '{column}' on entity '{object}'. If you are attempting to use a custom field, be sure to append the \
                 '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names."
            ),
        )
    }

    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::new(400, "MALFORMED_QUERY", message)
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    /// As one of the errors of a record that was not saved.
    pub(super) fn in_record(&self) -> Value {
        json!({ "statusCode": self.code, "message": self.message, "fields": self.fields })
    }
}

impl Reply {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            kind: "application/json;charset=UTF-8",
            headers: Vec::new(),
            body: body.to_string().into_bytes(),
        }
    }

    pub(super) const fn empty(status: u16) -> Self {
        Self { status, kind: "text/plain", headers: Vec::new(), body: Vec::new() }
    }

    pub(super) fn html(status: u16) -> Self {
        let body = b"<html><body><h1>Bad gateway</h1></body></html>".to_vec();
        Self { status, kind: "text/html", headers: Vec::new(), body }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl From<Refused> for Reply {
    fn from(refused: Refused) -> Self {
        let mut error = json!({ "message": refused.message, "errorCode": refused.code });
        if let (Some(error), false) = (error.as_object_mut(), refused.fields.is_empty()) {
            error.insert("fields".to_owned(), json!(refused.fields));
        }
        Self::json(refused.status, &json!([error]))
    }
}
