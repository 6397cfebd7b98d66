//! Merging two records of one customer, undoing it, and claiming one's own (rules 4, 27 and 28).

use juniper::{GraphQLEnum, GraphQLInputObject, GraphQLObject, graphql_object};
use regulars_customer::merge::{MergeField, MoveKind};
use regulars_kernel::{LoyaltyCardId, MergeId, Permission, PersonId, Rule, Scope, Violations};
use regulars_loyalty::merge::{CardMerge, undo::CardUndo};
use regulars_order::merge::{self, FieldChoice, Merged, NewMerge, Preview, UndoPreview, Which};

use crate::{
    argument::pk,
    context::Context,
    customer::{ConsumerNode, node::alone, user::USER},
    error::ApiError,
    global_id::Id,
    loyalty::card::LOYALTY_CARD,
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    scalar::{BigInt, DateTime, ExpectedErrorType},
    trail::{About, Effect, Trace},
};

/// The type name in global ids.
pub(crate) const MERGE: &str = "ConsumerMerge";

macro_rules! fields {
    ($($name:ident),+) => {
        /// A field of which the one who stays can have the value of the one who goes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
        #[expect(missing_docs, reason = "they are the fields of a customer")]
        pub enum ConsumerMergeField { $($name,)+ }

        impl ConsumerMergeField {
            const fn to_domain(self) -> MergeField {
                match self { $(Self::$name => MergeField::$name,)+ }
            }

            const fn of(field: MergeField) -> Self {
                match field { $(MergeField::$name => Self::$name,)+ }
            }
        }
    };
}

fields!(
    Email,
    Firstname,
    Lastname,
    PhoneNumber,
    Birthday,
    Gender,
    Country,
    City,
    Street,
    ZipCode,
    Picture,
    ExtraInfo,
    NumOfOrderDiscountsAllowed
);

