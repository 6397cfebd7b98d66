//! Lines of the ledger with all that can still be taken back of them.

use std::collections::{BTreeMap, BTreeSet};

use diesel::sql_types::BigInt;
use regulars_kernel::{AccountId, LotId, LoyaltyCardId, MerchantId, PersonId, Points, StoreError};
use regulars_loyalty::{Account, Cause, Entry, Lot, Traced};

use super::entries;
use crate::{
    Tx,
    loyalty::book::{self, EntryRow, LotRow, LotSql},
    statement::{Bind, Statement},
};

/// What of an entry was taken back so far, by its id.
type Reversed = BTreeMap<i64, (i64, u32)>;

pub(super) fn by_cause(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    cause: Cause,
) -> Result<Vec<Traced>, StoreError> {
    let mut statement = entries(tx.scope())
        .sql(" AND e.merchant_id = ")
        .bind(merchant.get())
        .sql(" AND e.cause_id");
    match cause.id() {
        Some(id) => {
            statement.push(" = ");
            statement.push_bind(id);
        }
        None => statement.push(" IS NULL"),
    }
    let rows: Vec<EntryRow> = statement
        .sql(" AND e.cause = ")
        .bind(cause.name())
        .sql(" AND e.reverses IS NULL ORDER BY e.id")
        .load(tx.connection)?;
    traced(tx, rows.into_iter().map(EntryRow::entry).collect::<Result<_, _>>()?)
}

/// Lines of one merchant, with all that can still be taken back of them.
pub(super) fn traced(tx: &mut Tx<'_>, found: Vec<Entry>) -> Result<Vec<Traced>, StoreError> {
    let Some(first) = found.first() else { return Ok(Vec::new()) };
    let merchant = merchant_of(tx, first.account)?;
    let ids: Vec<i64> = found.iter().map(|entry| entry.id.get()).collect();
    let accounts: Vec<AccountId> = found.iter().map(|entry| entry.account).collect();
    let owners = owners(tx, merchant, &accounts)?;
    let reversed = reversed(tx, merchant, &ids)?;
    let lots = lots(tx, merchant, "entry_id", &ids)?;
    let moved = moved(tx, merchant, &lots)?;
    let uses = uses_of(tx, merchant, &ids)?;
    let used: Vec<i64> = uses.iter().map(|(_, lot, _)| *lot).collect();
    let used = if used.is_empty() { Vec::new() } else { self::lots(tx, merchant, "id", &used)? };
    let trace = |entry: Entry| {
        let id = entry.id.get();
        let (person, card, acts_on) = owners.get(&entry.account)?;
        let (sum, count) = reversed.get(&id).copied().unwrap_or_default();
        let uses = uses.iter().filter(|(of, _, amount)| *of == id && *amount > 0);
        let lot = |id: i64| used.iter().find(|lot| lot.id.get() == id).cloned();
        let uses = uses.filter_map(|(_, id, amount)| Some((lot(*id)?, Points::new(*amount))));
        let came: Vec<Lot> = lots.iter().filter(|lot| lot.entry == entry.id).cloned().collect();
        let own = moved.iter().filter(|(from, _)| came.iter().any(|lot| lot.id.get() == *from));
        Some(Traced {
            person: *person,
            card: *card,
            acts_on: *acts_on,
            own: own.map(|(_, lot)| LotId::new(*lot)).collect(),
            reversed: Points::new(sum),
            reversals: count,
            lots: came,
            uses: uses.collect(),
            entry,
        })
    };
    Ok(found.into_iter().filter_map(trace).collect())
}

fn merchant_of(tx: &mut Tx<'_>, account: AccountId) -> Result<MerchantId, StoreError> {
    if let Some(merchant) = tx.scope().merchant() {
        return Ok(merchant);
    }
    let row: Option<i64> =
        Statement::<BigInt>::new("SELECT a.merchant_id FROM account a WHERE a.id = ")
            .bind(account.get())
            .first(tx.connection)?;
    row.map(MerchantId::new).ok_or(StoreError::OutOfScope("the account is not there"))
}

fn owners(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    accounts: &[AccountId],
) -> Result<BTreeMap<AccountId, (PersonId, LoyaltyCardId, AccountId)>, StoreError> {
    let rows: Vec<(i64, i64, i64, i64)> = Statement::<(BigInt, BigInt, BigInt, BigInt)>::new(
        "SELECT a.id, a.person_id, a.loyalty_card_id, COALESCE(a.merged_into, a.id) FROM account a \
         WHERE a.merchant_id = ",
    )
    .bind(merchant.get())
    .sql(" AND a.id")
    .is_in(accounts.iter().map(|id| id.get()).collect::<Bind>())
    .load(tx.connection)?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(id, person, card, acts)| {
            let owner = (PersonId::new(person), LoyaltyCardId::new(card), AccountId::new(acts));
            (AccountId::new(id), owner)
        })
        .collect())
}

