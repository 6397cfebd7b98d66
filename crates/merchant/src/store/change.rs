//! A merchant's stores are put down, changed and given up.

use chrono::NaiveTime;
use chrono_tz::Tz;
use regulars_kernel::{
    Actor, Change, Country, Denied, ExtraInfo, MerchantId, Permission, Rule, StoreAccess, StoreId,
    Timestamp, Violations, text::clean,
};

use super::{Store, StoreFilter, TillRedemption};
use crate::{Archived, MerchantError, MerchantStore};

/// The most characters of a name, a city, a street and the like.
pub const MAX_NAME_CHARS: usize = 150;
/// The most characters of a zip code.
pub const MAX_ZIP_CODE_CHARS: usize = 20;
/// The most characters of a phone number, the spaces and signs that it is written with among them.
pub const MAX_PHONE_CHARS: usize = 40;
/// The whole: parts per million.
pub const MAX_TAX_RATE: i64 = 1_000_000;
/// The most hours after which a sale is late (rule 26): a year.
pub const MAX_LATE_HOURS: i32 = 8_784;
/// The most stores of a merchant, archived ones among them.
pub const MAX_STORES: u64 = 10_000;

/// What becomes of a store's fields, as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorePatch {
    /// What people call it: 1 to [`MAX_NAME_CHARS`] characters.
    pub name: Change<String>,
    /// Where it is on the map: at most [`MAX_NAME_CHARS`] characters.
    pub location: Change<String>,
    /// Where it is reached, as it is written there: at most [`MAX_PHONE_CHARS`] characters.
    pub phone_number: Change<String>,
    /// The country.
    pub country: Change<Country>,
    /// The part of the country: at most [`MAX_NAME_CHARS`] characters.
    pub state: Change<String>,
    /// The town: at most [`MAX_NAME_CHARS`] characters.
    pub city: Change<String>,
    /// Street and number: at most [`MAX_NAME_CHARS`] characters.
    pub street: Change<String>,
    /// The postal code: at most [`MAX_ZIP_CODE_CHARS`] characters.
    pub zip_code: Change<String>,
    /// The tax on what is sold there, in parts per million, 0 to [`MAX_TAX_RATE`].
    pub tax_rate: Change<i64>,
    /// Its clock, by its name in the IANA database (`Europe/Berlin`); cleared, it goes by the merchant's (rule 26).
    pub time_zone: Change<String>,
    /// When its business day begins (rule 26); cleared, at midnight.
    pub day_starts_at: Change<NaiveTime>,
    /// Hours after which a sale is late (rule 26), 0 to [`MAX_LATE_HOURS`]; cleared, [`Store::DEFAULT_LATE_HOURS`].
    pub late_hours: Change<i32>,
    /// What a till needs to redeem (rule 21); cleared, it goes by the kind of customer.
    pub till_redemption: Change<TillRedemption>,
    /// Whether it is open for business at all; cleared, it is.
    pub is_active: Change<bool>,
    /// The merchant's own fields: a JSON object ([`ExtraInfo::parse`]).
    pub extra_info: Change<String>,
    /// Whether it is given up; cleared, it is not.
    pub archived: Change<bool>,
}

impl StorePatch {
    /// Applies what holds, and notes what does not.
    fn apply_to(&self, store: &mut Store, wrong: &mut Violations) {
        if self.name == Change::Clear {
            wrong.add("name", Rule::Required);
        }
        let name = self.name.read("name", wrong, |typed| required(typed).map(Some));
        if let Change::Set(name) = name {
            store.name = name;
        }
        for (argument, change, field, most) in [
            ("location", &self.location, &mut store.location, MAX_NAME_CHARS),
            ("state", &self.state, &mut store.state, MAX_NAME_CHARS),
            ("city", &self.city, &mut store.city, MAX_NAME_CHARS),
            ("street", &self.street, &mut store.street, MAX_NAME_CHARS),
            ("zipCode", &self.zip_code, &mut store.zip_code, MAX_ZIP_CODE_CHARS),
        ] {
            change.read(argument, wrong, |typed| clean(typed, most)).apply(field);
        }
        let phone = self.phone_number.read("phoneNumber", wrong, |typed| phone(typed));
        phone.apply(&mut store.phone_number);
        let country = self.country.read("country", wrong, |country| Ok(Some(country.to_string())));
        country.apply(&mut store.country);
        let tax_rate = self.tax_rate.read("taxRate", wrong, |rate| tax(*rate).map(Some));
        tax_rate.apply(&mut store.tax_rate);
        let zone = self.time_zone.read("timeZone", wrong, |typed| zone(typed));
        zone.apply(&mut store.time_zone);
        self.day_starts_at.clone().apply_or_default(&mut store.day_starts_at);
        match self.late_hours.read("lateHours", wrong, |hours| late(*hours).map(Some)) {
            Change::Keep => {}
            Change::Clear => store.late_hours = Store::DEFAULT_LATE_HOURS,
            Change::Set(hours) => store.late_hours = hours,
        }
        self.till_redemption.clone().apply(&mut store.till_redemption);
        match self.is_active {
            Change::Keep => {}
            Change::Clear => store.is_active = true,
            Change::Set(active) => store.is_active = active,
        }
        let extra_info = self.extra_info.read("extraInfo", wrong, |typed| own_fields(typed));
        extra_info.apply(&mut store.extra_info);
        self.archived.clone().apply_or_default(&mut store.archived);
    }
}

