//! Files as sources: what is read of them, from which place on, what is refused and how, and the way back into files.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "file/boundaries.rs"]
mod boundaries;
#[path = "file/customers.rs"]
mod customers;
#[path = "file/faults.rs"]
mod faults;
#[path = "file/goods.rs"]
mod goods;
#[path = "file/paper.rs"]
mod paper;
#[path = "file/rejects.rs"]
mod rejects;
#[path = "file/round_trip.rs"]
mod round_trip;
#[path = "file/scale.rs"]
mod scale;
