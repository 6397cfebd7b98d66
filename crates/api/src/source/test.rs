//! `testConnection`: asks the outside whether all that is needed is there and allowed.
//!
//! Nothing is written meanwhile, and no connection to the database is held: the source may take its time. It is asked on a thread
//! of its own, which ends by the limits of the client that it asks with; whoever waits for it goes on before that.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::bounded;
use juniper::{GraphQLInputObject, graphql_object};
use regulars_kernel::ConnectionId;
use regulars_source::{Connection, connection::change};
use regulars_sync::{
    connector::{Fault, Tested},
    engine::Engine,
};

use super::{connection::connection_id, connection_mutations::SYNC, kind::engine};
use crate::{
    context::Context,
    error::ApiError,
    global_id::Id,
    mutation::{Asked, Call, Outcome, turned_down},
    scalar::ExpectedErrorType,
    trail::About,
};

/// How long a test may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is left of a request's time for its answer.
const SPARE: Duration = Duration::from_millis(500);
/// The most tests at once: each has a thread.
const AT_ONCE: usize = 16;

/// A connection to be tested.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct TestConnectionInput {
    /// The connection.
    pub id: Id,
    /// The same key with the same input is written down once; the source is asked each time.
    pub idempotency_key: Option<String>,
}

/// What a test found.
pub struct TestConnectionPayload {
    errors: Option<ExpectedErrorType>,
    found: Option<Tested>,
}

/// What a test found.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl TestConnectionPayload {
    /// Whether the source was asked; what it said is in `works` and `wrong`.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// Whether the connection works: nothing is wrong. Null where the source was not asked.
    fn works(&self) -> Option<bool> {
        self.found.as_ref().map(|found| found.wrong.is_empty())
    }

    /// Who answered: the shop's or organisation's name.
    fn account(&self) -> Option<&str> {
        self.found.as_ref().and_then(|found| found.account.as_deref())
    }

    /// What is fine.
    fn fine(&self) -> &[String] {
        self.found.as_ref().map_or(&[], |found| &found.fine)
    }

    /// What is missing or wrong, each with the way out.
    fn wrong(&self) -> &[String] {
        self.found.as_ref().map_or(&[], |found| &found.wrong)
    }
}

fn refusal(outcome: Outcome<ConnectionId>) -> TestConnectionPayload {
    TestConnectionPayload { errors: outcome.split().1, found: None }
}

/// Counts the tests that are under way.
struct Turn;

static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

impl Turn {
    fn take() -> Option<Self> {
        let free = |taken: usize| (taken < AT_ONCE).then_some(taken + 1);
        UNDER_WAY.fetch_update(Ordering::AcqRel, Ordering::Acquire, free).ok().map(|_| Self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        UNDER_WAY.fetch_sub(1, Ordering::AcqRel);
    }
}

fn wrong(sentence: impl Into<String>) -> Tested {
    Tested { wrong: vec![sentence.into()], ..Tested::default() }
}

/// Asks a source, and waits for it no longer than until then.
fn ask(engine: &Arc<Engine>, connection: Connection, until: Instant) -> Tested {
    let Some(turn) = Turn::take() else {
        return wrong("Too many connections are being tested at once: try again in a moment.");
    };
    let (told, heard) = bounded::<Result<Tested, Fault>>(1);
    let engine = Arc::clone(engine);
    let work = move || {
        let _turn = turn;
        let found = engine.open(&connection).and_then(|mut connector| connector.test());
        // Whoever waited may have gone.
        told.send(found).ok();
    };
    if thread::Builder::new().name("sync-test".to_owned()).spawn(work).is_err() {
        return wrong("The server is busy: try again in a moment.");
    }
    match heard.recv_deadline(until) {
        Ok(Ok(found)) => found,
        Ok(Err(fault)) => wrong(fault.to_string()),
        Err(_late) => wrong("The source did not answer in time: try again in a moment."),
    }
}

pub(crate) fn test(
    asked: &Asked<'_, '_>,
    input: &TestConnectionInput,
) -> Result<TestConnectionPayload, ApiError> {
    let context = asked.context();
    let ready = || {
        context.actor().require(regulars_kernel::Permission::Sync)?;
        Ok::<_, ApiError>((engine(context)?, connection_id("id", &input.id)?))
    };
    let (engine, id) = match ready() {
        Ok(ready) => ready,
        Err(error) => return turned_down(asked, error).map(refusal),
    };
    let call = Call::of(asked, SYNC).about("id").of_thing(About::SyncConnection(Some(id)));
    let actor = context.actor().clone();
    let asker = actor.clone();
    let noted = context
        .mutate(&call, move |tx| change::get(tx, &asker, id).map(|connection| connection.id))?;
    if matches!(noted, Outcome::Refused(_)) {
        return Ok(refusal(noted));
    }
    let connection = context.read(|tx| change::get(tx, &actor, id))?;
    context.let_go();
    let spare = context.deadline().checked_sub(SPARE).unwrap_or_else(Instant::now);
    let found = ask(&engine, connection, spare.min(Instant::now() + PATIENCE));
    Ok(TestConnectionPayload { errors: None, found: Some(found) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_so_many_are_asked_at_once() {
        let turns: Vec<_> = std::iter::from_fn(Turn::take).take(AT_ONCE + 1).collect();
        assert_eq!(turns.len(), AT_ONCE);
        drop(turns);
        assert!(Turn::take().is_some());
    }
}
