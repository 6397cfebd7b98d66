//! What outside systems say of a merchant's customers, and what becomes of it: connections, what was read from them, who is
//! meant, which source a field belongs to, what waits for a decision.
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

pub mod record;
