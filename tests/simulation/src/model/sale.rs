//! Sales of the oracle: what they earn (rules 14, 15, 19 and 26), and what goes back of them (rule 25).

use chrono::NaiveDate;

use super::{
    Model,
    account::NEVER,
    calendar::{date, end_of, months_later},
};
use crate::{
    call::{How, Line},
    generate::Role,
    setting::{Card, DAY, HOUR, Program, SECOND},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    GivenUp,
    Completed,
    Voided,
}

/// An order, or a visit, which is an order of one line.
#[derive(Clone, Debug)]
pub(crate) struct Sale {
    pub(crate) state: State,
    pub(crate) customer: Option<usize>,
    pub(crate) store: usize,
    pub(crate) lines: Vec<Sold>,
    pub(crate) tip: i64,
    pub(crate) refunded: i64,
    tip_back: i64,
    earnings: Vec<Earning>,
}

#[derive(Clone, Debug)]
pub(crate) struct Sold {
    line: Line,
    cost: i64,
    back: i64,
    units_back: i32,
}

#[derive(Clone, Debug)]
struct Earning {
    card: usize,
    lot: usize,
    amount: i64,
    taken: i64,
    bases: Vec<i64>,
    /// The card's welcome that came with it: its lot, and how much.
    welcome: Option<(usize, i64)>,
}

/// How old a sale is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    Fresh,
    Late,
    Ancient,
}

impl Sale {
    pub(crate) fn open(customer: Option<usize>, store: usize, lines: &[Line], tip: i64) -> Self {
        let sold = |line: &Line| Sold {
            line: *line,
            cost: line.unit * i64::from(line.quantity),
            back: 0,
            units_back: 0,
        };
        Self {
            state: State::Open,
            customer,
            store,
            lines: lines.iter().map(sold).collect(),
            tip,
            refunded: 0,
            tip_back: 0,
            earnings: Vec::new(),
        }
    }

    fn lines_are_spent(&self) -> bool {
        self.lines.iter().all(|line| line.back == line.cost)
    }

    pub(crate) fn total(&self) -> i64 {
        self.lines.iter().map(|line| line.cost).sum::<i64>() + self.tip
    }
}

/// What each line adds to what a sale comes to for a card; none where it earns nothing.
fn bases(card: &Card, lines: &[Sold]) -> Option<Vec<i64>> {
    let sum: i64 = lines.iter().map(|line| line.cost).sum();
    let counts = |line: &Sold| card.product.is_none() || line.line.product == card.product;
    if sum < card.minimum.unwrap_or(0) || !lines.iter().any(counts) {
        return None;
    }
    Some(lines.iter().map(|line| if counts(line) { line.cost } else { 0 }).collect())
}

impl Model {
    /// When a sale was: more than ten minutes ahead is now.
    pub(super) fn when(sent: i64, ago: Option<i64>, now: i64) -> i64 {
        let told = ago.map(|ago| sent - ago);
        told.filter(|at| *at <= now + 600 * SECOND).unwrap_or(now)
    }

    pub(super) fn business_date(&self, store: usize, at: i64) -> NaiveDate {
        let shop = &self.setting.stores[store];
        date(shop.zone, shop.day_starts_at_hour, at)
    }

    fn age(&self, store: usize, at: i64, now: i64, role: Role) -> Age {
        if at < now - 30 * DAY {
            return if role == Role::Owner { Age::Fresh } else { Age::Ancient };
        }
        let late = at < now - i64::from(self.setting.stores[store].late_hours) * HOUR;
        if late { Age::Late } else { Age::Fresh }
    }

    /// Whether what is given by a program is good, from when and until when.
    fn life(&self, program: Program, store: usize, at: i64, age: Age) -> (i64, i64) {
        let (zone, date) = (self.setting.stores[store].zone, self.business_date(store, at));
        let (delay, last) = match program {
            Program::Points { months, delay_days, .. } => {
                (delay_days, months.map(|months| months_later(date, months)))
            }
            Program::Stamps { days, .. } => {
                (0, days.map(|days| date + chrono::Days::new(u64::from(days))))
            }
        };
        let from = if age == Age::Late { NEVER } else { at + i64::from(delay) * DAY };
        (from, last.map_or(NEVER, |last| end_of(zone, last)))
    }

