//! How we log in to a shop: as the merchant's own app, with a token that somebody entered, or with one that is renewed.

use std::{fmt, sync::Arc, time::Duration};

use regulars_kernel::{Clock, Timestamp};
use serde_json::{Map, Value, json};
use url::form_urlencoded::Serializer;

use crate::{
    connector::{Credentials, Fault},
    outgoing::{Answer, Client, Outgoing},
};

/// So long before its end a token is renewed: what is sent with it still arrives in time.
const MARGIN: Duration = Duration::from_mins(5);
/// The most characters of a vendor's own words that are shown.
pub(super) const MAX_WORDS: usize = 300;

/// In which way a token is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// As the merchant's own app: one for 24 hours, for its id and secret.
    ClientCredentials,
    /// One that never ends, entered by somebody.
    Static,
    /// One for an hour, and another that renews it and is itself replaced each time.
    Refresh,
}

impl Way {
    /// The values in settings.
    pub(super) const NAMES: &'static [&'static str] = &["client_credentials", "static", "refresh"];

    /// The way of that name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        match name {
            "client_credentials" => Some(Self::ClientCredentials),
            "static" => Some(Self::Static),
            "refresh" => Some(Self::Refresh),
            _ => None,
        }
    }
}

/// Where tokens are had, and the one in use.
pub(super) struct Tokens {
    pub(super) way: Way,
    pub(super) client: Client,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) credentials: Arc<dyn Credentials>,
    /// The app's id at Shopify.
    pub(super) client_id: Option<String>,
    /// The address that gives tokens.
    pub(super) address: String,
    /// The token in use, until when.
    pub(super) current: Option<(String, Timestamp)>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("way", &self.way).finish_non_exhaustive()
    }
}

fn text<'a>(credentials: &'a Value, name: &str) -> Option<&'a str> {
    credentials.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The stored token that can be used: neither the one that was refused, nor one that ends soon.
fn usable(stored: &Value, refused: Option<&str>, now: Timestamp) -> Option<(String, Timestamp)> {
    let token = text(stored, "accessToken").filter(|token| Some(*token) != refused)?;
    let until = stored.get("accessTokenUntil").and_then(Value::as_i64)?;
    let until = Timestamp::from_seconds(until);
    (until > now.plus(MARGIN)).then(|| (token.to_owned(), until))
}

impl Tokens {
    /// A token to ask with. With the one that was refused, another one: there is one more try, and no third.
    ///
    /// # Errors
    /// [`Fault::NeedsAuth`] where there is none to be had without somebody's help.
    pub(super) fn token(&mut self, refused: Option<&str>) -> Result<String, Fault> {
        let now = self.clock.now();
        if let Some((token, until)) = &self.current
            && refused != Some(token.as_str())
            && *until > now.plus(MARGIN)
        {
            return Ok(token.clone());
        }
        let stored = self.credentials.load()?;
        let found = if self.way == Way::Static {
            let token = text(&stored, "accessToken").ok_or_else(|| missing("accessToken"))?;
            if refused == Some(token) {
                return Err(Fault::NeedsAuth(
                    "Shopify does not accept the access token: it was taken back, or the app was removed. Enter a new one."
                        .to_owned(),
                ));
            }
            (token.to_owned(), Timestamp::MAX)
        } else if let Some(found) = usable(&stored, refused, now) {
            found
        } else {
            // What is stored may have been renewed by another process meanwhile: that is used, and not renewed again.
            let renewed = self.credentials.renew(&mut |stored| {
                if usable(stored, refused, now).is_some() {
                    return Ok(stored.clone());
                }
                self.ask(stored)
            })?;
            usable(&renewed, refused, now).ok_or_else(|| {
                Fault::NeedsAuth(
                    "Shopify gave a token that cannot be used. Connect the shop anew.".to_owned(),
                )
            })?
        };
        let token = found.0.clone();
        self.current = Some(found);
        Ok(token)
    }

    /// Asks for a new token; answers the credentials with it.
    fn ask(&self, stored: &Value) -> Result<Value, Fault> {
        let client_id = self.client_id.as_deref().ok_or_else(|| missing("clientId"))?;
        let secret = text(stored, "clientSecret").ok_or_else(|| missing("clientSecret"))?;
        let mut form = Serializer::new(String::new());
        form.append_pair("client_id", client_id).append_pair("client_secret", secret);
        if self.way == Way::Refresh {
            let refresh = text(stored, "refreshToken").ok_or_else(|| missing("refreshToken"))?;
            form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", refresh);
        } else {
            form.append_pair("grant_type", "client_credentials");
        }
        let body = form.finish();
        let answer = self.client.send(&Outgoing {
            method: "POST",
            url: &self.address,
            headers: &[
                ("content-type", "application/x-www-form-urlencoded"),
                ("accept", "application/json"),
            ],
            body: body.as_bytes(),
        })?;
        let now = self.clock.now();
        if !answer.is_success() {
            return Err(refused(&answer, self.way, now));
        }
        merged(stored, &answer.json()?, self.way, now)
    }
}

fn missing(name: &str) -> Fault {
    Fault::NeedsAuth(format!("The setting `{name}` is missing: without it nobody can log in."))
}

/// What is stored, with what the answer says.
fn merged(stored: &Value, answer: &Value, way: Way, now: Timestamp) -> Result<Value, Fault> {
    let broken = || Fault::Schema("Shopify's answer has no access token in it.".to_owned());
    let token = text(answer, "access_token").ok_or_else(broken)?;
    // A token that does not say how long it lives is taken for one of the usual kind.
    let usual = if way == Way::Refresh { 3_600 } else { 86_399 };
    let lives = answer.get("expires_in").and_then(Value::as_u64).unwrap_or(usual);
    let until = now.plus(Duration::from_secs(lives)).seconds();
    let mut credentials: Map<String, Value> = stored.as_object().cloned().unwrap_or_default();
    credentials.insert("accessToken".to_owned(), json!(token));
    credentials.insert("accessTokenUntil".to_owned(), json!(until));
    if way == Way::Refresh
        && let Some(refresh) = text(answer, "refresh_token")
    {
        credentials.insert("refreshToken".to_owned(), json!(refresh));
    }
    Ok(Value::Object(credentials))
}

/// What it means that no token is given, in the merchant's words.
fn refused(answer: &Answer, way: Way, now: Timestamp) -> Fault {
    let said = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    let why: String = text(&said, "error_description")
        .or_else(|| text(&said, "error"))
        .unwrap_or_default()
        .chars()
        .take(MAX_WORDS)
        .collect();
    match (answer.status, way) {
        (404, _) => Fault::Settings(
            "Shopify knows no shop of this name: check the shop's address (it ends in .myshopify.com).".to_owned(),
        ),
        (400 | 401 | 403, Way::Refresh) => Fault::NeedsAuth(format!(
            "Shopify does not renew the login any more ({why}). Connect the shop anew."
        )),
        (400 | 401 | 403, _) => Fault::NeedsAuth(format!(
            "Shopify does not accept the app's id and secret ({why}). Check both in the Dev Dashboard, and that the app is installed in this shop."
        )),
        _ => answer.fault(now),
    }
}
