//! What the mutations of campaigns take.

use juniper::{GraphQLInputObject, Nullable};
use regulars_kernel::Change;
use regulars_promotion::{campaign::change::CampaignPatch, terms::change::PlacesPatch};

use super::choice::PromotionStatus;
use crate::{
    argument::pks_changed,
    error::ApiError,
    global_id::Id,
    merchant::{store::STORE, store_group::STORE_GROUP},
    patch::change,
    scalar::{DateTimeArgument, JSONString},
};

/// The inputs that write a campaign have these fields in common.
macro_rules! campaign_input {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, GraphQLInputObject)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// From when; null: it always was.
            pub start: Nullable<DateTimeArgument>,
            /// Until when, this instant excluded: after the start. Null: for ever.
            pub end: Nullable<DateTimeArgument>,
            /// What the merchant decides; null: ACTIVE. What is new is not ENDED.
            pub status: Nullable<PromotionStatus>,
            /// The stores where it runs, at most 500; with none, and no groups, it runs everywhere.
            pub stores: Nullable<Vec<Id>>,
            /// Groups of stores where it runs, at most 500.
            pub store_groups: Nullable<Vec<Id>>,
            /// The merchant's own fields: a JSON object of at most 10 KiB.
            pub extra_info: Nullable<JSONString>,
            /// The same key with the same input answers what the first call answered: 1 to 255 characters.
            pub idempotency_key: Option<String>,
        }

        impl $name {
            /// The changes that all of them ask for.
            fn common(self) -> Result<CampaignPatch, ApiError> {
                Ok(CampaignPatch {
                    name: Change::Keep,
                    status: change(self.status, |status| Some(status.into())),
                    start_time: change(self.start, |at| at.0),
                    end_time: change(self.end, |at| at.0),
                    places: PlacesPatch {
                        stores: pks_changed("stores", self.stores, STORE)?,
                        groups: pks_changed("storeGroups", self.store_groups, STORE_GROUP)?,
                    },
                    extra_info: change(self.extra_info, |json| Some(json.into_string())),
                    archived: Change::Keep,
                })
            }
        }
    };
}

campaign_input! {
    /// A campaign to be made.
    CreateCampaignInput {
        /// What the merchant calls it: 1 to 150 characters.
        name: String,
    }
}

campaign_input! {
    /// Changes to a campaign: absent keeps, null clears.
    UpdateCampaignInput {
        /// The campaign.
        id: Id,
        /// What the merchant calls it: 1 to 150 characters.
        name: Nullable<String>,
        /// Given up, as deleting does it; false brings it back.
        archived: Nullable<bool>,
    }
}

impl CreateCampaignInput {
    /// The changes to an empty campaign.
    pub(crate) fn patch(self) -> Result<CampaignPatch, ApiError> {
        let name = Change::Set(self.name.clone());
        Ok(CampaignPatch { name, ..self.common()? })
    }
}

impl UpdateCampaignInput {
    /// The changes it asks for.
    pub(crate) fn patch(self) -> Result<CampaignPatch, ApiError> {
        let name = change(self.name.clone(), Some);
        let archived = change(self.archived, Some);
        Ok(CampaignPatch { name, archived, ..self.common()? })
    }
}

/// A campaign to be given up.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct DeleteCampaignInput {
    /// The campaign.
    pub id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}
