//! One connection type over both databases, and how each is opened.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use diesel::{
    Connection, PgConnection, RunQueryDsl, SqliteConnection,
    connection::{
        CacheSize, InstrumentationEvent, SimpleConnection, TransactionManager,
        TransactionManagerStatus,
    },
    sql_types::Text,
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
    /// never makes an empty file; so are `:memory:`, which is another database for each connection, directories, and
    /// options behind a `?`, which are not passed on.
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:"));
        match path {
            Some(path)
                if !path.is_empty()
                    && !path.starts_with(':')
                    && !path.ends_with('/')
                    && !path.contains(['?', '\0']) =>
            {
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
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
    /// Statements that were prepared and kept since the kept ones were last let go.
    kept: AtomicU64,
}

/// Statements that a connection keeps prepared, at most.
const KEPT: u64 = 512;

impl Watch {
    pub(crate) fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(crate) fn kept(&self) -> u64 {
        self.kept.load(Ordering::Relaxed)
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
            InstrumentationEvent::CacheQuery { .. } => {
                self.kept.fetch_add(1, Ordering::Relaxed);
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
    /// How long one statement may take on PostgreSQL; zero is no limit.
    pub(crate) statement_timeout: Duration,
    /// The statistics that its plans rest on: see [`Manager::statistics`].
    statistics: u64,
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
        Ok(Self { connection, watch, statement_timeout, statistics: 0 })
    }

    /// Lets go of the prepared statements where there are too many: diesel keeps each for ever. No transaction may be open.
    pub(crate) fn trim(&mut self) -> Result<(), diesel::result::Error> {
        if self.watch.kept.load(Ordering::Relaxed) < KEPT {
            return Ok(());
        }
        // Another size empties diesel's cache; PostgreSQL has the statements too.
        on_inner!(&mut self.connection, inner => {
            inner.set_prepared_statement_cache_size(CacheSize::Disabled);
            inner.set_prepared_statement_cache_size(CacheSize::Unbounded);
        });
        if let AnyConnection::Pg(pg) = &mut self.connection {
            pg.batch_execute("DEALLOCATE ALL")?;
        }
        self.watch.kept.store(0, Ordering::Relaxed);
        Ok(())
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
    if purpose == Purpose::Migrating {
        create_private(path).map_err(|error| bad(format!("{}: {error}", path.display())))?;
    }
    let mut connection = SqliteConnection::establish(text)?;
    // Whoever migrates waits for another who does; nobody else waits longer than a request.
    let wait = if purpose == Purpose::Migrating { 60_000 } else { BUSY_MILLISECONDS };
    connection
        .batch_execute(&format!("PRAGMA busy_timeout = {wait};"))
        .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    let mode = write_ahead(&mut connection, Duration::from_millis(wait.into()))
        .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    if mode != "wal" {
        return Err(bad(format!(
            "{} cannot have a write-ahead log (its journal mode is {}): put it on a local file system",
            path.display(),
            mode
        )));
    }
    connection
        .batch_execute(
            "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
             PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 67108864;
             PRAGMA cache_size = -8192; PRAGMA mmap_size = 0;",
        )
        .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    if purpose == Purpose::Writing {
        // What savepoints put by lies in a file otherwise, page by page; and indexes of large tables are touched all over.
        connection
            .batch_execute("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768;")
            .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    }
    if purpose == Purpose::Reading {
        connection
            .batch_execute("PRAGMA query_only = ON;")
            .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    }
    Ok(connection)
}

/// How long SQLite waits for a lock.
pub(crate) const BUSY_MILLISECONDS: u32 = 5_000;

#[derive(diesel::QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

/// Has the file keep a write-ahead log and answers which journal it has. Of several who turn a new file to it at once
/// SQLite lets all but one fail without waiting.
fn write_ahead(connection: &mut SqliteConnection, wait: Duration) -> diesel::QueryResult<String> {
    let end = Instant::now() + wait;
    loop {
        let mode = diesel::sql_query("PRAGMA journal_mode = WAL").get_result(connection);
        match mode {
            Err(error) if error::is_contention(&error) && Instant::now() < end => {
                thread::sleep(Duration::from_millis(10));
            }
            other => return other.map(|mode: JournalMode| mode.journal_mode),
        }
    }
}

/// Creates a file that is not there yet for its owner alone; what SQLite puts beside it has the same permissions.
fn create_private(path: &std::path::Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
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
    require_english(&mut connection)?;
    Ok(connection)
}

#[derive(diesel::QueryableByName)]
struct Messages {
    #[diesel(sql_type = Text)]
    lc_messages: String,
}

/// Errors of some kinds are told apart by their text ([`error`]), because diesel keeps their codes to itself: a server that
/// speaks another language is asked to speak English, which only superusers may ask.
fn require_english(connection: &mut PgConnection) -> Result<(), diesel::ConnectionError> {
    let Messages { lc_messages } =
        diesel::sql_query("SELECT current_setting('lc_messages') AS lc_messages")
            .get_result(connection)
            .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    if is_english(&lc_messages) || connection.batch_execute("SET lc_messages = 'C'").is_ok() {
        return Ok(());
    }
    Err(diesel::ConnectionError::BadConnection(format!(
        "the server reports errors in {lc_messages}, and English is needed: \
         have its administrator run ALTER ROLE … SET lc_messages = 'C' for the role that Regulars uses"
    )))
}

fn is_english(locale: &str) -> bool {
    let language = locale.split(['_', '.', '-']).next().unwrap_or_default();
    ["", "c", "posix", "en", "english"].contains(&language.to_lowercase().as_str())
}

/// Opens the pool's connections.
#[derive(Clone, Debug)]
pub(crate) struct Manager {
    pub(crate) url: DatabaseUrl,
    pub(crate) purpose: Purpose,
    pub(crate) statement_timeout: Duration,
    /// Rises whenever SQLite's statistics were gathered again: connections read them when they open, so that older ones
    /// are replaced.
    pub(crate) statistics: Arc<AtomicU64>,
}

impl Manager {
    /// Opens a connection for this purpose.
    pub(crate) fn open(&self, purpose: Purpose) -> Result<Link, diesel::ConnectionError> {
        // Read first: of statistics gathered meanwhile, the connection is taken not to know.
        let statistics = self.statistics.load(Ordering::Acquire);
        let link = Link::open(&self.url, purpose, self.statement_timeout)?;
        Ok(Link { statistics, ..link })
    }

    /// Whether statistics were gathered after this connection opened.
    pub(crate) fn is_outdated(&self, link: &Link) -> bool {
        link.statistics < self.statistics.load(Ordering::Acquire)
    }
}

impl r2d2::ManageConnection for Manager {
    type Connection = Link;
    type Error = diesel::ConnectionError;

    fn connect(&self) -> Result<Link, Self::Error> {
        self.open(self.purpose)
    }

    fn is_valid(&self, link: &mut Link) -> Result<(), Self::Error> {
        link.connection
            .batch_execute("SELECT 1")
            .and_then(|()| link.trim())
            .map_err(diesel::ConnectionError::CouldntSetupConfiguration)
    }

    fn has_broken(&self, link: &mut Link) -> bool {
        link.is_broken() || self.is_outdated(link)
    }
}

pub(crate) fn unavailable(error: &diesel::ConnectionError) -> StoreError {
    tell_absence(error);
    StoreError::Unavailable
}

/// How often it is said that the database is away: every request finds it out anew.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Says that there is no connection, unless that was said a moment ago.
pub(crate) fn tell_absence(error: &diesel::ConnectionError) {
    static TOLD: Mutex<Option<Instant>> = Mutex::new(None);
    let now = Instant::now();
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.is_none_or(|told| now.duration_since(told) >= TELL_EVERY) {
        *told = Some(now);
        tracing::warn!(%error, "no connection to the database");
    } else {
        tracing::debug!(%error, "no connection to the database");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_schemes_are_databases() {
        for text in [
            "",
            "data/regulars.db",
            "/var/a.db",
            "postgre://h/d",
            "postgres:/h/d",
            "mysql://h/d",
            "sqlite:",
            "sqlite://",
            "sqlite::memory:",
            "sqlite:a.db?mode=ro",
            "sqlite:data/",
            "SQLITE:a.db",
            "file:a.db",
        ] {
            assert_eq!(DatabaseUrl::parse(text), Err(InvalidUrl), "{text}");
        }
        for (text, file) in [
            ("sqlite:a.db", "a.db"),
            ("sqlite://a.db", "a.db"),
            ("sqlite:///var/a.db", "/var/a.db"),
            ("sqlite:/var/a.db", "/var/a.db"),
        ] {
            assert_eq!(DatabaseUrl::parse(text), Ok(DatabaseUrl::Sqlite(file.into())), "{text}");
        }
        for text in ["postgres://u:p@h:5/d", "postgresql://h/d"] {
            assert_eq!(DatabaseUrl::parse(text), Ok(DatabaseUrl::Postgres(text.into())), "{text}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_not_printed() {
        let url = DatabaseUrl::parse("postgres://someone:secret@host/db").unwrap();
        assert!(!format!("{url:?}").contains("secret"));
    }

    #[test]
    fn english_is_told_from_other_languages() {
        for locale in
            ["C", "C.UTF-8", "POSIX", "en_US.UTF-8", "en", "", "English_United States.1252"]
        {
            assert!(is_english(locale), "{locale}");
        }
        for locale in ["de_DE.UTF-8", "fr_FR", "ja_JP.UTF-8", "eno"] {
            assert!(!is_english(locale), "{locale}");
        }
    }
}
