//! Applications and their keys: requests with `X-API-Key` and `X-App-Id`.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use regulars_testkit::{Answer, Client, Engine};
use serde_json::{Value, json};

use crate::{
    audit::log,
    world::{World, on_both},
};

const CREATE: &str = "mutation ($input: CreateApplicationInput!) {
    createApplication(input: $input) { success errors application { id pk appId } }
}";
const CREATE_KEY: &str = "mutation ($input: CreateApiKeyInput!) {
    createApiKey(input: $input) { success errors key apiKey { id prefix name expiresAt lastUsedAt revokedAt } }
}";
const REVOKE: &str = "mutation ($id: ID!) {
    revokeApiKey(input: { id: $id }) { success errors apiKey { revokedAt } }
}";
const UPDATE: &str = "mutation ($input: UpdateApplicationInput!) {
    updateApplication(input: $input) { success errors application {
        name allStores requestsPerMinute permissions { edges { node { codename } } }
        stores { edges { node { id } } }
    } }
}";
const LIST: &str =
    "{ applications(first: 20) { count edges { node { id name appId apiKeys { count edges { node {
    id prefix name lastUsedAt revokedAt creator { id }
} } } creator { id firstname } } } } }";

/// An application and one of its keys.
pub(crate) struct App {
    pub(crate) id: Value,
    uuid: String,
    key: String,
    key_id: Value,
}

impl App {
    /// Has somebody register an application that may this, and make a key for it.
    pub(crate) fn of(owner: &Client, given: &Value) -> Self {
        let mut input = json!({ "name": "Till", "permissions": [], "allStores": true });
        for (name, value) in given.as_object().into_iter().flatten() {
            input[name] = value.clone();
        }
        if given["stores"].is_array() {
            input["allStores"] = json!(false);
        }
        let made = done(owner.query(CREATE, json!({ "input": input })), "createApplication");
        let application = made.data("createApplication.application");
        let input = json!({ "applicationId": application["id"], "name": "At the door" });
        let answer = done(owner.query(CREATE_KEY, json!({ "input": input })), "createApiKey");
        Self {
            id: application["id"].clone(),
            uuid: application["appId"].as_str().expect("a UUID").to_owned(),
            key: answer.string("createApiKey.key").to_owned(),
            key_id: answer.data("createApiKey.apiKey.id").clone(),
        }
    }

    /// The same client with the headers of the key.
    pub(crate) fn client(&self, base: &Client) -> Client {
        base.header("x-api-key", &self.key).header("x-app-id", &self.uuid)
    }
}

#[track_caller]
fn done(answer: Answer, mutation: &str) -> Answer {
    let answer = answer.succeeded();
    assert_eq!(answer.data(&format!("{mutation}.errors")), &Value::Null, "{}", answer.text);
    answer
}

#[track_caller]
fn refused(answer: &Answer, words: &str) {
    refused_for(answer, words, "ApiKey");
}

/// The answer names what would do better.
#[track_caller]
fn refused_for(answer: &Answer, words: &str, wanted: &str) {
    assert_eq!((answer.status, answer.error_code()), (401, Some("permission_denied")));
    let message = answer.errors()[0]["message"].as_str().expect("a sentence");
    assert!(message.contains(words), "{message}");
    assert_eq!(answer.header("www-authenticate"), wanted);
}

