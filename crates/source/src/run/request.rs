//! What people want of runs: to start one, to end one, to see them. Needs [`Permission::Sync`].

use regulars_kernel::{
    Actor, ConnectionId, Page, PageRequest, Permission, PersonId, Rule, SyncRunId, Timestamp,
    Violations,
};

use super::{Counts, Run, RunKind, RunSort, RunState};
use crate::{
    SourceError, SourceStore,
    connection::{Connection, ConnectionState, change},
    store::Of,
};

/// A page of the runs of the asker's merchant.
pub fn list(
    tx: &mut impl SourceStore,
    actor: &Actor,
    of: Of,
    page: &PageRequest<RunSort>,
) -> Result<Page<Run>, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    Ok(tx.runs(merchant, of, page)?)
}

/// How many rows [`list`] has on all its pages.
pub fn count(tx: &mut impl SourceStore, actor: &Actor, of: Of) -> Result<u64, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    Ok(tx.count_runs(merchant, of)?)
}

/// The runs of those ids that the asker sees, in no order.
pub fn list_by_ids(
    tx: &mut impl SourceStore,
    actor: &Actor,
    ids: &[SyncRunId],
) -> Result<Vec<Run>, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    let mut found = tx.runs_by_id(ids)?;
    found.retain(|run| run.merchant == merchant);
    Ok(found)
}

/// Starts a run: it waits for a worker, which takes it up at once. A connection has one run at a time: asked for the same again
/// while one is under way, that one is answered.
pub fn start(
    tx: &mut impl SourceStore,
    actor: &Actor,
    id: ConnectionId,
    (kind, dry_run): (RunKind, bool),
    now: Timestamp,
) -> Result<SyncRunId, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    let connection = change::own(tx, merchant, id)?;
    queue(tx, connection, (kind, dry_run), actor.person(), now)
}

/// The same for a connection that was looked up.
pub(crate) fn queue(
    tx: &mut impl SourceStore,
    mut connection: Connection,
    (kind, dry_run): (RunKind, bool),
    asked_by: Option<PersonId>,
    now: Timestamp,
) -> Result<SyncRunId, SourceError> {
    let wrong = |sentence: String| Violations::of("connectionId", Rule::Invalid(sentence)).into();
    if connection.state == ConnectionState::Paused {
        return Err(wrong("This connection is paused: resume it first (resumeSync).".to_owned()));
    }
    let of = Of { connection: Some(connection.id), run: None, open: true };
    let open = tx.runs(connection.merchant, of, &PageRequest::first(1))?.items.pop();
    if let Some(open) = open {
        if open.kind == kind && open.dry_run == dry_run && !open.is_to_end {
            return Ok(open.id);
        }
        let dry = if open.dry_run { ", a dry run" } else { "" };
        return Err(wrong(format!(
            "Another run is under way ({}{dry}): wait for its end, or end it (cancelSync).",
            open.kind.name()
        )));
    }
    let run = Run {
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
    let id = tx.insert_run(&run)?;
    connection.next_run_at = Some(now);
    connection.updated_at = now;
    tx.update_connection(&connection)?;
    Ok(id)
}

/// Ends a run: whoever works on it writes nothing more. What it reached stays, and the next run goes on from there. Ended
/// again, nothing happens.
pub fn cancel(
    tx: &mut impl SourceStore,
    actor: &Actor,
    id: SyncRunId,
    now: Timestamp,
) -> Result<SyncRunId, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    let seen = tx.runs_by_id(&[id])?.pop().filter(|run| run.merchant == merchant);
    let seen = seen.ok_or(SourceError::RunNotFound)?;
    // Like a worker: first the connection, then the run.
    drop(tx.lock_connections(&[seen.connection])?);
    let Some(mut run) = tx.runs_by_id(&[id])?.pop() else { return Err(SourceError::RunNotFound) };
    match run.state {
        RunState::Cancelled => return Ok(id),
        RunState::Done | RunState::Failed => {
            let sentence = "This run is over.";
            return Err(Violations::of("runId", Rule::Invalid(sentence.to_owned())).into());
        }
        RunState::Queued | RunState::Running => {}
    }
    run.is_to_end = true;
    run.state = RunState::Cancelled;
    run.updated_at = now;
    run.finished_at = Some(now);
    tx.update_run(&run)?;
    Ok(id)
}
