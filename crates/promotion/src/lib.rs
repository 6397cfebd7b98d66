//! Why customers get more: [`Campaign`]s and [`Offer`]s, the [`Terms`] that offers share with loyalty cards, and the one
//! pure function that says whether something is available to someone, somewhere, at an instant ([`eligibility`]; rules 23,
//! 26 and 32). What offers are redeemed by are [`code`]s (rule 22); what those take off a sale, and which of several do,
//! says [`stacking`] (rule 24).
//!
//! Knows nothing of points, of stamps and of what was redeemed: who asks brings those as facts. Where rows are kept
//! is [`PromotionStore`]'s business.

pub mod campaign;
pub mod code;
pub mod discount;
pub mod eligibility;
pub mod error;
#[cfg(feature = "memory")]
pub mod memory;
pub mod offer;
pub mod stacking;
pub mod store;
#[cfg(feature = "suite")]
pub mod suite;
pub mod terms;

pub use campaign::{Campaign, CampaignFilter, CampaignSort};
pub use code::{Code, FixedCode};
pub use discount::{Candidate, PricedLine, Skipped};
pub use eligibility::{Eligibility, Facts, Place, Reason, Uses, decide};
pub use error::PromotionError;
pub use offer::{Discount, Offer, OfferFilter, OfferSort, RedemptionCode};
pub use stacking::{LinePrice, Outcome, Price, PricingError, Sale};
pub use store::{HoldsPromotions, PromotionStore};
pub use terms::{Places, Status, Target, Terms};
