//! Rows that nobody asks for any more, deleted a batch at a time so that no write waits long behind it.

use regulars_kernel::{StoreError, Timestamp};

use crate::{statement::Statement, tx::Tx};

impl Tx<'_> {
    /// Forgets outcomes of mutations recorded before an instant, the oldest first and at most so many, and answers how many
    /// it were. Their keys are new again.
    pub fn forget_outcomes(&mut self, before: Timestamp, most: u16) -> Result<usize, StoreError> {
        self.platform()?;
        let key = "(merchant_id, actor_id, mutation, idempotency_key)";
        Statement::<()>::new("DELETE FROM idempotency WHERE ")
            .sql(key)
            .sql(
                " IN (SELECT merchant_id, actor_id, mutation, idempotency_key FROM idempotency \
                 WHERE created_at < ",
            )
            .bind(before.micros())
            .sql(" ORDER BY created_at LIMIT ")
            .bind(i64::from(most))
            .sql(")")
            .execute(self.connection)
    }

    /// Forgets refresh tokens that expired before an instant, likewise. Used ones are kept as long: whoever presents one
    /// again ends its family.
    pub fn forget_refresh_tokens(
        &mut self,
        before: Timestamp,
        most: u16,
    ) -> Result<usize, StoreError> {
        self.platform()?;
        Statement::<()>::new(
            "DELETE FROM refresh_token WHERE id IN \
             (SELECT id FROM refresh_token WHERE expires_at < ",
        )
        .bind(before.micros())
        .sql(" ORDER BY expires_at LIMIT ")
        .bind(i64::from(most))
        .sql(")")
        .execute(self.connection)
    }

    /// Forgets mails whose tokens expired before an instant, likewise.
    pub fn forget_mails(&mut self, before: Timestamp, most: u16) -> Result<usize, StoreError> {
        self.platform()?;
        Statement::<()>::new(
            "DELETE FROM mail WHERE id IN (SELECT id FROM mail WHERE expires_at < ",
        )
        .bind(before.micros())
        .sql(" ORDER BY expires_at LIMIT ")
        .bind(i64::from(most))
        .sql(")")
        .execute(self.connection)
    }

    /// Deletes entries of the audit log from before an instant, likewise.
    pub fn forget_audit(&mut self, before: Timestamp, most: u16) -> Result<usize, StoreError> {
        self.platform()?;
        Statement::<()>::new("DELETE FROM audit_entry WHERE (merchant_id, id) IN ")
            .sql("(SELECT merchant_id, id FROM audit_entry WHERE created_at < ")
            .bind(before.micros())
            .sql(" ORDER BY created_at LIMIT ")
            .bind(i64::from(most))
            .sql(")")
            .execute(self.connection)
    }

    /// Deletes rows of the change feed that were written before an instant, likewise; but of each merchant the last of them,
    /// which says to whoever has followed no further that they missed something.
    pub fn forget_feed(&mut self, before: Timestamp, most: u16) -> Result<usize, StoreError> {
        self.platform()?;
        Statement::<()>::new(
            "DELETE FROM feed_entry WHERE (merchant_id, transaction_id, id) IN \
             (SELECT o.merchant_id, o.transaction_id, o.id FROM feed_entry o WHERE o.recorded_at < ",
        )
        .bind(before.micros())
        .sql(
            " AND (SELECT n.recorded_at FROM feed_entry n WHERE n.merchant_id = o.merchant_id \
             AND (n.transaction_id, n.id) > (o.transaction_id, o.id) ORDER BY n.transaction_id, n.id LIMIT 1) < ",
        )
        .bind(before.micros())
        .sql(" ORDER BY o.recorded_at, o.id LIMIT ")
        .bind(i64::from(most))
        .sql(")")
        .execute(self.connection)
    }

    /// Forgets sessions that began before an instant and have no refresh token left, likewise. The instant must lie so far
    /// back that no access token of theirs is good any more.
    pub fn forget_sessions(&mut self, before: Timestamp, most: u16) -> Result<usize, StoreError> {
        self.platform()?;
        Statement::<()>::new(
            "DELETE FROM session WHERE id IN (SELECT s.id FROM session s WHERE s.created_at < ",
        )
        .bind(before.micros())
        .sql(
            " AND NOT EXISTS (SELECT 1 FROM refresh_token t WHERE t.session_id = s.id) \
             ORDER BY s.created_at LIMIT ",
        )
        .bind(i64::from(most))
        .sql(")")
        .execute(self.connection)
    }
}

#[cfg(test)]
mod tests {
    use regulars_kernel::{Scope, StoreError, Timestamp};
    use regulars_testkit::{Engine, fresh};

