//! What accounts hold and have set aside, and which of them something is over.

use diesel::sql_types::BigInt;
use regulars_kernel::{AccountId, HoldId, LotId, MerchantId, Points, StoreError, Timestamp};
use regulars_loyalty::{
    Account, Hold, HoldLot, HoldState, Holdings, IntentState,
    ledger_store::NewHold,
    posting::{Locked, Unpostable},
};

use super::{keep_account, push_owned, require_owned};
use crate::{
    Tx,
    loyalty::{
        book::{self, LotRow, LotSql},
        inserted, listed,
    },
    statement::{Bind, Statement},
};

/// A hold, and its part of one lot.
type HeldRow = (i64, i64, i64, i64, i64, i64);

pub(super) fn holdings(tx: &mut Tx<'_>, account: &Account) -> Result<Holdings, StoreError> {
    require_owned(tx, account)?;
    let (merchant, id) = (account.merchant.get(), account.id.get());
    let lots: Vec<LotRow> = Statement::<LotSql>::new("SELECT l.account_id, ")
        .sql(book::LOT)
        .sql(" FROM lot l WHERE l.merchant_id = ")
        .bind(merchant)
        .sql(" AND l.account_id = ")
        .bind(id)
        .sql(" AND l.remaining > 0 ORDER BY l.id")
        .load(tx.connection)?;
    let mut holdings =
        Holdings { lots: lots.into_iter().map(book::lot).collect(), ..Holdings::default() };
    if account.held == Points::ZERO {
        return Ok(holdings);
    }
    let rows: Vec<HeldRow> = Statement::<(BigInt, BigInt, BigInt, BigInt, BigInt, BigInt)>::new(
        "SELECT h.id, h.amount, h.until, h.created_at, p.lot_id, p.amount FROM hold h \
         JOIN hold_lot p ON p.merchant_id = h.merchant_id AND p.hold_id = h.id \
         WHERE h.merchant_id = ",
    )
    .bind(merchant)
    .sql(" AND h.account_id = ")
    .bind(id)
    .sql(" AND h.state = 'OPEN' ORDER BY h.id, p.lot_id")
    .load(tx.connection)?;
    for (hold, amount, until, created_at, lot, part) in rows {
        let hold_id = HoldId::new(hold);
        if holdings.holds.last().is_none_or(|last| last.id != hold_id) {
            holdings.holds.push(Hold {
                id: hold_id,
                account: account.id,
                amount: Points::new(amount),
                until: Timestamp::from_micros(until),
                state: HoldState::Open,
                created_at: Timestamp::from_micros(created_at),
                ended_at: None,
            });
        }
        let (lot, amount) = (LotId::new(lot), Points::new(part));
        holdings.parts.push(HoldLot { hold: hold_id, lot, amount });
    }
    Ok(holdings)
}

pub(super) fn put_hold(
    tx: &mut Tx<'_>,
    account: &mut Locked,
    hold: &NewHold,
) -> Result<Hold, StoreError> {
    let before = account.account().clone();
    require_owned(tx, &before)?;
    let mut sum = hold.parts.iter().map(|(_, part)| *part);
    let amount = sum.try_fold(Points::ZERO, Points::checked_add);
    let amount = amount.ok_or(Unpostable::Overflow)?;
    let held = before.held.checked_add(amount).ok_or(Unpostable::Overflow)?;
    let after = Account { held, ..before.clone() };
    let statement = Statement::<BigInt>::new(
        "INSERT INTO hold (merchant_id, account_id, amount, until, state, created_at) VALUES (",
    );
    let statement = listed(
        statement,
        [
            before.merchant.get().into(),
            before.id.get().into(),
            amount.get().into(),
            hold.until.micros().into(),
            HoldState::Open.name().into(),
            hold.created_at.micros().into(),
        ],
    );
    let id = HoldId::new(inserted(tx, statement)?);
    for (lot, part) in &hold.parts {
        let statement = Statement::<()>::new(
            "INSERT INTO hold_lot (merchant_id, hold_id, lot_id, amount) VALUES (",
        );
        let values = [before.merchant.get(), id.get(), lot.get(), part.get()];
        listed(statement, values.map(Bind::from)).execute(tx.connection)?;
    }
    keep_account(tx, &before, &after)?;
    let row = Hold {
        id,
        account: before.id,
        amount,
        until: hold.until,
        state: HoldState::Open,
        created_at: hold.created_at,
        ended_at: None,
    };
    account.advance(after);
    Ok(row)
}

