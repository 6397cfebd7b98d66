//! How an order is fulfilled.

use regulars_kernel::{Actor, OrderTypeId};

use crate::{OrderError, OrderStore};

/// How an order is fulfilled. The three there are belong to no merchant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OrderType {
    /// The key.
    pub id: OrderTypeId,
    /// What people call it.
    pub name: String,
}

impl OrderType {
    /// Eaten, worn or taken where it was bought.
    pub const IN_STORE: (OrderTypeId, &str) = (OrderTypeId::new(1), "In Store");
    /// Packed to be carried away.
    pub const TO_GO: (OrderTypeId, &str) = (OrderTypeId::new(2), "To Go");
    /// Ordered from afar.
    pub const ONLINE: (OrderTypeId, &str) = (OrderTypeId::new(3), "Online");
}

/// Every order type, by ascending id, for anyone who is known.
pub fn list(tx: &mut impl OrderStore, actor: &Actor) -> Result<Vec<OrderType>, OrderError> {
    actor.require_known()?;
    Ok(tx.order_types()?)
}
