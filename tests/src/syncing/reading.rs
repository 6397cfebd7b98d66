//! What comes of reading: runs, what could not be taken, and questions, put there as a run would.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use regulars_testkit::{Client, Engine};
use serde_json::{Value, json};

use super::{CONNECTION, ask, made, refused, shop};
use crate::{
    audit::act,
    world::{World, on_both},
};

/// The run once it is over.
fn over(owner: &Client, run: &Value) -> Value {
    let document = "query ($id: ID!) { node(id: $id) { ... on SyncRunNode {
        kind state dryRun phase total progress budget error report startedAt finishedAt counts { read created }
        connection { id }
    } } }";
    let patience = Instant::now() + Duration::from_mins(1);
    loop {
        let found = ask(owner, document, json!({ "id": run })).succeeded().data("node").clone();
        if found["finishedAt"] != Value::Null {
            return found;
        }
        assert!(Instant::now() < patience, "the run does not end: {found}");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn runs_are_started_seen_and_listed() {
    on_both(|world| {
        let owner = world.merchant();
        let connection = shop(&owner, "Nowhere");
        let id = &connection["id"];
        let mut runs = Vec::new();
        for (kind, dry_run) in [("TAIL", false), ("BACKFILL", true), ("BACKFILL", false)] {
            let input = json!({ "connectionId": id, "kind": kind, "dryRun": dry_run });
            let started = act(&owner, "startSync", &input, "run { id kind dryRun state }");
            assert_eq!(started["errors"], Value::Null, "{started}");
            let run = over(&owner, &started["run"]["id"]);
            assert_eq!((&run["kind"], &run["dryRun"]), (&json!(kind), &json!(dry_run)));
            assert_eq!((&run["state"], &run["connection"]["id"]), (&json!("FAILED"), id), "{run}");
            assert!(run["error"].as_str().is_some_and(|error| !error.is_empty()), "{run}");
            runs.push(started["run"]["id"].clone());
        }
        let cancelled = act(&owner, "cancelSync", &json!({ "runId": runs[0] }), "");
        refused(&cancelled, "runId", "invalid", "over");
        let input = json!({ "runId": 999_999_999 });
        refused(&act(&owner, "cancelSync", &input, ""), "runId", "does_not_exist", "");
        let page = "query ($id: ID!, $after: String, $open: Boolean) {
            syncRuns(connection_Id: $id, first: 2, after: $after, open: $open) {
                count pageInfo { hasNextPage endCursor } edges { node { id connection { name } counts { read } } }
            }
        }";
        let first = ask(&owner, page, json!({ "id": id })).succeeded();
        assert_eq!(first.data("syncRuns.count"), &json!(3));
        assert_eq!(first.data("syncRuns.edges.0.node.id"), &runs[0]);
        let after = first.data("syncRuns.pageInfo.endCursor");
        let next = ask(&owner, page, json!({ "id": id, "after": after })).succeeded();
        assert_eq!(next.data("syncRuns.edges.0.node.id"), &runs[2]);
        assert_eq!(next.data("syncRuns.pageInfo.hasNextPage"), &json!(false));
        let open = ask(&owner, page, json!({ "id": id, "open": true })).succeeded();
        assert_eq!(open.data("syncRuns.count"), &json!(0));
        let statements = |first: i32| {
            let list = "query ($first: Int) { syncRuns(first: $first) { edges { node { id connection { name } } } } }";
            let answer = ask(&owner, list, json!({ "first": first })).succeeded();
            answer.header("regulars-statements").parse::<u32>().expect("a number")
        };
        assert_eq!(statements(1), statements(3));
    });
}

/// The number of the owner's merchant.
fn merchant_of(owner: &Client) -> Value {
    ask(owner, "{ me { pk } }", Value::Null).succeeded().data("me.pk").clone()
}

/// Adds a row as a run would, and answers its number.
fn put(world: &World, table: &str, columns: &[(&str, String)]) -> i64 {
    let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
    let values: Vec<_> = columns.iter().map(|(_, value)| value.as_str()).collect();
    let sql = format!(
        "INSERT INTO {table} ({}) VALUES ({}) RETURNING CAST({} AS TEXT) AS row",
        names.join(", "),
        values.join(", "),
        if table == "source_record" { "merchant_id" } else { "id" },
    );
    world.database.rows(&sql)[0].parse().expect("a number")
}

