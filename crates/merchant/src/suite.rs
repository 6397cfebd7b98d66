//! The suite that every implementation of [`MerchantStore`] passes: in memory, and on each database.
//!
//! [`run`] loads a small world of two tenants through a [`Fixture`] and compares every answer with what the rows say.

#![expect(clippy::unwrap_used, reason = "a port that fails fails its suite")]

mod product;

use std::fmt::Debug;

use chrono::NaiveTime;
use chrono_tz::Tz;
use regulars_kernel::{
    Currency, MerchantId, Money, PageRequest, PersonId, ProductId, Scope, StoreError, StoreGroupId,
    StoreId, Timestamp,
    page::{PageArguments, cut},
};

use crate::{
    Archived, EntitySource, Merchant, MerchantStore, Product, RefundPolicy, Store, StoreFilter,
    StoreGroup, TillRedemption,
};

/// The rows that a fixture puts down, ids included.
#[derive(Clone, Debug)]
pub struct World {
    /// The tenants; each one's founder is the account of the same number.
    pub merchants: Vec<Merchant>,
    /// Their stores.
    pub stores: Vec<Store>,
    /// Their store groups.
    pub store_groups: Vec<StoreGroup>,
    /// Their products.
    pub products: Vec<Product>,
    /// Registered people and the merchants whose live customers they are.
    pub joined: Vec<(PersonId, MerchantId)>,
    /// Some of them, and products that an order of theirs names.
    pub named: Vec<(PersonId, ProductId)>,
}

/// What the suite needs of an implementation.
pub trait Fixture {
    /// Puts the rows down where there are none yet.
    fn load(&mut self, world: &World);

    /// Opens a transaction in a scope and lets the suite work in it.
    fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn MerchantStore));

    /// Opens a transaction that writes, and lets the suite work in it.
    fn write(&mut self, scope: Scope, work: impl Fn(&mut dyn MerchantStore) + Send + 'static);
}

const ADA: PersonId = PersonId::new(71);
const STRANGER: PersonId = PersonId::new(72);

/// Runs every check.
///
/// # Panics
/// Where the port answers anything else than the rows say.
pub fn run(fixture: &mut impl Fixture) {
    let world = world();
    fixture.load(&world);
    for scope in scopes(&world) {
        fixture.with(scope, &mut |store| {
            assert_eq!(store.scope(), scope);
            rows_by_id(store, &world);
            groups_per_store(store, &world);
            lists(store, &world);
            lists_of_groups(store, &world);
            product::lists(store, &world);
        });
    }
    writing(fixture, &world);
    product::writing(fixture, &world);
}

fn scopes(world: &World) -> Vec<Scope> {
    let mut scopes: Vec<_> =
        world.merchants.iter().map(|merchant| Scope::Merchant(merchant.id)).collect();
    scopes.extend([Scope::Person(ADA), Scope::Person(STRANGER), Scope::Platform]);
    scopes
}

fn rows_by_id(store: &mut dyn MerchantStore, world: &World) {
    let scope = store.scope();
    let reaches = |merchant| scope.merchant().is_none_or(|own| own == merchant);

    let ids = asked(world.merchants.iter().map(|row| row.id), MerchantId::new);
    let merchants = kept(&world.merchants, |row| reaches(row.id));
    same_rows(store.merchants(&ids), &merchants, |row| row.id.get());
    same_rows(store.merchants(&[]), &[], |row| row.id.get());

    let ids = asked(world.stores.iter().map(|row| row.id), StoreId::new);
    let stores = kept(&world.stores, |row| match scope {
        Scope::Person(person) => row.is_live() || world.joined.contains(&(person, row.merchant)),
        Scope::Merchant(_) | Scope::Platform => reaches(row.merchant),
    });
    same_rows(store.stores(&ids), &stores, |row| row.id.get());
    same_rows(store.stores(&[]), &[], |row| row.id.get());

    let ids = asked(world.store_groups.iter().map(|row| row.id), StoreGroupId::new);
    let groups = kept(&world.store_groups, |row| reaches_group(world, scope, row));
    same_rows(store.store_groups(&ids), &groups, |row| row.id.get());

    let ids = asked(world.products.iter().map(|row| row.id), ProductId::new);
    let products = kept(&world.products, |row| match scope {
        Scope::Person(person) => world.named.contains(&(person, row.id)),
        Scope::Merchant(_) | Scope::Platform => reaches(row.merchant),
    });
    same_rows(store.products(&ids), &products, |row| row.id.get());
}

