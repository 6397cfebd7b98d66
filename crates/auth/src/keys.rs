//! The secrets of a deployment: what signs access tokens, what peppers passwords, what derives refresh tokens, what
//! encrypts the credentials of outside systems. Each key has an id, so that a new one can take over while the old one is
//! still honoured.

use std::fmt;

use hmac::{Hmac, Mac};
use rand::CryptoRng;
use secrecy::{ExposeSecret, SecretBox, SecretSlice};
use sha2::Sha256;

/// Bytes of a key that is made here.
const KEY_BYTES: usize = 32;
/// A shorter secret can be guessed; RFC 7518 §3.2 asks for as many bits as the hash has.
const LEAST_BYTES: usize = 32;
const MOST_BYTES: usize = 128;
const MOST_ID_CHARS: usize = 32;

/// A secret and its public name. Never prints the secret.
pub struct Key {
    id: String,
    secret: SecretSlice<u8>,
}

impl Key {
    /// A key from 32 to 128 bytes that are not all zero; the id is 1 to 32 of `A-Z a-z 0-9 - _`.
    pub fn new(id: &str, secret: Vec<u8>) -> Result<Self, KeyFault> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if id.is_empty() || id.len() > MOST_ID_CHARS || !id.bytes().all(plain) {
            return Err(KeyFault::Id);
        }
        if !(LEAST_BYTES..=MOST_BYTES).contains(&secret.len()) {
            return Err(KeyFault::Length);
        }
        if secret.iter().all(|byte| *byte == 0) {
            return Err(KeyFault::Zero);
        }
        Ok(Self { id: id.to_owned(), secret: secret.into() })
    }

    /// Reads `<id>:<hex>`, as a configuration file has it. Errors never repeat what stands there.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        let (id, secret) = text.split_once(':').ok_or(KeyFault::Pair)?;
        Self::new(id, hex::decode(secret).map_err(|_text| KeyFault::Hex)?)
    }

    /// A fresh key of 32 random bytes with a random id.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut id = [0; 4];
        let mut secret = vec![0; KEY_BYTES];
        rng.fill_bytes(&mut id);
        rng.fill_bytes(&mut secret);
        Self { id: hex::encode(id), secret: secret.into() }
    }

    /// The public name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// 32 bytes that follow from this key for a purpose, for a cipher that is kept elsewhere: they tell nothing of the key,
    /// and nothing of what another purpose gets. The purpose is a text of the program's own, never one that came in.
    pub fn subkey(&self, purpose: &[u8]) -> SecretBox<[u8; 32]> {
        SecretBox::init_with_mut(|bytes: &mut [u8; 32]| *bytes = self.mac(purpose))
    }

    /// The bytes. Only for handing to a cipher.
    pub(crate) fn expose(&self) -> &[u8] {
        self.secret.expose_secret()
    }

    /// Another key that follows from this one for a purpose, under the same name: neither tells of the other.
    pub(crate) fn derived(&self, purpose: &[u8]) -> Self {
        Self { id: self.id.clone(), secret: self.mac(purpose).to_vec().into() }
    }

    /// HMAC-SHA256 of a message under this key.
    pub(crate) fn mac(&self, message: &[u8]) -> [u8; 32] {
        // HMAC takes keys of any length, so the error cannot occur; an empty answer would be no safer than a panic.
        #[expect(clippy::expect_used, reason = "HMAC accepts a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(self.expose()).expect("a key of any length");
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, ***)", self.id)
    }
}

/// Keys of one purpose: the first makes what is new, all are honoured.
#[derive(Debug)]
pub struct KeyRing {
    first: Key,
    older: Vec<Key>,
}

impl KeyRing {
    /// A ring of all these, the current one first; `None` of none.
    pub fn of(keys: Vec<Key>) -> Option<Self> {
        let mut keys = keys.into_iter();
        Some(Self { first: keys.next()?, older: keys.collect() })
    }

    /// A ring of one key.
    pub const fn new(key: Key) -> Self {
        Self { first: key, older: Vec::new() }
    }

    /// The key that makes what is new.
    pub const fn current(&self) -> &Key {
        &self.first
    }

    /// The key of that id.
    pub fn find(&self, id: &str) -> Option<&Key> {
        self.iter().find(|key| key.id == id)
    }

