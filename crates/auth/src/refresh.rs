//! Refresh tokens: 40 hexadecimal digits, good for one use. Of each only its SHA-256 is kept. A token that is used a
//! second time was stolen, from one side or the other: its whole family ends (RFC 9700 §4.14).
//!
//! One exception, for tills whose network loses answers: within some seconds the token used last may come again and gets
//! **the same** successor. That can be given again without being kept, because it is computed: the first 20 bytes of
//! HMAC-SHA256(refresh key, presented token).

use std::fmt;

use rand::CryptoRng;
use regulars_kernel::{PersonId, Rule, StoreError, Timestamp, Violations};

use crate::{
    AuthError, AuthStore,
    authority::Authority,
    keys::Key,
    opaque::Opaque,
    session::{self, Grant, SessionId},
    token::TokenId,
};

pub use crate::opaque::TokenDigest;

/// A refresh token. Never prints.
#[derive(Clone)]
pub struct RefreshToken(Opaque);

impl RefreshToken {
    /// Draws a token.
    pub fn draw(rng: &mut impl CryptoRng) -> Self {
        Self(Opaque::draw(rng))
    }

    /// Reads 40 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        Opaque::parse(text).map(Self)
    }

    /// The 40 digits, for the answer that hands it out.
    pub fn to_hex(&self) -> String {
        self.0.to_hex()
    }

    /// What is kept of it.
    pub fn digest(&self) -> TokenDigest {
        self.0.digest()
    }

    /// The token that takes its place.
    pub fn successor(&self, key: &Key) -> Self {
        Self(Opaque::derive(key, self.0.expose()))
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(***)")
    }
}

/// A refresh token to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRefreshToken {
    /// Its family.
    pub session: SessionId,
    /// Whose it is.
    pub person: PersonId,
    /// What is kept of it.
    pub digest: TokenDigest,
    /// When it was handed out.
    pub created_at: Timestamp,
    /// From when on it is dead.
    pub expires_at: Timestamp,
}

/// A refresh token as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptRefreshToken {
    /// Its family.
    pub session: SessionId,
    /// Whether the family has ended.
    pub session_revoked: bool,
    /// Whose it is.
    pub person: PersonId,
    /// From when on it is dead.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

impl KeptRefreshToken {
    /// Whether it was used up while it was good, so that whoever presents it now is not the only one who has it.
    pub fn is_used(&self, now: Timestamp) -> bool {
        self.used_at.is_some() && !self.session_revoked && now < self.expires_at
    }
}

/// The token that somebody presents, as it is kept, if it is one. For the audit log.
pub fn find(
    tx: &mut impl AuthStore,
    presented: &str,
) -> Result<Option<KeptRefreshToken>, StoreError> {
    match RefreshToken::parse(presented) {
        Some(presented) => tx.find_refresh_token(&presented.digest()),
        None => Ok(None),
    }
}

/// What came of a renewal. A refusal is an answer and no error: the transaction that ended a family must be committed.
#[derive(Clone, Debug)]
pub enum Renewal {
    /// The next pair of tokens.
    Granted(Box<Grant>),
    /// None, and why: `invalid_token` or `expired_token`.
    Refused(Violations),
}

impl Renewal {
    fn refused(rule: Rule) -> Self {
        Self::Refused(Violations::of_input(rule))
    }

    /// The pair, or why there is none. Only after the transaction: turned into an error inside, it would undo the end
    /// of the family.
    pub fn into_result(self) -> Result<Grant, Violations> {
        match self {
            Self::Granted(grant) => Ok(*grant),
            Self::Refused(violations) => Err(violations),
        }
    }
}

