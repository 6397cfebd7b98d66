//! What can go wrong while someone signs up or logs in, and where staff are changed.

use regulars_customer::CustomerError;
use regulars_kernel::{Classify, Denied, ErrorKind, MerchantId, StoreError, Violations};

use crate::{hasher::HasherError, token::SigningFault};

/// Why a use case of this crate gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The asker may never do this, or grants what they do not hold.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Nobody of that number works for the asker's merchant.
    #[error("member of staff not found")]
    StaffNotFound,
    /// The asker sees no such role.
    #[error("role not found")]
    RoleNotFound,
    /// The merchant has no such store.
    #[error("store not found")]
    StoreNotFound,
    /// The merchant has no such store group.
    #[error("store group not found")]
    StoreGroupNotFound,
    /// The asker's merchant has no such application.
    #[error("application not found")]
    ApplicationNotFound,
    /// The asker's merchant has no such key.
    #[error("API key not found")]
    ApiKeyNotFound,
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
    /// What memberships show of an account was not brought up to it.
    #[error(transparent)]
    Customer(#[from] CustomerError),
    /// The rows could not be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classify for AuthError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::StaffNotFound
            | Self::RoleNotFound
            | Self::StoreNotFound
            | Self::StoreGroupNotFound
            | Self::ApplicationNotFound
            | Self::ApiKeyNotFound => ErrorKind::DoesNotExist,
            Self::Invalid(violations) => violations.kind(),
            Self::Hasher(HasherError::Unavailable) => ErrorKind::Unavailable,
            Self::Hasher(HasherError::Fault(_)) | Self::Signing(_) | Self::NoDefaultMerchant(_) => {
                ErrorKind::Internal
            }
            Self::Customer(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }
}
