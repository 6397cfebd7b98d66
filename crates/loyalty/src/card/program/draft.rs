//! The fields of a program, whatever its kind, judged together: whether a card can be earned on, and used.

use chrono::{Months, NaiveDate};
use regulars_kernel::{Currency, Money, Points, Rule, Violations};

use super::{
    LoyaltyType, Millionths, PointsLoyaltyType, PointsProgram, Program, Spending, StampsProgram,
};
use crate::LoyaltyCard;

/// The cards that a field is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    Points,
    Flat,
    Stamps,
}

/// The fields of a program of any kind, before they are judged together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) currency: Currency,
    pub(super) collects: Option<LoyaltyType>,
    pub(super) spends: Option<PointsLoyaltyType>,
    pub(super) dollar_worth: Option<Millionths>,
    pub(super) initial_points: Option<i64>,
    pub(super) max_points_per_day: Option<i64>,
    pub(super) points_needed: Option<i64>,
    pub(super) incremental_points: Option<i64>,
    pub(super) point_worth: Option<Millionths>,
    pub(super) min_price: Option<Money>,
    pub(super) max_price: Option<Money>,
    pub(super) tax_included: bool,
    pub(super) validity_in_months: Option<i64>,
    pub(super) activation_delay_days: Option<i64>,
    pub(super) stamps_needed: Option<i64>,
    pub(super) max_stamps_per_day: Option<i64>,
    pub(super) stamp_expiration_days: Option<i64>,
}

impl Draft {
    /// Of a card that is yet to be made.
    pub(crate) const fn empty(currency: Currency) -> Self {
        Self {
            currency,
            collects: None,
            spends: None,
            dollar_worth: None,
            initial_points: None,
            max_points_per_day: None,
            points_needed: None,
            incremental_points: None,
            point_worth: None,
            min_price: None,
            max_price: None,
            tax_included: true,
            validity_in_months: None,
            activation_delay_days: None,
            stamps_needed: None,
            max_stamps_per_day: None,
            stamp_expiration_days: None,
        }
    }

    /// Of a card as it is.
    pub(crate) fn of(card: &LoyaltyCard) -> Self {
        let empty = Self::empty(card.currency);
        let number = |points: Option<Points>| points.map(Points::get);
        match &card.program {
            Program::Points(points) => {
                let flat = match points.spending {
                    Spending::Flat { points_needed, incremental_points, point_worth } => {
                        Some((points_needed, incremental_points, point_worth))
                    }
                    Spending::Product => None,
                };
                Self {
                    collects: Some(LoyaltyType::Points),
                    spends: Some(points.spending.kind()),
                    dollar_worth: Some(points.dollar_worth),
                    initial_points: Some(points.initial_points.get()),
                    max_points_per_day: number(points.max_points_per_day),
                    points_needed: flat.map(|(needed, _, _)| needed.get()),
                    incremental_points: flat.and_then(|(_, step, _)| number(step)),
                    point_worth: flat.map(|(_, _, worth)| worth),
                    min_price: points.min_price,
                    max_price: points.max_price,
                    tax_included: points.tax_included,
                    validity_in_months: points.validity_in_months.map(i64::from),
                    activation_delay_days: Some(points.activation_delay_days.into()),
                    ..empty
                }
            }
            Program::Stamps(stamps) => Self {
                collects: Some(LoyaltyType::Stamps),
                stamps_needed: Some(stamps.stamps_needed.into()),
                max_stamps_per_day: stamps.max_stamps_per_day.map(i64::from),
                stamp_expiration_days: stamps.stamp_expiration_days.map(i64::from),
                ..empty
            },
        }
    }

    /// Whether a card of this kind has such a field; where the kind is not known yet, it may.
    pub(super) fn has(&self, field: For) -> bool {
        let collects = |kind| self.collects.is_none_or(|own| own == kind);
        match field {
            For::Points => collects(LoyaltyType::Points),
            For::Flat => {
                collects(LoyaltyType::Points)
                    && self.spends.is_none_or(|own| own == PointsLoyaltyType::Flat)
            }
            For::Stamps => collects(LoyaltyType::Stamps),
        }
    }

