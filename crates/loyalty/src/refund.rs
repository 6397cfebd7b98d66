//! What a refund takes back of what a sale earned (rule 25).

use regulars_kernel::{MerchantId, OrderItemId, Points, StoreError};

use crate::{
    Cause, ClawBackPolicy, EarningLine, EntryKind, LedgerStore, LoyaltyCard, Program, Traced,
    bookkeeping::{self, ClawedBack, Occasion},
    entry::natural_key,
    review::Standing,
};

/// How far a line of an order is given back, in whatever unit of value: money and points together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundedLine {
    /// The line.
    pub item: OrderItemId,
    /// What it came to; not negative.
    pub value: i64,
    /// What of that had been given back before: 0 to `value`.
    pub before: i64,
    /// What of that is given back now, this refund included: `before` to `value`.
    pub after: i64,
}

/// A refund, as far as what was earned is concerned.
#[derive(Clone, Copy, Debug)]
pub struct Refund<'a> {
    /// At which merchant.
    pub merchant: MerchantId,
    /// Of what: the order or the visit.
    pub cause: Cause,
    /// Its lines, all of them; of a visit none.
    pub lines: &'a [RefundedLine],
    /// Whether nothing of the sale is left after it.
    pub whole: bool,
    /// How far it goes.
    pub policy: ClawBackPolicy,
    /// When, and by whom.
    pub occasion: Occasion,
}

/// What was taken back on one card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenBack {
    /// What was earned.
    pub earning: Traced,
    /// What was taken back of it by this refund.
    pub clawed: ClawedBack,
}

/// What of an earning is to be taken back once so much of its base is given back: in proportion, rounded down; all of it
/// where all is given back; nothing where there was no base.
pub fn due(earned: Points, base: i64, refunded: i64) -> Points {
    if base <= 0 || refunded <= 0 {
        return Points::ZERO;
    }
    if refunded >= base {
        return earned;
    }
    // Both factors fit 64 bits, and the quotient lies below the first.
    let part = i128::from(earned.get()) * i128::from(refunded) / i128::from(base);
    Points::new(i64::try_from(part).unwrap_or(i64::MAX))
}

/// What of the base is given back, given for each line how far it is.
fn refunded(lines: &[EarningLine], given: impl Fn(OrderItemId) -> Option<(i64, i64)>) -> i64 {
    lines.iter().fold(0_i64, |sum, line| {
        let (value, back) = given(line.item).unwrap_or((0, 0));
        let part = if value > 0 && back < value {
            i128::from(line.base) * i128::from(back.max(0)) / i128::from(value)
        } else if value > 0 {
            i128::from(line.base)
        } else {
            0
        };
        sum.saturating_add(i64::try_from(part).unwrap_or(i64::MAX))
    })
}

impl Refund<'_> {
    /// How much of an earning this refund takes back: what is due after it less what was due before. What a policy let be is
    /// not asked for again.
    fn step(&self, standing: &Standing, lines: &[EarningLine]) -> Points {
        let earned = standing.earning.entry.amount;
        if lines.is_empty() {
            // It was earned before lines were told apart: then each counts by what it was worth.
            let sum = |part: fn(&RefundedLine) -> i64| {
                self.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(part(line)))
            };
            let value = sum(|line| line.value);
            return self.within(
                standing,
                due(earned, value, sum(|line| line.before)),
                due(earned, value, sum(|line| line.after)),
            );
        }
        let base = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.base));
        let of = |item: OrderItemId| self.lines.iter().find(|line| line.item == item);
        let before = refunded(lines, |item| of(item).map(|line| (line.value, line.before)));
        let after = refunded(lines, |item| of(item).map(|line| (line.value, line.after)));
        let was_due = due(earned, base, before);
        self.within(standing, was_due, due(earned, base, after))
    }

    /// What is due after this refund less what was due before it.
    fn within(&self, standing: &Standing, was_due: Points, is_due: Points) -> Points {
        let earned = standing.earning.entry.amount;
        let is_due = if self.whole { earned } else { is_due };
        let step = is_due.checked_sub(was_due).unwrap_or_default().max(Points::ZERO);
        // Never more than is left of it, whatever else took it back.
        step.min(standing.left())
    }
}

/// Takes back what the refunded part of a sale earned, by the merchant's policy (rules 18 and 25). Stamps go on a whole refund
/// alone, and never into debt; the initial points that came with the sale go with all of it, too. A cap's room is not given back.
pub fn take_back(
    tx: &mut (impl LedgerStore + ?Sized),
    refund: &Refund<'_>,
) -> Result<Vec<TakenBack>, StoreError> {
    let mut taken = Vec::new();
    let earnings = tx.traced(refund.merchant, refund.cause)?;
    let mut earnings: Vec<_> =
        earnings.into_iter().filter(|row| row.entry.kind == EntryKind::Earn).collect();
    // Accounts are locked in the order of their ids.
    earnings.sort_by_key(|row| (row.entry.account, row.entry.id));
    let cards: Vec<_> = earnings.iter().map(|row| row.card).collect();
    let cards = tx.loyalty_cards(&cards)?;
    for earning in earnings {
        let card = cards.iter().find(|card| card.id == earning.card);
        let stamps = card.is_some_and(is_of_stamps);
        let lines = tx.earning_lines(refund.merchant, earning.entry.id)?;
        let welcome = if refund.whole { welcome_of(tx, refund.merchant, &earning)? } else { None };
        let standing = Standing::of(tx, refund.merchant, earning)?;
        let amount = match (stamps, refund.whole) {
            (true, false) => Points::ZERO,
            (true, true) => standing.left(),
            (false, _) => refund.step(&standing, &lines),
        };
        let policy = if stamps { refund.policy.without_debt() } else { refund.policy };
        let mut parts = standing.split(amount);
        if let Some(welcome) = welcome {
            let standing = Standing::of(tx, refund.merchant, welcome)?;
            let left = standing.left();
            parts.extend(standing.split(left));
        }
        for (earning, part) in parts {
            let clawed = claw(tx, &earning, part, policy, refund.occasion)?;
            taken.push(TakenBack { earning, clawed });
        }
    }
    Ok(taken)
}

fn is_of_stamps(card: &LoyaltyCard) -> bool {
    matches!(card.program, Program::Stamps(_))
}

fn claw(
    tx: &mut (impl LedgerStore + ?Sized),
    earning: &Traced,
    amount: Points,
    policy: ClawBackPolicy,
    occasion: Occasion,
) -> Result<ClawedBack, StoreError> {
    let mut account = tx.lock_accounts(&[earning.entry.account])?;
    let account = account.first_mut();
    let account = account.ok_or(StoreError::OutOfScope("the account is not there"))?;
    let mut holdings = bookkeeping::settle(tx, account, occasion.zone, occasion.now)?;
    bookkeeping::claw_back(tx, account, &mut holdings, earning, (amount, policy), occasion)
}

/// The initial points that came with an earning: the line right after it.
pub(crate) fn welcome_of(
    tx: &mut (impl LedgerStore + ?Sized),
    merchant: MerchantId,
    earning: &Traced,
) -> Result<Option<Traced>, StoreError> {
    let key = natural_key(earning.entry.account, EntryKind::Earn, Cause::InitialPoints, 0);
    let Some(entry) = tx.entry_of_key(merchant, &key)? else { return Ok(None) };
    if Some(entry.seq) != earning.entry.seq.checked_add(1) {
        return Ok(None);
    }
    tx.trace(entry.id)
}
