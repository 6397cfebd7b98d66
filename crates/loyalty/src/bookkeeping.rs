//! Keeping the books of one locked account: every credit, spending, claw-back and return goes through here (rules 17 to 19
//! and 25).

use std::{cmp::Reverse, time::Duration};

use chrono::NaiveDate;
use regulars_kernel::{HoldId, LotId, PersonId, Points, StoreError, Timestamp};
use regulars_merchant::Tz;

use crate::{
    Cause, ClawBackPolicy, Entry, EntryKind, Hold, HoldState, Holdings, LedgerStore, Posted,
    Traced,
    entry::natural_key,
    history::last_day,
    ledger_store::NewHold,
    posting::{Coming, Happening, Locked, NewLot, Unpostable, credit, debit},
};

/// When and by whom, of everything that one step writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The business date of it (rule 26).
    pub business_date: NaiveDate,
    /// Who caused it; none for workers.
    pub actor: Option<PersonId>,
    /// When it is written down.
    pub now: Timestamp,
    /// The merchant's clock, by which things expire.
    pub zone: Tz,
}

impl Occasion {
    /// What happens in this very moment, on the calendar of a zone.
    pub fn at(now: Timestamp, zone: Tz, actor: Option<PersonId>) -> Self {
        let business_date = now.to_utc().with_timezone(&zone).date_naive();
        Self { occurred_at: now, business_date, actor, now, zone }
    }

    /// The line that says so.
    pub(crate) fn says(
        self,
        account: &Locked,
        kind: EntryKind,
        cause: Cause,
        nth: u32,
    ) -> Happening {
        Happening {
            kind,
            cause,
            natural_key: natural_key(account.account().id, kind, cause, nth),
            reverses: None,
            occurred_at: self.occurred_at,
            business_date: self.business_date,
            actor: self.actor,
        }
    }
}

/// Notes what is over: holds whose time is up lapse, and what has expired goes, each lot on the last day that it was valid in
/// the merchant's zone (rule 19). Whatever takes from an account begins with it, so that nothing depends on when a worker
/// came by. Doing it again does nothing.
pub fn settle(
    tx: &mut (impl LedgerStore + ?Sized),
    account: &mut Locked,
    zone: Tz,
    now: Timestamp,
) -> Result<Holdings, StoreError> {
    let mut holdings = tx.holdings(account)?;
    for hold in holdings.lapsed(now) {
        tx.end_hold(account, &hold, (HoldState::Lapsed, now))?;
        holdings.end_hold(hold.id);
    }
    expire(tx, account, &mut holdings, zone, now)?;
    Ok(holdings)
}

fn expire(
    tx: &mut (impl LedgerStore + ?Sized),
    account: &mut Locked,
    holdings: &mut Holdings,
    zone: Tz,
    now: Timestamp,
) -> Result<(), StoreError> {
    for (lot, free) in holdings.expired(now) {
        let end = lot.expires_at.unwrap_or(now);
        let occasion = Occasion {
            occurred_at: end,
            business_date: last_day(zone, end),
            actor: None,
            now,
            zone,
        };
        // What is held when a lot expires goes later, in a line of its own.
        let left = lot.remaining.checked_sub(free).unwrap_or_default();
        let cause = Cause::Expiry(lot.id);
        let mut happening = occasion.says(account, EntryKind::Expire, cause, 0);
        if left > Points::ZERO {
            happening.natural_key = format!("{}:{left}", happening.natural_key);
        }
        let taken = [(lot.id, free)];
        let posting = debit(account.account(), happening, &taken, Points::ZERO, now)?;
        tx.post(account, posting)?;
        holdings.apply(&taken);
    }
    Ok(())
}

/// Gives points or stamps in a lot of their own; a debt is paid first (rule 18). `nth` tells apart what can recur
/// ([`natural_key`]).
pub fn give(
    tx: &mut (impl LedgerStore + ?Sized),
    account: &mut Locked,
    (kind, cause, nth): (EntryKind, Cause, u32),
    lot: NewLot,
    occasion: Occasion,
) -> Result<Posted, StoreError> {
    let happening = occasion.says(account, kind, cause, nth);
    let posting = credit(account.account(), happening, &[Coming::New(lot)], occasion.now)?;
    tx.post(account, posting)
}

