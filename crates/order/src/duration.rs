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
        let parts: iso8601_duration::Duration = text.parse().ok()?;
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
    let fits = part.fract() == 0.0 && (0.0..=Duration::MAX_UNITS as f32).contains(&part);
    fits.then_some(part as u32)
}
