//! What this crate asks of whoever keeps the rows.

use regulars_kernel::{
    MerchantId, OrderDiscountId, OrderId, OrderItemId, OrderRefundId, OrderTipId, Page,
    PageRequest, PersonId, Scope, StoreAccess, StoreError, StoreId, Timestamp,
};

use crate::{
    Bill, Order, OrderDiscount, OrderItem, OrderQuery, OrderRefund, OrderSort, OrderTip, OrderType,
};

/// Orders, as far as the scope of the transaction reaches. Each method is one statement, whatever the number of ids (a
/// list of orders whose buyer's phone number begins like this is two at most); ids out of reach, unknown or named twice
/// are no error: each row is answered once at most.
///
/// Reach: `Merchant` scope has its own orders, `Person` scope those that the person bought, at any merchant, and
/// `Platform` scope all. `within` narrows it to stores. Writing, and what is looked for to be written, is a merchant's in
/// `Merchant` scope, and anybody's in `Platform` scope; elsewhere it is [`StoreError::OutOfScope`], as is a row to be written
/// that is not there.
pub trait OrderStore {
    /// Whose data the transaction sees.
    fn scope(&self) -> Scope;

    /// Orders by id, archived ones included, in no order.
    fn orders(&mut self, ids: &[OrderId], within: &StoreAccess) -> Result<Vec<Order>, StoreError>;

    /// A page of orders.
    fn list_orders(
        &mut self,
        query: &OrderQuery,
        page: &PageRequest<OrderSort>,
    ) -> Result<Page<Order>, StoreError>;

    /// How many rows [`Self::list_orders`] has on all its pages.
    fn count_orders(&mut self, query: &OrderQuery) -> Result<u64, StoreError>;

    /// The same page of each consumer's orders. Consumers without an order on that page may be left out.
    fn orders_per_consumer(
        &mut self,
        consumers: &[PersonId],
        query: &OrderQuery,
        page: &PageRequest<OrderSort>,
    ) -> Result<Vec<(PersonId, Page<Order>)>, StoreError>;

    /// How many orders each consumer has. Consumers without one may be left out.
    fn count_orders_per_consumer(
        &mut self,
        consumers: &[PersonId],
        query: &OrderQuery,
    ) -> Result<Vec<(PersonId, u64)>, StoreError>;

    /// The same page of each store's orders. Stores without an order on that page may be left out.
    fn orders_per_store(
        &mut self,
        stores: &[StoreId],
        query: &OrderQuery,
        page: &PageRequest<OrderSort>,
    ) -> Result<Vec<(StoreId, Page<Order>)>, StoreError>;

    /// How many orders each store has. Stores without one may be left out.
    fn count_orders_per_store(
        &mut self,
        stores: &[StoreId],
        query: &OrderQuery,
    ) -> Result<Vec<(StoreId, u64)>, StoreError>;

    /// All lines of each order, by ascending id. Orders without lines are left out.
    fn items_per_order(
        &mut self,
        orders: &[OrderId],
        within: &StoreAccess,
    ) -> Result<Vec<(OrderId, Vec<OrderItem>)>, StoreError>;

    /// Lines by id, in no order.
    fn order_items(
        &mut self,
        ids: &[OrderItemId],
        within: &StoreAccess,
    ) -> Result<Vec<OrderItem>, StoreError>;

    /// All tips of each order, by ascending id. Orders without one are left out.
    fn tips_per_order(
        &mut self,
        orders: &[OrderId],
        within: &StoreAccess,
    ) -> Result<Vec<(OrderId, Vec<OrderTip>)>, StoreError>;

    /// Tips by id, in no order.
    fn order_tips(
        &mut self,
        ids: &[OrderTipId],
        within: &StoreAccess,
    ) -> Result<Vec<OrderTip>, StoreError>;

    /// All discounts of each order with their shares, by ascending id. Orders without one are left out. Two statements.
    fn discounts_per_order(
        &mut self,
        orders: &[OrderId],
        within: &StoreAccess,
    ) -> Result<Vec<(OrderId, Vec<OrderDiscount>)>, StoreError>;

    /// Discounts by id with their shares, in no order. Two statements.
    fn order_discounts(
        &mut self,
        ids: &[OrderDiscountId],
        within: &StoreAccess,
    ) -> Result<Vec<OrderDiscount>, StoreError>;

