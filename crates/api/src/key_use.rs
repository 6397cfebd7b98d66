//! Notes when API keys were used: later, by a thread of its own, so that no request waits for it.

use std::{
    collections::BTreeMap,
    io,
    num::NonZeroUsize,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use lru::LruCache;
use parking_lot::Mutex;
use regulars_auth::{
    ApplicationStore as _,
    api_key::{BETWEEN_USES, KeyStanding},
};
use regulars_kernel::{ApiKeyId, MerchantId, Scope, StoreError, Timestamp};

use crate::context::App;

/// Keys whose last note is remembered. More are noted more often than they need.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();
/// Uses that may wait; further ones are not noted this time.
const QUEUE: usize = 1_000;
/// Uses of one write.
const BATCH: usize = 100;
/// How long one write may take.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
struct Use {
    merchant: MerchantId,
    key: ApiKeyId,
    at: Timestamp,
}

/// The thread; dropping this has it note what waits, and stops it.
pub(crate) struct KeyUses {
    noted: Mutex<LruCache<ApiKeyId, Timestamp>>,
    waiting: Option<Sender<Use>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl KeyUses {
    /// Starts the thread.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn start(app: Arc<App>) -> io::Result<Self> {
        let (waiting, uses) = bounded(QUEUE);
        let thread =
            thread::Builder::new().name("key-uses".to_owned()).spawn(move || work(&app, &uses))?;
        Ok(Self {
            noted: Mutex::new(LruCache::new(REMEMBERED)),
            waiting: Some(waiting),
            thread: Some(thread),
        })
    }

    /// Has a use noted, unless one was a moment ago. Waits for nothing.
    pub(crate) fn note(&self, standing: &KeyStanding, now: Timestamp) {
        if !standing.is_use_news(now) {
            return;
        }
        let KeyStanding { merchant, key, .. } = *standing;
        let mut noted = self.noted.lock();
        if noted.get(&key).is_some_and(|last| now < last.plus(BETWEEN_USES)) {
            return;
        }
        let sender = self.waiting.as_ref();
        // A queue that is full now has room when the key is used next.
        if sender.is_some_and(|waiting| waiting.try_send(Use { merchant, key, at: now }).is_ok()) {
            noted.put(key, now);
        }
    }
}

impl Drop for KeyUses {
    fn drop(&mut self) {
        self.waiting = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that notes the use of keys panicked");
        }
    }
}

fn work(app: &App, uses: &Receiver<Use>) {
    while let Ok(first) = uses.recv() {
        let more = uses.try_iter().take(BATCH - 1);
        let all = std::iter::once(first).chain(more);
        // Of several uses of one key the last one counts.
        // In one order of keys, so that two servers that note the same ones never wait for each other.
        let batch: BTreeMap<_, _> = all.map(|used| (used.key, used)).collect();
        let deadline = Instant::now() + PATIENCE;
        let written = app.db.write(Scope::Platform, Some(deadline), move |tx| {
            batch.values().try_for_each(|used| tx.note_use(used.merchant, used.key, used.at))
        });
        if let Err(error) = written {
            let error: StoreError = error;
            tracing::warn!(%error, "the use of keys was not noted");
        }
    }
}
