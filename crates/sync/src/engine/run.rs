//! One run of a connection, from being taken to being let go.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use regulars_kernel::{
    ConnectionId, MerchantId, PageRequest, Scope, StoreError, SyncRunId, Timestamp,
};
use regulars_source::{
    Connection, ConnectionState, Counts, Health, Run, RunKind, RunState, SourceError,
    SourceStore as _,
    record::{Body, Gone, Item, Record, SourceVersion},
    review::{ReviewKind, SyncReview, SyncReviewState},
    store::Of,
    stream::StreamState,
};

use super::{
    Engine, Held, SyncError,
    pass::{Course, Halt, LEASE},
    report::{SAMPLES, report},
    retry,
    slice::Job,
};
use crate::connector::StreamSpec;

/// How long a write of this module may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often a connection is read, where its settings say nothing.
const EVERY: Duration = Duration::from_mins(15);
/// A sweep that finds more gone than this share, in percent, or than [`MANY`], asks first (engine rule 18).
const SHARE: u64 = 5;
/// See [`SHARE`].
const MANY: u64 = 50;
/// Things of a sweep that are put away in one go.
const SWEPT: u16 = 50;

/// How a run ended, or was left.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// Somebody else has the connection, or nothing was to be done.
    Nothing,
    /// It came to its end, was cancelled, or failed: see its state.
    Over(Box<Run>),
    /// It goes on later, from where it is.
    Later(Box<Run>),
}

impl Engine {
    /// Reads a connection: the run that waits or was left, else what changed since the last one. `told` hears of each step.
    ///
    /// Answers at once where somebody else reads it. What is wrong with the source is written into the run and the connection, and is
    /// no error here.
    pub fn run(
        &self,
        merchant: MerchantId,
        id: ConnectionId,
        holder: &str,
        stopped: &dyn Fn() -> bool,
        told: &mut dyn FnMut(&Run),
    ) -> Result<Ended, SyncError> {
        let Some((held, connection, run, ranks)) = self.take_up(merchant, id, holder)? else {
            return Ok(Ended::Nothing);
        };
        let job = Job {
            held: held.clone(),
            policy: Arc::new(connection.policy()),
            connection: Arc::new(connection),
            ranks: Arc::new(ranks),
            mark: run.id,
            run,
            reached: None,
            is_reread: false,
            is_sweep: false,
            samples: 0,
            now: self.clock.now(),
        };
        let ended = self.work(job, stopped, told);
        let (connection, by) = (held.connection, held.holder);
        let let_go = self.write(merchant, move |tx| {
            tx.let_connection_go(connection, &by).map_err(SourceError::from)
        });
        if let Err(error) = let_go {
            tracing::debug!(%error, "the lease of a connection ends by itself");
        }
        ended
    }

    fn write<T: Send + 'static>(
        &self,
        merchant: MerchantId,
        work: impl Fn(&mut regulars_persistence::Tx<'_>) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, SourceError> {
        self.db.write(Scope::Merchant(merchant), Some(Instant::now() + DEADLINE), work)
    }

    /// Takes a connection and the run to go on with; none where there is nothing to do.
    #[expect(clippy::type_complexity, reason = "what a job is made of, once")]
    fn take_up(
        &self,
        merchant: MerchantId,
        id: ConnectionId,
        holder: &str,
    ) -> Result<Option<(Held, Connection, Run, BTreeMap<ConnectionId, u32>)>, SyncError> {
        let (now, by) = (self.clock.now(), holder.to_owned());
        let taken = self.write(merchant, move |tx| {
            let Some(fence) = tx.hold_connection(id, &by, (now, now.plus(LEASE)))? else {
                return Ok(None);
            };
            let held = Held { merchant, connection: id, holder: by.clone(), fence };
            let connections = tx.connections(merchant, false)?;
            let ranks = connections.iter().map(|one| (one.id, one.policy().rank)).collect();
            let Some(connection) = connections.into_iter().find(|one| one.id == id) else {
                tx.let_connection_go(id, &by)?;
                return Ok(None);
            };
            let waiting = open_run(tx, merchant, id)?;
            if waiting.is_none() && connection.state != ConnectionState::Active {
                tx.let_connection_go(id, &by)?;
                return Ok(None);
            }
            let mut run = match waiting {
                Some(run) => run,
                None => new_run(tx, &connection, (RunKind::Tail, false, None), now)?,
            };
            run.state = RunState::Running;
            run.started_at = run.started_at.or(Some(now));
            run.updated_at = now;
            if run.dry_run {
                run.counts = Counts::default();
            }
            tx.update_run(&run)?;
            Ok(Some((held, connection, run, ranks)))
        })?;
        Ok(taken)
    }

