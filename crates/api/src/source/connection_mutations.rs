//! `createConnection`, `updateConnection`, `deleteConnection`, `pauseSync` and `resumeSync`.

use std::sync::Arc;

use juniper::{GraphQLInputObject, graphql_object};
use regulars_auth::audit::{Change, Field};
use regulars_kernel::{ConnectionId, Permission};
use regulars_merchant::EntitySource;
use regulars_persistence::Tx;
use regulars_source::{
    connection::change::{self, ConnectionPatch, NewConnection},
    setting::Setting,
};
use serde_json::{Map, Value};

use super::{
    connection::{self as node, SyncConnectionNode, connection_id},
    kind::{Vault, engine, kind_of, settings_of},
};
use crate::{
    context::Context,
    customer::choice::UserEntitySource,
    error::ApiError,
    global_id::Id,
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    scalar::{ExpectedErrorType, JSONString},
    trail::About,
};

/// A system to be connected.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CreateConnectionInput {
    /// What kind of system: one of `sources`.
    pub source: UserEntitySource,
    /// What people call it: 1 to 100 characters, and no other connection's name.
    pub name: String,
    /// What it is told, secrets among it: an object from the names of `sources { settings { name } }` to values.
    pub settings: Option<JSONString>,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

/// Changes to a connection: what is absent stays.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct UpdateConnectionInput {
    /// The connection.
    pub id: Id,
    /// What people call it: 1 to 100 characters, and no other connection's name.
    pub name: Option<String>,
    /// What it is told: what is absent stays, null clears.
    pub settings: Option<JSONString>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A connection to be ended for ever.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct DeleteConnectionInput {
    /// The connection.
    pub id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A connection to be paused.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct PauseSyncInput {
    /// The connection.
    pub connection_id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A connection to be resumed.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct ResumeSyncInput {
    /// The connection.
    pub connection_id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// The answer of a mutation of a connection.
pub struct SyncConnectionPayload {
    errors: Option<ExpectedErrorType>,
    connection: Option<ConnectionId>,
}

/// The answer of a mutation of a connection.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl SyncConnectionPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The connection afterwards; null once it is deleted.
    fn connection(&self, context: &Context) -> Result<Option<SyncConnectionNode>, ApiError> {
        self.connection.map_or(Ok(None), |id| node::find(context, id))
    }
}

type Answer = Result<SyncConnectionPayload, ApiError>;

fn payload(outcome: Outcome<ConnectionId>) -> SyncConnectionPayload {
    let (connection, errors) = outcome.split();
    SyncConnectionPayload { errors, connection }
}

/// Turns a fault of an argument, found before anything ran, into the payload's errors.
fn or_refusal(asked: &Asked<'_, '_>, result: Answer) -> Answer {
    result.or_else(|error| turned_down(asked, error).map(payload))
}

/// Who may sync.
pub(super) const SYNC: Needs = Needs::Permission(Permission::Sync);

fn object(settings: Option<&JSONString>) -> Result<Map<String, Value>, ApiError> {
    match settings.and_then(JSONString::json) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(settings)) => Ok(settings),
        Some(_) => {
            let sentence = "Settings are an object, such as {\"shop\": \"my-shop.myshopify.com\"}.";
            Err(ApiError::invalid("settings", sentence))
        }
    }
}

/// What the log says of secrets: that there were some.
fn noted(known: &[Setting], settings: &Map<String, Value>) -> Vec<Change> {
    let is_secret = |name: &str| known.iter().any(|setting| setting.secret && setting.name == name);
    let secret = settings.keys().any(|name| is_secret(name));
    secret.then(|| Change::turned(Field::Credentials, true)).into_iter().collect()
}

