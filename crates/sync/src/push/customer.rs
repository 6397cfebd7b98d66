//! Customers, by the API's names.

use regulars_customer::{ConsentChannel, Gender, merge::MergeField};
use regulars_kernel::{Country, text::MAX_CHARS};
use regulars_source::record::{CustomerRecord, Field, RecordConsent};

use super::{
    entry::MOST_ID_CHARS,
    object::{Object, Wrong, canonical, list},
    value::{
        bounded, day, filled, flag, instant, instant_of, invalid, required, said, string, whole,
    },
};

/// The most discounts of an order that a customer may be allowed.
const MOST_DISCOUNTS: i64 = 100;
/// The most card numbers of a customer that are taken at once.
const MOST_CARDS: usize = 100;
const MOST_EXTRA_KEY_CHARS: usize = 100;

pub(super) fn customer(data: &mut Object<'_>) -> Result<CustomerRecord, Wrong> {
    let mut customer = CustomerRecord {
        email_verified: flag(data, "emailVerified")?,
        own_id: said(data, "loyaltyId", |raw| filled(raw, MOST_ID_CHARS))?.flatten(),
        created_at: instant(data, "createdAt")?,
        cards: cards(data)?,
        consents: consents(data)?,
        ..CustomerRecord::default()
    };
    for field in MergeField::ALL.iter().copied() {
        if field == MergeField::ExtraInfo {
            continue;
        }
        if let Some(value) = said(data, field.name(), |raw| own(field, raw))? {
            // An empty text is no value, as everywhere in the API.
            customer.fields.insert(Field::Own(field), value.filter(|text| !text.is_empty()));
        }
    }
    extras(data, &mut customer)?;
    Ok(customer)
}

/// The text that a field's value has in a record.
fn own(field: MergeField, raw: &str) -> Result<String, (&'static str, String)> {
    if field == MergeField::NumOfOrderDiscountsAllowed {
        return whole(raw, 0, MOST_DISCOUNTS).map(|number| number.to_string());
    }
    let text = bounded(raw, MAX_CHARS)?;
    if text.is_empty() {
        return Ok(text);
    }
    match field {
        MergeField::Birthday => day(raw),
        MergeField::Gender => match Gender::from_name(&text.to_ascii_uppercase()) {
            Some(gender) => Ok(gender.name().to_owned()),
            None => invalid("This is MALE, FEMALE or OTHER."),
        },
        MergeField::Country => match Country::parse(&text) {
            Ok(country) => Ok(country.alpha2().to_owned()),
            Err(_unknown) => invalid("This is a country by two letters, such as \"DE\"."),
        },
        _ => Ok(text),
    }
}

fn cards(data: &mut Object<'_>) -> Result<Option<Vec<String>>, Wrong> {
    let cards = said(data, "cards", |raw| {
        let Some(texts) = list(raw).filter(|texts| texts.len() <= MOST_CARDS) else {
            return Err(("invalid", format!("This is a list of at most {MOST_CARDS} texts.")));
        };
        texts.into_iter().map(|raw| filled(raw, MOST_ID_CHARS)).collect::<Result<Vec<_>, _>>()
    })?;
    Ok(cards.map(Option::unwrap_or_default))
}

fn consents(data: &mut Object<'_>) -> Result<Vec<RecordConsent>, Wrong> {
    let path = data.path("consents");
    let Some(raw) = data.take("consents").filter(|raw| *raw != "null") else {
        return Ok(Vec::new());
    };
    let each = list(raw).ok_or_else(|| Wrong::new("invalid", path.clone(), "This is a list."))?;
    let mut consents = Vec::new();
    for (place, raw) in each.into_iter().enumerate() {
        let mut object = Object::read(raw, &format!("{path}.{place}"))?;
        let channel = required(&mut object, "channel", |raw| {
            let name = string(raw).unwrap_or_default().to_ascii_uppercase();
            match ConsentChannel::from_name(&name) {
                Some(channel) => Ok(channel),
                None => invalid("This is one of EMAIL, SMS, PHONE, PUSH and POST."),
            }
        })?;
        let granted = required(&mut object, "granted", |raw| match raw {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => invalid("This is true or false."),
        })?;
        let at = said(&mut object, "decidedAt", instant_of)?.flatten();
        object.finish()?;
        consents.push(RecordConsent { channel, granted, at });
    }
    Ok(consents)
}

/// The merchant's own fields: an object, or a text that holds one, as the API has it.
fn extras(data: &mut Object<'_>, customer: &mut CustomerRecord) -> Result<(), Wrong> {
    const NAME: &str = "extraInfo";
    let path = data.path(NAME);
    let Some(raw) = data.take(NAME) else { return Ok(()) };
    if raw == "null" {
        let message = "Name the keys that are to be emptied, each with null.";
        return Err(Wrong::new("invalid", path, message));
    }
    let inner = string(raw);
    let mut object = Object::read(inner.as_deref().unwrap_or(raw), &path)?;
    for (key, raw) in object.take_all() {
        let at = format!("{path}.{key}");
        if key.is_empty() || key.chars().count() > MOST_EXTRA_KEY_CHARS {
            let message = format!("A key has 1 to {MOST_EXTRA_KEY_CHARS} characters.");
            return Err(Wrong::new("invalid", path, message));
        }
        let value = if raw == "null" { None } else { Some(canonical(raw, &at)?) };
        if value.as_ref().is_some_and(|value| value.len() > MAX_CHARS) {
            let message = format!("A field of the merchant's own has at most {MAX_CHARS} bytes.");
            return Err(Wrong::new("too_long", at, message));
        }
        customer.fields.insert(Field::Extra(key.into_owned()), value);
    }
    Ok(())
}
