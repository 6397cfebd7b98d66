//! `exportConsumer`: everything that is known of a person, as JSON (rule 30).

use std::sync::OnceLock;

use juniper::{GraphQLInputObject, graphql_object};
use regulars_auth::{
    AuthError,
    export::{self, ACTION, Extent, MOST_ROWS},
};
use regulars_kernel::{PersonId, Scope};

use super::user::USER;
use crate::{
    context::Context,
    error::{ApiError, Codes},
    global_id::Id,
    scalar::{ExpectedErrorType, JSONString},
    trail::{About, Effect, Trace},
};

/// Of whom.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct ExportConsumerInput {
    /// The customer; consumers leave it out and mean themselves.
    pub id: Option<Id>,
}

/// The answer of `exportConsumer`.
pub struct ExportPayload {
    errors: Option<ExpectedErrorType>,
    granted: Option<(Scope, Extent)>,
    /// Written once, however often it is asked for.
    document: OnceLock<Result<Option<JSONString>, ApiError>>,
}

/// The answer of `exportConsumer`.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl ExportPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The document, as it was at one moment: `format` is `regulars.consumer.v1`; a list for each kind of thing, at most 50,000
    /// of each, and `truncated` names those of which there are more. Instants are RFC 3339 in UTC, money is decimals beside its
    /// `currency`.
    fn export(&self, context: &Context) -> Result<Option<JSONString>, ApiError> {
        self.document.get_or_init(|| self.write(context)).clone()
    }

    /// What a file of it may be called.
    fn filename(&self, context: &Context) -> Option<String> {
        let day = context.now().to_utc().date_naive();
        self.granted.map(|(_, of)| format!("consumer-{}-{day}.json", of.person))
    }
}

impl ExportPayload {
    fn write(&self, context: &Context) -> Result<Option<JSONString>, ApiError> {
        let Some((scope, of)) = self.granted else { return Ok(None) };
        let now = context.now();
        let document = context.read_within(scope, |tx| tx.export(of, now, Some(MOST_ROWS)))?;
        Ok(JSONString::parse(&document.to_string()))
    }
}

/// A disclosure: it is written down before anything is read, and leaves nothing behind that a key could answer again.
pub(crate) fn export_consumer(
    context: &Context,
    input: &ExportConsumerInput,
) -> Result<ExportPayload, ApiError> {
    let actor = context.actor();
    let own = actor.require_consumer().is_ok();
    let id = input.id.as_ref().map(|id| id.pk(USER).map(PersonId::new)).transpose();
    let about = match &id {
        Ok(id) if !own => About::Customer(*id),
        _ if own => About::Account(actor.person()),
        _ => About::Nothing,
    };
    let trace = Trace::new(ACTION).about(about);
    let granted = id
        .map_err(|error| ApiError::bad_id("id", &error))
        .and_then(|id| permit(context, &trace, id))
        .map(crate::mutation::Outcome::Done)
        .or_else(|error| context.refuse(&trace, error.about("id"), Codes::Public))?;
    let (granted, errors) = granted.split();
    Ok(ExportPayload { errors, granted, document: OnceLock::new() })
}

fn permit(
    context: &Context,
    trace: &Trace,
    id: Option<PersonId>,
) -> Result<(Scope, Extent), ApiError> {
    let (actor, now) = (context.actor().clone(), context.now());
    // What the platform keeps of somebody, log-ins and mails above all, is within no person's own scope.
    let scope = match actor.require_known()? {
        Scope::Person(_) => Scope::Platform,
        scope => scope,
    };
    let recorder = context.recorder(trace);
    let extent = context.write_within(scope, move |tx| {
        recorder.watch(tx, |tx| {
            let extent = export::permit(tx, &actor, id, now)?;
            Ok::<_, AuthError>((extent, Effect::of(extent.person.get())))
        })
    })?;
    Ok((scope, extent))
}
