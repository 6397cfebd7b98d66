//! What points pay: rule 24's `FLAT`.

use std::fmt;

use regulars_kernel::{Currency, Money, Points};

use crate::{LoyaltyCard, Millionths, Program, Spending};

/// How points of a card pay an amount: at least [`Self::points_needed`], above it in steps of [`Self::incremental_points`],
/// each worth [`Self::point_worth`], together rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tariff {
    /// The least number that pays; less than 1 is 1.
    pub points_needed: Points,
    /// Above it, in steps of so many; open, or less than 1: any number.
    pub incremental_points: Option<Points>,
    /// What one point pays, in millionths of a minor unit of the currency.
    pub point_worth: Millionths,
    /// The card's currency: what is paid is in it.
    pub currency: Currency,
}

/// So many points pay so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The points that it takes; positive.
    pub points: Points,
    /// What they pay; positive.
    pub amount: Money,
}

/// Why points pay nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NothingPaid {
    /// Fewer points than pay; carries the least number.
    TooFewPoints(Points),
    /// Not a number that steps lead to; carries the nearest smaller one that they do lead to.
    BetweenSteps(Points),
    /// So many points are worth less than the smallest coin.
    WorthNothing,
    /// What is to be paid is in another currency than the card's.
    OtherCurrency,
    /// The amount to be paid is less than the fewest points pay; carries what those pay.
    AmountTooSmall(Money),
    /// More than can be counted.
    TooMuch,
}

impl NothingPaid {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooFewPoints(_) => "too_few_points",
            Self::BetweenSteps(_) => "between_steps",
            Self::WorthNothing => "worth_nothing",
            Self::OtherCurrency => "other_currency",
            Self::AmountTooSmall(_) => "amount_too_small",
            Self::TooMuch => "too_much",
        }
    }
}

impl std::error::Error for NothingPaid {}

/// The sentence that people read.
impl fmt::Display for NothingPaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewPoints(least) => write!(f, "At least {least} points pay."),
            Self::BetweenSteps(nearest) => {
                write!(
                    f,
                    "Points pay in steps with this card: {nearest} is the next smaller number."
                )
            }
            Self::WorthNothing => f.write_str("So few points are worth nothing."),
            Self::OtherCurrency => f.write_str("The sale is in another currency than the card's."),
            Self::AmountTooSmall(least) => {
                write!(f, "The fewest points pay {least} {}.", least.currency().code())
            }
            Self::TooMuch => f.write_str("So many points are worth more than can be counted."),
        }
    }
}

impl Tariff {
    /// A card's; `None` where its points do not pay, but buy rewards, or where it collects stamps.
    pub const fn of(card: &LoyaltyCard) -> Option<Self> {
        let Program::Points(program) = &card.program else { return None };
        let Spending::Flat { points_needed, incremental_points, point_worth } = program.spending
        else {
            return None;
        };
        Some(Self { points_needed, incremental_points, point_worth, currency: card.currency })
    }

    /// What exactly so many points pay.
    pub fn worth(&self, points: Points) -> Result<Payment, NothingPaid> {
        let (least, step) = (self.least(), self.step());
        if points.get() < least {
            return Err(NothingPaid::TooFewPoints(Points::new(least)));
        }
        let beyond = (points.get() - least) % step;
        if beyond != 0 {
            return Err(NothingPaid::BetweenSteps(Points::new(points.get() - beyond)));
        }
        match i64::try_from(self.minor(points.get())) {
            Ok(minor) if minor > 0 => {
                Ok(Payment { points, amount: Money::new(minor, self.currency) })
            }
            Ok(_) => Err(NothingPaid::WorthNothing),
            Err(_overflow) => Err(NothingPaid::TooMuch),
        }
    }

    /// The most that can be paid of an amount with the points that there are, by the fewest points that pay so much: where a
    /// point is worth less than a minor unit, none is taken for nothing.
    pub fn most(&self, amount: Money, available: Points) -> Result<Payment, NothingPaid> {
        if amount.currency() != self.currency {
            return Err(NothingPaid::OtherCurrency);
        }
        let worth = i128::from(self.point_worth.get());
        if worth <= 0 {
            return Err(NothingPaid::WorthNothing);
        }
        let (least, step) = (self.least(), self.step());
        if available.get() < least {
            return Err(NothingPaid::TooFewPoints(Points::new(least)));
        }
        // Points × worth ÷ million, rounded down, is at most the amount: just below the next minor unit.
        let room = (i128::from(amount.minor()) + 1) * i128::from(Millionths::ONE) - 1;
        let affordable = room.div_euclid(worth).min(i128::from(available.get()));
        let affordable = i64::try_from(affordable).unwrap_or(0);
        if affordable < least {
            let minor =
                i64::try_from(self.minor(least)).map_err(|_overflow| NothingPaid::TooMuch)?;
            return Err(NothingPaid::AmountTooSmall(Money::new(minor, self.currency)));
        }
        let most = self.worth(Points::new(affordable - (affordable - least) % step))?;
        // The fewest that pay so much, rounded up to a step.
        let million = i128::from(Millionths::ONE);
        let enough = (i128::from(most.amount.minor()) * million + worth - 1) / worth;
        let steps =
            (enough - i128::from(least) + i128::from(step) - 1).div_euclid(i128::from(step));
        let fewest = i128::from(least) + steps.max(0) * i128::from(step);
        let points = i64::try_from(fewest).map_err(|_overflow| NothingPaid::TooMuch)?;
        Ok(Payment { points: Points::new(points), ..most })
    }

