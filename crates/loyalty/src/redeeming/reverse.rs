//! What was redeemed is taken back: points and stamps return to their lots with their old expiry, a reward to its stock, and the
//! use counts nowhere any more (rules 23 and 25).

use regulars_kernel::{
    AccountId, Actor, EntryId, Permission, Points, RedemptionId, StoreError, Timestamp,
};

use super::{RedeemingPorts, invalid};
use crate::{
    LoyaltyError, RedeemingStore, Redemption, RedemptionKind,
    bookkeeping::{self, Occasion},
};

/// A redemption that was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reversed {
    /// Which.
    pub redemption: RedemptionId,
    /// The points or stamps that came back with it.
    pub returned: Points,
}

/// How what is taken back returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Return {
    /// How many days what belongs to a lot that expired meanwhile lives.
    pub grace_days: u32,
    /// When, and by whom.
    pub occasion: Occasion,
}

/// Takes a code back that was confirmed by itself: a mistake of the till's, or goods that came back. Needs
/// [`Permission::RefundOrder`] in its store. Taking it back again does nothing.
///
/// # Errors
/// [`LoyaltyError::RedemptionNotFound`] where the asker reaches none of that kind and id; [`LoyaltyError::Invalid`] where it was taken
/// off an order, which is refunded.
pub fn reverse<S: RedeemingPorts>(
    tx: &mut S,
    actor: &Actor,
    (kind, id): (RedemptionKind, RedemptionId),
    now: Timestamp,
) -> Result<Reversed, LoyaltyError> {
    let merchant = actor.require(Permission::RefundOrder)?;
    let own = |row: &Redemption| {
        let reached = |store| actor.stores().is_none_or(|stores| stores.includes(store));
        row.merchant == merchant && row.redeemed.kind() == kind && row.store.is_none_or(reached)
    };
    let found = tx.redemptions(&[id])?.pop().filter(own);
    let seen = found.ok_or(LoyaltyError::RedemptionNotFound)?;
    if seen.order.is_some() {
        let sentence = "This was taken off an order: refund the order (createOrderRefund).";
        return Err(invalid("id", sentence));
    }
    let tenant = tx.merchants(&[merchant])?.pop().ok_or(LoyaltyError::RedemptionNotFound)?;
    lock(tx, std::slice::from_ref(&seen), &[])?;
    // As it is now that nobody else takes it back.
    let seen = tx.redemptions(&[id])?.pop().ok_or(LoyaltyError::RedemptionNotFound)?;
    let occasion = Occasion::at(now, tenant.time_zone, actor.person());
    let back = Return {
        grace_days: u32::try_from(tenant.refund_grace_days).unwrap_or_default(),
        occasion,
    };
    let returned = take_back(tx, &seen, back)?;
    Ok(Reversed { redemption: id, returned })
}

/// Locks what taking redemptions back changes, in the order in which everybody does: rewards, then accounts, with those that
/// the caller needs beside; each by ascending id. Of an account that was merged it is the one that acts for it (rule 27).
pub fn lock(
    tx: &mut (impl RedeemingStore + ?Sized),
    redemptions: &[Redemption],
    beside: &[AccountId],
) -> Result<(), StoreError> {
    let mut rewards: Vec<_> = redemptions.iter().filter_map(|row| row.redeemed.reward()).collect();
    rewards.sort_unstable();
    rewards.dedup();
    for reward in rewards {
        tx.lock_reward(reward)?;
    }
    let mut accounts = beside.to_vec();
    for entry in redemptions.iter().filter_map(|row| row.entry) {
        accounts.extend(tx.trace(entry)?.map(|spent| spent.acts_on));
    }
    accounts.sort_unstable();
    accounts.dedup();
    if !accounts.is_empty() {
        tx.lock_accounts(&accounts)?;
    }
    Ok(())
}

/// Takes a redemption back as a whole: what is left of its points or stamps returns, its reward goes back into stock, and it
/// counts against no limit any more. One that was taken back before stays as it is. For callers who have locked what it changes
/// ([`lock`]). Answers the points or stamps that came back.
pub fn take_back(
    tx: &mut (impl RedeemingStore + ?Sized),
    redemption: &Redemption,
    back: Return,
) -> Result<Points, StoreError> {
    if redemption.reversed_at.is_some() {
        return Ok(Points::ZERO);
    }
    let returned = match redemption.entry {
        Some(entry) => give_back(tx, entry, None, back)?,
        None => Points::ZERO,
    };
    if let Some(reward) = redemption.redeemed.reward() {
        tx.change_stock(reward, 1)?;
    }
    tx.reverse_redemption(redemption.id, back.occasion.now)?;
    Ok(returned)
}

/// Gives so many of the points that a line of the ledger spent back, at most what is left of them; none: all that is left.
/// They come to the account that acts for the one that spent them (rule 27). Answers how many came back.
pub fn give_back(
    tx: &mut (impl RedeemingStore + ?Sized),
    entry: EntryId,
    points: Option<Points>,
    back: Return,
) -> Result<Points, StoreError> {
    let missing = || StoreError::OutOfScope("what was spent is not there");
    let seen = tx.trace(entry)?.ok_or_else(missing)?;
    let mut accounts = tx.lock_accounts(&[seen.acts_on])?;
    let account = accounts.first_mut().ok_or_else(missing)?;
    let spending = tx.trace(entry)?.ok_or_else(missing)?;
    if spending.acts_on != seen.acts_on {
        // Merged, or undone, between the two: run again, this finds who acts now.
        return Err(StoreError::Contended);
    }
    // A spending is below zero, what came back of it above.
    let left = spending.entry.amount.checked_add(spending.reversed).unwrap_or_default();
    let left = Points::ZERO.checked_sub(left).unwrap_or_default();
    let amount = points.map_or(left, |points| points.min(left));
    if amount <= Points::ZERO {
        return Ok(Points::ZERO);
    }
    bookkeeping::settle(tx, account, back.occasion.zone, back.occasion.now)?;
    bookkeeping::give_back(tx, account, &spending, amount, back.grace_days, back.occasion)?;
    Ok(amount)
}
