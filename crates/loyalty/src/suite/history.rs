//! What a port answers of histories is what the whole books say; and what is said, reviewed and moved is kept.

use regulars_kernel::{LoyaltyCardId, PageRequest, PersonId, Points, Scope, StoreError, page::cut};
use regulars_merchant::Tz;

use super::{ADA, BOB, FIRST, Fixture, Ports, SECOND, STRANGER, step};
use crate::{
    Book, Cause, EntryKind, HoldState,
    bookkeeping::{self, Occasion},
    history::{HistoryQuery, HistorySort, Line},
    ledger,
    posting::NewLot,
    sale::UNTIL_REVIEWED,
    transfer::move_lots,
};

/// Cards on which ADA has travelled ([`super::journey`]).
const CARD: LoyaltyCardId = LoyaltyCardId::new(703);
const OTHER: LoyaltyCardId = LoyaltyCardId::new(704);

pub(super) fn run(fixture: &mut impl Fixture) {
    for scope in [
        Scope::Merchant(FIRST),
        Scope::Merchant(SECOND),
        Scope::Person(ADA),
        Scope::Person(BOB),
        Scope::Platform,
    ] {
        fixture.write(scope, answers).unwrap();
    }
    fixture.write(Scope::Merchant(FIRST), keeps).unwrap();
}

fn lines(books: &[Book], query: &HistoryQuery, person: PersonId) -> Vec<Line> {
    let own = books.iter().filter(|book| book.account.person == person);
    let all = own.flat_map(|book| book.entries.iter().map(move |entry| (book, entry)));
    let shown =
        all.filter(|(book, entry)| query.admits(book.account.merchant, book.account.card, entry));
    shown.map(|(book, entry)| Line::of(book, entry).unwrap()).collect()
}

fn answers(tx: &mut dyn Ports) -> Result<(), StoreError> {
    let books = tx.books(None, 1_000)?;
    let some = books.iter().flat_map(|book| &book.entries).nth(30).cloned();
    let middle = some.as_ref().map(|entry| entry.occurred_at);
    let all = HistoryQuery::default();
    for query in [
        all.clone(),
        HistoryQuery { merchant: Some(SECOND), ..all.clone() },
        HistoryQuery { card: Some(CARD), ..all.clone() },
        HistoryQuery { kind: Some(EntryKind::Expire), ..all.clone() },
        HistoryQuery { from: middle, ..all.clone() },
        HistoryQuery { until: middle, card: Some(OTHER), ..all.clone() },
    ] {
        let people = [ADA, BOB, STRANGER];
        let counts = tx.count_history_per_consumer(&query, &people)?;
        for person in people {
            let count = counts.iter().find(|(id, _)| *id == person).map_or(0, |(_, count)| *count);
            assert_eq!(count, lines(&books, &query, person).len() as u64, "{query:?} {person}");
        }
        for order in ["", "occurredAt", "-occurredAt,pk"] {
            let arguments = step(false, None, order);
            let mut request = PageRequest::<HistorySort>::parse(&arguments, "history").unwrap();
            request.limit = 5;
            for _ in 0..3 {
                let pages = tx.history_per_consumer(&query, &people, &request)?;
                for person in people {
                    let expected = cut(lines(&books, &query, person), &request);
                    let page = pages.iter().find(|(id, _)| *id == person);
                    let page =
                        page.map_or(regulars_kernel::Page::empty(), |(_, page)| page.clone());
                    assert_eq!(page, expected, "{query:?} {person} {order}");
                }
                let page = cut(lines(&books, &query, ADA), &request);
                request.after = page.items.last().map(|row| request.order.position(row));
            }
        }
    }
    let ids: Vec<_> = books.iter().map(|book| book.account.id).collect();
    assert_eq!(sorted(tx.books_of(&ids)?), sorted(books.clone()));
    assert_eq!(tx.books_of(&[])?, Vec::new());
    let mut standing = books;
    for book in &mut standing {
        book.entries.clear();
        book.lot_uses.clear();
        book.lots.retain(|lot| lot.remaining > Points::ZERO);
        book.holds.retain(|hold| hold.state == HoldState::Open);
        let open: Vec<_> = book.holds.iter().map(|hold| hold.id).collect();
        book.hold_lots.retain(|part| open.contains(&part.hold));
    }
    assert_eq!(sorted(tx.standing_books(&ids)?), sorted(standing));
    Ok(())
}

fn sorted(books: Vec<Book>) -> Vec<Book> {
    super::in_rows(books)
}

fn keeps(tx: &mut dyn Ports) -> Result<(), StoreError> {
    let mut to = tx.lock_account(FIRST, ADA, CARD, None)?.unwrap();
    let mut from = tx.lock_account(FIRST, ADA, OTHER, None)?.unwrap();
    let now = to.account().head_at.max(from.account().head_at);
    let occasion = Occasion::at(now, Tz::Europe__Berlin, Some(BOB));
    // What stands in the place of a late earning names it, and is shown as of its sale.
    let first = tx.entries_of_account(to.account().id, Some(2), 1)?.remove(0);
    let lot = NewLot {
        amount: Points::new(40),
        active_from: UNTIL_REVIEWED,
        expires_at: None,
        revives: None,
        moved_from: None,
    };
    let what = (EntryKind::Earn, Cause::Review(first.id), 0);
    let posted = bookkeeping::give(tx, &mut to, what, lot, occasion)?;
    tx.put_reason(FIRST, posted.entry.id, "because")?;
    let line = tx.lines(&[posted.entry.id])?.remove(0);
    assert_eq!((line.source, line.entry.cause), (first.cause, Cause::Review(first.id)));
    assert_eq!(line.reason.as_deref(), Some("because"));
    assert_eq!(line.entry.actor, Some(BOB));
    assert_eq!(line.awaits_review, !posted.lots.is_empty());
    assert_eq!(line.active_from, None);
    // What moves names where it came from, and both books add up.
    let lot = NewLot { amount: Points::new(25), active_from: now, ..lot };
    let gift = (EntryKind::Adjust, Cause::Manual, 77);
    bookkeeping::give(tx, &mut from, gift, lot, occasion)?;
    let holdings = bookkeeping::settle(tx, &mut from, occasion.zone, now)?;
    let parts = holdings.lots.iter().map(|lot| (lot.clone(), holdings.free(lot)));
    let parts: Vec<_> = parts.filter(|(_, part)| *part > Points::ZERO).collect();
    let cause = (Cause::Manual, 78);
    let moved = move_lots(tx, (&mut from, &mut to), &parts, cause, occasion)?;
    for book in tx.books_of(&[from.account().id, to.account().id])? {
        assert_eq!(ledger::check(&book), Vec::new());
        if book.account.id == to.account().id {
            assert!(moved.into.lots.iter().all(|lot| book.lots.contains(lot)));
            assert!(moved.into.lots.iter().all(|lot| lot.moved_from.is_some()));
        }
    }
    Ok(())
}
