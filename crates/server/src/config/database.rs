//! `[database]`: which database, and how long it may take.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

use super::check::{Check, Section, seconds};

/// The section `[database]`.
#[derive(Clone, Deserialize)]
pub(crate) struct Database {
    url: String,
    pub(crate) connections: u32,
    #[serde(with = "humantime_serde")]
    pub(crate) connection_wait: Duration,
    #[serde(with = "humantime_serde")]
    pub(crate) statement_timeout: Duration,
    #[serde(with = "humantime_serde")]
    pub(crate) outcomes_kept: Duration,
    #[serde(with = "humantime_serde")]
    pub(crate) audit_kept: Duration,
    pub(crate) allow_network_files: bool,
}

/// A database that can be used: the engine is known, and a path is a path.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum DatabaseUrl {
    /// The file in the data directory, as nobody named another.
    DefaultFile(PathBuf),
    /// A SQLite file that was asked for by name.
    File(PathBuf),
    /// A PostgreSQL server's address, which may hold a password.
    Postgres(String),
}

const HOUR: u64 = 60 * 60;
/// The file in the data directory.
const DEFAULT_FILE: &str = "regulars.db";

impl Database {
    /// Which database to use.
    pub(crate) fn url(&self, data_dir: &Path) -> DatabaseUrl {
        DatabaseUrl::parse(&self.url)
            .unwrap_or_else(|| DatabaseUrl::DefaultFile(data_dir.join(DEFAULT_FILE)))
    }
}

impl DatabaseUrl {
    /// Only what names its engine is an address: anything else would quietly become an empty SQLite file.
    fn parse(url: &str) -> Option<Self> {
        match regulars_persistence::DatabaseUrl::parse(url).ok()? {
            regulars_persistence::DatabaseUrl::Sqlite(path) => Some(Self::File(path)),
            regulars_persistence::DatabaseUrl::Postgres(url) => Some(Self::Postgres(url)),
        }
    }

    /// Whether this is a SQLite file, and which.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::DefaultFile(path) | Self::File(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

/// Without a password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DefaultFile(path) | Self::File(path) => path.display().fmt(f),
            Self::Postgres(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
                let rest = rest.split_once('?').map_or(rest, |(place, _options)| place);
                let place = rest.rsplit_once('@').map_or(rest, |(_login, place)| place);
                write!(f, "{scheme}://{place}")
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("url", &DatabaseUrl::parse(&self.url))
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

impl Section for Database {
    const NAME: &'static str = "database";
    const SECRET: &'static [&'static str] = &["url"];

    fn check(&self, check: &mut Check) {
        check.rule(
            "url",
            "sqlite:<path>, sqlite://<path>, postgres://…, postgresql://…, or empty for regulars.db in the data directory",
            self.url.is_empty() || DatabaseUrl::parse(&self.url).is_some(),
        );
        check.number_or_auto("connections", self.connections, 1..=1_000);
        check.time(
            "connection_wait",
            self.connection_wait,
            Duration::from_millis(10)..=seconds(30),
        );
        check.time(
            "statement_timeout",
            self.statement_timeout,
            Duration::from_millis(10)..=seconds(600),
        );
        check.time("outcomes_kept", self.outcomes_kept, seconds(HOUR)..=seconds(3_650 * 24 * HOUR));
        check.time(
            "audit_kept",
            self.audit_kept,
            seconds(30 * 24 * HOUR)..=seconds(3_650 * 24 * HOUR),
        );
        check.rule("allow_network_files", "true or false", true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_ever_printed() {
        for url in [
            "postgres://bob:s3cret@db.example:5432/regulars",
            "postgresql://bob:s3@cret@db.example/regulars?password=s3cret",
            "postgres://db.example/regulars?user=bob&password=s3cret",
        ] {
            let url = DatabaseUrl::parse(url).unwrap();
            for shown in [format!("{url}"), format!("{url:?}")] {
                assert!(!shown.contains("cret") && shown.contains("db.example"), "{shown}");
            }
        }
    }
}
