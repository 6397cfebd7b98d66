//! The values that things have: each is absent, null, or one of its kind.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use regulars_kernel::{Currency, Timestamp, money::scaled};

use super::object::{Object, Wrong};

/// The most decimal places of an amount: no currency has more.
const MOST_PLACES: u32 = 4;
const SHAPES: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
const SHAPES_WITH_ZONE: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"];

/// A value that was named: null, or something.
pub(super) type Said<T> = Option<Option<T>>;

/// Takes what stands under a key, and reads it where it is not null.
pub(super) fn said<T>(
    object: &mut Object<'_>,
    key: &str,
    read: impl FnOnce(&str) -> Result<T, (&'static str, String)>,
) -> Result<Said<T>, Wrong> {
    match object.take(key) {
        None => Ok(None),
        Some("null") => Ok(Some(None)),
        Some(raw) => match read(raw) {
            Ok(value) => Ok(Some(Some(value))),
            Err((code, message)) => Err(Wrong::new(code, object.path(key), message)),
        },
    }
}

/// As [`said`], where there is nothing without it.
pub(super) fn required<T>(
    object: &mut Object<'_>,
    key: &str,
    read: impl FnOnce(&str) -> Result<T, (&'static str, String)>,
) -> Result<T, Wrong> {
    let path = object.path(key);
    said(object, key, read)?.flatten().ok_or_else(|| Wrong::required(path))
}

pub(super) fn invalid<T>(message: &str) -> Result<T, (&'static str, String)> {
    Err(("invalid", message.to_owned()))
}

/// A text of JSON, read.
pub(super) fn string(raw: &str) -> Option<Cow<'_, str>> {
    raw.starts_with('"').then(|| serde_json::from_str::<String>(raw).ok().map(Cow::Owned))?
}

/// A text of at most so many characters.
pub(super) fn bounded(raw: &str, most: usize) -> Result<String, (&'static str, String)> {
    let Some(text) = string(raw) else { return invalid("This is a text, between quotes.") };
    if text.contains('\0') {
        return invalid("Null characters are not allowed.");
    }
    if text.chars().count() > most {
        return Err(("too_long", format!("This has at most {most} characters.")));
    }
    Ok(text.into_owned())
}

/// A text that has something in it.
pub(super) fn filled(raw: &str, most: usize) -> Result<String, (&'static str, String)> {
    match bounded(raw, most)? {
        text if text.trim().is_empty() => Err(("required", "This must not be empty.".to_owned())),
        text => Ok(text),
    }
}

pub(super) fn text(object: &mut Object<'_>, key: &str, most: usize) -> Result<Said<String>, Wrong> {
    said(object, key, |raw| bounded(raw, most))
}

pub(super) fn flag(object: &mut Object<'_>, key: &str) -> Result<bool, Wrong> {
    let read = |raw: &str| match raw {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => invalid("This is true or false."),
    };
    Ok(said(object, key, read)?.flatten().unwrap_or(false))
}

/// A whole number within bounds, both included.
pub(super) fn whole(raw: &str, least: i64, most: i64) -> Result<i64, (&'static str, String)> {
    match raw.parse::<i64>() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(("invalid", format!("This is a whole number from {least} to {most}."))),
    }
}

/// A decimal of major units, not below nothing: `"12.30"` or 12.30.
pub(super) fn amount(raw: &str) -> Result<String, (&'static str, String)> {
    let text = string(raw).unwrap_or(Cow::Borrowed(raw));
    if text.starts_with('-') || scaled(&text, MOST_PLACES).is_err() {
        return invalid("This is an amount such as \"12.30\".");
    }
    Ok(text.into_owned())
}

/// An ISO 4217 code.
pub(super) fn currency(raw: &str) -> Result<String, (&'static str, String)> {
    let code = string(raw).unwrap_or_default();
    match Currency::from_code(&code) {
        Some(currency) => Ok(currency.code().to_owned()),
        None => invalid("This is the code of a currency, such as \"EUR\"."),
    }
}

/// An instant, `2026-11-27T12:00:00.5Z`; seconds and zone may be left out, then it is UTC.
pub(super) fn instant_of(raw: &str) -> Result<Timestamp, (&'static str, String)> {
    let text = string(raw).unwrap_or_default();
    let zoned = || {
        let found =
            SHAPES_WITH_ZONE.iter().find_map(|shape| DateTime::parse_from_str(&text, shape).ok());
        found.or_else(|| DateTime::parse_from_rfc3339(&text).ok()).map(|at| at.with_timezone(&Utc))
    };
    let plain = || {
        let found =
            SHAPES.iter().find_map(|shape| NaiveDateTime::parse_from_str(&text, shape).ok());
        found.map(|at| at.and_utc())
    };
    match zoned().or_else(plain).map(Timestamp::from) {
        Some(at) if (Timestamp::MIN..=Timestamp::MAX).contains(&at) => Ok(at),
        _ => invalid("This is an instant such as \"2026-11-27T12:00:00Z\"."),
    }
}

pub(super) fn instant(object: &mut Object<'_>, key: &str) -> Result<Option<Timestamp>, Wrong> {
    Ok(said(object, key, instant_of)?.flatten())
}

/// A day, `2026-11-30`.
pub(super) fn day(raw: &str) -> Result<String, (&'static str, String)> {
    let text = string(raw).unwrap_or_default();
    // The length too: years of more or fewer digits are none of a birthday.
    match text.parse::<NaiveDate>() {
        Ok(day) if text.len() == 10 => Ok(day.to_string()),
        _ => invalid("This is a day such as \"2026-11-30\"."),
    }
}
