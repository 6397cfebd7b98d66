//! Who works for a merchant, what they may, and where.
//!
//! Whoever changes that needs [`Permission::ChangeStaff`], and these hold for everybody: nobody grants what they do not
//! hold, be it a permission or a store; nobody but an owner changes an owner; nobody widens their own rights, nor does it an
//! app in nobody's hands, of which nobody knows whose rights it would widen; and there is always an owner. All of it is judged behind one lock for each merchant, by what stands in the rows then.

mod change;
mod hire;

use std::collections::BTreeSet;

use regulars_kernel::{
    Actor, Denied, MerchantId, Page, PageRequest, Permission, Permissions, PersonId, RoleId,
    StoreAccess, StoreGroupId, StoreId, Timestamp,
    page::{KeyKind, Keyed, Order, SortField, SortKey},
};

use crate::{AuthError, Post, StaffStore};

pub(crate) use change::require_stores;
pub use change::{
    add_permission, add_role, add_store, add_store_group, remove_permission, remove_role,
    remove_store, remove_store_group,
};
pub use hire::{NewStaff, create, delete};

/// What a merchant gave one of its people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// Their roles.
    pub roles: BTreeSet<RoleId>,
    /// What they may beside their roles.
    pub permissions: Permissions,
    /// Every store, future ones included.
    pub all_stores: bool,
    /// Stores of their own.
    pub stores: BTreeSet<StoreId>,
    /// Store groups: every store that is in one of them now.
    pub store_groups: BTreeSet<StoreGroupId>,
}

/// One who works for a merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffMember {
    /// Their account.
    pub person: PersonId,
    /// What they were given.
    pub assignment: Assignment,
    /// What follows from it.
    pub post: Post,
    /// Since when they work there.
    pub created_at: Timestamp,
}

/// What the list of staff can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaffSort {
    /// Since when they work there.
    CreatedAt,
}

impl SortField for StaffSort {
    const LIST: &'static str = "merchants";

    fn from_name(name: &str) -> Option<Self> {
        (name == "createdAt").then_some(Self::CreatedAt)
    }

    fn name(self) -> &'static str {
        match self {
            Self::CreatedAt => "createdAt",
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::CreatedAt => KeyKind::Int,
        }
    }

    fn all() -> &'static [Self] {
        &[Self::CreatedAt]
    }

    fn default_order() -> Order<Self> {
        Order { terms: Vec::new(), pk_descending: false }
    }
}

impl Keyed<StaffSort> for StaffMember {
    fn sort_key(&self, field: StaffSort) -> SortKey {
        match field {
            StaffSort::CreatedAt => SortKey::Int(self.created_at.micros()),
        }
    }

    fn pk(&self) -> i64 {
        self.person.get()
    }
}

/// A page of the staff of the asker's merchant. Needs [`Permission::ChangeStaff`].
pub fn list(
    tx: &mut impl StaffStore,
    actor: &Actor,
    page: &PageRequest<StaffSort>,
) -> Result<Page<StaffMember>, AuthError> {
    let merchant = actor.require(Permission::ChangeStaff)?;
    Ok(tx.list_staff(merchant, page)?)
}

/// How many people all pages of [`list`] have.
pub fn count(tx: &mut impl StaffStore, actor: &Actor) -> Result<u64, AuthError> {
    let merchant = actor.require(Permission::ChangeStaff)?;
    Ok(tx.count_staff(merchant)?)
}

/// The members of staff of those ids whose rights the asker sees, in no order: whoever may change staff sees the whole
/// merchant's, its other people their own, and nobody else any.
pub fn list_by_ids(
    tx: &mut impl StaffStore,
    actor: &Actor,
    ids: &[PersonId],
) -> Result<Vec<StaffMember>, AuthError> {
    if actor.require(Permission::ChangeStaff).is_ok() {
        return Ok(tx.staff(ids)?);
    }
    match actor {
        Actor::Staff { person, .. } | Actor::App { person: Some(person), .. }
            if ids.contains(person) =>
        {
            Ok(tx.staff(&[*person])?)
        }
        _ => Ok(Vec::new()),
    }
}

/// Who changes staff or roles, as they stand behind the lock: a right that was taken from them a moment ago is gone.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    person: Option<PersonId>,
    /// An app in nobody's hands.
    machine: bool,
    post: Post,
    /// The store groups they were given.
    store_groups: BTreeSet<StoreGroupId>,
}

