//! Whether a code is good for a sale that is being rung up (`verifyDiscountCode`): nothing is written.

use regulars_customer::{Identifier, Standing, identity::identify};
use regulars_kernel::{
    Actor, Currency, IntentId, Money, OfferId, Permission, Points, ProductId, Rule, StoreId,
    Timestamp, Violations, spread,
};
use regulars_loyalty::redeeming::{Brought, RedeemingPorts, Refusal, counter};
use regulars_merchant::MerchantStore;
use regulars_promotion::PricedLine;

use super::{Basket, CodeOutcome, price};
use crate::{
    Amount, DiscountKind, OrderError,
    amount::Argument,
    bill::{MAX_AMOUNT, MAX_LINES},
    item::change::MAX_QUANTITY,
};

const SUBTOTAL: Argument = Argument { amount: "subtotal", currency: "subtotalCurrency" };

/// A code to be looked at, and the sale that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The code, as it was typed or scanned.
    pub code: String,
    /// What the sale comes to before discounts, in the merchant's currency; absent: what its items cost in the catalogue. What it
    /// comes to beyond them is a line of no product; where it comes to less, each item costs less in proportion.
    pub subtotal: Option<Amount>,
    /// What is on it: products, and how many of each, 1 to [`MAX_QUANTITY`].
    pub items: Vec<(ProductId, i32)>,
    /// In which store. Who works in some stores alone has to say it.
    pub store: Option<StoreId>,
    /// Who buys; nobody named: nobody known.
    pub who: Identifier,
}

/// What a code that is good would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// By what it takes off.
    pub kind: DiscountKind,
    /// The promise that it is of.
    pub intent: Option<IntentId>,
    /// The offer whose code for everybody it is.
    pub offer: Option<OfferId>,
    /// What it would take off; nothing for a reward that is handed out beside the sale.
    pub amount: Money,
    /// The points that would pay it.
    pub points: Points,
    /// What would be left to pay.
    pub to_pay: Money,
    /// What people call it.
    pub name: String,
}

/// Looks at a code. Needs [`Permission::Redeem`].
///
/// # Errors
/// [`OrderError::Invalid`] of `code` where it is not good, or would take nothing off: with the reason. Codes of other merchants
/// are no codes.
pub fn verify<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    question: &Question,
    now: Timestamp,
) -> Result<Verified, OrderError> {
    const CODE: &str = "code";
    let merchant = actor.require(Permission::Redeem)?;
    let here = counter(tx, actor, merchant, question.store)?;
    let currency = here.merchant.currency;
    let lines = lines(tx, question, currency)?;
    let member = if question.who == Identifier::default() {
        None
    } else {
        let person = identify(tx, actor, &question.who)?.person();
        let member = tx.find_membership(merchant, person)?;
        let member = member.filter(|member| member.standing == Standing::Live);
        if member.is_none() {
            let sentence = Refusal::NoCustomer.to_string();
            return Err(Violations::of("consumerId", Rule::Invalid(sentence)).into());
        }
        member
    };
    let basket = Basket {
        here: &here,
        member: member.as_ref(),
        currency,
        lines: &lines,
        at: now,
        now,
        order: None,
    };
    let mut priced = price(tx, &basket, &[Brought::Code(question.code.clone())])?;
    let left = priced.subtotal - priced.discount;
    let unknown = || Violations::of(CODE, Rule::Invalid(Refusal::Unknown.to_string()));
    let code = priced.codes.pop().ok_or_else(unknown)?;
    match &code.outcome {
        CodeOutcome::Skipped(why) | CodeOutcome::Refused(why) => {
            Err(Violations::of(CODE, Rule::Invalid(why.sentence.clone())).into())
        }
        CodeOutcome::Applied(applied) => Ok(Verified {
            kind: code.kind(),
            intent: code.intent(),
            offer: code.fixed_offer(),
            amount: applied.amount,
            points: applied.points,
            to_pay: Money::new(left, currency),
            name: code.name().to_owned(),
        }),
    }
}

fn lines(
    tx: &mut impl MerchantStore,
    question: &Question,
    currency: Currency,
) -> Result<Vec<PricedLine>, OrderError> {
    const ITEMS: &str = "items";
    let mut wrong = Violations::new();
    let subtotal = question.subtotal.as_ref().and_then(|amount| {
        amount.read(SUBTOTAL, currency, (0, MAX_AMOUNT), &mut wrong).map(Money::minor)
    });
    if i64::try_from(question.items.len()).is_ok_and(|many| many > MAX_LINES) {
        wrong.add(ITEMS, Rule::Invalid(format!("Name at most {MAX_LINES} items.")));
    }
    if question.items.iter().any(|(_, quantity)| !(1..=MAX_QUANTITY).contains(quantity)) {
        let sentence = format!("Enter quantities from 1 to {MAX_QUANTITY}.");
        wrong.add(ITEMS, Rule::Invalid(sentence));
    }
    if question.items.is_empty() && question.subtotal.is_none() {
        wrong.add("subtotal", Rule::Required);
    }
    wrong.into_result()?;
    let ids: Vec<_> = question.items.iter().map(|(product, _)| *product).collect();
    let products = if ids.is_empty() { Vec::new() } else { tx.products(&ids)? };
    let mut lines = Vec::with_capacity(question.items.len() + 1);
    for (id, quantity) in &question.items {
        let product = products.iter().find(|product| product.id == *id);
        let product = product.ok_or(OrderError::NothingNamed(ITEMS))?;
        let total = i128::from(product.price.minor()) * i128::from(*quantity);
        let total = i64::try_from(total).ok().filter(|total| *total <= MAX_AMOUNT);
        let of_currency = product.price.currency() == currency;
        let total = total.filter(|_| of_currency).ok_or_else(|| {
            let sentence = "An item is in another currency, or comes to too much.";
            Violations::of(ITEMS, Rule::Invalid(sentence.to_owned()))
        })?;
        lines.push(PricedLine { product: Some(*id), quantity: *quantity, total });
    }
    let Some(subtotal) = subtotal else { return Ok(lines) };
    let costs: Vec<i64> = lines.iter().map(|line| line.total.max(0)).collect();
    let sum: i64 = costs.iter().sum();
    if subtotal < sum {
        for (line, cost) in lines.iter_mut().zip(spread(subtotal, &costs)) {
            line.total = cost;
        }
    } else if subtotal > sum {
        lines.push(PricedLine { product: None, quantity: 1, total: subtotal - sum });
    }
    Ok(lines)
}
