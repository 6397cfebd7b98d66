//! Work that one of many processes does at a time, by lease.

use regulars_kernel::{StoreError, Timestamp};

use crate::{Tx, statement::Statement};

impl Tx<'_> {
    /// Takes a lease, or prolongs one's own, until an instant; answers whether it is one's own now. A holder that is gone
    /// loses it when its time is up. In the platform's scope.
    pub fn take_lease(
        &mut self,
        name: &'static str,
        holder: &str,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<bool, StoreError> {
        self.platform()?;
        let taken = Statement::<()>::new("INSERT INTO lease (name, holder, until) VALUES (")
            .bind(name)
            .sql(", ")
            .bind(holder)
            .sql(", ")
            .bind(until.micros())
            .sql(
                ") ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until \
                 WHERE lease.holder = excluded.holder OR lease.until <= ",
            )
            .bind(now.micros())
            .execute(self.connection)?;
        Ok(taken == 1)
    }

    /// Gives a lease of one's own back, so that the next need not wait for its end.
    pub fn give_lease_back(&mut self, name: &'static str, holder: &str) -> Result<(), StoreError> {
        self.platform()?;
        Statement::<()>::new("DELETE FROM lease WHERE name = ")
            .bind(name)
            .sql(" AND holder = ")
            .bind(holder)
            .execute(self.connection)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use regulars_kernel::Scope;
    use regulars_testkit::{Engine, fresh};

    use crate::{Db, Settings, connection::DatabaseUrl, transactions::migrated};

    use super::*;

    #[test]
    fn one_holds_a_lease_at_a_time_until_it_ends_or_is_given_back() {
        for engine in Engine::ALL {
            let database = fresh(engine, migrated);
            let db = Db::open(&Settings::new(DatabaseUrl::parse(database.url()).unwrap())).unwrap();
            let at = Timestamp::from_seconds;
            let take = |holder: &'static str, now: i64| {
                let times = (at(now), at(now + 10));
                db.write(Scope::Platform, None, move |tx| tx.take_lease("ledger", holder, times))
                    .unwrap()
            };
            assert!(take("one", 0));
            assert!(!take("two", 9));
            assert!(take("one", 9), "prolonged");
            assert!(!take("two", 18));
            assert!(take("two", 19));
            assert!(!take("one", 20));
            let back = |holder: &'static str| {
                db.write(Scope::Platform, None, move |tx| tx.give_lease_back("ledger", holder))
                    .unwrap();
            };
            back("one");
            assert!(!take("one", 21), "another's is not given back");
            back("two");
            assert!(take("one", 22));
        }
    }
}
