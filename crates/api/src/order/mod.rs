//! Orders: what customers buy, open orders of a till, and the purchase history of a customer or a store.

pub mod choice;
pub mod inputs;
pub mod item;
pub mod mutations;
pub mod node;
pub mod order_type;
pub mod queries;
pub mod tip;

pub use item::{OrderItemNode, OrderItemNodeConnection};
pub use node::{OrderNode, OrderNodeConnection};
pub use order_type::{OrderTypeNode, OrderTypeNodeConnection};
pub use tip::{TipNode, TipNodeConnection};
