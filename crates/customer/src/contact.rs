//! How a person is reached: e-mail addresses and phone numbers. A value of these types is valid.

use std::fmt;

use email_address::Options;
use phonenumber::Mode;
use regulars_kernel::{Rule, text};

use crate::country::Country;

/// The most characters of an e-mail address (RFC 5321).
pub const MAX_EMAIL_CHARS: usize = 254;
/// The most characters of a phone number as it is typed.
const MAX_PHONE_CHARS: usize = 40;

/// An e-mail address as it was typed. Two that differ in case alone are the same: compare by [`EmailAddress::key`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address: a mailbox at a domain of at least two labels, without a display name.
    pub fn parse(typed: &str) -> Result<Self, Rule> {
        let typed = typed.trim();
        text::check(typed, MAX_EMAIL_CHARS)?;
        if typed.chars().any(char::is_control) {
            return Err(Rule::Email);
        }
        let options =
            Options::default().with_required_tld().without_display_text().without_domain_literal();
        email_address::EmailAddress::parse_with_options(typed, options)
            .map_err(|_shape| Rule::Email)?;
        Ok(Self(typed.to_owned()))
    }

    /// Takes an address from a store, which keeps only what was parsed.
    pub const fn from_stored(address: String) -> Self {
        Self(address)
    }

    /// The address as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What makes two spellings the same address: folded.
    pub fn key(&self) -> String {
        Self::key_of(&self.0)
    }

    /// The key of a text that may be an address.
    pub fn key_of(text: &str) -> String {
        text::fold(text.trim())
    }

    /// Enough to recognise one's own address, too little to learn another's: `a***@e***.com`.
    pub fn masked(&self) -> String {
        let (mailbox, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let (host, tld) = domain.rsplit_once('.').unwrap_or((domain, ""));
        let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
        format!("{}***@{}***.{tld}", first(mailbox), first(host))
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A phone number of the international numbering plan, as E.164 writes it: `+491712345678`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads a number in international form (`+49 171 2345678`, `0049 171…`), or in national form where a country is
    /// given to read it by. Asks for an existing country code and a possible length, not for a range that is in use
    /// today: new ranges open faster than tables are renewed.
    pub fn parse(typed: &str, national_in: Option<Country>) -> Result<Self, Rule> {
        let typed = typed.trim();
        text::check(typed, MAX_PHONE_CHARS)?;
        let spelled = typed.chars().all(|c| c.is_ascii_digit() || PUNCTUATION.contains(&c));
        // `+49 (0)171` is how many people write a number that is dialled either way.
        let mut dialled = typed.replace("(0)", "");
        if let Some(rest) = dialled.strip_prefix("00") {
            dialled = format!("+{rest}");
        }
        if !spelled || (dialled.starts_with('+') && !plain_digits(&dialled)) {
            return Err(Rule::Phone);
        }
        let country = national_in.and_then(|country| country.alpha2().parse().ok());
        if country.is_none() && !dialled.starts_with('+') {
            return Err(Rule::Phone);
        }
        let number = phonenumber::parse(country, &dialled).map_err(|_shape| Rule::Phone)?;
        if !is_possible(&number) {
            return Err(Rule::Phone);
        }
        Ok(Self(number.format().mode(Mode::E164).to_string()))
    }

    /// Takes a number from a store, which keeps only what was parsed.
    pub const fn from_stored(e164: String) -> Self {
        Self(e164)
    }

    /// `+` and up to fifteen digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits with the country code, without the plus sign.
    pub fn international_digits(&self) -> &str {
        self.0.trim_start_matches('+')
    }

    /// The digits as they are dialled within the country, trunk prefix included: `01712345678`.
    pub fn national_digits(&self) -> String {
        phonenumber::parse(None, &self.0).map_or_else(
            |_shape| self.international_digits().to_owned(),
            |number| {
                let national = number.format().mode(Mode::National).to_string();
                national.chars().filter(char::is_ascii_digit).collect()
            },
        )
    }

    /// The last four digits.
    pub fn last_four(&self) -> &str {
        self.0.len().checked_sub(4).and_then(|start| self.0.get(start..)).unwrap_or(&self.0)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What people write between the digits of a phone number.
pub(crate) const PUNCTUATION: [char; 8] = ['+', '-', '(', ')', '.', '/', ' ', '\u{a0}'];

fn plain_digits(dialled: &str) -> bool {
    !dialled.trim_start_matches('+').contains('+') && dialled.chars().any(|c| c.is_ascii_digit())
}

fn is_possible(number: &phonenumber::PhoneNumber) -> bool {
    let national = number.national().to_string();
    let Ok(length) = u16::try_from(national.len()) else {
        return false;
    };
    let regions = phonenumber::metadata::DATABASE.by_code(&number.code().value());
    regions.is_some_and(|regions| {
        regions
            .iter()
            .any(|region| region.descriptors().general().possible_length().contains(&length))
    })
}
