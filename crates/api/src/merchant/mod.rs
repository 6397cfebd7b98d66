//! Merchants and their places.

pub mod node;

pub use node::MerchantNode;
