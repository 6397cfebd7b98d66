//! What one discount takes off the lines of a sale (rule 24): its conditions, and its arithmetic. Which of several are taken
//! is [`crate::stacking`]'s business.
//!
//! Conditions look at the sale as it was rung up, before anything is taken off, so that no discount spoils another's:
//! `minimumSpend` is the least that all lines come to together, and `numOfItems` the least number of units among the
//! products that the offer is about. Lines that come to nothing, or to less (a deposit that is given back), are no part of
//! it: they neither count nor are discounted.
//!
//! Amounts are rounded down; the units that are left over go to the lines with the largest fractions ([`spread`]).

use std::fmt;

use regulars_kernel::{Currency, Money, OfferId, ProductId, spread};

use crate::{Discount, Offer, code::Code};

/// One line of a sale, as it was rung up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PricedLine {
    /// What was bought; not in the catalogue: none.
    pub product: Option<ProductId>,
    /// How many units; fewer than 1 are none.
    pub quantity: i32,
    /// What the whole line costs before discounts, tax included, in minor units of the sale's currency.
    pub total: i64,
}

/// A discount that a customer came with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// The offer that it is of.
    pub offer: OfferId,
    /// The code that it came by, in the form that is compared ([`Code::as_str`], [`crate::FixedCode::key`]): two discounts of
    /// one offer differ in it.
    pub code: String,
    /// What is taken off.
    pub discount: Discount,
    /// The products it is about; none: the whole sale.
    pub products: Vec<ProductId>,
    /// How many of their units must be bought for it, those that become free among them. A BOGO needs one more than it gives
    /// in any case, so that nothing is free to whoever buys nothing. Open: 1.
    pub num_of_items: Option<i32>,
    /// The least that the sale must come to.
    pub minimum_spend: Option<Money>,
    /// Whether it goes together with others.
    pub stackable: bool,
}

/// Why a discount is not taken. Codes are part of the API and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Skipped {
    /// The same code came twice; the first counts.
    GivenTwice,
    /// It, or the least that must be spent for it, is in another currency than the sale.
    OtherCurrency,
    /// Too few units of its products were bought.
    NotEnoughItems {
        /// How many it takes.
        needed: i64,
        /// How many there are.
        found: i64,
    },
    /// The sale comes to too little.
    MinimumSpendNotReached {
        /// What it must come to.
        minimum: Money,
        /// What it comes to.
        subtotal: Money,
    },
    /// Another discount that is better for the customer does not go together with this one.
    DoesNotStack,
    /// As many as the order may have are better for the customer.
    TooManyDiscounts {
        /// How many it may have.
        allowed: u32,
    },
    /// There is nothing, or nothing any more, that it could take off.
    NothingLeft,
}

impl Skipped {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::GivenTwice => "given_twice",
            Self::OtherCurrency => "other_currency",
            Self::NotEnoughItems { .. } => "not_enough_items",
            Self::MinimumSpendNotReached { .. } => "minimum_spend_not_reached",
            Self::DoesNotStack => "does_not_stack",
            Self::TooManyDiscounts { .. } => "too_many_discounts",
            Self::NothingLeft => "nothing_left",
        }
    }
}

/// The sentence that people read.
impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let price = |money: Money| format!("{money} {}", money.currency().code());
        match *self {
            Self::GivenTwice => f.write_str("This code was given twice; it counts once."),
            Self::OtherCurrency => f.write_str("This discount is in another currency."),
            Self::NotEnoughItems { needed, found } => {
                write!(f, "This discount takes {needed} items that it is about; there are {found}.")
            }
            Self::MinimumSpendNotReached { minimum, subtotal } => write!(
                f,
                "This discount takes a sale of {}; this one comes to {}.",
                price(minimum),
                price(subtotal)
            ),
            Self::DoesNotStack => f.write_str(
                "This discount does not go together with another one that is better for the customer.",
            ),
            Self::TooManyDiscounts { allowed: 0 } => f.write_str("This order may have no discount."),
            Self::TooManyDiscounts { allowed: 1 } => {
                f.write_str("This order may have one discount, and another one is better.")
            }
            Self::TooManyDiscounts { allowed } => {
                write!(f, "This order may have {allowed} discounts, and others are better.")
            }
            Self::NothingLeft => f.write_str("There is nothing left for this discount to take off."),
        }
    }
}

