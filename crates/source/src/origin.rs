//! Where customers are known: their records in the systems that a merchant has connected, and which fields came from there.

use std::collections::{BTreeMap, BTreeSet};

use regulars_kernel::{Actor, ConnectionId, Permission, PersonId, SyncRunId, Timestamp};
use regulars_merchant::EntitySource;

use crate::{
    SourceError, SourceStore,
    record::RecordKey,
    stored::{LinkedBy, RecordKind, RecordState},
};

/// A record of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Through which connection it is known.
    pub connection: ConnectionId,
    /// What the merchant calls that.
    pub connection_name: String,
    /// What kind of system it is.
    pub source: EntitySource,
    /// What the record is called there.
    pub key: RecordKey,
    /// What became of it there.
    pub state: RecordState,
    /// By what it came to mean the customer.
    pub linked_by: Option<LinkedBy>,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
    /// The customer's fields whose values the connection wrote, by their names.
    pub fields: Vec<String>,
}

/// Where customers of the asker's merchant are known, by ascending connection. Needs [`Permission::ViewConsumer`]. Four statements,
/// however many they are.
pub fn of_consumers(
    tx: &mut impl SourceStore,
    actor: &Actor,
    people: &[PersonId],
) -> Result<Vec<(PersonId, Origin)>, SourceError> {
    let merchant = actor.require(Permission::ViewConsumer)?;
    let subjects: Vec<i64> = people.iter().map(|person| person.get()).collect();
    let records = tx.records_of(merchant, RecordKind::Customer, &subjects)?;
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let connections: BTreeMap<ConnectionId, _> = tx
        .connections(merchant, true)?
        .into_iter()
        .map(|connection| (connection.id, (connection.name, connection.source)))
        .collect();
    let seen_by: BTreeSet<SyncRunId> = records.iter().map(|record| record.seen_run).collect();
    let seen_by: Vec<SyncRunId> = seen_by.into_iter().collect();
    let seen_at: BTreeMap<SyncRunId, Timestamp> = tx
        .runs_by_id(&seen_by)?
        .into_iter()
        .map(|run| (run.id, run.started_at.unwrap_or(run.created_at)))
        .collect();
    let written: BTreeMap<PersonId, _> = tx.provenance(merchant, people)?.into_iter().collect();
    let mut found = Vec::with_capacity(records.len());
    for record in records {
        let Some(person) = record.subject.map(PersonId::new) else { continue };
        let Some((name, source)) = connections.get(&record.connection) else { continue };
        let fields = written.get(&person).into_iter().flat_map(|written| &written.fields);
        let fields = fields
            .filter(|(_, held)| held.connection == record.connection)
            .map(|(field, _)| field.name());
        let seen = seen_at.get(&record.seen_run).copied().unwrap_or(record.changed_at);
        found.push((
            person,
            Origin {
                connection: record.connection,
                connection_name: name.clone(),
                source: *source,
                fields: fields.collect(),
                last_seen_at: seen.max(record.changed_at),
                key: record.key,
                state: record.state,
                linked_by: record.linked_by,
                first_seen_at: record.first_seen_at,
            },
        ));
    }
    Ok(found)
}
