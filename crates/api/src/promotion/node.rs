//! `PromotionNode`: what offers and loyalty cards have in common.

use std::sync::Arc;

use juniper::graphql_interface;
use regulars_kernel::{
    MerchantId, Money,
    page::{Keyed, SortKey},
};
use regulars_loyalty::AvailableSort;

use super::eligibility::PromotionEligibility;
use crate::{
    connection::connection, context::Context, global_id::Id, level::Level,
    loyalty::LoyaltyCardNode, merchant::MerchantNode, promotion::OfferNode, scalar::DateTime,
};

/// Rows that were loaded together, and the merchants they are of.
pub struct Siblings<K> {
    own: Arc<Level<K>>,
    merchants: Arc<Level<MerchantId>>,
}

impl<K> Siblings<K> {
    /// Rows loaded together, beside others of these merchants.
    pub(crate) fn of(
        own: impl IntoIterator<Item = K>,
        merchants: &Arc<Level<MerchantId>>,
    ) -> Arc<Self> {
        Arc::new(Self { own: Level::of(own), merchants: Arc::clone(merchants) })
    }

    /// Those loaded together.
    pub(crate) fn own(&self) -> &Arc<Level<K>> {
        &self.own
    }

    /// Their merchants.
    pub(crate) fn merchants(&self) -> &Level<MerchantId> {
        &self.merchants
    }
}

/// The code of an amount's currency.
pub(crate) fn currency(money: Money) -> String {
    money.currency().code().to_owned()
}

