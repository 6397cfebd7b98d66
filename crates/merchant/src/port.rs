//! What this crate asks of whoever keeps the rows.

use regulars_kernel::{
    MerchantId, Page, PageRequest, ProductId, Scope, StoreError, StoreGroupId, StoreId,
};

use crate::{Merchant, Product, Store, StoreFilter, StoreGroup, StoreSort};

/// Merchants and their places, as far as the scope of the transaction reaches. Each method is one statement, whatever
/// the number of ids; ids out of reach, unknown or named twice are no error: each row is answered once at most.
///
/// Reach: `Merchant` scope has its own rows and no others. `Person` scope has any merchant by id, and the rest as each
/// method says: nobody walks through another's catalogue by counting. `Platform` scope has everything.
pub trait MerchantStore {
    /// Whose data the transaction sees.
    fn scope(&self) -> Scope;

    /// Merchants by id, in no order.
    fn merchants(&mut self, ids: &[MerchantId]) -> Result<Vec<Merchant>, StoreError>;

    /// Stores by id, in no order. In `Person` scope: live ones of any merchant, and of the merchants that the person
    /// joined the others too.
    fn stores(&mut self, ids: &[StoreId]) -> Result<Vec<Store>, StoreError>;

    /// A page of stores. In `Person` scope: the live ones of the merchants that the person joined.
    fn list_stores(
        &mut self,
        filter: &StoreFilter,
        page: &PageRequest<StoreSort>,
    ) -> Result<Page<Store>, StoreError>;

    /// How many rows [`Self::list_stores`] has on all its pages.
    fn count_stores(&mut self, filter: &StoreFilter) -> Result<u64, StoreError>;

    /// Store groups by id, each with the ids of its stores, in no order. In `Person` scope: those of merchants that the
    /// person joined, and those that a live store is in.
    fn store_groups(&mut self, ids: &[StoreGroupId]) -> Result<Vec<StoreGroup>, StoreError>;

    /// The groups of each of the stores, by ascending id; the same reach as [`Self::store_groups`]. Stores in no group are
    /// left out.
    fn store_groups_per_store(
        &mut self,
        stores: &[StoreId],
    ) -> Result<Vec<(StoreId, Vec<StoreGroup>)>, StoreError>;

    /// Products by id, archived ones included, in no order. In `Person` scope: those that a line of the person's own orders
    /// names, or an offer, a loyalty card or a reward within the person's reach.
    fn products(&mut self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError>;
}

/// A store of an upper crate that holds one of this crate has its port too, without a line of delegation.
pub trait HoldsMerchants {
    /// The store it holds.
    type Merchants: MerchantStore;

    /// The store it holds.
    fn held_merchants(&self) -> &Self::Merchants;

    /// The store it holds.
    fn held_merchants_mut(&mut self) -> &mut Self::Merchants;
}

impl<T: HoldsMerchants> MerchantStore for T {
    fn scope(&self) -> Scope {
        self.held_merchants().scope()
    }

    fn merchants(&mut self, ids: &[MerchantId]) -> Result<Vec<Merchant>, StoreError> {
        self.held_merchants_mut().merchants(ids)
    }

    fn stores(&mut self, ids: &[StoreId]) -> Result<Vec<Store>, StoreError> {
        self.held_merchants_mut().stores(ids)
    }

    fn list_stores(
        &mut self,
        filter: &StoreFilter,
        page: &PageRequest<StoreSort>,
    ) -> Result<Page<Store>, StoreError> {
        self.held_merchants_mut().list_stores(filter, page)
    }

    fn count_stores(&mut self, filter: &StoreFilter) -> Result<u64, StoreError> {
        self.held_merchants_mut().count_stores(filter)
    }

    fn store_groups(&mut self, ids: &[StoreGroupId]) -> Result<Vec<StoreGroup>, StoreError> {
        self.held_merchants_mut().store_groups(ids)
    }

    fn store_groups_per_store(
        &mut self,
        stores: &[StoreId],
    ) -> Result<Vec<(StoreId, Vec<StoreGroup>)>, StoreError> {
        self.held_merchants_mut().store_groups_per_store(stores)
    }

    fn products(&mut self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
        self.held_merchants_mut().products(ids)
    }
}
