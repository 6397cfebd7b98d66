//! What a person tells about themselves, and how much of it a merchant sees.

use chrono::NaiveDate;

use crate::{
    Country,
    choice::{Gender, Sharing},
    contact::{EmailAddress, PhoneNumber},
};

/// Name, contacts and address. An account has one; a membership has its merchant's own (managed customers) or a copy of
/// what sharing shows (registered ones, rule 7).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The e-mail address.
    pub email: Option<EmailAddress>,
    /// A second address that the account may log in by.
    pub secondary_email: Option<EmailAddress>,
    /// The first name; empty where it is not known.
    pub firstname: String,
    /// The last name; empty where it is not known.
    pub lastname: String,
    /// The phone number.
    pub phone_number: Option<PhoneNumber>,
    /// The day of birth.
    pub birthday: Option<NaiveDate>,
    /// The gender.
    pub gender: Option<Gender>,
    /// The country.
    pub country: Option<Country>,
    /// The city.
    pub city: Option<String>,
    /// Street and number.
    pub street: Option<String>,
    /// The postal code.
    pub zip_code: Option<String>,
    /// The address of a picture: https.
    pub picture: Option<String>,
}

impl Profile {
    /// How many of its values are given.
    pub fn filled(&self) -> u64 {
        let given = [
            self.email.is_some(),
            self.secondary_email.is_some(),
            !self.firstname.is_empty(),
            !self.lastname.is_empty(),
            self.phone_number.is_some(),
            self.birthday.is_some(),
            self.gender.is_some(),
            self.country.is_some(),
            self.city.is_some(),
            self.street.is_some(),
            self.zip_code.is_some(),
            self.picture.is_some(),
        ];
        given.into_iter().map(u64::from).sum()
    }

    /// The non-empty parts of street, `zipCode city` and country, joined by `, `; none where there is no part.
    pub fn address(&self) -> Option<String> {
        let part = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let town = [part(&self.zip_code), part(&self.city)];
        let town: Vec<_> = town.into_iter().flatten().collect();
        let country = self.country.map(|country| country.alpha2().to_owned());
        let parts: Vec<_> = [part(&self.street), Some(town.join(" ")), country]
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// Exactly what a merchant sees of it (rule 7).
    pub fn shown(&self, sharing: Sharing) -> Self {
        match sharing {
            Sharing::Full => self.clone(),
            Sharing::Name => Self {
                firstname: self.firstname.clone(),
                lastname: self.lastname.clone(),
                city: self.city.clone(),
                ..Self::default()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<String> {
        (!text.is_empty()).then(|| text.to_owned())
    }

    #[test]
    fn an_address_is_its_non_empty_parts() {
        for (street, zip_code, city, country, address) in [
            ("Ring 1", "53111", "Bonn", "DE", Some("Ring 1, 53111 Bonn, DE")),
            ("", "53111", "Bonn", "", Some("53111 Bonn")),
            ("Ring 1", "", "", "DE", Some("Ring 1, DE")),
            ("", "", "Bonn", "DE", Some("Bonn, DE")),
            ("", "53111", "", "", Some("53111")),
            ("", "", "", "", None),
        ] {
            let profile = Profile {
                street: text(street),
                zip_code: text(zip_code),
                city: text(city),
                country: Country::from_alpha2(country),
                ..Profile::default()
            };
            assert_eq!(profile.address().as_deref(), address);
        }
    }

    #[test]
    fn rule_7_name_shows_name_and_city_and_full_shows_all() {
        let profile = Profile {
            email: EmailAddress::parse("ada@example.com").ok(),
            secondary_email: EmailAddress::parse("ada@example.org").ok(),
            firstname: "Ada".to_owned(),
            lastname: "Lovelace".to_owned(),
            phone_number: PhoneNumber::parse("+491712345678", None).ok(),
            birthday: NaiveDate::from_ymd_opt(1990, 2, 28),
            gender: Some(Gender::Female),
            country: Country::from_alpha2("DE"),
            city: text("Bonn"),
            street: text("Ring 1"),
            zip_code: text("53111"),
            picture: text("https://example.com/ada.png"),
        };
        assert_eq!(profile.shown(Sharing::Full), profile);
        let shown = profile.shown(Sharing::Name);
        let expected = Profile {
            firstname: "Ada".to_owned(),
            lastname: "Lovelace".to_owned(),
            city: text("Bonn"),
            ..Profile::default()
        };
        assert_eq!(shown, expected);
    }
}
