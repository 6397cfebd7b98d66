//! Rules 14 and 15: what a sale earns, and with which of a customer's cards.

use std::cmp::Reverse;

use regulars_kernel::{Points, spread};

use crate::{Base, LoyaltyCard, NothingEarned, Program, SaleLine, earning};

/// A card that a sale may earn with: available to the customer at the time and in the store of the sale
/// ([`regulars_promotion::decide`]).
#[derive(Clone, Copy, Debug)]
pub struct Earner<'a> {
    /// The card.
    pub card: &'a LoyaltyCard,
    /// Whether tax counts.
    pub tax_included: bool,
    /// What the customer earned with it on the business date of the sale before: points, or stamps.
    pub earned_that_day: Points,
}

/// What a sale earns with a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earning {
    /// How many points, or the one stamp; positive.
    pub amount: Points,
    /// What the sale came to for the card.
    pub base: Base,
    /// What each line earned of the points, by largest remainder over what it adds to the base. A stamp is the whole
    /// sale's: then all are 0.
    pub lines: Vec<Points>,
}

impl Earner<'_> {
    /// What a sale earns with this card, were it the only one. Points are rounded down once, then clipped by the day's cap.
    /// Every sale that comes to something for a card of stamps is one stamp, until the day's cap.
    pub fn earns(&self, lines: &[SaleLine]) -> Result<Earning, NothingEarned> {
        match &self.card.program {
            Program::Points(program) => {
                let base = Base::of(self.card, lines, self.tax_included)?;
                let rate = program.dollar_worth;
                let amount = earning::points(base.total, self.card.currency, rate)?;
                let amount = earning::clip(amount, self.earned_that_day, program)?;
                let lines = spread(amount.get(), &base.lines).into_iter().map(Points::new);
                Ok(Earning { amount, lines: lines.collect(), base })
            }
            Program::Stamps(program) => {
                let base = Base::of(self.card, lines, true)?;
                if base.total.minor() <= 0 {
                    return Err(NothingEarned::TooLittle);
                }
                let full = |cap: u32| i64::from(cap) <= self.earned_that_day.get();
                if program.max_stamps_per_day.is_some_and(full) {
                    return Err(NothingEarned::DailyCapReached);
                }
                let lines = vec![Points::ZERO; lines.len()];
                Ok(Earning { amount: Points::new(1), base, lines })
            }
        }
    }
}

