//! Answers as JSON.

use juniper::{DefaultScalarValue, ExecutionError, Value};
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::document::{Location, Problem};

/// The sentence of every internal error.
pub(crate) const INTERNAL_MESSAGE: &str =
    "Something went wrong on our side. Please report the request id.";

#[derive(Serialize)]
struct Executed<'a> {
    data: &'a Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError<'a>>,
}

struct FieldError<'a> {
    error: &'a ExecutionError<DefaultScalarValue>,
    location: Option<Location>,
}

#[derive(Serialize)]
struct Code<'a> {
    code: &'a str,
    #[serde(rename = "requestId", skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl Serialize for FieldError<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("message", self.error.error().message())?;
        if let Some(location) = self.location {
            map.serialize_entry("locations", &[location])?;
        }
        map.serialize_entry("path", self.error.path())?;
        let extensions = self.error.error().extensions();
        if extensions.is_null() {
            // Resolvers name a code; what has none is juniper's word about a broken promise of ours.
            map.serialize_entry("extensions", &Code { code: "internal", request_id: None })?;
        } else {
            map.serialize_entry("extensions", extensions)?;
        }
        map.end()
    }
}

/// The answer of an operation that ran. Errors past `most` are left out.
pub(crate) fn executed(
    data: &Value,
    errors: &[ExecutionError<DefaultScalarValue>],
    location: impl Fn(&ExecutionError<DefaultScalarValue>) -> Option<Location>,
    most: usize,
) -> Vec<u8> {
    let errors = errors
        .iter()
        .take(most)
        .map(|error| FieldError { error, location: location(error) })
        .collect();
    json(&Executed { data, errors })
}

/// The answer of a request that never ran. Problems past `most` are left out.
pub(crate) fn problems(problems: &[Problem], most: usize) -> Vec<u8> {
    #[derive(Serialize)]
    struct Refused<'a> {
        errors: &'a [Problem],
    }
    json(&Refused { errors: problems.get(..most).unwrap_or(problems) })
}

/// An answer of one sentence.
pub(crate) fn refusal(message: &str, code: &str, request_id: Option<&str>) -> Vec<u8> {
    #[derive(Serialize)]
    struct Refused<'a> {
        errors: [Error<'a>; 1],
    }
    #[derive(Serialize)]
    struct Error<'a> {
        message: &'a str,
        extensions: Code<'a>,
    }
    json(&Refused { errors: [Error { message, extensions: Code { code, request_id } }] })
}

fn json(value: &impl Serialize) -> Vec<u8> {
    // Writing to memory fails for maps with keys that are no strings alone; there are none.
    serde_json::to_vec(value).unwrap_or_default()
}