impl Asker {
    /// Takes the lock. Needs the permission.
    pub(crate) fn behind_lock(
        tx: &mut impl StaffStore,
        actor: &Actor,
        needed: Permission,
    ) -> Result<Self, AuthError> {
        let merchant = actor.require(needed)?;
        tx.lock_staff(merchant)?;
        match actor {
            Actor::System { .. } => Ok(Self {
                person: None,
                machine: false,
                post: Post::owner(merchant),
                store_groups: BTreeSet::new(),
            }),
            Actor::Staff { person, .. } => {
                let member = tx.staff(&[*person])?.pop().ok_or(Denied)?;
                let store_groups = member.assignment.store_groups;
                Self::of(merchant, needed, Some(*person), member.post, store_groups)
            }
            Actor::App { app, person, .. } => {
                let mut post = tx.app_post(*app)?.ok_or(Denied)?;
                if let Some(person) = person {
                    let holder = tx.staff(&[*person])?.pop().ok_or(Denied)?.post;
                    if holder.merchant != merchant {
                        return Err(Denied.into());
                    }
                    post = post.within(&holder);
                }
                // Groups are given to people: an app reaches a group where it reaches every store.
                let asker = Self::of(merchant, needed, *person, post, BTreeSet::new())?;
                Ok(Self { machine: person.is_none(), ..asker })
            }
            Actor::Anonymous | Actor::Consumer { .. } | Actor::Platform { .. } => {
                Err(Denied.into())
            }
        }
    }

    /// Whoever has that post, if it is one at the merchant that allows what is needed.
    fn of(
        merchant: MerchantId,
        needed: Permission,
        person: Option<PersonId>,
        post: Post,
        store_groups: BTreeSet<StoreGroupId>,
    ) -> Result<Self, AuthError> {
        if post.merchant != merchant || !post.permissions.contains(needed) {
            return Err(Denied.into());
        }
        Ok(Self { person, machine: false, post, store_groups })
    }

    /// Takes the lock for giving somebody, or an app, more than they have. Needs the permission, and somebody to answer for
    /// it: an app alone gives nothing.
    pub(crate) fn who_gives(
        tx: &mut impl StaffStore,
        actor: &Actor,
        needed: Permission,
    ) -> Result<Self, AuthError> {
        let asker = Self::behind_lock(tx, actor, needed)?;
        asker.require_somebody()?;
        Ok(asker)
    }

    /// Passes for all but apps in nobody's hands: who made their key could give themselves by it what they may not.
    pub(crate) const fn require_somebody(&self) -> Result<(), Denied> {
        if self.machine { Err(Denied) } else { Ok(()) }
    }

    /// Who they are; none for programs, and for apps in nobody's hands.
    pub(crate) const fn person(&self) -> Option<PersonId> {
        self.person
    }

    pub(crate) const fn merchant(&self) -> MerchantId {
        self.post.merchant
    }

    /// Passes where they hold all of it themselves.
    pub(crate) const fn require_held(&self, permissions: Permissions) -> Result<(), Denied> {
        if self.post.permissions.include(permissions) { Ok(()) } else { Err(Denied) }
    }

    /// Passes for owners.
    const fn require_owner(&self) -> Result<(), Denied> {
        if self.post.owner { Ok(()) } else { Err(Denied) }
    }

    /// Passes where they reach the store themselves.
    fn require_store(&self, store: StoreId) -> Result<(), Denied> {
        if self.post.stores.includes(store) { Ok(()) } else { Err(Denied) }
    }

    /// Passes where they reach every store.
    pub(crate) fn require_all_stores(&self) -> Result<(), Denied> {
        if self.post.stores == StoreAccess::All { Ok(()) } else { Err(Denied) }
    }

    /// Passes where they have the group themselves: to reach its stores of today is not enough, it may grow.
    fn require_store_group(&self, group: StoreGroupId) -> Result<(), Denied> {
        if self.store_groups.contains(&group) { Ok(()) } else { self.require_all_stores() }
    }

    /// Passes where they may change that member at all.
    const fn require_over(&self, member: &StaffMember) -> Result<(), Denied> {
        if member.post.owner { self.require_owner() } else { Ok(()) }
    }

    /// Passes where somebody else gains by it; an owner has nothing left to gain.
    fn require_not_oneself(&self, member: &StaffMember) -> Result<(), Denied> {
        if self.person == Some(member.person) { self.require_owner() } else { Ok(()) }
    }
}

/// A member of the asker's staff.
fn find(
    tx: &mut impl StaffStore,
    asker: &Asker,
    person: PersonId,
) -> Result<StaffMember, AuthError> {
    let found = tx.staff(&[person])?.pop();
    let found = found.filter(|member| member.post.merchant == asker.merchant());
    found.ok_or(AuthError::StaffNotFound)
}
