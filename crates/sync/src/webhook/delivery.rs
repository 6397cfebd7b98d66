//! One attempt.

use std::{
    io::Read as _,
    time::{Duration, Instant},
};

use regulars_kernel::Timestamp;

use super::{Endpoint, Message, signatures};
use crate::{
    connector::Fault,
    outgoing::{Answer, Client, Outgoing},
};

/// How long an attempt may take, from the looking up of the host to the end of the answer.
pub const TIMEOUT: Duration = Duration::from_secs(15);
/// The most bytes of an answer that are read.
const MOST_ANSWER_BYTES: u64 = 64 * 1024;
/// The most characters of an answer that are kept, to be shown to the endpoint's owner.
const KEPT_CHARS: usize = 500;
/// How long an endpoint that is overloaded, and does not say for how long, is left alone.
const OVERLOADED: Duration = Duration::from_mins(1);

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived: the answer was 2xx.
    Delivered,
    /// It did not, with a sentence for the endpoint's owner.
    Failed(String),
    /// The endpoint wants nothing any more (410), with a sentence for its owner.
    Gone(String),
}

/// An attempt, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When it was made.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What the endpoint answered; none where it did not.
    pub status: Option<u16>,
    /// What that means.
    pub outcome: Outcome,
    /// For how long nothing at all should go to this endpoint: it said so, or that it is overloaded.
    pub slow_down: Option<Duration>,
    /// The beginning of what it answered, for its owner. Not to be logged.
    pub answer: String,
}

/// Sends a message to an endpoint, once. Waits for at most [`TIMEOUT`].
pub fn deliver(
    client: &Client,
    endpoint: &Endpoint,
    message: &Message,
    now: Timestamp,
) -> Delivery {
    let timestamp = now.seconds().to_string();
    let signed = signatures(endpoint.secrets(), message.id(), now, message.payload());
    let headers = [
        ("content-type", "application/json"),
        ("webhook-id", message.id()),
        ("webhook-timestamp", &timestamp),
        ("webhook-signature", &signed),
    ];
    let outgoing = Outgoing {
        method: "POST",
        url: endpoint.url(),
        headers: &headers,
        body: message.payload(),
    };
    let began = Instant::now();
    let opened = client.open_within(&outgoing, TIMEOUT);
    let mut delivery = match opened {
        Ok((head, body)) => {
            let mut bytes = Vec::new();
            // The status alone decides: an answer that is cut after it says no less.
            body.take(MOST_ANSWER_BYTES).read_to_end(&mut bytes).ok();
            let answer = String::from_utf8_lossy(&bytes).chars().take(KEPT_CHARS).collect();
            Delivery { answer, ..judge(&head, now) }
        }
        Err(fault) => Delivery {
            at: now,
            took: Duration::ZERO,
            status: None,
            outcome: Outcome::Failed(unanswered(&fault)),
            slow_down: None,
            answer: String::new(),
        },
    };
    delivery.took = began.elapsed();
    delivery
}

fn judge(head: &Answer, now: Timestamp) -> Delivery {
    let status = head.status;
    let outcome = match status {
        200..=299 => Outcome::Delivered,
        410 => Outcome::Gone(
            "The endpoint answered 410: it wants nothing any more, and was disabled.".to_owned(),
        ),
        300..=399 => Outcome::Failed(format!(
            "The endpoint answered {status}: redirects are not followed; give the address that it leads to."
        )),
        429 => Outcome::Failed("The endpoint answered 429: it gets too much at once.".to_owned()),
        status => Outcome::Failed(format!("The endpoint answered {status}; only 2xx is success.")),
    };
    let slow_down = match outcome {
        Outcome::Delivered | Outcome::Gone(_) => None,
        Outcome::Failed(_) => {
            let overloaded = matches!(status, 429 | 502 | 504).then_some(OVERLOADED);
            head.retry_after(now).or(overloaded)
        }
    };
    Delivery {
        at: now,
        took: Duration::ZERO,
        status: Some(status),
        outcome,
        slow_down,
        answer: String::new(),
    }
}

fn unanswered(fault: &Fault) -> String {
    format!("The endpoint did not answer: {}", fault.to_string().trim_end_matches('.')) + "."
}
