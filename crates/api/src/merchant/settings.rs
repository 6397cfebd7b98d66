//! `MerchantSettings`: what a merchant has decided for all its stores.

use juniper::{GraphQLInputObject, GraphQLObject, Nullable, graphql_object};
use regulars_kernel::MerchantId;
use regulars_merchant::{
    Merchant,
    merchant::change::{self, SettingsPatch},
};

use super::choice::MerchantRefundPolicy;
use crate::{
    context::Context,
    error::ApiError,
    mutation::{Asked, Call, Needs},
    patch::change as changed,
    scalar::ExpectedErrorType,
    trail::About,
};

/// What a merchant has decided for all its stores.
#[derive(Clone, Debug, GraphQLObject)]
pub struct MerchantSettings {
    /// How many discounts an order may carry.
    num_of_order_discounts_allowed: i32,
    /// How far a refund takes back the points that its sale earned.
    refund_policy: MerchantRefundPolicy,
    /// How many days after a sale somebody can still be named as its customer.
    claim_days: i32,
    /// How many days points live that a refund returns and that expired meanwhile.
    refund_grace_days: i32,
}

impl From<Merchant> for MerchantSettings {
    fn from(merchant: Merchant) -> Self {
        Self {
            num_of_order_discounts_allowed: merchant.num_of_order_discounts_allowed,
            refund_policy: merchant.refund_policy.into(),
            claim_days: merchant.claim_days,
            refund_grace_days: merchant.refund_grace_days,
        }
    }
}

/// Changes to what a merchant has decided: absent keeps, null goes back to what is usual.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct UpdateMerchantSettingsInput {
    /// How many discounts an order may carry: 0 to 100; null: 1.
    pub num_of_order_discounts_allowed: Nullable<i32>,
    /// How far a refund takes back the points that its sale earned; null: `BELOW_ZERO`.
    pub refund_policy: Nullable<MerchantRefundPolicy>,
    /// How many days after a sale somebody can still be named as its customer: 0 to 366; null: 14.
    pub claim_days: Nullable<i32>,
    /// How many days points live that a refund returns and that expired meanwhile: 0 to 366; null: 14.
    pub refund_grace_days: Nullable<i32>,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

impl UpdateMerchantSettingsInput {
    fn patch(self) -> SettingsPatch {
        SettingsPatch {
            num_of_order_discounts_allowed: changed(self.num_of_order_discounts_allowed, Some),
            refund_policy: changed(self.refund_policy, |policy| Some(policy.into())),
            claim_days: changed(self.claim_days, Some),
            refund_grace_days: changed(self.refund_grace_days, Some),
        }
    }
}

/// The answer of changing what a merchant has decided.
pub struct MerchantSettingsPayload {
    errors: Option<ExpectedErrorType>,
    merchant: Option<MerchantId>,
}

/// The answer of changing what a merchant has decided.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl MerchantSettingsPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// What is decided afterwards.
    fn settings(&self, context: &Context) -> Result<Option<MerchantSettings>, ApiError> {
        self.merchant.map(|_| settings(context)).transpose()
    }
}

/// What the asker's merchant has decided.
pub(crate) fn settings(context: &Context) -> Result<MerchantSettings, ApiError> {
    let actor = context.actor();
    actor.require_known()?;
    Ok(context.read(|tx| change::own(tx, actor))?.into())
}

pub(crate) fn update(
    asked: &Asked<'_, '_>,
    input: UpdateMerchantSettingsInput,
) -> Result<MerchantSettingsPayload, ApiError> {
    let patch = input.patch();
    let call = Call::of(asked, Needs::Owner).of_thing(About::Settings);
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| change::update(tx, &actor, &patch, now))?;
    let (merchant, errors) = outcome.split();
    Ok(MerchantSettingsPayload { errors, merchant })
}
