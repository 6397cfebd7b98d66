//! Named sets of stores, for promotions that run in several places.

use regulars_kernel::{Actor, MerchantId, StoreGroupId, StoreId, Timestamp};

use crate::{MerchantError, MerchantStore};

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
