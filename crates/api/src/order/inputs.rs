//! What the mutations of orders and their lines take.

use juniper::{GraphQLInputObject, Nullable};
use regulars_kernel::{Change, OrderTypeId, PersonId, ProductId, StoreId};
use regulars_order::{
    Amount, Checkout,
    buyer::Buyer,
    item::change::{ItemPatch, NewModifier},
    order::change::OrderPatch,
};

use super::{choice::OrderPaymentType, order_type::ORDER_TYPE};
use crate::{
    argument::pk,
    customer::{choice::UserEntitySource, user::USER},
    error::ApiError,
    global_id::Id,
    merchant::{product::PRODUCT, store::STORE},
    patch::change,
    scalar::{DateTimeArgument, Decimal, JSONString},
};

/// The inputs that write an order have these fields in common.
macro_rules! order_input {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, GraphQLInputObject)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// Who buys, by id; null: nobody is known.
            pub consumer_id: Nullable<Id>,
            /// Who buys, by a loyalty id or one of the merchant's own card numbers. Whoever shows their loyalty id here for
            /// the first time becomes a customer by it. Beside `consumerId` both have to name the same.
            pub consumer_loyalty_id: Nullable<String>,
            /// Where the buyer is reached about this order: in international form, or as it is dialled in the store's country.
            pub phone_number: Nullable<String>,
            /// How many sit at the table: 0 to 10000.
            pub num_of_guests: Nullable<i32>,
            /// How it is fulfilled; null: in the store.
            pub order_type_id: Nullable<Id>,
            /// Who serves: one of the merchant's people.
            pub waiter_id: Nullable<Id>,
            /// When it is to be picked up.
            pub pickup_dt: Nullable<DateTimeArgument>,
            /// Where it is to be brought: at most 300 characters.
            pub delivery_location: Nullable<String>,
            /// How it is going to be paid.
            pub payment_type: Nullable<OrderPaymentType>,
            /// The merchant's own fields: a JSON object of at most 10 KiB.
            pub extra_info: Nullable<JSONString>,
            /// The system that it comes from; goes with `entitySourceId`.
            pub entity_source: Nullable<UserEntitySource>,
            /// Its id there, of one order of the store alone: at most 255 characters.
            pub entity_source_id: Nullable<String>,
            /// The same key with the same input answers what the first call answered: 1 to 255 characters.
            pub idempotency_key: Option<String>,
        }

        impl $name {
            /// Whether a number names the buyer: such look-ups are counted.
            pub(crate) fn is_by_number(&self) -> bool {
                matches!(&self.consumer_loyalty_id, Nullable::Some(number) if !number.trim().is_empty())
            }

            /// The changes that all of them ask for.
            fn common(self) -> Result<OrderPatch, ApiError> {
                Ok(OrderPatch {
                    store: Change::Keep,
                    buyer: Buyer {
                        consumer: named("consumerId", self.consumer_id, USER)?.map(PersonId::new),
                        loyalty_id: change(self.consumer_loyalty_id, Some),
                    },
                    phone_number: change(self.phone_number, Some),
                    num_of_guests: change(self.num_of_guests, Some),
                    order_type: named("orderTypeId", self.order_type_id, ORDER_TYPE)?.map(OrderTypeId::new),
                    waiter: named("waiterId", self.waiter_id, USER)?.map(PersonId::new),
                    pickup_at: change(self.pickup_dt, |at| DateTimeArgument::instant(Some(at))),
                    delivery_location: change(self.delivery_location, Some),
                    payment_type: change(self.payment_type, |payment| Some(payment.into())),
                    extra_info: change(self.extra_info, |json| Some(json.into_string())),
                    entity_source: change(self.entity_source, UserEntitySource::to_domain),
                    entity_source_id: change(self.entity_source_id, Some),
                })
            }
        }
    };
}

/// The number that a field names something of that type by; an empty id names nothing.
fn named(argument: &'static str, id: Nullable<Id>, kind: &str) -> Result<Change<i64>, ApiError> {
    Ok(match id {
        Nullable::ImplicitNull => Change::Keep,
        Nullable::ExplicitNull => Change::Clear,
        Nullable::Some(id) if id.is_empty() => Change::Clear,
        Nullable::Some(id) => Change::Set(pk(argument, &id, kind)?),
    })
}

order_input! {
    /// An order to be put down, open and without lines.
    CreateOrderInput {
        /// Where it is sold.
        store_id: Id,
    }
}

order_input! {
    /// Changes to an open order: absent keeps, null clears.
    UpdateOrderInput {
        /// The order.
        id: Id,
        /// Where it is sold.
        store_id: Nullable<Id>,
    }
}

impl CreateOrderInput {
    /// The changes to an empty order.
    pub(crate) fn patch(self) -> Result<OrderPatch, ApiError> {
        let store = Change::Set(StoreId::new(pk("storeId", &self.store_id, STORE)?));
        Ok(OrderPatch { store, ..self.common()? })
    }
}

