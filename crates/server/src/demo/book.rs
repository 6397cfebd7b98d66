//! The account of one person on one card, written line by line (rules 17 to 19): every row of the ledger comes from here,
//! and so the world's books add up whatever its size.

use chrono::NaiveDate;
use regulars_kernel::{AccountId, EntryId, LotId, Points, RedemptionId, Timestamp};
use regulars_loyalty::{
    Account, Cause, Entry, EntryKind, Lot, LotUse, entry::natural_key, lot::draw,
};

use super::{
    row::{AccountRow, Batch, EntryRow, HoldLotRow, HoldRow, LotRow, LotUseRow},
    world::Sequences,
};

/// Where rows and their ids come from and go to.
pub(super) struct Pen<'a> {
    pub(super) ids: &'a mut Sequences,
    pub(super) out: &'a mut Batch,
}

/// An account.
pub(super) struct Book {
    row: AccountRow,
    entries: Vec<Entry>,
    lots: Vec<Lot>,
    lot_uses: Vec<LotUse>,
    recorded: i64,
}

/// What is written, and of what it came.
#[derive(Clone, Copy)]
pub(super) struct Occasion {
    pub(super) cause: Cause,
    pub(super) at: i64,
    pub(super) date: NaiveDate,
}

/// The life of what is earned.
#[derive(Clone, Copy)]
pub(super) struct Life {
    pub(super) active_from: i64,
    pub(super) expires_at: Option<Timestamp>,
}

impl Book {
    /// Enrols.
    pub(super) fn open(pen: &mut Pen<'_>, merchant: i64, person: i64, card: i64, at: i64) -> Self {
        let row = AccountRow {
            id: pen.ids.account(),
            merchant_id: merchant,
            person_id: person,
            loyalty_card_id: card,
            balance: 0,
            debt: 0,
            held: 0,
            earned: 0,
            seq: 0,
            created_at: at,
            head: None,
            head_at: 0,
        };
        Self { row, entries: Vec::new(), lots: Vec::new(), lot_uses: Vec::new(), recorded: at }
    }

    /// Writes the account as it is in the end, each line chained to the one before it.
    pub(super) fn close(mut self, pen: &mut Pen<'_>) {
        let merchant = self.row.merchant_id;
        let account = Account::new(
            AccountId::new(self.row.id),
            merchant.into(),
            self.row.person_id.into(),
            self.row.loyalty_card_id.into(),
            Timestamp::from_micros(self.row.created_at),
        );
        let book = regulars_loyalty::Book {
            entries: self.entries,
            lots: self.lots,
            lot_uses: self.lot_uses,
            ..regulars_loyalty::Book::new(account)
        }
        .chained();
        self.row.head = book.account.head;
        self.row.head_at = book.account.head_at.micros();
        pen.out.entry.extend(book.entries.into_iter().map(|entry| EntryRow {
            id: entry.id.get(),
            merchant_id: merchant,
            account_id: entry.account.get(),
            seq: entry.seq,
            kind: entry.kind.name(),
            amount: entry.amount.get(),
            cause: entry.cause.name(),
            cause_id: entry.cause.id(),
            natural_key: entry.natural_key,
            reverses: entry.reverses.map(EntryId::get),
            occurred_at: entry.occurred_at.micros(),
            recorded_at: entry.recorded_at.micros(),
            business_date: entry.business_date.to_string(),
            hash: entry.hash,
        }));
        pen.out.lot_use.extend(book.lot_uses.iter().map(|row| LotUseRow {
            merchant_id: merchant,
            entry_id: row.entry.get(),
            lot_id: row.lot.get(),
            amount: row.amount.get(),
        }));
        pen.out.lot.extend(book.lots.iter().map(|lot| LotRow {
            id: lot.id.get(),
            merchant_id: merchant,
            account_id: lot.account.get(),
            entry_id: lot.entry.get(),
            amount: lot.amount.get(),
            remaining: lot.remaining.get(),
            active_from: lot.active_from.micros(),
            expires_at: lot.expires_at.map(Timestamp::micros),
        }));
        pen.out.account.push(self.row);
    }

    /// What can be spent; only the last thing that is written is a hold.
    pub(super) fn available(&self, at: i64) -> i64 {
        let at = Timestamp::from_micros(at);
        let free = self.lots.iter().filter(|lot| lot.is_active(at) && !lot.is_expired(at));
        free.map(|lot| lot.remaining.get()).sum::<i64>() - self.row.held
    }

    /// Earns; a debt is paid first (rule 18).
    pub(super) fn earn(
        &mut self,
        pen: &mut Pen<'_>,
        amount: i64,
        life: Life,
        occasion: Occasion,
    ) -> i64 {
        let entry = self.enter(pen, EntryKind::Earn, amount, None, occasion);
        let paid = amount.min(self.row.debt);
        self.row.debt -= paid;
        self.row.earned += amount;
        if amount > paid {
            self.row.balance += amount - paid;
            self.lots.push(Lot {
                id: LotId::new(pen.ids.lot()),
                account: AccountId::new(self.row.id),
                entry: EntryId::new(entry),
                amount: Points::new(amount - paid),
                remaining: Points::new(amount - paid),
                active_from: Timestamp::from_micros(life.active_from),
                expires_at: life.expires_at,
                revives: None,
                moved_from: None,
            });
        }
        entry
    }

