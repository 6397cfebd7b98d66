//! How the second wall stands: with raw SQL that asks for everything, in transactions opened as the server opens them.

mod doors;
mod isolation;
mod login;
mod plans;
mod schema;
mod world;
