//! What the mutations of stores and store groups take.

use juniper::{GraphQLInputObject, Nullable};
use regulars_kernel::Change;
use regulars_merchant::{store::change::StorePatch, store_group::change::StoreGroupPatch};

use super::{choice::StoreTillRedemption, store::STORE};
use crate::{
    argument::{pks, pks_changed},
    customer::choice::UserCountry,
    error::ApiError,
    global_id::Id,
    patch::change,
    scalar::{Decimal, JSONString, Time},
};

/// The inputs that write a store have these fields in common.
macro_rules! store_input {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, GraphQLInputObject)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// Where it is on the map: at most 150 characters.
            pub location: Nullable<String>,
            /// Where it is reached: digits and the signs between them, at most 40 characters.
            pub phone_number: Nullable<String>,
            /// The country.
            pub country: Nullable<UserCountry>,
            /// The part of the country: at most 150 characters.
            pub state: Nullable<String>,
            /// The town: at most 150 characters.
            pub city: Nullable<String>,
            /// Street and number: at most 150 characters.
            pub street: Nullable<String>,
            /// The postal code: at most 20 characters.
            pub zip_code: Nullable<String>,
            /// The tax on what is sold there, in per cent: 0 to 100, four places at most.
            pub tax_rate: Nullable<Decimal>,
            /// Its clock, by its name in the IANA database (`Europe/Berlin`); null: the merchant's.
            pub time_zone: Nullable<String>,
            /// When its business day begins, by its clock; null: midnight.
            pub day_starts_at: Nullable<Time>,
            /// Sales older than so many hours earn pending points: 0 to 8784; null: 72.
            pub late_hours: Nullable<i32>,
            /// What a till needs to redeem; null: a code of customers with an account, the loyalty id of others.
            pub till_redemption: Nullable<StoreTillRedemption>,
            /// Open for business at all; not so while it is shut for the season. Null: open.
            pub is_active: Nullable<bool>,
            /// The merchant's own fields: a JSON object of at most 10 KiB.
            pub extra_info: Nullable<JSONString>,
            /// The same key with the same input answers what the first call answered: 1 to 255 characters.
            pub idempotency_key: Option<String>,
        }

        impl $name {
            /// The changes that all of them ask for.
            fn common(self) -> StorePatch {
                StorePatch {
                    name: Change::Keep,
                    location: change(self.location, Some),
                    phone_number: change(self.phone_number, Some),
                    country: change(self.country, UserCountry::to_domain),
                    state: change(self.state, Some),
                    city: change(self.city, Some),
                    street: change(self.street, Some),
                    zip_code: change(self.zip_code, Some),
                    tax_rate: change(self.tax_rate, |rate| Some(parts_per_million(rate))),
                    time_zone: change(self.time_zone, Some),
                    day_starts_at: change(self.day_starts_at, |Time(time)| Some(time)),
                    late_hours: change(self.late_hours, Some),
                    till_redemption: change(self.till_redemption, |needed| Some(needed.into())),
                    is_active: change(self.is_active, Some),
                    extra_info: change(self.extra_info, |json| Some(json.into_string())),
                    archived: Change::Keep,
                }
            }
        }
    };
}

/// Of a rate in per cent. One with more than four places is none that is allowed, like one below nothing.
fn parts_per_million(rate: Decimal) -> i64 {
    rate.to_minor(4).unwrap_or(-1)
}

store_input! {
    /// A store to be put down.
    CreateStoreInput {
        /// What people call it: 1 to 150 characters.
        name: String,
    }
}

store_input! {
    /// Changes to a store: absent keeps, null clears.
    UpdateStoreInput {
        /// The store.
        id: Id,
        /// What people call it: 1 to 150 characters.
        name: Nullable<String>,
        /// Given up, as deleting does it; false brings it back.
        archived: Nullable<bool>,
    }
}

impl CreateStoreInput {
    /// The changes to an empty store.
    pub(crate) fn patch(self) -> StorePatch {
        let name = Change::Set(self.name.clone());
        StorePatch { name, ..self.common() }
    }
}

impl UpdateStoreInput {
    /// The changes it asks for.
    pub(crate) fn patch(self) -> StorePatch {
        let name = change(self.name.clone(), Some);
        let archived = change(self.archived, Some);
        StorePatch { name, archived, ..self.common() }
    }
}

/// A store to be given up.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct DeleteStoreInput {
    /// The store.
    pub id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A store group to be made.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CreateStoreGroupInput {
    /// What people call it: 1 to 150 characters.
    pub name: String,
    /// Its stores, at most 500.
    pub stores: Option<Vec<Id>>,
    /// The same key with the same input answers what the first call answered: 1 to 255 characters.
    pub idempotency_key: Option<String>,
}

/// Changes to a store group: what is absent stays.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct UpdateStoreGroupInput {
    /// The group.
    pub id: Id,
    /// What people call it: 1 to 150 characters.
    pub name: Nullable<String>,
    /// Its stores, at most 500, in place of those before; null: none.
    pub stores: Nullable<Vec<Id>>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A store group to be dissolved.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct DeleteStoreGroupInput {
    /// The group.
    pub id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

impl CreateStoreGroupInput {
    /// The changes to an empty group.
    pub(crate) fn patch(self) -> Result<StoreGroupPatch, ApiError> {
        let stores = pks("stores", &self.stores.unwrap_or_default(), STORE)?;
        Ok(StoreGroupPatch { name: Change::Set(self.name), stores: Change::Set(stores) })
    }
}

impl UpdateStoreGroupInput {
    /// The changes it asks for.
    pub(crate) fn patch(self) -> Result<StoreGroupPatch, ApiError> {
        let stores = pks_changed("stores", self.stores, STORE)?;
        Ok(StoreGroupPatch { name: change(self.name, Some), stores })
    }
}
