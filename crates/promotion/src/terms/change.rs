//! What becomes of the terms of an offer or a loyalty card, judged as a whole: terms under which nobody could ever redeem
//! anything are refused with the reason.

use std::collections::BTreeSet;

use chrono::{NaiveTime, Weekday};
use regulars_kernel::{
    Actor, Change, Currency, Money, Rule, StoreGroupId, StoreId, Timestamp, Violations,
    money::{typed_amount, typed_currency},
    text::clean,
};
use regulars_merchant::{MerchantStore, Weekdays, store::change::own_fields};

use super::{
    Places, Status, Target, Terms,
    run::{Run, Setting, judge},
};
use crate::{PromotionError, PromotionStore};

/// The most stores, and the most groups, that a promotion names.
pub const MAX_PLACES: usize = 500;
/// The most hours between two redemptions of one customer: ten years.
pub const MAX_REPEAT_DELAY_HOURS: i32 = 87_840;
/// The most characters of a note on the weather.
pub const MAX_WEATHER_CHARS: usize = 150;

/// What becomes of the places in which something runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlacesPatch {
    /// Stores, at most [`MAX_PLACES`], in place of those before; cleared, none.
    pub stores: Change<BTreeSet<StoreId>>,
    /// Groups of stores, at most [`MAX_PLACES`], in place of those before; cleared, none.
    pub groups: Change<BTreeSet<StoreGroupId>>,
}

impl PlacesPatch {
    /// Applies what holds, and notes what does not.
    pub(crate) fn apply_to(&self, places: &mut Places, wrong: &mut Violations) {
        fn listed<T: Copy>(ids: &BTreeSet<T>) -> Result<Option<Vec<T>>, Rule> {
            if ids.len() <= MAX_PLACES {
                return Ok(Some(ids.iter().copied().collect()));
            }
            Err(Rule::Invalid(format!("Name at most {MAX_PLACES}.")))
        }
        let stores = self.stores.read("stores", wrong, listed);
        stores.apply_or_default(&mut places.stores);
        let groups = self.groups.read("storeGroups", wrong, listed);
        groups.apply_or_default(&mut places.groups);
    }
}

/// What becomes of an amount of money, as it came in. A currency without an amount changes the currency of what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MoneyPatch {
    /// A decimal in major units: `12.30`.
    pub amount: Change<String>,
    /// An ISO 4217 code in any case; cleared, or never said, the merchant's.
    pub currency: Change<String>,
}

impl MoneyPatch {
    /// The amount afterwards, in the currency that was there, else in the merchant's; refused in any other than the
    /// merchant's. What is wrong is noted under the two arguments, and then what was there stays.
    pub fn read(
        &self,
        before: Option<Money>,
        own: Currency,
        [amount, currency]: [&'static str; 2],
        wrong: &mut Violations,
    ) -> Option<Money> {
        if self.amount.is_keep() && self.currency.is_keep() {
            return before;
        }
        if before.is_none() && self.amount.value().is_none() && self.currency.value().is_none() {
            return None;
        }
        let asked = match &self.currency {
            Change::Keep => Ok(before.map_or(own, Money::currency)),
            Change::Clear => Ok(own),
            Change::Set(code) => typed_currency(code),
        };
        let asked = asked.and_then(|asked| in_currency(asked, own));
        let asked = wrong.check(currency, asked);
        // A wrong currency is no reason to say nothing about the amount.
        let unit = asked.unwrap_or(own);
        let money = match &self.amount {
            Change::Clear => return None,
            Change::Keep => {
                before.and_then(|money| wrong.check(amount, typed_amount(&money.to_string(), unit)))
            }
            Change::Set(decimal) => wrong.check(amount, typed_amount(decimal, unit)).or(before),
        };
        if asked.is_some() { money } else { before }
    }
}

fn in_currency(asked: Currency, own: Currency) -> Result<Currency, Rule> {
    if asked == own {
        return Ok(own);
    }
    let own = own.code();
    Err(Rule::Invalid(format!("Sales are counted in {own}: enter {own}, or leave it out.")))
}

/// What becomes of the terms, as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TermsPatch {
    /// What the merchant decides; cleared, [`Status::Active`].
    pub status: Change<Status>,
    /// From when; cleared, it always was.
    pub start_time: Change<Timestamp>,
    /// Until when, after the start; cleared, for ever.
    pub end_time: Change<Timestamp>,
    /// From what time of the day; cleared, midnight.
    pub day_start_time: Change<NaiveTime>,
    /// Until what time of the day; cleared, midnight.
    pub day_end_time: Change<NaiveTime>,
    /// On which days, one at least; cleared, every day.
    pub days_of_week: Change<Vec<Weekday>>,
    /// Where; cleared, everywhere.
    pub places: PlacesPatch,
    /// How often it may be redeemed in all, 1 or more; cleared, without a limit.
    pub enrollment_limit: Change<i64>,
    /// Whether one customer may redeem it again; cleared, yes.
    pub repeatable: Change<bool>,
    /// Hours between two redemptions of one customer, 0 to [`MAX_REPEAT_DELAY_HOURS`], of what is repeatable.
    pub repeat_delay_hours: Change<i32>,
    /// To whom: segmentation rules as JSON (rule 31); cleared, or blank, everyone.
    pub segmentation_rules: Change<String>,
    /// The least that a sale must come to, in the merchant's currency; cleared, nothing.
    pub minimum_spend: MoneyPatch,
    /// A note on the weather: at most [`MAX_WEATHER_CHARS`] characters.
    pub weather: Change<String>,
    /// The merchant's own fields: a JSON object.
    pub extra_info: Change<String>,
    /// Whether it is given up; cleared, it is not.
    pub archived: Change<bool>,
}

