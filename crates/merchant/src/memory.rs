//! Merchants and their places in memory: complete, for tests and for programs that embed the rules without a database.
//!
//! Holds what it is given and checks nothing but scope. A transaction is one call after another; whoever wants it undone
//! where it fails marks the rows before it and resets them ([`Memory::mark`]).

mod naming;

use std::collections::{BTreeMap, BTreeSet};

use regulars_kernel::{
    MerchantId, Page, PageRequest, PersonId, ProductId, RowsGuard, Scope, SharedRows, StoreError,
    StoreGroupId, StoreId, page::cut, rows,
};

use naming::Namings;
pub use naming::{Namer, Naming};

use crate::{
    EntitySource, Merchant, MerchantStore, Product, ProductFilter, ProductSort, Store, StoreFilter,
    StoreGroup, StoreGroupSort, StoreSort,
};

/// A row that is none of the scope's.
const OUT_OF_REACH: StoreError = StoreError::OutOfScope("the merchant's places");

#[derive(Clone, Debug, Default)]
struct Rows {
    merchants: BTreeMap<MerchantId, Merchant>,
    stores: BTreeMap<StoreId, Store>,
    store_groups: BTreeMap<StoreGroupId, StoreGroup>,
    products: BTreeMap<ProductId, Product>,
    joined: BTreeSet<(PersonId, MerchantId)>,
    /// Groups that staff or promotions name.
    named_groups: BTreeSet<StoreGroupId>,
    namings: Namings,
}

/// The rows, shared by every store made of them; a clone is another handle to the same rows.
#[derive(Clone, Debug, Default)]
pub struct Memory(SharedRows<Rows>);

/// The rows as they were once.
#[derive(Debug)]
pub struct Mark(rows::Mark<Rows>);

impl Memory {
    /// No rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// The store that sees what a scope reaches.
    pub fn scoped(&self, scope: Scope) -> MemoryStore {
        MemoryStore { memory: self.clone(), scope }
    }

    /// Notes the rows as they are now. Costs nothing: who writes first after it copies them, once.
    pub fn mark(&self) -> Mark {
        Mark(self.0.mark())
    }

    /// Makes the rows what they were when they were marked, whoever wrote since.
    pub fn reset(&self, mark: &Mark) {
        self.0.reset(&mark.0);
    }

    /// Puts a merchant down, in place of the one of the same id.
    pub fn put_merchant(&self, merchant: Merchant) {
        self.rows().merchants.insert(merchant.id, merchant);
    }

    /// Puts a store down, in place of the one of the same id.
    pub fn put_store(&self, store: Store) {
        self.rows().stores.insert(store.id, store);
    }

    /// Puts a store group down, in place of the one of the same id.
    pub fn put_store_group(&self, mut group: StoreGroup) {
        group.stores.sort_unstable();
        group.stores.dedup();
        self.rows().store_groups.insert(group.id, group);
    }

    /// Puts a product down, in place of the one of the same id.
    pub fn put_product(&self, product: Product) {
        self.rows().products.insert(product.id, product);
    }

    /// Notes whether a person is a customer of a merchant (has a live membership there): it decides which stores the person
    /// lists. Memberships belong to an upper crate, which tells this one.
    pub fn set_joined(&self, person: PersonId, merchant: MerchantId, joined: bool) {
        let mut rows = self.rows();
        if joined {
            rows.joined.insert((person, merchant));
        } else {
            rows.joined.remove(&(person, merchant));
        }
    }

    /// Notes whether staff or a promotion name a group: it decides whether it can be removed. They belong to upper crates,
    /// which tell this one.
    pub fn set_group_named(&self, group: StoreGroupId, named: bool) {
        let mut rows = self.rows();
        if named {
            rows.named_groups.insert(group);
        } else {
            rows.named_groups.remove(&group);
        }
    }

    /// Notes which products something names, and to whom, in place of what it named before: it decides which consumers see
    /// them. What names products belongs to upper crates, which tell this one.
    pub fn set_named(&self, by: Namer, named: impl IntoIterator<Item = (ProductId, Naming)>) {
        self.rows().namings.set(by, named.into_iter().collect());
    }

