//! `JSONString`: JSON inside a string, both ways.

use juniper::GraphQLScalar;
use serde_json::Value as Json;

/// A string that holds JSON. Written compactly.
#[derive(Clone, Debug, PartialEq, Eq, GraphQLScalar)]
#[graphql(
    name = "JSONString",
    description = "JSON inside a string: `\"{\\\"table\\\": 5}\"`.",
    to_output_with = ToString::to_string,
    from_input_with = Self::from_input,
    parse_token(String),
)]
pub struct JSONString(pub Json);

impl JSONString {
    /// Reads a JSON text.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    fn from_input(text: &str) -> Result<Self, &'static str> {
        Self::parse(text).ok_or("A JSONString holds JSON, such as {\"table\": 5}.")
    }
}

impl std::fmt::Display for JSONString {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_any_json_and_nothing_else() {
        for text in [r#"{"a":[1,null,"ü"]}"#, "[]", "null", r#""text""#, "12.5"] {
            assert_eq!(JSONString::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "{", "{'a': 1}", "NaN", "[1,]", r#""\ud800""#, &"[".repeat(500)] {
            assert_eq!(JSONString::parse(text), None, "{text}");
        }
    }
}
