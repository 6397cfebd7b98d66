//! Founding a tenant. Reading it is the merchant crate's port.

use diesel::{ExpressionMethods, RunQueryDsl};
use regulars_kernel::StoreError;
use regulars_merchant::Merchant;

use crate::{Tx, error::IntoStore, schema::merchant};

pub(super) fn insert(tx: &mut Tx<'_>, new: &Merchant) -> Result<(), StoreError> {
    let row = (
        merchant::id.eq(new.id.get()),
        merchant::name.eq(&new.name),
        merchant::merchant_type.eq(new.merchant_type.as_deref()),
        merchant::time_zone.eq(new.time_zone.name()),
        merchant::currency.eq(new.currency.code()),
        merchant::num_of_order_discounts_allowed.eq(new.num_of_order_discounts_allowed),
        merchant::logo.eq(new.logo.as_deref()),
        merchant::refund_policy.eq(new.refund_policy.name()),
        merchant::claim_days.eq(new.claim_days),
        merchant::refund_grace_days.eq(new.refund_grace_days),
        merchant::created_at.eq(new.created_at.micros()),
        merchant::updated_at.eq(new.updated_at.micros()),
    );
    diesel::insert_into(merchant::table).values(row).execute(tx.connection).store()?;
    Ok(())
}
