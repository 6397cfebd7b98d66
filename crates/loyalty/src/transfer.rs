//! Moving what one account has to another of the merchant's (rules 18, 19 and 27): two lines, written together, of which the
//! second names the first. What moves keeps its time: each lot comes to the other account with the day it becomes good on
//! and the day it ends on that it had.

mod by_hand;

pub use by_hand::{NewTransfer, Transferred, transfer};

use regulars_kernel::{LotId, Points, StoreError, Timestamp};

use crate::{
    Cause, ClawBackPolicy, EntryKind, LedgerStore, Lot, Posted,
    bookkeeping::{self, ClawedBack, Occasion},
    posting::{Coming, Locked, NewLot, Unpostable, credit, debit},
};

/// What moved, on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The line of the account that gave.
    pub out: Posted,
    /// The line of the account that took, which names the first ([`Cause::Transfer`]), and its lots. What paid a debt there
    /// came to no lot; each of the others names the lot that it came from ([`Lot::moved_from`]).
    pub into: Posted,
}

/// Debt that moved, on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedDebt {
    /// The line of the account whose debt is paid.
    pub out: Posted,
    /// What the other account gave for it, and owes.
    pub into: ClawedBack,
}

/// The lots that parts of lots become elsewhere, the first to end first: a debt is paid with what would expire soonest. What
/// brings back expired points goes on to be such, so that its time is lengthened once only (rule 25).
pub fn in_new_lots(parts: &[(Lot, Points)]) -> Vec<NewLot> {
    let mut parts: Vec<_> = parts.iter().collect();
    parts.sort_by_key(|(lot, _)| {
        (lot.expires_at.unwrap_or(Timestamp::MAX), lot.active_from, lot.id)
    });
    let moved = parts.into_iter().map(|(lot, amount)| NewLot {
        amount: *amount,
        active_from: lot.active_from,
        expires_at: lot.expires_at,
        revives: lot.revives,
        moved_from: Some(lot.id),
    });
    moved.collect()
}

/// Moves parts of lots from one account to another, each lot once and within what nobody has set aside of it; a debt there is
/// paid first (rule 18). `cause` is what the first line came of, and `nth` tells it apart from others of that cause
/// ([`crate::entry::natural_key`]); the second line came of the first. Both accounts are locked and of one merchant, and
/// whoever locks them does so by ascending id.
///
/// # Errors
/// [`Unpostable::Nothing`] for no parts, or one of nothing; [`StoreError::OutOfScope`] for two accounts of one number.
pub fn move_lots(
    tx: &mut (impl LedgerStore + ?Sized),
    (from, to): (&mut Locked, &mut Locked),
    parts: &[(Lot, Points)],
    (cause, nth): (Cause, u32),
    occasion: Occasion,
) -> Result<Moved, StoreError> {
    require_two(from, to)?;
    let taken: Vec<(LotId, Points)> = parts.iter().map(|(lot, part)| (lot.id, *part)).collect();
    let happening = occasion.says(from, EntryKind::Transfer, cause, nth);
    let posting = debit(from.account(), happening, &taken, Points::ZERO, occasion.now)?;
    let out = tx.post(from, posting)?;
    let lots: Vec<_> = in_new_lots(parts).into_iter().map(Coming::New).collect();
    let happening = occasion.says(to, EntryKind::Transfer, Cause::Transfer(out.entry.id), 0);
    let posting = credit(to.account(), happening, &lots, occasion.now)?;
    let into = tx.post(to, posting)?;
    Ok(Moved { out, into })
}

/// Moves `amount` of what an account owes to another: it is paid there, and taken here as a claw-back takes (rule 18), into debt
/// where nothing is left. The amount lies within the debt, and the other account is settled
/// ([`bookkeeping::settle`]). `cause`, `nth` and the rest as of [`move_lots`].
///
/// # Errors
/// As [`move_lots`]; [`Unpostable::Nothing`] for more than the debt.
pub fn move_debt(
    tx: &mut (impl LedgerStore + ?Sized),
    (from, to): (&mut Locked, &mut Locked),
    amount: Points,
    (cause, nth): (Cause, u32),
    occasion: Occasion,
) -> Result<MovedDebt, StoreError> {
    require_two(from, to)?;
    if amount > from.account().debt {
        return Err(Unpostable::Nothing.into());
    }
    // All of it pays debt, so no lot comes of it.
    let pays = NewLot {
        amount,
        active_from: occasion.now,
        expires_at: None,
        revives: None,
        moved_from: None,
    };
    let happening = occasion.says(from, EntryKind::Transfer, cause, nth);
    let posting = credit(from.account(), happening, &[Coming::New(pays)], occasion.now)?;
    let out = tx.post(from, posting)?;
    let mut holdings = tx.holdings(to)?;
    let happening = occasion.says(to, EntryKind::Transfer, Cause::Transfer(out.entry.id), 0);
    let wanted = (amount, [].as_slice(), ClawBackPolicy::BelowZero);
    let into = bookkeeping::take(tx, to, &mut holdings, happening, wanted, occasion)?;
    Ok(MovedDebt { out, into })
}

fn require_two(from: &Locked, to: &Locked) -> Result<(), StoreError> {
    let (from, to) = (from.account(), to.account());
    if from.id == to.id || from.merchant != to.merchant {
        return Err(StoreError::OutOfScope("points move between two accounts of a merchant"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
