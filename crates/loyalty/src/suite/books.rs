//! Journeys of an account: what bookkeeping writes adds up after every step, wherever it is kept, and comes to the same.

use std::time::Duration;

use regulars_kernel::{
    AccountId, LoyaltyCardId, MergeId, OrderId, Points, RedemptionId, Scope, StoreError, Timestamp,
};
use regulars_merchant::Tz;

use super::{ADA, BOB, FIRST, Fixture, Ports, SECOND, at};
use crate::{
    Account, Book, Cause, ClawBackPolicy, Entry, EntryKind, HoldState, LedgerStore,
    bookkeeping::{self, Occasion},
    ledger,
    merge::{self, Pair, undo::Since},
    posting::{Coming, Happening, Locked, NewLot, credit},
    welcome::WelcomeMark,
};

/// What happened in a journey, in numbers that do not depend on where it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// Balance, debt, held, earned and the number of the last line, after each step.
    pub sums: Vec<[i64; 5]>,
}

/// Numbers that look random and are the same for the same seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((z ^ (z >> 31)) % sides.max(1)).unwrap_or_default()
    }

    fn points(&mut self, most: i64) -> Points {
        Points::new(1 + self.roll(u64::try_from(most).unwrap_or(1)))
    }
}

struct Traveller {
    dice: Dice,
    now: Timestamp,
    /// On which card; orders and redemptions of journeys on other cards have other numbers.
    card: LoyaltyCardId,
    orders: i64,
    redemptions: i64,
}

const ZONE: Tz = Tz::Europe__Berlin;

impl Traveller {
    fn order(&self, nth: i64) -> Cause {
        Cause::Order(OrderId::new(self.card.get() * 1_000 + nth))
    }

    fn redemption(&self, nth: i64) -> Cause {
        Cause::Redemption(RedemptionId::new(self.card.get() * 1_000 + nth))
    }

    fn occasion(&self) -> Occasion {
        Occasion::at(self.now, ZONE, None)
    }

    fn days(&self, days: i64) -> Timestamp {
        self.now.plus(Duration::from_secs(u64::try_from(days).unwrap_or_default() * 86_400))
    }

    fn step<S: LedgerStore + ?Sized>(
        &mut self,
        tx: &mut S,
        account: &mut Locked,
    ) -> Result<(), StoreError> {
        self.now = self.now.plus(Duration::from_secs(
            3_600 * u64::try_from(self.dice.roll(60)).unwrap_or_default(),
        ));
        let mut holdings = bookkeeping::settle(tx, account, ZONE, self.now)?;
        let occasion = self.occasion();
        match self.dice.roll(9) {
            0 | 1 => {
                self.orders += 1;
                let delay = self.dice.roll(3);
                let life = self.dice.roll(20);
                let lot = NewLot {
                    amount: self.dice.points(100),
                    active_from: self.days(delay),
                    expires_at: (life > 0).then(|| self.days(delay + life)),
                    revives: None,
                    moved_from: None,
                };
                let cause = self.order(self.orders);
                bookkeeping::give(tx, account, (EntryKind::Earn, cause, 0), lot, occasion)?;
            }
            2 => {
                self.redemptions += 1;
                let cause = self.redemption(self.redemptions);
                let amount = self.dice.points(60);
                let available = holdings.available(self.now);
                let what = (EntryKind::Redeem, cause, 0);
                let spent = bookkeeping::spend(tx, account, &mut holdings, what, amount, occasion)?;
                assert_eq!(spent.is_some(), amount <= available, "spends what is available");
            }
            3 => {
                let amount = self.dice.points(60);
                let days = self.dice.roll(6);
                let until = self.days(days);
                let available = holdings.available(self.now);
                let hold = bookkeeping::hold(tx, account, &mut holdings, amount, until, self.now)?;
                assert_eq!(hold.is_some(), amount <= available, "holds what is available");
            }
            4 => {
                if let Some(hold) = holdings.holds.first().map(|hold| hold.id) {
                    bookkeeping::release(tx, account, &mut holdings, hold, ZONE, self.now)?;
                }
            }
            5 => {
                if let Some(hold) = holdings.holds.last().cloned() {
                    self.redemptions += 1;
                    let cause = self.redemption(self.redemptions);
                    // All of it, or what a sale needs of it.
                    let part = self.dice.points(hold.amount.get()).min(hold.amount);
                    let needed = (self.dice.roll(2) == 0).then_some(part.max(Points::new(1)));
                    let used = (hold.id, needed);
                    bookkeeping::confirm(tx, account, &mut holdings, used, cause, occasion)?;
                }
            }
            6 | 7 => self.take_back(tx, account)?,
            _ => self.give_back(tx, account)?,
        }
        Ok(())
    }

