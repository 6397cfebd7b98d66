//! A newer version of a sale earns, or takes back, the difference (rule 11).

use std::collections::BTreeMap;

use regulars_kernel::{LoyaltyCardId, Points, StoreError};

use super::{Looked, Sale, Timeliness, look};
use crate::{
    EarningLine, EntryKind, LedgerStore, LoyaltyCard, NothingEarned, Program,
    bookkeeping::{self, Occasion},
    earner,
    posting::NewLot,
    refund::{Earnings, Refund, is_of_stamps},
    welcome::welcome,
};

/// Brings what a sale earned to what its newer version earns, less what was given back of it (`refund`, of the newer lines). The
/// lines of the earlier version were forgotten before ([`LedgerStore::clear_earning_lines`]). `sale` is none where nobody is
/// known to have bought, or nothing is to be earned any more: then all of it goes.
///
/// What the earlier version used of a day's cap is this one's to use. What a version that comes too late earns more is not
/// earned; what it earns less is taken back. Answers the cards that fit and earn nothing.
///
/// # Errors
/// [`StoreError::Taken`] of `entry.natural_key` where this version of the sale earned before.
pub fn change(
    tx: &mut (impl LedgerStore + ?Sized),
    sale: Option<&Sale<'_>>,
    refund: &Refund<'_>,
) -> Result<Vec<(LoyaltyCardId, NothingEarned)>, StoreError> {
    let before = Earnings::of(tx, refund.merchant, refund.cause)?;
    let accounts: Vec<_> = before.iter().filter_map(Earnings::account).collect();
    let Some(sale) = sale else {
        if !accounts.is_empty() {
            tx.lock_accounts(&accounts)?;
        }
        for earnings in &before {
            take_all(tx, refund, earnings)?;
        }
        return Ok(Vec::new());
    };
    // Whether it is too late is asked once it is known what is more.
    let too_late = sale.timeliness == Timeliness::TooLate;
    let timeliness = if too_late { Timeliness::InTime } else { sale.timeliness };
    let sale = Sale { timeliness, ..*sale };
    let mut looked = look(tx, &sale, &accounts)?;
    looked.own = own_of(&looked, &before, sale.occasion);
    looked.count_day(tx, &sale)?;
    if !too_late {
        looked.open(tx, &sale)?;
    }
    let mut nothing = Vec::new();
    let mut seen = Vec::new();
    for (card, judged) in looked.judge(&sale) {
        let account = looked.accounts.get(&card.id).map(|account| account.account().id);
        let earnings =
            before.iter().find(|one| one.account().is_some() && one.account() == account);
        seen.extend(account);
        if let Err(why) = &judged {
            nothing.push((card.id, *why));
        }
        let difference = difference(refund, &card, judged.as_ref().ok(), (&sale, earnings));
        if difference > Points::ZERO && too_late {
            nothing.push((card.id, NothingEarned::TooLongAgo));
        } else if difference > Points::ZERO {
            more(tx, &sale, (&card, &mut looked), judged.as_ref().ok(), (difference, earnings))?;
            continue;
        }
        let Some(earnings) = earnings else { continue };
        restate(tx, refund, earnings, judged.ok().map(|earning| sale.by_line(&earning)))?;
        less(tx, refund, (&card, earnings), difference)?;
    }
    let gone = before.iter().filter(|one| one.account().is_none_or(|id| !seen.contains(&id)));
    for earnings in gone {
        take_all(tx, refund, earnings)?;
    }
    Ok(nothing)
}

/// What of a day's cap the earlier version used itself.
fn own_of(
    looked: &Looked,
    before: &[Earnings],
    occasion: Occasion,
) -> BTreeMap<LoyaltyCardId, Points> {
    let mut own = BTreeMap::new();
    for account in looked.accounts.values() {
        let account = account.account();
        let lines = before.iter().filter(|one| one.account() == Some(account.id));
        let lines = lines.flat_map(|one| &one.lines).map(|line| &line.earning.entry);
        let that_day = lines.filter(|line| line.business_date == occasion.business_date);
        let sum =
            that_day.fold(Points::ZERO, |sum, line| sum.checked_add(line.amount).unwrap_or(sum));
        own.insert(account.card, sum);
    }
    own
}

