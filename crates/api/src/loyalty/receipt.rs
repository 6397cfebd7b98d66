//! `PointsReceipt`: what a customer is told of a sale or a visit (rule 13).

use std::{fmt, sync::OnceLock};

use juniper::graphql_object;
use regulars_kernel::{LoyaltyCardId, MerchantId, PersonId, Points};
use regulars_loyalty::{
    CardReceipt, Cause, NextReward, NothingEarned, PointsSummary, Receipt, receipt, summary,
};
use regulars_order::{
    CheckedOut, order,
    visit::{Recorded, list_by_ids},
};
use regulars_persistence::Tx;

use super::{
    LoyaltyCardNode, LoyaltyRewardNode, PointsSummaryObject, points::ExpiringPoints, queries,
};
use crate::{
    context::Context,
    error::ApiError,
    scalar::{BigInt, DateTime},
};

/// Something odd, or a reason: a stable code and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, juniper::GraphQLObject)]
#[graphql(name = "Warning", scalar = juniper::DefaultScalarValue)]
pub struct WarningNode {
    /// The code; it never changes its meaning.
    code: String,
    /// What people read.
    message: String,
}

impl WarningNode {
    /// Of a code and its sentence.
    pub(crate) fn new(code: &str, sentence: &impl fmt::Display) -> Self {
        Self { code: code.to_owned(), message: sentence.to_string() }
    }
}

/// What a customer is told of a sale. Each part is looked up when it is asked for.
pub struct PointsReceipt {
    merchant: MerchantId,
    person: PersonId,
    cause: Cause,
    nothing: Vec<(LoyaltyCardId, NothingEarned)>,
    receipt: OnceLock<Result<Receipt, ApiError>>,
    sums: OnceLock<Result<PointsSummary, ApiError>>,
}

impl PointsReceipt {
    fn receipt(&self, context: &Context) -> Result<&Receipt, ApiError> {
        let whose = (self.merchant, self.person);
        let look =
            || context.read(|tx| receipt::of(tx, whose, self.cause, &self.nothing, context.now()));
        self.receipt.get_or_init(look).as_ref().map_err(Clone::clone)
    }

    fn sums(&self, context: &Context) -> Result<PointsSummary, ApiError> {
        let look = || {
            let (actor, now) = (context.actor(), context.now());
            let own = &[self.person];
            let sums = context.read(|tx| summary::per_consumer(tx, actor, own, now))?;
            Ok(sums.into_iter().next().map(|(_, sum)| sum).unwrap_or_default())
        };
        self.sums.get_or_init(look).clone()
    }
}

/// What a customer is told of a sale or a visit: what it earned, what they have after it, and what comes next.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl PointsReceipt {
    /// The points that it earned on all cards of points together, initial points included.
    fn earned(&self, context: &Context) -> Result<BigInt, ApiError> {
        if let Some(Ok(known)) = self.receipt.get() {
            return Ok(big(known.earned));
        }
        let look = |tx: &mut Tx<'_>| receipt::earned(tx, self.merchant, self.cause);
        context.read(look).map(big)
    }

    /// The points that can be spent now, on all cards of points together.
    fn balance(&self, context: &Context) -> Result<BigInt, ApiError> {
        Ok(big(self.sums(context)?.available))
    }

    /// The points that become available later.
    fn pending(&self, context: &Context) -> Result<BigInt, ApiError> {
        Ok(big(self.sums(context)?.pending))
    }

    /// What expires next; null where nothing that is available ever does.
    fn expiring_next(&self, context: &Context) -> Result<Option<ExpiringPoints>, ApiError> {
        Ok(self.sums(context)?.expiring_next.map(Into::into))
    }

    /// All numbers of points together.
    fn points(&self, context: &Context) -> Result<PointsSummaryObject, ApiError> {
        self.sums(context).map(Into::into)
    }

    /// The nearest that the customer has not enough for yet, on the cards below; null where there is none.
    fn next_reward(&self, context: &Context) -> Result<Option<NextRewardNode>, ApiError> {
        Ok(self.receipt(context)?.next_reward.map(NextRewardNode))
    }

    /// The cards that fit the sale: those that earned first.
    fn cards(&self, context: &Context) -> Result<Vec<CardReceiptNode>, ApiError> {
        Ok(self.receipt(context)?.cards.iter().cloned().map(CardReceiptNode).collect())
    }
}

