//! How the engine takes what a connection brings: the settings that every kind of source has.

use regulars_kernel::Country;
use regulars_merchant::EntitySource;
use serde_json::{Map, Value};

/// How the records of a connection are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which rank its fields have against other sources' (engine rule 10): the lower number keeps a field. What people here wrote has rank 0.
    pub rank: u32,
    /// Whether an e-mail address counts as a sign of who somebody is: where the source says that it was proved, or the merchant
    /// vouches for all of them (engine rules 13 and 14).
    pub trust_emails: TrustEmails,
    /// Whether a record with an invalid value is refused as a whole; else that value alone is passed over (engine rule 16).
    pub strict: bool,
    /// Whether an empty value clears a field that the source owns.
    pub empty_clears: bool,
    /// By which country's rules national phone numbers are read.
    pub country: Option<Country>,
    /// Whether orders earn points (rule 12).
    pub earns: bool,
    /// The channels whose orders earn; empty: those that were sold online.
    pub channels: Vec<String>,
    /// The store in which its orders count.
    pub store: Option<i64>,
    /// How many profiles may share a value before it is no sign of anybody (engine rule 14).
    pub shared_by: u32,
}

/// Whose word counts for an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustEmails {
    /// Nobody's: addresses are kept, and say nothing of who somebody is.
    Never,
    /// The source's, where it says that it was proved.
    Verified,
    /// The merchant vouches for every address.
    Always,
}

impl TrustEmails {
    /// The value in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Verified => "verified",
            Self::Always => "always",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Never, Self::Verified, Self::Always].into_iter().find(|one| one.name() == name)
    }
}

/// The rank of a source, where the merchant says nothing (engine rule 10).
const fn usual_rank(source: EntitySource) -> u32 {
    match source {
        EntitySource::Pos => 10,
        EntitySource::Shopify => 20,
        EntitySource::Salesforce => 30,
        EntitySource::File => 40,
        EntitySource::Spotify => 50,
        EntitySource::Api => 35,
        EntitySource::Square
        | EntitySource::Hubspot
        | EntitySource::Stripe
        | EntitySource::Woocommerce => 38,
    }
}

impl Policy {
    /// What a connection's settings say; what they leave out is as usual for its kind.
    pub fn of(source: EntitySource, settings: &Map<String, Value>) -> Self {
        let text = |name: &str| settings.get(name).and_then(Value::as_str);
        let flag = |name: &str| settings.get(name).and_then(Value::as_bool);
        let number = |name: &str| settings.get(name).and_then(Value::as_u64);
        let file = source == EntitySource::File;
        let usual_trust = match source {
            EntitySource::File | EntitySource::Pos | EntitySource::Api => TrustEmails::Always,
            _ => TrustEmails::Never,
        };
        let channels = settings.get("channels").or_else(|| settings.get("earnChannels"));
        let channels = channels.and_then(Value::as_array);
        // What a vendor's own word says of addresses is one of the three ways.
        let usual_trust = match flag("trustVerifiedEmail") {
            Some(true) => TrustEmails::Verified,
            Some(false) | None => usual_trust,
        };
        Self {
            rank: number("rank")
                .and_then(|rank| u32::try_from(rank).ok())
                .filter(|rank| *rank > 0)
                .unwrap_or(usual_rank(source)),
            trust_emails: text("trustEmails")
                .and_then(TrustEmails::from_name)
                .unwrap_or(usual_trust),
            strict: flag("strict").unwrap_or(file),
            empty_clears: flag("emptyClears").unwrap_or(!file),
            country: text("country").and_then(Country::from_alpha2),
            earns: flag("ordersEarn").unwrap_or(!file),
            channels: channels
                .into_iter()
                .flatten()
                .filter_map(|channel| channel.as_str().map(str::to_owned))
                .collect(),
            store: settings.get("storeId").and_then(Value::as_i64),
            shared_by: number("sharedBy").and_then(|most| u32::try_from(most).ok()).unwrap_or(3),
        }
    }
}