    /// Goes through the streams, and writes down how it ended.
    fn work(
        &self,
        job: Job,
        stopped: &dyn Fn() -> bool,
        told: &mut dyn FnMut(&Run),
    ) -> Result<Ended, SyncError> {
        let (merchant, connection) = (job.held.merchant, Arc::clone(&job.connection));
        let mut connector = match self.open(&connection) {
            Ok(connector) => connector,
            Err(fault) => {
                let run = job.run;
                let halt = Halt::Failed(Health::Stopped, fault.to_string());
                return self.close(&job.held, run, (Err(halt), false));
            }
        };
        let states = self.db.read(Scope::Merchant(merchant), |tx| {
            tx.streams(connection.id).map_err(SourceError::from)
        })?;
        let (held, streams) = (job.held.clone(), connector.streams());
        let samples = if job.run.dry_run { SAMPLES } else { 0 };
        let failures = connection.failures;
        let mut course =
            Course::new(self, &mut *connector, job, (failures, samples), stopped, told);
        let outcome = go_through(&mut course, streams, states);
        let (mut run, samples) = (course.job.run.clone(), std::mem::take(&mut course.samples));
        let wants_sweep = course.wants_sweep;
        if run.dry_run {
            run.report = Some(report(&samples).to_string());
        }
        self.close(&held, run, (outcome, wants_sweep))
    }

    /// Writes down how a run ended, how the connection is doing, and when its next turn is.
    fn close(
        &self,
        held: &Held,
        mut run: Run,
        (outcome, mut sweep): (Result<(), Halt>, bool),
    ) -> Result<Ended, SyncError> {
        let now = self.clock.now();
        let (health, message, next): (Option<Health>, Option<String>, Option<Duration>) =
            match outcome {
                Ok(()) => {
                    run.state = RunState::Done;
                    run.error = None;
                    (Some(Health::Ok), None, None)
                }
                Err(Halt::Stopped) => (None, None, Some(Duration::ZERO)),
                Err(Halt::Later(wait, health, message)) => {
                    run.error = Some(message.clone());
                    (Some(health), Some(message), Some(wait))
                }
                Err(Halt::Failed(health, message)) => {
                    run.state = RunState::Failed;
                    run.error = Some(message.clone());
                    (Some(health), Some(message), None)
                }
                Err(Halt::Sweep(message)) => {
                    run.state = RunState::Failed;
                    run.error = Some(message.clone());
                    sweep = true;
                    (Some(Health::Lagging), Some(message), Some(Duration::ZERO))
                }
                Err(Halt::Error(SyncError::Source(SourceError::TakenOver))) => {
                    return Ok(Ended::Nothing);
                }
                Err(Halt::Error(SyncError::Source(SourceError::IsToEnd))) => {
                    run.state = RunState::Cancelled;
                    (None, None, None)
                }
                Err(Halt::Error(SyncError::Source(error @ SourceError::Store(_)))) => {
                    // The database, not the source: the next turn goes on from what is written.
                    tracing::warn!(connection = %held.connection, %error, "a run could not write");
                    (None, None, Some(retry::rest(0)))
                }
                Err(Halt::Error(error)) => {
                    run.state = RunState::Failed;
                    run.error = Some(error.to_string());
                    (Some(Health::Stopped), Some(error.to_string()), None)
                }
            };
        run.updated_at = now;
        run.finished_at = run.state.is_over().then_some(now);
        let (held, over) = (held.clone(), run.state.is_over());
        let written = run.clone();
        let closed = self.write(held.merchant, move |tx| {
            if !tx.has_fence(held.connection, held.fence)? {
                return Err(SourceError::TakenOver);
            }
            let Some(mut connection) = tx.lock_connections(&[held.connection])?.pop() else {
                return Err(SourceError::ConnectionNotFound);
            };
            // Whoever ended the run meanwhile has the last word.
            let ended = tx.runs_by_id(&[written.id])?.pop().is_some_and(|run| run.state.is_over());
            if !ended {
                tx.update_run(&written)?;
            }
            if !written.dry_run {
                settle(&mut connection, (health, message.clone()), &written, now);
            }
            if sweep {
                new_run(tx, &connection, (RunKind::Sweep, false, None), now)?;
            }
            let waiting = open_run(tx, held.merchant, held.connection)?.is_some();
            connection.next_run_at = match (next, waiting) {
                (Some(wait), _) => Some(now.plus(wait)),
                (None, true) => Some(now),
                (None, false) if connection.health == Health::Ok => {
                    every(&connection).map(|every| now.plus(every))
                }
                (None, false) => None,
            };
            tx.update_connection(&connection)?;
            Ok(())
        });
        match closed {
            Ok(()) if over => Ok(Ended::Over(Box::new(run))),
            Ok(()) => Ok(Ended::Later(Box::new(run))),
            Err(SourceError::TakenOver) => Ok(Ended::Nothing),
            Err(error) => Err(error.into()),
        }
    }
}

/// How a connection is doing after a run.
fn settle(
    connection: &mut Connection,
    (health, message): (Option<Health>, Option<String>),
    run: &Run,
    now: Timestamp,
) {
    let Some(health) = health else { return };
    connection.health = health;
    connection.health_message = message;
    connection.updated_at = now;
    if health == Health::Ok {
        connection.failures = 0;
        connection.last_success_at = Some(now);
    } else if health != Health::Throttled {
        connection.failures = connection.failures.saturating_add(1);
    }
    if run.state == RunState::Cancelled {
        connection.health_message = None;
    }
}

