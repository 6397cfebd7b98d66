//! The fields of records, by the names under which they are read back.

use regulars_customer::{ConsentChannel, merge::MergeField};
use regulars_source::record::{
    BalanceRecord, Buyer, CustomerRecord, Field, LineRecord, OrderRecord, ProductRecord, Record,
    RefundRecord,
};
use serde_json::Value;

use super::super::{settings::Kind, target::Target};

/// A value as it is written.
#[derive(Clone, Debug)]
pub(super) enum Written {
    /// There is nothing.
    Null,
    Text(String),
    /// The text of a JSON value that is no text.
    Json(String),
    Cards(Vec<String>),
    /// Of an order: lines or refunds. In CSV each has a row, under `items.` or `refunds.`.
    Rows(Vec<Fields>),
}

/// What is written of a record.
pub(super) type Fields = Vec<(String, Written)>;

/// The columns of a file of CSV.
pub(super) fn columns(kind: Kind) -> Vec<String> {
    let target = |target: Target| target.name();
    let own = MergeField::ALL.iter().filter(|field| **field != MergeField::ExtraInfo);
    let mut columns =
        vec![target(Target::SourceId), target(Target::UpdatedAt), target(Target::Seq)];
    match kind {
        Kind::Customers => {
            columns.push(target(Target::CreatedAt));
            columns.push(target(Target::LoyaltyId));
            columns.push(target(Target::Cards));
            columns.extend(own.map(|field| target(Target::Own(*field))));
            columns.push(target(Target::EmailVerified));
            for channel in ConsentChannel::ALL {
                columns.push(target(Target::Consent(*channel)));
                columns.push(target(Target::ConsentAt(*channel)));
            }
            columns.push(target(Target::ExtraInfo));
        }
        Kind::Cards => columns.extend(
            [
                Target::LoyaltyId,
                Target::Own(MergeField::Email),
                Target::Own(MergeField::PhoneNumber),
                Target::Cards,
            ]
            .map(target),
        ),
        Kind::Balances => {
            columns.extend(BUYER.map(target));
            columns.extend([Target::LoyaltyCard, Target::Amount, Target::ExpiresOn].map(target));
        }
        Kind::Products => {
            columns
                .extend([Target::Name, Target::Price, Target::Currency, Target::Sku].map(target));
        }
        Kind::Orders => {
            columns.extend([Target::Number, Target::CompletedAt, Target::Currency].map(target));
            columns.extend(BUYER.map(target));
            columns.extend(
                [
                    Target::Channel,
                    Target::Online,
                    Target::Discount,
                    Target::OnTop,
                    Target::Total,
                    Target::CancelledAt,
                    Target::Test,
                    Target::Links,
                    Target::ItemName,
                    Target::ItemProduct,
                    Target::ItemQuantity,
                    Target::ItemUnitPrice,
                    Target::ItemDiscount,
                    Target::RefundId,
                    Target::RefundAt,
                    Target::RefundAmount,
                ]
                .map(target),
            );
        }
    }
    columns
}

const BUYER: [Target; 4] = [
    Target::CustomerId,
    Target::LoyaltyId,
    Target::Own(MergeField::Email),
    Target::Own(MergeField::PhoneNumber),
];

/// Collects fields; what is absent is left out.
struct Collected(Fields);

impl Collected {
    fn of(record: &Record) -> Self {
        let mut fields = Self(Vec::new());
        fields.text(&Target::SourceId, Some(record.key.id.clone()));
        fields.text(&Target::UpdatedAt, record.version.updated_at.map(|at| at.to_string()));
        fields.json(&Target::Seq, record.version.seq.map(|seq| seq.to_string()));
        fields
    }

    fn put(&mut self, target: &Target, value: Option<Written>) {
        self.0.extend(value.map(|value| (target.name(), value)));
    }

    fn text(&mut self, target: &Target, value: Option<String>) {
        self.put(target, value.map(Written::Text));
    }

    fn json(&mut self, target: &Target, value: Option<String>) {
        self.put(target, value.map(Written::Json));
    }

    /// What is false unless it is said.
    fn flag(&mut self, target: &Target, value: bool) {
        self.json(target, value.then(|| "true".to_owned()));
    }

    fn buyer(&mut self, buyer: &Buyer) {
        self.text(&Target::CustomerId, buyer.key.as_ref().map(|key| key.id.clone()));
        self.text(&Target::LoyaltyId, buyer.loyalty_id.clone());
        self.text(&Target::Own(MergeField::Email), buyer.email.clone());
        self.text(&Target::Own(MergeField::PhoneNumber), buyer.phone_number.clone());
    }
}

pub(super) fn customer(record: &Record, customer: &CustomerRecord) -> Fields {
    let mut fields = Collected::of(record);
    fields.text(&Target::CreatedAt, customer.created_at.map(|at| at.to_string()));
    fields.text(&Target::LoyaltyId, customer.own_id.clone());
    fields.put(&Target::Cards, customer.cards.clone().map(Written::Cards));
    let mut extra = Vec::new();
    for (field, value) in &customer.fields {
        match field {
            Field::Own(own) => {
                let written = value.clone().map_or(Written::Null, Written::Text);
                fields.put(&Target::Own(*own), Some(written));
            }
            Field::Extra(key) => {
                extra.push((key.clone(), value.clone().unwrap_or_else(|| "null".to_owned())));
            }
        }
    }
    if !extra.is_empty() {
        fields.json(&Target::ExtraInfo, Some(text_of(&extra)));
    }
    fields.flag(&Target::EmailVerified, customer.email_verified);
    for channel in ConsentChannel::ALL {
        let heard = customer.consents.iter().filter(|consent| consent.channel == *channel);
        if let Some(consent) = heard.max_by_key(|consent| (consent.at, !consent.granted)) {
            fields.json(&Target::Consent(*channel), Some(consent.granted.to_string()));
            fields.text(&Target::ConsentAt(*channel), consent.at.map(|at| at.to_string()));
        }
    }
    fields.0
}

