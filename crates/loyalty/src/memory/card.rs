//! Loyalty cards are made and changed.

use regulars_kernel::{LoyaltyCardId, MerchantId, Scope, StoreError};

use super::MemoryStore;
use crate::LoyaltyCard;

/// A row that is none of the scope's.
pub(super) const OUT_OF_REACH: StoreError = StoreError::OutOfScope("the merchant's loyalty cards");

impl MemoryStore {
    /// Refuses what is not within the scope of one who writes.
    pub(super) fn require_reach(&self, merchant: MerchantId) -> Result<(), StoreError> {
        match self.scope {
            Scope::Merchant(own) if own == merchant => Ok(()),
            Scope::Platform => Ok(()),
            Scope::Merchant(_) | Scope::Person(_) => Err(OUT_OF_REACH),
        }
    }

    pub(super) fn find_card(
        &self,
        merchant: MerchantId,
        id: LoyaltyCardId,
    ) -> Result<Option<LoyaltyCard>, StoreError> {
        self.require_reach(merchant)?;
        let found = self.memory.rows().cards.get(&id).cloned();
        Ok(found.filter(|card| card.merchant == merchant))
    }

    pub(super) fn insert_card(&self, new: &LoyaltyCard) -> Result<LoyaltyCardId, StoreError> {
        self.require_reach(new.merchant)?;
        let last = self.memory.rows().cards.keys().next_back().map_or(0, |id| id.get());
        let id = LoyaltyCardId::new(last.saturating_add(1));
        self.memory.put_card(LoyaltyCard { id, ..new.clone() });
        Ok(id)
    }

    pub(super) fn update_card(&self, card: &LoyaltyCard) -> Result<(), StoreError> {
        let before = self.find_card(card.merchant, card.id)?.ok_or(OUT_OF_REACH)?;
        let created_at = before.created_at;
        self.memory.put_card(LoyaltyCard { created_at, ..card.clone() });
        Ok(())
    }

    pub(super) fn card_has_entries(
        &self,
        merchant: MerchantId,
        id: LoyaltyCardId,
    ) -> Result<bool, StoreError> {
        self.require_reach(merchant)?;
        let rows = self.memory.rows();
        let mut accounts = rows.books.values().map(|book| &book.account);
        Ok(accounts.any(|own| own.merchant == merchant && own.card == id && own.seq > 0))
    }
}
