//! What lines of orders added to earnings, and who was welcomed.

use diesel::sql_types::BigInt;
use regulars_kernel::{EntryId, LoyaltyCardId, MerchantId, OrderItemId, Points, StoreError};
use regulars_loyalty::{Cause, EarningLine, welcome::WelcomeMark};

use crate::{Tx, statement::Statement};

pub(super) fn put_lines(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    earning: EntryId,
    lines: &[EarningLine],
) -> Result<(), StoreError> {
    tx.require_merchant(merchant, StoreError::OutOfScope("the entry is another's"))?;
    // SQLite is slow to read many short statements, and keeps few long ones: one for each number of lines of a receipt.
    for chunk in lines.chunks(16) {
        let mut statement = Statement::<()>::new(
            "INSERT INTO earning_line (merchant_id, entry_id, order_item_id, base, points) VALUES ",
        );
        for (nth, line) in chunk.iter().enumerate() {
            statement.push(if nth == 0 { "(" } else { ", (" });
            statement.push_bind(merchant.get());
            for value in [earning.get(), line.item.get(), line.base, line.points.get()] {
                statement.push(", ");
                statement.push_bind(value);
            }
            statement.push(")");
        }
        statement.execute(tx.connection)?;
    }
    Ok(())
}

pub(super) fn lines(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    earning: EntryId,
) -> Result<Vec<EarningLine>, StoreError> {
    let rows: Vec<(i64, i64, i64)> = Statement::<(BigInt, BigInt, BigInt)>::new(
        "SELECT order_item_id, base, points FROM earning_line WHERE merchant_id = ",
    )
    .bind(merchant.get())
    .sql(" AND entry_id = ")
    .bind(earning.get())
    .sql(" ORDER BY order_item_id")
    .load(tx.connection)?;
    let line = |(item, base, points)| EarningLine {
        item: OrderItemId::new(item),
        base,
        points: Points::new(points),
    };
    Ok(rows.into_iter().map(line).collect())
}

pub(super) fn clear_lines(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    cause: Cause,
) -> Result<(), StoreError> {
    tx.require_merchant(merchant, StoreError::OutOfScope("the entries are another's"))?;
    Statement::<()>::new("DELETE FROM earning_line WHERE merchant_id = ")
        .bind(merchant.get())
        .sql(" AND entry_id IN (SELECT e.id FROM entry e WHERE e.merchant_id = ")
        .bind(merchant.get())
        .sql(" AND e.cause = ")
        .bind(cause.name())
        .sql(" AND e.cause_id = ")
        .bind(cause.id())
        .sql(")")
        .execute(tx.connection)
        .map(drop)
}

/// A mark that two write at once makes one of them wait, and then find it.
pub(super) fn claim_welcome(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    card: LoyaltyCardId,
    marks: &[WelcomeMark],
) -> Result<bool, StoreError> {
    tx.require_merchant(merchant, StoreError::OutOfScope("the card is another's"))?;
    if marks.is_empty() {
        return Ok(true);
    }
    let claimed = tx.attempt(|tx| {
        for mark in marks {
            let statement = Statement::<()>::new(
                "INSERT INTO welcome_mark (merchant_id, loyalty_card_id, kind, key_id, digest) VALUES (",
            );
            let inserted = statement
                .bind(merchant.get())
                .sql(", ")
                .bind(card.get())
                .sql(", ")
                .bind(mark.kind)
                .sql(", ")
                .bind(mark.key.as_str())
                .sql(", ")
                .bind(mark.digest.as_str())
                .sql(") ON CONFLICT DO NOTHING")
                .execute(tx.connection);
            if inserted.map_err(Claim::Failed)? == 0 {
                return Err(Claim::Known);
            }
        }
        Ok(())
    })?;
    match claimed {
        Ok(()) => Ok(true),
        Err(Claim::Known) => Ok(false),
        Err(Claim::Failed(error)) => Err(error),
    }
}

/// Why a welcome is not noted.
enum Claim {
    Known,
    Failed(StoreError),
}
