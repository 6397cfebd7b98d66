//! What Spotify's refusals mean. Its own words are not repeated: they may have in them what was sent.

use regulars_kernel::Timestamp;
use serde_json::Value;

use super::quota::Mode;
use crate::{connector::Fault, outgoing::Answer};

/// Why there are no tokens.
pub(super) enum Refused {
    /// The grant or code is not good any more, and never will be.
    Dead,
    /// Something else.
    Fault(Fault),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The grant ended: what the customer is told.
pub(super) fn dead() -> Fault {
    Fault::NeedsAuth(
        "Your Spotify account is not linked any more: a link ends six months after you allowed it, or when you take it back at Spotify. Please link it again."
            .to_owned(),
    )
}

/// A refusal of the host of grants: `{"error": "invalid_grant", "error_description": …}`.
pub(super) fn of_accounts(answer: &Answer, now: Timestamp) -> Refused {
    let told: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let code = told.as_ref().and_then(|told| told.get("error")).and_then(Value::as_str);
    let settings = |sentence: &str| Refused::Fault(Fault::Settings(sentence.to_owned()));
    match (answer.status, code) {
        (400 | 401, Some("invalid_grant")) => Refused::Dead,
        (400 | 401, Some("invalid_client")) => settings(
            "Spotify does not know this client id, or the redirect URI is not entered in its dashboard. Copy the client id from there, and enter the redirect URI there exactly as here.",
        ),
        (400 | 401 | 403, Some("unauthorized_client" | "unsupported_grant_type")) => settings(
            "Spotify does not let this app link accounts. Look in its dashboard whether the app is active.",
        ),
        // Whatever word it comes with.
        (429, _) => answer.fault(now).into(),
        (400..=499, Some("server_error" | "temporarily_unavailable")) => {
            let after = answer.retry_after(now);
            Fault::Transient { message: "Spotify cannot give tokens just now".to_owned(), after }
                .into()
        }
        // No password was sent that could be wrong.
        (401, _) => settings("Spotify refused the app (401)."),
        _ => answer.fault(now).into(),
    }
}

/// A refusal of the host of profiles: `{"error": {"status", "message"}}`.
pub(super) fn of_api(answer: &Answer, mode: Mode, now: Timestamp) -> Fault {
    match (answer.status, mode) {
        (403, Mode::Development) => Fault::Settings(
            "Spotify refuses this account (403). The app is in development mode: enter the customer's Spotify e-mail address under User Management in its dashboard, five people at most; its owner needs Spotify Premium."
                .to_owned(),
        ),
        (403, Mode::Extended) => Fault::Settings(
            "Spotify refuses this account (403). Look in its dashboard whether the app is active and its quota extended."
                .to_owned(),
        ),
        _ => answer.fault(now),
    }
}
