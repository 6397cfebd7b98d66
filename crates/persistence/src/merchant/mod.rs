//! The port of the merchant crate: [`MerchantStore`] over tables.
//!
//! Each function here says what it asks of which table; what a method promises is said by the port.

#[expect(clippy::module_inception, reason = "a file has the name of its noun")]
mod merchant;
mod product;
mod store;
mod store_group;
mod stored;

use regulars_kernel::{
    MerchantId, Page, PageRequest, ProductId, Scope, StoreError, StoreGroupId, StoreId,
};
use regulars_merchant::{
    EntitySource, Merchant, MerchantStore, Product, ProductFilter, ProductSort, Store, StoreFilter,
    StoreGroup, StoreGroupSort, StoreSort,
};

use crate::{
    Tx,
    statement::{Bind, Statement},
};

pub(crate) use stored::Stored;

impl MerchantStore for Tx<'_> {
    fn scope(&self) -> Scope {
        Tx::scope(self)
    }

    fn merchants(&mut self, ids: &[MerchantId]) -> Result<Vec<Merchant>, StoreError> {
        merchant::by_ids(self, ids)
    }

    fn find_merchant(&mut self, id: MerchantId) -> Result<Option<Merchant>, StoreError> {
        merchant::find(self, id)
    }

    fn update_merchant(&mut self, merchant: &Merchant) -> Result<(), StoreError> {
        merchant::update(self, merchant)
    }

    fn stores(&mut self, ids: &[StoreId]) -> Result<Vec<Store>, StoreError> {
        store::by_ids(self, ids)
    }

    fn list_stores(
        &mut self,
        filter: &StoreFilter,
        page: &PageRequest<StoreSort>,
    ) -> Result<Page<Store>, StoreError> {
        store::list(self, filter, page)
    }

    fn count_stores(&mut self, filter: &StoreFilter) -> Result<u64, StoreError> {
        store::count(self, filter)
    }

    fn store_groups(&mut self, ids: &[StoreGroupId]) -> Result<Vec<StoreGroup>, StoreError> {
        store_group::by_ids(self, ids)
    }

    fn store_groups_per_store(
        &mut self,
        stores: &[StoreId],
    ) -> Result<Vec<(StoreId, Vec<StoreGroup>)>, StoreError> {
        store_group::per_store(self, stores)
    }

    fn products(&mut self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
        product::by_ids(self, ids)
    }

    fn list_store_groups(
        &mut self,
        page: &PageRequest<StoreGroupSort>,
    ) -> Result<Page<StoreGroup>, StoreError> {
        store_group::list(self, page)
    }

    fn count_store_groups(&mut self) -> Result<u64, StoreError> {
        store_group::count(self)
    }

    fn find_store(
        &mut self,
        merchant: MerchantId,
        id: StoreId,
    ) -> Result<Option<Store>, StoreError> {
        store::find(self, merchant, id)
    }

    fn insert_store(&mut self, new: &Store) -> Result<StoreId, StoreError> {
        store::insert(self, new)
    }

    fn update_store(&mut self, store: &Store) -> Result<(), StoreError> {
        store::update(self, store)
    }

    fn find_store_group(
        &mut self,
        merchant: MerchantId,
        id: StoreGroupId,
    ) -> Result<Option<StoreGroup>, StoreError> {
        store_group::find(self, merchant, id)
    }

    fn insert_store_group(&mut self, new: &StoreGroup) -> Result<StoreGroupId, StoreError> {
        store_group::insert(self, new)
    }

    fn update_store_group(&mut self, group: &StoreGroup) -> Result<(), StoreError> {
        store_group::update(self, group)
    }

    fn delete_store_group(
        &mut self,
        merchant: MerchantId,
        id: StoreGroupId,
    ) -> Result<bool, StoreError> {
        store_group::delete(self, merchant, id)
    }

    fn list_products(
        &mut self,
        filter: &ProductFilter,
        page: &PageRequest<ProductSort>,
    ) -> Result<Page<Product>, StoreError> {
        product::list(self, filter, page)
    }

    fn count_products(&mut self, filter: &ProductFilter) -> Result<u64, StoreError> {
        product::count(self, filter)
    }

    fn find_product(
        &mut self,
        merchant: MerchantId,
        id: ProductId,
    ) -> Result<Option<Product>, StoreError> {
        product::find(self, merchant, id)
    }

    fn find_product_by_source(
        &mut self,
        merchant: MerchantId,
        source: EntitySource,
        source_id: &str,
    ) -> Result<Option<ProductId>, StoreError> {
        product::find_by_source(self, merchant, source, source_id)
    }

    fn insert_product(&mut self, new: &Product) -> Result<ProductId, StoreError> {
        product::insert(self, new)
    }

    fn update_product(&mut self, product: &Product) -> Result<(), StoreError> {
        product::update(self, product)
    }
}

/// A row that is none of the scope's.
const OUT_OF_REACH: StoreError = StoreError::OutOfScope("the merchant's places");

/// Refuses to write what is not the merchant's own.
fn require_reach(tx: &Tx<'_>, merchant: MerchantId) -> Result<(), StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)
}

/// Whether a statement reached the row that it was to change.
fn reached(rows: usize) -> Result<(), StoreError> {
    if rows == 0 { Err(OUT_OF_REACH) } else { Ok(()) }
}

/// Appends `column IN ids` and, where the scope is one merchant's, ` AND owner = merchant`. A `WHERE` stands before it.
fn push_own_ids<ST>(
    statement: &mut Statement<ST>,
    scope: Scope,
    column: &'static str,
    ids: Bind,
    owner: &'static str,
) {
    statement.push(column);
    statement.push_is_in(ids);
    if let Scope::Merchant(merchant) = scope {
        statement.push(" AND ");
        statement.push(owner);
        statement.push(" = ");
        statement.push_bind(merchant.get());
    }
}
