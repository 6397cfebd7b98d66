//! The schema's history, embedded in the binary: the same names for both databases.

use diesel::{Connection, connection::SimpleConnection, migration::MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::connection::{AnyConnection, DatabaseUrl, Link, Purpose};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
/// The number of the advisory lock that keeps two processes from migrating at once.
const LOCK: i64 = 7_204_415_233;

/// Why a schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database cannot be reached or opened.
    #[error("the database cannot be opened: {0}")]
    Connect(#[from] diesel::ConnectionError),
    /// A newer version of the program has been at this database.
    #[error("the database has migration {0}, which this version does not know: use a newer one")]
    Newer(String),
    /// A migration failed and was undone.
    #[error("migration failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Brings the schema up to date, creating a SQLite file where there is none, and answers the names of the migrations
/// that ran. Processes that do this at the same time wait for one another.
pub fn migrate(url: &DatabaseUrl) -> Result<Vec<String>, MigrationError> {
    let mut link = Link::open(url, Purpose::Migrating, std::time::Duration::ZERO)?;
    match &mut link.connection {
        AnyConnection::Pg(pg) => {
            execute(pg, &format!("SELECT pg_advisory_lock({LOCK})"))?;
            let ran = run(pg, || POSTGRES);
            execute(pg, &format!("SELECT pg_advisory_unlock({LOCK})"))?;
            ran
        }
        AnyConnection::Sqlite(sqlite) => run(sqlite, || SQLITE),
    }
}

/// The names of the migrations that the database lacks.
pub fn pending_migrations(url: &DatabaseUrl) -> Result<Vec<String>, MigrationError> {
    let mut link = Link::open(url, Purpose::Migrating, std::time::Duration::ZERO)?;
    match &mut link.connection {
        AnyConnection::Pg(pg) => pending(pg, || POSTGRES),
        AnyConnection::Sqlite(sqlite) => pending(sqlite, || SQLITE),
    }
}

fn execute(connection: &mut impl SimpleConnection, sql: &str) -> Result<(), MigrationError> {
    connection.batch_execute(sql).map_err(|error| MigrationError::Failed(Box::new(error)))
}

fn pending<C, DB>(
    connection: &mut C,
    source: impl Fn() -> EmbeddedMigrations,
) -> Result<Vec<String>, MigrationError>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB> + Connection<Backend = DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let known: Vec<String> = MigrationSource::<DB>::migrations(&source())
        .map_err(MigrationError::Failed)?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let applied = connection.applied_migrations().map_err(MigrationError::Failed)?;
    if let Some(newer) = applied.iter().find(|version| !known.contains(&version.to_string())) {
        return Err(MigrationError::Newer(newer.to_string()));
    }
    let pending = connection.pending_migrations(source()).map_err(MigrationError::Failed)?;
    Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
}

fn run<C, DB>(
    connection: &mut C,
    source: impl Fn() -> EmbeddedMigrations,
) -> Result<Vec<String>, MigrationError>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB> + Connection<Backend = DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let names = pending(connection, &source)?;
    connection.run_pending_migrations(source()).map_err(MigrationError::Failed)?;
    Ok(names)
}
