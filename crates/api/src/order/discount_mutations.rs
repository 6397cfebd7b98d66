//! Codes on open orders, and whether a code is good for a sale.

use juniper::{GraphQLInputObject, graphql_object};
use regulars_kernel::{OrderDiscountId, ProductId};
use regulars_order::{
    Amount,
    redeeming::{
        open::{self, Changed},
        verify::{Question, Verified, verify},
    },
};

use super::{
    OrderDiscountNode, OrderNode,
    choice::OrderDiscountKind,
    discount::{self, ORDER_DISCOUNT},
    mutations::{CHANGE, order_id},
    node,
};
use crate::{
    argument::pk,
    context::Context,
    error::ApiError,
    global_id::Id,
    loyalty::{
        RedemptionIntentNode, intent,
        redeeming::{REDEEM, may_look_up, tried},
        redeeming_inputs::Counter,
    },
    merchant::product::PRODUCT,
    mutation::{Asked, Call, Outcome, turned_down},
    promotion::{OfferNode, queries::offer_by_pk},
    scalar::{BigInt, Decimal, ExpectedErrorType},
    trail::About,
};

/// A code to be put on an open order.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CreateOrderDiscountInput {
    /// The order.
    pub order_id: Id,
    /// The code, in either case, with or without its hyphen: of an offer, of points or of stamps; or the one that an offer has for
    /// everybody.
    pub redemption_code: String,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A discount to be taken off an open order.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct DeleteOrderDiscountInput {
    /// The discount.
    pub id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A product of a sale that is being rung up.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct DiscountItemInput {
    /// The product.
    pub product_id: Id,
    /// How many: 1 to 1000000.
    #[graphql(default = 1)]
    pub quantity: Option<i32>,
}

/// A code to be looked at, and the sale that it is for.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct VerifyDiscountCodeInput {
    /// The code, in either case, with or without its hyphen; or the one that an offer has for everybody.
    pub code: String,
    /// What the sale comes to before discounts; absent: what its items cost in the catalogue. Beyond them it is of no product in
    /// particular; below, each of them costs less in proportion.
    pub subtotal: Option<Decimal>,
    /// Its currency: the merchant's.
    pub subtotal_currency: Option<String>,
    /// What is on it: at most 500.
    pub items: Option<Vec<DiscountItemInput>>,
    /// In which store. Who works in some stores alone has to say it.
    pub store_id: Option<Id>,
    /// Who buys, by id.
    pub consumer_id: Option<Id>,
    /// Who buys, by a loyalty id or one of the merchant's own card numbers.
    pub consumer_loyalty_id: Option<String>,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

impl VerifyDiscountCodeInput {
    fn counter(&self) -> Result<Counter, ApiError> {
        let ids = (self.store_id.as_ref(), self.consumer_id.as_ref());
        Counter::read(ids, self.consumer_loyalty_id.clone())
    }

    fn items(&self) -> Result<Vec<(ProductId, i32)>, ApiError> {
        let item = |item: &DiscountItemInput| {
            let product = pk("items", &item.product_id, PRODUCT).map(ProductId::new)?;
            Ok((product, item.quantity.unwrap_or(1)))
        };
        self.items.iter().flatten().map(item).collect()
    }
}

/// The answer of a mutation of a discount.
pub struct OrderDiscountPayload {
    errors: Option<ExpectedErrorType>,
    changed: Option<Changed>,
}

/// The answer of a mutation of a discount.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl OrderDiscountPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The discount afterwards; null once it is taken off.
    fn order_discount(&self, context: &Context) -> Result<Option<OrderDiscountNode>, ApiError> {
        self.changed.map_or(Ok(None), |changed| discount::find(context, changed.discount))
    }

    /// Its order afterwards, with the total that follows.
    fn order(&self, context: &Context) -> Result<Option<OrderNode>, ApiError> {
        self.changed.map_or(Ok(None), |changed| node::find(context, changed.order))
    }
}

/// The answer of looking at a code.
pub struct VerifyDiscountCodePayload {
    errors: Option<ExpectedErrorType>,
    verified: Option<Verified>,
}

