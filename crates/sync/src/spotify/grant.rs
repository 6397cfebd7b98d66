//! What a customer allowed: tokens, and how they are had and renewed.

use std::{fmt, time::Duration};

use chrono::{DateTime, Months};
use regulars_kernel::{Clock, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::{
    Attempt,
    trouble::{self, Refused},
};
use crate::{
    connector::Fault,
    outgoing::{Answer, Client, Outgoing},
};

/// So long before its end a token is renewed.
pub(super) const MARGIN: Duration = Duration::from_mins(1);
/// How long a grant lives, whatever is renewed.
const LIFE: Months = Months::new(6);
/// What tells whether an app is known, and opens nothing.
const NO_TOKEN: &str = "none";
const MOST_TOKEN_BYTES: usize = 4_000;

/// The names of what is kept of a grant.
mod kept {
    pub(super) const ACCESS: &str = "accessToken";
    pub(super) const UNTIL: &str = "accessTokenUntil";
    pub(super) const REFRESH: &str = "refreshToken";
    pub(super) const CONSENTED: &str = "consentedAt";
    pub(super) const ENDED: &str = "endedAt";
}

/// A new grant. Its [`Grant::credentials`] are to be stored before anything else is done with it.
#[derive(Clone)]
pub struct Grant {
    access: SecretString,
    until: Timestamp,
    refresh: SecretString,
    consented_at: Timestamp,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant").field("consented_at", &self.consented_at).finish_non_exhaustive()
    }
}

impl Grant {
    /// What the link's [`crate::connector::Credentials`] begin with; to be kept encrypted.
    pub fn credentials(&self) -> Value {
        json!({
            kept::ACCESS: self.access.expose_secret(),
            kept::UNTIL: self.until.seconds(),
            kept::REFRESH: self.refresh.expose_secret(),
            kept::CONSENTED: self.consented_at.seconds(),
        })
    }

    /// When it ends: six months after the customer allowed it.
    pub fn relink_by(&self) -> Timestamp {
        ends(self.consented_at)
    }

    pub(super) fn access_token(&self) -> &str {
        self.access.expose_secret()
    }
}

fn ends(consented_at: Timestamp) -> Timestamp {
    let end: Option<DateTime<_>> = consented_at.to_utc().checked_add_months(LIFE);
    end.map_or(Timestamp::MAX, Timestamp::from)
}

fn text<'a>(stored: &'a Value, name: &str) -> Option<&'a str> {
    stored.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn instant(stored: &Value, name: &str) -> Option<Timestamp> {
    stored.get(name).and_then(Value::as_i64).map(Timestamp::from_seconds)
}

/// The stored token that can be used: neither the one that was refused, nor one that is over by then.
pub(super) fn usable<'a>(
    stored: &'a Value,
    refused: Option<&str>,
    by: Timestamp,
) -> Option<&'a str> {
    let token = text(stored, kept::ACCESS).filter(|token| Some(*token) != refused)?;
    instant(stored, kept::UNTIL).filter(|until| *until > by).map(|_until| token)
}

/// When a stored grant ends.
pub(super) fn relink_by(stored: &Value) -> Option<Timestamp> {
    instant(stored, kept::CONSENTED).map(ends)
}

/// What is kept of a grant that Spotify ended: no token, so that it is not asked with again.
fn ended(stored: &Value, now: Timestamp) -> Value {
    let consented = stored.get(kept::CONSENTED).cloned().unwrap_or_default();
    json!({ kept::CONSENTED: consented, kept::ENDED: now.seconds() })
}

/// The host of grants.
#[derive(Clone, Copy)]
pub(super) struct Accounts<'a> {
    pub(super) client: &'a Client,
    pub(super) clock: &'a dyn Clock,
    pub(super) client_id: &'a str,
    pub(super) host: &'a str,
}

