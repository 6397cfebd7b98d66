use std::{collections::BTreeSet, time::Duration};

use proptest::prelude::*;
use regulars_kernel::{HoldId, OrderId, RedemptionId, Scope, Timestamp};
use regulars_merchant::Tz;

use super::*;
use crate::{
    Book, EntryKind, LoyaltyStore, Traced,
    ledger::check,
    memory::{Memory, MemoryStore},
    merge::undo::{Since, undo},
    posting::NewLot,
    redeeming::{Return, give_back},
    refund::{Refund, take_back},
    suite::{ADA, BOB, FIRST, at},
};

const CARD: LoyaltyCardId = LoyaltyCardId::new(701);
const ZONE: Tz = Tz::Europe__Berlin;
const MERGE: MergeId = MergeId::new(9);

struct World {
    memory: Memory,
    tx: MemoryStore,
    now: Timestamp,
    next: i64,
}

impl World {
    fn new() -> Self {
        let memory = Memory::new();
        let tx = memory.scoped(Scope::Merchant(FIRST));
        Self { memory, tx, now: at(1_000), next: 0 }
    }

    fn occasion(&self) -> Occasion {
        Occasion::at(self.now, ZONE, None)
    }

    fn pair(&self) -> Pair<'static> {
        let occasion = self.occasion();
        Pair {
            merchant: FIRST,
            merge: MERGE,
            other: ADA,
            survivor: BOB,
            inner: &[],
            beside: &[],
            occasion,
        }
    }

    fn account(&mut self, person: PersonId) -> Locked {
        self.tx.lock_account(FIRST, person, CARD, Some(self.now)).unwrap().unwrap()
    }

    fn days(&self, days: i64) -> Timestamp {
        self.now.plus(Duration::from_secs(u64::try_from(days).unwrap() * 86_400))
    }

    fn earn(&mut self, person: PersonId, amount: i64, (delay, life): (i64, i64)) -> Cause {
        self.next += 1;
        let lot = NewLot {
            amount: Points::new(amount),
            active_from: self.days(delay),
            expires_at: (life > 0).then(|| self.days(delay + life)),
            revives: None,
            moved_from: None,
        };
        let cause = Cause::Order(OrderId::new(self.next));
        let mut account = self.account(person);
        let what = (EntryKind::Earn, cause, 0);
        let occasion = self.occasion();
        bookkeeping::give(&mut self.tx, &mut account, what, lot, occasion).unwrap();
        cause
    }

    fn spend(&mut self, person: PersonId, amount: i64) -> Cause {
        self.next += 1;
        let cause = Cause::Redemption(RedemptionId::new(self.next));
        let mut account = self.account(person);
        let occasion = self.occasion();
        let mut holdings = bookkeeping::settle(&mut self.tx, &mut account, ZONE, self.now).unwrap();
        let amount = Points::new(amount).min(holdings.available(self.now));
        if amount > Points::ZERO {
            let what = (EntryKind::Redeem, cause, 0);
            bookkeeping::spend(&mut self.tx, &mut account, &mut holdings, what, amount, occasion)
                .unwrap();
        }
        cause
    }

    fn hold(&mut self, person: PersonId, amount: i64, days: i64) {
        let mut account = self.account(person);
        let mut holdings = bookkeeping::settle(&mut self.tx, &mut account, ZONE, self.now).unwrap();
        let (until, now) = (self.days(days), self.now);
        let amount = Points::new(amount).min(holdings.available(now));
        if amount > Points::ZERO {
            bookkeeping::hold(&mut self.tx, &mut account, &mut holdings, amount, until, now)
                .unwrap();
        }
    }

    fn refund(&mut self, cause: Cause) {
        let occasion = self.occasion();
        let refund = Refund {
            merchant: FIRST,
            cause,
            lines: &[],
            whole: true,
            policy: ClawBackPolicy::BelowZero,
            occasion,
        };
        take_back(&mut self.tx, &refund).unwrap();
    }

    fn give_back(&mut self, cause: Cause) {
        for spending in self.tx.traced(FIRST, cause).unwrap() {
            let left = -spending.entry.amount.get() - spending.reversed.get();
            if left > 0 {
                let back = Return { grace_days: 14, occasion: self.occasion() };
                let came = give_back(&mut self.tx, spending.entry.id, None, back).unwrap();
                assert_eq!(came, Points::new(left));
            }
        }
    }

    fn merge(&mut self) -> Vec<CardMerge> {
        let pair = self.pair();
        merge(&mut self.tx, &pair).unwrap()
    }

    fn undo(&mut self, merged_at: Timestamp, since: &[Cause]) {
        let pair = self.pair();
        let mut of = Since::nothing(merged_at);
        of.causes.extend(since.iter().copied());
        let book = self.book(BOB);
        // What the merge brought: a promise of the survivor's own stays.
        let came = |lot| book.lots.iter().any(|row| row.id == lot && row.moved_from.is_some());
        let mine = book.hold_lots.iter().filter(|part| came(part.lot)).map(|part| part.hold);
        let before = |id: &HoldId| {
            book.holds.iter().any(|hold| hold.id == *id && hold.created_at < merged_at)
        };
        of.holds = mine.filter(before).collect();
        undo(&mut self.tx, &pair, &of).unwrap();
    }

    fn book(&self, person: PersonId) -> Book {
        let mut tx = self.memory.scoped(Scope::Platform);
        let books = tx.books(None, 1_000).unwrap();
        let own = |book: &Book| (book.account.person, book.account.card) == (person, CARD);
        books.into_iter().find(own).unwrap()
    }

    fn add_up(&self, when: &str) {
        for person in [ADA, BOB] {
            let faults = check(&self.book(person));
            assert!(faults.is_empty(), "{when}: {faults:?}");
        }
    }

    fn settle(&mut self) {
        for person in [ADA, BOB] {
            let mut account = self.account(person);
            bookkeeping::settle(&mut self.tx, &mut account, ZONE, self.now).unwrap();
        }
    }
}

