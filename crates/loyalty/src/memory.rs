//! Cards, ledgers and redemptions in memory: complete, for tests and for programs that embed the rules without a database.
//!
//! Holds the rows of the crates below too, and tells them what segments ask about. Orders and visits belong to an upper
//! crate, which tells this one. A transaction is one call after another, which sees what others write meanwhile; whoever
//! wants it undone where it fails marks the rows before it and resets them ([`Memory::mark`]).

mod card;
mod erasure;
mod history;
mod ledger;
mod merge;
mod redeeming;
mod reward;
mod rows;
mod seal;

use std::collections::{BTreeMap, BTreeSet};

use regulars_customer::{
    HoldsCustomers, memory as customers,
    segment::{Needs, OrderFact, SegmentFacts, VisitFact},
};
use regulars_kernel::{
    AccountId, LoyaltyCardId, MerchantId, Page, PageRequest, PersonId, Points, RedemptionId,
    RewardId, RowsGuard, Scope, SharedRows, StoreError, Timestamp, page::cut, rows as shared,
};
use regulars_merchant::{
    HoldsMerchants,
    memory::{Namer, Naming},
};
use regulars_promotion::{HoldsPromotions, memory as promotions};

use crate::{
    Account, Book, LoyaltyCard, LoyaltyCardFilter, LoyaltyCardSort, LoyaltyReward, LoyaltyStore,
    OwnUses, PointsSummary, PromotionId, Redemption, RedemptionIntent, RedemptionQuery,
    RedemptionSort, posting::Unpostable, summary::summarise,
};

use rows::Rows;

/// The rows, shared by every store made of them; a clone is another handle to the same rows.
#[derive(Clone)]
pub struct Memory {
    rows: SharedRows<Rows>,
    promotions: promotions::Memory,
}

impl Default for Memory {
    fn default() -> Self {
        let rows: SharedRows<Rows> = SharedRows::default();
        let known = rows.clone();
        let customers = customers::Memory::new().with_facts(move |membership, audience| {
            let membership = membership.clone();
            let mut facts = SegmentFacts::of(membership, audience.currency, audience.today);
            known.lock().know(&mut facts);
            facts
        });
        Self { rows, promotions: promotions::Memory::over(customers) }
    }
}

/// The rows as they were once, those of the crates below too.
#[derive(Debug)]
pub struct Mark(shared::Mark<Rows>, promotions::Mark);

impl Memory {
    /// No rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes the rows as they are now, those of the crates below too. Costs nothing: who writes first after it copies them,
    /// once.
    pub fn mark(&self) -> Mark {
        Mark(self.rows.mark(), self.promotions.mark())
    }

    /// Makes the rows what they were when they were marked, whoever wrote since.
    pub fn reset(&self, mark: &Mark) {
        self.rows.reset(&mark.0);
        self.promotions.reset(&mark.1);
    }

    /// The store that sees what a scope reaches.
    pub fn scoped(&self, scope: Scope) -> MemoryStore {
        MemoryStore { memory: self.clone(), promotions: self.promotions.scoped(scope), scope }
    }

    /// The rows of the crate below.
    pub const fn promotions(&self) -> &promotions::Memory {
        &self.promotions
    }

    /// The customers, two crates below.
    pub const fn customers(&self) -> &customers::Memory {
        self.promotions.customers()
    }

    /// Puts a card down, in place of the one of the same id.
    pub fn put_card(&self, mut card: LoyaltyCard) {
        card.terms.places.stores.sort_unstable();
        card.terms.places.groups.sort_unstable();
        card.products.sort_unstable();
        let (live, published) = (card.terms.is_live(), card.terms.is_published());
        let by = Namer::LoyaltyCard(card.id);
        self.promotions.tell_named(by, &card.products, live, published);
        let mut rows = self.rows();
        let rewards = rows.rewards.values().filter(|reward| reward.card == card.id);
        let own: Vec<_> = rewards.cloned().collect();
        rows.cards.insert(card.id, card);
        drop(rows);
        for reward in own {
            self.tell_named(&reward);
        }
    }

    /// Puts a reward down, in place of the one of the same id.
    pub fn put_reward(&self, reward: LoyaltyReward) {
        self.tell_named(&reward);
        let id = reward.id;
        let mut rows = self.rows();
        rows.rewards.insert(id, reward);
        let redeemed = rows.redemptions.values().filter(|one| one.redeemed.reward() == Some(id));
        let redeemed: Vec<_> = redeemed.cloned().collect();
        drop(rows);
        for redemption in redeemed {
            self.tell_redeemed(&redemption);
        }
    }