/// Two records of one customer that are to become one.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct MergeConsumersInput {
    /// Who goes: a customer whom the merchant keeps. Everything that names them means the other from then on.
    pub consumer_id: Id,
    /// Who stays, whether or not they have an account.
    pub into_consumer_id: Id,
    /// Fields of which the one who stays is to have the other's value; else they keep what they have, and take what they lack. Of
    /// people with an account the profile is theirs.
    pub fields: Option<Vec<ConsumerMergeField>>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A merge that is to be undone, named by one of both.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct UnmergeConsumersInput {
    /// The merge.
    pub merge_id: Option<Id>,
    /// Who went by it.
    pub consumer_id: Option<Id>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// What a consumer takes of what merchants keep.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct ClaimProfileInput {
    /// One of `claimableProfiles`.
    pub id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// Something that is in the way, by name.
#[derive(Clone, Debug, GraphQLObject)]
pub struct MergeBlocker {
    /// `same_customer`, `two_accounts`, `has_account`, `merged`, `erased`, `left` or `archived`; of an undo `undone`, `too_long_ago`,
    /// `erased` or `merged_further`.
    code: &'static str,
    /// The sentence for people, which says the way out.
    message: String,
}

/// A field, and whose value it has afterwards.
#[derive(Clone, Debug, GraphQLObject)]
pub struct MergedField {
    /// Which.
    field: ConsumerMergeField,
    /// The value, as text.
    value: String,
    /// Whether it comes from the one who goes.
    from_other: bool,
}

impl From<FieldChoice> for MergedField {
    fn from(choice: FieldChoice) -> Self {
        let FieldChoice { field, value, from_other } = choice;
        Self { field: ConsumerMergeField::of(field), value, from_other }
    }
}

/// How much of a kind changes hands.
#[derive(Clone, Debug, GraphQLObject)]
pub struct MergedRows {
    /// `orders`, `visits`, `redemptionIntents`, `redemptions`, `consents`, `cards`, `consumers` (merged before) or `stamps`.
    kind: &'static str,
    /// How many.
    count: i32,
}

fn rows(kind: MoveKind, count: u64) -> MergedRows {
    let kind = match kind {
        MoveKind::Order => "orders",
        MoveKind::Visit => "visits",
        MoveKind::Intent => "redemptionIntents",
        MoveKind::Redemption => "redemptions",
        MoveKind::Consent => "consents",
        MoveKind::Membership => "consumers",
        MoveKind::Stamp => "stamps",
    };
    MergedRows { kind, count: i32::try_from(count).unwrap_or(i32::MAX) }
}

/// What happens on one loyalty card.
#[derive(Clone, Debug, GraphQLObject)]
pub struct MergedLoyaltyCard {
    /// Which.
    loyalty_card_id: Id,
    /// Points or stamps that change hands.
    points: BigInt,
    /// What of them is set aside by open codes, which go along; none of an undo, whose codes go back as they came.
    held: BigInt,
    /// What is owed and goes along.
    debt: BigInt,
    /// The second welcome that goes, or at most goes; by an undo it comes back.
    welcome: BigInt,
    /// Of an undo: what of the points the one who stayed has spent, and gives of their own.
    spent: BigInt,
    /// Of an undo: what of that they will owe.
    owed: BigInt,
}

fn card(id: LoyaltyCardId) -> Id {
    Id::global(LOYALTY_CARD, id.get())
}

impl From<CardMerge> for MergedLoyaltyCard {
    fn from(one: CardMerge) -> Self {
        Self {
            loyalty_card_id: card(one.card),
            points: BigInt(one.points.get()),
            held: BigInt(one.held.get()),
            debt: BigInt(one.debt.get()),
            welcome: BigInt(one.welcome.get()),
            spent: BigInt(0),
            owed: BigInt(0),
        }
    }
}

impl From<CardUndo> for MergedLoyaltyCard {
    fn from(one: CardUndo) -> Self {
        Self {
            loyalty_card_id: card(one.card),
            points: BigInt(one.points.get()),
            held: BigInt(0),
            debt: BigInt(one.debt.get()),
            welcome: BigInt(one.welcome.get()),
            spent: BigInt(one.taken.get()),
            owed: BigInt(one.owed.get()),
        }
    }
}

/// What a merge would do; nothing is done.
#[derive(Clone, Debug, GraphQLObject)]
pub struct MergeConsumersPreview {
    /// Who would go.
    consumer_id: Id,
    /// Who would stay.
    into_consumer_id: Id,
    /// What is in the way; where there is something nothing else is told.
    blockers: Vec<MergeBlocker>,
    /// The values that the one who stays would have, of those fields of which the two differ or either has one.
    fields: Vec<MergedField>,
    /// What would be theirs.
    moves: Vec<MergedRows>,
    /// What would happen on each loyalty card of the one who goes.
    loyalty_cards: Vec<MergedLoyaltyCard>,
}

impl From<Preview> for MergeConsumersPreview {
    fn from(shown: Preview) -> Self {
        let mut moves: Vec<_> =
            shown.rows.iter().map(|(kind, count)| rows(*kind, *count)).collect();
        if shown.cards > 0 {
            let count = i32::try_from(shown.cards).unwrap_or(i32::MAX);
            moves.push(MergedRows { kind: "cards", count });
        }
        let blocker = |one: &regulars_customer::Blocker| MergeBlocker {
            code: one.code(),
            message: one.to_string(),
        };
        Self {
            consumer_id: Id::global(USER, shown.other.get()),
            into_consumer_id: Id::global(USER, shown.survivor.get()),
            blockers: shown.blockers.iter().map(blocker).collect(),
            fields: shown.fields.into_iter().map(MergedField::from).collect(),
            moves,
            loyalty_cards: shown.ledger.into_iter().map(MergedLoyaltyCard::from).collect(),
        }
    }
}

/// What an undo would do; nothing is done.
#[derive(Clone, Debug, GraphQLObject)]
#[graphql(scalar = juniper::DefaultScalarValue)]
pub struct UnmergeConsumersPreview {
    /// The merge.
    merge_id: Id,
    /// Who would be there again.
    consumer_id: Id,
    /// Who stayed.
    into_consumer_id: Id,
    /// When the merge was; it can be undone for 90 days.
    merged_at: DateTime,
    /// What is in the way; where there is something nothing else is told.
    blockers: Vec<MergeBlocker>,
    /// What would go back, with what came since by the name of the one who went.
    moves: Vec<MergedRows>,
    /// What would happen on each loyalty card of the one who went.
    loyalty_cards: Vec<MergedLoyaltyCard>,
}

impl From<UndoPreview> for UnmergeConsumersPreview {
    fn from(shown: UndoPreview) -> Self {
        let UndoPreview { merge, blockers, rows: of, ledger } = shown;
        let blocker = |one: &regulars_customer::merge::UndoBlocker| MergeBlocker {
            code: one.code(),
            message: one.to_string(),
        };
        Self {
            merge_id: Id::global(MERGE, merge.id.get()),
            consumer_id: Id::global(USER, merge.other.get()),
            into_consumer_id: Id::global(USER, merge.survivor.get()),
            merged_at: DateTime(merge.merged_at),
            blockers: blockers.iter().map(blocker).collect(),
            moves: of.iter().map(|(kind, count)| rows(*kind, *count)).collect(),
            loyalty_cards: ledger.into_iter().map(MergedLoyaltyCard::from).collect(),
        }
    }
}

/// The answer of a mutation that made one of two customers, or two of one.
pub struct MergePayload {
    errors: Option<ExpectedErrorType>,
    merged: Option<Merged>,
}

fn payload(outcome: Outcome<Merged>) -> MergePayload {
    let (merged, errors) = outcome.split();
    MergePayload { errors, merged }
}

impl MergePayload {
    fn node(context: &Context, id: Option<PersonId>) -> Result<Option<ConsumerNode>, ApiError> {
        let Some(id) = id else { return Ok(None) };
        // Who may merge customers sees them by `view_consumer` alone.
        let actor = context.actor();
        if actor.require(Permission::ViewConsumer).is_err() && actor.require_consumer().is_err() {
            return Ok(None);
        }
        let found = context.read(|tx| regulars_customer::consumer::get(tx, actor, id))?;
        Ok(Some(alone(found)))
    }
}

/// The answer of a mutation that made one of two customers, or two of one.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl MergePayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The merge, by which it can be undone for 90 days.
    fn merge_id(&self) -> Option<Id> {
        self.merged.map(|merged| Id::global(MERGE, merged.merge.get()))
    }

    /// The customer who stays, as they are afterwards; null without the permission to see customers.
    fn consumer(&self, context: &Context) -> Result<Option<ConsumerNode>, ApiError> {
        Self::node(context, self.merged.map(|merged| merged.survivor))
    }

    /// The customer whom the other's number means: after a merge the one who stays, after an undo the one who is there again.
    fn other(&self, context: &Context) -> Result<Option<ConsumerNode>, ApiError> {
        let consumer = context.actor().require_consumer().is_ok();
        Self::node(context, self.merged.map(|merged| merged.other).filter(|_| !consumer))
    }
}

