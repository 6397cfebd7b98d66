//! One connection type over both databases, and how each is opened.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use diesel::{
    Connection, PgConnection, SqliteConnection,
    connection::{
        InstrumentationEvent, SimpleConnection, TransactionManager, TransactionManagerStatus,
    },
};
use regulars_kernel::StoreError;

use crate::{deadline, error};

/// A connection to either database. SQLite stands last: the derived `establish`, which is never called, would take any
/// text for a file.
#[derive(diesel::MultiConnection)]
pub(crate) enum AnyConnection {
    /// PostgreSQL, through libpq.
    Pg(PgConnection),
    /// SQLite, in this process.
    Sqlite(SqliteConnection),
}

/// Runs the same tokens on the connection behind the enum: for what the enum cannot express (conflict clauses, inserting
/// many rows) and for hot reads, which decode faster without it.
macro_rules! on_inner {
    ($connection:expr, $inner:ident => $body:expr) => {
        match $connection {
            $crate::connection::AnyConnection::Pg($inner) => $body,
            $crate::connection::AnyConnection::Sqlite($inner) => $body,
        }
    };
}
pub(crate) use on_inner;

pub(crate) type Transactions = <AnyConnection as Connection>::TransactionManager;

/// Where the rows are.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A server; the URL may hold a password and is never printed.
    Postgres(String),
}

/// A text that names no database we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a database URL begins with sqlite: (followed by a path) or postgres://")]
pub struct InvalidUrl;

impl DatabaseUrl {
    /// Reads `sqlite:path`, `sqlite://path`, `postgres://…` or `postgresql://…`. Anything else is refused, so that a typo
    /// never makes an empty file.
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:"));
        match path {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            _ => Err(InvalidUrl),
        }
    }

    /// Whether this is PostgreSQL.
    pub const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://***"),
        }
    }
}

/// What happened on a connection: read by [`crate::Reader`], by the retry of writes and by tests that count statements.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    statements: AtomicU64,
    contended: AtomicBool,
}

impl Watch {
    pub(crate) fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Whether a statement lost against another transaction since this was last asked.
    pub(crate) fn take_contended(&self) -> bool {
        self.contended.swap(false, Ordering::Relaxed)
    }

    fn see(&self, event: &InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => {
                self.statements.fetch_add(1, Ordering::Relaxed);
            }
            InstrumentationEvent::FinishQuery { error: Some(failure), .. }
                if error::is_contention(failure) =>
            {
                self.contended.store(true, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Reading,
    Writing,
    /// Creates the file where there is none.
    Migrating,
}

/// An open connection and what is known of it.
pub(crate) struct Link {
    pub(crate) connection: AnyConnection,
    pub(crate) watch: Arc<Watch>,
}

impl Link {
    pub(crate) fn open(
        url: &DatabaseUrl,
        purpose: Purpose,
        statement_timeout: Duration,
    ) -> Result<Self, diesel::ConnectionError> {
        let mut connection = match url {
            DatabaseUrl::Sqlite(path) => AnyConnection::Sqlite(open_sqlite(path, purpose)?),
            DatabaseUrl::Postgres(url) => {
                AnyConnection::Pg(open_postgres(url, purpose, statement_timeout)?)
            }
        };
        let watch = Arc::new(Watch::default());
        let watching = Arc::clone(&watch);
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| watching.see(&event));
        Ok(Self { connection, watch })
    }

    /// Whether the connection has lost its server or its transaction state.
    pub(crate) fn is_unusable(&mut self) -> bool {
        let status = Transactions::transaction_manager_status_mut(&mut self.connection);
        matches!(status, TransactionManagerStatus::InError)
    }

    /// Whether something was left open or broken, so that the connection must not be used again.
    pub(crate) fn is_broken(&mut self) -> bool {
        let status = Transactions::transaction_manager_status_mut(&mut self.connection);
        match status {
            TransactionManagerStatus::Valid(status) => status.transaction_depth().is_some(),
            TransactionManagerStatus::InError => true,
        }
    }
}

fn open_sqlite(
    path: &std::path::Path,
    purpose: Purpose,
) -> Result<SqliteConnection, diesel::ConnectionError> {
    deadline::install();
    let bad = |sentence: String| diesel::ConnectionError::BadConnection(sentence);
    if purpose != Purpose::Migrating && !path.exists() {
        return Err(bad(format!("{} does not exist", path.display())));
    }
    let text = path.to_str().ok_or_else(|| bad("the path is not UTF-8".to_owned()))?;
    let mut connection = SqliteConnection::establish(text)?;
    connection
        .batch_execute(
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 67108864;
             PRAGMA cache_size = -8192; PRAGMA mmap_size = 0;",
        )
        .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    if purpose == Purpose::Reading {
        connection
            .batch_execute("PRAGMA query_only = ON;")
            .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    }
    Ok(connection)
}

fn open_postgres(
    url: &str,
    purpose: Purpose,
    statement_timeout: Duration,
) -> Result<PgConnection, diesel::ConnectionError> {
    let mut connection = PgConnection::establish(url)?;
    let limit = if purpose == Purpose::Migrating { 0 } else { statement_timeout.as_millis() };
    connection
        .batch_execute(&format!(
            "SET statement_timeout = {limit}; SET lock_timeout = '2s';
             SET idle_in_transaction_session_timeout = '10s'; SET synchronous_commit = on;
             SET client_min_messages = warning; SET timezone = 'UTC';"
        ))
        .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

/// Opens the pool's connections.
#[derive(Clone, Debug)]
pub(crate) struct Manager {
    pub(crate) url: DatabaseUrl,
    pub(crate) purpose: Purpose,
    pub(crate) statement_timeout: Duration,
}

impl r2d2::ManageConnection for Manager {
    type Connection = Link;
    type Error = diesel::ConnectionError;

    fn connect(&self) -> Result<Link, Self::Error> {
        Link::open(&self.url, self.purpose, self.statement_timeout)
    }

    fn is_valid(&self, link: &mut Link) -> Result<(), Self::Error> {
        link.connection
            .batch_execute("SELECT 1")
            .map_err(diesel::ConnectionError::CouldntSetupConfiguration)
    }

    fn has_broken(&self, link: &mut Link) -> bool {
        link.is_broken()
    }
}

pub(crate) fn unavailable(error: &diesel::ConnectionError) -> StoreError {
    tracing::warn!(%error, "no connection to the database");
    StoreError::Unavailable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_schemes_are_databases() {
        for text in ["data/regulars.db", "postgre://x", "", "sqlite:", "mysql://x", "file:x"] {
            assert_eq!(DatabaseUrl::parse(text), Err(InvalidUrl), "{text}");
        }
        assert_eq!(DatabaseUrl::parse("sqlite:a.db"), Ok(DatabaseUrl::Sqlite("a.db".into())));
        assert_eq!(DatabaseUrl::parse("sqlite:///a.db"), Ok(DatabaseUrl::Sqlite("/a.db".into())));
    }

    #[test]
    fn a_password_in_a_url_is_not_printed() {
        let url = DatabaseUrl::parse("postgres://someone:secret@host/db").unwrap();
        assert!(!format!("{url:?}").contains("secret"));
    }
}