    /// The arguments that name what a card counts, in which it is another one than before: nothing that people own on it can
    /// follow.
    pub(crate) fn recast_from(&self, before: &Self) -> Vec<&'static str> {
        let mut recast = Vec::new();
        if self.collects != before.collects {
            recast.push("loyaltyType");
        } else if self.spends != before.spends {
            recast.push("pointsLoyaltyType");
        }
        if self.currency != before.currency {
            recast.push("currency");
        }
        recast
    }

    /// The program, where everything fits together; else why it can never be earned on, or never be used.
    pub(crate) fn judge(&self, wrong: &mut Violations) -> Option<Program> {
        match self.collects? {
            LoyaltyType::Points => self.points(wrong).map(Program::Points),
            LoyaltyType::Stamps => self.stamps(wrong).map(Program::Stamps),
        }
    }

    fn points(&self, wrong: &mut Violations) -> Option<PointsProgram> {
        if self.spends.is_none() {
            wrong.add("pointsLoyaltyType", Rule::Required);
        }
        let dollar_worth = required("dollarWorth", self.dollar_worth, wrong);
        let spending = match self.spends {
            Some(PointsLoyaltyType::Flat) => self.flat(wrong),
            Some(PointsLoyaltyType::Product) => Some(Spending::Product),
            None => None,
        };
        if let (Some(least), Some(most)) = (self.min_price, self.max_price)
            && least.currency() == most.currency()
            && least.minor() > most.minor()
        {
            let sentence = "No price lies between minPrice and maxPrice, so nothing would earn: lower it, or raise maxPrice.";
            wrong.add("minPrice", Rule::Invalid(sentence.to_owned()));
        }
        let delay = self.activation_delay_days.unwrap_or_default();
        if let Some(months) = self.validity_in_months
            && delay > shortest_days(months)
        {
            let sentence = format!(
                "Points that live {} would expire before they can be spent: wait {} days at most, or let them live longer.",
                counted(months, "month"),
                shortest_days(months)
            );
            wrong.add("activationDelayDays", Rule::Invalid(sentence));
        }
        Some(PointsProgram {
            spending: spending?,
            dollar_worth: dollar_worth?,
            initial_points: Points::new(self.initial_points.unwrap_or_default()),
            max_points_per_day: self.max_points_per_day.map(Points::new),
            min_price: self.min_price,
            max_price: self.max_price,
            tax_included: self.tax_included,
            validity_in_months: self.validity_in_months.and_then(whole),
            activation_delay_days: whole(delay).unwrap_or_default(),
        })
    }

    fn flat(&self, wrong: &mut Violations) -> Option<Spending> {
        let needed = required("pointsNeeded", self.points_needed, wrong);
        let worth = required("pointWorth", self.point_worth, wrong);
        let (needed, worth) = (needed?, worth?);
        // Rule 24: together rounded down.
        if i128::from(needed) * i128::from(worth.get()) < i128::from(Millionths::ONE) {
            let sentence = format!(
                "{} of that worth pay nothing, less than the smallest amount of {}: ask for more points, or let each pay more.",
                counted(needed, "point"),
                self.currency.code()
            );
            wrong.add("pointsNeeded", Rule::Invalid(sentence));
        }
        if let (Some(cap), Some(months)) = (self.max_points_per_day, self.validity_in_months) {
            let most = most_at_once(cap, months, self.initial_points.unwrap_or_default());
            if most < i128::from(needed) {
                let sentence = format!(
                    "With {} a day at most that live {} nobody ever has so many: ask for {most} at most, or let people earn more or longer.",
                    counted(cap, "point"),
                    counted(months, "month")
                );
                wrong.add("pointsNeeded", Rule::Invalid(sentence));
            }
        }
        Some(Spending::Flat {
            points_needed: Points::new(needed),
            incremental_points: self.incremental_points.map(Points::new),
            point_worth: worth,
        })
    }

    fn stamps(&self, wrong: &mut Violations) -> Option<StampsProgram> {
        let needed = required("stampsNeeded", self.stamps_needed, wrong)?;
        if let (Some(cap), Some(days)) = (self.max_stamps_per_day, self.stamp_expiration_days) {
            // The day that a stamp is given counts too.
            let most = cap.saturating_mul(days.saturating_add(1));
            if most < needed {
                let sentence = format!(
                    "With {} a day at most that live {} nobody ever fills the card: ask for {most} at most, or let people collect more or longer.",
                    counted(cap, "stamp"),
                    counted(days, "day")
                );
                wrong.add("stampsNeeded", Rule::Invalid(sentence));
            }
        }
        Some(StampsProgram {
            stamps_needed: whole(needed)?,
            max_stamps_per_day: self.max_stamps_per_day.and_then(whole),
            stamp_expiration_days: self.stamp_expiration_days.and_then(whole),
        })
    }
}

impl PointsProgram {
    /// The most points that a person can ever have at once by earning; none where nothing bounds them.
    pub fn most_at_once(&self) -> Option<i128> {
        let (cap, months) = (self.max_points_per_day?, self.validity_in_months?);
        Some(most_at_once(cap.get(), months.into(), self.initial_points.get()))
    }
}

/// By earning the cap on each day on which the first points are still valid, and the day on which they are earned.
fn most_at_once(cap: i64, months: i64, initial: i64) -> i128 {
    let days = longest_days(months).saturating_add(1);
    i128::from(cap) * i128::from(days) + i128::from(initial)
}

fn required<T>(argument: &'static str, value: Option<T>, wrong: &mut Violations) -> Option<T> {
    // What was refused before is not missing too.
    if value.is_none() && !wrong.iter().any(|one| one.field == Some(argument)) {
        wrong.add(argument, Rule::Required);
    }
    value
}

fn whole(number: i64) -> Option<u32> {
    u32::try_from(number).ok()
}

/// `1 point`, `7 points`.
fn counted(number: i64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The fewest days that so many months come to: they clamp (rule 19), so from the last day of a month on.
fn shortest_days(months: i64) -> i64 {
    spans(months, true).min().unwrap_or(i64::MAX)
}

/// The most days that so many months come to, from the first day of a month on; with the one leap day more that there may be
/// in as many years as these.
fn longest_days(months: i64) -> i64 {
    spans(months, false).max().map_or(i64::MAX, |days| days.saturating_add(1))
}

/// How many days months come to from each month of a year on: from its last day, or from its first.
fn spans(months: i64, from_last: bool) -> impl Iterator<Item = i64> {
    let months = Months::new(u32::try_from(months).unwrap_or(u32::MAX));
    (1..=12).filter_map(move |month| {
        let first = NaiveDate::from_ymd_opt(2025, month, 1)?;
        let last = first.checked_add_months(Months::new(1))?.pred_opt()?;
        let from = if from_last { last } else { first };
        Some(from.checked_add_months(months)?.signed_duration_since(from).num_days())
    })
}
