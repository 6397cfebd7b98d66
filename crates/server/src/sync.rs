//! Syncing, as a process does it: what the engine is wired to, and the commands that read outside systems.

pub(crate) mod import;