/// A name, which there has to be: 1 to [`MAX_NAME_CHARS`] characters.
pub fn required(typed: &str) -> Result<String, Rule> {
    clean(typed, MAX_NAME_CHARS)?.ok_or(Rule::Required)
}

/// Fields of the merchant's own: a JSON object ([`ExtraInfo::parse`]), or none where the text is blank.
pub fn own_fields(typed: &str) -> Result<Option<String>, Rule> {
    let filled = Some(typed).filter(|typed| !typed.trim().is_empty());
    filled.map(|typed| ExtraInfo::parse(typed).map(|fields| fields.to_string())).transpose()
}

/// As people write it on a door: short numbers and extensions are none of the international plan, and are dialled all
/// the same.
fn phone(typed: &str) -> Result<Option<String>, Rule> {
    let Some(typed) = clean(typed, MAX_PHONE_CHARS)? else { return Ok(None) };
    let dialled = |c: char| c.is_ascii_digit() || " +-./()#*x".contains(c);
    let has_digits = typed.chars().filter(char::is_ascii_digit).count() >= 3;
    if has_digits && typed.chars().all(dialled) {
        return Ok(Some(typed));
    }
    let sentence = "Enter a phone number as it is dialled: in international form (+49 30 1234567), or as on the door \
                    (030 1234567, 116 117), with three digits at least.";
    Err(Rule::Invalid(sentence.to_owned()))
}

fn tax(rate: i64) -> Result<i64, Rule> {
    if (0..=MAX_TAX_RATE).contains(&rate) {
        Ok(rate)
    } else {
        Err(Rule::Invalid(
            "Enter a rate from 0 to 100 per cent, with at most four decimal places.".to_owned(),
        ))
    }
}

fn zone(typed: &str) -> Result<Option<Tz>, Rule> {
    let Some(name) = clean(typed, MAX_NAME_CHARS)? else { return Ok(None) };
    name.parse().map(Some).map_err(|_unknown| {
        let sentence = "Enter a time zone of the IANA database, as in Europe/Berlin.";
        Rule::Invalid(sentence.to_owned())
    })
}

fn late(hours: i32) -> Result<i32, Rule> {
    if (0..=MAX_LATE_HOURS).contains(&hours) {
        Ok(hours)
    } else {
        Err(Rule::Invalid(format!("Enter a number of hours from 0 to {MAX_LATE_HOURS}.")))
    }
}

/// Puts a store down. Needs [`Permission::ChangeStore`], and every store: one who works in some would not see it.
pub fn create(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    patch: &StorePatch,
    now: Timestamp,
) -> Result<StoreId, MerchantError> {
    let merchant = require_everywhere(actor, Permission::ChangeStore)?;
    let mut store = Store::new(StoreId::new(0), merchant, "", now);
    let mut wrong = Violations::new();
    if patch.name.is_keep() {
        wrong.add("name", Rule::Required);
    }
    patch.apply_to(&mut store, &mut wrong);
    let all = StoreFilter { archived: Archived::Included, ..StoreFilter::default() };
    if tx.count_stores(&all)? >= MAX_STORES {
        let sentence = format!("A merchant has at most {MAX_STORES} stores.");
        wrong.add_to_input(Rule::Invalid(sentence));
    }
    wrong.into_result()?;
    Ok(tx.insert_store(&store)?)
}

/// Changes a store. Needs [`Permission::ChangeStore`] in that store. A patch that changes nothing leaves `updated_at` alone.
pub fn update(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    id: StoreId,
    patch: &StorePatch,
    now: Timestamp,
) -> Result<StoreId, MerchantError> {
    let merchant = actor.require(Permission::ChangeStore)?;
    let before = tx.find_store(merchant, id)?.filter(|_| reaches(actor, id));
    let before = before.ok_or(MerchantError::StoreNotFound)?;
    let mut after = before.clone();
    let mut wrong = Violations::new();
    patch.apply_to(&mut after, &mut wrong);
    wrong.into_result()?;
    if after != before {
        after.updated_at = now;
        tx.update_store(&after)?;
    }
    Ok(id)
}

/// Gives a store up: it is archived, and stays in the books. Needs what [`update`] needs. One that is archived already
/// stays as it is.
pub fn archive(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    id: StoreId,
    now: Timestamp,
) -> Result<StoreId, MerchantError> {
    let patch = StorePatch { archived: Change::Set(true), ..StorePatch::default() };
    update(tx, actor, id, &patch, now)
}

fn reaches(actor: &Actor, store: StoreId) -> bool {
    actor.stores().is_none_or(|access| access.includes(store))
}

/// Passes for whoever may do that in every store of the merchant, future ones among them.
pub fn require_everywhere(actor: &Actor, permission: Permission) -> Result<MerchantId, Denied> {
    let merchant = actor.require(permission)?;
    match actor.stores() {
        None | Some(StoreAccess::All) => Ok(merchant),
        Some(StoreAccess::Only(_)) => Err(Denied),
    }
}

#[cfg(test)]
mod tests;
