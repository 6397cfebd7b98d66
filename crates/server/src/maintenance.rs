//! Deletes what nobody asks for any more: at the start and every hour, as long as the server runs.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use regulars_api::context::App;
use regulars_customer::feed;
use regulars_kernel::{Scope, StoreError, Timestamp};
use regulars_persistence::{Db, Tx};

/// From one round to the next.
const BETWEEN: Duration = Duration::from_hours(1);
/// Rows of one write: other writes wait behind it.
const BATCH: u16 = 1_000;
/// How long one write may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a refresh token is remembered after it expired, at least; and what was mailed.
const EXPIRED: Duration = Duration::from_hours(24);

/// How long things are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    /// Outcomes of mutations, under their keys.
    pub(crate) outcomes: Duration,
    /// Entries of the audit log.
    pub(crate) audit: Duration,
    /// How long an access token is good. A session stands as long as one of its tokens may: the last one was made with the
    /// last refresh token, which is therefore remembered that long after it expired.
    pub(crate) access: Duration,
}

/// The thread; dropping this stops it.
pub(crate) struct Maintenance {
    stop: Option<Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Maintenance {
    pub(crate) fn start(app: Arc<App>, kept: Kept) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = thread::Builder::new().name("maintenance".to_owned()).spawn(move || {
            loop {
                tidy(&app.db, app.clock.now(), kept, &stopped);
                if stopped.recv_timeout(BETWEEN) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Maintenance {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the maintenance thread panicked");
        }
    }
}

/// Deletes the rows of one kind from before an instant, at most so many.
type Forget = fn(&mut Tx<'_>, Timestamp, u16) -> Result<usize, StoreError>;

fn tidy(db: &Db, now: Timestamp, kept: Kept, stopped: &Receiver<()>) {
    let kinds: [(&str, Duration, Forget); 6] = [
        ("outcomes of mutations", kept.outcomes, |tx, at, most| tx.forget_outcomes(at, most)),
        ("refresh tokens", EXPIRED.max(kept.access), |tx, at, most| {
            tx.forget_refresh_tokens(at, most)
        }),
        ("entries of the audit log", kept.audit, |tx, at, most| tx.forget_audit(at, most)),
        ("rows of the change feed", feed::KEPT, |tx, at, most| tx.forget_feed(at, most)),
        ("mails", EXPIRED, |tx, at, most| tx.forget_mails(at, most)),
        ("sessions", kept.access, |tx, at, most| tx.forget_sessions(at, most)),
    ];
    for (kind, age, forget) in kinds {
        match forget_all(db, now.minus(age), forget, stopped) {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "old {kind} were deleted"),
            Err(error) => tracing::warn!(%error, "old {kind} were not deleted: trying in an hour"),
        }
    }
}

fn forget_all(
    db: &Db,
    before: Timestamp,
    forget: Forget,
    stopped: &Receiver<()>,
) -> Result<usize, StoreError> {
    let mut rows = 0_usize;
    while stopped.try_recv() == Err(TryRecvError::Empty) {
        let deadline = Some(Instant::now() + PATIENCE);
        let batch = db.write(Scope::Platform, deadline, move |tx| forget(tx, before, BATCH))?;
        rows = rows.saturating_add(batch);
        if batch < usize::from(BATCH) {
            break;
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use regulars_persistence::{DatabaseUrl, IdempotencyKey, Settings, migrate};

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn everything_old_is_deleted_batch_after_batch_until_told_to_stop() {
        let directory = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(directory.path().join("a.db"));
        migrate(&url).unwrap();
        let db = Db::open(&Settings::new(url)).unwrap();
        let now = Timestamp::from_seconds(1_700_000_000);
        db.write::<_, StoreError, _>(Scope::Platform, None, move |tx| {
            for number in 0..=2 * i64::from(BATCH) {
                let key = IdempotencyKey {
                    merchant: 1,
                    actor: 2,
                    mutation: "createConsumer".to_owned(),
                    key: number.to_string(),
                    fingerprint: vec![7],
                };
                tx.claim(&key, now)?;
            }
            Ok(())
        })
        .unwrap();
        let kept = Kept { outcomes: DAY, audit: DAY, access: DAY };
        let left = || {
            let all = now.plus(DAY);
            let counted = db.write::<usize, StoreError, _>(Scope::Platform, None, move |tx| {
                let left = tx.attempt(|tx| Err::<(), _>(tx.forget_outcomes(all, u16::MAX)))?;
                left.err().unwrap_or(Ok(0))
            });
            counted.unwrap()
        };
        let (stop, stopped) = channel();
        tidy(&db, now.plus(DAY), kept, &stopped);
        assert_eq!(left(), 2_001, "not a moment too early");
        drop(stop);
        let later = now.plus(DAY).plus(Duration::from_secs(1));
        tidy(&db, later, kept, &stopped);
        assert_eq!(left(), 2_001, "stopped");
        let (_stop, stopped) = channel();
        tidy(&db, later, kept, &stopped);
        assert_eq!(left(), 0);
    }
}
