//! Named sets of stores, for promotions that run in several places.

pub mod change;

use regulars_kernel::{
    Actor, MerchantId, Page, PageRequest, StoreGroupId, StoreId, Timestamp,
    page::{Keyed, SortKey},
    pk_sort,
};

use crate::{MerchantError, MerchantStore};

pk_sort! {
    /// What a list of groups can be ordered by: the pk alone.
    pub enum StoreGroupSort of "storeGroups"
}

/// A named set of a merchant's stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreGroup {
    /// The key.
    pub id: StoreGroupId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// What people call it.
    pub name: String,
    /// Its stores, by ascending id.
    pub stores: Vec<StoreId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Keyed<StoreGroupSort> for StoreGroup {
    fn sort_key(&self, field: StoreGroupSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// A page of the groups that the asker lists: a merchant's people those of their merchant, consumers those of the merchants
/// that they joined.
pub fn list(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    page: &PageRequest<StoreGroupSort>,
) -> Result<Page<StoreGroup>, MerchantError> {
    actor.require_lister()?;
    Ok(tx.list_store_groups(page)?)
}

/// How many groups [`list`] has on all its pages.
pub fn count(tx: &mut impl MerchantStore, actor: &Actor) -> Result<u64, MerchantError> {
    actor.require_lister()?;
    Ok(tx.count_store_groups()?)
}

/// The groups of those ids that the asker sees, in no order: their own for a merchant's people; for consumers those of
/// merchants they joined and those with a live store, which promotions name; any for platform staff.
pub fn list_by_ids(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    ids: &[StoreGroupId],
) -> Result<Vec<StoreGroup>, MerchantError> {
    actor.require_known()?;
    Ok(tx.store_groups(ids)?)
}

/// The groups that each of the stores is in, by ascending id; stores without one are left out. Loads the groups of a
/// whole list of stores at once.
pub fn per_store(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    stores: &[StoreId],
) -> Result<Vec<(StoreId, Vec<StoreGroup>)>, MerchantError> {
    actor.require_known()?;
    Ok(tx.store_groups_per_store(stores)?)
}
