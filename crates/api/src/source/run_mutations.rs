//! `startSync`, `cancelSync` and `replayRejects`.

use juniper::{GraphQLInputObject, graphql_object};
use regulars_auth::audit::Change;
use regulars_kernel::{ConnectionId, Rule, SyncRejectId, SyncRunId, Violations};
use regulars_source::{reject::replay, run::request};

use super::{
    SyncRunNode,
    connection::connection_id,
    connection_mutations::SYNC,
    kind::engine,
    reject::SYNC_REJECT,
    run::{self as node, SYNC_RUN, SyncRunKind},
};
use crate::{
    argument::pk,
    context::Context,
    error::ApiError,
    global_id::Id,
    mutation::{Asked, Call, Outcome, turned_down},
    scalar::ExpectedErrorType,
    trail::About,
};

/// The most rejects that one call names.
const MOST: usize = 100;

/// A run to be started.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct StartSyncInput {
    /// The connection.
    pub connection_id: Id,
    /// What it reads; TAIL, where it is left out.
    pub kind: Option<SyncRunKind>,
    /// Whether it only shows what it would do (`report`).
    pub dry_run: Option<bool>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A run to be ended.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CancelSyncInput {
    /// The run.
    pub run_id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// What is to be read again.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct ReplayRejectsInput {
    /// The connection.
    pub connection_id: Id,
    /// At most 100 of its rejects; all that wait, where they are left out.
    pub ids: Option<Vec<Id>>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// The answer of a mutation of a run.
pub struct SyncRunPayload {
    errors: Option<ExpectedErrorType>,
    run: Option<SyncRunId>,
}

/// The answer of a mutation of a run.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl SyncRunPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The run, as it is now.
    fn run(&self, context: &Context) -> Result<Option<SyncRunNode>, ApiError> {
        self.run.map_or(Ok(None), |id| node::find(context, id))
    }
}

type Answer = Result<SyncRunPayload, ApiError>;

fn payload(outcome: Outcome<SyncRunId>) -> SyncRunPayload {
    let (run, errors) = outcome.split();
    SyncRunPayload { errors, run }
}

fn or_refusal(asked: &Asked<'_, '_>, result: Answer) -> Answer {
    result.or_else(|error| turned_down(asked, error).map(payload))
}

/// The connection of a run that is to be: where syncing is off nobody would ever take it up.
fn connection_of(asked: &Asked<'_, '_>, id: &Id) -> Result<ConnectionId, ApiError> {
    asked.context().actor().require(regulars_kernel::Permission::Sync)?;
    engine(asked.context())?;
    connection_id("connectionId", id)
}

pub(crate) fn start(asked: &Asked<'_, '_>, input: &StartSyncInput) -> Answer {
    let wanted = (input.kind.unwrap_or(SyncRunKind::Tail).into(), input.dry_run.unwrap_or(false));
    or_refusal(
        asked,
        connection_of(asked, &input.connection_id).and_then(|id| {
            let about = About::SyncConnection(Some(id));
            let call = Call::of(asked, SYNC).about("connectionId").of_thing(about);
            let call = if wanted.1 { call.noting(vec![Change::dry_run()]) } else { call };
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let outcome = asked
                .context()
                .mutate(&call, move |tx| request::start(tx, &actor, id, wanted, now))?;
            Ok(payload(outcome))
        }),
    )
}

pub(crate) fn cancel(asked: &Asked<'_, '_>, input: &CancelSyncInput) -> Answer {
    or_refusal(
        asked,
        pk("runId", &input.run_id, SYNC_RUN).map(SyncRunId::new).and_then(|id| {
            let call = Call::of(asked, SYNC).about("runId").of_thing(About::SyncRun(id));
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let outcome =
                asked.context().mutate(&call, move |tx| request::cancel(tx, &actor, id, now))?;
            Ok(payload(outcome))
        }),
    )
}

fn rejects(ids: Option<&Vec<Id>>) -> Result<Option<Vec<SyncRejectId>>, ApiError> {
    let Some(ids) = ids else { return Ok(None) };
    if ids.len() > MOST {
        let sentence = format!("One call names at most {MOST} rejects.");
        return Err(Violations::of("ids", Rule::Invalid(sentence)).into());
    }
    let one = |id: &Id| pk("ids", id, SYNC_REJECT).map(SyncRejectId::new);
    ids.iter().map(one).collect::<Result<_, _>>().map(Some)
}

pub(crate) fn replay(asked: &Asked<'_, '_>, input: &ReplayRejectsInput) -> Answer {
    let wanted = || {
        let id = connection_of(asked, &input.connection_id)?;
        Ok::<_, ApiError>((id, rejects(input.ids.as_ref())?))
    };
    or_refusal(
        asked,
        wanted().and_then(|(id, ids)| {
            let about = About::SyncConnection(Some(id));
            let call = Call::of(asked, SYNC).about("connectionId").of_thing(about);
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let outcome = asked
                .context()
                .mutate(&call, move |tx| replay::replay(tx, &actor, id, ids.as_deref(), now))?;
            Ok(payload(outcome))
        }),
    )
}
