//! Which of several discounts are taken off a sale, and what is left to pay (rule 24).
//!
//! Each has its turn: percentages and then amounts on chosen products, BOGO, percentages and then amounts on the whole order,
//! and what points pay at last. Each is taken off what the former left, never below zero.
//!
//! An offer that does not stack is taken alone; offers that stack go together, up to the number that the order may have.
//! Of all choices that this allows the one that is best for the customer wins: a single offer that does not stack against
//! each set of those that do. Where two come to the same, the one with fewer discounts wins, so that no code is used up for
//! nothing, then the one with the lower ids of offers, then with the lower codes. Nothing hangs on the order in which codes were
//! typed, another code never makes a sale dearer, and a limit of fewer discounts never makes it cheaper.
//!
//! Points are no discount but pay: they do not count as one of those that the order may have, and go together with all.

use regulars_kernel::{Currency, OfferId, spread};

use crate::discount::{Candidate, Line, PricedLine, Skipped, left};

/// The most discounts that a customer may come with: every set of those that stack is looked at.
pub const MAX_CANDIDATES: usize = 10;

/// Why a sale has no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PricingError {
    /// More than [`MAX_CANDIDATES`] discounts.
    #[error("A sale takes at most {MAX_CANDIDATES} discount codes.")]
    TooManyCandidates,
    /// The lines come to more than can be counted.
    #[error("The sale comes to more than can be counted.")]
    TooMuch,
}

/// A sale, and what is to be taken off it.
#[derive(Clone, Copy, Debug)]
pub struct Sale<'a> {
    /// What all its amounts are in.
    pub currency: Currency,
    /// What was rung up.
    pub lines: &'a [PricedLine],
    /// The discounts that the customer came with, in any order; all of them available to them, here and now
    /// ([`crate::eligibility`]).
    pub candidates: &'a [Candidate],
    /// How many discounts the order may have: `numOfOrderDiscountsAllowed`, the customer's own if above 0, else the
    /// merchant's.
    pub allowed: u32,
    /// What points are to pay, in minor units; what is more than the sale comes to is not paid.
    pub points_value: i64,
}

/// What a sale comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Line by line, as they came.
    pub lines: Vec<LinePrice>,
    /// What became of each discount, as they came.
    pub outcomes: Vec<Outcome>,
    /// What all lines come to before discounts, without those that cannot be discounted for being zero or less.
    pub subtotal: i64,
    /// What discounts take off.
    pub discount: i64,
    /// What points pay.
    pub paid_with_points: i64,
    /// What is left to pay in money: subtotal − discount − points.
    pub to_pay: i64,
}

/// What a line comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinePrice {
    /// What is taken off by which discount (its place among the candidates), in the order of their turns; never 0.
    pub taken: Vec<(usize, i64)>,
    /// How many units each of [`Self::taken`] touched, in the same order: those that a BOGO made free, or all where the
    /// discount is about chosen products; 0 where it is about the whole order.
    pub units: Vec<i32>,
    /// What is taken off in all.
    pub discount: i64,
    /// What points pay of the rest.
    pub paid_with_points: i64,
    /// What is left to pay in money.
    pub to_pay: i64,
    /// How many units a discount touched (`numOfDiscountedUnits`): those that a BOGO made free, or all where an offer on chosen
    /// products took something off. A discount on the whole order is about no unit.
    pub discounted_units: i32,
    /// How many of them a BOGO made free.
    pub free_units: i32,
}

/// What became of a discount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It takes off so much, more than nothing.
    Applied(i64),
    /// It is not taken, and its code is not used up.
    Skipped(Skipped),
}

impl Outcome {
    /// What it takes off.
    pub const fn amount(&self) -> i64 {
        match self {
            Self::Applied(amount) => *amount,
            Self::Skipped(_) => 0,
        }
    }
}

/// Prices a sale.
pub fn price(sale: &Sale<'_>) -> Result<Price, PricingError> {
    let Sale { currency, candidates, allowed, .. } = *sale;
    if candidates.len() > MAX_CANDIDATES {
        return Err(PricingError::TooManyCandidates);
    }
    let rung_up = Line::all(sale.lines).ok_or(PricingError::TooMuch)?;
    let objections = objections(&rung_up, candidates, currency);
    // In the order of their turns, which is no order of the input's.
    let mut fit: Vec<(usize, &Candidate)> = candidates
        .iter()
        .enumerate()
        .zip(&objections)
        .filter_map(|(candidate, objection)| objection.is_none().then_some(candidate))
        .collect();
    fit.sort_by_key(|(_, candidate)| (candidate.turn(), candidate.key()));
    let best = best(&rung_up, &fit, allowed);

    let mut lines: Vec<LinePrice> = vec![LinePrice::default(); rung_up.len()];
    let mut amounts: Vec<i64> = vec![0; candidates.len()];
    let mut rest = rung_up.clone();
    for (place, candidate) in &best.chosen {
        let before = rest.clone();
        let taken = candidate.take(&mut rest);
        if let Some(amount) = amounts.get_mut(*place) {
            *amount = taken.iter().sum();
        }
        let touched = rest.iter().zip(&before);
        let touched = touched.map(|(after, before)| candidate.touched(before, after));
        let parts = taken.into_iter().zip(touched);
        for (line, (amount, units)) in
            lines.iter_mut().zip(parts).filter(|(_, (part, _))| *part > 0)
        {
            line.taken.push((*place, amount));
            line.units.push(units);
            line.discount += amount;
        }
    }
    let outcomes = candidates.iter().zip(objections).zip(amounts);
    let outcomes = outcomes.map(|((candidate, objection), amount)| match objection {
        Some(objection) => Outcome::Skipped(objection),
        None if amount > 0 => Outcome::Applied(amount),
        None => Outcome::Skipped(best.against(&rung_up, candidate, allowed)),
    });
    let outcomes = outcomes.collect();

    let weights: Vec<i64> = rest.iter().map(|line| line.left).collect();
    let paid_with_points = sale.points_value.clamp(0, left(&rest));
    let shares = spread(paid_with_points, &weights);
    for ((line, rest), points) in lines.iter_mut().zip(&rest).zip(shares) {
        line.paid_with_points = points;
        line.to_pay = rest.left - points;
        line.discounted_units = rest.discounted_units();
        line.free_units = rest.free_units();
    }
    let subtotal = left(&rung_up);
    let discount = subtotal - left(&rest);
    let to_pay = left(&rest) - paid_with_points;
    Ok(Price { lines, outcomes, subtotal, discount, paid_with_points, to_pay })
}

