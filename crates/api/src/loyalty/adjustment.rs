//! `adjustPoints`: points and stamps set right by hand.

use juniper::{GraphQLInputObject, graphql_object};
use regulars_customer::{Identifier, identity::identify};
use regulars_kernel::{Actor, LoyaltyCardId, Permission, PersonId, Points};
use regulars_loyalty::{
    LoyaltyError,
    adjustment::{self, Adjusted, NewAdjustment},
    receipt::sums,
};
use regulars_persistence::Tx;

use super::{LedgerEntryNode, PointsSummaryObject, card::LOYALTY_CARD, ledger_entry};
use crate::{
    argument::pk,
    context::Context,
    customer::user::USER,
    error::ApiError,
    global_id::Id,
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    promotion::queries::named,
    scalar::{BigInt, DateTimeArgument, ExpectedErrorType},
    trail::About,
};

/// Points or stamps to be set right.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct AdjustPointsInput {
    /// Whose, by id.
    pub consumer_id: Option<Id>,
    /// Whose, by a loyalty id or one of the merchant's own card numbers.
    pub consumer_loyalty_id: Option<String>,
    /// On which card.
    pub loyalty_card_id: Id,
    /// How many: given where above 0, taken where below.
    pub amount: BigInt,
    /// Why: 1 to 500 characters. It is shown in the history, and goes when the customer is erased.
    pub reason: String,
    /// When what is given is gone; absent: as the card says, counted from today.
    pub expires_at: Option<DateTimeArgument>,
    /// Whether taking goes on where there is not enough: pending points and what open codes have set aside go too, and the rest
    /// becomes debt.
    #[graphql(default = false)]
    pub into_debt: Option<bool>,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters. Without one every call
    /// counts.
    pub idempotency_key: Option<String>,
}

/// Somebody as they are named: at least one of the two.
pub(super) fn who(
    argument: &'static str,
    id: Option<&Id>,
    number: Option<&String>,
) -> Result<Identifier, ApiError> {
    let id = named::<PersonId>(argument, id, USER)?;
    let loyalty_id = number.filter(|typed| !typed.trim().is_empty()).cloned();
    Ok(Identifier { id, loyalty_id, ..Identifier::default() })
}

/// Who that is, named by these arguments.
pub(super) fn person(
    tx: &mut Tx<'_>,
    actor: &Actor,
    who: &Identifier,
    (by_id, by_number): (&'static str, &'static str),
) -> Result<PersonId, ApiError> {
    let found = identify(tx, actor, who).map_err(LoyaltyError::from).map_err(ApiError::from);
    let found = found.map_err(|error| error.renamed("consumerId", by_id));
    Ok(found.map_err(|error| error.renamed("consumerLoyaltyId", by_number))?.person())
}

/// The answer of setting points right.
pub struct AdjustPointsPayload {
    errors: Option<ExpectedErrorType>,
    adjusted: Option<Adjusted>,
}

/// The answer of setting points right.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl AdjustPointsPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The line that was written.
    fn entry(&self, context: &Context) -> Result<Option<LedgerEntryNode>, ApiError> {
        self.adjusted.map_or(Ok(None), |done| ledger_entry::find(context, done.entry))
    }

    /// What the customer has on the card now.
    fn sums(&self, context: &Context) -> Result<Option<PointsSummaryObject>, ApiError> {
        let Some(Adjusted { merchant, person, card, .. }) = self.adjusted else { return Ok(None) };
        let now = context.now();
        context.read(|tx| sums(tx, merchant, person, card, now)).map(|sums| Some(sums.into()))
    }
}

fn payload(outcome: Outcome<Adjusted>) -> AdjustPointsPayload {
    let (adjusted, errors) = outcome.split();
    AdjustPointsPayload { errors, adjusted }
}

pub(crate) fn adjust_points(
    asked: &Asked<'_, '_>,
    input: AdjustPointsInput,
) -> Result<AdjustPointsPayload, ApiError> {
    let context = asked.context();
    let read = || {
        let who =
            who("consumerId", input.consumer_id.as_ref(), input.consumer_loyalty_id.as_ref())?;
        let card = pk("loyaltyCardId", &input.loyalty_card_id, LOYALTY_CARD)?;
        if who.loyalty_id.is_some() {
            context.identify()?;
        }
        Ok((who, LoyaltyCardId::new(card)))
    };
    let (who, card) = match read() {
        Ok(read) => read,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let expires_at = DateTimeArgument::instant(input.expires_at);
    let new = NewAdjustment {
        person: PersonId::new(0),
        card,
        amount: Points::new(input.amount.0),
        reason: input.reason,
        expires_at,
        into_debt: input.into_debt.unwrap_or(false),
    };
    let call = Call::of(asked, Needs::Permission(Permission::AdjustPoints));
    let call = call.of_thing(About::Somebody);
    let (actor, now) = (context.actor().clone(), context.now());
    let outcome = context.mutate(&call, move |tx| {
        let person = person(tx, &actor, &who, ("consumerId", "consumerLoyaltyId"))?;
        let new = NewAdjustment { person, ..new.clone() };
        adjustment::adjust(tx, &actor, &new, now).map_err(ApiError::from)
    })?;
    Ok(payload(outcome))
}
