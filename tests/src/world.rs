//! The two servers that all tests share, and merchants of one's own on them.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

use regulars_testkit::{
    Client, Engine, Letter, Server, Shared, TempDatabase, fresh, mail,
    server::{regulars, run},
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The password of everybody in the demo world, and of everybody who is made here.
pub(crate) const PASSWORD: &str = "regulars-demo";

/// The least cost that is allowed: tests sign up by the hundred.
const CHEAP_PASSWORDS: (&str, &str) = ("REGULARS_AUTH_BCRYPT_COST", "4");

/// A busy machine is no fault of the server: it turns nobody away for being slow.
const PATIENCE: [(&str, &str); 3] = [
    ("REGULARS_HTTP_REQUEST_TIMEOUT", "2m"),
    ("REGULARS_DATABASE_CONNECTION_WAIT", "30s"),
    ("REGULARS_DATABASE_STATEMENT_TIMEOUT", "2m"),
];

const FREE_GUESSES: [&str; 5] = [
    "REGULARS_GUESSES_PASSWORDS",
    "REGULARS_GUESSES_NETWORK_PASSWORDS",
    "REGULARS_GUESSES_ADDRESS_PASSWORDS",
    "REGULARS_GUESSES_IDENTIFICATIONS",
    "REGULARS_GUESSES_CODES",
];

/// A server over a demo world.
pub(crate) struct World {
    /// Which database is behind it.
    pub(crate) engine: Engine,
    /// The server.
    pub(crate) server: Server,
    pub(crate) database: TempDatabase,
    pub(crate) data: TempDir,
    admin: OnceLock<String>,
}

/// Runs a test on both servers.
pub(crate) fn on_both(test: impl Fn(&World)) {
    static WORLDS: Shared<Vec<World>> = Shared::new();
    for world in WORLDS.get(|| Engine::ALL.into_iter().map(World::start).collect()).iter() {
        test(world);
    }
}

/// The server makes the file and migrates it itself.
pub(crate) fn nothing(url: &str) -> Result<(), String> {
    match url.strip_prefix("sqlite://") {
        Some(path) => std::fs::File::create(path).map(drop).map_err(|error| error.to_string()),
        None => Ok(()),
    }
}

fn serve(
    database: &TempDatabase,
    data: &TempDir,
    more: &[&str],
    settings: &[(&str, &str)],
) -> Server {
    let path = data.path().to_str().expect("a UTF-8 path");
    let mut arguments = vec!["--data-dir", path, "--database-url", database.url()];
    arguments.extend_from_slice(more);
    let mut environment = vec![CHEAP_PASSWORDS, ("REGULARS_HTTP_STATEMENT_HEADER", "true")];
    environment.extend_from_slice(&PATIENCE);
    // All tests come from one network, and try many wrong passwords.
    environment.extend(FREE_GUESSES.map(|setting| (setting, "1000000")));
    environment.extend_from_slice(settings);
    Server::start(&arguments, &environment)
}

impl World {
    fn start(engine: Engine) -> Self {
        Self::start_with(engine, &[])
    }

    /// A server of one's own, with these settings beside the usual ones.
    pub(crate) fn start_with(engine: Engine, settings: &[(&str, &str)]) -> Self {
        let database = fresh(engine, nothing);
        let data = tempfile::tempdir().expect("a temporary directory");
        let server = serve(&database, &data, &["--demo"], settings);
        Self { engine, server, database, data, admin: OnceLock::new() }
    }

    /// Starts a server of one's own anew over what there is, once it was killed.
    pub(crate) fn restart(&mut self) {
        self.server = serve(&self.database, &self.data, &["--demo"], &[]);
    }

    /// Nobody.
    pub(crate) fn anonymous(&self) -> Client {
        self.server.client()
    }

    /// Whoever has this address.
    pub(crate) fn login(&self, email: &str) -> Client {
        let answer = self.anonymous().query(
            "mutation ($email: String!, $password: String!) {
                obtainToken(email: $email, password: $password) { success errors token }
            }",
            json!({ "email": email, "password": PASSWORD }),
        );
        self.anonymous().bearer(answer.succeeded().string("obtainToken.token"))
    }

    /// One of the platform's own people, whom the command line makes.
    pub(crate) fn admin(&self) -> Client {
        let email = self.admin.get_or_init(|| {
            let email = "admin@platform.example";
            let keys = self.data.path().to_str().expect("a UTF-8 path");
            let mut command = regulars();
            command.args(["user", "create", "--admin", "--password-stdin", "--email", email]);
            command.args(["--data-dir", keys, "--database-url", self.database.url()]);
            // The keys that the server made for itself.
            command.arg("--config").arg(self.data.path().join("keys.toml"));
            command.env(CHEAP_PASSWORDS.0, CHEAP_PASSWORDS.1);
            let output = run(command, &format!("{PASSWORD}\n"));
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            email.to_owned()
        });
        self.login(email)
    }

    /// The mails for an address, oldest first; waits until there are so many.
    pub(crate) fn mails(&self, to: &str, count: usize) -> Vec<Letter> {
        mail::in_folder(&self.data.path().join("mail"), to, count)
    }

    /// The token in the newest of so many mails for an address.
    pub(crate) fn token(&self, to: &str, count: usize) -> String {
        self.mails(to, count).pop().expect("a mail").token()
    }

    /// The owner of the demo world's first merchant.
    pub(crate) fn demo_owner(&self) -> Client {
        self.login("merchant@example.com")
    }

    /// Signs somebody up and gives their client.
    pub(crate) fn register(&self, user_type: &str, extra: &Value) -> Client {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let email = format!("someone{number}@{}.example", std::process::id());
        let mut variables = json!({
            "email": email, "password": PASSWORD, "firstname": "Test", "lastname": "Person",
            "userType": user_type,
        });
        for (name, value) in extra.as_object().into_iter().flatten() {
            variables[name] = value.clone();
        }
        let answer = self.anonymous().query(SIGN_UP, variables).succeeded();
        assert_eq!(answer.data("register.errors"), &Value::Null);
        self.anonymous().bearer(answer.string("register.token"))
    }

    /// A merchant of one's own.
    pub(crate) fn merchant(&self) -> Client {
        self.register("MERCHANT", &json!({}))
    }

    /// Somebody whom an owner takes on for every store, with these permissions.
    pub(crate) fn staff(&self, owner: &Client, permissions: &[&str]) -> Client {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let role = owner.query(
            "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }",
            json!({ "input": { "displayName": "Own", "permissions": permissions } }),
        );
        let role = role.succeeded().data("createRole.role.id").clone();
        let email = format!("staff{number}-{:?}-{}@shop.example", self.engine, std::process::id());
        let new = json!({
            "email": email, "firstname": "Sam", "lastname": "Staff", "roles": [role], "allStores": true,
        });
        let hire =
            "mutation ($input: CreateMerchantInput!) { createMerchant(input: $input) { errors } }";
        let hired = owner.query(hire, json!({ "input": new })).succeeded();
        assert_eq!(hired.data("createMerchant.errors"), &Value::Null);
        let set = "mutation ($token: String!, $password: String!) {
            passwordSet(token: $token, newPassword1: $password, newPassword2: $password) { errors }
        }";
        let token = self.token(&email, 1);
        let set = self.anonymous().query(set, json!({ "token": token, "password": PASSWORD }));
        assert_eq!(set.succeeded().data("passwordSet.errors"), &Value::Null);
        self.login(&email)
    }

    /// A registered consumer.
    pub(crate) fn consumer(&self) -> Client {
        self.register("CONSUMER", &json!({}))
    }
}

/// The document's own sign-up.
pub(crate) const SIGN_UP: &str = "mutation SignUp( $email: String! $password: String! $firstname: String! $lastname: String! $userType: String! $merchantType: String $phoneNumber: String $birthday: String $country: String $city: String $street: String $zipCode: String $gender: String ) { register( email: $email password1: $password password2: $password firstname: $firstname lastname: $lastname userType: $userType merchantType: $merchantType phoneNumber: $phoneNumber birthday: $birthday country: $country city: $city street: $street zipCode: $zipCode gender: $gender ) { success errors token refreshToken } } ";
