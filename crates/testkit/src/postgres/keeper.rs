//! The process that owns a cluster for another process, and outlives it just long enough to remove the cluster.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use super::{Cluster, ClusterError, Durability, Programs};

/// The first argument of `with-postgres` that makes it the keeper.
pub const ROLE: &str = "--keep-cluster";
/// The argument that asks for [`Durability::Full`].
pub const DURABLE: &str = "--durable";

/// The side of the process that uses the cluster.
#[derive(Debug)]
pub struct Keeper {
    process: Child,
    /// The keeper works for as long as this end is open.
    pipe: Option<ChildStdin>,
    url: String,
}

impl Keeper {
    /// Starts `program` (`with-postgres`) as the keeper of a new cluster and waits until the server is ready.
    ///
    /// # Errors
    /// When the keeper ended instead; it has printed the reason.
    pub fn start(program: &Path, durability: Durability) -> Result<Self, ClusterError> {
        let mut command = Command::new(program);
        command.arg(ROLE);
        if durability == Durability::Full {
            command.arg(DURABLE);
        }
        // A group of its own: Ctrl-C reaches the whole group of the terminal's foreground.
        let mut process = command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(ClusterError::io("the keeper of the cluster"))?;
        let pipe = process.stdin.take();
        let mut url = String::new();
        if let Some(answer) = process.stdout.take() {
            BufReader::new(answer)
                .read_line(&mut url)
                .map_err(ClusterError::io("the keeper's answer"))?;
        }
        let url = url.trim().to_owned();
        if url.is_empty() {
            drop(pipe);
            process.wait().map_err(ClusterError::io("the keeper"))?;
            return Err(ClusterError::AlreadyTold);
        }
        Ok(Self { process, pipe, url })
    }

    /// What `TEST_DATABASE_URL` is to say.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Keeper {
    /// Returns when the cluster is gone.
    fn drop(&mut self) {
        drop(self.pipe.take());
        drop(self.process.wait());
    }
}

/// The keeper's own life: starts a cluster, prints its address, and ends it when the standard input closes.
///
/// # Errors
/// When there is no cluster to keep.
pub fn keep(durability: Durability) -> Result<(), ClusterError> {
    let cluster = Cluster::start(&Programs::find_or_install()?, durability)?;
    let mut output = io::stdout();
    let told = writeln!(output, "{}", cluster.url()).and_then(|()| output.flush());
    if told.is_ok() {
        // Nothing is ever sent: reading ends when the other end closes, in whatever way.
        drop(io::stdin().read_to_end(&mut Vec::new()));
    }
    Ok(())
}
