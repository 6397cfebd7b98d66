//! What `WHERE` says.

use super::word::{Word, Words};
use crate::fake::salesforce::reply::Refused;

/// What a column is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Literal {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A text in quotes.
    Text(String),
    /// A number, a day or an instant.
    Bare(String),
}

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Operator {
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `<`
    Below,
    /// `<=`
    UpTo,
    /// `>`
    Above,
    /// `>=`
    From,
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Condition {
    /// Each of them.
    All(Vec<Self>),
    /// One of them.
    Any(Vec<Self>),
    /// A column compared with a literal.
    Compare(String, Operator, Literal),
    /// A column that is one of these.
    In(String, Vec<Literal>),
}

impl Condition {
    pub(super) fn parse(words: &mut Words) -> Result<Self, Refused> {
        let first = Self::one(words)?;
        let mut all = vec![first];
        while words.take_keyword("AND") {
            all.push(Self::one(words)?);
        }
        if all.len() > 1 {
            // Salesforce wants brackets where both are.
            return Ok(Self::All(all));
        }
        while words.take_keyword("OR") {
            all.push(Self::one(words)?);
        }
        Ok(match (all.len(), all.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                all.extend(last);
                Self::Any(all)
            }
        })
    }

    fn one(words: &mut Words) -> Result<Self, Refused> {
        if words.take(&Word::Sign("(")) {
            let inner = Self::parse(words)?;
            words.sign(")")?;
            return Ok(inner);
        }
        let column = words.name()?;
        if words.take_keyword("IN") {
            words.sign("(")?;
            let mut literals = vec![literal(words)?];
            while words.take(&Word::Sign(",")) {
                literals.push(literal(words)?);
            }
            words.sign(")")?;
            return Ok(Self::In(column, literals));
        }
        let operators = [
            ("=", Operator::Is),
            ("!=", Operator::IsNot),
            ("<>", Operator::IsNot),
            ("<=", Operator::UpTo),
            ("<", Operator::Below),
            (">=", Operator::From),
            (">", Operator::Above),
        ];
        let Some((_, operator)) =
            operators.into_iter().find(|(sign, _)| words.take(&Word::Sign(sign)))
        else {
            return Err(words.unexpected());
        };
        Ok(Self::Compare(column, operator, literal(words)?))
    }
}

fn literal(words: &mut Words) -> Result<Literal, Refused> {
    match words.next() {
        Some(Word::Text(text)) => Ok(Literal::Text(text)),
        Some(Word::Bare(text)) => Ok(Literal::Bare(text)),
        Some(Word::Name(name)) if name.eq_ignore_ascii_case("null") => Ok(Literal::Null),
        Some(Word::Name(name)) if name.eq_ignore_ascii_case("true") => Ok(Literal::Bool(true)),
        Some(Word::Name(name)) if name.eq_ignore_ascii_case("false") => Ok(Literal::Bool(false)),
        Some(Word::Name(name)) => Err(Refused::malformed(format!("unexpected token: '{name}'"))),
        _ => Err(Refused::malformed("unexpected token: '<EOF>'")),
    }
}
