//! Rule 18: whether the books of an account add up.
//!
//! [`check`] replays an account's entries over its lots and compares what comes out with what is kept beside them. It
//! trusts no sum, and says everything that is wrong rather than the first.

mod as_of;

use std::collections::{BTreeMap, BTreeSet};

use regulars_kernel::{AccountId, EntryId, HoldId, LotId, Points};

use crate::{Account, Entry, EntryKind, Hold, HoldLot, HoldState, Lot, LotUse, chain};

/// An account with everything that was written about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// The account.
    pub account: Account,
    /// Its entries, by ascending `seq`.
    pub entries: Vec<Entry>,
    /// Its lots.
    pub lots: Vec<Lot>,
    /// What its entries took from its lots.
    pub lot_uses: Vec<LotUse>,
    /// Its holds.
    pub holds: Vec<Hold>,
    /// What its holds have set aside of its lots.
    pub hold_lots: Vec<HoldLot>,
}

impl Book {
    /// The books of an account about which nothing was written yet.
    pub const fn new(account: Account) -> Self {
        Self {
            account,
            entries: Vec::new(),
            lots: Vec::new(),
            lot_uses: Vec::new(),
            holds: Vec::new(),
            hold_lots: Vec::new(),
        }
    }
}

/// Something in the books of an account that does not add up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("account {account}: {fault}")]
pub struct Discrepancy {
    /// Whose books.
    pub account: AccountId,
    /// What.
    pub fault: Fault,
}

/// What does not add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The numbers of the entries have a gap or are out of order, or the account's is not the last one's.
    #[error("the entries are not numbered 1, 2, 3 and so on to the account's number")]
    Sequence,
    /// A row belongs to another account, or names a row that is not in these books.
    #[error("a row names what is not in these books")]
    Foreign,
    /// An entry gives where its kind takes, takes where it gives, or does nothing.
    #[error("entry {0} has the wrong sign for its kind")]
    Sign(EntryId),
    /// An entry was written before the one before it.
    #[error("entry {0} was written before the one before it")]
    Order(EntryId),
    /// A credit is not what it put into lots and paid of the debt; or it left debt while it filled lots.
    #[error("entry {0} does not account for all that it gives")]
    Credit(EntryId),
    /// A debit took more from lots than its amount; or it made debt while there was balance, or of a kind that cannot.
    #[error("entry {0} does not account for all that it takes")]
    Debit(EntryId),
    /// An entry has the natural key of an earlier one: what can happen once happened twice.
    #[error("entry {0} was written twice")]
    Repeated(EntryId),
    /// An entry takes back one that does not come before it or goes the same way, or is no reversal; or the reversals of
    /// an entry take back more than it did.
    #[error("entry {0} takes back what was not there")]
    Reversal(EntryId),
    /// A lot was used before it was there, before it was active, after its end without a hold that was made before, or
    /// beyond what it held.
    #[error("lot {0} was used beyond what it held")]
    Use(LotId),
    /// A lot's remainder is not its amount less its uses.
    #[error("lot {0} has another remainder than its uses leave")]
    Remainder(LotId),
    /// A hold is not the sum of its parts, or an open one stands on what its lots do not have.
    #[error("hold {0} does not stand on its lots")]
    Held(HoldId),
    /// The sum of the entries is not balance less debt; or both are above zero; or one is below.
    #[error("the entries do not sum to balance less debt")]
    Balance,
    /// What is held is not the sum of the open holds, or is more than the balance.
    #[error("the open holds do not sum to what is held")]
    HeldSum,
    /// What was earned is not the sum of the earnings less their reversals.
    #[error("the earnings do not sum to what was earned")]
    Earned,
    /// A line, a lot that came with it, what it took from lots or whose the account is is not what its hash says; or it has no
    /// hash though a line before it has one.
    #[error("entry {0} is not what it was when it was written")]
    Chain(EntryId),
    /// The account's hash or time is not that of its latest entry.
    #[error("the account does not end with its latest entry")]
    Head,
}

