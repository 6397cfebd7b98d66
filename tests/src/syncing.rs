//! Syncing by the API: systems are connected, changed, paused and ended; runs, rejects and questions are listed.
//!
//! The connections here are to a shop in a version that there is not: opening them fails before anything outside is asked.

mod reading;

use regulars_testkit::{Answer, Client};
use serde_json::{Value, json};

use crate::{
    audit::{act, log},
    input::silent,
    world::{World, on_both},
};

const CONNECTION: &str = "connection { id pk name source state health healthMessage lag lastSuccessAt nextRun lastError \
     settings hasSecrets createdAt }";

/// What such a connection is told.
fn nowhere() -> Value {
    json!({ "shop": "never-read", "version": "none" })
}

/// A connection that cannot be opened.
fn shop(owner: &Client, name: &str) -> Value {
    let input = json!({ "source": "SHOPIFY", "name": name, "settings": text(&nowhere()) });
    made(&act(owner, "createConnection", &input, CONNECTION))
}

fn text(settings: &Value) -> String {
    settings.to_string()
}

#[track_caller]
fn made(payload: &Value) -> Value {
    assert_eq!(
        (&payload["success"], &payload["errors"]),
        (&json!(true), &Value::Null),
        "{payload}"
    );
    payload["connection"].clone()
}

fn settings_of(connection: &Value) -> Value {
    serde_json::from_str(connection["settings"].as_str().expect("JSON")).expect("JSON")
}

/// Refused as this argument's fault.
#[track_caller]
fn refused(payload: &Value, field: &str, code: &str, word: &str) {
    assert_eq!(payload["success"], json!(false), "{payload}");
    let errors = payload["errors"].as_object().expect("errors");
    assert_eq!(errors.keys().collect::<Vec<_>>(), [field], "{payload}");
    assert_eq!(errors[field][0]["code"], json!(code), "{payload}");
    let message = errors[field][0]["message"].as_str().expect("a sentence");
    assert!(message.contains(word), "{message}");
    silent(&payload.to_string(), field);
}

fn ask(client: &Client, document: &str, variables: Value) -> Answer {
    client.query(document, variables)
}

#[test]
fn what_can_be_connected_describes_itself() {
    on_both(|world| {
        let owner = world.merchant();
        let document = "{ sources { source name description settings {
            name description type choices least most required default secret
        } } }";
        let found = ask(&owner, document, Value::Null).succeeded();
        let sources = found.data("sources").as_array().expect("a list");
        let of = |source: &str| sources.iter().find(|one| one["source"] == source).expect(source);
        let setting = |source: &str, name: &str| {
            let settings = of(source)["settings"].as_array().expect("a list");
            settings.iter().find(|one| one["name"] == name).cloned()
        };
        assert_eq!(setting("SHOPIFY", "shop").expect("a shop")["required"], json!(true));
        assert_eq!(setting("SHOPIFY", "clientSecret").expect("a secret")["secret"], json!(true));
        let trust = setting("SHOPIFY", "trustEmails").expect("what every source has");
        assert_eq!(trust["choices"], json!(["never", "verified", "always"]));
        let every = setting("SHOPIFY", "everyMinutes").expect("what every source has");
        assert_eq!((&every["least"], &every["most"]), (&json!(0), &json!(10_080)));
        // Nobody reads a file of the server's by naming it.
        assert!(sources.iter().all(|one| !one["settings"].to_string().contains("\"path\"")));
    });
}

