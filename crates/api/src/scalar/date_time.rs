//! `DateTime`: `2024-01-02T03:04:05.678901+00:00`.

use std::fmt;

use chrono::{NaiveDateTime, SecondsFormat};
use juniper::{DefaultScalarValue, GraphQLScalar, ToScalarValue, Value};
use regulars_kernel::Timestamp;

use super::{date::Date, opaque::written_scalar, time::Time};

/// An instant. Written in UTC as `+00:00`, with six decimals where there are fractions; read with or without seconds
/// and zone, where no zone means UTC. Arguments are [`DateTimeArgument`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime(pub Timestamp);

written_scalar!(DateTime, "DateTime", DateTimeArgument::meta);

impl ToScalarValue for DateTime {
    fn to_scalar_value(&self) -> DefaultScalarValue {
        self.to_string().into()
    }
}

impl DateTime {
    /// Reads ISO 8601: `2022-04-25T11:40`, `…T11:40:00`, fractions, and a zone as `Z`, `+02`, `+0200` or `+02:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let (day, rest) = text.split_once('T')?;
        let Date(day) = Date::parse(day)?;
        let (clock, offset) = match rest.find(['Z', '+', '-']) {
            Some(place) => {
                let (clock, zone) = rest.split_at_checked(place)?;
                (clock, offset_minutes(zone)?)
            }
            None => (rest, 0),
        };
        let Time(clock) = Time::parse(clock).filter(|_| clock.as_bytes().get(2) == Some(&b':'))?;
        let local = NaiveDateTime::new(day, clock).and_utc().timestamp_micros();
        let micros = local.checked_sub(offset.checked_mul(60 * Timestamp::MICROS_PER_SECOND)?)?;
        let instant = Timestamp::from_micros(micros);
        (Timestamp::MIN..=Timestamp::MAX).contains(&instant).then_some(Self(instant))
    }

    fn to_value(self) -> Value {
        Value::Scalar(self.to_scalar_value())
    }
}

/// A [`DateTime`] as clients send it: an empty text is none, as it is no filter in arguments that are texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, GraphQLScalar)]
#[graphql(
    name = "DateTime",
    description = "An instant, `2024-01-02T03:04:05.678901+00:00`. Arguments may leave out seconds and zone (then UTC); an empty \
                   text is none.",
    to_output_with = Self::printed,
    from_input_with = Self::from_input,
    parse_token(String),
)]
pub struct DateTimeArgument(pub Option<Timestamp>);

impl DateTimeArgument {
    /// The instant that an argument names, if it was given at all.
    pub fn instant(argument: Option<Self>) -> Option<Timestamp> {
        argument.and_then(|argument| argument.0)
    }

    fn printed(&self) -> String {
        self.0.map_or_else(String::new, |at| DateTime(at).to_string())
    }

    fn from_input(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        DateTime::parse(text)
            .map(|DateTime(at)| Self(Some(at)))
            .ok_or("A DateTime has the form 2022-04-25T11:40 or 2022-04-25T11:40:00+00:00.")
    }
}

/// Minutes east of UTC.
fn offset_minutes(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, digits) = zone.split_at_checked(1)?;
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 => digits.split_at_checked(2)?,
        5 => digits.split_once(':')?,
        _ => return None,
    };
    let number = |text: &str| -> Option<i64> {
        let right = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        right.then(|| text.parse().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let total = (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)?;
    Some(if sign == "-" { -total } else { total })
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = self.0.to_utc();
        let fraction = match instant.timestamp_subsec_micros() {
            0 => SecondsFormat::Secs,
            _ => SecondsFormat::Micros,
        };
        f.write_str(&instant.to_rfc3339_opts(fraction, false))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn written_as_the_public_api_does() {
        for (micros, text) in [
            (1_704_164_645_678_901, "2024-01-02T03:04:05.678901+00:00"),
            (1_704_164_645_000_000, "2024-01-02T03:04:05+00:00"),
            (1, "1970-01-01T00:00:00.000001+00:00"),
            (-1, "1969-12-31T23:59:59.999999+00:00"),
        ] {
            assert_eq!(DateTime(Timestamp::from_micros(micros)).to_string(), text);
        }
    }

    #[test]
    fn read_with_and_without_seconds_and_zone() {
        for (text, written) in [
            ("2022-04-25T11:40", "2022-04-25T11:40:00+00:00"),
            ("2022-04-25T11:40:01", "2022-04-25T11:40:01+00:00"),
            ("2022-04-25T11:40Z", "2022-04-25T11:40:00+00:00"),
            ("2022-04-25T11:40:00.5+02:00", "2022-04-25T09:40:00.500000+00:00"),
            ("2022-04-25T11:40-0330", "2022-04-25T15:10:00+00:00"),
            ("2022-04-25T00:30+01", "2022-04-24T23:30:00+00:00"),
        ] {
            assert_eq!(DateTime::parse(text).map(|t| t.to_string()).as_deref(), Some(written));
        }
        for text in [
            "",
            "2022-04-25",
            "2022-04-25 11:40",
            "2022-04-25T",
            "2022-04-25T11",
            "2022-02-30T11:40",
            "2022-04-25T11:40:60",
            "2022-04-25T24:00",
            "2022-04-25T11:40+25:00",
            "2022-04-25T11:40+1",
            "2022-04-25T11:40ZZ",
            "2022-04-25T1:40",
            "1650886800",
            "0001-01-01T00:00+01:00",
            "2022-04-25T11:40é",
        ] {
            assert_eq!(DateTime::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(micros in Timestamp::MIN.micros()..=Timestamp::MAX.micros()) {
            let instant = DateTime(Timestamp::from_micros(micros));
            prop_assert_eq!(DateTime::parse(&instant.to_string()), Some(instant));
        }
    }
}
