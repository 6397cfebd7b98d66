//! What customers decide about being contacted: rule 29.

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::{
    consumer_fields::{create, member_of_the_demo_merchant},
    world::on_both,
};

const SET: &str = "mutation ($input: SetConsentInput!) { setConsent(input: $input) {
    success errors consent { channel state source wording decidedAt recordedBy merchant { id } }
} }";

fn say(client: &Client, input: &Value) -> (Value, bool) {
    let answer = client.query(SET, json!({ "input": input })).succeeded();
    (answer.data("setConsent").clone(), answer.header("idempotent-replayed") == "true")
}

fn id(client: &Client) -> Value {
    client.query("{ me { id } }", Value::Null).succeeded().data("me.id").clone()
}

const SEEN: &str = "query ($id: ID!, $channel: ConsentChannel) { consumer(id: $id) {
    updatedAt
    consents { channel state source wording decidedAt recordedBy }
    consentHistory(channel: $channel, first: 2) {
        count pageInfo { hasNextPage endCursor } edges { node { state decidedAt } }
    }
} }";

fn seen(client: &Client, variables: Value) -> Value {
    client.query(SEEN, variables).succeeded().data("consumer").clone()
}

#[test]
fn the_latest_decision_of_each_channel_stands_and_the_history_stays() {
    on_both(|world| {
        let owner = world.merchant();
        let guest = create(&owner, &json!({ "firstname": "Guest" }))["id"].clone();
        let write = |channel: &str, state: &str, at: &str| {
            let input = json!({
                "consumerId": guest, "channel": channel, "state": state, "source": "paper form",
                "decidedAt": at, "wording": "Yes, write to me.",
            });
            let (told, _) = say(&owner, &input);
            assert_eq!(told["success"], true, "{told}");
            told["consent"].clone()
        };
        assert_eq!(seen(&owner, json!({ "id": guest }))["consents"], json!([]));
        write("EMAIL", "GRANTED", "2024-05-01T10:00");
        let told = write("EMAIL", "DENIED", "2023-05-01T10:00");
        assert_eq!(
            (&told["state"], &told["decidedAt"]),
            (&json!("GRANTED"), &json!("2024-05-01T10:00:00+00:00"))
        );
        let before = seen(&owner, json!({ "id": guest }));
        write("EMAIL", "GRANTED", "2022-05-01T10:00");
        assert_eq!(seen(&owner, json!({ "id": guest }))["updatedAt"], before["updatedAt"]);
        write("EMAIL", "DENIED", "2024-05-01T10:00");
        write("SMS", "GRANTED", "2024-06-01T10:00");
        let after = seen(&owner, json!({ "id": guest, "channel": "EMAIL" }));
        assert_ne!(after["updatedAt"], before["updatedAt"]);
        let stands = |channel: &str, state: &str, at: &str| {
            json!({
                "channel": channel, "state": state, "source": "paper form", "recordedBy": "STAFF",
                "wording": "Yes, write to me.", "decidedAt": at,
            })
        };
        assert_eq!(
            after["consents"],
            json!([
                stands("EMAIL", "DENIED", "2024-05-01T10:00:00+00:00"),
                stands("SMS", "GRANTED", "2024-06-01T10:00:00+00:00"),
            ])
        );
        let history = &after["consentHistory"];
        assert_eq!(
            (&history["count"], &history["pageInfo"]["hasNextPage"]),
            (&json!(4), &json!(true))
        );
        let document = "query ($id: ID!, $after: String) { consumer(id: $id) {
            consentHistory(channel: EMAIL, first: 2, after: $after) { edges { node { decidedAt merchant { id } } } }
        } }";
        let variables = json!({ "id": guest, "after": history["pageInfo"]["endCursor"] });
        let rest = owner.query(document, variables).succeeded();
        let years: Vec<_> = rest
            .data("consumer.consentHistory.edges")
            .as_array()
            .unwrap()
            .iter()
            .map(|edge| edge["node"]["decidedAt"].as_str().unwrap()[..4].to_owned())
            .collect();
        assert_eq!(years, ["2023", "2022"]);
        // The log has what changed, and another merchant has nothing.
        let log = "{ auditLog(action: \"setConsent\", first: 1) { edges { node { targetId changes { field before after } } } } }";
        let entry = owner.query(log, Value::Null).succeeded();
        assert_eq!(entry.data("auditLog.edges.0.node.targetId"), &guest);
        assert_eq!(
            entry.data("auditLog.edges.0.node.changes"),
            &json!([{ "field": "consents", "before": "EMAIL DENIED", "after": "EMAIL DENIED,SMS GRANTED" }])
        );
        let input =
            json!({ "consumerId": guest, "channel": "SMS", "state": "DENIED", "source": "x" });
        let (refused, _) = say(&world.merchant(), &input);
        assert_eq!(refused["errors"]["consumerId"][0]["code"], "does_not_exist");
    });
}

