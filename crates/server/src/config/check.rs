//! What is allowed for a setting: said once, checked with it, and printed where it is refused.

use std::{fmt::Display, ops::RangeInclusive, time::Duration};

use serde::de::DeserializeOwned;

/// A section of the settings.
pub(super) trait Section: DeserializeOwned {
    /// Its name in the file.
    const NAME: &'static str;
    /// Settings whose values are never printed.
    const SECRET: &'static [&'static str] = &[];

    /// Goes through every setting and says what is allowed for it.
    fn check(&self, check: &mut Check);
}

/// Collects what is allowed and what was refused.
#[derive(Debug, Default)]
pub(super) struct Check(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    setting: &'static str,
    allowed: String,
    holds: bool,
}

impl Check {
    /// A number within bounds.
    pub(super) fn number<N: PartialOrd + Display + Copy>(
        &mut self,
        setting: &'static str,
        value: N,
        range: RangeInclusive<N>,
    ) {
        let allowed = format!("{} to {}", range.start(), range.end());
        self.rule(setting, allowed, range.contains(&value));
    }

    /// A number within bounds, or 0 for what the program thinks best.
    pub(super) fn number_or_auto<N: PartialOrd + Display + Copy + Default>(
        &mut self,
        setting: &'static str,
        value: N,
        range: RangeInclusive<N>,
    ) {
        let allowed = format!("{} to {}, or 0 (automatic)", range.start(), range.end());
        let holds = value == N::default() || range.contains(&value);
        self.rule(setting, allowed, holds);
    }

    /// A length of time within bounds.
    pub(super) fn time(
        &mut self,
        setting: &'static str,
        value: Duration,
        range: RangeInclusive<Duration>,
    ) {
        let [start, end] = [range.start(), range.end()].map(|bound| written(*bound));
        self.rule(setting, format!("{start} to {end}"), range.contains(&value));
    }

    /// Something said in words.
    pub(super) fn rule(&mut self, setting: &'static str, allowed: impl Into<String>, holds: bool) {
        self.0.push(Rule { setting, allowed: allowed.into(), holds });
    }

    /// What is allowed for a setting.
    pub(super) fn allowed(&self, setting: &str) -> Option<String> {
        self.0.iter().find(|rule| rule.setting == setting).map(|rule| rule.allowed.clone())
    }

    /// The settings that were refused, with what is allowed.
    pub(super) fn into_refused(self) -> impl Iterator<Item = (&'static str, String)> {
        self.0.into_iter().filter(|rule| !rule.holds).map(|rule| (rule.setting, rule.allowed))
    }

    #[cfg(test)]
    pub(super) fn into_all(self) -> impl Iterator<Item = (&'static str, String)> {
        self.0.into_iter().map(|rule| (rule.setting, rule.allowed))
    }
}

/// In the largest unit that needs no fraction, as the settings are written.
fn written(time: Duration) -> String {
    let milliseconds = time.as_millis();
    let units = [("days", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
    let fitting = units.iter().find(|(_name, unit)| milliseconds.is_multiple_of(*unit));
    match fitting {
        _ if milliseconds == 0 => "0s".to_owned(),
        Some((name, unit)) => format!("{}{name}", milliseconds / unit),
        None => format!("{milliseconds}ms"),
    }
}

/// Seconds.
pub(super) const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
