use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;
use crate::config::Flags;

fn config(directory: &Path, own: &str) -> (Config, DatabaseUrl) {
    let file = directory.join("own.toml");
    fs::write(&file, own).unwrap();
    let data_dir = Some(directory.join("data").display().to_string());
    let config = Config::load(Some(&file), &Flags { data_dir, ..Flags::default() }).unwrap();
    let database = config.database.url(&config.server.data_dir);
    (config, database)
}

/// Of a database in which nobody has a password.
fn obtain_for(config: &Config, database: &DatabaseUrl, demo: bool) -> Result<Keys, KeysError> {
    let lacking = if demo { Lacking::MakeForDemo } else { Lacking::Make };
    obtain(config, database, lacking, || Ok(false))
}

fn secrets(keys: &Keys) -> Vec<String> {
    keys.to_text().expose().lines().map(str::to_owned).collect()
}

#[test]
fn keys_are_made_once_for_their_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    let (config, database) = config(directory.path(), "");
    let first = obtain_for(&config, &database, false).unwrap();
    let again = obtain_for(&config, &database, true).unwrap();
    assert_eq!(secrets(&first), secrets(&again));
    let of_key = |line: &String| line.rsplit(' ').next().unwrap().to_owned();
    let mut different: Vec<String> = secrets(&first).iter().map(of_key).collect();
    different.dedup();
    assert_eq!(different.len(), 4);
    let mode = fs::metadata(directory.path().join("data/keys.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let left: Vec<_> = fs::read_dir(directory.path().join("data")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn two_first_starts_at_once_agree() {
    let directory = tempfile::tempdir().unwrap();
    let (config, database) = config(directory.path(), "");
    let all: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| secrets(&obtain_for(&config, &database, false).unwrap())))
            .collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn generated_keys_can_be_configured_anywhere() {
    let directory = tempfile::tempdir().unwrap();
    let own = format!(
        "{}[server]\nmode = \"production\"\n[database]\nurl = \"postgres://db/x\"",
        generate().unwrap()
    );
    let (config, database) = config(directory.path(), &own);
    assert_eq!(secrets(&obtain_for(&config, &database, false).unwrap()).len(), 4);
    assert!(!config.server.data_dir.exists());
}

#[test]
fn where_keys_must_be_configured_none_are_made() {
    let postgres = "[database]\nurl = \"postgres://db/x\"";
    let production = "[server]\nmode = \"production\"";
    let half = format!("[keys]\nsigning = [\"k1:{}\"]", "ab".repeat(32));
    for (own, demo, said) in [
        (postgres, false, "PostgreSQL (without --demo) needs configured keys"),
        (production, false, "mode = \"production\" needs configured keys"),
        (production, true, "mode = \"production\" needs configured keys"),
        (half.as_str(), true, "none for: pepper, refresh"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let (config, database) = config(directory.path(), own);
        let error = obtain_for(&config, &database, demo).unwrap_err().to_string();
        assert!(error.contains(said) && error.contains("regulars keys"), "{own}: {error}");
        assert!(!config.server.data_dir.exists(), "{own}");
    }
    let directory = tempfile::tempdir().unwrap();
    let (config, database) = config(directory.path(), postgres);
    obtain_for(&config, &database, true).unwrap();
    // From then on, whoever needs configured ones is told of these.
    let error = obtain_for(&config, &database, false).unwrap_err().to_string();
    let made = config.server.data_dir.join(FILE);
    assert!(error.contains(&format!("--config {}", made.display())), "{error}");
    assert!(!error.contains("regulars keys"), "{error}");
}

#[test]
fn keys_that_passwords_rest_on_are_not_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let (config, database) = config(directory.path(), "");
    for lacking in [Lacking::Make, Lacking::MakeForDemo] {
        let error = obtain(&config, &database, lacking, || Ok(true)).unwrap_err();
        assert!(matches!(error, KeysError::Lost { .. }), "{error}");
        let (said, path) = (error.to_string(), config.server.data_dir.join(FILE));
        for word in [&database.to_string(), path.to_str().unwrap(), "--data-dir", "--config"] {
            assert!(said.contains(word), "{word}: {said}");
        }
    }
    let error = obtain(&config, &database, Lacking::Refuse, || Ok(false)).unwrap_err();
    assert!(matches!(error, KeysError::Absent(_)), "{error}");
    assert!(!config.server.data_dir.exists());
    // Once they are there, accounts are no question.
    let made = obtain_for(&config, &database, false).unwrap();
    for lacking in [Lacking::Make, Lacking::Refuse] {
        let again = obtain(&config, &database, lacking, || Ok(true)).unwrap();
        assert_eq!(secrets(&made), secrets(&again));
    }
}

