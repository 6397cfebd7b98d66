//! One's own account, from the mail that proves its address to its end. Mails are read in the folder, as a newcomer does.

use std::sync::atomic::{AtomicU64, Ordering};

use regulars_testkit::{Answer, Client};
use serde_json::{Value, json};

use crate::world::{PASSWORD, SIGN_UP, World, on_both};

const NEW: &str = "coffee with 4 jays";

/// An address that nobody else has. A long number in it would make passwords of digits look similar.
fn address(name: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{name}{number}@accounts.example")
}

fn sign_up(world: &World, email: &str, user_type: &str) -> Client {
    let variables = json!({
        "email": email, "password": PASSWORD, "firstname": "Ada", "lastname": "Lovelace",
        "userType": user_type,
    });
    let answer = world.anonymous().query(SIGN_UP, variables).succeeded();
    world.anonymous().bearer(answer.string("register.token"))
}

/// Somebody whose address is proved.
fn proved(world: &World, email: &str, user_type: &str) -> Client {
    let client = sign_up(world, email, user_type);
    let token = world.token(email, 1);
    done(&world.anonymous(), "verifyAccount(token: $a)", [&token, "", ""]);
    client
}

/// Calls a mutation that has at most three arguments, all of them texts.
fn call(client: &Client, call: &str, [a, b, c]: [&str; 3]) -> Answer {
    let used: Vec<String> = ["a", "b", "c"]
        .iter()
        .filter(|name| call.contains(&format!("${name}")))
        .map(|name| format!("${name}: String!"))
        .collect();
    let variables = if used.is_empty() { String::new() } else { format!("({})", used.join(", ")) };
    let document = format!("mutation {variables} {{ x: {call} {{ success errors }} }}");
    client.query(&document, json!({ "a": a, "b": b, "c": c })).succeeded()
}

#[track_caller]
fn done(client: &Client, what: &str, arguments: [&str; 3]) {
    let answer = call(client, what, arguments);
    assert_eq!(answer.data("x"), &json!({ "success": true, "errors": null }), "{what}");
}

/// The field at fault, the message and the code of a refusal with one fault.
#[track_caller]
fn refused(client: &Client, what: &str, arguments: [&str; 3], fault: (&str, &str, &str)) {
    let (field, message, code) = fault;
    let errors = json!({ field: [{ "message": message, "code": code }] });
    let answer = call(client, what, arguments);
    assert_eq!(answer.data("x"), &json!({ "success": false, "errors": errors }), "{what}");
}

const INVALID_TOKEN: (&str, &str, &str) = ("nonFieldErrors", "Invalid token.", "invalid_token");
const UNAUTHENTICATED: (&str, &str, &str) =
    ("nonFieldErrors", "Unauthenticated.", "unauthenticated");
const NOT_VERIFIED: (&str, &str, &str) =
    ("nonFieldErrors", "Please verify your account.", "not_verified");
const WRONG_PASSWORD: (&str, &str, &str) = ("password", "Invalid password.", "invalid_password");

fn me(client: &Client) -> Value {
    let document = "{ me { email secondaryEmail verified firstname city phoneNumber archived } }";
    client.query(document, Value::Null).succeeded().data("me").clone()
}

fn logs_in(world: &World, email: &str, password: &str) -> bool {
    let answer = world.anonymous().query(
        "mutation ($email: String!, $password: String!) {
            obtainToken(email: $email, password: $password) { success }
        }",
        json!({ "email": email, "password": password }),
    );
    answer.succeeded().data("obtainToken.success") == &json!(true)
}

#[test]
fn an_address_is_proved_by_the_token_that_was_mailed_to_it() {
    on_both(|world| {
        let email = address("Verify");
        let client = sign_up(world, &email, "CONSUMER");
        let anybody = world.anonymous();
        let letter = world.mails(&email, 1).pop().expect("a mail");
        assert_eq!(letter.subject, "Confirm your e-mail address");
        assert!(letter.text.starts_with("Hello Ada,"), "{}", letter.text);
        assert_eq!(me(&client)["verified"], json!(false));
        let verify = "verifyAccount(token: $a)";
        refused(&anybody, verify, ["x", "", ""], INVALID_TOKEN);
        done(&anybody, verify, [&letter.token(), "", ""]);
        assert_eq!(me(&client)["verified"], json!(true));
        let already = ("nonFieldErrors", "Account already verified.", "already_verified");
        refused(&anybody, verify, [&letter.token(), "", ""], already);

        let resend = "resendActivationEmail(email: $a)";
        let already = ("email", "Account already verified.", "already_verified");
        refused(&anybody, resend, [&email.to_uppercase(), "", ""], already);
        done(&anybody, resend, ["nobody@nowhere.example", "", ""]);
        refused(
            &anybody,
            resend,
            ["x", "", ""],
            ("email", "Enter a valid email address.", "invalid"),
        );
        refused(&anybody, resend, ["", "", ""], ("email", "This field is required.", "required"));
        let other = address("again");
        sign_up(world, &other, "MERCHANT");
        world.mails(&other, 1);
        done(&anybody, resend, [&other, "", ""]);
        let tokens: Vec<_> = world.mails(&other, 2).iter().map(|mail| mail.token()).collect();
        assert_ne!(tokens[0], tokens[1]);
        done(&anybody, verify, [&tokens[0], "", ""]);
    });
}

