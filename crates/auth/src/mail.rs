//! Mails that carry a one-time token: proving an address, setting a password, resetting one.
//!
//! A mail is a row of the outbox, written in the transaction of what it is about, and its token is not in it: the row
//! has a random nonce, of which the token follows by a key of the deployment, and the token's SHA-256. Whoever reads
//! the database has neither. A token belongs to an account and an action, not to an address; most of them also to the
//! account's token version, so that a changed password voids what was sent before it.

pub mod delivery;

use std::{fmt, time::Duration};

use rand::CryptoRng;
use regulars_customer::EmailAddress;
use regulars_kernel::{PersonId, Rule, StoreError, Timestamp, Violations};

use crate::{
    AuthError, MailStore,
    authority::Authority,
    keys::KeyRing,
    opaque::{Opaque, TokenDigest},
};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// How many mails of a kind an account gets within an hour.
pub const MOST_PER_HOUR: u64 = 5;

/// The key that derives tokens of mails derives other tokens too, of messages of 20 bytes: this makes ours longer.
const LABEL: &[u8] = b"one-time token of a mail:";

/// What a mail asks its reader to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// Prove the address that the account was made with.
    Activation,
    /// Set the first password of an account that somebody else made.
    Invitation,
    /// Set a new password.
    PasswordReset,
    /// Prove a second address.
    SecondaryEmail,
}

impl MailKind {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Activation, Self::Invitation, Self::PasswordReset, Self::SecondaryEmail];

    /// Its word in a store.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Invitation => "invitation",
            Self::PasswordReset => "password_reset",
            Self::SecondaryEmail => "secondary_email",
        }
    }

    /// The kind of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// How long its token is good for.
    pub const fn lifetime(self) -> Duration {
        match self {
            Self::Activation | Self::Invitation => Duration::from_secs(7 * DAY.as_secs()),
            Self::PasswordReset | Self::SecondaryEmail => HOUR,
        }
    }

    /// Whether its token is void once the account's token version has moved on.
    const fn ends_with_the_version(self) -> bool {
        !matches!(self, Self::Activation)
    }
}

/// A mail's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailId(i64);

impl MailId {
    /// Wraps a primary key.
    pub const fn new(pk: i64) -> Self {
        Self(pk)
    }

    /// The primary key.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for MailId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a mail's token is derived from: random, worth nothing without the key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MailNonce([u8; 32]);

impl MailNonce {
    /// Takes a nonce from a store.
    pub const fn from_stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a store.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for MailNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The token of a mail. Never prints.
#[derive(Clone)]
pub struct MailToken(Opaque);

impl MailToken {
    /// Reads 40 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        Opaque::parse(text).map(Self)
    }

    /// The 40 digits, for the mail that carries them.
    pub fn to_hex(&self) -> String {
        self.0.to_hex()
    }

    /// What is kept of it.
    pub fn digest(&self) -> TokenDigest {
        self.0.digest()
    }

    fn derive(key: &crate::Key, nonce: &MailNonce) -> Self {
        Self(Opaque::derive(key, &[LABEL, nonce.bytes()].concat()))
    }

    /// The token of a nonce, by whichever key it was made with; none where that key is not there any more.
    fn find(keys: &KeyRing, nonce: &MailNonce, digest: &TokenDigest) -> Option<Self> {
        keys.iter().map(|key| Self::derive(key, nonce)).find(|token| token.digest() == *digest)
    }
}

impl fmt::Debug for MailToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailToken(***)")
    }
}

/// The random parts of a mail, drawn before the transaction: that one may run more than once.
#[derive(Clone, Debug)]
pub struct MailSeed {
    nonce: MailNonce,
    digest: TokenDigest,
}

impl MailSeed {
    /// Draws them.
    pub fn draw(authority: &Authority, rng: &mut impl CryptoRng) -> Self {
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let nonce = MailNonce(nonce);
        let digest = MailToken::derive(authority.refresh_keys().current(), &nonce).digest();
        Self { nonce, digest }
    }
}

