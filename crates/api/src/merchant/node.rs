//! `MerchantNode`: a merchant's user, and with it the merchant.
//!
//! A tenant carries the number of the account that founded it, so one node serves both. Its own people see the account;
//! everybody else sees what is public of the merchant: its name, its trade, its logo.

use std::{collections::HashMap, sync::Arc};

use regulars_customer::{Consumer, MerchantType, Profile, UserType, consumer, person::Kind};
use regulars_kernel::{MerchantId, PersonId, Timestamp};
use regulars_merchant::{Merchant, merchant};

use crate::{
    auth::{PermissionNodeConnection, RoleNodeConnection},
    connection::paging,
    context::Context,
    customer::{
        choice::{UserCountry, UserEntitySource, UserGender, UserMerchantType, UserUserType},
        user::{IUserNodeValue, USER, user_object},
    },
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    merchant::{StoreGroupNodeConnection, StoreNodeConnection},
    node::NodeValue,
    scalar::{Date, DateTime, JSONString},
};

/// A merchant's user.
#[derive(Clone)]
pub struct MerchantUser {
    user: Consumer,
    /// The merchant's own name; none for staff.
    name: Option<String>,
    /// Since when they work for the merchant, in a list of staff; else since when they have an account.
    since: Timestamp,
    /// Those who were loaded with them.
    level: Arc<Level<PersonId>>,
}

/// A merchant's user; its scalar fields take the short way.
pub type MerchantNode = Fast<MerchantUser>;

impl MerchantUser {
    pub(crate) const fn user(&self) -> &Consumer {
        &self.user
    }

    pub(crate) const fn since(&self) -> Timestamp {
        self.since
    }

    pub(crate) fn level(&self) -> &Level<PersonId> {
        &self.level
    }

    fn node(user: Consumer, name: Option<String>, level: &Arc<Level<PersonId>>) -> MerchantNode {
        Fast(Self { since: user.created_at, user, name, level: Arc::clone(level) })
    }
}

/// The node of an account that the asker sees.
pub(crate) fn of_account(user: Consumer) -> MerchantNode {
    let level = Level::of([user.id]);
    MerchantUser::node(user, None, &level)
}

/// The nodes of a merchant's people, each with the time since when they work there, in the same order.
pub(crate) fn of_staff(
    people: Vec<(Consumer, Timestamp)>,
    merchant: Option<&Merchant>,
) -> Vec<MerchantNode> {
    let level = Level::distinct(people.iter().map(|(user, _)| user.id));
    let node = |(user, since): (Consumer, Timestamp)| {
        let founded = merchant.filter(|merchant| merchant.id.founder() == user.id);
        let name = founded.map(|merchant| merchant.name.clone());
        Fast(MerchantUser { user, name, since, level: Arc::clone(&level) })
    };
    people.into_iter().map(node).collect()
}

/// One merchant.
pub(crate) fn find(context: &Context, id: MerchantId) -> Result<Option<MerchantNode>, ApiError> {
    let level = Level::of([id]);
    load(context, &level, id)
}

/// Merchants by id, for nodes of other nouns that refer to them: two statements for a whole level.
pub(crate) fn load(
    context: &Context,
    level: &Level<MerchantId>,
    id: MerchantId,
) -> Result<Option<MerchantNode>, ApiError> {
    context.load(level, "MerchantNode", id, |ids| {
        let actor = context.actor();
        let founders: Vec<_> = ids.iter().map(|id| id.founder()).collect();
        let (merchants, accounts) = context.read(|tx| {
            let merchants = merchant::list_by_ids(tx, actor, ids).map_err(ApiError::from)?;
            let accounts = consumer::accounts(tx, actor, &founders).map_err(ApiError::from)?;
            Ok::<_, ApiError>((merchants, accounts))
        })?;
        let mut accounts: HashMap<_, _> =
            accounts.into_iter().map(|account| (account.id, account)).collect();
        let level = Level::distinct(founders);
        let node = |merchant: Merchant| {
            let account = accounts.remove(&merchant.id.founder());
            let user = account.unwrap_or_else(|| public(&merchant));
            (merchant.id, MerchantUser::node(user, Some(merchant.name), &level))
        };
        Ok(merchants.into_iter().map(node).collect())
    })
}

