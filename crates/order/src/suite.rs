//! The suite that every implementation of [`OrderStore`] passes: in memory, and on each database.
//!
//! [`run`] loads the [`World`] through a [`Fixture`] and compares every answer with what the rows say.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a port that fails fails its suite"
)]

pub mod merges;
pub mod purchases;
pub mod visits;
pub mod world;
mod writing;

use std::fmt::Debug;

use regulars_customer::{
    EmailAddress,
    identity::{Marks, Number},
    search::PhoneTerm,
};
use regulars_kernel::{
    OrderId, OrderItemId, PageRequest, PersonId, Scope, StoreAccess, StoreId, Timestamp,
    page::{PageArguments, cut},
};
use regulars_merchant::Archived;

pub use self::world::{World, world};
use crate::{Order, OrderFilter, OrderQuery, OrderSort, OrderState, OrderStore, OrderType, Period};

/// What the suite needs of an implementation.
pub trait Fixture {
    /// Puts the rows down where there are none yet.
    fn load(&mut self, world: &World);

    /// Opens a transaction in a scope and lets the suite work in it.
    fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn OrderStore));

    /// Opens a transaction that writes, and lets the suite work in it.
    fn write(&mut self, scope: Scope, work: impl Fn(&mut dyn OrderStore) + Send + 'static);
}

/// Runs every check.
///
/// # Panics
/// Where the port answers anything else than the rows say.
pub fn run(fixture: &mut impl Fixture) {
    let world = world();
    fixture.load(&world);
    let merchants = world.places.merchants.iter().map(|merchant| Scope::Merchant(merchant.id));
    let people = world.people.iter().map(|person| Scope::Person(person.id));
    for scope in merchants.chain(people).chain([Scope::Platform]) {
        let reached = kept(&world.orders, |order| match scope {
            Scope::Merchant(merchant) => order.merchant == merchant,
            Scope::Person(person) => order.consumer == Some(person),
            Scope::Platform => true,
        });
        fixture.with(scope, &mut |store| {
            assert_eq!(store.scope(), scope);
            let types = [OrderType::IN_STORE, OrderType::TO_GO, OrderType::ONLINE];
            let types = types.map(|(id, name)| OrderType { id, name: name.to_owned() });
            assert_eq!(store.order_types().unwrap(), types);
            rows_by_id(store, &world, &reached);
            for query in queries(scope) {
                let passing = |order: &Order| query.admits(order) && fits(&world, &query, order);
                let rows = kept(&reached, passing);
                list(store, &query, &rows);
                children(store, &world, &query, &rows);
            }
        });
    }
    writing::run(fixture, &world);
}

fn fits(world: &World, query: &OrderQuery, order: &Order) -> bool {
    query.buyer.are_none()
        || world.memberships.iter().any(|member| {
            member.merchant == order.merchant
                && Some(member.person) == order.consumer
                && query.buyer.are_shown_by(member)
        })
}

/// A query for everything, in any state.
fn everything() -> OrderQuery {
    let filter = OrderFilter { archived: Archived::Included, ..OrderFilter::default() };
    filter.query(StoreAccess::All, Timestamp::MAX).unwrap()
}

