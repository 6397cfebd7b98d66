//! What is kept of people beside the membership and the account row, and of whom nothing is.

use std::collections::BTreeSet;

use regulars_customer::{CustomerStore as _, Kind, Membership};
use regulars_kernel::{MerchantId, Scope, StoreError, Timestamp};
use regulars_merchant::EntitySource;

use super::MemoryStore;
use crate::{
    erasure::{Erasure, ErasureId, NewErasure, Part, PartKind, Whose},
    erasure_store::ErasureStore,
    mail::MailId,
    mark::Mark,
};

#[derive(Debug, Default)]
pub(super) struct Rows {
    marks: BTreeSet<(MerchantId, Mark)>,
    erasures: Vec<Erasure>,
    /// Of which no entry of the log comes any more.
    settled: BTreeSet<ErasureId>,
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

impl ErasureStore for MemoryStore {
    fn clear(&mut self, whose: Whose, _values: &[String]) -> Result<Vec<Part>, StoreError> {
        // Before anything is taken: whoever may not erase changes nothing.
        drop(self.rows()?);
        let mut cards = 0;
        for membership in self.customers.memberships_of(whose.person)? {
            let other = whose.merchant.is_some_and(|merchant| merchant != membership.merchant);
            if !other && !membership.cards.is_empty() {
                cards += membership.cards.len();
                let without = Membership { cards: Vec::new(), ..membership };
                self.customers.update_membership(&without)?;
            }
        }
        cards += self.memory.customers.forget_blocked_cards(whose.person, whose.merchant);
        let consents = self.memory.customers.forget_consents(whose.person, whose.merchant);
        let merges = self.memory.customers.forget_taken(whose.person, whose.merchant);
        let mut parts = vec![
            Part::gone(PartKind::Merges, count(merges)),
            Part::gone(PartKind::Cards, count(cards)),
            Part::gone(PartKind::Consents, count(consents)),
        ];
        if !whose.whole {
            return Ok(parts);
        }
        let blocked = self.memory.customers.forget_blocked_ids(whose.person);
        let mut rows = self.rows()?;
        let (sessions, mails) = (rows.sessions.len(), rows.mails.len());
        rows.sessions.retain(|_, session| session.person != whose.person);
        rows.tokens.retain(|_, (token, _)| token.person != whose.person);
        rows.mails.retain(|_, mail| mail.person() != Some(whose.person));
        rows.logins.remove(&whose.person);
        parts.extend([
            Part::gone(PartKind::BlockedNumbers, count(blocked)),
            Part::gone(PartKind::Sessions, count(sessions - rows.sessions.len())),
            Part::gone(PartKind::Mails, count(mails - rows.mails.len())),
        ]);
        Ok(parts)
    }

    fn sources_of(
        &mut self,
        _whose: Whose,
    ) -> Result<Vec<(MerchantId, EntitySource, String)>, StoreError> {
        // Connections are no rows of this store.
        Ok(Vec::new())
    }

    fn insert_marks(
        &mut self,
        merchant: MerchantId,
        marks: &[Mark],
        _at: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut rows = self.rows()?;
        let new = marks.iter().filter(|mark| {
            let mark: Mark = (*mark).clone();
            rows.erasure.marks.insert((merchant, mark))
        });
        Ok(new.count())
    }

    fn is_marked(&mut self, merchant: MerchantId, marks: &[Mark]) -> Result<bool, StoreError> {
        let reached = match self.scope {
            Scope::Merchant(own) => own == merchant,
            Scope::Person(_) => false,
            Scope::Platform => true,
        };
        let rows = self.memory.rows();
        let kept = |mark: &Mark| rows.erasure.marks.contains(&(merchant, mark.clone()));
        Ok(reached && marks.iter().any(kept))
    }

    fn insert_erasure(&mut self, new: &NewErasure) -> Result<ErasureId, StoreError> {
        let whole = match new.merchant {
            None => true,
            Some(merchant) => {
                let membership = self.customers.find_membership(merchant, new.person)?;
                membership.is_some_and(|membership| membership.kind == Kind::Managed)
            }
        };
        let mut rows = self.rows()?;
        let last = rows.erasure.erasures.last().map_or(0, |last| last.id.get());
        let id = ErasureId::new(last.saturating_add(1));
        let NewErasure { merchant, person, reason, parts, erased_at } = new.clone();
        let cleaned_at = None;
        rows.erasure.erasures.push(Erasure {
            id,
            merchant,
            person,
            whole,
            reason,
            parts,
            erased_at,
            cleaned_at,
        });
        Ok(id)
    }

    fn find_erasure(&mut self, id: ErasureId) -> Result<Option<Erasure>, StoreError> {
        let rows = self.memory.rows();
        let found = rows.erasure.erasures.iter().find(|erasure| erasure.id == id);
        let reached = |erasure: &&Erasure| match self.scope {
            Scope::Merchant(own) => erasure.merchant == Some(own),
            Scope::Person(_) => false,
            Scope::Platform => true,
        };
        Ok(found.filter(reached).cloned())
    }

    fn unclean_erasures(
        &mut self,
        before: Timestamp,
        most: u16,
    ) -> Result<Vec<Erasure>, StoreError> {
        let rows = self.rows()?;
        let unclean = |one: &&Erasure| one.cleaned_at.is_none() && one.erased_at < before;
        let mut found: Vec<_> = rows.erasure.erasures.iter().filter(unclean).cloned().collect();
        found.sort_by_key(|erasure| erasure.erased_at);
        found.truncate(usize::from(most));
        Ok(found)
    }

    fn settle_erasures(&mut self, ids: &[ErasureId], at: Timestamp) -> Result<(), StoreError> {
        let mut rows = self.rows()?;
        for erasure in rows.erasure.erasures.iter_mut().filter(|one| ids.contains(&one.id)) {
            erasure.cleaned_at.get_or_insert(at);
        }
        Ok(())
    }

    fn late_erasures(&mut self, past: ErasureId, most: u16) -> Result<Vec<Erasure>, StoreError> {
        let rows = self.rows()?;
        let late = |one: &&Erasure| one.id > past && !rows.erasure.settled.contains(&one.id);
        let late = rows.erasure.erasures.iter().filter(late);
        Ok(late.take(usize::from(most)).cloned().collect())
    }

    fn reopen_erasures(&mut self, ids: &[ErasureId]) -> Result<(), StoreError> {
        let mut rows = self.rows()?;
        for erasure in rows.erasure.erasures.iter_mut().filter(|one| ids.contains(&one.id)) {
            erasure.cleaned_at = None;
        }
        Ok(())
    }

    fn settle_logs(&mut self, ids: &[ErasureId], _at: Timestamp) -> Result<(), StoreError> {
        self.rows()?.erasure.settled.extend(ids);
        Ok(())
    }

    fn mails_among(&mut self, ids: &[MailId]) -> Result<Vec<MailId>, StoreError> {
        let rows = self.rows()?;
        Ok(ids.iter().filter(|id| rows.mails.contains_key(id)).copied().collect())
    }
}
