//! Why the program does not start with the settings it was given.

use std::{fmt, io, path::PathBuf};

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The file of one's own cannot be read.
    #[error("the configuration file {} cannot be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file of one's own is no TOML.
    #[error("the configuration file {} is not valid TOML: line {line}, column {column}: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What is wrong there. Nothing of what stands there: it may be a secret.
        reason: String,
    },
    /// Settings that are unknown or have values that are not allowed.
    #[error("{}", listed(.0))]
    Settings(Vec<Problem>),
}

/// One thing that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem(String);

impl Problem {
    /// A setting or section that does not exist.
    pub(super) fn unknown(name: &str, place: String, known: &str) -> Self {
        Self(format!("{name}{} is not a setting\n      there are: {known}", at(place)))
    }

    /// A value that is not allowed.
    pub(super) fn value(name: &str, value: &str, place: String, allowed: &str) -> Self {
        Self(format!("{name} = {value}{}\n      allowed: {allowed}", at(place)))
    }

    /// Anything else.
    pub(super) fn odd(name: &str, reason: &str) -> Self {
        Self(format!("{name}: {reason}"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn at(place: String) -> String {
    if place.is_empty() { place } else { format!(" ({place})") }
}

fn listed(problems: &[Problem]) -> String {
    let mut text = "these settings cannot be used:".to_owned();
    for problem in problems {
        text.push_str("\n    ");
        text.push_str(&problem.0);
    }
    text
}
