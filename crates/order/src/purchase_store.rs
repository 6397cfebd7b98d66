//! What whole sales ask of whoever keeps the rows.

use chrono::NaiveDate;
use regulars_kernel::{
    MerchantId, OrderId, OrderLinkId, Page, PageRequest, PersonId, SaleRefundId, SaleReviewId,
    StoreAccess, StoreError, StoreId,
};

use crate::{
    OrderClaim, OrderLink, OrderRefund, ReviewState, SaleKey, SaleRefund, SaleReview,
    SaleReviewSort, link::Origin,
};

/// Which reviews a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleReviewQuery {
    /// In this state; none: in any.
    pub state: Option<ReviewState>,
    /// In this store.
    pub store: Option<StoreId>,
    /// Of this order.
    pub order: Option<OrderId>,
    /// In these stores.
    pub within: StoreAccess,
}

/// Names of sales, and what somebody has to look at, as far as the scope of the transaction reaches: a merchant's own in its
/// scope, everything in `Platform` scope; elsewhere nothing is found, and writing is [`StoreError::OutOfScope`]. Each method
/// is one statement unless it says otherwise.
pub trait PurchaseStore {
    /// The names that one of the keys is, and with them every other name of the same orders, in no order.
    fn order_links(
        &mut self,
        merchant: MerchantId,
        origin: Origin,
        keys: &[SaleKey],
    ) -> Result<Vec<OrderLink>, StoreError>;

    /// Gives orders names, and answers the numbers of the rows in their order. Taken: `order_link.entity_source_id`.
    fn insert_order_links(&mut self, links: &[OrderLink]) -> Result<Vec<OrderLinkId>, StoreError>;

    /// One of a merchant's names; in a transaction that writes, no other one changes it before this one ends.
    fn lock_order_link(
        &mut self,
        merchant: MerchantId,
        id: OrderLinkId,
    ) -> Result<Option<OrderLink>, StoreError>;

    /// Writes which order has a name and what was recorded under it, and `updated_at`.
    fn update_order_link(&mut self, link: &OrderLink) -> Result<(), StoreError>;

    /// Every name of an order, by ascending id.
    fn names_of_order(
        &mut self,
        merchant: MerchantId,
        order: OrderId,
    ) -> Result<Vec<OrderLink>, StoreError>;

    /// Deletes names, under which no refund came.
    fn delete_order_links(
        &mut self,
        merchant: MerchantId,
        links: &[OrderLinkId],
    ) -> Result<(), StoreError>;

    /// The refunds that came under those names, by ascending id.
    fn sale_refunds(
        &mut self,
        merchant: MerchantId,
        links: &[OrderLinkId],
    ) -> Result<Vec<SaleRefund>, StoreError>;

    /// Keeps a refund under the name of its sale. Taken: `sale_refund.source_id`.
    fn insert_sale_refund(&mut self, refund: &SaleRefund) -> Result<SaleRefundId, StoreError>;

    /// Writes what a refund became.
    fn update_sale_refund(&mut self, refund: &SaleRefund) -> Result<(), StoreError>;

    /// Takes everything from an order that hangs on its lines, so that they can change: its tips, its discounts with their shares,
    /// and the shares of its refunds. Four statements.
    fn strip_order(&mut self, merchant: MerchantId, order: OrderId) -> Result<(), StoreError>;

    /// Writes what goes back with a refund, and its shares, of which there are none. Two statements.
    fn restate_order_refund(&mut self, refund: &OrderRefund) -> Result<(), StoreError>;

    /// How many orders were said afterwards to be a customer's, on one of the merchant's days.
    fn count_order_claims(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        date: NaiveDate,
    ) -> Result<u64, StoreError>;

    /// Notes whose an order was, which nobody knew. Taken: `order_claim.order_id`.
    fn insert_order_claim(&mut self, claim: &OrderClaim) -> Result<(), StoreError>;

    /// Notes what somebody has to look at; what is noted already stays as it is.
    fn insert_sale_reviews(&mut self, reviews: &[SaleReview]) -> Result<(), StoreError>;

    /// Reviews by id, in no order.
    fn sale_reviews(
        &mut self,
        ids: &[SaleReviewId],
        within: &StoreAccess,
    ) -> Result<Vec<SaleReview>, StoreError>;

    /// A page of reviews.
    fn list_sale_reviews(
        &mut self,
        query: &SaleReviewQuery,
        page: &PageRequest<SaleReviewSort>,
    ) -> Result<Page<SaleReview>, StoreError>;

    /// How many rows [`Self::list_sale_reviews`] has on all its pages.
    fn count_sale_reviews(&mut self, query: &SaleReviewQuery) -> Result<u64, StoreError>;

    /// One of a merchant's reviews; in a transaction that writes, no other one changes it before this one ends.
    fn find_sale_review(
        &mut self,
        merchant: MerchantId,
        id: SaleReviewId,
    ) -> Result<Option<SaleReview>, StoreError>;

    /// Writes what was decided.
    fn update_sale_review(&mut self, review: &SaleReview) -> Result<(), StoreError>;
}
