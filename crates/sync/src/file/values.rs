//! The values of cells: what a text must be to be a date, an amount, a country, a list of cards.

use std::borrow::Cow;

use celes::Country as Known;
use regulars_customer::{Gender, card::CardNumber};
use regulars_kernel::{Country, Currency, Money, Timestamp, money::MoneyError};

use super::{
    guard::unguarded,
    json,
    settings::{DecimalSign, Options},
};

/// What is wrong with a value: a stable word and a sentence.
pub(super) type Refusal = (&'static str, String);

fn invalid<T>(message: impl Into<String>) -> Result<T, Refusal> {
    Err(("invalid", message.into()))
}

/// A value of a record of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    /// There is nothing.
    Null,
    /// A cell of CSV: nobody says whether it is a text or a number.
    Typed(Cow<'a, str>),
    /// A text of JSON.
    Text(Cow<'a, str>),
    /// Another value of JSON, as it stands there.
    Json(Cow<'a, str>),
}

impl<'a> Cell<'a> {
    /// A cell of CSV; none where it is empty.
    pub(super) fn of_csv(cell: &'a str) -> Option<Self> {
        let text = unguarded(cell.trim());
        (!text.is_empty()).then_some(Self::Typed(Cow::Borrowed(text)))
    }

    /// The text of a JSON value; an empty text is none, as an empty cell is.
    pub(super) fn of_json(value: &'a str) -> Option<Self> {
        if value == "null" {
            return Some(Self::Null);
        }
        match json::string(value) {
            Some(text) => (!text.is_empty()).then_some(Self::Text(text)),
            None => Some(Self::Json(Cow::Borrowed(value))),
        }
    }

    /// As a text; none where there is nothing.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Null => None,
            Self::Typed(text) | Self::Text(text) | Self::Json(text) => Some(text.as_ref()),
        }
    }

    /// As the text of a JSON value.
    pub(super) fn json(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Typed(text) => Some(json::typed(text)),
            Self::Text(text) => Some(json::quoted(text)),
            Self::Json(text) => Some(text.clone().into_owned()),
        }
    }
}

/// Yes or no, in English and German.
pub(super) fn flag(text: &str) -> Result<bool, Refusal> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "x" | "ja" | "j" | "wahr" | "subscribed" => Ok(true),
        "false" | "no" | "n" | "0" | "nein" | "falsch" | "unsubscribed" | "not_subscribed" => {
            Ok(false)
        }
        _ => invalid("Expected true or false (yes or no, ja or nein, 1 or 0)."),
    }
}

/// A whole number. `1,000` is a thousand to some and one to others, and refused.
pub(super) fn whole(text: &str) -> Result<i64, Refusal> {
    let number = match text.split_once(['.', ',']) {
        Some((number, "0" | "00")) => number,
        _ => text,
    };
    number.parse().or_else(|_error| invalid("Expected a whole number, such as 150."))
}

/// A date as records have it: `2026-11-30`.
pub(super) fn date(text: &str, options: &Options) -> Result<chrono::NaiveDate, Refusal> {
    options.dates.read(text).map_err(|sentence| ("date", sentence))
}

/// An instant.
pub(super) fn instant(text: &str, options: &Options) -> Result<Timestamp, Refusal> {
    options.dates.read_instant(text, options.zone).map_err(|sentence| ("date", sentence))
}

/// A currency's code.
pub(super) fn currency(text: &str) -> Result<Currency, Refusal> {
    regulars_kernel::money::typed_currency(text)
        .or_else(|_unknown| invalid("Expected the three letters of a currency, such as EUR."))
}

