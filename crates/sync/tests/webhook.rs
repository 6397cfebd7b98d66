//! Messages over the wire: what a receiver gets, checked by the reference library, and what its answer means here.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use regulars_kernel::{Clock as _, SystemClock, Timestamp};
use regulars_sync::{
    outgoing::{Client, Patience, Reach},
    webhook::{Delivery, Endpoint, Message, Outcome, Secret, deliver, delivery::TIMEOUT},
};
use secrecy::ExposeSecret as _;
use serde_json::json;
use standardwebhooks::Webhook;
use ureq::http::{HeaderMap, HeaderName, HeaderValue};

/// What came.
struct Seen {
    headers: HeaderMap,
    body: Vec<u8>,
}

/// A receiver that answers once, with these bytes, and tells what came.
fn receiver(answer: &'static str) -> (String, mpsc::Receiver<Seen>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = Vec::new();
        let mut piece = [0; 4096];
        let seen = loop {
            let read = stream.read(&mut piece).unwrap();
            bytes.extend_from_slice(&piece[..read]);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
            let mut headers = HeaderMap::new();
            for line in head.lines().skip(1) {
                let (name, value) = line.split_once(": ").unwrap();
                headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
            }
            let length: usize = headers["content-length"].to_str().unwrap().parse().unwrap();
            if bytes.len() == head.len() + 4 + length {
                break Seen { headers, body: bytes[head.len() + 4..].to_vec() };
            }
        };
        tell.send(seen).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        // Whoever answers nothing keeps the line open.
        if answer.is_empty() {
            thread::sleep(TIMEOUT * 2);
        }
    });
    (address, told)
}

fn client() -> Client {
    Client::new(Reach::Anywhere, Patience::default())
}

fn secret() -> Secret {
    Secret::draw(&mut rand::rng())
}

fn message() -> Message {
    let happened = Timestamp::from_seconds(1_800_000_000);
    Message::new("msg_1", "customer.updated", happened, &json!({"pk": 177, "name": "Zoë"})).unwrap()
}

fn attempt(answer: &'static str) -> Delivery {
    let (address, _told) = receiver(answer);
    let endpoint = Endpoint::new(&address, vec![secret()], Reach::Anywhere).unwrap();
    deliver(&client(), &endpoint, &message(), SystemClock.now())
}

#[test]
fn the_reference_library_takes_what_is_sent_with_each_secret_of_a_rotation() {
    let (address, told) = receiver("HTTP/1.1 204 No Content\r\n\r\n");
    let secrets = vec![secret(), secret()];
    let endpoint = Endpoint::new(&address, secrets.clone(), Reach::Anywhere).unwrap();
    let now = SystemClock.now();
    let delivery = deliver(&client(), &endpoint, &message(), now);
    assert_eq!(delivery.outcome, Outcome::Delivered);
    assert_eq!((delivery.status, delivery.at), (Some(204), now));

    let seen = told.recv().unwrap();
    assert_eq!(seen.body, message().payload());
    assert_eq!(seen.headers["webhook-id"], "msg_1");
    assert_eq!(seen.headers["content-type"], "application/json");
    for secret in &secrets {
        let oracle = Webhook::new(secret.to_text().expose_secret()).unwrap();
        oracle.verify(&seen.body, &seen.headers).unwrap();
    }
    let stranger = Webhook::new(secret().to_text().expose_secret()).unwrap();
    assert!(stranger.verify(&seen.body, &seen.headers).is_err());
    let mut altered = seen.body.clone();
    altered[0] ^= 1;
    let oracle = Webhook::new(secrets[0].to_text().expose_secret()).unwrap();
    assert!(oracle.verify(&altered, &seen.headers).is_err());
}

#[test]
fn the_reference_library_signs_the_same() {
    let secret = secret();
    let oracle = Webhook::new(secret.to_text().expose_secret()).unwrap();
    for body in ["{}", r#"{"a":"ä €"}"#, ""] {
        for seconds in [0, 1_800_000_000] {
            let at = Timestamp::from_seconds(seconds);
            let own = secret.sign("msg_Zz9", at, body.as_bytes());
            assert_eq!(own, oracle.sign("msg_Zz9", seconds, body.as_bytes()).unwrap());
        }
    }
}