fn queries(scope: Scope) -> Vec<OrderQuery> {
    let all = everything;
    let from = |seconds| Period { from: Some(world::at(seconds)), before: None };
    let between = |seconds, end| Period { before: Some(world::at(end)), ..from(seconds) };
    let only = |stores: &[i64]| {
        StoreAccess::Only(stores.iter().copied().map(StoreId::new).collect::<Vec<_>>())
    };
    let mut queries = vec![
        all(),
        OrderQuery { archived: Archived::Hidden, ..all() },
        OrderQuery { archived: Archived::Only, ..all() },
        OrderQuery { consumer: Some(world::ADA), ..all() },
        OrderQuery { consumer: Some(PersonId::new(999_999)), ..all() },
        OrderQuery { store: Some(StoreId::new(101)), ..all() },
        OrderQuery { consumer: Some(world::BEN), store: Some(StoreId::new(100)), ..all() },
        OrderQuery { completed_at: from(2), ..all() },
        OrderQuery { completed_at: between(1, 3), ..all() },
        OrderQuery { created_at: between(2, 4), ..all() },
        OrderQuery { created_at: from(3), archived: Archived::Hidden, ..all() },
        OrderQuery { completed: Some(false), ..all() },
        OrderQuery { completed: Some(true), within: only(&[100, 200]), ..all() },
        OrderQuery { within: only(&[100, 101]), ..all() },
        OrderQuery { within: only(&[101, 100, 200]), archived: Archived::Hidden, ..all() },
        OrderQuery { completed: Some(false), archived: Archived::Only, ..all() },
        OrderQuery { completed: Some(true), archived: Archived::Only, ..all() },
        OrderQuery { within: only(&[101]), consumer: Some(world::ADA), ..all() },
        OrderQuery { within: only(&[]), ..all() },
        OrderQuery { order_type: Some(OrderType::ONLINE.0), ..all() },
    ];
    queries.extend(
        OrderState::ALL.into_iter().map(|state| OrderQuery { state: Some(state), ..all() }),
    );
    // A consumer's own account is compared before the rows are asked.
    if scope.person().is_none() {
        queries.extend(buyers().into_iter().map(|buyer| OrderQuery { buyer, ..all() }));
    }
    queries
}

fn buyers() -> Vec<Marks> {
    let phone = |typed| Marks { phone: Some(PhoneTerm::beginning(typed)), ..Marks::default() };
    let number = |typed: &str| Marks { number: Some(Number::of(typed)), ..Marks::default() };
    let email = |typed| Marks { email_key: Some(EmailAddress::key_of(typed)), ..Marks::default() };
    vec![
        phone("+49 171 2345678"),
        phone("0171 2345"),
        phone("5678"),
        phone("0000"),
        phone("nobody"),
        number(world::loyalty_id(world::ADA).as_str()),
        number(world::loyalty_id(world::CLEO).as_str()),
        number("old-7"),
        number("OLD 7"),
        number("nobody"),
        email("ADA@Example.com"),
        email("cleo@example.com"),
        email("ben@example.com"),
        Marks { email_key: Some(EmailAddress::key_of("ben@example.com")), ..phone("0171") },
        Marks { email_key: Some(EmailAddress::key_of("ben@example.com")), ..number("old-8") },
    ]
}

fn rows_by_id(store: &mut dyn OrderStore, world: &World, reached: &[Order]) {
    let mut ids: Vec<_> = world.orders.iter().map(|order| order.id).collect();
    ids.extend([ids.first().copied().unwrap(), OrderId::new(999_999)]);
    let mut items: Vec<_> = world.items.iter().map(|item| item.id).collect();
    items.extend([items.first().copied().unwrap(), OrderItemId::new(999_999)]);
    let one = StoreAccess::Only(vec![StoreId::new(100)]);
    for within in [StoreAccess::All, one, StoreAccess::Only(Vec::new())] {
        let orders = kept(reached, |order| within.includes(order.store));
        same_rows(store.orders(&ids, &within), &orders, |order| order.id.get());
        same_rows(store.orders(&[], &within), &[], |order| order.id.get());

        let belongs = |id: OrderId| orders.iter().any(|order| order.id == id);
        let lines = kept(&world.items, |item| belongs(item.order));
        same_rows(store.order_items(&items, &within), &lines, |item| item.id.get());

        let per_order: Vec<_> = orders
            .iter()
            .map(|order| (order.id, kept(&lines, |item| item.order == order.id)))
            .filter(|(_order, lines)| !lines.is_empty())
            .collect();
        same_rows(store.items_per_order(&ids, &within), &per_order, |(order, _lines)| order.get());
    }
}

/// The pages that every list is compared on.
fn requests() -> Vec<PageRequest<OrderSort>> {
    let orders = ["", "pk", "createdAt", "-createdAt,pk", "completedAt", "-completedAt", "-total"];
    let mut requests = Vec::new();
    for order in orders {
        let ask = |first, last, offset| PageArguments {
            first,
            last,
            offset,
            order_by: Some(order.to_owned()),
            ..PageArguments::default()
        };
        for arguments in [
            ask(None, None, None),
            ask(Some(0), None, None),
            ask(Some(2), None, None),
            ask(Some(2), None, Some(1)),
            ask(None, Some(2), None),
        ] {
            requests.push(PageRequest::parse(&arguments, "orders").unwrap());
        }
    }
    requests
}

