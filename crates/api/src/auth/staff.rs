//! What a merchant's people may and where, as fields of their `MerchantNode`; and the list `merchants` of all of them.

use std::collections::{BTreeSet, HashMap};

use regulars_auth::{StaffMember, staff};
use regulars_customer::consumer;
use regulars_kernel::{
    Page, PageRequest, Permission, PersonId, StoreAccess,
    page::{Keyed, PageArguments, SortKey},
};
use regulars_merchant::{StoreGroupSort, StoreSort, merchant};

use super::{
    permission::{self, PermissionNodeConnection},
    role::{self, RoleNodeConnection, RoleSort},
};
use crate::{
    connection::{Count, connection},
    context::Context,
    error::ApiError,
    level::Level,
    merchant::{
        MerchantNode, StoreGroupNodeConnection, StoreNodeConnection,
        node::{self, MerchantUser},
        store, store_group,
    },
};

pub use regulars_auth::staff::StaffSort;

impl Keyed<StaffSort> for MerchantNode {
    fn sort_key(&self, field: StaffSort) -> SortKey {
        match field {
            StaffSort::CreatedAt => SortKey::Int(self.0.since().micros()),
        }
    }

    fn pk(&self) -> i64 {
        self.0.user().id.get()
    }
}

connection!(
    MerchantNodeConnection,
    MerchantNodeEdge,
    MerchantNode,
    StaffSort,
    "A page of a merchant's people.",
    "One of a merchant's people."
);

/// A page of the people of the asker's merchant.
pub(crate) fn list(
    context: &Context,
    paging: &PageArguments,
) -> Result<MerchantNodeConnection, ApiError> {
    let actor = context.actor();
    let own = actor.require(Permission::ChangeStaff)?;
    let page = PageRequest::<StaffSort>::parse(paging, "merchants")?;
    let (found, accounts, merchants) = context.read(|tx| {
        let found = staff::list(tx, actor, &page)?;
        let people: Vec<_> = found.items.iter().map(|member| member.person).collect();
        let accounts = consumer::accounts(tx, actor, &people).map_err(ApiError::from)?;
        let merchants = merchant::list_by_ids(tx, actor, &[own]).map_err(ApiError::from)?;
        Ok::<_, ApiError>((found, accounts, merchants))
    })?;
    let mut accounts: HashMap<_, _> =
        accounts.into_iter().map(|account| (account.id, account)).collect();
    let Page { items, has_next, has_previous } = found;
    let rows = items.into_iter().filter_map(|member| {
        let account = accounts.remove(&member.person)?;
        Some((account, member.created_at))
    });
    let nodes = node::of_staff(rows.collect(), merchants.first());
    let nodes = Page { items: nodes, has_next, has_previous };
    let count = Count::asked(|context| context.read(|tx| staff::count(tx, context.actor())));
    Ok(MerchantNodeConnection::new(nodes, page.order, count))
}

/// What somebody was given, as far as the asker sees it: one statement for a whole level.
fn member(
    context: &Context,
    level: &Level<PersonId>,
    id: PersonId,
) -> Result<Option<StaffMember>, ApiError> {
    context.load(level, "staff", id, |ids| {
        let actor = context.actor();
        let members = context.read(|tx| staff::list_by_ids(tx, actor, ids))?;
        Ok(members.into_iter().map(|member| (member.person, member)).collect())
    })
}

/// The members of a whole level.
fn members(
    context: &Context,
    level: &Level<PersonId>,
    ids: &[PersonId],
) -> Result<Vec<StaffMember>, ApiError> {
    let found = ids.iter().map(|id| member(context, level, *id).transpose());
    found.flatten().collect()
}

impl MerchantUser {
    fn member(&self, context: &Context) -> Result<Option<StaffMember>, ApiError> {
        member(context, self.level(), self.user().id)
    }

