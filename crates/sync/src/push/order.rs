//! Orders.

use std::collections::BTreeSet;

use regulars_merchant::EntitySource;
use regulars_source::record::{Buyer, LineRecord, OrderRecord, RecordKey, RefundRecord};

use super::{
    entry::{CUSTOMER, MOST_ID_CHARS, MOST_NAME_CHARS},
    object::{Object, Wrong, list},
    value::{
        amount, bounded, currency, filled, flag, instant, instant_of, invalid, required, said,
        string, text, whole,
    },
};

const MOST_LINES: usize = 500;
const MOST_LINKS: usize = 10;
const MOST_QUANTITY: u32 = 1_000_000;

pub(super) fn order(data: &mut Object<'_>) -> Result<OrderRecord, Wrong> {
    let order = OrderRecord {
        buyer: buyer(data)?,
        number: text(data, "number", MOST_ID_CHARS)?.flatten(),
        completed_at: required(data, "completedAt", instant_of)?,
        currency: required(data, "currency", currency)?,
        channel: text(data, "channel", MOST_ID_CHARS)?.flatten(),
        online: flag(data, "online")?,
        lines: each(data, "items", MOST_LINES, line)?,
        discount: said(data, "discount", amount)?.flatten(),
        extra: said(data, "extra", amount)?.flatten(),
        total: required(data, "total", amount)?,
        refunds: each(data, "refunds", MOST_LINES, refund)?,
        cancelled_at: instant(data, "cancelledAt")?,
        test: flag(data, "test")?,
        links: each(data, "links", MOST_LINKS, link)?,
    };
    if order.lines.is_empty() {
        return Err(Wrong::required(data.path("items")));
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = order.refunds.iter().find(|refund| !seen.insert(refund.id.as_str())) {
        let message = format!("Two refunds have the id {:?}.", twice.id);
        return Err(Wrong::new("invalid", data.path("refunds"), message));
    }
    Ok(order)
}

fn buyer(data: &mut Object<'_>) -> Result<Buyer, Wrong> {
    let key = said(data, "consumerSourceId", |raw| filled(raw, MOST_ID_CHARS))?.flatten();
    Ok(Buyer {
        key: key.map(|id| RecordKey::new(CUSTOMER, id)),
        loyalty_id: said(data, "consumerLoyaltyId", |raw| filled(raw, MOST_ID_CHARS))?.flatten(),
        email: said(data, "consumerEmail", |raw| filled(raw, MOST_ID_CHARS))?.flatten(),
        phone_number: said(data, "consumerPhoneNumber", |raw| filled(raw, MOST_ID_CHARS))?
            .flatten(),
    })
}

/// The things of a list, of which each is an object.
fn each<T>(
    data: &mut Object<'_>,
    key: &str,
    most: usize,
    read: fn(&mut Object<'_>) -> Result<T, Wrong>,
) -> Result<Vec<T>, Wrong> {
    let path = data.path(key);
    let Some(raw) = data.take(key).filter(|raw| *raw != "null") else { return Ok(Vec::new()) };
    let Some(texts) = list(raw).filter(|texts| texts.len() <= most) else {
        return Err(Wrong::new(
            "invalid",
            path,
            format!("This is a list of at most {most} objects."),
        ));
    };
    let mut things = Vec::with_capacity(texts.len());
    for (place, text) in texts.into_iter().enumerate() {
        let mut object = Object::read(text, &format!("{path}.{place}"))?;
        things.push(read(&mut object)?);
        object.finish()?;
    }
    Ok(things)
}

fn line(object: &mut Object<'_>) -> Result<LineRecord, Wrong> {
    let quantity = said(object, "quantity", |raw| whole(raw, 1, MOST_QUANTITY.into()))?.flatten();
    Ok(LineRecord {
        name: required(object, "name", |raw| filled(raw, MOST_NAME_CHARS))?,
        product: said(object, "productId", |raw| filled(raw, MOST_ID_CHARS))?.flatten(),
        quantity: quantity.and_then(|quantity| quantity.try_into().ok()).unwrap_or(1),
        unit_price: required(object, "unitPrice", amount)?,
        discount: said(object, "discount", amount)?.flatten(),
    })
}

fn refund(object: &mut Object<'_>) -> Result<RefundRecord, Wrong> {
    Ok(RefundRecord {
        id: required(object, "id", |raw| filled(raw, MOST_ID_CHARS))?,
        at: required(object, "at", instant_of)?,
        amount: required(object, "amount", amount)?,
    })
}

fn link(object: &mut Object<'_>) -> Result<(EntitySource, String), Wrong> {
    let source = required(object, "entitySource", |raw| {
        let name = string(raw).unwrap_or_default().to_ascii_uppercase();
        match EntitySource::from_name(&name) {
            Some(source) => Ok(source),
            None => invalid("This is a source, such as \"SHOPIFY\"."),
        }
    })?;
    let id = required(object, "entitySourceId", |raw| bounded(raw, MOST_ID_CHARS))?;
    Ok((source, id))
}
