//! What a measurement gave.

use std::time::Duration;

use serde_json::{Value, json};

/// What one measurement gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// Answers.
    pub(crate) requests: u64,
    /// How long it took.
    pub(crate) time: Duration,
    /// What the processor did meanwhile, for the server and for the database.
    pub(crate) processor: Duration,
    /// Half of the answers came within this.
    pub(crate) p50: Duration,
    /// All but one of a hundred came within this.
    pub(crate) p99: Duration,
}

impl Figures {
    /// Answers for each second.
    pub(crate) fn rate(&self) -> f64 {
        share(self.requests, self.time)
    }

    /// Answers for each second that a processor worked.
    pub(crate) fn rate_of_processor(&self) -> f64 {
        share(self.requests, self.processor)
    }

    /// How much longer the slow answers took.
    pub(crate) fn spread(&self) -> f64 {
        self.p99.as_secs_f64() / self.p50.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    pub(crate) fn to_json(self) -> Value {
        json!({
            "requests": self.requests,
            "seconds": self.time.as_secs_f64(),
            "processorSeconds": self.processor.as_secs_f64(),
            "requestsPerSecond": self.rate(),
            "requestsPerProcessorSecond": self.rate_of_processor(),
            "p50Milliseconds": milliseconds(self.p50),
            "p99Milliseconds": milliseconds(self.p99),
        })
    }
}

/// Milliseconds, with their fraction.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^52")]
fn share(requests: u64, time: Duration) -> f64 {
    requests as f64 / time.as_secs_f64().max(f64::MIN_POSITIVE)
}