/// What an account comes to, whatever lines led there: sums, what is earned, each lot with its life, and what is set aside of which.
type Figures = ([i64; 4], Vec<(i64, Timestamp, Option<Timestamp>)>, Vec<(i64, Timestamp)>);

fn figures(book: &Book) -> Figures {
    let account = &book.account;
    let sums = [account.balance, account.debt, account.held, account.counted().unwrap()];
    let full = book.lots.iter().filter(|lot| lot.remaining > Points::ZERO);
    let mut lots: Vec<_> =
        full.map(|lot| (lot.remaining.get(), lot.active_from, lot.expires_at)).collect();
    lots.sort_unstable();
    let open = book.holds.iter().filter(|hold| hold.state == HoldState::Open);
    let mut holds: Vec<_> = open.map(|hold| (hold.amount.get(), hold.until)).collect();
    holds.sort_unstable();
    (sums.map(Points::get), lots, holds)
}

/// The same lots of the same life added up.
fn added(lots: &[(i64, Timestamp, Option<Timestamp>)]) -> Vec<(i64, Timestamp, Option<Timestamp>)> {
    let lives: BTreeSet<_> = lots.iter().map(|lot| (lot.1, lot.2)).collect();
    let sum = |life: (Timestamp, Option<Timestamp>)| {
        let same = lots.iter().filter(|lot| (lot.1, lot.2) == life);
        (same.map(|lot| lot.0).sum::<i64>(), life.0, life.1)
    };
    lives.into_iter().map(sum).collect()
}

#[test]
fn rule_27_lots_keep_their_days_and_sums_count_both() {
    let mut world = World::new();
    world.earn(ADA, 50, (0, 10));
    world.earn(ADA, 30, (5, 0));
    world.earn(BOB, 20, (0, 3));
    world.hold(ADA, 20, 2);
    let before = figures(&world.book(ADA)).1;
    let done = world.merge();
    world.add_up("merged");
    let moved = CardMerge {
        card: CARD,
        points: Points::new(80),
        held: Points::new(20),
        debt: Points::ZERO,
        welcome: Points::ZERO,
    };
    assert_eq!(done, [moved]);
    let (sums, lots, holds) = figures(&world.book(BOB));
    assert_eq!((sums, holds.len()), ([100, 0, 20, 100], 1));
    for lot in before {
        assert!(added(&lots).contains(&lot), "{lot:?} of {lots:?}");
    }
    assert_eq!(figures(&world.book(ADA)), ([0, 0, 0, 0], vec![], vec![]));
    assert_eq!(
        world.tx.points_earned(&[ADA, BOB]).unwrap().len(),
        0,
        "no card says it is of points"
    );
}

