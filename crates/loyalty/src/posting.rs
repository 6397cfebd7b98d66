//! Writing a line of the ledger: what an account is before and after it, with the lots it makes and takes from (rules 17, 18
//! and 20). Pure: [`crate::LedgerStore`] keeps it.

use chrono::NaiveDate;
use regulars_kernel::{EntryId, LotId, PersonId, Points, StoreError, Timestamp};

use crate::{
    Account, Cause, Entry, EntryKind,
    chain::{ChainedLot, Form, link},
};

/// An account whose row is locked until the transaction ends: what was read of it holds, and only this transaction changes
/// it. Made by [`crate::LedgerStore::lock_account`] and its like alone; whoever implements the port vouches for the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked(Account);

impl Locked {
    /// Says that the account's row is locked.
    pub const fn new(account: Account) -> Self {
        Self(account)
    }

    /// The account as it is now.
    pub const fn account(&self) -> &Account {
        &self.0
    }

    /// Notes what was kept of it.
    pub fn advance(&mut self, account: Account) {
        self.0 = account;
    }
}

/// What happened, as far as the line that says so does not depend on the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// What the line does.
    pub kind: EntryKind,
    /// What it came of.
    pub cause: Cause,
    /// The text that makes sure it is written once ([`crate::entry::natural_key`]).
    pub natural_key: String,
    /// The earlier line that it takes back.
    pub reverses: Option<EntryId>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The business date of it (rule 26).
    pub business_date: NaiveDate,
    /// Who caused it; none for workers.
    pub actor: Option<PersonId>,
}

/// Points that come, in a lot of their own or back to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coming {
    /// In a lot of their own.
    New(NewLot),
    /// Back to the lot that they were taken from.
    Back(LotId, Points),
}

impl Coming {
    /// How many.
    pub const fn amount(self) -> Points {
        match self {
            Self::New(lot) => lot.amount,
            Self::Back(_, amount) => amount,
        }
    }
}

/// A lot to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewLot {
    /// How much it begins with; positive.
    pub amount: Points,
    /// From when it can be spent.
    pub active_from: Timestamp,
    /// When it is gone; open: never.
    pub expires_at: Option<Timestamp>,
    /// The expired lot whose points it brings back for a while (rule 25).
    pub revives: Option<LotId>,
    /// The lot of another account that they come from (rule 27).
    pub moved_from: Option<LotId>,
}

impl NewLot {
    /// A lot of its own: it brings nothing back, and comes from nobody else.
    pub const fn new(
        amount: Points,
        active_from: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Self {
        Self { amount, active_from, expires_at, revives: None, moved_from: None }
    }
}

/// A line to be written, with all that changes by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The account after it.
    pub account: Account,
    /// The line; its id is given when it is kept.
    pub entry: Entry,
    /// The lots that come with it.
    pub lots: Vec<NewLot>,
    /// What it takes from lots (positive) or gives back (negative), by ascending lot, each lot once.
    pub uses: Vec<(LotId, Points)>,
}

/// Why a line cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpostable {
    /// A sum would not fit 64 bits.
    #[error("the account would hold more than can be counted")]
    Overflow,
    /// A line of nothing, a lot of nothing, or a part that goes the wrong way.
    #[error("a line of the ledger moves something, and all of it one way")]
    Nothing,
}

impl From<Unpostable> for StoreError {
    fn from(unpostable: Unpostable) -> Self {
        Self::Internal(unpostable.into())
    }
}

/// A line that gives: debt is paid first (rule 18), from the parts as they are listed, and what is left comes to its lots.
pub fn credit(
    account: &Account,
    happening: Happening,
    parts: &[Coming],
    now: Timestamp,
) -> Result<Posting, Unpostable> {
    let amount = total(parts.iter().map(|part| part.amount()))?;
    let mut debt = account.debt;
    let (mut lots, mut uses) = (Vec::new(), Vec::new());
    let mut balance = account.balance;
    for part in parts {
        let paid = part.amount().min(debt);
        debt = minus(debt, paid)?;
        let left = minus(part.amount(), paid)?;
        if left == Points::ZERO {
            continue;
        }
        balance = plus(balance, left)?;
        match *part {
            Coming::New(lot) => lots.push(NewLot { amount: left, ..lot }),
            Coming::Back(lot, _) => uses.push((lot, minus(Points::ZERO, left)?)),
        }
    }
    let after = Account { balance, debt, ..account.clone() };
    post(after, happening, amount, lots, uses, now)
}

