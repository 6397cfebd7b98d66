//! `regulars consumer`: what whoever runs the platform does about one person, at their demand.

pub(crate) mod erase;
pub(crate) mod export;

use std::{io, path::PathBuf};

use regulars_kernel::StoreError;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsumerError {
    /// There is nobody to do it about.
    #[error("no consumer has the number {0}")]
    Nobody(i64),
    /// The merchant does not know them.
    #[error("the merchant {merchant} has no customer {person}")]
    NoCustomer {
        /// The merchant's number.
        merchant: i64,
        /// The person's number.
        person: i64,
    },
    /// The file is not made.
    #[error("the file {} cannot be written: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The rows could not be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
}
