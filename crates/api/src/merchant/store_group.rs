//! `StoreGroupNode`: a named set of stores.

use std::{collections::HashMap, sync::Arc};

use regulars_kernel::{
    Actor, MerchantId, PageRequest, StoreGroupId, StoreId,
    page::{Keyed, SortKey},
};
use regulars_merchant::{StoreGroup, StoreGroupSort, StoreSort, store_group};

use super::{
    MerchantNode, node,
    store::{self, StoreNode, StoreNodeConnection},
};
use crate::{
    connection::{connection, paging},
    context::Context,
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    node::NodeValue,
    scalar::DateTime,
};

/// The type name in global ids.
pub const STORE_GROUP: &str = "StoreGroupNode";

/// What groups that were loaded together refer to.
struct Siblings {
    merchants: Arc<Level<MerchantId>>,
    stores: Arc<Level<StoreId>>,
}

/// A group, and what those loaded with it refer to.
#[derive(Clone)]
pub struct Places {
    group: Arc<StoreGroup>,
    siblings: Arc<Siblings>,
}

/// A store group; its scalar fields take the short way.
pub type StoreGroupNode = Fast<Places>;

impl Keyed<StoreGroupSort> for StoreGroupNode {
    fn sort_key(&self, field: StoreGroupSort) -> SortKey {
        match field {}
    }

    fn pk(&self) -> i64 {
        self.0.group.id.get()
    }
}

impl Siblings {
    fn of<'a>(groups: impl Iterator<Item = &'a StoreGroup> + Clone) -> Arc<Self> {
        Arc::new(Self {
            merchants: Level::distinct(groups.clone().map(|group| group.merchant)),
            stores: Level::distinct(groups.flat_map(|group| group.stores.iter().copied())),
        })
    }

    fn node(self: &Arc<Self>, group: StoreGroup) -> StoreGroupNode {
        Fast(Places { group: Arc::new(group), siblings: Arc::clone(self) })
    }
}

/// Nodes of groups that were loaded together.
pub(super) fn together(groups: Vec<StoreGroup>) -> Vec<StoreGroupNode> {
    let siblings = Siblings::of(groups.iter());
    groups.into_iter().map(|group| siblings.node(group)).collect()
}

/// One group; none where the asker sees none of that id.
pub(crate) fn find(
    context: &Context,
    id: StoreGroupId,
) -> Result<Option<StoreGroupNode>, ApiError> {
    load(context, &Level::of([id]), id)
}

/// Groups by id, for nodes of other nouns that refer to them: one statement for a whole level of referring nodes.
pub(crate) fn load(
    context: &Context,
    level: &Level<StoreGroupId>,
    id: StoreGroupId,
) -> Result<Option<StoreGroupNode>, ApiError> {
    context.load(level, STORE_GROUP, id, |ids| {
        let actor = context.actor();
        let groups = context.read(|tx| store_group::list_by_ids(tx, actor, ids))?;
        Ok(together(groups).into_iter().map(|node| (node.0.group.id, node)).collect())
    })
}

/// The groups of one of the stores of a level.
pub(super) fn of_store(
    context: &Context,
    level: &Level<StoreId>,
    id: StoreId,
    request: PageRequest<StoreGroupSort>,
) -> Result<StoreGroupNodeConnection, ApiError> {
    let groups = context.load(level, "groups", id, |ids| {
        let actor = context.actor();
        let groups = context.read(|tx| store_group::per_store(tx, actor, ids))?;
        let siblings = Siblings::of(groups.iter().flat_map(|(_store, groups)| groups));
        let nodes = groups.into_iter().map(|(store, groups)| {
            (store, groups.into_iter().map(|group| siblings.node(group)).collect())
        });
        Ok(nodes.collect::<HashMap<StoreId, Vec<StoreGroupNode>>>())
    })?;
    Ok(StoreGroupNodeConnection::cut(groups.unwrap_or_default(), request))
}

impl Places {
    /// The group's stores that a list would show the asker.
    fn listed(&self, context: &Context) -> Result<Vec<StoreNode>, ApiError> {
        let consumer = matches!(context.actor(), Actor::Consumer { .. });
        let mut listed = Vec::with_capacity(self.group.stores.len());
        for id in &self.group.stores {
            let node = store::load(context, &self.siblings.stores, *id)?;
            listed.extend(node.filter(|node| {
                let store = node.0.store();
                if consumer { store.is_live() } else { !store.archived }
            }));
        }
        Ok(listed)
    }
}

crate::fast_object! {
    #[graphql(name = "StoreGroupNode", context = Context, impl = [NodeValue])]
    /// A named set of stores, for promotions that run in several places.
    impl Places {
        leaves {
            /// The global id.
            "id" => fn id(&self) -> Id { Id::global(STORE_GROUP, self.group.id.get()) }
            /// The primary key; null past 32 bits.
            "pk" => fn pk(&self) -> Option<i32> { pk_field(self.group.id.get()) }
            /// What people call it.
            "name" => fn name(&self) -> &str { &self.group.name }
            /// When it was made.
            "createdAt" => fn created_at(&self) -> DateTime { DateTime(self.group.created_at) }
            /// When it was last changed.
            "updatedAt" => fn updated_at(&self) -> DateTime { DateTime(self.group.updated_at) }
        }
        fields {
            /// Whose it is.
            fn merchant(&self, context: &Context) -> Result<Option<MerchantNode>, ApiError> {
                node::load(context, &self.siblings.merchants, self.group.merchant)
            }

            /// Its stores.
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn stores(
                &self,
                context: &Context,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "name, createdAt, pk. Default pk.")] order_by: Option<String>,
            ) -> Result<Option<StoreNodeConnection>, ApiError> {
                let paging = paging(first, last, before, after, offset, order_by);
                let request = PageRequest::<StoreSort>::parse(&paging, "stores")?;
                Ok(Some(StoreNodeConnection::cut(self.listed(context)?, request)))
            }
        }
    }
}

connection!(
    StoreGroupNodeConnection,
    StoreGroupNodeEdge,
    StoreGroupNode,
    StoreGroupSort,
    "A page of store groups.",
    "One of the store groups."
);
