//! Stores: the places where things are sold.

pub mod change;

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use regulars_kernel::{
    Actor, MerchantId, Page, PageRequest, StoreId, Timestamp, Violations,
    page::{KeyKind, Keyed, Order, SortField, SortKey},
    text::{MAX_CHARS, clean, fold},
};

use crate::{Archived, Merchant, MerchantError, MerchantStore, business_date::business_date};

/// What a till needs, to redeem for a customer (rule 21).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TillRedemption {
    /// A code that the customer shows.
    Code,
    /// The customer's loyalty id alone.
    LoyaltyId,
}

impl TillRedemption {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Code, Self::LoyaltyId];

    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "CODE",
            Self::LoyaltyId => "LOYALTY_ID",
        }
    }

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|needed| needed.name() == name)
    }
}

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
    /// What a till needs to redeem (rule 21); open: a code of registered customers, the loyalty id of managed ones.
    pub till_redemption: Option<TillRedemption>,
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

    /// A live store of which no more is known: it goes by the merchant's clock, and its days begin at midnight.
    pub fn new(id: StoreId, merchant: MerchantId, name: &str, now: Timestamp) -> Self {
        Self {
            id,
            merchant,
            name: name.to_owned(),
            location: None,
            phone_number: None,
            country: None,
            state: None,
            city: None,
            street: None,
            zip_code: None,
            tax_rate: None,
            time_zone: None,
            day_starts_at: NaiveTime::MIN,
            late_hours: Self::DEFAULT_LATE_HOURS,
            till_redemption: None,
            is_active: true,
            archived: false,
            extra_info: None,
            created_at: now,
            updated_at: now,
        }
    }

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
    /// The same filter without what filters nothing: empty texts, and spaces around them. Refuses control characters and
    /// over-long texts.
    pub fn checked(mut self) -> Result<Self, Violations> {
        let mut wrong = Violations::new();
        for (argument, text) in [
            ("name", &mut self.name),
            ("name_Icontains", &mut self.name_icontains),
            ("city", &mut self.city),
            ("city_Icontains", &mut self.city_icontains),
        ] {
            if let Some(typed) = text.take() {
                *text = wrong.check(argument, clean(&typed, MAX_CHARS)).flatten();
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

    fn kind(self) -> KeyKind {
        match self {
            Self::Name => KeyKind::Text,
            Self::CreatedAt => KeyKind::Int,
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

/// A page of the stores that the asker lists.
pub fn list(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    filter: StoreFilter,
    page: &PageRequest<StoreSort>,
) -> Result<Page<Store>, MerchantError> {
    actor.require_lister()?;
    let mut stores = tx.list_stores(&filter.checked()?, page)?;
    hide_records(actor, &mut stores.items);
    Ok(stores)
}

/// How many stores [`list`] has on all its pages.
pub fn count(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    filter: StoreFilter,
) -> Result<u64, MerchantError> {
    actor.require_lister()?;
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
    let mut stores = tx.stores(ids)?;
    hide_records(actor, &mut stores);
    Ok(stores)
}

/// What a merchant notes of a store is not for consumers.
fn hide_records(actor: &Actor, stores: &mut [Store]) {
    if actor.require_consumer().is_ok() {
        for store in stores {
            store.extra_info = None;
        }
    }
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

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};
    use regulars_kernel::{Classify, ErrorKind, OfferId, PersonId, Rule, Scope, StoreAccess};

    use super::*;
    use crate::{
        memory::{Memory, Namer, Naming},
        product,
        suite::world,
    };

    const MERCHANT: MerchantId = MerchantId::new(61);
    const ADA: PersonId = PersonId::new(71);

    fn memory() -> Memory {
        let (memory, world) = (Memory::new(), world());
        world.merchants.into_iter().for_each(|row| memory.put_merchant(row));
        world.stores.into_iter().for_each(|row| memory.put_store(row));
        for (person, merchant) in world.joined {
            memory.set_joined(person, merchant, true);
        }
        memory
    }

    fn cashier() -> Actor {
        let stores = StoreAccess::Only(vec![StoreId::new(100)]);
        Actor::cashier(MERCHANT, PersonId::new(63), stores)
    }

    #[test]
    fn who_lists_which_stores() {
        let consumer = Actor::Consumer { person: ADA };
        let platform = Actor::Platform { person: PersonId::new(1) };
        for (actor, listed) in [
            (cashier(), Some(5)),
            (Actor::system(MERCHANT), Some(5)),
            (consumer, Some(4)),
            (platform, None),
            (Actor::Anonymous, None),
        ] {
            let mut tx = memory().scoped(actor.require_known().unwrap_or(Scope::Platform));
            let filter = StoreFilter::default;
            let page = list(&mut tx, &actor, filter(), &PageRequest::first(100));
            let counted = count(&mut tx, &actor, filter());
            if let Some(rows) = listed {
                assert_eq!(page.unwrap().items.len(), rows, "{actor:?}");
                assert_eq!(counted.unwrap(), u64::try_from(rows).unwrap(), "{actor:?}");
            } else {
                assert_eq!(page.unwrap_err().kind(), ErrorKind::PermissionDenied);
                assert_eq!(counted.unwrap_err().kind(), ErrorKind::PermissionDenied);
            }
        }
    }

    #[test]
    fn consumers_do_not_see_what_a_merchant_notes() {
        let memory = memory();
        let noted = world().products.into_iter().find(|row| row.extra_info.is_some());
        let noted = noted.unwrap();
        memory.put_product(noted.clone());
        memory.set_named(Namer::Offer(OfferId::new(1)), [(noted.id, Naming::ToEveryone)]);
        for (actor, sees) in [(cashier(), true), (Actor::Consumer { person: ADA }, false)] {
            let mut tx = memory.scoped(actor.require_known().unwrap());
            let page = PageRequest::first(1);
            let listed = list(&mut tx, &actor, StoreFilter::default(), &page).unwrap().items;
            let found = get(&mut tx, &actor, StoreId::new(100)).unwrap();
            assert_eq!(listed, std::slice::from_ref(&found));
            assert_eq!(found.extra_info.is_some(), sees, "{actor:?}");
            let product = product::list_by_ids(&mut tx, &actor, &[noted.id]).unwrap().pop();
            let product = product.unwrap();
            assert_eq!(product.name, noted.name);
            let records = (product.extra_info, product.entity_source, product.entity_source_id);
            let shown = (records.0.is_some(), records.1.is_some(), records.2.is_some());
            assert_eq!(shown, (sees, sees, sees), "{actor:?}");
        }
    }

    #[test]
    fn who_gets_which_store() {
        let consumer = Actor::Consumer { person: ADA };
        let platform = Actor::Platform { person: PersonId::new(1) };
        // 100 and 200 are live, 103 and 203 shut, 104 and 204 archived; 61 owns the hundreds, and Ada is its customer.
        for (actor, seen) in [
            (cashier(), &[100, 103, 104][..]),
            (consumer, &[100, 200][..]),
            (platform, &[100, 103, 104, 200, 203, 204][..]),
        ] {
            let mut tx = memory().scoped(actor.require_known().unwrap());
            for id in [100, 103, 104, 200, 203, 204, 999] {
                let answer = get(&mut tx, &actor, StoreId::new(id));
                if seen.contains(&id) {
                    assert_eq!(answer.unwrap().id.get(), id);
                } else {
                    let kind = answer.unwrap_err().kind();
                    assert_eq!(kind, ErrorKind::DoesNotExist, "{actor:?} {id}");
                }
            }
        }
        let mut tx = memory().scoped(Scope::Platform);
        let refusal = get(&mut tx, &Actor::Anonymous, StoreId::new(100)).unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::PermissionDenied);
    }

    #[test]
    fn an_archived_store_stays_readable_in_a_consumers_history() {
        let consumer = Actor::Consumer { person: ADA };
        let mut tx = memory().scoped(Scope::Person(ADA));
        let found = list_by_ids(&mut tx, &consumer, &[StoreId::new(104), StoreId::new(204)]);
        let found: Vec<_> = found.unwrap().iter().map(|store| store.id.get()).collect();
        assert_eq!(found, [104]);
    }

    #[test]
    fn an_empty_text_filters_nothing_and_nul_is_refused_by_name() {
        let typed = |text: &str| StoreFilter {
            name: Some(text.to_owned()),
            name_icontains: Some(text.to_owned()),
            city: Some(text.to_owned()),
            city_icontains: Some(text.to_owned()),
            ..StoreFilter::default()
        };
        for blank in ["", " ", "\t\n", &" ".repeat(MAX_CHARS + 1)] {
            assert_eq!(typed(blank).checked().unwrap(), StoreFilter::default());
        }
        let padded = format!("{}a\n", " ".repeat(MAX_CHARS));
        assert_eq!(typed(&padded).checked().unwrap(), typed("a"));
        let nul = || Some("a\0".to_owned());
        let filter = StoreFilter {
            name: nul(),
            name_icontains: Some("x".repeat(MAX_CHARS + 1)),
            city: nul(),
            city_icontains: nul(),
            ..StoreFilter::default()
        };
        let wrong = filter.checked().unwrap_err();
        let fields: Vec<_> = wrong.iter().map(|violation| violation.field.unwrap()).collect();
        assert_eq!(fields, ["name", "name_Icontains", "city", "city_Icontains"]);
        let long = Rule::MaxLength { max: MAX_CHARS, actual: MAX_CHARS + 1 };
        assert!(wrong.iter().any(|violation| violation.rule == long));
    }

    #[test]
    fn the_address_is_one_line_of_what_there_is() {
        let store = |street: &str, zip: &str, city: &str, country: &str| Store {
            street: Some(street.to_owned()),
            zip_code: Some(zip.to_owned()),
            city: Some(city.to_owned()),
            country: Some(country.to_owned()),
            ..world().stores.remove(0)
        };
        for (parts, address) in [
            (("Domstr. 1", "50667", "Köln", "DE"), Some("Domstr. 1, 50667 Köln, DE")),
            (("", "50667", "", "DE"), Some("50667, DE")),
            ((" ", "", "Köln", ""), Some("Köln")),
            (("", "", "", ""), None),
        ] {
            let (street, zip, city, country) = parts;
            assert_eq!(store(street, zip, city, country).address().as_deref(), address);
        }
    }

    #[test]
    fn rule_26_a_stores_own_clock_wins_over_its_merchants() {
        let world = world();
        let merchant = world.merchants.first().unwrap();
        let own = world.stores.first().unwrap();
        let inherited = Store { time_zone: None, ..own.clone() };
        assert_eq!(own.zone(merchant), Tz::Europe__Lisbon);
        assert_eq!(inherited.zone(merchant), merchant.time_zone);
        // 04:00 in Berlin is 03:00 in Lisbon; both stores' days start at 04:30.
        let at = DateTime::parse_from_rfc3339("2026-06-05T02:45:00Z").unwrap().to_utc().into();
        let day = |day| NaiveDate::from_ymd_opt(2026, 6, day).unwrap();
        assert_eq!(own.business_date(merchant, at), day(4));
        assert_eq!(inherited.business_date(merchant, at), day(5));
    }
}