fn reversed(tx: &mut Tx<'_>, merchant: MerchantId, ids: &[i64]) -> Result<Reversed, StoreError> {
    let rows: Vec<(i64, i64, i64)> =
        Statement::<(BigInt, BigInt, BigInt)>::new("SELECT r.reverses, ")
            .dialect("SUM(r.amount)::BIGINT", "SUM(r.amount)")
            .sql(", COUNT(*) FROM entry r WHERE r.merchant_id = ")
            .bind(merchant.get())
            .sql(" AND r.reverses IS NOT NULL AND r.reverses")
            .is_in(ids.iter().copied().collect::<Bind>())
            .sql(" GROUP BY r.reverses")
            .load(tx.connection)?;
    let rows = rows.into_iter();
    Ok(rows.map(|(id, sum, count)| (id, (sum, u32::try_from(count).unwrap_or(u32::MAX)))).collect())
}

/// The lots of which a column has one of those numbers.
fn lots(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    column: &'static str,
    ids: &[i64],
) -> Result<Vec<Lot>, StoreError> {
    let rows: Vec<LotRow> = Statement::<LotSql>::new("SELECT l.account_id, ")
        .sql(book::LOT)
        .sql(" FROM lot l WHERE l.merchant_id = ")
        .bind(merchant.get())
        .sql(" AND l.")
        .sql(column)
        .is_in(ids.iter().copied().collect::<Bind>())
        .sql(" ORDER BY l.id")
        .load(tx.connection)?;
    Ok(rows.into_iter().map(book::lot).collect())
}

/// The lots into which what those held was moved since, by the lot that it came with; those themselves among them.
fn moved(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    lots: &[Lot],
) -> Result<Vec<(i64, i64)>, StoreError> {
    let mut all: BTreeSet<(i64, i64)> =
        lots.iter().map(|lot| (lot.id.get(), lot.id.get())).collect();
    let mut newest: Vec<(i64, i64)> = all.iter().copied().collect();
    // Next to nothing is ever moved: one look at an index says so, where a recursive statement would make tables for its rows.
    while !newest.is_empty() {
        let rows: Vec<(i64, i64)> = Statement::<(BigInt, BigInt)>::new(
            "SELECT l.moved_from, l.id FROM lot l WHERE l.moved_from IS NOT NULL AND l.merchant_id = ",
        )
        .bind(merchant.get())
        .sql(" AND l.moved_from")
        .is_in(newest.iter().map(|(_, lot)| *lot).collect::<Bind>())
        .load(tx.connection)?;
        let further = rows.iter().flat_map(|(from, lot)| {
            let firsts = newest.iter().filter(move |(_, last)| last == from);
            firsts.map(move |(first, _)| (*first, *lot))
        });
        newest = further.filter(|pair| all.insert(*pair)).collect();
    }
    Ok(all.into_iter().collect())
}

/// What entries took from lots, less what came back of it: to the lot itself, or as a lot that brings it back.
fn uses_of(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    ids: &[i64],
) -> Result<Vec<(i64, i64, i64)>, StoreError> {
    let (merchant, ids) = (merchant.get(), ids.iter().copied().collect::<Bind>());
    Statement::<(BigInt, BigInt, BigInt)>::new("SELECT entry_id, lot_id, ")
        .dialect("SUM(amount)::BIGINT", "SUM(amount)")
        .sql(" FROM (SELECT u.entry_id, u.lot_id, u.amount FROM lot_use u WHERE u.merchant_id = ")
        .bind(merchant)
        .sql(" AND u.entry_id")
        .is_in(ids.clone())
        .sql(
            " UNION ALL SELECT r.reverses, u.lot_id, u.amount FROM entry r \
             JOIN lot_use u ON u.merchant_id = r.merchant_id AND u.entry_id = r.id \
             WHERE r.reverses IS NOT NULL AND r.merchant_id = ",
        )
        .bind(merchant)
        .sql(" AND r.reverses")
        .is_in(ids.clone())
        .sql(
            " UNION ALL SELECT r.reverses, COALESCE(l.revives, l.moved_from), -l.amount FROM entry r \
             JOIN lot l ON l.merchant_id = r.merchant_id AND l.entry_id = r.id \
             WHERE r.reverses IS NOT NULL AND (l.revives IS NOT NULL OR l.moved_from IS NOT NULL) \
             AND r.merchant_id = ",
        )
        .bind(merchant)
        .sql(" AND r.reverses")
        .is_in(ids)
        .sql(") u GROUP BY entry_id, lot_id ORDER BY entry_id, lot_id")
        .load(tx.connection)
}

/// The lots that bring those back.
pub(super) fn revivals(
    tx: &mut Tx<'_>,
    account: &Account,
    lots: &[LotId],
) -> Result<Vec<(LotId, Lot)>, StoreError> {
    let rows: Vec<LotRow> = Statement::<LotSql>::new("SELECT l.account_id, ")
        .sql(book::LOT)
        .sql(" FROM lot l WHERE l.merchant_id = ")
        .bind(account.merchant.get())
        .sql(" AND l.account_id = ")
        .bind(account.id.get())
        .sql(" AND l.revives IS NOT NULL AND l.revives")
        .is_in(lots.iter().map(|lot| lot.get()).collect::<Bind>())
        .sql(" ORDER BY l.id")
        .load(tx.connection)?;
    let lots = rows.into_iter().map(book::lot);
    Ok(lots.filter_map(|lot| Some((lot.revives?, lot))).collect())
}