#[test]
fn rule_27_debt_moves_and_is_paid_first_whichever_side_owes() {
    for (debtor, other) in [(ADA, BOB), (BOB, ADA)] {
        let mut world = World::new();
        let sale = world.earn(debtor, 60, (0, 0));
        world.spend(debtor, 60);
        world.refund(sale);
        world.earn(other, 100, (0, 20));
        world.merge();
        world.add_up("merged");
        let (sums, ..) = figures(&world.book(BOB));
        assert_eq!(sums, [40, 0, 0, 100], "{debtor} owed");
        let merged_at = world.now;
        world.undo(merged_at, &[]);
        world.add_up("undone");
        assert_eq!(figures(&world.book(debtor)).0, [0, 60, 0, 0]);
        assert_eq!(figures(&world.book(other)).0, [100, 0, 0, 100]);
    }
}

#[test]
fn rule_27_a_refund_of_a_moved_earning_takes_its_own_lots_of_the_survivor() {
    let mut world = World::new();
    let sale = world.earn(ADA, 50, (0, 90));
    world.earn(BOB, 50, (0, 5));
    world.merge();
    world.refund(sale);
    world.add_up("refunded");
    let (sums, lots, _) = figures(&world.book(BOB));
    assert_eq!(sums, [50, 0, 0, 50]);
    assert_eq!(lots.len(), 1);
    assert_eq!(lots[0].2, Some(at(1_000).plus(Duration::from_hours(5 * 24))), "Bob's stays");
}

#[test]
fn rule_27_what_returns_to_a_moved_lot_comes_to_the_survivor_with_its_old_end() {
    let mut world = World::new();
    world.earn(ADA, 50, (0, 10));
    let spent = world.spend(ADA, 30);
    let end = figures(&world.book(ADA)).1[0].2;
    world.merge();
    world.give_back(spent);
    world.add_up("given back");
    let lots = added(&figures(&world.book(BOB)).1);
    assert_eq!(lots, [(50, at(1_000), end)]);
    world.give_back(spent);
    assert_eq!(added(&figures(&world.book(BOB)).1), lots, "it comes back once");
}

#[test]
fn rule_27_of_two_welcomes_the_later_goes_and_an_undo_brings_it_back() {
    for later in [ADA, BOB] {
        let mut world = World::new();
        let first = if later == ADA { BOB } else { ADA };
        for (number, person) in [(1, first), (2, later)] {
            world.now = at(1_000 + number);
            world.earn(person, 10, (0, 0));
            let mut account = world.account(person);
            let lot = NewLot {
                amount: Points::new(25),
                active_from: world.now,
                expires_at: None,
                revives: None,
                moved_from: None,
            };
            let (what, occasion) = ((EntryKind::Earn, Cause::InitialPoints, 0), world.occasion());
            bookkeeping::give(&mut world.tx, &mut account, what, lot, occasion).unwrap();
        }
        world.now = at(2_000);
        let before = [ADA, BOB].map(|person| figures(&world.book(person)));
        let pair = world.pair();
        let shown = preview(&mut world.tx, &pair).unwrap();
        assert_eq!(shown[0].welcome, Points::new(25));
        let done = world.merge();
        assert_eq!(done[0].welcome, Points::new(25));
        world.add_up("merged");
        assert_eq!(figures(&world.book(BOB)).0, [45, 0, 0, 45], "{later}");
        let standing = |one: &Traced| one.entry.amount.get() + one.reversed.get() > 0;
        let ids = [ADA, BOB].map(|person| world.book(person).account.id);
        let left: Vec<_> = world.tx.welcomes(&ids).unwrap().into_iter().filter(standing).collect();
        assert_eq!((left.len(), left[0].person), (1, first));
        let merged_at = world.now;
        world.undo(merged_at, &[]);
        world.add_up("undone");
        assert_eq!([ADA, BOB].map(|person| figures(&world.book(person))), before, "{later}");
    }
}