/// What is to come (above zero) or to go of what the earlier version left.
fn difference(
    refund: &Refund<'_>,
    card: &LoyaltyCard,
    earning: Option<&earner::Earning>,
    (sale, earnings): (&Sale<'_>, Option<&Earnings>),
) -> Points {
    let left = earnings.map_or(Points::ZERO, Earnings::left);
    let Some(earning) = earning else {
        return Points::ZERO.checked_sub(left).unwrap_or_default();
    };
    let due = match (is_of_stamps(card), refund.whole) {
        (true, false) => Points::ZERO,
        (true, true) => earning.amount,
        (false, _) => refund.due_of(earning.amount, &sale.by_line(earning)),
    };
    let target = earning.amount.checked_sub(due).unwrap_or_default();
    target.checked_sub(left).unwrap_or_default()
}

/// Gives what the newer version earns more.
fn more(
    tx: &mut (impl LedgerStore + ?Sized),
    sale: &Sale<'_>,
    (card, looked): (&LoyaltyCard, &mut Looked),
    earning: Option<&earner::Earning>,
    (amount, earnings): (Points, Option<&Earnings>),
) -> Result<(), StoreError> {
    let Some(account) = looked.accounts.get_mut(&card.id) else { return Ok(()) };
    let life = sale.life(card);
    let lot = NewLot::new(amount, life.active_from, life.expires_at);
    let what = (EntryKind::Earn, sale.cause, sale.version);
    let posted = bookkeeping::give(tx, account, what, lot, sale.occasion)?;
    let first = earnings.and_then(Earnings::first).map_or(posted.entry.id, |one| one.entry.id);
    let lines = earning.map(|earning| sale.by_line(earning)).unwrap_or_default();
    tx.put_earning_lines(sale.merchant.id, first, &lines)?;
    if let (None, Program::Points(program)) = (earnings, &card.program) {
        let who = (sale.member, sale.recognise);
        welcome(tx, account, (card, program), who, life, sale.occasion)?;
    }
    Ok(())
}

/// Notes what the lines of the newer version added, where that is not more than was earned.
fn restate(
    tx: &mut (impl LedgerStore + ?Sized),
    refund: &Refund<'_>,
    earnings: &Earnings,
    lines: Option<Vec<EarningLine>>,
) -> Result<(), StoreError> {
    match (earnings.first(), lines) {
        (Some(first), Some(lines)) => tx.put_earning_lines(refund.merchant, first.entry.id, &lines),
        _ => Ok(()),
    }
}

/// Takes back what the newer version earns less.
fn less(
    tx: &mut (impl LedgerStore + ?Sized),
    refund: &Refund<'_>,
    (card, earnings): (&LoyaltyCard, &Earnings),
    difference: Points,
) -> Result<(), StoreError> {
    let stamps = is_of_stamps(card);
    let policy = if stamps { refund.policy.without_debt() } else { refund.policy };
    let amount = Points::ZERO.checked_sub(difference).unwrap_or_default();
    if amount > Points::ZERO {
        earnings.claw(tx, amount, policy, refund.occasion)?;
    }
    if refund.whole {
        earnings.claw_welcome(tx, refund.merchant, refund.policy, refund.occasion)?;
    }
    Ok(())
}

/// Takes back everything that a sale earned on an account, what came with it included.
fn take_all(
    tx: &mut (impl LedgerStore + ?Sized),
    refund: &Refund<'_>,
    earnings: &Earnings,
) -> Result<(), StoreError> {
    let left = earnings.left();
    if left > Points::ZERO {
        earnings.claw(tx, left, refund.policy, refund.occasion)?;
    }
    earnings.claw_welcome(tx, refund.merchant, refund.policy, refund.occasion)?;
    Ok(())
}
