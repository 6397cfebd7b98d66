//! `OrderItemNode`: a line of an order.

use std::{collections::HashMap, sync::Arc};

use juniper::GraphQLObject;
use regulars_kernel::{
    OrderId, OrderItemId, PageRequest, ProductId,
    page::{Keyed, SortKey},
};
use regulars_order::{Modifier, OrderItem, OrderItemSort, item};

use crate::{
    connection::connection,
    context::Context,
    customer::choice::UserEntitySource,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    merchant::{ProductNode, product},
    node::NodeValue,
    order::{RefundNode, refund},
    scalar::{DateTime, Decimal, JSONString},
};

/// The type name in global ids.
pub const ORDER_ITEM: &str = "OrderItemNode";

/// A line, and the products of those loaded with it.
#[derive(Clone)]
pub struct Line {
    item: Arc<OrderItem>,
    orders: Arc<Level<OrderId>>,
    products: Arc<Level<ProductId>>,
}

/// A line of an order; its scalar fields take the short way.
pub type OrderItemNode = Fast<Line>;

/// What makes each unit of a line another than the plain one.
#[derive(Clone, Debug, GraphQLObject)]
pub struct OrderItemModifier {
    /// What it is called.
    name: String,
    /// What it adds to the price of each unit; below zero it takes off.
    price: Decimal,
}

impl OrderItemModifier {
    fn of(modifier: &Modifier) -> Self {
        Self { name: modifier.name.clone(), price: modifier.price.into() }
    }
}

impl Keyed<OrderItemSort> for OrderItemNode {
    fn sort_key(&self, field: OrderItemSort) -> SortKey {
        self.0.item.sort_key(field)
    }

    fn pk(&self) -> i64 {
        self.0.item.id.get()
    }
}

/// What lines that were loaded together refer to.
struct Referred {
    orders: Arc<Level<OrderId>>,
    products: Arc<Level<ProductId>>,
}

impl Referred {
    fn by<'a>(items: impl Iterator<Item = &'a OrderItem> + Clone) -> Self {
        Self {
            orders: Level::distinct(items.clone().map(|item| item.order)),
            products: Level::distinct(items.filter_map(|item| item.product)),
        }
    }

    fn node(&self, item: OrderItem) -> OrderItemNode {
        let (orders, products) = (Arc::clone(&self.orders), Arc::clone(&self.products));
        Fast(Line { item: Arc::new(item), orders, products })
    }
}

/// Lines by id, for nodes of other nouns that refer to them: one statement for a whole level of referring nodes.
pub(super) fn load(
    context: &Context,
    level: &Level<OrderItemId>,
    id: OrderItemId,
) -> Result<Option<OrderItemNode>, ApiError> {
    context.load(level, ORDER_ITEM, id, |ids| {
        let actor = context.actor();
        let items = context.read(|tx| item::list_by_ids(tx, actor, ids))?;
        let referred = Referred::by(items.iter());
        Ok(items.into_iter().map(|item| (item.id, referred.node(item))).collect())
    })
}

/// One line; none where the asker sees none of that id.
pub(crate) fn find(context: &Context, id: OrderItemId) -> Result<Option<OrderItemNode>, ApiError> {
    load(context, &Level::of([id]), id)
}

/// The lines of one of the orders of a level. An order has few: they are loaded whole, and paged here.
pub(super) fn of_order(
    context: &Context,
    level: &Level<OrderId>,
    id: OrderId,
    request: PageRequest<OrderItemSort>,
) -> Result<OrderItemNodeConnection, ApiError> {
    let lines = context.load(level, "items", id, |ids| {
        let actor = context.actor();
        let lines = context.read(|tx| item::per_order(tx, actor, ids))?;
        let referred = Referred::by(lines.iter().flat_map(|(_order, items)| items));
        let nodes = lines.into_iter().map(|(order, items)| {
            (order, items.into_iter().map(|item| referred.node(item)).collect())
        });
        Ok(nodes.collect::<HashMap<OrderId, Vec<OrderItemNode>>>())
    })?;
    Ok(OrderItemNodeConnection::cut(lines.unwrap_or_default(), request))
}

crate::fast_object! {
    #[graphql(name = "OrderItemNode", context = Context, impl = [NodeValue])]
    /// A line of an order.
    impl Line {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(ORDER_ITEM, self.item.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.item.id.get()) }
            /// What it was called when it was bought.
            "name" => fn name(&self) -> &str { &self.item.name }
            /// How many.
            "quantity" => fn quantity(&self) -> i32 { self.item.quantity }
            /// How many of them a discount touched.
            "numOfDiscountedUnits" => fn num_of_discounted_units(&self) -> i32 {
                self.item.num_of_discounted_units
            }
            /// What one costs, without modifiers; null where the line says what it costs as a whole.
            "unitPrice" => fn unit_price(&self) -> Option<Decimal> { self.item.unit_price.map(Into::into) }
            /// What the whole line costs, tax included.
            "cost" => fn cost(&self) -> Decimal { self.item.cost.into() }
            /// The currency of the cost.
            "costCurrency" => fn cost_currency(&self) -> &str { self.item.cost.currency().code() }
            /// Handed over.
            "isCompleted" => fn is_completed(&self) -> bool { self.item.is_completed }
            /// The system that it came from; null where it was made here.
            "entitySource" => fn entity_source(&self) -> Option<UserEntitySource> {
                self.item.entity_source.and_then(|source| UserEntitySource::of_name(source.name()))
            }
            /// Its id there.
            "entitySourceId" => fn entity_source_id(&self) -> Option<&str> {
                self.item.entity_source_id.as_deref()
            }
            /// The merchant's own fields.
            "extraInfo" => fn extra_info(&self) -> Option<JSONString> {
                self.item.extra_info.as_deref().and_then(JSONString::parse)
            }
            /// When it was put down here.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.item.created_at) }
            /// When it was last changed.
            "updatedAt" => fn updated_at(&self) -> DateTime { DateTime(self.item.updated_at) }
        }
        fields {
            /// What makes each of them another than the plain one.
            fn modifiers(&self) -> Vec<OrderItemModifier> {
                self.item.modifiers.iter().map(OrderItemModifier::of).collect()
            }

            /// The newest refund of this line alone.
            fn refund(&self, context: &Context) -> Result<Option<RefundNode>, ApiError> {
                refund::of_item(context, &self.orders, self.item.order, self.item.id)
            }

            /// What was bought; null where it is not in the catalogue.
            fn product(&self, context: &Context) -> Result<Option<ProductNode>, ApiError> {
                let Some(id) = self.item.product else { return Ok(None) };
                product::load(context, &self.products, id)
            }
        }
    }
}

connection!(
    OrderItemNodeConnection,
    OrderItemNodeEdge,
    OrderItemNode,
    OrderItemSort,
    "A page of the lines of an order.",
    "One of the lines."
);
