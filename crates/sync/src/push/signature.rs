//! Whether a body comes from whoever holds the secret, and was sent just now.

use std::time::Duration;

use base64::Engine as _;
use hmac::Mac as _;
use regulars_kernel::Timestamp;

use crate::webhook::{
    Secret,
    secret::{BASE64, VERSION},
};

/// How far a sender's clock may be from ours, either way.
pub const CLOCKS_APART: Duration = Duration::from_mins(5);
const MOST_ID_CHARS: usize = 255;
/// The most signatures of a body that are looked at: a rotation has two.
const MOST_SIGNATURES: usize = 10;

/// The headers of a body; none where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Headers<'a> {
    /// `webhook-id`.
    pub id: Option<&'a str>,
    /// `webhook-timestamp`.
    pub timestamp: Option<&'a str>,
    /// `webhook-signature`.
    pub signature: Option<&'a str>,
}

/// What a body that was verified is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Its id, the same whenever it is sent again: the inbox's key.
    pub id: String,
    /// When it was sent.
    pub sent_at: Timestamp,
}

/// Why a body is not taken. Each is a 401 to the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header is missing or malformed.
    #[error("The header {0} is missing or malformed.")]
    Header(&'static str),
    /// It is an old one, sent again, or a clock is wrong.
    #[error("The body was signed more than 5 minutes from now: is the sender's clock right?")]
    Clock,
    /// No signature fits.
    #[error("No signature fits the body: is the secret right, and the body signed as it is sent?")]
    Signature,
}

/// Verifies a body as it came, before anything is read in it. The secrets are those that are good at the moment: one, or during a rotation
/// several. All are tried, whichever fits, in constant time.
pub fn verify(
    headers: &Headers<'_>,
    body: &[u8],
    secrets: &[Secret],
    now: Timestamp,
) -> Result<Verified, Refusal> {
    let visible = |byte: u8| byte.is_ascii_graphic() && byte != b'.';
    let id = headers.id.ok_or(Refusal::Header("webhook-id"))?;
    if id.is_empty() || id.len() > MOST_ID_CHARS || !id.bytes().all(visible) {
        return Err(Refusal::Header("webhook-id"));
    }
    let timestamp = headers
        .timestamp
        .filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or(Refusal::Header("webhook-timestamp"))?;
    let seconds = timestamp.parse().map_err(|_large| Refusal::Header("webhook-timestamp"))?;
    let sent_at = Timestamp::from_seconds(seconds);
    if now.seconds().abs_diff(sent_at.seconds()) > CLOCKS_APART.as_secs() {
        return Err(Refusal::Clock);
    }
    let signatures = headers.signature.ok_or(Refusal::Header("webhook-signature"))?;
    let mut fits = false;
    for signature in signatures.split(' ').take(MOST_SIGNATURES) {
        // Signatures of other versions are for others.
        let Some((VERSION, encoded)) = signature.split_once(',') else { continue };
        let Ok(bytes) = BASE64.decode(encoded) else { continue };
        for secret in secrets {
            fits |= secret.mac(id, timestamp, body).verify_slice(&bytes).is_ok();
        }
    }
    if fits { Ok(Verified { id: id.to_owned(), sent_at }) } else { Err(Refusal::Signature) }
}

#[cfg(test)]
mod tests;
