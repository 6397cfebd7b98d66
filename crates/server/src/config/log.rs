//! `[log]`: how much is told, and in which form.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use super::check::{Check, Section};

/// The HTTP library below the framework.
const LIBRARY: &str = "actix_http";
/// Its parts that read requests and write answers: what they call errors is nearly always a client's. The rest of it says
/// what is wrong with this server.
const CONNECTIONS: [&str; 3] =
    ["actix_http::h1::decoder", "actix_http::h1::dispatcher", "actix_http::h2::dispatcher"];

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
        let mut directives = Some(self.level.trim()).filter(|level| !level.is_empty())?.to_owned();
        if !self.level.split(',').any(names_library) {
            directives.extend(CONNECTIONS.map(|part| format!(",{part}=off")));
        }
        EnvFilter::builder().parse(directives).ok()
    }
}

/// Whether a directive is about the HTTP library, or a part of it.
fn names_library(directive: &str) -> bool {
    directive
        .trim()
        .strip_prefix(LIBRARY)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('=') || rest.starts_with("::"))
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
        let quiet = "actix_http::h2::dispatcher=off,actix_http::h1::dispatcher=off,actix_http::h1::decoder=off";
        let usual = format!("{quiet},info");
        let other = format!("{quiet},actix_https=debug,info");
        for (level, directives) in [
            ("info", usual.as_str()),
            ("info,actix_https=debug", other.as_str()),
            ("info,actix_http=debug", "actix_http=debug,info"),
            ("actix_http::h1=trace", "actix_http::h1=trace"),
        ] {
            assert_eq!(filter(level).as_deref(), Some(directives), "{level}");
        }
        assert_eq!(filter(" "), None);
    }

    #[test]
    fn the_librarys_own_trouble_is_told() {
        use std::{
            io::Write,
            sync::{Arc, Mutex},
        };

        #[derive(Clone, Default)]
        struct Told(Arc<Mutex<Vec<u8>>>);
        impl Write for Told {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }

        let told = Told::default();
        let log = Log { format: Format::Json, level: "info".to_owned() };
        let writer = told.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(log.filter().unwrap())
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(target: "actix_http::h1::dispatcher", "a client broke off");
            tracing::error!(target: "actix_http::h1::decoder", "a client sent rubbish");
            tracing::error!(target: "actix_http::service", "HTTP service readiness error");
            tracing::error!(target: "actix_http::h1::service", "HTTP/1 service readiness error");
        });
        let told = String::from_utf8(told.0.lock().unwrap().clone()).unwrap();
        assert!(
            told.contains("HTTP service readiness") && told.contains("HTTP/1 service"),
            "{told}"
        );
        assert!(!told.contains("a client"), "{told}");
    }
}
