//! Writing to SQLite: one thread, and commits in groups.
//!
//! SQLite has one writer at a time, and a durable commit costs a disk flush. So one thread owns the only writing
//! connection, drains the queue into one transaction, gives each job a savepoint of its own, and answers all of them after
//! the COMMIT; if that fails, all of them failed, and so did refusals, which may rest on what was written before them. Four
//! times the throughput of a commit each, and nobody starves.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use diesel::{
    RunQueryDsl,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    sql_types::{Integer, Nullable, Text},
};
use regulars_kernel::{Scope, StoreError};

use crate::{
    connection::{
        AnyConnection, BUSY_MILLISECONDS, DatabaseUrl, Link, Manager, Purpose, Transactions,
        unavailable,
    },
    deadline,
    error::IntoStore,
    statement::Statement,
    tx::Tx,
};

/// Jobs in one commit, at most.
const GROUP: usize = 128;
/// Jobs that may wait, at most; more are refused at once.
const QUEUE: usize = 4096;
/// After so long without work the write-ahead log is folded into the database.
const IDLE: Duration = Duration::from_secs(2);
/// A write-ahead log of this many bytes is folded in and cut to nothing even under load. SQLite folds it in by itself, but
/// begins it anew only when no reader is in the middle of it: under steady load that is never.
const LONG_LOG: u64 = 32 * 1024 * 1024;
/// How long that may wait for readers; writes wait behind it.
const CUT_MILLISECONDS: u32 = 100;
/// The least time between two tries.
const BETWEEN_CUTS: Duration = Duration::from_millis(200);
/// The most time between two tries, while they fail.
const MOST_BETWEEN_CUTS: Duration = Duration::from_secs(10);
/// The least time between two looks at whether the statistics are out of date.
const BETWEEN_STATISTICS: Duration = Duration::from_hours(1);

/// What the thread is asked to do.
enum Work {
    /// To write.
    Write(Box<dyn Job>),
    /// To leave nothing of what was deleted in the file, and to say whether it did.
    Scrub(Sender<bool>),
}

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
        if self.is_late() {
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
        let unwound = unwind(connection);
        if outcome.is_err() || unwound.is_err() || self.is_late() {
            self.settle(outcome);
        } else {
            // It may rest on what an earlier job of the group wrote, which is not certain yet.
            self.outcome = Some(outcome);
        }
        match unwound {
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
    fn is_late(&self) -> bool {
        self.deadline.is_some_and(|end| Instant::now() >= end)
    }

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
    queue: Option<Sender<Work>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(manager: Manager) -> Result<Self, StoreError> {
        let mut link = manager.open(Purpose::Writing).map_err(|error| unavailable(&error))?;
        gather_statistics(&mut link.connection, &manager);
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
        queue.try_send(Work::Write(job)).map_err(|_full| StoreError::Unavailable)?;
        match answer.recv() {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_gone) => Err(StoreError::Unavailable.into()),
        }
    }
}

