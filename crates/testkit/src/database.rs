//! A fresh, migrated database for one test, on either engine.
//!
//! Migrating is the caller's: a function that is given the database's URL and leaves it complete, with its connections
//! closed. It runs once, on a template; every further database is a copy, which costs milliseconds. The templates
//! are told apart by the function's name (so give a named function or a closure of one place, not a function pointer
//! that takes several values) and, on PostgreSQL, by the test program, so that yesterday's template on a server
//! that lives on is never today's.

use std::any::type_name;
use std::collections::HashMap;
use std::fmt::Display;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use tempfile::TempDir;
use url::Url;

use crate::postgres::TEST_DATABASE_URL;

/// The lock under which templates are made: of ours among all that a server may know.
const TEMPLATE_LOCK: i64 = 0x5245_4755_4c41_5253;
/// Databases of killed tests, on a server that lives on, are dropped once they are this old.
const ABANDONED_AFTER_SECONDS: u64 = 24 * 60 * 60;

/// The databases that Regulars runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// A file of its own for each database.
    Sqlite,
    /// The server that `TEST_DATABASE_URL` names.
    Postgres,
}

impl Engine {
    /// Both: `for engine in Engine::ALL` is how a test says that it holds everywhere.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

/// A database that is gone when this value is dropped.
#[derive(Debug)]
pub struct TempDatabase {
    engine: Engine,
    url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Directory(TempDir),
    Server { server: Url, name: String },
}

impl TempDatabase {
    /// `sqlite:///tmp/…/regulars.db` or `postgres://…/regulars_test_…`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Which of the two it is on.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// SQLite's file; `None` on PostgreSQL.
    pub fn file(&self) -> Option<PathBuf> {
        match &self.place {
            Place::Directory(directory) => Some(directory.path().join(SQLITE_FILE)),
            Place::Server { .. } => None,
        }
    }
}

impl Drop for TempDatabase {
    fn drop(&mut self) {
        if let Place::Server { server, name } = &self.place {
            // FORCE: a test may drop its database before its pool. Should the server be gone, so is the database.
            if let Ok(mut connection) = PgConnection::establish(server.as_str()) {
                drop(connection.batch_execute(&format!("DROP DATABASE IF EXISTS {name} (FORCE)")));
            }
        }
    }
}

/// [`fresh_sqlite`] or [`fresh_postgres`].
///
/// # Panics
/// As they do.
pub fn fresh<F, E>(engine: Engine, migrate: F) -> TempDatabase
where
    F: FnOnce(&str) -> Result<(), E>,
    E: Display,
{
    match engine {
        Engine::Sqlite => fresh_sqlite(migrate),
        Engine::Postgres => fresh_postgres(migrate),
    }
}

const SQLITE_FILE: &str = "regulars.db";

/// A migrated SQLite file in a directory of its own.
///
/// # Panics
/// When the file cannot be written, or `migrate` refuses.
pub fn fresh_sqlite<F, E>(migrate: F) -> TempDatabase
where
    F: FnOnce(&str) -> Result<(), E>,
    E: Display,
{
    static TEMPLATES: LazyLock<Mutex<HashMap<&'static str, Vec<u8>>>> =
        LazyLock::new(Mutex::default);

    let directory = or_panic("a temporary directory", tempfile::tempdir());
    let file = directory.path().join(SQLITE_FILE);
    let url = sqlite_url(&file);
    // A refused migration panics while the lock is held and leaves the map as it was.
    let mut templates = TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(template) = templates.get(type_name::<F>()) {
        or_panic("a copy of the migrated SQLite file", fs::write(&file, template));
    } else {
        or_panic("migrating SQLite", migrate(&url));
        // The last connection has taken its write-ahead log into the file when it closed.
        templates.insert(type_name::<F>(), or_panic("the migrated SQLite file", fs::read(&file)));
    }
    drop(templates);
    TempDatabase { engine: Engine::Sqlite, url, place: Place::Directory(directory) }
}

fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

/// A migrated database on the server that `TEST_DATABASE_URL` names.
///
/// # Panics
/// When there is no such server: a test that needs one fails without it. And when `migrate` refuses.
pub fn fresh_postgres<F, E>(migrate: F) -> TempDatabase
where
    F: FnOnce(&str) -> Result<(), E>,
    E: Display,
{
    static NUMBER: AtomicU64 = AtomicU64::new(0);

    let server = test_server();
    let template = template(&server, type_name::<F>(), migrate);
    let name = format!(
        "{TEST_PREFIX}{}_{}_{}",
        seconds_now(),
        std::process::id(),
        NUMBER.fetch_add(1, Ordering::Relaxed)
    );
    let mut connection = connect(&server);
    or_panic(
        "a copy of the template database",
        connection.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")),
    );
    TempDatabase {
        engine: Engine::Postgres,
        url: database_url(&server, &name),
        place: Place::Server { server, name },
    }
}

const TEST_PREFIX: &str = "regulars_test_";
const TEMPLATE_PREFIX: &str = "regulars_template_";

/// The name of the migrated template, made by whichever test comes first: of this process, or of those that a test
/// runner has started beside it.
fn template<F, E>(server: &Url, migration: &'static str, migrate: F) -> String
where
    F: FnOnce(&str) -> Result<(), E>,
    E: Display,
{
    static KNOWN: LazyLock<Mutex<HashMap<&'static str, String>>> = LazyLock::new(Mutex::default);

    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(name) = known.get(migration) {
        return name.clone();
    }
    let (program, build) = this_program();
    let same_program = format!("{TEMPLATE_PREFIX}{:016x}_", fingerprint(&(program, migration)));
    let name = format!("{same_program}{:016x}", fingerprint(&build));
    let mut connection = connect(server);
    // Released with the connection, in whatever way this ends.
    let locked = diesel::sql_query("SELECT pg_advisory_lock($1)").bind::<BigInt, _>(TEMPLATE_LOCK);
    or_panic("the lock for templates", locked.execute(&mut connection));
    let existing = databases(&mut connection);
    if !existing.contains(&name) {
        for old in existing.iter().filter(|old| old.starts_with(&same_program) || abandoned(old)) {
            let dropped =
                connection.batch_execute(&format!("DROP DATABASE IF EXISTS {old} (FORCE)"));
            or_panic("dropping an old test database", dropped);
        }
        let unfinished = format!("{same_program}unfinished");
        let made = connection.batch_execute(&format!("CREATE DATABASE {unfinished}"));
        or_panic("a template database", made);
        or_panic("migrating PostgreSQL", migrate(&database_url(server, &unfinished)));
        let renamed =
            connection.batch_execute(&format!("ALTER DATABASE {unfinished} RENAME TO {name}"));
        or_panic("the template database's name", renamed);
    }
    known.insert(migration, name.clone());
    name
}

/// The test databases that a process has made and not dropped, by name.
///
/// # Panics
/// As [`fresh_postgres`] does.
pub fn left_by(process: u32) -> Vec<String> {
    let mut all = databases(&mut connect(&test_server()));
    let of_it = format!("_{process}_");
    all.retain(|name| name.starts_with(TEST_PREFIX) && name.contains(&of_it));
    all
}

fn databases(connection: &mut PgConnection) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Database {
        #[diesel(sql_type = Text)]
        datname: String,
    }
    let found: Result<Vec<Database>, _> =
        diesel::sql_query("SELECT datname::text FROM pg_database").load(connection);
    or_panic("the server's databases", found).into_iter().map(|row| row.datname).collect()
}

fn abandoned(name: &str) -> bool {
    name.strip_prefix(TEST_PREFIX)
        .and_then(|rest| rest.split('_').next()?.parse::<u64>().ok())
        .is_some_and(|made| made.saturating_add(ABANDONED_AFTER_SECONDS) < seconds_now())
}

fn test_server() -> Url {
    let Some(url) = std::env::var_os(TEST_DATABASE_URL).filter(|url| !url.is_empty()) else {
        panic!(
            "this test needs PostgreSQL: run `make test`, which starts a server of its own, or set \
             {TEST_DATABASE_URL} to one on which databases may be created"
        );
    };
    or_panic(TEST_DATABASE_URL, Url::parse(&url.to_string_lossy()))
}

fn database_url(server: &Url, database: &str) -> String {
    let mut url = server.clone();
    url.set_path(database);
    url.into()
}

fn connect(server: &Url) -> PgConnection {
    or_panic("the server of TEST_DATABASE_URL", PgConnection::establish(server.as_str()))
}

/// Where the running test program is, and when it was built.
fn this_program() -> (PathBuf, Option<SystemTime>) {
    let path = or_panic("the test program's path", std::env::current_exe());
    let built = fs::metadata(&path).and_then(|data| data.modified()).ok();
    (path, built)
}

fn fingerprint(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

pub(crate) fn or_panic<T, E: Display>(what: &str, result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{what}: {error}"),
    }
}
