//! What this crate asks of whoever keeps the rows.

use regulars_kernel::{
    MerchantId, Page, PageRequest, ProductId, Scope, StoreError, StoreGroupId, StoreId,
};

use crate::{
    EntitySource, Merchant, Product, ProductFilter, ProductSort, Store, StoreFilter, StoreGroup,
    StoreGroupSort, StoreSort,
};

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

    /// One merchant. In a transaction that writes, no other one changes it before this one ends. Reach as of
    /// [`Self::find_store`].
    fn find_merchant(&mut self, id: MerchantId) -> Result<Option<Merchant>, StoreError>;

    /// Writes what a merchant has decided (`num_of_order_discounts_allowed`, `refund_policy`, `claim_days`, `refund_grace_days`)
    /// and `updated_at`. Reach as of [`Self::find_store`].
    fn update_merchant(&mut self, merchant: &Merchant) -> Result<(), StoreError>;

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

    /// A page of store groups. In `Person` scope: those of the merchants that the person joined. Two statements.
    fn list_store_groups(
        &mut self,
        page: &PageRequest<StoreGroupSort>,
    ) -> Result<Page<StoreGroup>, StoreError>;

    /// How many rows [`Self::list_store_groups`] has on all its pages.
    fn count_store_groups(&mut self) -> Result<u64, StoreError>;

    /// One of a merchant's stores. In a transaction that writes, no other one changes it before this one ends. `Merchant`
    /// and `Platform` scope; elsewhere out of scope.
    fn find_store(
        &mut self,
        merchant: MerchantId,
        id: StoreId,
    ) -> Result<Option<Store>, StoreError>;

    /// Adds a store and answers the number it was given; `new.id` is not looked at. Reach as of [`Self::find_store`].
    fn insert_store(&mut self, new: &Store) -> Result<StoreId, StoreError>;

    /// Writes every field of a store but its key and `created_at`. Reach as of [`Self::find_store`].
    fn update_store(&mut self, store: &Store) -> Result<(), StoreError>;

    /// One of a merchant's store groups; as [`Self::find_store`]. Two statements.
    fn find_store_group(
        &mut self,
        merchant: MerchantId,
        id: StoreGroupId,
    ) -> Result<Option<StoreGroup>, StoreError>;

    /// Adds a group with its stores, which are the merchant's, and answers the number it was given; `new.id` is not looked
    /// at. Reach as of [`Self::find_store`]. Two statements.
    fn insert_store_group(&mut self, new: &StoreGroup) -> Result<StoreGroupId, StoreError>;

    /// Writes the name, the stores and `updated_at` of a group. Reach as of [`Self::find_store`]. Three statements.
    fn update_store_group(&mut self, group: &StoreGroup) -> Result<(), StoreError>;

    /// Removes a group; false, and nothing happens, where staff, a campaign, an offer or a loyalty card name it. Reach as of
    /// [`Self::find_store`]; at most three statements.
    fn delete_store_group(
        &mut self,
        merchant: MerchantId,
        id: StoreGroupId,
    ) -> Result<bool, StoreError>;

    /// A page of products. In `Person` scope: none.
    fn list_products(
        &mut self,
        filter: &ProductFilter,
        page: &PageRequest<ProductSort>,
    ) -> Result<Page<Product>, StoreError>;

    /// How many rows [`Self::list_products`] has on all its pages.
    fn count_products(&mut self, filter: &ProductFilter) -> Result<u64, StoreError>;

    /// One of a merchant's products; as [`Self::find_store`].
    fn find_product(
        &mut self,
        merchant: MerchantId,
        id: ProductId,
    ) -> Result<Option<Product>, StoreError>;

    /// The number of the product that has this id in another system, archived ones among them. Reach as of
    /// [`Self::find_store`].
    fn find_product_by_source(
        &mut self,
        merchant: MerchantId,
        source: EntitySource,
        source_id: &str,
    ) -> Result<Option<ProductId>, StoreError>;

    /// Adds a product and answers the number it was given; `new.id` is not looked at. Reach as of [`Self::find_store`].
    fn insert_product(&mut self, new: &Product) -> Result<ProductId, StoreError>;

    /// Writes every field of a product but its key and `created_at`. Reach as of [`Self::find_store`].
    fn update_product(&mut self, product: &Product) -> Result<(), StoreError>;
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

    fn find_merchant(&mut self, id: MerchantId) -> Result<Option<Merchant>, StoreError> {
        self.held_merchants_mut().find_merchant(id)
    }

    fn update_merchant(&mut self, merchant: &Merchant) -> Result<(), StoreError> {
        self.held_merchants_mut().update_merchant(merchant)
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

    fn list_store_groups(
        &mut self,
        page: &PageRequest<StoreGroupSort>,
    ) -> Result<Page<StoreGroup>, StoreError> {
        self.held_merchants_mut().list_store_groups(page)
    }

    fn count_store_groups(&mut self) -> Result<u64, StoreError> {
        self.held_merchants_mut().count_store_groups()
    }

    fn find_store(
        &mut self,
        merchant: MerchantId,
        id: StoreId,
    ) -> Result<Option<Store>, StoreError> {
        self.held_merchants_mut().find_store(merchant, id)
    }

    fn insert_store(&mut self, new: &Store) -> Result<StoreId, StoreError> {
        self.held_merchants_mut().insert_store(new)
    }

    fn update_store(&mut self, store: &Store) -> Result<(), StoreError> {
        self.held_merchants_mut().update_store(store)
    }

    fn find_store_group(
        &mut self,
        merchant: MerchantId,
        id: StoreGroupId,
    ) -> Result<Option<StoreGroup>, StoreError> {
        self.held_merchants_mut().find_store_group(merchant, id)
    }

    fn insert_store_group(&mut self, new: &StoreGroup) -> Result<StoreGroupId, StoreError> {
        self.held_merchants_mut().insert_store_group(new)
    }

    fn update_store_group(&mut self, group: &StoreGroup) -> Result<(), StoreError> {
        self.held_merchants_mut().update_store_group(group)
    }

    fn delete_store_group(
        &mut self,
        merchant: MerchantId,
        id: StoreGroupId,
    ) -> Result<bool, StoreError> {
        self.held_merchants_mut().delete_store_group(merchant, id)
    }

    fn list_products(
        &mut self,
        filter: &ProductFilter,
        page: &PageRequest<ProductSort>,
    ) -> Result<Page<Product>, StoreError> {
        self.held_merchants_mut().list_products(filter, page)
    }

    fn count_products(&mut self, filter: &ProductFilter) -> Result<u64, StoreError> {
        self.held_merchants_mut().count_products(filter)
    }

    fn find_product(
        &mut self,
        merchant: MerchantId,
        id: ProductId,
    ) -> Result<Option<Product>, StoreError> {
        self.held_merchants_mut().find_product(merchant, id)
    }

    fn find_product_by_source(
        &mut self,
        merchant: MerchantId,
        source: EntitySource,
        source_id: &str,
    ) -> Result<Option<ProductId>, StoreError> {
        self.held_merchants_mut().find_product_by_source(merchant, source, source_id)
    }

    fn insert_product(&mut self, new: &Product) -> Result<ProductId, StoreError> {
        self.held_merchants_mut().insert_product(new)
    }

    fn update_product(&mut self, product: &Product) -> Result<(), StoreError> {
        self.held_merchants_mut().update_product(product)
    }
}
