//! GraphQL over HTTP: POST and GET, both media types, the statuses, and everything that keeps a server standing.

mod admission;
mod body;
mod cors;
mod endpoint;
pub mod graphiql;
mod health;
mod negotiation;
mod reply;
mod request;
mod request_id;
#[cfg(test)]
mod tests;

pub use self::{
    admission::{Gate, Permit},
    cors::cors,
    endpoint::{Endpoint, HttpConfig},
    health::Readiness,
    negotiation::Media,
};
