//! A customer of a shop as a record.

use std::collections::{BTreeMap, BTreeSet};

use regulars_customer::{ConsentChannel, merge::MergeField};
use regulars_source::record::{
    Body, CustomerRecord, Field, Item, Record, RecordConsent, RecordKey, SourceVersion,
};
use serde_json::{Map, Value, json};

use super::value::{Flaw, flag, instant, optional, optional_instant, text};

/// Shopify's word for customers.
pub(super) const OBJECT: &str = "Customer";
/// The key of `extraInfo` under which Shopify's own values are.
const EXTRA: &str = "shopify";

/// What Shopify shows of people. Without its approval ("protected customer data") it answers null where there is something:
/// such a null must clear nothing. A kind of value that was never seen counts as not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Personal {
    /// `firstName`, `lastName`.
    Name,
    /// `defaultEmailAddress`.
    Email,
    /// `defaultPhoneNumber`.
    Phone,
    /// `defaultAddress`.
    Address,
}

impl Personal {
    pub(super) const ALL: [Self; 4] = [Self::Name, Self::Email, Self::Phone, Self::Address];

    /// The words for people.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Name => "names",
            Self::Email => "e-mail addresses",
            Self::Phone => "phone numbers",
            Self::Address => "addresses",
        }
    }

    const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Name => &["firstName", "lastName"],
            Self::Email => &["defaultEmailAddress"],
            Self::Phone => &["defaultPhoneNumber"],
            Self::Address => &["defaultAddress"],
        }
    }

    /// Whether a customer has such a value.
    pub(super) fn is_in(self, customer: &Value) -> bool {
        let filled = |value: &Value| match value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Object(inner) => inner.values().any(|value| !value.is_null()),
            _ => true,
        };
        self.fields().iter().any(|field| customer.get(field).is_some_and(filled))
    }
}

/// What is to be believed of an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Sight {
    /// What was seen of people so far.
    pub(super) seen: BTreeSet<Personal>,
    /// The fields that this answer denies.
    pub(super) denied: BTreeSet<String>,
}

impl Sight {
    /// Notes what is seen of customers.
    pub(super) fn note<'a>(&mut self, customers: impl IntoIterator<Item = &'a Value>) {
        for customer in customers {
            if self.is_full() {
                return;
            }
            self.seen.extend(Personal::ALL.iter().filter(|kind| kind.is_in(customer)));
        }
    }

    /// Whether every kind of value was seen.
    pub(super) fn is_full(&self) -> bool {
        self.seen.len() == Personal::ALL.len()
    }

    /// Whether a null there says that there is nothing.
    fn trusts(&self, kind: Personal) -> bool {
        self.seen.contains(&kind) && !kind.fields().iter().any(|field| self.denied.contains(*field))
    }
}

/// The record of a customer, or why it is none.
pub(super) fn item(customer: &Value, sight: &Sight) -> Item {
    match record(customer, sight) {
        Ok(record) => Item::Record(record),
        Err(flaw) => Item::Bad(flaw.bad(customer)),
    }
}

