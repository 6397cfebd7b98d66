//! What is kept of a merge.

use regulars_kernel::{MerchantId, MergeId, PersonId, Timestamp};

use super::Taken;
use crate::CardNumber;

/// A merge that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// Its number.
    pub id: MergeId,
    /// At which merchant.
    pub merchant: MerchantId,
    /// The customer who went.
    pub other: PersonId,
    /// The one who stayed.
    pub survivor: PersonId,
    /// What the one who stayed took of the other's record, and had before. It goes with whoever is erased.
    pub taken: Vec<Taken>,
    /// The other's cards, which are the survivor's since. They go likewise.
    pub cards: Vec<CardNumber>,
    /// Since when the other was archived, where they were.
    pub archived_at: Option<Timestamp>,
    /// When.
    pub merged_at: Timestamp,
    /// By whom; none for programs.
    pub merged_by: Option<PersonId>,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
}
