//! Outcomes of mutations under the keys their callers chose: written in the same transaction as the effect, so that a
//! repeat finds either both or neither.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};
use regulars_kernel::{StoreError, Timestamp};

use crate::{connection::on_inner, error::IntoStore, schema::idempotency, tx::Tx};

/// What names one mutation for ever: who asked, for whom, what, under which key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The merchant's number; 0 where none is involved.
    pub merchant: i64,
    /// The person's number, or an application's below zero; 0 for callers without one.
    pub actor: i64,
    /// The root field.
    pub mutation: String,
    /// The caller's key: 1 to 255 characters.
    pub key: String,
    /// SHA-256 over the canonical arguments.
    pub fingerprint: Vec<u8>,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Never seen.
    New,
    /// Seen with these very arguments: the outcome that was recorded.
    Recorded(String),
    /// Seen with other arguments.
    Conflict,
}

impl Tx<'_> {
    /// Claims a key: [`Outcome::New`] means that the effect may happen now and [`Self::record_outcome`] must follow in this
    /// transaction. Whoever comes with the same key at the same time waits here for the first to end.
    pub fn claim(&mut self, key: &IdempotencyKey, now: Timestamp) -> Result<Outcome, StoreError> {
        let row = (
            idempotency::merchant_id.eq(key.merchant),
            idempotency::actor_id.eq(key.actor),
            idempotency::mutation.eq(&key.mutation),
            idempotency::idempotency_key.eq(&key.key),
            idempotency::fingerprint.eq(&key.fingerprint),
            idempotency::outcome.eq(""),
            idempotency::created_at.eq(now.micros()),
        );
        let inserted = on_inner!(self.connection, inner => diesel::insert_into(idempotency::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(inner))
        .store()?;
        if inserted == 1 {
            return Ok(Outcome::New);
        }
        let seen: Option<(Vec<u8>, String)> = idempotency::table
            .find((key.merchant, key.actor, &key.mutation, &key.key))
            .select((idempotency::fingerprint, idempotency::outcome))
            .first(self.connection)
            .optional()
            .store()?;
        match seen {
            Some((fingerprint, outcome)) if fingerprint == key.fingerprint => {
                Ok(Outcome::Recorded(outcome))
            }
            Some(_) => Ok(Outcome::Conflict),
            None => Err(StoreError::Contended),
        }
    }

    /// Records the outcome of a claimed key.
    pub fn record_outcome(
        &mut self,
        key: &IdempotencyKey,
        outcome: &str,
    ) -> Result<(), StoreError> {
        let row = idempotency::table.find((key.merchant, key.actor, &key.mutation, &key.key));
        diesel::update(row)
            .set(idempotency::outcome.eq(outcome))
            .execute(self.connection)
            .store()?;
        Ok(())
    }
}
