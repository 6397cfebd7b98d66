//! An open order is paid and done.

use regulars_customer::{CustomerStore, join::revive};
use regulars_kernel::{Actor, Money, OrderId, Permission, Rule, Timestamp, Violations};
use regulars_loyalty::{LedgerStore, welcome::Recognise};
use regulars_merchant::{MerchantStore, Store};
use regulars_promotion::PromotionStore;

use crate::{
    Amount, Bill, Order, OrderError, OrderState, OrderStore, PaymentType,
    amount::Argument,
    bill::MAX_AMOUNT,
    earning,
    order::change::{open, store_of},
};

/// How far ahead of the server's clock a till's may go: sale times past that count as now (rule 26).
pub const MOST_AHEAD_SECONDS: i64 = 10 * 60;

const CASH: Argument = Argument { amount: "cashReceived", currency: "cashReceivedCurrency" };
const CHANGE: Argument = Argument { amount: "change", currency: "changeCurrency" };
const TAX: Argument = Argument { amount: "tax", currency: "taxCurrency" };

/// How an order was paid, as it came in. The payment itself happened at the till.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkout {
    /// How; absent: as the order says.
    pub payment_type: Option<PaymentType>,
    /// What was handed over in cash.
    pub cash_received: Option<Amount>,
    /// What was handed back; absent: what was handed over past the total.
    pub change: Option<Amount>,
    /// The tax in the total; absent: by the store's rate, where it has one, of all but the tips.
    pub tax: Option<Amount>,
    /// When; absent, or more than [`MOST_AHEAD_SECONDS`] ahead: now.
    pub completed_at: Option<Timestamp>,
}

/// Completes an open order that has a line: its total is that of its bill, its business date that of its store (rule 26), and
/// a customer whom the merchant archived is revived by it; of one who left meanwhile it is kept without a customer (rule 7).
/// It earns the customer points and stamps (rules 14 and 15).
/// Needs [`Permission::ChangeOrder`] in its store. Of two at once one completes it, and the other is refused.
pub fn checkout<S>(
    tx: &mut S,
    actor: &Actor,
    id: OrderId,
    paid: &Checkout,
    recognise: &dyn Recognise,
    now: Timestamp,
) -> Result<OrderId, OrderError>
where
    S: OrderStore + LedgerStore + CustomerStore + MerchantStore + PromotionStore,
{
    let merchant = actor.require(Permission::ChangeOrder)?;
    let found = tx.find_order(merchant, id)?;
    let mut order = open(found, actor, OrderError::OrderNotFound, "id")?;
    let bill = tx.bill(merchant, id)?;
    let store = store_of(tx, actor, order.store)?;
    let tenant = tx.merchants(&[merchant])?.pop().ok_or(OrderError::OrderNotFound)?;
    order.total = payable(bill, &order)?;
    paid.apply_to(&mut order, bill, &store)?;
    let at = sold_at(paid.completed_at, now);
    order.state = OrderState::Completed;
    order.completed = true;
    order.completed_at = Some(at);
    order.business_date = Some(store.business_date(&tenant, at));
    order.updated_at = now;
    if let Some(person) = order.consumer {
        order.consumer = revive(tx, merchant, person, now)?;
    }
    tx.update_order(&order)?;
    tx.complete_order_items(merchant, id, now)?;
    earning::earn(tx, actor, &order, (&tenant, &store), recognise, now)?;
    Ok(id)
}

/// When a sale was, by the till's word (rule 26).
fn sold_at(told: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let latest =
        Timestamp::from_micros(now.micros().saturating_add(MOST_AHEAD_SECONDS * 1_000_000));
    told.filter(|at| *at <= latest).unwrap_or(now)
}

/// What is to be paid for an order that has something in it.
fn payable(bill: Bill, order: &Order) -> Result<Money, Violations> {
    if bill.lines == 0 {
        let sentence = "This order has no lines: put one in, or delete the order.";
        return Err(Violations::of("id", Rule::Invalid(sentence.to_owned())));
    }
    bill.total(order.total.currency()).ok_or_else(|| {
        let sentence = "The discounts are worth more than the lines: take one off.";
        Violations::of("id", Rule::Invalid(sentence.to_owned()))
    })
}

impl Checkout {
    /// Writes how it was paid into an order whose total stands, or says everything that is wrong with it.
    fn apply_to(&self, order: &mut Order, bill: Bill, store: &Store) -> Result<(), Violations> {
        let mut wrong = Violations::new();
        let (currency, total) = (order.total.currency(), order.total);
        let mut read = |amount: &Option<Amount>, argument, most: i64| {
            let amount = amount.as_ref()?;
            amount.read(argument, currency, (0, most), &mut wrong)
        };
        let cash_received = read(&self.cash_received, CASH, MAX_AMOUNT);
        let change = read(&self.change, CHANGE, cash_received.map_or(0, Money::minor));
        let tax = read(&self.tax, TAX, total.minor());
        let payment = self.payment_type.or(order.payment_type);
        if payment.is_none() {
            wrong.add("paymentType", Rule::Required);
        }
        if payment.is_some_and(|payment| payment != PaymentType::Cash)
            && self.cash_received.is_some()
        {
            let sentence = "This order was not paid in cash.";
            wrong.add("cashReceived", Rule::Invalid(sentence.to_owned()));
        }
        wrong.into_result()?;
        order.payment_type = payment;
        order.cash_received = cash_received;
        // Handed over less than the total: the rest was paid in another way, and nothing went back.
        let past = cash_received.and_then(|cash| cash.checked_sub(total));
        order.change = change.or(past.map(|past| Money::new(past.minor().max(0), currency)));
        order.tax = tax.or_else(|| included(total, bill, store.tax_rate));
        Ok(())
    }
}

/// The tax in a total by a rate in parts per million, rounded down; tips are not taxed.
fn included(total: Money, bill: Bill, rate: Option<i64>) -> Option<Money> {
    let rate = i128::from(rate?.max(0));
    let taxed = i128::from(total.minor().checked_sub(bill.tipped)?.max(0));
    let tax = taxed * rate / (1_000_000 + rate);
    Some(Money::new(i64::try_from(tax).ok()?, total.currency()))
}

#[cfg(test)]
mod tests;
