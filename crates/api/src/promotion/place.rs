//! Where promotions run and what they are about: stores, store groups and products of rows that were loaded together.

use std::sync::Arc;

use regulars_kernel::{PageRequest, ProductId, StoreGroupId, StoreId, page::PageArguments};
use regulars_merchant::{ProductSort, StoreGroupSort, StoreSort};
use regulars_promotion::Places;

use crate::{
    context::Context,
    error::ApiError,
    level::Level,
    merchant::{
        StoreGroupNodeConnection, StoreNodeConnection,
        product::{self, ProductNodeConnection},
        store, store_group,
    },
};

/// The stores, groups and products that rows loaded together name.
pub struct Referred {
    stores: Arc<Level<StoreId>>,
    groups: Arc<Level<StoreGroupId>>,
    products: Arc<Level<ProductId>>,
}

impl Referred {
    /// Those of some places and products.
    pub(crate) fn by<'a>(
        places: impl Iterator<Item = &'a Places> + Clone,
        products: impl Iterator<Item = &'a ProductId>,
    ) -> Arc<Self> {
        Arc::new(Self {
            stores: Level::distinct(places.clone().flat_map(|row| row.stores.iter().copied())),
            groups: Level::distinct(places.flat_map(|row| row.groups.iter().copied())),
            products: Level::distinct(products.copied()),
        })
    }

    /// A page of those of a row's stores that the asker sees.
    pub(crate) fn stores(
        &self,
        context: &Context,
        ids: &[StoreId],
        paging: &PageArguments,
    ) -> Result<StoreNodeConnection, ApiError> {
        let request = PageRequest::<StoreSort>::parse(paging, "stores")?;
        let load = |id| store::load(context, &self.stores, id);
        Ok(StoreNodeConnection::cut(all(ids, load)?, request))
    }

    /// A page of those of a row's groups that the asker sees.
    pub(crate) fn groups(
        &self,
        context: &Context,
        ids: &[StoreGroupId],
        paging: &PageArguments,
    ) -> Result<StoreGroupNodeConnection, ApiError> {
        let request = PageRequest::<StoreGroupSort>::parse(paging, "storeGroups")?;
        let load = |id| store_group::load(context, &self.groups, id);
        Ok(StoreGroupNodeConnection::cut(all(ids, load)?, request))
    }

    /// A page of those of a row's products that the asker sees.
    pub(crate) fn products(
        &self,
        context: &Context,
        ids: &[ProductId],
        paging: &PageArguments,
    ) -> Result<ProductNodeConnection, ApiError> {
        let request = PageRequest::<ProductSort>::parse(paging, "products")?;
        let load = |id| product::load(context, &self.products, id);
        Ok(ProductNodeConnection::cut(all(ids, load)?, request))
    }
}

/// The nodes that there are: a row names few, and its whole level is loaded at once.
fn all<K: Copy, N>(
    ids: &[K],
    load: impl Fn(K) -> Result<Option<N>, ApiError>,
) -> Result<Vec<N>, ApiError> {
    ids.iter().filter_map(|id| load(*id).transpose()).collect()
}

/// Makes a [`fast_object!`](crate::fast_object) of a type with `referred`: its own leaves and fields, and the lists of
/// where it runs (`$places` is an expression of a row's [`Places`]).
macro_rules! placed_object {
    (
        #[graphql(name = $name:literal, impl = [$($interface:ident),+], places = |$row:ident| $places:expr)]
        $(#[$meta:meta])*
        impl $type:ident {
            leaves { $($leaves:tt)* }
            fields { $($fields:tt)* }
        }
    ) => {
        impl $type {
            fn places(&self) -> &::regulars_promotion::Places {
                let $row = &self.row;
                &$places
            }
        }

        $crate::fast_object! {
            #[graphql(name = $name, context = Context, impl = [$($interface),+])]
            $(#[$meta])*
            impl $type {
                leaves { $($leaves)* }
                fields {
                    /// Where it runs: in these stores and in those of its groups; with neither, everywhere.
                    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
                    fn stores(
                        &self,
                        context: &Context,
                        first: Option<i32>,
                        last: Option<i32>,
                        before: Option<String>,
                        after: Option<String>,
                        offset: Option<i32>,
                        #[graphql(description = "name, createdAt, pk. Default pk.")]
                        order_by: Option<String>,
                    ) -> Result<Option<$crate::merchant::StoreNodeConnection>, ApiError> {
                        let paging =
                            $crate::connection::paging(first, last, before, after, offset, order_by);
                        self.referred.stores(context, &self.places().stores, &paging).map(Some)
                    }

                    /// The groups of stores where it runs.
                    #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
                    fn store_groups(
                        &self,
                        context: &Context,
                        first: Option<i32>,
                        last: Option<i32>,
                        before: Option<String>,
                        after: Option<String>,
                        offset: Option<i32>,
                        #[graphql(description = "pk alone.")] order_by: Option<String>,
                    ) -> Result<Option<$crate::merchant::StoreGroupNodeConnection>, ApiError> {
                        let paging =
                            $crate::connection::paging(first, last, before, after, offset, order_by);
                        self.referred.groups(context, &self.places().groups, &paging).map(Some)
                    }
                    $($fields)*
                }
            }
        }
    };
}
pub(crate) use placed_object;
