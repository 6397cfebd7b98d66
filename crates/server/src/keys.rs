//! The secret keys: configured ones, or such as are made in the data directory at the first start.
//!
//! Made ones are a convenience for one machine. Where several servers share a database, or where somebody has said that
//! this is production, a server that quietly made keys of its own would end every session and void every password, so
//! there it refuses to start and says how to make them.

mod file;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use regulars_auth::{Key, KeyRing, Keys};

pub(crate) use self::file::warn_if_exposed;
use crate::{
    config::{Config, DatabaseUrl, Keys as Configured, Mode},
    database::DatabaseError,
};

/// In the data directory.
const FILE: &str = "keys.toml";
const KEY_BYTES: usize = 32;

/// The most accounts on one pepper that are counted: whoever is told needs no more, and the count is to end in time.
pub(crate) const MOST_COUNTED: u64 = 100_000;

/// Why there are no keys to work with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    /// They must be configured and are not.
    #[error(
        "{reason} needs configured keys, and there are none. {}, in the section [keys] of your configuration file, or in \
         REGULARS_KEYS_SIGNING, REGULARS_KEYS_PEPPER, REGULARS_KEYS_REFRESH and REGULARS_KEYS_ENCRYPTION",
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
///
/// A key file of an earlier version gets the key for encryption that it lacks, unless `lacking` refuses to make any. Configured
/// keys, and a file that cannot be written, may be without one: then there is none.
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
    if file::is_absent(&path).map_err(failed)? {
        if lacking == Lacking::Refuse {
            return Err(KeysError::Absent(path));
        }
        // Asked again: another process may have made the keys, and then the accounts, in between.
        if has_passwords()? && file::is_absent(&path).map_err(failed)? {
            return Err(KeysError::Lost { place: database.to_string(), path });
        }
        match file::make(&path, &generate()?) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
            Ok(()) => {
                tracing::info!(file = %path.display(), "made secret keys: keep this file as safe as the data, and back it up with it");
            }
        }
    }
    let read = || {
        let text = fs::read_to_string(&path).map_err(failed)?;
        file::parse(&text).ok_or_else(|| KeysError::Damaged(path.clone()))
    };
    let keys = read()?;
    warn_if_exposed(&path);
    if keys.encryption.is_some() || lacking == Lacking::Refuse {
        return Ok(keys);
    }
    match file::complete(&path, &fresh()?) {
        Ok(()) => read(),
        // Nothing but credentials needs that key, and nothing else is to stop for want of it.
        Err(error) => {
            tracing::warn!(
                file = %path.display(), %error,
                "there is no key for the credentials of outside systems, and none can be put into this file: `regulars keys` \
                 prints new ones, of which its section [keys] needs the line `encryption`"
            );
            Ok(keys)
        }
    }
}

/// Writes new keys into a file that is not there yet.
pub(crate) fn write(path: &Path) -> Result<(), KeysError> {
    file::make(path, &generate()?).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeysError::Exists(path.to_owned()),
        _ => KeysError::File { path: path.to_owned(), source },
    })
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

/// A new `[keys]` section, as a configuration file has it.
pub(crate) fn generate() -> Result<String, KeysError> {
    let [signing, pepper, refresh, encryption] = [fresh()?, fresh()?, fresh()?, fresh()?];
    Ok(format!(
        "# Secret. Whoever has these can log in as anybody, and with the database, open the credentials of outside systems;\n\
         # without them nobody can log in.\n[keys]\n\
         signing = [\"{signing}\"]\npepper = [\"{pepper}\"]\nrefresh = [\"{refresh}\"]\n\
         encryption = [\"{encryption}\"]\n"
    ))
}

fn fresh() -> Result<String, KeysError> {
    let (mut id, mut key) = ([0; 4], [0; KEY_BYTES]);
    getrandom::fill(&mut id).map_err(KeysError::Randomness)?;
    getrandom::fill(&mut key).map_err(KeysError::Randomness)?;
    Ok(format!("{}:{}", hex::encode(id), hex::encode(key)))
}

/// `None` where a purpose other than encryption has no key, or a text is no key.
fn parse(keys: &Configured) -> Option<Keys> {
    let ring = |texts: &[String]| {
        let keys: Result<Vec<Key>, _> = texts.iter().map(|text| Key::parse(text)).collect();
        Some(KeyRing::of(keys.ok()?))
    };
    Some(Keys {
        signing: ring(&keys.signing)??,
        pepper: ring(&keys.pepper)??,
        refresh: ring(&keys.refresh)??,
        encryption: ring(&keys.encryption)?,
    })
}

#[cfg(test)]
mod tests;
