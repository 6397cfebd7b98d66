//! Load from wrk: so many connections, each of which asks again as soon as it is answered.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use serde::Deserialize;
use tempfile::NamedTempFile;

use crate::{Failure, figures::Figures, process::Processes};

const SCRIPT: &str = include_str!("../wrk.lua");
/// What comes first does not count: caches fill, connections open.
const WARM_UP: Duration = Duration::from_secs(1);

/// What stands in a body for a number that is another one in each request.
pub(crate) const NUMBER: &str = "##################";

/// Requests to one address.
pub(crate) struct Load {
    script: NamedTempFile,
    bodies: NamedTempFile,
    /// What follows from an answer.
    chain: Option<NamedTempFile>,
    url: String,
}

/// A request that an answer leads to.
pub(crate) struct Chain {
    /// What is sent, with what was found in the place of `@CODE`.
    pub(crate) body: String,
    /// What is looked for in an answer: a pattern of Lua with one capture.
    pub(crate) found_by: &'static str,
}

/// What wrk says at its end.
#[derive(Debug, Deserialize)]
struct Said {
    requests: u64,
    micros: u64,
    p50: u64,
    p99: u64,
    failed: u64,
    refused: u64,
}

impl Load {
    /// Requests with these bodies, in turn, from the bearer of a token.
    pub(crate) fn new(
        url: impl Into<String>,
        token: &str,
        bodies: impl IntoIterator<Item = String>,
    ) -> Result<Self, Failure> {
        let mut script = NamedTempFile::with_suffix(".lua")?;
        script.write_all(SCRIPT.as_bytes())?;
        let mut file = NamedTempFile::new()?;
        writeln!(file, "{token}")?;
        for body in bodies {
            if body.contains('\n') {
                return Err("a body has two lines".into());
            }
            writeln!(file, "{body}")?;
        }
        file.flush()?;
        Ok(Self { script, bodies: file, chain: None, url: url.into() })
    }

    /// The same, and what follows from each answer.
    pub(crate) fn chained(mut self, chain: &Chain) -> Result<Self, Failure> {
        let mut file = NamedTempFile::new()?;
        writeln!(file, "{}\n{}", chain.found_by, chain.body)?;
        file.flush()?;
        self.chain = Some(file);
        Ok(self)
    }

    /// Asks for a while, and counts what `processes` use meanwhile.
    pub(crate) fn run(
        &self,
        connections: u16,
        lasting: Duration,
        processes: &Processes,
    ) -> Result<Figures, Failure> {
        self.ask(connections, WARM_UP.min(lasting))?;
        let before = processes.used()?;
        let said = self.ask(connections, lasting)?;
        let processor = processes.used()?.saturating_sub(before);
        Ok(Figures {
            requests: said.requests,
            time: Duration::from_micros(said.micros),
            processor,
            p50: Duration::from_micros(said.p50),
            p99: Duration::from_micros(said.p99),
        })
    }

    fn ask(&self, connections: u16, lasting: Duration) -> Result<Said, Failure> {
        let output = Command::new("wrk")
            .arg("--threads=1")
            .arg(format!("--connections={connections}"))
            .arg(format!("--duration={}s", lasting.as_secs().max(1)))
            .args(["--timeout=30s", "--script"])
            .args([self.script.path(), Path::new(&self.url), Path::new("--"), self.bodies.path()])
            .args(self.chain.iter().map(NamedTempFile::path))
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("wrk: {error} (apt-get install wrk)"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find(|line| line.starts_with('{'));
        let line = line.filter(|_line| output.status.success()).ok_or_else(|| {
            format!("wrk failed: {text}{}", String::from_utf8_lossy(&output.stderr))
        })?;
        let said: Said = serde_json::from_str(line)?;
        if said.failed + said.refused > 0 || said.requests == 0 {
            return Err(format!("{}: not every request was answered: {line}", self.url).into());
        }
        Ok(said)
    }
}
