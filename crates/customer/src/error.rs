//! What can go wrong where customers are read and written.

use regulars_kernel::{Classify, Denied, ErrorKind, StoreError, Violations};
use regulars_merchant::MerchantError;

/// Why a use case of this crate gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum CustomerError {
    /// The asker may never ask this.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The asker sees no such customer.
    #[error("customer not found")]
    ConsumerNotFound,
    /// Nobody is named by what was told of them; says by which argument, where it is one alone.
    #[error("nobody is named so")]
    NobodyNamed(Option<&'static str>),
    /// The person has no membership at that merchant.
    #[error("membership not found")]
    MembershipNotFound,
    /// There is no such store to join.
    #[error("store not found")]
    StoreNotFound,
    /// The input is at fault.
    #[error(transparent)]
    Invalid(#[from] Violations),
    /// The rows could not be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<MerchantError> for CustomerError {
    fn from(error: MerchantError) -> Self {
        match error {
            MerchantError::Denied(denied) => Self::Denied(denied),
            MerchantError::MerchantNotFound
            | MerchantError::StoreNotFound
            | MerchantError::StoreGroupNotFound
            | MerchantError::ProductNotFound => Self::StoreNotFound,
            MerchantError::Invalid(violations) => Self::Invalid(violations),
            MerchantError::Store(error) => Self::Store(error),
        }
    }
}

impl Classify for CustomerError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::ConsumerNotFound
            | Self::NobodyNamed(_)
            | Self::MembershipNotFound
            | Self::StoreNotFound => ErrorKind::DoesNotExist,
            Self::Invalid(violations) => violations.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn argument(&self) -> Option<&'static str> {
        match self {
            Self::NobodyNamed(argument) => *argument,
            _ => None,
        }
    }
}
