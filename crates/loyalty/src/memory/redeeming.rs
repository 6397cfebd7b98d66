//! The port of redeeming in memory. There is nothing to lock: one call comes after another.

use regulars_kernel::{
    EntryId, IntentId, MerchantId, OfferId, OrderId, Page, PageRequest, RedemptionId, RewardId,
    Scope, StoreError, Timestamp, page::cut,
};
use regulars_promotion::{FixedCode, PromotionStore, RedemptionCode};

use super::MemoryStore;
use crate::{
    IntentQuery, IntentSort, IntentState, LoyaltyReward, PromotionId, RedeemingStore, Redemption,
    RedemptionIntent, RedemptionQuery, RedemptionSort,
};

fn number(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

impl MemoryStore {
    /// Whether what a merchant promises is the scope's to write.
    fn writes(&self, merchant: MerchantId) -> bool {
        self.scope.person().is_none() && self.is_near(merchant)
    }

    /// The promises in reach that a query shows, of some promotions.
    fn promised(
        &self,
        query: &IntentQuery,
        of: impl Fn(PromotionId) -> bool,
    ) -> Vec<RedemptionIntent> {
        let rows = self.memory.rows();
        let shown = rows.intents.iter().filter(|row| {
            self.owns(row.merchant, row.person) && query.admits(row) && of(row.promised.promotion())
        });
        shown.cloned().collect()
    }

    /// The redemptions of an offer in reach that a query shows.
    fn redeemed(&self, query: &RedemptionQuery, offer: OfferId) -> Vec<Redemption> {
        let rows = self.memory.rows();
        let shown = rows.redemptions.values().filter(|row| {
            self.owns(row.merchant, row.person)
                && query.admits(row)
                && row.redeemed.promotion() == PromotionId::Offer(offer)
        });
        shown.cloned().collect()
    }
}

impl RedeemingStore for MemoryStore {
    fn lock_promotion(&mut self, _promotion: PromotionId) -> Result<(), StoreError> {
        Ok(())
    }

    fn lock_reward(&mut self, reward: RewardId) -> Result<Option<LoyaltyReward>, StoreError> {
        let found = self.memory.rows().rewards.get(&reward).cloned();
        Ok(found.filter(|row| self.is_near(row.merchant)))
    }

    fn change_stock(&mut self, reward: RewardId, by: i64) -> Result<(), StoreError> {
        if let Some(row) = self.memory.rows().rewards.get_mut(&reward) {
            row.stock = row.stock.map(|stock| stock.saturating_add(by));
        }
        Ok(())
    }

    fn promised_of_reward(&mut self, reward: RewardId, now: Timestamp) -> Result<i64, StoreError> {
        let rows = self.memory.rows();
        let open = rows.intents.iter().filter(|row| row.is_open(now));
        let count = open.filter(|row| row.promised.reward() == Some(reward)).count();
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    fn insert_intent(&mut self, new: &RedemptionIntent) -> Result<IntentId, StoreError> {
        if !self.writes(new.merchant) {
            return Err(StoreError::OutOfScope("the promise is another's"));
        }
        let mut rows = self.memory.rows();
        let taken = rows.intents.iter().any(|row| {
            row.state == IntentState::Open
                && (row.merchant, row.code.as_str()) == (new.merchant, new.code.as_str())
        });
        if taken {
            return Err(StoreError::Taken("redemption_intent.code"));
        }
        let last = rows.intents.iter().map(|row| row.id.get()).max().unwrap_or(0);
        let id = IntentId::new(last.saturating_add(1));
        rows.intents.push(RedemptionIntent { id, ..new.clone() });
        Ok(id)
    }

    fn intent_of_code(
        &mut self,
        merchant: MerchantId,
        code: &str,
    ) -> Result<Option<RedemptionIntent>, StoreError> {
        let rows = self.memory.rows();
        let of_code = rows.intents.iter().filter(|row| {
            row.merchant == merchant && row.code == code && self.owns(merchant, row.person)
        });
        Ok(of_code.max_by_key(|row| (row.state == IntentState::Open, row.id)).cloned())
    }

    fn lock_intent(&mut self, id: IntentId) -> Result<Option<RedemptionIntent>, StoreError> {
        Ok(self.intents(&[id])?.pop())
    }

    fn intents(&mut self, ids: &[IntentId]) -> Result<Vec<RedemptionIntent>, StoreError> {
        let rows = self.memory.rows();
        let found = rows.intents.iter().filter(|row| ids.contains(&row.id));
        Ok(found.filter(|row| self.owns(row.merchant, row.person)).cloned().collect())
    }

    fn list_intents(
        &mut self,
        query: &IntentQuery,
        page: &PageRequest<IntentSort>,
    ) -> Result<Page<RedemptionIntent>, StoreError> {
        Ok(cut(self.promised(query, |_| true), page))
    }

    fn count_intents(&mut self, query: &IntentQuery) -> Result<u64, StoreError> {
        Ok(number(self.promised(query, |_| true).len()))
    }

    fn intents_per_offer(
        &mut self,
        query: &IntentQuery,
        offers: &[OfferId],
        page: &PageRequest<IntentSort>,
    ) -> Result<Vec<(OfferId, Page<RedemptionIntent>)>, StoreError> {
        let of = |offer| self.promised(query, |of| of == PromotionId::Offer(offer));
        Ok(offers.iter().map(|offer| (*offer, cut(of(*offer), page))).collect())
    }

    fn count_intents_per_offer(
        &mut self,
        query: &IntentQuery,
        offers: &[OfferId],
    ) -> Result<Vec<(OfferId, u64)>, StoreError> {
        let of = |offer| self.promised(query, |of| of == PromotionId::Offer(offer)).len();
        let counts = offers.iter().map(|offer| (*offer, number(of(*offer))));
        Ok(counts.filter(|(_, count)| *count > 0).collect())
    }

    fn redemptions_per_offer(
        &mut self,
        query: &RedemptionQuery,
        offers: &[OfferId],
        page: &PageRequest<RedemptionSort>,
    ) -> Result<Vec<(OfferId, Page<Redemption>)>, StoreError> {
        let of = |offer| self.redeemed(query, offer);
        Ok(offers.iter().map(|offer| (*offer, cut(of(*offer), page))).collect())
    }

    fn count_redemptions_per_offer(
        &mut self,
        query: &RedemptionQuery,
        offers: &[OfferId],
    ) -> Result<Vec<(OfferId, u64)>, StoreError> {
        let of = |offer| number(self.redeemed(query, offer).len());
        let counts = offers.iter().map(|offer| (*offer, of(*offer)));
        Ok(counts.filter(|(_, count)| *count > 0).collect())
    }

    fn end_intent(&mut self, intent: IntentId, state: IntentState) -> Result<(), StoreError> {
        let mut rows = self.memory.rows();
        let row = rows.intents.iter_mut().find(|row| row.id == intent);
        let row = row.filter(|row| row.state == IntentState::Open && self.writes(row.merchant));
        row.ok_or(StoreError::OutOfScope("the promise is not open"))?.state = state;
        Ok(())
    }

    fn lapse_intents_of(
        &mut self,
        promotion: PromotionId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut rows = self.memory.rows();
        let over = rows.intents.iter_mut().filter(|row| {
            row.promised.promotion() == promotion
                && row.state == IntentState::Open
                && !row.is_open(now)
                && self.writes(row.merchant)
        });
        over.for_each(|row| row.state = IntentState::Lapsed);
        Ok(())
    }

    fn bind_intent(&mut self, intent: IntentId, order: Option<OrderId>) -> Result<(), StoreError> {
        let mut rows = self.memory.rows();
        let row = rows.intents.iter_mut().find(|row| row.id == intent);
        let row = row.filter(|row| self.writes(row.merchant));
        row.ok_or(StoreError::OutOfScope("the promise is not there"))?.order = order;
        Ok(())
    }

    fn redemptions_of_order(
        &mut self,
        merchant: MerchantId,
        order: OrderId,
    ) -> Result<Vec<Redemption>, StoreError> {
        let rows = self.memory.rows();
        let own = rows.redemptions.values().filter(|row| {
            row.merchant == merchant
                && row.order == Some(order)
                && self.owns(row.merchant, row.person)
        });
        Ok(own.cloned().collect())
    }

    fn lapse_intents(&mut self, now: Timestamp, most: u16) -> Result<usize, StoreError> {
        let scope = self.scope;
        let near = |merchant| scope.merchant().is_none_or(|own| own == merchant);
        let mut rows = self.memory.rows();
        let over = rows.intents.iter_mut().filter(|row| {
            near(row.merchant)
                && row.hold.is_none()
                && row.state == IntentState::Open
                && !row.is_open(now)
        });
        let over = over.take(usize::from(most)).map(|row| row.state = IntentState::Lapsed);
        Ok(over.count())
    }

    fn insert_redemption(
        &mut self,
        new: &Redemption,
        intent: Option<IntentId>,
    ) -> Result<RedemptionId, StoreError> {
        if !self.writes(new.merchant) {
            return Err(StoreError::OutOfScope("the redemption is another's"));
        }
        let last = self.memory.rows().redemptions.keys().next_back().map_or(0, |id| id.get());
        let id = RedemptionId::new(last.saturating_add(1));
        self.memory.put_redemption(Redemption { id, ..new.clone() });
        self.memory.rows().kept.extend(intent.map(|intent| (id, intent)));
        Ok(id)
    }

    fn set_redemption_entry(
        &mut self,
        redemption: RedemptionId,
        entry: EntryId,
    ) -> Result<(), StoreError> {
        let mut rows = self.memory.rows();
        let row = rows.redemptions.get_mut(&redemption);
        row.ok_or(StoreError::OutOfScope("the redemption is not there"))?.entry = Some(entry);
        Ok(())
    }

    fn reverse_redemption(
        &mut self,
        redemption: RedemptionId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut rows = self.memory.rows();
        let row = rows.redemptions.get_mut(&redemption);
        let row = row.ok_or(StoreError::OutOfScope("the redemption is not there"))?;
        row.reversed_at = row.reversed_at.or(Some(now));
        row.updated_at = now;
        Ok(())
    }

    fn offer_of_fixed_code(
        &mut self,
        merchant: MerchantId,
        code: &FixedCode,
    ) -> Result<Option<OfferId>, StoreError> {
        if self.scope != Scope::Merchant(merchant) && self.scope != Scope::Platform {
            return Ok(None);
        }
        let offers = self.promotions.offers_per_merchant(&[merchant], None, u16::MAX)?;
        let named = offers.into_iter().filter_map(|offer| match &offer.code {
            RedemptionCode::Fixed(own) => {
                let folded = FixedCode::parse(own).is_ok_and(|own| own.key() == code.key());
                folded.then_some(offer.id)
            }
            RedemptionCode::Autogenerated => None,
        });
        Ok(named.min())
    }
}
