//! `attachOrder`: whose an order was, said afterwards.

use juniper::{GraphQLInputObject, graphql_object};
use regulars_customer::Identifier;
use regulars_kernel::{Permission, PersonId};
use regulars_loyalty::Cause;
use regulars_order::{
    attach::{self as attaching, Attached},
    order::list_by_ids,
};
use regulars_persistence::Tx;

use super::{OrderNode, mutations::order_id, node, purchase_inputs::named};
use crate::{
    context::Context,
    customer::user::USER,
    error::ApiError,
    global_id::Id,
    loyalty::{
        receipt::{self, PointsReceipt},
        recognise::Marks,
    },
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    scalar::ExpectedErrorType,
    trail::About,
};

/// An order, and who bought: told by one of the four, or by several that name the same customer.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct AttachOrderInput {
    /// The order.
    pub order_id: Id,
    /// Who bought, by id.
    pub consumer_id: Option<Id>,
    /// By a loyalty id or one of the merchant's own card numbers.
    pub consumer_loyalty_id: Option<String>,
    /// By e-mail address.
    pub consumer_email: Option<String>,
    /// By phone number, in national or international form.
    pub consumer_phone_number: Option<String>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// The answer of saying whose an order was.
pub struct AttachOrderPayload {
    errors: Option<ExpectedErrorType>,
    attached: Option<Attached>,
}

/// The answer of saying whose an order was: the receipt.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl AttachOrderPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The order afterwards; null where the asker may not see orders.
    fn order(&self, context: &Context) -> Result<Option<OrderNode>, ApiError> {
        self.attached.as_ref().map_or(Ok(None), |attached| node::find(context, attached.order))
    }

    /// What it earned, and what the customer has after it.
    fn receipt(&self, context: &Context) -> Result<Option<PointsReceipt>, ApiError> {
        let Some(attached) = &self.attached else { return Ok(None) };
        let (actor, id) = (context.actor(), attached.order);
        let found = context.read(|tx| list_by_ids(tx, actor, &[id]))?.pop();
        let whose = found.and_then(|order| Some((order.merchant, order.consumer?)));
        let Some(whose) = whose else { return Ok(None) };
        Ok(Some(receipt::of(whose, Cause::Order(id), &attached.nothing)))
    }

    /// Whether what it earned waits until somebody has looked at it (`saleReviews`).
    fn pending(&self) -> bool {
        self.attached.as_ref().is_some_and(|attached| attached.pending)
    }
}

fn payload(outcome: Outcome<Attached>) -> AttachOrderPayload {
    let (attached, errors) = outcome.split();
    AttachOrderPayload { errors, attached }
}

pub(crate) fn attach(
    asked: &Asked<'_, '_>,
    input: AttachOrderInput,
) -> Result<AttachOrderPayload, ApiError> {
    let context = asked.context();
    let number = input.consumer_loyalty_id.as_deref();
    let by_number = number.is_some_and(|number| !number.trim().is_empty());
    let read = order_id("orderId", &input.order_id).and_then(|order| {
        let id = named("consumerId", input.consumer_id, USER)?.map(PersonId::new);
        Ok((order, id))
    });
    let (order, id) = match read {
        Ok(read) => read,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let who = Identifier {
        id,
        loyalty_id: input.consumer_loyalty_id,
        email: input.consumer_email,
        phone_number: input.consumer_phone_number,
    };
    if by_number && let Err(error) = context.identify() {
        return turned_down(asked, error).map(payload);
    }
    let call = Call::of(asked, Needs::Permission(Permission::AttachOrder));
    let call = call.of_thing(About::Order(Some(order)));
    let (actor, now) = (context.actor().clone(), context.now());
    let marks = Marks::of(context);
    let attach = move |tx: &mut Tx<'_>| attaching::attach(tx, &actor, order, &who, &marks, now);
    Ok(payload(context.mutate(&call, attach)?))
}
