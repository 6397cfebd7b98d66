//! Giving orders and lines of them back.

use juniper::{GraphQLInputObject, graphql_object};
use regulars_kernel::{OrderItemId, Permission, Rule, StoreId, Violations};
use regulars_order::{
    Amount,
    refund::{
        self as refunds, NewItemRefund, NewRefund, Refunded,
        known::{self, KnownRefund, NewKnownRefund},
    },
};
use regulars_persistence::Tx;

use super::{
    OrderNode,
    item::ORDER_ITEM,
    mutations::order_id,
    node,
    refund::{self, RefundNode},
};
use crate::{
    argument::pk,
    context::Context,
    customer::choice::UserEntitySource,
    error::ApiError,
    global_id::Id,
    merchant::store::STORE,
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    scalar::{Decimal, ExpectedErrorType},
    trail::About,
};

/// An order to be given back.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CreateOrderRefundInput {
    /// The order; or else what names it, the four below.
    pub order_id: Option<Id>,
    /// In place of `orderId`: the store of the sale.
    pub store_id: Option<Id>,
    /// In place of `orderId`: the system that the sale comes from.
    pub entity_source: Option<UserEntitySource>,
    /// In place of `orderId`: the sale's id there. A sale that is yet to come is waited for.
    pub entity_source_id: Option<String>,
    /// In place of `orderId`: the refund's own id there. The same again answers the first.
    pub refund_source_id: Option<String>,
    /// How much value, money and points together; absent: all that is left, tips included.
    pub amount: Option<Decimal>,
    /// Its currency: the order's.
    pub amount_currency: Option<String>,
    /// Why: at most 500 characters.
    pub reason: Option<String>,
    /// Whether the money goes back in cash.
    #[graphql(default = false)]
    pub is_cash: Option<bool>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A line to be given back.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct OrderItemRefundInput {
    /// The line.
    pub order_item_id: Id,
    /// How many of it; absent: all that are left.
    pub quantity: Option<i32>,
    /// Why: at most 500 characters.
    pub reason: Option<String>,
}

/// Lines of one order to be given back.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CreateOrderItemsRefundInput {
    /// The lines, each once: at most 500.
    pub order_items: Vec<OrderItemRefundInput>,
    /// Whether the money goes back in cash.
    #[graphql(default = false)]
    pub is_cash: Option<bool>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// The answer of giving an order back.
pub struct OrderRefundPayload {
    errors: Option<ExpectedErrorType>,
    refunded: Option<Refunded>,
    waiting: bool,
}

/// The answer of giving an order back.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl OrderRefundPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// Whether it waits for its sale, or for something of it to give back.
    fn waiting(&self) -> bool {
        self.waiting
    }

    /// The refund; of several lines that of the first.
    fn refund(&self, context: &Context) -> Result<Option<RefundNode>, ApiError> {
        let first = self.refunded.as_ref().and_then(|done| done.refunds.first());
        first.map_or(Ok(None), |id| refund::find(context, *id))
    }

    /// The refunds, one for each line that was named.
    fn refunds(&self, context: &Context) -> Result<Option<Vec<RefundNode>>, ApiError> {
        self.refunded.as_ref().map(|done| refund::list(context, &done.refunds)).transpose()
    }

    /// The order afterwards.
    fn order(&self, context: &Context) -> Result<Option<OrderNode>, ApiError> {
        self.refunded.as_ref().map_or(Ok(None), |done| node::find(context, done.order))
    }
}

/// What the root fields answer.
type Answer = Result<OrderRefundPayload, ApiError>;

/// Who may give back.
const REFUND: Needs = Needs::Permission(Permission::RefundOrder);

fn payload(outcome: Outcome<Refunded>) -> OrderRefundPayload {
    let (refunded, errors) = outcome.split();
    OrderRefundPayload { errors, refunded, waiting: false }
}

/// The same of a refund by a name.
fn named(outcome: Outcome<KnownRefund>) -> OrderRefundPayload {
    let (known, errors) = outcome.split();
    let waiting = known.is_some_and(|known| known.refund.is_none());
    let refunded = known.and_then(|known| {
        Some(Refunded { order: known.order?, refunds: known.refund.into_iter().collect() })
    });
    OrderRefundPayload { errors, refunded, waiting }
}

/// What names a sale in place of its order, where anything does.
fn name(
    input: &CreateOrderRefundInput,
    new: &NewRefund,
) -> Result<Option<NewKnownRefund>, ApiError> {
    let filled = |id: &Option<Id>| id.clone().filter(|id| !id.is_empty());
    let told = input.entity_source.is_some()
        || [&input.entity_source_id, &input.refund_source_id].into_iter().any(Option::is_some);
    match (filled(&input.order_id), filled(&input.store_id)) {
        (Some(_), None) if !told => Ok(None),
        (Some(_), _) => {
            let sentence = "Name the order, or what names it at the system that it comes from.";
            Err(ApiError::invalid("orderId", sentence))
        }
        (None, store) => {
            let argument = if told { "storeId" } else { "orderId" };
            let store =
                store.ok_or_else(|| ApiError::from(Violations::of(argument, Rule::Required)))?;
            Ok(Some(NewKnownRefund {
                store: StoreId::new(pk("storeId", &store, STORE)?),
                source: (
                    input.entity_source.and_then(UserEntitySource::to_domain),
                    input.entity_source_id.clone(),
                ),
                source_id: input.refund_source_id.clone(),
                refund: new.clone(),
            }))
        }
    }
}

pub(crate) fn create(asked: &Asked<'_, '_>, input: CreateOrderRefundInput) -> Answer {
    let new = NewRefund {
        amount: input.amount.as_ref().map(|amount| Amount {
            decimal: amount.to_string(),
            currency: input.amount_currency.clone(),
        }),
        reason: input.reason.clone(),
        is_cash: input.is_cash.unwrap_or(false),
    };
    match name(&input, &new) {
        Err(error) => return turned_down(asked, error).map(payload),
        Ok(Some(new)) => {
            let call = Call::of(asked, REFUND).of_thing(About::Order(None));
            let (actor, now) = (asked.context().actor().clone(), asked.context().now());
            let create = move |tx: &mut Tx<'_>| known::create(tx, &actor, &new, now);
            return asked.context().mutate(&call, create).map(named);
        }
        Ok(None) => {}
    }
    let id = input.order_id.unwrap_or_else(|| Id::received(""));
    let order = match order_id("orderId", &id) {
        Ok(order) => order,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let call = Call::of(asked, REFUND).about("orderId").of_thing(About::Order(Some(order)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| refunds::create(tx, &actor, order, &new, now))?;
    Ok(payload(outcome))
}

pub(crate) fn create_of_items(asked: &Asked<'_, '_>, input: CreateOrderItemsRefundInput) -> Answer {
    let line = |line: OrderItemRefundInput| {
        let item = pk("orderItems", &line.order_item_id, ORDER_ITEM).map(OrderItemId::new)?;
        Ok(NewItemRefund { item, quantity: line.quantity, reason: line.reason })
    };
    let lines: Result<Vec<_>, ApiError> = input.order_items.into_iter().map(line).collect();
    let lines = match lines {
        Ok(lines) => lines,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let is_cash = input.is_cash.unwrap_or(false);
    let first = lines.first().map(|line| line.item);
    let call = Call::of(asked, REFUND).about("orderItems").of_thing(About::OrderOf(first));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome = asked
        .context()
        .mutate(&call, move |tx| refunds::create_of_items(tx, &actor, &lines, is_cash, now))?;
    Ok(payload(outcome))
}
