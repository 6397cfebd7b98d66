//! `TipNode`: what was given on top of an order; and `createTip`.

use std::{collections::HashMap, sync::Arc};

use juniper::{GraphQLInputObject, graphql_object};
use regulars_kernel::{
    OrderId, OrderTipId, PageRequest,
    page::{Keyed, SortKey},
};
use regulars_order::{Amount, OrderTip, OrderTipSort, tip};

use super::{
    OrderNode,
    mutations::{CHANGE, order_id},
    node,
};
use crate::{
    connection::connection,
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    mutation::{Asked, Call, Outcome, turned_down},
    node::NodeValue,
    scalar::{DateTime, Decimal, ExpectedErrorType},
    trail::About,
};

/// The type name in global ids.
pub const TIP: &str = "TipNode";

/// What was given on top of an order.
#[derive(Clone)]
pub struct Given {
    tip: OrderTip,
    /// The orders of those that were loaded with it.
    orders: Arc<Level<OrderId>>,
}

/// A tip; its scalar fields take the short way.
pub type TipNode = Fast<Given>;

impl Keyed<OrderTipSort> for TipNode {
    fn sort_key(&self, field: OrderTipSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.tip.id.get()
    }
}

/// The nodes of tips that were loaded together.
fn nodes(tips: Vec<OrderTip>, orders: &Arc<Level<OrderId>>) -> Vec<TipNode> {
    tips.into_iter().map(|tip| Fast(Given { tip, orders: Arc::clone(orders) })).collect()
}

/// One tip; none where the asker sees none of that id.
pub(crate) fn find(context: &Context, id: OrderTipId) -> Result<Option<TipNode>, ApiError> {
    let actor = context.actor();
    let tips = context.read(|tx| tip::list_by_ids(tx, actor, &[id]))?;
    let orders = Level::distinct(tips.iter().map(|tip| tip.order));
    Ok(nodes(tips, &orders).pop())
}

/// The tips of one of the orders of a level. An order has few: they are loaded whole, and paged here.
pub(super) fn of_order(
    context: &Context,
    level: &Level<OrderId>,
    id: OrderId,
    request: PageRequest<OrderTipSort>,
) -> Result<TipNodeConnection, ApiError> {
    let tips = context.load(level, "tips", id, |ids| {
        let actor = context.actor();
        let tips = context.read(|tx| tip::per_order(tx, actor, ids))?;
        let orders = Level::distinct(tips.iter().map(|(order, _tips)| *order));
        let tips = tips.into_iter().map(|(order, tips)| (order, nodes(tips, &orders)));
        Ok(tips.collect::<HashMap<OrderId, Vec<TipNode>>>())
    })?;
    Ok(TipNodeConnection::cut(tips.unwrap_or_default(), request))
}

crate::fast_object! {
    #[graphql(name = "TipNode", context = Context, impl = [NodeValue])]
    /// What was given on top of an order.
    impl Given {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(TIP, self.tip.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.tip.id.get()) }
            /// How much.
            "amount" => fn amount(&self) -> Decimal { self.tip.amount.into() }
            /// Its currency.
            "amountCurrency" => fn amount_currency(&self) -> &str { self.tip.amount.currency().code() }
            /// When it was put down here.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.tip.created_at) }
        }
        fields {
            /// Of which order.
            fn order(&self, context: &Context) -> Result<Option<OrderNode>, ApiError> {
                node::load(context, &self.orders, self.tip.order)
            }
        }
    }
}

connection!(
    TipNodeConnection,
    TipNodeEdge,
    TipNode,
    OrderTipSort,
    "A page of the tips of an order.",
    "One of the tips."
);

/// A tip to be put on an open order.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CreateTipInput {
    /// The order.
    pub order_id: Id,
    /// How much: above nothing, at most 10^12 minor units.
    pub amount: Decimal,
    /// Its currency: the order's.
    pub amount_currency: Option<String>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// The answer of giving a tip.
pub struct TipPayload {
    errors: Option<ExpectedErrorType>,
    given: Option<(OrderId, OrderTipId)>,
}

/// The answer of giving a tip.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl TipPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The tip.
    fn tip(&self, context: &Context) -> Result<Option<TipNode>, ApiError> {
        self.given.map_or(Ok(None), |(_order, tip)| find(context, tip))
    }

    /// Its order afterwards, with the total that follows.
    fn order(&self, context: &Context) -> Result<Option<OrderNode>, ApiError> {
        self.given.map_or(Ok(None), |(order, _tip)| node::find(context, order))
    }
}

fn payload(outcome: Outcome<(OrderId, OrderTipId)>) -> TipPayload {
    let (given, errors) = outcome.split();
    TipPayload { errors, given }
}

pub(crate) fn create(asked: &Asked<'_, '_>, input: CreateTipInput) -> Result<TipPayload, ApiError> {
    let order = match order_id("orderId", &input.order_id) {
        Ok(order) => order,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let amount = Amount { decimal: input.amount.to_string(), currency: input.amount_currency };
    let call = Call::of(asked, CHANGE).about("orderId").of_thing(About::Order(Some(order)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| tip::create(tx, &actor, order, &amount, now))?;
    Ok(payload(outcome))
}
