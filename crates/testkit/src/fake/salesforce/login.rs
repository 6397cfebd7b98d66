//! Who may ask: the client credentials flow, and the JWT bearer flow.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rsa::{
    RsaPrivateKey,
    pkcs1v15::{Signature, VerifyingKey},
    pkcs8::DecodePrivateKey as _,
    sha2::{Digest as _, Sha256},
    signature::Verifier as _,
};
use serde_json::{Value, json};

use super::{reply::Reply, thing::id, world::World};

/// The key whose certificate the app has. It opens nothing but this fake.
pub(super) const PRIVATE_KEY: &str = include_str!("key.pem");
/// For how long a signed token may be good: three minutes.
const LONGEST: i64 = 180;

fn denied(error: &str, description: &str) -> Reply {
    Reply::json(400, &json!({ "error": error, "error_description": description }))
}

impl World {
    /// Answers a login.
    pub(super) fn log_in(&mut self, form: &[(String, String)]) -> Reply {
        let field = |name: &str| {
            form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
        };
        let refused = match field("grant_type") {
            "client_credentials" => self.refuse_client(field("client_id"), field("client_secret")),
            "urn:ietf:params:oauth:grant-type:jwt-bearer" => self.refuse_token(field("assertion")),
            _ => Some(denied("unsupported_grant_type", "grant type not supported")),
        };
        if let Some(refused) = refused {
            return refused;
        }
        self.logins = self.logins.saturating_add(1);
        let (organization, user) = (id("00D", 1), id("005", 1));
        let number = self.next_number();
        let secret = Sha256::digest(format!("{} {number}", self.address));
        let token =
            format!("{}!{}", organization.get(..15).unwrap_or_default(), hex::encode(secret));
        self.sessions.insert(token.clone());
        let address = &self.address;
        Reply::json(
            200,
            &json!({
                "access_token": token, "signature": STANDARD.encode(secret), "scope": "api",
                "instance_url": address, "id": format!("{address}/id/{organization}/{user}"),
                "token_type": "Bearer", "issued_at": (self.now * 1_000).to_string(),
            }),
        )
    }

    fn refuse_client(&self, id: &str, secret: &str) -> Option<Reply> {
        if id != self.client_id {
            return Some(denied("invalid_client_id", "client identifier invalid"));
        }
        if secret != self.client_secret {
            return Some(denied("invalid_client", "invalid client credentials"));
        }
        (!self.has_run_as_user)
            .then(|| denied("invalid_grant", "no client credentials user enabled"))
    }

    fn refuse_token(&self, token: &str) -> Option<Reply> {
        let bad = |description: &str| Some(denied("invalid_grant", description));
        let Some(claims) = verified(token) else { return bad("invalid assertion") };
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("iss") != self.client_id {
            return Some(denied("invalid_client_id", "client identifier invalid"));
        }
        if text("aud") != self.audience {
            return bad("audience is invalid");
        }
        let until = claims.get("exp").and_then(Value::as_i64).unwrap_or_default();
        if until <= self.now {
            return bad("expired authorization code");
        }
        if until > self.now + LONGEST {
            return bad("invalid assertion: exp is too far ahead");
        }
        if text("sub") != self.username {
            return bad("user hasn't approved this consumer");
        }
        if self.is_approved { None } else { bad("user hasn't approved this consumer") }
    }
}

/// What a token says, where the app's key signed it.
fn verified(token: &str) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (head, claims) = signed.split_once('.')?;
    let json =
        |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    if json(head)?.get("alg")? != "RS256" {
        return None;
    }
    let key = RsaPrivateKey::from_pkcs8_pem(PRIVATE_KEY).ok()?.to_public_key();
    let signature = Signature::try_from(URL_SAFE_NO_PAD.decode(signature).ok()?.as_slice()).ok()?;
    VerifyingKey::<Sha256>::new(key).verify(signed.as_bytes(), &signature).ok()?;
    json(claims)
}
