//! What this crate asks of whoever keeps the rows.

use regulars_kernel::{
    MerchantId, OfferId, Page, PageRequest, Scope, StoreAccess, StoreError, Timestamp,
};

use crate::{Offer, OfferFilter, OfferSort, Place};

/// Offers with their campaigns, as far as the scope of the transaction reaches. The number of statements of a method does
/// not depend on the number of ids or rows; ids out of reach, unknown or named twice are no error: each row is answered
/// once at most.
///
/// Reach: `Merchant` scope has its own rows and no others; `Platform` scope has everything; `Person` scope as each method
/// says.
pub trait PromotionStore {
    /// Whose data the transaction sees.
    fn scope(&self) -> Scope;

    /// Offers by id, in no order. In `Person` scope: live ones of any merchant ([`Offer::is_live`]), and what merchants
    /// that the person joined have published ([`crate::Terms::is_published`]).
    fn offers(&mut self, ids: &[OfferId]) -> Result<Vec<Offer>, StoreError>;

    /// A page of offers. In `Person` scope: the live ones of the merchants that the person joined.
    fn list_offers(
        &mut self,
        filter: &OfferFilter,
        page: &PageRequest<OfferSort>,
    ) -> Result<Page<Offer>, StoreError>;

    /// How many rows [`Self::list_offers`] has on all its pages.
    fn count_offers(&mut self, filter: &OfferFilter) -> Result<u64, StoreError>;

    /// The offers of each of the merchants that are not archived, by ascending id; of each merchant the newest `most`
    /// (those of the highest ids). With an instant: only the live ones whose own window holds it. In `Person` scope:
    /// only live ones, of those merchants joined or not.
    fn offers_per_merchant(
        &mut self,
        merchants: &[MerchantId],
        running_at: Option<Timestamp>,
        most: u16,
    ) -> Result<Vec<Offer>, StoreError>;

    /// The live stores of each of the merchants, within those, as eligibility sees them; by ascending store. In `Person`
    /// scope: of any merchant.
    fn places_per_merchant(
        &mut self,
        merchants: &[MerchantId],
        within: &StoreAccess,
    ) -> Result<Vec<(MerchantId, Place)>, StoreError>;
}

/// A store of an upper crate that holds one of this crate has its port too, without a line of delegation.
pub trait HoldsPromotions {
    /// The store it holds.
    type Promotions: PromotionStore;

    /// The store it holds.
    fn held_promotions(&self) -> &Self::Promotions;

    /// The store it holds.
    fn held_promotions_mut(&mut self) -> &mut Self::Promotions;
}

impl<T: HoldsPromotions> PromotionStore for T {
    fn scope(&self) -> Scope {
        self.held_promotions().scope()
    }

    fn offers(&mut self, ids: &[OfferId]) -> Result<Vec<Offer>, StoreError> {
        self.held_promotions_mut().offers(ids)
    }

    fn list_offers(
        &mut self,
        filter: &OfferFilter,
        page: &PageRequest<OfferSort>,
    ) -> Result<Page<Offer>, StoreError> {
        self.held_promotions_mut().list_offers(filter, page)
    }

    fn count_offers(&mut self, filter: &OfferFilter) -> Result<u64, StoreError> {
        self.held_promotions_mut().count_offers(filter)
    }

    fn offers_per_merchant(
        &mut self,
        merchants: &[MerchantId],
        running_at: Option<Timestamp>,
        most: u16,
    ) -> Result<Vec<Offer>, StoreError> {
        self.held_promotions_mut().offers_per_merchant(merchants, running_at, most)
    }

    fn places_per_merchant(
        &mut self,
        merchants: &[MerchantId],
        within: &StoreAccess,
    ) -> Result<Vec<(MerchantId, Place)>, StoreError> {
        self.held_promotions_mut().places_per_merchant(merchants, within)
    }
}
