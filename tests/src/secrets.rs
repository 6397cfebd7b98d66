//! The sweep: no password, token or key that was ever used or handed out is found anywhere but with whom it belongs to. What
//! is kept of them are hashes.
//!
//! A server that tells as much as it can is put through everything that has to do with secrets; each is then looked for, as text,
//! in base64 and in hexadecimal digits, in everything that the server said, in every row of its database, in the bytes of
//! SQLite's files, in the audit log as the API shows it, and in what it answers about itself.

use std::{collections::BTreeMap, fs};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use regulars_testkit::{Answer, Client, Engine};
use serde_json::{Value, json};

use crate::{audit::NEED_A_MAIL, world::World};

/// Secrets by what they are.
#[derive(Default)]
struct Secrets(BTreeMap<String, String>);

impl Secrets {
    fn keep(&mut self, what: &str, secret: &str) {
        // What is shorter is found by chance.
        assert!(secret.len() >= 12, "{what} is too short to be looked for: {secret}");
        self.0.insert(what.to_owned(), secret.to_owned());
    }

    /// The tokens that a mutation handed out.
    fn keep_tokens(&mut self, what: &str, payload: &Value) {
        assert_eq!(payload["errors"], Value::Null, "{what}: {payload}");
        let token = payload["token"].as_str().expect("an access token");
        self.keep(&format!("the access token of {what}"), token);
        let signature = token.rsplit('.').next().expect("a signature");
        self.keep(&format!("the signature of the access token of {what}"), signature);
        let refresh = payload["refreshToken"].as_str().expect("a refresh token");
        self.keep(&format!("the refresh token of {what}"), refresh);
    }

