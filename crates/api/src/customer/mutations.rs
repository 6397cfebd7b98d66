//! Writing customers: by merchants, and by consumers about themselves.

use std::sync::Arc;

use juniper::graphql_object;
use regulars_auth::AuthError;
use regulars_customer::{
    CustomerError, LoyaltyId, card, create, delete, join, loyalty_id, sharing, update, upsert,
};
use regulars_kernel::{MerchantId, Permission, PersonId, StoreId};

use crate::{
    argument::pk,
    context::Context,
    customer::{
        ConsumerNode,
        erasure::refuse_erased,
        inputs::{
            BlockConsumerCardInput, CreateConsumerInput, DeleteConsumerInput, JoinMerchantInput,
            LeaveMerchantInput, ReplaceLoyaltyIdInput, ShareProfileInput, UpdateConsumerInput,
            UpsertConsumerInput,
        },
        node::alone,
        user::USER,
    },
    error::ApiError,
    global_id::Id,
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    scalar::ExpectedErrorType,
    trail::{About, Place},
};

/// The answer of a mutation of a customer.
pub struct ConsumerPayload {
    errors: Option<ExpectedErrorType>,
    consumer: Option<PersonId>,
}

/// The answer of a mutation of a customer.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl ConsumerPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The customer afterwards.
    fn consumer(&self, context: &Context) -> Result<Option<ConsumerNode>, ApiError> {
        let Some(id) = self.consumer else { return Ok(None) };
        let actor = context.actor();
        let found = context.read(|tx| regulars_customer::consumer::get(tx, actor, id))?;
        Ok(Some(alone(found)))
    }
}

/// What the root fields answer.
type Answer = Result<ConsumerPayload, ApiError>;

fn payload(outcome: Outcome<PersonId>) -> ConsumerPayload {
    let (consumer, errors) = outcome.split();
    ConsumerPayload { errors, consumer }
}

/// Turns a fault of an argument, found before anything ran, into the payload's errors.
fn or_refusal(asked: &Asked<'_, '_>, result: Answer) -> Answer {
    result.or_else(|error| turned_down(asked, error).map(payload))
}

/// Who may write a merchant's customers.
const CHANGE: Needs = Needs::Permission(Permission::ChangeConsumer);

pub(crate) fn create_consumer(asked: &Asked<'_, '_>, input: CreateConsumerInput) -> Answer {
    let record = input.record();
    let call = Call::of(asked, CHANGE).of_thing(About::Customer(None));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let (entropy, authority) = (rand::random(), Arc::clone(asked.context().authority()));
    let outcome = asked.context().mutate(&call, move |tx| {
        let loyalty_id = LoyaltyId::from_entropy(entropy);
        let made = create::create(tx, &actor, &record, loyalty_id, now)?;
        refuse_erased(tx, &authority, actor.merchant(), &record)?;
        Ok::<_, AuthError>(made.id)
    })?;
    Ok(payload(outcome))
}

pub(crate) fn upsert_consumer(asked: &Asked<'_, '_>, input: UpsertConsumerInput) -> Answer {
    let record = input.record();
    let id = record.entity_source_id.as_deref().map(str::trim).filter(|id| !id.contains('\0'));
    let source = record.entity_source.zip(id.map(str::to_owned));
    let about = source.map_or(About::Customer(None), |(source, id)| About::Source(source, id));
    let call = Call::of(asked, CHANGE).of_thing(about);
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let (entropy, authority) = (rand::random(), Arc::clone(asked.context().authority()));
    let outcome = asked.context().mutate(&call, move |tx| {
        let loyalty_id = LoyaltyId::from_entropy(entropy);
        let done = upsert::upsert(tx, &actor, &record, loyalty_id, now)?;
        if done.created {
            refuse_erased(tx, &authority, actor.merchant(), &record)?;
        }
        Ok::<_, AuthError>(done.consumer.id)
    })?;
    Ok(payload(outcome))
}

pub(crate) fn update_consumer(asked: &Asked<'_, '_>, input: UpdateConsumerInput) -> Answer {
    or_refusal(
        asked,
        pk("id", &input.id, USER).map(PersonId::new).and_then(|id| {
            let patch = input.changes();
            let call = Call::of(asked, CHANGE).about("id").of_thing(About::Customer(Some(id)));
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let outcome = asked.context().mutate(&call, move |tx| {
                update::update(tx, &actor, id, &patch, now).map(|changed| changed.id)
            })?;
            Ok(payload(outcome))
        }),
    )
}