pub(super) fn cards(record: &Record, customer: &CustomerRecord) -> Fields {
    let mut fields = Collected::of(record);
    fields.text(&Target::LoyaltyId, customer.own_id.clone());
    for own in [MergeField::Email, MergeField::PhoneNumber] {
        let value = customer.fields.get(&Field::Own(own));
        fields.text(&Target::Own(own), value.cloned().flatten());
    }
    fields.put(&Target::Cards, customer.cards.clone().map(Written::Cards));
    fields.0
}

pub(super) fn balance(record: &Record, balance: &BalanceRecord) -> Fields {
    let mut fields = Collected::of(record);
    fields.buyer(&balance.owner);
    fields.text(&Target::LoyaltyCard, Some(balance.loyalty_card.clone()));
    fields.json(&Target::Amount, Some(balance.amount.to_string()));
    fields.text(&Target::ExpiresOn, balance.expires_on.map(|day| day.to_string()));
    fields.0
}

pub(super) fn product(record: &Record, product: &ProductRecord) -> Fields {
    let mut fields = Collected::of(record);
    fields.text(&Target::Name, Some(product.name.clone()));
    fields.text(&Target::Price, product.price.clone());
    fields.text(&Target::Currency, product.currency.clone());
    fields.text(&Target::Sku, product.sku.clone());
    fields.0
}

pub(super) fn order(record: &Record, order: &OrderRecord) -> Fields {
    let mut fields = Collected::of(record);
    fields.text(&Target::Number, order.number.clone());
    fields.text(&Target::CompletedAt, Some(order.completed_at.to_string()));
    fields.text(&Target::Currency, Some(order.currency.clone()));
    fields.buyer(&order.buyer);
    fields.text(&Target::Channel, order.channel.clone());
    fields.flag(&Target::Online, order.online);
    fields.text(&Target::Discount, order.discount.clone());
    fields.text(&Target::OnTop, order.extra.clone());
    fields.text(&Target::Total, Some(order.total.clone()));
    fields.text(&Target::CancelledAt, order.cancelled_at.map(|at| at.to_string()));
    fields.flag(&Target::Test, order.test);
    let links = order.links.iter().map(
        |(source, own)| serde_json::json!({"entitySource": source.name(), "entitySourceId": own}),
    );
    let links: Vec<_> = links.collect();
    let links = (!links.is_empty()).then(|| Value::from(links).to_string());
    fields.json(&Target::Links, links);
    let rows = |rows: Vec<Fields>| (!rows.is_empty()).then_some(Written::Rows(rows));
    fields.put(&Target::Items, rows(order.lines.iter().map(line).collect()));
    fields.put(&Target::Refunds, rows(order.refunds.iter().map(refund).collect()));
    fields.0
}

fn line(line: &LineRecord) -> Fields {
    let mut fields = Collected(Vec::new());
    fields.text(&Target::ItemName, Some(line.name.clone()));
    fields.text(&Target::ItemProduct, line.product.clone());
    fields.json(&Target::ItemQuantity, Some(line.quantity.to_string()));
    fields.text(&Target::ItemUnitPrice, Some(line.unit_price.clone()));
    fields.text(&Target::ItemDiscount, line.discount.clone());
    fields.0
}

fn refund(refund: &RefundRecord) -> Fields {
    let mut fields = Collected(Vec::new());
    fields.text(&Target::RefundId, Some(refund.id.clone()));
    fields.text(&Target::RefundAt, Some(refund.at.to_string()));
    fields.text(&Target::RefundAmount, Some(refund.amount.clone()));
    fields.0
}

/// The rows of CSV of a record: of an order one for each line and refund, the order's own cells in the first alone, so that the totals of a
/// column can be added up; its id is in all of them.
pub(super) fn rows(fields: Fields) -> Vec<Fields> {
    let mut lists = Vec::new();
    let mut first = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        match value {
            Written::Rows(rows) => lists.push(rows),
            value => first.push((name, value)),
        }
    }
    let id: Fields = first.iter().take(1).cloned().collect();
    let count = lists.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let mut rows = vec![first];
    rows.resize(count, id);
    for list in lists {
        for (row, more) in rows.iter_mut().zip(list) {
            row.extend(more);
        }
    }
    rows
}

/// The object of JSON of a record.
pub(super) fn object(fields: Fields) -> Vec<(String, String)> {
    fields
        .into_iter()
        .map(|(name, value)| {
            let json = match value {
                Written::Null => "null".to_owned(),
                Written::Text(text) => Value::from(text).to_string(),
                Written::Json(text) => text,
                Written::Cards(cards) => Value::from(cards).to_string(),
                Written::Rows(rows) => {
                    let rows = rows.into_iter().map(|row| text_of(&object(nested(row))));
                    format!("[{}]", rows.collect::<Vec<_>>().join(","))
                }
            };
            (name, json)
        })
        .collect()
}

/// `items.name` is `name` within the list.
fn nested(fields: Fields) -> Fields {
    let inner = |name: String| match name.split_once('.') {
        Some((_, inner)) => inner.to_owned(),
        None => name,
    };
    fields.into_iter().map(|(name, value)| (inner(name), value)).collect()
}

/// The text of an object whose values are texts of JSON.
pub(in crate::file) fn text_of(pairs: &[(String, String)]) -> String {
    let pairs = pairs.iter().map(|(key, json)| format!("{}:{json}", Value::from(key.as_str())));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}
