//! The port of the loyalty crate: [`LoyaltyStore`] over tables.
//!
//! What people own is reached through their memberships, whose keys begin with the merchant or with the person: so one
//! statement serves a merchant's scope and a person's.

mod account;
mod audit;
mod book;
mod card;
mod earning;
mod facts;
mod history;
mod intent;
mod ledger;
mod redeeming;
mod redemption;
mod reward;
mod seal;
mod summary;
mod uses;

use diesel::sql_types::BigInt;
use regulars_customer::segment::{Needs, SegmentFacts};
use regulars_kernel::{
    AccountId, LoyaltyCardId, MerchantId, Page, PageRequest, PersonId, Points, RedemptionId,
    RewardId, Scope, StoreError, Timestamp,
};
use regulars_loyalty::{
    Account, Book, LoyaltyCard, LoyaltyCardFilter, LoyaltyCardSort, LoyaltyReward, LoyaltyStore,
    OwnUses, PointsSummary, PromotionId, Redemption, RedemptionQuery, RedemptionSort,
};

use crate::{
    Tx,
    statement::{Bind, Statement},
};

impl LoyaltyStore for Tx<'_> {
    fn scope(&self) -> Scope {
        Tx::scope(self)
    }

    fn loyalty_cards(&mut self, ids: &[LoyaltyCardId]) -> Result<Vec<LoyaltyCard>, StoreError> {
        card::by_ids(self, ids)
    }

    fn list_loyalty_cards(
        &mut self,
        filter: &LoyaltyCardFilter,
        page: &PageRequest<LoyaltyCardSort>,
    ) -> Result<Page<LoyaltyCard>, StoreError> {
        card::list(self, filter, page)
    }

    fn count_loyalty_cards(&mut self, filter: &LoyaltyCardFilter) -> Result<u64, StoreError> {
        card::count(self, filter)
    }

    fn loyalty_cards_per_merchant(
        &mut self,
        merchants: &[MerchantId],
        running_at: Option<Timestamp>,
        most: u16,
    ) -> Result<Vec<LoyaltyCard>, StoreError> {
        card::per_merchant(self, merchants, running_at, most)
    }

    fn find_loyalty_card(
        &mut self,
        merchant: MerchantId,
        id: LoyaltyCardId,
    ) -> Result<Option<LoyaltyCard>, StoreError> {
        card::change::find(self, merchant, id)
    }

    fn insert_loyalty_card(&mut self, new: &LoyaltyCard) -> Result<LoyaltyCardId, StoreError> {
        card::change::insert(self, new)
    }

    fn update_loyalty_card(&mut self, card: &LoyaltyCard) -> Result<(), StoreError> {
        card::change::update(self, card)
    }

    fn loyalty_card_has_entries(
        &mut self,
        merchant: MerchantId,
        id: LoyaltyCardId,
    ) -> Result<bool, StoreError> {
        card::change::has_entries(self, merchant, id)
    }

    fn rewards_per_card(
        &mut self,
        cards: &[LoyaltyCardId],
    ) -> Result<Vec<LoyaltyReward>, StoreError> {
        reward::per_card(self, cards)
    }

    fn rewards(&mut self, ids: &[RewardId]) -> Result<Vec<LoyaltyReward>, StoreError> {
        reward::by_ids(self, ids)
    }

    fn find_reward(
        &mut self,
        merchant: MerchantId,
        id: RewardId,
    ) -> Result<Option<LoyaltyReward>, StoreError> {
        reward::change::find(self, merchant, id)
    }

    fn insert_reward(&mut self, new: &LoyaltyReward) -> Result<RewardId, StoreError> {
        reward::change::insert(self, new)
    }

    fn update_reward(&mut self, reward: &LoyaltyReward) -> Result<(), StoreError> {
        reward::change::update(self, reward)
    }

    fn reprice_rewards(
        &mut self,
        merchant: MerchantId,
        card: LoyaltyCardId,
        points: Points,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        reward::change::reprice(self, merchant, card, points, now)
    }

    fn reward_is_used(&mut self, merchant: MerchantId, id: RewardId) -> Result<bool, StoreError> {
        reward::change::is_used(self, merchant, id)
    }

    fn accounts_per_consumer(&mut self, people: &[PersonId]) -> Result<Vec<Account>, StoreError> {
        account::per_consumer(self, people)
    }

    fn open_account(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        card: LoyaltyCardId,
        now: Timestamp,
    ) -> Result<Account, StoreError> {
        account::open(self, merchant, person, card, now)
    }

    fn points_earned(
        &mut self,
        people: &[PersonId],
    ) -> Result<Vec<(PersonId, Points)>, StoreError> {
        summary::earned(self, people)
    }

    fn points_summaries(
        &mut self,
        people: &[PersonId],
        now: Timestamp,
    ) -> Result<Vec<(PersonId, PointsSummary)>, StoreError> {
        summary::per_consumer(self, people, now)
    }

    fn redemptions_per_consumer(
        &mut self,
        query: &RedemptionQuery,
        people: &[PersonId],
        page: &PageRequest<RedemptionSort>,
    ) -> Result<Vec<(PersonId, Page<Redemption>)>, StoreError> {
        redemption::per_consumer(self, query, people, page)
    }

    fn count_redemptions_per_consumer(
        &mut self,
        query: &RedemptionQuery,
        people: &[PersonId],
    ) -> Result<Vec<(PersonId, u64)>, StoreError> {
        redemption::count_per_consumer(self, query, people)
    }

    fn redemptions(&mut self, ids: &[RedemptionId]) -> Result<Vec<Redemption>, StoreError> {
        redemption::by_ids(self, ids)
    }

    fn total_uses(
        &mut self,
        promotions: &[PromotionId],
        now: Timestamp,
    ) -> Result<Vec<(PromotionId, i64)>, StoreError> {
        uses::total(self, promotions, now)
    }

    fn own_uses(
        &mut self,
        person: PersonId,
        merchants: &[MerchantId],
        now: Timestamp,
    ) -> Result<Vec<(PromotionId, OwnUses)>, StoreError> {
        uses::own(self, person, merchants, now)
    }

    fn complete_facts(
        &mut self,
        facts: &mut [SegmentFacts],
        needs: Needs,
    ) -> Result<(), StoreError> {
        facts::complete(self, facts, &needs)
    }

    fn books(&mut self, after: Option<AccountId>, most: u16) -> Result<Vec<Book>, StoreError> {
        book::next(self, after, most)
    }
}

