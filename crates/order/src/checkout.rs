//! An open order is paid and done.

use std::fmt;

use regulars_customer::join::revive;
use regulars_kernel::{
    Actor, LoyaltyCardId, Money, OrderId, Permission, Rule, Timestamp, Violations,
};
use regulars_loyalty::{NothingEarned, welcome::Recognise};
use regulars_merchant::Store;

use crate::{
    Amount, Bill, Order, OrderError, OrderState, PaymentType, PurchaseStore, Reviewed, TimeFlag,
    amount::Argument,
    bill::MAX_AMOUNT,
    earning::{self, Known},
    order::change::{open, store_of},
    purchase::flag,
    redeeming::open::{Completed, OrderPorts, complete},
    refund::known as known_refund,
    timeliness::{refuse_nonsense, timeliness},
};

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
    /// When; absent, or more than [`MOST_AHEAD`](crate::timeliness::MOST_AHEAD) ahead: now.
    pub completed_at: Option<Timestamp>,
}

/// What is odd about a sale that was completed. Codes are part of the API and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SaleWarning {
    /// Something about its time.
    Time(TimeFlag),
    /// Less was handed over in cash than was to be paid.
    Underpaid,
    /// A code that was on it took nothing off, and is free again.
    CodeLetGo,
}

impl SaleWarning {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Time(flag) => flag.code(),
            Self::Underpaid => "underpaid",
            Self::CodeLetGo => "code_let_go",
        }
    }

    /// The warning of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Underpaid, Self::CodeLetGo]
            .into_iter()
            .find(|warning| warning.code() == code)
            .or_else(|| TimeFlag::from_code(code).map(Self::Time))
    }
}

/// The sentence that people read.
impl fmt::Display for SaleWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(flag) => flag.fmt(f),
            Self::Underpaid => {
                f.write_str("Less cash was handed over than was to be paid: the rest was paid otherwise.")
            }
            Self::CodeLetGo => f.write_str(
                "A code on this order took nothing off: it was not used up, and can be used elsewhere.",
            ),
        }
    }
}

/// An order that was completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedOut {
    /// The order.
    pub order: OrderId,
    /// What is odd about it.
    pub warnings: Vec<SaleWarning>,
    /// The cards that fit and earned nothing, and why.
    pub nothing: Vec<(LoyaltyCardId, NothingEarned)>,
}

/// Completes an open order that has a line: its codes are priced anew and used up (rules 22 to 24), its total is that of its bill,
/// its business date that of its store (rule 26), and a customer whom the merchant archived is revived by it; of one who left
/// meanwhile it is kept without a customer (rule 7). It earns the customer points and stamps (rules 14 and 15).
/// Needs [`Permission::ChangeOrder`] in its store, and where codes are on it [`Permission::Redeem`]. Of two at once one completes
/// it, and the other is refused.
///
/// # Errors
/// [`OrderError::Invalid`] where something of the payment is wrong, or a code on it does not hold any more: it is named.
pub fn checkout<S: OrderPorts + PurchaseStore>(
    tx: &mut S,
    actor: &Actor,
    id: OrderId,
    paid: &Checkout,
    recognise: &dyn Recognise,
    now: Timestamp,
) -> Result<CheckedOut, OrderError> {
    let merchant = actor.require(Permission::ChangeOrder)?;
    let found = tx.find_order(merchant, id)?;
    let mut order = open(found, actor, OrderError::OrderNotFound, "id")?;
    let mut bill = tx.bill(merchant, id)?;
    let store = store_of(tx, actor, order.store)?;
    let tenant = tx.merchants(&[merchant])?.pop().ok_or(OrderError::OrderNotFound)?;
    refuse_empty(bill)?;
    let mut wrong = Violations::new();
    refuse_nonsense("completedAt", paid.completed_at, &mut wrong);
    wrong.into_result()?;
    let backdate = actor.require(Permission::Backdate).is_ok();
    let time = timeliness(paid.completed_at, now, store.late_hours, backdate);
    if let Some(person) = order.consumer {
        order.consumer = revive(tx, merchant, person, now)?.map(|member| member.person);
    }
    let mut codes = Completed::default();
    if bill.discounts > 0 {
        codes = complete(tx, actor, &order, (&tenant, &store), (time.at, now))?;
        bill.discounted = codes.discounted;
    }
    order.total = payable(bill, &order)?;
    paid.apply_to(&mut order, bill, &store)?;
    order.state = OrderState::Completed;
    order.completed = true;
    order.completed_at = Some(time.at);
    order.business_date = Some(store.business_date(&tenant, time.at));
    order.updated_at = now;
    tx.update_order(&order)?;
    tx.complete_order_items(merchant, id, now)?;
    let flags = time.flag.iter().map(|flag| flag.code());
    flag(tx, (merchant, store.id), Reviewed::Order(id), flags, now)?;
    let mut warnings: Vec<_> = time.flag.map(SaleWarning::Time).into_iter().collect();
    if order.cash_received.is_some_and(|cash| cash.minor() < order.total.minor()) {
        warnings.push(SaleWarning::Underpaid);
    }
    if codes.let_go {
        warnings.push(SaleWarning::CodeLetGo);
    }
    let known = Known {
        merchant: &tenant,
        store: &store,
        timeliness: time.timeliness,
        earns_no_points: codes.earns_no_points,
        recognise,
    };
    let nothing = earning::earn(tx, actor, &order, &known, now)?;
    known_refund::apply_waiting(tx, actor, &order, now)?;
    Ok(CheckedOut { order: id, warnings, nothing })
}

fn refuse_empty(bill: Bill) -> Result<(), Violations> {
    if bill.lines > 0 {
        return Ok(());
    }
    let sentence = "This order has no lines: put one in, or delete the order.";
    Err(Violations::of("id", Rule::Invalid(sentence.to_owned())))
}

/// What is to be paid for an order.
fn payable(bill: Bill, order: &Order) -> Result<Money, Violations> {
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
pub(crate) fn included(total: Money, bill: Bill, rate: Option<i64>) -> Option<Money> {
    let rate = i128::from(rate?.max(0));
    let taxed = i128::from(total.minor().checked_sub(bill.tipped)?.max(0));
    let tax = taxed * rate / (1_000_000 + rate);
    Some(Money::new(i64::try_from(tax).ok()?, total.currency()))
}

#[cfg(test)]
mod tests;
