//! What customers decided, in memory.

use std::collections::{BTreeMap, BTreeSet};

use regulars_kernel::{ConsentId, MerchantId, Page, PageRequest, PersonId, StoreError, page::cut};

use super::MemoryStore;
use crate::{Consent, ConsentChannel, ConsentSort, Decision, NewConsent};

impl MemoryStore {
    /// The decisions of these people that are in reach, in the order in which they came.
    fn decisions(&self, ids: &[PersonId], channel: Option<ConsentChannel>) -> Vec<Consent> {
        let wanted = |one: &&Consent| {
            ids.contains(&one.new.person)
                && self.reaches(one.new.merchant, one.new.person)
                && channel.is_none_or(|channel| channel == one.new.decision.channel)
        };
        self.memory.rows().consents.iter().filter(wanted).cloned().collect()
    }

    pub(super) fn standing(&self, ids: &[PersonId]) -> Vec<Consent> {
        let mut standing: BTreeMap<_, Consent> = BTreeMap::new();
        for one in self.decisions(ids, None) {
            let key = (one.new.person, one.new.merchant, one.new.decision.channel);
            let known = standing.entry(key).or_insert_with(|| one.clone());
            if known.new.decision.weight() < one.new.decision.weight() {
                *known = one;
            }
        }
        standing.into_values().collect()
    }

    pub(super) fn history(
        &self,
        ids: &[PersonId],
        channel: Option<ConsentChannel>,
        page: &PageRequest<ConsentSort>,
    ) -> Vec<(PersonId, Page<Consent>)> {
        let ids: BTreeSet<PersonId> = ids.iter().copied().collect();
        let of = |id| (id, cut(self.decisions(&[id], channel), page));
        ids.into_iter().map(of).collect()
    }

    pub(super) fn count_history(
        &self,
        ids: &[PersonId],
        channel: Option<ConsentChannel>,
    ) -> Vec<(PersonId, u64)> {
        let mut counts: BTreeMap<PersonId, u64> = BTreeMap::new();
        for one in self.decisions(ids, channel) {
            *counts.entry(one.new.person).or_default() += 1;
        }
        counts.into_iter().collect()
    }

    pub(super) fn count_decisions(
        &self,
        merchant: MerchantId,
        person: PersonId,
        channel: ConsentChannel,
    ) -> u64 {
        let all = self.decisions(&[person], Some(channel));
        let own = all.iter().filter(|one| one.new.merchant == merchant).count();
        u64::try_from(own).unwrap_or(u64::MAX)
    }

    pub(super) fn is_decided(
        &self,
        merchant: MerchantId,
        person: PersonId,
        decision: &Decision,
    ) -> bool {
        let all = self.decisions(&[person], Some(decision.channel));
        all.iter().any(|one| one.new.merchant == merchant && one.new.decision == *decision)
    }

    pub(super) fn decide(&self, new: &NewConsent) -> Result<ConsentId, StoreError> {
        let mut rows = self.memory.rows();
        let member = rows.memberships.contains_key(&(new.merchant, new.person));
        if !member || !self.reaches(new.merchant, new.person) {
            return Err(StoreError::OutOfScope("the membership is another's"));
        }
        let number = i64::try_from(rows.consents.len()).unwrap_or(i64::MAX);
        let id = ConsentId::new(number.saturating_add(1));
        rows.consents.push(new.clone().with_id(id));
        Ok(id)
    }
}
