//! Countries: ISO 3166-1 alpha-2.

use std::{fmt, sync::LazyLock};

use crate::Rule;

/// A country of ISO 3166-1, by its two letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(&'static str);

/// Kosovo's letters are in common use but not assigned by the standard.
const UNASSIGNED: &str = "XK";

static ALL: LazyLock<Vec<Country>> = LazyLock::new(|| {
    let mut all: Vec<_> = celes::Country::get_countries()
        .into_iter()
        .map(|country| Country(country.alpha2))
        .filter(|country| country.0 != UNASSIGNED)
        .collect();
    all.sort_unstable();
    all.dedup();
    all
});

impl Country {
    /// Every country, by its letters.
    pub fn all() -> &'static [Self] {
        &ALL
    }

    /// The two letters, upper case.
    pub const fn alpha2(self) -> &'static str {
        self.0
    }

    /// The country of exactly these two upper-case letters.
    pub fn from_alpha2(letters: &str) -> Option<Self> {
        let all = Self::all();
        all.binary_search_by(|country| country.0.cmp(letters))
            .ok()
            .and_then(|index| all.get(index))
            .copied()
    }

    /// Reads two letters in any case; refuses what the standard does not assign.
    pub fn parse(text: &str) -> Result<Self, Rule> {
        Self::from_alpha2(&text.trim().to_ascii_uppercase())
            .ok_or_else(|| Rule::InvalidChoice(text.trim().to_owned()))
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_assigns_249_pairs_of_letters() {
        assert_eq!(Country::all().len(), 249);
        assert!(Country::all().iter().all(|country| country.0.len() == 2
            && country.0.bytes().all(|byte| byte.is_ascii_uppercase())));
    }

    #[test]
    fn letters_are_read_in_any_case() {
        for (text, expected) in [("DE", "DE"), (" us ", "US"), ("gB", "GB")] {
            assert_eq!(Country::parse(text).unwrap().alpha2(), expected);
        }
        for text in ["", "ZZ", "DEU", "Germany", "XK", "D", "ДЕ"] {
            assert_eq!(Country::parse(text), Err(Rule::InvalidChoice(text.to_owned())));
        }
    }
}
