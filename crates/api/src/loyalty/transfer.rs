//! `transferPoints`: points move from one customer, or card, to another.

use juniper::{GraphQLInputObject, graphql_object};
use regulars_kernel::{LoyaltyCardId, Permission, PersonId, Points};
use regulars_loyalty::transfer::{self, NewTransfer, Transferred};

use super::{
    LedgerEntryNode,
    adjustment::{person, who},
    card::LOYALTY_CARD,
    ledger_entry,
};
use crate::{
    argument::pk,
    context::Context,
    error::ApiError,
    global_id::Id,
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    promotion::queries::named,
    scalar::{BigInt, ExpectedErrorType},
    trail::About,
};

/// Points to be moved.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct TransferPointsInput {
    /// Whose they are, by id.
    pub from_consumer_id: Option<Id>,
    /// Whose they are, by a loyalty id or one of the merchant's own card numbers.
    pub from_consumer_loyalty_id: Option<String>,
    /// Whose they are to be, by id.
    pub to_consumer_id: Option<Id>,
    /// Whose they are to be, by a loyalty id or one of the merchant's own card numbers.
    pub to_consumer_loyalty_id: Option<String>,
    /// The card that they leave.
    pub from_loyalty_card_id: Id,
    /// The card that they come to; absent: the same.
    pub to_loyalty_card_id: Option<Id>,
    /// How many; above 0.
    pub points: BigInt,
    /// Why: 1 to 500 characters. It is shown in both histories, and goes from both when one of the two is erased.
    pub reason: String,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters. Without one every call
    /// counts.
    pub idempotency_key: Option<String>,
}

/// The answer of moving points.
pub struct TransferPointsPayload {
    errors: Option<ExpectedErrorType>,
    moved: Option<Transferred>,
}

/// The answer of moving points.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl TransferPointsPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The line of who gave.
    #[graphql(name = "fromEntry")]
    fn gave(&self, context: &Context) -> Result<Option<LedgerEntryNode>, ApiError> {
        self.moved.map_or(Ok(None), |moved| ledger_entry::find(context, moved.out))
    }

    /// The line of who took.
    fn to_entry(&self, context: &Context) -> Result<Option<LedgerEntryNode>, ApiError> {
        self.moved.map_or(Ok(None), |moved| ledger_entry::find(context, moved.into))
    }
}

fn payload(outcome: Outcome<Transferred>) -> TransferPointsPayload {
    let (moved, errors) = outcome.split();
    TransferPointsPayload { errors, moved }
}

const FROM: (&str, &str) = ("fromConsumerId", "fromConsumerLoyaltyId");
const TO: (&str, &str) = ("toConsumerId", "toConsumerLoyaltyId");

pub(crate) fn transfer_points(
    asked: &Asked<'_, '_>,
    input: TransferPointsInput,
) -> Result<TransferPointsPayload, ApiError> {
    let context = asked.context();
    let read = || {
        let from = input.from_consumer_loyalty_id.as_ref();
        let from = who(FROM.0, input.from_consumer_id.as_ref(), from)?;
        let to = input.to_consumer_loyalty_id.as_ref();
        let to = who(TO.0, input.to_consumer_id.as_ref(), to)?;
        let card = pk("fromLoyaltyCardId", &input.from_loyalty_card_id, LOYALTY_CARD)?;
        let other = input.to_loyalty_card_id.as_ref();
        let other = named::<LoyaltyCardId>("toLoyaltyCardId", other, LOYALTY_CARD)?;
        for named in [&from, &to] {
            if named.loyalty_id.is_some() {
                context.identify()?;
            }
        }
        Ok((from, to, LoyaltyCardId::new(card), other))
    };
    let (from, to, from_card, to_card) = match read() {
        Ok(read) => read,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let new = NewTransfer {
        from: PersonId::new(0),
        to: PersonId::new(0),
        from_card,
        to_card,
        points: Points::new(input.points.0),
        reason: input.reason,
    };
    let call = Call::of(asked, Needs::Permission(Permission::AdjustPoints));
    let call = call.of_thing(About::Somebody);
    let (actor, now) = (context.actor().clone(), context.now());
    let outcome = context.mutate(&call, move |tx| {
        let from = person(tx, &actor, &from, FROM)?;
        let to = person(tx, &actor, &to, TO)?;
        let new = NewTransfer { from, to, ..new.clone() };
        transfer::transfer(tx, &actor, &new, now).map_err(ApiError::from)
    })?;
    Ok(payload(outcome))
}
