//! Orders: what customers buy, open orders of a till, visits, and the purchase history of a customer or a store.

pub mod attach;
pub mod choice;
pub mod discount;
pub mod discount_mutations;
pub mod inputs;
pub mod item;
pub mod mutations;
pub mod node;
pub mod order_type;
pub mod purchase_inputs;
pub mod purchase_mutations;
pub mod queries;
pub mod quote;
pub mod refund;
pub mod refund_mutations;
pub mod review;
pub mod tip;
pub mod visit;
pub mod visit_mutations;

pub use discount::{OrderDiscountNode, OrderDiscountNodeConnection};
pub use item::{OrderItemNode, OrderItemNodeConnection};
pub use node::{OrderNode, OrderNodeConnection};
pub use order_type::{OrderTypeNode, OrderTypeNodeConnection};
pub use refund::{RefundNode, RefundNodeConnection};
pub use review::{SaleReviewNode, SaleReviewNodeConnection};
pub use tip::{TipNode, TipNodeConnection};
pub use visit::{VisitNode, VisitNodeConnection};
