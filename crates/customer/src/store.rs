//! What this crate asks of whoever keeps the rows.
//!
//! A store value is already scoped: it is a transaction that was opened with a [`Scope`]. Rows out of reach, unknown or
//! named twice are no error: each is answered once at most. Unless a method says otherwise it is one statement, whatever
//! the number of ids, and memberships come whatever their standing.

use regulars_kernel::{
    ConsentId, MerchantId, Page, PageRequest, PersonId, Scope, StoreError, Timestamp,
};
use regulars_merchant::EntitySource;

use crate::{
    CardNumber, Consent, ConsentChannel, ConsentSort, Consumer, ConsumerFilter, ConsumerSort,
    Decision, LoyaltyId, Membership, NewConsent, NewPerson, Person, claim::Claimable,
    identity::Number, merge::Named, search::PhoneTerm,
};

/// One thing by which a merchant finds members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberKey {
    /// The loyalty id that the membership shows.
    LoyaltyId(LoyaltyId),
    /// The key of a card number ([`CardNumber::key`]).
    Card(String),
    /// The key of an e-mail address ([`crate::EmailAddress::key`]). Several can show one: managed people and a registered one.
    Email(String),
    /// A phone number. Families share one.
    Phone(PhoneTerm),
    /// Where the record came from.
    Source(EntitySource, String),
}

/// What a till sees of a registered person who is not a member: the door of rule 6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Who.
    pub id: PersonId,
    /// Their loyalty id.
    pub loyalty_id: LoyaltyId,
    /// What to call them.
    pub firstname: String,
    /// Where they live.
    pub city: Option<String>,
}

/// The most members that [`CustomerStore::members_by`] answers.
pub const MAX_CANDIDATES: usize = 10;

/// Persons and memberships, as far as the scope of the transaction reaches.
///
/// Reach of **memberships**: `Merchant` scope has the merchant's own, `Person` scope the person's own, `Platform` scope
/// all. Reach of **people** (account rows): `Merchant` scope has the merchant's founder and staff; `Person` scope the
/// person; `Platform` scope everyone. Writing reaches what reading reaches, and beside it `Merchant` scope inserts managed
/// people. Writes out of reach are [`StoreError::OutOfScope`].
pub trait CustomerStore {
    /// Whose data the transaction sees.
    fn scope(&self) -> Scope;

    /// A page of a merchant's customers. `Merchant` scope only; elsewhere out of scope.
    fn list_consumers(
        &mut self,
        filter: &ConsumerFilter,
        page: &PageRequest<ConsumerSort>,
    ) -> Result<Page<Consumer>, StoreError>;

    /// How many rows [`Self::list_consumers`] has on all its pages.
    fn count_consumers(&mut self, filter: &ConsumerFilter) -> Result<u64, StoreError>;

    /// A merchant's customers by id, in no order, archived ones included. `Merchant` scope only; elsewhere out of scope.
    fn consumers(&mut self, ids: &[PersonId]) -> Result<Vec<Consumer>, StoreError>;

    /// The cards of each of the people, oldest first; people without one are left out. `Merchant` scope has the merchant's
    /// cards, `Person` scope the person's at every merchant.
    fn cards_per_consumer(
        &mut self,
        ids: &[PersonId],
    ) -> Result<Vec<(PersonId, Vec<CardNumber>)>, StoreError>;

    /// One membership whole. In a transaction that writes, no other one changes it before this one ends. Two statements.
    fn find_membership(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
    ) -> Result<Option<Membership>, StoreError>;

    /// Every membership of a person, whole, by ascending merchant id. In a transaction that writes, no other one changes
    /// them before this one ends; the account is taken first ([`Self::find_account`]), so that nobody waits for each
    /// other. Two statements.
    fn memberships_of(&mut self, person: PersonId) -> Result<Vec<Membership>, StoreError>;

    /// The members that show a key: live ones first, then by ascending id, at most [`MAX_CANDIDATES`]. `Merchant` scope
    /// only; elsewhere out of scope.
    fn members_by(&mut self, key: &MemberKey) -> Result<Vec<Consumer>, StoreError>;

    /// The door (rule 6): the registered consumer of exactly this loyalty id whose account is neither archived nor
    /// deleted, member or not. Managed people of other merchants never stand behind it. Works in every scope.
    fn stranger(&mut self, loyalty_id: &LoyaltyId) -> Result<Option<Stranger>, StoreError>;

    /// The account row of a registered person, to be changed or copied from: in a transaction that writes, no other one
    /// changes it before this one ends. `Person` scope reaches oneself, `Platform` scope everyone, `Merchant` scope nobody.
    fn find_account(&mut self, person: PersonId) -> Result<Option<Person>, StoreError>;

    /// The account row of a registered person who has a membership at a merchant, for the merchant to copy from: in a
    /// transaction that writes, no other one changes it before this one ends. `Merchant` scope reaches the own members, `Platform`
    /// scope everyone's; elsewhere nobody. At most two statements.
    fn joined_account(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
    ) -> Result<Option<Person>, StoreError>;

