//! From an access token to the one who asks.

use regulars_customer::UserType;
use regulars_kernel::{
    Actor, MerchantId, Permissions, PersonId, StoreAccess, StoreError, SystemRole,
};

use crate::{AuthStore, token::Claims};

/// A job at a merchant: what follows from everything that its holder was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The tenant.
    pub merchant: MerchantId,
    /// Whether they own it.
    pub owner: bool,
    /// What they may.
    pub permissions: Permissions,
    /// Where they may.
    pub stores: StoreAccess,
}

impl Post {
    /// An owner's: everything, everywhere.
    pub fn owner(merchant: MerchantId) -> Self {
        let permissions = SystemRole::Owner.permissions();
        Self { merchant, owner: true, permissions, stores: StoreAccess::All }
    }

    /// What is allowed by both, where both allow it; it owns nothing.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        Self {
            merchant: self.merchant,
            owner: false,
            permissions: self.permissions.within(other.permissions),
            stores: self.stores.within(&other.stores),
        }
    }

    /// What follows from system roles, from further permissions and from stores.
    pub fn of(
        merchant: MerchantId,
        system_roles: &[SystemRole],
        permissions: Permissions,
        stores: StoreAccess,
    ) -> Self {
        if system_roles.contains(&SystemRole::Owner) {
            return Self::owner(merchant);
        }
        let of_roles = system_roles.iter().map(|role| role.permissions());
        let permissions = of_roles.fold(permissions, Permissions::with);
        Self { merchant, owner: false, permissions, stores }
    }
}

/// How an account and one of its sessions stand now: all that decides who an access token's bearer is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column with a meaning of its own")]
pub struct LoginStanding {
    /// The account.
    pub person: PersonId,
    /// A consumer or one of a merchant's people.
    pub user_type: UserType,
    /// What the tokens of today carry.
    pub token_version: i64,
    /// Not deleted.
    pub active: bool,
    /// Put away by themselves until they log in again.
    pub archived: bool,
    /// One of the platform's people.
    pub staff: bool,
    /// One of the platform's people who may do everything there.
    pub admin: bool,
    /// Their job, where they work for a merchant.
    pub post: Option<Post>,
    /// The session exists, is this account's, and was not revoked.
    pub session_live: bool,
}

impl LoginStanding {
    /// Whether a token with these claims is in force. Its signature and its time are judged before.
    pub fn honours(&self, claims: &Claims) -> bool {
        self.person == claims.person
            && self.token_version == claims.token_version
            && self.active
            && !self.archived
            && self.session_live
    }

    /// Who that is. Platform staff come first; one of a merchant's people without a job is nobody.
    pub fn into_actor(self) -> Actor {
        let person = self.person;
        if self.staff || self.admin {
            return Actor::Platform { person };
        }
        match (self.user_type, self.post) {
            (UserType::Consumer, _) => Actor::Consumer { person },
            (UserType::Merchant, Some(Post { merchant, owner, permissions, stores })) => {
                Actor::Staff { person, merchant, owner, permissions, stores }
            }
            (UserType::Merchant, None) => Actor::Anonymous,
        }
    }
}

/// Who asks, by a token that [`crate::Authority::read`] has read. One look-up; a token that is not in force makes its
/// bearer anonymous, as none does.
pub fn resolve(tx: &mut impl AuthStore, claims: &Claims) -> Result<Actor, StoreError> {
    let standing = tx.find_standing(claims.person, claims.session)?;
    Ok(standing
        .filter(|standing| standing.honours(claims))
        .map_or(Actor::Anonymous, LoginStanding::into_actor))
}