fn quoted(text: &str) -> String {
    format!("'{text}'")
}

/// A run that waits, and of which no worker knows.
fn waiting_run(world: &World, owner: &Client, connection: &Value) -> i64 {
    let at = "1700000000000000".to_owned();
    put(
        world,
        "sync_run",
        &[
            ("merchant_id", merchant_of(owner).to_string()),
            ("connection_id", connection["pk"].to_string()),
            ("kind", quoted("TAIL")),
            ("dry_run", "FALSE".to_owned()),
            ("state", quoted("QUEUED")),
            ("counts", quoted("{\"read\": 7}")),
            ("created_at", at.clone()),
            ("updated_at", at),
        ],
    )
}

#[test]
fn a_connection_has_one_run_at_a_time_and_somebody_may_end_it() {
    on_both(|world| {
        let owner = world.merchant();
        let connection = shop(&owner, "Nowhere");
        let run = waiting_run(world, &owner, &connection);
        let which = json!({ "connectionId": connection["id"] });
        let again = act(&owner, "startSync", &which, "run { pk state counts { read } }");
        let expected = json!({ "pk": run, "state": "QUEUED", "counts": { "read": 7 } });
        assert_eq!(again["run"], expected, "{again}");
        let other = json!({ "connectionId": connection["id"], "kind": "BACKFILL" });
        refused(&act(&owner, "startSync", &other, ""), "connectionId", "invalid", "Another run");
        for _ in 0..2 {
            let ended =
                act(&owner, "cancelSync", &json!({ "runId": run }), "run { state finishedAt }");
            assert_eq!(ended["run"]["state"], json!("CANCELLED"), "{ended}");
            assert!(ended["run"]["finishedAt"].is_string(), "{ended}");
        }
        // So does whoever pauses what is read.
        let run = waiting_run(world, &owner, &connection);
        made(&act(&owner, "pauseSync", &which, CONNECTION));
        let document =
            "query ($id: ID!) { syncRuns(connection_Id: $id) { edges { node { pk state } } } }";
        let found = ask(&owner, document, json!({ "id": connection["id"] })).succeeded();
        let last = found.data("syncRuns.edges.1.node");
        assert_eq!(last, &json!({ "pk": run, "state": "CANCELLED" }));
    });
}

#[test]
fn what_could_not_be_taken_is_listed_and_read_again() {
    on_both(|world| {
        let owner = world.merchant();
        let connection = shop(&owner, "Nowhere");
        let run = waiting_run(world, &owner, &connection);
        act(&owner, "cancelSync", &json!({ "runId": run }), "");
        let rejects: Vec<i64> = (0..3)
            .map(|nth| {
                put(
                    world,
                    "sync_reject",
                    &[
                        ("merchant_id", merchant_of(&owner).to_string()),
                        ("connection_id", connection["pk"].to_string()),
                        ("run_id", run.to_string()),
                        ("object", quoted("Customer")),
                        ("reference", quoted(&format!("c{nth}"))),
                        ("code", quoted("invalid")),
                        ("path", quoted("email")),
                        ("message", quoted("This is no value of email.")),
                        ("raw", quoted("ada@")),
                        ("whole", if nth == 0 { "TRUE" } else { "FALSE" }.to_owned()),
                        ("created_at", "1700000000000000".to_owned()),
                    ],
                )
            })
            .collect();
        let list = "query ($id: ID!, $run: ID, $first: Int, $after: String) {
            syncRejects(connection_Id: $id, run_Id: $run, open: true, first: $first, after: $after) {
                count pageInfo { endCursor hasNextPage }
                edges { node { pk object reference code path message raw whole replayedAt connection { name } } }
            }
        }";
        let id = &connection["id"];
        let first = ask(&owner, list, json!({ "id": id, "run": run, "first": 2 })).succeeded();
        assert_eq!(first.data("syncRejects.count"), &json!(3));
        assert_eq!(
            first.data("syncRejects.edges.0.node"),
            &json!({
                "pk": rejects[0], "object": "Customer", "reference": "c0", "code": "invalid", "path": "email",
                "message": "This is no value of email.", "raw": "ada@", "whole": true, "replayedAt": null,
                "connection": { "name": "Nowhere" },
            })
        );
        let after = first.data("syncRejects.pageInfo.endCursor");
        let next = ask(&owner, list, json!({ "id": id, "first": 2, "after": after })).succeeded();
        assert_eq!(next.data("syncRejects.edges.0.node.pk"), &json!(rejects[2]));
        // What was read tells of customers.
        let clerk = world.staff(&owner, &["sync"]);
        let seen = ask(&clerk, list, json!({ "id": id })).succeeded();
        assert_eq!(seen.data("syncRejects.edges.0.node.raw"), &Value::Null);

        let some = json!({ "connectionId": id, "ids": [rejects[1]] });
        let replay = act(&owner, "replayRejects", &some, "run { id kind dryRun }");
        assert_eq!(
            (&replay["run"]["kind"], &replay["run"]["dryRun"]),
            (&json!("BACKFILL"), &json!(false))
        );
        over(&owner, &replay["run"]["id"]);
        let all = act(&owner, "replayRejects", &json!({ "connectionId": id }), "run { kind }");
        assert_eq!(all["run"]["kind"], json!("BACKFILL"), "{all}");
    });
}

