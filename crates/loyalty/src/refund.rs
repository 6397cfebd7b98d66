//! What a refund takes back of what a sale earned (rule 25).

use regulars_kernel::{AccountId, LoyaltyCardId, MerchantId, OrderItemId, Points, StoreError};

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
    /// How much of what was earned this refund takes back: what is due after it less what was due before it. What a policy let be
    /// is not asked for again.
    fn step(&self, earned: &Earnings, lines: &[EarningLine]) -> Points {
        if lines.is_empty() {
            // It was earned before lines were told apart: then each counts by what it was worth.
            let sum = |part: fn(&RefundedLine) -> i64| {
                self.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(part(line)))
            };
            let (all, value) = (earned.gross(), sum(|line| line.value));
            return self.within(
                (all, earned.left()),
                due(all, value, sum(|line| line.before)),
                due(all, value, sum(|line| line.after)),
            );
        }
        let all = total_of(lines);
        let was_due = self.due_at(all, lines, |line| line.before);
        self.within((all, earned.left()), was_due, self.due_of(all, lines))
    }

    /// What is due after this refund of what a sale earned by those lines; all of it once nothing is left of the sale.
    pub(crate) fn due_of(&self, earned: Points, lines: &[EarningLine]) -> Points {
        if self.whole { earned } else { self.due_at(earned, lines, |line| line.after) }
    }

    /// What is due of what a sale earned by those lines once so much of each is given back.
    fn due_at(
        &self,
        earned: Points,
        lines: &[EarningLine],
        back: fn(&RefundedLine) -> i64,
    ) -> Points {
        let base = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.base));
        let of = |item: OrderItemId| self.lines.iter().find(|line| line.item == item);
        due(earned, base, refunded(lines, |item| of(item).map(|line| (line.value, back(line)))))
    }

    /// What is due after this refund less what was due before it.
    fn within(&self, (earned, left): (Points, Points), was_due: Points, is_due: Points) -> Points {
        let is_due = if self.whole { earned } else { is_due };
        let step = is_due.checked_sub(was_due).unwrap_or_default().max(Points::ZERO);
        // Never more than is left of it, whatever else took it back.
        step.min(left)
    }
}

/// What the lines of a sale earned together; a stamp is the whole sale's, and no line's.
pub(crate) fn total_of(lines: &[EarningLine]) -> Points {
    let sum = lines.iter().try_fold(Points::ZERO, |sum, line| sum.checked_add(line.points));
    sum.unwrap_or(Points::new(i64::MAX))
}

/// What a sale earned on one account: the lines of the ledger that say so, the first first. There are several where the sale
/// was changed by its source (rule 11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Earnings {
    pub(crate) lines: Vec<Standing>,
}

impl Earnings {
    /// Those of a sale, by ascending account: in this order accounts are locked.
    pub(crate) fn of(
        tx: &mut (impl LedgerStore + ?Sized),
        merchant: MerchantId,
        cause: Cause,
    ) -> Result<Vec<Self>, StoreError> {
        let mut found = tx.traced(merchant, cause)?;
        found.retain(|row| row.entry.kind == EntryKind::Earn);
        found.sort_by_key(|row| (row.acts_on, row.entry.id));
        let mut all: Vec<Self> = Vec::new();
        for line in found {
            let account = line.acts_on;
            let line = Standing::of(tx, merchant, line)?;
            match all.last_mut() {
                Some(last) if last.account() == Some(account) => last.lines.push(line),
                _ => all.push(Self { lines: vec![line] }),
            }
        }
        Ok(all)
    }

    /// The first line.
    pub(crate) fn first(&self) -> Option<&Traced> {
        self.lines.first().map(|line| &line.earning)
    }

    /// The account that acts for it: of one who was merged the other's (rule 27).
    pub(crate) fn account(&self) -> Option<AccountId> {
        self.first().map(|line| line.acts_on)
    }

    pub(crate) fn card(&self) -> Option<LoyaltyCardId> {
        self.first().map(|line| line.card)
    }

