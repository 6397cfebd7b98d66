//! Lines of the ledger, written under the lock of their account's row.

mod hold;
mod trace;

use chrono::NaiveDate;
use diesel::sql_types::BigInt;
use regulars_kernel::{
    AccountId, EntryId, HoldId, LotId, LoyaltyCardId, MerchantId, PersonId, Points, Scope,
    StoreError, Timestamp,
};
use regulars_loyalty::{
    Account, Cause, EarningLine, Entry, Hold, HoldState, Holdings, LedgerStore, Lot, LoyaltyCard,
    LoyaltyStore, Posted, Traced,
    ledger_store::NewHold,
    posting::{Locked, Posting},
    welcome::WelcomeMark,
};

use super::{
    account,
    book::{self, EntryRow, EntrySql},
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

    fn lock_accounts_of(
        &mut self,
        merchant: MerchantId,
        people: &[PersonId],
    ) -> Result<Vec<Locked>, StoreError> {
        let mut statement = Statement::<account::RowSql>::new("SELECT ")
            .sql(account::COLUMNS)
            .sql(" FROM account a WHERE a.merchant_id = ")
            .bind(merchant.get())
            .sql(" AND a.person_id")
            .is_in(people.iter().map(|id| id.get()).collect::<Bind>());
        push_owned(&mut statement, self.scope());
        let rows: Vec<account::Row> =
            statement.sql(" ORDER BY a.id").sql(self.lock()).load(self.connection)?;
        rows.into_iter().map(|row| row.account().map(Locked::new)).collect()
    }

    fn redirect_account(
        &mut self,
        account: &mut Locked,
        merged_into: Option<AccountId>,
        carried: Points,
    ) -> Result<(), StoreError> {
        let before = account.account().clone();
        require_owned(self, &before)?;
        Statement::<()>::new("UPDATE account SET merged_into = ")
            .bind(merged_into.map(AccountId::get))
            .sql(", carried = ")
            .bind(carried.get())
            .sql(", merged = TRUE WHERE merchant_id = ")
            .bind(before.merchant.get())
            .sql(" AND id = ")
            .bind(before.id.get())
            .execute(self.connection)?;
        account.advance(Account { merged_into, carried, merged: true, ..before });
        Ok(())
    }

    fn hand_over_hold(
        &mut self,
        account: &mut Locked,
        hold: &Hold,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        hold::end(self, account, hold, (HoldState::Cancelled, now))
    }

    fn repoint_promise(
        &mut self,
        merchant: MerchantId,
        from: HoldId,
        to: HoldId,
    ) -> Result<(), StoreError> {
        hold::repoint(self, merchant, from, to)
    }

    fn welcomes(&mut self, accounts: &[AccountId]) -> Result<Vec<Traced>, StoreError> {
        let rows: Vec<EntryRow> = entries(self.scope())
            .sql(" AND e.kind = 'earn' AND e.cause = 'initial_points' AND a.id")
            .is_in(accounts.iter().map(|id| id.get()).collect::<Bind>())
            .sql(" ORDER BY e.id")
            .load(self.connection)?;
        let found = rows.into_iter().map(EntryRow::entry).collect::<Result<_, _>>()?;
        trace::traced(self, found)
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
        hold::holdings(self, account.account())
    }

    fn post(&mut self, account: &mut Locked, posting: Posting) -> Result<Posted, StoreError> {
        let posted = post(self, account.account(), &posting)?;
        account.advance(posting.account);
        Ok(posted)
    }

    fn put_hold(&mut self, account: &mut Locked, hold: &NewHold) -> Result<Hold, StoreError> {
        hold::put_hold(self, account, hold)
    }

    fn end_hold(
        &mut self,
        account: &mut Locked,
        hold: &Hold,
        end: (HoldState, Timestamp),
    ) -> Result<(), StoreError> {
        hold::end_hold(self, account, hold, end)
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
        trace::by_cause(self, merchant, cause)
    }

    fn trace(&mut self, entry: EntryId) -> Result<Option<Traced>, StoreError> {
        let statement = entries(self.scope())
            .sql(" AND e.id = ")
            .bind(entry.get())
            .sql(" AND e.reverses IS NULL");
        let found = first_entry(self, statement)?;
        Ok(trace::traced(self, found.into_iter().collect())?.pop())
    }

    fn revivals(
        &mut self,
        account: &Locked,
        lots: &[LotId],
    ) -> Result<Vec<(LotId, Lot)>, StoreError> {
        trace::revivals(self, account.account(), lots)
    }

    fn earned_on(
        &mut self,
        accounts: &[AccountId],
        date: NaiveDate,
    ) -> Result<Vec<(AccountId, Points)>, StoreError> {
        let ids = || accounts.iter().map(|id| id.get()).collect::<Bind>();
        let mut statement = Statement::<(BigInt, BigInt)>::new("SELECT b.acts, ")
            .dialect("SUM(e.amount)::BIGINT", "SUM(e.amount)")
            .sql(
                " FROM (SELECT a.merchant_id, a.id AS acts, a.id AS own FROM account a \
                 WHERE a.id",
            )
            .is_in(ids());
        push_owned(&mut statement, self.scope());
        // What those earned that were merged into them.
        statement = statement
            .sql(
                " UNION ALL SELECT a.merchant_id, a.merged_into, a.id FROM account a \
                 WHERE a.merged_into IS NOT NULL AND a.merged_into",
            )
            .is_in(ids());
        push_owned(&mut statement, self.scope());
        let rows: Vec<(i64, i64)> = statement
            .sql(
                ") b JOIN entry e ON e.merchant_id = b.merchant_id AND e.account_id = b.own \
                 WHERE e.kind = 'earn' AND e.cause IN ('order', 'visit', 'stamp') \
                 AND e.business_date = ",
            )
            .bind(date.to_string())
            .sql(" GROUP BY b.acts ORDER BY b.acts")
            .load(self.connection)?;
        let rows = rows.into_iter();
        Ok(rows.map(|(id, sum)| (AccountId::new(id), Points::new(sum))).collect())
    }

    fn due_accounts(
        &mut self,
        after: Option<AccountId>,
        now: Timestamp,
        most: u16,
    ) -> Result<Vec<AccountId>, StoreError> {
        hold::due(self, after, now, most)
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

    fn clear_earning_lines(
        &mut self,
        merchant: MerchantId,
        cause: Cause,
    ) -> Result<(), StoreError> {
        earning::clear_lines(self, merchant, cause)
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
pub(super) fn push_owned<ST>(statement: &mut Statement<ST>, scope: Scope) {
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
             expires_at, revives, moved_from) VALUES (",
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
                lot.moved_from.map(LotId::get).into(),
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
            moved_from: lot.moved_from,
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
