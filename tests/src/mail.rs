//! Mails on their way: by SMTP to a server on loopback, through what can happen to them.

use std::path::Path;

use regulars_testkit::{Client, Engine, MailServer, Server, TempDatabase, fresh};
use serde_json::{Value, json};

use crate::world::{PASSWORD, SIGN_UP, nothing};

const NEW: &str = "coffee with 4 jays";

/// A server with an outbox, which can be started again.
struct House {
    engine: Engine,
    database: TempDatabase,
    data: tempfile::TempDir,
}

fn each_house(test: impl Fn(&House)) {
    for engine in Engine::ALL {
        let data = tempfile::tempdir().expect("a temporary directory");
        test(&House { engine, database: fresh(engine, nothing), data });
    }
}

/// Settings that have mails go to a server.
fn by_smtp(server: &MailServer) -> Vec<(&'static str, String)> {
    vec![
        ("REGULARS_MAIL_TRANSPORT", "smtp".to_owned()),
        ("REGULARS_MAIL_SMTP_HOST", server.address().ip().to_string()),
        ("REGULARS_MAIL_SMTP_PORT", server.address().port().to_string()),
        ("REGULARS_MAIL_SMTP_SECURITY", "none".to_owned()),
        ("REGULARS_MAIL_FROM", "Corner shop <shop@example.com>".to_owned()),
    ]
}

impl House {
    fn start(&self, settings: &[(&'static str, String)]) -> Server {
        let path = self.data.path().to_str().expect("a UTF-8 path");
        let arguments = ["--demo", "--data-dir", path, "--database-url", self.database.url()];
        let mut environment = vec![("REGULARS_AUTH_BCRYPT_COST", "4")];
        environment.extend(settings.iter().map(|(name, value)| (*name, value.as_str())));
        Server::start(&arguments, &environment)
    }

    /// Every byte of the database, where it is a file.
    fn bytes(&self) -> Vec<u8> {
        let Some(file) = self.database.file() else { return Vec::new() };
        let beside = |ending: &str| format!("{}{ending}", file.display());
        let files = [beside(""), beside("-wal")];
        files.iter().filter_map(|file| std::fs::read(Path::new(file)).ok()).flatten().collect()
    }
}

fn sign_up(client: &Client, email: &str) {
    let variables = json!({
        "email": email, "password": PASSWORD, "firstname": "Ada", "lastname": "Lovelace",
        "userType": "CONSUMER",
    });
    let answer = client.query(SIGN_UP, variables).succeeded();
    assert_eq!(answer.data("register.errors"), &Value::Null);
}

fn verifies(client: &Client, token: &str) -> bool {
    let document = "mutation ($token: String!) { verifyAccount(token: $token) { success } }";
    let answer = client.query(document, json!({ "token": token })).succeeded();
    answer.data("verifyAccount.success") == &json!(true)
}

#[test]
fn a_mail_server_gets_mails_and_nothing_else_knows_their_tokens() {
    each_house(|house| {
        let post = MailServer::start_for("shop", "a-secret-of-the-shop");
        let mut settings = by_smtp(&post);
        settings.push(("REGULARS_MAIL_SMTP_USER", "shop".to_owned()));
        settings.push(("REGULARS_MAIL_SMTP_PASSWORD", "a-secret-of-the-shop".to_owned()));
        let link = "https://shop.example/verify?token={token}".to_owned();
        settings.push(("REGULARS_MAIL_ACTIVATION_LINK", link));
        settings.push(("REGULARS_LOG_LEVEL", "trace".to_owned()));
        let mut server = house.start(&settings);
        let client = server.client();
        sign_up(&client, "Ada@Example.com");
        let letter = post.letters("Ada@Example.com", 1).pop().expect("a mail");
        assert!(letter.raw.contains("From: \"Corner shop\" <shop@example.com>"), "{}", letter.raw);
        assert_eq!(letter.subject, "Confirm your e-mail address");
        let token = letter.token();
        let link = format!("https://shop.example/verify?token={token}");
        // Pages write a slash as `&#x2f;`.
        let page = letter.page.replace("&#x2f;", "/");
        assert!(letter.text.contains(&link) && page.contains(&format!("href=\"{link}\"")));
        let reset = "mutation { sendPasswordResetEmail(email: \"ada@example.com\") { success } }";
        client.query(reset, Value::Null).succeeded();
        let second = post.letters("Ada@Example.com", 2).pop().expect("a mail").token();
        assert!(verifies(&client, &token));
        let document = "mutation ($token: String!, $new: String!) {
            passwordReset(token: $token, newPassword1: $new, newPassword2: $new) { success }
        }";
        client.query(document, json!({ "token": second, "new": NEW })).succeeded();
        assert!(server.stop().success());
        let (log, bytes) = (server.log(), house.bytes());
        assert!(log.contains("a mail was sent"), "{log}");
        assert_eq!(bytes.is_empty(), house.engine == Engine::Postgres);
        for secret in [&token, &second, NEW, "a-secret-of-the-shop"] {
            assert!(!log.contains(secret), "a secret is in the log");
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "a secret is in the database");
        }
    });
}

#[test]
fn what_was_written_down_is_sent_however_the_server_ended() {
    each_house(|house| {
        let off = [("REGULARS_MAIL_TRANSPORT", "off".to_owned())];
        let mut server = house.start(&off);
        sign_up(&server.client(), "ada@example.com");
        server.kill();
        let post = MailServer::start();
        let server = house.start(&by_smtp(&post));
        let letter = post.letters("ada@example.com", 1).pop().expect("a mail");
        assert!(verifies(&server.client(), &letter.token()));
    });
}

#[test]
fn a_busy_mail_server_is_asked_again_and_an_unknown_mailbox_is_not() {
    each_house(|house| {
        let post = MailServer::start();
        post.be_busy(1);
        post.forget("nobody@example.com");
        let server = house.start(&by_smtp(&post));
        let client = server.client();
        sign_up(&client, "nobody@example.com");
        sign_up(&client, "ada@example.com");
        let letter = post.letters("ada@example.com", 1).pop().expect("a mail");
        assert_eq!(post.busy(), 0);
        assert!(verifies(&client, &letter.token()));
        let log = server.log();
        assert_eq!(log.matches("a mail is tried again").count(), 1, "{log}");
        assert_eq!(log.matches("a mail is given up").count(), 1, "{log}");
    });
}

#[test]
fn settings_of_mails_are_checked_at_start() {
    let mut command = regulars_testkit::server::regulars();
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    for (name, value) in [
        ("REGULARS_MAIL_TRANSPORT", "smtp"),
        ("REGULARS_MAIL_FROM", "nobody"),
        ("REGULARS_MAIL_SMTP_USER", "shop"),
        ("REGULARS_MAIL_PASSWORD_RESET_LINK", "https://shop.example/reset"),
    ] {
        command.env(name, value);
    }
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    for part in [
        "mail.smtp_host = \"\"",
        "mail.from = \"nobody\"",
        "mail.smtp_user = \"shop\"",
        "mail.password_reset_link = \"https://shop.example/reset\"",
        "an http or https address with {token} in it",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
