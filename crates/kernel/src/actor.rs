//! Who asks, and what they may. The first line of every use case is [`Actor::require`].

use crate::{
    ApplicationId, MerchantId, Permission, Permissions, PersonId, Scope, StoreId, SystemRole,
};

/// The stores whose orders and visits a member of staff, or an app, may see and touch.
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

    /// What is within reach of both.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, reach) | (reach, Self::All) => reach.clone(),
            (Self::Only(stores), _) => {
                Self::Only(stores.iter().copied().filter(|store| other.includes(*store)).collect())
            }
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
        /// Whether they own the merchant: then they may everything, everywhere, and change other owners.
        owner: bool,
        /// What they may.
        permissions: Permissions,
        /// Where they may.
        stores: StoreAccess,
    },
    /// An app of a merchant, by one of its keys: alone, or in the hands of one of the merchant's people, whose token came
    /// beside the key. Then it may what both may, where both may; and it never owns the merchant.
    App {
        /// The app.
        app: ApplicationId,
        /// The tenant whose it is.
        merchant: MerchantId,
        /// Who holds it, where a token said so.
        person: Option<PersonId>,
        /// What they may.
        permissions: Permissions,
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

    /// The founder of a merchant, who owns it.
    pub fn owner(merchant: MerchantId) -> Self {
        Self::Staff {
            person: merchant.founder(),
            merchant,
            owner: true,
            permissions: SystemRole::Owner.permissions(),
            stores: StoreAccess::All,
        }
    }

    /// One of a merchant's people who does not own it.
    pub const fn staff(
        merchant: MerchantId,
        person: PersonId,
        permissions: Permissions,
        stores: StoreAccess,
    ) -> Self {
        Self::Staff { person, merchant, owner: false, permissions, stores }
    }

    /// One who works at a till.
    pub fn cashier(merchant: MerchantId, person: PersonId, stores: StoreAccess) -> Self {
        Self::staff(merchant, person, SystemRole::Cashier.permissions(), stores)
    }

    /// Passes where the actor holds the permission at a merchant and answers that merchant. Consumers, platform staff
    /// (who have no merchant of their own) and anonymous callers are denied.
    pub fn require(&self, permission: Permission) -> Result<MerchantId, Denied> {
        match self {
            Self::Staff { merchant, permissions, .. } | Self::App { merchant, permissions, .. }
                if permissions.contains(permission) =>
            {
                Ok(*merchant)
            }
            Self::System { merchant } => Ok(*merchant),
            Self::Anonymous
            | Self::Consumer { .. }
            | Self::Staff { .. }
            | Self::App { .. }
            | Self::Platform { .. } => Err(Denied),
        }
    }

    /// Passes for whoever owns a merchant, and for callers without a user, and answers that merchant. An app never owns one,
    /// whoever holds it.
    pub const fn require_owner(&self) -> Result<MerchantId, Denied> {
        match self {
            Self::Staff { merchant, owner: true, .. } | Self::System { merchant } => Ok(*merchant),
            Self::Anonymous
            | Self::Consumer { .. }
            | Self::Staff { .. }
            | Self::App { .. }
            | Self::Platform { .. } => Err(Denied),
        }
    }

    /// Passes for a registered consumer and answers who that is.
    pub const fn require_consumer(&self) -> Result<PersonId, Denied> {
        match self {
            Self::Consumer { person } => Ok(*person),
            Self::Anonymous
            | Self::Staff { .. }
            | Self::App { .. }
            | Self::Platform { .. }
            | Self::System { .. } => Err(Denied),
        }
    }

    /// Passes for anyone who is known, and answers the scope their transactions run in.
    pub const fn require_known(&self) -> Result<Scope, Denied> {
        match self {
            Self::Anonymous => Err(Denied),
            Self::Consumer { person } => Ok(Scope::Person(*person)),
            Self::Staff { merchant, .. }
            | Self::App { merchant, .. }
            | Self::System { merchant } => Ok(Scope::Merchant(*merchant)),
            Self::Platform { .. } => Ok(Scope::Platform),
        }
    }

    /// Passes for whoever has lists of what merchants offer: a merchant's people and apps, who see everything of their merchant,
    /// and consumers. Platform staff have no merchant whose rows a list could show: they ask by id.
    pub const fn require_lister(&self) -> Result<(), Denied> {
        match self {
            Self::Consumer { .. } | Self::Staff { .. } | Self::App { .. } | Self::System { .. } => {
                Ok(())
            }
            Self::Anonymous | Self::Platform { .. } => Err(Denied),
        }
    }

    /// The merchant that the actor acts for.
    pub const fn merchant(&self) -> Option<MerchantId> {
        match self {
            Self::Staff { merchant, .. }
            | Self::App { merchant, .. }
            | Self::System { merchant } => Some(*merchant),
            Self::Anonymous | Self::Consumer { .. } | Self::Platform { .. } => None,
        }
    }

    /// The person who acts, be it through an app; none for anonymous callers, workers, and apps in nobody's hands.
    pub const fn person(&self) -> Option<PersonId> {
        match self {
            Self::Consumer { person } | Self::Staff { person, .. } | Self::Platform { person } => {
                Some(*person)
            }
            Self::App { person, .. } => *person,
            Self::Anonymous | Self::System { .. } => None,
        }
    }

    /// The app that acts, where it is one.
    pub const fn app(&self) -> Option<ApplicationId> {
        match self {
            Self::App { app, .. } => Some(*app),
            Self::Anonymous
            | Self::Consumer { .. }
            | Self::Staff { .. }
            | Self::Platform { .. }
            | Self::System { .. } => None,
        }
    }

    /// The person whose own account the actor may change: never through an app, which has no right to any account.
    pub const fn account(&self) -> Option<PersonId> {
        match self {
            Self::App { .. } => None,
            Self::Anonymous
            | Self::Consumer { .. }
            | Self::Staff { .. }
            | Self::Platform { .. }
            | Self::System { .. } => self.person(),
        }
    }

    /// The stores of the merchant that the actor may see orders of; consumers see their own orders of every store.
    pub const fn stores(&self) -> Option<&StoreAccess> {
        match self {
            Self::Staff { stores, .. } | Self::App { stores, .. } => Some(stores),
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

    #[test]
    fn each_holds_the_permissions_they_were_given() {
        let (merchant, person) = (MerchantId::new(1), PersonId::new(2));
        let cashier = Actor::cashier(merchant, person, StoreAccess::Only(vec![StoreId::new(1)]));
        let nothing = Actor::staff(merchant, person, Permissions::NONE, StoreAccess::All);
        for permission in Permission::ALL.iter().copied() {
            let may = |actor: &Actor| actor.require(permission) == Ok(merchant);
            let of_cashier = SystemRole::Cashier.permissions().contains(permission);
            assert_eq!(
                [
                    may(&Actor::owner(merchant)),
                    may(&Actor::system(merchant)),
                    may(&cashier),
                    may(&nothing)
                ],
                [true, true, of_cashier, false],
                "{}",
                permission.codename()
            );
        }
    }

    #[test]
    fn an_app_may_what_it_was_given_whoever_holds_it() {
        let (merchant, person) = (MerchantId::new(1), PersonId::new(2));
        for held_by in [None, Some(person)] {
            let app = Actor::App {
                app: ApplicationId::new(3),
                merchant,
                person: held_by,
                permissions: Permission::Redeem.into(),
                stores: StoreAccess::Only(vec![StoreId::new(4)]),
            };
            assert_eq!(app.require(Permission::Redeem), Ok(merchant));
            assert_eq!(app.require(Permission::ViewConsumer), Err(Denied));
            assert_eq!(app.require_consumer(), Err(Denied));
            assert_eq!(app.require_known(), Ok(Scope::Merchant(merchant)));
            assert_eq!((app.person(), app.account()), (held_by, None));
        }
        assert_eq!(Actor::owner(merchant).account(), Some(merchant.founder()));
    }

    #[test]
    fn what_two_reach_is_what_both_reach() {
        let only = |ids: &[i64]| StoreAccess::Only(ids.iter().copied().map(StoreId::new).collect());
        for (one, other, both) in [
            (StoreAccess::All, StoreAccess::All, StoreAccess::All),
            (StoreAccess::All, only(&[1, 2]), only(&[1, 2])),
            (only(&[1, 2]), only(&[2, 3]), only(&[2])),
            (only(&[1]), only(&[2]), only(&[])),
        ] {
            assert_eq!(one.within(&other), both);
            assert_eq!(other.within(&one), both);
        }
    }

    #[test]
    fn nobody_else_holds_a_merchants_permissions() {
        let person = PersonId::new(3);
        for actor in [Actor::Anonymous, Actor::Consumer { person }, Actor::Platform { person }] {
            for permission in Permission::ALL.iter().copied() {
                assert_eq!(actor.require(permission), Err(Denied), "{actor:?}");
            }
        }
        assert_eq!(Actor::Anonymous.require_known(), Err(Denied));
        for (actor, passes) in [
            (Actor::Anonymous, false),
            (Actor::Platform { person }, false),
            (Actor::Consumer { person }, true),
            (Actor::system(MerchantId::new(1)), true),
            (Actor::owner(MerchantId::new(1)), true),
        ] {
            assert_eq!(actor.require_lister().is_ok(), passes, "{actor:?}");
        }
    }

    #[test]
    fn owners_and_programs_alone_own_a_merchant() {
        let (merchant, person) = (MerchantId::new(1), PersonId::new(2));
        let all = Permissions::all();
        assert_eq!(Actor::owner(merchant).require_owner(), Ok(merchant));
        assert_eq!(Actor::system(merchant).require_owner(), Ok(merchant));
        for other in [
            Actor::staff(merchant, person, all, StoreAccess::All),
            Actor::App {
                app: ApplicationId::new(3),
                merchant,
                person: Some(merchant.founder()),
                permissions: all,
                stores: StoreAccess::All,
            },
            Actor::Consumer { person },
            Actor::Platform { person },
            Actor::Anonymous,
        ] {
            assert_eq!(other.require_owner(), Err(Denied), "{other:?}");
        }
    }
}
