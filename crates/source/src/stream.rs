//! How far a stream of a connection was read (engine rules 2 to 5).

use regulars_kernel::{ConnectionId, MerchantId, SyncRunId, Timestamp};
use serde_json::Value;

use crate::run::RunKind;

/// How far a stream was read.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamState {
    /// Whose it is.
    pub merchant: MerchantId,
    /// Of which connection.
    pub connection: ConnectionId,
    /// Which stream, by its name.
    pub stream: String,
    /// Everything that changed before this instant was read to the end; none: nothing was yet.
    pub watermark: Option<Timestamp>,
    /// The pass that is under way.
    pub pass: Option<PassState>,
    /// When this last changed.
    pub updated_at: Timestamp,
}

/// A pass that is under way: what a crash leaves, and the next worker goes on from.
#[derive(Clone, Debug, PartialEq)]
pub struct PassState {
    /// What it reads.
    pub kind: RunKind,
    /// From when; none: everything.
    pub from: Option<Timestamp>,
    /// Until when: fixed before the first request.
    pub until: Timestamp,
    /// Marks what the pass has seen: the run that began it.
    pub mark: SyncRunId,
    /// Where the batch begins that is being applied; none: the first one.
    pub cursor: Option<Value>,
    /// How many of its things were applied.
    pub place: u32,
}
