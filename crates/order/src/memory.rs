//! Orders in memory: complete, for tests and for programs that embed the rules without a database.
//!
//! Holds the rows of the crates below too. Like theirs, a transaction here is one call after another: it cannot be rolled
//! back.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use regulars_customer::{
    CustomerStore, HoldsCustomers, memory as customers,
    segment::{OrderFact, SegmentFacts},
};
use regulars_kernel::{
    MerchantId, OrderId, OrderItemId, Page, PageRequest, PersonId, Scope, StoreAccess, StoreError,
    StoreId, page::cut,
};
use regulars_merchant::HoldsMerchants;

use crate::{Order, OrderItem, OrderQuery, OrderSort, OrderStore, OrderType, fact};

#[derive(Debug, Default)]
struct Rows {
    orders: BTreeMap<OrderId, Order>,
    items: BTreeMap<OrderItemId, OrderItem>,
}

impl Rows {
    /// What segments know of a customer's orders (rule 31).
    fn facts(&self, merchant: MerchantId, consumer: PersonId) -> Vec<OrderFact> {
        let own = |order: &&Order| order.merchant == merchant && order.consumer == Some(consumer);
        let lines = |order: OrderId| self.items.values().filter(move |item| item.order == order);
        let orders = self.orders.values().filter(own);
        orders.filter_map(|order| fact::of(order, lines(order.id))).collect()
    }
}

/// The rows, shared by every store made of them; a clone is another handle to the same rows.
#[derive(Clone)]
pub struct Memory {
    rows: Arc<Mutex<Rows>>,
    customers: customers::Memory,
}

impl Default for Memory {
    fn default() -> Self {
        let rows = Arc::<Mutex<Rows>>::default();
        let known = Arc::clone(&rows);
        let customers = customers::Memory::new().with_facts(move |member, audience| SegmentFacts {
            orders: lock(&known).facts(member.merchant, member.person),
            ..SegmentFacts::of(member.clone(), audience.currency, audience.today)
        });
        Self { rows, customers }
    }
}

fn lock(rows: &Mutex<Rows>) -> MutexGuard<'_, Rows> {
    rows.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    /// No rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// The store that sees what a scope reaches.
    pub fn scoped(&self, scope: Scope) -> MemoryStore {
        MemoryStore { memory: self.clone(), customers: self.customers.scoped(scope), scope }
    }

    /// The rows of the crate below.
    pub const fn customers(&self) -> &customers::Memory {
        &self.customers
    }

    /// Puts an order down, in place of the one of the same id.
    pub fn put_order(&self, order: Order) {
        self.rows().orders.insert(order.id, order);
    }

    /// Puts a line of an order down, in place of the one of the same id.
    pub fn put_item(&self, item: OrderItem) {
        self.rows().items.insert(item.id, item);
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        lock(&self.rows)
    }
}

/// The ports over [`Memory`], within one scope.
#[derive(Clone)]
pub struct MemoryStore {
    memory: Memory,
    customers: customers::MemoryStore,
    scope: Scope,
}

impl HoldsCustomers for MemoryStore {
    type Customers = customers::MemoryStore;

    fn held_customers(&self) -> &Self::Customers {
        &self.customers
    }

    fn held_customers_mut(&mut self) -> &mut Self::Customers {
        &mut self.customers
    }
}

impl HoldsMerchants for MemoryStore {
    type Merchants = customers::MemoryStore;

    fn held_merchants(&self) -> &Self::Merchants {
        &self.customers
    }

    fn held_merchants_mut(&mut self) -> &mut Self::Merchants {
        &mut self.customers
    }
}

impl MemoryStore {
    fn reaches(&self, order: &Order) -> bool {
        match self.scope {
            Scope::Merchant(merchant) => order.merchant == merchant,
            Scope::Person(person) => order.consumer == Some(person),
            Scope::Platform => true,
        }
    }

