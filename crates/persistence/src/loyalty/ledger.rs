//! Lines of the ledger, written under the lock of their account's row.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::sql_types::BigInt;
use regulars_kernel::{
    AccountId, EntryId, HoldId, LotId, LoyaltyCardId, MerchantId, PersonId, Points, Scope,
    StoreError, Timestamp,
};
use regulars_loyalty::{
    Account, Cause, EarningLine, Entry, Hold, HoldLot, HoldState, Holdings, IntentState,
    LedgerStore, Lot, LoyaltyCard, LoyaltyStore, Posted, Traced,
    ledger_store::NewHold,
    posting::{Locked, Posting},
    welcome::WelcomeMark,
};

use super::{
    account,
    book::{self, EntryRow, EntrySql, LotRow, LotSql},
    earning, inserted, listed, owns,
};
use crate::{
    Tx,
    statement::{Bind, Statement},
};

impl LedgerStore for Tx<'_> {
    fn lock_account(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        card: LoyaltyCardId,
        open_at: Option<Timestamp>,
    ) -> Result<Option<Locked>, StoreError> {
        if !owns(self.scope(), merchant, person) {
            return Ok(None);
        }
        if let Some(now) = open_at {
            let account = self.open_account(merchant, person, card, now)?;
            return Ok(Some(Locked::new(account)));
        }
        Ok(account::find(self, merchant, person, card)?.map(Locked::new))
    }

    fn lock_accounts(&mut self, ids: &[AccountId]) -> Result<Vec<Locked>, StoreError> {
        let mut statement = Statement::<account::RowSql>::new("SELECT ")
            .sql(account::COLUMNS)
            .sql(" FROM account a WHERE a.id")
            .is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
        push_owned(&mut statement, self.scope());
        let rows: Vec<account::Row> =
            statement.sql(" ORDER BY a.id").sql(self.lock()).load(self.connection)?;
        rows.into_iter().map(|row| row.account().map(Locked::new)).collect()
    }

    fn share_loyalty_cards(
        &mut self,
        ids: &[LoyaltyCardId],
    ) -> Result<Vec<LoyaltyCard>, StoreError> {
        // SQLite has one writer: there is nothing to lock.
        if !self.lock().is_empty() {
            let mut statement =
                Statement::<BigInt>::new("SELECT p.id FROM loyalty_card p WHERE p.id")
                    .is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
            if let Some(merchant) = self.scope().merchant() {
                statement.push(" AND p.merchant_id = ");
                statement.push_bind(merchant.get());
            }
            statement.sql(" ORDER BY p.id FOR SHARE").load::<i64>(self.connection)?;
        }
        self.loyalty_cards(ids)
    }

    fn holdings(&mut self, account: &Locked) -> Result<Holdings, StoreError> {
        holdings(self, account.account())
    }

    fn post(&mut self, account: &mut Locked, posting: Posting) -> Result<Posted, StoreError> {
        let posted = post(self, account.account(), &posting)?;
        account.advance(posting.account);
        Ok(posted)
    }

    fn put_hold(&mut self, account: &mut Locked, hold: &NewHold) -> Result<Hold, StoreError> {
        put_hold(self, account, hold)
    }

    fn end_hold(
        &mut self,
        account: &mut Locked,
        hold: &Hold,
        state: HoldState,
    ) -> Result<(), StoreError> {
        end_hold(self, account, hold, state)
    }

    fn entry_of_key(
        &mut self,
        merchant: MerchantId,
        natural_key: &str,
    ) -> Result<Option<Entry>, StoreError> {
        let statement = entries(self.scope())
            .sql(" AND e.merchant_id = ")
            .bind(merchant.get())
            .sql(" AND e.natural_key = ")
            .bind(natural_key);
        first_entry(self, statement)
    }

    fn traced(&mut self, merchant: MerchantId, cause: Cause) -> Result<Vec<Traced>, StoreError> {
        traced_by_cause(self, merchant, cause)
    }

    fn trace(&mut self, entry: EntryId) -> Result<Option<Traced>, StoreError> {
        let statement = entries(self.scope())
            .sql(" AND e.id = ")
            .bind(entry.get())
            .sql(" AND e.reverses IS NULL");
        let found = first_entry(self, statement)?;
        Ok(traced(self, found.into_iter().collect())?.pop())
    }

    fn revivals(
        &mut self,
        account: &Locked,
        lots: &[LotId],
    ) -> Result<Vec<(LotId, Lot)>, StoreError> {
        let rows: Vec<LotRow> = Statement::<LotSql>::new("SELECT l.account_id, ")
            .sql(book::LOT)
            .sql(" FROM lot l WHERE l.merchant_id = ")
            .bind(account.account().merchant.get())
            .sql(" AND l.account_id = ")
            .bind(account.account().id.get())
            .sql(" AND l.revives IS NOT NULL AND l.revives")
            .is_in(lots.iter().map(|lot| lot.get()).collect::<Bind>())
            .sql(" ORDER BY l.id")
            .load(self.connection)?;
        let lots = rows.into_iter().map(book::lot);
        Ok(lots.filter_map(|lot| Some((lot.revives?, lot))).collect())
    }

    fn earned_on(
        &mut self,
        accounts: &[AccountId],
        date: NaiveDate,
    ) -> Result<Vec<(AccountId, Points)>, StoreError> {
        let mut statement = Statement::<(BigInt, BigInt)>::new("SELECT a.id, ")
            .dialect("SUM(e.amount)::BIGINT", "SUM(e.amount)")
            .sql(
                " FROM account a JOIN entry e ON e.merchant_id = a.merchant_id \
                 AND e.account_id = a.id WHERE e.kind = 'earn' \
                 AND e.cause IN ('order', 'visit', 'stamp') AND e.business_date = ",
            )
            .bind(date.to_string())
            .sql(" AND a.id")
            .is_in(accounts.iter().map(|id| id.get()).collect::<Bind>());
        push_owned(&mut statement, self.scope());
        let rows: Vec<(i64, i64)> =
            statement.sql(" GROUP BY a.id ORDER BY a.id").load(self.connection)?;
        let rows = rows.into_iter();
        Ok(rows.map(|(id, sum)| (AccountId::new(id), Points::new(sum))).collect())
    }

    fn due_accounts(
        &mut self,
        after: Option<AccountId>,
        now: Timestamp,
        most: u16,
    ) -> Result<Vec<AccountId>, StoreError> {
        due(self, after, now, most)
    }

    fn entries_of_account(
        &mut self,
        account: AccountId,
        before: Option<i64>,
        most: u16,
    ) -> Result<Vec<Entry>, StoreError> {
        let mut statement = entries(self.scope()).sql(" AND a.id = ").bind(account.get());
        if let Some(before) = before {
            statement.push(" AND e.seq < ");
            statement.push_bind(before);
        }
        let rows: Vec<EntryRow> = statement
            .sql(" ORDER BY e.seq DESC LIMIT ")
            .bind(i64::from(most))
            .load(self.connection)?;
        rows.into_iter().map(EntryRow::entry).collect()
    }

    fn entry(&mut self, id: EntryId) -> Result<Option<Entry>, StoreError> {
        let statement = entries(self.scope()).sql(" AND e.id = ").bind(id.get());
        first_entry(self, statement)
    }

    fn put_earning_lines(
        &mut self,
        merchant: MerchantId,
        earning: EntryId,
        lines: &[EarningLine],
    ) -> Result<(), StoreError> {
        earning::put_lines(self, merchant, earning, lines)
    }

    fn earning_lines(
        &mut self,
        merchant: MerchantId,
        earning: EntryId,
    ) -> Result<Vec<EarningLine>, StoreError> {
        earning::lines(self, merchant, earning)
    }

    fn claim_welcome(
        &mut self,
        merchant: MerchantId,
        card: LoyaltyCardId,
        marks: &[WelcomeMark],
    ) -> Result<bool, StoreError> {
        earning::claim_welcome(self, merchant, card, marks)
    }
}

