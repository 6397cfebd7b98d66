//! The ledger's port in memory.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use regulars_kernel::{
    AccountId, EntryId, HoldId, LotId, LoyaltyCardId, MerchantId, PersonId, Points, StoreError,
    Timestamp,
};

use super::{MemoryStore, rows::Rows};
use crate::{
    Account, Book, Cause, Entry, EntryKind, Hold, HoldLot, HoldState, Holdings, IntentState,
    LedgerStore, Lot, LotUse, LoyaltyCard, LoyaltyStore, Posted, Traced,
    ledger_store::{EarningLine, NewHold},
    posting::{Locked, Posting, Unpostable},
    welcome::WelcomeMark,
};

impl MemoryStore {
    /// The books of a locked account.
    fn book<T>(
        &self,
        account: &Locked,
        work: impl FnOnce(&mut Book) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let account = account.account();
        if !self.owns(account.merchant, Some(account.person)) {
            return Err(StoreError::OutOfScope("the account is another's"));
        }
        let mut rows = self.memory.rows();
        let book = rows.books.get_mut(&account.id);
        work(book.ok_or(StoreError::OutOfScope("the account is not there"))?)
    }
}

/// The next number after those of some rows.
fn after(ids: impl Iterator<Item = i64>) -> i64 {
    ids.max().unwrap_or(0).saturating_add(1)
}

fn next_entry(rows: &Rows) -> i64 {
    after(rows.books.values().flat_map(|book| &book.entries).map(|entry| entry.id.get()))
}

fn next_lot(rows: &Rows) -> i64 {
    after(rows.books.values().flat_map(|book| &book.lots).map(|lot| lot.id.get()))
}

fn next_hold(rows: &Rows) -> i64 {
    after(rows.books.values().flat_map(|book| &book.holds).map(|hold| hold.id.get()))
}

fn is_written(rows: &Rows, merchant: MerchantId, natural_key: &str) -> Option<Entry> {
    let books = rows.books.values().filter(|book| book.account.merchant == merchant);
    books.flat_map(|book| &book.entries).find(|entry| entry.natural_key == natural_key).cloned()
}

/// The lots into which what some lots held was moved, and those themselves.
fn moved(rows: &Rows, lots: impl Iterator<Item = LotId>) -> Vec<LotId> {
    let mut own: Vec<LotId> = lots.collect();
    let all = || rows.books.values().flat_map(|book| &book.lots);
    let mut next = 0;
    while let Some(from) = own.get(next).copied() {
        next += 1;
        let into: Vec<_> = all().filter(|lot| lot.moved_from == Some(from)).collect();
        let new = into.into_iter().map(|lot| lot.id);
        let new: Vec<_> = new.filter(|id| !own.contains(id)).collect();
        own.extend(new);
    }
    own
}

fn traced(rows: &Rows, book: &Book, entry: &Entry) -> Result<Traced, StoreError> {
    let books = || rows.books.values();
    // After a merge another account's line takes it back.
    let reversals: Vec<_> = books()
        .flat_map(|book| &book.entries)
        .filter(|row| row.reverses == Some(entry.id))
        .collect();
    let mut reversed = Points::ZERO;
    let mut uses: BTreeMap<LotId, Points> = BTreeMap::new();
    for row in reversals.iter().copied().chain([entry]) {
        if row.id != entry.id {
            reversed = reversed.checked_add(row.amount).ok_or(Unpostable::Overflow)?;
            // What came back as a lot of its own came back all the same.
            let came = books().flat_map(|book| &book.lots).filter(|lot| lot.entry == row.id);
            let came = came.filter_map(|lot| Some((lot.revives.or(lot.moved_from)?, lot.amount)));
            for (lot, amount) in came {
                let sum = uses.entry(lot).or_default();
                *sum = sum.checked_sub(amount).ok_or(Unpostable::Overflow)?;
            }
        }
        let parts = books().flat_map(|book| &book.lot_uses).filter(|part| part.entry == row.id);
        for part in parts {
            let sum = uses.entry(part.lot).or_default();
            *sum = sum.checked_add(part.amount).ok_or(Unpostable::Overflow)?;
        }
    }
    let uses = uses.into_iter().filter(|(_, amount)| *amount > Points::ZERO);
    let lot = |id: LotId| books().flat_map(|book| &book.lots).find(|lot| lot.id == id).cloned();
    let lots: Vec<Lot> = book.lots.iter().filter(|lot| lot.entry == entry.id).cloned().collect();
    Ok(Traced {
        entry: entry.clone(),
        person: book.account.person,
        card: book.account.card,
        reversed,
        reversals: u32::try_from(reversals.len()).unwrap_or(u32::MAX),
        acts_on: book.account.merged_into.unwrap_or(book.account.id),
        own: moved(rows, lots.iter().map(|lot| lot.id)),
        lots,
        uses: uses.filter_map(|(id, amount)| Some((lot(id)?, amount))).collect(),
    })
}

