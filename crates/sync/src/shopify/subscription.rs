//! What a shop tells us of by itself: subscriptions to topics, which Shopify removes when deliveries fail for long.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Shopify, query::Query};
use crate::{connector::Fault, kind::Opening};

/// The topics that are needed, as the interface names them. Compliance topics are no part of it: they are configured with the app.
pub(super) const TOPICS: [&str; 19] = [
    "CUSTOMERS_CREATE",
    "CUSTOMERS_UPDATE",
    "CUSTOMERS_DELETE",
    "CUSTOMERS_MERGE",
    "CUSTOMERS_ENABLE",
    "CUSTOMERS_DISABLE",
    "CUSTOMERS_PURCHASING_SUMMARY",
    "CUSTOMER_TAGS_ADDED",
    "CUSTOMER_TAGS_REMOVED",
    "CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE",
    "CUSTOMERS_MARKETING_CONSENT_UPDATE",
    "ORDERS_CREATE",
    "ORDERS_PAID",
    "ORDERS_UPDATED",
    "ORDERS_CANCELLED",
    "ORDERS_EDITED",
    "REFUNDS_CREATE",
    "APP_UNINSTALLED",
    "BULK_OPERATIONS_FINISH",
];
/// How many pages of subscriptions are read at most: one app has no more.
const MAX_PAGES: usize = 20;

/// What became of the subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscribed {
    /// The topics that were there.
    pub kept: Vec<String>,
    /// The topics that were missing, and are there now.
    pub created: Vec<String>,
    /// The topics that Shopify refuses, each with its reason: a scope or an approval is missing.
    pub refused: Vec<(String, String)>,
}

/// Sees to it that a shop tells `callback` (an https address) of everything that is needed: lists the subscriptions there are, and makes
/// those that are missing. To be done when connecting, and daily.
///
/// # Errors
/// As any question: see [`Fault`].
pub fn subscribe(opening: Opening, callback: &str) -> Result<Subscribed, Fault> {
    Shopify::open(opening)?.subscribe(callback)
}

impl Shopify {
    fn subscribe(&mut self, callback: &str) -> Result<Subscribed, Fault> {
        let there = self.subscriptions(callback)?;
        let mut subscribed = Subscribed::default();
        for topic in TOPICS {
            if there.contains(topic) {
                subscribed.kept.push(topic.to_owned());
                continue;
            }
            let variables = json!({
                "topic": topic, "subscription": { "uri": callback, "format": "JSON" },
            });
            let reply = match self.api.ask_plainly(Query::SubscriptionCreate, &variables) {
                Ok(reply) => reply,
                // A topic that this app may not have keeps back no other.
                Err(Fault::Settings(why)) => {
                    subscribed.refused.push((topic.to_owned(), why));
                    continue;
                }
                Err(fault) => return Err(fault),
            };
            let errors = reply.data.pointer("/webhookSubscriptionCreate/userErrors/0/message");
            match errors.and_then(Value::as_str) {
                // Somebody else made it meanwhile.
                Some(why) if why.contains("already been taken") => {
                    subscribed.kept.push(topic.to_owned());
                }
                Some(why) => subscribed.refused.push((topic.to_owned(), why.to_owned())),
                None => subscribed.created.push(topic.to_owned()),
            }
        }
        Ok(subscribed)
    }

    /// The topics that are told to an address.
    fn subscriptions(&mut self, callback: &str) -> Result<BTreeSet<String>, Fault> {
        let mut topics = BTreeSet::new();
        let mut after: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let reply = self.api.ask_plainly(Query::Subscriptions, &json!({ "after": after }))?;
            let list = reply.data.get("webhookSubscriptions").ok_or_else(|| {
                Fault::Schema("Shopify's answer has no subscriptions in it.".to_owned())
            })?;
            for one in list.get("nodes").and_then(Value::as_array).into_iter().flatten() {
                let said = |name: &str| one.get(name).and_then(Value::as_str);
                if said("uri") == Some(callback)
                    && let Some(topic) = said("topic")
                {
                    topics.insert(topic.to_owned());
                }
            }
            let more = list.pointer("/pageInfo/hasNextPage").and_then(Value::as_bool);
            let end = list.pointer("/pageInfo/endCursor").and_then(Value::as_str);
            match (more, end) {
                (Some(true), Some(end)) => after = Some(end.to_owned()),
                _ => break,
            }
        }
        Ok(topics)
    }
}