/// How often a connection is read; none: only when somebody says so.
fn every(connection: &Connection) -> Option<Duration> {
    if connection.source == regulars_merchant::EntitySource::File {
        return None;
    }
    match connection.settings.get("everyMinutes").and_then(serde_json::Value::as_u64) {
        Some(0) => None,
        Some(minutes) => Some(Duration::from_secs(minutes.saturating_mul(60))),
        None => Some(EVERY),
    }
}

/// The run of a connection that waits or was left, the oldest first.
fn open_run(
    tx: &mut regulars_persistence::Tx<'_>,
    merchant: MerchantId,
    connection: ConnectionId,
) -> Result<Option<Run>, StoreError> {
    let of = Of { connection: Some(connection), run: None, open: true };
    let page = tx.runs(merchant, of, &PageRequest::first(1))?;
    Ok(page.items.into_iter().next())
}

/// Adds a run that waits.
pub(crate) fn new_run(
    tx: &mut regulars_persistence::Tx<'_>,
    connection: &Connection,
    (kind, dry_run, asked_by): (RunKind, bool, Option<regulars_kernel::PersonId>),
    now: Timestamp,
) -> Result<Run, StoreError> {
    let mut run = Run {
        id: SyncRunId::new(0),
        merchant: connection.merchant,
        connection: connection.id,
        kind,
        dry_run,
        state: RunState::Queued,
        is_to_end: false,
        asked_by,
        phase: None,
        total: None,
        counts: Counts::default(),
        budget: None,
        error: None,
        report: None,
        created_at: now,
        started_at: None,
        updated_at: now,
        finished_at: None,
    };
    run.id = tx.insert_run(&run)?;
    Ok(run)
}

/// Reads the streams one after the other: customers before their orders.
fn go_through(
    course: &mut Course<'_>,
    streams: &[StreamSpec],
    mut states: Vec<StreamState>,
) -> Result<(), Halt> {
    for spec in streams {
        let place = states.iter().position(|state| state.stream == spec.name);
        let known = place.map(|place| states.swap_remove(place));
        let state = course.begin(spec, known);
        let mark = state.pass.as_ref().map(|pass| (pass.kind, pass.mark));
        course.keep(&state)?;
        course.read(spec, state)?;
        if let Some((RunKind::Sweep, mark)) = mark
            && !course.job.run.dry_run
        {
            sweep(course, spec, mark)?;
        }
    }
    Ok(())
}

/// Puts away what a complete pass has not seen; where that is unusually much somebody has to say so first (engine rule 18).
fn sweep(course: &mut Course<'_>, spec: &StreamSpec, mark: SyncRunId) -> Result<(), Halt> {
    let connection = course.connection();
    let scope = Scope::Merchant(connection.merchant);
    let (all, unseen) = course.engine.db.read(scope, |tx| {
        tx.count_unseen(connection.id, spec.object, mark).map_err(SourceError::from)
    })?;
    let confirmed = connection
        .settings
        .get("confirmedSweep")
        .and_then(serde_json::Value::as_i64)
        .is_some_and(|confirmed| confirmed >= mark.get());
    if (unseen > MANY || unseen.saturating_mul(100) > all.saturating_mul(SHARE))
        && unseen > 0
        && !confirmed
    {
        let review = SyncReview {
            id: regulars_kernel::SyncReviewId::new(0),
            merchant: connection.merchant,
            connection: connection.id,
            key: regulars_source::record::RecordKey::new(spec.object, mark.to_string()),
            kind: ReviewKind::ManyGone,
            people: Vec::new(),
            evidence: format!("{unseen} of {all} are not at the source any more."),
            state: SyncReviewState::Open,
            created_at: course.engine.clock.now(),
            resolved_at: None,
            resolved_by: None,
        };
        course.engine.write(connection.merchant, move |tx| {
            tx.insert_reviews(std::slice::from_ref(&review)).map_err(SourceError::from)
        })?;
        course.job.run.counts.conflicts += 1;
        course.job.run.error = Some(format!(
            "{unseen} of {all} are not at the source any more: nothing was put away before somebody says so (syncReviews)."
        ));
        return Ok(());
    }
    let now = course.engine.clock.now();
    loop {
        let gone = course.engine.db.read(scope, |tx| {
            tx.unseen(connection.id, spec.object, mark, SWEPT).map_err(SourceError::from)
        })?;
        if gone.is_empty() {
            return Ok(());
        }
        let items: Vec<Item> = gone
            .into_iter()
            .map(|stored| {
                Item::Record(Record {
                    key: stored.key,
                    version: SourceVersion { seq: None, updated_at: Some(now) },
                    body: Body::Gone(Gone::Deleted),
                })
            })
            .collect();
        course.put_away(&items)?;
    }
}
