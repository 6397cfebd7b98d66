//! Offers in memory: complete, for tests and for programs that embed the rules without a database.
//!
//! Holds the rows of the crates below too. A transaction is one call after another, which sees what others write meanwhile;
//! whoever wants it undone where it fails marks the rows before it and resets them ([`Memory::mark`]).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use regulars_customer::{CustomerStore, HoldsCustomers, Standing, memory as customers};
use regulars_kernel::{
    CampaignId, MerchantId, OfferId, Page, PageRequest, PersonId, ProductId, RowsGuard, Scope,
    SharedRows, StoreAccess, StoreError, StoreGroupId, StoreId, Timestamp, page::cut, rows,
};
use regulars_merchant::{
    HoldsMerchants, Merchant, MerchantStore, Store, StoreFilter, StoreGroup, StoreSort,
    memory::{Namer, Naming},
};

use crate::{
    Campaign, CampaignFilter, CampaignSort, FixedCode, Offer, OfferFilter, OfferSort, Place,
    PromotionStore, RedemptionCode, Terms,
};

/// A row that is none of the scope's.
const OUT_OF_REACH: StoreError = StoreError::OutOfScope("the merchant's promotions");

/// The rows, shared by every store made of them; a clone is another handle to the same rows.
#[derive(Clone, Default)]
pub struct Memory {
    offers: SharedRows<BTreeMap<OfferId, Offer>>,
    campaigns: SharedRows<BTreeMap<CampaignId, Campaign>>,
    customers: customers::Memory,
}

/// The rows as they were once, those of the crates below too.
#[derive(Debug)]
pub struct Mark {
    offers: rows::Mark<BTreeMap<OfferId, Offer>>,
    campaigns: rows::Mark<BTreeMap<CampaignId, Campaign>>,
    customers: customers::Mark,
}

impl Memory {
    /// No rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes the rows as they are now, those of the crates below too. Costs nothing: who writes first after it copies them,
    /// once.
    pub fn mark(&self) -> Mark {
        Mark {
            offers: self.offers.mark(),
            campaigns: self.campaigns.mark(),
            customers: self.customers.mark(),
        }
    }

    /// Makes the rows what they were when they were marked, whoever wrote since.
    pub fn reset(&self, mark: &Mark) {
        self.offers.reset(&mark.offers);
        self.campaigns.reset(&mark.campaigns);
        self.customers.reset(&mark.customers);
    }

    /// No offers yet, above customers and merchants that there are.
    pub fn over(customers: customers::Memory) -> Self {
        Self { offers: SharedRows::default(), campaigns: SharedRows::default(), customers }
    }

    /// The store that sees what a scope reaches.
    pub fn scoped(&self, scope: Scope) -> MemoryStore {
        MemoryStore { memory: self.clone(), customers: self.customers.scoped(scope), scope }
    }

    /// The rows of the crate below.
    pub const fn customers(&self) -> &customers::Memory {
        &self.customers
    }

    /// Puts an offer down with its campaign, in place of the one of the same id.
    pub fn put_offer(&self, mut offer: Offer) {
        offer.terms.places.stores.sort_unstable();
        offer.terms.places.groups.sort_unstable();
        offer.products.sort_unstable();
        let (live, published) = (offer.is_live(), offer.terms.is_published());
        self.tell_named(Namer::Offer(offer.id), &offer.products, live, published);
        self.offers().insert(offer.id, offer);
    }

    /// Puts a campaign down, in place of the one of the same id; its offers run in it as it is now.
    pub fn put_campaign(&self, mut campaign: Campaign) {
        campaign.places.stores.sort_unstable();
        campaign.places.groups.sort_unstable();
        let shared = Arc::new(campaign.clone());
        let mut own: Vec<_> = self.offers().values().cloned().collect();
        own.retain(|offer| offer.campaign.as_ref().is_some_and(|own| own.id == campaign.id));
        for offer in own {
            self.put_offer(Offer { campaign: Some(Arc::clone(&shared)), ..offer });
        }
        self.campaigns().insert(campaign.id, campaign);
    }