type Answer = Result<MergePayload, ApiError>;

const MAY_MERGE: Needs = Needs::Permission(Permission::MergeConsumer);

fn wanted(fields: Option<&Vec<ConsumerMergeField>>) -> Vec<MergeField> {
    fields.into_iter().flatten().map(|field| field.to_domain()).collect()
}

fn named(consumer: &Id, into: &Id) -> Result<(PersonId, PersonId), ApiError> {
    let other = pk("consumerId", consumer, USER).map(PersonId::new)?;
    Ok((other, pk("intoConsumerId", into, USER).map(PersonId::new)?))
}

pub(crate) fn preview(
    context: &Context,
    consumer: &Id,
    into: &Id,
    fields: Option<&Vec<ConsumerMergeField>>,
) -> Result<MergeConsumersPreview, ApiError> {
    let (actor, now) = (context.actor(), context.now());
    actor.require(Permission::MergeConsumer)?;
    let (other, into) = named(consumer, into)?;
    let new = NewMerge { other, into, fields: wanted(fields) };
    context.read(|tx| merge::preview(tx, actor, &new, now)).map(MergeConsumersPreview::from)
}

pub(crate) fn merge_consumers(asked: &Asked<'_, '_>, input: &MergeConsumersInput) -> Answer {
    let (other, into) = match named(&input.consumer_id, &input.into_consumer_id) {
        Ok(both) => both,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let context = asked.context();
    // Both are written down, and locked by ascending number.
    let (first, second) = (other.min(into), other.max(into));
    let call = Call::of(asked, MAY_MERGE).of_thing(About::Customer(Some(first)));
    let action = asked.look_ahead().field_original_name();
    let of_second = context.recorder(&Trace::new(action).about(About::Customer(Some(second))));
    let new = NewMerge { other, into, fields: wanted(input.fields.as_ref()) };
    let (actor, now) = (context.actor().clone(), context.now());
    let outcome = context.mutate(&call, move |tx| {
        let step = |tx: &mut regulars_persistence::Tx<'_>| {
            let merged = merge::merge(tx, &actor, &new, now)?;
            Ok::<_, regulars_order::OrderError>((merged, Effect::default()))
        };
        if first == second { step(tx).map(|(merged, _)| merged) } else { of_second.watch(tx, step) }
    })?;
    Ok(payload(outcome))
}