/// Appends the condition that the accounts `a` are in reach.
fn push_owned<ST>(statement: &mut Statement<ST>, scope: Scope) {
    match scope {
        Scope::Merchant(merchant) => {
            statement.push(" AND a.merchant_id = ");
            statement.push_bind(merchant.get());
        }
        Scope::Person(person) => {
            statement.push(" AND a.person_id = ");
            statement.push_bind(person.get());
        }
        Scope::Platform => {}
    }
}

/// Entries `e` of accounts `a` in reach; a condition can follow.
fn entries(scope: Scope) -> Statement<EntrySql> {
    let mut statement = Statement::new("SELECT a.id, ").sql(book::ENTRY).sql(
        " FROM entry e JOIN account a ON a.merchant_id = e.merchant_id AND a.id = e.account_id \
         WHERE TRUE",
    );
    push_owned(&mut statement, scope);
    statement
}

fn first_entry(
    tx: &mut Tx<'_>,
    statement: Statement<EntrySql>,
) -> Result<Option<Entry>, StoreError> {
    statement.first::<EntryRow>(tx.connection)?.map(EntryRow::entry).transpose()
}

/// Refuses to write what is out of the transaction's reach.
fn require_owned(tx: &Tx<'_>, account: &Account) -> Result<(), StoreError> {
    if owns(tx.scope(), account.merchant, account.person) {
        Ok(())
    } else {
        Err(StoreError::OutOfScope("the account is another's"))
    }
}