    /// Tells the crate below which products a promotion or a part of it names now, and so to whom: see
    /// [`regulars_merchant::memory::Memory::set_named`].
    pub fn tell_named(&self, by: Namer, products: &[ProductId], live: bool, published: bool) {
        let to = [(live, Naming::ToEveryone), (published, Naming::ToMembers)];
        let to = to.into_iter().filter_map(|(holds, to)| holds.then_some(to));
        let named = to.flat_map(|to| products.iter().map(move |product| (*product, to)));
        self.customers.merchants().set_named(by, named);
    }

    /// Whether a person has a live membership at a merchant.
    pub fn has_joined(&self, person: PersonId, merchant: MerchantId) -> bool {
        let found = self.customers.scoped(Scope::Platform).find_membership(merchant, person);
        matches!(found, Ok(Some(membership)) if membership.standing == Standing::Live)
    }

    /// Whether a list in a scope shows a promotion of a merchant: `live` is whether it is in force.
    pub fn lists(&self, scope: Scope, merchant: MerchantId, live: bool) -> bool {
        match scope {
            Scope::Merchant(own) => own == merchant,
            Scope::Person(person) => live && self.has_joined(person, merchant),
            Scope::Platform => true,
        }
    }

    /// Whether a scope reaches a promotion of a merchant by its id.
    pub fn reaches(&self, scope: Scope, merchant: MerchantId, live: bool, terms: &Terms) -> bool {
        match scope {
            Scope::Merchant(own) => own == merchant,
            Scope::Person(person) => {
                live || (terms.is_published() && self.has_joined(person, merchant))
            }
            Scope::Platform => true,
        }
    }

    /// The merchant of a store and the groups that the store is in; none where there is no such store.
    pub fn place(
        &self,
        store: StoreId,
    ) -> Result<Option<(MerchantId, Vec<StoreGroupId>)>, StoreError> {
        let mut all = self.customers.merchants().scoped(Scope::Platform);
        let Some(store) = all.stores(&[store])?.pop() else {
            return Ok(None);
        };
        let groups = all.store_groups_per_store(&[store.id])?;
        let groups = groups.into_iter().flat_map(|(_store, groups)| groups);
        Ok(Some((store.merchant, groups.map(|group| group.id).collect())))
    }

    fn offers(&self) -> RowsGuard<'_, BTreeMap<OfferId, Offer>> {
        self.offers.lock()
    }

    fn campaigns(&self) -> RowsGuard<'_, BTreeMap<CampaignId, Campaign>> {
        self.campaigns.lock()
    }

    fn live_stores(&self, merchant: MerchantId) -> Result<Vec<Store>, StoreError> {
        let mut own = self.customers.merchants().scoped(Scope::Merchant(merchant));
        let filter = StoreFilter { is_active: Some(true), ..StoreFilter::default() };
        let mut request = PageRequest::<StoreSort>::first(u16::MAX);
        let mut stores = Vec::new();
        loop {
            let page = own.list_stores(&filter, &request)?;
            request.after = page.items.last().map(|store| request.order.position(store));
            stores.extend(page.items);
            if !page.has_next {
                return Ok(stores);
            }
        }
    }
}

/// The ports over [`Memory`], within one scope.
#[derive(Clone)]
pub struct MemoryStore {
    memory: Memory,
    customers: customers::MemoryStore,
    scope: Scope,
}

impl HoldsCustomers for MemoryStore {
    type Customers = customers::MemoryStore;

    fn held_customers(&self) -> &Self::Customers {
        &self.customers
    }

    fn held_customers_mut(&mut self) -> &mut Self::Customers {
        &mut self.customers
    }
}

impl HoldsMerchants for MemoryStore {
    type Merchants = customers::MemoryStore;

    fn held_merchants(&self) -> &Self::Merchants {
        &self.customers
    }

    fn held_merchants_mut(&mut self) -> &mut Self::Merchants {
        &mut self.customers
    }
}

impl MemoryStore {
    fn listed(&self, filter: &OfferFilter) -> Result<Vec<Offer>, StoreError> {
        let place = filter.store.map(|store| self.memory.place(store)).transpose()?.flatten();
        let place = place.as_ref().map(|(merchant, groups)| (*merchant, groups.as_slice()));
        let mut offers: Vec<_> = self.memory.offers().values().cloned().collect();
        offers.retain(|offer| {
            self.memory.lists(self.scope, offer.merchant, offer.is_live())
                && filter.admits(offer, place)
        });
        Ok(offers)
    }