    fn least(&self) -> i64 {
        self.points_needed.get().max(1)
    }

    fn step(&self) -> i64 {
        self.incremental_points.map_or(1, Points::get).max(1)
    }

    /// Both factors fit 64 bits, so the product fits 128.
    fn minor(&self, points: i64) -> i128 {
        let worth = i128::from(points) * i128::from(self.point_worth.get());
        worth.div_euclid(i128::from(Millionths::ONE))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{option, prelude::*};

    use super::*;

    fn tariff(needed: i64, step: Option<i64>, millionths: i64) -> Tariff {
        Tariff {
            points_needed: Points::new(needed),
            incremental_points: step.map(Points::new),
            point_worth: Millionths::new(millionths),
            currency: Currency::EUR,
        }
    }

    fn euros(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    #[test]
    fn rule_24_points_pay_from_a_least_number_in_steps_rounded_down() {
        let few = |points| Err(NothingPaid::TooFewPoints(Points::new(points)));
        let between = |points| Err(NothingPaid::BetweenSteps(Points::new(points)));
        for (needed, step, worth, points, pays) in [
            (200, Some(10), 1_000_000, 200, Ok(200)),
            (200, Some(10), 1_000_000, 210, Ok(210)),
            (200, Some(10), 1_000_000, 199, few(200)),
            (200, Some(10), 1_000_000, 219, between(210)),
            (200, None, 1_000_000, 219, Ok(219)),
            (3, None, 333_333, 3, Err(NothingPaid::WorthNothing)),
            (3, None, 333_333, 4, Ok(1)),
            (3, None, 1_500_000, 3, Ok(4)),
            (0, Some(0), 1_000_000, 0, few(1)),
            (1, None, 0, 5, Err(NothingPaid::WorthNothing)),
            (1, None, -1_000_000, 5, Err(NothingPaid::WorthNothing)),
            (1, None, i64::MAX, i64::MAX, Err(NothingPaid::TooMuch)),
            (1, None, 1_000_000, i64::MAX, Ok(i64::MAX)),
        ] {
            let answer = tariff(needed, step, worth).worth(Points::new(points));
            let pays =
                pays.map(|minor| Payment { points: Points::new(points), amount: euros(minor) });
            assert_eq!(answer, pays, "{points} from {needed} by {step:?} at {worth}");
        }
    }

    #[test]
    fn rule_24_points_pay_at_most_what_is_to_be_paid() {
        for (needed, step, worth, amount, available, paid) in [
            (200, Some(10), 1_000_000, 1_000, 500, Ok((500, 500))),
            (200, Some(10), 1_000_000, 1_000, 509, Ok((500, 500))),
            (200, Some(10), 1_000_000, 345, 500, Ok((340, 340))),
            (200, Some(10), 1_000_000, 199, 500, Err("amount_too_small")),
            (200, Some(10), 1_000_000, 0, 500, Err("amount_too_small")),
            (200, Some(10), 1_000_000, -5, 500, Err("amount_too_small")),
            (200, Some(10), 1_000_000, 1_000, 199, Err("too_few_points")),
            // Three points for a minor unit: 8 pay no more than 6.
            (1, None, 333_334, 5, 8, Ok((6, 2))),
            (1, Some(7), 333_334, 5, 20, Ok((15, 5))),
            (1, None, 333_334, 5, 2, Err("worth_nothing")),
            (1, None, 0, 5, 2, Err("worth_nothing")),
            (1, None, 1, i64::MAX, i64::MAX, Ok((9_223_372_036_854_000_000, 9_223_372_036_854))),
            (1, None, i64::MAX, i64::MAX, i64::MAX, Ok((1_000_000, i64::MAX))),
        ] {
            let answer = tariff(needed, step, worth).most(euros(amount), Points::new(available));
            let answer = answer.map(|paid| (paid.points.get(), paid.amount.minor()));
            let said = answer.map_err(NothingPaid::code);
            assert_eq!(
                said, paid,
                "{amount} with {available} from {needed} by {step:?} at {worth}"
            );
        }
        let dollars = Money::new(500, Currency::USD);
        let answer = tariff(1, None, 1_000_000).most(dollars, Points::new(9));
        assert_eq!(answer, Err(NothingPaid::OtherCurrency));
    }

    #[test]
    fn rule_24_a_reason_is_a_sentence() {
        for (why, sentence) in [
            (NothingPaid::TooFewPoints(Points::new(200)), "At least 200 points pay."),
            (
                NothingPaid::BetweenSteps(Points::new(210)),
                "Points pay in steps with this card: 210 is the next smaller number.",
            ),
            (NothingPaid::AmountTooSmall(euros(200)), "The fewest points pay 2.00 EUR."),
        ] {
            assert_eq!(why.to_string(), sentence);
        }
    }

    proptest! {
        #[test]
        fn rule_24_no_number_of_points_pays_more_and_none_smaller_as_much(
            needed in 0_i64..40, step in option::of(0_i64..12), worth in -10_i64..3_000_000,
            amount in -5_i64..120, available in 0_i64..150,
        ) {
            let tariff = tariff(needed, step, worth);
            let every = (0..=available).filter_map(|points| tariff.worth(Points::new(points)).ok());
            let possible = every.filter(|payment| payment.amount.minor() <= amount);
            let best = possible.max_by_key(|payment| (payment.amount.minor(), -payment.points.get()));
            let answer = tariff.most(euros(amount), Points::new(available));
            prop_assert_eq!(answer.ok(), best, "{:?}", answer);
        }
    }
}
