//! The outside systems that rows come from.

/// The system that a row was taken over from; rows without one were made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "they are what they are called")]
pub enum EntitySource {
    Shopify,
    Salesforce,
    Spotify,
    File,
    Pos,
    Api,
    Square,
    Hubspot,
    Stripe,
    Woocommerce,
}

impl EntitySource {
    /// Every source there is, in the order of the API.
    pub const ALL: [Self; 10] = [
        Self::Shopify,
        Self::Salesforce,
        Self::Spotify,
        Self::File,
        Self::Pos,
        Self::Api,
        Self::Square,
        Self::Hubspot,
        Self::Stripe,
        Self::Woocommerce,
    ];

    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shopify => "SHOPIFY",
            Self::Salesforce => "SALESFORCE",
            Self::Spotify => "SPOTIFY",
            Self::File => "FILE",
            Self::Pos => "POS",
            Self::Api => "API",
            Self::Square => "SQUARE",
            Self::Hubspot => "HUBSPOT",
            Self::Stripe => "STRIPE",
            Self::Woocommerce => "WOOCOMMERCE",
        }
    }

    /// The source of exactly that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_found_by_its_name_alone() {
        for source in EntitySource::ALL {
            assert_eq!(EntitySource::from_name(source.name()), Some(source));
            assert_eq!(EntitySource::from_name(&source.name().to_lowercase()), None);
        }
    }
}
