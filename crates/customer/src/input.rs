//! What is written about a customer: as it came in, and checked. Every failing field is reported at once.

use chrono::{Datelike, NaiveDate};
use regulars_kernel::{Rule, Timestamp, Violations, text};
use regulars_merchant::EntitySource;

use crate::{
    CardNumber, Change, EmailAddress, ExtraInfo, PhoneNumber, Profile, card, choice::Gender,
    country::Country,
};

/// The most characters of a first or last name.
pub const MAX_NAME_CHARS: usize = 150;
/// The most characters of a city or street.
pub const MAX_PLACE_CHARS: usize = 150;
/// The most characters of a postal code.
pub const MAX_ZIP_CHARS: usize = 20;
/// The most characters of a picture's address.
pub const MAX_PICTURE_CHARS: usize = 2048;
/// The most characters of a record's id in another system.
pub const MAX_SOURCE_ID_CHARS: usize = 255;
/// The most discounts an order that can be allowed.
pub const MAX_DISCOUNTS: i32 = 100;
/// The first year in which a customer can have been born.
pub const FIRST_BIRTH_YEAR: i32 = 1900;

/// Changes to a customer, as they came in: absent keeps, null clears. An empty text clears.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsumerPatch {
    /// At most [`MAX_NAME_CHARS`].
    pub firstname: Change<String>,
    /// At most [`MAX_NAME_CHARS`].
    pub lastname: Change<String>,
    /// An e-mail address.
    pub email: Change<String>,
    /// A phone number: international, or national where the customer's country is known.
    pub phone_number: Change<String>,
    /// From [`FIRST_BIRTH_YEAR`] to today.
    pub birthday: Change<NaiveDate>,
    /// The gender.
    pub gender: Change<Gender>,
    /// The country.
    pub country: Change<Country>,
    /// At most [`MAX_PLACE_CHARS`].
    pub city: Change<String>,
    /// At most [`MAX_PLACE_CHARS`].
    pub street: Change<String>,
    /// At most [`MAX_ZIP_CHARS`].
    pub zip_code: Change<String>,
    /// An https address of at most [`MAX_PICTURE_CHARS`].
    pub picture: Change<String>,
    /// The text of a JSON object: see [`ExtraInfo`].
    pub extra_info: Change<String>,
    /// 0 to [`MAX_DISCOUNTS`]; cleared is 0.
    pub num_of_order_discounts_allowed: Change<i32>,
    /// The merchant's own card numbers; the list replaces the one before.
    pub cards: Change<Vec<String>>,
}

/// A customer to be created, as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewConsumer {
    /// What is known of them.
    pub fields: ConsumerPatch,
    /// The system that the record comes from; needs `entity_source_id`.
    pub entity_source: Option<EntitySource>,
    /// Its id there, at most [`MAX_SOURCE_ID_CHARS`]; needs `entity_source`.
    pub entity_source_id: Option<String>,
}

/// A patch whose values are valid. A refused value stands as [`Change::Keep`] beside the violation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    firstname: Change<String>,
    lastname: Change<String>,
    pub(crate) email: Change<EmailAddress>,
    phone_number: Change<PhoneNumber>,
    birthday: Change<NaiveDate>,
    gender: Change<Gender>,
    country: Change<Country>,
    city: Change<String>,
    street: Change<String>,
    zip_code: Change<String>,
    picture: Change<String>,
    pub(crate) extra_info: Change<ExtraInfo>,
    pub(crate) num_of_order_discounts_allowed: Change<i32>,
    pub(crate) cards: Change<Vec<CardNumber>>,
}

