//! A merchant changes what it has of a customer (rules 2 and 3).

use regulars_kernel::{Actor, MerchantId, Permission, PersonId, Rule, Timestamp, Violations};

use crate::{
    Consumer, ConsumerPatch, CustomerError, CustomerStore, Kind, Membership, Standing,
    create::{refuse_taken_from, taken},
    merge::meant,
};

/// Changes a customer of the asker's merchant; archived ones stay archived unless the patch says otherwise. Needs
/// [`Permission::ChangeConsumer`].
///
/// Of a registered member a merchant writes the membership's own fields only; each profile argument is refused (rule 3).
/// A patch that changes nothing leaves `updated_at` alone.
pub fn update(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    id: PersonId,
    patch: &ConsumerPatch,
    now: Timestamp,
) -> Result<Consumer, CustomerError> {
    let merchant = actor.require(Permission::ChangeConsumer)?;
    let before = own(tx, merchant, id)?;
    let start = before.clone();
    change(tx, before, start, patch, now, Violations::new())
}

/// A merchant's customer to be changed, who was not erased; of one who was merged the other (rule 27).
pub(crate) fn own(
    tx: &mut impl CustomerStore,
    merchant: MerchantId,
    id: PersonId,
) -> Result<Membership, CustomerError> {
    let found = meant(tx, merchant, id)?;
    let found = found.filter(|found| !matches!(found.standing, Standing::Erased(_)));
    found.ok_or(CustomerError::ConsumerNotFound)
}

/// Applies a patch to where a membership starts from, once nothing speaks against it.
pub(crate) fn change(
    tx: &mut impl CustomerStore,
    before: Membership,
    start: Membership,
    patch: &ConsumerPatch,
    now: Timestamp,
    mut wrong: Violations,
) -> Result<Consumer, CustomerError> {
    let checked = match before.kind {
        Kind::Managed => patch.check(start.profile.country, now, &mut wrong),
        Kind::Registered => {
            for field in patch.profile_fields() {
                let sentence = "Only the customer can change this: they have an account.";
                wrong.add(field, Rule::Invalid(sentence.to_owned()));
            }
            patch.without_profile().check(None, now, &mut wrong)
        }
    };
    let standing = wrong.check("archived", start.standing.changed(&checked.archived, now));
    refuse_taken_from(tx, &before, &checked, &mut wrong)?;
    wrong.into_result()?;
    let mut after = start;
    after.standing = standing.unwrap_or(after.standing);
    checked.apply_to(&mut after.profile);
    checked.extra_info.apply(&mut after.extra_info);
    checked
        .num_of_order_discounts_allowed
        .apply_or_default(&mut after.num_of_order_discounts_allowed);
    checked.cards.apply_or_default(&mut after.cards);
    save(tx, before, after, now)
}

/// Writes a membership where it differs from what it was.
pub(crate) fn save(
    tx: &mut impl CustomerStore,
    before: Membership,
    mut after: Membership,
    now: Timestamp,
) -> Result<Consumer, CustomerError> {
    if before == after {
        return Ok(before.into());
    }
    after.updated_at = now;
    tx.update_membership(&after).map_err(|error| taken(error.into()))?;
    Ok(after.into())
}
