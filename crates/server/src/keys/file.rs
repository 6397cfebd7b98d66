//! The file of keys that was made here: it is whole or not there, and its owner's alone.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown},
    path::{Path, PathBuf},
};

use regulars_auth::Keys;
use serde::Deserialize;

use crate::{config::Keys as Configured, data_dir};

/// Only the owner reads and writes.
const OWNER_ONLY: u32 = 0o600;
/// Permissions of anybody else.
const OTHERS: u32 = 0o077;
/// Begins the section of keys.
const HEADER: &str = "[keys]";

/// Tells if a file with keys can be read by anybody but its owner.
pub(crate) fn warn_if_exposed(path: &Path) {
    if fs::metadata(path).is_ok_and(|file| file.permissions().mode() & OTHERS != 0) {
        tracing::warn!(file = %path.display(), "other users of this machine may read the secret keys: chmod 600");
    }
}

pub(super) fn is_absent(path: &Path) -> io::Result<bool> {
    path.try_exists().map(|exists| !exists)
}

/// The keys in a file that was made here; `None` where it is damaged.
pub(super) fn parse(text: &str) -> Option<Keys> {
    use figment::providers::{Format as _, Serialized, Toml};

    #[derive(Deserialize)]
    struct File {
        keys: Configured,
    }
    // Files of earlier versions do not have this one.
    let lacking = Serialized::default("keys.encryption", Vec::<String>::new());
    let file: File = figment::Figment::from(lacking).merge(Toml::string(text)).extract().ok()?;
    super::parse(&file.keys)
}

/// Makes the file whole or not at all, and for good; an error of kind `AlreadyExists` where it is there.
pub(super) fn make(path: &Path, text: &str) -> io::Result<()> {
    data_dir::make(directory(path))?;
    let draft = draft(path)?;
    let written = write_draft(&draft, text, None).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    written.and(removed).and_then(|()| keep_names(path))
}

/// Puts a key for encryption into a whole file of an earlier version, which has none; leaves alone one that has. All that stands
/// there stays, the file is whole at every moment, and of several that do this at once one does it.
pub(super) fn complete(path: &Path, key: &str) -> io::Result<()> {
    // A link goes on leading to the file.
    let path = path.canonicalize()?;
    let before = fs::File::open(&path)?;
    // Whoever waited here reads, by its name, the file that another put in the place of this one.
    before.lock()?;
    let text = fs::read_to_string(&path)?;
    let odd =
        || io::Error::new(io::ErrorKind::InvalidData, "its section [keys] is not as it was made");
    if parse(&text).ok_or_else(odd)?.encryption.is_some() {
        return Ok(());
    }
    let text = with_encryption(&text, key).ok_or_else(odd)?;
    let draft = draft(&path)?;
    // Somebody who may do anything on this machine must not take the file from the one who serves.
    let owner = before.metadata()?.uid();
    let written = write_draft(&draft, &text, Some(owner)).and_then(|()| fs::rename(&draft, &path));
    if let Err(error) = written {
        // It may not even have been made; what went wrong first is what is told.
        fs::remove_file(&draft).ok();
        return Err(error);
    }
    tracing::info!(
        file = %path.display(),
        "made a key for the credentials of outside systems: back this file up again, with the data"
    );
    keep_names(&path)
}

/// The text with one more key in its section of keys; `None` where that changes anything else.
fn with_encryption(text: &str, key: &str) -> Option<String> {
    let is_header = |line: &&str| line.split('#').next().is_some_and(|code| code.trim() == HEADER);
    let header = text.split_inclusive('\n').take_while(|line| !is_header(line)).map(str::len).sum();
    let (before, from) = text.split_at_checked(header)?;
    let (header, after) = from.split_once('\n')?;
    let whole = format!("{before}{header}\nencryption = [\"{key}\"]\n{after}");
    let mut keys = parse(&whole)?;
    keys.encryption.take()?;
    (keys.to_text().expose() == parse(text)?.to_text().expose()).then_some(whole)
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    }
}

/// A name beside a file that nobody else uses.
fn draft(path: &Path) -> io::Result<PathBuf> {
    let mut nonce = [0; 8];
    getrandom::fill(&mut nonce).map_err(io::Error::other)?;
    Ok(path.with_extension(format!("{}.draft", hex::encode(nonce))))
}

/// Of that owner, or of whoever runs this.
fn write_draft(draft: &Path, text: &str, owner: Option<u32>) -> io::Result<()> {
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(draft)?;
    fchown(&file, owner, None)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A file's name is kept by its directory: without this, a power cut may leave accounts and no keys.
fn keep_names(path: &Path) -> io::Result<()> {
    fs::File::open(directory(path))?.sync_all()
}
