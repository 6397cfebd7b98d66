//! What the shop tells of by itself.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;

/// A subscription to a topic.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) id: u64,
    /// `CUSTOMERS_UPDATE`.
    pub(super) topic: String,
    pub(super) uri: String,
}

/// A delivery.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Where it goes.
    pub uri: String,
    /// What it tells of: `customers/update`.
    pub topic: String,
    /// Its headers, the signature included.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Hook {
    /// A header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn new(uri: &str, topic: &str, body: &Value, from: &Sender<'_>) -> Self {
        let body = body.to_string().into_bytes();
        let id = format!("{:08x}-0000-4000-8000-000000000000", from.number);
        let headers = [
            ("Content-Type", "application/json"),
            ("X-Shopify-Topic", topic),
            ("X-Shopify-Shop-Domain", from.shop),
            ("X-Shopify-API-Version", "2026-10"),
            ("X-Shopify-Webhook-Id", &id),
            ("X-Shopify-Event-Id", &id),
            ("X-Shopify-Triggered-At", from.at),
            ("X-Shopify-Hmac-SHA256", &sign(from.secret, &body)),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { uri: uri.to_owned(), topic: topic.to_owned(), headers, body }
    }
}

/// Who sends it.
pub(super) struct Sender<'a> {
    pub(super) shop: &'a str,
    pub(super) secret: &'a str,
    pub(super) at: &'a str,
    pub(super) number: u64,
}

fn sign(secret: &str, body: &[u8]) -> String {
    match Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        Ok(mut mac) => {
            mac.update(body);
            STANDARD.encode(mac.finalize().into_bytes())
        }
        Err(_error) => String::new(),
    }
}

/// `CUSTOMERS_UPDATE` of `customers/update`, `CUSTOMER_TAGS_ADDED` of `customer.tags_added`.
pub(super) fn topic_name(topic: &str) -> String {
    topic.replace(['/', '.'], "_").to_ascii_uppercase()
}

/// The topics that are known to this shop; there are many more.
pub(super) const TOPICS: [&str; 20] = [
    "customers/create",
    "customers/update",
    "customers/delete",
    "customers/merge",
    "customers/enable",
    "customers/disable",
    "customers/purchasing_summary",
    "customer.tags_added",
    "customer.tags_removed",
    "customers_email_marketing_consent/update",
    "customers_marketing_consent/update",
    "orders/create",
    "orders/paid",
    "orders/updated",
    "orders/cancelled",
    "orders/edited",
    "orders/delete",
    "refunds/create",
    "app/uninstalled",
    "bulk_operations/finish",
];