    /// A sale earns: of the cards of points the best one, and every card of stamps.
    pub(super) fn earn(&mut self, sale: &mut Sale, at: i64, now: i64, role: Role) {
        let Some(customer) = sale.customer else { return };
        let age = self.age(sale.store, at, now, role);
        if age == Age::Ancient {
            return;
        }
        let today = self.business_date(sale.store, at);
        let mut earned: Vec<(usize, i64, Vec<i64>)> = Vec::new();
        let mut best: Option<(usize, i64, Vec<i64>)> = None;
        for (nth, card) in self.setting.cards.iter().enumerate() {
            let Some(bases) = bases(card, &sale.lines) else { continue };
            let base: i64 = bases.iter().sum();
            let before = self.accounts.get(&(customer, nth));
            let before = before.and_then(|account| account.day.get(&today)).copied().unwrap_or(0);
            match card.program {
                Program::Points { worth, cap, .. } => {
                    let points = base * worth / 100_000_000;
                    let points = cap.map_or(points, |cap| points.min(cap - before));
                    if points > 0 && best.as_ref().is_none_or(|(_, most, _)| points > *most) {
                        best = Some((nth, points, bases));
                    }
                }
                Program::Stamps { cap, .. } => {
                    if base > 0 && cap.is_none_or(|cap| before < i64::from(cap)) {
                        earned.push((nth, 1, bases));
                    }
                }
            }
        }
        for (nth, amount, bases) in earned.into_iter().chain(best) {
            let program = self.setting.cards[nth].program;
            let (from, until) = self.life(program, sale.store, at, age);
            let registered = self.setting.customers[customer].registered;
            let account = self.accounts.entry((customer, nth)).or_default();
            let first = !account.used;
            let lot = account.credit(amount, from, until);
            *account.day.entry(today).or_default() += amount;
            account.earned += amount;
            let mut welcome = None;
            if let Program::Points { initial, .. } = program
                && initial > 0
                && first
                && registered
            {
                welcome = Some((account.credit(initial, from, until), initial));
                account.earned += initial;
            }
            account.pass(now);
            sale.earnings.push(Earning { card: nth, lot, amount, taken: 0, bases, welcome });
        }
    }

    /// A stamp by hand; false where none can be given.
    pub(super) fn stamp(
        &mut self,
        customer: usize,
        card: Option<usize>,
        store: usize,
        now: i64,
    ) -> bool {
        let of_stamps =
            |nth: usize| matches!(self.setting.cards[nth].program, Program::Stamps { .. });
        // There are several cards of stamps: it has to be said which.
        let Some(nth) = card.filter(|nth| of_stamps(*nth)) else { return false };
        let program = self.setting.cards[nth].program;
        let today = self.business_date(store, now);
        let (_, until) = self.life(program, store, now, Age::Fresh);
        let account = self.accounts.get(&(customer, nth));
        let before = account.and_then(|account| account.day.get(&today)).copied().unwrap_or(0);
        let Program::Stamps { cap, .. } = program else { return false };
        if cap.is_some_and(|cap| i64::from(cap) <= before) {
            return false;
        }
        let account = self.accounts.entry((customer, nth)).or_default();
        account.credit(1, now, until);
        *account.day.entry(today).or_default() += 1;
        account.earned += 1;
        true
    }

