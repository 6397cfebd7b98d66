//! What may be allowed: the fixed list of permissions, sets of them, and the sets that every merchant has from the start.

use std::str::FromStr;

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $codename:literal, $display:literal;)+) => {
        /// Something that a merchant's people or apps may be allowed to do. The codenames are part of the API and never
        /// change their meaning; new ones come last.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $($(#[$doc])* $name,)+
        }

        impl Permission {
            /// Every permission there is, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name in the API and in the database.
            pub const fn codename(self) -> &'static str {
                match self { $(Self::$name => $codename,)+ }
            }

            /// What people call it.
            pub const fn display_name(self) -> &'static str {
                match self { $(Self::$name => $display,)+ }
            }
        }
    };
}

permissions! {
    /// See customers and what they own.
    ViewConsumer = "view_consumer", "View customers";
    /// Create, change and archive customers.
    ChangeConsumer = "change_consumer", "Change customers";
    /// Identify anyone by their exact loyalty id.
    IdentifyConsumer = "identify_consumer", "Identify anyone by loyalty id";
    /// Merge customers, and undo it.
    MergeConsumer = "merge_consumer", "Merge customers";
    /// Erase customers.
    EraseConsumer = "erase_consumer", "Erase customers";
    /// Take everything known of a customer out.
    ExportConsumer = "export_consumer", "Export customers";
    /// See orders.
    ViewOrder = "view_order", "View orders";
    /// Create, change, check out and give up orders; and void them, with [`Self::RefundOrder`].
    ChangeOrder = "change_order", "Change orders";
    /// Say afterwards whose an order was.
    AttachOrder = "attach_order", "Attach orders to customers";
    /// Refund orders.
    RefundOrder = "refund_order", "Refund orders";
    /// Record sales of more than 30 days ago that earn at once.
    Backdate = "backdate", "Record sales of long ago";
    /// Make and confirm redemptions for customers.
    Redeem = "redeem", "Redeem for customers";
    /// Give and take points by hand.
    AdjustPoints = "adjust_points", "Adjust points";
    /// Create, change and archive offers, campaigns and loyalty cards.
    ChangePromotion = "change_promotion", "Change promotions";
    /// Create, change and archive stores and store groups.
    ChangeStore = "change_store", "Change stores";
    /// Create, change and archive products.
    ChangeProduct = "change_product", "Change products";
    /// See figures over many customers.
    ViewReport = "view_report", "View reports";
    /// Hire and dismiss staff, and say what they may and where.
    ChangeStaff = "change_staff", "Change staff";
    /// Register apps and make their keys.
    ChangeApp = "change_app", "Change apps";
    /// Connect other systems, and upload files.
    Sync = "sync", "Synchronise with other systems";
    /// See who did what.
    ViewAudit = "view_audit", "View the audit log";
}

impl Permission {
    /// The permission of that codename.
    pub fn from_codename(codename: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.codename() == codename)
    }

    /// Its place in the list, from 1: the primary key that the API gives it.
    pub const fn number(self) -> i64 {
        self as i64 + 1
    }

    /// The permission of that number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.number() == number)
    }

    const fn bit(self) -> u64 {
        1 << self as u64
    }
}

/// A set of permissions. Goes through them in the order of the documentation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Permissions(u64);

/// A text that names a permission which does not exist; carries it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no permission {0:?}")]
pub struct UnknownPermission(pub String);

impl Permissions {
    /// None.
    pub const NONE: Self = Self(0);

    /// Every permission there is.
    pub const fn all() -> Self {
        Self((1 << Permission::ALL.len()) - 1)
    }

    /// Whether one is among them.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Whether all of the others are among them.
    pub const fn include(self, others: Self) -> bool {
        others.without(self).is_empty()
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These and the others.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These except the others.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Those that are among both.
    #[must_use]
    pub const fn within(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Each of them, in the order of the documentation.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.contains(*permission))
    }

    /// The codenames by commas, sorted: how a set is kept.
    pub fn to_codenames(self) -> String {
        let mut codenames: Vec<_> = self.iter().map(Permission::codename).collect();
        codenames.sort_unstable();
        codenames.join(",")
    }
}

impl From<Permission> for Permissions {
    fn from(permission: Permission) -> Self {
        Self(permission.bit())
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::NONE, |set, permission| set.with(permission.into()))
    }
}

/// Reads codenames by commas, in any order.
impl FromStr for Permissions {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = |codename: &str| {
            Permission::from_codename(codename)
                .ok_or_else(|| UnknownPermission(codename.to_owned()))
        };
        text.split(',').filter(|codename| !codename.is_empty()).map(read).collect()
    }
}

