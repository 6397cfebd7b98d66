//! `SyncReviewNode`, `syncReviews` and `resolveSyncReview`: questions that a source raises and that somebody answers.

use std::sync::Arc;

use juniper::{GraphQLEnum, GraphQLInputObject, graphql_object};
use regulars_kernel::{
    ConnectionId, Page, PageRequest, Permission, PersonId, Rule, SyncReviewId, Violations,
    page::{Keyed, PageArguments, SortKey},
};
use regulars_source::{
    SourceError,
    review::{
        ReviewKind, SyncReview, SyncReviewSort, SyncReviewState as State,
        decision::{self, Decision},
    },
    store::Of,
};

use super::connection::{self as node, SYNC_CONNECTION, SyncConnectionNode};
use crate::{
    argument::pk,
    connection::{Count, connection},
    context::Context,
    customer::{ConsumerNode, node as customer, user::USER},
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    node::NodeValue,
    promotion::queries::named,
    scalar::{DateTime, ExpectedErrorType},
    sibling::{Referred, Sibling},
    trail::About,
};

/// The type name in global ids.
pub const SYNC_REVIEW: &str = "SyncReviewNode";

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum SyncReviewKind {
    /// Several customers could be meant, or one who has another record there already: LINK, SEPARATE or DISMISS.
    Ambiguous,
    /// The record became a customer of its own, without an address that another customer has: MERGE, SEPARATE or DISMISS.
    Duplicate,
    /// Two customers here are one at the source: MERGE, SEPARATE or DISMISS.
    MergedThere,
    /// A sweep found more gone than is usual, and put nothing away: CONFIRM or DISMISS.
    ManyGone,
    /// Two sources keep changing a value to and fro: DISMISS.
    Flapping,
}

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum SyncReviewState {
    /// It waits.
    Open,
    /// The record was linked to a customer.
    Linked,
    /// The record is a customer of its own.
    Separate,
    /// The customers were merged.
    Merged,
    /// What was asked for is done.
    Confirmed,
    /// It does not matter.
    Dismissed,
}

/// What somebody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum SyncReviewDecision {
    /// The record is the customer whom `consumerId` names. What it says is taken when the record is read next.
    Link,
    /// The record is a customer of its own, and those who are here stay apart.
    Separate,
    /// The customers were merged by `mergeConsumers`, which comes first: it shows beforehand what it does, and can be undone.
    Merge,
    /// What is gone at the source may be put away here: a sweep is started that does it.
    Confirm,
    /// It does not matter.
    Dismiss,
}

crate::leaf_enums!(SyncReviewKind, SyncReviewState);

impl From<ReviewKind> for SyncReviewKind {
    fn from(kind: ReviewKind) -> Self {
        match kind {
            ReviewKind::Ambiguous => Self::Ambiguous,
            ReviewKind::Duplicate => Self::Duplicate,
            ReviewKind::MergedThere => Self::MergedThere,
            ReviewKind::ManyGone => Self::ManyGone,
            ReviewKind::Flapping => Self::Flapping,
        }
    }
}

impl From<State> for SyncReviewState {
    fn from(state: State) -> Self {
        match state {
            State::Open => Self::Open,
            State::Linked => Self::Linked,
            State::Separate => Self::Separate,
            State::Merged => Self::Merged,
            State::Confirmed => Self::Confirmed,
            State::Dismissed => Self::Dismissed,
        }
    }
}

/// What questions refer to.
#[derive(Default)]
pub struct ReviewReferred {
    connections: Referred<ConnectionId>,
}

/// A question, and those loaded with it.
#[derive(Clone)]
pub struct Question {
    review: Sibling<SyncReview, ReviewReferred>,
    /// The customers of all questions that were loaded together.
    people: Arc<Level<PersonId>>,
}

/// A question; its scalar fields take the short way.
pub type SyncReviewNode = Fast<Question>;

impl Keyed<SyncReviewSort> for SyncReviewNode {
    fn sort_key(&self, field: SyncReviewSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.review.id.get()
    }
}

crate::fast_object! {
    #[graphql(name = "SyncReviewNode", context = Context, impl = [NodeValue])]
    /// A question that a source raises and that somebody has to answer: nobody is chosen by guess.
    impl Question {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(SYNC_REVIEW, self.review.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.review.id.get()) }
            /// What is asked.
            "kind" => fn kind(&self) -> SyncReviewKind { self.review.kind.into() }
            /// The source's word for the thing that it is about.
            "object" => fn object(&self) -> &str { &self.review.key.object }
            /// The id of that thing at the source.
            "sourceId" => fn source_id(&self) -> &str { &self.review.key.id }
            /// Why it is asked, in a sentence that names nobody.
            "evidence" => fn evidence(&self) -> &str { &self.review.evidence }
            /// What became of it.
            "state" => fn state(&self) -> SyncReviewState { self.review.state.into() }
            /// When it was raised.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.review.created_at) }
            /// When it was answered.
            "resolvedAt" => fn resolved_at(&self) -> Option<DateTime> {
                self.review.resolved_at.map(DateTime)
            }
        }
        fields {
            /// The customers who could be meant, by ascending number; none without the permission to see customers.
            fn consumers(&self, context: &Context) -> Result<Vec<ConsumerNode>, ApiError> {
                if context.actor().require(Permission::ViewConsumer).is_err() {
                    return Ok(Vec::new());
                }
                let all = self.review.people.iter();
                all.filter_map(|id| customer::load(context, &self.people, *id).transpose()).collect()
            }

            /// Through what it was read.
            fn connection(&self, context: &Context) -> Result<Option<SyncConnectionNode>, ApiError> {
                let of = |review: &SyncReview| Some(review.connection);
                let level = self.review.referred(|all| &all.connections, of);
                node::load(context, level, self.review.connection)
            }
        }
    }
}

