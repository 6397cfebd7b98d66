//! `SaleReviewNode`, `saleReviews` and `resolveSaleReview`: sales and visits that somebody has to look at.

use juniper::{GraphQLEnum, GraphQLInputObject, graphql_object};
use regulars_kernel::{
    MerchantId, OrderId, Page, PageRequest, Permission, SaleReviewId, StoreId, VisitId,
    page::{Keyed, PageArguments, SortKey},
};
use regulars_order::{
    Reviewed, SaleReview, SaleReviewFilter, SaleReviewSort,
    purchase::WarningKind,
    review::{self as reviews, Decision},
};

use super::{
    OrderNode, VisitNode,
    node::{self as order_node, ORDER},
    purchase_inputs::SaleReviewDecision,
    visit,
};
use crate::{
    argument::pk,
    connection::{Count, connection},
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    merchant::{self, MerchantNode, StoreNode, store::STORE},
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    node::NodeValue,
    promotion::queries::named,
    scalar::{DateTime, ExpectedErrorType},
    sibling::{Referred, Sibling},
    trail::About,
};

/// The type name in global ids.
pub const SALE_REVIEW: &str = "SaleReviewNode";

/// Whether somebody has looked at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, GraphQLEnum)]
pub enum SaleReviewState {
    /// Nobody yet.
    Open,
    /// What was pending can be spent.
    Released,
    /// What was pending was taken back.
    Rejected,
    /// It was seen, and nothing followed.
    Dismissed,
}

crate::leaf_enums!(SaleReviewState);

impl From<regulars_order::ReviewState> for SaleReviewState {
    fn from(state: regulars_order::ReviewState) -> Self {
        match state {
            regulars_order::ReviewState::Open => Self::Open,
            regulars_order::ReviewState::Released => Self::Released,
            regulars_order::ReviewState::Rejected => Self::Rejected,
            regulars_order::ReviewState::Dismissed => Self::Dismissed,
        }
    }
}

impl From<SaleReviewState> for regulars_order::ReviewState {
    fn from(state: SaleReviewState) -> Self {
        match state {
            SaleReviewState::Open => Self::Open,
            SaleReviewState::Released => Self::Released,
            SaleReviewState::Rejected => Self::Rejected,
            SaleReviewState::Dismissed => Self::Dismissed,
        }
    }
}

impl From<SaleReviewDecision> for Decision {
    fn from(decision: SaleReviewDecision) -> Self {
        match decision {
            SaleReviewDecision::Release => Self::Release,
            SaleReviewDecision::Reject => Self::Reject,
            SaleReviewDecision::Dismiss => Self::Dismiss,
        }
    }
}

/// What reviews refer to.
#[derive(Default)]
pub struct ReviewReferred {
    merchants: Referred<MerchantId>,
    stores: Referred<StoreId>,
    orders: Referred<OrderId>,
    visits: Referred<VisitId>,
}

/// A review, and those loaded with it.
#[derive(Clone)]
pub struct Looked(Sibling<SaleReview, ReviewReferred>);

/// A review; its scalar fields take the short way.
pub type SaleReviewNode = Fast<Looked>;

const fn order_of(review: &SaleReview) -> Option<OrderId> {
    match review.about {
        Reviewed::Order(id) => Some(id),
        Reviewed::Visit(_) => None,
    }
}

const fn visit_of(review: &SaleReview) -> Option<VisitId> {
    match review.about {
        Reviewed::Visit(id) => Some(id),
        Reviewed::Order(_) => None,
    }
}

impl Keyed<SaleReviewSort> for SaleReviewNode {
    fn sort_key(&self, field: SaleReviewSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.0.id.get()
    }
}

