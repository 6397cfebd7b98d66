//! What the mutations of loyalty cards and rewards take.

use juniper::{GraphQLInputObject, Nullable};
use regulars_kernel::{Change, LoyaltyCardId, ProductId};
use regulars_loyalty::{
    card::{change::LoyaltyCardPatch, program::change::ProgramPatch},
    reward::change::RewardPatch,
};
use regulars_promotion::terms::change::{MoneyPatch, PlacesPatch, TermsPatch};

use super::{
    card::LOYALTY_CARD,
    choice::{LoyaltyCardLoyaltyType, LoyaltyCardPointsLoyaltyType},
};
use crate::{
    argument::{pk, pks},
    error::ApiError,
    global_id::Id,
    merchant::{product::PRODUCT, store::STORE, store_group::STORE_GROUP},
    patch::change,
    promotion::choice::{PromotionStatus, PromotionWeekday},
    scalar::{DateTimeArgument, Decimal, JSONString, Time},
};

/// The inputs that write a card have these fields in common.
macro_rules! card_input {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, GraphQLInputObject)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// A line about it: at most 500 characters.
            pub short_description: Nullable<String>,
            /// All about it: at most 10000 characters, on as many lines as it takes.
            pub long_description: Nullable<String>,
            /// The small print: at most 10000 characters, on as many lines as it takes.
            pub terms_and_conditions: Nullable<String>,
            /// Where a shop front shows it: at most 500 characters.
            pub placement: Nullable<String>,
            /// Of cards of points, which need it: whether they pay an amount or buy rewards.
            pub points_loyalty_type: Nullable<LoyaltyCardPointsLoyaltyType>,
            /// The currency that it counts in, by its ISO 4217 code; null: the merchant's. Sales in another one earn nothing.
            pub currency: Nullable<String>,
            /// Points for each unit of the currency, which cards of points need: above 0, at most 1000000, with six places at
            /// most.
            pub dollar_worth: Nullable<Decimal>,
            /// Points that come with the first earning: 0 to 1000000000; null: none.
            pub initial_points: Nullable<i32>,
            /// The most points that a person earns on one day: 1 to 1000000000; null: no limit.
            pub max_points_per_day: Nullable<i32>,
            /// The least number of points that pays, which FLAT cards need: 1 to 1000000000.
            pub points_needed: Nullable<i32>,
            /// Above it, in steps of so many: 1 to 1000000000; null: any number. Of FLAT cards.
            pub incremental_points: Nullable<i32>,
            /// What one point pays, which FLAT cards need: above 0, with six places more than the currency has at most.
            pub point_worth: Nullable<Decimal>,
            /// Its currency, which is the card's.
            pub point_worth_currency: Nullable<String>,
            /// Goods of a lower price do not count. Of cards of points.
            pub min_price: Nullable<Decimal>,
            /// Goods of a higher price do not count. Of cards of points.
            pub max_price: Nullable<Decimal>,
            /// Whether the tax counts in what earns; null: it does. Of cards of points.
            pub tax_included: Nullable<bool>,
            /// How many months points live: 1 to 600; null: for ever. Points that were earned keep what they were earned with.
            pub validity_in_months: Nullable<i32>,
            /// How many days points are pending before they can be spent: 0 to 366, and shorter than they live; null: none.
            pub activation_delay_days: Nullable<i32>,
            /// How many stamps fill the card, which cards of stamps need: 1 to 1000.
            pub stamps_needed: Nullable<i32>,
            /// The most stamps that a person gets on one day: 1 to 1000; null: no limit. Of cards of stamps.
            pub max_stamps_per_day: Nullable<i32>,
            /// How many days a stamp lives: 1 to 3660; null: for ever. Of cards of stamps.
            pub stamp_expiration_days: Nullable<i32>,
            /// How many days a code lives: 1 to 366.
            pub redemption_expiration_days: Nullable<i32>,
            /// What is decided about it; null: ACTIVE.
            pub status: Nullable<PromotionStatus>,
            /// From when; null: always was.
            pub start_time: Nullable<DateTimeArgument>,
            /// Until when, this instant excluded; null: for ever.
            pub end_time: Nullable<DateTimeArgument>,
            /// From what time of the day, by the store's clock; null: midnight.
            pub day_start_time: Nullable<Time>,
            /// Until what time of the day; before the start: on the next day. Null: midnight.
            pub day_end_time: Nullable<Time>,
            /// On which days; null: on every day.
            pub days_of_week: Nullable<Vec<PromotionWeekday>>,
            /// The weather that it is meant for; it decides nothing.
            pub weather: Nullable<String>,
            /// How often it may be redeemed in all: 1 or more; null: no limit.
            pub enrollment_limit: Nullable<i32>,
            /// Whether one customer may redeem it again; null: yes.
            pub repeatable: Nullable<bool>,
            /// How many hours must lie between: 0 to 87840.
            pub repeat_delay_hours: Nullable<i32>,
            /// To whom, as nested rules; null: to everyone.
            pub segmentation_rules: Nullable<JSONString>,
            /// The least that a sale must come to; null: nothing.
            pub minimum_spend: Nullable<Decimal>,
            /// Its currency, which is the card's.
            pub minimum_spend_currency: Nullable<String>,
            /// The stores where it runs, at most 500, in place of those before. With no groups either: everywhere.
            pub stores: Nullable<Vec<Id>>,
            /// The store groups where it runs, at most 500, in place of those before.
            pub store_groups: Nullable<Vec<Id>>,
            /// The products that it is about, at most 500, in place of those before; none: all.
            pub products: Nullable<Vec<Id>>,
            /// The merchant's own fields: a JSON object of at most 10 KiB.
            pub extra_info: Nullable<JSONString>,
            /// The same key with the same input answers what the first call answered: 1 to 255 characters.
            pub idempotency_key: Option<String>,
        }

        impl $name {
            /// The changes that all of them ask for.
            fn common(self) -> Result<LoyaltyCardPatch, ApiError> {
                let places = PlacesPatch {
                    stores: ids("stores", self.stores, STORE)?,
                    groups: ids("storeGroups", self.store_groups, STORE_GROUP)?,
                };
                let program = ProgramPatch {
                    loyalty_type: Change::Keep,
                    points_loyalty_type: change(self.points_loyalty_type, |kind| Some(kind.into())),
                    currency: change(self.currency, Some),
                    dollar_worth: change(self.dollar_worth, text),
                    initial_points: change(self.initial_points, long),
                    max_points_per_day: change(self.max_points_per_day, long),
                    points_needed: change(self.points_needed, long),
                    incremental_points: change(self.incremental_points, long),
                    point_worth: change(self.point_worth, text),
                    point_worth_currency: change(self.point_worth_currency, Some),
                    min_price: change(self.min_price, text),
                    max_price: change(self.max_price, text),
                    tax_included: change(self.tax_included, Some),
                    validity_in_months: change(self.validity_in_months, long),
                    activation_delay_days: change(self.activation_delay_days, long),
                    stamps_needed: change(self.stamps_needed, long),
                    max_stamps_per_day: change(self.max_stamps_per_day, long),
                    stamp_expiration_days: change(self.stamp_expiration_days, long),
                };
                let days = |days: Vec<PromotionWeekday>| days.into_iter().map(Into::into).collect();
                let terms = TermsPatch {
                    status: change(self.status, |status| Some(status.into())),
                    start_time: change(self.start_time, |DateTimeArgument(at)| at),
                    end_time: change(self.end_time, |DateTimeArgument(at)| at),
                    day_start_time: change(self.day_start_time, |Time(time)| Some(time)),
                    day_end_time: change(self.day_end_time, |Time(time)| Some(time)),
                    days_of_week: change(self.days_of_week, |list| Some(days(list))),
                    places,
                    enrollment_limit: change(self.enrollment_limit, long),
                    repeatable: change(self.repeatable, Some),
                    repeat_delay_hours: change(self.repeat_delay_hours, Some),
                    segmentation_rules: change(self.segmentation_rules, |json| Some(json.into_string())),
                    minimum_spend: MoneyPatch {
                        amount: change(self.minimum_spend, text),
                        currency: change(self.minimum_spend_currency, Some),
                    },
                    weather: change(self.weather, Some),
                    extra_info: change(self.extra_info, |json| Some(json.into_string())),
                    archived: Change::Keep,
                };
                Ok(LoyaltyCardPatch {
                    name: Change::Keep,
                    short_description: change(self.short_description, Some),
                    long_description: change(self.long_description, Some),
                    terms_and_conditions: change(self.terms_and_conditions, Some),
                    placement: change(self.placement, Some),
                    redemption_expiration_days: change(self.redemption_expiration_days, Some),
                    program,
                    terms,
                    products: ids("products", self.products, PRODUCT)?,
                })
            }
        }
    };
}

