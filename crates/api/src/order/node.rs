//! `OrderNode`: what somebody bought at one time in one store.

use std::sync::Arc;

use regulars_kernel::{
    MerchantId, Money, OrderId, OrderTypeId, PageRequest, PersonId, StoreId,
    page::{Keyed, SortKey},
};
use regulars_order::{Order, OrderItemSort, OrderSort, order};

use super::{
    OrderItemNodeConnection, OrderTypeNode,
    choice::{OrderPaymentType, OrderState},
    item, order_type,
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
};

/// The type name in global ids.
pub const ORDER: &str = "OrderNode";

/// Orders that were loaded together, and all that they refer to.
pub(super) struct Siblings {
    orders: Arc<Level<OrderId>>,
    consumers: Arc<Level<PersonId>>,
    waiters: Arc<Level<PersonId>>,
    merchants: Arc<Level<MerchantId>>,
    stores: Arc<Level<StoreId>>,
    types: Arc<Level<OrderTypeId>>,
}

/// An order, and those loaded with it.
#[derive(Clone)]
pub struct Purchase {
    order: Arc<Order>,
    siblings: Arc<Siblings>,
}

/// An order; its scalar fields take the short way.
pub type OrderNode = Fast<Purchase>;

impl Siblings {
    /// Of orders that were loaded together.
    pub(super) fn of<'a>(orders: impl Iterator<Item = &'a Order> + Clone) -> Arc<Self> {
        Arc::new(Self {
            orders: Level::distinct(orders.clone().map(|order| order.id)),
            consumers: Level::distinct(orders.clone().filter_map(|order| order.consumer)),
            waiters: Level::distinct(orders.clone().filter_map(|order| order.waiter)),
            merchants: Level::distinct(orders.clone().map(|order| order.merchant)),
            stores: Level::distinct(orders.clone().map(|order| order.store)),
            types: Level::distinct(orders.map(|order| order.order_type)),
        })
    }

    /// The node of one of them.
    pub(super) fn node(self: &Arc<Self>, order: Order) -> OrderNode {
        Fast(Purchase { order: Arc::new(order), siblings: Arc::clone(self) })
    }
}

/// The node of an order loaded alone.
pub(super) fn alone(order: Order) -> OrderNode {
    Siblings::of(std::iter::once(&order)).node(order)
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
    context.load(level, ORDER.to_owned(), id, |ids| {
        let actor = context.actor();
        let orders = context.read(|tx| order::list_by_ids(tx, actor, ids))?;
        let siblings = Siblings::of(orders.iter());
        Ok(orders.into_iter().map(|order| (order.id, siblings.node(order))).collect())
    })
}

impl Keyed<OrderSort> for OrderNode {
    fn sort_key(&self, field: OrderSort) -> SortKey {
        self.0.order.sort_key(field)
    }

