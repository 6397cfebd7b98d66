//! `StoreNode`: a place where things are sold.

use std::sync::Arc;

use juniper::Executor;
use regulars_kernel::{
    MerchantId, PageRequest, StoreId,
    page::{Keyed, SortKey},
};
use regulars_merchant::{Store, StoreGroupSort, StoreSort, store};

use super::{
    MerchantNode,
    choice::StoreTillRedemption,
    node,
    store_group::{self, StoreGroupNodeConnection},
};
use crate::{
    connection::{connection, paging},
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    node::NodeValue,
    order::{
        OrderNodeConnection, VisitNodeConnection,
        choice::OrderState,
        queries::{self, OrderArguments},
        visit,
    },
    scalar::{DateTime, DateTimeArgument, Decimal, JSONString, Time},
};

/// The type name in global ids.
pub const STORE: &str = "StoreNode";

/// A store, and what those loaded with it refer to.
#[derive(Clone)]
pub struct Place {
    store: Arc<Store>,
    level: Arc<Level<StoreId>>,
    merchants: Arc<Level<MerchantId>>,
}

/// A store; its scalar fields take the short way.
pub type StoreNode = Fast<Place>;

/// Nodes of stores that were loaded together.
pub(crate) fn together(stores: Vec<Store>) -> Vec<StoreNode> {
    let level = Level::of(stores.iter().map(|store| store.id));
    let merchants = Level::distinct(stores.iter().map(|store| store.merchant));
    let node = |store| Place {
        store: Arc::new(store),
        level: Arc::clone(&level),
        merchants: Arc::clone(&merchants),
    };
    stores.into_iter().map(node).map(Fast).collect()
}

/// One store; none where the asker sees none of that id.
pub(crate) fn find(context: &Context, id: StoreId) -> Result<Option<StoreNode>, ApiError> {
    load(context, &Level::of([id]), id)
}

/// Stores by id, for nodes of other nouns that refer to them: one statement for a whole level of referring nodes.
pub(crate) fn load(
    context: &Context,
    level: &Level<StoreId>,
    id: StoreId,
) -> Result<Option<StoreNode>, ApiError> {
    context.load(level, STORE, id, |ids| {
        let actor = context.actor();
        let stores = context.read(|tx| store::list_by_ids(tx, actor, ids))?;
        Ok(together(stores).into_iter().map(|node| (node.0.store.id, node)).collect())
    })
}

impl Place {
    /// The store.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }
}

impl Keyed<StoreSort> for StoreNode {
    fn sort_key(&self, field: StoreSort) -> SortKey {
        self.0.store.sort_key(field)
    }

    fn pk(&self) -> i64 {
        self.0.store.id.get()
    }
}

/// Parts per million in per cent; two places where they suffice.
fn per_cent(parts: i64) -> Decimal {
    if parts % 100 == 0 {
        Decimal::from_minor(parts / 100, 2)
    } else {
        Decimal::from_minor(parts, 4)
    }
}

