//! What outside systems push: signed bodies by the rules of Standard Webhooks, with customers, orders and products in them.
//!
//! A body is one thing, or a batch of at most [`MOST_ITEMS`]:
//!
//! ```json
//! { "type": "customer.upsert", "timestamp": "2026-11-27T12:00:00Z",
//!   "data": { "sourceId": "c-1", "seq": 7, "firstname": "Ada", "city": null } }
//!
//! { "type": "batch", "idempotencyKey": "till-4/2026-11-27/17", "items": [
//!   { "type": "customer.upsert", "sourceId": "c-1", "sourceUpdatedAt": "2026-11-27T12:00:00Z", "seq": 7, "data": {} },
//!   { "type": "order.upsert", "sourceId": "o-9", "sourceUpdatedAt": "2026-11-27T12:01:00Z", "data": {} } ] }
//! ```
//!
//! `sourceId`, `sourceUpdatedAt` and `seq` stand beside `data` or in it, never in both. Where one thing alone has no `sourceUpdatedAt`, it is as
//! old as its `timestamp`. A key that is unknown, or stands twice, makes its item bad and no other.
//!
//! | `type` | `data` |
//! |---|---|
//! | `customer.upsert` | the customer's fields by the API's names; `extraInfo` (an object: each of its keys is a field), `cards`, `loyaltyId`, `emailVerified`, `consents: [{channel, granted, decidedAt}]`, `createdAt`. What is absent says nothing, null says that there is nothing |
//! | `customer.delete`, `customer.redact` | nothing |
//! | `customer.merge` | `into`: the `sourceId` of the one who stays |
//! | `order.upsert` | `completedAt`, `currency`, `total`, `items: [{name, productId, quantity, unitPrice, discount}]`; `consumerSourceId`, `consumerLoyaltyId`, `consumerEmail`, `consumerPhoneNumber`; `number`, `channel`, `online`, `discount`, `extra`, `refunds: [{id, at, amount}]`, `cancelledAt`, `test`, `links: [{entitySource, entitySourceId}]` |
//! | `product.upsert` | `name`, `price`, `currency`, `sku` |
//!
//! Amounts are decimals of major units, as texts or numbers; every digit counts. Ids are texts.

mod customer;
mod entry;
mod object;
mod order;
pub mod signature;
mod value;

use regulars_source::record::{BadRecord, Item};

pub use signature::{Headers, Refusal, verify};

use entry::Entry;
use object::{Object, Wrong, list};

/// The most bytes of a body.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;
/// The most things of a batch.
pub const MOST_ITEMS: usize = 500;
const BATCH: &str = "batch";
const MOST_KEY_CHARS: usize = 255;

/// What was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The sender's key of a batch: the same again is the same batch.
    pub key: Option<String>,
    /// Its things in the order in which they are applied: by (`sourceUpdatedAt`, `seq`), what has neither first and as it stood; what is
    /// bad at the end.
    pub items: Vec<Pushed>,
}

/// One thing that was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Where it stood in the batch, counted from 0: answers are given by it.
    pub place: usize,
    /// What it is. The raw text of a bad one is a body by itself, which can be parsed again.
    pub item: Item,
}

/// Takes a body apart.
///
/// # Errors
/// What is wrong with the body as a whole; what is wrong with one of its things is [`Item::Bad`].
pub fn parse(body: &[u8]) -> Result<Push, BadRecord> {
    let whole = |wrong: Wrong| wrong.into_bad("body".to_owned(), &String::from_utf8_lossy(body));
    if body.len() > MOST_BYTES {
        let wrong = Wrong::new("too_long", "", format!("A body has at most {MOST_BYTES} bytes."));
        return Err(whole(wrong));
    }
    let text = std::str::from_utf8(body).map_err(|error| {
        let at = error.valid_up_to();
        whole(Wrong::new("encoding", "", format!("The body is not UTF-8 at byte {at}.")))
    })?;
    read(text).map_err(whole)
}

fn read(text: &str) -> Result<Push, Wrong> {
    let mut body = Object::read(text, "")?;
    if body.peek("type").and_then(value::string).as_deref() != Some(BATCH) {
        let item = Entry::item(text, "body".to_owned(), true);
        return Ok(Push { key: None, items: vec![Pushed { place: 0, item }] });
    }
    body.take("type");
    let key = value::text(&mut body, "idempotencyKey", MOST_KEY_CHARS)?.flatten();
    value::instant(&mut body, "timestamp")?;
    let items = body.take("items").ok_or_else(|| Wrong::required("items"))?;
    body.finish()?;
    let items = list(items).ok_or_else(|| Wrong::new("invalid", "items", "This is a list."))?;
    if items.len() > MOST_ITEMS {
        return Err(Wrong::new(
            "too_long",
            "items",
            format!("A batch has at most {MOST_ITEMS} items."),
        ));
    }
    let mut items: Vec<_> = items
        .into_iter()
        .enumerate()
        .map(|(place, text)| Pushed {
            place,
            item: Entry::item(text, format!("item {place}"), false),
        })
        .collect();
    items.sort_by_key(|pushed| match &pushed.item {
        Item::Record(record) => (false, record.version.updated_at, record.version.seq),
        Item::Bad(_) => (true, None, None),
    });
    Ok(Push { key, items })
}

#[cfg(test)]
mod tests;
