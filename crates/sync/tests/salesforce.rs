//! The Salesforce connector against a fake organisation, which npm's `jsforce` certifies (`make certify`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "salesforce/access.rs"]
mod access;
#[path = "salesforce/all.rs"]
mod all;
#[path = "salesforce/back.rs"]
mod back;
#[path = "salesforce/fault.rs"]
mod fault;
#[path = "salesforce/gone.rs"]
mod gone;
#[path = "salesforce/org.rs"]
mod org;
#[path = "salesforce/probe.rs"]
mod probe;
#[path = "salesforce/tail.rs"]
mod tail;
