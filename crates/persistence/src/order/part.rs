//! What belongs to orders, a row for each: in reach where the order `c` is, and in its currency.

use std::marker::PhantomData;

use diesel::{PgConnection, SqliteConnection, query_dsl::methods::LoadQuery};
use regulars_kernel::{OrderId, StoreAccess, StoreError};

use super::filter::{Purpose, push_scope, push_within};
use crate::{
    Tx,
    statement::{Bind, Statement},
};

/// Rows `i` of a table that names orders: the statement up to where they are joined.
pub(super) struct Part<ST> {
    select: &'static str,
    answers: PhantomData<ST>,
}

impl<ST> Part<ST> {
    pub(super) const fn new(select: &'static str) -> Self {
        Self { select, answers: PhantomData }
    }

    /// The statement, with a `WHERE` that goes on.
    fn statement(&self, tx: &Tx<'_>, within: &StoreAccess) -> Statement<ST> {
        let mut statement = Statement::new(self.select);
        statement
            .push("JOIN orders c ON c.merchant_id = i.merchant_id AND c.id = i.order_id WHERE ");
        push_scope(&mut statement, tx.scope());
        push_within(&mut statement, within, true, Purpose::List);
        statement
    }
}

/// The rows of each of the orders, by ascending id; orders without any are left out.
pub(super) fn per_order<ST, R, T>(
    tx: &mut Tx<'_>,
    part: &Part<ST>,
    orders: &[OrderId],
    within: &StoreAccess,
    order_of: impl Fn(&T) -> OrderId,
) -> Result<Vec<(OrderId, Vec<T>)>, StoreError>
where
    Statement<ST>:
        for<'q> LoadQuery<'q, PgConnection, R> + for<'q> LoadQuery<'q, SqliteConnection, R>,
    T: TryFrom<R, Error = StoreError>,
{
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = part.statement(tx, within);
    statement.push(" AND c.id");
    statement.push_is_in(orders.iter().map(|id| id.get()).collect::<Bind>());
    statement.push(" ORDER BY i.order_id, i.id");
    let rows: Vec<R> = statement.load(tx.connection)?;
    let mut grouped: Vec<(OrderId, Vec<T>)> = Vec::new();
    for row in rows {
        let row = T::try_from(row)?;
        match grouped.last_mut() {
            Some((order, rows)) if *order == order_of(&row) => rows.push(row),
            _ => grouped.push((order_of(&row), vec![row])),
        }
    }
    Ok(grouped)
}

/// Rows by id, in no order.
pub(super) fn by_ids<ST, R, T>(
    tx: &mut Tx<'_>,
    part: &Part<ST>,
    ids: impl ExactSizeIterator<Item = i64>,
    within: &StoreAccess,
) -> Result<Vec<T>, StoreError>
where
    Statement<ST>:
        for<'q> LoadQuery<'q, PgConnection, R> + for<'q> LoadQuery<'q, SqliteConnection, R>,
    T: TryFrom<R, Error = StoreError>,
{
    if ids.len() == 0 {
        return Ok(Vec::new());
    }
    let mut statement = part.statement(tx, within);
    if let Some(merchant) = tx.scope().merchant() {
        statement.push(" AND i.merchant_id = ");
        statement.push_bind(merchant.get());
    }
    statement.push(" AND i.id");
    statement.push_is_in(ids.collect::<Bind>());
    let rows: Vec<R> = statement.load(tx.connection)?;
    rows.into_iter().map(T::try_from).collect()
}

/// Inserts rows of numbers behind `INSERT INTO … VALUES `, in one statement; none for no rows.
pub(super) fn insert_numbers<const N: usize>(
    tx: &mut Tx<'_>,
    insert_into: &'static str,
    rows: &[[i64; N]],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement = Statement::<()>::new(insert_into);
    statement.vary();
    for (place, row) in rows.iter().enumerate() {
        statement.push(if place == 0 { "(" } else { ", (" });
        for (column, value) in row.iter().enumerate() {
            if column > 0 {
                statement.push(", ");
            }
            statement.push_bind(*value);
        }
        statement.push(")");
    }
    statement.execute(tx.connection).map(drop)
}
