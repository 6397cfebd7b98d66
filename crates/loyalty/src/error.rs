//! What can go wrong where loyalty cards, points and redemptions are read and joined.

use regulars_customer::CustomerError;
use regulars_kernel::{Classify, Denied, ErrorKind, StoreError, Violations};
use regulars_merchant::MerchantError;
use regulars_promotion::PromotionError;

use crate::posting::Unpostable;

/// Why a use case of this crate gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum LoyaltyError {
    /// The asker may never ask this.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The asker sees no such loyalty card.
    #[error("loyalty card not found")]
    LoyaltyCardNotFound,
    /// The asker sees no such promise of a redemption.
    #[error("redemption intent not found")]
    IntentNotFound,
    /// The asker sees no such redemption.
    #[error("redemption not found")]
    RedemptionNotFound,
    /// The asker sees no such reward.
    #[error("reward not found")]
    RewardNotFound,
    /// The asker sees no such store (`storeId`).
    #[error("store not found")]
    StoreNotFound,
    /// The customers' part of it failed.
    #[error(transparent)]
    Customer(#[from] CustomerError),
    /// The promotions' part of it failed.
    #[error(transparent)]
    Promotion(#[from] PromotionError),
    /// The merchants' part of it failed.
    #[error(transparent)]
    Merchant(#[from] MerchantError),
    /// The input is at fault.
    #[error(transparent)]
    Invalid(#[from] Violations),
    /// The rows could not be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Unpostable> for LoyaltyError {
    fn from(unpostable: Unpostable) -> Self {
        Self::Store(unpostable.into())
    }
}

impl Classify for LoyaltyError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::LoyaltyCardNotFound
            | Self::IntentNotFound
            | Self::RedemptionNotFound
            | Self::RewardNotFound
            | Self::StoreNotFound => ErrorKind::DoesNotExist,
            Self::Customer(error) => error.kind(),
            Self::Promotion(error) => error.kind(),
            Self::Merchant(error) => error.kind(),
            Self::Invalid(violations) => violations.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn argument(&self) -> Option<&'static str> {
        match self {
            Self::StoreNotFound => Some("storeId"),
            Self::Customer(error) => error.argument(),
            _ => None,
        }
    }
}
