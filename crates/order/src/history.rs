//! The purchase history: which orders somebody sees, as one list, and of each of many consumers or stores at once.
//!
//! A merchant's people who may see orders see those of their own stores; consumers see their own orders, at any merchant;
//! nobody else sees any. A filter that names a person or a store which the asker does not see finds nothing.

use regulars_customer::CustomerStore;
use regulars_kernel::{Actor, Page, PageRequest, PersonId, StoreId, Timestamp};

use crate::{Order, OrderError, OrderFilter, OrderQuery, OrderSort, OrderStore, order::reach};

/// A page of orders, newest first unless told.
pub fn list(
    tx: &mut (impl OrderStore + CustomerStore),
    actor: &Actor,
    filter: OrderFilter,
    page: &PageRequest<OrderSort>,
    now: Timestamp,
) -> Result<Page<Order>, OrderError> {
    match query(tx, actor, filter, now)? {
        Some(query) => Ok(tx.list_orders(&query, page)?),
        None => Ok(Page::empty()),
    }
}

/// How many orders all pages of [`list`] have.
pub fn count(
    tx: &mut (impl OrderStore + CustomerStore),
    actor: &Actor,
    filter: OrderFilter,
    now: Timestamp,
) -> Result<u64, OrderError> {
    match query(tx, actor, filter, now)? {
        Some(query) => Ok(tx.count_orders(&query)?),
        None => Ok(0),
    }
}

/// The same page of each consumer's orders. Consumers without an order on that page may be left out.
pub fn per_consumer(
    tx: &mut (impl OrderStore + CustomerStore),
    actor: &Actor,
    consumers: &[PersonId],
    filter: OrderFilter,
    page: &PageRequest<OrderSort>,
    now: Timestamp,
) -> Result<Vec<(PersonId, Page<Order>)>, OrderError> {
    match query(tx, actor, filter, now)? {
        Some(query) => Ok(tx.orders_per_consumer(consumers, &query, page)?),
        None => Ok(Vec::new()),
    }
}

/// How many orders each consumer has. Consumers without one may be left out.
pub fn count_per_consumer(
    tx: &mut (impl OrderStore + CustomerStore),
    actor: &Actor,
    consumers: &[PersonId],
    filter: OrderFilter,
    now: Timestamp,
) -> Result<Vec<(PersonId, u64)>, OrderError> {
    match query(tx, actor, filter, now)? {
        Some(query) => Ok(tx.count_orders_per_consumer(consumers, &query)?),
        None => Ok(Vec::new()),
    }
}

/// The same page of each store's orders. Stores without an order on that page may be left out.
pub fn per_store(
    tx: &mut (impl OrderStore + CustomerStore),
    actor: &Actor,
    stores: &[StoreId],
    filter: OrderFilter,
    page: &PageRequest<OrderSort>,
    now: Timestamp,
) -> Result<Vec<(StoreId, Page<Order>)>, OrderError> {
    match query(tx, actor, filter, now)? {
        Some(query) => Ok(tx.orders_per_store(stores, &query, page)?),
        None => Ok(Vec::new()),
    }
}

/// How many orders each store has. Stores without one may be left out.
pub fn count_per_store(
    tx: &mut (impl OrderStore + CustomerStore),
    actor: &Actor,
    stores: &[StoreId],
    filter: OrderFilter,
    now: Timestamp,
) -> Result<Vec<(StoreId, u64)>, OrderError> {
    match query(tx, actor, filter, now)? {
        Some(query) => Ok(tx.count_orders_per_store(stores, &query)?),
        None => Ok(Vec::new()),
    }
}

/// What the rows are to be asked for; `None` where no order can pass.
fn query(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    filter: OrderFilter,
    now: Timestamp,
) -> Result<Option<OrderQuery>, OrderError> {
    let mut query = filter.query(reach(actor)?, now)?;
    if let Actor::Consumer { person } = *actor {
        if query.consumer.is_some_and(|asked| asked != person) {
            return Ok(None);
        }
        query.consumer = Some(person);
        // A consumer is known by the account, not by what some merchant sees of it.
        if !query.buyer.are_none() {
            let buyer = std::mem::take(&mut query.buyer);
            let Some(account) = tx.people(&[person])?.pop() else { return Ok(None) };
            return Ok(buyer.are_of(tx, &account)?.then_some(query));
        }
    }
    Ok(Some(query))
}

#[cfg(test)]
mod tests {
    use regulars_kernel::{
        Classify, ErrorKind, MerchantId, OrderId, Scope, StoreAccess, page::PageArguments,
    };
    use regulars_merchant::Archived;

    use super::*;
    use crate::{
        Duration, Period, item,
        memory::{Memory, MemoryStore},
        order,
        suite::{
            Fixture as _, world,
            world::{ADA, BEN, CLEO, at, loyalty_id},
        },
    };

    const FIRST: MerchantId = MerchantId::new(61);

    fn owner() -> Actor {
        Actor::owner(FIRST)
    }

    fn cashier() -> Actor {
        let stores = StoreAccess::Only(vec![StoreId::new(101)]);
        Actor::cashier(FIRST, PersonId::new(63), stores)
    }