#[test]
fn a_connection_is_made_changed_paused_resumed_and_ended() {
    on_both(|world| {
        let owner = world.merchant();
        let new = shop(&owner, "Old till");
        assert_eq!(
            (&new["state"], &new["health"], &new["nextRun"], &new["lag"], &new["hasSecrets"]),
            (&json!("ACTIVE"), &json!("NEW"), &Value::Null, &Value::Null, &json!(false))
        );
        let id = &new["id"];

        // Absent keeps, null clears.
        let change = |settings: Value| {
            let input = json!({ "id": id, "settings": text(&settings) });
            settings_of(&made(&act(&owner, "updateConnection", &input, CONNECTION)))
        };
        let both = change(json!({ "country": "de", "rank": 7 }));
        assert_eq!(
            both,
            json!({ "shop": "never-read", "version": "none", "country": "DE", "rank": 7 })
        );
        assert_eq!(
            change(json!({ "rank": null })),
            json!({ "shop": "never-read", "version": "none", "country": "DE" })
        );
        let input = json!({ "id": id, "name": "Older till" });
        let renamed = made(&act(&owner, "updateConnection", &input, CONNECTION));
        assert_eq!((&renamed["name"], &renamed["id"]), (&json!("Older till"), &new["id"]));

        let which = json!({ "connectionId": id });
        for _ in 0..2 {
            let paused = made(&act(&owner, "pauseSync", &which, CONNECTION));
            assert_eq!((&paused["state"], &paused["nextRun"]), (&json!("PAUSED"), &Value::Null));
        }
        refused(&act(&owner, "startSync", &which, ""), "connectionId", "invalid", "paused");
        for _ in 0..2 {
            assert_eq!(made(&act(&owner, "resumeSync", &which, CONNECTION))["state"], "ACTIVE");
        }

        let gone = json!({ "id": id });
        assert_eq!(made(&act(&owner, "deleteConnection", &gone, CONNECTION)), Value::Null);
        refused(&act(&owner, "deleteConnection", &gone, ""), "id", "does_not_exist", "");
        refused(&act(&owner, "startSync", &which, ""), "connectionId", "does_not_exist", "");
        let listed = ask(&owner, "{ connections { count } }", Value::Null).succeeded();
        assert_eq!(listed.data("connections.count"), &json!(0));
        // The name is free again.
        shop(&owner, "Older till");

        let entries = log(&owner, "updateConnection");
        assert_eq!(entries.len(), 3, "{entries:?}");
        assert!(entries.iter().all(|entry| entry["targetId"] == *id), "{entries:?}");
    });
}

#[test]
fn an_idempotency_key_connects_once() {
    on_both(|world| {
        let owner = world.merchant();
        let input = json!({
            "source": "SHOPIFY", "name": "Once", "settings": text(&nowhere()), "idempotencyKey": "k",
        });
        let first = made(&act(&owner, "createConnection", &input, CONNECTION));
        assert_eq!(made(&act(&owner, "createConnection", &input, CONNECTION)), first);
    });
}

#[test]
fn secrets_are_never_shown_again() {
    on_both(|world| {
        let owner = world.merchant();
        let told =
            json!({ "shop": "never-read", "clientId": "id", "clientSecret": "shpss_first-of-all" });
        let input = json!({ "source": "SHOPIFY", "name": "Shop", "settings": text(&told) });
        let made = made(&act(&owner, "createConnection", &input, CONNECTION));
        assert_eq!(settings_of(&made), json!({ "shop": "never-read", "clientId": "id" }));
        assert_eq!(made["hasSecrets"], json!(true));
        let told = text(&json!({ "clientSecret": "shpss_second-of-all" }));
        let change = json!({ "id": made["id"], "settings": told });
        act(&owner, "updateConnection", &change, CONNECTION);
        let all = "{ connections { edges { node { settings healthMessage } } } }";
        let audit = log(&owner, "createConnection");
        let noted = log(&owner, "updateConnection");
        let shown = ask(&owner, all, Value::Null).succeeded().text;
        for place in [shown, format!("{audit:?}{noted:?}"), world.server.log()] {
            assert!(!place.contains("-of-all"), "{place}");
        }
        let changes = noted[0]["changes"].as_array().expect("changes");
        assert!(changes.iter().any(|change| change["field"] == "credentials"), "{noted:?}");
        // Whoever gives a wrong value of a secret does not read it in the answer.
        let input =
            json!({ "id": made["id"], "settings": text(&json!({ "clientSecret": ["x-of-all"] })) });
        let answer = act(&owner, "updateConnection", &input, "");
        refused(&answer, "settings", "invalid", "clientSecret: This is a text");
        assert!(!answer.to_string().contains("-of-all"), "{answer}");
    });
}