    fn take_back<S: LedgerStore + ?Sized>(
        &mut self,
        tx: &mut S,
        account: &mut Locked,
    ) -> Result<(), StoreError> {
        let order = 1 + self.dice.roll(u64::try_from(self.orders).unwrap_or_default());
        let roll = usize::try_from(self.dice.roll(3)).unwrap_or_default();
        let policy = ClawBackPolicy::ALL.get(roll).copied().unwrap_or_default();
        for earning in tx.traced(FIRST, self.order(order))? {
            let left = earning.entry.amount.get() + earning.reversed.get();
            if left == 0 {
                continue;
            }
            let amount = self.dice.points(left);
            let mut holdings = bookkeeping::settle(tx, account, ZONE, self.now)?;
            let occasion = self.occasion();
            let clawed = bookkeeping::claw_back(
                tx,
                account,
                &mut holdings,
                &earning,
                (amount, policy),
                occasion,
            )?;
            let all = clawed.amount.get() + clawed.forgiven.get();
            assert_eq!(all, amount.get(), "what is not taken is let be");
            if policy == ClawBackPolicy::BelowZero {
                assert_eq!(clawed.amount, amount, "below zero goes to the end");
            }
        }
        Ok(())
    }

    fn give_back<S: LedgerStore + ?Sized>(
        &mut self,
        tx: &mut S,
        account: &mut Locked,
    ) -> Result<(), StoreError> {
        let redemption = 1 + self.dice.roll(u64::try_from(self.redemptions).unwrap_or_default());
        for spending in tx.traced(FIRST, self.redemption(redemption))? {
            let left = -spending.entry.amount.get() - spending.reversed.get();
            let taken: i64 = spending.uses.iter().map(|(_, amount)| amount.get()).sum();
            assert!(left <= taken, "what pays debt does not return to lots");
            if left == 0 {
                continue;
            }
            let amount = self.dice.points(left);
            bookkeeping::give_back(tx, account, &spending, amount, 14, self.occasion())?;
        }
        Ok(())
    }
}

/// Makes a journey of so many steps from a seed on a card on which ADA has nothing yet, and checks the whole books after each.
///
/// # Panics
/// Where the books do not add up, or bookkeeping does otherwise than it says.
pub fn journey<S: LedgerStore + ?Sized>(
    tx: &mut S,
    card: LoyaltyCardId,
    seed: u64,
    steps: u32,
) -> Result<Journal, StoreError> {
    let start = at(100_000);
    let mut traveller = Traveller { dice: Dice(seed), now: start, card, orders: 0, redemptions: 0 };
    let mut account = tx.lock_account(FIRST, ADA, card, Some(start))?.unwrap();
    let mut journal = Journal { sums: Vec::new() };
    for step in 0..steps {
        traveller.step(tx, &mut account)?;
        let Account { balance, debt, held, earned, seq, .. } = *account.account();
        journal.sums.push([balance.get(), debt.get(), held.get(), earned.get(), seq]);
        let book = book(tx, &account)?;
        assert_eq!(book.account, *account.account(), "what is locked is what is kept");
        let faults = ledger::check(&book);
        assert!(faults.is_empty(), "seed {seed}, step {step}: {faults:?}");
    }
    Ok(journal)
}

/// The whole books of an account.
fn book<S: LedgerStore + ?Sized>(tx: &mut S, account: &Locked) -> Result<Book, StoreError> {
    let before = AccountId::new(account.account().id.get() - 1);
    Ok(tx.books(Some(before), 1)?.pop().unwrap())
}

/// Journeys come to the same everywhere; and what the port says about lines, keys, days and what is due is so.
pub(super) fn run(fixture: &mut impl Fixture, elsewhere: &mut impl Fixture) {
    let merchant = Scope::Merchant(FIRST);
    let mut into_debt = false;
    for (card, seed) in [(703, 1), (704, 2), (707, 3)] {
        let travel = move |tx: &mut dyn Ports| journey(tx, LoyaltyCardId::new(card), seed, 120);
        let there = fixture.write(merchant, travel).unwrap();
        assert_eq!(there, elsewhere.write(merchant, travel).unwrap(), "seed {seed}");
        into_debt |= there.sums.iter().any(|[_, debt, ..]| *debt > 0);
    }
    assert!(into_debt, "a journey leads into debt");
    fixture.write(merchant, answers).unwrap();
    for scope in [Scope::Merchant(SECOND), Scope::Person(BOB)] {
        fixture.write(scope, nothing_is_there).unwrap();
    }
}

