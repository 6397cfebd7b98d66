//! `exportConsumer`: who may take everything out that is known of a person (rule 30).

use regulars_customer::{CustomerError, CustomerStore, sharing::own_account};
use regulars_kernel::{Actor, MerchantId, Permission, PersonId, Rule, Timestamp, Violations};

use crate::{
    AuditStore, AuthError,
    audit::{Doer, DoerKind},
};

/// The root field, by which the audit log knows it.
pub const ACTION: &str = "exportConsumer";
/// The most rows of one kind in an export by the API.
pub const MOST_ROWS: u32 = 50_000;
/// How often a consumer may export within an hour.
pub const MOST_BY_CONSUMERS: u64 = 5;
/// How often one of a merchant's people, or an app, may within an hour.
pub const MOST_BY_MERCHANTS: u64 = 100;

const HOUR: std::time::Duration = std::time::Duration::from_hours(1);

/// Of whom, and how much: what one merchant has of them, or what the whole platform does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Of whom.
    pub person: PersonId,
    /// What this merchant has; none: everything.
    pub merchant: Option<MerchantId>,
}

/// What the asker may export. Merchants need [`Permission::ExportConsumer`] and get what they themselves have of a customer,
/// archived ones included; consumers get everything of themselves, in the scope `Platform`. Refuses with
/// [`Rule::TooManyAttempts`] whoever exported [`MOST_BY_CONSUMERS`] or [`MOST_BY_MERCHANTS`] times within the hour: their
/// entries in the audit log are counted, so that it is one bound for all servers.
pub fn permit(
    tx: &mut (impl CustomerStore + AuditStore),
    actor: &Actor,
    id: Option<PersonId>,
    now: Timestamp,
) -> Result<Extent, AuthError> {
    let (extent, most) = if let Actor::Consumer { person } = actor {
        if id.is_some_and(|id| id != *person) {
            return Err(CustomerError::ConsumerNotFound.into());
        }
        own_account(tx, actor)?;
        (Extent { person: *person, merchant: None }, MOST_BY_CONSUMERS)
    } else {
        let merchant = actor.require(Permission::ExportConsumer)?;
        let person = id.ok_or_else(|| Violations::of("id", Rule::Required))?;
        tx.find_membership(merchant, person)?.ok_or(CustomerError::ConsumerNotFound)?;
        (Extent { person, merchant: Some(merchant) }, MOST_BY_MERCHANTS)
    };
    let doer = Doer::from(actor);
    if doer.kind != DoerKind::System
        && tx.count_done(extent.merchant, &doer, ACTION, now.minus(HOUR))? >= most
    {
        return Err(Violations::of_input(Rule::TooManyAttempts(3_600)).into());
    }
    Ok(extent)
}
