//! What outside systems say of a merchant's customers, and what becomes of it: connections, what was read from them, who is
//! meant, which source a field belongs to, what waits for a decision.
//!
//! A connector makes [`record`]s; [`apply`] takes them, a slice at a time. What a source said last is kept as an image
//! ([`image`], [`stored`]), so that saying it again changes nothing; a field belongs to who wrote it ([`provenance`]); nobody is chosen
//! by guess ([`review`]), and what cannot be taken is kept to be read again ([`reject`]).
//!
//! "Engine rule" numbers are those of the rule book of syncing: the comments that cite one say what it asks.
//!
//! Knows nothing of any vendor's protocol, of HTTP or of databases.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "a test fails by panicking"
    )
)]

pub mod apply;
pub mod connection;
pub mod error;
pub mod fields;
pub mod image;
pub mod origin;
pub mod policy;
pub mod provenance;
pub mod record;
pub mod reject;
pub mod review;
pub mod run;
pub mod setting;
pub mod store;
pub mod stored;
pub mod stream;

pub use connection::{Connection, ConnectionState, Health};
pub use error::SourceError;
pub use run::{Counts, Run, RunKind, RunState};
pub use store::SourceStore;
