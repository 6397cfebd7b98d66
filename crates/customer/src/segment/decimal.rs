//! Decimal numbers that compare exactly, in memory and in every database.

use std::fmt;

use regulars_kernel::{Currency, Money};

/// Digits after the point that are kept.
const PLACES: i32 = 9;
/// Digits before the point, at most.
const WHOLE_DIGITS: i32 = 18;
/// 10²⁷: the first number that is too large, in billionths.
const LIMIT: i128 = 10_i128.pow(27);

/// A decimal number of at most 18 digits before the point and 9 after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i128);

impl Decimal {
    /// Reads a number as JSON writes it, exponent included (`-12.5`, `1e3`). `None` for what is no number, too large or
    /// too precise.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        let digits = format!("{whole}{fraction}");
        if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let places = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        let significant = digits.trim_end_matches('0');
        let zeros = i32::try_from(digits.len() - significant.len()).ok()?;
        let significant = significant.trim_start_matches('0');
        if significant.is_empty() {
            return Some(Self(0));
        }
        let places = places.checked_sub(zeros)?;
        let length = i32::try_from(significant.len()).ok()?;
        if places > PLACES || length.checked_sub(places)? > WHOLE_DIGITS {
            return None;
        }
        let shift = u32::try_from(PLACES.checked_sub(places)?).ok()?;
        let number = significant.parse::<i128>().ok()?.checked_mul(10_i128.checked_pow(shift)?)?;
        Some(Self(if negative { -number } else { number }))
    }

    /// An amount of money in major units; sums past what 64 bits hold are kept exactly.
    pub(super) fn of_minor(minor: i128, currency: Currency) -> Self {
        Self(minor.saturating_mul(unit(currency)))
    }

    /// The greatest number of minor units that is not above this amount, and whether it equals it. Clipped to 64 bits.
    pub fn floor_minor(self, currency: Currency) -> (i64, bool) {
        let unit = unit(currency);
        let floor = self.0.div_euclid(unit);
        let clipped = floor.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        let exact = clipped == floor && self.0.rem_euclid(unit) == 0;
        (i64::try_from(clipped).unwrap_or(i64::MAX), exact)
    }

    /// A text that stands among those of other numbers, by code point, as the number does among them.
    pub fn sortable(self) -> String {
        format!("{:028}", self.0.saturating_add(LIMIT))
    }
}

/// Billionths in a minor unit. No currency has more places than this type.
fn unit(currency: Currency) -> i128 {
    let places = currency.exponent().unwrap_or(0);
    10_i128.pow(u32::from(places).abs_diff(PLACES.unsigned_abs()))
}

impl From<Money> for Decimal {
    fn from(money: Money) -> Self {
        Self::of_minor(money.minor().into(), money.currency())
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let unit = 10_u128.pow(PLACES.unsigned_abs());
        let (whole, rest) = (self.0.unsigned_abs() / unit, self.0.unsigned_abs() % unit);
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let fraction = format!("{rest:09}");
        write!(f, "{sign}{whole}.{}", fraction.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        for (text, printed) in [
            ("0", "0"),
            ("-0", "0"),
            ("0e999", "0"),
            ("12.50", "12.5"),
            ("-0.000000001", "-0.000000001"),
            ("1e3", "1000"),
            ("1.5E+2", "150"),
            ("1e-9", "0.000000001"),
            ("1e17", "100000000000000000"),
            ("999999999999999999.999999999", "999999999999999999.999999999"),
            ("100000000000000000000e-3", "100000000000000000"),
        ] {
            assert_eq!(Decimal::parse(text).map(|n| n.to_string()).as_deref(), Some(printed));
        }
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "+5",
            "1e",
            "e5",
            "NaN",
            "1_0",
            "1.2.3",
            "0x1",
            " 1",
            "1e18",
            "1e-10",
            "0.0000000001",
            "1000000000000000000",
            "1e99999999999",
            "1e2147483647",
            "1.5e-2147483648",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_round_down_to_minor_units() {
        for (text, currency, expected) in [
            ("10", Currency::EUR, (1000, true)),
            ("10.005", Currency::EUR, (1000, false)),
            ("-10.005", Currency::EUR, (-1001, false)),
            ("10.5", Currency::JPY, (10, false)),
            ("1.2345", Currency::CLF, (12345, true)),
            ("999999999999999999", Currency::EUR, (i64::MAX, false)),
            ("-999999999999999999", Currency::EUR, (i64::MIN, false)),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().floor_minor(currency), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_sortable_text_keeps_the_order(
            a in -LIMIT + 1..LIMIT, b in -LIMIT + 1..LIMIT, near in -3_i128..3,
        ) {
            let (a, b) = (Decimal(a), Decimal(b));
            prop_assert_eq!(a.cmp(&b), a.sortable().cmp(&b.sortable()));
            let next = Decimal((a.0 + near).clamp(-LIMIT + 1, LIMIT - 1));
            prop_assert_eq!(a.cmp(&next), a.sortable().cmp(&next.sortable()));
            prop_assert_eq!(a.sortable().len(), 28);
            prop_assert_eq!(Decimal::parse(&a.to_string()), Some(a));
        }

        #[test]
        fn money_and_minor_units_agree(minor in any::<i64>()) {
            for currency in [Currency::EUR, Currency::JPY, Currency::KWD] {
                let amount = Decimal::from(Money::new(minor, currency));
                prop_assert_eq!(amount.floor_minor(currency), (minor, true));
            }
        }
    }
}
