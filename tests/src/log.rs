//! What the server tells of mistakes that are not its own: nothing that wakes anybody.

use std::{
    io::{
        ErrorKind::{TimedOut, WouldBlock},
        Read as _, Write as _,
    },
    net::TcpStream,
    time::Duration,
};

use regulars_testkit::{Client, Engine, Server};
use serde_json::{Value, json};

use crate::{
    input::bad_queries,
    world::{PASSWORD, World},
};

/// Only a server that hangs takes longer to answer, or to close.
const PATIENCE: Duration = Duration::from_mins(2);

/// Sends bytes as they are, and reads until the server closes; it may do so before all is sent.
fn raw(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let mut answer = Vec::new();
    let sent = stream.write_all(bytes);
    let ended = if sent.is_ok() {
        stream.shutdown(std::net::Shutdown::Write).ok();
        stream.read_to_end(&mut answer).map(drop)
    } else {
        sent
    };
    let hung = ended.is_err_and(|error| matches!(error.kind(), WouldBlock | TimedOut));
    assert!(!hung, "the server neither closes nor goes on: {}", String::from_utf8_lossy(bytes));
    String::from_utf8_lossy(&answer).into_owned()
}

/// Broken in every way that a client can be.
fn broken_requests(server: &Server) {
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let long = format!("GET /graphql HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(200_000));
    for bytes in [
        "rubbish\r\n\r\n",
        "GET /graphql HTTP/9.9\r\n\r\n",
        "GET /\0 HTTP/1.1\r\nhost: x\r\n\r\n",
        &long,
        &format!("{head}content-length: 100\r\n\r\n{{\"query\""),
        &format!("{head}content-length: -1\r\n\r\n"),
        &format!("{head}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        &format!("{head}transfer-encoding: chunked\r\n\r\nzz\r\nnonsense"),
        &format!("{head}transfer-encoding: chunked\r\n\r\n5\r\n{{}}"),
        &format!("{head}expect: 100-continue\r\ncontent-length: 9999999\r\n\r\n"),
        &format!("{head}content-length: 2\r\n\r\n{{}}rubbish after it\r\n\r\n"),
    ] {
        let answer = raw(server, bytes.as_bytes());
        assert!(!answer.contains("HTTP/1.1 5"), "{bytes:.80}: {answer}");
    }
}

fn bad_requests(client: &Client) {
    let large = vec![b' '; 300_000];
    for body in [&b""[..], b"{", b"\xff", b"[]", b"{\"query\": 5}", &large] {
        assert!(client.post("/graphql", "application/json", body).status >= 400);
    }
    for (path, kind) in
        [("/graphql", "text/plain"), ("/nowhere", "application/json"), ("/healthz", "x/y")]
    {
        assert!(client.post(path, kind, b"{}").status >= 400);
    }
    for path in
        ["/graphql", "/graphql?query=%FF", "/graphql?query=%7B", "/%00", "/graphiql/nothing"]
    {
        assert!(client.get(path).status >= 400, "{path}");
    }
    assert_eq!(client.bearer("no.token.atall").query("{ me { id } }", Value::Null).status, 200);
}

fn refused_logins(client: &Client) {
    let refused = |document: &str, variables: Value| {
        let answer = client.query(document, variables);
        assert!(answer.status < 500, "{document}: {}", answer.text);
        assert!(!answer.text.contains("\"success\":true"), "{document}: {}", answer.text);
    };
    let login = "mutation ($e: String, $p: String!) { obtainToken(email: $e, password: $p) { success errors } }";
    for (email, password) in
        [("merchant@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("\0", "\n")]
    {
        refused(login, json!({ "e": email, "p": password }));
    }
    for token in ["", "x", "0123456789012345678901234567890123456789", "a.b.c"] {
        for mutation in [
            "refreshToken(refreshToken: $t)",
            "revokeToken(refreshToken: $t)",
            "verifyToken(token: $t)",
            "verifyAccount(token: $t)",
            "passwordReset(token: $t, newPassword1: \"tea with 3 crows\", newPassword2: \"tea with 3 crows\")",
        ] {
            let document = format!("mutation ($t: String!) {{ {mutation} {{ success errors }} }}");
            refused(&document, json!({ "t": token }));
        }
    }
    let register = "mutation { register(email: \"x\", password1: \"1\", password2: \"2\", firstname: \"\", \
        lastname: \"a\\nb\", userType: \"?\") { success errors } }";
    refused(register, Value::Null);
}

#[test]
fn mistakes_of_clients_are_no_errors_of_ours() {
    for engine in Engine::ALL {
        let mut world = World::start_with(engine, &[]);
        let (owner, anonymous) = (world.demo_owner(), world.anonymous());
        for (document, _, _) in bad_queries() {
            for client in [&owner, &anonymous] {
                assert!(client.query(&document, Value::Null).status < 500, "{document}");
            }
        }
        let input = json!({ "email": "x", "firstname": "a\nb", "phoneNumber": "?", "cards": [""] });
        let create = "mutation ($input: CreateConsumerInput!) { createConsumer(input: $input) { success errors } }";
        for client in [&owner, &anonymous] {
            let answer = client.query(create, json!({ "input": input })).succeeded();
            assert_eq!(answer.data("createConsumer.success"), &json!(false));
        }
        bad_requests(&anonymous);
        refused_logins(&anonymous);
        broken_requests(&world.server);
        assert!(world.server.stop().success());
        let log = world.server.log();
        assert!(log.contains("\"INFO\""), "this is the log: {log}");
        assert!(!log.contains("\"ERROR\""), "{engine:?}: {log}");
    }
}
