//! What the mutations of products take.

use juniper::{GraphQLInputObject, Nullable};
use regulars_kernel::Change;
use regulars_merchant::product::change::ProductPatch;

use crate::{
    customer::choice::UserEntitySource,
    global_id::Id,
    patch::change,
    scalar::{Decimal, JSONString},
};

/// The inputs that write a product have these fields in common.
macro_rules! product_input {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, GraphQLInputObject)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// The currency of the price, by ISO 4217; null, or never said: the merchant's.
            pub price_currency: Nullable<String>,
            /// The shelf it stands on: at most 150 characters.
            pub category: Nullable<String>,
            /// The system that it came from; stands with its id there, or not at all.
            pub entity_source: Nullable<UserEntitySource>,
            /// Its id there, which no other product has: at most 255 characters.
            pub entity_source_id: Nullable<String>,
            /// The merchant's own fields: a JSON object of at most 10 KiB.
            pub extra_info: Nullable<JSONString>,
            /// The same key with the same input answers what the first call answered: 1 to 255 characters.
            pub idempotency_key: Option<String>,
        }

        impl $name {
            /// The changes that all of them ask for.
            fn common(self) -> ProductPatch {
                ProductPatch {
                    name: Change::Keep,
                    price: Change::Keep,
                    price_currency: change(self.price_currency, Some),
                    category: change(self.category, Some),
                    entity_source: change(self.entity_source, UserEntitySource::to_domain),
                    entity_source_id: change(self.entity_source_id, Some),
                    extra_info: change(self.extra_info, |json| Some(json.into_string())),
                    archived: Change::Keep,
                }
            }
        }
    };
}

product_input! {
    /// A product to be put down.
    CreateProductInput {
        /// What people call it: 1 to 150 characters.
        name: String,
        /// What one costs: 0 or more, with no more places than the currency has.
        price: Decimal,
    }
}

product_input! {
    /// Changes to a product: absent keeps, null clears.
    UpdateProductInput {
        /// The product.
        id: Id,
        /// What people call it: 1 to 150 characters.
        name: Nullable<String>,
        /// What one costs from now on: 0 or more, with no more places than the currency has.
        price: Nullable<Decimal>,
        /// Given up, as deleting does it; false brings it back.
        archived: Nullable<bool>,
    }
}

impl CreateProductInput {
    /// The changes to an empty product.
    pub(crate) fn patch(self) -> ProductPatch {
        let name = Change::Set(self.name.clone());
        let price = Change::Set(self.price.to_string());
        ProductPatch { name, price, ..self.common() }
    }
}

impl UpdateProductInput {
    /// The changes it asks for.
    pub(crate) fn patch(self) -> ProductPatch {
        let name = change(self.name.clone(), Some);
        let price = change(self.price, |price| Some(price.to_string()));
        let archived = change(self.archived, Some);
        ProductPatch { name, price, archived, ..self.common() }
    }
}

/// A product to be given up.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct DeleteProductInput {
    /// The product.
    pub id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}
