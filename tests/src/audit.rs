//! The audit log: that nothing is missing in it, what it says, and who reads it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::{
    apps::App,
    consumer_fields::member_of_the_demo_merchant,
    permission_matrix::{
        outcome, rows,
        shop::{ACTORS, Shop},
    },
    world::{PASSWORD, World, on_both},
};

/// Mutations that write nothing: the log has what they refuse, as of reads.
const ONLY_READ: [&str; 2] = ["verifyToken", "quotePurchase"];

/// Mutations that are never done in the table of the permission matrix: they need what came by mail. The sweep does them.
pub(crate) const NEED_A_MAIL: [&str; 10] = [
    "verifyAccount",
    "sendSecondaryEmailActivation",
    "verifySecondaryEmail",
    "passwordReset",
    "passwordSet",
    "passwordChange",
    "archiveAccount",
    "deleteAccount",
    "swapEmails",
    "removeSecondaryEmail",
];

/// What the log says of a request: the action and the code of the refusal, empty where it was done. Waits for what is written
/// down later.
fn entries(world: &World, request: &str, wait: bool) -> Vec<(String, String)> {
    let sql = format!(
        "SELECT action || '/' || COALESCE(refusal, '') AS row FROM audit_entry WHERE request_id = '{request}' ORDER BY id"
    );
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let found = world.database.rows(&sql);
        if !found.is_empty() || !wait || Instant::now() > deadline {
            let split = |row: String| {
                let (action, code) = row.split_once('/').expect("a slash");
                (action.to_owned(), code.to_owned())
            };
            return found.into_iter().map(split).collect();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn every_mutation_leaves_an_entry_done_or_refused_and_so_does_every_denied_read() {
    on_both(|world| {
        let shop = Shop::open(world);
        let (mut done, mut refused) = (BTreeSet::new(), BTreeSet::new());
        for row in rows::all() {
            for (actor, _) in ACTORS {
                let request = Shop::unique("audited");
                let client = shop.client(actor).header("x-request-id", &request);
                let answer = client.query(row.document, (row.variables)(&shop));
                let code = outcome(&answer, row.field);
                let about = format!("{} as {actor}: {code}", row.label());
                let reads = row.kind == "query" || ONLY_READ.contains(&row.field);
                let is_denied = code == "denied" || (row.kind == "mutation" && code != "ok");
                // Rule 6: whom somebody was, is written down of all who are not consumers.
                let identifies = row.document.contains("consumerLoyaltyId") && *actor != "consumer";
                let is_noted = !reads || is_denied || identifies && code == "ok";
                let mut found = entries(world, &request, is_noted);
                // Whoever joins a merchant on the way is in its log as well.
                found.dedup();
                if !is_noted {
                    assert!(found.is_empty(), "{about}: {found:?}");
                    continue;
                }
                let said = match code.as_str() {
                    "ok" => "",
                    "denied" => "permission_denied",
                    "absent" => "does_not_exist",
                    other => other,
                };
                assert_eq!(found, [(row.field.to_owned(), said.to_owned())], "{about}");
                let seen = if code == "ok" { &mut done } else { &mut refused };
                seen.insert(row.field);
            }
        }
        let document = "{ __schema { mutationType { fields { name } } } }";
        let answer = world.anonymous().query(document, Value::Null).succeeded();
        for field in answer.data("__schema.mutationType.fields").as_array().expect("a list") {
            let name = field["name"].as_str().expect("a name");
            let needs_no_mail = !NEED_A_MAIL.contains(&name) && !ONLY_READ.contains(&name);
            // A card of nobody is refused; the test below blocks one. So is a record that is offered to nobody: the tests of merging
            // claim one. Runs, rejects and questions come of reading: the tests of syncing have some.
            let elsewhere = [
                "blockConsumerCard",
                "claimProfile",
                "cancelSync",
                "replayRejects",
                "resolveSyncReview",
            ];
            let is_done = done.contains(name) || elsewhere.contains(&name);
            assert!(is_done || !needs_no_mail, "{name} was never done");
            let always = ["register", "obtainToken", "signIn", "refreshToken", "revokeToken"];
            let told = ["resendActivationEmail", "sendPasswordResetEmail"];
            let never = always.contains(&name) || told.contains(&name) || ONLY_READ.contains(&name);
            assert!(refused.contains(name) || never, "{name} was never refused");
        }
    });
}

/// The newest entries of an action that a client sees, as their fields by name.
pub(crate) fn log(client: &Client, action: &str) -> Vec<Value> {
    let document = "query ($action: String) { auditLog(action: $action) { count edges { node {
        id pk createdAt actorType actorId onBehalfOfId action targetId outcome code requestId peer
        changes { field before after }
    } } } }";
    let answer = client.query(document, json!({ "action": action })).succeeded();
    let edges = answer.data("auditLog.edges").as_array().expect("edges").clone();
    assert!(edges.len() == 100 || answer.data("auditLog.count") == &json!(edges.len()));
    edges.into_iter().map(|edge| edge["node"].clone()).collect()
}

