//! `enroll`: a consumer takes a loyalty card.

use juniper::{GraphQLInputObject, graphql_object};
use regulars_customer::consumer;
use regulars_kernel::LoyaltyCardId;
use regulars_loyalty::enrollment;

use super::{LoyaltyCardNode, card::LOYALTY_CARD, queries};
use crate::{
    context::Context,
    customer::{ConsumerNode, node::alone},
    error::ApiError,
    global_id::Id,
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    scalar::ExpectedErrorType,
    trail::{About, Place},
};

/// A loyalty card to be taken.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct EnrollInput {
    /// The card.
    pub loyalty_card_id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// The answer of taking a loyalty card.
pub struct EnrollPayload {
    errors: Option<ExpectedErrorType>,
    card: Option<LoyaltyCardId>,
}

/// The answer of taking a loyalty card.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl EnrollPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The card that was taken.
    fn loyalty_card(&self, context: &Context) -> Result<Option<LoyaltyCardNode>, ApiError> {
        self.card.map(|id| queries::get(context, id)).transpose()
    }

    /// Who took it: the consumer who asks.
    fn consumer(&self, context: &Context) -> Result<Option<ConsumerNode>, ApiError> {
        let person = context.actor().person().filter(|_| self.card.is_some());
        let Some(person) = person else { return Ok(None) };
        let actor = context.actor();
        let found = context.read(|tx| consumer::get(tx, actor, person))?;
        Ok(Some(alone(found)))
    }
}

fn payload(outcome: Outcome<LoyaltyCardId>) -> EnrollPayload {
    let (card, errors) = outcome.split();
    EnrollPayload { errors, card }
}

pub(crate) fn enroll(
    asked: &Asked<'_, '_>,
    input: &EnrollInput,
) -> Result<EnrollPayload, ApiError> {
    let id = input.loyalty_card_id.pk(LOYALTY_CARD).map(LoyaltyCardId::new);
    let card = match id.map_err(|error| ApiError::bad_id("loyaltyCardId", &error)) {
        Ok(card) => card,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let context = asked.context();
    let call = Call::of(asked, Needs::Consumer).about("loyaltyCardId");
    let call = call.of_thing(About::LoyaltyCard(card)).at(Place::LoyaltyCard(card));
    let (actor, now) = (context.actor().clone(), context.now());
    let outcome = context.mutate(&call, move |tx| {
        enrollment::enroll(tx, &actor, card, now).map(|enrolled| enrolled.card.id)
    })?;
    Ok(payload(outcome))
}