/// An amount of 0 or more, as a decimal of major units with a point. Thousands may be set off only where the sign of decimals stands
/// behind them, since `1,234` is one and a bit to some and a thousand to others.
pub(super) fn amount(
    text: &str,
    of: Option<Currency>,
    decimal: DecimalSign,
) -> Result<String, Refusal> {
    let (sign, group) = match decimal {
        DecimalSign::Point => ('.', ','),
        DecimalSign::Comma => (',', '.'),
    };
    let plain = match text.split_once(sign) {
        Some((major, minor)) => {
            ungrouped(major, group).map(|major| Cow::Owned(format!("{major}.{minor}")))
        }
        None => (!text.contains(group)).then_some(Cow::Borrowed(text)),
    };
    let plain = plain.unwrap_or_default();
    let scaled = match of {
        Some(currency) => Money::parse(&plain, currency).map(Money::minor),
        None => regulars_kernel::money::scaled(&plain, 4),
    };
    match scaled {
        Ok(0..) => Ok(plain.into_owned()),
        Ok(_) => invalid("Expected an amount of 0 or more."),
        Err(MoneyError::TooPrecise) => {
            invalid("The amount has more decimal places than its currency.")
        }
        Err(MoneyError::TooLarge) => invalid("The amount is too large."),
        Err(MoneyError::NotANumber) => invalid(format!(
            "Expected an amount such as 12{sign}30, without a currency sign (setting decimalSign)."
        )),
    }
}

/// `1,234` without its commas, where each stands before three digits.
fn ungrouped(major: &str, group: char) -> Option<Cow<'_, str>> {
    let mut parts = major.split(group);
    let first = parts.next()?;
    let rest: Vec<_> = parts.collect();
    if rest.is_empty() {
        return Some(Cow::Borrowed(major));
    }
    let whole = (1..=3).contains(&first.len()) && rest.iter().all(|part| part.len() == 3);
    whole.then(|| Cow::Owned(major.replace(group, "")))
}

/// A gender's name in the API.
pub(super) fn gender(text: &str) -> Result<&'static str, Refusal> {
    if let Ok(gender) = Gender::parse(text) {
        return Ok(gender.name());
    }
    let gender = match text.to_lowercase().as_str() {
        "m" | "man" | "männlich" | "maennlich" | "mann" => Gender::Male,
        "f" | "w" | "woman" | "weiblich" | "frau" => Gender::Female,
        "d" | "x" | "diverse" | "divers" | "non-binary" | "nonbinary" => Gender::Other,
        _ => return invalid("Expected MALE, FEMALE or OTHER (m, f or w, d)."),
    };
    Ok(gender.name())
}

/// What people call countries whose name in the standard is another: German names, and short English ones.
const COMMON: &[(&str, &str)] = &[
    ("belgien", "BE"),
    ("czech republic", "CZ"),
    ("dänemark", "DK"),
    ("deutschland", "DE"),
    ("finnland", "FI"),
    ("frankreich", "FR"),
    ("griechenland", "GR"),
    ("great britain", "GB"),
    ("großbritannien", "GB"),
    ("irland", "IE"),
    ("italien", "IT"),
    ("kanada", "CA"),
    ("kroatien", "HR"),
    ("luxemburg", "LU"),
    ("netherlands", "NL"),
    ("niederlande", "NL"),
    ("norwegen", "NO"),
    ("polen", "PL"),
    ("rumänien", "RO"),
    ("schweden", "SE"),
    ("schweiz", "CH"),
    ("slowakei", "SK"),
    ("slowenien", "SI"),
    ("spanien", "ES"),
    ("tschechien", "CZ"),
    ("the netherlands", "NL"),
    ("turkey", "TR"),
    ("türkei", "TR"),
    ("uk", "GB"),
    ("ungarn", "HU"),
    ("united kingdom", "GB"),
    ("united states", "US"),
    ("united states of america", "US"),
    ("usa", "US"),
    ("vereinigte staaten", "US"),
    ("vereinigtes königreich", "GB"),
    ("österreich", "AT"),
];

/// A country's two letters, from its letters or its name in English or German.
pub(super) fn country(text: &str) -> Result<&'static str, Refusal> {
    if let Ok(country) = Country::parse(text) {
        return Ok(country.alpha2());
    }
    let lower = text.to_lowercase();
    let common = COMMON.iter().find(|(name, _)| *name == lower).map(|(_, letters)| *letters);
    let letters = common.or_else(|| {
        // Not by the list's aliases: to it, Samoa is American Samoa.
        let known = Known::from_alpha3(text.to_uppercase()).ok();
        let named = || {
            let mut all = Known::get_countries().into_iter();
            all.find(|country| country.long_name.eq_ignore_ascii_case(text))
        };
        known.or_else(named).map(|country| country.alpha2)
    });
    match letters.and_then(Country::from_alpha2) {
        Some(country) => Ok(country.alpha2()),
        None => invalid("Expected a country by its two letters, such as DE."),
    }
}