    /// Every key, the current one first.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.first).chain(&self.older)
    }

    /// Makes another key the current one; the former stay honoured.
    pub fn rotate(&mut self, key: Key) {
        self.older.insert(0, std::mem::replace(&mut self.first, key));
    }
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Signs access tokens.
    Signing,
    /// Enters every password hash, so that a stolen database alone cracks nothing.
    Pepper,
    /// Derives a refresh token's successor.
    Refresh,
    /// Encrypts the credentials of outside systems, so that a stolen database alone opens none of them.
    Encryption,
}

impl Purpose {
    const ALL: [Self; 4] = [Self::Signing, Self::Pepper, Self::Refresh, Self::Encryption];

    /// The word in a key file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Pepper => "pepper",
            Self::Refresh => "refresh",
            Self::Encryption => "encryption",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Every key of a deployment.
#[derive(Debug)]
pub struct Keys {
    /// Sign access tokens. Without the old one, access tokens end at once.
    pub signing: KeyRing,
    /// Enter password hashes. Without the old one, whoever did not log in since can not log in again.
    pub pepper: KeyRing,
    /// Derive refresh tokens. Without the old one, an answer lost in the seconds of the change is lost.
    pub refresh: KeyRing,
    /// Encrypt the credentials of outside systems. Without the old one, what was encrypted under it is lost, and whoever
    /// connected such a system connects it anew. `None` in a deployment that has no such key: nothing else needs it.
    pub encryption: Option<KeyRing>,
}

impl Keys {
    /// A fresh key for each purpose.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self {
            signing: KeyRing::new(Key::generate(rng)),
            pepper: KeyRing::new(Key::generate(rng)),
            refresh: KeyRing::new(Key::generate(rng)),
            encryption: Some(KeyRing::new(Key::generate(rng))),
        }
    }

    /// Reads the text form: a key a line, `<purpose> <id> <hex>`, the first of a purpose being the current one. Empty
    /// lines and lines that begin with `#` are skipped. Every purpose has a key, but for `encryption`. Errors name the line and never repeat what stands there.
    pub fn parse(text: &str) -> Result<Self, KeysError> {
        let mut found: [Vec<Key>; 4] = Default::default();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let at = |fault| KeysError::Line { number, fault };
            let mut words = line.split_whitespace();
            let (Some(purpose), Some(id), Some(secret), None) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                return Err(at(KeyFault::Shape));
            };
            let Some(ring) =
                Purpose::ALL.iter().zip(&mut found).find(|(known, _)| known.word() == purpose)
            else {
                return Err(at(KeyFault::Purpose));
            };
            let secret = hex::decode(secret).map_err(|_text| at(KeyFault::Hex))?;
            let key = Key::new(id, secret).map_err(at)?;
            if ring.1.iter().any(|other| other.id == key.id) {
                return Err(at(KeyFault::Twice));
            }
            ring.1.push(key);
        }
        let [signing, pepper, refresh, encryption] = found;
        let ring = |keys, purpose| KeyRing::of(keys).ok_or(KeysError::Missing(purpose));
        Ok(Self {
            signing: ring(signing, Purpose::Signing)?,
            pepper: ring(pepper, Purpose::Pepper)?,
            refresh: ring(refresh, Purpose::Refresh)?,
            encryption: KeyRing::of(encryption),
        })
    }

    /// The text form that [`Self::parse`] reads. It holds the secrets: for a file of mode 0600 and nothing else.
    pub fn to_text(&self) -> SecretText {
        let rings = [
            Some(&self.signing),
            Some(&self.pepper),
            Some(&self.refresh),
            self.encryption.as_ref(),
        ];
        let lines = Purpose::ALL.iter().zip(rings).flat_map(|(purpose, ring)| {
            ring.into_iter()
                .flat_map(KeyRing::iter)
                .map(move |key| format!("{purpose} {} {}\n", key.id, hex::encode(key.expose())))
        });
        SecretText(lines.collect::<String>().into())
    }
}

/// A text that must not be printed.
#[derive(Clone)]
pub struct SecretText(secrecy::SecretString);

impl SecretText {
    /// The text, for the one place that may have it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What is wrong with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Not three words.
    #[error("expected `<purpose> <id> <hex>`")]
    Shape,
    /// Not two words with a colon between.
    #[error("expected `<id>:<hex>`")]
    Pair,
    /// No such purpose.
    #[error("the purpose is one of signing, pepper, refresh, encryption")]
    Purpose,
    /// The id does not fit.
    #[error("the id is 1 to 32 letters, digits, `-` or `_`")]
    Id,
    /// The secret is not hexadecimal.
    #[error("the secret is not hexadecimal")]
    Hex,
    /// The secret is too short or too long.
    #[error("the secret has 32 to 128 bytes")]
    Length,
    /// The secret is what a damaged disk gives back, and no secret.
    #[error("the secret is all zeros")]
    Zero,
    /// The purpose has a key of that id already.
    #[error("the id occurs twice")]
    Twice,
}

