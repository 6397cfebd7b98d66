//! Threads of our own for work that blocks. Each thread owns a state (a database connection, say) for as long as it
//! lives; a panic costs the answer it happened in, and the state, which is made anew.
//!
//! The queue is bounded and every job has a deadline: a full queue refuses at once, and what waited too long, or whose
//! client has left, is dropped unread. Knows nothing of GraphQL or HTTP.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    io,
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Once,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use parking_lot::{Mutex, RwLock};
use tokio::{
    sync::oneshot,
    time::{Instant as TokioInstant, timeout_at},
};

/// How a pool is built.
#[derive(Clone, Debug)]
pub struct PoolConfig {
    /// The name of its threads, followed by their number.
    pub name: &'static str,
    /// How many threads.
    pub threads: usize,
    /// How many jobs may wait.
    pub queue: usize,
    /// The stack of each thread, in bytes. Only what is touched takes memory.
    pub stack: usize,
}

/// Why a job gave no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkError {
    /// Too much is waiting already.
    #[error("the queue is full")]
    Busy,
    /// The deadline passed in the queue: nothing was done, and nothing will be.
    #[error("the deadline passed")]
    Late,
    /// The deadline passed at work, which is not interrupted: what it does may still happen.
    #[error("the deadline passed at work")]
    Underway,
    /// The work panicked; it is logged.
    #[error("the work panicked")]
    Panicked,
    /// The pool has been closed.
    #[error("the pool is closed")]
    Closed,
}

/// Work on a state; without one, its time has passed.
type Work<S> = dyn FnOnce(Option<&mut S>) + Send;

struct Job<S> {
    /// Names the request in the log.
    label: Arc<str>,
    deadline: Instant,
    run: Box<Work<S>>,
}

/// A pool of threads with a state `S` each.
pub struct Pool<S> {
    sender: RwLock<Option<Sender<Job<S>>>>,
    threads: Mutex<Vec<thread::JoinHandle<()>>>,
}

impl<S: 'static> Pool<S> {
    /// Starts the threads. Each makes its state by `state` before its first job, and again after a panic.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub fn start<F>(config: &PoolConfig, state: F) -> io::Result<Self>
    where
        F: Fn() -> S + Send + Sync + 'static,
    {
        watch_panics();
        let state = Arc::new(state);
        let (sender, receiver) = bounded(config.queue);
        let threads = (0..config.threads.max(1))
            .map(|number| {
                let receiver: Receiver<Job<S>> = receiver.clone();
                let state = Arc::clone(&state);
                thread::Builder::new()
                    .name(format!("{}-{number}", config.name))
                    .stack_size(config.stack)
                    .spawn(move || serve(&receiver, state.as_ref()))
            })
            .collect::<io::Result<_>>()?;
        Ok(Self { sender: RwLock::new(Some(sender)), threads: Mutex::new(threads) })
    }

    /// Runs `work` on one of the threads and gives its result. `label` names the request in the log.
    ///
    /// Dropping the future drops the work, unless it has begun.
    pub async fn run<R, W>(
        &self,
        label: Arc<str>,
        deadline: Instant,
        work: W,
    ) -> Result<R, WorkError>
    where
        R: Send + 'static,
        W: FnOnce(&mut S) -> R + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        // Whoever sets it first decides: the thread that begins, or the caller who waits no longer.
        let taken = Arc::new(AtomicBool::new(false));
        let begun = Arc::clone(&taken);
        let run = Box::new(move |state: Option<&mut S>| {
            let result = match state {
                Some(_) if answer.is_closed() || begun.swap(true, Ordering::AcqRel) => return,
                Some(state) => Ok(work(state)),
                None => Err(WorkError::Late),
            };
            // The client may have left meanwhile.
            drop(answer.send(result));
        });
        self.submit(Job { label, deadline, run })?;
        match timeout_at(TokioInstant::from_std(deadline), result).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(WorkError::Panicked),
            Err(_) if taken.swap(true, Ordering::AcqRel) => Err(WorkError::Underway),
            Err(_) => Err(WorkError::Late),
        }
    }

    fn submit(&self, job: Job<S>) -> Result<(), WorkError> {
        let sender = self.sender.read();
        let sender = sender.as_ref().ok_or(WorkError::Closed)?;
        sender.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => WorkError::Busy,
            TrySendError::Disconnected(_) => WorkError::Closed,
        })
    }
}

