//! How a session is had: by client credentials, or by a token that we sign with the merchant's key (JWT bearer). Neither gives a refresh token; a
//! session that has ended is asked for anew.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use regulars_kernel::Timestamp;
use rsa::{
    RsaPrivateKey,
    pkcs1::DecodeRsaPrivateKey as _,
    pkcs1v15::SigningKey,
    pkcs8::DecodePrivateKey as _,
    rand_core::OsRng,
    sha2::Sha256,
    signature::{RandomizedSigner as _, SignatureEncoding as _},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::{
    connector::Fault,
    outgoing::{Client, Outgoing, Reach},
};

/// How long an assertion is good: Salesforce takes three minutes at most, and clocks differ.
const ASSERTION_LIFE: Duration = Duration::from_mins(2);
/// Where the credentials keep the session.
const TOKEN: &str = "accessToken";
const INSTANCE: &str = "instanceUrl";
/// With what it was had: a session of other settings is none.
const OF: &str = "sessionOf";

/// The way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// With the app's secret.
    ClientCredentials,
    /// With a key.
    JwtBearer,
}

/// A session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// Sent with each request.
    pub(super) token: SecretString,
    /// Where to send requests: `https://…`, without a slash at its end.
    pub(super) instance: String,
}

/// What is needed to log in, but for the secrets.
#[derive(Clone, Debug)]
pub(super) struct Login {
    /// How.
    pub(super) flow: Flow,
    /// Where to log in: `https://…`, without a slash at its end.
    pub(super) base: String,
    /// The app's consumer key.
    pub(super) client_id: String,
    /// As whom, with a key.
    pub(super) username: String,
    /// For whom a signed token is meant.
    pub(super) audience: String,
    /// Whether a session may be elsewhere than at Salesforce.
    pub(super) reach: Reach,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    instance_url: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Denied {
    error: String,
    error_description: String,
}

impl Login {
    fn of(&self) -> String {
        format!("{} {} {}", self.base, self.client_id, self.username)
    }

    /// The session that the credentials keep.
    pub(super) fn stored(&self, credentials: &Value) -> Option<Session> {
        let text = |name: &str| credentials.get(name).and_then(Value::as_str);
        if text(OF) != Some(&self.of()) {
            return None;
        }
        let instance = self.instance(text(INSTANCE)?).ok()?;
        Some(Session { token: SecretString::from(text(TOKEN)?), instance })
    }

    /// The credentials with a session that is not `ended`: the one that another has got meanwhile, or a new one.
    pub(super) fn renewed(
        &self,
        client: &Client,
        credentials: &Value,
        ended: Option<&SecretString>,
        now: Timestamp,
    ) -> Result<Value, Fault> {
        if let Some(stored) = self.stored(credentials)
            && ended.is_none_or(|ended| ended.expose_secret() != stored.token.expose_secret())
        {
            return Ok(credentials.clone());
        }
        let granted = self.log_in(client, credentials, now)?;
        let instance = self.instance(&granted.instance_url)?;
        let mut renewed = credentials.clone();
        let Some(object) = renewed.as_object_mut() else {
            return Err(Fault::NeedsAuth(
                "The credentials of the connection are not there.".to_owned(),
            ));
        };
        object.insert(TOKEN.to_owned(), json!(granted.access_token));
        object.insert(INSTANCE.to_owned(), json!(instance));
        object.insert(OF.to_owned(), json!(self.of()));
        Ok(renewed)
    }

