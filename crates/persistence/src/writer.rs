//! Writing to SQLite: one thread, and commits in groups.
//!
//! SQLite has one writer at a time, and a durable commit costs a disk flush. So one thread owns the only writing
//! connection, drains the queue into one transaction, gives each job a savepoint of its own, and answers all of them after
//! the COMMIT; if that fails, all of them failed. Four times the throughput of a commit each, and nobody starves.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use regulars_kernel::{Scope, StoreError};

use crate::{
    connection::{AnyConnection, Link, Manager, Purpose, Transactions, unavailable},
    deadline,
    error::IntoStore,
    tx::Tx,
};

/// Jobs in one commit, at most.
const GROUP: usize = 128;
/// Jobs that may wait, at most; more are refused at once.
const QUEUE: usize = 4096;
/// After so long without work the write-ahead log is folded into the database.
const IDLE: Duration = Duration::from_secs(2);

type Panic = Box<dyn std::any::Any + Send>;

/// What became of a job's own savepoint.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Done,
    /// The job failed and took the whole transaction with it (SQLite ends it when a write is interrupted).
    GroupLost,
}

trait Job: Send {
    fn run(&mut self, connection: &mut AnyConnection) -> Step;
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct WriteJob<T, E, F> {
    write: F,
    scope: Scope,
    deadline: Option<Instant>,
    outcome: Option<Result<Result<T, E>, Panic>>,
    /// The outcome stands whatever becomes of the group, and the job must not run again.
    settled: bool,
    reply: Sender<Result<Result<T, E>, Panic>>,
}

impl<T, E, F> Job for WriteJob<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
{
    fn run(&mut self, connection: &mut AnyConnection) -> Step {
        if self.settled {
            return Step::Done;
        }
        if self.deadline.is_some_and(|end| Instant::now() >= end) {
            self.settle(Ok(Err(StoreError::DeadlineExceeded.into())));
            return Step::Done;
        }
        if let Err(error) = Transactions::begin_transaction(connection).store() {
            self.outcome = Some(Ok(Err(error.into())));
            return Step::GroupLost;
        }
        let guard = deadline::until(self.deadline);
        let scope = self.scope;
        let outcome =
            catch_unwind(AssertUnwindSafe(|| (self.write)(&mut Tx::new(connection, scope))));
        drop(guard);
        if matches!(outcome, Ok(Ok(_))) {
            let released = Transactions::commit_transaction(connection);
            if released.is_ok() {
                self.outcome = Some(outcome);
                return Step::Done;
            }
            self.settle(Ok(Err(StoreError::Unavailable.into())));
            return Step::GroupLost;
        }
        self.settle(outcome);
        match unwind(connection) {
            Ok(()) => Step::Done,
            Err(_) => Step::GroupLost,
        }
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Err(_), Some(outcome)) if self.settled => outcome,
            (Err(error), _) => Ok(Err(error.into())),
            (Ok(()), None) => Ok(Err(StoreError::Unavailable.into())),
        };
        // Whoever waited may have given up; the outcome stands either way.
        self.reply.try_send(answer).ok();
    }
}

impl<T, E, F> WriteJob<T, E, F> {
    fn settle(&mut self, outcome: Result<Result<T, E>, Panic>) {
        self.outcome = Some(outcome);
        self.settled = true;
    }
}

/// Rolls back to the savepoint of the job that failed, however many levels it left open above it.
fn unwind(connection: &mut AnyConnection) -> Result<(), StoreError> {
    while depth(connection).is_some_and(|depth| depth > 1) {
        Transactions::rollback_transaction(connection).store()?;
    }
    match depth(connection) {
        Some(1) => Ok(()),
        _ => Err(StoreError::Unavailable),
    }
}

/// Open levels: 1 is the group's transaction; none where the connection is in no sound state.
fn depth(connection: &mut AnyConnection) -> Option<u32> {
    use diesel::connection::TransactionManagerStatus::{InError, Valid};
    match Transactions::transaction_manager_status_mut(connection) {
        Valid(status) => status.transaction_depth().map(std::num::NonZeroU32::get),
        InError => None,
    }
}

