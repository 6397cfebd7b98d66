//! Intents: promises of a redemption, each with a code (rules 21 and 23).

use regulars_kernel::{
    HoldId, IntentId, LoyaltyCardId, MerchantId, OfferId, PersonId, RewardId, StoreId, Timestamp,
};

use crate::{PromotionId, RedemptionKind};

/// Where an intent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntentState {
    /// Its code can be confirmed, until its time is up.
    Open,
    /// It became a redemption.
    Confirmed,
    /// It was called off.
    Cancelled,
    /// Its time ran out.
    Lapsed,
}

impl IntentState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Open, Self::Confirmed, Self::Cancelled, Self::Lapsed];

    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Confirmed => "CONFIRMED",
            Self::Cancelled => "CANCELLED",
            Self::Lapsed => "LAPSED",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promised {
    /// An offer.
    Offer(OfferId),
    /// What points of a card pay or, with a reward, buy.
    Points(LoyaltyCardId, Option<RewardId>),
    /// What the stamps of a card buy.
    Stamps(LoyaltyCardId, Option<RewardId>),
}

impl Promised {
    /// The kind of redemption that it becomes.
    pub const fn kind(self) -> RedemptionKind {
        match self {
            Self::Offer(_) => RedemptionKind::Offer,
            Self::Points(..) => RedemptionKind::Points,
            Self::Stamps(..) => RedemptionKind::Stamps,
        }
    }

    /// The reward that is promised, where it is one.
    pub const fn reward(self) -> Option<RewardId> {
        match self {
            Self::Offer(_) => None,
            Self::Points(_, reward) | Self::Stamps(_, reward) => reward,
        }
    }

    /// The promotion whose limits it counts against.
    pub const fn promotion(self) -> PromotionId {
        match self {
            Self::Offer(offer) => PromotionId::Offer(offer),
            Self::Points(card, _) | Self::Stamps(card, _) => PromotionId::Card(card),
        }
    }
}

/// A promise of a redemption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedemptionIntent {
    /// The key.
    pub id: IntentId,
    /// Whose promise.
    pub merchant: MerchantId,
    /// What is promised.
    pub promised: Promised,
    /// To whom; none where nobody was named.
    pub person: Option<PersonId>,
    /// Where, where it was said.
    pub store: Option<StoreId>,
    /// What sets the points or stamps aside.
    pub hold: Option<HoldId>,
    /// The code; unique per merchant among open ones (rule 22).
    pub code: String,
    /// Where it stands.
    pub state: IntentState,
    /// When its code is no longer good; this very instant is too late.
    pub expires_at: Timestamp,
    /// Since when.
    pub created_at: Timestamp,
}

impl RedemptionIntent {
    /// Whether it can be confirmed, and so counts against limits (rule 23): it lapses by itself, noted or not.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == IntentState::Open && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_23_an_intent_counts_while_it_is_open_and_its_time_is_not_up() {
        let at = Timestamp::from_seconds;
        for state in IntentState::ALL {
            assert_eq!(IntentState::from_name(state.name()), Some(state));
            let intent = RedemptionIntent {
                id: IntentId::new(1),
                merchant: MerchantId::new(1),
                promised: Promised::Offer(OfferId::new(1)),
                person: None,
                store: None,
                hold: None,
                code: "A".to_owned(),
                state,
                expires_at: at(10),
                created_at: at(0),
            };
            assert_eq!(intent.is_open(at(9)), state == IntentState::Open);
            assert!(!intent.is_open(at(10)));
        }
    }
}
