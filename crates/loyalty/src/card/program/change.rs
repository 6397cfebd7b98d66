//! What becomes of the program of a card: its fields as they come in, each read by itself.

use regulars_kernel::{
    Change, Currency, Money, Rule, Violations,
    money::{scaled, typed_amount, typed_currency},
};

use super::{
    LoyaltyType, Millionths, PointsLoyaltyType,
    draft::{Draft, For},
};

/// The most of any number of points.
pub const MAX_POINTS: i64 = 1_000_000_000;
/// The most points for a unit of the currency.
pub const MAX_DOLLAR_WORTH: i64 = 1_000_000;
/// The most that a price, a least spend or a point may come to, in units of the currency.
pub const MAX_AMOUNT: i64 = 1_000_000_000;
/// The most months that points live: fifty years. Longer is for ever, which is said by leaving it open.
pub const MAX_VALIDITY_MONTHS: i64 = 600;
/// The most days that points wait before they can be spent: a year.
pub const MAX_DELAY_DAYS: i64 = 366;
/// The most stamps of a card or of a day.
pub const MAX_STAMPS: i64 = 1_000;
/// The most days that a stamp lives: ten years.
pub const MAX_STAMP_DAYS: i64 = 3_660;

/// What becomes of what a card collects, as it came in. Amounts and rates are decimals in units of the card's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramPatch {
    /// Points or stamps; needed.
    pub loyalty_type: Change<LoyaltyType>,
    /// What points are good for; needed on a card of points.
    pub points_loyalty_type: Change<PointsLoyaltyType>,
    /// The ISO 4217 code of what it counts in; cleared, the merchant's.
    pub currency: Change<String>,
    /// Points for each unit of the currency, six places at most, above 0 and at most [`MAX_DOLLAR_WORTH`]; needed on a card of
    /// points (rule 14).
    pub dollar_worth: Change<String>,
    /// Points that come with the first earning (rule 15), 0 to [`MAX_POINTS`]; cleared, none.
    pub initial_points: Change<i64>,
    /// The most points a person earns on one business date, 1 to [`MAX_POINTS`].
    pub max_points_per_day: Change<i64>,
    /// The least number of points that pays, 1 to [`MAX_POINTS`]; needed on a `FLAT` card (rule 24).
    pub points_needed: Change<i64>,
    /// Above it, in steps of so many, 1 to [`MAX_POINTS`] (rule 24).
    pub incremental_points: Change<i64>,
    /// What one point pays, six places more than the currency has at most, above 0; needed on a `FLAT` card (rule 24).
    pub point_worth: Change<String>,
    /// The currency of that: the card's.
    pub point_worth_currency: Change<String>,
    /// Lines of a lower unit price do not count; not negative (rule 14).
    pub min_price: Change<String>,
    /// Lines of a higher unit price do not count; above 0, and not below `min_price` (rule 14).
    pub max_price: Change<String>,
    /// Whether the tax counts in what earns (rule 14); cleared, it does.
    pub tax_included: Change<bool>,
    /// How many months points live (rule 19), 1 to [`MAX_VALIDITY_MONTHS`]; cleared, for ever.
    pub validity_in_months: Change<i64>,
    /// How many days points are pending, 0 to [`MAX_DELAY_DAYS`] and shorter than they live; cleared, none.
    pub activation_delay_days: Change<i64>,
    /// How many stamps fill the card, 1 to [`MAX_STAMPS`]; needed on a card of stamps.
    pub stamps_needed: Change<i64>,
    /// The most stamps a person gets on one business date, 1 to [`MAX_STAMPS`].
    pub max_stamps_per_day: Change<i64>,
    /// How many days a stamp lives (rule 19), 1 to [`MAX_STAMP_DAYS`]; cleared, for ever.
    pub stamp_expiration_days: Change<i64>,
}

impl ProgramPatch {
    /// Reads what is said of a program into a draft, and notes what does not hold by itself, or is said of another kind of card.
    /// `home` is the merchant's currency.
    pub(crate) fn read_into(&self, draft: &mut Draft, home: Currency, wrong: &mut Violations) {
        let before = draft.clone();
        self.read_kind(draft, wrong);
        self.read_currency(draft, home, wrong);
        self.read_amounts(draft, &before, wrong);
        self.read_numbers(draft, wrong);
        let included = own("taxIncluded", &self.tax_included, For::Points, draft, wrong);
        match included {
            Change::Keep => {}
            Change::Clear => draft.tax_included = true,
            Change::Set(included) => draft.tax_included = included,
        }
    }