    /// What is found of them in a place.
    fn found_in(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        let lower = bytes.to_ascii_lowercase();
        let mut found = Vec::new();
        for (what, secret) in &self.0 {
            for (form, wanted) in forms(secret) {
                // Digits may be written in either case; nothing else may.
                let heap = if form == "hexadecimal digits" { &lower } else { bytes };
                if contains(heap, &wanted) {
                    found.push(format!("{what}, in {form}, in {place}"));
                }
            }
        }
        found
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    memchr::memmem::find(bytes, wanted).is_some()
}

/// How a secret may be written.
fn forms(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut raw = vec![secret.as_bytes().to_vec()];
    // A refresh token and a key are digits that stand for bytes.
    raw.extend(hex::decode(secret).ok());
    let mut forms = vec![("plain text", secret.as_bytes().to_vec())];
    for bytes in raw {
        forms.push(("bytes", bytes.clone()));
        forms.push(("hexadecimal digits", hex::encode(&bytes).into_bytes()));
        // Within a longer text base64 looks in one of three ways, but for letters at both ends.
        for shift in 0..3 {
            let padded = [vec![0; shift], bytes.clone()].concat();
            for (form, engine) in
                [("base64", &STANDARD_NO_PAD), ("base64 for addresses", &URL_SAFE_NO_PAD)]
            {
                let text = engine.encode(&padded);
                let own = &text.as_bytes()[(shift * 4).div_ceil(3)..text.len() - 1];
                forms.push((form, own.to_vec()));
            }
        }
    }
    forms
}

#[test]
fn a_secret_is_found_however_it_is_written() {
    let mut secrets = Secrets::default();
    secrets.keep("a password", "coffee with 5 rooks?");
    secrets.keep("a token", "00ff00ff5566778899aabbccddeeff0011223344");
    for secret in secrets.0.values() {
        let raw = hex::decode(secret).unwrap_or_else(|_| secret.clone().into_bytes());
        for written in [
            secret.clone().into_bytes(),
            raw.clone(),
            hex::encode_upper(&raw).into_bytes(),
            hex::encode(secret).into_bytes(),
        ] {
            let text = [&b"before "[..], &written, b" after"].concat();
            assert_ne!(secrets.found_in("a text", &text), [""; 0]);
        }
        for before in ["", "x", "xy", "xyz"] {
            let within = [before.as_bytes(), &raw, b"zz"].concat();
            for text in [STANDARD_NO_PAD.encode(&within), URL_SAFE_NO_PAD.encode(&within)] {
                assert_ne!(secrets.found_in("a text", text.as_bytes()), [""; 0], "{text}");
            }
        }
    }
    assert_eq!(secrets.found_in("a text", b"coffee with 5 rooks! 00ff00ff"), [""; 0]);
}

const FIRST: &str = "tea with 11 herons";
const SECOND: &str = "tea with 12 herons";
const THIRD: &str = "tea with 13 herons";
const WRONG: &str = "a wrong guess 14 herons";
const OF_STAFF: &str = "tea with 15 herons";

fn ask(client: &Client, mutation: &str, arguments: &Value, fields: &str) -> Answer {
    let arguments = arguments.as_object().expect("an object");
    let declared: Vec<_> = arguments.keys().map(|name| format!("${name}: String!")).collect();
    let given: Vec<_> = arguments.keys().map(|name| format!("{name}: ${name}")).collect();
    let document = format!(
        "mutation ({}) {{ {mutation}({}) {{ success errors {fields} }} }}",
        declared.join(", "),
        given.join(", ")
    );
    client.query(&document, Value::Object(arguments.clone())).succeeded()
}

const TOKENS: &str = "token refreshToken";

/// A consumer goes through everything, and every secret of theirs is kept.
fn live(world: &World, secrets: &mut Secrets) {
    let anonymous = world.anonymous();
    let email = "heron@sweep.example";
    let new = json!({
        "email": email, "password1": FIRST, "password2": FIRST, "firstname": "Ada", "lastname": "Heron",
        "userType": "CONSUMER",
    });
    secrets.keep("the first password", FIRST);
    secrets.keep_tokens("signing up", ask(&anonymous, "register", &new, TOKENS).data("register"));
    for (mutation, password) in [("obtainToken", WRONG), ("signIn", WRONG)] {
        let wrong = json!({ "email": email, "password": password });
        let refused = ask(&anonymous, mutation, &wrong, "");
        assert_eq!(refused.data(&format!("{mutation}.success")), &json!(false));
    }
    secrets.keep("a wrong password", WRONG);
    // A password where an address belongs.
    ask(&anonymous, "obtainToken", &json!({ "email": FIRST, "password": FIRST }), "");
    let login = json!({ "email": email, "password": FIRST });
    let answer = ask(&anonymous, "obtainToken", &login, TOKENS);
    secrets.keep_tokens("logging in", answer.data("obtainToken"));
    let refresh = json!({ "refreshToken": answer.data("obtainToken.refreshToken") });
    let renewed = ask(&anonymous, "refreshToken", &refresh, TOKENS);
    secrets.keep_tokens("renewing", renewed.data("refreshToken"));
    let access = renewed.string("refreshToken.token").to_owned();
    ask(&anonymous, "verifyToken", &json!({ "token": access }), "payload");
    let person = anonymous.bearer(&access);
    person.query("{ me { id } }", Value::Null).succeeded();

    // Proving the address, twice asked for: what still waits would be withdrawn.
    world.token(email, 1);
    ask(&anonymous, "resendActivationEmail", &json!({ "email": email }), "");
    for (number, letter) in world.mails(email, 2).iter().enumerate() {
        secrets.keep(&format!("activation token {number}"), &letter.token());
    }
    let token = world.token(email, 2);
    assert_eq!(
        ask(&anonymous, "verifyAccount", &json!({ "token": token }), "")
            .data("verifyAccount.success"),
        &json!(true)
    );

    // A password forgotten, and changed.
    ask(&anonymous, "sendPasswordResetEmail", &json!({ "email": email }), "");
    let token = world.token(email, 3);
    secrets.keep("the reset token", &token);
    secrets.keep("the second password", SECOND);
    let reset = json!({ "token": token, "newPassword1": SECOND, "newPassword2": SECOND });
    for succeeds in [true, false] {
        let answer = ask(&anonymous, "passwordReset", &reset, "");
        assert_eq!(answer.data("passwordReset.success"), &json!(succeeds));
    }
    let answer = ask(&anonymous, "signIn", &json!({ "email": email, "password": SECOND }), TOKENS);
    secrets.keep_tokens("logging in again", answer.data("signIn"));
    let person = anonymous.bearer(answer.string("signIn.token"));
    secrets.keep("the third password", THIRD);
    let wrong = json!({ "oldPassword": WRONG, "newPassword1": THIRD, "newPassword2": THIRD });
    ask(&person, "passwordChange", &wrong, "");
    let change = json!({ "oldPassword": SECOND, "newPassword1": THIRD, "newPassword2": THIRD });
    let answer = ask(&person, "passwordChange", &change, TOKENS);
    secrets.keep_tokens("changing the password", answer.data("passwordChange"));
    let person = anonymous.bearer(answer.string("passwordChange.token"));

    // A second address.
    let second = json!({ "email": "second@sweep.example", "password": THIRD });
    ask(&person, "sendSecondaryEmailActivation", &second, "");
    let token = world.token("second@sweep.example", 1);
    secrets.keep("the second address's token", &token);
    let verified = ask(&anonymous, "verifySecondaryEmail", &json!({ "token": token }), "");
    assert_eq!(verified.data("verifySecondaryEmail.success"), &json!(true));
    for mutation in ["swapEmails", "removeSecondaryEmail", "archiveAccount"] {
        for password in [WRONG, THIRD] {
            ask(&person, mutation, &json!({ "password": password }), "");
        }
    }
    let login = json!({ "email": "second@sweep.example", "password": THIRD });
    let answer = ask(&anonymous, "obtainToken", &login, TOKENS);
    secrets.keep_tokens("coming back", answer.data("obtainToken"));
    let refresh = json!({ "refreshToken": answer.data("obtainToken.refreshToken") });
    let person = anonymous.bearer(answer.string("obtainToken.token"));
    let gone = ask(&person, "deleteAccount", &json!({ "password": THIRD }), "");
    assert_eq!(gone.data("deleteAccount.success"), &json!(true));
    ask(&anonymous, "revokeToken", &refresh, "");
}

/// Somebody is taken on and sets a password.
fn take_on(world: &World, owner: &Client, secrets: &mut Secrets) {
    let email = "crane@sweep.example";
    let document =
        "mutation ($input: CreateMerchantInput!) { createMerchant(input: $input) { errors } }";
    let input = json!({ "email": email, "firstname": "Cy", "lastname": "Crane" });
    let taken = owner.query(document, json!({ "input": input })).succeeded();
    assert_eq!(taken.data("createMerchant.errors"), &Value::Null);
    let token = world.token(email, 1);
    secrets.keep("the invitation's token", &token);
    secrets.keep("the password of staff", OF_STAFF);
    let set = json!({ "token": token, "newPassword1": OF_STAFF, "newPassword2": OF_STAFF });
    let answer = ask(&world.anonymous(), "passwordSet", &set, "");
    assert_eq!(answer.data("passwordSet.success"), &json!(true));
    let login = json!({ "email": email, "password": OF_STAFF });
    let answer = ask(&world.anonymous(), "obtainToken", &login, TOKENS);
    secrets.keep_tokens("the login of staff", answer.data("obtainToken"));
}

/// An app asks by a key, and by one that is not there.
fn ask_as_an_app(world: &World, owner: &Client, secrets: &mut Secrets) {
    let register = "mutation { createApplication(input: {
        name: \"Till\", permissions: [\"view_consumer\"], allStores: true
    }) { errors application { id appId } } }";
    let app = owner.query(register, Value::Null).succeeded();
    assert_eq!(app.data("createApplication.errors"), &Value::Null);
    let make = "mutation ($id: ID!) {
        createApiKey(input: { applicationId: $id, name: \"Sweep\" }) { errors key apiKey { id } }
    }";
    let id = app.data("createApplication.application.id");
    let made = owner.query(make, json!({ "id": id })).succeeded();
    let key = made.string("createApiKey.key");
    let (prefix, secret) = key.split_once('.').expect("a prefix and a secret");
    secrets.keep("a key", key);
    secrets.keep("the secret of a key", secret);
    let wrong = format!("{prefix}.{}", "wrong".repeat(7).split_at(secret.len()).0);
    secrets.keep("a wrong key", &wrong);
    let till =
        world.anonymous().header("x-app-id", app.string("createApplication.application.appId"));
    for (key, status) in [(key, 200), (wrong.as_str(), 401)] {
        let asked = till.header("x-api-key", key).query("{ consumers { count } }", Value::Null);
        assert_eq!(asked.status, status, "{}", asked.text);
    }
    let revoke = "mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { errors } }";
    let revoked = json!({ "id": made.data("createApiKey.apiKey.id") });
    owner.query(revoke, revoked).succeeded();
}

