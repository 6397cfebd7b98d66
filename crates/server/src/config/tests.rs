//! The four places together, and the built-in file against the structs.

use std::io::Write as _;

use super::*;

fn load(file: &str, environment: &[(&str, &str)], flags: &Flags) -> Result<Config, String> {
    let mut own = tempfile::NamedTempFile::new().unwrap();
    own.write_all(file.as_bytes()).unwrap();
    let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
    Config::load_from(Some(own.path()), environment, flags)
        .map_err(|refusal| refusal.to_string().replace(own.path().to_str().unwrap(), "own.toml"))
}

fn defaults() -> Vec<(String, String)> {
    let embedded = Layer::embedded().unwrap();
    let sections = embedded.values().iter();
    sections
        .flat_map(|(section, settings)| {
            let settings = settings.as_dict().unwrap().keys().cloned();
            settings.map(|setting| (section.clone(), setting)).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn later_places_win() {
    let nothing = Flags::default();
    let flags = Flags { listen: Some("127.0.0.1:4".to_owned()), ..Flags::default() };
    let file = "[server]\nlisten = \"127.0.0.1:2\"";
    let environment = [("REGULARS_SERVER_LISTEN", "127.0.0.1:3")];
    for (file, environment, flags, port) in [
        ("", &[][..], &nothing, 8080),
        (file, &[][..], &nothing, 2),
        (file, &environment[..], &nothing, 3),
        (file, &environment[..], &flags, 4),
    ] {
        assert_eq!(load(file, environment, flags).unwrap().server.listen.port(), port);
    }
}

#[test]
fn the_environment_is_read_as_what_the_setting_is() {
    let config = load(
        "",
        &[
            ("REGULARS_DATABASE_URL", "sqlite:1e5"),
            ("REGULARS_SERVER_DATA_DIR", "2026"),
            ("REGULARS_API_DEPTH", "20"),
            ("REGULARS_HTTP_INTROSPECTION", "false"),
            ("REGULARS_HTTP_CORS_ORIGINS", "https://a.example, https://b.example"),
            ("REGULARS_HTTP_REQUEST_TIMEOUT", "1m"),
            // Not settings: the file, and what a container platform sets for a service of this name.
            ("REGULARS_CONFIG", "elsewhere.toml"),
            ("REGULARS_PORT", "tcp://10.0.0.1:8080"),
            ("REGULARS_PORT_8080_TCP_ADDR", "10.0.0.1"),
            ("REGULARS_SERVICE_HOST", "10.0.0.1"),
            ("REGULARS_DB_SERVICE_HOST", "10.0.0.2"),
            ("REGULARS_DB_SERVICE_PORT", "5432"),
            ("REGULARS_DB_SERVICE_PORT_POSTGRES", "5432"),
            ("REGULARS_DB_PORT", "tcp://10.0.0.2:5432"),
            ("REGULARS_DB_PORT_5432_TCP", "tcp://10.0.0.2:5432"),
            ("REGULARS_DB_PORT_5432_TCP_PORT", "5432"),
            ("REGULARS_DB_PORT_5432_TCP_PROTO", "tcp"),
            ("REGULARS_DB_PORT_5432_TCP_ADDR", "10.0.0.2"),
            ("PATH", "/bin"),
        ],
        &Flags::default(),
    )
    .unwrap();
    assert_eq!(config.database.url(&config.server.data_dir), DatabaseUrl::File("1e5".into()));
    assert_eq!(config.server.data_dir.to_str(), Some("2026"));
    assert_eq!((config.api.depth, config.http.introspection), (20, false));
    assert_eq!(config.http.cors_origins, ["https://a.example", "https://b.example"]);
    assert_eq!(config.http.request_timeout.as_secs(), 60);
}

#[test]
fn a_refusal_names_the_setting_its_place_and_what_is_allowed() {
    let flag = Flags { listen: Some("8080".to_owned()), ..Flags::default() };
    let none = Flags::default();
    let empty = Flags { database_url: Some(String::new()), ..Flags::default() };
    let zeros = format!("a:{}", "00".repeat(32));
    for (file, environment, flags, said) in [
        (
            "[http]\nrequest_timeout = \"1h\"",
            &[][..],
            &none,
            "http.request_timeout = \"1h\" (in own.toml)\n      allowed: 1s to 5m",
        ),
        (
            "[http]\nrequest_timeout = 15",
            &[],
            &none,
            "http.request_timeout = 15 (in own.toml)\n      allowed: 1s to 5m",
        ),
        (
            "",
            &[("REGULARS_API_DEPTH", "deep")],
            &none,
            "api.depth = \"deep\" (REGULARS_API_DEPTH in the environment)\n      allowed: 15 to 64",
        ),
        ("[api]\ndepth = -1", &[], &none, "api.depth = -1 (in own.toml)\n      allowed: 15 to 64"),
        ("[api]\ndepth = 65", &[], &none, "api.depth = 65 (in own.toml)\n      allowed: 15 to 64"),
        (
            "",
            &[],
            &flag,
            "server.listen = \"8080\" (flag --listen)\n      allowed: an IP address and a port",
        ),
        (
            "[server]\nmode = \"prod\"",
            &[],
            &none,
            "server.mode = \"prod\" (in own.toml)\n      allowed: \"development\" or \"production\"",
        ),
        (
            "[server]\nlisen = \"127.0.0.1:1\"",
            &[],
            &none,
            "server.lisen (in own.toml) is not a setting\n      there are: data_dir, http_threads, listen",
        ),
        (
            "[sever]\nlisten = 1",
            &[],
            &none,
            "sever (in own.toml) is not a setting\n      there are: [api]",
        ),
        (
            "",
            &[("REGULARS_LISTEN", "127.0.0.1:1")],
            &none,
            "(REGULARS_LISTEN in the environment) is not a setting",
        ),
        (
            "",
            &[("REGULARS_SERVER_PORT", "9000")],
            &none,
            "server.port (REGULARS_SERVER_PORT in the environment) is not a setting",
        ),
        (
            "",
            &[("REGULARS_DATABASE_URL", "")],
            &none,
            "database.url = \"\" (REGULARS_DATABASE_URL in the environment)\n      allowed: an address; leave it out",
        ),
        (
            "",
            &[],
            &empty,
            "database.url = \"\" (flag --database-url)\n      allowed: an address; leave it out",
        ),
        (
            "",
            &[("REGULARS_KEYS_PEPPER", &zeros)],
            &none,
            "keys.pepper = (not shown) (REGULARS_KEYS_PEPPER in the environment)\n      allowed: a list of",
        ),
        (
            "",
            &[("REGULARS_LOG_LEVEL", "verbose")],
            &none,
            "log.level = \"verbose\" (REGULARS_LOG_LEVEL in the environment)\n      allowed: error, warn",
        ),
        (
            "[http]\ncors_origins = [\"shop.example\"]",
            &[],
            &none,
            "http.cors_origins = [\"shop.example\"] (in own.toml)\n      allowed: a list of origins",
        ),
        ("http = 3", &[], &none, "http"),
        ("[http", &[], &none, "own.toml is not valid TOML: line 1, column 6: "),
        ("[http]\n\nbody_limit = 1 2", &[], &none, "not valid TOML: line 3, column 16: "),
    ] {
        let refusal = load(file, environment, flags).unwrap_err();
        assert!(refusal.contains(said), "{file} {environment:?}\nsaid: {refusal}\nnot: {said}");
    }
}

#[test]
fn everything_wrong_is_said_at_once() {
    let refusal = load(
        "[api]\ndepth = 1\ntokens = 1\n[log]\nlevel = 3\n[what]\never = 1",
        &[],
        &Flags::default(),
    );
    let refusal = refusal.unwrap_err();
    for name in ["api.depth", "api.tokens", "log.level", "what"] {
        assert!(refusal.contains(&format!("\n    {name}")), "{name}: {refusal}");
    }
}

#[test]
fn a_secret_is_not_printed_where_it_is_refused() {
    let file = "[database]\nurl = \"postgre://bob:s3cret@db/x\"\n[keys]\nsigning = [\"s3cret\"]";
    let refusal = load(file, &[], &Flags::default()).unwrap_err();
    assert!(refusal.contains("database.url") && refusal.contains("keys.signing"), "{refusal}");
    assert!(!refusal.contains("s3cret"), "{refusal}");
    for file in [
        "[keys]\npepper = [\"a:s3cret]",
        "[keys]\npepper = s3cret",
        "[keys]\npepper = \"\\s3cret\"",
        "[keys]\npepper = [\"a\" s3cret",
        "[keys]\npepper = \"s3cret\"",
        "[keys]\npepper = { s3cret = 1 }",
        "[keys]\npepper = []\npepper = [\"s3cret\"]",
        "keys = \"s3cret\"",
        "keys = [\"s3cret\"]",
        "[database]\nurl = postgres://bob:s3cret@db/x",
        "[database]\nurl = \"postgres://bob:s3cret@db/x",
        "[database]\nurl = \"sqlite:a\"\nconnections = \"s3cret",
        "[database]\nurl = [\"postgres://bob:s3cret@db/x\"]",
        "database = \"postgres://bob:s3cret@db/x\"",
        "[mail]\nsmtp_password = \"s3cret\"",
        "[mail]\nsmtp_password = [\"s3cret\"]",
    ] {
        let refusal = load(file, &[], &Flags::default()).unwrap_err();
        assert!(!refusal.contains("s3cret"), "{file}\n{refusal}");
    }
    for variable in ["REGULARS_KEYS", "REGULARS_DATABASE"] {
        let refusal = load("", &[(variable, "s3cret")], &Flags::default()).unwrap_err();
        assert!(!refusal.contains("s3cret"), "{variable}\n{refusal}");
    }
}

#[test]
fn the_file_and_the_structs_have_the_same_settings() {
    Config::load_from(None, [], &Flags::default()).unwrap();
    let checked = [
        checked::<Server>(),
        checked::<Database>(),
        checked::<Http>(),
        checked::<Api>(),
        checked::<Apps>(),
        checked::<Auth>(),
        checked::<Guesses>(),
        checked::<Privacy>(),
        checked::<Keys>(),
        checked::<Mail>(),
        checked::<Sync>(),
        checked::<Log>(),
    ];
    let mut checked: Vec<_> = checked.concat();
    checked.sort();
    assert_eq!(defaults(), checked, "config/default.toml and what the structs check");
    // Whatever the file lacks, a struct asks for: no setting has a second default in the code.
    for (section, setting) in defaults() {
        let mut embedded = Layer::embedded().unwrap();
        assert!(embedded.forget(&section, &setting));
        let known = Layer::embedded().unwrap().values().clone();
        let reader = Reader { figment: Figment::from(embedded), problems: Vec::new() };
        let refusal = reader.read(&known).unwrap_err().to_string();
        assert!(refusal.contains(&format!("{setting}`")), "{section}.{setting}: {refusal}");
    }
}

fn checked<S: Section>() -> Vec<(String, String)> {
    rules::<S>().into_iter().map(|(setting, _allowed)| (S::NAME.to_owned(), setting)).collect()
}

fn rules<S: Section>() -> Vec<(String, String)> {
    let embedded = Figment::from(Layer::embedded().unwrap());
    let mut check = Check::default();
    embedded.extract_inner::<S>(S::NAME).unwrap().check(&mut check);
    check.into_all().map(|(setting, allowed)| (setting.to_owned(), allowed)).collect()
}

#[test]
fn the_file_says_what_the_program_allows() {
    let documented = documented();
    let mut compared = 0;
    let mut compare = |section: &str, rules: Vec<(String, String)>| {
        for (setting, allowed) in rules {
            let name = format!("{section}.{setting}");
            let comment = &documented.iter().find(|(known, _comment)| *known == name).unwrap().1;
            assert!(
                comment.ends_with(&format!("Allowed: {allowed}.")),
                "{name}: {allowed}\n{comment}"
            );
            compared += 1;
        }
    };
    compare("server", rules::<Server>());
    compare("database", rules::<Database>());
    compare("http", rules::<Http>());
    compare("api", rules::<Api>());
    compare("apps", rules::<Apps>());
    compare("auth", rules::<Auth>());
    compare("guesses", rules::<Guesses>());
    compare("privacy", rules::<Privacy>());
    compare("keys", rules::<Keys>());
    compare("mail", rules::<Mail>());
    compare("sync", rules::<Sync>());
    compare("log", rules::<Log>());
    assert_eq!(compared, documented.len());
}

/// Each setting of the built-in file with the comment above it, in one line.
fn documented() -> Vec<(String, String)> {
    let (mut section, mut comment, mut settings) = ("", Vec::new(), Vec::new());
    for line in DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some(text) = line.strip_prefix('#') {
            comment.push(text.trim());
        } else if let Some((setting, _value)) = line.split_once(" = ") {
            settings.push((format!("{section}.{setting}"), comment.join(" ")));
        } else {
            comment.clear();
        }
    }
    settings
}
