//! What redeeming asks of whoever keeps the rows, beside [`LedgerStore`].

use regulars_kernel::{
    EntryId, IntentId, MerchantId, OfferId, OrderId, Page, PageRequest, RedemptionId, RewardId,
    StoreError, Timestamp,
};
use regulars_promotion::FixedCode;

use crate::{
    HoldsLoyalty, IntentQuery, IntentSort, IntentState, LedgerStore, LoyaltyReward, PromotionId,
    Redemption, RedemptionIntent, RedemptionQuery, RedemptionSort,
};

/// Promises and redemptions, written. Reach as in [`crate::LoyaltyStore`], but for writing: what is promised and redeemed is
/// the merchant's to write, in its own scope, and never a person's. What is locked is locked until the transaction
/// ends: first promotions, by ascending [`PromotionId::rank`], then rewards, then accounts, then promises.
pub trait RedeemingStore: LedgerStore {
    /// Locks a promotion, so that its uses are counted and added to in one step (rule 23).
    fn lock_promotion(&mut self, promotion: PromotionId) -> Result<(), StoreError>;

    /// Locks a reward and answers it as it is then.
    fn lock_reward(&mut self, reward: RewardId) -> Result<Option<LoyaltyReward>, StoreError>;

    /// Adds to what is left of a reward, or takes from it; nothing where enough is left for ever.
    fn change_stock(&mut self, reward: RewardId, by: i64) -> Result<(), StoreError>;

    /// How many open promises name a reward.
    fn promised_of_reward(&mut self, reward: RewardId, now: Timestamp) -> Result<i64, StoreError>;

    /// Keeps a promise; its `id` is given by the store. [`StoreError::Taken`] of `redemption_intent.code` where an open one of
    /// the merchant has that code.
    fn insert_intent(&mut self, new: &RedemptionIntent) -> Result<IntentId, StoreError>;

    /// The newest promise of a code at a merchant, open ones first; `code` is in the form of
    /// [`regulars_promotion::code::Code`].
    fn intent_of_code(
        &mut self,
        merchant: MerchantId,
        code: &str,
    ) -> Result<Option<RedemptionIntent>, StoreError>;

    /// Locks a promise.
    fn lock_intent(&mut self, id: IntentId) -> Result<Option<RedemptionIntent>, StoreError>;

    /// Promises by id, in no order: of the merchant's, or the person's own.
    fn intents(&mut self, ids: &[IntentId]) -> Result<Vec<RedemptionIntent>, StoreError>;

    /// A page of promises, within the scope's reach.
    fn list_intents(
        &mut self,
        query: &IntentQuery,
        page: &PageRequest<IntentSort>,
    ) -> Result<Page<RedemptionIntent>, StoreError>;

    /// How many rows [`Self::list_intents`] has on all its pages.
    fn count_intents(&mut self, query: &IntentQuery) -> Result<u64, StoreError>;

    /// The same page of each offer's promises; offers without any may be left out.
    fn intents_per_offer(
        &mut self,
        query: &IntentQuery,
        offers: &[OfferId],
        page: &PageRequest<IntentSort>,
    ) -> Result<Vec<(OfferId, Page<RedemptionIntent>)>, StoreError>;

    /// How many rows all pages of [`Self::intents_per_offer`] have for each; offers without any are left out.
    fn count_intents_per_offer(
        &mut self,
        query: &IntentQuery,
        offers: &[OfferId],
    ) -> Result<Vec<(OfferId, u64)>, StoreError>;

    /// The same page of each offer's redemptions; offers without any may be left out.
    fn redemptions_per_offer(
        &mut self,
        query: &RedemptionQuery,
        offers: &[OfferId],
        page: &PageRequest<RedemptionSort>,
    ) -> Result<Vec<(OfferId, Page<Redemption>)>, StoreError>;

    /// How many rows all pages of [`Self::redemptions_per_offer`] have for each; offers without any are left out.
    fn count_redemptions_per_offer(
        &mut self,
        query: &RedemptionQuery,
        offers: &[OfferId],
    ) -> Result<Vec<(OfferId, u64)>, StoreError>;

    /// Ends an open promise.
    fn end_intent(&mut self, intent: IntentId, state: IntentState) -> Result<(), StoreError>;