    /// Account rows by id, in no order.
    fn people(&mut self, ids: &[PersonId]) -> Result<Vec<Person>, StoreError>;

    /// Adds a person and answers the number it was given. Taken: `person.loyalty_id`; for registered people also
    /// `person.email_key` and `person.secondary_email_key`.
    fn insert_person(&mut self, new: NewPerson) -> Result<PersonId, StoreError>;

    /// Writes every field of an account row but its number, kind, user type and `created_at`. Taken as in
    /// [`Self::insert_person`]. Memberships are not touched: see [`crate::sharing::spread`].
    fn update_person(&mut self, person: &Person) -> Result<(), StoreError>;

    /// Adds a membership with its cards and what searches look through. Taken: `membership.person_id`;
    /// `membership.email_key` among managed members; `membership.entity_source_id`; `membership_card.card_key`.
    fn insert_membership(&mut self, new: &Membership) -> Result<(), StoreError>;

    /// Writes every field of a membership but its key, kind and `created_at`, its cards and what searches look
    /// through. Taken as in [`Self::insert_membership`].
    fn update_membership(&mut self, membership: &Membership) -> Result<(), StoreError>;

    /// Writes another loyalty id into a person's row, moves its `updated_at`, and blocks the former one for good. The copies
    /// of memberships are not touched. `Person` scope reaches oneself, `Merchant` scope the managed people it has, `Platform`
    /// scope everyone. Taken: `person.loyalty_id`.
    fn replace_loyalty_id(
        &mut self,
        person: PersonId,
        new: &LoyaltyId,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Blocks a card of a membership by its key ([`CardNumber::key`]): the membership has it no more, and no other of the
    /// merchant's can get it. Reaches what [`Self::update_membership`] reaches, which renews what searches look through.
    fn block_card(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        key: &str,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// The people of a merchant who were merged into a person, by ascending number: those for whom they were merged before among
    /// them. Reaches what [`Self::find_membership`] reaches.
    fn merged_into(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
    ) -> Result<Vec<PersonId>, StoreError>;

    /// Notes that a row came by what names `other`, who was merged into whose it is: an undo gives it back (rule 28). Does nothing
    /// where no merge of theirs stands. `Merchant` and `Platform` scope; elsewhere out of scope.
    fn note_named(
        &mut self,
        merchant: MerchantId,
        other: PersonId,
        row: Named,
    ) -> Result<(), StoreError>;

    /// Whether a number that names nobody is blocked: a former loyalty id of a registered person or of the merchant's own
    /// managed people, or a card of the merchant's. `Merchant` scope only; elsewhere out of scope.
    fn is_blocked(&mut self, number: &Number) -> Result<bool, StoreError>;

    /// The live managed records of every merchant whose e-mail address has one of the keys ([`crate::EmailAddress::key`]), by
    /// ascending person, at most [`crate::claim::MAX_CLAIMABLE`]. `Platform` scope only; elsewhere out of scope.
    fn claimable(&mut self, keys: &[String]) -> Result<Vec<Claimable>, StoreError>;

    /// The decision that stands of each membership and channel ([`crate::consent::standing`]), by ascending person, then
    /// merchant. Reaches the memberships that the scope does.
    fn standing_consents(&mut self, ids: &[PersonId]) -> Result<Vec<Consent>, StoreError>;

    /// The same page of each person's decisions, of one channel or of all.
    fn consent_history(
        &mut self,
        ids: &[PersonId],
        channel: Option<ConsentChannel>,
        page: &PageRequest<ConsentSort>,
    ) -> Result<Vec<(PersonId, Page<Consent>)>, StoreError>;

    /// How many rows all pages of [`Self::consent_history`] have for each person; people without any are left out.
    fn count_consent_history(
        &mut self,
        ids: &[PersonId],
        channel: Option<ConsentChannel>,
    ) -> Result<Vec<(PersonId, u64)>, StoreError>;

    /// How many decisions a membership has of a channel.
    fn count_consents(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        channel: ConsentChannel,
    ) -> Result<u64, StoreError>;

    /// Whether a membership has a decision of just this content.
    fn is_consent_known(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        decision: &Decision,
    ) -> Result<bool, StoreError>;

    /// Adds a decision to a membership and answers the number it was given.
    fn insert_consent(&mut self, new: &NewConsent) -> Result<ConsentId, StoreError>;

    /// Notes that a person logged in: in the account and in the copies of memberships that they have not left, without
    /// moving any `updated_at`. Two statements.
    fn set_last_login(&mut self, person: PersonId, at: Timestamp) -> Result<(), StoreError>;
}

/// A store of an upper crate that holds one of this crate has its port too, without a line of delegation.
pub trait HoldsCustomers {
    /// The store it holds.
    type Customers: CustomerStore;

    /// The store it holds.
    fn held_customers(&self) -> &Self::Customers;

    /// The store it holds.
    fn held_customers_mut(&mut self) -> &mut Self::Customers;
}

impl<T: HoldsCustomers> CustomerStore for T {
    fn scope(&self) -> Scope {
        self.held_customers().scope()
    }

    fn list_consumers(
        &mut self,
        filter: &ConsumerFilter,
        page: &PageRequest<ConsumerSort>,
    ) -> Result<Page<Consumer>, StoreError> {
        self.held_customers_mut().list_consumers(filter, page)
    }

    fn count_consumers(&mut self, filter: &ConsumerFilter) -> Result<u64, StoreError> {
        self.held_customers_mut().count_consumers(filter)
    }

    fn consumers(&mut self, ids: &[PersonId]) -> Result<Vec<Consumer>, StoreError> {
        self.held_customers_mut().consumers(ids)
    }

    fn cards_per_consumer(
        &mut self,
        ids: &[PersonId],
    ) -> Result<Vec<(PersonId, Vec<CardNumber>)>, StoreError> {
        self.held_customers_mut().cards_per_consumer(ids)
    }

    fn find_membership(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
    ) -> Result<Option<Membership>, StoreError> {
        self.held_customers_mut().find_membership(merchant, person)
    }

    fn memberships_of(&mut self, person: PersonId) -> Result<Vec<Membership>, StoreError> {
        self.held_customers_mut().memberships_of(person)
    }

    fn members_by(&mut self, key: &MemberKey) -> Result<Vec<Consumer>, StoreError> {
        self.held_customers_mut().members_by(key)
    }

    fn stranger(&mut self, loyalty_id: &LoyaltyId) -> Result<Option<Stranger>, StoreError> {
        self.held_customers_mut().stranger(loyalty_id)
    }

    fn find_account(&mut self, person: PersonId) -> Result<Option<Person>, StoreError> {
        self.held_customers_mut().find_account(person)
    }

    fn joined_account(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
    ) -> Result<Option<Person>, StoreError> {
        self.held_customers_mut().joined_account(merchant, person)
    }

    fn people(&mut self, ids: &[PersonId]) -> Result<Vec<Person>, StoreError> {
        self.held_customers_mut().people(ids)
    }

    fn insert_person(&mut self, new: NewPerson) -> Result<PersonId, StoreError> {
        self.held_customers_mut().insert_person(new)
    }

    fn update_person(&mut self, person: &Person) -> Result<(), StoreError> {
        self.held_customers_mut().update_person(person)
    }

    fn insert_membership(&mut self, new: &Membership) -> Result<(), StoreError> {
        self.held_customers_mut().insert_membership(new)
    }

    fn update_membership(&mut self, membership: &Membership) -> Result<(), StoreError> {
        self.held_customers_mut().update_membership(membership)
    }

    fn replace_loyalty_id(
        &mut self,
        person: PersonId,
        new: &LoyaltyId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.held_customers_mut().replace_loyalty_id(person, new, at)
    }

    fn block_card(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        key: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.held_customers_mut().block_card(merchant, person, key, at)
    }

    fn merged_into(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
    ) -> Result<Vec<PersonId>, StoreError> {
        self.held_customers_mut().merged_into(merchant, person)
    }

    fn note_named(
        &mut self,
        merchant: MerchantId,
        other: PersonId,
        row: Named,
    ) -> Result<(), StoreError> {
        self.held_customers_mut().note_named(merchant, other, row)
    }

    fn is_blocked(&mut self, number: &Number) -> Result<bool, StoreError> {
        self.held_customers_mut().is_blocked(number)
    }

    fn claimable(&mut self, keys: &[String]) -> Result<Vec<Claimable>, StoreError> {
        self.held_customers_mut().claimable(keys)
    }

    fn standing_consents(&mut self, ids: &[PersonId]) -> Result<Vec<Consent>, StoreError> {
        self.held_customers_mut().standing_consents(ids)
    }

    fn consent_history(
        &mut self,
        ids: &[PersonId],
        channel: Option<ConsentChannel>,
        page: &PageRequest<ConsentSort>,
    ) -> Result<Vec<(PersonId, Page<Consent>)>, StoreError> {
        self.held_customers_mut().consent_history(ids, channel, page)
    }

    fn count_consent_history(
        &mut self,
        ids: &[PersonId],
        channel: Option<ConsentChannel>,
    ) -> Result<Vec<(PersonId, u64)>, StoreError> {
        self.held_customers_mut().count_consent_history(ids, channel)
    }

    fn count_consents(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        channel: ConsentChannel,
    ) -> Result<u64, StoreError> {
        self.held_customers_mut().count_consents(merchant, person, channel)
    }

    fn is_consent_known(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        decision: &Decision,
    ) -> Result<bool, StoreError> {
        self.held_customers_mut().is_consent_known(merchant, person, decision)
    }

    fn insert_consent(&mut self, new: &NewConsent) -> Result<ConsentId, StoreError> {
        self.held_customers_mut().insert_consent(new)
    }

    fn set_last_login(&mut self, person: PersonId, at: Timestamp) -> Result<(), StoreError> {
        self.held_customers_mut().set_last_login(person, at)
    }
}
