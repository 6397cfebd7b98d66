//! What segments know of orders (rule 31).

use regulars_customer::segment::OrderFact;

use crate::{Order, OrderItem};

/// The fact that an order is to a segment: none unless it was completed and is not archived. `items` are its lines.
pub fn of<'a>(order: &Order, items: impl IntoIterator<Item = &'a OrderItem>) -> Option<OrderFact> {
    (order.completed && order.is_active()).then(|| OrderFact {
        store: order.store,
        products: items.into_iter().filter_map(|item| item.product).collect(),
        completed_at: order.completed_at,
        total: order.total.minor(),
        refunded: order.refunded.minor(),
        currency: order.total.currency(),
    })
}
