//! Merges in memory.

use std::collections::BTreeSet;

use regulars_customer::merge::{Merge, MoveKind, Named};
use regulars_kernel::{HoldId, MerchantId, MergeId, PersonId, Scope, StoreError, Timestamp};

use super::{Memory, MemoryStore};
use crate::{MergeStore, Order, Visit};

type Both = (PersonId, PersonId);

impl Memory {
    fn move_orders(
        &self,
        merchant: MerchantId,
        (from, to): Both,
        (only, at): (Option<&BTreeSet<String>>, Timestamp),
    ) -> Vec<String> {
        let own = |order: &&Order| {
            order.merchant == merchant
                && order.consumer == Some(from)
                && only.is_none_or(|only| only.contains(&order.id.to_string()))
        };
        let orders: Vec<Order> = self.rows().orders.values().filter(own).cloned().collect();
        let moved = orders.iter().map(|order| order.id.to_string()).collect();
        for order in orders {
            self.put_order(Order { consumer: Some(to), updated_at: at, ..order });
        }
        moved
    }

    fn move_visits(
        &self,
        merchant: MerchantId,
        (from, to): Both,
        only: Option<&BTreeSet<String>>,
    ) -> Vec<String> {
        let own = |visit: &&Visit| {
            (visit.merchant, visit.consumer) == (merchant, from)
                && only.is_none_or(|only| only.contains(&visit.id.to_string()))
        };
        let visits: Vec<Visit> = self.rows().visits.values().filter(own).cloned().collect();
        let moved = visits.iter().map(|visit| visit.id.to_string()).collect();
        for visit in visits {
            self.put_visit(Visit { consumer: to, ..visit });
        }
        self.tell_visits(merchant, from);
        moved
    }

    /// Makes rows of a kind another's; of those that are named, or all. Answers which.
    fn move_kind(
        &self,
        kind: MoveKind,
        merchant: MerchantId,
        both: Both,
        (only, at): (Option<&BTreeSet<String>>, Timestamp),
    ) -> Vec<String> {
        match kind {
            MoveKind::Order => self.move_orders(merchant, both, (only, at)),
            MoveKind::Visit => self.move_visits(merchant, both, only),
            MoveKind::Intent => self.loyalty.move_intents(merchant, both, only),
            MoveKind::Redemption => self.loyalty.move_redemptions(merchant, both, (only, at)),
            MoveKind::Consent => self.customers().move_consents(merchant, both, only),
            MoveKind::Membership => self.customers().move_merged(merchant, both, (only, at)),
            MoveKind::Stamp => Vec::new(),
        }
    }

    /// The keys of what would go back.
    fn going_back(&self, merge: &Merge, kind: MoveKind) -> BTreeSet<String> {
        let mut keys = self.customers().moved(merge.id, kind);
        if kind == MoveKind::Redemption {
            let promises = self.customers().moved(merge.id, MoveKind::Intent);
            keys.extend(self.loyalty.redemptions_of_intents(merge.merchant, &promises));
        }
        keys
    }
}

impl MemoryStore {
    fn reaches_merges(&self, merchant: MerchantId) -> bool {
        match self.scope {
            Scope::Merchant(own) => own == merchant,
            Scope::Person(_) => false,
            Scope::Platform => true,
        }
    }

    fn require_merges(&self, merchant: MerchantId) -> Result<(), StoreError> {
        if self.reaches_merges(merchant) {
            Ok(())
        } else {
            Err(StoreError::OutOfScope("merges are the merchant's"))
        }
    }

    fn merges(&self, fits: impl Fn(&Merge) -> bool) -> Option<Merge> {
        let mut merges = self.memory.customers().merges();
        merges.retain(|merge| self.reaches_merges(merge.merchant) && fits(merge));
        merges.pop()
    }

    /// The keys of what is the survivor's and would go back.
    fn returning(&self, merge: &Merge, kind: MoveKind) -> Vec<String> {
        let keys = self.memory.going_back(merge, kind);
        // Moving what is somebody's to themselves changes nothing, and says which it is.
        let own = (merge.survivor, merge.survivor);
        match kind {
            MoveKind::Stamp => keys.into_iter().collect(),
            MoveKind::Order => {
                let rows = self.memory.rows();
                let own = rows.orders.values().filter(|order| {
                    order.merchant == merge.merchant && order.consumer == Some(merge.survivor)
                });
                own.map(|order| order.id.to_string()).filter(|key| keys.contains(key)).collect()
            }
            _ => self.memory.move_kind(kind, merge.merchant, own, (Some(&keys), merge.merged_at)),
        }
    }
}

