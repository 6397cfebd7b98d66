//! What can go wrong where promotions are read and written.

use regulars_kernel::{Classify, Denied, ErrorKind, StoreError, Violations};

/// Why a use case of this crate gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum PromotionError {
    /// The asker may never ask this.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The asker acts for no merchant that there is.
    #[error("merchant not found")]
    MerchantNotFound,
    /// The asker sees no such campaign.
    #[error("campaign not found")]
    CampaignNotFound,
    /// The asker sees no such offer.
    #[error("offer not found")]
    OfferNotFound,
    /// The input is at fault.
    #[error(transparent)]
    Invalid(#[from] Violations),
    /// The rows could not be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classify for PromotionError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::MerchantNotFound | Self::CampaignNotFound | Self::OfferNotFound => {
                ErrorKind::DoesNotExist
            }
            Self::Invalid(violations) => violations.kind(),
            Self::Store(error) => error.kind(),
        }
    }
}
