//! Orders in memory: complete, for tests and for programs that embed the rules without a database.
//!
//! Holds the rows of every crate below too, and tells them what segments ask about: one store value has all the ports that
//! customers, promotions, points and orders need together. [`Memory::write`] makes a transaction of several calls: all of them
//! or none.

mod erasure;
mod merge;
mod purchase;
mod visit;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use regulars_customer::{CustomerStore, HoldsCustomers, memory as customers, segment::OrderFact};
use regulars_kernel::{
    MerchantId, OrderDiscountId, OrderId, OrderItemId, OrderLinkId, OrderRefundId, OrderTipId,
    Page, PageRequest, PersonId, RowsGuard, SaleRefundId, SaleReviewId, Scope, SharedRows,
    StoreAccess, StoreError, StoreId, Timestamp, VisitId, page::cut, rows,
};
use regulars_loyalty::{HoldsLoyalty, memory as loyalty};
use regulars_merchant::{
    HoldsMerchants,
    memory::{Namer, Naming},
};
use regulars_promotion::HoldsPromotions;

use crate::{
    Bill, Order, OrderClaim, OrderDiscount, OrderItem, OrderLink, OrderQuery, OrderRefund,
    OrderSort, OrderStore, OrderTip, OrderType, SaleRefund, SaleReview, Visit, fact,
};

pub use erasure::Emptied;

/// A row that is none of the scope's.
const OUT_OF_REACH: StoreError = StoreError::OutOfScope("the merchant's orders");

#[derive(Clone, Debug, Default)]
struct Rows {
    orders: BTreeMap<OrderId, Order>,
    items: BTreeMap<OrderItemId, OrderItem>,
    tips: BTreeMap<OrderTipId, OrderTip>,
    discounts: BTreeMap<OrderDiscountId, OrderDiscount>,
    refunds: BTreeMap<OrderRefundId, OrderRefund>,
    visits: BTreeMap<VisitId, Visit>,
    links: BTreeMap<OrderLinkId, OrderLink>,
    named_refunds: BTreeMap<SaleRefundId, SaleRefund>,
    reviews: BTreeMap<SaleReviewId, SaleReview>,
    claims: BTreeMap<OrderId, OrderClaim>,
}

impl Rows {
    /// What segments know of a customer's orders (rule 31).
    fn facts(&self, merchant: MerchantId, consumer: PersonId) -> Vec<OrderFact> {
        let own = |order: &&Order| order.merchant == merchant && order.consumer == Some(consumer);
        let lines = |order: OrderId| self.items.values().filter(move |item| item.order == order);
        let orders = self.orders.values().filter(own);
        orders.filter_map(|order| fact::of(order, lines(order.id))).collect()
    }

    fn buyer(&self, order: OrderId) -> Option<(MerchantId, PersonId)> {
        let order = self.orders.get(&order)?;
        Some((order.merchant, order.consumer?))
    }
}

/// The rows, shared by every store made of them; a clone is another handle to the same rows.
#[derive(Clone, Default)]
pub struct Memory {
    rows: SharedRows<Rows>,
    loyalty: loyalty::Memory,
    /// Whose turn it is to write.
    turn: Arc<Mutex<()>>,
}

/// The rows as they were once, those of the crates below too.
#[derive(Debug)]
pub struct Mark(rows::Mark<Rows>, loyalty::Mark);

