//! What one member of staff is given and loses.

use regulars_kernel::{
    Actor, Page, PageRequest, Permission, PersonId, RoleId, Rule, StoreGroupId, StoreId,
    SystemRole, Violations,
};
use regulars_merchant::{Archived, MerchantStore, StoreFilter};

use super::{Asker, Assignment, StaffMember, find};
use crate::{AuthError, Role, StaffStore, role};

/// Gives a member of staff a role. Needs [`Permission::ChangeStaff`] and everything that the role allows; the owner's is
/// for owners to give.
pub fn add_role(
    tx: &mut impl StaffStore,
    actor: &Actor,
    person: PersonId,
    role: RoleId,
) -> Result<PersonId, AuthError> {
    widen(tx, actor, person, |tx, asker, member| {
        require_roles(tx, asker, &[role])?;
        member.assignment.roles.insert(role);
        Ok(())
    })
}

/// Takes a role from a member of staff. Needs [`Permission::ChangeStaff`]; the last owner stays one.
pub fn remove_role(
    tx: &mut impl StaffStore,
    actor: &Actor,
    person: PersonId,
    role: RoleId,
) -> Result<PersonId, AuthError> {
    narrow(tx, actor, person, |tx, asker, member| {
        let role = role::find(tx, asker.merchant(), role)?;
        if role.system == Some(SystemRole::Owner) {
            require_another_owner(tx, asker, member, "roleId")?;
        }
        member.assignment.roles.remove(&role.id);
        Ok(())
    })
}

/// Gives a member of staff a permission beside their roles. Needs [`Permission::ChangeStaff`] and the permission.
pub fn add_permission(
    tx: &mut impl StaffStore,
    actor: &Actor,
    person: PersonId,
    permission: Permission,
) -> Result<PersonId, AuthError> {
    widen(tx, actor, person, |_tx, asker, member| {
        asker.require_held(permission.into())?;
        let given = &mut member.assignment.permissions;
        *given = given.with(permission.into());
        Ok(())
    })
}

/// Takes a permission that a member of staff has beside their roles. Needs [`Permission::ChangeStaff`]. What a role of
/// theirs allows goes with the role alone: that is an error.
pub fn remove_permission(
    tx: &mut impl StaffStore,
    actor: &Actor,
    person: PersonId,
    permission: Permission,
) -> Result<PersonId, AuthError> {
    narrow(tx, actor, person, |tx, _asker, member| {
        let roles: Vec<_> = member.assignment.roles.iter().copied().collect();
        let roles = tx.roles(&roles)?;
        if let Some(role) = roles.iter().find(|role| role.permissions.contains(permission)) {
            let sentence = format!("The role {:?} allows it: take that away.", role.display_name);
            return Err(Violations::of("permissionId", Rule::Invalid(sentence)).into());
        }
        let given = &mut member.assignment.permissions;
        *given = given.without(permission.into());
        Ok(())
    })
}

/// Gives a member of staff a store. Needs [`Permission::ChangeStaff`] and the store.
pub fn add_store(
    tx: &mut (impl StaffStore + MerchantStore),
    actor: &Actor,
    person: PersonId,
    store: StoreId,
) -> Result<PersonId, AuthError> {
    widen(tx, actor, person, |tx, asker, member| {
        require_stores(tx, asker, &[store])?;
        member.assignment.stores.insert(store);
        Ok(())
    })
}

/// Takes a store from a member of staff; who reached every store reaches the others from then on. Needs
/// [`Permission::ChangeStaff`]. What they reach through a store group goes with the group alone: that is an error.
pub fn remove_store(
    tx: &mut (impl StaffStore + MerchantStore),
    actor: &Actor,
    person: PersonId,
    store: StoreId,
) -> Result<PersonId, AuthError> {
    narrow(tx, actor, person, |tx, asker, member| {
        require_no_owner(member, "storeId")?;
        find_stores(tx, asker, &[store])?;
        let groups: Vec<_> = member.assignment.store_groups.iter().copied().collect();
        if let Some(group) =
            tx.store_groups(&groups)?.iter().find(|group| group.stores.contains(&store))
        {
            let sentence = format!("The store group {:?} has it: take that away.", group.name);
            return Err(Violations::of("storeId", Rule::Invalid(sentence)).into());
        }
        if member.assignment.all_stores {
            member.assignment.all_stores = false;
            member.assignment.stores = every_store(tx, asker)?.into_iter().collect();
        }
        member.assignment.stores.remove(&store);
        Ok(())
    })
}

/// Gives a member of staff a store group: the stores that are in it, now and later. Needs [`Permission::ChangeStaff`]
/// and the group.
pub fn add_store_group(
    tx: &mut (impl StaffStore + MerchantStore),
    actor: &Actor,
    person: PersonId,
    group: StoreGroupId,
) -> Result<PersonId, AuthError> {
    widen(tx, actor, person, |tx, asker, member| {
        find_group(tx, asker, group)?;
        asker.require_store_group(group)?;
        member.assignment.store_groups.insert(group);
        Ok(())
    })
}

