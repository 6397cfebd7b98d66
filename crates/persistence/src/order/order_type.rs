//! How orders are fulfilled.

use diesel::{QueryDsl, RunQueryDsl};
use regulars_kernel::{OrderTypeId, StoreError};
use regulars_order::OrderType;

use crate::{Tx, error::IntoStore, schema::order_type};

pub(super) fn list(tx: &mut Tx<'_>) -> Result<Vec<OrderType>, StoreError> {
    let rows: Vec<(i64, String)> = order_type::table
        .select((order_type::id, order_type::name))
        .order(order_type::id)
        .load(tx.connection)
        .store()?;
    Ok(rows.into_iter().map(|(id, name)| OrderType { id: OrderTypeId::new(id), name }).collect())
}
