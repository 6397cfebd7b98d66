//! Threads of their own for password hashing. A hash takes a quarter of a second of a core: made by whoever wants it,
//! thirty log-ins at once would leave nothing for tills. Here they wait in a bounded queue, and whoever waits holds no
//! connection and no transaction.

use std::{
    io,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use crossbeam_channel::{Sender, bounded};

use crate::password::{HashFault, Password, PasswordHash, PasswordScheme, Verdict};

type Job = Box<dyn FnOnce(&PasswordScheme) + Send>;

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum HasherError {
    /// The queue is full, or the deadline passed.
    #[error("too many passwords wait to be hashed")]
    Unavailable,
    /// bcrypt failed.
    #[error(transparent)]
    Fault(#[from] HashFault),
}

/// The pool. Dropping it ends its threads once the queue is empty.
#[derive(Debug)]
pub struct Hasher {
    queue: Sender<Job>,
    finished: Arc<AtomicU64>,
}

impl Hasher {
    /// Starts the threads; at most `waiting` jobs (one at least) queue for them. Fails where the machine grants no thread.
    pub fn start(
        scheme: PasswordScheme,
        threads: NonZeroUsize,
        waiting: usize,
    ) -> io::Result<Self> {
        let scheme = Arc::new(scheme);
        let (queue, jobs) = bounded::<Job>(waiting.max(1));
        for number in 1..=threads.get() {
            let (scheme, jobs) = (Arc::clone(&scheme), jobs.clone());
            thread::Builder::new()
                .name(format!("hasher-{number}"))
                .spawn(move || jobs.iter().for_each(|job| carry_out(job, &scheme)))?;
        }
        Ok(Self { queue, finished: Arc::default() })
    }

    /// Hashes a password by today's cost and pepper.
    pub fn hash(&self, password: Password, deadline: Instant) -> Result<PasswordHash, HasherError> {
        self.run(deadline, move |scheme| scheme.hash(&password))
    }

    /// Tries a password; works as hard where nothing is kept.
    pub fn verify(
        &self,
        password: Password,
        kept: Option<PasswordHash>,
        deadline: Instant,
    ) -> Result<Verdict, HasherError> {
        self.run(deadline, move |scheme| scheme.verify(&password, kept.as_ref()))
    }

    /// How many jobs were carried out since the start.
    pub fn finished(&self) -> u64 {
        self.finished.load(Ordering::Relaxed)
    }

    fn run<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce(&PasswordScheme) -> Result<T, HashFault> + Send + 'static,
    ) -> Result<T, HasherError> {
        let (answer, answered) = bounded(1);
        let finished = Arc::clone(&self.finished);
        let job: Job = Box::new(move |scheme| {
            // Whoever asked has gone: the next in the queue has not.
            if Instant::now() >= deadline {
                return;
            }
            tracing::debug!("hashing a password");
            let outcome = work(scheme);
            finished.fetch_add(1, Ordering::Relaxed);
            if answer.send(outcome).is_err() {
                tracing::debug!("a password was hashed after its deadline");
            }
        });
        self.queue.try_send(job).map_err(|_full| HasherError::Unavailable)?;
        let outcome = answered.recv_deadline(deadline).map_err(|_late| HasherError::Unavailable)?;
        Ok(outcome?)
    }
}

/// A panic costs one answer, never the thread.
fn carry_out(job: Job, scheme: &PasswordScheme) {
    if catch_unwind(AssertUnwindSafe(|| job(scheme))).is_err() {
        tracing::error!("hashing a password panicked");
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Barrier, time::Duration};

    use super::*;
    use crate::keys::{Key, KeyRing};

    fn hasher(waiting: usize) -> Hasher {
        let peppers = KeyRing::new(Key::new("a", vec![1; 32]).unwrap());
        Hasher::start(PasswordScheme::new(peppers, 4), NonZeroUsize::MIN, waiting).unwrap()
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    #[test]
    fn a_hash_made_here_verifies_here_and_nobody_costs_as_much_as_somebody() {
        let hasher = hasher(4);
        let hash = hasher.hash("correct horse".into(), soon()).unwrap();
        let tries = [(Some(hash.clone()), true), (None, false), (Some(hash), true)];
        for (before, (kept, fits)) in (1..).zip(tries) {
            assert_eq!(hasher.finished(), before);
            let verdict = hasher.verify("correct horse".into(), kept, soon()).unwrap();
            assert_eq!(verdict != Verdict::Wrong, fits);
        }
    }

    #[test]
    fn a_panic_costs_one_answer() {
        let hasher = hasher(4);
        hasher.queue.send(Box::new(|_| panic!("on purpose"))).unwrap();
        assert!(hasher.hash("x".into(), soon()).is_ok());
    }

    #[test]
    fn a_full_queue_and_a_passed_deadline_are_unavailable() {
        let hasher = hasher(1);
        let past = Instant::now();
        assert!(matches!(hasher.hash("x".into(), past), Err(HasherError::Unavailable)));
        let gate = Arc::new(Barrier::new(2));
        let held = Arc::clone(&gate);
        // One job holds the only thread, a second one fills the queue.
        let hold: Job = Box::new(move |_| {
            held.wait();
            held.wait();
        });
        hasher.queue.send(hold).unwrap();
        gate.wait();
        hasher.queue.send(Box::new(|_| ())).unwrap();
        assert!(matches!(hasher.hash("x".into(), soon()), Err(HasherError::Unavailable)));
        gate.wait();
    }
}