impl ConsumerPatch {
    /// The names of the profile's fields that the patch touches: what only the person may write where they keep their own
    /// profile (rule 3).
    pub fn profile_fields(&self) -> Vec<&'static str> {
        let named = [
            ("firstname", self.firstname.is_keep()),
            ("lastname", self.lastname.is_keep()),
            ("email", self.email.is_keep()),
            ("phoneNumber", self.phone_number.is_keep()),
            ("birthday", self.birthday.is_keep()),
            ("gender", self.gender.is_keep()),
            ("country", self.country.is_keep()),
            ("city", self.city.is_keep()),
            ("street", self.street.is_keep()),
            ("zipCode", self.zip_code.is_keep()),
            ("picture", self.picture.is_keep()),
        ];
        named.into_iter().filter(|(_, kept)| !kept).map(|(field, _)| field).collect()
    }

    /// What of the patch a merchant may write of a registered member: the membership's own fields (rule 3).
    pub(crate) fn without_profile(&self) -> Self {
        Self {
            extra_info: self.extra_info.clone(),
            num_of_order_discounts_allowed: self.num_of_order_discounts_allowed.clone(),
            cards: self.cards.clone(),
            ..Self::default()
        }
    }

    /// Checks every field. A national phone number is read by the patch's own country, else by the one `known` so far.
    pub(crate) fn check(
        &self,
        known: Option<Country>,
        now: Timestamp,
        wrong: &mut Violations,
    ) -> Checked {
        let country = match self.country {
            Change::Keep => known,
            Change::Clear => None,
            Change::Set(country) => Some(country),
        };
        let name = |text: &str| text::clean(text, MAX_NAME_CHARS);
        let place = |text: &str| text::clean(text, MAX_PLACE_CHARS);
        let filled = |text: &str| (!text.trim().is_empty()).then_some(());
        Checked {
            firstname: read(wrong, "firstname", &self.firstname, |text| name(text)),
            lastname: read(wrong, "lastname", &self.lastname, |text| name(text)),
            email: read(wrong, "email", &self.email, |text| {
                filled(text).map(|()| EmailAddress::parse(text)).transpose()
            }),
            phone_number: read(wrong, "phoneNumber", &self.phone_number, |text| {
                filled(text).map(|()| PhoneNumber::parse(text, country)).transpose()
            }),
            birthday: read(wrong, "birthday", &self.birthday, |day| birthday(*day, now).map(Some)),
            gender: self.gender.clone(),
            country: self.country.clone(),
            city: read(wrong, "city", &self.city, |text| place(text)),
            street: read(wrong, "street", &self.street, |text| place(text)),
            zip_code: read(wrong, "zipCode", &self.zip_code, |text| {
                text::clean(text, MAX_ZIP_CHARS)
            }),
            picture: read(wrong, "picture", &self.picture, |text| {
                filled(text).map(|()| picture(text)).transpose()
            }),
            extra_info: read(wrong, "extraInfo", &self.extra_info, |text| {
                filled(text).map(|()| ExtraInfo::parse(text)).transpose()
            }),
            num_of_order_discounts_allowed: read(
                wrong,
                "numOfOrderDiscountsAllowed",
                &self.num_of_order_discounts_allowed,
                |number| discounts(*number).map(Some),
            ),
            cards: read(wrong, "cards", &self.cards, |texts| card::parse_list(texts).map(Some)),
        }
    }
}

impl Checked {
    /// Writes what the patch changes of a profile.
    pub(crate) fn apply_to(&self, profile: &mut Profile) {
        let patch = self.clone();
        patch.firstname.apply_or_default(&mut profile.firstname);
        patch.lastname.apply_or_default(&mut profile.lastname);
        patch.email.apply(&mut profile.email);
        patch.phone_number.apply(&mut profile.phone_number);
        patch.birthday.apply(&mut profile.birthday);
        patch.gender.apply(&mut profile.gender);
        patch.country.apply(&mut profile.country);
        patch.city.apply(&mut profile.city);
        patch.street.apply(&mut profile.street);
        patch.zip_code.apply(&mut profile.zip_code);
        patch.picture.apply(&mut profile.picture);
    }
}

impl NewConsumer {
    /// The pair that names the record at its source; both or neither.
    pub(crate) fn source(&self, wrong: &mut Violations) -> Option<(EntitySource, String)> {
        let id = self
            .entity_source_id
            .as_deref()
            .map_or(Ok(None), |text| text::clean(text, MAX_SOURCE_ID_CHARS));
        let id = wrong.check("entitySourceId", id)?;
        match (self.entity_source, id) {
            (Some(source), Some(id)) => Some((source, id)),
            (None, None) => None,
            (Some(_), None) => {
                wrong.add("entitySourceId", Rule::Required);
                None
            }
            (None, Some(_)) => {
                wrong.add("entitySource", Rule::Required);
                None
            }
        }
    }
}

