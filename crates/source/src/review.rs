//! Questions that a source raises and that somebody has to answer (engine rules 15, 18 and 20): nobody is chosen by guess.

pub mod decision;

use regulars_kernel::{
    ConnectionId, MerchantId, PersonId, SyncReviewId, Timestamp,
    page::{Keyed, SortKey},
    pk_sort,
};

use crate::{connection::named, record::RecordKey};

named! {
    /// What is asked.
    ReviewKind {
        /// Several customers could be meant, or one who has another record there already.
        Ambiguous = "AMBIGUOUS",
        /// The record became a customer of its own, without an address that another customer has.
        Duplicate = "DUPLICATE",
        /// Two customers here are one at the source: they can be merged.
        MergedThere = "MERGED_THERE",
        /// A sweep found more gone than is usual: nothing is deleted before somebody says so.
        ManyGone = "MANY_GONE",
        /// Two sources keep changing a value to and fro.
        Flapping = "FLAPPING",
    }
}

named! {
    /// What became of a question.
    SyncReviewState {
        /// It waits.
        Open = "OPEN",
        /// The record was linked to a customer.
        Linked = "LINKED",
        /// The record became a customer of its own.
        Separate = "SEPARATE",
        /// Two customers were merged.
        Merged = "MERGED",
        /// What was asked for was done.
        Confirmed = "CONFIRMED",
        /// It does not matter.
        Dismissed = "DISMISSED",
    }
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncReview {
    /// The key; 0 before it is kept.
    pub id: SyncReviewId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Through which connection.
    pub connection: ConnectionId,
    /// About which record.
    pub key: RecordKey,
    /// What is asked.
    pub kind: ReviewKind,
    /// The customers who could be meant, in ascending order.
    pub people: Vec<PersonId>,
    /// Why, in a sentence that names no person.
    pub evidence: String,
    /// What became of it.
    pub state: SyncReviewState,
    /// When it was raised.
    pub created_at: Timestamp,
    /// When it was answered.
    pub resolved_at: Option<Timestamp>,
    /// By whom.
    pub resolved_by: Option<PersonId>,
}

pk_sort! {
    /// What a list of questions can be ordered by: the pk alone, which is the order in which they came up.
    pub enum SyncReviewSort of "syncReviews"
}

impl Keyed<SyncReviewSort> for SyncReview {
    fn sort_key(&self, field: SyncReviewSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}
