//! Tenants.

pub mod change;

use chrono_tz::Tz;
use regulars_kernel::{Actor, Currency, MerchantId, Timestamp};

use crate::{MerchantError, MerchantStore};

/// How far a refund takes back the points that its sale earned (rule 25).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RefundPolicy {
    /// To the end: what is not there any more is debt.
    #[default]
    BelowZero,
    /// As far as there are points: never into debt.
    ToZero,
    /// Pending points alone; what could be spent stays.
    PendingOnly,
}

impl RefundPolicy {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::BelowZero, Self::ToZero, Self::PendingOnly];

    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BelowZero => "BELOW_ZERO",
            Self::ToZero => "TO_ZERO",
            Self::PendingOnly => "PENDING_ONLY",
        }
    }

    /// The policy for what never becomes debt (stamps and initial points).
    #[must_use]
    pub const fn without_debt(self) -> Self {
        match self {
            Self::BelowZero | Self::ToZero => Self::ToZero,
            Self::PendingOnly => Self::PendingOnly,
        }
    }

    /// The policy of exactly that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name() == name)
    }
}

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
    /// How far a refund takes back what its sale earned (rule 25).
    pub refund_policy: RefundPolicy,
    /// How many days after a sale somebody can still be named as its customer (rule 8); never negative.
    pub claim_days: i32,
    /// How many days points live that a refund returns and that expired meanwhile (rule 25); never negative.
    pub refund_grace_days: i32,
    /// When it was founded here.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Merchant {
    /// How many discounts an order may carry where the merchant has not said (rule 24).
    pub const DEFAULT_ORDER_DISCOUNTS: i32 = 1;
    /// For how many days a sale can be claimed where the merchant has not said (rule 8).
    pub const DEFAULT_CLAIM_DAYS: i32 = 14;
    /// How many days expired points live that a refund returns, where the merchant has not said (rule 25).
    pub const DEFAULT_REFUND_GRACE_DAYS: i32 = 14;

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
            refund_policy: RefundPolicy::default(),
            claim_days: Self::DEFAULT_CLAIM_DAYS,
            refund_grace_days: Self::DEFAULT_REFUND_GRACE_DAYS,
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
