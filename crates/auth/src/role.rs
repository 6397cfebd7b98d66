//! Roles: named sets of permissions that a merchant gives its people. Four come with every merchant and stay as they are;
//! further ones are the merchant's own.

use regulars_kernel::{
    Actor, MerchantId, Permission, Permissions, RoleId, Rule, StoreError, SystemRole, Timestamp,
    Violations, text,
};

use crate::{AuthError, StaffStore, staff::Asker};

/// The most characters of a role's name.
pub const MAX_NAME_CHARS: usize = 150;
/// The most roles of a merchant, the system's among them.
pub const MAX_ROLES: usize = 100;

/// A named set of permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The key.
    pub id: RoleId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Which of the roles that come with every merchant it is; none for a merchant's own.
    pub system: Option<SystemRole>,
    /// What people call it.
    pub display_name: String,
    /// What it allows. A system role allows what [`SystemRole::permissions`] says, whatever is kept here.
    pub permissions: Permissions,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A role that is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRole {
    /// Whose it is.
    pub merchant: MerchantId,
    /// Which of the roles that come with every merchant; none for a merchant's own.
    pub system: Option<SystemRole>,
    /// What people call it.
    pub display_name: String,
    /// What it allows.
    pub permissions: Permissions,
    /// When it is made.
    pub created_at: Timestamp,
}

/// Changes to a role: what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RolePatch {
    /// What people call it: 1 to [`MAX_NAME_CHARS`].
    pub display_name: Option<String>,
    /// What it allows, in place of what it allowed.
    pub permissions: Option<Permissions>,
}

impl NewRole {
    /// A role that comes with a merchant.
    pub fn system(merchant: MerchantId, system: SystemRole, created_at: Timestamp) -> Self {
        Self {
            merchant,
            system: Some(system),
            display_name: system.display_name().to_owned(),
            permissions: system.permissions(),
            created_at,
        }
    }

    /// The row, once a store has given it a number.
    pub fn with_id(self, id: RoleId) -> Role {
        Role {
            id,
            merchant: self.merchant,
            system: self.system,
            display_name: self.display_name,
            permissions: self.permissions,
            created_at: self.created_at,
            updated_at: self.created_at,
        }
    }
}

/// Makes the roles that come with a merchant, and answers the owner's.
pub(crate) fn found(
    tx: &mut impl StaffStore,
    merchant: MerchantId,
    now: Timestamp,
) -> Result<RoleId, StoreError> {
    let owner = tx.insert_role(&NewRole::system(merchant, SystemRole::Owner, now))?;
    for system in SystemRole::ALL.into_iter().filter(|role| *role != SystemRole::Owner) {
        tx.insert_role(&NewRole::system(merchant, system, now))?;
    }
    Ok(owner)
}

/// The roles of the asker's merchant, by ascending id. Needs [`Permission::ChangeStaff`].
pub fn list(tx: &mut impl StaffStore, actor: &Actor) -> Result<Vec<Role>, AuthError> {
    let merchant = actor.require(Permission::ChangeStaff)?;
    Ok(tx.merchant_roles(merchant)?)
}

/// The roles of those ids that the asker sees, in no order: whoever may change staff sees all of the merchant's, the
/// merchant's other people those that they hold, and nobody else any.
pub fn list_by_ids(
    tx: &mut impl StaffStore,
    actor: &Actor,
    ids: &[RoleId],
) -> Result<Vec<Role>, AuthError> {
    if actor.require(Permission::ChangeStaff).is_ok() {
        return Ok(tx.roles(ids)?);
    }
    let Some(person) = actor.person() else { return Ok(Vec::new()) };
    let own = tx.staff(&[person])?.pop().map(|member| member.assignment.roles);
    let own = own.unwrap_or_default();
    let held: Vec<_> = ids.iter().copied().filter(|id| own.contains(id)).collect();
    Ok(if held.is_empty() { Vec::new() } else { tx.roles(&held)? })
}

/// One role; the same reach as [`list_by_ids`].
pub fn get(tx: &mut impl StaffStore, actor: &Actor, id: RoleId) -> Result<Role, AuthError> {
    list_by_ids(tx, actor, &[id])?.pop().ok_or(AuthError::RoleNotFound)
}

/// Makes a role of the merchant's own. Needs [`Permission::ChangeStaff`] and every permission that the role gets.
pub fn create(
    tx: &mut impl StaffStore,
    actor: &Actor,
    display_name: &str,
    permissions: Permissions,
    now: Timestamp,
) -> Result<RoleId, AuthError> {
    let asker = Asker::who_gives(tx, actor, Permission::ChangeStaff)?;
    let mut wrong = Violations::new();
    let display_name = wrong.check("displayName", name(display_name));
    let merchant = asker.merchant();
    if tx.merchant_roles(merchant)?.len() >= MAX_ROLES {
        let sentence = format!("A merchant has at most {MAX_ROLES} roles.");
        wrong.add_to_input(Rule::Invalid(sentence));
    }
    let (Some(display_name), true) = (display_name, wrong.is_empty()) else {
        return Err(wrong.into());
    };
    asker.require_held(permissions)?;
    let role = NewRole { merchant, system: None, display_name, permissions, created_at: now };
    Ok(tx.insert_role(&role)?)
}

/// Changes a role, and with it what everybody may who has it. Needs [`Permission::ChangeStaff`] and every permission that
/// the role gains. System roles stay as they are.
pub fn update(
    tx: &mut impl StaffStore,
    actor: &Actor,
    id: RoleId,
    patch: &RolePatch,
    now: Timestamp,
) -> Result<RoleId, AuthError> {
    let asker = Asker::behind_lock(tx, actor, Permission::ChangeStaff)?;
    let mut role = own(tx, &asker, id)?;
    let before = role.clone();
    if let Some(typed) = &patch.display_name {
        role.display_name = name(typed).map_err(|rule| Violations::of("displayName", rule))?;
    }
    if let Some(permissions) = patch.permissions {
        let gained = permissions.without(role.permissions);
        if !gained.is_empty() {
            asker.require_somebody()?;
        }
        asker.require_held(gained)?;
        role.permissions = permissions;
    }
    if role != before {
        role.updated_at = now;
        tx.update_role(&role)?;
    }
    Ok(id)
}

/// Deletes a role; whoever had it has it no more. Needs [`Permission::ChangeStaff`]. System roles stay.
pub fn delete(tx: &mut impl StaffStore, actor: &Actor, id: RoleId) -> Result<RoleId, AuthError> {
    let asker = Asker::behind_lock(tx, actor, Permission::ChangeStaff)?;
    let role = own(tx, &asker, id)?;
    tx.delete_role(&role)?;
    Ok(id)
}

/// A role that the merchant may change.
fn own(tx: &mut impl StaffStore, asker: &Asker, id: RoleId) -> Result<Role, AuthError> {
    let role = find(tx, asker.merchant(), id)?;
    if role.system.is_some() {
        let sentence = "The roles that come with every merchant cannot be changed or deleted.";
        return Err(Violations::of("id", Rule::Invalid(sentence.to_owned())).into());
    }
    Ok(role)
}

/// A role of a merchant.
pub(crate) fn find(
    tx: &mut impl StaffStore,
    merchant: MerchantId,
    id: RoleId,
) -> Result<Role, AuthError> {
    let found = tx.roles(&[id])?.pop().filter(|role| role.merchant == merchant);
    found.ok_or(AuthError::RoleNotFound)
}

fn name(typed: &str) -> Result<String, Rule> {
    text::clean(typed, MAX_NAME_CHARS)?.ok_or(Rule::Required)
}
