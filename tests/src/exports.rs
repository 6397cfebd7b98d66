//! Everything that is known of a person, as JSON: rule 30.

use std::{fs, os::unix::fs::PermissionsExt as _};

use regulars_testkit::{
    Client,
    server::{regulars, run},
};
use serde_json::{Value, json};

use crate::{
    consumer_fields::{create, member_of_the_demo_merchant},
    world::{World, on_both},
};

const EXPORT: &str = "mutation ($input: ExportConsumerInput!) { exportConsumer(input: $input) {
    success errors filename export again: export
} }";

fn ask(client: &Client, input: &Value) -> Value {
    client.query(EXPORT, json!({ "input": input })).succeeded().data("exportConsumer").clone()
}

fn export(client: &Client, input: &Value) -> Value {
    let answer = ask(client, input);
    assert_eq!((&answer["success"], &answer["errors"]), (&json!(true), &Value::Null), "{answer}");
    assert_eq!(answer["export"], answer["again"]);
    serde_json::from_str(answer["export"].as_str().unwrap()).unwrap()
}

fn pk(client: &Client) -> i64 {
    client.query("{ me { pk } }", Value::Null).succeeded().data("me.pk").as_i64().unwrap()
}

fn rows<'d>(document: &'d Value, section: &str) -> &'d Vec<Value> {
    document[section].as_array().unwrap_or_else(|| panic!("{section}: {document}"))
}

/// The keys of the document and of everything in it.
fn keys(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            found.push(key.clone());
            keys(value, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

#[test]
fn consumers_take_out_everything_and_a_merchant_what_it_has() {
    on_both(|world| {
        let (person, owner) = (world.login("consumer@example.com"), world.demo_owner());
        let (id, tenant) = (pk(&person), pk(&owner));
        let own = export(&person, &json!({}));
        assert_eq!(
            (&own["format"], &own["personId"]),
            (&json!("regulars.consumer.v1"), &json!(id))
        );
        assert_eq!((&own["merchantId"], &own["truncated"]), (&Value::Null, &json!([])));
        for section in [
            "accounts",
            "sessions",
            "refreshTokens",
            "merchants",
            "memberships",
            "stores",
            "orders",
            "orderItems",
            "pointsAccounts",
            "pointsEntries",
            "pointsLots",
            "redemptions",
            "auditLog",
        ] {
            assert!(!rows(&own, section).is_empty(), "{section} on {:?}", world.engine);
        }
        assert_eq!(own["accounts"][0]["email"], "consumer@example.com");
        assert_eq!(own["accounts"][0]["active"], true);
        let order = &rows(&own, "orders")[0];
        assert!(order["orderType"].is_string(), "{order}");
        let total = order["total"].as_str().unwrap();
        assert_eq!(total.split('.').nth(1).map(str::len), Some(2), "{order}");
        assert!(order["createdAt"].as_str().unwrap().ends_with("+00:00"), "{order}");
        let mut found = Vec::new();
        keys(&own, &mut found);
        for secret in
            ["password", "tokenHash", "nonce", "tokenVersion", "waiter", "recorder", "appId"]
        {
            assert!(found.iter().all(|key| !key.contains(secret)), "{secret} {found:?}");
        }
        // The merchant has the same orders, and nothing of the account.
        let held = export(&owner, &json!({ "id": id }));
        assert_eq!((&held["merchantId"], &held["personId"]), (&json!(tenant), &json!(id)));
        for absent in ["accounts", "sessions", "refreshTokens", "mails"] {
            assert!(held.get(absent).is_none(), "{absent}");
        }
        for (section, value) in held.as_object().unwrap() {
            for row in value.as_array().into_iter().flatten().filter(|row| row.is_object()) {
                let merchant = if section == "merchants" { &row["id"] } else { &row["merchantId"] };
                assert_eq!(merchant, &json!(tenant), "{section}");
            }
        }
        let of_tenant = rows(&own, "orders").iter().filter(|row| row["merchantId"] == tenant);
        assert_eq!(of_tenant.count(), rows(&held, "orders").len());
        let log = "{ auditLog(action: \"exportConsumer\", first: 1) { edges { node { actorType targetId } } } }";
        let entry = owner.query(log, Value::Null).succeeded();
        assert_eq!(entry.data("auditLog.edges.0.node.actorType"), "STAFF");
        let document = "query ($id: ID!) { consumer(id: $id) { id } }";
        let named = owner.query(document, json!({ "id": id })).succeeded();
        assert_eq!(entry.data("auditLog.edges.0.node.targetId"), named.data("consumer.id"));
    });
}

#[test]
fn what_others_did_to_somebody_is_told_without_the_others() {
    on_both(|world| {
        let owner = world.merchant();
        let guest = create(&owner, &json!({ "firstname": "Guest", "cards": ["EXP-1"] }));
        let decide = "mutation ($id: ID!) { setConsent(input: {
            consumerId: $id, channel: EMAIL, state: DENIED, source: \"till\"
        }) { success } }";
        owner.query(decide, json!({ "id": guest["id"] })).succeeded();
        let held = export(&owner, &json!({ "id": guest["id"] }));
        assert_eq!(held["memberships"][0]["firstname"], "Guest");
        assert_eq!(held["cards"][0]["card"], "EXP-1");
        assert_eq!(held["consents"][0]["state"], "DENIED");
        let actions: Vec<_> =
            rows(&held, "auditLog").iter().map(|row| row["action"].clone()).collect();
        assert_eq!(actions, ["createConsumer", "setConsent", "exportConsumer"]);
        let first = &rows(&held, "auditLog")[0];
        assert_eq!(
            (&first["byThemselves"], &first["aboutThemselves"]),
            (&json!(false), &json!(true))
        );
        assert_eq!(first["peer"], Value::Null);
        let name = json!({ "field": "firstname", "before": null, "after": "Guest" });
        assert!(rows(first, "changes").contains(&name), "{first}");
        assert!(!held.to_string().contains("someone"), "the owner's address");
        for (client, input, field, code) in [
            (world.merchant(), json!({ "id": guest["id"] }), "id", "does_not_exist"),
            (world.consumer(), json!({ "id": guest["id"] }), "id", "does_not_exist"),
            (world.merchant(), json!({}), "id", "invalid"),
            (world.merchant(), json!({ "id": "garbage" }), "id", "invalid"),
            (world.merchant(), json!({ "id": "U3RvcmVOb2RlOjE5" }), "id", "invalid"),
        ] {
            let refused = ask(&client, &input);
            assert_eq!(refused["errors"][field][0]["code"], code, "{refused}");
            assert_eq!((&refused["export"], &refused["filename"]), (&Value::Null, &Value::Null));
        }
    });
}

