//! `[log]`: how much is told, and in which form.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use super::check::{Check, Section};

/// The part of the HTTP library that reads requests and writes answers.
const CONNECTIONS: &str = "actix_http";

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
    /// The filter that `level` describes. What the HTTP library says of connections is left out where nobody asks for it
    /// by name: a client that breaks off or sends rubbish is an error there, and none of ours.
    pub(crate) fn filter(&self) -> Option<EnvFilter> {
        let asked =
            self.level.split(',').any(|directive| directive.trim().starts_with(CONNECTIONS));
        let quiet = if asked { String::new() } else { format!(",{CONNECTIONS}=off") };
        let level = Some(self.level.trim()).filter(|level| !level.is_empty())?;
        EnvFilter::builder().parse(format!("{level}{quiet}")).ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trouble_of_connections_is_told_where_it_is_asked_for() {
        let filter = |level: &str| {
            let log = Log { format: Format::Json, level: level.to_owned() };
            log.filter().map(|filter| filter.to_string())
        };
        for (level, directives) in [
            ("info", "actix_http=off,info"),
            ("info,actix_http=debug", "actix_http=debug,info"),
            ("actix_http::h1=trace", "actix_http::h1=trace"),
        ] {
            assert_eq!(filter(level).as_deref(), Some(directives), "{level}");
        }
        assert_eq!(filter(" "), None);
    }
}