#[test]
fn a_forgotten_password_is_reset_once() {
    on_both(|world| {
        let email = address("forgot");
        let client = sign_up(world, &email, "CONSUMER");
        world.mails(&email, 1);
        let anybody = world.anonymous();
        let send = "sendPasswordResetEmail(email: $a)";
        done(&anybody, send, ["nobody@nowhere.example", "", ""]);
        done(&anybody, send, [&email, "", ""]);
        let letter = world.mails(&email, 2).pop().expect("a mail");
        assert_eq!(letter.subject, "Set a new password");
        let token = letter.token();
        let reset = "passwordReset(token: $a, newPassword1: $b, newPassword2: $c)";
        let short = "This password is too short. It must contain at least 8 characters.";
        refused(
            &anybody,
            reset,
            [&token, "zq7k", "zq7k"],
            ("newPassword2", short, "password_too_short"),
        );
        let differ = "The two password fields didn\u{2019}t match.";
        refused(
            &anybody,
            reset,
            [&token, NEW, PASSWORD],
            ("newPassword2", differ, "password_mismatch"),
        );
        refused(&anybody, reset, ["x", NEW, NEW], INVALID_TOKEN);
        done(&anybody, reset, [&token, NEW, NEW]);
        refused(&anybody, reset, [&token, NEW, NEW], INVALID_TOKEN);
        assert_eq!(me(&client), Value::Null, "every session has ended");
        assert!(!logs_in(world, &email, PASSWORD));
        assert!(logs_in(world, &email, NEW));
        let set = "passwordSet(token: $a, newPassword1: $b, newPassword2: $c)";
        refused(&anybody, set, [&token, NEW, NEW], INVALID_TOKEN);
    });
}

#[test]
fn a_changed_password_ends_every_session_but_its_own() {
    on_both(|world| {
        let email = address("change");
        let client = proved(world, &email, "MERCHANT");
        let document = "mutation ($old: String!, $new: String!) {
            passwordChange(oldPassword: $old, newPassword1: $new, newPassword2: $new) {
                success errors token refreshToken
            }
        }";
        let wrong = client.query(document, json!({ "old": NEW, "new": "123456" })).succeeded();
        assert_eq!(wrong.data("passwordChange.token"), &Value::Null);
        assert_eq!(
            wrong.data("passwordChange.errors"),
            &json!({
                "oldPassword": [{ "message": "Invalid password.", "code": "invalid_password" }],
                "newPassword2": [
                    {
                        "message": "This password is too short. It must contain at least 8 characters.",
                        "code": "password_too_short",
                    },
                    { "message": "This password is too common.", "code": "password_too_common" },
                    { "message": "This password is entirely numeric.", "code": "password_entirely_numeric" },
                ],
            })
        );
        let changed = client.query(document, json!({ "old": PASSWORD, "new": NEW })).succeeded();
        assert_eq!(changed.data("passwordChange.errors"), &Value::Null);
        assert_eq!(me(&client), Value::Null);
        let next = world.anonymous().bearer(changed.string("passwordChange.token"));
        assert_eq!(me(&next)["email"], json!(email));
        let refresh = changed.string("passwordChange.refreshToken");
        done(&world.anonymous(), "refreshToken(refreshToken: $a)", [refresh, "", ""]);
        assert!(logs_in(world, &email, NEW) && !logs_in(world, &email, PASSWORD));
    });
}

