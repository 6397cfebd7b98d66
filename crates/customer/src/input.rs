//! What is written about a customer: as it came in, and checked. Every failing field is reported at once.

use chrono::{Datelike, NaiveDate};
use regulars_kernel::{Rule, Timestamp, Violations, text};
use regulars_merchant::EntitySource;

use crate::{
    CardNumber, Change, Country, EmailAddress, ExtraInfo, PhoneNumber, Profile, card,
    choice::Gender,
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
    /// Whether they no longer count as a customer; cleared is false.
    pub archived: Change<bool>,
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
    pub(crate) archived: Change<bool>,
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
            archived: self.archived.clone(),
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
            firstname: self.firstname.read("firstname", wrong, |text| name(text)),
            lastname: self.lastname.read("lastname", wrong, |text| name(text)),
            email: self.email.read("email", wrong, |text| {
                filled(text).map(|()| EmailAddress::parse(text)).transpose()
            }),
            phone_number: self.phone_number.read("phoneNumber", wrong, |text| {
                filled(text).map(|()| PhoneNumber::parse(text, country)).transpose()
            }),
            birthday: self.birthday.read("birthday", wrong, |day| birthday(*day, now).map(Some)),
            gender: self.gender.clone(),
            country: self.country.clone(),
            city: self.city.read("city", wrong, |text| place(text)),
            street: self.street.read("street", wrong, |text| place(text)),
            zip_code: self.zip_code.read("zipCode", wrong, |text| text::clean(text, MAX_ZIP_CHARS)),
            picture: self
                .picture
                .read("picture", wrong, |text| filled(text).map(|()| picture(text)).transpose()),
            extra_info: self.extra_info.read("extraInfo", wrong, |text| {
                filled(text).map(|()| ExtraInfo::parse(text)).transpose()
            }),
            num_of_order_discounts_allowed: self.num_of_order_discounts_allowed.read(
                "numOfOrderDiscountsAllowed",
                wrong,
                |number| discounts(*number).map(Some),
            ),
            cards: self.cards.read("cards", wrong, |texts| card::parse_list(texts).map(Some)),
            archived: self.archived.clone(),
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
    text::check_line(typed, MAX_PICTURE_CHARS)?;
    let valid = url::Url::parse(typed).is_ok_and(|url| {
        url.scheme() == "https"
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    });
    if valid && !typed.contains(char::is_whitespace) {
        Ok(typed.to_owned())
    } else {
        Err(Rule::Invalid("Enter a valid https address.".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-01T12:00:00Z.
    const NOW: Timestamp = Timestamp::from_micros(1_772_366_400_000_000);

    fn set(text: &str) -> Change<String> {
        Change::Set(text.to_owned())
    }

    fn failing(patch: &ConsumerPatch) -> Vec<&'static str> {
        let mut wrong = Violations::new();
        patch.check(None, NOW, &mut wrong);
        wrong.iter().filter_map(|violation| violation.field).collect()
    }

    #[test]
    fn every_failing_field_is_reported_at_once() {
        let patch = ConsumerPatch {
            firstname: set(&"a".repeat(MAX_NAME_CHARS + 1)),
            lastname: set("a\0b"),
            email: set("nobody"),
            phone_number: set("12345"),
            birthday: Change::Set(NaiveDate::from_ymd_opt(1899, 12, 31).unwrap()),
            city: set(&"a".repeat(MAX_PLACE_CHARS + 1)),
            street: set("\0"),
            zip_code: set(&"1".repeat(MAX_ZIP_CHARS + 1)),
            picture: set("http://example.com/a.png"),
            extra_info: set("[]"),
            num_of_order_discounts_allowed: Change::Set(-1),
            cards: Change::Set(vec![String::new()]),
            ..ConsumerPatch::default()
        };
        assert_eq!(
            failing(&patch),
            [
                "firstname",
                "lastname",
                "email",
                "phoneNumber",
                "birthday",
                "city",
                "street",
                "zipCode",
                "picture",
                "extraInfo",
                "numOfOrderDiscountsAllowed",
                "cards",
            ]
        );
        assert_eq!(failing(&ConsumerPatch::default()), Vec::<&str>::new());
    }

    #[test]
    fn absent_keeps_null_and_empty_clear() {
        let mut profile = Profile {
            firstname: "Ada".to_owned(),
            lastname: "Lovelace".to_owned(),
            city: Some("Bonn".to_owned()),
            street: Some("Ring 1".to_owned()),
            email: EmailAddress::parse("ada@example.com").ok(),
            ..Profile::default()
        };
        let patch = ConsumerPatch {
            lastname: Change::Clear,
            city: set("  "),
            email: set(""),
            zip_code: set(" 53111 "),
            ..ConsumerPatch::default()
        };
        let mut wrong = Violations::new();
        patch.check(None, NOW, &mut wrong).apply_to(&mut profile);
        assert!(wrong.is_empty(), "{wrong}");
        let expected = Profile {
            firstname: "Ada".to_owned(),
            street: Some("Ring 1".to_owned()),
            zip_code: Some("53111".to_owned()),
            ..Profile::default()
        };
        assert_eq!(profile, expected);
    }

    #[test]
    fn a_national_number_is_read_by_the_customers_country() {
        let germany = Country::from_alpha2("DE");
        let number = |patch: &ConsumerPatch, known| {
            let mut wrong = Violations::new();
            patch.check(known, NOW, &mut wrong).phone_number
        };
        let mut patch = ConsumerPatch { phone_number: set("0171 2345678"), ..Default::default() };
        let read = Change::Set(PhoneNumber::from_stored("+491712345678".to_owned()));
        assert_eq!(number(&patch, None), Change::Keep, "refused");
        assert_eq!(number(&patch, germany), read);
        patch.country = Change::Clear;
        assert_eq!(number(&patch, germany), Change::Keep, "refused");
        patch.country = Change::Set(germany.unwrap());
        assert_eq!(number(&patch, Country::from_alpha2("US")), read);
    }

    #[test]
    fn days_numbers_and_pictures_have_their_ranges() {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        for (date, valid) in [
            (day(1900, 1, 1), true),
            (day(1899, 12, 31), false),
            (day(2026, 3, 2), true),
            (day(2026, 3, 3), false),
        ] {
            assert_eq!(birthday(date, NOW).is_ok(), valid, "{date}");
        }
        for (number, valid) in [(0, true), (100, true), (-1, false), (101, false)] {
            assert_eq!(discounts(number).is_ok(), valid, "{number}");
        }
        for (address, valid) in [
            ("https://example.com/a.png", true),
            ("HTTPS://example.com", true),
            ("http://example.com/a.png", false),
            ("https://", false),
            ("https:example.com", true),
            ("https://user:secret@example.com/", false),
            ("javascript:alert(1)", false),
            ("data:image/png;base64,AA", false),
            ("//example.com/a.png", false),
            ("https://example.com/a b", false),
            ("https://example.com/\0", false),
        ] {
            assert_eq!(picture(address).is_ok(), valid, "{address:?}");
        }
        let long = format!("https://example.com/{}", "a".repeat(MAX_PICTURE_CHARS));
        assert!(picture(&long).is_err());
    }

    #[test]
    fn a_source_is_a_pair() {
        for (source, id, fields) in [
            (None, None, vec![]),
            (None, Some(" "), vec![]),
            (Some(EntitySource::Shopify), Some("1"), vec![]),
            (Some(EntitySource::Shopify), None, vec!["entitySourceId"]),
            (Some(EntitySource::Shopify), Some(""), vec!["entitySourceId"]),
            (None, Some("1"), vec!["entitySource"]),
            (Some(EntitySource::Shopify), Some("a\0"), vec!["entitySourceId"]),
        ] {
            let new = NewConsumer {
                entity_source: source,
                entity_source_id: id.map(str::to_owned),
                ..NewConsumer::default()
            };
            let mut wrong = Violations::new();
            let read = new.source(&mut wrong);
            let failing: Vec<_> = wrong.iter().filter_map(|violation| violation.field).collect();
            assert_eq!(failing, fields, "{source:?} {id:?}");
            let named = source.is_some() && fields.is_empty();
            assert_eq!(read.is_some(), named, "{source:?} {id:?}");
        }
    }

    #[test]
    fn an_account_needs_an_address_and_both_names() {
        let mut fields = AccountFields {
            email: "ada@example.com".to_owned(),
            firstname: "Ada".to_owned(),
            lastname: "Lovelace".to_owned(),
            gender: Some("female".to_owned()),
            country: Some("de".to_owned()),
            birthday: Some("1990-02-28".to_owned()),
            phone_number: Some("0171 2345678".to_owned()),
            zip_code: Some(String::new()),
            ..AccountFields::default()
        };
        let mut wrong = Violations::new();
        let profile = account_profile(&fields, NOW, &mut wrong).unwrap();
        assert_eq!(profile.gender, Some(Gender::Female));
        assert_eq!(profile.phone_number.unwrap().as_str(), "+491712345678");
        assert_eq!(profile.birthday, NaiveDate::from_ymd_opt(1990, 2, 28));
        fields.email = String::new();
        fields.firstname = " ".to_owned();
        fields.gender = Some("none".to_owned());
        fields.country = Some("ZZ".to_owned());
        fields.birthday = Some("1990-02-30".to_owned());
        assert_eq!(account_profile(&fields, NOW, &mut wrong), None);
        let failing: Vec<_> = wrong.iter().filter_map(|violation| violation.field).collect();
        assert_eq!(
            failing,
            ["email", "firstname", "gender", "country", "birthday", "phoneNumber"],
            "without a country the number has no meaning"
        );
    }
}
