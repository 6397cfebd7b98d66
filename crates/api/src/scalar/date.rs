//! `Date`: `2000-01-02`.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use juniper::GraphQLScalar;

/// A calendar day between the years 1 and 9999, `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GraphQLScalar)]
#[graphql(
    description = "A calendar day, `2000-01-02`.",
    to_output_with = ToString::to_string,
    from_input_with = Self::from_input,
    parse_token(String),
)]
pub struct Date(pub NaiveDate);

impl Date {
    /// Reads `YYYY-MM-DD`, to the letter.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 10
            && bytes.iter().enumerate().all(|(index, byte)| match index {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let day = shaped.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()?;
        (day.year() >= 1).then_some(Self(day))
    }

    fn from_input(text: &str) -> Result<Self, &'static str> {
        Self::parse(text).ok_or("A Date has the form 2000-01-02.")
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Between the years 1 and 9999, chrono writes the very form.
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_iso_days_alone() {
        for text in ["2000-01-02", "2024-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(Date::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "2023-02-29",
            "2000-1-2",
            "20000102",
            "2000-01-02T00:00",
            "02.01.2000",
            "0000-01-01",
            "+2000-01-02",
            "12000-01-02",
            "2000-01-02 ",
            "２０００-01-02",
            "null",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }
}
