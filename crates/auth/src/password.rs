//! Passwords and what is kept of them: bcrypt over base64 of HMAC-SHA256(pepper, NFC(password)). Those 44 ASCII
//! characters are under bcrypt's 72 bytes and free of NUL, so nothing is cut off; and without the pepper, which is not in
//! the database, a stolen hash cannot even be tried.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use crate::keys::{Key, KeyRing};

/// A password as it was typed. Never prints.
#[derive(Clone, Default)]
pub struct Password(SecretString);

impl Password {
    /// Takes a password in.
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// What was typed, for the rules that judge it.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What bcrypt is given.
    fn peppered(&self, pepper: &Key) -> SecretString {
        let normal = SecretString::from(self.expose().nfc().collect::<String>());
        STANDARD.encode(pepper.mac(normal.expose_secret().as_bytes())).into()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

/// What is kept of a password: `<pepper id>:<bcrypt>`. Never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash {
    pepper: String,
    bcrypt: String,
    cost: u32,
}

/// A text that is no password hash of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a password hash")]
pub struct NoPasswordHash;

impl PasswordHash {
    /// Reads the stored form.
    pub fn parse(text: &str) -> Result<Self, NoPasswordHash> {
        let (pepper, bcrypt) = text.split_once(':').ok_or(NoPasswordHash)?;
        let parts: bcrypt::HashParts = bcrypt.parse().map_err(|_form| NoPasswordHash)?;
        Ok(Self { pepper: pepper.to_owned(), bcrypt: bcrypt.to_owned(), cost: parts.get_cost() })
    }

    /// The id of the pepper that it rests on.
    pub fn pepper(&self) -> &str {
        &self.pepper
    }

    /// The stored form.
    pub fn to_stored(&self) -> String {
        format!("{}:{}", self.pepper, self.bcrypt)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

/// The outcome of trying a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not the one, or there was none to compare with.
    Wrong,
    /// It is the one.
    Right {
        /// A hash by today's cost and pepper, where the kept one is by others.
        renewed: Option<PasswordHash>,
    },
}

/// bcrypt failed: the cost is out of its range, or the machine has no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct HashFault(#[from] bcrypt::BcryptError);

/// How passwords are hashed here: with which pepper and at what cost.
#[derive(Debug)]
pub struct PasswordScheme {
    peppers: KeyRing,
    lost: Vec<String>,
    cost: u32,
    rounds: AtomicU64,
}

impl PasswordScheme {
    /// The least and the most that bcrypt takes as its cost, a power of two of rounds.
    pub const COSTS: std::ops::RangeInclusive<u32> = 4..=31;

    /// A scheme; the cost is clipped to [`Self::COSTS`].
    pub fn new(peppers: KeyRing, cost: u32) -> Self {
        let cost = cost.clamp(*Self::COSTS.start(), *Self::COSTS.end());
        Self { peppers, lost: Vec::new(), cost, rounds: AtomicU64::new(0) }
    }

    /// The same scheme, told the ids of peppers that are lost for good: that passwords rest on them is known.
    pub fn with_lost(self, lost: Vec<String>) -> Self {
        Self { lost, ..self }
    }

    /// Hashes by today's cost and pepper. Takes a quarter of a second at cost 12.
    pub fn hash(&self, password: &Password) -> Result<PasswordHash, HashFault> {
        let pepper = self.peppers.current();
        let peppered = password.peppered(pepper);
        let bcrypt = bcrypt::non_truncating_hash(peppered.expose_secret(), self.cost)?;
        Ok(PasswordHash { pepper: pepper.id().to_owned(), bcrypt, cost: self.cost })
    }

    /// Tries a password against what is kept. A refusal takes today's cost, whether nothing is kept, or something of that
    /// cost or a lower one: the time that it takes does not tell who has an account. (What was hashed at a higher cost
    /// than today's tells, until it is renewed.)
    pub fn verify(
        &self,
        password: &Password,
        kept: Option<&PasswordHash>,
    ) -> Result<Verdict, HashFault> {
        let pepper = kept.and_then(|hash| self.peppers.find(&hash.pepper));
        if let (Some(hash), None) = (kept, pepper) {
            self.tell_absent(&hash.pepper);
        }
        let (Some(hash), Some(pepper)) = (kept, pepper) else {
            self.try_nobody(&password.peppered(self.peppers.current()), self.cost)?;
            return Ok(Verdict::Wrong);
        };
        let peppered = password.peppered(pepper);
        if !self.fits(&peppered, &hash.bcrypt, hash.cost)? {
            // 2^c + (2^c + 2^(c+1) + … + 2^(C-1)) = 2^C: as if it had been kept at today's cost.
            for cost in hash.cost..self.cost {
                self.try_nobody(&peppered, cost)?;
            }
            return Ok(Verdict::Wrong);
        }
        let current = hash.cost == self.cost && hash.pepper == self.peppers.current().id();
        let renewed = if current { None } else { Some(self.hash(password)?) };
        Ok(Verdict::Right { renewed })
    }

