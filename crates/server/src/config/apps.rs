//! `[apps]`: how much applications may ask.

use std::num::{NonZeroU32, NonZeroU64};

use regulars_api::limit::RequestLimits;
use serde::Deserialize;

use super::check::{Check, Section};

/// The section `[apps]`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Apps {
    pub(crate) requests_per_minute: u32,
    pub(crate) most_requests_per_minute: u32,
    pub(crate) cost_per_request: u64,
}

impl Apps {
    /// The limits as the API wants them.
    pub(crate) fn limits(&self) -> RequestLimits {
        let usual = RequestLimits::default();
        let most = NonZeroU32::new(self.most_requests_per_minute);
        RequestLimits {
            per_minute: NonZeroU32::new(self.requests_per_minute).unwrap_or(usual.per_minute),
            most_per_minute: most.unwrap_or(usual.most_per_minute),
            cost_per_unit: NonZeroU64::new(self.cost_per_request).unwrap_or(usual.cost_per_unit),
        }
    }
}

impl Section for Apps {
    const NAME: &'static str = "apps";

    fn check(&self, check: &mut Check) {
        check.number("requests_per_minute", self.requests_per_minute, 1..=1_000_000);
        check.number("most_requests_per_minute", self.most_requests_per_minute, 1..=1_000_000);
        check.number("cost_per_request", self.cost_per_request, 1..=10_000_000);
    }
}