/// Makes a [`fast_object!`](crate::fast_object) of a type that has a `row` with terms, `siblings` and maybe an
/// `eligibility`: what offers and cards have in common, and what the type has of its own.
macro_rules! promotion_object {
    (
        #[graphql(name = $name:literal)]
        $(#[$meta:meta])*
        impl $type:ident {
            leaves { $($leaves:tt)* }
            fields { $($fields:tt)* }
        }
    ) => {
        $crate::promotion::place::placed_object! {
            #[graphql(name = $name, impl = [PromotionNodeValue, NodeValue], places = |row| row.terms.places)]
            $(#[$meta])*
            impl $type {
                leaves {
                    /// The global id.
                    "id" => fn id(&self) -> Id { Id::global($name, self.row.id.get()) }
                    /// The primary key; null past 32 bits.
                    "pk" => fn pk(&self) -> Option<i32> { pk_field(self.row.id.get()) }
                    /// What people call it.
                    "name" => fn name(&self) -> &str { &self.row.name }
                    /// What the merchant has decided.
                    "status" => fn status(&self) -> PromotionStatus { self.row.terms.status.into() }
                    /// A line about it.
                    "shortDescription" => fn short_description(&self) -> Option<&str> {
                        self.row.short_description.as_deref()
                    }
                    /// All about it.
                    "longDescription" => fn long_description(&self) -> Option<&str> {
                        self.row.long_description.as_deref()
                    }
                    /// The small print.
                    "termsAndConditions" => fn terms_and_conditions(&self) -> Option<&str> {
                        self.row.terms_and_conditions.as_deref()
                    }
                    /// Where a shop front shows it.
                    "placement" => fn placement(&self) -> Option<&str> { self.row.placement.as_deref() }
                    /// From when; null: always was.
                    "startTime" => fn start_time(&self) -> Option<DateTime> {
                        self.row.terms.start_time.map(DateTime)
                    }
                    /// Until when, this instant excluded; null: for ever.
                    "endTime" => fn end_time(&self) -> Option<DateTime> {
                        self.row.terms.end_time.map(DateTime)
                    }
                    /// From what time of the day, by the store's clock; null: midnight.
                    "dayStartTime" => fn day_start_time(&self) -> Option<Time> {
                        self.row.terms.day_start_time.map(Time)
                    }
                    /// Until what time of the day; before the start: on the next day. Null: midnight.
                    "dayEndTime" => fn day_end_time(&self) -> Option<Time> {
                        self.row.terms.day_end_time.map(Time)
                    }
                    /// The weather that it is meant for; it decides nothing.
                    "weather" => fn weather(&self) -> Option<&str> { self.row.terms.weather.as_deref() }
                    /// How often it may be redeemed in all; null: no limit.
                    "enrollmentLimit" => fn enrollment_limit(&self) -> Option<i32> {
                        // A limit past 32 bits is one all the same.
                        self.row.terms.enrollment_limit.map(|most| i32::try_from(most).unwrap_or(i32::MAX))
                    }
                    /// Whether one customer may redeem it again.
                    "repeatable" => fn repeatable(&self) -> bool { self.row.terms.repeatable }
                    /// How many hours must lie between.
                    "repeatDelayHours" => fn repeat_delay_hours(&self) -> Option<i32> {
                        self.row.terms.repeat_delay_hours
                    }
                    /// How many days a code lives.
                    "redemptionExpirationDays" => fn redemption_expiration_days(&self) -> Option<i32> {
                        self.row.redemption_expiration_days
                    }
                    /// The least that a sale must come to.
                    "minimumSpend" => fn minimum_spend(&self) -> Option<Decimal> {
                        self.row.terms.minimum_spend.map(Decimal::from)
                    }
                    /// The least that a sale must come to.
                    "minimumSpendAmount" => fn minimum_spend_amount(&self) -> Option<Decimal> {
                        self.row.terms.minimum_spend.map(Decimal::from)
                    }
                    /// Its currency.
                    "minimumSpendCurrency" => fn minimum_spend_currency(&self) -> Option<String> {
                        self.row.terms.minimum_spend.map(currency)
                    }
                    /// The merchant's own fields.
                    "extraInfo" => fn extra_info(&self) -> Option<JSONString> {
                        self.row.terms.extra_info.as_deref().and_then(JSONString::parse)
                    }
                    /// Given up.
                    "archived" => fn archived(&self) -> bool { self.row.terms.archived }
                    /// When it was made.
                    "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.row.created_at) }
                    /// When it was last changed.
                    "updatedAt" => fn updated_at(&self) -> DateTime { DateTime(self.row.updated_at) }
                    $($leaves)*
                }
                fields {
                    /// Whose it is.
                    fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                        $crate::merchant::node::load(context, self.siblings.merchants(), self.row.merchant)
                    }

                    /// The products it is about; none: all.
                    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
                    fn products(
                        &self,
                        context: &Context,
                        first: Option<i32>,
                        last: Option<i32>,
                        before: Option<String>,
                        after: Option<String>,
                        offset: Option<i32>,
                        #[graphql(description = "name, createdAt, updatedAt, pk. Default pk.")]
                        order_by: Option<String>,
                    ) -> Result<Option<$crate::merchant::product::ProductNodeConnection>, ApiError> {
                        let paging =
                            $crate::connection::paging(first, last, before, after, offset, order_by);
                        self.referred.products(context, &self.row.products, &paging).map(Some)
                    }

                    /// On which days, Monday first.
                    fn days_of_week(&self) -> Vec<PromotionWeekday> {
                        self.row.terms.weekdays.days().map(PromotionWeekday::from).collect()
                    }

                    /// To whom, as nested rules; null: to everyone. Null for consumers: whom a merchant means is their business.
                    fn segmentation_rules(&self, context: &Context) -> Option<JSONString> {
                        let hidden = matches!(context.actor(), Actor::Consumer { .. });
                        let target = self.row.terms.target.as_ref().filter(|_| !hidden)?;
                        JSONString::parse(target.source())
                    }

                    /// Whether it is available to whom `consumerAvailablePromotions` was asked for; null elsewhere.
                    fn eligibility(&self) -> Option<PromotionEligibility> {
                        self.eligibility.as_ref().map(PromotionEligibility::from)
                    }
                    $($fields)*
                }
            }
        }
    };
}
pub(crate) use promotion_object;

/// An offer or a loyalty card.
#[expect(dead_code, reason = "names the fields for the schema")]
#[graphql_interface]
#[graphql(name = "PromotionNode", for = [OfferNode, LoyaltyCardNode], context = Context, scalar = juniper::DefaultScalarValue)]
pub struct PromotionNode {
    /// The global id.
    id: Id,
    /// The primary key; null past 32 bits.
    pk: Option<i32>,
    /// What people call it.
    name: String,
    /// Whose it is.
    merchant: Option<MerchantNode>,
    /// From when; null: always was.
    start_time: Option<DateTime>,
    /// Until when, this instant excluded; null: for ever.
    end_time: Option<DateTime>,
    /// Whether it is available to whom `consumerAvailablePromotions` was asked for; null elsewhere.
    eligibility: Option<PromotionEligibility>,
}

impl Keyed<AvailableSort> for PromotionNodeValue {
    fn sort_key(&self, field: AvailableSort) -> SortKey {
        match self {
            Self::OfferNode(node) => node.0.sort_key(field),
            Self::LoyaltyCardNode(node) => node.0.sort_key(field),
        }
    }

    fn pk(&self) -> i64 {
        match self {
            Self::OfferNode(node) => node.0.promotion().rank(),
            Self::LoyaltyCardNode(node) => node.0.promotion().rank(),
        }
    }
}

impl crate::fast::Node for PromotionNodeValue {}

connection!(
    PromotionNodeConnection,
    PromotionNodeEdge,
    PromotionNodeValue,
    AvailableSort,
    "A page of promotions.",
    "One of the promotions."
);