    /// What came, whatever of it was taken back since.
    pub(crate) fn gross(&self) -> Points {
        self.sum(|line| line.earning.entry.amount)
    }

    /// What is left of it.
    pub(crate) fn left(&self) -> Points {
        self.sum(Standing::left)
    }

    fn sum(&self, part: impl Fn(&Standing) -> Points) -> Points {
        let sum = self.lines.iter().try_fold(Points::ZERO, |sum, line| sum.checked_add(part(line)));
        sum.unwrap_or(Points::new(i64::MAX))
    }

    /// Takes so much back of it, of the newest first.
    pub(crate) fn claw(
        &self,
        tx: &mut (impl LedgerStore + ?Sized),
        amount: Points,
        policy: ClawBackPolicy,
        occasion: Occasion,
    ) -> Result<Vec<TakenBack>, StoreError> {
        let (mut missing, mut taken) = (amount, Vec::new());
        for line in self.lines.iter().rev() {
            let part = missing.min(line.left());
            missing = missing.checked_sub(part).unwrap_or_default();
            for (earning, part) in line.clone().split(part) {
                let clawed = claw(tx, &earning, part, policy, occasion)?;
                taken.push(TakenBack { earning, clawed });
            }
        }
        Ok(taken)
    }

    /// Takes the initial points back that came with it.
    pub(crate) fn claw_welcome(
        &self,
        tx: &mut (impl LedgerStore + ?Sized),
        merchant: MerchantId,
        policy: ClawBackPolicy,
        occasion: Occasion,
    ) -> Result<Vec<TakenBack>, StoreError> {
        let mut taken = Vec::new();
        for line in &self.lines {
            let Some(welcome) = welcome_of(tx, merchant, &line.earning)? else { continue };
            let welcome = Standing::of(tx, merchant, welcome)?;
            let left = welcome.left();
            for (earning, part) in welcome.split(left) {
                let clawed = claw(tx, &earning, part, policy, occasion)?;
                taken.push(TakenBack { earning, clawed });
            }
        }
        Ok(taken)
    }
}

/// Takes back what the refunded part of a sale earned, by the merchant's policy (rules 18 and 25). Stamps go on a whole refund
/// alone, and never into debt; the initial points that came with the sale go with all of it, too. A cap's room is not given back.
pub fn take_back(
    tx: &mut (impl LedgerStore + ?Sized),
    refund: &Refund<'_>,
) -> Result<Vec<TakenBack>, StoreError> {
    let mut taken = Vec::new();
    let earned = Earnings::of(tx, refund.merchant, refund.cause)?;
    let cards: Vec<_> = earned.iter().filter_map(Earnings::card).collect();
    let cards = tx.loyalty_cards(&cards)?;
    for earnings in earned {
        let Some(first) = earnings.first() else { continue };
        let card = cards.iter().find(|card| card.id == first.card);
        let stamps = card.is_some_and(is_of_stamps);
        let lines = tx.earning_lines(refund.merchant, first.entry.id)?;
        let amount = match (stamps, refund.whole) {
            (true, false) => Points::ZERO,
            (true, true) => earnings.left(),
            (false, _) => refund.step(&earnings, &lines),
        };
        let policy = if stamps { refund.policy.without_debt() } else { refund.policy };
        if amount > Points::ZERO {
            taken.extend(earnings.claw(tx, amount, policy, refund.occasion)?);
        }
        if refund.whole {
            let merchant = refund.merchant;
            taken.extend(earnings.claw_welcome(tx, merchant, refund.policy, refund.occasion)?);
        }
    }
    Ok(taken)
}

pub(crate) fn is_of_stamps(card: &LoyaltyCard) -> bool {
    matches!(card.program, Program::Stamps(_))
}

fn claw(
    tx: &mut (impl LedgerStore + ?Sized),
    earning: &Traced,
    amount: Points,
    policy: ClawBackPolicy,
    occasion: Occasion,
) -> Result<ClawedBack, StoreError> {
    let mut account = tx.lock_accounts(&[earning.acts_on])?;
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