/// A mail to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMail {
    /// Whose account it is about; nobody's for one that is taken back at once.
    pub person: Option<PersonId>,
    /// What it asks for.
    pub kind: MailKind,
    /// Where it goes.
    pub address: EmailAddress,
    /// What its token is derived from.
    pub nonce: MailNonce,
    /// What is kept of its token.
    pub digest: TokenDigest,
    /// The account's token version.
    pub token_version: i64,
    /// When.
    pub created_at: Timestamp,
    /// From when on the token is dead.
    pub expires_at: Timestamp,
}

/// A token that was sent, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMail {
    /// What is kept of its token.
    pub digest: TokenDigest,
    /// Whose account it is about.
    pub person: PersonId,
    /// What it asks for.
    pub kind: MailKind,
    /// Where it went.
    pub address: EmailAddress,
    /// The account's token version then.
    pub token_version: i64,
    /// From when on the token is dead.
    pub expires_at: Timestamp,
    /// When the token was used or made void.
    pub used_at: Option<Timestamp>,
}

/// An account in force that can be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// The account.
    pub person: PersonId,
    /// The address, as it was typed when it was proved or signed up with.
    pub address: EmailAddress,
    /// Whether the account's own address was proved.
    pub verified: bool,
    /// What the tokens of today carry.
    pub token_version: i64,
}

impl NewMail {
    fn new(to: &Addressee, kind: MailKind, seed: &MailSeed, now: Timestamp) -> Self {
        Self {
            person: Some(to.person),
            kind,
            address: to.address.clone(),
            nonce: seed.nonce,
            digest: seed.digest,
            token_version: to.token_version,
            created_at: now,
            expires_at: now.plus(kind.lifetime()),
        }
    }
}

/// Writes a mail down, in the transaction of what it is about. What waits of the same kind for the same account need not
/// go any more.
pub(crate) fn queue(
    tx: &mut impl MailStore,
    to: &Addressee,
    kind: MailKind,
    seed: &MailSeed,
    now: Timestamp,
) -> Result<(), StoreError> {
    let newest = tx.insert_mail(&NewMail::new(to, kind, seed, now))?;
    tx.withdraw_waiting(to.person, kind, newest, now)
}

/// Whether an account has had its fill of a kind for now.
pub(crate) fn is_sated(
    tx: &mut impl MailStore,
    person: PersonId,
    kind: MailKind,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.count_mails(Some(person), kind, now.minus(HOUR))? >= MOST_PER_HOUR)
}

/// Answers somebody who names an address and proves nothing. Nothing tells whether a mail goes out: for nobody, and for
/// who had enough of them, it is written down all the same and taken back, which costs as many statements as the other
/// way.
pub(crate) fn request(
    tx: &mut impl MailStore,
    to: Option<&Addressee>,
    kind: MailKind,
    seed: &MailSeed,
    now: Timestamp,
) -> Result<(), StoreError> {
    let person = to.map(|to| to.person);
    let recent = tx.count_mails(person, kind, now.minus(HOUR))?;
    if let Some(to) = to.filter(|_| recent < MOST_PER_HOUR) {
        return queue(tx, to, kind, seed, now);
    }
    let nobody = Addressee {
        person: PersonId::new(0),
        address: EmailAddress::from_stored(String::new()),
        verified: false,
        token_version: 0,
    };
    let mail = NewMail { person: None, ..NewMail::new(&nobody, kind, seed, now) };
    let mail = tx.insert_mail(&mail)?;
    tx.take_back(mail)
}