/// The accounts of merchants' people, for nodes of other nouns that refer to them: one statement for a whole level.
/// Consumers see nobody's.
pub(crate) fn load_account(
    context: &Context,
    level: &Level<PersonId>,
    id: PersonId,
) -> Result<Option<MerchantNode>, ApiError> {
    context.load(level, "account", id, |ids| {
        let actor = context.actor();
        let accounts = context.read(|tx| consumer::accounts(tx, actor, ids))?;
        let level = Level::distinct(accounts.iter().map(|account| account.id));
        let node = |account: Consumer| (account.id, MerchantUser::node(account, None, &level));
        Ok(accounts.into_iter().map(node).collect())
    })
}

/// What everybody sees of a merchant, as a user.
fn public(merchant: &Merchant) -> Consumer {
    let profile = Profile { firstname: merchant.name.clone(), ..Profile::default() };
    Consumer {
        id: merchant.id.founder(),
        merchant: None,
        kind: Kind::Registered,
        user_type: UserType::Merchant,
        profile,
        verified: false,
        loyalty_id: None,
        merchant_type: merchant.merchant_type.as_deref().and_then(MerchantType::from_name),
        logo: merchant.logo.clone(),
        creator: None,
        sharing: None,
        extra_info: None,
        num_of_order_discounts_allowed: merchant.num_of_order_discounts_allowed,
        entity_source: None,
        entity_source_id: None,
        staff: false,
        admin: false,
        active: true,
        archived: false,
        left: false,
        merged_into: None,
        named_as: None,
        deleted_at: None,
        last_login: None,
        created_at: merchant.created_at,
        updated_at: merchant.updated_at,
    }
}

user_object! {
    #[graphql(name = "MerchantNode")]
    /// A merchant's user: the founder, who stands for the merchant, or one of the staff.
    impl MerchantUser {
        leaves {
            /// The merchant's name; null for staff.
            "name" => fn name(&self) -> Option<&str> { self.name.as_deref() }
        }
        fields {
            /// Null: merchants sign up by themselves.
            fn creator(&self) -> Option<IUserNodeValue> {
                None
            }

            /// Null: merchants earn no points.
            fn points_earned(&self) -> Option<i32> {
                None
            }

            /// Whether they work in every store, future ones included. Null for whoever neither is this one nor may
            /// change staff, as are the other rights.
            #[graphql(name = "allStores")]
            fn works_everywhere(&self, context: &Context) -> Result<Option<bool>, ApiError> {
                self.all_stores(context)
            }

            /// The stores they were given, singly or in groups; none for whoever works in every store.
            #[graphql(name = "stores")]
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn given_stores(
                &self,
                context: &Context,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "name, createdAt, pk. Default pk.")] order_by: Option<String>,
            ) -> Result<Option<StoreNodeConnection>, ApiError> {
                self.stores(context, &paging(first, last, before, after, offset, order_by))
            }

            /// The store groups they were given.
            #[graphql(name = "storeGroups")]
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn given_store_groups(
                &self,
                context: &Context,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "pk.")] order_by: Option<String>,
            ) -> Result<Option<StoreGroupNodeConnection>, ApiError> {
                self.store_groups(context, &paging(first, last, before, after, offset, order_by))
            }

            /// Their roles.
            #[graphql(name = "roles")]
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn given_roles(
                &self,
                context: &Context,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "pk.")] order_by: Option<String>,
            ) -> Result<Option<RoleNodeConnection>, ApiError> {
                self.roles(context, &paging(first, last, before, after, offset, order_by))
            }

            /// Everything they may, by their roles and beside them.
            #[graphql(name = "permissions")]
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn all_permissions(
                &self,
                context: &Context,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "pk.")] order_by: Option<String>,
            ) -> Result<Option<PermissionNodeConnection>, ApiError> {
                self.permissions(context, &paging(first, last, before, after, offset, order_by))
            }

            /// What they may beside their roles.
            #[graphql(name = "extraPermissions")]
            #[expect(clippy::too_many_arguments, reason = "GraphQL arguments are a flat list")]
            fn given_permissions(
                &self,
                context: &Context,
                first: Option<i32>,
                last: Option<i32>,
                before: Option<String>,
                after: Option<String>,
                offset: Option<i32>,
                #[graphql(description = "pk.")] order_by: Option<String>,
            ) -> Result<Option<PermissionNodeConnection>, ApiError> {
                self.extra_permissions(context, &paging(first, last, before, after, offset, order_by))
            }
        }
    }
}
