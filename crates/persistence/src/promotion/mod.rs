//! The port of the promotion crate: [`PromotionStore`] over tables.
//!
//! Offers are one statement, and one more where some of them run in campaigns; where they run and what they are about
//! comes with each row as a list of ids.

mod campaign;
mod offer;
mod place;
pub(crate) mod reach;
pub(crate) mod terms;

use regulars_kernel::{
    CampaignId, MerchantId, OfferId, Page, PageRequest, Scope, StoreAccess, StoreError, Timestamp,
};
use regulars_promotion::{
    Campaign, CampaignFilter, CampaignSort, FixedCode, Offer, OfferFilter, OfferSort, Place,
    PromotionStore,
};

use crate::Tx;

impl PromotionStore for Tx<'_> {
    fn scope(&self) -> Scope {
        Tx::scope(self)
    }

    fn offers(&mut self, ids: &[OfferId]) -> Result<Vec<Offer>, StoreError> {
        offer::by_ids(self, ids)
    }

    fn list_offers(
        &mut self,
        filter: &OfferFilter,
        page: &PageRequest<OfferSort>,
    ) -> Result<Page<Offer>, StoreError> {
        offer::list(self, filter, page)
    }

    fn count_offers(&mut self, filter: &OfferFilter) -> Result<u64, StoreError> {
        offer::count(self, filter)
    }

    fn offers_per_merchant(
        &mut self,
        merchants: &[MerchantId],
        running_at: Option<Timestamp>,
        most: u16,
    ) -> Result<Vec<Offer>, StoreError> {
        offer::per_merchant(self, merchants, running_at, most)
    }

    fn places_per_merchant(
        &mut self,
        merchants: &[MerchantId],
        within: &StoreAccess,
    ) -> Result<Vec<(MerchantId, Place)>, StoreError> {
        place::per_merchant(self, merchants, within)
    }

    fn campaigns(&mut self, ids: &[CampaignId]) -> Result<Vec<Campaign>, StoreError> {
        campaign::reached_by_ids(self, ids)
    }

    fn list_campaigns(
        &mut self,
        filter: &CampaignFilter,
        page: &PageRequest<CampaignSort>,
    ) -> Result<Page<Campaign>, StoreError> {
        campaign::list(self, filter, page)
    }

    fn count_campaigns(&mut self, filter: &CampaignFilter) -> Result<u64, StoreError> {
        campaign::count(self, filter)
    }

    fn find_campaign(
        &mut self,
        merchant: MerchantId,
        id: CampaignId,
    ) -> Result<Option<Campaign>, StoreError> {
        campaign::find(self, merchant, id)
    }

    fn insert_campaign(&mut self, new: &Campaign) -> Result<CampaignId, StoreError> {
        campaign::insert(self, new)
    }

    fn update_campaign(&mut self, campaign: &Campaign) -> Result<(), StoreError> {
        campaign::update(self, campaign)
    }

    fn find_offer(
        &mut self,
        merchant: MerchantId,
        id: OfferId,
    ) -> Result<Option<Offer>, StoreError> {
        offer::change::find(self, merchant, id)
    }

    fn find_offer_by_code(
        &mut self,
        merchant: MerchantId,
        code: &FixedCode,
    ) -> Result<Option<OfferId>, StoreError> {
        offer::change::find_by_code(self, merchant, code)
    }

    fn insert_offer(&mut self, new: &Offer) -> Result<OfferId, StoreError> {
        offer::change::insert(self, new)
    }

    fn update_offer(&mut self, offer: &Offer) -> Result<(), StoreError> {
        offer::change::update(self, offer)
    }
}

/// A row that is none of the scope's.
const OUT_OF_REACH: StoreError = StoreError::OutOfScope("the merchant's promotions");

/// Refuses to write what is not the merchant's own.
fn require_reach(tx: &Tx<'_>, merchant: MerchantId) -> Result<(), StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)
}

/// Whether a statement reached the row that it was to change.
fn reached(rows: usize) -> Result<(), StoreError> {
    if rows == 0 { Err(OUT_OF_REACH) } else { Ok(()) }
}