/// Spends what can be spent, the soonest-expiring first (rule 19). `None` where there is not enough.
pub fn spend(
    tx: &mut (impl LedgerStore + ?Sized),
    account: &mut Locked,
    holdings: &mut Holdings,
    (kind, cause, nth): (EntryKind, Cause, u32),
    amount: Points,
    occasion: Occasion,
) -> Result<Option<Posted>, StoreError> {
    let Some(taken) = holdings.draw(amount, occasion.now) else { return Ok(None) };
    let happening = occasion.says(account, kind, cause, nth);
    let posting = debit(account.account(), happening, &taken, Points::ZERO, occasion.now)?;
    let posted = tx.post(account, posting)?;
    holdings.apply(&taken);
    Ok(Some(posted))
}

/// Sets aside what can be spent until an instant (rule 21). `None` where there is not enough.
pub fn hold(
    tx: &mut (impl LedgerStore + ?Sized),
    account: &mut Locked,
    holdings: &mut Holdings,
    amount: Points,
    until: Timestamp,
    now: Timestamp,
) -> Result<Option<Hold>, StoreError> {
    let Some(parts) = holdings.draw(amount, now) else { return Ok(None) };
    let hold = tx.put_hold(account, &NewHold { parts: parts.clone(), until, created_at: now })?;
    holdings.add_hold(hold.clone(), &parts);
    Ok(Some(hold))
}

/// Ends an open hold without using it; what it set aside and has expired meanwhile goes at once (rule 19).
pub fn release(
    tx: &mut (impl LedgerStore + ?Sized),
    account: &mut Locked,
    holdings: &mut Holdings,
    hold: HoldId,
    zone: Tz,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(row) = holdings.holds.iter().find(|row| row.id == hold).cloned() else {
        return Ok(());
    };
    tx.end_hold(account, &row, (HoldState::Cancelled, now))?;
    holdings.end_hold(hold);
    expire(tx, account, holdings, zone, now)
}

/// Uses an open hold: what it set aside is spent, expired meanwhile or not (rule 19). Of one that sets aside more than is
/// needed so much is spent, what expires soonest first, and the rest is free again; what of that has expired goes at once.
/// `None` where it is not open, or sets less aside.
pub fn confirm(
    tx: &mut (impl LedgerStore + ?Sized),
    account: &mut Locked,
    holdings: &mut Holdings,
    (hold, needed): (HoldId, Option<Points>),
    cause: Cause,
    occasion: Occasion,
) -> Result<Option<Posted>, StoreError> {
    let Some(row) = holdings.holds.iter().find(|row| row.id == hold).cloned() else {
        return Ok(None);
    };
    let needed = needed.unwrap_or(row.amount);
    if needed > row.amount {
        return Ok(None);
    }
    let taken = holdings.part_of(hold, needed);
    tx.end_hold(account, &row, (HoldState::Confirmed, occasion.now))?;
    holdings.end_hold(hold);
    let happening = occasion.says(account, EntryKind::Redeem, cause, 0);
    let posting = debit(account.account(), happening, &taken, Points::ZERO, occasion.now)?;
    let posted = tx.post(account, posting)?;
    holdings.apply(&taken);
    if needed < row.amount {
        expire(tx, account, holdings, occasion.zone, occasion.now)?;
    }
    Ok(Some(posted))
}

/// What a claw-back came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClawedBack {
    /// The line; none where the policy left nothing to take.
    pub entry: Option<Entry>,
    /// How much left the account, debt included.
    pub amount: Points,
    /// What the policy let be.
    pub forgiven: Points,
    /// The open holds that were called off for it: their codes are dead.
    pub cancelled: Vec<HoldId>,
}

/// Takes `amount` of an earning back (rules 18 and 25). The amount lies within what was not taken back yet.
pub fn claw_back(
    tx: &mut (impl LedgerStore + ?Sized),
    account: &mut Locked,
    holdings: &mut Holdings,
    earning: &Traced,
    (amount, policy): (Points, ClawBackPolicy),
    occasion: Occasion,
) -> Result<ClawedBack, StoreError> {
    let mut happening =
        occasion.says(account, EntryKind::Reverse, earning.entry.cause, earning.reversals);
    happening.reverses = Some(earning.entry.id);
    // An order may have earned and spent on one card: each line's reversals are numbered by themselves.
    happening.natural_key = format!("{}:{}", happening.natural_key, earning.entry.id);
    take(tx, account, holdings, happening, (amount, &earning.own, policy), occasion)
}