/// Takes a store group from a member of staff. Needs [`Permission::ChangeStaff`]. Who reaches every store reaches the
/// group's without it: that is an error.
pub fn remove_store_group(
    tx: &mut (impl StaffStore + MerchantStore),
    actor: &Actor,
    person: PersonId,
    group: StoreGroupId,
) -> Result<PersonId, AuthError> {
    narrow(tx, actor, person, |tx, asker, member| {
        require_no_owner(member, "storeGroupId")?;
        find_group(tx, asker, group)?;
        if member.assignment.all_stores {
            let sentence = "They work in every store: take the stores away one by one.";
            return Err(Violations::of("storeGroupId", Rule::Invalid(sentence.to_owned())).into());
        }
        member.assignment.store_groups.remove(&group);
        Ok(())
    })
}

/// A change by which a member gains.
fn widen<S: StaffStore>(
    tx: &mut S,
    actor: &Actor,
    person: PersonId,
    change: impl FnOnce(&mut S, &Asker, &mut StaffMember) -> Result<(), AuthError>,
) -> Result<PersonId, AuthError> {
    narrow(tx, actor, person, |tx, asker, member| {
        asker.require_somebody()?;
        asker.require_not_oneself(member)?;
        change(tx, asker, member)
    })
}

/// A change by which a member gains nothing, behind the lock.
fn narrow<S: StaffStore>(
    tx: &mut S,
    actor: &Actor,
    person: PersonId,
    change: impl FnOnce(&mut S, &Asker, &mut StaffMember) -> Result<(), AuthError>,
) -> Result<PersonId, AuthError> {
    let asker = Asker::behind_lock(tx, actor, Permission::ChangeStaff)?;
    let mut member = find(tx, &asker, person)?;
    asker.require_over(&member)?;
    let before: Assignment = member.assignment.clone();
    change(tx, &asker, &mut member)?;
    if member.assignment != before {
        tx.update_post(asker.merchant(), person, &member.assignment)?;
    }
    Ok(person)
}

/// Passes where the asker may give those roles, each named once.
pub(super) fn require_roles(
    tx: &mut impl StaffStore,
    asker: &Asker,
    ids: &[RoleId],
) -> Result<(), AuthError> {
    for role in find_roles(tx, asker, ids)? {
        if role.system == Some(SystemRole::Owner) {
            asker.require_owner()?;
        }
        asker.require_held(role.permissions)?;
    }
    Ok(())
}

/// Those roles of the asker's merchant, each named once.
pub(super) fn find_roles(
    tx: &mut impl StaffStore,
    asker: &Asker,
    ids: &[RoleId],
) -> Result<Vec<Role>, AuthError> {
    let mut roles = tx.roles(ids)?;
    roles.retain(|role| role.merchant == asker.merchant());
    if roles.len() < ids.len() { Err(AuthError::RoleNotFound) } else { Ok(roles) }
}

/// Passes where the asker may give those stores, each named once.
pub(crate) fn require_stores(
    tx: &mut impl MerchantStore,
    asker: &Asker,
    ids: &[StoreId],
) -> Result<(), AuthError> {
    find_stores(tx, asker, ids)?;
    for store in ids {
        asker.require_store(*store)?;
    }
    Ok(())
}

/// Passes where those are stores of the asker's merchant, each named once.
pub(super) fn find_stores(
    tx: &mut impl MerchantStore,
    asker: &Asker,
    ids: &[StoreId],
) -> Result<(), AuthError> {
    let stores = tx.stores(ids)?;
    let own = stores.iter().filter(|store| store.merchant == asker.merchant()).count();
    if own < ids.len() { Err(AuthError::StoreNotFound) } else { Ok(()) }
}

fn find_group(
    tx: &mut impl MerchantStore,
    asker: &Asker,
    group: StoreGroupId,
) -> Result<(), AuthError> {
    let known = tx.store_groups(&[group])?.pop();
    known
        .filter(|group| group.merchant == asker.merchant())
        .ok_or(AuthError::StoreGroupNotFound)?;
    Ok(())
}

/// Refuses to leave a merchant without an owner.
pub(super) fn require_another_owner(
    tx: &mut impl StaffStore,
    asker: &Asker,
    member: &StaffMember,
    argument: &'static str,
) -> Result<(), AuthError> {
    if !member.post.owner || tx.owners(asker.merchant())?.iter().any(|id| *id != member.person) {
        return Ok(());
    }
    let sentence = "They are the last owner: make somebody else one first.";
    Err(Violations::of(argument, Rule::Invalid(sentence.to_owned())).into())
}

fn require_no_owner(member: &StaffMember, argument: &'static str) -> Result<(), AuthError> {
    if !member.post.owner {
        return Ok(());
    }
    let sentence = "Owners reach every store.";
    Err(Violations::of(argument, Rule::Invalid(sentence.to_owned())).into())
}

/// The ids of all stores of the asker's merchant.
fn every_store(tx: &mut impl MerchantStore, asker: &Asker) -> Result<Vec<StoreId>, AuthError> {
    let filter = StoreFilter { archived: Archived::Included, ..StoreFilter::default() };
    let mut request = PageRequest::first(regulars_kernel::page::MAX_PAGE);
    let mut ids = Vec::new();
    loop {
        let Page { items, has_next, .. } = tx.list_stores(&filter, &request)?;
        request.after = items.last().map(|store| request.order.position(store));
        let own = items.iter().filter(|store| store.merchant == asker.merchant());
        ids.extend(own.map(|store| store.id));
        if !has_next {
            return Ok(ids);
        }
    }
}