#[test]
fn people_with_an_account_agree_by_themselves_and_anybody_can_opt_out_for_them() {
    on_both(|world| {
        let owner = world.demo_owner();
        let (person, _) = member_of_the_demo_merchant(world);
        let (tenant, own) = (id(&owner), id(&person));
        let by_merchant = |state: &str| {
            let input =
                json!({ "consumerId": own, "channel": "PUSH", "state": state, "source": "till" });
            say(&owner, &input).0
        };
        assert_eq!(by_merchant("GRANTED")["errors"]["state"][0]["code"], "invalid");
        let input = json!({
            "merchantId": tenant, "channel": "PUSH", "state": "GRANTED", "source": "app",
            "decidedAt": "2026-01-01T00:00Z", "idempotencyKey": "push-1",
        });
        let (told, replayed) = say(&person, &input);
        assert_eq!((&told["success"], replayed), (&json!(true), false), "{told}");
        assert_eq!(
            (&told["consent"]["recordedBy"], &told["consent"]["merchant"]["id"]),
            (&json!("CONSUMER"), &tenant)
        );
        assert_eq!(by_merchant("DENIED")["consent"]["state"], "DENIED");
        let (again, replayed) = say(&person, &input);
        assert_eq!((&again["success"], replayed), (&json!(true), true));
        assert_eq!(again["consent"]["state"], "DENIED", "a replay shows what stands now");
        let of = |client: &Client| seen(client, json!({ "id": own }));
        assert_eq!(of(&person)["consents"], of(&owner)["consents"]);
        assert_eq!(of(&person)["consentHistory"]["count"], 2);
        let leave = "mutation ($m: ID!) { leaveMerchant(input: { merchantId: $m }) { success } }";
        person.query(leave, json!({ "m": tenant })).succeeded();
        assert_eq!(of(&owner)["consentHistory"]["count"], 2, "leaving decides nothing");
        // Nobody else's.
        let other = world.consumer();
        let document = "query ($id: ID!) { consumer(id: $id) { consents { state } } }";
        assert_eq!(
            other.query(document, json!({ "id": own })).error_code(),
            Some("does_not_exist")
        );
    });
}

#[test]
fn a_list_of_customers_costs_the_same_with_what_they_decided() {
    on_both(|world| {
        let owner = world.merchant();
        let input = |guest: &Value, channel: &str| {
            json!({
                "consumerId": guest, "channel": channel, "state": "GRANTED", "source": "till",
            })
        };
        for number in 0..6 {
            let guest =
                create(&owner, &json!({ "firstname": format!("Guest {number}") }))["id"].clone();
            for channel in ["EMAIL", "POST"] {
                assert_eq!(say(&owner, &input(&guest, channel)).0["success"], true);
            }
        }
        let document = "query ($first: Int) { consumers(first: $first) { edges { node {
            consents { state merchant { id } } consentHistory(first: 2) { count edges { node { state } } }
        } } } }";
        let counts = [1, 6].map(|first| {
            let answer = owner.query(document, json!({ "first": first })).succeeded();
            let edges = answer.data("consumers.edges").as_array().unwrap().clone();
            assert_eq!(edges.len(), first);
            assert!(
                edges.iter().all(|edge| edge["node"]["consents"].as_array().unwrap().len() == 2
                    && edge["node"]["consentHistory"]["count"] == 2)
            );
            answer.header("Regulars-Statements").to_owned()
        });
        assert_eq!(counts[0], counts[1], "{:?}", world.engine);
    });
}
