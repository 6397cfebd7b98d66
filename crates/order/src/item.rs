//! The lines of orders.

pub mod change;

use regulars_kernel::{
    Actor, MerchantId, Money, OrderId, OrderItemId, ProductId, StoreAccess, StoreError, Timestamp,
    page::{KeyKind, Keyed, Order as ListOrder, SortField, SortKey},
};
use regulars_merchant::EntitySource;

use crate::{Order, OrderError, OrderStore, order::reach};

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderItem {
    /// The key.
    pub id: OrderItemId,
    /// Whose sale it is.
    pub merchant: MerchantId,
    /// The order it is a line of.
    pub order: OrderId,
    /// What was bought; not in the catalogue: none.
    pub product: Option<ProductId>,
    /// What it was called when it was bought.
    pub name: String,
    /// How many; at least 1.
    pub quantity: i32,
    /// How many of them a discount touched: 0 to `quantity`.
    pub num_of_discounted_units: i32,
    /// What one of them costs, without its modifiers; none where the line says what it costs as a whole.
    pub unit_price: Option<Money>,
    /// What makes each of them another than the plain one, in the order it was said.
    pub modifiers: Vec<Modifier>,
    /// What the whole line costs, tax included; with a unit price it is that with the modifiers, times the quantity.
    pub cost: Money,
    /// Handed over.
    pub is_completed: bool,
    /// The system it was taken over from.
    pub entity_source: Option<EntitySource>,
    /// Its id there.
    pub entity_source_id: Option<String>,
    /// The merchant's own fields: a JSON text.
    pub extra_info: Option<String>,
    /// When it was put down here.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Something that makes an article another than the plain one: `Oat milk`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modifier {
    /// What it is called.
    pub name: String,
    /// What it adds to the price of each unit; below zero it takes off.
    pub price: Money,
}

impl OrderItem {
    /// A line of an order, handed over if the order is done, of which no more is known.
    pub fn new(id: OrderItemId, order: &Order, name: &str, quantity: i32, cost: Money) -> Self {
        Self {
            id,
            merchant: order.merchant,
            order: order.id,
            product: None,
            name: name.to_owned(),
            quantity,
            num_of_discounted_units: 0,
            unit_price: None,
            modifiers: Vec::new(),
            cost,
            is_completed: order.completed,
            entity_source: None,
            entity_source_id: None,
            extra_info: None,
            created_at: order.created_at,
            updated_at: order.updated_at,
        }
    }
}

/// What a list of lines can be ordered by, beside the pk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderItemSort {
    /// By the instant it was put down here.
    CreatedAt,
}

impl SortField for OrderItemSort {
    const LIST: &'static str = "items";

    fn from_name(name: &str) -> Option<Self> {
        Self::all().iter().copied().find(|field| field.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::CreatedAt => "createdAt",
        }
    }

    fn kind(self) -> KeyKind {
        KeyKind::Int
    }

    fn all() -> &'static [Self] {
        &[Self::CreatedAt]
    }

    fn default_order() -> ListOrder<Self> {
        ListOrder { terms: Vec::new(), pk_descending: false }
    }
}

impl Keyed<OrderItemSort> for OrderItem {
    fn sort_key(&self, field: OrderItemSort) -> SortKey {
        match field {
            OrderItemSort::CreatedAt => SortKey::Int(self.created_at.micros()),
        }
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// All lines of each of the orders, by ascending id; orders that the asker does not see, and those without lines, are
/// left out. An order has few lines, so they come whole: `kernel::page::cut` makes pages of them.
pub fn per_order(
    tx: &mut impl OrderStore,
    actor: &Actor,
    orders: &[OrderId],
) -> Result<Vec<(OrderId, Vec<OrderItem>)>, OrderError> {
    let within = reach(actor)?;
    Ok(tx.items_per_order(orders, &within)?)
}

/// All lines of one order, by ascending id. For callers that have the order already.
pub(crate) fn of_order(
    tx: &mut impl OrderStore,
    order: OrderId,
) -> Result<Vec<OrderItem>, StoreError> {
    let rows = tx.items_per_order(&[order], &StoreAccess::All)?.pop();
    Ok(rows.map(|(_, rows)| rows).unwrap_or_default())
}

/// The lines of those ids that the asker sees, in no order.
pub fn list_by_ids(
    tx: &mut impl OrderStore,
    actor: &Actor,
    ids: &[OrderItemId],
) -> Result<Vec<OrderItem>, OrderError> {
    let within = reach(actor)?;
    Ok(tx.order_items(ids, &within)?)
}

/// One line of an order that the asker sees.
pub fn get(
    tx: &mut impl OrderStore,
    actor: &Actor,
    id: OrderItemId,
) -> Result<OrderItem, OrderError> {
    list_by_ids(tx, actor, &[id])?.pop().ok_or(OrderError::OrderItemNotFound)
}