#[test]
fn a_key_is_shown_once_and_opens_what_its_app_may() {
    on_both(|world| {
        let owner = world.merchant();
        let app = App::of(&owner, &json!({ "permissions": ["view_consumer", "change_consumer"] }));
        let client = app.client(&world.anonymous());
        let create = "mutation ($key: String) {
            createConsumer(input: { firstname: \"Ada\", idempotencyKey: $key }) { errors consumer { pk } }
        }";
        let first = done(client.query(create, json!({ "key": "k" })), "createConsumer");
        let again = client.query(create, json!({ "key": "k" })).succeeded();
        assert_eq!(first.data("createConsumer"), again.data("createConsumer"));
        assert_eq!(again.header("idempotent-replayed"), "true");
        // The owner's key is another one, even under the same name.
        let other = owner.query(create, json!({ "key": "k" })).succeeded();
        assert_ne!(other.data("createConsumer"), first.data("createConsumer"));
        let counted = client.query("{ consumers { count } me { id } }", Value::Null).succeeded();
        assert_eq!(counted.data(""), &json!({ "consumers": { "count": 2 }, "me": null }));
        for document in ["{ merchants { count } }", "{ roles { count } }", LIST] {
            let answer = client.query(document, Value::Null);
            assert_eq!(answer.error_code(), Some("permission_denied"), "{document}");
        }
        let foreign = world
            .demo_owner()
            .query("{ consumers(first: 1) { edges { node { id } } } }", Value::Null);
        let id = foreign.succeeded().data("consumers.edges.0.node.id").clone();
        let answer =
            client.query("query ($id: ID!) { consumer(id: $id) { id } }", json!({ "id": id }));
        assert_eq!(answer.error_code(), Some("does_not_exist"));
        // Only whoever makes a key sees it, and only then.
        let input = json!({ "applicationId": app.id, "idempotencyKey": "once" });
        let once = owner.query(CREATE_KEY, json!({ "input": input })).succeeded();
        let prefix = once.string("createApiKey.apiKey.prefix").to_owned();
        assert!(once.string("createApiKey.key").starts_with(&format!("{prefix}.")), "{prefix}");
        assert!(prefix.starts_with("rk"));
        let twice = owner.query(CREATE_KEY, json!({ "input": input })).succeeded();
        assert_eq!(twice.data("createApiKey.apiKey"), once.data("createApiKey.apiKey"));
        assert_eq!(twice.data("createApiKey.key"), &Value::Null);
        let listed = owner.query(LIST, Value::Null).succeeded();
        assert_eq!(listed.data("applications.edges.0.node.apiKeys.count"), &json!(2));
        let secret = app.key.split_once('.').expect("two parts").1;
        assert!(!listed.text.contains(secret) && !world.server.log().contains(secret));
    });
}

#[test]
fn uses_are_listed_soon_afterwards() {
    on_both(|world| {
        let owner = world.merchant();
        let app = App::of(&owner, &json!({}));
        let used = || {
            let listed = owner.query(LIST, Value::Null).succeeded();
            listed.data("applications.edges.0.node.apiKeys.edges.0.node.lastUsedAt").clone()
        };
        assert_eq!(used(), Value::Null);
        app.client(&world.anonymous()).query("{ me { id } }", Value::Null).succeeded();
        let patience = Instant::now() + Duration::from_mins(1);
        while used() == Value::Null {
            assert!(Instant::now() < patience, "{:?}: the use was not noted", world.engine);
            sleep(Duration::from_millis(20));
        }
    });
}

#[test]
fn what_is_no_key_opens_nothing_and_says_so() {
    on_both(|world| {
        let owner = world.merchant();
        let (app, other) = (App::of(&owner, &json!({})), App::of(&owner, &json!({})));
        let nobody = world.anonymous();
        let document = "{ __typename }";
        let ask = |client: &Client| client.query(document, Value::Null);
        assert_eq!(ask(&app.client(&nobody)).status, 200);
        let (key, id) = (app.key.as_str(), app.uuid.as_str());
        let (prefix, _) = key.split_once('.').expect("two parts");
        let unknown = format!("{prefix}.{}", "x".repeat(32));
        for (key, id) in [
            (unknown.as_str(), id),
            (other.key.as_str(), id),
            (key, other.uuid.as_str()),
            (key, "00000000-0000-4000-8000-000000000000"),
            (key, "no uuid"),
            (key, id.to_uppercase().as_str()),
            (key, id.replace('-', "").as_str()),
            ("no key", id),
            ("", id),
        ] {
            let answer = ask(&nobody.header("x-api-key", key).header("x-app-id", id));
            refused(&answer, "There is no such API key for this app.");
        }
        for half in [nobody.header("x-api-key", key), nobody.header("x-app-id", id)] {
            refused(&ask(&half), "go together");
        }
        // Mutations are asked on another way.
        let mutation = "mutation { createConsumer(input: { firstname: \"A\" }) { success } }";
        let wrong = nobody.header("x-api-key", &unknown).header("x-app-id", id);
        refused(&wrong.query(mutation, Value::Null), "no such API key");

        let revoked = done(owner.query(REVOKE, json!({ "id": app.key_id })), "revokeApiKey");
        assert!(revoked.data("revokeApiKey.apiKey.revokedAt").is_string());
        refused(&ask(&app.client(&nobody)), "revoked");
        let delete = "mutation ($id: ID!) { deleteApplication(input: { id: $id }) { errors application { id } } }";
        let gone = done(owner.query(delete, json!({ "id": other.id })), "deleteApplication");
        assert_eq!(gone.data("deleteApplication.application"), &Value::Null);
        refused(&ask(&other.client(&nobody)), "revoked");
        let left = owner.query(LIST, Value::Null).succeeded();
        assert_eq!(left.data("applications.count"), &json!(1));
    });
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the built server goes by the machine's clock")]
fn a_key_may_expire() {
    on_both(|world| {
        let owner = world.merchant();
        let app = App::of(&owner, &json!({}));
        // So far ahead that the server takes it, and no farther.
        let made = (0..7).find_map(|power| {
            let end = chrono::Utc::now() + chrono::Duration::seconds(1 << power);
            let input = json!({ "applicationId": app.id, "expiresAt": end.to_rfc3339() });
            let answer = owner.query(CREATE_KEY, json!({ "input": input })).succeeded();
            let key = answer.data("createApiKey.key").as_str()?.to_owned();
            Some((key, end))
        });
        let (key, end) = made.expect("a key");
        let client = world.anonymous().header("x-api-key", &key).header("x-app-id", &app.uuid);
        let patience = Instant::now() + Duration::from_mins(3);
        let expired = loop {
            let answer = client.query("{ __typename }", Value::Null);
            if answer.status != 200 {
                break answer;
            }
            assert!(Instant::now() < patience);
            sleep(Duration::from_millis(20));
        };
        assert!(chrono::Utc::now() >= end);
        refused(&expired, "expired");
    });
}

#[test]
fn beside_a_token_both_must_allow_it() {
    on_both(|world| {
        let owner = world.demo_owner();
        let may = json!({ "permissions": ["view_consumer", "view_order", "change_consumer"] });
        let app = App::of(&owner, &may);
        let create = "mutation { createConsumer(input: { firstname: \"A\" }) { success errors } }";
        let orders = "{ orders(first: 1) { count } }";
        let denied = |answer: Answer| match answer.errors().first() {
            Some(_) => answer.error_code() == Some("permission_denied"),
            None => answer.text.contains("permission_denied"),
        };
        let alone = app.client(&world.anonymous());
        let cashier = world.login("cashier@example.com");
        let held = app.client(&cashier);
        for (document, allowed) in [
            (create, [true, false, false]),
            (orders, [true, true, true]),
            ("{ roles { count } }", [false, false, false]),
            ("{ consumerAvailablePromotions(consumerId: 177) { count } }", [false, true, false]),
        ] {
            let answers =
                [&alone, &cashier, &held].map(|client| client.query(document, Value::Null));
            assert_eq!(answers.map(|answer| !denied(answer)), allowed, "{document}");
        }
        // Who holds it is known; their account is not the app's to change.
        let me = held.query("{ me { id } }", Value::Null).succeeded();
        let own = cashier.query("{ me { id } }", Value::Null).succeeded();
        assert_eq!(me.data("me.id"), own.data("me.id"));
        let update = "mutation { updateAccount(city: \"Bonn\") { success errors } }";
        let answer = held.query(update, Value::Null).succeeded();
        assert!(answer.text.contains("unauthenticated"), "{}", answer.text);
        for other in [
            world.login("merchant2@example.com"),
            world.consumer(),
            world.admin(),
            world.anonymous().bearer("nobody's"),
        ] {
            let answer = app.client(&other).query("{ __typename }", Value::Null);
            refused_for(&answer, "token", "Bearer");
        }
        // Whatever else is in their place: the app does not act for somebody whom nobody knows.
        for unreadable in ["JWT abc", "Bearer a b", "Bearer", ""] {
            let sent = world.anonymous().header("authorization", unreadable);
            for document in ["{ __typename }", create] {
                refused_for(&app.client(&sent).query(document, Value::Null), "token", "Bearer");
            }
            let answer = sent.query("{ me { id } }", Value::Null).succeeded();
            assert_eq!(answer.data("me"), &Value::Null, "{unreadable:?}");
        }
    });
}

#[test]
fn an_app_sees_the_orders_of_its_stores() {
    on_both(|world| {
        let owner = world.demo_owner();
        let document = "{ stores { edges { node { id orders(first: 1) { count } } } } }";
        let answer = owner.query(document, Value::Null).succeeded();
        let stores = answer.data("stores.edges").as_array().expect("stores").clone();
        let busy = stores.iter().find(|store| store["node"]["orders"]["count"] != json!(0));
        let store = busy.expect("a store with orders")["node"].clone();
        let of = |stores: Value| {
            let given = json!({ "permissions": ["view_order", "view_consumer"], "stores": stores });
            App::of(&owner, &given)
        };
        let count = |app: &App| {
            let client = app.client(&world.anonymous());
            let answer = client.query(
                "{ orders(first: 100) { count edges { node { store { id } } } } }",
                Value::Null,
            );
            let answer = answer.succeeded();
            let orders = answer.data("orders.edges").as_array().expect("orders").clone();
            assert!(orders.iter().all(|order| order["node"]["store"]["id"] == store["id"]));
            answer.data("orders.count").clone()
        };
        assert_eq!(count(&of(json!([store["id"]]))), store["orders"]["count"]);
        let nowhere = of(json!([]));
        assert_eq!(count(&nowhere), json!(0));
        // What it may changes with the next request.
        let input = json!({ "id": nowhere.id, "stores": [store["id"]], "name": "Here" });
        let changed = done(owner.query(UPDATE, json!({ "input": input })), "updateApplication");
        let expected = json!({
            "name": "Here", "allStores": false, "requestsPerMinute": null,
            "permissions": { "edges": [
                { "node": { "codename": "view_consumer" } }, { "node": { "codename": "view_order" } },
            ] },
            "stores": { "edges": [{ "node": { "id": store["id"] } }] },
        });
        assert_eq!(changed.data("updateApplication.application"), &expected);
        assert_eq!(count(&nowhere), store["orders"]["count"]);
    });
}

#[test]
fn who_signs_up_through_an_app_joins_its_merchant() {
    on_both(|world| {
        let owner = world.merchant();
        let app = App::of(&owner, &json!({}));
        let document = "mutation ($email: String!, $password: String!) { register(
            email: $email, password1: $password, password2: $password, firstname: \"Ada\",
            lastname: \"L\", userType: \"CONSUMER\"
        ) { errors token } }";
        let email = format!("through-an-app@{}.example", std::process::id());
        let variables = json!({ "email": email, "password": crate::world::PASSWORD });
        done(app.client(&world.anonymous()).query(document, variables), "register");
        let seen =
            owner.query("{ consumers { edges { node { email } } } }", Value::Null).succeeded();
        assert_eq!(seen.data("consumers.edges.0.node.email"), &json!(email));
    });
}

