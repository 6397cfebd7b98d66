//! Rewards are made and changed.

use regulars_kernel::{LoyaltyCardId, MerchantId, Points, RewardId, StoreError, Timestamp};

use super::{MemoryStore, card::OUT_OF_REACH};
use crate::{LoyaltyReward, Promised};

impl MemoryStore {
    pub(super) fn reward(
        &self,
        merchant: MerchantId,
        id: RewardId,
    ) -> Result<Option<LoyaltyReward>, StoreError> {
        self.require_reach(merchant)?;
        let found = self.memory.rows().rewards.get(&id).cloned();
        Ok(found.filter(|reward| reward.merchant == merchant))
    }

    pub(super) fn add_reward(&self, new: &LoyaltyReward) -> Result<RewardId, StoreError> {
        self.require_reach(new.merchant)?;
        let last = self.memory.rows().rewards.keys().next_back().map_or(0, |id| id.get());
        let id = RewardId::new(last.saturating_add(1));
        self.memory.put_reward(LoyaltyReward { id, ..new.clone() });
        Ok(id)
    }

    pub(super) fn change_reward(&self, reward: &LoyaltyReward) -> Result<(), StoreError> {
        let before = self.reward(reward.merchant, reward.id)?.ok_or(OUT_OF_REACH)?;
        let (card, created_at) = (before.card, before.created_at);
        self.memory.put_reward(LoyaltyReward { card, created_at, ..reward.clone() });
        Ok(())
    }

    pub(super) fn reprice(
        &self,
        merchant: MerchantId,
        card: LoyaltyCardId,
        points: Points,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.require_reach(merchant)?;
        let mut rows = self.memory.rows();
        let of_card = |one: &&mut LoyaltyReward| one.merchant == merchant && one.card == card;
        for reward in rows.rewards.values_mut().filter(of_card) {
            reward.points = points;
            reward.updated_at = now;
        }
        Ok(())
    }

    pub(super) fn is_used(&self, merchant: MerchantId, id: RewardId) -> Result<bool, StoreError> {
        self.require_reach(merchant)?;
        let rows = self.memory.rows();
        let redeemed = rows
            .redemptions
            .values()
            .any(|one| one.merchant == merchant && one.redeemed.reward() == Some(id));
        let promised = rows.intents.iter().any(|one| match one.promised {
            Promised::Offer(_) => false,
            Promised::Points(_, reward) | Promised::Stamps(_, reward) => {
                one.merchant == merchant && reward == Some(id)
            }
        });
        Ok(redeemed || promised)
    }
}
