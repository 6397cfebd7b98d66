//! Who comes and who goes.

use std::collections::BTreeSet;

use regulars_customer::{
    CustomerStore, EmailAddress, Kind, NewPerson, UserType,
    input::{AccountFields, account_profile},
};
use regulars_kernel::{
    Actor, Permission, Permissions, PersonId, RoleId, Rule, StoreError, StoreId, Timestamp,
    Violations,
};
use regulars_merchant::MerchantStore;

use super::{
    Asker, Assignment,
    change::{find_roles, find_stores, require_another_owner, require_roles, require_stores},
    find,
};
use crate::{
    ApplicationStore, AuthError, AuthStore, MailStore, StaffStore,
    account::{Closed, close},
    mail::{self, Addressee, MailKind, MailSeed},
};

/// Somebody who is to work for a merchant, as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewStaff {
    /// Who they are.
    pub fields: AccountFields,
    /// Their roles.
    pub roles: BTreeSet<RoleId>,
    /// Every store, future ones included.
    pub all_stores: bool,
    /// The stores where they work.
    pub stores: BTreeSet<StoreId>,
}

/// Takes somebody on: makes them an account, and invites them by a mail to set its password, without which nobody logs in
/// to it. Needs [`Permission::ChangeStaff`], and everything that they are given. Runs in the scope `Platform`, since
/// addresses are unique among all who log in (rule 2).
pub fn create(
    tx: &mut (impl AuthStore + StaffStore + MailStore + CustomerStore + MerchantStore),
    actor: &Actor,
    new: &NewStaff,
    seed: &MailSeed,
    now: Timestamp,
) -> Result<PersonId, AuthError> {
    let asker = Asker::who_gives(tx, actor, Permission::ChangeStaff)?;
    let mut wrong = Violations::new();
    let profile = account_profile(&new.fields, now, &mut wrong);
    // The address is looked up even where another field is wrong, so that one answer names every fault.
    if let Ok(email) = EmailAddress::parse(&new.fields.email)
        && tx.find_credentials_by_email(&email.key())?.is_some()
    {
        wrong.add("email", Rule::EmailTaken);
    }
    let roles: Vec<_> = new.roles.iter().copied().collect();
    let stores: Vec<_> = new.stores.iter().copied().collect();
    let mut known = |argument, found: Result<(), AuthError>, sentence: &str| match found {
        Err(AuthError::RoleNotFound | AuthError::StoreNotFound) => {
            wrong.add(argument, Rule::Absent(sentence.to_owned()));
            Ok(())
        }
        other => other,
    };
    let found = find_roles(tx, &asker, &roles);
    known("roles", found.map(drop), "The merchant does not have all of these roles.")?;
    let found = find_stores(tx, &asker, &stores);
    known("stores", found, "The merchant does not have all of these stores.")?;
    let (Some(profile), true) = (profile, wrong.is_empty()) else {
        return Err(wrong.into());
    };
    let address = profile.email.clone();
    require_roles(tx, &asker, &roles)?;
    require_stores(tx, &asker, &stores)?;
    if new.all_stores {
        asker.require_all_stores()?;
    }
    let account = NewPerson {
        kind: Kind::Registered,
        user_type: UserType::Merchant,
        merchant_type: None,
        loyalty_id: None,
        profile,
        staff: false,
        admin: false,
        created_at: now,
    };
    let person = tx.insert_person(account).map_err(|error| match error {
        StoreError::Taken("person.email_key") => {
            AuthError::Invalid(Violations::of("email", Rule::EmailTaken))
        }
        other => other.into(),
    })?;
    let assignment = Assignment {
        roles: new.roles.clone(),
        permissions: Permissions::NONE,
        all_stores: new.all_stores,
        stores: new.stores.clone(),
        store_groups: BTreeSet::new(),
    };
    tx.insert_post(asker.merchant(), person, &assignment, now)?;
    if let Some(address) = address {
        let to = Addressee { person, address, verified: false, token_version: 0 };
        mail::queue(tx, &to, MailKind::Invitation, seed, now)?;
    }
    Ok(person)
}

/// Dismisses a member of staff: their sessions end, what was mailed to them is void, their account is closed and its
/// address free for another. With `revoke_keys` the keys that they made for the merchant's apps end as well; the apps stay.
/// They stay named where they were, in old orders say. Needs [`Permission::ChangeStaff`], which is enough for the keys too:
/// who they are taken from is gone. The last owner stays. Runs in the scope `Platform`, where accounts are written.
pub fn delete(
    tx: &mut (impl AuthStore + StaffStore + ApplicationStore + MailStore + CustomerStore),
    actor: &Actor,
    person: PersonId,
    revoke_keys: bool,
    now: Timestamp,
) -> Result<Closed, AuthError> {
    let asker = Asker::behind_lock(tx, actor, Permission::ChangeStaff)?;
    let member = find(tx, &asker, person)?;
    asker.require_over(&member)?;
    require_another_owner(tx, &asker, &member, "id")?;
    tx.end_post(asker.merchant(), person, now)?;
    let revoked = if revoke_keys {
        tx.revoke_api_keys_of(asker.merchant(), person, now)?
    } else {
        Vec::new()
    };
    if let Some(account) = tx.find_account(person)? {
        close(tx, account, now)?;
    }
    Ok(Closed { person, revoked })
}