    /// A part of an order goes back; false where it cannot.
    pub(super) fn refund(&mut self, order: usize, how: How, now: i64) -> bool {
        let mut sale = self.orders[order].clone();
        if sale.state != State::Completed {
            return false;
        }
        let left: Vec<i64> = sale.lines.iter().map(|line| line.cost - line.back).collect();
        let all: i64 = left.iter().sum();
        let was_spent = sale.lines_are_spent();
        let before: Vec<i64> = sale.lines.iter().map(|line| line.back).collect();
        let (mut back, mut asked) = (vec![0; left.len()], None);
        match how {
            How::Whole => {
                if all == 0 && sale.tip_back == sale.tip {
                    return false;
                }
                back.clone_from(&left);
                sale.refunded += sale.tip - sale.tip_back;
                sale.tip_back = sale.tip;
            }
            How::Amount(amount) => {
                if amount > all {
                    return false;
                }
                back = shares(amount, &left);
            }
            How::Line(nth, units) => {
                let nth = nth % left.len();
                let line = &sale.lines[nth];
                let units_left = line.line.quantity - line.units_back;
                let units = units.unwrap_or(units_left);
                if units > units_left || (units == units_left && left[nth] == 0) {
                    return false;
                }
                let worth =
                    |units: i32| line.cost * i64::from(units) / i64::from(line.line.quantity);
                let step = worth(line.units_back + units) - worth(line.units_back);
                back[nth] = if units == units_left { left[nth] } else { step.min(left[nth]) };
                asked = Some((nth, units));
            }
        }
        for (nth, line) in sale.lines.iter_mut().enumerate() {
            line.back += back[nth];
            if back[nth] > 0 && line.back == line.cost {
                line.units_back = line.line.quantity;
            } else if let Some((_, units)) = asked.filter(|asked| asked.0 == nth) {
                line.units_back += units;
            }
        }
        sale.refunded += back.iter().sum::<i64>();
        let whole = sale.lines_are_spent() && !was_spent;
        self.take_back(&mut sale, &before, whole, now);
        self.orders[order] = sale;
        true
    }

    pub(super) fn void(&mut self, order: usize, now: i64) -> bool {
        match self.orders[order].state {
            State::Open => self.orders[order].state = State::GivenUp,
            State::Completed => {
                self.refund(order, How::Whole, now);
                self.orders[order].state = State::Voided;
            }
            State::GivenUp | State::Voided => {}
        }
        true
    }

    /// Takes back what it earned, in proportion to what of its base went back; all that is left with the last of it.
    fn take_back(&mut self, sale: &mut Sale, before: &[i64], whole: bool, now: i64) {
        let Some(customer) = sale.customer else { return };
        let mut called_off = Vec::new();
        let after: Vec<i64> = sale.lines.iter().map(|line| line.back).collect();
        for earning in &mut sale.earnings {
            let account = self.accounts.get_mut(&(customer, earning.card)).unwrap();
            let points = matches!(self.setting.cards[earning.card].program, Program::Points { .. });
            let due = |back: &[i64]| {
                let base: i64 = earning.bases.iter().sum();
                let parts = earning.bases.iter().zip(&sale.lines).zip(back);
                let gone: i64 = parts.map(|((base, line), back)| base * back / line.cost).sum();
                earning.amount * gone / base
            };
            let step = match (points, whole) {
                (true, true) => earning.amount - due(before),
                (true, false) => due(&after) - due(before),
                (false, true) => earning.amount,
                (false, false) => 0,
            };
            let step = step.clamp(0, earning.amount - earning.taken);
            let mut policy = self.setting.policy;
            if !points {
                policy = policy.without_debt();
            }
            let (gone, holds) = account.claw_back(step, earning.lot, policy, now);
            earning.taken += gone;
            called_off.extend(holds);
            if let Some((lot, left)) = earning.welcome.filter(|_| whole) {
                let (gone, holds) = account.claw_back(left, lot, policy, now);
                earning.welcome = Some((lot, left - gone));
                called_off.extend(holds);
            }
        }
        self.call_off(&called_off);
    }
}

/// Shares of an amount by largest remainder, of equal ones to the first.
fn shares(amount: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i64 = weights.iter().sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let mut shares: Vec<i64> = weights.iter().map(|weight| amount * weight / sum).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|nth| std::cmp::Reverse(amount * weights[*nth] % sum));
    let missing = amount - shares.iter().sum::<i64>();
    for nth in order.into_iter().take(usize::try_from(missing).unwrap()) {
        shares[nth] += 1;
    }
    shares
}
