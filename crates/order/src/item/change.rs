//! The lines of open orders: put down, changed, taken off. The order's total follows.

use regulars_kernel::{
    Actor, Change, Currency, Money, OrderId, OrderItemId, Permission, ProductId, Rule, StoreAccess,
    Timestamp, Violations, text::clean,
};
use regulars_merchant::{MerchantStore, Product};

use super::{Modifier, OrderItem};
use crate::{
    Order, OrderError, OrderStore,
    amount::{Amount, Argument},
    bill::{MAX_AMOUNT, MAX_LINES},
    order::change::{open, own_fields, reaches},
    redeeming::open::{OrderPorts, follow},
};

/// The most characters of a line's name, and of a modifier's.
pub const MAX_NAME_CHARS: usize = 150;
/// The most of one article in a line.
pub const MAX_QUANTITY: i32 = 1_000_000;
/// The most modifiers of a line.
pub const MAX_MODIFIERS: usize = 20;

const UNIT_PRICE: Argument = Argument { amount: "unitPrice", currency: "costCurrency" };
const COST: Argument = Argument { amount: "cost", currency: "costCurrency" };
const MODIFIERS: Argument = Argument { amount: "modifiers", currency: "costCurrency" };

/// What becomes of a line's fields, as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemPatch {
    /// What is bought: one of the merchant's products that is still sold. It brings its name and its price along.
    pub product: Change<ProductId>,
    /// What it is called: 1 to [`MAX_NAME_CHARS`] characters; needed where there is no product.
    pub name: Change<String>,
    /// How many: 1 to [`MAX_QUANTITY`]; cleared, one.
    pub quantity: Change<i32>,
    /// What one costs, without modifiers, from nothing to [`MAX_AMOUNT`] minor units; cleared, what the product costs.
    pub unit_price: Change<Amount>,
    /// What the whole line costs, in place of a unit price: for what is weighed. Nothing to [`MAX_AMOUNT`] minor units.
    pub cost: Change<Amount>,
    /// What makes each of them another than the plain one: at most [`MAX_MODIFIERS`].
    pub modifiers: Change<Vec<NewModifier>>,
    /// Whether it was handed over.
    pub is_completed: Change<bool>,
    /// The merchant's own fields: a JSON object.
    pub extra_info: Change<String>,
}

/// A modifier as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewModifier {
    /// What it is called: 1 to [`MAX_NAME_CHARS`] characters.
    pub name: String,
    /// What it adds to the price of each unit, or takes off; absent: nothing.
    pub price: Option<Amount>,
}

/// A line that was written, and its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The order.
    pub order: OrderId,
    /// The line; none there any more where it was taken off.
    pub item: OrderItemId,
}

impl ItemPatch {
    /// Applies what holds to a line, and notes what does not. `product` is that of the line as it is to be.
    fn apply_to(&self, line: &mut OrderItem, product: Option<&Product>, wrong: &mut Violations) {
        let before = line.clone();
        let currency = line.cost.currency();
        self.apply_name(line, product, wrong);
        let quantity = self.quantity.read("quantity", wrong, |number| quantity(*number).map(Some));
        match quantity {
            Change::Keep => {}
            Change::Clear => line.quantity = 1,
            Change::Set(number) => line.quantity = number,
        }
        line.num_of_discounted_units = line.num_of_discounted_units.min(line.quantity);
        match &self.modifiers {
            Change::Keep => {}
            Change::Clear => line.modifiers = Vec::new(),
            Change::Set(typed) => line.modifiers = modifiers(typed, currency, wrong),
        }
        self.is_completed.clone().apply_or_default(&mut line.is_completed);
        let extra_info = self.extra_info.read("extraInfo", wrong, |typed| own_fields(typed));
        extra_info.apply(&mut line.extra_info);
        self.apply_price(line, &before, product, wrong);
    }

    fn apply_name(&self, line: &mut OrderItem, product: Option<&Product>, wrong: &mut Violations) {
        let typed = match &self.name {
            Change::Set(typed) => wrong.check("name", clean(typed, MAX_NAME_CHARS)),
            // A line keeps its name, unless it becomes one of another product.
            Change::Keep if self.product.value().is_none() => return,
            Change::Clear | Change::Keep => Some(None),
        };
        match (typed, product) {
            (None, _) => {}
            (Some(Some(name)), _) => line.name = name,
            (Some(None), Some(product)) => line.name.clone_from(&product.name),
            (Some(None), None) => wrong.add("name", Rule::Required),
        }
    }

