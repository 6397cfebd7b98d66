//! `BigInt`: whole numbers past 32 bits, written as strings.

use juniper::{
    GraphQLScalar, ParseScalarResult, Scalar, ScalarValue,
    parser::{ParseError, ScalarToken, Token},
};

/// A whole number of 64 bits. Written as a string, because JSON's numbers are exact to 53 bits alone where most clients
/// read them; read from a string or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GraphQLScalar)]
#[graphql(
    description = "A whole number of 64 bits, written as a string: `\"4294967296\"`. Arguments may be strings or numbers.",
    to_output_with = ToString::to_string,
    from_input_with = Self::from_input,
    parse_token_with = parse_token,
)]
pub struct BigInt(pub i64);

impl BigInt {
    /// Reads an optional minus and digits, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten().map(Self)
    }

    fn from_input<S: ScalarValue>(value: &Scalar<S>) -> Result<Self, &'static str> {
        // Numbers past 32 bits come as floats; `Display` writes a whole one without a fraction.
        let text = value
            .try_to_string()
            .or_else(|| value.try_to_int().map(|number| number.to_string()))
            .or_else(|| value.try_to_float().map(|number| number.to_string()));
        text.and_then(|text| Self::parse(&text)).ok_or("A BigInt is a whole number of 64 bits.")
    }
}

impl std::fmt::Display for BigInt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Literals: juniper's own `Int` refuses more than 32 bits.
fn parse_token<S: ScalarValue>(token: ScalarToken<'_>) -> ParseScalarResult<S> {
    match token {
        ScalarToken::String(text) => Ok(text.parse()?.into_owned().into()),
        ScalarToken::Int(digits) => Ok(digits.to_owned().into()),
        ScalarToken::Float(_) => Err(ParseError::unexpected_token(Token::Scalar(token))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_of_64_bits_and_nothing_else() {
        for text in ["0", "-1", "4294967296", "9223372036854775807", "-9223372036854775808"] {
            assert_eq!(BigInt::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "-", "+1", "1.0", "1e3", " 1", "0x1", "9223372036854775808", "१"] {
            assert_eq!(BigInt::parse(text), None, "{text}");
        }
    }
}
