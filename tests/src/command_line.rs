//! The commands beside `serve`, as processes: what they refuse, what they make, and that a second start finds it.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Output,
};

use regulars_testkit::{
    Engine, Server, TempDatabase, TempLogin, fresh,
    server::{regulars, run},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{PASSWORD, nothing};

/// Where one server's data and settings are.
struct Place {
    directory: TempDir,
    /// `None`: the file in the data directory.
    database: Option<TempDatabase>,
    /// With another login than the database's own.
    url: Option<String>,
}

impl Place {
    fn new(engine: Engine) -> Self {
        let database = (engine == Engine::Postgres).then(|| fresh(engine, nothing));
        Self { directory: tempfile::tempdir().unwrap(), database, url: None }
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn keys(&self) -> PathBuf {
        self.data().join("keys.toml")
    }

    fn sources(&self) -> Vec<String> {
        let mut sources = vec!["--data-dir".to_owned(), self.data().display().to_string()];
        let own = self.database.as_ref().map(|database| database.url().to_owned());
        if let Some(url) = self.url.clone().or(own) {
            sources.extend(["--database-url".to_owned(), url]);
        }
        sources
    }

    fn run(&self, words: &str) -> Said {
        self.run_with(words, "")
    }

    /// Runs a command with an input; words are divided by spaces.
    fn run_with(&self, words: &str, input: &str) -> Said {
        let mut command = regulars();
        command.args(words.split(' ')).args(self.sources()).env("REGULARS_AUTH_BCRYPT_COST", "4");
        Said::of(run(command, input))
    }

    fn serve(&self, flags: &[&str]) -> Server {
        let sources = self.sources();
        let arguments: Vec<&str> =
            flags.iter().copied().chain(sources.iter().map(String::as_str)).collect();
        Server::start(&arguments, &[("REGULARS_AUTH_BCRYPT_COST", "4")])
    }
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    fn done(self, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        for word in words {
            assert!(self.out.contains(word), "{word}: {}", self.out);
        }
        self
    }

    #[track_caller]
    fn refused(self, words: &[&str]) -> Self {
        assert_eq!((self.code, self.out.as_str()), (Some(1), ""), "{}", self.err);
        for word in words {
            assert!(self.err.contains(word), "{word}: {}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }
}

fn make_keys(path: &str) -> Said {
    let mut command = regulars();
    command.args(["keys", "--out", path]);
    Said::of(run(command, ""))
}

fn logs_in(server: &Server, email: &str, password: &str) -> bool {
    let document =
        "mutation ($e: String, $p: String!) { obtainToken(email: $e, password: $p) { success } }";
    let answer = server.client().query(document, json!({ "e": email, "p": password })).succeeded();
    answer.data("obtainToken.success") == &Value::Bool(true)
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).unwrap().next().is_none()
}

#[test]
fn migrate_makes_a_database_once() {
    for engine in Engine::ALL {
        let place = Place::new(engine);
        place.run("migrate").done(&["migration(s) done.", "foundation"]);
        place.run("migrate").done(&["is up to date."]);
        assert!(!place.keys().exists(), "no keys before somebody has a password");
    }
    let place = Place::new(Engine::Sqlite);
    place.run("migrate --database-url regulars.db").refused(&[
        "database.url",
        "--database-url",
        "sqlite:<path>",
    ]);
    assert!(is_empty(place.directory.path()));
}

#[test]
fn demo_fills_an_empty_database_once() {
    for engine in Engine::ALL {
        let place = Place::new(engine);
        place.run("demo --today 2026-11-23").done(&["Made a demo world of"]);
        let keys = fs::read_to_string(place.keys()).unwrap();
        place.run("demo").refused(&["not empty"]);
        let server = place.serve(&["--demo"]);
        assert!(logs_in(&server, "merchant@example.com", PASSWORD));
        assert!(server.log().contains("Log in with the password"), "{}", server.log());
        assert!(!server.log().contains("Made a demo world"), "{}", server.log());
        assert_eq!(fs::read_to_string(place.keys()).unwrap(), keys);
    }
}

#[test]
fn keys_that_accounts_rest_on_are_asked_for_and_not_replaced() {
    for engine in Engine::ALL {
        let place = Place::new(engine);
        place.run("demo").done(&[]);
        let aside = place.directory.path().join("aside.toml");
        fs::rename(place.keys(), &aside).unwrap();
        let path = place.keys();
        for command in ["serve --demo --listen 127.0.0.1:0", "demo"] {
            place.run(command).refused(&[
                "people have passwords",
                path.to_str().unwrap(),
                "--data-dir",
            ]);
            assert!(!path.exists(), "{command}");
        }
        if engine == Engine::Sqlite {
            place.run("serve --listen 127.0.0.1:0").refused(&["people have passwords"]);
        }
        fs::rename(&aside, &path).unwrap();
        assert!(logs_in(&place.serve(&["--demo"]), "merchant@example.com", PASSWORD));
    }
}

#[test]
fn user_create_works_on_what_a_server_has_made() {
    for engine in Engine::ALL {
        let place = Place::new(engine);
        let create = "user create --email boss@example.com --password-stdin";
        if engine == Engine::Sqlite {
            place.run_with(create, "tea with 3 crows\n").refused(&["there is no database"]);
        } else {
            place.run_with(create, "tea with 3 crows\n").refused(&["regulars migrate"]);
        }
        assert!(is_empty(place.directory.path()), "nothing is founded");
        place.run("migrate").done(&[]);
        place.run_with(create, "tea with 3 crows\n").refused(&["keys"]);
        assert!(!place.keys().exists());
        let config = place.directory.path().join("own.toml");
        let config = config.to_str().unwrap();
        make_keys(config).done(&[]);
        let create = format!("{create} --config {config}");
        place.run_with(&create, "").refused(&["no password was given"]);
        place.run_with(&create, "12345678\n").refused(&["password: ", "numeric"]);
        place
            .run_with(&create.replace("boss@", "boss"), "tea with 3 crows\n")
            .refused(&["email: "]);
        let database = match &place.database {
            Some(database) => database.url().rsplit_once('/').unwrap().1.to_owned(),
            None => "regulars.db".to_owned(),
        };
        place
            .run_with(&create, "tea with 3 crows\n")
            .done(&["Created platform admin boss@example.com (account 1) in ", &database]);
        place.run_with(&create, "tea with 3 crows\n").refused(&["email: "]);
        let generated = "user create --email other@example.com --generate-password --config ";
        let said = place.run(&format!("{generated}{config}")).done(&["Password: "]);
        let password = said.out.lines().find_map(|line| line.strip_prefix("Password: ")).unwrap();
        let server = place.serve(&["--config", config]);
        assert!(logs_in(&server, "boss@example.com", "tea with 3 crows"));
        assert!(logs_in(&server, "other@example.com", password));
        assert!(!logs_in(&server, "boss@example.com", "12345678"));
    }
}

/// The only pepper in a file of keys: `id:secret`.
fn pepper(path: &str) -> String {
    let keys = fs::read_to_string(path).unwrap();
    let line = keys.lines().find_map(|line| line.strip_prefix("pepper = [\"")).unwrap();
    line.strip_suffix("\"]").unwrap().to_owned()
}

#[test]
fn a_pepper_that_passwords_rest_on_is_asked_for() {
    for engine in Engine::ALL {
        let place = Place::new(engine);
        place.run("migrate").done(&[]);
        let file = |name: &str| place.directory.path().join(name).display().to_string();
        let (old, new, both) = (file("old.toml"), file("new.toml"), file("both.toml"));
        make_keys(&old).done(&[]);
        make_keys(&new).done(&[]);
        let keys = |path: &str| fs::read_to_string(path).unwrap();
        let id = pepper(&old).split_once(':').unwrap().0.to_owned();
        for email in ["boss@example.com", "other@example.com"] {
            let create = format!("user create --email {email} --password-stdin --config {old}");
            place.run_with(&create, "tea with 3 crows\n").done(&[]);
        }
        let serve = format!("serve --listen 127.0.0.1:0 --config {new}");
        let (two, one) = (format!("{id} (2 account(s))"), format!("{id} (1 account(s))"));
        place.run(&serve).refused(&[&two, "keys.pepper", "auth.lost_peppers"]);
        // Beside the new one it is honoured, and whoever logs in is over to the new one.
        let behind = format!("\"{}\", \"{}\"", pepper(&new), pepper(&old));
        let quoted = format!("\"{}\"", pepper(&new));
        fs::write(&both, keys(&new).replace(&quoted, &behind)).unwrap();
        let server = place.serve(&["--config", &both]);
        assert!(logs_in(&server, "boss@example.com", "tea with 3 crows"));
        drop(server);
        place.run(&serve).refused(&[&one, "auth.lost_peppers"]);
        fs::write(&both, format!("{}[auth]\nlost_peppers = [\"{id}\"]\n", keys(&new))).unwrap();
        let server = place.serve(&["--config", &both]);
        assert!(logs_in(&server, "boss@example.com", "tea with 3 crows"));
        assert!(!logs_in(&server, "other@example.com", "tea with 3 crows"));
        assert!(!server.log().contains("ERROR"), "{}", server.log());
    }
}

/// A file of keys that was made anew by hand, or taken from another deployment: the id is right and the secret is not.
#[test]
fn a_pepper_with_a_known_id_and_another_secret_is_refused() {
    for engine in Engine::ALL {
        let place = Place::new(engine);
        place.run("migrate").done(&[]);
        let file = |name: &str| place.directory.path().join(name).display().to_string();
        let (right, wrong) = (file("right.toml"), file("wrong.toml"));
        make_keys(&right).done(&[]);
        let keys = fs::read_to_string(&right).unwrap();
        let (id, secret) = pepper(&right)
            .split_once(':')
            .map(|(id, key)| (id.to_owned(), key.to_owned()))
            .unwrap();
        fs::write(&wrong, keys.replace(&secret, &"ab".repeat(32))).unwrap();
        let create =
            format!("user create --email boss@example.com --password-stdin --config {right}");
        place.run_with(&create, "tea with 3 crows\n").done(&[]);
        let said = [id.as_str(), "same id", "keys.pepper", "auth.lost_peppers"];
        let serve = "serve --listen 127.0.0.1:0 --config";
        let refused = place.run(&format!("{serve} {wrong}"));
        refused.refused(&said);
        let create = format!("user create --email b@example.com --password-stdin --config {wrong}");
        place.run_with(&create, "tea with 3 crows\n").refused(&said);
        let server = place.serve(&["--config", &right]);
        assert!(logs_in(&server, "boss@example.com", "tea with 3 crows"));
        drop(server);
        // The way out: the former secret is given up, and then it is the one that is refused.
        let given_up = file("given-up.toml");
        let lost =
            format!("{}[auth]\nlost_peppers = [\"{id}\"]\n", fs::read_to_string(&wrong).unwrap());
        fs::write(&given_up, lost).unwrap();
        drop(place.serve(&["--config", &given_up]));
        let server = place.serve(&["--config", &wrong]);
        assert!(!logs_in(&server, "boss@example.com", "tea with 3 crows"));
        drop(server);
        place.run(&format!("{serve} {right}")).refused(&said);
    }
}

/// A rotation of peppers that reaches one server only: whoever logs in there cannot log in at the other one any more.
#[test]
fn a_server_that_lacks_a_pepper_that_another_one_has_says_so() {
    for engine in Engine::ALL {
        let place = Place::new(engine);
        place.run("migrate").done(&[]);
        let file = |name: &str| place.directory.path().join(name).display().to_string();
        let (old, new, both) = (file("old.toml"), file("new.toml"), file("both.toml"));
        make_keys(&old).done(&[]);
        make_keys(&new).done(&[]);
        let (kept, next) = (pepper(&old), pepper(&new));
        let rotated = format!("\"{next}\", \"{kept}\"");
        let keys = fs::read_to_string(&old).unwrap().replace(&format!("\"{kept}\""), &rotated);
        fs::write(&both, keys).unwrap();
        let create =
            format!("user create --email boss@example.com --password-stdin --config {old}");
        place.run_with(&create, "tea with 3 crows\n").done(&[]);
        let behind = place.serve(&["--config", &old]);
        let ahead = place.serve(&["--config", &both]);
        for (server, let_in) in [(&behind, true), (&ahead, true), (&behind, false), (&ahead, true)]
        {
            assert_eq!(logs_in(server, "boss@example.com", "tea with 3 crows"), let_in);
        }
        behind.wait_for("configure the same peppers everywhere");
        let (log, id) = (behind.log(), next.split_once(':').unwrap().0);
        let line = log.lines().find(|line| line.contains("the same peppers")).unwrap();
        assert!(line.contains("\"ERROR\"") && line.contains(id), "{line}");
        assert!(!ahead.log().contains("ERROR"), "{}", ahead.log());
    }
}

#[test]
fn keys_are_written_for_their_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.toml");
    let write = || make_keys(path.to_str().unwrap());
    assert_eq!(write().done(&[]).out, "");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    write().refused(&["is there already", path.to_str().unwrap()]);
    // A configuration that others read is told of.
    let place = Place::new(Engine::Sqlite);
    let migrate = format!("migrate --config {}", path.display());
    assert!(!place.run(&migrate).done(&[]).err.contains("chmod 600"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(place.run(&migrate).done(&[]).err.contains("chmod 600"));
}

#[test]
fn serve_refuses_what_would_only_show_later() {
    let place = Place::new(Engine::Sqlite);
    let config = place.directory.path().join("own.toml");
    fs::write(&config, "[server]\nmode = \"production\"\n").unwrap();
    let serve = format!("serve --listen 127.0.0.1:0 --config {}", config.display());
    place.run(&format!("{serve} --demo")).refused(&["production", "--demo"]);
    assert!(!place.data().exists());
    fs::write(&config, "[auth]\ndefault_merchant = 999\n").unwrap();
    place.run(&serve).refused(&["auth.default_merchant = 999", "own.toml", "allowed: the number"]);
}

#[test]
fn logins_are_printed_where_they_work() {
    let place = Place::new(Engine::Sqlite);
    drop(place.serve(&[]));
    place
        .run_with("user create --email a@example.com --password-stdin", "tea with 3 crows\n")
        .done(&[]);
    let server = place.serve(&["--demo"]);
    assert!(server.log().contains("in use already"), "{}", server.log());
    assert!(!server.log().contains("Log in with the password"), "{}", server.log());
}

/// What a login could do past the walls between tenants, no mistake in a statement may do.
#[test]
fn a_login_that_cannot_step_down_does_not_serve() {
    let mut place = Place::new(Engine::Postgres);
    place.run("migrate").done(&[]);
    let login = TempLogin::new(place.database.as_ref().unwrap(), "server", "BYPASSRLS");
    login.above(
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {login};
         GRANT CREATE ON SCHEMA public TO {login};
         GRANT regulars_app, regulars_person TO {login}",
    );
    place.url = Some(login.url().to_owned());
    let config = place.directory.path().join("own.toml");
    let config = config.to_str().unwrap();
    make_keys(config).done(&[]);
    let way_out =
        format!("GRANT regulars_app, regulars_person, regulars_platform TO \"{}\"", login.name());
    for command in
        ["serve --listen 127.0.0.1:0", "user create --email a@b.example --generate-password"]
    {
        let refused = place.run(&format!("{command} --config {config}"));
        let refused = refused.refused(&["BYPASSRLS", "cannot step down", &way_out]);
        assert!(!refused.err.contains("test@"), "passwords are not printed: {}", refused.err);
    }
    login.above("GRANT regulars_platform TO {login}");
    let server = place.serve(&["--config", config]);
    assert!(!logs_in(&server, "nobody@example.com", PASSWORD));
}