connection!(
    SyncReviewNodeConnection,
    SyncReviewNodeEdge,
    SyncReviewNode,
    SyncReviewSort,
    "A page of questions.",
    "One of the questions."
);

/// One question; none where the asker sees none of that id.
pub(crate) fn find(
    context: &Context,
    id: SyncReviewId,
) -> Result<Option<SyncReviewNode>, ApiError> {
    let actor = context.actor();
    let found = context.read(|tx| match decision::get(tx, actor, id) {
        Ok(found) => Ok(Some(found)),
        Err(SourceError::ReviewNotFound | SourceError::Denied(_)) => Ok(None),
        Err(error) => Err(error),
    })?;
    Ok(found.map(|review| {
        let people = Level::distinct(review.people.iter().copied());
        Fast(Question { review: Sibling::alone(review), people })
    }))
}

/// A page of the questions of the asker's merchant.
pub(crate) fn list(
    context: &Context,
    connection: Option<&Id>,
    open: Option<bool>,
    paging: &PageArguments,
) -> Result<SyncReviewNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require(Permission::Sync)?;
    let page = PageRequest::<SyncReviewSort>::parse(paging, "syncReviews")?;
    let of = Of {
        connection: named("connection_Id", connection, SYNC_CONNECTION)?,
        run: None,
        open: open.unwrap_or(false),
    };
    let found: Page<SyncReview> = context.read(|tx| decision::list(tx, actor, of, &page))?;
    let people = Level::distinct(found.items.iter().flat_map(|one| one.people.iter().copied()));
    let node = |review| Fast(Question { review, people: Arc::clone(&people) });
    let nodes = Sibling::page(found).map(node);
    let count =
        Count::asked(move |context| context.read(|tx| decision::count(tx, context.actor(), of)));
    Ok(SyncReviewNodeConnection::new(nodes, page.order, count))
}

/// What somebody decided.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct ResolveSyncReviewInput {
    /// The question.
    pub id: Id,
    /// What becomes of it: which decisions it takes is said by its kind.
    pub decision: SyncReviewDecision,
    /// With LINK: the customer whom the record means.
    pub consumer_id: Option<Id>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// The answer of answering a question.
pub struct SyncReviewPayload {
    errors: Option<ExpectedErrorType>,
    review: Option<SyncReviewId>,
}

/// The answer of answering a question.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl SyncReviewPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The question afterwards.
    fn sync_review(&self, context: &Context) -> Result<Option<SyncReviewNode>, ApiError> {
        self.review.map_or(Ok(None), |id| find(context, id))
    }
}

fn payload(outcome: Outcome<SyncReviewId>) -> SyncReviewPayload {
    let (review, errors) = outcome.split();
    SyncReviewPayload { errors, review }
}

fn decided(input: &ResolveSyncReviewInput) -> Result<(SyncReviewId, Decision), ApiError> {
    let id = pk("id", &input.id, SYNC_REVIEW).map(SyncReviewId::new)?;
    let consumer = input.consumer_id.as_ref();
    let consumer = consumer.map(|id| pk("consumerId", id, USER).map(PersonId::new)).transpose()?;
    let decision = match (input.decision, consumer) {
        (SyncReviewDecision::Link, Some(person)) => Decision::Link(person),
        (SyncReviewDecision::Link, None) => {
            return Err(Violations::of("consumerId", Rule::Required).into());
        }
        (_, Some(_)) => {
            return Err(ApiError::invalid("consumerId", "This goes with LINK alone."));
        }
        (SyncReviewDecision::Separate, None) => Decision::Separate,
        (SyncReviewDecision::Merge, None) => Decision::Merge,
        (SyncReviewDecision::Confirm, None) => Decision::Confirm,
        (SyncReviewDecision::Dismiss, None) => Decision::Dismiss,
    };
    Ok((id, decision))
}

pub(crate) fn resolve(
    asked: &Asked<'_, '_>,
    input: &ResolveSyncReviewInput,
) -> Result<SyncReviewPayload, ApiError> {
    let (id, decision) = match decided(input) {
        Ok(decided) => decided,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let call = Call::of(asked, Needs::Permission(Permission::Sync));
    let call = call.about("id").of_thing(About::SyncReview(id));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let decide = move |tx: &mut regulars_persistence::Tx<'_>| {
        decision::resolve(tx, &actor, id, decision, now)
    };
    Ok(payload(asked.context().mutate(&call, decide)?))
}
