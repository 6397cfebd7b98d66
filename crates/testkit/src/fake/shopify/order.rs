//! An order of the shop.

use serde_json::{Value, json};

use super::{
    customer::{self, decimal},
    table::Row,
    world::instant,
};

/// A line of an order.
#[derive(Clone, Debug)]
pub struct Line {
    /// What was bought.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// How many are left: less what came back or was taken out.
    pub current: u32,
    /// What one costs, in cents.
    pub price: i64,
    /// What was taken off all of them, in cents.
    pub discount: i64,
    /// The tax of all of them, in cents.
    pub tax: i64,
    /// Whether it is money for later.
    pub gift_card: bool,
}

impl Line {
    /// So many of something at so many cents each.
    pub fn new(name: &str, quantity: u32, price: i64) -> Self {
        Self {
            name: name.to_owned(),
            quantity,
            current: quantity,
            price,
            discount: 0,
            tax: 0,
            gift_card: false,
        }
    }

    fn net(&self, count: u32) -> i64 {
        let part = i64::from(count);
        let all = i64::from(self.quantity).max(1);
        self.price.saturating_mul(part).saturating_sub(self.discount.saturating_mul(part) / all)
    }
}

/// What was given back.
#[derive(Clone, Debug)]
pub struct Refund {
    /// Its number.
    pub id: u64,
    /// When: seconds since 1970.
    pub at: i64,
    /// How much, in cents.
    pub amount: i64,
}

/// An order.
#[derive(Clone, Debug)]
pub struct Order {
    /// Whose.
    pub customer: Option<u64>,
    /// What was bought.
    pub lines: Vec<Line>,
    /// What delivery costs, in cents.
    pub shipping: i64,
    /// Whether prices are with tax.
    pub taxes_included: bool,
    /// What was given back.
    pub refunds: Vec<Refund>,
    /// `PAID`, `PENDING`, …
    pub status: String,
    /// Where it was sold: `web`, `pos`, …
    pub source: String,
    /// The number of the till's place.
    pub location: Option<u64>,
    /// Whether it was only tried out.
    pub test: bool,
    /// When it was sold: seconds since 1970.
    pub processed_at: i64,
    /// When it was changed last: seconds since 1970.
    pub updated_at: i64,
    /// When it was called off: seconds since 1970.
    pub cancelled_at: Option<i64>,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            customer: None,
            lines: Vec::new(),
            shipping: 0,
            taxes_included: true,
            refunds: Vec::new(),
            status: "PAID".to_owned(),
            source: "web".to_owned(),
            location: None,
            test: false,
            processed_at: 0,
            updated_at: 0,
            cancelled_at: None,
        }
    }
}

impl Row for Order {
    fn updated_at(&self) -> i64 {
        self.updated_at
    }
}

/// `gid://shopify/Order/7`.
pub(super) fn gid(id: u64) -> String {
    format!("gid://shopify/Order/{id}")
}

fn bag(cents: i64) -> Value {
    let money = json!({ "__typename": "MoneyV2", "amount": decimal(cents), "currencyCode": "EUR" });
    json!({ "__typename": "MoneyBag", "shopMoney": money, "presentmentMoney": money })
}

impl Order {
    /// An order of a customer, paid.
    pub fn of(customer: u64, lines: Vec<Line>) -> Self {
        Self { customer: Some(customer), lines, ..Self::default() }
    }

    /// What it came to before anything came back, in cents.
    pub fn total(&self) -> i64 {
        let lines: i64 = self.lines.iter().map(|line| line.net(line.quantity)).sum();
        let tax: i64 = self.lines.iter().map(|line| line.tax).sum();
        lines + self.shipping + if self.taxes_included { 0 } else { tax }
    }

    /// What it comes to now, in cents.
    pub fn current_total(&self) -> i64 {
        let lines: i64 = self.lines.iter().map(|line| line.net(line.current)).sum();
        let tax: i64 = self
            .lines
            .iter()
            .map(|line| line.tax * i64::from(line.current) / i64::from(line.quantity.max(1)))
            .sum();
        lines + self.shipping + if self.taxes_included { 0 } else { tax }
    }

    /// What the interface shows.
    pub(super) fn show(&self, id: u64) -> Value {
        let refunds: Vec<Value> = self
            .refunds
            .iter()
            .map(|refund| {
                json!({
                    "__typename": "Refund", "id": format!("gid://shopify/Refund/{}", refund.id),
                    "createdAt": instant(refund.at), "updatedAt": instant(refund.at),
                    "totalRefundedSet": bag(refund.amount),
                })
            })
            .collect();
        let given: i64 = self.refunds.iter().map(|refund| refund.amount).sum();
        let lines: Vec<Value> = self
            .lines
            .iter()
            .zip(1_u64..)
            .map(|(line, place)| show_line(line, id, place))
            .collect();
        let customer =
            self.customer.map(|id| json!({ "__typename": "Customer", "id": customer::gid(id) }));
        let place = self.location.map(
            |id| json!({ "__typename": "Location", "id": format!("gid://shopify/Location/{id}") }),
        );
        json!({
            "__typename": "Order", "id": gid(id), "legacyResourceId": id.to_string(),
            "name": format!("#{id}"), "createdAt": instant(self.processed_at),
            "processedAt": instant(self.processed_at), "updatedAt": instant(self.updated_at),
            "cancelledAt": self.cancelled_at.map(instant), "test": self.test,
            "displayFinancialStatus": self.status, "taxesIncluded": self.taxes_included,
            "currencyCode": "EUR", "sourceName": self.source, "retailLocation": place,
            "customer": customer, "totalPriceSet": bag(self.total()),
            "currentTotalPriceSet": bag(self.current_total()), "totalRefundedSet": bag(given),
            "refunds": refunds, "lineItems": { "__connection": lines },
        })
    }
}

fn show_line(line: &Line, order: u64, place: u64) -> Value {
    let off = (line.discount > 0).then(
        || json!({ "__typename": "DiscountAllocation", "allocatedAmountSet": bag(line.discount) }),
    );
    let tax = (line.tax > 0)
        .then(|| json!({ "__typename": "TaxLine", "title": "VAT", "priceSet": bag(line.tax) }));
    json!({
        "__typename": "LineItem", "id": format!("gid://shopify/LineItem/{order}{place:04}"),
        "name": line.name, "title": line.name, "sku": null, "quantity": line.quantity,
        "currentQuantity": line.current, "isGiftCard": line.gift_card,
        "product": { "__typename": "Product", "id": "gid://shopify/Product/1" },
        "originalUnitPriceSet": bag(line.price),
        "discountAllocations": off.into_iter().collect::<Vec<_>>(),
        "taxLines": tax.into_iter().collect::<Vec<_>>(),
    })
}