/// The keys that the server made for itself.
fn keep_keys(world: &World, secrets: &mut Secrets) {
    let file = fs::read_to_string(world.data.path().join("keys.toml")).expect("the keys");
    let words = file.split(|c: char| !c.is_ascii_alphanumeric());
    let keys: Vec<_> = words.filter(|word| word.len() >= 64 && hex::decode(word).is_ok()).collect();
    assert_eq!(keys.len(), 4, "for signing, for passwords, for refresh tokens, for credentials");
    for (number, key) in keys.into_iter().enumerate() {
        secrets.keep(&format!("key {number}"), key);
    }
}

/// Everything in which no secret may stand, by its name.
fn places(world: &World, owner: &Client) -> Vec<(String, Vec<u8>)> {
    let mut places = vec![
        ("the log".to_owned(), world.server.log().into_bytes()),
        ("the database".to_owned(), world.database.dump().join("\n").into_bytes()),
    ];
    for ending in ["", "-wal"] {
        if let Some(file) = world.database.file() {
            let file = format!("{}{ending}", file.display());
            places.push((file.clone(), fs::read(&file).expect("a file of the database")));
        }
    }
    let document = "{ auditLog { edges { node {
        action code requestId peer changes { field before after }
    } } } }";
    let log = owner.query(document, Value::Null).succeeded().text;
    places.push(("the audit log".to_owned(), log.into_bytes()));
    for path in ["/healthz", "/readyz", "/metrics", "/"] {
        places.push((path.to_owned(), world.anonymous().get(path).text.into_bytes()));
    }
    places
}

