//! What a log-in needs of an account's row.

use diesel::{
    ExpressionMethods, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use regulars_auth::{Admission, Credentials, PasswordHash, store::NewPassword};
use regulars_kernel::{PersonId, StoreError};

use crate::{Tx, error::IntoStore, schema::person, statement::Statement};

const COLUMNS: &str = "p.id, p.email, p.password_hash, p.token_version, p.active, p.archived";

type RowSql = (BigInt, Nullable<Text>, Nullable<Text>, BigInt, Bool, Bool);

#[derive(Queryable)]
struct Row {
    id: i64,
    email: Option<String>,
    password_hash: Option<String>,
    token_version: i64,
    active: bool,
    archived: bool,
}

impl Row {
    fn credentials(self) -> Result<Credentials, StoreError> {
        let corrupt =
            || StoreError::Corrupt { table: "person", column: "password_hash", id: self.id };
        let parse = |stored: &str| PasswordHash::parse(stored).map_err(|_form| corrupt());
        Ok(Credentials {
            person: PersonId::new(self.id),
            password: self.password_hash.as_deref().map(parse).transpose()?,
            email: self.email.unwrap_or_default(),
            token_version: self.token_version,
            active: self.active,
            archived: self.archived,
        })
    }
}

pub(super) fn find_by_email(tx: &mut Tx<'_>, key: &str) -> Result<Option<Credentials>, StoreError> {
    tx.lock_text(key)?;
    // Both columns are unique, each for itself: whoever is to write one of them looks first, one after another. Where one
    // account's own address is another's second one, it is the owner's.
    let statement = Statement::<RowSql>::new("SELECT ")
        .sql(COLUMNS)
        .sql(" FROM person p WHERE p.registered AND (p.email_key = ")
        .bind(key)
        .sql(" OR p.secondary_email_key = ")
        .bind(key)
        .sql(") ORDER BY CASE WHEN p.email_key = ")
        .bind(key)
        .sql(" THEN 0 ELSE 1 END LIMIT 1");
    statement.first::<Row>(tx.connection)?.map(Row::credentials).transpose()
}

/// In a transaction that writes, the account is locked: log-ins and renewals of one account come one after another.
pub(super) fn find(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<Credentials>, StoreError> {
    let statement = Statement::<RowSql>::new("SELECT ")
        .sql(COLUMNS)
        .sql(" FROM person p WHERE p.registered AND p.id = ")
        .bind(person.get())
        .sql(tx.lock());
    statement.first::<Row>(tx.connection)?.map(Row::credentials).transpose()
}

pub(super) fn any(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let mut first: Vec<i64> = person::table
        .select(person::id)
        .filter(person::password_hash.is_not_null())
        .limit(1)
        .load(tx.connection)
        .store()?;
    Ok(first.pop().is_some())
}

/// The pepper of a password, and whose: as the index `person_pepper` has them. Compared byte by byte: an order of letters
/// changes with the system, and its index is then wrong until it is made anew.
const PEPPER: [&str; 2] = [
    "(split_part(password_hash, ':', 1) COLLATE \"C\")",
    "substr(password_hash, 1, instr(password_hash, ':') - 1)",
];
/// What has no colon is no hash of ours, and is never taken for an id.
const ON_PEPPERS: [&str; 2] = [
    " FROM person WHERE active AND strpos(password_hash, ':') > 0",
    " FROM person WHERE active AND instr(password_hash, ':') > 0",
];

/// From one pepper to the next through the index, and past all accounts between them.
fn in_use() -> Statement<Text> {
    let ([pg, sqlite], [pg_rows, sqlite_rows]) = (PEPPER, ON_PEPPERS);
    Statement::new("WITH RECURSIVE peppers(id) AS (SELECT MIN(")
        .dialect(pg, sqlite)
        .sql(")")
        .dialect(pg_rows, sqlite_rows)
        .sql(" UNION ALL SELECT (SELECT MIN(")
        .dialect(pg, sqlite)
        .sql(")")
        .dialect(pg_rows, sqlite_rows)
        .sql(" AND ")
        .dialect(pg, sqlite)
        .sql(" > p.id) FROM peppers p WHERE p.id IS NOT NULL) SELECT id FROM peppers WHERE id IS NOT NULL")
}

fn counting(id: &str, most: u64) -> Statement<BigInt> {
    let ([pg, sqlite], [pg_rows, sqlite_rows]) = (PEPPER, ON_PEPPERS);
    Statement::new("SELECT COUNT(*) FROM (SELECT 1")
        .dialect(pg_rows, sqlite_rows)
        .sql(" AND ")
        .dialect(pg, sqlite)
        .sql(" = ")
        .bind(id)
        .sql(" LIMIT ")
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .sql(") counted")
}

pub(super) fn peppers_in_use(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    in_use().load(tx.connection)
}

pub(super) fn count_on_pepper(tx: &mut Tx<'_>, id: &str, most: u64) -> Result<u64, StoreError> {
    let count: Option<i64> = counting(id, most).first(tx.connection)?;
    Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
}

pub(super) fn insert(
    tx: &mut Tx<'_>,
    id: PersonId,
    password: &PasswordHash,
) -> Result<(), StoreError> {
    let account = person::table.find(id.get()).filter(person::registered);
    let rows = diesel::update(account)
        .set(person::password_hash.eq(Some(password.to_stored())))
        .execute(tx.connection)
        .store()?;
    if rows == 0 { Err(StoreError::OutOfScope("only accounts log in")) } else { Ok(()) }
}

pub(super) fn admit(tx: &mut Tx<'_>, admission: &Admission) -> Result<bool, StoreError> {
    let renewed = admission.renewed.as_ref().map(PasswordHash::to_stored);
    let statement = Statement::<()>::new("UPDATE person SET password_hash = COALESCE(")
        .bind(renewed)
        .sql(", password_hash), updated_at = CASE WHEN archived THEN ")
        .bind(admission.at.micros())
        .sql(
            " ELSE updated_at END, deleted_at = CASE WHEN archived THEN NULL ELSE deleted_at END, \
             archived = FALSE WHERE registered AND active AND id = ",
        )
        .bind(admission.person.get())
        .sql(" AND token_version = ")
        .bind(admission.token_version);
    Ok(statement.execute(tx.connection)? == 1)
}

pub(super) fn change_password(tx: &mut Tx<'_>, new: &NewPassword) -> Result<bool, StoreError> {
    let account = person::table
        .find(new.person.get())
        .filter(person::registered)
        .filter(person::active)
        .filter(person::token_version.eq(new.token_version));
    let rows = diesel::update(account)
        .set((
            person::password_hash.eq(Some(new.hash.to_stored())),
            person::token_version.eq(person::token_version + 1),
        ))
        .execute(tx.connection)
        .store()?;
    Ok(rows == 1)
}

pub(super) fn raise_token_version(tx: &mut Tx<'_>, id: PersonId) -> Result<(), StoreError> {
    let raised = person::token_version.eq(person::token_version + 1);
    diesel::update(person::table.find(id.get())).set(raised).execute(tx.connection).store()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use regulars_kernel::Scope;
    use regulars_testkit::{Engine, fresh};

    use super::*;
    use crate::{DatabaseUrl, Db, Settings, transactions::migrated};

    const PASSWORDS: &str = "
        INSERT INTO person (user_type, registered, password_hash, active, created_at, updated_at)
        VALUES ('CONSUMER', TRUE, 'b:1', TRUE, 0, 0), ('CONSUMER', TRUE, 'a-1:1', TRUE, 0, 0),
               ('CONSUMER', TRUE, 'B:1', TRUE, 0, 0), ('CONSUMER', TRUE, 'b:2', TRUE, 0, 0),
               ('CONSUMER', TRUE, 'no hash of ours', TRUE, 0, 0), ('CONSUMER', TRUE, NULL, TRUE, 0, 0),
               ('CONSUMER', TRUE, 'gone:1', FALSE, 0, 0)";

    fn run(tx: &mut Tx<'_>, sql: &str) -> Result<(), StoreError> {
        tx.connection.batch_execute(sql).store()
    }

    #[test]
    fn peppers_come_in_the_order_of_their_bytes_and_nothing_else_for_one() {
        for engine in Engine::ALL {
            let database = fresh(engine, migrated);
            let db = Db::open(&Settings::new(DatabaseUrl::parse(database.url()).unwrap())).unwrap();
            db.write(Scope::Platform, None, |tx| run(tx, PASSWORDS)).unwrap();
            db.read(Scope::Platform, |tx| {
                assert_eq!(peppers_in_use(tx)?, ["B", "a-1", "b"], "{engine:?}");
                assert_eq!(count_on_pepper(tx, "b", 9)?, 2);
                assert_eq!(count_on_pepper(tx, "b", 1)?, 1);
                assert_eq!(count_on_pepper(tx, "no hash of ours", 9)?, 0);
                Ok::<(), StoreError>(())
            })
            .unwrap();
        }
    }

    #[test]
    fn postgres_asks_the_index_for_peppers() {
        let database = fresh(Engine::Postgres, migrated);
        let db = Db::open(&Settings::new(DatabaseUrl::parse(database.url()).unwrap())).unwrap();
        let explain = |statement: fn() -> Statement<Text>| {
            // A few rows are read as they lie, whatever indexes there are.
            let plan = db.write(Scope::Platform, None, move |tx| {
                run(tx, "SET LOCAL enable_seqscan = off")?;
                let mut explained = Statement::<Text>::new("EXPLAIN ");
                explained.append(statement());
                explained.load::<String>(tx.connection)
            });
            plan.unwrap().join("\n")
        };
        let plan = explain(in_use);
        assert!(plan.contains("person_pepper") && !plan.contains("Seq Scan"), "{plan}");
        let plan = explain(|| {
            let mut statement = Statement::new("");
            statement.append(counting("a", 5));
            statement
        });
        assert!(plan.contains("person_pepper") && plan.contains("Index Cond"), "{plan}");
    }
}
