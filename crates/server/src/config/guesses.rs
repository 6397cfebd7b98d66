//! `[guesses]`: how often passwords, loyalty ids and codes may be tried.

use regulars_api::guess::GuessLimits;
use serde::Deserialize;

use super::check::{Check, Section};

/// The section `[guesses]`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Guesses {
    pub(crate) passwords: u32,
    pub(crate) network_passwords: u32,
    pub(crate) address_passwords: u32,
    pub(crate) identifications: u32,
    pub(crate) codes: u32,
    pub(crate) noted_refusals: u32,
}

impl Guesses {
    /// The limits as the API wants them.
    pub(crate) const fn limits(&self) -> GuessLimits {
        GuessLimits {
            passwords: self.passwords,
            network_passwords: self.network_passwords,
            address_passwords: self.address_passwords,
            identifications: self.identifications,
            codes: self.codes,
            noted_refusals: self.noted_refusals,
        }
    }
}

impl Section for Guesses {
    const NAME: &'static str = "guesses";

    fn check(&self, check: &mut Check) {
        check.number("passwords", self.passwords, 1..=1_000_000);
        check.number("network_passwords", self.network_passwords, 1..=1_000_000);
        check.number("address_passwords", self.address_passwords, 1..=1_000_000);
        check.number("identifications", self.identifications, 1..=1_000_000);
        check.number("codes", self.codes, 1..=1_000_000);
        check.number("noted_refusals", self.noted_refusals, 1..=10_000);
    }
}
