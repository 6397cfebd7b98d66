//! Access tokens: JWT, HS256, with the header `{"typ":"JWT","alg":"HS256"}` and the claims that existing clients read
//! (`email`, `exp`, `origIat`), and ours beside them: who it is for by number (`sub`; an address may come to belong to
//! someone else), which log-in it came from (`sid`), the account's token version (`tv`), and its own name (`jti`).

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rand::CryptoRng;
use regulars_kernel::{PersonId, Rule, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{keys::KeyRing, session::SessionId};

/// Clocks of several processes differ by less; a token lives at most this much longer.
pub const MOST_LEEWAY: Duration = Duration::from_secs(5);

/// Ours have some 400 characters. Longer ones are refused unread.
const MOST_CHARS: usize = 4096;

/// A signed access token. Never prints.
#[derive(Clone)]
pub struct AccessToken(SecretString);

impl AccessToken {
    /// The token, for the answer that hands it out.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(***)")
    }
}

/// A token's own name: 32 hexadecimal digits, random.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenId(String);

impl TokenId {
    /// Draws a name.
    pub fn draw(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(hex::encode(bytes))
    }
}

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Whose it is.
    pub person: PersonId,
    /// The address of the account when the token was made. Never used to find the account.
    pub email: String,
    /// The log-in it came from.
    pub session: SessionId,
    /// The account's token version when it was made.
    pub token_version: i64,
    /// Its own name.
    pub token_id: TokenId,
    /// Seconds since 1970 at which it was made.
    pub issued_at: i64,
    /// Seconds since 1970 from which on it is dead.
    pub expires_at: i64,
}

impl Claims {
    /// The claims as they stand in the token: `payload` of the API.
    pub fn to_json(&self) -> serde_json::Value {
        let mut claims = serde_json::Map::new();
        claims.insert("email".into(), self.email.clone().into());
        claims.insert("exp".into(), self.expires_at.into());
        claims.insert("origIat".into(), self.issued_at.into());
        claims.insert("sub".into(), self.person.to_string().into());
        claims.insert("jti".into(), self.token_id.0.clone().into());
        claims.insert("sid".into(), self.session.to_string().into());
        claims.insert("tv".into(), self.token_version.into());
        claims.into()
    }
}

/// The claims as they are written. `exp` is a whole number and must be there.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    email: String,
    exp: i64,
    orig_iat: i64,
    sub: String,
    jti: String,
    sid: String,
    tv: i64,
    #[serde(default, skip_serializing)]
    nbf: Option<i64>,
}

/// The only members a header may have: what we do not understand (`crit`, `jku`, `jwk`, `x5u`, …) we do not accept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadHeader {
    typ: Option<String>,
    alg: String,
    kid: Option<String>,
}

/// Why a text is no access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not one of ours, or changed, or revoked.
    #[error("invalid token")]
    Invalid,
    /// One of ours, past its time.
    #[error("expired token")]
    Expired,
}

impl TokenError {
    /// The rule that such a token breaks.
    pub const fn rule(self) -> Rule {
        match self {
            Self::Invalid => Rule::InvalidToken,
            Self::Expired => Rule::ExpiredToken,
        }
    }
}

struct VerifyingKey {
    id: String,
    key: DecodingKey,
}

/// Makes and reads access tokens.
pub struct TokenSigner {
    signing: EncodingKey,
    verifying: Vec<VerifyingKey>,
    validation: Validation,
    leeway: Duration,
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSigner(***)")
    }
}

impl TokenSigner {
    /// Signs with the ring's current key and accepts the signatures of all; the leeway is clipped to [`MOST_LEEWAY`].
    pub fn new(keys: &KeyRing, leeway: Duration) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // Time is an argument here, and the library asks the machine: `verify` looks at `exp` itself.
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        let verifying = keys.iter().map(|key| VerifyingKey {
            id: key.id().to_owned(),
            key: DecodingKey::from_secret(key.expose()),
        });
        Self {
            signing: EncodingKey::from_secret(keys.current().expose()),
            verifying: verifying.collect(),
            validation,
            leeway: leeway.min(MOST_LEEWAY),
        }
    }

    /// Signs claims. The header names no key: clients of the public API know it to the letter.
    pub fn sign(&self, claims: &Claims) -> Result<AccessToken, SigningFault> {
        let wire = Wire {
            email: claims.email.clone(),
            exp: claims.expires_at,
            orig_iat: claims.issued_at,
            sub: claims.person.to_string(),
            jti: claims.token_id.0.clone(),
            sid: claims.session.to_string(),
            tv: claims.token_version,
            nbf: None,
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &wire, &self.signing)?;
        Ok(AccessToken(token.into()))
    }

    /// Reads a token and says what is in it. Whether its log-in and its account still live is for
    /// [`crate::actor::resolve`] to say.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let header = read_header(token)?;
        let wire = self
            .verifying
            .iter()
            .filter(|known| header.kid.as_ref().is_none_or(|id| *id == known.id))
            .find_map(|known| {
                jsonwebtoken::decode::<Wire>(token, &known.key, &self.validation).ok()
            })
            .ok_or(TokenError::Invalid)?
            .claims;
        if now.minus(self.leeway).seconds() >= wire.exp {
            return Err(TokenError::Expired);
        }
        if wire.nbf.is_some_and(|start| now.plus(self.leeway).seconds() < start) {
            return Err(TokenError::Invalid);
        }
        Ok(Claims {
            person: wire.sub.parse().map_err(|_text| TokenError::Invalid)?,
            email: wire.email,
            session: wire.sid.parse().map_err(|_text| TokenError::Invalid)?,
            token_version: wire.tv,
            token_id: TokenId(wire.jti),
            issued_at: wire.orig_iat,
            expires_at: wire.exp,
        })
    }
}

fn read_header(token: &str) -> Result<ReadHeader, TokenError> {
    if token.len() > MOST_CHARS {
        return Err(TokenError::Invalid);
    }
    let (first, _) = token.split_once('.').ok_or(TokenError::Invalid)?;
    let json = URL_SAFE_NO_PAD.decode(first).map_err(|_text| TokenError::Invalid)?;
    let header: ReadHeader = serde_json::from_slice(&json).map_err(|_json| TokenError::Invalid)?;
    let is_jwt = header.typ.as_ref().is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
    if header.alg != "HS256" || !is_jwt {
        return Err(TokenError::Invalid);
    }
    Ok(header)
}

/// A token could not be signed: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("the token could not be signed")]
pub struct SigningFault(#[from] jsonwebtoken::errors::Error);

#[cfg(test)]
mod tests;
