//! `stores`, `store`, `storeGroups`, `storeGroup`, `products` and `product`.

use regulars_kernel::{Page, PageRequest, ProductId, StoreGroupId, StoreId, page::PageArguments};
use regulars_merchant::{
    Archived, ProductFilter, ProductSort, StoreFilter, StoreGroupSort, StoreSort,
    product as products_of, store as stores_of, store_group as groups_of,
};

use super::{
    ProductNode, StoreGroupNode, StoreGroupNodeConnection, StoreNode, StoreNodeConnection,
    product::{self, PRODUCT, ProductNodeConnection},
    store::{self, STORE},
    store_group::{self, STORE_GROUP},
};
use crate::connection::Count;
use crate::{
    argument::pk, context::Context, customer::choice::UserEntitySource, error::ApiError,
    global_id::Id,
};

/// The filters of `stores`, as they came in.
#[derive(Clone, Debug, Default)]
pub(crate) struct StoreArguments {
    pub(crate) name: Option<String>,
    pub(crate) name_icontains: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) city_icontains: Option<String>,
    pub(crate) is_active: Option<bool>,
    pub(crate) archived: Option<bool>,
    pub(crate) include_archived: Option<bool>,
}

/// A page of the stores that the asker lists.
pub(crate) fn stores(
    context: &Context,
    arguments: StoreArguments,
    paging: &PageArguments,
) -> Result<StoreNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require_known()?;
    let page = PageRequest::<StoreSort>::parse(paging, "stores")?;
    let filter = StoreFilter {
        name: arguments.name,
        name_icontains: arguments.name_icontains,
        city: arguments.city,
        city_icontains: arguments.city_icontains,
        is_active: arguments.is_active,
        archived: Archived::asked(arguments.archived, arguments.include_archived),
    };
    let found = context.read(|tx| stores_of::list(tx, actor, filter.clone(), &page))?;
    let Page { items, has_next, has_previous } = found;
    let nodes = Page { items: store::together(items), has_next, has_previous };
    let count = Count::asked(move |context| {
        context.read(|tx| stores_of::count(tx, context.actor(), filter.clone()))
    });
    Ok(StoreNodeConnection::new(nodes, page.order, count))
}

/// One store; an error with the code `does_not_exist` where the asker sees none of that id.
pub(crate) fn store(context: &Context, id: &Id) -> Result<StoreNode, ApiError> {
    let pk = pk("id", id, STORE)?;
    let actor = context.actor();
    let found = context
        .read(|tx| stores_of::get(tx, actor, StoreId::new(pk)))
        .map_err(|error| error.about("id"))?;
    store::together(vec![found]).pop().ok_or(ApiError::absent("id"))
}

/// A page of the store groups that the asker lists.
pub(crate) fn store_groups(
    context: &Context,
    paging: &PageArguments,
) -> Result<StoreGroupNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require_known()?;
    let page = PageRequest::<StoreGroupSort>::parse(paging, "storeGroups")?;
    let found = context.read(|tx| groups_of::list(tx, actor, &page))?;
    let Page { items, has_next, has_previous } = found;
    let nodes = Page { items: store_group::together(items), has_next, has_previous };
    let count = Count::asked(|context| context.read(|tx| groups_of::count(tx, context.actor())));
    Ok(StoreGroupNodeConnection::new(nodes, page.order, count))
}

/// One store group; an error with the code `does_not_exist` where the asker sees none of that id.
pub(crate) fn store_group(context: &Context, id: &Id) -> Result<StoreGroupNode, ApiError> {
    let pk = pk("id", id, STORE_GROUP)?;
    store_group::find(context, StoreGroupId::new(pk))?.ok_or(ApiError::absent("id"))
}

/// The filters of `products`, as they came in.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProductArguments {
    pub(crate) name: Option<String>,
    pub(crate) name_icontains: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) category_icontains: Option<String>,
    pub(crate) entity_source: Option<UserEntitySource>,
    pub(crate) entity_source_id: Option<String>,
    pub(crate) archived: Option<bool>,
    pub(crate) include_archived: Option<bool>,
}

/// A page of the products of the asker's merchant.
pub(crate) fn products(
    context: &Context,
    arguments: ProductArguments,
    paging: &PageArguments,
) -> Result<ProductNodeConnection, ApiError> {
    let actor = context.actor();
    actor.require_known()?;
    let page = PageRequest::<ProductSort>::parse(paging, "products")?;
    let filter = ProductFilter {
        name: arguments.name,
        name_icontains: arguments.name_icontains,
        category: arguments.category,
        category_icontains: arguments.category_icontains,
        entity_source: arguments.entity_source.and_then(UserEntitySource::to_domain),
        entity_source_id: arguments.entity_source_id,
        archived: Archived::asked(arguments.archived, arguments.include_archived),
    };
    let found = context.read(|tx| products_of::list(tx, actor, filter.clone(), &page))?;
    let Page { items, has_next, has_previous } = found;
    let nodes = Page { items: product::together(items), has_next, has_previous };
    let count = Count::asked(move |context| {
        context.read(|tx| products_of::count(tx, context.actor(), filter.clone()))
    });
    Ok(ProductNodeConnection::new(nodes, page.order, count))
}

/// One product; an error with the code `does_not_exist` where the asker sees none of that id.
pub(crate) fn product(context: &Context, id: &Id) -> Result<ProductNode, ApiError> {
    let pk = pk("id", id, PRODUCT)?;
    product::find(context, ProductId::new(pk))?.ok_or(ApiError::absent("id"))
}
