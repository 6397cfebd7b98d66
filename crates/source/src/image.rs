//! The canonical image of a record: one text for one content, whatever order the source tells it in. What is kept, compared
//! and shown is the image; its digest says whether anything changed (engine rule 7).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use regulars_customer::ConsentChannel;
use regulars_kernel::Timestamp;
use regulars_merchant::EntitySource;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::record::{
    BalanceRecord, Body, Buyer, CustomerRecord, Field, LineRecord, OrderRecord, ProductRecord,
    RecordConsent, RecordKey, RefundRecord,
};

/// SHA-256 of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Of an image.
    pub fn of(image: &str) -> Self {
        Self(Sha256::digest(image.as_bytes()).into())
    }

    /// From what was kept; none where it is no digest.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// The image of what is said of a thing; none where it is gone.
pub fn image(body: &Body) -> Option<String> {
    let value = match body {
        Body::Customer(customer) => of_customer(customer),
        Body::Order(order) => of_order(order),
        Body::Product(product) => of_product(product),
        Body::Balance(balance) => of_balance(balance),
        Body::Gone(_) => return None,
    };
    // Keys of objects are sorted: `serde_json` keeps them in a tree.
    Some(value.to_string())
}

/// Reads what [`image`] wrote; none where it is no image.
pub fn body(image: &str) -> Option<Body> {
    let value: Value = serde_json::from_str(image).ok()?;
    let object = value.as_object()?;
    match object.get("is")?.as_str()? {
        "customer" => Some(Body::Customer(Box::new(customer(object)?))),
        "order" => Some(Body::Order(Box::new(order(object)?))),
        "product" => Some(Body::Product(Box::new(product(object)?))),
        "balance" => Some(Body::Balance(Box::new(balance(object)?))),
        _ => None,
    }
}

fn put(object: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value.into());
    }
}

fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn instant(object: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    object.get(name).and_then(Value::as_i64).map(Timestamp::from_micros)
}

fn of_customer(customer: &CustomerRecord) -> Value {
    let mut object = Map::new();
    object.insert("is".to_owned(), "customer".into());
    let fields = customer.fields.iter().map(|(field, value)| (field.name(), json!(value)));
    object.insert("fields".to_owned(), Value::Object(fields.collect()));
    put(&mut object, "cards", customer.cards.clone());
    put(&mut object, "verified", customer.email_verified.then_some(true));
    put(&mut object, "own", customer.own_id.clone());
    if !customer.consents.is_empty() {
        let mut consents = customer.consents.clone();
        consents.sort();
        let each = consents.into_iter().map(|consent| {
            json!([consent.channel.name(), consent.granted, consent.at.map(Timestamp::micros)])
        });
        object.insert("consents".to_owned(), each.collect());
    }
    put(&mut object, "created", customer.created_at.map(Timestamp::micros));
    Value::Object(object)
}

fn customer(object: &Map<String, Value>) -> Option<CustomerRecord> {
    let mut fields = BTreeMap::new();
    for (name, value) in object.get("fields")?.as_object()? {
        fields.insert(Field::from_name(name)?, value.as_str().map(str::to_owned));
    }
    let cards = object.get("cards").and_then(Value::as_array);
    let consents = object.get("consents").and_then(Value::as_array).into_iter().flatten();
    Some(CustomerRecord {
        fields,
        cards: cards.map(|cards| {
            cards.iter().filter_map(|card| card.as_str().map(str::to_owned)).collect()
        }),
        email_verified: object.get("verified").and_then(Value::as_bool).unwrap_or_default(),
        own_id: text(object, "own"),
        consents: consents
            .map(|consent| {
                Some(RecordConsent {
                    channel: ConsentChannel::from_name(consent.get(0)?.as_str()?)?,
                    granted: consent.get(1)?.as_bool()?,
                    at: consent.get(2)?.as_i64().map(Timestamp::from_micros),
                })
            })
            .collect::<Option<_>>()?,
        created_at: instant(object, "created"),
    })
}

fn of_buyer(buyer: &Buyer) -> Value {
    let mut object = Map::new();
    put(&mut object, "key", buyer.key.as_ref().map(|key| json!([key.object, key.id])));
    put(&mut object, "loyaltyId", buyer.loyalty_id.clone());
    put(&mut object, "email", buyer.email.clone());
    put(&mut object, "phone", buyer.phone_number.clone());
    Value::Object(object)
}

fn buyer(value: Option<&Value>) -> Option<Buyer> {
    let object = value?.as_object()?;
    let key = object
        .get("key")
        .and_then(|key| Some(RecordKey::new(key.get(0)?.as_str()?, key.get(1)?.as_str()?)));
    Some(Buyer {
        key,
        loyalty_id: text(object, "loyaltyId"),
        email: text(object, "email"),
        phone_number: text(object, "phone"),
    })
}

