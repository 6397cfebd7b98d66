//! Another login to a database on PostgreSQL: the one that tests have by themselves may everything.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use url::Url;

use crate::{TempDatabase, database::or_panic};

const PASSWORD: &str = "test";

/// A login of the server's that is gone when this value is dropped, with what it owns in the database.
#[derive(Debug)]
pub struct TempLogin {
    name: String,
    above: String,
    url: Url,
}

impl TempLogin {
    /// A login with attributes (`BYPASSRLS`), to a database on PostgreSQL. `name` is a word that the test program uses once.
    ///
    /// # Panics
    /// When the database is SQLite's, or the server does not make the login.
    pub fn new(database: &TempDatabase, name: &str, attributes: &str) -> Self {
        let name = format!("regulars_test_{name}_{}", std::process::id());
        let mut url = or_panic("a database's URL", Url::parse(database.url()));
        assert!(url.set_username(&name).is_ok(), "logins are PostgreSQL's");
        assert!(url.set_password(Some(PASSWORD)).is_ok(), "logins are PostgreSQL's");
        let login = Self { name, above: database.url().to_owned(), url };
        login.above(&format!("CREATE ROLE {{login}} LOGIN PASSWORD '{PASSWORD}' {attributes}"));
        login
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The database's URL with this login.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Runs statements as the login that may everything; `{login}` stands for this one's name.
    ///
    /// # Panics
    /// When they fail.
    pub fn above(&self, sql: &str) {
        let mut connection = or_panic("the database", PgConnection::establish(&self.above));
        let ran = connection.batch_execute(&sql.replace("{login}", &self.name));
        or_panic("statements on logins", ran);
    }
}

impl Drop for TempLogin {
    fn drop(&mut self) {
        let gone =
            "REASSIGN OWNED BY {login} TO CURRENT_USER; DROP OWNED BY {login}; DROP ROLE {login}";
        if let Ok(mut connection) = PgConnection::establish(&self.above) {
            drop(connection.batch_execute(&gone.replace("{login}", &self.name)));
        }
    }
}
