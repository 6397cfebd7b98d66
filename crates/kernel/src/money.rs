//! Money: minor units of a currency, exact.

use std::{fmt, str::FromStr};

pub use iso_currency::Currency;

use crate::Rule;

/// An amount in the minor units of its currency (cents of a euro, yen of a yen).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why a text is no amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a decimal number such as `12.30`.
    #[error("not a decimal number")]
    NotANumber,
    /// More decimal places than the currency has.
    #[error("more decimal places than the currency has")]
    TooPrecise,
    /// Past what 64 bits of minor units hold.
    #[error("too large")]
    TooLarge,
}

/// Reads a decimal (`"12.30"`, `"-5"`) in units of 10^-`places`: 1230 where `places` is 2. Refuses exponents, more places than
/// that, and what does not fit.
pub fn scaled(text: &str, places: u32) -> Result<i64, MoneyError> {
    let places = usize::try_from(places).unwrap_or(usize::MAX);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1_i128, rest),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let dangling = digits.ends_with('.');
    if whole.is_empty() || dangling || !plain(whole) || !plain(fraction) {
        return Err(MoneyError::NotANumber);
    }
    let significant = fraction.trim_end_matches('0');
    if significant.len() > places {
        return Err(MoneyError::TooPrecise);
    }
    if whole.len().saturating_add(places) > 38 {
        return Err(MoneyError::TooLarge);
    }
    let number = i128::from_str(&format!("{whole}{significant:0<places$}"))
        .map_err(|_overflow| MoneyError::TooLarge)?;
    i64::try_from(sign * number).map_err(|_overflow| MoneyError::TooLarge)
}

impl Money {
    /// So many minor units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Reads a decimal (`"12.30"`, `"-5"`) in major units. Refuses exponents, more places than the currency has, and
    /// what does not fit.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let places = currency.exponent().unwrap_or(0);
        Ok(Self { minor: scaled(text, places.into())?, currency })
    }

    /// The minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The sum; `None` for another currency or where it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let minor = self.minor.checked_add(other.minor)?;
        (self.currency == other.currency).then_some(Self { minor, ..self })
    }

    /// The difference; `None` for another currency or where it does not fit.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let minor = self.minor.checked_sub(other.minor)?;
        (self.currency == other.currency).then_some(Self { minor, ..self })
    }

    /// So many times as much; `None` where it does not fit.
    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.minor.checked_mul(times).map(|minor| Self { minor, ..self })
    }

    /// The sum of amounts in a currency, zero of none; `None` where one is in another currency or the sum does not fit,
    /// be it on the way alone.
    pub fn checked_sum(
        amounts: impl IntoIterator<Item = Self>,
        currency: Currency,
    ) -> Option<Self> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }
}

/// The decimal in major units with as many places as the currency has, without the currency: `12.30`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = u32::from(self.currency.exponent().unwrap_or(0));
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        let unit = 10_u64.pow(places);
        if places == 0 {
            return write!(f, "{sign}{minor}");
        }
        let width = usize::from(self.currency.exponent().unwrap_or(0));
        write!(f, "{sign}{}.{:0width$}", minor / unit, minor % unit)
    }
}

/// A currency by its ISO 4217 code, as it was typed, in any case.
pub fn typed_currency(code: &str) -> Result<Currency, Rule> {
    let code = code.trim().to_ascii_uppercase();
    Currency::from_code(&code).ok_or(Rule::InvalidChoice(code))
}

