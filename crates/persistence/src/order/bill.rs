//! What an order comes to: the sums over its lines, discounts and tips, in one statement.

use diesel::sql_types::BigInt;
use regulars_kernel::{MerchantId, OrderId, StoreError};
use regulars_order::Bill;

use super::OUT_OF_REACH;
use crate::{Tx, statement::Statement};

pub(super) fn of(tx: &mut Tx<'_>, merchant: MerchantId, id: OrderId) -> Result<Bill, StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)?;
    let mut statement =
        Statement::<(BigInt, BigInt, BigInt, BigInt, BigInt, BigInt)>::new("SELECT ");
    for (select, table) in [
        ("(SELECT count(*) FROM ", "order_item"),
        // Sums of PostgreSQL's are of another type than what they sum.
        (", (SELECT CAST(COALESCE(sum(t.cost), 0) AS BIGINT) FROM ", "order_item"),
        (", (SELECT count(*) FROM ", "order_discount"),
        (", (SELECT CAST(COALESCE(sum(t.amount), 0) AS BIGINT) FROM ", "order_discount"),
        (", (SELECT count(*) FROM ", "order_tip"),
        (", (SELECT CAST(COALESCE(sum(t.amount), 0) AS BIGINT) FROM ", "order_tip"),
    ] {
        statement.push(select);
        statement.push(table);
        statement.push(" t WHERE t.merchant_id = ");
        statement.push_bind(merchant.get());
        statement.push(" AND t.order_id = ");
        statement.push_bind(id.get());
        statement.push(")");
    }
    let row: Option<(i64, i64, i64, i64, i64, i64)> = statement.first(tx.connection)?;
    let (lines, cost, discounts, discounted, tips, tipped) = row.unwrap_or_default();
    Ok(Bill { lines, cost, discounts, discounted, tips, tipped })
}
