//! Answers as JSON.

use juniper::{DefaultScalarValue, ExecutionError, Value};
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    document::{Location, PathPart, Problem},
    row::{self, Row},
    written,
};

/// The sentence of every internal error.
pub(crate) const INTERNAL_MESSAGE: &str =
    "Something went wrong on our side. Please report the request id.";

/// What juniper knows of a field that failed.
type Failed = ExecutionError<DefaultScalarValue>;

struct FieldError<'a, P> {
    error: &'a Failed,
    location: Option<Location>,
    path: &'a P,
    request_id: &'a str,
}

#[derive(Serialize)]
struct Extensions<'a> {
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(rename = "requestId", skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl<P: Fn(&Failed, &[Row]) -> Vec<PathPart>> Serialize for FieldError<'_, P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let broken = is_fault(self.error);
        let message = if broken { INTERNAL_MESSAGE } else { self.error.error().message() };
        map.serialize_entry("message", message)?;
        if let Some(location) = self.location {
            map.serialize_entry("locations", &[location])?;
        }
        let extensions = self.error.error().extensions();
        let rows = row::taken(extensions);
        match &rows {
            Some((rows, _)) => map.serialize_entry("path", &(self.path)(self.error, rows))?,
            None => map.serialize_entry("path", self.error.path())?,
        }
        if broken {
            let request_id = Some(self.request_id);
            map.serialize_entry(
                "extensions",
                &Extensions { code: "internal", field: None, request_id },
            )?;
        } else {
            let shown = rows.as_ref().map_or(extensions, |(_, shown)| shown);
            map.serialize_entry("extensions", shown)?;
        }
        map.end()
    }
}

/// Whether an error is a fault of ours that nobody has logged: resolvers name a code, and what has none is juniper's word
/// about a broken promise.
fn is_fault(error: &Failed) -> bool {
    error.error().extensions().is_null()
}

/// The answer of an operation that ran. `location` and `path` say where in the client's document an error stands, and where
/// in the answer, with the rows that it noted. Errors past `most` are left out; faults that nobody has logged are logged in
/// one line, and said in the sentence of every internal error.
pub(crate) fn executed(
    data: &Value,
    errors: &[Failed],
    location: impl Fn(&Failed) -> Option<Location>,
    path: impl Fn(&Failed, &[Row]) -> Vec<PathPart>,
    most: usize,
    request_id: &str,
) -> Vec<u8> {
    if let Some(first) = errors.iter().find(|error| is_fault(error)) {
        let (fault, path) = (first.error().message(), first.path().join("."));
        tracing::error!(request_id, fault, path, "a request failed");
    }
    let errors: Vec<_> = errors
        .iter()
        .take(most)
        .map(|error| FieldError { error, location: location(error), path: &path, request_id })
        .collect();
    let mut body = b"{\"data\":".to_vec();
    written::write(&mut body, data);
    if !errors.is_empty() {
        body.extend_from_slice(b",\"errors\":");
        body.extend_from_slice(&json(&errors));
    }
    body.push(b'}');
    body
}

/// The answer of a request that never ran. Problems past `most` are left out.
pub(crate) fn problems(problems: &[Problem], most: usize) -> Vec<u8> {
    #[derive(Serialize)]
    struct Refused<'a> {
        errors: &'a [Problem],
    }
    json(&Refused { errors: problems.get(..most).unwrap_or(problems) })
}

/// An answer of one sentence: about an argument, where it names one.
pub(crate) fn refusal(
    message: &str,
    code: &str,
    field: Option<&str>,
    request_id: Option<&str>,
) -> Vec<u8> {
    #[derive(Serialize)]
    struct Refused<'a> {
        errors: [Error<'a>; 1],
    }
    #[derive(Serialize)]
    struct Error<'a> {
        message: &'a str,
        extensions: Extensions<'a>,
    }
    json(&Refused {
        errors: [Error { message, extensions: Extensions { code, field, request_id } }],
    })
}

fn json(value: &impl Serialize) -> Vec<u8> {
    // Writing to memory fails for maps with keys that are no strings alone; there are none.
    serde_json::to_vec(value).unwrap_or_default()
}
