//! What this crate asks of whoever keeps the rows.

use regulars_customer::segment::{Needs, SegmentFacts};
use regulars_kernel::{
    AccountId, LoyaltyCardId, MerchantId, Page, PageRequest, PersonId, Points, RedemptionId,
    RewardId, Scope, StoreError, Timestamp,
};

use crate::{
    Account, Book, LoyaltyCard, LoyaltyCardFilter, LoyaltyCardSort, LoyaltyReward, PointsSummary,
    PromotionId, Redemption, RedemptionQuery, RedemptionSort,
};

/// How often one person redeemed a promotion, open intents included (rule 23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnUses {
    /// How often; positive.
    pub count: i64,
    /// The last time.
    pub last: Timestamp,
}

/// Cards, ledgers and redemptions, as far as the scope of the transaction reaches. The number of statements of a method
/// does not depend on the number of ids or rows; ids out of reach, unknown or named twice are no error: each row is
/// answered once at most.
///
/// Reach: `Merchant` scope has its own rows and no others; `Platform` scope has everything; `Person` scope has the person's
/// own accounts and redemptions at every merchant, and cards and rewards as each method says.
pub trait LoyaltyStore {
    /// Whose data the transaction sees.
    fn scope(&self) -> Scope;

    /// Cards by id, in no order. In `Person` scope: live ones of any merchant ([`regulars_promotion::Terms::is_live`]),
    /// and what merchants that the person joined have published ([`regulars_promotion::Terms::is_published`]).
    fn loyalty_cards(&mut self, ids: &[LoyaltyCardId]) -> Result<Vec<LoyaltyCard>, StoreError>;

    /// A page of cards. In `Person` scope: the live ones of the merchants that the person joined.
    fn list_loyalty_cards(
        &mut self,
        filter: &LoyaltyCardFilter,
        page: &PageRequest<LoyaltyCardSort>,
    ) -> Result<Page<LoyaltyCard>, StoreError>;

    /// How many rows [`Self::list_loyalty_cards`] has on all its pages.
    fn count_loyalty_cards(&mut self, filter: &LoyaltyCardFilter) -> Result<u64, StoreError>;

    /// The cards of each of the merchants that are not archived, by ascending id; of each merchant the newest `most`
    /// (those of the highest ids). With an instant: only the live ones whose own window holds it. In `Person` scope:
    /// only live ones, of those merchants joined or not.
    fn loyalty_cards_per_merchant(
        &mut self,
        merchants: &[MerchantId],
        running_at: Option<Timestamp>,
        most: u16,
    ) -> Result<Vec<LoyaltyCard>, StoreError>;

    /// One of a merchant's cards. In a transaction that writes, no other one changes it before this one ends. `Merchant` and
    /// `Platform` scope; elsewhere out of scope.
    fn find_loyalty_card(
        &mut self,
        merchant: MerchantId,
        id: LoyaltyCardId,
    ) -> Result<Option<LoyaltyCard>, StoreError>;

    /// Adds a card with the stores, groups and products that it names, which are the merchant's, and answers the number it was
    /// given; `new.id` is not looked at. Reach as of [`Self::find_loyalty_card`]; at most four statements.
    fn insert_loyalty_card(&mut self, new: &LoyaltyCard) -> Result<LoyaltyCardId, StoreError>;

    /// Writes every field of a card but its key and `created_at`. Reach as of [`Self::find_loyalty_card`]; at most seven
    /// statements.
    fn update_loyalty_card(&mut self, card: &LoyaltyCard) -> Result<(), StoreError>;

    /// Whether anything was ever written in an account on a card. Reach as of [`Self::find_loyalty_card`].
    fn loyalty_card_has_entries(
        &mut self,
        merchant: MerchantId,
        id: LoyaltyCardId,
    ) -> Result<bool, StoreError>;

    /// The rewards of those cards that are not archived, by ascending id. In `Person` scope: of cards that
    /// [`Self::loyalty_cards`] reaches.
    fn rewards_per_card(
        &mut self,
        cards: &[LoyaltyCardId],
    ) -> Result<Vec<LoyaltyReward>, StoreError>;

    /// Rewards by id, archived ones included, in no order. In `Person` scope: those of [`Self::rewards_per_card`], and any
    /// that a redemption of the person's own names.
    fn rewards(&mut self, ids: &[RewardId]) -> Result<Vec<LoyaltyReward>, StoreError>;

    /// One of a merchant's rewards; as [`Self::find_loyalty_card`].
    fn find_reward(
        &mut self,
        merchant: MerchantId,
        id: RewardId,
    ) -> Result<Option<LoyaltyReward>, StoreError>;

    /// Adds a reward of a card and a product that are the merchant's, and answers the number it was given; `new.id` is not looked
    /// at. Reach as of [`Self::find_loyalty_card`].
    fn insert_reward(&mut self, new: &LoyaltyReward) -> Result<RewardId, StoreError>;