#[test]
fn what_no_connection_takes_is_said() {
    on_both(|world| {
        let owner = world.merchant();
        shop(&owner, "Taken");
        let good = json!({ "source": "SHOPIFY", "name": "Good", "settings": text(&nowhere()) });
        let long = "x".repeat(101);
        for (changed, field, word) in [
            (json!({ "name": "" }), "name", "required"),
            (json!({ "name": long }), "name", "at most 100"),
            (json!({ "name": "a\0b" }), "name", "Null"),
            (json!({ "name": "a\nb" }), "name", "line breaks"),
            (json!({ "name": "Taken" }), "name", "this name"),
            (json!({ "source": "STRIPE" }), "source", "no connector"),
            (json!({ "settings": null }), "settings", "shop: This field is required"),
            (json!({ "settings": "[]" }), "settings", "an object"),
            (
                json!({ "settings": text(&json!({ "shop": "s", "access": "shoes" })) }),
                "settings",
                "access: This is one of",
            ),
            (
                json!({ "settings": text(&json!({ "shop": "s", "access": 5 })) }),
                "settings",
                "access: This is one of",
            ),
            (
                json!({ "settings": text(&json!({ "shop": "s", "shoe": 1 })) }),
                "settings",
                "no setting \"shoe\"",
            ),
            // The server's own.
            (
                json!({ "settings": text(&json!({ "shop": "s", "path": "/etc/passwd" })) }),
                "settings",
                "no setting \"path\"",
            ),
            (
                json!({ "settings": text(&json!({ "shop": "s", "confirmedSweep": 1 })) }),
                "settings",
                "no setting",
            ),
            (
                json!({ "settings": text(&json!({ "shop": "s", "rank": 0 })) }),
                "settings",
                "rank: This is a whole number",
            ),
            (
                json!({ "settings": text(&json!({ "shop": "s", "strict": "yes" })) }),
                "settings",
                "strict: This is true or false",
            ),
            (
                json!({ "settings": text(&json!({ "shop": "s", "clientId": "x".repeat(10_241) })) }),
                "settings",
                "clientId: Ensure",
            ),
            (
                json!({ "settings": text(&json!({ "shop": "s", "clientId": "x".repeat(70_000) })) }),
                "settings",
                "at most 65536 bytes",
            ),
        ] {
            let mut input = good.clone();
            for (name, value) in changed.as_object().into_iter().flatten() {
                input[name] = value.clone();
            }
            refused(&act(&owner, "createConnection", &input, ""), field, "invalid", word);
        }
        let none = log(&owner, "createConnection");
        assert_eq!(none.iter().filter(|entry| entry["outcome"] == "DONE").count(), 1);
    });
}

#[test]
fn a_merchant_has_so_many_connections_and_lists_them_by_page() {
    on_both(|world| {
        let owner = world.merchant();
        for nth in 0..50 {
            shop(&owner, &format!("No. {nth}"));
        }
        let input = json!({ "source": "SHOPIFY", "name": "No. 50", "settings": text(&nowhere()) });
        refused(
            &act(&owner, "createConnection", &input, ""),
            "nonFieldErrors",
            "invalid",
            "at most 50",
        );
        let page = "query ($after: String) { connections(first: 20, after: $after) {
            totalCount pageInfo { hasNextPage endCursor } edges { node { name } }
        } }";
        let (mut after, mut names) = (Value::Null, Vec::new());
        loop {
            let found = ask(&owner, page, json!({ "after": after })).succeeded();
            assert_eq!(found.data("connections.totalCount"), &json!(50));
            let edges = found.data("connections.edges").as_array().expect("edges");
            names.extend(edges.iter().map(|edge| edge["node"]["name"].clone()));
            if found.data("connections.pageInfo.hasNextPage") == &json!(false) {
                break;
            }
            after = found.data("connections.pageInfo.endCursor").clone();
        }
        let expected: Vec<_> = (0..50).map(|nth| json!(format!("No. {nth}"))).collect();
        assert_eq!(names, expected);
    });
}

#[test]
fn nobody_sees_or_touches_what_another_merchant_connected() {
    on_both(|world| {
        let (owner, stranger) = (world.merchant(), world.merchant());
        let connection = shop(&owner, "Ours");
        let (id, which) = (&connection["id"], json!({ "connectionId": connection["id"] }));
        for (mutation, input, field) in [
            ("updateConnection", json!({ "id": id, "name": "Theirs" }), "id"),
            ("deleteConnection", json!({ "id": id }), "id"),
            ("testConnection", json!({ "id": id }), "id"),
            ("startSync", which.clone(), "connectionId"),
            ("pauseSync", which.clone(), "connectionId"),
            ("resumeSync", which.clone(), "connectionId"),
            ("replayRejects", which, "connectionId"),
        ] {
            refused(&act(&stranger, mutation, &input, ""), field, "does_not_exist", "");
        }
        let one = "query ($id: ID!) { connection(id: $id) { name } }";
        let found = ask(&stranger, one, json!({ "id": id }));
        assert_eq!(found.error_code(), Some("does_not_exist"), "{}", found.text);
        let node = "query ($id: ID!) { node(id: $id) { id } }";
        assert_eq!(
            ask(&stranger, node, json!({ "id": id })).succeeded().data("node"),
            &Value::Null
        );
        let lists = "query ($id: ID!) {
            connections { count } syncRuns(connection_Id: $id) { count } syncRejects(connection_Id: $id) { count }
            syncReviews(connection_Id: $id) { count }
        }";
        let none = ask(&stranger, lists, json!({ "id": id })).succeeded();
        for list in ["connections", "syncRuns", "syncRejects", "syncReviews"] {
            assert_eq!(none.data(&format!("{list}.count")), &json!(0), "{list}");
        }
    });
}

