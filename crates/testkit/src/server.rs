//! The built server, run as a process of its own: what a test of the whole product talks to.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
#[cfg(target_os = "linux")]
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, mpsc};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use rustix::process::set_parent_process_death_signal;
use rustix::process::{Pid, Signal, kill_process};

use crate::client::Client;

/// How long a server may take to be ready (a debug build that makes its demo world), to say something, and to end when
/// asked to, and how long any other command may run: only what hangs takes longer.
const PATIENCE: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(20);
/// The port is free when it is asked for, not necessarily when it is used.
const PORTS_TRIED: u32 = 5;

/// A running `regulars serve`. Dropping it kills the process; so does the end of this process, however it ends.
#[derive(Debug)]
pub struct Server {
    process: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
    /// They end when the process has closed its outputs: from then on the log is complete.
    readers: Vec<JoinHandle<()>>,
}

impl Server {
    /// Starts `regulars serve --listen 127.0.0.1:<free port>` with further arguments and environment variables, and
    /// waits until `/readyz` answers 200. `REGULARS_…` variables of whoever runs the tests are not passed on.
    ///
    /// # Panics
    /// When the program is not built, or ends or does not get ready: with what it has printed.
    #[track_caller]
    pub fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut tries = 0;
        loop {
            tries += 1;
            match Self::try_start(arguments, environment) {
                Ok(server) => return server,
                Err(log) if tries < PORTS_TRIED && log.contains("in use") => {}
                Err(log) => panic!("`regulars serve` did not get ready; it said:\n{log}"),
            }
        }
    }

    fn try_start(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Self, String> {
        let address = free_address();
        let mut command = regulars();
        command.args(["serve", "--listen", &address.to_string()]).args(arguments);
        command.envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = command.get_program().to_string_lossy().into_owned();
        let mut process = match spawn_bound(command) {
            Ok(process) => process,
            Err(error) => panic!("{program}: {error}"),
        };
        let log = Arc::new(Mutex::new(String::new()));
        let readers = [
            process.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
            process.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        ]
        .into_iter()
        .flatten()
        .map(|pipe| {
            let log = Arc::clone(&log);
            std::thread::spawn(move || copy_lines(pipe, &log))
        })
        .collect();
        let mut server = Self { process, address, log, readers };
        if server.becomes_ready() {
            return Ok(server);
        }
        server.kill();
        Err(server.log())
    }

    fn becomes_ready(&mut self) -> bool {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(5)))
            .build()
            .into();
        let ready = format!("{}/readyz", self.base());
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if agent.get(&ready).call().is_ok() {
                return true;
            }
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                return false;
            }
            sleep(POLL);
        }
        false
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:<port>`.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client without credentials.
    pub fn client(&self) -> Client {
        Client::new(self.base())
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// What the server has printed so far, on both outputs.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the server has printed something.
    ///
    /// # Panics
    /// When it does not come: with what was printed instead.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.log().contains(text) {
            assert!(
                Instant::now() < deadline,
                "no `{text}` from the server; it said:\n{}",
                self.log()
            );
            sleep(POLL);
        }
    }

    /// Sends SIGTERM and returns at once: for watching what happens meanwhile.
    pub fn ask_to_stop(&self) {
        // A server that is gone already has stopped.
        kill_process(Pid::from_child(&self.process), Signal::TERM).ok();
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// # Panics
    /// When the server does not end: with what it has printed.
    pub fn stop(&mut self) -> ExitStatus {
        self.ask_to_stop();
        let Some(status) = end_of(&mut self.process) else {
            panic!("the server did not stop after SIGTERM; it said:\n{}", self.log())
        };
        self.finish_log();
        status
    }

    /// Ends the process as a power cut would (SIGKILL) and waits until it is gone.
    pub fn kill(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        self.finish_log();
    }

    fn finish_log(&mut self) {
        for reader in self.readers.drain(..) {
            drop(reader.join());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts a process that the system kills when this one ends, be it by `kill -9`. What the system looks at is the thread
/// that started it, and a test's thread ends with its test: so it is one that lives as long as this process.
fn spawn_bound(command: Command) -> io::Result<Child> {
    type Order = (Command, mpsc::Sender<io::Result<Child>>);
    static SPAWNER: LazyLock<Mutex<mpsc::Sender<Order>>> = LazyLock::new(|| {
        let (sender, orders) = mpsc::channel::<Order>();
        std::thread::spawn(move || {
            for (mut command, answer) in orders {
                bind(&mut command);
                drop(answer.send(command.spawn()));
            }
        });
        Mutex::new(sender)
    });
    let (answer, spawned) = mpsc::channel();
    let sent = SPAWNER.lock().unwrap_or_else(PoisonError::into_inner).send((command, answer));
    sent.map_err(io::Error::other)?;
    spawned.recv().map_err(io::Error::other)?
}

#[cfg(target_os = "linux")]
fn bind(command: &mut Command) {
    let bound = || Ok(set_parent_process_death_signal(Some(Signal::KILL))?);
    #[expect(
        unsafe_code,
        reason = "between fork and exec: one system call, which allocates nothing"
    )]
    unsafe {
        command.pre_exec(bound);
    }
}

/// Elsewhere a server outlives tests that are killed.
#[cfg(not(target_os = "linux"))]
fn bind(_command: &mut Command) {}

/// How a process ended, if it does within [`PATIENCE`].
fn end_of(process: &mut Child) -> Option<ExitStatus> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Ok(Some(status)) = process.try_wait() {
            return Some(status);
        }
        sleep(POLL);
    }
    None
}

/// Runs a command to its end, with an input that it need not read.
///
/// # Panics
/// When it cannot be started, or does not end within two minutes: with what it has printed.
#[track_caller]
pub fn run(mut command: Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let program = command.get_program().to_string_lossy().into_owned();
    let mut process = match spawn_bound(command) {
        Ok(process) => process,
        Err(error) => panic!("{program}: {error}"),
    };
    let (stdout, stderr) = (collect(process.stdout.take()), collect(process.stderr.take()));
    if let Some(mut pipe) = process.stdin.take() {
        drop(pipe.write_all(input.as_bytes()));
    }
    let status = end_of(&mut process);
    if status.is_none() {
        drop(process.kill());
        drop(process.wait());
    }
    let [stdout, stderr] = [stdout, stderr].map(|reader| reader.join().unwrap_or_default());
    match status {
        Some(status) => Output { status, stdout, stderr },
        None => panic!("{program} did not end; it said:\n{}", String::from_utf8_lossy(&stderr)),
    }
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            drop(pipe.read_to_end(&mut bytes));
        }
        bytes
    })
}

/// A command that runs the built program `regulars`, without the `REGULARS_…` variables of whoever runs the tests. Its SQLite
/// files may lie anywhere: containers and virtual machines keep temporary directories on file systems that look like a
/// network's, and nobody else opens these.
///
/// # Panics
/// When it is not built.
pub fn regulars() -> Command {
    let mut command = Command::new(program());
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("REGULARS_")) {
            command.env_remove(name);
        }
    }
    command.env("REGULARS_DATABASE_ALLOW_NETWORK_FILES", "true");
    command
}

/// Cargo names the program where it runs the tests of the package that builds it; for all others it lies two
/// directories above the test program: `target/debug/regulars`, `target/debug/deps/<test>`.
fn program() -> PathBuf {
    let named: Option<OsString> = std::env::var_os("CARGO_BIN_EXE_regulars");
    let beside = || Some(std::env::current_exe().ok()?.parent()?.parent()?.join("regulars"));
    match named.map(PathBuf::from).or_else(beside).filter(|program| program.is_file()) {
        Some(program) => program,
        None => {
            panic!("the program `regulars` is not built: run `make test`, which builds it first")
        }
    }
}

fn free_address() -> SocketAddr {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr()) {
        Ok(address) => address,
        Err(error) => panic!("a free port: {error}"),
    }
}

/// Until the process closes its output; without a reader it would block once the pipe is full.
fn copy_lines(pipe: impl Read, log: &Mutex<String>) {
    let mut lines = BufReader::new(pipe);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
        let text = String::from_utf8_lossy(&line);
        log.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
        line.clear();
    }
}