impl MergeStore for MemoryStore {
    fn insert_merge(&mut self, new: &Merge) -> Result<MergeId, StoreError> {
        self.require_merges(new.merchant)?;
        Ok(self.memory.customers().put_merge(new))
    }

    fn find_merge(
        &mut self,
        merchant: MerchantId,
        id: MergeId,
    ) -> Result<Option<Merge>, StoreError> {
        Ok(self.merges(|merge| (merge.merchant, merge.id) == (merchant, id)))
    }

    fn standing_merge(
        &mut self,
        merchant: MerchantId,
        other: PersonId,
    ) -> Result<Option<Merge>, StoreError> {
        Ok(self.merges(|merge| {
            (merge.merchant, merge.other) == (merchant, other) && merge.undone_at.is_none()
        }))
    }

    fn end_merge(&mut self, merge: &Merge, at: Timestamp) -> Result<(), StoreError> {
        self.require_merges(merge.merchant)?;
        self.memory.customers().end_merge(merge.id, at);
        Ok(())
    }

    fn move_rows(&mut self, merge: &Merge, kind: MoveKind) -> Result<u64, StoreError> {
        self.require_merges(merge.merchant)?;
        let both = (merge.other, merge.survivor);
        let at = (None, merge.merged_at);
        let moved = self.memory.move_kind(kind, merge.merchant, both, at);
        self.memory.customers().log_moves(merge.id, kind, &moved);
        Ok(number(moved.len()))
    }

    fn move_rows_back(
        &mut self,
        merge: &Merge,
        kind: MoveKind,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.require_merges(merge.merchant)?;
        let keys = self.memory.going_back(merge, kind);
        let both = (merge.survivor, merge.other);
        let moved = self.memory.move_kind(kind, merge.merchant, both, (Some(&keys), at));
        Ok(number(moved.len()))
    }

    fn rows_to_move(
        &mut self,
        merchant: MerchantId,
        (other, survivor): Both,
    ) -> Result<Vec<(MoveKind, u64)>, StoreError> {
        if !self.reaches_merges(merchant) {
            return Ok(Vec::new());
        }
        let memory = &self.memory;
        let mine = |of: MerchantId, who: Option<PersonId>| of == merchant && who == Some(other);
        let rows = memory.rows();
        let orders = rows.orders.values().filter(|row| mine(row.merchant, row.consumer)).count();
        let visits =
            rows.visits.values().filter(|row| mine(row.merchant, Some(row.consumer))).count();
        drop(rows);
        let (intents, redemptions) = memory.loyalty.count_redeeming(merchant, other);
        let (consents, merged) = memory.customers().count_owned(merchant, (other, survivor));
        let found = [
            (MoveKind::Order, orders),
            (MoveKind::Visit, visits),
            (MoveKind::Intent, intents),
            (MoveKind::Redemption, redemptions),
            (MoveKind::Consent, consents),
            (MoveKind::Membership, merged),
        ];
        Ok(found
            .into_iter()
            .filter(|(_, rows)| *rows > 0)
            .map(|(kind, rows)| (kind, number(rows)))
            .collect())
    }

    fn rows_to_move_back(&mut self, merge: &Merge) -> Result<BTreeSet<Named>, StoreError> {
        let mut found = BTreeSet::new();
        if !self.reaches_merges(merge.merchant) {
            return Ok(found);
        }
        for kind in MoveKind::ALL {
            if Named::from_parts(*kind, 0).is_none() {
                continue;
            }
            let keys = self.returning(merge, *kind).into_iter();
            found.extend(keys.filter_map(|key| Named::from_parts(*kind, key.parse().ok()?)));
        }
        Ok(found)
    }

    fn holds_to_move_back(&mut self, merge: &Merge) -> Result<BTreeSet<HoldId>, StoreError> {
        if !self.reaches_merges(merge.merchant) {
            return Ok(BTreeSet::new());
        }
        let keys = self.memory.going_back(merge, MoveKind::Intent);
        Ok(self.memory.loyalty.holds_of_intents(merge.merchant, merge.survivor, &keys))
    }

    fn merged_before(&mut self, merge: &Merge) -> Result<Vec<PersonId>, StoreError> {
        if !self.reaches_merges(merge.merchant) {
            return Ok(Vec::new());
        }
        let keys = self.memory.customers().moved_alone(merge.id, MoveKind::Membership);
        Ok(keys.iter().filter_map(|key| key.parse().ok()).collect())
    }
}

fn number(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