    /// Refuses what is not within the scope of one who writes.
    fn require_reach(&self, merchant: MerchantId) -> Result<(), StoreError> {
        match self.scope {
            Scope::Merchant(own) if own == merchant => Ok(()),
            Scope::Platform => Ok(()),
            Scope::Merchant(_) | Scope::Person(_) => Err(OUT_OF_REACH),
        }
    }

    fn near_campaigns(&self, keep: impl Fn(&Campaign) -> bool) -> Vec<Campaign> {
        let near = |campaign: &&Campaign| match self.scope {
            Scope::Merchant(own) => campaign.merchant == own,
            Scope::Person(_) => false,
            Scope::Platform => true,
        };
        let campaigns = self.memory.campaigns();
        campaigns.values().filter(near).filter(|row| keep(row)).cloned().collect()
    }

    fn reached(&self, merchants: &[MerchantId]) -> BTreeSet<MerchantId> {
        let reached = |id: &MerchantId| self.scope.merchant().is_none_or(|own| own == *id);
        merchants.iter().copied().filter(reached).collect()
    }
}

impl PromotionStore for MemoryStore {
    fn scope(&self) -> Scope {
        self.scope
    }

    fn offers(&mut self, ids: &[OfferId]) -> Result<Vec<Offer>, StoreError> {
        let mut offers: Vec<_> = self.memory.offers().values().cloned().collect();
        offers.retain(|offer| {
            ids.contains(&offer.id)
                && self.memory.reaches(self.scope, offer.merchant, offer.is_live(), &offer.terms)
        });
        Ok(offers)
    }

    fn list_offers(
        &mut self,
        filter: &OfferFilter,
        page: &PageRequest<OfferSort>,
    ) -> Result<Page<Offer>, StoreError> {
        Ok(cut(self.listed(filter)?, page))
    }

