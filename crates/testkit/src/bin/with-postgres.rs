//! `with-postgres [--durable] [--] COMMAND [ARGUMENT…]`: runs a command beside a throw-away PostgreSQL cluster that
//! `TEST_DATABASE_URL` names. Where that variable is set already, the server it names is used and none is started.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitCode};

use regulars_testkit::postgres::keeper::{self, Keeper};
use regulars_testkit::postgres::{Durability, TEST_DATABASE_URL};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

const USAGE: &str = "usage: with-postgres [--durable] [--] COMMAND [ARGUMENT…]";
/// What `env` and shells answer when the command itself could not be run.
const NOT_RUN: u8 = 127;

fn main() -> ExitCode {
    match run(std::env::args_os().skip(1).collect()) {
        Ok(code) => code,
        Err(message) => {
            drop(writeln!(std::io::stderr(), "with-postgres: {message}"));
            ExitCode::from(NOT_RUN)
        }
    }
}

fn run(arguments: Vec<OsString>) -> Result<ExitCode, String> {
    let mut arguments = arguments.into_iter().peekable();
    let is_keeper = arguments.next_if(|argument| argument == keeper::ROLE).is_some();
    let durability = match arguments.next_if(|argument| argument == keeper::DURABLE) {
        Some(_) => Durability::Full,
        None => Durability::None,
    };
    if is_keeper {
        return keeper::keep(durability)
            .map(|()| ExitCode::SUCCESS)
            .map_err(|error| error.to_string());
    }
    arguments.next_if(|argument| argument == "--");
    let mut command = Command::new(arguments.next().ok_or(USAGE)?);
    command.args(arguments);

    let another = std::env::var_os(TEST_DATABASE_URL).filter(|url| !url.is_empty());
    let cluster = if another.is_none() {
        let this =
            std::env::current_exe().map_err(|error| format!("this program's path: {error}"))?;
        let cluster = Keeper::start(&this, durability).map_err(|error| error.to_string())?;
        command.env(TEST_DATABASE_URL, cluster.url());
        Some(cluster)
    } else {
        None
    };
    let code = run_command(&mut command);
    drop(cluster);
    code
}

/// Runs the command to its end, passing on the signals that would have ended this process: the command decides what
/// they mean, and the cluster is removed after it.
fn run_command(command: &mut Command) -> Result<ExitCode, String> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(|error| error.to_string())?;
    let mut child = command
        .spawn()
        .map_err(|error| format!("{}: {error}", command.get_program().to_string_lossy()))?;
    let pid = Pid::from_child(&child);
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if let Some(signal) = Signal::from_named_raw(signal) {
                // The command may have ended meanwhile.
                kill_process(pid, signal).ok();
            }
        }
    });
    let status = child.wait().map_err(|error| error.to_string())?;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    Ok(ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)))
}
