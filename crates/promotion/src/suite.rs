//! The suite that every implementation of [`PromotionStore`] passes: in memory, and on each database.
//!
//! [`run`] loads a small world of two tenants through a [`Fixture`] and compares every answer with what the rows say.

#![expect(clippy::unwrap_used, reason = "a port that fails fails its suite")]

mod campaign;
mod offer;

use std::{collections::BTreeSet, sync::Arc};

use chrono::NaiveTime;
use regulars_customer::{LoyaltyId, Membership, NewPerson, Person, Profile, Sharing};
use regulars_kernel::{
    CampaignId, Currency, MerchantId, Money, OfferId, PageRequest, PersonId, ProductId, Scope,
    StoreAccess, StoreGroupId, StoreId, Timestamp,
    page::{PageArguments, cut},
};
use regulars_merchant::{Archived, Merchant, MerchantStore, Weekdays, suite as merchants};

use crate::{
    Campaign, Discount, Offer, OfferFilter, Place, Places, PromotionStore, RedemptionCode, Status,
    Target, Terms,
};

/// The rows that a fixture puts down, ids included.
#[derive(Clone, Debug)]
pub struct World {
    /// Tenants, stores, groups, products, and who joined whom (a live [`membership`] each).
    pub below: merchants::World,
    /// Every campaign; offers hold the same.
    pub campaigns: Vec<Arc<Campaign>>,
    /// The offers.
    pub offers: Vec<Offer>,
}

/// The ports that the suite looks at: this crate's, and that of the places and products that promotions name.
pub trait Ports: PromotionStore + MerchantStore {}

impl<T: PromotionStore + MerchantStore> Ports for T {}

/// What the suite needs of an implementation.
pub trait Fixture {
    /// Puts the rows down, in place of those that are there.
    fn load(&mut self, world: &World);

    /// Opens a transaction in a scope and lets the suite work in it.
    fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn Ports));

    /// Opens a transaction that writes, and lets the suite work in it.
    fn write(&mut self, scope: Scope, work: impl Fn(&mut dyn Ports) + Send + 'static);
}

/// A registered person without a past, for suites.
pub fn person(id: PersonId) -> Person {
    let profile = Profile { firstname: "Ada".to_owned(), ..Profile::default() };
    NewPerson::consumer(profile, LoyaltyId::from_entropy(id.get().unsigned_abs()), at(0))
        .with_id(id)
}

/// A live membership of [`person`], for suites.
pub fn membership(id: PersonId, merchant: MerchantId) -> Membership {
    Membership::of_account(&person(id), merchant, Sharing::Full, at(0))
}

/// Runs every check.
///
/// # Panics
/// Where the port answers anything else than the rows say.
pub fn run(fixture: &mut impl Fixture) {
    let world = world();
    fixture.load(&world);
    for scope in scopes(&world) {
        fixture.with(scope, &mut |store| {
            assert_eq!(PromotionStore::scope(store), scope);
            offers_by_id(store, &world);
            offers_per_merchant(store, &world);
            places(store, &world);
            lists(store, &world);
            campaign::lists(store, &world);
            named_products(store, &world);
        });
    }
    // What was named and is named no more, or to fewer people, is seen by fewer.
    let paused = changed(&world, |offer| offer.terms.status = Status::Paused);
    let emptied = changed(&world, |offer| offer.products.clear());
    for world in [paused, emptied] {
        fixture.load(&world);
        for scope in scopes(&world) {
            fixture.with(scope, &mut |store| named_products(store, &world));
        }
    }
    fixture.load(&world);
    campaign::writing(fixture, &world);
    offer::writing(fixture, &world);
}

fn changed(world: &World, change: fn(&mut Offer)) -> World {
    let mut world = world.clone();
    world.offers.iter_mut().for_each(change);
    world
}

/// Products are there for consumers as far as an offer in their reach names them.
fn named_products(store: &mut dyn Ports, world: &World) {
    let scope = PromotionStore::scope(store);
    let ids: Vec<_> = world.below.products.iter().map(|product| product.id).collect();
    let seen = world.below.products.iter().filter(|product| match scope {
        Scope::Merchant(merchant) => product.merchant == merchant,
        Scope::Person(person) => world.offers.iter().any(|offer| {
            let published = offer.terms.status != Status::Draft;
            offer.products.contains(&product.id)
                && (offer.is_live() || (published && joined(world, person, offer.merchant)))
        }),
        Scope::Platform => true,
    });
    let mut expected: Vec<_> = seen.cloned().collect();
    expected.sort_by_key(|product| product.id);
    let mut found = store.products(&ids).unwrap();
    found.sort_by_key(|product| product.id);
    assert_eq!(found, expected, "{scope:?}");
}

