//! How somebody allows the app, and what it gets for it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Months};
use serde_json::json;
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use super::{World, reply::Reply, world::PEOPLE};

/// How long a code is good, in seconds.
const CODE_LIVES: i64 = 600;
/// How long an access token is good, in seconds.
const TOKEN_LIVES: i64 = 3_600;
/// How long a consent is good, whatever is renewed.
const CONSENT_LIVES: Months = Months::new(6);

/// A code that was given out and not used.
#[derive(Clone, Debug)]
pub(super) struct Code {
    account: String,
    redirect_uri: String,
    challenge: String,
    scope: String,
    until: i64,
}

/// What somebody allowed.
#[derive(Clone, Debug)]
pub(super) struct Consent {
    pub(super) account: String,
    pub(super) revoked: bool,
    scope: String,
    until: i64,
}

/// An access token.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) consent: u64,
    pub(super) until: i64,
}

type Pairs = Vec<(String, String)>;

fn of<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

/// Whether an address is the one that was entered: letter by letter, but for the port of a loopback address.
fn matches(entered: &str, given: &str) -> bool {
    let portless = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        let is_loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]"));
        (is_loopback && url.scheme() == "http").then(|| url.set_port(None).ok())??;
        Some(String::from(url))
    };
    entered == given || portless(entered).is_some_and(|entered| portless(given) == Some(entered))
}

