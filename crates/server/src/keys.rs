//! The secret keys: configured ones, or such as are made in the data directory at the first start.
//!
//! Made ones are a convenience for one machine. Where several servers share a database, or where somebody has said that
//! this is production, a server that quietly made keys of its own would end every session and void every password, so
//! there it refuses to start and says how to make them.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use regulars_auth::{Key, KeyRing, Keys};
use serde::Deserialize;

use crate::{
    config::{Config, DatabaseUrl, Keys as Configured, Mode},
    data_dir,
    database::DatabaseError,
};

/// In the data directory.
const FILE: &str = "keys.toml";
/// Only the owner reads and writes.
const OWNER_ONLY: u32 = 0o600;
/// Permissions of anybody else.
const OTHERS: u32 = 0o077;
const KEY_BYTES: usize = 32;

/// The most accounts on one pepper that are counted: whoever is told needs no more, and the count is to end in time.
pub(crate) const MOST_COUNTED: u64 = 100_000;

/// Why there are no keys to work with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    /// They must be configured and are not.
    #[error(
        "{reason} needs configured keys, and there are none. {}, in the section [keys] of your configuration file, or in \
         REGULARS_KEYS_SIGNING, REGULARS_KEYS_PEPPER and REGULARS_KEYS_REFRESH",
        way_out(.made.as_deref())
    )]
    Unconfigured {
        /// What needs them.
        reason: &'static str,
        /// Where keys are that were made at an earlier start: accounts may rest on them.
        made: Option<PathBuf>,
    },
    /// Accounts rest on keys that are not there. Others in their place would void every password.
    #[error(
        "people have passwords in the database {place}, but the keys that they were made with are not there: {} is \
         missing. Put that file back from a backup, name the directory that it is in (--data-dir), or configure its keys \
         (--config). Only where they are lost for good: `regulars keys --out {}` makes new ones; the server then names the \
         lost pepper and how to go on without it, and nobody logs in with a password of before",
        path.display(), path.display()
    )]
    Lost {
        /// The database.
        place: String,
        /// The file that is missing.
        path: PathBuf,
    },
    /// Passwords rest on peppers that are not among the keys. Whoever has one of them could not log in.
    #[error(
        "passwords in the database {place} rest on peppers that are not among the keys: {}. Put each into keys.pepper again, \
         behind the one in use (it is in the keys of the server that served this database before, or in their backup), until \
         nobody's password rests on it any more. Only where one is lost for good: name it in auth.lost_peppers, and the \
         people whose passwords rest on it set new ones (sendPasswordResetEmail)",
        counted(.missing)
    )]
    Peppers {
        /// The database.
        place: String,
        /// Their ids, and how many accounts rest on each; more than [`MOST_COUNTED`] are "over" so many.
        missing: Vec<(String, u64)>,
    },
    /// Peppers whose ids are known from others. Every password would be wrong with them.
    #[error(
        "the database {place} knows other peppers than those in keys.pepper under the same id: {}. Put the secret back that \
         belongs to the id (it is in the keys of the server that served this database before, or in their backup); a new \
         pepper takes an id of its own, before the others in keys.pepper. Only where the former secret is lost for good, or \
         was never the right one: name the id in auth.lost_peppers for one start, which notes the secret that it has now; \
         people whose passwords rest on the former set new ones (sendPasswordResetEmail)",
        .ids.join(", ")
    )]
    OtherPeppers {
        /// The database.
        place: String,
        /// Their ids.
        ids: Vec<String>,
    },
    /// A command that makes none needs them.
    #[error(
        "there are no keys: neither in the settings nor in {}. They are made at a server's first start; give the settings \
         that the server has (--config, --data-dir, --database-url and the environment)",
        .0.display()
    )]
    Absent(PathBuf),
    /// Nobody can say whether accounts rest on other keys.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A file that was to be written is there already.
    #[error("{} is there already: it is left as it is", .0.display())]
    Exists(PathBuf),
    /// Some are configured, some are not.
    #[error("the settings have keys, but none for: {} (`regulars keys` makes a full set)", .0.join(", "))]
    Incomplete(Vec<&'static str>),
    /// The file cannot be read or made.
    #[error("the key file {} cannot be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is not as we made it.
    #[error("the key file {} is damaged: restore it from a backup; without it nobody can log in", .0.display())]
    Damaged(PathBuf),
    /// The machine has no randomness to give.
    #[error("this machine gives no random numbers: {0}")]
    Randomness(getrandom::Error),
}

