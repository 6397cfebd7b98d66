//! The database, as everybody above sees it: transactions that read and transactions that write, each within a scope.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use diesel::connection::TransactionManager;
use regulars_kernel::{Contention, Scope, StoreError};

use crate::{
    connection::{AnyConnection, DatabaseUrl, Link, Manager, Purpose, Transactions, tell_absence},
    error::IntoStore,
    reader::Reader,
    tx::Tx,
    wall,
    writer::Writer,
};

/// How many times a write that lost against another one runs, in all.
const TRIES: u32 = 4;

/// How a database is used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it is.
    pub url: DatabaseUrl,
    /// Connections in the pool, at most. On SQLite they only read; the writer has one of its own.
    pub pool_size: u32,
    /// How long a request waits for one before it is told to come back later.
    pub pool_wait: Duration,
    /// How long one statement may take on PostgreSQL; SQLite's statements end at the request's own deadline.
    pub statement_timeout: Duration,
}

impl Settings {
    /// The defaults for a URL: four connections a core, two seconds of waiting, five seconds a statement.
    pub fn new(url: DatabaseUrl) -> Self {
        let cores = thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            url,
            pool_size: u32::try_from(cores.saturating_mul(4)).unwrap_or(64).max(4),
            pool_wait: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(5),
        }
    }
}

/// An open database.
pub struct Db {
    manager: Manager,
    pool: r2d2::Pool<Manager>,
    /// SQLite's one writer; PostgreSQL writes through the pool.
    writer: Option<Writer>,
}

impl Db {
    /// Opens a migrated database. SQLite files are not created here: see [`crate::migrate`].
    pub fn open(settings: &Settings) -> Result<Self, StoreError> {
        let purpose = if settings.url.is_postgres() { Purpose::Writing } else { Purpose::Reading };
        let manager = Manager {
            url: settings.url.clone(),
            purpose,
            statement_timeout: settings.statement_timeout,
            statistics: Arc::default(),
        };
        // First, so that the readers open with the statistics that it gathers.
        let writer = match settings.url {
            DatabaseUrl::Sqlite(_) => Some(Writer::start(manager.clone())?),
            DatabaseUrl::Postgres(_) => None,
        };
        let pool = r2d2::Pool::builder()
            .max_size(settings.pool_size)
            .min_idle(Some(1))
            .connection_timeout(settings.pool_wait)
            .error_handler(Box::new(LogPoolErrors))
            .build(manager.clone())
            .map_err(|_timeout| StoreError::Unavailable)?;
        Ok(Self { manager, pool, writer })
    }

    /// Whether this is SQLite, which has one writer and no server.
    pub const fn is_sqlite(&self) -> bool {
        self.writer.is_some()
    }

    /// Leaves nothing of what was deleted or overwritten in a SQLite file or its log, and answers whether that was possible: it
    /// is not while somebody is in the middle of reading. Takes a second or two for each 100 MB, in which writes wait, and for
    /// a moment twice the room on the disk. PostgreSQL has its own upkeep (`VACUUM`).
    pub fn scrub(&self) -> Result<bool, StoreError> {
        self.writer.as_ref().map_or(Ok(true), Writer::scrub)
    }

    /// A connection of one's own for reading, as query threads keep; it opens at first use and reopens when it broke.
    pub fn own_reader(&self) -> Reader {
        Reader::own(self.manager.clone())
    }

    /// A reading connection from the pool, for one request.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Ok(Reader::pooled(self.pool.get().map_err(|_timeout| StoreError::Unavailable)?))
    }

    /// Reads in one transaction within a scope.
    pub fn read<T, E: From<StoreError>>(
        &self,
        scope: Scope,
        read: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.reader()?.read(scope, read)
    }

    /// Writes in one transaction within a scope; `Err` undoes everything. The closure may run more than once, so nothing
    /// outside the database may happen in it. When this answers `Ok`, the write is durable. Past the deadline nothing starts;
    /// what was under way then is undone on PostgreSQL, and on SQLite committed with its group.
    pub fn write<T, E, F>(&self, scope: Scope, deadline: Option<Instant>, write: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Contention + Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.write(scope, deadline, write),
            None => self.write_to_postgres(scope, deadline, &write),
        }
    }

    fn write_to_postgres<T, E: From<StoreError> + Contention>(
        &self,
        scope: Scope,
        deadline: Option<Instant>,
        write: &impl Fn(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tries = 1;
        loop {
            let mut link = self.pool.get().map_err(|_timeout| StoreError::Unavailable)?;
            link.watch.take_contended();
            begin_write(&mut link, scope, deadline)?;
            let outcome = write(&mut Tx::new(&mut link.connection, scope));
            let late = deadline.is_some_and(|end| Instant::now() >= end);
            let outcome = match outcome {
                Ok(_) if late => {
                    // Whoever asked was told by now that it may still happen; better that it did not.
                    Transactions::rollback_transaction(&mut link.connection).ok();
                    Err(StoreError::DeadlineExceeded.into())
                }
                Ok(value) => match Transactions::commit_transaction(&mut link.connection).store() {
                    Ok(()) => return Ok(value),
                    Err(error) => Err(error.into()),
                },
                Err(error) => {
                    // A connection that cannot even roll back is broken, and the pool drops it.
                    Transactions::rollback_transaction(&mut link.connection).ok();
                    Err(error)
                }
            };
            let in_time = deadline.is_none_or(|end| Instant::now() < end);
            let said = outcome.as_ref().is_err_and(Contention::is_contention);
            let lost = link.watch.take_contended() || said;
            if !lost || tries >= TRIES || !in_time {
                return outcome;
            }
            drop(link);
            thread::sleep(pause(tries));
            tries += 1;
        }
    }
}

/// A short pause before the next try, different for each thread, so that two that collided do not collide again.
fn pause(tries: u32) -> Duration {
    use std::hash::{BuildHasher, RandomState};
    let jitter = RandomState::new().hash_one(tries) % 10;
    Duration::from_millis(u64::from(tries) * 5 + jitter)
}

fn begin_write(link: &mut Link, scope: Scope, deadline: Option<Instant>) -> Result<(), StoreError> {
    let AnyConnection::Pg(pg) = &mut link.connection else {
        return Err(StoreError::OutOfScope("SQLite is written to by its one writer"));
    };
    if deadline.is_some_and(|end| Instant::now() >= end) {
        return Err(StoreError::DeadlineExceeded);
    }
    let limit = link.statement_timeout;
    wall::begin(pg, &wall::opening("BEGIN", scope, deadline, limit)).store()
}

#[derive(Debug)]
struct LogPoolErrors;

impl r2d2::HandleError<diesel::ConnectionError> for LogPoolErrors {
    fn handle_error(&self, error: diesel::ConnectionError) {
        tell_absence(&error);
    }
}