/// What is there once it was written down.
fn later<T>(look: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "it was not written down");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn whoever_joins_on_the_way_is_in_the_merchants_log() {
    on_both(|world| {
        let owner = world.demo_owner();
        let cards = "{ loyaltyCards(first: 1, status: ACTIVE) { edges { node { id } } } }";
        let cards = owner.query(cards, Value::Null).succeeded();
        let card = cards.data("loyaltyCards.edges.0.node.id");
        let person = world.consumer();
        let id = me(&person);
        for _ in 0..2 {
            let input = json!({ "loyaltyCardId": card });
            assert_eq!(act(&person, "enroll", &input, "")["success"], true);
        }
        let found = log(&owner, "enroll");
        let own: Vec<_> = found.iter().filter(|entry| entry["actorId"] == id).collect();
        let joined: Vec<_> = own.iter().filter(|entry| entry["targetId"] == id).collect();
        assert_eq!((own.len(), joined.len()), (3, 1), "{own:?}");
        assert_eq!(changes(joined[0])["sharing"], (Value::Null, json!("FULL")));

        let merchant = world.merchant();
        let app = App::of(&merchant, &json!({}));
        let email = Shop::email();
        let sign_up = "mutation ($e: String!, $p: String!) { register(email: $e, password1: $p, password2: $p,
            firstname: \"A\", lastname: \"B\", userType: \"CONSUMER\") { errors } }";
        let signed_up = json!({ "e": email, "p": PASSWORD });
        app.client(&world.anonymous()).query(sign_up, signed_up).succeeded();
        let found = log(&merchant, "register");
        // The older one is the merchant's own.
        let [entry, _] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((&entry["actorId"], &entry["actorType"]), (&app.id, &json!("APP")));
        assert_eq!(entry["targetId"], me(&world.login(&email)));
        let told = changes(entry);
        assert_eq!(told["sharing"], (Value::Null, json!("FULL")));
        assert!(!told.contains_key("email") && !told.contains_key("firstname"), "{told:?}");
    });
}