/// What is done where no keys are configured and none were made at an earlier start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lacking {
    /// They are made for a SQLite database.
    Make,
    /// They are made for either database: it is to hold a demo world.
    MakeForDemo,
    /// It is an error.
    Refuse,
}

/// The keys to work with: configured ones, else those of the data directory, made if need be. `has_passwords` tells
/// whether accounts rest on keys that other ones must not take the place of.
pub(crate) fn obtain(
    config: &Config,
    database: &DatabaseUrl,
    lacking: Lacking,
    has_passwords: impl FnOnce() -> Result<bool, DatabaseError>,
) -> Result<Keys, KeysError> {
    if !config.keys.is_empty() {
        return parse(&config.keys).ok_or_else(|| KeysError::Incomplete(config.keys.missing()));
    }
    let path = config.server.data_dir.join(FILE);
    let unconfigured = |reason| {
        let made = path.exists().then(|| path.clone());
        Err(KeysError::Unconfigured { reason, made })
    };
    if config.server.mode == Mode::Production {
        return unconfigured("mode = \"production\"");
    }
    if database.file().is_none() && lacking != Lacking::MakeForDemo {
        return unconfigured("PostgreSQL (without --demo)");
    }
    let failed = |source| KeysError::File { path: path.clone(), source };
    if is_absent(&path).map_err(failed)? {
        if lacking == Lacking::Refuse {
            return Err(KeysError::Absent(path));
        }
        // Asked again: another process may have made the keys, and then the accounts, in between.
        if has_passwords()? && is_absent(&path).map_err(failed)? {
            return Err(KeysError::Lost { place: database.to_string(), path });
        }
        match make(&path, &generate()?) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
            Ok(()) => {
                tracing::info!(file = %path.display(), "made secret keys: keep this file as safe as the data, and back it up with it");
            }
        }
    }
    let text = fs::read_to_string(&path).map_err(failed)?;
    warn_if_exposed(&path);
    parse_file(&text).ok_or(KeysError::Damaged(path))
}

/// Writes new keys into a file that is not there yet.
pub(crate) fn write(path: &Path) -> Result<(), KeysError> {
    make(path, &generate()?).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeysError::Exists(path.to_owned()),
        _ => KeysError::File { path: path.to_owned(), source },
    })
}

/// Tells if a file with keys can be read by anybody but its owner.
pub(crate) fn warn_if_exposed(path: &Path) {
    if fs::metadata(path).is_ok_and(|file| file.permissions().mode() & OTHERS != 0) {
        tracing::warn!(file = %path.display(), "other users of this machine may read the secret keys: chmod 600");
    }
}

fn counted(missing: &[(String, u64)]) -> String {
    let each = missing.iter().map(|(id, accounts)| match *accounts {
        accounts if accounts > MOST_COUNTED => format!("{id} (over 100,000 accounts)"),
        accounts => format!("{id} ({accounts} account(s))"),
    });
    each.collect::<Vec<_>>().join(", ")
}

fn way_out(made: Option<&Path>) -> String {
    match made {
        Some(path) => {
            let path = path.display();
            format!(
                "An earlier start made some, which accounts may rest on: {path}. Give these to every server: with \
                 --config {path}"
            )
        }
        None => "Make them once and keep them safe:\n    regulars keys --out keys.toml\nthen give the same ones to \
                 every server: with --config keys.toml"
            .to_owned(),
    }
}

fn is_absent(path: &Path) -> io::Result<bool> {
    path.try_exists().map(|exists| !exists)
}