/// A role that every merchant has from the start and nobody changes: what it holds is said here and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SystemRole {
    /// Everything, in every store. Only owners make and unmake owners, and there is always one.
    Owner,
    /// Everything but the merchant's apps.
    Manager,
    /// A till: sees and identifies customers, sells, says whose orders are, redeems. What is sold is given back by a manager.
    Cashier,
    /// Sees customers, orders and figures, and changes nothing.
    Analyst,
}

impl SystemRole {
    /// Every system role, the mightiest first.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Manager, Self::Cashier, Self::Analyst];

    /// The name in the database.
    pub const fn codename(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Cashier => "cashier",
            Self::Analyst => "analyst",
        }
    }

    /// What people call it.
    pub const fn display_name(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Manager => "Manager",
            Self::Cashier => "Cashier",
            Self::Analyst => "Analyst",
        }
    }

    /// The role of that name.
    pub fn from_codename(codename: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.codename() == codename)
    }

    /// What it allows.
    pub fn permissions(self) -> Permissions {
        match self {
            Self::Owner => Permissions::all(),
            Self::Manager => Permissions::all().without(Permission::ChangeApp.into()),
            Self::Cashier => Permissions::from_iter([
                Permission::ViewConsumer,
                Permission::IdentifyConsumer,
                Permission::ViewOrder,
                Permission::ChangeOrder,
                Permission::Redeem,
                Permission::AttachOrder,
            ]),
            Self::Analyst => Permissions::from_iter([
                Permission::ViewConsumer,
                Permission::ViewOrder,
                Permission::ViewReport,
            ]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codenames_and_numbers_name_one_permission_each() {
        let codenames: BTreeSet<_> = Permission::ALL.iter().map(|one| one.codename()).collect();
        assert_eq!(codenames.len(), Permission::ALL.len());
        for (index, permission) in Permission::ALL.iter().copied().enumerate() {
            assert_eq!(Permission::from_codename(permission.codename()), Some(permission));
            assert_eq!(Permission::from_number(permission.number()), Some(permission));
            assert_eq!(permission.number(), i64::try_from(index).unwrap() + 1);
        }
        assert_eq!(Permission::from_codename("View_Consumer"), None);
        assert_eq!(Permission::from_number(0), None);
    }

    #[test]
    fn a_set_is_kept_as_sorted_codenames() {
        let set = SystemRole::Cashier.permissions();
        let text = "attach_order,change_order,identify_consumer,redeem,view_consumer,view_order";
        assert_eq!(set.to_codenames(), text);
        assert_eq!(
            "view_order,redeem,change_order,view_consumer,redeem,identify_consumer,attach_order"
                .parse::<Permissions>(),
            Ok(set)
        );
        assert_eq!("".parse::<Permissions>(), Ok(Permissions::NONE));
        let unknown = "redeem,fly".parse::<Permissions>();
        assert_eq!(unknown, Err(UnknownPermission("fly".to_owned())));
        let order: Vec<_> = set.iter().map(Permission::codename).collect();
        assert_eq!(
            order,
            [
                "view_consumer",
                "identify_consumer",
                "view_order",
                "change_order",
                "attach_order",
                "redeem"
            ]
        );
    }

    #[test]
    fn system_roles_hold_what_the_documentation_says() {
        for role in SystemRole::ALL {
            assert_eq!(SystemRole::from_codename(role.codename()), Some(role));
            assert!(SystemRole::Owner.permissions().include(role.permissions()));
        }
        let lacks: Vec<_> =
            Permissions::all().without(SystemRole::Manager.permissions()).iter().collect();
        assert_eq!(lacks, [Permission::ChangeApp]);
        assert_eq!(
            SystemRole::Analyst.permissions().to_codenames(),
            "view_consumer,view_order,view_report"
        );
    }

    proptest! {
        #[test]
        fn sets_are_sets(one: u64, other: u64) {
            let set = |bits: u64| -> (Permissions, BTreeSet<Permission>) {
                let chosen = |place: &usize| bits >> place & 1 == 1;
                let all = 0..Permission::ALL.len();
                let list: Vec<_> = all.filter(chosen).map(|place| Permission::ALL[place]).collect();
                (list.iter().copied().collect(), list.into_iter().collect())
            };
            let ((one, first), (other, second)) = (set(one), set(other));
            prop_assert_eq!(one.iter().collect::<BTreeSet<_>>(), first.clone());
            prop_assert_eq!(one.is_empty(), first.is_empty());
            prop_assert_eq!(one.include(other), first.is_superset(&second));
            prop_assert_eq!(one.with(other).iter().collect::<BTreeSet<_>>(), &first | &second);
            prop_assert_eq!(one.within(other).iter().collect::<BTreeSet<_>>(), &first & &second);
            prop_assert_eq!(one.without(other).iter().collect::<BTreeSet<_>>(), &first - &second);
            prop_assert_eq!(one.to_codenames().parse::<Permissions>(), Ok(one));
        }
    }
}
