//! `RefundNode`: what was given back of an order.

use std::{collections::HashMap, sync::Arc};

use regulars_kernel::{
    OrderId, OrderItemId, OrderRefundId, PageRequest,
    page::{Keyed, SortKey},
};
use regulars_order::{OrderRefund, OrderRefundSort, refund};

use super::{OrderItemNode, OrderNode, item, node};
use crate::{
    connection::connection,
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    node::NodeValue,
    scalar::{BigInt, DateTime, Decimal},
};

/// The type name in global ids.
pub const REFUND: &str = "RefundNode";

/// What was given back of an order, and what refunds that were loaded with it refer to.
#[derive(Clone)]
pub struct GivenBack {
    refund: Arc<OrderRefund>,
    orders: Arc<Level<OrderId>>,
    items: Arc<Level<OrderItemId>>,
}

/// A refund; its scalar fields take the short way.
pub type RefundNode = Fast<GivenBack>;

impl Keyed<OrderRefundSort> for RefundNode {
    fn sort_key(&self, field: OrderRefundSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.refund.id.get()
    }
}

/// What refunds that were loaded together refer to.
struct Referred {
    orders: Arc<Level<OrderId>>,
    items: Arc<Level<OrderItemId>>,
}

impl Referred {
    fn by<'a>(refunds: impl Iterator<Item = &'a OrderRefund> + Clone) -> Self {
        Self {
            orders: Level::distinct(refunds.clone().map(|refund| refund.order)),
            items: Level::distinct(refunds.filter_map(|refund| refund.item)),
        }
    }

    fn node(&self, refund: OrderRefund) -> RefundNode {
        let (orders, items) = (Arc::clone(&self.orders), Arc::clone(&self.items));
        Fast(GivenBack { refund: Arc::new(refund), orders, items })
    }
}

/// Refunds by id, in the order in which they are asked for.
pub(crate) fn list(context: &Context, ids: &[OrderRefundId]) -> Result<Vec<RefundNode>, ApiError> {
    let actor = context.actor();
    let mut found = context.read(|tx| refund::list_by_ids(tx, actor, ids))?;
    found.sort_by_key(|refund| ids.iter().position(|id| *id == refund.id));
    let referred = Referred::by(found.iter());
    Ok(found.into_iter().map(|refund| referred.node(refund)).collect())
}

/// One refund; none where the asker sees none of that id.
pub(crate) fn find(context: &Context, id: OrderRefundId) -> Result<Option<RefundNode>, ApiError> {
    Ok(list(context, &[id])?.pop())
}

/// The refunds of one of the orders of a level, the oldest first.
fn of_level(
    context: &Context,
    level: &Level<OrderId>,
    id: OrderId,
) -> Result<Vec<RefundNode>, ApiError> {
    let refunds = context.load(level, "refunds", id, |ids| {
        let actor = context.actor();
        let found = context.read(|tx| refund::per_order(tx, actor, ids))?;
        let referred = Referred::by(found.iter().flat_map(|(_order, refunds)| refunds));
        let nodes = |refunds: Vec<OrderRefund>| {
            refunds.into_iter().map(|refund| referred.node(refund)).collect()
        };
        let found = found.into_iter().map(|(order, refunds)| (order, nodes(refunds)));
        Ok(found.collect::<HashMap<OrderId, Vec<RefundNode>>>())
    })?;
    Ok(refunds.unwrap_or_default())
}

/// A page of the refunds of one of the orders of a level. An order has few: they are loaded whole, and paged here.
pub(super) fn of_order(
    context: &Context,
    level: &Level<OrderId>,
    id: OrderId,
    request: PageRequest<OrderRefundSort>,
) -> Result<RefundNodeConnection, ApiError> {
    Ok(RefundNodeConnection::cut(of_level(context, level, id)?, request))
}

/// The newest refund of one of the orders of a level.
pub(super) fn newest(
    context: &Context,
    level: &Level<OrderId>,
    id: OrderId,
) -> Result<Option<RefundNode>, ApiError> {
    Ok(of_level(context, level, id)?.pop())
}

/// The newest refund of a line alone, of one of the orders of a level.
pub(super) fn of_item(
    context: &Context,
    level: &Level<OrderId>,
    order: OrderId,
    item: OrderItemId,
) -> Result<Option<RefundNode>, ApiError> {
    let mut refunds = of_level(context, level, order)?;
    refunds.retain(|refund| refund.0.refund.item == Some(item));
    Ok(refunds.pop())
}

crate::fast_object! {
    #[graphql(name = "RefundNode", context = Context, impl = [NodeValue])]
    /// What was given back of an order: as a whole, by amount, or of one line.
    impl GivenBack {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(REFUND, self.refund.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.refund.id.get()) }
            /// Whether the money went back in cash.
            "isCash" => fn is_cash(&self) -> bool { self.refund.is_cash }
            /// Why, as people wrote it.
            "reason" => fn reason(&self) -> Option<&str> { self.refund.reason.as_deref() }
            /// The money that went back, tips among it.
            "amount" => fn amount(&self) -> Decimal { self.refund.amount.into() }
            /// Its currency.
            "amountCurrency" => fn amount_currency(&self) -> &str {
                self.refund.amount.currency().code()
            }
            /// The tips in it.
            "tips" => fn tips(&self) -> Decimal { self.refund.tips.into() }
            /// What the points that went back had paid, in the same currency.
            "pointsValue" => fn points_value(&self) -> Decimal { self.refund.points_value.into() }
            /// How many of the points that were spent on it went back.
            "points" => fn points(&self) -> BigInt { BigInt(self.refund.points.get()) }
            /// When it was put down here.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.refund.created_at) }
        }
        fields {
            /// Of which order.
            fn order(&self, context: &Context) -> Result<Option<OrderNode>, ApiError> {
                node::load(context, &self.orders, self.refund.order)
            }

            /// The line alone that it is about; null where it is about the order.
            fn order_item(&self, context: &Context) -> Result<Option<OrderItemNode>, ApiError> {
                self.refund.item.map_or(Ok(None), |id| item::load(context, &self.items, id))
            }
        }
    }
}

connection!(
    RefundNodeConnection,
    RefundNodeEdge,
    RefundNode,
    OrderRefundSort,
    "A page of the refunds of an order.",
    "One of the refunds."
);