impl Writer {
    /// Leaves nothing of what was deleted or overwritten in the file or its log, and answers whether that was possible: it is
    /// not while somebody is in the middle of reading what was before. Writes wait meanwhile.
    pub(crate) fn scrub(&self) -> Result<bool, StoreError> {
        let (reply, answer) = bounded(1);
        let queue = self.queue.as_ref().ok_or(StoreError::Unavailable)?;
        queue.try_send(Work::Scrub(reply)).map_err(|_full| StoreError::Unavailable)?;
        answer.recv().map_err(|_gone| StoreError::Unavailable)
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

fn work(mut link: Link, manager: &Manager, jobs: &Receiver<Work>) {
    let mut log = Log::of(manager);
    let mut dirty = false;
    let mut gathered = Instant::now();
    loop {
        match jobs.recv_timeout(IDLE) {
            Ok(first) => {
                let (group, scrubs) = sorted(first, jobs.try_iter().take(GROUP - 1));
                if !group.is_empty() {
                    commit(&mut link, group);
                    dirty = true;
                }
                if !scrubs.is_empty() {
                    let clean = scrub(&mut link.connection);
                    // Whoever asked may have given up.
                    for reply in scrubs {
                        reply.try_send(clean).ok();
                    }
                }
                if link.is_broken() || link.trim().is_err() {
                    reopen(&mut link, manager);
                }
                log.cut_if_long(&mut link.connection);
            }
            Err(RecvTimeoutError::Timeout) => dirty = dirty && !fold_in(&mut link.connection),
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if dirty && gathered.elapsed() >= BETWEEN_STATISTICS {
            gather_statistics(&mut link.connection, manager);
            gathered = Instant::now();
        }
    }
    gather_statistics(&mut link.connection, manager);
    cut(&mut link.connection);
}

/// What is to be written, and who waits for a scrub after it.
fn sorted(
    first: Work,
    others: impl Iterator<Item = Work>,
) -> (Vec<Box<dyn Job>>, Vec<Sender<bool>>) {
    let (mut group, mut scrubs) = (Vec::new(), Vec::new());
    for work in std::iter::once(first).chain(others) {
        match work {
            Work::Write(job) => group.push(job),
            Work::Scrub(reply) => scrubs.push(reply),
        }
    }
    (group, scrubs)
}

/// Leaves nothing of what was deleted in the file. Deleted rows are overwritten as they go (`secure_delete`), but a row
/// that moved from page to page left copies on its way, and the search index drops what it deleted only when its parts are
/// merged: so the index is merged, the file written anew, and the log cut to nothing.
fn scrub(connection: &mut AnyConnection) -> bool {
    let AnyConnection::Sqlite(sqlite) = &mut *connection else { return true };
    // The new file lies beside the old one meanwhile, which may be larger than the memory.
    let written = sqlite
        .batch_execute("INSERT INTO membership_trigram (membership_trigram) VALUES ('optimize')")
        .and_then(|()| sqlite.batch_execute("PRAGMA temp_store = FILE"))
        .and_then(|()| sqlite.batch_execute("VACUUM"));
    let written = sqlite.batch_execute("PRAGMA temp_store = MEMORY").and(written);
    if let Err(error) = written {
        tracing::warn!(%error, "the file could not be written anew: what was erased may be left in its free places");
        return false;
    }
    cut(connection)
}

fn reopen(link: &mut Link, manager: &Manager) {
    match manager.open(Purpose::Writing) {
        Ok(fresh) => *link = fresh,
        Err(error) => tracing::error!(%error, "the writing connection could not be replaced"),
    }
}

/// Has SQLite count what its planner needs to know, where that changed much, and tells the readers if it did: they would go
/// on planning by what they read when they opened.
fn gather_statistics(connection: &mut AnyConnection, manager: &Manager) {
    let before = statistics(connection);
    let sql = "PRAGMA analysis_limit = 400; PRAGMA optimize = 0x10002;";
    match connection.batch_execute(sql) {
        Ok(()) if statistics(connection) == before => {}
        Ok(()) => {
            manager.statistics.fetch_add(1, Ordering::Release);
        }
        Err(error) => tracing::warn!(%error, "the statistics could not be gathered"),
    }
}

/// What was gathered; nothing where it never was, since the table is not there before.
fn statistics(connection: &mut AnyConnection) -> Option<String> {
    let sql = "SELECT group_concat(tbl || coalesce(idx, '') || stat) FROM sqlite_stat1";
    Statement::<Nullable<Text>>::new(sql).first::<Option<String>>(connection).ok()??
}

/// The write-ahead log's file.
struct Log {
    path: Option<PathBuf>,
    last_cut: Option<Instant>,
    /// Grows while somebody reads on and on, a backup say, so that writes do not wait at every turn for what cannot be.
    between_cuts: Duration,
}

impl Log {
    fn of(manager: &Manager) -> Self {
        let path = match &manager.url {
            DatabaseUrl::Sqlite(path) => {
                let mut path = path.clone().into_os_string();
                path.push("-wal");
                Some(path.into())
            }
            DatabaseUrl::Postgres(_) => None,
        };
        Self { path, last_cut: None, between_cuts: BETWEEN_CUTS }
    }

    fn cut_if_long(&mut self, connection: &mut AnyConnection) {
        let bytes = self.path.as_ref().and_then(|path| path.metadata().ok()).map_or(0, |m| m.len());
        if bytes < LONG_LOG || self.last_cut.is_some_and(|at| at.elapsed() < self.between_cuts) {
            return;
        }
        self.between_cuts = if cut(connection) {
            BETWEEN_CUTS
        } else {
            (self.between_cuts * 2).min(MOST_BETWEEN_CUTS)
        };
        self.last_cut = Some(Instant::now());
    }
}

/// Folds the write-ahead log in and cuts it to nothing. New readers go on meanwhile; writes wait for it, so it does not wait
/// long for the readers that are in the middle of it. Answers whether that was all.
fn cut(connection: &mut AnyConnection) -> bool {
    checkpoint(connection, CUT_MILLISECONDS, "TRUNCATE")
}

/// Folds in as much of the write-ahead log as nobody needs, without waiting for anybody; answers whether that was all.
fn fold_in(connection: &mut AnyConnection) -> bool {
    checkpoint(connection, 0, "PASSIVE")
}

#[derive(diesel::QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = Integer)]
    busy: i32,
    #[diesel(sql_type = Integer)]
    log: i32,
    #[diesel(sql_type = Integer)]
    checkpointed: i32,
}

fn checkpoint(connection: &mut AnyConnection, wait: u32, mode: &'static str) -> bool {
    let AnyConnection::Sqlite(sqlite) = connection else { return true };
    let outcome = sqlite
        .batch_execute(&format!("PRAGMA busy_timeout = {wait}"))
        .and_then(|()| {
            diesel::sql_query(format!("PRAGMA wal_checkpoint({mode})"))
                .get_result::<Checkpoint>(sqlite)
        })
        .map(|done| done.busy == 0 && done.log == done.checkpointed);
    let restored = sqlite.batch_execute(&format!("PRAGMA busy_timeout = {BUSY_MILLISECONDS}"));
    match restored.and(outcome) {
        Ok(all) => all,
        Err(error) => {
            tracing::warn!(%error, "the write-ahead log could not be folded in");
            false
        }
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
    /// One job ended the transaction; it is settled, the others run again, those too that refused.
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, atomic::AtomicUsize};

    use regulars_kernel::StoreError;
    use regulars_testkit::{Engine, fresh};

    use super::*;
    use crate::{statement::Statement, transactions::migrated};

    type Answer = Receiver<Result<Result<usize, StoreError>, Panic>>;

    fn job<F>(write: F) -> (Box<dyn Job>, Answer)
    where
        F: Fn(&mut Tx<'_>) -> Result<usize, StoreError> + Send + 'static,
    {
        let (reply, answer) = bounded(1);
        let (scope, deadline) = (Scope::Platform, None);
        (
            Box::new(WriteJob { write, scope, deadline, outcome: None, settled: false, reply }),
            answer,
        )
    }

    fn rename(tx: &mut Tx<'_>, from: &'static str, to: &'static str) -> Result<usize, StoreError> {
        Statement::<()>::new("UPDATE order_type SET name = ")
            .bind(to)
            .sql(" WHERE name = ")
            .bind(from)
            .execute(tx.connection)
    }

    #[test]
    fn a_refusal_does_not_outlive_what_it_rests_on() {
        let database = fresh(Engine::Sqlite, migrated);
        let url = DatabaseUrl::parse(database.url()).unwrap();
        let mut link = Link::open(&url, Purpose::Writing, Duration::ZERO).unwrap();
        let runs = Arc::new(AtomicUsize::new(0));
        let (first, first_answer) = job(move |tx| {
            let renamed = rename(tx, "Online", "Web")?;
            // It succeeds once, and not again.
            let again = runs.fetch_add(1, Ordering::Relaxed) > 0;
            if again { Err(StoreError::Contended) } else { Ok(renamed) }
        });
        let (second, second_answer) = job(|tx| match rename(tx, "Online", "Shop")? {
            0 => Err(StoreError::Taken("order_type.name")),
            renamed => Ok(renamed),
        });
        let (third, third_answer) = job(|tx| {
            tx.connection.batch_execute("ROLLBACK").ok();
            Err(StoreError::DeadlineExceeded)
        });
        commit(&mut link, vec![first, second, third]);
        let [first, second, third] = [first_answer, second_answer, third_answer]
            .map(|answer| answer.recv().unwrap().unwrap());
        assert!(matches!(first, Err(StoreError::Contended)), "{first:?}");
        assert!(matches!(second, Ok(1)), "the first one's write was undone: {second:?}");
        assert!(matches!(third, Err(StoreError::DeadlineExceeded)), "{third:?}");
    }

    #[test]
    fn an_idle_log_is_folded_in_without_waiting_for_readers() {
        let database = fresh(Engine::Sqlite, migrated);
        let url = DatabaseUrl::parse(database.url()).unwrap();
        let mut link = Link::open(&url, Purpose::Writing, Duration::ZERO).unwrap();
        let mut reader = Link::open(&url, Purpose::Reading, Duration::ZERO).unwrap();
        let rename = |link: &mut Link, from: &str, to: &str| {
            let sql = format!("UPDATE order_type SET name = '{to}' WHERE name = '{from}'");
            link.connection.batch_execute(&sql).unwrap();
        };
        rename(&mut link, "Online", "Web");
        reader.connection.batch_execute("BEGIN; SELECT count(*) FROM order_type").unwrap();
        rename(&mut link, "Web", "Shop");
        // What waits for the reader at all waits longer than anybody here.
        link.connection.batch_execute("PRAGMA busy_timeout = 3600000").unwrap();
        let (done, outcome) = bounded(1);
        let folding = thread::spawn(move || {
            done.send(fold_in(&mut link.connection)).unwrap();
            link
        });
        let all = outcome.recv_timeout(Duration::from_mins(2));
        assert_eq!(all, Ok(false), "the reader needs what was there when it began");
        reader.connection.batch_execute("COMMIT").unwrap();
        assert!(fold_in(&mut folding.join().unwrap().connection));
    }
}
