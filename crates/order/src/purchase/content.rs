//! What a sale says, read: the order, its lines and what names it, and everything of it that does not hold.

use regulars_kernel::{
    Change, Currency, Money, OrderId, OrderItemId, Permission, ProductId, Rule, Timestamp,
    Violations, spread, text::clean,
};
use regulars_loyalty::sale::Timeliness;
use regulars_merchant::Product;
use regulars_promotion::PricedLine;

use super::{
    Fingerprint, MAX_DISCOUNTS, MAX_PAYMENTS, Mode, NewCode, NewDiscount, NewPayment, NewPurchase,
    PurchasePorts, PurchaseWarning, SourceVersion, Till, WarningKind, extend_with, told::Canonical,
};
use crate::{
    Amount, Bill, Order, OrderError, OrderItem, OrderState, Payment, PaymentType, SaleKey,
    SaleTime,
    amount::Argument,
    bill::{MAX_AMOUNT, MAX_LINES, MAX_TIPS},
    checkout::included,
    item::change::{ItemPatch, MAX_NAME_CHARS, line_of},
    link::MAX_LINKS,
    order::change::{country_of, waiter},
    redeeming::{MAX_CODES, lines_of},
    timeliness::{refuse_nonsense, timeliness},
};

/// Off what the till took something.
pub(super) struct Taken {
    pub(super) name: String,
    pub(super) amount: Money,
    /// What of it each line has.
    pub(super) parts: Vec<Money>,
}

/// A code, and what the till took off for it.
pub(super) struct ToldCode {
    pub(super) code: String,
    pub(super) amount: Option<Money>,
}

/// What a sale says.
pub(super) struct Content {
    /// The order, without a number and a buyer.
    pub(super) order: Order,
    /// Its lines, without numbers.
    pub(super) items: Vec<OrderItem>,
    pub(super) tips: Vec<Money>,
    pub(super) discounts: Vec<Taken>,
    /// The codes that it came with, and what was taken off for each.
    pub(super) codes: Vec<ToldCode>,
    /// What names it.
    pub(super) key: Option<SaleKey>,
    /// What names it elsewhere.
    pub(super) links: Vec<SaleKey>,
    pub(super) version: SourceVersion,
    pub(super) fingerprint: Fingerprint,
    pub(super) timeliness: Timeliness,
    pub(super) warnings: Vec<PurchaseWarning>,
}

impl Content {
    /// Everything that names it, its own name first.
    pub(super) fn keys(&self) -> impl Iterator<Item = &SaleKey> {
        self.key.iter().chain(&self.links)
    }

    /// What the discounts so far leave of the lines, as codes see them.
    pub(super) fn left(&self) -> Vec<PricedLine> {
        let mut lines = lines_of(&self.items);
        for taken in &self.discounts {
            for (line, part) in lines.iter_mut().zip(&taken.parts) {
                line.total -= part.minor();
            }
        }
        lines
    }
}

