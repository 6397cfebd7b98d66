//! The values that rules name: read by the kind of their field, refused with what would be right, printed back.

use std::cmp::Ordering;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use regulars_kernel::{Timestamp, text, text::quoted};
use serde_json::{Number, Value as Json};

use super::{decimal::Decimal, field::ValueKind};

/// The most characters of a text in a rule.
pub const MAX_TEXT_CHARS: usize = 500;

/// A text as it was written and as it compares. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    written: String,
    folded: String,
}

impl Text {
    fn new(written: impl Into<String>) -> Self {
        let written = written.into();
        Self { folded: text::fold(&written), written }
    }

    /// As it was written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// As it compares.
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

/// One value of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// For [`ValueKind::Text`] and [`ValueKind::Scalar`].
    Text(Text),
    /// For [`ValueKind::Scalar`]: compares with numbers.
    Number(Decimal),
    /// For [`ValueKind::Amount`]: major units of the merchant's currency.
    Amount(Decimal),
    /// For [`ValueKind::Integer`] and [`ValueKind::Month`].
    Integer(i64),
    /// For [`ValueKind::Date`].
    Date(NaiveDate),
    /// For [`ValueKind::Instant`].
    Instant(Timestamp),
    /// For [`ValueKind::Choice`]: the canonical name.
    Choice(&'static str),
    /// For [`ValueKind::Id`]: the primary key.
    Id(i64),
    /// For [`ValueKind::Boolean`].
    Boolean(bool),
}

impl Value {
    /// Reads a value for a field of this kind. The error is a sentence.
    pub(super) fn read(kind: ValueKind, json: &Json) -> Result<Self, String> {
        if let Json::String(text) = json {
            // A merchant's own fields may hold texts of several lines; everything else is one.
            let check = if kind == ValueKind::Scalar { text::check } else { text::check_line };
            check(text, MAX_TEXT_CHARS).map_err(|rule| rule.to_string())?;
            if text.trim().is_empty() {
                return Err("a value is empty: ask for absent values with isnull".to_owned());
            }
        }
        let wrong = |expected: &str| format!("{} is not {expected}", shown(json));
        let value = match (kind, json) {
            (ValueKind::Text | ValueKind::Scalar, Json::String(text)) => {
                Some(Self::Text(Text::new(text)))
            }
            (ValueKind::Text, Json::Number(number)) => {
                Some(Self::Text(Text::new(number.to_string())))
            }
            (ValueKind::Scalar, Json::Number(number)) => {
                Decimal::parse(&number.to_string()).map(Self::Number)
            }
            (ValueKind::Scalar, Json::Bool(flag)) => Some(Self::Text(Text::new(flag.to_string()))),
            (ValueKind::Amount, Json::Number(number)) => {
                Decimal::parse(&number.to_string()).map(Self::Amount)
            }
            (ValueKind::Amount, Json::String(text)) => {
                Decimal::parse(text.trim()).map(Self::Amount)
            }
            (ValueKind::Integer, _) => integer(json).map(Self::Integer),
            (ValueKind::Month, _) => {
                integer(json).filter(|month| (1..=12).contains(month)).map(Self::Integer)
            }
            (ValueKind::Date, Json::String(text)) => read_date(text.trim()).map(Self::Date),
            (ValueKind::Instant, Json::String(text)) => {
                read_instant(text.trim()).map(Self::Instant)
            }
            (ValueKind::Boolean, _) => read_flag(json).map(Self::Boolean),
            (ValueKind::Choice(choices), Json::String(text)) => {
                choices.find(text).map(Self::Choice)
            }
            (ValueKind::Id(_), Json::Number(_)) => integer(json).filter(|pk| *pk > 0).map(Self::Id),
            (ValueKind::Id(node), Json::String(text)) => {
                return read_id(node, text.trim()).map(Self::Id);
            }
            _ => None,
        };
        value.ok_or_else(|| match kind {
            ValueKind::Text => wrong("a text"),
            ValueKind::Scalar => wrong(
                "a text, a boolean, or a number of at most 18 digits before the point and 9 after it",
            ),
            ValueKind::Date => wrong("a date such as \"2024-02-29\""),
            ValueKind::Instant => wrong("a time such as \"2024-02-29T18:30:00+01:00\""),
            ValueKind::Integer => wrong("a whole number"),
            ValueKind::Month => wrong("a month: 1 to 12"),
            ValueKind::Amount => wrong("an amount such as \"12.50\""),
            ValueKind::Boolean => wrong("true or false"),
            ValueKind::Choice(choices) => {
                format!("{}. Allowed: {}", wrong("one of the choices"), choices.allowed())
            }
            ValueKind::Id(node) => wrong(&format!("the id of a {node}")),
        })
    }