impl<S> Pool<S> {
    /// Takes no more jobs. Those waiting are still done; then the threads end.
    pub fn close(&self) {
        self.sender.write().take();
    }

    /// Closes the pool and waits for its threads, at most this long. Says whether all have ended.
    pub fn join(&self, at_most: Duration) -> bool {
        self.close();
        let end = Instant::now() + at_most;
        let mut threads = self.threads.lock();
        while threads.iter().any(|thread| !thread.is_finished()) {
            if Instant::now() >= end {
                return false;
            }
            thread::sleep(Duration::from_millis(5));
        }
        threads.drain(..).all(|thread| thread.join().is_ok())
    }
}

impl<S> Drop for Pool<S> {
    fn drop(&mut self) {
        self.close();
    }
}

fn serve<S, F: Fn() -> S>(receiver: &Receiver<Job<S>>, make: &F) {
    OURS.set(true);
    let fresh = || guarded("start", make).ok();
    let mut state = fresh();
    for Job { label, deadline, run } in receiver {
        let outcome = guarded(&label, || {
            if Instant::now() > deadline {
                return run(None);
            }
            run(Some(state.get_or_insert_with(make)));
        });
        if outcome.is_err() {
            // A connection may be left inside a transaction; nothing of it is used again.
            let spoiled = state.take();
            state = guarded(&label, || drop(spoiled)).ok().and_then(|()| fresh());
        }
    }
}

/// Runs work on a thread that is none of a pool's; a panic is logged, once, and ends here.
pub(crate) fn guard<R>(label: &str, work: impl FnOnce() -> R) -> Result<R, WorkError> {
    let ours = OURS.replace(true);
    let done = guarded(label, work);
    OURS.set(ours);
    done.map_err(|()| WorkError::Panicked)
}

/// Runs `work`; a panic is logged, once, and ends here.
fn guarded<R>(label: &str, work: impl FnOnce() -> R) -> Result<R, ()> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let place = PLACE.take().unwrap_or_default();
        let message = message(payload.as_ref());
        tracing::error!(request_id = label, place, panic = message, "a request panicked");
        // Dropping a payload may panic as well.
        drop(catch_unwind(AssertUnwindSafe(|| drop(payload))));
    })
}

fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