/// The thread that writes, seen from outside.
pub(crate) struct Writer {
    queue: Option<Sender<Box<dyn Job>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(manager: Manager) -> Result<Self, StoreError> {
        let link = Link::open(&manager.url, Purpose::Writing, manager.statement_timeout)
            .map_err(|error| unavailable(&error))?;
        let (queue, jobs) = bounded(QUEUE);
        let thread = thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || work(link, &manager, &jobs))
            .map_err(|error| StoreError::Internal(Box::new(error)))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    pub(crate) fn write<T, E, F>(
        &self,
        scope: Scope,
        deadline: Option<Instant>,
        write: F,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = bounded(1);
        let job =
            Box::new(WriteJob { write, scope, deadline, outcome: None, settled: false, reply });
        let queue = self.queue.as_ref().ok_or(StoreError::Unavailable)?;
        queue.try_send(job).map_err(|_full| StoreError::Unavailable)?;
        match answer.recv() {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_gone) => Err(StoreError::Unavailable.into()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writing thread panicked");
        }
    }
}

fn work(mut link: Link, manager: &Manager, jobs: &Receiver<Box<dyn Job>>) {
    let mut dirty = false;
    loop {
        match jobs.recv_timeout(IDLE) {
            Ok(first) => {
                let mut group = vec![first];
                group.extend(jobs.try_iter().take(GROUP - 1));
                commit(&mut link, group);
                dirty = true;
                if link.is_broken() {
                    reopen(&mut link, manager);
                }
            }
            Err(RecvTimeoutError::Timeout) if dirty => {
                checkpoint(&mut link.connection);
                dirty = false;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    checkpoint(&mut link.connection);
}

fn reopen(link: &mut Link, manager: &Manager) {
    match Link::open(&manager.url, Purpose::Writing, manager.statement_timeout) {
        Ok(fresh) => *link = fresh,
        Err(error) => tracing::error!(%error, "the writing connection could not be replaced"),
    }
}

fn checkpoint(connection: &mut AnyConnection) {
    if let Err(error) = connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(%error, "the write-ahead log could not be folded in");
    }
}

fn commit(link: &mut Link, mut group: Vec<Box<dyn Job>>) {
    // Each time round settles at least one job or ends, so this is bounded by the group.
    for _ in 0..=group.len() {
        let committed = attempt(&mut link.connection, &mut group);
        match committed {
            Err(Lost::Again) => {}
            Err(Lost::Failed(error)) => return answer(group, Some(&error)),
            Ok(()) => return answer(group, None),
        }
    }
    answer(group, Some(&StoreError::Unavailable));
}

enum Lost {
    /// One job ended the transaction; it is settled, the others run again.
    Again,
    Failed(StoreError),
}

fn attempt(connection: &mut AnyConnection, group: &mut [Box<dyn Job>]) -> Result<(), Lost> {
    let AnyConnection::Sqlite(sqlite) = connection else {
        return Err(Lost::Failed(StoreError::Unavailable));
    };
    AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")
        .store()
        .map_err(Lost::Failed)?;
    for job in group.iter_mut() {
        if job.run(connection) == Step::GroupLost {
            abandon(connection);
            return Err(Lost::Again);
        }
    }
    let committed = Transactions::commit_transaction(connection).store();
    if committed.is_err() {
        abandon(connection);
    }
    committed.map_err(Lost::Failed)
}

/// Leaves no transaction open, whatever state it is in.
fn abandon(connection: &mut AnyConnection) {
    while depth(connection).is_some() {
        if Transactions::rollback_transaction(connection).is_err() {
            break;
        }
    }
}

fn answer(group: Vec<Box<dyn Job>>, failed: Option<&StoreError>) {
    if let Some(error) = failed {
        tracing::error!(%error, jobs = group.len(), "a group of writes was not committed");
    }
    for job in group {
        job.answer(if failed.is_some() { Err(StoreError::Unavailable) } else { Ok(()) });
    }
}
