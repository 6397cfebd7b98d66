//! `OrderDiscountNode`: what was taken off an order.

use std::{collections::HashMap, sync::Arc};

use regulars_kernel::{
    OrderDiscountId, OrderId, PageRequest,
    page::{Keyed, SortKey},
};
use regulars_order::{OrderDiscount, OrderDiscountSort, discount};

use super::{OrderNode, choice::OrderDiscountKind, node};
use crate::{
    connection::connection,
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    loyalty::receipt::WarningNode,
    node::NodeValue,
    scalar::{BigInt, DateTime, Decimal},
};

/// The type name in global ids.
pub const ORDER_DISCOUNT: &str = "OrderDiscountNode";

/// What was taken off an order.
#[derive(Clone)]
pub struct TakenOff {
    discount: Arc<OrderDiscount>,
    /// The orders of those that were loaded with it.
    orders: Arc<Level<OrderId>>,
}

/// A discount; its scalar fields take the short way.
pub type OrderDiscountNode = Fast<TakenOff>;

impl Keyed<OrderDiscountSort> for OrderDiscountNode {
    fn sort_key(&self, field: OrderDiscountSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.discount.id.get()
    }
}

/// The nodes of discounts that were loaded together.
fn nodes(discounts: Vec<OrderDiscount>, orders: &Arc<Level<OrderId>>) -> Vec<OrderDiscountNode> {
    let node =
        |discount| Fast(TakenOff { discount: Arc::new(discount), orders: Arc::clone(orders) });
    discounts.into_iter().map(node).collect()
}

/// One discount; none where the asker sees none of that id.
pub(crate) fn find(
    context: &Context,
    id: OrderDiscountId,
) -> Result<Option<OrderDiscountNode>, ApiError> {
    let actor = context.actor();
    let discounts = context.read(|tx| discount::list_by_ids(tx, actor, &[id]))?;
    let orders = Level::distinct(discounts.iter().map(|one| one.order));
    Ok(nodes(discounts, &orders).pop())
}

/// The discounts of one of the orders of a level. An order has few: they are loaded whole, and paged here.
pub(super) fn of_order(
    context: &Context,
    level: &Level<OrderId>,
    id: OrderId,
    request: PageRequest<OrderDiscountSort>,
) -> Result<OrderDiscountNodeConnection, ApiError> {
    let discounts = context.load(level, "discounts", id, |ids| {
        let actor = context.actor();
        let found = context.read(|tx| discount::per_order(tx, actor, ids))?;
        let orders = Level::distinct(found.iter().map(|(order, _discounts)| *order));
        let found = found.into_iter().map(|(order, found)| (order, nodes(found, &orders)));
        Ok(found.collect::<HashMap<OrderId, Vec<OrderDiscountNode>>>())
    })?;
    Ok(OrderDiscountNodeConnection::cut(discounts.unwrap_or_default(), request))
}

crate::fast_object! {
    #[graphql(name = "OrderDiscountNode", context = Context, impl = [NodeValue])]
    /// What was taken off an order.
    impl TakenOff {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(ORDER_DISCOUNT, self.discount.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.discount.id.get()) }
            /// By what.
            "kind" => fn kind(&self) -> OrderDiscountKind { self.discount.kind.into() }
            /// What that was called when it was given.
            "name" => fn name(&self) -> &str { &self.discount.name }
            /// How much.
            "amount" => fn amount(&self) -> Decimal { self.discount.amount.into() }
            /// Its currency.
            "amountCurrency" => fn amount_currency(&self) -> &str {
                self.discount.amount.currency().code()
            }
            /// The points that paid it; none but where it is of that kind.
            "points" => fn points(&self) -> BigInt { BigInt(self.discount.points.get()) }
            /// The merchant's own gift: it took nothing from account, code or limit.
            "unbacked" => fn unbacked(&self) -> bool { self.discount.unbacked }
            /// When it was put down here.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.discount.created_at) }
        }
        fields {
            /// Why it takes nothing off, as long as it does not: it stays on the open order, and is not used up.
            fn reason(&self) -> Option<WarningNode> {
                let why = self.discount.reason.as_ref()?;
                Some(WarningNode::new(&why.code, &why.sentence))
            }

            /// Of which order.
            fn order(&self, context: &Context) -> Result<Option<OrderNode>, ApiError> {
                node::load(context, &self.orders, self.discount.order)
            }
        }
    }
}

connection!(
    OrderDiscountNodeConnection,
    OrderDiscountNodeEdge,
    OrderDiscountNode,
    OrderDiscountSort,
    "A page of the discounts of an order.",
    "One of the discounts."
);
