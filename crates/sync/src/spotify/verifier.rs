//! What proves that who exchanges a code is who asked for it (RFC 7636).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::CryptoRng;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// 64 random bytes are 86 characters: between the 43 and 128 that there may be.
const RANDOM_BYTES: usize = 64;

/// A code verifier. Never prints itself.
#[derive(Clone)]
pub struct Verifier(SecretString);

impl Verifier {
    /// A fresh one.
    pub fn draw(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; RANDOM_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes).into())
    }

    /// One that was kept: 43 to 128 unreserved characters.
    pub fn from_stored(text: &str) -> Option<Self> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let fits = (43..=128).contains(&text.len()) && text.bytes().all(unreserved);
        fits.then(|| Self(text.into()))
    }

    /// Its text: to be kept encrypted, and to be sent with the code.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is told beforehand: its SHA-256, as base64url.
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.expose()))
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636() {
        let verifier =
            Verifier::from_stored("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_verifier_has_86_characters_is_never_the_same_and_never_printed() {
        let (one, other) = (Verifier::draw(&mut rand::rng()), Verifier::draw(&mut rand::rng()));
        assert_eq!(one.expose().len(), 86);
        assert_ne!(one.expose(), other.expose());
        assert_eq!(format!("{one:?}"), "Verifier(***)");
        assert!(Verifier::from_stored(one.expose()).is_some());
        for bad in ["", &"x".repeat(42), &"x".repeat(129), &"ä".repeat(43), &" ".repeat(43)] {
            assert!(Verifier::from_stored(bad).is_none());
        }
    }
}
