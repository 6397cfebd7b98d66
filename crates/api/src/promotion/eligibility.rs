//! Whether a promotion is available to somebody, and why not.

use juniper::GraphQLObject;
use regulars_promotion::{Eligibility, Reason};

/// Whether a promotion is available to whom it was asked for, and what stands against it.
#[derive(Clone, Debug, PartialEq, Eq, GraphQLObject)]
#[graphql(name = "PromotionEligibility")]
pub struct PromotionEligibility {
    /// Whether nothing stands against it.
    pub available: bool,
    /// Everything that stands against it.
    pub reasons: Vec<PromotionReason>,
}

/// Something that stands against a promotion.
#[derive(Clone, Debug, PartialEq, Eq, GraphQLObject)]
#[graphql(name = "PromotionReason")]
pub struct PromotionReason {
    /// A stable code, such as `enrollment_limit_reached`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

impl From<&Eligibility> for PromotionEligibility {
    fn from(eligibility: &Eligibility) -> Self {
        let reason = |reason: &Reason| PromotionReason {
            code: reason.code().to_owned(),
            message: reason.to_string(),
        };
        Self {
            available: eligibility.available(),
            reasons: eligibility.reasons.iter().map(reason).collect(),
        }
    }
}
