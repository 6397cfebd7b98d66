//! The outbox: rows that wait, and what is kept of the tokens in those that went out.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text},
};
use regulars_auth::{
    mail::{
        Addressee, KeptMail, MailId, MailKind, MailNonce, NewMail,
        delivery::{DueMail, Settlement},
    },
    refresh::TokenDigest,
};
use regulars_customer::EmailAddress;
use regulars_kernel::{PersonId, StoreError, Timestamp};

use crate::{
    Tx,
    error::IntoStore,
    schema::mail,
    statement::{Bind, Statement},
};

const WAITING: &str = "waiting";

pub(super) fn find_addressee(tx: &mut Tx<'_>, key: &str) -> Result<Option<Addressee>, StoreError> {
    let statement = Statement::<(BigInt, Nullable<Text>, Bool, BigInt)>::new(
        "SELECT p.id, CASE WHEN p.email_key = ",
    )
    .bind(key)
    .sql(
        " THEN p.email ELSE p.secondary_email END, p.verified, p.token_version FROM person p \
         WHERE p.registered AND p.active AND (p.email_key = ",
    )
    .bind(key)
    .sql(" OR p.secondary_email_key = ")
    .bind(key)
    .sql(") ORDER BY CASE WHEN p.email_key = ")
    .bind(key)
    .sql(" THEN 0 ELSE 1 END LIMIT 1")
    .sql(tx.lock());
    let found = statement.first::<(i64, Option<String>, bool, i64)>(tx.connection)?;
    Ok(found.and_then(|(id, address, verified, token_version)| {
        Some(Addressee {
            person: PersonId::new(id),
            address: EmailAddress::from_stored(address?),
            verified,
            token_version,
        })
    }))
}

pub(super) fn count(
    tx: &mut Tx<'_>,
    person: Option<PersonId>,
    kind: MailKind,
    since: Timestamp,
) -> Result<u64, StoreError> {
    // No account has the number 0: nobody is looked for like anybody.
    let rows: i64 = mail::table
        .filter(mail::person_id.eq(person.map_or(0, PersonId::get)))
        .filter(mail::kind.eq(kind.word()))
        .filter(mail::created_at.ge(since.micros()))
        .count()
        .get_result(tx.connection)
        .store()?;
    Ok(u64::try_from(rows).unwrap_or_default())
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &NewMail) -> Result<MailId, StoreError> {
    let row = (
        mail::person_id.eq(new.person.map(PersonId::get)),
        mail::kind.eq(new.kind.word()),
        mail::address.eq(new.address.as_str()),
        mail::state.eq(WAITING),
        mail::due_at.eq(new.created_at.micros()),
        mail::nonce.eq(Some(new.nonce.bytes().as_slice())),
        mail::token_hash.eq(new.digest.bytes().as_slice()),
        mail::token_version.eq(new.token_version),
        mail::created_at.eq(new.created_at.micros()),
        mail::expires_at.eq(new.expires_at.micros()),
    );
    let id: i64 = diesel::insert_into(mail::table)
        .values(row)
        .returning(mail::id)
        .get_result(tx.connection)
        .store()?;
    Ok(MailId::new(id))
}

pub(super) fn take_back(tx: &mut Tx<'_>, id: MailId) -> Result<(), StoreError> {
    diesel::delete(mail::table.find(id.get())).execute(tx.connection).store()?;
    Ok(())
}

pub(super) fn withdraw_waiting(
    tx: &mut Tx<'_>,
    person: PersonId,
    kind: MailKind,
    newest: MailId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let waiting = mail::table
        .filter(mail::person_id.eq(person.get()))
        .filter(mail::kind.eq(kind.word()))
        .filter(mail::state.eq(WAITING))
        .filter(mail::id.ne(newest.get()));
    diesel::update(waiting)
        .set((
            mail::state.eq("withdrawn"),
            mail::nonce.eq(None::<&[u8]>),
            mail::used_at.eq(Some(at.micros())),
        ))
        .execute(tx.connection)
        .store()?;
    Ok(())
}

pub(super) fn void(tx: &mut Tx<'_>, person: PersonId, at: Timestamp) -> Result<(), StoreError> {
    Statement::<()>::new("UPDATE mail SET used_at = COALESCE(used_at, ")
        .bind(at.micros())
        .sql(
            "), nonce = NULL, state = CASE WHEN state = 'waiting' THEN 'withdrawn' ELSE state END \
             WHERE (used_at IS NULL OR state = 'waiting') AND person_id = ",
        )
        .bind(person.get())
        .execute(tx.connection)?;
    Ok(())
}

#[derive(Queryable)]
struct Kept {
    id: i64,
    person_id: Option<i64>,
    kind: String,
    address: String,
    token_version: i64,
    expires_at: i64,
    used_at: Option<i64>,
}