/// A hold, and its part of one lot.
type HeldRow = (i64, i64, i64, i64, i64, i64);

fn holdings(tx: &mut Tx<'_>, account: &Account) -> Result<Holdings, StoreError> {
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
            });
        }
        let (lot, amount) = (LotId::new(lot), Points::new(part));
        holdings.parts.push(HoldLot { hold: hold_id, lot, amount });
    }
    Ok(holdings)
}

fn post(tx: &mut Tx<'_>, before: &Account, posting: &Posting) -> Result<Posted, StoreError> {
    require_owned(tx, before)?;
    let merchant = before.merchant.get();
    let line = &posting.entry;
    let statement = Statement::<BigInt>::new(
        "INSERT INTO entry (merchant_id, account_id, seq, kind, amount, cause, cause_id, \
         natural_key, reverses, occurred_at, recorded_at, business_date, actor_id, hash) VALUES (",
    );
    let statement = listed(
        statement,
        [
            merchant.into(),
            before.id.get().into(),
            line.seq.into(),
            line.kind.name().into(),
            line.amount.get().into(),
            line.cause.name().into(),
            line.cause.id().into(),
            line.natural_key.clone().into(),
            line.reverses.map(EntryId::get).into(),
            line.occurred_at.micros().into(),
            line.recorded_at.micros().into(),
            line.business_date.to_string().into(),
            line.actor.map(PersonId::get).into(),
            line.hash.map(|hash| hash.as_bytes().to_vec()).into(),
        ],
    );
    let entry = Entry { id: EntryId::new(inserted(tx, statement)?), ..line.clone() };
    let mut lots = Vec::with_capacity(posting.lots.len());
    for lot in &posting.lots {
        let statement = Statement::<BigInt>::new(
            "INSERT INTO lot (merchant_id, account_id, entry_id, amount, remaining, active_from, \
             expires_at, revives) VALUES (",
        );
        let statement = listed(
            statement,
            [
                merchant.into(),
                before.id.get().into(),
                entry.id.get().into(),
                lot.amount.get().into(),
                lot.amount.get().into(),
                lot.active_from.micros().into(),
                lot.expires_at.map(Timestamp::micros).into(),
                lot.revives.map(LotId::get).into(),
            ],
        );
        lots.push(Lot {
            id: LotId::new(inserted(tx, statement)?),
            account: before.id,
            entry: entry.id,
            amount: lot.amount,
            remaining: lot.amount,
            active_from: lot.active_from,
            expires_at: lot.expires_at,
            revives: lot.revives,
        });
    }
    for (lot, amount) in &posting.uses {
        use_lot(tx, before, entry.id, *lot, *amount)?;
    }
    keep_account(tx, before, &posting.account)?;
    Ok(Posted { entry, lots })
}

fn use_lot(
    tx: &mut Tx<'_>,
    account: &Account,
    entry: EntryId,
    lot: LotId,
    amount: Points,
) -> Result<(), StoreError> {
    let merchant = account.merchant.get();
    let statement = Statement::<()>::new(
        "INSERT INTO lot_use (merchant_id, entry_id, lot_id, amount) VALUES (",
    );
    listed(statement, [merchant, entry.get(), lot.get(), amount.get()].map(Bind::from))
        .execute(tx.connection)?;
    let touched = Statement::<()>::new("UPDATE lot SET remaining = remaining - ")
        .bind(amount.get())
        .sql(" WHERE merchant_id = ")
        .bind(merchant)
        .sql(" AND account_id = ")
        .bind(account.id.get())
        .sql(" AND id = ")
        .bind(lot.get())
        .execute(tx.connection)?;
    if touched == 1 { Ok(()) } else { Err(StoreError::OutOfScope("the lot is not there")) }
}

/// Keeps the account as it is after; that it still is as it was before is what its lock promises.
fn keep_account(tx: &mut Tx<'_>, before: &Account, after: &Account) -> Result<(), StoreError> {
    let head: Option<Vec<u8>> = after.head.map(|hash| hash.as_bytes().to_vec());
    let touched = Statement::<()>::new("UPDATE account SET balance = ")
        .bind(after.balance.get())
        .sql(", debt = ")
        .bind(after.debt.get())
        .sql(", held = ")
        .bind(after.held.get())
        .sql(", earned = ")
        .bind(after.earned.get())
        .sql(", seq = ")
        .bind(after.seq)
        .sql(", head = ")
        .bind(head)
        .sql(", head_at = ")
        .bind(after.head_at.micros())
        .sql(" WHERE merchant_id = ")
        .bind(before.merchant.get())
        .sql(" AND id = ")
        .bind(before.id.get())
        .sql(" AND seq = ")
        .bind(before.seq)
        .execute(tx.connection)?;
    if touched == 1 { Ok(()) } else { Err(StoreError::Contended) }
}

