//! `createStamp`: a card is stamped by hand.

use juniper::{GraphQLInputObject, graphql_object};
use regulars_customer::Identifier;
use regulars_kernel::{LoyaltyCardId, Permission, StoreId};
use regulars_loyalty::{
    LedgerStore,
    receipt::sums,
    stamp::{self as stamps, NewStamp, Stamped},
};

use super::{LoyaltyCardNode, PointsSummaryObject, card::LOYALTY_CARD, queries};
use crate::{
    argument::pk,
    context::Context,
    customer::{self, ConsumerNode},
    error::ApiError,
    global_id::Id,
    level::Level,
    merchant::store::STORE,
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    scalar::{DateTime, ExpectedErrorType},
    trail::About,
};

/// A card to be stamped.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CreateStampInput {
    /// Whose card: a loyalty id or one of the merchant's own card numbers. Whoever shows their loyalty id here for the first
    /// time becomes a customer by it.
    pub consumer_loyalty_string: String,
    /// Which card; absent: the one card of stamps that is available to the customer here and now.
    pub loyalty_card_id: Option<Id>,
    /// Where.
    pub store_id: Id,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters. Without one every call
    /// is a stamp.
    pub idempotency_key: Option<String>,
}

impl CreateStampInput {
    fn read(&self) -> Result<NewStamp, ApiError> {
        let card = self.loyalty_card_id.as_ref().filter(|id| !id.is_empty());
        let card = card.map(|id| pk("loyaltyCardId", id, LOYALTY_CARD)).transpose()?;
        Ok(NewStamp {
            who: Identifier {
                loyalty_id: Some(self.consumer_loyalty_string.clone()),
                ..Identifier::default()
            },
            card: card.map(LoyaltyCardId::new),
            store: StoreId::new(pk("storeId", &self.store_id, STORE)?),
        })
    }
}

/// A stamp that was given.
pub struct StampNode(Stamped);

/// A stamp that was given.
#[graphql_object]
#[graphql(name = "Stamp", context = Context, scalar = juniper::DefaultScalarValue)]
impl StampNode {
    /// The card.
    fn loyalty_card(&self, context: &Context) -> Result<Option<LoyaltyCardNode>, ApiError> {
        queries::get(context, self.0.card).map(Some)
    }

    /// Whose card; null where the asker does not see who.
    fn consumer(&self, context: &Context) -> Result<Option<ConsumerNode>, ApiError> {
        customer::node::load(context, &Level::of([self.0.person]), self.0.person)
    }

    /// When it was given.
    fn created_at(&self, context: &Context) -> Result<Option<DateTime>, ApiError> {
        let found = context.read(|tx| tx.entry(self.0.entry))?;
        Ok(found.map(|entry| DateTime(entry.occurred_at)))
    }

    /// The stamps that the customer has on the card now.
    fn sums(&self, context: &Context) -> Result<PointsSummaryObject, ApiError> {
        let (Stamped { merchant, person, card, .. }, now) = (self.0, context.now());
        context.read(|tx| sums(tx, merchant, person, card, now)).map(Into::into)
    }
}

/// The answer of stamping a card.
pub struct CreateStampPayload {
    errors: Option<ExpectedErrorType>,
    stamped: Option<Stamped>,
}

/// The answer of stamping a card.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl CreateStampPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The stamp.
    fn stamp(&self) -> Option<StampNode> {
        self.stamped.map(StampNode)
    }
}

fn payload(outcome: Outcome<Stamped>) -> CreateStampPayload {
    let (stamped, errors) = outcome.split();
    CreateStampPayload { errors, stamped }
}

pub(crate) fn create_stamp(
    asked: &Asked<'_, '_>,
    input: &CreateStampInput,
) -> Result<CreateStampPayload, ApiError> {
    let context = asked.context();
    let new = match input.read() {
        Ok(new) => new,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    if let Err(error) = context.identify() {
        return turned_down(asked, error).map(payload);
    }
    let call = Call::of(asked, Needs::Permission(Permission::ChangeOrder));
    let call = call.of_thing(About::Somebody);
    let (actor, now) = (context.actor().clone(), context.now());
    let outcome = context.mutate(&call, move |tx| {
        let stamped = stamps::stamp(tx, &actor, &new, now).map_err(ApiError::from);
        stamped.map_err(|error| error.renamed("consumerLoyaltyId", "consumerLoyaltyString"))
    })?;
    Ok(payload(outcome))
}
