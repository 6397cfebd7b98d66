//! Credentials at rest: encrypted under a key that is not in the database (engine rule 24).
//!
//! What is sealed reads, byte by byte: the format's version (1), how long the key's id is, the key's id, a random nonce of 24
//! bytes, and the credentials as JSON under XChaCha20-Poly1305 (its tag of 16 bytes at the end). The cipher's key follows from
//! the key of that id by HMAC-SHA256. All that stands before the nonce, and the **context**, are authenticated with it: what
//! belongs to one connection opens nowhere else.
//!
//! A key is rotated as every other one is: the new one behind the one in use, on every server; then in front. From then on
//! [`Vault::is_current`] says no to what the old one sealed, and whoever holds it seals it again; the old key may go when
//! nothing of it is left ([`Vault::key_id`]).

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{AeadInOut as _, KeyInit as _},
};
use rand::RngCore as _;
use regulars_auth::{Key, KeyRing};
use regulars_kernel::MerchantId;
use secrecy::{ExposeSecret as _, zeroize::Zeroizing};
use serde_json::Value;

/// For what the key is used here, so that nothing that it makes means anything anywhere else.
const PURPOSE: &[u8] = b"regulars: credentials of outside systems, version 1";
/// The format. Another cipher, or another order of the bytes, is another version.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
/// Room for the credentials before they are encrypted in place: so much that they are not moved while they are written, which
/// would leave a copy behind. Longer ones (a private key is about 3,300 bytes) are sealed as well.
const USUAL_BYTES: usize = 16 * 1024;

/// The credentials of one connection of one merchant, as the context of [`Vault::seal`] and [`Vault::open`].
pub fn context(merchant: MerchantId, connection: i64) -> Vec<u8> {
    format!("merchant {merchant} connection {connection}").into_bytes()
}

/// Seals credentials, and opens them. Never prints a key.
#[derive(Debug)]
pub struct Vault {
    keys: KeyRing,
}

/// Why credentials cannot be sealed or opened. Says what to do, and nothing of the credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultFault {
    /// There is no key at all.
    #[error(
        "the credentials of outside systems need a key to be encrypted under, and keys.encryption has none. `regulars keys` \
         prints new keys: take the line `encryption` of them, and no other, into the section [keys] of your configuration \
         file, or its key into REGULARS_KEYS_ENCRYPTION, the same on every server"
    )]
    NoKey,
    /// The key of that id is not among ours.
    #[error(
        "the credentials were encrypted under the key {0}, which is not among keys.encryption. Put it there again, behind the \
         one in use: it is in the keys of the server that encrypted them, or in their backup. Only where it is lost for good: \
         enter the credentials of this connection anew"
    )]
    MissingKey(String),
    /// A later version of this program sealed them.
    #[error(
        "the credentials were encrypted by a later version of this program (format {0}): run that version, or enter the \
         credentials of this connection anew"
    )]
    Version(u8),
    /// The bytes are cut off, or are something else.
    #[error(
        "what stands in the place of the encrypted credentials is damaged: restore the database from a backup, or enter the \
         credentials of this connection anew"
    )]
    Damaged,
    /// They were changed, were sealed for another connection, or the key of that id is another one.
    #[error(
        "the encrypted credentials do not open with the key {0}: they were altered, or belong to another connection, or the \
         key is not the one that they were encrypted under. If keys.encryption was changed, put the former key back; else \
         enter the credentials of this connection anew"
    )]
    Refused(String),
}

impl Vault {
    /// A vault whose first key seals, and all of whose keys open.
    pub const fn new(keys: KeyRing) -> Self {
        Self { keys }
    }

    /// The vault of a deployment, as its configuration has it (`Keys::encryption`); [`VaultFault::NoKey`] where it has no key.
    pub fn of(keys: Option<KeyRing>) -> Result<Self, VaultFault> {
        keys.map(Self::new).ok_or(VaultFault::NoKey)
    }

    /// Encrypts credentials under the key in use. They open with the same context alone: see [`context`]. Two calls never
    /// answer the same.
    ///
    /// # Panics
    /// Never: a JSON value always writes into memory, and the cipher takes more than any memory holds.
    pub fn seal(&self, context: &[u8], plain: &Value) -> Vec<u8> {
        let key = self.keys.current();
        let mut sealed = head(key);
        let associated = [sealed.as_slice(), context].concat();
        let mut nonce = [0; NONCE_BYTES];
        rand::rng().fill_bytes(&mut nonce);
        // Encrypted in the place that it is written to, so that nothing of it is left there.
        let mut text = Vec::with_capacity(USUAL_BYTES);
        #[expect(clippy::expect_used, reason = "a JSON value always writes into memory")]
        serde_json::to_writer(&mut text, plain).expect("memory");
        #[expect(clippy::expect_used, reason = "the cipher takes 256 GiB, which no memory holds")]
        cipher(key)
            .encrypt_in_place(&XNonce::from(nonce), &associated, &mut text)
            .expect("less than 256 GiB");
        sealed.extend(nonce);
        sealed.extend(text);
        sealed
    }

    /// Decrypts what [`Self::seal`] answered for the same context, under the key in use or a former one.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Value, VaultFault> {
        let Parts { head, id, nonce, text } = parts(sealed)?;
        let key = self.keys.find(id).ok_or_else(|| VaultFault::MissingKey(id.to_owned()))?;
        let mut text = Zeroizing::new(text.to_vec());
        cipher(key)
            .decrypt_in_place(&XNonce::from(nonce), &[head, context].concat(), &mut *text)
            .map_err(|_error| VaultFault::Refused(id.to_owned()))?;
        serde_json::from_slice(&text).map_err(|_error| VaultFault::Damaged)
    }

    /// Whether the key in use sealed this, in today's format. If not, and it opens, it is to be sealed again.
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        Self::key_id(sealed).is_ok_and(|id| id == self.keys.current().id())
    }

    /// The id of the key that sealed this. Opens nothing, so it may be wrong where the bytes were altered.
    pub fn key_id(sealed: &[u8]) -> Result<&str, VaultFault> {
        parts(sealed).map(|parts| parts.id)
    }
}

/// What is sealed, taken apart.
struct Parts<'a> {
    /// All before the nonce.
    head: &'a [u8],
    id: &'a str,
    nonce: [u8; NONCE_BYTES],
    /// Encrypted, with its tag.
    text: &'a [u8],
}

fn parts(sealed: &[u8]) -> Result<Parts<'_>, VaultFault> {
    let take = || {
        let (length, rest) = sealed.get(1..)?.split_first()?;
        let (id, rest) = rest.split_at_checked(usize::from(*length))?;
        let (nonce, text) = rest.split_first_chunk()?;
        let head = sealed.get(..id.len().checked_add(2)?)?;
        let id = str::from_utf8(id).ok().filter(|id| is_id(id))?;
        Some(Parts { head, id, nonce: *nonce, text })
    };
    match sealed.first() {
        Some(&VERSION) => take().ok_or(VaultFault::Damaged),
        Some(version) if *version > VERSION => Err(VaultFault::Version(*version)),
        _ => Err(VaultFault::Damaged),
    }
}

/// Whether a key may be called that: what is not even that is not told to anybody.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// The version, and the id of a key: it is 1 to 32 bytes long.
fn head(key: &Key) -> Vec<u8> {
    let length = u8::try_from(key.id().len()).unwrap_or(u8::MAX);
    [&[VERSION, length], key.id().as_bytes()].concat()
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.subkey(PURPOSE).expose_secret().into())
}

#[cfg(test)]
mod tests;