fn record(customer: &Value, sight: &Sight) -> Result<Record, Flaw> {
    let id = text(customer, "id")?;
    let updated_at = instant(customer, "updatedAt")?;
    let mut fields = Fields { sight, values: BTreeMap::new() };
    fields.put(customer, Personal::Name, MergeField::Firstname, "/firstName");
    fields.put(customer, Personal::Name, MergeField::Lastname, "/lastName");
    fields.put(customer, Personal::Email, MergeField::Email, "/defaultEmailAddress/emailAddress");
    let phone = "/defaultPhoneNumber/phoneNumber";
    fields.put(customer, Personal::Phone, MergeField::PhoneNumber, phone);
    fields.put(customer, Personal::Address, MergeField::City, "/defaultAddress/city");
    fields.put(customer, Personal::Address, MergeField::ZipCode, "/defaultAddress/zip");
    fields.put(customer, Personal::Address, MergeField::Country, "/defaultAddress/countryCodeV2");
    fields.put(customer, Personal::Address, MergeField::Street, "/defaultAddress/address1");
    fields.finish_address(customer);
    let mut values = fields.values;
    values.insert(Field::Extra(EXTRA.to_owned()), Some(extra(customer).to_string()));
    let own_id = customer.get("loyaltyId").and_then(|field| optional(field, "value"));
    let record = CustomerRecord {
        fields: values,
        email_verified: flag(customer, "verifiedEmail"),
        own_id: own_id.map(str::to_owned),
        consents: consents(customer)?,
        created_at: optional_instant(customer, "createdAt")?,
        ..CustomerRecord::default()
    };
    Ok(Record {
        key: RecordKey::new(OBJECT, id),
        version: SourceVersion { seq: None, updated_at: Some(updated_at) },
        body: Body::Customer(Box::new(record)),
    })
}

struct Fields<'a> {
    sight: &'a Sight,
    values: BTreeMap<Field, Option<String>>,
}

impl Fields<'_> {
    /// Takes a value; null where there is none and that can be believed, else nothing is said of the field.
    fn put(&mut self, customer: &Value, kind: Personal, field: MergeField, path: &str) {
        let root = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        if customer.get(root).is_none() {
            return;
        }
        let found = customer.pointer(path).and_then(Value::as_str).map(str::trim);
        match found.filter(|text| !text.is_empty()) {
            Some(text) => {
                self.values.insert(Field::Own(field), Some(text.to_owned()));
            }
            None if self.sight.trusts(kind) => {
                self.values.insert(Field::Own(field), None);
            }
            None => {}
        }
    }

    /// The second line of an address belongs to the street, and a country that nobody knows is none.
    fn finish_address(&mut self, customer: &Value) {
        let second = customer.pointer("/defaultAddress/address2").and_then(Value::as_str);
        if let Some(second) = second.map(str::trim).filter(|text| !text.is_empty()) {
            let street = self.values.entry(Field::Own(MergeField::Street)).or_default();
            *street = Some(match street.take() {
                Some(first) => format!("{first}, {second}"),
                None => second.to_owned(),
            });
        }
        let country = Field::Own(MergeField::Country);
        if self.values.get(&country).is_some_and(|code| code.as_deref() == Some("ZZ")) {
            self.values.insert(country, None);
        }
    }
}

/// What Shopify knows and we have no field for: one object.
fn extra(customer: &Value) -> Value {
    let mut extra = Map::new();
    let plain = ["state", "verifiedEmail", "locale", "note", "tags"];
    for name in plain {
        if let Some(value) = customer.get(name).filter(|value| !value.is_null()) {
            extra.insert(name.to_owned(), value.clone());
        }
    }
    // Numbers that may be longer than any of ours come as texts, and stay such.
    for name in ["legacyResourceId", "numberOfOrders"] {
        match customer.get(name) {
            Some(Value::String(text)) => extra.insert(name.to_owned(), json!(text)),
            Some(Value::Number(number)) => extra.insert(name.to_owned(), json!(number.to_string())),
            _ => None,
        };
    }
    if let Some(spent) = customer.get("amountSpent").filter(|spent| spent.is_object()) {
        let (amount, currency) = (optional(spent, "amount"), optional(spent, "currencyCode"));
        extra.insert("amountSpent".to_owned(), json!({ "amount": amount, "currency": currency }));
    }
    if let Some(province) = customer.pointer("/defaultAddress/provinceCode")
        && province.is_string()
    {
        extra.insert("province".to_owned(), province.clone());
    }
    Value::Object(extra)
}

