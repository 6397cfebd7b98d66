//! The port of the order crate: [`OrderStore`] over tables.
//!
//! Each function here says what it asks of which table; what a method promises is said by the port. Every statement on
//! orders names the merchant or the person whose they are.

mod bill;
mod buyer;
mod discount;
mod filter;
mod item;
mod merge;
#[expect(clippy::module_inception, reason = "a file has the name of its noun")]
mod order;
mod order_type;
mod part;
mod purchase;
mod refund;
mod review;
mod tip;
mod visit;

use regulars_kernel::{
    MerchantId, OrderDiscountId, OrderId, OrderItemId, OrderRefundId, OrderTipId, Page,
    PageRequest, PersonId, Scope, StoreAccess, StoreError, StoreId, Timestamp,
};
use regulars_order::{
    Bill, Order, OrderDiscount, OrderItem, OrderQuery, OrderRefund, OrderSort, OrderStore,
    OrderTip, OrderType,
};

use crate::Tx;

impl OrderStore for Tx<'_> {
    fn scope(&self) -> Scope {
        Tx::scope(self)
    }

    fn orders(&mut self, ids: &[OrderId], within: &StoreAccess) -> Result<Vec<Order>, StoreError> {
        order::by_ids(self, ids, within)
    }

    fn list_orders(
        &mut self,
        query: &OrderQuery,
        page: &PageRequest<OrderSort>,
    ) -> Result<Page<Order>, StoreError> {
        order::list(self, query, page)
    }

    fn count_orders(&mut self, query: &OrderQuery) -> Result<u64, StoreError> {
        order::count(self, query)
    }

    fn orders_per_consumer(
        &mut self,
        consumers: &[PersonId],
        query: &OrderQuery,
        page: &PageRequest<OrderSort>,
    ) -> Result<Vec<(PersonId, Page<Order>)>, StoreError> {
        order::CONSUMER.pages(self, consumers, query, page)
    }

    fn count_orders_per_consumer(
        &mut self,
        consumers: &[PersonId],
        query: &OrderQuery,
    ) -> Result<Vec<(PersonId, u64)>, StoreError> {
        order::CONSUMER.counts(self, consumers, query)
    }

    fn orders_per_store(
        &mut self,
        stores: &[StoreId],
        query: &OrderQuery,
        page: &PageRequest<OrderSort>,
    ) -> Result<Vec<(StoreId, Page<Order>)>, StoreError> {
        order::STORE.pages(self, stores, query, page)
    }

    fn count_orders_per_store(
        &mut self,
        stores: &[StoreId],
        query: &OrderQuery,
    ) -> Result<Vec<(StoreId, u64)>, StoreError> {
        order::STORE.counts(self, stores, query)
    }

    fn items_per_order(
        &mut self,
        orders: &[OrderId],
        within: &StoreAccess,
    ) -> Result<Vec<(OrderId, Vec<OrderItem>)>, StoreError> {
        item::per_order(self, orders, within)
    }

    fn order_items(
        &mut self,
        ids: &[OrderItemId],
        within: &StoreAccess,
    ) -> Result<Vec<OrderItem>, StoreError> {
        item::by_ids(self, ids, within)
    }

    fn tips_per_order(
        &mut self,
        orders: &[OrderId],
        within: &StoreAccess,
    ) -> Result<Vec<(OrderId, Vec<OrderTip>)>, StoreError> {
        tip::tips_per_order(self, orders, within)
    }

    fn order_tips(
        &mut self,
        ids: &[OrderTipId],
        within: &StoreAccess,
    ) -> Result<Vec<OrderTip>, StoreError> {
        tip::tips_by_ids(self, ids, within)
    }

    fn discounts_per_order(
        &mut self,
        orders: &[OrderId],
        within: &StoreAccess,
    ) -> Result<Vec<(OrderId, Vec<OrderDiscount>)>, StoreError> {
        discount::discounts_per_order(self, orders, within)
    }

    fn order_discounts(
        &mut self,
        ids: &[OrderDiscountId],
        within: &StoreAccess,
    ) -> Result<Vec<OrderDiscount>, StoreError> {
        discount::discounts_by_ids(self, ids, within)
    }

    fn refunds_per_order(
        &mut self,
        orders: &[OrderId],
        within: &StoreAccess,
    ) -> Result<Vec<(OrderId, Vec<OrderRefund>)>, StoreError> {
        refund::refunds_per_order(self, orders, within)
    }

    fn order_refunds(
        &mut self,
        ids: &[OrderRefundId],
        within: &StoreAccess,
    ) -> Result<Vec<OrderRefund>, StoreError> {
        refund::refunds_by_ids(self, ids, within)
    }

    fn order_types(&mut self) -> Result<Vec<OrderType>, StoreError> {
        order_type::list(self)
    }

    fn find_order(
        &mut self,
        merchant: MerchantId,
        id: OrderId,
    ) -> Result<Option<Order>, StoreError> {
        order::find(self, merchant, id)
    }

    fn find_order_of_item(
        &mut self,
        merchant: MerchantId,
        item: OrderItemId,
    ) -> Result<Option<Order>, StoreError> {
        order::find_of_item(self, merchant, item)
    }

    fn insert_order(&mut self, new: &Order) -> Result<OrderId, StoreError> {
        order::insert(self, new)
    }

    fn update_order(&mut self, order: &Order) -> Result<(), StoreError> {
        order::update(self, order)
    }

    fn bill(&mut self, merchant: MerchantId, id: OrderId) -> Result<Bill, StoreError> {
        bill::of(self, merchant, id)
    }

    fn insert_order_item(&mut self, new: &OrderItem) -> Result<OrderItemId, StoreError> {
        item::insert(self, new)
    }

    fn insert_order_items(&mut self, new: &[OrderItem]) -> Result<Vec<OrderItemId>, StoreError> {
        item::insert_all(self, new)
    }

    fn update_order_item(&mut self, item: &OrderItem) -> Result<(), StoreError> {
        item::update(self, item)
    }

    fn complete_order_items(
        &mut self,
        merchant: MerchantId,
        order: OrderId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        item::complete(self, merchant, order, now)
    }

    fn insert_order_tip(&mut self, new: &OrderTip) -> Result<OrderTipId, StoreError> {
        tip::insert(self, new)
    }

    fn insert_order_discount(
        &mut self,
        new: &OrderDiscount,
    ) -> Result<OrderDiscountId, StoreError> {
        discount::insert(self, new)
    }

    fn find_order_of_discount(
        &mut self,
        merchant: MerchantId,
        discount: OrderDiscountId,
    ) -> Result<Option<Order>, StoreError> {
        order::find_of_discount(self, merchant, discount)
    }

    fn update_order_discount(&mut self, discount: &OrderDiscount) -> Result<(), StoreError> {
        discount::update(self, discount)
    }

    fn delete_order_discount(
        &mut self,
        merchant: MerchantId,
        id: OrderDiscountId,
    ) -> Result<(), StoreError> {
        discount::delete(self, merchant, id)
    }

    fn count_discounted_units(
        &mut self,
        merchant: MerchantId,
        order: OrderId,
    ) -> Result<(), StoreError> {
        discount::count_units(self, merchant, order)
    }

    fn insert_order_refund(&mut self, new: &OrderRefund) -> Result<OrderRefundId, StoreError> {
        refund::insert(self, new)
    }

    fn delete_order_item(
        &mut self,
        merchant: MerchantId,
        id: OrderItemId,
    ) -> Result<(), StoreError> {
        item::delete(self, merchant, id)
    }
}

/// A row that is none of the scope's.
const OUT_OF_REACH: StoreError = StoreError::OutOfScope("the merchant's orders");

/// Whether a statement reached the row that it was to change.
fn reached(rows: usize) -> Result<(), StoreError> {
    if rows == 0 { Err(OUT_OF_REACH) } else { Ok(()) }
}