    use crate::{DatabaseUrl, Db, Settings, Tx, statement::Statement, transactions::migrated};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn left(db: &Db, table: &'static str) -> Vec<i64> {
        let ids = |tx: &mut Tx<'_>| {
            Statement::<diesel::sql_types::BigInt>::new("SELECT ")
                .sql(table)
                .sql(" ORDER BY 1")
                .load(tx.connection)
        };
        db.read::<_, StoreError>(Scope::Platform, ids).unwrap()
    }

    const ROWS: [&str; 6] = [
        "INSERT INTO person (id, user_type, registered, created_at, updated_at) \
         VALUES (1, 'CONSUMER', TRUE, 0, 0)",
        "INSERT INTO session (id, person_id, created_at) VALUES (1, 1, 1000000), (2, 1, 1000000), \
         (3, 1, 9000000), (4, 1, 2000000)",
        // The second session has a token that is good still, the first one an old and a used one.
        "INSERT INTO refresh_token (session_id, person_id, token_hash, created_at, expires_at, used_at) \
         VALUES (1, 1, CAST('a' AS BYTEA), 0, 2000000, NULL), (1, 1, CAST('b' AS BYTEA), 0, 3000000, 1), \
         (2, 1, CAST('c' AS BYTEA), 0, 9000000, NULL)",
        "INSERT INTO idempotency (merchant_id, actor_id, mutation, idempotency_key, fingerprint, outcome, created_at) \
         VALUES (1, 1, 'x', 'a', CAST('a' AS BYTEA), '', 1000000), (2, 1, 'x', 'b', CAST('a' AS BYTEA), '', 2000000), \
         (3, 1, 'x', 'c', CAST('a' AS BYTEA), '', 3000000)",
        "INSERT INTO mail (person_id, kind, address, state, due_at, token_hash, token_version, created_at, expires_at) \
         VALUES (1, 'activation', 'a', 'sent', 0, CAST('a' AS BYTEA), 0, 0, 2000000), \
         (1, 'activation', 'b', 'failed', 0, CAST('b' AS BYTEA), 0, 0, 1000000), \
         (NULL, 'activation', 'c', 'sent', 0, CAST('c' AS BYTEA), 0, 0, 3000000)",
        "INSERT INTO audit_entry (merchant_id, created_at, actor_kind, action, request_id) \
         VALUES (1, 3000000, 'anonymous', 'x', 'r'), (0, 1000000, 'anonymous', 'x', 'r'), \
         (2, 2000000, 'anonymous', 'x', 'r')",
    ];

    #[test]
    fn what_is_old_is_forgotten_a_batch_at_a_time() {
        for engine in Engine::ALL {
            let database = fresh(engine, migrated);
            let url = DatabaseUrl::parse(database.url()).unwrap();
            let db = Db::open(&Settings::new(url)).unwrap();
            let platform = |work: fn(&mut Tx<'_>) -> Result<usize, StoreError>| {
                db.write(Scope::Platform, None, work).unwrap()
            };
            for row in ROWS {
                let sqlite = row.replace("BYTEA", "BLOB");
                db.write::<_, StoreError, _>(Scope::Platform, None, move |tx| {
                    let statement = Statement::<()>::new("").dialect(row, sqlite.clone());
                    statement.execute(tx.connection)
                })
                .unwrap();
            }
            assert_eq!(platform(|tx| tx.forget_outcomes(at(3), 1)), 1);
            assert_eq!(left(&db, "merchant_id FROM idempotency"), [2, 3], "the oldest first");
            assert_eq!(platform(|tx| tx.forget_outcomes(at(3), 9)), 1);
            assert_eq!(left(&db, "merchant_id FROM idempotency"), [3]);

            assert_eq!(platform(|tx| tx.forget_sessions(at(8), 9)), 1);
            assert_eq!(left(&db, "id FROM session"), [1, 2, 3], "of those without tokens the old");
            assert_eq!(platform(|tx| tx.forget_refresh_tokens(at(8), 1)), 1);
            assert_eq!(platform(|tx| tx.forget_sessions(at(8), 9)), 0);
            assert_eq!(platform(|tx| tx.forget_refresh_tokens(at(8), 9)), 1);
            assert_eq!(platform(|tx| tx.forget_sessions(at(8), 9)), 1);
            assert_eq!(left(&db, "id FROM session"), [2, 3]);
            assert_eq!(platform(|tx| tx.forget_mails(at(3), 1)), 1);
            assert_eq!(left(&db, "expires_at FROM mail"), [2_000_000, 3_000_000]);
            assert_eq!(platform(|tx| tx.forget_mails(at(3), 9)), 1);
            assert_eq!(left(&db, "expires_at FROM mail"), [3_000_000]);
            assert_eq!(platform(|tx| tx.forget_audit(at(3), 1)), 1);
            assert_eq!(left(&db, "created_at FROM audit_entry"), [2_000_000, 3_000_000]);
            assert_eq!(platform(|tx| tx.forget_audit(at(3), 9)), 1);
            assert_eq!(left(&db, "created_at FROM audit_entry"), [3_000_000]);
            let narrow = Scope::Person(regulars_kernel::PersonId::new(1));
            let refused = db.write(narrow, None, |tx| tx.forget_outcomes(at(9), 9));
            assert!(matches!(refused, Err(StoreError::OutOfScope(_))), "{refused:?}");
        }
    }
}