#[test]
fn syncing_needs_its_permission() {
    on_both(|world: &World| {
        let owner = world.merchant();
        let connection = shop(&owner, "Ours");
        let cashier = world.staff(&owner, &["view_consumer", "change_order"]);
        for document in [
            "{ sources { name } }",
            "{ connections { count } }",
            "{ syncRuns { count } }",
            "{ syncRejects { count } }",
            "{ syncReviews { count } }",
        ] {
            let answer = ask(&cashier, document, Value::Null);
            assert_eq!(answer.error_code(), Some("permission_denied"), "{document}");
        }
        let input = json!({ "id": connection["id"], "name": "Mine" });
        let answer = act(&cashier, "updateConnection", &input, "");
        refused(&answer, "nonFieldErrors", "permission_denied", "");
        let clerk = world.staff(&owner, &["sync"]);
        made(&act(&clerk, "updateConnection", &input, CONNECTION));
    });
}

#[test]
fn a_test_says_what_is_missing_and_changes_nothing() {
    on_both(|world| {
        let owner = world.merchant();
        let connection = shop(&owner, "Nowhere");
        let found = "works account fine wrong";
        let tested = act(&owner, "testConnection", &json!({ "id": connection["id"] }), found);
        assert_eq!(
            (&tested["success"], &tested["works"]),
            (&json!(true), &json!(false)),
            "{tested}"
        );
        assert_eq!(tested["wrong"].as_array().expect("sentences").len(), 1, "{tested}");
        let one = "query ($id: ID!) { connection(id: $id) { health nextRun } }";
        let after = ask(&owner, one, json!({ "id": connection["id"] })).succeeded();
        assert_eq!(after.data("connection"), &json!({ "health": "NEW", "nextRun": null }));
    });
}

#[test]
fn bad_input_to_what_goes_with_runs_and_questions() {
    on_both(|world| {
        let owner = world.merchant();
        let connection = shop(&owner, "Nowhere");
        let id = &connection["id"];
        let many: Vec<i32> = (1..=101).collect();
        for (mutation, input, field, code) in [
            ("startSync", json!({ "connectionId": "U3RvcmVOb2RlOjE=" }), "connectionId", "invalid"),
            ("startSync", json!({ "connectionId": 999_999_999 }), "connectionId", "does_not_exist"),
            ("replayRejects", json!({ "connectionId": id }), "connectionId", "invalid"),
            (
                "replayRejects",
                json!({ "connectionId": id, "ids": [999_999_999] }),
                "ids",
                "does_not_exist",
            ),
            ("replayRejects", json!({ "connectionId": id, "ids": many }), "ids", "invalid"),
            ("replayRejects", json!({ "connectionId": id, "ids": ["x"] }), "ids", "invalid"),
            ("resolveSyncReview", json!({ "id": "x", "decision": "DISMISS" }), "id", "invalid"),
            (
                "resolveSyncReview",
                json!({ "id": 999_999_999, "decision": "DISMISS" }),
                "id",
                "does_not_exist",
            ),
            ("resolveSyncReview", json!({ "id": 1, "decision": "LINK" }), "consumerId", "invalid"),
            (
                "resolveSyncReview",
                json!({ "id": 1, "decision": "MERGE", "consumerId": 177 }),
                "consumerId",
                "invalid",
            ),
        ] {
            refused(&act(&owner, mutation, &input, ""), field, code, "");
        }
        for (list, argument) in [
            ("syncRuns", "connection_Id"),
            ("syncRejects", "connection_Id"),
            ("syncRejects", "run_Id"),
            ("syncReviews", "connection_Id"),
        ] {
            let document = format!("{{ {list}({argument}: \"U3RvcmVOb2RlOjE=\") {{ count }} }}");
            let answer = ask(&owner, &document, Value::Null);
            assert_eq!(answer.error_code(), Some("invalid"), "{}", answer.text);
            assert_eq!(answer.errors()[0]["extensions"]["field"], json!(argument));
        }
    });
}

#[test]
fn a_customer_of_no_source_has_none() {
    on_both(|world| {
        let owner = world.merchant();
        let input = json!({ "firstname": "Ada" });
        let ada =
            act(&owner, "createConsumer", &input, "consumer { id }")["consumer"]["id"].clone();
        let document = "query ($id: ID!) { consumer(id: $id) { sources {
            source sourceId object state linkedBy firstSeenAt lastSeenAt fields connectionName connection { id }
        } } }";
        let found = ask(&owner, document, json!({ "id": ada })).succeeded();
        assert_eq!(found.data("consumer.sources"), &json!([]));
    });
}
