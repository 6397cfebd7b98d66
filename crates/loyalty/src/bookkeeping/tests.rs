use regulars_kernel::{LoyaltyCardId, OrderId, RedemptionId, Scope};

use super::*;
use crate::{
    Book, LoyaltyStore as _, ledger,
    memory::{Memory, MemoryStore},
    suite::{ADA, FIRST, at},
};

const ZONE: Tz = Tz::Europe__Berlin;

fn occasion(seconds: i64) -> Occasion {
    Occasion::at(at(seconds), ZONE, None)
}

fn account(tx: &mut MemoryStore) -> Locked {
    tx.lock_account(FIRST, ADA, LoyaltyCardId::new(701), Some(at(0))).unwrap().unwrap()
}

fn earn(tx: &mut MemoryStore, order: i64, amount: i64, expires_at: Option<i64>) -> Traced {
    let mut account = account(tx);
    let lot = NewLot {
        amount: Points::new(amount),
        active_from: at(0),
        expires_at: expires_at.map(at),
        revives: None,
        moved_from: None,
    };
    let what = (EntryKind::Earn, Cause::Order(OrderId::new(order)), 0);
    let posted = give(tx, &mut account, what, lot, occasion(10)).unwrap();
    tx.trace(posted.entry.id).unwrap().unwrap()
}

fn set_aside(tx: &mut MemoryStore, amount: i64, seconds: i64) -> HoldId {
    let mut account = account(tx);
    let mut holdings = tx.holdings(&account).unwrap();
    let held = hold(tx, &mut account, &mut holdings, Points::new(amount), at(9_000), at(seconds));
    held.unwrap().unwrap().id
}

fn sound(tx: &mut MemoryStore) -> Book {
    let book = tx.books(None, 1).unwrap().remove(0);
    assert_eq!(ledger::check(&book), vec![]);
    book
}

#[test]
fn rule_18_codes_of_what_has_expired_are_called_off_for_a_debt_alone() {
    for (amount, policy, called_off, debt) in [
        // What the older hold has set aside is enough.
        (20, ClawBackPolicy::BelowZero, vec![0], 0),
        (20, ClawBackPolicy::ToZero, vec![0], 0),
        // It is not, and nothing is owed: what the newer one keeps alive stays.
        (45, ClawBackPolicy::ToZero, vec![0], 0),
        // A debt stands beside no balance.
        (45, ClawBackPolicy::BelowZero, vec![0, 1], 15),
        (5, ClawBackPolicy::PendingOnly, vec![], 0),
    ] {
        let memory = Memory::new();
        let mut tx = memory.scoped(Scope::Merchant(FIRST));
        let long = earn(&mut tx, 1, 30, None);
        let older = set_aside(&mut tx, 30, 20);
        earn(&mut tx, 2, 20, Some(100));
        let newer = set_aside(&mut tx, 20, 30);
        let mut account = account(&mut tx);
        let mut holdings = settle(&mut tx, &mut account, ZONE, at(200)).unwrap();
        let own: Vec<_> = long.lots.iter().map(|lot| lot.id).collect();
        let happening = occasion(200).says(&account, EntryKind::Adjust, Cause::Manual, 1);
        let wanted = (Points::new(amount), own.as_slice(), policy);
        let claw =
            take(&mut tx, &mut account, &mut holdings, happening, wanted, occasion(200)).unwrap();
        let holds = [older, newer];
        let expected: Vec<_> = called_off.iter().map(|nth: &usize| holds[*nth]).collect();
        assert_eq!(claw.cancelled, expected, "{amount} {policy:?}");
        let book = sound(&mut tx);
        assert_eq!(book.account.debt, Points::new(debt), "{amount} {policy:?}");
    }
}

#[test]
fn rule_19_what_a_hold_kept_alive_is_taken_back_where_it_is_what_was_earned() {
    for policy in [ClawBackPolicy::ToZero, ClawBackPolicy::BelowZero] {
        let memory = Memory::new();
        let mut tx = memory.scoped(Scope::Merchant(FIRST));
        let refunded = earn(&mut tx, 1, 10, Some(100));
        earn(&mut tx, 2, 7, Some(100));
        let held = set_aside(&mut tx, 17, 20);
        let mut account = account(&mut tx);
        let mut holdings = settle(&mut tx, &mut account, ZONE, at(200)).unwrap();
        let wanted = (Points::new(10), policy);
        let (all, now) = (&mut holdings, occasion(200));
        let clawed = claw_back(&mut tx, &mut account, all, &refunded, wanted, now).unwrap();
        assert_eq!(clawed.cancelled, [held], "{policy:?}: a code that stands on it goes with it");
        assert_eq!(clawed.amount, Points::new(10), "{policy:?}");
        // What the hold kept alive beside it is over with the hold.
        let account = sound(&mut tx).account;
        let (balance, debt) = (account.balance.get(), account.debt.get());
        assert_eq!((balance, debt, account.earned.get()), (0, 0, 7), "{policy:?}");
    }
}

#[test]
fn rule_19_what_a_fast_clock_saw_expire_stays_so_for_a_slow_one() {
    let memory = Memory::new();
    let mut tx = memory.scoped(Scope::Merchant(FIRST));
    earn(&mut tx, 1, 30, Some(100));
    let mut account = account(&mut tx);
    let mut holdings = settle(&mut tx, &mut account, ZONE, at(20)).unwrap();
    let cause = Cause::Redemption(RedemptionId::new(1));
    let what = (EntryKind::Redeem, cause, 0);
    let spent = spend(&mut tx, &mut account, &mut holdings, what, Points::new(10), occasion(20));
    let spent = spent.unwrap().unwrap().entry.id;
    // One machine's clock is past the end, another's is not.
    settle(&mut tx, &mut account, ZONE, at(100)).unwrap();
    let spending = tx.trace(spent).unwrap().unwrap();
    give_back(&mut tx, &mut account, &spending, Points::new(10), 1, occasion(90)).unwrap();
    let book = sound(&mut tx);
    let back = book.lots.iter().find(|lot| lot.revives.is_some()).unwrap();
    assert_eq!(back.expires_at, Some(at(100 + 86_400)), "it lives for the days of grace");
    // And so it can go on for ever.
    settle(&mut tx, &mut account, ZONE, at(200_000)).unwrap();
    assert_eq!(sound(&mut tx).account.balance, Points::ZERO);
}
