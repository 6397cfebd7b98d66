//! A transaction: what implements the ports of the domain crates.

use std::convert::Infallible;

use diesel::{connection::TransactionManager, sql_types::Integer};
use regulars_kernel::{MerchantId, Scope, StoreError};

use crate::{
    connection::{AnyConnection, Transactions},
    customer::Bounds,
    deadline,
    error::IntoStore,
    statement::Statement,
};

/// An open transaction within a scope. It implements every domain crate's port; nothing is read or written without one.
pub struct Tx<'c> {
    pub(crate) connection: &'c mut AnyConnection,
    scope: Scope,
    writes: bool,
    /// Whether to become who asks as soon as that is known: see [`Self::narrow_to_bearer`].
    narrows: bool,
    bounds: Bounds,
}

impl<'c> Tx<'c> {
    /// One that writes.
    pub(crate) const fn new(connection: &'c mut AnyConnection, scope: Scope) -> Self {
        Self { connection, scope, writes: true, narrows: false, bounds: Bounds::USUAL }
    }

    /// One that only reads.
    pub(crate) const fn reading(connection: &'c mut AnyConnection, scope: Scope) -> Self {
        Self { connection, scope, writes: false, narrows: false, bounds: Bounds::USUAL }
    }

    /// What ends a statement whose rows nobody else may change before this transaction ends. Rows that refer to them can
    /// still come. SQLite has one writer, and whoever only reads locks nothing.
    pub(crate) const fn lock(&self) -> &'static str {
        match (&self.connection, self.writes) {
            (AnyConnection::Pg(_), true) => " FOR NO KEY UPDATE",
            _ => "",
        }
    }

    /// Has everybody else who locks the same text wait until this transaction ends: for what is to stay absent, which has
    /// no row to lock. Nothing where this transaction only reads, and on SQLite, which has one writer.
    pub(crate) fn lock_text(&mut self, text: &str) -> Result<(), StoreError> {
        if self.lock().is_empty() {
            return Ok(());
        }
        let statement = Statement::<Integer>::new(
            "SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtextextended(",
        )
        .bind(text)
        .sql(", 0))) l");
        statement.first::<i32>(self.connection)?;
        Ok(())
    }

    /// Where searches give up one way and go the other.
    pub(crate) const fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Has searches of this transaction give up each way after so few rows that tests reach every way. They find the same.
    #[doc(hidden)]
    pub const fn bound_searches(&mut self, rows: i64) {
        self.bounds = Bounds {
            look_through: rows,
            look_through_ordered: rows,
            rare: rows,
            look_through_orders: rows,
        };
    }

    /// Has the look-up of a token's bearer ([`regulars_auth::AuthStore::find_standing`]) narrow a reading transaction to the
    /// bearer's own scope: on PostgreSQL in the same round trip, so that what is asked next need not begin with another.
    /// The closure that holds this transaction must ask nothing of the wider scope afterwards: it is refused.
    pub const fn narrow_to_bearer(&mut self) {
        self.narrows = !self.writes;
    }

    /// Whether the bearer's look-up is to narrow PostgreSQL's walls.
    pub(crate) const fn narrows(&self) -> bool {
        self.narrows && matches!(self.connection, AnyConnection::Pg(_))
    }

    /// Goes on within the scope to which a statement has narrowed the walls.
    pub(crate) const fn has_narrowed(&mut self, scope: Scope) {
        self.scope = scope;
    }

    /// Whose data this transaction touches.
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// The merchant whose data this is; an error where the scope is not one merchant's.
    pub(crate) fn merchant(&self) -> Result<MerchantId, StoreError> {
        self.scope.merchant().ok_or(StoreError::OutOfScope("a merchant's scope is needed"))
    }

    /// Refuses to go on outside the platform's scope.
    pub(crate) fn platform(&self) -> Result<(), StoreError> {
        match self.scope {
            Scope::Platform => Ok(()),
            Scope::Merchant(_) | Scope::Person(_) => {
                Err(StoreError::OutOfScope("the platform's scope is needed"))
            }
        }
    }

    /// Refuses with `refusal` to write what is a merchant's, unless the transaction is that merchant's or the platform's.
    pub(crate) fn require_merchant(
        &self,
        merchant: MerchantId,
        refusal: StoreError,
    ) -> Result<(), StoreError> {
        match self.scope {
            Scope::Merchant(own) if own == merchant => Ok(()),
            Scope::Platform => Ok(()),
            Scope::Merchant(_) | Scope::Person(_) => Err(refusal),
        }
    }

    /// Runs a step, and undoes it where it is only to be seen what it would answer.
    pub fn try_out<T, E: From<StoreError>>(
        &mut self,
        dry_run: bool,
        step: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        if !dry_run {
            return step(self);
        }
        match self.attempt(|tx| Err::<Infallible, _>(step(tx)))? {
            Err(outcome) => outcome,
            Ok(never) => match never {},
        }
    }

    /// Runs a step whose effects are undone if it ends in `Err`, while the transaction goes on: a refusal is an answer,
    /// and what records it must survive.
    pub fn attempt<T, E>(
        &mut self,
        step: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<Result<T, E>, StoreError> {
        Transactions::begin_transaction(self.connection).store()?;
        let outcome = step(&mut Tx {
            connection: self.connection,
            scope: self.scope,
            writes: self.writes,
            narrows: false,
            bounds: self.bounds,
        });
        if outcome.is_ok() {
            Transactions::commit_transaction(self.connection).store()?;
        } else {
            let undone = Transactions::rollback_transaction(self.connection).store();
            // SQLite takes the whole transaction with a write that it interrupts.
            undone.map_err(|error| {
                if deadline::has_passed() { StoreError::DeadlineExceeded } else { error }
            })?;
        }
        Ok(outcome)
    }
}
