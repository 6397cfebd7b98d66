//! What the ledger asks of whoever keeps its rows, beside [`LoyaltyStore`].

use chrono::NaiveDate;
use regulars_kernel::{
    AccountId, EntryId, HoldId, LotId, LoyaltyCardId, MerchantId, OrderItemId, PersonId, Points,
    StoreError, Timestamp,
};

use crate::{
    Cause, Entry, Hold, HoldState, Holdings, HoldsLoyalty, Lot, LoyaltyCard, LoyaltyStore,
    posting::{Locked, Posting},
    welcome::WelcomeMark,
};

/// A line that was kept, with the lots that came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The line.
    pub entry: Entry,
    /// Its lots, in the order of the posting.
    pub lots: Vec<Lot>,
}

/// An amount to be set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHold {
    /// How much of which lots; each part positive.
    pub parts: Vec<(LotId, Points)>,
    /// Until when; this very instant is too late.
    pub until: Timestamp,
    /// Since when.
    pub created_at: Timestamp,
}

/// A line with all that can still be taken back of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// The line.
    pub entry: Entry,
    /// Whose it is.
    pub person: PersonId,
    /// On which card.
    pub card: LoyaltyCardId,
    /// What was taken back of it so far: of the other sign, or zero.
    pub reversed: Points,
    /// How many lines take it back so far.
    pub reversals: u32,
    /// The account on which what takes it back acts: its own, or the one into which that was merged (rule 27).
    pub acts_on: AccountId,
    /// The lots that came with it.
    pub lots: Vec<Lot>,
    /// Those, and the lots into which what they held was moved since.
    pub own: Vec<LotId>,
    /// The lots that it took from, by ascending id, each with what of it was not given back since. What paid debt on its
    /// way back is among that: how much can still come back is the line's amount and [`Self::reversed`].
    pub uses: Vec<(Lot, Points)>,
}

impl Traced {
    /// What is left of a credit, whatever took it back; never below nothing.
    pub fn left(&self) -> Points {
        self.entry.amount.checked_add(self.reversed).unwrap_or_default().max(Points::ZERO)
    }
}

/// What a line of an order added to what the order earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarningLine {
    /// The line.
    pub item: OrderItemId,
    /// What it added to the base, in minor units (rule 14).
    pub base: i64,
    /// What it earned of the points.
    pub points: Points,
}

/// Lines of the ledger, written under the lock of their account. Reach as in [`LoyaltyStore`]; what is out of reach is not
/// there. Accounts are locked by ascending id where there are several.
pub trait LedgerStore: LoyaltyStore {
    /// Locks the person's account on a card; with `open_at` it is opened where there is none, else `None`. The person has
    /// a membership at the merchant.
    fn lock_account(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        card: LoyaltyCardId,
        open_at: Option<Timestamp>,
    ) -> Result<Option<Locked>, StoreError>;

    /// Locks accounts by id; ids that are not there are left out. By ascending id.
    fn lock_accounts(&mut self, ids: &[AccountId]) -> Result<Vec<Locked>, StoreError>;

    /// Locks every account of those people at a merchant. By ascending id.
    fn lock_accounts_of(
        &mut self,
        merchant: MerchantId,
        people: &[PersonId],
    ) -> Result<Vec<Locked>, StoreError>;

    /// Says which account acts for this one from now on, none where it does itself, and what it counts of what others earned.
    fn redirect_account(
        &mut self,
        account: &mut Locked,
        merged_into: Option<AccountId>,
        carried: Points,
    ) -> Result<(), StoreError>;