pub(super) fn find(tx: &mut Tx<'_>, digest: &TokenDigest) -> Result<Option<KeptMail>, StoreError> {
    let found: Option<Kept> = mail::table
        .filter(mail::token_hash.eq(digest.bytes().as_slice()))
        .select((
            mail::id,
            mail::person_id,
            mail::kind,
            mail::address,
            mail::token_version,
            mail::expires_at,
            mail::used_at,
        ))
        .first(tx.connection)
        .optional()
        .store()?;
    let Some(row) = found else { return Ok(None) };
    let Some(person) = row.person_id.map(PersonId::new) else { return Ok(None) };
    Ok(Some(KeptMail {
        digest: *digest,
        person,
        kind: kind(row.id, &row.kind)?,
        address: EmailAddress::from_stored(row.address),
        token_version: row.token_version,
        expires_at: Timestamp::from_micros(row.expires_at),
        used_at: row.used_at.map(Timestamp::from_micros),
    }))
}

fn kind(id: i64, word: &str) -> Result<MailKind, StoreError> {
    MailKind::from_word(word).ok_or(StoreError::Corrupt { table: "mail", column: "kind", id })
}

/// One conditional step: of several transactions at once, the later ones wait for the row and then find it used.
pub(super) fn use_up(
    tx: &mut Tx<'_>,
    digest: &TokenDigest,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let unused = mail::table
        .filter(mail::token_hash.eq(digest.bytes().as_slice()))
        .filter(mail::used_at.is_null());
    let rows = diesel::update(unused)
        .set(mail::used_at.eq(Some(at.micros())))
        .execute(tx.connection)
        .store()?;
    Ok(rows == 1)
}

type DueSql =
    (BigInt, Text, Text, Nullable<Text>, Nullable<Text>, Nullable<Binary>, Binary, Integer, BigInt);

#[derive(Queryable)]
struct Due {
    id: i64,
    kind: String,
    address: String,
    firstname: Option<String>,
    merchant: Option<String>,
    nonce: Option<Vec<u8>>,
    token_hash: Vec<u8>,
    attempts: i32,
    expires_at: i64,
}

impl Due {
    fn mail(self) -> Result<DueMail, StoreError> {
        let id = self.id;
        let corrupt = |column| StoreError::Corrupt { table: "mail", column, id };
        let bytes = |column, bytes: Option<Vec<u8>>| -> Result<[u8; 32], StoreError> {
            bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| corrupt(column))
        };
        Ok(DueMail {
            id: MailId::new(id),
            kind: kind(id, &self.kind)?,
            address: EmailAddress::from_stored(self.address),
            firstname: self.firstname.unwrap_or_default(),
            merchant: self.merchant,
            nonce: MailNonce::from_stored(bytes("nonce", self.nonce)?),
            digest: TokenDigest::from_stored(bytes("token_hash", Some(self.token_hash))?),
            attempt: u32::try_from(self.attempts).map_err(|_sign| corrupt("attempts"))?,
            expires_at: Timestamp::from_micros(self.expires_at),
        })
    }
}

/// Two statements: what several claim at once is told apart by the first, names are looked up by the second.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    now: Timestamp,
    until: Timestamp,
    most: u16,
) -> Result<Vec<DueMail>, StoreError> {
    let mut statement =
        Statement::<BigInt>::new("UPDATE mail SET attempts = attempts + 1, due_at = ")
            .bind(until.micros())
            .sql(" WHERE id IN (SELECT m.id FROM mail m WHERE m.state = 'waiting' AND m.due_at <= ")
            .bind(now.micros())
            .sql(" ORDER BY m.due_at, m.id LIMIT ")
            .bind(i64::from(most));
    // Whoever else claims at this moment takes the next ones.
    statement.push_dialect(" FOR UPDATE SKIP LOCKED", "");
    let claimed: Vec<i64> = statement.sql(") RETURNING id").load(tx.connection)?;
    if claimed.is_empty() {
        return Ok(Vec::new());
    }
    let statement = Statement::<DueSql>::new(
        "SELECT m.id, m.kind, m.address, p.firstname, t.name, m.nonce, m.token_hash, m.attempts, \
         m.expires_at FROM mail m LEFT JOIN person p ON p.id = m.person_id \
         LEFT JOIN staff_member w ON w.person_id = m.person_id AND w.ended_at IS NULL \
         LEFT JOIN merchant t ON t.id = w.merchant_id WHERE m.id",
    )
    .is_in(claimed.into_iter().collect::<Bind>())
    .sql(" ORDER BY m.created_at, m.id");
    statement.load::<Due>(tx.connection)?.into_iter().map(Due::mail).collect()
}

pub(super) fn settle(
    tx: &mut Tx<'_>,
    id: MailId,
    attempt: u32,
    settlement: Settlement,
) -> Result<bool, StoreError> {
    // An attempt that no column holds is nobody's.
    let attempt = i32::try_from(attempt).unwrap_or(i32::MAX);
    let mine = mail::table
        .find(id.get())
        .filter(mail::state.eq(WAITING))
        .filter(mail::attempts.eq(attempt));
    let end = |state| (mail::state.eq(state), mail::nonce.eq(None::<&[u8]>));
    let rows = match settlement {
        Settlement::Sent => diesel::update(mine).set(end("sent")).execute(tx.connection),
        Settlement::Failed => diesel::update(mine).set(end("failed")).execute(tx.connection),
        Settlement::Again(at) => {
            diesel::update(mine).set(mail::due_at.eq(at.micros())).execute(tx.connection)
        }
    };
    Ok(rows.store()? == 1)
}
