//! Orders: what customers bought, and the purchase history of a customer or a store.

pub mod choice;
pub mod item;
pub mod node;
pub mod order_type;
pub mod queries;

pub use item::{OrderItemNode, OrderItemNodeConnection};
pub use node::{OrderNode, OrderNodeConnection};
pub use order_type::{OrderTypeNode, OrderTypeNodeConnection};
