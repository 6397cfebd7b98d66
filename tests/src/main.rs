//! The product from outside: the built program, HTTP in, JSON out, on SQLite and on PostgreSQL.
//!
//! A module for each subject. Tests that need data of their own sign up a merchant of their own ([`world::World::merchant`]):
//! the two servers are shared, and merchants do not see each other.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails fails the test"
)]

mod accounts;
mod apps;
mod audit;
mod changes;
mod command_line;
mod consents;
mod consumer_fields;
mod consumers;
mod contract;
mod crashes;
mod discounts;
mod earning;
mod erasure;
mod exports;
mod guesses;
mod histories;
mod http;
mod input;
mod input_mutations;
mod leftovers;
mod log;
mod lost_numbers;
mod loyalty_cards;
mod mail;
mod membership;
mod merging;
mod orders;
mod permission;
mod permission_matrix;
mod products;
mod promotions;
mod purchases;
mod redeeming;
mod refunds;
mod secrets;
mod staff;
mod stores;
mod syncing;
mod tokens;
mod verifying;
mod visits;
mod world;
