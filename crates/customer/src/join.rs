//! Registered people become customers of a merchant, and leave (rule 7).

use regulars_kernel::{Actor, MerchantId, StoreError, StoreId, Timestamp};
use regulars_merchant::MerchantStore;

use crate::{
    CustomerError, CustomerStore, Membership, Person, Sharing, Standing,
    sharing::{own_account, rewrite},
};

/// The consumer who asks becomes a customer of a store's merchant, sharing everything. Whoever is one already stays as they
/// are, what they share included; one who left, or whom the merchant archived, comes back to the same membership.
pub fn join<S: CustomerStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    store: StoreId,
    now: Timestamp,
) -> Result<Membership, CustomerError> {
    actor.require_consumer()?;
    let store = regulars_merchant::store::get(tx, actor, store)?;
    if !store.is_live() {
        return Err(CustomerError::StoreNotFound);
    }
    let account = own_account(tx, actor)?;
    admit(tx, &account, store.merchant, Sharing::Full, now)
}

/// Makes a registered person a customer of a merchant: [`join`] for callers that have asked for permission themselves, such
/// as signing up through a merchant's app or enrolling in a program. Only where the person acts: a till must not bring
/// back one who left.
pub fn admit(
    tx: &mut impl CustomerStore,
    account: &Person,
    merchant: MerchantId,
    sharing: Sharing,
    now: Timestamp,
) -> Result<Membership, CustomerError> {
    let Some(before) = tx.find_membership(merchant, account.id)? else {
        let membership = Membership::of_account(account, merchant, sharing, now);
        return match tx.insert_membership(&membership) {
            Ok(()) => Ok(membership),
            // They joined twice at the same moment: run again, this finds the membership.
            Err(StoreError::Taken("membership.person_id")) => Err(StoreError::Contended.into()),
            Err(error) => Err(error.into()),
        };
    };
    let mut after = before.clone();
    match before.standing {
        Standing::Live => {}
        Standing::Archived(_) => after.standing = Standing::Live,
        Standing::Left(_) | Standing::Erased(_) => {
            after.standing = Standing::Live;
            after.sharing = Some(sharing);
        }
    }
    rewrite(tx, &before, after, account, now)
}

/// The consumer who asks stops being a merchant's customer: the membership is archived and its copy emptied; what the
/// merchant wrote itself, and the ledger, stay. Whoever left already stays away.
pub fn leave(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    merchant: MerchantId,
    now: Timestamp,
) -> Result<Membership, CustomerError> {
    let person = actor.require_consumer()?;
    let account = own_account(tx, actor)?;
    let before = tx.find_membership(merchant, person)?.ok_or(CustomerError::MembershipNotFound)?;
    let mut after = before.clone();
    if !after.standing.is_gone() {
        after.standing = Standing::Left(now);
    }
    rewrite(tx, &before, after, &account, now)
}
