//! Rule 14: how many points a sale earns on a card.

use std::fmt;

use regulars_kernel::{Currency, Money, Points};

use crate::{Millionths, PointsProgram};

/// Why a sale earns nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NothingEarned {
    /// The sale was in another currency than the card counts in.
    OtherCurrency,
    /// The sale comes to too little, or to less than nothing.
    TooLittle,
    /// The day's cap was reached before.
    DailyCapReached,
    /// More points than can be counted.
    TooMuch,
}

impl NothingEarned {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OtherCurrency => "other_currency",
            Self::TooLittle => "too_little",
            Self::DailyCapReached => "daily_cap_reached",
            Self::TooMuch => "too_much",
        }
    }
}

impl std::error::Error for NothingEarned {}

impl fmt::Display for NothingEarned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherCurrency => "The sale was in another currency than the card's.",
            Self::TooLittle => "The sale comes to too little to earn a point.",
            Self::DailyCapReached => "No more points can be earned with this card today.",
            Self::TooMuch => "The sale would earn more points than can be counted.",
        })
    }
}

/// Base × `dollar_worth`, rounded down: once per sale and card. `base` is what the sale came to after discounts, of the
/// lines that count ([`line_counts`]); `currency` is the card's.
pub fn points(
    base: Money,
    currency: Currency,
    dollar_worth: Millionths,
) -> Result<Points, NothingEarned> {
    if base.currency() != currency {
        return Err(NothingEarned::OtherCurrency);
    }
    let minor_per_major = 10_i128.pow(u32::from(currency.exponent().unwrap_or(0)));
    // Both factors fit 64 bits, so the product fits 128.
    let worth = i128::from(base.minor()) * i128::from(dollar_worth.get());
    let points = worth.div_euclid(minor_per_major * i128::from(Millionths::ONE));
    match i64::try_from(points) {
        Ok(points) if points > 0 => Ok(Points::new(points)),
        Err(_overflow) if points > 0 => Err(NothingEarned::TooMuch),
        _ => Err(NothingEarned::TooLittle),
    }
}

/// Clips what a sale earns to the card's cap per person and business date, given what was earned on that date before.
pub fn clip(
    points: Points,
    earned_that_day: Points,
    program: &PointsProgram,
) -> Result<Points, NothingEarned> {
    let Some(cap) = program.max_points_per_day else {
        return Ok(points);
    };
    match cap.checked_sub(earned_that_day) {
        Some(room) if room > Points::ZERO => Ok(points.min(room)),
        _ => Err(NothingEarned::DailyCapReached),
    }
}

/// Whether a line counts: its unit price lies within the card's bounds, both included. Another currency lies nowhere.
pub fn line_counts(unit_price: Money, program: &PointsProgram) -> bool {
    let same = |bound: Money| bound.currency() == unit_price.currency();
    program.min_price.is_none_or(|least| same(least) && least.minor() <= unit_price.minor())
        && program.max_price.is_none_or(|most| same(most) && unit_price.minor() <= most.minor())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Spending;

    fn program(cap: Option<i64>, prices: [Option<i64>; 2]) -> PointsProgram {
        let euros = |minor| Money::new(minor, Currency::EUR);
        let [least, most] = prices.map(|price| price.map(euros));
        PointsProgram {
            spending: Spending::Product,
            dollar_worth: Millionths::new(Millionths::ONE),
            initial_points: Points::ZERO,
            max_points_per_day: cap.map(Points::new),
            min_price: least,
            max_price: most,
            validity_in_months: None,
            activation_delay_days: 0,
        }
    }

    #[test]
    fn rule_14_points_are_base_times_dollar_worth_rounded_down() {
        for (minor, currency, millionths, earned) in [
            (1_999, Currency::EUR, 1_000_000, Ok(19)),
            (1_999, Currency::EUR, 1_500_000, Ok(29)),
            (2_000, Currency::EUR, 100_000, Ok(2)),
            (99, Currency::EUR, 1_000_000, Err(NothingEarned::TooLittle)),
            (0, Currency::EUR, 1_000_000, Err(NothingEarned::TooLittle)),
            (-500, Currency::EUR, 1_000_000, Err(NothingEarned::TooLittle)),
            (1_999, Currency::EUR, 0, Err(NothingEarned::TooLittle)),
            (700, Currency::JPY, 1_000_000, Ok(700)),
            (1_999, Currency::KWD, 1_000_000, Ok(1)),
            (i64::MAX, Currency::JPY, 2_000_000, Err(NothingEarned::TooMuch)),
            (i64::MAX, Currency::JPY, 1_000_000, Ok(i64::MAX)),
        ] {
            let answer = points(Money::new(minor, currency), currency, Millionths::new(millionths));
            assert_eq!(answer.map(Points::get), earned, "{minor} {currency} × {millionths}");
        }
        let dollars = Money::new(1_000, Currency::USD);
        assert_eq!(
            points(dollars, Currency::EUR, Millionths::new(1_000_000)),
            Err(NothingEarned::OtherCurrency)
        );
    }

    #[test]
    fn rule_14_caps_clip() {
        for (earned, before, cap, left) in [
            (50, 0, None, Ok(50)),
            (50, 0, Some(100), Ok(50)),
            (50, 70, Some(100), Ok(30)),
            (50, 100, Some(100), Err(NothingEarned::DailyCapReached)),
            (50, 120, Some(100), Err(NothingEarned::DailyCapReached)),
        ] {
            let answer =
                clip(Points::new(earned), Points::new(before), &program(cap, [None, None]));
            assert_eq!(answer.map(Points::get), left, "{earned} after {before} of {cap:?}");
        }
    }

    #[test]
    fn rule_14_lines_count_within_the_price_bounds() {
        for (price, bounds, counts) in [
            (500, [None, None], true),
            (500, [Some(500), Some(500)], true),
            (499, [Some(500), None], false),
            (501, [None, Some(500)], false),
        ] {
            let price = Money::new(price, Currency::EUR);
            assert_eq!(line_counts(price, &program(None, bounds)), counts, "{price} {bounds:?}");
        }
        let dollars = Money::new(500, Currency::USD);
        assert!(!line_counts(dollars, &program(None, [Some(1), None])));
        assert!(line_counts(dollars, &program(None, [None, None])));
    }

    proptest! {
        #[test]
        fn rule_14_a_split_sale_never_earns_more(
            first in 0_i64..1_000_000_000, second in 0_i64..1_000_000_000, rate in 0_i64..10_000_000,
        ) {
            let earned = |minor| {
                let base = Money::new(minor, Currency::EUR);
                points(base, Currency::EUR, Millionths::new(rate)).map_or(0, Points::get)
            };
            let together = earned(first + second);
            let apart = earned(first) + earned(second);
            prop_assert!(apart <= together && together <= apart + 1);
        }
    }
}
