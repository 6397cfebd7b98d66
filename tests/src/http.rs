//! The transport with the real program behind it: what survives, what is refused, how it stops.

use std::time::{Duration, Instant};

use regulars_testkit::{Server, server::regulars};
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
        let output = regulars().args(arguments).output().unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(&address) && said.contains("--listen"), "{said}");
        assert!(!directory.exists());
    });
}

#[test]
fn sigterm_ends_the_server_in_order() {
    let directory = std::env::temp_dir().join(format!("regulars-e2e-stop-{}", std::process::id()));
    let path = directory.to_str().unwrap();
    let mut server = Server::start(&["--data-dir", path], &[]);
    let began = Instant::now();
    assert!(server.stop().success(), "{}", server.log());
    assert!(began.elapsed() < Duration::from_secs(20));
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_login_under_way_is_finished_and_a_second_signal_does_not_wait() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["--demo", "--data-dir", directory.path().to_str().unwrap()];
    // A password that takes a second or two.
    let start = || Server::start(&arguments, &[("REGULARS_AUTH_BCRYPT_COST", "14")]);
    let log_in = |server: &Server| {
        let client = server.client();
        let document = "mutation { obtainToken(email: \"merchant@example.com\", password: \"regulars-demo\") { token } }";
        let login = std::thread::spawn(move || client.query(document, Value::Null));
        std::thread::sleep(Duration::from_millis(300));
        assert!(!login.is_finished());
        login
    };
    let mut server = start();
    let login = log_in(&server);
    let ended = server.stop();
    assert_eq!(ended.code(), Some(0), "{}", server.log());
    let answer = login.join().unwrap().succeeded();
    assert!(answer.string("obtainToken.token").len() > 100, "{}", answer.text);
    let mut server = start();
    let login = log_in(&server);
    server.ask_to_stop();
    std::thread::sleep(Duration::from_millis(100));
    let ended = server.stop();
    assert_eq!(ended.code(), Some(128 + 15), "{}", server.log());
    assert!(login.join().is_err(), "nobody is left to answer");
}

#[test]
fn the_committed_schema_is_what_the_program_prints() {
    let printed = regulars().arg("schema").output().unwrap();
    assert!(printed.status.success());
    let committed = include_str!("../../crates/api/schema.graphql");
    assert!(
        committed == String::from_utf8(printed.stdout).unwrap(),
        "crates/api/schema.graphql is not current: run `make sdl` and commit it"
    );
}
