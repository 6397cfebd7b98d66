//! What somebody is about to change, looked at before and after: what the crate of the log knows itself, and what lies beside
//! it, orders, promotions and what is redeemed.

mod card;
mod promotion;
mod redeeming;
mod syncing;

use regulars_auth::audit::{Field, Image, Subject, Target, TargetKind, View};
use regulars_kernel::{
    CampaignId, ConnectionId, IntentId, LoyaltyCardId, MerchantId, Money, OfferId, OrderDiscountId,
    OrderId, OrderItemId, RedemptionId, RewardId, SaleReviewId, StoreAccess, StoreError,
    SyncReviewId, SyncRunId, VisitId,
};
use regulars_loyalty::{LoyaltyStore, RedeemingStore, RedemptionKind};
use regulars_merchant::EntitySource;
use regulars_order::{
    Modifier, Order, OrderItem, OrderStore, PaymentType, PurchaseStore, SaleReview, Visit,
    VisitStore,
};
use regulars_persistence::Tx;
use regulars_promotion::PromotionStore;

use crate::scalar::DateTime;

/// What an action is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    /// What the crate of the log knows.
    Known(Subject),
    /// One of a merchant's orders.
    Order(MerchantId, OrderId),
    /// A line of one of them.
    OrderItem(MerchantId, OrderItemId),
    /// One of a merchant's campaigns.
    Campaign(MerchantId, CampaignId),
    /// One of a merchant's offers.
    Offer(MerchantId, OfferId),
    /// One of a merchant's loyalty cards.
    Card(MerchantId, LoyaltyCardId),
    /// A reward of one of them.
    Reward(MerchantId, RewardId),
    /// The order of a line.
    OrderOf(MerchantId, OrderItemId),
    /// The order of a discount.
    OrderOfDiscount(MerchantId, OrderDiscountId),
    /// A visit.
    Visit(MerchantId, VisitId),
    /// What somebody has to look at of theirs.
    SaleReview(MerchantId, SaleReviewId),
    /// A system that they have connected.
    SyncConnection(MerchantId, ConnectionId),
    /// A run of one of them.
    SyncRun(MerchantId, SyncRunId),
    /// A question that one of them raises.
    SyncReview(MerchantId, SyncReviewId),
    /// A promise of a redemption of theirs.
    Intent(MerchantId, IntentId),
    /// A promise that stays as it is.
    SeenIntent(IntentId),
    /// A redemption of that kind of theirs.
    Redemption(MerchantId, RedemptionKind, RedemptionId),
}

impl From<Subject> for Thing {
    fn from(subject: Subject) -> Self {
        Self::Known(subject)
    }
}

impl Thing {
    /// The thing, where it is one and known.
    pub(super) fn target(&self) -> Option<Target> {
        match self {
            Self::Known(subject) => subject.target(),
            Self::Order(_, order) => Some((*order).into()),
            Self::OrderItem(_, item) => Some((*item).into()),
            Self::Campaign(_, campaign) => Some((*campaign).into()),
            Self::Offer(_, offer) => Some((*offer).into()),
            Self::Card(_, card) => Some((*card).into()),
            Self::Reward(_, reward) => Some((*reward).into()),
            Self::OrderOf(..) | Self::OrderOfDiscount(..) => None,
            Self::Visit(_, visit) => Some((*visit).into()),
            Self::SaleReview(_, review) => Some((*review).into()),
            Self::SyncConnection(_, connection) => Some((*connection).into()),
            Self::SyncRun(_, run) => Some((*run).into()),
            Self::SyncReview(_, review) => Some((*review).into()),
            Self::Intent(_, intent) | Self::SeenIntent(intent) => Some((*intent).into()),
            Self::Redemption(_, kind, id) => {
                let kind = match kind {
                    RedemptionKind::Offer => TargetKind::Redemption,
                    RedemptionKind::Points => TargetKind::PointsRedemption,
                    RedemptionKind::Stamps => TargetKind::StampsRedemption,
                };
                Some(Target { kind, id: id.get() })
            }
        }
    }

