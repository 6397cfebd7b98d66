//! Campaigns are made, changed and given up.

use regulars_kernel::{Actor, CampaignId, Change, Denied, Permission, Rule, Timestamp, Violations};
use regulars_merchant::{
    Archived, MerchantStore,
    store::change::{own_fields, required},
};

use super::{Campaign, CampaignFilter};
use crate::{
    Places, PromotionError, PromotionStore, Status,
    terms::{
        change::PlacesPatch,
        run::{Run, Setting, is_within_reach, judge, own_merchant},
    },
};

/// The most campaigns of a merchant, archived ones among them.
pub const MAX_CAMPAIGNS: u64 = 10_000;
/// What the API calls the window of a campaign.
const WINDOW: [&str; 2] = ["start", "end"];

/// What becomes of a campaign's fields, as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CampaignPatch {
    /// What the merchant calls it: 1 to [`regulars_merchant::store::change::MAX_NAME_CHARS`] characters.
    pub name: Change<String>,
    /// What the merchant decides; cleared, [`Status::Active`].
    pub status: Change<Status>,
    /// From when; cleared, it always was.
    pub start_time: Change<Timestamp>,
    /// Until when, after the start; cleared, for ever.
    pub end_time: Change<Timestamp>,
    /// Where; cleared, everywhere.
    pub places: PlacesPatch,
    /// The merchant's own fields: a JSON object.
    pub extra_info: Change<String>,
    /// Whether it is given up; cleared, it is not.
    pub archived: Change<bool>,
}

impl CampaignPatch {
    /// Applies what holds by itself, and notes what does not.
    fn apply_to(&self, campaign: &mut Campaign, wrong: &mut Violations) {
        if self.name == Change::Clear {
            wrong.add("name", Rule::Required);
        }
        let name = self.name.read("name", wrong, |typed| required(typed).map(Some));
        if let Change::Set(name) = name {
            campaign.name = name;
        }
        match self.status {
            Change::Keep => {}
            Change::Clear => campaign.status = Status::Active,
            Change::Set(status) => campaign.status = status,
        }
        self.start_time.clone().apply(&mut campaign.start_time);
        self.end_time.clone().apply(&mut campaign.end_time);
        self.places.apply_to(&mut campaign.places, wrong);
        let extra_info = self.extra_info.read("extraInfo", wrong, |typed| own_fields(typed));
        extra_info.apply(&mut campaign.extra_info);
        self.archived.clone().apply_or_default(&mut campaign.archived);
    }
}

/// Makes a campaign. Needs [`Permission::ChangePromotion`]; whoever works in some stores alone makes one that runs in those, by
/// name. One that is over before it began, or runs in no store, is refused.
pub fn create<S: PromotionStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    patch: &CampaignPatch,
    now: Timestamp,
) -> Result<CampaignId, PromotionError> {
    let merchant = actor.require(Permission::ChangePromotion)?;
    let merchant = own_merchant(tx, merchant)?;
    let mut campaign = Campaign {
        id: CampaignId::new(0),
        merchant: merchant.id,
        name: String::new(),
        status: Status::Active,
        start_time: None,
        end_time: None,
        places: Places::default(),
        extra_info: None,
        archived: false,
        created_at: now,
        updated_at: now,
    };
    let mut wrong = Violations::new();
    if patch.name.is_keep() {
        wrong.add("name", Rule::Required);
    }
    patch.apply_to(&mut campaign, &mut wrong);
    let setting = Setting { window: WINDOW, ..Setting::of(&merchant, now) };
    judge(tx, actor, &setting, None, &Run::of_campaign(&campaign), &mut wrong)?;
    if campaign.status == Status::Ended {
        let sentence = "What is new cannot be over: begin with DRAFT, ACTIVE or PAUSED.";
        wrong.add("status", Rule::Invalid(sentence.to_owned()));
    }
    let all = CampaignFilter { archived: Archived::Included, ..CampaignFilter::default() };
    if tx.count_campaigns(&all)? >= MAX_CAMPAIGNS {
        let sentence = format!("A merchant has at most {MAX_CAMPAIGNS} campaigns.");
        wrong.add_to_input(Rule::Invalid(sentence));
    }
    wrong.into_result()?;
    Ok(tx.insert_campaign(&campaign)?)
}

/// Changes a campaign, and with it when and where its offers run: those that it leaves no time or no store are kept, and say so
/// (rule 32). Needs what [`create`] needs, before and after. A patch that changes nothing leaves `updated_at` alone.
pub fn update<S: PromotionStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    id: CampaignId,
    patch: &CampaignPatch,
    now: Timestamp,
) -> Result<CampaignId, PromotionError> {
    let merchant = actor.require(Permission::ChangePromotion)?;
    let merchant = own_merchant(tx, merchant)?;
    let before = tx.find_campaign(merchant.id, id)?.ok_or(PromotionError::CampaignNotFound)?;
    let mut after = before.clone();
    let mut wrong = Violations::new();
    patch.apply_to(&mut after, &mut wrong);
    let setting = Setting { window: WINDOW, ..Setting::of(&merchant, now) };
    let (was, is) = (Run::of_campaign(&before), Run::of_campaign(&after));
    judge(tx, actor, &setting, Some(&was), &is, &mut wrong)?;
    wrong.into_result()?;
    if after != before {
        after.updated_at = now;
        tx.update_campaign(&after)?;
    }
    Ok(id)
}

/// Gives a campaign up: it is archived, and its offers with it run no more. Needs what [`create`] needs. One that is archived
/// already stays as it is.
pub fn archive<S: PromotionStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    id: CampaignId,
    now: Timestamp,
) -> Result<CampaignId, PromotionError> {
    let merchant = actor.require(Permission::ChangePromotion)?;
    let found = tx.find_campaign(merchant, id)?.ok_or(PromotionError::CampaignNotFound)?;
    if !is_within_reach(actor, &found.places) {
        return Err(Denied.into());
    }
    if !found.archived {
        tx.update_campaign(&Campaign { archived: true, updated_at: now, ..found })?;
    }
    Ok(id)
}

#[cfg(test)]
mod tests;