impl LedgerStore for MemoryStore {
    fn lock_account(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        card: LoyaltyCardId,
        open_at: Option<Timestamp>,
    ) -> Result<Option<Locked>, StoreError> {
        if let Some(now) = open_at {
            return self
                .open_account(merchant, person, card, now)
                .map(|row| Some(Locked::new(row)));
        }
        let rows = self.memory.rows();
        let mut accounts = rows.books.values().map(|book| &book.account);
        let found = accounts.find(|account| {
            (account.merchant, account.person, account.card) == (merchant, person, card)
        });
        let found = found.filter(|account| self.owns(account.merchant, Some(account.person)));
        Ok(found.cloned().map(Locked::new))
    }

    fn lock_accounts(&mut self, ids: &[AccountId]) -> Result<Vec<Locked>, StoreError> {
        let rows = self.memory.rows();
        let accounts = rows.books.values().map(|book| &book.account);
        let found = accounts.filter(|account| {
            ids.contains(&account.id) && self.owns(account.merchant, Some(account.person))
        });
        Ok(found.cloned().map(Locked::new).collect())
    }

    fn lock_accounts_of(
        &mut self,
        merchant: MerchantId,
        people: &[PersonId],
    ) -> Result<Vec<Locked>, StoreError> {
        let rows = self.memory.rows();
        let accounts = rows.books.values().map(|book| &book.account);
        let found = accounts.filter(|account| {
            account.merchant == merchant
                && people.contains(&account.person)
                && self.owns(merchant, Some(account.person))
        });
        Ok(found.cloned().map(Locked::new).collect())
    }

    fn redirect_account(
        &mut self,
        account: &mut Locked,
        merged_into: Option<AccountId>,
        carried: Points,
    ) -> Result<(), StoreError> {
        let after = self.book(account, |book| {
            book.account.merged_into = merged_into;
            book.account.carried = carried;
            book.account.merged = true;
            Ok(book.account.clone())
        })?;
        account.advance(after);
        Ok(())
    }

    fn hand_over_hold(
        &mut self,
        account: &mut Locked,
        hold: &Hold,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let after = self.book(account, |book| {
            let row = book.holds.iter_mut().find(|row| row.id == hold.id);
            let row = row.filter(|row| row.state == HoldState::Open);
            let row = row.ok_or(StoreError::OutOfScope("the hold is not open"))?;
            (row.state, row.ended_at) = (HoldState::Cancelled, Some(now));
            let held = book.account.held.checked_sub(hold.amount);
            book.account.held = held.ok_or(Unpostable::Overflow)?;
            Ok(book.account.clone())
        })?;
        account.advance(after);
        Ok(())
    }

    fn repoint_promise(
        &mut self,
        merchant: MerchantId,
        from: HoldId,
        to: HoldId,
    ) -> Result<(), StoreError> {
        let mut rows = self.memory.rows();
        let own = rows.intents.iter_mut().filter(|row| row.merchant == merchant);
        own.filter(|row| row.hold == Some(from)).for_each(|row| row.hold = Some(to));
        Ok(())
    }

