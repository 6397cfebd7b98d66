//! `ProductNode`: something a merchant sells.

use std::sync::Arc;

use regulars_kernel::{
    MerchantId, ProductId,
    page::{Keyed, SortKey},
};
use regulars_merchant::{Product, ProductSort, product};

use super::{MerchantNode, node};
use crate::{
    connection::connection,
    context::Context,
    customer::choice::UserEntitySource,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    node::NodeValue,
    scalar::{DateTime, Decimal, JSONString},
};

/// The type name in global ids.
pub const PRODUCT: &str = "ProductNode";

/// A product, and the merchants of those loaded with it.
#[derive(Clone)]
pub struct Ware {
    product: Arc<Product>,
    merchants: Arc<Level<MerchantId>>,
}

/// A product; its scalar fields take the short way.
pub type ProductNode = Fast<Ware>;

/// Nodes of products that were loaded together.
pub(crate) fn together(products: Vec<Product>) -> Vec<ProductNode> {
    let merchants = Level::distinct(products.iter().map(|product| product.merchant));
    let node = |product| Ware { product: Arc::new(product), merchants: Arc::clone(&merchants) };
    products.into_iter().map(node).map(Fast).collect()
}

/// One product; none where the asker sees none of that id.
pub(crate) fn find(context: &Context, id: ProductId) -> Result<Option<ProductNode>, ApiError> {
    load(context, &Level::of([id]), id)
}

/// Products by id, for nodes of other nouns that refer to them: one statement for a whole level of referring nodes.
pub(crate) fn load(
    context: &Context,
    level: &Level<ProductId>,
    id: ProductId,
) -> Result<Option<ProductNode>, ApiError> {
    context.load(level, PRODUCT, id, |ids| {
        let actor = context.actor();
        let products = context.read(|tx| product::list_by_ids(tx, actor, ids))?;
        Ok(together(products).into_iter().map(|node| (node.0.product.id, node)).collect())
    })
}

crate::fast_object! {
    #[graphql(name = "ProductNode", context = Context, impl = [NodeValue])]
    /// Something a merchant sells.
    impl Ware {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(PRODUCT, self.product.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.product.id.get()) }
            /// What people call it.
            "name" => fn name(&self) -> &str { &self.product.name }
            /// What one costs.
            "price" => fn price(&self) -> Decimal { self.product.price.into() }
            /// The currency of the price.
            "priceCurrency" => fn price_currency(&self) -> &str { self.product.price.currency().code() }
            /// The shelf it stands on.
            "category" => fn category(&self) -> Option<&str> { self.product.category.as_deref() }
            /// The system that it came from; null where it was made here.
            "entitySource" => fn entity_source(&self) -> Option<UserEntitySource> {
                self.product.entity_source.and_then(|source| UserEntitySource::of_name(source.name()))
            }
            /// Its id there.
            "entitySourceId" => fn entity_source_id(&self) -> Option<&str> {
                self.product.entity_source_id.as_deref()
            }
            /// No longer sold.
            "archived" => fn archived(&self) -> bool { self.product.archived }
            /// The merchant's own fields.
            "extraInfo" => fn extra_info(&self) -> Option<JSONString> {
                self.product.extra_info.as_deref().and_then(JSONString::parse)
            }
            /// When it was put down here.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.product.created_at) }
            /// When it was last changed.
            "updatedAt" => fn updated_at(&self) -> DateTime { DateTime(self.product.updated_at) }
        }
        fields {
            /// Whose it is.
            fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                node::load(context, &self.merchants, self.product.merchant)
            }
        }
    }
}

impl Keyed<ProductSort> for ProductNode {
    fn sort_key(&self, field: ProductSort) -> SortKey {
        self.0.product.sort_key(field)
    }

    fn pk(&self) -> i64 {
        self.0.product.id.get()
    }
}

connection!(
    ProductNodeConnection,
    ProductNodeEdge,
    ProductNode,
    ProductSort,
    "A page of products.",
    "One of the products."
);