/// What they decided of being contacted. Who never decided, or did not confirm, has decided nothing.
fn consents(customer: &Value) -> Result<Vec<RecordConsent>, Flaw> {
    let mut consents = Vec::new();
    let mut take = |channel, of: Option<&Value>, state: &str, at: &str| {
        let Some(of) = of.filter(|of| of.is_object()) else { return Ok(()) };
        let granted = match optional(of, state) {
            Some("SUBSCRIBED") => true,
            Some("UNSUBSCRIBED") => false,
            _ => return Ok(()),
        };
        consents.push(RecordConsent { channel, granted, at: optional_instant(of, at)? });
        Ok(())
    };
    let email = customer.get("defaultEmailAddress");
    take(ConsentChannel::Email, email, "marketingState", "marketingUpdatedAt")?;
    let phone = customer.get("defaultPhoneNumber");
    match phone.and_then(|phone| phone.get("smsMarketingConsent")) {
        Some(consent) => take(ConsentChannel::Sms, Some(consent), "state", "updatedAt")?,
        None => take(ConsentChannel::Sms, phone, "marketingState", "marketingUpdatedAt")?,
    }
    Ok(consents)
}

#[cfg(test)]
mod tests {
    use regulars_kernel::Timestamp;

    use super::*;

    fn all_seen() -> Sight {
        Sight { seen: Personal::ALL.into(), denied: BTreeSet::new() }
    }

    fn anna() -> Value {
        json!({
            "id": "gid://shopify/Customer/9223372036854775807",
            "legacyResourceId": "9223372036854775807",
            "firstName": "Anna", "lastName": "",
            "state": "ENABLED", "verifiedEmail": true, "locale": "de", "note": null, "tags": ["vip"],
            "createdAt": "2025-01-02T03:04:05Z", "updatedAt": "2026-11-01T00:00:00Z",
            "numberOfOrders": "12345678901234567890",
            "amountSpent": { "amount": "0.10", "currencyCode": "EUR" },
            "defaultEmailAddress": {
                "emailAddress": "Anna@Example.com",
                "marketingState": "SUBSCRIBED", "marketingUpdatedAt": "2026-01-01T00:00:00Z",
            },
            "defaultPhoneNumber": {
                "phoneNumber": "+491712345678",
                "smsMarketingConsent": { "state": "UNSUBSCRIBED", "updatedAt": null },
            },
            "defaultAddress": {
                "address1": "Hauptstr. 1", "address2": "Hinterhaus", "city": "Berlin",
                "provinceCode": "BE", "countryCodeV2": "DE", "zip": "10115",
            },
            "loyaltyId": { "value": "12345678901237" },
        })
    }

    fn read(customer: &Value, sight: &Sight) -> (Record, CustomerRecord) {
        match item(customer, sight) {
            Item::Record(record) => match record.body.clone() {
                Body::Customer(customer) => (record, *customer),
                other => panic!("{other:?}"),
            },
            Item::Bad(bad) => panic!("{bad:?}"),
        }
    }

    #[test]
    fn a_customer_is_read_whole_and_exactly() {
        let (record, customer) = read(&anna(), &all_seen());
        assert_eq!(record.key.id, "gid://shopify/Customer/9223372036854775807");
        assert_eq!(record.version.updated_at, Some(Timestamp::from_seconds(1_793_491_200)));
        let value = |field| customer.fields[&Field::Own(field)].as_deref();
        assert_eq!(value(MergeField::Firstname), Some("Anna"));
        assert_eq!(value(MergeField::Lastname), None);
        assert_eq!(value(MergeField::Email), Some("Anna@Example.com"));
        assert_eq!(value(MergeField::PhoneNumber), Some("+491712345678"));
        assert_eq!(value(MergeField::Street), Some("Hauptstr. 1, Hinterhaus"));
        assert_eq!(value(MergeField::Country), Some("DE"));
        assert_eq!(customer.own_id.as_deref(), Some("12345678901237"));
        assert!(customer.email_verified);
        let extra = customer.fields[&Field::Extra("shopify".to_owned())].as_deref().unwrap();
        let extra: Value = serde_json::from_str(extra).unwrap();
        assert_eq!(extra["numberOfOrders"], "12345678901234567890");
        assert_eq!(extra["amountSpent"], json!({ "amount": "0.10", "currency": "EUR" }));
        assert_eq!(extra.get("note"), None);
        let email = RecordConsent {
            channel: ConsentChannel::Email,
            granted: true,
            at: Some(Timestamp::from_seconds(1_767_225_600)),
        };
        let sms = RecordConsent { channel: ConsentChannel::Sms, granted: false, at: None };
        assert_eq!(customer.consents, [email, sms]);
    }