#[test]
fn whom_a_till_identified_and_who_guesses_is_written_down() {
    for engine in regulars_testkit::Engine::ALL {
        let settings =
            [("REGULARS_GUESSES_IDENTIFICATIONS", "1"), ("REGULARS_GUESSES_PASSWORDS", "1")];
        let world = World::start_with(engine, &settings);
        let owner = world.demo_owner();
        let own = "{ me { id ... on ConsumerNode { loyaltyId } } }";
        let someone = world.consumer().query(own, Value::Null).succeeded();
        let ask = "query ($number: String) {
            consumerAvailablePromotions(consumerLoyaltyId: $number) { count }
        }";
        let number = json!({ "number": someone.data("me.loyaltyId") });
        owner.query(ask, number.clone()).succeeded();
        let again = owner.query(ask, number);
        assert_eq!(again.error_code(), Some("too_many_attempts"), "{}", again.text);
        let found = later(|| {
            Some(log(&owner, "consumerAvailablePromotions")).filter(|found| found.len() == 2)
        });
        let told: Vec<_> =
            found.iter().map(|entry| (entry["code"].clone(), entry["targetId"].clone())).collect();
        let expected = [
            (json!("too_many_attempts"), Value::Null),
            (Value::Null, someone.data("me.id").clone()),
        ];
        assert_eq!(told, expected);
        // Their merchant sees that somebody tries the passwords of its people, also while they wait.
        let cashier = me(&world.login("cashier@example.com"));
        let wrong =
            "mutation { signIn(email: \"cashier@example.com\", password: \"x\") { errors } }";
        for _ in 0..2 {
            world.anonymous().query(wrong, Value::Null).succeeded();
        }
        let found = later(|| Some(log(&owner, "signIn")).filter(|found| found.len() == 2));
        let codes: BTreeSet<_> = found.iter().map(|entry| entry["code"].to_string()).collect();
        let both = ["\"invalid_credentials\"", "\"too_many_attempts\""].map(str::to_owned);
        assert_eq!(codes, BTreeSet::from(both));
        assert!(found.iter().all(|entry| entry["targetId"] == cashier), "{found:?}");
        world.admin();
        let made = "SELECT actor_kind || ' ' || action AS row FROM audit_entry WHERE request_id = 'command line'";
        assert_eq!(world.database.rows(made), ["platform user create"]);
    }
}

pub(crate) fn changes(entry: &Value) -> BTreeMap<String, (Value, Value)> {
    let changes = entry["changes"].as_array().expect("changes").iter();
    changes
        .map(|change| {
            let name = change["field"].as_str().expect("a name").to_owned();
            (name, (change["before"].clone(), change["after"].clone()))
        })
        .collect()
}

fn me(client: &Client) -> Value {
    client.query("{ me { id } }", Value::Null).succeeded().data("me.id").clone()
}

pub(crate) fn act(client: &Client, mutation: &str, input: &Value, noun: &str) -> Value {
    let document = asking(mutation, noun);
    client.query(&document, json!({ "input": input })).succeeded().data(mutation).clone()
}

/// The document that asks for a mutation.
pub(crate) fn asking(mutation: &str, noun: &str) -> String {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    format!(
        "mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ success errors {noun} }} }}"
    )
}

