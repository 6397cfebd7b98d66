//! What a token is, and everything that is none.

use hmac::{Hmac, Mac};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::Sha256;

use super::*;
use crate::keys::Key;

const NOW: i64 = 1_700_000_000;

fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

fn key(id: &str, byte: u8) -> Key {
    Key::new(id, vec![byte; 32]).unwrap()
}

fn signer() -> TokenSigner {
    TokenSigner::new(&KeyRing::new(key("a", 1)), Duration::from_secs(2))
}

fn claims() -> Claims {
    Claims {
        person: PersonId::new(177),
        email: "consumer@loyaltydish.com".to_owned(),
        session: SessionId::new(9),
        token_version: 3,
        token_id: TokenId("0f".repeat(16)),
        issued_at: NOW,
        expires_at: NOW + 900,
    }
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// What whoever had the key could write.
fn forge(header: &str, claims: &str, byte: u8) -> String {
    let text = [header, claims].map(|json| URL_SAFE_NO_PAD.encode(json)).join(".");
    let mut mac = Hmac::<Sha256>::new_from_slice(&[byte; 32]).unwrap();
    mac.update(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

const HEADER: &str = r#"{"typ":"JWT","alg":"HS256"}"#;

#[test]
fn a_token_is_what_clients_know_and_reads_back() {
    let token = signer().sign(&claims()).unwrap();
    // The first part of the public API's own sample.
    assert!(token.expose().starts_with("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."));
    assert_eq!(part(token.expose(), 1), claims().to_json());
    assert_eq!(
        claims().to_json(),
        json!({
            "email": "consumer@loyaltydish.com", "exp": NOW + 900, "origIat": NOW,
            "sub": "177", "jti": "0f".repeat(16), "sid": "9", "tv": 3,
        })
    );
    assert_eq!(signer().verify(token.expose(), now()), Ok(claims()));
    assert_eq!(format!("{token:?}"), "AccessToken(***)");
}

#[test]
fn a_token_dies_at_its_time_give_or_take_the_leeway() {
    let token = signer().sign(&claims()).unwrap();
    for (seconds, verdict) in [
        (899, Ok(claims())),
        (901, Ok(claims())),
        (902, Err(TokenError::Expired)),
        (90_000_000, Err(TokenError::Expired)),
    ] {
        let then = now().plus(Duration::from_secs(seconds));
        assert_eq!(signer().verify(token.expose(), then), verdict, "{seconds}");
    }
    let generous = TokenSigner::new(&KeyRing::new(key("a", 1)), Duration::from_hours(1));
    let then = now().plus(Duration::from_secs(905));
    assert_eq!(generous.verify(token.expose(), then), Err(TokenError::Expired));
}

#[test]
fn keys_rotate() {
    let old = signer().sign(&claims()).unwrap();
    let mut ring = KeyRing::new(key("a", 1));
    ring.rotate(key("b", 2));
    let rotated = TokenSigner::new(&ring, Duration::ZERO);
    assert_eq!(rotated.verify(old.expose(), now()), Ok(claims()));
    let new = rotated.sign(&claims()).unwrap();
    assert_eq!(rotated.verify(new.expose(), now()), Ok(claims()));
    assert_eq!(signer().verify(new.expose(), now()), Err(TokenError::Invalid));
    let body = claims().to_json().to_string();
    for (kid, byte, fits) in
        [("a", 1, true), ("b", 2, true), ("a", 2, false), ("b", 1, false), ("c", 1, false)]
    {
        let header = format!(r#"{{"typ":"JWT","alg":"HS256","kid":"{kid}"}}"#);
        let read = rotated.verify(&forge(&header, &body, byte), now());
        assert_eq!(read.is_ok(), fits, "{kid} {byte}");
    }
}

#[test]
fn headers_that_are_not_ours_are_refused_even_when_signed() {
    let body = claims().to_json().to_string();
    assert!(signer().verify(&forge(HEADER, &body, 1), now()).is_ok());
    for header in [
        r#"{"typ":"JWT","alg":"none"}"#,
        r#"{"typ":"JWT","alg":"None"}"#,
        r#"{"typ":"JWT","alg":"hs256"}"#,
        r#"{"typ":"JWT","alg":"HS384"}"#,
        r#"{"typ":"JWT","alg":"RS256"}"#,
        r#"{"typ":"JWT"}"#,
        r#"{"typ":"at+jwt","alg":"HS256"}"#,
        r#"{"typ":"JWT","alg":"HS256","crit":["exp"]}"#,
        r#"{"typ":"JWT","alg":"HS256","crit":[]}"#,
        r#"{"typ":"JWT","alg":"HS256","jku":"https://evil.example/keys"}"#,
        r#"{"typ":"JWT","alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}"#,
        r#"{"typ":"JWT","alg":"HS256","b64":false}"#,
        r#"{"typ":"JWT","alg":"HS256","kid":"../../dev/null"}"#,
        r#"{"typ":"JWT","alg":"HS256","alg":"HS256"}"#,
        "[]",
        "",
    ] {
        let read = signer().verify(&forge(header, &body, 1), now());
        assert_eq!(read, Err(TokenError::Invalid), "{header}");
    }
}

#[test]
fn claims_that_are_not_ours_are_refused_even_when_signed() {
    type Change = fn(&mut serde_json::Map<String, Value>);
    let table: [(&str, Change); 14] = [
        ("no exp", |claims| drop(claims.remove("exp"))),
        ("exp in text", |claims| drop(claims.insert("exp".into(), json!("1700000900")))),
        ("exp null", |claims| drop(claims.insert("exp".into(), Value::Null))),
        ("exp a fraction", |claims| drop(claims.insert("exp".into(), json!(1.7e9 + 0.5)))),
        ("exp endless", |claims| drop(claims.insert("exp".into(), json!(1e300)))),
        ("exp true", |claims| drop(claims.insert("exp".into(), json!(true)))),
        ("not yet", |claims| drop(claims.insert("nbf".into(), json!(NOW + 100)))),
        ("nbf in text", |claims| drop(claims.insert("nbf".into(), json!("0")))),
        ("for another", |claims| drop(claims.insert("aud".into(), json!("else")))),
        ("no sub", |claims| drop(claims.remove("sub"))),
        ("sub a number", |claims| drop(claims.insert("sub".into(), json!(177)))),
        ("sub a word", |claims| drop(claims.insert("sub".into(), json!("177 OR 1=1")))),
        ("no sid", |claims| drop(claims.remove("sid"))),
        ("no tv", |claims| drop(claims.remove("tv"))),
    ];
    for (what, change) in table {
        let mut changed = claims().to_json().as_object().unwrap().clone();
        change(&mut changed);
        let token = forge(HEADER, &Value::from(changed).to_string(), 1);
        assert_eq!(signer().verify(&token, now()), Err(TokenError::Invalid), "{what}");
    }
    let twice = claims().to_json().to_string().replace(r#""tv":3"#, r#""tv":3,"tv":4"#);
    assert_eq!(signer().verify(&forge(HEADER, &twice, 1), now()), Err(TokenError::Invalid));
}

#[test]
fn what_is_no_token_is_refused() {
    let token = signer().sign(&claims()).unwrap();
    let token = token.expose();
    let unsigned = token.rsplit_once('.').unwrap().0;
    for text in [
        "",
        ".",
        "..",
        "...",
        "Bearer",
        unsigned,
        &format!("{unsigned}."),
        &format!("{token}."),
        &format!("{token}="),
        &format!(" {token}"),
        &format!("{token}\n"),
        &format!("{unsigned}.{}", "A".repeat(5000)),
    ] {
        assert_eq!(signer().verify(text, now()), Err(TokenError::Invalid), "{text}");
    }
}

proptest! {
    #[test]
    fn a_changed_token_never_verifies(
        at in any::<prop::sample::Index>(),
        to in "[A-Za-z0-9_=.+/ \u{e9}-]",
    ) {
        let token = signer().sign(&claims()).unwrap();
        let at = at.index(token.expose().len());
        let mut changed = token.expose().to_owned();
        changed.replace_range(at..=at, &to);
        prop_assume!(changed != token.expose());
        prop_assert_eq!(signer().verify(&changed, now()), Err(TokenError::Invalid));
    }

    #[test]
    fn anything_at_all_is_refused(text in "\\PC{0,40}(\\.\\PC{0,40}){0,3}") {
        prop_assert_eq!(signer().verify(&text, now()), Err(TokenError::Invalid));
    }

    #[test]
    fn a_token_of_another_key_never_verifies(byte in 2_u8..) {
        let other = TokenSigner::new(&KeyRing::new(key("a", byte)), Duration::ZERO);
        let token = other.sign(&claims()).unwrap();
        prop_assert_eq!(signer().verify(token.expose(), now()), Err(TokenError::Invalid));
    }
}
