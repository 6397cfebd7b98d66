//! What this crate asks of whoever keeps the rows.

use regulars_kernel::{
    CampaignId, MerchantId, OfferId, Page, PageRequest, Scope, StoreAccess, StoreError, Timestamp,
};

use crate::{
    Campaign, CampaignFilter, CampaignSort, FixedCode, Offer, OfferFilter, OfferSort, Place,
};

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

    /// Campaigns by id, in no order. In `Person` scope: none; what a person sees of them comes with offers.
    fn campaigns(&mut self, ids: &[CampaignId]) -> Result<Vec<Campaign>, StoreError>;

    /// A page of campaigns. In `Person` scope: none.
    fn list_campaigns(
        &mut self,
        filter: &CampaignFilter,
        page: &PageRequest<CampaignSort>,
    ) -> Result<Page<Campaign>, StoreError>;

    /// How many rows [`Self::list_campaigns`] has on all its pages.
    fn count_campaigns(&mut self, filter: &CampaignFilter) -> Result<u64, StoreError>;

    /// One of a merchant's campaigns. In a transaction that writes, no other one changes it before this one ends. `Merchant`
    /// and `Platform` scope; elsewhere out of scope.
    fn find_campaign(
        &mut self,
        merchant: MerchantId,
        id: CampaignId,
    ) -> Result<Option<Campaign>, StoreError>;

    /// Adds a campaign with its stores and groups, which are the merchant's, and answers the number it was given; `new.id` is
    /// not looked at. Reach as of [`Self::find_campaign`].
    fn insert_campaign(&mut self, new: &Campaign) -> Result<CampaignId, StoreError>;

    /// Writes every field of a campaign but its key and `created_at`. Reach as of [`Self::find_campaign`].
    fn update_campaign(&mut self, campaign: &Campaign) -> Result<(), StoreError>;

    /// One of a merchant's offers; as [`Self::find_campaign`].
    fn find_offer(
        &mut self,
        merchant: MerchantId,
        id: OfferId,
    ) -> Result<Option<Offer>, StoreError>;

    /// The offer of a merchant that has this code for everybody, as codes are compared ([`FixedCode::key`]), and is not archived. In a
    /// transaction that writes, no other one gives the code away before this one ends. Reach as of [`Self::find_campaign`].
    fn find_offer_by_code(
        &mut self,
        merchant: MerchantId,
        code: &FixedCode,
    ) -> Result<Option<OfferId>, StoreError>;

    /// Adds an offer with what it names, which is the merchant's, and answers the number it was given; `new.id` is not looked
    /// at. A fixed amount is in the merchant's currency. Reach as of [`Self::find_campaign`].
    fn insert_offer(&mut self, new: &Offer) -> Result<OfferId, StoreError>;

    /// Writes every field of an offer but its key and `created_at`. Reach as of [`Self::find_campaign`].
    fn update_offer(&mut self, offer: &Offer) -> Result<(), StoreError>;
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

    fn campaigns(&mut self, ids: &[CampaignId]) -> Result<Vec<Campaign>, StoreError> {
        self.held_promotions_mut().campaigns(ids)
    }

    fn list_campaigns(
        &mut self,
        filter: &CampaignFilter,
        page: &PageRequest<CampaignSort>,
    ) -> Result<Page<Campaign>, StoreError> {
        self.held_promotions_mut().list_campaigns(filter, page)
    }

    fn count_campaigns(&mut self, filter: &CampaignFilter) -> Result<u64, StoreError> {
        self.held_promotions_mut().count_campaigns(filter)
    }

    fn find_campaign(
        &mut self,
        merchant: MerchantId,
        id: CampaignId,
    ) -> Result<Option<Campaign>, StoreError> {
        self.held_promotions_mut().find_campaign(merchant, id)
    }

    fn insert_campaign(&mut self, new: &Campaign) -> Result<CampaignId, StoreError> {
        self.held_promotions_mut().insert_campaign(new)
    }

    fn update_campaign(&mut self, campaign: &Campaign) -> Result<(), StoreError> {
        self.held_promotions_mut().update_campaign(campaign)
    }

    fn find_offer(
        &mut self,
        merchant: MerchantId,
        id: OfferId,
    ) -> Result<Option<Offer>, StoreError> {
        self.held_promotions_mut().find_offer(merchant, id)
    }

    fn find_offer_by_code(
        &mut self,
        merchant: MerchantId,
        code: &FixedCode,
    ) -> Result<Option<OfferId>, StoreError> {
        self.held_promotions_mut().find_offer_by_code(merchant, code)
    }

    fn insert_offer(&mut self, new: &Offer) -> Result<OfferId, StoreError> {
        self.held_promotions_mut().insert_offer(new)
    }

    fn update_offer(&mut self, offer: &Offer) -> Result<(), StoreError> {
        self.held_promotions_mut().update_offer(offer)
    }
}
