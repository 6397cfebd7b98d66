//! Writes down what waits for the audit log: refused reads, a batch at a time.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use regulars_api::{context::App, trail::queue::Waiting};
use regulars_auth::{AuditStore as _, audit::NewEntry};
use regulars_kernel::{Scope, StoreError};
use regulars_persistence::Db;

/// How long it waits for entries, and then whether it should stop.
const BETWEEN: Duration = Duration::from_millis(250);
/// How long one write may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a batch is tried that the database does not take.
const TRIES: u32 = 5;
/// How long before it is tried again.
const PAUSE: Duration = Duration::from_secs(1);

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
            .spawn(move || work(&app.db, &waiting, &stopped))?;
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

fn work(db: &Db, waiting: &Waiting, stopped: &AtomicBool) {
    loop {
        // Asked before: what was put there until now is still written down.
        let last = stopped.load(Ordering::Acquire);
        let Some(batch) = waiting.take(if last { Duration::ZERO } else { BETWEEN }) else { break };
        let dropped = waiting.take_dropped();
        if dropped > 0 {
            tracing::warn!(dropped, "refused reads were not written down: there were too many");
        }
        if batch.is_empty() {
            if last {
                break;
            }
            continue;
        }
        write_down(db, &batch, stopped);
    }
}

fn write_down(db: &Db, batch: &[NewEntry], stopped: &AtomicBool) {
    let mut tries = 0;
    loop {
        let entries = batch.to_vec();
        let written = db.write::<_, StoreError, _>(
            Scope::Platform,
            Some(Instant::now() + PATIENCE),
            move |tx| tx.append_audit(&entries),
        );
        let Err(error) = written else { return };
        tries += 1;
        if tries >= TRIES || stopped.load(Ordering::Acquire) {
            let lost = batch.len();
            tracing::error!(lost, %error, "entries of the audit log were not written down");
            return;
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use regulars_api::trail::queue::{BATCH, queue};
    use regulars_auth::audit::{AuditFilter, Doer, DoerKind, Log, Outcome};
    use regulars_kernel::{MerchantId, Timestamp};
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
        work(&db, &waiting, &AtomicBool::new(true));
        let filter = AuditFilter { refused: Some(true), ..AuditFilter::default() };
        let count = db.read(Scope::Platform, |tx| tx.count_audit(merchant, &filter)).unwrap();
        assert_eq!(usize::try_from(count), Ok(2 * BATCH + 1));
    }
}
