//! What an operator decides about log-ins.

use std::{num::NonZeroUsize, ops::RangeInclusive, thread, time::Duration};

use regulars_kernel::{Currency, MerchantId};
use regulars_merchant::Tz;

use crate::{password::PasswordScheme, token::MOST_LEEWAY};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Settings of this crate, with their defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long an access token opens requests; 1 second to 9,999 hours. 15 minutes.
    pub access_lifetime: Duration,
    /// How long a refresh token waits for its use; 1 second to 3,650 days. 90 days.
    pub refresh_lifetime: Duration,
    /// How long after its use a refresh token answers with the same successor once more; at most 10 seconds, 0 for
    /// never. 10 seconds.
    pub refresh_grace: Duration,
    /// How far the clocks of several processes may differ; at most 5 seconds. 2 seconds.
    pub leeway: Duration,
    /// bcrypt's cost, 4 to 31: each step doubles the work. 12. What was hashed at another cost is hashed anew at log-in.
    pub password_cost: u32,
    /// The ids of peppers that are lost for good: passwords that rest on them are refused, and nobody is alarmed. None.
    pub lost_peppers: Vec<String>,
    /// Threads that hash passwords. As many as there are cores.
    pub hasher_threads: NonZeroUsize,
    /// Passwords that may wait for a thread; past that the answer is `unavailable` at once. 64.
    pub hasher_queue: usize,
    /// The merchant that every consumer joins who signs up (rule 7): for a deployment for one. None.
    pub default_merchant: Option<MerchantId>,
    /// What a merchant that signs up sells and counts in, until they say otherwise. US dollars.
    pub merchant_currency: Currency,
    /// The clock of a merchant that signs up, until they say otherwise. UTC.
    pub merchant_time_zone: Tz,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_lifetime: HOUR / 4,
            refresh_lifetime: 90 * DAY,
            refresh_grace: Duration::from_secs(10),
            leeway: Duration::from_secs(2),
            password_cost: 12,
            lost_peppers: Vec::new(),
            hasher_threads: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            hasher_queue: 64,
            default_merchant: None,
            merchant_currency: Currency::USD,
            merchant_time_zone: Tz::UTC,
        }
    }
}

/// A setting outside of what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {allowed}")]
pub struct SettingFault {
    /// The field of [`Settings`].
    pub setting: &'static str,
    /// What it may be.
    pub allowed: &'static str,
}

impl Settings {
    /// Refuses what is outside of its range.
    pub fn check(&self) -> Result<(), SettingFault> {
        let second = Duration::from_secs(1);
        let within = |range: RangeInclusive<Duration>, value| range.contains(&value);
        let table = [
            (
                within(second..=9_999 * HOUR, self.access_lifetime),
                "access_lifetime",
                "1 second to 9,999 hours",
            ),
            (
                within(second..=3_650 * DAY, self.refresh_lifetime),
                "refresh_lifetime",
                "1 second to 3,650 days",
            ),
            (
                within(Duration::ZERO..=Duration::from_secs(10), self.refresh_grace),
                "refresh_grace",
                "0 to 10 seconds",
            ),
            (within(Duration::ZERO..=MOST_LEEWAY, self.leeway), "leeway", "0 to 5 seconds"),
            (PasswordScheme::COSTS.contains(&self.password_cost), "password_cost", "4 to 31"),
            ((1..=256).contains(&self.hasher_threads.get()), "hasher_threads", "1 to 256"),
            ((1..=10_000).contains(&self.hasher_queue), "hasher_queue", "1 to 10,000"),
        ];
        table
            .into_iter()
            .find(|(fits, ..)| !fits)
            .map_or(Ok(()), |(_, setting, allowed)| Err(SettingFault { setting, allowed }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_out_of_its_range_is_named() {
        let usual = Settings::default;
        assert_eq!(usual().check(), Ok(()));
        for (settings, setting) in [
            (Settings { access_lifetime: Duration::ZERO, ..usual() }, "access_lifetime"),
            (Settings { access_lifetime: 10_000 * HOUR, ..usual() }, "access_lifetime"),
            (Settings { refresh_lifetime: Duration::ZERO, ..usual() }, "refresh_lifetime"),
            (Settings { refresh_grace: Duration::from_secs(11), ..usual() }, "refresh_grace"),
            (Settings { leeway: Duration::from_secs(6), ..usual() }, "leeway"),
            (Settings { password_cost: 3, ..usual() }, "password_cost"),
            (Settings { password_cost: 32, ..usual() }, "password_cost"),
            (Settings { hasher_queue: 0, ..usual() }, "hasher_queue"),
        ] {
            assert_eq!(settings.check().unwrap_err().setting, setting);
        }
    }
}