impl Memory {
    /// No rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does something in one transaction: where it fails, all that it wrote is undone. Of those who write like this one does
    /// so after another; a transaction within a transaction waits for ever.
    pub fn write<T, E>(
        &self,
        scope: Scope,
        work: impl FnOnce(&mut MemoryStore) -> Result<T, E>,
    ) -> Result<T, E> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = self.mark();
        let done = work(&mut self.scoped(scope));
        if done.is_err() {
            self.reset(&mark);
        }
        done
    }

    /// Notes the rows as they are now, those of the crates below too. Costs nothing: who writes first after it copies them,
    /// once.
    pub fn mark(&self) -> Mark {
        Mark(self.rows.mark(), self.loyalty.mark())
    }

    /// Makes the rows what they were when they were marked, whoever wrote since.
    pub fn reset(&self, mark: &Mark) {
        self.rows.reset(&mark.0);
        self.loyalty.reset(&mark.1);
    }

    /// The store that sees what a scope reaches.
    pub fn scoped(&self, scope: Scope) -> MemoryStore {
        MemoryStore { memory: self.clone(), loyalty: self.loyalty.scoped(scope), scope }
    }

    /// The rows of the crate below; through them those of all others.
    pub const fn loyalty(&self) -> &loyalty::Memory {
        &self.loyalty
    }

    /// The customers, three crates below.
    pub const fn customers(&self) -> &customers::Memory {
        self.loyalty.customers()
    }

    /// Puts an order down, in place of the one of the same id.
    pub fn put_order(&self, order: Order) {
        let mut rows = self.rows();
        let id = order.id;
        let buyer_before = rows.buyer(id);
        rows.orders.insert(id, order);
        let buyer = rows.buyer(id);
        self.tell_facts(&rows, buyer_before.filter(|before| Some(*before) != buyer));
        self.tell_facts(&rows, buyer);
        self.tell_named(&rows, id);
    }

    /// Puts a line of an order down, in place of the one of the same id.
    pub fn put_item(&self, item: OrderItem) {
        let mut rows = self.rows();
        let order = item.order;
        let before = rows.items.insert(item.id, item);
        let order_before = before.map(|before| before.order).filter(|before| *before != order);
        self.tell_facts(&rows, order_before.and_then(|before| rows.buyer(before)));
        self.tell_facts(&rows, rows.buyer(order));
        if let Some(before) = order_before {
            self.tell_named(&rows, before);
        }
        self.tell_named(&rows, order);
    }

    /// Removes a line of an order.
    pub fn remove_item(&self, id: OrderItemId) {
        let mut rows = self.rows();
        if let Some(item) = rows.items.remove(&id) {
            self.tell_facts(&rows, rows.buyer(item.order));
            self.tell_named(&rows, item.order);
        }
    }

    /// Tells the crate below what a customer's orders are to segments. The rows stay locked meanwhile, so that no older
    /// news overtakes newer.
    fn tell_facts(&self, rows: &Rows, buyer: Option<(MerchantId, PersonId)>) {
        if let Some((merchant, person)) = buyer {
            self.loyalty.put_orders(merchant, person, rows.facts(merchant, person));
        }
    }

    /// Tells the crate at the bottom which products a consumer's orders name.
    fn tell_named(&self, rows: &Rows, order: OrderId) {
        let lines = rows.items.values().filter(|item| item.order == order);
        let products = lines.filter_map(|item| item.product);
        let named = rows.buyer(order).map(|(_merchant, person)| {
            products.map(move |product| (product, Naming::ToPerson(person)))
        });
        self.customers().merchants().set_named(Namer::Order(order), named.into_iter().flatten());
    }

    fn rows(&self) -> RowsGuard<'_, Rows> {
        self.rows.lock()
    }
}

/// The ports over [`Memory`], within one scope.
#[derive(Clone)]
pub struct MemoryStore {
    memory: Memory,
    loyalty: loyalty::MemoryStore,
    scope: Scope,
}

impl HoldsLoyalty for MemoryStore {
    type Loyalty = loyalty::MemoryStore;

    fn held_loyalty(&self) -> &Self::Loyalty {
        &self.loyalty
    }

    fn held_loyalty_mut(&mut self) -> &mut Self::Loyalty {
        &mut self.loyalty
    }
}

impl HoldsPromotions for MemoryStore {
    type Promotions = loyalty::MemoryStore;

    fn held_promotions(&self) -> &Self::Promotions {
        &self.loyalty
    }

    fn held_promotions_mut(&mut self) -> &mut Self::Promotions {
        &mut self.loyalty
    }
}

impl HoldsCustomers for MemoryStore {
    type Customers = loyalty::MemoryStore;

    fn held_customers(&self) -> &Self::Customers {
        &self.loyalty
    }

    fn held_customers_mut(&mut self) -> &mut Self::Customers {
        &mut self.loyalty
    }
}

impl HoldsMerchants for MemoryStore {
    type Merchants = loyalty::MemoryStore;

    fn held_merchants(&self) -> &Self::Merchants {
        &self.loyalty
    }

    fn held_merchants_mut(&mut self) -> &mut Self::Merchants {
        &mut self.loyalty
    }
}

