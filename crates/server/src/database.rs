//! The database that a command works on: opened, brought up to date, or refused in words that help.

use std::path::{Path, PathBuf};

use regulars_auth::{
    AuthStore as _,
    pepper::{self, PepperNote},
};
use regulars_kernel::{Clock as _, Scope, StoreError, SystemClock};
use regulars_persistence::{self as persistence, Db, MigrationError, Tx, WallError};

use crate::{
    config::{Config, DatabaseUrl},
    data_dir,
    filesystem::{self, FileSystem},
};

/// Why there is no database to work on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    /// A file that was asked for by name is not there.
    #[error(
        "there is no database {}: is the path right? `regulars migrate` creates one there, and so does `serve --migrate`",
        .0.display()
    )]
    Absent(PathBuf),
    /// The file is another machine's.
    #[error(
        "the database {} lies on {file_system}, which is or may be a disk of another machine: SQLite's files get corrupted there. \
         Put it on a disk of this machine (--data-dir, --database-url), or use PostgreSQL. Only where you know that no other \
         machine ever opens it: database.allow_network_files = true",
        path.display()
    )]
    Network {
        /// The file.
        path: PathBuf,
        /// What the file system is called.
        file_system: &'static str,
    },
    /// The schema is older than the program.
    #[error(
        "the database {place} lacks {count} migration(s) of this version: run `regulars migrate`, or start with --migrate"
    )]
    Outdated {
        /// Which database, without a password.
        place: String,
        /// How many migrations.
        count: usize,
    },
    /// Migrating failed.
    #[error("the database {place} cannot be brought up to date: {source}")]
    Migration {
        /// Which database, without a password.
        place: String,
        /// Why.
        source: MigrationError,
    },
    /// A directory cannot be made.
    #[error("the directory {} cannot be made: {source}", path.display())]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Its login cannot serve behind the walls between tenants.
    #[error("the database {place} cannot be served: {source}")]
    Wall {
        /// Which database, without a password.
        place: String,
        /// Why not.
        source: WallError,
    },
    /// It opens and does not answer.
    #[error("the database {place} does not answer: {source}")]
    Silent {
        /// Which database, without a password.
        place: String,
        /// Why not.
        source: StoreError,
    },
    /// It does not open.
    #[error("the database {place} cannot be opened: {source}")]
    Closed {
        /// Which database, without a password.
        place: String,
        /// Why not.
        source: StoreError,
    },
}

/// What is done about a database that does not exist or is older than the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upkeep {
    /// It is created, and brought up to date.
    Migrate,
    /// A SQLite file that exists, or that nobody named, is brought up to date; the rest is refused.
    Careful,
    /// It is refused: whoever works on a server's data from outside neither founds a database nor changes its form.
    Refuse,
}

/// Sees to it that the database exists in this version's form. Answers its address and the migrations that ran.
pub(crate) fn prepare(
    config: &Config,
    upkeep: Upkeep,
) -> Result<(persistence::DatabaseUrl, Vec<String>), DatabaseError> {
    prepare_on(config, upkeep, filesystem::describe)
}

/// [`prepare`], where `describe` says what file system a place lies on.
fn prepare_on(
    config: &Config,
    upkeep: Upkeep,
    describe: impl FnOnce(&Path) -> Option<FileSystem>,
) -> Result<(persistence::DatabaseUrl, Vec<String>), DatabaseError> {
    let named = config.database.url(&config.server.data_dir);
    let place = named.to_string();
    let url = match &named {
        DatabaseUrl::DefaultFile(path) | DatabaseUrl::File(path) => {
            persistence::DatabaseUrl::Sqlite(path.clone())
        }
        DatabaseUrl::Postgres(url) => persistence::DatabaseUrl::Postgres(url.clone()),
    };
    if let Some(path) = named.file()
        && let Some(file_system) = filesystem::network(path, describe)
    {
        if !config.database.allow_network_files {
            return Err(DatabaseError::Network { path: path.to_owned(), file_system });
        }
        tracing::warn!(file = %path.display(), file_system, "the database lies on the network");
    }
    let failed = |source| DatabaseError::Migration { place: place.clone(), source };
    match (&named, upkeep) {
        (DatabaseUrl::File(path), Upkeep::Careful | Upkeep::Refuse)
        | (DatabaseUrl::DefaultFile(path), Upkeep::Refuse)
            if !path.exists() =>
        {
            return Err(DatabaseError::Absent(path.clone()));
        }
        (DatabaseUrl::Postgres(_), Upkeep::Careful) | (_, Upkeep::Refuse) => {
            let count = persistence::pending_migrations(&url).map_err(failed)?.len();
            return match count {
                0 => Ok((url, Vec::new())),
                count => Err(DatabaseError::Outdated { place, count }),
            };
        }
        _ => {}
    }
    if let Some(directory) = named.file().and_then(|path| path.parent()) {
        data_dir::make(directory)
            .map_err(|source| DatabaseError::Directory { path: directory.to_owned(), source })?;
    }
    let ran = persistence::migrate(&url).map_err(failed)?;
    Ok((url, ran))
}

/// Opens a prepared database, as a login that can step down to the roles that serve.
pub(crate) fn open(config: &Config, url: persistence::DatabaseUrl) -> Result<Db, DatabaseError> {
    let mut settings = persistence::Settings::new(url);
    if config.database.connections > 0 {
        settings.pool_size = config.database.connections;
    }
    settings.pool_wait = config.database.connection_wait;
    settings.statement_timeout = config.database.statement_timeout;
    let place = || config.database.url(&config.server.data_dir).to_string();
    persistence::check_login(&settings.url)
        .map_err(|source| DatabaseError::Wall { place: place(), source })?;
    Db::open(&settings).map_err(|source| DatabaseError::Closed { place: place(), source })
}

