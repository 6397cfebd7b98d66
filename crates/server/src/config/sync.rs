//! `[sync]`: whether and how outside systems are read.

use serde::Deserialize;

use super::check::{Check, Section};

/// The section `[sync]`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Sync {
    pub(crate) worker: bool,
    pub(crate) connections_at_once: usize,
    pub(crate) reach_anywhere: bool,
}

impl Section for Sync {
    const NAME: &'static str = "sync";

    fn check(&self, check: &mut Check) {
        check.rule("worker", "true or false", true);
        check.number("connections_at_once", self.connections_at_once, 1..=1_000);
        check.rule("reach_anywhere", "true or false", true);
    }
}