    #[test]
    fn before_2026_10_a_phone_has_its_consent_beside_it() {
        let mut old = anna();
        old["defaultPhoneNumber"] = json!({
            "phoneNumber": "+491712345678", "marketingState": "SUBSCRIBED", "marketingUpdatedAt": null,
        });
        let consents = read(&old, &all_seen()).1.consents;
        assert_eq!(consents[1].channel, ConsentChannel::Sms);
        assert!(consents[1].granted);
        // Who never decided has not refused.
        old["defaultPhoneNumber"]["marketingState"] = json!("NOT_SUBSCRIBED");
        old["defaultEmailAddress"]["marketingState"] = json!("PENDING");
        assert_eq!(read(&old, &all_seen()).1.consents, []);
    }

    #[test]
    fn rule_9_null_is_not_absent() {
        let mut bare = anna();
        for field in ["firstName", "defaultEmailAddress", "defaultPhoneNumber", "defaultAddress"] {
            bare[field] = Value::Null;
        }
        let (_, customer) = read(&bare, &all_seen());
        for field in [MergeField::Firstname, MergeField::Email, MergeField::PhoneNumber] {
            assert_eq!(customer.fields[&Field::Own(field)], None);
        }
        for field in [MergeField::City, MergeField::Street, MergeField::ZipCode] {
            assert_eq!(customer.fields[&Field::Own(field)], None);
        }
        // What Shopify may not show to us says nothing.
        let mut sight = all_seen();
        sight.seen.remove(&Personal::Email);
        sight.denied.insert("defaultAddress".to_owned());
        let (_, customer) = read(&bare, &sight);
        assert!(!customer.fields.contains_key(&Field::Own(MergeField::Email)));
        assert!(!customer.fields.contains_key(&Field::Own(MergeField::City)));
        assert_eq!(customer.fields[&Field::Own(MergeField::PhoneNumber)], None);
        // What is not in the answer says nothing either.
        bare.as_object_mut().unwrap().remove("defaultPhoneNumber");
        let (_, customer) = read(&bare, &sight);
        assert!(!customer.fields.contains_key(&Field::Own(MergeField::PhoneNumber)));
    }

    #[test]
    fn what_is_seen_once_may_be_seen() {
        let mut sight = Sight::default();
        let nobody = json!({ "firstName": null, "defaultAddress": { "city": null } });
        sight.note([&nobody]);
        assert!(sight.seen.is_empty());
        sight.note([&nobody, &json!({ "lastName": "Li", "defaultAddress": { "city": "Ulm" } })]);
        assert_eq!(sight.seen, [Personal::Name, Personal::Address].into());
    }

    #[test]
    fn rule_12_what_is_no_record_is_kept_with_its_reason() {
        let mut broken = anna();
        broken["updatedAt"] = json!("yesterday");
        let Item::Bad(bad) = item(&broken, &all_seen()) else { panic!() };
        assert_eq!(bad.reference, "gid://shopify/Customer/9223372036854775807");
        assert_eq!((bad.code.as_str(), bad.path.as_deref()), ("invalid", Some("updatedAt")));
        assert_eq!(serde_json::from_str::<Value>(&bad.raw).unwrap(), broken);
        broken.as_object_mut().unwrap().remove("id");
        let Item::Bad(bad) = item(&broken, &all_seen()) else { panic!() };
        assert_eq!((bad.code.as_str(), bad.path.as_deref()), ("required", Some("id")));
    }
}
