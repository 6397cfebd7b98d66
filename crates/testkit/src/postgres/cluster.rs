//! One cluster in one temporary directory, from `initdb` to its removal.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::programs::{Account, Programs};
use super::{ClusterError, Durability};

/// How the directories of these clusters begin, whoever made them.
const PREFIX: &str = "regulars-postgres-";
/// Held for as long as the process that owns the directory lives: whoever can take it has found a stale directory.
const LOCK: &str = "lock";
/// How long a server may take to accept connections, and to end.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);
/// The port is free when it is asked for, not necessarily when it is used.
const PORTS_TRIED: u32 = 5;

/// A running server. Dropping it ends the server and removes its directory.
#[derive(Debug)]
pub struct Cluster {
    server: Child,
    url: String,
    directory: TempDir,
    _lock: File,
}

impl Cluster {
    /// Makes and starts a cluster on a free loopback port, and clears away what killed runs have left behind.
    ///
    /// # Errors
    /// When `initdb` or the server fails: with what it printed.
    pub fn start(programs: &Programs, durability: Durability) -> Result<Self, ClusterError> {
        let temporary = std::env::temp_dir();
        clear_stale(&temporary);
        let account = Account::needed()?;
        let directory = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(&temporary)
            .map_err(ClusterError::io(format!("a directory in {}", temporary.display())))?;
        let path = directory.path().to_owned();
        give(&path, account)?;
        let lock = take_lock(&path)?;
        let password = initialise(programs, &path, account)?;

        let mut last_words = String::new();
        for _ in 0..PORTS_TRIED {
            let port = free_port()?;
            let mut server = launch(programs, &path, account, port, durability)?;
            if wait_until_ready(&mut server, &path.join("data"))? {
                let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
                return Ok(Self { server, url, directory, _lock: lock });
            }
            end(&mut server);
            last_words = tail(&path.join("log"));
            if !last_words.contains("Address already in use") {
                break;
            }
        }
        Err(ClusterError::Failed { program: "postgres", output: last_words })
    }

    /// A superuser's connection to the database `postgres`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the cluster and its log are.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        end(&mut self.server);
    }
}

/// Runs `initdb` and returns the superuser's password.
///
/// The server listens on loopback, where every user of the machine can reach it, and a superuser may run programs as
/// the server's account: hence a password, in a cluster without secrets.
fn initialise(
    programs: &Programs,
    path: &Path,
    account: Option<Account>,
) -> Result<String, ClusterError> {
    let mut secret = [0_u8; 16];
    getrandom::fill(&mut secret).map_err(|error| {
        ClusterError::io("a random password")(std::io::Error::other(error.to_string()))
    })?;
    let password = hex::encode(secret);
    let password_file = path.join("password");
    fs::write(&password_file, &password).map_err(ClusterError::io("the password's file"))?;
    give(&password_file, account)?;
    let made = programs
        .command("initdb", account, path)
        .arg("--pgdata=data")
        .arg("--username=postgres")
        .arg("--pwfile=password")
        .args(["--auth-host=scram-sha-256", "--auth-local=trust"])
        // Letters beyond ASCII must be letters to the trigram index; the order of text is by code point.
        .args(["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
        .output()
        .map_err(ClusterError::io("initdb"))?;
    if !made.status.success() {
        let output = String::from_utf8_lossy(&made.stderr).trim().to_owned();
        return Err(ClusterError::Failed { program: "initdb", output });
    }
    fs::remove_file(&password_file).map_err(ClusterError::io("the password's file"))?;
    Ok(password)
}

fn launch(
    programs: &Programs,
    path: &Path,
    account: Option<Account>,
    port: u16,
    durability: Durability,
) -> Result<Child, ClusterError> {
    let log = File::create(path.join("log")).map_err(ClusterError::io("the server's log"))?;
    let also = log.try_clone().map_err(ClusterError::io("the server's log"))?;
    let mut command = programs.command("postgres", account, path);
    command
        .arg("-D")
        .arg(path.join("data"))
        .arg("-k")
        .arg(path)
        .args(["-h", "127.0.0.1", "-p", &port.to_string()])
        // Many tests, each with a server and a pool of its own.
        .args(["-c", "max_connections=400"]);
    if durability == Durability::None {
        command.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
    }
    command.stdout(log).stderr(also).spawn().map_err(ClusterError::io("postgres"))
}

/// False: the server ended instead.
fn wait_until_ready(server: &mut Child, data: &Path) -> Result<bool, ClusterError> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if server.try_wait().map_err(ClusterError::io("the server's state"))?.is_some() {
            return Ok(false);
        }
        // The last of this file's eight lines is the server's state: what `pg_ctl --wait` reads.
        let state = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        if state.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
            return Ok(true);
        }
        sleep(POLL);
    }
    Ok(false)
}