#[test]
fn an_entry_says_who_did_what_to_whom_and_what_is_different() {
    on_both(|world| {
        let owner = world.merchant();
        let own = me(&owner);
        let input = json!({ "firstname": "Ada", "city": "Bonn", "cards": ["C-1"] });
        let made = act(&owner, "createConsumer", &input, "consumer { id }");
        let ada = made["consumer"]["id"].clone();
        let found = log(&owner, "createConsumer");
        let [entry] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((&entry["actorType"], &entry["actorId"]), (&json!("STAFF"), &own));
        assert_eq!((&entry["onBehalfOfId"], &entry["targetId"]), (&own, &ada));
        assert_eq!((&entry["outcome"], &entry["code"]), (&json!("DONE"), &Value::Null));
        assert_eq!(entry["peer"], "127.0.0.1");
        let told = changes(entry);
        assert_eq!(told["firstname"], (Value::Null, json!("Ada")));
        assert_eq!(told["cards"], (Value::Null, json!("C-1")));

        let change = json!({ "id": ada, "city": "Köln", "archived": true });
        let keyed = json!({ "id": ada, "city": "Köln", "archived": true, "idempotencyKey": "u-1" });
        for input in [&keyed, &keyed, &change] {
            assert_eq!(act(&owner, "updateConsumer", input, "")["success"], true);
        }
        // A replay does nothing, and what changes nothing says so.
        let found = log(&owner, "updateConsumer");
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(changes(&found[0]), BTreeMap::new());
        let expected = BTreeMap::from([
            ("city".to_owned(), (json!("Bonn"), json!("Köln"))),
            ("archived".to_owned(), (json!("false"), json!("true"))),
        ]);
        assert_eq!(changes(&found[1]), expected);
        let bad = json!({ "id": ada, "email": "nonsense", "idempotencyKey": "u-2" });
        for _ in 0..2 {
            assert_eq!(act(&owner, "updateConsumer", &bad, "")["success"], false);
        }
        let found = log(&owner, "updateConsumer");
        assert_eq!((found.len(), &found[0]["code"]), (3, &json!("invalid")), "{found:?}");
        assert_eq!((&found[0]["targetId"], &found[0]["outcome"]), (&ada, &json!("REFUSED")));
        let card = json!({ "consumerId": ada, "card": "c 1" });
        assert_eq!(act(&owner, "blockConsumerCard", &card, "")["success"], true);
        let blocked = changes(&log(&owner, "blockConsumerCard")[0]);
        assert_eq!(blocked["cards"], (json!("C-1"), Value::Null));

        let role = json!({ "displayName": "Books", "permissions": ["view_report"] });
        let role = act(&owner, "createRole", &role, "role { id }")["role"]["id"].clone();
        let more = json!({ "id": role, "permissions": ["view_report", "redeem"] });
        assert_eq!(act(&owner, "updateRole", &more, "")["success"], true);
        let entry = &log(&owner, "updateRole")[0];
        assert_eq!(entry["targetId"], role);
        let permissions = (json!("view_report"), json!("redeem,view_report"));
        assert_eq!(changes(entry), BTreeMap::from([("permissions".to_owned(), permissions)]));
        assert_eq!(act(&owner, "deleteRole", &json!({ "id": role }), "")["success"], true);
        assert_eq!(
            changes(&log(&owner, "deleteRole")[0])["displayName"],
            (json!("Books"), Value::Null)
        );

        // An entry has an id like everything else.
        let document = "query ($id: ID!) { node(id: $id) { id } }";
        let id = json!({ "id": entry["id"] });
        let node = owner.query(document, id.clone()).succeeded();
        assert_eq!(node.data("node.id"), &entry["id"]);
        for other in [world.merchant(), world.consumer()] {
            assert_eq!(other.query(document, id.clone()).succeeded().data("node"), &Value::Null);
        }
        assert_eq!(log(&world.merchant(), "createConsumer"), [] as [Value; 0], "another's log");
    });
}

#[test]
fn what_a_consumer_does_at_a_merchant_is_in_its_log_without_their_profile() {
    on_both(|world| {
        let owner = world.demo_owner();
        let tenant = me(&owner);
        let (person, _) = member_of_the_demo_merchant(world);
        let id = me(&person);
        let leave = json!({ "merchantId": tenant });
        assert_eq!(
            act(&person, "shareProfile", &json!({ "merchantId": tenant, "sharing": "NAME" }), "")["success"],
            true
        );
        assert_eq!(act(&person, "leaveMerchant", &leave, "")["success"], true);
        for (action, field, before, after) in [
            ("shareProfile", "sharing", "FULL", "NAME"),
            ("leaveMerchant", "archived", "false", "true"),
        ] {
            let found = log(&owner, action);
            let entry = found.iter().find(|entry| entry["actorId"] == id).expect("an entry");
            assert_eq!((&entry["actorType"], &entry["targetId"]), (&json!("CONSUMER"), &id));
            assert_eq!(entry["onBehalfOfId"], Value::Null);
            let told = changes(entry);
            assert_eq!(told[field], (json!(before), json!(after)), "{action}");
            for private in ["email", "firstname", "lastname", "city", "loyaltyId"] {
                assert!(!told.contains_key(private), "{action} tells {private}");
            }
        }
    });
}

