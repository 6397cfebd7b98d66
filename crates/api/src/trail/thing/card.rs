//! What can be seen of loyalty cards and their rewards.

use regulars_auth::audit::{Field, Image};
use regulars_kernel::{Currency, Money, Points};
use regulars_loyalty::{
    LoyaltyCard, LoyaltyReward, Millionths, PointsProgram, Program, Spending, StampsProgram,
};
use regulars_promotion::{Target as Meant, Terms};

use super::text;
use crate::{
    loyalty::card::RATE_PLACES,
    scalar::{DateTime, Decimal},
};

pub(super) fn list(values: impl Iterator<Item = impl ToString>) -> Option<String> {
    Some(values.map(|value| value.to_string()).collect::<Vec<_>>().join(","))
}

pub(super) fn image_of_card(card: &LoyaltyCard) -> Image {
    let own = [
        (Field::Name, text(Some(&card.name))),
        (Field::ShortDescription, card.short_description.clone()),
        (Field::LongDescription, card.long_description.clone()),
        (Field::TermsAndConditions, card.terms_and_conditions.clone()),
        (Field::Placement, card.placement.clone()),
        (Field::RedemptionExpirationDays, text(card.redemption_expiration_days)),
        (Field::Products, list(card.products.iter())),
        (Field::LoyaltyType, text(Some(card.program.type_name()))),
        (Field::Currency, text(Some(card.currency.code()))),
    ];
    let program = match &card.program {
        Program::Points(points) => fields_of_points(points, card.currency),
        Program::Stamps(stamps) => fields_of_stamps(stamps),
    };
    let terms = fields_of_terms(&card.terms);
    Image::of_fields(own.into_iter().chain(program).chain(terms))
}

/// Rates are told as the API has them.
fn fields_of_points(points: &PointsProgram, currency: Currency) -> Vec<(Field, Option<String>)> {
    let places = u32::from(currency.exponent().unwrap_or(0));
    let rate = |rate: Millionths, places| Decimal::from_minor(rate.get(), RATE_PLACES + places);
    let (needed, step, worth) = match points.spending {
        Spending::Flat { points_needed, incremental_points, point_worth } => {
            (Some(points_needed), incremental_points, Some(rate(point_worth, places)))
        }
        Spending::Product => (None, None, None),
    };
    vec![
        (Field::PointsLoyaltyType, text(Some(points.spending.type_name()))),
        (Field::PointsNeeded, text(needed)),
        (Field::IncrementalPoints, text(step)),
        (Field::PointWorth, text(worth)),
        (Field::DollarWorth, text(Some(rate(points.dollar_worth, 0)))),
        (Field::InitialPoints, text(Some(points.initial_points))),
        (Field::MaxPointsPerDay, text(points.max_points_per_day)),
        (Field::MinPrice, text(points.min_price)),
        (Field::MaxPrice, text(points.max_price)),
        (Field::TaxIncluded, text(Some(points.tax_included))),
        (Field::ValidityInMonths, text(points.validity_in_months)),
        (Field::ActivationDelayDays, text(Some(points.activation_delay_days))),
    ]
}

fn fields_of_stamps(stamps: &StampsProgram) -> Vec<(Field, Option<String>)> {
    vec![
        (Field::StampsNeeded, text(Some(stamps.stamps_needed))),
        (Field::MaxStampsPerDay, text(stamps.max_stamps_per_day)),
        (Field::StampExpirationDays, text(stamps.stamp_expiration_days)),
    ]
}

/// What cards and offers have in common.
pub(super) fn fields_of_terms(terms: &Terms) -> Vec<(Field, Option<String>)> {
    let least = |money: Money| format!("{money} {}", money.currency().code());
    vec![
        (Field::Status, text(Some(terms.status.name()))),
        (Field::StartTime, text(terms.start_time.map(DateTime))),
        (Field::EndTime, text(terms.end_time.map(DateTime))),
        (Field::DayStartTime, text(terms.day_start_time)),
        (Field::DayEndTime, text(terms.day_end_time)),
        (Field::DaysOfWeek, list(terms.weekdays.days())),
        (Field::Weather, terms.weather.clone()),
        (Field::EnrollmentLimit, text(terms.enrollment_limit)),
        (Field::Repeatable, text(Some(terms.repeatable))),
        (Field::RepeatDelayHours, text(terms.repeat_delay_hours)),
        (Field::SegmentationRules, text(terms.target.as_ref().map(Meant::source))),
        (Field::MinimumSpend, terms.minimum_spend.map(least)),
        (Field::Stores, list(terms.places.stores.iter())),
        (Field::StoreGroups, list(terms.places.groups.iter())),
        (Field::ExtraInfo, terms.extra_info.clone()),
        (Field::Archived, text(Some(terms.archived))),
    ]
}

pub(super) fn image_of_reward(reward: &LoyaltyReward) -> Image {
    Image::of_fields([
        (Field::LoyaltyCard, text(Some(reward.card))),
        (Field::Product, text(Some(reward.product))),
        (Field::Points, text(Some(Points::get(reward.points)))),
        (Field::Stock, text(reward.stock)),
        (Field::Expiry, text(reward.expiry.map(DateTime))),
        (Field::Archived, text(Some(reward.archived))),
    ])
}
