//! Writing open orders and their lines.

use juniper::graphql_object;
use regulars_kernel::{OrderId, OrderItemId, Permission};
use regulars_order::{
    CheckedOut, OrderError,
    checkout::checkout,
    delete::delete,
    item::change::{self as lines, Written},
    order::change as orders,
};
use regulars_persistence::Tx;

use super::{
    OrderItemNode, OrderNode,
    inputs::{
        CheckoutOrderInput, CreateOrderInput, CreateOrderItemInput, DeleteOrderInput,
        DeleteOrderItemInput, UpdateOrderInput, UpdateOrderItemInput,
    },
    item::{self, ORDER_ITEM},
    node::{self, ORDER},
};
use crate::{
    argument::pk,
    context::Context,
    error::ApiError,
    global_id::Id,
    loyalty::{
        receipt::{PointsReceipt, WarningNode, of_order},
        recognise::Marks,
    },
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    scalar::ExpectedErrorType,
    trail::About,
};

/// The answer of a mutation of an order.
pub struct OrderPayload {
    errors: Option<ExpectedErrorType>,
    order: Option<OrderId>,
}

/// The answer of a mutation of an order.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl OrderPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The order afterwards.
    fn order(&self, context: &Context) -> Result<Option<OrderNode>, ApiError> {
        self.order.map_or(Ok(None), |id| node::find(context, id))
    }
}

/// The answer of completing an order.
pub struct CheckoutOrderPayload {
    errors: Option<ExpectedErrorType>,
    done: Option<CheckedOut>,
}

/// The answer of completing an order: the receipt.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl CheckoutOrderPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The order afterwards.
    fn order(&self, context: &Context) -> Result<Option<OrderNode>, ApiError> {
        self.done.as_ref().map_or(Ok(None), |done| node::find(context, done.order))
    }

    /// What it earned, and what the customer has after it; null where nobody is known to have bought, or the asker may not see
    /// orders.
    fn receipt(&self, context: &Context) -> Result<Option<PointsReceipt>, ApiError> {
        self.done.as_ref().map_or(Ok(None), |done| of_order(context, done))
    }

    /// What is odd about the sale, for whoever completed it.
    fn warnings(&self) -> Vec<WarningNode> {
        let warnings = self.done.iter().flat_map(|done| &done.warnings);
        warnings.map(|one| WarningNode::new(one.code(), one)).collect()
    }
}

fn checkout_payload(outcome: Outcome<CheckedOut>) -> CheckoutOrderPayload {
    let (done, errors) = outcome.split();
    CheckoutOrderPayload { errors, done }
}

/// The answer of a mutation of a line of an order.
pub struct OrderItemPayload {
    errors: Option<ExpectedErrorType>,
    written: Option<Written>,
}

/// The answer of a mutation of a line of an order.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl OrderItemPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The line afterwards; null once it is taken off.
    fn order_item(&self, context: &Context) -> Result<Option<OrderItemNode>, ApiError> {
        self.written.map_or(Ok(None), |written| item::find(context, written.item))
    }

    /// Its order afterwards, with the total that follows.
    fn order(&self, context: &Context) -> Result<Option<OrderNode>, ApiError> {
        self.written.map_or(Ok(None), |written| node::find(context, written.order))
    }
}

/// What the root fields answer.
type OrderAnswer = Result<OrderPayload, ApiError>;
/// What the root fields answer.
type OrderItemAnswer = Result<OrderItemPayload, ApiError>;

/// Who may write orders.
pub(super) const CHANGE: Needs = Needs::Permission(Permission::ChangeOrder);

pub(super) fn order_payload(outcome: Outcome<OrderId>) -> OrderPayload {
    let (order, errors) = outcome.split();
    OrderPayload { errors, order }
}

fn item_payload(outcome: Outcome<Written>) -> OrderItemPayload {
    let (written, errors) = outcome.split();
    OrderItemPayload { errors, written }
}

pub(super) fn order_id(argument: &'static str, id: &Id) -> Result<OrderId, ApiError> {
    pk(argument, id, ORDER).map(OrderId::new)
}

