//! Sessions: rows that a log-in begins.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use regulars_auth::SessionId;
use regulars_kernel::{PersonId, StoreError, Timestamp};

use crate::{Tx, error::IntoStore, schema::session};

pub(super) fn insert(
    tx: &mut Tx<'_>,
    person: PersonId,
    at: Timestamp,
) -> Result<SessionId, StoreError> {
    let row = (session::person_id.eq(person.get()), session::created_at.eq(at.micros()));
    let id: i64 = diesel::insert_into(session::table)
        .values(row)
        .returning(session::id)
        .get_result(tx.connection)
        .store()?;
    Ok(SessionId::new(id))
}

pub(super) fn revoke(
    tx: &mut Tx<'_>,
    session: SessionId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let open = session::table.find(session.get()).filter(session::revoked_at.is_null());
    let rows = diesel::update(open)
        .set(session::revoked_at.eq(Some(at.micros())))
        .execute(tx.connection)
        .store()?;
    Ok(rows == 1)
}

pub(super) fn revoke_all(
    tx: &mut Tx<'_>,
    person: PersonId,
    at: Timestamp,
) -> Result<usize, StoreError> {
    let own = session::table.filter(session::person_id.eq(person.get()));
    diesel::update(own.filter(session::revoked_at.is_null()))
        .set(session::revoked_at.eq(Some(at.micros())))
        .execute(tx.connection)
        .store()
}
