//! The client against a listener that answers with what it was sent.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

use regulars_testkit::Client;
use serde_json::json;

/// Answers one request with `status` and `body`, and returns the request's head and body.
fn answering(
    status: &'static str,
    body: &'static str,
) -> (String, std::thread::JoinHandle<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while reader.read_line(&mut head).unwrap() > 2 {}
        let head = head.to_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut sent = vec![0; length];
        reader.read_exact(&mut sent).unwrap();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        reader.get_mut().write_all(answer.as_bytes()).unwrap();
        (head, String::from_utf8(sent).unwrap())
    });
    (base, thread)
}

#[test]
fn a_query_is_sent_as_graphql_over_http_wants_it() {
    let (base, server) =
        answering("200 OK", r#"{"data":{"consumers":{"edges":[{"node":{"email":"a@b"}}]}}}"#);
    let client = Client::new(base).bearer("first").bearer("secret");
    let answer = client.query("{ consumers }", json!({ "first": 1 })).succeeded();
    assert_eq!(answer.string("consumers.edges.0.node.email"), "a@b");
    assert_eq!(answer.error_code(), None);
    let (head, body) = server.join().unwrap();
    assert!(head.starts_with("post /graphql http/1.1"), "{head}");
    assert!(head.contains("authorization: bearer secret") && !head.contains("first"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    let sent: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(sent, json!({ "query": "{ consumers }", "variables": { "first": 1 } }));
}

#[test]
fn a_refusal_is_an_answer_too() {
    let (base, server) = answering(
        "400 Bad Request",
        r#"{"errors":[{"message":"no","extensions":{"code":"invalid"}}]}"#,
    );
    let answer = Client::new(base).query("{ me }", json!(null));
    assert_eq!((answer.status, answer.error_code()), (400, Some("invalid")));
    let (_, body) = server.join().unwrap();
    assert_eq!(body, r#"{"query":"{ me }"}"#);
    assert!(std::panic::catch_unwind(|| answer.data("me").clone()).is_err());
    assert!(std::panic::catch_unwind(|| answer.clone().succeeded()).is_err());
}

#[test]
fn what_is_not_json_is_kept_as_text() {
    let (base, server) = answering("200 OK", "ok\n");
    let answer = Client::new(base).get("/healthz");
    assert_eq!((answer.text.as_str(), answer.body.is_null()), ("ok\n", true));
    assert!(server.join().unwrap().0.starts_with("get /healthz http/1.1"));
}