/// Profile values for an account as `register` takes them: texts, absent or empty where not told. `userType` and passwords
/// are read elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the arguments of the API's `register`, by their names")]
pub struct AccountFields {
    pub email: String,
    pub firstname: String,
    pub lastname: String,
    pub phone_number: Option<String>,
    pub birthday: Option<String>,
    pub country: Option<String>,
    pub city: Option<String>,
    pub street: Option<String>,
    pub zip_code: Option<String>,
    pub gender: Option<String>,
}

/// Checks what a person tells about themselves. E-mail and both names are needed; whether the e-mail is free is the
/// store's to say. `None` where something is wrong, which then stands in `wrong`.
pub fn account_profile(
    fields: &AccountFields,
    now: Timestamp,
    wrong: &mut Violations,
) -> Option<Profile> {
    let before = wrong.iter().count();
    for (field, text) in
        [("email", &fields.email), ("firstname", &fields.firstname), ("lastname", &fields.lastname)]
    {
        if text.trim().is_empty() {
            wrong.add(field, Rule::Required);
        }
    }
    let told = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let gender = told(&fields.gender).and_then(|text| wrong.check("gender", Gender::parse(&text)));
    let country =
        told(&fields.country).and_then(|text| wrong.check("country", Country::parse(&text)));
    let birthday = told(&fields.birthday).and_then(|text| {
        wrong.check("birthday", text.trim().parse::<NaiveDate>().map_err(|_shape| Rule::Date))
    });
    let patch = ConsumerPatch {
        firstname: Change::Set(fields.firstname.clone()),
        lastname: Change::Set(fields.lastname.clone()),
        email: Change::Set(fields.email.clone()),
        phone_number: told(&fields.phone_number).into(),
        gender: gender.into(),
        country: country.into(),
        birthday: birthday.into(),
        city: told(&fields.city).into(),
        street: told(&fields.street).into(),
        zip_code: told(&fields.zip_code).into(),
        ..ConsumerPatch::default()
    };
    let checked = patch.check(None, now, wrong);
    let mut profile = Profile::default();
    checked.apply_to(&mut profile);
    (wrong.iter().count() == before).then_some(profile)
}

/// Reads one field; `None` from the reader clears it.
fn read<T, U>(
    wrong: &mut Violations,
    field: &'static str,
    change: &Change<T>,
    parse: impl FnOnce(&T) -> Result<Option<U>, Rule>,
) -> Change<U> {
    match change {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(value) => wrong.check(field, parse(value)).map_or(Change::Keep, Change::from),
    }
}

fn birthday(day: NaiveDate, now: Timestamp) -> Result<NaiveDate, Rule> {
    // One day of grace: it is tomorrow already in a part of the world.
    let latest = now.to_utc().date_naive().succ_opt().unwrap_or(NaiveDate::MAX);
    if day.year() < FIRST_BIRTH_YEAR || day > latest { Err(Rule::Date) } else { Ok(day) }
}

fn discounts(number: i32) -> Result<i32, Rule> {
    if (0..=MAX_DISCOUNTS).contains(&number) {
        Ok(number)
    } else {
        Err(Rule::Invalid(format!("Enter a number from 0 to {MAX_DISCOUNTS}.")))
    }
}

/// A picture is shown by programs that fetch what they are told to: https, a host, and no login in it.
fn picture(typed: &str) -> Result<String, Rule> {
    let typed = typed.trim();
    text::check(typed, MAX_PICTURE_CHARS)?;
    let valid = url::Url::parse(typed).is_ok_and(|url| {
        url.scheme() == "https"
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    });
    if valid && !typed.chars().any(|c| c.is_control() || c.is_whitespace()) {
        Ok(typed.to_owned())
    } else {
        Err(Rule::Invalid("Enter a valid https address.".to_owned()))
    }
}
