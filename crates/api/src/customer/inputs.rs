//! What the mutations of customers take.

use juniper::{GraphQLInputObject, Nullable};
use regulars_customer::{Change, ConsumerPatch, NewConsumer};

use crate::{
    customer::choice::{ConsumerSharing, UserCountry, UserEntitySource, UserGender},
    global_id::Id,
    patch::change,
    scalar::{Date, JSONString},
};

/// The inputs that write a customer have these fields in common.
macro_rules! consumer_input {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, GraphQLInputObject)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// The first name: at most 150 characters.
            pub firstname: Nullable<String>,
            /// The last name: at most 150 characters.
            pub lastname: Nullable<String>,
            /// An e-mail address; unique among the merchant's customers.
            pub email: Nullable<String>,
            /// A phone number: international, or national where the customer's country is known.
            pub phone_number: Nullable<String>,
            /// The birth date, from 1900 to today.
            pub birthday: Nullable<Date>,
            /// The gender.
            pub gender: Nullable<UserGender>,
            /// The country.
            pub country: Nullable<UserCountry>,
            /// The city: at most 150 characters.
            pub city: Nullable<String>,
            /// The street address: at most 150 characters.
            pub street: Nullable<String>,
            /// The zip code: at most 20 characters.
            pub zip_code: Nullable<String>,
            /// The https address of a picture.
            pub picture: Nullable<String>,
            /// Custom fields: a JSON object of at most 10 KiB. It is kept as it was written, every digit of its numbers; a key
            /// that stands twice in one object is refused.
            pub extra_info: Nullable<JSONString>,
            /// How many discounts an order of theirs may have, 0 to 100; 0 is the merchant's own number.
            pub num_of_order_discounts_allowed: Nullable<i32>,
            /// The merchant's own card numbers, at most 20; the list replaces the one before.
            pub cards: Nullable<Vec<String>>,
            /// The same key with the same input answers what the first call answered: 1 to 255 characters.
            pub idempotency_key: Option<String>,
        }

        impl $name {
            /// The changes it asks for.
            pub(crate) fn patch(self) -> ConsumerPatch {
                ConsumerPatch {
                    firstname: change(self.firstname, Some),
                    lastname: change(self.lastname, Some),
                    email: change(self.email, Some),
                    phone_number: change(self.phone_number, Some),
                    birthday: change(self.birthday, |Date(day)| Some(day)),
                    gender: change(self.gender, UserGender::to_domain),
                    country: change(self.country, UserCountry::to_domain),
                    city: change(self.city, Some),
                    street: change(self.street, Some),
                    zip_code: change(self.zip_code, Some),
                    picture: change(self.picture, Some),
                    extra_info: change(self.extra_info, |json| Some(json.into_string())),
                    num_of_order_discounts_allowed: change(
                        self.num_of_order_discounts_allowed,
                        Some,
                    ),
                    cards: change(self.cards, Some),
                    archived: Change::Keep,
                }
            }
        }
    };
}

consumer_input! {
    /// A customer to be created: one of name, phone number, e-mail address or card is needed.
    CreateConsumerInput {
        /// The system that the record comes from; goes with `entitySourceId`.
        entity_source: Option<UserEntitySource>,
        /// Its id there: at most 255 characters.
        entity_source_id: Option<String>,
    }
}

consumer_input! {
    /// A record of another system, which becomes a customer or changes the one that it became before.
    UpsertConsumerInput {
        /// The system that the record comes from.
        entity_source: UserEntitySource,
        /// Its id there: at most 255 characters.
        entity_source_id: String,
    }
}

consumer_input! {
    /// Changes to a customer: absent keeps, null clears.
    UpdateConsumerInput {
        /// The customer.
        id: Id,
        /// Whether they no longer count as a customer: true as deleting does it, false brings one back whom the merchant
        /// archived. Who left comes back by themselves alone.
        archived: Nullable<bool>,
    }
}

impl CreateConsumerInput {
    pub(crate) fn record(mut self) -> NewConsumer {
        let entity_source = self.entity_source.and_then(UserEntitySource::to_domain);
        let entity_source_id = self.entity_source_id.take();
        NewConsumer { fields: self.patch(), entity_source, entity_source_id }
    }
}

impl UpdateConsumerInput {
    pub(crate) fn changes(mut self) -> ConsumerPatch {
        let archived = std::mem::take(&mut self.archived);
        ConsumerPatch { archived: change(archived, Some), ..self.patch() }
    }
}

impl UpsertConsumerInput {
    pub(crate) fn record(self) -> NewConsumer {
        let entity_source = self.entity_source.to_domain();
        let entity_source_id = Some(self.entity_source_id.clone());
        NewConsumer { fields: self.patch(), entity_source, entity_source_id }
    }
}

/// A customer to be archived.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct DeleteConsumerInput {
    /// The customer.
    pub id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// Whose loyalty id was lost.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct ReplaceLoyaltyIdInput {
    /// The customer; consumers leave it out and mean themselves.
    pub consumer_id: Option<Id>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A card that was lost.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct BlockConsumerCardInput {
    /// The customer; consumers leave it out and mean themselves.
    pub consumer_id: Option<Id>,
    /// The number of the card.
    pub card: String,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A merchant to be joined, by one of its stores.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct JoinMerchantInput {
    /// The store.
    pub store_id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// A merchant to be left.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct LeaveMerchantInput {
    /// The merchant.
    pub merchant_id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// How much a merchant may see.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct ShareProfileInput {
    /// The merchant.
    pub merchant_id: Id,
    /// The whole profile, or name and city.
    pub sharing: ConsumerSharing,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}
