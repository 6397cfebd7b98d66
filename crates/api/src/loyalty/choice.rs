//! The enums of loyalty cards, under the names that the API has.

use juniper::GraphQLEnum;
use regulars_loyalty::{LoyaltyType, PointsLoyaltyType, Program, Spending};

/// What a card collects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum LoyaltyCardLoyaltyType {
    /// Points.
    Points,
    /// Stamps.
    Stamps,
}

impl LoyaltyCardLoyaltyType {
    /// The kind's name in the domain.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Points => "POINTS",
            Self::Stamps => "STAMPS",
        }
    }
}

impl From<&Program> for LoyaltyCardLoyaltyType {
    fn from(program: &Program) -> Self {
        match program {
            Program::Points(_) => Self::Points,
            Program::Stamps(_) => Self::Stamps,
        }
    }
}

impl From<LoyaltyCardLoyaltyType> for LoyaltyType {
    fn from(kind: LoyaltyCardLoyaltyType) -> Self {
        match kind {
            LoyaltyCardLoyaltyType::Points => Self::Points,
            LoyaltyCardLoyaltyType::Stamps => Self::Stamps,
        }
    }
}

/// What points are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum LoyaltyCardPointsLoyaltyType {
    /// They pay an amount.
    Flat,
    /// They buy the card's rewards.
    Product,
}

impl From<Spending> for LoyaltyCardPointsLoyaltyType {
    fn from(spending: Spending) -> Self {
        match spending {
            Spending::Flat { .. } => Self::Flat,
            Spending::Product => Self::Product,
        }
    }
}

impl From<LoyaltyCardPointsLoyaltyType> for PointsLoyaltyType {
    fn from(kind: LoyaltyCardPointsLoyaltyType) -> Self {
        match kind {
            LoyaltyCardPointsLoyaltyType::Flat => Self::Flat,
            LoyaltyCardPointsLoyaltyType::Product => Self::Product,
        }
    }
}

crate::leaf_enums!(LoyaltyCardLoyaltyType, LoyaltyCardPointsLoyaltyType);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_domains() {
        let kinds = [LoyaltyCardLoyaltyType::Points, LoyaltyCardLoyaltyType::Stamps];
        assert_eq!(kinds.map(LoyaltyCardLoyaltyType::name), Program::TYPES);
    }
}