    fn consumer(person: PersonId) -> Actor {
        Actor::Consumer { person }
    }

    fn store_of(actor: &Actor) -> MemoryStore {
        let mut memory = Memory::new();
        memory.load(&world());
        memory.scoped(actor.require_known().unwrap_or(Scope::Platform))
    }

    fn listed(actor: &Actor, filter: &OrderFilter) -> Vec<i64> {
        let mut tx = store_of(actor);
        let page = PageRequest::first(100);
        let page = list(&mut tx, actor, filter.clone(), &page, at(1_000)).unwrap();
        let number = count(&mut tx, actor, filter.clone(), at(1_000)).unwrap();
        assert_eq!(usize::try_from(number).unwrap(), page.items.len(), "{actor:?} {filter:?}");
        page.items.iter().map(|order| order.id.get()).collect()
    }

    #[test]
    fn who_sees_which_orders_newest_first() {
        let all = OrderFilter::default();
        assert_eq!(listed(&owner(), &all), [513, 508, 507, 505, 504, 503, 502, 501]);
        assert_eq!(listed(&Actor::system(FIRST), &all), listed(&owner(), &all));
        assert_eq!(listed(&cashier(), &all), [507, 504, 503]);
        // Their own ones everywhere, also where they left.
        assert_eq!(listed(&consumer(ADA), &all), [513, 510, 509, 503, 502, 501]);
        assert_eq!(listed(&consumer(CLEO), &all), [511, 508]);
        let archived = OrderFilter { archived: Archived::Only, ..OrderFilter::default() };
        assert_eq!(listed(&owner(), &archived), [506]);
        assert_eq!(listed(&cashier(), &archived), [0_i64; 0]);
    }

    #[test]
    fn nobody_else_sees_any() {
        let page = PageRequest::first(100);
        for actor in [Actor::Anonymous, Actor::Platform { person: PersonId::new(1) }] {
            let mut tx = store_of(&actor);
            let (tx, filter, now) = (&mut tx, OrderFilter::default, at(0));
            let refusals = [
                list(tx, &actor, filter(), &page, now).unwrap_err(),
                count(tx, &actor, filter(), now).unwrap_err(),
                per_consumer(tx, &actor, &[ADA], filter(), &page, now).unwrap_err(),
                count_per_consumer(tx, &actor, &[ADA], filter(), now).unwrap_err(),
                per_store(tx, &actor, &[StoreId::new(100)], filter(), &page, now).unwrap_err(),
                count_per_store(tx, &actor, &[StoreId::new(100)], filter(), now).unwrap_err(),
                order::get(tx, &actor, OrderId::new(501)).unwrap_err(),
                item::per_order(tx, &actor, &[OrderId::new(501)]).unwrap_err(),
                item::list_by_ids(tx, &actor, &[]).unwrap_err(),
            ];
            for refusal in refusals {
                assert_eq!(refusal.kind(), ErrorKind::PermissionDenied, "{actor:?}");
            }
        }
    }

    #[test]
    fn what_the_asker_does_not_see_is_not_found() {
        let someone = |person| OrderFilter { consumer: Some(person), ..OrderFilter::default() };
        assert_eq!(
            listed(&consumer(ADA), &someone(ADA)),
            listed(&consumer(ADA), &OrderFilter::default())
        );
        assert_eq!(listed(&consumer(ADA), &someone(BEN)), [0_i64; 0]);
        assert_eq!(listed(&owner(), &someone(PersonId::new(999))), [0_i64; 0]);
        let there =
            |store| OrderFilter { store: Some(StoreId::new(store)), ..OrderFilter::default() };
        assert_eq!(listed(&owner(), &there(200)), [0_i64; 0]);
        assert_eq!(listed(&cashier(), &there(100)), [0_i64; 0]);
        for (actor, seen) in [
            (owner(), &[501, 503, 506, 511][..3]),
            (cashier(), &[503][..]),
            (consumer(ADA), &[501, 503, 506][..]),
            (consumer(BEN), &[][..]),
        ] {
            let mut tx = store_of(&actor);
            for id in [501, 503, 506, 511, 999] {
                let answer = order::get(&mut tx, &actor, OrderId::new(id));
                let kind = answer.map(|order| order.id.get()).map_err(|error| error.kind());
                let expected =
                    if seen.contains(&id) { Ok(id) } else { Err(ErrorKind::DoesNotExist) };
                assert_eq!(kind, expected, "{actor:?} {id}");
            }
        }
    }