    /// Looks at it. In a transaction that writes nobody else changes it before this one ends.
    pub(super) fn look(&self, tx: &mut Tx<'_>) -> Result<View, StoreError> {
        let image = match self {
            Self::Known(subject) => return subject.look(tx),
            Self::SeenIntent(_) => return Ok(View::default()),
            Self::Order(merchant, order) => {
                tx.find_order(*merchant, *order)?.as_ref().map(image_of_order)
            }
            Self::OrderOf(merchant, item) => {
                tx.find_order_of_item(*merchant, *item)?.as_ref().map(image_of_order)
            }
            Self::OrderOfDiscount(merchant, discount) => {
                tx.find_order_of_discount(*merchant, *discount)?.as_ref().map(image_of_order)
            }
            Self::OrderItem(merchant, item) => match tx.find_order_of_item(*merchant, *item)? {
                Some(_) => tx.order_items(&[*item], &StoreAccess::All)?.first().map(image_of_item),
                None => None,
            },
            Self::Campaign(merchant, campaign) => {
                tx.find_campaign(*merchant, *campaign)?.as_ref().map(promotion::image_of_campaign)
            }
            Self::Offer(merchant, offer) => {
                tx.find_offer(*merchant, *offer)?.as_ref().map(promotion::image_of_offer)
            }
            Self::Card(merchant, card) => {
                tx.find_loyalty_card(*merchant, *card)?.as_ref().map(card::image_of_card)
            }
            Self::Reward(merchant, reward) => {
                tx.find_reward(*merchant, *reward)?.as_ref().map(card::image_of_reward)
            }
            Self::Visit(merchant, visit) => {
                let mut found = tx.visits(&[*visit], &StoreAccess::All)?;
                found.retain(|row| row.merchant == *merchant);
                found.first().map(image_of_visit)
            }
            Self::SaleReview(merchant, review) => {
                tx.find_sale_review(*merchant, *review)?.as_ref().map(image_of_review)
            }
            Self::SyncConnection(merchant, connection) => {
                syncing::connection(tx, *merchant, *connection)?
            }
            Self::SyncRun(merchant, run) => syncing::run(tx, *merchant, *run)?,
            Self::SyncReview(merchant, review) => syncing::review(tx, *merchant, *review)?,
            Self::Intent(merchant, intent) => {
                let found = tx.intents(&[*intent])?;
                let own = found.iter().find(|row| row.merchant == *merchant);
                own.map(redeeming::image_of_intent)
            }
            Self::Redemption(merchant, _, redemption) => {
                let found = tx.redemptions(&[*redemption])?;
                let own = found.iter().find(|row| row.merchant == *merchant);
                own.map(redeeming::image_of_redemption)
            }
        };
        Ok(View::alone(image))
    }
}

fn text(value: Option<impl ToString>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// Without what tells of its buyer: where they are reached, where it is brought, and the merchant's own fields are not the
/// order's to keep, once they are erased.
fn image_of_order(order: &Order) -> Image {
    let instant = |at| text(Some(DateTime(at)));
    Image::of_fields([
        (Field::Store, text(Some(order.store))),
        (Field::Consumer, text(order.consumer)),
        (Field::Waiter, text(order.waiter)),
        (Field::OrderType, text(Some(order.order_type))),
        (Field::State, text(Some(order.state.name()))),
        (Field::PaymentType, text(order.payment_type.map(PaymentType::name))),
        (Field::NumOfGuests, text(order.num_of_guests)),
        (Field::PickupDt, order.pickup_at.and_then(instant)),
        (Field::Total, text(Some(order.total))),
        (Field::Tax, text(order.tax)),
        (Field::Refunded, text(Some(order.refunded))),
        (Field::CompletedAt, order.completed_at.and_then(instant)),
        (Field::Archived, text(Some(!order.is_active()))),
        (Field::EntitySource, text(order.entity_source.map(EntitySource::name))),
    ])
}

fn image_of_item(item: &OrderItem) -> Image {
    let modifier = |one: &Modifier| {
        let free = one.price == Money::zero(one.price.currency());
        if free { one.name.clone() } else { format!("{} {}", one.name, one.price) }
    };
    let modifiers: Vec<_> = item.modifiers.iter().map(modifier).collect();
    Image::of_fields([
        (Field::Order, text(Some(item.order))),
        (Field::Product, text(item.product)),
        (Field::Name, text(Some(&item.name))),
        (Field::Quantity, text(Some(item.quantity))),
        (Field::UnitPrice, text(item.unit_price)),
        (Field::Modifiers, text(Some(modifiers.join(", ")))),
        (Field::Cost, text(Some(item.cost))),
        (Field::IsCompleted, text(Some(item.is_completed))),
    ])
}

fn image_of_review(review: &SaleReview) -> Image {
    Image::of_fields([
        (Field::Store, text(Some(review.store))),
        (Field::State, text(Some(review.state.name()))),
    ])
}

fn image_of_visit(visit: &Visit) -> Image {
    let amount = format!("{} {}", visit.amount, visit.amount.currency().code());
    Image::of_fields([
        (Field::Store, text(Some(visit.store))),
        (Field::Consumer, text(Some(visit.consumer))),
        (Field::Order, text(visit.order)),
        (Field::AmountSpent, text(Some(amount))),
        (Field::OccurredAt, text(Some(DateTime(visit.occurred_at)))),
    ])
}