/// Merges come to the same everywhere. They move whatever ADA has, so nothing looks at her accounts after them.
pub(super) fn merges(fixture: &mut impl Fixture, elsewhere: &mut impl Fixture) {
    let merchant = Scope::Merchant(FIRST);
    for (card, seed) in [(705, 4), (708, 5)] {
        let unite = move |tx: &mut dyn Ports| merging(tx, LoyaltyCardId::new(card), seed);
        let there = fixture.write(merchant, unite).unwrap();
        assert_eq!(there, elsewhere.write(merchant, unite).unwrap(), "seed {seed}");
    }
}

const CARD: LoyaltyCardId = LoyaltyCardId::new(703);

fn answers(tx: &mut dyn Ports) -> Result<(), StoreError> {
    let account = tx.lock_account(FIRST, ADA, CARD, None)?.unwrap();
    let id = account.account().id;
    let book = book(tx, &account)?;
    assert_eq!(tx.lock_accounts(&[id, AccountId::new(999_999)])?, vec![account.clone()]);
    // Lines, newest first, a page after the other.
    let mut walked: Vec<Entry> = Vec::new();
    loop {
        let page = tx.entries_of_account(id, walked.last().map(|entry| entry.seq), 7)?;
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 7);
        walked.extend(page);
    }
    walked.reverse();
    assert_eq!(walked, book.entries);
    let first = book.entries.first().unwrap();
    assert_eq!(tx.entry(first.id)?.as_ref(), Some(first));
    assert_eq!(tx.entry_of_key(FIRST, &first.natural_key)?.as_ref(), Some(first));
    assert_eq!(tx.entry_of_key(FIRST, "nothing")?, None);
    assert_eq!(tx.entry_of_key(SECOND, &first.natural_key)?, None);
    // What a day earned.
    let earned = |date| {
        let entries = book.entries.iter().filter(|row| row.kind == EntryKind::Earn);
        entries.filter(|row| row.business_date == date).map(|row| row.amount.get()).sum::<i64>()
    };
    for entry in &book.entries {
        let answer = tx.earned_on(&[id], entry.business_date)?;
        let answer = answer.first().map_or(0, |(_, sum)| sum.get());
        assert_eq!(answer, earned(entry.business_date));
    }
    // What is due: as long as there is something to settle.
    let last = book.entries.last().unwrap().recorded_at;
    for days in [0, 3, 30, 3_000] {
        let now = last.plus(Duration::from_secs(days * 86_400));
        let held = book.held_per_lot(now).unwrap_or_default();
        let over = book.holds.iter().any(|hold| hold.state == HoldState::Open && !hold.binds(now));
        let gone = book.lots.iter().any(|lot| {
            lot.is_expired(now) && lot.remaining > held.get(&lot.id).copied().unwrap_or_default()
        });
        let before = AccountId::new(id.get() - 1);
        let due = tx.due_accounts(Some(before), now, 1)?;
        assert_eq!(due.first() == Some(&id), over || gone, "{days} days later");
    }
    let mark = |digest: &str| WelcomeMark {
        kind: "email",
        key: "k".to_owned(),
        digest: digest.to_owned(),
    };
    for (marks, new) in [
        (vec![], true),
        (vec![mark("a"), mark("b")], true),
        (vec![mark("c"), mark("b")], false),
        (vec![mark("c")], true),
        (vec![mark("c")], false),
    ] {
        assert_eq!(tx.claim_welcome(FIRST, CARD, &marks)?, new, "{marks:?}");
    }
    assert!(tx.claim_welcome(FIRST, LoyaltyCardId::new(704), &[mark("a")])?, "each card welcomes");
    assert_eq!(tx.trace(first.id)?.unwrap().entry, *first);
    let reversal = book.entries.iter().find(|entry| entry.reverses.is_some()).unwrap();
    assert_eq!(tx.trace(reversal.id)?, None, "what takes back is not taken back");
    // What can happen once cannot be written twice.
    let mut locked = account.clone();
    let happening = Happening {
        kind: EntryKind::Adjust,
        cause: Cause::Manual,
        natural_key: first.natural_key.clone(),
        reverses: None,
        occurred_at: last,
        business_date: first.business_date,
        actor: None,
    };
    let lot = NewLot {
        amount: Points::new(1),
        active_from: last,
        expires_at: None,
        revives: None,
        moved_from: None,
    };
    let posting = credit(account.account(), happening, &[Coming::New(lot)], last)?;
    // A database takes nothing more in this transaction, so it comes last.
    assert!(matches!(tx.post(&mut locked, posting), Err(StoreError::Taken("entry.natural_key"))));
    Ok(())
}