#[test]
fn rule_28_what_the_survivor_spent_is_taken_from_them_and_what_came_by_the_others_name_follows() {
    let mut world = World::new();
    world.earn(ADA, 50, (0, 3));
    world.earn(BOB, 40, (0, 30));
    let merged_at = world.now;
    world.merge();
    world.now = world.days(1);
    // Bob spends what was Ada's, and something is sold by Ada's number.
    world.spend(BOB, 60);
    let sold = world.earn(BOB, 20, (0, 7));
    world.undo(merged_at, &[sold]);
    world.add_up("undone");
    assert_eq!(figures(&world.book(ADA)).0, [70, 0, 0, 70]);
    assert_eq!(figures(&world.book(BOB)).0, [0, 20, 0, 40], "30 were left of 90, 50 were Ada's");
    // What Ada herself spent since is hers.
    let mut world = World::new();
    world.earn(ADA, 50, (0, 3));
    world.earn(BOB, 40, (0, 30));
    let merged_at = world.now;
    world.merge();
    let spent = world.spend(BOB, 60);
    world.undo(merged_at, &[spent]);
    world.add_up("undone");
    assert_eq!(figures(&world.book(ADA)).0[..2], [0, 0]);
    assert_eq!(figures(&world.book(BOB)).0[..2], [30, 0], "never into debt");
}

#[test]
fn rule_27_what_returns_of_the_others_pays_the_survivors_debt_first() {
    let mut world = World::new();
    world.earn(ADA, 30, (0, 10));
    let spent = world.spend(ADA, 30);
    let sale = world.earn(BOB, 20, (0, 0));
    world.spend(BOB, 20);
    world.refund(sale);
    world.merge();
    world.give_back(spent);
    world.add_up("given back");
    assert_eq!(figures(&world.book(ADA)).0[..2], [0, 0]);
    assert_eq!(figures(&world.book(BOB)).0[..2], [10, 0]);
}

#[test]
fn rule_28_a_promise_that_goes_back_is_called_off_for_the_debt_that_does() {
    let mut world = World::new();
    let sale = world.earn(ADA, 60, (0, 0));
    world.spend(ADA, 60);
    world.refund(sale);
    world.earn(BOB, 100, (0, 0));
    let merged_at = world.now;
    world.merge();
    world.now = world.days(1);
    // By Ada's number: sold, and promised of it, as it ends first.
    let sold = world.earn(BOB, 20, (0, 7));
    world.hold(BOB, 20, 3);
    let mut since = Since::nothing(merged_at);
    since.causes.insert(sold);
    since.holds = world.book(BOB).holds.iter().map(|hold| hold.id).collect();
    let pair = world.pair();
    undo(&mut world.tx, &pair, &since).unwrap();
    world.add_up("undone");
    let (sums, _, holds) = figures(&world.book(ADA));
    assert_eq!((&sums[..3], holds.len()), ([0, 40, 0].as_slice(), 0));
    assert_eq!(figures(&world.book(BOB)).0[..3], [100, 0, 0]);
}

#[test]
fn rule_28_what_was_earned_anew_after_a_review_is_whose_the_sale_is() {
    let mut world = World::new();
    let before = world.earn(ADA, 30, (300, 0));
    world.earn(BOB, 5, (0, 0));
    let merged_at = world.now;
    world.merge();
    world.now = world.days(1);
    let since = world.earn(BOB, 20, (300, 0));
    for sale in [before, since] {
        let earning = world.tx.traced(FIRST, sale).unwrap().remove(0);
        world.refund(sale);
        let (amount, mut account) = (earning.entry.amount, world.account(BOB));
        let (active_from, expires_at, revives, moved_from) = (world.now, None, None, None);
        let lot = NewLot { amount, active_from, expires_at, revives, moved_from };
        let what = (EntryKind::Earn, Cause::Review(earning.entry.id), 0);
        let occasion = world.occasion();
        bookkeeping::give(&mut world.tx, &mut account, what, lot, occasion).unwrap();
    }
    world.undo(merged_at, &[since]);
    world.add_up("undone");
    assert_eq!(figures(&world.book(ADA)).0, [50, 0, 0, 50]);
    assert_eq!(figures(&world.book(BOB)).0, [5, 0, 0, 5]);
}

