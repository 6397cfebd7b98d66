//! What a shop tells of by itself: whether it was Shopify who spoke, and what is to be done. Pure: nothing is asked, and nothing is
//! stored. Deliveries come late, twice, in any order or never: each is stored, answered, and what it names is read again.

use std::{collections::HashMap, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use regulars_kernel::Timestamp;
use regulars_source::record::{Gone, Item};
use secrecy::{ExposeSecret, SecretString};
use serde_json::value::RawValue;
use sha2::Sha256;

use super::{customer, order, page::gone_item, value::read_instant};

/// The longest body that is looked at: the bound of whoever receives it.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Things are to be read again, by [`crate::connector::Connector::reread`].
    Reread {
        /// Shopify's word for them.
        object: &'static str,
        /// Their ids.
        ids: Vec<String>,
    },
    /// A thing is not there any more.
    Gone {
        /// Shopify's word for it.
        object: &'static str,
        /// Its id.
        id: String,
    },
    /// A customer was merged into another one, who is to be read again.
    Merged {
        /// The one who stays.
        kept: String,
        /// The one who is gone.
        deleted: String,
    },
    /// Nothing of a customer may be kept (privacy law), whether they are known or not. To be done within 30 days.
    RedactCustomer {
        /// The customer's id, as records have it.
        id: String,
        /// The ids of their orders of which nothing personal may be kept.
        orders: Vec<String>,
    },
    /// Nothing of the whole shop may be kept: it comes two days after the app was removed.
    RedactShop,
    /// A customer asks what is known of them. To be answered to the merchant within 30 days.
    DataRequest {
        /// The customer's id, as records have it.
        id: String,
        /// Shopify's number of the request.
        request: Option<String>,
    },
    /// The app was removed from the shop: its tokens are void. Privacy requests are honoured all the same.
    Uninstalled,
    /// A bulk operation has an end: no need to wait until it is asked for.
    BulkFinished {
        /// Which.
        id: String,
    },
    /// Nothing: a merge that failed, or a topic that says nothing to us.
    Nothing,
}

/// A delivery that Shopify signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The same when it is delivered again: the inbox knows it by this.
    pub key: String,
    /// The shop's address.
    pub shop: String,
    /// What it tells of: `customers/update`.
    pub topic: String,
    /// When it happened; a gone thing is gone since then.
    pub at: Option<Timestamp>,
    /// What is to be done.
    pub told: Told,
}

/// Why a delivery is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not signed by Shopify: to be answered 401.
    #[error("the signature is not Shopify's")]
    Signature,
    /// Signed, but without what tells what it is: to be answered 400.
    #[error("the headers are not those of a delivery")]
    Headers,
    /// Signed, but its body is not what the topic has: to be kept and answered 200, since it will come again as it is.
    #[error("the body is not what its topic has")]
    Body,
}

impl Notice {
    /// The records that it makes by itself, without anybody being asked: who is gone or was merged. `now`, where Shopify does not say
    /// when.
    pub fn items(&self, now: Timestamp) -> Vec<Item> {
        let at = self.at.unwrap_or(now);
        match &self.told {
            Told::Gone { object, id } => vec![gone_item(object, id, Gone::Deleted, at)],
            Told::Merged { kept, deleted } => {
                vec![gone_item(customer::OBJECT, deleted, Gone::MergedInto(kept.clone()), at)]
            }
            Told::RedactCustomer { id, .. } => {
                vec![gone_item(customer::OBJECT, id, Gone::Redacted, at)]
            }
            _ => Vec::new(),
        }
    }
}

/// The secrets that may have signed: the client secret, and for an hour after a change the one before it.
pub struct Secrets(Vec<SecretString>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl Secrets {
    /// These; empty ones sign nothing.
    pub fn new(current: &str, previous: Option<&str>) -> Self {
        let all = [Some(current), previous].into_iter().flatten();
        Self(all.filter(|secret| !secret.is_empty()).map(SecretString::from).collect())
    }

    /// Whether one of them made this signature (`X-Shopify-Hmac-SHA256`: base64 of HMAC-SHA256) of exactly these bytes. Takes as long
    /// whatever is wrong with it.
    pub fn signed(&self, body: &[u8], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature.trim()) else { return false };
        let mut signed = false;
        for secret in &self.0 {
            let key = secret.expose_secret().as_bytes();
            let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { continue };
            mac.update(body);
            signed |= mac.verify_slice(&signature).is_ok();
        }
        signed
    }
}

/// Takes a delivery: `header` answers a header's text by its name in lower case.
///
/// # Errors
/// [`Refusal`]: what to answer to whoever sent it.
pub fn take<'a>(
    secrets: &Secrets,
    header: impl Fn(&str) -> Option<&'a str>,
    body: &[u8],
) -> Result<Notice, Refusal> {
    let signature = header("x-shopify-hmac-sha256").ok_or(Refusal::Signature)?;
    if !secrets.signed(body, signature) {
        return Err(Refusal::Signature);
    }
    let needed = |name: &str| {
        header(name).map(str::trim).filter(|text| !text.is_empty()).ok_or(Refusal::Headers)
    };
    let topic = needed("x-shopify-topic")?;
    Ok(Notice {
        key: needed("x-shopify-webhook-id")?.to_owned(),
        shop: needed("x-shopify-shop-domain")?.to_ascii_lowercase(),
        topic: topic.to_owned(),
        at: header("x-shopify-triggered-at").and_then(|text| read_instant(text.trim())),
        told: understand(topic, body)?,
    })
}