fn reaches_group(world: &World, scope: Scope, group: &StoreGroup) -> bool {
    let is_live = |id: &StoreId| world.stores.iter().any(|row| row.id == *id && row.is_live());
    match scope {
        Scope::Merchant(merchant) => group.merchant == merchant,
        Scope::Person(person) => {
            world.joined.contains(&(person, group.merchant)) || group.stores.iter().any(is_live)
        }
        Scope::Platform => true,
    }
}

fn groups_per_store(store: &mut dyn MerchantStore, world: &World) {
    let scope = store.scope();
    let ids = asked(world.stores.iter().map(|row| row.id), StoreId::new);
    let expected: Vec<_> = world
        .stores
        .iter()
        .filter_map(|row| {
            let groups = kept(&world.store_groups, |group| {
                reaches_group(world, scope, group) && group.stores.contains(&row.id)
            });
            (!groups.is_empty()).then_some((row.id, groups))
        })
        .collect();
    same_rows(store.store_groups_per_store(&ids), &expected, |(id, _groups)| id.get());
}

fn lists_of_groups(store: &mut dyn MerchantStore, world: &World) {
    let scope = store.scope();
    let listed = kept(&world.store_groups, |row| match scope {
        Scope::Merchant(merchant) => row.merchant == merchant,
        Scope::Person(person) => world.joined.contains(&(person, row.merchant)),
        Scope::Platform => true,
    });
    let count = store.count_store_groups().unwrap();
    assert_eq!(count, u64::try_from(listed.len()).unwrap(), "{scope:?}");
    for order in ["pk", "-pk"] {
        for (first, offset) in [(1, None), (2, Some(1)), (100, None)] {
            let order_by = Some(order.to_owned());
            let arguments =
                PageArguments { first: Some(first), offset, order_by, ..PageArguments::default() };
            let request = PageRequest::parse(&arguments, "storeGroups").unwrap();
            let page = store.list_store_groups(&request).unwrap();
            assert_eq!(page, cut(listed.clone(), &request), "{scope:?} {arguments:?}");
        }
    }
}

/// Stores and groups are written within the merchant's own reach, and nowhere else.
/// What a merchant has decided, and decides anew.
fn settings(fixture: &mut impl Fixture, own: &Merchant, other: &Merchant) {
    let (own, other) = (own.clone(), other.clone());
    fixture.write(Scope::Merchant(own.id), move |store| {
        assert_eq!(store.find_merchant(own.id).unwrap(), Some(own.clone()));
        let changed = Merchant {
            num_of_order_discounts_allowed: 9,
            refund_policy: RefundPolicy::PendingOnly,
            claim_days: 1,
            refund_grace_days: 2,
            updated_at: Timestamp::from_seconds(79),
            ..own.clone()
        };
        store.update_merchant(&changed).unwrap();
        assert_eq!(store.find_merchant(own.id).unwrap(), Some(changed));
        store.update_merchant(&own).unwrap();
        assert_eq!(store.merchants(&[own.id]).unwrap(), std::slice::from_ref(&own));
        let out_of_reach = |answer: Result<(), StoreError>| {
            assert!(matches!(answer, Err(StoreError::OutOfScope(_))), "{answer:?}");
        };
        out_of_reach(store.find_merchant(other.id).map(drop));
        out_of_reach(store.update_merchant(&other));
    });
}

