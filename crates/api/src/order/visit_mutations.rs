//! `createVisit`: somebody came by and spent something.

use juniper::{GraphQLInputObject, graphql_object};
use regulars_customer::Identifier;
use regulars_kernel::{OrderId, Permission, PersonId, StoreId};
use regulars_order::{
    Amount,
    visit::{self as visits, NewVisit, Recorded},
};

use super::{
    node::ORDER,
    visit::{self, VisitNode},
};
use crate::{
    argument::pk,
    context::Context,
    customer::user::USER,
    error::ApiError,
    global_id::Id,
    loyalty::{
        receipt::{PointsReceipt, WarningNode, of_visit},
        recognise::Marks,
    },
    merchant::store::STORE,
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    scalar::{DateTimeArgument, Decimal, ExpectedErrorType},
    trail::About,
};

/// A visit to be recorded. Who came is told by one of the four, or by several that name the same customer.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CreateVisitInput {
    /// By a loyalty id or one of the merchant's own card numbers. Whoever shows their loyalty id here for the first time
    /// becomes a customer by it.
    pub consumer_loyalty_id: Option<String>,
    /// By id.
    pub consumer_id: Option<Id>,
    /// By e-mail address.
    pub consumer_email: Option<String>,
    /// By phone number, in national or international form.
    pub consumer_phone_number: Option<String>,
    /// What was spent: from nothing to 10^12 minor units.
    pub amount_spent: Decimal,
    /// Its currency, by ISO 4217; absent: the merchant's.
    pub amount_spent_currency: Option<String>,
    /// Where.
    pub store_id: Id,
    /// When; absent, or more than ten minutes ahead: now.
    pub occurred_at: Option<DateTimeArgument>,
    /// The order that says on what: of the same store and customer. The order earns then, not the visit.
    pub order_id: Option<Id>,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters. Without one, visits of
    /// the same customer, store, amount and order within two minutes are one.
    pub idempotency_key: Option<String>,
}

impl CreateVisitInput {
    /// Whether a number, an address or a phone names who came: such look-ups are counted.
    fn is_by_number(&self) -> bool {
        self.consumer_loyalty_id.as_deref().is_some_and(|number| !number.trim().is_empty())
    }

    fn read(self, keyed: bool) -> Result<NewVisit, ApiError> {
        let named = |argument, id: Option<Id>, kind: &str| {
            id.filter(|id| !id.is_empty()).map(|id| pk(argument, &id, kind)).transpose()
        };
        Ok(NewVisit {
            who: Identifier {
                id: named("consumerId", self.consumer_id, USER)?.map(PersonId::new),
                loyalty_id: self.consumer_loyalty_id,
                email: self.consumer_email,
                phone_number: self.consumer_phone_number,
            },
            amount: Amount {
                decimal: self.amount_spent.to_string(),
                currency: self.amount_spent_currency,
            },
            store: StoreId::new(pk("storeId", &self.store_id, STORE)?),
            occurred_at: DateTimeArgument::instant(self.occurred_at),
            order: named("orderId", self.order_id, ORDER)?.map(OrderId::new),
            keyed,
        })
    }
}

/// The answer of recording a visit.
pub struct CreateVisitPayload {
    errors: Option<ExpectedErrorType>,
    recorded: Option<Recorded>,
}

/// The answer of recording a visit: the receipt.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl CreateVisitPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The visit; null where the asker may not see orders.
    fn visit(&self, context: &Context) -> Result<Option<VisitNode>, ApiError> {
        self.recorded.as_ref().map_or(Ok(None), |recorded| visit::find(context, recorded.visit))
    }

    /// What it earned, and what the customer has after it.
    fn receipt(&self, context: &Context) -> Result<Option<PointsReceipt>, ApiError> {
        self.recorded.as_ref().map_or(Ok(None), |recorded| of_visit(context, recorded))
    }

    /// What is odd about the visit, for whoever recorded it.
    fn warnings(&self) -> Vec<WarningNode> {
        let warnings = self.recorded.iter().flat_map(|recorded| &recorded.warnings);
        warnings.map(|one| WarningNode::new(one.code(), one)).collect()
    }
}

fn payload(outcome: Outcome<Recorded>) -> CreateVisitPayload {
    let (recorded, errors) = outcome.split();
    CreateVisitPayload { errors, recorded }
}

pub(crate) fn create_visit(
    asked: &Asked<'_, '_>,
    input: CreateVisitInput,
) -> Result<CreateVisitPayload, ApiError> {
    let context = asked.context();
    let by_number = input.is_by_number();
    let call = Call::of(asked, Needs::Permission(Permission::ChangeOrder));
    let call = call.of_thing(About::Visit(None));
    let new = match input.read(call.is_keyed(context)) {
        Ok(new) => new,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    if by_number && let Err(error) = context.identify() {
        return turned_down(asked, error).map(payload);
    }
    let (actor, now) = (context.actor().clone(), context.now());
    let marks = Marks::of(context);
    let outcome = context.mutate(&call, move |tx| visits::record(tx, &actor, &new, &marks, now))?;
    Ok(payload(outcome))
}
