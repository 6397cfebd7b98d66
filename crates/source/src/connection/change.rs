//! Connecting a system, changing what a connection is told, stopping and ending it. Needs [`Permission::Sync`].

use regulars_kernel::{
    Actor, ConnectionId, MerchantId, PageRequest, Permission, Rule, StoreError, Timestamp,
    Violations,
};
use regulars_merchant::EntitySource;
use serde_json::{Map, Value};

use super::{Connection, ConnectionState, Health, MAX_CONNECTIONS, read_name};
use crate::{
    SourceError, SourceStore,
    run::RunState,
    setting::{self, Setting},
    store::Of,
};

/// The most secrets of a connection, as JSON.
const MAX_SECRET_BYTES: usize = 64 * 1024;

/// A connection that is to be.
#[derive(Clone, Debug, PartialEq)]
pub struct NewConnection {
    /// What kind of system.
    pub source: EntitySource,
    /// What the merchant calls it.
    pub name: String,
    /// What it is told, secrets among it.
    pub settings: Map<String, Value>,
}

/// Changes to a connection: what is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConnectionPatch {
    /// What the merchant calls it.
    pub name: Option<String>,
    /// What it is told: what is absent stays, null clears.
    pub settings: Map<String, Value>,
}

/// Keeps secrets: whoever calls a use case knows how. Both are computed from what they are given, and ask nobody.
pub trait Sealing {
    /// Encrypts the secrets of a connection, which are bound to its merchant and token.
    fn seal(
        &self,
        merchant: MerchantId,
        token: &str,
        plain: &Map<String, Value>,
    ) -> Result<Vec<u8>, SourceError>;

    /// Decrypts those of a connection.
    fn open(&self, connection: &Connection) -> Result<Map<String, Value>, SourceError>;
}

/// The connections of the asker's merchant, by ascending id; deleted ones are left out.
pub fn list(tx: &mut impl SourceStore, actor: &Actor) -> Result<Vec<Connection>, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    Ok(tx.connections(merchant, false)?)
}

/// One of the connections of the asker's merchant.
pub fn get(
    tx: &mut impl SourceStore,
    actor: &Actor,
    id: ConnectionId,
) -> Result<Connection, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    own(tx, merchant, id)
}

/// Connections of those ids that the asker sees, deleted ones among them, in no order: for what names them.
pub fn list_by_ids(
    tx: &mut impl SourceStore,
    actor: &Actor,
    ids: &[ConnectionId],
) -> Result<Vec<Connection>, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    let mut found = tx.lock_connections(ids)?;
    found.retain(|connection| connection.merchant == merchant);
    Ok(found)
}

/// A connection of a merchant's that is not deleted. In a transaction that writes, nobody else changes it meanwhile.
pub(crate) fn own(
    tx: &mut impl SourceStore,
    merchant: MerchantId,
    id: ConnectionId,
) -> Result<Connection, SourceError> {
    let found = tx.lock_connections(&[id])?.pop();
    found
        .filter(|one| one.merchant == merchant && one.state != ConnectionState::Deleted)
        .ok_or(SourceError::ConnectionNotFound)
}

/// Connects a system: nothing is read before somebody starts a run, so that it can be tested and tried out first. `known` is
/// what a connection of the kind can be told; `token` is random, and of at least 128 bits.
pub fn create(
    tx: &mut impl SourceStore,
    actor: &Actor,
    new: &NewConnection,
    known: &[Setting],
    (sealing, token): (&impl Sealing, &str),
    now: Timestamp,
) -> Result<ConnectionId, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    let mut wrong = Violations::new();
    let name = wrong.check("name", read_name(&new.name));
    let told = setting::read(known, &new.settings).map_err(|found| wrong.extend(found)).ok();
    let (mut settings, mut secrets) = (Map::new(), Map::new());
    if let Some(told) = told {
        setting::change(&mut settings, &told.plain);
        setting::change(&mut secrets, &told.secret);
        if let Err(found) = setting::require(known, &settings, &secrets) {
            wrong.extend(found);
        }
    }
    let taken = tx.connections(merchant, false)?.len();
    if u64::try_from(taken).unwrap_or(u64::MAX) >= MAX_CONNECTIONS {
        let sentence = format!("A merchant has at most {MAX_CONNECTIONS} connections.");
        wrong.add_to_input(Rule::Invalid(sentence));
    }
    let (Some(name), true) = (name, wrong.is_empty()) else { return Err(wrong.into()) };
    let credentials = seal(sealing, (merchant, token), &secrets)?;
    let connection = Connection {
        id: ConnectionId::new(0),
        merchant,
        source: new.source,
        name,
        state: ConnectionState::Active,
        settings,
        credentials,
        token: token.to_owned(),
        health: Health::New,
        health_message: None,
        failures: 0,
        next_run_at: None,
        last_success_at: None,
        fence: 0,
        created_by: actor.person(),
        created_at: now,
        updated_at: now,
    };
    tx.insert_connection(&connection).map_err(named)
}

