//! `Time`: `07:05:00`.

use std::fmt;

use chrono::{NaiveTime, Timelike};
use juniper::GraphQLScalar;

/// A time of day. Written with seconds, and with six decimals where there are fractions; read from `7:00` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, GraphQLScalar)]
#[graphql(
    description = "A time of day, `07:05:00`. Arguments may leave out the seconds.",
    to_output_with = ToString::to_string,
    from_input_with = Self::from_input,
    parse_token(String),
)]
pub struct Time(pub NaiveTime);

impl Time {
    /// Reads `H:MM`, `HH:MM`, `HH:MM:SS` and `HH:MM:SS.fraction`; digits past the sixth are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let (clock, fraction) = match text.split_once('.') {
            Some((clock, fraction)) => (clock, Some(fraction)),
            None => (text, None),
        };
        let mut parts = clock.split(':');
        let hour = digits(parts.next()?, 1..=2)?;
        let minute = digits(parts.next()?, 2..=2)?;
        let second = parts.next();
        if parts.next().is_some() || (fraction.is_some() && second.is_none()) {
            return None;
        }
        let second = second.map_or(Some(0), |part| digits(part, 2..=2))?;
        let micros = fraction.map_or(Some(0), micros)?;
        NaiveTime::from_hms_micro_opt(hour, minute, second, micros).map(Self)
    }

    fn from_input(text: &str) -> Result<Self, &'static str> {
        Self::parse(text).ok_or("A Time has the form 07:05 or 07:05:00.")
    }
}

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let right = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    right.then(|| text.parse().ok()).flatten()
}

/// Microseconds out of the digits after the point.
fn micros(fraction: &str) -> Option<u32> {
    digits(fraction, 1..=9)?;
    let padded: String = fraction.chars().chain("000000".chars()).take(6).collect();
    padded.parse().ok()
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%H:%M:%S"))?;
        match self.0.nanosecond() / 1_000 {
            0 => Ok(()),
            micros => write!(f, ".{micros:06}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_optional_and_written() {
        for (text, written) in [
            ("7:00", "07:00:00"),
            ("07:05", "07:05:00"),
            ("23:59:59", "23:59:59"),
            ("00:00:00.5", "00:00:00.500000"),
            ("00:00:00.000001999", "00:00:00.000001"),
            ("12:00:00.000", "12:00:00"),
        ] {
            assert_eq!(Time::parse(text).unwrap().to_string(), written);
        }
        for text in [
            "",
            "7",
            "24:00",
            "12:60",
            "12:00:60",
            "1:2",
            "12:00.5",
            "12:00:00.",
            "12:00:00Z",
            "-1:00",
            "12:00:00:00",
            "007:00",
            "12:00:00.1234567890",
        ] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }
}