/// Raises a question, as a run would.
fn question(
    world: &World,
    owner: &Client,
    connection: &Value,
    (kind, id, people): (&str, &str, &Value),
) -> i64 {
    put(
        world,
        "sync_review",
        &[
            ("merchant_id", merchant_of(owner).to_string()),
            ("connection_id", connection["pk"].to_string()),
            ("object", quoted("Customer")),
            ("source_id", quoted(id)),
            ("kind", quoted(kind)),
            ("people", quoted(&people.to_string())),
            ("evidence", quoted("Several customers could be meant.")),
            ("state", quoted("OPEN")),
            ("created_at", "1700000000000000".to_owned()),
        ],
    )
}

/// A record of a customer of whom nobody has said who it is.
fn waiting_record(world: &World, owner: &Client, connection: &Value, (id, run): (&str, i64)) {
    let digest = match world.engine {
        Engine::Sqlite => format!("x'{}'", "00".repeat(32)),
        Engine::Postgres => format!("'\\x{}'", "00".repeat(32)),
    };
    let at = "1700000000000000".to_owned();
    put(
        world,
        "source_record",
        &[
            ("merchant_id", merchant_of(owner).to_string()),
            ("connection_id", connection["pk"].to_string()),
            ("object", quoted("Customer")),
            ("source_id", quoted(id)),
            ("kind", quoted("CUSTOMER")),
            ("state", quoted("WAITING")),
            ("image", quoted("{\"is\": \"customer\"}")),
            ("digest", digest),
            ("seen_run", run.to_string()),
            ("first_seen_at", at.clone()),
            ("changed_at", at),
        ],
    );
}

