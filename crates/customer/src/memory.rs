//! Customers in memory: complete, for tests and for programs that embed the rules without a database.
//!
//! Holds the rows of the merchant crate too, and tells it who joined whom. A transaction is one call after another, which
//! sees what others write meanwhile; whoever wants it undone where it fails marks the rows before it and resets them
//! ([`Memory::mark`]).

mod consent;
mod merge;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use regulars_kernel::{
    ConsentId, MerchantId, MergeId, Page, PageRequest, PersonId, RowsGuard, Scope, SharedRows,
    StoreError, Timestamp, page::cut, rows,
};
use regulars_merchant::{HoldsMerchants, memory as merchants};

use crate::{
    CardNumber, Consent, ConsentChannel, ConsentSort, Consumer, ConsumerFilter, ConsumerSort,
    CustomerStore, Decision, EmailAddress, Kind, LoyaltyId, MemberKey, Membership, NewConsent,
    NewPerson, Person, Standing, Stranger, UserType,
    claim::{Claimable, MAX_CLAIMABLE},
    filter::Audience,
    identity::Number,
    merge::{Merge, MoveKind, Named},
    search::SearchText,
    segment::SegmentFacts,
    store::MAX_CANDIDATES,
};

/// What decides whether a customer fits a segment.
type FactsOf = dyn Fn(&Membership, &Audience) -> SegmentFacts + Send + Sync;

#[derive(Clone, Debug, Default)]
struct Rows {
    people: BTreeMap<PersonId, Person>,
    memberships: BTreeMap<(MerchantId, PersonId), Membership>,
    staff: BTreeSet<(MerchantId, PersonId)>,
    /// Former loyalty ids, with whose they were and the merchant of those that managed people had.
    blocked_ids: BTreeMap<LoyaltyId, (PersonId, Option<MerchantId>)>,
    /// Keys of cards, with whose they were.
    blocked_cards: BTreeMap<(MerchantId, String), PersonId>,
    /// In the order in which they came.
    consents: Vec<Consent>,
    merges: BTreeMap<MergeId, Merge>,
    /// Which rows a merge moved, and which came since by the name of the one who went.
    moves: BTreeSet<(MergeId, MoveKind, String)>,
}

/// The rows, shared by every store made of them; a clone is another handle to the same rows.
#[derive(Clone, Default)]
pub struct Memory {
    rows: SharedRows<Rows>,
    merchants: merchants::Memory,
    facts: Option<Arc<FactsOf>>,
}

/// The rows as they were once, those of the crate below too.
#[derive(Debug)]
pub struct Mark(rows::Mark<Rows>, merchants::Mark);

impl Memory {
    /// No rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes the rows as they are now, those of the crate below too. Costs nothing: who writes first after it copies them,
    /// once.
    pub fn mark(&self) -> Mark {
        Mark(self.rows.mark(), self.merchants.mark())
    }

    /// Makes the rows what they were when they were marked, whoever wrote since.
    pub fn reset(&self, mark: &Mark) {
        self.rows.reset(&mark.0);
        self.merchants.reset(&mark.1);
    }

    /// The store that sees what a scope reaches.
    pub fn scoped(&self, scope: Scope) -> MemoryStore {
        MemoryStore { memory: self.clone(), merchants: self.merchants.scoped(scope), scope }
    }

    /// The rows of the crate below.
    pub const fn merchants(&self) -> &merchants::Memory {
        &self.merchants
    }

    /// The same rows, with more facts for segments than a customer alone has: an upper crate knows orders and points.
    #[must_use]
    pub fn with_facts(
        mut self,
        facts: impl Fn(&Membership, &Audience) -> SegmentFacts + Send + Sync + 'static,
    ) -> Self {
        self.facts = Some(Arc::new(facts));
        self
    }

    /// Puts an account down under a number of its own, in place of the one there: a merchant's founder has the
    /// merchant's number.
    pub fn put_person(&self, person: Person) {
        self.rows().people.insert(person.id, person);
    }

    /// Puts a membership down, in place of the one there.
    pub fn put_membership(&self, membership: Membership) {
        self.tell_joined(&membership);
        self.rows().memberships.insert((membership.merchant, membership.person), membership);
    }

    /// Notes that a person works for a merchant.
    pub fn put_staff(&self, merchant: MerchantId, person: PersonId) {
        self.rows().staff.insert((merchant, person));
    }