    #[test]
    fn buyers_are_found_by_what_their_merchant_sees() {
        let phone = |typed: &str| OrderFilter {
            consumer_phone_number: Some(typed.to_owned()),
            ..OrderFilter::default()
        };
        let number = |typed: &str| OrderFilter {
            consumer_loyalty_id: Some(typed.to_owned()),
            ..OrderFilter::default()
        };
        let email = |typed: &str| OrderFilter {
            consumer_email: Some(typed.to_owned()),
            ..OrderFilter::default()
        };
        // Rule 9; a family shares a number, and a filter finds them all.
        assert_eq!(listed(&owner(), &phone("0171 2345")), [513, 505, 504, 503, 502, 501]);
        assert_eq!(listed(&cashier(), &phone("+49 171 2345678")), [504, 503]);
        // Rule 5: the merchant's own cards count as loyalty ids do.
        assert_eq!(listed(&owner(), &number("old 7")), [513, 503, 502, 501]);
        assert_eq!(listed(&owner(), &number("OLD-8")), [505, 504]);
        assert_eq!(listed(&owner(), &number(loyalty_id(CLEO).as_str())), [508]);
        assert_eq!(listed(&owner(), &email("BEN@example.com")), [505, 504]);
        // Rule 7: the second merchant sees Ada's name alone, and of Cleo, who left, nothing.
        let second = Actor::system(MerchantId::new(62));
        assert_eq!(listed(&second, &email("ada@example.com")), [0_i64; 0]);
        assert_eq!(listed(&second, &number(loyalty_id(ADA).as_str())), [510, 509]);
        assert_eq!(listed(&second, &number(loyalty_id(CLEO).as_str())), [0_i64; 0]);
    }

    #[test]
    fn a_consumer_is_compared_by_the_account() {
        let everything = listed(&consumer(ADA), &OrderFilter::default());
        for (number, phone, email, own) in [
            (Some(loyalty_id(ADA).into_string()), None, None, true),
            (Some(loyalty_id(BEN).into_string()), None, None, false),
            (None, Some("0171 2345678"), Some("ADA@example.com"), true),
            (None, Some("0171 2345678"), Some("ben@example.com"), false),
            // As [`regulars_customer::identity::identify`] knows them: by the cards that merchants gave them, too.
            (Some("old 7".to_owned()), None, None, true),
            (Some("OLD-8".to_owned()), None, None, true),
            (Some("OLD-9".to_owned()), None, None, false),
        ] {
            let filter = OrderFilter {
                consumer_loyalty_id: number,
                consumer_phone_number: phone.map(str::to_owned),
                consumer_email: email.map(str::to_owned),
                ..OrderFilter::default()
            };
            let expected = if own { everything.clone() } else { Vec::new() };
            assert_eq!(listed(&consumer(ADA), &filter), expected, "{filter:?}");
        }
    }

    #[test]
    fn the_history_is_filtered_by_time() {
        let of = |completed_at, duration: Option<&str>| OrderFilter {
            completed_at,
            duration: duration.map(|text| Duration::parse(text).unwrap()),
            ..OrderFilter::default()
        };
        let from = |seconds| Period { from: Some(at(seconds)), before: None };
        let between = Period { before: Some(at(2)), ..from(1) };
        assert_eq!(listed(&owner(), &of(from(2), None)), [508, 507, 505, 504]);
        assert_eq!(listed(&owner(), &of(between, None)), [513, 502]);
        // `now` is a thousand seconds past the beginning of the world.
        assert_eq!(listed(&owner(), &of(Period::default(), Some("PT998S"))), [508, 507, 505, 504]);
        assert_eq!(listed(&owner(), &of(Period::default(), Some("PT10S"))), [0_i64; 0]);
    }

    #[test]
    fn one_level_is_loaded_at_once_for_whoever_asks() {
        let filter = OrderFilter::default;
        let first = PageArguments { first: Some(1), ..PageArguments::default() };
        let page = PageRequest::parse(&first, "orders").unwrap();
        let people = [ADA, BEN, CLEO, PersonId::new(999)];
        let stores = [StoreId::new(100), StoreId::new(101), StoreId::new(200)];
        for (actor, newest, numbers, by_store) in [
            (owner(), vec![513, 505, 508], vec![4, 2, 1], vec![(100, 3), (101, 3)]),
            (cashier(), vec![503, 504], vec![1, 1], vec![(101, 3)]),
            (consumer(ADA), vec![513], vec![6], vec![(100, 2), (101, 1), (200, 1)]),
        ] {
            let (tx, now) = (&mut store_of(&actor), at(0));
            let pages = per_consumer(tx, &actor, &people, filter(), &page, now).unwrap();
            let pages: Vec<_> =
                pages.iter().map(|(_id, page)| page.items.first().unwrap().id.get()).collect();
            assert_eq!(pages, newest, "{actor:?}");
            let counts = count_per_consumer(tx, &actor, &people, filter(), now).unwrap();
            let counts: Vec<_> = counts.iter().map(|(_id, number)| *number).collect();
            assert_eq!(counts, numbers, "{actor:?}");
            let counts = count_per_store(tx, &actor, &stores, filter(), now).unwrap();
            let counts: Vec<_> = counts.iter().map(|(id, number)| (id.get(), *number)).collect();
            assert_eq!(counts, by_store, "{actor:?}");
            let pages = per_store(tx, &actor, &stores, filter(), &page, now).unwrap();
            assert!(pages.iter().all(|(id, page)| {
                page.items.iter().all(|order| order.store == *id) && page.items.len() == 1
            }));
            assert_eq!(pages.len(), by_store.len());
        }
    }
}