/// A row that is none of the scope's.
const OUT_OF_REACH: StoreError = StoreError::OutOfScope("the merchant's loyalty cards");

/// Refuses to write what is not the merchant's own.
fn require_reach(tx: &Tx<'_>, merchant: MerchantId) -> Result<(), StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)
}

/// Whether a statement reached the row that it was to change.
fn reached(rows: usize) -> Result<(), StoreError> {
    if rows == 0 { Err(OUT_OF_REACH) } else { Ok(()) }
}

/// Whether what a person owns at a merchant is in reach.
fn owns(scope: Scope, merchant: MerchantId, person: PersonId) -> bool {
    match scope {
        Scope::Merchant(own) => own == merchant,
        Scope::Person(own) => own == person,
        Scope::Platform => true,
    }
}

/// Those of the people whose things a scope can reach, each once.
fn near(scope: Scope, people: &[PersonId]) -> Vec<i64> {
    let mut near: Vec<i64> = people
        .iter()
        .filter(|id| scope.person().is_none_or(|own| own == **id))
        .map(|id| id.get())
        .collect();
    near.sort_unstable();
    near.dedup();
    near
}

/// Appends the condition that the memberships `m` are of those people and in reach.
fn push_members<ST>(statement: &mut Statement<ST>, scope: Scope, people: &[PersonId]) {
    statement.push("m.person_id");
    statement.push_is_in(near(scope, people).into_iter().collect::<Bind>());
    if let Scope::Merchant(merchant) = scope {
        statement.push(" AND m.merchant_id = ");
        statement.push_bind(merchant.get());
    }
}

/// A row's new id.
fn inserted(tx: &mut Tx<'_>, statement: Statement<BigInt>) -> Result<i64, StoreError> {
    let missing = StoreError::OutOfScope("a row was written and is not there");
    statement.insert_one(tx.connection, missing)
}

/// Goes on with values, one after the other, and closes the list.
fn listed<ST, const N: usize>(mut statement: Statement<ST>, values: [Bind; N]) -> Statement<ST> {
    for (nth, value) in values.into_iter().enumerate() {
        if nth > 0 {
            statement.push(", ");
        }
        statement.push_bind(value);
    }
    statement.sql(")")
}
