//! Images of promises and redemptions.

use regulars_auth::audit::{Field, Image};
use regulars_loyalty::{Promised, PromotionId, Redeemed, Redemption, RedemptionIntent};

use super::text;
use crate::scalar::DateTime;

/// What is redeemed, by number.
fn promotion(promotion: PromotionId) -> (Field, Option<String>) {
    match promotion {
        PromotionId::Offer(id) => (Field::Offer, text(Some(id))),
        PromotionId::Card(id) => (Field::LoyaltyCard, text(Some(id))),
    }
}

/// A promise, without the code: whoever reads the log redeems nothing.
pub(super) fn image_of_intent(intent: &RedemptionIntent) -> Image {
    let unit = match intent.promised {
        Promised::Stamps(..) => Field::Stamps,
        Promised::Offer(_) | Promised::Points(..) => Field::Points,
    };
    Image::of_fields([
        promotion(intent.promised.promotion()),
        (Field::LoyaltyReward, text(intent.promised.reward())),
        (Field::Consumer, text(intent.person)),
        (Field::Store, text(intent.store)),
        (Field::State, text(Some(intent.state.name()))),
        (unit, text(intent.held)),
        (Field::ExpiresAt, text(Some(DateTime(intent.expires_at)))),
    ])
}

/// A use of an offer, of points or of stamps.
pub(super) fn image_of_redemption(redemption: &Redemption) -> Image {
    let (unit, taken) = match redemption.redeemed {
        Redeemed::Offer { .. } => (Field::Points, None),
        Redeemed::Points { points, .. } => (Field::Points, Some(points)),
        Redeemed::Stamps { stamps, .. } => (Field::Stamps, Some(stamps)),
    };
    Image::of_fields([
        promotion(redemption.redeemed.promotion()),
        (Field::LoyaltyReward, text(redemption.redeemed.reward())),
        (Field::Consumer, text(redemption.person)),
        (Field::Store, text(redemption.store)),
        (unit, text(taken)),
        (
            Field::Amount,
            redemption.amount.map(|amount| format!("{amount} {}", amount.currency().code())),
        ),
        (Field::ReversedAt, redemption.reversed_at.and_then(|at| text(Some(DateTime(at))))),
    ])
}