#[test]
fn no_secret_is_found_in_the_log_the_database_or_what_the_server_says_of_itself() {
    for engine in Engine::ALL {
        let world = World::start_with(engine, &[("REGULARS_LOG_LEVEL", "trace")]);
        let mut secrets = Secrets::default();
        keep_keys(&world, &mut secrets);
        live(&world, &mut secrets);
        let owner = world.demo_owner();
        take_on(&world, &owner, &mut secrets);
        ask_as_an_app(&world, &owner, &mut secrets);

        let done = "SELECT DISTINCT action AS row FROM audit_entry WHERE refusal IS NULL";
        let done = world.database.rows(done);
        for mutation in NEED_A_MAIL {
            assert!(done.iter().any(|action| action == mutation), "{mutation} left no entry");
        }

        // What is written down on purpose is found, so that finding nothing means something.
        let planted = "planted by 16 herons";
        let plant =
            "mutation ($name: String!) { createConsumer(input: { firstname: $name }) { errors } }";
        owner.query(plant, json!({ "name": planted })).succeeded();
        let mut plants = Secrets::default();
        plants.keep("a plant", planted);
        let places = places(&world, &owner);
        for (place, bytes) in &places {
            let found = plants.found_in(place, bytes);
            let holds =
                !["the log", "/healthz", "/readyz", "/metrics", "/"].contains(&place.as_str());
            // A file that was folded into the other is as good as empty.
            let may_be_elsewhere = engine == Engine::Sqlite && place.starts_with('/');
            assert!(may_be_elsewhere || found.is_empty() != holds, "{place}: {found:?}");
        }
        let log = &places[0].1;
        assert!(contains(log, b"DEBUG") || contains(log, b"TRACE"), "the log tells everything");

        let found: Vec<_> =
            places.iter().flat_map(|(place, bytes)| secrets.found_in(place, bytes)).collect();
        assert_eq!(found, [""; 0], "{engine:?}");
    }
}
