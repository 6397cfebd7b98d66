//! Erasing people (rule 30): what goes, what stays, and that nothing of them is found anywhere afterwards.
//!
//! Somebody leaves marks wherever the API lets them, each of which nobody else has. Then they are erased, and every row of the
//! database, every byte of SQLite's files, the files of mails, the log and the audit log are looked through.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use regulars_testkit::{
    Client, Engine,
    server::{regulars, run},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    apps::App,
    audit::{act, log},
    world::{PASSWORD, World, on_both},
};

const RECEIPT: &str = "receipt { id dryRun erasedAt pending parts { kind cleared kept keptFor } }";

/// What was said of somebody, and must not be found.
struct Marks(Vec<String>);

impl Marks {
    /// What is found of them in some bytes: as they are, in any case, and as a hash without a key.
    fn found_in(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        let heap = String::from_utf8_lossy(bytes).to_lowercase();
        let mut found = Vec::new();
        for mark in &self.0 {
            let digest = Sha256::digest(mark.as_bytes());
            let texts = [mark.to_lowercase(), hex::encode(digest)];
            let base64 = STANDARD_NO_PAD.encode(digest);
            let raw = memchr::memmem::find(bytes, &digest).is_some()
                || memchr::memmem::find(bytes, base64.as_bytes()).is_some();
            if raw || texts.iter().any(|text| heap.contains(text)) {
                found.push(format!("{mark} in {place}"));
            }
        }
        found
    }

    fn found_anywhere(&self, world: &World, owner: &Client) -> Vec<String> {
        places(world, owner).iter().flat_map(|(place, bytes)| self.found_in(place, bytes)).collect()
    }
}

/// Everything that is kept anywhere, by its name.
fn places(world: &World, owner: &Client) -> Vec<(String, Vec<u8>)> {
    let mut places = vec![
        ("the log".to_owned(), world.server.log().into_bytes()),
        ("the database".to_owned(), world.database.dump().join("\n").into_bytes()),
    ];
    for ending in ["", "-wal", "-shm"] {
        if let Some(file) = world.database.file() {
            let file = format!("{}{ending}", file.display());
            places.push((file.clone(), fs::read(&file).unwrap_or_default()));
        }
    }
    files(&world.data.path().join("mail"), &mut places);
    let log = "{ auditLog { edges { node { action code changes { field before after } } } } }";
    let log = owner.query(log, Value::Null).succeeded().text;
    places.push(("the audit log".to_owned(), log.into_bytes()));
    places
}

fn files(folder: &Path, places: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.path().display().to_string();
        places.push((name.clone(), [name.as_bytes(), &fs::read(entry.path()).unwrap()].concat()));
    }
}

/// Waits until the server has cleaned up.
fn settled(client: &Client, id: &Value) {
    let deadline = Instant::now() + Duration::from_mins(2);
    let ask = "query ($id: ID!) { erasureReceipt(id: $id) { pending } }";
    loop {
        let answer = client.query(ask, json!({ "id": id })).succeeded();
        if answer.data("erasureReceipt.pending") == &json!(false) {
            return;
        }
        assert!(Instant::now() < deadline, "it is never cleaned up: {}", answer.text);
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What is left of the only customer of a merchant, in the list by which a till keeps its own copy: that they are gone.
fn stub(owner: &Client) -> Value {
    let listed = owner.query("{ consumers { count } }", Value::Null).succeeded();
    assert_eq!(listed.data("consumers.count"), &json!(0));
    let all = "{ consumers(includeArchived: true) { edges { node {
        firstname lastname email phoneNumber loyaltyId archived
    } } } }";
    let all = owner.query(all, Value::Null).succeeded();
    let node = all.data("consumers.edges.0.node");
    ["firstname", "lastname", "email", "phoneNumber", "loyaltyId", "archived"]
        .map(|field| node[field].clone())
        .into()
}

fn gone() -> Value {
    json!(["", "", null, null, null, true])
}