    fn count_offers(&mut self, filter: &OfferFilter) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.listed(filter)?.len()).unwrap_or(u64::MAX))
    }

    fn offers_per_merchant(
        &mut self,
        merchants: &[MerchantId],
        running_at: Option<Timestamp>,
        most: u16,
    ) -> Result<Vec<Offer>, StoreError> {
        let everyone = self.scope.person().is_none();
        let offers = self.memory.offers();
        let of = |merchant: MerchantId| {
            let shown = offers.values().filter(move |offer| {
                offer.merchant == merchant
                    && !offer.terms.archived
                    && (everyone || offer.is_live())
                    && running_at.is_none_or(|at| offer.is_live() && offer.terms.window_holds(at))
            });
            shown.rev().take(usize::from(most))
        };
        let mut found: Vec<_> = self.reached(merchants).into_iter().flat_map(of).cloned().collect();
        found.sort_by_key(|offer| offer.id);
        Ok(found)
    }

    fn places_per_merchant(
        &mut self,
        merchants: &[MerchantId],
        within: &StoreAccess,
    ) -> Result<Vec<(MerchantId, Place)>, StoreError> {
        let merchants: Vec<_> = self.reached(merchants).into_iter().collect();
        let mut all = self.memory.customers.merchants().scoped(Scope::Platform);
        let mut places = Vec::new();
        for merchant in all.merchants(&merchants)? {
            let mut stores = self.memory.live_stores(merchant.id)?;
            stores.retain(|store| within.includes(store.id));
            for store in stores {
                let groups = all.store_groups_per_store(&[store.id])?;
                let groups = groups.into_iter().flat_map(|(_store, groups)| groups);
                places.push((merchant.id, place(&merchant, &store, groups)));
            }
        }
        Ok(places)
    }

    fn campaigns(&mut self, ids: &[CampaignId]) -> Result<Vec<Campaign>, StoreError> {
        Ok(self.near_campaigns(|campaign| ids.contains(&campaign.id)))
    }

    fn list_campaigns(
        &mut self,
        filter: &CampaignFilter,
        page: &PageRequest<CampaignSort>,
    ) -> Result<Page<Campaign>, StoreError> {
        Ok(cut(self.near_campaigns(|campaign| filter.admits(campaign)), page))
    }

    fn count_campaigns(&mut self, filter: &CampaignFilter) -> Result<u64, StoreError> {
        let found = self.near_campaigns(|campaign| filter.admits(campaign));
        Ok(u64::try_from(found.len()).unwrap_or(u64::MAX))
    }

    fn find_campaign(
        &mut self,
        merchant: MerchantId,
        id: CampaignId,
    ) -> Result<Option<Campaign>, StoreError> {
        self.require_reach(merchant)?;
        let found = self.memory.campaigns().get(&id).cloned();
        Ok(found.filter(|campaign| campaign.merchant == merchant))
    }

    fn insert_campaign(&mut self, new: &Campaign) -> Result<CampaignId, StoreError> {
        self.require_reach(new.merchant)?;
        let last = self.memory.campaigns().keys().next_back().copied();
        let id = CampaignId::new(last.map_or(1, |last| last.get().saturating_add(1)));
        self.memory.put_campaign(Campaign { id, ..new.clone() });
        Ok(id)
    }

    fn update_campaign(&mut self, campaign: &Campaign) -> Result<(), StoreError> {
        self.find_campaign(campaign.merchant, campaign.id)?.ok_or(OUT_OF_REACH)?;
        self.memory.put_campaign(campaign.clone());
        Ok(())
    }

    fn find_offer(
        &mut self,
        merchant: MerchantId,
        id: OfferId,
    ) -> Result<Option<Offer>, StoreError> {
        self.require_reach(merchant)?;
        let found = self.memory.offers().get(&id).cloned();
        Ok(found.filter(|offer| offer.merchant == merchant))
    }

    fn find_offer_by_code(
        &mut self,
        merchant: MerchantId,
        code: &FixedCode,
    ) -> Result<Option<OfferId>, StoreError> {
        self.require_reach(merchant)?;
        let offers = self.memory.offers();
        let key = |own: &str| FixedCode::parse(own).ok().map(|own| own.key().to_owned());
        let has = |offer: &&Offer| {
            offer.merchant == merchant
                && !offer.terms.archived
                && matches!(&offer.code, RedemptionCode::Fixed(own) if key(own).as_deref() == Some(code.key()))
        };
        Ok(offers.values().find(has).map(|offer| offer.id))
    }

    fn insert_offer(&mut self, new: &Offer) -> Result<OfferId, StoreError> {
        self.require_reach(new.merchant)?;
        let last = self.memory.offers().keys().next_back().copied();
        let id = OfferId::new(last.map_or(1, |last| last.get().saturating_add(1)));
        self.memory.put_offer(Offer { id, ..new.clone() });
        Ok(id)
    }

    fn update_offer(&mut self, offer: &Offer) -> Result<(), StoreError> {
        self.find_offer(offer.merchant, offer.id)?.ok_or(OUT_OF_REACH)?;
        self.memory.put_offer(offer.clone());
        Ok(())
    }
}

fn place(merchant: &Merchant, store: &Store, groups: impl Iterator<Item = StoreGroup>) -> Place {
    let groups = groups.map(|group| group.id).collect();
    let (zone, day_starts_at) = (store.zone(merchant), store.day_starts_at);
    Place { store: Some(store.id), groups, zone, day_starts_at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{self, Fixture, Ports, World};

    impl Fixture for Memory {
        fn load(&mut self, world: &World) {
            let merchants = self.customers().merchants();
            let below = &world.below;
            below.merchants.iter().cloned().for_each(|row| merchants.put_merchant(row));
            below.stores.iter().cloned().for_each(|row| merchants.put_store(row));
            below.store_groups.iter().cloned().for_each(|row| merchants.put_store_group(row));
            below.products.iter().cloned().for_each(|row| merchants.put_product(row));
            for (person, merchant) in &below.joined {
                self.customers().put_membership(suite::membership(*person, *merchant));
            }
            for row in &world.campaigns {
                self.put_campaign(Campaign::clone(row));
            }
            world.offers.iter().cloned().for_each(|row| self.put_offer(row));
        }

        fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn Ports)) {
            work(&mut self.scoped(scope));
        }

        fn write(&mut self, scope: Scope, work: impl Fn(&mut dyn Ports) + Send + 'static) {
            work(&mut self.scoped(scope));
        }
    }

    #[test]
    fn the_port_suite_passes() {
        suite::run(&mut Memory::new());
    }
}