    /// As [`Value::read`] takes it.
    pub(super) fn json(&self) -> Json {
        match self {
            Self::Text(text) => Json::from(text.written()),
            Self::Number(number) => {
                let printed = number.to_string();
                printed.parse::<Number>().map_or(Json::String(printed), Json::Number)
            }
            Self::Amount(amount) => Json::from(amount.to_string()),
            Self::Integer(number) => Json::from(*number),
            Self::Date(date) => Json::from(print_date(*date)),
            Self::Instant(at) => Json::from(print_instant(*at)),
            Self::Choice(name) => Json::from(*name),
            Self::Id(pk) => Json::from(pk.to_string()),
            Self::Boolean(flag) => Json::from(*flag),
        }
    }

    /// How two values of one field stand to each other; `None` for values that do not compare (a text and a number).
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some(a.folded.cmp(&b.folded)),
            (Self::Number(a), Self::Number(b)) | (Self::Amount(a), Self::Amount(b)) => {
                Some(a.cmp(b))
            }
            (Self::Integer(a), Self::Integer(b)) | (Self::Id(a), Self::Id(b)) => Some(a.cmp(b)),
            (Self::Date(a), Self::Date(b)) => Some(a.cmp(b)),
            (Self::Instant(a), Self::Instant(b)) => Some(a.cmp(b)),
            (Self::Choice(a), Self::Choice(b)) => Some(a.cmp(b)),
            (Self::Boolean(a), Self::Boolean(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// A piece of the input, short enough for a message.
pub(super) fn shown(json: &Json) -> String {
    match json {
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "an object".to_owned(),
        Json::String(text) => quoted(text),
        Json::Null | Json::Bool(_) | Json::Number(_) => json.to_string(),
    }
}

pub(super) fn read_flag(json: &Json) -> Option<bool> {
    match json {
        Json::Bool(flag) => Some(*flag),
        Json::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn integer(json: &Json) -> Option<i64> {
    match json {
        Json::Number(number) => number.as_i64(),
        Json::String(text) => {
            let text = text.trim();
            let digits = text.strip_prefix('-').unwrap_or(text);
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
        }
        _ => None,
    }
}

/// A bare primary key, or a global id: base64 of `StoreNode:19`.
fn read_id(node: &str, text: &str) -> Result<i64, String> {
    let wrong = || format!("{} is not the id of a {node}", quoted(text));
    let key = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse::<i64>().ok()).flatten().filter(|pk| *pk > 0)
    };
    if let Some(pk) = key(text) {
        return Ok(pk);
    }
    let bytes = STANDARD.decode(text).map_err(|_not_base64| wrong())?;
    let plain = String::from_utf8(bytes).map_err(|_not_text| wrong())?;
    let (kind, digits) = plain.split_once(':').ok_or_else(wrong)?;
    let pk = key(digits).ok_or_else(wrong)?;
    if kind != node {
        return Err(format!("{}, a {}", wrong(), quoted(kind)));
    }
    Ok(pk)
}

fn read_date(text: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    // Chrono reads more than ISO 8601 writes (signs, single digits).
    (print_date(date) == text && !text.starts_with("0000")).then_some(date)
}

/// `2024-02-29T18:30:00.5+01:00`; seconds and offset can be missing (no offset is UTC), the time of day too (midnight).
fn read_instant(text: &str) -> Option<Timestamp> {
    let text = if text.get(10..11) == Some(" ") { text.replacen(' ', "T", 1) } else { text.into() };
    let text = text.as_str();
    let naive = || {
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .or_else(|| Some(read_date(text)?.and_time(NaiveTime::MIN)))
            .map(|naive| naive.and_utc())
    };
    let zoned = || {
        ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"]
            .iter()
            .find_map(|format| DateTime::parse_from_str(text, format).ok())
            .map(|zoned| zoned.to_utc())
    };
    let at = DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|zoned| zoned.to_utc())
        .or_else(naive)
        .or_else(zoned)?;
    let at = Timestamp::from(at);
    (Timestamp::MIN..=Timestamp::MAX).contains(&at).then_some(at)
}

pub(super) fn print_date(date: NaiveDate) -> String {
    date.format("%Y-%m-%d").to_string()
}

fn print_instant(at: Timestamp) -> String {
    let whole = at.micros().rem_euclid(Timestamp::MICROS_PER_SECOND) == 0;
    let format = if whole { "%Y-%m-%dT%H:%M:%S+00:00" } else { "%Y-%m-%dT%H:%M:%S%.6f+00:00" };
    at.to_utc().format(format).to_string()
}

/// A value that a customer has, to be compared with those of a rule.
pub(super) fn text(raw: &str) -> Option<Value> {
    (!raw.is_empty()).then(|| Value::Text(Text::new(raw)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn instants_are_read_with_or_without_seconds_and_offset() {
        for (text, printed) in [
            ("2024-02-29T18:30:00+01:00", "2024-02-29T17:30:00+00:00"),
            ("2022-04-25T11:40", "2022-04-25T11:40:00+00:00"),
            ("2022-04-25 11:40:01.5", "2022-04-25T11:40:01.500000+00:00"),
            ("2022-04-25T11:40Z", "2022-04-25T11:40:00+00:00"),
            ("2022-04-25T11:40+02:00", "2022-04-25T09:40:00+00:00"),
            ("2022-04-25", "2022-04-25T00:00:00+00:00"),
            ("2024-01-02T03:04:05.678901+00:00", "2024-01-02T03:04:05.678901+00:00"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"),
        ] {
            assert_eq!(read_instant(text).map(print_instant).as_deref(), Some(printed), "{text}");
        }
        for text in
            ["", "yesterday", "2024-02-30", "2024-02-29T25:00", "10000-01-01", "0000-12-31", "12"]
        {
            assert_eq!(read_instant(text), None, "{text}");
        }
    }

    #[test]
    fn ids_are_bare_or_global_and_of_the_right_type() {
        let kind = ValueKind::Id("StoreNode");
        let global = STANDARD.encode("StoreNode:19");
        for json in [json!(19), json!("19"), json!(" 19 "), json!(global)] {
            assert_eq!(Value::read(kind, &json), Ok(Value::Id(19)), "{json}");
        }
        let other = STANDARD.encode("OfferNode:19");
        assert_eq!(
            Value::read(kind, &json!(other)),
            Err(format!("{other:?} is not the id of a StoreNode, a \"OfferNode\""))
        );
        let overlong = STANDARD.encode("StoreNode:99999999999999999999");
        for json in [
            json!(0),
            json!(-1),
            json!(1.5),
            json!("x"),
            json!(""),
            json!("U3RvcmVOb2Rl"),
            json!(overlong),
            json!(true),
            json!(null),
            json!("99999999999999999999"),
            json!([19]),
        ] {
            assert!(Value::read(kind, &json).is_err(), "{json}");
        }
    }
}
