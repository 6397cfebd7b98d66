//! The fields of a record become a change to a customer.

use chrono::NaiveDate;
use regulars_customer::{
    Change, ConsumerPatch, Country, EmailAddress, Gender, Membership, MergeField, PhoneNumber,
};
use serde_json::{Map, Value};

use crate::record::{BadRecord, Field};

/// A value that was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Of which field, by its name.
    pub path: String,
    /// A stable word for what is wrong.
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// What it was.
    pub value: String,
}

impl Skipped {
    /// The same of a record that is refused for it.
    pub fn whole(self, reference: &str, raw: String) -> BadRecord {
        BadRecord {
            reference: reference.to_owned(),
            code: self.code.to_owned(),
            path: Some(self.path),
            message: self.message,
            raw,
        }
    }
}

/// The form in which a value is kept, so that what a source says can be compared with what a customer has; none: it is no value
/// of the field's.
pub fn normal(field: &Field, value: &str, country: Option<Country>) -> Option<String> {
    let value = value.trim();
    match field {
        Field::Own(MergeField::Email) => {
            EmailAddress::parse(value).ok().map(|address| address.as_str().to_owned())
        }
        Field::Own(MergeField::PhoneNumber) => {
            PhoneNumber::parse(value, country).ok().map(|number| number.to_string())
        }
        Field::Own(MergeField::Birthday) => {
            value.parse::<NaiveDate>().ok().map(|day| day.to_string())
        }
        Field::Own(MergeField::Gender) => {
            Gender::from_name(&value.to_ascii_uppercase()).map(|gender| gender.name().to_owned())
        }
        Field::Own(MergeField::Country) => Country::from_alpha2(&value.to_ascii_uppercase())
            .map(|country| country.alpha2().to_owned()),
        Field::Own(MergeField::NumOfOrderDiscountsAllowed) => {
            value.parse::<i32>().ok().filter(|number| *number >= 0).map(|number| number.to_string())
        }
        Field::Own(_) => (!value.is_empty()).then(|| value.to_owned()),
        // One text for one value.
        Field::Extra(_) => serde_json::from_str::<Value>(value).ok().map(|value| value.to_string()),
    }
}

/// What a customer has in a field, in its kept form.
pub fn current(field: &Field, member: &Membership) -> Option<String> {
    match field {
        Field::Own(field) => field.read(member),
        Field::Extra(key) => {
            member.extra_info.as_ref().and_then(|info| info.get(key)).map(|value| value.to_string())
        }
    }
}

/// Puts values, in their kept forms, into a patch.
pub fn patch<'a>(
    values: impl IntoIterator<Item = (&'a Field, Option<&'a str>)>,
    extra_info: Option<&str>,
) -> ConsumerPatch {
    let mut patch = ConsumerPatch::default();
    let mut extra: Option<Map<String, Value>> = None;
    for (field, value) in values {
        match field {
            Field::Own(field) => set(&mut patch, *field, value),
            Field::Extra(key) => {
                let object = extra.get_or_insert_with(|| {
                    extra_info.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
                });
                match value.and_then(|text| serde_json::from_str(text).ok()) {
                    Some(value) => object.insert(key.clone(), value),
                    None => object.remove(key),
                };
            }
        }
    }
    if let Some(object) = extra {
        patch.extra_info = if object.is_empty() {
            Change::Clear
        } else {
            Change::Set(Value::Object(object).to_string())
        };
    }
    patch
}

fn read<T>(value: Option<&str>, parse: impl FnOnce(&str) -> Option<T>) -> Change<T> {
    value.and_then(parse).map_or(Change::Clear, Change::Set)
}

fn set(patch: &mut ConsumerPatch, field: MergeField, value: Option<&str>) {
    let text = || value.map_or(Change::Clear, |value| Change::Set(value.to_owned()));
    match field {
        MergeField::Email => patch.email = text(),
        MergeField::Firstname => patch.firstname = text(),
        MergeField::Lastname => patch.lastname = text(),
        MergeField::PhoneNumber => patch.phone_number = text(),
        MergeField::Birthday => patch.birthday = read(value, |day| day.parse().ok()),
        MergeField::Gender => patch.gender = read(value, Gender::from_name),
        MergeField::Country => patch.country = read(value, Country::from_alpha2),
        MergeField::City => patch.city = text(),
        MergeField::Street => patch.street = text(),
        MergeField::ZipCode => patch.zip_code = text(),
        MergeField::Picture => patch.picture = text(),
        MergeField::NumOfOrderDiscountsAllowed => {
            patch.num_of_order_discounts_allowed = read(value, |number| number.parse().ok());
        }
        MergeField::ExtraInfo => {}
    }
}

/// Takes a field out of a patch, by its name in the API; whether there was one.
pub fn drop_field(patch: &mut ConsumerPatch, name: &str) -> bool {
    macro_rules! take {
        ($($text:literal => $field:ident,)+) => {
            match name {
                $($text => !std::mem::take(&mut patch.$field).is_keep(),)+
                _ => false,
            }
        };
    }
    take! {
        "email" => email, "firstname" => firstname, "lastname" => lastname, "phoneNumber" => phone_number,
        "birthday" => birthday, "gender" => gender, "country" => country, "city" => city, "street" => street,
        "zipCode" => zip_code, "picture" => picture, "extraInfo" => extra_info, "cards" => cards,
        "numOfOrderDiscountsAllowed" => num_of_order_discounts_allowed, "archived" => archived,
    }
}