/// When a discount has its turn (rule 24). Those of one turn follow in the order of their offers' ids, then of their codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    LinePercentage,
    LineAmount,
    Bogo,
    OrderPercentage,
    OrderAmount,
}

impl Candidate {
    /// The discount of an offer, by a code of its own.
    pub fn of(offer: &Offer, code: &Code) -> Self {
        Self::by(offer, code.as_str())
    }

    /// The discount of an offer, by whatever code in the form that is compared.
    pub fn by(offer: &Offer, code: &str) -> Self {
        Self {
            offer: offer.id,
            code: code.to_owned(),
            discount: offer.discount,
            products: offer.products.clone(),
            num_of_items: offer.num_of_items,
            minimum_spend: offer.terms.minimum_spend,
            stackable: offer.stackable,
        }
    }

    /// What tells it from others, and decides ties.
    pub(crate) fn key(&self) -> (OfferId, &str) {
        (self.offer, &self.code)
    }

    pub(crate) fn turn(&self) -> Turn {
        match (self.discount, self.products.is_empty()) {
            (Discount::Percentage(_), false) => Turn::LinePercentage,
            (Discount::FixedAmount(_), false) => Turn::LineAmount,
            (Discount::Bogo(_), _) => Turn::Bogo,
            (Discount::Percentage(_), true) => Turn::OrderPercentage,
            (Discount::FixedAmount(_), true) => Turn::OrderAmount,
        }
    }

    fn is_about(&self, line: &Line) -> bool {
        let named = line.product.is_some_and(|product| self.products.contains(&product));
        self.products.is_empty() || named
    }

    /// How many units must be bought.
    fn needed(&self) -> i64 {
        let free = if let Discount::Bogo(free) = self.discount { free.max(0) } else { 0 };
        i64::from(self.num_of_items.unwrap_or(1)).max(free.saturating_add(1))
    }

    /// What stands against it in a sale that nothing was taken off yet.
    pub(crate) fn objection(&self, lines: &[Line], currency: Currency) -> Option<Skipped> {
        let amount =
            if let Discount::FixedAmount(amount) = self.discount { Some(amount) } else { None };
        if amount.into_iter().chain(self.minimum_spend).any(|money| money.currency() != currency) {
            return Some(Skipped::OtherCurrency);
        }
        let (needed, found) = (self.needed(), units(lines, |line| self.is_about(line)));
        if found < needed {
            return Some(Skipped::NotEnoughItems { needed, found });
        }
        let subtotal = Money::new(left(lines), currency);
        let minimum = self.minimum_spend?;
        let reached = minimum.minor() <= subtotal.minor();
        (!reached).then_some(Skipped::MinimumSpendNotReached { minimum, subtotal })
    }

    /// Takes it off what the former left, and answers what came off each line: nothing at all where there is nothing left,
    /// and then the lines stay as they were.
    pub(crate) fn take(&self, lines: &mut [Line]) -> Vec<i64> {
        let about: Vec<i64> =
            lines.iter().map(|line| if self.is_about(line) { line.left } else { 0 }).collect();
        // Sums of lines fit (`Line::all`), and so do parts of them.
        let base: i64 = about.iter().sum();
        let amount = match self.discount {
            Discount::Bogo(free) => return self.take_units(lines, free),
            Discount::Percentage(parts) => {
                let parts = i128::from(parts.clamp(0, WHOLE));
                i64::try_from(i128::from(base) * parts / i128::from(WHOLE)).unwrap_or(base)
            }
            Discount::FixedAmount(amount) => amount.minor().clamp(0, base),
        };
        let taken = spread(amount, &about);
        for (line, taken) in lines.iter_mut().zip(&taken) {
            line.left -= taken;
            if *taken > 0 && !self.products.is_empty() {
                line.touched = line.quantity;
            }
        }
        taken
    }

    /// How many units of a line it touched, given the line before and after it was taken off.
    pub(crate) fn touched(&self, before: &Line, after: &Line) -> i32 {
        match self.discount {
            Discount::Bogo(_) => after.free_units().saturating_sub(before.free_units()),
            _ if self.products.is_empty() => 0,
            _ => i32::try_from(after.quantity).unwrap_or(i32::MAX),
        }
    }

