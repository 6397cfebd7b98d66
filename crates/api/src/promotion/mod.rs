//! Promotions: what offers and loyalty cards have in common, offers and their campaigns.

pub mod campaign;
pub mod campaign_inputs;
pub mod campaign_mutations;
pub mod choice;
pub mod eligibility;
pub mod node;
pub mod offer;
pub mod offer_inputs;
pub mod offer_mutations;
pub mod place;
pub mod queries;

pub use campaign::CampaignNode;
pub use node::{PromotionNodeConnection, PromotionNodeValue};
pub use offer::{OfferNode, OfferNodeConnection};