#[test]
fn rule_28_all_lots_in_which_something_came_back_since_are_the_others() {
    let mut world = World::new();
    world.earn(ADA, 30, (0, 2));
    world.earn(ADA, 30, (0, 3));
    world.earn(BOB, 40, (0, 10));
    let merged_at = world.now;
    world.merge();
    let spent = world.spend(BOB, 60);
    let own = world.days(10);
    world.now = world.days(4);
    world.give_back(spent);
    let grace = world.days(14);
    world.undo(merged_at, &[spent]);
    world.add_up("undone");
    let ends = |lots: &[(i64, Timestamp, Option<Timestamp>)]| -> Vec<_> {
        lots.iter().map(|lot| (lot.0, lot.2)).collect()
    };
    assert_eq!(ends(&figures(&world.book(ADA)).1), [(30, Some(grace)), (30, Some(grace))]);
    assert_eq!(ends(&figures(&world.book(BOB)).1), [(40, Some(own))], "Bob's stays");
}

#[test]
fn rule_28_what_paid_a_debt_and_would_have_expired_meanwhile_stays_gone() {
    let mut world = World::new();
    let sale = world.earn(ADA, 40, (0, 0));
    world.spend(ADA, 40);
    world.refund(sale);
    world.earn(BOB, 60, (0, 5));
    let merged_at = world.now;
    world.merge();
    assert_eq!(figures(&world.book(BOB)).0[..2], [20, 0]);
    world.now = world.days(6);
    world.undo(merged_at, &[]);
    world.add_up("undone");
    assert_eq!(figures(&world.book(ADA)).0[..2], [0, 40]);
    assert_eq!(figures(&world.book(BOB)).0[..2], [0, 0]);
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Earn(i64, i64, i64),
    Spend(i64),
    Hold(i64, i64),
    Refund(usize),
    GiveBack(usize),
    Wait(u64),
}

fn acts() -> impl Strategy<Value = Vec<(bool, Act)>> {
    let act = prop_oneof![
        (1..100_i64, 0..3_i64, 0..20_i64)
            .prop_map(|(amount, delay, life)| Act::Earn(amount, delay, life)),
        (1..60_i64).prop_map(Act::Spend),
        (1..40_i64, 0..6_i64).prop_map(|(amount, days)| Act::Hold(amount, days)),
        any::<usize>().prop_map(Act::Refund),
        any::<usize>().prop_map(Act::GiveBack),
        (0..100_u64).prop_map(Act::Wait),
    ];
    proptest::collection::vec((any::<bool>(), act), 0..25)
}

impl World {
    fn act(
        &mut self,
        whose: PersonId,
        act: Act,
        (sales, spent): (&mut Vec<Cause>, &mut Vec<Cause>),
    ) {
        self.now = self.now.plus(Duration::from_mins(1));
        match act {
            Act::Earn(amount, delay, life) => sales.push(self.earn(whose, amount, (delay, life))),
            Act::Spend(amount) => spent.push(self.spend(whose, amount)),
            Act::Hold(amount, days) => self.hold(whose, amount, days),
            Act::Refund(nth) if !sales.is_empty() => self.refund(sales[nth % sales.len()]),
            Act::GiveBack(nth) if !spent.is_empty() => self.give_back(spent[nth % spent.len()]),
            Act::Refund(_) | Act::GiveBack(_) => {}
            Act::Wait(hours) => self.now = self.now.plus(Duration::from_secs(hours * 3_600)),
        }
    }
}

/// What was taken from the survivor for the other's debt and would have expired since.
fn lapsed(world: &World) -> i64 {
    let out = world.book(ADA).entries.into_iter();
    let out: Vec<_> =
        out.filter(|entry| entry.amount > Points::ZERO).map(|entry| entry.id).collect();
    let book = world.book(BOB);
    let paid =
        |entry: &crate::Entry| matches!(entry.cause, Cause::Transfer(of) if out.contains(&of));
    let paid: Vec<_> =
        book.entries.iter().filter(|entry| paid(entry)).map(|entry| entry.id).collect();
    let gone = |id| book.lots.iter().any(|lot| lot.id == id && lot.is_expired(world.now));
    let uses = book.lot_uses.iter().filter(|part| paid.contains(&part.entry) && gone(part.lot));
    uses.map(|part| part.amount.get()).sum()
}

/// What has expired so far: below zero.
fn expired(world: &World) -> i64 {
    [ADA, BOB].into_iter().map(|person| expired_of(world, person)).sum()
}

