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
    // Both columns are unique, each for itself: whoever is to write one of them looks first, one after another. Where one account's own address is another's second one, it is the owner's.
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

/// The pepper of a password, and whose: as the index `person_pepper` has them.
const PEPPER: [&str; 2] = [
    "split_part(password_hash, ':', 1)",
    "substr(password_hash, 1, instr(password_hash, ':') - 1)",
];
const ON_PEPPERS: &str = " FROM person WHERE active AND password_hash IS NOT NULL";

/// From one pepper to the next through the index, and past all accounts between them.
pub(super) fn peppers_in_use(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    let [pg, sqlite] = PEPPER;
    Statement::<Text>::new("WITH RECURSIVE peppers(id) AS (SELECT MIN(")
        .dialect(pg, sqlite)
        .sql(")")
        .sql(ON_PEPPERS)
        .sql(" UNION ALL SELECT (SELECT MIN(")
        .dialect(pg, sqlite)
        .sql(")")
        .sql(ON_PEPPERS)
        .sql(" AND ")
        .dialect(pg, sqlite)
        .sql(" > p.id) FROM peppers p WHERE p.id IS NOT NULL) SELECT id FROM peppers WHERE id IS NOT NULL")
        .load(tx.connection)
}

pub(super) fn count_on_pepper(tx: &mut Tx<'_>, id: &str) -> Result<u64, StoreError> {
    let [pg, sqlite] = PEPPER;
    let count: Option<i64> = Statement::<BigInt>::new("SELECT COUNT(*)")
        .sql(ON_PEPPERS)
        .sql(" AND ")
        .dialect(pg, sqlite)
        .sql(" = ")
        .bind(id)
        .first(tx.connection)?;
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