/// A decimal as the domain reads it, which knows how many places its currency has.
fn text(decimal: Decimal) -> Option<String> {
    Some(decimal.to_string())
}

fn long(number: i32) -> Option<i64> {
    Some(number.into())
}

/// What becomes of a list of ids.
fn ids<I: From<i64> + Ord>(
    argument: &'static str,
    ids: Nullable<Vec<Id>>,
    kind: &str,
) -> Result<Change<std::collections::BTreeSet<I>>, ApiError> {
    Ok(match ids {
        Nullable::ImplicitNull => Change::Keep,
        Nullable::ExplicitNull => Change::Clear,
        Nullable::Some(ids) => Change::Set(pks(argument, &ids, kind)?),
    })
}

card_input! {
    /// A loyalty card to be made. What is said of the other kind of card is refused.
    CreateLoyaltyCardInput {
        /// What people call it: 1 to 150 characters.
        name: String,
        /// What it collects.
        loyalty_type: LoyaltyCardLoyaltyType,
    }
}

card_input! {
    /// Changes to a loyalty card: absent keeps, null clears. What comes of them is judged together.
    UpdateLoyaltyCardInput {
        /// The card.
        id: Id,
        /// What people call it: 1 to 150 characters.
        name: Nullable<String>,
        /// What it collects. Stays, as do pointsLoyaltyType and currency, once customers have anything on it.
        loyalty_type: Nullable<LoyaltyCardLoyaltyType>,
        /// Given up, as deleting does it; false brings it back.
        archived: Nullable<bool>,
    }
}

