//! Customers of a file, and the cards of customers.
//!
//! What a customer is called at the source, so that the same file twice is the same customers: where a column is mapped to `sourceId`,
//! what it says (a row in which it is empty is bad); else the first card number, as `card:` and its characters without blanks and
//! hyphens; else the e-mail address, as `email:` and its lower-case text. In a file of cards, where a customer may have several rows:
//! `sourceId`, else `loyaltyId:` and our own number, else the e-mail address. A row with none of them is bad.

use std::collections::BTreeMap;

use regulars_customer::{CardNumber, ConsentChannel, merge::MergeField};
use regulars_kernel::{ExtraInfo, Timestamp};
use regulars_source::record::{Body, CustomerRecord, Field, Record, RecordConsent, RecordKey};

use super::{
    columns::Column,
    entry::{Entries, Entry, Wrong, id},
    json,
    settings::{Kind, Options},
    target::Target,
    values::{Refusal, cards, country, date, flag, gender, instant, whole},
};

/// The word for customers in keys.
pub(super) const OBJECT: &str = "customer";
/// The most discounts of an order that a customer may be allowed.
const MAX_DISCOUNTS: i64 = 100;

/// The customer of a row.
pub(super) fn customer(
    options: &Options,
    columns: &[Column],
    entries: &Entries<'_>,
) -> Result<Record, Wrong> {
    let mut customer = CustomerRecord::default();
    let mut consents = Consents::default();
    for entry in &entries.0 {
        match entry.target {
            Target::Own(field) => {
                let value = entry.read(|text| own(*field, text, options))?;
                customer.fields.insert(Field::Own(*field), value);
            }
            Target::Extra(key) => {
                customer.fields.insert(Field::Extra(key.clone()), extra(entry)?);
            }
            Target::ExtraInfo => extras(entry, &mut customer.fields)?,
            Target::Cards => {
                let more = entry.read(cards)?;
                if let Some(more) = more {
                    customer.cards.get_or_insert_default().extend(more);
                }
            }
            Target::EmailVerified => {
                customer.email_verified = entry.read(flag)?.unwrap_or(false);
            }
            Target::LoyaltyId => customer.own_id = entry.cell.text().map(str::to_owned),
            Target::CreatedAt => {
                customer.created_at = entry.read(|text| instant(text, options))?;
            }
            _ => consents.hear(entry, options)?,
        }
    }
    customer.consents = consents.decided();
    if options.kind == Kind::Cards && customer.cards.is_none() {
        return Err(Wrong::missing(&Target::Cards));
    }
    let key = RecordKey::new(OBJECT, source_id(options.kind, columns, entries, &customer)?);
    let version = entries.version(options)?;
    Ok(Record { key, version, body: Body::Customer(Box::new(customer)) })
}

fn source_id(
    kind: Kind,
    columns: &[Column],
    entries: &Entries<'_>,
    customer: &CustomerRecord,
) -> Result<String, Wrong> {
    if let Some(own) = entries.read(&Target::SourceId, id)? {
        return Ok(own);
    }
    if columns.iter().any(|column| column.target == Some(Target::SourceId)) {
        return Err(Wrong::missing(&Target::SourceId));
    }
    let card = || {
        let card = customer.cards.as_ref()?.first()?;
        Some(format!("card:{}", CardNumber::key_of(card)))
    };
    let loyalty = || customer.own_id.as_ref().map(|own| format!("loyaltyId:{own}"));
    let email = || {
        let address = customer.fields.get(&Field::Own(MergeField::Email))?.as_ref()?;
        Some(format!("email:{}", address.trim().to_lowercase()))
    };
    let named = if kind == Kind::Cards { loyalty() } else { card() };
    let named = named.or_else(email).ok_or_else(|| {
        Wrong::new(
            "required",
            "Nothing says who this is: a source id, a card number or an e-mail address.",
        )
    })?;
    id(&named).map_err(|(code, message)| Wrong::new(code, message))
}

/// A value of a customer's own field as records have it.
fn own(field: MergeField, text: &str, options: &Options) -> Result<String, Refusal> {
    match field {
        MergeField::Birthday => date(text, options).map(|day| day.to_string()),
        MergeField::Gender => gender(text).map(str::to_owned),
        MergeField::Country => country(text).map(str::to_owned),
        MergeField::NumOfOrderDiscountsAllowed => match whole(text)? {
            number @ 0..=MAX_DISCOUNTS => Ok(number.to_string()),
            _ => Err(("invalid", format!("Expected a number from 0 to {MAX_DISCOUNTS}."))),
        },
        _ => Ok(text.to_owned()),
    }
}

/// The JSON of a field of the merchant's own.
fn extra(entry: &Entry<'_>) -> Result<Option<String>, Wrong> {
    let value = entry.cell.json();
    if let Some(json) = value.as_ref().filter(|json| json.starts_with(['{', '['])) {
        // As the whole will be read: no key twice, no NUL behind an escape.
        ExtraInfo::parse(&format!("{{\"a\":{json}}}"))
            .map_err(|rule| entry.wrong(("invalid", rule.to_string())))?;
    }
    Ok(value)
}

fn extras(entry: &Entry<'_>, fields: &mut BTreeMap<Field, Option<String>>) -> Result<(), Wrong> {
    let Some(text) = entry.cell.text() else { return Ok(()) };
    ExtraInfo::parse(text).map_err(|rule| entry.wrong(("invalid", rule.to_string())))?;
    for (key, value) in json::object(text)? {
        if key.is_empty() {
            let message = "A key of extraInfo has at least one character.".to_owned();
            return Err(entry.wrong(("invalid", message)));
        }
        let value = (value != "null").then(|| value.to_owned());
        fields.insert(Field::Extra(key.into_owned()), value);
    }
    Ok(())
}

/// What was said of being contacted, by channel: whether they agreed, and when.
#[derive(Default)]
struct Consents(BTreeMap<ConsentChannel, (Option<bool>, Option<Timestamp>)>);

impl Consents {
    fn hear(&mut self, entry: &Entry<'_>, options: &Options) -> Result<(), Wrong> {
        match entry.target {
            Target::Consent(channel) => {
                if let Some(granted) = entry.read(flag)? {
                    let heard = &mut self.0.entry(*channel).or_default().0;
                    // An opt-out wins.
                    *heard = Some(granted && *heard != Some(false));
                }
            }
            Target::OptOut(channel) if entry.read(flag)? == Some(true) => {
                self.0.entry(*channel).or_default().0 = Some(false);
            }
            Target::ConsentAt(channel) => {
                self.0.entry(*channel).or_default().1 =
                    entry.read(|text| instant(text, options))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn decided(self) -> Vec<RecordConsent> {
        let decision = |(channel, (granted, at))| {
            Option::map(granted, |granted| RecordConsent { channel, granted, at })
        };
        self.0.into_iter().filter_map(decision).collect()
    }
}

/// Takes the cards of a further row of the same customer; `false` where it says something else of them.
pub(super) fn join(first: &mut Record, more: &Record) -> bool {
    let same = first.key == more.key;
    let (Body::Customer(one), Body::Customer(other)) = (&mut first.body, &more.body) else {
        return false;
    };
    if !same || one.fields != other.fields || one.own_id != other.own_id {
        return false;
    }
    one.cards.get_or_insert_default().extend(other.cards.iter().flatten().cloned());
    if more.version.is_newer_than(first.version) {
        first.version = more.version;
    }
    true
}
