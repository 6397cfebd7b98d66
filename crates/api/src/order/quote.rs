//! `quotePurchase`: what a sale would come to, before it is paid.

use juniper::graphql_object;
use regulars_kernel::Points;
use regulars_loyalty::{Program, sale::CardOutcome};
use regulars_order::purchase::quote::{self as quotes, Quote, QuotedDiscount};

use super::{
    choice::OrderDiscountKind,
    purchase_inputs::PurchaseInput,
    purchase_mutations::{PurchaseWarningNode, is_no_code, tries},
};
use crate::{
    context::Context,
    error::ApiError,
    loyalty::{LoyaltyCardNode, queries, receipt::WarningNode, recognise::Marks},
    mutation::{Asked, Outcome, turned_down},
    scalar::{BigInt, DateTime, Decimal, ExpectedErrorType},
};

/// The answer of quoting a sale.
pub struct QuotePurchasePayload {
    errors: Option<ExpectedErrorType>,
    quote: Option<Quote>,
}

/// The answer of quoting a sale.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl QuotePurchasePayload {
    /// Whether it could be quoted.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// What is to be paid, tips included.
    fn total(&self) -> Option<Decimal> {
        self.quote.as_ref().map(|quote| quote.total.into())
    }

    /// The tax in it.
    fn tax(&self) -> Option<Decimal> {
        self.quote.as_ref().and_then(|quote| quote.tax).map(Into::into)
    }

    /// By what: the till's own discounts, and each code, which may take nothing off.
    fn discounts(&self) -> Vec<QuotedDiscountNode> {
        let discounts = self.quote.iter().flat_map(|quote| &quote.discounts);
        discounts.cloned().map(QuotedDiscountNode).collect()
    }

    /// What is taken off, what points would pay among it.
    fn discounted(&self) -> Option<Decimal> {
        self.quote.as_ref().map(|quote| quote.discounted.into())
    }

    /// The currency of the amounts.
    fn currency(&self) -> Option<&str> {
        self.quote.as_ref().map(|quote| quote.total.currency().code())
    }

    /// The points that it would earn on all cards of points together, initial points included; null where nobody is known to
    /// buy.
    fn points_to_be_earned(&self) -> Option<BigInt> {
        let quote = self.quote.as_ref().filter(|quote| !quote.cards.is_empty())?;
        let of_points = |one: &&CardOutcome| matches!(one.card.program, Program::Points(_));
        let earned =
            quote.cards.iter().filter(of_points).filter_map(|one| one.earned.as_ref().ok());
        let sum = earned.fold(Points::ZERO, |sum, one| {
            let with = sum.checked_add(one.amount).and_then(|sum| sum.checked_add(one.initial));
            with.unwrap_or(sum)
        });
        Some(BigInt(sum.get()))
    }

    /// What it would earn with each card that fits, or why not.
    fn cards(&self) -> Vec<QuotedCard> {
        self.quote.iter().flat_map(|quote| &quote.cards).cloned().map(QuotedCard).collect()
    }

    /// What would not hold.
    fn warnings(&self) -> Vec<PurchaseWarningNode> {
        self.quote.iter().flat_map(|quote| &quote.warnings).map(Into::into).collect()
    }
}

/// What would be taken off a sale.
pub struct QuotedDiscountNode(QuotedDiscount);

/// What would be taken off a sale.
#[graphql_object]
#[graphql(name = "QuotedDiscount", context = Context, scalar = juniper::DefaultScalarValue)]
impl QuotedDiscountNode {
    /// By what.
    fn kind(&self) -> OrderDiscountKind {
        self.0.kind.into()
    }

    /// What that is called.
    fn name(&self) -> &str {
        &self.0.name
    }

    /// How much.
    fn amount(&self) -> Decimal {
        self.0.amount.into()
    }

    /// The points that would pay it.
    fn points(&self) -> BigInt {
        BigInt(self.0.points.get())
    }

    /// Why it takes nothing off; null where it takes something.
    fn reason(&self) -> Option<WarningNode> {
        self.0.reason.as_ref().map(|why| WarningNode::new(&why.code, &why.sentence))
    }
}

/// What a sale would earn with a card.
pub struct QuotedCard(CardOutcome);

/// What a sale would earn with a card.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl QuotedCard {
    /// The card.
    fn loyalty_card(&self, context: &Context) -> Result<Option<LoyaltyCardNode>, ApiError> {
        queries::get(context, self.0.card.id).map(Some)
    }

    /// The points, or stamps, that it would earn.
    fn earned(&self) -> BigInt {
        BigInt(self.0.earned.as_ref().map_or(0, |one| one.amount.get()))
    }

    /// The card's initial points that would come with it.
    fn initial_points(&self) -> BigInt {
        BigInt(self.0.earned.as_ref().map_or(0, |one| one.initial.get()))
    }

    /// Why nothing would be earned; null where something would.
    fn reason(&self) -> Option<WarningNode> {
        self.0.earned.as_ref().err().map(|why| WarningNode::new(why.code(), why))
    }

    /// From when what is earned could be spent; null where that is not known yet: somebody looks at the sale first.
    fn active_from(&self) -> Option<DateTime> {
        let earned = self.0.earned.as_ref().ok()?;
        let known = earned.active_from < regulars_loyalty::sale::UNTIL_REVIEWED;
        known.then_some(DateTime(earned.active_from))
    }

    /// When what is earned would be gone; null: never.
    fn expires_at(&self) -> Option<DateTime> {
        self.0.earned.as_ref().ok().and_then(|one| one.expires_at).map(DateTime)
    }
}

fn payload(outcome: Outcome<Quote>) -> QuotePurchasePayload {
    let (quote, errors) = outcome.split();
    QuotePurchasePayload { errors, quote }
}

pub(crate) fn quote(
    asked: &Asked<'_, '_>,
    input: PurchaseInput,
) -> Result<QuotePurchasePayload, ApiError> {
    let context = asked.context();
    let by_number = input.is_by_number();
    let new = match input.read() {
        Ok(new) => new,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    if by_number && let Err(error) = context.identify() {
        return turned_down(asked, error).map(payload);
    }
    let tries = match tries(context, &new) {
        Ok(tries) => tries,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let (actor, now) = (context.actor(), context.now());
    let marks = Marks::of(context);
    match context.read(|tx| quotes::quote(tx, actor, &new, &marks, now)) {
        Ok(quote) => {
            let nothing = quote.warnings.iter().filter(|one| is_no_code(one)).count();
            tries.into_iter().skip(nothing).for_each(|tried| context.was_a_code(tried));
            Ok(payload(Outcome::Done(quote)))
        }
        Err(error) => turned_down(asked, error).map(payload),
    }
}
