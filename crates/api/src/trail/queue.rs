//! What is written down later: refused reads, identifications, keys that open nothing, and what was refused to nobody known. Nobody
//! waits for it.
//!
//! The queue is bounded. Where it is full, entries are dropped and counted, and no read is held up: whoever floods the API
//! with what is denied them floods neither the database nor anybody else's requests.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use parking_lot::Mutex;
use regulars_auth::audit::NewEntry;
use regulars_kernel::{ApiKeyId, Timestamp};

use super::series::Series;

/// Entries that may wait.
pub const ROOM: usize = 4_096;
/// Entries of one write, at most.
pub const BATCH: usize = 100;

/// Where entries are put.
#[derive(Clone, Debug)]
pub struct Queue {
    sender: Sender<NewEntry>,
    series: Arc<Mutex<Series>>,
    dropped: Arc<AtomicU64>,
}

/// Where they are taken out.
#[derive(Debug)]
pub struct Waiting {
    entries: Receiver<NewEntry>,
    series: Arc<Mutex<Series>>,
    dropped: Arc<AtomicU64>,
}

/// A queue with room for so many entries.
pub fn queue(room: usize) -> (Queue, Waiting) {
    let (sender, entries) = bounded(room);
    let (series, dropped) = (Arc::default(), Arc::default());
    let queue = Queue { sender, series: Arc::clone(&series), dropped: Arc::clone(&dropped) };
    (queue, Waiting { entries, series, dropped })
}

impl Queue {
    /// Puts an entry there, or drops it where there is no room. Never waits.
    pub fn offer(&self, entry: NewEntry) {
        if self.sender.try_send(entry).is_err() {
            self.drop_one();
        }
    }

    /// Puts a refusal of a key there, or counts it, where there was one for the same reason within the minute. Never waits for the
    /// database.
    pub fn offer_once(&self, key: ApiKeyId, entry: NewEntry) {
        let begun = self.series.lock().begin(key, entry);
        match begun {
            Ok(Some(entry)) => self.offer(entry),
            Ok(None) => {}
            Err(_full) => self.drop_one(),
        }
    }

    /// Counts an entry that is not even put there.
    pub fn drop_one(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

impl Waiting {
    /// Waits for entries, at most this long, and takes out what there is, at most [`BATCH`]; none once nobody can put any
    /// more there.
    pub fn take(&self, at_most: Duration) -> Option<Vec<NewEntry>> {
        match self.entries.recv_timeout(at_most) {
            Ok(first) => Some(
                std::iter::once(first).chain(self.entries.try_iter().take(BATCH - 1)).collect(),
            ),
            Err(RecvTimeoutError::Timeout) => Some(Vec::new()),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    /// Takes out what says of refusals that came again how many there were: of those whose minute is over, or of all.
    pub fn take_repeated(&self, now: Timestamp, all: bool) -> Vec<NewEntry> {
        self.series.lock().over(now, all)
    }

    /// How many were dropped since this was last asked.
    pub fn take_dropped(&self) -> u64 {
        self.dropped.swap(0, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use regulars_auth::audit::{Doer, DoerKind, Log, Outcome};
    use regulars_kernel::Timestamp;

    use super::*;

    fn entry(action: &str) -> NewEntry {
        NewEntry {
            at: Timestamp::from_seconds(1),
            log: Log::Platform,
            doer: Doer { kind: DoerKind::Anonymous, person: None, app: None },
            action: action.to_owned(),
            target: None,
            outcome: Outcome::Refused("permission_denied".to_owned()),
            changes: Vec::new(),
            request_id: "r".to_owned(),
            peer: None,
        }
    }

    #[test]
    fn what_finds_no_room_is_dropped_and_counted_and_nobody_waits() {
        let (queue, waiting) = queue(BATCH + 1);
        for number in 0..BATCH + 4 {
            queue.offer(entry(&number.to_string()));
        }
        assert_eq!((waiting.take_dropped(), waiting.take_dropped()), (3, 0));
        let batch = waiting.take(Duration::ZERO).unwrap();
        assert_eq!((batch.len(), batch[0].action.as_str()), (BATCH, "0"));
        assert_eq!(waiting.take(Duration::ZERO).unwrap().len(), 1);
        assert_eq!(waiting.take(Duration::ZERO), Some(Vec::new()));
        queue.offer(entry("last"));
        drop(queue);
        assert_eq!(waiting.take(Duration::ZERO).unwrap().len(), 1, "what waits is taken out");
        assert_eq!(waiting.take(Duration::ZERO), None);
    }
}
