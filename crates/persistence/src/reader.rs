//! Reading: one transaction, opened at first use, serves a whole answer, and every nested load joins it.

use std::time::Instant;

use diesel::{
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    result::Error,
};
use regulars_kernel::{Scope, StoreError};

use crate::{
    connection::{AnyConnection, Link, Manager, Purpose, Transactions, unavailable},
    deadline,
    error::IntoStore,
    tx::Tx,
    wall,
};

enum Source {
    /// A query thread's own connection, kept from request to request.
    Own {
        link: Option<Link>,
        manager: Manager,
    },
    Pooled(r2d2::PooledConnection<Manager>),
}

/// A connection that reads for one request at a time.
pub struct Reader {
    source: Source,
    deadline: Option<Instant>,
    /// The scope of the open transaction's walls; none where no transaction is open.
    open: Option<Scope>,
    statements_before: u64,
}

impl Reader {
    pub(crate) const fn own(manager: Manager) -> Self {
        Self::over(Source::Own { link: None, manager })
    }

    pub(crate) const fn pooled(link: r2d2::PooledConnection<Manager>) -> Self {
        Self::over(Source::Pooled(link))
    }

    const fn over(source: Source) -> Self {
        Self { source, deadline: None, open: None, statements_before: 0 }
    }

    /// Starts a new request: ends what the last one left open and takes the new deadline.
    pub fn start(&mut self, deadline: Option<Instant>) {
        self.finish();
        self.refresh();
        self.deadline = deadline;
        self.statements_before = self.seen();
    }

    /// Lets go of an own connection that plans by old statistics, and of statements where too many are kept.
    fn refresh(&mut self) {
        let Source::Own { link: Some(link), manager } = &mut self.source else { return };
        if manager.is_outdated(link) || link.trim().is_err() {
            self.discard();
        }
    }

    /// Reads within a scope, in the request's transaction; the first call opens it, and one of another scope moves
    /// PostgreSQL's walls. After an error the transaction is over and the next call opens another.
    pub fn read<T, E: From<StoreError>>(
        &mut self,
        scope: Scope,
        read: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let deadline = self.deadline;
        if deadline.is_some_and(|end| Instant::now() >= end) {
            return Err(StoreError::DeadlineExceeded.into());
        }
        let open = self.open;
        let link = self.link()?;
        let guard = deadline::until(deadline);
        match open {
            None => begin(link, scope, deadline)?,
            Some(within) if within != scope => {
                if let Err(error) = move_walls(link, scope) {
                    self.finish();
                    return Err(error.into());
                }
            }
            Some(_) => {}
        }
        let mut tx = Tx::reading(&mut link.connection, scope);
        let outcome = read(&mut tx);
        let within = tx.scope();
        drop(guard);
        self.open = Some(within);
        if outcome.is_err() {
            self.finish();
        }
        outcome
    }

    /// Ends the request's transaction.
    pub fn finish(&mut self) {
        if self.open.take().is_none() {
            return;
        }
        if let Ok(link) = self.link() {
            let ended = Transactions::rollback_transaction(&mut link.connection);
            if ended.is_err() || link.is_broken() {
                self.discard();
            }
        }
    }

    /// Whether this is a thread's own connection rather than one of the pool's.
    pub const fn is_own(&self) -> bool {
        matches!(self.source, Source::Own { .. })
    }

    /// How many statements this request has sent so far, those that open and end transactions included.
    pub fn statements(&self) -> u64 {
        self.seen().saturating_sub(self.statements_before)
    }

    fn seen(&self) -> u64 {
        match &self.source {
            Source::Own { link, .. } => link.as_ref().map_or(0, |link| link.watch.statements()),
            Source::Pooled(link) => link.watch.statements(),
        }
    }

    fn discard(&mut self) {
        if let Source::Own { link, .. } = &mut self.source {
            *link = None;
            self.statements_before = 0;
        }
    }

    #[expect(clippy::single_match_else, reason = "an early return would borrow for too long")]
    fn link(&mut self) -> Result<&mut Link, StoreError> {
        match &mut self.source {
            Source::Pooled(link) => Ok(link),
            Source::Own { link, manager } => {
                if link.as_mut().is_some_and(Link::is_unusable) {
                    *link = None;
                }
                match link {
                    Some(link) => Ok(link),
                    None => {
                        let opened =
                            manager.open(Purpose::Reading).map_err(|error| unavailable(&error))?;
                        self.statements_before = opened.watch.statements();
                        Ok(link.insert(opened))
                    }
                }
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.finish();
    }
}

fn begin(link: &mut Link, scope: Scope, deadline: Option<Instant>) -> Result<(), StoreError> {
    let limit = link.statement_timeout;
    let begun = match &mut link.connection {
        AnyConnection::Pg(pg) => {
            let begin = "BEGIN READ ONLY ISOLATION LEVEL REPEATABLE READ";
            wall::begin(pg, &wall::opening(begin, scope, deadline, limit))
        }
        AnyConnection::Sqlite(sqlite) => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN")
        }
    };
    match begun {
        Err(Error::AlreadyInTransaction) => {
            Err(StoreError::OutOfScope("a transaction was left open"))
        }
        other => other.store(),
    }
}

/// SQLite has no walls; the statements' own scopes stand alone there.
fn move_walls(link: &mut Link, scope: Scope) -> Result<(), StoreError> {
    match &mut link.connection {
        AnyConnection::Pg(pg) => pg.batch_execute(&wall::moving(scope)).store(),
        AnyConnection::Sqlite(_) => Ok(()),
    }
}
