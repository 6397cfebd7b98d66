//! The product from outside: the built program, HTTP in, JSON out, on SQLite and on PostgreSQL.
//!
//! A module for each domain. Tests that need data of their own sign up a merchant of their own ([`world::Tenant`]): the two servers
//! are shared, and merchants do not see each other.

mod contract;
mod world;
