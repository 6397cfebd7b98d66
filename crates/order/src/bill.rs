//! What an order comes to.

use regulars_kernel::{Currency, Money};

/// The most lines of an order.
pub const MAX_LINES: i64 = 500;
/// The most tips of an order.
pub const MAX_TIPS: i64 = 100;
/// The most that a line may cost, and a tip may be, in minor units.
pub const MAX_AMOUNT: i64 = 1_000_000_000_000;

/// The sums of an order, in minor units of its currency. With [`MAX_LINES`], [`MAX_TIPS`] and [`MAX_AMOUNT`] none of them
/// passes 10^15, which is what the rows hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    /// How many lines there are.
    pub lines: i64,
    /// What they cost together.
    pub cost: i64,
    /// How many discounts there are.
    pub discounts: i64,
    /// What they take off together.
    pub discounted: i64,
    /// How many tips there are.
    pub tips: i64,
    /// What they are together.
    pub tipped: i64,
}

impl Bill {
    /// What is to be paid: the lines, less the discounts, and the tips. `None` where the discounts are worth more than the
    /// lines, which no order may have, or where it does not fit.
    pub fn total(self, currency: Currency) -> Option<Money> {
        let net = self.cost.checked_sub(self.discounted).filter(|net| *net >= 0)?;
        Some(Money::new(net.checked_add(self.tipped)?, currency))
    }

    /// The same once a line costs something else: none where there was none before, or is none afterwards.
    #[must_use]
    pub fn with_line(self, before: Option<Money>, after: Option<Money>) -> Option<Self> {
        let minor = |line: Option<Money>| line.map_or(0, Money::minor);
        let one = |line: Option<Money>| i64::from(line.is_some());
        Some(Self {
            lines: self.lines.checked_sub(one(before))?.checked_add(one(after))?,
            cost: self.cost.checked_sub(minor(before))?.checked_add(minor(after))?,
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn euros(cents: i64) -> Money {
        Money::new(cents, Currency::EUR)
    }

    #[test]
    fn a_total_is_lines_less_discounts_and_tips() {
        let bill =
            Bill { lines: 2, cost: 1_000, discounts: 1, discounted: 100, tips: 1, tipped: 50 };
        assert_eq!(bill.total(Currency::EUR), Some(euros(950)));
        assert_eq!(Bill::default().total(Currency::JPY), Some(Money::zero(Currency::JPY)));
        let less = bill.with_line(Some(euros(901)), None).unwrap();
        assert_eq!((less.lines, less.cost), (1, 99));
        assert_eq!(less.total(Currency::EUR), None, "discounts past the lines");
        let most = Bill { cost: i64::MAX, tipped: 1, ..Bill::default() };
        assert_eq!(most.total(Currency::EUR), None);
        assert_eq!(most.with_line(None, Some(euros(1))), None);
    }

    proptest! {
        #[test]
        fn lines_one_by_one_come_to_what_they_come_to_together(
            costs in proptest::collection::vec(0..=MAX_AMOUNT, 0..20),
            gone in 0_usize..20,
        ) {
            let mut bill = Bill::default();
            for cost in &costs {
                bill = bill.with_line(None, Some(euros(*cost))).unwrap();
            }
            let mut left = costs.clone();
            if gone < left.len() {
                let cost = left.remove(gone);
                bill = bill.with_line(Some(euros(cost)), None).unwrap();
            }
            prop_assert_eq!(usize::try_from(bill.lines), Ok(left.len()));
            prop_assert_eq!(bill.total(Currency::EUR), Some(euros(left.iter().sum())));
        }
    }
}
