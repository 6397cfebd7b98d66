//! Tokens (`refreshToken`, `revokeToken`, `verifyToken`), and what a consumer does once for each idempotency key.

use regulars_testkit::{Client, Engine};
use serde_json::{Value, json};

use crate::{
    consumer_fields::member_of_the_demo_merchant,
    world::{PASSWORD, World, on_both},
};

/// A pair of tokens.
struct Pair {
    access: String,
    refresh: String,
}

fn sign_up(world: &World) -> Pair {
    let person = world.consumer();
    let email = person.query("{ me { email } }", Value::Null).succeeded();
    let answer = world
        .anonymous()
        .query(
            "mutation ($e: String!, $p: String!) {
                obtainToken(email: $e, password: $p) { errors token refreshToken }
            }",
            json!({ "e": email.data("me.email"), "p": PASSWORD }),
        )
        .succeeded();
    pair(answer.data("obtainToken"))
}

fn pair(payload: &Value) -> Pair {
    let text = |name: &str| payload[name].as_str().expect("a token").to_owned();
    Pair { access: text("token"), refresh: text("refreshToken") }
}

/// What a token mutation answers.
fn ask(world: &World, mutation: &str, token: &str) -> Value {
    let (argument, fields) = match mutation {
        "verifyToken" => ("token", ""),
        "revokeToken" => ("refreshToken", "revoked token refreshToken"),
        _ => ("refreshToken", "token refreshToken"),
    };
    let document = format!(
        "mutation ($token: String!) {{ {mutation}({argument}: $token) {{ success errors payload {fields} }} }}"
    );
    let answer = world.anonymous().query(&document, json!({ "token": token })).succeeded();
    answer.data(mutation).clone()
}

fn code(payload: &Value) -> &Value {
    &payload["errors"]["nonFieldErrors"][0]["code"]
}

/// Whether an access token is anybody's.
fn is_known(world: &World, access: &str) -> bool {
    let me = world.anonymous().bearer(access).query("{ me { id } }", Value::Null).succeeded();
    me.data("me") != &Value::Null
}

#[test]
fn a_refresh_token_gets_the_next_pair_and_again_the_same_one_while_it_may_be_lost() {
    on_both(|world| {
        let first = sign_up(world);
        let answer = ask(world, "refreshToken", &first.refresh);
        assert_eq!((&answer["success"], &answer["errors"]), (&json!(true), &Value::Null));
        let second = pair(&answer);
        assert_ne!(second.refresh, first.refresh);
        assert!(is_known(world, &second.access) && is_known(world, &first.access));
        let again = pair(&ask(world, "refreshToken", &first.refresh));
        assert_eq!(again.refresh, second.refresh, "the answer may have been lost");
        let third = pair(&ask(world, "refreshToken", &second.refresh));
        assert_ne!(third.refresh, second.refresh);
        for wrong in ["", "x", &"0".repeat(40)] {
            let answer = ask(world, "refreshToken", wrong);
            assert_eq!((&answer["success"], &answer["token"]), (&json!(false), &Value::Null));
            assert_eq!(code(&answer), "invalid_token", "{wrong}");
        }
    });
}

#[test]
fn a_refresh_token_that_comes_again_too_late_ends_its_whole_session() {
    for engine in Engine::ALL {
        let world = World::start_with(engine, &[("REGULARS_AUTH_REFRESH_GRACE", "0s")]);
        let first = sign_up(&world);
        let second = pair(&ask(&world, "refreshToken", &first.refresh));
        assert!(is_known(&world, &second.access));
        assert_eq!(code(&ask(&world, "refreshToken", &first.refresh)), "invalid_token");
        assert!(!is_known(&world, &second.access), "the newest pair is dead too");
        assert!(!is_known(&world, &first.access));
        assert_eq!(code(&ask(&world, "refreshToken", &second.refresh)), "invalid_token");
        assert_eq!(code(&ask(&world, "verifyToken", &second.access)), "invalid_token");
    }
}