    /// Writes every field of a reward but its key, its card and `created_at`. Reach as of [`Self::find_loyalty_card`].
    fn update_reward(&mut self, reward: &LoyaltyReward) -> Result<(), StoreError>;

    /// Has every reward of a card, archived ones too, cost so many. Reach as of [`Self::find_loyalty_card`].
    fn reprice_rewards(
        &mut self,
        merchant: MerchantId,
        card: LoyaltyCardId,
        points: Points,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Whether a redemption, or a code whatever came of it, names a reward. Reach as of [`Self::find_loyalty_card`].
    fn reward_is_used(&mut self, merchant: MerchantId, id: RewardId) -> Result<bool, StoreError>;

    /// The accounts of those people, by ascending id.
    fn accounts_per_consumer(&mut self, people: &[PersonId]) -> Result<Vec<Account>, StoreError>;

    /// The person's account on a card of the merchant, opened now where there is none. The person has a membership there.
    fn open_account(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        card: LoyaltyCardId,
        now: Timestamp,
    ) -> Result<Account, StoreError>;

    /// What those people earned net of reversals on points cards (rule 16). People without such an account may be left
    /// out.
    fn points_earned(&mut self, people: &[PersonId])
    -> Result<Vec<(PersonId, Points)>, StoreError>;

    /// What [`crate::summary::summarise`] says of those people's books of points. People without such an account may be
    /// left out.
    fn points_summaries(
        &mut self,
        people: &[PersonId],
        now: Timestamp,
    ) -> Result<Vec<(PersonId, PointsSummary)>, StoreError>;

    /// The same page of each person's redemptions that the query admits; people without any may be left out.
    fn redemptions_per_consumer(
        &mut self,
        query: &RedemptionQuery,
        people: &[PersonId],
        page: &PageRequest<RedemptionSort>,
    ) -> Result<Vec<(PersonId, Page<Redemption>)>, StoreError>;

    /// How many rows all pages of [`Self::redemptions_per_consumer`] have for each; people without any may be left out.
    fn count_redemptions_per_consumer(
        &mut self,
        query: &RedemptionQuery,
        people: &[PersonId],
    ) -> Result<Vec<(PersonId, u64)>, StoreError>;

    /// Redemptions by id, in no order: those in reach of the person who redeemed or of the merchant.
    fn redemptions(&mut self, ids: &[RedemptionId]) -> Result<Vec<Redemption>, StoreError>;

    /// How often those promotions were redeemed, by anybody, whatever the scope: redemptions that were not taken back, and
    /// intents that are open now (rule 23). Unused ones may be left out.
    fn total_uses(
        &mut self,
        promotions: &[PromotionId],
        now: Timestamp,
    ) -> Result<Vec<(PromotionId, i64)>, StoreError>;

    /// The same for one person and all promotions of those merchants; unused ones are left out.
    fn own_uses(
        &mut self,
        person: PersonId,
        merchants: &[MerchantId],
        now: Timestamp,
    ) -> Result<Vec<(PromotionId, OwnUses)>, StoreError>;

    /// Fills in what segments ask about beside the membership, for each person and merchant named by the facts. What is
    /// not needed stays as it is. A statement for each thing needed.
    fn complete_facts(
        &mut self,
        facts: &mut [SegmentFacts],
        needs: Needs,
    ) -> Result<(), StoreError>;

    /// The whole books of the next accounts after one, by ascending id, to be checked ([`crate::ledger::check`]).
    fn books(&mut self, after: Option<AccountId>, most: u16) -> Result<Vec<Book>, StoreError>;
}

/// A store of an upper crate that holds one of this crate has its port too, without a line of delegation.
pub trait HoldsLoyalty {
    /// The store it holds.
    type Loyalty: LoyaltyStore;

    /// The store it holds.
    fn held_loyalty(&self) -> &Self::Loyalty;

    /// The store it holds.
    fn held_loyalty_mut(&mut self) -> &mut Self::Loyalty;
}

impl<T: HoldsLoyalty> LoyaltyStore for T {
    fn scope(&self) -> Scope {
        self.held_loyalty().scope()
    }

    fn loyalty_cards(&mut self, ids: &[LoyaltyCardId]) -> Result<Vec<LoyaltyCard>, StoreError> {
        self.held_loyalty_mut().loyalty_cards(ids)
    }

    fn list_loyalty_cards(
        &mut self,
        filter: &LoyaltyCardFilter,
        page: &PageRequest<LoyaltyCardSort>,
    ) -> Result<Page<LoyaltyCard>, StoreError> {
        self.held_loyalty_mut().list_loyalty_cards(filter, page)
    }

    fn count_loyalty_cards(&mut self, filter: &LoyaltyCardFilter) -> Result<u64, StoreError> {
        self.held_loyalty_mut().count_loyalty_cards(filter)
    }

    fn loyalty_cards_per_merchant(
        &mut self,
        merchants: &[MerchantId],
        running_at: Option<Timestamp>,
        most: u16,
    ) -> Result<Vec<LoyaltyCard>, StoreError> {
        self.held_loyalty_mut().loyalty_cards_per_merchant(merchants, running_at, most)
    }