#[test]
fn whoever_is_dismissed_takes_no_key_along() {
    on_both(|world| {
        let owner = world.merchant();
        let seen = |client: &Client, of: &Value| {
            let listed = client.query(LIST, Value::Null).succeeded();
            let edges = listed.data("applications.edges").as_array().expect("edges").clone();
            let found = edges.into_iter().find(|edge| edge["node"]["id"] == *of);
            found.expect("the application")["node"].clone()
        };
        for revoke in [None, Some(true), Some(false)] {
            let keeper = world.staff(&owner, &["change_app"]);
            let me = keeper.query("{ me { id } }", Value::Null).succeeded().data("me.id").clone();
            let app = App::of(&keeper, &json!({}));
            let kept = done(
                owner.query(CREATE_KEY, json!({ "input": { "applicationId": app.id } })),
                "createApiKey",
            );
            let made = seen(&owner, &app.id);
            assert_eq!(made["creator"]["id"], me);
            assert_eq!(made["apiKeys"]["edges"][0]["node"]["creator"]["id"], me);
            let till = app.client(&world.anonymous());
            till.query("{ __typename }", Value::Null).succeeded();
            let mut input = json!({ "id": me, "idempotencyKey": format!("bye-{revoke:?}") });
            if let Some(revoke) = revoke {
                input["revokeApiKeys"] = json!(revoke);
            }
            let document = "mutation ($input: DeleteMerchantInput!) {
                deleteMerchant(input: $input) { success errors revokedApiKeys }
            }";
            let count = usize::from(revoke != Some(false));
            for _ in 0..2 {
                let dismissed =
                    done(owner.query(document, json!({ "input": input })), "deleteMerchant");
                assert_eq!(dismissed.data("deleteMerchant.revokedApiKeys"), &json!(count));
            }
            let answer = till.query("{ __typename }", Value::Null);
            assert_eq!(answer.status, if count == 1 { 401 } else { 200 }, "{revoke:?}");
            let left = seen(&owner, &app.id);
            assert_eq!(left["creator"]["id"], me, "it stays, and says who made it");
            let ended =
                |place: usize| left["apiKeys"]["edges"][place]["node"]["revokedAt"] != Value::Null;
            assert_eq!((ended(0), ended(1)), (count == 1, false), "{revoke:?}");
            // Each key is in the log by itself.
            let log = "query ($key: ID!) { auditLog(target_Id: $key, action: \"deleteMerchant\") {
                edges { node { changes { field before after } } }
            } }";
            let found = owner.query(log, json!({ "key": app.key_id })).succeeded();
            let change = json!([{ "field": "active", "before": "true", "after": "false" }]);
            let entries = found.data("auditLog.edges").as_array().expect("edges").clone();
            assert_eq!(entries.len(), count);
            for entry in entries {
                assert_eq!(entry["node"]["changes"], change);
            }
            assert_eq!(kept.data("createApiKey.success"), &json!(true));
        }
        // Nor does whoever deletes their account.
        let leaver = world.staff(&owner, &["change_app"]);
        let app = App::of(&leaver, &json!({}));
        let leave = "mutation ($p: String!) { deleteAccount(password: $p) { success errors } }";
        done(leaver.query(leave, json!({ "p": crate::world::PASSWORD })), "deleteAccount");
        refused(&app.client(&world.anonymous()).query("{ __typename }", Value::Null), "revoked");
    });
}