    /// Forgets the blocked cards of a person, at one merchant or at each, and answers how many it were: for erasing them.
    pub fn forget_blocked_cards(&self, person: PersonId, merchant: Option<MerchantId>) -> usize {
        let mut rows = self.rows();
        let before = rows.blocked_cards.len();
        rows.blocked_cards.retain(|(at, _), holder| {
            *holder != person || merchant.is_some_and(|merchant| merchant != *at)
        });
        before - rows.blocked_cards.len()
    }

    /// Forgets what a person decided about being contacted, at a merchant or at each, and answers how many decisions it were:
    /// for erasing them.
    pub fn forget_consents(&self, person: PersonId, merchant: Option<MerchantId>) -> usize {
        let mut rows = self.rows();
        let before = rows.consents.len();
        rows.consents.retain(|one| {
            one.new.person != person
                || merchant.is_some_and(|merchant| merchant != one.new.merchant)
        });
        before - rows.consents.len()
    }

    /// Forgets the former loyalty ids of a person, and answers how many it were: for erasing them.
    pub fn forget_blocked_ids(&self, person: PersonId) -> usize {
        let mut rows = self.rows();
        let before = rows.blocked_ids.len();
        rows.blocked_ids.retain(|_, (holder, _)| *holder != person);
        before - rows.blocked_ids.len()
    }

    fn tell_joined(&self, membership: &Membership) {
        let joined = membership.standing == Standing::Live;
        self.merchants.set_joined(membership.person, membership.merchant, joined);
    }

    fn rows(&self) -> RowsGuard<'_, Rows> {
        self.rows.lock()
    }
}

pub use merge::Only;

/// The ports over [`Memory`], within one scope.
#[derive(Clone)]
pub struct MemoryStore {
    memory: Memory,
    merchants: merchants::MemoryStore,
    scope: Scope,
}

impl HoldsMerchants for MemoryStore {
    type Merchants = merchants::MemoryStore;

    fn held_merchants(&self) -> &Self::Merchants {
        &self.merchants
    }

    fn held_merchants_mut(&mut self) -> &mut Self::Merchants {
        &mut self.merchants
    }
}

impl MemoryStore {
    fn merchant(&self) -> Result<MerchantId, StoreError> {
        self.scope.merchant().ok_or(StoreError::OutOfScope("lists of customers are a merchant's"))
    }

    fn reaches(&self, merchant: MerchantId, person: PersonId) -> bool {
        match self.scope {
            Scope::Merchant(own) => own == merchant,
            Scope::Person(own) => own == person,
            Scope::Platform => true,
        }
    }

    /// The merchant's memberships, by ascending person.
    fn members(&self) -> Result<Vec<Membership>, StoreError> {
        let merchant = self.merchant()?;
        let rows = self.memory.rows();
        let own = rows.memberships.values().filter(|member| member.merchant == merchant);
        Ok(own.cloned().collect())
    }

    fn listed(&self, filter: &ConsumerFilter) -> Result<Vec<Consumer>, StoreError> {
        let members = self.members()?.into_iter();
        let admitted = members.filter(|member| filter.admits(member, &member.search_text()));
        let fits = |member: &Membership| {
            let Some(audience) = &filter.segment else {
                return true;
            };
            let facts = match &self.memory.facts {
                Some(facts) => facts(member, audience),
                None => SegmentFacts::of(member.clone(), audience.currency, audience.today),
            };
            crate::segment::evaluate(&audience.segment, &facts)
        };
        Ok(admitted.filter(fits).map(Consumer::from).collect())
    }
}

impl CustomerStore for MemoryStore {
    fn scope(&self) -> Scope {
        self.scope
    }

    fn list_consumers(
        &mut self,
        filter: &ConsumerFilter,
        page: &PageRequest<ConsumerSort>,
    ) -> Result<Page<Consumer>, StoreError> {
        Ok(cut(self.listed(filter)?, page))
    }

