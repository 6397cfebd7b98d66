//! How much of a registered person's account a merchant sees, and keeping the merchants' copies true (rule 7).

use regulars_kernel::{Actor, MerchantId, Timestamp};

use crate::{CustomerError, CustomerStore, Membership, Person, Sharing};

/// The person says how much a merchant sees; the merchant's copy follows at once. Consumers only, of memberships they have
/// not left.
pub fn share(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    merchant: MerchantId,
    sharing: Sharing,
    now: Timestamp,
) -> Result<Membership, CustomerError> {
    let person = actor.require_consumer()?;
    let account = own_account(tx, actor)?;
    let before = tx.find_membership(merchant, person)?.ok_or(CustomerError::MembershipNotFound)?;
    if before.standing.is_gone() {
        return Err(CustomerError::MembershipNotFound);
    }
    let mut after = before.clone();
    after.sharing = Some(sharing);
    rewrite(tx, &before, after, &account, now)
}

/// Brings every membership's copy up to the account, after the account was changed in the same transaction. Needs no
/// permission of its own: callers have asked for theirs. A copy that shows nothing of the change stays as it is, its
/// `updated_at` included: when a person changes what they do not share, nobody is told.
pub fn spread(
    tx: &mut impl CustomerStore,
    account: &Person,
    now: Timestamp,
) -> Result<(), CustomerError> {
    for before in tx.memberships_of(account.id)? {
        let after = before.clone();
        rewrite(tx, &before, after, account, now)?;
    }
    Ok(())
}

/// Copies the account into a membership and writes it where it differs from what it was.
pub(crate) fn rewrite(
    tx: &mut impl CustomerStore,
    before: &Membership,
    mut after: Membership,
    account: &Person,
    now: Timestamp,
) -> Result<Membership, CustomerError> {
    after.copy(account);
    if after == *before {
        return Ok(after);
    }
    let shown = Membership { last_login: before.last_login, ..after.clone() };
    if shown != *before {
        after.updated_at = now;
    }
    tx.update_membership(&after)?;
    Ok(after)
}

/// The account of the consumer who asks, to be changed or copied from ([`CustomerStore::find_account`]); one that is
/// archived or deleted acts no more, and is [`CustomerError::ConsumerNotFound`].
pub fn own_account(tx: &mut impl CustomerStore, actor: &Actor) -> Result<Person, CustomerError> {
    let person = actor.require_consumer()?;
    let account = tx.find_account(person)?;
    let acts = |account: &Person| account.active && !account.archived;
    account.filter(acts).ok_or(CustomerError::ConsumerNotFound)
}
