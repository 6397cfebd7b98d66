//! Who asks, and what they may. The first line of every use case is [`Actor::require`].

use crate::{MerchantId, PersonId, Scope, StoreId};

/// What a role may allow. The codenames are part of the API and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// See customers and what they own.
    ViewConsumer,
    /// Create, change and archive customers.
    ChangeConsumer,
    /// Identify anyone by their exact loyalty id.
    IdentifyConsumer,
    /// See orders.
    ViewOrder,
    /// Make and confirm redemptions for customers.
    Redeem,
}

impl Permission {
    /// Every permission there is, in the order of the documentation.
    pub const ALL: [Self; 5] = [
        Self::ViewConsumer,
        Self::ChangeConsumer,
        Self::IdentifyConsumer,
        Self::ViewOrder,
        Self::Redeem,
    ];

    /// The name in the API and in the database.
    pub const fn codename(self) -> &'static str {
        match self {
            Self::ViewConsumer => "view_consumer",
            Self::ChangeConsumer => "change_consumer",
            Self::IdentifyConsumer => "identify_consumer",
            Self::ViewOrder => "view_order",
            Self::Redeem => "redeem",
        }
    }
}

/// A fixed bundle of permissions of a merchant's people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything, in every store.
    Owner,
    /// A till: sees and identifies customers, sees orders, redeems; own stores only.
    Cashier,
}

impl Role {
    /// The name in the database.
    pub const fn codename(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Cashier => "cashier",
        }
    }

    /// The role of that name.
    pub fn from_codename(name: &str) -> Option<Self> {
        [Self::Owner, Self::Cashier].into_iter().find(|role| role.codename() == name)
    }

    /// Whether the role includes a permission.
    pub const fn allows(self, permission: Permission) -> bool {
        match self {
            Self::Owner => true,
            Self::Cashier => !matches!(permission, Permission::ChangeConsumer),
        }
    }
}

/// The stores whose orders and visits a member of staff may see and touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreAccess {
    /// Every store of the merchant, future ones included.
    All,
    /// These alone.
    Only(Vec<StoreId>),
}

impl StoreAccess {
    /// Whether a store is within reach.
    pub fn includes(&self, store: StoreId) -> bool {
        match self {
            Self::All => true,
            Self::Only(stores) => stores.contains(&store),
        }
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody known: may sign up and log in, nothing else.
    Anonymous,
    /// A registered consumer, asking for themselves.
    Consumer {
        /// The person.
        person: PersonId,
    },
    /// One of a merchant's people.
    Staff {
        /// The person.
        person: PersonId,
        /// The tenant they work for.
        merchant: MerchantId,
        /// What they may.
        role: Role,
        /// Where they may.
        stores: StoreAccess,
    },
    /// One of the platform's own people.
    Platform {
        /// The person.
        person: PersonId,
    },
    /// A caller without a user: a worker, or a program that embeds the domain crates. May everything at one merchant.
    System {
        /// The tenant.
        merchant: MerchantId,
    },
}

/// This kind of actor or role may never use this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("permission denied")]
pub struct Denied;

impl Actor {
    /// A caller without a user that may do everything at one merchant.
    pub const fn system(merchant: MerchantId) -> Self {
        Self::System { merchant }
    }

    /// Passes where the actor holds the permission at a merchant and answers that merchant. Consumers, platform staff
    /// (who have no merchant of their own) and anonymous callers are denied.
    pub fn require(&self, permission: Permission) -> Result<MerchantId, Denied> {
        match self {
            Self::Staff { merchant, role, .. } if role.allows(permission) => Ok(*merchant),
            Self::System { merchant } => Ok(*merchant),
            Self::Anonymous
            | Self::Consumer { .. }
            | Self::Staff { .. }
            | Self::Platform { .. } => Err(Denied),
        }
    }

    /// Passes for a registered consumer and answers who that is.
    pub const fn require_consumer(&self) -> Result<PersonId, Denied> {
        match self {
            Self::Consumer { person } => Ok(*person),
            Self::Anonymous | Self::Staff { .. } | Self::Platform { .. } | Self::System { .. } => {
                Err(Denied)
            }
        }
    }

    /// Passes for anyone who is known, and answers the scope their transactions run in.
    pub const fn require_known(&self) -> Result<Scope, Denied> {
        match self {
            Self::Anonymous => Err(Denied),
            Self::Consumer { person } => Ok(Scope::Person(*person)),
            Self::Staff { merchant, .. } | Self::System { merchant } => {
                Ok(Scope::Merchant(*merchant))
            }
            Self::Platform { .. } => Ok(Scope::Platform),
        }
    }

    /// Passes for whoever has lists of what merchants offer: a merchant's people, who see everything of their merchant,
    /// and consumers. Platform staff have no merchant whose rows a list could show: they ask by id.
    pub const fn require_lister(&self) -> Result<(), Denied> {
        match self {
            Self::Consumer { .. } | Self::Staff { .. } | Self::System { .. } => Ok(()),
            Self::Anonymous | Self::Platform { .. } => Err(Denied),
        }
    }

    /// The merchant that the actor acts for.
    pub const fn merchant(&self) -> Option<MerchantId> {
        match self {
            Self::Staff { merchant, .. } | Self::System { merchant } => Some(*merchant),
            Self::Anonymous | Self::Consumer { .. } | Self::Platform { .. } => None,
        }
    }

    /// The person who acts; none for anonymous callers and workers.
    pub const fn person(&self) -> Option<PersonId> {
        match self {
            Self::Consumer { person } | Self::Staff { person, .. } | Self::Platform { person } => {
                Some(*person)
            }
            Self::Anonymous | Self::System { .. } => None,
        }
    }

    /// The stores of the merchant that the actor may see orders of; consumers see their own orders of every store.
    pub const fn stores(&self) -> Option<&StoreAccess> {
        match self {
            Self::Staff { stores, .. } => Some(stores),
            Self::Anonymous
            | Self::Consumer { .. }
            | Self::Platform { .. }
            | Self::System { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staff(role: Role) -> Actor {
        let stores = StoreAccess::Only(vec![StoreId::new(1)]);
        Actor::Staff { person: PersonId::new(2), merchant: MerchantId::new(1), role, stores }
    }

    #[test]
    fn roles_hold_what_the_documentation_says() {
        for permission in Permission::ALL {
            assert!(staff(Role::Owner).require(permission).is_ok(), "{}", permission.codename());
            let cashier = staff(Role::Cashier).require(permission).is_ok();
            assert_eq!(
                cashier,
                permission != Permission::ChangeConsumer,
                "{}",
                permission.codename()
            );
        }
    }

    #[test]
    fn nobody_else_holds_a_merchants_permissions() {
        let person = PersonId::new(3);
        for actor in [Actor::Anonymous, Actor::Consumer { person }, Actor::Platform { person }] {
            for permission in Permission::ALL {
                assert_eq!(actor.require(permission), Err(Denied), "{actor:?}");
            }
        }
        assert_eq!(Actor::Anonymous.require_known(), Err(Denied));
        for (actor, passes) in [
            (Actor::Anonymous, false),
            (Actor::Platform { person }, false),
            (Actor::Consumer { person }, true),
            (Actor::system(MerchantId::new(1)), true),
            (staff(Role::Cashier), true),
        ] {
            assert_eq!(actor.require_lister().is_ok(), passes, "{actor:?}");
        }
    }
}
