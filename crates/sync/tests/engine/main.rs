//! The engine on both databases, against a source that the tests hold in their hands.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails fails the test"
)]

mod applying;
mod going_on;
mod source;
mod world;
