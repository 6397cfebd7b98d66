//! Too many wrong passwords and look-ups: who waits, and who does not.

use regulars_testkit::{Client, Engine};
use serde_json::{Value, json};

use crate::{
    apps::App,
    world::{PASSWORD, World},
};

const LOG_IN: &str = "mutation ($email: String!, $password: String!) {
    obtainToken(email: $email, password: $password) { token errors }
}";
const OWNER: &str = "merchant@example.com";
/// More than enough: each failure doubles the wait, which soon is longer than any answer takes.
const MANY: usize = 40;

/// A server that guesses are limited at, and that believes this machine where others ask from.
fn guarded(settings: &[(&str, &str)]) -> World {
    let mut all =
        vec![("REGULARS_HTTP_TRUSTED_PROXIES", "127.0.0.0/8"), ("REGULARS_GUESSES_PASSWORDS", "5")];
    all.extend_from_slice(settings);
    World::start_with(Engine::Sqlite, &all)
}

fn from(world: &World, network: &str) -> Client {
    world.anonymous().header("x-forwarded-for", network)
}

/// Tries a password; the code of the refusal, or none.
fn try_password(client: &Client, email: &str, password: &str) -> Option<String> {
    let variables = json!({ "email": email, "password": password });
    let answer = client.query(LOG_IN, variables).succeeded();
    let errors = answer.data("obtainToken.errors");
    let code = &errors["nonFieldErrors"][0]["code"];
    assert_eq!(errors.is_null(), answer.data("obtainToken.token").is_string(), "{}", answer.text);
    code.as_str().map(str::to_owned)
}

/// Tries wrong passwords until there were too many; how many were judged.
fn until_too_many(client: &Client, email: &str) -> usize {
    let refusals = (0..MANY).map(|_| try_password(client, email, "wrong").expect("a refusal"));
    let judged = refusals.take_while(|code| code == "invalid_credentials").count();
    assert!(judged < MANY, "{email} may be tried without end");
    judged
}

#[test]
fn who_guesses_waits_and_nobody_else() {
    let world = guarded(&[]);
    let (thief, home) = (from(&world, "192.0.2.1"), from(&world, "198.51.100.1"));
    for email in [OWNER, "nobody@example.com"] {
        assert!(until_too_many(&thief, email) >= 5, "the same for whoever is not there");
    }
    assert_eq!(try_password(&home, OWNER, PASSWORD), None, "from elsewhere");
    assert_eq!(try_password(&thief, "manager@example.com", PASSWORD), None, "another address");
    // Upper case is no other address.
    let code = try_password(&thief, "MERCHANT@example.com", "wrong").expect("a refusal");
    assert_eq!(code, "too_many_attempts");
    // What an untrusted one says of itself is not believed: the last proxy's word counts.
    let liar = from(&world, "203.0.113.1, 192.0.2.1");
    assert_eq!(try_password(&liar, OWNER, "wrong").as_deref(), Some("too_many_attempts"));
}

#[test]
fn a_network_that_guesses_at_many_waits_with_those_it_does_not_know() {
    // One comes back in three minutes: no machine is so slow that it matters.
    let world = guarded(&[("REGULARS_GUESSES_NETWORK_PASSWORDS", "20")]);
    let cafe = from(&world, "192.0.2.1");
    assert_eq!(try_password(&cafe, OWNER, PASSWORD), None);
    let spray = |number: usize| try_password(&cafe, &format!("x{number}@example.com"), "wrong");
    let judged =
        (0..MANY).map(spray).take_while(|code| code.as_deref() == Some("invalid_credentials"));
    assert_eq!(judged.count(), 20);
    assert_eq!(try_password(&cafe, OWNER, PASSWORD), None, "who logged in there before");
    let manager = "manager@example.com";
    let code = try_password(&cafe, manager, PASSWORD);
    assert_eq!(code.as_deref(), Some("too_many_attempts"));
    assert_eq!(try_password(&from(&world, "192.0.2.2"), manager, PASSWORD), None);
}

#[test]
fn a_proxy_that_nobody_named_is_warned_of_once() {
    let warnings = |world: &World| {
        for _ in 0..3 {
            from(world, "192.0.2.1").query("{ __typename }", Value::Null).succeeded();
        }
        world.server.log().matches("X-Forwarded-For comes from").count()
    };
    assert_eq!(warnings(&guarded(&[])), 0);
    let world = World::start_with(Engine::Sqlite, &[]);
    warnings(&world);
    world.server.wait_for("X-Forwarded-For comes from");
    assert_eq!(warnings(&world), 1);
}

#[test]
fn others_lock_nobody_out_of_an_app() {
    let world = guarded(&[("REGULARS_GUESSES_NETWORK_PASSWORDS", "20")]);
    let app = App::of(&world.demo_owner(), &json!({})).client(&world.anonymous());
    for number in 0..MANY {
        let code = try_password(&app, &format!("x{number}@example.com"), "wrong");
        assert_eq!(code.as_deref(), Some("invalid_credentials"), "{number}");
    }
    assert_eq!(try_password(&app, OWNER, PASSWORD), None);
    assert!(until_too_many(&app, "nobody@example.com") >= 5);
}

#[test]
fn the_password_that_confirms_is_guessed_at_no_faster() {
    let world = guarded(&[]);
    let owner = world.demo_owner();
    let document = "mutation { deleteAccount(password: \"wrong\") { errors } }";
    let codes = (0..MANY).map(|_| {
        let answer = owner.query(document, Value::Null).succeeded();
        let errors = answer.data("deleteAccount.errors").clone();
        let first =
            errors.as_object().expect("errors").values().next().expect("an error")[0].clone();
        first["code"].as_str().expect("a code").to_owned()
    });
    let judged = codes.take_while(|code| code == "invalid_password").count();
    assert!((5..MANY).contains(&judged), "{judged}");
    assert_eq!(try_password(&world.anonymous(), OWNER, PASSWORD), None, "logging in goes on");
}

#[test]
fn loyalty_ids_are_looked_up_so_often_a_minute() {
    // One comes back in 20 seconds.
    let world = World::start_with(Engine::Sqlite, &[("REGULARS_GUESSES_IDENTIFICATIONS", "3")]);
    let (owner, cashier) = (world.demo_owner(), world.login("cashier@example.com"));
    let document =
        "{ consumerAvailablePromotions(consumerLoyaltyId: \"00000000000000\") { count } }";
    let code = |client: &Client| {
        let answer = client.query(document, Value::Null);
        answer.error_code().expect("nobody has this number").to_owned()
    };
    let codes: Vec<_> = (0..4).map(|_| code(&owner)).collect();
    assert_eq!(codes, ["does_not_exist", "does_not_exist", "does_not_exist", "too_many_attempts"]);
    assert_eq!(code(&cashier), "does_not_exist", "each by themselves");
    owner
        .query("{ consumerAvailablePromotions(consumerId: 177) { count } }", Value::Null)
        .succeeded();
}