    /// Tells the crates below which product a reward names.
    fn tell_named(&self, reward: &LoyaltyReward) {
        let terms = self.rows().cards.get(&reward.card).map(|card| card.terms.clone());
        let offered = terms.filter(|_terms| !reward.archived);
        let (live, published) =
            offered.map_or((false, false), |terms| (terms.is_live(), terms.is_published()));
        self.promotions.tell_named(Namer::Reward(reward.id), &[reward.product], live, published);
    }

    /// Tells the crate at the bottom which product a person's redemption names.
    fn tell_redeemed(&self, redemption: &Redemption) {
        let rows = self.rows();
        let reward = redemption.redeemed.reward().and_then(|id| rows.rewards.get(&id));
        let product = reward.map(|reward| reward.product);
        drop(rows);
        let named = product.zip(redemption.person);
        let named = named.map(|(product, person)| (product, Naming::ToPerson(person)));
        self.customers().merchants().set_named(Namer::Redemption(redemption.id), named);
    }

    /// Puts the whole books of an account down, in place of those there. Whether they add up is the caller's business
    /// ([`crate::ledger::check`]).
    pub fn put_book(&self, book: Book) {
        self.rows().books.insert(book.account.id, book);
    }

    /// Puts a redemption down, in place of the one of the same id.
    pub fn put_redemption(&self, redemption: Redemption) {
        self.tell_redeemed(&redemption);
        self.rows().redemptions.insert(redemption.id, redemption);
    }

    /// Puts an intent down, in place of the one of the same id.
    pub fn put_intent(&self, intent: RedemptionIntent) {
        let mut rows = self.rows();
        rows.intents.retain(|other| other.id != intent.id);
        rows.intents.push(intent);
    }

    /// Tells what a customer bought, for segments.
    pub fn put_orders(&self, merchant: MerchantId, person: PersonId, orders: Vec<OrderFact>) {
        self.rows().orders.insert((merchant, person), orders);
    }

    /// Tells when a customer came by, for segments.
    pub fn put_visits(&self, merchant: MerchantId, person: PersonId, visits: Vec<VisitFact>) {
        self.rows().visits.insert((merchant, person), visits);
    }

    fn rows(&self) -> RowsGuard<'_, Rows> {
        self.rows.lock()
    }
}

/// The ports over [`Memory`], within one scope.
#[derive(Clone)]
pub struct MemoryStore {
    memory: Memory,
    promotions: promotions::MemoryStore,
    scope: Scope,
}

impl HoldsPromotions for MemoryStore {
    type Promotions = promotions::MemoryStore;

    fn held_promotions(&self) -> &Self::Promotions {
        &self.promotions
    }

    fn held_promotions_mut(&mut self) -> &mut Self::Promotions {
        &mut self.promotions
    }
}

impl HoldsCustomers for MemoryStore {
    type Customers = promotions::MemoryStore;

    fn held_customers(&self) -> &Self::Customers {
        &self.promotions
    }

    fn held_customers_mut(&mut self) -> &mut Self::Customers {
        &mut self.promotions
    }
}

impl HoldsMerchants for MemoryStore {
    type Merchants = promotions::MemoryStore;

    fn held_merchants(&self) -> &Self::Merchants {
        &self.promotions
    }

    fn held_merchants_mut(&mut self) -> &mut Self::Merchants {
        &mut self.promotions
    }
}

impl MemoryStore {
    /// Whether what a person owns at a merchant is in reach.
    fn owns(&self, merchant: MerchantId, person: Option<PersonId>) -> bool {
        match self.scope {
            Scope::Merchant(own) => own == merchant,
            Scope::Person(own) => person == Some(own),
            Scope::Platform => true,
        }
    }

    fn is_near(&self, merchant: MerchantId) -> bool {
        self.scope.merchant().is_none_or(|own| own == merchant)
    }

    fn reaches_card_of(&self, reward: &LoyaltyReward) -> bool {
        let card = self.memory.rows().cards.get(&reward.card).cloned();
        card.is_some_and(|card| {
            let terms = &card.terms;
            self.memory.promotions.reaches(self.scope, card.merchant, terms.is_live(), terms)
        })
    }

