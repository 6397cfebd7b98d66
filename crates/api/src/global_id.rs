//! GraphQL's `ID`: the Relay global id, base64 of `Type:pk`, or the bare pk, as a string or a number.

use std::fmt;

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use juniper::{
    GraphQLScalar, ParseScalarResult, Scalar, ScalarValue,
    parser::{ParseError, ScalarToken, Token},
};

use crate::{fast::Leaf, written::Json};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The built-in scalar `ID`. As an argument it is only text until [`Id::pk`] looks at it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, GraphQLScalar)]
#[graphql(
    name = "ID",
    description = "A global id (base64 of `Type:pk`). Arguments take the bare pk as well, as a string or a number.",
    to_output_with = Self::as_str,
    from_input_with = Self::from_input,
    parse_token_with = parse_token,
)]
pub struct Id(String);

/// Why an id does not name an object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Neither a global id nor a number.
    #[error("Invalid ID specified.")]
    Malformed,
    /// The id of another type.
    #[error("Must receive a {expected} id.")]
    WrongType {
        /// The type that is asked for.
        expected: String,
    },
}

/// What an id says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A number alone: the field that takes it knows the type.
    Pk(i64),
    /// A type and a number.
    Global {
        /// The type's name in the schema.
        kind: String,
        /// The number.
        pk: i64,
    },
}

impl Id {
    /// The global id of an object.
    pub fn global(kind: &str, pk: i64) -> Self {
        Self(BASE64.encode(format!("{kind}:{pk}")))
    }

    /// An id as a client sent it.
    pub fn received(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the empty text, which in a filter means no filter.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Type and number, or the number alone.
    ///
    /// # Errors
    /// [`IdError::Malformed`] for everything that is neither; numbers begin at 1.
    pub fn parse(&self) -> Result<Named, IdError> {
        if let Some(pk) = number(&self.0) {
            return Ok(Named::Pk(pk));
        }
        let bytes = BASE64.decode(&self.0).map_err(|_| IdError::Malformed)?;
        let text = String::from_utf8(bytes).map_err(|_| IdError::Malformed)?;
        let (kind, pk) = text.split_once(':').ok_or(IdError::Malformed)?;
        let named = kind.starts_with(|c: char| c.is_ascii_alphabetic())
            && kind.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        match number(pk) {
            Some(pk) if named => Ok(Named::Global { kind: kind.to_owned(), pk }),
            _ => Err(IdError::Malformed),
        }
    }

    /// The number of an object of the type `kind`.
    ///
    /// # Errors
    /// [`IdError::WrongType`] for the global id of another type, [`IdError::Malformed`] for what is no id.
    pub fn pk(&self, kind: &str) -> Result<i64, IdError> {
        match self.parse()? {
            Named::Pk(pk) => Ok(pk),
            Named::Global { kind: found, pk } if found == kind => Ok(pk),
            Named::Global { .. } => Err(IdError::WrongType { expected: kind.to_owned() }),
        }
    }

    fn from_input<S: ScalarValue>(value: &Scalar<S>) -> Result<Self, &'static str> {
        if let Some(text) = value.try_to_string() {
            return Ok(Self(text));
        }
        if let Some(number) = value.try_to_int() {
            return Ok(Self(number.to_string()));
        }
        // Numbers past 32 bits come as floats; `Display` writes a whole one without a fraction.
        match value.try_to_float() {
            Some(number) if number.fract() == 0.0 => Ok(Self(number.to_string())),
            _ => Err("An ID is a string or a whole number."),
        }
    }
}

impl Leaf for Id {
    fn write(self, json: &mut Json) {
        json.put(self.as_str());
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The field `pk`: GraphQL's `Int` has 32 bits; past them it is null, and `id` goes on.
pub fn pk_field(pk: i64) -> Option<i32> {
    i32::try_from(pk).ok()
}

/// Numbers as they are printed: an object has one id, not one for each way to write zeros before it.
fn number(text: &str) -> Option<i64> {
    let digits = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|pk| *pk > 0)
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
    fn both_forms_name_the_same_object() {
        assert_eq!(Id::global("IUserNode", 177).as_str(), "SVVzZXJOb2RlOjE3Nw==");
        for text in ["SVVzZXJOb2RlOjE3Nw==", "SVVzZXJOb2RlOjE3Nw", "177"] {
            assert_eq!(Id::received(text).pk("IUserNode"), Ok(177), "{text}");
        }
        assert_eq!(Id::global("StoreNode", i64::MAX).pk("StoreNode"), Ok(i64::MAX));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let colon_only = BASE64.encode(":5");
        let spaced = BASE64.encode("IUser Node:5");
        let zeros = BASE64.encode("IUserNode:0177");
        let negative = BASE64.encode("IUserNode:-5");
        let huge = BASE64.encode("IUserNode:9223372036854775808");
        for text in [
            "",
            "0",
            "0177",
            &zeros,
            "-1",
            "1.5",
            "+7",
            " 7",
            "abc",
            "SVVzZXJOb2RlOg==",
            "9223372036854775808",
            "\0",
            "é",
            &colon_only,
            &spaced,
            &negative,
            &huge,
        ] {
            assert_eq!(Id::received(text).pk("IUserNode"), Err(IdError::Malformed), "{text}");
        }
        let foreign = Id::global("StoreNode", 7).pk("IUserNode").unwrap_err();
        assert_eq!(foreign.to_string(), "Must receive a IUserNode id.");
    }

    #[test]
    fn pk_is_null_past_32_bits() {
        assert_eq!(pk_field(2_147_483_647), Some(i32::MAX));
        assert_eq!(pk_field(2_147_483_648), None);
    }
}