pub(crate) fn create(asked: &Asked<'_, '_>, input: CreateConnectionInput) -> Answer {
    let context = asked.context();
    let ready = || {
        context.actor().require(Permission::Sync)?;
        let engine = engine(context)?;
        let unknown = || ApiError::invalid("source", "There is no such source.");
        let source = input.source.to_domain().ok_or_else(unknown)?;
        let known = settings_of(kind_of(&engine, source)?);
        let settings = object(input.settings.as_ref())?;
        Ok((engine, known, NewConnection { source, name: input.name.clone(), settings }))
    };
    or_refusal(
        asked,
        ready().and_then(|(engine, known, new)| {
            let call = Call::of(asked, SYNC).of_thing(About::SyncConnection(None));
            let call = call.noting(noted(&known, &new.settings));
            let (actor, now) = (context.actor().clone(), context.now());
            let (vault, token) = (Vault(engine), format!("{:032x}", rand::random::<u128>()));
            let outcome = context.mutate(&call, move |tx| {
                change::create(tx, &actor, &new, &known, (&vault, &token), now)
            })?;
            Ok(payload(outcome))
        }),
    )
}

pub(crate) fn update(asked: &Asked<'_, '_>, input: UpdateConnectionInput) -> Answer {
    let context = asked.context();
    let ready = || {
        context.actor().require(Permission::Sync)?;
        let engine = engine(context)?;
        let id = connection_id("id", &input.id)?;
        let settings = object(input.settings.as_ref())?;
        Ok((engine, id, ConnectionPatch { name: input.name.clone(), settings }))
    };
    or_refusal(
        asked,
        ready().and_then(|(engine, id, patch)| {
            let actor = context.actor().clone();
            // A connection stays of its kind: what it can be told is known before anything is written.
            let found = context
                .read(|tx| change::get(tx, &actor, id))
                .map_err(|error| error.about("id"))?;
            let known = known_of(&engine, found.source);
            let call = Call::of(asked, SYNC).about("id").of_thing(About::SyncConnection(Some(id)));
            let call = call.noting(noted(&known, &patch.settings));
            let (vault, now) = (Vault(engine), context.now());
            let outcome = context.mutate(&call, move |tx| {
                change::update(tx, &actor, id, &patch, (&known, &vault), now)
            })?;
            Ok(payload(outcome))
        }),
    )
}

/// Of a kind that this server has no connector for any more what every kind can be told can be changed.
fn known_of(engine: &Arc<regulars_sync::engine::Engine>, source: EntitySource) -> Vec<Setting> {
    engine.kind(source).map_or_else(|| regulars_source::setting::all_of(&[]), settings_of)
}

/// A use case that changes one connection.
type Step = fn(
    &mut Tx<'_>,
    &regulars_kernel::Actor,
    ConnectionId,
    regulars_kernel::Timestamp,
) -> Result<ConnectionId, regulars_source::SourceError>;

fn step(asked: &Asked<'_, '_>, (argument, id): (&'static str, &Id), step: Step) -> Answer {
    or_refusal(
        asked,
        connection_id(argument, id).and_then(|id| {
            let about = About::SyncConnection(Some(id));
            let call = Call::of(asked, SYNC).about(argument).of_thing(about);
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let outcome = asked.context().mutate(&call, move |tx| step(tx, &actor, id, now))?;
            Ok(payload(outcome))
        }),
    )
}

pub(crate) fn delete(asked: &Asked<'_, '_>, input: &DeleteConnectionInput) -> Answer {
    step(asked, ("id", &input.id), |tx, actor, id, now| change::delete(tx, actor, id, now))
}

pub(crate) fn pause(asked: &Asked<'_, '_>, input: &PauseSyncInput) -> Answer {
    let id = ("connectionId", &input.connection_id);
    step(asked, id, |tx, actor, id, now| change::pause(tx, actor, id, now))
}

pub(crate) fn resume(asked: &Asked<'_, '_>, input: &ResumeSyncInput) -> Answer {
    let id = ("connectionId", &input.connection_id);
    step(asked, id, |tx, actor, id, now| change::resume(tx, actor, id, now))
}