/// `refreshToken`: uses a token up and hands out the next pair. Open to everyone: the token is the proof.
pub fn renew(
    tx: &mut impl AuthStore,
    authority: &Authority,
    presented: &str,
    token_id: TokenId,
    now: Timestamp,
) -> Result<Renewal, AuthError> {
    let Some(presented) = RefreshToken::parse(presented) else {
        return Ok(Renewal::refused(Rule::InvalidToken));
    };
    let digest = presented.digest();
    let Some(kept) = tx.find_refresh_token(&digest)?.filter(|kept| !kept.session_revoked) else {
        return Ok(Renewal::refused(Rule::InvalidToken));
    };
    if now >= kept.expires_at {
        return Ok(Renewal::refused(Rule::ExpiredToken));
    }
    let account =
        tx.find_credentials(kept.person)?.filter(|account| account.active && !account.archived);
    let Some(account) = account else {
        return Ok(Renewal::refused(Rule::InvalidToken));
    };
    let keys = authority.refresh_keys();
    let next = if tx.use_refresh_token(&digest, now)? {
        let next = presented.successor(keys.current());
        tx.insert_refresh_token(&NewRefreshToken {
            session: kept.session,
            person: kept.person,
            digest: next.digest(),
            created_at: now,
            expires_at: now.plus(authority.settings().refresh_lifetime),
        })?;
        next
    } else {
        match second_use(tx, authority, &presented, now)? {
            SecondUse::Retry(next) => next,
            SecondUse::Foreign => {
                tracing::error!(
                    session = kept.session.get(),
                    "a refresh token was used at a server whose refresh key is not among those of this one: \
                     configure the same keys everywhere before one of them comes first"
                );
                return Ok(Renewal::refused(Rule::InvalidToken));
            }
            SecondUse::Theft => {
                tx.revoke_session(kept.session, now)?;
                tracing::warn!(
                    person = kept.person.get(),
                    session = kept.session.get(),
                    "a refresh token was used twice: its family is revoked"
                );
                return Ok(Renewal::refused(Rule::InvalidToken));
            }
        }
    };
    let grant = session::grant(authority, &account, kept.session, next, token_id, now)?;
    Ok(Renewal::Granted(Box::new(grant)))
}

/// What it means that a token comes again.
enum SecondUse {
    /// Its answer was lost on the way: here is its successor, which nobody has used yet.
    Retry(RefreshToken),
    /// It was used a moment ago, and its successor comes of a key that this process does not have: two servers are
    /// configured differently. No reason to end a session.
    Foreign,
    /// It was used long ago, or its successor was used as well.
    Theft,
}

fn second_use(
    tx: &mut impl AuthStore,
    authority: &Authority,
    presented: &RefreshToken,
    now: Timestamp,
) -> Result<SecondUse, AuthError> {
    // Read anew: whoever used it may have done so a moment ago.
    let used_at = tx.find_refresh_token(&presented.digest())?.and_then(|kept| kept.used_at);
    let in_time = |used_at: Timestamp| now < used_at.plus(authority.settings().refresh_grace);
    if !used_at.is_some_and(in_time) {
        return Ok(SecondUse::Theft);
    }
    for key in authority.refresh_keys().iter() {
        let next = presented.successor(key);
        if let Some(kept) = tx.find_refresh_token(&next.digest())? {
            return Ok(match kept.used_at {
                None => SecondUse::Retry(next),
                Some(_) => SecondUse::Theft,
            });
        }
    }
    Ok(SecondUse::Foreign)
}

/// `revokeToken`: ends the token's whole family, its access tokens with it, and answers when. Open to everyone: the
/// token is the proof, used or not. Refuses a token that is not ours and one whose family has ended.
pub fn revoke(
    tx: &mut impl AuthStore,
    presented: &str,
    now: Timestamp,
) -> Result<Timestamp, AuthError> {
    let invalid = || AuthError::Invalid(Violations::of_input(Rule::InvalidToken));
    let digest = RefreshToken::parse(presented).ok_or_else(invalid)?.digest();
    let kept = tx.find_refresh_token(&digest)?.ok_or_else(invalid)?;
    if !tx.revoke_session(kept.session, now)? {
        return Err(invalid());
    }
    Ok(now)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    #[test]
    fn a_token_is_forty_lower_case_digits_and_does_not_print() {
        let token = RefreshToken::draw(&mut ChaCha20Rng::seed_from_u64(1));
        let text = token.to_hex();
        assert_eq!(RefreshToken::parse(&text).unwrap().digest(), token.digest());
        assert_eq!(token.clone().to_hex(), text);
        assert_eq!(format!("{token:?}"), "RefreshToken(***)");
        for text in
            ["", "f", &text[1..], &format!("{text}0"), &text.to_uppercase(), &"g".repeat(40)]
        {
            assert!(RefreshToken::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_successor_is_the_beginning_of_the_mac_of_its_token() {
        let key = Key::new("a", b"0123456789abcdef0123456789abcdef".to_vec()).unwrap();
        let token = RefreshToken::parse("f5ee1e870f8fc78dbe9f12ae700460e9f4df9d55").unwrap();
        assert_eq!(token.successor(&key).to_hex(), SUCCESSOR);
        let other = Key::new("a", vec![1; 32]).unwrap();
        assert_ne!(token.successor(&other).to_hex(), SUCCESSOR);
    }

    /// By another implementation of HMAC.
    const SUCCESSOR: &str = "f5d2e552ed7b3ebcced654bd73d54bccf277752d";

    proptest! {
        #[test]
        fn what_is_no_token_is_refused(text in "\\PC{0,60}") {
            prop_assume!(text.len() != 40);
            prop_assert!(RefreshToken::parse(&text).is_none());
        }
    }
}
