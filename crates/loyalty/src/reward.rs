//! Rewards: products that the points of a card buy, or its stamps where it is full.

pub mod change;

use regulars_kernel::{
    Actor, LoyaltyCardId, MerchantId, Points, ProductId, RewardId, Timestamp,
    page::{KeyKind, Keyed, Order, SortField, SortKey},
};

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
    /// What it costs in points, or the stamps that fill the card; positive.
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

/// What a list of rewards can be ordered by, beside the pk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RewardSort {
    /// By what they cost.
    Points,
    /// By the instant they were made.
    CreatedAt,
}

impl SortField for RewardSort {
    const LIST: &'static str = "rewards";

    fn from_name(name: &str) -> Option<Self> {
        Self::all().iter().copied().find(|field| field.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Points => "points",
            Self::CreatedAt => "createdAt",
        }
    }

    fn kind(self) -> KeyKind {
        KeyKind::Int
    }

    fn all() -> &'static [Self] {
        &[Self::Points, Self::CreatedAt]
    }

    fn default_order() -> Order<Self> {
        Order { terms: Vec::new(), pk_descending: false }
    }
}

impl Keyed<RewardSort> for LoyaltyReward {
    fn sort_key(&self, field: RewardSort) -> SortKey {
        SortKey::Int(match field {
            RewardSort::Points => self.points.get(),
            RewardSort::CreatedAt => self.created_at.micros(),
        })
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
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

/// The rewards of those ids that the asker sees, in no order: all of their own merchant's for a merchant's people, archived
/// ones included; for consumers those in use of cards that they see, and any that their own redemptions name.
pub fn list_by_ids(
    tx: &mut impl LoyaltyStore,
    actor: &Actor,
    ids: &[RewardId],
) -> Result<Vec<LoyaltyReward>, LoyaltyError> {
    actor.require_known()?;
    Ok(tx.rewards(ids)?)
}