#[test]
fn a_key_costs_one_statement() {
    on_both(|world| {
        let owner = world.demo_owner();
        let may = json!({ "permissions": ["view_consumer", "change_app"] });
        let app = App::of(&owner, &may);
        let statements = |client: &Client, document: &str| {
            let answer = client.query(document, Value::Null).succeeded();
            answer.header("regulars-statements").parse::<u32>().expect("a number")
        };
        let consumers = "{ consumers(first: 10) { edges { node { pk } } } }";
        let by_token = statements(&owner, consumers);
        assert_eq!(statements(&app.client(&world.anonymous()), consumers), by_token);
        assert_eq!(statements(&app.client(&owner), consumers), by_token + 1);
        // The list of applications costs the same whatever its length.
        let few = statements(&owner, LIST);
        for _ in 0..4 {
            App::of(&owner, &json!({}));
        }
        assert_eq!(statements(&owner, LIST), few);
    });
}

#[test]
fn an_app_has_so_many_requests_a_minute() {
    // A bucket that fills by one unit in 20 seconds: no machine is so slow that it matters.
    let settings = [
        ("REGULARS_APPS_REQUESTS_PER_MINUTE", "3"),
        ("REGULARS_APPS_MOST_REQUESTS_PER_MINUTE", "5"),
        ("REGULARS_APPS_COST_PER_REQUEST", "100"),
    ];
    let world = World::start_with(Engine::Sqlite, &settings);
    let owner = world.demo_owner();
    let app = App::of(&owner, &json!({ "permissions": ["view_consumer"] }));
    let client = app.client(&world.anonymous());
    let answer = client.query("{ __typename }", Value::Null).succeeded();
    assert_eq!(answer.header("ratelimit-policy"), "\"app\";q=3;w=60");
    assert_eq!(answer.header("ratelimit"), "\"app\";r=2;t=20");
    // A hundred rows of three fields: more than there is, and so all of it, once it is there.
    let costly = "{ consumers { edges { node { pk firstname city } } } }";
    let answer = client.query(costly, Value::Null);
    assert_eq!((answer.status, answer.error_code()), (429, Some("too_many_requests")));
    let wait: u32 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=20).contains(&wait), "{wait}");
    assert_eq!(answer.header("ratelimit-policy"), "\"app\";q=3;w=60");
    client.query("{ __typename }", Value::Null).succeeded();
    client.query("{ __typename }", Value::Null).succeeded();
    assert_eq!(client.query("{ __typename }", Value::Null).status, 429);
    let mutation = "mutation { createConsumer(input: { firstname: \"A\" }) { success } }";
    assert_eq!(client.query(mutation, Value::Null).status, 429);
    // Whoever has no key is not counted, and another app has its own.
    let second = App::of(&owner, &json!({ "requestsPerMinute": 5 }));
    let answer = second.client(&world.anonymous()).query("{ __typename }", Value::Null).succeeded();
    assert_eq!(answer.header("ratelimit"), "\"app\";r=4;t=12");
    let input = json!({ "id": second.id, "requestsPerMinute": 6 });
    let answer = owner.query(UPDATE, json!({ "input": input })).succeeded();
    let errors = answer.data("updateApplication.errors");
    assert_eq!(errors["requestsPerMinute"][0]["code"], "invalid", "{errors}");
}