#[test]
fn an_account_is_updated_and_what_merchants_see_follows() {
    on_both(|world| {
        let merchant = world.demo_owner();
        let (email, shown) =
            (address("update"), "{ consumers(email: $a) { edges { node { firstname city } } } }");
        let client = proved(world, &email, "CONSUMER");
        let store = merchant.query("{ stores(first: 1) { edges { node { id } } } }", Value::Null);
        let join = "mutation ($id: ID!) { joinMerchant(input: { storeId: $id }) { success } }";
        let id = store.data("stores.edges.0.node.id").clone();
        client.query(join, json!({ "id": id })).succeeded();
        let update = "mutation {
            updateAccount(firstname: \"Augusta\", country: \"de\", phoneNumber: \"0171 2345678\", city: null) {
                success errors
            }
        }";
        let answer = client.query(update, Value::Null).succeeded();
        assert_eq!(answer.data("updateAccount"), &json!({ "success": true, "errors": null }));
        let own = me(&client);
        assert_eq!(
            (&own["firstname"], &own["phoneNumber"]),
            (&json!("Augusta"), &json!("+491712345678"))
        );
        let document = format!("query ($a: String) {shown}");
        let seen = merchant.query(&document, json!({ "a": email })).succeeded();
        assert_eq!(seen.data("consumers.edges.0.node.firstname"), "Augusta");
        let wrong = "mutation { updateAccount(firstname: \"\", gender: \"robot\", birthday: \"2000-02-30\") {
            success errors } }";
        let answer = client.query(wrong, Value::Null).succeeded();
        assert_eq!(
            answer.data("updateAccount.errors"),
            &json!({
                "firstname": [{ "message": "This field is required.", "code": "required" }],
                "birthday": [{ "message": "Enter a valid date.", "code": "invalid" }],
                "gender": [{
                    "message": "Select a valid choice. robot is not one of the available choices.",
                    "code": "invalid_choice",
                }],
            })
        );
    });
}

#[test]
fn what_merchants_keep_under_a_proved_address_is_offered() {
    on_both(|world| {
        let email = address("Known");
        let keep = "mutation ($email: String!) {
            createConsumer(input: { firstname: \"Mrs A\", email: $email }) { errors consumer { id } }
        }";
        let made =
            world.demo_owner().query(keep, json!({ "email": email.to_lowercase() })).succeeded();
        let client = sign_up(world, &email, "CONSUMER");
        let document = "{ claimableProfiles {
            count edges { node { id firstname merchant { id } } }
        } }";
        let offered =
            || client.query(document, Value::Null).succeeded().data("claimableProfiles").clone();
        assert_eq!(offered(), json!({ "count": 0, "edges": [] }), "the address is not proved");
        done(&world.anonymous(), "verifyAccount(token: $a)", [&world.token(&email, 1), "", ""]);
        let owner = world.demo_owner().query("{ me { id } }", Value::Null).succeeded();
        let node = json!({
            "id": made.data("createConsumer.consumer.id"), "firstname": "Mrs A",
            "merchant": { "id": owner.data("me.id") },
        });
        assert_eq!(offered(), json!({ "count": 1, "edges": [{ "node": node }] }));
    });
}

#[test]
fn a_second_address_logs_in_is_swapped_and_removed() {
    on_both(|world| {
        let (email, second) = (address("first"), address("Second"));
        let client = proved(world, &email, "CONSUMER");
        let send = "sendSecondaryEmailActivation(email: $a, password: $b)";
        let needed = (
            "nonFieldErrors",
            "You need to setup a secondary email to proceed.",
            "secondary_email_required",
        );
        refused(&client, "swapEmails(password: $a)", [PASSWORD, "", ""], needed);
        refused(&client, "removeSecondaryEmail(password: $a)", [PASSWORD, "", ""], needed);
        refused(&client, send, [&second, "x", ""], WRONG_PASSWORD);
        let taken = ("email", "A user with that email already exists.", "unique");
        refused(&client, send, ["merchant@example.com", PASSWORD, ""], taken);
        done(&client, send, [&second, PASSWORD, ""]);
        let letter = world.mails(&second, 1).pop().expect("a mail");
        assert_eq!(letter.subject, "Confirm your second e-mail address");
        assert_eq!(me(&client)["secondaryEmail"], Value::Null);
        let verify = "verifySecondaryEmail(token: $a)";
        done(&world.anonymous(), verify, [&letter.token(), "", ""]);
        refused(&world.anonymous(), verify, [&letter.token(), "", ""], INVALID_TOKEN);
        assert_eq!(me(&client)["secondaryEmail"], json!(second));
        assert!(logs_in(world, &second.to_lowercase(), PASSWORD));
        refused(&client, "swapEmails(password: $a)", ["x", "", ""], WRONG_PASSWORD);
        done(&client, "swapEmails(password: $a)", [PASSWORD, "", ""]);
        assert_eq!(
            (&me(&client)["email"], &me(&client)["secondaryEmail"]),
            (&json!(second), &json!(email))
        );
        done(&client, "removeSecondaryEmail(password: $a)", [PASSWORD, "", ""]);
        assert!(!logs_in(world, &email, PASSWORD) && logs_in(world, &second, PASSWORD));
    });
}