crate::fast_object! {
    #[graphql(name = "SaleReviewNode", context = Context, impl = [NodeValue])]
    /// Something that does not hold of a sale or a visit, and that somebody has to look at.
    impl Looked {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(SALE_REVIEW, self.0.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.0.id.get()) }
            /// What does not hold: the code of the warning.
            "code" => fn code(&self) -> &str { &self.0.code }
            /// The same in words.
            "message" => fn message(&self) -> Option<String> {
                WarningKind::from_code(&self.0.code).map(|kind| kind.to_string())
            }
            /// Whether somebody has looked at it.
            "state" => fn state(&self) -> SaleReviewState { self.0.state.into() }
            /// When it came up.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.0.created_at) }
            /// When it was decided.
            "resolvedAt" => fn resolved_at(&self) -> Option<DateTime> { self.0.resolved_at.map(DateTime) }
        }
        fields {
            /// Whose sale it is.
            fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                let level = self.0.referred(|all| &all.merchants, |review| Some(review.merchant));
                merchant::node::load(context, level, self.0.merchant)
            }

            /// Where.
            fn store(&self, context: &Context) -> Result<Option<StoreNode>, ApiError> {
                let level = self.0.referred(|all| &all.stores, |review| Some(review.store));
                merchant::store::load(context, level, self.0.store)
            }

            /// The sale; null where it is a visit.
            fn order(&self, context: &Context) -> Result<Option<OrderNode>, ApiError> {
                let Some(order) = order_of(&self.0) else { return Ok(None) };
                order_node::load(context, self.0.referred(|all| &all.orders, order_of), order)
            }

            /// The visit; null where it is a sale.
            fn visit(&self, context: &Context) -> Result<Option<VisitNode>, ApiError> {
                let Some(visit) = visit_of(&self.0) else { return Ok(None) };
                visit::load(context, self.0.referred(|all| &all.visits, visit_of), visit)
            }
        }
    }
}

connection!(
    SaleReviewNodeConnection,
    SaleReviewNodeEdge,
    SaleReviewNode,
    SaleReviewSort,
    "A page of reviews.",
    "One of the reviews."
);

/// One review; none where the asker sees none of that id.
pub(crate) fn find(
    context: &Context,
    id: SaleReviewId,
) -> Result<Option<SaleReviewNode>, ApiError> {
    let actor = context.actor();
    if actor.require(Permission::ViewOrder).is_err() {
        return Ok(None);
    }
    let found = context.read(|tx| reviews::list_by_ids(tx, actor, &[id]))?.pop();
    Ok(found.map(|review| Fast(Looked(Sibling::alone(review)))))
}

/// A page of the reviews that the asker sees.
pub(crate) fn list(
    context: &Context,
    (state, store, order): (Option<SaleReviewState>, Option<Id>, Option<Id>),
    paging: &PageArguments,
) -> Result<SaleReviewNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require(Permission::ViewOrder)?;
    let page = PageRequest::<SaleReviewSort>::parse(paging, "saleReviews")?;
    let filter = SaleReviewFilter {
        state: state.map(Into::into),
        store: named("store_Id", store.as_ref(), STORE)?,
        order: named("order_Id", order.as_ref(), ORDER)?,
    };
    let found: Page<SaleReview> = context.read(|tx| reviews::list(tx, actor, filter, &page))?;
    let nodes = Sibling::page(found).map(|review| Fast(Looked(review)));
    let count =
        Count::asked(move |context| context.read(|tx| reviews::count(tx, context.actor(), filter)));
    Ok(SaleReviewNodeConnection::new(nodes, page.order, count))
}

/// What somebody decided.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct ResolveSaleReviewInput {
    /// The review.
    pub id: Id,
    /// What becomes of it: what a late sale earned is released or rejected, everything else dismissed.
    pub decision: SaleReviewDecision,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// The answer of deciding a review.
pub struct SaleReviewPayload {
    errors: Option<ExpectedErrorType>,
    review: Option<SaleReviewId>,
}

/// The answer of deciding a review.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl SaleReviewPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The review afterwards; null where the asker may not see orders.
    fn sale_review(&self, context: &Context) -> Result<Option<SaleReviewNode>, ApiError> {
        self.review.map_or(Ok(None), |id| find(context, id))
    }
}

fn payload(outcome: Outcome<SaleReviewId>) -> SaleReviewPayload {
    let (review, errors) = outcome.split();
    SaleReviewPayload { errors, review }
}

pub(crate) fn resolve(
    asked: &Asked<'_, '_>,
    input: &ResolveSaleReviewInput,
) -> Result<SaleReviewPayload, ApiError> {
    let id = match pk("id", &input.id, SALE_REVIEW).map(SaleReviewId::new) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let call = Call::of(asked, Needs::Permission(Permission::AdjustPoints));
    let call = call.about("id").of_thing(About::SaleReview(id));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let decision = Decision::from(input.decision);
    let decide = move |tx: &mut regulars_persistence::Tx<'_>| {
        reviews::resolve(tx, &actor, id, decision, now)
    };
    Ok(payload(asked.context().mutate(&call, decide)?))
}
