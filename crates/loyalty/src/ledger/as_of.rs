//! The books of an account as they were at an instant.

use regulars_kernel::{Points, Timestamp};

use crate::{Book, EntryKind, HoldState, posting::Unpostable};

impl Book {
    /// What was written until an instant, that instant included: lines, lots and uses, with the sums that they came to. What was
    /// held is another question ([`Book::balance_at`]): nothing is.
    ///
    /// # Errors
    /// [`Unpostable::Overflow`] where a sum does not fit 64 bits.
    pub fn as_of(&self, at: Timestamp) -> Result<Self, Unpostable> {
        let mut book = Self::new(self.account.clone());
        book.entries = self.entries.iter().filter(|row| row.recorded_at <= at).cloned().collect();
        let written = |id| book.entries.iter().any(|row| row.id == id);
        book.lots = self.lots.iter().filter(|lot| written(lot.entry)).cloned().collect();
        book.lot_uses = self.lot_uses.iter().filter(|row| written(row.entry)).copied().collect();
        // Holds that were used tell why something was spent after its end (rule 19).
        let used = self
            .holds
            .iter()
            .filter(|hold| hold.state == HoldState::Confirmed && hold.created_at <= at);
        book.holds = used.cloned().collect();
        let kept = |id| book.holds.iter().any(|hold| hold.id == id);
        book.hold_lots = self.hold_lots.iter().filter(|part| kept(part.hold)).copied().collect();
        for lot in &mut book.lots {
            let used = book.lot_uses.iter().filter(|row| row.lot == lot.id);
            let used = used.map(|row| row.amount).try_fold(Points::ZERO, Points::checked_add);
            lot.remaining =
                used.and_then(|used| lot.amount.checked_sub(used)).ok_or(Unpostable::Overflow)?;
        }
        let sum = |amounts: Vec<Points>| {
            let mut amounts = amounts.into_iter();
            amounts.try_fold(Points::ZERO, Points::checked_add).ok_or(Unpostable::Overflow)
        };
        let balance = sum(book.lots.iter().map(|lot| lot.remaining).collect())?;
        let entries = sum(book.entries.iter().map(|row| row.amount).collect())?;
        let earned = book.entries.iter().filter(|row| {
            row.kind == EntryKind::Earn
                || (row.kind == EntryKind::Reverse && row.amount < Points::ZERO)
        });
        let earned = sum(earned.map(|row| row.amount).collect())?;
        let last = book.entries.last();
        book.account.balance = balance;
        book.account.debt = balance.checked_sub(entries).ok_or(Unpostable::Overflow)?;
        book.account.held = Points::ZERO;
        book.account.earned = earned;
        book.account.seq = last.map_or(0, |row| row.seq);
        book.account.head = last.and_then(|row| row.hash);
        book.account.head_at = last.map_or(Timestamp::from_micros(0), |row| row.recorded_at);
        Ok(book)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regulars_kernel::{LoyaltyCardId, Scope};

    use crate::{
        LoyaltyStore as _, ledger,
        memory::Memory,
        suite::{FIRST, journey},
    };

    proptest! {
        #[test]
        fn rule_18_books_add_up_at_every_instant_of_the_past(seed in any::<u64>()) {
            let memory = Memory::new();
            let mut tx = memory.scoped(Scope::Merchant(FIRST));
            journey(&mut tx, LoyaltyCardId::new(701), seed, 40).unwrap();
            let book = tx.books(None, 1).unwrap().remove(0);
            for entry in &book.entries {
                let past = book.as_of(entry.recorded_at).unwrap();
                // Lines of one instant come together.
                prop_assert!(past.account.seq >= entry.seq);
                prop_assert_eq!(ledger::check(&past), vec![]);
            }
            let now = book.entries.last().map(|entry| entry.recorded_at);
            if let Some(now) = now {
                let past = book.as_of(now).unwrap();
                prop_assert_eq!(past.account.balance, book.account.balance);
                prop_assert_eq!(past.account.debt, book.account.debt);
            }
        }
    }
}
