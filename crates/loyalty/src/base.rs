//! Rule 14: what a sale comes to for a card, before any rate.

use regulars_kernel::{Money, ProductId};

use crate::{LoyaltyCard, NothingEarned, Program, earning::line_counts};

/// A line of a sale, as a card sees it. Tips are no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SaleLine {
    /// What was bought; not in the catalogue: none.
    pub product: Option<ProductId>,
    /// How many units; less than 1 is 1.
    pub quantity: i32,
    /// What the whole line came to after discounts, tax included, paid in whatever way. Below zero for what was given back
    /// in the same sale (a deposit): that makes the sale earn less.
    pub net: Money,
    /// The tax in [`Self::net`]; not known: none.
    pub tax: Option<Money>,
    /// What points paid of [`Self::net`], in minor units: 0 to all of it.
    pub paid_with_points: i64,
}

/// What a sale comes to for a card.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Base {
    /// In all; zero or below where it earns nothing.
    pub total: Money,
    /// What each line adds to it, in minor units, as the lines came; 0 for those that do not count.
    pub lines: Vec<i64>,
}

impl Base {
    /// Line totals after discounts, of the lines that count, without what points paid, and without tax unless
    /// `tax_included`, which is the card's choice.
    ///
    /// A line counts if the card is about its product and its unit price, after discounts and with tax, lies within the
    /// card's bounds ([`line_counts`]). Points pay tax in the same proportion as the rest: where tax does not count, a line
    /// adds the part of its price without tax that money paid, rounded down. The least that the card asks for
    /// (`minimumSpend`) is what the whole sale must come to: all lines after discounts, tax included, paid in whatever way.
    pub fn of(
        card: &LoyaltyCard,
        lines: &[SaleLine],
        tax_included: bool,
    ) -> Result<Self, NothingEarned> {
        let currency = card.currency;
        let minimum = card.terms.minimum_spend;
        let amounts = lines.iter().flat_map(|line| [Some(line.net), line.tax]);
        let amounts = amounts.chain([minimum]).flatten();
        if amounts.into_iter().any(|money| money.currency() != currency) {
            return Err(NothingEarned::OtherCurrency);
        }
        let sale = Money::checked_sum(lines.iter().map(|line| line.net), currency);
        let sale = sale.ok_or(NothingEarned::TooMuch)?;
        if minimum.is_some_and(|minimum| sale.minor() < minimum.minor()) {
            return Err(NothingEarned::MinimumSpendNotReached);
        }
        let counts = |line: &SaleLine| {
            let named = line.product.is_some_and(|product| card.products.contains(&product));
            let priced = match &card.program {
                Program::Points(program) => line_counts(line.net, line.quantity, program),
                Program::Stamps(_) => true,
            };
            (card.products.is_empty() || named) && priced
        };
        if !lines.iter().any(counts) {
            return Err(NothingEarned::NoLineCounts);
        }
        let adds = |line: &SaleLine| if counts(line) { line.adds(tax_included) } else { 0 };
        let lines: Vec<i64> = lines.iter().map(adds).collect();
        let moneys = lines.iter().map(|minor| Money::new(*minor, currency));
        let total = Money::checked_sum(moneys, currency).ok_or(NothingEarned::TooMuch)?;
        Ok(Self { total, lines })
    }
}

impl SaleLine {
    fn adds(&self, tax_included: bool) -> i64 {
        let net = self.net.minor();
        let tax = self.tax.filter(|_tax| !tax_included).map_or(0, Money::minor);
        let tax = tax.clamp(net.min(0), net.max(0));
        let points = self.paid_with_points.clamp(0, net.max(0));
        // Both factors fit 64 bits, so the product fits 128; the quotient lies between zero and the price.
        let part = i128::from(net - tax) * i128::from(net - points);
        let part = part.checked_div(i128::from(net)).unwrap_or(0);
        i64::try_from(part).unwrap_or(net)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};
    use regulars_kernel::{Currency, LoyaltyCardId, MerchantId, Timestamp};

    use super::*;
    use crate::{Millionths, PointsProgram, Spending};

