//! Whole books of accounts, to be checked.

use std::collections::BTreeMap;

use diesel::{
    Queryable,
    sql_types::{BigInt, Binary, Nullable, Text},
};
use regulars_kernel::{
    AccountId, EntryId, HoldId, LotId, PersonId, Points, Scope, StoreError, Timestamp,
};
use regulars_loyalty::{
    Account, Book, Cause, Entry, EntryKind, Hold, HoldLot, HoldState, Lot, LotUse,
};

use super::{account, ledger::push_owned};
use crate::{
    Tx,
    promotion::terms::{Origin, parsed},
    statement::{Bind, Statement},
};

pub(super) fn next(
    tx: &mut Tx<'_>,
    after: Option<AccountId>,
    most: u16,
) -> Result<Vec<Book>, StoreError> {
    let accounts = accounts(tx, after, most)?;
    filled(tx, accounts)
}

/// The whole books of accounts in reach.
pub(super) fn of_accounts(tx: &mut Tx<'_>, ids: &[AccountId]) -> Result<Vec<Book>, StoreError> {
    let accounts = by_ids(tx, ids)?;
    filled(tx, accounts)
}

fn filled(tx: &mut Tx<'_>, accounts: Vec<Account>) -> Result<Vec<Book>, StoreError> {
    let (ids, mut books) = empty(accounts);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    entries(tx, &ids, &mut books)?;
    lots(tx, &ids, " ORDER BY l.id", &mut books)?;
    lot_uses(tx, &ids, &mut books)?;
    holds(tx, &ids, " ORDER BY h.id", &mut books)?;
    hold_lots(tx, &ids, "", &mut books)?;
    Ok(books.into_values().collect())
}

/// The books of accounts in reach as far as they say what is there.
pub(super) fn standing(tx: &mut Tx<'_>, ids: &[AccountId]) -> Result<Vec<Book>, StoreError> {
    let accounts = by_ids(tx, ids)?;
    let (ids, mut books) = empty(accounts);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    lots(tx, &ids, " AND l.remaining > 0 ORDER BY l.id", &mut books)?;
    holds(tx, &ids, " AND h.state = 'OPEN' ORDER BY h.id", &mut books)?;
    hold_lots(tx, &ids, " AND h.state = 'OPEN'", &mut books)?;
    Ok(books.into_values().collect())
}

fn empty(accounts: Vec<Account>) -> (Vec<i64>, BTreeMap<i64, Book>) {
    let ids: Vec<i64> = accounts.iter().map(|account| account.id.get()).collect();
    let books = accounts.into_iter().map(|account| (account.id.get(), Book::new(account)));
    (ids, books.collect())
}

fn by_ids(tx: &mut Tx<'_>, ids: &[AccountId]) -> Result<Vec<Account>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::<account::RowSql>::new("SELECT ")
        .sql(account::COLUMNS)
        .sql(" FROM account a WHERE a.id")
        .is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    push_owned(&mut statement, tx.scope());
    let rows: Vec<account::Row> = statement.load(tx.connection)?;
    rows.into_iter().map(account::Row::account).collect()
}

fn accounts(
    tx: &mut Tx<'_>,
    after: Option<AccountId>,
    most: u16,
) -> Result<Vec<Account>, StoreError> {
    let mut statement = Statement::<account::RowSql>::new("SELECT ")
        .sql(account::COLUMNS)
        .sql(" FROM account a WHERE TRUE");
    match tx.scope() {
        Scope::Merchant(merchant) => {
            statement.push(" AND a.merchant_id = ");
            statement.push_bind(merchant.get());
        }
        Scope::Person(person) => {
            statement.push(
                " AND a.merchant_id IN \
                 (SELECT m.merchant_id FROM membership m WHERE m.person_id = ",
            );
            statement.push_bind(person.get());
            statement.push(") AND a.person_id = ");
            statement.push_bind(person.get());
        }
        Scope::Platform => {}
    }
    if let Some(after) = after {
        statement.push(" AND a.id > ");
        statement.push_bind(after.get());
    }
    let rows: Vec<account::Row> =
        statement.sql(" ORDER BY a.id LIMIT ").bind(i64::from(most)).load(tx.connection)?;
    rows.into_iter().map(account::Row::account).collect()
}

