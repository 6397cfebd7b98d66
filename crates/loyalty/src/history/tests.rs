use regulars_kernel::{OrderId, Scope, StoreAccess};
use regulars_merchant::Tz;

use super::*;
use crate::{
    LedgerStore as _,
    bookkeeping::{self, Occasion},
    memory::{Memory, MemoryStore},
    posting::{Locked, NewLot},
    suite::{ADA, BOB, FIRST, SECOND, at},
};

const CARD: LoyaltyCardId = LoyaltyCardId::new(701);

fn occasion(seconds: i64) -> Occasion {
    Occasion::at(at(seconds), Tz::Europe__Berlin, None)
}

fn account(tx: &mut MemoryStore) -> Locked {
    tx.lock_account(FIRST, ADA, CARD, Some(at(5))).unwrap().unwrap()
}

fn earn(tx: &mut MemoryStore, order: i64, amount: i64, life: (i64, Option<i64>), seconds: i64) {
    let mut account = account(tx);
    let lot = NewLot {
        amount: Points::new(amount),
        active_from: at(life.0),
        expires_at: life.1.map(at),
        revives: None,
        moved_from: None,
    };
    let what = (EntryKind::Earn, Cause::Order(OrderId::new(order)), 0);
    bookkeeping::give(tx, &mut account, what, lot, occasion(seconds)).unwrap();
}

fn staff(merchant: MerchantId) -> Actor {
    Actor::cashier(merchant, BOB, StoreAccess::All)
}

#[test]
fn balances_are_what_the_books_said_then() {
    let memory = Memory::new();
    let mut tx = memory.scoped(Scope::Merchant(FIRST));
    earn(&mut tx, 1, 50, (10, Some(1_000)), 10);
    earn(&mut tx, 2, 30, (500, None), 20);
    let mut one = account(&mut tx);
    let mut holdings = tx.holdings(&one).unwrap();
    let hold =
        bookkeeping::hold(&mut tx, &mut one, &mut holdings, Points::new(20), at(400), at(100));
    let hold = hold.unwrap().unwrap().id;
    let cause = Cause::Redemption(regulars_kernel::RedemptionId::new(1));
    bookkeeping::confirm(&mut tx, &mut one, &mut holdings, (hold, None), cause, occasion(200))
        .unwrap();
    let mut look = |actor: &Actor, seconds: i64| {
        let found = balances(&mut tx, actor, ADA, (None, None), at(seconds)).unwrap();
        let each = found.into_iter().map(|row| {
            let numbers = [row.balance, row.debt, row.available, row.pending, row.held];
            numbers.map(Points::get)
        });
        each.collect::<Vec<_>>()
    };
    let boss = staff(FIRST);
    for (seconds, there) in [
        (4, vec![]),
        (9, vec![[0; 5]]),
        (10, vec![[50, 0, 50, 0, 0]]),
        (20, vec![[80, 0, 50, 30, 0]]),
        (100, vec![[80, 0, 30, 30, 20]]),
        (199, vec![[80, 0, 30, 30, 20]]),
        (200, vec![[60, 0, 30, 30, 0]]),
        (500, vec![[60, 0, 60, 0, 0]]),
        // What is due to expire by then has, noted or not.
        (1_000, vec![[30, 0, 30, 0, 0]]),
    ] {
        assert_eq!(look(&boss, seconds), there, "at {seconds}");
    }
    assert_eq!(look(&Actor::Consumer { person: ADA }, 20).len(), 1);
    assert!(look(&Actor::Consumer { person: BOB }, 20).is_empty());
    assert!(balances(&mut tx, &Actor::Anonymous, ADA, (None, None), at(20)).is_err());
    for within in [(Some(SECOND), None), (None, Some(LoyaltyCardId::new(9)))] {
        assert_eq!(balances(&mut tx, &boss, ADA, within, at(20)).unwrap(), vec![]);
    }
}

#[test]
fn rule_19_every_coming_end_is_told_but_of_what_is_held() {
    let memory = Memory::new();
    let zone = Tz::Europe__Berlin;
    let merchant = regulars_merchant::Merchant::new(
        FIRST,
        "Shop",
        zone,
        regulars_kernel::Currency::EUR,
        at(0),
    );
    memory.customers().merchants().put_merchant(merchant);
    let mut tx = memory.scoped(Scope::Merchant(FIRST));
    // at(0) is 9 October 2025, 10:53 in Berlin.
    let day = 86_400;
    earn(&mut tx, 1, 50, (10, Some(day)), 10);
    earn(&mut tx, 2, 5, (10, Some(day)), 10);
    earn(&mut tx, 3, 30, (2 * day, Some(3 * day)), 10);
    earn(&mut tx, 4, 7, (10, None), 10);
    earn(&mut tx, 5, 9, (10, Some(15)), 10);
    let mut one = account(&mut tx);
    let mut holdings = tx.holdings(&one).unwrap();
    let amount = Points::new(20);
    bookkeeping::hold(&mut tx, &mut one, &mut holdings, amount, at(4 * day), at(20))
        .unwrap()
        .unwrap();
    let boss = staff(FIRST);
    let mut look = |until: Option<i64>| {
        let when = (at(20), until.map(at));
        let found = expiring(&mut tx, &boss, ADA, (None, None), when).unwrap();
        let each = found.into_iter().map(|row| (row.points.get(), row.last_day.to_string()));
        each.collect::<Vec<_>>()
    };
    let (first, second) = ((35, "2025-10-10".to_owned()), (30, "2025-10-12".to_owned()));
    assert_eq!(look(None), [first.clone(), second]);
    assert_eq!(look(Some(day)), [first]);
    assert_eq!(look(Some(day - 1)), []);
}

#[test]
fn a_history_shows_what_is_asked_for_newest_first() {
    let memory = Memory::new();
    let mut tx = memory.scoped(Scope::Merchant(FIRST));
    earn(&mut tx, 1, 50, (10, None), 10);
    earn(&mut tx, 2, 30, (10, None), 20);
    let first = PageRequest::first(10);
    let mut look = |actor: &Actor, query: &HistoryQuery| {
        let pages = per_consumer(&mut tx, actor, query, &[ADA, BOB], &first).unwrap();
        let lines = pages.into_iter().flat_map(|(_, page)| page.items);
        lines.map(|line| (line.entry.amount.get(), line.balance_after.get())).collect::<Vec<_>>()
    };
    let all = HistoryQuery::default();
    let boss = staff(FIRST);
    assert_eq!(look(&boss, &all), [(30, 80), (50, 50)]);
    assert_eq!(look(&Actor::Consumer { person: BOB }, &all), []);
    for (query, count) in [
        (HistoryQuery { kind: Some(EntryKind::Redeem), ..all.clone() }, 0),
        (HistoryQuery { from: Some(at(20)), ..all.clone() }, 1),
        (HistoryQuery { until: Some(at(20)), ..all.clone() }, 1),
        (HistoryQuery { card: Some(CARD), merchant: Some(FIRST), ..all.clone() }, 2),
        (HistoryQuery { merchant: Some(SECOND), ..all.clone() }, 0),
    ] {
        assert_eq!(look(&boss, &query).len(), count, "{query:?}");
    }
    assert!(per_consumer(&mut tx, &Actor::Anonymous, &all, &[ADA], &first).is_err());
    assert!(list_by_ids(&mut tx, &Actor::Anonymous, &[EntryId::new(1)]).is_err());
}