/// A registered person who is a customer of nobody.
const STRANGER: PersonId = PersonId::new(79);

fn scopes(world: &World) -> Vec<Scope> {
    let mut scopes: Vec<_> =
        world.below.merchants.iter().map(|merchant| Scope::Merchant(merchant.id)).collect();
    scopes.extend(world.below.joined.iter().map(|(person, _)| Scope::Person(*person)));
    scopes.extend([Scope::Person(STRANGER), Scope::Platform]);
    scopes
}

fn joined(world: &World, person: PersonId, merchant: MerchantId) -> bool {
    world.below.joined.contains(&(person, merchant))
}

fn offers_by_id(store: &mut dyn PromotionStore, world: &World) {
    let scope = store.scope();
    let mut ids: Vec<_> = world.offers.iter().map(|offer| offer.id).collect();
    ids.extend(ids.first().copied());
    ids.push(OfferId::new(999_999));
    let expected = kept(&world.offers, |offer| match scope {
        Scope::Merchant(merchant) => offer.merchant == merchant,
        Scope::Person(person) => {
            offer.is_live()
                || (offer.terms.status != Status::Draft && joined(world, person, offer.merchant))
        }
        Scope::Platform => true,
    });
    assert_eq!(by_id(store.offers(&ids).unwrap()), by_id(expected), "{scope:?}");
    assert_eq!(store.offers(&[]).unwrap(), Vec::new());
}

fn offers_per_merchant(store: &mut dyn PromotionStore, world: &World) {
    let scope = store.scope();
    let mut ids: Vec<_> = world.below.merchants.iter().map(|merchant| merchant.id).collect();
    ids.push(MerchantId::new(999_999));
    let windows = [None, Some(at(-20)), Some(at(0)), Some(at(500)), Some(at(1_000))];
    for (running_at, most) in windows.into_iter().flat_map(|at| [(at, 2), (at, 1_000)]) {
        let mut expected = Vec::new();
        for merchant in &ids {
            let own = kept(&world.offers, |offer| {
                offer.merchant == *merchant
                    && !offer.terms.archived
                    && scope.merchant().is_none_or(|own| own == *merchant)
                    && (scope.person().is_none() || offer.is_live())
                    && running_at.is_none_or(|at| offer.is_live() && offer.terms.window_holds(at))
            });
            expected.extend(by_id(own).into_iter().rev().take(usize::from(most)));
        }
        let answer = store.offers_per_merchant(&ids, running_at, most).unwrap();
        assert_eq!(answer, by_id(expected), "{scope:?} {running_at:?} {most}");
    }
}

fn places(store: &mut dyn PromotionStore, world: &World) {
    let scope = store.scope();
    let below = &world.below;
    let ids: Vec<_> = below.merchants.iter().map(|merchant| merchant.id).collect();
    let some = below.stores.iter().step_by(2).map(|store| store.id).collect();
    for within in [StoreAccess::All, StoreAccess::Only(some), StoreAccess::Only(Vec::new())] {
        let mut expected: Vec<(MerchantId, Place)> = Vec::new();
        for row in &below.stores {
            let merchant = below.merchants.iter().find(|merchant| merchant.id == row.merchant);
            let reached = scope.merchant().is_none_or(|own| own == row.merchant);
            if !row.is_live() || !reached || !within.includes(row.id) {
                continue;
            }
            let groups = below.store_groups.iter().filter(|group| group.stores.contains(&row.id));
            let place = Place {
                store: Some(row.id),
                groups: groups.map(|group| group.id).collect(),
                zone: row.zone(merchant.unwrap()),
                day_starts_at: row.day_starts_at,
            };
            expected.push((row.merchant, place));
        }
        let sorted = |mut places: Vec<(MerchantId, Place)>| {
            places.sort_by_key(|(_, place)| place.store);
            for (_, place) in &mut places {
                place.groups.sort_unstable();
            }
            places
        };
        let answer = store.places_per_merchant(&ids, &within).unwrap();
        assert_eq!(sorted(answer), sorted(expected), "{scope:?} {within:?}");
    }
    assert_eq!(store.places_per_merchant(&[], &StoreAccess::All).unwrap(), Vec::new());
}