/// A line that takes `taken` from lots and, where that is not all, leaves the rest as debt (rule 18: only what takes back,
/// adjusts or transfers may).
pub fn debit(
    account: &Account,
    happening: Happening,
    taken: &[(LotId, Points)],
    owed: Points,
    now: Timestamp,
) -> Result<Posting, Unpostable> {
    if owed < Points::ZERO {
        return Err(Unpostable::Nothing);
    }
    let from_lots =
        if taken.is_empty() { Points::ZERO } else { total(taken.iter().map(|(_, part)| *part))? };
    let after = Account {
        balance: minus(account.balance, from_lots)?,
        debt: plus(account.debt, owed)?,
        ..account.clone()
    };
    let amount = minus(Points::ZERO, plus(from_lots, owed)?)?;
    post(after, happening, amount, Vec::new(), taken.to_vec(), now)
}

fn post(
    mut account: Account,
    happening: Happening,
    amount: Points,
    lots: Vec<NewLot>,
    mut uses: Vec<(LotId, Points)>,
    now: Timestamp,
) -> Result<Posting, Unpostable> {
    if amount == Points::ZERO {
        return Err(Unpostable::Nothing);
    }
    uses.sort_unstable();
    let earning = happening.kind == EntryKind::Earn
        || (happening.kind == EntryKind::Reverse && amount < Points::ZERO);
    if earning {
        account.earned = plus(account.earned, amount)?;
    }
    let previous = account.head;
    account.seq = account.seq.checked_add(1).ok_or(Unpostable::Overflow)?;
    // Clocks of several machines differ; the lines of an account do not go back in time.
    account.head_at = account.head_at.max(now);
    let mut entry = Entry {
        id: EntryId::new(0),
        account: account.id,
        seq: account.seq,
        kind: happening.kind,
        amount,
        cause: happening.cause,
        natural_key: happening.natural_key,
        reverses: happening.reverses,
        occurred_at: happening.occurred_at,
        recorded_at: account.head_at,
        business_date: happening.business_date,
        actor: happening.actor,
        hash: None,
    };
    let chained = lots.iter().map(|lot| ChainedLot {
        amount: lot.amount,
        active_from: lot.active_from,
        expires_at: lot.expires_at,
        revives: lot.revives,
        moved_from: lot.moved_from,
    });
    let head = link(Form::Second, previous, &account, &entry, chained, uses.iter().copied());
    entry.hash = Some(head);
    account.head = Some(head);
    Ok(Posting { account, entry, lots, uses })
}

/// The sum of amounts that are each positive.
fn total(amounts: impl IntoIterator<Item = Points>) -> Result<Points, Unpostable> {
    let mut sum = Points::ZERO;
    for amount in amounts {
        if amount <= Points::ZERO {
            return Err(Unpostable::Nothing);
        }
        sum = plus(sum, amount)?;
    }
    if sum == Points::ZERO { Err(Unpostable::Nothing) } else { Ok(sum) }
}

/// A sum; [`Unpostable::Overflow`] where it does not fit 64 bits.
pub(crate) fn plus(left: Points, right: Points) -> Result<Points, Unpostable> {
    left.checked_add(right).ok_or(Unpostable::Overflow)
}

/// A difference; [`Unpostable::Overflow`] where it does not fit 64 bits.
pub(crate) fn minus(left: Points, right: Points) -> Result<Points, Unpostable> {
    left.checked_sub(right).ok_or(Unpostable::Overflow)
}