    fn listed(&self, filter: &LoyaltyCardFilter) -> Result<Vec<LoyaltyCard>, StoreError> {
        let promotions = &self.memory.promotions;
        let place = filter.store.map(|store| promotions.place(store)).transpose()?.flatten();
        let place = place.as_ref().map(|(merchant, groups)| (*merchant, groups.as_slice()));
        let mut cards: Vec<_> = self.memory.rows().cards.values().cloned().collect();
        cards.retain(|card| {
            promotions.lists(self.scope, card.merchant, card.terms.is_live())
                && filter.admits(card, place)
        });
        Ok(cards)
    }

    /// The books in reach of those people, by person.
    fn books_of(&self, people: &[PersonId]) -> BTreeMap<PersonId, Vec<Book>> {
        let mut found: BTreeMap<PersonId, Vec<Book>> = BTreeMap::new();
        for book in self.memory.rows().books.values() {
            let Account { merchant, person, .. } = book.account;
            if people.contains(&person) && self.owns(merchant, Some(person)) {
                found.entry(person).or_default().push(book.clone());
            }
        }
        found
    }

    /// Those of [`Self::books_of`] that hold points.
    fn books_of_points(&self, people: &[PersonId]) -> BTreeMap<PersonId, Vec<Book>> {
        let mut found = self.books_of(people);
        let rows = self.memory.rows();
        for books in found.values_mut() {
            books.retain(|book| rows.collects_points(book));
        }
        found.retain(|_, books| !books.is_empty());
        found
    }

    fn redemptions_of(
        &self,
        query: &RedemptionQuery,
        people: &[PersonId],
    ) -> BTreeMap<PersonId, Vec<Redemption>> {
        let mut found: BTreeMap<PersonId, Vec<Redemption>> = BTreeMap::new();
        for row in self.memory.rows().redemptions.values() {
            let Some(person) = row.person.filter(|person| people.contains(person)) else {
                continue;
            };
            if query.admits(row) && self.owns(row.merchant, Some(person)) {
                found.entry(person).or_default().push(row.clone());
            }
        }
        found
    }
}

impl LoyaltyStore for MemoryStore {
    fn scope(&self) -> Scope {
        self.scope
    }

    fn loyalty_cards(&mut self, ids: &[LoyaltyCardId]) -> Result<Vec<LoyaltyCard>, StoreError> {
        let mut cards: Vec<_> = self.memory.rows().cards.values().cloned().collect();
        let promotions = &self.memory.promotions;
        cards.retain(|card| {
            let (merchant, terms) = (card.merchant, &card.terms);
            ids.contains(&card.id)
                && promotions.reaches(self.scope, merchant, terms.is_live(), terms)
        });
        Ok(cards)
    }

    fn list_loyalty_cards(
        &mut self,
        filter: &LoyaltyCardFilter,
        page: &PageRequest<LoyaltyCardSort>,
    ) -> Result<Page<LoyaltyCard>, StoreError> {
        Ok(cut(self.listed(filter)?, page))
    }