    fn welcomes(&mut self, accounts: &[AccountId]) -> Result<Vec<Traced>, StoreError> {
        let rows = self.memory.rows();
        let mut found = Vec::new();
        for book in rows.books.values() {
            let Account { id, merchant, person, .. } = book.account;
            if !accounts.contains(&id) || !self.owns(merchant, Some(person)) {
                continue;
            }
            let welcomes = book.entries.iter().filter(|entry| {
                entry.kind == EntryKind::Earn && entry.cause == Cause::InitialPoints
            });
            for entry in welcomes {
                found.push(traced(&rows, book, entry)?);
            }
        }
        found.sort_by_key(|one| one.entry.id);
        Ok(found)
    }

    fn share_loyalty_cards(
        &mut self,
        ids: &[LoyaltyCardId],
    ) -> Result<Vec<LoyaltyCard>, StoreError> {
        self.loyalty_cards(ids)
    }

    fn holdings(&mut self, account: &Locked) -> Result<Holdings, StoreError> {
        self.book(account, |book| {
            let lots = book.lots.iter().filter(|lot| lot.remaining > Points::ZERO);
            let holds = book.holds.iter().filter(|hold| hold.state == HoldState::Open);
            let holds: Vec<Hold> = holds.cloned().collect();
            let open = |id: HoldId| holds.iter().any(|hold| hold.id == id);
            let parts = book.hold_lots.iter().filter(|part| open(part.hold)).copied().collect();
            Ok(Holdings { lots: lots.cloned().collect(), holds, parts })
        })
    }

    fn post(&mut self, account: &mut Locked, posting: Posting) -> Result<Posted, StoreError> {
        let (entry_id, lot_id) = {
            let rows = self.memory.rows();
            let merchant = account.account().merchant;
            if is_written(&rows, merchant, &posting.entry.natural_key).is_some() {
                return Err(StoreError::Taken("entry.natural_key"));
            }
            (EntryId::new(next_entry(&rows)), next_lot(&rows))
        };
        let posted = self.book(account, |book| {
            if book.account.seq.checked_add(1) != Some(posting.account.seq) {
                return Err(StoreError::Internal("the posting is of another account".into()));
            }
            let entry = Entry { id: entry_id, ..posting.entry };
            let lots = posting.lots.iter().zip(lot_id..).map(|(lot, id)| Lot {
                id: LotId::new(id),
                account: book.account.id,
                entry: entry.id,
                amount: lot.amount,
                remaining: lot.amount,
                active_from: lot.active_from,
                expires_at: lot.expires_at,
                revives: lot.revives,
                moved_from: lot.moved_from,
            });
            let lots: Vec<Lot> = lots.collect();
            for (lot, amount) in &posting.uses {
                let lot_use = LotUse { entry: entry.id, lot: *lot, amount: *amount };
                let row = book.lots.iter_mut().find(|row| row.id == *lot);
                let row = row.ok_or(StoreError::OutOfScope("the lot is not there"))?;
                row.remaining = row.remaining.checked_sub(*amount).ok_or(Unpostable::Overflow)?;
                book.lot_uses.push(lot_use);
            }
            book.lots.extend(lots.iter().cloned());
            book.entries.push(entry.clone());
            book.account = posting.account.clone();
            Ok(Posted { entry, lots })
        })?;
        account.advance(posting.account);
        Ok(posted)
    }

    fn put_hold(&mut self, account: &mut Locked, hold: &NewHold) -> Result<Hold, StoreError> {
        let id = HoldId::new(next_hold(&self.memory.rows()));
        let (hold, after) = self.book(account, |book| {
            let mut sum = hold.parts.iter().map(|(_, part)| *part);
            let amount = sum.try_fold(Points::ZERO, Points::checked_add);
            let amount = amount.ok_or(Unpostable::Overflow)?;
            book.account.held =
                book.account.held.checked_add(amount).ok_or(Unpostable::Overflow)?;
            let row = Hold {
                id,
                account: book.account.id,
                amount,
                until: hold.until,
                state: HoldState::Open,
                created_at: hold.created_at,
                ended_at: None,
            };
            book.holds.push(row.clone());
            let parts = hold.parts.iter();
            let parts = parts.map(|(lot, amount)| HoldLot { hold: id, lot: *lot, amount: *amount });
            book.hold_lots.extend(parts);
            Ok((row, book.account.clone()))
        })?;
        account.advance(after);
        Ok(hold)
    }

