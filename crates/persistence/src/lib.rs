//! The only crate that knows diesel. [`Db`] opens transactions, [`Tx`] is one and implements every domain crate's port.
//!
//! One set of queries serves SQLite and PostgreSQL; which of the two is behind a [`Db`] is decided by its URL at run time.
//! A folder here has the name of the domain crate whose port it implements, a file the name of the noun.
//!
//! Knows nothing of GraphQL, HTTP, passwords or configuration files, and decides no rule of the business: rules are in
//! the domain crates, this crate keeps rows.

mod auth;
mod bulk;
mod connection;
mod customer;
mod db;
#[expect(unsafe_code, reason = "diesel hands out no SQLite handle: see the module")]
mod deadline;
mod error;
mod export;
mod idempotency;
mod lease;
#[cfg(test)]
mod live_schema;
mod loyalty;
mod merchant;
mod migrate;
mod order;
mod page;
#[cfg(test)]
mod plans;
mod promotion;
mod prune;
mod reader;
mod schema;
mod source;
mod statement;
#[cfg(test)]
mod transactions;
mod tx;
mod wall;
mod writer;

pub use bulk::{Bulk, BulkError, Value};
pub use connection::{DatabaseUrl, InvalidUrl};
pub use db::{Db, Settings};
pub use idempotency::{IdempotencyKey, Outcome};
pub use migrate::{MigrationError, migrate, pending_migrations};
pub use reader::Reader;
pub use tx::Tx;
pub use wall::{WallError, check_login};
