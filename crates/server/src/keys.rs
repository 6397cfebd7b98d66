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

use regulars_auth::Keys;
use serde::Deserialize;

use crate::{
    config::{Config, DatabaseUrl, Keys as Configured, Mode},
    data_dir,
};

/// In the data directory.
const FILE: &str = "keys.toml";
/// Only the owner reads and writes.
const OWNER_ONLY: u32 = 0o600;
/// Permissions of anybody else.
const OTHERS: u32 = 0o077;
const KEY_BYTES: usize = 32;

/// Why there are no keys to work with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    /// They must be configured and are not.
    #[error(
        "{reason} needs configured keys, and there are none. Make them once and keep them safe:\n    \
         regulars keys > keys.toml\nthen give the same ones to every server: with --config keys.toml, in the section [keys] of your \
         configuration file, or in REGULARS_KEYS_SIGNING, REGULARS_KEYS_PEPPER and REGULARS_KEYS_REFRESH"
    )]
    Unconfigured {
        /// What needs them.
        reason: &'static str,
    },
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

/// The keys to work with: configured ones, else those of the data directory, made if need be.
pub(crate) fn obtain(
    config: &Config,
    database: &DatabaseUrl,
    demo: bool,
) -> Result<Keys, KeysError> {
    if !config.keys.is_empty() {
        let missing = config.keys.missing();
        if !missing.is_empty() {
            return Err(KeysError::Incomplete(missing));
        }
        return parse(&config.keys).ok_or(KeysError::Incomplete(missing));
    }
    if config.server.mode == Mode::Production {
        return Err(KeysError::Unconfigured { reason: "mode = \"production\"" });
    }
    if database.file().is_none() && !demo {
        return Err(KeysError::Unconfigured { reason: "PostgreSQL (without --demo)" });
    }
    let path = config.server.data_dir.join(FILE);
    let failed = |source| KeysError::File { path: path.clone(), source };
    match read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(&path, &generate()?).map_err(failed)?;
            tracing::info!(file = %path.display(), "made secret keys: keep this file as safe as the data, and back it up with it");
        }
        Err(error) => return Err(failed(error)),
        Ok(_text) => {}
    }
    let text = read(&path).map_err(failed)?;
    parse_file(&text).ok_or(KeysError::Damaged(path))
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

fn read(path: &Path) -> io::Result<String> {
    let text = fs::read_to_string(path)?;
    if fs::metadata(path)?.permissions().mode() & OTHERS != 0 {
        tracing::warn!(file = %path.display(), "other users of this machine may read the secret keys: chmod 600");
    }
    Ok(text)
}

/// Makes the file whole or not at all; another process that made it meanwhile wins.
fn make(path: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        data_dir::make(directory)?;
    }
    let mut nonce = [0; 8];
    getrandom::fill(&mut nonce).map_err(io::Error::other)?;
    let draft = path.with_extension(format!("{}.draft", hex::encode(nonce)));
    let written = write_draft(&draft, text).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.and(removed),
    }
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
    let mut lines = Vec::new();
    for (purpose, key) in keys.each() {
        let (id, digits) = key.split_once(':')?;
        // What a damaged disk gives back; never a key.
        if digits.bytes().all(|digit| digit == b'0') {
            return None;
        }
        lines.push(format!("{purpose} {id} {digits}"));
    }
    Keys::parse(&lines.join("\n")).ok()
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

    fn secrets(keys: &Keys) -> Vec<String> {
        keys.to_text().expose().lines().map(str::to_owned).collect()
    }

    #[test]
    fn keys_are_made_once_for_their_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let (config, database) = config(directory.path(), "");
        let first = obtain(&config, &database, false).unwrap();
        let again = obtain(&config, &database, true).unwrap();
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
                .map(|_| scope.spawn(|| secrets(&obtain(&config, &database, false).unwrap())))
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
        assert_eq!(secrets(&obtain(&config, &database, false).unwrap()).len(), 3);
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
            let error = obtain(&config, &database, demo).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains("regulars keys"), "{own}: {error}");
            assert!(!config.server.data_dir.exists(), "{own}");
        }
        let directory = tempfile::tempdir().unwrap();
        let (config, database) = config(directory.path(), postgres);
        obtain(&config, &database, true).unwrap();
    }

    #[test]
    fn a_damaged_file_is_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let (config, database) = config(directory.path(), "");
        obtain(&config, &database, false).unwrap();
        let path = config.server.data_dir.join(FILE);
        let whole = fs::read_to_string(&path).unwrap();
        let blank = format!(
            "[keys]\nsigning=[\"a:{0}\"]\npepper=[\"a:{0}\"]\nrefresh=[\"a:{0}\"]",
            "00".repeat(32)
        );
        for damaged in ["", "[keys]", &whole[..whole.len() - 40], &blank] {
            fs::write(&path, damaged).unwrap();
            let error = obtain(&config, &database, false).unwrap_err();
            assert!(matches!(error, KeysError::Damaged(_)), "{damaged:?}: {error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
        }
    }
}
