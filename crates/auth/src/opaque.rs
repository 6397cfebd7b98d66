//! Tokens without a content of their own: 40 hexadecimal digits that name a row. Of each only its SHA-256 is kept.

use std::fmt;

use rand::CryptoRng;
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};

use crate::keys::Key;

const BYTES: usize = 20;

/// 160 bits that nobody guesses. Never prints.
pub(crate) struct Opaque(SecretBox<[u8; BYTES]>);

impl Opaque {
    /// Draws one.
    pub(crate) fn draw(rng: &mut impl CryptoRng) -> Self {
        Self(SecretBox::init_with_mut(|bytes: &mut [u8; BYTES]| rng.fill_bytes(bytes)))
    }

    /// Reads 40 lower-case hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if !text.bytes().all(lower) {
            return None;
        }
        let mut bytes = Box::new([0; BYTES]);
        hex::decode_to_slice(text, bytes.as_mut_slice()).ok()?;
        Some(Self(bytes.into()))
    }

    /// The one that follows from a key and a message: the first 20 bytes of HMAC-SHA256.
    pub(crate) fn derive(key: &Key, message: &[u8]) -> Self {
        let mac = key.mac(message);
        Self(SecretBox::init_with_mut(|bytes: &mut [u8; BYTES]| {
            for (byte, from) in bytes.iter_mut().zip(mac) {
                *byte = from;
            }
        }))
    }

    /// The bytes, for deriving another one.
    pub(crate) fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// The 40 digits, for the one place that hands them out.
    pub(crate) fn to_hex(&self) -> String {
        hex::encode(self.0.expose_secret())
    }

    /// What is kept of it.
    pub(crate) fn digest(&self) -> TokenDigest {
        TokenDigest::of(self.0.expose_secret())
    }
}

impl Clone for Opaque {
    fn clone(&self) -> Self {
        Self(Box::new(*self.0.expose_secret()).into())
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// SHA-256 of a token: enough to know it again, useless to whoever reads the database. (A token has 160 random bits, so a
/// slow hash would protect nothing more.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of a secret.
    pub(crate) fn of(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// Takes a digest from a store.
    pub const fn from_stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a store.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