impl UpdateOrderInput {
    /// The changes it asks for.
    pub(crate) fn patch(self) -> Result<OrderPatch, ApiError> {
        let store = named("storeId", self.store_id.clone(), STORE)?.map(StoreId::new);
        Ok(OrderPatch { store, ..self.common()? })
    }
}

/// An order to be given up.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct DeleteOrderInput {
    /// The order.
    pub id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

/// How an order was paid, which completes it. The payment itself happens at the till.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct CheckoutOrderInput {
    /// The order.
    pub id: Id,
    /// How; absent: as the order says.
    pub payment_type: Option<OrderPaymentType>,
    /// What was handed over in cash.
    pub cash_received: Option<Decimal>,
    /// Its currency: the order's.
    pub cash_received_currency: Option<String>,
    /// What was handed back; absent: what was handed over past the total.
    pub change: Option<Decimal>,
    /// Its currency: the order's.
    pub change_currency: Option<String>,
    /// The tax in the total; absent: by the store's rate, where it has one.
    pub tax: Option<Decimal>,
    /// Its currency: the order's.
    pub tax_currency: Option<String>,
    /// When; absent, or more than ten minutes ahead: now.
    pub completed_at: Option<DateTimeArgument>,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}

impl CheckoutOrderInput {
    /// How it was paid.
    pub(crate) fn checkout(self) -> Checkout {
        let amount = |decimal: Option<Decimal>, currency: Option<String>| {
            decimal.map(|decimal| Amount { decimal: decimal.to_string(), currency })
        };
        Checkout {
            payment_type: self.payment_type.map(Into::into),
            cash_received: amount(self.cash_received, self.cash_received_currency),
            change: amount(self.change, self.change_currency),
            tax: amount(self.tax, self.tax_currency),
            completed_at: DateTimeArgument::instant(self.completed_at),
        }
    }
}

/// What makes each unit of a line another than the plain one.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct OrderItemModifierInput {
    /// What it is called: 1 to 150 characters.
    pub name: String,
    /// What it adds to the price of each unit; below zero it takes off. Absent: nothing.
    pub price: Option<Decimal>,
}

/// The inputs that write a line have these fields in common.
macro_rules! item_input {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, GraphQLInputObject)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// What is bought; it brings its name and price along. Null: nothing of the catalogue.
            pub product_id: Nullable<Id>,
            /// What it is called: 1 to 150 characters. Null: as the product.
            pub name: Nullable<String>,
            /// How many: 1 to 1000000; null: one.
            pub quantity: Nullable<i32>,
            /// What one costs, tax included, without modifiers: from nothing to 10^12 minor units. Null: as the product.
            pub unit_price: Nullable<Decimal>,
            /// What the whole line costs, in place of a unit price: for what is weighed.
            pub cost: Nullable<Decimal>,
            /// The currency of the amounts: the order's.
            pub cost_currency: Option<String>,
            /// What makes each of them another than the plain one, at most 20.
            pub modifiers: Nullable<Vec<OrderItemModifierInput>>,
            /// Whether it was handed over; null: not yet.
            pub is_completed: Nullable<bool>,
            /// The merchant's own fields: a JSON object of at most 10 KiB.
            pub extra_info: Nullable<JSONString>,
            /// The same key with the same input answers what the first call answered.
            pub idempotency_key: Option<String>,
        }

        impl $name {
            /// The changes it asks for.
            pub(crate) fn patch(self) -> Result<ItemPatch, ApiError> {
                let currency = self.cost_currency;
                let amount = |decimal: Decimal| {
                    Some(Amount { decimal: decimal.to_string(), currency: currency.clone() })
                };
                let modifier = |one: OrderItemModifierInput| NewModifier {
                    name: one.name,
                    price: one.price.and_then(amount),
                };
                Ok(ItemPatch {
                    product: named("productId", self.product_id, PRODUCT)?.map(ProductId::new),
                    name: change(self.name, Some),
                    quantity: change(self.quantity, Some),
                    unit_price: change(self.unit_price, amount),
                    cost: change(self.cost, amount),
                    modifiers: change(self.modifiers, |all| {
                        Some(all.into_iter().map(modifier).collect())
                    }),
                    is_completed: change(self.is_completed, Some),
                    extra_info: change(self.extra_info, |json| Some(json.into_string())),
                })
            }
        }
    };
}

item_input! {
    /// A line to be put into an open order.
    CreateOrderItemInput {
        /// The order.
        order_id: Id,
    }
}

item_input! {
    /// Changes to a line of an open order: absent keeps.
    UpdateOrderItemInput {
        /// The line.
        id: Id,
    }
}

/// A line to be taken off an open order.
#[derive(Clone, Debug, GraphQLInputObject)]
pub struct DeleteOrderItemInput {
    /// The line.
    pub id: Id,
    /// The same key with the same input answers what the first call answered.
    pub idempotency_key: Option<String>,
}
