//! Folded copies of the texts that stores keep in no folded column of their own.
//!
//! Databases fold text each in their own way, or ASCII alone, and read JSON numbers each in their own way. So what a segment
//! compares is written down once, here, when a membership is written: a JSON object of texts, which both databases look
//! into and compare by code point. A customer's text and a rule's pass through the same functions.

use regulars_kernel::text;
use serde_json::{Map, Value as Json};

use super::{
    decimal::Decimal,
    value::{self, Value},
};
use crate::membership::Membership;

/// The key in [`folded_text`] of an `extraInfo` scalar's text form.
pub fn extra_info_text_key(key: &str) -> String {
    format!("extraInfo.{key}")
}

/// The key in [`folded_text`] of an `extraInfo` number's sortable form ([`Decimal::sortable`]).
pub fn extra_info_number_key(key: &str) -> String {
    format!("extraInfo#{key}")
}

/// A JSON object of texts: the folded `secondaryEmail`, `street`, `zipCode`, `address`, `picture` and `entitySourceId` where
/// there are any; for each scalar of `extraInfo` its folded text form under [`extra_info_text_key`]; for each number
/// that is a [`Decimal`] its sortable form under [`extra_info_number_key`]. A store that answers segments keeps it
/// beside the membership and renews it with every change.
pub fn folded_text(membership: &Membership) -> String {
    let mut copies = Map::new();
    let profile = &membership.profile;
    let address = profile.address();
    for (name, raw) in [
        ("secondaryEmail", profile.secondary_email.as_ref().map(crate::EmailAddress::as_str)),
        ("street", profile.street.as_deref()),
        ("zipCode", profile.zip_code.as_deref()),
        ("address", address.as_deref()),
        ("picture", profile.picture.as_deref()),
        ("entitySourceId", membership.entity_source_id.as_deref()),
    ] {
        if let Some(raw) = raw.filter(|raw| !raw.is_empty()) {
            copies.insert(name.to_owned(), Json::from(text::fold(raw)));
        }
    }
    for (key, json) in extra_info(membership) {
        for value in forms(&json) {
            match value {
                Value::Text(text) => {
                    copies.insert(extra_info_text_key(&key), Json::from(text.folded()));
                }
                Value::Number(number) => {
                    copies.insert(extra_info_number_key(&key), Json::from(number.sortable()));
                }
                _ => {}
            }
        }
    }
    Json::Object(copies).to_string()
}

/// The fields of a merchant's own; none where there is no JSON object.
pub(super) fn extra_info(membership: &Membership) -> Map<String, Json> {
    let parsed = membership.extra_info.as_ref().map(|info| serde_json::from_str(info.as_str()));
    match parsed {
        Some(Ok(Json::Object(map))) => map,
        _ => Map::new(),
    }
}

/// What a JSON value compares as: a scalar as its text form, a number also as such; anything else not at all. A text with
/// a NUL is nothing: no database could hold it.
pub(super) fn forms(json: &Json) -> Vec<Value> {
    let form = match json {
        Json::String(text) if !text.contains('\0') => value::text(text),
        Json::Bool(flag) => value::text(&flag.to_string()),
        Json::Number(number) => {
            let printed = number.to_string();
            let number = Decimal::parse(&printed).map(Value::Number);
            return value::text(&printed).into_iter().chain(number).collect();
        }
        Json::String(_) | Json::Null | Json::Array(_) | Json::Object(_) => None,
    };
    form.into_iter().collect()
}