    /// All refunds of each order with their shares, by ascending id. Orders without one are left out. Two statements.
    fn refunds_per_order(
        &mut self,
        orders: &[OrderId],
        within: &StoreAccess,
    ) -> Result<Vec<(OrderId, Vec<OrderRefund>)>, StoreError>;

    /// Refunds by id with their shares, in no order. Two statements.
    fn order_refunds(
        &mut self,
        ids: &[OrderRefundId],
        within: &StoreAccess,
    ) -> Result<Vec<OrderRefund>, StoreError>;

    /// Every order type, by ascending id.
    fn order_types(&mut self) -> Result<Vec<OrderType>, StoreError>;

    /// One of a merchant's orders. In a transaction that writes, no other one changes it, its lines, its tips, its discounts or
    /// its refunds before this one ends: whoever changes any of them looks for the order by this first.
    fn find_order(
        &mut self,
        merchant: MerchantId,
        id: OrderId,
    ) -> Result<Option<Order>, StoreError>;

    /// The order of a line; as [`Self::find_order`]. The line may be gone meanwhile: it is read afterwards.
    fn find_order_of_item(
        &mut self,
        merchant: MerchantId,
        item: OrderItemId,
    ) -> Result<Option<Order>, StoreError>;

    /// Adds an order and answers the number it was given, which it also appends to `new.number`; `new.id` is not looked at.
    /// Taken: `orders.number`.
    fn insert_order(&mut self, new: &Order) -> Result<OrderId, StoreError>;

    /// Writes every field of an order but its keys and `created_at`.
    fn update_order(&mut self, order: &Order) -> Result<(), StoreError>;

    /// The sums of one of a merchant's orders.
    fn bill(&mut self, merchant: MerchantId, id: OrderId) -> Result<Bill, StoreError>;

    /// Adds a line to an order of its merchant and answers the number it was given; `new.id` is not looked at.
    fn insert_order_item(&mut self, new: &OrderItem) -> Result<OrderItemId, StoreError>;

    /// Adds lines to orders of their merchant, all of one currency and of the same, and answers the numbers that they were given, in
    /// their order and ascending; the ids are not looked at. At most [`crate::bill::MAX_LINES`]; a statement for each hundred.
    fn insert_order_items(&mut self, new: &[OrderItem]) -> Result<Vec<OrderItemId>, StoreError>;

    /// Writes every field of a line but its keys, its order and `created_at`.
    fn update_order_item(&mut self, item: &OrderItem) -> Result<(), StoreError>;

    /// Marks every line of an order as handed over; those that were before stay as they are.
    fn complete_order_items(
        &mut self,
        merchant: MerchantId,
        order: OrderId,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Adds a tip to an order of its merchant and answers the number it was given; `new.id` is not looked at.
    fn insert_order_tip(&mut self, new: &OrderTip) -> Result<OrderTipId, StoreError>;

    /// Adds a discount with its shares to an order of its merchant and answers the number it was given; `new.id` is not
    /// looked at. Two statements.
    fn insert_order_discount(&mut self, new: &OrderDiscount)
    -> Result<OrderDiscountId, StoreError>;

    /// The order of a discount; as [`Self::find_order`]. The discount may be gone meanwhile: it is read afterwards.
    fn find_order_of_discount(
        &mut self,
        merchant: MerchantId,
        discount: OrderDiscountId,
    ) -> Result<Option<Order>, StoreError>;

    /// Writes every field of a discount but its keys, its order and `created_at`, and its shares anew. Three statements.
    fn update_order_discount(&mut self, discount: &OrderDiscount) -> Result<(), StoreError>;

    /// Removes a discount with its shares. Two statements.
    fn delete_order_discount(
        &mut self,
        merchant: MerchantId,
        id: OrderDiscountId,
    ) -> Result<(), StoreError>;

    /// Counts anew how many units of each line of an order its discounts touch, at most all of them.
    fn count_discounted_units(
        &mut self,
        merchant: MerchantId,
        order: OrderId,
    ) -> Result<(), StoreError>;

    /// Adds a refund with its shares to an order of its merchant and answers the number it was given; `new.id` is not looked
    /// at. Two statements.
    fn insert_order_refund(&mut self, new: &OrderRefund) -> Result<OrderRefundId, StoreError>;

    /// Removes a line.
    fn delete_order_item(
        &mut self,
        merchant: MerchantId,
        id: OrderItemId,
    ) -> Result<(), StoreError>;
}