    fn end_hold(
        &mut self,
        account: &mut Locked,
        hold: &Hold,
        (state, at): (HoldState, Timestamp),
    ) -> Result<(), StoreError> {
        let after = self.book(account, |book| {
            let row = book.holds.iter_mut().find(|row| row.id == hold.id);
            let row = row.filter(|row| row.state == HoldState::Open);
            let row = row.ok_or(StoreError::OutOfScope("the hold is not open"))?;
            (row.state, row.ended_at) = (state, Some(at));
            let held = book.account.held.checked_sub(hold.amount).ok_or(Unpostable::Overflow)?;
            book.account.held = held;
            Ok(book.account.clone())
        })?;
        account.advance(after);
        let ended = IntentState::from(state);
        let mut rows = self.memory.rows();
        let promises = rows.intents.iter_mut().filter(|row| row.hold == Some(hold.id));
        promises.filter(|row| row.state == IntentState::Open).for_each(|row| row.state = ended);
        Ok(())
    }

    fn entry_of_key(
        &mut self,
        merchant: MerchantId,
        natural_key: &str,
    ) -> Result<Option<Entry>, StoreError> {
        let rows = self.memory.rows();
        let books = rows.books.values().filter(|book| {
            let Account { merchant: of, person, .. } = book.account;
            of == merchant && self.owns(of, Some(person))
        });
        let mut entries = books.flat_map(|book| &book.entries);
        Ok(entries.find(|entry| entry.natural_key == natural_key).cloned())
    }

    fn traced(&mut self, merchant: MerchantId, cause: Cause) -> Result<Vec<Traced>, StoreError> {
        let rows = self.memory.rows();
        let mut found = Vec::new();
        for book in rows.books.values() {
            let Account { merchant: of, person, .. } = book.account;
            if of != merchant || !self.owns(of, Some(person)) {
                continue;
            }
            let entries = book.entries.iter();
            for entry in entries.filter(|row| row.cause == cause && row.reverses.is_none()) {
                found.push(traced(&rows, book, entry)?);
            }
        }
        found.sort_by_key(|traced| traced.entry.id);
        Ok(found)
    }

    fn trace(&mut self, entry: EntryId) -> Result<Option<Traced>, StoreError> {
        let rows = self.memory.rows();
        let mut books = rows.books.values().filter(|book| {
            let Account { merchant, person, .. } = book.account;
            self.owns(merchant, Some(person))
        });
        let found = books.find_map(|book| {
            let row = book.entries.iter().find(|row| row.id == entry && row.reverses.is_none());
            Some((book, row?))
        });
        found.map(|(book, row)| traced(&rows, book, row)).transpose()
    }

    fn revivals(
        &mut self,
        account: &Locked,
        lots: &[LotId],
    ) -> Result<Vec<(LotId, Lot)>, StoreError> {
        self.book(account, |book| {
            let revived = book.lots.iter().filter_map(|lot| Some((lot.revives?, lot.clone())));
            Ok(revived.filter(|(of, _)| lots.contains(of)).collect())
        })
    }

    fn earned_on(
        &mut self,
        accounts: &[AccountId],
        date: NaiveDate,
    ) -> Result<Vec<(AccountId, Points)>, StoreError> {
        let rows = self.memory.rows();
        let mut found = Vec::new();
        for book in rows.books.values() {
            let Account { id, merchant, person, .. } = book.account;
            if !accounts.contains(&id) || !self.owns(merchant, Some(person)) {
                continue;
            }
            let acting = rows
                .books
                .values()
                .filter(|one| one.account.id == id || one.account.merged_into == Some(id));
            let earned = acting.flat_map(|one| &one.entries).filter(|entry| {
                entry.kind == EntryKind::Earn
                    && entry.business_date == date
                    && entry.cause.counts_against_caps()
            });
            let sum = earned.map(|entry| entry.amount).try_fold(Points::ZERO, Points::checked_add);
            let sum = sum.ok_or(Unpostable::Overflow)?;
            if sum > Points::ZERO {
                found.push((id, sum));
            }
        }
        Ok(found)
    }

