//! What is wrong with an input: which field broke which rule. All failing fields are reported at once.

use std::fmt;

use crate::text::beginning;

/// The rule that a value broke. Its `Display` is the sentence that people read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A value is needed.
    Required,
    /// Not one of the values there are; carries the refused one, of which the sentence repeats the beginning.
    InvalidChoice(String),
    /// More characters than fit.
    MaxLength {
        /// How many fit.
        max: usize,
        /// How many came.
        actual: usize,
    },
    /// Not an e-mail address.
    Email,
    /// Not a phone number of the international numbering plan (E.164).
    Phone,
    /// Not a calendar date.
    Date,
    /// Someone has this e-mail already.
    EmailTaken,
    /// The two passwords differ.
    PasswordMismatch,
    /// Fewer characters than a password needs; carries the least number.
    PasswordTooShort(usize),
    /// A password that everybody tries first.
    PasswordTooCommon,
    /// A password of digits alone.
    PasswordEntirelyNumeric,
    /// A password that resembles the named field.
    PasswordTooSimilar(&'static str),
    /// Someone has this e-mail already, told of a second address.
    SecondaryEmailTaken,
    /// Wrong password.
    InvalidPassword,
    /// No such login, or a wrong password: never says which.
    InvalidCredentials,
    /// A token that is not ours, was used, or was revoked.
    InvalidToken,
    /// A token past its time.
    ExpiredToken,
    /// Whoever asks is not logged in.
    Unauthenticated,
    /// The e-mail address of the account was not proved yet.
    NotVerified,
    /// The e-mail address of the account was proved before.
    AlreadyVerified,
    /// The account has no second address.
    SecondaryEmailRequired,
    /// The account has a password: it is changed or reset, not set.
    PasswordAlreadySet,
    /// A password or a number that was tried too often; carries the seconds after which it may be tried again.
    TooManyAttempts(u32),
    /// The record is of somebody who was erased, and is not brought back.
    Erased,
    /// There is no such object for whoever asks; the sentence says which.
    Absent(String),
    /// Anything else; the sentence says what is wrong and what would be right.
    Invalid(String),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => f.write_str("This field is required."),
            Self::InvalidChoice(value) => {
                let value = beginning(value);
                write!(f, "Select a valid choice. {value} is not one of the available choices.")
            }
            Self::MaxLength { max, actual } => {
                write!(f, "Ensure this value has at most {max} characters (it has {actual}).")
            }
            Self::Email => f.write_str("Enter a valid email address."),
            Self::Phone => {
                f.write_str("Enter a valid phone number in international form (e.g. +12015550123).")
            }
            Self::Date => f.write_str("Enter a valid date."),
            Self::EmailTaken => f.write_str("User with this Email already exists."),
            Self::PasswordMismatch => f.write_str("The two password fields didn\u{2019}t match."),
            Self::PasswordTooShort(least) => write!(
                f,
                "This password is too short. It must contain at least {least} characters."
            ),
            Self::PasswordTooCommon => f.write_str("This password is too common."),
            Self::PasswordEntirelyNumeric => f.write_str("This password is entirely numeric."),
            Self::PasswordTooSimilar(field) => {
                write!(f, "The password is too similar to the {field}.")
            }
            Self::SecondaryEmailTaken => f.write_str("A user with that email already exists."),
            Self::InvalidPassword => f.write_str("Invalid password."),
            Self::InvalidCredentials => f.write_str("Please, enter valid credentials."),
            Self::InvalidToken => f.write_str("Invalid token."),
            Self::ExpiredToken => f.write_str("Expired token."),
            Self::Unauthenticated => f.write_str("Unauthenticated."),
            Self::NotVerified => f.write_str("Please verify your account."),
            Self::AlreadyVerified => f.write_str("Account already verified."),
            Self::SecondaryEmailRequired => {
                f.write_str("You need to setup a secondary email to proceed.")
            }
            Self::PasswordAlreadySet => f.write_str("Password already set for account."),
            Self::TooManyAttempts(seconds) => {
                let unit = if *seconds == 1 { "second" } else { "seconds" };
                write!(f, "Too many attempts. Try again in {seconds} {unit}.")
            }
            Self::Erased => f.write_str(
                "The customer of this source and id was erased. Nobody brings them back but they themselves, by \
                 joining; for another customer leave the source out.",
            ),
            Self::Absent(sentence) | Self::Invalid(sentence) => f.write_str(sentence),
        }
    }
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The argument at fault, by its name in the API (`phoneNumber`); `None` where it is no single one.
    pub field: Option<&'static str>,
    /// What is wrong with it.
    pub rule: Rule,
}

/// Everything that is wrong with an input, in the order it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// Nothing wrong so far.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// One broken rule of a field.
    pub fn of(field: &'static str, rule: Rule) -> Self {
        Self(vec![Violation { field: Some(field), rule }])
    }

    /// One broken rule of the input as a whole.
    pub fn of_input(rule: Rule) -> Self {
        Self(vec![Violation { field: None, rule }])
    }

    /// Notes one more broken rule of a field.
    pub fn add(&mut self, field: &'static str, rule: Rule) {
        self.0.push(Violation { field: Some(field), rule });
    }

    /// Notes one more broken rule of the input as a whole.
    pub fn add_to_input(&mut self, rule: Rule) {
        self.0.push(Violation { field: None, rule });
    }

    /// Keeps a checked value, or notes why it was refused.
    pub fn check<T>(&mut self, field: &'static str, value: Result<T, Rule>) -> Option<T> {
        value.map_err(|rule| self.add(field, rule)).ok()
    }

    /// Takes over what another check found.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether nothing is wrong.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The broken rules, in the order they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.0.iter()
    }

    /// `Ok` where nothing is wrong.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Violation { field, rule }) in self.0.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            match field {
                Some(field) => write!(f, "{gap}{field}: {rule}")?,
                None => write!(f, "{gap}{rule}")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}