fn put_hold(tx: &mut Tx<'_>, account: &mut Locked, hold: &NewHold) -> Result<Hold, StoreError> {
    let before = account.account().clone();
    require_owned(tx, &before)?;
    let overflow = || StoreError::Internal("a sum of points does not fit 64 bits".into());
    let mut sum = hold.parts.iter().map(|(_, part)| *part);
    let amount = sum.try_fold(Points::ZERO, Points::checked_add);
    let amount = amount.ok_or_else(overflow)?;
    let held = before.held.checked_add(amount).ok_or_else(overflow)?;
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
    };
    account.advance(after);
    Ok(row)
}

fn end_hold(
    tx: &mut Tx<'_>,
    account: &mut Locked,
    hold: &Hold,
    state: HoldState,
) -> Result<(), StoreError> {
    let before = account.account().clone();
    require_owned(tx, &before)?;
    let touched = Statement::<()>::new("UPDATE hold SET state = ")
        .bind(state.name())
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
    let ended = IntentState::from(state);
    Statement::<()>::new("UPDATE redemption_intent SET state = ")
        .bind(ended.name())
        .sql(" WHERE merchant_id = ")
        .bind(before.merchant.get())
        .sql(" AND hold_id = ")
        .bind(hold.id.get())
        .sql(" AND state = 'OPEN'")
        .execute(tx.connection)?;
    let held = before.held.checked_sub(hold.amount).unwrap_or_default();
    let after = Account { held, ..before.clone() };
    keep_account(tx, &before, &after)?;
    account.advance(after);
    Ok(())
}

/// What of an entry was taken back so far, by its id.
type Reversed = BTreeMap<i64, (i64, u32)>;

fn traced_by_cause(
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
fn traced(tx: &mut Tx<'_>, found: Vec<Entry>) -> Result<Vec<Traced>, StoreError> {
    let Some(first) = found.first() else { return Ok(Vec::new()) };
    let merchant = merchant_of(tx, first.account)?;
    let ids: Vec<i64> = found.iter().map(|entry| entry.id.get()).collect();
    let accounts: Vec<AccountId> = found.iter().map(|entry| entry.account).collect();
    let owners = owners(tx, merchant, &accounts)?;
    let reversed = reversed(tx, merchant, &ids)?;
    let lots = lots(tx, merchant, "entry_id", &ids)?;
    let uses = uses_of(tx, merchant, &ids)?;
    let used: Vec<i64> = uses.iter().map(|(_, lot, _)| *lot).collect();
    let used = if used.is_empty() { Vec::new() } else { self::lots(tx, merchant, "id", &used)? };
    let trace = |entry: Entry| {
        let id = entry.id.get();
        let (person, card) = owners.get(&entry.account)?;
        let (sum, count) = reversed.get(&id).copied().unwrap_or_default();
        let uses = uses.iter().filter(|(of, _, amount)| *of == id && *amount > 0);
        let lot = |id: i64| used.iter().find(|lot| lot.id.get() == id).cloned();
        let uses = uses.filter_map(|(_, id, amount)| Some((lot(*id)?, Points::new(*amount))));
        Some(Traced {
            person: *person,
            card: *card,
            reversed: Points::new(sum),
            reversals: count,
            lots: lots.iter().filter(|lot| lot.entry == entry.id).cloned().collect(),
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
) -> Result<BTreeMap<AccountId, (PersonId, LoyaltyCardId)>, StoreError> {
    let rows: Vec<(i64, i64, i64)> = Statement::<(BigInt, BigInt, BigInt)>::new(
        "SELECT a.id, a.person_id, a.loyalty_card_id FROM account a WHERE a.merchant_id = ",
    )
    .bind(merchant.get())
    .sql(" AND a.id")
    .is_in(accounts.iter().map(|id| id.get()).collect::<Bind>())
    .load(tx.connection)?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(id, person, card)| {
            (AccountId::new(id), (PersonId::new(person), LoyaltyCardId::new(card)))
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
            " UNION ALL SELECT r.reverses, l.revives, -l.amount FROM entry r \
             JOIN lot l ON l.merchant_id = r.merchant_id AND l.entry_id = r.id \
             WHERE r.reverses IS NOT NULL AND l.revives IS NOT NULL AND r.merchant_id = ",
        )
        .bind(merchant)
        .sql(" AND r.reverses")
        .is_in(ids)
        .sql(") u GROUP BY entry_id, lot_id ORDER BY entry_id, lot_id")
        .load(tx.connection)
}

fn due(
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