    fn count_consumers(&mut self, filter: &ConsumerFilter) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.listed(filter)?.len()).unwrap_or(u64::MAX))
    }

    fn consumers(&mut self, ids: &[PersonId]) -> Result<Vec<Consumer>, StoreError> {
        let members = self.members()?.into_iter();
        Ok(members.filter(|member| ids.contains(&member.person)).map(Consumer::from).collect())
    }

    fn cards_per_consumer(
        &mut self,
        ids: &[PersonId],
    ) -> Result<Vec<(PersonId, Vec<CardNumber>)>, StoreError> {
        let rows = self.memory.rows();
        let mut cards: BTreeMap<PersonId, Vec<CardNumber>> = BTreeMap::new();
        for member in rows.memberships.values() {
            let wanted = ids.contains(&member.person) && !member.cards.is_empty();
            if wanted && self.reaches(member.merchant, member.person) {
                cards.entry(member.person).or_default().extend_from_slice(&member.cards);
            }
        }
        Ok(cards.into_iter().collect())
    }

    fn find_membership(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
    ) -> Result<Option<Membership>, StoreError> {
        let found = self.memory.rows().memberships.get(&(merchant, person)).cloned();
        Ok(found.filter(|_| self.reaches(merchant, person)))
    }

    fn memberships_of(&mut self, person: PersonId) -> Result<Vec<Membership>, StoreError> {
        let rows = self.memory.rows();
        let of_person = rows.memberships.values().filter(|member| member.person == person);
        Ok(of_person.filter(|member| self.reaches(member.merchant, person)).cloned().collect())
    }

    fn members_by(&mut self, key: &MemberKey) -> Result<Vec<Consumer>, StoreError> {
        let mut found = self.members()?;
        found.retain(|member| shows(member, key, &member.search_text()));
        found.sort_by_key(|member| (member.standing.is_archived(), member.person));
        found.truncate(MAX_CANDIDATES);
        Ok(found.into_iter().map(Consumer::from).collect())
    }

    fn stranger(&mut self, loyalty_id: &LoyaltyId) -> Result<Option<Stranger>, StoreError> {
        let rows = self.memory.rows();
        let found = rows.people.values().find(|person| {
            person.loyalty_id.as_ref() == Some(loyalty_id)
                && person.kind == Kind::Registered
                && person.user_type == UserType::Consumer
                && person.active
                && !person.archived
        });
        Ok(found.map(|person| Stranger {
            id: person.id,
            loyalty_id: loyalty_id.clone(),
            firstname: person.profile.firstname.clone(),
            city: person.profile.city.clone(),
        }))
    }

    fn find_account(&mut self, person: PersonId) -> Result<Option<Person>, StoreError> {
        let reached = match self.scope {
            Scope::Merchant(_) => false,
            Scope::Person(own) => own == person,
            Scope::Platform => true,
        };
        let found = self.memory.rows().people.get(&person).cloned();
        Ok(found.filter(|person| reached && person.kind == Kind::Registered))
    }

    fn joined_account(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
    ) -> Result<Option<Person>, StoreError> {
        let reached = match self.scope {
            Scope::Merchant(own) => own == merchant,
            Scope::Person(_) => false,
            Scope::Platform => true,
        };
        let rows = self.memory.rows();
        if !reached || !rows.memberships.contains_key(&(merchant, person)) {
            return Ok(None);
        }
        let found = rows.people.get(&person).cloned();
        Ok(found.filter(|person| person.kind == Kind::Registered))
    }

    fn people(&mut self, ids: &[PersonId]) -> Result<Vec<Person>, StoreError> {
        let rows = self.memory.rows();
        let reached = |person: &&Person| match self.scope {
            Scope::Merchant(merchant) => {
                person.id == merchant.founder() || rows.staff.contains(&(merchant, person.id))
            }
            Scope::Person(own) => own == person.id,
            Scope::Platform => true,
        };
        let found = rows.people.values().filter(|person| ids.contains(&person.id));
        Ok(found.filter(reached).cloned().collect())
    }

    fn insert_person(&mut self, new: NewPerson) -> Result<PersonId, StoreError> {
        match (self.scope, new.kind) {
            (Scope::Platform, _) | (Scope::Merchant(_), Kind::Managed) => {}
            (Scope::Merchant(_), Kind::Registered) | (Scope::Person(_), _) => {
                return Err(StoreError::OutOfScope("people sign up on the platform"));
            }
        }
        let mut rows = self.memory.rows();
        let last = rows.people.keys().next_back().map_or(0, |id| id.get());
        let id = PersonId::new(last.saturating_add(1));
        let person = new.with_id(id);
        rows.check_person(&person)?;
        rows.people.insert(id, person);
        Ok(id)
    }

    fn update_person(&mut self, person: &Person) -> Result<(), StoreError> {
        let reached = match self.scope {
            Scope::Merchant(_) => false,
            Scope::Person(own) => own == person.id,
            Scope::Platform => true,
        };
        let mut rows = self.memory.rows();
        if !reached || !rows.people.contains_key(&person.id) {
            return Err(StoreError::OutOfScope("the account is another's"));
        }
        rows.check_person(person)?;
        if let Some(row) = rows.people.get_mut(&person.id) {
            *row = Person {
                kind: row.kind,
                user_type: row.user_type,
                created_at: row.created_at,
                ..person.clone()
            };
        }
        Ok(())
    }

    fn insert_membership(&mut self, new: &Membership) -> Result<(), StoreError> {
        if !self.reaches(new.merchant, new.person) {
            return Err(StoreError::OutOfScope("the membership is another's"));
        }
        let mut rows = self.memory.rows();
        if rows.memberships.contains_key(&(new.merchant, new.person)) {
            return Err(StoreError::Taken("membership.person_id"));
        }
        rows.check_membership(new)?;
        rows.memberships.insert((new.merchant, new.person), new.clone());
        drop(rows);
        self.memory.tell_joined(new);
        Ok(())
    }

    fn update_membership(&mut self, membership: &Membership) -> Result<(), StoreError> {
        let key = (membership.merchant, membership.person);
        let mut rows = self.memory.rows();
        if !self.reaches(key.0, key.1) || !rows.memberships.contains_key(&key) {
            return Err(StoreError::OutOfScope("the membership is another's"));
        }
        rows.check_membership(membership)?;
        if let Some(row) = rows.memberships.get_mut(&key) {
            *row = Membership { kind: row.kind, created_at: row.created_at, ..membership.clone() };
        }
        drop(rows);
        self.memory.tell_joined(membership);
        Ok(())
    }

    fn replace_loyalty_id(
        &mut self,
        person: PersonId,
        new: &LoyaltyId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut rows = self.memory.rows();
        let out_of_reach = StoreError::OutOfScope("the account is another's");
        let Some(before) = rows.people.get(&person).cloned() else { return Err(out_of_reach) };
        let keeper = rows.memberships.values().find(|member| member.person == person);
        let keeper = keeper.filter(|_| before.kind == Kind::Managed).map(|member| member.merchant);
        let reached = match self.scope {
            Scope::Merchant(own) => keeper == Some(own),
            Scope::Person(own) => own == person,
            Scope::Platform => true,
        };
        if !reached {
            return Err(out_of_reach);
        }
        let after = Person { loyalty_id: Some(new.clone()), updated_at: at, ..before.clone() };
        rows.check_person(&after)?;
        rows.people.insert(person, after);
        if let Some(former) = before.loyalty_id {
            rows.blocked_ids.insert(former, (person, keeper));
        }
        Ok(())
    }

    fn block_card(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        key: &str,
        _at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut rows = self.memory.rows();
        let member = rows.memberships.get_mut(&(merchant, person));
        let Some(member) = member.filter(|_| self.reaches(merchant, person)) else {
            return Err(StoreError::OutOfScope("the membership is another's"));
        };
        let before = member.cards.len();
        member.cards.retain(|card| card.key() != key);
        if member.cards.len() < before {
            rows.blocked_cards.insert((merchant, key.to_owned()), person);
        }
        Ok(())
    }

    fn merged_into(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
    ) -> Result<Vec<PersonId>, StoreError> {
        Ok(self.merged(merchant, person))
    }

    fn note_named(
        &mut self,
        merchant: MerchantId,
        other: PersonId,
        row: Named,
    ) -> Result<(), StoreError> {
        self.note(merchant, other, row)
    }

    fn is_blocked(&mut self, number: &Number) -> Result<bool, StoreError> {
        let merchant = self.merchant()?;
        let rows = self.memory.rows();
        let keeper = number.loyalty_id.as_ref().and_then(|id| rows.blocked_ids.get(id));
        let keeper = keeper.map(|(_, keeper)| keeper);
        let id = keeper.is_some_and(|keeper| keeper.is_none_or(|keeper| keeper == merchant));
        Ok(id || rows.blocked_cards.contains_key(&(merchant, number.card_key.clone())))
    }

    fn claimable(&mut self, keys: &[String]) -> Result<Vec<Claimable>, StoreError> {
        if self.scope != Scope::Platform {
            return Err(StoreError::OutOfScope("what is claimed is another merchant's"));
        }
        let rows = self.memory.rows();
        let offered = |member: &&Membership| {
            let key = member.profile.email.as_ref().map(EmailAddress::key);
            member.kind == Kind::Managed
                && member.standing == Standing::Live
                && key.is_some_and(|key| keys.contains(&key))
        };
        let mut found: Vec<Claimable> = rows
            .memberships
            .values()
            .filter(offered)
            .map(|member| Claimable {
                merchant: member.merchant,
                person: member.person,
                firstname: member.profile.firstname.clone(),
                created_at: member.created_at,
            })
            .collect();
        found.sort_by_key(|claimable| claimable.person);
        found.truncate(MAX_CLAIMABLE);
        Ok(found)
    }

    fn standing_consents(&mut self, ids: &[PersonId]) -> Result<Vec<Consent>, StoreError> {
        Ok(self.standing(ids))
    }

    fn consent_history(
        &mut self,
        ids: &[PersonId],
        channel: Option<ConsentChannel>,
        page: &PageRequest<ConsentSort>,
    ) -> Result<Vec<(PersonId, Page<Consent>)>, StoreError> {
        Ok(self.history(ids, channel, page))
    }

    fn count_consent_history(
        &mut self,
        ids: &[PersonId],
        channel: Option<ConsentChannel>,
    ) -> Result<Vec<(PersonId, u64)>, StoreError> {
        Ok(self.count_history(ids, channel))
    }

    fn count_consents(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        channel: ConsentChannel,
    ) -> Result<u64, StoreError> {
        Ok(self.count_decisions(merchant, person, channel))
    }

    fn is_consent_known(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        decision: &Decision,
    ) -> Result<bool, StoreError> {
        Ok(self.is_decided(merchant, person, decision))
    }

    fn insert_consent(&mut self, new: &NewConsent) -> Result<ConsentId, StoreError> {
        self.decide(new)
    }

    fn set_last_login(&mut self, person: PersonId, at: Timestamp) -> Result<(), StoreError> {
        let reached = match self.scope {
            Scope::Merchant(_) => false,
            Scope::Person(own) => own == person,
            Scope::Platform => true,
        };
        let mut rows = self.memory.rows();
        let Some(account) = rows.people.get_mut(&person).filter(|_| reached) else {
            return Err(StoreError::OutOfScope("the account is another's"));
        };
        account.last_login = Some(at);
        for member in rows.memberships.values_mut().filter(|member| member.person == person) {
            if !member.standing.is_gone() {
                member.last_login = Some(at);
            }
        }
        Ok(())
    }
}

