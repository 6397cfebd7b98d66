//! What customers buy: open orders of a till with their lines, visits without an order, and the purchase history of a customer
//! or a store.
//!
//! Knows nothing of payment (the till's business; here it is recorded), of points (they are earned one crate below), of
//! GraphQL, and not where rows are kept: [`OrderStore`] is all it asks of a database.

pub mod amount;
pub mod attach;
pub mod bill;
pub mod buyer;
pub mod checkout;
pub mod delete;
pub mod discount;
pub mod duration;
mod earning;
pub mod error;
pub mod fact;
pub mod filter;
pub mod history;
pub mod item;
pub mod link;
#[cfg(feature = "memory")]
pub mod memory;
pub mod merge;
pub mod merge_store;
pub mod order;
pub mod order_type;
mod place;
pub mod purchase;
pub mod purchase_store;
pub mod redeeming;
pub mod refund;
pub mod review;
pub mod store;
#[cfg(feature = "suite")]
pub mod suite;
pub mod timeliness;
pub mod tip;
pub mod visit;
pub mod visit_store;

pub use amount::Amount;
pub use attach::OrderClaim;
pub use bill::Bill;
pub use checkout::{CheckedOut, Checkout, SaleWarning};
pub use discount::{DiscountKind, DiscountShare, OrderDiscount, OrderDiscountSort};
pub use duration::Duration;
pub use error::OrderError;
pub use filter::{OrderFilter, OrderQuery, Period};
pub use item::{Modifier, OrderItem, OrderItemSort};
pub use link::{OrderLink, SaleKey, SaleRefund};
pub use merge_store::MergeStore;
pub use order::{Order, OrderSort, OrderState, Payment, PaymentType};
pub use order_type::OrderType;
pub use place::place_of;
pub use purchase::{NewPurchase, PurchaseWarning, RecordedPurchase};
pub use purchase_store::{PurchaseStore, SaleReviewQuery};
pub use redeeming::NotTaken;
pub use refund::{OrderRefund, OrderRefundSort, RefundShare};
pub use review::{ReviewState, Reviewed, SaleReview, SaleReviewFilter, SaleReviewSort};
pub use store::OrderStore;
pub use timeliness::{SaleTime, TimeFlag, timeliness};
pub use tip::{OrderTip, OrderTipSort};
pub use visit::{Visit, VisitQuery, VisitSort};
pub use visit_store::VisitStore;