/// Takes `amount`, first of the lots `own`, then in the order of rule 18, as far as the policy goes; where nothing is there to be
/// taken nothing is written.
pub fn take(
    tx: &mut (impl LedgerStore + ?Sized),
    account: &mut Locked,
    holdings: &mut Holdings,
    happening: Happening,
    (amount, own, policy): (Points, &[LotId], ClawBackPolicy),
    occasion: Occasion,
) -> Result<ClawedBack, StoreError> {
    let claw = holdings.claw_back(amount, own, policy, occasion.now);
    for id in &claw.cancelled {
        if let Some(hold) = holdings.holds.iter().find(|row| row.id == *id).cloned() {
            tx.end_hold(account, &hold, (HoldState::Cancelled, occasion.now))?;
            holdings.end_hold(*id);
        }
    }
    // What only those holds kept alive is gone before there can be a debt; but for what is taken, which goes where it is meant to.
    holdings.apply(&claw.taken);
    expire(tx, account, holdings, occasion.zone, occasion.now)?;
    let taken = claw.amount().ok_or(Unpostable::Overflow)?;
    let mut clawed = ClawedBack {
        entry: None,
        amount: taken,
        forgiven: claw.forgiven,
        cancelled: claw.cancelled,
    };
    if taken > Points::ZERO {
        let posting = debit(account.account(), happening, &claw.taken, claw.owed, occasion.now)?;
        clawed.entry = Some(tx.post(account, posting)?.entry);
    }
    Ok(clawed)
}

/// Gives `amount` of a spending back (rule 25): debt is paid first (rule 18), the rest returns to the lots it was taken from,
/// the longest-lived first, with their old expiry. What belongs to a lot that expired meanwhile lives for `grace_days` more,
/// once per lot: a lot that was brought back before ends when it did then, and one that brings back another is not brought
/// back itself. The amount lies within what was not given back yet.
pub fn give_back(
    tx: &mut (impl LedgerStore + ?Sized),
    account: &mut Locked,
    spending: &Traced,
    amount: Points,
    grace_days: u32,
    occasion: Occasion,
) -> Result<Posted, StoreError> {
    // What a machine whose clock is ahead has noted as expired does not come back to life by one that is behind.
    let now = occasion.now.max(account.account().head_at);
    let mut uses: Vec<_> = spending.uses.iter().collect();
    uses.sort_by_key(|(lot, _)| Reverse((lot.expires_at.unwrap_or(Timestamp::MAX), lot.id)));
    let expired: Vec<LotId> =
        uses.iter().filter(|(lot, _)| lot.is_expired(now)).map(|(lot, _)| lot.id).collect();
    let revivals = if expired.is_empty() { Vec::new() } else { tx.revivals(account, &expired)? };
    let grace = now.plus(Duration::from_secs(u64::from(grace_days) * 86_400));
    let mut parts = Vec::new();
    let mut missing = amount;
    for (lot, taken) in uses {
        let part = (*taken).min(missing);
        if part <= Points::ZERO {
            continue;
        }
        missing = missing.checked_sub(part).unwrap_or_default();
        if !lot.is_expired(now) {
            let own = lot.account == account.account().id;
            // Of an account that was merged into this one: it comes here, with the time it had.
            let moved = NewLot {
                amount: part,
                active_from: lot.active_from,
                expires_at: lot.expires_at,
                revives: None,
                moved_from: Some(lot.id),
            };
            parts.push(if own { Coming::Back(lot.id, part) } else { Coming::New(moved) });
            continue;
        }
        // Brought back before, or itself brought back: its time is not lengthened a second time.
        let before = revivals.iter().find(|(of, _)| *of == lot.id);
        let before = before.and_then(|(_, revival)| revival.expires_at);
        let end =
            if lot.revives.is_some() { lot.expires_at } else { Some(before.unwrap_or(grace)) };
        parts.push(Coming::New(NewLot {
            amount: part,
            active_from: now,
            expires_at: end,
            revives: Some(lot.id),
            moved_from: None,
        }));
    }
    if missing > Points::ZERO {
        return Err(StoreError::Internal("more is given back than was spent".into()));
    }
    // Debt is paid by what would expire first.
    parts.reverse();
    let mut happening =
        occasion.says(account, EntryKind::Reverse, spending.entry.cause, spending.reversals);
    happening.reverses = Some(spending.entry.id);
    happening.natural_key = format!("{}:{}", happening.natural_key, spending.entry.id);
    let posting = credit(account.account(), happening, &parts, now)?;
    tx.post(account, posting)
}

#[cfg(test)]
mod tests;
