//! Redeeming in two steps: promises with codes, and what becomes of them (rules 21 to 23).

use juniper::graphql_object;
use regulars_kernel::{IntentId, MerchantId, OfferId, Permission, RedemptionId, Scope, StoreId};
use regulars_loyalty::{
    LoyaltyError, RedemptionKind, card, intent as intents,
    redeeming::{self, Checked, NewIntent, Reversed, Wanted},
};
use regulars_persistence::Tx;
use regulars_promotion::offer;

use super::{
    PointsRedemptionNode, RedemptionNode, StampsRedemptionNode,
    intent::{self, REDEMPTION_INTENT, RedemptionIntentNode},
    redeeming_inputs::{
        CancelRedemptionIntentInput, ConfirmPointsRedemptionInput, ConfirmRedemptionInput,
        ConfirmStampsRedemptionInput, Counter, CreatePointsRedemptionIntentInput,
        CreateRedemptionIntentInput, CreateStampsRedemptionIntentInput, ReverseRedemptionInput,
        VerifyRedemptionCodeInput,
    },
    redemption,
};
use crate::{
    argument::pk,
    context::Context,
    error::ApiError,
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    promotion::{OfferNode, queries::offer_by_pk},
    scalar::{BigInt, ExpectedErrorType},
    trail::{About, Place},
};

/// The answer of a mutation of a promise.
pub struct RedemptionIntentPayload {
    errors: Option<ExpectedErrorType>,
    intent: Option<IntentId>,
    /// Whether whoever asks is told the code.
    is_told: bool,
}

/// The answer of a mutation of a promise.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl RedemptionIntentPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The promise afterwards.
    fn redemption_intent(
        &self,
        context: &Context,
    ) -> Result<Option<RedemptionIntentNode>, ApiError> {
        let Some(id) = self.intent else { return Ok(None) };
        if self.is_told { intent::told(context, id) } else { intent::find(context, id) }
    }
}