impl TermsPatch {
    /// The patch that gives a promotion up, and changes nothing else.
    pub fn giving_up() -> Self {
        Self { archived: Change::Set(true), ..Self::default() }
    }

    /// Applies what holds by itself, and notes what does not.
    fn apply_to(&self, terms: &mut Terms, own: Currency, wrong: &mut Violations) {
        match self.status {
            Change::Keep => {}
            Change::Clear => terms.status = Status::Active,
            Change::Set(status) => terms.status = status,
        }
        self.start_time.clone().apply(&mut terms.start_time);
        self.end_time.clone().apply(&mut terms.end_time);
        self.day_start_time.clone().apply(&mut terms.day_start_time);
        self.day_end_time.clone().apply(&mut terms.day_end_time);
        let days = self.days_of_week.read("daysOfWeek", wrong, |days| weekdays(days).map(Some));
        days.apply_or_default(&mut terms.weekdays);
        self.places.apply_to(&mut terms.places, wrong);
        let limit = self.enrollment_limit.read("enrollmentLimit", wrong, |most| limit(*most));
        limit.apply(&mut terms.enrollment_limit);
        match self.repeatable {
            Change::Keep => {}
            Change::Clear => terms.repeatable = true,
            Change::Set(repeatable) => terms.repeatable = repeatable,
        }
        let delay = self.repeat_delay_hours.read("repeatDelayHours", wrong, |hours| delay(*hours));
        delay.apply(&mut terms.repeat_delay_hours);
        let target =
            self.segmentation_rules.read("segmentationRules", wrong, |rules| target(rules));
        target.apply(&mut terms.target);
        let arguments = ["minimumSpend", "minimumSpendCurrency"];
        terms.minimum_spend = self.minimum_spend.read(terms.minimum_spend, own, arguments, wrong);
        let weather = self.weather.read("weather", wrong, |typed| clean(typed, MAX_WEATHER_CHARS));
        weather.apply(&mut terms.weather);
        let extra_info = self.extra_info.read("extraInfo", wrong, |typed| own_fields(typed));
        extra_info.apply(&mut terms.extra_info);
        self.archived.clone().apply_or_default(&mut terms.archived);
    }
}

fn weekdays(days: &[Weekday]) -> Result<Weekdays, Rule> {
    if days.is_empty() {
        let sentence = "On no day nobody could use it: name a day, or leave it out for every day.";
        return Err(Rule::Invalid(sentence.to_owned()));
    }
    Ok(days.iter().copied().collect())
}

fn limit(most: i64) -> Result<Option<i64>, Rule> {
    if most >= 1 {
        return Ok(Some(most));
    }
    let sentence = "Enter a number of 1 or more, or null for no limit.";
    Err(Rule::Invalid(sentence.to_owned()))
}

fn delay(hours: i32) -> Result<Option<i32>, Rule> {
    if (0..=MAX_REPEAT_DELAY_HOURS).contains(&hours) {
        return Ok(Some(hours));
    }
    Err(Rule::Invalid(format!("Enter a number of hours from 0 to {MAX_REPEAT_DELAY_HOURS}.")))
}

fn target(rules: &str) -> Result<Option<Target>, Rule> {
    if rules.trim().is_empty() {
        return Ok(None);
    }
    let target = Target::parse(rules)?;
    if target.segment().is_contradictory() {
        let sentence = "These rules contradict themselves: no customer can meet them all. Join what excludes each other \
                        by \"OR\", or leave one of them out.";
        return Err(Rule::Invalid(sentence.to_owned()));
    }
    Ok(Some(target))
}

/// The terms after a patch: of new ones (`before` is none) [`Terms::open`] is what was there. What is wrong is noted, under
/// the names that the API has for the arguments, and judged on the result; what the patch leaves alone and is not touched by
/// what it changes is not judged again. Terms that are given up may be anything that can be read.
///
/// Whoever works in some stores alone writes what runs in those, by name: else it is denied where it runs elsewhere before,
/// and refused where it would run elsewhere afterwards.
///
/// The caller has asked for the permission, and gives up with what was noted.
pub fn change<S: PromotionStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    setting: &Setting<'_>,
    before: Option<&Terms>,
    patch: &TermsPatch,
    wrong: &mut Violations,
) -> Result<Terms, PromotionError> {
    let mut after = before.cloned().unwrap_or_else(Terms::open);
    patch.apply_to(&mut after, setting.merchant.currency, wrong);
    judge(tx, actor, setting, before.map(Run::of).as_ref(), &Run::of(&after), wrong)?;
    if before.is_none() && after.status == Status::Ended {
        let sentence = "What is new cannot be over: begin with DRAFT, ACTIVE or PAUSED.";
        wrong.add("status", Rule::Invalid(sentence.to_owned()));
    }
    let repeats = |terms: &Terms| (terms.repeatable, terms.repeat_delay_hours, terms.archived);
    let is_changed = before.is_none_or(|before| repeats(before) != repeats(&after));
    if is_changed && !after.archived && !after.repeatable && after.repeat_delay_hours.is_some() {
        let sentence =
            "Without repeatable nobody redeems it again: set repeatable, or leave the hours out.";
        wrong.add("repeatDelayHours", Rule::Invalid(sentence.to_owned()));
    }
    Ok(after)
}

#[cfg(test)]
mod tests;
