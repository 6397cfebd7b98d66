//! The port of the source crate: [`SourceStore`] over tables.
//!
//! Each function here says what it asks of which table; what a method promises is said by the port. Every statement names the
//! merchant whose rows they are.

mod candidate;
mod connection;
mod provenance;
mod record;
mod reject;
mod review;
mod run;
mod stream;

use regulars_customer::matching::Candidate;
use regulars_kernel::{
    ConnectionId, LoyaltyCardId, MerchantId, Page, PageRequest, PersonId, Scope, StoreError,
    SyncRejectId, SyncReviewId, SyncRunId, Timestamp,
};
use regulars_source::{
    Connection, Run, SourceStore,
    image::Digest,
    provenance::Provenance,
    record::RecordKey,
    reject::{Reject, RejectSort},
    review::{SyncReview, SyncReviewSort, SyncReviewState},
    run::RunSort,
    store::Of,
    stored::{RecordKind, StoredRecord},
    stream::StreamState,
};

use crate::{
    Tx,
    statement::{Bind, Statement},
};

const OUT_OF_REACH: StoreError = StoreError::OutOfScope("a connection is its merchant's");

/// ` WHERE …`: the rows that the scope reaches; a condition can follow.
fn push_reach<ST>(scope: Scope, statement: &mut Statement<ST>, column: &'static str) {
    match scope {
        Scope::Merchant(merchant) => {
            statement.push(" WHERE ");
            statement.push(column);
            statement.push(" = ");
            statement.push_bind(merchant.get());
        }
        Scope::Person(_) => statement.push(" WHERE 1 = 0"),
        Scope::Platform => statement.push(" WHERE 1 = 1"),
    }
}

/// Rows of values: `(…), (…)`, each value a bind.
fn push_rows<ST>(statement: &mut Statement<ST>, rows: impl IntoIterator<Item = Vec<Bind>>) {
    for (nth, row) in rows.into_iter().enumerate() {
        statement.push(if nth == 0 { "(" } else { "), (" });
        for (column, value) in row.into_iter().enumerate() {
            if column > 0 {
                statement.push(", ");
            }
            statement.push_bind(value);
        }
    }
    statement.push(")");
}