fn writing(fixture: &mut impl Fixture, world: &World) {
    let (own, other) = (world.merchants.first().unwrap(), world.merchants.last().unwrap());
    let model = world.stores.iter().find(|row| row.merchant == own.id).unwrap().clone();
    let new = Store { name: "Ünten 1".to_owned(), ..model };
    let theirs = world.store_groups.iter().find(|row| row.merchant == other.id).unwrap().clone();
    let (own, other, draft) = (own.clone(), other.clone(), new.clone());
    let reader = own.id;
    settings(fixture, &own, &other);
    fixture.write(Scope::Merchant(own.id), move |store| {
        let mut made = draft.clone();
        made.id = store.insert_store(&made).unwrap();
        assert_eq!(store.find_store(own.id, made.id).unwrap(), Some(made.clone()));
        let filter =
            StoreFilter { name_icontains: Some("üNTEN".to_owned()), ..StoreFilter::default() };
        assert_eq!(store.count_stores(&filter).unwrap(), 1);
        let bare = Store::new(made.id, own.id, "Öben", made.created_at);
        made = Store { archived: true, updated_at: Timestamp::from_seconds(77), ..bare };
        store.update_store(&made).unwrap();
        assert_eq!(store.find_store(own.id, made.id).unwrap(), Some(made.clone()));
        assert_eq!(store.count_stores(&filter).unwrap(), 0);
        let mut group = StoreGroup {
            name: "Both".to_owned(),
            stores: vec![StoreId::new(100), made.id],
            ..StoreGroup { merchant: own.id, ..theirs.clone() }
        };
        group.id = store.insert_store_group(&group).unwrap();
        assert_eq!(store.find_store_group(own.id, group.id).unwrap(), Some(group.clone()));
        group = StoreGroup {
            name: "One".to_owned(),
            stores: vec![made.id],
            updated_at: Timestamp::from_seconds(78),
            ..group
        };
        store.update_store_group(&group).unwrap();
        assert_eq!(store.store_groups(&[group.id]).unwrap(), [group.clone()]);
        group.stores = Vec::new();
        store.update_store_group(&group).unwrap();
        assert_eq!(store.find_store_group(own.id, group.id).unwrap(), Some(group.clone()));
        group.stores = vec![made.id];
        store.update_store_group(&group).unwrap();
        assert!(store.delete_store_group(own.id, group.id).unwrap());
        assert_eq!(store.find_store_group(own.id, group.id).unwrap(), None);
        // What is another's is not there.
        assert_eq!(store.find_store_group(own.id, theirs.id).unwrap(), None);
        let refused = |result: Result<(), StoreError>| {
            assert!(matches!(result, Err(StoreError::OutOfScope(_))), "{result:?}");
        };
        refused(store.find_store(other.id, made.id).map(drop));
        refused(store.insert_store(&Store { merchant: other.id, ..made.clone() }).map(drop));
        refused(store.update_store(&Store { id: StoreId::new(999_999), ..made.clone() }));
        refused(store.find_store_group(other.id, theirs.id).map(drop));
        refused(store.insert_store_group(&theirs).map(drop));
        refused(store.update_store_group(&theirs));
        refused(store.delete_store_group(other.id, theirs.id).map(drop));
        refused(store.delete_store_group(own.id, theirs.id).map(drop));
    });
    fixture.with(Scope::Person(ADA), &mut |store| {
        assert!(store.find_store(reader, new.id).is_err());
        assert!(store.insert_store(&new).is_err());
    });
}

fn lists(store: &mut dyn MerchantStore, world: &World) {
    let scope = store.scope();
    let listed = kept(&world.stores, |row| match scope {
        Scope::Merchant(merchant) => row.merchant == merchant,
        Scope::Person(person) => row.is_live() && world.joined.contains(&(person, row.merchant)),
        Scope::Platform => true,
    });
    for filter in filters() {
        let rows = kept(&listed, |row| filter.admits(row));
        let count = store.count_stores(&filter).unwrap();
        assert_eq!(count, u64::try_from(rows.len()).unwrap(), "{scope:?} {filter:?}");
        for order in ["", "-pk", "name", "-name", "createdAt,-name", "-createdAt", "name,-pk"] {
            pages(store, &filter, &rows, order);
        }
    }
}

/// Walks the list from both ends in small steps.
fn pages(store: &mut dyn MerchantStore, filter: &StoreFilter, rows: &[Store], order: &str) {
    let order_by = Some(order.to_owned());
    let offset =
        PageArguments { first: Some(2), offset: Some(1), order_by: order_by.clone(), ..empty() };
    same_page(store, filter, rows, &offset);
    for backward in [false, true] {
        let mut cursor = None;
        loop {
            let arguments = if backward {
                PageArguments {
                    last: Some(2),
                    before: cursor,
                    order_by: order_by.clone(),
                    ..empty()
                }
            } else {
                PageArguments {
                    first: Some(2),
                    after: cursor,
                    order_by: order_by.clone(),
                    ..empty()
                }
            };
            let (edge, more) = same_page(store, filter, rows, &arguments);
            cursor = if backward { edge.0 } else { edge.1 };
            if !more {
                break;
            }
        }
    }
}