    /// Spends on a redemption, by rule 19. Answers the line, or nothing where there is not enough.
    pub(super) fn spend(
        &mut self,
        pen: &mut Pen<'_>,
        amount: i64,
        redemption: i64,
        (at, date): (i64, NaiveDate),
    ) -> Option<i64> {
        let parts = self.draw(amount, at)?;
        let occasion =
            Occasion { cause: Cause::Redemption(RedemptionId::new(redemption)), at, date };
        let entry = self.enter(pen, EntryKind::Redeem, -amount, None, occasion);
        for (lot, part) in parts {
            self.take(entry, lot, part.get());
        }
        Some(entry)
    }

    /// Takes an earning back (rule 18): from its own lots, from pending ones, from free ones; what is missing is debt,
    /// or is let be where `into_debt` says so.
    pub(super) fn take_back(
        &mut self,
        pen: &mut Pen<'_>,
        (earning, amount): (i64, i64),
        into_debt: bool,
        occasion: Occasion,
    ) {
        let at = Timestamp::from_micros(occasion.at);
        let mut order: Vec<&Lot> =
            self.lots.iter().filter(|lot| lot.remaining > Points::ZERO).collect();
        order.sort_by_key(|lot| {
            let rank = match lot.entry.get() == earning {
                true => 0,
                false if !lot.is_active(at) => 1,
                false => 2,
            };
            (rank, lot.expires_at.unwrap_or(Timestamp::MAX), lot.active_from, lot.id)
        });
        let mut missing = amount;
        let mut parts = Vec::new();
        for lot in order {
            let part = lot.remaining.get().min(missing);
            if part > 0 {
                missing -= part;
                parts.push((lot.id, part));
            }
        }
        let taken = if into_debt { amount } else { amount - missing };
        if taken == 0 {
            return;
        }
        let entry = self.enter(pen, EntryKind::Reverse, -taken, Some(earning), occasion);
        for (lot, part) in parts {
            self.take(entry, lot, part);
        }
        self.row.earned -= taken;
        self.row.debt += taken - (amount - missing);
    }

    /// Lets lapse what is over by then.
    pub(super) fn expire(
        &mut self,
        pen: &mut Pen<'_>,
        until: i64,
        date: impl Fn(i64) -> NaiveDate,
    ) {
        let until = Timestamp::from_micros(until);
        let over =
            self.lots.iter().filter(|lot| lot.is_expired(until) && lot.remaining > Points::ZERO);
        let mut over: Vec<_> =
            over.filter_map(|lot| Some((lot.expires_at?, lot.id, lot.remaining.get()))).collect();
        over.sort_unstable_by_key(|(end, lot, _remaining)| (*end, *lot));
        for (end, lot, remaining) in over {
            let at = end.micros();
            let occasion = Occasion { cause: Cause::Expiry(lot), at, date: date(at) };
            let entry = self.enter(pen, EntryKind::Expire, -remaining, None, occasion);
            self.take(entry, lot, remaining);
        }
    }

    /// Sets an amount aside for an open code. Answers the hold.
    pub(super) fn hold(
        &mut self,
        pen: &mut Pen<'_>,
        amount: i64,
        at: i64,
        until: i64,
    ) -> Option<i64> {
        let parts = self.draw(amount, at)?;
        let (id, merchant) = (pen.ids.hold(), self.row.merchant_id);
        pen.out.hold.push(HoldRow {
            id,
            merchant_id: merchant,
            account_id: self.row.id,
            amount,
            until,
            state: "OPEN",
            created_at: at,
        });
        pen.out.hold_lot.extend(parts.into_iter().map(|(lot, part)| HoldLotRow {
            merchant_id: merchant,
            hold_id: id,
            lot_id: lot.get(),
            amount: part.get(),
        }));
        self.row.held += amount;
        Some(id)
    }

    fn draw(&self, amount: i64, at: i64) -> Option<Vec<(LotId, Points)>> {
        draw(&self.lots, |_lot| Points::ZERO, Points::new(amount), Timestamp::from_micros(at))
    }

    fn take(&mut self, entry: i64, lot: LotId, amount: i64) {
        if let Some(lot) = self.lots.iter_mut().find(|known| known.id == lot) {
            lot.remaining = Points::new(lot.remaining.get() - amount);
        }
        self.row.balance -= amount;
        let (entry, amount) = (EntryId::new(entry), Points::new(amount));
        self.lot_uses.push(LotUse { entry, lot, amount });
    }

    fn enter(
        &mut self,
        pen: &mut Pen<'_>,
        kind: EntryKind,
        amount: i64,
        reverses: Option<i64>,
        Occasion { cause, at, date }: Occasion,
    ) -> i64 {
        let id = pen.ids.entry();
        self.row.seq += 1;
        self.recorded = self.recorded.max(at);
        let account = AccountId::new(self.row.id);
        self.entries.push(Entry {
            id: EntryId::new(id),
            account,
            seq: self.row.seq,
            kind,
            amount: Points::new(amount),
            cause,
            natural_key: natural_key(account, kind, cause, 0),
            reverses: reverses.map(EntryId::new),
            occurred_at: Timestamp::from_micros(at),
            recorded_at: Timestamp::from_micros(self.recorded),
            business_date: date,
            actor: None,
            hash: None,
        });
        id
    }
}
