//! An order is deleted: an open one is given up, a completed one voided (rule 25).

use regulars_kernel::{Actor, OrderId, Permission, Timestamp};

use crate::{
    OrderError, OrderState, PurchaseStore,
    order::change::{give_up, reaches, take_names},
    redeeming::open::{OrderPorts, let_go},
    refund::void,
};

/// Gives an open order up: it is archived, and stays open for ever; the codes on it are free again, and so is its id. Voids a completed one: all that is left of it goes back,
/// tips included, and it is archived. Needs [`Permission::ChangeOrder`] in its store, and to void it
/// [`Permission::RefundOrder`]. One that is archived already stays as it is.
pub fn delete<S: OrderPorts + PurchaseStore>(
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
        OrderState::Open => {
            let_go(tx, &order)?;
            // What was never sold uses no name up.
            let names = tx.names_of_order(merchant, id)?;
            take_names(tx, merchant, names, now)?;
            give_up(tx, order, now)
        }
        OrderState::Completed | OrderState::Refunded | OrderState::Voided => {
            void(tx, actor, order, now)
        }
    }
}
