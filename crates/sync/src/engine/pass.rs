//! One pass over a stream: batch after batch, from where the last worker left it (engine rules 2 to 5).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use regulars_kernel::{PersonId, Scope, Timestamp};
use regulars_source::{
    Counts, Health, RunKind, SourceError, SourceStore as _,
    apply::Sample,
    record::{Item, RecordKey},
    run::Run,
    stream::{PassState, StreamState},
};

use super::{
    Engine, SyncError,
    retry::{self, Next},
    slice::{Job, length},
};
use crate::connector::{Ask, Batch, Connector, Fault, Pass, StreamSpec};

/// Things that are read again by one request, at most.
const REREAD: usize = 250;
/// Before so many records were read nothing is said of the share that was refused.
const FEW: u64 = 100;
/// How long a lease is good: longer than any one request with its retries.
pub(super) const LEASE: Duration = Duration::from_mins(10);

/// Why a pass ended before its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// The connection's next turn is after so long; what was reached stays.
    Later(Duration, Health, String),
    /// It cannot go on.
    Failed(Health, String),
    /// The source's log does not reach back so far.
    Sweep(String),
    /// Somebody stopped the program: what was reached stays.
    Stopped,
    /// Something else.
    Error(SyncError),
}

impl<E: Into<SyncError>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// What a pass works with.
pub(super) struct Course<'a> {
    pub(super) engine: &'a Engine,
    pub(super) connector: &'a mut dyn Connector,
    pub(super) job: Job,
    pub(super) failures: u32,
    /// Whether the program is to stop.
    pub(super) stopped: &'a dyn Fn() -> bool,
    pub(super) samples: Vec<Sample>,
    pub(super) wanted_samples: usize,
    pub(super) touched: BTreeSet<PersonId>,
    pub(super) told: &'a mut dyn FnMut(&Run),
    /// Whether a sweep has to find what the source's log does not tell any more.
    pub(super) wants_sweep: bool,
    restarted: bool,
}