/// What came of a sale with one card.
pub struct CardReceiptNode(CardReceipt);

/// What came of a sale with one card.
#[graphql_object]
#[graphql(name = "CardReceipt", context = Context, scalar = juniper::DefaultScalarValue)]
impl CardReceiptNode {
    /// The card.
    fn loyalty_card(&self, context: &Context) -> Result<Option<LoyaltyCardNode>, ApiError> {
        queries::get(context, self.0.card.id).map(Some)
    }

    /// The points, or stamps, that it earned.
    fn earned(&self) -> BigInt {
        big(self.0.earned)
    }

    /// The card's initial points that came with it.
    fn initial_points(&self) -> BigInt {
        big(self.0.initial)
    }

    /// Why nothing was earned; null where something was.
    fn reason(&self) -> Option<WarningNode> {
        self.0.nothing.map(|why| WarningNode::new(why.code(), &why))
    }

    /// From when what was earned can be spent; null where that is not known yet: somebody looks at the sale first.
    fn active_from(&self) -> Option<DateTime> {
        let known = self.0.active_from.filter(|at| *at < regulars_loyalty::sale::UNTIL_REVIEWED);
        known.map(DateTime)
    }

    /// When what was earned is gone; null: never.
    fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }

    /// What the customer has on the card now: points, or stamps.
    fn sums(&self) -> PointsSummaryObject {
        self.0.sums.into()
    }
}

/// The nearest that a customer has not enough for yet.
pub struct NextRewardNode(NextReward);

/// The nearest that a customer has not enough for yet.
#[graphql_object]
#[graphql(name = "NextReward", context = Context, scalar = juniper::DefaultScalarValue)]
impl NextRewardNode {
    /// Whose points or stamps it takes.
    fn loyalty_card(&self, context: &Context) -> Result<Option<LoyaltyCardNode>, ApiError> {
        queries::get(context, self.0.card).map(Some)
    }

    /// The reward; null where points pay an amount, or a full card of stamps is it.
    fn loyalty_reward(&self, context: &Context) -> Result<Option<LoyaltyRewardNode>, ApiError> {
        self.0.reward.map_or(Ok(None), |id| queries::reward(context, id.get()))
    }

    /// How many points or stamps it takes.
    fn needed(&self) -> BigInt {
        big(self.0.needed)
    }

    /// How many of them are missing.
    fn missing(&self) -> BigInt {
        big(self.0.missing)
    }
}

const fn big(points: Points) -> BigInt {
    BigInt(points.get())
}

/// The receipt of something that earned: what was said then of cards that earned nothing, and the rest as it is now.
pub(crate) fn of(
    (merchant, person): (MerchantId, PersonId),
    cause: Cause,
    nothing: &[(LoyaltyCardId, NothingEarned)],
) -> PointsReceipt {
    PointsReceipt {
        merchant,
        person,
        cause,
        nothing: nothing.to_vec(),
        receipt: OnceLock::new(),
        sums: OnceLock::new(),
    }
}

/// The receipt of an order that was completed; none where nobody bought, or the asker may not see it.
pub(crate) fn of_order(
    context: &Context,
    done: &CheckedOut,
) -> Result<Option<PointsReceipt>, ApiError> {
    let actor = context.actor();
    let found = context.read(|tx| order::list_by_ids(tx, actor, &[done.order]))?.pop();
    let Some(order) = found else { return Ok(None) };
    let Some(consumer) = order.consumer else { return Ok(None) };
    Ok(Some(of((order.merchant, consumer), Cause::Order(order.id), &done.nothing)))
}

/// The receipt of a visit; none where the asker may not see it.
pub(crate) fn of_visit(
    context: &Context,
    recorded: &Recorded,
) -> Result<Option<PointsReceipt>, ApiError> {
    let actor = context.actor();
    let found = context.read(|tx| list_by_ids(tx, actor, &[recorded.visit]))?.pop();
    let Some(visit) = found else { return Ok(None) };
    let whose = (visit.merchant, visit.consumer);
    Ok(Some(of(whose, Cause::Visit(visit.id), &recorded.nothing)))
}