/// The rows that belong to the accounts `a`; the first column is the account's id. The merchant's own, where it is known,
/// are found by it: that is how the keys begin.
fn of<ST>(
    scope: Scope,
    select: &'static str,
    joins: &'static str,
    ids: &[i64],
    which: &'static str,
) -> Statement<ST> {
    let mut statement = Statement::new("SELECT a.id, ")
        .sql(select)
        .sql(" FROM account a")
        .sql(joins)
        .sql(" WHERE a.id")
        .is_in(ids.iter().copied().collect::<Bind>());
    if let Some(merchant) = scope.merchant() {
        statement.push(" AND a.merchant_id = ");
        statement.push_bind(merchant.get());
    }
    statement.sql(which)
}

pub(super) type EntrySql = (
    BigInt,
    BigInt,
    BigInt,
    Text,
    BigInt,
    Text,
    Nullable<BigInt>,
    Text,
    Nullable<BigInt>,
    BigInt,
    BigInt,
    Text,
    Nullable<BigInt>,
    Nullable<Binary>,
);

/// The columns of [`EntryRow`] after the account, in its order, under the alias `e`.
macro_rules! entry_columns {
    () => {
        "e.id, e.seq, e.kind, e.amount, e.cause, e.cause_id, e.natural_key, e.reverses, \
         e.occurred_at, e.recorded_at, e.business_date, e.actor_id, e.hash"
    };
}
pub(super) use entry_columns;

/// As [`entry_columns`].
pub(super) const ENTRY: &str = entry_columns!();

#[derive(Queryable)]
pub(super) struct EntryRow {
    account_id: i64,
    id: i64,
    seq: i64,
    kind: String,
    amount: i64,
    cause: String,
    cause_id: Option<i64>,
    natural_key: String,
    reverses: Option<i64>,
    occurred_at: i64,
    recorded_at: i64,
    business_date: String,
    actor_id: Option<i64>,
    hash: Option<Vec<u8>>,
}

impl EntryRow {
    pub(super) fn entry(self) -> Result<Entry, StoreError> {
        let origin = Origin { table: "entry", id: self.id };
        Ok(Entry {
            id: EntryId::new(self.id),
            account: AccountId::new(self.account_id),
            seq: self.seq,
            kind: origin.read("kind", EntryKind::from_name(&self.kind))?,
            amount: Points::new(self.amount),
            cause: origin.read("cause", Cause::from_parts(&self.cause, self.cause_id))?,
            natural_key: self.natural_key,
            reverses: self.reverses.map(EntryId::new),
            occurred_at: Timestamp::from_micros(self.occurred_at),
            recorded_at: Timestamp::from_micros(self.recorded_at),
            business_date: origin.read("business_date", parsed(&self.business_date))?,
            actor: self.actor_id.map(PersonId::new),
            hash: origin.read("hash", account::read_link(self.hash))?,
        })
    }
}

fn entries(
    tx: &mut Tx<'_>,
    ids: &[i64],
    books: &mut BTreeMap<i64, Book>,
) -> Result<(), StoreError> {
    let rows: Vec<EntryRow> = of::<EntrySql>(
        tx.scope(),
        ENTRY,
        " JOIN entry e ON e.merchant_id = a.merchant_id AND e.account_id = a.id",
        ids,
        " ORDER BY a.id, e.seq",
    )
    .load(tx.connection)?;
    for row in rows {
        if let Some(book) = books.get_mut(&row.account_id) {
            book.entries.push(row.entry()?);
        }
    }
    Ok(())
}

pub(super) type LotSql = (
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
);
pub(super) type LotRow = (i64, i64, i64, i64, i64, i64, Option<i64>, Option<i64>, Option<i64>);

/// The columns of [`LotRow`] after the account, in its order, under the alias `l`.
pub(super) const LOT: &str = "l.id, l.entry_id, l.amount, l.remaining, l.active_from, \
     l.expires_at, l.revives, l.moved_from";