fn lists(store: &mut dyn PromotionStore, world: &World) {
    let scope = store.scope();
    let listed = kept(&world.offers, |offer| match scope {
        Scope::Merchant(merchant) => offer.merchant == merchant,
        Scope::Person(person) => offer.is_live() && joined(world, person, offer.merchant),
        Scope::Platform => true,
    });
    for filter in filters() {
        let place = filter.store.and_then(|id| place_of(world, id));
        let place = place.as_ref().map(|(merchant, groups)| (*merchant, groups.as_slice()));
        let rows = kept(&listed, |offer| filter.admits(offer, place));
        let count = store.count_offers(&filter).unwrap();
        assert_eq!(count, u64::try_from(rows.len()).unwrap(), "{scope:?} {filter:?}");
        for order in ["", "-pk", "name", "-startTime,name", "startTime", "-createdAt,-pk"] {
            pages(store, &filter, &rows, order);
        }
    }
}

fn place_of(world: &World, id: StoreId) -> Option<(MerchantId, Vec<StoreGroupId>)> {
    let store = world.below.stores.iter().find(|store| store.id == id)?;
    let groups = world.below.store_groups.iter().filter(|group| group.stores.contains(&id));
    Some((store.merchant, groups.map(|group| group.id).collect()))
}

/// Walks the list from both ends in small steps.
fn pages(store: &mut dyn PromotionStore, filter: &OfferFilter, rows: &[Offer], order: &str) {
    for backward in [false, true] {
        let mut cursor = None;
        loop {
            let (first, last) = if backward { (None, Some(2)) } else { (Some(2), None) };
            let (before, after) = if backward { (cursor, None) } else { (None, cursor) };
            let order_by = Some(order.to_owned());
            let arguments =
                PageArguments { first, last, before, after, order_by, ..PageArguments::default() };
            let request = PageRequest::parse(&arguments, "offers").unwrap();
            let page = store.list_offers(filter, &request).unwrap();
            let expected = cut(rows.to_vec(), &request);
            assert_eq!(page, expected, "{:?} {filter:?} {arguments:?}", store.scope());
            let end = if backward { page.items.first() } else { page.items.last() };
            cursor = end.map(|row| request.order.cursor(&request.order.position(row)));
            if !page.has_next && !page.has_previous {
                break;
            }
        }
    }
}

fn filters() -> Vec<OfferFilter> {
    let text = |text: &str| Some(text.to_owned());
    let all = || OfferFilter { archived: Archived::Included, ..OfferFilter::default() };
    let in_store = |id| OfferFilter { store: Some(StoreId::new(id)), ..all() };
    let mut filters = vec![
        OfferFilter::default(),
        all(),
        OfferFilter { archived: Archived::Only, ..all() },
        OfferFilter { name: text("100% Süß"), ..all() },
        OfferFilter { name: text("100% süß"), ..all() },
        OfferFilter { name_icontains: text("SÜß"), ..all() },
        OfferFilter { name_icontains: text("0%"), ..all() },
        OfferFilter { name_icontains: text("a_b"), ..all() },
        OfferFilter { name_icontains: text("'"), ..all() },
        OfferFilter { campaign: Some(CampaignId::new(501)), ..all() },
        OfferFilter { campaign: Some(CampaignId::new(999_999)), ..all() },
        OfferFilter { merchant: Some(MerchantId::new(62)), ..all() },
    ];
    filters.extend(Status::ALL.map(|status| OfferFilter { status: Some(status), ..all() }));
    filters.extend(
        Discount::TYPES
            .map(|kind| OfferFilter { offer_type: text(kind), ..OfferFilter::default() }),
    );
    filters.extend([100, 102, 106, 200, 999_999].map(in_store));
    filters
}

fn kept(rows: &[Offer], keep: impl Fn(&Offer) -> bool) -> Vec<Offer> {
    rows.iter().filter(|row| keep(row)).cloned().collect()
}

fn by_id(mut rows: Vec<Offer>) -> Vec<Offer> {
    rows.sort_by_key(|row| row.id);
    let distinct: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(distinct.len(), rows.len(), "a row came twice");
    rows
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_760_000_000 + seconds)
}

/// The merchants' world with campaigns and offers that differ in everything that a port reads or filters by.
pub fn world() -> World {
    let below = merchants::world();
    let (mut campaigns, mut offers) = (Vec::new(), Vec::new());
    for (merchant, base) in below.merchants.iter().zip([0, 100]) {
        let own = campaigns_of(merchant, base);
        offers.extend(offers_of(merchant, base, &own));
        campaigns.extend(own);
    }
    World { below, campaigns, offers }
}

