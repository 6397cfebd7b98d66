use proptest::prelude::*;
use regulars_kernel::{AccountId, LoyaltyCardId, OrderId, PersonId, Scope};
use regulars_merchant::Tz;

use super::*;
use crate::{
    Book, LoyaltyStore as _, ledger,
    memory::{Memory, MemoryStore},
    suite::{ADA, BOB, FIRST, at, journey},
};

const ONE: LoyaltyCardId = LoyaltyCardId::new(701);
const OTHER: LoyaltyCardId = LoyaltyCardId::new(702);

fn occasion(seconds: i64) -> Occasion {
    Occasion::at(at(seconds), Tz::Europe__Berlin, None)
}

fn book(tx: &mut MemoryStore, account: AccountId) -> Book {
    tx.books(Some(AccountId::new(account.get() - 1)), 1).unwrap().remove(0)
}

fn locked(tx: &mut MemoryStore, person: PersonId, card: LoyaltyCardId) -> Locked {
    tx.lock_account(FIRST, person, card, Some(at(0))).unwrap().unwrap()
}

fn lot(amount: i64, active_from: i64, expires_at: Option<i64>) -> NewLot {
    NewLot {
        amount: Points::new(amount),
        active_from: at(active_from),
        expires_at: expires_at.map(at),
        revives: None,
        moved_from: None,
    }
}

fn earn(tx: &mut MemoryStore, account: &mut Locked, order: i64, new: NewLot) -> Lot {
    let what = (EntryKind::Earn, Cause::Order(OrderId::new(order)), 0);
    bookkeeping::give(tx, account, what, new, occasion(10)).unwrap().lots.remove(0)
}

/// What the books of an account hold: each lot with its life.
fn held(book: &Book) -> Vec<(i64, Timestamp, Option<Timestamp>)> {
    let full = book.lots.iter().filter(|lot| lot.remaining > Points::ZERO);
    let mut lots: Vec<_> =
        full.map(|lot| (lot.remaining.get(), lot.active_from, lot.expires_at)).collect();
    lots.sort_unstable();
    lots
}

#[test]
fn rule_27_what_moves_keeps_the_days_it_begins_and_ends_on() {
    let memory = Memory::new();
    let mut tx = memory.scoped(Scope::Merchant(FIRST));
    let (mut ada, mut bob) = (locked(&mut tx, ADA, ONE), locked(&mut tx, BOB, ONE));
    let active = earn(&mut tx, &mut ada, 1, lot(50, 0, Some(9_000)));
    let pending = earn(&mut tx, &mut ada, 2, lot(30, 5_000, None));
    let parts = [(pending.clone(), Points::new(30)), (active.clone(), Points::new(20))];
    let moved = move_lots(&mut tx, (&mut ada, &mut bob), &parts, (Cause::Manual, 7), occasion(100))
        .unwrap();
    assert_eq!(moved.out.entry.amount, Points::new(-50));
    assert_eq!(moved.into.entry.amount, Points::new(50));
    assert_eq!(moved.into.entry.cause, Cause::Transfer(moved.out.entry.id));
    let from: Vec<_> = moved.into.lots.iter().map(|lot| lot.moved_from).collect();
    assert_eq!(from, [Some(active.id), Some(pending.id)]);
    let (one, other) = (book(&mut tx, ada.account().id), book(&mut tx, bob.account().id));
    assert_eq!(held(&one), [(30, at(0), Some(at(9_000)))]);
    assert_eq!(held(&other), [(20, at(0), Some(at(9_000))), (30, at(5_000), None)]);
    assert_eq!((ledger::check(&one), ledger::check(&other)), (vec![], vec![]));
    // Moving is no earning, on either side.
    assert_eq!((one.account.earned, other.account.earned), (Points::new(80), Points::ZERO));
    // One account is not two.
    let mut again = ada.clone();
    let parts = [(active, Points::new(1))];
    let itself =
        move_lots(&mut tx, (&mut ada, &mut again), &parts, (Cause::Manual, 8), occasion(1));
    assert!(matches!(itself, Err(StoreError::OutOfScope(_))));
    let nothing = move_lots(&mut tx, (&mut ada, &mut bob), &[], (Cause::Manual, 9), occasion(101));
    assert!(nothing.is_err());
}

#[test]
fn rule_18_what_moves_pays_the_debt_that_is_there_first() {
    let memory = Memory::new();
    let mut tx = memory.scoped(Scope::Merchant(FIRST));
    let (mut ada, mut bob) = (locked(&mut tx, ADA, ONE), locked(&mut tx, BOB, ONE));
    let late = earn(&mut tx, &mut ada, 1, lot(50, 0, None));
    let soon = earn(&mut tx, &mut ada, 2, lot(30, 0, Some(9_000)));
    owe(&mut tx, &mut bob, 40);
    let parts = [(late.clone(), Points::new(50)), (soon, Points::new(30))];
    let moved = move_lots(&mut tx, (&mut ada, &mut bob), &parts, (Cause::Manual, 0), occasion(100))
        .unwrap();
    // What ends first pays.
    let lots: Vec<_> = moved.into.lots.iter().map(|lot| (lot.moved_from, lot.amount)).collect();
    assert_eq!(lots, [(Some(late.id), Points::new(40))]);
    assert_eq!((bob.account().balance, bob.account().debt), (Points::new(40), Points::ZERO));
    for account in [ada.account().id, bob.account().id] {
        assert_eq!(ledger::check(&book(&mut tx, account)), vec![]);
    }
}