impl Till<'_> {
    /// Reads a sale, or says everything that is wrong with it.
    pub(super) fn read<S: PurchasePorts>(
        &self,
        tx: &mut S,
        new: &NewPurchase,
    ) -> Result<Content, OrderError> {
        let currency = self.merchant.currency;
        let of_another = |code: &String| {
            !code.trim().is_empty() && !code.trim().eq_ignore_ascii_case(currency.code())
        };
        let mut wrong = Violations::new();
        if new.currency.as_ref().is_some_and(of_another) {
            let sentence = format!("Sales of this merchant are in {}.", currency.code());
            wrong.add("currency", Rule::Invalid(sentence));
            // No amount of it can be read.
            return Err(wrong.into());
        }
        let mut warnings = Vec::new();
        if let Err(faults) = new.customer.check() {
            wrong.extend(faults);
        }
        let (key, links) = self.names(new, &mut wrong);
        refuse_nonsense("completedAt", new.completed_at, &mut wrong);
        let time = self.time(new.completed_at);
        warnings.extend(
            time.flag.map(|flag| PurchaseWarning::new(WarningKind::Time(flag), "completedAt")),
        );
        if self.store.archived {
            warnings.push(PurchaseWarning::new(WarningKind::StoreGivenUp, "storeId"));
        }
        let mut order = self.order(new, time, &mut wrong);
        order.waiter = waiter(tx, &new.details)?.value().copied();
        order.entity_source = key.as_ref().map(|key| key.source);
        order.entity_source_id = key.as_ref().map(|key| key.source_id.clone());
        let products = products(tx, &new.items)?;
        let mut items = self.lines(new, (&order, &products), &mut wrong, &mut warnings)?;
        let tips = tips(&new.tips, currency, &mut wrong);
        let discounts = taken(&new.discounts, &mut items, currency, &mut wrong);
        let codes = codes(&new.codes, currency, &mut wrong);
        wrong.into_result()?;
        let mut content = Content {
            order,
            items,
            tips,
            discounts,
            codes,
            key,
            links,
            version: new.version,
            fingerprint: Canonical::new().finish(),
            timeliness: time.timeliness,
            warnings,
        };
        content.fingerprint = fingerprint(new, &content);
        // Whether all of it fits is said before anything is looked up.
        self.settle(new, &mut content, 0, &mut Vec::new())?;
        Ok(content)
    }

    /// Works out what is to be paid once it is known what codes take off: the total, the tax in it, and how it was paid.
    pub(super) fn settle(
        &self,
        new: &NewPurchase,
        content: &mut Content,
        coded: i64,
        warnings: &mut Vec<PurchaseWarning>,
    ) -> Result<(), OrderError> {
        let mut wrong = Violations::new();
        let currency = self.merchant.currency;
        let bill = bill(&content.items, &content.discounts, &content.tips, coded);
        let total = bill.and_then(|bill| bill.total(currency)).ok_or_else(|| {
            let sentence = "The sale's total is too large.";
            Violations::of_input(Rule::Invalid(sentence.to_owned()))
        })?;
        let order = &mut content.order;
        order.total = total;
        let tax = new
            .tax
            .as_ref()
            .and_then(|tax| tax.read(argument("tax"), currency, (0, total.minor()), &mut wrong));
        order.tax = tax.or_else(|| included(total, bill.unwrap_or_default(), self.store.tax_rate));
        order.payments = payments(&new.payments, total, &mut wrong);
        wrong.into_result()?;
        if paid_otherwise(order) {
            warnings.push(PurchaseWarning::new(WarningKind::PaymentsDiffer, "payments"));
        }
        sum_up_payments(order);
        Ok(())
    }

    fn names(&self, new: &NewPurchase, wrong: &mut Violations) -> (Option<SaleKey>, Vec<SaleKey>) {
        let (source, id) = &new.source;
        let arguments = ("entitySource", "entitySourceId");
        let key = SaleKey::read(self.store.id, (*source, id.as_deref()), arguments, wrong);
        if new.links.len() > MAX_LINKS {
            let sentence = format!("A sale has at most {MAX_LINKS} other ids.");
            wrong.add("links", Rule::Invalid(sentence));
            return (key, Vec::new());
        }
        if key.is_none() && !new.links.is_empty() {
            let sentence = "A sale that has other ids has one of its own.";
            wrong.add("entitySourceId", Rule::Invalid(sentence.to_owned()));
        }
        let mut links = Vec::new();
        for (source, id) in &new.links {
            let told = (Some(*source), Some(id.as_str()));
            if let Some(link) = SaleKey::read(self.store.id, told, ("links", "links"), wrong)
                && key.as_ref() != Some(&link)
                && !links.contains(&link)
            {
                links.push(link);
            }
        }
        (key, links)
    }

    /// When it was, by the word of whoever records it (rule 26). History is never late.
    pub(super) fn time(&self, told: Option<Timestamp>) -> SaleTime {
        let backdate = self.actor.require(Permission::Backdate).is_ok();
        let time = timeliness(told, self.now, self.store.late_hours, backdate);
        match self.mode {
            Mode::Till => time,
            Mode::History { .. } => SaleTime { timeliness: Timeliness::InTime, flag: None, ..time },
        }
    }

    fn order(&self, new: &NewPurchase, time: SaleTime, wrong: &mut Violations) -> Order {
        let day = self.store.business_date(&self.merchant, time.at);
        let place = (self.merchant.id, self.store.id);
        let sale =
            Order::sale(OrderId::new(0), place, Money::zero(self.merchant.currency), day, time.at);
        let mut order = Order {
            state: OrderState::Completed,
            // The row's own number goes behind it, as behind that of an open order.
            number: format!("{}{}", self.store.id, day.format("%y%m%d")),
            created_at: self.now,
            updated_at: self.now,
            ..sale
        };
        new.details.apply_to(&mut order, country_of(&self.store), wrong);
        order
    }

    fn lines(
        &self,
        new: &NewPurchase,
        (order, products): (&Order, &[Product]),
        wrong: &mut Violations,
        warnings: &mut Vec<PurchaseWarning>,
    ) -> Result<Vec<OrderItem>, OrderError> {
        let most = usize::try_from(MAX_LINES).unwrap_or(usize::MAX);
        if new.items.is_empty() || new.items.len() > most {
            wrong.add("items", Rule::Invalid(format!("A sale has from 1 to {MAX_LINES} lines.")));
            return Ok(Vec::new());
        }
        let mut items = Vec::with_capacity(new.items.len());
        for (nth, patch) in new.items.iter().enumerate() {
            let product = match patch.product.value() {
                None => None,
                Some(id) => Some(
                    products
                        .iter()
                        .find(|product| product.id == *id)
                        .ok_or(OrderError::NothingNamed("items"))?,
                ),
            };
            if product.is_some_and(|product| product.archived) {
                let path = format!("items[{nth}].productId");
                warnings.push(PurchaseWarning::new(WarningKind::ProductGivenUp, path));
            }
            let mut faults = Violations::new();
            let priced = patch.unit_price.value().or(patch.cost.value()).is_some();
            let foreign =
                product.filter(|product| product.price.currency() != self.merchant.currency);
            if foreign.is_some() && !priced {
                let sentence = format!(
                    "The product's price is not in {}: say what one cost.",
                    self.merchant.currency.code()
                );
                faults.add("unitPrice", Rule::Invalid(sentence));
            }
            let line = line_of(patch, order, product, self.now, &mut faults);
            extend_with(wrong, "items", &format!("Line {}", nth + 1), &faults);
            items.push(OrderItem { id: OrderItemId::new(0), is_completed: true, ..line });
        }
        Ok(items)
    }
}