#[test]
fn a_file_of_keys_is_its_owners_and_written_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sub/keys.toml");
    write(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(secrets(&file::parse(&text).unwrap()).len(), 4);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(matches!(write(&path), Err(KeysError::Exists(there)) if there == path));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_damaged_file_is_never_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let (config, database) = config(directory.path(), "");
    obtain_for(&config, &database, false).unwrap();
    let path = config.server.data_dir.join(FILE);
    let whole = fs::read_to_string(&path).unwrap();
    let blank = format!(
        "[keys]\nsigning=[\"a:{0}\"]\npepper=[\"a:{0}\"]\nrefresh=[\"a:{0}\"]",
        "00".repeat(32)
    );
    for damaged in ["", "[keys]", &whole[..whole.len() - 40], &blank] {
        fs::write(&path, damaged).unwrap();
        let error = obtain_for(&config, &database, false).unwrap_err();
        assert!(matches!(error, KeysError::Damaged(_)), "{damaged:?}: {error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
    }
}

#[test]
fn accounts_past_the_most_that_are_counted_are_over_so_many() {
    let missing = [("a".to_owned(), 1), ("b".to_owned(), 100_000), ("c".to_owned(), 100_001)];
    let told = "a (1 account(s)), b (100000 account(s)), c (over 100,000 accounts)";
    assert_eq!(counted(&missing), told);
}

/// A file as it was made before there were keys for encryption, with what its owner added.
fn file_of_before(directory: &Path) -> (PathBuf, String) {
    let data = directory.join("data");
    fs::create_dir(&data).unwrap();
    let [a, b, c] = ["ab", "cd", "ef"].map(|digits| digits.repeat(32));
    let text = format!(
        "# Secret.\n[keys] # of the house\nsigning = [\"s:{a}\"]\npepper = [\n  \"p2:{b}\", # since May\n  \"p1:{a}\"\n]\n\
         refresh = [\"r:{c}\"]\n\n[notes]\nencryption = 1"
    );
    let path = data.join(FILE);
    fs::write(&path, &text).unwrap();
    (path, text)
}

fn names(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

#[test]
fn a_file_of_before_gets_the_key_that_it_lacks_and_keeps_all_others() {
    let directory = tempfile::tempdir().unwrap();
    let (path, before) = file_of_before(directory.path());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let (config, database) = config(directory.path(), "");
    // People have passwords by then.
    let obtain = |lacking| obtain(&config, &database, lacking, || Ok(true)).unwrap();

    // Commands that make no keys make none here either.
    assert!(obtain(Lacking::Refuse).encryption.is_none());
    assert_eq!(fs::read_to_string(&path).unwrap(), before);

    let completed = obtain(Lacking::Make);
    let text = fs::read_to_string(&path).unwrap();
    let added: Vec<&str> = text.lines().filter(|line| !before.contains(line)).collect();
    assert!(added.len() == 1 && added[0].starts_with("encryption = [\""), "{added:?}");
    assert_eq!(text.replace(&format!("{}\n", added[0]), ""), before);
    assert_eq!(secrets(&completed).len(), 5);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(&config.server.data_dir), 1);

    for lacking in [Lacking::Make, Lacking::MakeForDemo, Lacking::Refuse] {
        assert_eq!(secrets(&obtain(lacking)), secrets(&completed));
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn starts_at_once_complete_a_file_once() {
    let directory = tempfile::tempdir().unwrap();
    let (path, _text) = file_of_before(directory.path());
    let (config, database) = config(directory.path(), "");
    let all: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| secrets(&obtain_for(&config, &database, false).unwrap())))
            .collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(all[0], secrets(&file::parse(&fs::read_to_string(path).unwrap()).unwrap()));
    assert_eq!(names(&config.server.data_dir), 1);
}

#[test]
fn a_link_to_a_file_of_before_stays_a_link() {
    let directory = tempfile::tempdir().unwrap();
    let (path, _text) = file_of_before(directory.path());
    let elsewhere = directory.path().join("mounted.toml");
    fs::rename(&path, &elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    let (config, database) = config(directory.path(), "");
    assert!(obtain_for(&config, &database, false).unwrap().encryption.is_some());
    assert!(path.is_symlink());
    assert!(fs::read_to_string(&elsewhere).unwrap().contains("\nencryption = [\""));
}

#[test]
fn a_file_that_takes_no_key_stays_as_it_is_and_serves_all_else() {
    let digits = "ab".repeat(32);
    for odd in [
        // Not in the form in which it was made: nobody guesses where a line belongs.
        format!(
            "keys.signing=[\"a:{digits}\"]\nkeys.pepper=[\"a:{digits}\"]\nkeys.refresh=[\"a:{digits}\"]\n"
        ),
        format!(
            "[keys]\nsigning=[\"a:{digits}\"]\npepper=[\"a:{digits}\"]\nrefresh=[\"a:{digits}\"]\nencryption=[]\n"
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let (path, _text) = file_of_before(directory.path());
        fs::write(&path, &odd).unwrap();
        let (config, database) = config(directory.path(), "");
        let keys = obtain_for(&config, &database, false).unwrap();
        assert!(keys.encryption.is_none() && secrets(&keys).len() == 3, "{odd}");
        assert_eq!(fs::read_to_string(&path).unwrap(), odd);
        assert_eq!(names(&config.server.data_dir), 1);
    }
}

#[test]
fn configured_keys_may_be_without_one_for_encryption() {
    let generated = generate().unwrap();
    let lines = generated.lines().filter(|line| !line.starts_with("encryption"));
    let own = lines.collect::<Vec<_>>().join("\n");
    for (own, has) in [(&own, false), (&generated, true)] {
        let directory = tempfile::tempdir().unwrap();
        let own = format!("{own}\n[server]\nmode = \"production\"");
        let (config, database) = config(directory.path(), &own);
        let keys = obtain_for(&config, &database, false).unwrap();
        assert_eq!(keys.encryption.is_some(), has);
        assert!(!config.server.data_dir.exists());
    }
}