/// Everything that does not add up in the books of an account (rule 18); nothing where they do.
///
/// Balance and debt are replayed entry by entry. What was *available* at each of them is not: holds of earlier releases do
/// not say when they ended, so what they left free can no longer be told. That what is held now lies within what its lots have
/// now is checked.
pub fn check(book: &Book) -> Vec<Discrepancy> {
    let account = book.account.id;
    let mut replay = Replay::new(book);
    replay.check_rows();
    replay.check_chain();
    replay.check_reversals();
    for entry in &book.entries {
        replay.enter(entry);
    }
    replay.check_lots();
    replay.check_holds();
    replay.check_sums();
    replay.faults.into_iter().map(|fault| Discrepancy { account, fault }).collect()
}

/// Sums are kept in 128 bits: no number of 64-bit rows overflows them.
struct Replay<'a> {
    book: &'a Book,
    lots: BTreeMap<LotId, (&'a Lot, i128)>,
    uses: BTreeMap<EntryId, Vec<&'a LotUse>>,
    created: BTreeMap<EntryId, Vec<&'a Lot>>,
    balance: i128,
    debt: i128,
    earned: i128,
    last: Option<&'a Entry>,
    faults: Vec<Fault>,
}

const fn wide(points: Points) -> i128 {
    // `i128::from` is not const.
    points.get() as i128
}

impl<'a> Replay<'a> {
    fn new(book: &'a Book) -> Self {
        let mut uses: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for lot_use in &book.lot_uses {
            uses.entry(lot_use.entry).or_default().push(lot_use);
        }
        let mut created: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for lot in &book.lots {
            created.entry(lot.entry).or_default().push(lot);
        }
        Self {
            book,
            lots: BTreeMap::new(),
            uses,
            created,
            balance: 0,
            debt: 0,
            earned: 0,
            last: None,
            faults: Vec::new(),
        }
    }

    fn require(&mut self, holds: bool, fault: Fault) {
        if !holds {
            self.faults.push(fault);
        }
    }

    /// Every row belongs here and names rows that are here.
    fn check_rows(&mut self) {
        let book = self.book;
        let account = book.account.id;
        let entries: BTreeSet<_> = book.entries.iter().map(|entry| entry.id).collect();
        let lots: BTreeSet<_> = book.lots.iter().map(|lot| lot.id).collect();
        let holds: BTreeSet<_> = book.holds.iter().map(|hold| hold.id).collect();
        let uses_known =
            |lot_use: &LotUse| entries.contains(&lot_use.entry) && lots.contains(&lot_use.lot);
        let at_home = book.entries.iter().all(|entry| entry.account == account)
            && book.lots.iter().all(|lot| lot.account == account && entries.contains(&lot.entry))
            && book.holds.iter().all(|hold| hold.account == account)
            && book.lot_uses.iter().all(uses_known)
            && book
                .hold_lots
                .iter()
                .all(|part| holds.contains(&part.hold) && lots.contains(&part.lot));
        self.require(at_home, Fault::Foreign);
        let numbered = (1..).zip(&book.entries).all(|(seq, entry)| entry.seq == seq);
        let last = book.entries.last().map_or(0, |entry| entry.seq);
        self.require(numbered && last == book.account.seq, Fault::Sequence);
        let mut keys = BTreeSet::new();
        for entry in &book.entries {
            self.require(keys.insert(entry.natural_key.as_str()), Fault::Repeated(entry.id));
        }
    }