/// A new `[keys]` section, as a configuration file has it.
pub(crate) fn generate() -> Result<String, KeysError> {
    let [signing, pepper, refresh] = [fresh()?, fresh()?, fresh()?];
    Ok(format!(
        "# Secret. Whoever has these can log in as anybody; without them nobody can log in.\n[keys]\n\
         signing = [\"{signing}\"]\npepper = [\"{pepper}\"]\nrefresh = [\"{refresh}\"]\n"
    ))
}

fn fresh() -> Result<String, KeysError> {
    let (mut id, mut key) = ([0; 4], [0; KEY_BYTES]);
    getrandom::fill(&mut id).map_err(KeysError::Randomness)?;
    getrandom::fill(&mut key).map_err(KeysError::Randomness)?;
    Ok(format!("{}:{}", hex::encode(id), hex::encode(key)))
}

/// Makes the file whole or not at all, and for good; an error of kind `AlreadyExists` where it is there.
fn make(path: &Path, text: &str) -> io::Result<()> {
    let directory = match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    };
    data_dir::make(directory)?;
    let mut nonce = [0; 8];
    getrandom::fill(&mut nonce).map_err(io::Error::other)?;
    let draft = path.with_extension(format!("{}.draft", hex::encode(nonce)));
    let written = write_draft(&draft, text).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    // A file's name is kept by its directory: without this, a power cut may leave accounts and no keys.
    written.and(removed).and_then(|()| fs::File::open(directory)?.sync_all())
}

