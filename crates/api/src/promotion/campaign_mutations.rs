//! Writing campaigns.

use juniper::graphql_object;
use regulars_kernel::{CampaignId, Permission};
use regulars_promotion::campaign::change as campaigns_of;

use super::{
    CampaignNode,
    campaign::{self, CAMPAIGN},
    campaign_inputs::{CreateCampaignInput, DeleteCampaignInput, UpdateCampaignInput},
};
use crate::{
    argument::pk,
    context::Context,
    error::ApiError,
    global_id::Id,
    mutation::{Asked, Call, Needs, Outcome, turned_down},
    scalar::ExpectedErrorType,
    trail::About,
};

/// The answer of a mutation of a campaign.
pub struct CampaignPayload {
    errors: Option<ExpectedErrorType>,
    campaign: Option<CampaignId>,
}

/// The answer of a mutation of a campaign.
#[graphql_object]
#[graphql(context = Context, scalar = juniper::DefaultScalarValue)]
impl CampaignPayload {
    /// Whether it happened.
    fn success(&self) -> bool {
        self.errors.is_none()
    }

    /// Null, or what was wrong: an object from the argument (or `nonFieldErrors`) to a list of `{message, code}`.
    fn errors(&self) -> Option<&ExpectedErrorType> {
        self.errors.as_ref()
    }

    /// The campaign afterwards.
    fn campaign(&self, context: &Context) -> Result<Option<CampaignNode>, ApiError> {
        self.campaign.map(|id| campaign::get(context, id)).transpose()
    }
}

/// What the root fields answer.
type Answer = Result<CampaignPayload, ApiError>;

/// Who may write campaigns.
const CHANGE: Needs = Needs::Permission(Permission::ChangePromotion);

fn payload(outcome: Outcome<CampaignId>) -> CampaignPayload {
    let (campaign, errors) = outcome.split();
    CampaignPayload { errors, campaign }
}

fn campaign_id(id: &Id) -> Result<CampaignId, ApiError> {
    pk("id", id, CAMPAIGN).map(CampaignId::new)
}

pub(crate) fn create(asked: &Asked<'_, '_>, input: CreateCampaignInput) -> Answer {
    let patch = match input.patch() {
        Ok(patch) => patch,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let call = Call::of(asked, CHANGE).of_thing(About::Campaign(None));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| campaigns_of::create(tx, &actor, &patch, now))?;
    Ok(payload(outcome))
}

pub(crate) fn update(asked: &Asked<'_, '_>, input: UpdateCampaignInput) -> Answer {
    let read = campaign_id(&input.id).and_then(|id| Ok((id, input.patch()?)));
    let (id, patch) = match read {
        Ok(read) => read,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::Campaign(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome = asked
        .context()
        .mutate(&call, move |tx| campaigns_of::update(tx, &actor, id, &patch, now))?;
    Ok(payload(outcome))
}

pub(crate) fn delete(asked: &Asked<'_, '_>, input: &DeleteCampaignInput) -> Answer {
    let id = match campaign_id(&input.id) {
        Ok(id) => id,
        Err(error) => return turned_down(asked, error).map(payload),
    };
    let call = Call::of(asked, CHANGE).about("id").of_thing(About::Campaign(Some(id)));
    let (actor, now) = (asked.context().actor().clone(), asked.context().now());
    let outcome =
        asked.context().mutate(&call, move |tx| campaigns_of::archive(tx, &actor, id, now))?;
    Ok(payload(outcome))
}