thread_local! {
    /// Whether this thread is one of a pool, whose panics are logged where they are caught.
    static OURS: Cell<bool> = const { Cell::new(false) };
    /// Where the last panic of this thread happened.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps the standard hook from writing about panics that are caught, and logged, here.
fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if OURS.try_with(Cell::get).unwrap_or(false) {
                PLACE.set(info.location().map(ToString::to_string));
            } else {
                others(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures_util::FutureExt;

    use super::*;

    fn pool(threads: usize, queue: usize) -> (Pool<usize>, Arc<AtomicUsize>) {
        let made = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&made);
        let config = PoolConfig { name: "test", threads, queue, stack: 256 * 1024 };
        let pool = Pool::start(&config, move || count.fetch_add(1, Ordering::SeqCst)).unwrap();
        (pool, made)
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    fn label() -> Arc<str> {
        Arc::from("request-1")
    }

    #[actix_web::test]
    async fn a_panic_costs_one_answer_and_the_state() {
        let (pool, made) = pool(1, 8);
        assert_eq!(pool.run(label(), soon(), |state| *state).await, Ok(0));
        let panicked = pool.run(label(), soon(), |_| -> usize { panic!("boom") }).await;
        assert_eq!(panicked, Err(WorkError::Panicked));
        assert_eq!(pool.run(label(), soon(), |state| *state).await, Ok(1), "a fresh state");
        assert_eq!(made.load(Ordering::SeqCst), 2);
        assert!(pool.join(Duration::from_mins(2)));
    }

    #[actix_web::test]
    async fn the_state_stays_between_jobs() {
        let (pool, _) = pool(1, 8);
        for expected in 1..=3 {
            let seen = pool.run(label(), soon(), |state| {
                *state += 1;
                *state
            });
            assert_eq!(seen.await, Ok(expected));
        }
    }

    #[actix_web::test]
    async fn a_full_queue_refuses_at_once_and_late_jobs_are_dropped() {
        let (pool, _) = pool(1, 1);
        let (release, wait) = bounded::<()>(0);
        let (begun, begin) = bounded::<()>(1);
        let ran = Arc::new(AtomicUsize::new(0));
        let blocking = pool.run(label(), soon(), move |_| {
            begun.send(()).unwrap();
            wait.recv().unwrap();
        });
        let rest = async {
            begin.recv().unwrap();
            let count = Arc::clone(&ran);
            let waiting =
                pool.run(label(), Instant::now() + Duration::from_millis(30), move |_| {
                    count.fetch_add(1, Ordering::SeqCst);
                });
            assert_eq!(waiting.await, Err(WorkError::Late));
            // The late job stands in the queue until the thread comes to it, which only its release lets it.
            let at_once = pool.run(label(), soon(), |_| ()).now_or_never();
            assert_eq!(at_once, Some(Err(WorkError::Busy)));
            release.send(()).unwrap();
        };
        let (done, ()) = futures_util::future::join(blocking, rest).await;
        assert_eq!(done, Ok(()));
        // The late job leaves the queue when the thread comes to it.
        while pool.run(label(), soon(), |_| ()).await == Err(WorkError::Busy) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(ran.load(Ordering::SeqCst), 0, "what came too late must not run");
    }

    #[actix_web::test]
    async fn work_that_has_begun_is_told_from_work_that_never_will() {
        let (pool, _) = pool(1, 8);
        let (begun, begin) = bounded::<()>(1);
        let (release, wait) = bounded::<()>(0);
        // A thread that comes too late to begin is given more time.
        let mut patience = Duration::from_millis(20);
        loop {
            let (begun, wait) = (begun.clone(), wait.clone());
            let working = pool.run(label(), Instant::now() + patience, move |_| {
                begun.send(()).unwrap();
                wait.recv().unwrap();
            });
            match working.await {
                Err(WorkError::Underway) => break,
                late => assert_eq!(late, Err(WorkError::Late)),
            }
            patience *= 2;
        }
        begin.recv_timeout(Duration::from_mins(1)).unwrap();
        // The only thread is held, so this cannot begin.
        let later = Instant::now() + Duration::from_millis(20);
        let waiting = pool.run(label(), later, |_| panic!("it must never run")).await;
        assert_eq!(waiting, Err::<(), _>(WorkError::Late));
        release.send(()).unwrap();
        assert_eq!(pool.run(label(), soon(), |state| *state).await, Ok(0), "nothing panicked");
        assert!(begin.try_recv().is_err(), "what was late has not begun");
    }

    #[test]
    fn a_guarded_panic_is_an_error() {
        assert_eq!(guard("request-1", || 5), Ok(5));
        assert_eq!(guard("request-1", || panic!("boom")), Err::<(), _>(WorkError::Panicked));
        assert!(!OURS.get());
    }

    #[actix_web::test]
    async fn a_closed_pool_finishes_what_it_has() {
        let (pool, _) = pool(2, 8);
        assert_eq!(pool.run(label(), soon(), |_| 5).await, Ok(5));
        assert!(pool.join(Duration::from_mins(2)));
        assert_eq!(pool.run(label(), soon(), |_| 5).await, Err(WorkError::Closed));
    }
}
