//! Orders of a file. In CSV an order has a row for each line and refund, one behind the other, with the order's own cells in the first or
//! in all of them; in JSON Lines it has lists.

use regulars_kernel::{Currency, Money, Timestamp};
use regulars_merchant::EntitySource;
use regulars_source::record::{Body, LineRecord, OrderRecord, Record, RecordKey, RefundRecord};

use super::{
    entry::{Entries, Entry, Wrong, id},
    goods::buyer,
    json,
    settings::{Kind, Options},
    target::Target,
    values::{Cell, currency, flag, instant, whole},
};

/// The word for orders in keys.
pub(super) const OBJECT: &str = "order";

/// The order of rows that belong together.
pub(super) fn order(options: &Options, rows: &[Entries<'_>]) -> Result<Record, Wrong> {
    let whole = whole_order(rows)?;
    let own = match whole.read(&Target::SourceId, id)? {
        Some(own) => own,
        None => {
            whole.read(&Target::Number, id)?.ok_or_else(|| Wrong::missing(&Target::SourceId))?
        }
    };
    let of = whole
        .read(&Target::Currency, currency)?
        .or_else(|| options.currency.as_deref().and_then(|code| currency(code).ok()))
        .ok_or_else(|| Wrong::missing(&Target::Currency))?;
    let reading = Reading { options, of };
    let at = |target: &Target| whole.read(target, |text| instant(text, options));
    let completed_at =
        at(&Target::CompletedAt)?.ok_or_else(|| Wrong::missing(&Target::CompletedAt))?;
    let version = whole.version(options)?;
    let total = reading.required(&whole, &Target::Total)?;
    let mut order = OrderRecord {
        buyer: buyer(&whole)?,
        number: whole.text(&Target::Number).map(str::to_owned),
        completed_at,
        currency: of.code().to_owned(),
        channel: whole.text(&Target::Channel).map(str::to_owned),
        online: whole.read(&Target::Online, flag)?.unwrap_or(false),
        lines: Vec::new(),
        discount: reading.amount(&whole, &Target::Discount)?,
        extra: reading.amount(&whole, &Target::OnTop)?,
        total,
        refunds: Vec::new(),
        cancelled_at: at(&Target::CancelledAt)?,
        test: whole.read(&Target::Test, flag)?.unwrap_or(false),
        links: links(&whole)?,
    };
    let refunded = version.updated_at.unwrap_or(completed_at);
    for row in rows {
        order.lines.extend(reading.line(row)?);
        reading.refund(row, &own, refunded, &mut order.refunds)?;
    }
    for (list, prefix) in [(&Target::Items, "items."), (&Target::Refunds, "refunds.")] {
        let Some(entry) = whole.get(list) else { continue };
        each_of(entry, prefix, |row| {
            order.lines.extend(reading.line(row)?);
            reading.refund(row, &own, refunded, &mut order.refunds)
        })?;
    }
    if order.lines.is_empty() {
        order.lines.push(reading.only_line(&order)?);
    }
    let key = RecordKey::new(OBJECT, own);
    Ok(Record { key, version, body: Body::Order(Box::new(order)) })
}

/// What the rows say of the order as a whole, which must be the same wherever it is said.
fn whole_order<'a>(rows: &'a [Entries<'_>]) -> Result<Entries<'a>, Wrong> {
    let mut whole = Entries::default();
    for entry in rows.iter().flat_map(|row| &row.0) {
        if entry.target.is_of_row() || entry.cell == Cell::Null {
            continue;
        }
        match whole.get(entry.target) {
            None => whole.0.push(entry.clone()),
            Some(known) if known.cell == entry.cell => {}
            Some(known) => {
                let first = known.cell.text().unwrap_or_default();
                let message = format!(
                    "The rows of one order say different things: a row before has {first:?}. What each line has of its own belongs into columns of items."
                );
                return Err(entry.wrong(("differs", message)));
            }
        }
    }
    Ok(whole)
}

/// Hands over each object of a list of JSON.
fn each_of(
    entry: &Entry<'_>,
    prefix: &str,
    mut take: impl FnMut(&Entries<'_>) -> Result<(), Wrong>,
) -> Result<(), Wrong> {
    let text = entry.cell.text().unwrap_or_default();
    let objects = json::list(text)
        .ok_or_else(|| entry.wrong(("invalid", "Expected a list of objects.".to_owned())))?;
    for (nth, object) in objects.into_iter().enumerate() {
        let place = |wrong: Wrong| {
            let column = wrong.column.as_deref().unwrap_or_default();
            let key = column.strip_prefix(prefix).unwrap_or(column);
            Wrong { column: Some(format!("{}[{nth}].{key}", entry.column)), ..wrong }
        };
        let pairs = json::object(object).map_err(|error| place(error.into()))?;
        let named: Vec<_> = pairs
            .iter()
            .filter_map(|(key, value)| {
                let target = Target::from_name(Kind::Orders, &format!("{prefix}{key}"))?;
                Some((key, target, Cell::of_json(value)?))
            })
            .collect();
        let entries = named
            .iter()
            .map(|(column, target, cell)| Entry { column, target, cell: cell.clone() })
            .collect();
        take(&Entries(entries)).map_err(place)?;
    }
    Ok(())
}

/// Reads amounts of one currency.
#[derive(Clone, Copy)]
struct Reading<'a> {
    options: &'a Options,
    of: Currency,
}

impl Reading<'_> {
    fn amount(self, entries: &Entries<'_>, target: &Target) -> Result<Option<String>, Wrong> {
        entries.amount(target, Some(self.of), self.options)
    }

    fn required(self, entries: &Entries<'_>, target: &Target) -> Result<String, Wrong> {
        self.amount(entries, target)?.ok_or_else(|| Wrong::missing(target))
    }

    fn line(self, row: &Entries<'_>) -> Result<Option<LineRecord>, Wrong> {
        let product = row.text(&Target::ItemProduct).map(str::to_owned);
        let name = row.text(&Target::ItemName).map(str::to_owned);
        let quantity = row.read(&Target::ItemQuantity, |text| {
            let number = u32::try_from(whole(text)?).ok().filter(|number| *number > 0);
            number.ok_or_else(|| ("invalid", "Expected a number of 1 or more.".to_owned()))
        })?;
        let unit_price = self.amount(row, &Target::ItemUnitPrice)?;
        if product.is_none() && name.is_none() && quantity.is_none() && unit_price.is_none() {
            return Ok(None);
        }
        Ok(Some(LineRecord {
            name: name
                .or_else(|| product.clone())
                .ok_or_else(|| Wrong::missing(&Target::ItemName))?,
            product,
            quantity: quantity.unwrap_or(1),
            unit_price: unit_price.ok_or_else(|| Wrong::missing(&Target::ItemUnitPrice))?,
            discount: self.amount(row, &Target::ItemDiscount)?,
        }))
    }

    /// A refund of a row: without an id it is called by the order and its place, without a time it is as old as the row. One of
    /// nothing is none.
    fn refund(
        self,
        row: &Entries<'_>,
        order: &str,
        updated: Timestamp,
        refunds: &mut Vec<RefundRecord>,
    ) -> Result<(), Wrong> {
        let own = row.read(&Target::RefundId, id)?;
        let Some(amount) = self.amount(row, &Target::RefundAmount)? else {
            return if own.is_some() { Err(Wrong::missing(&Target::RefundAmount)) } else { Ok(()) };
        };
        if amount.bytes().all(|sign| matches!(sign, b'0' | b'.')) {
            return Ok(());
        }
        let at = row.read(&Target::RefundAt, |text| instant(text, self.options))?;
        refunds.push(RefundRecord {
            id: own.unwrap_or_else(|| format!("{order}/refund-{}", refunds.len() + 1)),
            at: at.unwrap_or(updated),
            amount,
        });
        Ok(())
    }

    /// Of an order that says nothing of its lines: one that makes it add up.
    fn only_line(self, order: &OrderRecord) -> Result<LineRecord, Wrong> {
        let money = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or("0");
            Money::parse(text, self.of).ok()
        };
        let price = money(&Some(order.total.clone()))
            .and_then(|total| total.checked_add(money(&order.discount)?))
            .and_then(|sum| sum.checked_sub(money(&order.extra)?))
            .filter(|price| price.minor() >= 0)
            .ok_or_else(|| Wrong::new("invalid", "The order is less than what is on top of it."))?;
        let number = order.number.as_deref().unwrap_or_default();
        Ok(LineRecord {
            name: format!("Order {number}").trim().to_owned(),
            product: None,
            quantity: 1,
            unit_price: price.to_string(),
            discount: None,
        })
    }
}

/// `[{"entitySource": "SHOPIFY", "entitySourceId": "1"}]`.
fn links(entries: &Entries<'_>) -> Result<Vec<(EntitySource, String)>, Wrong> {
    let Some(entry) = entries.get(&Target::Links) else { return Ok(Vec::new()) };
    let sentence = "Expected a list of {\"entitySource\": …, \"entitySourceId\": …}.";
    let wrong = || entry.wrong(("invalid", sentence.to_owned()));
    let objects = json::list(entry.cell.text().unwrap_or_default()).ok_or_else(wrong)?;
    let mut links = Vec::with_capacity(objects.len());
    for object in objects {
        let pairs = json::object(object).map_err(|_no_object| wrong())?;
        let said = |name: &str| {
            let (_, value) = pairs.iter().find(|(key, _)| key == name)?;
            json::string(value)
        };
        let source = said("entitySource").and_then(|name| EntitySource::from_name(&name));
        let (Some(source), Some(own)) = (source, said("entitySourceId")) else {
            return Err(wrong());
        };
        links.push((source, own.into_owned()));
    }
    Ok(links)
}