/// The mail that a presented token came in. Refuses with `invalid_token` what is none of ours or was sent for another
/// action; whether it is still good is [`KeptMail::require_good`]'s to say.
pub(crate) fn find(
    tx: &mut impl MailStore,
    presented: &str,
    kind: MailKind,
) -> Result<KeptMail, AuthError> {
    let token = MailToken::parse(presented).ok_or_else(invalid)?;
    let kept = tx.find_mail(&token.digest())?;
    kept.filter(|kept| kept.kind == kind).ok_or_else(invalid)
}

/// Uses a token up, once for all who present it at the same time.
pub(crate) fn spend(
    tx: &mut impl MailStore,
    kept: &KeptMail,
    now: Timestamp,
) -> Result<(), AuthError> {
    if tx.use_mail(&kept.digest, now)? { Ok(()) } else { Err(invalid()) }
}

/// The refusal of a token that is none of ours, was used, or was made void.
pub(crate) fn invalid() -> AuthError {
    AuthError::Invalid(Violations::of_input(Rule::InvalidToken))
}

impl KeptMail {
    /// Passes for a token that can be used now by an account of that token version.
    pub(crate) fn require_good(&self, token_version: i64, now: Timestamp) -> Result<(), AuthError> {
        let outdated = self.kind.ends_with_the_version() && self.token_version != token_version;
        if self.used_at.is_some() || outdated {
            return Err(invalid());
        }
        if now >= self.expires_at {
            return Err(AuthError::Invalid(Violations::of_input(Rule::ExpiredToken)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Key;

    #[test]
    fn a_token_follows_from_its_nonce_and_one_of_the_keys() {
        let key = |id, byte| Key::new(id, vec![byte; 32]).unwrap();
        let nonce = MailNonce::from_stored([7; 32]);
        let token = MailToken::derive(&key("a", 1), &nonce);
        assert_eq!(token.to_hex(), TOKEN);
        assert_eq!(MailToken::parse(TOKEN).unwrap().digest(), token.digest());
        let mut keys = KeyRing::new(key("a", 1));
        keys.rotate(key("b", 2));
        let found = MailToken::find(&keys, &nonce, &token.digest()).unwrap();
        assert_eq!(found.to_hex(), TOKEN);
        let other = KeyRing::new(key("b", 2));
        assert!(MailToken::find(&other, &nonce, &token.digest()).is_none());
        assert_eq!(format!("{token:?} {nonce:?}"), "MailToken(***) ***");
    }

    /// By another implementation of HMAC.
    const TOKEN: &str = "db70cef5328754e6fa171e03cac9f60c3f3c349c";

    #[test]
    fn a_kind_is_known_by_its_word_and_lives_its_time() {
        for (kind, hours) in MailKind::ALL.into_iter().zip([7 * 24, 7 * 24, 1, 1]) {
            assert_eq!(MailKind::from_word(kind.word()), Some(kind));
            assert_eq!(kind.lifetime(), Duration::from_hours(hours));
        }
        assert_eq!(MailKind::from_word("birthday"), None);
    }

    #[test]
    fn a_token_is_good_once_in_time_and_most_of_them_for_one_version() {
        let (now, later) = (Timestamp::from_seconds(10), Timestamp::from_seconds(20));
        let kept = |kind, used_at| KeptMail {
            digest: TokenDigest::from_stored([0; 32]),
            person: PersonId::new(1),
            kind,
            address: EmailAddress::from_stored("ada@example.com".to_owned()),
            token_version: 3,
            expires_at: later,
            used_at,
        };
        for kind in MailKind::ALL {
            let judge = |used_at, version, now| {
                let judged = kept(kind, used_at).require_good(version, now);
                judged.err().map(|error| error.to_string())
            };
            assert_eq!(judge(None, 3, now), None);
            let outdated = (kind != MailKind::Activation).then(|| "Invalid token.".to_owned());
            assert_eq!(judge(None, 4, now), outdated);
            assert_eq!(judge(None, 3, later).as_deref(), Some("Expired token."));
            assert_eq!(judge(Some(now), 3, now).as_deref(), Some("Invalid token."));
        }
    }
}