/// Makes a debt of nothing.
fn owe(tx: &mut MemoryStore, account: &mut Locked, amount: i64) {
    let mut holdings = tx.holdings(account).unwrap();
    let happening = occasion(20).says(account, EntryKind::Adjust, Cause::Manual, 99);
    let wanted = (Points::new(amount), [].as_slice(), ClawBackPolicy::BelowZero);
    bookkeeping::take(tx, account, &mut holdings, happening, wanted, occasion(20)).unwrap();
    assert_eq!(account.account().debt, Points::new(amount));
}

#[test]
fn rule_27_debt_moves_and_takes_what_is_there() {
    let memory = Memory::new();
    let mut tx = memory.scoped(Scope::Merchant(FIRST));
    let (mut ada, mut bob) = (locked(&mut tx, ADA, ONE), locked(&mut tx, BOB, ONE));
    owe(&mut tx, &mut ada, 40);
    earn(&mut tx, &mut bob, 1, lot(15, 0, None));
    let too_much = Points::new(41);
    let pair = (&mut ada, &mut bob);
    assert!(move_debt(&mut tx, pair, too_much, (Cause::Manual, 1), occasion(100)).is_err());
    let pair = (&mut ada, &mut bob);
    let moved =
        move_debt(&mut tx, pair, Points::new(40), (Cause::Manual, 1), occasion(100)).unwrap();
    assert_eq!(moved.out.entry.amount, Points::new(40));
    let into = moved.into.entry.unwrap();
    assert_eq!((into.amount, into.cause), (Points::new(-40), Cause::Transfer(moved.out.entry.id)));
    assert_eq!((ada.account().balance, ada.account().debt), (Points::ZERO, Points::ZERO));
    assert_eq!((bob.account().balance, bob.account().debt), (Points::ZERO, Points::new(25)));
    for account in [ada.account().id, bob.account().id] {
        assert_eq!(ledger::check(&book(&mut tx, account)), vec![]);
    }
}

/// What has expired of accounts so far: below zero.
fn expired(tx: &mut MemoryStore, accounts: [&Locked; 2]) -> i64 {
    let lines = accounts.into_iter().flat_map(|one| book(tx, one.account().id).entries);
    lines.filter(|line| line.kind == EntryKind::Expire).map(|line| line.amount.get()).sum()
}

proptest! {
    #[test]
    fn rule_27_whatever_is_free_moves_and_both_books_add_up(one: u64, other: u64, share in 1_i64..4) {
        let memory = Memory::new();
        let mut tx = memory.scoped(Scope::Merchant(FIRST));
        journey(&mut tx, ONE, one, 30).unwrap();
        journey(&mut tx, OTHER, other, 30).unwrap();
        let (mut from, mut to) = (locked(&mut tx, ADA, ONE), locked(&mut tx, ADA, OTHER));
        let last = from.account().head_at.max(to.account().head_at);
        let occasion = Occasion::at(last, Tz::Europe__Berlin, None);
        let holdings = bookkeeping::settle(&mut tx, &mut from, occasion.zone, last).unwrap();
        bookkeeping::settle(&mut tx, &mut to, occasion.zone, last).unwrap();
        let sum = |one: &Locked, other: &Locked| {
            let of = |row: &Locked| row.account().balance.get() - row.account().debt.get();
            of(one) + of(other)
        };
        let before = sum(&from, &to);
        let over = expired(&mut tx, [&from, &to]);
        let parts: Vec<_> = holdings.lots.iter()
            .map(|lot| (lot.clone(), Points::new(holdings.free(lot).get() / share)))
            .filter(|(_, part)| *part > Points::ZERO)
            .collect();
        if !parts.is_empty() {
            let pair = (&mut from, &mut to);
            let moved = move_lots(&mut tx, pair, &parts, (Cause::Manual, 5), occasion).unwrap();
            for new in &moved.into.lots {
                let old = parts.iter().map(|(lot, _)| lot);
                let old = old.clone().find(|lot| Some(lot.id) == new.moved_from).unwrap();
                prop_assert_eq!(
                    (old.active_from, old.expires_at), (new.active_from, new.expires_at)
                );
            }
        }
        let debt = from.account().debt;
        if debt > Points::ZERO {
            let pair = (&mut from, &mut to);
            move_debt(&mut tx, pair, debt, (Cause::Manual, 6), occasion).unwrap();
        }
        // A promise that is called off for a debt lets go what it alone kept from expiring (rule 19).
        let over = expired(&mut tx, [&from, &to]) - over;
        prop_assert_eq!(sum(&from, &to), before + over);
        for account in [from.account().id, to.account().id] {
            prop_assert_eq!(ledger::check(&book(&mut tx, account)), vec![]);
        }
    }
}
