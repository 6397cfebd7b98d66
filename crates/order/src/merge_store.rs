//! What merges of customers ask of whoever keeps the rows.

use std::collections::BTreeSet;

use regulars_customer::merge::{Merge, MoveKind, Named};
use regulars_kernel::{HoldId, MerchantId, MergeId, PersonId, StoreError, Timestamp};

/// Merges, and the rows that they move, as far as the scope of the transaction reaches: `Merchant` scope has its own, `Platform`
/// scope all, `Person` scope none; what is out of reach is not there, and is not written. The number of statements of a method does
/// not depend on the number of rows.
pub trait MergeStore {
    /// Keeps a merge and answers the number it was given; `new.id` is not looked at.
    fn insert_merge(&mut self, new: &Merge) -> Result<MergeId, StoreError>;

    /// A merge by its number, undone or not.
    fn find_merge(
        &mut self,
        merchant: MerchantId,
        id: MergeId,
    ) -> Result<Option<Merge>, StoreError>;

    /// The merge by which somebody went, where it was not undone.
    fn standing_merge(
        &mut self,
        merchant: MerchantId,
        other: PersonId,
    ) -> Result<Option<Merge>, StoreError>;

    /// Notes that a merge was undone.
    fn end_merge(&mut self, merge: &Merge, at: Timestamp) -> Result<(), StoreError>;

    /// Makes all rows of a kind that are the other's the survivor's, notes which they were, and answers how many. Of decisions about
    /// being contacted somebody with an account takes the opt-outs alone: a yes is theirs (rule 29). Stamps stay where they are.
    fn move_rows(&mut self, merge: &Merge, kind: MoveKind) -> Result<u64, StoreError>;

    /// Makes the other's again what [`Self::move_rows`] moved and what came since by the other's name
    /// ([`regulars_customer::CustomerStore::note_named`]), as far as it is the survivor's, and answers how many rows it were. A
    /// redemption goes with its promise, and what was merged into the other before goes along.
    fn move_rows_back(
        &mut self,
        merge: &Merge,
        kind: MoveKind,
        at: Timestamp,
    ) -> Result<u64, StoreError>;

    /// How many rows of each kind [`Self::move_rows`] would move of a person's to another; kinds without any are left out.
    fn rows_to_move(
        &mut self,
        merchant: MerchantId,
        from_to: (PersonId, PersonId),
    ) -> Result<Vec<(MoveKind, u64)>, StoreError>;

    /// Which rows [`Self::move_rows_back`] would give back, of the kinds that ledgers name.
    fn rows_to_move_back(&mut self, merge: &Merge) -> Result<BTreeSet<Named>, StoreError>;

    /// What the open ones among the promises that would go back have set aside.
    fn holds_to_move_back(&mut self, merge: &Merge) -> Result<BTreeSet<HoldId>, StoreError>;

    /// Who was merged into the other before, and would go back with them; by ascending number.
    fn merged_before(&mut self, merge: &Merge) -> Result<Vec<PersonId>, StoreError>;
}