    fn read_kind(&self, draft: &mut Draft, wrong: &mut Violations) {
        match self.loyalty_type {
            Change::Keep if draft.collects.is_some() => {}
            Change::Keep | Change::Clear => wrong.add("loyaltyType", Rule::Required),
            // What the other kind had is nothing to a card of this one.
            Change::Set(kind) if draft.collects.is_some_and(|own| own != kind) => {
                *draft = Draft { collects: Some(kind), ..Draft::empty(draft.currency) };
            }
            Change::Set(kind) => draft.collects = Some(kind),
        }
        let spends = own("pointsLoyaltyType", &self.points_loyalty_type, For::Points, draft, wrong);
        if let Change::Set(PointsLoyaltyType::Product) = spends {
            draft.points_needed = None;
            draft.incremental_points = None;
            draft.point_worth = None;
        }
        spends.apply(&mut draft.spends);
    }

    fn read_currency(&self, draft: &mut Draft, home: Currency, wrong: &mut Violations) {
        match self.currency.read("currency", wrong, |typed| currency(typed)) {
            Change::Keep => {}
            Change::Clear => draft.currency = home,
            Change::Set(currency) => draft.currency = currency,
        }
        let change = &self.point_worth_currency;
        let worth_in = own("pointWorthCurrency", change, For::Flat, draft, wrong);
        let worth_in = worth_in.read("pointWorthCurrency", wrong, |typed| currency(typed));
        if let Change::Set(other) = worth_in
            && other != draft.currency
        {
            wrong.add("pointWorthCurrency", another_currency(draft.currency));
        }
    }

    fn read_amounts(&self, draft: &mut Draft, before: &Draft, wrong: &mut Violations) {
        let (now, moved) = (draft.currency, draft.currency != before.currency);
        // An amount of another currency does not turn into one of this by itself.
        let stays = |change: &Change<String>, there: bool| moved && there && change.is_keep();
        let rate = own("dollarWorth", &self.dollar_worth, For::Points, draft, wrong);
        let rate =
            rate.read("dollarWorth", wrong, |typed| positive(typed, 0, MAX_DOLLAR_WORTH).map(Some));
        rate.apply(&mut draft.dollar_worth);
        if stays(&self.point_worth, draft.point_worth.is_some()) {
            wrong.add("pointWorth", stale(before.currency, now));
        }
        let worth = own("pointWorth", &self.point_worth, For::Flat, draft, wrong);
        let places = now.exponent().unwrap_or(0).into();
        let worth =
            worth.read("pointWorth", wrong, |typed| positive(typed, places, MAX_AMOUNT).map(Some));
        worth.apply(&mut draft.point_worth);
        for (argument, change, least) in
            [("minPrice", &self.min_price, 0), ("maxPrice", &self.max_price, 1)]
        {
            let slot = if least == 0 { draft.min_price } else { draft.max_price };
            if stays(change, slot.is_some()) {
                wrong.add(argument, stale(before.currency, now));
            }
            let price = own(argument, change, For::Points, draft, wrong);
            let price = price.read(argument, wrong, |typed| amount(typed, now, least).map(Some));
            price.apply(if least == 0 { &mut draft.min_price } else { &mut draft.max_price });
        }
    }

