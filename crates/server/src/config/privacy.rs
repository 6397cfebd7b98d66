//! `[privacy]`: how many people are erased, and when free places of a large file are emptied.

use std::fmt;

use chrono::{NaiveTime, Timelike as _};
use regulars_auth::erasure::Limits;
use regulars_kernel::Timestamp;
use regulars_merchant::Tz;
use serde::{Deserialize, Deserializer, de::Error as _};

use super::{
    auth::by_name,
    check::{Check, Section},
};

/// The section `[privacy]`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Privacy {
    erasures_per_hour: u64,
    own_erasures_per_hour: u64,
    #[serde(deserialize_with = "span")]
    quiet_hours: (NaiveTime, NaiveTime),
    #[serde(deserialize_with = "by_name")]
    quiet_time_zone: Tz,
}

impl Privacy {
    /// How many people somebody may erase.
    pub(crate) const fn limits(&self) -> Limits {
        Limits { by_merchants: self.erasures_per_hour, by_consumers: self.own_erasures_per_hour }
    }

    /// When little is written.
    pub(crate) const fn quiet(&self) -> Quiet {
        let (from, until) = self.quiet_hours;
        Quiet { from, until, zone: self.quiet_time_zone }
    }
}

/// A time of the day, by one clock; past midnight where it ends before it begins, and all day where it does so when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quiet {
    from: NaiveTime,
    until: NaiveTime,
    zone: Tz,
}

impl Quiet {
    /// Whether an instant lies in it. On days when clocks are changed it is what the clock shows that counts.
    pub(crate) fn has(self, now: Timestamp) -> bool {
        let time = now.to_utc().with_timezone(&self.zone).time();
        if self.from < self.until {
            (self.from..self.until).contains(&time)
        } else {
            time >= self.from || time < self.until
        }
    }
}

/// As it is configured: `02:00-05:00 UTC`.
impl fmt::Display for Quiet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [from, until] = [self.from, self.until].map(|time| (time.hour(), time.minute()));
        write!(f, "{:02}:{:02}-{:02}:{:02} {}", from.0, from.1, until.0, until.1, self.zone)
    }
}

/// Reads `02:00-05:00`.
fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(NaiveTime, NaiveTime), D::Error> {
    let text = String::deserialize(deserializer)?;
    let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
    let read = text.split_once('-').and_then(|(from, until)| time(from).zip(time(until)));
    read.ok_or_else(|| D::Error::custom("no span of the day"))
}

impl Section for Privacy {
    const NAME: &'static str = "privacy";

    fn check(&self, check: &mut Check) {
        check.number("erasures_per_hour", self.erasures_per_hour, 1..=100_000);
        check.number("own_erasures_per_hour", self.own_erasures_per_hour, 1..=1_000);
        check.rule("quiet_hours", "two times of the day, as in 02:00-05:00", true);
        check.rule("quiet_time_zone", "an IANA name, as in Europe/Berlin", true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(span: &str, zone: Tz) -> Quiet {
        let (from, until) = span.split_once('-').unwrap();
        let time = |text| NaiveTime::parse_from_str(text, "%H:%M").unwrap();
        Quiet { from: time(from), until: time(until), zone }
    }

    #[test]
    fn quiet_hours_are_those_of_the_clock_that_was_named() {
        let at = |hour: i64| {
            // Midnight UTC in winter, when Berlin is an hour ahead.
            let midnight = 1_700_000_000 / 86_400 * 86_400;
            Timestamp::from_seconds(midnight + hour * 3_600)
        };
        let hours = |quiet: Quiet| (0..24).filter(|hour| quiet.has(at(*hour))).collect::<Vec<_>>();
        assert_eq!(hours(quiet("02:00-05:00", Tz::UTC)), [2, 3, 4]);
        assert_eq!(hours(quiet("02:00-05:00", Tz::Europe__Berlin)), [1, 2, 3]);
        assert_eq!(hours(quiet("23:00-01:00", Tz::UTC)), [0, 23]);
        assert_eq!(hours(quiet("04:00-04:00", Tz::UTC)).len(), 24);
        assert_eq!(quiet("02:00-05:30", Tz::UTC).to_string(), "02:00-05:30 UTC");
    }
}