    fn due_accounts(
        &mut self,
        after: Option<AccountId>,
        now: Timestamp,
        most: u16,
    ) -> Result<Vec<AccountId>, StoreError> {
        let rows = self.memory.rows();
        let due = rows.books.values().filter(|book| {
            let Account { id, merchant, person, .. } = book.account;
            let lapsed =
                book.holds.iter().any(|hold| hold.state == HoldState::Open && !hold.binds(now));
            let held = book.held_per_lot(now).unwrap_or_default();
            let held = |lot: LotId| held.get(&lot).copied().unwrap_or_default();
            let expired =
                book.lots.iter().any(|lot| lot.is_expired(now) && lot.remaining > held(lot.id));
            after.is_none_or(|after| id > after)
                && self.owns(merchant, Some(person))
                && (lapsed || expired)
        });
        Ok(due.map(|book| book.account.id).take(usize::from(most)).collect())
    }

    fn entries_of_account(
        &mut self,
        account: AccountId,
        before: Option<i64>,
        most: u16,
    ) -> Result<Vec<Entry>, StoreError> {
        let rows = self.memory.rows();
        let book = rows.books.get(&account);
        let book = book.filter(|book| self.owns(book.account.merchant, Some(book.account.person)));
        let entries = book.into_iter().flat_map(|book| book.entries.iter().rev());
        let earlier = entries.filter(|entry| before.is_none_or(|before| entry.seq < before));
        Ok(earlier.take(usize::from(most)).cloned().collect())
    }

    fn entry(&mut self, id: EntryId) -> Result<Option<Entry>, StoreError> {
        let rows = self.memory.rows();
        let owned = rows
            .books
            .values()
            .filter(|book| self.owns(book.account.merchant, Some(book.account.person)));
        Ok(owned.flat_map(|book| &book.entries).find(|entry| entry.id == id).cloned())
    }

    fn put_earning_lines(
        &mut self,
        merchant: MerchantId,
        earning: EntryId,
        lines: &[EarningLine],
    ) -> Result<(), StoreError> {
        if !self.is_near(merchant) {
            return Err(StoreError::OutOfScope("the entry is another's"));
        }
        let mut lines = lines.to_vec();
        lines.sort_by_key(|line| line.item);
        self.memory.rows().earning_lines.insert((merchant, earning), lines);
        Ok(())
    }

    fn earning_lines(
        &mut self,
        merchant: MerchantId,
        earning: EntryId,
    ) -> Result<Vec<EarningLine>, StoreError> {
        let rows = self.memory.rows();
        let lines = rows.earning_lines.get(&(merchant, earning));
        Ok(lines.filter(|_| self.is_near(merchant)).cloned().unwrap_or_default())
    }

    fn clear_earning_lines(
        &mut self,
        merchant: MerchantId,
        cause: Cause,
    ) -> Result<(), StoreError> {
        if !self.is_near(merchant) {
            return Err(StoreError::OutOfScope("the entries are another's"));
        }
        let earnings: Vec<_> =
            self.traced(merchant, cause)?.into_iter().map(|earning| earning.entry.id).collect();
        let mut rows = self.memory.rows();
        rows.earning_lines.retain(|(_, entry), _| !earnings.contains(entry));
        Ok(())
    }

    fn claim_welcome(
        &mut self,
        merchant: MerchantId,
        card: LoyaltyCardId,
        marks: &[WelcomeMark],
    ) -> Result<bool, StoreError> {
        let mut rows = self.memory.rows();
        let welcomed = rows.welcomed.entry((merchant, card)).or_default();
        if marks.iter().any(|mark| welcomed.contains(mark)) {
            return Ok(false);
        }
        welcomed.extend(marks.iter().cloned());
        Ok(true)
    }
}
