//! Customers: the customers object, its lists and its mutations.

pub mod choice;
pub mod claim;
pub mod consent;
pub mod erasure;
pub mod export;
pub mod feed;
pub mod inputs;
pub mod merge;
pub mod mutations;
pub mod node;
pub mod queries;
pub mod user;

pub use claim::ClaimableProfileNodeConnection;
pub use feed::{ChangeNode, ChangeNodeConnection};
pub use node::{ConsumerNode, ConsumerNodeConnection};
