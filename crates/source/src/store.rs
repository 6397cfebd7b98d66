//! What this crate asks of whoever keeps the rows.
//!
//! Reach as in [`regulars_customer::CustomerStore`]: `Merchant` scope has the merchant's own, `Platform` scope everything, and
//! elsewhere nothing is found and nothing written. Each method is one statement unless it says otherwise.

use regulars_customer::{CustomerStore, matching::Candidate};
use regulars_kernel::{
    ConnectionId, LoyaltyCardId, MerchantId, Page, PageRequest, PersonId, StoreError, SyncRejectId,
    SyncReviewId, SyncRunId, Timestamp,
};

use crate::{
    connection::Connection,
    image::Digest,
    provenance::Provenance,
    record::RecordKey,
    reject::{Reject, RejectSort},
    review::{SyncReview, SyncReviewSort, SyncReviewState},
    run::{Run, RunSort},
    stored::{RecordKind, StoredRecord},
    stream::StreamState,
};

/// Which runs, rejects or reviews a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Of {
    /// Of this connection; none: of any.
    pub connection: Option<ConnectionId>,
    /// Of this run.
    pub run: Option<SyncRunId>,
    /// Those alone that wait: for a worker, a replay, an answer.
    pub open: bool,
}

/// Connections, and what was read through them.
pub trait SourceStore: CustomerStore {
    /// A merchant's connections by ascending id, deleted ones at last when asked for.
    fn connections(
        &mut self,
        merchant: MerchantId,
        with_deleted: bool,
    ) -> Result<Vec<Connection>, StoreError>;

    /// Connections by id. In a transaction that writes, no other one changes them before this one ends.
    fn lock_connections(&mut self, ids: &[ConnectionId]) -> Result<Vec<Connection>, StoreError>;

    /// The connection whose source tells us things at this address.
    fn connection_by_token(&mut self, token: &str) -> Result<Option<Connection>, StoreError>;

    /// Adds a connection and answers the number it was given; the one in `new` is passed over. Taken: `connection.name`.
    fn insert_connection(&mut self, new: &Connection) -> Result<ConnectionId, StoreError>;

    /// Writes every field of a connection but its key, source, fence and who holds it. Taken as in [`Self::insert_connection`].
    fn update_connection(&mut self, connection: &Connection) -> Result<(), StoreError>;