fn write_draft(draft: &Path, text: &str) -> io::Result<()> {
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn parse_file(text: &str) -> Option<Keys> {
    use figment::providers::{Format as _, Toml};

    #[derive(Deserialize)]
    struct File {
        keys: Configured,
    }
    let file: File = figment::Figment::from(Toml::string(text)).extract().ok()?;
    parse(&file.keys)
}

/// `None` where a purpose has no key, or a text is no key.
fn parse(keys: &Configured) -> Option<Keys> {
    let ring = |texts: &[String]| {
        let keys: Result<Vec<Key>, _> = texts.iter().map(|text| Key::parse(text)).collect();
        KeyRing::of(keys.ok()?)
    };
    Some(Keys {
        signing: ring(&keys.signing)?,
        pepper: ring(&keys.pepper)?,
        refresh: ring(&keys.refresh)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Flags;

    fn config(directory: &Path, own: &str) -> (Config, DatabaseUrl) {
        let file = directory.join("own.toml");
        fs::write(&file, own).unwrap();
        let data_dir = Some(directory.join("data").display().to_string());
        let config = Config::load(Some(&file), &Flags { data_dir, ..Flags::default() }).unwrap();
        let database = config.database.url(&config.server.data_dir);
        (config, database)
    }

    /// Of a database in which nobody has a password.
    fn obtain_for(config: &Config, database: &DatabaseUrl, demo: bool) -> Result<Keys, KeysError> {
        let lacking = if demo { Lacking::MakeForDemo } else { Lacking::Make };
        obtain(config, database, lacking, || Ok(false))
    }

    fn secrets(keys: &Keys) -> Vec<String> {
        keys.to_text().expose().lines().map(str::to_owned).collect()
    }

    #[test]
    fn keys_are_made_once_for_their_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let (config, database) = config(directory.path(), "");
        let first = obtain_for(&config, &database, false).unwrap();
        let again = obtain_for(&config, &database, true).unwrap();
        assert_eq!(secrets(&first), secrets(&again));
        let of_key = |line: &String| line.rsplit(' ').next().unwrap().to_owned();
        let mut different: Vec<String> = secrets(&first).iter().map(of_key).collect();
        different.dedup();
        assert_eq!(different.len(), 3);
        let mode =
            fs::metadata(directory.path().join("data/keys.toml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let left: Vec<_> = fs::read_dir(directory.path().join("data")).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn two_first_starts_at_once_agree() {
        let directory = tempfile::tempdir().unwrap();
        let (config, database) = config(directory.path(), "");
        let all: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| secrets(&obtain_for(&config, &database, false).unwrap())))
                .collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn generated_keys_can_be_configured_anywhere() {
        let directory = tempfile::tempdir().unwrap();
        let own = format!(
            "{}[server]\nmode = \"production\"\n[database]\nurl = \"postgres://db/x\"",
            generate().unwrap()
        );
        let (config, database) = config(directory.path(), &own);
        assert_eq!(secrets(&obtain_for(&config, &database, false).unwrap()).len(), 3);
        assert!(!config.server.data_dir.exists());
    }

    #[test]
    fn where_keys_must_be_configured_none_are_made() {
        let postgres = "[database]\nurl = \"postgres://db/x\"";
        let production = "[server]\nmode = \"production\"";
        let half = format!("[keys]\nsigning = [\"k1:{}\"]", "ab".repeat(32));
        for (own, demo, said) in [
            (postgres, false, "PostgreSQL (without --demo) needs configured keys"),
            (production, false, "mode = \"production\" needs configured keys"),
            (production, true, "mode = \"production\" needs configured keys"),
            (half.as_str(), true, "none for: pepper, refresh"),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let (config, database) = config(directory.path(), own);
            let error = obtain_for(&config, &database, demo).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains("regulars keys"), "{own}: {error}");
            assert!(!config.server.data_dir.exists(), "{own}");
        }
        let directory = tempfile::tempdir().unwrap();
        let (config, database) = config(directory.path(), postgres);
        obtain_for(&config, &database, true).unwrap();
        // From then on, whoever needs configured ones is told of these.
        let error = obtain_for(&config, &database, false).unwrap_err().to_string();
        let made = config.server.data_dir.join(FILE);
        assert!(error.contains(&format!("--config {}", made.display())), "{error}");
        assert!(!error.contains("regulars keys"), "{error}");
    }

    #[test]
    fn keys_that_passwords_rest_on_are_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let (config, database) = config(directory.path(), "");
        for lacking in [Lacking::Make, Lacking::MakeForDemo] {
            let error = obtain(&config, &database, lacking, || Ok(true)).unwrap_err();
            assert!(matches!(error, KeysError::Lost { .. }), "{error}");
            let (said, path) = (error.to_string(), config.server.data_dir.join(FILE));
            for word in [&database.to_string(), path.to_str().unwrap(), "--data-dir", "--config"] {
                assert!(said.contains(word), "{word}: {said}");
            }
        }
        let error = obtain(&config, &database, Lacking::Refuse, || Ok(false)).unwrap_err();
        assert!(matches!(error, KeysError::Absent(_)), "{error}");
        assert!(!config.server.data_dir.exists());
        // Once they are there, accounts are no question.
        let made = obtain_for(&config, &database, false).unwrap();
        for lacking in [Lacking::Make, Lacking::Refuse] {
            let again = obtain(&config, &database, lacking, || Ok(true)).unwrap();
            assert_eq!(secrets(&made), secrets(&again));
        }
    }

    #[test]
    fn a_file_of_keys_is_its_owners_and_written_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sub/keys.toml");
        write(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(secrets(&parse_file(&text).unwrap()).len(), 3);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(write(&path), Err(KeysError::Exists(there)) if there == path));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn a_damaged_file_is_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let (config, database) = config(directory.path(), "");
        obtain_for(&config, &database, false).unwrap();
        let path = config.server.data_dir.join(FILE);
        let whole = fs::read_to_string(&path).unwrap();
        let blank = format!(
            "[keys]\nsigning=[\"a:{0}\"]\npepper=[\"a:{0}\"]\nrefresh=[\"a:{0}\"]",
            "00".repeat(32)
        );
        for damaged in ["", "[keys]", &whole[..whole.len() - 40], &blank] {
            fs::write(&path, damaged).unwrap();
            let error = obtain_for(&config, &database, false).unwrap_err();
            assert!(matches!(error, KeysError::Damaged(_)), "{damaged:?}: {error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
        }
    }

    #[test]
    fn accounts_past_the_most_that_are_counted_are_over_so_many() {
        let missing = [("a".to_owned(), 1), ("b".to_owned(), 100_000), ("c".to_owned(), 100_001)];
        let told = "a (1 account(s)), b (100000 account(s)), c (over 100,000 accounts)";
        assert_eq!(counted(&missing), told);
    }
}
