//! Merges of customers, in memory.

use std::collections::BTreeSet;

use regulars_kernel::{MerchantId, MergeId, PersonId, Scope, StoreError, Timestamp};

use super::{Memory, MemoryStore};
use crate::{
    ConsentState, Kind, Standing,
    merge::{Merge, MoveKind, Named},
};

/// Which rows are meant: all that somebody has, or those among them of these keys.
pub type Only<'a> = Option<&'a BTreeSet<String>>;

impl MemoryStore {
    pub(super) fn merged(&self, merchant: MerchantId, person: PersonId) -> Vec<PersonId> {
        let rows = self.memory.rows();
        let merged = rows.memberships.values().filter(|member| {
            member.merchant == merchant
                && member.standing.merged_into() == Some(person)
                && self.reaches(merchant, member.person)
        });
        merged.map(|member| member.person).collect()
    }

    pub(super) fn note(
        &self,
        merchant: MerchantId,
        other: PersonId,
        row: Named,
    ) -> Result<(), StoreError> {
        let near = matches!(self.scope, Scope::Merchant(own) if own == merchant);
        if !near && self.scope != Scope::Platform {
            return Err(StoreError::OutOfScope("merges are the merchant's"));
        }
        let (kind, id) = row.parts();
        let mut rows = self.memory.rows();
        let standing = rows.merges.values().find(|merge| {
            (merge.merchant, merge.other) == (merchant, other) && merge.undone_at.is_none()
        });
        if let Some(merge) = standing.map(|merge| merge.id) {
            rows.moves.insert((merge, kind, id.to_string()));
        }
        Ok(())
    }
}

impl Memory {
    /// Keeps a merge and answers the number it was given.
    pub fn put_merge(&self, new: &Merge) -> MergeId {
        let mut rows = self.rows();
        let last = rows.merges.keys().next_back().map_or(0, |id| id.get());
        let id = MergeId::new(last.saturating_add(1));
        rows.merges.insert(id, Merge { id, ..new.clone() });
        id
    }

    /// Every merge, by ascending number.
    pub fn merges(&self) -> Vec<Merge> {
        self.rows().merges.values().cloned().collect()
    }

    /// Notes that a merge was undone.
    pub fn end_merge(&self, id: MergeId, at: Timestamp) {
        if let Some(merge) = self.rows().merges.get_mut(&id) {
            merge.undone_at = Some(at);
        }
    }

    /// Forgets what was taken by merges of a person, at one merchant or at each, and answers how many it were: for erasing them.
    pub fn forget_taken(&self, person: PersonId, merchant: Option<MerchantId>) -> usize {
        let mut rows = self.rows();
        let there = |at: MerchantId| merchant.is_none_or(|merchant| merchant == at);
        let own = rows.merges.values_mut().filter(|merge| {
            (merge.other == person || merge.survivor == person) && there(merge.merchant)
        });
        let mut forgotten = 0;
        for merge in own {
            forgotten += usize::from(!merge.taken.is_empty() || !merge.cards.is_empty());
            merge.taken.clear();
            merge.cards.clear();
        }
        forgotten
    }

    /// Notes that a merge moved rows.
    pub fn log_moves(&self, merge: MergeId, kind: MoveKind, keys: &[String]) {
        let mut rows = self.rows();
        rows.moves.extend(keys.iter().map(|key| (merge, kind, key.clone())));
    }

    /// Which rows of a kind a merge moved, or came since by the name of the one who went; and those of merges into that one, which
    /// go back with them.
    pub fn moved(&self, merge: MergeId, kind: MoveKind) -> BTreeSet<String> {
        let rows = self.rows();
        let members: BTreeSet<i64> = rows
            .moves
            .iter()
            .filter(|(id, of, _)| *id == merge && *of == MoveKind::Membership)
            .filter_map(|(.., key)| key.parse().ok())
            .collect();
        let merchant = rows.merges.get(&merge).map(|merge| merge.merchant);
        let within = |id: &MergeId| {
            let inner = rows.merges.get(id).filter(|inner| Some(inner.merchant) == merchant);
            *id == merge || inner.is_some_and(|inner| members.contains(&inner.other.get()))
        };
        let moves = rows.moves.iter().filter(|(id, of, _)| *of == kind && within(id));
        moves.map(|(.., key)| key.clone()).collect()
    }

    /// Which rows of a kind a merge itself moved.
    pub fn moved_alone(&self, merge: MergeId, kind: MoveKind) -> BTreeSet<String> {
        let rows = self.rows();
        let own = rows.moves.iter().filter(|(id, of, _)| (*id, *of) == (merge, kind));
        own.map(|(.., key)| key.clone()).collect()
    }

    /// How many decisions of a customer [`Self::move_consents`] would move to another, and how many were merged into them.
    pub fn count_owned(
        &self,
        merchant: MerchantId,
        (from, to): (PersonId, PersonId),
    ) -> (usize, usize) {
        let rows = self.rows();
        let account = rows.memberships.get(&(merchant, to));
        let account = account.is_some_and(|member| member.kind == Kind::Registered);
        let own = rows.consents.iter().filter(|one| {
            (one.new.merchant, one.new.person) == (merchant, from)
                && (!account || one.new.decision.state == ConsentState::Denied)
        });
        let merged = rows.memberships.values().filter(|member| {
            member.merchant == merchant && member.standing.merged_into() == Some(from)
        });
        (own.count(), merged.count())
    }

    /// Moves a customer's decisions about being contacted: to somebody with an account the opt-outs alone, since a yes is theirs
    /// (rule 29). Answers the keys of what moved, as the others here do.
    pub fn move_consents(
        &self,
        merchant: MerchantId,
        (from, to): (PersonId, PersonId),
        only: Only<'_>,
    ) -> Vec<String> {
        let mut rows = self.rows();
        let account = rows.memberships.get(&(merchant, to));
        let account = account.is_some_and(|member| member.kind == Kind::Registered);
        let mut moved = Vec::new();
        for one in &mut rows.consents {
            let key = one.id.get().to_string();
            let own = one.new.merchant == merchant && one.new.person == from;
            let may = only.is_some() || !account || one.new.decision.state == ConsentState::Denied;
            if own && may && only.is_none_or(|only| only.contains(&key)) {
                one.new.person = to;
                moved.push(key);
            }
        }
        moved
    }

    /// Has those who were merged into one customer be merged into another.
    pub fn move_merged(
        &self,
        merchant: MerchantId,
        (from, to): (PersonId, PersonId),
        (only, now): (Only<'_>, Timestamp),
    ) -> Vec<String> {
        let mut rows = self.rows();
        let mut moved = Vec::new();
        let own = rows.memberships.values_mut().filter(|member| member.merchant == merchant);
        for member in own {
            let key = member.person.get().to_string();
            if let Standing::Merged(into, since) = member.standing
                && into == from
                && only.is_none_or(|only| only.contains(&key))
            {
                member.standing = Standing::Merged(to, since);
                member.updated_at = now;
                moved.push(key);
            }
        }
        moved
    }
}
