//! `OfferNode`: what a merchant takes off.

use std::sync::Arc;

use juniper::Executor;
use regulars_kernel::{
    Actor, CampaignId, MerchantId, OfferId,
    page::{Keyed, SortKey},
};
use regulars_loyalty::{AvailableSort, PromotionId};
use regulars_promotion::{Discount, Eligibility, Offer, OfferSort, RedemptionCode, offer};

use super::{
    campaign::{self, CampaignNode},
    choice::{OfferOfferType, OfferRedemptionCodeType, PromotionStatus, PromotionWeekday},
    eligibility::PromotionEligibility,
    node::{PromotionNodeValue, Siblings, currency, promotion_object},
    place::Referred,
};
use crate::{
    connection::{connection, paging},
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    loyalty::{
        RedemptionIntentNodeConnection, RedemptionNodeConnection,
        intent::{self, RedemptionIntentState},
        redemption,
    },
    merchant::MerchantNode,
    node::NodeValue,
    scalar::{DateTime, Decimal, JSONString, Time},
};

/// The type name in global ids.
pub const OFFER: &str = "OfferNode";

/// An offer, and those loaded with it.
#[derive(Clone)]
pub struct OfferOfMerchant {
    row: Arc<Offer>,
    siblings: Arc<Siblings<OfferId>>,
    campaigns: Arc<Siblings<CampaignId>>,
    referred: Arc<Referred>,
    eligibility: Option<Eligibility>,
}

/// An offer; its scalar fields take the short way.
pub type OfferNode = Fast<OfferOfMerchant>;

/// Nodes of offers that were loaded together, beside other rows of these merchants, with what was decided about them.
pub(crate) fn beside(
    offers: Vec<(Offer, Option<Eligibility>)>,
    merchants: &Arc<Level<MerchantId>>,
) -> Vec<OfferNode> {
    let siblings = Siblings::of(offers.iter().map(|(row, _)| row.id), merchants);
    let campaigns = offers.iter().filter_map(|(row, _)| Some(row.campaign.as_ref()?.id));
    let campaigns = Siblings::of(campaigns, merchants);
    let places = offers.iter().flat_map(|(row, _)| {
        let campaign = row.campaign.as_ref().map(|campaign| &campaign.places);
        [Some(&row.terms.places), campaign].into_iter().flatten()
    });
    let referred = Referred::by(places, offers.iter().flat_map(|(row, _)| &row.products));
    let node = |(row, eligibility)| {
        Fast(OfferOfMerchant {
            row: Arc::new(row),
            siblings: Arc::clone(&siblings),
            campaigns: Arc::clone(&campaigns),
            referred: Arc::clone(&referred),
            eligibility,
        })
    };
    offers.into_iter().map(node).collect()
}

/// Nodes of offers that were loaded together.
pub(crate) fn together(offers: Vec<Offer>) -> Vec<OfferNode> {
    let merchants = Level::distinct(offers.iter().map(|row| row.merchant));
    beside(offers.into_iter().map(|row| (row, None)).collect(), &merchants)
}

/// One offer; an error with the code `does_not_exist` where the asker sees none of that id.
pub(crate) fn get(context: &Context, id: OfferId) -> Result<OfferNode, ApiError> {
    let actor = context.actor();
    let found = context.read(|tx| offer::get(tx, actor, id)).map_err(|error| error.about("id"))?;
    together(vec![found]).pop().ok_or(ApiError::absent("id"))
}

/// Offers by id, for nodes of other nouns that refer to them: one load for a whole level of referring nodes.
pub(crate) fn load(
    context: &Context,
    level: &Level<OfferId>,
    id: OfferId,
) -> Result<Option<OfferNode>, ApiError> {
    context.load(level, OFFER, id, |ids| {
        let actor = context.actor();
        let offers = context.read(|tx| offer::list_by_ids(tx, actor, ids))?;
        Ok(together(offers).into_iter().map(|node| (node.0.row.id, node)).collect())
    })
}

