//! The enums of merchants and their places, under the names that the API has.

use juniper::GraphQLEnum;
use regulars_merchant::{RefundPolicy, TillRedemption};

/// What a till needs, to redeem for a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum StoreTillRedemption {
    /// A code that the customer shows.
    Code,
    /// The customer's loyalty id alone.
    LoyaltyId,
}

impl From<TillRedemption> for StoreTillRedemption {
    fn from(needed: TillRedemption) -> Self {
        match needed {
            TillRedemption::Code => Self::Code,
            TillRedemption::LoyaltyId => Self::LoyaltyId,
        }
    }
}

impl From<StoreTillRedemption> for TillRedemption {
    fn from(needed: StoreTillRedemption) -> Self {
        match needed {
            StoreTillRedemption::Code => Self::Code,
            StoreTillRedemption::LoyaltyId => Self::LoyaltyId,
        }
    }
}

/// How far a refund takes back the points that its sale earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum MerchantRefundPolicy {
    /// To the end: what is not there any more is debt.
    BelowZero,
    /// As far as there are points: never into debt.
    ToZero,
    /// Pending points alone; what could be spent stays.
    PendingOnly,
}

impl From<RefundPolicy> for MerchantRefundPolicy {
    fn from(policy: RefundPolicy) -> Self {
        match policy {
            RefundPolicy::BelowZero => Self::BelowZero,
            RefundPolicy::ToZero => Self::ToZero,
            RefundPolicy::PendingOnly => Self::PendingOnly,
        }
    }
}

impl From<MerchantRefundPolicy> for RefundPolicy {
    fn from(policy: MerchantRefundPolicy) -> Self {
        match policy {
            MerchantRefundPolicy::BelowZero => Self::BelowZero,
            MerchantRefundPolicy::ToZero => Self::ToZero,
            MerchantRefundPolicy::PendingOnly => Self::PendingOnly,
        }
    }
}

crate::leaf_enums!(StoreTillRedemption, MerchantRefundPolicy);