impl MemoryStore {
    /// Refuses what is not within the scope of one who writes.
    fn require_reach(&self, merchant: MerchantId) -> Result<(), StoreError> {
        match self.scope {
            Scope::Merchant(own) if own == merchant => Ok(()),
            Scope::Platform => Ok(()),
            Scope::Merchant(_) | Scope::Person(_) => Err(OUT_OF_REACH),
        }
    }

    /// One of a merchant's lines, which there has to be.
    fn own_item(&self, merchant: MerchantId, id: OrderItemId) -> Result<OrderItem, StoreError> {
        self.require_reach(merchant)?;
        let found = self.memory.rows().items.get(&id).cloned();
        found.filter(|item| item.merchant == merchant).ok_or(OUT_OF_REACH)
    }

    /// Refuses an order whose keys another one has.
    fn refuse_taken(&self, order: &Order) -> Result<(), StoreError> {
        let rows = self.memory.rows();
        let own = |row: &&Order| row.merchant == order.merchant && row.id != order.id;
        let mut others = rows.orders.values().filter(own);
        if others.any(|row| row.number == order.number) {
            return Err(StoreError::Taken("orders.number"));
        }
        Ok(())
    }

    fn reaches(&self, order: &Order) -> bool {
        match self.scope {
            Scope::Merchant(merchant) => order.merchant == merchant,
            Scope::Person(person) => order.consumer == Some(person),
            Scope::Platform => true,
        }
    }

    fn reaches_order(&self, rows: &Rows, order: OrderId, within: &StoreAccess) -> bool {
        let order = rows.orders.get(&order);
        order.is_some_and(|order| self.reaches(order) && within.includes(order.store))
    }

