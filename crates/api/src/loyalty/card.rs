//! `LoyaltyCardNode`: a program of points or of stamps.

use std::{collections::HashMap, sync::Arc};

use regulars_kernel::{
    Actor, LoyaltyCardId, MerchantId, Points,
    page::{Keyed, SortKey},
};
use regulars_loyalty::{
    Account, AvailableSort, LoyaltyCard, LoyaltyCardSort, PointsProgram, Program, PromotionId,
    Spending, StampsProgram, account, card,
};
use regulars_promotion::Eligibility;

use super::{
    choice::{LoyaltyCardLoyaltyType, LoyaltyCardPointsLoyaltyType},
    reward::{self, LoyaltyRewardNodeConnection},
};
use crate::{
    connection::{connection, paging},
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    merchant::MerchantNode,
    node::NodeValue,
    promotion::{
        PromotionNodeValue,
        choice::{PromotionStatus, PromotionWeekday},
        eligibility::PromotionEligibility,
        node::{Siblings, currency, promotion_object},
        place::Referred,
    },
    scalar::{DateTime, Decimal, JSONString, Time},
};

/// The type name in global ids.
pub const LOYALTY_CARD: &str = "LoyaltyCardNode";

/// Decimal places of a rate in millionths.
pub(crate) const RATE_PLACES: u32 = 6;

/// A loyalty card, and those loaded with it.
#[derive(Clone)]
pub struct CardOfMerchant {
    row: Arc<LoyaltyCard>,
    siblings: Arc<Siblings<LoyaltyCardId>>,
    referred: Arc<Referred>,
    eligibility: Option<Eligibility>,
}

/// A loyalty card; its scalar fields take the short way.
pub type LoyaltyCardNode = Fast<CardOfMerchant>;

/// Nodes of cards that were loaded together, beside other rows of these merchants, with what was decided about them.
pub(crate) fn beside(
    cards: Vec<(LoyaltyCard, Option<Eligibility>)>,
    merchants: &Arc<Level<MerchantId>>,
) -> Vec<LoyaltyCardNode> {
    let siblings = Siblings::of(cards.iter().map(|(row, _)| row.id), merchants);
    let places = cards.iter().map(|(row, _)| &row.terms.places);
    let referred = Referred::by(places, cards.iter().flat_map(|(row, _)| &row.products));
    let node = |(row, eligibility)| {
        Fast(CardOfMerchant {
            row: Arc::new(row),
            siblings: Arc::clone(&siblings),
            referred: Arc::clone(&referred),
            eligibility,
        })
    };
    cards.into_iter().map(node).collect()
}

/// Nodes of cards that were loaded together.
pub(crate) fn together(cards: Vec<LoyaltyCard>) -> Vec<LoyaltyCardNode> {
    let merchants = Level::distinct(cards.iter().map(|row| row.merchant));
    beside(cards.into_iter().map(|row| (row, None)).collect(), &merchants)
}

/// Cards by id, for nodes of other nouns that refer to them: one statement for a whole level of referring nodes.
pub(crate) fn load(
    context: &Context,
    level: &Level<LoyaltyCardId>,
    id: LoyaltyCardId,
) -> Result<Option<LoyaltyCardNode>, ApiError> {
    context.load(level, LOYALTY_CARD, id, |ids| {
        let actor = context.actor();
        let cards = context.read(|tx| card::list_by_ids(tx, actor, ids))?;
        Ok(together(cards).into_iter().map(|node| (node.0.row.id, node)).collect())
    })
}

impl CardOfMerchant {
    pub(crate) fn promotion(&self) -> PromotionId {
        PromotionId::Card(self.row.id)
    }

    pub(crate) fn sort_key(&self, field: AvailableSort) -> SortKey {
        self.promotion().sort_key(field, &self.row.name, self.row.terms.start_time)
    }

    fn points(&self) -> Option<&PointsProgram> {
        match &self.row.program {
            Program::Points(points) => Some(points),
            Program::Stamps(_) => None,
        }
    }

    fn stamps(&self) -> Option<&StampsProgram> {
        match &self.row.program {
            Program::Stamps(stamps) => Some(stamps),
            Program::Points(_) => None,
        }
    }

    /// What points pay: the least number, the step, and the worth of one.
    fn pay(&self) -> Option<(Points, Option<Points>, Decimal)> {
        match self.points()?.spending {
            Spending::Flat { points_needed, incremental_points, point_worth } => {
                // Millionths of a minor unit.
                let places = u32::from(self.row.currency.exponent().unwrap_or(0)) + RATE_PLACES;
                let worth = Decimal::from_minor(point_worth.get(), places);
                Some((points_needed, incremental_points, worth))
            }
            Spending::Product => None,
        }
    }

    /// What the consumer who asks has on this card.
    fn own_account(&self, context: &Context) -> Result<Option<Account>, ApiError> {
        let Actor::Consumer { person } = context.actor() else { return Ok(None) };
        let level = self.siblings.own();
        context.load(level, "account", self.row.id, |_cards| {
            let accounts =
                context.read(|tx| account::per_consumer(tx, context.actor(), &[*person]))?;
            let of_cards: HashMap<LoyaltyCardId, Account> =
                accounts.into_iter().map(|account| (account.card, account)).collect();
            Ok(of_cards)
        })
    }
}

/// A number of points in GraphQL's 32 bits; null past them.
pub(crate) fn int(points: Points) -> Option<i32> {
    i32::try_from(points.get()).ok()
}

