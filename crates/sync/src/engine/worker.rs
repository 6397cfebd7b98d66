//! The worker: takes what is due, many connections at once, so that a broken one slows nobody.

use std::{
    collections::BTreeSet,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use parking_lot::Mutex;
use regulars_kernel::{ConnectionId, MerchantId, Scope};
use regulars_source::{SourceError, SourceStore as _};

use super::{Ended, Engine};

/// From one look at what is due to the next.
const BETWEEN: Duration = Duration::from_millis(500);
/// Connections that are asked for at once.
const DUE: u16 = 256;

/// Threads that read connections; dropping this stops them, and waits for the slices under way.
#[derive(Debug)]
pub struct Worker {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Worker {
    /// Starts one that reads so many connections at once.
    pub fn start(engine: Arc<Engine>, at_once: usize) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("sync".to_owned()).spawn(move || {
            watch(&engine, at_once.max(1), &stopped);
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that reads connections panicked");
        }
    }
}

type Busy = Arc<Mutex<BTreeSet<ConnectionId>>>;

fn watch(engine: &Arc<Engine>, at_once: usize, stop: &Arc<AtomicBool>) {
    let busy: Busy = Arc::default();
    let mut threads: Vec<thread::JoinHandle<()>> = Vec::new();
    while !stop.load(Ordering::Acquire) {
        threads.retain(|thread| !thread.is_finished());
        let room = at_once.saturating_sub(threads.len());
        match due(engine) {
            Ok(due) => {
                let free = due.into_iter().filter(|(_, id)| !busy.lock().contains(id));
                for (merchant, id) in free.take(room).collect::<Vec<_>>() {
                    busy.lock().insert(id);
                    match begin(engine, stop, (merchant, id), &busy) {
                        Ok(thread) => threads.push(thread),
                        Err(error) => {
                            busy.lock().remove(&id);
                            tracing::warn!(%error, "a connection has no thread to be read by");
                        }
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "what is due to be read is not known"),
        }
        thread::sleep(BETWEEN);
    }
    for thread in threads {
        if thread.join().is_err() {
            tracing::error!("a thread that reads a connection panicked");
        }
    }
}

fn due(engine: &Engine) -> Result<Vec<(MerchantId, ConnectionId)>, SourceError> {
    let now = engine.clock.now();
    engine.db.read(Scope::Platform, |tx| tx.due_connections(now, DUE).map_err(SourceError::from))
}

fn begin(
    engine: &Arc<Engine>,
    stop: &Arc<AtomicBool>,
    (merchant, id): (MerchantId, ConnectionId),
    busy: &Busy,
) -> io::Result<thread::JoinHandle<()>> {
    let (engine, stop, busy) = (Arc::clone(engine), Arc::clone(stop), Arc::clone(busy));
    thread::Builder::new().name(format!("sync-{id}")).spawn(move || {
        let holder = format!("{:032x}", rand::random::<u128>());
        let stopped = || stop.load(Ordering::Acquire);
        match engine.run(merchant, id, &holder, &stopped, &mut |_run| {}) {
            Ok(Ended::Over(run)) => {
                tracing::info!(connection = %id, run = %run.id, state = run.state.name(), "a run ended");
            }
            Ok(Ended::Later(_) | Ended::Nothing) => {}
            Err(error) => tracing::warn!(connection = %id, %error, "a run could not be worked on"),
        }
        busy.lock().remove(&id);
    })
}