    fn pk(&self) -> i64 {
        self.0.order.id.get()
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
            "id" => fn id(&self) -> Id { Id::global(ORDER, self.order.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.order.id.get()) }
            /// The number for people, unique at its merchant.
            "orderId" => fn order_id(&self) -> &str { &self.order.number }
            /// Not archived.
            "isActive" => fn is_active(&self) -> bool { self.order.is_active() }
            /// When it was archived.
            "deletedAt" => fn deleted_at(&self) -> Option<DateTime> { self.order.deleted_at.map(DateTime) }
            /// Where the buyer is reached about this order.
            "phoneNumber" => fn phone_number(&self) -> Option<&str> { self.order.phone_number.as_deref() }
            /// How far it has come.
            "state" => fn state(&self) -> OrderState { self.order.state.into() }
            /// When it is to be picked up.
            "pickupDt" => fn pickup_dt(&self) -> Option<DateTime> { self.order.pickup_at.map(DateTime) }
            /// Where it is to be brought.
            "deliveryLocation" => fn delivery_location(&self) -> Option<&str> {
                self.order.delivery_location.as_deref()
            }
            /// How it was paid.
            "paymentType" => fn payment_type(&self) -> Option<OrderPaymentType> {
                self.order.payment_type.map(Into::into)
            }
            /// How it was paid, in words.
            "paymentTypeDisplay" => fn payment_type_display(&self) -> Option<&str> {
                self.order.payment_type.map(regulars_order::PaymentType::display_name)
            }
            /// What was handed over in cash.
            "cashReceived" => fn cash_received(&self) -> Option<Decimal> {
                self.order.cash_received.map(Into::into)
            }
            /// What was handed over in cash.
            "cashReceivedAmount" => fn cash_received_amount(&self) -> Option<Decimal> {
                self.order.cash_received.map(Into::into)
            }
            /// Its currency.
            "cashReceivedCurrency" => fn cash_received_currency(&self) -> Option<&str> {
                code(self.order.cash_received)
            }
            /// What was handed back.
            "change" => fn change(&self) -> Option<Decimal> { self.order.change.map(Into::into) }
            /// What was handed back.
            "changeAmount" => fn change_amount(&self) -> Option<Decimal> { self.order.change.map(Into::into) }
            /// Its currency.
            "changeCurrency" => fn change_currency(&self) -> Option<&str> { code(self.order.change) }
            /// How many sat at the table.
            "numOfGuests" => fn num_of_guests(&self) -> Option<i32> { self.order.num_of_guests }
            /// The tax in the total.
            "tax" => fn tax(&self) -> Option<Decimal> { self.order.tax.map(Into::into) }
            /// Its currency.
            "taxCurrency" => fn tax_currency(&self) -> Option<&str> { code(self.order.tax) }
            /// What was to be paid; refunds do not change it.
            "total" => fn total(&self) -> Decimal { self.order.total.into() }
            /// Its currency.
            "totalCurrency" => fn total_currency(&self) -> &str { self.order.total.currency().code() }
            /// Paid and done.
            "completed" => fn completed(&self) -> bool { self.order.completed }
            /// When that was.
            "completedAt" => fn completed_at(&self) -> Option<DateTime> { self.order.completed_at.map(DateTime) }
            /// The system that it came from; null where it was made here.
            "entitySource" => fn entity_source(&self) -> Option<UserEntitySource> {
                self.order.entity_source.and_then(|source| UserEntitySource::of_name(source.name()))
            }
            /// Its id there.
            "entitySourceId" => fn entity_source_id(&self) -> Option<&str> {
                self.order.entity_source_id.as_deref()
            }
            /// The merchant's own fields.
            "extraInfo" => fn extra_info(&self) -> Option<JSONString> {
                self.order.extra_info.as_deref().and_then(JSONString::parse)
            }
            /// When it was put down here.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.order.created_at) }
            /// When it was last changed.
            "updatedAt" => fn updated_at(&self) -> DateTime { DateTime(self.order.updated_at) }
        }
        nodes {
            /// How it is fulfilled.
            "orderType" => fn order_type(&self, context: &Context) -> Result<Option<OrderTypeNode>, ApiError> {
                order_type::load(context, &self.siblings.types, self.order.order_type)
            }
        }
        fields {
            /// Who bought; null where nobody is known, or the asker does not see who.
            fn consumer(&self, context: &Context) -> Result<Option<ConsumerNode>, ApiError> {
                let Some(id) = self.order.consumer else { return Ok(None) };
                customer::node::load(context, &self.siblings.consumers, id)
            }

            /// Whose sale it is.
            fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                merchant::node::load(context, &self.siblings.merchants, self.order.merchant)
            }

            /// Who served; null for consumers.
            fn waiter(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                let Some(id) = self.order.waiter else { return Ok(None) };
                merchant::node::load_account(context, &self.siblings.waiters, id)
            }

            /// Where.
            fn store(&self, context: &Context) -> Result<Option<StoreNode>, ApiError> {
                merchant::store::load(context, &self.siblings.stores, self.order.store)
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
                item::of_order(context, &self.siblings.orders, self.order.id, request).map(Some)
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