/// Compares one page; answers the cursors of its ends and whether rows follow in its direction.
fn same_page(
    store: &mut dyn MerchantStore,
    filter: &StoreFilter,
    rows: &[Store],
    arguments: &PageArguments,
) -> ((Option<String>, Option<String>), bool) {
    let request = PageRequest::parse(arguments, "stores").unwrap();
    let page = store.list_stores(filter, &request).unwrap();
    let context = (store.scope(), filter, arguments);
    assert_eq!(page, cut(rows.to_vec(), &request), "{context:?}");
    let cursor = |row: &Store| request.order.cursor(&request.order.position(row));
    let ends = (page.items.first().map(cursor), page.items.last().map(cursor));
    (ends, page.has_next || page.has_previous)
}

fn empty() -> PageArguments {
    PageArguments::default()
}

fn filters() -> Vec<StoreFilter> {
    let text = |text: &str| Some(text.to_owned());
    let none = StoreFilter { archived: Archived::Included, ..StoreFilter::default() };
    vec![
        StoreFilter::default(),
        none.clone(),
        StoreFilter { archived: Archived::Only, ..StoreFilter::default() },
        StoreFilter { is_active: Some(true), ..none.clone() },
        StoreFilter { is_active: Some(false), ..none.clone() },
        StoreFilter { name: text("Café Mitte"), ..none.clone() },
        StoreFilter { name: text("café mitte"), ..none.clone() },
        StoreFilter { name_icontains: text("CAFÉ"), ..none.clone() },
        StoreFilter { name_icontains: text("cafe"), ..none.clone() },
        StoreFilter { name_icontains: text("100%"), ..none.clone() },
        StoreFilter { name_icontains: text("a_b"), ..none.clone() },
        StoreFilter { name_icontains: text("\\"), ..none.clone() },
        StoreFilter { name_icontains: text("'"), ..none.clone() },
        StoreFilter { city: text("Köln"), ..none.clone() },
        StoreFilter { city: text("KÖLN"), ..none.clone() },
        StoreFilter { city_icontains: text("ÖL"), ..none.clone() },
        StoreFilter { city_icontains: text("öl"), name_icontains: text("a"), ..none },
    ]
}

/// The ids of all rows, one of them twice, and one that nobody has.
fn asked<I: Copy>(ids: impl Iterator<Item = I>, id: impl Fn(i64) -> I) -> Vec<I> {
    let mut ids: Vec<_> = ids.collect();
    ids.extend(ids.first().copied());
    ids.push(id(999_999));
    ids
}

fn kept<T: Clone>(rows: &[T], keep: impl Fn(&T) -> bool) -> Vec<T> {
    rows.iter().filter(|row| keep(row)).cloned().collect()
}

fn same_rows<T: Clone + Debug + PartialEq, E: Debug>(
    answer: Result<Vec<T>, E>,
    expected: &[T],
    pk: impl Fn(&T) -> i64,
) {
    let sorted = |mut rows: Vec<T>| {
        rows.sort_by_key(&pk);
        rows
    };
    assert_eq!(sorted(answer.unwrap()), sorted(expected.to_vec()));
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_760_000_000 + seconds)
}