    fn listed(&mut self, query: &OrderQuery) -> Result<Vec<Order>, StoreError> {
        let mut listed: Vec<_> = {
            let rows = self.memory.rows();
            let orders = rows.orders.values();
            orders.filter(|order| self.reaches(order) && query.admits(order)).cloned().collect()
        };
        if !query.buyer.are_none() {
            let mut fitting = BTreeSet::new();
            for (merchant, buyer) in
                listed.iter().filter_map(|order| Some((order.merchant, order.consumer?)))
            {
                let member = self.loyalty.find_membership(merchant, buyer)?;
                if member.is_some_and(|member| query.buyer.are_shown_by(&member)) {
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

    fn tips_per_order(
        &mut self,
        orders: &[OrderId],
        within: &StoreAccess,
    ) -> Result<Vec<(OrderId, Vec<OrderTip>)>, StoreError> {
        let reached: BTreeSet<_> =
            self.orders(orders, within)?.into_iter().map(|order| order.id).collect();
        Ok(grouped(self.memory.rows().tips.values(), &reached, |tip| tip.order))
    }

    fn order_tips(
        &mut self,
        ids: &[OrderTipId],
        within: &StoreAccess,
    ) -> Result<Vec<OrderTip>, StoreError> {
        let rows = self.memory.rows();
        let found = distinct(ids).filter_map(|id| rows.tips.get(&id));
        Ok(found.filter(|tip| self.reaches_order(&rows, tip.order, within)).cloned().collect())
    }

    fn discounts_per_order(
        &mut self,
        orders: &[OrderId],
        within: &StoreAccess,
    ) -> Result<Vec<(OrderId, Vec<OrderDiscount>)>, StoreError> {
        let reached: BTreeSet<_> =
            self.orders(orders, within)?.into_iter().map(|order| order.id).collect();
        Ok(grouped(self.memory.rows().discounts.values(), &reached, |one| one.order))
    }

    fn order_discounts(
        &mut self,
        ids: &[OrderDiscountId],
        within: &StoreAccess,
    ) -> Result<Vec<OrderDiscount>, StoreError> {
        let rows = self.memory.rows();
        let found = distinct(ids).filter_map(|id| rows.discounts.get(&id));
        Ok(found.filter(|one| self.reaches_order(&rows, one.order, within)).cloned().collect())
    }

    fn refunds_per_order(
        &mut self,
        orders: &[OrderId],
        within: &StoreAccess,
    ) -> Result<Vec<(OrderId, Vec<OrderRefund>)>, StoreError> {
        let reached: BTreeSet<_> =
            self.orders(orders, within)?.into_iter().map(|order| order.id).collect();
        Ok(grouped(self.memory.rows().refunds.values(), &reached, |one| one.order))
    }

    fn order_refunds(
        &mut self,
        ids: &[OrderRefundId],
        within: &StoreAccess,
    ) -> Result<Vec<OrderRefund>, StoreError> {
        let rows = self.memory.rows();
        let found = distinct(ids).filter_map(|id| rows.refunds.get(&id));
        Ok(found.filter(|one| self.reaches_order(&rows, one.order, within)).cloned().collect())
    }

    fn find_order(
        &mut self,
        merchant: MerchantId,
        id: OrderId,
    ) -> Result<Option<Order>, StoreError> {
        self.require_reach(merchant)?;
        let found = self.memory.rows().orders.get(&id).cloned();
        Ok(found.filter(|order| order.merchant == merchant))
    }

    fn find_order_of_item(
        &mut self,
        merchant: MerchantId,
        item: OrderItemId,
    ) -> Result<Option<Order>, StoreError> {
        self.require_reach(merchant)?;
        let order = self.memory.rows().items.get(&item).map(|item| item.order);
        order.map_or(Ok(None), |order| self.find_order(merchant, order))
    }

    fn insert_order(&mut self, new: &Order) -> Result<OrderId, StoreError> {
        self.require_reach(new.merchant)?;
        let id = OrderId::new(next(&self.memory.rows().orders, OrderId::get));
        let order = Order { id, number: format!("{}{id}", new.number), ..new.clone() };
        self.refuse_taken(&order)?;
        self.memory.put_order(order);
        Ok(id)
    }

    fn update_order(&mut self, order: &Order) -> Result<(), StoreError> {
        let before = self.find_order(order.merchant, order.id)?.ok_or(OUT_OF_REACH)?;
        self.refuse_taken(order)?;
        let (number, created_at) = (before.number, before.created_at);
        self.memory.put_order(Order { number, created_at, ..order.clone() });
        Ok(())
    }

    fn bill(&mut self, merchant: MerchantId, id: OrderId) -> Result<Bill, StoreError> {
        self.require_reach(merchant)?;
        let rows = self.memory.rows();
        let mut bill = Bill::default();
        for item in rows.items.values().filter(|row| row.order == id && row.merchant == merchant) {
            bill.lines += 1;
            bill.cost += item.cost.minor();
        }
        for tip in rows.tips.values().filter(|row| row.order == id && row.merchant == merchant) {
            bill.tips += 1;
            bill.tipped += tip.amount.minor();
        }
        let discounts = rows.discounts.values();
        for one in discounts.filter(|row| row.order == id && row.merchant == merchant) {
            bill.discounts += 1;
            bill.discounted += one.amount.minor();
        }
        Ok(bill)
    }

    fn insert_order_item(&mut self, new: &OrderItem) -> Result<OrderItemId, StoreError> {
        self.find_order(new.merchant, new.order)?.ok_or(OUT_OF_REACH)?;
        let id = OrderItemId::new(next(&self.memory.rows().items, OrderItemId::get));
        self.memory.put_item(OrderItem { id, ..new.clone() });
        Ok(id)
    }

    fn insert_order_items(&mut self, new: &[OrderItem]) -> Result<Vec<OrderItemId>, StoreError> {
        new.iter().map(|item| self.insert_order_item(item)).collect()
    }

    fn update_order_item(&mut self, item: &OrderItem) -> Result<(), StoreError> {
        let before = self.own_item(item.merchant, item.id)?;
        let (order, created_at) = (before.order, before.created_at);
        self.memory.put_item(OrderItem { order, created_at, ..item.clone() });
        Ok(())
    }

    fn complete_order_items(
        &mut self,
        merchant: MerchantId,
        order: OrderId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.find_order(merchant, order)?.ok_or(OUT_OF_REACH)?;
        let mut rows = self.memory.rows();
        let open = |item: &&mut OrderItem| item.order == order && !item.is_completed;
        for item in rows.items.values_mut().filter(open) {
            item.is_completed = true;
            item.updated_at = now;
        }
        Ok(())
    }

    fn insert_order_tip(&mut self, new: &OrderTip) -> Result<OrderTipId, StoreError> {
        self.find_order(new.merchant, new.order)?.ok_or(OUT_OF_REACH)?;
        let id = OrderTipId::new(next(&self.memory.rows().tips, OrderTipId::get));
        self.memory.rows().tips.insert(id, OrderTip { id, ..new.clone() });
        Ok(id)
    }

    fn insert_order_discount(
        &mut self,
        new: &OrderDiscount,
    ) -> Result<OrderDiscountId, StoreError> {
        self.find_order(new.merchant, new.order)?.ok_or(OUT_OF_REACH)?;
        let mut rows = self.memory.rows();
        let id = OrderDiscountId::new(next(&rows.discounts, OrderDiscountId::get));
        rows.discounts.insert(id, OrderDiscount { id, ..new.clone() });
        Ok(id)
    }

    fn find_order_of_discount(
        &mut self,
        merchant: MerchantId,
        discount: OrderDiscountId,
    ) -> Result<Option<Order>, StoreError> {
        self.require_reach(merchant)?;
        let order = self.memory.rows().discounts.get(&discount).map(|row| row.order);
        order.map_or(Ok(None), |order| self.find_order(merchant, order))
    }

    fn update_order_discount(&mut self, discount: &OrderDiscount) -> Result<(), StoreError> {
        self.require_reach(discount.merchant)?;
        let mut rows = self.memory.rows();
        let row = rows.discounts.get_mut(&discount.id).ok_or(OUT_OF_REACH)?;
        let (order, created_at) = (row.order, row.created_at);
        *row = OrderDiscount { order, created_at, ..discount.clone() };
        Ok(())
    }

    fn delete_order_discount(
        &mut self,
        merchant: MerchantId,
        id: OrderDiscountId,
    ) -> Result<(), StoreError> {
        self.require_reach(merchant)?;
        self.memory.rows().discounts.remove(&id).map(drop).ok_or(OUT_OF_REACH)
    }

    fn count_discounted_units(
        &mut self,
        merchant: MerchantId,
        order: OrderId,
    ) -> Result<(), StoreError> {
        self.find_order(merchant, order)?.ok_or(OUT_OF_REACH)?;
        let mut rows = self.memory.rows();
        let own = rows.discounts.values().filter(|row| row.order == order);
        let shares = own.flat_map(|row| row.shares.iter().copied());
        let shares: Vec<_> = shares.collect();
        for item in rows.items.values_mut().filter(|item| item.order == order) {
            let own = shares.iter().filter(|share| share.item == item.id);
            let units = own.fold(0_i32, |sum, share| sum.saturating_add(share.units));
            item.num_of_discounted_units = units.min(item.quantity);
        }
        Ok(())
    }

    fn insert_order_refund(&mut self, new: &OrderRefund) -> Result<OrderRefundId, StoreError> {
        self.find_order(new.merchant, new.order)?.ok_or(OUT_OF_REACH)?;
        let mut rows = self.memory.rows();
        let id = OrderRefundId::new(next(&rows.refunds, OrderRefundId::get));
        rows.refunds.insert(id, OrderRefund { id, ..new.clone() });
        Ok(id)
    }

    fn delete_order_item(
        &mut self,
        merchant: MerchantId,
        id: OrderItemId,
    ) -> Result<(), StoreError> {
        self.own_item(merchant, id)?;
        self.memory.remove_item(id);
        Ok(())
    }
}

/// Rows by the orders that are reached.
fn grouped<'a, T: Clone + 'a>(
    rows: impl Iterator<Item = &'a T>,
    reached: &BTreeSet<OrderId>,
    order: impl Fn(&T) -> OrderId,
) -> Vec<(OrderId, Vec<T>)> {
    let mut grouped = BTreeMap::<_, Vec<_>>::new();
    for row in rows.filter(|row| reached.contains(&order(row))) {
        grouped.entry(order(row)).or_default().push(row.clone());
    }
    grouped.into_iter().collect()
}

fn next<I: Copy>(rows: &BTreeMap<I, impl Sized>, number: impl Fn(I) -> i64) -> i64 {
    rows.keys().next_back().map_or(1, |last| number(*last).saturating_add(1))
}

fn number_of(orders: &[Order]) -> u64 {
    u64::try_from(orders.len()).unwrap_or(u64::MAX)
}

fn distinct<I: Copy + Ord>(ids: &[I]) -> impl Iterator<Item = I> {
    ids.iter().copied().collect::<BTreeSet<_>>().into_iter()
}

#[cfg(test)]
mod tests;
