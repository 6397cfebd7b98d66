//! The purchase history: which orders somebody sees, as one list, and of each of many consumers or stores at once.
//!
//! A merchant's people who may see orders see those of their own stores; consumers see their own orders, at any merchant;
//! nobody else sees any. A filter that names a person or a store which the asker does not see finds nothing.

use regulars_customer::CustomerStore;
use regulars_kernel::{Actor, Page, PageRequest, PersonId, StoreId, Timestamp};

use crate::{Order, OrderError, OrderFilter, OrderQuery, OrderSort, OrderStore, order::reach};

/// A page of orders, newest first unless told.
pub fn list(
    tx: &mut (impl OrderStore + CustomerStore),
    actor: &Actor,
    filter: OrderFilter,
    page: &PageRequest<OrderSort>,
    now: Timestamp,
) -> Result<Page<Order>, OrderError> {
    match query(tx, actor, filter, now)? {
        Some(query) => Ok(tx.list_orders(&query, page)?),
        None => Ok(Page::empty()),
    }
}

/// How many orders all pages of [`list`] have.
pub fn count(
    tx: &mut (impl OrderStore + CustomerStore),
    actor: &Actor,
    filter: OrderFilter,
    now: Timestamp,
) -> Result<u64, OrderError> {
    match query(tx, actor, filter, now)? {
        Some(query) => Ok(tx.count_orders(&query)?),
        None => Ok(0),
    }
}

/// The same page of each consumer's orders. Consumers without an order on that page may be left out.
pub fn per_consumer(
    tx: &mut (impl OrderStore + CustomerStore),
    actor: &Actor,
    consumers: &[PersonId],
    filter: OrderFilter,
    page: &PageRequest<OrderSort>,
    now: Timestamp,
) -> Result<Vec<(PersonId, Page<Order>)>, OrderError> {
    match query(tx, actor, filter, now)? {
        Some(query) => Ok(tx.orders_per_consumer(consumers, &query, page)?),
        None => Ok(Vec::new()),
    }
}

/// How many orders each consumer has. Consumers without one may be left out.
pub fn count_per_consumer(
    tx: &mut (impl OrderStore + CustomerStore),
    actor: &Actor,
    consumers: &[PersonId],
    filter: OrderFilter,
    now: Timestamp,
) -> Result<Vec<(PersonId, u64)>, OrderError> {
    match query(tx, actor, filter, now)? {
        Some(query) => Ok(tx.count_orders_per_consumer(consumers, &query)?),
        None => Ok(Vec::new()),
    }
}

/// The same page of each store's orders. Stores without an order on that page may be left out.
pub fn per_store(
    tx: &mut (impl OrderStore + CustomerStore),
    actor: &Actor,
    stores: &[StoreId],
    filter: OrderFilter,
    page: &PageRequest<OrderSort>,
    now: Timestamp,
) -> Result<Vec<(StoreId, Page<Order>)>, OrderError> {
    match query(tx, actor, filter, now)? {
        Some(query) => Ok(tx.orders_per_store(stores, &query, page)?),
        None => Ok(Vec::new()),
    }
}

/// How many orders each store has. Stores without one may be left out.
pub fn count_per_store(
    tx: &mut (impl OrderStore + CustomerStore),
    actor: &Actor,
    stores: &[StoreId],
    filter: OrderFilter,
    now: Timestamp,
) -> Result<Vec<(StoreId, u64)>, OrderError> {
    match query(tx, actor, filter, now)? {
        Some(query) => Ok(tx.count_orders_per_store(stores, &query)?),
        None => Ok(Vec::new()),
    }
}

/// What the rows are to be asked for; `None` where no order can pass.
fn query(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    filter: OrderFilter,
    now: Timestamp,
) -> Result<Option<OrderQuery>, OrderError> {
    let mut query = filter.query(reach(actor)?, now)?;
    if let Actor::Consumer { person } = *actor {
        if query.consumer.is_some_and(|asked| asked != person) {
            return Ok(None);
        }
        query.consumer = Some(person);
        // A consumer is known by the account, not by what some merchant sees of it.
        if !query.buyer.is_anyone() {
            let buyer = std::mem::take(&mut query.buyer);
            let fits = tx.people(&[person])?.iter().any(|account| buyer.fits_account(account));
            return Ok(fits.then_some(query));
        }
    }
    Ok(Some(query))
}