/// Reads something in scope `Platform`.
pub(crate) fn read<T>(
    config: &Config,
    db: &Db,
    question: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>,
) -> Result<T, DatabaseError> {
    let place = || config.database.url(&config.server.data_dir).to_string();
    db.read(Scope::Platform, question)
        .map_err(|source| DatabaseError::Silent { place: place(), source })
}

/// The peppers that passwords rest on and that are not among those of these ids, with how many accounts rest on each, as
/// far as `most`.
pub(crate) fn missing_peppers(
    config: &Config,
    db: &Db,
    known: &[String],
    most: u64,
) -> Result<Vec<(String, u64)>, DatabaseError> {
    read(config, db, |tx| {
        let in_use = tx.peppers_in_use()?.into_iter();
        let missing = in_use.filter(|id| !known.contains(id));
        missing.map(|id| tx.count_on_pepper(&id, most).map(|count| (id, count))).collect()
    })
}

/// Notes the peppers of these keys in the database, at the first start with each. Answers the ids under which others are
/// noted: with those nobody could log in.
pub(crate) fn other_peppers(
    config: &Config,
    db: &Db,
    own: Vec<PepperNote>,
) -> Result<Vec<String>, DatabaseError> {
    let lost = config.auth.lost_peppers.clone();
    // Only a first start writes.
    let compared = read(config, db, |tx| pepper::compare(tx, &own, &lost))?;
    if compared.new.is_empty() || !compared.other.is_empty() {
        return Ok(compared.other);
    }
    let place = || config.database.url(&config.server.data_dir).to_string();
    let now = SystemClock.now();
    db.write(Scope::Platform, None, move |tx| pepper::settle(tx, &own, &lost, now))
        .map_err(|source| DatabaseError::Silent { place: place(), source })
}

/// Whether anybody in a prepared database has a password, which would be void with other keys.
pub(crate) fn has_passwords(config: &Config, db: &Db) -> Result<bool, DatabaseError> {
    read(config, db, |tx| tx.has_credentials())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Flags;

    fn config(directory: &Path, url: Option<&Path>) -> Config {
        let flags = Flags {
            data_dir: Some(directory.join("data").display().to_string()),
            database_url: url.map(|path| format!("sqlite:{}", path.display())),
            ..Flags::default()
        };
        Config::load(None, &flags).unwrap()
    }

    /// A disk of this machine, whatever the tests run on.
    fn prepare(
        config: &Config,
        upkeep: Upkeep,
    ) -> Result<(persistence::DatabaseUrl, Vec<String>), DatabaseError> {
        prepare_on(config, upkeep, |_place| Some(FileSystem { magic: 0xEF53, fuse: None }))
    }

    #[test]
    fn a_misspelt_path_is_an_error_and_not_an_empty_database() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("sub/named.db");
        let named = config(directory.path(), Some(&file));
        let refused = prepare(&named, Upkeep::Careful).unwrap_err();
        assert!(matches!(&refused, DatabaseError::Absent(path) if *path == file), "{refused}");
        assert!(!file.exists());
        let (url, ran) = prepare(&named, Upkeep::Migrate).unwrap();
        assert!(!ran.is_empty());
        let (again, none) = prepare(&named, Upkeep::Careful).unwrap();
        assert_eq!((url, none), (again, Vec::new()));
    }

    #[test]
    fn the_file_that_nobody_named_is_made_by_a_server_alone() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path(), None);
        let refused = prepare(&config, Upkeep::Refuse).unwrap_err();
        assert!(matches!(refused, DatabaseError::Absent(_)), "{refused}");
        assert!(!config.server.data_dir.exists());
        let (url, _ran) = prepare(&config, Upkeep::Careful).unwrap();
        assert!(directory.path().join("data/regulars.db").is_file());
        assert_eq!(prepare(&config, Upkeep::Refuse).unwrap(), (url.clone(), Vec::new()));
        assert!(!has_passwords(&config, &open(&config, url).unwrap()).unwrap());
        std::fs::write(directory.path().join("data/regulars.db"), "").unwrap();
        let refused = prepare(&config, Upkeep::Refuse).unwrap_err();
        assert!(matches!(refused, DatabaseError::Outdated { .. }), "{refused}");
    }

    #[test]
    #[cfg(unix)]
    fn a_file_on_the_network_is_refused_unless_it_is_allowed() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let share = root.join("share");
        std::fs::create_dir(&share).unwrap();
        let link = root.join("link.db");
        std::os::unix::fs::symlink(share.join("linked.db"), &link).unwrap();
        let on_share = |place: &Path| {
            let magic = if place.starts_with(&share) { 0x6969 } else { 0xEF53 };
            Some(FileSystem { magic, fuse: None })
        };
        for file in [share.join("named.db"), share.join("sub/named.db"), link] {
            let mut named = config(&root, Some(&file));
            let refused = prepare_on(&named, Upkeep::Migrate, on_share).unwrap_err();
            let is_named = matches!(&refused, DatabaseError::Network { path, file_system: "NFS" } if *path == file);
            assert!(is_named, "{refused}");
            assert!(!file.exists(), "{} was made", file.display());
            named.database.allow_network_files = true;
            assert!(!prepare_on(&named, Upkeep::Migrate, on_share).unwrap().1.is_empty());
            assert!(file.exists());
        }
        prepare_on(&config(&root, Some(&root.join("own.db"))), Upkeep::Migrate, on_share).unwrap();
    }
}