fn item_id(id: &Id) -> Result<OrderItemId, ApiError> {
    pk("id", id, ORDER_ITEM).map(OrderItemId::new)
}

/// Runs what changes an order, or makes one, once who may not and who asks too often are turned down.
fn change_order<F>(asked: &Asked<'_, '_>, call: &Call, by_number: bool, use_case: F) -> OrderAnswer
where
    F: Fn(&mut Tx<'_>) -> Result<OrderId, OrderError> + Send + 'static,
{
    if by_number && let Err(error) = asked.context().identify() {
        return turned_down(asked, error).map(order_payload);
    }
    Ok(order_payload(asked.context().mutate(call, use_case)?))
}

pub(crate) fn create_order(asked: &Asked<'_, '_>, input: CreateOrderInput) -> OrderAnswer {
    let by_number = input.is_by_number();
    let patch = match input.patch() {
        Ok(patch) => patch,
        Err(error) => return turned_down(asked, error).map(order_payload),
    };
    let call = Call::of(asked, CHANGE).of_thing(About::Order(None));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    change_order(asked, &call, by_number, move |tx| orders::create(tx, &actor, &patch, now))
}

pub(crate) fn update_order(asked: &Asked<'_, '_>, input: UpdateOrderInput) -> OrderAnswer {
    let by_number = input.is_by_number();
    let read = order_id("id", &input.id).and_then(|id| Ok((id, input.patch()?)));
    let (id, patch) = match read {
        Ok(read) => read,
        Err(error) => return turned_down(asked, error).map(order_payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::Order(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    change_order(asked, &call, by_number, move |tx| orders::update(tx, &actor, id, &patch, now))
}

pub(crate) fn delete_order(asked: &Asked<'_, '_>, input: &DeleteOrderInput) -> OrderAnswer {
    let id = match order_id("id", &input.id) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(order_payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::Order(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    change_order(asked, &call, false, move |tx| delete(tx, &actor, id, now))
}

pub(crate) fn checkout_order(
    asked: &Asked<'_, '_>,
    input: CheckoutOrderInput,
) -> Result<CheckoutOrderPayload, ApiError> {
    let id = match order_id("id", &input.id) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(checkout_payload),
    };
    let paid = input.checkout();
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::Order(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let marks = Marks::of(asked.context());
    let outcome =
        asked.context().mutate(&call, move |tx| checkout(tx, &actor, id, &paid, &marks, now))?;
    Ok(checkout_payload(outcome))
}

pub(crate) fn create_order_item(
    asked: &Asked<'_, '_>,
    input: CreateOrderItemInput,
) -> OrderItemAnswer {
    let read = order_id("orderId", &input.order_id).and_then(|order| Ok((order, input.patch()?)));
    let (order, patch) = match read {
        Ok(read) => read,
        Err(error) => return turned_down(asked, error).map(item_payload),
    };
    let call = Call::of(asked, CHANGE).about("orderId").of_thing(About::OrderItem(None));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| lines::create(tx, &actor, order, &patch, now))?;
    Ok(item_payload(outcome))
}

pub(crate) fn update_order_item(
    asked: &Asked<'_, '_>,
    input: UpdateOrderItemInput,
) -> OrderItemAnswer {
    let read = item_id(&input.id).and_then(|id| Ok((id, input.patch()?)));
    let (id, patch) = match read {
        Ok(read) => read,
        Err(error) => return turned_down(asked, error).map(item_payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::OrderItem(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| lines::update(tx, &actor, id, &patch, now))?;
    Ok(item_payload(outcome))
}

pub(crate) fn delete_order_item(
    asked: &Asked<'_, '_>,
    input: &DeleteOrderItemInput,
) -> OrderItemAnswer {
    let id = match item_id(&input.id) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(item_payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::OrderItem(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome = asked.context().mutate(&call, move |tx| lines::delete(tx, &actor, id, now))?;
    Ok(item_payload(outcome))
}