const fn argument(amount: &'static str) -> Argument {
    Argument { amount, currency: "currency" }
}

/// The products that the lines name, in one statement.
fn products<S: PurchasePorts>(tx: &mut S, items: &[ItemPatch]) -> Result<Vec<Product>, OrderError> {
    let mut ids: Vec<ProductId> =
        items.iter().filter_map(|item| item.product.value().copied()).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(if ids.is_empty() { Vec::new() } else { tx.products(&ids)? })
}

fn tips(typed: &[Amount], currency: Currency, wrong: &mut Violations) -> Vec<Money> {
    if typed.len() > usize::try_from(MAX_TIPS).unwrap_or(usize::MAX) {
        wrong.add("tips", Rule::Invalid(format!("An order has at most {MAX_TIPS} tips.")));
        return Vec::new();
    }
    let read =
        typed.iter().filter_map(|tip| tip.read(argument("tips"), currency, (1, MAX_AMOUNT), wrong));
    read.collect()
}

/// What the till took off by itself: off a line, or off what is left of all, each on what the former left.
fn taken(
    typed: &[NewDiscount],
    items: &mut [OrderItem],
    currency: Currency,
    wrong: &mut Violations,
) -> Vec<Taken> {
    const DISCOUNTS: &str = "discounts";
    if typed.len() > MAX_DISCOUNTS {
        wrong.add(
            DISCOUNTS,
            Rule::Invalid(format!("A sale has at most {MAX_DISCOUNTS} discounts of its till.")),
        );
        return Vec::new();
    }
    let mut left: Vec<i64> = items.iter().map(|item| item.cost.minor()).collect();
    let mut all = Vec::new();
    for one in typed {
        let name = clean(&one.name, MAX_NAME_CHARS).and_then(|name| name.ok_or(Rule::Required));
        let name = wrong.check(DISCOUNTS, name);
        let amount = one.amount.read(argument(DISCOUNTS), currency, (1, MAX_AMOUNT), wrong);
        let (Some(name), Some(amount)) = (name, amount) else { continue };
        let weights: Vec<i64> = match one.item {
            None => left.clone(),
            Some(place) if place < left.len() => left
                .iter()
                .enumerate()
                .map(|(nth, cost)| if nth == place { *cost } else { 0 })
                .collect(),
            Some(_) => {
                wrong.add(
                    DISCOUNTS,
                    Rule::Invalid("There is no such line: they are counted from 0.".to_owned()),
                );
                continue;
            }
        };
        if weights.iter().sum::<i64>() < amount.minor() {
            let sentence = "A discount is worth more than what is left of its lines.";
            wrong.add(DISCOUNTS, Rule::Invalid(sentence.to_owned()));
            continue;
        }
        let parts = spread(amount.minor(), &weights);
        for (left, part) in left.iter_mut().zip(&parts) {
            *left -= part;
        }
        if let Some(item) = one.item.and_then(|place| items.get_mut(place)) {
            item.num_of_discounted_units = item.quantity;
        }
        let parts = parts.into_iter().map(|part| Money::new(part, currency)).collect();
        all.push(Taken { name, amount, parts });
    }
    all
}

