//! What can go wrong while someone signs up or logs in.

use regulars_kernel::{Classify, ErrorKind, MerchantId, StoreError, Violations};

use crate::{hasher::HasherError, token::SigningFault};

/// Why a use case of this crate gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The input is at fault, wrong credentials and dead tokens among it.
    #[error(transparent)]
    Invalid(#[from] Violations),
    /// The password was not hashed.
    #[error(transparent)]
    Hasher(#[from] HasherError),
    /// The access token was not signed.
    #[error(transparent)]
    Signing(#[from] SigningFault),
    /// The configuration names a default merchant that does not exist.
    #[error("the default merchant {0} does not exist")]
    NoDefaultMerchant(MerchantId),
    /// The rows could not be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classify for AuthError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(violations) => violations.kind(),
            Self::Hasher(HasherError::Unavailable) => ErrorKind::Unavailable,
            Self::Hasher(HasherError::Fault(_)) | Self::Signing(_) | Self::NoDefaultMerchant(_) => {
                ErrorKind::Internal
            }
            Self::Store(error) => error.kind(),
        }
    }
}
