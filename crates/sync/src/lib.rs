//! Customers from everywhere: the engine that reads outside systems, and a connector for each of them.
//!
//! A **connector** ([`connector::Connector`]) speaks one vendor's protocol and makes records; the **engine** reads its streams
//! pass by pass, applies the records in slices, and leaves behind where it is, so that a crash anywhere resumes to the same end. What
//! becomes of a record is decided below, in `regulars-source`.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "a test fails by panicking"
    )
)]

pub mod connector;
pub mod engine;
pub mod file;
pub mod kind;
pub mod outgoing;
pub mod push;
pub mod recognise;
pub mod salesforce;
pub mod shopify;
pub mod spotify;
pub mod vault;
pub mod webhook;

use crate::kind::SourceKind;

/// The kinds of sources that a server reads. Files are read where they are: by the command line.
pub static KINDS: [&SourceKind; 2] = [&shopify::KIND, &salesforce::KIND];