/// A small world of two tenants whose rows differ in everything that a port reads or filters by.
pub fn world() -> World {
    let first = Merchant {
        id: MerchantId::new(61),
        name: "Erste Röstung".to_owned(),
        merchant_type: Some("CAFE".to_owned()),
        time_zone: Tz::Europe__Berlin,
        currency: Currency::EUR,
        num_of_order_discounts_allowed: Merchant::DEFAULT_ORDER_DISCOUNTS,
        logo: Some("https://example.com/logo.png".to_owned()),
        refund_policy: RefundPolicy::ToZero,
        claim_days: 0,
        refund_grace_days: 30,
        created_at: at(1),
        updated_at: at(2),
    };
    let second = Merchant {
        id: MerchantId::new(62),
        name: "Second".to_owned(),
        merchant_type: None,
        time_zone: Tz::America__New_York,
        currency: Currency::JPY,
        num_of_order_discounts_allowed: 3,
        logo: None,
        refund_policy: RefundPolicy::PendingOnly,
        claim_days: Merchant::DEFAULT_CLAIM_DAYS,
        refund_grace_days: Merchant::DEFAULT_REFUND_GRACE_DAYS,
        created_at: at(3),
        updated_at: at(3),
    };
    let stores = stores(first.id, second.id);
    let group = |id, merchant, name: &str, stores: &[i64]| StoreGroup {
        id: StoreGroupId::new(id),
        merchant,
        name: name.to_owned(),
        stores: stores.iter().copied().map(StoreId::new).collect(),
        created_at: at(5),
        updated_at: at(6),
    };
    let product = |id, merchant, price| Product {
        id: ProductId::new(id),
        merchant,
        name: format!("Ware {id}"),
        price,
        category: None,
        entity_source: None,
        entity_source_id: None,
        archived: false,
        extra_info: None,
        created_at: at(7),
        updated_at: at(8),
    };
    let store_groups = vec![
        group(301, first.id, "Rhein", &[100, 101, 106]),
        group(302, first.id, "Alle", &[100, 101, 102, 103, 104]),
        group(303, first.id, "Leer", &[]),
        group(304, second.id, "Rhein", &[200, 201]),
        group(305, second.id, "Zu", &[203, 204]),
    ];
    let products = vec![
        product(401, first.id, Money::new(250, Currency::EUR)),
        Product {
            category: Some("Bohnen".to_owned()),
            entity_source: Some(EntitySource::Shopify),
            entity_source_id: Some("gid://1".to_owned()),
            archived: true,
            extra_info: Some("{}".to_owned()),
            ..product(402, first.id, Money::new(-1, Currency::USD))
        },
        product(403, second.id, Money::new(700, Currency::JPY)),
    ];
    let joined = vec![(ADA, first.id)];
    let named = vec![(ADA, ProductId::new(401))];
    let merchants = vec![first, second];
    World { merchants, stores, store_groups, products, joined, named }
}

fn stores(first: MerchantId, second: MerchantId) -> Vec<Store> {
    let mut stores = Vec::new();
    for (index, (name, city, is_active, archived)) in [
        ("Café Mitte", Some("Köln"), true, false),
        ("Cafe Nord", Some("Kölnberg"), true, false),
        ("100% Süß", None, true, false),
        ("a_b", Some("Berlin"), false, false),
        ("axb", Some("Berlin"), true, true),
        ("Zoë's \\ Corner", Some("Bonn"), false, true),
        ("café mitte", Some("KÖLN"), true, false),
    ]
    .into_iter()
    .enumerate()
    {
        let index = i64::try_from(index).unwrap_or(0);
        for (merchant, base) in [(first, 100), (second, 200)] {
            stores.push(Store {
                id: StoreId::new(base + index),
                merchant,
                name: name.to_owned(),
                city: city.map(str::to_owned),
                is_active,
                archived,
                // Two of a kind each, so that orders have ties to break.
                created_at: at(100 - index / 2),
                ..bare_store()
            });
        }
    }
    if let Some(store) = stores.first_mut() {
        store.location = Some("50.9375,6.9603".to_owned());
        store.phone_number = Some("+4922112345678".to_owned());
        store.country = Some("DE".to_owned());
        store.state = Some("NRW".to_owned());
        store.street = Some("Domstraße 1".to_owned());
        store.zip_code = Some("50667".to_owned());
        store.tax_rate = Some(190_000);
        store.time_zone = Some(Tz::Europe__Lisbon);
        store.day_starts_at = NaiveTime::from_hms_opt(4, 30, 0).unwrap_or_default();
        store.late_hours = 24;
        store.till_redemption = Some(TillRedemption::LoyaltyId);
        store.extra_info = Some("{\"seats\":40}".to_owned());
    }
    stores
}

fn bare_store() -> Store {
    Store {
        id: StoreId::new(0),
        merchant: MerchantId::new(0),
        name: String::new(),
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
        late_hours: Store::DEFAULT_LATE_HOURS,
        till_redemption: None,
        is_active: true,
        archived: false,
        extra_info: None,
        created_at: at(0),
        updated_at: at(0),
    }
}
