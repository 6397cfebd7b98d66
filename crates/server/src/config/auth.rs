//! `[auth]`: how long a login lasts, and what a password costs.

use std::{num::NonZeroUsize, str::FromStr, time::Duration};

use regulars_kernel::Currency;
use regulars_merchant::Tz;
use serde::{Deserialize, Deserializer, de::Error as _};

use super::check::{Check, Section, seconds};

const HOUR: u64 = 60 * 60;

/// The section `[auth]`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Auth {
    #[serde(with = "humantime_serde")]
    pub(crate) access_lifetime: Duration,
    #[serde(with = "humantime_serde")]
    pub(crate) refresh_lifetime: Duration,
    #[serde(with = "humantime_serde")]
    pub(crate) refresh_grace: Duration,
    pub(crate) bcrypt_cost: u32,
    pub(crate) hash_threads: usize,
    pub(crate) hash_queue: usize,
    pub(crate) lost_peppers: Vec<String>,
    pub(crate) default_merchant: i64,
    #[serde(deserialize_with = "by_name")]
    pub(crate) merchant_currency: Currency,
    #[serde(deserialize_with = "by_name")]
    pub(crate) merchant_time_zone: Tz,
}

impl Auth {
    /// The settings as the crate that logs people in wants them.
    pub(crate) fn settings(&self) -> regulars_auth::Settings {
        let usual = regulars_auth::Settings::default();
        regulars_auth::Settings {
            access_lifetime: self.access_lifetime,
            refresh_lifetime: self.refresh_lifetime,
            refresh_grace: self.refresh_grace,
            password_cost: self.bcrypt_cost,
            lost_peppers: self.lost_peppers.clone(),
            hasher_threads: NonZeroUsize::new(self.hash_threads).unwrap_or(usual.hasher_threads),
            hasher_queue: self.hash_queue,
            default_merchant: (self.default_merchant > 0).then(|| self.default_merchant.into()),
            merchant_currency: self.merchant_currency,
            merchant_time_zone: self.merchant_time_zone,
            ..usual
        }
    }
}

/// What stands before the colon of a key.
fn is_key_id(text: &str) -> bool {
    regulars_auth::Key::new(text, vec![1; 32]).is_ok()
}

/// Reads a value by the name that it has everywhere.
pub(super) fn by_name<'de, D: Deserializer<'de>, T: FromStr>(
    deserializer: D,
) -> Result<T, D::Error> {
    let name = String::deserialize(deserializer)?;
    name.parse().map_err(|_unknown| D::Error::custom("no such name"))
}

impl Section for Auth {
    const NAME: &'static str = "auth";

    fn check(&self, check: &mut Check) {
        check.time("access_lifetime", self.access_lifetime, seconds(1)..=seconds(9_999 * HOUR));
        check.time(
            "refresh_lifetime",
            self.refresh_lifetime,
            seconds(1)..=seconds(3_650 * 24 * HOUR),
        );
        check.time("refresh_grace", self.refresh_grace, seconds(0)..=seconds(10));
        check.number("bcrypt_cost", self.bcrypt_cost, 4..=16);
        check.number_or_auto("hash_threads", self.hash_threads, 1..=256);
        check.number("hash_queue", self.hash_queue, 1..=10_000);
        check.rule(
            "lost_peppers",
            "a list of ids of peppers, as in [\"3f9a21c0\"]",
            self.lost_peppers.iter().all(|id| is_key_id(id)),
        );
        check.rule(
            "default_merchant",
            "a merchant's number (pk), or 0 for none",
            self.default_merchant >= 0,
        );
        check.rule("merchant_currency", "an ISO 4217 code, as in EUR", true);
        check.rule("merchant_time_zone", "an IANA name, as in Europe/Berlin", true);
    }
}