    fn listed(&mut self, query: &OrderQuery) -> Result<Vec<Order>, StoreError> {
        let mut listed: Vec<_> = {
            let rows = self.memory.rows();
            let orders = rows.orders.values();
            orders.filter(|order| self.reaches(order) && query.admits(order)).cloned().collect()
        };
        if !query.buyer.is_anyone() {
            let mut fitting = BTreeSet::new();
            for (merchant, buyer) in
                listed.iter().filter_map(|order| Some((order.merchant, order.consumer?)))
            {
                let member = self.customers.find_membership(merchant, buyer)?;
                if member.is_some_and(|member| query.buyer.fits(&member)) {
                    fitting.insert((merchant, buyer));
                }
            }
            listed.retain(|order| {
                order.consumer.is_some_and(|buyer| fitting.contains(&(order.merchant, buyer)))
            });
        }
        Ok(listed)
    }

    /// The orders of each parent, by ascending parent; parents without one are left out.
    fn per_parent<P: Copy + Ord>(
        &mut self,
        parents: &[P],
        query: &OrderQuery,
        parent_of: impl Fn(&Order) -> Option<P>,
    ) -> Result<BTreeMap<P, Vec<Order>>, StoreError> {
        let mut children = BTreeMap::<P, Vec<Order>>::new();
        for order in self.listed(query)? {
            if let Some(parent) = parent_of(&order).filter(|parent| parents.contains(parent)) {
                children.entry(parent).or_default().push(order);
            }
        }
        Ok(children)
    }
}

impl OrderStore for MemoryStore {
    fn scope(&self) -> Scope {
        self.scope
    }

    fn orders(&mut self, ids: &[OrderId], within: &StoreAccess) -> Result<Vec<Order>, StoreError> {
        let rows = self.memory.rows();
        let found = distinct(ids).filter_map(|id| rows.orders.get(&id));
        let reached = found.filter(|order| self.reaches(order) && within.includes(order.store));
        Ok(reached.cloned().collect())
    }

    fn list_orders(
        &mut self,
        query: &OrderQuery,
        page: &PageRequest<OrderSort>,
    ) -> Result<Page<Order>, StoreError> {
        Ok(cut(self.listed(query)?, page))
    }

    fn count_orders(&mut self, query: &OrderQuery) -> Result<u64, StoreError> {
        Ok(number_of(&self.listed(query)?))
    }

    fn orders_per_consumer(
        &mut self,
        consumers: &[PersonId],
        query: &OrderQuery,
        page: &PageRequest<OrderSort>,
    ) -> Result<Vec<(PersonId, Page<Order>)>, StoreError> {
        let children = self.per_parent(consumers, query, |order| order.consumer)?;
        Ok(children.into_iter().map(|(parent, orders)| (parent, cut(orders, page))).collect())
    }

    fn count_orders_per_consumer(
        &mut self,
        consumers: &[PersonId],
        query: &OrderQuery,
    ) -> Result<Vec<(PersonId, u64)>, StoreError> {
        let children = self.per_parent(consumers, query, |order| order.consumer)?;
        Ok(children.into_iter().map(|(parent, orders)| (parent, number_of(&orders))).collect())
    }

    fn orders_per_store(
        &mut self,
        stores: &[StoreId],
        query: &OrderQuery,
        page: &PageRequest<OrderSort>,
    ) -> Result<Vec<(StoreId, Page<Order>)>, StoreError> {
        let children = self.per_parent(stores, query, |order| Some(order.store))?;
        Ok(children.into_iter().map(|(parent, orders)| (parent, cut(orders, page))).collect())
    }

    fn count_orders_per_store(
        &mut self,
        stores: &[StoreId],
        query: &OrderQuery,
    ) -> Result<Vec<(StoreId, u64)>, StoreError> {
        let children = self.per_parent(stores, query, |order| Some(order.store))?;
        Ok(children.into_iter().map(|(parent, orders)| (parent, number_of(&orders))).collect())
    }

