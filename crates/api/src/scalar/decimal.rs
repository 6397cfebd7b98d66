//! `Decimal`: exact numbers, written as strings.

use std::fmt;

use juniper::{
    GraphQLScalar, ParseScalarResult, Scalar, ScalarValue,
    parser::{ParseError, ScalarToken, Token},
};
use regulars_kernel::Money;

/// An exact decimal number of at most 30 digits. Written as a string (`"12.30"`), read from a string or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, GraphQLScalar)]
#[graphql(
    description = "An exact decimal number, written as a string: `\"12.30\"`. Arguments may be strings or numbers.",
    to_output_with = ToString::to_string,
    from_input_with = Self::from_input,
    parse_token_with = parse_token,
)]
pub struct Decimal {
    /// All digits as one whole number.
    digits: i128,
    /// How many of them stand behind the point.
    scale: u32,
}

const MOST_DIGITS: usize = 30;

impl Decimal {
    /// A number of minor units: `from_minor(1230, 2)` is `12.30`. `scale` is at most 30.
    pub fn from_minor(minor: i64, scale: u32) -> Self {
        Self { digits: i128::from(minor), scale: scale.min(30) }
    }

    /// The number in units of 10^-`scale`; `None` where it has digits beyond that, or is too large.
    pub fn to_minor(self, scale: u32) -> Option<i64> {
        let scaled = if scale >= self.scale {
            self.digits.checked_mul(10_i128.checked_pow(scale - self.scale)?)?
        } else {
            let unit = 10_i128.checked_pow(self.scale - scale)?;
            (self.digits % unit == 0).then_some(self.digits / unit)?
        };
        scaled.try_into().ok()
    }

    /// Reads an optional sign, digits, and optionally a point and digits. No exponents, infinities or blanks.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let fraction = if text.contains('.') { fraction } else { "" };
        let shaped = all_digits(whole) && (!text.contains('.') || all_digits(fraction));
        if !shaped || whole.len() + fraction.len() > MOST_DIGITS {
            return None;
        }
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let scale = u32::try_from(fraction.len()).ok()?;
        Some(Self { digits: if negative { -digits } else { digits }, scale })
    }

    fn from_input<S: ScalarValue>(value: &Scalar<S>) -> Result<Self, &'static str> {
        // `Display` writes floats in full and as short as they read back, never with an exponent.
        let text = value
            .try_to_string()
            .or_else(|| value.try_to_int().map(|number| number.to_string()))
            .or_else(|| value.try_to_float().map(|number| number.to_string()));
        text.and_then(|text| Self::parse(&text)).ok_or("A Decimal has the form 12.30.")
    }
}

/// The amount in major units, with as many places as its currency has.
impl From<Money> for Decimal {
    fn from(money: Money) -> Self {
        Self::from_minor(money.minor(), money.currency().exponent().unwrap_or(0).into())
    }
}

/// Literals keep the digits they are written with.
fn parse_token<S: ScalarValue>(token: ScalarToken<'_>) -> ParseScalarResult<S> {
    match token {
        ScalarToken::String(text) => Ok(text.parse()?.into_owned().into()),
        ScalarToken::Int(digits) | ScalarToken::Float(digits) => match Decimal::parse(digits) {
            Some(_) => Ok(digits.to_owned().into()),
            None => Err(ParseError::unexpected_token(Token::Scalar(token))),
        },
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = self.digits.unsigned_abs();
        let unit = 10_u128.checked_pow(self.scale).unwrap_or(u128::MAX);
        let Some(width) = usize::try_from(self.scale).ok().filter(|width| *width > 0) else {
            return write!(f, "{sign}{digits}");
        };
        // Nearly every amount is small, and machines divide small numbers ten times faster.
        match (u64::try_from(digits), u64::try_from(unit)) {
            (Ok(digits), Ok(unit)) => {
                write!(f, "{sign}{}.{:0width$}", digits / unit, digits % unit)
            }
            _ => write!(f, "{sign}{}.{:0width$}", digits / unit, digits % unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_plain_numbers_alone() {
        for text in ["0", "12.30", "-0.05", "100", "123456789012345678901234567890"] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1e3",
            "NaN",
            "Infinity",
            "-inf",
            "+1",
            " 1",
            "1,5",
            "1.2.3",
            "--1",
            "1234567890123456789012345678901",
            "0x10",
            "१",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn minor_units_are_exact_or_refused() {
        assert_eq!(Decimal::from_minor(1230, 2).to_string(), "12.30");
        assert_eq!(Decimal::from_minor(-5, 2).to_string(), "-0.05");
        assert_eq!(Decimal::from_minor(7, 0).to_string(), "7");
        for (text, scale, minor) in [
            ("12.3", 2, Some(1230)),
            ("12.300", 2, Some(1230)),
            ("12.305", 2, None),
            ("5", 0, Some(5)),
            ("5.5", 0, None),
            ("92233720368547758.08", 2, None),
            ("92233720368547758.07", 2, Some(i64::MAX)),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().to_minor(scale), minor, "{text}");
        }
    }

    proptest! {
        #[test]
        fn minor_units_read_back(minor: i64, scale in 0_u32..=4) {
            let text = Decimal::from_minor(minor, scale).to_string();
            prop_assert_eq!(Decimal::parse(&text).unwrap().to_minor(scale), Some(minor));
        }
    }
}
