//! What somebody has on each card at an instant, and when it is going to be gone.

use chrono::NaiveDate;
use regulars_kernel::{Actor, LoyaltyCardId, MerchantId, PersonId, Points, Timestamp};
use regulars_merchant::{MerchantStore, Tz};

use crate::{
    Book, HistoryStore, HoldState, LoyaltyError, account::visible, posting::Unpostable,
    summary::summarise,
};

/// What a person has on a card at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// At which merchant.
    pub merchant: MerchantId,
    /// On which card.
    pub card: LoyaltyCardId,
    /// What is there: available, pending and held.
    pub balance: Points,
    /// What was taken back and was not there any more.
    pub debt: Points,
    /// What can be spent.
    pub available: Points,
    /// What becomes available later.
    pub pending: Points,
    /// What open codes have set aside.
    pub held: Points,
}

/// Points or stamps that are going to be gone, if nobody spends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiry {
    /// When they are gone; this very instant is too late.
    pub at: Timestamp,
    /// At which merchant.
    pub merchant: MerchantId,
    /// On which card.
    pub card: LoyaltyCardId,
    /// The last day on which they are good, in the merchant's zone.
    pub last_day: NaiveDate,
    /// How many.
    pub points: Points,
}

/// The accounts of a person in reach at a merchant, on a card, or all of them.
fn accounts(
    tx: &mut impl HistoryStore,
    actor: &Actor,
    person: PersonId,
    (merchant, card): (Option<MerchantId>, Option<LoyaltyCardId>),
) -> Result<Vec<regulars_kernel::AccountId>, LoyaltyError> {
    let people = visible(actor, &[person])?;
    let accounts = tx.accounts_per_consumer(&people)?.into_iter().filter(|account| {
        merchant.is_none_or(|wanted| wanted == account.merchant)
            && card.is_none_or(|wanted| wanted == account.card)
    });
    Ok(accounts.map(|account| account.id).collect())
}

/// What a person had on each card when the books said so: what was **written down** until `at`, that instant included, counts,
/// whenever it happened; what was written later does not, even of an earlier sale. What was due to expire or to lapse by
/// then has, noted or not. A later instant than now shows what will be there if nothing happens until then.
///
/// A merchant's people with [`regulars_kernel::Permission::ViewConsumer`] see those at their merchant, consumers their own
/// over all. Cards taken after `at` are left out. By merchant and card.
pub fn balances(
    tx: &mut impl HistoryStore,
    actor: &Actor,
    person: PersonId,
    within: (Option<MerchantId>, Option<LoyaltyCardId>),
    at: Timestamp,
) -> Result<Vec<Balance>, LoyaltyError> {
    let accounts = accounts(tx, actor, person, within)?;
    let mut found = Vec::new();
    for book in tx.books_of(&accounts)? {
        if book.account.created_at <= at {
            found.push(book.balance_at(at)?);
        }
    }
    found.sort_by_key(|row| (row.merchant, row.card));
    Ok(found)
}

/// Every coming expiry of what a person has, soonest first: what is free now, pending or not, by card and instant. What open codes
/// have set aside is not among it, since it does not expire before they lapse (rule 19). `until` leaves out what ends later. Reach
/// as of [`balances`].
pub fn expiring<S: HistoryStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    person: PersonId,
    within: (Option<MerchantId>, Option<LoyaltyCardId>),
    (now, until): (Timestamp, Option<Timestamp>),
) -> Result<Vec<Expiry>, LoyaltyError> {
    let accounts = accounts(tx, actor, person, within)?;
    let books = tx.standing_books(&accounts)?;
    let mut merchants: Vec<_> = books.iter().map(|book| book.account.merchant).collect();
    merchants.sort_unstable();
    merchants.dedup();
    let merchants = tx.merchants(&merchants)?;
    let mut found = Vec::new();
    for book in books {
        let merchant = merchants.iter().find(|row| row.id == book.account.merchant);
        let zone = merchant.map_or(Tz::UTC, |row| row.time_zone);
        found.extend(book.expiries(zone, now).ok_or(Unpostable::Overflow)?);
    }
    found.retain(|row| until.is_none_or(|until| row.at <= until));
    found.sort_unstable();
    Ok(found)
}

impl Book {
    /// What was there at an instant ([`balances`]).
    ///
    /// # Errors
    /// [`Unpostable::Overflow`] where a sum does not fit 64 bits.
    pub fn balance_at(&self, at: Timestamp) -> Result<Balance, Unpostable> {
        let mut past = self.as_of(at)?;
        let open = self.holds.iter().filter(|hold| hold.was_open(at));
        past.holds = open.cloned().collect();
        past.holds.iter_mut().for_each(|hold| hold.state = HoldState::Open);
        past.hold_lots.clone_from(&self.hold_lots);
        let sum = summarise([&past], at).ok_or(Unpostable::Overflow)?;
        let balance = sum.available.checked_add(sum.pending);
        let balance = balance.and_then(|free| free.checked_add(sum.held));
        Ok(Balance {
            merchant: self.account.merchant,
            card: self.account.card,
            balance: balance.ok_or(Unpostable::Overflow)?,
            debt: sum.debt,
            available: sum.available,
            pending: sum.pending,
            held: sum.held,
        })
    }

    /// When what is free is going to be gone, by instant; `None` where a sum does not fit.
    pub fn expiries(&self, zone: Tz, now: Timestamp) -> Option<Vec<Expiry>> {
        let held = self.held_per_lot(now)?;
        let mut found: Vec<Expiry> = Vec::new();
        for lot in &self.lots {
            let Some(at) = lot.expires_at.filter(|at| now < *at) else { continue };
            let held = held.get(&lot.id).copied().unwrap_or_default();
            let free = lot.remaining.checked_sub(held)?.max(Points::ZERO);
            if free == Points::ZERO {
                continue;
            }
            if let Some(row) = found.iter_mut().find(|row| row.at == at) {
                row.points = row.points.checked_add(free)?;
                continue;
            }
            found.push(Expiry {
                at,
                merchant: self.account.merchant,
                card: self.account.card,
                last_day: last_day(zone, at),
                points: free,
            });
        }
        found.sort_unstable();
        Some(found)
    }
}

/// The last day of what ends at an instant: the instant before its end is the last at which it is good.
pub(crate) fn last_day(zone: Tz, end: Timestamp) -> NaiveDate {
    let last = Timestamp::from_micros(end.micros().saturating_sub(1));
    last.to_utc().with_timezone(&zone).date_naive()
}
