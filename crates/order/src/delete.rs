//! An order is deleted: an open one is given up, a completed one voided (rule 25).

use regulars_customer::CustomerStore;
use regulars_kernel::{Actor, OrderId, Permission, Timestamp};
use regulars_loyalty::LedgerStore;
use regulars_merchant::MerchantStore;

use crate::{
    OrderError, OrderState, OrderStore,
    order::change::{give_up, reaches},
    refund::void,
};

/// Gives an open order up: it is archived, and stays open for ever. Voids a completed one: all that is left of it goes back,
/// tips included, and it is archived. Needs [`Permission::ChangeOrder`] in its store, and to void it
/// [`Permission::RefundOrder`]. One that is archived already stays as it is.
pub fn delete<S: OrderStore + LedgerStore + CustomerStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    id: OrderId,
    now: Timestamp,
) -> Result<OrderId, OrderError> {
    let merchant = actor.require(Permission::ChangeOrder)?;
    let found = tx.find_order(merchant, id)?.filter(|order| reaches(actor, order.store));
    let order = found.ok_or(OrderError::OrderNotFound)?;
    if !order.is_active() {
        return Ok(id);
    }
    match order.state {
        OrderState::Open => give_up(tx, order, now),
        OrderState::Completed | OrderState::Refunded | OrderState::Voided => {
            void(tx, actor, order, now)
        }
    }
}
