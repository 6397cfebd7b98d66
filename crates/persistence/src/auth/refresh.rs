//! Refresh tokens: of each its digest, its family, and whether it was used.

use diesel::{ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, Queryable, RunQueryDsl};
use regulars_auth::{
    SessionId,
    refresh::{KeptRefreshToken, NewRefreshToken, TokenDigest},
};
use regulars_kernel::{PersonId, StoreError, Timestamp};

use crate::{
    Tx,
    error::IntoStore,
    schema::{refresh_token, session},
};

#[derive(Queryable)]
struct Row {
    session: i64,
    session_revoked_at: Option<i64>,
    person: i64,
    expires_at: i64,
    used_at: Option<i64>,
}

pub(super) fn insert(tx: &mut Tx<'_>, token: &NewRefreshToken) -> Result<(), StoreError> {
    let row = (
        refresh_token::session_id.eq(token.session.get()),
        refresh_token::person_id.eq(token.person.get()),
        refresh_token::token_hash.eq(token.digest.bytes().as_slice()),
        refresh_token::created_at.eq(token.created_at.micros()),
        refresh_token::expires_at.eq(token.expires_at.micros()),
    );
    diesel::insert_into(refresh_token::table).values(row).execute(tx.connection).store()?;
    Ok(())
}

pub(super) fn find(
    tx: &mut Tx<'_>,
    digest: &TokenDigest,
) -> Result<Option<KeptRefreshToken>, StoreError> {
    let found: Option<Row> = refresh_token::table
        .inner_join(session::table.on(session::id.eq(refresh_token::session_id)))
        .filter(refresh_token::token_hash.eq(digest.bytes().as_slice()))
        .select((
            session::id,
            session::revoked_at,
            refresh_token::person_id,
            refresh_token::expires_at,
            refresh_token::used_at,
        ))
        .first(tx.connection)
        .optional()
        .store()?;
    Ok(found.map(|row| KeptRefreshToken {
        session: SessionId::new(row.session),
        session_revoked: row.session_revoked_at.is_some(),
        person: PersonId::new(row.person),
        expires_at: Timestamp::from_micros(row.expires_at),
        used_at: row.used_at.map(Timestamp::from_micros),
    }))
}

/// One conditional step: of several transactions at once, the later ones wait for the row and then find it used.
pub(super) fn use_up(
    tx: &mut Tx<'_>,
    digest: &TokenDigest,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let unused = refresh_token::table
        .filter(refresh_token::token_hash.eq(digest.bytes().as_slice()))
        .filter(refresh_token::used_at.is_null());
    let rows = diesel::update(unused)
        .set(refresh_token::used_at.eq(Some(at.micros())))
        .execute(tx.connection)
        .store()?;
    Ok(rows == 1)
}
