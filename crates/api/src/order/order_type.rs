//! `OrderTypeNode`: how an order is fulfilled.

use regulars_kernel::{
    OrderTypeId, PageRequest,
    page::{Keyed, PageArguments, SortKey},
    pk_sort,
};
use regulars_order::{OrderType, order_type};

use crate::{
    connection::connection,
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    node::NodeValue,
};

/// The type name in global ids.
pub const ORDER_TYPE: &str = "OrderTypeNode";

/// How an order is fulfilled.
#[derive(Clone)]
pub struct Fulfilment(OrderType);

/// An order type; its scalar fields take the short way.
pub type OrderTypeNode = Fast<Fulfilment>;

pk_sort! {
    /// What a list of order types can be ordered by: the pk alone.
    pub enum OrderTypeSort of "orderTypes"
}

impl Keyed<OrderTypeSort> for OrderTypeNode {
    fn sort_key(&self, field: OrderTypeSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.0.id.get()
    }
}

/// Every order type.
pub(super) fn all(context: &Context) -> Result<Vec<OrderTypeNode>, ApiError> {
    let actor = context.actor();
    let types = context.read(|tx| order_type::list(tx, actor))?;
    Ok(types.into_iter().map(|one| Fast(Fulfilment(one))).collect())
}

/// One order type; none of an id that there is not.
pub(crate) fn find(context: &Context, id: OrderTypeId) -> Result<Option<OrderTypeNode>, ApiError> {
    load(context, &Level::of([id]), id)
}

/// Order types by id, for nodes that refer to them: one statement for a whole level of referring nodes.
pub(crate) fn load(
    context: &Context,
    level: &Level<OrderTypeId>,
    id: OrderTypeId,
) -> Result<Option<OrderTypeNode>, ApiError> {
    context.load(level, ORDER_TYPE, id, |_ids| {
        Ok(all(context)?.into_iter().map(|node| (node.0.0.id, node)).collect())
    })
}

/// A page of the order types.
pub(crate) fn list(
    context: &Context,
    paging: &PageArguments,
) -> Result<OrderTypeNodeConnection, ApiError> {
    context.actor().require_known()?;
    let request = PageRequest::<OrderTypeSort>::parse(paging, "orderTypes")?;
    Ok(OrderTypeNodeConnection::cut(all(context)?, request))
}

crate::fast_object! {
    #[graphql(name = "OrderTypeNode", context = Context, impl = [NodeValue])]
    /// How an order is fulfilled.
    impl Fulfilment {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(ORDER_TYPE, self.0.id.get()) }
            /// The primary key.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.0.id.get()) }
            /// What people call it.
            "name" => fn name(&self) -> &str { &self.0.name }
        }
        fields {}
    }
}

connection!(
    OrderTypeNodeConnection,
    OrderTypeNodeEdge,
    OrderTypeNode,
    OrderTypeSort,
    "A page of order types.",
    "One of the order types."
);
