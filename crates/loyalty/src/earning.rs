//! Rule 14: how many points a sale earns on a card.

use std::fmt;

use regulars_kernel::{Currency, LoyaltyCardId, Money, Points};

use crate::{Millionths, PointsProgram};

/// Why a sale earns nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NothingEarned {
    /// The sale was in another currency than the card counts in.
    OtherCurrency,
    /// The sale comes to too little, or to less than nothing.
    TooLittle,
    /// None of what was bought counts for the card.
    NoLineCounts,
    /// The sale comes to less than the card asks for.
    MinimumSpendNotReached,
    /// Another card gives more for the sale, or as much and is older (rule 15).
    AnotherCardEarns,
    /// The day's cap was reached before.
    DailyCapReached,
    /// The sale is too old to earn (rule 26).
    TooLongAgo,
    /// An offer that was taken off the sale lets it earn no points (`earnPoints`).
    OfferEarnsNothing,
    /// More points than can be counted.
    TooMuch,
}

impl NothingEarned {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::OtherCurrency,
        Self::TooLittle,
        Self::NoLineCounts,
        Self::MinimumSpendNotReached,
        Self::AnotherCardEarns,
        Self::DailyCapReached,
        Self::TooLongAgo,
        Self::OfferEarnsNothing,
        Self::TooMuch,
    ];

    /// The reason of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.code() == code)
    }

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OtherCurrency => "other_currency",
            Self::TooLittle => "too_little",
            Self::NoLineCounts => "no_line_counts",
            Self::MinimumSpendNotReached => "minimum_spend_not_reached",
            Self::AnotherCardEarns => "another_card_earns",
            Self::DailyCapReached => "daily_cap_reached",
            Self::TooLongAgo => "too_long_ago",
            Self::OfferEarnsNothing => "offer_earns_nothing",
            Self::TooMuch => "too_much",
        }
    }

    /// What earned nothing on which card, as it is remembered: `card=reason,…`.
    pub fn to_text(nothing: &[(LoyaltyCardId, Self)]) -> String {
        let parts = nothing.iter().map(|(card, why)| format!("{card}={}", why.code()));
        parts.collect::<Vec<_>>().join(",")
    }

    /// What [`Self::to_text`] wrote; none where it is no such text.
    pub fn parse(text: &str) -> Option<Vec<(LoyaltyCardId, Self)>> {
        let part = |part: &str| {
            let (card, why) = part.split_once('=')?;
            Some((card.parse().ok()?, Self::from_code(why)?))
        };
        text.split(',').filter(|part| !part.is_empty()).map(part).collect()
    }
}

impl std::error::Error for NothingEarned {}

impl fmt::Display for NothingEarned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherCurrency => "The sale was in another currency than the card's.",
            Self::TooLittle => "The sale comes to too little to earn a point.",
            Self::NoLineCounts => "Nothing that was bought counts for this card.",
            Self::MinimumSpendNotReached => "The sale comes to less than this card asks for.",
            Self::AnotherCardEarns => {
                "Another card earns with this sale: of several the best does."
            }
            Self::DailyCapReached => "No more can be earned with this card today.",
            Self::TooLongAgo => "The sale is too old to earn anything.",
            Self::OfferEarnsNothing => "With an offer of this sale no points are earned.",
            Self::TooMuch => "The sale would earn more points than can be counted.",
        })
    }
}

/// Base × `dollar_worth`, rounded down: once per sale and card. `base` is what the sale came to for the card
/// ([`crate::Base`]), or what was spent on a visit; `currency` is the card's.
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

/// Whether a line counts: its unit price, what the whole line came to by its quantity, lies within the card's bounds, both
/// included. It is compared without rounding. Another currency lies nowhere. A quantity below 1 is 1.
pub fn line_counts(line: Money, quantity: i32, program: &PointsProgram) -> bool {
    let same = |bound: Money| bound.currency() == line.currency();
    let whole = i128::from(line.minor());
    let times = |bound: Money| i128::from(bound.minor()) * i128::from(quantity.max(1));
    program.min_price.is_none_or(|least| same(least) && times(least) <= whole)
        && program.max_price.is_none_or(|most| same(most) && whole <= times(most))
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
            tax_included: true,
            validity_in_months: None,
            activation_delay_days: 0,
        }
    }

    #[test]
    fn reasons_are_read_back_from_their_codes() {
        for why in NothingEarned::ALL {
            assert_eq!(NothingEarned::from_code(why.code()), Some(why));
        }
        assert_eq!(NothingEarned::from_code("bad_mood"), None);
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
        for (price, quantity, bounds, counts) in [
            (500, 1, [None, None], true),
            (500, 1, [Some(500), Some(500)], true),
            (499, 1, [Some(500), None], false),
            (501, 1, [None, Some(500)], false),
            (1_500, 3, [Some(500), Some(500)], true),
            (1_499, 3, [Some(500), None], false),
            (1_501, 3, [None, Some(500)], false),
            (500, 0, [Some(500), Some(500)], true),
            (-100, 1, [Some(0), None], false),
            (-100, 1, [None, Some(0)], true),
            (i64::MAX, 1, [Some(i64::MAX), None], true),
            (i64::MAX, i32::MAX, [Some(i64::MAX), None], false),
        ] {
            let line = Money::new(price, Currency::EUR);
            let program = program(None, bounds);
            assert_eq!(
                line_counts(line, quantity, &program),
                counts,
                "{price} {quantity} {bounds:?}"
            );
        }
        let dollars = Money::new(500, Currency::USD);
        assert!(!line_counts(dollars, 1, &program(None, [Some(1), None])));
        assert!(line_counts(dollars, 1, &program(None, [None, None])));
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
