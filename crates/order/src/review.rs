//! What somebody has to look at: sales and visits of which something does not hold (rules 8, 10, 11 and 26).

use regulars_kernel::{
    Actor, MerchantId, OrderId, Page, PageRequest, Permission, PersonId, Rule, SaleReviewId,
    StoreAccess, StoreId, Timestamp, Violations, VisitId,
    page::{Keyed, SortKey},
    pk_sort,
};
use regulars_loyalty::{
    Cause, LedgerStore,
    review::{reject, release, waits},
};
use regulars_merchant::MerchantStore;

use crate::{OrderError, PurchaseStore, SaleReviewQuery, order::change::reaches};

/// Whether somebody has looked at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewState {
    /// Nobody yet.
    Open,
    /// What was pending can be spent.
    Released,
    /// What was pending was taken back.
    Rejected,
    /// It was seen, and nothing followed.
    Dismissed,
}

impl ReviewState {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Released, Self::Rejected, Self::Dismissed];

    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Released => "RELEASED",
            Self::Rejected => "REJECTED",
            Self::Dismissed => "DISMISSED",
        }
    }

    /// The state of exactly that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What a review is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reviewed {
    /// A sale.
    Order(OrderId),
    /// A visit.
    Visit(VisitId),
}

impl Reviewed {
    /// What the ledger says that came of it.
    pub const fn cause(self) -> Cause {
        match self {
            Self::Order(id) => Cause::Order(id),
            Self::Visit(id) => Cause::Visit(id),
        }
    }

    /// What the ledger's cause is to a review; none for what is never reviewed.
    pub const fn from_cause(cause: Cause) -> Option<Self> {
        match cause {
            Cause::Order(id) => Some(Self::Order(id)),
            Cause::Visit(id) => Some(Self::Visit(id)),
            _ => None,
        }
    }
}

/// Something that somebody has to look at. Of one sale there is one of each code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleReview {
    /// The key.
    pub id: SaleReviewId,
    /// Whose sale it is.
    pub merchant: MerchantId,
    /// In which store.
    pub store: StoreId,
    /// About what.
    pub about: Reviewed,
    /// What does not hold: the code of the warning.
    pub code: String,
    /// Whether somebody has looked at it.
    pub state: ReviewState,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When it was decided.
    pub resolved_at: Option<Timestamp>,
    /// By whom; none: by nobody known, or not yet.
    pub resolved_by: Option<PersonId>,
}

impl SaleReview {
    /// One that nobody has looked at yet.
    pub fn new(
        (merchant, store): (MerchantId, StoreId),
        about: Reviewed,
        code: &str,
        now: Timestamp,
    ) -> Self {
        Self {
            id: SaleReviewId::new(0),
            merchant,
            store,
            about,
            code: code.to_owned(),
            state: ReviewState::Open,
            created_at: now,
            resolved_at: None,
            resolved_by: None,
        }
    }
}

pk_sort! {
    /// What a list of reviews can be ordered by: the pk alone, which is the order in which they came up.
    pub enum SaleReviewSort of "saleReviews"
}

impl Keyed<SaleReviewSort> for SaleReview {
    fn sort_key(&self, field: SaleReviewSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// Which reviews a list shows, as it came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaleReviewFilter {
    /// In this state.
    pub state: Option<ReviewState>,
    /// In this store.
    pub store: Option<StoreId>,
    /// Of this order.
    pub order: Option<OrderId>,
}

impl SaleReviewFilter {
    fn query(self, actor: &Actor) -> Result<SaleReviewQuery, OrderError> {
        let within = reach(actor)?;
        Ok(SaleReviewQuery { state: self.state, store: self.store, order: self.order, within })
    }
}

/// The stores whose reviews an asker sees: those whose orders they see. Consumers see none.
fn reach(actor: &Actor) -> Result<StoreAccess, OrderError> {
    actor.require(Permission::ViewOrder)?;
    Ok(actor.stores().cloned().unwrap_or(StoreAccess::All))
}

/// A page of what somebody has to look at, or has, in the asker's stores. Needs [`Permission::ViewOrder`].
pub fn list(
    tx: &mut impl PurchaseStore,
    actor: &Actor,
    filter: SaleReviewFilter,
    page: &PageRequest<SaleReviewSort>,
) -> Result<Page<SaleReview>, OrderError> {
    Ok(tx.list_sale_reviews(&filter.query(actor)?, page)?)
}

/// How many rows [`list`] has on all its pages.
pub fn count(
    tx: &mut impl PurchaseStore,
    actor: &Actor,
    filter: SaleReviewFilter,
) -> Result<u64, OrderError> {
    Ok(tx.count_sale_reviews(&filter.query(actor)?)?)
}

/// The reviews of those ids that the asker sees, in no order.
pub fn list_by_ids(
    tx: &mut impl PurchaseStore,
    actor: &Actor,
    ids: &[SaleReviewId],
) -> Result<Vec<SaleReview>, OrderError> {
    let within = reach(actor)?;
    Ok(tx.sale_reviews(ids, &within)?)
}

/// What somebody decided who has looked at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// What is pending can be spent.
    Release,
    /// What is pending is taken back.
    Reject,
    /// Nothing follows.
    Dismiss,
}

impl Decision {
    const fn state(self) -> ReviewState {
        match self {
            Self::Release => ReviewState::Released,
            Self::Reject => ReviewState::Rejected,
            Self::Dismiss => ReviewState::Dismissed,
        }
    }
}

/// Decides what somebody had to look at: what a late sale or visit earned is released or taken back (rule 26), everything else
/// dismissed. Decided again in the same way, nothing happens. Needs [`Permission::AdjustPoints`], in the sale's store.
pub fn resolve<S: PurchaseStore + LedgerStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    id: SaleReviewId,
    decision: Decision,
    now: Timestamp,
) -> Result<SaleReviewId, OrderError> {
    let merchant = actor.require(Permission::AdjustPoints)?;
    let found = tx.find_sale_review(merchant, id)?.filter(|row| reaches(actor, row.store));
    let review = found.ok_or(OrderError::ReviewNotFound)?;
    if review.state == decision.state() {
        return Ok(id);
    }
    if review.state != ReviewState::Open {
        let sentence = "This was decided before, otherwise.";
        return Err(Violations::of("id", Rule::Invalid(sentence.to_owned())).into());
    }
    let cause = review.about.cause();
    let moved = match decision {
        Decision::Release => release(tx, actor, cause, now)?,
        Decision::Reject => reject(tx, actor, cause, now)?,
        Decision::Dismiss if waits(tx, merchant, cause)? => {
            let sentence = "What this sale earned waits: release it, or reject it.";
            return Err(Violations::of("decision", Rule::Invalid(sentence.to_owned())).into());
        }
        Decision::Dismiss => Vec::new(),
    };
    if moved.is_empty() && decision != Decision::Dismiss {
        let sentence = "Nothing that it earned waits any more: dismiss it.";
        return Err(Violations::of("decision", Rule::Invalid(sentence.to_owned())).into());
    }
    let (resolved_at, resolved_by) = (Some(now), actor.person());
    let state = decision.state();
    tx.update_sale_review(&SaleReview { state, resolved_at, resolved_by, ..review })?;
    Ok(id)
}
