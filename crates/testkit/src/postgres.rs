//! A throw-away PostgreSQL cluster for one run of the tests.
//!
//! `with-postgres -- cargo test` starts one, names it in `TEST_DATABASE_URL`, runs the command and removes it again.
//! Three things see to "removes", because test runs get killed:
//!
//! 1. The cluster lives in a process of its own, the [`keeper`], which ends it when the pipe from its parent closes.
//!    A pipe closes however the parent dies, `kill -9` included.
//! 2. The keeper is the leader of its own process group, so Ctrl-C at the terminal does not reach it.
//! 3. Should the keeper itself be killed, the next run finds the directory whose lock nobody holds and clears it away.

mod cluster;
pub mod keeper;
mod programs;

pub use cluster::Cluster;
pub use programs::Programs;

/// The environment variable that names the server on which tests make their databases.
pub const TEST_DATABASE_URL: &str = "TEST_DATABASE_URL";

/// What the cluster promises about data it has acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Nothing is forced to disk: fast, and right for tests, which never outlive the operating system.
    #[default]
    None,
    /// As in production. For measurements, and for tests that kill the server.
    Full,
}

/// Why there is no cluster.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// PostgreSQL's programs are not on this machine and could not be installed.
    #[error(
        "no PostgreSQL here: `initdb` is neither on the path nor under /usr/lib/postgresql. {0} \
         Or name another server: TEST_DATABASE_URL=postgres://user:password@host/postgres"
    )]
    NoPrograms(String),
    /// The cluster may not run as root, and there is no account to run it as.
    #[error("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`")]
    NoAccount,
    /// A program of PostgreSQL's ran and failed; the text is its own last words.
    #[error("{program} failed: {output}")]
    Failed {
        /// Which program.
        program: &'static str,
        /// What it printed last.
        output: String,
    },
    /// The keeper of the cluster has printed the reason.
    #[error("no cluster, for the reason above")]
    AlreadyTold,
    /// The operating system refused.
    #[error("{doing}: {source}")]
    Io {
        /// What was attempted.
        doing: String,
        /// Its refusal.
        source: std::io::Error,
    },
}

impl ClusterError {
    /// For `map_err`: an input or output error with what was being done.
    fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }
}
