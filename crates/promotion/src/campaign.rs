//! Campaigns: offers that run together. A campaign's own status, window and stores narrow each of its offers'.

pub mod change;

use std::sync::Arc;

use regulars_kernel::{
    Actor, CampaignId, Denied, MerchantId, Page, PageRequest, Timestamp, Violations,
    page::{KeyKind, Keyed, Order, SortField, SortKey},
    text::{MAX_CHARS, clean, fold},
};
use regulars_merchant::Archived;

use crate::{OfferFilter, Places, PromotionError, PromotionStore, Status, offer};

/// A group of offers that run together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// The key.
    pub id: CampaignId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// What the merchant calls it.
    pub name: String,
    /// What the merchant has decided.
    pub status: Status,
    /// From when; open: always was.
    pub start_time: Option<Timestamp>,
    /// Until when; this very instant is outside. Open: for ever.
    pub end_time: Option<Timestamp>,
    /// In which stores.
    pub places: Places,
    /// The merchant's own fields: a JSON text.
    pub extra_info: Option<String>,
    /// Given up.
    pub archived: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Campaign {
    /// Whether its offers can be in force at all.
    pub fn is_live(&self) -> bool {
        self.status == Status::Active && !self.archived
    }
}

/// Which campaigns. Absent is no filter; so is an empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CampaignFilter {
    /// Exactly this name.
    pub name: Option<String>,
    /// This within the name, whatever the case.
    pub name_icontains: Option<String>,
    /// In this state.
    pub status: Option<Status>,
    /// In use, archived, or both.
    pub archived: Archived,
}

impl CampaignFilter {
    /// The same filter without what filters nothing: empty texts, and spaces around them. Refuses control characters and
    /// over-long texts.
    pub fn checked(mut self) -> Result<Self, Violations> {
        let mut wrong = Violations::new();
        for (argument, text) in
            [("name", &mut self.name), ("name_Icontains", &mut self.name_icontains)]
        {
            if let Some(typed) = text.take() {
                *text = wrong.check(argument, clean(&typed, MAX_CHARS)).flatten();
            }
        }
        wrong.into_result()?;
        Ok(self)
    }

    /// Whether a campaign passes. What a port answers is defined by this.
    pub fn admits(&self, campaign: &Campaign) -> bool {
        let within = |term: &str| fold(&campaign.name).contains(&fold(term));
        self.name.as_ref().is_none_or(|name| *name == campaign.name)
            && self.name_icontains.as_deref().is_none_or(within)
            && self.status.is_none_or(|status| status == campaign.status)
            && self.archived.admits(campaign.archived)
    }
}

/// What a list of campaigns can be ordered by, beside the pk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CampaignSort {
    /// By name, whatever the case.
    Name,
    /// By the instant it begins; one without such an instant comes first.
    Start,
    /// By the instant it was made.
    CreatedAt,
}

impl SortField for CampaignSort {
    const LIST: &'static str = "campaigns";

    fn from_name(name: &str) -> Option<Self> {
        Self::all().iter().copied().find(|field| field.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Start => "start",
            Self::CreatedAt => "createdAt",
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::Name => KeyKind::Text,
            Self::Start | Self::CreatedAt => KeyKind::Int,
        }
    }

    fn all() -> &'static [Self] {
        &[Self::Name, Self::Start, Self::CreatedAt]
    }

    fn default_order() -> Order<Self> {
        Order { terms: Vec::new(), pk_descending: false }
    }
}

impl Keyed<CampaignSort> for Campaign {
    fn sort_key(&self, field: CampaignSort) -> SortKey {
        match field {
            CampaignSort::Name => SortKey::Text(fold(&self.name)),
            CampaignSort::Start => {
                SortKey::Int(self.start_time.map_or(i64::MIN, Timestamp::micros))
            }
            CampaignSort::CreatedAt => SortKey::Int(self.created_at.micros()),
        }
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// A page of the campaigns of the asker's merchant. For a merchant's people and apps: to consumers a campaign is a part of the
/// offers that run in it.
pub fn list(
    tx: &mut impl PromotionStore,
    actor: &Actor,
    filter: CampaignFilter,
    page: &PageRequest<CampaignSort>,
) -> Result<Page<Campaign>, PromotionError> {
    actor.merchant().ok_or(Denied)?;
    Ok(tx.list_campaigns(&filter.checked()?, page)?)
}

/// How many campaigns [`list`] has on all its pages.
pub fn count(
    tx: &mut impl PromotionStore,
    actor: &Actor,
    filter: CampaignFilter,
) -> Result<u64, PromotionError> {
    actor.merchant().ok_or(Denied)?;
    Ok(tx.count_campaigns(&filter.checked()?)?)
}

/// One campaign: of their own merchant to a merchant's people, any to platform staff; to consumers one of which they list an
/// offer, without what the merchant notes of it.
pub fn get(
    tx: &mut impl PromotionStore,
    actor: &Actor,
    id: CampaignId,
) -> Result<Arc<Campaign>, PromotionError> {
    actor.require_known()?;
    if actor.require_consumer().is_err() {
        let found = tx.campaigns(&[id])?.pop();
        return found.map(Arc::new).ok_or(PromotionError::CampaignNotFound);
    }
    let filter =
        OfferFilter { campaign: Some(id), archived: Archived::Included, ..OfferFilter::default() };
    let offer = offer::list(tx, actor, filter, &PageRequest::first(1))?.items.pop();
    offer.and_then(|offer| offer.campaign).ok_or(PromotionError::CampaignNotFound)
}