#[test]
fn a_batch_is_paid_for_at_once_or_nothing_of_it_runs() {
    let settings =
        [("REGULARS_APPS_REQUESTS_PER_MINUTE", "3"), ("REGULARS_HTTP_BATCH_LIMIT", "10")];
    let world = World::start_with(Engine::Sqlite, &settings);
    let owner = world.merchant();
    let app = App::of(&owner, &json!({ "permissions": ["view_consumer", "change_consumer"] }));
    let client = app.client(&world.anonymous());
    let batch = |count: usize| {
        let create = json!({ "query": "mutation { createConsumer(input: { firstname: \"A\" }) { success } }" });
        let mut parts = vec![json!({ "query": "{ me { id } }" }); count - 1];
        parts.insert(0, create);
        client.post("/graphql", "application/json", json!(parts).to_string().as_bytes())
    };
    let answer = batch(4);
    assert_eq!(answer.status, 200, "more than a bucket holds is a full one: {}", answer.text);
    assert_eq!(answer.header("ratelimit"), "\"app\";r=0;t=60");
    let answer = batch(2);
    assert_eq!(answer.status, 429, "{}", answer.text);
    let wait: u32 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=40).contains(&wait), "{wait}");
    assert_eq!(answer.text.matches("too_many_requests").count(), 2, "{}", answer.text);
    let counted = owner.query("{ consumers { count } }", Value::Null).succeeded();
    assert_eq!(counted.data("consumers.count"), &json!(1), "nothing of the second one ran");
}

