//! What can go wrong where sources are read and what they say is applied.

use regulars_customer::CustomerError;
use regulars_kernel::{Classify, Denied, ErrorKind, StoreError, Violations};
use regulars_loyalty::LoyaltyError;
use regulars_merchant::MerchantError;
use regulars_order::OrderError;

/// Why a use case of this crate gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The asker may never ask this.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The asker sees no such connection.
    #[error("connection not found")]
    ConnectionNotFound,
    /// The asker sees no such run.
    #[error("run not found")]
    RunNotFound,
    /// The asker sees no such review.
    #[error("review not found")]
    ReviewNotFound,
    /// Somebody else holds the connection by now: what was to be written is not (engine rule 6).
    #[error("another worker has taken the connection over")]
    TakenOver,
    /// Somebody wants the run to end.
    #[error("the run is to end")]
    IsToEnd,
    /// The input is at fault.
    #[error(transparent)]
    Invalid(#[from] Violations),
    /// A customer could not be written.
    #[error(transparent)]
    Customer(#[from] CustomerError),
    /// An order could not be written.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// Points could not be written.
    #[error(transparent)]
    Loyalty(#[from] LoyaltyError),
    /// A product could not be written.
    #[error(transparent)]
    Merchant(#[from] MerchantError),
    /// The rows could not be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classify for SourceError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::ConnectionNotFound | Self::RunNotFound | Self::ReviewNotFound => {
                ErrorKind::DoesNotExist
            }
            Self::TakenOver | Self::IsToEnd => ErrorKind::Unavailable,
            Self::Invalid(violations) => violations.kind(),
            Self::Customer(error) => error.kind(),
            Self::Order(error) => error.kind(),
            Self::Loyalty(error) => error.kind(),
            Self::Merchant(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }
}
