//! Fields of a merchant's own: a JSON object, kept as it was typed.

use std::{collections::HashSet, fmt};

use regulars_kernel::Rule;
use serde_json::Value;

/// The most bytes of it.
pub const MAX_BYTES: usize = 10 * 1024;

/// A JSON object as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraInfo(String);

impl ExtraInfo {
    /// Reads the text of a JSON object of at most [`MAX_BYTES`]. Refused are also what the databases could not look
    /// into or would not read alike: NUL characters, and a key that stands twice.
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let text = text.trim();
        let refuse = |sentence: &str| Err(Rule::Invalid(sentence.to_owned()));
        if text.len() > MAX_BYTES {
            return Err(Rule::Invalid(format!(
                "Ensure this value has at most {MAX_BYTES} bytes (it has {}).",
                text.len()
            )));
        }
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            return refuse("Enter valid JSON.");
        };
        if !value.is_object() {
            return refuse("Enter a JSON object.");
        }
        if holds_nul(&value) {
            return refuse("Null characters are not allowed.");
        }
        if names_a_key_twice(text) {
            return refuse("A key stands twice in the JSON object.");
        }
        Ok(Self(text.to_owned()))
    }

    /// Takes a text from a store, which keeps only what was parsed.
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text, as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of a key; `None` where there is none.
    pub fn get(&self, key: &str) -> Option<Value> {
        match serde_json::from_str(&self.0) {
            Ok(Value::Object(mut object)) => object.remove(key),
            _ => None,
        }
    }
}

impl fmt::Display for ExtraInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => {
            fields.iter().any(|(key, value)| key.contains('\0') || holds_nul(value))
        }
    }
}

/// Whether the outermost object repeats a key: readers disagree which of the two counts.
fn names_a_key_twice(text: &str) -> bool {
    struct Keys;
    impl<'de> serde::de::Visitor<'de> for Keys {
        type Value = bool;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
            let mut seen = HashSet::new();
            let mut twice = false;
            while let Some(key) = map.next_key::<String>()? {
                map.next_value::<serde::de::IgnoredAny>()?;
                twice |= !seen.insert(key);
            }
            Ok(twice)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    serde::Deserializer::deserialize_map(&mut reader, Keys).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_kept_as_typed() {
        let text = r#"{"vip": true, "shoe": 42, "id": 12345678901234567890123}"#;
        let info = ExtraInfo::parse(&format!(" {text}\n")).unwrap();
        assert_eq!(info.as_str(), text);
        assert_eq!(info.get("shoe"), Some(Value::from(42)));
        assert_eq!(info.get("hat"), None);
    }

    #[test]
    fn anything_else_is_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(500), "]".repeat(500));
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_BYTES));
        for text in [
            "",
            "null",
            "[]",
            "\"a\"",
            "{",
            "{'a':1}",
            r#"{"a":"\u0000"}"#,
            r#"{"\u0000":1}"#,
            r#"{"a":[{"b":"\u0000"}]}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"a":1,"a":2}"#,
            r#"{"a":1e999}"#,
            &deep,
            &long,
        ] {
            assert!(ExtraInfo::parse(text).is_err(), "{text:.40}");
        }
        assert!(ExtraInfo::parse(r#"{"a":{"b":1},"b":1}"#).is_ok(), "keys of other objects");
    }
}
