//! The ledgers of two customers become one (rule 27): what one has on each card goes to the other's account by transfers that
//! keep the day each lot becomes good on and the day it ends on. Lines stay where they were written, and accounts whose they are:
//! one that was merged says which acts for it, and what comes of its lines later comes there.

pub mod undo;

use std::cmp::Reverse;

use regulars_kernel::{
    AccountId, LotId, LoyaltyCardId, MerchantId, MergeId, PersonId, Points, StoreError,
};

use crate::{
    Account, Cause, ClawBackPolicy, HoldState, Holdings, LedgerStore, Lot,
    bookkeeping::{self, Occasion},
    ledger_store::NewHold,
    posting::{Locked, Unpostable, plus},
    transfer::{Moved, move_debt, move_lots},
};

/// A merge, as far as ledgers are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// At which merchant.
    pub merchant: MerchantId,
    /// Which merge; the lines that it writes carry its number.
    pub merge: MergeId,
    /// Who goes.
    pub other: PersonId,
    /// Who stays.
    pub survivor: PersonId,
    /// Who was merged into the one who goes before.
    pub inner: &'a [PersonId],
    /// Who was merged into the one who stays before.
    pub beside: &'a [PersonId],
    /// When, and by whom.
    pub occasion: Occasion,
}

/// What happened, or would happen, on one card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardMerge {
    /// Which.
    pub card: LoyaltyCardId,
    /// What comes to the survivor, what is set aside among it.
    pub points: Points,
    /// What of it is set aside.
    pub held: Points,
    /// What the survivor owes for the other.
    pub debt: Points,
    /// What of a second welcome goes (rule 15), or would go at most.
    pub welcome: Points,
}

/// The numbers by which the lines of a merge are told apart from those of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// What was free.
    Free = 0,
    /// What was set aside.
    Held = 1,
    /// What was owed.
    Owed = 2,
    /// What an undo takes back.
    Back = 3,
}

impl Step {
    fn of(self, merge: MergeId) -> Result<u32, StoreError> {
        let number = u32::try_from(merge.get()).ok().and_then(|merge| merge.checked_mul(4));
        number.and_then(|number| number.checked_add(self as u32)).ok_or(Unpostable::Overflow.into())
    }
}

/// Every account of the two and of whoever was merged into them before, locked, by ascending id.
fn locked<S: LedgerStore + ?Sized>(tx: &mut S, pair: &Pair<'_>) -> Result<Vec<Locked>, StoreError> {
    let mut people = vec![pair.other, pair.survivor];
    people.extend(pair.inner.iter().chain(pair.beside));
    people.sort_unstable();
    people.dedup();
    tx.lock_accounts_of(pair.merchant, &people)
}

/// The cards on which somebody has an account.
fn cards_of(accounts: &[Locked], person: PersonId) -> Vec<LoyaltyCardId> {
    let own = accounts.iter().map(Locked::account).filter(|account| account.person == person);
    own.map(|account| account.card).collect()
}

fn find(accounts: &[Locked], person: PersonId, card: LoyaltyCardId) -> Option<&Locked> {
    accounts.iter().find(|one| (one.account().person, one.account().card) == (person, card))
}

/// What [`merge`] would do now, as far as it can be told: writes nothing.
pub fn preview<S: LedgerStore + ?Sized>(
    tx: &mut S,
    pair: &Pair<'_>,
) -> Result<Vec<CardMerge>, StoreError> {
    let accounts = locked(tx, pair)?;
    let mut found = Vec::new();
    for card in cards_of(&accounts, pair.other) {
        let Some(from) = find(&accounts, pair.other, card) else { continue };
        let Account { balance, debt, held, .. } = *from.account();
        let ids = on_card(&accounts, card);
        let mut welcome = Points::ZERO;
        for later in second_welcomes(tx, &ids)? {
            welcome = plus(welcome, plus(later.entry.amount, later.reversed)?)?;
        }
        found.push(CardMerge { card, points: balance, held, debt, welcome });
    }
    Ok(found)
}

