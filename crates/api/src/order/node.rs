//! `OrderNode`: what somebody bought at one time in one store.

use juniper::graphql_object;
use regulars_kernel::{
    MerchantId, Money, OrderId, OrderTypeId, Page, PageRequest, PersonId, StoreId,
    page::{Keyed, SortKey},
};
use regulars_order::{
    Order, OrderDiscountSort, OrderItemSort, OrderRefundSort, OrderSort, OrderTipSort, Payment,
    order,
};

use super::{
    OrderDiscountNodeConnection, OrderItemNodeConnection, OrderTypeNode, RefundNode,
    RefundNodeConnection, TipNodeConnection,
    choice::{OrderPaymentType, OrderState},
    discount, item, order_type, refund, tip,
};
use crate::{
    connection::{connection, paging},
    context::Context,
    customer::{self, ConsumerNode, choice::UserEntitySource},
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    merchant::{self, MerchantNode, StoreNode},
    node::NodeValue,
    scalar::{DateTime, Decimal, JSONString},
    sibling::{Referred, Sibling},
};

/// The type name in global ids.
pub const ORDER: &str = "OrderNode";

/// What orders refer to.
#[derive(Default)]
pub struct OrderReferred {
    orders: Referred<OrderId>,
    consumers: Referred<PersonId>,
    waiters: Referred<PersonId>,
    merchants: Referred<MerchantId>,
    stores: Referred<StoreId>,
    types: Referred<OrderTypeId>,
}

/// An order, and those loaded with it.
#[derive(Clone)]
pub struct Purchase(Sibling<Order, OrderReferred>);

/// An order; its scalar fields take the short way.
pub type OrderNode = Fast<Purchase>;

/// The pages of orders that were loaded together.
pub(super) fn pages(pages: Vec<Page<Order>>) -> impl Iterator<Item = Page<OrderNode>> {
    Sibling::pages(pages).map(|page| page.map(|order| Fast(Purchase(order))))
}

/// A page of orders.
pub(super) fn page(page: Page<Order>) -> Page<OrderNode> {
    Sibling::page(page).map(|order| Fast(Purchase(order)))
}

/// The node of an order loaded alone.
pub(super) fn alone(order: Order) -> OrderNode {
    Fast(Purchase(Sibling::alone(order)))
}

/// One order; none where the asker sees none of that id.
pub(crate) fn find(context: &Context, id: OrderId) -> Result<Option<OrderNode>, ApiError> {
    load(context, &Level::of([id]), id)
}

/// Orders by id, for nodes of other nouns that refer to them: one statement for a whole level of referring nodes.
pub(crate) fn load(
    context: &Context,
    level: &Level<OrderId>,
    id: OrderId,
) -> Result<Option<OrderNode>, ApiError> {
    context.load(level, ORDER, id, |ids| {
        let actor = context.actor();
        let orders = context.read(|tx| order::list_by_ids(tx, actor, ids))?;
        let orders = page(Page { items: orders, has_next: false, has_previous: false });
        Ok(orders.items.into_iter().map(|node| (node.0.0.id, node)).collect())
    })
}

impl Keyed<OrderSort> for OrderNode {
    fn sort_key(&self, field: OrderSort) -> SortKey {
        self.0.0.sort_key(field)
    }

    fn pk(&self) -> i64 {
        self.0.0.id.get()
    }
}

/// A part of what was paid for an order.
pub struct PaymentNode(Payment);

/// A part of what was paid for an order, in the order's currency.
#[graphql_object]
#[graphql(name = "OrderPayment", context = Context, scalar = juniper::DefaultScalarValue)]
impl PaymentNode {
    /// In which way.
    fn payment_type(&self) -> OrderPaymentType {
        self.0.payment_type.into()
    }

    /// How much.
    fn amount(&self) -> Decimal {
        self.0.amount.into()
    }

    /// What was handed over in cash.
    fn cash_received(&self) -> Option<Decimal> {
        self.0.cash_received.map(Into::into)
    }

