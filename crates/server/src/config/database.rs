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
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Some(Self::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
        // `:memory:` is another database for each connection, and `?` begins options that are not ours to pass on.
        let is_a_file = !path.is_empty()
            && !path.starts_with(':')
            && !path.ends_with('/')
            && !path.contains(['?', '\0']);
        is_a_file.then(|| Self::File(PathBuf::from(path)))
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_names_its_engine_is_an_address() {
        for (url, file) in [
            ("sqlite:a.db", "a.db"),
            ("sqlite://a.db", "a.db"),
            ("sqlite:///var/a.db", "/var/a.db"),
            ("sqlite:/var/a.db", "/var/a.db"),
        ] {
            assert_eq!(DatabaseUrl::parse(url), Some(DatabaseUrl::File(file.into())), "{url}");
        }
        for url in ["postgres://u:p@h:5/d", "postgresql://h/d"] {
            assert_eq!(DatabaseUrl::parse(url), Some(DatabaseUrl::Postgres(url.into())), "{url}");
        }
        for url in [
            "regulars.db",
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
            assert_eq!(DatabaseUrl::parse(url), None, "{url}");
        }
    }

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