impl Rows {
    fn check_person(&self, new: &Person) -> Result<(), StoreError> {
        let others = || self.people.values().filter(|person| person.id != new.id);
        let key = |email: &Option<EmailAddress>| email.as_ref().map(EmailAddress::key);
        let email = key(&new.profile.email);
        let second = key(&new.profile.secondary_email);
        if new.loyalty_id.is_some() && others().any(|other| other.loyalty_id == new.loyalty_id) {
            return Err(StoreError::Taken("person.loyalty_id"));
        }
        if email.is_some() && others().any(|other| key(&other.profile.email) == email) {
            return Err(StoreError::Taken("person.email_key"));
        }
        if second.is_some() && others().any(|other| key(&other.profile.secondary_email) == second) {
            return Err(StoreError::Taken("person.secondary_email_key"));
        }
        Ok(())
    }

    fn check_membership(&self, new: &Membership) -> Result<(), StoreError> {
        let email = new.search_text().email;
        let managed = new.kind == Kind::Managed;
        let keys: BTreeSet<_> = new.cards.iter().map(CardNumber::key).collect();
        if keys.iter().any(|key| self.blocked_cards.contains_key(&(new.merchant, key.clone()))) {
            return Err(StoreError::Taken("membership_card.card_key"));
        }
        let own = self.memberships.values().filter(|member| member.merchant == new.merchant);
        for other in own.filter(|member| member.person != new.person) {
            // Who was merged shows an address beside the one who has it now.
            let merged = |one: &Membership| one.standing.merged_into().is_some();
            let both_managed = managed && other.kind == Kind::Managed;
            if both_managed
                && !merged(new)
                && !merged(other)
                && !email.is_empty()
                && other.search_text().email == email
            {
                return Err(StoreError::Taken("membership.email_key"));
            }
            if new.entity_source_id.is_some()
                && other.entity_source == new.entity_source
                && other.entity_source_id == new.entity_source_id
            {
                return Err(StoreError::Taken("membership.entity_source_id"));
            }
            if other.cards.iter().any(|card| keys.contains(&card.key())) {
                return Err(StoreError::Taken("membership_card.card_key"));
            }
        }
        Ok(())
    }
}

fn shows(member: &Membership, key: &MemberKey, searched: &SearchText) -> bool {
    match key {
        MemberKey::LoyaltyId(id) => member.loyalty_id.as_ref() == Some(id),
        MemberKey::Card(key) => member.cards.iter().any(|card| card.key() == *key),
        MemberKey::Email(key) => !key.is_empty() && searched.email == *key,
        MemberKey::Phone(term) => term.matches(&searched.phone),
        MemberKey::Source(source, id) => {
            member.entity_source == Some(*source)
                && member.entity_source_id.as_deref() == Some(id.as_str())
        }
    }
}