fn is_challenge(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

impl World {
    /// `/authorize`: somebody is asked, and sent back.
    pub(super) fn authorize(&mut self, query: &Pairs) -> Reply {
        // Where it is not known whom to send them back to, they are told here.
        if of(query, "client_id") != self.client_id {
            return Reply::page(400, "INVALID_CLIENT: Invalid client");
        }
        let redirect = of(query, "redirect_uri");
        let names_host = redirect.contains("://localhost");
        if names_host || !self.redirect_uris.iter().any(|entered| matches(entered, redirect)) {
            return Reply::page(400, "INVALID_CLIENT: Invalid redirect URI");
        }
        let back = |pairs: &[(&str, &str)]| match Url::parse_with_params(redirect, pairs) {
            Ok(address) => Reply::to(address.as_str()),
            Err(_) => Reply::page(400, "INVALID_CLIENT: Invalid redirect URI"),
        };
        let state = of(query, "state");
        if of(query, "response_type") != "code" {
            return back(&[("error", "unsupported_response_type"), ("state", state)]);
        }
        let challenge = of(query, "code_challenge");
        if of(query, "code_challenge_method") != "S256" || !is_challenge(challenge) {
            return back(&[("error", "invalid_request"), ("state", state)]);
        }
        let chosen = Some(of(query, "as")).filter(|id| !id.is_empty()).map(str::to_owned);
        let Some(account) = chosen.or_else(|| self.signed_in.clone()) else {
            return self.choice(query);
        };
        if self.denies || of(query, "deny") == "true" || !self.accounts.contains_key(&account) {
            return back(&[("error", "access_denied"), ("state", state)]);
        }
        let code = Code {
            account,
            redirect_uri: redirect.to_owned(),
            challenge: challenge.to_owned(),
            scope: of(query, "scope").to_owned(),
            until: self.now + CODE_LIVES,
        };
        let name = self.draw("AQ");
        self.codes.insert(name.clone(), code);
        back(&[("code", &name), ("state", state)])
    }

    /// The page on which one chooses who one is.
    fn choice(&self, query: &Pairs) -> Reply {
        let link = |name: &str, value: &str, text: &str| {
            let mut pairs = form_urlencoded::Serializer::new(String::new());
            pairs.extend_pairs(query).append_pair(name, value);
            format!(
                "<li><a href=\"/authorize?{}\">{text}</a></li>",
                pairs.finish().replace('&', "&amp;")
            )
        };
        let shown =
            self.accounts.keys().take(20).map(|id| link("as", id, &format!("Agree as {id}")));
        let list: String = shown.chain([link("deny", "true", "Cancel")]).collect();
        Reply::page(200, format!("<!doctype html><title>Not Spotify</title><ul>{list}</ul>"))
    }

    /// `/api/token`: tokens for a code, or for a refresh token.
    pub(super) fn token(&mut self, kind: &str, body: &str) -> Reply {
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Reply::refusal("unsupported_grant_type", "grant_type parameter is missing");
        }
        let form: Pairs = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        if of(&form, "client_id") != self.client_id {
            return Reply::refusal("invalid_client", "Invalid client");
        }
        match of(&form, "grant_type") {
            "authorization_code" => self.exchange(&form),
            "refresh_token" => self.renew(of(&form, "refresh_token")),
            _ => Reply::refusal(
                "unsupported_grant_type",
                "grant_type must be authorization_code or refresh_token",
            ),
        }
    }

    fn exchange(&mut self, form: &Pairs) -> Reply {
        let invalid = |sentence: &str| Reply::refusal("invalid_grant", sentence);
        // A code is gone whatever comes of it.
        let Some(code) = self.codes.remove(of(form, "code")) else {
            return invalid("Invalid authorization code");
        };
        if code.until <= self.now {
            return invalid("Authorization code expired");
        }
        if code.redirect_uri != of(form, "redirect_uri") {
            return invalid("Invalid redirect URI");
        }
        let verifier = of(form, "code_verifier");
        let is_verifier = (43..=128).contains(&verifier.len())
            && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == code.challenge;
        if !is_verifier {
            return invalid("code_verifier was incorrect");
        }
        let number = self.next_number();
        let began = DateTime::from_timestamp(self.now, 0);
        let until = began.and_then(|at| at.checked_add_months(CONSENT_LIVES));
        let consent = Consent {
            account: code.account,
            revoked: false,
            scope: code.scope,
            until: until.map_or(i64::MAX, |at| at.timestamp()),
        };
        self.consents.insert(number, consent);
        self.give(number, true)
    }

    fn renew(&mut self, refresh: &str) -> Reply {
        let Some(number) = self.refreshes.get(refresh).copied() else {
            return Reply::refusal("invalid_grant", "Invalid refresh token");
        };
        if !self.is_good(number) {
            self.refreshes.remove(refresh);
            return Reply::refusal("invalid_grant", "Refresh token revoked");
        }
        if self.rotates {
            self.refreshes.remove(refresh);
        }
        self.give(number, self.rotates)
    }

    /// Whether what was allowed still is.
    pub(super) fn is_good(&self, number: u64) -> bool {
        let consent = self.consents.get(&number);
        consent.is_some_and(|consent| !consent.revoked && consent.until > self.now)
    }

    fn give(&mut self, number: u64, with_refresh: bool) -> Reply {
        let access = self.draw("BQ");
        self.accesses
            .insert(access.clone(), Access { consent: number, until: self.now + TOKEN_LIVES });
        let scope = self.consents.get(&number).map(|consent| consent.scope.clone());
        let mut told = json!({
            "access_token": access, "token_type": "Bearer", "scope": scope, "expires_in": TOKEN_LIVES,
        });
        if with_refresh {
            let refresh = self.draw("AQR");
            self.refreshes.insert(refresh.clone(), number);
            if let Some(fields) = told.as_object_mut() {
                fields.insert("refresh_token".to_owned(), json!(refresh));
            }
        }
        Reply::json(200, &told)
    }

    /// `/v1/me`: whose token it is.
    pub(super) fn me(&mut self, token: Option<&str>, base: &str) -> Reply {
        let Some(token) = token else { return Reply::error(401, "No token provided") };
        let Some(Access { consent, until }) = self.accesses.get(token).cloned() else {
            return Reply::error(401, "Invalid access token");
        };
        if until <= self.now {
            return Reply::error(401, "The access token expired");
        }
        let allowed = self.consents.get(&consent).filter(|_| self.is_good(consent));
        let Some(account) = allowed.and_then(|consent| self.accounts.get(&consent.account)) else {
            return Reply::error(401, "Invalid access token");
        };
        if !self.may_use(&account.id) {
            let message =
                format!("User not registered in the Developer Dashboard (at most {PEOPLE})");
            return Reply::error(403, &message);
        }
        let reply = Reply::json(200, &account.profile(self.mode, base));
        match self.count() {
            Some(wait) => {
                Reply::error(429, "API rate limit exceeded").with("Retry-After", wait.to_string())
            }
            None => reply,
        }
    }

    /// Tokens for an account without anybody being asked, for use by hand: its access and its refresh token.
    ///
    /// # Panics
    /// Where there is no such account.
    pub fn grant(&mut self, account: &str) -> (String, String) {
        assert!(self.accounts.contains_key(account), "there is no account {account}");
        let number = self.next_number();
        let consent = Consent {
            account: account.to_owned(),
            revoked: false,
            scope: "user-read-private user-read-email".to_owned(),
            until: i64::MAX,
        };
        self.consents.insert(number, consent);
        let (access, refresh) = (self.draw("BQ"), self.draw("AQR"));
        self.accesses
            .insert(access.clone(), Access { consent: number, until: self.now + TOKEN_LIVES });
        self.refreshes.insert(refresh.clone(), number);
        (access, refresh)
    }
}