crate::fast_object! {
    #[graphql(name = "StoreNode", context = Context, impl = [NodeValue])]
    /// A place of a merchant where things are sold.
    impl Place {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(STORE, self.store.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.store.id.get()) }
            /// What people call it.
            "name" => fn name(&self) -> &str { &self.store.name }
            /// Where it is on the map.
            "location" => fn location(&self) -> Option<&str> { self.store.location.as_deref() }
            /// Where it is reached.
            "phoneNumber" => fn phone_number(&self) -> Option<&str> { self.store.phone_number.as_deref() }
            /// The country, by ISO 3166-1 alpha-2.
            "country" => fn country(&self) -> Option<&str> { self.store.country.as_deref() }
            /// The part of the country.
            "state" => fn state(&self) -> Option<&str> { self.store.state.as_deref() }
            /// The town.
            "city" => fn city(&self) -> Option<&str> { self.store.city.as_deref() }
            /// Street and number.
            "street" => fn street(&self) -> Option<&str> { self.store.street.as_deref() }
            /// The postal code.
            "zipCode" => fn zip_code(&self) -> Option<&str> { self.store.zip_code.as_deref() }
            /// The complete address: the parts that there are of street, `zipCode city` and country.
            "address" => fn address(&self) -> Option<String> { self.store.address() }
            /// The tax on what is sold there, in per cent.
            "taxRate" => fn tax_rate(&self) -> Option<Decimal> { self.store.tax_rate.map(per_cent) }
            /// Its clock, where that is not the merchant's.
            "timeZone" => fn time_zone(&self) -> Option<&str> { self.store.time_zone.map(regulars_merchant::Tz::name) }
            /// When its business day begins, by its clock.
            "dayStartsAt" => fn day_starts_at(&self) -> Time { Time(self.store.day_starts_at) }
            /// Sales older than so many hours earn pending points.
            "lateHours" => fn late_hours(&self) -> i32 { self.store.late_hours }
            /// What a till needs to redeem; null: a code of customers with an account, the loyalty id of others.
            "tillRedemption" => fn till_redemption(&self) -> Option<StoreTillRedemption> {
                self.store.till_redemption.map(Into::into)
            }
            /// Open for business at all; not so while it is shut for the season.
            "isActive" => fn is_active(&self) -> bool { self.store.is_active }
            /// Given up.
            "archived" => fn archived(&self) -> bool { self.store.archived }
            /// The merchant's own fields.
            "extraInfo" => fn extra_info(&self) -> Option<JSONString> {
                self.store.extra_info.as_deref().and_then(JSONString::parse)
            }
            /// When it was put down here.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.store.created_at) }
            /// When it was last changed.
            "updatedAt" => fn updated_at(&self) -> DateTime { DateTime(self.store.updated_at) }
        }
        fields {
            /// Whose it is.
            fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                node::load(context, &self.merchants, self.store.merchant)
            }

            /// The groups it is in.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn groups(
                &self,
                context: &Context,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "pk.")] order_by: Option<String>,
            ) -> Result<Option<StoreGroupNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                let request = PageRequest::<StoreGroupSort>::parse(&paging, "groups")?;
                store_group::of_store(context, &self.level, self.store.id, request).map(Some)
            }

            /// What was bought here, newest first, as far as the asker may see orders.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn orders(
                &self,
                executor: &Executor<'_, '_, Context>,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "createdAt, completedAt, total, pk. Default -pk.")] order_by: Option<String>,
                #[graphql(name = "consumer_Id")] consumer: Option<Id>,
                #[graphql(name = "completedAt_Gte")] completed_at_gte: Option<DateTimeArgument>,
                #[graphql(name = "completedAt_Lt")] completed_at_lt: Option<DateTimeArgument>,
                #[graphql(name = "createdAt_Gte")] created_at_gte: Option<DateTimeArgument>,
                #[graphql(name = "createdAt_Lt")] created_at_lt: Option<DateTimeArgument>,
                #[graphql(description = "Completed within the last so long, by ISO 8601: `P30D`.")] duration: Option<String>,
                state: Option<OrderState>,
                completed: Option<bool>,
                #[graphql(name = "orderType_Id")] order_type: Option<Id>,
                #[graphql(description = "true: archived orders alone, whatever `includeArchived` says.")] archived: Option<bool>,
                #[graphql(description = "true: live and archived ones in one list.")] include_archived: Option<bool>,
            ) -> Result<Option<OrderNodeConnection>, ApiError> {
                let arguments = OrderArguments {
                    consumer,
                    completed_at_gte,
                    completed_at_lt,
                    created_at_gte,
                    created_at_lt,
                    duration,
                    state,
                    completed,
                    order_type,
                    archived,
                    include_archived,
                    ..OrderArguments::default()
                };
                let paging = paging(first, last, before, after, offset, order_by);
                queries::of_store(executor, &self.level, self.store.id, arguments, &paging).map(Some)
            }

            /// Who came by without an order, as recorded, as far as the asker may see orders.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn visits(
                &self,
                executor: &Executor<'_, '_, Context>,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "pk.")] order_by: Option<String>,
            ) -> Result<Option<VisitNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                visit::of_store(executor, &self.level, self.store.id, &paging).map(Some)
            }
        }
    }
}

connection!(
    StoreNodeConnection,
    StoreNodeEdge,
    StoreNode,
    StoreSort,
    "A page of stores.",
    "One of the stores."
);
