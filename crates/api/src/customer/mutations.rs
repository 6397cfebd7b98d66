//! Writing customers: by merchants, and by consumers about themselves.

use juniper::graphql_object;
use regulars_customer::{CustomerError, LoyaltyId, create, delete, join, sharing, update, upsert};
use regulars_kernel::{MerchantId, PersonId, StoreId};

use crate::{
    context::Context,
    customer::{
        ConsumerNode,
        inputs::{
            CreateConsumerInput, DeleteConsumerInput, JoinMerchantInput, LeaveMerchantInput,
            ShareProfileInput, UpdateConsumerInput, UpsertConsumerInput,
        },
        node::alone,
        user::USER,
    },
    error::{ApiError, Codes},
    global_id::Id,
    mutation::{Call, Outcome, refused},
    scalar::ExpectedErrorType,
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
fn or_refusal(result: Answer) -> Answer {
    result.or_else(|error| refused(error, Codes::Public).map(payload))
}

fn pk(argument: &'static str, id: &Id, kind: &str) -> Result<i64, ApiError> {
    id.pk(kind).map_err(|error| ApiError::bad_id(argument, &error))
}

/// A call whose input is everything but its key.
fn call<'a>(name: &'static str, key: Option<&'a str>, input: &impl std::fmt::Debug) -> Call<'a> {
    Call { name, key, input: format!("{input:?}") }
}

pub(crate) fn create_consumer(context: &Context, input: CreateConsumerInput) -> Answer {
    let key = input.idempotency_key.clone();
    let record = input.record();
    let call = call("createConsumer", key.as_deref(), &record);
    let (actor, now) = (context.actor().clone(), context.now());
    let entropy = rand::random();
    let outcome = context.mutate(&call, move |tx| {
        let loyalty_id = LoyaltyId::from_entropy(entropy);
        create::create(tx, &actor, &record, loyalty_id, now).map(|made| made.id)
    })?;
    Ok(payload(outcome))
}

pub(crate) fn upsert_consumer(context: &Context, input: UpsertConsumerInput) -> Answer {
    let key = input.idempotency_key.clone();
    let record = input.record();
    let call = call("upsertConsumer", key.as_deref(), &record);
    let (actor, now) = (context.actor().clone(), context.now());
    let entropy = rand::random();
    let outcome = context.mutate(&call, move |tx| {
        let loyalty_id = LoyaltyId::from_entropy(entropy);
        upsert::upsert(tx, &actor, &record, loyalty_id, now).map(|done| done.consumer.id)
    })?;
    Ok(payload(outcome))
}

pub(crate) fn update_consumer(context: &Context, input: UpdateConsumerInput) -> Answer {
    let key = input.idempotency_key.clone();
    or_refusal(pk("id", &input.id, USER).map(PersonId::new).and_then(|id| {
        let patch = input.patch();
        let call = call("updateConsumer", key.as_deref(), &(id, &patch));
        let (actor, now) = (context.actor().clone(), context.now());
        let outcome = context.mutate(&call, move |tx| {
            update::update(tx, &actor, id, &patch, now).map(|changed| changed.id)
        })?;
        Ok(payload(outcome))
    }))
}

pub(crate) fn delete_consumer(context: &Context, input: &DeleteConsumerInput) -> Answer {
    or_refusal(pk("id", &input.id, USER).map(PersonId::new).and_then(|id| {
        let call = call("deleteConsumer", input.idempotency_key.as_deref(), &id);
        let (actor, now) = (context.actor().clone(), context.now());
        let outcome = context.mutate(&call, move |tx| {
            delete::delete(tx, &actor, id, now).map(|archived| archived.id)
        })?;
        Ok(payload(outcome))
    }))
}

pub(crate) fn join_merchant(context: &Context, input: &JoinMerchantInput) -> Answer {
    or_refusal(pk("storeId", &input.store_id, "StoreNode").map(StoreId::new).and_then(|store| {
        let call = call("joinMerchant", input.idempotency_key.as_deref(), &store);
        let (actor, now) = (context.actor().clone(), context.now());
        let outcome = context.mutate(&call, move |tx| {
            join::join(tx, &actor, store, now).map(|joined| joined.person)
        })?;
        Ok(payload(outcome))
    }))
}

pub(crate) fn leave_merchant(context: &Context, input: &LeaveMerchantInput) -> Answer {
    or_refusal(pk("merchantId", &input.merchant_id, USER).map(MerchantId::new).and_then(
        |merchant| {
            let call = call("leaveMerchant", input.idempotency_key.as_deref(), &merchant);
            let (actor, now) = (context.actor().clone(), context.now());
            let outcome = context.mutate(&call, move |tx| {
                join::leave(tx, &actor, merchant, now).map(|left| left.person)
            })?;
            Ok(payload(outcome))
        },
    ))
}

pub(crate) fn share_profile(context: &Context, input: &ShareProfileInput) -> Answer {
    or_refusal(pk("merchantId", &input.merchant_id, USER).map(MerchantId::new).and_then(
        |merchant| {
            let shared = input.sharing.to_domain();
            let call = call("shareProfile", input.idempotency_key.as_deref(), &(merchant, shared));
            let (actor, now) = (context.actor().clone(), context.now());
            let outcome = context.mutate(&call, move |tx| {
                let membership = sharing::share(tx, &actor, merchant, shared, now)?;
                Ok::<_, CustomerError>(membership.person)
            })?;
            Ok(payload(outcome))
        },
    ))
}