fn on_card(accounts: &[Locked], card: LoyaltyCardId) -> Vec<AccountId> {
    let own = accounts.iter().map(Locked::account).filter(|account| account.card == card);
    own.map(|account| account.id).collect()
}

/// Moves everything that one customer has to the other, and has the other's accounts act for theirs. Whoever was merged into the
/// one who goes goes along. Of two welcomes of a card the later is taken back, never into debt (rules 15 and 27).
pub fn merge<S: LedgerStore + ?Sized>(
    tx: &mut S,
    pair: &Pair<'_>,
) -> Result<Vec<CardMerge>, StoreError> {
    let accounts = locked(tx, pair)?;
    let mut done = Vec::new();
    for card in cards_of(&accounts, pair.other) {
        let Some(mut from) = find(&accounts, pair.other, card).cloned() else { continue };
        let into = find(&accounts, pair.survivor, card).cloned();
        let into = match into {
            Some(into) => Some(into),
            None => tx.lock_account(pair.merchant, pair.survivor, card, Some(pair.occasion.now))?,
        };
        let mut into = into.ok_or(StoreError::OutOfScope("an account was not opened"))?;
        let mut moved = move_card(tx, (&mut from, &mut into), pair)?;
        let earned = total_earned(from.account())?;
        let carried = plus(into.account().carried, earned)?;
        tx.redirect_account(&mut into, None, carried)?;
        let (target, kept) = (into.account().id, from.account().carried);
        tx.redirect_account(&mut from, Some(target), kept)?;
        for mut one in
            accounts.iter().filter(|one| pair.inner.contains(&one.account().person)).cloned()
        {
            if one.account().card == card {
                let kept = one.account().carried;
                tx.redirect_account(&mut one, Some(target), kept)?;
            }
        }
        let mut ids = on_card(&accounts, card);
        ids.push(target);
        moved.welcome = welcome_once(tx, &mut into, &ids, pair.occasion)?;
        done.push(moved);
    }
    Ok(done)
}

/// What an account earned, with what those earned that were merged into it.
pub(crate) fn total_earned(account: &Account) -> Result<Points, Unpostable> {
    plus(account.earned, account.carried)
}

fn move_card<S: LedgerStore + ?Sized>(
    tx: &mut S,
    (from, into): (&mut Locked, &mut Locked),
    pair: &Pair<'_>,
) -> Result<CardMerge, StoreError> {
    let Occasion { zone, now, .. } = pair.occasion;
    let mut holdings = bookkeeping::settle(tx, from, zone, now)?;
    bookkeeping::settle(tx, into, zone, now)?;
    let card = from.account().card;
    let cause = Cause::Merge(pair.survivor);
    let debt = from.account().debt;
    let mut moved =
        CardMerge { card, points: Points::ZERO, held: Points::ZERO, debt, welcome: Points::ZERO };
    if debt > Points::ZERO {
        let step = (cause, Step::Owed.of(pair.merge)?);
        move_debt(tx, (from, into), debt, step, pair.occasion)?;
        return Ok(moved);
    }
    holdings = pay_first(tx, (from, into.account().debt), holdings, pair.occasion)?;
    moved.points = from.account().balance;
    let free: Vec<(Lot, Points)> =
        holdings.lots.iter().map(|lot| (lot.clone(), holdings.free(lot))).collect();
    let free: Vec<_> = free.into_iter().filter(|(_, free)| *free > Points::ZERO).collect();
    if !free.is_empty() {
        let step = (cause, Step::Free.of(pair.merge)?);
        move_lots(tx, (&mut *from, &mut *into), &free, step, pair.occasion)?;
    }
    moved.held = from.account().held;
    move_holds(tx, (from, into), &holdings, (cause, pair))?;
    Ok(moved)
}

