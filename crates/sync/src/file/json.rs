//! Lines of JSON: an object's fields as they stand, numbers with every digit, and no key twice.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// A key of an object and the text of its value.
pub(super) type Pair<'a> = (Cow<'a, str>, &'a str);

/// An object's keys with the texts of their values, in its order.
#[derive(Debug)]
struct Object<'a>(Vec<Pair<'a>>);

/// A key, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Object<'de>, A::Error> {
        let mut pairs: Vec<Pair<'de>> = Vec::new();
        while let Some((Key(key), value)) = fields.next_entry::<Key<'de>, &'de RawValue>()? {
            if pairs.iter().any(|(known, _)| *known == key) {
                return Err(A::Error::custom(Twice(&key)));
            }
            pairs.push((key, value.get()));
        }
        Ok(Object(pairs))
    }
}

const TWICE: &str = "stands twice in one object";

struct Twice<'a>(&'a str);

impl fmt::Display for Twice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the key \"{}\" {TWICE}", self.0)
    }
}

/// Why a text is no object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoObject {
    /// A stable word: `json` or `duplicate_key`.
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// The fields of an object.
pub(super) fn object(text: &str) -> Result<Vec<Pair<'_>>, NoObject> {
    let no_object = |error: serde_json::Error| {
        let message = error.to_string();
        let code = if message.contains(TWICE) { "duplicate_key" } else { "json" };
        NoObject { code, message: format!("This is no JSON object of fields: {message}.") }
    };
    serde_json::from_str::<Object<'_>>(text).map(|object| object.0).map_err(no_object)
}

/// The texts of the values of a list.
pub(super) fn list(text: &str) -> Option<Vec<&str>> {
    let values: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(values.into_iter().map(RawValue::get).collect())
}

/// A text of JSON, read: `"a"` is `a`.
pub(super) fn string(text: &str) -> Option<Cow<'_, str>> {
    let inner = text.strip_prefix('"')?;
    // What was taken out of a line is JSON already: without escapes it stands there as it is.
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return inner.strip_suffix('"').map(Cow::Borrowed);
    }
    serde_json::from_str::<Key<'_>>(text).ok().map(|Key(text)| text)
}

/// The JSON of a text.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The JSON that a typed cell is: a number of at most 15 digits, `true`, `false`, an object or a list; else a text. Longer numbers are
/// numbers of something, not amounts, and would lose digits where programs read doubles.
pub(super) fn typed(cell: &str) -> String {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    let number = digits > 0
        && digits <= 15
        && cell.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    let may_be = match cell.as_bytes().first() {
        Some(b'{' | b'[') => true,
        Some(b't' | b'f') => matches!(cell, "true" | "false"),
        Some(_) => number,
        None => false,
    };
    if may_be && serde_json::from_str::<&RawValue>(cell).is_ok() {
        return cell.to_owned();
    }
    quoted(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_every_digit_and_keys_stand_once() {
        let text =
            r#"{"a": 12345678901234567890.10, "b\u0062": "x", "c": {"d": [1, 2]}, "e": null}"#;
        let pairs = object(text).unwrap();
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| (key.as_ref(), *value)).collect();
        assert_eq!(
            pairs,
            [
                ("a", "12345678901234567890.10"),
                ("bb", "\"x\""),
                ("c", "{\"d\": [1, 2]}"),
                ("e", "null")
            ]
        );
        for (text, code) in [
            (r#"{"a": 1, "a": 2}"#, "duplicate_key"),
            (r#"{"a": 1, "\u0061": 2}"#, "duplicate_key"),
            ("[]", "json"),
            ("{", "json"),
            ("{} {}", "json"),
            ("null", "json"),
        ] {
            assert_eq!(object(text).unwrap_err().code, code, "{text}");
        }
        assert_eq!(list("[1, \"a\"]"), Some(vec!["1", "\"a\""]));
        assert_eq!(string("\"a\\n\"").as_deref(), Some("a\n"));
    }

    #[test]
    fn typed_cells_are_numbers_words_or_texts() {
        for (cell, json) in [
            ("42", "42"),
            ("-1.50", "-1.50"),
            ("true", "true"),
            ("{\"a\":1}", "{\"a\":1}"),
            ("[1", "\"[1\""),
            ("007", "\"007\""),
            ("1-2", "\"1-2\""),
            ("1e5", "\"1e5\""),
            ("1234567890123456", "\"1234567890123456\""),
            ("null", "\"null\""),
            ("tall", "\"tall\""),
            ("say \"hi\"", "\"say \\\"hi\\\"\""),
        ] {
            assert_eq!(typed(cell), json);
        }
    }
}