/// What stands against each on its own.
fn objections(
    rung_up: &[Line],
    candidates: &[Candidate],
    currency: Currency,
) -> Vec<Option<Skipped>> {
    let judge = |(place, candidate): (usize, &Candidate)| {
        let before = candidates.iter().take(place);
        if before.into_iter().any(|former| former.key() == candidate.key()) {
            return Some(Skipped::GivenTwice);
        }
        candidate.objection(rung_up, currency)
    };
    candidates.iter().enumerate().map(judge).collect()
}

/// Discounts that go together, in the order of their turns, and what is left to pay after them.
#[derive(Clone)]
struct Choice<'a> {
    chosen: Vec<(usize, &'a Candidate)>,
    left: i64,
}

impl Choice<'_> {
    /// Better for the customer; of equal ones the one with fewer discounts, then with the lower ids and codes.
    fn beats(&self, other: &Self) -> bool {
        let size = |choice: &Self| (choice.left, choice.chosen.len());
        (size(self), self.keys()) < (size(other), other.keys())
    }

    fn keys(&self) -> Vec<(OfferId, &str)> {
        let mut keys: Vec<_> = self.chosen.iter().map(|(_, candidate)| candidate.key()).collect();
        keys.sort_unstable();
        keys
    }

    /// Why one that could be taken by itself is not among them.
    fn against(&self, rung_up: &[Line], candidate: &Candidate, allowed: u32) -> Skipped {
        let too_many = Skipped::TooManyDiscounts { allowed };
        if allowed == 0 {
            return too_many;
        }
        if !takes_something(candidate, rung_up) {
            return Skipped::NothingLeft;
        }
        let chosen = || self.chosen.iter().map(|(_, chosen)| chosen);
        if !candidate.stackable || chosen().any(|chosen| !chosen.stackable) {
            return Skipped::DoesNotStack;
        }
        if self.is_full(allowed) { too_many } else { Skipped::NothingLeft }
    }

    fn is_full(&self, allowed: u32) -> bool {
        u32::try_from(self.chosen.len()).is_ok_and(|taken| taken >= allowed)
    }
}

fn takes_something(candidate: &Candidate, lines: &[Line]) -> bool {
    candidate.take(&mut lines.to_vec()).iter().any(|amount| *amount > 0)
}

/// The best choice of all that there are; `fit` in the order of their turns.
fn best<'a>(rung_up: &[Line], fit: &[(usize, &'a Candidate)], allowed: u32) -> Choice<'a> {
    let mut best = Choice { chosen: Vec::new(), left: left(rung_up) };
    if allowed == 0 {
        return best;
    }
    let (stackable, alone): (Vec<_>, Vec<_>) =
        fit.iter().copied().partition(|(_, candidate)| candidate.stackable);
    for candidate in alone {
        let mut rest = rung_up.to_vec();
        candidate.1.take(&mut rest);
        let choice = Choice { chosen: vec![candidate], left: left(&rest) };
        if choice.beats(&best) {
            best = choice;
        }
    }
    let none = Choice { chosen: Vec::new(), left: left(rung_up) };
    extend(&none, rung_up, &stackable, allowed, &mut best);
    best
}

/// Looks at every choice that adds some of `further` to one that leaves `lines`.
fn extend<'a>(
    choice: &Choice<'a>,
    lines: &[Line],
    further: &[(usize, &'a Candidate)],
    allowed: u32,
    best: &mut Choice<'a>,
) {
    let mut further = further;
    while let Some((next, rest)) = further.split_first() {
        further = rest;
        let mut after = lines.to_vec();
        next.1.take(&mut after);
        let mut longer = choice.clone();
        longer.chosen.push(*next);
        longer.left = left(&after);
        // One that takes nothing leaves the lines as they were: the same choice without it is looked at, too.
        if longer.left == choice.left {
            continue;
        }
        if longer.beats(best) {
            *best = longer.clone();
        }
        if !longer.is_full(allowed) {
            extend(&longer, &after, rest, allowed, best);
        }
    }
}

#[cfg(test)]
mod tests;
