//! An order of a shop as a record: its lines add up to its total, to the last cent.

use regulars_kernel::money::Currency;
use regulars_source::record::{
    Body, Buyer, Item, LineRecord, OrderRecord, Record, RecordKey, RefundRecord, SourceVersion,
};
use serde_json::Value;

use super::{
    customer,
    value::{
        Flaw, Micros, amount, decimal, flag, instant, optional, optional_instant, rounded,
        rounded_up, text, unit,
    },
};

/// Shopify's word for orders.
pub(super) const OBJECT: &str = "Order";
/// What an order that was sold at a till says of itself.
const TILL: &str = "pos";

/// The record of an order with these lines, or why it is none. Nothing where it is not to be told yet: it was not paid, and
/// only paid ones are.
pub(super) fn item(order: &Value, lines: &[Value], unpaid_too: bool) -> Option<Item> {
    if !unpaid_too && !is_told(order) {
        return None;
    }
    Some(match record(order, lines) {
        Ok(record) => Item::Record(record),
        Err(flaw) => Item::Bad(flaw.bad(order)),
    })
}

/// Whether an order was paid. One that was called off is told anyhow, since it may have been told before.
fn is_told(order: &Value) -> bool {
    if order.get("cancelledAt").is_some_and(Value::is_string) {
        return true;
    }
    let refunded =
        order.get("refunds").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    match optional(order, "displayFinancialStatus") {
        Some("PENDING" | "AUTHORIZED" | "VOIDED" | "EXPIRED") => false,
        // What was paid in part and then given back was whole before.
        Some("PARTIALLY_PAID") => refunded,
        _ => true,
    }
}

fn record(order: &Value, lines: &[Value]) -> Result<Record, Flaw> {
    let id = text(order, "id")?;
    let updated_at = instant(order, "updatedAt")?;
    let currency = text(order, "currencyCode")?;
    let currency = Currency::from_code(currency).ok_or_else(|| Flaw::invalid("currencyCode"))?;
    let mut cancelled_at = optional_instant(order, "cancelledAt")?;
    let voided = matches!(optional(order, "displayFinancialStatus"), Some("VOIDED" | "EXPIRED"));
    if voided && cancelled_at.is_none() {
        cancelled_at = Some(updated_at);
    }
    let refunds = refunds(order, currency)?;
    let bill = Bill::of(order, lines, currency, &refunds, cancelled_at.is_some())?;
    let source = optional(order, "sourceName");
    let location = order.get("retailLocation").and_then(|place| optional(place, "id"));
    let customer = order.get("customer").and_then(|customer| optional(customer, "id"));
    let money = |amount: Micros| (amount > 0).then(|| decimal(amount, currency));
    let record = OrderRecord {
        // Whoever typed an address at the checkout has not proved that it is theirs: only the shop's own customer counts.
        buyer: Buyer {
            key: customer.map(|id| RecordKey::new(customer::OBJECT, id)),
            ..Buyer::default()
        },
        number: optional(order, "name").map(str::to_owned),
        completed_at: instant(order, "processedAt")?,
        currency: currency.code().to_owned(),
        channel: match (source, location) {
            (Some(TILL), Some(place)) => Some(format!("{TILL}:{}", last_part(place))),
            (source, _) => source.map(str::to_owned),
        },
        online: source != Some(TILL) && location.is_none(),
        lines: bill.lines,
        discount: money(bill.discount),
        extra: money(bill.extra),
        total: decimal(bill.total, currency),
        refunds: refunds.into_iter().map(|(refund, _)| refund).collect(),
        cancelled_at,
        test: flag(order, "test"),
        links: Vec::new(),
    };
    Ok(Record {
        key: RecordKey::new(OBJECT, id),
        version: SourceVersion { seq: None, updated_at: Some(updated_at) },
        body: Body::Order(Box::new(record)),
    })
}

/// `61` of `gid://shopify/Location/61`.
fn last_part(gid: &str) -> &str {
    gid.rsplit('/').next().unwrap_or(gid)
}

/// What was given back, each with its amount. Goods that came back without money are none.
fn refunds(order: &Value, currency: Currency) -> Result<Vec<(RefundRecord, Micros)>, Flaw> {
    let mut refunds = Vec::new();
    for refund in order.get("refunds").and_then(Value::as_array).into_iter().flatten() {
        let given = rounded(amount(refund, "totalRefundedSet")?, unit(currency));
        if given <= 0 {
            continue;
        }
        let at = match optional_instant(refund, "createdAt")? {
            Some(at) => at,
            None => instant(refund, "updatedAt")?,
        };
        let id = text(refund, "id")?.to_owned();
        refunds.push((RefundRecord { id, at, amount: decimal(given, currency) }, given));
    }
    Ok(refunds)
}

/// What an order comes to: `total` is the sum of the lines, less `discount`, and `extra`.
struct Bill {
    lines: Vec<LineRecord>,
    discount: Micros,
    extra: Micros,
    total: Micros,
}

