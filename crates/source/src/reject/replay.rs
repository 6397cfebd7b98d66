//! Reading again what could not be taken, once its cause is gone. Needs [`Permission::Sync`].
//!
//! What was refused is read again from its source, not from what is kept of it: there it may have been corrected, and here a
//! part of it alone may be kept. So a replay is a run that reads everything; what has not changed costs next to nothing in it. A
//! thing of which one value alone was passed over is known here as it is there: its digest is emptied, so that the run takes it
//! once more. What is taken then is settled (`replayedAt`), and what is refused again stays open, with the reason of this time.

use std::collections::BTreeMap;

use regulars_kernel::{
    Actor, ConnectionId, Page, PageRequest, Permission, Rule, SyncRejectId, SyncRunId, Timestamp,
    Violations,
};

use super::{Reject, RejectSort};
use crate::{
    SourceError, SourceStore,
    connection::change,
    image::Digest,
    run::{RunKind, request},
    store::Of,
    stored::StoredRecord,
};

/// The most rejects whose things are taken once more by one replay; the next replay takes the next ones.
pub const MAX_REPLAYED: usize = 1_000;

/// A page of the rejects of the asker's merchant.
pub fn list(
    tx: &mut impl SourceStore,
    actor: &Actor,
    of: Of,
    page: &PageRequest<RejectSort>,
) -> Result<Page<Reject>, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    Ok(tx.rejects(merchant, of, page)?)
}

/// How many rows [`list`] has on all its pages.
pub fn count(tx: &mut impl SourceStore, actor: &Actor, of: Of) -> Result<u64, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    Ok(tx.count_rejects(merchant, of)?)
}

/// The rejects of those ids that the asker sees, in no order.
pub fn list_by_ids(
    tx: &mut impl SourceStore,
    actor: &Actor,
    ids: &[SyncRejectId],
) -> Result<Vec<Reject>, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    let mut found = tx.rejects_by_id(ids)?;
    found.retain(|reject| reject.merchant == merchant);
    Ok(found)
}

/// Has what could not be taken be read again: these rejects, or all that are open. Answers the run that does it.
pub fn replay(
    tx: &mut impl SourceStore,
    actor: &Actor,
    id: ConnectionId,
    ids: Option<&[SyncRejectId]>,
    now: Timestamp,
) -> Result<SyncRunId, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    let connection = change::own(tx, merchant, id)?;
    let rejects = match ids {
        Some(ids) => {
            let found = list_by_ids(tx, actor, ids)?;
            let is_ours = |reject: &Reject| reject.connection == id;
            if ids.iter().any(|id| !found.iter().any(|one| one.id == *id && is_ours(one))) {
                let sentence = "This connection has no such reject.";
                return Err(Violations::of("ids", Rule::Absent(sentence.to_owned())).into());
            }
            found.into_iter().filter(|reject| reject.replayed_at.is_none()).collect()
        }
        None => open(tx, &connection)?,
    };
    if rejects.is_empty() {
        let sentence = "Nothing waits to be read again.";
        let argument = if ids.is_some() { "ids" } else { "connectionId" };
        return Err(Violations::of(argument, Rule::Invalid(sentence.to_owned())).into());
    }
    let mut known: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for reject in rejects.iter().filter(|reject| !reject.whole) {
        known.entry(&reject.object).or_default().push(reject.reference.clone());
    }
    for (object, references) in known {
        let records: Vec<StoredRecord> = tx
            .records(id, object, &references)?
            .into_iter()
            .map(|record| StoredRecord { digest: Digest::of(""), ..record })
            .collect();
        if !records.is_empty() {
            tx.put_records(&records)?;
        }
    }
    request::queue(tx, connection, (RunKind::Backfill, false), actor.person(), now)
}

/// The oldest open rejects of a connection.
fn open(
    tx: &mut impl SourceStore,
    connection: &crate::Connection,
) -> Result<Vec<Reject>, SourceError> {
    let of = Of { connection: Some(connection.id), run: None, open: true };
    let mut page = PageRequest::<RejectSort>::first(100);
    let mut found: Vec<Reject> = Vec::new();
    loop {
        let next = tx.rejects(connection.merchant, of, &page)?;
        page.after = next.items.last().map(|last| page.order.position(last));
        found.extend(next.items);
        if !next.has_next || found.len() >= MAX_REPLAYED {
            return Ok(found);
        }
    }
}
