//! A customer of the shop.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{table::Row, world::instant};

/// A customer.
#[derive(Clone, Debug, Default)]
pub struct Customer {
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// The default e-mail address.
    pub email: Option<String>,
    /// The default phone number.
    pub phone: Option<String>,
    /// Street, zip code and city of the default address.
    pub address: Option<(String, String, String)>,
    /// Whether they agreed to mails, and when they said so.
    pub email_consent: Option<(bool, i64)>,
    /// Whether they agreed to messages, and when they said so.
    pub sms_consent: Option<(bool, i64)>,
    /// Whether Shopify calls the address verified.
    pub verified: bool,
    /// The tags.
    pub tags: Vec<String>,
    /// The note.
    pub note: Option<String>,
    /// Metafields: type and value by namespace and key.
    pub metafields: BTreeMap<(String, String), (String, String)>,
    /// When they came: seconds since 1970.
    pub created_at: i64,
    /// When they were changed last: seconds since 1970.
    pub updated_at: i64,
    /// How many orders they have.
    pub orders: u64,
    /// What these came to, in cents.
    pub spent: i64,
}

impl Row for Customer {
    fn updated_at(&self) -> i64 {
        self.updated_at
    }
}

/// `gid://shopify/Customer/7`.
pub(super) fn gid(id: u64) -> String {
    format!("gid://shopify/Customer/{id}")
}

/// A decimal of major units, as Shopify writes them: `12.3`, `5.0`.
pub(super) fn decimal(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let (whole, rest) = (cents.unsigned_abs() / 100, cents.unsigned_abs() % 100);
    if rest % 10 == 0 {
        format!("{sign}{whole}.{}", rest / 10)
    } else {
        format!("{sign}{whole}.{rest:02}")
    }
}

fn state(consent: Option<(bool, i64)>, never: &str) -> (String, Value) {
    match consent {
        Some((granted, at)) => {
            (if granted { "SUBSCRIBED" } else { "UNSUBSCRIBED" }.to_owned(), json!(instant(at)))
        }
        None => (never.to_owned(), Value::Null),
    }
}

impl Customer {
    /// Somebody with a name and an address of mail.
    pub fn named(first_name: &str, last_name: &str, email: &str) -> Self {
        Self {
            first_name: Some(first_name.to_owned()),
            last_name: Some(last_name.to_owned()),
            email: Some(email.to_owned()),
            verified: true,
            ..Self::default()
        }
    }

    /// What the interface shows, in a version (`2026-10`).
    pub(super) fn show(&self, id: u64, version: &str) -> Value {
        let (email_state, email_at) = state(self.email_consent, "NOT_SUBSCRIBED");
        let (sms_state, sms_at) = state(self.sms_consent, "NOT_SUBSCRIBED");
        let email = self.email.as_ref().map(|email| {
            json!({
                "__typename": "CustomerEmailAddress", "emailAddress": email,
                "marketingState": email_state, "marketingUpdatedAt": email_at,
            })
        });
        let phone = self.phone.as_ref().map(|phone| {
            let mut shown = json!({
                "__typename": "CustomerPhoneNumber", "phoneNumber": phone,
                "marketingState": sms_state, "marketingUpdatedAt": sms_at,
            });
            if version >= "2026-10"
                && let Some(shown) = shown.as_object_mut()
            {
                let (state, at) = state(self.sms_consent, "NEVER_SUBSCRIBED");
                let consent = json!({
                    "__typename": "CustomerSmsMarketingConsent", "state": state, "updatedAt": at,
                });
                shown.insert("smsMarketingConsent".to_owned(), consent);
            }
            shown
        });
        let address = self.address.as_ref().map(|(street, zip, city)| {
            json!({
                "__typename": "MailingAddress", "address1": street, "address2": null, "city": city,
                "province": null, "provinceCode": null, "countryCodeV2": "DE", "zip": zip,
            })
        });
        let fields: Vec<Value> = self
            .metafields
            .iter()
            .map(|((namespace, key), (kind, value))| {
                json!({
                    "__typename": "Metafield", "id": "gid://shopify/Metafield/1",
                    "namespace": namespace, "key": key, "type": kind, "value": value,
                })
            })
            .collect();
        let names = [&self.first_name, &self.last_name];
        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
        json!({
            "__typename": "Customer", "id": gid(id), "legacyResourceId": id.to_string(),
            "firstName": self.first_name, "lastName": self.last_name, "displayName": names.join(" "),
            "state": "DISABLED", "verifiedEmail": self.verified, "locale": "de", "note": self.note,
            "tags": self.tags, "createdAt": instant(self.created_at),
            "updatedAt": instant(self.updated_at), "numberOfOrders": self.orders.to_string(),
            "amountSpent": {
                "__typename": "MoneyV2", "amount": decimal(self.spent), "currencyCode": "EUR",
            },
            "defaultEmailAddress": email, "defaultPhoneNumber": phone, "defaultAddress": address,
            "metafield": { "__metafields": fields },
        })
    }

    /// What a delivery has of them: numbers that are longer than JavaScript's included.
    pub(super) fn told(&self, id: u64) -> Value {
        json!({
            "id": id, "admin_graphql_api_id": gid(id), "first_name": self.first_name,
            "last_name": self.last_name, "verified_email": self.verified, "note": self.note,
            "created_at": instant(self.created_at), "updated_at": instant(self.updated_at),
            "state": "disabled", "email": self.email, "phone": self.phone,
        })
    }
}
