//! Tenants.

use chrono_tz::Tz;
use regulars_kernel::{Actor, Currency, MerchantId, Timestamp};

use crate::{MerchantError, MerchantStore};

/// A tenant: a business with its stores, staff, customers and programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merchant {
    /// The key; also the number of the account that founded it.
    pub id: MerchantId,
    /// What people call it.
    pub name: String,
    /// The trade it is in, as the API names it (`RESTAURANT`); not chosen: none.
    pub merchant_type: Option<String>,
    /// Its stores' time zone unless they say otherwise (rule 26).
    pub time_zone: Tz,
    /// What it sells and counts in.
    pub currency: Currency,
    /// How many discounts an order may carry (rule 24); never negative.
    pub num_of_order_discounts_allowed: i32,
    /// The address of a picture.
    pub logo: Option<String>,
    /// When it was founded here.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Merchant {
    /// How many discounts an order may carry where the merchant has not said (rule 24).
    pub const DEFAULT_ORDER_DISCOUNTS: i32 = 1;

    /// A merchant of whom no more is known than that.
    pub fn new(
        id: MerchantId,
        name: &str,
        time_zone: Tz,
        currency: Currency,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            name: name.to_owned(),
            merchant_type: None,
            time_zone,
            currency,
            num_of_order_discounts_allowed: Self::DEFAULT_ORDER_DISCOUNTS,
            logo: None,
            created_at: now,
            updated_at: now,
        }
    }
}

/// The merchants of those ids that the asker sees, in no order: their own for a merchant's people; any for consumers,
/// whose memberships, offers and cards name them, and for platform staff.
pub fn list_by_ids(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    ids: &[MerchantId],
) -> Result<Vec<Merchant>, MerchantError> {
    actor.require_known()?;
    Ok(tx.merchants(ids)?)
}

/// One merchant; the same reach as [`list_by_ids`].
pub fn get(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    id: MerchantId,
) -> Result<Merchant, MerchantError> {
    list_by_ids(tx, actor, &[id])?.pop().ok_or(MerchantError::MerchantNotFound)
}
