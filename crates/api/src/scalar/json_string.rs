//! `JSONString`: JSON inside a string, both ways.

use juniper::GraphQLScalar;
use serde_json::Value as Json;

use crate::{fast::Leaf, written::Json as Written};

/// A string that holds JSON, or none where it is empty. It stays as it was written, to the last digit of its numbers.
#[derive(Clone, Debug, PartialEq, Eq, GraphQLScalar)]
#[graphql(
    name = "JSONString",
    description = "JSON inside a string: `\"{\\\"table\\\": 5}\"`. It stays as it was written. As an argument an empty text is none.",
    to_output_with = Self::as_str,
    from_input_with = Self::from_input,
    parse_token(String),
)]
pub struct JSONString(String);

impl Leaf for JSONString {
    fn write(self, json: &mut Written) {
        json.put(self.as_str());
    }
}

impl JSONString {
    /// Reads a JSON text.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str::<Json>(text).ok().map(|_| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The JSON in it; none of the empty text.
    pub fn json(&self) -> Option<Json> {
        serde_json::from_str(&self.0).ok()
    }

    fn from_input(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Ok(Self(String::new()));
        }
        Self::parse(text).ok_or("A JSONString holds JSON, such as {\"table\": 5}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_any_json_as_it_was_written_and_nothing_else() {
        for text in [
            r#"{"a":[1,null,"ü"]}"#,
            "[]",
            "null",
            r#""text""#,
            "12.5",
            r#" { "b": 12345678901234567890123, "a": 0.10, "c": 1E2, "a": "\u00fc" } "#,
        ] {
            assert_eq!(JSONString::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "{", "{'a': 1}", "NaN", "[1,]", r#""\ud800""#, &"[".repeat(500)] {
            assert_eq!(JSONString::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_empty_argument_is_none() {
        assert_eq!(JSONString::from_input("").unwrap().json(), None);
        assert_eq!(JSONString::from_input("[1]").unwrap().json(), Some(Json::from(vec![1])));
        assert!(JSONString::from_input(" ").is_err());
    }
}