    fn apply_price(
        &self,
        line: &mut OrderItem,
        before: &OrderItem,
        product: Option<&Product>,
        wrong: &mut Violations,
    ) {
        let currency = before.cost.currency();
        if let (Change::Set(_), Change::Set(_)) = (&self.unit_price, &self.cost) {
            let sentence = "Say what one costs, or what the whole line costs.";
            return wrong.add("cost", Rule::Invalid(sentence.to_owned()));
        }
        if let Change::Set(cost) = &self.cost {
            line.unit_price = None;
            if let Some(cost) = cost.read(COST, currency, (0, MAX_AMOUNT), wrong) {
                line.cost = cost;
            }
            return;
        }
        match &self.unit_price {
            Change::Set(price) => {
                let Some(price) = price.read(UNIT_PRICE, currency, (0, MAX_AMOUNT), wrong) else {
                    return;
                };
                line.unit_price = Some(price);
            }
            Change::Keep if self.product.value().is_none() => {}
            Change::Keep | Change::Clear => match product {
                Some(product) => line.unit_price = Some(product.price),
                None => return wrong.add("unitPrice", Rule::Required),
            },
        }
        match line.unit_price {
            Some(price) => {
                let cost = cost(price, &line.modifiers, line.quantity);
                if let Some(cost) = wrong.check(UNIT_PRICE.amount, cost) {
                    line.cost = cost;
                }
            }
            None if line.quantity != before.quantity || line.modifiers != before.modifiers => {
                let sentence = "Say what the whole line costs now, or what one costs.";
                wrong.add("cost", Rule::Invalid(sentence.to_owned()));
            }
            None => {}
        }
    }
}

fn quantity(number: i32) -> Result<i32, Rule> {
    if (1..=MAX_QUANTITY).contains(&number) {
        Ok(number)
    } else {
        Err(Rule::Invalid(format!("Enter a quantity from 1 to {MAX_QUANTITY}.")))
    }
}

fn modifiers(typed: &[NewModifier], currency: Currency, wrong: &mut Violations) -> Vec<Modifier> {
    if typed.len() > MAX_MODIFIERS {
        let sentence = format!("A line has at most {MAX_MODIFIERS} modifiers.");
        wrong.add("modifiers", Rule::Invalid(sentence));
        return Vec::new();
    }
    let read = typed.iter().filter_map(|one| {
        let name = clean(&one.name, MAX_NAME_CHARS).and_then(|name| name.ok_or(Rule::Required));
        let name = wrong.check("modifiers", name);
        let price = match &one.price {
            None => Some(Money::zero(currency)),
            Some(price) => price.read(MODIFIERS, currency, (-MAX_AMOUNT, MAX_AMOUNT), wrong),
        };
        Some(Modifier { name: name?, price: price? })
    });
    read.collect()
}

/// What a line costs: unit price and modifiers, times the quantity.
fn cost(price: Money, modifiers: &[Modifier], quantity: i32) -> Result<Money, Rule> {
    let unit = modifiers.iter().try_fold(price, |sum, one| sum.checked_add(one.price));
    let cost = unit.map(|unit| i128::from(unit.minor()) * i128::from(quantity));
    let fits = cost.filter(|cost| (0..=i128::from(MAX_AMOUNT)).contains(cost));
    let minor = fits.and_then(|cost| i64::try_from(cost).ok()).ok_or_else(|| {
        let most = Money::new(MAX_AMOUNT, price.currency());
        Rule::Invalid(format!("With its modifiers and quantity a line costs from 0 to {most}."))
    })?;
    Ok(Money::new(minor, price.currency()))
}

/// Puts a line into an open order. Needs [`Permission::ChangeOrder`] in the order's store.
pub fn create<S: OrderPorts>(
    tx: &mut S,
    actor: &Actor,
    order: OrderId,
    patch: &ItemPatch,
    now: Timestamp,
) -> Result<Written, OrderError> {
    let merchant = actor.require(Permission::ChangeOrder)?;
    let found = tx.find_order(merchant, order)?;
    let order = open(found, actor, OrderError::NothingNamed("orderId"), "orderId")?;
    let currency = order.total.currency();
    let mut wrong = Violations::new();
    let product = sold(tx, patch.product.value().copied(), currency, &mut wrong)?;
    let line = line_of(patch, &order, product.as_ref(), now, &mut wrong);
    let bill = tx.bill(merchant, order.id)?;
    if bill.lines >= MAX_LINES {
        wrong.add("orderId", Rule::Invalid(format!("An order has at most {MAX_LINES} lines.")));
    }
    wrong.into_result()?;
    let item = tx.insert_order_item(&line)?;
    let written = Written { order: order.id, item };
    let bill = bill.with_line(None, Some(line.cost));
    follow(tx, order, bill, None, now)?;
    Ok(written)
}

