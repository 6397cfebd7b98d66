//! The GraphQL API over HTTP: the only crate that knows juniper and actix-web.
//!
//! Its lower half knows nothing of customers: `document` brings a request's document into the form that runs, `worker`
//! and `engine` run it on threads of their own, `http` speaks GraphQL over HTTP, `fast`, `scalar` and `global_id` are
//! what schemas are built of. A [`service::Service`] puts a schema and its context on top.
//!
//! It does not know how anything is stored, who may do what (use cases ask their actor), or where configuration comes
//! from: every figure is an argument.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "resolvers have the signatures that the schema gives them"
)]

mod answer;
mod argument;
pub mod auth;
pub mod connection;
pub mod context;
pub mod customer;
pub mod document;
pub mod engine;
pub mod error;
pub mod fast;
mod fast_object;
#[cfg(test)]
mod fast_tests;
pub mod global_id;
pub mod guess;
pub mod http;
mod key_use;
pub mod level;
pub mod limit;
pub mod loyalty;
pub mod merchant;
mod mutation;
pub mod node;
pub mod order;
mod patch;
pub mod program;
pub mod promotion;
mod row;
pub mod scalar;
pub mod schema;
pub mod service;
pub mod sibling;
pub mod source;
#[cfg(test)]
mod specimen;
pub mod trail;
pub mod worker;
pub mod written;