/// Makes the payload of confirming a kind of redemption.
macro_rules! confirmed_payload {
    ($(#[$meta:meta])* $name:ident, $(#[$noun_meta:meta])* $noun:ident: $node:ident of $kind:ident) => {
        $(#[$meta])*
        pub struct $name {
            errors: Option<ExpectedErrorType>,
            redemption: Option<RedemptionId>,
        }

        $(#[$meta])*
        #[graphql_object]
        #[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
        impl $name {
            /// Whether it happened.
            fn success(&self) -> bool {
                self.errors.is_none()
            }

            /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
            fn errors(&self) -> Option<&ExpectedErrorType> {
                self.errors.as_ref()
            }

            $(#[$noun_meta])*
            fn $noun(&self, context: &Context) -> Result<Option<$node>, ApiError> {
                let find = |id: RedemptionId| redemption::find(context, RedemptionKind::$kind, id.get());
                self.redemption.map_or(Ok(None), find)
            }
        }

        impl From<Outcome<RedemptionId>> for $name {
            fn from(outcome: Outcome<RedemptionId>) -> Self {
                let (redemption, errors) = outcome.split();
                Self { errors, redemption }
            }
        }
    };
}

confirmed_payload! {
    /// The answer of using a code.
    RedemptionPayload,
    /// What was redeemed.
    redemption: RedemptionNode of Offer
}
confirmed_payload! {
    /// The answer of using a code of points.
    PointsRedemptionPayload,
    /// What was redeemed.
    points_redemption: PointsRedemptionNode of Points
}
confirmed_payload! {
    /// The answer of using a code of stamps.
    StampsRedemptionPayload,
    /// What was redeemed.
    stamps_redemption: StampsRedemptionNode of Stamps
}

/// What the root fields of promises answer.
type Answer = Result<RedemptionIntentPayload, ApiError>;

/// Who may promise, and call off: consumers for themselves, a merchant's people for customers.
const OWN_OR_REDEEM: Needs = Needs::ConsumerOr(Permission::Redeem);
/// Who may use codes.
pub(crate) const REDEEM: Needs = Needs::Permission(Permission::Redeem);

fn payload(outcome: Outcome<IntentId>, is_told: bool) -> RedemptionIntentPayload {
    let (intent, errors) = outcome.split();
    RedemptionIntentPayload { errors, intent, is_told }
}

/// Turns down whoever looks too many people up.
pub(crate) fn may_look_up(context: &Context, counter: &Counter) -> Result<(), ApiError> {
    if counter.is_by_number() { context.identify() } else { Ok(()) }
}

/// Runs a use case within the scope of the merchant whose promotion it is about. What a consumer redeems is the merchant's to
/// write: they find it in their own scope, and the use case knows whose it is.
fn within<F>(
    asked: &Asked<'_, '_>,
    call: Call,
    merchant: Option<MerchantId>,
    use_case: F,
) -> Result<Outcome<IntentId>, ApiError>
where
    F: Fn(&mut Tx<'_>) -> Result<IntentId, LoyaltyError> + Send + 'static,
{
    match merchant {
        Some(merchant) => {
            let call = call.at(Place::Merchant(merchant));
            asked.context().mutate_within(Scope::Merchant(merchant), &call, use_case)
        }
        None => asked.context().mutate(&call, use_case),
    }
}

/// Whose a promotion is that a consumer asks for; nobody's where a merchant's people ask, who have their own.
fn merchant_of(context: &Context, wanted: Wanted) -> Result<Option<MerchantId>, ApiError> {
    let actor = context.actor();
    if actor.require_consumer().is_err() {
        return Ok(None);
    }
    let found = match wanted {
        Wanted::Offer(id) => context
            .read(|tx| offer::get(tx, actor, id))
            .map(|offer| offer.merchant)
            .map_err(|error| error.about("offerId")),
        Wanted::Points { card: id, .. } | Wanted::Stamps { card: id, .. } => context
            .read(|tx| card::get(tx, actor, id))
            .map(|card| card.merchant)
            .map_err(|error| error.about("loyaltyCardId")),
    };
    found.map(Some)
}

fn promise(
    asked: &Asked<'_, '_>,
    argument: &'static str,
    counter: Result<Counter, ApiError>,
    wanted: Result<Wanted, ApiError>,
) -> Answer {
    let context = asked.context();
    let read = || -> Result<(NewIntent, Option<MerchantId>), ApiError> {
        let (wanted, counter) = (wanted?, counter?);
        may_look_up(context, &counter)?;
        let merchant = merchant_of(context, wanted)?;
        Ok((counter.promises(wanted), merchant))
    };
    let (new, merchant) = match read() {
        Ok(read) => read,
        Err(error) => return turned_down(asked, error).map(|outcome| payload(outcome, false)),
    };
    let call = Call::of(asked, OWN_OR_REDEEM).about(argument);
    let call = call.of_thing(About::RedemptionIntent(None));
    let (actor, now) = (context.actor().clone(), context.now());
    let outcome = within(asked, call, merchant, move |tx| {
        redeeming::promise(tx, &actor, &new, rand::random, now).map(|intent| intent.id)
    })?;
    Ok(payload(outcome, true))
}

pub(crate) fn create_redemption_intent(
    asked: &Asked<'_, '_>,
    input: &CreateRedemptionIntentInput,
) -> Answer {
    promise(asked, "offerId", input.counter(), input.wanted())
}

pub(crate) fn create_points_redemption_intent(
    asked: &Asked<'_, '_>,
    input: &CreatePointsRedemptionIntentInput,
) -> Answer {
    promise(asked, "loyaltyCardId", input.counter(), input.wanted())
}

pub(crate) fn create_stamps_redemption_intent(
    asked: &Asked<'_, '_>,
    input: &CreateStampsRedemptionIntentInput,
) -> Answer {
    promise(asked, "loyaltyCardId", input.counter(), input.wanted())
}

pub(crate) fn cancel_redemption_intent(
    asked: &Asked<'_, '_>,
    input: &CancelRedemptionIntentInput,
) -> Answer {
    let context = asked.context();
    let actor = context.actor();
    let read = || -> Result<(IntentId, Option<MerchantId>), ApiError> {
        let id = pk("id", &input.id, REDEMPTION_INTENT).map(IntentId::new)?;
        if actor.require_consumer().is_err() {
            return Ok((id, None));
        }
        let own = context.read(|tx| intents::list_by_ids(tx, actor, &[id]))?;
        let own = own.first().ok_or_else(|| ApiError::absent("id"))?;
        Ok((id, Some(own.merchant)))
    };
    let (id, merchant) = match read() {
        Ok(read) => read,
        Err(error) => return turned_down(asked, error).map(|outcome| payload(outcome, false)),
    };
    let call = Call::of(asked, OWN_OR_REDEEM).about("id");
    let call = call.of_thing(About::RedemptionIntent(Some(id)));
    let (actor, now) = (actor.clone(), context.now());
    let outcome = within(asked, call, merchant, move |tx| {
        redeeming::cancel(tx, &actor, id, now).map(|intent| intent.id)
    })?;
    Ok(payload(outcome, false))
}

/// Runs what tries a code, at most so often in vain (rule 22).
fn try_code<T>(
    asked: &Asked<'_, '_>,
    counter: Result<Counter, ApiError>,
    run: impl FnOnce(Counter) -> Result<Outcome<T>, ApiError>,
) -> Result<Outcome<T>, ApiError> {
    let counter = counter.and_then(|counter| {
        may_look_up(asked.context(), &counter)?;
        Ok(counter)
    });
    let counter = match counter {
        Ok(counter) => counter,
        Err(error) => return turned_down(asked, error),
    };
    tried(asked, Ok(counter.store), || run(counter))
}

/// Runs what tries a code at a store, or at none in particular, at most so often in vain (rule 22).
pub(crate) fn tried<T>(
    asked: &Asked<'_, '_>,
    store: Result<Option<StoreId>, ApiError>,
    run: impl FnOnce() -> Result<Outcome<T>, ApiError>,
) -> Result<Outcome<T>, ApiError> {
    let context = asked.context();
    let tried = match store.and_then(|store| context.try_code(store)) {
        Ok(tried) => tried,
        Err(error) => return turned_down(asked, error),
    };
    let outcome = run()?;
    if let (Outcome::Done(_), Some(tried)) = (&outcome, tried) {
        context.was_a_code(tried);
    }
    Ok(outcome)
}

fn confirm(
    asked: &Asked<'_, '_>,
    kind: RedemptionKind,
    code: &str,
    counter: Result<Counter, ApiError>,
) -> Result<Outcome<RedemptionId>, ApiError> {
    let context = asked.context();
    try_code(asked, counter, |Counter { store, who }| {
        let call = Call::of(asked, REDEEM).about("code").of_thing(About::Redemption(kind));
        let (actor, now, code) = (context.actor().clone(), context.now(), code.to_owned());
        context.mutate(&call, move |tx| {
            let kinds = [kind];
            let done = redeeming::confirm(tx, &actor, (&code, &kinds), &who, store, now)?;
            Ok::<_, LoyaltyError>(done.redemption.id)
        })
    })
}

pub(crate) fn confirm_redemption(
    asked: &Asked<'_, '_>,
    input: &ConfirmRedemptionInput,
) -> Result<RedemptionPayload, ApiError> {
    confirm(asked, RedemptionKind::Offer, &input.code, input.counter()).map(Into::into)
}

pub(crate) fn confirm_points_redemption(
    asked: &Asked<'_, '_>,
    input: &ConfirmPointsRedemptionInput,
) -> Result<PointsRedemptionPayload, ApiError> {
    confirm(asked, RedemptionKind::Points, &input.code, input.counter()).map(Into::into)
}

pub(crate) fn confirm_stamps_redemption(
    asked: &Asked<'_, '_>,
    input: &ConfirmStampsRedemptionInput,
) -> Result<StampsRedemptionPayload, ApiError> {
    confirm(asked, RedemptionKind::Stamps, &input.code, input.counter()).map(Into::into)
}

pub(crate) fn verify_redemption_code(
    asked: &Asked<'_, '_>,
    input: &VerifyRedemptionCodeInput,
) -> Result<VerifyRedemptionCodePayload, ApiError> {
    let context = asked.context();
    let outcome = try_code(asked, input.counter(), |Counter { store, who }| {
        let call = Call::of(asked, REDEEM).about("code");
        let call = call.of_thing(About::SeenIntent);
        let (actor, now, code) = (context.actor().clone(), context.now(), input.code.clone());
        context.mutate(&call, move |tx| {
            redeeming::check(tx, &actor, (&code, store), &who, now).map(Seen::from)
        })
    })?;
    let (seen, errors) = outcome.split();
    Ok(VerifyRedemptionCodePayload { errors, seen })
}

pub(crate) fn reverse_redemption(
    asked: &Asked<'_, '_>,
    input: &ReverseRedemptionInput,
) -> Result<ReverseRedemptionPayload, ApiError> {
    let context = asked.context();
    let (kind, id) = match input.named() {
        Ok(named) => named,
        Err(error) => {
            return turned_down(asked, error).map(|outcome| reversed_payload(outcome, None));
        }
    };
    let call = Call::of(asked, Needs::Permission(Permission::RefundOrder)).about("id");
    let call = call.of_thing(About::RedemptionBy(kind, id));
    let (actor, now) = (context.actor().clone(), context.now());
    let outcome =
        context.mutate(&call, move |tx| redeeming::reverse(tx, &actor, (kind, id), now))?;
    Ok(reversed_payload(outcome, Some(kind)))
}

/// What a code stands for that was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Promise(IntentId),
    Fixed(OfferId),
}

impl From<Checked> for Seen {
    fn from(checked: Checked) -> Self {
        match checked {
            Checked::Promise(intent) => Self::Promise(intent.id),
            Checked::Fixed(offer) => Self::Fixed(offer),
        }
    }
}

/// The answer of looking a code up.
pub struct VerifyRedemptionCodePayload {
    errors: Option<ExpectedErrorType>,
    seen: Option<Seen>,
}

/// The answer of looking a code up.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl VerifyRedemptionCodePayload {
    /// Whether the code can be used.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what is wrong with it: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The promise that it is of; null for a code that is everybody's.
    fn redemption_intent(
        &self,
        context: &Context,
    ) -> Result<Option<RedemptionIntentNode>, ApiError> {
        match self.seen {
            Some(Seen::Promise(id)) => intent::told(context, id),
            Some(Seen::Fixed(_)) | None => Ok(None),
        }
    }

    /// The offer whose code for everybody it is; null for the code of a promise.
    fn offer(&self, context: &Context) -> Result<Option<OfferNode>, ApiError> {
        match self.seen {
            Some(Seen::Fixed(id)) => offer_by_pk(context, id),
            Some(Seen::Promise(_)) | None => Ok(None),
        }
    }
}

/// The answer of taking a redemption back.
pub struct ReverseRedemptionPayload {
    errors: Option<ExpectedErrorType>,
    reversed: Option<Reversed>,
    kind: Option<RedemptionKind>,
}

fn reversed_payload(
    outcome: Outcome<Reversed>,
    kind: Option<RedemptionKind>,
) -> ReverseRedemptionPayload {
    let (reversed, errors) = outcome.split();
    ReverseRedemptionPayload { errors, reversed, kind }
}

impl ReverseRedemptionPayload {
    fn find<N: From<redemption::Use>>(
        &self,
        context: &Context,
        kind: RedemptionKind,
    ) -> Result<Option<N>, ApiError> {
        let of_kind = self.reversed.filter(|_| self.kind == Some(kind));
        of_kind.map_or(Ok(None), |done| redemption::find(context, kind, done.redemption.get()))
    }
}

/// The answer of taking a redemption back.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl ReverseRedemptionPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The points or stamps that came back; 0 where none were taken, or all came back before.
    fn returned(&self) -> Option<BigInt> {
        self.reversed.map(|done| BigInt(done.returned.get()))
    }

    /// The redemption afterwards, where it was of an offer.
    fn redemption(&self, context: &Context) -> Result<Option<RedemptionNode>, ApiError> {
        self.find(context, RedemptionKind::Offer)
    }

    /// The redemption afterwards, where it was of points.
    fn points_redemption(
        &self,
        context: &Context,
    ) -> Result<Option<PointsRedemptionNode>, ApiError> {
        self.find(context, RedemptionKind::Points)
    }

    /// The redemption afterwards, where it was of stamps.
    fn stamps_redemption(
        &self,
        context: &Context,
    ) -> Result<Option<StampsRedemptionNode>, ApiError> {
        self.find(context, RedemptionKind::Stamps)
    }
}
