//! What a merchant decides for all its stores.

use regulars_kernel::{Actor, Change, Denied, MerchantId, Rule, Timestamp, Violations};

use super::{Merchant, RefundPolicy};
use crate::{MerchantError, MerchantStore};

/// The most discounts that an order may carry.
pub const MAX_ORDER_DISCOUNTS: i32 = 100;
/// The most days that a sale can be claimed for: a year.
pub const MAX_CLAIM_DAYS: i32 = 366;
/// The most days that points live which a refund returns: a year.
pub const MAX_REFUND_GRACE_DAYS: i32 = 366;

/// What becomes of what a merchant has decided, as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsPatch {
    /// How many discounts an order may carry (rule 24), 0 to [`MAX_ORDER_DISCOUNTS`]; cleared,
    /// [`Merchant::DEFAULT_ORDER_DISCOUNTS`].
    pub num_of_order_discounts_allowed: Change<i32>,
    /// How far a refund takes back what its sale earned (rule 25); cleared, to the end.
    pub refund_policy: Change<RefundPolicy>,
    /// How many days a sale can be claimed (rule 8), 0 to [`MAX_CLAIM_DAYS`]; cleared, [`Merchant::DEFAULT_CLAIM_DAYS`].
    pub claim_days: Change<i32>,
    /// How many days expired points live that a refund returns (rule 25), 0 to [`MAX_REFUND_GRACE_DAYS`]; cleared,
    /// [`Merchant::DEFAULT_REFUND_GRACE_DAYS`].
    pub refund_grace_days: Change<i32>,
}

impl SettingsPatch {
    /// Applies what holds, and notes what does not.
    fn apply_to(&self, merchant: &mut Merchant, wrong: &mut Violations) {
        self.refund_policy.clone().apply_or_default(&mut merchant.refund_policy);
        for (argument, change, field, usual, most) in [
            (
                "numOfOrderDiscountsAllowed",
                &self.num_of_order_discounts_allowed,
                &mut merchant.num_of_order_discounts_allowed,
                Merchant::DEFAULT_ORDER_DISCOUNTS,
                MAX_ORDER_DISCOUNTS,
            ),
            (
                "claimDays",
                &self.claim_days,
                &mut merchant.claim_days,
                Merchant::DEFAULT_CLAIM_DAYS,
                MAX_CLAIM_DAYS,
            ),
            (
                "refundGraceDays",
                &self.refund_grace_days,
                &mut merchant.refund_grace_days,
                Merchant::DEFAULT_REFUND_GRACE_DAYS,
                MAX_REFUND_GRACE_DAYS,
            ),
        ] {
            match change.read(argument, wrong, |number| within(*number, most).map(Some)) {
                Change::Keep => {}
                Change::Clear => *field = usual,
                Change::Set(number) => *field = number,
            }
        }
    }
}

fn within(number: i32, most: i32) -> Result<i32, Rule> {
    if (0..=most).contains(&number) {
        Ok(number)
    } else {
        Err(Rule::Invalid(format!("Enter a number from 0 to {most}.")))
    }
}

/// The asker's merchant, with what it has decided: for a merchant's people and apps.
pub fn own(tx: &mut impl MerchantStore, actor: &Actor) -> Result<Merchant, MerchantError> {
    let merchant = actor.merchant().ok_or(Denied)?;
    tx.merchants(&[merchant])?.pop().ok_or(MerchantError::MerchantNotFound)
}

/// Changes what a merchant has decided. For its owners: it is their money. What was earned, spent and returned before stays as
/// it is. A patch that changes nothing leaves `updated_at` alone.
pub fn update(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    patch: &SettingsPatch,
    now: Timestamp,
) -> Result<MerchantId, MerchantError> {
    let merchant = actor.require_owner()?;
    let before = tx.find_merchant(merchant)?.ok_or(MerchantError::MerchantNotFound)?;
    let mut after = before.clone();
    let mut wrong = Violations::new();
    patch.apply_to(&mut after, &mut wrong);
    wrong.into_result()?;
    if after != before {
        after.updated_at = now;
        tx.update_merchant(&after)?;
    }
    Ok(merchant)
}

#[cfg(test)]
mod tests;
