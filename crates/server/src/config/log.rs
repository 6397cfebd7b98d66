//! `[log]`: how much is told, and in which form.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use super::check::{Check, Section};

/// The section `[log]`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Log {
    pub(crate) format: Format,
    pub(crate) level: String,
}

/// The form of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// For people at a terminal, else for machines.
    Auto,
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

impl Log {
    /// The filter that `level` describes.
    pub(crate) fn filter(&self) -> Option<EnvFilter> {
        EnvFilter::builder().parse(&self.level).ok().filter(|_| !self.level.trim().is_empty())
    }
}

impl Section for Log {
    const NAME: &'static str = "log";

    fn check(&self, check: &mut Check) {
        check.rule("format", "\"auto\", \"human\" or \"json\"", true);
        let levels = self.level.split(',').all(is_directive) && self.filter().is_some();
        check.rule(
            "level",
            "error, warn, info, debug, trace or off, also by part, as in \"info,regulars_api=debug\"",
            levels,
        );
    }
}

/// A bare word that is no level would be read as a part's name with everything on: most likely a misspelt level.
fn is_directive(directive: &str) -> bool {
    let level = directive.rsplit_once('=').map_or(directive, |(_part, level)| level).trim();
    ["error", "warn", "info", "debug", "trace", "off"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(level))
}
