//! The transport with the real program behind it: what survives, what is refused, how it stops.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use regulars_testkit::{
    Server,
    server::{regulars, run},
};
use serde_json::{Value, json};

use crate::world::on_both;

#[test]
fn a_key_that_occurs_twice_runs_once() {
    on_both(|world| {
        let merchant = world.merchant();
        let twice = "mutation {
            createConsumer(input: { firstname: \"Once\" }) { success }
            createConsumer(input: { firstname: \"Once\" }) { consumer { firstname } }
        }";
        let answer = merchant.query(twice, Value::Null).succeeded();
        assert_eq!(answer.string("createConsumer.consumer.firstname"), "Once");
        let spread = "mutation { ...A ...A } fragment A on Mutation { createConsumer(input: { firstname: \"Once\" }) { success } }";
        merchant.query(spread, Value::Null).succeeded();
        let count =
            merchant.query("{ consumers(firstname: \"Once\") { count } }", Value::Null).succeeded();
        assert_eq!(count.data("consumers.count"), &Value::from(2), "one for each request");
    });
}

#[test]
fn the_explorer_and_the_probes_answer() {
    on_both(|world| {
        let client = world.anonymous();
        assert_eq!(client.get("/healthz").status, 200);
        assert_eq!(client.get("/readyz").status, 200);
        let page = client.get("/graphiql");
        assert!(page.status == 200 && page.text.contains("<html"), "{}", page.text);
        assert_eq!(client.get("/graphql?query=%7B__typename%7D").status, 200);
        let by_get = client
            .get("/graphql?query=mutation%7BdeleteConsumer(input%3A%7Bid%3A1%7D)%7Bsuccess%7D%7D");
        assert_eq!((by_get.status, by_get.header("allow")), (405, "POST"));
    });
}

#[test]
fn other_addresses_say_where_the_api_is() {
    on_both(|world| {
        let client = world.anonymous();
        for answer in [client.get("/"), client.post("/graphq", "application/json", b"{}")] {
            assert_eq!((answer.status, answer.error_code()), (404, Some("does_not_exist")));
            assert!(answer.text.contains("/graphql"), "{}", answer.text);
        }
    });
}

/// Far more than the server gives anybody; only a connection that it holds for ever takes so long.
const NEVER: Duration = Duration::from_mins(3);

#[test]
fn a_chunked_body_that_never_ends_holds_no_connection() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["--data-dir", directory.path().to_str().unwrap()];
    let server = Server::start(&arguments, &[("REGULARS_HTTP_BODY_TIMEOUT", "1s")]);
    for (request, status) in [
        ("POST /graphql", "408"),
        ("PUT /graphql", "405"),
        ("POST /nowhere", "404"),
        ("GET /healthz", "200"),
    ] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(NEVER)).unwrap();
        let head = format!(
            "{request} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             transfer-encoding: chunked\r\n\r\n5\r\nab"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect(request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
    }
}

#[test]
fn a_chunked_body_that_ends_leaves_its_connection_open() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["--data-dir", directory.path().to_str().unwrap()];
    let server = Server::start(&arguments, &[]);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(NEVER)).unwrap();
    let body = "{\"query\":\"{__typename}\"}";
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    for _again in 0..2 {
        stream.write_all(request.as_bytes()).unwrap();
        let (mut answer, mut part) = (String::new(), [0; 1_024]);
        while !answer.ends_with("}}") {
            let length = stream.read(&mut part).unwrap();
            assert!(length > 0, "closed after {answer}");
            answer.push_str(std::str::from_utf8(&part[..length]).unwrap());
        }
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

#[test]
fn a_variable_that_does_not_fit_is_not_repeated_at_length() {
    on_both(|world| {
        let long = "x".repeat(5_000);
        let answer = world.demo_owner().query(
            "query ($first: Int) { consumers(first: $first) { count } }",
            json!({ "first": long }),
        );
        assert_eq!((answer.status, answer.error_code()), (400, Some("invalid")));
        assert!(answer.text.len() < 1_000, "{}", answer.text);
    });
}

#[test]
fn a_second_server_on_a_busy_port_changes_nothing() {
    on_both(|world| {
        let directory =
            std::env::temp_dir().join(format!("regulars-e2e-busy-{}", std::process::id()));
        let address = world.server.address().to_string();
        let data = directory.to_str().unwrap();
        let arguments = ["serve", "--demo", "--listen", &address, "--data-dir", data];
        let mut command = regulars();
        command.args(arguments);
        let output = run(command, "");
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(&address) && said.contains("--listen"), "{said}");
        assert!(!directory.exists());
    });
}

/// More than any test waits for the end of a server: one that waits for its grace without need does not end in time.
const LONG_GRACE: (&str, &str) = ("REGULARS_SERVER_SHUTDOWN_GRACE", "5m");

#[test]
fn sigterm_ends_the_server_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["--data-dir", directory.path().to_str().unwrap()];
    let mut server = Server::start(&arguments, &[LONG_GRACE]);
    assert!(server.stop().success(), "{}", server.log());
}

#[test]
fn a_login_under_way_is_finished_and_a_second_signal_does_not_wait() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["--data-dir", directory.path().to_str().unwrap()];
    let start = |cost| {
        let environment = [
            LONG_GRACE,
            ("REGULARS_AUTH_BCRYPT_COST", cost),
            ("REGULARS_AUTH_HASH_THREADS", "1"),
            ("REGULARS_HTTP_REQUEST_TIMEOUT", "5m"),
            ("REGULARS_LOG_LEVEL", "info,regulars_auth=debug"),
        ];
        Server::start(&arguments, &environment)
    };
    // An address of nobody takes as long as any other.
    let log_in = |server: &Server| {
        let client = server.client();
        let document = "mutation { obtainToken(email: \"nobody@example.com\", password: \"regulars-demo\") { success } }";
        let login = std::thread::spawn(move || client.query(document, Value::Null));
        server.wait_for("hashing a password");
        login
    };
    let mut server = start("14");
    let login = log_in(&server);
    assert_eq!(server.stop().code(), Some(0), "{}", server.log());
    let answer = login.join().unwrap().succeeded();
    assert_eq!(answer.data("obtainToken.success"), &Value::Bool(false));
    // One after another they take minutes.
    let mut server = start("16");
    let logins: Vec<_> = (0..40).map(|_| log_in(&server)).collect();
    server.ask_to_stop();
    server.wait_for("a second signal ends them");
    assert_eq!(server.stop().code(), Some(128 + 15), "{}", server.log());
    let answered: Vec<_> = logins.into_iter().map(|login| login.join().is_ok()).collect();
    assert!(answered.contains(&false), "nobody is left to answer");
}

#[test]
fn the_committed_schema_is_what_the_program_prints() {
    let mut command = regulars();
    command.arg("schema");
    let printed = run(command, "");
    assert!(printed.status.success());
    let committed = include_str!("../../crates/api/schema.graphql");
    assert!(
        committed == String::from_utf8(printed.stdout).unwrap(),
        "crates/api/schema.graphql is not current: run `make sdl` and commit it"
    );
}