#[test]
fn log_ins_of_staff_are_in_their_merchants_log() {
    on_both(|world| {
        let owner = world.demo_owner();
        let cashier = me(&world.login("cashier@example.com"));
        let wrong = "mutation { signIn(email: \"cashier@example.com\", password: \"swordfish-1\") { success } }";
        world.anonymous().query(wrong, Value::Null).succeeded();
        let entry =
            later(|| log(&owner, "signIn").into_iter().find(|entry| entry["targetId"] == cashier));
        assert_eq!((&entry["actorType"], &entry["actorId"]), (&json!("ANONYMOUS"), &Value::Null));
        assert_eq!(
            (&entry["outcome"], &entry["code"]),
            (&json!("REFUSED"), &json!("invalid_credentials"))
        );
        assert_eq!(changes(&entry)["email"], (Value::Null, json!("cashier@example.com")));
        let found = log(&owner, "obtainToken");
        let entry = found.iter().find(|entry| entry["targetId"] == cashier).expect("an entry");
        assert_eq!((&entry["actorType"], &entry["actorId"]), (&json!("STAFF"), &cashier));
        // Nobody else's: who has an account is not for merchants to know.
        let targets: BTreeSet<_> =
            log(&owner, "obtainToken").iter().map(|entry| entry["targetId"].to_string()).collect();
        let consumer = me(&world.login("consumer@example.com"));
        assert!(!targets.contains(&consumer.to_string()));
        // What is no address is not written down: it may be a password in the wrong place.
        let request = Shop::unique("mistyped");
        let mistyped = "mutation { signIn(email: \"swordfish-2\", password: \"x\") { success } }";
        world.anonymous().header("x-request-id", &request).query(mistyped, Value::Null).succeeded();
        assert_eq!(entries(world, &request, true).len(), 1);
        let row = format!(
            "SELECT COALESCE(personal, 'nothing') AS row FROM audit_entry WHERE request_id = '{request}'"
        );
        assert_eq!(world.database.rows(&row), ["nothing"]);
    });
}

#[test]
fn a_refresh_token_that_comes_again_too_late_is_written_down_as_such() {
    for engine in regulars_testkit::Engine::ALL {
        let world = World::start_with(engine, &[("REGULARS_AUTH_REFRESH_GRACE", "0s")]);
        let document = "mutation ($e: String!, $p: String!) { obtainToken(email: $e, password: $p) { refreshToken } }";
        let login = json!({ "e": "cashier@example.com", "p": PASSWORD });
        let answer = world.anonymous().query(document, login).succeeded();
        let token = answer.data("obtainToken.refreshToken").clone();
        let renew = "mutation ($t: String!) { refreshToken(refreshToken: $t) { success } }";
        for _ in 0..2 {
            world.anonymous().query(renew, json!({ "t": token })).succeeded();
        }
        let found = log(&world.demo_owner(), "refreshToken");
        let codes: Vec<_> = found.iter().map(|entry| entry["code"].clone()).collect();
        assert_eq!(codes, [json!("token_reused"), Value::Null]);
    }
}

#[test]
fn personal_values_are_for_those_who_may_see_whom_they_tell_of() {
    on_both(|world| {
        let owner = world.merchant();
        let name = json!({ "firstname": "Secretive" });
        act(&owner, "createConsumer", &name, "consumer { id }");
        let auditor = world.staff(&owner, &["view_audit"]);
        let entry = &log(&auditor, "createConsumer")[0];
        let told = changes(entry);
        assert!(!told.contains_key("firstname") && told.contains_key("archived"), "{entry}");
        assert_eq!(entry["peer"], Value::Null);
        assert_eq!(changes(&log(&owner, "createConsumer")[0])["firstname"].1, "Secretive");
        // What was proved by a mail is in the log as well.
        let set = &log(&owner, "passwordSet")[0];
        assert_eq!(set["targetId"], me(&auditor));
        assert_eq!(changes(set)["verified"], (json!("false"), json!("true")));
    });
}