    fn log_in(
        &self,
        client: &Client,
        credentials: &Value,
        now: Timestamp,
    ) -> Result<Granted, Fault> {
        let secret = |name: &str, called: &str| {
            credentials
                .get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
                .ok_or_else(|| {
                    Fault::NeedsAuth(format!(
                        "The {called} is missing: enter it in the connection."
                    ))
                })
        };
        let mut form = form_urlencoded::Serializer::new(String::new());
        match self.flow {
            Flow::ClientCredentials => {
                form.append_pair("grant_type", "client_credentials")
                    .append_pair("client_id", &self.client_id)
                    .append_pair("client_secret", secret("clientSecret", "consumer secret")?);
            }
            Flow::JwtBearer => {
                let assertion = self.assertion(secret("privateKey", "private key")?, now)?;
                form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
                    .append_pair("assertion", &assertion);
            }
        }
        let answer = client.send(&Outgoing {
            method: "POST",
            url: &format!("{}/services/oauth2/token", self.base),
            headers: &[
                ("content-type", "application/x-www-form-urlencoded"),
                ("accept", "application/json"),
            ],
            body: form.finish().as_bytes(),
        })?;
        if answer.is_success() {
            return serde_json::from_slice(&answer.body).map_err(|_broken| Fault::Transient {
                message: "Salesforce's answer to the login is broken".to_owned(),
                after: None,
            });
        }
        match serde_json::from_slice::<Denied>(&answer.body) {
            Ok(denied) if !denied.error.is_empty() && answer.status < 500 => {
                Err(self.denied(&denied))
            }
            _ if (300..400).contains(&answer.status) || answer.status == 404 => {
                Err(Fault::Settings(format!(
                    "{} is no login address of Salesforce. Take the My Domain from Setup > My Domain, like `mycompany.my.salesforce.com`.",
                    self.base
                )))
            }
            _ => Err(answer.fault(now)),
        }
    }

    /// What a refused login means, with the way out.
    fn denied(&self, denied: &Denied) -> Fault {
        let said = &denied.error_description;
        let lower = said.to_lowercase();
        let is = |text: &str| lower.contains(text);
        let way_out = match denied.error.as_str() {
            "server_error" | "temporarily_unavailable" | "unknown_error" => {
                return Fault::Transient {
                    message: format!("Salesforce cannot log in now: {said}"),
                    after: None,
                };
            }
            _ if is("login rate exceeded") => {
                return Fault::Throttled { after: Some(Duration::from_mins(15)) };
            }
            "invalid_client_id" | "invalid_client" => {
                "Salesforce does not know the consumer key or secret. Copy both from the External Client App (Settings > OAuth Settings)."
            }
            "unsupported_grant_type" | "unauthorized_client" => {
                "The External Client App does not allow this way to log in. Turn the client credentials flow or the JWT bearer flow on in its OAuth settings."
            }
            "inactive_user" | "inactive_org" => {
                "The integration user or the organisation is not active."
            }
            _ if is("no client credentials user") => {
                "The External Client App has no run-as user. Choose one in its policies, under client credentials flow."
            }
            _ if is("approved this consumer") => {
                "The integration user has not approved the app. Set the app's policy to \"Admin approved users are pre-authorized\" and give the user's \
                 profile or permission set access to it."
            }
            _ if is("audience") => {
                "Salesforce says that the token was meant for somebody else. The audience is https://login.salesforce.com, for sandboxes https://test.salesforce.com."
            }
            _ if is("assertion") || is("signature") || is("expired") => {
                "Salesforce does not accept the signed token. The private key must be that of the certificate in the External Client App, and this server's clock must be right."
            }
            _ if self.flow == Flow::JwtBearer => {
                "Salesforce does not let the user in. Check the user name, and that the app is approved for this user."
            }
            _ => "Salesforce does not accept the credentials.",
        };
        Fault::NeedsAuth(format!("{way_out} ({}: {said})", denied.error))
    }