#[test]
fn another_attempt_has_the_same_id_and_body_and_its_own_instant() {
    let secret = secret();
    let first = SystemClock.now().minus(Duration::from_hours(2));
    let mut seen = Vec::new();
    for at in [first, SystemClock.now()] {
        let (address, told) = receiver("HTTP/1.1 500 No\r\ncontent-length: 4\r\n\r\noops");
        let endpoint = Endpoint::new(&address, vec![secret.clone()], Reach::Anywhere).unwrap();
        let delivery = deliver(&client(), &endpoint, &message(), at);
        assert_eq!(delivery.answer, "oops");
        seen.push(told.recv().unwrap());
    }
    assert_eq!(seen[0].headers["webhook-id"], seen[1].headers["webhook-id"]);
    assert_eq!(seen[0].body, seen[1].body);
    assert_ne!(seen[0].headers["webhook-signature"], seen[1].headers["webhook-signature"]);
    let stamp = |seen: &Seen| seen.headers["webhook-timestamp"].clone();
    assert_eq!(stamp(&seen[0]), HeaderValue::from(first.seconds()));
    let oracle = Webhook::new(secret.to_text().expose_secret()).unwrap();
    oracle.verify(&seen[1].body, &seen[1].headers).unwrap();
}

#[test]
fn only_2xx_is_success_and_what_answers_mean_else() {
    let minute = Some(Duration::from_mins(1));
    for (answer, status, slow_down) in [
        (
            "HTTP/1.1 301 Moved\r\nlocation: https://shop.example/\r\ncontent-length: 0\r\n\r\n",
            301,
            None,
        ),
        ("HTTP/1.1 304 Not Modified\r\n\r\n", 304, None),
        ("HTTP/1.1 400 Bad\r\ncontent-length: 0\r\n\r\n", 400, None),
        ("HTTP/1.1 429 Slow\r\ncontent-length: 0\r\n\r\n", 429, minute),
        (
            "HTTP/1.1 429 Slow\r\nretry-after: 90\r\ncontent-length: 0\r\n\r\n",
            429,
            Some(Duration::from_secs(90)),
        ),
        ("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", 500, None),
        ("HTTP/1.1 502 Oops\r\ncontent-length: 0\r\n\r\n", 502, minute),
        (
            "HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n",
            503,
            Some(Duration::from_secs(7)),
        ),
        ("HTTP/1.1 504 Late\r\ncontent-length: 0\r\n\r\n", 504, minute),
    ] {
        let delivery = attempt(answer);
        assert!(matches!(delivery.outcome, Outcome::Failed(_)), "{answer}");
        assert_eq!((delivery.status, delivery.slow_down), (Some(status), slow_down), "{answer}");
    }
    let gone = attempt("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n");
    assert!(matches!(gone.outcome, Outcome::Gone(_)));
    for success in ["200 OK", "202 Accepted", "299 Fine"] {
        let answer = format!("HTTP/1.1 {success}\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(attempt(answer.leak()).outcome, Outcome::Delivered);
    }
    // The body is cut; what was said was said.
    assert_eq!(
        attempt("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok").outcome,
        Outcome::Delivered
    );
}

#[test]
fn an_endpoint_that_is_silent_or_absent_failed_in_time() {
    let began = Instant::now();
    let delivery = attempt("");
    assert!(matches!(delivery.outcome, Outcome::Failed(_)));
    assert!(began.elapsed() < TIMEOUT + Duration::from_secs(5) && delivery.took >= TIMEOUT);

    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let nobody =
        Endpoint::new(&format!("http://{free}/"), vec![secret()], Reach::Anywhere).unwrap();
    let delivery = deliver(&client(), &nobody, &message(), SystemClock.now());
    let Outcome::Failed(sentence) = &delivery.outcome else { panic!() };
    assert!(sentence.starts_with("The endpoint did not answer: "), "{sentence}");
    assert_eq!(delivery.status, None);
}

#[test]
fn a_name_that_leads_into_this_network_is_refused_at_each_attempt() {
    // Any such name would do; this one is known without a resolver.
    let endpoint =
        Endpoint::new("https://localhost:8443/", vec![secret()], Reach::Anywhere).unwrap();
    let public = Client::new(Reach::Public, Patience::default());
    let delivery = deliver(&public, &endpoint, &message(), SystemClock.now());
    let Outcome::Failed(sentence) = &delivery.outcome else { panic!() };
    assert!(sentence.contains("own network"), "{sentence}");
}