fn count(number: u32) -> Option<i32> {
    i32::try_from(number).ok()
}

impl Keyed<LoyaltyCardSort> for LoyaltyCardNode {
    fn sort_key(&self, field: LoyaltyCardSort) -> SortKey {
        self.0.row.sort_key(field)
    }

    fn pk(&self) -> i64 {
        self.0.row.id.get()
    }
}

promotion_object! {
    #[graphql(name = "LoyaltyCardNode")]
    /// A program of points or of stamps. Fields of the other kind are null.
    impl CardOfMerchant {
        leaves {
            /// What it collects.
            "loyaltyType" => fn loyalty_type(&self) -> LoyaltyCardLoyaltyType {
                (&self.row.program).into()
            }
            /// What points are good for.
            "pointsLoyaltyType" => fn points_loyalty_type(&self) -> Option<LoyaltyCardPointsLoyaltyType> {
                self.points().map(|points| points.spending.into())
            }
            /// The currency that it counts in.
            "currency" => fn currency(&self) -> &str { self.row.currency.code() }
            /// Points for each unit of the currency spent.
            "dollarWorth" => fn dollar_worth(&self) -> Option<Decimal> {
                self.points().map(|points| Decimal::from_minor(points.dollar_worth.get(), RATE_PLACES))
            }
            /// Points that come with the first earning.
            "initialPoints" => fn initial_points(&self) -> Option<i32> {
                self.points().and_then(|points| int(points.initial_points))
            }
            /// The most points that a person earns on one day.
            "maxPointsPerDay" => fn max_points_per_day(&self) -> Option<i32> {
                self.points()?.max_points_per_day.and_then(int)
            }
            /// The least number of points that pays.
            "pointsNeeded" => fn points_needed(&self) -> Option<i32> {
                self.pay().and_then(|(needed, _, _)| int(needed))
            }
            /// Above it, in steps of so many.
            "incrementalPoints" => fn incremental_points(&self) -> Option<i32> {
                self.pay().and_then(|(_, step, _)| int(step?))
            }
            /// What one point pays.
            "pointWorth" => fn point_worth(&self) -> Option<Decimal> {
                self.pay().map(|(_, _, worth)| worth)
            }
            /// What one point pays.
            "pointWorthAmount" => fn point_worth_amount(&self) -> Option<Decimal> {
                self.pay().map(|(_, _, worth)| worth)
            }
            /// Its currency.
            "pointWorthCurrency" => fn point_worth_currency(&self) -> Option<String> {
                self.pay().map(|_| self.row.currency.code().to_owned())
            }
            /// Goods of a lower price do not count.
            "minPrice" => fn min_price(&self) -> Option<Decimal> {
                self.points()?.min_price.map(Decimal::from)
            }
            /// Goods of a higher price do not count.
            "maxPrice" => fn max_price(&self) -> Option<Decimal> {
                self.points()?.max_price.map(Decimal::from)
            }
            /// Whether the tax counts in what earns.
            "taxIncluded" => fn tax_included(&self) -> Option<bool> {
                self.points().map(|points| points.tax_included)
            }
            /// How many months points live; null: for ever.
            "validityInMonths" => fn validity_in_months(&self) -> Option<i32> {
                self.points()?.validity_in_months.and_then(count)
            }
            /// How many days points are pending before they can be spent.
            "activationDelayDays" => fn activation_delay_days(&self) -> Option<i32> {
                self.points().and_then(|points| count(points.activation_delay_days))
            }
            /// How many stamps fill the card.
            "stampsNeeded" => fn stamps_needed(&self) -> Option<i32> {
                self.stamps().and_then(|stamps| count(stamps.stamps_needed))
            }
            /// The most stamps that a person gets on one day.
            "maxStampsPerDay" => fn max_stamps_per_day(&self) -> Option<i32> {
                self.stamps()?.max_stamps_per_day.and_then(count)
            }
            /// How many days a stamp lives; null: for ever.
            "stampExpirationDays" => fn stamp_expiration_days(&self) -> Option<i32> {
                self.stamps()?.stamp_expiration_days.and_then(count)
            }
        }
        fields {
            /// What points buy.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn rewards(
                &self,
                context: &Context,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "points, createdAt, pk. Default pk.")]
                order_by: Option<String>,
            ) -> Result<Option<LoyaltyRewardNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                reward::of_card(context, self.siblings.own(), self.row.id, &paging).map(Some)
            }

            /// Points that the consumer who asks has earned on this card, net of reversals; null for others, on cards of
            /// stamps, and past 32 bits.
            fn earned_points(&self, context: &Context) -> Result<Option<i32>, ApiError> {
                if self.points().is_none() {
                    return Ok(None);
                }
                Ok(self.own_account(context)?.and_then(|account| int(account.earned)))
            }

            /// Stamps that the consumer who asks has on this card; null for others, and on cards of points.
            fn checked_stamps(&self, context: &Context) -> Result<Option<i32>, ApiError> {
                if self.stamps().is_none() {
                    return Ok(None);
                }
                Ok(self.own_account(context)?.and_then(|account| int(account.balance)))
            }
        }
    }
}

connection!(
    LoyaltyCardNodeConnection,
    LoyaltyCardNodeEdge,
    LoyaltyCardNode,
    LoyaltyCardSort,
    "A page of loyalty cards.",
    "One of the loyalty cards."
);
