//! Fields of a merchant's own: a JSON object, kept as it was typed.

use std::{collections::HashSet, fmt};

use crate::Rule;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

/// The most bytes of it.
pub const MAX_BYTES: usize = 10 * 1024;

/// A JSON object as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraInfo(String);

impl ExtraInfo {
    /// Reads the text of a JSON object of at most [`MAX_BYTES`]. Refused are also what the databases could not look
    /// into or would not read alike: NUL characters, a key that stands twice in one object, and numbers past those of a
    /// double (`1e999`). Numbers of more digits than a double holds stay as they were typed; segments compare them as doubles.
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let text = text.trim();
        let refuse = |sentence: &str| Err(Rule::Invalid(sentence.to_owned()));
        if text.len() > MAX_BYTES {
            return Err(Rule::Invalid(format!(
                "Ensure this value has at most {MAX_BYTES} bytes (it has {}).",
                text.len()
            )));
        }
        let Ok(faults) = serde_json::from_str::<Faults>(text) else {
            return refuse("Enter valid JSON.");
        };
        if !text.starts_with('{') {
            return refuse("Enter a JSON object.");
        }
        if faults.nul {
            return refuse("Null characters are not allowed.");
        }
        if faults.twice {
            return refuse("A key stands twice in one JSON object.");
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

/// What the databases could not look into, or readers would disagree about.
#[derive(Clone, Copy, Default)]
struct Faults {
    nul: bool,
    /// A key that stands twice in one object: which of the two counts?
    twice: bool,
}

impl Faults {
    fn of_text(text: &str) -> Self {
        Self { nul: text.contains('\0'), twice: false }
    }

    const fn and(self, other: Self) -> Self {
        Self { nul: self.nul || other.nul, twice: self.twice || other.twice }
    }
}

impl<'de> Deserialize<'de> for Faults {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Search)
    }
}

/// Looks for faults in every part of a JSON text.
struct Search;

impl<'de> Visitor<'de> for Search {
    type Value = Faults;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Faults, E> {
        Ok(Faults::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Faults, E> {
        Ok(Faults::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Faults, E> {
        Ok(Faults::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Faults, E> {
        Ok(Faults::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Faults, E> {
        Ok(Faults::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<Faults, E> {
        Ok(Faults::of_text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Faults, A::Error> {
        let mut faults = Faults::default();
        while let Some(item) = items.next_element::<Faults>()? {
            faults = faults.and(item);
        }
        Ok(faults)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Faults, A::Error> {
        let (mut faults, mut seen) = (Faults::default(), HashSet::new());
        while let Some((key, value)) = fields.next_entry::<String, Faults>()? {
            faults = faults.and(value).and(Faults::of_text(&key));
            faults.twice |= !seen.insert(key);
        }
        Ok(faults)
    }
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
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":[{"b":{"c":1,"c":1}}]}"#,
            r#"{"a":1e999}"#,
            &deep,
            &long,
        ] {
            assert!(ExtraInfo::parse(text).is_err(), "{text:.40}");
        }
        let apart = r#"{"a":{"b":1},"b":[{"b":1},{"b":-1.5},true,null]}"#;
        assert!(ExtraInfo::parse(apart).is_ok(), "keys of other objects");
    }
}