/// The top of a body. Numbers stay the texts that they are: some are longer than any of ours.
struct Payload<'a>(HashMap<String, &'a RawValue>);

impl<'a> Payload<'a> {
    fn parse(text: &'a str) -> Result<Self, Refusal> {
        serde_json::from_str(text).map(Self).map_err(|_error| Refusal::Body)
    }

    fn inside(&self, name: &str) -> Option<Self> {
        Self::parse(self.0.get(name)?.get()).ok()
    }

    /// The text of a number, or of a text.
    fn plain(&self, name: &str) -> Option<String> {
        plain(self.0.get(name)?)
    }

    /// An id as records have it, in the first of these fields that is there.
    fn id(&self, object: &str, names: &[&str]) -> Result<String, Refusal> {
        let found = names.iter().find_map(|name| self.plain(name)).ok_or(Refusal::Body)?;
        gid(object, &found).ok_or(Refusal::Body)
    }

    fn ids(&self, object: &str, name: &str) -> Vec<String> {
        let list = self.0.get(name).map(|raw| raw.get());
        let list = list.and_then(|text| serde_json::from_str::<Vec<&RawValue>>(text).ok());
        let list = list.into_iter().flatten().filter_map(plain);
        list.filter_map(|id| gid(object, &id)).collect()
    }
}

fn plain(raw: &RawValue) -> Option<String> {
    let text = raw.get();
    if text.starts_with('"') {
        return serde_json::from_str::<String>(text).ok().filter(|text| !text.is_empty());
    }
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.to_owned())
}

/// `gid://shopify/Customer/7` of `7`, or of itself.
fn gid(object: &str, id: &str) -> Option<String> {
    let start = format!("gid://shopify/{object}/");
    let digits = id.strip_prefix(&start).unwrap_or(id);
    let fits = (1..=40).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| format!("{start}{digits}"))
}

/// Where a customer's id is, in the order in which it is looked for.
const CUSTOMER_IDS: &[&str] =
    &["admin_graphql_api_customer_id", "customer_id", "customerId", "admin_graphql_api_id", "id"];

fn understand(topic: &str, body: &[u8]) -> Result<Told, Refusal> {
    if body.len() > MAX_BODY_BYTES {
        return Err(Refusal::Body);
    }
    let text = std::str::from_utf8(body).map_err(|_error| Refusal::Body)?;
    let reread = |object, id| Told::Reread { object, ids: vec![id] };
    let whole = || Payload::parse(text);
    Ok(match topic {
        "customers/create"
        | "customers/update"
        | "customers/enable"
        | "customers/disable"
        | "customers/purchasing_summary"
        | "customer.tags_added"
        | "customer.tags_removed"
        | "customers_email_marketing_consent/update"
        | "customers_marketing_consent/update" => {
            reread(customer::OBJECT, whole()?.id(customer::OBJECT, CUSTOMER_IDS)?)
        }
        "customers/delete" => Told::Gone {
            object: customer::OBJECT,
            id: whole()?.id(customer::OBJECT, CUSTOMER_IDS)?,
        },
        "customers/merge" => merge(&whole()?)?,
        "orders/create" | "orders/paid" | "orders/updated" | "orders/cancelled" => {
            reread(order::OBJECT, whole()?.id(order::OBJECT, &["admin_graphql_api_id", "id"])?)
        }
        "orders/edited" => {
            let edit = whole()?.inside("order_edit").ok_or(Refusal::Body)?;
            reread(order::OBJECT, edit.id(order::OBJECT, &["order_id"])?)
        }
        "orders/delete" => Told::Gone {
            object: order::OBJECT,
            id: whole()?.id(order::OBJECT, &["admin_graphql_api_id", "id"])?,
        },
        "refunds/create" => reread(order::OBJECT, whole()?.id(order::OBJECT, &["order_id"])?),
        "app/uninstalled" => Told::Uninstalled,
        "bulk_operations/finish" => {
            Told::BulkFinished { id: whole()?.plain("admin_graphql_api_id").ok_or(Refusal::Body)? }
        }
        "customers/redact" => {
            let whole = whole()?;
            let customer = whole.inside("customer").ok_or(Refusal::Body)?;
            Told::RedactCustomer {
                id: customer.id(customer::OBJECT, &["id"])?,
                orders: whole.ids(order::OBJECT, "orders_to_redact"),
            }
        }
        "customers/data_request" => {
            let whole = whole()?;
            let customer = whole.inside("customer").ok_or(Refusal::Body)?;
            Told::DataRequest {
                id: customer.id(customer::OBJECT, &["id"])?,
                request: whole.inside("data_request").and_then(|request| request.plain("id")),
            }
        }
        "shop/redact" => Told::RedactShop,
        _ => Told::Nothing,
    })
}

/// A merge counts once it is done, and only then.
fn merge(whole: &Payload<'_>) -> Result<Told, Refusal> {
    let failed = whole.0.get("errors").is_some_and(|errors| !matches!(errors.get(), "[]" | "null"));
    let status = whole.plain("status").unwrap_or_default().to_ascii_lowercase();
    if failed || !matches!(status.as_str(), "completed" | "success" | "succeeded") {
        return Ok(Told::Nothing);
    }
    let id = |names: &[&str]| whole.id(customer::OBJECT, names);
    let kept = id(&["admin_graphql_api_customer_kept_id", "customer_kept_id"])?;
    let deleted = id(&["admin_graphql_api_customer_deleted_id", "customer_deleted_id"])?;
    Ok(if kept == deleted { Told::Nothing } else { Told::Merged { kept, deleted } })
}

#[cfg(test)]
mod tests;
