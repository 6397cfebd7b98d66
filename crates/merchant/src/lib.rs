//! Where things are sold: tenants ([`Merchant`]), their places ([`Store`], [`StoreGroup`]) and wares ([`Product`]), and
//! what a place makes of an instant: its business date and its opening hours (rule 26).
//!
//! Knows nothing of customers, of promotions or of orders, and not where rows are kept: [`MerchantStore`] is all it asks
//! of a database. In the other domain crates `store.rs` holds the port; here a store is a thing of the trade, so the
//! noun has that file and the port stands in `port.rs`.

pub mod archived;
pub mod business_date;
pub mod entity_source;
pub mod error;
#[cfg(feature = "memory")]
pub mod memory;
pub mod merchant;
pub mod port;
pub mod product;
pub mod schedule;
pub mod store;
pub mod store_group;
#[cfg(feature = "suite")]
pub mod suite;

pub use archived::Archived;
pub use business_date::{business_date, business_day};
pub use chrono_tz::Tz;
pub use entity_source::EntitySource;
pub use error::MerchantError;
pub use merchant::{Merchant, RefundPolicy};
pub use port::{HoldsMerchants, MerchantStore};
pub use product::{Product, ProductFilter, ProductSort};
pub use schedule::{Hours, Weekdays};
pub use store::{Store, StoreFilter, StoreSort, TillRedemption};
pub use store_group::{StoreGroup, StoreGroupSort};