fn campaigns_of(merchant: &Merchant, base: i64) -> Vec<Arc<Campaign>> {
    let stores = if base == 0 { 100 } else { 200 };
    let plain = Campaign {
        id: CampaignId::new(base + 501),
        merchant: merchant.id,
        name: "Sommer".to_owned(),
        status: Status::Active,
        start_time: None,
        end_time: None,
        places: Places::default(),
        extra_info: None,
        archived: false,
        created_at: at(1),
        updated_at: at(2),
    };
    let narrow = Campaign {
        id: CampaignId::new(base + 502),
        start_time: Some(at(-10)),
        end_time: Some(at(1_000)),
        places: Places {
            stores: vec![StoreId::new(stores)],
            groups: vec![StoreGroupId::new(if base == 0 { 301 } else { 304 })],
        },
        extra_info: Some("{\"a\":1}".to_owned()),
        ..plain.clone()
    };
    let paused =
        Campaign { id: CampaignId::new(base + 503), status: Status::Paused, ..plain.clone() };
    let archived = Campaign { id: CampaignId::new(base + 504), archived: true, ..plain.clone() };
    [plain, narrow, paused, archived].map(Arc::new).into()
}

fn offers_of(merchant: &Merchant, base: i64, campaigns: &[Arc<Campaign>]) -> Vec<Offer> {
    let store = |n: i64| StoreId::new(if base == 0 { 100 } else { 200 } + n);
    let group = StoreGroupId::new(if base == 0 { 301 } else { 304 });
    let product = ProductId::new(if base == 0 { 401 } else { 403 });
    let offer = |n: i64, name: &str| Offer {
        id: OfferId::new(base + 600 + n),
        merchant: merchant.id,
        campaign: None,
        name: name.to_owned(),
        short_description: None,
        long_description: None,
        terms_and_conditions: None,
        discount: Discount::Percentage(200_000),
        num_of_items: None,
        placement: None,
        code: RedemptionCode::Autogenerated,
        redemption_expiration_days: None,
        earn_points: true,
        stackable: false,
        terms: Terms::open(),
        products: Vec::new(),
        // Two of a kind each, so that orders have ties to break.
        created_at: at(100 - n / 2),
        updated_at: at(200),
    };
    let places = |stores: &[StoreId], groups: &[StoreGroupId]| Places {
        stores: stores.to_vec(),
        groups: groups.to_vec(),
    };
    let in_campaign = |n, campaign: usize| {
        let campaign = campaigns.get(campaign).cloned();
        Offer { campaign, ..offer(n, "a_b") }
    };
    let money = Money::new(500, merchant.currency);
    let full = Offer {
        campaign: campaigns.first().cloned(),
        short_description: Some("short".to_owned()),
        long_description: Some("long".to_owned()),
        terms_and_conditions: Some("small print".to_owned()),
        discount: Discount::FixedAmount(money),
        num_of_items: Some(3),
        placement: Some("top".to_owned()),
        code: RedemptionCode::Fixed("SUMMER".to_owned()),
        redemption_expiration_days: Some(7),
        earn_points: false,
        stackable: true,
        products: vec![product],
        terms: Terms {
            status: Status::Active,
            start_time: Some(at(-1_000)),
            end_time: Some(at(1_000)),
            day_start_time: NaiveTime::from_hms_opt(22, 0, 0),
            day_end_time: NaiveTime::from_hms_opt(2, 30, 15),
            weekdays: Weekdays::from_bits(0b10_0100).unwrap(),
            places: places(&[store(0), store(2)], &[group]),
            enrollment_limit: Some(10),
            repeatable: false,
            repeat_delay_hours: Some(24),
            target: Some(Target::parse(r#"[["gender","exact","MALE"]]"#).unwrap()),
            minimum_spend: Some(Money::new(1_000, Currency::USD)),
            weather: Some("rain".to_owned()),
            extra_info: Some("{\"b\":2}".to_owned()),
            archived: false,
        },
        ..offer(0, "100% Süß")
    };
    let with = |n, change: &dyn Fn(&mut Terms)| {
        let mut offer = offer(n, "100% süß");
        change(&mut offer.terms);
        offer
    };
    vec![
        full,
        in_campaign(1, 1),
        in_campaign(2, 2),
        in_campaign(3, 3),
        with(4, &|terms| terms.status = Status::Draft),
        with(5, &|terms| terms.status = Status::Paused),
        with(6, &|terms| terms.status = Status::Ended),
        with(7, &|terms| terms.archived = true),
        with(8, &|terms| terms.places = places(&[store(2)], &[])),
        with(9, &|terms| terms.places = places(&[], &[group])),
        with(10, &|terms| terms.start_time = Some(at(500))),
        Offer { discount: Discount::Bogo(1), ..offer(11, "Zoë's") },
        Offer {
            terms: Terms { places: places(&[store(0)], &[]), ..Terms::open() },
            ..in_campaign(12, 1)
        },
        Offer {
            terms: Terms { places: places(&[store(2)], &[]), ..Terms::open() },
            ..in_campaign(13, 1)
        },
    ]
}