/// A new line of an order, as a patch says it; notes what is wrong with it. `product` is the one that the patch names.
pub(crate) fn line_of(
    patch: &ItemPatch,
    order: &Order,
    product: Option<&Product>,
    now: Timestamp,
    wrong: &mut Violations,
) -> OrderItem {
    let nothing = Money::zero(order.total.currency());
    let mut line = OrderItem {
        product: product.map(|product| product.id),
        created_at: now,
        updated_at: now,
        ..OrderItem::new(OrderItemId::new(0), order, "", 1, nothing)
    };
    // What is absent is as if it were cleared: there is nothing to keep.
    let named =
        |change: &Change<String>| if change.is_keep() { Change::Clear } else { change.clone() };
    let whole = ItemPatch {
        name: named(&patch.name),
        unit_price: match (&patch.unit_price, &patch.cost) {
            (Change::Keep, Change::Keep | Change::Clear) => Change::Clear,
            (price, _) => price.clone(),
        },
        ..patch.clone()
    };
    whole.apply_to(&mut line, product, wrong);
    line
}

/// Changes a line of an open order. Needs what [`create`] needs. A patch that changes nothing leaves every `updated_at` alone.
pub fn update<S: OrderPorts>(
    tx: &mut S,
    actor: &Actor,
    id: OrderItemId,
    patch: &ItemPatch,
    now: Timestamp,
) -> Result<Written, OrderError> {
    let (order, before) = open_line(tx, actor, id)?;
    let currency = order.total.currency();
    let mut wrong = Violations::new();
    let mut after = before.clone();
    let product = match patch.product {
        Change::Set(_) => sold(tx, patch.product.value().copied(), currency, &mut wrong)?,
        Change::Keep if patch.name == Change::Clear || patch.unit_price == Change::Clear => {
            let same = before.product.as_slice();
            tx.products(same)?.pop().filter(|product| product.price.currency() == currency)
        }
        Change::Clear | Change::Keep => None,
    };
    if !patch.product.is_keep() {
        after.product = product.as_ref().map(|product| product.id);
    }
    patch.apply_to(&mut after, product.as_ref(), &mut wrong);
    wrong.into_result()?;
    let written = Written { order: order.id, item: id };
    if after == before {
        return Ok(written);
    }
    after.updated_at = now;
    let bill = tx.bill(order.merchant, order.id)?.with_line(Some(before.cost), Some(after.cost));
    tx.update_order_item(&after)?;
    follow(tx, order, bill, None, now)?;
    Ok(written)
}

/// Takes a line off an open order. Needs what [`create`] needs.
pub fn delete(
    tx: &mut impl OrderPorts,
    actor: &Actor,
    id: OrderItemId,
    now: Timestamp,
) -> Result<Written, OrderError> {
    let (order, line) = open_line(tx, actor, id)?;
    let written = Written { order: order.id, item: id };
    let merchant = order.merchant;
    let bill = tx.bill(merchant, order.id)?.with_line(Some(line.cost), None);
    follow(tx, order, bill, Some(id), now)?;
    tx.delete_order_item(merchant, id)?;
    Ok(written)
}

/// A line to be changed and its order, which is locked first: two changes of one order never pass each other by.
fn open_line(
    tx: &mut impl OrderStore,
    actor: &Actor,
    id: OrderItemId,
) -> Result<(Order, OrderItem), OrderError> {
    let merchant = actor.require(Permission::ChangeOrder)?;
    let found = tx.find_order_of_item(merchant, id)?;
    let order = found.filter(|order| reaches(actor, order.store));
    let line = match &order {
        Some(_) => tx.order_items(&[id], &StoreAccess::All)?.pop(),
        None => None,
    };
    let line = line.ok_or(OrderError::OrderItemNotFound)?;
    let order = open(order, actor, OrderError::OrderItemNotFound, "id")?;
    Ok((order, line))
}

/// A product that is still sold, in the order's currency.
fn sold(
    tx: &mut impl MerchantStore,
    id: Option<ProductId>,
    currency: Currency,
    wrong: &mut Violations,
) -> Result<Option<Product>, OrderError> {
    let Some(id) = id else { return Ok(None) };
    let product = tx.products(&[id])?.pop().ok_or(OrderError::NothingNamed("productId"))?;
    if product.archived {
        let sentence = "This product is not sold any more.";
        wrong.add("productId", Rule::Invalid(sentence.to_owned()));
    }
    if product.price.currency() != currency {
        let sentence = format!("This order is in {}, and the product is not.", currency.code());
        wrong.add("productId", Rule::Invalid(sentence));
    }
    Ok(Some(product))
}

#[cfg(test)]
mod tests;