    /// What was handed back.
    fn change(&self) -> Option<Decimal> {
        self.0.change.map(Into::into)
    }
}

/// The code of an amount's currency.
fn code(money: Option<Money>) -> Option<&'static str> {
    money.map(|money| money.currency().code())
}

crate::fast_object! {
    #[graphql(name = "OrderNode", context = Context, impl = [NodeValue])]
    /// What somebody bought at one time in one store. All its amounts are in one currency.
    impl Purchase {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(ORDER, self.0.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.0.id.get()) }
            /// The number for people, unique at its merchant.
            "orderId" => fn order_id(&self) -> &str { &self.0.number }
            /// Not archived.
            "isActive" => fn is_active(&self) -> bool { self.0.is_active() }
            /// When it was archived.
            "deletedAt" => fn deleted_at(&self) -> Option<DateTime> { self.0.deleted_at.map(DateTime) }
            /// Where the buyer is reached about this order.
            "phoneNumber" => fn phone_number(&self) -> Option<&str> { self.0.phone_number.as_deref() }
            /// How far it has come.
            "state" => fn state(&self) -> OrderState { self.0.state.into() }
            /// When it is to be picked up.
            "pickupDt" => fn pickup_dt(&self) -> Option<DateTime> { self.0.pickup_at.map(DateTime) }
            /// Where it is to be brought.
            "deliveryLocation" => fn delivery_location(&self) -> Option<&str> {
                self.0.delivery_location.as_deref()
            }
            /// How it was paid.
            "paymentType" => fn payment_type(&self) -> Option<OrderPaymentType> {
                self.0.payment_type.map(Into::into)
            }
            /// How it was paid, in words.
            "paymentTypeDisplay" => fn payment_type_display(&self) -> Option<&str> {
                self.0.payment_type.map(regulars_order::PaymentType::display_name)
            }
            /// What was handed over in cash.
            "cashReceived" => fn cash_received(&self) -> Option<Decimal> {
                self.0.cash_received.map(Into::into)
            }
            /// What was handed over in cash.
            "cashReceivedAmount" => fn cash_received_amount(&self) -> Option<Decimal> {
                self.0.cash_received.map(Into::into)
            }
            /// Its currency.
            "cashReceivedCurrency" => fn cash_received_currency(&self) -> Option<&str> {
                code(self.0.cash_received)
            }
            /// What was handed back.
            "change" => fn change(&self) -> Option<Decimal> { self.0.change.map(Into::into) }
            /// What was handed back.
            "changeAmount" => fn change_amount(&self) -> Option<Decimal> { self.0.change.map(Into::into) }
            /// Its currency.
            "changeCurrency" => fn change_currency(&self) -> Option<&str> { code(self.0.change) }
            /// How many sat at the table.
            "numOfGuests" => fn num_of_guests(&self) -> Option<i32> { self.0.num_of_guests }
            /// The tax in the total.
            "tax" => fn tax(&self) -> Option<Decimal> { self.0.tax.map(Into::into) }
            /// Its currency.
            "taxCurrency" => fn tax_currency(&self) -> Option<&str> { code(self.0.tax) }
            /// What is to be paid, tax included: what the lines cost, less the discounts, and the tips. It follows every change of
            /// an open order; refunds do not change it.
            "total" => fn total(&self) -> Decimal { self.0.total.into() }
            /// Its currency.
            "totalCurrency" => fn total_currency(&self) -> &str { self.0.total.currency().code() }
            /// Paid and done.
            "completed" => fn completed(&self) -> bool { self.0.completed }
            /// When that was.
            "completedAt" => fn completed_at(&self) -> Option<DateTime> { self.0.completed_at.map(DateTime) }
            /// The system that it came from; null where it was made here.
            "entitySource" => fn entity_source(&self) -> Option<UserEntitySource> {
                self.0.entity_source.and_then(|source| UserEntitySource::of_name(source.name()))
            }
            /// Its id there.
            "entitySourceId" => fn entity_source_id(&self) -> Option<&str> {
                self.0.entity_source_id.as_deref()
            }
            /// The merchant's own fields.
            "extraInfo" => fn extra_info(&self) -> Option<JSONString> {
                self.0.extra_info.as_deref().and_then(JSONString::parse)
            }
            /// When it was put down here.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.0.created_at) }
            /// When it was last changed.
            "updatedAt" => fn updated_at(&self) -> DateTime { DateTime(self.0.updated_at) }
        }
        nodes {
            /// How it is fulfilled.
            "orderType" => fn order_type(&self, context: &Context) -> Result<Option<OrderTypeNode>, ApiError> {
                order_type::load(context, self.0.referred(|all| &all.types, |order| Some(order.order_type)), self.0.order_type)
            }
        }
        fields {
            /// The parts in which it was paid, where the till told them.
            fn payments(&self) -> Vec<PaymentNode> {
                self.0.payments.iter().copied().map(PaymentNode).collect()
            }

            /// Who bought; null where nobody is known, or the asker does not see who.
            fn consumer(&self, context: &Context) -> Result<Option<ConsumerNode>, ApiError> {
                let Some(id) = self.0.consumer else { return Ok(None) };
                customer::node::load(context, self.0.referred(|all| &all.consumers, |order| order.consumer), id)
            }

            /// Whose sale it is.
            fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                merchant::node::load(context, self.0.referred(|all| &all.merchants, |order| Some(order.merchant)), self.0.merchant)
            }

            /// Who served; null for consumers.
            fn waiter(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                let Some(id) = self.0.waiter else { return Ok(None) };
                merchant::node::load_account(context, self.0.referred(|all| &all.waiters, |order| order.waiter), id)
            }

            /// Where.
            fn store(&self, context: &Context) -> Result<Option<StoreNode>, ApiError> {
                merchant::store::load(context, self.0.referred(|all| &all.stores, |order| Some(order.store)), self.0.store)
            }

            /// What was given on top, in the order it was put down.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn tips(
                &self,
                context: &Context,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "pk. Default pk.")] order_by: Option<String>,
            ) -> Result<Option<TipNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                let request = PageRequest::<OrderTipSort>::parse(&paging, "tips")?;
                tip::of_order(context, self.0.referred(|all| &all.orders, |order| Some(order.id)), self.0.id, request).map(Some)
            }

            /// What was taken off, in the order it was put down.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn discounts(
                &self,
                context: &Context,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "pk. Default pk.")] order_by: Option<String>,
            ) -> Result<Option<OrderDiscountNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                let request = PageRequest::<OrderDiscountSort>::parse(&paging, "discounts")?;
                discount::of_order(context, self.0.referred(|all| &all.orders, |order| Some(order.id)), self.0.id, request).map(Some)
            }

            /// The newest refund; all of them are `refunds`.
            fn refund(&self, context: &Context) -> Result<Option<RefundNode>, ApiError> {
                refund::newest(context, self.0.referred(|all| &all.orders, |order| Some(order.id)), self.0.id)
            }

            /// What was given back, the oldest first.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn refunds(
                &self,
                context: &Context,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "pk. Default pk.")] order_by: Option<String>,
            ) -> Result<Option<RefundNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                let request = PageRequest::<OrderRefundSort>::parse(&paging, "refunds")?;
                refund::of_order(context, self.0.referred(|all| &all.orders, |order| Some(order.id)), self.0.id, request).map(Some)
            }

            /// What was bought, in the order it was put down.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn items(
                &self,
                context: &Context,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "createdAt, pk. Default pk.")] order_by: Option<String>,
            ) -> Result<Option<OrderItemNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                let request = PageRequest::<OrderItemSort>::parse(&paging, "items")?;
                item::of_order(context, self.0.referred(|all| &all.orders, |order| Some(order.id)), self.0.id, request).map(Some)
            }
        }
    }
}

connection!(
    OrderNodeConnection,
    OrderNodeEdge,
    OrderNode,
    OrderSort,
    "A page of orders.",
    "One of the orders."
);