#[test]
fn consumers_export_five_times_an_hour() {
    on_both(|world| {
        let (person, _) = member_of_the_demo_merchant(world);
        for _ in 0..5 {
            export(&person, &json!({}));
        }
        let refused = ask(&person, &json!({}));
        assert_eq!(
            refused["errors"]["nonFieldErrors"][0]["code"], "too_many_attempts",
            "{refused}"
        );
    });
}

fn command(world: &World, words: &[&str]) -> (bool, String) {
    let mut command = regulars();
    command.args(["consumer", "export"]).args(words);
    command.arg("--data-dir").arg(world.data.path());
    command.args(["--database-url", world.database.url()]);
    let output = run(command, "");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn the_command_line_answers_a_letter() {
    on_both(|world| {
        let (person, owner) = (world.login("consumer@example.com"), world.demo_owner());
        let (id, tenant) = (pk(&person).to_string(), pk(&owner).to_string());
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name).display().to_string();
        let (all, part) = (place("all.json"), place("part.json"));
        let (done, said) = command(world, &[&id, "--out", &all]);
        assert!(done && said.contains(&all), "{said}");
        let (done, said) = command(world, &[&id, "--merchant", &tenant, "--out", &part]);
        assert!(done, "{said}");
        assert_eq!(fs::metadata(&all).unwrap().permissions().mode() & 0o777, 0o600);
        let read = |file: &str| -> Value {
            serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
        };
        let (all_of_it, its) = (read(&all), read(&part));
        assert_eq!(all_of_it["accounts"][0]["email"], "consumer@example.com");
        assert!(its.get("accounts").is_none() && !rows(&its, "orders").is_empty());
        for (words, why) in [
            (vec![id.as_str(), "--out", &all], "cannot be written"),
            (vec!["987654321", "--out", &place("b")], "no consumer has the number"),
            (vec![tenant.as_str(), "--out", &place("c")], "no consumer has the number"),
            (vec![id.as_str(), "--merchant", "987654321", "--out", &place("d")], "has no customer"),
        ] {
            let (done, said) = command(world, &words);
            assert!(!done && said.contains(why), "{words:?}: {said}");
        }
        let log = "{ auditLog(action: \"exportConsumer\", first: 1) { edges { node { actorType requestId } } } }";
        let entry = owner.query(log, Value::Null).succeeded();
        let said = json!({ "actorType": "PLATFORM", "requestId": "command line" });
        assert_eq!(entry.data("auditLog.edges.0.node"), &said);
    });
}
