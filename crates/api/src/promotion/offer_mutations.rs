//! Writing offers.

use juniper::graphql_object;
use regulars_kernel::{OfferId, Permission};
use regulars_promotion::offer::change as offers_of;

use super::{
    OfferNode,
    offer::{self, OFFER},
    offer_inputs::{CreateOfferInput, DeleteOfferInput, UpdateOfferInput},
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

/// The answer of a mutation of an offer.
pub struct OfferPayload {
    errors: Option<ExpectedErrorType>,
    offer: Option<OfferId>,
}

/// The answer of a mutation of an offer.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl OfferPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The offer afterwards.
    fn offer(&self, context: &Context) -> Result<Option<OfferNode>, ApiError> {
        self.offer.map(|id| offer::get(context, id)).transpose()
    }
}

/// What the root fields answer.
type Answer = Result<OfferPayload, ApiError>;

/// Who may write offers.
const CHANGE: Needs = Needs::Permission(Permission::ChangePromotion);

fn payload(outcome: Outcome<OfferId>) -> OfferPayload {
    let (offer, errors) = outcome.split();
    OfferPayload { errors, offer }
}

fn offer_id(id: &Id) -> Result<OfferId, ApiError> {
    pk("id", id, OFFER).map(OfferId::new)
}

pub(crate) fn create(asked: &Asked<'_, '_>, input: CreateOfferInput) -> Answer {
    let patch = match input.patch() {
        Ok(patch) => patch,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let call = Call::of(asked, CHANGE).of_thing(About::Offer(None));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| offers_of::create(tx, &actor, &patch, now))?;
    Ok(payload(outcome))
}

pub(crate) fn update(asked: &Asked<'_, '_>, input: UpdateOfferInput) -> Answer {
    let read = offer_id(&input.id).and_then(|id| Ok((id, input.patch()?)));
    let (id, patch) = match read {
        Ok(read) => read,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::Offer(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| offers_of::update(tx, &actor, id, &patch, now))?;
    Ok(payload(outcome))
}

pub(crate) fn delete(asked: &Asked<'_, '_>, input: &DeleteOfferInput) -> Answer {
    let id = match offer_id(&input.id) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::Offer(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| offers_of::archive(tx, &actor, id, now))?;
    Ok(payload(outcome))
}
