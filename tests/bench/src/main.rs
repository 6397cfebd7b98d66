//! What the operations of the API cost: the release server under load, on a world of a stated size, on both databases.
//!
//! Beside each operation stand three figures of the same run. The *yardstick* is a server as one would write it by hand:
//! the same handlers' framework, threads, authentication, use cases and bytes, without GraphQL. *SQL alone* asks the same
//! of the database without any server. The *static answer* sends the same bytes without asking anything.
//!
//! What counts is requests for each second of processor, of the server and of the database: the load comes from the same
//! machine and takes its share, so requests for each second of time say less. Figures decide nothing: the program fails
//! where an answer is wrong, never where it is slow.

#![expect(clippy::float_arithmetic, reason = "rates and shares are what this program is about")]

mod answer;
mod direct;
mod documents;
mod figures;
mod load;
mod operation;
mod options;
mod process;
mod question;
mod report;
mod sample;
mod session;
mod world;
mod writing;
mod yardstick;

use std::{error::Error, io::Write as _, process::ExitCode};

use clap::Parser as _;

use crate::options::{Command, Options};

/// As the server has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What ends a run: a sentence.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match &options.command {
        Some(Command::Yardstick(yardstick)) => yardstick::run(yardstick),
        None => session::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&format!("The benchmark failed: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// Tells whoever watches how far it is; the results go to the standard output.
pub(crate) fn tell(text: &str) {
    // Nobody may be listening.
    writeln!(std::io::stderr(), "{text}").ok();
}
