//! Writing products.

use juniper::graphql_object;
use regulars_kernel::{Permission, ProductId};
use regulars_merchant::product::change as products_of;

use super::{
    ProductNode,
    product::{self, PRODUCT},
    product_inputs::{CreateProductInput, DeleteProductInput, UpdateProductInput},
};
use crate::{
    argument::pk,
    context::Context,
    error::ApiError,
    global_id::Id,
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    scalar::ExpectedErrorType,
    trail::About,
};

/// The answer of a mutation of a product.
pub struct ProductPayload {
    errors: Option<ExpectedErrorType>,
    product: Option<ProductId>,
}

/// The answer of a mutation of a product.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl ProductPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The product afterwards.
    fn product(&self, context: &Context) -> Result<Option<ProductNode>, ApiError> {
        self.product.map_or(Ok(None), |id| product::find(context, id))
    }
}

/// What the root fields answer.
type Answer = Result<ProductPayload, ApiError>;

/// Who may write products.
const CHANGE: Needs = Needs::Permission(Permission::ChangeProduct);

fn payload(outcome: Outcome<ProductId>) -> ProductPayload {
    let (product, errors) = outcome.split();
    ProductPayload { errors, product }
}

fn product_id(id: &Id) -> Result<ProductId, ApiError> {
    pk("id", id, PRODUCT).map(ProductId::new)
}

pub(crate) fn create(asked: &Asked<'_, '_>, input: CreateProductInput) -> Answer {
    let patch = input.patch();
    let call = Call::of(asked, CHANGE).of_thing(About::Product(None));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| products_of::create(tx, &actor, &patch, now))?;
    Ok(payload(outcome))
}

pub(crate) fn update(asked: &Asked<'_, '_>, input: UpdateProductInput) -> Answer {
    let id = match product_id(&input.id) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let patch = input.patch();
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::Product(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome = asked
        .context()
        .mutate(&call, move |tx| products_of::update(tx, &actor, id, &patch, now))?;
    Ok(payload(outcome))
}

pub(crate) fn delete(asked: &Asked<'_, '_>, input: &DeleteProductInput) -> Answer {
    let id = match product_id(&input.id) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::Product(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| products_of::archive(tx, &actor, id, now))?;
    Ok(payload(outcome))
}