/// Why a text is no set of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// A line is at fault.
    #[error("line {number}: {fault}")]
    Line {
        /// Counted from 1.
        number: usize,
        /// What is wrong there.
        fault: KeyFault,
    },
    /// A purpose has no key.
    #[error("there is no {0} key")]
    Missing(Purpose),
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    #[test]
    fn the_text_form_keeps_every_key_and_their_order() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut keys = Keys::generate(&mut rng);
        keys.pepper.rotate(Key::generate(&mut rng));
        keys.encryption.as_mut().unwrap().rotate(Key::generate(&mut rng));
        let read = Keys::parse(keys.to_text().expose()).unwrap();
        assert_eq!(read.to_text().expose(), keys.to_text().expose());
        assert_eq!(read.pepper.current().id(), keys.pepper.current().id());
        assert_eq!(read.pepper.iter().count(), 2);
        assert_eq!(read.encryption.unwrap().iter().count(), 2);
    }

    #[test]
    fn keys_of_before_have_none_for_encryption_and_are_whole() {
        let digits = "01".repeat(32);
        let text = format!("signing a {digits}\npepper a {digits}\nrefresh a {digits}\n");
        let keys = Keys::parse(&text).unwrap();
        assert!(keys.encryption.is_none());
        assert_eq!(keys.to_text().expose(), text);
    }

    #[test]
    fn a_subkey_follows_from_its_key_and_its_purpose_alone() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let (key, other) = (Key::generate(&mut rng), Key::generate(&mut rng));
        let same = Key::new("renamed", key.expose().to_vec()).unwrap();
        let subkey = |key: &Key, purpose| *key.subkey(purpose).expose_secret();
        assert_eq!(subkey(&key, b"a"), subkey(&same, b"a"));
        assert_ne!(subkey(&key, b"a"), subkey(&key, b"b"));
        assert_ne!(subkey(&key, b"a"), subkey(&other, b"a"));
        assert_ne!(subkey(&key, b"a"), key.expose());
        assert!(format!("{:?}", key.subkey(b"a")).ends_with("([REDACTED])"));
    }

    #[test]
    fn a_key_file_at_fault_is_refused_by_line() {
        let good = "01".repeat(32);
        let line = |number, fault| KeysError::Line { number, fault };
        for (text, error) in [
            (String::new(), KeysError::Missing(Purpose::Signing)),
            (format!("signing a {good}\npepper a {good}"), KeysError::Missing(Purpose::Refresh)),
            (format!("# hello\n\nsigning {good}"), line(3, KeyFault::Shape)),
            (format!("signing a {good} b"), line(1, KeyFault::Shape)),
            (format!("sining a {good}"), line(1, KeyFault::Purpose)),
            (format!("signing a:b {good}"), line(1, KeyFault::Id)),
            ("signing a zz".to_owned(), line(1, KeyFault::Hex)),
            ("signing a 00ff".to_owned(), line(1, KeyFault::Length)),
            (format!("signing a {}", "00".repeat(32)), line(1, KeyFault::Zero)),
            (format!("signing a {good}\nsigning a {good}"), line(2, KeyFault::Twice)),
        ] {
            assert_eq!(Keys::parse(&text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn a_key_of_a_configuration_file_is_an_id_and_digits() {
        let digits = "0aB1".repeat(16);
        assert_eq!(Key::parse(&format!("2026-11_x:{digits}")).unwrap().id(), "2026-11_x");
        for (text, fault) in [
            (digits.clone(), KeyFault::Pair),
            (format!(":{digits}"), KeyFault::Id),
            (format!("k 1:{digits}"), KeyFault::Id),
            (format!("k1:{}", "xy".repeat(32)), KeyFault::Hex),
            (format!("k1:{}", "ab".repeat(16)), KeyFault::Length),
            (format!("k1:{}", "00".repeat(32)), KeyFault::Zero),
        ] {
            assert_eq!(Key::parse(&text).unwrap_err(), fault, "{text}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let keys = Keys::parse(
            &Purpose::ALL.map(|purpose| format!("{purpose} a {}", "ab".repeat(32))).join("\n"),
        )
        .unwrap();
        let printed = format!("{keys:?} {:?}", keys.to_text());
        assert!(!printed.contains("abab") && !printed.contains("171"), "{printed}");
    }
}