    /// Notes the open promises of a promotion whose time is up as lapsed. What those set aside goes with its hold.
    fn lapse_intents_of(
        &mut self,
        promotion: PromotionId,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Puts an open promise on an order, or takes it off one.
    fn bind_intent(&mut self, intent: IntentId, order: Option<OrderId>) -> Result<(), StoreError>;

    /// What was taken off an order, by ascending id, taken back or not.
    fn redemptions_of_order(
        &mut self,
        merchant: MerchantId,
        order: OrderId,
    ) -> Result<Vec<Redemption>, StoreError>;

    /// Notes the open promises whose time is up as lapsed, at most so many; answers how many they were.
    fn lapse_intents(&mut self, now: Timestamp, most: u16) -> Result<usize, StoreError>;

    /// Keeps a redemption; its `id` is given by the store, `intent` is the promise it keeps.
    fn insert_redemption(
        &mut self,
        new: &Redemption,
        intent: Option<IntentId>,
    ) -> Result<RedemptionId, StoreError>;

    /// Says which line of the ledger took a redemption's points or stamps.
    fn set_redemption_entry(
        &mut self,
        redemption: RedemptionId,
        entry: EntryId,
    ) -> Result<(), StoreError>;

    /// Takes a redemption back: it counts nowhere from then on (rule 23).
    fn reverse_redemption(
        &mut self,
        redemption: RedemptionId,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// The offer in use of a merchant that everybody redeems by this code ([`FixedCode::key`]).
    fn offer_of_fixed_code(
        &mut self,
        merchant: MerchantId,
        code: &FixedCode,
    ) -> Result<Option<OfferId>, StoreError>;
}

impl<T: HoldsLoyalty> RedeemingStore for T
where
    T::Loyalty: RedeemingStore,
{
    fn lock_promotion(&mut self, promotion: PromotionId) -> Result<(), StoreError> {
        self.held_loyalty_mut().lock_promotion(promotion)
    }

    fn lock_reward(&mut self, reward: RewardId) -> Result<Option<LoyaltyReward>, StoreError> {
        self.held_loyalty_mut().lock_reward(reward)
    }

    fn change_stock(&mut self, reward: RewardId, by: i64) -> Result<(), StoreError> {
        self.held_loyalty_mut().change_stock(reward, by)
    }

    fn promised_of_reward(&mut self, reward: RewardId, now: Timestamp) -> Result<i64, StoreError> {
        self.held_loyalty_mut().promised_of_reward(reward, now)
    }

    fn insert_intent(&mut self, new: &RedemptionIntent) -> Result<IntentId, StoreError> {
        self.held_loyalty_mut().insert_intent(new)
    }

    fn intent_of_code(
        &mut self,
        merchant: MerchantId,
        code: &str,
    ) -> Result<Option<RedemptionIntent>, StoreError> {
        self.held_loyalty_mut().intent_of_code(merchant, code)
    }

    fn lock_intent(&mut self, id: IntentId) -> Result<Option<RedemptionIntent>, StoreError> {
        self.held_loyalty_mut().lock_intent(id)
    }

    fn intents(&mut self, ids: &[IntentId]) -> Result<Vec<RedemptionIntent>, StoreError> {
        self.held_loyalty_mut().intents(ids)
    }

    fn list_intents(
        &mut self,
        query: &IntentQuery,
        page: &PageRequest<IntentSort>,
    ) -> Result<Page<RedemptionIntent>, StoreError> {
        self.held_loyalty_mut().list_intents(query, page)
    }

    fn count_intents(&mut self, query: &IntentQuery) -> Result<u64, StoreError> {
        self.held_loyalty_mut().count_intents(query)
    }

    fn intents_per_offer(
        &mut self,
        query: &IntentQuery,
        offers: &[OfferId],
        page: &PageRequest<IntentSort>,
    ) -> Result<Vec<(OfferId, Page<RedemptionIntent>)>, StoreError> {
        self.held_loyalty_mut().intents_per_offer(query, offers, page)
    }

    fn count_intents_per_offer(
        &mut self,
        query: &IntentQuery,
        offers: &[OfferId],
    ) -> Result<Vec<(OfferId, u64)>, StoreError> {
        self.held_loyalty_mut().count_intents_per_offer(query, offers)
    }

    fn redemptions_per_offer(
        &mut self,
        query: &RedemptionQuery,
        offers: &[OfferId],
        page: &PageRequest<RedemptionSort>,
    ) -> Result<Vec<(OfferId, Page<Redemption>)>, StoreError> {
        self.held_loyalty_mut().redemptions_per_offer(query, offers, page)
    }

    fn count_redemptions_per_offer(
        &mut self,
        query: &RedemptionQuery,
        offers: &[OfferId],
    ) -> Result<Vec<(OfferId, u64)>, StoreError> {
        self.held_loyalty_mut().count_redemptions_per_offer(query, offers)
    }

    fn end_intent(&mut self, intent: IntentId, state: IntentState) -> Result<(), StoreError> {
        self.held_loyalty_mut().end_intent(intent, state)
    }

    fn lapse_intents_of(
        &mut self,
        promotion: PromotionId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.held_loyalty_mut().lapse_intents_of(promotion, now)
    }

    fn bind_intent(&mut self, intent: IntentId, order: Option<OrderId>) -> Result<(), StoreError> {
        self.held_loyalty_mut().bind_intent(intent, order)
    }

    fn redemptions_of_order(
        &mut self,
        merchant: MerchantId,
        order: OrderId,
    ) -> Result<Vec<Redemption>, StoreError> {
        self.held_loyalty_mut().redemptions_of_order(merchant, order)
    }

    fn lapse_intents(&mut self, now: Timestamp, most: u16) -> Result<usize, StoreError> {
        self.held_loyalty_mut().lapse_intents(now, most)
    }

    fn insert_redemption(
        &mut self,
        new: &Redemption,
        intent: Option<IntentId>,
    ) -> Result<RedemptionId, StoreError> {
        self.held_loyalty_mut().insert_redemption(new, intent)
    }

    fn set_redemption_entry(
        &mut self,
        redemption: RedemptionId,
        entry: EntryId,
    ) -> Result<(), StoreError> {
        self.held_loyalty_mut().set_redemption_entry(redemption, entry)
    }

    fn reverse_redemption(
        &mut self,
        redemption: RedemptionId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.held_loyalty_mut().reverse_redemption(redemption, now)
    }

    fn offer_of_fixed_code(
        &mut self,
        merchant: MerchantId,
        code: &FixedCode,
    ) -> Result<Option<OfferId>, StoreError> {
        self.held_loyalty_mut().offer_of_fixed_code(merchant, code)
    }
}
