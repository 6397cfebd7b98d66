//! What the mutations of redeeming take.

use juniper::GraphQLInputObject;
use regulars_customer::Identifier;
use regulars_kernel::{LoyaltyCardId, OfferId, PersonId, Points, RedemptionId, RewardId, StoreId};
use regulars_loyalty::{
    RedemptionKind,
    redeeming::{NewIntent, Wanted},
};

use super::{
    card::LOYALTY_CARD,
    redemption::{POINTS_REDEMPTION, REDEMPTION, STAMPS_REDEMPTION},
    reward::LOYALTY_REWARD,
};
use crate::{
    argument::pk,
    customer::user::USER,
    error::ApiError,
    global_id::{Id, Named},
    merchant::store::STORE,
    promotion::offer::OFFER,
};

/// The inputs of redeeming have these fields in common.
macro_rules! redeeming_input {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, GraphQLInputObject)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// In which store. Who works in some stores alone has to say it.
            pub store_id: Option<Id>,
            /// Whose it is, by id; consumers mean themselves.
            pub consumer_id: Option<Id>,
            /// Whose it is, by a loyalty id or one of the merchant's own card numbers.
            pub consumer_loyalty_id: Option<String>,
            /// The same key with the same input answers what the first call answered: 1 to 255 characters.
            pub idempotency_key: Option<String>,
        }

        impl $name {
            /// Where and who.
            pub(super) fn counter(&self) -> Result<Counter, ApiError> {
                let ids = (self.store_id.as_ref(), self.consumer_id.as_ref());
                Counter::read(ids, self.consumer_loyalty_id.clone())
            }
        }
    };
}

/// Where something is redeemed, and whose it is.
pub(crate) struct Counter {
    pub(crate) store: Option<StoreId>,
    pub(crate) who: Identifier,
}

impl Counter {
    pub(crate) fn read(
        (store, consumer): (Option<&Id>, Option<&Id>),
        loyalty_id: Option<String>,
    ) -> Result<Self, ApiError> {
        let store = named("storeId", store, STORE)?.map(StoreId::new);
        let id = named("consumerId", consumer, USER)?.map(PersonId::new);
        let loyalty_id = loyalty_id.filter(|typed| !typed.trim().is_empty());
        Ok(Self { store, who: Identifier { id, loyalty_id, ..Identifier::default() } })
    }

    /// Whether a number names somebody: such look-ups are counted.
    pub(super) const fn is_by_number(&self) -> bool {
        self.who.loyalty_id.is_some()
    }

    /// A promise to be made here.
    pub(super) fn promises(self, wanted: Wanted) -> NewIntent {
        NewIntent { wanted, who: self.who, store: self.store }
    }
}

/// The number that a field names something of that type by; an empty id names nothing.
fn named(argument: &'static str, id: Option<&Id>, kind: &str) -> Result<Option<i64>, ApiError> {
    id.filter(|id| !id.is_empty()).map(|id| pk(argument, id, kind)).transpose()
}

redeeming_input! {
    /// A use of an offer to be promised.
    CreateRedemptionIntentInput {
        /// The offer.
        offer_id: Id,
    }
}

redeeming_input! {
    /// A use of points to be promised.
    CreatePointsRedemptionIntentInput {
        /// Whose points.
        loyalty_card_id: Id,
        /// How many are to pay, where points of the card pay an amount.
        points_to_redeem: Option<i32>,
        /// What they are to buy, where points of the card buy rewards.
        loyalty_reward_id: Option<Id>,
    }
}

redeeming_input! {
    /// A full card of stamps to be promised.
    CreateStampsRedemptionIntentInput {
        /// Whose stamps.
        loyalty_card_id: Id,
        /// What they are to buy, where the card has several rewards.
        loyalty_reward_id: Option<Id>,
    }
}

redeeming_input! {
    /// A code to be used.
    ConfirmRedemptionInput {
        /// The code, in either case, with or without its hyphen; or the one that an offer has for everybody.
        code: String,
    }
}

redeeming_input! {
    /// A code of points to be used.
    ConfirmPointsRedemptionInput {
        /// The code, in either case, with or without its hyphen.
        code: String,
    }
}

redeeming_input! {
    /// A code of stamps to be used.
    ConfirmStampsRedemptionInput {
        /// The code, in either case, with or without its hyphen.
        code: String,
    }
}

redeeming_input! {
    /// A code to be checked.
    VerifyRedemptionCodeInput {
        /// The code, in either case, with or without its hyphen.
        code: String,
    }
}

/// A promise to be called off.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CancelRedemptionIntentInput {
    /// The promise.
    pub id: Id,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

/// A redemption to be taken back.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct ReverseRedemptionInput {
    /// The redemption, by the id of a redemption of an offer, of points or of stamps. A bare number is one of an offer.
    pub id: Id,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

impl ReverseRedemptionInput {
    pub(super) fn named(&self) -> Result<(RedemptionKind, RedemptionId), ApiError> {
        for (named, name) in [
            (RedemptionKind::Points, POINTS_REDEMPTION),
            (RedemptionKind::Stamps, STAMPS_REDEMPTION),
        ] {
            if matches!(self.id.parse(), Ok(Named::Global { kind, .. }) if kind == name) {
                return Ok((named, RedemptionId::new(pk("id", &self.id, name)?)));
            }
        }
        Ok((RedemptionKind::Offer, RedemptionId::new(pk("id", &self.id, REDEMPTION)?)))
    }
}

impl CreateRedemptionIntentInput {
    pub(super) fn wanted(&self) -> Result<Wanted, ApiError> {
        pk("offerId", &self.offer_id, OFFER).map(OfferId::new).map(Wanted::Offer)
    }
}

impl CreatePointsRedemptionIntentInput {
    pub(super) fn wanted(&self) -> Result<Wanted, ApiError> {
        let card = pk("loyaltyCardId", &self.loyalty_card_id, LOYALTY_CARD)?;
        let reward = named("loyaltyRewardId", self.loyalty_reward_id.as_ref(), LOYALTY_REWARD)?;
        Ok(Wanted::Points {
            card: LoyaltyCardId::new(card),
            points: self.points_to_redeem.map(|points| Points::new(points.into())),
            reward: reward.map(RewardId::new),
        })
    }
}

impl CreateStampsRedemptionIntentInput {
    pub(super) fn wanted(&self) -> Result<Wanted, ApiError> {
        let card = pk("loyaltyCardId", &self.loyalty_card_id, LOYALTY_CARD)?;
        let reward = named("loyaltyRewardId", self.loyalty_reward_id.as_ref(), LOYALTY_REWARD)?;
        Ok(Wanted::Stamps { card: LoyaltyCardId::new(card), reward: reward.map(RewardId::new) })
    }
}
