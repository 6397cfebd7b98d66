//! `CampaignNode`: offers that run together.

use std::sync::Arc;

use regulars_kernel::{
    CampaignId,
    page::{Keyed, SortKey},
};
use regulars_promotion::{Campaign, CampaignSort, campaign};

use super::{
    choice::PromotionStatus,
    node::Siblings,
    place::{Referred, placed_object},
};
use crate::{
    connection::connection,
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    merchant::MerchantNode,
    node::NodeValue,
    scalar::{DateTime, JSONString},
};

/// The type name in global ids.
pub const CAMPAIGN: &str = "CampaignNode";

/// A campaign, beside the offers it came with.
#[derive(Clone)]
pub struct CampaignOfOffers {
    row: Arc<Campaign>,
    siblings: Arc<Siblings<CampaignId>>,
    referred: Arc<Referred>,
}

/// A campaign; its scalar fields take the short way.
pub type CampaignNode = Fast<CampaignOfOffers>;

/// The node of a campaign.
pub(crate) const fn node(
    row: Arc<Campaign>,
    siblings: Arc<Siblings<CampaignId>>,
    referred: Arc<Referred>,
) -> CampaignNode {
    Fast(CampaignOfOffers { row, siblings, referred })
}

/// Nodes of campaigns that were loaded together.
pub(crate) fn together(campaigns: Vec<Arc<Campaign>>) -> Vec<CampaignNode> {
    let merchants = Level::distinct(campaigns.iter().map(|row| row.merchant));
    let siblings = Siblings::of(campaigns.iter().map(|row| row.id), &merchants);
    let referred = Referred::by(campaigns.iter().map(|row| &row.places), [].iter());
    let node_of = |row| node(row, Arc::clone(&siblings), Arc::clone(&referred));
    campaigns.iter().cloned().map(node_of).collect()
}

/// One campaign; an error with the code `does_not_exist` where the asker sees none of that id.
pub(crate) fn get(context: &Context, id: CampaignId) -> Result<CampaignNode, ApiError> {
    let actor = context.actor();
    let found =
        context.read(|tx| campaign::get(tx, actor, id)).map_err(|error| error.about("id"))?;
    together(vec![found]).pop().ok_or(ApiError::absent("id"))
}

impl Keyed<CampaignSort> for CampaignNode {
    fn sort_key(&self, field: CampaignSort) -> SortKey {
        self.0.row.sort_key(field)
    }

    fn pk(&self) -> i64 {
        self.0.row.id.get()
    }
}

connection!(
    CampaignNodeConnection,
    CampaignNodeEdge,
    CampaignNode,
    CampaignSort,
    "A page of campaigns.",
    "One of the campaigns."
);

placed_object! {
    #[graphql(name = "CampaignNode", impl = [NodeValue], places = |row| row.places)]
    /// Offers that run together: its status, times and stores narrow theirs.
    impl CampaignOfOffers {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(CAMPAIGN, self.row.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.row.id.get()) }
            /// What the merchant calls it.
            "name" => fn name(&self) -> &str { &self.row.name }
            /// What the merchant has decided.
            "status" => fn status(&self) -> PromotionStatus { self.row.status.into() }
            /// From when; null: always was.
            "startTime" => fn start_time(&self) -> Option<DateTime> { self.row.start_time.map(DateTime) }
            /// Until when, this instant excluded; null: for ever.
            "endTime" => fn end_time(&self) -> Option<DateTime> { self.row.end_time.map(DateTime) }
            /// From when, by the name that the mutations have for it.
            "start" => fn start(&self) -> Option<DateTime> { self.row.start_time.map(DateTime) }
            /// Until when, by the name that the mutations have for it.
            "end" => fn end(&self) -> Option<DateTime> { self.row.end_time.map(DateTime) }
            /// The merchant's own fields.
            "extraInfo" => fn extra_info(&self) -> Option<JSONString> {
                self.row.extra_info.as_deref().and_then(JSONString::parse)
            }
            /// Given up.
            "archived" => fn archived(&self) -> bool { self.row.archived }
            /// When it was made.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.row.created_at) }
            /// When it was last changed.
            "updatedAt" => fn updated_at(&self) -> DateTime { DateTime(self.row.updated_at) }
        }
        fields {
            /// Whose it is.
            fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                crate::merchant::node::load(context, self.siblings.merchants(), self.row.merchant)
            }
        }
    }
}