    fn rows(&self) -> RowsGuard<'_, Rows> {
        self.0.lock()
    }
}

/// The port over [`Memory`], within one scope.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    memory: Memory,
    scope: Scope,
}

impl MemoryStore {
    /// Whether rows of a merchant that anybody may name are in reach.
    fn reaches(&self, merchant: MerchantId) -> bool {
        self.scope.merchant().is_none_or(|own| own == merchant)
    }

    /// Refuses what is not within the scope of one who writes.
    fn require_reach(&self, merchant: MerchantId) -> Result<(), StoreError> {
        match self.scope {
            Scope::Merchant(own) if own == merchant => Ok(()),
            Scope::Platform => Ok(()),
            Scope::Merchant(_) | Scope::Person(_) => Err(OUT_OF_REACH),
        }
    }

    fn listed_groups(&self) -> Vec<StoreGroup> {
        let rows = self.memory.rows();
        let listed = |group: &&StoreGroup| match self.scope {
            Scope::Merchant(merchant) => group.merchant == merchant,
            Scope::Person(person) => rows.joined.contains(&(person, group.merchant)),
            Scope::Platform => true,
        };
        rows.store_groups.values().filter(listed).cloned().collect()
    }

    fn reaches_group(&self, rows: &Rows, group: &StoreGroup) -> bool {
        let is_live = |id: &StoreId| rows.stores.get(id).is_some_and(Store::is_live);
        match self.scope {
            Scope::Merchant(merchant) => group.merchant == merchant,
            Scope::Person(person) => {
                rows.joined.contains(&(person, group.merchant)) || group.stores.iter().any(is_live)
            }
            Scope::Platform => true,
        }
    }

    fn listed_stores(&self, filter: &StoreFilter) -> Vec<Store> {
        let rows = self.memory.rows();
        let listed = |store: &&Store| match self.scope {
            Scope::Merchant(merchant) => store.merchant == merchant,
            Scope::Person(person) => {
                store.is_live() && rows.joined.contains(&(person, store.merchant))
            }
            Scope::Platform => true,
        };
        rows.stores.values().filter(listed).filter(|store| filter.admits(store)).cloned().collect()
    }

    fn listed_products(&self, filter: &ProductFilter) -> Vec<Product> {
        let rows = self.memory.rows();
        let listed = |product: &&Product| match self.scope {
            Scope::Merchant(merchant) => product.merchant == merchant,
            Scope::Person(_) => false,
            Scope::Platform => true,
        };
        let products = rows.products.values().filter(listed);
        products.filter(|product| filter.admits(product)).cloned().collect()
    }
}

impl MerchantStore for MemoryStore {
    fn scope(&self) -> Scope {
        self.scope
    }

    fn merchants(&mut self, ids: &[MerchantId]) -> Result<Vec<Merchant>, StoreError> {
        let rows = self.memory.rows();
        let reached = distinct(ids).filter(|id| self.reaches(*id));
        Ok(reached.filter_map(|id| rows.merchants.get(&id)).cloned().collect())
    }

    fn find_merchant(&mut self, id: MerchantId) -> Result<Option<Merchant>, StoreError> {
        self.require_reach(id)?;
        Ok(self.memory.rows().merchants.get(&id).cloned())
    }

    fn update_merchant(&mut self, merchant: &Merchant) -> Result<(), StoreError> {
        let before = self.find_merchant(merchant.id)?.ok_or(OUT_OF_REACH)?;
        self.memory.put_merchant(Merchant {
            num_of_order_discounts_allowed: merchant.num_of_order_discounts_allowed,
            refund_policy: merchant.refund_policy,
            claim_days: merchant.claim_days,
            refund_grace_days: merchant.refund_grace_days,
            updated_at: merchant.updated_at,
            ..before
        });
        Ok(())
    }