impl<'a> Course<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        connector: &'a mut dyn Connector,
        job: Job,
        (failures, wanted_samples): (u32, usize),
        stopped: &'a dyn Fn() -> bool,
        told: &'a mut dyn FnMut(&Run),
    ) -> Self {
        Self {
            engine,
            connector,
            job,
            failures,
            stopped,
            samples: Vec::new(),
            wanted_samples,
            touched: BTreeSet::new(),
            told,
            wants_sweep: false,
            restarted: false,
        }
    }

    fn now(&self) -> Timestamp {
        self.engine.clock.now()
    }

    /// The state with which a stream's pass goes on, or begins.
    pub(super) fn begin(&self, spec: &StreamSpec, known: Option<StreamState>) -> StreamState {
        let (run, now) = (&self.job.run, self.now());
        let fresh = StreamState {
            merchant: run.merchant,
            connection: run.connection,
            stream: spec.name.to_owned(),
            watermark: None,
            pass: None,
            updated_at: now,
        };
        let mut state = known.unwrap_or(fresh);
        // A dry run goes through all of its pass, and leaves another one's place alone.
        let goes_on = !run.dry_run
            && state
                .pass
                .as_ref()
                .is_some_and(|pass| pass.kind == run.kind || run.kind == RunKind::Tail);
        if goes_on {
            return state;
        }
        let until = now.minus(spec.delay);
        let kind = match run.kind {
            RunKind::Tail if spec.has_tail && state.watermark.is_some() => RunKind::Tail,
            RunKind::Tail | RunKind::Backfill => RunKind::Backfill,
            RunKind::Sweep => RunKind::Sweep,
        };
        let from = match kind {
            RunKind::Tail => state.watermark.map(|mark| mark.minus(spec.overlap)),
            RunKind::Backfill | RunKind::Sweep => None,
        };
        state.pass = Some(PassState { kind, from, until, mark: run.id, cursor: None, place: 0 });
        state
    }

    /// Reads a stream to the end of its pass, and answers how far it is read then.
    pub(super) fn read(
        &mut self,
        spec: &StreamSpec,
        mut state: StreamState,
    ) -> Result<StreamState, Halt> {
        self.job.run.phase = Some(spec.name.to_owned());
        self.job.run.total = None;
        loop {
            let Some(pass) = state.pass.clone() else { return Ok(state) };
            self.job.mark = pass.mark;
            self.job.is_sweep = pass.kind == RunKind::Sweep;
            let batch = match self.ask(spec, &pass) {
                Ok(batch) => batch,
                Err(Halt::Error(SyncError::Fault(Fault::Cursor(_)))) if !self.restarted => {
                    // The window begins anew, not the history (engine rule 4).
                    self.restarted = true;
                    state.pass = Some(PassState { cursor: None, place: 0, ..pass });
                    continue;
                }
                Err(Halt::Sweep(message)) => {
                    // Everything else of the window was read: it is complete, and what is gone is found by what is there.
                    tracing::info!(connection = %self.job.held.connection, message, "a sweep is due");
                    self.wants_sweep = true;
                    state.pass = None;
                    self.ended(&mut state, pass.until);
                    self.keep(&state)?;
                    return Ok(state);
                }
                Err(halt) => return Err(halt),
            };
            if let Some(wait) = batch.wait {
                if batch.items.is_empty() && batch.next.is_some() {
                    state.pass =
                        Some(PassState { cursor: batch.next.clone(), place: 0, ..pass.clone() });
                    self.keep(&state)?;
                }
                self.wait(wait)?;
                if batch.items.is_empty() {
                    continue;
                }
            }
            self.job.run.total = batch.total.or(self.job.run.total);
            self.job.run.budget = batch.budget.clone().or_else(|| self.job.run.budget.take());
            state = self.take(spec, state, &batch)?;
            if state.pass.is_none() {
                return Ok(state);
            }
        }
    }

    /// Applies a batch, slice by slice.
    fn take(
        &mut self,
        spec: &StreamSpec,
        mut state: StreamState,
        batch: &Batch,
    ) -> Result<StreamState, Halt> {
        let Some(pass) = state.pass.clone() else { return Ok(state) };
        let skipped = usize::try_from(pass.place).unwrap_or(usize::MAX);
        let mut left = batch.items.get(skipped..).unwrap_or_default();
        let mut reread: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let after = |place: u32, is_last: bool| -> Option<PassState> {
            match (&batch.next, is_last) {
                (None, true) => None,
                (Some(next), true) => {
                    Some(PassState { cursor: Some(next.clone()), place: 0, ..pass.clone() })
                }
                (_, false) => Some(PassState { place, ..pass.clone() }),
            }
        };
        if left.is_empty() {
            state.pass = after(0, true);
            self.ended(&mut state, pass.until);
            self.keep(&state)?;
            return Ok(state);
        }
        let known = self.engine.digests(&self.job, left)?;
        let mut place = pass.place;
        while !left.is_empty() {
            if (self.stopped)() {
                return Err(Halt::Stopped);
            }
            let length = length(left, &known).max(1);
            let (slice, rest) = left.split_at(length.min(left.len()));
            place = place.saturating_add(u32::try_from(slice.len()).unwrap_or(u32::MAX));
            state.pass = after(place, rest.is_empty() && reread.is_empty());
            self.ended(&mut state, pass.until);
            for key in self.apply(slice, &known, Some(&state), false)? {
                reread.entry(key.object).or_default().push(key.id);
            }
            left = rest;
        }
        if reread.is_empty() {
            return Ok(state);
        }
        self.reread(spec, &reread)?;
        state.pass = after(0, true);
        self.ended(&mut state, pass.until);
        self.keep(&state)?;
        Ok(state)
    }

    /// A pass that came to its end moves the watermark to its bound, which was fixed before the first request (engine rule 3).
    fn ended(&self, state: &mut StreamState, until: Timestamp) {
        state.updated_at = self.now();
        if state.pass.is_none() && self.job.run.kind != RunKind::Sweep {
            state.watermark = Some(until);
        }
    }

    /// Reads things again of which two contents came in one version (engine rule 8).
    fn reread(
        &mut self,
        spec: &StreamSpec,
        keys: &BTreeMap<String, Vec<String>>,
    ) -> Result<(), Halt> {
        for (object, ids) in keys {
            for ids in ids.chunks(REREAD) {
                let items = self.request(spec.name, |connector| connector.reread(object, ids))?;
                let known = BTreeMap::new();
                for slice in items.chunks(regulars_source::apply::SLICE) {
                    self.apply(slice, &known, None, true)?;
                }
            }
        }
        Ok(())
    }

    /// Applies one slice; what is to be read again.
    fn apply(
        &mut self,
        slice: &[Item],
        known: &BTreeMap<RecordKey, regulars_source::image::Digest>,
        reached: Option<&StreamState>,
        is_reread: bool,
    ) -> Result<Vec<RecordKey>, Halt> {
        self.job.now = self.now();
        self.job.is_reread = is_reread;
        self.job.samples = self.wanted_samples.saturating_sub(self.samples.len());
        self.job.reached = reached.filter(|_| !self.job.run.dry_run).cloned();
        let (outcome, run) = self.engine.apply(&self.job, slice, known)?;
        self.job.run = run;
        self.samples.extend(outcome.samples);
        self.touched.extend(outcome.touched);
        (self.told)(&self.job.run);
        let Counts { read, rejected, .. } = self.job.run.counts;
        if read >= FEW && rejected.saturating_mul(10) > read {
            return Err(Halt::Error(SyncError::TooManyRejects { rejected, read }));
        }
        Ok(outcome.reread)
    }

    /// Keeps how far a stream is read, where nothing else changes.
    pub(super) fn keep(&mut self, state: &StreamState) -> Result<(), Halt> {
        self.job.now = self.now();
        self.job.run.updated_at = self.job.now;
        let (job, state) = (self.job.clone(), state.clone());
        let scope = Scope::Merchant(job.held.merchant);
        self.engine.db.write(scope, Some(Instant::now() + Duration::from_secs(30)), move |tx| {
            super::slice::goes_on(tx, &job)?;
            if !job.run.dry_run {
                tx.put_stream(&state)?;
            }
            tx.update_run(&job.run)?;
            Ok::<(), SourceError>(())
        })?;
        (self.told)(&self.job.run);
        Ok(())
    }

    fn ask(&mut self, spec: &StreamSpec, pass: &PassState) -> Result<Batch, Halt> {
        let (spec, cursor) = (*spec, pass.cursor.clone());
        let asked = match (pass.kind, pass.from) {
            (RunKind::Tail, Some(from)) => Pass::Tail { from, until: pass.until },
            (RunKind::Sweep, _) => Pass::Sweep,
            (RunKind::Tail | RunKind::Backfill, _) => Pass::Backfill,
        };
        self.request(spec.name, move |connector| {
            connector.read(&Ask { stream: &spec, pass: asked, cursor: cursor.as_ref() })
        })
    }

    /// Makes a request, again where that may help.
    pub(super) fn request<T>(
        &mut self,
        what: &str,
        request: impl Fn(&mut dyn Connector) -> Result<T, Fault>,
    ) -> Result<T, Halt> {
        let mut tries = 0;
        loop {
            if (self.stopped)() {
                return Err(Halt::Stopped);
            }
            self.hold_on()?;
            let fault = match request(self.connector) {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            let next = retry::after(&fault, tries, self.failures);
            tracing::debug!(connection = %self.job.held.connection, what, %fault, tries, "a source did not answer");
            match next {
                Next::Again(wait) => self.wait(wait)?,
                Next::Later(wait, health) => {
                    return Err(Halt::Later(wait, health, fault.to_string()));
                }
                Next::Stop(health) => return Err(Halt::Failed(health, fault.to_string())),
                Next::Restart => return Err(Halt::Error(fault.into())),
                Next::Sweep => return Err(Halt::Sweep(fault.to_string())),
            }
            tries += 1;
        }
    }

    /// Prolongs the lease (engine rule 6).
    fn hold_on(&self) -> Result<(), Halt> {
        let (held, now) = (self.job.held.clone(), self.now());
        let fence = self.engine.db.write(
            Scope::Merchant(held.merchant),
            Some(Instant::now() + Duration::from_secs(30)),
            move |tx| {
                tx.hold_connection(held.connection, &held.holder, (now, now.plus(LEASE)))
                    .map_err(SourceError::from)
            },
        )?;
        if fence == Some(self.job.held.fence) {
            Ok(())
        } else {
            Err(Halt::Error(SourceError::TakenOver.into()))
        }
    }

    /// Waits, unless the program is to stop.
    fn wait(&self, wait: Duration) -> Result<(), Halt> {
        let until = Instant::now() + wait;
        while Instant::now() < until {
            if (self.stopped)() {
                return Err(Halt::Stopped);
            }
            let left = until.saturating_duration_since(Instant::now());
            std::thread::sleep(left.min(Duration::from_millis(100)));
        }
        Ok(())
    }

    /// Applies what a sweep found gone.
    pub(super) fn put_away(&mut self, items: &[Item]) -> Result<(), Halt> {
        self.apply(items, &BTreeMap::new(), None, true).map(drop)
    }

    /// What the job's connection is.
    pub(super) fn connection(&self) -> Arc<regulars_source::Connection> {
        Arc::clone(&self.job.connection)
    }
}