fn part(receipt: &Value, kind: &str) -> Value {
    let mut parts = receipt["parts"].as_array().expect("parts").iter();
    parts.find(|part| part["kind"] == kind).cloned().unwrap_or_default()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases reads from top to bottom")]
fn nothing_is_found_of_a_customer_whom_a_merchant_erased() {
    for engine in Engine::ALL {
        let world = World::start_with(engine, &[]);
        let owner = world.merchant();
        let record = json!({
            "firstname": "Zebulonia", "lastname": "Quagmirestone", "email": "zeb@quagmire.example",
            "phoneNumber": "+4915123987654", "birthday": "1931-07-19", "country": "DE", "city": "Quagburg",
            "street": "Quaggasse 1", "zipCode": "QG-4711", "picture": "https://pics.example/quagga.png",
            "extraInfo": "{\"hobby\":\"quaggawatching\"}", "cards": ["QUAGCARD-1", "QUAGCARD-2"],
            "entitySource": "SHOPIFY", "entitySourceId": "quagsource-1", "idempotencyKey": "quag-1",
        });
        let made = act(&owner, "createConsumer", &record, "consumer { id loyaltyId }");
        let id = &made["consumer"]["id"];
        let marks = Marks(
            [
                "Zebulonia",
                "Quagmire",
                "15123987654",
                "1931-07-19",
                "Quagburg",
                "Quaggasse",
                "QG-4711",
                "quagga.png",
                "quaggawatching",
                "QUAGCARD",
                "quagsource",
                "quagwording",
                "Quaggahope",
                "zeb@quagmire.example",
                made["consumer"]["loyaltyId"].as_str().expect("a loyalty id"),
            ]
            .map(str::to_owned)
            .to_vec(),
        );
        // Refused under a key, changed, asked for consent, a card lost.
        let twice = json!({ "email": "zeb@quagmire.example", "idempotencyKey": "quag-2" });
        assert_eq!(act(&owner, "createConsumer", &twice, "")["success"], false);
        let change = json!({ "id": id, "lastname": "Quaggahope", "idempotencyKey": "quag-3" });
        assert_eq!(act(&owner, "updateConsumer", &change, "")["success"], true);
        let consent = json!({
            "consumerId": id, "channel": "EMAIL", "state": "GRANTED", "source": "quagsource",
            "wording": "quagwording", "idempotencyKey": "quag-4",
        });
        let consented = act(&owner, "setConsent", &consent, "");
        assert_eq!(consented["success"], true, "{consented}");
        let lost = json!({ "consumerId": id, "card": "QUAGCARD-2" });
        assert_eq!(act(&owner, "blockConsumerCard", &lost, "")["success"], true);
        let exported = act(&owner, "exportConsumer", &json!({ "id": id }), "export");
        assert!(exported["export"].to_string().contains("quagwording"), "{exported}");
        assert_ne!(marks.found_anywhere(&world, &owner), [""; 0], "they are there before");

        let dry = json!({ "id": id, "reason": "REQUEST", "dryRun": true });
        let tried = act(&owner, "eraseConsumer", &dry, RECEIPT);
        assert_eq!((&tried["success"], &tried["receipt"]["dryRun"]), (&json!(true), &json!(true)));
        let noted = &log(&owner, "eraseConsumer")[0];
        let dry_run = json!([{ "field": "dryRun", "before": null, "after": "true" }]);
        assert_eq!((&noted["outcome"], &noted["changes"]), (&json!("DONE"), &dry_run), "{noted}");
        let still = owner.query("{ consumers(search: \"Quaggahope\") { count } }", Value::Null);
        assert_eq!(still.succeeded().data("consumers.count"), &json!(1));
        let wet = json!({ "id": id, "reason": "REQUEST", "idempotencyKey": "quag-5" });
        let done = act(&owner, "eraseConsumer", &wet, RECEIPT);
        let receipt = &done["receipt"];
        assert_eq!(done["success"], true, "{done}");
        assert_eq!(receipt["parts"], tried["receipt"]["parts"], "a dry run says what will be");
        assert_eq!(part(receipt, "consents")["cleared"], 1);
        assert_eq!(part(receipt, "cards")["cleared"], 2);
        let [source, once] = ["marks", "onceMarks"].map(|kind| part(receipt, kind));
        assert_eq!((&source["keptFor"], &source["kept"]), (&json!("reimport"), &json!(1)));
        // A card (the other one was lost), the address, and the phone number that the merchant wrote down.
        assert_eq!((&once["keptFor"], &once["kept"]), (&json!("once"), &json!(3)), "{once}");
        let again = act(&owner, "eraseConsumer", &wet, RECEIPT);
        assert_eq!(again["receipt"]["id"], receipt["id"], "the same key, the same answer");
        settled(&owner, &receipt["id"]);
        assert_eq!(marks.found_anywhere(&world, &owner), [""; 0], "{engine:?}");

        // Nobody stands behind the number, and nobody comes back by an import.
        assert_eq!(stub(&owner), gone());
        let note =
            json!({ "consumerId": id, "channel": "EMAIL", "state": "DENIED", "source": "till" });
        let note = act(&owner, "setConsent", &note, "");
        assert_eq!(note["errors"]["consumerId"][0]["code"], "does_not_exist", "{note}");
        let change = json!({ "id": id, "archived": false });
        let change = act(&owner, "updateConsumer", &change, "");
        assert_eq!(change["errors"]["id"][0]["code"], "does_not_exist", "{change}");
        let twice = json!({ "id": id, "reason": "REQUEST" });
        let twice = act(&owner, "eraseConsumer", &twice, "");
        assert_eq!(twice["errors"]["id"][0]["code"], "does_not_exist", "{twice}");
        for (mutation, key) in [("createConsumer", "quag-6"), ("upsertConsumer", "quag-7")] {
            let back = json!({
                "firstname": "Back", "entitySource": "SHOPIFY", "entitySourceId": "quagsource-1",
                "idempotencyKey": key,
            });
            let back = act(&owner, mutation, &back, "");
            assert_eq!(back["success"], false, "{mutation} {back}");
            assert_eq!(
                back["errors"]["entitySourceId"].as_array().map(Vec::len),
                Some(1),
                "{back}"
            );
        }
        let replay = act(&owner, "createConsumer", &record, "consumer { id }");
        assert_eq!(replay["success"], false, "a repeat of the first request brings nobody back");
        let other = json!({ "firstname": "Somebody", "email": "zeb@quagmire.example" });
        assert_eq!(
            act(&owner, "createConsumer", &other, "")["success"],
            true,
            "the address is free"
        );
    }
}

#[test]
fn nothing_is_found_of_a_person_who_erased_their_account() {
    for engine in Engine::ALL {
        let world = World::start_with(engine, &[]);
        let owner = world.merchant();
        let store = json!({ "name": "Here" });
        let store = act(&owner, "createStore", &store, "store { id }")["store"]["id"].clone();
        let email = "nar@narwhal.example";
        let sign_up = "mutation ($email: String!, $password: String!) { register(email: $email, password1: $password,
            password2: $password, firstname: \"Narwhalia\", lastname: \"Tuskmore\", userType: \"CONSUMER\",
            phoneNumber: \"+4915123000777\", birthday: \"1932-08-21\", city: \"Tuskburg\", street: \"Tuskgasse\",
            zipCode: \"TK-0815\") { success errors } }";
        let new = json!({ "email": email, "password": PASSWORD });
        world.anonymous().query(sign_up, new.clone()).succeeded();
        // Once more, which is refused, and with a typing error, which is nobody.
        world.anonymous().query(sign_up, new).succeeded();
        let verify = "mutation ($t: String!) { verifyAccount(token: $t) { success errors } }";
        let verified = world.anonymous().query(verify, json!({ "t": world.token(email, 1) }));
        assert_eq!(verified.succeeded().data("verifyAccount.success"), &json!(true));
        for typed in [email, "nar@narwhall.example"] {
            let wrong = "mutation ($e: String!) { obtainToken(email: $e, password: \"wrong-tusk-77\") { success } }";
            world.anonymous().query(wrong, json!({ "e": typed })).succeeded();
        }
        let reset = "mutation ($e: String!) { sendPasswordResetEmail(email: $e) { success } }";
        world.anonymous().query(reset, json!({ "e": email })).succeeded();
        world.mails(email, 2);
        let person = world.login(email);
        let second = "mutation ($p: String!) {
            sendSecondaryEmailActivation(email: \"second@narwhal.example\", password: $p) { success errors } }";
        let sent = person.query(second, json!({ "p": PASSWORD })).succeeded();
        assert_eq!(
            sent.data("sendSecondaryEmailActivation.success"),
            &json!(true),
            "{}",
            sent.text
        );
        let second = json!({ "t": world.token("second@narwhal.example", 1) });
        let verify =
            "mutation ($t: String!) { verifySecondaryEmail(token: $t) { success errors } }";
        world.anonymous().query(verify, second).succeeded();
        let me = person.query("{ me { id loyaltyId } }", Value::Null).succeeded();
        let joined = act(&person, "joinMerchant", &json!({ "storeId": store }), "");
        assert_eq!(joined["success"], true, "{joined}");
        let who = json!({ "id": me.data("me.id"), "extraInfo": "{\"note\":\"tusknote\"}", "cards": ["TUSKCARD"] });
        let noted = act(&owner, "updateConsumer", &who, "");
        assert_eq!(noted["success"], true, "{noted}");
        let marks = Marks(
            [
                "Narwhal",
                "Tuskmore",
                "15123000777",
                "1932-08-21",
                "Tuskburg",
                "Tuskgasse",
                "TK-0815",
                "tusknote",
                "TUSKCARD",
                email,
                "second@narwhal.example",
                me.string("me.loyaltyId"),
            ]
            .map(str::to_owned)
            .to_vec(),
        );
        assert_ne!(marks.found_anywhere(&world, &owner), [""; 0], "they are there before");

        let wrong = json!({ "reason": "REQUEST", "password": "wrong-tusk-77" });
        let wrong = act(&person, "eraseConsumer", &wrong, "");
        assert_eq!(wrong["errors"]["password"][0]["code"], "invalid_password", "{wrong}");
        let missing = act(&person, "eraseConsumer", &json!({ "reason": "REQUEST" }), "");
        assert_eq!(missing["errors"]["password"][0]["code"], "required", "{missing}");
        let dry = json!({ "reason": "REQUEST", "password": PASSWORD, "dryRun": true });
        let tried = act(&person, "eraseConsumer", &dry, RECEIPT);
        assert_eq!(tried["receipt"]["dryRun"], json!(true), "{tried}");
        let wet = json!({ "reason": "REQUEST", "password": PASSWORD });
        let done = act(&person, "eraseConsumer", &wet, RECEIPT);
        assert_eq!(done["success"], true, "{done}");
        assert!(part(&done["receipt"], "mails")["cleared"].as_i64() >= Some(3), "{done}");
        assert!(part(&done["receipt"], "sessions")["cleared"].as_i64() >= Some(1), "{done}");
        let deadline = Instant::now() + Duration::from_mins(2);
        let unclean = "SELECT 'unclean' AS row FROM erasure WHERE cleaned_at IS NULL";
        while !world.database.rows(unclean).is_empty() {
            assert!(Instant::now() < deadline, "it is never cleaned up");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(marks.found_anywhere(&world, &owner), [""; 0], "{engine:?}");

        // The session is over, the login gone, the address free.
        let over = person.query("{ me { id } }", Value::Null);
        assert!(over.text.contains("null") || over.error_code().is_some(), "{}", over.text);
        assert_eq!(stub(&owner), gone());
        let login = "mutation ($e: String!, $p: String!) { obtainToken(email: $e, password: $p) { success } }";
        let login =
            world.anonymous().query(login, json!({ "e": email, "p": PASSWORD })).succeeded();
        assert_eq!(login.data("obtainToken.success"), &json!(false));
        world.register("CONSUMER", &json!({ "email": email }));
    }
}

#[test]
fn a_merchant_erases_its_own_part_of_a_person_alone() {
    on_both(|world| {
        let (first, second) = (world.merchant(), world.merchant());
        let person = world.consumer();
        let me = person.query("{ me { id firstname } }", Value::Null).succeeded();
        for owner in [&first, &second] {
            let store = json!({ "name": "Here" });
            let store = act(owner, "createStore", &store, "store { id }")["store"]["id"].clone();
            assert_eq!(
                act(&person, "joinMerchant", &json!({ "storeId": store }), "")["success"],
                true
            );
        }
        let input = json!({ "id": me.data("me.id"), "reason": "CONSENT_WITHDRAWN" });
        let done = act(&first, "eraseConsumer", &input, RECEIPT);
        assert_eq!(done["success"], true, "{done}");
        assert_eq!(stub(&first), gone());
        let other =
            second.query("{ consumers { count edges { node { firstname } } } }", Value::Null);
        let other = other.succeeded();
        let name = other.data("consumers.edges.0.node.firstname");
        assert_eq!(name, me.data("me.firstname"));
        let still = person.query("{ me { id firstname } }", Value::Null).succeeded();
        assert_eq!(still.data("me"), me.data("me"));
        // Another merchant's receipt is nobody else's.
        let ask = "query ($id: ID!) { erasureReceipt(id: $id) { pending } }";
        let id = json!({ "id": done["receipt"]["id"] });
        assert_eq!(second.query(ask, id).error_code(), Some("does_not_exist"));
        let staff = second.query("{ me { id } }", Value::Null).succeeded();
        let staff = json!({ "id": staff.data("me.id"), "reason": "REQUEST" });
        let refused = act(&second, "eraseConsumer", &staff, "");
        assert_eq!(refused["errors"]["id"][0]["code"], "does_not_exist", "{refused}");
    });
}

#[test]
fn rule_30_who_never_proved_their_address_takes_everything_out_and_goes() {
    on_both(|world| {
        let (owner, stranger) = (world.merchant(), world.merchant());
        let person = world.consumer();
        let me = person.query("{ me { id pk } }", Value::Null).succeeded();
        let store = json!({ "name": "Here" });
        let store = act(&owner, "createStore", &store, "store { id }")["store"]["id"].clone();
        let joined = act(&person, "joinMerchant", &json!({ "storeId": store }), "");
        assert_eq!(joined["success"], true, "{joined}");
        let exported = act(&person, "exportConsumer", &json!({}), "export");
        assert_eq!(exported["success"], true, "{exported}");

        let wrong = json!({ "reason": "REQUEST", "password": "wrong-tusk-77" });
        let wrong = act(&person, "eraseConsumer", &wrong, "");
        assert_eq!(wrong["errors"]["password"][0]["code"], "invalid_password", "{wrong}");
        let dry = json!({ "reason": "REQUEST", "password": PASSWORD, "dryRun": true });
        let tried = act(&person, "eraseConsumer", &dry, RECEIPT);
        assert_eq!(tried["receipt"]["dryRun"], true, "{tried}");
        let told = log(&owner, "eraseConsumer");
        assert_eq!(told.len(), 0, "nobody is told of what did not happen: {told:?}");
        let wet = json!({ "reason": "REQUEST", "password": PASSWORD });
        let done = act(&person, "eraseConsumer", &wet, RECEIPT);
        assert_eq!(done["success"], true, "{done}");

        // Whose customer they were learns that they are gone, by number and with nothing that tells of them.
        let told = log(&owner, "eraseConsumer");
        assert_eq!(told.len(), 1, "{told:?}");
        let erased = json!([{ "field": "erased", "before": "false", "after": "true" }]);
        assert_eq!(told[0]["changes"], erased);
        assert_eq!(told[0]["actorType"], "CONSUMER");
        assert_eq!((&told[0]["targetId"], &told[0]["peer"]), (me.data("me.id"), &Value::Null));
        assert_eq!(log(&stranger, "eraseConsumer").len(), 0);
        let pk = me.data("me.pk");
        let own = format!(
            "SELECT changes AS row FROM audit_entry WHERE merchant_id = 0 AND action = 'eraseConsumer' \
             AND person_id = {pk} AND refusal IS NULL ORDER BY id"
        );
        let own = world.database.rows(&own);
        assert!(
            own.len() == 2 && own[0].contains("dryRun") && own[1].contains("erased"),
            "{own:?}"
        );
    });
}

#[test]
fn the_command_line_erases_and_every_log_concerned_says_so() {
    on_both(|world| {
        let owner = world.merchant();
        let person = world.consumer();
        let me = person.query("{ me { id pk } }", Value::Null).succeeded();
        let store = json!({ "name": "Here" });
        let store = act(&owner, "createStore", &store, "store { id }")["store"]["id"].clone();
        let joined = act(&person, "joinMerchant", &json!({ "storeId": store }), "");
        assert_eq!(joined["success"], true, "{joined}");
        let pk = me.data("me.pk").to_string();
        let erase = |how: &str| {
            let mut command = regulars();
            command.args(["consumer", "erase", &pk, how]);
            command.arg("--data-dir").arg(world.data.path());
            command.args(["--database-url", world.database.url()]);
            command.arg("--config").arg(world.data.path().join("keys.toml"));
            let output = run(command, "");
            let said = [output.stdout, output.stderr].concat();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
        };
        let logged = || {
            let sql = format!(
                "SELECT actor_kind || ' ' || request_id || ' ' || changes AS row FROM audit_entry \
                 WHERE action = 'eraseConsumer' AND target_id = {pk} ORDER BY id"
            );
            world.database.rows(&sql)
        };
        erase("--dry-run");
        assert_eq!(logged(), ["platform command line [[\"dryRun\",null,\"true\"]]"]);
        assert_eq!(log(&owner, "eraseConsumer").len(), 0);
        erase("--yes");
        let done = "platform command line [[\"erased\",\"false\",\"true\"]]";
        assert_eq!(
            logged()[1..],
            [done, done],
            "the platform's log, and that of whose customer they were"
        );
        let told = log(&owner, "eraseConsumer");
        assert_eq!((told.len(), &told[0]["requestId"]), (1, &json!("command line")));
    });
}

#[test]
fn nobody_erases_more_than_their_share_of_an_hour() {
    for engine in Engine::ALL {
        let settings = [
            ("REGULARS_PRIVACY_ERASURES_PER_HOUR", "2"),
            ("REGULARS_PRIVACY_OWN_ERASURES_PER_HOUR", "1"),
        ];
        let world = World::start_with(engine, &settings);
        let owner = world.merchant();
        let app = App::of(&owner, &json!({ "permissions": ["erase_consumer"] }));
        let app = app.client(&world.anonymous());
        let guest =
            act(&owner, "createConsumer", &json!({ "firstname": "Ada" }), "consumer { id }");
        let erase = |client: &Client, dry_run: bool| {
            let id = &guest["consumer"]["id"];
            let input = json!({ "id": id, "reason": "REQUEST", "dryRun": dry_run });
            act(client, "eraseConsumer", &input, "")
        };
        for client in [&owner, &app] {
            for _ in 0..2 {
                assert_eq!(erase(client, true)["success"], true);
            }
            let refused = erase(client, false);
            let code = &refused["errors"]["nonFieldErrors"][0]["code"];
            assert_eq!(code, "too_many_attempts", "each has a share: {refused}");
        }
        let person = world.consumer();
        let own = json!({ "reason": "REQUEST", "password": PASSWORD, "dryRun": true });
        assert_eq!(act(&person, "eraseConsumer", &own, "")["success"], true);
        let refused = act(&person, "eraseConsumer", &own, "");
        let code = &refused["errors"]["nonFieldErrors"][0]["code"];
        assert_eq!(code, "too_many_attempts", "{refused}");
    }
}
