//! What the program says to whoever started it, on standard output; what it tells while it runs is telemetry.

use std::io::{self, Write as _};

/// Says a text. Nobody listening (a closed pipe) is no reason to fail.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        tracing::debug!("nobody reads standard output");
    }
}

/// Says why the program ends, on standard error.
pub(crate) fn complain(text: &str) {
    let mut out = io::stderr().lock();
    if writeln!(out, "regulars: {text}").is_err() {
        tracing::debug!("nobody reads standard error");
    }
}
