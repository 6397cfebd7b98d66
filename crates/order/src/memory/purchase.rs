//! Names of sales, and what somebody has to look at, in memory.

use chrono::NaiveDate;
use regulars_kernel::{
    MerchantId, OrderId, OrderLinkId, Page, PageRequest, PersonId, SaleRefundId, SaleReviewId,
    Scope, StoreAccess, StoreError, page::cut,
};

use super::{MemoryStore, OUT_OF_REACH, distinct, next};
use crate::{
    OrderClaim, OrderLink, OrderRefund, OrderStore, PurchaseStore, Reviewed, SaleKey, SaleRefund,
    SaleReview, SaleReviewQuery, SaleReviewSort, link::Origin,
};

impl MemoryStore {
    fn sees(&self, merchant: MerchantId) -> bool {
        match self.scope {
            Scope::Merchant(own) => own == merchant,
            Scope::Person(_) => false,
            Scope::Platform => true,
        }
    }

    fn listed_reviews(&self, query: &SaleReviewQuery) -> Vec<SaleReview> {
        let rows = self.memory.rows();
        let fits = |row: &&SaleReview| {
            self.sees(row.merchant)
                && query.within.includes(row.store)
                && query.state.is_none_or(|state| state == row.state)
                && query.store.is_none_or(|store| store == row.store)
                && query.order.is_none_or(|order| row.about == Reviewed::Order(order))
        };
        rows.reviews.values().filter(fits).cloned().collect()
    }
}

impl PurchaseStore for MemoryStore {
    fn order_links(
        &mut self,
        merchant: MerchantId,
        origin: Origin,
        keys: &[SaleKey],
    ) -> Result<Vec<OrderLink>, StoreError> {
        let rows = self.memory.rows();
        let own = rows.links.values().filter(|row| row.merchant == merchant && self.sees(merchant));
        let named = |row: &OrderLink| keys.iter().any(|key| row.is_of(origin, key));
        let orders: Vec<OrderId> =
            own.clone().filter(|row| named(row)).filter_map(|row| row.order).collect();
        let of_order = |row: &OrderLink| row.order.is_some_and(|order| orders.contains(&order));
        Ok(own.filter(|row| named(row) || of_order(row)).cloned().collect())
    }

    fn insert_order_links(&mut self, links: &[OrderLink]) -> Result<Vec<OrderLinkId>, StoreError> {
        let mut ids = Vec::with_capacity(links.len());
        for link in links {
            self.require_reach(link.merchant)?;
            let mut rows = self.memory.rows();
            let mut own = rows.links.values().filter(|row| row.merchant == link.merchant);
            if own.any(|row| row.is_of(link.origin, &link.key)) {
                return Err(StoreError::Taken("order_link.entity_source_id"));
            }
            let id = OrderLinkId::new(next(&rows.links, OrderLinkId::get));
            rows.links.insert(id, OrderLink { id, ..link.clone() });
            ids.push(id);
        }
        Ok(ids)
    }

    fn lock_order_link(
        &mut self,
        merchant: MerchantId,
        id: OrderLinkId,
    ) -> Result<Option<OrderLink>, StoreError> {
        self.require_reach(merchant)?;
        let found = self.memory.rows().links.get(&id).cloned();
        Ok(found.filter(|row| row.merchant == merchant))
    }

    fn update_order_link(&mut self, link: &OrderLink) -> Result<(), StoreError> {
        let before = self.lock_order_link(link.merchant, link.id)?.ok_or(OUT_OF_REACH)?;
        let (origin, key, created_at) = (before.origin, before.key, before.created_at);
        let row = OrderLink { origin, key, created_at, ..link.clone() };
        self.memory.rows().links.insert(link.id, row);
        Ok(())
    }

    fn names_of_order(
        &mut self,
        merchant: MerchantId,
        order: OrderId,
    ) -> Result<Vec<OrderLink>, StoreError> {
        let rows = self.memory.rows();
        let own = rows.links.values().filter(|row| row.merchant == merchant && self.sees(merchant));
        Ok(own.filter(|row| row.order == Some(order)).cloned().collect())
    }

    fn delete_order_links(
        &mut self,
        merchant: MerchantId,
        links: &[OrderLinkId],
    ) -> Result<(), StoreError> {
        self.require_reach(merchant)?;
        let mut rows = self.memory.rows();
        rows.links.retain(|id, row| row.merchant != merchant || !links.contains(id));
        Ok(())
    }

    fn sale_refunds(
        &mut self,
        merchant: MerchantId,
        links: &[OrderLinkId],
    ) -> Result<Vec<SaleRefund>, StoreError> {
        let rows = self.memory.rows();
        let own = rows.named_refunds.values().filter(|row| row.merchant == merchant);
        let own = own.filter(|row| links.contains(&row.link) && self.sees(merchant));
        Ok(own.cloned().collect())
    }

