//! Writing loyalty cards and rewards, and `enroll`: a consumer takes a card.

use juniper::{GraphQLInputObject, graphql_object};
use regulars_customer::consumer;
use regulars_kernel::{LoyaltyCardId, Permission, RewardId};
use regulars_loyalty::{card::change as cards_of, enrollment, reward::change as rewards_of};

use super::{
    LoyaltyCardNode, LoyaltyRewardNode,
    card::LOYALTY_CARD,
    inputs::{
        CreateLoyaltyCardInput, CreateLoyaltyRewardInput, DeleteLoyaltyCardInput,
        DeleteLoyaltyRewardInput, UpdateLoyaltyCardInput, UpdateLoyaltyRewardInput,
    },
    queries,
    reward::LOYALTY_REWARD,
};
use crate::{
    argument::pk,
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

/// The answer of a mutation of a loyalty card.
pub struct LoyaltyCardPayload {
    errors: Option<ExpectedErrorType>,
    card: Option<LoyaltyCardId>,
}

/// The answer of a mutation of a loyalty card.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl LoyaltyCardPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The card afterwards.
    fn loyalty_card(&self, context: &Context) -> Result<Option<LoyaltyCardNode>, ApiError> {
        self.card.map(|id| queries::get(context, id)).transpose()
    }
}

/// The answer of a mutation of a reward.
pub struct LoyaltyRewardPayload {
    errors: Option<ExpectedErrorType>,
    reward: Option<RewardId>,
}

/// The answer of a mutation of a reward.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl LoyaltyRewardPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The reward afterwards.
    fn loyalty_reward(&self, context: &Context) -> Result<Option<LoyaltyRewardNode>, ApiError> {
        self.reward.map_or(Ok(None), |id| queries::reward(context, id.get()))
    }
}

/// What the root fields answer.
type CardAnswer = Result<LoyaltyCardPayload, ApiError>;
/// What the root fields answer.
type RewardAnswer = Result<LoyaltyRewardPayload, ApiError>;

/// Who may write cards and rewards.
const CHANGE: Needs = Needs::Permission(Permission::ChangePromotion);

fn card_payload(outcome: Outcome<LoyaltyCardId>) -> LoyaltyCardPayload {
    let (card, errors) = outcome.split();
    LoyaltyCardPayload { errors, card }
}

fn reward_payload(outcome: Outcome<RewardId>) -> LoyaltyRewardPayload {
    let (reward, errors) = outcome.split();
    LoyaltyRewardPayload { errors, reward }
}

fn card_id(id: &Id) -> Result<LoyaltyCardId, ApiError> {
    pk("id", id, LOYALTY_CARD).map(LoyaltyCardId::new)
}

fn reward_id(id: &Id) -> Result<RewardId, ApiError> {
    pk("id", id, LOYALTY_REWARD).map(RewardId::new)
}

pub(crate) fn create_card(asked: &Asked<'_, '_>, input: CreateLoyaltyCardInput) -> CardAnswer {
    let patch = match input.patch() {
        Ok(patch) => patch,
        Err(error) => return turned_down(asked, error).map(card_payload),
    };
    let call = Call::of(asked, CHANGE).of_thing(About::Card(None));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| cards_of::create(tx, &actor, &patch, now))?;
    Ok(card_payload(outcome))
}

pub(crate) fn update_card(asked: &Asked<'_, '_>, input: UpdateLoyaltyCardInput) -> CardAnswer {
    let read = card_id(&input.id).and_then(|id| Ok((id, input.patch()?)));
    let (id, patch) = match read {
        Ok(read) => read,
        Err(error) => return turned_down(asked, error).map(card_payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::Card(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| cards_of::update(tx, &actor, id, &patch, now))?;
    Ok(card_payload(outcome))
}

pub(crate) fn delete_card(asked: &Asked<'_, '_>, input: &DeleteLoyaltyCardInput) -> CardAnswer {
    let id = match card_id(&input.id) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(card_payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::Card(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| cards_of::archive(tx, &actor, id, now))?;
    Ok(card_payload(outcome))
}

pub(crate) fn create_reward(
    asked: &Asked<'_, '_>,
    input: CreateLoyaltyRewardInput,
) -> RewardAnswer {
    let patch = match input.patch() {
        Ok(patch) => patch,
        Err(error) => return turned_down(asked, error).map(reward_payload),
    };
    let call = Call::of(asked, CHANGE).about("loyaltyCardId").of_thing(About::Reward(None));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| rewards_of::create(tx, &actor, &patch, now))?;
    Ok(reward_payload(outcome))
}

pub(crate) fn update_reward(
    asked: &Asked<'_, '_>,
    input: UpdateLoyaltyRewardInput,
) -> RewardAnswer {
    let read = reward_id(&input.id).and_then(|id| Ok((id, input.patch()?)));
    let (id, patch) = match read {
        Ok(read) => read,
        Err(error) => return turned_down(asked, error).map(reward_payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::Reward(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| rewards_of::update(tx, &actor, id, &patch, now))?;
    Ok(reward_payload(outcome))
}

pub(crate) fn delete_reward(
    asked: &Asked<'_, '_>,
    input: &DeleteLoyaltyRewardInput,
) -> RewardAnswer {
    let id = match reward_id(&input.id) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(reward_payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::Reward(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| rewards_of::archive(tx, &actor, id, now))?;
    Ok(reward_payload(outcome))
}