    /// Ends an open hold of the account that another account is going to have: it is called off, and the promise that stands on it
    /// stays as it is. [`Self::repoint_promise`] follows.
    fn hand_over_hold(
        &mut self,
        account: &mut Locked,
        hold: &Hold,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Has the promise that stood on one hold stand on another.
    fn repoint_promise(
        &mut self,
        merchant: MerchantId,
        from: HoldId,
        to: HoldId,
    ) -> Result<(), StoreError>;

    /// The welcomes of those accounts (rule 15), traced, by ascending id.
    fn welcomes(&mut self, accounts: &[AccountId]) -> Result<Vec<Traced>, StoreError>;

    /// Cards by id as they are now, in no order. In a transaction that writes nobody changes them before it ends; several may have
    /// them so at once. Before accounts: what a card collects is what its first line is written by.
    fn share_loyalty_cards(
        &mut self,
        ids: &[LoyaltyCardId],
    ) -> Result<Vec<LoyaltyCard>, StoreError>;

    /// What the account holds and has set aside.
    fn holdings(&mut self, account: &Locked) -> Result<Holdings, StoreError>;

    /// Keeps a line with its lots, its uses and the account after it. The posting was made of the account as it is locked.
    /// Errors: [`StoreError::Taken`] of `entry.natural_key` where a line of that natural key is there.
    fn post(&mut self, account: &mut Locked, posting: Posting) -> Result<Posted, StoreError>;

    /// Sets aside; the parts lie within what is free.
    fn put_hold(&mut self, account: &mut Locked, hold: &NewHold) -> Result<Hold, StoreError>;

    /// Ends an open hold of the account at an instant, and the promise that stands on it, where one is open: it was kept, called
    /// off or has lapsed with it.
    fn end_hold(
        &mut self,
        account: &mut Locked,
        hold: &Hold,
        end: (HoldState, Timestamp),
    ) -> Result<(), StoreError>;

    /// The line of a natural key.
    fn entry_of_key(
        &mut self,
        merchant: MerchantId,
        natural_key: &str,
    ) -> Result<Option<Entry>, StoreError>;

    /// The lines that came of a thing and take nothing back, by ascending id, traced.
    fn traced(&mut self, merchant: MerchantId, cause: Cause) -> Result<Vec<Traced>, StoreError>;

    /// A line that takes nothing back, traced.
    fn trace(&mut self, entry: EntryId) -> Result<Option<Traced>, StoreError>;

    /// The lots that bring back the points of those lots (rule 25), whether they hold something or not.
    fn revivals(
        &mut self,
        account: &Locked,
        lots: &[LotId],
    ) -> Result<Vec<(LotId, Lot)>, StoreError>;

    /// What an account earned on a business date by sales and stamps, whether or not it was taken back since (rules 14
    /// and 25), with what those earned that were merged into it; accounts without are left out.
    fn earned_on(
        &mut self,
        accounts: &[AccountId],
        date: NaiveDate,
    ) -> Result<Vec<(AccountId, Points)>, StoreError>;

    /// Accounts of which something has expired or lapsed and was not noted yet, by ascending id after one: for workers.
    fn due_accounts(
        &mut self,
        after: Option<AccountId>,
        now: Timestamp,
        most: u16,
    ) -> Result<Vec<AccountId>, StoreError>;

    /// A page of an account's lines, newest first: those of numbers below `before` (none: from the newest).
    fn entries_of_account(
        &mut self,
        account: AccountId,
        before: Option<i64>,
        most: u16,
    ) -> Result<Vec<Entry>, StoreError>;

    /// The entry of an id in reach.
    fn entry(&mut self, id: EntryId) -> Result<Option<Entry>, StoreError>;

    /// Keeps what the lines of an order added to an earning, so that a refund takes back as much (rule 25), whatever the card
    /// says by then.
    fn put_earning_lines(
        &mut self,
        merchant: MerchantId,
        earning: EntryId,
        lines: &[EarningLine],
    ) -> Result<(), StoreError>;

    /// What lines added to an earning, by ascending item; nothing of earnings that came of no order.
    fn earning_lines(
        &mut self,
        merchant: MerchantId,
        earning: EntryId,
    ) -> Result<Vec<EarningLine>, StoreError>;

    /// Forgets what the lines of a thing added to its earnings, because the lines are going to be others.
    fn clear_earning_lines(&mut self, merchant: MerchantId, cause: Cause)
    -> Result<(), StoreError>;

    /// Notes that somebody who is known by those marks was welcomed with a card. Answers `false`, and notes nothing, where
    /// somebody who is known by one of them was before (rule 15).
    fn claim_welcome(
        &mut self,
        merchant: MerchantId,
        card: LoyaltyCardId,
        marks: &[WelcomeMark],
    ) -> Result<bool, StoreError>;
}

impl<T: HoldsLoyalty> LedgerStore for T
where
    T::Loyalty: LedgerStore,
{
    fn lock_account(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        card: LoyaltyCardId,
        open_at: Option<Timestamp>,
    ) -> Result<Option<Locked>, StoreError> {
        self.held_loyalty_mut().lock_account(merchant, person, card, open_at)
    }

    fn lock_accounts(&mut self, ids: &[AccountId]) -> Result<Vec<Locked>, StoreError> {
        self.held_loyalty_mut().lock_accounts(ids)
    }

    fn lock_accounts_of(
        &mut self,
        merchant: MerchantId,
        people: &[PersonId],
    ) -> Result<Vec<Locked>, StoreError> {
        self.held_loyalty_mut().lock_accounts_of(merchant, people)
    }

    fn redirect_account(
        &mut self,
        account: &mut Locked,
        merged_into: Option<AccountId>,
        carried: Points,
    ) -> Result<(), StoreError> {
        self.held_loyalty_mut().redirect_account(account, merged_into, carried)
    }

    fn hand_over_hold(
        &mut self,
        account: &mut Locked,
        hold: &Hold,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.held_loyalty_mut().hand_over_hold(account, hold, now)
    }

    fn repoint_promise(
        &mut self,
        merchant: MerchantId,
        from: HoldId,
        to: HoldId,
    ) -> Result<(), StoreError> {
        self.held_loyalty_mut().repoint_promise(merchant, from, to)
    }

    fn welcomes(&mut self, accounts: &[AccountId]) -> Result<Vec<Traced>, StoreError> {
        self.held_loyalty_mut().welcomes(accounts)
    }

    fn share_loyalty_cards(
        &mut self,
        ids: &[LoyaltyCardId],
    ) -> Result<Vec<LoyaltyCard>, StoreError> {
        self.held_loyalty_mut().share_loyalty_cards(ids)
    }

    fn holdings(&mut self, account: &Locked) -> Result<Holdings, StoreError> {
        self.held_loyalty_mut().holdings(account)
    }

    fn post(&mut self, account: &mut Locked, posting: Posting) -> Result<Posted, StoreError> {
        self.held_loyalty_mut().post(account, posting)
    }

    fn put_hold(&mut self, account: &mut Locked, hold: &NewHold) -> Result<Hold, StoreError> {
        self.held_loyalty_mut().put_hold(account, hold)
    }

    fn end_hold(
        &mut self,
        account: &mut Locked,
        hold: &Hold,
        end: (HoldState, Timestamp),
    ) -> Result<(), StoreError> {
        self.held_loyalty_mut().end_hold(account, hold, end)
    }

    fn entry_of_key(
        &mut self,
        merchant: MerchantId,
        natural_key: &str,
    ) -> Result<Option<Entry>, StoreError> {
        self.held_loyalty_mut().entry_of_key(merchant, natural_key)
    }

    fn traced(&mut self, merchant: MerchantId, cause: Cause) -> Result<Vec<Traced>, StoreError> {
        self.held_loyalty_mut().traced(merchant, cause)
    }

    fn trace(&mut self, entry: EntryId) -> Result<Option<Traced>, StoreError> {
        self.held_loyalty_mut().trace(entry)
    }

    fn revivals(
        &mut self,
        account: &Locked,
        lots: &[LotId],
    ) -> Result<Vec<(LotId, Lot)>, StoreError> {
        self.held_loyalty_mut().revivals(account, lots)
    }

    fn earned_on(
        &mut self,
        accounts: &[AccountId],
        date: NaiveDate,
    ) -> Result<Vec<(AccountId, Points)>, StoreError> {
        self.held_loyalty_mut().earned_on(accounts, date)
    }

    fn due_accounts(
        &mut self,
        after: Option<AccountId>,
        now: Timestamp,
        most: u16,
    ) -> Result<Vec<AccountId>, StoreError> {
        self.held_loyalty_mut().due_accounts(after, now, most)
    }

    fn entries_of_account(
        &mut self,
        account: AccountId,
        before: Option<i64>,
        most: u16,
    ) -> Result<Vec<Entry>, StoreError> {
        self.held_loyalty_mut().entries_of_account(account, before, most)
    }

    fn entry(&mut self, id: EntryId) -> Result<Option<Entry>, StoreError> {
        self.held_loyalty_mut().entry(id)
    }

    fn put_earning_lines(
        &mut self,
        merchant: MerchantId,
        earning: EntryId,
        lines: &[EarningLine],
    ) -> Result<(), StoreError> {
        self.held_loyalty_mut().put_earning_lines(merchant, earning, lines)
    }

    fn earning_lines(
        &mut self,
        merchant: MerchantId,
        earning: EntryId,
    ) -> Result<Vec<EarningLine>, StoreError> {
        self.held_loyalty_mut().earning_lines(merchant, earning)
    }

    fn clear_earning_lines(
        &mut self,
        merchant: MerchantId,
        cause: Cause,
    ) -> Result<(), StoreError> {
        self.held_loyalty_mut().clear_earning_lines(merchant, cause)
    }

    fn claim_welcome(
        &mut self,
        merchant: MerchantId,
        card: LoyaltyCardId,
        marks: &[WelcomeMark],
    ) -> Result<bool, StoreError> {
        self.held_loyalty_mut().claim_welcome(merchant, card, marks)
    }
}