impl CreateLoyaltyCardInput {
    /// The changes to a card of which nothing is known.
    pub(crate) fn patch(self) -> Result<LoyaltyCardPatch, ApiError> {
        let (name, kind) = (Change::Set(self.name.clone()), self.loyalty_type);
        let mut patch = LoyaltyCardPatch { name, ..self.common()? };
        patch.program.loyalty_type = Change::Set(kind.into());
        Ok(patch)
    }
}

impl UpdateLoyaltyCardInput {
    /// The changes it asks for.
    pub(crate) fn patch(self) -> Result<LoyaltyCardPatch, ApiError> {
        let name = change(self.name.clone(), Some);
        let kind = change(self.loyalty_type, |kind| Some(kind.into()));
        let archived = change(self.archived, Some);
        let mut patch = LoyaltyCardPatch { name, ..self.common()? };
        patch.program.loyalty_type = kind;
        patch.terms.archived = archived;
        Ok(patch)
    }
}

/// A loyalty card to be given up.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct DeleteLoyaltyCardInput {
    /// The card.
    pub id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A reward to be made.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CreateLoyaltyRewardInput {
    /// Whose points, or stamps, buy it: a card of points whose pointsLoyaltyType is PRODUCT, or one of stamps.
    pub loyalty_card_id: Id,
    /// What one gets.
    pub product_id: Id,
    /// What it costs in points: 1 to 1000000000. A card of stamps buys it when it is full: there it may be left out.
    pub points: Option<i32>,
    /// How many there are: 0 to 1000000000; null: enough.
    pub stock: Option<i32>,
    /// Until when it is to be had, this instant excluded, which lies ahead; null: for ever.
    pub expiry: Option<DateTimeArgument>,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

/// Changes to a reward: absent keeps, null clears.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct UpdateLoyaltyRewardInput {
    /// The reward.
    pub id: Id,
    /// Its card, with which it stays.
    pub loyalty_card_id: Nullable<Id>,
    /// What one gets. Stays once somebody has it, or a code for it.
    pub product_id: Nullable<Id>,
    /// What it costs in points: 1 to 1000000000.
    pub points: Nullable<i32>,
    /// How many are left: 0 to 1000000000; null: enough.
    pub stock: Nullable<i32>,
    /// Until when it is to be had, this instant excluded, which lies ahead; null: for ever.
    pub expiry: Nullable<DateTimeArgument>,
    /// Given up, as deleting does it; false brings it back.
    pub archived: Nullable<bool>,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

/// A reward to be given up.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct DeleteLoyaltyRewardInput {
    /// The reward.
    pub id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// What becomes of an id.
fn id<I: From<i64>>(
    argument: &'static str,
    id: &Nullable<Id>,
    kind: &str,
) -> Result<Change<I>, ApiError> {
    Ok(match id {
        Nullable::ImplicitNull => Change::Keep,
        Nullable::ExplicitNull => Change::Clear,
        Nullable::Some(id) => Change::Set(pk(argument, id, kind)?.into()),
    })
}

/// A value, or nothing said.
fn said<T>(value: Option<T>) -> Change<T> {
    value.map_or(Change::Keep, Change::Set)
}

impl CreateLoyaltyRewardInput {
    /// The changes to a reward of which nothing is known.
    pub(crate) fn patch(self) -> Result<RewardPatch, ApiError> {
        let card = pk("loyaltyCardId", &self.loyalty_card_id, LOYALTY_CARD)?;
        let product = pk("productId", &self.product_id, PRODUCT)?;
        Ok(RewardPatch {
            card: Change::Set(LoyaltyCardId::new(card)),
            product: Change::Set(ProductId::new(product)),
            points: said(self.points.map(i64::from)),
            stock: said(self.stock.map(i64::from)),
            expiry: said(self.expiry.and_then(|DateTimeArgument(at)| at)),
            archived: Change::Keep,
        })
    }
}

impl UpdateLoyaltyRewardInput {
    /// The changes it asks for.
    pub(crate) fn patch(self) -> Result<RewardPatch, ApiError> {
        Ok(RewardPatch {
            card: id("loyaltyCardId", &self.loyalty_card_id, LOYALTY_CARD)?,
            product: id("productId", &self.product_id, PRODUCT)?,
            points: change(self.points, long),
            stock: change(self.stock, long),
            expiry: change(self.expiry, |DateTimeArgument(at)| at),
            archived: change(self.archived, Some),
        })
    }
}
