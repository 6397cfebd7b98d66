//! The fields of which one of two customers that become one can have the value.

use chrono::NaiveDate;

use crate::{Country, EmailAddress, ExtraInfo, Gender, Membership, PhoneNumber, Profile};

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// A field of a customer, by its name in the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum MergeField { $($(#[$doc])* $name,)+ }

        impl MergeField {
            /// Each of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name in the API and in the database.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The field of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

fields! {
    /// The e-mail address.
    Email = "email",
    /// The first name.
    Firstname = "firstname",
    /// The last name.
    Lastname = "lastname",
    /// The phone number.
    PhoneNumber = "phoneNumber",
    /// The birth date.
    Birthday = "birthday",
    /// The gender.
    Gender = "gender",
    /// The country.
    Country = "country",
    /// The city.
    City = "city",
    /// The street address.
    Street = "street",
    /// The zip code.
    ZipCode = "zipCode",
    /// The address of a picture.
    Picture = "picture",
    /// The merchant's own fields.
    ExtraInfo = "extraInfo",
    /// How many discounts an order may have; 0 says nothing.
    NumOfOrderDiscountsAllowed = "numOfOrderDiscountsAllowed",
}

/// A field that a survivor took from the other, and what it was before: what an undo gives back. It tells of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Which.
    pub field: MergeField,
    /// What it was; none where there was nothing.
    pub former: Option<String>,
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl MergeField {
    /// Whether it tells who somebody is, and not only what the merchant thinks of them: of a person with an account it is theirs.
    pub const fn is_of_profile(self) -> bool {
        !matches!(self, Self::ExtraInfo | Self::NumOfOrderDiscountsAllowed)
    }

    /// What a customer has there, as text; none where there is nothing.
    pub fn read(self, member: &Membership) -> Option<String> {
        match self {
            Self::ExtraInfo => member.extra_info.as_ref().map(ToString::to_string),
            Self::NumOfOrderDiscountsAllowed => match member.num_of_order_discounts_allowed {
                0 => None,
                number => Some(number.to_string()),
            },
            of_profile => of_profile.read_profile(&member.profile),
        }
    }

    /// What a profile has there, as text; none where there is nothing, and for what is not of the profile.
    pub fn read_profile(self, profile: &Profile) -> Option<String> {
        match self {
            Self::Email => profile.email.as_ref().map(|address| address.as_str().to_owned()),
            Self::Firstname => filled(&profile.firstname),
            Self::Lastname => filled(&profile.lastname),
            Self::PhoneNumber => profile.phone_number.as_ref().map(ToString::to_string),
            Self::Birthday => profile.birthday.map(|day| day.to_string()),
            Self::Gender => profile.gender.map(|gender| gender.name().to_owned()),
            Self::Country => profile.country.map(|country| country.alpha2().to_owned()),
            Self::City => profile.city.as_deref().and_then(filled),
            Self::Street => profile.street.as_deref().and_then(filled),
            Self::ZipCode => profile.zip_code.as_deref().and_then(filled),
            Self::Picture => profile.picture.as_deref().and_then(filled),
            Self::ExtraInfo | Self::NumOfOrderDiscountsAllowed => None,
        }
    }

    /// Writes what [`Self::read`] read; what cannot be read is nothing.
    pub fn write(self, member: &mut Membership, value: Option<&str>) {
        let text = value.map(str::to_owned);
        let profile = &mut member.profile;
        match self {
            Self::Email => profile.email = text.map(EmailAddress::from_stored),
            Self::Firstname => profile.firstname = text.unwrap_or_default(),
            Self::Lastname => profile.lastname = text.unwrap_or_default(),
            Self::PhoneNumber => profile.phone_number = text.map(PhoneNumber::from_stored),
            Self::Birthday => {
                profile.birthday = value.and_then(|text| text.parse::<NaiveDate>().ok());
            }
            Self::Gender => profile.gender = value.and_then(Gender::from_name),
            Self::Country => profile.country = value.and_then(Country::from_alpha2),
            Self::City => profile.city = text,
            Self::Street => profile.street = text,
            Self::ZipCode => profile.zip_code = text,
            Self::Picture => profile.picture = text,
            Self::ExtraInfo => member.extra_info = text.map(ExtraInfo::from_stored),
            Self::NumOfOrderDiscountsAllowed => {
                let number = value.and_then(|text| text.parse().ok());
                member.num_of_order_discounts_allowed = number.unwrap_or_default();
            }
        }
    }

    /// Gives one customer what another has there.
    pub fn copy(self, from: &Membership, to: &mut Membership) {
        self.write(to, self.read(from).as_deref());
    }
}