fn list(store: &mut dyn OrderStore, query: &OrderQuery, rows: &[Order]) {
    let scope = store.scope();
    let count = store.count_orders(query).unwrap();
    assert_eq!(count, u64::try_from(rows.len()).unwrap(), "{scope:?} {query:?}");
    for request in requests() {
        let page = store.list_orders(query, &request).unwrap();
        assert_eq!(page, cut(rows.to_vec(), &request), "{scope:?} {query:?} {request:?}");
        // From the ends of a short page on, in both directions.
        let ends = [page.items.first(), page.items.last()].into_iter().flatten();
        for row in ends.filter(|_| request.limit == 2 && request.offset == 0) {
            let place = request.order.position(row);
            let after = PageRequest { after: Some(place.clone()), offset: 0, ..request.clone() };
            let before = PageRequest { before: Some(place), offset: 0, ..request.clone() };
            for request in [after, before] {
                let page = store.list_orders(query, &request).unwrap();
                assert_eq!(page, cut(rows.to_vec(), &request), "{scope:?} {query:?} {request:?}");
            }
        }
    }
}

fn children(store: &mut dyn OrderStore, world: &World, query: &OrderQuery, rows: &[Order]) {
    let mut people: Vec<_> = world.people.iter().map(|person| person.id).collect();
    people.extend([world::ADA, PersonId::new(999_999)]);
    let mut stores: Vec<_> = world.places.stores.iter().map(|place| place.id).collect();
    stores.extend([StoreId::new(100), StoreId::new(999_999)]);
    let of_person = |id| kept(rows, |order| order.consumer == Some(id));
    let of_store = |id| kept(rows, |order| order.store == id);

    for request in requests().into_iter().step_by(3) {
        // Parents without a row on the page may be left out or come with an empty page.
        let mut per_person = store.orders_per_consumer(&people, query, &request).unwrap();
        per_person.retain(|(_person, page)| !page.items.is_empty());
        let expected = pages(&world.people, |person| person.id, of_person, &request);
        same_rows(Ok::<_, ()>(per_person), &expected, |(person, _page)| person.get());

        let mut per_store = store.orders_per_store(&stores, query, &request).unwrap();
        per_store.retain(|(_store, page)| !page.items.is_empty());
        let expected = pages(&world.places.stores, |place| place.id, of_store, &request);
        same_rows(Ok::<_, ()>(per_store), &expected, |(store, _page)| store.get());
    }

    let mut counts = store.count_orders_per_consumer(&people, query).unwrap();
    counts.retain(|(_person, count)| *count > 0);
    let expected = counted(&world.people, |person| person.id, of_person);
    same_rows(Ok::<_, ()>(counts), &expected, |(person, _count)| person.get());

    let mut counts = store.count_orders_per_store(&stores, query).unwrap();
    counts.retain(|(_store, count)| *count > 0);
    let expected = counted(&world.places.stores, |place| place.id, of_store);
    same_rows(Ok::<_, ()>(counts), &expected, |(store, _count)| store.get());
}

fn pages<T, I>(
    parents: &[T],
    id: impl Fn(&T) -> I,
    orders_of: impl Fn(I) -> Vec<Order>,
    request: &PageRequest<OrderSort>,
) -> Vec<(I, regulars_kernel::Page<Order>)>
where
    I: Copy,
{
    let pages = parents.iter().map(|parent| (id(parent), cut(orders_of(id(parent)), request)));
    pages.filter(|(_parent, page)| !page.items.is_empty()).collect()
}

fn counted<T, I: Copy>(
    parents: &[T],
    id: impl Fn(&T) -> I,
    orders_of: impl Fn(I) -> Vec<Order>,
) -> Vec<(I, u64)> {
    let number = |orders: Vec<Order>| u64::try_from(orders.len()).unwrap();
    let counts = parents.iter().map(|parent| (id(parent), number(orders_of(id(parent)))));
    counts.filter(|(_parent, count)| *count > 0).collect()
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
