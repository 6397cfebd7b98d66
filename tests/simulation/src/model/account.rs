//! An account of the oracle: lots and holds in a list, and what rules 18 and 19 say about them, word by word.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use regulars_merchant::RefundPolicy;

/// When what never expires expires, and when what waits for somebody to look at it begins.
pub(crate) const NEVER: i64 = i64::MAX;

/// Points that came together. They are numbered in the order in which they came.
#[derive(Clone, Debug)]
pub(crate) struct Lot {
    pub(crate) number: usize,
    pub(crate) left: i64,
    pub(crate) from: i64,
    pub(crate) until: i64,
}

/// What a promise has set aside.
#[derive(Clone, Debug)]
pub(crate) struct Hold {
    pub(crate) intent: usize,
    pub(crate) until: i64,
    pub(crate) parts: Vec<(usize, i64)>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub(crate) lots: Vec<Lot>,
    /// In the order in which they were made.
    pub(crate) holds: Vec<Hold>,
    pub(crate) debt: i64,
    pub(crate) earned: i64,
    /// Whether anything ever came.
    pub(crate) used: bool,
    /// What sales and stamps brought, by business date.
    pub(crate) day: BTreeMap<NaiveDate, i64>,
    lots_ever: usize,
}

impl Account {
    pub(crate) fn held(&self, lot: usize) -> i64 {
        let parts = self.holds.iter().flat_map(|hold| &hold.parts);
        parts.filter(|part| part.0 == lot).map(|part| part.1).sum()
    }

    pub(crate) fn held_in_all(&self) -> i64 {
        self.holds.iter().flat_map(|hold| &hold.parts).map(|part| part.1).sum()
    }

    pub(crate) fn available(&self, now: i64) -> i64 {
        let active = self.lots.iter().filter(|lot| lot.from <= now && now < lot.until);
        active.map(|lot| lot.left - self.held(lot.number)).sum()
    }

    /// Lets pass what is over; answers the promises that lapsed.
    pub(crate) fn pass(&mut self, now: i64) -> Vec<usize> {
        let (open, lapsed): (Vec<_>, Vec<_>) =
            self.holds.drain(..).partition(|hold| now < hold.until);
        self.holds = open;
        self.expire(now);
        lapsed.into_iter().map(|hold| hold.intent).collect()
    }

    fn expire(&mut self, now: i64) {
        let held: BTreeMap<usize, i64> =
            self.lots.iter().map(|lot| (lot.number, self.held(lot.number))).collect();
        for lot in self.lots.iter_mut().filter(|lot| lot.until <= now) {
            lot.left = held[&lot.number];
        }
        self.lots.retain(|lot| lot.left > 0);
    }

    /// A credit: debt first. Answers the lot.
    pub(crate) fn credit(&mut self, amount: i64, from: i64, until: i64) -> usize {
        let paid = amount.min(self.debt);
        self.debt -= paid;
        self.used = true;
        self.lots_ever += 1;
        let number = self.lots_ever;
        self.lots.push(Lot { number, left: amount - paid, from, until });
        self.lots.retain(|lot| lot.left > 0);
        number
    }

    /// Takes up to an amount from those lots, free parts alone, in the order of a key; answers what was taken of each.
    fn take<K: Ord>(
        &mut self,
        amount: i64,
        order: impl Fn(&Lot) -> Option<K>,
    ) -> Vec<(usize, i64)> {
        let mut usable: Vec<_> = self
            .lots
            .iter()
            .filter_map(|lot| Some((order(lot)?, lot.number, lot.left - self.held(lot.number))))
            .collect();
        usable.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
        let mut missing = amount;
        let mut taken = Vec::new();
        for (_, number, free) in usable {
            let part = free.min(missing);
            if part > 0 {
                taken.push((number, part));
                missing -= part;
            }
        }
        taken
    }

    fn spend(&mut self, parts: &[(usize, i64)]) {
        for (number, part) in parts {
            let lot = self.lots.iter_mut().find(|lot| lot.number == *number).unwrap();
            lot.left -= part;
            assert!(lot.left >= 0, "the oracle took what was not there");
        }
        self.lots.retain(|lot| lot.left > 0);
    }

    /// Sets aside; false where there is not enough.
    pub(crate) fn hold(&mut self, intent: usize, amount: i64, until: i64, now: i64) -> bool {
        if self.available(now) < amount {
            return false;
        }
        let soonest =
            |lot: &Lot| (lot.from <= now && now < lot.until).then_some((lot.until, lot.from));
        let parts = self.take(amount, soonest);
        self.holds.push(Hold { intent, until, parts });
        true
    }

    /// Uses what a promise has set aside.
    pub(crate) fn confirm(&mut self, intent: usize, now: i64) {
        let place = self.holds.iter().position(|hold| hold.intent == intent).unwrap();
        let hold = self.holds.remove(place);
        self.spend(&hold.parts);
        self.expire(now);
    }

    pub(crate) fn release(&mut self, intent: usize, now: i64) {
        self.holds.retain(|hold| hold.intent != intent);
        self.expire(now);
    }

    /// Takes back: the sale's own lots, pending ones, active ones as they would be spent, then what the newest holds have set
    /// aside; the rest is debt. Of the sale's own lot goes what a hold kept alive until now (rule 19: it does not expire before);
    /// of others that is over with the hold. Holds that keep nothing that can be taken are called off for a debt alone. Answers
    /// what left the account, and the promises that were called off.
    pub(crate) fn claw_back(
        &mut self,
        amount: i64,
        own: usize,
        policy: RefundPolicy,
        now: i64,
    ) -> (i64, Vec<usize>) {
        let lasts = |lot: &Lot| now < lot.until || lot.number == own;
        let order = |lot: &Lot| {
            let pending = now < lot.from;
            if !lasts(lot) || (policy == RefundPolicy::PendingOnly && !pending) {
                return None;
            }
            let rank = if lot.number == own { 0 } else { 1 + i32::from(!pending) };
            Some((rank, lot.until, lot.from))
        };
        let (mut missing, mut called_off) = (amount, Vec::new());
        loop {
            let parts = self.take(missing, order);
            missing -= parts.iter().map(|part| part.1).sum::<i64>();
            self.spend(&parts);
            if missing == 0 || policy == RefundPolicy::PendingOnly {
                break;
            }
            let lots = &self.lots;
            let frees = |hold: &Hold| {
                let of = |number| lots.iter().find(|lot| lot.number == number);
                hold.parts.iter().filter_map(|part| of(part.0)).any(lasts)
            };
            let last = self.holds.len().checked_sub(1);
            let last = last.filter(|_| policy == RefundPolicy::BelowZero);
            let Some(newest) = self.holds.iter().rposition(frees).or(last) else { break };
            called_off.push(self.holds.remove(newest).intent);
        }
        self.expire(now);
        if policy == RefundPolicy::BelowZero {
            self.debt += missing;
            missing = 0;
        }
        self.earned -= amount - missing;
        (amount - missing, called_off)
    }
}
