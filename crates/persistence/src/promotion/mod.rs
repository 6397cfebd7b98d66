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
    MerchantId, OfferId, Page, PageRequest, Scope, StoreAccess, StoreError, Timestamp,
};
use regulars_promotion::{Offer, OfferFilter, OfferSort, Place, PromotionStore};

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
}
