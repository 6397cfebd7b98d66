//! What a refund gives back of each line, in money and in points (rule 25).
//!
//! A refund is value: money and points together. Within a line it goes back in the proportion in which the line was paid,
//! counted over all its refunds: what was given back of a line after two refunds is what one of both together gives back.
//! An amount is spread over what is left of the lines, by largest remainder. What is left never falls below zero, and once
//! it is zero exactly all has gone back, in money and in points. What was earned goes with the value of each line, by the
//! rules of the ledger.

use std::collections::BTreeSet;

use regulars_kernel::{Points, spread};

/// A part of a line: what was paid for it, or what of that went back. In minor units of the sale's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Part {
    /// In money, tax included; tips are no part of a line.
    pub money: i64,
    /// What points paid.
    pub points_value: i64,
    /// How many points that took.
    pub points: Points,
}

/// A line of a sale, and what of it went back so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SoldLine {
    /// What was paid for it. A line of less than zero (a deposit that was given back) is never refunded.
    pub paid: Part,
    /// What former refunds gave back, each no more than was paid.
    pub refunded: Part,
}

/// A sale that something is to go back of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sold<'a> {
    /// Its lines.
    pub lines: &'a [SoldLine],
    /// The tips, in money.
    pub tips: i64,
    /// What of them went back.
    pub tips_refunded: i64,
}

/// What is to go back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// All that is left, tips included.
    Whole,
    /// So much value, in minor units.
    Amount(i64),
    /// All that is left of these lines, by their places.
    Lines(BTreeSet<usize>),
}

/// What goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Of each line, as they came.
    pub lines: Vec<Part>,
    /// Of the tips.
    pub tips: i64,
    /// Whether nothing is left of any line after it; tips may be.
    pub completes: bool,
}

/// Why nothing goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// An amount of nothing, or less.
    #[error("Enter an amount above zero.")]
    NotPositive,
    /// More than is left of the lines; carries what is left, in minor units.
    #[error("More than is left to refund.")]
    MoreThanLeft(i64),
    /// All of it went back before; of these lines, where lines were asked for.
    #[error("All of it was refunded before.")]
    RefundedBefore,
    /// A list of no lines.
    #[error("Name a line at least.")]
    NoLines,
    /// There is no line of this place.
    #[error("The sale has no such line.")]
    NoSuchLine(usize),
    /// The lines come to more than can be counted.
    #[error("The sale comes to more than can be counted.")]
    TooMuch,
}

impl Share {
    /// The money that goes back, tips included; never more than was paid in money less what went back of it.
    pub fn money(&self) -> i64 {
        // Parts of sums that fit (`share`).
        self.lines.iter().map(|line| line.money).sum::<i64>() + self.tips
    }

    /// What the points that go back had paid.
    pub fn points_value(&self) -> i64 {
        self.lines.iter().map(|line| line.points_value).sum()
    }

    /// How many of the points that were spent go back.
    pub fn points(&self) -> Points {
        Points::new(self.lines.iter().map(|line| line.points.get()).sum())
    }
}

/// What a refund gives back.
pub fn share(sold: &Sold<'_>, request: &Request) -> Result<Share, ShareError> {
    let left = sold.lines.iter().map(SoldLine::left).collect::<Option<Vec<i64>>>();
    let left = left.ok_or(ShareError::TooMuch)?;
    let sum = |part: fn(&Part) -> i64, tips: i64| {
        let parts = sold.lines.iter().map(|line| part(&line.paid).max(0));
        parts.into_iter().try_fold(tips, i64::checked_add).ok_or(ShareError::TooMuch)
    };
    let tips_left = (sold.tips - sold.tips_refunded.clamp(0, sold.tips.max(0))).max(0);
    // What is given back is a part of these.
    let paid = sum(|part| part.money, sold.tips.max(0))?;
    let paid = paid.checked_add(sum(|part| part.points_value, 0)?).ok_or(ShareError::TooMuch)?;
    sum(|part| part.points.get(), 0)?;
    let all: i64 = left.iter().sum();
    let given = match request {
        Request::Whole if paid > 0 && all == 0 && tips_left == 0 => {
            return Err(ShareError::RefundedBefore);
        }
        Request::Whole => left.clone(),
        Request::Amount(amount) if *amount <= 0 => return Err(ShareError::NotPositive),
        Request::Amount(amount) if *amount > all => return Err(ShareError::MoreThanLeft(all)),
        Request::Amount(amount) => spread(*amount, &left),
        Request::Lines(places) if places.is_empty() => return Err(ShareError::NoLines),
        Request::Lines(places) => {
            let chosen = |place: &usize| sold.lines.get(*place).zip(left.get(*place));
            if let Some(place) = places.iter().find(|place| chosen(place).is_none()) {
                return Err(ShareError::NoSuchLine(*place));
            }
            let spent =
                |(line, left): (&SoldLine, &i64)| *left == 0 && line.paid.value() != Some(0);
            if places.iter().filter_map(chosen).all(spent) {
                return Err(ShareError::RefundedBefore);
            }
            let of = |(place, left): (usize, &i64)| if places.contains(&place) { *left } else { 0 };
            left.iter().enumerate().map(of).collect()
        }
    };
    let tips = if *request == Request::Whole { tips_left } else { 0 };
    let lines = sold.lines.iter().zip(&given).map(|(line, value)| line.give(*value)).collect();
    Ok(Share { lines, tips, completes: left == given })
}

impl Part {
    /// Money and points together, in minor units; `None` where it does not fit.
    pub fn value(&self) -> Option<i64> {
        self.money.checked_add(self.points_value)
    }
}

impl SoldLine {
    /// What is left of it in value.
    fn left(&self) -> Option<i64> {
        let refunded = self.refunded.value()?;
        Some(self.paid.value()?.checked_sub(refunded)?.max(0))
    }

    /// What goes back of it when so much value does, at most what is left.
    fn give(&self, value: i64) -> Part {
        let (paid, before) = (&self.paid, &self.refunded);
        let money_left = paid.money.saturating_sub(before.money);
        let points_left = paid.points_value.saturating_sub(before.points_value);
        let together = before.money + before.points_value + value;
        let due = spread(together, &[paid.money, paid.points_value]);
        let due = due.first().map_or(0, |money| money - before.money);
        // Nothing but this took from the line, so that what is due is there; else it is the next thing that is.
        let money = due.max(value - points_left).min(money_left).clamp(0, value);
        let points_value = value - money;
        let now = Part {
            money: before.money + money,
            points_value: before.points_value + points_value,
            ..*before
        };
        let all = now.money == paid.money && now.points_value == paid.points_value;
        let whole = paid.points.get();
        let points = if all { whole } else { floor(whole, now.points_value, paid.points_value) };
        let points = Points::new(points.saturating_sub(before.points.get()).max(0));
        Part { money, points_value, points }
    }
}

/// Whole × given ÷ of, rounded down; 0 of nothing. Both factors fit 64 bits, so the product fits 128.
fn floor(whole: i64, given: i64, of: i64) -> i64 {
    if of <= 0 {
        return 0;
    }
    let share = i128::from(whole) * i128::from(given) / i128::from(of);
    i64::try_from(share).unwrap_or(whole)
}

#[cfg(test)]
mod tests;
