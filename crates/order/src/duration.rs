//! Lengths of time as people say them: "the last 90 days", "the last three months".

use chrono::{DateTime, Months, TimeDelta, Utc};
use regulars_kernel::{Rule, Timestamp};

/// A length of time in the calendar's own units. How long a month is depends on where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Duration {
    months: u32,
    seconds: i64,
}

impl Duration {
    /// The largest number of any unit; the format's numbers are exact up to there.
    pub const MAX_UNITS: u32 = 1_000_000;

    /// Reads an ISO 8601 duration of whole units: `P90D`, `P3M`, `P1Y6M`, `P2W`, `PT12H`. Refuses fractions, signs and
    /// numbers over [`Self::MAX_UNITS`].
    pub fn parse(text: &str) -> Result<Self, Rule> {
        Self::read(text).ok_or_else(|| {
            Rule::Invalid("Enter a valid ISO 8601 duration of whole units (e.g. P90D).".to_owned())
        })
    }

    fn read(text: &str) -> Option<Self> {
        // The parser takes fractions and exponents too, and rounds them.
        let plain = |c: char| c.is_ascii_digit() || "PYMWDTHS".contains(c);
        let parts: iso8601_duration::Duration =
            text.chars().all(plain).then(|| text.parse().ok())??;
        let months = whole(parts.year)?.checked_mul(12)?.checked_add(whole(parts.month)?)?;
        let units = [
            (parts.day, 24 * 60 * 60),
            (parts.hour, 60 * 60),
            (parts.minute, 60),
            (parts.second, 1),
        ];
        let seconds = units.into_iter().try_fold(0_i64, |sum, (part, length)| {
            i64::from(whole(part)?).checked_mul(length)?.checked_add(sum)
        })?;
        Some(Self { months, seconds })
    }

    /// The instant that lies so long before another. Months are counted first, in UTC, and clamp: a month before 31 March
    /// is 28 or 29 February. Never before [`Timestamp::MIN`].
    pub fn before(self, end: Timestamp) -> Timestamp {
        let months_before = end.to_utc().checked_sub_months(Months::new(self.months));
        months_before
            .and_then(|instant| instant.checked_sub_signed(TimeDelta::try_seconds(self.seconds)?))
            .map_or(Timestamp::MIN, |instant: DateTime<Utc>| instant.into())
            .max(Timestamp::MIN)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a whole number from 0 to MAX_UNITS is exact in both types"
)]
fn whole(part: f32) -> Option<u32> {
    (0.0..=Duration::MAX_UNITS as f32).contains(&part).then_some(part as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
    }

    #[test]
    fn a_duration_counts_back_by_the_calendar() {
        for (duration, end, start) in [
            ("P90D", "2026-03-31T10:00:00Z", "2025-12-31T10:00:00Z"),
            ("P1M", "2026-03-31T10:00:00Z", "2026-02-28T10:00:00Z"),
            ("P1M", "2028-03-31T10:00:00Z", "2028-02-29T10:00:00Z"),
            ("P1Y", "2028-02-29T00:00:00Z", "2027-02-28T00:00:00Z"),
            ("P1Y2M", "2026-01-15T00:00:00Z", "2024-11-15T00:00:00Z"),
            ("P2W", "2026-01-15T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("P1M1D", "2026-03-31T00:00:00Z", "2026-02-27T00:00:00Z"),
            ("PT36H", "2026-01-03T12:00:00Z", "2026-01-02T00:00:00Z"),
            ("P1DT1H1M1S", "2026-01-03T01:01:01Z", "2026-01-02T00:00:00Z"),
            ("PT1000000S", "2026-01-13T00:00:00Z", "2026-01-01T10:13:20Z"),
            ("P0D", "2026-01-03T01:01:01Z", "2026-01-03T01:01:01Z"),
        ] {
            let duration = Duration::parse(duration).unwrap();
            assert_eq!(duration.before(at(end)), at(start), "{duration:?} before {end}");
        }
    }

    #[test]
    fn what_is_no_duration_of_whole_units_is_refused() {
        for text in [
            "",
            "P",
            "PT",
            "90",
            "90D",
            "P90",
            "p90x",
            "P-90D",
            "-P90D",
            "P1.5D",
            "P0.5M",
            "P1D ",
            " P1D",
            "P1D1Y",
            "P1M1W",
            "PT1D",
            "P1000001D",
            "P99999999999999999999Y",
            "P1e3D",
            "PinfD",
            "PNaND",
            "P\u{0661}D",
            "P1D\0",
        ] {
            assert!(Duration::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn no_duration_reaches_past_the_calendar() {
        for text in ["P1000000Y", "P1000000M", "P1000000D", "P100000W"] {
            let duration = Duration::parse(text).unwrap();
            for end in [Timestamp::MIN, at("2026-01-01T00:00:00Z"), Timestamp::MAX] {
                let start = duration.before(end);
                assert!(Timestamp::MIN <= start && start <= end, "{text} before {end}: {start}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_longer_duration_never_begins_later(
            months in 0_u32..600,
            days in 0_u32..5_000,
            more in 0_u32..5_000,
            end in 0_i64..4_000_000_000,
        ) {
            let end = Timestamp::from_seconds(end);
            let of = |days| Duration::parse(&format!("P{months}M{days}D")).unwrap().before(end);
            prop_assert!(of(days + more) <= of(days));
            prop_assert!(of(days) <= end);
        }

        #[test]
        fn days_are_exact(days in 0_u32..=100_000, end in 9_000_000_000_i64..10_000_000_000) {
            let start = Duration::parse(&format!("P{days}D")).unwrap();
            let start = start.before(Timestamp::from_seconds(end));
            prop_assert_eq!(end - start.seconds(), i64::from(days) * 86_400);
        }

        #[test]
        fn no_text_is_a_trap(text in "\\PC{0,12}|P[0-9YMWDTHS.,e+-]{0,12}") {
            if let Ok(duration) = Duration::parse(&text) {
                let end = Timestamp::from_seconds(1_760_000_000);
                prop_assert!(duration.before(end) <= end);
            }
        }
    }
}