    fn read_numbers(&self, draft: &mut Draft, wrong: &mut Violations) {
        let kinds = draft.clone();
        for (argument, change, slot, field, least, most) in [
            (
                "initialPoints",
                &self.initial_points,
                &mut draft.initial_points,
                For::Points,
                0,
                MAX_POINTS,
            ),
            (
                "maxPointsPerDay",
                &self.max_points_per_day,
                &mut draft.max_points_per_day,
                For::Points,
                1,
                MAX_POINTS,
            ),
            (
                "pointsNeeded",
                &self.points_needed,
                &mut draft.points_needed,
                For::Flat,
                1,
                MAX_POINTS,
            ),
            (
                "incrementalPoints",
                &self.incremental_points,
                &mut draft.incremental_points,
                For::Flat,
                1,
                MAX_POINTS,
            ),
            (
                "validityInMonths",
                &self.validity_in_months,
                &mut draft.validity_in_months,
                For::Points,
                1,
                MAX_VALIDITY_MONTHS,
            ),
            (
                "activationDelayDays",
                &self.activation_delay_days,
                &mut draft.activation_delay_days,
                For::Points,
                0,
                MAX_DELAY_DAYS,
            ),
            (
                "stampsNeeded",
                &self.stamps_needed,
                &mut draft.stamps_needed,
                For::Stamps,
                1,
                MAX_STAMPS,
            ),
            (
                "maxStampsPerDay",
                &self.max_stamps_per_day,
                &mut draft.max_stamps_per_day,
                For::Stamps,
                1,
                MAX_STAMPS,
            ),
            (
                "stampExpirationDays",
                &self.stamp_expiration_days,
                &mut draft.stamp_expiration_days,
                For::Stamps,
                1,
                MAX_STAMP_DAYS,
            ),
        ] {
            let number = own(argument, change, field, &kinds, wrong);
            number
                .read(argument, wrong, |number| within(*number, least, most).map(Some))
                .apply(slot);
        }
    }
}

/// A change of a field that such a card has. Of another kind's, a value is refused, and nothing to clear is no fault.
fn own<T: Clone>(
    argument: &'static str,
    change: &Change<T>,
    field: For,
    draft: &Draft,
    wrong: &mut Violations,
) -> Change<T> {
    if draft.has(field) {
        return change.clone();
    }
    if change.value().is_some() {
        let of_points = draft.has(For::Points);
        let sentence = match field {
            For::Points => {
                "This is said of cards of points: leave it out, or make loyaltyType POINTS."
            }
            For::Stamps => {
                "This is said of cards of stamps: leave it out, or make loyaltyType STAMPS."
            }
            For::Flat if of_points => {
                "Points of a PRODUCT card buy rewards and pay no amount: leave it out, or make pointsLoyaltyType FLAT."
            }
            For::Flat => {
                "This is said of cards of points that pay an amount: leave it out, or make loyaltyType POINTS and pointsLoyaltyType FLAT."
            }
        };
        wrong.add(argument, Rule::Invalid(sentence.to_owned()));
    }
    Change::Keep
}

fn within(number: i64, least: i64, most: i64) -> Result<i64, Rule> {
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(Rule::Invalid(format!("Enter a number from {least} to {most}.")))
    }
}

/// The currency of an ISO 4217 code; a blank text is none.
fn currency(typed: &str) -> Result<Option<Currency>, Rule> {
    if typed.trim().is_empty() { Ok(None) } else { typed_currency(typed).map(Some) }
}

/// A rate above 0 and up to `most`, in millionths of 10^-`places`.
fn positive(typed: &str, places: u32, most: i64) -> Result<Millionths, Rule> {
    const SIX: u32 = 6;
    let places = places.saturating_add(SIX);
    let refused = || {
        let sentence = format!(
            "Enter a number above 0, at most {most}, with at most {places} decimal places."
        );
        Rule::Invalid(sentence)
    };
    let number = scaled(typed.trim(), places).map_err(|_no_rate| refused())?;
    let most = i128::from(most) * 10_i128.pow(places);
    let fits = number > 0 && i128::from(number) <= most;
    if fits { Ok(Millionths::new(number)) } else { Err(refused()) }
}

/// An amount from `least` minor units to [`MAX_AMOUNT`] units.
fn amount(typed: &str, currency: Currency, least: i64) -> Result<Money, Rule> {
    let money = typed_amount(typed, currency)?;
    let most = i128::from(MAX_AMOUNT) * 10_i128.pow(currency.exponent().unwrap_or(0).into());
    if money.minor() >= least && i128::from(money.minor()) <= most {
        return Ok(money);
    }
    let from = Money::new(least, currency);
    Err(Rule::Invalid(format!("Enter an amount from {from} to {MAX_AMOUNT}.")))
}

/// What is wrong with an amount in another currency than the card's.
fn another_currency(own: Currency) -> Rule {
    let code = own.code();
    Rule::Invalid(format!(
        "The card counts in {code}: enter {code}, or change the card's currency."
    ))
}

/// What is wrong with an amount that a change of currency left behind.
pub(crate) fn stale(before: Currency, now: Currency) -> Rule {
    let (before, now) = (before.code(), now.code());
    Rule::Invalid(format!("It was an amount of {before}: enter one of {now}, or null."))
}

#[cfg(test)]
mod tests;
