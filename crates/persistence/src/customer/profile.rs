//! The columns of a profile, which accounts and memberships share.

use diesel::{
    Queryable,
    sql_types::{Nullable, Text},
};
use regulars_customer::{Country, EmailAddress, Gender, PhoneNumber, Profile};
use regulars_kernel::StoreError;

/// The columns of [`ProfileRow`], in its order, under an alias.
macro_rules! profile_columns {
    ($alias:literal) => {
        concat!(
            $alias,
            ".email, ",
            $alias,
            ".secondary_email, ",
            $alias,
            ".firstname, ",
            $alias,
            ".lastname, ",
            $alias,
            ".phone_number, ",
            $alias,
            ".birthday, ",
            $alias,
            ".gender, ",
            $alias,
            ".country, ",
            $alias,
            ".city, ",
            $alias,
            ".street, ",
            $alias,
            ".zip_code, ",
            $alias,
            ".picture"
        )
    };
}
pub(super) use profile_columns;

/// Their SQL types.
pub(super) type ProfileSql = (
    Nullable<Text>,
    Nullable<Text>,
    Text,
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
);

/// A profile as it is stored.
#[derive(Queryable)]
pub(super) struct ProfileRow {
    email: Option<String>,
    secondary_email: Option<String>,
    firstname: String,
    lastname: String,
    phone_number: Option<String>,
    birthday: Option<String>,
    gender: Option<String>,
    country: Option<String>,
    city: Option<String>,
    street: Option<String>,
    zip_code: Option<String>,
    picture: Option<String>,
}

/// A row that is being read, for the report of a value that the program never writes.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) table: &'static str,
    pub(super) id: i64,
}

impl Place {
    pub(super) const fn corrupt(self, column: &'static str) -> StoreError {
        StoreError::Corrupt { table: self.table, column, id: self.id }
    }

    /// Reads a value that may be absent.
    pub(super) fn read<T>(
        self,
        column: &'static str,
        stored: Option<&str>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        stored.map(|stored| read(stored).ok_or_else(|| self.corrupt(column))).transpose()
    }
}

impl ProfileRow {
    pub(super) fn profile(self, place: Place) -> Result<Profile, StoreError> {
        Ok(Profile {
            birthday: place
                .read("birthday", self.birthday.as_deref(), |stored| stored.parse().ok())?,
            gender: place.read("gender", self.gender.as_deref(), Gender::from_name)?,
            country: place.read("country", self.country.as_deref(), Country::from_alpha2)?,
            email: self.email.map(EmailAddress::from_stored),
            secondary_email: self.secondary_email.map(EmailAddress::from_stored),
            firstname: self.firstname,
            lastname: self.lastname,
            phone_number: self.phone_number.map(PhoneNumber::from_stored),
            city: self.city,
            street: self.street,
            zip_code: self.zip_code,
            picture: self.picture,
        })
    }
}

/// The same columns as they are written.
pub(super) struct ProfileValues<'a> {
    pub(super) email: Option<&'a str>,
    pub(super) email_key: Option<String>,
    pub(super) secondary_email: Option<&'a str>,
    pub(super) secondary_email_key: Option<String>,
    pub(super) phone_number: Option<&'a str>,
    pub(super) birthday: Option<String>,
    pub(super) gender: Option<&'static str>,
    pub(super) country: Option<&'static str>,
}

impl<'a> From<&'a Profile> for ProfileValues<'a> {
    fn from(profile: &'a Profile) -> Self {
        let (email, second) = (profile.email.as_ref(), profile.secondary_email.as_ref());
        Self {
            email: email.map(EmailAddress::as_str),
            email_key: email.map(EmailAddress::key),
            secondary_email: second.map(EmailAddress::as_str),
            secondary_email_key: second.map(EmailAddress::key),
            phone_number: profile.phone_number.as_ref().map(PhoneNumber::as_str),
            birthday: profile.birthday.map(|day| day.to_string()),
            gender: profile.gender.map(Gender::name),
            country: profile.country.map(Country::alpha2),
        }
    }
}