/// The answer of looking at a code.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl VerifyDiscountCodePayload {
    /// Whether the code is good for the sale.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or why it is not: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// By what it would take something off.
    fn kind(&self) -> Option<OrderDiscountKind> {
        self.verified.as_ref().map(|one| one.kind.into())
    }

    /// What people call it.
    fn name(&self) -> Option<&str> {
        self.verified.as_ref().map(|one| one.name.as_str())
    }

    /// What it would take off; 0 for a reward that is handed out beside the sale.
    fn amount(&self) -> Option<Decimal> {
        self.verified.as_ref().map(|one| one.amount.into())
    }

    /// The currency of the amounts.
    fn amount_currency(&self) -> Option<&str> {
        self.verified.as_ref().map(|one| one.amount.currency().code())
    }

    /// The points that would pay it; 0 but where points do.
    fn points(&self) -> Option<BigInt> {
        self.verified.as_ref().map(|one| BigInt(one.points.get()))
    }

    /// What would be left to pay.
    fn to_pay(&self) -> Option<Decimal> {
        self.verified.as_ref().map(|one| one.to_pay.into())
    }

    /// The promise that it is of; null for a code that is everybody's.
    fn redemption_intent(
        &self,
        context: &Context,
    ) -> Result<Option<RedemptionIntentNode>, ApiError> {
        let promise = self.verified.as_ref().and_then(|one| one.intent);
        promise.map_or(Ok(None), |id| intent::told(context, id))
    }

    /// The offer whose code for everybody it is.
    fn offer(&self, context: &Context) -> Result<Option<OfferNode>, ApiError> {
        let offer = self.verified.as_ref().and_then(|one| one.offer);
        offer.map_or(Ok(None), |id| offer_by_pk(context, id))
    }
}

/// What the root fields answer.
type Answer = Result<OrderDiscountPayload, ApiError>;

fn payload(outcome: Outcome<Changed>) -> OrderDiscountPayload {
    let (changed, errors) = outcome.split();
    OrderDiscountPayload { errors, changed }
}

fn verified(outcome: Outcome<Verified>) -> VerifyDiscountCodePayload {
    let (verified, errors) = outcome.split();
    VerifyDiscountCodePayload { errors, verified }
}

pub(crate) fn create(asked: &Asked<'_, '_>, input: CreateOrderDiscountInput) -> Answer {
    let order = match order_id("orderId", &input.order_id) {
        Ok(order) => order,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let context = asked.context();
    let outcome = tried(asked, Ok(None), || {
        let call = Call::of(asked, REDEEM).about("orderId").of_thing(About::Order(Some(order)));
        let (actor, now, code) = (context.actor().clone(), context.now(), input.redemption_code);
        context.mutate(&call, move |tx| open::put_on(tx, &actor, order, &code, now))
    })?;
    Ok(payload(outcome))
}

pub(crate) fn delete(asked: &Asked<'_, '_>, input: &DeleteOrderDiscountInput) -> Answer {
    let id = match pk("id", &input.id, ORDER_DISCOUNT).map(OrderDiscountId::new) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::OrderOfDiscount(id));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome = asked.context().mutate(&call, move |tx| open::take_off(tx, &actor, id, now))?;
    Ok(payload(outcome))
}

pub(crate) fn verify_code(
    asked: &Asked<'_, '_>,
    input: VerifyDiscountCodeInput,
) -> Result<VerifyDiscountCodePayload, ApiError> {
    let context = asked.context();
    let read = || -> Result<Question, ApiError> {
        let (counter, items) = (input.counter()?, input.items()?);
        may_look_up(context, &counter)?;
        let amount = input.subtotal.as_ref().map(|subtotal| Amount {
            decimal: subtotal.to_string(),
            currency: input.subtotal_currency.clone(),
        });
        let Counter { store, who } = counter;
        Ok(Question { code: input.code.clone(), subtotal: amount, items, store, who })
    };
    let question = match read() {
        Ok(question) => question,
        Err(error) => return turned_down(asked, error).map(verified),
    };
    let outcome = tried(asked, Ok(question.store), || {
        let call = Call::of(asked, REDEEM).about("code").of_thing(About::SeenIntent);
        let (actor, now) = (context.actor().clone(), context.now());
        context.mutate(&call, move |tx| verify(tx, &actor, &question, now))
    })?;
    Ok(verified(outcome))
}