    fn find_loyalty_card(
        &mut self,
        merchant: MerchantId,
        id: LoyaltyCardId,
    ) -> Result<Option<LoyaltyCard>, StoreError> {
        self.held_loyalty_mut().find_loyalty_card(merchant, id)
    }

    fn insert_loyalty_card(&mut self, new: &LoyaltyCard) -> Result<LoyaltyCardId, StoreError> {
        self.held_loyalty_mut().insert_loyalty_card(new)
    }

    fn update_loyalty_card(&mut self, card: &LoyaltyCard) -> Result<(), StoreError> {
        self.held_loyalty_mut().update_loyalty_card(card)
    }

    fn loyalty_card_has_entries(
        &mut self,
        merchant: MerchantId,
        id: LoyaltyCardId,
    ) -> Result<bool, StoreError> {
        self.held_loyalty_mut().loyalty_card_has_entries(merchant, id)
    }

    fn rewards_per_card(
        &mut self,
        cards: &[LoyaltyCardId],
    ) -> Result<Vec<LoyaltyReward>, StoreError> {
        self.held_loyalty_mut().rewards_per_card(cards)
    }

    fn rewards(&mut self, ids: &[RewardId]) -> Result<Vec<LoyaltyReward>, StoreError> {
        self.held_loyalty_mut().rewards(ids)
    }

    fn find_reward(
        &mut self,
        merchant: MerchantId,
        id: RewardId,
    ) -> Result<Option<LoyaltyReward>, StoreError> {
        self.held_loyalty_mut().find_reward(merchant, id)
    }

    fn insert_reward(&mut self, new: &LoyaltyReward) -> Result<RewardId, StoreError> {
        self.held_loyalty_mut().insert_reward(new)
    }

    fn update_reward(&mut self, reward: &LoyaltyReward) -> Result<(), StoreError> {
        self.held_loyalty_mut().update_reward(reward)
    }

    fn reprice_rewards(
        &mut self,
        merchant: MerchantId,
        card: LoyaltyCardId,
        points: Points,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.held_loyalty_mut().reprice_rewards(merchant, card, points, now)
    }

    fn reward_is_used(&mut self, merchant: MerchantId, id: RewardId) -> Result<bool, StoreError> {
        self.held_loyalty_mut().reward_is_used(merchant, id)
    }

    fn accounts_per_consumer(&mut self, people: &[PersonId]) -> Result<Vec<Account>, StoreError> {
        self.held_loyalty_mut().accounts_per_consumer(people)
    }

    fn open_account(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        card: LoyaltyCardId,
        now: Timestamp,
    ) -> Result<Account, StoreError> {
        self.held_loyalty_mut().open_account(merchant, person, card, now)
    }

    fn points_earned(
        &mut self,
        people: &[PersonId],
    ) -> Result<Vec<(PersonId, Points)>, StoreError> {
        self.held_loyalty_mut().points_earned(people)
    }

    fn points_summaries(
        &mut self,
        people: &[PersonId],
        now: Timestamp,
    ) -> Result<Vec<(PersonId, PointsSummary)>, StoreError> {
        self.held_loyalty_mut().points_summaries(people, now)
    }

    fn redemptions_per_consumer(
        &mut self,
        query: &RedemptionQuery,
        people: &[PersonId],
        page: &PageRequest<RedemptionSort>,
    ) -> Result<Vec<(PersonId, Page<Redemption>)>, StoreError> {
        self.held_loyalty_mut().redemptions_per_consumer(query, people, page)
    }

    fn count_redemptions_per_consumer(
        &mut self,
        query: &RedemptionQuery,
        people: &[PersonId],
    ) -> Result<Vec<(PersonId, u64)>, StoreError> {
        self.held_loyalty_mut().count_redemptions_per_consumer(query, people)
    }

    fn redemptions(&mut self, ids: &[RedemptionId]) -> Result<Vec<Redemption>, StoreError> {
        self.held_loyalty_mut().redemptions(ids)
    }

    fn total_uses(
        &mut self,
        promotions: &[PromotionId],
        now: Timestamp,
    ) -> Result<Vec<(PromotionId, i64)>, StoreError> {
        self.held_loyalty_mut().total_uses(promotions, now)
    }

    fn own_uses(
        &mut self,
        person: PersonId,
        merchants: &[MerchantId],
        now: Timestamp,
    ) -> Result<Vec<(PromotionId, OwnUses)>, StoreError> {
        self.held_loyalty_mut().own_uses(person, merchants, now)
    }

    fn complete_facts(
        &mut self,
        facts: &mut [SegmentFacts],
        needs: Needs,
    ) -> Result<(), StoreError> {
        self.held_loyalty_mut().complete_facts(facts, needs)
    }

    fn books(&mut self, after: Option<AccountId>, most: u16) -> Result<Vec<Book>, StoreError> {
        self.held_loyalty_mut().books(after, most)
    }
}
