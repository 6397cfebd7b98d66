//! How a person is reached: e-mail addresses and phone numbers. A value of these types is valid.

use std::fmt;

use email_address::Options;
use phonenumber::Mode;
use regulars_kernel::{Rule, text};

use crate::Country;

/// The most characters of an e-mail address (RFC 5321).
pub const MAX_EMAIL_CHARS: usize = 254;
/// The most characters of a phone number as it is typed.
const MAX_PHONE_CHARS: usize = 40;
/// The most digits of a number, country code included (E.164 §6.1).
const MOST_DIGITS: usize = 15;

/// An e-mail address as it was typed. Two that differ in case alone are the same: compare by [`EmailAddress::key`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address: a mailbox at a domain of at least two labels, without a display name.
    pub fn parse(typed: &str) -> Result<Self, Rule> {
        let typed = typed.trim();
        text::check_line(typed, MAX_EMAIL_CHARS)?;
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
        text::check_line(typed, MAX_PHONE_CHARS)?;
        let spelled = typed.chars().all(|c| c.is_ascii_digit() || PUNCTUATION.contains(&c));
        // `+49 (0)171` is how many people write a number that is dialled either way.
        let mut dialled = typed.replace("(0)", "");
        if let Some(rest) = dialled.strip_prefix("00") {
            dialled = format!("+{rest}");
        }
        if !spelled || dialled.chars().skip(1).any(|c| c == '+') {
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
        let number = Self(number.format().mode(Mode::E164).to_string());
        // Some countries' plans name no greatest length; the international one does.
        if number.international_digits().len() > MOST_DIGITS {
            Err(Rule::Phone)
        } else {
            Ok(number)
        }
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
            |number| national_digits(&number),
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

/// Reads the numbering plans of all countries into memory, which the first number would otherwise wait for: a tenth of a
/// second. For programs that serve requests, at their start.
pub fn load_numbering_plans() {
    let _plans: &phonenumber::metadata::Database = &phonenumber::metadata::DATABASE;
}

/// What people write between the digits of a phone number.
pub(crate) const PUNCTUATION: [char; 8] = ['+', '-', '(', ')', '.', '/', ' ', '\u{a0}'];

/// The tables of the countries that share a number's code; the main one first.
fn regions(number: &phonenumber::PhoneNumber) -> Vec<&'static phonenumber::Metadata> {
    phonenumber::metadata::DATABASE.by_code(&number.code().value()).unwrap_or_default()
}

fn is_possible(number: &phonenumber::PhoneNumber) -> bool {
    let national = number.national().to_string();
    regions(number).iter().any(|region| region.descriptors().general().is_match(&national))
}

/// What is dialled at home. The library leaves the trunk prefix of a range that it does not know yet away: it is that of
/// the country, unless the country writes its numbers without.
fn national_digits(number: &phonenumber::PhoneNumber) -> String {
    if number.is_valid() {
        let written = number.format().mode(Mode::National).to_string();
        return written.chars().filter(char::is_ascii_digit).collect();
    }
    let main = regions(number).into_iter().next();
    let trunk = main
        .filter(|region| region.formats().iter().any(|format| format.national_prefix().is_some()))
        .and_then(phonenumber::Metadata::national_prefix);
    format!("{}{}", trunk.unwrap_or_default(), number.national())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_keeps_its_typed_form_and_is_compared_folded() {
        let typed = EmailAddress::parse("  Ada.Lovelace@Example.COM ").unwrap();
        assert_eq!(typed.as_str(), "Ada.Lovelace@Example.COM");
        assert_eq!(typed.key(), "ada.lovelace@example.com");
        assert_eq!(typed.key(), EmailAddress::parse("ADA.lovelace@example.com").unwrap().key());
        assert_eq!(typed.masked(), "A***@E***.COM");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["a@b.de", "a+tag@sub.example.com", "müller@bücher.example", "o'neil@x.org"] {
            assert!(EmailAddress::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "a",
            "a@",
            "@b.de",
            "a@b",
            "a@b..de",
            "a b@c.de",
            "a@b@c.de",
            "Ada <a@b.de>",
            "a@[127.0.0.1]",
            "a\0@b.de",
            "a\u{7f}@b.de",
        ] {
            let parsed = EmailAddress::parse(text);
            assert!(parsed.is_err(), "{text:?} gave {parsed:?}");
        }
        assert_eq!(EmailAddress::parse(" a@b.de\n").unwrap().as_str(), "a@b.de");
        let long = format!("{}@example.com", "a".repeat(250));
        assert_eq!(EmailAddress::parse(&long), Err(Rule::MaxLength { max: 254, actual: 262 }));
    }

    #[test]
    fn a_number_is_stored_as_e164() {
        let germany = Country::from_alpha2("DE");
        for (typed, country, stored) in [
            ("+49 171 2345678", None, "+491712345678"),
            ("+49 (0)171 / 234 56-78", None, "+491712345678"),
            ("0049 171 2345678", None, "+491712345678"),
            ("0171 2345678", germany, "+491712345678"),
            ("(030) 123456", germany, "+4930123456"),
            ("+1 (201) 555-0123", None, "+12015550123"),
            ("+1 555 123 4567", None, "+15551234567"),
            ("201-555-0123", Country::from_alpha2("US"), "+12015550123"),
            ("+44 20 7946 0958", germany, "+442079460958"),
            ("+39 06 1234 5678", None, "+390612345678"),
            ("+800 1234 5678", None, "+80012345678"),
        ] {
            assert_eq!(PhoneNumber::parse(typed, country).unwrap().as_str(), stored, "{typed}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for typed in [
            "",
            "+",
            "++491712345678",
            "0171 2345678",
            "12345",
            "+49",
            "+4912",
            "+999 1712345678",
            "+49 171 2345678 99999999",
            "+4917123456789012345",
            "+1234567890123456",
            "+49171abc",
            "phone",
            "+49 171\0",
            "+1 201 555 012",
            "+49 171 +2345678",
            "tel:+491712345678",
            "+49 171 2345678 ext. 5",
            "٠١٧١٢٣٤٥٦٧٨",
        ] {
            assert!(PhoneNumber::parse(typed, None).is_err(), "{typed:?}");
        }
    }

    #[test]
    fn a_number_is_dialled_with_its_trunk_prefix_at_home() {
        for (stored, national) in [
            ("+491712345678", "01712345678"),
            ("+12015550123", "2015550123"),
            ("+442079460958", "02079460958"),
            ("+390612345678", "0612345678"),
        ] {
            let number = PhoneNumber::from_stored(stored.to_owned());
            assert_eq!(number.national_digits(), national);
        }
        let number = PhoneNumber::from_stored("+491712345678".to_owned());
        assert_eq!((number.international_digits(), number.last_four()), ("491712345678", "5678"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_parsers(text in "\\PC{0,40}", digits in "[+0-9() ./-]{0,30}") {
            for country in [None, Country::from_alpha2("DE"), Country::from_alpha2("US")] {
                for typed in [&text, &digits] {
                    if let Ok(number) = PhoneNumber::parse(typed, country) {
                        prop_assert!(number.as_str().len() <= 16);
                        let again = PhoneNumber::parse(number.as_str(), None);
                        prop_assert_eq!(again, Ok(number.clone()));
                        prop_assert!(!number.national_digits().is_empty());
                    }
                }
            }
            let _read = EmailAddress::parse(&text);
        }
    }
}
