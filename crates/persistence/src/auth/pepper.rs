//! What is noted of peppers.

use diesel::{QueryDsl, RunQueryDsl};
use regulars_auth::pepper::PepperNote;
use regulars_kernel::{StoreError, Timestamp};

use crate::{Tx, error::IntoStore, schema::pepper_check, statement::Statement};

pub(super) fn notes(tx: &mut Tx<'_>) -> Result<Vec<PepperNote>, StoreError> {
    let rows: Vec<(String, String)> = pepper_check::table
        .select((pepper_check::key_id, pepper_check::digest))
        .order(pepper_check::key_id)
        .load(tx.connection)
        .store()?;
    Ok(rows.into_iter().map(|(key_id, digest)| PepperNote { key_id, digest }).collect())
}

pub(super) fn note(
    tx: &mut Tx<'_>,
    note: &PepperNote,
    replace: bool,
    at: Timestamp,
) -> Result<(), StoreError> {
    let statement =
        Statement::<()>::new("INSERT INTO pepper_check (key_id, digest, noted_at) VALUES (")
            .bind(note.key_id.as_str())
            .sql(", ")
            .bind(note.digest.as_str())
            .sql(", ")
            .bind(at.micros())
            .sql(") ON CONFLICT (key_id) DO ")
            .sql(if replace {
                "UPDATE SET digest = excluded.digest, noted_at = excluded.noted_at"
            } else {
                "NOTHING"
            });
    statement.execute(tx.connection).map(drop)
}