fn expired_of(world: &World, person: PersonId) -> i64 {
    let lines = world.book(person).entries.into_iter();
    lines.filter(|line| line.kind == EntryKind::Expire).map(|line| line.amount.get()).sum()
}

proptest! {
    #[test]
    fn rules_27_and_28_books_add_up_at_every_step_of_a_life_with_a_merge(
        before in acts(), between in acts(), after in acts(), named in any::<u64>(),
    ) {
        let mut world = World::new();
        let (mut sales, mut spent) = (Vec::new(), Vec::new());
        world.earn(ADA, 5, (0, 0));
        world.earn(BOB, 5, (0, 0));
        for (of_ada, act) in before {
            let whose = if of_ada { ADA } else { BOB };
            world.act(whose, act, (&mut sales, &mut spent));
            world.add_up("before");
        }
        let merged_at = world.now;
        let sums = |world: &World| {
            let books = [ADA, BOB].map(|person| figures(&world.book(person)).0);
            (books[0][0] - books[0][1]) + (books[1][0] - books[1][1])
        };
        world.settle();
        let was = sums(&world) - expired(&world);
        world.merge();
        world.add_up("merged");
        // A promise that is called off for a debt lets go what it alone kept from expiring (rule 19).
        prop_assert_eq!(sums(&world), was + expired(&world), "no welcome, so nothing is lost");
        let known = (sales.len(), spent.len());
        for (_, act) in between {
            world.act(BOB, act, (&mut sales, &mut spent));
            world.add_up("between");
        }
        world.settle();
        let was = sums(&world) - lapsed(&world) - expired(&world);
        let since = sales[known.0..].iter().chain(&spent[known.1..]).enumerate();
        let since: Vec<_> = since.filter(|(nth, _)| named >> (nth % 64) & 1 == 1).map(|(_, one)| *one).collect();
        world.undo(merged_at, &since);
        world.add_up("undone");
        // A promise that is called off for it lets go what it alone kept from expiring (rule 19).
        prop_assert_eq!(sums(&world), was + expired(&world), "what one gets the other gives");
        for (of_ada, act) in after {
            let whose = if of_ada { ADA } else { BOB };
            world.act(whose, act, (&mut sales, &mut spent));
            world.add_up("after");
        }
    }

    #[test]
    fn rule_28_a_merge_that_is_undone_at_once_leaves_everything_as_it_was(before in acts()) {
        let mut world = World::new();
        let (mut sales, mut spent) = (Vec::new(), Vec::new());
        world.earn(ADA, 5, (0, 0));
        world.earn(BOB, 5, (0, 0));
        for (of_ada, act) in before {
            let whose = if of_ada { ADA } else { BOB };
            world.act(whose, act, (&mut sales, &mut spent));
        }
        world.now = world.now.plus(Duration::from_secs(1));
        world.settle();
        let was = [ADA, BOB].map(|person| figures(&world.book(person)));
        // Debt on one side is paid by what the other has set aside: promises are called off for it, and stay so.
        let owed = was[0].0[1] + was[1].0[1] > 0;
        let over = [ADA, BOB].map(|person| expired_of(&world, person));
        let merged_at = world.now;
        let held: Vec<_> = world.book(ADA).holds.iter().filter(|hold| hold.state == HoldState::Open).map(|hold| hold.id).collect();
        world.merge();
        let pair = world.pair();
        let mut since = Since::nothing(merged_at);
        let moved = world.book(BOB).holds.len().saturating_sub(held.len());
        since.holds = world.book(BOB).holds.iter().skip(moved).map(|hold| hold.id).collect();
        undo(&mut world.tx, &pair, &since).unwrap();
        world.add_up("undone");
        let is = [ADA, BOB].map(|person| figures(&world.book(person)));
        if owed {
            // What those promises alone kept from expiring is over with them (rule 19).
            let now_over = [ADA, BOB].map(|person| expired_of(&world, person));
            for nth in 0..2 {
                let [is, was] = [&is[nth].0, &was[nth].0].map(|one| [one[0] - one[1], one[3]]);
                prop_assert_eq!(is, [was[0] + now_over[nth] - over[nth], was[1]]);
            }
        } else {
            prop_assert_eq!(is, was);
        }
    }
}