    /// The cheapest units are free. The other units that it takes are the dearest ones; neither they nor the free ones count
    /// for another BOGO, so that two of "two for one" take four.
    fn take_units(&self, lines: &mut [Line], free: i64) -> Vec<i64> {
        let mut taken = vec![0; lines.len()];
        if units(lines, |line| self.is_about(line)) < self.needed() {
            return taken;
        }
        let mut piles: Vec<Pile> = Vec::new();
        for (place, line) in lines.iter().enumerate().filter(|(_, line)| self.is_about(line)) {
            piles.extend(line.piles(place));
        }
        piles.sort_by_key(|pile| (pile.price, pile.place));
        let mut counted = vec![0; lines.len()];
        let mut count = |place: usize, units: i64| {
            if let Some(counted) = counted.get_mut(place) {
                *counted += units;
            }
        };
        let mut wanted = free.max(0);
        let mut freed: Vec<(usize, i64, i64)> = Vec::new();
        for pile in &mut piles {
            let units = pile.units.min(wanted);
            wanted -= units;
            pile.units -= units;
            count(pile.place, units);
            freed.push((pile.place, units, units * pile.price));
        }
        if freed.iter().all(|(_, _, amount)| *amount == 0) {
            return taken;
        }
        let mut companions = self.needed() - free.max(0);
        piles.sort_by_key(|pile| (-pile.price, pile.place));
        for pile in &piles {
            let units = pile.units.min(companions);
            companions -= units;
            count(pile.place, units);
        }
        for (place, units, amount) in freed {
            if let (Some(line), Some(taken)) = (lines.get_mut(place), taken.get_mut(place)) {
                line.left -= amount;
                line.free += units;
                *taken += amount;
            }
        }
        for (line, counted) in lines.iter_mut().zip(counted) {
            line.spare -= counted;
        }
        taken
    }
}

/// The whole in parts per million.
const WHOLE: i64 = 1_000_000;

/// A line while discounts are taken off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    product: Option<ProductId>,
    /// 0 where nothing of it can be discounted.
    quantity: i64,
    /// What of its price is left.
    pub(crate) left: i64,
    /// How many units a BOGO made free.
    free: i64,
    /// How many units no BOGO has counted.
    spare: i64,
    /// How many units an offer on lines touched.
    touched: i64,
}

/// Units of one line that cost the same.
struct Pile {
    price: i64,
    place: usize,
    units: i64,
}

impl Line {
    /// The lines of a sale before any discount; `None` where they come to more than 64 bits hold.
    pub(crate) fn all(lines: &[PricedLine]) -> Option<Vec<Self>> {
        let lines: Vec<Self> = lines.iter().map(Self::of).collect();
        lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.left))?;
        lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.quantity))?;
        Some(lines)
    }

    fn of(line: &PricedLine) -> Self {
        let counts = line.quantity > 0 && line.total > 0;
        let (quantity, left) = if counts { (i64::from(line.quantity), line.total) } else { (0, 0) };
        Self { product: line.product, quantity, left, free: 0, spare: quantity, touched: 0 }
    }

    /// How many of its units a discount touched: those that became free, or all where an offer on lines took something off.
    /// One on the whole order is about no unit.
    pub(crate) fn discounted_units(&self) -> i32 {
        i32::try_from(self.touched.max(self.free)).unwrap_or(i32::MAX)
    }

    /// How many of its units a BOGO made free.
    pub(crate) fn free_units(&self) -> i32 {
        i32::try_from(self.free).unwrap_or(i32::MAX)
    }

    /// Its units that no BOGO has counted, by what each costs: what is left of the line is shared by the units that are not
    /// free as evenly as minor units allow.
    fn piles(&self, place: usize) -> [Pile; 2] {
        let paid = (self.quantity - self.free).max(1);
        let (price, dearer) = (self.left / paid, self.left % paid);
        let cheap = (paid - dearer).min(self.spare);
        [
            Pile { price, place, units: cheap },
            Pile { price: price + 1, place, units: dearer.min(self.spare - cheap) },
        ]
    }
}

/// What is left of all lines. They are made so that it fits ([`Line::all`]).
pub(crate) fn left(lines: &[Line]) -> i64 {
    lines.iter().map(|line| line.left).sum()
}

fn units(lines: &[Line], about: impl Fn(&Line) -> bool) -> i64 {
    lines.iter().filter(|line| about(line)).map(|line| line.spare).sum()
}