/// Changes what a connection is called and told. One that could not go on for what it was told is read again at once.
pub fn update(
    tx: &mut impl SourceStore,
    actor: &Actor,
    id: ConnectionId,
    patch: &ConnectionPatch,
    (known, sealing): (&[Setting], &impl Sealing),
    now: Timestamp,
) -> Result<ConnectionId, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    let before = own(tx, merchant, id)?;
    let mut wrong = Violations::new();
    let mut after = before.clone();
    if let Some(name) = &patch.name
        && let Some(name) = wrong.check("name", read_name(name))
    {
        after.name = name;
    }
    match setting::read(known, &patch.settings) {
        Err(found) => wrong.extend(found),
        Ok(told) => {
            setting::change(&mut after.settings, &told.plain);
            // What a connector keeps beside the secrets that it was told stays, and so they are opened only to be changed.
            let required = if told.secret.is_empty() {
                require_plain(known, &after.settings)
            } else {
                let mut secrets = sealing.open(&before)?;
                setting::change(&mut secrets, &told.secret);
                after.credentials = seal(sealing, (merchant, &before.token), &secrets)?;
                setting::require(known, &after.settings, &secrets)
            };
            if let Err(found) = required {
                wrong.extend(found);
            }
        }
    }
    wrong.into_result()?;
    if after == before {
        return Ok(id);
    }
    let is_told_anew = after.settings != before.settings || after.credentials != before.credentials;
    if is_told_anew && matches!(before.health, Health::NeedsAuth | Health::Stopped) {
        after.health = Health::New;
        after.health_message = None;
        after.failures = 0;
        if after.state == ConnectionState::Active && before.last_success_at.is_some() {
            after.next_run_at = Some(now);
        }
    }
    after.updated_at = now;
    tx.update_connection(&after).map_err(named)?;
    Ok(id)
}

/// Ends a connection for ever: it is not read any more, and its secrets are gone. What it brought stays, and any other source
/// may write over it (engine rule 10).
pub fn delete(
    tx: &mut impl SourceStore,
    actor: &Actor,
    id: ConnectionId,
    now: Timestamp,
) -> Result<ConnectionId, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    let before = own(tx, merchant, id)?;
    end_runs(tx, &before, now)?;
    tx.update_connection(&Connection {
        state: ConnectionState::Deleted,
        credentials: None,
        next_run_at: None,
        updated_at: now,
        ..before
    })?;
    Ok(id)
}

/// Stops reading a connection until somebody resumes it. A run under way ends; what it reached stays, and the next one goes on
/// from there.
pub fn pause(
    tx: &mut impl SourceStore,
    actor: &Actor,
    id: ConnectionId,
    now: Timestamp,
) -> Result<ConnectionId, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    let before = own(tx, merchant, id)?;
    if before.state == ConnectionState::Paused {
        return Ok(id);
    }
    end_runs(tx, &before, now)?;
    tx.update_connection(&Connection {
        state: ConnectionState::Paused,
        next_run_at: None,
        updated_at: now,
        ..before
    })?;
    Ok(id)
}

/// Reads a connection again. One that was read before is read at once.
pub fn resume(
    tx: &mut impl SourceStore,
    actor: &Actor,
    id: ConnectionId,
    now: Timestamp,
) -> Result<ConnectionId, SourceError> {
    let merchant = actor.require(Permission::Sync)?;
    let before = own(tx, merchant, id)?;
    if before.state == ConnectionState::Active {
        return Ok(id);
    }
    let goes_on = before.source != EntitySource::File && before.last_success_at.is_some();
    tx.update_connection(&Connection {
        state: ConnectionState::Active,
        next_run_at: goes_on.then_some(now),
        updated_at: now,
        ..before
    })?;
    Ok(id)
}

/// Ends the runs of a connection that wait or are under way: whoever works on one writes nothing more.
fn end_runs(
    tx: &mut impl SourceStore,
    connection: &Connection,
    now: Timestamp,
) -> Result<(), SourceError> {
    let of = Of { connection: Some(connection.id), run: None, open: true };
    let open = tx.runs(connection.merchant, of, &PageRequest::first(100))?;
    for mut run in open.items {
        run.is_to_end = true;
        run.state = RunState::Cancelled;
        run.updated_at = now;
        run.finished_at = Some(now);
        tx.update_run(&run)?;
    }
    Ok(())
}

fn require_plain(known: &[Setting], settings: &Map<String, Value>) -> Result<(), Violations> {
    let plain: Vec<Setting> = known.iter().filter(|setting| !setting.secret).copied().collect();
    setting::require(&plain, settings, &Map::new())
}

fn seal(
    sealing: &impl Sealing,
    (merchant, token): (MerchantId, &str),
    secrets: &Map<String, Value>,
) -> Result<Option<Vec<u8>>, SourceError> {
    if secrets.is_empty() {
        return Ok(None);
    }
    if Value::Object(secrets.clone()).to_string().len() > MAX_SECRET_BYTES {
        let sentence = format!("Secrets have at most {MAX_SECRET_BYTES} bytes.");
        return Err(Violations::of("settings", Rule::Invalid(sentence)).into());
    }
    sealing.seal(merchant, token, secrets).map(Some)
}

/// A name that another connection has is the merchant's to change.
fn named(error: StoreError) -> SourceError {
    match error {
        StoreError::Taken("connection.name") => {
            let sentence = "Another connection has this name.";
            Violations::of("name", Rule::Invalid(sentence.to_owned())).into()
        }
        other => other.into(),
    }
}
