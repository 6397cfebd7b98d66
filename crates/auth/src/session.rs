//! Sessions: what begins with a log-in and ends when it is revoked. Every access token and every refresh token belongs
//! to one; when it ends, all of them do.

use std::{fmt, num::ParseIntError, str::FromStr};

use rand::CryptoRng;
use regulars_kernel::{PersonId, Timestamp, Violations};

use crate::{
    AuthError, AuthStore,
    authority::Authority,
    refresh::{NewRefreshToken, RefreshToken},
    store::Credentials,
    token::{AccessToken, Claims, TokenError, TokenId},
};

/// A log-in and everything that was renewed from it: a family of refresh tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(i64);

impl SessionId {
    /// Wraps a primary key.
    pub const fn new(pk: i64) -> Self {
        Self(pk)
    }

    /// The primary key.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SessionId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The random parts of a session's first tokens, drawn before the transaction: that one may run more than once.
#[derive(Clone, Debug)]
pub struct SessionSeed {
    refresh: RefreshToken,
    token_id: TokenId,
}

impl SessionSeed {
    /// Draws them.
    pub fn draw(rng: &mut impl CryptoRng) -> Self {
        Self { refresh: RefreshToken::draw(rng), token_id: TokenId::draw(rng) }
    }
}

/// What a log-in or a renewal hands out.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Whose it is.
    pub person: PersonId,
    /// Opens requests, for minutes.
    pub access: AccessToken,
    /// What stands in the access token.
    pub claims: Claims,
    /// Gets the next pair, once.
    pub refresh: RefreshToken,
}

/// Begins a session for an account that has just proved itself.
pub(crate) fn open(
    tx: &mut impl AuthStore,
    authority: &Authority,
    account: &Credentials,
    seed: &SessionSeed,
    now: Timestamp,
) -> Result<Grant, AuthError> {
    let session = tx.insert_session(account.person, now)?;
    tx.insert_refresh_token(&NewRefreshToken {
        session,
        person: account.person,
        digest: seed.refresh.digest(),
        created_at: now,
        expires_at: now.plus(authority.settings().refresh_lifetime),
    })?;
    grant(authority, account, session, seed.refresh.clone(), seed.token_id.clone(), now)
}

/// Signs an access token for a session and puts the refresh token beside it.
pub(crate) fn grant(
    authority: &Authority,
    account: &Credentials,
    session: SessionId,
    refresh: RefreshToken,
    token_id: TokenId,
    now: Timestamp,
) -> Result<Grant, AuthError> {
    let claims = Claims {
        person: account.person,
        email: account.email.clone(),
        session,
        token_version: account.token_version,
        token_id,
        issued_at: now.seconds(),
        expires_at: now.plus(authority.settings().access_lifetime).seconds(),
    };
    let access = authority.signer().sign(&claims)?;
    Ok(Grant { person: account.person, access, claims, refresh })
}

/// `verifyToken`: what stands in an access token that is in force. Open to everyone: whoever has a token may ask.
pub fn verify(
    tx: &mut impl AuthStore,
    authority: &Authority,
    token: &str,
    now: Timestamp,
) -> Result<Claims, AuthError> {
    let refuse = |error: TokenError| AuthError::Invalid(Violations::of_input(error.rule()));
    let claims = authority.signer().verify(token, now).map_err(refuse)?;
    let standing = tx.find_standing(claims.person, claims.session)?;
    if standing.is_none_or(|standing| !standing.honours(&claims)) {
        return Err(refuse(TokenError::Invalid));
    }
    Ok(claims)
}