impl Bill {
    /// Shopify's `totalPriceSet` is what it came to before anything came back; `currentTotalPriceSet` is less by what came back or was
    /// taken out of it. What was taken out without money given back was never paid, or will be given back later: it is no
    /// part of the order any more.
    fn of(
        order: &Value,
        lines: &[Value],
        currency: Currency,
        refunds: &[(RefundRecord, Micros)],
        cancelled: bool,
    ) -> Result<Self, Flaw> {
        let unit = unit(currency);
        let before = rounded(amount(order, "totalPriceSet")?, unit);
        let now = rounded(amount(order, "currentTotalPriceSet")?, unit);
        let refunded = refunds
            .iter()
            .try_fold(0_i64, |sum, (_, given)| sum.checked_add(*given))
            .ok_or_else(|| Flaw::invalid("refunds"))?;
        let removed =
            if cancelled { 0 } else { before.saturating_sub(refunded).saturating_sub(now) };
        let removed = removed.max(0);
        // Where nothing was given back, what is left of each line is known; else it is taken off as a whole.
        let left = removed > 0 && refunded == 0;
        let taxed = flag(order, "taxesIncluded");
        let mut sold = Lines { currency, taxed, left, records: Vec::new(), sum: 0 };
        for line in lines {
            sold.add(line)?;
        }
        if sold.records.is_empty() && left {
            sold.left = false;
            for line in lines {
                sold.add(line)?;
            }
        }
        if sold.records.is_empty() {
            return Err(Flaw::required("lineItems"));
        }
        let total = before.saturating_sub(removed);
        if total < 0 {
            return Err(Flaw::invalid("totalPriceSet"));
        }
        let listed = if sold.left { 0 } else { removed };
        // Delivery, tips, duties and the rounding of cash are what the lines do not explain.
        let rest = total.saturating_add(listed).saturating_sub(sold.sum);
        Ok(Self {
            lines: sold.records,
            discount: listed.saturating_sub(rest.min(0)),
            extra: rest.max(0),
            total,
        })
    }
}

struct Lines {
    currency: Currency,
    /// Whether prices are with tax; else each line's is added.
    taxed: bool,
    /// Whether only what is left of a line counts.
    left: bool,
    records: Vec<LineRecord>,
    /// What they come to.
    sum: Micros,
}

impl Lines {
    fn add(&mut self, line: &Value) -> Result<(), Flaw> {
        let quantity = count(line, "quantity")?;
        let kept = if self.left { count(line, "currentQuantity")?.min(quantity) } else { quantity };
        if kept == 0 {
            return Ok(());
        }
        let unit = unit(self.currency);
        let price = amount(line, "originalUnitPriceSet")?;
        let off = sum(line, "discountAllocations", "allocatedAmountSet")?;
        let tax = if self.taxed { 0 } else { sum(line, "taxLines", "priceSet")? };
        let invalid = || Flaw::invalid("lineItems");
        let whole = price.checked_mul(quantity).ok_or_else(invalid)?;
        let net =
            whole.checked_sub(off).and_then(|net| net.checked_add(tax)).ok_or_else(invalid)?;
        let net = share(net.max(0), kept, quantity).ok_or_else(invalid)?;
        let net = rounded(net, unit);
        // With tax, and in whole cents: what that is too much for all of them together is taken off the line.
        let needed = net.saturating_add(kept - 1) / kept;
        let with_tax = rounded_up(price.saturating_add(tax / quantity).max(needed), unit);
        let gross = with_tax.checked_mul(kept).ok_or_else(invalid)?;
        // A gift card is money for later: it earns when it is spent, so here it is no part of what the lines come to.
        let gift = flag(line, "isGiftCard");
        let (with_tax, off) = if gift { (0, 0) } else { (with_tax, gross.saturating_sub(net)) };
        let product = line.get("product").and_then(|product| optional(product, "id"));
        self.records.push(LineRecord {
            name: text(line, "name")?.to_owned(),
            product: product.map(str::to_owned),
            quantity: u32::try_from(kept).map_err(|_too_many| Flaw::invalid("quantity"))?,
            unit_price: decimal(with_tax, self.currency),
            discount: (off > 0).then(|| decimal(off, self.currency)),
        });
        if !gift {
            self.sum = self.sum.checked_add(net).ok_or_else(invalid)?;
        }
        Ok(())
    }
}

/// `of` × `part` ÷ `whole`.
fn share(of: Micros, part: i64, whole: i64) -> Option<Micros> {
    let share = i128::from(of).checked_mul(part.into())?.checked_div(whole.into())?;
    i64::try_from(share).ok()
}

fn count(line: &Value, name: &str) -> Result<i64, Flaw> {
    let count = line.get(name).and_then(Value::as_i64);
    count.filter(|count| *count >= 0).ok_or_else(|| Flaw::invalid(name))
}

/// The sum of the amounts of a list.
fn sum(line: &Value, list: &str, name: &str) -> Result<Micros, Flaw> {
    let mut sum: Micros = 0;
    for one in line.get(list).and_then(Value::as_array).into_iter().flatten() {
        sum = sum.checked_add(amount(one, name)?).ok_or_else(|| Flaw::invalid(list))?;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests;
