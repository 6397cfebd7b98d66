//! Who may serve: a login that can step down, and nobody else.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use regulars_kernel::{Scope, StoreError};
use regulars_testkit::{Engine, TempLogin, fresh};

use super::world::{PERSON, numbers};
use crate::{
    DatabaseUrl, Db, Settings, WallError, check_login,
    connection::{Link, Purpose},
    migrate,
    transactions::migrated,
    wall::{Role, judge},
};

#[test]
fn a_login_that_cannot_step_down_is_refused() {
    let database = fresh(Engine::Postgres, migrated);
    check_login(&DatabaseUrl::parse(database.url()).unwrap()).unwrap();
    for (name, attributes, past) in [("plain", "", false), ("past", "BYPASSRLS", true)] {
        let login = TempLogin::new(&database, name, attributes);
        let url = DatabaseUrl::parse(login.url()).unwrap();
        let refused = check_login(&url).unwrap_err();
        let stays = matches!(&refused, WallError::StaysUp { unbound, .. } if *unbound == past);
        assert!(stays, "{refused}");
        let sentence = refused.to_string();
        let way_out = format!(
            "GRANT regulars_app, regulars_person, regulars_platform TO \"{}\"",
            login.name()
        );
        assert!(sentence.contains(&way_out), "{sentence}");
        login.above("GRANT regulars_app, regulars_person TO {login}");
        let refused = check_login(&url).unwrap_err();
        assert!(
            matches!(refused, WallError::StaysUp { role: "regulars_platform", .. }),
            "{refused}"
        );
        login.above("GRANT regulars_platform TO {login}");
        check_login(&url).unwrap();
    }
}

#[test]
fn roles_that_are_missing_or_unbound_are_named() {
    let role = |name: &str, unbound| Role { name: name.to_owned(), unbound };
    let serving = ["regulars_app", "regulars_person", "regulars_platform"];
    let all = |unbound: &str| -> Vec<Role> {
        let serving = serving.iter().map(|name| role(name, *name == unbound));
        std::iter::once(role("anybody", true)).chain(serving).collect()
    };
    assert_eq!(judge(&all("")).unwrap().name, "anybody", "who may be anything steps down");
    for name in serving {
        let refused = judge(&all(name)).err().unwrap();
        assert!(
            refused.to_string().contains(&format!("ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS")),
            "{refused}"
        );
        let mut fewer = all("");
        fewer.retain(|role| role.name != name);
        let refused = judge(&fewer).err().unwrap();
        assert!(refused.to_string().contains(&format!("CREATE ROLE {name} NOLOGIN")), "{refused}");
    }
}

/// An owner of the tables who is nobody else: migrates both ways, sees everything while migrating, and serves behind the
/// walls.
#[test]
fn the_owner_needs_no_superuser() {
    let database = fresh(Engine::Postgres, |_empty| Ok::<_, String>(()));
    // Another database of the cluster has made the roles.
    drop(fresh(Engine::Postgres, migrated));
    let login = TempLogin::new(&database, "owner", "");
    let url = DatabaseUrl::parse(login.url()).unwrap();
    let name = database.url().rsplit('/').next().unwrap().to_owned();
    login.above(&format!(
        "ALTER DATABASE {name} OWNER TO {{login}}; ALTER SCHEMA public OWNER TO {{login}}"
    ));
    let refused = migrate(&url).unwrap_err().to_string();
    assert!(
        refused.contains("GRANT regulars_app, regulars_person, regulars_platform TO"),
        "{refused}"
    );
    login.above("GRANT regulars_app, regulars_person, regulars_platform TO {login}");
    migrate(&url).unwrap();
    check_login(&url).unwrap();

    let mut owner = Link::open(&url, Purpose::Migrating, Duration::ZERO).unwrap();
    let person = "INSERT INTO person (id, user_type, registered, created_at, updated_at) \
         VALUES (1, 'MERCHANT', TRUE, 0, 0)";
    owner.connection.batch_execute(person).unwrap();
    let everybody = "SELECT id AS number FROM person";
    let seen = numbers(&mut crate::Tx::new(&mut owner.connection, Scope::Platform), everybody);
    assert_eq!(seen, [1]);
    let db = Db::open(&Settings::new(url.clone())).unwrap();
    let ask = |scope| db.read(scope, |tx| Ok::<_, StoreError>(numbers(tx, everybody)));
    assert_eq!(ask(Scope::Platform).unwrap(), [1]);
    assert_eq!(ask(PERSON).unwrap(), [0_i64; 0]);

    // Without the platform's role the walls stand around the owner too.
    login.above("REVOKE regulars_platform, regulars_app, regulars_person FROM {login}");
    let seen = numbers(&mut crate::Tx::new(&mut owner.connection, Scope::Platform), everybody);
    assert_eq!(seen, [0_i64; 0]);
    let refused = migrate(&url).unwrap_err().to_string();
    assert!(refused.contains("GRANT regulars_platform TO"), "{refused}");
}
