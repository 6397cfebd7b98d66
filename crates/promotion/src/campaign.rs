//! Campaigns: offers that run together. A campaign's own status, window and stores narrow each of its offers'.

use regulars_kernel::{CampaignId, MerchantId, Timestamp};

use crate::{Places, Status};

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
