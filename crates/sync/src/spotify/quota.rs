//! How many people an app may have.

/// The most people of an app in development mode.
pub const DEVELOPMENT_PEOPLE: u64 = 5;

/// Which quota Spotify gave an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// That of every new app.
    Development,
    /// That of a registered business with 250,000 monthly users.
    Extended,
}

impl Mode {
    /// The names in settings.
    pub(super) const NAMES: &'static [&'static str] = &["development", "extended"];

    /// The mode of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "development" => Some(Self::Development),
            "extended" => Some(Self::Extended),
            _ => None,
        }
    }

    /// How much of the quota so many links are, in words; none where there is no end to it.
    pub fn note(self, links: u64) -> Option<String> {
        match self {
            Self::Development => Some(format!("{links} of {DEVELOPMENT_PEOPLE} people are linked")),
            Self::Extended => None,
        }
    }

    /// Whether nobody else can be linked.
    pub const fn is_full(self, links: u64) -> bool {
        match self {
            Self::Development => links >= DEVELOPMENT_PEOPLE,
            Self::Extended => false,
        }
    }

    pub(super) const fn told(self) -> &'static str {
        match self {
            Self::Development => {
                "Development mode: at most 5 people can link their account, each entered in Spotify's dashboard under User Management; e-mail, country and subscription are not told."
            }
            Self::Extended => "Extended quota: as many people as there are can link their account.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_people_are_all_of_development_mode() {
        assert_eq!(Mode::Development.note(3).as_deref(), Some("3 of 5 people are linked"));
        assert!(!Mode::Development.is_full(4) && Mode::Development.is_full(5));
        assert!(Mode::Extended.note(6).is_none() && !Mode::Extended.is_full(1_000_000));
        for name in Mode::NAMES {
            assert!(Mode::from_name(name).is_some());
        }
    }
}