#[test]
fn a_session_is_revoked_once() {
    on_both(|world| {
        let first = sign_up(world);
        let second = pair(&ask(world, "refreshToken", &first.refresh));
        let answer = ask(world, "revokeToken", &second.refresh);
        assert_eq!((&answer["success"], &answer["errors"]), (&json!(true), &Value::Null));
        assert!(answer["revoked"].as_i64() > Some(1_700_000_000), "{answer}");
        assert_eq!(
            (&answer["token"], &answer["refreshToken"], &answer["payload"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        assert!(!is_known(world, &first.access) && !is_known(world, &second.access));
        for token in [&second.refresh, &first.refresh, &"0".repeat(40)] {
            let again = ask(world, "revokeToken", token);
            assert_eq!((&again["success"], &again["revoked"]), (&json!(false), &Value::Null));
            assert_eq!(code(&again), "invalid_token");
        }
        assert_eq!(code(&ask(world, "refreshToken", &second.refresh)), "invalid_token");
    });
}

#[test]
fn an_access_token_is_verified_to_the_last_letter() {
    on_both(|world| {
        let person = sign_up(world);
        let answer = ask(world, "verifyToken", &person.access);
        assert_eq!((&answer["success"], &answer["errors"]), (&json!(true), &Value::Null));
        assert!(answer["payload"].is_object(), "{answer}");
        let parts: Vec<&str> = person.access.split('.').collect();
        let changed = |part: usize| {
            let mut parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
            let letter = if parts[part][3..].starts_with('A') { "B" } else { "A" };
            parts[part].replace_range(3..4, letter);
            parts.join(".")
        };
        for token in [changed(1), changed(2), "x.y.z".to_owned(), person.refresh] {
            let answer = ask(world, "verifyToken", &token);
            assert_eq!((&answer["success"], &answer["payload"]), (&json!(false), &Value::Null));
            assert_eq!(code(&answer), "invalid_token", "{token}");
            assert!(!is_known(world, &token));
        }
    });
}

/// What a mutation of a consumer's own answers, and whether it repeats an earlier answer.
fn act(client: &Client, mutation: &str, input: &Value) -> (Value, bool) {
    let kind = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
    let noun =
        if mutation == "enroll" { "loyaltyCard { id } consumer { id }" } else { "consumer { id }" };
    let document = format!(
        "mutation ($input: {kind}Input!) {{ {mutation}(input: $input) {{ success errors {noun} }} }}"
    );
    let answer = client.query(&document, json!({ "input": input })).succeeded();
    (answer.data(mutation).clone(), answer.header("idempotent-replayed") == "true")
}

/// The first of a list of the demo merchant's.
fn first(owner: &Client, list: &str, arguments: &str) -> Value {
    let document = format!("{{ {list}(first: 1 {arguments}) {{ edges {{ node {{ id }} }} }} }}");
    let answer = owner.query(&document, Value::Null).succeeded();
    answer.data(&format!("{list}.edges.0.node.id")).clone()
}

#[test]
fn a_consumer_enrolls_joins_shares_and_leaves_once_for_each_key() {
    on_both(|world| {
        let owner = world.demo_owner();
        let tenant = owner.query("{ me { id } }", Value::Null).succeeded().data("me.id").clone();
        let card = first(&owner, "loyaltyCards", "status: ACTIVE");
        let store = first(&owner, "stores", "isActive: true");
        let person = world.consumer();
        let me = person.query("{ me { id } }", Value::Null).succeeded().data("me.id").clone();
        for (mutation, input) in [
            ("enroll", json!({ "loyaltyCardId": card })),
            ("joinMerchant", json!({ "storeId": store })),
            ("shareProfile", json!({ "merchantId": tenant, "sharing": "NAME" })),
            ("leaveMerchant", json!({ "merchantId": tenant })),
        ] {
            let mut keyed = input.clone();
            keyed["idempotencyKey"] = json!(format!("{mutation}-1"));
            let (done, replayed) = act(&person, mutation, &keyed);
            assert_eq!((&done["success"], &done["errors"]), (&json!(true), &Value::Null), "{done}");
            assert_eq!((done["consumer"]["id"].as_str(), replayed), (me.as_str(), false));
            let (again, replayed) = act(&person, mutation, &keyed);
            assert_eq!((&again["success"], replayed), (&json!(true), true), "{mutation}: {again}");
            // The same key for another thing.
            let id = keyed.as_object().unwrap().keys().find(|name| name.ends_with("Id")).unwrap();
            let id = id.clone();
            let mut other = keyed.clone();
            other[&id] = json!("1");
            let (conflict, _) = act(&person, mutation, &other);
            assert_eq!(conflict["errors"]["idempotencyKey"][0]["code"], "invalid", "{conflict}");
            // Ids of other types, of nothing, and of nobody.
            let mut wrong = input.clone();
            for bad in ["T3JkZXJOb2RlOjE=", "nonsense", "-"] {
                wrong[&id] = json!(bad);
                let (refused, _) = act(&person, mutation, &wrong);
                assert_eq!(refused["success"], false, "{mutation} {bad}");
                assert_eq!(refused["errors"][&id][0]["code"], "invalid", "{mutation}: {refused}");
            }
            wrong[&id] = json!("987654321");
            let (absent, _) = act(&person, mutation, &wrong);
            let code = &absent["errors"][&id][0]["code"];
            assert_eq!(code, "does_not_exist", "{mutation}: {absent}");
            // A merchant's people are no consumers, whatever key they send.
            let (denied, replayed) = act(&owner, mutation, &keyed);
            let code = &denied["errors"]["nonFieldErrors"][0]["code"];
            assert_eq!((code, replayed), (&json!("permission_denied"), false), "{denied}");
        }
    });
}

#[test]
fn a_key_in_the_header_goes_with_one_mutation_alone() {
    on_both(|world| {
        let (person, _) = member_of_the_demo_merchant(world);
        let store = first(&world.demo_owner(), "stores", "isActive: true");
        let keyed = person.header("Idempotency-Key", "h-1");
        let join = "joinMerchant(input: { storeId: $store }) { success errors }";
        let ask = |client: &Client, selection: &str| {
            let document = format!("mutation ($store: ID!) {{ {selection} }}");
            client.query(&document, json!({ "store": store }))
        };
        let once = ask(&keyed, &format!("__typename {join}")).succeeded();
        assert_eq!(once.data("joinMerchant.success"), &json!(true));
        let again = ask(&keyed, join).succeeded();
        assert_eq!(again.header("idempotent-replayed"), "true", "__typename is no mutation");
        let two = ask(&keyed, &format!("a: {join} b: {join}"));
        assert_eq!(two.status, 400, "{}", two.text);
        assert_eq!(two.error_code(), Some("invalid"));
        assert_eq!(two.errors()[0]["extensions"]["field"], "idempotencyKey");
        // Who logs in takes no key, and says so rather than counting on it.
        let log_in = world.anonymous().header("Idempotency-Key", "h-2").query(
            "mutation { obtainToken(email: \"a@b.example\", password: \"x\") { success } }",
            Value::Null,
        );
        assert_eq!(log_in.status, 400, "{}", log_in.text);
        assert_eq!(log_in.errors()[0]["extensions"]["field"], "idempotencyKey");
        // What only reads needs no key and minds none.
        keyed.query("{ a: me { id } b: me { id } }", Value::Null).succeeded();
    });
}

#[test]
fn a_batch_takes_no_key_in_the_header() {
    for engine in Engine::ALL {
        let world = World::start_with(engine, &[("REGULARS_HTTP_BATCH_LIMIT", "4")]);
        let merchant = world.merchant();
        let create = |name: &str| {
            json!({ "query": format!(
                "mutation {{ createConsumer(input: {{ firstname: \"{name}\" }}) {{ success }} }}"
            ) })
        };
        let batch = json!([create("A"), create("B"), { "query": "{ me { id } }" }]).to_string();
        let post = |client: &Client| client.post("/graphql", "application/json", batch.as_bytes());
        let refused = post(&merchant.header("Idempotency-Key", "b-1"));
        let answers: Value = serde_json::from_str(&refused.text).unwrap();
        for mutation in [&answers[0], &answers[1]] {
            assert_eq!(mutation["errors"][0]["extensions"]["field"], "idempotencyKey", "{answers}");
        }
        assert!(answers[2]["data"]["me"]["id"].is_string(), "{answers}");
        let none = merchant.query("{ consumers { count } }", Value::Null).succeeded();
        assert_eq!(none.data("consumers.count"), &json!(0));
        assert_eq!(post(&merchant).status, 200);
        let both = merchant.query("{ consumers { count totalCount } }", Value::Null).succeeded();
        assert_eq!(
            (both.data("consumers.count"), both.data("consumers.totalCount")),
            (&json!(2), &json!(2))
        );
    }
}

#[test]
fn who_may_not_any_more_is_not_answered_again() {
    on_both(|world| {
        // Whoever registers is no owner of the demo merchant: the same key under another actor is another key.
        let owner = world.merchant();
        let create = "mutation { createConsumer(input: { firstname: \"K\", idempotencyKey: \"who\" }) { success errors } }";
        let made = owner.query(create, Value::Null).succeeded();
        assert_eq!(made.data("createConsumer.success"), &json!(true));
        let stranger = world.consumer().query(create, Value::Null).succeeded();
        let code = stranger.data("createConsumer.errors.nonFieldErrors.0.code");
        assert_eq!(code, &json!("permission_denied"));
        assert_eq!(stranger.header("idempotent-replayed"), "");
    });
}