impl SourceStore for Tx<'_> {
    fn connections(
        &mut self,
        merchant: MerchantId,
        with_deleted: bool,
    ) -> Result<Vec<Connection>, StoreError> {
        connection::of_merchant(self, merchant, with_deleted)
    }

    fn lock_connections(&mut self, ids: &[ConnectionId]) -> Result<Vec<Connection>, StoreError> {
        connection::by_ids(self, ids)
    }

    fn connection_by_token(&mut self, token: &str) -> Result<Option<Connection>, StoreError> {
        connection::by_token(self, token)
    }

    fn insert_connection(&mut self, new: &Connection) -> Result<ConnectionId, StoreError> {
        connection::insert(self, new)
    }

    fn update_connection(&mut self, connection: &Connection) -> Result<(), StoreError> {
        connection::update(self, connection)
    }

    fn due_connections(
        &mut self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<(MerchantId, ConnectionId)>, StoreError> {
        connection::due(self, now, limit)
    }

    fn hold_connection(
        &mut self,
        id: ConnectionId,
        holder: &str,
        times: (Timestamp, Timestamp),
    ) -> Result<Option<i64>, StoreError> {
        connection::hold(self, id, holder, times)
    }

    fn let_connection_go(&mut self, id: ConnectionId, holder: &str) -> Result<(), StoreError> {
        connection::let_go(self, id, holder)
    }

    fn has_fence(&mut self, id: ConnectionId, fence: i64) -> Result<bool, StoreError> {
        connection::has_fence(self, id, fence)
    }

    fn streams(&mut self, connection: ConnectionId) -> Result<Vec<StreamState>, StoreError> {
        stream::of_connection(self, connection)
    }

    fn put_stream(&mut self, state: &StreamState) -> Result<(), StoreError> {
        stream::put(self, state)
    }

    fn insert_run(&mut self, new: &Run) -> Result<SyncRunId, StoreError> {
        run::insert(self, new)
    }

    fn update_run(&mut self, run: &Run) -> Result<(), StoreError> {
        run::update(self, run)
    }

    fn runs_by_id(&mut self, ids: &[SyncRunId]) -> Result<Vec<Run>, StoreError> {
        run::by_ids(self, ids)
    }

    fn runs(
        &mut self,
        merchant: MerchantId,
        of: Of,
        page: &PageRequest<RunSort>,
    ) -> Result<Page<Run>, StoreError> {
        run::list(self, merchant, of, page)
    }

    fn count_runs(&mut self, merchant: MerchantId, of: Of) -> Result<u64, StoreError> {
        run::count(self, merchant, of)
    }

    fn records(
        &mut self,
        connection: ConnectionId,
        object: &str,
        ids: &[String],
    ) -> Result<Vec<StoredRecord>, StoreError> {
        record::by_ids(self, connection, object, ids)
    }

    fn digests(
        &mut self,
        connection: ConnectionId,
        object: &str,
        ids: &[String],
    ) -> Result<Vec<(String, Digest)>, StoreError> {
        record::digests(self, connection, object, ids)
    }

    fn put_records(&mut self, records: &[StoredRecord]) -> Result<(), StoreError> {
        record::put(self, records)
    }

    fn mark_seen(
        &mut self,
        connection: ConnectionId,
        object: &str,
        ids: &[String],
        run: SyncRunId,
    ) -> Result<(), StoreError> {
        record::mark_seen(self, connection, object, (ids, run))
    }

    fn redirected_to(
        &mut self,
        connection: ConnectionId,
        object: &str,
        ids: &[String],
    ) -> Result<Vec<StoredRecord>, StoreError> {
        record::redirected_to(self, connection, object, ids)
    }

    fn waiting_for(
        &mut self,
        connection: ConnectionId,
        keys: &[RecordKey],
        limit: u16,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        record::waiting_for(self, connection, keys, limit)
    }

    fn records_of(
        &mut self,
        merchant: MerchantId,
        kind: RecordKind,
        subjects: &[i64],
    ) -> Result<Vec<StoredRecord>, StoreError> {
        record::of_subjects(self, merchant, kind, subjects)
    }

    fn unseen(
        &mut self,
        connection: ConnectionId,
        object: &str,
        run: SyncRunId,
        limit: u16,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        record::unseen(self, connection, object, (run, limit))
    }

    fn count_unseen(
        &mut self,
        connection: ConnectionId,
        object: &str,
        run: SyncRunId,
    ) -> Result<(u64, u64), StoreError> {
        record::count_unseen(self, connection, object, run)
    }

    fn candidates(
        &mut self,
        merchant: MerchantId,
        signs: (&[String], &[String]),
        linked: (ConnectionId, &str),
        vouched: bool,
    ) -> Result<Vec<Candidate>, StoreError> {
        candidate::by_signs(self, merchant, signs, (linked, vouched))
    }

    fn cards_named(
        &mut self,
        merchant: MerchantId,
        named: &str,
    ) -> Result<Vec<LoyaltyCardId>, StoreError> {
        candidate::cards_named(self, merchant, named)
    }

    fn has_activity(&mut self, merchant: MerchantId, person: PersonId) -> Result<bool, StoreError> {
        candidate::has_activity(self, merchant, person)
    }

    fn provenance(
        &mut self,
        merchant: MerchantId,
        people: &[PersonId],
    ) -> Result<Vec<(PersonId, Provenance)>, StoreError> {
        provenance::by_people(self, merchant, people)
    }

    fn put_provenance(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        provenance: &Provenance,
    ) -> Result<(), StoreError> {
        provenance::put(self, merchant, person, provenance)
    }

    fn insert_rejects(&mut self, rejects: &[Reject]) -> Result<(), StoreError> {
        reject::insert(self, rejects)
    }

    fn rejects(
        &mut self,
        merchant: MerchantId,
        of: Of,
        page: &PageRequest<RejectSort>,
    ) -> Result<Page<Reject>, StoreError> {
        reject::list(self, merchant, of, page)
    }

    fn count_rejects(&mut self, merchant: MerchantId, of: Of) -> Result<u64, StoreError> {
        reject::count(self, merchant, of)
    }

    fn settle_rejects(
        &mut self,
        connection: ConnectionId,
        object: &str,
        references: &[String],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        reject::settle(self, connection, object, (references, at))
    }

    fn rejects_by_id(&mut self, ids: &[SyncRejectId]) -> Result<Vec<Reject>, StoreError> {
        reject::by_ids(self, ids)
    }

    fn insert_reviews(&mut self, reviews: &[SyncReview]) -> Result<(), StoreError> {
        review::insert(self, reviews)
    }

    fn sync_reviews(
        &mut self,
        merchant: MerchantId,
        of: Of,
        page: &PageRequest<SyncReviewSort>,
    ) -> Result<Page<SyncReview>, StoreError> {
        review::list(self, merchant, of, page)
    }

    fn count_sync_reviews(&mut self, merchant: MerchantId, of: Of) -> Result<u64, StoreError> {
        review::count(self, merchant, of)
    }

    fn lock_review(
        &mut self,
        merchant: MerchantId,
        id: SyncReviewId,
    ) -> Result<Option<SyncReview>, StoreError> {
        review::find(self, merchant, id)
    }

    fn resolve_review(
        &mut self,
        id: SyncReviewId,
        state: SyncReviewState,
        by: Option<PersonId>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        review::resolve(self, id, state, (by, at))
    }
}
