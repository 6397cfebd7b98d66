//! A merchant archives a customer (rule 3).

use regulars_kernel::{Actor, Permission, PersonId, Timestamp};

use crate::{
    Consumer, CustomerError, CustomerStore, Standing,
    update::{own, save},
};

/// Archives a customer of the asker's merchant: the membership, never the account. Needs [`Permission::ChangeConsumer`].
/// One who is archived already, or who left, stays as they are.
pub fn delete(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    id: PersonId,
    now: Timestamp,
) -> Result<Consumer, CustomerError> {
    let merchant = actor.require(Permission::ChangeConsumer)?;
    let before = own(tx, merchant, id)?;
    let mut after = before.clone();
    if after.standing == Standing::Live {
        after.standing = Standing::Archived(now);
    }
    save(tx, before, after, now)
}
