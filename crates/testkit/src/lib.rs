//! What the tests of every other crate stand on: a throw-away PostgreSQL cluster, a fresh database on either
//! engine, the built server as a process, a GraphQL client, and a mail server.
//!
//! It deliberately does not know the product: which migrations there are, what the schema looks like and what a
//! request means are said by the test that uses it. Migrating is an argument ([`database::fresh`]), so that the crate
//! that owns the migrations can use this one in its own tests.
//!
//! What it does not find it reports by panicking, with a sentence that says what to do: a test that cannot run has
//! failed, it is never skipped.

#![allow(clippy::panic, reason = "a test's foundation tells of its failures by failing the test")]

pub mod client;
pub mod database;
pub mod fake;
pub mod login;
pub mod mail;
pub mod postgres;
pub mod rows;
pub mod server;
pub mod shared;

pub use client::{Answer, Client};
pub use database::{Engine, TempDatabase, fresh, fresh_postgres, fresh_sqlite};
pub use login::TempLogin;
pub use mail::{Letter, MailServer};
pub use server::Server;
pub use shared::Shared;