#[test]
fn an_account_is_put_away_and_deleted() {
    on_both(|world| {
        let email = address("leave");
        let client = proved(world, &email, "CONSUMER");
        let archive = "archiveAccount(password: $a)";
        refused(&client, archive, ["x", "", ""], WRONG_PASSWORD);
        done(&client, archive, [PASSWORD, "", ""]);
        assert_eq!(me(&client), Value::Null);
        let login = "mutation ($email: String!, $password: String!) {
            obtainToken(email: $email, password: $password) { token unarchiving }
        }";
        let variables = json!({ "email": email, "password": PASSWORD });
        let back = world.anonymous().query(login, variables).succeeded();
        assert_eq!(back.data("obtainToken.unarchiving"), &json!(true));
        let client = world.anonymous().bearer(back.string("obtainToken.token"));
        assert_eq!(me(&client)["archived"], json!(false));
        done(&client, "deleteAccount(password: $a)", [PASSWORD, "", ""]);
        assert_eq!(me(&client), Value::Null);
        assert!(!logs_in(world, &email, PASSWORD));
        // Its address is free.
        sign_up(world, &email, "CONSUMER");

        let owner = proved(world, &address("owner"), "MERCHANT");
        let answer = call(&owner, "deleteAccount(password: $a)", [PASSWORD, "", ""]);
        let sentence = answer.string("x.errors.nonFieldErrors.0.message");
        assert_eq!(sentence, "You are the last owner: make somebody else one first.");
        assert_eq!(answer.string("x.errors.nonFieldErrors.0.code"), "invalid");
    });
}

#[test]
fn whoever_was_taken_on_sets_a_password_and_logs_in() {
    on_both(|world| {
        let owner = world.demo_owner();
        let email = address("hired");
        let input = json!({ "email": email, "firstname": "Carla", "lastname": "Staff" });
        let hire = "mutation ($input: CreateMerchantInput!) {
            createMerchant(input: $input) { errors merchant { id } }
        }";
        let hired = owner.query(hire, json!({ "input": input })).succeeded();
        assert_eq!(hired.data("createMerchant.errors"), &Value::Null);
        let letter = world.mails(&email, 1).pop().expect("a mail");
        assert_eq!(letter.subject, "You are invited: set your password");
        let set = "passwordSet(token: $a, newPassword1: $b, newPassword2: $c)";
        let anybody = world.anonymous();
        done(&anybody, set, [&letter.token(), NEW, NEW]);
        assert!(logs_in(world, &email, NEW));
        let already =
            ("nonFieldErrors", "Password already set for account.", "password_already_set");
        refused(&anybody, set, [&letter.token(), NEW, NEW], already);
    });
}

#[test]
fn nobody_and_who_proved_nothing_are_told_so() {
    on_both(|world| {
        let client = sign_up(world, &address("new"), "CONSUMER");
        for (what, arguments) in [
            (
                "passwordChange(oldPassword: $a, newPassword1: $b, newPassword2: $c)",
                [PASSWORD, NEW, NEW],
            ),
            ("updateAccount(city: $a)", ["Bonn", "", ""]),
            ("archiveAccount(password: $a)", [PASSWORD, "", ""]),
            ("deleteAccount(password: $a)", [PASSWORD, "", ""]),
            (
                "sendSecondaryEmailActivation(email: $a, password: $b)",
                ["a@b.example", PASSWORD, ""],
            ),
            ("swapEmails(password: $a)", [PASSWORD, "", ""]),
            ("removeSecondaryEmail(password: $a)", [PASSWORD, "", ""]),
        ] {
            refused(&world.anonymous(), what, arguments, UNAUTHENTICATED);
            refused(&client, what, arguments, NOT_VERIFIED);
        }
    });
}

#[test]
fn passwords_and_tokens_are_tried_one_a_document() {
    on_both(|world| {
        for field in [
            "archiveAccount(password: \"a\")",
            "deleteAccount(password: \"a\")",
            "swapEmails(password: \"a\")",
            "removeSecondaryEmail(password: \"a\")",
            "verifyAccount(token: \"a\")",
            "passwordReset(token: \"a\", newPassword1: \"b\", newPassword2: \"b\")",
        ] {
            let document =
                format!("mutation {{ a: {field} {{ success }} b: {field} {{ success }} }}");
            let answer = world.anonymous().query(&document, Value::Null);
            assert_eq!(answer.status, 400, "{field}: {}", answer.text);
        }
    });
}