/// What the log of a merchant says of its keys, the oldest first, once there is so much.
fn noted(owner: &Client, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        let mut found = log(owner, "apiKey");
        if found.len() >= count {
            found.reverse();
            return found;
        }
        assert!(Instant::now() < deadline, "it is never written down: {found:?}");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn keys_that_open_nothing_are_in_their_merchants_log_once_a_minute() {
    on_both(|world| {
        let (owner, stranger) = (world.merchant(), world.merchant());
        let app = App::of(&owner, &json!({ "requestsPerMinute": 1 }));
        let client = app.client(&world.anonymous());
        let document = "{ __typename }";
        client.query(document, Value::Null).succeeded();
        for _ in 0..20 {
            assert_eq!(client.query(document, Value::Null).status, 429);
        }
        let (prefix, secret) = app.key.split_once('.').expect("two parts");
        let turned: String = secret.chars().rev().collect();
        let guess = |key: &str| {
            let guess = world.anonymous().header("x-api-key", key);
            let guess = guess.header("x-app-id", &app.uuid).header("x-request-id", "guessed-key");
            refused(&guess.query(document, Value::Null), "no such API key");
        };
        for _ in 0..20 {
            guess(&format!("{prefix}.{turned}"));
        }
        guess(&format!("rkNobody.{secret}"));
        let bearer = app.client(&stranger);
        refused_for(&bearer.query(document, Value::Null), "token beside", "Bearer");
        done(owner.query(REVOKE, json!({ "id": app.key_id })), "revokeApiKey");
        for _ in 0..20 {
            refused(&client.query(document, Value::Null), "revoked");
        }
        let found = noted(&owner, 4);
        let told: Vec<_> = found
            .iter()
            .filter(|entry| entry["changes"] == json!([]))
            .map(|entry| {
                assert_eq!(
                    (&entry["outcome"], &entry["targetId"]),
                    (&json!("REFUSED"), &app.key_id)
                );
                (entry["code"].clone(), entry["actorType"].clone())
            })
            .collect();
        let expected = [
            ("too_many_requests", "APP"),
            ("unknown_key", "ANONYMOUS"),
            ("invalid_bearer", "APP"),
            ("revoked_key", "APP"),
        ];
        assert_eq!(told, expected.map(|(code, kind)| (json!(code), json!(kind))));
        assert!(!world.database.dump().join("\n").contains(secret), "secrets never");
        // A minute later it is told how many more there were.
        let found = noted(&owner, 7);
        let more = found.iter().filter(|entry| entry["changes"] != json!([]));
        let more: Vec<_> = more
            .map(|entry| (entry["code"].clone(), entry["changes"][0]["after"].clone()))
            .collect();
        for code in ["too_many_requests", "unknown_key", "revoked_key"] {
            assert!(more.contains(&(json!(code), json!("19"))), "{more:?}");
        }
        assert_eq!(log(&stranger, "apiKey").len(), 0);
        let platform = "SELECT refusal AS row FROM audit_entry WHERE merchant_id = 0 AND action = 'apiKey' \
                        AND request_id = 'guessed-key'";
        assert!(world.database.rows(platform).contains(&"unknown_key".to_owned()));
    });
}
