//! What a merchant sells.

use regulars_kernel::{Actor, MerchantId, Money, ProductId, Timestamp};

use crate::{EntitySource, MerchantError, MerchantStore};

/// Something a merchant sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The key.
    pub id: ProductId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// What people call it.
    pub name: String,
    /// What one costs.
    pub price: Money,
    /// The shelf it stands on.
    pub category: Option<String>,
    /// The system it was taken over from.
    pub entity_source: Option<EntitySource>,
    /// Its id there.
    pub entity_source_id: Option<String>,
    /// No longer sold.
    pub archived: bool,
    /// The merchant's own fields: a JSON text.
    pub extra_info: Option<String>,
    /// When it was first put down here.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The products of those ids that the asker sees, archived ones included (old orders name them), in no order: their own
/// for a merchant's people; for consumers those that their orders, or promotions they see, name, without the merchant's
/// own records; any for platform staff.
pub fn list_by_ids(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    ids: &[ProductId],
) -> Result<Vec<Product>, MerchantError> {
    actor.require_known()?;
    let mut products = tx.products(ids)?;
    if actor.require_consumer().is_ok() {
        for product in &mut products {
            product.extra_info = None;
            product.entity_source = None;
            product.entity_source_id = None;
        }
    }
    Ok(products)
}
