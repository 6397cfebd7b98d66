//! The end of an account, for a while or for good, by whoever has it.

use regulars_customer::{CustomerStore, Person, sharing};
use regulars_kernel::{ApiKeyId, PersonId, Rule, Timestamp, Violations};

use crate::{
    ApplicationStore, AuthError, AuthStore, MailStore, StaffMember, StaffStore,
    confirmation::Confirmed,
};

/// `archiveAccount`: puts the account away until its next log-in. Every session and every token of it ends. Runs in the
/// scope `Platform`, once the password was confirmed. A merchant's last owner stays.
pub fn archive(
    tx: &mut (impl AuthStore + StaffStore + MailStore + CustomerStore),
    confirmed: &Confirmed,
    now: Timestamp,
) -> Result<PersonId, AuthError> {
    require_dispensable(tx, confirmed.person)?;
    let mut account = confirmed.account(tx)?;
    account.archived = true;
    account.deleted_at = Some(now);
    end_access(tx, account.id, now)?;
    save(tx, account, now)
}

/// An account that was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Whose it was.
    pub person: PersonId,
    /// The keys that they had made, and that were revoked with it, by ascending id.
    pub revoked: Vec<ApiKeyId>,
}

/// `deleteAccount`: closes the account for good, and its addresses are free for another. Every session and every token of
/// it ends, and so do its job and the keys that they made for their merchant's apps: who leaves takes no key with them. It
/// stays named where it was, in old orders say. Runs in the scope `Platform`, once the
/// password was confirmed. A merchant's last owner stays.
pub fn delete(
    tx: &mut (impl AuthStore + StaffStore + ApplicationStore + MailStore + CustomerStore),
    confirmed: &Confirmed,
    now: Timestamp,
) -> Result<Closed, AuthError> {
    let job = require_dispensable(tx, confirmed.person)?;
    let account = confirmed.account(tx)?;
    let mut revoked = Vec::new();
    if let Some(member) = job {
        tx.end_post(member.post.merchant, member.person, now)?;
        revoked = tx.revoke_api_keys_of(member.post.merchant, member.person, now)?;
    }
    Ok(Closed { person: close(tx, account, now)?, revoked })
}

/// Closes an account, whoever wants it.
pub(crate) fn close(
    tx: &mut (impl AuthStore + MailStore + CustomerStore),
    mut account: Person,
    now: Timestamp,
) -> Result<PersonId, AuthError> {
    account.active = false;
    account.verified = false;
    account.profile.email = None;
    account.profile.secondary_email = None;
    account.deleted_at = Some(now);
    end_access(tx, account.id, now)?;
    save(tx, account, now)
}

/// Ends every session and every token of an account, those that were mailed too.
fn end_access(
    tx: &mut (impl AuthStore + MailStore),
    person: PersonId,
    now: Timestamp,
) -> Result<(), AuthError> {
    tx.raise_token_version(person)?;
    tx.revoke_sessions(person, now)?;
    Ok(tx.void_mails(person, now)?)
}

/// Writes an account that was changed, and what memberships show of it (rule 1).
pub(crate) fn save(
    tx: &mut impl CustomerStore,
    mut account: Person,
    now: Timestamp,
) -> Result<PersonId, AuthError> {
    account.updated_at = now;
    tx.update_person(&account)?;
    sharing::spread(tx, &account, now)?;
    Ok(account.id)
}

/// Refuses to leave a merchant without an owner, and answers the job, if there is one: nobody else changes the merchant's
/// staff before this transaction ends.
fn require_dispensable(
    tx: &mut impl StaffStore,
    person: PersonId,
) -> Result<Option<StaffMember>, AuthError> {
    let Some(member) = tx.staff(&[person])?.pop() else {
        return Ok(None);
    };
    let merchant = member.post.merchant;
    tx.lock_staff(merchant)?;
    let member = tx.staff(&[person])?.pop();
    let owns = member.as_ref().is_some_and(|member| member.post.owner);
    if owns && tx.owners(merchant)?.iter().all(|owner| *owner == person) {
        let sentence = "You are the last owner: make somebody else one first.";
        return Err(Violations::of_input(Rule::Invalid(sentence.to_owned())).into());
    }
    Ok(member)
}
