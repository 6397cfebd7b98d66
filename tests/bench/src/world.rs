//! The world that is asked, and the server over it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chrono::{NaiveDate, Weekday};
use regulars_auth::Keys;
use regulars_kernel::{Clock as _, SystemClock};
use regulars_persistence::{DatabaseUrl, Settings};
use regulars_testkit::{Server, TempDatabase, fresh_postgres, server::regulars};
use sha2::{Digest as _, Sha256};

use crate::{
    Failure,
    options::{Database, Options},
    process::{Processes, listening_on},
    tell,
};

/// Everybody's password in the demo world.
pub(crate) const PASSWORD: &str = "regulars-demo";
/// The owner of the first merchant, whose customers are most.
pub(crate) const OWNER: &str = "merchant@example.com";

/// They guard a made-up world on this machine. Always the same: a world that is kept stays readable.
const SECRET: &str = "6d61646520757020666f722061206d6164652d757020776f726c642c206b6e6f";

const TREE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// What decides what a world looks like.
const MAKERS: [&str; 6] = [
    "crates/server/src/demo",
    "crates/customer/src",
    "crates/kernel/src/text.rs",
    "crates/persistence/src/bulk.rs",
    "crates/persistence/src/customer",
    "migrations/sqlite",
];

/// The keys of both servers.
pub(crate) fn keys() -> Result<Keys, Failure> {
    let lines = ["signing", "pepper", "refresh"].map(|purpose| format!("{purpose} bench {SECRET}"));
    Ok(Keys::parse(&lines.join("\n"))?)
}

/// How a database is opened here.
pub(crate) fn settings(url: &str) -> Result<Settings, Failure> {
    Ok(Settings::new(DatabaseUrl::parse(url)?))
}

/// Where results and worlds are kept: `target/bench`.
pub(crate) fn directory() -> Result<PathBuf, Failure> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(3).ok_or("this program is not in a target directory")?;
    let directory = target.join("bench");
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// A database with a world in it.
pub(crate) struct World {
    url: String,
    /// What works for the database beside its clients.
    pub(crate) processes: Processes,
    /// Dropped with this value.
    _passing: Option<TempDatabase>,
}

impl World {
    /// SQLite's is made once and kept; PostgreSQL's goes with its server.
    pub(crate) fn obtain(database: Database, options: &Options) -> Result<Self, Failure> {
        match database {
            Database::Sqlite => {
                let file = kept(options)?;
                let url = format!("sqlite://{}", file.display());
                Ok(Self { url, processes: Processes::new([]), _passing: None })
            }
            Database::Postgres => {
                let passing =
                    fresh_postgres(|url| fill(url, options).map_err(|failure| failure.to_string()));
                let url = passing.url().to_owned();
                let port = port(&url).ok_or("the database's address names no port")?;
                let process = listening_on(port).ok_or(
                    "the PostgreSQL server does not run here, where its work could be counted",
                )?;
                Ok(Self { url, processes: Processes::new([process]), _passing: Some(passing) })
            }
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The release server over this world.
    pub(crate) fn serve(&self, counting_statements: bool) -> Server {
        let data = std::env::temp_dir();
        let keys = format!("bench:{SECRET}");
        Server::start(
            &["--database-url", &self.url, "--data-dir", &data.to_string_lossy()],
            &[
                ("REGULARS_KEYS_SIGNING", &keys),
                ("REGULARS_KEYS_PEPPER", &keys),
                ("REGULARS_KEYS_REFRESH", &keys),
                ("REGULARS_AUTH_ACCESS_LIFETIME", "24h"),
                (
                    "REGULARS_HTTP_STATEMENT_HEADER",
                    if counting_statements { "true" } else { "false" },
                ),
                ("REGULARS_LOG_LEVEL", "warn"),
            ],
        )
    }
}

fn port(url: &str) -> Option<u16> {
    let authority = url.split_once("://")?.1.split(['/', '?']).next()?;
    authority
        .rsplit_once('@')
        .map_or(authority, |(_user, host)| host)
        .rsplit_once(':')?
        .1
        .parse()
        .ok()
}

/// The SQLite file of a world of that size, made if there is none. Those of earlier makings are removed.
fn kept(options: &Options) -> Result<PathBuf, Failure> {
    let directory = directory()?;
    let size = format!("world-{}-{}-", options.consumers(), options.orders());
    let name = format!("{size}{}", fingerprint()?);
    let file = directory.join(&name).join("regulars.db");
    if file.exists() {
        return Ok(file);
    }
    for entry in fs::read_dir(&directory)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&size) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    let making = directory.join(format!("{size}unfinished"));
    fs::create_dir_all(&making)?;
    fill(&format!("sqlite://{}", making.join("regulars.db").display()), options)?;
    fs::rename(making, directory.join(name))?;
    Ok(file)
}

fn fill(url: &str, options: &Options) -> Result<(), Failure> {
    let (consumers, orders) = (options.consumers(), options.orders());
    tell(&format!("Making a world of {consumers} customers and {orders} orders …"));
    let keys = format!("bench:{SECRET}");
    let status = regulars()
        .args(["demo", "--database-url", url])
        .args(["--today", &monday().to_string()])
        .args(["--consumers", &consumers.to_string(), "--orders", &orders.to_string()])
        .args(["--data-dir", &std::env::temp_dir().to_string_lossy()])
        .envs([
            ("REGULARS_KEYS_SIGNING", &keys),
            ("REGULARS_KEYS_PEPPER", &keys),
            ("REGULARS_KEYS_REFRESH", &keys),
        ])
        .status()?;
    if status.success() { Ok(()) } else { Err("`regulars demo` failed".into()) }
}

/// On which the world's history ends: the same for both databases, and a kept world is never far from today.
fn monday() -> NaiveDate {
    SystemClock.now().to_utc().date_naive().week(Weekday::Mon).first_day()
}

/// Of everything that makes a world: another fingerprint, another world.
fn fingerprint() -> Result<String, Failure> {
    let mut files = Vec::new();
    for maker in MAKERS {
        collect(&Path::new(TREE).join(maker), &mut files)?;
    }
    files.sort();
    let mut hash = Sha256::new();
    hash.update(monday().to_string());
    for file in files {
        hash.update(file.as_os_str().as_encoded_bytes());
        hash.update(fs::read(&file)?);
    }
    let digest = hex::encode(hash.finalize());
    Ok(digest.get(..16).unwrap_or_default().to_owned())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}
