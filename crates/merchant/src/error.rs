//! What can go wrong where merchants and their places are read and written.

use regulars_kernel::{Classify, Denied, ErrorKind, StoreError, Violations};

/// Why a use case of this crate gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum MerchantError {
    /// The asker may never ask this.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The asker sees no such merchant.
    #[error("merchant not found")]
    MerchantNotFound,
    /// The asker sees no such store.
    #[error("store not found")]
    StoreNotFound,
    /// The asker sees no such store group.
    #[error("store group not found")]
    StoreGroupNotFound,
    /// The asker sees no such product.
    #[error("product not found")]
    ProductNotFound,
    /// The input is at fault.
    #[error(transparent)]
    Invalid(#[from] Violations),
    /// The rows could not be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classify for MerchantError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::MerchantNotFound
            | Self::StoreNotFound
            | Self::StoreGroupNotFound
            | Self::ProductNotFound => ErrorKind::DoesNotExist,
            Self::Invalid(violations) => violations.kind(),
            Self::Store(error) => error.kind(),
        }
    }
}