fn nothing_is_there(tx: &mut dyn Ports) -> Result<(), StoreError> {
    assert_eq!(tx.lock_account(FIRST, ADA, CARD, None)?, None);
    assert_eq!(tx.traced(FIRST, Cause::Order(OrderId::new(1)))?, Vec::new());
    assert_eq!(
        tx.due_accounts(None, Timestamp::MAX, 1_000)?.len(),
        tx.books(None, 1_000)?
            .iter()
            .filter(|book| {
                book.lots.iter().any(|lot| lot.remaining > Points::ZERO && lot.expires_at.is_some())
                    || book.holds.iter().any(|hold| hold.state == HoldState::Open)
            })
            .count()
    );
    Ok(())
}

/// Two customers go their ways on a card, are merged, and part again: what comes of it is the same everywhere. Balance, debt, held
/// and earned of the one who goes and of the one who stays, after each step.
///
/// # Panics
/// Where the books do not add up.
pub(super) fn merging<S: LedgerStore + ?Sized>(
    tx: &mut S,
    card: LoyaltyCardId,
    seed: u64,
) -> Result<Vec<[i64; 8]>, StoreError> {
    let now = at(9_000_000);
    journey(tx, card, seed, 40)?;
    let mut stays = tx.lock_account(FIRST, BOB, card, Some(now))?.unwrap();
    let lot = NewLot {
        amount: Points::new(25),
        active_from: now,
        expires_at: None,
        revives: None,
        moved_from: None,
    };
    let cause = Cause::Order(OrderId::new(card.get() * 1_000 + 999));
    let occasion = Occasion::at(now, ZONE, None);
    bookkeeping::give(tx, &mut stays, (EntryKind::Earn, cause, 0), lot, occasion)?;
    let goes = tx.lock_account(FIRST, ADA, card, None)?.unwrap();
    let ids = [goes.account().id, stays.account().id];
    let mut figures = Vec::new();
    let mut look = |tx: &mut S, step: &str| -> Result<(), StoreError> {
        let mut row = Vec::new();
        for account in tx.lock_accounts(&ids)? {
            let book = book(tx, &account)?;
            let faults = ledger::check(&book);
            assert!(faults.is_empty(), "{step} of {seed}: {faults:?}");
            let Account { balance, debt, held, .. } = book.account;
            let counted = book.account.counted().unwrap();
            row.extend([balance, debt, held, counted].map(Points::get));
        }
        figures.push(row.try_into().unwrap());
        Ok(())
    };
    look(tx, "before")?;
    let pair = Pair {
        merchant: FIRST,
        merge: MergeId::new(card.get()),
        other: ADA,
        survivor: BOB,
        inner: &[],
        beside: &[],
        occasion,
    };
    let shown = merge::preview(tx, &pair)?;
    assert!(shown.iter().any(|one| one.card == card));
    merge::merge(tx, &pair)?;
    look(tx, "merged")?;
    // What came of a moved line acts on the one who stays.
    for nth in 1..=5 {
        for earning in tx.traced(FIRST, Cause::Order(OrderId::new(card.get() * 1_000 + nth)))? {
            assert_eq!(earning.acts_on, ids[1], "{earning:?}");
            assert!(earning.lots.iter().all(|lot| earning.own.contains(&lot.id)));
        }
    }
    let today = earlier(tx, ids[1])?;
    assert!(today >= 25, "what a day's caps count has both: {today}");
    let since = Since::nothing(now);
    merge::undo::preview(tx, &pair, &since)?;
    merge::undo::undo(tx, &pair, &since)?;
    look(tx, "undone")?;
    for nth in 1..=5 {
        for earning in tx.traced(FIRST, Cause::Order(OrderId::new(card.get() * 1_000 + nth)))? {
            assert_eq!(earning.acts_on, ids[0]);
        }
    }
    Ok(figures)
}

/// What an account, and those merged into it, earned on the day of the one who stays.
fn earlier<S: LedgerStore + ?Sized>(tx: &mut S, id: AccountId) -> Result<i64, StoreError> {
    let date = at(9_000_000).to_utc().with_timezone(&ZONE).date_naive();
    Ok(tx.earned_on(&[id], date)?.first().map_or(0, |(_, sum)| sum.get()))
}
