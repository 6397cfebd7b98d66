//! What histories ask of whoever keeps the ledger, beside [`LedgerStore`].

use regulars_kernel::{AccountId, EntryId, MerchantId, Page, PageRequest, PersonId, StoreError};

use crate::{
    Book, HoldsLoyalty, LedgerStore,
    history::{HistoryQuery, HistorySort, Line},
};

/// Lines of the ledger for people to read, and what was said of them. Reach as in [`crate::LoyaltyStore`].
pub trait HistoryStore: LedgerStore {
    /// The same page of each person's lines, over all of their accounts in reach; people without any may be left out.
    fn history_per_consumer(
        &mut self,
        query: &HistoryQuery,
        people: &[PersonId],
        page: &PageRequest<HistorySort>,
    ) -> Result<Vec<(PersonId, Page<Line>)>, StoreError>;

    /// How many rows all pages of [`Self::history_per_consumer`] have for each; people without any may be left out.
    fn count_history_per_consumer(
        &mut self,
        query: &HistoryQuery,
        people: &[PersonId],
    ) -> Result<Vec<(PersonId, u64)>, StoreError>;

    /// Lines by id, in no order.
    fn lines(&mut self, ids: &[EntryId]) -> Result<Vec<Line>, StoreError>;

    /// The whole books of accounts, by ascending account; those out of reach are left out.
    fn books_of(&mut self, accounts: &[AccountId]) -> Result<Vec<Book>, StoreError>;

    /// The books of accounts as far as they say what is there: lots that hold something, and open holds. By ascending
    /// account; those out of reach are left out.
    fn standing_books(&mut self, accounts: &[AccountId]) -> Result<Vec<Book>, StoreError>;

    /// Keeps what somebody said of a line that they wrote; erasing whose line it is clears it (rule 30). Nothing of it goes
    /// into a hash.
    fn put_reason(
        &mut self,
        merchant: MerchantId,
        entry: EntryId,
        reason: &str,
    ) -> Result<(), StoreError>;
}

impl<T: HoldsLoyalty> HistoryStore for T
where
    T::Loyalty: HistoryStore,
{
    fn history_per_consumer(
        &mut self,
        query: &HistoryQuery,
        people: &[PersonId],
        page: &PageRequest<HistorySort>,
    ) -> Result<Vec<(PersonId, Page<Line>)>, StoreError> {
        self.held_loyalty_mut().history_per_consumer(query, people, page)
    }

    fn count_history_per_consumer(
        &mut self,
        query: &HistoryQuery,
        people: &[PersonId],
    ) -> Result<Vec<(PersonId, u64)>, StoreError> {
        self.held_loyalty_mut().count_history_per_consumer(query, people)
    }

    fn lines(&mut self, ids: &[EntryId]) -> Result<Vec<Line>, StoreError> {
        self.held_loyalty_mut().lines(ids)
    }

    fn books_of(&mut self, accounts: &[AccountId]) -> Result<Vec<Book>, StoreError> {
        self.held_loyalty_mut().books_of(accounts)
    }

    fn standing_books(&mut self, accounts: &[AccountId]) -> Result<Vec<Book>, StoreError> {
        self.held_loyalty_mut().standing_books(accounts)
    }

    fn put_reason(
        &mut self,
        merchant: MerchantId,
        entry: EntryId,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.held_loyalty_mut().put_reason(merchant, entry, reason)
    }
}
