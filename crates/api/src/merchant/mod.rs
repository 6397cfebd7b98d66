//! Merchants, their places and what they sell.

pub mod choice;
pub mod inputs;
pub mod mutations;
pub mod node;
pub mod product;
pub mod product_inputs;
pub mod product_mutations;
pub mod queries;
pub mod settings;
pub mod store;
pub mod store_group;

pub use node::MerchantNode;
pub use product::ProductNode;
pub use store::{StoreNode, StoreNodeConnection};
pub use store_group::{StoreGroupNode, StoreGroupNodeConnection};
