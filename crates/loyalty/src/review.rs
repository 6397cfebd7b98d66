//! Rule 26: what a late sale earned waits until somebody has looked at it. Releasing it takes what waits back and earns it anew,
//! good from the day that the card says and as long as it says, counted from the sale; rejecting it takes it back. No
//! line and no lot is changed by it, and doing it again does nothing.

use std::time::Duration;

use regulars_kernel::{
    Actor, LoyaltyCardId, MerchantId, Permission, Points, StoreError, Timestamp,
};
use regulars_merchant::{Merchant, MerchantStore};

use crate::{
    Cause, ClawBackPolicy, Entry, EntryKind, LedgerStore, LoyaltyError, Posted, Program, Traced,
    bookkeeping::{self, Occasion},
    posting::NewLot,
    refund::welcome_of,
    sale::UNTIL_REVIEWED,
};

/// What became of an earning that waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// The earning, as it was before.
    pub earning: Traced,
    /// The line that took what waited back.
    pub taken: Entry,
    /// What was earned anew; none where it was rejected.
    pub anew: Option<Posted>,
}

/// An earning, with what stands in its place where it was late and was released: what is taken back of the sale is taken of
/// both together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What the sale earned.
    pub earning: Traced,
    /// What of it was earned anew.
    pub anew: Option<Traced>,
}

/// Whether it was earned by a late sale: it waits, or waited.
fn is_late(earning: &Traced) -> bool {
    earning.lots.iter().any(|lot| lot.active_from == UNTIL_REVIEWED)
}

impl Standing {
    /// Finds what stands in the place of an earning, if anything does.
    pub fn of(
        tx: &mut (impl LedgerStore + ?Sized),
        merchant: MerchantId,
        earning: Traced,
    ) -> Result<Self, StoreError> {
        let anew = if is_late(&earning) {
            tx.traced(merchant, Cause::Review(earning.entry.id))?.into_iter().next()
        } else {
            None
        };
        Ok(Self { earning, anew })
    }

    /// What was not taken back yet.
    pub fn left(&self) -> Points {
        // Each lies within what was earned, and so does the sum.
        let anew = self.anew.as_ref().map(Traced::left).unwrap_or_default();
        self.earning.left().checked_add(anew).unwrap_or_default()
    }

    /// Of what `amount` is taken back: first of what was released.
    pub fn split(self, amount: Points) -> Vec<(Traced, Points)> {
        let mut missing = amount;
        let mut parts = Vec::with_capacity(2);
        for one in self.anew.into_iter().chain([self.earning]) {
            let part = one.left().min(missing);
            if part > Points::ZERO {
                missing = missing.checked_sub(part).unwrap_or_default();
                parts.push((one, part));
            }
        }
        parts
    }
}

/// Releases what a late sale earned, initial points that came with it included: it is good from then on as if the sale had come in
/// time. What was taken back of it meanwhile stays so, and what has expired does not come back. `cause` is the sale: an
/// order or a visit. Needs [`Permission::AdjustPoints`]; the transaction's scope is the asker's merchant.
///
/// Answers nothing where nothing waits (any more).
pub fn release<S: LedgerStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    cause: Cause,
    now: Timestamp,
) -> Result<Vec<Reviewed>, LoyaltyError> {
    decide(tx, actor, cause, true, now)
}

/// Takes back what of a late sale's earning still waits; all else is as of [`release`].
pub fn reject<S: LedgerStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    cause: Cause,
    now: Timestamp,
) -> Result<Vec<Reviewed>, LoyaltyError> {
    decide(tx, actor, cause, false, now)
}

/// Whether something of what a sale earned waits to be released or rejected. For callers that have asked for permission.
pub fn waits(
    tx: &mut (impl LedgerStore + ?Sized),
    merchant: MerchantId,
    cause: Cause,
) -> Result<bool, StoreError> {
    let earned = tx.traced(merchant, cause)?.into_iter();
    let mut late = earned.filter(|row| row.entry.kind == EntryKind::Earn && is_late(row));
    Ok(late.any(|row| row.left() > Points::ZERO))
}

fn decide<S: LedgerStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    cause: Cause,
    releases: bool,
    now: Timestamp,
) -> Result<Vec<Reviewed>, LoyaltyError> {
    let merchant = actor.require(Permission::AdjustPoints)?;
    let mut waiting = Vec::new();
    for earning in tx.traced(merchant, cause)? {
        if earning.entry.kind != EntryKind::Earn || !is_late(&earning) {
            continue;
        }
        let welcome = welcome_of(tx, merchant, &earning)?;
        waiting.extend([earning].into_iter().chain(welcome));
    }
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    // Accounts are locked in the order of their ids.
    waiting.sort_by_key(|row| (row.acts_on, row.entry.id));
    let tenant = tx.merchants(&[merchant])?.pop().ok_or(LoyaltyError::StoreNotFound)?;
    let mut reviewed = Vec::new();
    for earning in waiting {
        let delay = delay(tx, earning.card)?;
        let by = (&tenant, actor);
        reviewed.extend(look_at(tx, by, &earning, releases.then_some(delay), now)?);
    }
    Ok(reviewed)
}

/// How long after a sale the card's points become good.
fn delay<S: LedgerStore>(tx: &mut S, card: LoyaltyCardId) -> Result<Duration, StoreError> {
    let days = tx.loyalty_cards(&[card])?.pop().map_or(0, |card| match card.program {
        Program::Points(program) => program.activation_delay_days,
        Program::Stamps(_) => 0,
    });
    Ok(Duration::from_secs(u64::from(days) * 86_400))
}

fn look_at<S: LedgerStore>(
    tx: &mut S,
    (merchant, actor): (&Merchant, &Actor),
    earning: &Traced,
    release: Option<Duration>,
    now: Timestamp,
) -> Result<Option<Reviewed>, StoreError> {
    let Some(mut account) = tx.lock_accounts(&[earning.acts_on])?.pop() else {
        return Ok(None);
    };
    let account = &mut account;
    let occasion = Occasion::at(now, merchant.time_zone, actor.person());
    let mut holdings = bookkeeping::settle(tx, account, occasion.zone, now)?;
    // As it is now that nobody changes it.
    let Some(earning) = tx.trace(earning.entry.id)? else { return Ok(None) };
    let late =
        |lot: &&crate::Lot| earning.own.contains(&lot.id) && lot.active_from == UNTIL_REVIEWED;
    let waits = holdings.lots.iter().filter(late);
    let expires_at = waits.clone().next().and_then(|lot| lot.expires_at);
    // What nobody can spend nobody has set aside. It lies within the account's balance.
    let amount = Points::new(waits.fold(0, |sum, lot| sum.saturating_add(lot.remaining.get())));
    if amount == Points::ZERO {
        return Ok(None);
    }
    let wanted = (amount, ClawBackPolicy::PendingOnly);
    let clawed = bookkeeping::claw_back(tx, account, &mut holdings, &earning, wanted, occasion)?;
    let Some(taken) = clawed.entry else { return Ok(None) };
    let Some(delay) = release else {
        return Ok(Some(Reviewed { earning, taken, anew: None }));
    };
    let sold_at = earning.entry.occurred_at;
    let lot = NewLot::new(amount, sold_at.plus(delay), expires_at);
    let occasion =
        Occasion { occurred_at: sold_at, business_date: earning.entry.business_date, ..occasion };
    let what = (EntryKind::Earn, Cause::Review(earning.entry.id), 0);
    let anew = bookkeeping::give(tx, account, what, lot, occasion)?;
    Ok(Some(Reviewed { earning, taken, anew: Some(anew) }))
}

#[cfg(test)]
mod tests;
