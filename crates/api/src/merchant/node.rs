//! `MerchantNode`: a merchant's user, and with it the merchant.
//!
//! A tenant carries the number of the account that founded it, so one node serves both. Its own people see the account;
//! everybody else sees what is public of the merchant: its name, its trade, its logo.

use std::collections::HashMap;

use regulars_customer::{Consumer, MerchantType, Profile, UserType, consumer, person::Kind};
use regulars_kernel::{MerchantId, PersonId};
use regulars_merchant::{Merchant, merchant};

use crate::{
    context::Context,
    customer::{
        choice::{UserCountry, UserEntitySource, UserGender, UserMerchantType, UserUserType},
        user::{IUserNodeValue, USER, user_object},
    },
    error::ApiError,
    fast::Fast,
    global_id::{Id, pk_field},
    level::Level,
    node::NodeValue,
    scalar::{Date, DateTime, JSONString},
};

/// A merchant's user.
#[derive(Clone)]
pub struct MerchantUser {
    user: Consumer,
    /// The merchant's own name; none for staff.
    name: Option<String>,
}

/// A merchant's user; its scalar fields take the short way.
pub type MerchantNode = Fast<MerchantUser>;

impl MerchantUser {
    pub(crate) const fn user(&self) -> &Consumer {
        &self.user
    }
}

/// The node of an account that the asker sees.
pub(crate) const fn of_account(user: Consumer) -> MerchantNode {
    Fast(MerchantUser { user, name: None })
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
        let node = |merchant: Merchant| {
            let account = accounts.remove(&merchant.id.founder());
            let user = account.unwrap_or_else(|| public(&merchant));
            (merchant.id, Fast(MerchantUser { user, name: Some(merchant.name) }))
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
        Ok(accounts.into_iter().map(|account| (account.id, of_account(account))).collect())
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
        }
    }
}