fn codes(typed: &[NewCode], currency: Currency, wrong: &mut Violations) -> Vec<ToldCode> {
    const CODES: &str = "redemptionCodes";
    if typed.len() > MAX_CODES {
        wrong.add(CODES, Rule::Invalid(format!("A sale takes at most {MAX_CODES} codes.")));
        return Vec::new();
    }
    let mut all: Vec<ToldCode> = Vec::with_capacity(typed.len());
    for one in typed {
        let code = clean(&one.code, MAX_NAME_CHARS).and_then(|code| code.ok_or(Rule::Required));
        let code = wrong.check(CODES, code);
        let amount = one.amount.as_ref();
        let amount = amount
            .and_then(|amount| amount.read(argument(CODES), currency, (0, MAX_AMOUNT), wrong));
        let Some(code) = code else { continue };
        if all.iter().any(|other| other.code.eq_ignore_ascii_case(&code)) {
            wrong.add(CODES, Rule::Invalid("Name each code once.".to_owned()));
        }
        all.push(ToldCode { code, amount });
    }
    all
}

/// The sums; none where they do not fit.
fn bill(items: &[OrderItem], discounts: &[Taken], tips: &[Money], coded: i64) -> Option<Bill> {
    fn sum(mut amounts: impl Iterator<Item = Money>) -> Option<i64> {
        amounts.try_fold(0_i64, |sum, amount| sum.checked_add(amount.minor()))
    }
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    Some(Bill {
        lines: count(items.len()),
        cost: sum(items.iter().map(|item| item.cost))?,
        discounts: count(discounts.len()),
        discounted: sum(discounts.iter().map(|one| one.amount))?.checked_add(coded)?,
        tips: count(tips.len()),
        tipped: sum(tips.iter().copied())?,
    })
}

