//! Writes down what waits for the audit log: refused reads, a batch at a time. And what an entry says of a command that whoever
//! runs the platform gives at a terminal.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use regulars_api::{
    context::App,
    trail::queue::{self, Waiting},
};
use regulars_auth::{
    AuditStore as _,
    audit::{Change, Doer, DoerKind, Log, NewEntry, Outcome},
};
use regulars_kernel::{MerchantId, PersonId, Scope, StoreError, Timestamp};
use regulars_persistence::Db;

/// How long it waits for entries, and then whether it should stop.
const BETWEEN: Duration = Duration::from_millis(250);
/// How long one write may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a batch is tried that the database does not take.
const TRIES: u32 = 5;
/// How long before it is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// How long an entry may wait to be written down, or be lost: a full queue of which each batch is tried to the last.
pub(crate) fn longest() -> Duration {
    let batch = PATIENCE.saturating_mul(TRIES).saturating_add(PAUSE.saturating_mul(TRIES - 1));
    let batches = queue::ROOM.div_ceil(queue::BATCH).saturating_add(1);
    batch.saturating_mul(u32::try_from(batches).unwrap_or(u32::MAX)).saturating_add(BETWEEN)
}

/// The thread; dropping this stops it, after it has written down what waits.
pub(crate) struct Scribe {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Scribe {
    /// Starts it.
    pub(crate) fn start(app: Arc<App>, waiting: Waiting) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || work(&app.db, &waiting, &stopped, &|| app.clock.now()))?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the audit log panicked");
        }
    }
}

/// What entries of commands have in place of a request's id: no client can send it, since it has a space.
const COMMAND_LINE: &str = "command line";

/// An entry of something that was done to a person by a command of this program, in a merchant's log or the platform's: by one
/// of the platform's people, of whom no more is known than that they reach the database.
pub(crate) fn by_command(
    action: &str,
    merchant: Option<MerchantId>,
    person: PersonId,
    changes: Vec<Change>,
    at: Timestamp,
) -> NewEntry {
    NewEntry {
        at,
        log: merchant.map_or(Log::Platform, Log::Merchant),
        doer: Doer { kind: DoerKind::Platform, person: None, app: None },
        action: action.to_owned(),
        target: Some(person.into()),
        outcome: Outcome::Done,
        changes,
        request_id: COMMAND_LINE.to_owned(),
        peer: None,
    }
}

fn work(db: &Db, waiting: &Waiting, stopped: &AtomicBool, now: &dyn Fn() -> Timestamp) {
    loop {
        // Asked before: what was put there until now is still written down.
        let last = stopped.load(Ordering::Acquire);
        let Some(batch) = waiting.take(if last { Duration::ZERO } else { BETWEEN }) else { break };
        let dropped = waiting.take_dropped();
        let mut batch = batch;
        batch.extend(waiting.take_repeated(now(), last));
        if dropped > 0 {
            tracing::warn!(dropped, "refusals were not written down: there were too many");
            batch.push(summary(dropped, now()));
        }
        if batch.is_empty() {
            if last {
                break;
            }
            continue;
        }
        let mut write = |entries: &[NewEntry]| {
            let entries = entries.to_vec();
            db.write::<_, StoreError, _>(
                Scope::Platform,
                Some(Instant::now() + PATIENCE),
                move |tx| tx.append_audit(&entries),
            )
        };
        for entries in batch.chunks(queue::BATCH + 1) {
            write_down(entries, stopped, PAUSE, &mut write);
        }
    }
}

/// Says in the platform's log how many entries found no room.
fn summary(dropped: u64, at: Timestamp) -> NewEntry {
    NewEntry {
        at,
        log: Log::Platform,
        doer: Doer { kind: DoerKind::System, person: None, app: None },
        action: "auditLog".to_owned(),
        target: None,
        outcome: Outcome::Refused("dropped".to_owned()),
        changes: vec![Change::dropped(dropped)],
        request_id: "audit".to_owned(),
        peer: None,
    }
}

/// Writes a batch down. What the database was too busy for is tried again; what it does not take is cut in two, so that a bad
/// entry costs itself alone.
fn write_down(
    batch: &[NewEntry],
    stopped: &AtomicBool,
    pause: Duration,
    write: &mut impl FnMut(&[NewEntry]) -> Result<(), StoreError>,
) {
    let mut tries = 0;
    loop {
        let Err(error) = write(batch) else { return };
        tries += 1;
        let busy = matches!(error, StoreError::Unavailable | StoreError::Contended);
        if busy && tries < TRIES && !stopped.load(Ordering::Acquire) {
            thread::sleep(pause);
            continue;
        }
        if !busy && batch.len() > 1 {
            let (first, second) = batch.split_at(batch.len() / 2);
            write_down(first, stopped, pause, write);
            write_down(second, stopped, pause, write);
            return;
        }
        let lost = batch.len();
        tracing::error!(lost, %error, "entries of the audit log were not written down");
        return;
    }
}

#[cfg(test)]
mod tests {
    use regulars_api::trail::queue::{BATCH, queue};
    use regulars_auth::audit::AuditFilter;
    use regulars_persistence::{DatabaseUrl, Settings, migrate};

    use super::*;

    #[test]
    fn everything_that_waits_is_written_down_before_it_stops() {
        let directory = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(directory.path().join("a.db"));
        migrate(&url).unwrap();
        let db = Db::open(&Settings::new(url)).unwrap();
        let merchant = MerchantId::new(1);
        let (queue, waiting) = queue(2 * BATCH + 1);
        for _ in 0..=2 * BATCH {
            queue.offer(NewEntry {
                at: Timestamp::from_seconds(1),
                log: Log::Merchant(merchant),
                doer: Doer { kind: DoerKind::Staff, person: None, app: None },
                action: "auditLog".to_owned(),
                target: None,
                outcome: Outcome::Refused("permission_denied".to_owned()),
                changes: Vec::new(),
                request_id: "r".to_owned(),
                peer: None,
            });
        }
        work(&db, &waiting, &AtomicBool::new(true), &|| Timestamp::from_seconds(1));
        let filter = AuditFilter { refused: Some(true), ..AuditFilter::default() };
        let count = db.read(Scope::Platform, |tx| tx.count_audit(merchant, &filter)).unwrap();
        assert_eq!(usize::try_from(count), Ok(2 * BATCH + 1));
    }

    #[test]
    fn a_bad_entry_costs_itself_alone() {
        let batch: Vec<_> =
            (0..7).map(|number| summary(number, Timestamp::from_seconds(1))).collect();
        let bad = summary(4, Timestamp::from_seconds(1));
        let (mut written, mut busy) = (Vec::new(), 2);
        write_down(&batch, &AtomicBool::new(false), Duration::ZERO, &mut |entries| {
            if busy > 0 {
                busy -= 1;
                return Err(StoreError::Unavailable);
            }
            if entries.contains(&bad) {
                return Err(StoreError::OutOfScope("bad"));
            }
            written.extend_from_slice(entries);
            Ok(())
        });
        let rest: Vec<_> = batch.iter().filter(|entry| **entry != bad).cloned().collect();
        assert_eq!(written, rest);
    }
}
