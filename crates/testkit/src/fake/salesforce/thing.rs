//! A record, and how its ids and instants are written.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde_json::{Value, json};

/// What a record has, by column. A column that is not there is null.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thing(pub(super) BTreeMap<String, Value>);

impl Thing {
    /// Of a JSON object.
    pub fn new(fields: &Value) -> Self {
        let fields = fields.as_object().into_iter().flatten();
        Self(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// A column's value.
    pub fn get(&self, column: &str) -> &Value {
        self.0.get(column).unwrap_or(&Value::Null)
    }

    /// A column's text.
    pub fn text(&self, column: &str) -> Option<&str> {
        self.get(column).as_str()
    }

    /// Whether it is deleted.
    pub fn is_deleted(&self) -> bool {
        self.get("IsDeleted") == &Value::Bool(true)
    }

    pub(super) fn set(&mut self, column: &str, value: Value) {
        self.0.insert(column.to_owned(), value);
    }

    /// Notes when it was changed.
    pub(super) fn touch(&mut self, now: i64) {
        let at = json!(stamp(now));
        self.set("LastModifiedDate", at.clone());
        self.set("SystemModstamp", at);
    }
}

/// An instant as REST writes it, which is no RFC 3339.
pub fn stamp(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .format("%Y-%m-%dT%H:%M:%S.000+0000")
        .to_string()
}

/// Seconds since 1970 of an instant in any of the forms that Salesforce reads.
pub(super) fn read_stamp(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text)
        .or_else(|_other_form| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .ok()
        .map(|instant| instant.timestamp())
}

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The id of the nth thing: 15 letters in which case counts, and three that say which of them are capitals.
pub(super) fn id(prefix: &str, nth: u64) -> String {
    let (mut rest, mut digits) = (nth, Vec::new());
    for _ in 0..7 {
        let digit = usize::try_from(rest % 62).unwrap_or(0);
        digits.push(DIGITS.get(digit).map_or('0', |letter| char::from(*letter)));
        rest /= 62;
    }
    let number: String = digits.iter().rev().collect();
    with_check(&format!("{prefix}Dn000{number}"))
}

/// An id of 15 letters as one of 18.
pub(super) fn with_check(id: &str) -> String {
    let bytes = id.as_bytes();
    if bytes.len() != 15 {
        return id.to_owned();
    }
    let check = bytes.chunks(5).map(|five| {
        let bits = five.iter().enumerate().filter(|(_, letter)| letter.is_ascii_uppercase());
        let place = bits.fold(0_usize, |place, (bit, _)| place | (1 << bit));
        LETTERS
            .get(if place < 26 { place } else { place + 26 })
            .map_or('A', |letter| char::from(*letter))
    });
    format!("{id}{}", check.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_instants_look_like_salesforces() {
        assert_eq!(stamp(1_793_491_200), "2026-11-01T00:00:00.000+0000");
        for text in
            ["2026-11-01T00:00:00.000+0000", "2026-11-01T00:00:00Z", "2026-11-01T01:00:00+01:00"]
        {
            assert_eq!(read_stamp(text), Some(1_793_491_200), "{text}");
        }
        assert_eq!(with_check("00630000006XNtP"), "00630000006XNtPAAW");
        assert_eq!(id("003", 1).len(), 18);
        assert!(id("003", 61) < id("003", 62));
    }
}
