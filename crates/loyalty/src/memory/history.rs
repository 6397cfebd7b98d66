//! The port of histories in memory.

use regulars_kernel::{
    AccountId, EntryId, MerchantId, Page, PageRequest, PersonId, Points, StoreError, page::cut,
};

use super::{Memory, MemoryStore, rows::Rows};
use crate::{
    Book, Cause, Entry, EntryKind, HistoryStore, HoldState,
    history::{HistoryQuery, HistorySort, Line},
};

fn line(rows: &Rows, book: &Book, entry: &Entry) -> Result<Line, StoreError> {
    let line = Line::of(book, entry)?;
    let source = match entry.cause {
        Cause::Review(id) => {
            let mut all = rows.books.values().flat_map(|book| &book.entries);
            all.find(|row| row.id == id).map_or(entry.cause, |row| row.cause)
        }
        cause => cause,
    };
    Ok(Line { source, reason: rows.reasons.get(&(line.merchant, entry.id)).cloned(), ..line })
}

impl MemoryStore {
    /// The lines of the accounts in reach that are wanted.
    fn lines_where(&self, wanted: impl Fn(&Book, &Entry) -> bool) -> Result<Vec<Line>, StoreError> {
        let rows = self.memory.rows();
        let mut found = Vec::new();
        for book in rows.books.values() {
            if self.owns(book.account.merchant, Some(book.account.person)) {
                for entry in book.entries.iter().filter(|entry| wanted(book, entry)) {
                    found.push(line(&rows, book, entry)?);
                }
            }
        }
        Ok(found)
    }

    fn lines_of(&self, query: &HistoryQuery, person: PersonId) -> Result<Vec<Line>, StoreError> {
        self.lines_where(|book, entry| {
            book.account.person == person
                && query.admits(book.account.merchant, book.account.card, entry)
        })
    }

    fn books_in_reach(&self, accounts: &[AccountId]) -> Vec<Book> {
        let rows = self.memory.rows();
        let books = rows.books.values().filter(|book| accounts.contains(&book.account.id));
        let owned =
            books.filter(|book| self.owns(book.account.merchant, Some(book.account.person)));
        owned.cloned().collect()
    }
}

fn each_once(people: &[PersonId]) -> Vec<PersonId> {
    let mut people = people.to_vec();
    people.sort_unstable();
    people.dedup();
    people
}

impl HistoryStore for MemoryStore {
    fn history_per_consumer(
        &mut self,
        query: &HistoryQuery,
        people: &[PersonId],
        page: &PageRequest<HistorySort>,
    ) -> Result<Vec<(PersonId, Page<Line>)>, StoreError> {
        let people = each_once(people).into_iter();
        people.map(|person| Ok((person, cut(self.lines_of(query, person)?, page)))).collect()
    }

    fn count_history_per_consumer(
        &mut self,
        query: &HistoryQuery,
        people: &[PersonId],
    ) -> Result<Vec<(PersonId, u64)>, StoreError> {
        let people = each_once(people).into_iter();
        let count = |person| {
            let lines = self.lines_of(query, person)?;
            Ok((person, u64::try_from(lines.len()).unwrap_or(u64::MAX)))
        };
        people.map(count).collect()
    }

    fn lines(&mut self, ids: &[EntryId]) -> Result<Vec<Line>, StoreError> {
        self.lines_where(|_, entry| ids.contains(&entry.id))
    }

    fn books_of(&mut self, accounts: &[AccountId]) -> Result<Vec<Book>, StoreError> {
        Ok(self.books_in_reach(accounts))
    }

    fn standing_books(&mut self, accounts: &[AccountId]) -> Result<Vec<Book>, StoreError> {
        let mut books = self.books_in_reach(accounts);
        for book in &mut books {
            book.entries.clear();
            book.lot_uses.clear();
            book.lots.retain(|lot| lot.remaining > Points::ZERO);
            book.holds.retain(|hold| hold.state == HoldState::Open);
            let open: Vec<_> = book.holds.iter().map(|hold| hold.id).collect();
            book.hold_lots.retain(|part| open.contains(&part.hold));
        }
        Ok(books)
    }

    fn put_reason(
        &mut self,
        merchant: MerchantId,
        entry: EntryId,
        reason: &str,
    ) -> Result<(), StoreError> {
        if !self.is_near(merchant) {
            return Err(StoreError::OutOfScope("the entry is another's"));
        }
        self.memory.rows().reasons.insert((merchant, entry), reason.to_owned());
        Ok(())
    }
}

impl Memory {
    /// Clears what was said of a person's lines, and of those of others that their points moved to or from, at a merchant or at
    /// each (rule 30). Answers of how many.
    pub fn clear_reasons(&self, person: PersonId, merchant: Option<MerchantId>) -> usize {
        let mut rows = self.rows();
        let own = rows.books.values().filter(|book| {
            book.account.person == person
                && merchant.is_none_or(|merchant| merchant == book.account.merchant)
        });
        let mut own: Vec<_> = own
            .flat_map(|book| book.entries.iter().map(|row| (book.account.merchant, row.clone())))
            .collect();
        let others = rows.books.values().flat_map(|book| &book.entries);
        let others: Vec<_> =
            others.filter(|row| row.kind == EntryKind::Transfer).cloned().collect();
        for (merchant, row) in own.clone() {
            let linked = others.iter().filter(|other| {
                other.cause == Cause::Transfer(row.id) || row.cause == Cause::Transfer(other.id)
            });
            own.extend(linked.map(|other| (merchant, other.clone())));
        }
        let own: Vec<_> = own.into_iter().map(|(merchant, row)| (merchant, row.id)).collect();
        own.iter().filter(|key| rows.reasons.remove(key).is_some()).count()
    }
}
