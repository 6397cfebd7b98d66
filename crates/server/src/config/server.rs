//! `[server]`: where it listens, where it keeps things, how strict it is.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use serde::Deserialize;

use super::check::{Check, Section, seconds};

/// The section `[server]`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Server {
    pub(crate) listen: SocketAddr,
    pub(crate) data_dir: PathBuf,
    pub(crate) mode: Mode,
    pub(crate) http_threads: usize,
    #[serde(with = "humantime_serde")]
    pub(crate) shutdown_grace: Duration,
}

/// How much the program does for whoever starts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// Keys are made where there are none (on SQLite).
    Development,
    /// Keys must be configured.
    Production,
}

impl Section for Server {
    const NAME: &'static str = "server";

    fn check(&self, check: &mut Check) {
        check.rule("listen", "an IP address and a port, as in 127.0.0.1:8080 or [::]:8080", true);
        check.rule("data_dir", "a directory", !self.data_dir.as_os_str().is_empty());
        check.rule("mode", "\"development\" or \"production\"", true);
        check.number_or_auto("http_threads", self.http_threads, 1..=256);
        check.time("shutdown_grace", self.shutdown_grace, seconds(1)..=seconds(300));
    }
}
