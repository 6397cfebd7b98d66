//! What was read and could not be taken (engine rule 12): whole things, and values of things whose rest was taken.

pub mod replay;

use regulars_kernel::{
    ConnectionId, MerchantId, SyncRejectId, SyncRunId, Timestamp,
    page::{Keyed, SortKey},
    pk_sort,
};

/// The most bytes of what was read that are kept.
pub const MAX_RAW_BYTES: usize = 16 * 1024;

/// Something that was read and could not be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The key; 0 before it is kept.
    pub id: SyncRejectId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Through which connection.
    pub connection: ConnectionId,
    /// By which run it was last refused.
    pub run: SyncRunId,
    /// The source's word for such things.
    pub object: String,
    /// Where it is at the source: its id, or `line 17`.
    pub reference: String,
    /// A stable word for what is wrong.
    pub code: String,
    /// Which field or column.
    pub path: Option<String>,
    /// A sentence for people.
    pub message: String,
    /// What was read, cut to [`MAX_RAW_BYTES`]; empty once it is too old to be kept, and after an erasure.
    pub raw: String,
    /// Whether the thing was refused as a whole; else this value alone was passed over.
    pub whole: bool,
    /// When.
    pub created_at: Timestamp,
    /// When it was read again and taken.
    pub replayed_at: Option<Timestamp>,
}

/// The beginning of what was read, as far as it is kept.
pub fn cut_raw(raw: &str) -> String {
    let mut end = raw.len().min(MAX_RAW_BYTES);
    while !raw.is_char_boundary(end) {
        end -= 1;
    }
    raw.get(..end).unwrap_or_default().to_owned()
}

pk_sort! {
    /// What a list of rejects can be ordered by: the pk alone, which is the order in which they came up.
    pub enum RejectSort of "syncRejects"
}

impl Keyed<RejectSort> for Reject {
    fn sort_key(&self, field: RejectSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}
