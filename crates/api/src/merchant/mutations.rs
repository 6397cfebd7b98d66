//! Writing stores and store groups.

use juniper::graphql_object;
use regulars_kernel::{Permission, StoreGroupId, StoreId};
use regulars_merchant::{
    MerchantError, store::change as stores_of, store_group::change as groups_of,
};

use super::{
    StoreGroupNode, StoreNode,
    inputs::{
        CreateStoreGroupInput, CreateStoreInput, DeleteStoreGroupInput, DeleteStoreInput,
        UpdateStoreGroupInput, UpdateStoreInput,
    },
    store::{self, STORE},
    store_group::{self, STORE_GROUP},
};
use crate::{
    argument::pk,
    context::Context,
    error::ApiError,
    global_id::Id,
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    scalar::ExpectedErrorType,
    trail::About,
};

/// The answer of a mutation of a store.
pub struct StorePayload {
    errors: Option<ExpectedErrorType>,
    store: Option<StoreId>,
}

/// The answer of a mutation of a store.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl StorePayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The store afterwards.
    fn store(&self, context: &Context) -> Result<Option<StoreNode>, ApiError> {
        self.store.map_or(Ok(None), |id| store::find(context, id))
    }
}

/// The answer of a mutation of a store group.
pub struct StoreGroupPayload {
    errors: Option<ExpectedErrorType>,
    store_group: Option<StoreGroupId>,
}

/// The answer of a mutation of a store group.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl StoreGroupPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The group afterwards; null once it is dissolved.
    fn store_group(&self, context: &Context) -> Result<Option<StoreGroupNode>, ApiError> {
        self.store_group.map_or(Ok(None), |id| store_group::find(context, id))
    }
}

/// What the root fields answer.
type StoreAnswer = Result<StorePayload, ApiError>;
/// What the root fields answer.
type StoreGroupAnswer = Result<StoreGroupPayload, ApiError>;

/// Who may write stores and groups.
const CHANGE: Needs = Needs::Permission(Permission::ChangeStore);

fn store_payload(outcome: Outcome<StoreId>) -> StorePayload {
    let (store, errors) = outcome.split();
    StorePayload { errors, store }
}

fn group_payload(outcome: Outcome<StoreGroupId>) -> StoreGroupPayload {
    let (store_group, errors) = outcome.split();
    StoreGroupPayload { errors, store_group }
}

fn store_id(id: &Id) -> Result<StoreId, ApiError> {
    pk("id", id, STORE).map(StoreId::new)
}

fn group_id(id: &Id) -> Result<StoreGroupId, ApiError> {
    pk("id", id, STORE_GROUP).map(StoreGroupId::new)
}

pub(crate) fn create_store(asked: &Asked<'_, '_>, input: CreateStoreInput) -> StoreAnswer {
    let patch = input.patch();
    let call = Call::of(asked, CHANGE).of_thing(About::Store(None));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| stores_of::create(tx, &actor, &patch, now))?;
    Ok(store_payload(outcome))
}

pub(crate) fn update_store(asked: &Asked<'_, '_>, input: UpdateStoreInput) -> StoreAnswer {
    let id = match store_id(&input.id) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(store_payload),
    };
    let patch = input.patch();
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::Store(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| stores_of::update(tx, &actor, id, &patch, now))?;
    Ok(store_payload(outcome))
}

pub(crate) fn delete_store(asked: &Asked<'_, '_>, input: &DeleteStoreInput) -> StoreAnswer {
    let id = match store_id(&input.id) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(store_payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::Store(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| stores_of::archive(tx, &actor, id, now))?;
    Ok(store_payload(outcome))
}

/// Which argument is at fault: the group or one of its stores.
fn named(error: MerchantError) -> ApiError {
    let argument = if matches!(error, MerchantError::StoreNotFound) { "stores" } else { "id" };
    ApiError::from(error).about(argument)
}

pub(crate) fn create_store_group(
    asked: &Asked<'_, '_>,
    input: CreateStoreGroupInput,
) -> StoreGroupAnswer {
    let patch = match input.patch() {
        Ok(patch) => patch,
        Err(error) => return turned_down(asked, error).map(group_payload),
    };
    let call = Call::of(asked, CHANGE).of_thing(About::StoreGroup(None));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome = asked
        .context()
        .mutate(&call, move |tx| groups_of::create(tx, &actor, &patch, now).map_err(named))?;
    Ok(group_payload(outcome))
}

pub(crate) fn update_store_group(
    asked: &Asked<'_, '_>,
    input: UpdateStoreGroupInput,
) -> StoreGroupAnswer {
    let read = group_id(&input.id).and_then(|id| Ok((id, input.patch()?)));
    let (id, patch) = match read {
        Ok(read) => read,
        Err(error) => return turned_down(asked, error).map(group_payload),
    };
    let call = Call::of(asked, CHANGE).of_thing(About::StoreGroup(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome = asked
        .context()
        .mutate(&call, move |tx| groups_of::update(tx, &actor, id, &patch, now).map_err(named))?;
    Ok(group_payload(outcome))
}

pub(crate) fn delete_store_group(
    asked: &Asked<'_, '_>,
    input: &DeleteStoreGroupInput,
) -> StoreGroupAnswer {
    let id = match group_id(&input.id) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(group_payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::StoreGroup(Some(id)));
    let actor = asked.context().actor().clone();
    let outcome = asked.context().mutate(&call, move |tx| groups_of::delete(tx, &actor, id))?;
    Ok(group_payload(outcome))
}
