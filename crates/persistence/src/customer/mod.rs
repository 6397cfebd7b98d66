//! The port of the customer crate: [`CustomerStore`] over tables.
//!
//! Each function here says what it asks of which table; what a method promises is said by the port. Every statement on
//! memberships begins with the merchant or the person whose they are.

mod card;
mod claim;
mod consent;
mod consumer;
mod feed;
mod loyalty_id;
mod membership;
mod merge;
mod person;
mod profile;
mod search;
mod search_text;
pub(crate) mod segment;

use regulars_customer::{
    CardNumber, Consent, ConsentChannel, ConsentSort, Consumer, ConsumerFilter, ConsumerSort,
    CustomerStore, Decision, LoyaltyId, MemberKey, Membership, NewConsent, NewPerson, Person,
    Stranger, claim::Claimable, identity::Number, merge::Named,
};
use regulars_kernel::{
    ConsentId, MerchantId, Page, PageRequest, PersonId, Scope, StoreError, Timestamp,
};

use crate::Tx;

pub(crate) use search::{Bounds, Condition, Search, push_conditions, push_searched};
pub(crate) use search_text::index_all;

impl CustomerStore for Tx<'_> {
    fn scope(&self) -> Scope {
        Tx::scope(self)
    }

    fn list_consumers(
        &mut self,
        filter: &ConsumerFilter,
        page: &PageRequest<ConsumerSort>,
    ) -> Result<Page<Consumer>, StoreError> {
        consumer::list(self, filter, page)
    }

    fn count_consumers(&mut self, filter: &ConsumerFilter) -> Result<u64, StoreError> {
        consumer::count(self, filter)
    }

    fn consumers(&mut self, ids: &[PersonId]) -> Result<Vec<Consumer>, StoreError> {
        consumer::by_ids(self, ids)
    }

    fn cards_per_consumer(
        &mut self,
        ids: &[PersonId],
    ) -> Result<Vec<(PersonId, Vec<CardNumber>)>, StoreError> {
        card::per_consumer(self, ids)
    }

    fn find_membership(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
    ) -> Result<Option<Membership>, StoreError> {
        membership::find(self, merchant, person)
    }

    fn memberships_of(&mut self, person: PersonId) -> Result<Vec<Membership>, StoreError> {
        membership::of_person(self, person)
    }

    fn members_by(&mut self, key: &MemberKey) -> Result<Vec<Consumer>, StoreError> {
        consumer::by_key(self, key)
    }

    fn stranger(&mut self, loyalty_id: &LoyaltyId) -> Result<Option<Stranger>, StoreError> {
        person::stranger(self, loyalty_id)
    }

    fn find_account(&mut self, person: PersonId) -> Result<Option<Person>, StoreError> {
        person::find_account(self, person)
    }

    fn joined_account(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
    ) -> Result<Option<Person>, StoreError> {
        person::joined_account(self, merchant, person)
    }

    fn people(&mut self, ids: &[PersonId]) -> Result<Vec<Person>, StoreError> {
        person::people(self, ids)
    }

    fn insert_person(&mut self, new: NewPerson) -> Result<PersonId, StoreError> {
        person::insert(self, new)
    }

    fn update_person(&mut self, person: &Person) -> Result<(), StoreError> {
        person::update(self, person)
    }

    fn insert_membership(&mut self, new: &Membership) -> Result<(), StoreError> {
        membership::insert(self, new)
    }

    fn update_membership(&mut self, membership: &Membership) -> Result<(), StoreError> {
        membership::update(self, membership)
    }

    fn replace_loyalty_id(
        &mut self,
        person: PersonId,
        new: &LoyaltyId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        loyalty_id::replace(self, person, new, at)
    }

    fn block_card(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        key: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        card::block(self, merchant, person, key, at)
    }

    fn merged_into(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
    ) -> Result<Vec<PersonId>, StoreError> {
        merge::merged_into(self, merchant, person)
    }

    fn note_named(
        &mut self,
        merchant: MerchantId,
        other: PersonId,
        row: Named,
    ) -> Result<(), StoreError> {
        merge::note(self, merchant, other, row)
    }

    fn is_blocked(&mut self, number: &Number) -> Result<bool, StoreError> {
        loyalty_id::is_blocked(self, number)
    }

    fn claimable(&mut self, keys: &[String]) -> Result<Vec<Claimable>, StoreError> {
        claim::claimable(self, keys)
    }

    fn standing_consents(&mut self, ids: &[PersonId]) -> Result<Vec<Consent>, StoreError> {
        consent::standing(self, ids)
    }

    fn consent_history(
        &mut self,
        ids: &[PersonId],
        channel: Option<ConsentChannel>,
        page: &PageRequest<ConsentSort>,
    ) -> Result<Vec<(PersonId, Page<Consent>)>, StoreError> {
        consent::history(self, ids, channel, page)
    }

    fn count_consent_history(
        &mut self,
        ids: &[PersonId],
        channel: Option<ConsentChannel>,
    ) -> Result<Vec<(PersonId, u64)>, StoreError> {
        consent::count_history(self, ids, channel)
    }

    fn count_consents(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        channel: ConsentChannel,
    ) -> Result<u64, StoreError> {
        consent::count(self, merchant, person, channel)
    }

    fn is_consent_known(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        decision: &Decision,
    ) -> Result<bool, StoreError> {
        consent::is_known(self, merchant, person, decision)
    }

    fn insert_consent(&mut self, new: &NewConsent) -> Result<ConsentId, StoreError> {
        consent::insert(self, new)
    }

    fn set_last_login(&mut self, person: PersonId, at: Timestamp) -> Result<(), StoreError> {
        person::set_last_login(self, person, at)
    }
}
