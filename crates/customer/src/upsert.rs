//! A record of another system becomes a customer, or changes the one that it became before.

use regulars_kernel::{Actor, Permission, Rule, StoreError, Timestamp, Violations};

use crate::{
    Consumer, CustomerError, CustomerStore, LoyaltyId, NewConsumer, Standing,
    create::{Draft, find_by_source, insert, taken},
    merge::meant,
    update::change,
};

/// What [`upsert`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upserted {
    /// The customer as they are now.
    pub consumer: Consumer,
    /// Whether they are new.
    pub created: bool,
}

/// Creates or changes the customer of `(entity_source, entity_source_id)`, which must both be there: fields that are absent
/// keep. The source's id of a customer who was merged means the other (rule 27). Needs [`Permission::ChangeConsumer`]; the rest is as in [`crate::create::create`] and [`crate::update::update`].
///
/// A record that its source still has revives a customer whom the merchant archived, as a sale would (rule 7), unless it
/// says itself whether they are archived; one who left stays away. `loyalty_id` is used up only where a customer is created.
pub fn upsert(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    record: &NewConsumer,
    loyalty_id: LoyaltyId,
    now: Timestamp,
) -> Result<Upserted, CustomerError> {
    let merchant = actor.require(Permission::ChangeConsumer)?;
    let mut wrong = Violations::new();
    let named = record.entity_source.is_some()
        || record.entity_source_id.as_ref().is_some_and(|id| !id.trim().is_empty());
    if !named {
        wrong.add("entitySource", Rule::Required);
        wrong.add("entitySourceId", Rule::Required);
    }
    let source = record.source(&mut wrong);
    let known = match &source {
        Some((source, id)) => find_by_source(tx, *source, id)?,
        None => None,
    };
    let known = match known {
        Some(person) => meant(tx, merchant, person)?,
        None => None,
    };
    let Some(before) = known else {
        let checked = record.fields.check(None, now, &mut wrong);
        let inserted = insert(tx, merchant, Draft { checked, source, loyalty_id }, now, wrong);
        return match inserted {
            Ok(consumer) => Ok(Upserted { consumer, created: true }),
            // The same record came twice at the same moment: run again, this finds the customer.
            Err(CustomerError::Store(StoreError::Taken("membership.entity_source_id"))) => {
                Err(StoreError::Contended.into())
            }
            Err(error) => Err(taken(error)),
        };
    };
    let mut start = before.clone();
    if matches!(start.standing, Standing::Archived(_)) && record.fields.archived.is_keep() {
        start.standing = Standing::Live;
    }
    let consumer = change(tx, before, start, &record.fields, now, wrong)?;
    Ok(Upserted { consumer, created: false })
}
