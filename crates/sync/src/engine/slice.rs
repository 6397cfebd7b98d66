//! One slice: so many records in one transaction, with the place that was reached.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use regulars_auth::erasure;
use regulars_customer::LoyaltyId;
use regulars_kernel::{ConnectionId, Scope, Timestamp};
use regulars_persistence::Tx;
use regulars_source::{
    Connection, SourceError, SourceStore as _,
    apply::{self, Outcome, SLICE, Task},
    image::Digest,
    policy::Policy,
    record::{Item, RecordKey},
    run::Run,
    stream::StreamState,
};

use super::{Engine, Held};
use crate::recognise::Marks;

/// How long one slice may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// Records of a slice that change nothing are cheap: so many of them may be in one beside those that do.
const MOST: usize = 1_000;

/// What a slice is written with.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) held: Held,
    pub(super) connection: Arc<Connection>,
    pub(super) policy: Arc<Policy>,
    pub(super) ranks: Arc<BTreeMap<ConnectionId, u32>>,
    pub(super) run: Run,
    /// How far the stream is read once the slice is written; none: the place does not move.
    pub(super) reached: Option<StreamState>,
    /// What marks that the pass has seen a thing.
    pub(super) mark: regulars_kernel::SyncRunId,
    pub(super) is_reread: bool,
    pub(super) is_sweep: bool,
    pub(super) samples: usize,
    pub(super) now: Timestamp,
}

/// How many of the items go into one slice: at most [`SLICE`] of those that may change something (engine rule 2).
pub(super) fn length(items: &[Item], known: &BTreeMap<RecordKey, Digest>) -> usize {
    let mut changing = 0;
    for (nth, item) in items.iter().enumerate() {
        let unchanged = match item {
            Item::Record(record) => apply::is_known_so(known, record),
            Item::Bad(_) => false,
        };
        if !unchanged {
            changing += 1;
        }
        if changing > SLICE || nth >= MOST {
            return nth;
        }
    }
    items.len()
}

impl Engine {
    /// What is known of the items of a batch.
    pub(super) fn digests(
        &self,
        job: &Job,
        items: &[Item],
    ) -> Result<BTreeMap<RecordKey, Digest>, SourceError> {
        let connection = job.held.connection;
        self.db.read(Scope::Merchant(job.held.merchant), |tx| apply::digests(tx, connection, items))
    }

    /// Applies a slice, and writes down what came of it and how far the stream is read.
    pub(super) fn apply(
        &self,
        job: &Job,
        items: &[Item],
        known: &BTreeMap<RecordKey, Digest>,
    ) -> Result<(Outcome, Run), SourceError> {
        let loyalty_ids: Vec<LoyaltyId> =
            items.iter().map(|_| LoyaltyId::from_entropy(rand::random())).collect();
        // Of what is here nobody was erased: the records of who is erased go with them.
        let fresh: Vec<String> = items
            .iter()
            .filter_map(|item| match item {
                Item::Record(record) if !known.contains_key(&record.key) => {
                    Some(record.key.id.clone())
                }
                Item::Record(_) | Item::Bad(_) => None,
            })
            .collect();
        let (job, items) = (job.clone(), items.to_vec());
        let authority = Arc::clone(&self.authority);
        let scope = Scope::Merchant(job.held.merchant);
        self.db.write(scope, Some(Instant::now() + DEADLINE), move |tx| {
            goes_on(tx, &job)?;
            let ids: Vec<&str> = fresh.iter().map(String::as_str).collect();
            let (merchant, source) = (job.held.merchant, job.connection.source);
            let blocked = erasure::erased_among(tx, authority.marker(), merchant, source, &ids)?;
            let task = Task {
                connection: &job.connection,
                policy: &job.policy,
                ranks: &job.ranks,
                run: job.run.id,
                mark: job.mark,
                is_reread: job.is_reread,
                is_sweep: job.is_sweep,
                blocked: &blocked,
                loyalty_ids: &loyalty_ids,
                recognise: &Marks::new(Arc::clone(&authority)),
                samples: job.samples,
                now: job.now,
            };
            let outcome = tx.try_out(job.run.dry_run, |tx| apply::apply(tx, &task, &items))?;
            let mut run = job.run.clone();
            run.counts.add(&outcome.counts);
            run.updated_at = job.now;
            if let Some(reached) = &job.reached {
                tx.put_stream(reached)?;
            }
            tx.update_run(&run)?;
            Ok((outcome, run))
        })
    }
}

/// Refuses to write where somebody else holds the connection by now, or the run is to end (engine rule 6).
pub(super) fn goes_on(tx: &mut Tx<'_>, job: &Job) -> Result<(), SourceError> {
    if !tx.has_fence(job.held.connection, job.held.fence)? {
        return Err(SourceError::TakenOver);
    }
    let run = tx.runs_by_id(&[job.run.id])?.pop();
    match run {
        Some(run) if run.is_to_end || run.state.is_over() => Err(SourceError::IsToEnd),
        Some(_) => Ok(()),
        None => Err(SourceError::RunNotFound),
    }
}