    fn items_per_order(
        &mut self,
        orders: &[OrderId],
        within: &StoreAccess,
    ) -> Result<Vec<(OrderId, Vec<OrderItem>)>, StoreError> {
        let reached: BTreeSet<_> =
            self.orders(orders, within)?.into_iter().map(|order| order.id).collect();
        let mut lines = BTreeMap::<_, Vec<_>>::new();
        for item in self.memory.rows().items.values().filter(|item| reached.contains(&item.order)) {
            lines.entry(item.order).or_default().push(item.clone());
        }
        Ok(lines.into_iter().collect())
    }

    fn order_items(
        &mut self,
        ids: &[OrderItemId],
        within: &StoreAccess,
    ) -> Result<Vec<OrderItem>, StoreError> {
        let rows = self.memory.rows();
        let reached = |item: &&OrderItem| {
            rows.orders
                .get(&item.order)
                .is_some_and(|order| self.reaches(order) && within.includes(order.store))
        };
        Ok(distinct(ids).filter_map(|id| rows.items.get(&id)).filter(reached).cloned().collect())
    }

    fn order_types(&mut self) -> Result<Vec<OrderType>, StoreError> {
        let types = [OrderType::IN_STORE, OrderType::TO_GO, OrderType::ONLINE];
        Ok(types.into_iter().map(|(id, name)| OrderType { id, name: name.to_owned() }).collect())
    }
}

fn number_of(orders: &[Order]) -> u64 {
    u64::try_from(orders.len()).unwrap_or(u64::MAX)
}

fn distinct<I: Copy + Ord>(ids: &[I]) -> impl Iterator<Item = I> {
    ids.iter().copied().collect::<BTreeSet<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use regulars_customer::{ConsumerFilter, filter::Audience, segment};

    use super::*;
    use crate::suite::{self, Fixture, World};

    impl Fixture for Memory {
        fn load(&mut self, world: &World) {
            let places = self.customers.merchants();
            world.places.merchants.iter().cloned().for_each(|row| places.put_merchant(row));
            world.places.stores.iter().cloned().for_each(|row| places.put_store(row));
            world.places.products.iter().cloned().for_each(|row| places.put_product(row));
            world.people.iter().cloned().for_each(|row| self.customers.put_person(row));
            world.memberships.iter().cloned().for_each(|row| self.customers.put_membership(row));
            world.orders.iter().cloned().for_each(|row| self.put_order(row));
            world.items.iter().cloned().for_each(|row| self.put_item(row));
        }

        fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn OrderStore)) {
            work(&mut self.scoped(scope));
        }
    }

    #[test]
    fn the_port_suite_passes() {
        suite::run(&mut Memory::new());
    }

    #[test]
    fn rule_31_segments_of_customers_know_their_completed_orders() {
        let mut memory = Memory::new();
        let world = suite::world();
        memory.load(&world);
        let merchant = world.places.merchants.first().unwrap();
        for (rules, fitting) in [
            (r#"[["orders__count", "gte", 1]]"#, &[suite::world::ADA, suite::world::BEN][..]),
            // Open, voided and wholly refunded orders do not count; totals are net of refunds.
            (r#"[["orders__count", "exact", 3]]"#, &[suite::world::ADA]),
            (r#"[["orders__count", "exact", 1]]"#, &[suite::world::BEN]),
            (r#"[["orders__product", "exact", "401"]]"#, &[suite::world::ADA, suite::world::BEN]),
            (r#"[["orders__store", "exact", "102"]]"#, &[suite::world::ADA]),
            (r#"[["orders__store", "exact", "200"]]"#, &[]),
        ] {
            let segment = Audience {
                segment: segment::parse_text(rules).unwrap(),
                currency: merchant.currency,
                today: suite::world::at(0).to_utc().date_naive(),
            };
            let filter = ConsumerFilter { segment: Some(segment), ..ConsumerFilter::default() };
            let mut store = memory.scoped(Scope::Merchant(merchant.id));
            let page = store.list_consumers(&filter, &PageRequest::first(100)).unwrap();
            let found: Vec<_> = page.items.iter().map(|consumer| consumer.id).collect();
            assert_eq!(found, fitting, "{rules}");
        }
    }
}