    /// What takes an earlier entry back does so against it, and never further than to nothing. After a merge it may be an
    /// entry of the other account (rule 27), whose books are not here.
    fn check_reversals(&mut self) {
        let book = self.book;
        let moved = book.entries.iter().any(|entry| entry.kind == EntryKind::Transfer);
        let merged = moved || book.account.merged;
        let known: BTreeMap<_, _> = book.entries.iter().map(|entry| (entry.id, entry)).collect();
        let mut left: BTreeMap<EntryId, i128> = BTreeMap::new();
        for entry in &book.entries {
            let Some(id) = entry.reverses else { continue };
            let Some(reversed) = known.get(&id) else {
                self.require(merged, Fault::Foreign);
                continue;
            };
            let left = left.entry(id).or_insert_with(|| wide(reversed.amount));
            let against = (*left > 0) != (entry.amount > Points::ZERO);
            let within = wide(entry.amount).abs() <= left.abs();
            let sound = entry.kind == EntryKind::Reverse
                && reversed.seq < entry.seq
                && (wide(reversed.amount) > 0) != (entry.amount > Points::ZERO);
            *left += wide(entry.amount);
            self.require(sound && against && within, Fault::Reversal(entry.id));
        }
    }

    fn enter(&mut self, entry: &'a Entry) {
        let amount = wide(entry.amount);
        let sign_fits = match entry.kind {
            EntryKind::Earn => amount > 0,
            EntryKind::Redeem | EntryKind::Expire => amount < 0,
            EntryKind::Reverse | EntryKind::Adjust | EntryKind::Transfer => amount != 0,
        };
        self.require(sign_fits, Fault::Sign(entry.id));
        let in_order = self.last.is_none_or(|last| last.recorded_at <= entry.recorded_at);
        self.require(in_order, Fault::Order(entry.id));
        self.last = Some(entry);
        let takes_back = entry.kind == EntryKind::Reverse && amount < 0;
        if entry.kind == EntryKind::Earn || takes_back {
            self.earned += amount;
        }
        let taken = self.take(entry);
        let filled = self.fill(entry);
        if amount >= 0 {
            self.credit(entry, amount, filled - taken);
        } else {
            self.require(filled == 0, Fault::Debit(entry.id));
            self.debit(entry, -amount, taken);
        }
    }

    /// Applies an entry's uses of lots; answers what it took in all (negative: gave back).
    fn take(&mut self, entry: &'a Entry) -> i128 {
        let mut taken = 0;
        let book = self.book;
        for lot_use in self.uses.get(&entry.id).cloned().unwrap_or_default() {
            let amount = wide(lot_use.amount);
            taken += amount;
            let Some((lot, remaining)) = self.lots.get_mut(&lot_use.lot) else {
                self.faults.push(Fault::Use(lot_use.lot));
                continue;
            };
            *remaining -= amount;
            let within = (0..=wide(lot.amount)).contains(remaining);
            let active = entry.kind != EntryKind::Redeem
                || (lot.is_active(entry.recorded_at)
                    && (!lot.is_expired(entry.occurred_at) || was_held(book, lot)));
            // An entry gives back or takes; never both under one sign.
            let direction = (amount > 0) == (entry.amount < Points::ZERO);
            self.require(within && active && direction, Fault::Use(lot_use.lot));
        }
        taken
    }

    /// Puts down the lots that came with an entry; answers what they hold in all.
    fn fill(&mut self, entry: &'a Entry) -> i128 {
        let mut filled = 0;
        for lot in self.created.get(&entry.id).cloned().unwrap_or_default() {
            filled += wide(lot.amount);
            self.require(lot.amount > Points::ZERO, Fault::Credit(entry.id));
            self.lots.insert(lot.id, (lot, wide(lot.amount)));
        }
        filled
    }

    /// Every credit pays debt first: what reached lots is what was left after that.
    fn credit(&mut self, entry: &Entry, amount: i128, reached_lots: i128) {
        let paid = amount - reached_lots;
        self.require(paid == amount.min(self.debt), Fault::Credit(entry.id));
        self.debt -= paid;
        self.balance += reached_lots;
    }

