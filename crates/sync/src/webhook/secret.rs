//! The secret that two sides share, and what is signed with it.

use std::fmt;

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use hmac::{Hmac, Mac};
use rand::CryptoRng;
use regulars_kernel::Timestamp;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::Sha256;

/// What secrets begin with.
pub const PREFIX: &str = "whsec_";
/// The fewest bytes that a secret has.
pub const LEAST_BYTES: usize = 24;
/// The most bytes that a secret has.
pub const MOST_BYTES: usize = 64;
/// What signatures of this kind begin with: HMAC-SHA256.
pub(crate) const VERSION: &str = "v1";
/// Bytes of a secret that is made here: as many as the hash has.
const FRESH_BYTES: usize = 32;

/// Writes padding; reads with it or without.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a text is no secret. Never repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretFault {
    /// It does not begin as secrets do.
    #[error("A secret begins with whsec_.")]
    Prefix,
    /// What follows is not base64.
    #[error("After whsec_ a secret is base64.")]
    Encoding,
    /// It is too short to be safe, or longer than any.
    #[error("A secret has 24 to 64 bytes, before they are written as base64.")]
    Length,
}

/// A secret. Never prints itself.
#[derive(Clone)]
pub struct Secret(SecretSlice<u8>);

impl Secret {
    /// Reads `whsec_` and base64 of 24 to 64 bytes.
    pub fn parse(text: &str) -> Result<Self, SecretFault> {
        let encoded = text.trim().strip_prefix(PREFIX).ok_or(SecretFault::Prefix)?;
        let bytes = BASE64.decode(encoded).map_err(|_not| SecretFault::Encoding)?;
        if !(LEAST_BYTES..=MOST_BYTES).contains(&bytes.len()) {
            return Err(SecretFault::Length);
        }
        Ok(Self(bytes.into()))
    }

    /// A fresh one of 32 random bytes.
    pub fn draw(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = vec![0; FRESH_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(bytes.into())
    }

    /// As it is shown to whoever shares it, once, and as it is kept encrypted.
    pub fn to_text(&self) -> SecretString {
        format!("{PREFIX}{}", BASE64.encode(self.0.expose_secret())).into()
    }

    /// The signature of a body, with its version: `v1,…`.
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let mac = self.mac(id, &at.seconds().to_string(), body);
        format!("{VERSION},{}", BASE64.encode(mac.finalize().into_bytes()))
    }

    /// Over `id.timestamp.body`. To be finished, or compared in constant time.
    pub(crate) fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        // HMAC takes keys of any length, so the error cannot occur; an empty answer would be no safer than a panic.
        #[expect(clippy::expect_used, reason = "HMAC accepts a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()).expect("any length");
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// The header `webhook-signature`: one signature for each secret that is good at the moment, parted by spaces.
pub fn signatures(secrets: &[Secret], id: &str, at: Timestamp, body: &[u8]) -> String {
    let each: Vec<_> = secrets.iter().map(|secret| secret.sign(id, at, body)).collect();
    each.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_read_within_their_bounds_and_never_printed() {
        let of = |bytes: usize| Secret::parse(&format!("whsec_{}", BASE64.encode(vec![7; bytes])));
        assert_eq!(of(23).unwrap_err(), SecretFault::Length);
        assert!(of(24).is_ok());
        assert!(of(64).is_ok());
        assert_eq!(of(65).unwrap_err(), SecretFault::Length);
        assert_eq!(Secret::parse("c2VjcmV0").unwrap_err(), SecretFault::Prefix);
        assert_eq!(Secret::parse("whsec_***").unwrap_err(), SecretFault::Encoding);
        assert_eq!(format!("{:?}", of(24).unwrap()), "Secret(***)");
    }

    #[test]
    fn a_fresh_secret_is_read_back_from_its_text() {
        let secret = Secret::draw(&mut rand::rng());
        let text = secret.to_text();
        assert!(text.expose_secret().starts_with("whsec_"));
        let again = Secret::parse(text.expose_secret()).unwrap();
        let at = Timestamp::from_seconds(1_800_000_000);
        assert_eq!(again.sign("msg_1", at, b"{}"), secret.sign("msg_1", at, b"{}"));
    }

    /// The example of the specification's own libraries.
    #[test]
    fn the_published_example_is_signed_as_published() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let at = Timestamp::from_seconds(1_614_265_330);
        assert_eq!(
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, br#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