    fn count_loyalty_cards(&mut self, filter: &LoyaltyCardFilter) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.listed(filter)?.len()).unwrap_or(u64::MAX))
    }

    fn loyalty_cards_per_merchant(
        &mut self,
        merchants: &[MerchantId],
        running_at: Option<Timestamp>,
        most: u16,
    ) -> Result<Vec<LoyaltyCard>, StoreError> {
        let everyone = self.scope.person().is_none();
        let rows = self.memory.rows();
        let of = |merchant: MerchantId| {
            let shown = rows.cards.values().filter(move |card| {
                let terms = &card.terms;
                card.merchant == merchant
                    && !terms.archived
                    && (everyone || terms.is_live())
                    && running_at.is_none_or(|at| terms.is_live() && terms.window_holds(at))
            });
            shown.rev().take(usize::from(most))
        };
        let merchants: BTreeSet<_> =
            merchants.iter().copied().filter(|merchant| self.is_near(*merchant)).collect();
        let mut found: Vec<_> = merchants.into_iter().flat_map(of).cloned().collect();
        found.sort_by_key(|card| card.id);
        Ok(found)
    }

    fn find_loyalty_card(
        &mut self,
        merchant: MerchantId,
        id: LoyaltyCardId,
    ) -> Result<Option<LoyaltyCard>, StoreError> {
        self.find_card(merchant, id)
    }

    fn insert_loyalty_card(&mut self, new: &LoyaltyCard) -> Result<LoyaltyCardId, StoreError> {
        self.insert_card(new)
    }

    fn update_loyalty_card(&mut self, card: &LoyaltyCard) -> Result<(), StoreError> {
        self.update_card(card)
    }

    fn loyalty_card_has_entries(
        &mut self,
        merchant: MerchantId,
        id: LoyaltyCardId,
    ) -> Result<bool, StoreError> {
        self.card_has_entries(merchant, id)
    }

    fn rewards_per_card(
        &mut self,
        cards: &[LoyaltyCardId],
    ) -> Result<Vec<LoyaltyReward>, StoreError> {
        let mut rewards: Vec<_> = self.memory.rows().rewards.values().cloned().collect();
        rewards.retain(|reward| {
            cards.contains(&reward.card) && !reward.archived && self.reaches_card_of(reward)
        });
        Ok(rewards)
    }

    fn rewards(&mut self, ids: &[RewardId]) -> Result<Vec<LoyaltyReward>, StoreError> {
        let mut rewards: Vec<_> = self.memory.rows().rewards.values().cloned().collect();
        let own: BTreeSet<_> = {
            let rows = self.memory.rows();
            let own = rows.redemptions.values();
            own.filter(|row| row.person.is_some() && row.person == self.scope.person())
                .filter_map(|row| row.redeemed.reward())
                .collect()
        };
        rewards.retain(|reward| {
            ids.contains(&reward.id)
                && self.is_near(reward.merchant)
                && (self.scope.person().is_none()
                    || own.contains(&reward.id)
                    || (!reward.archived && self.reaches_card_of(reward)))
        });
        Ok(rewards)
    }

    fn find_reward(
        &mut self,
        merchant: MerchantId,
        id: RewardId,
    ) -> Result<Option<LoyaltyReward>, StoreError> {
        self.reward(merchant, id)
    }

    fn insert_reward(&mut self, new: &LoyaltyReward) -> Result<RewardId, StoreError> {
        self.add_reward(new)
    }

    fn update_reward(&mut self, reward: &LoyaltyReward) -> Result<(), StoreError> {
        self.change_reward(reward)
    }

    fn reprice_rewards(
        &mut self,
        merchant: MerchantId,
        card: LoyaltyCardId,
        points: Points,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.reprice(merchant, card, points, now)
    }

    fn reward_is_used(&mut self, merchant: MerchantId, id: RewardId) -> Result<bool, StoreError> {
        self.is_used(merchant, id)
    }

    fn accounts_per_consumer(&mut self, people: &[PersonId]) -> Result<Vec<Account>, StoreError> {
        let books = self.books_of(people).into_values().flatten();
        let mut accounts: Vec<_> = books.map(|book| book.account).collect();
        accounts.sort_by_key(|account| account.id);
        Ok(accounts)
    }

    fn open_account(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        card: LoyaltyCardId,
        now: Timestamp,
    ) -> Result<Account, StoreError> {
        if !self.owns(merchant, Some(person)) {
            return Err(StoreError::OutOfScope("the account is another's"));
        }
        let mut rows = self.memory.rows();
        let known = rows.books.values().map(|book| &book.account).find(|account| {
            (account.merchant, account.person, account.card) == (merchant, person, card)
        });
        if let Some(known) = known {
            return Ok(known.clone());
        }
        let last = rows.books.keys().next_back().map_or(0, |id| id.get());
        let id = AccountId::new(last.saturating_add(1));
        let account = Account::new(id, merchant, person, card, now);
        rows.books.insert(id, Book::new(account.clone()));
        Ok(account)
    }

    fn points_earned(
        &mut self,
        people: &[PersonId],
    ) -> Result<Vec<(PersonId, Points)>, StoreError> {
        let sum = |books: Vec<Book>| {
            let mut earned = books.iter().map(|book| book.account.counted());
            let sum = earned.try_fold(Points::ZERO, |sum, one| sum.checked_add(one?));
            sum.ok_or(Unpostable::Overflow)
        };
        let books = self.books_of_points(people).into_iter();
        books.map(|(person, books)| Ok((person, sum(books)?))).collect()
    }

    fn points_summaries(
        &mut self,
        people: &[PersonId],
        now: Timestamp,
    ) -> Result<Vec<(PersonId, PointsSummary)>, StoreError> {
        let books = self.books_of_points(people).into_iter();
        let sum = |books: Vec<Book>| summarise(&books, now).ok_or(Unpostable::Overflow);
        books.map(|(person, books)| Ok((person, sum(books)?))).collect()
    }

    fn redemptions_per_consumer(
        &mut self,
        query: &RedemptionQuery,
        people: &[PersonId],
        page: &PageRequest<RedemptionSort>,
    ) -> Result<Vec<(PersonId, Page<Redemption>)>, StoreError> {
        let found = self.redemptions_of(query, people).into_iter();
        Ok(found.map(|(person, rows)| (person, cut(rows, page))).collect())
    }

    fn count_redemptions_per_consumer(
        &mut self,
        query: &RedemptionQuery,
        people: &[PersonId],
    ) -> Result<Vec<(PersonId, u64)>, StoreError> {
        let found = self.redemptions_of(query, people).into_iter();
        let count = |rows: Vec<Redemption>| u64::try_from(rows.len()).unwrap_or(u64::MAX);
        Ok(found.map(|(person, rows)| (person, count(rows))).collect())
    }

    fn redemptions(&mut self, ids: &[RedemptionId]) -> Result<Vec<Redemption>, StoreError> {
        let rows = self.memory.rows();
        let found = rows.redemptions.values().filter(|row| ids.contains(&row.id));
        Ok(found.filter(|row| self.owns(row.merchant, row.person)).cloned().collect())
    }

    fn total_uses(
        &mut self,
        promotions: &[PromotionId],
        now: Timestamp,
    ) -> Result<Vec<(PromotionId, i64)>, StoreError> {
        let mut totals: BTreeMap<PromotionId, i64> = BTreeMap::new();
        for (promotion, merchant, _person, _at) in self.memory.rows().uses(now) {
            if promotions.contains(&promotion) && self.is_near(merchant) {
                let total = totals.entry(promotion).or_default();
                *total = total.saturating_add(1);
            }
        }
        Ok(totals.into_iter().collect())
    }

    fn own_uses(
        &mut self,
        person: PersonId,
        merchants: &[MerchantId],
        now: Timestamp,
    ) -> Result<Vec<(PromotionId, OwnUses)>, StoreError> {
        let mut uses: BTreeMap<PromotionId, OwnUses> = BTreeMap::new();
        for (promotion, merchant, by, at) in self.memory.rows().uses(now) {
            let own = by == Some(person) && merchants.contains(&merchant);
            if own && self.owns(merchant, by) {
                let uses = uses.entry(promotion).or_insert(OwnUses { count: 0, last: at });
                uses.count = uses.count.saturating_add(1);
                uses.last = uses.last.max(at);
            }
        }
        Ok(uses.into_iter().collect())
    }

    fn complete_facts(
        &mut self,
        facts: &mut [SegmentFacts],
        needs: Needs,
    ) -> Result<(), StoreError> {
        let rows = self.memory.rows();
        for facts in facts {
            let membership = &facts.membership;
            if self.owns(membership.merchant, Some(membership.person)) {
                let (currency, today) = (facts.currency, facts.today);
                let mut whole = SegmentFacts::of(membership.clone(), currency, today);
                rows.know(&mut whole);
                facts.complete(whole, &needs);
            }
        }
        Ok(())
    }

    fn books(&mut self, after: Option<AccountId>, most: u16) -> Result<Vec<Book>, StoreError> {
        let rows = self.memory.rows();
        let next = rows.books.values().filter(|book| {
            let Account { id, merchant, person, .. } = book.account;
            after.is_none_or(|after| id > after) && self.owns(merchant, Some(person))
        });
        Ok(next.take(usize::from(most)).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::suite;

    #[test]
    fn the_port_suite_passes() {
        suite::run(&mut Memory::new());
    }

    proptest! {
        #[test]
        fn rules_17_to_19_and_25_journeys_add_up_after_every_step(seed in any::<u64>()) {
            let memory = Memory::new();
            let mut tx = memory.scoped(Scope::Merchant(suite::FIRST));
            suite::journey(&mut tx, LoyaltyCardId::new(701), seed, 60).unwrap();
        }
    }
}