/// What a sale earns with each of the cards that the customer could earn with, as they came: of the cards of points the one
/// that gives most, of equal ones the one with the lowest pk; every card of stamps.
pub fn of_sale(earners: &[Earner<'_>], lines: &[SaleLine]) -> Vec<Result<Earning, NothingEarned>> {
    let of_points = |earner: &Earner<'_>| matches!(earner.card.program, Program::Points(_));
    let alone: Vec<_> = earners.iter().map(|earner| earner.earns(lines)).collect();
    let given = earners.iter().zip(&alone).filter(|(earner, _)| of_points(earner));
    let best = given
        .filter_map(|(earner, earns)| Some((earns.as_ref().ok()?.amount, Reverse(earner.card.id))))
        .max()
        .map(|(_amount, Reverse(card))| card);
    let judge = |(earner, earns): (&Earner<'_>, Result<Earning, NothingEarned>)| {
        let outdone = of_points(earner) && best.is_some_and(|best| best != earner.card.id);
        if outdone { earns.and(Err(NothingEarned::AnotherCardEarns)) } else { earns }
    };
    earners.iter().zip(alone).map(judge).collect()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};
    use regulars_kernel::{Currency, LoyaltyCardId, MerchantId, Money, ProductId, Timestamp};

    use super::*;
    use crate::{Millionths, PointsProgram, Spending, StampsProgram};

    fn card(id: i64, program: Program) -> LoyaltyCard {
        let (merchant, now) = (MerchantId::new(1), Timestamp::from_seconds(0));
        LoyaltyCard::new(LoyaltyCardId::new(id), merchant, "Card", Currency::EUR, program, now)
    }

    fn points(id: i64, millionths: i64, cap: Option<i64>) -> LoyaltyCard {
        let program = PointsProgram::new(Spending::Product, Millionths::new(millionths));
        let max_points_per_day = cap.map(Points::new);
        card(id, Program::Points(PointsProgram { max_points_per_day, ..program }))
    }

    fn stamps(id: i64, cap: Option<u32>) -> LoyaltyCard {
        let max_stamps_per_day = cap;
        let stamp_expiration_days = None;
        let program =
            StampsProgram { stamps_needed: 10, max_stamps_per_day, stamp_expiration_days };
        card(id, Program::Stamps(program))
    }

    fn line(net: i64) -> SaleLine {
        let net = Money::new(net, Currency::EUR);
        SaleLine { product: None, quantity: 1, net, tax: None, paid_with_points: 0 }
    }

    fn earner(card: &LoyaltyCard, before: i64) -> Earner<'_> {
        Earner { card, tax_included: true, earned_that_day: Points::new(before) }
    }

    fn amounts(earned: Vec<Result<Earning, NothingEarned>>) -> Vec<Result<i64, &'static str>> {
        let said = |one: Result<Earning, NothingEarned>| match one {
            Ok(earning) => Ok(earning.amount.get()),
            Err(why) => Err(why.code()),
        };
        earned.into_iter().map(said).collect()
    }

    #[test]
    fn rule_14_points_are_rounded_down_once_clipped_and_shared_to_lines() {
        let lines = [line(333), line(333), line(333), line(-99)];
        for (cap, before, amount, shares) in [
            (None, 0, 9, [3, 3, 3, 0]),
            (Some(8), 0, 8, [3, 3, 2, 0]),
            (Some(10), 9, 1, [1, 0, 0, 0]),
        ] {
            let card = points(1, 1_000_000, cap);
            let earning = earner(&card, before).earns(&lines).unwrap();
            assert_eq!(earning.base.total, Money::new(900, Currency::EUR));
            assert_eq!(earning.amount.get(), amount, "{cap:?} {before}");
            assert_eq!(earning.lines, shares.map(Points::new), "{cap:?} {before}");
        }
    }

    #[test]
    fn rule_15_the_best_card_of_points_earns_and_every_card_of_stamps() {
        let other = Err("another_card_earns");
        let [plain, double, same] =
            [points(3, 1_000_000, None), points(9, 2_000_000, None), points(5, 2_000_000, None)];
        let capped = points(1, 5_000_000, Some(15));
        let cards = [stamps(4, None), stamps(2, Some(1))];
        let of = |earners: &[Earner<'_>]| amounts(of_sale(earners, &[line(1_000)]));
        let fresh = |card| earner(card, 0);
        assert_eq!(of(&[fresh(&plain), fresh(&double)]), [other, Ok(20)]);
        assert_eq!(of(&[fresh(&double), fresh(&same)]), [other, Ok(20)], "the lowest pk");
        // What it gives is what is left of it after the cap.
        assert_eq!(of(&[fresh(&capped), fresh(&double)]), [other, Ok(20)]);
        assert_eq!(of(&[fresh(&capped), fresh(&plain)]), [Ok(15), other]);
        let reached = Err("daily_cap_reached");
        assert_eq!(of(&[earner(&capped, 15), fresh(&plain)]), [reached, Ok(10)]);
        let [first, second] = &cards;
        assert_eq!(of(&[fresh(first), fresh(&plain), fresh(second)]), [Ok(1), Ok(10), Ok(1)]);
        assert_eq!(of(&[earner(first, 7), earner(second, 1)]), [Ok(1), reached]);
        assert_eq!(of(&[]), []);
    }

    #[test]
    fn rule_15_a_card_of_stamps_fits_by_its_products_and_what_was_spent() {
        let mut of_cake = stamps(1, None);
        of_cake.products = vec![ProductId::new(2)];
        let cake = SaleLine { product: Some(ProductId::new(2)), ..line(400) };
        let fits =
            |lines: &[SaleLine]| earner(&of_cake, 0).earns(lines).map(|one| one.amount.get());
        assert_eq!(fits(&[line(1_000)]), Err(NothingEarned::NoLineCounts));
        assert_eq!(fits(&[line(1_000), cake]), Ok(1));
        let free = SaleLine { paid_with_points: 400, ..cake };
        assert_eq!(fits(&[line(1_000), free]), Err(NothingEarned::TooLittle));
    }

    proptest! {
        #[test]
        fn rule_14_lines_earn_what_the_sale_does(
            lines in vec(-500_i64..5_000, 1..8), rate in 0_i64..9_000_000,
            cap in option::of(0_i64..100), before in 0_i64..50,
        ) {
            let lines: Vec<_> = lines.into_iter().map(line).collect();
            let card = points(1, rate, cap);
            if let Ok(earning) = earner(&card, before).earns(&lines) {
                let sum: i64 = earning.lines.iter().map(|points| points.get()).sum();
                prop_assert_eq!(sum, earning.amount.get());
                prop_assert!(earning.lines.iter().all(|points| *points >= Points::ZERO));
                prop_assert!(cap.is_none_or(|cap| before + sum <= cap));
            }
        }

        #[test]
        fn rule_15_no_card_gives_more_than_the_one_that_earns(
            rates in vec((0_i64..4_000_000, option::of(0_i64..30)), 0..5), net in 0_i64..5_000,
        ) {
            let cards: Vec<_> = (1..).zip(&rates).map(|(id, (rate, cap))| points(id, *rate, *cap)).collect();
            let earners: Vec<_> = cards.iter().map(|card| earner(card, 0)).collect();
            let earned: Vec<_> = of_sale(&earners, &[line(net)]).into_iter().flatten().collect();
            let alone = earners.iter().filter_map(|earner| earner.earns(&[line(net)]).ok());
            let most = alone.map(|earning| earning.amount).max();
            let earned: Vec<_> = earned.into_iter().map(|earning| earning.amount).collect();
            prop_assert_eq!(earned, most.into_iter().collect::<Vec<_>>());
        }
    }
}