    /// A server does not start without a pepper that passwords rest on, unless it is known to be lost. One that is missed
    /// later comes of another server: whoever logs in there is over to its first pepper, and is turned away here.
    fn tell_absent(&self, pepper: &str) {
        if self.lost.iter().any(|lost| lost == pepper) {
            tracing::debug!(pepper, "somebody's password rests on a pepper that is lost");
        } else {
            tracing::error!(
                pepper,
                "a password rests on a pepper that is not among those of this server, and is refused however right it is: \
                 configure the same peppers everywhere before one of them comes first"
            );
        }
    }

    /// How many rounds of bcrypt were worked off in trying passwords since the start.
    pub fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Relaxed)
    }

    fn fits(&self, peppered: &SecretString, bcrypt: &str, cost: u32) -> Result<bool, HashFault> {
        self.rounds.fetch_add(1 << cost, Ordering::Relaxed);
        Ok(bcrypt::non_truncating_verify(peppered.expose_secret(), bcrypt)?)
    }

    /// The work of a try where there is nothing to compare with: no password fits.
    fn try_nobody(&self, peppered: &SecretString, cost: u32) -> Result<(), HashFault> {
        let nobody = format!("$2b${cost:02}${}", ".".repeat(53));
        self.fits(peppered, &nobody, cost).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(id: &str, byte: u8) -> Key {
        Key::new(id, vec![byte; 32]).unwrap()
    }

    fn scheme(cost: u32) -> PasswordScheme {
        PasswordScheme::new(KeyRing::new(key("a", 1)), cost)
    }

    const RIGHT: Verdict = Verdict::Right { renewed: None };

    #[test]
    fn a_password_fits_its_hash_and_no_other() {
        let scheme = scheme(4);
        let long = "x".repeat(72);
        for (kept, tried, verdict) in [
            ("correct horse", "correct horse", RIGHT),
            ("correct horse", "Correct horse", Verdict::Wrong),
            ("correct horse", "correct horse ", Verdict::Wrong),
            // Composed and decomposed é are one password.
            ("caf\u{e9} noir", "cafe\u{301} noir", RIGHT),
            // Bare bcrypt would stop reading at NUL and after 72 bytes.
            ("abcdefgh", "abcdefgh\0i", Verdict::Wrong),
            (&long, &format!("{long}x"), Verdict::Wrong),
        ] {
            let hash = scheme.hash(&kept.into()).unwrap();
            assert_eq!(
                scheme.verify(&tried.into(), Some(&hash)).unwrap(),
                verdict,
                "{kept} {tried}"
            );
        }
    }

    #[test]
    fn nothing_fits_where_nothing_is_kept() {
        let scheme = scheme(4);
        for tried in ["", "correct horse"] {
            assert_eq!(scheme.verify(&tried.into(), None).unwrap(), Verdict::Wrong);
        }
    }

    #[test]
    fn a_refusal_is_the_same_work_whoever_it_is() {
        let kept = |cost| scheme(cost).hash(&"correct horse".into()).unwrap();
        let other = PasswordScheme::new(KeyRing::new(key("b", 2)), 4);
        let foreign = other.hash(&"correct horse".into()).unwrap();
        let today = scheme(7);
        for (number, kept) in
            (1..).zip([None, Some(kept(4)), Some(kept(6)), Some(kept(7)), Some(foreign)])
        {
            let verdict = today.verify(&"wrong horse".into(), kept.as_ref()).unwrap();
            assert_eq!(verdict, Verdict::Wrong);
            assert_eq!(today.rounds(), number << 7, "{number}");
        }
    }

    #[test]
    fn another_cost_or_pepper_renews_the_hash_at_login() {
        let old = scheme(4).hash(&"correct horse".into()).unwrap();
        let mut peppers = KeyRing::new(key("a", 1));
        peppers.rotate(key("b", 2));
        for today in [scheme(5), PasswordScheme::new(peppers, 4)] {
            let Verdict::Right { renewed: Some(new) } =
                today.verify(&"correct horse".into(), Some(&old)).unwrap()
            else {
                panic!("the hash is not renewed");
            };
            assert_eq!(today.verify(&"correct horse".into(), Some(&new)).unwrap(), RIGHT);
            assert_eq!(today.verify(&"wrong horse".into(), Some(&old)).unwrap(), Verdict::Wrong);
        }
    }

    #[test]
    fn a_hash_is_nothing_without_its_pepper() {
        let hash = scheme(4).hash(&"correct horse".into()).unwrap();
        for other in [KeyRing::new(key("b", 1)), KeyRing::new(key("a", 2))] {
            let other = PasswordScheme::new(other, 4);
            let verdict = other.verify(&"correct horse".into(), Some(&hash)).unwrap();
            assert_eq!(verdict, Verdict::Wrong);
        }
    }

    #[test]
    fn neither_passwords_nor_hashes_print() {
        let hash = scheme(4).hash(&"correct horse".into()).unwrap();
        let printed = format!("{:?} {hash:?}", Password::from("correct horse"));
        assert_eq!(printed, "*** PasswordHash(***)");
        assert_eq!(PasswordHash::parse(&hash.to_stored()), Ok(hash));
    }

    proptest! {
        #[test]
        fn what_is_no_hash_is_refused(text in "\\PC{0,70}") {
            prop_assert_eq!(PasswordHash::parse(&text), Err(NoPasswordHash));
        }
    }
}