pub(crate) fn delete_consumer(asked: &Asked<'_, '_>, input: &DeleteConsumerInput) -> Answer {
    or_refusal(
        asked,
        pk("id", &input.id, USER).map(PersonId::new).and_then(|id| {
            let call = Call::of(asked, CHANGE).about("id").of_thing(About::Customer(Some(id)));
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let outcome = asked.context().mutate(&call, move |tx| {
                delete::delete(tx, &actor, id, now).map(|archived| archived.id)
            })?;
            Ok(payload(outcome))
        }),
    )
}

/// Who may do this: merchants to their customers, consumers to themselves.
const OWN_OR_CHANGE: Needs = Needs::ConsumerOr(Permission::ChangeConsumer);

fn who(id: Option<&Id>) -> Result<Option<PersonId>, ApiError> {
    id.map(|id| pk("consumerId", id, USER).map(PersonId::new)).transpose()
}

pub(crate) fn replace_loyalty_id(asked: &Asked<'_, '_>, input: &ReplaceLoyaltyIdInput) -> Answer {
    or_refusal(
        asked,
        who(input.consumer_id.as_ref()).and_then(|who| {
            let own = asked.context().actor().require_consumer().is_ok();
            let about = if own {
                About::Account(asked.context().actor().person())
            } else {
                About::Customer(who)
            };
            let call = Call::of(asked, OWN_OR_CHANGE).about("consumerId").of_thing(about);
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let entropy = rand::random();
            let outcome = asked.context().mutate(&call, move |tx| {
                loyalty_id::replace(tx, &actor, who, LoyaltyId::from_entropy(entropy), now)
            })?;
            Ok(payload(outcome))
        }),
    )
}

pub(crate) fn block_consumer_card(asked: &Asked<'_, '_>, input: BlockConsumerCardInput) -> Answer {
    or_refusal(
        asked,
        who(input.consumer_id.as_ref()).and_then(|who| {
            let own = asked.context().actor().require_consumer().is_ok();
            let about = if own { About::Memberships } else { About::Customer(who) };
            let call = Call::of(asked, OWN_OR_CHANGE).about("consumerId").of_thing(about);
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let outcome = asked
                .context()
                .mutate(&call, move |tx| card::block(tx, &actor, who, &input.card, now))?;
            Ok(payload(outcome))
        }),
    )
}

pub(crate) fn join_merchant(asked: &Asked<'_, '_>, input: &JoinMerchantInput) -> Answer {
    or_refusal(
        asked,
        pk("storeId", &input.store_id, "StoreNode").map(StoreId::new).and_then(|store| {
            let about = About::Customer(asked.context().actor().person());
            let call = Call::of(asked, Needs::Consumer).about("storeId");
            let call = call.of_thing(about).at(Place::Store(store));
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let outcome = asked.context().mutate(&call, move |tx| {
                join::join(tx, &actor, store, now).map(|joined| joined.person)
            })?;
            Ok(payload(outcome))
        }),
    )
}

pub(crate) fn leave_merchant(asked: &Asked<'_, '_>, input: &LeaveMerchantInput) -> Answer {
    or_refusal(
        asked,
        pk("merchantId", &input.merchant_id, USER).map(MerchantId::new).and_then(|merchant| {
            let about = About::Customer(asked.context().actor().person());
            let call = Call::of(asked, Needs::Consumer).about("merchantId");
            let call = call.of_thing(about).at(Place::Merchant(merchant));
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let outcome = asked.context().mutate(&call, move |tx| {
                join::leave(tx, &actor, merchant, now).map(|left| left.person)
            })?;
            Ok(payload(outcome))
        }),
    )
}

pub(crate) fn share_profile(asked: &Asked<'_, '_>, input: &ShareProfileInput) -> Answer {
    or_refusal(
        asked,
        pk("merchantId", &input.merchant_id, USER).map(MerchantId::new).and_then(|merchant| {
            let shared = input.sharing.to_domain();
            let about = About::Customer(asked.context().actor().person());
            let call = Call::of(asked, Needs::Consumer).about("merchantId");
            let call = call.of_thing(about).at(Place::Merchant(merchant));
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let outcome = asked.context().mutate(&call, move |tx| {
                let membership = sharing::share(tx, &actor, merchant, shared, now)?;
                Ok::<_, CustomerError>(membership.person)
            })?;
            Ok(payload(outcome))
        }),
    )
}