impl OfferOfMerchant {
    pub(crate) fn promotion(&self) -> PromotionId {
        PromotionId::Offer(self.row.id)
    }

    pub(crate) fn sort_key(&self, field: AvailableSort) -> SortKey {
        self.promotion().sort_key(field, &self.row.name, self.row.terms.start_time)
    }

    /// The campaign it runs in.
    pub(crate) fn campaign_node(&self) -> Option<CampaignNode> {
        let row = Arc::clone(self.row.campaign.as_ref()?);
        Some(campaign::node(row, Arc::clone(&self.campaigns), Arc::clone(&self.referred)))
    }
}

impl Keyed<OfferSort> for OfferNode {
    fn sort_key(&self, field: OfferSort) -> SortKey {
        self.0.row.sort_key(field)
    }

    fn pk(&self) -> i64 {
        self.0.row.id.get()
    }
}

promotion_object! {
    #[graphql(name = "OfferNode")]
    /// What a merchant takes off, and on what terms.
    impl OfferOfMerchant {
        leaves {
            /// What it takes off.
            "offerType" => fn offer_type(&self) -> OfferOfferType { self.row.discount.into() }
            /// How much: per cent, an amount in the merchant's currency, or units that are free.
            "offerValue" => fn offer_value(&self) -> Decimal {
                match self.row.discount {
                    // Parts per million are ten-thousandths of a per cent; two places where they suffice.
                    Discount::Percentage(parts) if parts % 100 == 0 => {
                        Decimal::from_minor(parts / 100, 2)
                    }
                    Discount::Percentage(parts) => Decimal::from_minor(parts, 4),
                    Discount::FixedAmount(money) => money.into(),
                    Discount::Bogo(units) => Decimal::from_minor(units, 0),
                }
            }
            /// The currency of a fixed amount; null for other kinds.
            "offerValueCurrency" => fn offer_value_currency(&self) -> Option<String> {
                match self.row.discount {
                    Discount::FixedAmount(money) => Some(currency(money)),
                    Discount::Percentage(_) | Discount::Bogo(_) => None,
                }
            }
            /// How many items must be bought for it.
            "numOfItems" => fn num_of_items(&self) -> Option<i32> { self.row.num_of_items }
            /// How it is redeemed.
            "redemptionCodeType" => fn redemption_code_type(&self) -> OfferRedemptionCodeType {
                (&self.row.code).into()
            }
            /// The one code for everybody; null where each redemption has its own.
            "code" => fn code(&self) -> Option<&str> {
                match &self.row.code {
                    RedemptionCode::Fixed(code) => Some(code),
                    RedemptionCode::Autogenerated => None,
                }
            }
            /// Whether a sale with it earns points.
            "earnPoints" => fn earn_points(&self) -> bool { self.row.earn_points }
            /// Whether it goes together with other discounts.
            "stackable" => fn stackable(&self) -> bool { self.row.stackable }
        }
        fields {
            /// The campaign it runs in.
            fn campaign(&self) -> Option<CampaignNode> { self.campaign_node() }

            /// Uses of it: a merchant's people see those in their stores, consumers their own. Needs the permission `view_consumer` or
            /// `redeem`.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn redemptions(
                &self,
                executor: &Executor<'_, '_, Context>,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "createdAt, pk. Default pk.")] order_by: Option<String>,
            ) -> Result<Option<RedemptionNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                redemption::of_offer(executor, self.siblings.own(), self.row.id, &paging).map(Some)
            }

            /// Promises of it, as `redemptions`.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn redemption_intents(
                &self,
                executor: &Executor<'_, '_, Context>,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "pk alone.")] order_by: Option<String>,
                #[graphql(description = "Those that stand so now.")] state: Option<RedemptionIntentState>,
            ) -> Result<Option<RedemptionIntentNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                intent::of_offer(executor, self.siblings.own(), self.row.id, state, &paging).map(Some)
            }
        }
    }
}

connection!(
    OfferNodeConnection,
    OfferNodeEdge,
    OfferNode,
    OfferSort,
    "A page of offers.",
    "One of the offers."
);