    /// Connections of all merchants that are due and that nobody holds, the longest due first. `Platform` scope only.
    fn due_connections(
        &mut self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<(MerchantId, ConnectionId)>, StoreError>;

    /// Takes a connection, or holds on to it, until an instant: the fence to write with, or none where somebody else holds it.
    fn hold_connection(
        &mut self,
        id: ConnectionId,
        holder: &str,
        times: (Timestamp, Timestamp),
    ) -> Result<Option<i64>, StoreError>;

    /// Lets a connection of one's own go.
    fn let_connection_go(&mut self, id: ConnectionId, holder: &str) -> Result<(), StoreError>;

    /// Whether a fence is still the connection's: nobody took it over. Nobody does before this transaction ends.
    fn has_fence(&mut self, id: ConnectionId, fence: i64) -> Result<bool, StoreError>;

    /// How far the streams of a connection were read, in no order.
    fn streams(&mut self, connection: ConnectionId) -> Result<Vec<StreamState>, StoreError>;

    /// Keeps how far a stream was read.
    fn put_stream(&mut self, state: &StreamState) -> Result<(), StoreError>;

    /// Adds a run and answers the number it was given.
    fn insert_run(&mut self, new: &Run) -> Result<SyncRunId, StoreError>;

    /// Writes every field of a run but its key, kind and who asked; `is_to_end` is never taken back.
    fn update_run(&mut self, run: &Run) -> Result<(), StoreError>;

    /// Runs by id, in no order. In a transaction that writes, no other one changes them before this one ends.
    fn runs_by_id(&mut self, ids: &[SyncRunId]) -> Result<Vec<Run>, StoreError>;

    /// A page of a merchant's runs.
    fn runs(
        &mut self,
        merchant: MerchantId,
        of: Of,
        page: &PageRequest<RunSort>,
    ) -> Result<Page<Run>, StoreError>;

    /// How many [`Self::runs`] there are in all.
    fn count_runs(&mut self, merchant: MerchantId, of: Of) -> Result<u64, StoreError>;

    /// What is kept of things, by what they are called at the source. In a transaction that writes, no other one changes
    /// them before this one ends.
    fn records(
        &mut self,
        connection: ConnectionId,
        object: &str,
        ids: &[String],
    ) -> Result<Vec<StoredRecord>, StoreError>;

    /// The digests of things that are there, which say whether they changed; what is not there, or not any more, is left out.
    fn digests(
        &mut self,
        connection: ConnectionId,
        object: &str,
        ids: &[String],
    ) -> Result<Vec<(String, Digest)>, StoreError>;

    /// Keeps things: the new, and what changed of the known.
    fn put_records(&mut self, records: &[StoredRecord]) -> Result<(), StoreError>;

    /// Notes that a run has seen things.
    fn mark_seen(
        &mut self,
        connection: ConnectionId,
        object: &str,
        ids: &[String],
        run: SyncRunId,
    ) -> Result<(), StoreError>;

    /// What was merged into things at the source, those with a subject alone.
    fn redirected_to(
        &mut self,
        connection: ConnectionId,
        object: &str,
        ids: &[String],
    ) -> Result<Vec<StoredRecord>, StoreError>;

    /// What waits for customers of a connection, by their keys.
    fn waiting_for(
        &mut self,
        connection: ConnectionId,
        keys: &[RecordKey],
        limit: u16,
    ) -> Result<Vec<StoredRecord>, StoreError>;

    /// What the sources have of subjects, through whatever connection, by ascending connection.
    fn records_of(
        &mut self,
        merchant: MerchantId,
        kind: RecordKind,
        subjects: &[i64],
    ) -> Result<Vec<StoredRecord>, StoreError>;

    /// Live things that a run has not seen, by ascending id.
    fn unseen(
        &mut self,
        connection: ConnectionId,
        object: &str,
        run: SyncRunId,
        limit: u16,
    ) -> Result<Vec<StoredRecord>, StoreError>;

    /// How many live things there are of an object, and how many of them a run has not seen.
    fn count_unseen(
        &mut self,
        connection: ConnectionId,
        object: &str,
        run: SyncRunId,
    ) -> Result<(u64, u64), StoreError>;

    /// Live members who show one of the addresses (by key) or one of the numbers, and which of them have a record of the
    /// connection's object. An address counts where it was proved, or where `vouched` says that the merchant vouches for all.
    fn candidates(
        &mut self,
        merchant: MerchantId,
        signs: (&[String], &[String]),
        linked: (ConnectionId, &str),
        vouched: bool,
    ) -> Result<Vec<Candidate>, StoreError>;

    /// A merchant's loyalty cards that have this number or exactly this name: two at most.
    fn cards_named(
        &mut self,
        merchant: MerchantId,
        named: &str,
    ) -> Result<Vec<LoyaltyCardId>, StoreError>;

    /// Whether something else than its sources holds a customer: orders, visits, accounts, an own account.
    fn has_activity(&mut self, merchant: MerchantId, person: PersonId) -> Result<bool, StoreError>;

    /// Whose fields of customers are; those of whom nothing is known are left out.
    fn provenance(
        &mut self,
        merchant: MerchantId,
        people: &[PersonId],
    ) -> Result<Vec<(PersonId, Provenance)>, StoreError>;

    /// Keeps whose the fields of a customer are.
    fn put_provenance(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        provenance: &Provenance,
    ) -> Result<(), StoreError>;

    /// Adds rejects; of one reference and path at a connection the newest alone stays open.
    fn insert_rejects(&mut self, rejects: &[Reject]) -> Result<(), StoreError>;

    /// A page of a merchant's rejects.
    fn rejects(
        &mut self,
        merchant: MerchantId,
        of: Of,
        page: &PageRequest<RejectSort>,
    ) -> Result<Page<Reject>, StoreError>;

    /// How many [`Self::rejects`] there are in all.
    fn count_rejects(&mut self, merchant: MerchantId, of: Of) -> Result<u64, StoreError>;

    /// Notes that things were read again and taken: every open reject of these references.
    fn settle_rejects(
        &mut self,
        connection: ConnectionId,
        object: &str,
        references: &[String],
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Rejects by id, in no order.
    fn rejects_by_id(&mut self, ids: &[SyncRejectId]) -> Result<Vec<Reject>, StoreError>;

    /// Raises questions; one that is open of the same record and kind stays as it is.
    fn insert_reviews(&mut self, reviews: &[SyncReview]) -> Result<(), StoreError>;

    /// A page of a merchant's questions.
    fn sync_reviews(
        &mut self,
        merchant: MerchantId,
        of: Of,
        page: &PageRequest<SyncReviewSort>,
    ) -> Result<Page<SyncReview>, StoreError>;

    /// How many [`Self::sync_reviews`] there are in all.
    fn count_sync_reviews(&mut self, merchant: MerchantId, of: Of) -> Result<u64, StoreError>;

    /// A question. In a transaction that writes, no other one answers it before this one ends.
    fn lock_review(
        &mut self,
        merchant: MerchantId,
        id: SyncReviewId,
    ) -> Result<Option<SyncReview>, StoreError>;

    /// Notes what became of a question, by whom and when.
    fn resolve_review(
        &mut self,
        id: SyncReviewId,
        state: SyncReviewState,
        by: Option<PersonId>,
        at: Timestamp,
    ) -> Result<(), StoreError>;
}