#[test]
fn questions_are_listed_and_answered() {
    on_both(|world| {
        let owner = world.merchant();
        let connection = shop(&owner, "Nowhere");
        let new = |name: &str| {
            act(&owner, "createConsumer", &json!({ "firstname": name }), "consumer { id pk }")["consumer"].clone()
        };
        let (ada, grace) = (new("Ada"), new("Grace"));
        let people = json!([ada["pk"], grace["pk"]]);
        let run = waiting_run(world, &owner, &connection);
        act(&owner, "cancelSync", &json!({ "runId": run }), "");
        for id in ["c1", "c2"] {
            waiting_record(world, &owner, &connection, (id, run));
        }
        let first = question(world, &owner, &connection, ("AMBIGUOUS", "c1", &people));
        let second = question(world, &owner, &connection, ("AMBIGUOUS", "c2", &people));
        let twins = question(world, &owner, &connection, ("MERGED_THERE", "c3", &people));
        let gone = question(world, &owner, &connection, ("MANY_GONE", "1", &json!([])));
        let list =
            "query ($id: ID!) { syncReviews(connection_Id: $id, open: true) { count edges { node {
            pk kind sourceId evidence state consumers { pk } connection { name }
        } } } }";
        let found = ask(&owner, list, json!({ "id": connection["id"] })).succeeded();
        assert_eq!(found.data("syncReviews.count"), &json!(4));
        assert_eq!(
            found.data("syncReviews.edges.0.node"),
            &json!({
                "pk": first, "kind": "AMBIGUOUS", "sourceId": "c1", "evidence": "Several customers could be meant.",
                "state": "OPEN", "consumers": [{ "pk": ada["pk"] }, { "pk": grace["pk"] }],
                "connection": { "name": "Nowhere" },
            })
        );
        let decide = |id: i64, decision: &str, who: &Value| {
            let mut input = json!({ "id": id, "decision": decision });
            if !who.is_null() {
                input["consumerId"] = who.clone();
            }
            act(&owner, "resolveSyncReview", &input, "syncReview { state resolvedAt }")
        };
        refused(
            &decide(first, "CONFIRM", &Value::Null),
            "decision",
            "invalid",
            "LINK, SEPARATE or DISMISS",
        );
        refused(&decide(first, "LINK", &json!(999_999_999)), "consumerId", "does_not_exist", "");
        for _ in 0..2 {
            let linked = decide(first, "LINK", &ada["id"]);
            assert_eq!(linked["syncReview"]["state"], json!("LINKED"), "{linked}");
        }
        refused(&decide(first, "DISMISS", &Value::Null), "id", "invalid", "before");
        let apart = decide(second, "SEPARATE", &Value::Null);
        assert_eq!(apart["syncReview"]["state"], json!("SEPARATE"), "{apart}");
        // Merging is a command of its own.
        refused(&decide(twins, "MERGE", &Value::Null), "decision", "invalid", "mergeConsumers");
        let both = json!({ "consumerId": grace["id"], "intoConsumerId": ada["id"] });
        assert_eq!(act(&owner, "mergeConsumers", &both, "")["errors"], Value::Null);
        assert_eq!(decide(twins, "MERGE", &Value::Null)["syncReview"]["state"], json!("MERGED"));
        let confirmed = decide(gone, "CONFIRM", &Value::Null);
        assert_eq!(confirmed["syncReview"]["state"], json!("CONFIRMED"), "{confirmed}");
        let runs = "query ($id: ID!) { syncRuns(connection_Id: $id) { edges { node { kind } } } }";
        let started = ask(&owner, runs, json!({ "id": connection["id"] })).succeeded();
        assert_eq!(started.data("syncRuns.edges.1.node.kind"), &json!("SWEEP"));
        let shown =
            ask(&owner, "{ connections { edges { node { settings } } } }", Value::Null).succeeded();
        assert!(!shown.text.contains("confirmedSweep"), "{}", shown.text);
        known_by_its_record(&owner, (&ada, &connection));
    });
}

/// The customer who was decided for says where they are known, and a list of customers in as many statements as one of one.
fn known_by_its_record(owner: &Client, (ada, connection): (&Value, &Value)) {
    let sources = "query ($id: ID!) { consumer(id: $id) { sources {
            source sourceId state linkedBy fields connectionName connection { id }
        } } }";
    let found = ask(owner, sources, json!({ "id": ada["id"] })).succeeded();
    let expected = json!([{
        "source": "SHOPIFY", "sourceId": "c1", "state": "LIVE", "linkedBy": "DECISION", "fields": [],
        "connectionName": "Nowhere", "connection": { "id": connection["id"] },
    }]);
    assert_eq!(found.data("consumer.sources"), &expected);
    let statements = |first: i32| {
        let list = "query ($first: Int) { consumers(first: $first) { edges { node { sources {
                sourceId connection { name }
            } } } } }";
        let answer = ask(owner, list, json!({ "first": first })).succeeded();
        answer.header("regulars-statements").parse::<u32>().expect("a number")
    };
    let few = statements(1);
    act(owner, "createConsumer", &json!({ "firstname": "Mary" }), "");
    assert_eq!(statements(10), few);
}