impl Accounts<'_> {
    pub(super) fn exchange(&self, attempt: &Attempt, code: &str) -> Result<Grant, Fault> {
        let consented_at = self.clock.now();
        let answer = self.ask(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", attempt.redirect.as_str()),
            ("code_verifier", attempt.verifier.expose()),
        ])?;
        let tokens = Tokens::read(&answer, consented_at).map_err(|refused| match refused {
            Refused::Dead => Fault::NeedsAuth(
                "Spotify does not accept this sign-in any more. Please start linking your account again."
                    .to_owned(),
            ),
            Refused::Fault(fault) => fault,
        })?;
        let refresh = tokens.refresh.ok_or_else(|| {
            Fault::Schema(
                "Spotify gave no refresh token: the link would end in an hour.".to_owned(),
            )
        })?;
        Ok(Grant { access: tokens.access, until: tokens.until, refresh, consented_at })
    }

    /// The credentials with another access token, to be stored before it is used; those of an ended grant where Spotify says that it ended.
    pub(super) fn renew(&self, stored: &Value) -> Result<Value, Fault> {
        let Some(refresh) = text(stored, kept::REFRESH) else { return Ok(stored.clone()) };
        let now = self.clock.now();
        let answer = self.ask(&[("grant_type", "refresh_token"), ("refresh_token", refresh)])?;
        match Tokens::read(&answer, now) {
            Ok(tokens) => {
                let mut renewed = stored.clone();
                if let Value::Object(fields) = &mut renewed {
                    fields.insert(kept::ACCESS.to_owned(), tokens.access.expose_secret().into());
                    fields.insert(kept::UNTIL.to_owned(), tokens.until.seconds().into());
                    // Where none comes the old one stays good.
                    if let Some(refresh) = tokens.refresh {
                        fields.insert(kept::REFRESH.to_owned(), refresh.expose_secret().into());
                    }
                }
                Ok(renewed)
            }
            Err(Refused::Dead) => Ok(ended(stored, now)),
            Err(Refused::Fault(fault)) => Err(fault),
        }
    }

    /// Whether Spotify knows the app: a token that is none is refused as such only to an app that is one.
    pub(super) fn is_known(&self) -> Result<(), Fault> {
        let answer = self.ask(&[("grant_type", "refresh_token"), ("refresh_token", NO_TOKEN)])?;
        match Tokens::read(&answer, self.clock.now()) {
            Ok(_) | Err(Refused::Dead) => Ok(()),
            Err(Refused::Fault(fault)) => Err(fault),
        }
    }

    fn ask(&self, parts: &[(&str, &str)]) -> Result<Answer, Fault> {
        let mut form = Serializer::new(String::new());
        form.extend_pairs(parts).append_pair("client_id", self.client_id);
        self.client.send(&Outgoing {
            method: "POST",
            url: &format!("{}/api/token", self.host),
            headers: &[
                ("content-type", "application/x-www-form-urlencoded"),
                ("accept", "application/json"),
            ],
            body: form.finish().as_bytes(),
        })
    }
}

/// What an answer with tokens has.
struct Tokens {
    access: SecretString,
    until: Timestamp,
    refresh: Option<SecretString>,
}

impl Tokens {
    fn read(answer: &Answer, asked_at: Timestamp) -> Result<Self, Refused> {
        if !answer.is_success() {
            return Err(trouble::of_accounts(answer, asked_at));
        }
        let told = answer.json()?;
        let broken = || Fault::Schema("Spotify's answer has no token that can be used.".to_owned());
        let token = |name: &str| match told.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(token)) if fits(token) => {
                Ok(Some(SecretString::from(token.as_str())))
            }
            Some(_) => Err(broken()),
        };
        let is_bearer = told
            .get("token_type")
            .and_then(Value::as_str)
            .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
        let lives = told.get("expires_in").and_then(Value::as_u64).filter(|_| is_bearer);
        let lives = lives.ok_or_else(broken)?;
        Ok(Self {
            access: token("access_token")?.ok_or_else(broken)?,
            until: asked_at.plus(Duration::from_secs(lives)),
            refresh: token("refresh_token")?,
        })
    }
}

/// Whether a token can stand in a header.
fn fits(token: &str) -> bool {
    (1..=MOST_TOKEN_BYTES).contains(&token.len())
        && token.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_ends_six_months_after_the_consent() {
        let consented = |text: &str| {
            let at = DateTime::parse_from_rfc3339(text).unwrap();
            ends(at.to_utc().into()).to_string()
        };
        assert_eq!(consented("2026-05-27T12:00:00Z"), "2026-11-27T12:00:00.000000Z");
        assert_eq!(consented("2026-08-31T00:00:00Z"), "2027-02-28T00:00:00.000000Z");
    }

    #[test]
    fn a_token_is_used_until_its_end_and_not_once_refused() {
        let stored = json!({"accessToken": "a", "accessTokenUntil": 1_000});
        let at = Timestamp::from_seconds;
        assert_eq!(usable(&stored, None, at(999)), Some("a"));
        assert_eq!(usable(&stored, None, at(1_000)), None);
        assert_eq!(usable(&stored, Some("b"), at(0)), Some("a"));
        assert_eq!(usable(&stored, Some("a"), at(0)), None);
        assert_eq!(usable(&json!({"endedAt": 5}), None, at(0)), None);
    }

    #[test]
    fn rule_24_a_grant_is_never_printed() {
        let grant = Grant {
            access: "secret-a".into(),
            until: Timestamp::from_seconds(10),
            refresh: "secret-r".into(),
            consented_at: Timestamp::from_seconds(1),
        };
        assert!(!format!("{grant:?}").contains("secret"));
        assert_eq!(grant.credentials()["refreshToken"], "secret-r");
    }
}