    fn stores(&mut self, ids: &[StoreId]) -> Result<Vec<Store>, StoreError> {
        let rows = self.memory.rows();
        let reached = |store: &&Store| match self.scope {
            Scope::Merchant(merchant) => store.merchant == merchant,
            Scope::Person(person) => {
                store.is_live() || rows.joined.contains(&(person, store.merchant))
            }
            Scope::Platform => true,
        };
        let found = distinct(ids).filter_map(|id| rows.stores.get(&id));
        Ok(found.filter(reached).cloned().collect())
    }

    fn list_stores(
        &mut self,
        filter: &StoreFilter,
        page: &PageRequest<StoreSort>,
    ) -> Result<Page<Store>, StoreError> {
        Ok(cut(self.listed_stores(filter), page))
    }

    fn count_stores(&mut self, filter: &StoreFilter) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.listed_stores(filter).len()).unwrap_or(u64::MAX))
    }

    fn store_groups(&mut self, ids: &[StoreGroupId]) -> Result<Vec<StoreGroup>, StoreError> {
        let rows = self.memory.rows();
        let found = distinct(ids).filter_map(|id| rows.store_groups.get(&id));
        Ok(found.filter(|group| self.reaches_group(&rows, group)).cloned().collect())
    }

    fn store_groups_per_store(
        &mut self,
        stores: &[StoreId],
    ) -> Result<Vec<(StoreId, Vec<StoreGroup>)>, StoreError> {
        let rows = self.memory.rows();
        let groups_of = |store: StoreId| {
            let groups: Vec<_> = rows
                .store_groups
                .values()
                .filter(|group| group.stores.contains(&store) && self.reaches_group(&rows, group))
                .cloned()
                .collect();
            (!groups.is_empty()).then_some((store, groups))
        };
        Ok(distinct(stores).filter_map(groups_of).collect())
    }

    fn products(&mut self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
        let rows = self.memory.rows();
        let found = distinct(ids).filter_map(|id| rows.products.get(&id));
        let reached = |product: &&Product| match self.scope {
            Scope::Merchant(merchant) => product.merchant == merchant,
            Scope::Person(person) => {
                let named = |to| rows.namings.name(product.id, to);
                named(Naming::ToEveryone)
                    || named(Naming::ToPerson(person))
                    || (named(Naming::ToMembers)
                        && rows.joined.contains(&(person, product.merchant)))
            }
            Scope::Platform => true,
        };
        Ok(found.filter(reached).cloned().collect())
    }

    fn list_store_groups(
        &mut self,
        page: &PageRequest<StoreGroupSort>,
    ) -> Result<Page<StoreGroup>, StoreError> {
        Ok(cut(self.listed_groups(), page))
    }

    fn count_store_groups(&mut self) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.listed_groups().len()).unwrap_or(u64::MAX))
    }

    fn find_store(
        &mut self,
        merchant: MerchantId,
        id: StoreId,
    ) -> Result<Option<Store>, StoreError> {
        self.require_reach(merchant)?;
        let found = self.memory.rows().stores.get(&id).cloned();
        Ok(found.filter(|store| store.merchant == merchant))
    }

    fn insert_store(&mut self, new: &Store) -> Result<StoreId, StoreError> {
        self.require_reach(new.merchant)?;
        let mut rows = self.memory.rows();
        let id = StoreId::new(next(&rows.stores, StoreId::get));
        rows.stores.insert(id, Store { id, ..new.clone() });
        Ok(id)
    }

    fn update_store(&mut self, store: &Store) -> Result<(), StoreError> {
        self.find_store(store.merchant, store.id)?.ok_or(OUT_OF_REACH)?;
        self.memory.put_store(store.clone());
        Ok(())
    }

    fn find_store_group(
        &mut self,
        merchant: MerchantId,
        id: StoreGroupId,
    ) -> Result<Option<StoreGroup>, StoreError> {
        self.require_reach(merchant)?;
        let found = self.memory.rows().store_groups.get(&id).cloned();
        Ok(found.filter(|group| group.merchant == merchant))
    }

    fn insert_store_group(&mut self, new: &StoreGroup) -> Result<StoreGroupId, StoreError> {
        self.require_reach(new.merchant)?;
        let id = StoreGroupId::new(next(&self.memory.rows().store_groups, StoreGroupId::get));
        self.memory.put_store_group(StoreGroup { id, ..new.clone() });
        Ok(id)
    }

    fn update_store_group(&mut self, group: &StoreGroup) -> Result<(), StoreError> {
        self.find_store_group(group.merchant, group.id)?.ok_or(OUT_OF_REACH)?;
        self.memory.put_store_group(group.clone());
        Ok(())
    }

    fn delete_store_group(
        &mut self,
        merchant: MerchantId,
        id: StoreGroupId,
    ) -> Result<bool, StoreError> {
        self.find_store_group(merchant, id)?.ok_or(OUT_OF_REACH)?;
        let mut rows = self.memory.rows();
        let free = !rows.named_groups.contains(&id);
        if free {
            rows.store_groups.remove(&id);
        }
        Ok(free)
    }

    fn list_products(
        &mut self,
        filter: &ProductFilter,
        page: &PageRequest<ProductSort>,
    ) -> Result<Page<Product>, StoreError> {
        Ok(cut(self.listed_products(filter), page))
    }

    fn count_products(&mut self, filter: &ProductFilter) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.listed_products(filter).len()).unwrap_or(u64::MAX))
    }

    fn find_product(
        &mut self,
        merchant: MerchantId,
        id: ProductId,
    ) -> Result<Option<Product>, StoreError> {
        self.require_reach(merchant)?;
        let found = self.memory.rows().products.get(&id).cloned();
        Ok(found.filter(|product| product.merchant == merchant))
    }

    fn find_product_by_source(
        &mut self,
        merchant: MerchantId,
        source: EntitySource,
        source_id: &str,
    ) -> Result<Option<ProductId>, StoreError> {
        self.require_reach(merchant)?;
        let rows = self.memory.rows();
        let found = rows.products.values().find(|product| {
            product.merchant == merchant
                && product.entity_source == Some(source)
                && product.entity_source_id.as_deref() == Some(source_id)
        });
        Ok(found.map(|product| product.id))
    }

    fn insert_product(&mut self, new: &Product) -> Result<ProductId, StoreError> {
        self.require_reach(new.merchant)?;
        let mut rows = self.memory.rows();
        let id = ProductId::new(next(&rows.products, ProductId::get));
        rows.products.insert(id, Product { id, ..new.clone() });
        Ok(id)
    }

    fn update_product(&mut self, product: &Product) -> Result<(), StoreError> {
        self.find_product(product.merchant, product.id)?.ok_or(OUT_OF_REACH)?;
        self.memory.put_product(product.clone());
        Ok(())
    }
}

