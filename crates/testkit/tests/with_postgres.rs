//! The cluster goes away however its user ends.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// `with-postgres` around a shell that tells the address it was given and then waits.
struct Run {
    process: Child,
    url: String,
    temporary: tempfile::TempDir,
}

impl Run {
    fn start(script: &str) -> Self {
        // A temporary directory of its own: what is left in it at the end was left by this run. The server's account
        // must be able to enter it.
        let temporary = tempfile::tempdir().unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(temporary.path(), open).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_with-postgres"))
            .args(["--", "sh", "-c", script])
            .env("TMPDIR", temporary.path())
            .env_remove("TEST_DATABASE_URL")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { process, url: url.trim().to_owned(), temporary }
    }

    fn directories(&self) -> Vec<PathBuf> {
        fs::read_dir(self.temporary.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    fn wait_until_empty(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.directories().is_empty() {
            assert!(Instant::now() < deadline, "left behind: {:?}", self.directories());
            sleep(Duration::from_millis(20));
        }
    }
}

/// The number of the server's process, from its own file.
fn server_of(directory: &Path) -> Pid {
    let state = fs::read_to_string(directory.join("data/postmaster.pid")).unwrap();
    Pid::from_raw(state.lines().next().unwrap().parse().unwrap()).unwrap()
}

fn is_running(process: Pid) -> bool {
    // A killed orphan stays in the process table until its new parent looks: it has no memory any more.
    let status = fs::read_to_string(format!("/proc/{}/status", process.as_raw_nonzero()));
    status.is_ok_and(|status| status.contains("VmSize"))
}

#[test]
fn the_command_gets_an_address_and_its_own_exit_code_back() {
    let mut run = Run::start("echo $TEST_DATABASE_URL; exit 7");
    assert!(run.url.starts_with("postgres://postgres:"), "{}", run.url);
    assert_eq!(run.process.wait().unwrap().code(), Some(7));
    assert_eq!(run.directories(), Vec::<PathBuf>::new());
}

#[test]
fn a_signal_reaches_the_command_and_the_cluster_goes() {
    let mut run = Run::start("echo $TEST_DATABASE_URL; exec sleep 600");
    let server = server_of(&run.directories()[0]);
    kill_process(Pid::from_child(&run.process), Signal::TERM).unwrap();
    assert_eq!(run.process.wait().unwrap().code(), Some(128 + 15));
    assert_eq!(run.directories(), Vec::<PathBuf>::new());
    assert!(!is_running(server));
}

#[test]
fn the_cluster_goes_when_its_user_is_killed() {
    let mut run = Run::start("echo $TEST_DATABASE_URL; exec sleep 5");
    let server = server_of(&run.directories()[0]);
    run.process.kill().unwrap();
    run.process.wait().unwrap();
    run.wait_until_empty();
    assert!(!is_running(server));
}

#[test]
fn what_a_killed_keeper_leaves_the_next_run_removes() {
    let mut run = Run::start("echo $TEST_DATABASE_URL; exec sleep 5");
    let left = run.directories().remove(0);
    let server = server_of(&left);
    let keeper = fs::read_to_string(format!("/proc/{}/stat", server.as_raw_nonzero())).unwrap();
    // The fields after the program's name: its state, then its parent.
    let parent = keeper.rsplit(')').next().unwrap().split_whitespace().nth(1).unwrap();
    kill_process(Pid::from_raw(parent.parse().unwrap()).unwrap(), Signal::KILL).unwrap();
    run.process.kill().unwrap();
    run.process.wait().unwrap();
    assert!(is_running(server) && left.exists());

    let next = Command::new(env!("CARGO_BIN_EXE_with-postgres"))
        .args(["--", "true"])
        .env("TMPDIR", run.temporary.path())
        .env_remove("TEST_DATABASE_URL")
        .status()
        .unwrap();
    assert!(next.success());
    assert_eq!(run.directories(), Vec::<PathBuf>::new());
    assert!(!is_running(server));
}

#[test]
fn another_server_is_used_where_one_is_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_with-postgres"))
        .args(["sh", "-c", "echo $TEST_DATABASE_URL"])
        .env("TEST_DATABASE_URL", "postgres://elsewhere/db")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "postgres://elsewhere/db");
}

#[test]
fn a_command_that_does_not_exist_is_told_apart() {
    let output = Command::new(env!("CARGO_BIN_EXE_with-postgres"))
        .args(["--", "/no/such/program"])
        .env("TEST_DATABASE_URL", "postgres://elsewhere/db")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(127));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/no/such/program"));
}