/// A decimal in major units, as it was typed, as an amount of that currency: 0 or more.
pub fn typed_amount(decimal: &str, currency: Currency) -> Result<Money, Rule> {
    let sentence = match Money::parse(decimal.trim(), currency) {
        Ok(money) if money.minor() >= 0 => return Ok(money),
        Ok(_) => "Enter an amount of 0 or more.".to_owned(),
        Err(MoneyError::NotANumber) => "Enter an amount such as 12.30.".to_owned(),
        Err(MoneyError::TooPrecise) => {
            let places = currency.exponent().unwrap_or(0);
            format!("An amount of {} has at most {places} decimal places.", currency.code())
        }
        Err(MoneyError::TooLarge) => "This amount is too large.".to_owned(),
    };
    Err(Rule::Invalid(sentence))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_are_read_and_printed_by_the_currency() {
        for (text, currency, minor, printed) in [
            ("12.3", Currency::EUR, 1230, "12.30"),
            ("12.30", Currency::EUR, 1230, "12.30"),
            ("-0.05", Currency::USD, -5, "-0.05"),
            ("700", Currency::JPY, 700, "700"),
            ("1.234", Currency::KWD, 1234, "1.234"),
            ("1.2300", Currency::EUR, 123, "1.23"),
        ] {
            let money = Money::parse(text, currency).unwrap();
            assert_eq!((money.minor(), money.to_string().as_str()), (minor, printed), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for (text, currency, error) in [
            ("", Currency::EUR, MoneyError::NotANumber),
            ("1.", Currency::EUR, MoneyError::NotANumber),
            (".5", Currency::EUR, MoneyError::NotANumber),
            ("1e3", Currency::EUR, MoneyError::NotANumber),
            ("NaN", Currency::EUR, MoneyError::NotANumber),
            ("+1", Currency::EUR, MoneyError::NotANumber),
            ("--1", Currency::EUR, MoneyError::NotANumber),
            ("1.234", Currency::EUR, MoneyError::TooPrecise),
            ("1.5", Currency::JPY, MoneyError::TooPrecise),
            ("92233720368547758.08", Currency::EUR, MoneyError::TooLarge),
            ("999999999999999999999999", Currency::EUR, MoneyError::TooLarge),
        ] {
            assert_eq!(Money::parse(text, currency), Err(error), "{text}");
        }
    }

    #[test]
    fn sums_and_products_are_checked() {
        let [euro, dollar] =
            [Currency::EUR, Currency::USD].map(|currency| Money::new(100, currency));
        let euros = |minor| Some(Money::new(minor, Currency::EUR));
        assert_eq!(Money::checked_sum([euro, euro], Currency::EUR), euros(200));
        assert_eq!(Money::checked_sum([], Currency::EUR), euros(0));
        assert_eq!(Money::checked_sum([euro, dollar], Currency::EUR), None);
        let most = Money::new(i64::MAX, Currency::EUR);
        assert_eq!(Money::checked_sum([most, euro], Currency::EUR), None);
        assert_eq!(euro.checked_mul(-3), euros(-300));
        assert_eq!(most.checked_mul(2), None);
    }

    #[test]
    fn what_is_typed_is_an_amount_or_refused_with_the_way_out() {
        assert_eq!(typed_currency(" eur "), Ok(Currency::EUR));
        assert_eq!(typed_currency("EURO"), Err(Rule::InvalidChoice("EURO".to_owned())));
        assert_eq!(typed_amount(" 1.5 ", Currency::EUR), Ok(Money::new(150, Currency::EUR)));
        for (typed, currency, part) in [
            ("-0.01", Currency::EUR, "0 or more"),
            ("a", Currency::EUR, "such as"),
            ("1.5", Currency::JPY, "0 decimal places"),
            ("99999999999999999999", Currency::EUR, "too large"),
        ] {
            let refusal = typed_amount(typed, currency).unwrap_err().to_string();
            assert!(refusal.contains(part), "{typed}: {refusal}");
        }
    }

    proptest! {
        #[test]
        fn printing_and_reading_agree(minor in any::<i64>()) {
            for currency in [Currency::EUR, Currency::JPY, Currency::KWD] {
                let money = Money::new(minor, currency);
                prop_assert_eq!(Money::parse(&money.to_string(), currency), Ok(money));
            }
        }
    }
}
