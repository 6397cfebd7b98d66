//! Stores: the places where things are sold.

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use regulars_kernel::{
    Actor, Denied, MerchantId, Page, PageRequest, StoreId, Timestamp, Violations,
    page::{Keyed, Order, SortField, SortKey},
    text::{MAX_CHARS, check, fold},
};

use crate::{Archived, Merchant, MerchantError, MerchantStore, business_date::business_date};

/// A place of a merchant where things are sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// The key.
    pub id: StoreId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// What people call it.
    pub name: String,
    /// Where it is on the map, as the merchant writes it (`52.5200,13.4050`).
    pub location: Option<String>,
    /// Where it is reached.
    pub phone_number: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// The part of the country.
    pub state: Option<String>,
    /// The town.
    pub city: Option<String>,
    /// Street and number.
    pub street: Option<String>,
    /// The postal code.
    pub zip_code: Option<String>,
    /// The tax on what is sold there, in parts per million: 190000 is 19 %.
    pub tax_rate: Option<i64>,
    /// Its clock, where that is not the merchant's (rule 26).
    pub time_zone: Option<Tz>,
    /// When its business day begins (rule 26).
    pub day_starts_at: NaiveTime,
    /// Sales older than so many hours earn pending (rule 26).
    pub late_hours: i32,
    /// Open for business at all; not so while it is shut for the season.
    pub is_active: bool,
    /// Given up.
    pub archived: bool,
    /// The merchant's own fields: a JSON text.
    pub extra_info: Option<String>,
    /// When it was put down here.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Store {
    /// Hours after which a sale is late where the store has not said (rule 26).
    pub const DEFAULT_LATE_HOURS: i32 = 72;

    /// Consumers see live stores alone: neither given up nor shut.
    pub const fn is_live(&self) -> bool {
        self.is_active && !self.archived
    }

    /// The clock on its wall: its own, else its merchant's (rule 26).
    pub fn zone(&self, merchant: &Merchant) -> Tz {
        self.time_zone.unwrap_or(merchant.time_zone)
    }

    /// The business date that a sale at this instant belongs to (rule 26).
    pub fn business_date(&self, merchant: &Merchant, at: Timestamp) -> NaiveDate {
        business_date(self.zone(merchant), self.day_starts_at, at)
    }

    /// The parts of the address that there are, on one line: street, zip code and city, country.
    pub fn address(&self) -> Option<String> {
        let part =
            |text: &Option<String>| text.as_deref().map(str::trim).unwrap_or_default().to_owned();
        let town = format!("{} {}", part(&self.zip_code), part(&self.city)).trim().to_owned();
        let mut parts = vec![part(&self.street), town, part(&self.country)];
        parts.retain(|part| !part.is_empty());
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Which stores. Absent is no filter; so is an empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct StoreFilter {
    /// Exactly this name.
    pub name: Option<String>,
    /// This within the name, whatever the case.
    pub name_icontains: Option<String>,
    /// Exactly this city.
    pub city: Option<String>,
    /// This within the city, whatever the case.
    pub city_icontains: Option<String>,
    /// Open for business, or not.
    pub is_active: Option<bool>,
    /// In use, archived, or both.
    pub archived: Archived,
}

impl StoreFilter {
    /// The same filter without what filters nothing: empty texts. Refuses NUL and over-long texts.
    pub fn checked(mut self) -> Result<Self, Violations> {
        let mut wrong = Violations::new();
        for (argument, text) in [
            ("name", &mut self.name),
            ("name_Icontains", &mut self.name_icontains),
            ("city", &mut self.city),
            ("city_Icontains", &mut self.city_icontains),
        ] {
            text.take_if(|text| text.is_empty());
            if let Some(text) = text {
                wrong.check(argument, check(text, MAX_CHARS));
            }
        }
        wrong.into_result()?;
        Ok(self)
    }

    /// Whether a store passes. What a port answers is defined by this.
    pub fn admits(&self, store: &Store) -> bool {
        let within = |term: &Option<String>, text: &str| {
            term.as_deref().is_none_or(|term| fold(text).contains(&fold(term)))
        };
        let city = store.city.as_deref();
        self.name.as_ref().is_none_or(|name| *name == store.name)
            && within(&self.name_icontains, &store.name)
            && self.city.as_deref().is_none_or(|wanted| city == Some(wanted))
            && within(&self.city_icontains, city.unwrap_or_default())
            && self.is_active.is_none_or(|active| active == store.is_active)
            && self.archived.admits(store.archived)
    }
}

/// What a list of stores can be ordered by, beside the pk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreSort {
    /// By name, whatever the case.
    Name,
    /// By the instant it was put down here.
    CreatedAt,
}

impl SortField for StoreSort {
    const LIST: &'static str = "stores";

    fn from_name(name: &str) -> Option<Self> {
        Self::all().iter().copied().find(|field| field.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::CreatedAt => "createdAt",
        }
    }

    fn all() -> &'static [Self] {
        &[Self::Name, Self::CreatedAt]
    }

    fn default_order() -> Order<Self> {
        Order { terms: Vec::new(), pk_descending: false }
    }
}

impl Keyed<StoreSort> for Store {
    fn sort_key(&self, field: StoreSort) -> SortKey {
        match field {
            StoreSort::Name => SortKey::Text(fold(&self.name)),
            StoreSort::CreatedAt => SortKey::Int(self.created_at.micros()),
        }
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// Lists show a merchant's people their merchant's stores, and consumers the live stores of the merchants they joined.
/// Platform staff have no merchant whose stores a list could show: they ask by id.
fn require_lister(actor: &Actor) -> Result<(), Denied> {
    match actor {
        Actor::Consumer { .. } | Actor::Staff { .. } | Actor::System { .. } => Ok(()),
        Actor::Anonymous | Actor::Platform { .. } => Err(Denied),
    }
}

/// A page of the stores that the asker lists.
pub fn list(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    filter: StoreFilter,
    page: &PageRequest<StoreSort>,
) -> Result<Page<Store>, MerchantError> {
    require_lister(actor)?;
    Ok(tx.list_stores(&filter.checked()?, page)?)
}

/// How many stores [`list`] has on all its pages.
pub fn count(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    filter: StoreFilter,
) -> Result<u64, MerchantError> {
    require_lister(actor)?;
    Ok(tx.count_stores(&filter.checked()?)?)
}

/// The stores of those ids that the asker sees, in no order: their own merchant's for a merchant's people; for consumers
/// the live ones of any merchant, and those of merchants they joined in any state (old orders name them); all for
/// platform staff.
pub fn list_by_ids(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    ids: &[StoreId],
) -> Result<Vec<Store>, MerchantError> {
    actor.require_known()?;
    Ok(tx.stores(ids)?)
}

/// One store. A consumer gets live ones alone, of any merchant.
pub fn get(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    id: StoreId,
) -> Result<Store, MerchantError> {
    let store = list_by_ids(tx, actor, &[id])?.pop().ok_or(MerchantError::StoreNotFound)?;
    let hidden = matches!(actor, Actor::Consumer { .. }) && !store.is_live();
    if hidden { Err(MerchantError::StoreNotFound) } else { Ok(store) }
}