/// What is given pays the other's debt first (rule 18), with what nobody has set aside; where that is too little the newest promises
/// are called off for it.
fn pay_first<S: LedgerStore + ?Sized>(
    tx: &mut S,
    (from, owed): (&mut Locked, Points),
    mut holdings: Holdings,
    occasion: Occasion,
) -> Result<Holdings, StoreError> {
    let mut newest = holdings.holds.clone();
    newest.sort_by_key(|hold| Reverse((hold.created_at, hold.id)));
    for hold in newest {
        let free = holdings.lots.iter().map(|lot| holdings.free(lot));
        let free = free.fold(0_i64, |sum, part| sum.saturating_add(part.get()));
        if free >= owed.get() {
            break;
        }
        tx.end_hold(from, &hold, (HoldState::Cancelled, occasion.now))?;
        holdings = bookkeeping::settle(tx, from, occasion.zone, occasion.now)?;
    }
    Ok(holdings)
}

/// Moves what open promises have set aside, with the promises.
fn move_holds<S: LedgerStore + ?Sized>(
    tx: &mut S,
    (from, into): (&mut Locked, &mut Locked),
    holdings: &Holdings,
    (cause, pair): (Cause, &Pair<'_>),
) -> Result<(), StoreError> {
    if holdings.holds.is_empty() {
        return Ok(());
    }
    for hold in &holdings.holds {
        tx.hand_over_hold(from, hold, pair.occasion.now)?;
    }
    let held: Vec<(Lot, Points)> =
        holdings.lots.iter().map(|lot| (lot.clone(), holdings.held(lot.id))).collect();
    let held: Vec<_> = held.into_iter().filter(|(_, held)| *held > Points::ZERO).collect();
    let step = (cause, Step::Held.of(pair.merge)?);
    let moved = move_lots(tx, (from, &mut *into), &held, step, pair.occasion)?;
    for hold in &holdings.holds {
        let parts = holdings.parts.iter().filter(|part| part.hold == hold.id);
        let parts = parts.map(|part| Some((new_lot(&moved, part.lot)?, part.amount)));
        let parts: Option<Vec<_>> = parts.collect();
        let parts = parts.ok_or(StoreError::Internal("what is held did not move".into()))?;
        let new = NewHold { parts, until: hold.until, created_at: hold.created_at };
        let new = tx.put_hold(into, &new)?;
        tx.repoint_promise(pair.merchant, hold.id, new.id)?;
    }
    Ok(())
}

fn new_lot(moved: &Moved, old: LotId) -> Option<LotId> {
    moved.into.lots.iter().find(|lot| lot.moved_from == Some(old)).map(|lot| lot.id)
}

/// The welcomes on a card, but for the first that still stands: whoever came together was welcomed once.
fn second_welcomes<S: LedgerStore + ?Sized>(
    tx: &mut S,
    accounts: &[AccountId],
) -> Result<Vec<crate::Traced>, StoreError> {
    let mut standing = tx.welcomes(accounts)?;
    standing.retain(|one| one.left() > Points::ZERO);
    standing.sort_by_key(|one| (one.entry.occurred_at, one.entry.id));
    Ok(standing.split_off(standing.len().min(1)))
}

fn welcome_once<S: LedgerStore + ?Sized>(
    tx: &mut S,
    account: &mut Locked,
    accounts: &[AccountId],
    occasion: Occasion,
) -> Result<Points, StoreError> {
    let mut gone = Points::ZERO;
    for later in second_welcomes(tx, accounts)? {
        let left = plus(later.entry.amount, later.reversed)?;
        let mut holdings = tx.holdings(account)?;
        let how = (left, ClawBackPolicy::ToZero);
        let clawed = bookkeeping::claw_back(tx, account, &mut holdings, &later, how, occasion)?;
        gone = plus(gone, clawed.amount)?;
    }
    Ok(gone)
}

#[cfg(test)]
mod tests;
