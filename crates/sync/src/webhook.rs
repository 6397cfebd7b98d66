//! Webhooks that go out, by the rules of Standard Webhooks: what is sent, how it is signed, what an answer means, and when it is
//! tried again.
//!
//! Nothing here keeps anything: which endpoints there are and what waits for them is the caller's. A message is built anew for each
//! attempt from the same row and is the same to the byte; only the instant of the attempt, and so the signature, differs.

pub mod delivery;
pub mod endpoint;
pub mod message;
pub mod schedule;
pub mod secret;

pub use delivery::{Delivery, Outcome, deliver};
pub use endpoint::{Endpoint, EndpointFault};
pub use message::{Message, Unfit};
pub use schedule::{Next, WAITS, next};
pub use secret::{Secret, SecretFault, signatures};