    /// Whether they reach every store.
    pub(crate) fn all_stores(&self, context: &Context) -> Result<Option<bool>, ApiError> {
        let member = self.member(context)?;
        Ok(member.map(|member| member.post.stores == StoreAccess::All))
    }

    /// Everything they may.
    pub(crate) fn permissions(
        &self,
        context: &Context,
        paging: &PageArguments,
    ) -> Result<Option<PermissionNodeConnection>, ApiError> {
        let member = self.member(context)?;
        member.map(|member| permission::page(member.post.permissions, paging)).transpose()
    }

    /// What they may beside their roles.
    pub(crate) fn extra_permissions(
        &self,
        context: &Context,
        paging: &PageArguments,
    ) -> Result<Option<PermissionNodeConnection>, ApiError> {
        let member = self.member(context)?;
        member.map(|member| permission::page(member.assignment.permissions, paging)).transpose()
    }

    /// Their roles.
    pub(crate) fn roles(
        &self,
        context: &Context,
        paging: &PageArguments,
    ) -> Result<Option<RoleNodeConnection>, ApiError> {
        let request = PageRequest::<RoleSort>::parse(paging, "roles")?;
        let level = self.level();
        let roles = context.load(level, "roles", self.user().id, |ids| {
            let members = members(context, level, ids)?;
            let all = members.iter().flat_map(|member| member.assignment.roles.iter().copied());
            let all: BTreeSet<_> = all.collect();
            let nodes = role::by_ids(context, &all.into_iter().collect::<Vec<_>>())?;
            let of = |member: StaffMember| {
                let roles = member.assignment.roles.iter().filter_map(|id| nodes.get(id).cloned());
                (member.person, roles.collect::<Vec<_>>())
            };
            Ok(members.into_iter().map(of).collect())
        })?;
        Ok(roles.map(|roles| RoleNodeConnection::cut(roles, request)))
    }

    /// The stores they were given.
    pub(crate) fn stores(
        &self,
        context: &Context,
        paging: &PageArguments,
    ) -> Result<Option<StoreNodeConnection>, ApiError> {
        let request = PageRequest::<StoreSort>::parse(paging, "stores")?;
        let level = self.level();
        let stores = context.load(level, "stores", self.user().id, |ids| {
            let given = |member: &StaffMember| match &member.post.stores {
                StoreAccess::All => Vec::new(),
                StoreAccess::Only(stores) => stores.clone(),
            };
            let members = members(context, level, ids)?;
            let stores = Level::distinct(members.iter().flat_map(given));
            let mut nodes = HashMap::new();
            for member in &members {
                let own = given(member).into_iter();
                let own = own.map(|id| store::load(context, &stores, id).transpose());
                nodes.insert(member.person, own.flatten().collect::<Result<Vec<_>, _>>()?);
            }
            Ok(nodes)
        })?;
        Ok(stores.map(|stores| StoreNodeConnection::cut(stores, request)))
    }

    /// The store groups they were given.
    pub(crate) fn store_groups(
        &self,
        context: &Context,
        paging: &PageArguments,
    ) -> Result<Option<StoreGroupNodeConnection>, ApiError> {
        let request = PageRequest::<StoreGroupSort>::parse(paging, "storeGroups")?;
        let level = self.level();
        let groups = context.load(level, "storeGroups", self.user().id, |ids| {
            let members = members(context, level, ids)?;
            let all = members.iter();
            let all = all.flat_map(|member| member.assignment.store_groups.iter().copied());
            let groups = Level::distinct(all);
            let mut nodes = HashMap::new();
            for member in &members {
                let own = member.assignment.store_groups.iter();
                let own = own.map(|id| store_group::load(context, &groups, *id).transpose());
                nodes.insert(member.person, own.flatten().collect::<Result<Vec<_>, _>>()?);
            }
            Ok(nodes)
        })?;
        Ok(groups.map(|groups| StoreGroupNodeConnection::cut(groups, request)))
    }
}