    fn insert_sale_refund(&mut self, refund: &SaleRefund) -> Result<SaleRefundId, StoreError> {
        self.lock_order_link(refund.merchant, refund.link)?.ok_or(OUT_OF_REACH)?;
        let mut rows = self.memory.rows();
        let name = |row: &SaleRefund| (row.merchant, row.link, row.source_id.clone());
        if rows.named_refunds.values().any(|row| name(row) == name(refund)) {
            return Err(StoreError::Taken("sale_refund.source_id"));
        }
        let id = SaleRefundId::new(next(&rows.named_refunds, SaleRefundId::get));
        rows.named_refunds.insert(id, SaleRefund { id, ..refund.clone() });
        Ok(id)
    }

    fn update_sale_refund(&mut self, refund: &SaleRefund) -> Result<(), StoreError> {
        self.require_reach(refund.merchant)?;
        let mut rows = self.memory.rows();
        let row = rows.named_refunds.get_mut(&refund.id);
        let row = row.filter(|row| row.merchant == refund.merchant).ok_or(OUT_OF_REACH)?;
        (row.refund, row.reason) = (refund.refund, refund.reason.clone());
        Ok(())
    }

    fn strip_order(&mut self, merchant: MerchantId, order: OrderId) -> Result<(), StoreError> {
        self.find_order(merchant, order)?.ok_or(OUT_OF_REACH)?;
        let mut rows = self.memory.rows();
        rows.tips.retain(|_, row| row.order != order);
        rows.discounts.retain(|_, row| row.order != order);
        for refund in rows.refunds.values_mut().filter(|row| row.order == order) {
            refund.shares.clear();
        }
        Ok(())
    }

    fn restate_order_refund(&mut self, refund: &OrderRefund) -> Result<(), StoreError> {
        self.require_reach(refund.merchant)?;
        let mut rows = self.memory.rows();
        let row = rows.refunds.get_mut(&refund.id);
        let row = row.filter(|row| row.merchant == refund.merchant).ok_or(OUT_OF_REACH)?;
        let (reason, created_at) = (row.reason.clone(), row.created_at);
        *row = OrderRefund { reason, created_at, ..refund.clone() };
        Ok(())
    }

    fn count_order_claims(
        &mut self,
        merchant: MerchantId,
        person: PersonId,
        date: NaiveDate,
    ) -> Result<u64, StoreError> {
        let rows = self.memory.rows();
        // Orders move with a merge, and what was said of them counts with them.
        let buyer = |row: &OrderClaim| rows.orders.get(&row.order).and_then(|order| order.consumer);
        let of = |row: &&OrderClaim| (row.merchant, buyer(row), row.business_date);
        let own = rows.claims.values().filter(|row| of(row) == (merchant, Some(person), date));
        Ok(u64::try_from(own.filter(|_| self.sees(merchant)).count()).unwrap_or(u64::MAX))
    }

    fn insert_order_claim(&mut self, claim: &OrderClaim) -> Result<(), StoreError> {
        self.find_order(claim.merchant, claim.order)?.ok_or(OUT_OF_REACH)?;
        let mut rows = self.memory.rows();
        if rows.claims.contains_key(&claim.order) {
            return Err(StoreError::Taken("order_claim.order_id"));
        }
        rows.claims.insert(claim.order, claim.clone());
        Ok(())
    }

    fn insert_sale_reviews(&mut self, reviews: &[SaleReview]) -> Result<(), StoreError> {
        for review in reviews {
            self.require_reach(review.merchant)?;
            let mut rows = self.memory.rows();
            let name = |row: &SaleReview| (row.merchant, row.about, row.code.clone());
            if rows.reviews.values().any(|row| name(row) == name(review)) {
                continue;
            }
            let id = SaleReviewId::new(next(&rows.reviews, SaleReviewId::get));
            rows.reviews.insert(id, SaleReview { id, ..review.clone() });
        }
        Ok(())
    }

    fn sale_reviews(
        &mut self,
        ids: &[SaleReviewId],
        within: &StoreAccess,
    ) -> Result<Vec<SaleReview>, StoreError> {
        let rows = self.memory.rows();
        let found = distinct(ids).filter_map(|id| rows.reviews.get(&id));
        let seen = found.filter(|row| self.sees(row.merchant) && within.includes(row.store));
        Ok(seen.cloned().collect())
    }

    fn list_sale_reviews(
        &mut self,
        query: &SaleReviewQuery,
        page: &PageRequest<SaleReviewSort>,
    ) -> Result<Page<SaleReview>, StoreError> {
        Ok(cut(self.listed_reviews(query), page))
    }

    fn count_sale_reviews(&mut self, query: &SaleReviewQuery) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.listed_reviews(query).len()).unwrap_or(u64::MAX))
    }

    fn find_sale_review(
        &mut self,
        merchant: MerchantId,
        id: SaleReviewId,
    ) -> Result<Option<SaleReview>, StoreError> {
        self.require_reach(merchant)?;
        let found = self.memory.rows().reviews.get(&id).cloned();
        Ok(found.filter(|row| row.merchant == merchant))
    }

    fn update_sale_review(&mut self, review: &SaleReview) -> Result<(), StoreError> {
        let before = self.find_sale_review(review.merchant, review.id)?.ok_or(OUT_OF_REACH)?;
        let row = SaleReview {
            state: review.state,
            resolved_at: review.resolved_at,
            resolved_by: review.resolved_by,
            ..before
        };
        self.memory.rows().reviews.insert(review.id, row);
        Ok(())
    }
}