/// At once, without a checkpoint: nobody will read this directory again.
fn end(server: &mut Child) {
    if matches!(server.try_wait(), Ok(Some(_))) {
        return;
    }
    // Already gone is as good as ended.
    kill_process(Pid::from_child(server), Signal::QUIT).ok();
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if matches!(server.try_wait(), Ok(Some(_))) {
            return;
        }
        sleep(POLL);
    }
    drop(server.kill());
    drop(server.wait());
}

/// Ends the servers and removes the directories of runs that were killed before they could.
fn clear_stale(temporary: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let ours = path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.starts_with(PREFIX));
        let Some(lock) = ours.then(|| File::open(path.join(LOCK)).ok()).flatten() else { continue };
        if lock.try_lock().is_ok() {
            if let Some(server) = server_in(&path.join("data")) {
                kill_process(server, Signal::QUIT).ok();
                let deadline = Instant::now() + PATIENCE;
                while server_in(&path.join("data")).is_some() && Instant::now() < deadline {
                    sleep(POLL);
                }
            }
            // Another run may be at the same directory; one of the two removes it.
            drop(fs::remove_dir_all(&path));
        }
    }
}

/// The server that runs in a data directory. Its number alone would not do: after a restart of the machine it can
/// be anybody's, so the process must also work in that directory.
fn server_in(data: &Path) -> Option<Pid> {
    let state = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let number: i32 = state.lines().next()?.trim().parse().ok()?;
    let works_in = fs::read_link(format!("/proc/{number}/cwd")).ok()?;
    (works_in == data).then(|| Pid::from_raw(number)).flatten()
}

/// The lock is taken under another name, so that nobody sees it untaken.
fn take_lock(path: &Path) -> Result<File, ClusterError> {
    let unnamed: PathBuf = path.join("lock.new");
    let lock = File::create(&unnamed).map_err(ClusterError::io("the lock"))?;
    lock.lock().map_err(ClusterError::io("the lock"))?;
    fs::rename(unnamed, path.join(LOCK)).map_err(ClusterError::io("the lock"))?;
    Ok(lock)
}

fn give(path: &Path, account: Option<Account>) -> Result<(), ClusterError> {
    match account {
        Some(Account { uid, gid }) => chown(path, Some(uid), Some(gid))
            .map_err(ClusterError::io(format!("the ownership of {}", path.display()))),
        None => Ok(()),
    }
}

fn free_port() -> Result<u16, ClusterError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(ClusterError::io("a free port"))
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_directories_that_nobody_holds_are_cleared() {
        let temporary = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let path = temporary.path().join(name);
            fs::create_dir(&path).unwrap();
            let lock = take_lock(&path).unwrap();
            (path, lock)
        };
        let (held, _lock) = make("regulars-postgres-held");
        let (stale, lock) = make("regulars-postgres-stale");
        drop(lock);
        let (other, lock) = make("somebody-elses");
        drop(lock);
        let unfinished = temporary.path().join("regulars-postgres-unfinished");
        fs::create_dir(&unfinished).unwrap();

        clear_stale(temporary.path());

        assert!(held.exists() && other.exists() && unfinished.exists());
        assert!(!stale.exists());
    }

    #[test]
    fn a_cluster_ends_with_its_owner_leaving_nothing() {
        let programs = Programs::find_or_install().unwrap_or_else(|error| panic!("{error}"));
        let cluster =
            Cluster::start(&programs, Durability::None).unwrap_or_else(|error| panic!("{error}"));
        let directory = cluster.directory().to_owned();
        let server = server_in(&directory.join("data")).unwrap();
        assert_eq!(Pid::from_child(&cluster.server), server);
        drop(cluster);
        assert!(!directory.exists());
        assert!(rustix::process::test_kill_process(server).is_err());
    }
}
