//! Rewards: products that the points of a card buy.

use regulars_kernel::{Actor, LoyaltyCardId, MerchantId, Points, ProductId, RewardId, Timestamp};

use crate::{LoyaltyError, LoyaltyStore};

/// A product that the points of a card buy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoyaltyReward {
    /// The key.
    pub id: RewardId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Whose points buy it.
    pub card: LoyaltyCardId,
    /// What one gets.
    pub product: ProductId,
    /// What it costs; positive.
    pub points: Points,
    /// How many are left; open: enough.
    pub stock: Option<i64>,
    /// Until when it is to be had; this very instant is too late. Open: for ever.
    pub expiry: Option<Timestamp>,
    /// Given up.
    pub archived: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The rewards of those cards that are not archived, by ascending id. Whoever sees a card sees its rewards.
pub fn per_card(
    tx: &mut impl LoyaltyStore,
    actor: &Actor,
    cards: &[LoyaltyCardId],
) -> Result<Vec<LoyaltyReward>, LoyaltyError> {
    actor.require_known()?;
    Ok(tx.rewards_per_card(cards)?)
}
