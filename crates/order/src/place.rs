//! Where a sale is, as promotions see it.

use regulars_kernel::{StoreAccess, StoreError};
use regulars_merchant::{Merchant, Store};
use regulars_promotion::{Place, PromotionStore};

/// The store as promotions see it; one that was given up meanwhile has what it has but its groups.
pub fn place_of(
    tx: &mut impl PromotionStore,
    merchant: &Merchant,
    store: &Store,
) -> Result<Place, StoreError> {
    let within = StoreAccess::Only(vec![store.id]);
    let found = tx.places_per_merchant(&[merchant.id], &within)?.pop();
    Ok(found.map_or_else(
        || Place {
            store: Some(store.id),
            groups: Vec::new(),
            zone: store.zone(merchant),
            day_starts_at: store.day_starts_at,
        },
        |(_, place)| place,
    ))
}