fn which(merge: Option<&Id>, consumer: Option<&Id>) -> Result<Which, ApiError> {
    match (merge, consumer) {
        (Some(merge), None) => Ok(Which::Merge(pk("mergeId", merge, MERGE).map(MergeId::new)?)),
        (None, Some(consumer)) => {
            Ok(Which::Other(pk("consumerId", consumer, USER).map(PersonId::new)?))
        }
        (None, None) => Err(Violations::of("mergeId", Rule::Required).into()),
        (Some(_), Some(_)) => {
            Err(ApiError::invalid("consumerId", "Name the merge, or who went by it, and not both."))
        }
    }
}

pub(crate) fn undo_preview(
    context: &Context,
    merge: Option<&Id>,
    consumer: Option<&Id>,
) -> Result<UnmergeConsumersPreview, ApiError> {
    let (actor, now) = (context.actor(), context.now());
    actor.require(Permission::MergeConsumer)?;
    let which = which(merge, consumer)?;
    context.read(|tx| merge::undo_preview(tx, actor, which, now)).map(UnmergeConsumersPreview::from)
}

pub(crate) fn unmerge_consumers(asked: &Asked<'_, '_>, input: &UnmergeConsumersInput) -> Answer {
    let which = match which(input.merge_id.as_ref(), input.consumer_id.as_ref()) {
        Ok(which) => which,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let call = Call::of(asked, MAY_MERGE).of_thing(About::Somebody);
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome = asked.context().mutate(&call, move |tx| merge::undo(tx, &actor, which, now))?;
    Ok(payload(outcome))
}

pub(crate) fn claim_profile(asked: &Asked<'_, '_>, input: &ClaimProfileInput) -> Answer {
    let id = match pk("id", &input.id, USER).map(PersonId::new) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let context = asked.context();
    if let Err(denied) = context.actor().require_consumer() {
        return turned_down(asked, denied.into()).map(payload);
    }
    let call = Call::of(asked, Needs::Consumer).about("id").of_thing(About::Person(id));
    let action = asked.look_ahead().field_original_name();
    // The merchant is told, too.
    let told = context.recorder(&Trace::new(action).about(About::Person(id)));
    let (actor, now) = (context.actor().clone(), context.now());
    let outcome = context.mutate_within(Scope::Platform, &call, move |tx| {
        let merged = merge::claim(tx, &actor, id, now)?;
        told.told(tx, &[merged.merchant])?;
        Ok::<_, regulars_order::OrderError>(merged)
    })?;
    Ok(payload(outcome))
}
