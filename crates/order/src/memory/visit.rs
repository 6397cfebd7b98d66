//! Visits in memory.

use std::{collections::BTreeMap, time::Duration};

use regulars_customer::segment::VisitFact;
use regulars_kernel::{
    MerchantId, Page, PageRequest, PersonId, Points, Scope, StoreAccess, StoreError, StoreId,
    VisitId, page::cut,
};
use regulars_loyalty::{Cause, EntryKind, LedgerStore, LoyaltyStore, Program};

use super::{Memory, MemoryStore, distinct, next};
use crate::{Visit, VisitQuery, VisitSort, VisitStore};

impl Memory {
    /// Puts a visit down, in place of the one of the same id.
    pub fn put_visit(&self, visit: Visit) {
        let member = (visit.merchant, visit.consumer);
        self.rows().visits.insert(visit.id, visit);
        self.tell_visits(member.0, member.1);
    }

    /// Tells the crate below when a customer came by.
    pub(super) fn tell_visits(&self, merchant: MerchantId, person: PersonId) {
        let member = (merchant, person);
        let rows = self.rows();
        let own = rows.visits.values().filter(|row| (row.merchant, row.consumer) == member);
        let facts = own.map(|row| VisitFact { store: row.store, at: row.occurred_at }).collect();
        // The rows stay locked meanwhile, so that no older news overtakes newer.
        self.loyalty.put_visits(member.0, member.1, facts);
    }
}

impl MemoryStore {
    fn reaches_visit(&self, visit: &Visit) -> bool {
        match self.scope {
            Scope::Merchant(merchant) => visit.merchant == merchant,
            Scope::Person(person) => visit.consumer == person,
            Scope::Platform => true,
        }
    }

    /// The visits of each parent, by ascending parent; parents without one are left out.
    fn visits_per<P: Copy + Ord>(
        &self,
        parents: &[P],
        query: &VisitQuery,
        parent_of: impl Fn(&Visit) -> P,
    ) -> BTreeMap<P, Vec<Visit>> {
        let mut children = BTreeMap::<P, Vec<Visit>>::new();
        for visit in self.memory.rows().visits.values() {
            let shown = self.reaches_visit(visit) && query.within.includes(visit.store);
            if shown && parents.contains(&parent_of(visit)) {
                children.entry(parent_of(visit)).or_default().push(visit.clone());
            }
        }
        children
    }

    /// The points of a visit, net of reversals.
    fn earned_by(&mut self, merchant: MerchantId, id: VisitId) -> Result<Points, StoreError> {
        let mut sum = Points::ZERO;
        for line in self.loyalty.traced(merchant, Cause::Visit(id))? {
            let cards = self.loyalty.loyalty_cards(&[line.card])?;
            let of_points = cards.iter().any(|card| matches!(card.program, Program::Points(_)));
            if of_points && line.entry.kind == EntryKind::Earn {
                let left = line.entry.amount.checked_add(line.reversed);
                let added = left.and_then(|left| sum.checked_add(left));
                sum = added.ok_or(StoreError::Internal("a sum does not fit 64 bits".into()))?;
            }
        }
        Ok(sum)
    }
}

impl VisitStore for MemoryStore {
    fn insert_visit(&mut self, new: &Visit) -> Result<VisitId, StoreError> {
        self.require_reach(new.merchant)?;
        let id = VisitId::new(next(&self.memory.rows().visits, VisitId::get));
        self.memory.put_visit(Visit { id, ..new.clone() });
        Ok(id)
    }

    fn similar_visit(
        &mut self,
        visit: &Visit,
        within: Duration,
    ) -> Result<Option<Visit>, StoreError> {
        let essence = |row: &Visit| (row.merchant, row.consumer, row.store, row.amount, row.order);
        let (first, last) = (visit.occurred_at.minus(within), visit.occurred_at.plus(within));
        let rows = self.memory.rows();
        let similar = rows.visits.values().filter(|row| {
            self.reaches_visit(row)
                && essence(row) == essence(visit)
                && first < row.occurred_at
                && row.occurred_at < last
        });
        Ok(similar.max_by_key(|row| (row.occurred_at, row.id)).cloned())
    }

    fn visits(&mut self, ids: &[VisitId], within: &StoreAccess) -> Result<Vec<Visit>, StoreError> {
        let rows = self.memory.rows();
        let found = distinct(ids).filter_map(|id| rows.visits.get(&id));
        let reached = found.filter(|row| self.reaches_visit(row) && within.includes(row.store));
        Ok(reached.cloned().collect())
    }

    fn visits_per_consumer(
        &mut self,
        consumers: &[PersonId],
        query: &VisitQuery,
        page: &PageRequest<VisitSort>,
    ) -> Result<Vec<(PersonId, Page<Visit>)>, StoreError> {
        let children = self.visits_per(consumers, query, |visit| visit.consumer);
        Ok(children.into_iter().map(|(parent, rows)| (parent, cut(rows, page))).collect())
    }

    fn count_visits_per_consumer(
        &mut self,
        consumers: &[PersonId],
        query: &VisitQuery,
    ) -> Result<Vec<(PersonId, u64)>, StoreError> {
        let children = self.visits_per(consumers, query, |visit| visit.consumer);
        Ok(children.into_iter().map(|(parent, rows)| (parent, number_of(&rows))).collect())
    }

    fn visits_per_store(
        &mut self,
        stores: &[StoreId],
        query: &VisitQuery,
        page: &PageRequest<VisitSort>,
    ) -> Result<Vec<(StoreId, Page<Visit>)>, StoreError> {
        let children = self.visits_per(stores, query, |visit| visit.store);
        Ok(children.into_iter().map(|(parent, rows)| (parent, cut(rows, page))).collect())
    }

    fn count_visits_per_store(
        &mut self,
        stores: &[StoreId],
        query: &VisitQuery,
    ) -> Result<Vec<(StoreId, u64)>, StoreError> {
        let children = self.visits_per(stores, query, |visit| visit.store);
        Ok(children.into_iter().map(|(parent, rows)| (parent, number_of(&rows))).collect())
    }

    fn earned_by_visits(&mut self, ids: &[VisitId]) -> Result<Vec<(VisitId, Points)>, StoreError> {
        let mut found = Vec::new();
        for visit in self.visits(ids, &StoreAccess::All)? {
            found.push((visit.id, self.earned_by(visit.merchant, visit.id)?));
        }
        Ok(found)
    }
}

fn number_of(visits: &[Visit]) -> u64 {
    u64::try_from(visits.len()).unwrap_or(u64::MAX)
}
