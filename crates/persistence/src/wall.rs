//! The second wall between tenants and between people: PostgreSQL's row-level security. The first one is in every statement.
//!
//! A login that may do much opens connections, and every transaction steps down from it: `BEGIN` carries the role and the
//! scope, in one round trip, and the policies of the migration `walls` go by them. Only three things run as the login:
//! migrations, which change tables; bringing in a demo world, which takes indexes away and builds them again; and the settings
//! of a connection. The walls stand around the owner of the tables too, who sees everything nevertheless, because whoever
//! migrates is granted the platform's role.
//!
//! SQLite has nothing of the kind.

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use diesel::{
    PgConnection, QueryResult, RunQueryDsl,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    sql_types::{Bool, Text},
};
use regulars_kernel::Scope;

use crate::connection::{AnyConnection, DatabaseUrl, Link, Purpose};

/// The role of a merchant's transactions, of a person's and of the platform's.
const ROLES: [&str; 3] = ["regulars_app", "regulars_person", "regulars_platform"];

const fn role(scope: Scope) -> &'static str {
    let [merchant, person, platform] = ROLES;
    match scope {
        Scope::Merchant(_) => merchant,
        Scope::Person(_) => person,
        Scope::Platform => platform,
    }
}

/// The statements that begin a transaction within a scope, in one round trip. They say the deadline too, where it is shorter
/// than the limit of each statement (zero is none).
pub(crate) fn opening(
    begin: &'static str,
    scope: Scope,
    deadline: Option<Instant>,
    limit: Duration,
) -> String {
    let role = role(scope);
    let mut sql = match scope {
        Scope::Merchant(id) => {
            format!("{begin}; SET LOCAL ROLE {role}; SET LOCAL regulars.merchant = '{}'", id.get())
        }
        Scope::Person(id) => {
            format!("{begin}; SET LOCAL ROLE {role}; SET LOCAL regulars.person = '{}'", id.get())
        }
        Scope::Platform => format!("{begin}; SET LOCAL ROLE {role}"),
    };
    let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
    if let Some(left) = left.filter(|left| limit.is_zero() || *left < limit) {
        let milliseconds = left.as_millis().max(1).to_string();
        sql.push_str("; SET LOCAL statement_timeout = ");
        sql.push_str(&milliseconds);
    }
    sql
}

/// The statements that give an open transaction another scope.
pub(crate) fn moving(scope: Scope) -> String {
    let of = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
    format!(
        "SET LOCAL ROLE {}; SET LOCAL regulars.merchant = '{}'; SET LOCAL regulars.person = '{}'",
        role(scope),
        of(scope.merchant().map(regulars_kernel::MerchantId::get)),
        of(scope.person().map(regulars_kernel::PersonId::get)),
    )
}

/// Begins a transaction with such statements. Where one of them fails, the ones before it are undone: PostgreSQL would keep
/// the transaction that diesel takes for not begun.
pub(crate) fn begin(pg: &mut PgConnection, opening: &str) -> QueryResult<()> {
    let begun = AnsiTransactionManager::begin_transaction_sql(pg, opening);
    let depth = AnsiTransactionManager::transaction_manager_status_mut(pg);
    if begun.is_err() && matches!(depth.transaction_depth(), Ok(None)) {
        pg.batch_execute("ROLLBACK").ok();
    }
    begun
}

/// Why a login cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum WallError {
    /// The database cannot be reached.
    #[error("the database cannot be opened: {0}")]
    Connect(#[from] diesel::ConnectionError),
    /// The database does not say.
    #[error("the database does not say what its login may: {0}")]
    Silent(#[from] diesel::result::Error),
    /// A role is not in the cluster, as after moving a database to another one.
    #[error(
        "the role {0} is missing: have an administrator run CREATE ROLE {0} NOLOGIN and restore the database's privileges"
    )]
    Missing(&'static str),
    /// The login would go past the walls, or has no privileges.
    #[error(
        "the login {login} {}cannot step down to the role {role}: have an administrator run \
         GRANT regulars_app, regulars_person, regulars_platform TO \"{login}\", or log in as another",
        if *.unbound { "goes past row-level security (SUPERUSER or BYPASSRLS) and " } else { "" }
    )]
    StaysUp {
        /// Who logs in.
        login: String,
        /// What it should become.
        role: &'static str,
        /// Whether policies do not bind it.
        unbound: bool,
    },
    /// Who steps down to such a role is bound by nothing.
    #[error(
        "the role {0} goes past row-level security: have an administrator run ALTER ROLE {0} NOSUPERUSER NOBYPASSRLS"
    )]
    Unbound(&'static str),
}

#[derive(diesel::QueryableByName)]
struct Role {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    unbound: bool,
}

/// Refuses a PostgreSQL login that cannot step down to the roles that serve, whatever else it may, and roles that policies
/// do not bind. SQLite has neither.
pub fn check_login(url: &DatabaseUrl) -> Result<(), WallError> {
    if !url.is_postgres() {
        return Ok(());
    }
    let mut link = Link::open(url, Purpose::Reading, Duration::ZERO)?;
    let AnyConnection::Pg(pg) = &mut link.connection else { return Ok(()) };
    let roles: Vec<Role> = diesel::sql_query(
        "SELECT rolname::text AS name, rolsuper OR rolbypassrls AS unbound FROM pg_roles \
         WHERE rolname IN (current_user, 'regulars_app', 'regulars_person', 'regulars_platform') \
         ORDER BY rolname <> current_user",
    )
    .load(pg)?;
    let login = judge(&roles)?;
    for role in ROLES {
        if pg.batch_execute(&format!("SET ROLE {role}; RESET ROLE")).is_err() {
            let (login, unbound) = (login.name.clone(), login.unbound);
            return Err(WallError::StaysUp { login, role, unbound });
        }
    }
    Ok(())
}

/// The login, which comes first, if the roles that serve are there and bound.
fn judge(roles: &[Role]) -> Result<&Role, WallError> {
    for role in ROLES {
        let known = roles.iter().find(|known| known.name == role);
        if known.ok_or(WallError::Missing(role))?.unbound {
            return Err(WallError::Unbound(role));
        }
    }
    Ok(roles.first().ok_or(diesel::result::Error::NotFound)?)
}

/// Refuses to migrate as somebody to whom tables would look empty: the walls stand around their owner too. They may not stand
/// yet; superusers go past them.
pub(crate) fn check_owner(pg: &mut PgConnection) -> QueryResult<Option<String>> {
    let walled: Vec<Role> = diesel::sql_query(
        "SELECT current_user::text AS name, FALSE AS unbound FROM pg_class \
         WHERE relname = 'person' AND relnamespace = current_schema()::regnamespace \
         AND CASE WHEN relforcerowsecurity \
         THEN NOT pg_has_role(current_user, 'regulars_platform', 'USAGE') ELSE FALSE END",
    )
    .load(pg)?;
    Ok(walled.into_iter().next().map(|owner| owner.name))
}
