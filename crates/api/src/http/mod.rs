//! GraphQL over HTTP: POST and GET, both media types, the statuses, and everything that keeps a server standing.
//!
//! Every refusal has a body of GraphQL's shape, whoever makes it: see [`shaped`], and its module for what is out of reach.
//! `/readyz` refuses nothing with its 503 and says `{status, reason}`; GraphiQL's redirections (307) have no body.

mod admission;
mod body;
mod cors;
mod endpoint;
pub mod graphiql;
mod health;
mod negotiation;
mod peer;
mod reply;
mod request;
mod request_id;
mod shape;
#[cfg(test)]
mod tests;
mod unread;

pub use self::{
    admission::{Gate, Permit},
    cors::cors,
    endpoint::{Endpoint, HttpConfig},
    health::Readiness,
    negotiation::Media,
    shape::shaped,
    unread::end_unread,
};