/// What may stand between the card numbers of one cell.
const BETWEEN: [char; 5] = [';', ',', '|', '\n', '\r'];

/// Card numbers: a JSON list of texts, or texts with `;`, `,`, `|` or a line break between them.
pub(super) fn cards(text: &str) -> Result<Vec<String>, Refusal> {
    let listed: Option<Vec<Cow<'_, str>>> = text
        .starts_with('[')
        .then(|| json::list(text))
        .flatten()
        .and_then(|values| values.into_iter().map(json::string).collect());
    let cards: Vec<String> = match listed {
        Some(cards) => cards.into_iter().map(Cow::into_owned).collect(),
        None => text
            .split(BETWEEN)
            .map(str::trim)
            .filter(|card| !card.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    for card in &cards {
        CardNumber::parse(card).map_err(|rule| ("invalid", rule.to_string()))?;
    }
    Ok(cards)
}

/// The cell that [`cards`] reads as these.
pub(super) fn cell_of_cards(cards: &[String]) -> String {
    let plain = |card: &String| {
        !card.is_empty()
            && card.trim() == card
            && !card.starts_with(['[', '\''])
            && !card.contains(BETWEEN)
    };
    if !cards.is_empty() && cards.iter().all(plain) {
        return cards.join(";");
    }
    serde_json::Value::from(cards.to_vec()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_never_guessed() {
        let (point, comma) = (DecimalSign::Point, DecimalSign::Comma);
        let read = |text: &str, sign| amount(text, Some(Currency::EUR), sign).ok();
        for (text, by_point, by_comma) in [
            ("12.30", Some("12.30"), None),
            ("12,30", None, Some("12.30")),
            ("1,234.50", Some("1234.50"), None),
            ("1.234,50", None, Some("1234.50")),
            ("1.234.567,8", None, Some("1234567.8")),
            ("12,34,5.00", None, None),
            ("12", Some("12"), Some("12")),
            ("1,234", None, None),
            ("1.234", None, None),
            ("-1.00", None, None),
            ("€ 5", None, None),
            ("1e2", None, None),
        ] {
            assert_eq!(read(text, point).as_deref(), by_point, "{text} by point");
            assert_eq!(read(text, comma).as_deref(), by_comma, "{text} by comma");
        }
        assert_eq!(amount("1.5", Some(Currency::JPY), point).unwrap_err().0, "invalid");
    }

    #[test]
    fn words_of_both_languages_are_understood() {
        for (text, letters) in [
            ("de", "DE"),
            ("DEU", "DE"),
            ("Germany", "DE"),
            ("Deutschland", "DE"),
            ("Österreich", "AT"),
            ("USA", "US"),
            ("United Kingdom", "GB"),
        ] {
            assert_eq!(country(text), Ok(letters), "{text}");
        }
        assert!(country("Atlantis").is_err() && country("D").is_err());
        assert_eq!(
            (gender("w"), gender("male"), gender("Divers")),
            (Ok("FEMALE"), Ok("MALE"), Ok("OTHER"))
        );
        assert!(gender("?").is_err());
        assert_eq!((flag("Ja"), flag("no"), flag("TRUE")), (Ok(true), Ok(false), Ok(true)));
        assert!(flag("maybe").is_err());
        assert_eq!((whole("150"), whole("2.00"), whole("-3")), (Ok(150), Ok(2), Ok(-3)));
        assert!(["1.5", "1.", "1,000", "1.000", "", "+"].iter().all(|text| whole(text).is_err()));
    }

    #[test]
    fn cards_are_listed_in_one_cell() {
        for (text, list) in [
            ("1234-5", vec!["1234-5"]),
            ("A 1; A 2 |A3,A4", vec!["A 1", "A 2", "A3", "A4"]),
            ("[\"a;b\", \"c\"]", vec!["a;b", "c"]),
            ("[]", vec![]),
        ] {
            let read = cards(text).unwrap();
            assert_eq!(read, list);
            assert_eq!(cards(&cell_of_cards(&read)), Ok(read));
        }
        assert!(cards("--").is_err());
    }
}