fn of_order(order: &OrderRecord) -> Value {
    let mut object = Map::new();
    object.insert("is".to_owned(), "order".into());
    object.insert("buyer".to_owned(), of_buyer(&order.buyer));
    put(&mut object, "number", order.number.clone());
    object.insert("completed".to_owned(), order.completed_at.micros().into());
    object.insert("currency".to_owned(), order.currency.clone().into());
    put(&mut object, "channel", order.channel.clone());
    object.insert("online".to_owned(), order.online.into());
    let lines = order.lines.iter().map(|line| {
        json!([line.name, line.product, line.quantity, line.unit_price, line.discount])
    });
    object.insert("lines".to_owned(), lines.collect());
    put(&mut object, "discount", order.discount.clone());
    put(&mut object, "extra", order.extra.clone());
    object.insert("total".to_owned(), order.total.clone().into());
    let mut refunds = order.refunds.clone();
    refunds.sort_by(|one, other| one.id.cmp(&other.id));
    let refunds =
        refunds.iter().map(|refund| json!([refund.id, refund.at.micros(), refund.amount]));
    object.insert("refunds".to_owned(), refunds.collect());
    put(&mut object, "cancelled", order.cancelled_at.map(Timestamp::micros));
    object.insert("test".to_owned(), order.test.into());
    let links = order.links.iter().map(|(source, id)| json!([source.name(), id]));
    object.insert("links".to_owned(), links.collect());
    Value::Object(object)
}

fn order(object: &Map<String, Value>) -> Option<OrderRecord> {
    let list = |name: &str| object.get(name).and_then(Value::as_array).into_iter().flatten();
    let at = |value: &Value, nth: usize| value.get(nth).and_then(Value::as_str).map(str::to_owned);
    Some(OrderRecord {
        buyer: buyer(object.get("buyer"))?,
        number: text(object, "number"),
        completed_at: instant(object, "completed")?,
        currency: text(object, "currency")?,
        channel: text(object, "channel"),
        online: object.get("online")?.as_bool()?,
        lines: list("lines")
            .map(|line| {
                Some(LineRecord {
                    name: at(line, 0)?,
                    product: at(line, 1),
                    quantity: u32::try_from(line.get(2)?.as_u64()?).ok()?,
                    unit_price: at(line, 3)?,
                    discount: at(line, 4),
                })
            })
            .collect::<Option<_>>()?,
        discount: text(object, "discount"),
        extra: text(object, "extra"),
        total: text(object, "total")?,
        refunds: list("refunds")
            .map(|refund| {
                Some(RefundRecord {
                    id: at(refund, 0)?,
                    at: refund.get(1)?.as_i64().map(Timestamp::from_micros)?,
                    amount: at(refund, 2)?,
                })
            })
            .collect::<Option<_>>()?,
        cancelled_at: instant(object, "cancelled"),
        test: object.get("test")?.as_bool()?,
        links: list("links")
            .map(|link| Some((EntitySource::from_name(&at(link, 0)?)?, at(link, 1)?)))
            .collect::<Option<_>>()?,
    })
}

fn of_product(product: &ProductRecord) -> Value {
    let mut object = Map::new();
    object.insert("is".to_owned(), "product".into());
    object.insert("name".to_owned(), product.name.clone().into());
    put(&mut object, "price", product.price.clone());
    put(&mut object, "currency", product.currency.clone());
    put(&mut object, "sku", product.sku.clone());
    Value::Object(object)
}

fn product(object: &Map<String, Value>) -> Option<ProductRecord> {
    Some(ProductRecord {
        name: text(object, "name")?,
        price: text(object, "price"),
        currency: text(object, "currency"),
        sku: text(object, "sku"),
    })
}

fn of_balance(balance: &BalanceRecord) -> Value {
    let mut object = Map::new();
    object.insert("is".to_owned(), "balance".into());
    object.insert("owner".to_owned(), of_buyer(&balance.owner));
    object.insert("card".to_owned(), balance.loyalty_card.clone().into());
    object.insert("amount".to_owned(), balance.amount.into());
    put(&mut object, "expires", balance.expires_on.map(|day| day.to_string()));
    Value::Object(object)
}

fn balance(object: &Map<String, Value>) -> Option<BalanceRecord> {
    let expires = text(object, "expires");
    Some(BalanceRecord {
        owner: buyer(object.get("owner"))?,
        loyalty_card: text(object, "card")?,
        amount: object.get("amount")?.as_i64()?,
        expires_on: expires.map(|day| day.parse::<NaiveDate>()).transpose().ok()?,
    })
}