pub(super) fn lot(
    (account, id, entry, amount, remaining, active_from, expires_at, revives, moved_from): LotRow,
) -> Lot {
    Lot {
        id: LotId::new(id),
        account: AccountId::new(account),
        entry: EntryId::new(entry),
        amount: Points::new(amount),
        remaining: Points::new(remaining),
        active_from: Timestamp::from_micros(active_from),
        expires_at: expires_at.map(Timestamp::from_micros),
        revives: revives.map(LotId::new),
        moved_from: moved_from.map(LotId::new),
    }
}

fn lots(
    tx: &mut Tx<'_>,
    ids: &[i64],
    which: &'static str,
    books: &mut BTreeMap<i64, Book>,
) -> Result<(), StoreError> {
    let rows: Vec<LotRow> = of::<LotSql>(
        tx.scope(),
        LOT,
        " JOIN lot l ON l.merchant_id = a.merchant_id AND l.account_id = a.id",
        ids,
        which,
    )
    .load(tx.connection)?;
    for row in rows {
        let lot = lot(row);
        if let Some(book) = books.get_mut(&lot.account.get()) {
            book.lots.push(lot);
        }
    }
    Ok(())
}

type PartSql = (BigInt, BigInt, BigInt, BigInt);
type Part = (i64, i64, i64, i64);

fn lot_uses(
    tx: &mut Tx<'_>,
    ids: &[i64],
    books: &mut BTreeMap<i64, Book>,
) -> Result<(), StoreError> {
    let rows: Vec<Part> = of::<PartSql>(
        tx.scope(),
        "u.entry_id, u.lot_id, u.amount",
        " JOIN entry e ON e.merchant_id = a.merchant_id AND e.account_id = a.id \
         JOIN lot_use u ON u.merchant_id = e.merchant_id AND u.entry_id = e.id",
        ids,
        "",
    )
    .load(tx.connection)?;
    for (account, entry, lot, amount) in rows {
        let Some(book) = books.get_mut(&account) else { continue };
        let (entry, lot) = (EntryId::new(entry), LotId::new(lot));
        book.lot_uses.push(LotUse { entry, lot, amount: Points::new(amount) });
    }
    Ok(())
}

type HoldSql = (BigInt, BigInt, BigInt, BigInt, Text, BigInt, Nullable<BigInt>);
type HoldRow = (i64, i64, i64, i64, String, i64, Option<i64>);

fn holds(
    tx: &mut Tx<'_>,
    ids: &[i64],
    which: &'static str,
    books: &mut BTreeMap<i64, Book>,
) -> Result<(), StoreError> {
    let rows: Vec<HoldRow> = of::<HoldSql>(
        tx.scope(),
        "h.id, h.amount, h.until, h.state, h.created_at, h.ended_at",
        " JOIN hold h ON h.merchant_id = a.merchant_id AND h.account_id = a.id",
        ids,
        which,
    )
    .load(tx.connection)?;
    for (account, id, amount, until, state, created_at, ended_at) in rows {
        let origin = Origin { table: "hold", id };
        let Some(book) = books.get_mut(&account) else { continue };
        book.holds.push(Hold {
            id: HoldId::new(id),
            account: AccountId::new(account),
            amount: Points::new(amount),
            until: Timestamp::from_micros(until),
            state: origin.read("state", HoldState::from_name(&state))?,
            created_at: Timestamp::from_micros(created_at),
            ended_at: ended_at.map(Timestamp::from_micros),
        });
    }
    Ok(())
}

fn hold_lots(
    tx: &mut Tx<'_>,
    ids: &[i64],
    which: &'static str,
    books: &mut BTreeMap<i64, Book>,
) -> Result<(), StoreError> {
    let rows: Vec<Part> = of::<PartSql>(
        tx.scope(),
        "p.hold_id, p.lot_id, p.amount",
        " JOIN hold h ON h.merchant_id = a.merchant_id AND h.account_id = a.id \
         JOIN hold_lot p ON p.merchant_id = h.merchant_id AND p.hold_id = h.id",
        ids,
        which,
    )
    .load(tx.connection)?;
    for (account, hold, lot, amount) in rows {
        let Some(book) = books.get_mut(&account) else { continue };
        let (hold, lot) = (HoldId::new(hold), LotId::new(lot));
        book.hold_lots.push(HoldLot { hold, lot, amount: Points::new(amount) });
    }
    Ok(())
}