fn payments(typed: &[NewPayment], total: Money, wrong: &mut Violations) -> Vec<Payment> {
    const PAYMENTS: &str = "payments";
    if typed.len() > MAX_PAYMENTS {
        wrong.add(PAYMENTS, Rule::Invalid(format!("A sale has at most {MAX_PAYMENTS} payments.")));
        return Vec::new();
    }
    let currency = total.currency();
    let mut all = Vec::with_capacity(typed.len());
    for (nth, one) in typed.iter().enumerate() {
        let mut faults = Violations::new();
        let mut read = |amount: &Option<Amount>, name, most| {
            amount
                .as_ref()
                .and_then(|amount| amount.read(argument(name), currency, (0, most), &mut faults))
        };
        let amount = read(&one.amount, "amount", MAX_AMOUNT);
        let cash_received = read(&one.cash_received, "cashReceived", MAX_AMOUNT);
        let change = read(&one.change, "change", cash_received.map_or(0, Money::minor));
        if one.amount.is_none() && typed.len() > 1 {
            faults.add("amount", Rule::Required);
        }
        if one.payment_type != PaymentType::Cash && one.cash_received.is_some() {
            faults.add("cashReceived", Rule::Invalid("This part was not paid in cash.".to_owned()));
        }
        extend_with(wrong, PAYMENTS, &format!("Payment {}", nth + 1), &faults);
        let amount = amount.unwrap_or(total);
        let past = cash_received.and_then(|cash| cash.checked_sub(amount));
        let change = change.or(past.map(|past| Money::new(past.minor().max(0), currency)));
        all.push(Payment { payment_type: one.payment_type, amount, cash_received, change });
    }
    all
}

fn paid_otherwise(order: &Order) -> bool {
    let paid =
        Money::checked_sum(order.payments.iter().map(|one| one.amount), order.total.currency());
    !order.payments.is_empty() && paid != Some(order.total)
}

/// What the order says of its payments together: the way in which most was paid, and the cash.
fn sum_up_payments(order: &mut Order) {
    let most = order.payments.iter().rev().max_by_key(|one| one.amount.minor());
    if let Some(most) = most {
        order.payment_type = Some(most.payment_type);
    }
    let currency = order.total.currency();
    let sum = |part: fn(&Payment) -> Option<Money>| {
        let parts: Vec<Money> = order.payments.iter().filter_map(part).collect();
        if parts.is_empty() { None } else { Money::checked_sum(parts, currency) }
    };
    let (received, change) = (sum(|one| one.cash_received), sum(|one| one.change));
    (order.cash_received, order.change) = (received, change);
}

/// A hash of what was told: amounts as they read, and nothing of the customer (see [`Fingerprint`]). Names that products
/// bring along are not told, so that a price list that changes makes no sale another.
fn fingerprint(new: &NewPurchase, content: &Content) -> Fingerprint {
    let currency = content.order.total.currency();
    let minor = |amount: &Amount| Money::parse(&amount.decimal, currency).ok().map(Money::minor);
    let optional = |amount: &Option<Amount>| amount.as_ref().and_then(minor);
    let changed = |amount: &Change<Amount>| amount.value().and_then(minor);
    let mut to = Canonical::new();
    to.number(new.store.get());
    to.number(new.completed_at.map(Timestamp::micros));
    let order = &content.order;
    to.number(order.order_type.get());
    to.number(order.waiter.map(regulars_kernel::PersonId::get));
    to.number(order.num_of_guests.map(i64::from));
    to.number(order.pickup_at.map(Timestamp::micros));
    to.number(optional(&new.tax));
    to.count(new.items.len());
    for item in &new.items {
        to.number(item.product.value().map(|id| id.get()));
        to.optional(item.name.value().map(|name| name.trim()));
        to.number(item.quantity.value().map(|quantity| i64::from(*quantity)));
        to.number(changed(&item.unit_price)).number(changed(&item.cost));
        let none = Vec::new();
        let modifiers = item.modifiers.value().unwrap_or(&none);
        to.count(modifiers.len());
        for modifier in modifiers {
            to.text(modifier.name.trim()).number(optional(&modifier.price));
        }
    }
    to.count(content.tips.len());
    for tip in &content.tips {
        to.number(tip.minor());
    }
    to.count(content.discounts.len());
    for discount in &content.discounts {
        to.text(&discount.name).number(discount.amount.minor());
        for part in &discount.parts {
            to.number(part.minor());
        }
    }
    to.count(content.codes.len());
    for code in &content.codes {
        to.text(&code.code.to_uppercase()).number(code.amount.map(Money::minor));
    }
    to.count(new.payments.len());
    for payment in &new.payments {
        to.text(payment.payment_type.name());
        to.number(optional(&payment.amount));
        to.number(optional(&payment.cash_received)).number(optional(&payment.change));
    }
    to.finish()
}