    /// A token that says who we are, signed with the merchant's key.
    fn assertion(&self, pem: &str, now: Timestamp) -> Result<String, Fault> {
        let key = read_key(pem)?;
        let head = json!({ "alg": "RS256", "typ": "JWT" });
        let claims = json!({
            "iss": self.client_id, "sub": self.username, "aud": self.audience,
            "exp": now.plus(ASSERTION_LIFE).seconds(),
        });
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(head.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        // With randomness, so that how long it takes says nothing of the key.
        let signature = SigningKey::<Sha256>::new(key)
            .try_sign_with_rng(&mut OsRng, signed.as_bytes())
            .map_err(|_too_small| bad_key())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }

    /// Where requests go, as Salesforce says; a token is sent to nobody else.
    fn instance(&self, url: &str) -> Result<String, Fault> {
        let stranger =
            || Fault::Schema("Salesforce sends us to an address that is not its own.".to_owned());
        let url = Url::parse(url).map_err(|_no_address| stranger())?;
        let host = url.host_str().unwrap_or_default();
        let is_theirs = url.scheme() == "https"
            && url.port().is_none()
            && url.username().is_empty()
            && [".salesforce.com", ".force.com", ".cloudforce.com", ".salesforce.mil"]
                .iter()
                .any(|end| host.ends_with(end));
        if !is_theirs && self.reach == Reach::Public {
            return Err(stranger());
        }
        Ok(url.origin().ascii_serialization())
    }
}

fn bad_key() -> Fault {
    Fault::NeedsAuth(
        "The private key cannot be read. It is the text from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----, an RSA key of 2048 bits or more without \
         password."
            .to_owned(),
    )
}

/// A key in either of the usual forms.
fn read_key(pem: &str) -> Result<RsaPrivateKey, Fault> {
    let pem = pem.trim();
    RsaPrivateKey::from_pkcs8_pem(pem)
        .or_else(|_other_form| RsaPrivateKey::from_pkcs1_pem(pem))
        .map_err(|_unreadable| bad_key())
}

/// The address of a My Domain: `mycompany`, `mycompany.my.salesforce.com` or the whole address. `Err`: a sentence.
pub(super) fn base_of(domain: &str) -> Result<String, Fault> {
    let wrong = || {
        Fault::Settings(format!(
            "`{domain}` is no My Domain. Take it from Setup > My Domain, like `mycompany.my.salesforce.com`."
        ))
    };
    let host = domain.trim().trim_start_matches("https://").trim_end_matches('/').to_lowercase();
    let host = if host.contains('.') { host } else { format!("{host}.my.salesforce.com") };
    // Setup and the browser show it under other names.
    let host = host
        .replace(".lightning.force.com", ".my.salesforce.com")
        .replace(".my.salesforce-setup.com", ".my.salesforce.com");
    let is_host = host.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    (is_host && host.ends_with(".salesforce.com"))
        .then(|| format!("https://{host}"))
        .ok_or_else(wrong)
}

/// For whom a token is meant, by where it is taken: sandboxes have a login of their own.
pub(super) fn audience_of(base: &str) -> &'static str {
    if base.contains(".sandbox.") || base.contains("--") || base.contains("//test.") {
        "https://test.salesforce.com"
    } else {
        "https://login.salesforce.com"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Login {
        Login {
            flow: Flow::ClientCredentials,
            base: "https://acme.my.salesforce.com".into(),
            client_id: "id".into(),
            username: String::new(),
            audience: String::new(),
            reach: Reach::Public,
        }
    }

    #[test]
    fn a_my_domain_is_read_as_people_write_it() {
        for text in [
            "acme",
            "Acme.my.salesforce.com",
            "https://acme.my.salesforce.com/",
            "https://acme.lightning.force.com",
        ] {
            assert_eq!(base_of(text).unwrap(), "https://acme.my.salesforce.com", "{text}");
        }
        let sandbox = base_of("acme--dev.sandbox.my.salesforce.com").unwrap();
        assert_eq!(audience_of(&sandbox), "https://test.salesforce.com");
        for text in ["", "evil.example", "acme.my.salesforce.com.evil.example", "a/b", "127.0.0.1"]
        {
            assert!(base_of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_token_goes_to_salesforce_alone() {
        let login = login();
        assert_eq!(
            login.instance("https://acme.my.salesforce.com/").unwrap(),
            "https://acme.my.salesforce.com"
        );
        for url in [
            "http://acme.my.salesforce.com",
            "https://evil.example",
            "https://salesforce.com.evil.example",
            "https://me@acme.my.salesforce.com",
            "nothing",
        ] {
            assert!(matches!(login.instance(url), Err(Fault::Schema(_))), "{url}");
        }
    }

    #[test]
    fn a_session_of_other_settings_is_none() {
        let mut login = login();
        let stored = json!({
            TOKEN: "t", INSTANCE: "https://acme.my.salesforce.com", OF: login.of(),
        });
        assert!(login.stored(&stored).is_some());
        login.client_id = "another".into();
        assert!(login.stored(&stored).is_none());
        let shown = format!("{:?}", self::login().stored(&json!({
            TOKEN: "secret-token", INSTANCE: "https://acme.my.salesforce.com", OF: self::login().of(),
        })));
        assert!(!shown.contains("secret-token"), "{shown}");
    }

    #[test]
    fn a_key_that_is_none_is_told_in_words() {
        assert!(matches!(read_key("hello"), Err(Fault::NeedsAuth(_))));
    }
}