    fn euros(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    fn line(product: i64, quantity: i32, net: i64, tax: i64, points: i64) -> SaleLine {
        let (product, tax) = (Some(ProductId::new(product)), Some(euros(tax)));
        SaleLine { product, quantity, net: euros(net), tax, paid_with_points: points }
    }

    fn card(change: impl FnOnce(&mut LoyaltyCard, &mut PointsProgram)) -> LoyaltyCard {
        let (id, merchant, now) =
            (LoyaltyCardId::new(1), MerchantId::new(1), Timestamp::from_seconds(0));
        let mut program = PointsProgram::new(Spending::Product, Millionths::new(1_000_000));
        let points = Program::Points(program.clone());
        let mut card = LoyaltyCard::new(id, merchant, "Card", Currency::EUR, points, now);
        change(&mut card, &mut program);
        card.program = Program::Points(program);
        card
    }

    #[test]
    fn rule_14_the_base_is_of_the_lines_that_count() {
        let lines = [line(1, 2, 600, 96, 0), line(2, 1, 400, 26, 0), line(3, 1, -50, 0, 0)];
        let product = |id| vec![ProductId::new(id)];
        for (card, base, parts) in [
            (card(|_, _| ()), 950, vec![600, 400, -50]),
            (card(|card, _| card.products = product(2)), 400, vec![0, 400, 0]),
            (card(|_, program| program.min_price = Some(euros(301))), 400, vec![0, 400, 0]),
            (card(|_, program| program.min_price = Some(euros(0))), 1_000, vec![600, 400, 0]),
            (card(|_, program| program.max_price = Some(euros(300))), 550, vec![600, 0, -50]),
            (card(|card, _| card.terms.minimum_spend = Some(euros(950))), 950, vec![600, 400, -50]),
        ] {
            let answer = Base::of(&card, &lines, true).unwrap();
            assert_eq!((answer.total, answer.lines), (euros(base), parts), "{card:?}");
        }
        let dollars = Some(Money::new(1, Currency::USD));
        for (card, why) in [
            (card(|card, _| card.products = product(9)), NothingEarned::NoLineCounts),
            (card(|_, program| program.min_price = Some(euros(401))), NothingEarned::NoLineCounts),
            (
                card(|card, _| card.terms.minimum_spend = Some(euros(951))),
                NothingEarned::MinimumSpendNotReached,
            ),
            (card(|card, _| card.terms.minimum_spend = dollars), NothingEarned::OtherCurrency),
            (card(|card, _| card.currency = Currency::USD), NothingEarned::OtherCurrency),
        ] {
            assert_eq!(Base::of(&card, &lines, true), Err(why), "{card:?}");
        }
        let card = card(|_, _| ());
        assert_eq!(Base::of(&card, &[], true), Err(NothingEarned::NoLineCounts));
        let most = line(1, 1, i64::MAX, 0, 0);
        assert_eq!(Base::of(&card, &[most, most], true), Err(NothingEarned::TooMuch));
        assert_eq!(Base::of(&card, &[most], false).unwrap().total, most.net);
        let other = SaleLine { tax: dollars, ..most };
        assert_eq!(Base::of(&card, &[other], true), Err(NothingEarned::OtherCurrency));
    }

    #[test]
    fn rule_14_without_what_points_paid_and_without_tax_where_the_card_says_so() {
        let card = card(|_, _| ());
        for (net, tax, points, with_tax, without) in [
            (1_190, 190, 0, 1_190, 1_000),
            (1_190, 190, 1_190, 0, 0),
            // Half is paid with points, and so is half of the tax.
            (1_190, 190, 595, 595, 500),
            (1_190, 190, 594, 596, 500),
            // What cannot be is taken for the next thing that can.
            (1_190, 1_500, 0, 1_190, 0),
            (1_190, -190, 2_000, 0, 0),
            (0, 0, 0, 0, 0),
            (-50, -8, 10, -50, -42),
        ] {
            let lines = [line(1, 1, net, tax, points)];
            let base = |tax_included| Base::of(&card, &lines, tax_included).unwrap().total.minor();
            assert_eq!((base(true), base(false)), (with_tax, without), "{net} {tax} {points}");
        }
        let unknown = SaleLine { tax: None, ..line(1, 1, 1_190, 0, 0) };
        assert_eq!(Base::of(&card, &[unknown], false).unwrap().total, euros(1_190));
    }

    proptest! {
        #[test]
        fn rule_14_a_base_is_the_sum_of_its_lines_and_never_more_than_money_paid(
            lines in vec((1_i64..4, 1_i32..5, 0_i64..5_000, 0_i64..1_000, 0_i64..5_000), 1..6),
            bound in option::of(0_i64..3_000), tax_included: bool,
        ) {
            let lines: Vec<_> = lines.into_iter()
                .map(|(product, quantity, net, tax, points)| line(product, quantity, net, tax.min(net), points.min(net)))
                .collect();
            let card = card(|_, program| program.min_price = bound.map(euros));
            if let Ok(base) = Base::of(&card, &lines, tax_included) {
                prop_assert_eq!(base.lines.iter().sum::<i64>(), base.total.minor());
                for (part, line) in base.lines.iter().zip(&lines) {
                    prop_assert!((0..=line.net.minor() - line.paid_with_points).contains(part));
                }
            }
        }
    }
}
