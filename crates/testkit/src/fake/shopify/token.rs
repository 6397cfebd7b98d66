//! Who may ask: the app's id and secret, and tokens that end.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// How long a token of the app itself lives, in seconds.
const DAY: i64 = 86_399;
/// How long a token lives that can be renewed, in seconds.
const HOUR: i64 = 3_600;

/// The tokens that were given out.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The app's id.
    pub client_id: String,
    /// The app's secret: it signs deliveries, too.
    pub client_secret: String,
    /// A token that never ends.
    pub forever: String,
    /// Access tokens, and until when they are good: seconds since 1970.
    access: BTreeMap<String, i64>,
    /// The refresh token, and the one before it, which is good until the new one, or what came with it, is used.
    refresh: Option<String>,
    previous: Option<String>,
    /// The access token that came with the refresh token.
    latest: Option<String>,
    given: u64,
    /// How many tokens were asked for.
    pub asked: u64,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            client_id: "4e8a3f6fb6ee4b1c9b1d5f0c7d2a9b10".to_owned(),
            client_secret: "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".to_owned(),
            forever: "shpat_00000000000000000000000000000000".to_owned(),
            access: BTreeMap::new(),
            refresh: None,
            previous: None,
            latest: None,
            given: 0,
            asked: 0,
        }
    }
}

/// Why no token is given: a status, and what is said.
pub(super) type Refused = (u16, Value);

fn refused(status: u16, error: &str, why: &str) -> Refused {
    (status, json!({ "error": error, "error_description": why }))
}

impl Tokens {
    fn next(&mut self, kind: &str) -> String {
        self.given += 1;
        format!("{kind}_{:032x}", self.given)
    }

    /// Somebody let the app in: the first refresh token.
    pub fn authorize(&mut self) -> String {
        let token = self.next("shprt");
        self.refresh = Some(token.clone());
        self.previous = None;
        token
    }

    /// Every token but the one that never ends is void.
    pub fn revoke(&mut self) {
        self.access.clear();
    }

    /// Everything is void: the app was removed.
    pub fn remove(&mut self) {
        self.access.clear();
        self.refresh = None;
        self.previous = None;
        "removed".clone_into(&mut self.forever);
        self.client_secret = self.next("shpss");
    }

    /// Whether a token may ask. Whoever uses the new one shows that it arrived: the old refresh token is void.
    pub(super) fn accepts(&mut self, token: &str, now: i64) -> bool {
        let good =
            token == self.forever || self.access.get(token).is_some_and(|until| *until > now);
        if good && self.latest.as_deref() == Some(token) {
            self.previous = None;
        }
        good
    }

    /// This token is void.
    pub(super) fn forget(&mut self, token: &str) {
        self.access.remove(token);
    }

    /// Gives a token for a form.
    pub(super) fn give(
        &mut self,
        form: &BTreeMap<String, String>,
        now: i64,
        scope: &str,
    ) -> Result<Value, Refused> {
        self.asked += 1;
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if field("client_id") != self.client_id || field("client_secret") != self.client_secret {
            return Err(refused(401, "invalid_client", "Client authentication failed"));
        }
        match field("grant_type") {
            "client_credentials" => {
                let token = self.next("shpat");
                self.access.insert(token.clone(), now + DAY);
                Ok(json!({ "access_token": token, "scope": scope, "expires_in": DAY }))
            }
            "refresh_token" => {
                let given = field("refresh_token");
                let current = self.refresh.as_deref() == Some(given);
                if given.is_empty() || (!current && self.previous.as_deref() != Some(given)) {
                    let why = "This request requires an active refresh_token";
                    return Err(refused(400, "invalid_request", why));
                }
                let token = self.next("shpat");
                let refresh = self.next("shprt");
                self.access.insert(token.clone(), now + HOUR);
                self.latest = Some(token.clone());
                self.previous = Some(given.to_owned());
                self.refresh = Some(refresh.clone());
                Ok(json!({
                    "access_token": token, "scope": scope, "expires_in": HOUR,
                    "refresh_token": refresh, "refresh_token_expires_in": 7_776_000,
                }))
            }
            _ => Err(refused(400, "unsupported_grant_type", "No such grant type")),
        }
    }
}
