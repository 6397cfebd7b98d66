use regulars_kernel::{Clock as _, SystemClock, Timestamp};
use secrecy::ExposeSecret as _;
use standardwebhooks::Webhook;

use super::*;

const NOON: Timestamp = Timestamp::from_micros(1_795_780_800_000_000);

struct Sent {
    id: String,
    timestamp: String,
    signature: String,
}

/// As the reference library signs.
fn sent(secret: &Secret, at: Timestamp, body: &[u8]) -> Sent {
    let oracle = Webhook::new(secret.to_text().expose_secret()).unwrap();
    Sent {
        id: "msg_1".to_owned(),
        timestamp: at.seconds().to_string(),
        signature: oracle.sign("msg_1", at.seconds(), body).unwrap(),
    }
}

fn verified(
    sent: &Sent,
    body: &[u8],
    secrets: &[Secret],
    now: Timestamp,
) -> Result<String, Refusal> {
    let headers = Headers {
        id: Some(&sent.id),
        timestamp: Some(&sent.timestamp),
        signature: Some(&sent.signature),
    };
    verify(&headers, body, secrets, now).map(|verified| verified.id)
}

fn fresh() -> Secret {
    Secret::draw(&mut rand::rng())
}

#[test]
fn what_the_reference_library_signs_is_taken_and_nothing_that_was_altered() {
    let (secret, body) = (fresh(), "{\"name\":\"Zoë\"}".as_bytes());
    let good = sent(&secret, NOON, body);
    let own = std::slice::from_ref(&secret);
    assert_eq!(verified(&good, body, own, NOON).as_deref(), Ok("msg_1"));

    for place in 0..body.len() {
        let mut altered = body.to_vec();
        altered[place] ^= 1;
        assert_eq!(verified(&good, &altered, own, NOON), Err(Refusal::Signature));
    }
    assert_eq!(verified(&good, body, &[fresh()], NOON), Err(Refusal::Signature));
    assert_eq!(verified(&good, body, &[], NOON), Err(Refusal::Signature));
    let other = Sent { id: "msg_2".to_owned(), ..sent(&secret, NOON, body) };
    assert_eq!(verified(&other, body, own, NOON), Err(Refusal::Signature));
    let later = Sent { timestamp: (NOON.seconds() + 1).to_string(), ..sent(&secret, NOON, body) };
    assert_eq!(verified(&later, body, own, NOON), Err(Refusal::Signature));

    let encoded = good.signature.strip_prefix("v1,").unwrap();
    let hex = hex::encode(VERSION);
    for signature in [
        String::new(),
        format!("v2,{encoded}"),
        encoded.to_owned(),
        format!("v1,{hex}"),
        format!("v1{encoded}"),
    ] {
        let bad = Sent { signature, ..sent(&secret, NOON, body) };
        assert_eq!(verified(&bad, body, own, NOON), Err(Refusal::Signature));
    }
}

#[test]
fn several_secrets_and_several_signatures_are_a_rotation() {
    let (old, new, body) = (fresh(), fresh(), b"{}");
    for secret in [&old, &new] {
        let both = [new.clone(), old.clone()];
        assert!(verified(&sent(secret, NOON, body), body, &both, NOON).is_ok());
    }
    let (one, two) = (sent(&old, NOON, body), sent(&new, NOON, body));
    let both = Sent { signature: format!("v1a,xyz {} {}", one.signature, two.signature), ..one };
    assert!(verified(&both, body, &[new], NOON).is_ok());
    assert!(verified(&both, body, &[old], NOON).is_ok());
}

#[test]
fn clocks_may_be_five_minutes_apart() {
    let (secret, body) = (fresh(), b"{}");
    for (ahead, good) in [(-301, false), (-300, true), (0, true), (300, true), (301, false)] {
        let at = Timestamp::from_seconds(NOON.seconds() + ahead);
        let answer = verified(&sent(&secret, at, body), body, std::slice::from_ref(&secret), NOON);
        assert_eq!(answer.is_ok(), good, "{ahead}");
        assert!(good || answer == Err(Refusal::Clock));
    }
}

#[test]
fn headers_that_are_missing_or_malformed_are_named() {
    let (secret, body) = (fresh(), b"{}");
    let good = sent(&secret, NOON, body);
    let ask = |id, timestamp, signature| {
        let headers = Headers { id, timestamp, signature };
        verify(&headers, body, std::slice::from_ref(&secret), NOON).unwrap_err()
    };
    let (id, at, signature) =
        (Some(good.id.as_str()), Some(good.timestamp.as_str()), Some(good.signature.as_str()));
    for bad in [None, Some(""), Some("a.b"), Some("a b")] {
        assert_eq!(ask(bad, at, signature), Refusal::Header("webhook-id"));
    }
    for bad in [
        None,
        Some(""),
        Some("+1"),
        Some("-1"),
        Some("1.0"),
        Some("99999999999999999999"),
        Some("soon"),
    ] {
        assert_eq!(ask(id, bad, signature), Refusal::Header("webhook-timestamp"));
    }
    assert_eq!(ask(id, at, None), Refusal::Header("webhook-signature"));
}

#[test]
fn what_we_send_we_would_take_and_so_does_the_reference_library() {
    let (secret, body, now) = (fresh(), b"{\"a\":1}", SystemClock.now());
    let own = Sent {
        id: "msg_1".to_owned(),
        timestamp: now.seconds().to_string(),
        signature: crate::webhook::signatures(&[fresh(), secret.clone()], "msg_1", now, body),
    };
    assert!(verified(&own, body, std::slice::from_ref(&secret), now).is_ok());
    let mut headers = ureq::http::HeaderMap::new();
    headers.insert("webhook-id", own.id.parse().unwrap());
    headers.insert("webhook-timestamp", own.timestamp.parse().unwrap());
    headers.insert("webhook-signature", own.signature.parse().unwrap());
    Webhook::new(secret.to_text().expose_secret()).unwrap().verify(body, &headers).unwrap();
}