    /// What a debit did not find is debt; only where nothing was left to take, and never of a spending or an expiry.
    fn debit(&mut self, entry: &Entry, amount: i128, taken: i128) {
        let missing = amount - taken;
        self.balance -= taken;
        self.debt += missing;
        let may_owe = !matches!(entry.kind, EntryKind::Redeem | EntryKind::Expire);
        let sound = missing == 0 || (missing > 0 && may_owe && self.balance == 0);
        self.require(sound, Fault::Debit(entry.id));
    }

    fn check_lots(&mut self) {
        for lot in &self.book.lots {
            let replayed = self.lots.get(&lot.id).map(|(_, remaining)| *remaining);
            self.require(replayed == Some(wide(lot.remaining)), Fault::Remainder(lot.id));
        }
    }

    /// Open holds are judged by their state, not by the clock: one whose time is up keeps its lots until it is noted as
    /// lapsed, so that a check does not depend on when it runs.
    fn check_holds(&mut self) {
        let book = self.book;
        let mut held: BTreeMap<LotId, i128> = BTreeMap::new();
        let mut sum = 0;
        for hold in &book.holds {
            let parts = || book.hold_lots.iter().filter(|part| part.hold == hold.id);
            let total: i128 = parts().map(|part| wide(part.amount)).sum();
            let mut sound = total == wide(hold.amount)
                && total > 0
                && parts().all(|part| part.amount > Points::ZERO);
            if hold.state == HoldState::Open {
                sum += total;
                for part in parts() {
                    let held = held.entry(part.lot).or_default();
                    *held += wide(part.amount);
                    sound &= self.lots.get(&part.lot).is_some_and(|(lot, remaining)| {
                        *held <= *remaining
                            && lot.is_active(hold.created_at)
                            && !lot.is_expired(hold.created_at)
                    });
                }
            }
            self.require(sound, Fault::Held(hold.id));
        }
        let kept = wide(book.account.held);
        let within = kept <= wide(book.account.balance);
        self.require(kept == sum && within, Fault::HeldSum);
    }

    fn check_sums(&mut self) {
        let account = &self.book.account;
        let (balance, debt) = (wide(account.balance), wide(account.debt));
        let entries: i128 = self.book.entries.iter().map(|entry| wide(entry.amount)).sum();
        let remainders: i128 = self.book.lots.iter().map(|lot| wide(lot.remaining)).sum();
        let sound = entries == balance - debt
            && balance == remainders
            && balance == self.balance
            && debt == self.debt
            && balance >= 0
            && debt >= 0
            && (balance == 0 || debt == 0);
        self.require(sound, Fault::Balance);
        let earned = wide(account.earned);
        self.require(earned == self.earned, Fault::Earned);
    }

    /// Lines that were written before lines were chained come first, if there are any; all others are chained (rule 20).
    fn check_chain(&mut self) {
        let book = self.book;
        let (mut previous, mut last_form) = (None, chain::Form::First);
        for entry in book.entries.iter().skip_while(|entry| entry.hash.is_none()) {
            let form = chain::form_of(book, entry, previous);
            // What covers less does not follow what covers more: no line can be made anew that way.
            self.require(form.is_some_and(|form| form >= last_form), Fault::Chain(entry.id));
            (previous, last_form) = (entry.hash, form.unwrap_or(last_form).max(last_form));
        }
        let Some(last) = book.entries.last() else { return };
        let ends = book.account.head == last.hash
            && (last.hash.is_none() || book.account.head_at == last.recorded_at);
        self.require(ends, Fault::Head);
    }
}

/// Whether a hold that was used set something of a lot aside while it lived: a lot outlives its end by that (rule 19).
fn was_held(book: &Book, lot: &Lot) -> bool {
    book.hold_lots.iter().filter(|part| part.lot == lot.id).any(|part| {
        book.holds.iter().any(|hold| {
            hold.id == part.hold
                && hold.state == HoldState::Confirmed
                && !lot.is_expired(hold.created_at)
        })
    })
}

#[cfg(test)]
mod tests;
