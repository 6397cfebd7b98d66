//! JSON objects whose every key is known and stands once; values as they stand, with every digit.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use regulars_source::record::BadRecord;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// How deep a merchant's own values may be nested.
const MOST_DEPTH: usize = 16;
/// The most bytes of what could not be read that a reject keeps.
const MOST_RAW_BYTES: usize = super::MOST_BYTES;

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    code: &'static str,
    path: String,
    message: String,
}

impl Wrong {
    pub(super) fn new(
        code: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { code, path: path.into(), message: message.into() }
    }

    /// Something is missing.
    pub(super) fn required(path: impl Into<String>) -> Self {
        Self::new("required", path, "This is required.")
    }

    /// As what is kept of something that cannot be made a record.
    pub(super) fn into_bad(self, reference: String, raw: &str) -> BadRecord {
        let end = raw.floor_char_boundary(MOST_RAW_BYTES);
        BadRecord {
            reference,
            code: self.code.to_owned(),
            path: Some(self.path).filter(|path| !path.is_empty()),
            message: self.message,
            raw: raw.get(..end).unwrap_or_default().to_owned(),
        }
    }
}

/// The path of a key within what stands at a path.
pub(super) fn within(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// An object, of which values are taken one by one until nothing may be left.
#[derive(Debug)]
pub(super) struct Object<'a> {
    path: String,
    fields: BTreeMap<Cow<'a, str>, &'a str>,
}

impl<'a> Object<'a> {
    /// Reads an object that stands at a path.
    pub(super) fn read(text: &'a str, path: &str) -> Result<Self, Wrong> {
        let Pairs(pairs) = serde_json::from_str(text).map_err(|error| {
            Wrong::new("json", path, format!("This is no JSON object: {error}."))
        })?;
        let mut fields = BTreeMap::new();
        for (Key(key), value) in pairs {
            if key.contains('\0') {
                return Err(Wrong::new("invalid", path, "Null characters are not allowed."));
            }
            if fields.contains_key(&key) {
                let message = "This key stands twice in one object.";
                return Err(Wrong::new("duplicate_key", within(path, &key), message));
            }
            fields.insert(key, value.get());
        }
        Ok(Self { path: path.to_owned(), fields })
    }

    /// The path of one of its keys.
    pub(super) fn path(&self, key: &str) -> String {
        within(&self.path, key)
    }

    /// A value, left where it is.
    pub(super) fn peek(&self, key: &str) -> Option<&'a str> {
        self.fields.get(key).copied()
    }

    /// A value's text, if it is there: `null` is.
    pub(super) fn take(&mut self, key: &str) -> Option<&'a str> {
        self.fields.remove(key)
    }

    /// All that is left.
    pub(super) fn take_all(&mut self) -> BTreeMap<Cow<'a, str>, &'a str> {
        std::mem::take(&mut self.fields)
    }

    /// Refuses what nobody took.
    pub(super) fn finish(self) -> Result<(), Wrong> {
        match self.fields.keys().next() {
            None => Ok(()),
            Some(key) => Err(Wrong::new(
                "unknown_key",
                within(&self.path, key),
                "There is no such key here.",
            )),
        }
    }
}

/// The texts of a list's values.
pub(super) fn list(text: &str) -> Option<Vec<&str>> {
    let values: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(values.into_iter().map(RawValue::get).collect())
}

/// Some JSON in the one form that it has here: without blanks, keys in order, numbers digit by digit. Refuses keys that stand twice,
/// null characters, and what is nested deeper than [`MOST_DEPTH`].
pub(super) fn canonical(text: &str, path: &str) -> Result<String, Wrong> {
    let mut out = String::new();
    write(text, path, 0, &mut out)?;
    Ok(out)
}

fn write(text: &str, path: &str, depth: usize, out: &mut String) -> Result<(), Wrong> {
    if depth > MOST_DEPTH {
        return Err(Wrong::new("invalid", path, format!("At most {MOST_DEPTH} levels are kept.")));
    }
    match text.as_bytes().first() {
        Some(b'{') => {
            let fields = Object::read(text, path)?.take_all();
            let mut parting = '{';
            for (key, value) in &fields {
                out.push(parting);
                parting = ',';
                out.push_str(&quoted(key));
                out.push(':');
                write(value, &within(path, key), depth + 1, out)?;
            }
            out.push_str(if fields.is_empty() { "{}" } else { "}" });
        }
        Some(b'[') => {
            let values = list(text).unwrap_or_default();
            let mut parting = '[';
            for value in &values {
                out.push(parting);
                parting = ',';
                write(value, path, depth + 1, out)?;
            }
            out.push_str(if values.is_empty() { "[]" } else { "]" });
        }
        Some(b'"') => match super::value::string(text) {
            Some(text) if !text.contains('\0') => out.push_str(&quoted(&text)),
            _ => return Err(Wrong::new("invalid", path, "Null characters are not allowed.")),
        },
        _ => out.push_str(text),
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A key, borrowed where it has no escapes.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// All pairs of an object, also those whose keys are equal.
struct Pairs<'a>(Vec<(Key<'a>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(Each)
    }
}

struct Each;

impl<'de> Visitor<'de> for Each {
    type Value = Pairs<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Pairs<'de>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = fields.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}
