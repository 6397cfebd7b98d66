//! What offers and loyalty cards have in common: where, when, to whom and how often.

pub mod change;
pub mod run;

use chrono::NaiveTime;
use regulars_customer::segment::{self, Segment};
use regulars_kernel::{Money, Rule, StoreGroupId, StoreId, Timestamp};
use regulars_merchant::{Hours, Weekdays};

/// What a merchant has decided about an offer, a card or a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Being written: nobody but the merchant's people sees it.
    Draft,
    /// In force, within its terms.
    Active,
    /// Taken back for a while.
    Paused,
    /// Over for good.
    Ended,
}

impl Status {
    /// Every status, in the order of a life.
    pub const ALL: [Self; 4] = [Self::Draft, Self::Active, Self::Paused, Self::Ended];

    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Active => "ACTIVE",
            Self::Paused => "PAUSED",
            Self::Ended => "ENDED",
        }
    }

    /// The status of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// Where something runs: in these stores and in those of these groups. With neither it runs everywhere at its merchant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Stores, by ascending id.
    pub stores: Vec<StoreId>,
    /// Groups of stores, by ascending id.
    pub groups: Vec<StoreGroupId>,
}

impl Places {
    /// Whether every store of the merchant is meant.
    pub const fn is_everywhere(&self) -> bool {
        self.stores.is_empty() && self.groups.is_empty()
    }

    /// Whether a store is meant, given the groups it is in. Without a store only "everywhere" is.
    pub fn include(&self, store: Option<StoreId>, groups_of_store: &[StoreGroupId]) -> bool {
        self.is_everywhere()
            || store.is_some_and(|store| self.stores.contains(&store))
            || self.groups.iter().any(|group| groups_of_store.contains(group))
    }
}

/// Whom a merchant means: segmentation rules, parsed, with the text they came in (which the API shows again).
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    segment: Segment,
    source: String,
}

impl Target {
    /// Reads segmentation rules (rule 31) from their JSON text.
    pub fn parse(source: &str) -> Result<Self, Rule> {
        Ok(Self { segment: segment::parse_text(source)?, source: source.to_owned() })
    }

    /// The rules.
    pub const fn segment(&self) -> &Segment {
        &self.segment
    }

    /// The JSON text.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// The terms of an offer or a loyalty card (rules 23, 26 and 32).
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// What the merchant has decided.
    pub status: Status,
    /// From when; open: always was.
    pub start_time: Option<Timestamp>,
    /// Until when; this very instant is outside. Open: for ever.
    pub end_time: Option<Timestamp>,
    /// From what time of the day, by the store's clock; open: midnight.
    pub day_start_time: Option<NaiveTime>,
    /// Until what time of the day; open: midnight. An end before the start lies on the next day (rule 26).
    pub day_end_time: Option<NaiveTime>,
    /// On which days.
    pub weekdays: Weekdays,
    /// In which stores.
    pub places: Places,
    /// How often it may be redeemed in all; not negative.
    pub enrollment_limit: Option<i64>,
    /// Whether one customer may redeem it again.
    pub repeatable: bool,
    /// How many hours must lie between two redemptions of one customer; not negative.
    pub repeat_delay_hours: Option<i32>,
    /// To whom; open: everyone.
    pub target: Option<Target>,
    /// The least that a sale must come to. It decides about a sale, not about what is available.
    pub minimum_spend: Option<Money>,
    /// A note on the weather it is meant for. Shown, never decides (rule 32).
    pub weather: Option<String>,
    /// The merchant's own fields: a JSON text.
    pub extra_info: Option<String>,
    /// Given up.
    pub archived: bool,
}

impl Terms {
    /// Terms that refuse nobody anything: in force, everywhere, always.
    pub fn open() -> Self {
        Self {
            status: Status::Active,
            start_time: None,
            end_time: None,
            day_start_time: None,
            day_end_time: None,
            weekdays: Weekdays::EVERY_DAY,
            places: Places::default(),
            enrollment_limit: None,
            repeatable: true,
            repeat_delay_hours: None,
            target: None,
            minimum_spend: None,
            weather: None,
            extra_info: None,
            archived: false,
        }
    }

    /// The daily hours, if there are any.
    pub fn hours(&self) -> Option<Hours> {
        Hours::between(self.day_start_time, self.day_end_time)
    }

    /// What consumers of any merchant may see: in force and not given up. Whether it is available to them is another
    /// question ([`crate::eligibility`]).
    pub fn is_live(&self) -> bool {
        self.status == Status::Active && !self.archived
    }

    /// Whether an instant lies between start and end.
    pub fn window_holds(&self, at: Timestamp) -> bool {
        self.start_time.is_none_or(|start| start <= at) && self.end_time.is_none_or(|end| at < end)
    }

    /// What consumers may see of a merchant they joined, because their redemptions name it: whatever was published.
    pub fn is_published(&self) -> bool {
        self.status != Status::Draft
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_one_name() {
        for status in Status::ALL {
            assert_eq!(Status::from_name(status.name()), Some(status));
        }
        assert_eq!(Status::from_name("active"), None);
    }

    #[test]
    fn places_are_stores_and_groups_and_none_is_everywhere() {
        let [here, there] = [StoreId::new(1), StoreId::new(2)];
        let [town, country] = [StoreGroupId::new(1), StoreGroupId::new(2)];
        let places = |stores: &[StoreId], groups: &[StoreGroupId]| Places {
            stores: stores.to_vec(),
            groups: groups.to_vec(),
        };
        for (places, store, groups, included) in [
            (places(&[], &[]), Some(here), vec![], true),
            (places(&[], &[]), None, vec![], true),
            (places(&[here], &[]), Some(here), vec![], true),
            (places(&[here], &[]), Some(there), vec![], false),
            (places(&[here], &[]), None, vec![], false),
            (places(&[], &[town]), Some(here), vec![town, country], true),
            (places(&[], &[town]), Some(here), vec![country], false),
            (places(&[there], &[town]), Some(here), vec![town], true),
        ] {
            assert_eq!(places.include(store, &groups), included, "{places:?} {store:?}");
        }
    }

    #[test]
    fn a_target_keeps_its_text_and_refuses_what_is_none() {
        let text = r#"[ ["gender", "exact", "MALE"] ]"#;
        assert_eq!(Target::parse(text).unwrap().source(), text);
        for wrong in ["", "{", "[[\"shoe size\",\"exact\",44]]", "\"gender\""] {
            assert!(Target::parse(wrong).is_err(), "{wrong}");
        }
    }
}
