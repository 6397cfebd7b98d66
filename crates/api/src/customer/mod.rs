//! Customers: the customers object, its lists and its mutations.

pub mod choice;
pub mod inputs;
pub mod mutations;
pub mod node;
pub mod queries;
pub mod user;

pub use node::{ConsumerNode, ConsumerNodeConnection};
