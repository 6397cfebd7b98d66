//! One thing of a body: what it is called, which version of it this is, and what is said.

use regulars_source::record::{Body, Gone, Item, ProductRecord, Record, RecordKey, SourceVersion};

use super::{
    customer::customer,
    object::{Object, Wrong},
    order::order,
    value::{amount, bounded, currency, filled, instant_of, required, said, text, whole},
};

/// The most characters of an id.
pub(super) const MOST_ID_CHARS: usize = 255;
/// The most characters of a name.
pub(super) const MOST_NAME_CHARS: usize = 150;
/// The words for things in keys.
pub(super) const CUSTOMER: &str = "customer";
const ORDER: &str = "order";
pub(super) const PRODUCT: &str = "product";
const KEYS: [&str; 3] = ["sourceId", "sourceUpdatedAt", "seq"];
const TYPES: &str = "customer.upsert, customer.delete, customer.merge, customer.redact, order.upsert, product.upsert";

/// A thing whose content is still to be read.
pub(super) struct Entry;

impl Entry {
    /// The thing that a text is. Where it stands alone, its `timestamp` dates it unless it says better.
    pub(super) fn item(raw: &str, reference: String, alone: bool) -> Item {
        let mut known = None;
        match read(raw, alone, &mut known) {
            Ok(record) => Item::Record(record),
            Err(wrong) => Item::Bad(wrong.into_bad(known.unwrap_or(reference), raw)),
        }
    }
}

fn read(raw: &str, alone: bool, known: &mut Option<String>) -> Result<Record, Wrong> {
    let mut entry = Object::read(raw, "")?;
    let mut data = match entry.take("data") {
        None | Some("null") => Object::read("{}", "data")?,
        Some(data) => Object::read(data, "data")?,
    };
    // First of all the id, so that whatever else is wrong is told with it.
    for key in KEYS {
        if entry.peek(key).is_some() && data.peek(key).is_some() {
            let message = "This stands beside data or in it, not in both.";
            return Err(Wrong::new("duplicate_key", data.path(key), message));
        }
    }
    let id = required(beside_or_in(&mut entry, &mut data, "sourceId"), "sourceId", |raw| {
        filled(raw, MOST_ID_CHARS)
    })?;
    *known = Some(id.clone());
    let holder = beside_or_in(&mut entry, &mut data, "sourceUpdatedAt");
    let updated_at = said(holder, "sourceUpdatedAt", instant_of)?.flatten();
    let holder = beside_or_in(&mut entry, &mut data, "seq");
    let seq = said(holder, "seq", |raw| whole(raw, 0, i64::MAX))?.flatten();
    let timestamp = said(&mut entry, "timestamp", instant_of)?.flatten().filter(|_| alone);
    let version = SourceVersion { seq, updated_at: updated_at.or(timestamp) };
    let kind = required(&mut entry, "type", |raw| bounded(raw, 100))?;
    entry.finish()?;
    let (object, body) = match kind.as_str() {
        "customer.upsert" => (CUSTOMER, Body::Customer(Box::new(customer(&mut data)?))),
        "customer.delete" => (CUSTOMER, Body::Gone(Gone::Deleted)),
        "customer.redact" => (CUSTOMER, Body::Gone(Gone::Redacted)),
        "customer.merge" => {
            let into = required(&mut data, "into", |raw| filled(raw, MOST_ID_CHARS))?;
            if into == id {
                let message = "Nobody is merged into themselves.";
                return Err(Wrong::new("invalid", data.path("into"), message));
            }
            (CUSTOMER, Body::Gone(Gone::MergedInto(into)))
        }
        "order.upsert" => (ORDER, Body::Order(Box::new(order(&mut data)?))),
        "product.upsert" => (PRODUCT, Body::Product(Box::new(product(&mut data)?))),
        _ => {
            let message = format!("There is no such type here; known are {TYPES}.");
            return Err(Wrong::new("unknown_type", "type", message));
        }
    };
    data.finish()?;
    Ok(Record { key: RecordKey::new(object, id), version, body })
}

/// Which of the two has a key.
fn beside_or_in<'o, 'a>(
    entry: &'o mut Object<'a>,
    data: &'o mut Object<'a>,
    key: &str,
) -> &'o mut Object<'a> {
    if data.peek(key).is_some() { data } else { entry }
}

fn product(data: &mut Object<'_>) -> Result<ProductRecord, Wrong> {
    Ok(ProductRecord {
        name: required(data, "name", |raw| filled(raw, MOST_NAME_CHARS))?,
        price: said(data, "price", amount)?.flatten(),
        currency: said(data, "currency", currency)?.flatten(),
        sku: text(data, "sku", MOST_ID_CHARS)?.flatten(),
    })
}