fn next<I: Copy>(rows: &BTreeMap<I, impl Sized>, number: impl Fn(I) -> i64) -> i64 {
    rows.keys().next_back().map_or(1, |last| number(*last).saturating_add(1))
}

fn distinct<I: Copy + Ord>(ids: &[I]) -> impl Iterator<Item = I> {
    ids.iter().copied().collect::<BTreeSet<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use regulars_kernel::OrderId;

    use super::*;
    use crate::suite::{self, Fixture, World};

    impl Fixture for Memory {
        fn load(&mut self, world: &World) {
            world.merchants.iter().cloned().for_each(|row| self.put_merchant(row));
            world.stores.iter().cloned().for_each(|row| self.put_store(row));
            world.store_groups.iter().cloned().for_each(|row| self.put_store_group(row));
            world.products.iter().cloned().for_each(|row| self.put_product(row));
            for (person, merchant) in &world.joined {
                self.set_joined(*person, *merchant, true);
            }
            for (order, (person, product)) in (1..).zip(&world.named) {
                let by = Namer::Order(OrderId::new(order));
                self.set_named(by, [(*product, Naming::ToPerson(*person))]);
            }
        }

        fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn MerchantStore)) {
            work(&mut self.scoped(scope));
        }

        fn write(&mut self, scope: Scope, work: impl Fn(&mut dyn MerchantStore) + Send + 'static) {
            work(&mut self.scoped(scope));
        }
    }

    #[test]
    fn the_port_suite_passes() {
        suite::run(&mut Memory::new());
    }
}
