//! Loyalty cards, rewards, redemptions, points, and which promotions are available to whom.

pub mod adjustment;
pub mod available;
pub mod card;
pub mod choice;
pub mod history;
pub mod inputs;
pub mod intent;
pub mod ledger_entry;
pub mod mutations;
pub mod points;
pub mod queries;
pub mod receipt;
pub mod recognise;
pub mod redeeming;
pub mod redeeming_inputs;
pub mod redemption;
pub mod reward;
pub mod stamp;
pub mod transfer;

pub use card::{LoyaltyCardNode, LoyaltyCardNodeConnection};
pub use intent::{RedemptionIntentNode, RedemptionIntentNodeConnection};
pub use ledger_entry::{LedgerEntryNode, LedgerEntryNodeConnection};
pub use points::PointsSummaryObject;
pub use redemption::{
    PointsRedemptionNode, PointsRedemptionNodeConnection, RedemptionNode, RedemptionNodeConnection,
    StampsRedemptionNode, StampsRedemptionNodeConnection,
};
pub use reward::{LoyaltyRewardNode, LoyaltyRewardNodeConnection};