pub(super) fn end_hold(
    tx: &mut Tx<'_>,
    account: &mut Locked,
    hold: &Hold,
    (state, at): (HoldState, Timestamp),
) -> Result<(), StoreError> {
    end(tx, account, hold, (state, at))?;
    let ended = IntentState::from(state);
    Statement::<()>::new("UPDATE redemption_intent SET state = ")
        .bind(ended.name())
        .sql(" WHERE merchant_id = ")
        .bind(account.account().merchant.get())
        .sql(" AND hold_id = ")
        .bind(hold.id.get())
        .sql(" AND state = 'OPEN'")
        .execute(tx.connection)?;
    Ok(())
}

/// Ends a hold; the promise that stands on it stays as it is.
pub(super) fn end(
    tx: &mut Tx<'_>,
    account: &mut Locked,
    hold: &Hold,
    (state, at): (HoldState, Timestamp),
) -> Result<(), StoreError> {
    let before = account.account().clone();
    require_owned(tx, &before)?;
    let touched = Statement::<()>::new("UPDATE hold SET state = ")
        .bind(state.name())
        .sql(", ended_at = ")
        .bind(at.micros())
        .sql(" WHERE merchant_id = ")
        .bind(before.merchant.get())
        .sql(" AND account_id = ")
        .bind(before.id.get())
        .sql(" AND id = ")
        .bind(hold.id.get())
        .sql(" AND state = 'OPEN'")
        .execute(tx.connection)?;
    if touched != 1 {
        return Err(StoreError::OutOfScope("the hold is not open"));
    }
    let held = before.held.checked_sub(hold.amount).unwrap_or_default();
    let after = Account { held, ..before.clone() };
    keep_account(tx, &before, &after)?;
    account.advance(after);
    Ok(())
}

/// Has the promise that stood on one hold stand on another.
pub(super) fn repoint(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    from: HoldId,
    to: HoldId,
) -> Result<(), StoreError> {
    Statement::<()>::new("UPDATE redemption_intent SET hold_id = ")
        .bind(to.get())
        .sql(" WHERE merchant_id = ")
        .bind(merchant.get())
        .sql(" AND hold_id = ")
        .bind(from.get())
        .execute(tx.connection)?;
    Ok(())
}

pub(super) fn due(
    tx: &mut Tx<'_>,
    after: Option<AccountId>,
    now: Timestamp,
    most: u16,
) -> Result<Vec<AccountId>, StoreError> {
    let now = now.micros();
    let mut statement = Statement::<BigInt>::new(
        "SELECT DISTINCT a.id FROM account a JOIN (\
         SELECT h.merchant_id, h.account_id FROM hold h WHERE h.state = 'OPEN' AND h.until <= ",
    )
    .bind(now)
    .sql(
        " UNION ALL SELECT l.merchant_id, l.account_id FROM lot l \
         WHERE l.remaining > 0 AND l.expires_at IS NOT NULL AND l.expires_at <= ",
    )
    .bind(now)
    .sql(
        " AND l.remaining > (SELECT COALESCE(SUM(p.amount), 0) FROM hold_lot p \
         JOIN hold h ON h.merchant_id = p.merchant_id AND h.id = p.hold_id \
         WHERE p.merchant_id = l.merchant_id AND p.lot_id = l.id AND h.state = 'OPEN' \
         AND h.until > ",
    )
    .bind(now)
    .sql(")) d ON d.merchant_id = a.merchant_id AND d.account_id = a.id WHERE TRUE");
    push_owned(&mut statement, tx.scope());
    if let Some(after) = after {
        statement.push(" AND a.id > ");
        statement.push_bind(after.get());
    }
    let rows: Vec<i64> =
        statement.sql(" ORDER BY a.id LIMIT ").bind(i64::from(most)).load(tx.connection)?;
    Ok(rows.into_iter().map(AccountId::new).collect())
}
