//! What is kept of each thing that a source has: its last image, whose it is here, and what became of it there.

use regulars_kernel::{ConnectionId, SyncRunId, Timestamp};

use crate::{
    connection::named,
    image::Digest,
    record::{RecordKey, SourceVersion},
};

named! {
    /// What kind of thing a record is of.
    RecordKind {
        /// A customer; the subject is a person.
        Customer = "CUSTOMER",
        /// An order; the subject is one of ours.
        Order = "ORDER",
        /// A product; the subject is one of ours.
        Product = "PRODUCT",
        /// Points of an older system; the subject is the line of the ledger.
        Balance = "BALANCE",
    }
}

named! {
    /// What became of a thing at its source, and here.
    RecordState {
        /// It is there, and has its subject.
        Live = "LIVE",
        /// It is there, and waits: for whose it is, or for a decision.
        Waiting = "WAITING",
        /// It is not there any more (a tombstone).
        Gone = "GONE",
        /// It was merged into another one there.
        Merged = "MERGED",
    }
}

named! {
    /// By what a record came to mean its subject (engine rule 13).
    LinkedBy {
        /// It had the link.
        Link = "LINK",
        /// What was merged into it had the link.
        Redirect = "REDIRECT",
        /// The source keeps our own number or loyalty id.
        OwnId = "OWN_ID",
        /// The source's id was the origin of the customer.
        Origin = "ORIGIN",
        /// A card number.
        Card = "CARD",
        /// An e-mail address that counts on both sides.
        Email = "EMAIL",
        /// A mobile number that only the two have, and a second sign.
        Phone = "PHONE",
        /// Somebody decided.
        Decision = "DECISION",
        /// The subject was made of it.
        New = "NEW",
        /// The customer linked their own account.
        Person = "PERSON",
    }
}

/// What is kept of a thing that a source has.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRecord {
    /// Through which connection.
    pub connection: ConnectionId,
    /// What it is called there.
    pub key: RecordKey,
    /// What kind of thing.
    pub kind: RecordKind,
    /// What became of it.
    pub state: RecordState,
    /// The last image ([`crate::image`]); empty for one of which only the key is known.
    pub image: String,
    /// Of the image.
    pub digest: Digest,
    /// Of the image, or of its end where it is gone.
    pub version: SourceVersion,
    /// The last run that saw it.
    pub seen_run: SyncRunId,
    /// Whose or what it is here.
    pub subject: Option<i64>,
    /// How that came.
    pub linked_by: Option<LinkedBy>,
    /// Into which id of the same object it was merged there.
    pub redirect_to: Option<String>,
    /// Why it is gone: `deleted`, `merged`, `redacted`, `unseen`.
    pub gone_cause: Option<String>,
    /// The customer of the same connection for whom it waits.
    pub waits_for: Option<RecordKey>,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
    /// When its image last changed.
    pub changed_at: Timestamp,
}
