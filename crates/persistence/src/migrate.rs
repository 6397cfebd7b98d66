//! The schema's history, embedded in the binary: the same names for both databases.

use diesel::{
    Connection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    migration::MigrationSource,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{
    connection::{AnyConnection, DatabaseUrl, Link, Purpose},
    wall,
};

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
    /// The login sees nothing of what it would change.
    #[error(
        "the login {0} does not have what the role regulars_platform may: have an administrator run \
         GRANT regulars_platform TO \"{0}\"; ALTER ROLE \"{0}\" INHERIT"
    )]
    Walled(String),
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
            // However long the other one takes: what limits other locks is not for this one.
            execute(
                pg,
                &format!(
                    "SET lock_timeout = 0; SELECT pg_advisory_lock({LOCK}); SET lock_timeout = '2s'"
                ),
            )?;
            let walled =
                wall::check_owner(pg).map_err(|error| MigrationError::Failed(error.into()))?;
            let ran = match walled {
                Some(login) => Err(MigrationError::Walled(login)),
                None => run(pg, || POSTGRES),
            };
            execute(pg, &format!("SELECT pg_advisory_unlock({LOCK})"))?;
            ran
        }
        AnyConnection::Sqlite(sqlite) => {
            let failed = |error| MigrationError::Failed(Box::new(error));
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")
                .map_err(failed)?;
            match run(sqlite, || SQLITE) {
                Ok(names) => {
                    AnsiTransactionManager::commit_transaction(sqlite).map_err(failed)?;
                    if !names.is_empty() {
                        execute(sqlite, "PRAGMA analysis_limit = 400; PRAGMA optimize = 0x10002")?;
                    }
                    Ok(names)
                }
                Err(error) => {
                    // What failed is the answer, whether or not it can be undone by more than closing the file.
                    AnsiTransactionManager::rollback_transaction(sqlite).ok();
                    Err(error)
                }
            }
        }
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

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use diesel::sql_types::{BigInt, Text};
    use regulars_testkit::{Engine, fresh};

    use super::*;
    use crate::{statement::Statement, transactions::migrated};

    #[test]
    fn first_starts_at_once_wait_for_one_another() {
        for _ in 0..5 {
            let database = fresh(Engine::Sqlite, migrated);
            let file = database.file().unwrap().with_file_name("new.db");
            let url = DatabaseUrl::Sqlite(file.clone());
            let ran: usize = thread::scope(|threads| {
                let starts = [(); 4].map(|()| threads.spawn(|| migrate(&url).unwrap().len()));
                starts.map(|start| start.join().unwrap()).into_iter().sum()
            });
            assert_eq!(
                ran,
                MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE).unwrap().len()
            );
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                let mode = file.metadata().unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600, "customers' data is for the owner alone");
            }
        }
    }

    #[test]
    fn a_long_migration_is_waited_for() {
        let database = fresh(Engine::Postgres, |_empty| Ok::<_, String>(()));
        let url = DatabaseUrl::parse(database.url()).unwrap();
        let mut other = Link::open(&url, Purpose::Migrating, Duration::ZERO).unwrap();
        other.connection.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})")).unwrap();
        thread::scope(|threads| {
            let waiting = threads.spawn(|| migrate(&url));
            let queued = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
            let queued = || Statement::<BigInt>::new(queued);
            while queued().first(&mut other.connection).unwrap() != Some(1_i64) {
                assert!(!waiting.is_finished(), "it waits for the other one");
                thread::sleep(Duration::from_millis(10));
            }
            thread::sleep(Duration::from_millis(2_500));
            assert!(!waiting.is_finished(), "longer than other statements wait for a lock");
            other.connection.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK})")).unwrap();
            assert!(!waiting.join().unwrap().unwrap().is_empty());
        });
    }

    fn revert<C, DB>(connection: &mut C, source: EmbeddedMigrations) -> String
    where
        DB: diesel::backend::Backend,
        C: MigrationHarness<DB>,
        EmbeddedMigrations: MigrationSource<DB>,
    {
        connection.revert_last_migration(source).unwrap().to_string()
    }

    /// Undoes migrations up to and including the one of that version.
    fn revert_to(connection: &mut AnyConnection, version: &str) {
        loop {
            let reverted = match connection {
                AnyConnection::Pg(pg) => revert(pg, POSTGRES),
                AnyConnection::Sqlite(sqlite) => revert(sqlite, SQLITE),
            };
            if reverted == version {
                return;
            }
        }
    }

    const STAFF: &str = "20261125000002";

    #[test]
    fn staff_of_before_keep_their_roles_both_ways() {
        for engine in Engine::ALL {
            let database = fresh(engine, migrated);
            let url = DatabaseUrl::parse(database.url()).unwrap();
            let mut link = Link::open(&url, Purpose::Migrating, Duration::ZERO).unwrap();
            revert_to(&mut link.connection, STAFF);
            link.connection
                .batch_execute(
                    "INSERT INTO person (id, user_type, registered, created_at, updated_at)
                     VALUES (1, 'MERCHANT', TRUE, 5, 5), (2, 'MERCHANT', TRUE, 5, 5), (3, 'MERCHANT', TRUE, 5, 5);
                     INSERT INTO merchant (id, name, time_zone, currency, created_at, updated_at)
                     VALUES (1, 'A', 'UTC', 'EUR', 5, 5), (3, 'B', 'UTC', 'EUR', 5, 5);
                     INSERT INTO staff_member (merchant_id, person_id, role, all_stores, created_at)
                     VALUES (1, 1, 'owner', TRUE, 5), (1, 2, 'cashier', FALSE, 5), (3, 3, 'owner', TRUE, 5)",
                )
                .unwrap();
            assert_eq!(migrate(&url).unwrap().len(), 1 + later(&url));
            let roles = |connection: &mut AnyConnection| -> Vec<(i64, String)> {
                Statement::<(BigInt, Text)>::new(
                    "SELECT g.person_id, r.codename FROM staff_role g JOIN role r
                     ON r.merchant_id = g.merchant_id AND r.id = g.role_id ORDER BY g.person_id",
                )
                .load(connection)
                .unwrap()
            };
            let expected = [(1, "owner"), (2, "cashier"), (3, "owner")]
                .map(|(person, role)| (person, role.to_owned()));
            assert_eq!(roles(&mut link.connection), expected);
            let count: i64 = Statement::<BigInt>::new("SELECT count(*) FROM role")
                .first(&mut link.connection)
                .unwrap()
                .unwrap();
            assert_eq!(count, 8, "four for each merchant");

            revert_to(&mut link.connection, STAFF);
            let before: Vec<(i64, String)> = Statement::<(BigInt, Text)>::new(
                "SELECT person_id, role FROM staff_member ORDER BY person_id",
            )
            .load(&mut link.connection)
            .unwrap();
            assert_eq!(before, expected);
        }
    }

    /// How many migrations came after that of staff.
    fn later(url: &DatabaseUrl) -> usize {
        let source = if url.is_postgres() { POSTGRES } else { SQLITE };
        let versions = MigrationSource::<diesel::pg::Pg>::migrations(&source).unwrap();
        let versions = versions.iter().map(|migration| migration.name().version().to_string());
        versions.filter(|version| version.as_str() > STAFF).count()
    }
}
